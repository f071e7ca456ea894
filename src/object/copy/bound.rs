//! A bound on what comes of a damaged file.
//!
//! Of a whole file each byte belongs to one object. Where it is damaged, or was made to do harm, any
//! number of them may claim the same bytes, each of which would be copied once for each.

use super::Copier;
use crate::codec::{Sizes, wide};
use crate::element::{ConversionMode, HeapSink};
use crate::error::Result;
use crate::format::global_heap::HeapId;
use crate::limits::Limits;
use crate::object::header::ObjectHeader;

/// Bytes that may be brought for each byte of the file, in all.
pub(super) const BROUGHT_EACH: u64 = 64;
/// Bytes that may be brought of any file.
pub(super) const BROUGHT: u64 = 1 << 20;
/// Bytes that a header, a message of it, or a link takes beside what it holds.
const AROUND: u64 = 32;

impl Copier<'_> {
    /// Copies take no more than is in proportion to a damaged file of `len` bytes.
    pub(super) fn bound(&self, len: u64) {
        self.most.set(len.saturating_mul(BROUGHT_EACH).saturating_add(BROUGHT));
    }

    /// Lets copies take so many more bytes.
    ///
    /// # Errors
    ///
    /// Where that is too much, of a damaged file.
    pub(super) fn claim(&self, bytes: u64) -> Result<()> {
        let all = self.claimed.get().saturating_add(bytes);
        Limits::check("salvaged_bytes", all, self.most.get())?;
        self.claimed.set(all);
        Ok(())
    }

    /// As [`claim`](Self::claim), of the copy of a header.
    pub(super) fn claim_header(&self, header: &ObjectHeader) -> Result<()> {
        let messages = header.messages.iter().map(|message| wide(message.body.len()));
        self.claim(messages.fold(AROUND, |n, len| n.saturating_add(len).saturating_add(AROUND)))
    }

    /// As [`claim`](Self::claim), of links with these names.
    pub(super) fn claim_links<'n>(&self, names: impl Iterator<Item = &'n [u8]>) -> Result<()> {
        let lens = names.map(|name| wide(name.len()).saturating_add(AROUND));
        self.claim(lens.fold(0, u64::saturating_add))
    }
}

/// Keeps what copied elements name, as far as it may.
pub(super) struct BoundedSink<'a, 'b> {
    pub(super) copier: &'a Copier<'b>,
    pub(super) sink: &'a dyn HeapSink,
}

impl HeapSink for BoundedSink<'_, '_> {
    fn put(&self, bytes: &[u8]) -> Result<HeapId> {
        self.copier.claim(wide(bytes.len()))?;
        self.sink.put(bytes)
    }

    fn duplicate(&self, id: &HeapId) -> Result<HeapId> {
        self.sink.duplicate(id)
    }

    fn widths(&self) -> Option<Sizes> {
        self.sink.widths()
    }

    fn mode(&self) -> ConversionMode {
        self.sink.mode()
    }
}
