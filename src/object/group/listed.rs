//! Names of a group's hard links in order, and where they lead: what a listing read, kept for look-ups after it.

use std::cell::Cell;
use std::ops::Range;

use crate::codec::Address;

/// Most bytes of names that one group keeps.
const MOST: usize = 8 << 20;

thread_local! {
    /// Where this thread's next name is looked for first: most go through what they listed in order. It is a
    /// guess, whatever group it was made in.
    static NEXT: Cell<usize> = const { Cell::new(0) };
}

/// The hard links of a group that nobody changes.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Ascending, one behind the other.
    names: Vec<u8>,
    /// Where each name ends.
    ends: Vec<u32>,
    /// The header that each link leads to.
    headers: Vec<Address>,
    /// There are more, or they are not in order.
    failed: bool,
}

impl Listed {
    /// Adds a link, whose name comes behind all others.
    #[inline]
    pub(super) fn push(&mut self, name: &[u8], header: Address) {
        let last = self.ends.len().checked_sub(1).and_then(|last| self.name(last));
        let in_order = last.is_none_or(|last| last < name);
        let len = self.names.len().saturating_add(name.len());
        let end = u32::try_from(len).ok().filter(|_| in_order && len <= MOST && !self.failed);
        let Some(end) = end else {
            self.failed = true;
            return;
        };
        self.names.extend_from_slice(name);
        self.ends.push(end);
        self.headers.push(header);
    }

    /// These links, where they came in order and are not more than is kept.
    pub(super) fn finish(self) -> Option<Self> {
        (!self.failed).then_some(self)
    }

    /// Where the hard link of this name leads.
    pub(super) fn find(&self, name: &[u8]) -> Option<Address> {
        let guess = NEXT.get();
        let index = if self.name(guess) == Some(name) { guess } else { self.search(name)? };
        NEXT.set(index.saturating_add(1));
        self.headers.get(index).copied()
    }

    fn search(&self, name: &[u8]) -> Option<usize> {
        let Range { mut start, mut end } = 0..self.ends.len();
        while start < end {
            let middle = start.midpoint(end);
            match self.name(middle)?.cmp(name) {
                std::cmp::Ordering::Less => start = middle.saturating_add(1),
                std::cmp::Ordering::Greater => end = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    fn name(&self, index: usize) -> Option<&[u8]> {
        let end = |index: usize| {
            self.ends.get(index).map(|end| usize::try_from(*end).unwrap_or(usize::MAX))
        };
        let start = index.checked_sub(1).map_or(Some(0), end)?;
        self.names.get(start..end(index)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed<'n>(links: impl Iterator<Item = (&'n [u8], Address)>) -> Option<Listed> {
        let mut listed = Listed::default();
        links.for_each(|(name, header)| listed.push(name, header));
        listed.finish()
    }

    #[test]
    fn names_are_found_in_any_order() {
        let names: Vec<Vec<u8>> = (0..300_u64).map(|n| format!("{:03}", 3 * n).into()).collect();
        let links = || names.iter().zip(0_u64..).map(|(name, at)| (&**name, Address(at)));
        let all = listed(links()).unwrap();
        let mut sought: Vec<_> = links().collect();
        for _ in 0..2 {
            for (name, at) in &sought {
                assert_eq!(all.find(name), Some(*at));
            }
            sought.reverse();
        }
        for n in 0..900 {
            let found = all.find(format!("{n:03}").as_bytes());
            assert_eq!(found, (n % 3 == 0).then_some(Address(n / 3)));
        }
        assert_eq!(all.find(b""), None);
        assert_eq!(listed([].into_iter()).unwrap().find(b"a"), None);
    }

    #[test]
    fn not_more_is_kept_than_the_bound_and_nothing_out_of_order() {
        let long = |count: u16| {
            let names: Vec<Vec<u8>> = (0..count)
                .map(|n| n.to_be_bytes().into_iter().chain([0; 1 << 16]).collect())
                .collect();
            listed(names.iter().map(|name| (&**name, Address(0)))).is_some()
        };
        assert!(long(100) && !long(200));
        for names in [["b", "a", "c"], ["a", "a", "b"]] {
            assert!(listed(names.iter().map(|name| (name.as_bytes(), Address(0)))).is_none());
        }
    }
}
