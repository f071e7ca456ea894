//! Types of copied elements, and copied committed types.

use super::{Copier, Place};
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::message::MessageType;
use crate::object::header::{HeaderCreation, ObjectHeader};
use crate::object::stored_type::StoredType;

impl Copier<'_> {
    /// The type of copied elements. A committed type stays one: its copy is that of all that is
    /// copied and of that type.
    pub(super) fn stored_type(&self, place: &Place, source: &StoredType) -> Result<StoredType> {
        match source.committed {
            Some(at) => StoredType::committed(self.to, self.object(place, at)?),
            None => StoredType::described(self.to, &source.datatype),
        }
    }

    /// Makes a committed type that is like that of the header.
    pub(super) fn make_datatype(&self, place: &Place, header: &ObjectHeader) -> Result<Address> {
        let message = header.find(MessageType::DATATYPE);
        let message = message.ok_or_else(|| Error::usage("the object is not a datatype"))?;
        let source = StoredType::of_message(&place.store, message)?;
        let traits = self.traits(place, header)?;
        let creation = HeaderCreation {
            version: traits.version,
            attribute_order_tracked: traits.attribute_order_tracked,
            attribute_order_indexed: traits.attribute_order_indexed,
            phase_change: traits.phase_change,
            times: traits.times,
            reserve: traits.reserve,
        };
        StoredType::described(self.to, &source.datatype)?.commit_as(self.to, creation)
    }
}
