//! The list of what is in a file.

use hdfive::{LinkTarget, Location, LocationType};

use super::tables::{Met, walk};
use super::{Dump, order};
use crate::failure::Failure;
use crate::names::before_nul;

/// Writes the list, with the names of attributes where `verbose`.
pub(super) fn write(dump: &mut Dump<'_, '_>, verbose: bool) -> Result<(), Failure> {
    dump.line("FILE_CONTENTS {")?;
    let unnamed = dump.tables().map(|tables| tables.unnamed()).unwrap_or_default();
    for (token, _) in unnamed {
        entry(dump, "datatype", &format!("/#{}", token.address()))?;
    }
    let root = dump.file.clone();
    let options = dump.options;
    let mut done = Ok(());
    walk(&root, options, &mut |path, met| {
        done = one(dump, path, &met, verbose);
        done.is_ok()
    });
    done?;
    dump.line(" }")
}

fn entry(dump: &mut Dump<'_, '_>, kind: &str, text: &str) -> Result<(), Failure> {
    dump.line(&format!(" {kind:<10} {text}"))
}

fn one(dump: &mut Dump<'_, '_>, path: &str, met: &Met<'_>, verbose: bool) -> Result<(), Failure> {
    match met {
        Met::Object { location, before } => {
            let kind = match location.loc_type() {
                Ok(LocationType::Group) => "group",
                Ok(LocationType::Dataset) => "dataset",
                Ok(LocationType::NamedDatatype) => "datatype",
                _ => "unknown object type",
            };
            match before {
                Some(before) => entry(dump, kind, &format!("{path} -> {before}")),
                None => {
                    entry(dump, kind, path)?;
                    if verbose { attributes(dump, path, location) } else { Ok(()) }
                }
            }
        }
        Met::Link(link) => match &link.target {
            LinkTarget::Soft(target) => {
                entry(dump, "link", &format!("{path} -> {}", before_nul(target)))
            }
            LinkTarget::External { file, object } => {
                let (file, object) = (before_nul(file), before_nul(object));
                entry(dump, "ext link", &format!("{path} -> {file} {object}"))
            }
            _ => entry(dump, "unknown type of UD link", &format!("{path} -> ???")),
        },
    }
}

fn attributes(dump: &mut Dump<'_, '_>, path: &str, location: &Location) -> Result<(), Failure> {
    let Ok(all) = order::attributes(location, dump.options) else { return Ok(()) };
    let base = if path == "/" { "" } else { path };
    for (name, _) in all {
        entry(dump, "attribute", &format!("{base}/{name}"))?;
    }
    Ok(())
}
