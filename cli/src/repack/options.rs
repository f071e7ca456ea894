//! What `h5repack` is asked for.

use std::ffi::OsString;
use std::fs;

use hdfive::{FileSpaceStrategy, IndexType, IterationOrder};

use super::wishes::{FilterWish, LayoutWish, Names};
use crate::tool::getopt::{self, Row, Takes};
use crate::tool::open::Wanted;
use crate::tool::{self, Instead, Misuse};

/// Most filters of one dataset.
const MOST_FILTERS: usize = 6;
/// Releases that bounds can name.
const NEWEST_BOUND: u32 = 4;
/// Bytes of a user block that nobody gave a size.
const USER_BLOCK: u64 = 1024;

const TABLE: &[Row] = &[
    Row('a', Takes::Value, &["alignment"]),
    Row('b', Takes::Value, &["block"]),
    Row('c', Takes::Value, &["compact"]),
    Row('d', Takes::Value, &["indexed"]),
    Row('e', Takes::Value, &["file"]),
    Row('f', Takes::Value, &["filter"]),
    Row('h', Takes::Nothing, &["help"]),
    Row('i', Takes::Value, &["infile"]),
    Row('j', Takes::Value, &["low"]),
    Row('k', Takes::Value, &["high"]),
    Row('l', Takes::Value, &["layout"]),
    Row('m', Takes::Value, &["minimum"]),
    Row('n', Takes::Nothing, &["native"]),
    Row('o', Takes::Value, &["outfile"]),
    Row('q', Takes::Value, &["sort_by"]),
    Row('s', Takes::Value, &["ssize"]),
    Row('t', Takes::Value, &["threshold"]),
    Row('u', Takes::Value, &["ublock"]),
    Row('v', Takes::Attached, &["verbose"]),
    Row('z', Takes::Value, &["sort_order"]),
    Row('E', Takes::Attached, &["enable-error-stack"]),
    Row('G', Takes::Value, &["fs_pagesize"]),
    Row('L', Takes::Nothing, &["latest"]),
    Row('M', Takes::Value, &["metadata_block_size"]),
    Row('P', Takes::Value, &["fs_persist"]),
    Row('S', Takes::Value, &["fs_strategy"]),
    Row('T', Takes::Value, &["fs_threshold"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('X', Takes::Nothing, &["merge"]),
    Row('W', Takes::Nothing, &["prune"]),
    Row('1', Takes::Value, &["src-vol-value", "dst-vol-value"]),
    Row('2', Takes::Value, &["src-vol-name", "dst-vol-name"]),
    Row('3', Takes::Value, &["src-vol-info", "dst-vol-info", "dst-vfd-info"]),
    Row('9', Takes::Value, &["src-vfd-info"]),
    Row('7', Takes::Value, &["src-vfd-value"]),
    Row('8', Takes::Value, &["src-vfd-name"]),
    Row('0', Takes::Value, &["dst-vfd-value"]),
    Row('Y', Takes::Value, &["dst-vfd-name"]),
];

/// What is repacked, and how.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) input: String,
    pub(super) output: String,
    /// 1 lists what is copied, 2 times it.
    pub(super) verbose: u8,
    /// Objects that something of their own is asked for.
    pub(super) objects: Vec<ObjectWish>,
    /// Filters of all datasets.
    pub(super) filters: Vec<FilterWish>,
    /// The layout of all datasets.
    pub(super) layout: Option<LayoutWish>,
    /// Bytes of the smallest dataset that is changed.
    pub(super) minimum: u64,
    pub(super) native: bool,
    pub(super) latest: bool,
    pub(super) low: u32,
    pub(super) high: u32,
    pub(super) merge: bool,
    pub(super) prune: bool,
    /// Most links of a compact group, fewest of an indexed one.
    pub(super) compact: i64,
    pub(super) indexed: i64,
    /// Whether messages are to be shared.
    pub(super) shares: bool,
    /// Metadata is to lie in blocks of its own.
    pub(super) blocks: bool,
    /// The file that a user block is taken from, and its size.
    pub(super) user_block: Option<(String, u64)>,
    pub(super) alignment: Option<(u64, u64)>,
    pub(super) strategy: Option<FileSpaceStrategy>,
    pub(super) persist: Option<bool>,
    pub(super) threshold: Option<u64>,
    pub(super) page_size: Option<u64>,
    pub(super) sort_by: IndexType,
    pub(super) sort_order: IterationOrder,
    /// How the files are spread over files of the operating system.
    pub(super) source_driver: Wanted,
    pub(super) target_driver: Option<String>,
}

/// What is asked for of one object.
#[derive(Debug, Clone)]
pub(super) struct ObjectWish {
    /// As it was given.
    pub(super) path: String,
    pub(super) filters: Vec<FilterWish>,
    pub(super) layout: Option<LayoutWish>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            input: String::new(),
            output: String::new(),
            verbose: 0,
            objects: Vec::new(),
            filters: Vec::new(),
            layout: None,
            minimum: 0,
            native: false,
            latest: false,
            low: 0,
            high: NEWEST_BOUND,
            merge: false,
            prune: false,
            compact: 0,
            indexed: 0,
            shares: false,
            blocks: false,
            user_block: None,
            alignment: None,
            strategy: None,
            persist: None,
            threshold: None,
            page_size: None,
            sort_by: IndexType::CreationOrder,
            sort_order: IterationOrder::Increasing,
            source_driver: Wanted::default(),
            target_driver: None,
        }
    }
}

/// What is put together only when all options are read.
#[derive(Debug, Default)]
struct Loose {
    input: Vec<String>,
    output: Vec<String>,
    user_block: Option<String>,
    block_size: u64,
    threshold: u64,
    alignment: Option<u64>,
}

/// Reads the arguments.
pub(super) fn parse(arguments: &[OsString]) -> Result<Options, Instead> {
    let parsed = getopt::parse(TABLE, &attached(arguments));
    let (mut options, mut loose) = (Options::default(), Loose::default());
    for given in &parsed.options {
        options.take(given.letter, given.value.as_deref(), &mut loose)?;
    }
    if let Some(problem) = parsed.problem {
        return Err(Misuse::error_and_help(problem));
    }
    let names: Vec<String> =
        parsed.rest.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    options.name_files(&names, &loose)?;
    options.put_together(loose)?;
    Ok(options)
}

/// The arguments, where a number behind `-v` or `-E` belongs to it; anything else is a file.
fn attached(arguments: &[OsString]) -> Vec<OsString> {
    let mut out: Vec<OsString> = Vec::with_capacity(arguments.len());
    for word in arguments {
        let text = word.to_string_lossy();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match out.last_mut().filter(|last| is_number && (*last == "-v" || *last == "-E")) {
            Some(last) => last.push(word),
            None => out.push(word.clone()),
        }
    }
    out
}

/// An error of the command line as a whole.
fn unparsed(words: impl Into<String>) -> Instead {
    tool::error(super::TOOL.name, &words.into());
    Misuse::said("Error occurred while parsing command-line options")
}

/// An error that is found before the work begins.
pub(super) fn unpacked(words: impl Into<String>) -> Instead {
    tool::error(super::TOOL.name, &words.into());
    Misuse::said("Error occurred while repacking")
}

impl Options {
    fn take(
        &mut self,
        letter: char,
        value: Option<&str>,
        loose: &mut Loose,
    ) -> Result<(), Instead> {
        let text = value.unwrap_or_default();
        let number = leading_number(text);
        let natural = || u64::try_from(number).unwrap_or(0);
        match letter {
            'h' => return Err(Instead::Help),
            'V' => return Err(Instead::Version),
            'i' => loose.input.push(text.to_owned()),
            'o' => loose.output.push(text.to_owned()),
            'v' if value.is_none() => self.verbose = 1,
            'v' => self.verbose = if number == 2 { 2 } else { self.verbose },
            'f' => self.add_filter(text)?,
            'l' => self.add_layout(text)?,
            'e' => self.read(text)?,
            'm' if number <= 0 => {
                return Err(unparsed(format!("invalid minimum compress size <{text}>")));
            }
            'm' => self.minimum = natural(),
            'n' => self.native = true,
            'L' => self.latest = true,
            'j' => self.low = bound(number).ok_or_else(|| unparsed("in parsing low bound"))?,
            'k' => self.high = bound(number).ok_or_else(|| unparsed("in parsing high bound"))?,
            'X' => self.merge = true,
            'W' => self.prune = true,
            'c' => (self.compact, self.latest) = (number, self.latest || number > 0),
            'd' => (self.indexed, self.latest) = (number, self.latest || number > 0),
            's' if number < 0 => return Err(unpacked("invalid shared message size")),
            's' => (self.shares, self.latest) = (true, true),
            'M' => self.blocks = true,
            'u' => loose.user_block = Some(text.to_owned()),
            'b' => loose.block_size = natural(),
            't' => loose.threshold = natural(),
            'a' if number < 1 => {
                return Err(unparsed(format!("invalid alignment size `{text}`")));
            }
            'a' => loose.alignment = Some(natural()),
            'S' => self.strategy = Some(strategy(text)?),
            'P' => self.persist = Some(number != 0),
            'T' => self.threshold = Some(natural()),
            'G' => self.page_size = Some(natural()),
            'q' => self.sort_by = sort_by(text)?,
            'z' => self.sort_order = sort_order(text)?,
            '1' if number != 0 => return Err(no_connector()),
            '2' if text != "native" => return Err(no_connector()),
            '7' => self.source_driver.name = Some(driver(number)?),
            '8' => self.source_driver.name = Some(text.to_owned()),
            '9' => self.source_driver.info = Some(text.to_owned()),
            '0' => self.target_driver = Some(driver(number)?),
            'Y' => self.target_driver = Some(text.to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn name_files(&mut self, names: &[String], loose: &Loose) -> Result<(), Instead> {
        let last = "Error occurred while parsing command-line options";
        let said = |words: &str| Misuse::error_help_and_said(words, last);
        match (loose.input.as_slice(), loose.output.as_slice(), names) {
            ([], [], [input, output, ..]) if input == output => {
                return Err(said("file names cannot be the same"));
            }
            ([], [], [input, output, ..]) | ([input], [output], _) => {
                (self.input, self.output) = (input.clone(), output.clone());
            }
            ([], [], _) => return Err(said("file names missing")),
            _ => {
                return Err(said("filenames must be either both -i -o or both positional"));
            }
        }
        Ok(())
    }

    fn put_together(&mut self, loose: Loose) -> Result<(), Instead> {
        let Loose { user_block, block_size, threshold, alignment, .. } = loose;
        self.user_block = match (user_block, block_size) {
            (None, 0) => None,
            (None, _) => return Err(unpacked("file name missing for user block")),
            (Some(name), 0) => Some((name, 0)),
            (Some(name), size) => Some((name, size)),
        };
        self.alignment = match (threshold, alignment) {
            (0, None) => None,
            (_, None) => return Err(unpacked("alignment for H5Pset_alignment missing")),
            (threshold, Some(alignment)) => Some((threshold, alignment)),
        };
        Ok(())
    }

    fn add_filter(&mut self, text: &str) -> Result<(), Instead> {
        let (names, wish) = FilterWish::parse(text).map_err(Misuse::error)?;
        let full = || {
            tool::error(
                super::TOOL.name,
                &format!("maximum number of filters exceeded for <{text}>"),
            );
            unparsed("in parsing filter")
        };
        match names {
            None if self.filters.len() >= MOST_FILTERS => return Err(full()),
            None => self.filters.push(wish),
            Some(_) => {
                for object in self.named(names) {
                    if object.filters.len() >= MOST_FILTERS {
                        return Err(full());
                    }
                    object.filters.push(wish.clone());
                }
            }
        }
        Ok(())
    }

    fn add_layout(&mut self, text: &str) -> Result<(), Instead> {
        if self.layout.is_some() {
            let problem = "invalid layout input: 'all' option is present with other objects";
            tool::error(super::TOOL.name, &format!("{problem} <{text}>"));
            return Err(unparsed("in parsing layout"));
        }
        let (names, wish) = LayoutWish::parse(text).map_err(Misuse::error)?;
        if names.is_none() {
            self.layout = Some(wish);
            return Ok(());
        }
        for object in self.named(names) {
            if let Some(LayoutWish::Chunked(_)) = object.layout {
                let path = &object.path;
                let problem = format!("chunk information already inserted for <{path}>");
                return Err(Misuse::error(problem));
            }
            object.layout = Some(wish.clone());
        }
        Ok(())
    }

    /// What is asked for of the objects of these names.
    fn named(&mut self, names: Names) -> Vec<&mut ObjectWish> {
        let names = names.unwrap_or_default();
        for path in &names {
            if !self.objects.iter().any(|object| object.path == *path) {
                let path = path.clone();
                self.objects.push(ObjectWish { path, filters: Vec::new(), layout: None });
            }
        }
        self.objects.iter_mut().filter(|object| names.contains(&object.path)).collect()
    }

    /// Reads filters and layouts from a file.
    fn read(&mut self, name: &str) -> Result<(), Instead> {
        let cannot = |_| Misuse::error(format!("cannot open options file {name}"));
        let text = fs::read_to_string(name).map_err(cannot)?;
        let mut words = text.split_whitespace();
        while let Some(option) = words.next() {
            let wish = words.next().unwrap_or_default();
            match option {
                "-l" => self.add_layout(wish)?,
                "-f" => self.add_filter(wish)?,
                _ => return Err(Misuse::error(format!("bad file format for {name}"))),
            }
        }
        Ok(())
    }

    /// Whether filters or layouts are asked for.
    pub(super) fn is_asked(&self) -> bool {
        !self.filters.is_empty() || self.layout.is_some() || !self.objects.is_empty()
    }

    /// Looks at what options mean together, once it is told what is asked for; gives an error where
    /// they contradict each other.
    pub(super) fn check(&self) -> Result<(), String> {
        let chunked = |object: &ObjectWish| match &object.layout {
            Some(LayoutWish::Chunked(_)) => true,
            Some(LayoutWish::Contiguous { removed }) => *removed,
            _ => false,
        };
        let words = if self.layout.is_some() && self.objects.iter().any(chunked) {
            "invalid chunking input: 'all' option is present with other objects"
        } else if !self.filters.is_empty() && self.objects.iter().any(|o| !o.filters.is_empty()) {
            "invalid compression input: 'all' option is present with other objects"
        } else if self.compact < 0 {
            "invalid maximum number of links to store as header messages"
        } else if self.indexed < 0 {
            "invalid minimum number of links to store in the indexed format"
        } else if self.indexed > self.compact {
            "minimum indexed size is greater than the maximum compact size"
        } else if !self.latest && self.low > self.high || self.high == 0 {
            "the low bound is above the high bound, or that is the oldest of all"
        } else {
            return Ok(());
        };
        Err(words.to_owned())
    }

    /// Where the user block comes from, and its size.
    pub(super) fn user_block(&self) -> Option<(&str, u64)> {
        let (name, size) = self.user_block.as_ref()?;
        Some((name, if *size == 0 { USER_BLOCK } else { *size }))
    }
}

/// A number as C reads it: as far as there are digits.
fn leading_number(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with(['-', '+']));
    let end = sign.saturating_add(digits(text.get(sign..).unwrap_or_default()));
    text.get(..end).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn bound(number: i64) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| *number <= NEWEST_BOUND)
}

fn strategy(text: &str) -> Result<FileSpaceStrategy, Instead> {
    Ok(match text {
        "FSM_AGGR" => FileSpaceStrategy::FsmAggregator,
        "PAGE" => FileSpaceStrategy::Page,
        "AGGR" => FileSpaceStrategy::Aggregator,
        "NONE" => FileSpaceStrategy::None,
        _ => {
            return Err(unparsed(format!("invalid file space management strategy `{text}`")));
        }
    })
}

fn sort_by(text: &str) -> Result<IndexType, Instead> {
    match text {
        "name" => Ok(IndexType::Name),
        "creation_order" => Ok(IndexType::CreationOrder),
        _ => Err(unparsed(format!("failed to set sort by form <{text}>"))),
    }
}

fn sort_order(text: &str) -> Result<IterationOrder, Instead> {
    match text {
        "ascending" => Ok(IterationOrder::Increasing),
        "descending" => Ok(IterationOrder::Decreasing),
        _ => Err(unparsed(format!("failed to set sort order form <{text}>"))),
    }
}

fn no_connector() -> Instead {
    unparsed("failed to setup FAPL: there is no connector but the native one")
}

/// The driver of a number, as libhdf5 counts them.
fn driver(number: i64) -> Result<String, Instead> {
    const DRIVERS: [&str; 6] = ["sec2", "core", "log", "family", "multi", "stdio"];
    let found = usize::try_from(number).ok().and_then(|number| DRIVERS.get(number));
    let none = || unparsed(format!("failed to setup FAPL: there is no driver {number} here"));
    found.map(|name| (*name).to_owned()).ok_or_else(none)
}
