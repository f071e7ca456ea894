//! The paths that objects were met by first, and who bytes belong to.

use super::path::text;

/// Who something belongs to: the file itself, or an object of [`Paths`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owner(u32);

impl Owner {
    /// No object, but the file itself.
    pub(crate) const FILE: Self = Self(0);

    fn of(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(0))
    }

    fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// The paths that objects were met by first.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    /// The group that each link is in, and its name; behind the file and the root group.
    links: Vec<(Owner, Vec<u8>)>,
}

/// Where the links begin.
const FIXED: usize = 2;

impl Paths {
    /// The root group.
    pub(crate) fn root(&self) -> Owner {
        Owner(1)
    }

    /// What the link of this name in a group leads to.
    pub(crate) fn add(&mut self, group: Owner, name: Vec<u8>) -> Owner {
        self.links.push((group, name));
        Owner::of(self.links.len().saturating_add(FIXED).saturating_sub(1))
    }

    /// The path of an object; nothing for the file itself.
    pub(crate) fn path(&self, owner: Owner) -> String {
        let (mut names, mut at) = (Vec::new(), owner);
        // A link comes behind the group that it is in.
        while let Some((group, name)) =
            at.index().checked_sub(FIXED).and_then(|n| self.links.get(n))
        {
            names.push(name.as_slice());
            at = *group;
        }
        match (owner, names.is_empty()) {
            (Owner::FILE, _) => String::new(),
            (_, true) => "/".to_owned(),
            (_, false) => names.iter().rev().map(|name| format!("/{}", text(name))).collect(),
        }
    }
}
