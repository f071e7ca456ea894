//! Committed types in XML.

use hdfive::Location;

use super::names::name as escaped;
use super::{Writer, group, types};
use crate::failure::Failure;

/// Writes the committed type `name` of the group at `parent`.
pub(super) fn write(
    writer: &mut Writer<'_, '_, '_>,
    location: &Location,
    parent: &str,
    name: &str,
) -> Result<(), Failure> {
    let path = format!("{parent}/{name}");
    let xid = writer.xid(&path);
    let parents = group::parents(writer, parent);
    let (shown, at) = (escaped(name), escaped(&path));
    let is_unnamed = name.starts_with('#');
    let path = if is_unnamed { String::new() } else { format!("H5Path=\"{at}\" ") };
    let attributes = format!("Name=\"{shown}\" OBJ-XID=\"{xid}\" {path}{parents}");
    let before = writer.dump.shown_before_if_shared(location);
    writer.element("NamedDataType", &attributes, |writer| {
        if let Some(before) = before.filter(|_| !is_unnamed) {
            let before = escaped(&before);
            let end = format!(" OBJ-XID=\"{xid}\" H5Path=\"{before}\"/");
            return writer.empty("NamedDatatypePtr", &end);
        }
        match location.as_datatype() {
            Ok(datatype) => types::element(writer, datatype.definition()),
            Err(error) => {
                writer.dump.error(&format!("unable to dump datatype \"{name}\": {error}"));
                Ok(())
            }
        }
    })
}
