//! `h5 unjam`.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use super::source::Source;
use super::{Options, failed, misused};
use crate::access::Access;
use crate::failure::Failure;
use crate::replacement::Replacement;
use crate::tool::getopt::{Row, Takes};
use crate::tool::{self, Tool};

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5unjam", verb: "unjam", help: include_str!("unjam.txt"), run };

const TABLE: &[Row] = &[
    Row('h', Takes::Nothing, &["help", "hel"]),
    Row('i', Takes::Value, &["i"]),
    Row('u', Takes::Value, &["u"]),
    Row('o', Takes::Value, &["o"]),
    Row('d', Takes::Nothing, &["delete", "delet", "dele", "del", "de"]),
    Row('V', Takes::Nothing, &["version"]),
];

/// Runs `h5unjam` with these arguments.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match Options::parse(TABLE, arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    let Some(input) = &options.input else {
        return Ok(misused(&TOOL, "missing argument for HDF5 file input."));
    };
    let source = match Source::open(access, input, options.output.is_none()) {
        Ok(source) => source,
        Err(why) => {
            let words = format!("Input HDF5 file \"{}\" is not HDF", input.display());
            return Ok(failed(&TOOL, &words, &why.0));
        }
    };
    if source.user_block == 0 {
        let words = format!("\"{}\" has no user block: no change to file", input.display());
        tool::error(TOOL.name, &words);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(user) = options.user.as_ref().filter(|_| options.drops_old) {
        let words = format!("??\"{}\"", user.display());
        return Ok(failed(&TOOL, &words, "--delete keeps no user block to write to a file"));
    }
    if !options.drops_old
        && let Err(why) = write_user_block(&source, options.user.as_deref(), out)
    {
        let user = options.user.as_deref().unwrap_or(Path::new("standard output"));
        let words = format!("unable to copy user block to output file \"{}\"", user.display());
        return Ok(failed(&TOOL, &words, &why.to_string()));
    }
    let output = options.output.as_deref().unwrap_or(input);
    match unjam(&source, output) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(why) => {
            let words = format!("unable to copy hdf5 data to output file \"{}\"", output.display());
            Ok(failed(&TOOL, &words, &why.to_string()))
        }
    }
}

/// Writes the user block to a file, or to `out`.
fn write_user_block(source: &Source, to: Option<&Path>, out: &mut dyn Write) -> io::Result<()> {
    let (file, _) = source.bytes()?;
    let mut block = file.take(source.user_block);
    let copied = match to {
        Some(path) => io::copy(&mut block, &mut fs::File::create(path)?)?,
        None => io::copy(&mut block, out)?,
    };
    out.flush()?;
    if copied == source.user_block { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Writes `output`: the file without its user block.
fn unjam(source: &Source, output: &Path) -> io::Result<()> {
    let (mut file, len) = source.bytes()?;
    let mut made = Replacement::of(output)?;
    made.add_part(&mut file, source.user_block, len.saturating_sub(source.user_block))?;
    made.finish()
}
