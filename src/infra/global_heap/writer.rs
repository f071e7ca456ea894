//! Many objects into global heaps.

use std::cell::RefCell;
use std::sync::Arc;

use super::collection::Collection;
use super::{GlobalHeaps, find};
use crate::codec::Address;
use crate::element::HeapSink;
use crate::error::{Error, Result};
use crate::format::global_heap::{CollectionHeader, HeapId};
use crate::space::{Purpose, Space};

/// Puts objects into the heaps of a file. A collection is saved once, when it is full or at the end:
/// the objects are there when [`finish`](Self::finish) has been called, and only then.
#[derive(Debug)]
pub(crate) struct HeapWriter<'a> {
    heaps: &'a GlobalHeaps,
    space: &'a Space,
    /// The collection that is being filled.
    open: RefCell<Option<(Address, Collection)>>,
}

impl<'a> HeapWriter<'a> {
    pub(crate) fn new(heaps: &'a GlobalHeaps, space: &'a Space) -> Self {
        Self { heaps, space, open: RefCell::new(None) }
    }

    /// Saves what is not saved yet.
    pub(crate) fn finish(self) -> Result<()> {
        match self.open.take() {
            Some((at, collection)) => self.save(at, collection),
            None => Ok(()),
        }
    }

    /// Keeps `data`.
    pub(super) fn put_object(&self, data: &[u8]) -> Result<HeapId> {
        let mut open = self.open.borrow_mut();
        if let Some((at, collection)) = &mut *open
            && let Some(index) = collection.insert(data)?
        {
            self.heaps.note_new(self.space, *at, index);
            return Ok(HeapId { address: Some(*at), index: index.into() });
        }
        let new = Collection::new(data.len(), self.space.sizes())?;
        let own = new.size() > CollectionHeader::MIN_SIZE;
        // At no time there are two that have changes: the one that has most room could be the other.
        if !own && let Some((at, full)) = open.take() {
            self.save(at, full)?;
        }
        let (at, mut collection) =
            if own { self.place(new)? } else { self.roomy(data.len(), new)? };
        let Some(index) = collection.insert(data)? else {
            return Err(Error::usage(format!("no room for {} bytes in a heap", data.len())));
        };
        self.heaps.note_new(self.space, at, index);
        if own {
            self.save(at, collection)?;
        } else {
            *open = Some((at, collection));
        }
        Ok(HeapId { address: Some(at), index: index.into() })
    }

    /// A collection with room for an object of `len` bytes: one that is known, or else `new`.
    fn roomy(&self, len: usize, new: Collection) -> Result<(Address, Collection)> {
        let known = self.heaps.kept().take_room(len);
        match known {
            Some(at) => Ok((at, Collection::clone(&*self.heaps.collection(self.space, at)?))),
            None => self.place(new),
        }
    }

    fn place(&self, new: Collection) -> Result<(Address, Collection)> {
        let at = self.space.allocate(Purpose::RawData, new.size())?;
        Ok((at, new))
    }

    fn save(&self, at: Address, collection: Collection) -> Result<()> {
        collection.save(self.space, at)?;
        self.heaps.kept().replace(at, Arc::new(collection));
        Ok(())
    }
}

impl HeapSink for HeapWriter<'_> {
    fn put(&self, bytes: &[u8]) -> Result<HeapId> {
        self.put_object(bytes)
    }

    fn duplicate(&self, id: &HeapId) -> Result<HeapId> {
        let Some(address) = id.address else { return Ok(HeapId::NULL) };
        let data = match &*self.open.borrow() {
            Some((at, collection)) if *at == address => {
                let range = find(collection, self.space, address, id.index)?;
                collection.bytes().get(range).unwrap_or_default().to_vec()
            }
            _ => self.heaps.object(self.space, id)?.map_or_else(Vec::new, |data| data.to_vec()),
        };
        self.put_object(&data)
    }
}
