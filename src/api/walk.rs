//! The way through all that is beneath a group.

use std::collections::HashSet;
use std::sync::Arc;

use super::Group;
use super::location::{Location, LocationType, kind_of};
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::{Link, LinkTarget};
use crate::object::path::{Found, follow, join};

/// Goes by the links beneath a group, depth first, names in ascending order of their bytes.
pub(super) struct Walk {
    /// The objects it came to.
    met: HashSet<Address>,
    waiting: Vec<Step>,
}

/// A link on the way.
pub(super) struct Step {
    group: Arc<Found>,
    /// Its path, from where the walk began.
    pub(super) path: Vec<u8>,
    pub(super) link: Link,
}

impl Walk {
    pub(super) fn beneath(group: &Group) -> Result<Self> {
        let met = HashSet::from([group.found.header.address]);
        let mut walk = Self { met, waiting: Vec::new() };
        walk.queue(group, b"")?;
        Ok(walk)
    }

    fn queue(&mut self, group: &Group, prefix: &[u8]) -> Result<()> {
        self.waiting.extend(group.raw_links()?.into_iter().rev().map(|link| {
            let path = if prefix.is_empty() { link.name.clone() } else { join(prefix, &link.name) };
            Step { group: Arc::clone(&group.found), path, link }
        }));
        Ok(())
    }

    /// The next link.
    pub(super) fn next(&mut self) -> Option<Step> {
        self.waiting.pop()
    }

    /// The object that a hard link leads to, where the walk did not come to it before.
    pub(super) fn meet(&mut self, step: &Step) -> Result<Option<Location>> {
        match step.link.target {
            LinkTarget::Hard(address) if self.met.insert(address) => {
                follow(&step.group, &step.link).map(|found| Some(Location::new(found)))
            }
            _ => Ok(None),
        }
    }

    /// Goes on with the links of what a link leads to, where that is a group.
    pub(super) fn enter(&mut self, step: &Step, object: &Location) -> Result<()> {
        match kind_of(&object.found) {
            Some(LocationType::Group) => self.queue(&object.as_group()?, &step.path),
            _ => Ok(()),
        }
    }
}
