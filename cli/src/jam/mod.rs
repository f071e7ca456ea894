//! `h5 jam` and `h5 unjam`: the user block of a file put there and taken off, as `h5jam` and
//! `h5unjam` do it.

mod source;
mod unjam;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::access::Access;
use crate::failure::Failure;
use crate::replacement::Replacement;
use crate::tool::getopt::{self, Row, Takes};
use crate::tool::{self, Instead, Misuse, Tool};
use source::Source;

pub(crate) use unjam::TOOL as UNJAM;

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5jam", verb: "jam", help: include_str!("help.txt"), run };

const TABLE: &[Row] = &[
    Row('h', Takes::Nothing, &["help"]),
    Row('i', Takes::Value, &["i"]),
    Row('u', Takes::Value, &["u"]),
    Row('o', Takes::Value, &["o"]),
    Row('c', Takes::Nothing, &["clobber"]),
    Row('V', Takes::Nothing, &["version"]),
];

/// Bytes of the smallest user block.
const SMALLEST: u64 = 512;

/// Files, as they are named.
#[derive(Debug, Default)]
struct Options {
    input: Option<PathBuf>,
    user: Option<PathBuf>,
    output: Option<PathBuf>,
    /// `--clobber` of the one tool, `--delete` of the other.
    drops_old: bool,
}

impl Options {
    fn parse(table: &[Row], arguments: &[OsString]) -> Result<Self, Instead> {
        let parsed = getopt::parse(table, arguments);
        let mut options = Self::default();
        for given in parsed.options {
            let file = given.value.map(PathBuf::from);
            match given.letter {
                'h' => return Err(Instead::Help),
                'V' => return Err(Instead::Version),
                'i' => options.input = file,
                'u' => options.user = file,
                'o' => options.output = file,
                _ => options.drops_old = true,
            }
        }
        match parsed.problem {
            Some(problem) => Err(Misuse::error_and_help(problem)),
            None => Ok(options),
        }
    }
}

/// Tells what went wrong, and why.
fn failed(tool: &Tool, words: &str, why: &str) -> ExitCode {
    tool::error(tool.name, words);
    tool::remark(why);
    ExitCode::FAILURE
}

/// Tells that the tool is not used as it can be.
fn misused(tool: &Tool, words: &str) -> ExitCode {
    failed(tool, words, &format!("{} -h tells how it is used", tool.name))
}

/// Runs `h5jam` with these arguments.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match Options::parse(TABLE, arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    let Some(user) = &options.user else {
        return Ok(misused(&TOOL, "missing argument for -u <user_file>."));
    };
    if access.builder(user).open(user).is_ok() {
        let words = "-u <user_file> cannot be HDF5 file, but it appears to be an HDF5 file.";
        return Ok(misused(&TOOL, words));
    }
    let Some(input) = &options.input else {
        return Ok(misused(&TOOL, "missing argument for -i <HDF5 file>."));
    };
    let input_name = input.display();
    let source = match Source::open(access, input, options.output.is_none()) {
        Ok(source) => source,
        Err(why) => {
            let words = format!("Input HDF5 file \"{input_name}\" is not HDF5 format.");
            return Ok(failed(&TOOL, &words, &why.0));
        }
    };
    let mut block = match fs::File::open(user) {
        Ok(block) => block,
        Err(why) => {
            let words = format!("unable to open user block file \"{}\"", user.display());
            return Ok(failed(&TOOL, &words, &why.to_string()));
        }
    };
    let output = options.output.as_deref().unwrap_or(input);
    match jam(&source, &mut block, options.drops_old, output) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(why) => {
            let words = format!("unable to create output file \"{}\"", output.display());
            Ok(failed(&TOOL, &words, &why.to_string()))
        }
    }
}

/// Writes `output`: the file with `block` in its user block.
fn jam(source: &Source, block: &mut fs::File, clobber: bool, output: &Path) -> io::Result<()> {
    let (mut file, len) = source.bytes()?;
    let (old, added) = (source.user_block, block.metadata()?.len());
    let kept = if clobber { 0 } else { old };
    let used = kept.saturating_add(padded(added));
    let room = padded(used).max(old);
    let mut made = Replacement::of(output)?;
    made.add_part(&mut file, 0, kept)?;
    made.add_part(block, 0, added)?;
    made.add_zeros(room.saturating_sub(kept).saturating_sub(added))?;
    made.add_part(&mut file, old, len.saturating_sub(old))?;
    made.finish()
}

/// Bytes of the user block that so many bytes need.
fn padded(bytes: u64) -> u64 {
    if bytes == 0 { 0 } else { bytes.max(SMALLEST).checked_next_power_of_two().unwrap_or(u64::MAX) }
}
