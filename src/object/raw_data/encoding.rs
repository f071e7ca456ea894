//! Chunks that wait to be stored, and are encoded meanwhile by threads that have nothing else to do.

use std::borrow::Cow;
use std::mem;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::Result;
use crate::filter::{Registry, pipeline};
use crate::format::message::FilterDescription;
use crate::object::workers;

/// What an encoded chunk is stored as, and the mask of the filters that were left out.
type Encoded<'a> = (Cow<'a, [u8]>, u32);

/// A chunk, and how far its encoding is.
#[derive(Debug)]
pub(super) struct Encoding {
    chunk: Arc<Vec<u8>>,
    filters: Vec<FilterDescription>,
    registry: Registry,
    state: Mutex<State>,
    /// The state is another one.
    changed: Condvar,
}

#[derive(Debug)]
enum State {
    /// Nobody has begun.
    Waiting,
    UnderWay,
    /// `None` for the bytes of the chunk.
    Done(Result<(Option<Vec<u8>>, u32)>),
    /// Whoever asks encodes by itself.
    Over,
}

impl Encoding {
    fn new(chunk: Arc<Vec<u8>>, filters: &[FilterDescription], registry: &Registry) -> Self {
        let (filters, registry) = (filters.to_vec(), registry.clone());
        Self {
            chunk,
            filters,
            registry,
            state: Mutex::new(State::Waiting),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn encode(&self) -> Result<Encoded<'_>> {
        pipeline::encode(&self.filters, Cow::Borrowed(&self.chunk), &self.registry)
    }

    /// Encodes the chunk, unless somebody has begun to.
    pub(super) fn run(&self) {
        {
            let mut state = self.state();
            if !matches!(*state, State::Waiting) {
                return;
            }
            *state = State::UnderWay;
        }
        let owned = |(bytes, mask)| match bytes {
            Cow::Owned(bytes) => (Some(bytes), mask),
            Cow::Borrowed(_) => (None, mask),
        };
        // A filter that panics does so again where the chunk is stored, in the thread of who asked for that.
        let encoded = catch_unwind(AssertUnwindSafe(|| self.encode().map(owned)));
        *self.state() = encoded.map_or(State::Over, State::Done);
        self.changed.notify_all();
    }

    /// The encoded chunk; for who asks a second time it is encoded anew.
    pub(super) fn take(&self) -> Result<Encoded<'_>> {
        let mut state = self.state();
        // A thread that others give work to might wait for what it is to do itself.
        while matches!(*state, State::UnderWay) && !workers::is_worker() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let before = match *state {
            State::UnderWay => State::UnderWay,
            _ => mem::replace(&mut *state, State::Over),
        };
        drop(state);
        match before {
            State::Done(encoded) => encoded.map(|(bytes, mask)| {
                (bytes.map_or(Cow::Borrowed(self.chunk.as_slice()), Cow::Owned), mask)
            }),
            State::Waiting | State::UnderWay | State::Over => self.encode(),
        }
    }
}

/// The bytes of a chunk that waits.
#[derive(Debug)]
pub(super) struct ChunkBytes {
    bytes: Arc<Vec<u8>>,
    /// Where somebody encodes them.
    encoding: Option<Arc<Encoding>>,
}

impl ChunkBytes {
    /// Lets the bytes be encoded, by whoever runs what this gives.
    pub(super) fn begin(
        &mut self,
        filters: &[FilterDescription],
        registry: &Registry,
    ) -> Arc<Encoding> {
        let encoding = Encoding::new(Arc::clone(&self.bytes), filters, registry);
        Arc::clone(self.encoding.insert(Arc::new(encoding)))
    }

    /// How far the encoding of the bytes is, where it began.
    pub(super) fn encoding(&self) -> Option<&Arc<Encoding>> {
        self.encoding.as_ref()
    }

    /// To be changed: what was encoded of them is of no use any more.
    pub(super) fn to_mut(&mut self) -> &mut Vec<u8> {
        self.encoding = None;
        Arc::make_mut(&mut self.bytes)
    }

    /// The memory, where nobody else uses it any more.
    pub(super) fn into_memory(self) -> Option<Vec<u8>> {
        drop(self.encoding);
        Arc::into_inner(self.bytes)
    }
}

impl From<Vec<u8>> for ChunkBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(bytes), encoding: None }
    }
}

impl Deref for ChunkBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::filter::Filter;
    use crate::object::workers::Workers;

    /// Turns bytes around, slowly, and counts how often; panics where there are none.
    #[derive(Debug, Default, Clone)]
    struct Slow(Arc<AtomicUsize>);

    impl Filter for Slow {
        fn id(&self) -> u16 {
            40_000
        }

        fn name(&self) -> &'static str {
            "slow"
        }

        fn decode(&self, _: &[u32], input: &[u8], _: usize) -> Result<Vec<u8>> {
            Ok(input.iter().rev().copied().collect())
        }

        fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(20));
            assert!(!input.is_empty(), "nothing to do");
            self.decode(client_data, input, 0).map(Some)
        }
    }

    fn begin(bytes: &[u8]) -> (Slow, ChunkBytes, Arc<Encoding>) {
        let slow = Slow::default();
        let mut registry = Registry::new();
        registry.register(slow.clone());
        let mut chunk = ChunkBytes::from(bytes.to_vec());
        let filters = [FilterDescription { id: 40_000, ..FilterDescription::default() }];
        let encoding = chunk.begin(&filters, &registry);
        (slow, chunk, encoding)
    }

    fn check(encoding: &Encoding) {
        let (bytes, mask) = encoding.take().unwrap();
        assert_eq!((&*bytes, mask), (&[3, 2, 1][..], 0));
    }

    #[test]
    fn a_chunk_is_encoded_once_whoever_begins() {
        for threads in [1, 2] {
            for waits in [0, 5, 100] {
                let (slow, chunk, encoding) = begin(&[1, 2, 3]);
                let running = Arc::clone(&encoding);
                let workers = Workers::new(threads);
                workers.spawn(move || running.run());
                thread::sleep(Duration::from_millis(waits));
                check(chunk.encoding().unwrap());
                assert_eq!(slow.0.load(Ordering::Relaxed), 1);
                // As after a chunk could not be stored.
                check(&encoding);
                encoding.run();
                assert_eq!(slow.0.load(Ordering::Relaxed), 2);
            }
        }
    }

    #[test]
    fn those_who_work_do_not_wait_for_each_other() {
        let (slow, _chunk, encoding) = begin(&[1, 2, 3]);
        let workers = Workers::new(2);
        let running = Arc::clone(&encoding);
        workers.spawn(move || running.run());
        let all = [(); 8];
        workers.map(&all, |()| encoding.take().map(|_| ())).unwrap();
        let runs = slow.0.load(Ordering::Relaxed);
        assert!((7..=9).contains(&runs), "{runs}");
    }

    #[test]
    fn what_changes_is_not_what_was_encoded() {
        let (_, mut chunk, encoding) = begin(&[3, 2, 1]);
        chunk.to_mut().reverse();
        assert!(chunk.encoding().is_none());
        assert_eq!(*chunk, [1, 2, 3]);
        assert_eq!(*encoding.take().unwrap().0, [1, 2, 3]);
    }

    #[test]
    fn a_filter_that_panics_does_so_where_the_chunk_is_stored() {
        let (_, _, encoding) = begin(&[]);
        encoding.run();
        assert!(catch_unwind(AssertUnwindSafe(|| encoding.take().is_ok())).is_err());
    }
}
