//! Many objects into global heaps.

use std::cell::RefCell;
use std::sync::Arc;

use super::collection::Collection;
use super::{GlobalHeaps, find};
use crate::codec::{Address, Encoder, Sizes, wide};
use crate::element::{HeapElement, HeapSink};
use crate::error::{Error, Result};
use crate::format::global_heap::{CollectionHeader, HeapId};
use crate::space::{PIECE, Purpose, Space};

/// Puts objects into the heaps of a file. A collection is saved once, when it is full or at the end:
/// the objects are there when [`finish`](Self::finish) has been called, and only then.
///
/// Of a few objects the first collection that has room takes what it can. Where many come, they get
/// collections of their own, which grow with what was put there, so that there are few of them; these
/// lie in space of the step under way, and are written at once when they are full.
#[derive(Debug)]
pub(crate) struct HeapWriter<'a> {
    heaps: &'a GlobalHeaps,
    space: &'a Space,
    filling: RefCell<Filling>,
}

#[derive(Debug, Default)]
struct Filling {
    /// The collection that is being filled; where it was made by this writer, perhaps behind those
    /// that were filled before it.
    open: Option<Open>,
    /// Collections that were filled, where none is being filled behind them.
    full: Run,
    /// How much room there is in those that are not written yet.
    rooms: Vec<(Address, Option<usize>)>,
    /// Bytes of the collections that were made and filled.
    filled: u64,
}

/// Collections that follow each other, and are written together.
#[derive(Debug)]
struct Run {
    at: Address,
    bytes: Vec<u8>,
}

impl Default for Run {
    fn default() -> Self {
        Self { at: Address(0), bytes: Vec::new() }
    }
}

#[derive(Debug)]
struct Open {
    at: Address,
    collection: Collection,
    /// It was made by this writer.
    new: bool,
}

impl<'a> HeapWriter<'a> {
    pub(crate) fn new(heaps: &'a GlobalHeaps, space: &'a Space) -> Self {
        Self { heaps, space, filling: RefCell::default() }
    }

    /// Saves what is not saved yet.
    pub(crate) fn finish(self) -> Result<()> {
        let mut filling = self.filling.take();
        if let Some(Open { at, collection, new: true }) = &mut filling.open {
            let left = collection.shrink()?;
            if left > 0 {
                self.space.free(Purpose::RawData, at.plus(collection.size()), left)?;
            }
        }
        self.write_full(&mut filling)?;
        filling.open.map_or(Ok(()), |open| self.save(open.at, open.collection))
    }

    /// Keeps `data`.
    pub(super) fn put_object(&self, data: &[u8]) -> Result<HeapId> {
        self.put_into(&mut self.filling.borrow_mut(), data)
    }

    #[inline]
    fn put_into(&self, filling: &mut Filling, data: &[u8]) -> Result<HeapId> {
        if let Some(Open { at, collection, new }) = &mut filling.open
            && let Some(index) = collection.insert(data)?
        {
            if !*new {
                self.heaps.note_new(self.space, *at, index);
            }
            return Ok(HeapId { address: Some(*at), index: index.into() });
        }
        self.put_elsewhere(filling, data)
    }

    /// Keeps `data` in another collection than the one that is being filled.
    #[cold]
    fn put_elsewhere(&self, filling: &mut Filling, data: &[u8]) -> Result<HeapId> {
        let own = Collection::is_large(data.len(), self.space.sizes());
        let size = if own { 0 } else { filling.next_size() };
        // At no time there are two that have changes: the one that has most room could be the other.
        if !own && let Some(full) = filling.open.take() {
            self.close(full, filling)?;
        }
        let mut open = if own {
            self.place(data.len(), size, &mut Run::default())?
        } else {
            self.roomy(data.len(), size, filling)?
        };
        let Some(index) = open.collection.insert(data)? else {
            return Err(Error::usage(format!("no room for {} bytes in a heap", data.len())));
        };
        self.heaps.note_new(self.space, open.at, index);
        let at = open.at;
        if own {
            self.space.write_raw(at, &open.collection.filled()?)?;
        } else {
            filling.open = Some(open);
        }
        Ok(HeapId { address: Some(at), index: index.into() })
    }

    /// A collection with room for an object of `len` bytes: one that is known, or else a new one of
    /// `size` bytes at least.
    fn roomy(&self, len: usize, size: u64, filling: &mut Filling) -> Result<Open> {
        // Where many objects come, a little room is not worth a collection that is read again.
        let least = if filling.filled == 0 { len } else { usize::from(HALF).max(len) };
        let known = self.heaps.kept().take_room(least);
        match known {
            Some(at) => {
                let collection = Collection::clone(&*self.heaps.collection(self.space, at)?);
                Ok(Open { at, collection, new: false })
            }
            None => {
                let open = self.place(len, size, &mut filling.full)?;
                // What it does not follow is written.
                self.write(filling, 1)?;
                Ok(open)
            }
        }
    }

    /// A new collection with room for an object of `len` bytes, of `size` bytes at least; behind
    /// `full`, which it takes, where it follows that.
    fn place(&self, len: usize, size: u64, full: &mut Run) -> Result<Open> {
        let sizes = self.space.sizes();
        let size = Collection::size_for(len, size, sizes);
        let at = self.space.allocate(Purpose::RawData, size)?;
        let follows = full.end() == at;
        let front = if follows { std::mem::take(&mut full.bytes) } else { Vec::new() };
        Ok(Open { at, collection: Collection::new(front, size, sizes)?, new: true })
    }

    /// Lets go of a collection that is full, or nearly.
    fn close(&self, full: Open, filling: &mut Filling) -> Result<()> {
        let Open { at, collection, new } = full;
        if !new {
            return self.save(at, collection);
        }
        filling.filled = filling.filled.saturating_add(collection.size());
        filling.rooms.push((at, collection.room()));
        let end = at.plus(collection.size());
        filling.full = Run::until(end, collection.filled()?);
        self.write(filling, PIECE)
    }

    /// Writes all collections that were filled, those in front of the open one, too.
    fn write_full(&self, filling: &mut Filling) -> Result<()> {
        if let Some(Open { at, collection, .. }) = &mut filling.open {
            let bytes = collection.part();
            if !bytes.is_empty() {
                filling.full = Run::until(*at, bytes);
            }
        }
        self.write(filling, 1)
    }

    /// Writes the collections that were filled, up to the last offset in the file that is a multiple
    /// of `unit`.
    fn write(&self, filling: &mut Filling, unit: u64) -> Result<()> {
        let full = &mut filling.full;
        let end = self.space.offset(full.end());
        let left = end.checked_rem(unit).unwrap_or(0);
        let len = wide(full.bytes.len()).saturating_sub(left);
        let now = full.bytes.get(..usize::try_from(len).unwrap_or(0)).unwrap_or_default();
        if now.is_empty() {
            return Ok(());
        }
        self.space.write_raw(full.at, now)?;
        let len = now.len();
        full.at = full.at.plus(wide(len));
        full.bytes.drain(..len);
        if full.bytes.is_empty() {
            // Nobody may look for room in one before it is there.
            let mut kept = self.heaps.kept();
            filling.rooms.drain(..).for_each(|(at, room)| kept.note_room(at, room));
        }
        Ok(())
    }

    fn save(&self, at: Address, collection: Collection) -> Result<()> {
        collection.save(self.space, at)?;
        self.heaps.kept().replace(at, Arc::new(collection));
        Ok(())
    }
}

/// Half of the smallest collection.
const HALF: u16 = 2048;

impl Run {
    /// What lies in front of an address.
    fn until(end: Address, bytes: Vec<u8>) -> Self {
        Self { at: Address(end.0.saturating_sub(wide(bytes.len()))), bytes }
    }

    /// The address behind it.
    fn end(&self) -> Address {
        self.at.plus(wide(self.bytes.len()))
    }
}

impl Filling {
    /// Bytes of the next collection: a part of those before it, in multiples of the smallest.
    fn next_size(&self) -> u64 {
        let (least, most) = (CollectionHeader::MIN_SIZE, CollectionHeader::MAX_SIZE);
        let part = self.filled >> 3;
        part.saturating_sub(part.checked_rem(least).unwrap_or(0)).clamp(least, most)
    }
}

impl HeapSink for HeapWriter<'_> {
    fn put(&self, bytes: &[u8]) -> Result<HeapId> {
        self.put_object(bytes)
    }

    fn put_all(&self, all: &[&[u8]], e: &mut Encoder) -> Result<()> {
        let filling = &mut *self.filling.borrow_mut();
        all.iter()
            .try_for_each(|data| HeapElement::encode(e, data.len(), &self.put_into(filling, data)?))
    }

    fn widths(&self) -> Option<Sizes> {
        Some(self.space.sizes())
    }

    fn duplicate(&self, id: &HeapId) -> Result<HeapId> {
        let Some(address) = id.address else { return Ok(HeapId::NULL) };
        let filling = &mut *self.filling.borrow_mut();
        let data = match &filling.open {
            Some(Open { at, collection, .. }) if *at == address => {
                let bytes = collection.own_bytes().unwrap_or_default();
                let range = find(collection, bytes, self.space, address, id.index)?;
                bytes.get(range).unwrap_or_default().to_vec()
            }
            _ => {
                // It may lie in one that is not written yet.
                self.write_full(filling)?;
                self.heaps.object(self.space, id)?.map_or_else(Vec::new, |data| data.to_vec())
            }
        };
        self.put_into(filling, &data)
    }
}
