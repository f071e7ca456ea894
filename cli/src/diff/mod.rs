//! `h5 diff`: how two files differ, as `h5diff` tells it.

mod attribute;
mod comparable;
mod counted;
mod dataset;
mod exclude;
mod files;
mod link;
mod matches;
mod numbers;
mod object;
mod options;
mod part;
mod references;
mod region;
mod report;
mod strings;
mod table;
mod values;
mod walk;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::access::Access;
use crate::failure::Failure;
use crate::tool::Tool;
use options::Options;
use report::Report;

/// The tool's name.
const NAME: &str = "h5diff";

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: NAME, verb: "diff", help: include_str!("help.txt"), run };

/// The exit code of an error.
const ERROR: u8 = 2;

/// Runs `h5diff` with these arguments; files are opened as `access` says, unless they say otherwise.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    match options::parse(access, arguments) {
        Ok(options) => compare(&options, out),
        Err(instead) => instead.answer(&TOOL, out),
    }
}

fn compare(options: &Options, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let mut report = Report::new(options, out);
    let found = files::compare(&mut report)?;
    if report.failed {
        return Ok(ExitCode::from(ERROR));
    }
    if report.not_comparable && !options.quiet && !options.list {
        let rule = "-".repeat(32);
        report.line(&rule)?;
        report.line("Some objects are not comparable")?;
        report.line(&rule)?;
        let more = if options.verbose { " without details of differences" } else { "" };
        report.line(&format!("Use -c for a list of objects{more}."))?;
    }
    let differ = found > 0 || !report.same_contents;
    Ok(if differ { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
