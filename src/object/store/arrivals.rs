//! What waits for one heap.

use std::collections::HashMap;

use crate::codec::lookup3;
use crate::error::{Error, Result};
use crate::object::dense::{Arrival, DensePlaces};
use crate::object::plain_hash::BuildPlainHash;

use super::waiting::HeapKind;

/// Bytes that room is made for at least.
const LEAST: usize = 512;
/// Bytes below which room is doubled.
const LITTLE: usize = 64 << 10;

/// Messages that wait, in the order in which they came. Names and messages lie one behind the other:
/// there may be hundreds of thousands of them.
#[derive(Debug, Clone)]
pub(super) struct Arrivals {
    pub(super) kind: HeapKind,
    pub(super) places: DensePlaces,
    /// The heap has no other messages than these.
    pub(super) is_all: bool,
    bytes: Vec<u8>,
    all: Vec<Placed>,
    /// By the hash of the name, the last one that has it.
    by_hash: HashMap<u32, u32, BuildPlainHash>,
    /// How many of them belong to steps that are over.
    kept: usize,
}

#[derive(Debug, Clone, Copy)]
struct Placed {
    /// Where the name ends, and the message begins.
    message: usize,
    name_len: u32,
    message_len: u32,
    hash: u32,
    /// The one before it whose name has the same hash.
    before: Option<std::num::NonZeroU32>,
    order: i64,
}

impl Arrivals {
    /// None yet, for a heap that has no messages where `is_all`.
    pub(super) fn new(kind: HeapKind, places: DensePlaces, is_all: bool) -> Self {
        let (bytes, all, by_hash) = (Vec::new(), Vec::new(), HashMap::default());
        Self { kind, places, is_all, bytes, all, by_hash, kept: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// In the order in which they came.
    pub(super) fn iter(&self) -> impl Iterator<Item = Arrival<'_>> + Clone {
        self.all.iter().map(|one| self.arrival(one))
    }

    fn arrival(&self, one: &Placed) -> Arrival<'_> {
        let len = |len: u32| usize::try_from(len).unwrap_or(usize::MAX);
        let (before, behind) = self.bytes.split_at_checked(one.message).unwrap_or_default();
        let name = before.len().saturating_sub(len(one.name_len));
        Arrival {
            name: before.get(name..).unwrap_or_default(),
            message: behind.get(..len(one.message_len)).unwrap_or_default(),
            hash: one.hash,
            order: one.order,
        }
    }

    /// The one of this name.
    pub(super) fn find(&self, name: &[u8]) -> Option<Arrival<'_>> {
        let mut at = self.by_hash.get(&lookup3(name)).copied();
        while let Some(number) = at {
            let one = self.all.get(usize::try_from(number).ok()?)?;
            let arrival = self.arrival(one);
            if arrival.name == name {
                return Some(arrival);
            }
            at = one.before.map(|number| number.get().saturating_sub(1));
        }
        None
    }

    /// Adds a message, of whose name there is none.
    pub(super) fn push(&mut self, name: &[u8], message: &[u8], order: i64) -> Result<()> {
        let too_much = |_| Error::usage("too much waits for the next flush");
        let number = u32::try_from(self.all.len()).map_err(too_much)?;
        let name_len = u32::try_from(name.len()).map_err(too_much)?;
        let message_len = u32::try_from(message.len()).map_err(too_much)?;
        let hash = lookup3(name);
        let before = self.by_hash.insert(hash, number);
        let before = before.and_then(|number| std::num::NonZeroU32::new(number.saturating_add(1)));
        make_room(&mut self.bytes, name.len().saturating_add(message.len()));
        make_room(&mut self.all, 1);
        self.bytes.extend_from_slice(name);
        let at = self.bytes.len();
        self.bytes.extend_from_slice(message);
        self.all.push(Placed { message: at, name_len, message_len, hash, before, order });
        Ok(())
    }

    /// The step under way is over.
    pub(super) fn keep(&mut self) {
        self.kept = self.all.len();
    }

    /// Takes back what the step under way added.
    pub(super) fn roll_back(&mut self) {
        while self.all.len() > self.kept
            && let Some(gone) = self.all.pop()
        {
            let name_len = usize::try_from(gone.name_len).unwrap_or(usize::MAX);
            self.bytes.truncate(gone.message.saturating_sub(name_len));
            match gone.before {
                Some(number) => self.by_hash.insert(gone.hash, number.get().saturating_sub(1)),
                None => self.by_hash.remove(&gone.hash),
            };
        }
    }
}

/// Makes room for `more`, and for a part of what is there: where there is much, doubling it is too much.
fn make_room<T>(all: &mut Vec<T>, more: usize) {
    if all.capacity().saturating_sub(all.len()) < more {
        let part = if size_of_val(all.as_slice()) < LITTLE { all.len() } else { all.len() >> 2 };
        all.reserve_exact(more.max(part).max(LEAST.checked_div(size_of::<T>()).unwrap_or(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Address;

    #[test]
    fn holds_what_came_and_nothing_of_a_step_that_failed() {
        let at = Address(8);
        let places = DensePlaces { heap: at, names: at, orders: None };
        let mut arrivals = Arrivals::new(HeapKind::Links, places, true);
        let name = |n: u16| n.to_string().into_bytes();
        arrivals.push(&name(2), b"two", 2).unwrap();
        let hash = arrivals.all[0].hash;
        for n in 3..300 {
            arrivals.push(&name(n), name(n).as_slice(), n.into()).unwrap();
            if n % 7 == 0 {
                // As if it had the hash of the first.
                let last = arrivals.all.last_mut().unwrap();
                arrivals.by_hash.remove(&last.hash);
                last.hash = hash;
                let before = arrivals.by_hash.insert(hash, u32::from(n) - 2).unwrap();
                last.before = std::num::NonZeroU32::new(before + 1);
            }
            if n == 200 {
                arrivals.keep();
            }
        }
        assert_eq!(arrivals.find(&name(2)).unwrap().message, b"two");
        assert_eq!(arrivals.find(&name(299)).unwrap().order, 299);
        arrivals.roll_back();
        assert_eq!(arrivals.len(), 199);
        assert_eq!(arrivals.by_hash[&hash], 196 - 2);
        assert_eq!(arrivals.find(&name(2)).unwrap().message, b"two");
        assert_eq!(arrivals.find(&name(200)).unwrap().name, name(200));
        assert!(arrivals.find(&name(201)).is_none());
        arrivals.push(&name(201), b"again", -1).unwrap();
        let all: Vec<_> = arrivals.iter().map(|one| one.order).collect();
        assert_eq!(all, (2..=200).chain([-1]).collect::<Vec<i64>>());
        assert_eq!(arrivals.find(&name(201)).unwrap().message, b"again");
    }
}
