//! Changes of local heaps.
//!
//! A commit writes the changed parts of an old heap one by one, and each leaves a heap that others
//! can read: new free blocks come first, what leads to free blocks next, strings last, and before
//! anything that refers to them. A string that is removed keeps its bytes until nothing that is
//! committed refers to it: only then its room becomes a free block. A data segment that has outgrown
//! its place moves as a whole; the header, which stays, then says where it is.

use std::cmp::Ordering;

use super::{Header, SEGMENT, compare, load_header};
use crate::codec::{Address, Structure, wide};
use crate::error::{Error, Result};
use crate::format::local_heap::FreeBlock;
use crate::space::{Purpose, Rank, Space};

/// Strings and free blocks start at multiples of it.
const ALIGNMENT: u64 = 8;
/// Free blocks looked at for a string: more would take longer than the space is worth.
const LOOKED_AT: usize = 256;
/// A new segment is written in pieces of this many bytes, so that a change in one copies no more.
const PIECE: u64 = 4096;

/// What has the offset of a free block: the block before it, or the header.
#[derive(Debug, Clone)]
enum Before {
    Header,
    Block(u64, FreeBlock),
}

/// A local heap open for changes. Every change is in the space when its call returns.
#[derive(Debug, Clone)]
pub(crate) struct LocalHeapEditor {
    address: Address,
    header: Header,
}

impl LocalHeapEditor {
    /// Makes a heap with a data segment of `data_size` bytes, rounded up, that holds the empty
    /// string at offset 0.
    pub(crate) fn create(space: &Space, data_size: u64) -> Result<Self> {
        let least = ALIGNMENT.saturating_add(min_free(space));
        let data_size = aligned(data_size.max(least));
        let header_len = aligned(Header::size(space.sizes()));
        // As libhdf5 does it: it reads the two at once where they touch.
        let address = space.allocate(Purpose::Metadata, header_len.saturating_add(data_size))?;
        let data = address.plus(header_len);
        let header = Header { data_size, free_head: Some(ALIGNMENT), data };
        let heap = Self { address, header };
        heap.write_segment(space, None, data, &[(ALIGNMENT, data_size.saturating_sub(ALIGNMENT))])?;
        space.save(Rank::Heap, address, &heap.header, header_len)?;
        Ok(heap)
    }

    /// Opens the heap whose header lies at `address`.
    ///
    /// # Errors
    ///
    /// Where its strings do not lie in the file: they may be about to be copied.
    pub(crate) fn load(space: &Space, address: Address) -> Result<Self> {
        let header = load_header(space, address)?;
        if header.data.plus(header.data_size) > space.end() {
            let problem = "the data segment does not lie in the file";
            return Err(space.broken(Header::NAME, "Data Segment Size", address, problem));
        }
        Ok(Self { address, header })
    }

    /// Where the header lies.
    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// How the string at `offset` compares with `name`, which holds no NUL.
    pub(crate) fn compare(&self, space: &Space, offset: u64, name: &[u8]) -> Result<Ordering> {
        compare(space, &self.header, offset, name)
    }

    /// Adds `string` and a NUL; gives their offset.
    pub(crate) fn insert(&mut self, space: &Space, string: &[u8]) -> Result<u64> {
        if string.contains(&0) {
            return Err(Error::usage("a string of a local heap holds no NUL"));
        }
        let need = aligned(wide(string.len()).saturating_add(1));
        let offset = match self.take(space, need)? {
            Some(offset) => offset,
            None => {
                self.grow(space, need)?;
                self.take(space, need)?.ok_or_else(|| self.broken(space, 0, "it did not grow"))?
            }
        };
        let mut bytes = string.to_vec();
        bytes.resize(usize::try_from(need).unwrap_or(usize::MAX), 0);
        space.write(Rank::HeapText, self.header.data.plus(offset), bytes)?;
        Ok(offset)
    }

    /// Lets go of the string at `offset`: its room is used again once the next commit is over, and
    /// [`collect_garbage`] has been called.
    pub(crate) fn remove(&self, space: &Space, offset: u64) -> Result<()> {
        let size = aligned(self.string_len(space, offset)?.saturating_add(1));
        let size = size.min(self.header.data_size.saturating_sub(offset));
        if offset == 0 || offset.checked_rem(ALIGNMENT) != Some(0) {
            // The empty string, or one that shares its unit with another.
            return Ok(());
        }
        space.let_go(self.address, offset, size)
    }

    /// Makes a free block of `size` bytes at `offset`, or a part of one.
    fn reclaim(&mut self, space: &Space, offset: u64, size: u64) -> Result<()> {
        let end = offset.saturating_add(size);
        let list = self.first_blocks(space)?;
        let before = |index: usize| {
            let found = index.checked_sub(1).and_then(|index| list.get(index)).cloned();
            found.map_or(Before::Header, |(at, block)| Before::Block(at, block))
        };
        if let Some((at, block)) = list.iter().find(|(at, b)| at.saturating_add(b.size) == offset) {
            let mut joined = FreeBlock { next: block.next, size: block.size.saturating_add(size) };
            if let Some((_, behind)) = list.iter().find(|b| block.next == Some(b.0) && b.0 == end) {
                joined.next = behind.next;
                joined.size = joined.size.saturating_add(behind.size);
            }
            return self.save_block(space, *at, &joined);
        }
        if size < min_free(space) {
            // Too small to be a block. What says so of the block behind it cannot be written anew in
            // front of it, where half of it lies over the old one: lost until the segment goes.
            return Ok(());
        }
        if let Some(index) = list.iter().position(|(at, _)| *at == end)
            && let Some((_, block)) = list.get(index)
        {
            let joined = FreeBlock { next: block.next, size: block.size.saturating_add(size) };
            return self.link(space, before(index), offset, &joined);
        }
        let block = FreeBlock { next: self.header.free_head, size };
        self.link(space, Before::Header, offset, &block)
    }

    /// Takes `need` bytes out of the free list; gives their offset.
    fn take(&mut self, space: &Space, need: u64) -> Result<Option<u64>> {
        let mut before = Before::Header;
        let mut next = self.header.free_head;
        for _ in 0..LOOKED_AT {
            let Some(at) = next else { break };
            let block = self.load_block(space, at)?;
            let end = at.saturating_add(block.size);
            // From the end of the block, so that it stays where it is.
            let start = end.checked_sub(need).map(|start| start & !(ALIGNMENT.wrapping_sub(1)));
            if let Some(left) = start.and_then(|start| start.checked_sub(at)) {
                if left >= min_free(space) {
                    let rest = FreeBlock { next: block.next, size: left };
                    self.save_block(space, at, &rest)?;
                    return Ok(start);
                }
                if left == 0 {
                    self.point(space, before, block.next)?;
                    return Ok(start);
                }
            }
            next = block.next;
            before = Before::Block(at, block);
        }
        Ok(None)
    }

    /// Puts `block`, at `offset`, into the free list, where a string has been.
    fn link(
        &mut self,
        space: &Space,
        before: Before,
        offset: u64,
        block: &FreeBlock,
    ) -> Result<()> {
        let at = self.header.data.plus(offset);
        space.save(Rank::HeapData, at, block, FreeBlock::fields(space.sizes()))?;
        self.point(space, before, Some(offset))
    }

    /// Lets the free list go on with `next` behind `before`.
    fn point(&mut self, space: &Space, before: Before, next: Option<u64>) -> Result<()> {
        match before {
            Before::Block(at, block) => {
                self.save_block(space, at, &FreeBlock { next, size: block.size })
            }
            Before::Header => {
                self.header.free_head = next;
                self.save_header(space)
            }
        }
    }

    /// Moves the data segment to where there is twice the room, and more where `need` bytes do not
    /// fit then.
    fn grow(&mut self, space: &Space, need: u64) -> Result<()> {
        let old = self.header.clone();
        let more = need.saturating_add(min_free(space)).saturating_add(ALIGNMENT);
        let data_size = aligned(old.data_size.saturating_add(more.max(old.data_size)));
        let tail = aligned(old.data_size);
        let mut blocks = self.all_blocks(space)?;
        blocks.push((tail, data_size.saturating_sub(tail)));
        let blocks = joined(blocks);
        let data = space.allocate(Purpose::Metadata, data_size)?;
        self.header = Header { data_size, free_head: blocks.last().map(|block| block.0), data };
        self.write_segment(space, Some(&old), data, &blocks)?;
        space.free(Purpose::Metadata, old.data, old.data_size)?;
        self.save_header(space)
    }

    /// Writes a new segment at `data`: what the `old` one held, zeros, and the free `blocks`, which
    /// are sorted. The list starts with the last.
    fn write_segment(
        &self,
        space: &Space,
        old: Option<&Header>,
        data: Address,
        blocks: &[(u64, u64)],
    ) -> Result<()> {
        let mut offset = 0;
        while let Some(left) = self.header.data_size.checked_sub(offset).filter(|left| *left > 0) {
            let len = left.min(PIECE);
            let mut piece = Vec::new();
            if let Some(old) = old {
                let kept = old.data_size.saturating_sub(offset).min(len);
                piece = space.read(SEGMENT, old.data.plus(offset), kept)?.into_owned();
            }
            piece.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
            space.write(Rank::HeapData, data.plus(offset), piece)?;
            offset = offset.saturating_add(len);
        }
        let mut next = None;
        for (at, size) in blocks {
            self.save_block(space, *at, &FreeBlock { next, size: *size })?;
            next = Some(*at);
        }
        Ok(())
    }

    /// The free block at `offset`.
    fn load_block(&self, space: &Space, offset: u64) -> Result<FreeBlock> {
        let len = FreeBlock::fields(space.sizes());
        let end = self.header.data_size;
        if offset.checked_add(len).is_none_or(|last| last > end) {
            return Err(self.broken(space, offset, "a free block lies outside the data segment"));
        }
        let block: FreeBlock = space.load(self.header.data.plus(offset), len)?;
        if block.size < len || offset.checked_add(block.size).is_none_or(|last| last > end) {
            return Err(self.broken(
                space,
                offset,
                "a free block does not lie in the data segment",
            ));
        }
        Ok(block)
    }

    /// Saves a free block: one that came with this commit before all that leads to it, another one
    /// with what does.
    fn save_block(&self, space: &Space, offset: u64, block: &FreeBlock) -> Result<()> {
        let at = self.header.data.plus(offset);
        let is_new = space.pending_rank(at) == Some(Rank::HeapData);
        let rank = if is_new { Rank::HeapData } else { Rank::Heap };
        space.save(rank, at, block, FreeBlock::fields(space.sizes()))
    }

    /// The first blocks of the free list, as many as are looked at.
    fn first_blocks(&self, space: &Space) -> Result<Vec<(u64, FreeBlock)>> {
        let mut blocks = Vec::new();
        let mut next = self.header.free_head;
        while let Some(at) = next.filter(|_| blocks.len() < LOOKED_AT) {
            let block = self.load_block(space, at)?;
            next = block.next;
            blocks.push((at, block));
        }
        Ok(blocks)
    }

    /// Offset and size of every free block.
    fn all_blocks(&self, space: &Space) -> Result<Vec<(u64, u64)>> {
        let mut blocks = Vec::new();
        // Disjoint blocks fill the data segment at most.
        let mut left = self.header.data_size;
        let mut next = self.header.free_head;
        while let Some(at) = next {
            let block = self.load_block(space, at)?;
            left = left
                .checked_sub(block.size)
                .ok_or_else(|| self.broken(space, at, "the free blocks overlap"))?;
            blocks.push((at, block.size));
            next = block.next;
        }
        Ok(blocks)
    }

    /// Bytes of the string at `offset`, without the NUL.
    fn string_len(&self, space: &Space, offset: u64) -> Result<u64> {
        let mut at = offset;
        while let Some(left) = self.header.data_size.checked_sub(at).filter(|left| *left > 0) {
            let piece = space.read(SEGMENT, self.header.data.plus(at), left.min(64))?;
            if let Some(len) = piece.iter().position(|byte| *byte == 0) {
                return Ok(at.saturating_sub(offset).saturating_add(wide(len)));
            }
            at = at.saturating_add(wide(piece.len()));
        }
        Err(self.broken(space, offset, "it runs out of the data segment"))
    }

    fn save_header(&self, space: &Space) -> Result<()> {
        space.save(Rank::Heap, self.address, &self.header, Header::size(space.sizes()))
    }

    #[cold]
    fn broken(&self, space: &Space, offset: u64, problem: &str) -> Error {
        space.broken(SEGMENT, "String", self.header.data.plus(offset), problem)
    }
}

/// Makes free blocks of the room of strings that were let go of before the commit that has just been made;
/// the next commit writes it down.
pub(crate) fn collect_garbage(space: &Space) -> Result<()> {
    for (at, strings) in space.take_garbage()? {
        let mut heap = LocalHeapEditor::load(space, at)?;
        strings.iter().try_for_each(|(offset, size)| heap.reclaim(space, offset, size))?;
    }
    Ok(())
}

/// Bytes of the smallest free block libhdf5 makes.
fn min_free(space: &Space) -> u64 {
    aligned(FreeBlock::fields(space.sizes()))
}

pub(super) fn aligned(len: u64) -> u64 {
    len.checked_next_multiple_of(ALIGNMENT).unwrap_or(u64::MAX)
}

/// Blocks sorted, those that touch as one.
fn joined(mut blocks: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    blocks.sort_unstable();
    let mut out: Vec<(u64, u64)> = Vec::new();
    for (at, size) in blocks {
        match out.last_mut() {
            Some((start, len)) if start.saturating_add(*len) >= at => {
                *len = (*len).max(at.saturating_add(size).saturating_sub(*start));
            }
            _ => out.push((at, size)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::Sizes;
    use crate::infra::local_heap::LocalHeap;
    use crate::space::testing::scratch_with;

    /// The strings are where they should be, and no free block covers one.
    fn check(space: &Space, address: Address, strings: &BTreeMap<u64, Vec<u8>>) {
        let heap = LocalHeap::load(space, address).unwrap();
        assert_eq!(heap.string(0).unwrap(), b"");
        let mut taken = vec![(0, 8)];
        for (offset, string) in strings {
            assert_eq!(heap.string(*offset).unwrap(), string);
            assert_eq!(offset % 8, 0);
            taken.push((*offset, (string.len() as u64 + 8) / 8 * 8));
        }
        let free = heap.free_blocks().unwrap();
        for (offset, size) in &free {
            assert!(offset % 8 == 0 && size % 8 == 0 && *size >= min_free(space));
        }
        taken.extend(free);
        taken.sort_unstable();
        for pair in taken.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{taken:?}");
        }
        let (last, size) = *taken.last().unwrap();
        assert!(last + size <= heap.len());
    }

    proptest! {
        #[test]
        fn holds_what_a_map_holds(
            steps in prop::collection::vec((0..8u8, 0..60usize, any::<prop::sample::Index>()), 1..120),
            data_size in 0..200u64,
            sizes in prop::sample::select(vec![(8, 8), (4, 4), (2, 2), (4, 8), (8, 4)]),
        ) {
            let space = scratch_with(Sizes { offsets: sizes.0, lengths: sizes.1 });
            space.commit(false).unwrap();
            let start = space.allocated();
            let mut heap = LocalHeapEditor::create(&space, data_size).unwrap();
            let mut model = BTreeMap::new();
            for (step, len, index) in steps {
                match step {
                    0..=3 => {
                        let string = vec![b'a' + len as u8 % 26; len];
                        let offset = heap.insert(&space, &string).unwrap();
                        prop_assert!(model.insert(offset, string).is_none());
                    }
                    4..=6 if !model.is_empty() => {
                        let offset = *model.keys().nth(index.index(model.len())).unwrap();
                        heap.remove(&space, offset).unwrap();
                        model.remove(&offset);
                    }
                    _ => {
                        space.commit(false).unwrap();
                        collect_garbage(&space).unwrap();
                        heap = LocalHeapEditor::load(&space, heap.address()).unwrap();
                    }
                }
                if len % 3 == 0 {
                    heap = LocalHeapEditor::load(&space, heap.address()).unwrap();
                }
                check(&space, heap.address(), &model);
                for (offset, string) in &model {
                    prop_assert_eq!(heap.compare(&space, *offset, string).unwrap(), Ordering::Equal);
                }
            }
            space.free_all(|extents| super::super::extents(&space, heap.address(), extents)).unwrap();
            prop_assert_eq!(space.allocated(), start);
        }
    }

    #[test]
    fn a_string_in_an_old_segment_is_written_between_the_list_and_what_refers_to_it() {
        assert!(Rank::HeapData < Rank::Heap && Rank::Heap < Rank::HeapText);
        assert!(Rank::HeapText < Rank::GroupNode && Rank::GroupNode < Rank::GroupTree);
    }

    #[test]
    fn free_lists_that_loop_or_leave_the_segment_are_refused() {
        let space = scratch_with(Sizes { offsets: 8, lengths: 8 });
        let heap = LocalHeapEditor::create(&space, 64).unwrap();
        let broken = |block| {
            heap.save_block(&space, 8, &block).unwrap();
            heap.clone().insert(&space, &[b'x'; 100]).unwrap_err()
        };
        let field = |block| broken(block).location().unwrap().structure;
        assert_eq!(field(FreeBlock { next: Some(8), size: 16 }), SEGMENT);
        assert_eq!(field(FreeBlock { next: None, size: 100 }), SEGMENT);
        assert_eq!(field(FreeBlock { next: Some(56), size: 16 }), SEGMENT);
        assert!(heap.clone().insert(&space, b"a\0b").unwrap_err().is_usage());
    }

    #[test]
    fn a_heap_larger_than_the_file_is_refused() {
        let space = scratch_with(Sizes { offsets: 8, lengths: 8 });
        let heap = LocalHeapEditor::create(&space, 80).unwrap();
        let mut header = heap.header.clone();
        header.data_size = 1 << 40;
        let len = Header::size(space.sizes());
        space.save(Rank::Heap, heap.address(), &header, len).unwrap();
        let error = LocalHeapEditor::load(&space, heap.address()).unwrap_err();
        assert_eq!(error.location().unwrap().field, "Data Segment Size");
    }
}
