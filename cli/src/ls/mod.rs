//! `h5 ls`: what is in a file, one object a line.

mod detail;
mod list;
mod types;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::access::Access;
use crate::failure::Failure;
use crate::names::printable;
use crate::target::Target;
use list::Lister;

/// What is listed, and how.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// List all groups beneath too, each once
    #[arg(short, long, conflicts_with = "group")]
    recursive: bool,
    /// Tell more about each object
    #[arg(short, long)]
    verbose: bool,
    /// Show whole paths
    #[arg(short, long)]
    full: bool,
    /// Show a group itself, not what is in it
    #[arg(short, long)]
    group: bool,
    /// Name types by their layout, not as C does
    #[arg(short = 'S', long)]
    simple: bool,
    /// Files, or objects in them: FILE or FILE/path
    #[arg(required = true, value_name = "FILE[/PATH]")]
    objects: Vec<PathBuf>,
}

/// Lists each of the objects that `options` names.
pub(crate) fn run(access: &Access, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
    let mut failed = false;
    for object in &options.objects {
        let listed = Target::open(access, object).and_then(|target| {
            if options.verbose {
                let name = printable(&target.name.display().to_string());
                let driver = access.driver_name(&target.name);
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
    if failed { Err(Failure::Reported) } else { Ok(()) }
}
