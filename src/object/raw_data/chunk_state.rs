//! What is known of the chunks of one dataset: shared by all snapshots of its header.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::chunk_cache::ChunkCache;
use super::chunked::Grid;
use super::table::ChunkTable;
use crate::error::Result;
use crate::object::chunk_index::ChunkIndex;
use crate::object::store::Store;

/// The index of a dataset's chunks, once it was needed, and the chunks that were changed.
///
/// Only a change of the file, which nobody reads meanwhile, writes to either.
#[derive(Debug, Default)]
pub(crate) struct ChunkState {
    open: RwLock<Option<Arc<OpenIndex>>>,
    cache: RwLock<ChunkCache>,
}

/// An index, and all of it in memory once it was read whole.
#[derive(Debug)]
pub(crate) struct OpenIndex {
    pub(crate) index: Box<dyn ChunkIndex>,
    table: OnceLock<Arc<ChunkTable>>,
    /// Chunks that were looked up in the index.
    looked_up: AtomicU64,
}

impl OpenIndex {
    fn new(index: Box<dyn ChunkIndex>) -> Self {
        Self { index, table: OnceLock::new(), looked_up: AtomicU64::new(0) }
    }

    /// Notes that so many chunks are looked up; gives how many they were till now.
    pub(crate) fn note(&self, chunks: u64) -> u64 {
        self.looked_up.fetch_add(chunks, Ordering::Relaxed)
    }

    /// The table, where it was read already.
    pub(crate) fn known_table(&self) -> Option<&Arc<ChunkTable>> {
        self.table.get()
    }

    pub(crate) fn table(&self, store: &Store, grid: &Grid) -> Result<&Arc<ChunkTable>> {
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let table = Arc::new(ChunkTable::load(store, &*self.index, grid)?);
        Ok(self.table.get_or_init(|| table))
    }
}

impl ChunkState {
    /// The index for looking things up.
    pub(crate) fn index(
        &self,
        open: impl FnOnce() -> Result<Box<dyn ChunkIndex>>,
    ) -> Result<Arc<OpenIndex>> {
        let known = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known {
            return Ok(Arc::clone(known));
        }
        drop(known);
        let opened = Arc::new(OpenIndex::new(open()?));
        let mut known = self.open.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.get_or_insert(opened)))
    }

    /// The index for changing it: who asks next opens it anew, unless it is put back.
    pub(crate) fn take_index(
        &self,
        open: impl FnOnce() -> Result<Box<dyn ChunkIndex>>,
    ) -> Result<Box<dyn ChunkIndex>> {
        let known = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        match known.map(Arc::try_unwrap) {
            Some(Ok(known)) => Ok(known.index),
            Some(Err(_)) | None => open(),
        }
    }

    /// Puts a changed index back.
    pub(crate) fn put_index(&self, index: Box<dyn ChunkIndex>) {
        let mut known = self.open.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::new(OpenIndex::new(index)));
    }

    /// Lets the index be opened anew.
    pub(crate) fn forget_index(&self) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Changed chunks, where there are any.
    pub(crate) fn cached(&self) -> Option<RwLockReadGuard<'_, ChunkCache>> {
        Some(self.cache()).filter(|cache| !cache.is_empty())
    }

    /// What waits to be stored.
    pub(crate) fn cache(&self) -> RwLockReadGuard<'_, ChunkCache> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn cache_mut(&self) -> RwLockWriteGuard<'_, ChunkCache> {
        self.cache.write().unwrap_or_else(PoisonError::into_inner)
    }
}
