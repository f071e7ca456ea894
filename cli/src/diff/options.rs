//! The options of `h5diff`.

use std::ffi::OsString;

use super::NAME;
use super::numbers::leading_number;
use crate::access::Access;
use crate::dump::subset::Subset;
use crate::tool::getopt::{self, Given, Row, Takes};
use crate::tool::open::Wanted;
use crate::tool::{Instead, Misuse};

const TABLE: &[Row] = &[
    Row('c', Takes::Nothing, &["compare"]),
    Row('d', Takes::Value, &["delta"]),
    Row('e', Takes::Nothing, &["use-system-epsilon"]),
    Row('h', Takes::Nothing, &["help"]),
    Row('l', Takes::Nothing, &["follow-symlinks"]),
    Row('n', Takes::Value, &["count"]),
    Row('p', Takes::Value, &["relative"]),
    Row('q', Takes::Nothing, &["quiet"]),
    Row('r', Takes::Nothing, &["report"]),
    Row('v', Takes::Attached, &["verbose"]),
    Row('x', Takes::Nothing, &["no-dangling-links"]),
    Row('A', Takes::Value, &["exclude-attribute"]),
    Row('C', Takes::Nothing, &["no-compact-subset"]),
    Row('E', Takes::Value, &["exclude-path"]),
    Row('N', Takes::Nothing, &["nan"]),
    Row('S', Takes::Attached, &["enable-error-stack"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('1', Takes::Value, &["vfd-name-1"]),
    Row('2', Takes::Value, &["vfd-name-2"]),
    Row('8', Takes::Value, &["external"]),
    Row('9', Takes::Nothing, &["ignore-status"]),
    // There is one way to a file here, and no cache of pages to size.
    Row('3', Takes::Value, &["vol-value-1", "vol-name-1", "vol-info-1", "page-buffer-size"]),
    Row('3', Takes::Value, &["vol-value-2", "vol-name-2", "vol-info-2"]),
    Row('3', Takes::Value, &["vfd-value-1", "vfd-value-2"]),
    Row('4', Takes::Value, &["vfd-info-1"]),
    Row('5', Takes::Value, &["vfd-info-2"]),
];

/// What is compared, and how.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "the tool has as many switches")]
pub(super) struct Options {
    /// List objects, and warn.
    pub(super) verbose: bool,
    /// How much more is told where it is verbose.
    pub(super) level: u32,
    /// Show what differs.
    pub(super) report: bool,
    pub(super) quiet: bool,
    /// Name what is not comparable.
    pub(super) list: bool,
    /// Compare what links lead to.
    pub(super) follow: bool,
    /// A link that leads nowhere is an error.
    pub(super) no_dangling: bool,
    /// Numbers this far apart are the same.
    pub(super) delta: Option<f64>,
    /// Numbers this far apart, relative to the first, are the same.
    pub(super) relative: Option<f64>,
    /// Floating-point numbers less than the epsilon of their type apart are the same.
    pub(super) epsilon: bool,
    /// A NaN is the same as any other.
    pub(super) nans: bool,
    /// Most differences of two objects that are looked for.
    pub(super) count: Option<u64>,
    pub(super) excluded: Vec<String>,
    pub(super) excluded_attributes: Vec<String>,
    /// Whether a `[` begins the part of a dataset that is compared.
    pub(super) compact: bool,
    /// The parts of the datasets that are compared, if not all.
    pub(super) parts: [Option<Subset>; 2],
    pub(super) access: Access,
    pub(super) drivers: [Wanted; 2],
    pub(super) files: [String; 2],
    pub(super) objects: Option<[String; 2]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            verbose: false,
            level: 0,
            report: false,
            quiet: false,
            list: false,
            follow: false,
            no_dangling: false,
            delta: None,
            relative: None,
            epsilon: false,
            nans: true,
            count: None,
            excluded: Vec::new(),
            excluded_attributes: Vec::new(),
            compact: true,
            parts: [None, None],
            access: Access::default(),
            drivers: Default::default(),
            files: [String::new(), String::new()],
            objects: None,
        }
    }
}

/// Reads the arguments, without the name of the program.
pub(super) fn parse(access: &Access, arguments: &[OsString]) -> Result<Options, Instead> {
    let parsed = getopt::parse(TABLE, arguments);
    let mut options = Options { access: access.clone(), ..Options::default() };
    for given in &parsed.options {
        match given.letter {
            'h' => return Err(Instead::Help),
            'V' => return Err(Instead::Version),
            _ => {}
        }
        take(&mut options, given).map_err(Misuse::said_and_help)?;
    }
    if let Some(problem) = parsed.problem {
        return Err(Misuse::error_and_help(problem));
    }
    let tolerances = [options.delta.is_some(), options.relative.is_some(), options.epsilon];
    if tolerances.iter().filter(|given| **given).count() > 1 {
        return Err(exclusive());
    }
    let mut rest = parsed.rest.iter().map(|word| word.to_string_lossy().into_owned());
    let (Some(first), Some(second)) = (rest.next(), rest.next()) else {
        return Err(Misuse::error_and_help("missing file names"));
    };
    options.files = [first, second];
    options.objects = rest.next().map(|first| {
        let second = rest.next().unwrap_or_else(|| first.clone());
        [first, second]
    });
    if options.compact
        && let Some(names) = options.objects.take()
    {
        let [(first, part1), (second, part2)] = names.map(|name| Subset::compact(&name));
        options.objects = Some([first, second]);
        options.parts = [part1, part2];
    }
    Ok(options)
}

/// Only one of the tolerances is taken.
fn exclusive() -> Instead {
    let options = "-d, -p and --use-system-epsilon options";
    let help = "Try '-h' or '--help' option for more information";
    Misuse::said(format!(
        "{NAME} error: {options} are mutually-exclusive;\nuse no more than one.\n\
         {help} or see the {NAME} entry in the 'HDF5 Reference Manual'."
    ))
}

fn take(options: &mut Options, given: &Given) -> Result<(), String> {
    let value = given.value.as_deref().unwrap_or_default();
    let wrong = || format!("<-{} {value}> is not a valid option", given.letter);
    match given.letter {
        'c' => options.list = true,
        'd' => options.delta = Some(distance(value).ok_or_else(wrong)?),
        'e' => options.epsilon = true,
        'l' => options.follow = true,
        'n' => options.count = Some(count(value).ok_or_else(wrong)?),
        // No distance at all is what is asked for without the option.
        'p' => {
            let most = distance(value).ok_or_else(wrong)?;
            options.relative = Some(most).filter(|most| *most > f64::EPSILON);
        }
        'q' => options.quiet = true,
        'r' => options.report = true,
        'v' => {
            options.verbose = true;
            let digits = value.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            options.level = digits.parse().unwrap_or(0);
        }
        'x' => options.no_dangling = true,
        'A' => options.excluded_attributes.push(value.to_owned()),
        'C' => options.compact = false,
        'E' => options.excluded.push(value.to_owned()),
        'N' => options.nans = false,
        '8' => options.access.set_external(value)?,
        '9' => options.access.ignore_status(),
        '1' => options.drivers[0].name = Some(value.to_owned()),
        '2' => options.drivers[1].name = Some(value.to_owned()),
        '4' => options.drivers[0].info = Some(value.to_owned()),
        '5' => options.drivers[1].info = Some(value.to_owned()),
        _ => {}
    }
    Ok(())
}

/// A distance, which is not negative and not in hexadecimal digits; a text without a number is 0.
fn distance(text: &str) -> Option<f64> {
    let hexadecimal = text.len() > 2 && text.starts_with("0x");
    Some(leading_number(text)).filter(|number| !hexadecimal && *number >= 0.0)
}

/// A number of differences: digits, and no 0 before them.
fn count(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if plain { Some(text.parse().unwrap_or(u64::MAX)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Options, Instead> {
        parse(&Access::default(), &words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn options(words: &[&str]) -> Option<Options> {
        parsed(words).ok()
    }

    #[test]
    fn the_level_stands_with_its_option() {
        let given = options(&["-v2", "a", "b", "x"]).unwrap();
        assert_eq!((given.verbose, given.level), (true, 2));
        assert_eq!(given.objects.unwrap(), ["x", "x"]);
        let given = options(&["-v", "a", "b"]).unwrap();
        assert_eq!((given.level, given.files), (0, ["a".to_owned(), "b".to_owned()]));
        assert_eq!(options(&["--verbose=1", "a", "b"]).unwrap().level, 1);
    }

    #[test]
    fn a_part_stands_behind_the_name() {
        let given = options(&["a", "b", "/x[1;;2]"]).unwrap();
        assert_eq!(given.objects.unwrap(), ["/x", "/x"]);
        assert!(given.parts.iter().all(Option::is_some));
        let given = options(&["--no-compact-subset", "a", "b", "/x[1]"]).unwrap();
        assert_eq!(given.objects.unwrap(), ["/x[1]", "/x[1]"]);
        assert_eq!(given.parts, [None, None]);
    }

    #[test]
    fn values_that_are_none_are_refused() {
        for words in [["-d", "-4"], ["-p", "0x1"], ["-n", "0"], ["-n", "0x1"]] {
            let [option, value] = words;
            let wrong = format!("<{option} {value}> is not a valid option");
            let instead = parsed(&[option, value, "a", "b"]).err();
            assert_eq!(instead, Some(Misuse::said_and_help(wrong)));
        }
        assert_eq!(options(&["-d", "u", "a", "b"]).unwrap().delta, Some(0.0));
        assert_eq!(options(&["-p", "0", "a", "b"]).unwrap().relative, None);
        assert!(options(&["-d", "1", "-p", "1", "a", "b"]).is_none());
        assert!(options(&["a"]).is_none());
    }
}
