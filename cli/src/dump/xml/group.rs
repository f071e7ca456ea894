//! Groups in XML.

use hdfive::{LinkInfo, LinkTarget, Location, LocationType};

use super::names::name as escaped;
use super::{Writer, attribute, dataset, link, named_type};
use crate::dump::order;
use crate::failure::Failure;

/// Writes the group `name` of the group at `parent`.
pub(super) fn write(
    writer: &mut Writer<'_, '_, '_>,
    group: &Location,
    parent: &str,
    name: &str,
) -> Result<(), Failure> {
    let is_root = parent.is_empty() && name == "/";
    let path = if is_root { String::new() } else { format!("{parent}/{name}") };
    let before = writer.dump.shown_before(group);
    if is_root {
        let xid = writer.xid("/");
        let attributes = format!("OBJ-XID=\"{xid}\" H5Path=\"/\"");
        writer.open("RootGroup", &attributes)?;
        writer.deeper(|writer| content(writer, group, &path))?;
        return writer.close("RootGroup");
    }
    let xid = writer.xid(&path);
    let parents = parents(writer, parent);
    let shown = escaped(name);
    if let Some(before) = before {
        let (number, before) = (writer.names.further(), escaped(&before));
        let attributes =
            format!("Name=\"{shown}\" OBJ-XID=\"{xid}-{number}\" H5Path=\"{before}\" {parents}");
        return writer.element("Group", &attributes, |writer| {
            let end = format!(" OBJ-XID=\"{xid}\" H5Path=\"{before}\" {parents} /");
            writer.empty("GroupPtr", &end)
        });
    }
    let at = escaped(&path);
    let attributes = format!("Name=\"{shown}\" OBJ-XID=\"{xid}\" H5Path=\"{at}\" {parents} ");
    writer.element("Group", &attributes, |writer| content(writer, group, &path))
}

/// The attributes that name the group at `parent`.
pub(super) fn parents(writer: &mut Writer<'_, '_, '_>, parent: &str) -> String {
    let xid = writer.xid(parent);
    let path = if parent.is_empty() { "/".to_owned() } else { escaped(parent) };
    format!("Parents=\"{xid}\" H5ParentPaths=\"{path}\"")
}

fn content(writer: &mut Writer<'_, '_, '_>, group: &Location, path: &str) -> Result<(), Failure> {
    if writer.dump.is_too_deep() {
        return Ok(());
    }
    if path.is_empty() {
        unnamed_types(writer)?;
    }
    attribute::all(writer, group)?;
    let links = match group.as_group() {
        Ok(group) => order::links(&group, writer.dump.options),
        Err(error) => {
            writer.dump.error(&format!("unable to dump group: {error}"));
            return Ok(());
        }
    };
    for link in links {
        let LinkTarget::Hard(token) = link.target else {
            link::write(writer, &link, path)?;
            continue;
        };
        match group.open_by_token(token) {
            Ok(location) => object(writer, &location, &link, path)?,
            Err(error) => {
                let words =
                    format!("unable to get object information for \"{}\": {error}", link.name);
                writer.dump.error(&words);
            }
        }
    }
    Ok(())
}

fn unnamed_types(writer: &mut Writer<'_, '_, '_>) -> Result<(), Failure> {
    let unnamed = writer.dump.tables().map(|tables| tables.unnamed()).unwrap_or_default();
    for (token, _) in unnamed {
        if let Ok(location) = writer.dump.file.open_by_token(token) {
            named_type::write(writer, &location, "", &format!("#{}", token.address()))?;
        }
    }
    Ok(())
}

fn object(
    writer: &mut Writer<'_, '_, '_>,
    location: &Location,
    link: &LinkInfo,
    parent: &str,
) -> Result<(), Failure> {
    match location.loc_type() {
        Ok(LocationType::Group) => write(writer, location, parent, &link.name),
        Ok(LocationType::Dataset) => dataset::write(writer, location, parent, &link.name),
        Ok(LocationType::NamedDatatype) => named_type::write(writer, location, parent, &link.name),
        _ => {
            writer.dump.error(&format!("unknown object \"{}\"", link.name));
            Ok(())
        }
    }
}
