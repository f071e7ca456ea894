//! `h5 import`: datasets made of files of numbers and of text, as `h5import` makes them.

mod arguments;
mod config;
mod dataset;
mod ddl;
mod input;
mod numbers;
mod strings;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use hdfive::File;

use crate::access::Access;
use crate::failure::{Failure, Why};
use crate::names::printable;
use crate::tool::{Instead, Tool};
use arguments::Arguments;
use input::Input;

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5import", verb: "import", help: include_str!("help.txt"), run };

/// Runs `h5import` with these arguments.
fn run(access: &Access, words: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    match words.first() {
        None => {
            tell("Invalid number of arguments:  1.");
            out.write_all(TOOL.help.as_bytes())?;
            return Ok(aborted());
        }
        Some(word) if word == "-V" => return Instead::Version.answer(&TOOL, out),
        Some(_) => {}
    }
    let arguments = match arguments::parse(words) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return Instead::Help.answer(&TOOL, out),
        Err(misuse) => {
            tell(&misuse.why.0);
            if misuse.help {
                out.write_all(TOOL.help.as_bytes())?;
            }
            return Ok(aborted());
        }
    };
    match process(access, arguments) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(why) => {
            why.iter().for_each(|why| tell(&why.0));
            Ok(aborted())
        }
    }
}

fn tell(words: &str) {
    eprintln!("{}", printable(words));
}

fn aborted() -> ExitCode {
    tell("Program aborted.");
    ExitCode::FAILURE
}

/// Imports all files; an error says first what went wrong, then with what.
fn process(access: &Access, arguments: Arguments) -> Result<(), Vec<Why>> {
    let output = arguments.output.display().to_string();
    let inputs = arguments.inputs.into_iter().map(configured).collect::<Result<Vec<_>, _>>()?;
    // Where raw data lies is for who imports it to say.
    let mut access = access.clone();
    if inputs.iter().any(|input| input.external.is_some()) {
        access.set_external("all").map_err(|why| vec![Why(why)])?;
    }
    let file = open(&access, &arguments.output).map_err(|why| {
        vec![Why(why.to_string()), Why(format!("Error creating HDF output file: {output}."))]
    })?;
    for input in &inputs {
        let file_name = input.file.display();
        let failed = |why| vec![why, Why(format!("Error in reading the input file: {file_name}."))];
        dataset::import(&file, input).map_err(failed)?;
    }
    file.close().map_err(|why| vec![Why::from(why)])
}

/// The input as its configuration file says.
fn configured(mut input: Input) -> Result<Input, Vec<Why>> {
    if let Some(config) = input.config.take() {
        config::read(&config, &mut input).map_err(|why| {
            let name = config.display();
            vec![why, Why(format!("Error in processing the configuration file: {name}."))]
        })?;
    }
    Ok(input)
}

/// Opens the file, or makes it where there is none, or nothing in it.
fn open(access: &Access, path: &Path) -> hdfive::Result<File> {
    let builder = access.builder(path);
    match path.metadata() {
        Ok(found) if found.len() > 0 => builder.open_rw(path),
        Ok(_) => builder.create(path),
        Err(_) => builder.create_excl(path),
    }
}
