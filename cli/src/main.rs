//! `h5`: the HDF5 tools in one program.

mod access;
mod digest;
mod failure;
mod ls;
mod memory;
mod names;
mod recover;
mod target;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::access::Access;
use crate::failure::Failure;

/// The HDF5 tools in one program.
#[derive(Debug, Parser)]
#[command(name = "h5", version)]
struct Arguments {
    #[command(flatten)]
    access: Access,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Describe a file and hash its values, as one JSON document that does not depend on how they
    /// are stored
    Digest {
        /// The file
        file: PathBuf,
    },
    /// List what is in files
    Ls(ls::Options),
    /// Put right what a writer that died left behind: finish an unfinished flush, clear the marks
    /// of an open file
    Recover(recover::Options),
}

impl Verb {
    fn run(&self, access: &Access, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Digest { file } => digest::run(access, file, out),
            Self::Ls(options) => ls::run(access, options, out),
            Self::Recover(options) => recover::run(access, options, out),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let done = arguments.verb.run(&arguments.access, &mut out);
    // What was written before a failure is to be seen before its message.
    let done = match (done, out.flush()) {
        (Ok(()), Err(error)) => Err(Failure::from(error)),
        (done, _) => done,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
