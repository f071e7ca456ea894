//! Messages that the file's headers share.

use std::borrow::Cow;
use std::sync::Arc;

use super::Store;
use crate::codec::{Address, Structure};
use crate::error::{Error, Location, Result};
use crate::format::message::{MessageFlags, MessageType, SharedLocation, SharedMessage};
use crate::format::object_header::RawMessage;
use crate::infra::shared_message::{Released, SharedMessages, SharedUse};

/// The bytes of a message, from wherever they are stored.
#[derive(Debug)]
pub(crate) struct ResolvedMessage<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// File offset of the bytes, or of what refers to them.
    pub(crate) offset: u64,
    /// The object whose header holds the message, where it is another one.
    pub(crate) header: Option<Address>,
}

impl Store {
    /// Indexes of shared messages.
    pub(crate) fn shared_indexes(&self) -> u8 {
        self.shared_table.as_ref().map_or(0, |table| table.number_of_indices)
    }

    /// The bytes of a message that may be stored elsewhere.
    pub(crate) fn resolve<'a>(
        &self,
        kind: MessageType,
        body: &'a [u8],
        offset: u64,
        shared: bool,
    ) -> Result<ResolvedMessage<'a>> {
        if !shared {
            return Ok(ResolvedMessage { bytes: Cow::Borrowed(body), offset, header: None });
        }
        let reference: SharedMessage = self.decode_bytes(body, offset)?;
        match reference.location {
            SharedLocation::Header(at) => {
                let header = self.header(at)?;
                let message = header.messages.iter().find(|m| m.kind == kind);
                // A committed type that is itself shared would be a reference to a reference.
                let plain = message.filter(|m| !m.flags.contains(MessageFlags::SHARED));
                let Some(message) = plain else {
                    let problem = format!("the object it names has no {}", kind.name());
                    let place =
                        Location { structure: SharedMessage::NAME, field: "Address", offset };
                    return Err(Error::broken(place, problem));
                };
                let (bytes, offset) = (Cow::Owned(message.body.clone()), message.offset);
                Ok(ResolvedMessage { bytes, offset, header: Some(at) })
            }
            SharedLocation::Heap(id) => {
                let bytes = Cow::Owned(self.shared_message(kind, &id, offset)?);
                Ok(ResolvedMessage { bytes, offset, header: None })
            }
        }
    }

    /// A message in the file's heap for its kind; `offset` is the place of what refers to it.
    pub(crate) fn shared_message(
        &self,
        kind: MessageType,
        id: &[u8; 8],
        offset: u64,
    ) -> Result<Vec<u8>> {
        self.shared_messages(offset)?.message(&self.space, kind.0, id)
    }

    /// Reads each message of each table; where `heed` gives an error, the work ends.
    pub(crate) fn check_shared_messages(
        &self,
        heed: &mut dyn FnMut(Error) -> Result<()>,
    ) -> Result<()> {
        if self.shared_indexes() == 0 {
            return Ok(());
        }
        let shared = match self.shared_messages(0) {
            Ok(shared) => shared,
            // Whoever gathered what belongs to no object has told of it.
            Err(_) => return Ok(()),
        };
        shared.check(&self.space, heed)
    }

    /// The messages as they are now; kept only where nothing changes them.
    pub(super) fn shared_messages(&self, offset: u64) -> Result<Arc<SharedMessages>> {
        if let Some(shared) = self.shared.get() {
            return Ok(Arc::clone(shared));
        }
        let Some(table) = &self.shared_table else {
            let place = Location { structure: SharedMessage::NAME, field: "Location", offset };
            return Err(Error::broken(place, "the file has no table of shared messages"));
        };
        let (at, count) = (table.address, table.number_of_indices);
        let shared = Arc::new(SharedMessages::load(&self.space, at, count, self.registry())?);
        if self.may_change() {
            return Ok(shared);
        }
        Ok(Arc::clone(self.shared.get_or_init(|| shared)))
    }

    /// The header at `header` is about to lose a message. Gives the bytes of one that nobody uses
    /// any more; of what stands for a committed type, nothing.
    pub(crate) fn release<'m>(
        &self,
        header: Address,
        message: &'m RawMessage,
    ) -> Result<Option<Cow<'m, [u8]>>> {
        let (kind, body) = (message.kind, message.body.as_slice());
        let gone = if message.flags.contains(MessageFlags::SHARED) {
            self.release_shared(kind, body, message.offset)?
        } else if message.flags.contains(MessageFlags::SHAREABLE) && self.shared_table.is_some() {
            self.release_use(kind, SharedUse::Header(header, body), message.offset)?
        } else {
            return Ok(Some(Cow::Borrowed(body)));
        };
        Ok(gone.map(Cow::Owned))
    }

    /// As [`release`](Self::release), of what stands for a shared message anywhere.
    pub(crate) fn release_shared(
        &self,
        kind: MessageType,
        body: &[u8],
        offset: u64,
    ) -> Result<Option<Vec<u8>>> {
        let reference: SharedMessage = self.decode_bytes(body, offset)?;
        match reference.location {
            SharedLocation::Header(_) => Ok(None),
            SharedLocation::Heap(id) => self.release_use(kind, SharedUse::Heap(&id), offset),
        }
    }

    /// One use less of a message.
    pub(crate) fn release_use(
        &self,
        kind: MessageType,
        by: SharedUse<'_>,
        offset: u64,
    ) -> Result<Option<Vec<u8>>> {
        let shared = self.shared_messages(offset)?;
        let in_header = |at, kind| self.message_in(at, kind);
        Ok(match shared.release(&self.space, kind.0, by, &in_header)? {
            Released::Used => None,
            Released::Gone(bytes) => Some(bytes),
        })
    }

    /// Whether more than this header uses a message.
    pub(crate) fn is_used_elsewhere(&self, header: Address, message: &RawMessage) -> Result<bool> {
        let (kind, body) = (message.kind, message.body.as_slice());
        let id;
        let by = if message.flags.contains(MessageFlags::SHARED) {
            let reference: SharedMessage = self.decode_bytes(body, message.offset)?;
            let SharedLocation::Heap(found) = reference.location else { return Ok(true) };
            id = found;
            SharedUse::Heap(&id)
        } else if message.flags.contains(MessageFlags::SHAREABLE) && self.shared_table.is_some() {
            SharedUse::Header(header, body)
        } else {
            return Ok(false);
        };
        let in_header = |at, kind| self.message_in(at, kind);
        let shared = self.shared_messages(message.offset)?;
        Ok(shared.uses(&self.space, kind.0, by, &in_header)? > 1)
    }

    /// The message of a kind that an object header holds itself.
    pub(super) fn message_in(&self, at: Address, kind: u8) -> Result<Vec<u8>> {
        let header = self.header(at)?;
        let mut messages = header.all(MessageType(kind.into()));
        let own = messages.find(|message| !message.flags.contains(MessageFlags::SHARED));
        Ok(own.map_or_else(Vec::new, |message| message.body.clone()))
    }
}
