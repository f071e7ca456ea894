//! `h5 mkgrp`: groups made in a file, as `h5mkgrp` makes them.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use hdfive::{File, LibraryVersion};

use crate::access::Access;
use crate::failure::Failure;
use crate::names::printable;
use crate::tool::getopt::{Row, Takes};
use crate::tool::{self, Instead, Misuse, Tool, options};

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5mkgrp", verb: "mkgrp", help: include_str!("help.txt"), run };

const TABLE: &[Row] = &[
    Row('h', Takes::Nothing, &["help"]),
    Row('l', Takes::Nothing, &["latest"]),
    Row('p', Takes::Nothing, &["parents"]),
    Row('v', Takes::Nothing, &["verbose"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('E', Takes::Nothing, &["enable-error-stack"]),
];

/// What is to be made, and how.
#[derive(Debug, Default)]
struct Options {
    latest: bool,
    parents: bool,
    verbose: bool,
    file: String,
    groups: Vec<String>,
}

fn parse(arguments: &[OsString]) -> Result<Options, Instead> {
    if arguments.is_empty() {
        return Err(Instead::Help);
    }
    let mut options = Options::default();
    let mut rest = options::read(TABLE, arguments, |given| {
        match given.letter {
            'l' => options.latest = true,
            'p' => options.parents = true,
            'v' => options.verbose = true,
            _ => {}
        }
        Ok(())
    })?;
    options.file = options::file(&mut rest)?.to_string_lossy().into_owned();
    options.groups = rest.map(|word| word.to_string_lossy().into_owned()).collect();
    if options.groups.is_empty() {
        return Err(Misuse::error_and_help("missing group name(s)"));
    }
    Ok(options)
}

/// Opens the file, or makes it where there is none.
fn open(access: &Access, options: &Options) -> hdfive::Result<File> {
    let path = Path::new(&options.file);
    let mut builder = access.builder(path);
    if options.latest {
        builder = builder.library_versions(LibraryVersion::LATEST, LibraryVersion::LATEST);
    }
    if path.exists() { builder.open_rw(path) } else { builder.create_excl(path) }
}

/// Runs `h5mkgrp` with these arguments.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    let mut say = |words: &str| match options.verbose {
        true => writeln!(out, "{}: {}", TOOL.name, printable(words)),
        false => Ok(()),
    };
    if options.latest {
        say("Creating groups with latest version of the format")?;
    }
    let file = match open(access, &options) {
        Ok(file) => file,
        Err(why) => {
            return Ok(failed(&format!("Could not open output file '{}'", options.file), &why));
        }
    };
    if options.parents {
        say("Creating parent groups")?;
    }
    let mut code = ExitCode::SUCCESS;
    for group in &options.groups {
        let builder = file.create_group_builder().create_intermediate_group(options.parents);
        if let Err(why) = builder.create(group.as_str()) {
            code = failed(&format!("Could not create group '{group}'"), &why);
            break;
        }
        say(&format!("created group '{group}'"))?;
    }
    // Groups that were made before one that cannot be stay.
    if let Err(why) = file.close() {
        code = failed(&format!("Could not close output file '{}'??", options.file), &why);
    }
    Ok(code)
}

fn failed(words: &str, why: &hdfive::Error) -> ExitCode {
    tool::error(TOOL.name, words);
    tool::remark(&why.to_string());
    ExitCode::FAILURE
}
