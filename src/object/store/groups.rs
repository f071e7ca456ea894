//! Groups of a file that nobody changes, kept for the next path that leads through them.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use super::Store;
use crate::codec::Address;
use crate::error::Result;
use crate::object::group::GroupObject;
use crate::object::header::Messages;

/// Most groups that are kept: each keeps nodes and blocks that look-ups went through.
const MOST: usize = 64;

/// Groups that were looked into, with the address of their header: so few are found one by one.
#[derive(Debug, Default)]
pub(super) struct KnownGroups {
    /// The root, as a rule: paths begin there.
    first: OnceLock<Known>,
    others: RwLock<Vec<Known>>,
}

type Known = (Address, Arc<GroupObject>);

impl KnownGroups {
    fn first(&self, at: Address) -> Option<Arc<GroupObject>> {
        self.first.get().filter(|(known, _)| *known == at).map(|(_, group)| Arc::clone(group))
    }

    fn others(&self) -> RwLockReadGuard<'_, Vec<Known>> {
        self.others.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// The group with this header, as it is now.
    pub(crate) fn group(&self, header: &impl Messages) -> Result<Arc<GroupObject>> {
        if self.may_change() {
            return GroupObject::load(self, header).map(Arc::new);
        }
        let (at, known) = (header.address(), &self.groups);
        if let Some(group) = known.first(at) {
            return Ok(group);
        }
        let is_first = known.first.get().is_none();
        if !is_first && let Some(group) = find(&known.others(), at) {
            return Ok(group);
        }
        let group = Arc::new(GroupObject::load(self, header)?.keeping_nodes());
        if is_first && known.first.set((at, Arc::clone(&group))).is_ok() {
            return Ok(group);
        }
        // Another thread may have been faster.
        if let Some(group) = known.first(at) {
            return Ok(group);
        }
        let mut others = known.others.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = find(&others, at) {
            return Ok(group);
        }
        if others.len() >= MOST {
            others.clear();
        }
        others.push((at, Arc::clone(&group)));
        Ok(group)
    }
}

fn find(known: &[Known], at: Address) -> Option<Arc<GroupObject>> {
    known.iter().find(|(known, _)| *known == at).map(|(_, group)| Arc::clone(group))
}
