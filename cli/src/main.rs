//! `h5`: the HDF5 tools in one program.

mod access;
mod blocks;
mod check;
mod clear;
mod color;
mod convert;
mod copy;
mod diff;
mod digest;
mod dump;
mod export;
mod failure;
mod import;
mod jam;
mod ls;
mod manual;
mod memory;
mod mkgrp;
mod names;
mod output;
mod part;
mod pieces;
mod plot;
mod recover;
mod regions;
mod repack;
mod replacement;
mod stat;
mod target;
mod text;
mod threads;
mod tool;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueHint};

use crate::access::Access;
use crate::failure::Failure;

const EXAMPLES: &str = "Examples:
  h5 ls -r run.h5                        what is in a file
  h5 dump -d /run1/time run.h5           a dataset in full
  h5 plot run.h5/run1/frames --frame 7   a sketch of it; -o frame.png makes a picture
  h5 export run.h5/run1/time -o time.npy
  h5 diff old.h5 new.h5                  ends with 0 where they are the same

Called by the name of one of the HDF5 tools, as through a link named h5dump, it is that tool.";

/// The HDF5 tools in one program.
#[derive(Debug, Parser)]
#[command(name = "h5", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    access: Access,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Copy an object from one file to another, as h5copy does: `h5 copy -h` tells how
    #[command(disable_help_flag = true)]
    Copy(ToolArguments),
    /// Clear the marks of an open file, remove a metadata cache image, set the end of a file right,
    /// as h5clear does: `h5 clear -h` tells how
    #[command(disable_help_flag = true)]
    Clear(ToolArguments),
    /// Rewrite how datasets are stored, in place, so that HDF5 1.8 reads them, as h5format_convert
    /// does: `h5 convert -h` tells how
    #[command(disable_help_flag = true)]
    Convert(ToolArguments),
    /// Check whether files are sound, and tell what is wrong where they are not. Ends with 0 where
    /// all are, 1 where something is wrong, 2 where a file cannot be opened
    Check(check::Options),
    /// Tell how two files differ, as h5diff does: `h5 diff -h` tells how. Ends with 0 where they are
    /// the same, 1 where they differ, 2 where something went wrong
    #[command(disable_help_flag = true)]
    Diff(ToolArguments),
    /// Describe a file and hash its values, as one JSON document that does not depend on how they
    /// are stored
    #[command(after_help = "Examples:
  h5 digest run.h5 > run.json
  diff <(h5 digest one.h5) <(h5 digest other.h5)    what two files say otherwise")]
    Digest {
        /// The file
        file: PathBuf,
    },
    /// Show what is in a file in full, as h5dump does: `h5 dump -h` tells how
    #[command(disable_help_flag = true)]
    Dump(ToolArguments),
    /// Make datasets of files of numbers and of text, as h5import does: `h5 import -h` tells how
    #[command(disable_help_flag = true)]
    Import(ToolArguments),
    /// Put a file in front of an HDF5 file, as its user block, as h5jam does: `h5 jam -h` tells how
    #[command(disable_help_flag = true)]
    Jam(ToolArguments),
    /// Write a dataset, or a part of one, in a format that other programs read
    Export(export::Options),
    /// List what is in files, as h5ls does: `h5 ls -h` tells how
    #[command(disable_help_flag = true)]
    Ls(ToolArguments),
    /// Make groups in a file, as h5mkgrp does: `h5 mkgrp -h` tells how
    #[command(disable_help_flag = true)]
    Mkgrp(ToolArguments),
    /// Write a file anew, with other filters and layouts where that is asked for, as h5repack does:
    /// `h5 repack -h` tells how
    #[command(disable_help_flag = true)]
    Repack(ToolArguments),
    /// Count what is in files, as h5stat does: `h5 stat -h` tells how
    #[command(disable_help_flag = true)]
    Stat(ToolArguments),
    /// Draw a dataset, or a part of one: as a picture, or as a sketch in the terminal
    Plot(plot::Options),
    /// Put right what a writer that died left behind: finish an unfinished flush, clear the marks
    /// of an open file. With -o, bring what can be read of a damaged file to a new one, and tell what
    /// is lost; ends with 0 where nothing is, 1 where something is, 2 where nothing can be read
    Recover(recover::Options),
    /// Write the manual page of the program, or of a verb
    Man(manual::Manual),
    /// Write what a shell reads to complete words of this program
    Completions(manual::Completions),
    /// Take the user block off a file, as h5unjam does: `h5 unjam -h` tells how
    #[command(disable_help_flag = true)]
    Unjam(ToolArguments),
}

/// Arguments that a tool reads by itself.
#[derive(Debug, clap::Args)]
struct ToolArguments {
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        hide = true,
        value_hint = ValueHint::AnyPath
    )]
    arguments: Vec<OsString>,
}

impl Verb {
    fn run(&self, access: &Access, out: &mut dyn Write) -> Result<ExitCode, Failure> {
        // Options of the program may stand before the verb of a tool.
        let (tool, rest) = match self {
            Self::Digest { file } => {
                digest::run(access, file, out)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Man(wanted) => {
                manual::write(wanted, Arguments::command(), out)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Completions(wanted) => {
                manual::complete(wanted, Arguments::command(), out)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Export(options) => {
                export::run(access, options, out)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Plot(options) => {
                plot::run(access, options, out)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Check(options) => return check::run(access, options, out),
            Self::Recover(options) => return recover::run(access, options, out),
            Self::Copy(rest) => (&copy::TOOL, rest),
            Self::Clear(rest) => (&clear::TOOL, rest),
            Self::Convert(rest) => (&convert::TOOL, rest),
            Self::Diff(rest) => (&diff::TOOL, rest),
            Self::Dump(rest) => (&dump::TOOL, rest),
            Self::Import(rest) => (&import::TOOL, rest),
            Self::Jam(rest) => (&jam::TOOL, rest),
            Self::Ls(rest) => (&ls::TOOL, rest),
            Self::Mkgrp(rest) => (&mkgrp::TOOL, rest),
            Self::Unjam(rest) => (&jam::UNJAM, rest),
            Self::Repack(rest) => (&repack::TOOL, rest),
            Self::Stat(rest) => (&stat::TOOL, rest),
        };
        (tool.run)(access, &rest.arguments, out)
    }
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    if let Some((tool, rest)) = tool::called(&words) {
        return match (tool.run)(&Access::default(), rest, &mut out)
            .and_then(|code| Ok(out.flush().map(|()| code)?))
        {
            Ok(code) => code,
            Err(failure) => failure.report(),
        };
    }
    let arguments = Arguments::parse();
    let done = arguments.verb.run(&arguments.access, &mut out);
    // What was written before a failure is to be seen before its message.
    let done = match (done, out.flush()) {
        (Ok(_), Err(error)) => Err(Failure::from(error)),
        (done, _) => done,
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
