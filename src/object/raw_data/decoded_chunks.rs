//! Decoded chunks that are kept for the reads to come.
//!
//! A read that takes a part of a chunk leaves the chunk here, decoded: whoever reads windows, rows or
//! columns comes back to it. All datasets of a file share one bound. The chunks that were used least
//! lately make room, but for those that the read under way has used itself: what is read over and
//! over and does not fit would else drive out just what is wanted next. A chunk that is read whole is
//! not kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::codec::{Address, wide};

/// Bytes of decoded chunks that are kept where nobody says otherwise: a row of sixteen chunks of
/// 4 MiB.
pub(crate) const BYTES: u64 = 64 << 20;

/// What a chunk is known by: its dataset, and where it lies.
pub(crate) type ChunkKey = (Address, Address);

/// Decoded chunks of one file.
#[derive(Debug)]
pub(crate) struct DecodedChunks {
    /// Most bytes of chunks.
    bound: u64,
    kept: Mutex<Kept>,
    /// How many there are, to be seen without the lock.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Kept {
    chunks: HashMap<ChunkKey, Chunk>,
    /// Chunks by the time of last use.
    order: BTreeMap<u64, ChunkKey>,
    bytes: u64,
    clock: u64,
}

#[derive(Debug)]
struct Chunk {
    bytes: Arc<Vec<u8>>,
    used: u64,
}

impl DecodedChunks {
    /// Keeps up to `bound` bytes.
    pub(crate) fn new(bound: u64) -> Self {
        Self { bound, kept: Mutex::default(), count: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Whoever panicked left it whole: nothing in here calls what is not ours.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a chunk of so many bytes can be kept at all.
    pub(crate) fn has_room_for(&self, bytes: u64) -> bool {
        bytes <= self.bound
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// The time at which a read begins.
    pub(crate) fn now(&self) -> u64 {
        self.lock().clock
    }

    pub(crate) fn contains(&self, key: ChunkKey) -> bool {
        !self.is_empty() && self.lock().chunks.contains_key(&key)
    }

    /// The chunk, where it is kept.
    pub(crate) fn get(&self, key: ChunkKey) -> Option<Arc<Vec<u8>>> {
        if self.is_empty() {
            return None;
        }
        let kept = &mut *self.lock();
        let chunk = kept.chunks.get_mut(&key)?;
        kept.clock = kept.clock.saturating_add(1);
        kept.order.remove(&chunk.used);
        kept.order.insert(kept.clock, key);
        chunk.used = kept.clock;
        Some(Arc::clone(&chunk.bytes))
    }

    /// Keeps a chunk for later reads, where there is room for it beside those that were used since
    /// the read that brings it began.
    pub(crate) fn keep(&self, key: ChunkKey, bytes: &Arc<Vec<u8>>, since: u64) {
        let len = wide(bytes.len());
        let mut kept = self.lock();
        if !self.has_room_for(len) || kept.chunks.contains_key(&key) {
            return;
        }
        // What makes room is let go of without the lock.
        let mut gone = Vec::new();
        while kept.bytes.saturating_add(len) > self.bound {
            let oldest = kept.order.first_key_value().map(|(used, key)| (*used, *key));
            let Some((_, oldest)) = oldest.filter(|(used, _)| *used <= since) else { break };
            gone.extend(kept.take(oldest));
        }
        if kept.bytes.saturating_add(len) <= self.bound {
            kept.put(key, Arc::clone(bytes));
        }
        self.count.store(kept.chunks.len(), Ordering::Release);
        drop(kept);
    }

    /// Forgets everything: the file changes.
    pub(crate) fn clear(&self) {
        if self.is_empty() {
            return;
        }
        let mut kept = self.lock();
        let clock = kept.clock;
        *kept = Kept { clock, ..Kept::default() };
        self.count.store(0, Ordering::Release);
    }
}

impl Kept {
    fn put(&mut self, key: ChunkKey, bytes: Arc<Vec<u8>>) {
        self.clock = self.clock.saturating_add(1);
        self.bytes = self.bytes.saturating_add(wide(bytes.len()));
        self.order.insert(self.clock, key);
        self.chunks.insert(key, Chunk { bytes, used: self.clock });
    }

    fn take(&mut self, key: ChunkKey) -> Option<Arc<Vec<u8>>> {
        let chunk = self.chunks.remove(&key)?;
        self.order.remove(&chunk.used);
        self.bytes = self.bytes.saturating_sub(wide(chunk.bytes.len()));
        Some(chunk.bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(n: u64) -> ChunkKey {
        (Address(1), Address(n))
    }

    fn keep(cache: &DecodedChunks, n: u64, len: usize, since: u64) {
        cache.keep(key(n), &Arc::new(vec![7; len]), since);
    }

    fn kept(cache: &DecodedChunks) -> Vec<u64> {
        let kept = cache.lock();
        let mut all: Vec<u64> = kept.chunks.keys().map(|(_, at)| at.0).collect();
        all.sort_unstable();
        let bytes: u64 = kept.chunks.values().map(|chunk| wide(chunk.bytes.len())).sum();
        assert_eq!((kept.bytes, kept.order.len()), (bytes, all.len()));
        assert!(bytes <= cache.bound && all.is_empty() == cache.is_empty());
        all
    }

    #[test]
    fn what_was_used_least_lately_makes_room() {
        let cache = DecodedChunks::new(30);
        for n in 0..3 {
            keep(&cache, n, 10, cache.now());
        }
        assert!(cache.get(key(0)).is_some() && cache.get(key(9)).is_none());
        keep(&cache, 3, 10, cache.now());
        assert_eq!(kept(&cache), [0, 2, 3]);
        keep(&cache, 4, 31, cache.now());
        assert_eq!(kept(&cache), [0, 2, 3]);
        cache.clear();
        assert!(kept(&cache).is_empty());
    }

    #[test]
    fn a_read_does_not_drive_out_its_own_chunks() {
        let cache = DecodedChunks::new(30);
        // The same five chunks, over and over: three of them are found again each time.
        for round in 0..3 {
            let since = cache.now();
            let found = (0..5).filter(|n| cache.get(key(*n)).is_some()).count();
            assert_eq!(found, if round == 0 { 0 } else { 3 });
            for n in 0..5 {
                keep(&cache, n, 10, since);
            }
        }
        // Another read needs the room.
        keep(&cache, 8, 10, cache.now());
        assert_eq!(kept(&cache), [1, 2, 8]);
    }

    proptest! {
        #[test]
        fn the_bound_holds(steps in prop::collection::vec((0u64..8, 1usize..40, any::<bool>()), 0..60)) {
            let cache = DecodedChunks::new(50);
            for (n, len, own) in steps {
                let since = if own { 0 } else { cache.now() };
                keep(&cache, n, len, since);
                cache.get(key(n / 2));
                kept(&cache);
            }
        }
    }
}
