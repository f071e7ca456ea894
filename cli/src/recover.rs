//! `h5 recover`: what a writer that died left behind, put right; what is left of a damaged file,
//! brought to a new one.

mod salvage;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hdfive::{Recovery, RecoveryBuilder, UnfinishedFlush};

use crate::access::Access;
use crate::failure::{Failure, Why};
use crate::names::printable;

/// What is to be put right, and where.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  h5 recover run.h5               after its writer was killed
  h5 recover --undo run.h5        as of the flush before the last one
  h5 recover --filesize run.h5    look, change nothing
  h5 recover run.h5 -o new.h5     what can be read of a damaged file, in a new one; run.h5 stays")]
pub(crate) struct Options {
    /// Clear the marks of a file open for writing, which then ends where its bytes end. This is done
    /// where none of -s, -m and --increment is given, too
    #[arg(short, long)]
    status: bool,
    /// Remove the metadata cache image, and put what it holds in its place
    #[arg(short = 'm', long)]
    image: bool,
    /// Let the file end C bytes (1 MiB where no number is given) behind the end it states and the
    /// last of its bytes, and be as long as that
    #[arg(
        long,
        value_name = "C",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1048576"
    )]
    increment: Option<u64>,
    /// Take an unfinished flush back, rather than finish it: the file is then as of the flush before
    #[arg(long)]
    undo: bool,
    /// Only print the end-of-file address (EOA) and the length (EOF) of the file, in bytes
    #[arg(long, conflicts_with_all = ["status", "image", "increment", "undo"])]
    filesize: bool,
    /// Bring what can be read of the file to a new one, and tell what is lost. The file itself is
    /// not written
    #[arg(
        short,
        long,
        value_name = "NEW",
        conflicts_with_all = ["status", "image", "increment", "undo", "filesize"]
    )]
    output: Option<PathBuf>,
    /// Let the new file take the place of what is there
    #[arg(long, requires = "output")]
    force: bool,
    /// Files whose writer died, or one that is damaged
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Options {
    fn builder(&self) -> RecoveryBuilder {
        let chosen = self.status || self.image || self.increment.is_some();
        let builder = RecoveryBuilder::new()
            .undo_flush(self.undo)
            .clear_status(self.status || !chosen)
            .remove_cache_image(self.image);
        match self.increment {
            Some(bytes) => builder.extend_by(bytes),
            None => builder,
        }
    }

    /// What is to be said of a file.
    fn run_on(&self, access: &Access, path: &Path) -> Result<String, Why> {
        if access.driver_name(path) != "sec2" {
            return Err(Why::new("a file that is spread over several cannot be put right"));
        }
        if self.filesize {
            let ends = RecoveryBuilder::new().ends(path)?;
            return Ok(format!("EOA is {}; EOF is {}", ends.stated, ends.stored));
        }
        Ok(self.told(&self.builder().recover(path)?))
    }

    fn told(&self, done: &Recovery) -> String {
        let mut told = Vec::new();
        match done.unfinished_flush {
            UnfinishedFlush::Finished => told.push("finished an unfinished flush".to_owned()),
            UnfinishedFlush::Undone => told.push("took an unfinished flush back".to_owned()),
            UnfinishedFlush::Dropped => {
                told.push("dropped an unfinished flush that was not of this file".to_owned());
            }
            _ => {}
        }
        if done.cleared_status {
            told.push("cleared the marks of an open file".to_owned());
        }
        if done.removed_cache_image {
            told.push("removed the metadata cache image".to_owned());
        }
        if self.increment.is_some() {
            told.push(format!("the file has {} bytes now", done.size));
        }
        if told.is_empty() { "nothing to put right".to_owned() } else { told.join(", ") }
    }
}

/// Puts each file right, or brings what is left of one to a new one.
pub(crate) fn run(
    access: &Access,
    options: &Options,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    if let Some(new) = &options.output {
        return salvage::run(access, &options.files, (new, options.force), out);
    }
    let mut failed = false;
    for path in &options.files {
        match options.run_on(access, path) {
            Ok(told) => writeln!(out, "{}: {told}", printable(&path.display().to_string()))?,
            Err(why) => {
                Failure::with(path, why).report();
                failed = true;
            }
        }
    }
    if failed { Err(Failure::Reported) } else { Ok(ExitCode::SUCCESS) }
}
