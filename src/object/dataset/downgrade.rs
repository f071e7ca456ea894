//! Datasets in the layout that HDF5 before 1.10 reads.

use std::sync::Arc;

use super::DatasetObject;
use crate::codec::wide;
use crate::error::Result;
use crate::filter::pipeline;
use crate::format::message::{ChunkIndexKind, ChunkedLayout, DataLayout, LayoutClass, MessageType};
use crate::object::chunk_index::{self, ChunkChange, ChunkIndex, IndexContext};
use crate::object::raw_data::chunked::{ChunkDecoder, ChunkLocation};
use crate::object::store::Store;
use crate::space::{Extents, Purpose};

/// The newest version of the layout message that HDF5 before 1.10 knows.
const OLD_LAYOUT: u8 = 3;
/// Chunks whose places are noted in the index at once.
const BATCH: usize = 4096;

impl DatasetObject {
    /// Whether [`downgrade`](Self::downgrade) has something to do.
    fn can_be_downgraded(&self) -> bool {
        let is_virtual = matches!(self.layout.class, LayoutClass::Virtual { .. });
        self.layout.version > OLD_LAYOUT && !is_virtual
    }

    /// Lets the layout message be of version 3, and chunks be found through a version 1 B-tree;
    /// `false` where there is nothing to do.
    pub(crate) fn downgrade(&self, store: &Arc<Store>) -> Result<bool> {
        if !self.can_be_downgraded() {
            return Ok(false);
        }
        if self.is_chunked() {
            // What waits in the cache would not know of the new index.
            self.flush(store)?.map_or(Ok(()), Err)?;
        }
        let now = store.dataset(self.address)?;
        let class = match &now.layout.class {
            LayoutClass::Chunked(layout) => LayoutClass::Chunked(now.to_btree1(store, layout)?),
            other => other.clone(),
        };
        now.set_old_layout(store, DataLayout::new(OLD_LAYOUT, class))?;
        Ok(true)
    }

    fn set_old_layout(&self, store: &Store, layout: DataLayout) -> Result<()> {
        store.set_message(self.address, MessageType::DATA_LAYOUT, &layout)?;
        self.chunks.forget_index();
        store.put_dataset(Arc::new(Self { layout, ..self.snapshot() }));
        Ok(())
    }

    /// Makes a version 1 B-tree of the index, which goes; gives the layout with it. Chunks stay where
    /// they are, but for those that the old layout leaves unfiltered.
    fn to_btree1(&self, store: &Store, old: &ChunkedLayout) -> Result<ChunkedLayout> {
        let (grid, open) = self.index(store, old)?;
        let new =
            ChunkedLayout { flags: 0, index: ChunkIndexKind::BTree1, address: None, ..old.clone() };
        let (filtered, maximum) = (!self.filters.is_empty(), &self.maximum());
        let context = IndexContext { layout: &new, version: OLD_LAYOUT, filtered, grid, maximum };
        let mut tree = chunk_index::open(store, &context)?;
        let decoder = self.decoder(store, old, grid);
        let mut changes: Vec<ChunkChange> = Vec::new();
        let mut kept = Vec::new();
        open.index.for_each(store, &mut |scaled, at| {
            let place = self.filter_edge(decoder, scaled, at)?;
            changes.push((scaled.to_vec(), Some(place)));
            if open.index.owns_chunks() {
                kept.push(place);
            }
            if changes.len() >= BATCH {
                tree.change(store, &std::mem::take(&mut changes))?;
            }
            Ok(())
        })?;
        if !changes.is_empty() {
            tree.change(store, &changes)?;
        }
        free_index(store, &*open.index, kept)?;
        let (address, index) = tree.layout();
        Ok(ChunkedLayout { address, index, ..new })
    }

    /// Sends a chunk across the edge through the filters, where it is stored without: the old layout
    /// has filters for all chunks or for none. Gives where it is then.
    fn filter_edge(
        &self,
        decoder: ChunkDecoder<'_>,
        scaled: &[u64],
        at: ChunkLocation,
    ) -> Result<ChunkLocation> {
        if self.filters.is_empty() || !decoder.filters_of(scaled).is_empty() {
            return Ok(at);
        }
        let space = decoder.store.space();
        let chunk = decoder.decode(scaled, &at)?;
        let (bytes, filter_mask) =
            pipeline::encode(&self.filters, chunk, decoder.store.registry())?;
        let stored_bytes = wide(bytes.len());
        let address = space.allocate(Purpose::RawData, stored_bytes)?;
        space.write_raw(address, &bytes)?;
        space.free(Purpose::RawData, at.address, at.stored_bytes)?;
        Ok(ChunkLocation { address, stored_bytes, filter_mask })
    }
}

/// Gives an index back. Where the space of chunks is its own, that of the `kept` ones stays.
fn free_index(store: &Store, index: &dyn ChunkIndex, mut kept: Vec<ChunkLocation>) -> Result<()> {
    let mut extents = Extents::default();
    index.extents(store, &mut extents)?;
    if !index.owns_chunks() {
        return store.space().free_extents(&extents);
    }
    kept.sort_unstable_by_key(|chunk| chunk.address);
    let mut gaps = Extents::default();
    for block in extents.iter() {
        let (mut at, end) = (block.at, block.at.plus(block.len));
        let inside = kept.iter().filter(|chunk| (block.at..end).contains(&chunk.address));
        for chunk in inside {
            gaps.raw_data(at, chunk.address.0.saturating_sub(at.0));
            at = chunk.address.plus(chunk.stored_bytes);
        }
        gaps.raw_data(at, end.0.saturating_sub(at.0));
    }
    let mut real = gaps.iter().filter(|gap| gap.len > 0);
    real.try_for_each(|gap| store.space().free(gap.purpose, gap.at, gap.len))
}
