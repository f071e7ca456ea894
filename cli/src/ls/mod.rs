//! `h5 ls`: what is in a file, one object a line, as `h5ls` writes it.

mod data;
mod detail;
mod list;
mod options;
mod types;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::access::Access;
use crate::failure::Failure;
use crate::names::printable;
use crate::target::Target;
use crate::tool::Tool;
use list::Lister;
use options::Options;

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5ls", verb: "ls", help: include_str!("help.txt"), run };

/// Runs `h5ls` with these arguments; files are opened as `access` says, unless they say otherwise.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    match options::parse(access, arguments) {
        Ok(options) => list(&options, out),
        Err(instead) => instead.answer(&TOOL, out),
    }
}

/// Lists each of the objects that `options` names.
fn list(options: &Options, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let mut failed = false;
    for object in &options.objects {
        let listed = Target::open(&options.access, object).and_then(|target| {
            if options.verbose {
                let name = printable(&target.name.display().to_string());
                let driver = options.access.driver_name(&target.name);
                writeln!(out, "Opened \"{name}\" with {driver} driver.")?;
            }
            Lister::new(options, &target, out).list()
        });
        match listed {
            Ok(()) => {}
            Err(Failure::Output(error)) => return Err(Failure::Output(error)),
            Err(failure) => {
                failure.report();
                failed = true;
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
