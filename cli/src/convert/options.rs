//! The options of `h5format_convert`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::tool::getopt::{self, Row, Takes};
use crate::tool::{Instead, Misuse};

const TABLE: &[Row] = &[
    Row('h', Takes::Nothing, &["help"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('v', Takes::Nothing, &["verbose"]),
    Row('d', Takes::Value, &["dname"]),
    Row('n', Takes::Nothing, &["noop"]),
    Row('E', Takes::Nothing, &["enable-error-stack"]),
];

/// What is to be converted.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) verbose: bool,
    /// Nothing is changed.
    pub(super) noop: bool,
    /// The only dataset.
    pub(super) dataset: Option<String>,
    pub(super) file: PathBuf,
}

pub(super) fn parse(arguments: &[OsString]) -> Result<Options, Instead> {
    if arguments.is_empty() {
        return Err(Misuse::help());
    }
    let parsed = getopt::parse(TABLE, arguments);
    let mut options = Options::default();
    for given in parsed.options {
        match given.letter {
            'h' => return Err(Instead::Help),
            'V' => return Err(Instead::Version),
            'v' => options.verbose = true,
            'n' => options.noop = true,
            'd' => {
                let name = given.value.filter(|name| !name.is_empty());
                let none = || Misuse::error_and_help("No dataset name ``");
                options.dataset = Some(name.ok_or_else(none)?);
            }
            _ => {}
        }
    }
    if let Some(problem) = parsed.problem {
        return Err(Misuse::error_and_help(problem));
    }
    let file = parsed.rest.into_iter().next();
    options.file = file.ok_or_else(|| Misuse::error_and_help("missing file name"))?.into();
    Ok(options)
}
