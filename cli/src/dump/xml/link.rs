//! Links that lead elsewhere, in XML.

use hdfive::{LinkInfo, LinkTarget};

use super::names::name as escaped;
use super::{Writer, group};
use crate::failure::Failure;
use crate::names::before_nul;

/// Writes a link of the group at `parent`.
pub(super) fn write(
    writer: &mut Writer<'_, '_, '_>,
    link: &LinkInfo,
    parent: &str,
) -> Result<(), Failure> {
    let path = format!("{parent}/{}", link.name);
    let (name, at) = (escaped(&link.name), escaped(&path));
    // What an external link leads to is not of this document.
    let xid = match link.target {
        LinkTarget::External { .. } => writer.names.xid(None),
        _ => writer.xid(&path),
    };
    let parents = group::parents(writer, parent);
    let head = format!(" LinkName=\"{name}\" OBJ-XID=\"{xid}\" H5SourcePath=\"{at}\"");
    match &link.target {
        LinkTarget::Hard(_) => Ok(()),
        LinkTarget::Soft(target) => {
            let target = before_nul(target);
            let whole = if target.starts_with('/') {
                target.to_owned()
            } else {
                format!("{parent}/{target}")
            };
            let object = writer
                .token(&whole)
                .map_or(String::new(), |token| format!("TargetObj=\"xid_{}\"", token.address()));
            let target = escaped(target);
            writer
                .empty("SoftLink", &format!("{head} TargetPath=\"{target}\" {object} {parents} /"))
        }
        LinkTarget::External { file, object } => {
            let (file, object) = (escaped(before_nul(file)), escaped(before_nul(object)));
            let end =
                format!("{head} TargetFilename=\"{file}\"  TargetPath=\"{object}\"  {parents} /");
            writer.empty("ExternalLink", &end)
        }
        LinkTarget::UserDefined { kind, .. } => {
            writer.empty("UserDefined", &format!("{head} LinkClass=\"{kind}\"  {parents} /"))
        }
        _ => Ok(()),
    }
}
