//! The program as one of the HDF5 tools: by the name it is called by, or by a verb.

pub(crate) mod getopt;
mod instead;
pub(crate) mod onion;
pub(crate) mod open;
pub(crate) mod options;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::access::Access;
use crate::color;
use crate::failure::Failure;
use crate::names::printable;

pub(crate) use instead::{Instead, Misuse};

/// The release of the tools whose output this is.
const RELEASE: &str = "1.14.6";

/// A tool.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    /// What the program is called to be the tool.
    pub(crate) name: &'static str,
    /// The verb that stands for it.
    pub(crate) verb: &'static str,
    /// What it says of its use.
    pub(crate) help: &'static str,
    /// Runs it with its arguments; files are opened as told, unless they say otherwise.
    pub(crate) run: fn(&Access, &[OsString], &mut dyn Write) -> Result<ExitCode, Failure>,
}

/// In the order of their verbs.
const TOOLS: &[Tool] = &[
    crate::clear::TOOL,
    crate::convert::TOOL,
    crate::copy::TOOL,
    crate::diff::TOOL,
    crate::dump::TOOL,
    crate::import::TOOL,
    crate::jam::TOOL,
    crate::ls::TOOL,
    crate::mkgrp::TOOL,
    crate::repack::TOOL,
    crate::stat::TOOL,
    crate::jam::UNJAM,
];

/// The tool that the program is called as, and its arguments.
pub(crate) fn called(arguments: &[OsString]) -> Option<(Tool, &[OsString])> {
    let (program, rest) = arguments.split_first()?;
    let name = Path::new(program).file_stem()?.to_string_lossy();
    if let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) {
        return Some((*tool, rest));
    }
    let (verb, rest) = rest.split_first()?;
    TOOLS.iter().find(|tool| tool.verb == verb).map(|tool| (*tool, rest))
}

/// What the tool that a verb stands for says of its use.
pub(crate) fn help(verb: &str) -> Option<&'static str> {
    TOOLS.iter().find(|tool| tool.verb == verb).map(|tool| tool.help)
}

/// Tells the user what is wrong, as the tool does.
pub(crate) fn error(tool: &str, words: &str) {
    color::complain(&format!("{tool} error:"), &format!(" {}", printable(words)));
}

/// Tells the user more about it.
pub(crate) fn remark(words: &str) {
    color::complain("", &format!("  {}", printable(words)));
}
