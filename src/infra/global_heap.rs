//! Global heaps: variable-length data, old region references, virtual dataset mappings.
//!
//! See `spec-notes/heaps.md`.

mod collection;
mod kept;
mod reader;
mod short_strings;
mod writer;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};

use crate::codec::{Address, Structure};
use crate::error::{Error, Result};
use crate::format::global_heap::{CollectionHeader, HeapId, ObjectHeader};
use crate::space::{Purpose, Space};

use collection::Collection;
use kept::Kept;
pub(crate) use reader::HeapReader;
pub(crate) use writer::HeapWriter;

/// The global heap collections of one file, read when first used and kept up to a bound.
///
/// Whatever is changed is handed to the [`Space`] at once; what is kept only spares reading it.
#[derive(Debug, Default)]
pub(crate) struct GlobalHeaps {
    kept: RwLock<Kept>,
    garbage: Mutex<Garbage>,
    /// Something was let go of in the step under way.
    uncertain: AtomicBool,
}

/// Objects that are no longer needed, but by what was committed last.
#[derive(Debug, Default)]
struct Garbage {
    objects: Vec<(Address, u16)>,
    /// How many of them steps left that are over.
    certain: usize,
    /// Objects put into committed collections since the last commit: nothing committed names them.
    /// (Of a step that was undone, too: until the next commit no committed object has their names.)
    new: HashSet<(Address, u16)>,
}

impl GlobalHeaps {
    /// None read yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The object `id` names; `None` for the null identifier, an error where there is none.
    pub(crate) fn object(&self, space: &Space, id: &HeapId) -> Result<Option<HeapObject>> {
        let Some(address) = id.address else { return Ok(None) };
        let collection = self.collection(space, address)?;
        if let Some(bytes) = collection.own_bytes() {
            let range = find(&collection, bytes, space, address, id.index)?;
            return Ok(Some(HeapObject(Bytes::Kept { collection, range })));
        }
        let lent = space.lent(address, collection.size()).unwrap_or_default();
        let range = find(&collection, lent, space, address, id.index)?;
        Ok(Some(HeapObject(Bytes::Own(lent.get(range).unwrap_or_default().to_vec()))))
    }

    /// Bytes of the collection at `at`, and the indexes of its objects.
    pub(crate) fn contents(&self, space: &Space, at: Address) -> Result<(u64, BTreeSet<u32>)> {
        let collection = self.collection(space, at)?;
        Ok((collection.size(), collection.indexes().collect()))
    }

    /// Keeps `bytes`. Many objects at a time are kept faster by a [`HeapWriter`].
    pub(crate) fn insert(&self, space: &Space, bytes: &[u8]) -> Result<HeapId> {
        let writer = HeapWriter::new(self, space);
        let id = writer.put_object(bytes)?;
        writer.finish()?;
        Ok(id)
    }

    /// Lets go of the object `id` names; of none for the null identifier. It is there until the step
    /// is over, and where the elements last committed may still name it until
    /// [`collect_garbage`](Self::collect_garbage).
    ///
    /// # Errors
    ///
    /// Where it is not there.
    pub(crate) fn remove(&self, space: &Space, id: &HeapId) -> Result<()> {
        let Some(address) = id.address else { return Ok(()) };
        if !self.collection(space, address)?.has(id.index) {
            return Err(missing(space, address, id.index));
        }
        if let Ok(index) = u16::try_from(id.index) {
            self.garbage().objects.push((address, index));
            self.uncertain.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Removes the objects that were let go of before the commit that has just been made; the next
    /// commit writes it down.
    pub(crate) fn collect_garbage(&self, space: &Space) -> Result<()> {
        let garbage = std::mem::take(&mut *self.garbage()).objects;
        self.remove_now(space, garbage)
    }

    /// A step is about to be over: removes at once what it let go of and nothing committed names,
    /// so that its room is used again before the next commit.
    pub(crate) fn settle(&self, space: &Space) -> Result<()> {
        if !self.uncertain.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut garbage = self.garbage();
        let certain = garbage.certain.min(garbage.objects.len());
        if certain == garbage.objects.len() {
            return Ok(());
        }
        let left = garbage.objects.split_off(certain);
        let nameless = |object: &(Address, u16)| {
            garbage.new.contains(object) || space.is_fresh(object.0, CollectionHeader::MIN_SIZE)
        };
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(nameless);
        garbage.objects.extend(later);
        drop(garbage);
        self.remove_now(space, now)
    }

    fn remove_now(&self, space: &Space, objects: Vec<(Address, u16)>) -> Result<()> {
        let mut collections: BTreeMap<Address, BTreeSet<u16>> = BTreeMap::new();
        for (at, index) in objects {
            collections.entry(at).or_default().insert(index);
        }
        for (at, gone) in collections {
            let mut collection = Collection::clone(&*self.collection(space, at)?);
            collection.remove(|index| gone.contains(&index));
            if collection.is_empty() {
                self.kept().forget(at);
                space.free(Purpose::RawData, at, collection.size())?;
            } else {
                collection.save(space, at)?;
                self.kept().replace(at, Arc::new(collection));
            }
        }
        Ok(())
    }

    /// Object `index` was put into the collection at `at`.
    fn note_new(&self, space: &Space, at: Address, index: u16) {
        // All objects of a collection that is not committed are new.
        if !space.is_fresh(at, CollectionHeader::MIN_SIZE) {
            self.garbage().new.insert((at, index));
        }
    }

    /// A step is over that was not undone: what it let go of is certain to go.
    pub(crate) fn keep_step(&self) {
        if self.uncertain.load(Ordering::Acquire) {
            self.uncertain.store(false, Ordering::Release);
            let mut garbage = self.garbage();
            garbage.certain = garbage.objects.len();
        }
    }

    /// A step was undone: forgets what it did, and all that was read.
    pub(crate) fn forget(&self) {
        *self.kept() = Kept::default();
        let mut garbage = self.garbage();
        let certain = garbage.certain;
        garbage.objects.truncate(certain);
    }

    fn kept(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn garbage(&self) -> MutexGuard<'_, Garbage> {
        self.garbage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the collection at `at` is kept.
    fn knows(&self, at: Address) -> bool {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(at).is_some()
    }

    fn collection(&self, space: &Space, at: Address) -> Result<Arc<Collection>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(collection) = kept.get(at) {
            return Ok(collection);
        }
        drop(kept);
        let collection = Arc::new(Collection::load(space, at)?);
        self.kept().replace(at, Arc::clone(&collection));
        Ok(collection)
    }
}

/// Where object `index` lies in the collection at `at`, of these bytes.
#[inline]
fn find(
    collection: &Collection,
    bytes: &[u8],
    space: &Space,
    at: Address,
    index: u32,
) -> Result<Range<usize>> {
    collection.find(index, bytes).ok_or_else(|| missing(space, at, index))
}

#[cold]
fn missing(space: &Space, at: Address, index: u32) -> Error {
    let problem = format!("the collection has no object {index}");
    space.broken(ObjectHeader::NAME, "Heap Object Index", at, problem)
}

/// The bytes of one object.
#[derive(Debug, Clone)]
pub(crate) struct HeapObject(Bytes);

#[derive(Debug, Clone)]
enum Bytes {
    Kept { collection: Arc<Collection>, range: Range<usize> },
    Own(Vec<u8>),
}

impl Deref for HeapObject {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Kept { collection, range } => {
                collection.own_bytes().and_then(|all| all.get(range.clone())).unwrap_or_default()
            }
            Bytes::Own(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for HeapObject {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

#[cfg(test)]
mod tests;
