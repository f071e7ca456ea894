//! What `h5copy` is asked for.

use std::ffi::OsString;
use std::io::{self, Write};

use super::TOOL;
use crate::tool::getopt::{self, Row, Takes};
use crate::tool::{Instead, Misuse};

const TABLE: &[Row] = &[
    Row('d', Takes::Value, &["destination"]),
    Row('f', Takes::Value, &["flag"]),
    Row('h', Takes::Nothing, &["help"]),
    Row('i', Takes::Value, &["input"]),
    Row('o', Takes::Value, &["output"]),
    Row('p', Takes::Nothing, &["parents"]),
    Row('s', Takes::Value, &["source"]),
    Row('v', Takes::Nothing, &["verbose"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('E', Takes::Maybe, &["enable-error-stack"]),
];

/// What is copied where, and how.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) input: String,
    pub(super) output: String,
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) flags: Flags,
    /// The last flag, as it was given.
    flag: Option<String>,
    pub(super) parents: bool,
    pub(super) verbose: bool,
}

/// What becomes of what an object leads to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) shallow: bool,
    pub(super) soft: bool,
    pub(super) external: bool,
    pub(super) references: bool,
    pub(super) without_attributes: bool,
}

impl Flags {
    /// Adds the flag of that name, if there is one.
    fn add(&mut self, name: &str) -> Option<()> {
        match name {
            "shallow" => self.shallow = true,
            "soft" => self.soft = true,
            "ext" => self.external = true,
            "ref" => self.references = true,
            "noattr" => self.without_attributes = true,
            "allflags" => {
                let all = ["shallow", "soft", "ext", "ref", "noattr"];
                all.iter().filter_map(|name| self.add(name)).for_each(drop);
            }
            // Messages that say nothing are not copied: there is none to keep.
            "nullmsg" => {}
            _ => return None,
        }
        Some(())
    }
}

/// Reads the arguments.
pub(super) fn parse(arguments: &[OsString]) -> Result<Options, Instead> {
    let parsed = getopt::parse(TABLE, arguments);
    let mut options = Options::default();
    let (mut input, mut output, mut source, mut destination) = (None, None, None, None);
    for given in parsed.options {
        let value = given.value;
        match given.letter {
            'h' => return Err(Instead::Help),
            'V' => return Err(Instead::Version),
            'f' => {
                let flag = value.unwrap_or_default();
                let known = options.flags.add(&flag);
                known.ok_or_else(|| Misuse::error_and_help("Error in input flag"))?;
                options.flag = Some(flag);
            }
            'i' => input = value,
            'o' => output = value,
            's' => source = value,
            'd' => destination = value,
            'p' => options.parents = true,
            'v' => options.verbose = true,
            _ => {}
        }
    }
    if let Some(problem) = parsed.problem {
        return Err(Misuse::error_and_help(problem));
    }
    if arguments.is_empty() {
        return Err(Misuse::help());
    }
    let needed = |value: Option<String>, what: &str| {
        value.ok_or_else(|| Misuse::error_and_help(format!("{what} name missing")))
    };
    options.input = needed(input, "Input file")?;
    options.output = needed(output, "Output file")?;
    options.source = needed(source, "Source object")?;
    options.destination = needed(destination, "Destination object")?;
    Ok(options)
}

impl Options {
    /// Says what is going to be done, where that is wanted.
    pub(super) fn introduce(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.verbose {
            return Ok(());
        }
        let Self { input, output, source, destination, .. } = self;
        writeln!(
            out,
            "Copying file <{input}> and object <{source}> to file <{output}> and object <{destination}>"
        )?;
        if let Some(flag) = &self.flag {
            writeln!(out, "Using {flag} flag")?;
        }
        if self.parents {
            writeln!(out, "{}: Creating parent groups", TOOL.name)?;
        }
        Ok(())
    }
}
