//! Chunks of datasets, as they are stored.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::container::{Container, Source};
use super::dataset::Dataset;
use crate::codec::wide;
use crate::error::{Error, Result};
use crate::format::message::LayoutClass;
use crate::object::dataset::DatasetObject;
use crate::object::raw_data::chunked::{ChunkLocation, Grid};

/// A stored chunk.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let chunk = file.dataset("run1/frames")?.chunk_info(1).unwrap();
/// assert_eq!((chunk.offset.as_slice(), chunk.filter_mask), (&[1, 0, 0][..], 0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkInfo {
    /// First coordinates of the chunk, in elements.
    pub offset: Vec<u64>,
    /// Bit n set: filter n of the pipeline was not applied.
    pub filter_mask: u32,
    /// File offset of the chunk, in bytes.
    pub addr: u64,
    /// Bytes of the chunk as stored.
    pub size: u64,
}

impl ChunkInfo {
    fn of(grid: &Grid, scaled: &[u64], at: &ChunkLocation, base: u64) -> Self {
        Self {
            offset: grid.origin(scaled),
            filter_mask: at.filter_mask,
            addr: base.saturating_add(at.address.0),
            size: at.stored_bytes,
        }
    }

    /// Filters of the pipeline, counted from 0, that were not applied to this chunk.
    #[must_use]
    pub fn disabled_filters(&self) -> Vec<usize> {
        let set = |n: &usize| {
            u32::try_from(*n).ok().and_then(|n| self.filter_mask.checked_shr(n)).unwrap_or(0) & 1
                == 1
        };
        (0..32).filter(set).collect()
    }
}

/// What a visitor says: go on, or not.
///
/// Made of a [`ControlFlow`], or of the number that a callback of libhdf5 gives.
///
/// ```
/// use hdfive::Visit;
/// assert_eq!([0, 1, -1].map(Visit::from), [Visit::On, Visit::Enough, Visit::Failed]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Go on.
    On,
    /// It is enough.
    Enough,
    /// Give up, with an error.
    Failed,
}

impl From<ControlFlow<()>> for Visit {
    fn from(flow: ControlFlow<()>) -> Self {
        if flow.is_break() { Self::Enough } else { Self::On }
    }
}

impl From<i32> for Visit {
    fn from(code: i32) -> Self {
        match code {
            0 => Self::On,
            1.. => Self::Enough,
            _ => Self::Failed,
        }
    }
}

impl Dataset {
    /// The dataset with all its chunks stored: those that wait for more are stored now.
    fn settled(&self) -> Result<Arc<DatasetObject>> {
        Container::settled(self, self.known())
    }

    /// Number of stored chunks; `None` where the dataset has no chunks, or they cannot be read.
    #[must_use]
    pub fn num_chunks(&self) -> Option<usize> {
        let object = self.settled().ok()?;
        let _reading = self.found.store.reading().ok()?;
        let (_, table) = object.chunk_table(&self.found.store).ok()??;
        Some(table.len())
    }

    /// The `index`-th stored chunk, in row-major order.
    #[must_use]
    pub fn chunk_info(&self, index: usize) -> Option<ChunkInfo> {
        let object = self.settled().ok()?;
        let _reading = self.found.store.reading().ok()?;
        let (grid, table) = object.chunk_table(&self.found.store).ok()??;
        let (scaled, at) = table.nth(index)?;
        Some(ChunkInfo::of(grid, &scaled, &at, self.found.store.space().base()))
    }

    /// Calls `visit` for every stored chunk, in row-major order, until it says that it is enough: with
    /// [`ControlFlow::Break`], or as a callback of libhdf5 does, with a number that is not 0.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let mut bytes = 0;
    /// file.dataset("run1/frames")?.chunks_visit(|chunk| {
    ///     bytes += chunk.size;
    ///     0
    /// })?;
    /// # assert!(bytes > 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the dataset has no chunks, or `visit` gives
    /// a negative number; whatever reading the index gives.
    pub fn chunks_visit<F, R>(&self, mut visit: F) -> Result<()>
    where
        F: FnMut(ChunkInfo) -> R,
        R: Into<Visit>,
    {
        let object = self.named(self.settled())?;
        let reading = self.named(self.found.store.reading())?;
        let table = self.named(object.chunk_table(&self.found.store))?;
        let Some((grid, table)) = table else {
            return self.named(Err(Error::usage("the dataset has no chunks")));
        };
        drop(reading);
        let base = self.found.store.space().base();
        for (scaled, at) in (0..table.len()).filter_map(|index| table.nth(index)) {
            match visit(ChunkInfo::of(grid, &scaled, &at, base)).into() {
                Visit::On => {}
                Visit::Enough => break,
                Visit::Failed => {
                    return self.named(Err(Error::usage("the visit of the chunks was given up")));
                }
            }
        }
        Ok(())
    }

    /// The chunk that starts at `offset`, in elements, as stored; with the mask of the filters that
    /// were not applied to it. `None` where it is not stored. Changes that wait are stored first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where no chunk starts there.
    pub fn read_chunk(&self, offset: &[u64]) -> Result<Option<(u32, Vec<u8>)>> {
        let scaled = self.named(self.scaled(offset))?;
        let object = self.named(self.settled())?;
        let reading = self.named(self.found.store.reading())?;
        let found = self.named(object.stored_chunk(&self.found.store, &scaled))?;
        drop(reading);
        Ok(found.map(|(at, bytes)| (at.filter_mask, bytes)))
    }

    /// Coordinates, in chunks, of the chunk that starts at `offset`.
    pub(super) fn scaled(&self, offset: &[u64]) -> Result<Vec<u64>> {
        let chunk = self.chunk().unwrap_or_default();
        let inside = offset.len() == chunk.len()
            && offset.iter().zip(self.object().extent()).all(|(at, len)| at < len);
        let scaled: Option<Vec<u64>> = offset
            .iter()
            .zip(&chunk)
            .map(|(at, len)| {
                let len = wide(*len);
                (at.checked_rem(len)? == 0).then_some(at.checked_div(len)?)
            })
            .collect();
        let Some(scaled) = scaled.filter(|_| inside && !chunk.is_empty()) else {
            return Err(Error::usage(format!("no chunk starts at {offset:?}")));
        };
        Ok(scaled)
    }
}

impl Container {
    /// Bytes the elements take in the file (0 of a virtual dataset; 0 where the chunks cannot be
    /// read).
    #[must_use]
    pub fn storage_size(&self) -> u64 {
        match self.source() {
            Source::Dataset(dataset) => self.dataset_storage(dataset),
            Source::Attribute(_) => wide(self.size()).saturating_mul(self.stored_type().size()),
        }
    }

    fn settled(&self, known: &Arc<DatasetObject>) -> Result<Arc<DatasetObject>> {
        let object = self.current_dataset(known);
        if !object.is_dirty() {
            return Ok(object);
        }
        let store = &self.found.store;
        store.edit_elements(|| self.current_dataset(known).flush(store)?.map_or(Ok(()), Err))?;
        Ok(self.current_dataset(known))
    }

    /// Bytes the elements of a dataset take in the file.
    fn dataset_storage(&self, known: &Arc<DatasetObject>) -> u64 {
        let store = &self.found.store;
        let object = self.current_dataset(known);
        match &object.layout.class {
            LayoutClass::Compact { data } => wide(data.len()),
            LayoutClass::Contiguous { address: None, .. } if object.external.is_none() => 0,
            LayoutClass::Contiguous { .. } => object.total_bytes(store).unwrap_or(0),
            LayoutClass::Chunked(_) => {
                let object = self.settled(known).unwrap_or(object);
                let table = object.chunk_table(store).ok().flatten();
                table.map_or(0, |(_, table)| table.stored_bytes())
            }
            LayoutClass::Virtual { .. } => 0,
        }
    }
}
