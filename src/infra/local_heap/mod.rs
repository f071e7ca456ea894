//! Local heaps: the names of a symbol table group, of external files.
//!
//! See `spec-notes/heaps.md`.

mod editor;

use std::borrow::Cow;
use std::cmp::Ordering;

use editor::aligned;
pub(crate) use editor::{LocalHeapEditor, collect_garbage};

use crate::codec::{Address, Decoder, Structure, wide};
use crate::error::Result;
use crate::format::local_heap::{FreeBlock, LocalHeap as Header};
use crate::space::{Extents, Space};

const SEGMENT: &str = "Local Heap Data Segment";

/// A local heap's data segment: borrowed from a mapped file, copied from any other.
#[derive(Debug)]
pub(crate) struct LocalHeap<'a> {
    space: &'a Space,
    header: Header,
    data: Cow<'a, [u8]>,
}

impl<'a> LocalHeap<'a> {
    /// Reads the heap whose header lies at `address`.
    pub(crate) fn load(space: &'a Space, address: Address) -> Result<Self> {
        let header = load_header(space, address)?;
        let data = match space.heed(space.read(SEGMENT, header.data, header.data_size))? {
            Some(data) => data,
            // What is there of one that was cut off.
            None => {
                let there = space.available(header.data, header.data_size);
                space.read(SEGMENT, header.data, there)?
            }
        };
        Ok(Self { space, header, data })
    }

    /// Bytes of the data segment.
    pub(crate) fn len(&self) -> u64 {
        wide(self.data.len())
    }

    /// The bytes from `offset` up to the next NUL, which the data segment must hold.
    pub(crate) fn string(&self, offset: u64) -> Result<&[u8]> {
        self.decoder(SEGMENT, "String", offset)?.nul_terminated("String")
    }

    /// Whether a string may begin at `offset`: where one is aligned, or behind the end of another.
    pub(crate) fn begins(&self, offset: u64) -> bool {
        let before = offset.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        offset & 7 == 0 || before.and_then(|at| self.data.get(at)) == Some(&0)
    }

    /// Offset and size of every free block, in bytes.
    pub(crate) fn free_blocks(&self) -> Result<Vec<(u64, u64)>> {
        let mut blocks = Vec::new();
        let mut next = self.header.free_head;
        let mut left = self.len();
        while let Some(offset) = next {
            let place = self.header.data.plus(offset);
            let broken =
                |words| self.space.broken(FreeBlock::NAME, "Size of Free Block", place, words);
            let field = "Offset of Next Free Block";
            let block = FreeBlock::decode(&mut self.decoder(FreeBlock::NAME, field, offset)?)?;
            if block.size == 0 || offset.saturating_add(block.size) > self.len() {
                return Err(broken("the block does not lie in the data segment"));
            }
            // Disjoint blocks fill the data segment at most: a list that loops runs out of it.
            left = left.checked_sub(block.size).ok_or_else(|| broken("the blocks overlap"))?;
            blocks.push((offset, block.size));
            next = block.next;
        }
        Ok(blocks)
    }

    fn decoder(
        &self,
        structure: &'static str,
        field: &'static str,
        offset: u64,
    ) -> Result<Decoder<'_>> {
        decoder((self.space, &self.header), &self.data, structure, field, offset)
    }
}

/// A decoder of what lies at `offset` of the data segment of a heap.
fn decoder<'a>(
    (space, header): (&'a Space, &Header),
    data: &'a [u8],
    structure: &'static str,
    field: &'static str,
    offset: u64,
) -> Result<Decoder<'a>> {
    let at = header.data.plus(offset);
    let bytes = usize::try_from(offset).ok().and_then(|start| data.get(start..));
    let bytes = bytes.ok_or_else(|| {
        let problem = format!("offset {offset} lies outside the {} bytes", data.len());
        space.broken(structure, field, at, problem)
    })?;
    Ok(space.decoder(structure, at, bytes))
}

/// Where the strings of a local heap lie, of which only those asked for are read.
#[derive(Debug, Clone)]
pub(crate) struct StringsPlace(Header);

impl StringsPlace {
    /// Reads the header at `address`.
    pub(crate) fn load(space: &Space, address: Address) -> Result<Self> {
        load_header(space, address).map(Self)
    }

    /// How the string at `offset` compares with `name`, which holds no NUL.
    pub(crate) fn compare(&self, space: &Space, offset: u64, name: &[u8]) -> Result<Ordering> {
        compare(space, &self.0, offset, name)
    }

    /// The strings, where they are in memory and nobody changes them.
    pub(crate) fn lent<'a>(&'a self, space: &'a Space) -> Option<LentStrings<'a>> {
        let data = space.lent(self.0.data, self.0.data_size)?;
        Some(LentStrings { space, header: &self.0, data })
    }
}

/// The strings of a heap in memory that nobody changes.
#[derive(Debug)]
pub(crate) struct LentStrings<'a> {
    space: &'a Space,
    header: &'a Header,
    data: &'a [u8],
}

impl LentStrings<'_> {
    /// Bytes of the data segment.
    pub(crate) fn len(&self) -> u64 {
        wide(self.data.len())
    }

    /// The string at `offset`.
    pub(crate) fn string(&self, offset: u64) -> Result<&[u8]> {
        let heap = (self.space, self.header);
        decoder(heap, self.data, SEGMENT, "String", offset)?.nul_terminated("String")
    }

    /// How the string at `offset` compares with `name`, which holds no NUL.
    #[inline]
    pub(crate) fn compare(&self, offset: u64, name: &[u8]) -> Result<Ordering> {
        let stored = usize::try_from(offset).ok().and_then(|offset| self.data.get(offset..));
        match stored.and_then(|stored| stored.split_at_checked(name.len())) {
            // A string that ends within these bytes has a NUL where the name has none, and is less.
            Some((start, [next, more @ ..])) if *next == 0 || !more.is_empty() => {
                Ok(start.cmp(name).then(next.cmp(&0)))
            }
            _ => compare(self.space, self.header, offset, name),
        }
    }
}

/// How the string at `offset` compares with `name`, which holds no NUL.
fn compare(space: &Space, header: &Header, offset: u64, name: &[u8]) -> Result<Ordering> {
    let at = header.data.plus(offset);
    let broken = |problem| space.broken(SEGMENT, "String", at, problem);
    let room = header.data_size.checked_sub(offset);
    let room = room.ok_or_else(|| broken("it lies outside the data segment"))?;
    // One byte more than the name decides, whether it is the NUL or not.
    let window = room.min(wide(name.len()).saturating_add(1));
    let stored = space.read(SEGMENT, at, window)?;
    match stored.iter().position(|byte| *byte == 0) {
        Some(len) => Ok(stored.get(..len).unwrap_or_default().cmp(name)),
        None if window < room => Ok(stored.as_ref().cmp(name)),
        None => Err(broken("it runs out of the data segment")),
    }
}

/// Adds the header and the data segment of the heap at `address` to `extents`.
pub(crate) fn extents(space: &Space, address: Address, extents: &mut Extents) -> Result<()> {
    let header = load_header(space, address)?;
    let len = Header::size(space.sizes());
    // A header written by libhdf5 fills whole units; others may start the data right behind it.
    let len = if header.data == address.plus(len) { len } else { aligned(len) };
    extents.local_heap(address);
    extents.of_heap(|extents| {
        extents.metadata(address, len);
        extents.metadata(header.data, header.data_size);
        Ok(())
    })
}

fn load_header(space: &Space, address: Address) -> Result<Header> {
    space.load(address, Header::size(space.sizes()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::codec::{Sizes, StructureIn};
    use crate::io::Memory;
    use crate::limits::Limits;

    const SIZES: Sizes = Sizes { offsets: 4, lengths: 4 };
    /// Bytes of the header, behind which the data segment starts.
    const DATA: u64 = 20;

    /// A heap of "" at 0, "one" at 8 and `free` from 16 on.
    fn space(free: &[FreeBlock]) -> Space {
        let header = Header { data_size: 32, free_head: Some(16), data: Address(DATA) };
        let mut bytes = header.to_bytes_in(SIZES, &()).unwrap();
        bytes.extend(b"\0\0\0\0\0\0\0\0one\0\0\0\0\0");
        free.iter().for_each(|block| bytes.extend(block.to_bytes_in(SIZES, &()).unwrap()));
        bytes.resize(52, 0xff);
        Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap()
    }

    #[test]
    fn finds_strings_and_free_blocks() {
        let space = space(&[FreeBlock { next: None, size: 16 }]);
        let heap = LocalHeap::load(&space, Address(0)).unwrap();
        assert_eq!(heap.string(0).unwrap(), b"");
        assert_eq!(heap.string(8).unwrap(), b"one");
        assert_eq!(heap.free_blocks().unwrap(), [(16, 16)]);
        assert_eq!(heap.string(25).unwrap_err().location().unwrap().offset, DATA + 25);
        assert_eq!(heap.string(33).unwrap_err().location().unwrap().structure, SEGMENT);
    }

    #[test]
    fn a_free_list_that_loops_ends() {
        let space = space(&[FreeBlock { next: Some(16), size: 16 }]);
        let heap = LocalHeap::load(&space, Address(0)).unwrap();
        let error = heap.free_blocks().unwrap_err();
        assert_eq!(error.location().unwrap().field, "Size of Free Block");
    }

    #[test]
    fn strings_compare_with_names() {
        let space = space(&[FreeBlock { next: None, size: 16 }]);
        let place = StringsPlace::load(&space, Address(0)).unwrap();
        let strings = |offset, name| place.compare(&space, offset, name);
        let names: [&[u8]; 8] = [b"", b"o", b"on", b"one", b"one ", b"ond", b"onf", b"p"];
        let lent = place.lent(&space).unwrap();
        for name in names {
            assert_eq!(strings(8, name).unwrap(), b"one"[..].cmp(name));
            assert_eq!(strings(0, name).unwrap(), b""[..].cmp(name));
            assert_eq!(lent.compare(8, name).unwrap(), b"one"[..].cmp(name));
            assert_eq!(lent.compare(0, name).unwrap(), b""[..].cmp(name));
        }
        assert_eq!(lent.compare(8, &[b'x'; 30]).unwrap(), Ordering::Less);
        assert!(lent.compare(30, b"\xff").is_err() && lent.compare(33, b"one").is_err());
        assert_eq!(strings(30, b"\xff").unwrap_err().location().unwrap().field, "String");
        assert!(strings(33, b"one").is_err());
    }
}
