//! What is refused while other programs read a dataset (SWMR).

use super::DatasetObject;
use crate::element::holds_heap_ids;
use crate::error::{Error, Result};
use crate::format::message::ChunkIndexKind;
use crate::object::store::Store;

impl DatasetObject {
    /// Refuses to write elements that readers could meet half written, or not find.
    pub(super) fn check_watched(&self, store: &Store) -> Result<()> {
        if !store.space().is_watched() || self.virtual_data().is_some() {
            return Ok(());
        }
        if holds_heap_ids(&self.datatype.datatype) {
            return Err(Error::usage(
                "in SWMR mode no elements are written that keep something in heaps: strings and \
                 sequences of variable length, and revised references",
            ));
        }
        if self.chunked().is_some_and(|layout| layout.index == ChunkIndexKind::BTree1) {
            return Err(Error::usage(
                "in SWMR mode no dataset is written whose chunks are found through a version 1 \
                 B-tree: one that is made in format v110 or later has another index",
            ));
        }
        Ok(())
    }

    /// Refuses an extent with which readers that know another one misread the chunks.
    pub(super) fn check_watched_extent(&self, store: &Store, extent: &[u64]) -> Result<()> {
        if !store.space().is_watched() {
            return Ok(());
        }
        if extent.iter().zip(self.extent()).any(|(new, old)| new < old) {
            return Err(Error::usage("in SWMR mode datasets only grow"));
        }
        let form = self.chunked().is_some_and(|layout| layout.partial_chunks_unfiltered());
        if form && !self.filters.is_empty() {
            return Err(Error::usage(
                "in SWMR mode no dataset grows whose chunks are filtered but for those across its \
                 edge",
            ));
        }
        self.check_watched(store)
    }
}
