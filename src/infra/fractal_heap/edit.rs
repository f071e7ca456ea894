//! Objects put into a fractal heap, replaced, and taken out.

use std::sync::Arc;

use super::release::Freed;
use super::{Found, FractalHeap};
use crate::codec::{Address, Sizes, StructureIn, wide};
use crate::error::{Error, Result};
use crate::format::fractal_heap::{
    DirectBlock, DirectBlockContext, DoublingTable, FractalHeapFlags, FractalHeapHeader, HeapId,
    HeapStatistics,
};
use crate::space::{Purpose, Rank, Space};

/// Bytes of the largest managed object of a new heap.
const MAX_MANAGED_SIZE: u32 = 4096;
/// Bytes of the largest block with objects.
const MAX_DIRECT_SIZE: u64 = 65_536;

/// Shape of a new heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeapCreation {
    id_length: u16,
    starting_block_size: u64,
    max_heap_bits: u16,
}

impl HeapCreation {
    /// The heap of a group's links.
    pub(crate) const LINKS: Self =
        Self { id_length: 7, starting_block_size: 512, max_heap_bits: 32 };
    /// The heap of an object's attributes.
    pub(crate) const ATTRIBUTES: Self =
        Self { id_length: 8, starting_block_size: 1024, max_heap_bits: 40 };

    fn header(self, sizes: Sizes) -> FractalHeapHeader {
        // Lengths of two bytes cannot name the usual size.
        let max_direct_size =
            if sizes.lengths < 4 { MAX_DIRECT_SIZE >> 1 } else { MAX_DIRECT_SIZE };
        FractalHeapHeader {
            id_length: self.id_length,
            flags: FractalHeapFlags::CHECKSUMMED,
            max_managed_size: MAX_MANAGED_SIZE,
            next_huge_id: 0,
            huge_tree: None,
            free_space: 0,
            free_space_manager: None,
            statistics: HeapStatistics::default(),
            table: DoublingTable {
                width: 4,
                starting_block_size: self.starting_block_size,
                max_direct_size,
                max_heap_bits: self.max_heap_bits,
                starting_rows: 1,
                root: None,
                root_rows: 0,
            },
            filters: None,
        }
    }
}

impl FractalHeap {
    /// A new heap, without objects.
    pub(crate) fn create(space: &Space, creation: HeapCreation) -> Result<Self> {
        let header = creation.header(space.sizes());
        let at = space.allocate(Purpose::Metadata, header.size(space.sizes()))?;
        let heap = Self::with_header(at, header, Vec::new());
        heap.save_header(space)?;
        Ok(heap)
    }

    /// Where the heap's header is.
    pub(crate) fn at(&self) -> Address {
        self.at
    }

    /// Puts `object` into the heap; gives its id.
    ///
    /// # Errors
    ///
    /// An object without bytes; a heap with filters.
    pub(crate) fn insert(&mut self, space: &Space, object: &[u8]) -> Result<Vec<u8>> {
        self.check_editable()?;
        space.bring_first(|| self.put_in(space, object))
    }

    pub(super) fn put_in(&mut self, space: &Space, object: &[u8]) -> Result<Vec<u8>> {
        let layout = self.header.id_layout();
        let len = wide(object.len());
        let id = if object.is_empty() {
            return Err(Error::usage("an object of a heap has a byte at least"));
        } else if len > u64::from(self.header.max_managed_size) {
            HeapId::Huge(self.insert_huge(space, object)?)
        } else if len <= layout.max_tiny() {
            self.count_tiny(len, true);
            HeapId::Tiny(object.to_vec())
        } else {
            self.insert_managed(space, object)?
        };
        self.save_header(space)?;
        id.to_bytes_in(space.sizes(), &layout)
    }

    /// Takes the object with the id `id` out of the heap.
    ///
    /// # Errors
    ///
    /// An id of no object; a heap with filters.
    pub(crate) fn remove(&mut self, space: &Space, id: &[u8]) -> Result<()> {
        self.check_editable()?;
        // What named the object is written first. Where the heap has new objects, too, what names
        // those comes last instead.
        if space.is_adding(self.at) {
            space.bring_first(|| self.take_out(space, id))
        } else {
            space.take_away(|| self.take_out(space, id))
        }
    }

    /// Takes all objects with these ids out of the heap: what says what is free is written once.
    ///
    /// # Errors
    ///
    /// As [`remove`](Self::remove).
    pub(crate) fn remove_all<'i>(
        &mut self,
        space: &Space,
        ids: impl Iterator<Item = &'i [u8]>,
    ) -> Result<()> {
        self.check_editable()?;
        let mut gone: Vec<_> = ids.map(|id| self.decode_id(space, id)).collect::<Result<_>>()?;
        // Those that lie together leave one run.
        gone.sort_by_key(|id| match id {
            HeapId::Managed { offset, .. } => *offset,
            _ => 0,
        });
        if space.is_adding(self.at) {
            space.bring_first(|| self.take_all_out(space, gone))
        } else {
            space.take_away(|| self.take_all_out(space, gone))
        }
    }

    fn take_all_out(&mut self, space: &Space, gone: Vec<HeapId>) -> Result<()> {
        let is_managed = |id: &HeapId| matches!(id, HeapId::Managed { .. });
        let has_managed = gone.iter().any(is_managed);
        if has_managed {
            self.load_gaps(space)?;
        }
        for id in gone {
            match id {
                HeapId::Managed { offset, length } => self.let_go(space, offset, length)?,
                HeapId::Huge(object) => self.remove_huge(space, &object)?,
                HeapId::Tiny(data) => self.count_tiny(wide(data.len()), false),
            }
        }
        if has_managed {
            self.hold_indirect();
            self.give_back_blocks(space, Freed::Much)?;
            self.save_all_indirect(space)?;
            self.save_manager(space)?;
        }
        self.save_header(space)
    }

    fn take_out(&mut self, space: &Space, id: &[u8]) -> Result<()> {
        match self.decode_id(space, id)? {
            HeapId::Managed { offset, length } => self.remove_managed(space, offset, length)?,
            HeapId::Huge(object) => self.remove_huge(space, &object)?,
            HeapId::Tiny(data) => self.count_tiny(wide(data.len()), false),
        }
        self.save_header(space)
    }

    /// Refuses a heap that cannot be changed.
    pub(crate) fn check_editable(&self) -> Result<()> {
        match self.header.filters {
            None => Ok(()),
            Some(_) => Err(Error::unsupported("changes of a fractal heap with filters")),
        }
    }

    pub(super) fn save_header(&self, space: &Space) -> Result<()> {
        space.save(Rank::Heap, self.at, &self.header, self.header.size(space.sizes()))
    }

    fn count_tiny(&mut self, len: u64, more: bool) {
        let n = &mut self.header.statistics;
        n.tiny_size = add_or_take(n.tiny_size, len, more);
        n.tiny_objects = add_or_take(n.tiny_objects, 1, more);
    }

    fn insert_managed(&mut self, space: &Space, object: &[u8]) -> Result<HeapId> {
        let length = wide(object.len());
        self.load_gaps(space)?;
        let offset = match self.find_gap(space, length)? {
            Some(offset) => offset,
            None => self.add_block(space, length)?,
        };
        self.take_gap(space, offset, length)?;
        self.put(space, offset, object)?;
        let n = &mut self.header.statistics;
        n.managed_objects = n.managed_objects.saturating_add(1);
        self.header.free_space = self.header.free_space.saturating_sub(length);
        self.give_back_blocks(space, Freed::Nothing)?;
        self.save_manager(space)?;
        Ok(HeapId::Managed { offset, length })
    }

    fn remove_managed(&mut self, space: &Space, offset: u64, length: u64) -> Result<()> {
        self.load_gaps(space)?;
        self.let_go(space, offset, length)?;
        self.give_back_blocks(space, Freed::At(offset))?;
        self.save_manager(space)
    }

    /// The object at a place is no more.
    fn let_go(&mut self, space: &Space, offset: u64, length: u64) -> Result<()> {
        self.locate(space, offset, length)?;
        self.add_gap(space, offset, length)?;
        let n = &mut self.header.statistics;
        n.managed_objects = n.managed_objects.saturating_sub(1);
        self.header.free_space = self.header.free_space.saturating_add(length);
        Ok(())
    }

    /// The direct block in which an object can have this place.
    pub(super) fn locate(&self, space: &Space, offset: u64, length: u64) -> Result<Found> {
        let missing = || {
            let problem = format!("no object of {length} bytes at {offset:#x} of the heap");
            self.broken(space, "Heap ID", problem)
        };
        let found = self.find(space, offset)?.ok_or_else(missing)?;
        let first = found.offset.saturating_add(self.overhead(space));
        let behind = found.offset.saturating_add(found.size);
        let fits = offset >= first && offset.checked_add(length).is_some_and(|end| end <= behind);
        if length > 0 && fits { Ok(found) } else { Err(missing()) }
    }

    /// Bytes of each direct block before the first object.
    pub(super) fn overhead(&self, space: &Space) -> u64 {
        DirectBlock::overhead(&self.header, space.sizes())
    }

    /// Writes `object` into its direct block.
    fn put(&self, space: &Space, offset: u64, object: &[u8]) -> Result<()> {
        let found = self.locate(space, offset, wide(object.len()))?;
        let context = DirectBlockContext { heap: &self.header, size: found.size };
        // Taken out of those that are kept, so that it need not be copied.
        let block = self.direct(space, &found, &context)?;
        self.forget(found.at);
        let mut block = Arc::unwrap_or_clone(block);
        let start = offset.saturating_sub(found.offset).saturating_sub(self.overhead(space));
        let place = usize::try_from(start)
            .ok()
            .and_then(|start| block.data.get_mut(start..)?.get_mut(..object.len()))
            .ok_or_else(|| self.broken(space, "Heap ID", "outside of its block"))?;
        place.copy_from_slice(object);
        space.save_in(Rank::HeapData, found.at, &block, &context, found.size)?;
        self.keep(found.at, &Arc::new(block));
        Ok(())
    }

    /// Keeps the decoded block at `at` no longer.
    pub(super) fn forget(&self, at: Address) {
        let mut blocks = self.lock();
        blocks.holes = None;
        blocks.indirect.remove(&at);
        if let Some(unsaved) = &mut blocks.unsaved {
            unsaved.remove(&at);
        }
        if let Some(block) = blocks.direct.remove(&at) {
            blocks.bytes = blocks.bytes.saturating_sub(wide(block.data.len()));
        }
    }
}

/// `number` and `amount` more, or less.
pub(super) fn add_or_take(number: u64, amount: u64, more: bool) -> u64 {
    if more { number.saturating_add(amount) } else { number.saturating_sub(amount) }
}
