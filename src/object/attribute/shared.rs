//! Attributes that several objects share.

use super::RawAttribute;
use crate::element::holds_heap_ids;
use crate::error::{Error, Result};
use crate::format::message::{Attribute, AttributeParts, MessageType};
use crate::object::delete::add_link;
use crate::object::store::Store;

/// An attribute that others share, for one object alone: it describes its type and its dataspace
/// itself. A committed type counts one more use.
///
/// # Errors
///
/// Where elements keep something in heaps: that is the others'.
pub(super) fn independent(store: &Store, attribute: &Attribute) -> Result<Attribute> {
    let opened = RawAttribute { message: attribute.clone(), creation_order: None }.open(store)?;
    if holds_heap_ids(&opened.datatype.datatype) {
        let what = "changing one of several attributes that share elements of variable length";
        return Err(Error::unsupported(what));
    }
    let (mut own, at, parts) = (attribute.clone(), attribute.offsets, attribute.parts());
    if attribute.dataspace_shared() {
        let kind = MessageType::DATASPACE;
        let space = store.resolve(kind, parts.dataspace, at.dataspace, true)?;
        own = own.with(&AttributeParts { dataspace: &space.bytes, ..own.parts() });
        own.flags &= !Attribute::DATASPACE_SHARED;
    }
    match opened.datatype.committed {
        Some(committed) => add_link(store, committed)?,
        None if attribute.datatype_shared() => {
            let kind = MessageType::DATATYPE;
            let datatype = store.resolve(kind, parts.datatype, at.datatype, true)?;
            own = own.with(&AttributeParts { datatype: &datatype.bytes, ..own.parts() });
            own.flags &= !Attribute::DATATYPE_SHARED;
        }
        None => {}
    }
    Ok(own)
}
