//! Structures that are encoded late: when the commit comes, or a step wants their block as it is.
//!
//! An object whose attributes are made one by one has another header with each. Encoded each time, with a
//! checksum, and perhaps in new places, that is most of what a small attribute costs. So a header that
//! only came to say more may wait here, as a value, for the next. Whoever asks for it is given that
//! value; whoever writes or frees its block has what waits forgotten.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Space;
use crate::codec::Address;
use crate::error::Result;

/// A structure as it is to be, and about how many bytes it takes.
type Value = (Arc<dyn Any + Send + Sync>, u64);

/// What waits to be encoded, by the address of its first block.
#[derive(Debug, Default)]
pub(super) struct Late {
    values: BTreeMap<u64, Value>,
    /// The value that was put in last, while it is there: it is asked for most.
    last: Option<(u64, Arc<dyn Any + Send + Sync>)>,
    bytes: u64,
    /// What the step under way replaced, in order.
    undo: Vec<(u64, Option<Value>)>,
}

impl Late {
    /// Lets `value` wait for the block at `at`, or nothing.
    fn set(&mut self, at: u64, value: Option<Value>) -> Option<Value> {
        self.bytes = self.bytes.saturating_add(value.as_ref().map_or(0, |(_, len)| *len));
        let before = match value {
            Some((value, len)) => {
                self.last = Some((at, Arc::clone(&value)));
                self.values.insert(at, (value, len))
            }
            None => {
                self.last.take_if(|(last, _)| *last == at);
                self.values.remove(&at)
            }
        };
        self.bytes = self.bytes.saturating_sub(before.as_ref().map_or(0, |(_, len)| *len));
        before
    }

    fn get(&self, at: u64) -> Option<&Arc<dyn Any + Send + Sync>> {
        match &self.last {
            Some((last, value)) if *last == at => Some(value),
            _ => self.values.get(&at).map(|(value, _)| value),
        }
    }

    fn put(&mut self, at: u64, value: Option<Value>) {
        let before = self.set(at, value);
        self.undo.push((at, before));
    }

    /// `len` bytes at `at` are written or freed.
    pub(super) fn forget(&mut self, at: u64, len: u64) {
        while let Some((start, _)) = self.values.range(at..at.saturating_add(len)).next() {
            let start = *start;
            self.put(start, None);
        }
    }

    /// The step under way is over.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    /// The step under way is undone.
    pub(super) fn roll_back(&mut self) {
        while let Some((at, before)) = self.undo.pop() {
            self.set(at, before);
        }
    }
}

impl Space {
    /// What waits to be encoded for the block at `at`, where that is of this type.
    pub(crate) fn late<T: Any + Send + Sync>(&self, at: Address) -> Option<Arc<T>> {
        Arc::downcast(Arc::clone(self.state()?.late.get(at.0)?)).ok()
    }

    /// Lets a value wait that is to be encoded in the block at `at`, and others that it may have; it takes
    /// about `len` bytes.
    pub(crate) fn put_late<T: Any + Send + Sync>(
        &self,
        at: Address,
        value: &Arc<T>,
        len: u64,
    ) -> Result<()> {
        let mut state = self.state_mut()?;
        state.touch();
        let value = Arc::clone(value);
        state.late.put(at.0, Some((value, len)));
        Ok(())
    }

    /// Addresses of the blocks for which something waits, in order.
    pub(crate) fn late_blocks(&self) -> Vec<Address> {
        let keys = |state: &super::edit::State| state.late.values.keys().copied().collect();
        let keys: Vec<u64> = self.state().map_or_else(Vec::new, |state| keys(&state));
        keys.into_iter().map(Address).collect()
    }

    /// Bytes that all that waits takes, about.
    pub(crate) fn late_bytes(&self) -> u64 {
        self.state().map_or(0, |state| state.late.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::testing::scratch;
    use crate::space::{Purpose, Rank};

    #[test]
    fn what_waits_goes_when_its_block_is_written_and_comes_back_with_a_step_undone() {
        let space = scratch();
        let at = space.allocate(Purpose::Metadata, 64).unwrap();
        let other = space.allocate(Purpose::Metadata, 64).unwrap();
        for at in [at, other] {
            space.write(Rank::ObjectHeader, at, vec![0; 64]).unwrap();
        }
        space.keep_step().unwrap();
        let put = |at, number: u32| space.put_late(at, &Arc::new(number), 10).unwrap();
        let waits = |at: Address| space.late::<u32>(at).map(|number| *number);
        put(at, 1);
        put(other, 2);
        assert_eq!((waits(at), waits(other), space.late_bytes()), (Some(1), Some(2), 20));
        assert!(space.late::<u64>(at).is_none(), "of another type");
        assert_eq!(space.late_blocks(), [at, other]);
        space.keep_step().unwrap();
        put(at, 3);
        space.write(Rank::ObjectHeader, other, vec![1; 64]).unwrap();
        put(at, 4);
        assert_eq!((waits(at), waits(other), space.late_bytes()), (Some(4), None, 10));
        space.roll_back();
        assert_eq!((waits(at), waits(other), space.late_bytes()), (Some(1), Some(2), 20));
        space.free(Purpose::Metadata, at, 64).unwrap();
        space.keep_step().unwrap();
        space.roll_back();
        assert_eq!((waits(at), waits(other), space.late_bytes()), (None, Some(2), 10));
    }
}
