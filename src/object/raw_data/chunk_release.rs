//! What elements in chunks keep in global heaps, given back.

use super::chunk_writer::ChunkWriter;
use super::chunked::Grid;
use crate::element::holds_heap_ids;
use crate::error::Result;

impl ChunkWriter<'_> {
    /// What a chunk holds now, with chunks cut as in `grid`; `None` where it is not stored.
    pub(super) fn current(&self, scaled: &[u64], grid: &Grid) -> Result<Option<Vec<u8>>> {
        if let Some(chunk) = self.cache.get(scaled) {
            return Ok(Some(chunk.to_vec()));
        }
        let Some(at) = self.index.get(self.store, scaled)? else { return Ok(None) };
        Ok(Some(self.decoder(grid).decode(scaled, &at)?.into_owned()))
    }

    /// A chunk of which all elements in the extent are about to be written: what lies beyond may
    /// keep something in heaps, and stays.
    pub(super) fn surroundings(&self, scaled: &[u64]) -> Result<Vec<u8>> {
        let names = holds_heap_ids(&self.dataset.datatype.datatype);
        let known = match names && self.grid.is_partial(scaled) {
            true => self.current(scaled, &self.grid)?,
            false => None,
        };
        known.map_or_else(|| self.filled(), Ok)
    }

    /// Gives back what the elements of some chunks keep in heaps.
    pub(super) fn let_go_of_chunks(&self, gone: impl Fn(&[u64]) -> bool) -> Result<()> {
        if !holds_heap_ids(&self.dataset.datatype.datatype) {
            return Ok(());
        }
        let cached = self.cache.keys().filter(|scaled| gone(scaled)).map(<[u64]>::to_vec);
        let mut chunks: Vec<Vec<u64>> = cached.collect();
        self.index.for_each(self.store, &mut |scaled, _| {
            if gone(scaled) && !self.cache.contains(scaled) {
                chunks.push(scaled.to_vec());
            }
            Ok(())
        })?;
        for scaled in chunks {
            if let Some(chunk) = self.current(&scaled, &self.grid)? {
                self.let_go(&chunk, &[])?;
            }
        }
        Ok(())
    }

    /// Gives back what the elements of a chunk keep in heaps and the `kept` ones do not.
    pub(super) fn let_go(&self, chunk: &[u8], kept: &[&[u8]]) -> Result<()> {
        self.dataset.release(self.store, chunk, kept)
    }
}
