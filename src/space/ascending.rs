//! Maps by number, made for what comes behind all that is there: new blocks are placed one behind the
//! other, and there may be hundreds of thousands of them.

/// Most entries of a run.
const MOST: usize = 256;

/// Values by number, in ascending order.
#[derive(Debug, Clone)]
pub(super) struct Ascending<V> {
    /// Entries in order, cut into runs. None is empty, but for the first where it is the only one.
    runs: Vec<Vec<(u64, V)>>,
}

impl<V> Default for Ascending<V> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<V: PartialEq> PartialEq for Ascending<V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<V> Ascending<V> {
    pub(super) fn is_empty(&self) -> bool {
        self.runs.first().is_none_or(Vec::is_empty)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    /// Removes all, and keeps a little memory for what comes next.
    pub(super) fn clear(&mut self) {
        self.runs.truncate(1);
        self.runs.iter_mut().for_each(Vec::clear);
    }

    /// The run and the place in it of the first entry whose number is `key` or more; behind all others
    /// where there is none.
    fn place(&self, key: u64) -> (usize, usize) {
        let is_before = |(number, _): &(u64, V)| *number < key;
        // As most often.
        if let Some(run) = self.runs.last()
            && run.last().is_none_or(is_before)
        {
            return (self.runs.len().saturating_sub(1), run.len());
        }
        let run = self.runs.partition_point(|run| run.last().is_some_and(is_before));
        (run, self.runs.get(run).map_or(0, |run| run.partition_point(is_before)))
    }

    fn entry(&self, (run, at): (usize, usize)) -> Option<&(u64, V)> {
        self.runs.get(run)?.get(at)
    }

    fn entry_mut(&mut self, (run, at): (usize, usize)) -> Option<&mut (u64, V)> {
        self.runs.get_mut(run)?.get_mut(at)
    }

    pub(super) fn get(&self, key: u64) -> Option<&V> {
        self.entry(self.place(key)).filter(|(number, _)| *number == key).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        let found = self.entry_mut(self.place(key));
        found.filter(|(number, _)| *number == key).map(|(_, value)| value)
    }

    /// The entry with the largest number.
    pub(super) fn last_mut(&mut self) -> Option<(u64, &mut V)> {
        self.runs.last_mut()?.last_mut().map(|(number, value)| (*number, value))
    }

    /// The last entry before `key`.
    pub(super) fn before(&self, key: u64) -> Option<(u64, &V)> {
        self.before_place(self.place(key))
    }

    fn before_place(&self, (run, at): (usize, usize)) -> Option<(u64, &V)> {
        let found = match at.checked_sub(1) {
            Some(at) => self.entry((run, at)),
            None => self.runs.get(run.checked_sub(1)?)?.last(),
        };
        found.map(|(number, value)| (*number, value))
    }

    /// The last entry at `key` or before it.
    pub(super) fn up_to(&self, key: u64) -> Option<(u64, &V)> {
        let place = self.place(key);
        match self.entry(place) {
            Some((number, value)) if *number == key => Some((*number, value)),
            _ => self.before_place(place),
        }
    }

    /// All entries, from the one at `key` or the first behind it on.
    pub(super) fn from(&self, key: u64) -> impl Iterator<Item = (u64, &V)> {
        let (run, at) = self.place(key);
        let (first, others) = match self.runs.get(run..).and_then(<[_]>::split_first) {
            Some((first, others)) => (first.get(at..).unwrap_or_default(), others),
            None => (&[][..], &[][..]),
        };
        first.iter().chain(others.iter().flatten()).map(|(number, value)| (*number, value))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &V)> {
        self.runs.iter().flatten().map(|(number, value)| (*number, value))
    }

    /// Lets `value` be at `key`; gives what was there.
    pub(super) fn insert(&mut self, key: u64, value: V) -> Option<V> {
        let (run, at) = self.place(key);
        let is_last = run.saturating_add(1) >= self.runs.len();
        let Some(entries) = self.runs.get_mut(run) else {
            self.runs.push(vec![(key, value)]);
            return None;
        };
        if let Some((number, there)) = entries.get_mut(at)
            && *number == key
        {
            return Some(std::mem::replace(there, value));
        }
        if entries.len() < MOST {
            entries.insert(at, (key, value));
        } else if is_last && at == entries.len() {
            let mut next = Vec::with_capacity(MOST);
            next.push((key, value));
            self.runs.push(next);
        } else {
            let middle = entries.len() >> 1;
            let mut behind = entries.split_off(middle);
            match at.checked_sub(middle) {
                Some(at) => behind.insert(at, (key, value)),
                None => entries.insert(at, (key, value)),
            }
            self.runs.insert(run.saturating_add(1), behind);
        }
        None
    }

    /// Removes the entry at `key`; gives its value.
    pub(super) fn remove(&mut self, key: u64) -> Option<V> {
        let (run, at) = self.place(key);
        let entries = self.runs.get_mut(run)?;
        entries.get(at).filter(|(number, _)| *number == key)?;
        let (_, value) = entries.remove(at);
        if entries.is_empty() && self.runs.len() > 1 {
            self.runs.remove(run);
        }
        Some(value)
    }

    /// Removes those of which `is_kept` says so.
    pub(super) fn retain(&mut self, mut is_kept: impl FnMut(u64, &V) -> bool) {
        for run in &mut self.runs {
            run.retain(|(number, value)| is_kept(*number, value));
        }
        self.runs.retain(|run| !run.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn pairs<'a>(all: impl Iterator<Item = (u64, &'a u64)>) -> Vec<(u64, u64)> {
        all.map(|(key, value)| (key, *value)).collect()
    }

    fn check(map: &Ascending<u64>, model: &BTreeMap<u64, u64>, keys: impl Iterator<Item = u64>) {
        let own = |pair: (&u64, &u64)| (*pair.0, *pair.1);
        let expected: Vec<_> = model.iter().map(own).collect();
        assert_eq!(pairs(map.iter()), expected);
        assert_eq!((map.is_empty(), map.len()), (model.is_empty(), model.len()));
        for key in keys {
            assert_eq!(map.get(key), model.get(&key));
            let owned = |pair: Option<(u64, &u64)>| pair.map(|(key, value)| (key, *value));
            assert_eq!(owned(map.before(key)), model.range(..key).next_back().map(own));
            assert_eq!(owned(map.up_to(key)), model.range(..=key).next_back().map(own));
            let expected: Vec<_> = model.range(key..).map(own).collect();
            assert_eq!(pairs(map.from(key)), expected);
        }
        assert!(map.runs.len() < 2 || map.runs.iter().all(|run| !run.is_empty()));
        assert!(map.runs.iter().all(|run| run.len() <= MOST));
    }

    proptest! {
        #[test]
        fn is_what_a_tree_is(
            behind in 0u64..700,
            steps in prop::collection::vec((0u8..6, 0u64..1000), 0..200),
        ) {
            let (mut map, mut model) = (Ascending::default(), BTreeMap::new());
            for key in 0..behind {
                assert_eq!(map.insert(2 * key, key), model.insert(2 * key, key));
            }
            let keys = || (0..1000).step_by(97).chain([u64::MAX]);
            check(&map, &model, keys());
            for (number, (step, key)) in (1..).zip(steps) {
                match step {
                    0..=2 => assert_eq!(map.insert(key, number), model.insert(key, number)),
                    3 => assert_eq!(map.remove(key), model.remove(&key)),
                    4 => {
                        if let Some(there) = map.get_mut(key) {
                            *there += 1;
                            *model.get_mut(&key).unwrap() += 1;
                        }
                        if let Some((key, last)) = map.last_mut() {
                            *last += 1;
                            *model.get_mut(&key).unwrap() += 1;
                        }
                    }
                    _ => {
                        map.retain(|number, _| number % 3 != key % 3);
                        model.retain(|number, _| number % 3 != key % 3);
                    }
                }
                if number % 16 == 0 {
                    check(&map, &model, keys());
                }
            }
            check(&map, &model, keys());
            map.clear();
            check(&map, &BTreeMap::new(), keys());
            map.insert(7, 1);
            check(&map, &BTreeMap::from([(7, 1)]), keys());
        }
    }
}
