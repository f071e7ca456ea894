//! Many objects out of global heaps.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use super::collection::{Collection, object_at};
use super::{GlobalHeaps, find};
use crate::codec::{Address, Sizes};
use crate::error::Result;
use crate::format::global_heap::{CollectionHeader, HeapId, ObjectHeader, padding};
use crate::space::Space;

/// Reads objects of the heaps of a file, without a copy. What one collection has is read without a
/// look at anything that other threads share.
pub(crate) struct HeapReader<'a> {
    heaps: &'a GlobalHeaps,
    space: &'a Space,
    /// The collection read last.
    pub(super) last: RefCell<Option<Last<'a>>>,
    /// Those read before it, the last one last.
    before: RefCell<Vec<Last<'a>>>,
}

/// How many collections are gone back to: who fills many puts what is small where there is room left, as
/// libhdf5 does in the sixteen it used last.
const BEFORE: usize = 64;

pub(super) struct Last<'a> {
    pub(super) at: Address,
    pub(super) objects: Objects<'a>,
}

/// How the objects of a collection are found.
pub(super) enum Objects<'a> {
    /// One behind the other, as they were put there: nothing is known but the next.
    InOrder(Walk<'a>),
    /// By what is known of all; with the bytes of the collection, where the space lends them.
    Any(Arc<Collection>, Option<&'a [u8]>),
}

impl fmt::Debug for HeapReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapReader").finish_non_exhaustive()
    }
}

impl<'a> HeapReader<'a> {
    pub(crate) fn new(heaps: &'a GlobalHeaps, space: &'a Space) -> Self {
        Self { heaps, space, last: RefCell::new(None), before: RefCell::default() }
    }

    /// Whether the object read last lies in the collection at `at`.
    #[inline]
    pub(crate) fn is_at(&self, at: Address) -> bool {
        self.last.borrow().as_ref().is_some_and(|last| last.at == at)
    }

    /// Calls `take` with the object that `id` names, which may itself name others to be read; not at
    /// all for the null identifier.
    ///
    /// # Errors
    ///
    /// That of `take`, and where there is no such object.
    #[inline]
    pub(crate) fn with(&self, id: &HeapId, take: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
        let Some(at) = id.address else { return Ok(()) };
        if let Some(last) = self.last.borrow().as_ref().filter(|last| last.at == at) {
            match &last.objects {
                Objects::InOrder(walk) => {
                    if let Some(object) = walk.next(id.index) {
                        return take(object);
                    }
                }
                Objects::Any(collection, lent) => {
                    return take(self.data(collection, *lent, at, id.index)?);
                }
            }
        }
        self.with_new(at, id.index, take)
    }

    /// As [`with`](Self::with), of an object that is not to be found by what was read last.
    #[inline(never)]
    fn with_new(
        &self,
        at: Address,
        index: u32,
        take: impl FnOnce(&[u8]) -> Result<()>,
    ) -> Result<()> {
        if !self.is_at(at) {
            let known = self.take_known(at);
            let walk = match &known {
                Some(Last { objects: Objects::Any(..), .. }) => None,
                Some(_) => known,
                None => self.walk(at).map(|walk| Last { at, objects: Objects::InOrder(walk) }),
            };
            if let Some(last) = walk
                && let Objects::InOrder(walk) = &last.objects
                && let Some(object) = walk.next(index)
            {
                self.keep(last);
                return take(object);
            }
        }
        let collection = self.heaps.collection(self.space, at)?;
        let lent = match collection.own_bytes() {
            Some(_) => None,
            None => self.space.lent(at, collection.size()),
        };
        self.keep(Last { at, objects: Objects::Any(Arc::clone(&collection), lent) });
        take(self.data(&collection, lent, at, index)?)
    }

    /// Where an object of another collection names what is read now, that one goes on afterwards.
    fn keep(&self, last: Last<'a>) {
        let Ok(mut kept) = self.last.try_borrow_mut() else { return };
        let now = last.at;
        if let Some(before) = kept.replace(last).filter(|before| before.at != now) {
            let mut all = self.before.borrow_mut();
            if all.len() >= BEFORE {
                all.remove(0);
            }
            all.push(before);
        }
    }

    /// What is known of a collection that was read before the last one.
    fn take_known(&self, at: Address) -> Option<Last<'a>> {
        let mut all = self.before.borrow_mut();
        let place = all.iter().rposition(|known| known.at == at)?;
        Some(all.remove(place))
    }

    #[inline]
    fn data<'l>(
        &self,
        collection: &'l Collection,
        lent: Option<&'l [u8]>,
        at: Address,
        index: u32,
    ) -> Result<&'l [u8]> {
        let all = lent.or(collection.own_bytes()).unwrap_or_default();
        let range = find(collection, all, self.space, at, index)?;
        Ok(all.get(range).unwrap_or_default())
    }

    /// The collection at `at` from its first object on, where the space lends it and nobody has
    /// looked for all its objects yet.
    fn walk(&self, at: Address) -> Option<Walk<'a>> {
        if self.heaps.knows(at) {
            return None;
        }
        Walk::new(Collection::lent(self.space, at)?, self.space.sizes())
    }
}

/// The objects of a collection in the order they lie in: most were put there one after the other, and
/// are read so. What an object is costs less to read than to note for later.
pub(super) struct Walk<'a> {
    /// The collection.
    pub(super) bytes: &'a [u8],
    pub(super) sizes: Sizes,
    /// Where the next object starts.
    pub(super) next: Cell<usize>,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], sizes: Sizes) -> Option<Self> {
        let first = CollectionHeader::len(sizes);
        (first <= bytes.len()).then(|| Self { bytes, sizes, next: Cell::new(first) })
    }

    /// The next object, where it is number `index`.
    #[inline]
    fn next(&self, index: u32) -> Option<&'a [u8]> {
        let start = self.next.get().checked_add(ObjectHeader::len(self.sizes))?;
        let (header, data) = object_at(self.bytes, start, self.sizes)?;
        if index == 0 || u32::from(header.index) != index {
            return None;
        }
        self.next.set(data.end.saturating_add(padding(data.len())));
        self.bytes.get(data)
    }
}
