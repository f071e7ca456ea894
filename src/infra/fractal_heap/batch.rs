//! Many objects put into a fractal heap at once: each block is written once.

use std::sync::Arc;

use super::FractalHeap;
use super::release::Freed;
use crate::codec::{Address, StructureIn, wide};
use crate::error::Result;
use crate::format::fractal_heap::{DirectBlock, DirectBlockContext, HeapId};
use crate::space::{Rank, Space};

/// The block that objects go to now, and what of it is free.
struct Filled {
    at: Address,
    size: u64,
    block: DirectBlock,
    /// Free bytes, as they were when the block was taken: offset in the heap's space.
    start: u64,
    end: u64,
    /// Where the next object goes.
    next: u64,
}

impl FractalHeap {
    /// Puts all `objects` into the heap; calls `take` with the id of each.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub(crate) fn insert_all<'o>(
        &mut self,
        space: &Space,
        objects: impl Iterator<Item = &'o [u8]>,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        self.check_editable()?;
        space.bring_first(|| {
            // Where all objects go elsewhere, what is free stays what it was.
            self.load_gaps(space)?;
            self.hold_indirect();
            let layout = self.header.id_layout();
            let (mut filled, mut bytes) = (None, Vec::new());
            for object in objects {
                let len = wide(object.len());
                let is_managed =
                    len > layout.max_tiny() && len <= u64::from(self.header.max_managed_size);
                if !is_managed {
                    take(&self.put_in(space, object)?)?;
                    continue;
                }
                let offset = self.append(space, &mut filled, object)?;
                let id = HeapId::Managed { offset, length: len };
                id.replace_bytes(&mut bytes, space.sizes(), &layout)?;
                take(&bytes)?;
            }
            self.finish(space, filled)?;
            self.save_all_indirect(space)?;
            self.give_back_blocks(space, Freed::Nothing)?;
            self.save_manager(space)?;
            self.save_header(space)
        })
    }

    /// Puts an object behind the last one, or into another block; gives its place.
    fn append(&mut self, space: &Space, filled: &mut Option<Filled>, object: &[u8]) -> Result<u64> {
        let length = wide(object.len());
        let mut current = match filled.take() {
            Some(current) if current.end.saturating_sub(current.next) >= length => current,
            full => {
                self.finish(space, full)?;
                self.begin(space, length)?
            }
        };
        let offset = current.next;
        let behind = offset.saturating_add(length);
        let data = offset
            .checked_sub(current.block.offset)
            .and_then(|start| start.checked_sub(self.overhead(space)))
            .and_then(|start| usize::try_from(start).ok());
        let place = data
            .and_then(|start| current.block.data.get_mut(start..)?.get_mut(..object.len()))
            .ok_or_else(|| self.missing(space, offset, length))?;
        place.copy_from_slice(object);
        current.next = behind;
        let n = &mut self.header.statistics;
        n.managed_objects = n.managed_objects.saturating_add(1);
        self.header.free_space = self.header.free_space.saturating_sub(length);
        *filled = Some(current);
        Ok(offset)
    }

    /// A block with room for an object of `length` bytes.
    fn begin(&mut self, space: &Space, length: u64) -> Result<Filled> {
        let start = match self.find_gap(space, length)? {
            Some(offset) => offset,
            None => self.add_block(space, length)?,
        };
        let found = self.locate(space, start, length)?;
        let mut end = start.saturating_add(length);
        if space.is_fresh(found.at, found.size) {
            // Of a block that is committed, only what the commit left free is known to serve.
            let run = self.gaps().find(|(at, len)| *at <= start && at.saturating_add(*len) >= end);
            end = run.map_or(end, |(at, len)| at.saturating_add(len));
        }
        let context = DirectBlockContext { heap: &self.header, size: found.size };
        let block = self.direct(space, &found, &context)?;
        self.forget(found.at);
        let block = Arc::unwrap_or_clone(block);
        Ok(Filled { at: found.at, size: found.size, block, start, end, next: start })
    }

    /// Writes the block that objects went to.
    fn finish(&mut self, space: &Space, filled: Option<Filled>) -> Result<()> {
        let Some(Filled { at, size, block, start, next, .. }) = filled else { return Ok(()) };
        self.take_gap(space, start, next.saturating_sub(start))?;
        let context = DirectBlockContext { heap: &self.header, size };
        // Full, or the last one: it is not looked at again soon.
        space.save_in(Rank::HeapData, at, &block, &context, size)
    }
}
