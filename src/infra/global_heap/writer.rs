//! Many objects into global heaps.

use std::cell::RefCell;
use std::sync::Arc;

use super::collection::Collection;
use super::{GlobalHeaps, find};
use crate::codec::{Address, Sizes};
use crate::element::HeapSink;
use crate::error::{Error, Result};
use crate::format::global_heap::{CollectionHeader, HeapId};
use crate::space::{Purpose, Space};

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
    /// The collection that is being filled.
    open: Option<Open>,
    /// Bytes of the collections that were made and filled.
    filled: u64,
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
        let Some(mut open) = self.filling.take().open else { return Ok(()) };
        if open.new {
            let left = open.collection.shrink()?;
            let end = open.at.plus(open.collection.size());
            if left > 0 {
                self.space.free(Purpose::RawData, end, left)?;
            }
        }
        self.save(open.at, open.collection)
    }

    /// Keeps `data`.
    pub(super) fn put_object(&self, data: &[u8]) -> Result<HeapId> {
        let filling = &mut *self.filling.borrow_mut();
        if let Some(Open { at, collection, new }) = &mut filling.open
            && let Some(index) = collection.insert(data)?
        {
            if !*new {
                self.heaps.note_new(self.space, *at, index);
            }
            return Ok(HeapId { address: Some(*at), index: index.into() });
        }
        let sizes = self.space.sizes();
        let own = Collection::is_large(data.len(), sizes);
        let size = if own { CollectionHeader::MIN_SIZE } else { filling.next_size() };
        let new = Collection::new(data.len(), size, sizes)?;
        // At no time there are two that have changes: the one that has most room could be the other.
        if !own && let Some(full) = filling.open.take() {
            self.close(full, filling)?;
        }
        let mut open = if own { self.place(new)? } else { self.roomy(data.len(), new, filling)? };
        let Some(index) = open.collection.insert(data)? else {
            return Err(Error::usage(format!("no room for {} bytes in a heap", data.len())));
        };
        self.heaps.note_new(self.space, open.at, index);
        let at = open.at;
        if own {
            open.collection.write_through(self.space, at)?;
        } else {
            filling.open = Some(open);
        }
        Ok(HeapId { address: Some(at), index: index.into() })
    }

    /// A collection with room for an object of `len` bytes: one that is known, or else `new`.
    fn roomy(&self, len: usize, new: Collection, filling: &Filling) -> Result<Open> {
        // Where many objects come, a little room is not worth a collection that is read again.
        let least = if filling.filled == 0 { len } else { usize::from(HALF).max(len) };
        let known = self.heaps.kept().take_room(least);
        match known {
            Some(at) => {
                let collection = Collection::clone(&*self.heaps.collection(self.space, at)?);
                Ok(Open { at, collection, new: false })
            }
            None => self.place(new),
        }
    }

    fn place(&self, collection: Collection) -> Result<Open> {
        let at = self.space.allocate(Purpose::RawData, collection.size())?;
        Ok(Open { at, collection, new: true })
    }

    /// Lets go of a collection that is full, or nearly.
    fn close(&self, full: Open, filling: &mut Filling) -> Result<()> {
        let Open { at, collection, new } = full;
        if !new {
            return self.save(at, collection);
        }
        filling.filled = filling.filled.saturating_add(collection.size());
        self.heaps.kept().note_room(at, collection.room());
        collection.write_through(self.space, at)
    }

    fn save(&self, at: Address, collection: Collection) -> Result<()> {
        collection.save(self.space, at)?;
        self.heaps.kept().replace(at, Arc::new(collection));
        Ok(())
    }
}

/// Half of the smallest collection.
const HALF: u16 = 2048;

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

    fn widths(&self) -> Option<Sizes> {
        Some(self.space.sizes())
    }

    fn duplicate(&self, id: &HeapId) -> Result<HeapId> {
        let Some(address) = id.address else { return Ok(HeapId::NULL) };
        let filling = self.filling.borrow();
        let data = match &filling.open {
            Some(Open { at, collection, .. }) if *at == address => {
                let bytes = collection.own_bytes().unwrap_or_default();
                let range = find(collection, bytes, self.space, address, id.index)?;
                bytes.get(range).unwrap_or_default().to_vec()
            }
            _ => self.heaps.object(self.space, id)?.map_or_else(Vec::new, |data| data.to_vec()),
        };
        drop(filling);
        self.put_object(&data)
    }
}
