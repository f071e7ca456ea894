//! Chunk indexes that number the chunks: implicit, fixed array, extensible array.

use super::{ChunkIndex, Numbering, location};
use crate::codec::Address;
use crate::error::Result;
use crate::infra::chunk_array::ChunkArray;
use crate::object::raw_data::chunked::{ChunkLocation, Grid};
use crate::object::store::Store;

/// All chunks of the largest extent, one behind the other.
#[derive(Debug)]
pub(super) struct Implicit {
    numbering: Numbering,
    first: Address,
    chunk_bytes: u64,
    /// Chunks along each axis of the current extent.
    current: Vec<u64>,
}

impl Implicit {
    pub(super) fn new(first: Address, grid: &Grid, maximum: &[Option<u64>]) -> Self {
        let numbering = Numbering::new(grid, maximum);
        Self { numbering, first, chunk_bytes: grid.chunk_bytes, current: grid.counts() }
    }

    fn locate(&self, number: u64) -> ChunkLocation {
        let address = self.first.plus(number.saturating_mul(self.chunk_bytes));
        ChunkLocation { address, stored_bytes: self.chunk_bytes, filter_mask: 0 }
    }
}

impl ChunkIndex for Implicit {
    fn get(&self, _: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        Ok(self.numbering.number(scaled).map(|number| self.locate(number)))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        // Chunks that would lie behind the end of the file are not there to be listed.
        let room = store.space().available(self.first, u64::MAX);
        let stored = room.checked_div(self.chunk_bytes).unwrap_or(0);
        for number in 0..self.numbering.total().unwrap_or(0).min(stored) {
            let scaled = self.numbering.scaled(number);
            if scaled.iter().zip(&self.current).all(|(n, count)| n < count) {
                each(&scaled, self.locate(number))?;
            }
        }
        Ok(())
    }
}

/// Chunks that are elements of an array: of a fixed one where the largest extent is known, of an
/// extensible one where one axis is unlimited.
#[derive(Debug)]
pub(super) struct Numbered<A> {
    numbering: Numbering,
    array: A,
    chunk_bytes: u64,
}

impl<A: ChunkArray> Numbered<A> {
    pub(super) fn load(
        store: &Store,
        header: Address,
        grid: &Grid,
        maximum: &[Option<u64>],
    ) -> Result<Self> {
        let array = A::load(store.space(), header)?;
        let numbering = Numbering::new(grid, maximum);
        Ok(Self { numbering, array, chunk_bytes: grid.chunk_bytes })
    }
}

impl<A: ChunkArray> ChunkIndex for Numbered<A> {
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let Some(number) = self.numbering.number(scaled) else { return Ok(None) };
        let element = self.array.get(store.space(), number)?;
        Ok(element.and_then(|element| location(&element, self.chunk_bytes)))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        self.array.for_each(store.space(), &mut |number, element| match location(
            &element,
            self.chunk_bytes,
        ) {
            Some(location) => each(&self.numbering.scaled(number), location),
            None => Ok(()),
        })
    }
}
