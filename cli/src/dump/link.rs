//! Links that lead elsewhere, in the DDL.

use hdfive::{Group, LinkInfo, LinkTarget, Location, LocationType};

use super::tables::{Tables, place};
use super::{Dump, dataset, group, named_type};
use crate::failure::Failure;
use crate::names::before_nul;

/// Writes a link of a group; of an external one, what it leads to as well.
pub(super) fn write(
    dump: &mut Dump<'_, '_>,
    owner: &Group,
    link: &LinkInfo,
) -> Result<(), Failure> {
    let target = owner.follow(link).ok();
    value(dump, link, &link.name, |dump| match (&link.target, target) {
        (LinkTarget::External { object, .. }, Some(target)) => follow(dump, &target, object),
        _ => Ok(()),
    })
}

/// Writes what a link says, and then `more`.
pub(super) fn value(
    dump: &mut Dump<'_, '_>,
    link: &LinkInfo,
    name: &str,
    more: impl FnOnce(&mut Dump<'_, '_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match &link.target {
        LinkTarget::Hard(_) => Ok(()),
        LinkTarget::Soft(target) => dump.block(&format!("SOFTLINK \"{name}\""), |dump| {
            dump.line(&format!("LINKTARGET \"{}\"", before_nul(target)))
        }),
        LinkTarget::External { file, object } => {
            dump.block(&format!("EXTERNAL_LINK \"{name}\""), |dump| {
                dump.line(&format!("TARGETFILE \"{}\"", before_nul(file)))?;
                dump.line(&format!("TARGETPATH \"{}\"", before_nul(object)))?;
                more(dump)
            })
        }
        LinkTarget::UserDefined { kind, .. } => dump
            .block(&format!("USERDEFINED_LINK \"{name}\""), |dump| {
                dump.line(&format!("LINKCLASS {kind}"))
            }),
        _ => Ok(()),
    }
}

/// Writes the object that an external link leads to.
fn follow(dump: &mut Dump<'_, '_>, target: &Location, name: &str) -> Result<(), Failure> {
    let Some(root) = target.file().ok().and_then(|file| file.location("/").ok()) else {
        return Ok(());
    };
    let file = place(target);
    let known = dump.tables.iter().position(|tables| tables.place == file);
    if known == Some(0) {
        // What leads back to the file that was asked for is not shown there.
        return Ok(());
    }
    let table = known.unwrap_or_else(|| {
        dump.tables.push(Tables::of(&root, dump.options));
        dump.tables.len().saturating_sub(1)
    });
    let before = (dump.table, dump.through_link, dump.file.clone());
    (dump.table, dump.through_link, dump.file) = (table, true, root);
    let done = dump.inner(|dump| match target.loc_type() {
        Ok(LocationType::Group) => group::write(dump, target, name),
        Ok(LocationType::Dataset) => match dump.shown_before_if_shared(target) {
            Some(path) => group::hard_link(dump, "DATASET", name, &path),
            None => dataset::write(dump, target, name, None),
        },
        Ok(LocationType::NamedDatatype) => named_type::write(dump, target, name),
        _ => Ok(()),
    });
    (dump.table, dump.through_link, dump.file) = before;
    done
}
