//! Chunks that come from another dataset as they are stored there.

use super::chunk_writer::{ChunkWriter, EncodedChunk, Moves, encode};
use super::chunked::{ChunkDecoder, ChunkLocation, map_chunks_then};
use super::moved::Mover;
use super::table::ChunkTable;
use crate::error::{Error, Result};
use crate::object::chunk_index::ChunkChange;
use crate::object::progress;
use crate::space::{Purpose, Space};

/// Chunks whose places are noted in the index at once.
const BATCH: usize = 4096;

impl ChunkWriter<'_> {
    /// Stores the chunks in `table` as `source` has them, but for those to `skip`. Theirs is a
    /// dataset of elements of the same bytes, in chunks of the same shape through the same filters;
    /// this one has no chunks yet.
    pub(crate) fn take_over(
        &mut self,
        source: &Space,
        table: &ChunkTable,
        skip: &dyn Fn(&[u64]) -> bool,
    ) -> Result<()> {
        self.allocate_together()?;
        let mut changes: Vec<ChunkChange> = Vec::new();
        let mut untold = 0;
        let store = self.store;
        let mut mover = Mover::new(source, store.space(), "Chunk");
        for (scaled, from) in (0..table.len()).filter_map(|index| table.nth(index)) {
            if skip(&scaled) {
                continue;
            }
            let to = self.place_of(source, &scaled, &from)?;
            mover.add(from.address, to.address, from.stored_bytes)?;
            untold = progress::untold(untold, usize::try_from(from.stored_bytes).unwrap_or(0))?;
            changes.push((scaled, Some(to)));
            if changes.len() >= BATCH {
                self.index.change(self.store, &std::mem::take(&mut changes))?;
            }
        }
        mover.finish()?;
        if !changes.is_empty() {
            self.index.change(self.store, &changes)?;
        }
        progress::advance(untold)
    }

    /// Stores the chunks in `table`, but for those to `skip`, through the filters of this dataset;
    /// `source` undoes those of theirs. Else theirs is a dataset as [`take_over`](Self::take_over)
    /// has it.
    pub(crate) fn recode(
        &mut self,
        source: ChunkDecoder<'_>,
        table: &ChunkTable,
        skip: &dyn Fn(&[u64]) -> bool,
    ) -> Result<()> {
        self.allocate_together()?;
        let stored = (0..table.len()).filter_map(|index| table.nth(index));
        let mut stored = stored.filter(|(scaled, _)| !skip(scaled));
        loop {
            let batch: Vec<(Vec<u64>, ChunkLocation)> =
                stored.by_ref().take(self.grid.batch()).collect();
            if batch.is_empty() {
                return Ok(());
            }
            let (grid, decoder) = (&self.grid, self.decoder(&self.grid));
            let mut moves = Moves::default();
            let recode = |(scaled, from): &(Vec<u64>, ChunkLocation)| {
                let chunk = source.decode(scaled, from)?;
                let (bytes, filter_mask) = encode(decoder, scaled, chunk)?;
                Ok(EncodedChunk { scaled: scaled.clone(), bytes, filter_mask })
            };
            let care = self.dataset.care();
            map_chunks_then(Some(self.store.workers()), grid, &batch, recode, |chunk| {
                self.store_chunk(chunk, care, &mut moves)
            })?;
            self.note_moves(moves)?;
            let moved = batch.iter().fold(0_u64, |n, (_, at)| n.saturating_add(at.stored_bytes));
            progress::advance(moved)?;
        }
    }

    /// Where a chunk is to lie.
    fn place_of(
        &self,
        source: &Space,
        scaled: &[u64],
        from: &ChunkLocation,
    ) -> Result<ChunkLocation> {
        let (stored, whole) = (from.stored_bytes, self.grid.chunk_bytes);
        let plain = self.decoder(&self.grid).filters_of(scaled).is_empty();
        if (plain && stored != whole) || stored == 0 {
            let problem = format!("{stored} bytes for one of {whole}");
            return Err(source.broken("Chunk", "Size", from.address, problem));
        }
        if self.index.owns_chunks() {
            let place = self.index.get(self.store, scaled)?;
            return place.ok_or_else(|| Error::usage("a chunk outside the largest extent"));
        }
        let address = self.store.space().allocate(Purpose::RawData, stored)?;
        Ok(ChunkLocation { address, ..*from })
    }
}
