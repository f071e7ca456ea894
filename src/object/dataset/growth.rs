//! Datasets grow, by one row after the other mostly, and rows are written to chunks that wait.
//!
//! All that a larger extent changes is a message of the header, and the next row changes it again.
//! So it waits, with the chunks that wait for more, until the next commit. Meanwhile the state that the
//! store keeps of the dataset says what its extent is, not the header.

use std::ops::Range;
use std::sync::Arc;

use super::DatasetObject;
use crate::codec::wide;
use crate::element::holds_heap_ids;
use crate::error::Result;
use crate::filter::pipeline;
use crate::format::message::{ChunkIndexKind, ChunkedLayout, Dataspace, MessageType};
use crate::object::progress;
use crate::object::raw_data::chunk_writer::note_dirtied;
use crate::object::selection::{AxisSelection, ElementSelection};
use crate::object::store::Store;

/// Most axes of a dataset to whose waiting chunks rows are added without much ado.
const FEW_AXES: usize = 8;

impl DatasetObject {
    /// Whether growing to `extent` changes nothing but the extent.
    pub(super) fn only_grows(&self, store: &Store, layout: &ChunkedLayout, extent: &[u64]) -> bool {
        let larger = extent.iter().zip(self.extent()).all(|(new, old)| new >= old);
        larger
            && !self.is_early()
            && !self.is_recut(layout)
            && layout.index != ChunkIndexKind::Implicit
            && !store.space().is_watched()
    }

    /// Whether nothing of a change of a chunk that waits needs to be looked at now.
    fn is_patient(&self, store: &Store, layout: &ChunkedLayout) -> bool {
        !self.is_recut(layout)
            && !pipeline::may_fail(&self.filters, store.registry())
            && !progress::is_watched()
    }

    /// Writes `bytes`, those of `elements`, where these are one run of bytes of a chunk that waits;
    /// `false` where that is not so, and nothing is done.
    pub(super) fn write_to_waiting(
        &self,
        store: &Store,
        layout: &ChunkedLayout,
        elements: &ElementSelection,
        bytes: &[u8],
    ) -> bool {
        let ElementSelection::Product(axes) = elements else { return false };
        let mut scaled = [0; FEW_AXES];
        let Some(scaled) = scaled.get_mut(..axes.len()) else { return false };
        let (mut offset, mut stride, mut whole) = (0_u64, 1_u64, true);
        for ((axis, chunk), number) in axes.iter().zip(&layout.dimensions).zip(&mut *scaled).rev() {
            let &AxisSelection::Range { start, count: 1, block, .. } = axis else { return false };
            let (Some(place), Some(at)) = (start.checked_rem(*chunk), start.checked_div(*chunk))
            else {
                return false;
            };
            // Where there are several places along an axis, all of those behind it are in between.
            if place.saturating_add(block) > *chunk || (block > 1 && !whole) {
                return false;
            }
            offset = offset.saturating_add(place.saturating_mul(stride));
            stride = stride.saturating_mul(*chunk);
            whole &= block == *chunk;
            *number = at;
        }
        let place = usize::try_from(offset.saturating_mul(self.element_size())).ok();
        let place = place.and_then(|at| Some(at..at.checked_add(bytes.len())?));
        let Some(place) = place.filter(|_| self.is_patient(store, layout)) else { return false };
        self.patch_waiting(store, scaled, place, bytes)
    }

    /// Writes over a part of a chunk, where that waits.
    fn patch_waiting(
        &self,
        store: &Store,
        scaled: &[u64],
        place: Range<usize>,
        bytes: &[u8],
    ) -> bool {
        let mut cache = self.chunks.cache_mut();
        cache.enter(store.space().step());
        let there = cache.patch(scaled, place, bytes);
        if there {
            note_dirtied(store, &mut cache);
        }
        there
    }

    /// Whether chunks across the edge are stored otherwise than the others.
    fn is_recut(&self, layout: &ChunkedLayout) -> bool {
        layout.partial_chunks_unfiltered() && !self.filters.is_empty()
    }

    /// Gives the dataset a larger extent, which the header comes to know later.
    pub(super) fn grow(&self, store: &Store, dataspace: Dataspace) {
        self.note_extent(store, &dataspace.dimensions);
        store.put_dataset(Arc::new(Self { dataspace, ..self.snapshot() }));
    }

    fn note_extent(&self, store: &Store, extent: &[u64]) {
        let mut cache = self.chunks.cache_mut();
        cache.enter(store.space().step());
        let first = cache.grown().is_none();
        cache.grow(extent);
        drop(cache);
        if first {
            store.space().note_waiting(wide(size_of_val(extent)));
        }
    }

    /// Lets the header say what the extent is.
    pub(crate) fn save_extent(&self, store: &Store) -> Result<()> {
        let mut cache = self.chunks.cache_mut();
        if cache.grown().is_none() {
            return Ok(());
        }
        cache.enter(store.space().step());
        cache.grow(&[]);
        drop(cache);
        store.set_message(self.address, MessageType::DATASPACE, &self.dataspace)
    }

    /// Appends `bytes`, the elements of `block`, along the first axis, where all of them go to a
    /// chunk that waits already; `false` where that is not so, and nothing is done.
    ///
    /// Nobody else may hold `this`: it becomes the dataset's next state.
    pub(crate) fn append_to_waiting(
        this: &mut Arc<Self>,
        store: &Store,
        block: &[usize],
        bytes: &[u8],
    ) -> Result<bool> {
        let Some(this) = Arc::get_mut(this) else { return Ok(false) };
        let Some(layout) = this.chunked() else { return Ok(false) };
        let (chunk, size) = (&layout.dimensions, this.element_size());
        let extent = &this.dataspace.dimensions;
        let (Some((start, others)), Some((chunk_rows, chunk_others))) =
            (extent.split_first(), chunk.split_first())
        else {
            return Ok(false);
        };
        let (rows, row) = match block.split_first() {
            Some((rows, row)) if block.len() == extent.len() => (wide(*rows), row),
            _ => (1, block),
        };
        let (Some(end), row_bytes) =
            (start.checked_add(rows), others.iter().fold(size, |n, len| n.saturating_mul(*len)))
        else {
            return Ok(false);
        };
        let (Some(number), Some(skip)) =
            (start.checked_div(*chunk_rows), start.checked_rem(*chunk_rows))
        else {
            return Ok(false);
        };
        let fits = others == chunk_others
            && row.iter().map(|len| wide(*len)).eq(others.iter().copied())
            && rows > 0
            && skip.saturating_add(rows) <= *chunk_rows
            && this.dataspace.max(0).is_none_or(|most| end <= most)
            && wide(bytes.len()) == rows.saturating_mul(row_bytes);
        let plain = this.is_patient(store, layout)
            && !this.is_early()
            && !holds_heap_ids(&this.datatype.datatype)
            && !store.space().is_watched();
        let mut scaled = [0; FEW_AXES];
        let place = usize::try_from(skip.saturating_mul(row_bytes)).ok();
        let place = place.and_then(|at| Some(at..at.checked_add(bytes.len())?));
        let (Some(scaled), Some(place), true) =
            (scaled.get_mut(..extent.len()), place, fits && plain)
        else {
            return Ok(false);
        };
        if let Some(first) = scaled.first_mut() {
            *first = number;
        }
        if !this.patch_waiting(store, scaled, place, bytes) {
            return Ok(false);
        }
        if let Some(first) = this.dataspace.dimensions.first_mut() {
            *first = end;
        }
        if let Some(first) = this.grid.get_mut().and_then(|grid| grid.extent.first_mut()) {
            *first = end;
        }
        this.note_extent(store, &this.dataspace.dimensions);
        Ok(true)
    }
}
