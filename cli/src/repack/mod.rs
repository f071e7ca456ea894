//! `h5 repack`: a file written anew, with other filters and layouts where that is asked for, as
//! `h5repack` does it.

mod listing;
mod native;
mod options;
mod plan;
mod progress;
mod target;
mod walk;
mod wishes;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use hdfive::{CopyBuilder, File, IndexType, IterationOrder, LinkTarget, LinkType, LocationToken};

use crate::access::Access;
use crate::failure::Failure;
use crate::tool::{self, Tool, open};
use listing::Listing;
use options::Options;
use plan::Plan;
use target::Target;
use walk::{Contents, Entry};

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5repack", verb: "repack", help: include_str!("help.txt"), run };

/// Why a file is not repacked.
enum Problem {
    Output(io::Error),
    Told(String),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<hdfive::Error> for Problem {
    fn from(error: hdfive::Error) -> Self {
        Self::Told(error.to_string())
    }
}

impl Problem {
    fn of(what: impl fmt::Display) -> Self {
        Self::Told(what.to_string())
    }
}

/// Runs `h5repack` with these arguments; files are opened as `access` says.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    match repack(access, &options, out) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(Problem::Output(error)) => Err(error.into()),
        Err(Problem::Told(why)) => {
            tool::error(TOOL.name, &why);
            writeln!(out, "Error occurred while repacking")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn repack(access: &Access, options: &Options, out: &mut dyn Write) -> Result<(), Problem> {
    if options.verbose > 0 {
        listing::introduce(options, out)?;
    }
    options.check().map_err(Problem::Told)?;
    let source = open::file(access, &options.input, &options.source_driver);
    let source = source.map_err(Problem::Told)?;
    if options.shares {
        tool::remark("messages are not shared: each object has its own");
    }
    if options.blocks {
        tool::remark("metadata has no blocks of its own, of whatever size");
    }
    let listed = options.verbose > 0 || options.merge || !options.objects.is_empty();
    let contents = match listed {
        true => Contents::of(&source, options.sort_by, options.sort_order)?,
        false => Contents::default(),
    };
    find_objects(options, &source, &contents, out)?;
    let plan = Arc::new(Plan::new(options, &source)?);
    if options.verbose > 0 {
        writeln!(out, "Making new file ...")?;
    }
    let target = Target::create(access, options, &source)?;
    let refused = copy(options, &source, &target.file, &plan)?;
    if options.merge || options.prune {
        merge(options, &source, &target.file, &contents, out)?;
    }
    if options.verbose > 0 {
        let (target, refused) = (&target.file, &refused);
        let (source, contents, plan) = (&source, &contents, &*plan);
        Listing { options, plan, source, target, contents, refused }.write(out)?;
    }
    target.finish(options, &source)
}

/// Looks for the objects that something of their own is asked for.
fn find_objects(
    options: &Options,
    source: &File,
    contents: &Contents,
    out: &mut dyn Write,
) -> Result<(), Problem> {
    let said = options.verbose > 0;
    if said && !options.objects.is_empty() {
        let count = contents.entries.len();
        writeln!(out, "Opening file. Searching {count} objects to modify ...")?;
    }
    for object in &options.objects {
        let (path, input) = (&object.path, &options.input);
        if said {
            write!(out, " <{path}>")?;
        }
        if source.location(path).is_err() {
            let problem = format!("Could not find <{path}> in file <{input}>. Exiting...");
            return Err(Problem::Told(problem));
        }
        if said {
            writeln!(out, "...Found")?;
        }
    }
    Ok(())
}

/// Datasets that could not be as they were asked for, and why.
type Refused = HashMap<LocationToken, String>;

/// Copies everything; gives the datasets that could not be as they were asked for.
fn copy(
    options: &Options,
    source: &File,
    target: &File,
    plan: &Arc<Plan>,
) -> Result<Refused, Problem> {
    let refused = Arc::new(Mutex::new(Refused::new()));
    let mut copy: CopyBuilder = source.copy_options();
    if options.is_asked() || options.native {
        let (plan, refused) = (Arc::clone(plan), Arc::clone(&refused));
        copy = copy.datasets(move |dataset| plan.changes(dataset)).or_unchanged(
            move |dataset, why| {
                let mut refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
                refused.insert(dataset.token(), why.to_string());
            },
        );
    }
    if options.merge || options.prune {
        copy = copy.links(|_, link| link.link_type == LinkType::Hard);
    }
    if options.compact > 0 || options.indexed > 0 {
        let narrow = |count: i64| u16::try_from(count).unwrap_or(u16::MAX);
        copy = copy.link_phase_change(narrow(options.compact), narrow(options.indexed));
    }
    if (options.sort_by, options.sort_order)
        != (IndexType::CreationOrder, IterationOrder::Increasing)
    {
        copy = copy.link_order(options.sort_by, options.sort_order);
    }
    let watcher = progress::bar(&options.input);
    match &watcher {
        Some(watcher) => watcher.run(|| copy.copy_all_to(target))?,
        None => copy.copy_all_to(target)?,
    }
    let refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
    for (token, why) in &*refused {
        // The object may have been met through a reference.
        let name = source.open_by_token(*token).map(|dataset| dataset.name());
        tool::remark(&format!("{}: {why}", name.unwrap_or_default()));
    }
    Ok(refused.clone())
}

/// Puts what links lead to in their place, those that lead nowhere as they are, or neither.
fn merge(
    options: &Options,
    source: &File,
    target: &File,
    contents: &Contents,
    out: &mut dyn Write,
) -> Result<(), Problem> {
    for (path, entry) in &contents.entries {
        let Entry::Link(link) = entry else { continue };
        let found = match options.merge {
            true => source.location(path).ok(),
            false => None,
        };
        match (found, link) {
            (Some(object), _) => {
                object.copy_options().expand_external(true).copy_to(target, path)?
            }
            (None, _) if options.prune => writeln!(out, "Pruned {path}.")?,
            (None, LinkTarget::Soft(to)) => target.link_soft(to, path)?,
            (None, LinkTarget::External { file, object }) => {
                target.link_external(file, object, path)?;
            }
            (None, _) => {
                let problem = format!("{path}: a link of a kind that cannot be copied alone");
                return Err(Problem::Told(problem));
            }
        }
    }
    Ok(())
}

/// Whether both names are of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |name: &Path| std::fs::canonicalize(name).ok();
    real(one).is_some_and(|path| real(other).is_some_and(|other| path == other))
}
