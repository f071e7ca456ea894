//! `h5 recover`: what a writer that died left behind, put right.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use hdfive::File;

use crate::failure::Failure;
use crate::names::printable;

/// The files to put right.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files that were open for writing when their writer died
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Finishes an unfinished flush and clears the marks of an open file, in each file.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
    let mut failed = false;
    for path in &options.files {
        let done = match File::recover(path) {
            Ok(done) => done,
            Err(error) => {
                Failure::with(path, error).report();
                failed = true;
                continue;
            }
        };
        let what = match (done.finished_flush, done.cleared_status) {
            (true, true) => "finished an unfinished flush, cleared the marks of an open file",
            (true, false) => "finished an unfinished flush",
            (false, true) => "cleared the marks of an open file",
            (false, false) => "nothing to put right",
        };
        writeln!(out, "{}: {what}", printable(&path.display().to_string()))?;
    }
    if failed { Err(Failure::Reported) } else { Ok(()) }
}
