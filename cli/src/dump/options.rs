//! The options of `h5dump`.

use std::ffi::OsString;

use super::subset::Subset;
use crate::access::Access;
use crate::text::printf::Format;
use crate::text::style::Bits;
use crate::tool::getopt::{self, Given, Row, Takes};
use crate::tool::open::Wanted;
use crate::tool::{Instead, Misuse};

/// Columns that no line reaches.
const ENDLESS: usize = 65_535;

/// Most masks of `-M`.
const MAX_MASKS: usize = 8;
/// Bits of the widest integer.
const MAX_BITS: u32 = 64;

const TABLE: &[Row] = &[
    Row('a', Takes::Value, &["attribute"]),
    Row('b', Takes::Maybe, &["binary"]),
    Row('c', Takes::Value, &["count"]),
    Row('d', Takes::Value, &["dataset"]),
    Row('e', Takes::Nothing, &["escape"]),
    Row('f', Takes::Value, &["filedriver"]),
    Row('g', Takes::Value, &["group"]),
    Row('h', Takes::Nothing, &["help"]),
    Row('i', Takes::Nothing, &["object-ids"]),
    Row('k', Takes::Value, &["block"]),
    Row('l', Takes::Value, &["soft-link"]),
    Row('m', Takes::Value, &["format"]),
    Row('n', Takes::Maybe, &["contents"]),
    Row('o', Takes::Maybe, &["output"]),
    Row('p', Takes::Nothing, &["properties"]),
    Row('q', Takes::Value, &["sort_by"]),
    Row('r', Takes::Nothing, &["string"]),
    Row('s', Takes::Value, &["start"]),
    Row('t', Takes::Value, &["datatype"]),
    Row('u', Takes::Nothing, &["use-dtd"]),
    Row('v', Takes::Nothing, &["vds-view-first-missing"]),
    Row('w', Takes::Value, &["width"]),
    Row('x', Takes::Nothing, &["xml"]),
    Row('y', Takes::Nothing, &["noindex"]),
    Row('z', Takes::Value, &["sort_order"]),
    Row('A', Takes::Maybe, &["onlyattr"]),
    Row('B', Takes::Nothing, &["superblock", "boot-block"]),
    Row('C', Takes::Nothing, &["no-compact-subset"]),
    Row('D', Takes::Value, &["xml-dtd"]),
    Row('E', Takes::Maybe, &["enable-error-stack"]),
    Row('F', Takes::Value, &["form"]),
    Row('G', Takes::Value, &["vds-gap-size"]),
    Row('H', Takes::Nothing, &["header"]),
    Row('L', Takes::Value, &["lformat"]),
    Row('M', Takes::Value, &["packed-bits", "packedbits"]),
    Row('N', Takes::Value, &["any_path"]),
    Row('O', Takes::Maybe, &["ddl"]),
    Row('R', Takes::Nothing, &["region"]),
    Row('S', Takes::Value, &["stride"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('X', Takes::Value, &["xml-ns"]),
    Row('$', Takes::Value, &["s3-cred"]),
    Row('#', Takes::Value, &["hdfs-attrs"]),
    Row('1', Takes::Value, &["vol-value"]),
    Row('2', Takes::Value, &["vol-name"]),
    Row('3', Takes::Value, &["vol-info"]),
    Row('4', Takes::Value, &["vfd-value"]),
    Row('5', Takes::Value, &["vfd-name"]),
    Row('6', Takes::Value, &["vfd-info"]),
    Row('7', Takes::Nothing, &["json"]),
    Row('8', Takes::Value, &["external"]),
    Row('9', Takes::Nothing, &["ignore-status"]),
];

/// What is dumped, and how.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "the tool has as many switches")]
pub(super) struct Options {
    pub(super) files: Vec<OsString>,
    /// What of the file is wanted; nothing means all of it.
    pub(super) targets: Vec<Target>,
    /// Whether elements of datasets are shown.
    pub(super) data: bool,
    /// Whether elements of attributes are shown.
    pub(super) attribute_data: bool,
    pub(super) attributes: bool,
    pub(super) properties: bool,
    pub(super) object_ids: bool,
    pub(super) superblock: bool,
    /// List objects alone; also their attributes.
    pub(super) contents: Option<bool>,
    pub(super) regions: bool,
    pub(super) indices: bool,
    pub(super) escape: bool,
    pub(super) characters: bool,
    pub(super) width: usize,
    /// Whether each element has a line of its own.
    pub(super) single: bool,
    pub(super) float: Option<Format>,
    pub(super) long_double: Option<Format>,
    pub(super) by_creation: bool,
    pub(super) descending: bool,
    pub(super) masks: Vec<Bits>,
    pub(super) first_missing: bool,
    pub(super) gap: usize,
    pub(super) access: Access,
    pub(super) driver: Wanted,
    pub(super) output: Option<Output>,
    /// Where the DDL goes, unless to the standard output.
    pub(super) ddl: Option<Place>,
    pub(super) binary: Option<Form>,
    pub(super) xml: Option<Xml>,
    pub(super) json: bool,
}

/// Where a part of the output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    File(String),
}

/// Where elements go, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) place: Place,
    /// Those of attributes, not those of datasets.
    pub(super) of_attributes: bool,
}

/// What binary output looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As in memory.
    Native,
    /// As in the file.
    File,
    Little,
    Big,
}

/// What XML looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Xml {
    /// Whether the document names a schema, not a DTD.
    pub(super) schema: bool,
    /// What stands before the names of elements.
    pub(super) prefix: String,
    /// Address of the schema or DTD, where it is not the usual one.
    pub(super) address: Option<String>,
}

/// A part of the file.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) kind: Kind,
    pub(super) path: String,
    pub(super) subset: Option<Subset>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Attribute,
    Dataset,
    Group,
    Link,
    Datatype,
    Any,
}

/// Options that are being read.
struct Reading {
    options: Options,
    /// Whether `-s` and the like may follow: the last one was a dataset.
    after_dataset: bool,
    compact_subsets: bool,
    schema: bool,
    prefix: String,
    address: Option<String>,
    is_xml: bool,
    help: bool,
    version: bool,
}

/// Reads the arguments, without the name of the program.
pub(super) fn parse(access: &Access, arguments: &[OsString]) -> Result<Options, Instead> {
    if arguments.is_empty() {
        return Err(Misuse::help());
    }
    let parsed = getopt::parse(TABLE, arguments);
    let mut reading = Reading::new(access);
    for given in &parsed.options {
        reading.take(given)?;
        if reading.help {
            return Err(Instead::Help);
        }
        if reading.version {
            return Err(Instead::Version);
        }
    }
    if let Some(problem) = parsed.problem {
        return Err(Misuse::error_and_help(problem));
    }
    reading.options.files = parsed.rest;
    reading.finish()
}

impl Reading {
    fn new(access: &Access) -> Self {
        let options = Options {
            files: Vec::new(),
            targets: Vec::new(),
            data: true,
            attribute_data: true,
            attributes: true,
            properties: false,
            object_ids: false,
            superblock: false,
            contents: None,
            regions: false,
            indices: true,
            escape: false,
            characters: false,
            width: 80,
            single: false,
            float: None,
            long_double: None,
            by_creation: false,
            descending: false,
            masks: Vec::new(),
            first_missing: false,
            gap: 0,
            access: access.clone(),
            driver: Wanted::default(),
            output: None,
            ddl: None,
            binary: None,
            xml: None,
            json: false,
        };
        Self {
            options,
            after_dataset: false,
            compact_subsets: true,
            schema: true,
            prefix: "hdf5:".to_owned(),
            address: None,
            is_xml: false,
            help: false,
            version: false,
        }
    }

    fn take(&mut self, given: &Given) -> Result<(), Instead> {
        let value = given.value.clone().unwrap_or_default();
        // What may stand between a dataset and what is said of it.
        let stays = matches!(
            given.letter,
            'R' | 'p'
                | 'y'
                | 'e'
                | 'r'
                | 'f'
                | 'O'
                | 'q'
                | 'z'
                | 'M'
                | 'v'
                | 'G'
                | 'x'
                | 'u'
                | 'D'
                | 'm'
                | 'X'
                | 'E'
                | 'C'
                | 's'
                | 'S'
                | 'c'
                | 'k'
        );
        let was_dataset = std::mem::replace(&mut self.after_dataset, false);
        self.after_dataset = was_dataset && stays;
        match given.letter {
            'a' | 'd' | 'g' | 'l' | 't' | 'N' => self.target(given.letter, value),
            's' | 'S' | 'c' | 'k' => return self.subset(given.letter, &value),
            'M' => return self.masks(&value),
            'o' | 'O' | 'b' => return self.place(given),
            'x' | 'u' | 'D' | 'X' => return self.xml(given.letter, value),
            'q' => self.options.by_creation = choice(&value, &["name", "creation_order"])?,
            'z' => self.options.descending = choice(&value, &["ascending", "descending"])?,
            '8' => self.options.access.set_external(&value).map_err(Misuse::error_and_help)?,
            '9' => self.options.access.ignore_status(),
            'G' => self.options.gap = value.parse().map_err(|_| Misuse::help())?,
            _ => self.switch(given, value),
        }
        Ok(())
    }

    fn switch(&mut self, given: &Given, value: String) {
        let options = &mut self.options;
        match given.letter {
            'R' => options.regions = true,
            'B' => options.superblock = true,
            'n' => options.contents = Some(leading_number(&value) > 0),
            'p' => options.properties = true,
            'y' => options.indices = false,
            'e' => options.escape = true,
            'H' => (options.data, options.attribute_data) = (false, false),
            'A' if given.value.is_some() => {
                options.attributes = options.attributes && leading_number(&value) != 0;
            }
            'A' => (options.data, options.attribute_data) = (false, true),
            'i' => options.object_ids = true,
            'r' => options.characters = true,
            'V' => self.version = true,
            'h' => self.help = true,
            'w' => {
                options.single = false;
                options.width = match usize::try_from(leading_number(&value)) {
                    Ok(0) | Err(_) => ENDLESS,
                    Ok(width) => width,
                };
            }
            'f' | '5' => options.driver.name = Some(value),
            '6' => options.driver.info = Some(value),
            'v' => options.first_missing = true,
            'm' => {
                options.float = Format::parse(&value);
                (options.width, options.single) = (ENDLESS, true);
            }
            'L' => {
                options.long_double = Format::parse(&value);
                (options.width, options.single) = (ENDLESS, true);
            }
            'C' => self.compact_subsets = false,
            '7' => options.json = true,
            _ => {}
        }
    }

    fn target(&mut self, letter: char, value: String) {
        let kind = match letter {
            'a' => Kind::Attribute,
            'd' => Kind::Dataset,
            'g' => Kind::Group,
            'l' => Kind::Link,
            't' => Kind::Datatype,
            _ => Kind::Any,
        };
        self.after_dataset = kind == Kind::Dataset;
        let compact = self.compact_subsets && kind == Kind::Dataset;
        let (path, subset) = if compact { Subset::compact(&value) } else { (value, None) };
        self.options.targets.push(Target { kind, path, subset });
    }

    fn subset(&mut self, letter: char, value: &str) -> Result<(), Instead> {
        let last = self.options.targets.last_mut().filter(|target| target.kind == Kind::Dataset);
        let Some(target) = last.filter(|_| self.after_dataset) else {
            let words = format!("option \"-{letter}\" can only be used after --dataset option");
            return Err(Misuse::error(words));
        };
        target.subset.get_or_insert_default().set(letter, value);
        Ok(())
    }

    fn masks(&mut self, value: &str) -> Result<(), Instead> {
        if !self.after_dataset {
            let words = "option \"-M\" can only be used after --dataset option";
            return Err(Misuse::error(words));
        }
        self.options.masks = masks(value).map_err(Misuse::error_and_help)?;
        Ok(())
    }

    fn place(&mut self, given: &Given) -> Result<(), Instead> {
        let place = given.value.clone().map_or(Place::Nowhere, Place::File);
        let options = &mut self.options;
        match given.letter {
            'O' => options.ddl = Some(place),
            'o' => {
                let of_attributes =
                    options.binary.is_none() && options.attribute_data && !options.data;
                options.output = Some(Output { place, of_attributes });
            }
            _ => {
                options.binary = Some(match given.value.as_deref() {
                    None | Some("NATIVE" | "MEMORY") => Form::Native,
                    Some("FILE") => Form::File,
                    Some("LE") => Form::Little,
                    Some("BE") => Form::Big,
                    Some(_) => return Err(Misuse::help()),
                });
            }
        }
        Ok(())
    }

    fn xml(&mut self, letter: char, value: String) -> Result<(), Instead> {
        (self.options.width, self.options.single) = (ENDLESS, true);
        match letter {
            'x' => (self.is_xml, self.schema) = (true, true),
            'u' => {
                (self.is_xml, self.schema) = (true, false);
                self.prefix.clear();
            }
            'D' => self.address = Some(value),
            _ if !self.schema => return Err(Misuse::help()),
            _ => self.prefix = if value == ":" { String::new() } else { value },
        }
        Ok(())
    }

    fn finish(self) -> Result<Options, Instead> {
        let mut options = self.options;
        if options.files.is_empty() {
            return Err(Misuse::error_and_help("missing file name"));
        }
        let to_file = matches!(&options.output, Some(Output { place: Place::File(_), .. }));
        if options.binary.is_some() && !to_file {
            return Err(Misuse::error("binary output requires a file name, use -o <filename>"));
        }
        if self.is_xml {
            let refused = [
                (!options.targets.is_empty(), "to display selected objects"),
                (options.superblock, "--boot-block"),
                (options.object_ids, "--object-ids"),
                (options.characters, "--string"),
                (options.output.is_some(), "--output"),
            ];
            if let Some((_, name)) = refused.iter().find(|(given, _)| *given) {
                return Err(Misuse::error(format!("option \"{name}\" not available for XML")));
            }
            if self.address.is_some() && self.schema && !self.prefix.is_empty() {
                let words = "Cannot set Schema URL for a qualified namespace--use -X or -U option \
                             with -D ";
                return Err(Misuse::error(words));
            }
            let (schema, prefix, address) = (self.schema, self.prefix, self.address);
            options.xml = Some(Xml { schema, prefix, address });
        }
        Ok(options)
    }
}

/// Whether it is the second of two words.
fn choice(value: &str, words: &[&str; 2]) -> Result<bool, Instead> {
    let place = words.iter().position(|word| *word == value);
    place.map(|place| place == 1).ok_or_else(Misuse::help)
}

/// The number that a text begins with, as C's `atoi` reads it.
pub(super) fn leading_number(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number: i64 = digits.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    if text.starts_with('-') { number.saturating_neg() } else { number }
}

/// Offsets and lengths, all in one list.
fn masks(text: &str) -> Result<Vec<Bits>, String> {
    let bad = || format!("Bad mask list({text})");
    let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
    let numbers = numbers.map_err(|_| bad())?;
    if !numbers.len().is_multiple_of(2) {
        return Err(format!("Bad mask list({text}), missing expected comma separator."));
    }
    let mut out = Vec::new();
    for pair in numbers.chunks_exact(2) {
        let [offset, length] = *pair else { return Err(bad()) };
        if offset >= MAX_BITS {
            let most = MAX_BITS.saturating_sub(1);
            return Err(format!("Packed Bit offset value({offset}) must be between 0 and {most}"));
        }
        if length == 0 {
            return Err(format!("Packed Bit length value({length}) must be positive."));
        }
        let end = offset.saturating_add(length);
        if end > MAX_BITS {
            return Err(format!(
                "Packed Bit offset+length value({end}) too large. Max is {MAX_BITS}"
            ));
        }
        if out.len() >= MAX_MASKS {
            return Err(format!("Too many masks requested (max. {MAX_MASKS}). Mask list({text})"));
        }
        out.push(Bits { offset, length });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &[&str]) -> Option<Options> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        parse(&Access::default(), &words).ok()
    }

    #[test]
    fn a_subset_follows_its_dataset() {
        let given = options(&["-d", "/a", "-s", "1", "f"]).unwrap();
        assert_eq!(given.targets[0].subset.as_ref().unwrap().start, Some(vec![1]));
        assert!(options(&["-s", "1", "f"]).is_none());
        assert!(options(&["-d", "/a", "-H", "-s", "1", "f"]).is_none());
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        assert!(options(&["--xml", "-d", "/a", "f"]).is_none());
        assert!(options(&["-b", "LE", "f"]).is_none());
        assert!(options(&["-d", "/a", "-M", "60,5", "f"]).is_none());
        assert!(options(&["-d", "/a", "-M", "0,4,4", "f"]).is_none());
        assert!(options(&["-H"]).is_none());
    }

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        assert_eq!(leading_number(" -12x"), -12);
        assert_eq!(leading_number("x"), 0);
    }
}
