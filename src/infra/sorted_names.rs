//! Names in order, each with an address: what reading a group's index brought, kept for look-ups after it.

use std::cell::Cell;
use std::ops::Range;
use std::sync::OnceLock;

use crate::codec::Address;

/// Most bytes of names that are kept in one.
const MOST: usize = 8 << 20;

thread_local! {
    /// Where this thread's next name is looked for first: most go through what they listed in order. It is a
    /// guess, whatever names it was made in.
    static NEXT: Cell<usize> = const { Cell::new(0) };
}

/// Names in ascending order, of an index that nobody changes, and an address for each.
#[derive(Debug, Default)]
pub(crate) struct SortedNames {
    /// One behind the other.
    names: Vec<u8>,
    /// Where each name ends.
    ends: Vec<u32>,
    addresses: Vec<Address>,
    /// There are more, or they are not in order.
    failed: bool,
    heads: OnceLock<Heads>,
}

/// What the first steps of a search look at.
#[derive(Debug)]
struct Heads {
    /// Bytes that all names begin with.
    common: usize,
    /// The eight bytes of each name behind these, as a number that sorts as they do; zeros where it has
    /// less.
    all: Vec<u64>,
}

impl SortedNames {
    /// Adds a name, which comes behind all others; whether these names are still to be kept.
    #[inline]
    pub(crate) fn push(&mut self, name: &[u8], address: Address) -> bool {
        let last = self.ends.len().checked_sub(1).and_then(|last| self.name(last));
        let in_order = last.is_none_or(|last| last < name);
        let len = self.names.len().saturating_add(name.len());
        let end = u32::try_from(len).ok().filter(|_| in_order && len <= MOST && !self.failed);
        let Some(end) = end else {
            self.failed = true;
            return false;
        };
        self.names.extend_from_slice(name);
        self.ends.push(end);
        self.addresses.push(address);
        true
    }

    /// These names, where they came in order and are not more than is kept.
    pub(crate) fn finish(self) -> Option<Self> {
        (!self.failed).then_some(self)
    }

    /// The address of this name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<Address> {
        let guess = NEXT.get();
        let index = match self.name(guess) == Some(name) {
            true => guess,
            false => Some(self.place(name)).filter(|at| self.name(*at) == Some(name))?,
        };
        NEXT.set(index.saturating_add(1));
        self.addresses.get(index).copied()
    }

    /// The address of the first name that is not before this one.
    pub(crate) fn not_before(&self, name: &[u8]) -> Option<Address> {
        self.addresses.get(self.place(name)).copied()
    }

    /// The first name that is not before this one.
    fn place(&self, name: &[u8]) -> usize {
        let heads = self.heads.get_or_init(|| self.heads());
        let common = self.name(0).and_then(|first| first.get(..heads.common)).unwrap_or_default();
        let Range { mut start, mut end } = match name.strip_prefix(common) {
            Some(rest) => {
                let head = head(rest);
                let start = heads.all.partition_point(|known| *known < head);
                let same = heads.all.get(start..).unwrap_or_default();
                start..start.saturating_add(same.partition_point(|known| *known == head))
            }
            None => 0..self.ends.len(),
        };
        while start < end {
            let middle = start.midpoint(end);
            if self.name(middle).is_some_and(|found| found < name) {
                start = middle.saturating_add(1);
            } else {
                end = middle;
            }
        }
        start
    }

    fn heads(&self) -> Heads {
        let (first, last) = (self.name(0), self.name(self.ends.len().saturating_sub(1)));
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        // All others lie between these.
        let common = first.iter().zip(last).take_while(|(a, b)| a == b).count();
        let names = (0..self.ends.len()).map(|at| self.name(at).unwrap_or_default());
        Heads {
            common,
            all: names.map(|name| head(name.get(common..).unwrap_or_default())).collect(),
        }
    }

    fn name(&self, index: usize) -> Option<&[u8]> {
        let end = |index: usize| {
            self.ends.get(index).map(|end| usize::try_from(*end).unwrap_or(usize::MAX))
        };
        let start = index.checked_sub(1).map_or(Some(0), end)?;
        self.names.get(start..end(index)?)
    }
}

/// The first eight bytes, zeros where there are less, as a number that sorts as they do.
fn head(bytes: &[u8]) -> u64 {
    let mut head = [0; 8];
    head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed<'n>(links: impl Iterator<Item = (&'n [u8], Address)>) -> Option<SortedNames> {
        let mut listed = SortedNames::default();
        links.for_each(|(name, header)| _ = listed.push(name, header));
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
        for n in 0..1000_u64 {
            let found = all.not_before(format!("{n:03}").as_bytes());
            assert_eq!(found, Some(Address(n.div_ceil(3))).filter(|at| at.0 < 300));
        }
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

    proptest::proptest! {
        #[test]
        fn what_is_found_is_what_a_search_of_all_finds(
            names in proptest::collection::btree_set("(ab|abc|x)?[a-c\\x00]{0,11}", 0..40),
            sought in proptest::collection::vec("(ab|abc|x)?[a-c\\x00]{0,11}", 0..20),
        ) {
            let links = || names.iter().zip(0_u64..).map(|(name, at)| (name.as_bytes(), Address(at)));
            let all = listed(links()).unwrap();
            for name in names.iter().chain(&sought) {
                let first = links().find(|(known, _)| *known >= name.as_bytes());
                assert_eq!(all.not_before(name.as_bytes()), first.map(|(_, at)| at));
                let same = first.filter(|(known, _)| *known == name.as_bytes());
                assert_eq!(all.find(name.as_bytes()), same.map(|(_, at)| at));
            }
        }
    }
}
