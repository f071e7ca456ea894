//! One collection of a global heap.

use std::ops::Range;

use crate::codec::{Address, Decoder, Sizes, Structure, StructureIn, wide};
use crate::error::{Error, Result};
use crate::format::global_heap::{CollectionHeader, ObjectHeader, padding};
use crate::limits::Limits;
use crate::space::{Rank, Space};

/// The index of an object, and the place of its data.
type Place = (u16, Range<usize>);

/// A collection and where its objects lie in it.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    bytes: Vec<u8>,
    /// All objects, by index.
    objects: Vec<Place>,
    /// Where the free space starts, which reaches to the end.
    free: usize,
    sizes: Sizes,
}

impl Collection {
    /// An empty collection with room for an object of `len` bytes, and for more in any case.
    pub(super) fn new(len: usize, sizes: Sizes) -> Result<Self> {
        let free = CollectionHeader::len(sizes);
        let least = usize::try_from(CollectionHeader::MIN_SIZE).unwrap_or(usize::MAX);
        let size = free.saturating_add(space_for(len, sizes)).max(least);
        let mut bytes = CollectionHeader { size: wide(size) }.to_bytes_in(sizes, &())?;
        let more = size.saturating_sub(bytes.len());
        bytes.try_reserve_exact(more).map_err(|_| too_large(len))?;
        bytes.resize(size, 0);
        let mut collection = Self { bytes, objects: Vec::new(), free, sizes };
        collection.end()?;
        Ok(collection)
    }

    pub(super) fn load(space: &Space, at: Address) -> Result<Self> {
        let name = <CollectionHeader as Structure>::NAME;
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
        let (objects, free) = directory(&mut space.decoder(name, at, &bytes))?;
        if let Some((index, _)) = duplicate(&objects) {
            let problem = format!("two objects have index {index}");
            return Err(space.broken(name, "Heap Object Index", at, problem));
        }
        Ok(Self { bytes: bytes.into_owned(), objects, free, sizes: space.sizes() })
    }

    /// Lets the next commit write it.
    pub(super) fn save(&self, space: &Space, at: Address) -> Result<()> {
        space.write(Rank::HeapData, at, self.bytes.clone())
    }

    /// Bytes of all of it.
    pub(super) fn size(&self) -> u64 {
        wide(self.bytes.len())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The indexes of all objects.
    pub(super) fn indexes(&self) -> impl Iterator<Item = u32> {
        self.objects.iter().map(|(index, _)| u32::from(*index))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Where the data of object `index` lie.
    pub(super) fn find(&self, index: u32) -> Option<Range<usize>> {
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
    pub(super) fn weight(&self) -> u64 {
        let objects = wide(self.objects.len()).saturating_mul(24);
        wide(self.bytes.len()).saturating_add(objects)
    }

    /// Bytes of the largest object there is room for; `None` where there is room for none.
    pub(super) fn room(&self) -> Option<usize> {
        let room = self.bytes.len().saturating_sub(self.free);
        let data = room.checked_sub(ObjectHeader::len(self.sizes))?;
        let full = self.objects.len() >= usize::from(u16::MAX);
        (!full).then(|| data.saturating_sub(data & 7))
    }

    /// Keeps `data` under the smallest index that is free; `None` where there is no room.
    pub(super) fn insert(&mut self, data: &[u8]) -> Result<Option<u16>> {
        if self.room().is_none_or(|room| room < data.len()) {
            return Ok(None);
        }
        // The objects in front of the first gap have the number of their place.
        let numbered = |place: usize| u16::try_from(place.saturating_add(1)).ok();
        let place = match self.objects.last() {
            Some((last, _)) if usize::from(*last) == self.objects.len() => self.objects.len(),
            _ => {
                let mut places = self.objects.iter().enumerate();
                let gap = places.position(|(at, (index, _))| numbered(at) != Some(*index));
                gap.unwrap_or(self.objects.len())
            }
        };
        let Some(index) = numbered(place) else { return Ok(None) };
        let header = ObjectHeader { index, references: 1, size: wide(data.len()) };
        let header = header.to_bytes_in(self.sizes, &())?;
        let start = self.free.saturating_add(header.len());
        let end = start.saturating_add(data.len());
        self.put(self.free, &header);
        self.put(start, data);
        self.free = end.saturating_add(padding(data.len()));
        self.bytes.get_mut(end..self.free).unwrap_or_default().fill(0);
        self.objects.insert(place, (index, start..end));
        self.end()?;
        Ok(Some(index))
    }

    /// Removes the objects of which `gone` is true and moves the others together; gives how many
    /// there were.
    pub(super) fn remove(&mut self, gone: impl Fn(u16) -> bool) -> Result<usize> {
        let before = self.objects.len();
        self.objects.retain(|(index, _)| !gone(*index));
        let mut order: Vec<&mut Place> = self.objects.iter_mut().collect();
        order.sort_unstable_by_key(|(_, range)| range.start);
        let header = ObjectHeader::len(self.sizes);
        let mut free = CollectionHeader::len(self.sizes);
        for (_, range) in order {
            let from = range.start.saturating_sub(header);
            let len = range.len();
            let taken = header.saturating_add(len).saturating_add(padding(len));
            // Nothing pads data that fills the collection to its end.
            let until = from.saturating_add(taken).min(self.bytes.len());
            if free < from {
                self.bytes.copy_within(from..until, free);
            }
            let start = free.saturating_add(header);
            *range = start..start.saturating_add(len);
            free = free.saturating_add(taken).min(self.bytes.len());
            self.bytes.get_mut(range.end..free).unwrap_or_default().fill(0);
        }
        self.free = free;
        self.end()?;
        Ok(before.saturating_sub(self.objects.len()))
    }

    /// Says how much is free at the end.
    fn end(&mut self) -> Result<()> {
        let free = self.bytes.get_mut(self.free..).unwrap_or_default();
        let room = free.len();
        // Fewer bytes than a header takes are free without saying so.
        if room < ObjectHeader::len(self.sizes) {
            free.fill(0);
            return Ok(());
        }
        let header = ObjectHeader { index: 0, references: 0, size: wide(room) };
        let header = header.to_bytes_in(self.sizes, &())?;
        self.put(self.free, &header);
        Ok(())
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let room = self.bytes.get_mut(at..).unwrap_or_default();
        room.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }

    #[cfg(test)]
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        let (free, sizes) = (bytes.len(), Sizes { offsets: 8, lengths: 8 });
        Self { bytes, objects: Vec::new(), free, sizes }
    }
}

/// Bytes that an object of `len` bytes takes in a collection.
fn space_for(len: usize, sizes: Sizes) -> usize {
    ObjectHeader::len(sizes).saturating_add(len).saturating_add(padding(len))
}

#[cold]
fn too_large(len: usize) -> Error {
    Error::usage(format!("{len} bytes of one element do not fit memory"))
}

/// Where the objects of the collection lie that `d` starts at, by index, and where its free space
/// starts.
fn directory(d: &mut Decoder<'_>) -> Result<(Vec<Place>, usize)> {
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
    let header = ObjectHeader::len(d.sizes());
    let mut objects = Vec::new();
    // Fewer bytes than a header takes are free.
    let mut free = d.position();
    while d.remaining() >= header {
        match d.embedded(<ObjectHeader as Structure>::NAME, "Objects", object)? {
            Some(found) => objects.push(found),
            None => break,
        }
        free = d.position();
    }
    objects.sort_by_key(|(index, _)| *index);
    Ok((objects, free))
}

/// The first object whose successor has the same index.
fn duplicate(objects: &[Place]) -> Option<&Place> {
    let next = objects.iter().skip(1);
    objects.iter().zip(next).find(|((a, _), (b, _))| a == b).map(|(first, _)| first)
}
