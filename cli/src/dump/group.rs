//! Groups in the DDL.

use hdfive::{LinkInfo, LinkTarget, Location, LocationType};

use super::{Dump, attribute, dataset, link, named_type, order};
use crate::failure::Failure;
use crate::names::before_nul;

/// Writes a group under a name, with all that is in it.
pub(super) fn write(dump: &mut Dump<'_, '_>, group: &Location, name: &str) -> Result<(), Failure> {
    dump.block(&format!("GROUP \"{name}\""), |dump| {
        if name == "/" {
            unnamed_types(dump)?;
        }
        object_id(dump, group)?;
        comment(dump, group)?;
        if dump.is_too_deep() {
            return Ok(());
        }
        if let Some(path) = dump.shown_before(group) {
            return dump.line(&format!("HARDLINK \"{path}\""));
        }
        attribute::all(dump, group)?;
        links(dump, group)
    })
}

/// Committed types that no link leads to stand in the root group.
fn unnamed_types(dump: &mut Dump<'_, '_>) -> Result<(), Failure> {
    let unnamed = dump.tables().map(|tables| tables.unnamed()).unwrap_or_default();
    for (token, _) in unnamed {
        match dump.file.open_by_token(token) {
            Ok(location) => named_type::write(dump, &location, &format!("#{}", token.address()))?,
            Err(error) => dump.error(&format!("unable to dump datatype: {error}")),
        }
    }
    Ok(())
}

/// What stands for the object: its address, as numbers of handles mean nothing here.
pub(super) fn object_id(dump: &mut Dump<'_, '_>, location: &Location) -> Result<(), Failure> {
    if !dump.options.object_ids {
        return Ok(());
    }
    dump.line(&format!("OBJECTID {{ {} }}", location.token().address()))
}

pub(super) fn comment(dump: &mut Dump<'_, '_>, location: &Location) -> Result<(), Failure> {
    match location.comment() {
        Some(comment) if !before_nul(&comment).is_empty() => {
            dump.line(&format!("COMMENT \"{}\"", before_nul(&comment)))
        }
        _ => Ok(()),
    }
}

fn links(dump: &mut Dump<'_, '_>, group: &Location) -> Result<(), Failure> {
    let group = match group.as_group() {
        Ok(group) => group,
        Err(error) => {
            dump.error(&format!("unable to dump group: {error}"));
            return Ok(());
        }
    };
    for link in order::links(&group, dump.options) {
        match &link.target {
            LinkTarget::Hard(token) => match group.open_by_token(*token) {
                Ok(location) => object(dump, &location, &link)?,
                Err(error) => {
                    let name = &link.name;
                    let words = format!("unable to get object information for \"{name}\": {error}");
                    dump.error(&words);
                }
            },
            _ => link::write(dump, &group, &link)?,
        }
    }
    Ok(())
}

fn object(dump: &mut Dump<'_, '_>, location: &Location, link: &LinkInfo) -> Result<(), Failure> {
    match location.loc_type() {
        Ok(LocationType::Group) => write(dump, location, &link.name),
        Ok(LocationType::Dataset) => match dump.shown_before_if_shared(location) {
            Some(path) => hard_link(dump, "DATASET", &link.name, &path),
            None => dataset::write(dump, location, &link.name, None),
        },
        Ok(LocationType::NamedDatatype) => named_type::write(dump, location, &link.name),
        _ => {
            dump.error(&format!("unknown object \"{}\"", link.name));
            Ok(())
        }
    }
}

/// Writes an object that was shown before.
pub(super) fn hard_link(
    dump: &mut Dump<'_, '_>,
    kind: &str,
    name: &str,
    path: &str,
) -> Result<(), Failure> {
    dump.block(&format!("{kind} \"{name}\""), |dump| dump.line(&format!("HARDLINK \"{path}\"")))
}
