//! The chunks of one dataset, in memory.

use super::chunked::{ChunkLocation, Grid};
use crate::error::Result;
use crate::object::chunk_index::ChunkIndex;
use crate::object::selection::strides;
use crate::object::store::Store;

/// The chunks of one dataset, decoded from its index once.
#[derive(Debug)]
pub(crate) struct ChunkTable {
    counts: Vec<u64>,
    strides: Vec<u64>,
    /// Number in row-major order over the extent's chunks, and place; ascending.
    chunks: Vec<(u64, ChunkLocation)>,
}

impl ChunkTable {
    /// Reads the whole index. Chunks outside the extent are left out, and of two that claim the
    /// same place the first one counts.
    pub(crate) fn load(store: &Store, index: &dyn ChunkIndex, grid: &Grid) -> Result<Self> {
        let counts = grid.counts();
        let strides = strides(&counts);
        let mut table = Self { counts, strides, chunks: Vec::new() };
        index.for_each(store, &mut |scaled, location| {
            if let Some(number) = table.number(scaled) {
                table.chunks.push((number, location));
            }
            Ok(())
        })?;
        table.chunks.sort_by_key(|(number, _)| *number);
        table.chunks.dedup_by_key(|(number, _)| *number);
        Ok(table)
    }

    fn number(&self, scaled: &[u64]) -> Option<u64> {
        let mut number = 0u64;
        if scaled.len() != self.counts.len() {
            return None;
        }
        for ((n, count), stride) in scaled.iter().zip(&self.counts).zip(&self.strides) {
            if n >= count {
                return None;
            }
            number = number.checked_add(n.checked_mul(*stride)?)?;
        }
        Some(number)
    }

    /// Where the chunk with these coordinates, in chunks, lies.
    pub(crate) fn get(&self, scaled: &[u64]) -> Option<ChunkLocation> {
        let number = self.number(scaled)?;
        let place = self.chunks.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.chunks.get(place).map(|(_, location)| *location)
    }

    /// Number of stored chunks.
    pub(crate) fn len(&self) -> usize {
        self.chunks.len()
    }

    /// The `index`-th stored chunk in row-major order: its coordinates in chunks, and its place.
    pub(crate) fn nth(&self, index: usize) -> Option<(Vec<u64>, ChunkLocation)> {
        let (number, location) = self.chunks.get(index)?;
        let mut left = *number;
        let mut scaled = Vec::with_capacity(self.strides.len());
        for stride in &self.strides {
            scaled.push(left.checked_div(*stride).unwrap_or(0));
            left = left.checked_rem(*stride).unwrap_or(0);
        }
        Some((scaled, *location))
    }

    /// Bytes of all stored chunks.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.chunks.iter().fold(0, |sum: u64, (_, at)| sum.saturating_add(at.stored_bytes))
    }
}
