//! One file as addressed space.
//!
//! The only layer that talks to [`Storage`]; everything above it names bytes by [`Address`].

mod allocator;
mod ascending;
mod commit;
mod damage;
mod early;
mod edit;
mod extents;
mod garbage;
mod intervals;
mod kept;
mod late;
mod live;
mod pending;
mod record;
mod recovery;
#[cfg(test)]
pub(crate) mod testing;
mod user_block;
mod watched;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[cfg(test)]
pub(crate) use allocator::REUSED_AT_ONCE;
pub(crate) use allocator::{FreeClass, FreeRun, Placement, Purpose};
pub(crate) use commit::Outcome;
use damage::Damage;
pub(crate) use damage::is_end;
pub(crate) use edit::PIECE;
use edit::Writer;
pub(crate) use extents::{Extent, Extents};
pub(crate) use intervals::Intervals;
use live::Live;
pub(crate) use pending::Rank;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use record::{Change, RedoFooter, RedoRecord};
pub(crate) use recovery::Leftover;

use crate::codec::{Address, Decoder, Sizes, StructureIn, wide};
use crate::error::{Error, ErrorKind, Location, Malformed, Result};
use crate::io::Storage;
use crate::limits::Limits;

/// One file as addressed space.
#[derive(Debug)]
pub(crate) struct Space {
    storage: Arc<dyn Storage>,
    limits: Limits,
    sizes: Sizes,
    /// Storage offset of address 0.
    base: u64,
    /// First storage offset behind the last byte of the file.
    end: AtomicU64,
    /// Bytes that stand for those at their storage offset, wherever they are read.
    overlay: BTreeMap<u64, Vec<u8>>,
    /// Changes, in a file open for writing. (Elsewhere: most files are read, and moved with what they
    /// lie in when they are opened.)
    writer: Option<Box<Writer>>,
    /// Where another program may write to the file meanwhile.
    live: Option<Live>,
    /// Others may read the file while this handle writes to it.
    watched: AtomicBool,
    closed: AtomicBool,
    /// A write has failed.
    poisoned: AtomicBool,
    /// Where what cannot be read is left out.
    damage: Option<Damage>,
}

impl Space {
    /// All of `storage`, addressed from its first byte.
    pub(crate) fn new(storage: Arc<dyn Storage>, limits: Limits, sizes: Sizes) -> Result<Self> {
        let end = AtomicU64::new(storage.len()?);
        let (closed, poisoned) = (AtomicBool::new(false), AtomicBool::new(false));
        let overlay = BTreeMap::new();
        Ok(Self {
            storage,
            limits,
            sizes,
            base: 0,
            end,
            overlay,
            writer: None,
            live: None,
            watched: AtomicBool::new(false),
            closed,
            poisoned,
            damage: None,
        })
    }

    /// Addresses count from `base` from here on, and end at storage offset `end`.
    pub(crate) fn set_bounds(&mut self, base: u64, end: u64, sizes: Sizes) {
        (self.base, self.sizes) = (base, sizes);
        self.set_end(end);
    }

    fn set_end(&self, end: u64) {
        self.end.store(end, Ordering::Release);
    }

    /// Lets the bytes stand for what the storage holds at their addresses.
    pub(crate) fn set_overlay(&mut self, overlay: BTreeMap<Address, Vec<u8>>) {
        let base = self.base;
        let placed = overlay.into_iter().map(|(at, bytes)| (base.saturating_add(at.0), bytes));
        self.overlay.extend(placed);
    }

    /// Takes back what [`set_overlay`](Self::set_overlay) laid over.
    pub(crate) fn take_overlay(&mut self) -> BTreeMap<Address, Vec<u8>> {
        let base = self.base;
        let overlay = std::mem::take(&mut self.overlay).into_iter();
        overlay.map(|(at, bytes)| (Address(at.saturating_sub(base)), bytes)).collect()
    }

    /// Lets go of the file: nothing can be read or written any more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Refuses everything once the file is closed or a write has failed.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.is_closed() {
            return Err(Error::new(ErrorKind::Closed));
        }
        if self.poisoned.load(Ordering::Acquire) { self.check_healthy() } else { Ok(()) }
    }

    pub(crate) fn sizes(&self) -> Sizes {
        self.sizes
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// Storage offset of address 0.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// The first address behind the file.
    pub(crate) fn end(&self) -> Address {
        Address(self.end_offset().saturating_sub(self.base))
    }

    /// First storage offset behind the file.
    fn end_offset(&self) -> u64 {
        let end = self.end.load(Ordering::Acquire);
        if self.is_live() { self.live_end(end) } else { end }
    }

    /// Storage offset of `at`.
    pub(crate) fn offset(&self, at: Address) -> u64 {
        self.base.saturating_add(at.0)
    }

    /// Bytes from `at` to the end of the file, at most `most`.
    pub(crate) fn available(&self, at: Address, most: u64) -> u64 {
        self.end().0.saturating_sub(at.0).min(most)
    }

    /// The place of `field` of `structure` which lies at `at`.
    pub(crate) fn location(
        &self,
        structure: &'static str,
        field: &'static str,
        at: Address,
    ) -> Location {
        Location { structure, field, offset: self.offset(at) }
    }

    /// An error, in words, about the structure at `at`.
    #[cold]
    pub(crate) fn broken(
        &self,
        structure: &'static str,
        field: &'static str,
        at: Address,
        problem: impl Into<String>,
    ) -> Error {
        Error::broken(self.location(structure, field, at), problem)
    }

    /// Checks that `len` bytes at `at` lie in the file; gives their storage offset.
    fn locate(&self, structure: &'static str, at: Address, len: u64) -> Result<u64> {
        self.check_open()?;
        let (offset, end) = (self.offset(at), self.end_offset());
        match offset.checked_add(len) {
            Some(last) if last <= end => Ok(offset),
            _ => {
                let problem = Malformed::OutsideFile { offset, len, end };
                let location = self.location(structure, "Address", at);
                Err(Error::at(ErrorKind::Malformed(problem), location))
            }
        }
    }

    /// As [`locate`](Self::locate), of raw data: in a file that is being written it may lie behind
    /// what is there, as it does for libhdf5, which has space for it before there are elements.
    fn locate_raw(&self, structure: &'static str, at: Address, len: u64) -> Result<u64> {
        let located = self.locate(structure, at, len);
        if !self.is_live() || self.is_closed() {
            return located;
        }
        located.or_else(|error| {
            let offset = self.offset(at);
            offset.checked_add(len).ok_or(error)?;
            let allowed = self.limits.chunk_bytes;
            Limits::check("chunk_bytes", len, allowed)
                .map_err(|error| error.or_at(self.location(structure, "Size", at)))?;
            Ok(offset)
        })
    }

    /// The metadata of `structure`, `len` bytes at `at`: borrowed from memory or a map, copied
    /// from anything else.
    pub(crate) fn read(
        &self,
        structure: &'static str,
        at: Address,
        len: u64,
    ) -> Result<Cow<'_, [u8]>> {
        let offset = self.locate(structure, at, len)?;
        if let Some(bytes) = self.overlaid(offset, len) {
            return Ok(Cow::Borrowed(bytes));
        }
        if let Some(bytes) = self.changed(at, len) {
            return Ok(Cow::Owned(bytes));
        }
        Limits::check("metadata_block_bytes", len, self.limits.metadata_block_bytes)
            .map_err(|error| error.or_at(self.location(structure, "Size", at)))?;
        self.current(structure, at, offset, len)
    }

    /// What `len` bytes at `at` hold, whatever stands for them.
    fn current(
        &self,
        structure: &'static str,
        at: Address,
        offset: u64,
        len: u64,
    ) -> Result<Cow<'_, [u8]>> {
        let mut bytes = self.fetch(structure, at, offset, len)?;
        lay_over(&self.overlay, offset, &mut bytes);
        self.lay_left_over(offset, &mut bytes);
        if self.has_changes(at, len) {
            self.lay_changes_over(at, bytes.to_mut());
        }
        Ok(bytes)
    }

    /// The raw data of `structure`, `len` bytes at `at`. The caller has checked `len` against the
    /// limit that governs it.
    pub(crate) fn read_raw(
        &self,
        structure: &'static str,
        at: Address,
        len: u64,
    ) -> Result<Cow<'_, [u8]>> {
        let offset = self.locate_raw(structure, at, len)?;
        if let Some(bytes) = self.changed(at, len) {
            return Ok(Cow::Owned(bytes));
        }
        self.current(structure, at, offset, len)
    }

    /// As [`read_raw`](Self::read_raw), where the bytes are in memory just as they are to be read.
    pub(crate) fn lend_raw(
        &self,
        structure: &'static str,
        at: Address,
        len: u64,
    ) -> Result<Option<&[u8]>> {
        if self.storage.as_slice().is_none() {
            return Ok(None);
        }
        match self.read_raw(structure, at, len)? {
            Cow::Borrowed(bytes) => Ok(Some(bytes)),
            Cow::Owned(_) => Ok(None),
        }
    }

    /// Whether the file is in memory, and nobody changes it: [`lent`](Self::lent) gives its bytes.
    pub(crate) fn lends(&self) -> bool {
        self.lent_all().is_some()
    }

    fn lent_all(&self) -> Option<&[u8]> {
        if self.writable() || self.is_live() || !self.overlay.is_empty() {
            return None;
        }
        self.storage.as_slice()
    }

    /// The `len` bytes at `at`, where they are in memory already, of a file that nobody changes:
    /// for as long as the file is open.
    pub(crate) fn lent(&self, at: Address, len: u64) -> Option<&[u8]> {
        let all = self.lent_all()?;
        let offset = self.locate("Block", at, len).ok()?;
        all.get(usize::try_from(offset).ok()?..)?.get(..usize::try_from(len).ok()?)
    }

    /// As [`lent`](Self::lent), of all from `at` to the end of the file.
    pub(crate) fn lent_from(&self, at: Address) -> Option<&[u8]> {
        let all = self.lent_all()?;
        self.check_open().ok()?;
        let end = usize::try_from(self.end_offset()).unwrap_or(usize::MAX).min(all.len());
        all.get(usize::try_from(self.offset(at)).ok()?..end)
    }

    /// Fills `to` with the raw data of `structure` at `at`.
    pub(crate) fn read_raw_into(
        &self,
        structure: &'static str,
        at: Address,
        to: &mut [u8],
    ) -> Result<()> {
        let offset = self.locate_raw(structure, at, wide(to.len()))?;
        self.read_storage(offset, to)
            .map_err(|error| Error::from(error).or_at(self.location(structure, "Data", at)))?;
        self.lay_all_over(at, offset, to);
        Ok(())
    }

    /// As [`read_raw_into`](Self::read_raw_into), of few bytes that lie far from the others that are read.
    pub(crate) fn read_raw_apart(
        &self,
        structure: &'static str,
        at: Address,
        to: &mut [u8],
    ) -> Result<()> {
        if self.writable() || self.is_live() {
            return self.read_raw_into(structure, at, to);
        }
        let offset = self.locate_raw(structure, at, wide(to.len()))?;
        self.storage
            .read_apart(offset, to)
            .map_err(|error| Error::from(error).or_at(self.location(structure, "Data", at)))?;
        self.lay_all_over(at, offset, to);
        Ok(())
    }

    /// As [`read_raw_into`](Self::read_raw_into), of several places and lengths at once, of a file that
    /// nobody changes.
    pub(crate) fn read_raw_ranges(
        &self,
        structure: &'static str,
        places: &[(Address, u64)],
    ) -> Result<Vec<Vec<u8>>> {
        let mut offsets = Vec::with_capacity(places.len());
        let mut all = Vec::with_capacity(places.len());
        for (at, len) in places {
            // What lies in the file is no more than there is.
            offsets.push(self.locate_raw(structure, *at, *len)?);
            all.push(vec![0; usize::try_from(*len).unwrap_or(usize::MAX)]);
        }
        let ranges = offsets.iter().zip(&mut all);
        let mut ranges: Vec<(u64, &mut [u8])> =
            ranges.map(|(offset, bytes)| (*offset, bytes.as_mut_slice())).collect();
        self.storage.read_ranges(&mut ranges)?;
        for ((at, _), (offset, bytes)) in places.iter().zip(offsets.iter().zip(&mut all)) {
            self.lay_all_over(*at, *offset, bytes);
        }
        Ok(all)
    }

    /// Puts what stands for bytes of the storage over `to`, which lies at `at`.
    fn lay_all_over(&self, at: Address, offset: u64, to: &mut [u8]) {
        if !self.overlay.is_empty() {
            let mut bytes = Cow::Borrowed(&*to);
            lay_over(&self.overlay, offset, &mut bytes);
            if let Cow::Owned(bytes) = bytes {
                to.copy_from_slice(&bytes);
            }
        }
        if self.has_changes(at, wide(to.len())) {
            self.lay_changes_over(at, to);
        }
    }

    /// Fills `to`; what a file that is being written, here or elsewhere, has not got on the storage
    /// yet is zero.
    fn read_storage(&self, offset: u64, to: &mut [u8]) -> std::io::Result<()> {
        if !self.writable() && !self.is_live() {
            return self.storage.read_at(offset, to);
        }
        match self.storage.read_at(offset, to) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {}
            done => return done,
        }
        let there = self.storage.len()?.saturating_sub(offset).min(wide(to.len()));
        let there = usize::try_from(there).unwrap_or(usize::MAX);
        let (stored, missing) = to.split_at_mut_checked(there).unwrap_or_default();
        missing.fill(0);
        if stored.is_empty() {
            // A storage may refuse to read nothing from behind its end.
            return Ok(());
        }
        self.storage.read_at(offset, stored)
    }

    /// Reads one structure of `len` bytes.
    pub(crate) fn load<T: StructureIn<()>>(&self, at: Address, len: u64) -> Result<T> {
        self.load_in(at, len, &())
    }

    /// Reads one structure of `len` bytes that needs a context.
    pub(crate) fn load_in<C, T: StructureIn<C>>(
        &self,
        at: Address,
        len: u64,
        context: &C,
    ) -> Result<T> {
        if let Some(loaded) = self.load_changed(at, len, context) {
            return loaded;
        }
        self.settled(|| {
            let bytes = self.read(T::NAME, at, len)?;
            T::decode_in(&mut self.decoder(T::NAME, at, &bytes), context)
        })
    }

    /// A decoder of `bytes`, which lie at `at`.
    pub(crate) fn decoder<'a>(
        &'a self,
        structure: &'static str,
        at: Address,
        bytes: &'a [u8],
    ) -> Decoder<'a> {
        Decoder::new(structure, bytes, self.offset(at), self.sizes, &self.limits)
    }

    fn fetch(
        &self,
        structure: &'static str,
        at: Address,
        offset: u64,
        len: u64,
    ) -> Result<Cow<'_, [u8]>> {
        let placed =
            |error: std::io::Error| Error::from(error).or_at(self.location(structure, "Data", at));
        let eof = || placed(std::io::ErrorKind::UnexpectedEof.into());
        let len = usize::try_from(len).map_err(|_| eof())?;
        if let Some(all) = self.storage.as_slice() {
            let start = usize::try_from(offset).map_err(|_| eof())?;
            return all.get(start..).and_then(|b| b.get(..len)).map(Cow::Borrowed).ok_or_else(eof);
        }
        let mut buf = vec![0; len];
        self.read_storage(offset, &mut buf).map_err(placed)?;
        Ok(Cow::Owned(buf))
    }

    /// The `len` bytes at `offset`, where an overlaid block holds all of them.
    fn overlaid(&self, offset: u64, len: u64) -> Option<&[u8]> {
        let (start, bytes) = self.overlay.range(..=offset).next_back()?;
        let skip = usize::try_from(offset.checked_sub(*start)?).ok()?;
        bytes.get(skip..)?.get(..usize::try_from(len).ok()?)
    }
}

/// Puts those parts of `blocks`, by offset, over `bytes`, which lie at `offset`, that belong there.
fn lay_over(blocks: &BTreeMap<u64, Vec<u8>>, offset: u64, bytes: &mut Cow<'_, [u8]>) {
    let end = offset.saturating_add(wide(bytes.len()));
    for (start, block) in blocks.range(..end) {
        let skip = usize::try_from(offset.saturating_sub(*start)).unwrap_or(usize::MAX);
        let place = usize::try_from(start.saturating_sub(offset)).unwrap_or(usize::MAX);
        let Some(part) = block.get(skip..).filter(|part| !part.is_empty()) else { continue };
        let room = bytes.to_mut().get_mut(place..).unwrap_or_default();
        room.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Memory;

    #[test]
    fn an_overlaid_block_covers_reads_of_any_length() {
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let storage = Arc::new(Memory::new(vec![0; 16]));
        let mut space = Space::new(storage, Limits::DEFAULT, sizes).unwrap();
        space.set_overlay(BTreeMap::from([(Address(4), vec![1; 4]), (Address(9), vec![2; 2])]));
        let read = |at, len| space.read("Block", Address(at), len).unwrap().into_owned();
        assert_eq!(read(5, 2), [1, 1]);
        assert_eq!(read(4, 8), [1, 1, 1, 1, 0, 2, 2, 0]);
        assert_eq!(read(6, 4), [1, 1, 0, 2]);
        assert_eq!(read(0, 4), [0; 4]);
    }
}
