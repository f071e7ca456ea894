//! Reading many objects of a fractal heap, one after the other.

use std::sync::Arc;

use super::{Found, FractalHeap};
use crate::error::Result;
use crate::format::fractal_heap::{DirectBlock, DirectBlockContext, HeapId};
use crate::space::Space;

/// Reads objects; the block of the last one is at hand for the next.
pub(crate) struct Reader<'a> {
    heap: &'a FractalHeap,
    space: &'a Space,
    last: Option<(Found, Arc<DirectBlock>)>,
}

impl FractalHeap {
    /// For many objects: those that lie together are best read one after the other.
    pub(crate) fn reader<'a>(&'a self, space: &'a Space) -> Reader<'a> {
        Reader { heap: self, space, last: None }
    }

    /// Calls `visit` with the object with the id `id`, where it lies if that is in memory and nobody
    /// changes it.
    pub(crate) fn with<T>(
        &self,
        space: &Space,
        id: &[u8],
        visit: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        match self.lent(space, id)? {
            Some(object) => visit(object),
            None => self.reader(space).with(id, visit),
        }
    }

    fn lent<'s>(&self, space: &'s Space, id: &[u8]) -> Result<Option<&'s [u8]>> {
        let Some(kept) = self.kept.as_ref().filter(|_| self.filters.is_empty()) else {
            return Ok(None);
        };
        let HeapId::Managed { offset, length } = self.decode_id(space, id)? else {
            return Ok(None);
        };
        let Some(found) = self.find(space, offset)? else { return Ok(None) };
        let context = DirectBlockContext { heap: &self.header, size: found.size };
        let begin = kept.whole.get(found.at, || {
            self.read_direct(space, &found, &context).map(|block| block.offset)
        })?;
        let start = offset.saturating_sub(found.offset);
        let inside = *begin == found.offset
            && start >= context.overhead(space.sizes())
            && length > 0
            && start.checked_add(length).is_some_and(|end| end <= found.size);
        Ok(if inside { space.lent(found.at.plus(start), length) } else { None })
    }

    /// Where in the heap's space the object with this id lies, if it lies there.
    pub(crate) fn place(&self, space: &Space, id: &[u8]) -> Option<u64> {
        match self.decode_id(space, id) {
            Ok(HeapId::Managed { offset, .. }) => Some(offset),
            _ => None,
        }
    }
}

impl Reader<'_> {
    /// Calls `visit` with the object with the id `id`.
    pub(crate) fn with<T>(
        &mut self,
        id: &[u8],
        visit: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        match self.heap.decode_id(self.space, id)? {
            HeapId::Managed { offset, length } => self.managed(offset, length, visit),
            _ => visit(&self.heap.get(self.space, id)?),
        }
    }

    /// Calls `visit` with the `length` bytes at `offset` of the heap's space.
    pub(super) fn managed<T>(
        &mut self,
        offset: u64,
        length: u64,
        visit: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        let (heap, space) = (self.heap, self.space);
        let is_in = |(found, _): &(Found, Arc<DirectBlock>)| {
            offset.checked_sub(found.offset).is_some_and(|start| start < found.size)
        };
        if !self.last.as_ref().is_some_and(is_in) {
            self.last = match heap.find(space, offset)? {
                Some(found) => {
                    let context = DirectBlockContext { heap: &heap.header, size: found.size };
                    let block = heap.direct(space, &found, &context)?;
                    Some((found, block))
                }
                None => None,
            };
        }
        let overhead = DirectBlock::overhead(&heap.header, space.sizes());
        let object = self.last.as_ref().filter(|_| length > 0).and_then(|(found, block)| {
            let start = offset.checked_sub(found.offset)?.checked_sub(overhead)?;
            let start = usize::try_from(start).ok()?;
            block.data.get(start..)?.get(..usize::try_from(length).ok()?)
        });
        visit(object.ok_or_else(|| heap.missing(space, offset, length))?)
    }
}
