//! What every byte of a file is for: all that the superblock leads to, laid beside what is known to
//! be free.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::header::ObjectHeader;
use super::holdings::{Counted, Holdings, Patience, Survey};
use super::paths::{Owner, Paths};
use super::store::Store;
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::global_heap::HeapId;
use crate::space::{Extents, Intervals, Purpose};

/// What the bytes of a file are for.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// file.new_dataset::<i32>().shape(100).create("numbers")?.write_raw(&[1; 100])?;
/// file.flush()?;
/// let account = file.account()?;
/// assert_eq!(account.raw_data, 400);
/// assert!(account.problems.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Bytes that describe the file's objects.
    pub metadata: u64,
    /// Bytes of elements, of attributes of 64 KiB and more, and of what elements keep in heaps.
    pub raw_data: u64,
    /// Bytes known to be free.
    pub free: u64,
    /// What is not as it should be.
    pub problems: Vec<AccountProblem>,
}

impl Account {
    /// Bytes that nothing uses and of which nothing says that they are free.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let lost = |problem: &AccountProblem| match problem {
            AccountProblem::Lost(range) => range.end.saturating_sub(range.start),
            _ => 0,
        };
        self.problems.iter().map(lost).fold(0, u64::saturating_add)
    }

    /// Whether there is no damage: nothing worse than space that is lost, or lost within heaps.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        use AccountProblem::{Lost, Unnamed};
        self.problems.iter().all(|problem| matches!(problem, Lost(_) | Unnamed { .. }))
    }
}

/// Something about the space of a file that is not as it should be. Offsets are those in the file.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::AccountProblem;
/// let file = hdfive::File::open("tests/fixtures/tour_earliest.h5")?;
/// for problem in file.account()?.problems {
///     match problem {
///         AccountProblem::Lost(bytes) => println!("nothing uses bytes {bytes:?}"),
///         other => println!("damage: {other:?}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountProblem {
    /// Nothing uses these bytes, and nothing says that they are free.
    Lost(Range<u64>),
    /// Two things use these bytes.
    UsedTwice(Range<u64>),
    /// Something uses these bytes that are said to be free.
    UsedAndFree(Range<u64>),
    /// Something uses these bytes behind the end of the file.
    BehindEnd(Range<u64>),
    /// Nothing names an object of a global heap.
    Unnamed {
        /// Offset of the heap's collection.
        heap: u64,
        /// The object's index in it.
        index: u32,
    },
    /// Two objects' elements name the same object of a global heap.
    NamedTwice {
        /// Offset of the heap's collection.
        heap: u64,
        /// The object's index in it.
        index: u32,
    },
    /// Elements name an object of a global heap that is not there.
    Missing {
        /// Offset of the heap's collection.
        heap: u64,
        /// The object's index in it.
        index: u32,
    },
    /// An object counts more or fewer hard links and uses than there are.
    Miscounted {
        /// Offset of the object's header.
        object: u64,
        /// What the object counts.
        stored: u32,
        /// What there is.
        found: u32,
    },
}

impl fmt::Display for AccountProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = |range: &Range<u64>, what: &str| {
            write!(f, "bytes {:#x} to {:#x} {what}", range.start, range.end)
        };
        match self {
            Self::Lost(range) => bytes(range, "are lost"),
            Self::UsedTwice(range) => bytes(range, "are used twice"),
            Self::UsedAndFree(range) => bytes(range, "are used, and said to be free"),
            Self::BehindEnd(range) => bytes(range, "are used, but lie behind the end"),
            Self::Unnamed { heap, index } => {
                write!(f, "object {index} of the global heap at {heap:#x} has no name")
            }
            Self::NamedTwice { heap, index } => {
                write!(f, "object {index} of the global heap at {heap:#x} is named twice")
            }
            Self::Missing { heap, index } => {
                write!(f, "object {index} of the global heap at {heap:#x} is missing")
            }
            Self::Miscounted { object, stored, found } => {
                write!(f, "the object at {object:#x} counts {stored} links, and has {found}")
            }
        }
    }
}

/// Who is told what a walk through a file meets.
pub(crate) trait Surveyor {
    /// How much may be read.
    fn patience(&mut self) -> &mut Patience;

    /// Whether all elements are looked at, or only those that name objects of heaps.
    fn wants_elements(&self) -> bool {
        false
    }

    /// Something cannot be read that belongs to `owner`. Where this gives an error, no more of it is
    /// looked at.
    fn fault(&mut self, paths: &Paths, owner: Owner, error: Error) -> Result<()>;

    /// What is not looked at any further, because of the error that [`fault`](Self::fault) gave.
    /// Where this gives one, the walk ends.
    fn give_up(&mut self, error: Error) -> Result<()> {
        Err(error)
    }

    /// An object was reached.
    fn object(&mut self, _: &Arc<Store>, _: &ObjectHeader, _: &Paths, _: Owner) -> Result<()> {
        Ok(())
    }
}

/// Ends with the first error.
struct Strict<'a>(&'a mut Patience);

impl Surveyor for Strict<'_> {
    fn patience(&mut self) -> &mut Patience {
        self.0
    }

    fn fault(&mut self, _: &Paths, _: Owner, error: Error) -> Result<()> {
        Err(error)
    }
}

/// Bytes that something uses.
#[derive(Debug, Clone, Copy)]
struct Used {
    at: Address,
    len: u64,
    purpose: Purpose,
    owner: Owner,
}

/// The objects of one global heap that are named.
#[derive(Debug, Default)]
struct Named {
    /// Those that one thing names.
    alone: Vec<u32>,
    /// Those that several may.
    shared: BTreeSet<u32>,
    /// Who named the first of them.
    owner: Owner,
}

/// All that the superblock leads to.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    pub(crate) paths: Paths,
    used: Vec<Used>,
    heaps: BTreeMap<Address, Named>,
    /// How often each object is counted on, and who it is.
    objects: BTreeMap<Address, (u32, Owner)>,
    /// What the objects count.
    counts: BTreeMap<Address, u32>,
    problems: Vec<(AccountProblem, [Owner; 2])>,
}

impl Reached {
    /// Walks through all that the file has.
    ///
    /// # Errors
    ///
    /// Where that is more than `patience` allows, or cannot be read.
    pub(crate) fn walk(store: &Arc<Store>, patience: &mut Patience) -> Result<Self> {
        Self::survey(store, &mut Strict(patience))
    }

    /// Walks through all that the file has that can be read.
    ///
    /// # Errors
    ///
    /// Where the surveyor ends it.
    pub(crate) fn survey(store: &Arc<Store>, surveyor: &mut dyn Surveyor) -> Result<Self> {
        let mut reached = Self::default();
        let mut fixed = Extents::default();
        let done = reached
            .with(surveyor, Owner::FILE, &mut |survey| store.fixed_extents(&mut fixed, survey));
        done.or_else(|error| surveyor.give_up(error))?;
        reached.add(&fixed, Owner::FILE);
        let root = (store.root_address(), reached.paths.root());
        let (mut waiting, mut seen) = (vec![root], HashSet::new());
        while let Some((at, owner)) = waiting.pop() {
            let (count, _) = reached.objects.entry(at).or_insert((0, owner));
            *count = count.saturating_add(1);
            if *count > 1 {
                continue;
            }
            let mut held = [Holdings::default(), Holdings::default()];
            let done = reached.enter(store, surveyor, (at, owner), &mut seen, &mut held);
            done.or_else(|error| surveyor.give_up(error))?;
            for held in held {
                reached.add(&held.extents, owner);
                held.heap_objects().for_each(|id| reached.name(&id, false, owner));
                held.named().for_each(|id| reached.name(id, true, owner));
                for Counted { at, name } in held.objects.into_iter().rev() {
                    let owner = match name {
                        // What was met before has its name.
                        Some(name) if !reached.objects.contains_key(&at) => {
                            reached.paths.add(owner, name)
                        }
                        _ => owner,
                    };
                    waiting.push((at, owner));
                }
            }
        }
        reached.add_heaps(store, surveyor)?;
        Ok(reached)
    }

    /// Does something with a survey whose errors are about `owner`.
    fn with(
        &self,
        surveyor: &mut dyn Surveyor,
        owner: Owner,
        act: &mut dyn FnMut(&mut Survey<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut patience = surveyor.patience().clone();
        let all_elements = surveyor.wants_elements();
        let mut heed = |error| surveyor.fault(&self.paths, owner, error);
        let done = act(&mut Survey::new(&mut patience, all_elements, &mut heed));
        let done = done.or_else(&mut heed);
        *surveyor.patience() = patience;
        done
    }

    /// Adds up what the object at an address holds, and what attributes hold that it shares.
    fn enter(
        &mut self,
        store: &Arc<Store>,
        surveyor: &mut dyn Surveyor,
        (at, owner): (Address, Owner),
        seen: &mut HashSet<Vec<u8>>,
        [own, shared]: &mut [Holdings; 2],
    ) -> Result<()> {
        let header = match store.header(at) {
            Ok(header) => header,
            Err(error) => return surveyor.fault(&self.paths, owner, error),
        };
        let mut count = None;
        let gathered = self.with(surveyor, owner, &mut |survey| {
            count = survey.keep(header.reference_count(store.space()))?;
            own.gather(store, &header, survey)?;
            if let Some(held) = survey.keep(own.of_shared_attributes(store, seen))? {
                *shared = held;
            }
            Ok(())
        });
        count.into_iter().for_each(|count| _ = self.counts.insert(at, count));
        gathered?;
        surveyor.object(store, &header, &self.paths, owner)
    }

    fn add(&mut self, extents: &Extents, owner: Owner) {
        let used = |extent: &crate::space::Extent| {
            let (at, len, purpose) = (extent.at, extent.len, extent.purpose);
            Used { at, len, purpose, owner }
        };
        self.used.extend(extents.iter().map(used));
    }

    /// Something names an object of a global heap; others do, too, where they `share` it.
    fn name(&mut self, id: &HeapId, share: bool, owner: Owner) {
        let Some(heap) = id.address else { return };
        let new = || Named { owner, ..Named::default() };
        let named = self.heaps.entry(heap).or_insert_with(new);
        if share {
            named.shared.insert(id.index);
        } else {
            named.alone.push(id.index);
        }
    }

    /// Adds the collections that the objects of heaps lie in, and compares what they hold.
    fn add_heaps(&mut self, store: &Store, surveyor: &mut dyn Surveyor) -> Result<()> {
        for (at, Named { alone, shared, owner }) in &mut self.heaps {
            let heap = store.space().offset(*at);
            let (len, there) = match store.heap_contents(*at) {
                Ok(contents) => contents,
                Err(error) => {
                    let noted = surveyor.fault(&self.paths, *owner, error);
                    noted.or_else(|error| surveyor.give_up(error))?;
                    continue;
                }
            };
            self.used.push(Used { at: *at, len, purpose: Purpose::RawData, owner: *owner });
            let mut problem = |problem| self.problems.push((problem, [*owner; 2]));
            alone.sort_unstable();
            for pair in alone.windows(2) {
                if let [index, next] = *pair
                    && index == next
                {
                    problem(AccountProblem::NamedTwice { heap, index });
                }
            }
            let named: BTreeSet<u32> = alone.iter().chain(&*shared).copied().collect();
            for index in there.difference(&named).copied() {
                problem(AccountProblem::Unnamed { heap, index });
            }
            for index in named.difference(&there).copied() {
                problem(AccountProblem::Missing { heap, index });
            }
        }
        Ok(())
    }

    /// The bytes that were reached.
    pub(crate) fn bytes(&self) -> Intervals {
        let mut bytes = Intervals::default();
        self.used.iter().for_each(|used| bytes.insert(used.at.0, used.len));
        bytes
    }

    /// All that is used, in the order of the file: where it lies in the file, for whom, and whether
    /// it is metadata.
    pub(crate) fn used(&self, store: &Store) -> Vec<(Range<u64>, Owner, bool)> {
        let place = |used: &Used| {
            let start = store.space().offset(used.at);
            let bytes = start..start.saturating_add(used.len);
            (bytes, used.owner, used.purpose == Purpose::Metadata)
        };
        let mut all: Vec<_> = self.used.iter().map(place).collect();
        all.sort_by_key(|(bytes, owner, _)| (bytes.start, bytes.end, *owner));
        all
    }

    /// Number of objects.
    pub(crate) fn objects(&self) -> usize {
        self.objects.len()
    }

    /// Adds the objects that count wrongly to the problems.
    fn add_miscounted(&mut self, store: &Store) {
        for (at, stored) in &self.counts {
            let (found, owner) = self.objects.get(at).copied().unwrap_or_default();
            if found != *stored {
                let (object, stored) = (store.space().offset(*at), *stored);
                let problem = AccountProblem::Miscounted { object, stored, found };
                self.problems.push((problem, [owner; 2]));
            }
        }
    }

    /// What every byte of the file is for, and whom each problem is about.
    pub(crate) fn account(&mut self, store: &Store) -> (Account, Vec<[Owner; 2]>) {
        self.add_miscounted(store);
        let (base, end) = (store.space().base(), store.space().end());
        let offsets =
            |from: Address, to: Address| base.saturating_add(from.0)..base.saturating_add(to.0);
        let mut account = Account::default();
        let mut problems = std::mem::take(&mut self.problems);
        let mut line = Vec::new();
        for Used { at, len, purpose, owner } in &self.used {
            let sum = match purpose {
                Purpose::Metadata => &mut account.metadata,
                Purpose::RawData => &mut account.raw_data,
            };
            *sum = sum.saturating_add(*len);
            line.push((*at, at.plus(*len), Some(*owner)));
        }
        for (at, len) in store.known_free().iter() {
            account.free = account.free.saturating_add(len);
            line.push((Address(at), Address(at).plus(len), None));
        }
        line.retain(|(from, to, _)| from < to);
        line.sort_unstable();
        let (mut done, mut last): (_, Option<Owner>) = (Address(0), None);
        for (from, to, owner) in line {
            if from > done {
                problems.push((AccountProblem::Lost(offsets(done, from)), [Owner::FILE; 2]));
            } else if from < done {
                let range = offsets(from, done.min(to));
                problems.push(match (owner, last) {
                    (Some(one), Some(other)) => (AccountProblem::UsedTwice(range), [other, one]),
                    (one, other) => {
                        let user = one.or(other).unwrap_or(Owner::FILE);
                        (AccountProblem::UsedAndFree(range), [user; 2])
                    }
                });
            }
            if to > end {
                let range = offsets(from.max(end), to);
                problems.push((AccountProblem::BehindEnd(range), [owner.unwrap_or_default(); 2]));
            }
            if to >= done {
                (done, last) = (to, owner);
            }
        }
        if done < end {
            problems.push((AccountProblem::Lost(offsets(done, end)), [Owner::FILE; 2]));
        }
        let owners;
        (account.problems, owners) = problems.into_iter().unzip();
        (account, owners)
    }
}

/// What every byte of the file is for.
pub(crate) fn draw_up(store: &Arc<Store>) -> Result<Account> {
    let mut reached = Reached::walk(store, &mut Patience::ENDLESS.clone())?;
    Ok(reached.account(store).0)
}
