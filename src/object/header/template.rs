//! Headers made like one that was made before.

use super::{KnownHeader, ObjectHeader};
use crate::codec::{Address, lookup3};
use crate::error::{Error, Result};
use crate::format::message::MessageType;
use crate::space::{Purpose, Rank, Space};

/// The bytes of a header in one block: objects that are made one after the other are alike but for
/// where their elements are.
#[derive(Debug)]
pub(crate) struct HeaderTemplate {
    bytes: Box<[u8]>,
    /// Kinds of its messages.
    kinds: u32,
    /// The place in the block of an address.
    address: Option<usize>,
    /// A checksum ends the block.
    is_checked: bool,
}

impl HeaderTemplate {
    /// Of a header that was just made; `address` is one that its message of a kind has at a byte of
    /// its body, and that others have elsewhere. `None` where it is not that simple.
    pub(crate) fn of(
        space: &Space,
        header: &ObjectHeader,
        address: Option<(MessageType, usize, Address)>,
    ) -> Result<Option<Self>> {
        let [(at, len)] = header.blocks.as_slice() else { return Ok(None) };
        let bytes: Box<[u8]> = (*space.read(super::NAME, *at, *len)?).into();
        let kinds = header.kinds();
        let is_checked = header.prefix.version() > 1;
        let Some((kind, place, elements)) = address else {
            return Ok(Some(Self { bytes, kinds, address: None, is_checked }));
        };
        // Where the messages lie in the block says a header that was read.
        let read = ObjectHeader::load(space, *at)?;
        let message = read.messages.iter().position(|message| message.kind == kind);
        let found = message.and_then(|number| Some((number, read.messages.get(number)?)));
        let Some((number, message)) = found else { return Ok(None) };
        let body = message.offset.checked_sub(space.offset(*at));
        let body = body.and_then(|body| usize::try_from(body).ok());
        let Some(inside) = body.and_then(|body| body.checked_add(place)) else { return Ok(None) };
        let expected = elements.0.to_le_bytes();
        let holds = |bytes: &[u8], at: usize| {
            bytes.get(at..).and_then(|rest| rest.first_chunk()) == Some(&expected)
        };
        let same = header.messages.get(number).is_some_and(|message| holds(&message.body, place));
        let is_simple = space.sizes().offsets == 8 && same && holds(&bytes, inside);
        Ok(is_simple.then_some(Self { bytes, kinds, address: Some(inside), is_checked }))
    }

    /// Makes another header, with this address.
    pub(crate) fn make(&self, space: &Space, elements: Option<Address>) -> Result<KnownHeader> {
        let mut bytes = self.bytes.clone();
        if let (Some(inside), Some(elements)) = (self.address, elements) {
            let to = bytes.get_mut(inside..).and_then(|rest| rest.first_chunk_mut());
            *to.ok_or_else(|| Error::usage("no room for an address"))? = elements.0.to_le_bytes();
            if self.is_checked
                && let Some((covered, checksum)) = bytes.split_last_chunk_mut()
            {
                *checksum = lookup3(covered).to_le_bytes();
            }
        }
        let at = space.put_new(Purpose::Metadata, Rank::ObjectHeader, bytes)?;
        Ok(KnownHeader::made(at, self.kinds))
    }
}
