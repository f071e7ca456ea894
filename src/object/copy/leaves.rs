//! Chunks of damaged indexes: leaves of version 1 B-trees that nothing leads to any more, brought to
//! the one dataset that they can be of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::damaged::LossKind;
use super::dataset::Pair;
use super::{Copier, Waiting};
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::{ChunkIndexKind, LayoutClass};
use crate::infra::btree1::for_each_chunk;
use crate::object::dataset::DatasetObject;
use crate::object::raw_data::chunked::{ChunkLocation, Grid};
use crate::object::raw_data::table::ChunkTable;
use crate::object::store::Store;
use crate::space::{Intervals, Space};

/// Bytes of a node up to its level.
const PREFIX: u64 = 6;

/// A chunk: its place in the dataset, in chunks, and in the file.
type Chunk = (Vec<u64>, ChunkLocation);

/// A dataset whose index is damaged, and its chunks that are known.
struct Torn {
    waiting: Waiting,
    dataset: Arc<DatasetObject>,
    known: BTreeSet<Vec<u64>>,
    /// Those that were found.
    found: BTreeMap<Vec<u64>, ChunkLocation>,
}

impl Copier<'_> {
    /// Notes that chunks of a dataset may be missing.
    pub(super) fn note_torn(&self, pair: &Pair<'_>) {
        let (place, table) = (pair.place.clone(), None);
        let (source, copy) = (pair.source.address(), pair.target.address());
        // What elements name is copied element by element, through the index of the dataset.
        let is_old = matches!(&pair.source.layout.class,
            LayoutClass::Chunked(layout) if layout.index == ChunkIndexKind::BTree1);
        if is_old && !pair.translated {
            self.torn.borrow_mut().push(Waiting { place, source, copy, table });
        }
    }

    /// Brings the chunks of leaves that no tree leads to any more, to the dataset of which they can
    /// be: one that lacks all of them, in chunks of that shape and size. Where there are several,
    /// nobody knows whose they are.
    pub(super) fn adopt_chunks(&self, from: &Arc<Store>, reached: &Intervals) -> Result<()> {
        let space = from.space();
        let noted = space.noted();
        let mut torn = Vec::new();
        for waiting in self.torn.take() {
            torn.extend(Torn::of(waiting).ok().flatten());
        }
        let leaves: Vec<Address> = match torn.is_empty() {
            true => Vec::new(),
            false => from.landmarks()?.chunk_nodes.clone(),
        };
        for leaf in leaves.into_iter().filter(|at| !reached.overlaps(at.0, 1)) {
            let fitting = torn.iter().enumerate().filter_map(|(index, torn)| {
                torn.chunks_in(from, leaf, reached).map(|chunks| (index, chunks))
            });
            let mut fitting: Vec<(usize, Vec<Chunk>)> = fitting.take(2).collect();
            if let (Some((index, chunks)), true) = (fitting.pop(), fitting.is_empty())
                && let Some(torn) = torn.get_mut(index)
            {
                torn.found.extend(chunks);
            }
        }
        space.take_noted(noted);
        torn.into_iter().try_for_each(|torn| self.add_chunks(torn))
    }

    /// Brings the chunks that were found.
    fn add_chunks(&self, torn: Torn) -> Result<()> {
        let Torn { waiting: Waiting { place, copy, .. }, dataset, found, .. } = torn;
        if found.is_empty() {
            return Ok(());
        }
        self.spare(&place, LossKind::Elements, || {
            let (source, target) = (dataset, self.to.dataset(copy)?);
            let pair = Pair { place: &place, source: &source, target: &target, translated: false };
            let store = &place.store;
            if let Some((grid, _)) = source.chunk_table(store)? {
                let table = ChunkTable::of(found, grid);
                self.copy_chunks_of(&pair, grid, &table)?;
            }
            self.to.dataset(copy)?.flush(self.to)?.map_or(Ok(()), Err)?;
            self.to.drop_dataset(copy);
            Ok(())
        })
        .map(drop)
    }
}

impl Torn {
    fn of(waiting: Waiting) -> Result<Option<Self>> {
        let store = &waiting.place.store;
        let dataset = store.dataset(waiting.source)?;
        let Some((_, table)) = dataset.chunk_table(store)? else { return Ok(None) };
        let known = (0..table.len()).filter_map(|index| table.nth(index));
        let known = known.map(|(scaled, _)| scaled).collect();
        Ok(Some(Self { waiting, dataset, known, found: BTreeMap::new() }))
    }

    /// The chunks of a leaf, where all of them can be of this dataset.
    fn chunks_in(&self, from: &Store, leaf: Address, reached: &Intervals) -> Option<Vec<Chunk>> {
        let space = from.space();
        if *space.read("Version 1 B-tree Node", leaf, PREFIX).ok()?.last()? != 0 {
            return None;
        }
        let grid = self.dataset.chunk_table(from).ok()??.0;
        let noted = space.noted();
        let (mut chunks, mut fits): (Vec<Chunk>, bool) = (Vec::new(), true);
        let (rank, k) = (grid.chunk.len(), from.superblock().chunk_k);
        let read = for_each_chunk(space, leaf, rank, k, &mut |key, address| {
            let stored_bytes = key.stored_bytes.into();
            let at = ChunkLocation { address, stored_bytes, filter_mask: key.filter_mask };
            let scaled = scaled(grid, &key.offset);
            let scaled = scaled.filter(|scaled| {
                let behind = chunks.last().is_none_or(|(last, _)| last < scaled);
                behind && self.may_be(space, grid, scaled, &at, reached)
            });
            match scaled {
                Some(scaled) => chunks.push((scaled, at)),
                None => fits = false,
            }
            Ok(())
        });
        let is_whole = space.take_noted(noted).is_empty();
        (read.is_ok() && is_whole && fits && !chunks.is_empty()).then_some(chunks)
    }

    /// Whether this chunk can be one of those that are missing.
    fn may_be(
        &self,
        space: &Space,
        grid: &Grid,
        scaled: &[u64],
        at: &ChunkLocation,
        reached: &Intervals,
    ) -> bool {
        let plain = self.dataset.filters.is_empty();
        let inside = at.address.0.checked_add(at.stored_bytes);
        grid.contains(scaled)
            && !self.known.contains(scaled)
            && !self.found.contains_key(scaled)
            && at.stored_bytes > 0
            && (!plain || at.stored_bytes == grid.chunk_bytes)
            && inside.is_some_and(|end| end <= space.end().0)
            && !reached.overlaps(at.address.0, at.stored_bytes)
    }
}

/// The place of a chunk, in chunks, whose first element has these coordinates.
fn scaled(grid: &Grid, offset: &[u64]) -> Option<Vec<u64>> {
    let (last, coordinates) = offset.split_last()?;
    let along = |(at, chunk): (&u64, &u64)| {
        (at.checked_rem(*chunk) == Some(0)).then(|| at.checked_div(*chunk))?
    };
    (*last == 0).then(|| coordinates.iter().zip(&grid.chunk).map(along).collect())?
}
