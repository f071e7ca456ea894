//! Blocks given back.

use super::{Found, FractalHeap};
use crate::error::Result;
use crate::format::fractal_heap::IndirectBlockContext;
use crate::infra::free_space::FreeSpace;
use crate::space::{Extents, Purpose, Space};

/// Where bytes became free.
#[derive(Debug, Clone, Copy)]
pub(super) enum Freed {
    Nothing,
    /// At this offset of the heap's space.
    At(u64),
    /// At many.
    Much,
}

impl FractalHeap {
    /// Gives direct blocks without objects back: those of which the last commit knows nothing, and
    /// those in which it left no object either.
    ///
    /// `freed` is where bytes became free. No other block becomes empty by that: all of them are
    /// looked at only before the first change after a commit, which may have left some of them empty.
    pub(super) fn give_back_blocks(&mut self, space: &Space, freed: Freed) -> Result<()> {
        let is_first = space.pending_rank(self.at).is_none();
        let run = |at: u64| self.gaps.as_ref()?.range(..=at).next_back();
        let empty = match freed {
            _ if is_first => self.empty_blocks(space, self.gaps())?,
            Freed::Much => self.empty_blocks(space, self.gaps())?,
            Freed::At(at) => self.empty_blocks(space, run(at).map(|(at, len)| (*at, *len)))?,
            Freed::Nothing => Vec::new(),
        };
        let without_objects =
            self.header.statistics.managed_objects == 0 && self.header.table.root.is_some();
        if empty.is_empty() && !without_objects {
            return Ok(());
        }
        let committed = self.committed(space);
        if without_objects && committed.has_no_objects() {
            // Also those with space of which nobody knows any more that it is free.
            space.free_all(|extents| {
                self.block_extents(space, extents)?;
                extents.iter().for_each(|block| self.forget(block.at));
                Ok(())
            })?;
            self.clear();
            return Ok(());
        }
        let mut changed = false;
        for found in empty {
            let first = found.offset.saturating_add(self.overhead(space));
            let room = found.size.saturating_sub(self.overhead(space));
            if space.is_fresh(found.at, found.size) || committed.leaves_free(first, room) {
                self.give_back(space, &found)?;
                changed = true;
            }
        }
        if changed && self.header.table.root_rows > 0 {
            self.header.statistics.allocation_iterator = self.end_of_blocks(space)?;
        }
        Ok(())
    }

    /// Direct blocks that are free from end to end, as runs of free bytes tell.
    fn empty_blocks(
        &self,
        space: &Space,
        gaps: impl IntoIterator<Item = (u64, u64)>,
    ) -> Result<Vec<Found>> {
        let overhead = self.overhead(space);
        let mut empty = Vec::new();
        for (offset, len) in gaps {
            let block = match self.header.table.root_rows {
                0 => Some((0, self.header.table.starting_block_size)),
                _ => self.header.table.direct_at(offset),
            };
            let whole = block.is_some_and(|(start, size)| {
                start.saturating_add(overhead) == offset && size.saturating_sub(overhead) == len
            });
            if whole && let Some(found) = self.find(space, offset)? {
                empty.push(found);
            }
        }
        Ok(empty)
    }

    /// Gives one direct block back, and the indirect blocks that lead nowhere without it.
    fn give_back(&mut self, space: &Space, found: &Found) -> Result<()> {
        space.free(Purpose::Metadata, found.at, found.size)?;
        self.forget(found.at);
        self.drop_gap(found.offset.saturating_add(self.overhead(space)));
        let n = &mut self.header.statistics;
        n.allocated_managed_space = n.allocated_managed_space.saturating_sub(found.size);
        let mut path = Vec::new();
        let table = &self.header.table;
        let mut next = table.root.filter(|_| table.root_rows > 0);
        let (mut start, mut rows) = (0_u64, u32::from(table.root_rows));
        // Ends: the cells fall in size.
        while let Some(at) = next {
            let block = self.indirect(space, at, start, rows)?;
            let local = found.offset.checked_sub(start);
            let Some(cell) = local.and_then(|local| table.cell_at(local)) else { break };
            next = match cell.row < table.max_direct_rows() {
                true => None,
                false => block.entry(cell.entry),
            };
            path.push((at, rows, cell.entry, block));
            start = start.saturating_add(cell.offset);
            rows = table.child_rows(cell.row).unwrap_or(0);
        }
        while let Some((at, rows, entry, block)) = path.pop() {
            let others = block.entries().flatten().count();
            if others > 1 {
                return self.set_entry(space, at, block, rows, (entry, None));
            }
            let context = IndirectBlockContext { heap: &self.header, rows };
            space.free(Purpose::Metadata, at, context.size(space.sizes()))?;
            self.forget(at);
        }
        self.clear();
        Ok(())
    }

    /// The first byte behind the last direct block, in the heap's space.
    fn end_of_blocks(&self, space: &Space) -> Result<u64> {
        let table = &self.header.table;
        let mut next = table.root;
        let (mut start, mut rows) = (0_u64, u32::from(table.root_rows));
        // Ends: the cells fall in size.
        while let Some(at) = next {
            let block = self.indirect(space, at, start, rows)?;
            let last = (0_u64..).zip(block.entries()).filter(|(_, child)| child.is_some()).last();
            let Some((entry, child)) = last else { break };
            let Some(cell) = table.cell(entry) else { break };
            start = start.saturating_add(cell.offset);
            if cell.row < table.max_direct_rows() {
                return Ok(start.saturating_add(cell.size));
            }
            (next, rows) = (child, table.child_rows(cell.row).unwrap_or(0));
        }
        Ok(start)
    }

    /// The heap has no blocks any more.
    fn clear(&mut self) {
        self.header.table.root = None;
        self.header.table.root_rows = 0;
        self.header.free_space = 0;
        let n = &mut self.header.statistics;
        n.managed_space = 0;
        n.allocated_managed_space = 0;
        n.allocation_iterator = 0;
        self.drop_gaps();
    }

    /// Adds all blocks to `extents`.
    fn block_extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        let table = &self.header.table;
        if let (Some(at), 0) = (table.root, table.root_rows) {
            let stored = self.header.filters.as_ref().map(|filters| filters.root_size);
            extents.metadata(at, stored.unwrap_or(table.starting_block_size));
        }
        for placed in self.indirect_blocks(space)? {
            for (entry, direct) in (0_u64..).zip(&placed.block.direct) {
                let Some(at) = direct.address else { continue };
                let size = table.cell(entry).map_or(0, |cell| cell.size);
                let stored = direct.filtered.map_or(size, |filtered| filtered.size);
                extents.metadata(at, stored);
            }
            let context = IndirectBlockContext { heap: &self.header, rows: placed.rows };
            extents.metadata(placed.at, context.size(space.sizes()));
        }
        Ok(())
    }

    /// Adds everything to `extents`: the header, all blocks and objects, and what keeps account of
    /// them.
    pub(crate) fn extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        extents.of_heap(|extents| self.all_extents(space, extents))
    }

    fn all_extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        extents.metadata(self.at, self.header.size(space.sizes()));
        self.block_extents(space, extents)?;
        self.huge_extents(space, extents)?;
        if let Some(manager) = self.header.free_space_manager {
            FreeSpace::extents(space, manager, extents);
        }
        Ok(())
    }
}
