//! Parts of heaps that nothing refers to any more, once the next commit is over.
//!
//! Until then, what is committed does: their bytes stay as they are.

use std::collections::BTreeMap;

use super::Space;
use super::intervals::Intervals;
use crate::codec::Address;
use crate::error::Result;

/// What was let go of since the last commit.
#[derive(Debug, Default)]
pub(super) struct Garbage {
    events: Vec<Event>,
    /// How many of them belong to steps that are over.
    kept: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A part of the heap at an address: offset there, and bytes.
    Part(Address, u64, u64),
    /// The heap itself.
    Heap(Address),
}

impl Garbage {
    pub(super) fn keep(&mut self) {
        self.kept = self.events.len();
    }

    pub(super) fn roll_back(&mut self) {
        self.events.truncate(self.kept);
    }
}

impl Space {
    /// Nothing will refer to the `len` bytes at `offset` of the heap at `heap` when the next commit
    /// is over.
    pub(crate) fn let_go(&self, heap: Address, offset: u64, len: u64) -> Result<()> {
        self.state_mut()?.garbage.events.push(Event::Part(heap, offset, len));
        Ok(())
    }

    /// The heap at `heap` is no more.
    pub(crate) fn forget_heap(&self, heap: Address) -> Result<()> {
        self.state_mut()?.garbage.events.push(Event::Heap(heap));
        Ok(())
    }

    /// After a commit: the parts of heaps that nothing refers to any more, by their heap.
    pub(crate) fn take_garbage(&self) -> Result<BTreeMap<Address, Intervals>> {
        let events = std::mem::take(&mut self.state_mut()?.garbage).events;
        let mut parts: BTreeMap<Address, Intervals> = BTreeMap::new();
        for event in events {
            match event {
                Event::Part(heap, offset, len) => {
                    parts.entry(heap).or_default().insert(offset, len)
                }
                Event::Heap(heap) => {
                    parts.remove(&heap);
                }
            }
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::testing::scratch;

    #[test]
    fn parts_of_heaps_that_are_no_more_are_no_garbage() {
        let space = scratch();
        space.let_go(Address(1), 8, 8).unwrap();
        space.let_go(Address(2), 8, 8).unwrap();
        space.keep_step().unwrap();
        space.let_go(Address(2), 16, 8).unwrap();
        space.forget_heap(Address(1)).unwrap();
        space.roll_back();
        space.let_go(Address(1), 16, 24).unwrap();
        space.forget_heap(Address(2)).unwrap();
        space.let_go(Address(2), 32, 16).unwrap();
        let garbage = space.take_garbage().unwrap();
        let parts = |heap| garbage[&Address(heap)].iter().collect::<Vec<_>>();
        assert_eq!((parts(1), parts(2)), (vec![(8, 32)], vec![(32, 16)]));
        assert!(space.take_garbage().unwrap().is_empty());
    }
}
