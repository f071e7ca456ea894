//! The type of stored elements, followed to where it is described.

use std::sync::Arc;

use super::store::{ResolvedMessage, Store};
use crate::codec::{Address, Structure};
use crate::error::Result;
use crate::format::datatype::Datatype;
use crate::format::message::{Dataspace, MessageFlags, MessageType};
use crate::format::object_header::RawMessage;
use crate::limits::Limits;

/// The type of stored elements.
#[derive(Debug, Clone)]
pub(crate) struct StoredType {
    pub(crate) datatype: Arc<Datatype>,
    /// The committed datatype it is, where it is one.
    pub(crate) committed: Option<Address>,
}

impl StoredType {
    /// The type that a datatype message of a header describes or refers to.
    pub(crate) fn of_message(store: &Store, message: &RawMessage) -> Result<Self> {
        let shared = message.flags.contains(MessageFlags::SHARED);
        Self::of_bytes(store, &message.body, message.offset, shared)
    }

    /// The type that `bytes` describe, or refer to where they are `shared`.
    pub(crate) fn of_bytes(store: &Store, bytes: &[u8], offset: u64, shared: bool) -> Result<Self> {
        let found = store.resolve(MessageType::DATATYPE, bytes, offset, shared)?;
        Self::of_resolved(store, &found)
    }

    fn of_resolved(store: &Store, found: &ResolvedMessage<'_>) -> Result<Self> {
        let datatype: Datatype = store.decode_bytes(&found.bytes, found.offset)?;
        let (size, allowed) = (u64::from(datatype.size), store.space().limits().element_bytes);
        Limits::check("element_bytes", size, allowed).map_err(|error| {
            let place = (Datatype::NAME, "Size", found.offset);
            error.or_at(crate::error::Location {
                structure: place.0,
                field: place.1,
                offset: place.2,
            })
        })?;
        Ok(Self { datatype: Arc::new(datatype), committed: found.header })
    }

    /// Bytes of one element.
    pub(crate) fn size(&self) -> u64 {
        self.datatype.size.into()
    }
}

/// The dataspace that `bytes` describe, or refer to where they are `shared`.
pub(crate) fn dataspace(
    store: &Store,
    bytes: &[u8],
    offset: u64,
    shared: bool,
) -> Result<Dataspace> {
    let found = store.resolve(MessageType::DATASPACE, bytes, offset, shared)?;
    store.decode_bytes(&found.bytes, found.offset)
}
