//! What another extent means for the chunks.

use std::collections::BTreeSet;

use super::chunk_writer::{ChunkWriter, EncodedChunk};
use super::chunked::{ChunkLocation, Grid, for_each_coordinate};
use super::in_place::{self, Care};
use crate::error::{Error, Result};
use crate::object::selection::{Segment, product_runs};
use crate::space::Purpose;

/// Most chunks at an edge that are looked up one by one, rather than going through all chunks.
const FEW: u64 = 4096;

impl ChunkWriter<'_> {
    /// Lets the dataset have another extent.
    ///
    /// Chunks outside of it go. What chunks across its edge hold outside of it becomes the fill
    /// value again, for the extent may grow once more; and those that are stored without filters
    /// only because they cross the edge, or that now do, are stored anew.
    pub(crate) fn resize(&mut self, extent: &[u64]) -> Result<()> {
        let new = Grid { extent: extent.to_vec(), ..self.grid.clone() };
        if self.grid.extent.iter().zip(extent).any(|(old, new)| new < old) {
            self.drop_outside(&new)?;
        }
        let edges = self.edges(&new)?;
        let old = std::mem::replace(&mut self.grid, new);
        // What leaves the cache is encoded for the new extent: those in it come first.
        let (cached, stored): (Vec<_>, Vec<_>) =
            edges.into_iter().partition(|scaled| self.cache.contains(scaled));
        cached.iter().try_for_each(|scaled| self.settle(scaled, &old))?;
        stored.iter().try_for_each(|scaled| {
            self.settle(scaled, &old)?;
            self.evict()
        })?;
        if self.index.owns_chunks() { self.fill_new(&old) } else { Ok(()) }
    }

    /// Fills the chunks that the old extent did not have, of an index that has all chunks there can
    /// be: what lies there may be what libhdf5 left when it made the extent smaller.
    fn fill_new(&self, old: &Grid) -> Result<()> {
        let ranges: Vec<std::ops::Range<u64>> =
            self.grid.counts().into_iter().map(|count| 0..count).collect();
        for_each_coordinate(&ranges, &mut |scaled| match self.index.get(self.store, scaled)? {
            Some(at) if !old.contains(scaled) => self.fill_at(at, true),
            _ => Ok(()),
        })
    }

    /// Fills a chunk where it lies. `own` says whether it becomes part of the dataset: elements of
    /// one that is outside keep nothing in heaps.
    fn fill_at(&self, at: ChunkLocation, own: bool) -> Result<()> {
        let mut chunk = self.filled()?;
        if own {
            self.own(&mut chunk)?;
        }
        in_place::overwrite(self.store.space(), at.address, chunk.into(), Care::KeepCommitted)
    }

    fn drop_outside(&mut self, new: &Grid) -> Result<()> {
        self.let_go_of_chunks(|scaled| !new.contains(scaled))?;
        let keys = self.cache.keys().filter(|scaled| !new.contains(scaled)).map(<[u64]>::to_vec);
        for scaled in keys.collect::<Vec<_>>() {
            self.cache.remove(&scaled);
        }
        let mut gone = Vec::new();
        self.index.for_each(self.store, &mut |scaled, at| {
            if !new.contains(scaled) {
                gone.push((scaled.to_vec(), at));
            }
            Ok(())
        })?;
        let space = self.store.space();
        if self.index.owns_chunks() {
            return gone.iter().try_for_each(|(_, at)| self.fill_at(*at, false));
        }
        if !gone.is_empty() {
            let changes: Vec<_> = gone.iter().map(|(scaled, _)| (scaled.clone(), None)).collect();
            self.index.change(self.store, &changes)?;
        }
        gone.iter()
            .try_for_each(|(_, at)| space.free(Purpose::RawData, at.address, at.stored_bytes))
    }

    /// Chunks that an edge, which is not there any more or was not before, goes through.
    fn edges(&self, new: &Grid) -> Result<Vec<Vec<u64>>> {
        let old = &self.grid;
        let flips = self.flips();
        let mut slabs: Vec<(usize, u64)> = Vec::new();
        for (axis, ((from, to), chunk)) in
            old.extent.iter().zip(&new.extent).zip(&old.chunk).enumerate()
        {
            let edge = *from.min(to);
            let through = edge.checked_rem(*chunk).is_some_and(|rest| rest != 0);
            if through && (to < from || (to > from && flips)) {
                slabs.push((axis, edge.checked_div(*chunk).unwrap_or(0)));
            }
        }
        let counts: Vec<u64> =
            old.counts().into_iter().zip(new.counts()).map(|(old, new)| old.min(new)).collect();
        let slab_ranges = |(axis, at): &(usize, u64)| -> Vec<std::ops::Range<u64>> {
            let range = |(n, count): (usize, &u64)| {
                if n == *axis { *at..at.saturating_add(1) } else { 0..*count }
            };
            counts.iter().enumerate().map(range).collect()
        };
        let size = |slab: &(usize, u64)| {
            slab_ranges(slab)
                .iter()
                .fold(1, |n: u64, r| n.saturating_mul(r.end.saturating_sub(r.start)))
        };
        let mut found = BTreeSet::new();
        if slabs.iter().map(size).fold(0, u64::saturating_add) <= FEW {
            for slab in &slabs {
                for_each_coordinate(&slab_ranges(slab), &mut |scaled| {
                    found.insert(scaled.to_vec());
                    Ok(())
                })?;
            }
            return Ok(found.into_iter().collect());
        }
        let mut note = |scaled: &[u64]| {
            let inside =
                scaled.len() == counts.len() && scaled.iter().zip(&counts).all(|(n, c)| n < c);
            if inside && slabs.iter().any(|(axis, at)| scaled.get(*axis) == Some(at)) {
                found.insert(scaled.to_vec());
            }
        };
        self.cache.keys().for_each(&mut note);
        self.index.for_each(self.store, &mut |scaled, _| {
            note(scaled);
            Ok(())
        })?;
        Ok(found.into_iter().collect())
    }

    /// Whether chunks across the edge are stored otherwise than the others.
    fn flips(&self) -> bool {
        self.layout.partial_chunks_unfiltered() && !self.dataset.filters.is_empty()
    }

    /// Brings a chunk at an edge into the form the new extent asks for.
    fn settle(&mut self, scaled: &[u64], old: &Grid) -> Result<()> {
        let (before, after) = (old.inside(scaled), self.grid.inside(scaled));
        let cut = after.iter().zip(&before).any(|(after, before)| after < before);
        let flips = self.flips() && old.is_partial(scaled) != self.grid.is_partial(scaled);
        if !cut && !flips {
            return Ok(());
        }
        let Some(chunk) = self.current(scaled, old)? else { return Ok(()) };
        let chunk = if cut { self.cut(&chunk, &after)? } else { chunk };
        if self.dataset.filters.is_empty() && !self.cache.contains(scaled) {
            self.put_with(vec![EncodedChunk::plain(scaled, chunk)], Care::KeepCommitted)
        } else {
            self.hold(scaled, chunk, true)
        }
    }

    /// The chunk with only its first `inside` elements along each axis.
    fn cut(&self, chunk: &[u8], inside: &[u64]) -> Result<Vec<u8>> {
        let mut kept = self.filled()?;
        let axes: Vec<[Segment; 1]> =
            inside.iter().map(|len| [Segment { from: 0, to: 0, len: *len }]).collect();
        let views: Vec<&[Segment]> = axes.iter().map(<[Segment; 1]>::as_slice).collect();
        let (origin, size) = (vec![0; inside.len()], self.grid.element_size);
        let shape = &self.grid.chunk;
        product_runs(&views, &origin, shape, shape, &mut |from, _, len| {
            let start = usize::try_from(from.saturating_mul(size)).unwrap_or(usize::MAX);
            let end = usize::try_from(from.saturating_add(len).saturating_mul(size));
            let place = start..end.unwrap_or(usize::MAX);
            let (to, from) =
                kept.get_mut(place.clone()).zip(chunk.get(place)).ok_or_else(too_short)?;
            to.copy_from_slice(from);
            Ok(())
        })?;
        self.own(&mut kept)?;
        self.let_go(chunk, &[&kept])?;
        Ok(kept)
    }
}

#[cold]
fn too_short() -> Error {
    Error::corrupt_chunk("the chunk is shorter than its elements")
}
