//! Groups of a file that nobody changes, kept for the next path that leads through them.

use std::sync::{Arc, PoisonError, RwLock};

use super::Store;
use crate::codec::Address;
use crate::error::Result;
use crate::object::group::GroupObject;
use crate::object::header::ObjectHeader;

/// Most groups that are kept: each keeps nodes and blocks that look-ups went through.
const MOST: usize = 64;

/// Groups that were looked into, with the address of their header: so few are found one by one.
#[derive(Debug, Default)]
pub(super) struct KnownGroups(RwLock<Vec<(Address, Arc<GroupObject>)>>);

impl Store {
    /// The group with this header, as it is now.
    pub(crate) fn group(&self, header: &ObjectHeader) -> Result<Arc<GroupObject>> {
        if self.may_change() {
            return GroupObject::load(self, header).map(Arc::new);
        }
        let known = self.groups.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = find(&known, header.address) {
            return Ok(group);
        }
        drop(known);
        let group = Arc::new(GroupObject::load(self, header)?.keeping_nodes());
        let mut known = self.groups.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(group) = find(&known, header.address) {
            return Ok(group);
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.push((header.address, Arc::clone(&group)));
        Ok(group)
    }
}

fn find(known: &[(Address, Arc<GroupObject>)], at: Address) -> Option<Arc<GroupObject>> {
    known.iter().find(|(known, _)| *known == at).map(|(_, group)| Arc::clone(group))
}
