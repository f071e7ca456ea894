//! The type of stored elements, followed to where it is described.

use std::sync::Arc;

use super::delete::add_link;
use super::header::{HeaderCreation, ObjectHeader};
use super::store::{ResolvedMessage, Store};
use crate::codec::{Address, Structure};
use crate::error::{Error, Location, Result};
use crate::format::datatype::Datatype;
use crate::format::message::{Dataspace, MessageFlags, MessageType, SharedLocation, SharedMessage};
use crate::format::object_header::{MessageView, RawMessage};
use crate::limits::Limits;

/// The type of stored elements.
///
/// For new elements it comes from [`described`](Self::described) or [`committed`](Self::committed),
/// and is put into a header or an attribute by [`to_message`](Self::to_message).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredType {
    pub(crate) datatype: Arc<Datatype>,
    /// The committed datatype it is, where it is one.
    pub(crate) committed: Option<Address>,
}

/// A datatype message, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeMessage {
    pub(crate) body: Vec<u8>,
    /// The body is a shared message: it says where the type is committed.
    pub(crate) shared: bool,
}

impl TypeMessage {
    /// Version of the shared messages that name a committed type.
    const SHARED_VERSION: u8 = 2;

    /// Flags of the message in the header of a dataset.
    pub(crate) fn flags(&self) -> MessageFlags {
        let shared = if self.shared { MessageFlags::SHARED } else { MessageFlags::empty() };
        MessageFlags::CONSTANT | shared
    }
}

impl StoredType {
    /// The type that new elements of this file have, described with them: in the versions that the
    /// file's bounds ask for, and in its widths.
    ///
    /// # Errors
    ///
    /// Where a part of it is above the upper bound.
    pub(crate) fn described(store: &Store, datatype: &Datatype) -> Result<Self> {
        let datatype = store.bounds().datatype(&datatype.with_sizes(store.space().sizes())?)?;
        Ok(Self { datatype: Arc::new(datatype), committed: None })
    }

    /// The committed datatype whose header is at `at`.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub(crate) fn committed(store: &Store, at: Address) -> Result<Self> {
        let header = store.header(at)?;
        let message = header.find(MessageType::DATATYPE);
        let message = message.ok_or_else(|| Error::usage("the object is not a datatype"))?;
        let mut stored = Self::of_message(store, message)?;
        stored.committed.get_or_insert(at);
        Ok(stored)
    }

    /// The message that gives elements this type. A committed type, which it refers to, counts one
    /// more use: what the message is for must be made, in the same step.
    pub(crate) fn to_message(&self, store: &Store) -> Result<TypeMessage> {
        let Some(at) = self.committed else {
            return Ok(TypeMessage { body: store.encode(&*self.datatype)?, shared: false });
        };
        add_link(store, at)?;
        let location = SharedLocation::Header(at);
        let reference = SharedMessage { version: TypeMessage::SHARED_VERSION, location };
        Ok(TypeMessage { body: store.encode(&reference)?, shared: true })
    }

    /// The type that a datatype message of a header describes or refers to.
    pub(crate) fn of_message<'m>(
        store: &Store,
        message: impl Into<MessageView<'m>>,
    ) -> Result<Self> {
        let message = message.into();
        let shared = message.flags.contains(MessageFlags::SHARED);
        Self::of_bytes(store, message.body, message.offset, shared)
    }

    /// The type that `bytes` describe, or refer to where they are `shared`.
    pub(crate) fn of_bytes(store: &Store, bytes: &[u8], offset: u64, shared: bool) -> Result<Self> {
        let found = store.resolve(MessageType::DATATYPE, bytes, offset, shared)?;
        Self::of_resolved(store, &found)
    }

    fn of_resolved(store: &Store, found: &ResolvedMessage<'_>) -> Result<Self> {
        let datatype: Datatype = store.decode_bytes(&found.bytes, found.offset)?;
        let read = Self { datatype: Arc::new(datatype), committed: found.header };
        read.check_size(store, found.offset)?;
        Ok(read)
    }

    /// Refuses a type of which one element is larger than the file's limits let it be, and which lies
    /// at this offset.
    pub(crate) fn check_size(&self, store: &Store, offset: u64) -> Result<()> {
        let allowed = store.space().limits().element_bytes;
        let place = Location { structure: Datatype::NAME, field: "Size", offset };
        Limits::check("element_bytes", self.size(), allowed).map_err(|error| error.or_at(place))
    }

    /// Makes an object of the type, to which nothing leads yet; gives where it is. Of a type that is
    /// committed already it is another one.
    pub(crate) fn commit(&self, store: &Store) -> Result<Address> {
        self.commit_as(store, HeaderCreation::default())
    }

    /// As [`commit`](Self::commit), with a header of at least the version asked for.
    pub(crate) fn commit_as(&self, store: &Store, creation: HeaderCreation) -> Result<Address> {
        let least = store.bounds().header_version_of(&self.datatype);
        let creation = HeaderCreation { version: creation.version.max(least), ..creation };
        let message = RawMessage {
            kind: MessageType::DATATYPE,
            flags: MessageFlags::CONSTANT | MessageFlags::DO_NOT_SHARE,
            creation_index: None,
            body: store.encode(&*self.datatype)?,
            offset: 0,
        };
        Ok(ObjectHeader::create(store.space(), &creation, vec![message])?.address)
    }

    /// Bytes of one element.
    pub(crate) fn size(&self) -> u64 {
        self.datatype.size.into()
    }
}

/// The committed datatype that a shared message names; `None` where it names one in a heap.
pub(crate) fn committed_at(store: &Store, body: &[u8], offset: u64) -> Result<Option<Address>> {
    let shared: SharedMessage = store.decode_bytes(body, offset)?;
    Ok(match shared.location {
        SharedLocation::Header(at) => Some(at),
        SharedLocation::Heap(_) => None,
    })
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
