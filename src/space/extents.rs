//! The blocks of the file that a structure lies in: what is given back with it, and what an account
//! of the file says is in use.

use super::{Purpose, Space};
use crate::codec::Address;
use crate::error::Result;

/// A block of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) at: Address,
    pub(crate) len: u64,
    pub(crate) purpose: Purpose,
    /// Whether it belongs to a heap.
    pub(crate) in_heap: bool,
}

/// Blocks of the file that nothing shares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extents {
    blocks: Vec<Extent>,
    /// Whether what is added belongs to a heap.
    in_heap: bool,
    /// Local heaps: what was let go of in them goes with them.
    heaps: Vec<Address>,
}

impl Extents {
    /// Adds `len` bytes of metadata at `at`.
    pub(crate) fn metadata(&mut self, at: Address, len: u64) {
        self.add(at, len, Purpose::Metadata);
    }

    /// Adds `len` bytes of raw data at `at`.
    pub(crate) fn raw_data(&mut self, at: Address, len: u64) {
        self.add(at, len, Purpose::RawData);
    }

    fn add(&mut self, at: Address, len: u64, purpose: Purpose) {
        self.blocks.push(Extent { at, len, purpose, in_heap: self.in_heap });
    }

    /// Marks what `add` adds as blocks of a heap.
    pub(crate) fn of_heap(&mut self, add: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let before = std::mem::replace(&mut self.in_heap, true);
        let added = add(self);
        self.in_heap = before;
        added
    }

    /// The header of a local heap is at `at`.
    pub(crate) fn local_heap(&mut self, at: Address) {
        self.heaps.push(at);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Extent> {
        self.blocks.iter()
    }
}

impl Space {
    /// Gives back the blocks that `collect` adds.
    pub(crate) fn free_all(&self, collect: impl FnOnce(&mut Extents) -> Result<()>) -> Result<()> {
        let mut extents = Extents::default();
        // All of them are read before the first goes.
        collect(&mut extents)?;
        self.free_extents(&extents)
    }

    /// Gives blocks back.
    pub(crate) fn free_extents(&self, extents: &Extents) -> Result<()> {
        extents.heaps.iter().try_for_each(|heap| self.forget_heap(*heap))?;
        extents.iter().try_for_each(|extent| self.free(extent.purpose, extent.at, extent.len))
    }
}
