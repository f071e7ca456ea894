//! The options of `h5ls`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::access::Access;
use crate::tool::getopt::{self, Given, Row, Takes};
use crate::tool::{Instead, Misuse};

const TABLE: &[Row] = &[
    Row('?', Takes::Nothing, &[]),
    Row('h', Takes::Nothing, &["help"]),
    Row('a', Takes::Nothing, &["address"]),
    Row('d', Takes::Nothing, &["data"]),
    Row('e', Takes::Nothing, &["errors", "enable-error-stack"]),
    Row('E', Takes::Nothing, &["follow-symlinks"]),
    Row('f', Takes::Nothing, &["full"]),
    Row('g', Takes::Nothing, &["group"]),
    Row('l', Takes::Nothing, &["label"]),
    Row('r', Takes::Nothing, &["recursive"]),
    Row('s', Takes::Nothing, &["string"]),
    Row('S', Takes::Nothing, &["simple"]),
    Row('v', Takes::Nothing, &["verbose"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('w', Takes::Value, &["width"]),
    Row('x', Takes::Nothing, &["hexdump"]),
    Row('0', Takes::Nothing, &["no-dangling-links"]),
    // Without a value, the old name of `--follow-symlinks`.
    Row('1', Takes::Maybe, &["external"]),
    Row('2', Takes::Value, &["vfd", "vfd-name", "driver"]),
    Row('3', Takes::Nothing, &["ignore-status"]),
    Row('4', Takes::Value, &["page-buffer-size", "vfd-value", "vfd-info"]),
    Row('5', Takes::Value, &["vol-value", "vol-name", "vol-info", "s3-cred", "hdfs-attrs"]),
];

/// What is listed, and how.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "the tool has as many switches")]
pub(super) struct Options {
    /// List all groups beneath too, each once.
    pub(super) recursive: bool,
    /// Tell more about each object.
    pub(super) verbose: bool,
    /// Show whole paths.
    pub(super) full: bool,
    /// Show a group itself, not what is in it.
    pub(super) group: bool,
    /// Name types by their layout, not as C does; show elements for programs.
    pub(super) simple: bool,
    /// Show elements of datasets.
    pub(super) data: bool,
    /// Name members.
    pub(super) label: bool,
    /// Show integers of one byte as characters.
    pub(super) string: bool,
    /// Show elements as their bytes.
    pub(super) hexadecimal: bool,
    /// Tell where raw data lies.
    pub(super) address: bool,
    /// Show what links lead to.
    pub(super) follow: bool,
    /// Fail where a link leads nowhere.
    pub(super) no_dangling: bool,
    /// Columns of a line.
    pub(super) width: usize,
    pub(super) access: Access,
    /// Files, or objects in them.
    pub(super) objects: Vec<PathBuf>,
}

/// Reads the arguments, without the name of the program.
pub(super) fn parse(access: &Access, arguments: &[OsString]) -> Result<Options, Instead> {
    let parsed = getopt::parse(TABLE, arguments);
    let mut options = Options { width: 80, access: access.clone(), ..Options::default() };
    for given in &parsed.options {
        match given.letter {
            'h' | '?' => return Err(Instead::Help),
            'V' => return Err(Instead::Version),
            _ => {}
        }
        take(&mut options, given).map_err(Misuse::error_and_help)?;
    }
    if let Some(problem) = parsed.problem {
        return Err(Misuse::error_and_help(problem));
    }
    options.objects = parsed.rest.iter().map(PathBuf::from).collect();
    if options.objects.is_empty() {
        return Err(Misuse::error_and_help("missing file name"));
    }
    if options.recursive && options.group {
        let words = "'-r' and '-g' are incompatible options!";
        return Err(Misuse::error_and_help(words));
    }
    if options.no_dangling && !options.follow {
        let words = "--no-dangling-links must be used along with --follow-symlinks option!";
        return Err(Misuse::error_and_help(words));
    }
    Ok(options)
}

fn take(options: &mut Options, given: &Given) -> Result<(), String> {
    let value = given.value.as_deref().unwrap_or_default();
    match given.letter {
        'a' => options.address = true,
        'd' => options.data = true,
        'E' => options.follow = true,
        'f' => options.full = true,
        'g' => options.group = true,
        'l' => options.label = true,
        'r' => options.recursive = true,
        's' => options.string = true,
        'S' => options.simple = true,
        'v' => options.verbose = true,
        'x' => options.hexadecimal = true,
        'w' => {
            let width = value.parse().ok().filter(|width| *width > 0);
            options.width = width.ok_or(format!("\"{value}\" is no number of columns"))?;
        }
        '0' => options.no_dangling = true,
        '1' if given.value.is_none() => options.follow = true,
        '1' => options.access.set_external(value)?,
        '2' => options.access.set_driver(value)?,
        '3' => options.access.ignore_status(),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &[&str]) -> Option<Options> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        parse(&Access::default(), &words).ok()
    }

    #[test]
    fn letters_stand_together() {
        let given = options(&["-w80", "-Erv", "f/a", "g"]).unwrap();
        assert!(given.follow && given.recursive && given.verbose);
        assert_eq!((given.width, given.objects.len()), (80, 2));
        assert!(options(&["--external", "f"]).unwrap().follow);
        assert!(!options(&["--external=all", "f"]).unwrap().follow);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        assert!(options(&["-r", "-g", "f"]).is_none());
        assert!(options(&["--no-dangling-links", "f"]).is_none());
        assert!(options(&["-w", "x", "f"]).is_none());
        assert!(options(&[]).is_none());
    }
}
