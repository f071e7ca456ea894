//! Which bytes of the file are free, and where new blocks go.

use super::intervals::Intervals;
use crate::codec::Address;
use crate::error::{Error, Result};

/// What allocated space is for: files in pages keep the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Metadata,
    RawData,
}

/// Rules for the addresses of new blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Blocks of at least `threshold` bytes start at multiples of this offset of the storage; not
    /// in a file of pages.
    pub(crate) alignment: u64,
    pub(crate) threshold: u64,
    /// Bytes of a page, in a file of pages.
    pub(crate) page: Option<u64>,
    /// Storage offset of address 0.
    pub(crate) base: u64,
    /// First address the file's widths cannot express.
    pub(crate) limit: u64,
}

impl Placement {
    /// The first address at or behind `at` where a block of `len` bytes may start.
    fn place(&self, at: u64, len: u64) -> u64 {
        match self.page {
            // Pages have their own alignment.
            Some(page) if len < page => at,
            Some(page) => at.checked_next_multiple_of(page).unwrap_or(u64::MAX),
            None if self.alignment > 1 && len >= self.threshold => {
                let offset = self.base.saturating_add(at);
                let aligned = offset.checked_next_multiple_of(self.alignment).unwrap_or(u64::MAX);
                aligned.saturating_sub(self.base)
            }
            None => at,
        }
    }

    fn class(&self, purpose: Purpose, len: u64) -> FreeClass {
        match (self.page.is_some_and(|page| len < page), purpose) {
            (false, _) => FreeClass::General,
            (true, Purpose::Metadata) => FreeClass::SmallMetadata,
            (true, Purpose::RawData) => FreeClass::SmallRaw,
        }
    }
}

/// Free space of files in pages is kept by what may go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FreeClass {
    /// Anything; in a file of pages, what takes whole ones.
    General,
    /// Metadata of less than a page.
    SmallMetadata,
    /// Raw data of less than a page.
    SmallRaw,
}

/// Space that nothing uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FreeRun {
    pub(crate) at: Address,
    pub(crate) len: u64,
    pub(crate) class: FreeClass,
}

/// One set of free space for each class.
#[derive(Debug, Clone, Default)]
struct ByClass([Intervals; 3]);

impl ByClass {
    fn of(&mut self, class: FreeClass) -> &mut Intervals {
        let [general, metadata, raw] = &mut self.0;
        match class {
            FreeClass::General => general,
            FreeClass::SmallMetadata => metadata,
            FreeClass::SmallRaw => raw,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Free(FreeClass),
    /// Fresh space freed by the step under way, free when it ends.
    Held(FreeClass),
    /// Committed space, free when the commit is over.
    Freed(FreeClass),
    Fresh,
}

/// A change of one of the sets, to be undone.
#[derive(Debug)]
enum Undo {
    Inserted(Which, u64, u64),
    Removed(Which, u64, u64),
}

#[cfg(test)]
thread_local! {
    /// Breaks the rule that what is freed is used again only after the next commit, to see what
    /// comes of it.
    pub(crate) static REUSED_AT_ONCE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Which bytes of the file are free, and which were allocated since the last commit.
#[derive(Debug)]
pub(crate) struct Allocator {
    placement: Placement,
    end: u64,
    free: ByClass,
    held: ByClass,
    freed: ByClass,
    fresh: Intervals,
    undo: Vec<Undo>,
    /// The end before the step under way, where that changed it.
    old_end: Option<u64>,
    /// What is freed stays so until the end, and the file as long as it is.
    withholds: bool,
}

impl Allocator {
    pub(crate) fn new(placement: Placement, end: u64) -> Self {
        let mut free = ByClass::default();
        // A file of pages ends with a whole one.
        let whole = placement.page.and_then(|page| end.checked_next_multiple_of(page));
        let whole = whole.unwrap_or(end);
        free.of(FreeClass::General).insert(end, whole.saturating_sub(end));
        Self {
            placement,
            end: whole,
            free,
            held: ByClass::default(),
            freed: ByClass::default(),
            fresh: Intervals::default(),
            undo: Vec::new(),
            old_end: None,
            withholds: false,
        }
    }

    pub(crate) fn placement(&self) -> &Placement {
        &self.placement
    }

    /// First address behind the file.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    fn set(&mut self, which: Which) -> &mut Intervals {
        match which {
            Which::Free(class) => self.free.of(class),
            Which::Held(class) => self.held.of(class),
            Which::Freed(class) => self.freed.of(class),
            Which::Fresh => &mut self.fresh,
        }
    }

    fn insert(&mut self, which: Which, at: u64, len: u64) {
        if len == 0 {
            return;
        }
        self.set(which).insert(at, len);
        match self.undo.last_mut() {
            // A long step allocates one block behind the other.
            Some(Undo::Inserted(last, start, known))
                if *last == which && start.saturating_add(*known) == at =>
            {
                *known = known.saturating_add(len);
            }
            _ => self.undo.push(Undo::Inserted(which, at, len)),
        }
    }

    fn remove(&mut self, which: Which, at: u64, len: u64) -> Vec<(u64, u64)> {
        let removed = self.set(which).remove(at, len);
        self.undo.extend(removed.iter().map(|(at, len)| Undo::Removed(which, *at, *len)));
        removed
    }

    /// Finds `len` bytes.
    pub(crate) fn allocate(&mut self, purpose: Purpose, len: u64) -> Result<Address> {
        let class = self.placement.class(purpose, len);
        let at = match (class, self.placement.page) {
            (FreeClass::SmallMetadata | FreeClass::SmallRaw, Some(page)) => {
                self.allocate_in_page(class, len, page)?
            }
            _ => self.allocate_anywhere(len)?,
        };
        self.insert(Which::Fresh, at, len);
        Ok(Address(at))
    }

    fn allocate_anywhere(&mut self, len: u64) -> Result<u64> {
        let placement = self.placement;
        let taken = placement
            .page
            .map_or(len, |page| len.checked_next_multiple_of(page).unwrap_or(u64::MAX));
        let place = |at| placement.place(at, len);
        if let Some(at) = self.free.of(FreeClass::General).best_fit(taken, place) {
            self.remove(Which::Free(FreeClass::General), at, taken);
            self.insert(
                Which::Free(FreeClass::General),
                at.saturating_add(len),
                taken.saturating_sub(len),
            );
            return Ok(at);
        }
        // Free space that ends where the file does needs only what is missing.
        let from = self.free.of(FreeClass::General).run_before(self.end).unwrap_or(self.end);
        self.extend(from, len, taken)
    }

    /// Lengthens the file so that `len` bytes of the `taken` ones from `from` on are not free.
    fn extend(&mut self, from: u64, len: u64, taken: u64) -> Result<u64> {
        let (placement, end) = (self.placement, self.end);
        let at = placement.place(from, len);
        let new_end = at.saturating_add(taken);
        if new_end >= placement.limit {
            let what = format!("{len} more bytes than the file's addresses can name");
            return Err(Error::usage(what));
        }
        self.old_end.get_or_insert(end);
        self.end = new_end;
        if at < end {
            self.remove(Which::Free(FreeClass::General), at, end.saturating_sub(at));
        } else {
            self.insert(Which::Free(FreeClass::General), end, at.saturating_sub(end));
        }
        self.insert(
            Which::Free(FreeClass::General),
            at.saturating_add(len),
            taken.saturating_sub(len),
        );
        Ok(at)
    }

    /// Finds `len` bytes behind the end of a file without pages: free space stays as it is.
    pub(crate) fn allocate_behind(&mut self, len: u64) -> Result<Address> {
        let at = self.extend(self.end, len, len)?;
        self.insert(Which::Fresh, at, len);
        Ok(Address(at))
    }

    fn allocate_in_page(&mut self, class: FreeClass, len: u64, page: u64) -> Result<u64> {
        let place = |at: u64| {
            let room = page.saturating_sub(at.checked_rem(page).unwrap_or(0));
            if room < len { at.saturating_add(room) } else { at }
        };
        if let Some(at) = self.free.of(class).best_fit(len, place) {
            self.remove(Which::Free(class), at, len);
            return Ok(at);
        }
        let start = self.allocate_anywhere(page)?;
        let at = place(start);
        self.insert(Which::Free(class), start, page);
        self.remove(Which::Free(class), at, len);
        Ok(at)
    }

    /// Whether all of `len` bytes at `at` were allocated since the last commit.
    pub(crate) fn is_fresh(&self, at: u64, len: u64) -> bool {
        self.fresh.contains(at, len)
    }

    /// Gives `len` bytes at `at` back: what is committed can be used again after the next commit,
    /// what is fresh after the step under way.
    pub(crate) fn free(&mut self, purpose: Purpose, at: Address, len: u64) {
        let class = self.placement.class(purpose, len);
        #[cfg(test)]
        if REUSED_AT_ONCE.get() {
            self.remove(Which::Fresh, at.0, len);
            return self.insert(Which::Free(class), at.0, len);
        }
        let mut at = at.0;
        let end = at.saturating_add(len);
        let mut fresh = self.remove(Which::Fresh, at, len);
        fresh.sort_unstable();
        for (start, run) in fresh {
            self.insert(Which::Freed(class), at, start.saturating_sub(at));
            self.insert(Which::Held(class), start, run);
            at = start.saturating_add(run);
        }
        self.insert(Which::Freed(class), at, end.saturating_sub(at));
    }

    /// Ends a step: what it did is not undone any more.
    pub(crate) fn keep(&mut self) {
        self.undo.clear();
        self.old_end = None;
        for (free, held) in self.free.0.iter_mut().zip(&mut self.held.0) {
            if !held.is_empty() {
                held.iter().for_each(|(at, len)| free.insert(at, len));
                *held = Intervals::default();
            }
        }
    }

    /// Undoes everything since the last [`keep`](Self::keep).
    pub(crate) fn roll_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Inserted(which, at, len) => {
                    self.set(which).remove(at, len);
                }
                Undo::Removed(which, at, len) => self.set(which).insert(at, len),
            }
        }
        self.end = self.old_end.take().unwrap_or(self.end);
    }

    /// The end of the file once everything freed is free: free space there is cut off.
    pub(crate) fn end_after_commit(&self) -> u64 {
        if self.withholds {
            return self.end;
        }
        let start = self.all_free().run_before(self.end).unwrap_or(self.end);
        match self.placement.page {
            Some(page) => start.checked_next_multiple_of(page).unwrap_or(self.end).min(self.end),
            None => start,
        }
    }

    /// The commit is over, and the file ends at `end`.
    pub(crate) fn committed(&mut self, end: u64) {
        self.keep();
        self.fresh = Intervals::default();
        if self.withholds {
            return self.join_pages();
        }
        for (free, freed) in self.free.0.iter_mut().zip(&mut self.freed.0) {
            freed.iter().for_each(|(at, len)| free.insert(at, len));
            *freed = Intervals::default();
            let _ = free.remove(end, self.end.saturating_sub(end));
        }
        self.end = end;
        self.join_pages();
    }

    /// Whole free pages serve any purpose again.
    fn join_pages(&mut self) {
        let Some(page) = self.placement.page else { return };
        for class in [FreeClass::SmallMetadata, FreeClass::SmallRaw] {
            let whole: Vec<_> = self
                .free
                .of(class)
                .iter()
                .filter_map(|(at, len)| {
                    let start = at.checked_next_multiple_of(page)?;
                    let end = at.saturating_add(len);
                    let end = end.saturating_sub(end.checked_rem(page)?);
                    (start < end).then(|| (start, end.saturating_sub(start)))
                })
                .collect();
            for (start, len) in whole {
                let _ = self.free.of(class).remove(start, len);
                self.free.of(FreeClass::General).insert(start, len);
            }
        }
    }

    /// Free space, by address; in files of pages, whole ones apart from parts.
    pub(crate) fn free_runs(&self) -> Vec<FreeRun> {
        self.runs(&self.free)
    }

    /// Keeps what is freed from here on from being used again.
    pub(crate) fn withhold(&mut self) {
        self.withholds = true;
    }

    /// What would be free, had it not been kept from being used again.
    pub(crate) fn withheld(&self) -> Vec<FreeRun> {
        self.runs(&self.freed)
    }

    fn runs(&self, sets: &ByClass) -> Vec<FreeRun> {
        let classes = [FreeClass::General, FreeClass::SmallMetadata, FreeClass::SmallRaw];
        let mut runs = Vec::new();
        for (class, set) in classes.into_iter().zip(&sets.0) {
            for (at, len) in set.iter() {
                match self.placement.page.filter(|_| class != FreeClass::General) {
                    Some(page) => cut_at_pages(class, at, len, page, &mut runs),
                    None => runs.push(FreeRun { at: Address(at), len, class }),
                }
            }
        }
        runs.sort_unstable();
        runs
    }

    /// All that nothing will use once the next commit is over.
    pub(crate) fn all_free(&self) -> Intervals {
        let mut all = Intervals::default();
        for set in self.free.0.iter().chain(&self.freed.0).chain(&self.held.0) {
            set.iter().for_each(|(at, len)| all.insert(at, len));
        }
        all
    }

    /// Lets blocks be put into space of which the caller knows that nothing uses it.
    pub(crate) fn add_free(&mut self, run: FreeRun) {
        self.free.of(run.class).insert(run.at.0, run.len);
    }

    /// Bytes given back that cannot be used yet.
    #[cfg(test)]
    pub(crate) fn waiting_bytes(&self) -> u64 {
        self.freed.0.iter().chain(&self.held.0).map(Intervals::total).sum()
    }
}

/// Parts of pages, and whole ones, that are free of `len` bytes at `at`.
fn cut_at_pages(class: FreeClass, at: u64, len: u64, page: u64, runs: &mut Vec<FreeRun>) {
    let (mut at, end) = (at, at.saturating_add(len));
    while at < end {
        let next = at.saturating_add(1).checked_next_multiple_of(page).unwrap_or(end).min(end);
        let len = next.saturating_sub(at);
        let class = if len == page { FreeClass::General } else { class };
        runs.push(FreeRun { at: Address(at), len, class });
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn placement(page: Option<u64>, alignment: u64) -> Placement {
        Placement { alignment, threshold: 16, page, base: 5, limit: 1 << 40 }
    }

    proptest! {
        #[test]
        fn blocks_never_overlap_and_obey_the_rules(
            steps in prop::collection::vec((0u8..6, 1u64..200, any::<prop::sample::Index>(), any::<bool>()), 1..80),
            page in prop::option::of(Just(64u64)),
            alignment in prop::sample::select(vec![1u64, 8]),
        ) {
            let mut allocator = Allocator::new(placement(page, alignment), page.unwrap_or(40));
            let start = allocator.end();
            // Blocks in use now, at the last commit, and at the start of the step.
            let mut live: Vec<(u64, u64, Purpose)> = Vec::new();
            let mut committed = live.clone();
            let mut before = live.clone();
            for (step, len, index, raw) in steps {
                let purpose = if raw { Purpose::RawData } else { Purpose::Metadata };
                match step {
                    0..=2 => {
                        let at = allocator.allocate(purpose, len).unwrap().0;
                        let apart = |blocks: &[(u64, u64, Purpose)]| blocks
                            .iter()
                            .all(|(other, n, _)| at + len <= *other || other + n <= at);
                        prop_assert!(apart(&live) && apart(&committed) && apart(&before));
                        prop_assert!(at >= start && at + len <= allocator.end());
                        if page.is_none() && alignment > 1 && len >= 16 {
                            prop_assert_eq!((at + 5) % alignment, 0);
                        }
                        if let Some(page) = page {
                            let fits = if len < page { at / page == (at + len - 1) / page } else { at.is_multiple_of(page) };
                            prop_assert!(fits);
                            prop_assert_eq!(allocator.end() % page, 0);
                        }
                        prop_assert!(allocator.is_fresh(at, len));
                        live.push((at, len, purpose));
                    }
                    3 if !live.is_empty() => {
                        let (at, len, purpose) = live.swap_remove(index.index(live.len()));
                        allocator.free(purpose, Address(at), len);
                        prop_assert!(!allocator.is_fresh(at, len));
                    }
                    4 => {
                        if raw {
                            allocator.keep();
                            before = live.clone();
                        } else {
                            allocator.roll_back();
                            live = before.clone();
                        }
                    }
                    _ => {
                        let end = allocator.end_after_commit();
                        allocator.committed(end);
                        prop_assert!(live.iter().all(|(at, len, _)| at + len <= end));
                        committed = live.clone();
                        before = live.clone();
                    }
                }
                for FreeRun { at, len, .. } in allocator.free_runs() {
                    prop_assert!(live.iter().all(|(other, n, _)| at.0 + len <= *other || other + n <= at.0));
                }
            }
            // Everything given back, nothing is left.
            for (at, len, purpose) in live {
                allocator.free(purpose, Address(at), len);
            }
            prop_assert_eq!(allocator.end_after_commit(), start);
        }
    }
}
