//! The index of a dataset whose chunks lie one behind the other.

use super::numbering::Numbering;
use super::{ChunkChange, ChunkIndex, IndexContext, outside};
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::message::ChunkIndexKind;
use crate::object::raw_data::chunked::ChunkLocation;
use crate::object::store::Store;
use crate::space::{Extents, Purpose};

/// All chunks of the largest extent, one behind the other.
#[derive(Debug)]
pub(super) struct Implicit {
    numbering: Numbering,
    first: Option<Address>,
    chunk_bytes: u64,
    /// Chunks along each axis of the current extent.
    current: Vec<u64>,
}

impl Implicit {
    pub(super) fn new(context: &IndexContext<'_>) -> Self {
        let grid = context.grid;
        Self {
            numbering: Numbering::new(grid, context.maximum),
            first: context.layout.address,
            chunk_bytes: grid.chunk_bytes,
            current: grid.counts(),
        }
    }

    fn locate(&self, first: Address, number: u64) -> ChunkLocation {
        let address = first.plus(number.saturating_mul(self.chunk_bytes));
        ChunkLocation { address, stored_bytes: self.chunk_bytes, filter_mask: 0 }
    }

    /// Bytes of all chunks.
    fn total_bytes(&self) -> Result<u64> {
        let bytes = self.numbering.total().and_then(|total| total.checked_mul(self.chunk_bytes));
        bytes.ok_or_else(|| Error::usage("all chunks together need more than 64 bits of bytes"))
    }
}

impl ChunkIndex for Implicit {
    fn get(&self, _: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let Some(first) = self.first else { return Ok(None) };
        Ok(self.numbering.number(scaled).map(|number| self.locate(first, number)))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        let Some(first) = self.first else { return Ok(()) };
        // Chunks that would lie behind the end of the file are not there to be listed.
        let room = store.space().available(first, u64::MAX);
        let stored = room.checked_div(self.chunk_bytes).unwrap_or(0);
        for number in 0..self.numbering.total().unwrap_or(0).min(stored) {
            let scaled = self.numbering.scaled(number);
            if scaled.iter().zip(&self.current).all(|(n, count)| n < count) {
                each(&scaled, self.locate(first, number))?;
            }
        }
        Ok(())
    }

    fn layout(&self) -> (Option<Address>, ChunkIndexKind) {
        (self.first, ChunkIndexKind::Implicit)
    }

    fn create(&mut self, store: &Store) -> Result<()> {
        let bytes = self.total_bytes()?;
        if self.first.is_none() && bytes > 0 {
            self.first = Some(store.space().allocate(Purpose::RawData, bytes)?);
        }
        Ok(())
    }

    /// Chunks stay where they are: setting one is to say where it is, and taking one out does
    /// nothing.
    fn change(&mut self, store: &Store, changes: &[ChunkChange]) -> Result<()> {
        for (scaled, at) in changes {
            let Some(at) = at else { continue };
            match self.get(store, scaled)? {
                Some(place) if place == *at => {}
                Some(_) => return Err(Error::usage("chunks of an implicit index do not move")),
                None => return Err(outside(scaled)),
            }
        }
        Ok(())
    }

    fn owns_chunks(&self) -> bool {
        true
    }

    fn extents(&self, _: &Store, extents: &mut Extents) -> Result<()> {
        if let Some(first) = self.first {
            extents.raw_data(first, self.total_bytes()?);
        }
        Ok(())
    }
}
