//! `h5 stat`: how many objects of which kinds a file has, as `h5stat` writes it.

mod description;
mod gather;
mod show;
mod space;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::access::Access;
use crate::failure::Failure;
use crate::tool::getopt::{self, Row, Takes};
use crate::tool::{self, Instead, Misuse, Tool, open};
use gather::Statistics;

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5stat", verb: "stat", help: include_str!("help.txt"), run };

const TABLE: &[Row] = &[
    Row('h', Takes::Nothing, &["help"]),
    Row('V', Takes::Nothing, &["version"]),
    Row('f', Takes::Nothing, &["file"]),
    Row('F', Takes::Nothing, &["filemetadata"]),
    Row('g', Takes::Nothing, &["group"]),
    Row('l', Takes::Value, &["links"]),
    Row('G', Takes::Nothing, &["groupmetadata"]),
    Row('d', Takes::Nothing, &["dset"]),
    Row('m', Takes::Value, &["dims"]),
    Row('D', Takes::Nothing, &["dsetmetadata"]),
    Row('T', Takes::Nothing, &["dtypemetadata"]),
    Row('A', Takes::Nothing, &["attribute"]),
    Row('a', Takes::Value, &["numattrs"]),
    Row('s', Takes::Nothing, &["freespace"]),
    Row('S', Takes::Nothing, &["summary"]),
    Row('E', Takes::Maybe, &["enable-error-stack"]),
    Row('1', Takes::Value, &["page-buffer-size", "s3-cred", "hdfs-attrs"]),
];

/// What is told.
struct Options {
    /// Letters of the parts.
    parts: Vec<char>,
    /// How many links a small group has fewer than.
    links: u64,
    /// How long a small dataset is less than.
    dims: u64,
    /// How many attributes are few.
    attributes: u64,
    files: Vec<OsString>,
}

/// Runs `h5stat` with these arguments; files are opened as `access` says.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    let mut failed = false;
    for name in &options.files {
        let name = name.to_string_lossy();
        writeln!(out, "Filename: {name}")?;
        match open::file(access, &name, &open::Wanted::default()) {
            Ok(file) => {
                let statistics = Statistics::of(&file);
                failed |= statistics.failed;
                show::write(&options, &statistics, out)?;
            }
            Err(why) => {
                tool::error(TOOL.name, &format!("unable to open file \"{name}\""));
                tool::remark(&why);
                failed = true;
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn parse(arguments: &[OsString]) -> Result<Options, Instead> {
    let parsed = getopt::parse(TABLE, arguments);
    let mut options =
        Options { parts: Vec::new(), links: 10, dims: 10, attributes: 10, files: parsed.rest };
    for given in &parsed.options {
        let value = given.value.as_deref().unwrap_or_default();
        let number = value.parse().ok().filter(|number: &u64| *number > 0);
        let place = match given.letter {
            'h' => return Err(Instead::Help),
            'V' => return Err(Instead::Version),
            'l' => &mut options.links,
            'm' => &mut options.dims,
            'a' => &mut options.attributes,
            '1' | 'E' => continue,
            letter => {
                options.parts.push(letter);
                continue;
            }
        };
        match number {
            Some(number) => *place = number,
            None => {
                return Err(Misuse::error_and_help(format!("Invalid threshold \"{value}\"")));
            }
        }
    }
    if let Some(problem) = parsed.problem {
        return Err(Misuse::error_and_help(problem));
    }
    if options.files.is_empty() {
        return Err(Misuse::error_and_help("missing file name"));
    }
    if options.parts.is_empty() {
        options.parts = "fFgdTAsS".chars().collect();
    }
    Ok(options)
}

impl Options {
    fn wants(&self, part: char) -> bool {
        self.parts.contains(&part)
    }
}
