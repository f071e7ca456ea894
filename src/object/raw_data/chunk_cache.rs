//! What of one dataset waits to be stored: decoded chunks, and its extent.
//!
//! Chunks are changed here in any number of steps before they reach the file, and a step may be
//! rolled back: the cache keeps what undoes the changes of the step under way. A dataset that grows
//! row by row changes both with every row, so that none of this allocates memory each time.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::encoding::{ChunkBytes, Encoding};
use crate::codec::wide;
use crate::filter::Registry;
use crate::format::message::FilterDescription;
use crate::object::plain_hash::BuildPlainHash;

/// Bytes above which chunks are encoded and let go, those used last excepted. Few in tests, which
/// are to see that happen.
pub(crate) const CACHE_BYTES: u64 = if cfg!(test) { 1 << 10 } else { 16 << 20 };

/// Coordinates of a chunk, in chunks.
type Scaled = Arc<[u64]>;

/// Decoded chunks, by their coordinates in chunks.
#[derive(Debug, Default)]
pub(crate) struct ChunkCache {
    chunks: HashMap<Scaled, Cached, BuildPlainHash>,
    /// Coordinates by the time of last use.
    order: BTreeMap<u64, Scaled>,
    /// The extent, where the header has another one; empty where it has not.
    grown: Vec<u64>,
    bytes: u64,
    clock: u64,
    journal: Journal,
    /// A chunk was encoded once: others will be.
    proven: bool,
    /// Bytes of chunks that the file came to lack.
    dirtied: u64,
    /// Bytes above which chunks are let go, where they are not the usual ones.
    bound: Option<u64>,
    /// Memory of chunks that are gone, for those to come: fresh memory costs as much as copying to it.
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Cached {
    scaled: Scaled,
    bytes: ChunkBytes,
    /// The file has other bytes.
    dirty: bool,
    used: u64,
    /// Step in which it came here.
    since: u64,
}

/// What undoes a step.
#[derive(Debug, Default)]
struct Journal {
    step: u64,
    undo: Vec<(Scaled, Undo)>,
    /// Bytes that were written over.
    bytes: Vec<u8>,
    /// The extent was changed, and what waited before that.
    grew: bool,
    grown: Vec<u64>,
}

impl Journal {
    fn clear(&mut self) {
        self.undo.clear();
        self.bytes.clear();
        self.grew = false;
    }
}

#[derive(Debug)]
enum Undo {
    /// It was not there.
    Added,
    /// It was there. `None` where it came in the same step: nobody will miss it.
    Removed(Option<(ChunkBytes, bool)>),
    /// It had these bytes of the journal there, and was dirty or not.
    Patched(usize, Range<usize>, bool),
    /// It was dirty.
    Cleaned,
}

impl ChunkCache {
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether the file lacks something.
    pub(crate) fn is_dirty(&self) -> bool {
        self.grown().is_some() || self.chunks.values().any(|chunk| chunk.dirty)
    }

    /// The extent, where the header has another one.
    pub(crate) fn grown(&self) -> Option<&[u64]> {
        Some(self.grown.as_slice()).filter(|extent| !extent.is_empty())
    }

    /// The dataset has an extent that the header does not know of; of an empty one, it does.
    pub(crate) fn grow(&mut self, extent: &[u64]) {
        if !mem::replace(&mut self.journal.grew, true) {
            mem::swap(&mut self.journal.grown, &mut self.grown);
        }
        self.grown.clear();
        self.grown.extend_from_slice(extent);
    }

    /// Whether the file lacks a chunk that is here.
    pub(crate) fn is_chunk_dirty(&self, scaled: &[u64]) -> bool {
        self.chunks.get(scaled).is_some_and(|chunk| chunk.dirty)
    }

    /// Whether the dataset's filters encoded a chunk already.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven
    }

    /// The dataset's filters encoded a chunk.
    pub(crate) fn prove(&mut self) {
        self.proven = true;
    }

    /// All that was done so far is done for good: chunks the file has go, but for the one used
    /// last.
    pub(crate) fn keep(&mut self) {
        self.journal.clear();
        self.spare.clear();
        let last = self.order.last_key_value().map(|(_, scaled)| scaled.clone());
        let clean = self
            .chunks
            .iter()
            .filter(|(scaled, chunk)| !chunk.dirty && Some(*scaled) != last.as_ref());
        for scaled in clean.map(|(scaled, _)| Arc::clone(scaled)).collect::<Vec<_>>() {
            self.take(&scaled);
        }
    }

    /// A change belongs to `step`: what undid an earlier one is dropped.
    pub(crate) fn enter(&mut self, step: u64) {
        if self.journal.step != step {
            self.spare_removed();
            self.journal.clear();
            self.journal.step = step;
        }
    }

    /// Keeps the memory of chunks that nothing will bring back, up to half of the bound.
    fn spare_removed(&mut self) {
        let bound = usize::try_from(self.bound() >> 1).unwrap_or(usize::MAX);
        for (_, undo) in self.journal.undo.drain(..) {
            if let Undo::Removed(Some((bytes, _))) = undo
                && let Some(memory) = bytes.into_memory()
                && self.spare.len().saturating_add(1).saturating_mul(memory.len()) <= bound
            {
                self.spare.push(memory);
            }
        }
    }

    /// A copy of a chunk, to be put here.
    pub(super) fn copy(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(chunk);
        copy
    }

    pub(crate) fn get(&self, scaled: &[u64]) -> Option<&[u8]> {
        self.chunks.get(scaled).map(|chunk| &*chunk.bytes)
    }

    /// Lets a chunk that is here be encoded, by whoever runs what this gives.
    pub(super) fn begin(
        &mut self,
        scaled: &[u64],
        filters: &[FilterDescription],
        registry: &Registry,
    ) -> Option<Arc<Encoding>> {
        self.chunks.get_mut(scaled).map(|chunk| chunk.bytes.begin(filters, registry))
    }

    /// How far the encoding of a chunk is, where that began.
    pub(super) fn encoding(&self, scaled: &[u64]) -> Option<&Arc<Encoding>> {
        self.chunks.get(scaled)?.bytes.encoding()
    }

    pub(crate) fn contains(&self, scaled: &[u64]) -> bool {
        self.chunks.contains_key(scaled)
    }

    /// Coordinates of all chunks.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u64]> {
        self.chunks.keys().map(AsRef::as_ref)
    }

    /// Coordinates of the chunks the file lacks, in order.
    pub(crate) fn dirty(&self) -> Vec<Vec<u64>> {
        let dirty = self.chunks.iter().filter(|(_, chunk)| chunk.dirty);
        let mut keys: Vec<_> = dirty.map(|(scaled, _)| scaled.to_vec()).collect();
        keys.sort_unstable();
        keys
    }

    /// Lets chunks be let go above so many bytes.
    pub(crate) fn set_bound(&mut self, bytes: u64) {
        self.bound = Some(bytes);
    }

    /// Bytes above which chunks are let go.
    pub(crate) fn bound(&self) -> u64 {
        self.bound.unwrap_or(CACHE_BYTES)
    }

    /// Coordinates of the chunks not used for longest, so many that the others stay below half of
    /// the bound, and that `workers` who encode them have as many each; none while all stay below it. The chunk
    /// used last is never among them.
    pub(crate) fn surplus(&self, workers: usize) -> Vec<Vec<u64>> {
        let bound = self.bound();
        let mut left = self.bytes;
        let mut keys = Vec::new();
        if left <= bound {
            return keys;
        }
        for scaled in self.order.values().take(self.order.len().saturating_sub(1)) {
            if left <= bound >> 1 && keys.len().checked_rem(workers).unwrap_or(0) == 0 {
                break;
            }
            left = left.saturating_sub(self.get(scaled).map_or(0, |bytes| wide(bytes.len())));
            keys.push(scaled.to_vec());
        }
        keys.sort_unstable();
        keys
    }

    /// Lets a chunk be here; one that was is replaced.
    pub(crate) fn insert(&mut self, scaled: &[u64], bytes: Vec<u8>, dirty: bool) {
        self.remove(scaled);
        let scaled = Scaled::from(scaled);
        self.journal.undo.push((Arc::clone(&scaled), Undo::Added));
        let since = self.journal.step;
        if dirty {
            self.dirtied = self.dirtied.saturating_add(wide(bytes.len()));
        }
        self.place(scaled, bytes.into(), dirty, since);
    }

    /// Lets a chunk go.
    pub(crate) fn remove(&mut self, scaled: &[u64]) {
        if let Some(chunk) = self.take(scaled) {
            let old = (chunk.since != self.journal.step).then_some((chunk.bytes, chunk.dirty));
            self.journal.undo.push((chunk.scaled, Undo::Removed(old)));
        }
    }

    /// Writes over a part of a chunk, which is used; `false` where it is not here or has no such part.
    pub(crate) fn patch(&mut self, scaled: &[u64], place: Range<usize>, bytes: &[u8]) -> bool {
        let Some(chunk) = self.chunks.get_mut(scaled) else { return false };
        let start = place.start;
        if place.end > chunk.bytes.len() || place.len() != bytes.len() {
            return false;
        }
        let Some(to) = chunk.bytes.to_mut().get_mut(place) else { return false };
        let journal = &mut self.journal;
        if chunk.since != journal.step {
            let before = journal.bytes.len();
            journal.bytes.extend_from_slice(to);
            let undo = Undo::Patched(start, before..journal.bytes.len(), chunk.dirty);
            journal.undo.push((Arc::clone(&chunk.scaled), undo));
        }
        to.copy_from_slice(bytes);
        if !mem::replace(&mut chunk.dirty, true) {
            self.dirtied = self.dirtied.saturating_add(wide(chunk.bytes.len()));
        }
        let newest = chunk.used == self.clock;
        if !newest {
            self.touch(scaled);
        }
        true
    }

    /// Bytes of chunks that the file came to lack since this was last asked.
    pub(crate) fn take_dirtied(&mut self) -> u64 {
        mem::take(&mut self.dirtied)
    }

    /// The file has the chunk now.
    pub(crate) fn clean(&mut self, scaled: &[u64]) {
        if let Some(chunk) = self.chunks.get_mut(scaled)
            && mem::take(&mut chunk.dirty)
        {
            self.journal.undo.push((Arc::clone(&chunk.scaled), Undo::Cleaned));
        }
    }

    /// Notes that a chunk is used.
    pub(crate) fn touch(&mut self, scaled: &[u64]) {
        let now = self.tick();
        if let Some(chunk) = self.chunks.get_mut(scaled) {
            let before = mem::replace(&mut chunk.used, now);
            let key = self.order.remove(&before);
            self.order.insert(now, key.unwrap_or_else(|| Arc::clone(&chunk.scaled)));
        }
    }

    /// Undoes what was done in the step before `now`.
    pub(crate) fn roll_back(&mut self, now: u64) {
        let journal = mem::take(&mut self.journal);
        if journal.step.saturating_add(1) != now {
            return;
        }
        if journal.grew {
            self.grown = journal.grown;
        }
        for (scaled, undo) in journal.undo.into_iter().rev() {
            match undo {
                Undo::Added => {
                    self.take(&scaled);
                }
                Undo::Removed(None) => {}
                // No step is before the first one.
                Undo::Removed(Some((bytes, dirty))) => self.place(scaled, bytes, dirty, 0),
                Undo::Patched(start, old, dirty) => {
                    if let Some(chunk) = self.chunks.get_mut(&scaled) {
                        let to = chunk.bytes.to_mut().get_mut(start..).unwrap_or_default();
                        let old = journal.bytes.get(old).unwrap_or_default();
                        to.iter_mut().zip(old).for_each(|(to, old)| *to = *old);
                        chunk.dirty = dirty;
                    }
                }
                Undo::Cleaned => {
                    if let Some(chunk) = self.chunks.get_mut(&scaled) {
                        chunk.dirty = true;
                    }
                }
            }
        }
    }

    /// Forgets all chunks, for good.
    pub(crate) fn clear(&mut self) {
        *self = Self { bound: self.bound, ..Self::default() };
    }

    fn tick(&mut self) -> u64 {
        self.clock = self.clock.saturating_add(1);
        self.clock
    }

    fn place(&mut self, scaled: Scaled, bytes: ChunkBytes, dirty: bool, since: u64) {
        let used = self.tick();
        self.bytes = self.bytes.saturating_add(wide(bytes.len()));
        self.order.insert(used, Arc::clone(&scaled));
        let cached = Cached { scaled: Arc::clone(&scaled), bytes, dirty, used, since };
        self.chunks.insert(scaled, cached);
    }

    fn take(&mut self, scaled: &[u64]) -> Option<Cached> {
        let chunk = self.chunks.remove(scaled)?;
        self.order.remove(&chunk.used);
        self.bytes = self.bytes.saturating_sub(wide(chunk.bytes.len()));
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type State = BTreeMap<Vec<u64>, (Vec<u8>, bool)>;

    fn state(cache: &ChunkCache) -> (State, Option<Vec<u64>>) {
        let state: State = cache
            .chunks
            .iter()
            .map(|(scaled, chunk)| (scaled.to_vec(), (chunk.bytes.to_vec(), chunk.dirty)))
            .collect();
        assert_eq!(cache.order.len(), state.len());
        assert_eq!(cache.bytes, state.values().map(|chunk| wide(chunk.0.len())).sum::<u64>());
        (state, cache.grown().map(<[u64]>::to_vec))
    }

    proptest! {
        #[test]
        fn a_step_is_undone(
            steps in prop::collection::vec(
                (prop::collection::vec((0u8..7, 0u64..4, 0usize..8, any::<u8>()), 0..12), any::<bool>()),
                1..8,
            ),
        ) {
            let mut cache = ChunkCache::default();
            for (now, (changes, keep)) in (1u64..).zip(steps) {
                let before = state(&cache);
                cache.enter(now);
                for (change, at, start, value) in changes {
                    let scaled = vec![at, 1];
                    match change {
                        0 => cache.insert(&scaled, vec![value; 8], start % 2 == 0),
                        1 => cache.remove(&scaled),
                        2 => cache.clean(&scaled),
                        3 => cache.touch(&scaled),
                        4 => cache.grow(&[at, u64::from(value)]),
                        5 => cache.grow(&[]),
                        _ => {
                            let there = cache.contains(&scaled);
                            let bytes = vec![value; 8 - start];
                            prop_assert_eq!(cache.patch(&scaled, start..8, &bytes), there);
                        }
                    }
                }
                if keep {
                    prop_assert!(cache.dirty().len() <= cache.chunks.len());
                } else {
                    cache.roll_back(now + 1);
                    prop_assert_eq!(state(&cache), before);
                }
            }
        }
    }

    #[test]
    fn the_chunks_used_last_stay() {
        let mut cache = ChunkCache::default();
        cache.enter(1);
        let quarter = usize::try_from(CACHE_BYTES / 4).unwrap();
        for n in 0..4 {
            cache.insert(&[n], vec![0; quarter], true);
        }
        assert!(cache.surplus(1).is_empty());
        cache.touch(&[0]);
        cache.insert(&[4], vec![0; quarter], true);
        assert_eq!(cache.surplus(1), [[1], [2], [3]]);
        assert_eq!(cache.surplus(2), [[0], [1], [2], [3]]);
        let mut cache = ChunkCache::default();
        cache.insert(&[4], vec![0; quarter * 5], true);
        assert!(cache.surplus(1).is_empty());
    }
}
