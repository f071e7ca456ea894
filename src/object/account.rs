//! What every byte of a file is for: all that the superblock leads to, laid beside what is known to
//! be free.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::holdings::{Holdings, Patience};
use super::store::Store;
use crate::codec::Address;
use crate::error::Result;
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

/// All that the superblock leads to.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    extents: Vec<(Address, u64, Purpose)>,
    /// Objects of global heaps, by the address of their collection: those that one thing names, and
    /// those that several may.
    heap_objects: BTreeMap<Address, (Vec<u32>, BTreeSet<u32>)>,
    /// How often each object is counted on.
    objects: BTreeMap<Address, u32>,
    /// What the objects count.
    counts: BTreeMap<Address, u32>,
    problems: Vec<AccountProblem>,
}

impl Reached {
    /// Walks through all that the file has.
    ///
    /// # Errors
    ///
    /// Where that is more than `patience` allows, or cannot be read.
    pub(crate) fn walk(store: &Arc<Store>, patience: &mut Patience) -> Result<Self> {
        let mut reached = Self::default();
        let mut fixed = Extents::default();
        let root = store.fixed_extents(&mut fixed)?;
        reached.add(&fixed);
        let (mut waiting, mut seen) = (vec![root], HashSet::new());
        while let Some(at) = waiting.pop() {
            let count = reached.objects.entry(at).or_default();
            *count = count.saturating_add(1);
            if *count > 1 {
                continue;
            }
            let header = store.header(at)?;
            reached.counts.insert(at, header.reference_count(store.space())?);
            let held = Holdings::of(store, &header, patience)?;
            reached.add(&held.extents);
            let shared = held.of_shared_attributes(store, &mut seen)?;
            for held in [held, shared] {
                held.heap_objects().for_each(|id| reached.name(&id, false));
                held.named().for_each(|id| reached.name(id, true));
                waiting.extend(held.objects);
            }
        }
        reached.add_heaps(store)?;
        Ok(reached)
    }

    fn add(&mut self, extents: &Extents) {
        self.extents.extend(extents.iter().map(|extent| (extent.at, extent.len, extent.purpose)));
    }

    /// Something names an object of a global heap; others do, too, where they `share` it.
    fn name(&mut self, id: &HeapId, share: bool) {
        let Some(heap) = id.address else { return };
        let (named, sharing) = self.heap_objects.entry(heap).or_default();
        if share {
            sharing.insert(id.index);
        } else {
            named.push(id.index);
        }
    }

    /// Adds the collections that the objects of heaps lie in, and compares what they hold.
    fn add_heaps(&mut self, store: &Store) -> Result<()> {
        for (at, (named, sharing)) in &mut self.heap_objects {
            let heap = store.space().offset(*at);
            let (len, there) = store.heap_contents(*at)?;
            self.extents.push((*at, len, Purpose::RawData));
            named.sort_unstable();
            for pair in named.windows(2) {
                if let [index, next] = *pair
                    && index == next
                {
                    self.problems.push(AccountProblem::NamedTwice { heap, index });
                }
            }
            let named: BTreeSet<u32> = named.iter().chain(&*sharing).copied().collect();
            for index in there.difference(&named).copied() {
                self.problems.push(AccountProblem::Unnamed { heap, index });
            }
            for index in named.difference(&there).copied() {
                self.problems.push(AccountProblem::Missing { heap, index });
            }
        }
        Ok(())
    }

    /// The bytes that were reached.
    pub(crate) fn bytes(&self) -> Intervals {
        let mut bytes = Intervals::default();
        self.extents.iter().for_each(|(at, len, _)| bytes.insert(at.0, *len));
        bytes
    }
}

/// What every byte of the file is for.
pub(crate) fn draw_up(store: &Arc<Store>) -> Result<Account> {
    let mut reached = Reached::walk(store, &mut Patience::ENDLESS.clone())?;
    let (base, end) = (store.space().base(), store.space().end());
    let offsets =
        |from: Address, to: Address| base.saturating_add(from.0)..base.saturating_add(to.0);
    let mut account =
        Account { problems: std::mem::take(&mut reached.problems), ..Account::default() };
    for (at, stored) in &reached.counts {
        let found = reached.objects.get(at).copied().unwrap_or(0);
        if found != *stored {
            let object = store.space().offset(*at);
            account.problems.push(AccountProblem::Miscounted { object, stored: *stored, found });
        }
    }
    let mut line = Vec::new();
    for (at, len, purpose) in &reached.extents {
        let sum = match purpose {
            Purpose::Metadata => &mut account.metadata,
            Purpose::RawData => &mut account.raw_data,
        };
        *sum = sum.saturating_add(*len);
        line.push((*at, at.plus(*len), true));
    }
    for (at, len) in store.known_free().iter() {
        account.free = account.free.saturating_add(len);
        line.push((Address(at), Address(at).plus(len), false));
    }
    line.retain(|(from, to, _)| from < to);
    line.sort_unstable();
    let (mut done, mut last_used) = (Address(0), false);
    for (from, to, used) in line {
        if from > done {
            account.problems.push(AccountProblem::Lost(offsets(done, from)));
        } else if from < done {
            let range = offsets(from, done.min(to));
            account.problems.push(match used && last_used {
                true => AccountProblem::UsedTwice(range),
                false => AccountProblem::UsedAndFree(range),
            });
        }
        if to > end {
            account.problems.push(AccountProblem::BehindEnd(offsets(from.max(end), to)));
        }
        if to >= done {
            (done, last_used) = (to, used);
        }
    }
    if done < end {
        account.problems.push(AccountProblem::Lost(offsets(done, end)));
    }
    Ok(account)
}
