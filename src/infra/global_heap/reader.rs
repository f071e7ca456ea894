//! Many objects out of global heaps.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use super::collection::Collection;
use super::{GlobalHeaps, find};
use crate::codec::Address;
use crate::error::Result;
use crate::format::global_heap::HeapId;
use crate::space::Space;

/// Reads objects of the heaps of a file, without a copy. What one collection has is read without a
/// look at anything that other threads share.
pub(crate) struct HeapReader<'a> {
    heaps: &'a GlobalHeaps,
    space: &'a Space,
    /// The collection read last.
    last: RefCell<Option<Last<'a>>>,
}

struct Last<'a> {
    at: Address,
    collection: Arc<Collection>,
    /// Its bytes, where the space lends them.
    lent: Option<&'a [u8]>,
}

impl fmt::Debug for HeapReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapReader").finish_non_exhaustive()
    }
}

impl<'a> HeapReader<'a> {
    pub(crate) fn new(heaps: &'a GlobalHeaps, space: &'a Space) -> Self {
        Self { heaps, space, last: RefCell::new(None) }
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
            return take(self.data(last, id.index)?);
        }
        let new = self.enter(at)?;
        match self.last.try_borrow_mut() {
            Ok(mut last) => *last = Some(new),
            // An object of another collection names this one, and goes on when it was read.
            Err(_) => return take(self.data(&new, id.index)?),
        }
        match self.last.borrow().as_ref() {
            Some(last) => take(self.data(last, id.index)?),
            None => Ok(()),
        }
    }

    #[inline]
    fn data<'l>(&self, last: &'l Last<'a>, index: u32) -> Result<&'l [u8]> {
        let all = last.lent.or(last.collection.own_bytes()).unwrap_or_default();
        let range = find(&last.collection, all, self.space, last.at, index)?;
        Ok(all.get(range).unwrap_or_default())
    }

    #[inline(never)]
    fn enter(&self, at: Address) -> Result<Last<'a>> {
        let collection = self.heaps.collection(self.space, at)?;
        let lent = match collection.own_bytes() {
            Some(_) => None,
            None => self.space.lent(at, collection.size()),
        };
        Ok(Last { at, collection, lent })
    }
}
