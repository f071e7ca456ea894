//! `h5 clear`: what a writer that died left behind, put right as `h5clear` does it.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hdfive::RecoveryBuilder;

use crate::access::Access;
use crate::failure::{Failure, Why};
use crate::tool::getopt::{Row, Takes};
use crate::tool::{self, Instead, Misuse, Tool, options};

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5clear", verb: "clear", help: include_str!("help.txt"), run };

const TABLE: &[Row] = &[
    Row('h', Takes::Nothing, &["help"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('s', Takes::Nothing, &["status"]),
    Row('m', Takes::Nothing, &["image"]),
    Row('z', Takes::Nothing, &["filesize"]),
    Row('i', Takes::Attached, &["increment"]),
];

/// Bytes that a file becomes longer by where nobody says how many.
const INCREMENT: u64 = 1 << 20;

/// What is to be put right.
#[derive(Debug, Default)]
struct Options {
    status: bool,
    image: bool,
    filesize: bool,
    increment: Option<u64>,
    file: PathBuf,
}

/// Runs `h5clear` with these arguments.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    let done = if options.filesize {
        ends(access, &options.file).map(Some)
    } else {
        clear(access, &options).map(|()| None)
    };
    match done {
        Ok(said) => {
            if let Some(said) = said {
                writeln!(out, "{said}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(why) => {
            tool::error(TOOL.name, "h5tools_fopen");
            tool::remark(&why.0);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn parse(arguments: &[OsString]) -> Result<Options, Instead> {
    if arguments.is_empty() {
        return Err(Misuse::help());
    }
    let mut options = Options::default();
    let mut rest = options::read(TABLE, arguments, |given| {
        match given.letter {
            's' => options.status = true,
            'm' => options.image = true,
            'z' => options.filesize = true,
            _ => {
                // What is no number counts as 0, as with the tool.
                let number = given.value.as_deref().map(|value| value.parse::<i64>().unwrap_or(0));
                let bytes = number.map_or(Ok(INCREMENT), u64::try_from);
                options.increment = Some(bytes.map_err(|_| Instead::Help)?);
            }
        }
        Ok(())
    })?;
    options.file = options::file(&mut rest)?.into();
    let changes = options.status || options.image || options.increment.is_some();
    match (options.filesize, changes) {
        (false, false) => Err(Misuse::help()),
        (true, true) => Err(Misuse::error("Cannot combine --filesize with other options")),
        _ => Ok(options),
    }
}

/// Refuses a file that is spread over several.
fn check_single(access: &Access, file: &Path) -> Result<(), Why> {
    if access.driver_name(file) == "sec2" {
        return Ok(());
    }
    Err(Why::new("a file that is spread over several cannot be put right"))
}

/// What `--filesize` says of a file.
fn ends(access: &Access, file: &Path) -> Result<String, Why> {
    check_single(access, file)?;
    let ends = RecoveryBuilder::new().ends(file)?;
    if ends.marked {
        return Err(Why::new("the file is marked as open for writing: h5clear -s clears the mark"));
    }
    Ok(format!("EOA is {}; EOF is {} ", ends.stated, ends.stored))
}

fn clear(access: &Access, options: &Options) -> Result<(), Why> {
    check_single(access, &options.file)?;
    let ends = RecoveryBuilder::new().ends(&options.file)?;
    if ends.marked && !options.status {
        return Err(Why::new("the file is marked as open for writing: -s clears the mark"));
    }
    if ends.stored < ends.stated && options.increment.is_none() {
        let (stated, stored) = (ends.stated, ends.stored);
        let why = format!("the file is cut off: {stored} bytes of {stated}; --increment goes on");
        return Err(Why(why));
    }
    let mut builder =
        RecoveryBuilder::new().clear_status(options.status).remove_cache_image(options.image);
    if let Some(bytes) = options.increment {
        builder = builder.extend_by(bytes);
    }
    let done = builder.recover(&options.file)?;
    if options.image && !done.removed_cache_image {
        eprintln!("{} warning: No cache image in the file", TOOL.name);
    }
    Ok(())
}
