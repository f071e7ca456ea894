//! Blocks added to a fractal heap.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FractalHeap;
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::format::fractal_heap::{
    DirectBlock, DirectBlockContext, IndirectBlock, IndirectBlockContext,
};
use crate::limits::Limits;
use crate::space::{Purpose, Rank, Space};

/// An indirect block in its place.
pub(super) struct Placed {
    pub(super) at: Address,
    /// First byte of its part of the heap's space.
    pub(super) offset: u64,
    pub(super) rows: u32,
    pub(super) block: Arc<IndirectBlock>,
}

impl FractalHeap {
    /// Adds a direct block that can hold an object of `length` bytes; gives the object's place. The
    /// block is kept, and written with the object.
    pub(super) fn add_block(&mut self, space: &Space, length: u64) -> Result<u64> {
        let overhead = self.overhead(space);
        let least = length.saturating_add(overhead);
        let start = self.header.table.starting_block_size;
        let (offset, size) = if self.header.table.root.is_none() && least <= start {
            self.add_root(space)?
        } else if let Some(hole) = self.find_hole(space, least)? {
            let at = self.create_direct(space, hole)?;
            self.attach(space, hole.0, at)?;
            hole
        } else {
            self.add_last(space, least)?
        };
        let n = &mut self.header.statistics;
        n.allocated_managed_space = n.allocated_managed_space.saturating_add(size);
        let first = offset.saturating_add(overhead);
        self.add_gap(space, first, size.saturating_sub(overhead))?;
        Ok(first)
    }

    /// Makes a direct block the root of an empty heap.
    fn add_root(&mut self, space: &Space) -> Result<(u64, u64)> {
        let size = self.header.table.starting_block_size;
        self.header.table.root = Some(self.create_direct(space, (0, size))?);
        self.header.table.root_rows = 0;
        self.header.statistics.managed_space = size;
        self.header.free_space = size.saturating_sub(self.overhead(space));
        Ok((0, size))
    }

    /// Adds a direct block of `least` bytes at least behind all others.
    fn add_last(&mut self, space: &Space, least: u64) -> Result<(u64, u64)> {
        let table = &self.header.table;
        let from = match (table.root, table.root_rows) {
            (None, _) => 0,
            (Some(_), 0) => table.starting_block_size,
            (Some(_), _) => self.header.statistics.allocation_iterator,
        };
        let place = table.next_direct(from, least).ok_or_else(full)?;
        let row = table.cell_at(place.0).ok_or_else(full)?.row;
        self.grow_root(space, row.saturating_add(1))?;
        let at = self.create_direct(space, place)?;
        self.attach(space, place.0, at)?;
        self.header.statistics.allocation_iterator = place.0.saturating_add(place.1);
        Ok(place)
    }

    /// Makes an empty direct block, to which nothing leads yet.
    fn create_direct(&self, space: &Space, (offset, size): (u64, u64)) -> Result<Address> {
        let context = DirectBlockContext { heap: &self.header, size };
        let data = size.saturating_sub(context.overhead(space.sizes()));
        check_size(space, size)?;
        let data = vec![0; usize::try_from(data).map_err(|_| full())?];
        let block = DirectBlock { heap: self.at, offset, data };
        let at = space.allocate(Purpose::Metadata, size)?;
        self.forget(at);
        self.keep(at, &Arc::new(block));
        Ok(at)
    }

    /// Makes the root an indirect block of `needed` rows at least.
    fn grow_root(&mut self, space: &Space, needed: u32) -> Result<()> {
        let table = &self.header.table;
        let (old_root, old_rows) = (table.root, u32::from(table.root_rows));
        if needed <= old_rows {
            return Ok(());
        }
        let most = table.max_root_rows();
        let usual = match (old_rows, table.starting_rows) {
            (0, 0) => most,
            (0, rows) => u32::from(rows),
            (rows, _) => rows.saturating_mul(2),
        };
        let rows = needed.max(usual.min(most));
        let context = IndirectBlockContext { heap: &self.header, rows };
        check_size(space, context.size(space.sizes()))?;
        let block = match old_root {
            Some(at) if old_rows > 0 => {
                let mut block = Arc::unwrap_or_clone(self.indirect(space, at, 0, old_rows)?);
                block.grow(&context).ok_or_else(full)?;
                let old = IndirectBlockContext { heap: &self.header, rows: old_rows };
                space.free(Purpose::Metadata, at, old.size(space.sizes()))?;
                self.forget(at);
                block
            }
            direct => {
                let mut block = IndirectBlock::empty(self.at, 0, &context).ok_or_else(full)?;
                block.set_entry(0, direct).ok_or_else(full)?;
                block
            }
        };
        let at = space.allocate(Purpose::Metadata, context.size(space.sizes()))?;
        let (old_room, new_room) = (self.room(space, old_rows), self.room(space, rows));
        self.save_indirect(space, at, block, rows)?;
        let managed_space = self.header.table.row_offset(rows).ok_or_else(full)?;
        if old_root.is_some() && old_rows == 0 {
            self.header.statistics.allocation_iterator = self.header.table.starting_block_size;
        }
        self.header.statistics.managed_space = managed_space;
        let new = new_room.saturating_sub(if old_root.is_some() { old_room } else { 0 });
        self.header.free_space = self.header.free_space.saturating_add(new);
        self.header.table.root = Some(at);
        self.header.table.root_rows = u16::try_from(rows).map_err(|_| full())?;
        Ok(())
    }

    /// Bytes for objects below a root of `rows` rows; 0 rows are a direct block.
    pub(super) fn room(&self, space: &Space, rows: u32) -> u64 {
        let overhead = self.overhead(space);
        let table = &self.header.table;
        if rows == 0 {
            return table.starting_block_size.saturating_sub(overhead);
        }
        let cells = table.contents(overhead, rows);
        cells.iter().fold(0_u64, |sum, cell| {
            sum.saturating_add(cell.room.saturating_mul(u64::from(table.width)))
        })
    }

    /// Lets the heap lead to the direct block at `at` for `offset`, through indirect blocks that
    /// are made where they are missing.
    fn attach(&self, space: &Space, offset: u64, direct: Address) -> Result<()> {
        let table = &self.header.table;
        let (mut at, mut rows) = (table.root.ok_or_else(full)?, u32::from(table.root_rows));
        let mut start = 0_u64;
        // Ends: the cells fall in size.
        loop {
            let block = self.indirect(space, at, start, rows)?;
            let cell = offset.checked_sub(start).and_then(|local| table.cell_at(local));
            let cell = cell.filter(|cell| cell.row < rows).ok_or_else(full)?;
            if cell.row < table.max_direct_rows() {
                return self.set_entry(space, at, block, rows, (cell.entry, Some(direct)));
            }
            start = start.saturating_add(cell.offset);
            let child_rows = table.child_rows(cell.row).ok_or_else(full)?;
            let child = match block.entry(cell.entry) {
                Some(child) => child,
                None => {
                    let child = self.create_indirect(space, start, child_rows)?;
                    self.set_entry(space, at, block, rows, (cell.entry, Some(child)))?;
                    child
                }
            };
            (at, rows) = (child, child_rows);
        }
    }

    /// Writes an indirect block that leads nowhere.
    fn create_indirect(&self, space: &Space, offset: u64, rows: u32) -> Result<Address> {
        let context = IndirectBlockContext { heap: &self.header, rows };
        check_size(space, context.size(space.sizes()))?;
        let block = IndirectBlock::empty(self.at, offset, &context).ok_or_else(full)?;
        let at = space.allocate(Purpose::Metadata, context.size(space.sizes()))?;
        self.save_indirect(space, at, block, rows)?;
        Ok(at)
    }

    /// Lets an entry of the indirect block at `at` lead elsewhere.
    pub(super) fn set_entry(
        &self,
        space: &Space,
        at: Address,
        block: Arc<IndirectBlock>,
        rows: u32,
        (entry, to): (u64, Option<Address>),
    ) -> Result<()> {
        self.forget(at);
        let mut block = Arc::unwrap_or_clone(block);
        block.set_entry(entry, to).ok_or_else(full)?;
        self.save_indirect(space, at, block, rows)
    }

    fn save_indirect(
        &self,
        space: &Space,
        at: Address,
        block: IndirectBlock,
        rows: u32,
    ) -> Result<()> {
        let block = Arc::new(block);
        {
            let mut blocks = self.lock();
            blocks.holes = None;
            blocks.indirect.insert(at, Arc::clone(&block));
            if let Some(unsaved) = &mut blocks.unsaved {
                unsaved.insert(at, rows);
                return Ok(());
            }
        }
        self.write_indirect(space, at, &block, rows)
    }

    fn write_indirect(
        &self,
        space: &Space,
        at: Address,
        block: &Arc<IndirectBlock>,
        rows: u32,
    ) -> Result<()> {
        let context = IndirectBlockContext { heap: &self.header, rows };
        let len = context.size(space.sizes());
        space.save_in(Rank::Heap, at, &**block, &context, len)?;
        space.keep((at, len), block, space.moment());
        Ok(())
    }

    /// Lets indirect blocks wait until [`save_all_indirect`](Self::save_all_indirect): blocks that come one
    /// after the other change the same one.
    pub(super) fn hold_indirect(&self) {
        self.lock().unsaved = Some(BTreeMap::new());
    }

    /// Writes the indirect blocks that waited.
    pub(super) fn save_all_indirect(&self, space: &Space) -> Result<()> {
        let unsaved = self.lock().unsaved.take().unwrap_or_default();
        for (at, rows) in unsaved {
            let block = self.lock().indirect.get(&at).map(Arc::clone);
            // Who forgets one here forgets that it waits.
            let Some(block) = block else { continue };
            self.write_indirect(space, at, &block, rows)?;
        }
        Ok(())
    }

    /// All indirect blocks, each before those below it.
    ///
    /// Ends: each names its own place in the heap's space, so that none comes twice.
    pub(super) fn indirect_blocks(&self, space: &Space) -> Result<Vec<Placed>> {
        let table = &self.header.table;
        let mut found: Vec<Placed> = Vec::new();
        let mut open = match (table.root, table.root_rows) {
            (None, _) | (Some(_), 0) => Vec::new(),
            (Some(at), rows) => vec![(at, 0_u64, u32::from(rows))],
        };
        while let Some((at, offset, rows)) = open.pop() {
            let block = self.indirect(space, at, offset, rows)?;
            let first = wide(block.direct.len());
            for (entry, child) in (first..).zip(&block.indirect) {
                let (Some(child), Some(cell)) = (child, table.cell(entry)) else { continue };
                let Some(rows) = table.child_rows(cell.row) else { continue };
                open.push((*child, offset.saturating_add(cell.offset), rows));
            }
            found.push(Placed { at, offset, rows, block });
        }
        Ok(found)
    }
}

/// The header, which may be a file's, says how large blocks are.
fn check_size(space: &Space, size: u64) -> Result<()> {
    Limits::check("metadata_block_bytes", size, space.limits().metadata_block_bytes)
}

#[cold]
pub(super) fn full() -> Error {
    Error::usage("more than a fractal heap of this shape can hold")
}
