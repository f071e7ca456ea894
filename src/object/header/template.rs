//! Headers made like one that was made before.

use super::ObjectHeader;
use crate::codec::{Address, lookup3, wide};
use crate::error::{Error, Result};
use crate::format::message::MessageType;
use crate::space::{Purpose, Rank, Space};

/// A header in one block, and its bytes: objects that are made one after the other are alike but for
/// where their elements are.
#[derive(Debug)]
pub(crate) struct HeaderTemplate {
    header: ObjectHeader,
    bytes: Box<[u8]>,
    /// The place in the block of an address, and which message and byte of its body it is.
    address: Option<(usize, usize, usize)>,
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
        let Some((kind, place, elements)) = address else {
            return Ok(Some(Self { header: header.clone(), bytes, address: None }));
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
        let address = Some((inside, number, place));
        Ok(is_simple.then(|| Self { header: header.clone(), bytes, address }))
    }

    /// Makes another header, with this address.
    pub(crate) fn make(&self, space: &Space, elements: Option<Address>) -> Result<ObjectHeader> {
        let mut bytes = self.bytes.to_vec();
        let mut header = self.header.clone();
        if let (Some((inside, number, place)), Some(elements)) = (self.address, elements) {
            let put = |bytes: &mut [u8], at: usize| {
                let to = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut());
                *to.ok_or_else(|| Error::usage("no room for an address"))? =
                    elements.0.to_le_bytes();
                Ok::<_, Error>(())
            };
            put(&mut bytes, inside)?;
            if let Some(message) = header.messages.get_mut(number) {
                put(&mut message.body, place)?;
            }
            if header.prefix.version() > 1
                && let Some((covered, checksum)) = bytes.split_last_chunk_mut()
            {
                *checksum = lookup3(covered).to_le_bytes();
            }
        }
        let len = wide(bytes.len());
        let at = space.allocate(Purpose::Metadata, len)?;
        header.address = at;
        header.blocks = vec![(at, len)];
        space.write(Rank::ObjectHeader, at, bytes)?;
        Ok(header)
    }
}
