//! `h5 dump`: what is in a file, in full, as `h5dump` writes it.

mod attribute;
mod binary;
mod contents;
mod data;
mod dataset;
mod group;
mod json;
mod link;
mod named_type;
mod options;
mod order;
mod output;
mod paths;
mod properties;
mod reference;
mod region;
mod selection;
pub(crate) mod subset;
mod superblock;
mod tables;
pub(crate) mod types;
mod xml;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use hdfive::{File, Location};

use crate::access::Access;
use crate::failure::Failure;
use crate::tool::onion::Revisions;
use crate::tool::{self, Tool, open};
use options::Options;
use output::Out;
use tables::Tables;

/// Spaces of a level.
const LEVEL: usize = 3;

/// How deeply nested groups may be that are followed, so that the stack holds them.
const MAX_DEPTH: usize = 400;

/// The tool's name.
pub(crate) const NAME: &str = "h5dump";

/// Runs `h5dump` with these arguments; files are opened as `access` says, unless they say otherwise.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match options::parse(access, arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    let mut failed = false;
    let mut out = Out::new(&options, out)?;
    for name in &options.files {
        let name = name.to_string_lossy().into_owned();
        match options.driver.of_revisions() {
            Some("revision_count") => {
                failed |= count_revisions(&name, &mut out)?;
                continue;
            }
            Some(number) => writeln!(out.ddl(), "Using revision {number}")?,
            None => {}
        }
        let file = match open::file(&options.access, &name, &options.driver) {
            Ok(file) => file,
            Err(why) => {
                tool::error(NAME, &format!("unable to open file \"{name}\""));
                tool::remark(&why);
                failed = true;
                break;
            }
        };
        failed |= file_of(&options, &file, &name, &mut out)?;
    }
    out.finish()?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Tells how many revisions a file has; says whether that failed.
fn count_revisions(name: &str, out: &mut Out<'_>) -> Result<bool, Failure> {
    match Revisions::of(Path::new(name)) {
        Ok(revisions) => {
            let count = revisions.count();
            writeln!(out.ddl(), "The number of revisions for the onion file is {count}")?;
            Ok(false)
        }
        Err(why) => {
            tool::error(NAME, &format!("unable to open file \"{name}\""));
            tool::remark(&why);
            Ok(true)
        }
    }
}

/// Dumps one file; says whether something failed.
fn file_of(options: &Options, file: &File, name: &str, out: &mut Out<'_>) -> Result<bool, Failure> {
    let root = match file.location("/") {
        Ok(root) => root,
        Err(error) => {
            tool::error(NAME, &format!("unable to open root group: {error}"));
            return Ok(true);
        }
    };
    let tables = vec![Tables::of(&root, options)];
    let mut dump = Dump {
        options,
        file: root,
        file_name: name.to_owned(),
        out,
        depth: 0,
        tables,
        table: 0,
        through_link: false,
        mask: None,
        failed: false,
    };
    if options.json {
        json::file(&mut dump)?;
    } else if options.xml.is_some() {
        xml::file(&mut dump)?;
    } else {
        dump.ddl_file(file)?;
    }
    Ok(dump.failed)
}

/// A dump of one file.
struct Dump<'a, 'o> {
    options: &'a Options,
    /// The root group of the file that is dumped at the moment.
    file: Location,
    /// The file, as named.
    file_name: String,
    out: &'a mut Out<'o>,
    /// Levels of the line that comes next.
    depth: usize,
    /// Objects of the file and of those that external links led to.
    tables: Vec<Tables>,
    /// Which of them is in use.
    table: usize,
    /// Whether an external link was followed.
    through_link: bool,
    /// Bits of integers that are shown.
    mask: Option<crate::text::style::Bits>,
    failed: bool,
}

impl Dump<'_, '_> {
    fn ddl_file(&mut self, file: &File) -> Result<(), Failure> {
        self.line(&format!("HDF5 \"{}\" {{", self.file_name.clone()))?;
        if let Some(verbose) = self.options.contents {
            contents::write(self, verbose)?;
        } else {
            if self.options.superblock {
                superblock::write(self, file)?;
            }
            if self.options.targets.is_empty() {
                let root = self.file.clone();
                group::write(self, &root, "/")?;
            }
            for target in self.options.targets.iter() {
                paths::write(self, target)?;
            }
        }
        self.line("}")?;
        Ok(self.out.end()?)
    }

    fn line(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.out.line(self.depth, text)?)
    }

    /// Lines within braces behind `head`.
    fn block(
        &mut self,
        head: &str,
        body: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.line(&format!("{head} {{"))?;
        self.inner(body)?;
        self.line("}")
    }

    /// Lines one level deeper.
    fn inner(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.depth = self.depth.saturating_add(1);
        let done = body(self);
        self.depth = self.depth.saturating_sub(1);
        done
    }

    /// Whether groups are nested too deeply to be followed; the user hears of it.
    fn is_too_deep(&mut self) -> bool {
        if self.depth > MAX_DEPTH {
            self.error(&format!("groups are nested more than {MAX_DEPTH} levels deep"));
        }
        self.depth > MAX_DEPTH
    }

    fn error(&mut self, words: &str) {
        self.failed = true;
        tool::error(NAME, words);
    }

    fn tables(&mut self) -> Option<&mut Tables> {
        self.tables.get_mut(self.table)
    }

    /// Notes that an object is shown; gives its path where it was before.
    fn shown_before(&mut self, location: &Location) -> Option<String> {
        let entry = self.tables()?.get_mut(location.token())?;
        if entry.shown {
            return Some(entry.path.clone());
        }
        entry.shown = true;
        None
    }

    /// As [`shown_before`](Self::shown_before), of what can be met twice.
    fn shown_before_if_shared(&mut self, location: &Location) -> Option<String> {
        let links = location.loc_info().map_or(1, |info| info.num_links);
        if links > 1 || self.through_link { self.shown_before(location) } else { None }
    }

    /// The text of a type: its name, where it is committed.
    fn type_text(&mut self, datatype: &hdfive::Datatype) -> String {
        let token = datatype.committed_token();
        if let Some(name) = token.and_then(|token| self.tables()?.type_name(token)) {
            return format!("\"{name}\"");
        }
        types::datatype(datatype.definition(), self.depth)
    }
}

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: NAME, verb: "dump", help: include_str!("help.txt"), run };
