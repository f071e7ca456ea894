//! Global heaps: variable-length data, old region references, virtual dataset mappings.
//!
//! See `spec-notes/heaps.md`.

use std::collections::{HashMap, VecDeque};
use std::ops::{Deref, Range};
use std::sync::{Arc, PoisonError, RwLock};

use crate::codec::{Address, Decoder, Structure, wide};
use crate::error::Result;
use crate::format::global_heap::{CollectionHeader, HeapId, ObjectHeader, padding};
use crate::limits::Limits;
use crate::space::Space;

/// Bytes of collections that are kept.
const KEPT: u64 = 64 << 20;

/// The global heap collections of one file, read when first used and kept up to a bound.
#[derive(Debug, Default)]
pub(crate) struct GlobalHeaps {
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    collections: HashMap<Address, Arc<Collection>>,
    /// The same, oldest first.
    order: VecDeque<Address>,
    bytes: u64,
}

impl GlobalHeaps {
    /// None read yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The object `id` names; `None` for the null identifier, an error where there is none.
    pub(crate) fn object(&self, space: &Space, id: &HeapId) -> Result<Option<HeapObject>> {
        let Some(address) = id.address else { return Ok(None) };
        let collection = self.collection(space, address)?;
        let Some(range) = collection.find(id.index) else {
            let problem = format!("the collection has no object {}", id.index);
            return Err(space.broken(ObjectHeader::NAME, "Heap Object Index", address, problem));
        };
        Ok(Some(HeapObject { collection, range }))
    }

    /// Forgets what was read.
    pub(crate) fn clear(&self) {
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    fn collection(&self, space: &Space, at: Address) -> Result<Arc<Collection>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(collection) = kept.collections.get(&at) {
            return Ok(Arc::clone(collection));
        }
        drop(kept);
        let collection = Arc::new(Collection::load(space, at)?);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.insert(at, Arc::clone(&collection));
        Ok(collection)
    }
}

impl Kept {
    /// Keeps `collection`, however large, and drops the oldest others over the bound.
    fn insert(&mut self, at: Address, collection: Arc<Collection>) {
        let bytes = collection.weight();
        if self.collections.insert(at, collection).is_some() {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        while self.bytes > KEPT {
            let Some(oldest) = self.order.pop_front() else { break };
            let dropped = self.collections.remove(&oldest).map_or(0, |old| old.weight());
            self.bytes = self.bytes.saturating_sub(dropped);
        }
        self.order.push_back(at);
    }
}

/// A collection and where its objects lie in it.
#[derive(Debug)]
struct Collection {
    bytes: Vec<u8>,
    /// Index and place of every object, by index.
    objects: Vec<(u16, Range<usize>)>,
}

impl Collection {
    fn load(space: &Space, at: Address) -> Result<Self> {
        let name = CollectionHeader::NAME;
        let head = space.read(name, at, space.available(at, CollectionHeader::MAX_HEADER))?;
        let size = CollectionHeader::decode(&mut space.decoder(name, at, &head))?.size;
        // A collection holds elements too large for a metadata block, too.
        let limits = space.limits();
        let bytes = if size <= limits.metadata_block_bytes {
            space.read(name, at, size)?
        } else {
            Limits::check("element_bytes", size, limits.element_bytes)
                .map_err(|error| error.or_at(space.location(name, "Collection Size", at)))?;
            space.read_raw(name, at, size)?
        };
        let objects = directory(&mut space.decoder(name, at, &bytes))?;
        if let Some((index, _)) = duplicate(&objects) {
            let problem = format!("two objects have index {index}");
            return Err(space.broken(name, "Heap Object Index", at, problem));
        }
        Ok(Self { bytes: bytes.into_owned(), objects })
    }

    fn find(&self, index: u32) -> Option<Range<usize>> {
        let index = u16::try_from(index).ok()?;
        // Nearly always the objects are numbered from 1 without a gap.
        let guess = self.objects.get(usize::from(index).checked_sub(1)?);
        if let Some((_, range)) = guess.filter(|(found, _)| *found == index) {
            return Some(range.clone());
        }
        let at = self.objects.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        self.objects.get(at).map(|(_, range)| range.clone())
    }

    /// Bytes of memory it takes, about.
    fn weight(&self) -> u64 {
        let objects = wide(self.objects.len()).saturating_mul(24);
        wide(self.bytes.len()).saturating_add(objects)
    }
}

/// Where the objects of the collection lie that `d` starts at, by index.
fn directory(d: &mut Decoder<'_>) -> Result<Vec<(u16, Range<usize>)>> {
    CollectionHeader::decode(d)?;
    let object = |d: &mut Decoder<'_>| {
        let header = ObjectHeader::decode(d)?;
        if header.index == 0 {
            return Ok(None);
        }
        let start = d.position();
        d.bytes_u64("Object Data", header.size)?;
        let range = start..d.position();
        // Nothing pads data that fills the collection to its end.
        d.skip("Padding", padding(range.len()).min(d.remaining()))?;
        Ok(Some((header.index, range)))
    };
    // An object's header: 8 bytes and a length, to a multiple of 8.
    let header = usize::from(d.sizes().lengths).saturating_add(8).next_multiple_of(8);
    let mut objects = Vec::new();
    // Fewer bytes than a header takes are free.
    while d.remaining() >= header {
        match d.embedded(ObjectHeader::NAME, "Objects", object)? {
            Some(found) => objects.push(found),
            None => break,
        }
    }
    objects.sort_by_key(|(index, _)| *index);
    Ok(objects)
}

/// The first object whose successor has the same index.
fn duplicate(objects: &[(u16, Range<usize>)]) -> Option<&(u16, Range<usize>)> {
    let next = objects.iter().skip(1);
    objects.iter().zip(next).find(|((a, _), (b, _))| a == b).map(|(first, _)| first)
}

/// The bytes of one object: cheap to make and to clone.
#[derive(Debug, Clone)]
pub(crate) struct HeapObject {
    collection: Arc<Collection>,
    range: Range<usize>,
}

impl Deref for HeapObject {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.collection.bytes.get(self.range.clone()).unwrap_or_default()
    }
}

impl AsRef<[u8]> for HeapObject {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Encoder, Sizes};
    use crate::io::Memory;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 4 };

    fn space(objects: &[(u16, &[u8])], size: usize) -> Space {
        let mut e = Encoder::new(CollectionHeader::NAME, SIZES);
        e.zeros(8);
        CollectionHeader { size: size as u64 }.encode(&mut e).unwrap();
        for (index, data) in objects {
            let header = ObjectHeader { index: *index, references: 1, size: data.len() as u64 };
            header.encode(&mut e).unwrap();
            e.bytes(data);
            e.zeros(padding(data.len()));
        }
        e.zeros((size + 8).saturating_sub(e.position()));
        Space::new(Arc::new(Memory::new(e.into_bytes())), Limits::DEFAULT, SIZES).unwrap()
    }

    fn id(index: u32) -> HeapId {
        HeapId { address: Some(Address(8)), index }
    }

    #[test]
    fn finds_objects_by_index() {
        let space = space(&[(1, b"one"), (7, b"seven"), (2, b""), (3, b"three!!!")], 4096);
        let heaps = GlobalHeaps::new();
        for (index, data) in [(1, "one"), (7, "seven"), (2, ""), (3, "three!!!")] {
            let found = heaps.object(&space, &id(index)).unwrap().unwrap();
            assert_eq!(&found[..], data.as_bytes());
        }
        assert!(heaps.object(&space, &HeapId::NULL).unwrap().is_none());
        for wrong in [0, 4, 8, 65_537] {
            let error = heaps.object(&space, &id(wrong)).unwrap_err();
            assert_eq!(error.location().unwrap().field, "Heap Object Index");
        }
    }

    #[test]
    fn refuses_a_collection_that_contradicts_itself() {
        let twice = space(&[(1, b"one"), (1, b"two")], 4096);
        assert!(GlobalHeaps::new().object(&twice, &id(1)).is_err());
        let outside = space(&[(1, &[1; 5000])], 4096);
        assert!(GlobalHeaps::new().object(&outside, &id(1)).is_err());
        let small = space(&[(1, b"one")], 4095);
        assert!(GlobalHeaps::new().object(&small, &id(1)).is_err());
    }

    #[test]
    fn keeps_no_more_than_the_bound() {
        let mut kept = Kept::default();
        for at in 0..10 {
            let bytes = vec![0; 10 << 20];
            kept.insert(Address(at), Arc::new(Collection { bytes, objects: Vec::new() }));
            assert!(kept.bytes <= KEPT);
        }
        assert_eq!(kept.collections.len(), 6);
        let bytes = vec![0; 100 << 20];
        kept.insert(Address(99), Arc::new(Collection { bytes, objects: Vec::new() }));
        assert_eq!(kept.order, [Address(99)]);
    }
}
