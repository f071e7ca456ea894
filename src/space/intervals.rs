//! Sets of file regions.

use std::collections::BTreeSet;

use super::ascending::Ascending;

/// A set of bytes of the file, kept as the longest runs there are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Intervals {
    /// Start and end of each run.
    runs: Ascending<u64>,
    /// Length and start of each run, once somebody looked for one of a length.
    by_length: Option<BTreeSet<(u64, u64)>>,
}

impl PartialEq for Intervals {
    fn eq(&self, other: &Self) -> bool {
        self.runs == other.runs
    }
}

impl Eq for Intervals {}

impl Intervals {
    fn put(&mut self, start: u64, end: u64) {
        if start < end {
            self.runs.insert(start, end);
            if let Some(by_length) = &mut self.by_length {
                by_length.insert((end.saturating_sub(start), start));
            }
        }
    }

    fn take(&mut self, start: u64, end: u64) {
        self.runs.remove(start);
        if let Some(by_length) = &mut self.by_length {
            by_length.remove(&(end.saturating_sub(start), start));
        }
    }

    /// The runs that `start..end` overlaps, or touches if `touching`.
    fn near(&self, start: u64, end: u64, touching: bool) -> Vec<(u64, u64)> {
        // Of those that begin before all these bytes, the last one reaches farthest.
        let before = self.runs.before(start);
        let others = self.runs.from(start).take_while(|(from, _)| *from <= end);
        let near = |(from, to): &(u64, &u64)| {
            let over = *from < end && start < **to;
            over || (touching && (*from == end || **to == start))
        };
        before.into_iter().chain(others).filter(near).map(|(from, to)| (from, *to)).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Removes all, and keeps a little memory for what comes next.
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.by_length = None;
    }

    /// Adds `len` bytes at `start`.
    pub(crate) fn insert(&mut self, start: u64, len: u64) {
        let (mut low, mut high) = (start, start.saturating_add(len));
        if len == 0 {
            return;
        }
        // Behind all others, as most often.
        match self.runs.last_mut() {
            Some((_, last)) if *last > start => {}
            Some((from, last)) if *last == start => {
                let to = std::mem::replace(last, high);
                if let Some(by_length) = &mut self.by_length {
                    by_length.remove(&(to.saturating_sub(from), from));
                    by_length.insert((high.saturating_sub(from), from));
                }
                return;
            }
            _ => return self.put(low, high),
        }
        for (from, to) in self.near(low, high, true) {
            self.take(from, to);
            (low, high) = (low.min(from), high.max(to));
        }
        self.put(low, high);
    }

    /// Removes `len` bytes at `start`; gives the runs that were there.
    pub(crate) fn remove(&mut self, start: u64, len: u64) -> Vec<(u64, u64)> {
        let end = start.saturating_add(len);
        let mut removed = Vec::new();
        if len == 0 {
            return removed;
        }
        for (from, to) in self.near(start, end, false) {
            self.take(from, to);
            self.put(from, start);
            self.put(end, to);
            let (low, high) = (from.max(start), to.min(end));
            removed.push((low, high.saturating_sub(low)));
        }
        removed
    }

    /// Whether all of `len` bytes at `start` are in the set.
    pub(crate) fn contains(&self, start: u64, len: u64) -> bool {
        let run = self.runs.up_to(start);
        run.is_some_and(|(_, end)| start.saturating_add(len) <= *end)
    }

    /// Whether any of `len` bytes at `start` is in the set.
    pub(crate) fn overlaps(&self, start: u64, len: u64) -> bool {
        !self.near(start, start.saturating_add(len), false).is_empty()
    }

    /// The start of `len` bytes of the set, in the shortest run that has them where `place` puts
    /// them: it gives the first fitting start at or behind the one it is given.
    pub(crate) fn best_fit(&mut self, len: u64, place: impl Fn(u64) -> u64) -> Option<u64> {
        if self.runs.is_empty() {
            return None;
        }
        let lengths =
            || self.runs.iter().map(|(start, end)| (end.saturating_sub(start), start)).collect();
        self.by_length.get_or_insert_with(lengths).range((len, 0)..).find_map(|(run, start)| {
            let at = place(*start);
            let end = start.saturating_add(*run);
            (at.saturating_add(len) <= end).then_some(at)
        })
    }

    /// The start of the run that ends at `end`.
    pub(crate) fn run_before(&self, end: u64) -> Option<u64> {
        let (start, found) = self.runs.before(end)?;
        (*found == end).then_some(start)
    }

    /// The runs, as starts and lengths.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.runs.iter().map(|(start, end)| (start, end.saturating_sub(start)))
    }

    /// Number of bytes.
    #[cfg(test)]
    pub(crate) fn total(&self) -> u64 {
        self.iter().fold(0, |n, (_, len)| n.saturating_add(len))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn holds_what_a_set_of_bytes_holds(
            steps in prop::collection::vec((any::<bool>(), 0u64..60, 0u64..12), 0..40),
        ) {
            let mut set = Intervals::default();
            let mut model = std::collections::BTreeSet::new();
            for (add, start, len) in steps {
                let bytes = start..start + len;
                if add {
                    set.insert(start, len);
                    model.extend(bytes);
                } else {
                    let gone: u64 = set.remove(start, len).iter().map(|run| run.1).sum();
                    let there = bytes.filter(|byte| model.remove(byte)).count() as u64;
                    prop_assert_eq!(gone, there);
                }
                prop_assert_eq!(set.total(), model.len() as u64);
                for (start, len) in set.iter() {
                    prop_assert!((start..start + len).all(|byte| model.contains(&byte)));
                    prop_assert!(!model.contains(&(start + len)));
                }
                for len in 1..12 {
                    let found = set.best_fit(len, |at| at.next_multiple_of(4));
                    let fits = |at: &u64| (*at..at + len).all(|byte| model.contains(&byte));
                    match found {
                        Some(at) => prop_assert!(at % 4 == 0 && fits(&at)),
                        None => prop_assert!(!(0..80).step_by(4).any(|at| fits(&at))),
                    }
                }
            }
        }
    }
}
