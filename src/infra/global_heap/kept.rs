//! Collections that are kept in memory, and those that are known to have room.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::collection::Collection;
use crate::codec::Address;

/// Bytes of collections that are kept.
pub(super) const KEPT: u64 = 64 << 20;
/// Collections with room that are known.
const ROOMY: usize = 16;

/// Collections that are kept in memory, and those that are known to have room.
#[derive(Debug, Default)]
pub(super) struct Kept {
    collections: HashMap<Address, Arc<Collection>>,
    /// The same, oldest first.
    order: VecDeque<Address>,
    bytes: u64,
    /// Collections with room, and the bytes of the largest object that each has room for.
    roomy: Vec<(Address, usize)>,
}

impl Kept {
    pub(super) fn get(&self, at: Address) -> Option<Arc<Collection>> {
        self.collections.get(&at).map(Arc::clone)
    }

    /// Keeps `collection` as the one at `at`, however large, and drops the oldest others over the
    /// bound.
    pub(super) fn replace(&mut self, at: Address, collection: Arc<Collection>) {
        self.note_room(at, collection.room());
        let bytes = collection.weight();
        let old = self.collections.insert(at, collection);
        self.bytes = self.bytes.saturating_add(bytes);
        if let Some(old) = old {
            self.bytes = self.bytes.saturating_sub(old.weight());
            return;
        }
        while self.bytes > KEPT {
            let Some(oldest) = self.order.pop_front() else { break };
            let dropped = self.collections.remove(&oldest).map_or(0, |old| old.weight());
            self.bytes = self.bytes.saturating_sub(dropped);
        }
        self.order.push_back(at);
    }

    /// There is no collection at `at` any more.
    pub(super) fn forget(&mut self, at: Address) {
        self.note_room(at, None);
        if let Some(old) = self.collections.remove(&at) {
            self.bytes = self.bytes.saturating_sub(old.weight());
            self.order.retain(|kept| *kept != at);
        }
    }

    /// Remembers the collections with the most room.
    pub(super) fn note_room(&mut self, at: Address, room: Option<usize>) {
        self.roomy.retain(|(known, _)| *known != at);
        let Some(room) = room.filter(|room| *room > 0) else { return };
        self.roomy.push((at, room));
        if self.roomy.len() > ROOMY {
            let least = self.roomy.iter().enumerate().min_by_key(|(_, (_, room))| *room);
            if let Some((place, _)) = least {
                self.roomy.swap_remove(place);
            }
        }
    }

    /// The collection with the most room, if that is enough for `len` bytes. It is no longer known
    /// to have any.
    pub(super) fn take_room(&mut self, len: usize) -> Option<Address> {
        let most = self.roomy.iter().enumerate().max_by_key(|(_, (_, room))| *room);
        let (place, (_, room)) = most?;
        (*room >= len).then(|| self.roomy.swap_remove(place).0)
    }

    #[cfg(test)]
    pub(super) fn state(&self) -> (u64, Vec<Address>) {
        assert_eq!(self.order.len(), self.collections.len());
        assert!(self.roomy.len() <= ROOMY);
        (self.bytes, self.order.iter().copied().collect())
    }
}
