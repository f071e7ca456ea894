//! Options of tools that have the help, their version and a file to name.

use std::ffi::OsString;
use std::vec::IntoIter;

use super::getopt::{self, Given, Row};
use super::{Instead, Misuse};

/// Calls `each` with all options but those that ask for the help or the version; gives the words
/// behind them.
pub(crate) fn read(
    table: &[Row],
    arguments: &[OsString],
    mut each: impl FnMut(Given) -> Result<(), Instead>,
) -> Result<IntoIter<OsString>, Instead> {
    let parsed = getopt::parse(table, arguments);
    for given in parsed.options {
        match given.letter {
            'h' => return Err(Instead::Help),
            'V' => return Err(Instead::Version),
            _ => each(given)?,
        }
    }
    match parsed.problem {
        Some(problem) => Err(Misuse::error_and_help(problem)),
        None => Ok(parsed.rest.into_iter()),
    }
}

/// The file, which is the first word behind the options.
pub(crate) fn file(rest: &mut IntoIter<OsString>) -> Result<OsString, Instead> {
    rest.next().ok_or_else(|| Misuse::error_and_help("missing file name"))
}
