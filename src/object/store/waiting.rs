//! Messages that wait to be put into their heaps, or to be taken out, many at a time.
//!
//! A link or an attribute that is put into a heap changes a block of it, what is known to be free
//! there, and nodes of trees up to their roots. Where they are made one by one, all of that is
//! written once for many of them: with the next commit, or as soon as something asks for more than
//! a message by its name, or all of them. Nothing that waits is lost with a step that fails, but
//! what that step itself added.
//!
//! So it is with what is removed: it stays where it is, found by nobody, until many go together.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Store;
use super::arrivals::Arrivals;
use crate::codec::{Address, Structure, StructureIn, wide};
use crate::error::{Error, ErrorKind, Result};
use crate::object::dense::{Dense, DenseAttributes, DenseLinks, DensePlaces};
use crate::object::plain_hash::BuildPlainHash;

/// What a heap holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeapKind {
    Links,
    Attributes,
}

/// Bytes that a message takes beside itself while it waits.
const AROUND: usize = 64;

/// All messages that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    state: Mutex<State>,
    /// Bytes that came to wait in the step under way.
    came: AtomicU64,
    /// The step under way changed anything here.
    has_changed: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// By the address of their heap.
    heaps: ByHeap,
    /// Those that are to go, with their ids in the heap in place of messages. They go before others
    /// come.
    leaving: ByHeap,
    /// Heaps to which the step under way added something, or of which something is to go.
    added: Vec<Address>,
    /// What the step under way put into heaps, or took out.
    stored: Vec<(Address, Way, Arc<Arrivals>)>,
    /// Memory to encode in.
    room: Vec<u8>,
}

type ByHeap = HashMap<Address, Arrivals, BuildPlainHash>;

/// Where a message is on its way to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl State {
    fn is_leaving(&self, heap: Address, name: &[u8]) -> bool {
        self.leaving.get(&heap).is_some_and(|leaving| leaving.find(name).is_some())
    }

    fn on(&mut self, way: Way) -> &mut ByHeap {
        match way {
            Way::In => &mut self.heaps,
            Way::Out => &mut self.leaving,
        }
    }
}

impl Waiting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The step under way adds to what waits for the heap at `heap`, a name and a message of `bytes`.
    fn note_added(&self, added: &mut Vec<Address>, heap: Address, bytes: usize) {
        if added.last() != Some(&heap) {
            added.push(heap);
        }
        let came = self.came.load(Ordering::Acquire);
        self.came.store(came.saturating_add(wide(bytes.saturating_add(AROUND))), Ordering::Release);
        self.has_changed.store(true, Ordering::Release);
    }

    /// Bytes that came to wait in the step under way.
    pub(super) fn came(&self) -> u64 {
        self.came.load(Ordering::Acquire)
    }

    /// The step under way is over.
    pub(super) fn keep(&self) {
        if !self.has_changed.load(Ordering::Acquire) {
            return;
        }
        self.has_changed.store(false, Ordering::Release);
        self.came.store(0, Ordering::Release);
        let mut state = self.state();
        let State { heaps, leaving, added, stored, .. } = &mut *state;
        for at in added.drain(..) {
            let both = [heaps.get_mut(&at), leaving.get_mut(&at)];
            both.into_iter().flatten().for_each(Arrivals::keep);
        }
        stored.clear();
    }

    /// The step under way is undone.
    pub(super) fn roll_back(&self) {
        self.came.store(0, Ordering::Release);
        let mut state = self.state();
        // What came to a heap after something was put into it goes with the step.
        while let Some((at, way, arrivals)) = state.stored.pop() {
            state.on(way).insert(at, Arc::unwrap_or_clone(arrivals));
        }
        for at in std::mem::take(&mut state.added) {
            for way in [Way::In, Way::Out] {
                let Some(arrivals) = state.on(way).get_mut(&at) else { continue };
                arrivals.roll_back();
                if arrivals.len() == 0 {
                    state.on(way).remove(&at);
                }
            }
        }
    }
}

impl Store {
    /// Whether messages may wait: not where others read the file meanwhile, nor where it may turn
    /// out too late that the file has no more room.
    pub(crate) fn lets_wait(&self) -> bool {
        self.is_writable() && !self.space.is_watched() && self.space.sizes().offsets >= 8
    }

    /// Lets a message wait for its heap, which has none of this name and can be changed: its name, its
    /// bytes, its place in the order of creation. `is_empty` says that the heap has no messages at
    /// all.
    pub(crate) fn let_wait(
        &self,
        kind: HeapKind,
        places: DensePlaces,
        is_empty: bool,
        arrival: (&[u8], &[u8], i64),
    ) -> Result<()> {
        let new = || Arrivals::new(kind, places, is_empty);
        self.waiting.has_changed.store(true, Ordering::Release);
        self.waiting.state().heaps.entry(places.heap).or_insert_with(new);
        self.let_wait_with_others(places.heap, arrival).map(|_| ())
    }

    /// As [`let_wait`](Self::let_wait), where others wait for the heap; `false` where none do.
    pub(crate) fn let_wait_with_others(
        &self,
        heap: Address,
        (name, message, order): (&[u8], &[u8], i64),
    ) -> Result<bool> {
        let mut state = self.waiting.state();
        let State { heaps, added, .. } = &mut *state;
        let Some(arrivals) = heaps.get_mut(&heap) else { return Ok(false) };
        self.waiting.note_added(added, heap, name.len().saturating_add(message.len()));
        arrivals.push(name, message, order)?;
        Ok(true)
    }

    /// As [`let_wait_with_others`](Self::let_wait_with_others), of the message that is this value.
    pub(crate) fn let_value_wait_with_others<T: Structure>(
        &self,
        heap: Address,
        (name, value, order): (&[u8], &T, i64),
    ) -> Result<bool> {
        let mut state = self.waiting.state();
        let State { heaps, added, room, .. } = &mut *state;
        let Some(arrivals) = heaps.get_mut(&heap) else { return Ok(false) };
        value.replace_bytes(room, self.space.sizes(), &())?;
        self.waiting.note_added(added, heap, name.len().saturating_add(room.len()));
        arrivals.push(name, room, order)?;
        Ok(true)
    }

    /// Lets a message that is in a heap wait until it is taken out: its name, its id, its place in the
    /// order of creation. Nobody finds it any more.
    pub(crate) fn let_leave(
        &self,
        kind: HeapKind,
        places: DensePlaces,
        (name, id, order): (&[u8], &[u8], i64),
    ) -> Result<()> {
        let mut state = self.waiting.state();
        let State { leaving, added, .. } = &mut *state;
        self.waiting.note_added(added, places.heap, name.len().saturating_add(id.len()));
        let new = || Arrivals::new(kind, places, false);
        leaving.entry(places.heap).or_insert_with(new).push(name, id, order)
    }

    /// Whether the message of this name that is in the heap at `heap` is to go.
    pub(crate) fn is_leaving(&self, heap: Address, name: &[u8]) -> bool {
        self.is_writable() && self.waiting.state().is_leaving(heap, name)
    }

    /// Ids of the messages that are to go from the heap at `heap`.
    pub(crate) fn leaving(&self, heap: Address) -> HashSet<Vec<u8>> {
        let state = self.waiting.state();
        let leaving = state.leaving.get(&heap);
        leaving.into_iter().flat_map(Arrivals::iter).map(|gone| gone.message.to_vec()).collect()
    }

    /// Number of messages that are to go from the heap at `heap`.
    pub(crate) fn leaving_len(&self, heap: Address) -> u64 {
        self.waiting.state().leaving.get(&heap).map_or(0, |leaving| wide(leaving.len()))
    }

    /// Whether a message of this name waits for the heap at `heap`; `None` where it does not, but may
    /// be in the heap.
    pub(crate) fn has_waiting_message(&self, heap: Address, name: &[u8]) -> Option<bool> {
        if !self.is_writable() {
            return None;
        }
        let state = self.waiting.state();
        if let Some(arrivals) = state.heaps.get(&heap) {
            match arrivals.find(name) {
                Some(_) => return Some(true),
                None if arrivals.is_all => return Some(false),
                None => {}
            }
        }
        state.is_leaving(heap, name).then_some(false)
    }

    /// A message was put into the heap at `heap` past those that wait for it.
    pub(crate) fn note_stored(&self, heap: Address) {
        if let Some(arrivals) = self.waiting.state().heaps.get_mut(&heap) {
            arrivals.is_all = false;
        }
    }

    /// The message of this name that waits for the heap at `heap`, and its place in the order of
    /// creation.
    pub(crate) fn waiting_message(&self, heap: Address, name: &[u8]) -> Option<(i64, Vec<u8>)> {
        if !self.is_writable() {
            return None;
        }
        let state = self.waiting.state();
        let found = state.heaps.get(&heap)?.find(name)?;
        Some((found.order, found.message.to_vec()))
    }

    /// All messages that wait for the heap at `heap`, with their places in the order of creation.
    pub(crate) fn waiting_messages(&self, heap: Address) -> Vec<(i64, Vec<u8>)> {
        let state = self.waiting.state();
        let Some(arrivals) = state.heaps.get(&heap) else { return Vec::new() };
        arrivals.iter().map(|arrival| (arrival.order, arrival.message.to_vec())).collect()
    }

    /// Number of messages that wait for the heap at `heap`.
    pub(crate) fn waiting_len(&self, heap: Address) -> u64 {
        self.waiting.state().heaps.get(&heap).map_or(0, |arrivals| wide(arrivals.len()))
    }

    /// Whether anything waits.
    pub(crate) fn has_waiting(&self) -> bool {
        let state = self.waiting.state();
        !state.heaps.is_empty() || !state.leaving.is_empty() || self.has_late_headers()
    }

    /// Puts everything that waits where it belongs, in the step under way. Whether there was
    /// anything.
    pub(crate) fn settle_waiting(&self) -> Result<bool> {
        let heaps = self.waited_for();
        heaps.iter().try_for_each(|at| self.settle_one(*at))?;
        Ok(!heaps.is_empty())
    }

    /// As [`settle_waiting`](Self::settle_waiting), of the heaps to which something comes: where something
    /// only goes, that waits for more.
    pub(crate) fn settle_arrivals(&self) -> Result<bool> {
        let heaps = sorted(self.waiting.state().heaps.keys());
        heaps.iter().try_for_each(|at| self.settle_one(*at))?;
        Ok(!heaps.is_empty())
    }

    /// The heaps for which something waits.
    fn waited_for(&self) -> Vec<Address> {
        let state = self.waiting.state();
        sorted(state.heaps.keys().chain(state.leaving.keys()))
    }

    /// Takes out what is to go from the heap at `at`, and puts what waits for it into it, in the step
    /// under way.
    pub(crate) fn settle_one(&self, at: Address) -> Result<()> {
        for way in [Way::Out, Way::In] {
            let mut state = self.waiting.state();
            let Some(all) = state.on(way).remove(&at) else { continue };
            self.waiting.has_changed.store(true, Ordering::Release);
            let all = Arc::new(all);
            state.stored.push((at, way, Arc::clone(&all)));
            drop(state);
            self.carry_out(way, &all)?;
        }
        Ok(())
    }

    fn carry_out(&self, way: Way, all: &Arrivals) -> Result<()> {
        let links = || Dense::<DenseLinks>::at(&all.places);
        let attributes = || Dense::<DenseAttributes>::at(&all.places);
        match (way, all.kind) {
            (Way::In, HeapKind::Links) => links().put_all(self, all.iter()),
            (Way::In, HeapKind::Attributes) => attributes().put_all(self, all.iter()),
            (Way::Out, HeapKind::Links) => {
                self.space.take_away(|| links().take_all(self, all.iter()))
            }
            (Way::Out, HeapKind::Attributes) => attributes().take_all(self, all.iter()),
        }
    }

    /// As [`settle_waiting`](Self::settle_waiting), and headers that wait, before a commit, each in a step of
    /// its own: what waited for it takes no memory any more. What a heap cannot take goes on waiting, and
    /// keeps nothing else from its heap; gives why the first one could not.
    pub(super) fn commit_waiting(&self) -> Result<Option<Error>> {
        let mut left = None;
        let heaps = self.waited_for().into_iter().map(|at| (at, true));
        let headers = self.space.late_blocks().into_iter().map(|at| (at, false));
        for (at, is_heap) in heaps.chain(headers) {
            match if is_heap { self.settle_one(at) } else { self.save_late_header(at) } {
                Ok(()) => {
                    self.space.keep_step()?;
                    self.waiting.keep();
                }
                Err(error) => {
                    self.space.roll_back();
                    self.waiting.roll_back();
                    self.space.check_open()?;
                    if matches!(error.kind(), ErrorKind::Io(_)) {
                        // It may be there the next time: nothing is committed without it.
                        return Err(error);
                    }
                    left = left.or(Some(error));
                }
            }
        }
        Ok(left)
    }
}

/// In order, so that the same changes make the same file.
fn sorted<'a>(heaps: impl Iterator<Item = &'a Address>) -> Vec<Address> {
    let mut heaps: Vec<_> = heaps.copied().collect();
    heaps.sort_unstable();
    heaps.dedup();
    heaps
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use crate::error::Error;
    use crate::io::{Memory, SharedMemory, Storage};
    use crate::object::attribute::edit::AttributesEdit;
    use crate::object::group::edit::GroupEdit;
    use crate::{File, FileBuilder, LibraryVersion};

    #[test]
    fn what_one_heap_cannot_take_keeps_nothing_from_another() {
        let (low, high) = (LibraryVersion::V110, LibraryVersion::V200);
        let versions = FileBuilder::library_versions(File::with_options(), low, high);
        let storage = SharedMemory::new(Vec::new());
        let file = versions.create_storage(Arc::new(storage.clone())).unwrap();
        for group in ["a", "b"] {
            let group = file.create_group(group).unwrap();
            (0..40).for_each(|number| drop(group.create_group(&number.to_string()).unwrap()));
        }
        file.close().unwrap();
        let mut bytes = vec![0; usize::try_from(storage.len().unwrap()).unwrap()];
        storage.read_at(0, &mut bytes).unwrap();
        // Blocks of the heaps: who looks for a name that is not there reads none of them.
        let blocks: Vec<usize> =
            (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"FHDB")).collect();
        let heap_of = |at: usize| bytes[at + 5..at + 13].to_vec();
        let heaps: BTreeSet<Vec<u8>> = blocks.iter().map(|at| heap_of(*at)).collect();
        assert_eq!(heaps.len(), 2);
        for broken in heaps {
            let mut bytes = bytes.clone();
            blocks.iter().filter(|at| heap_of(**at) == broken).for_each(|at| bytes[*at] = b'X');
            let storage = SharedMemory::new(bytes);
            let options = File::with_options();
            let file = options.open_storage_rw(Arc::new(storage.clone())).unwrap();
            for group in ["a", "b"] {
                file.group(group).unwrap().create_group("new").unwrap();
            }
            assert!(file.flush().is_err());
            assert!(["a/new", "b/new"].iter().all(|path| file.link_exists(path)));
            assert!(file.close().is_err());
            let mut left = vec![0; usize::try_from(storage.len().unwrap()).unwrap()];
            storage.read_at(0, &mut left).unwrap();
            let left = File::from_storage(Arc::new(Memory::new(left))).unwrap();
            let there = ["a/new", "b/new"].map(|path| left.link_exists(path));
            assert_eq!(there.iter().filter(|there| **there).count(), 1, "{there:?}");
        }
    }

    #[test]
    fn what_a_failed_step_took_out_is_there_again() {
        let (low, high) = (LibraryVersion::V110, LibraryVersion::V200);
        let versions = FileBuilder::library_versions(File::with_options(), low, high);
        let file = versions.auto_flush(false).in_memory().unwrap();
        let group = file.create_group("group").unwrap();
        let name = |number: u32| format!("n{number}");
        for number in 0..40 {
            group.create_group(&name(number)).unwrap();
            group.new_attr::<u8>().create(&name(number)).unwrap();
        }
        file.flush().unwrap();
        let (store, at) = (&file.found.store, group.found.header.address);
        let there = || {
            let all = 0..41;
            let both = |n: &u32| (group.link_exists(&name(*n)), group.has_attr(&name(*n)).unwrap());
            let found: Vec<u32> = all.filter(|n| both(n).0).collect();
            assert_eq!(found, (0..41).filter(|n| both(n).1).collect::<Vec<u32>>());
            assert_eq!(group.len(), crate::codec::wide(found.len()));
            assert_eq!(group.attr_names().unwrap().len(), found.len());
            found
        };
        let take = |number: u32, fails: bool| {
            store.edit_taking(|| {
                GroupEdit::open(store, at)?.remove(name(number).as_bytes())?;
                AttributesEdit::open(store, at)?.remove(name(number).as_bytes())?;
                if fails { Err(Error::usage("as it is to be")) } else { Ok(()) }
            })
        };
        assert!(take(7, true).is_err());
        assert_eq!(there().len(), 40);
        take(8, false).unwrap();
        assert!(take(9, true).is_err());
        assert!(take(8, true).unwrap_err().is_not_found());
        assert_eq!(there(), (0..40).filter(|n| *n != 8).collect::<Vec<u32>>());
        // What waits is taken out by a step that fails.
        let failed = store.edit(|| Err::<(), _>(Error::usage("as it is to be")));
        assert!(failed.is_err() && store.has_waiting());
        assert_eq!(there().len(), 39);
        // Another one of its name comes.
        group.create_group(&name(8)).unwrap();
        group.new_attr::<u8>().create(&name(8)).unwrap();
        assert_eq!(there().len(), 40);
        take(8, false).unwrap();
        file.flush().unwrap();
        assert!(!store.has_waiting());
        assert_eq!(there().len(), 39);
        for number in there() {
            take(number, false).unwrap();
        }
        assert!(there().is_empty());
        file.flush().unwrap();
        assert!(file.account().unwrap().is_sound());
        assert!(there().is_empty());
    }
}
