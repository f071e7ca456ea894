//! The chunks of one dataset, in memory: 8 to 24 bytes each.

use std::ops::Range;

use super::chunked::{ChunkLocation, Grid};
use crate::codec::{Address, wide};
use crate::error::Result;
use crate::object::chunk_index::ChunkIndex;
use crate::object::selection::strides;
use crate::object::store::Store;

/// The chunks of one dataset, decoded from its index once.
#[derive(Debug)]
pub(crate) struct ChunkTable {
    counts: Vec<u64>,
    strides: Vec<u64>,
    /// Number in row-major order over the extent's chunks, ascending; `None` where every chunk is
    /// stored, whose place here then is its number.
    numbers: Option<Vec<u64>>,
    addresses: Vec<Address>,
    sizes: Sizes,
    /// Filters that were left out; nothing where none was.
    masks: Vec<u32>,
}

/// Stored bytes of chunks.
#[derive(Debug)]
enum Sizes {
    Same(u64),
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Sizes {
    fn of(chunks: &[(u64, ChunkLocation)]) -> Self {
        let all = || chunks.iter().map(|(_, at)| at.stored_bytes);
        let first = all().next().unwrap_or(0);
        if all().all(|bytes| bytes == first) {
            return Self::Same(first);
        }
        let narrow = all().map(u32::try_from).collect::<Result<Vec<_>, _>>();
        narrow.map_or_else(|_| Self::Wide(all().collect()), Self::Narrow)
    }

    fn get(&self, index: usize) -> Option<u64> {
        match self {
            Self::Same(bytes) => Some(*bytes),
            Self::Narrow(all) => all.get(index).map(|bytes| u64::from(*bytes)),
            Self::Wide(all) => all.get(index).copied(),
        }
    }
}

impl ChunkTable {
    /// Reads the whole index. Chunks outside the extent are left out, and of two that claim the
    /// same place the first one counts.
    pub(crate) fn load(store: &Store, index: &dyn ChunkIndex, grid: &Grid) -> Result<Self> {
        let (counts, all) = (grid.counts(), grid.chunks());
        let strides = strides(&counts);
        let mut chunks: Vec<(u64, ChunkLocation)> = Vec::new();
        index.for_each(store, &mut |scaled, location| {
            if let Some(number) = number(scaled, &counts, &strides) {
                chunks.push((number, location));
            }
            Ok(())
        })?;
        Ok(Self::of_numbered(chunks, all, (counts, strides)))
    }

    /// These chunks, of which those outside the extent are left out.
    pub(crate) fn of(
        chunks: impl IntoIterator<Item = (Vec<u64>, ChunkLocation)>,
        grid: &Grid,
    ) -> Self {
        let counts = grid.counts();
        let strides = strides(&counts);
        let numbered = chunks.into_iter().filter_map(|(scaled, location)| {
            number(&scaled, &counts, &strides).map(|number| (number, location))
        });
        Self::of_numbered(numbered.collect(), grid.chunks(), (counts, strides))
    }

    fn of_numbered(
        mut chunks: Vec<(u64, ChunkLocation)>,
        all: u64,
        (counts, strides): (Vec<u64>, Vec<u64>),
    ) -> Self {
        if !chunks.is_sorted_by(|(a, _), (b, _)| a < b) {
            chunks.sort_by_key(|(number, _)| *number);
            chunks.dedup_by_key(|(number, _)| *number);
        }
        let numbers =
            (wide(chunks.len()) != all).then(|| chunks.iter().map(|(number, _)| *number).collect());
        let masked = chunks.iter().any(|(_, at)| at.filter_mask != 0);
        let masks = chunks.iter().filter(|_| masked).map(|(_, at)| at.filter_mask).collect();
        let addresses = chunks.iter().map(|(_, at)| at.address).collect();
        Self { counts, strides, numbers, addresses, sizes: Sizes::of(&chunks), masks }
    }

    /// Where the chunk with these coordinates, in chunks, lies.
    pub(crate) fn get(&self, scaled: &[u64]) -> Option<ChunkLocation> {
        let number = number(scaled, &self.counts, &self.strides)?;
        match &self.numbers {
            Some(numbers) => self.location(numbers.binary_search(&number).ok()?),
            None => self.location(usize::try_from(number).ok()?),
        }
    }

    /// Number of stored chunks.
    pub(crate) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Where the `index`-th stored chunk in row-major order lies.
    pub(crate) fn location(&self, index: usize) -> Option<ChunkLocation> {
        Some(ChunkLocation {
            address: *self.addresses.get(index)?,
            stored_bytes: self.sizes.get(index)?,
            filter_mask: self.masks.get(index).copied().unwrap_or(0),
        })
    }

    /// Puts the coordinates, in chunks, of the `index`-th stored chunk in row-major order into
    /// `scaled`.
    pub(crate) fn coordinates(&self, index: usize, scaled: &mut [u64]) {
        let mut left = match &self.numbers {
            Some(numbers) => numbers.get(index).copied().unwrap_or(u64::MAX),
            None => wide(index),
        };
        for (at, stride) in scaled.iter_mut().zip(&self.strides) {
            *at = left.checked_div(*stride).unwrap_or(0);
            left = left.checked_rem(*stride).unwrap_or(0);
        }
    }

    /// The `index`-th stored chunk in row-major order: its coordinates in chunks, and its place.
    pub(crate) fn nth(&self, index: usize) -> Option<(Vec<u64>, ChunkLocation)> {
        let location = self.location(index)?;
        let mut scaled = vec![0; self.strides.len()];
        self.coordinates(index, &mut scaled);
        Some((scaled, location))
    }

    /// Which stored chunks have their first coordinate in `rows`.
    pub(crate) fn rows(&self, rows: Range<u64>) -> Range<usize> {
        let row = self.strides.first().copied().unwrap_or(1);
        let (start, end) = (rows.start.saturating_mul(row), rows.end.saturating_mul(row));
        match &self.numbers {
            Some(numbers) => {
                numbers.partition_point(|n| *n < start)..numbers.partition_point(|n| *n < end)
            }
            None => {
                let clip = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(self.len());
                clip(start)..clip(end)
            }
        }
    }

    /// Bytes of all stored chunks.
    pub(crate) fn stored_bytes(&self) -> u64 {
        let sizes = (0..self.len()).filter_map(|index| self.sizes.get(index));
        sizes.fold(0, u64::saturating_add)
    }
}

/// The number of a chunk in row-major order, `None` outside the extent.
fn number(scaled: &[u64], counts: &[u64], strides: &[u64]) -> Option<u64> {
    if scaled.len() != counts.len() {
        return None;
    }
    let mut number = 0u64;
    for ((n, count), stride) in scaled.iter().zip(counts).zip(strides) {
        if n >= count {
            return None;
        }
        number = number.checked_add(n.checked_mul(*stride)?)?;
    }
    Some(number)
}
