//! The options of `h5format_convert`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::tool::getopt::{Row, Takes};
use crate::tool::{Instead, Misuse, options};

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
    let mut options = Options::default();
    let mut rest = options::read(TABLE, arguments, |given| {
        match given.letter {
            'v' => options.verbose = true,
            'n' => options.noop = true,
            'd' => {
                let name = given.value.filter(|name| !name.is_empty());
                let none = || Misuse::error_and_help("No dataset name ``");
                options.dataset = Some(name.ok_or_else(none)?);
            }
            _ => {}
        }
        Ok(())
    })?;
    options.file = options::file(&mut rest)?.into();
    Ok(options)
}
