//! One collection of a global heap.

use std::ops::Range;

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, StructureIn, wide};
use crate::error::{Error, Result};
use crate::format::global_heap::{CollectionHeader, ObjectHeader, padding};
use crate::limits::Limits;
use crate::space::{Rank, Space};

/// The index of an object and the place of its data, in 8 bytes: there may be millions. How much data
/// there is stands in front of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place(u64);

impl Place {
    /// `None` beyond 256 TiB.
    #[inline]
    fn new(index: u16, start: usize) -> Option<Self> {
        let start = wide(start);
        (start >> 48 == 0).then_some(Self(start << 16 | u64::from(index)))
    }

    #[inline]
    fn index(self) -> u16 {
        u16::try_from(self.0 & 0xffff).unwrap_or(0)
    }

    /// Where the data start.
    #[inline]
    fn start(self) -> usize {
        usize::try_from(self.0 >> 16).unwrap_or(usize::MAX)
    }
}

/// A collection and where its objects lie in it.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    /// All of it but the free space, which reaches to the end, behind what it is filled behind;
    /// nothing where the [`Space`] lends it whenever it is asked.
    bytes: Option<Vec<u8>>,
    /// Where it begins in them: not at 0 only while it is filled.
    begin: usize,
    /// Bytes of all of it.
    size: usize,
    /// All objects, by index.
    objects: Vec<Place>,
    sizes: Sizes,
}

impl Collection {
    /// An empty collection of `size` bytes, to be filled behind `bytes`, which go to the file in front
    /// of it.
    pub(super) fn new(mut bytes: Vec<u8>, size: u64, sizes: Sizes) -> Result<Self> {
        let too_large = || Error::usage(format!("{size} bytes of a heap do not fit memory"));
        let size = usize::try_from(size).map_err(|_| too_large())?;
        let begin = bytes.len();
        bytes.try_reserve(size).map_err(|_| too_large())?;
        let mut e = Encoder::behind(<CollectionHeader as Structure>::NAME, sizes, bytes);
        CollectionHeader { size: wide(size) }.encode(&mut e)?;
        Ok(Self { bytes: Some(e.into_bytes()), begin, size, objects: Vec::new(), sizes })
    }

    /// Bytes of a collection with room for an object of `len` bytes, of `size` bytes at least.
    pub(super) fn size_for(len: usize, size: u64, sizes: Sizes) -> u64 {
        let needed = CollectionHeader::len(sizes).saturating_add(space_for(len, sizes));
        wide(needed).max(size).max(CollectionHeader::MIN_SIZE)
    }

    /// Whether an object of `len` bytes does not fit the smallest collection.
    pub(super) fn is_large(len: usize, sizes: Sizes) -> bool {
        Self::size_for(len, 0, sizes) > CollectionHeader::MIN_SIZE
    }

    /// The bytes of the collection at `at`, where the space lends them.
    pub(super) fn lent(space: &Space, at: Address) -> Option<&[u8]> {
        let name = <CollectionHeader as Structure>::NAME;
        let head = space.lent(at, space.available(at, CollectionHeader::MAX_HEADER))?;
        let size = CollectionHeader::decode(&mut space.decoder(name, at, head)).ok()?.size;
        let bytes = space.lent(at, size)?;
        touch(bytes);
        Some(bytes)
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
        touch(&bytes);
        let (objects, free) = directory(&mut space.decoder(name, at, &bytes))?;
        if let Some(twice) = duplicate(&objects) {
            let problem = format!("two objects have index {}", twice.index());
            return Err(space.broken(name, "Heap Object Index", at, problem));
        }
        let size = bytes.len();
        let bytes = space.lent(at, wide(size)).is_none().then(|| {
            let mut bytes = bytes.into_owned();
            bytes.truncate(free);
            bytes
        });
        Ok(Self { bytes, begin: 0, size, objects, sizes: space.sizes() })
    }

    /// Lets the next commit write it.
    pub(super) fn save(&self, space: &Space, at: Address) -> Result<()> {
        let mut bytes = Vec::with_capacity(self.size);
        bytes.extend_from_slice(self.bytes());
        space.write(Rank::HeapData, at, self.whole(bytes)?)
    }

    /// It is full: gives all of it, behind what it was filled behind.
    pub(super) fn filled(mut self) -> Result<Vec<u8>> {
        let bytes = self.bytes.take().unwrap_or_default();
        self.whole(bytes)
    }

    /// Parts it from what it was filled behind; gives that.
    pub(super) fn part(&mut self) -> Vec<u8> {
        let begin = std::mem::take(&mut self.begin);
        let Some(bytes) = &mut self.bytes else { return Vec::new() };
        if begin == 0 {
            // There may be room for more than this one.
            bytes.shrink_to(self.size);
            return Vec::new();
        }
        let own = bytes.split_off(begin.min(bytes.len()));
        std::mem::replace(bytes, own)
    }

    /// All of it, of which `bytes` is what is not free.
    fn whole(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        let end = self.begin.saturating_add(self.size);
        let room = end.saturating_sub(bytes.len());
        let mut e = Encoder::behind(<ObjectHeader as Structure>::NAME, self.sizes, bytes);
        // Fewer bytes than a header takes are free without saying so.
        if room >= ObjectHeader::len(self.sizes) {
            ObjectHeader { index: 0, references: 0, size: wide(room) }.encode(&mut e)?;
        }
        let left = end.saturating_sub(e.position());
        e.zeros(left);
        Ok(e.into_bytes())
    }

    /// Gives up what is free beyond the least size of a collection, in pages of that size; gives
    /// how many bytes that are.
    pub(super) fn shrink(&mut self) -> Result<u64> {
        let page = usize::try_from(CollectionHeader::MIN_SIZE).unwrap_or(usize::MAX);
        let used = self.bytes().len();
        let size = used.checked_next_multiple_of(page).unwrap_or(self.size).max(page);
        let Some(left) = self.size.checked_sub(size).filter(|left| *left > 0) else { return Ok(0) };
        let head = CollectionHeader { size: wide(size) }.to_bytes_in(self.sizes, &())?;
        if let Some(bytes) = &mut self.bytes {
            bytes.iter_mut().skip(self.begin).zip(head).for_each(|(to, from)| *to = from);
        }
        self.size = size;
        Ok(wide(left))
    }

    /// The widths of its file.
    pub(super) fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// Bytes of all of it.
    pub(super) fn size(&self) -> u64 {
        wide(self.size)
    }

    /// What of it is in memory here, and not lent by the [`Space`]: all but the free space.
    pub(super) fn own_bytes(&self) -> Option<&[u8]> {
        self.bytes.as_ref()?.get(self.begin..)
    }

    fn bytes(&self) -> &[u8] {
        self.own_bytes().unwrap_or_default()
    }

    /// The indexes of all objects.
    pub(super) fn indexes(&self) -> impl Iterator<Item = u32> {
        self.objects.iter().map(|object| u32::from(object.index()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Whether there is an object `index`.
    pub(super) fn has(&self, index: u32) -> bool {
        u16::try_from(index).is_ok_and(|index| self.place(index).is_some())
    }

    /// Where the data of object `index` lie in `bytes`, which are those of this collection.
    #[inline]
    pub(super) fn find(&self, index: u32, bytes: &[u8]) -> Option<Range<usize>> {
        data_of(self.place(u16::try_from(index).ok()?)?, bytes, self.sizes)
    }

    #[inline]
    fn place(&self, index: u16) -> Option<Place> {
        // Nearly always the objects are numbered from 1 without a gap.
        let guess = self.objects.get(usize::from(index).checked_sub(1)?);
        if let Some(place) = guess.filter(|place| place.index() == index) {
            return Some(*place);
        }
        let at = self.objects.binary_search_by_key(&index, |place| place.index()).ok()?;
        self.objects.get(at).copied()
    }

    /// Bytes of memory it takes, about.
    pub(super) fn weight(&self) -> u64 {
        let objects = wide(self.objects.capacity()).saturating_mul(8);
        self.bytes.as_ref().map_or(0, |bytes| wide(bytes.capacity())).saturating_add(objects)
    }

    /// Bytes of the largest object there is room for; `None` where there is room for none.
    #[inline]
    pub(super) fn room(&self) -> Option<usize> {
        let room = self.size.saturating_sub(self.own_bytes()?.len());
        let data = room.checked_sub(ObjectHeader::len(self.sizes))?;
        let full = self.objects.len() >= usize::from(u16::MAX);
        (!full).then(|| data.saturating_sub(data & 7))
    }

    /// Keeps `data` under the smallest index that is free; `None` where there is no room.
    #[inline]
    pub(super) fn insert(&mut self, data: &[u8]) -> Result<Option<u16>> {
        if self.room().is_none_or(|room| room < data.len()) {
            return Ok(None);
        }
        // The objects in front of the first gap have the number of their place.
        let numbered = |place: usize| u16::try_from(place.saturating_add(1)).ok();
        let place = match self.objects.last() {
            Some(last) if usize::from(last.index()) != self.objects.len() => {
                let mut places = self.objects.iter().enumerate();
                let gap = places.position(|(at, place)| numbered(at) != Some(place.index()));
                gap.unwrap_or(self.objects.len())
            }
            _ => self.objects.len(),
        };
        let Some(index) = numbered(place) else { return Ok(None) };
        let header = ObjectHeader { index, references: 1, size: wide(data.len()) };
        let bytes = self.bytes.take().unwrap_or_default();
        let mut e = Encoder::behind(<ObjectHeader as Structure>::NAME, self.sizes, bytes);
        header.encode(&mut e)?;
        let start = e.position().saturating_sub(self.begin);
        let object = Place::new(index, start).ok_or_else(|| too_large(data.len()))?;
        e.bytes(data);
        if place == self.objects.len() {
            self.objects.push(object);
        } else {
            self.objects.insert(place, object);
        }
        e.zeros(padding(data.len()));
        self.bytes = Some(e.into_bytes());
        Ok(Some(index))
    }

    /// Removes the objects of which `gone` is true and moves the others together; gives how many
    /// there were.
    pub(super) fn remove(&mut self, gone: impl Fn(u16) -> bool) -> usize {
        let before = self.objects.len();
        let Some(bytes) = &mut self.bytes else { return 0 };
        self.objects.retain(|place| !gone(place.index()));
        let mut order: Vec<&mut Place> = self.objects.iter_mut().collect();
        order.sort_unstable_by_key(|place| place.start());
        let header = ObjectHeader::len(self.sizes);
        let mut free = CollectionHeader::len(self.sizes);
        for place in order {
            let from = place.start().saturating_sub(header);
            let len = data_of(*place, bytes, self.sizes).map_or(0, |data| data.len());
            let taken = header.saturating_add(len).saturating_add(padding(len));
            // Nothing pads data that fills the collection to its end.
            let until = from.saturating_add(taken).min(bytes.len());
            if free < from {
                bytes.copy_within(from..until, free);
            }
            let start = free.saturating_add(header);
            *place = Place::new(place.index(), start).unwrap_or(*place);
            free = free.saturating_add(taken).min(bytes.len());
            bytes.get_mut(start.saturating_add(len)..free).unwrap_or_default().fill(0);
        }
        bytes.truncate(free);
        before.saturating_sub(self.objects.len())
    }

    #[cfg(test)]
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        let (size, sizes) = (bytes.len(), Sizes { offsets: 8, lengths: 8 });
        Self { bytes: Some(bytes), begin: 0, size, objects: Vec::new(), sizes }
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

/// Where the data of the object at `place` lie in `bytes`.
#[inline]
fn data_of(place: Place, bytes: &[u8], sizes: Sizes) -> Option<Range<usize>> {
    Some(object_at(bytes, place.start(), sizes)?.1)
}

/// The header of the object whose data start at `start`, and where in `bytes` the data lie.
#[inline]
pub(super) fn object_at(
    bytes: &[u8],
    start: usize,
    sizes: Sizes,
) -> Option<(ObjectHeader, Range<usize>)> {
    let head = bytes.get(start.checked_sub(ObjectHeader::len(sizes))?..)?;
    let header = ObjectHeader::first(head, sizes)?;
    let end = start.checked_add(usize::try_from(header.size).ok()?)?;
    (end <= bytes.len()).then_some((header, start..end))
}

/// Brings the first of `bytes` into the processor's cache, many at once: who goes from object to object
/// knows no place before it has read the one in front of it, and would wait for memory at each.
fn touch(bytes: &[u8]) {
    const LINE: usize = 64;
    const MOST: usize = 1024;

    let some = bytes.iter().step_by(LINE).take(MOST);
    std::hint::black_box(some.fold(0, |all, byte| all ^ byte));
}

/// Where the objects of the collection lie that `d` starts at, by index, and where its free space
/// starts.
fn directory(d: &mut Decoder<'_>) -> Result<(Vec<Place>, usize)> {
    /// Objects that there is room for at first; strings of some words fill a small collection.
    const SOME: usize = 120;

    CollectionHeader::decode(d)?;
    let header = ObjectHeader::len(d.sizes());
    let mut objects = Vec::with_capacity(SOME);
    // Fewer bytes than a header takes are free.
    let mut free = d.position();
    let inner = |d: &mut Decoder<'_>| {
        while d.remaining() >= header {
            let object = ObjectHeader::decode(d)?;
            if object.index == 0 {
                break;
            }
            let start = d.position();
            d.bytes_u64("Object Data", object.size)?;
            // Nothing pads data that fills the collection to its end.
            d.skip("Padding", padding(d.position().saturating_sub(start)).min(d.remaining()))?;
            let place = Place::new(object.index, start);
            objects.push(place.ok_or_else(|| d.broken("Object Data", "lie too far off"))?);
            free = d.position();
        }
        Ok(())
    };
    d.embedded(<ObjectHeader as Structure>::NAME, "Objects", inner)?;
    objects.shrink_to_fit();
    if !objects.is_sorted_by_key(|place| place.index()) {
        objects.sort_by_key(|place| place.index());
    }
    Ok((objects, free))
}

/// The first object whose successor has the same index.
fn duplicate(objects: &[Place]) -> Option<Place> {
    let next = objects.iter().skip(1);
    let mut pairs = objects.iter().zip(next);
    pairs.find(|(a, b)| a.index() == b.index()).map(|(first, _)| *first)
}
