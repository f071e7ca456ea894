//! Structures decoded from blocks of a file open for writing, kept until their block changes.
//!
//! Whatever changes bytes of the file goes through [`Space`], which lets go here of all that was
//! decoded of them: what is kept is what a block says now.

use std::any::Any;
use std::sync::Arc;

use super::Space;
use super::ascending::Ascending;
use crate::codec::Address;

/// Most bytes of blocks of which something is kept, and of what they take beside.
const MOST: u64 = 8 << 20;
/// Bytes that what is decoded of a block takes beside those of the block, about: a header of a few
/// hundred bytes takes so much, and there may be very many of them.
const EACH: u64 = 1 << 10;
/// Largest block of which something is kept.
const LARGEST: u64 = 128 << 10;

/// What is kept, by the address of its block. No two blocks overlap.
#[derive(Debug, Default)]
pub(super) struct Kept {
    blocks: Ascending<Block>,
    /// The value that was put in last, while it is there: it is asked for most.
    last: Option<(u64, Arc<dyn Any + Send + Sync>)>,
    /// Bytes of all blocks, each with what it takes beside.
    bytes: u64,
    /// No block has bytes from here on.
    end: u64,
    /// How often bytes of the file changed.
    changes: u64,
}

#[derive(Debug)]
struct Block {
    len: u64,
    held: Held,
}

#[derive(Debug)]
enum Held {
    Value(Arc<dyn Any + Send + Sync>),
    /// What is kept of the block at this address, was decoded of this one, too.
    PartOf(u64),
}

impl Kept {
    fn get<T: Any + Send + Sync>(&self, at: u64) -> Option<Arc<T>> {
        if let Some((last, value)) = &self.last
            && *last == at
        {
            return Arc::downcast(Arc::clone(value)).ok();
        }
        match &self.blocks.get(at)?.held {
            Held::Value(value) => Arc::downcast(Arc::clone(value)).ok(),
            Held::PartOf(_) => None,
        }
    }

    /// Keeps a value that was decoded of blocks, and is asked for by the address of the first.
    fn put(&mut self, blocks: &[(Address, u64)], value: Arc<dyn Any + Send + Sync>) {
        let Some((Address(first), _)) = blocks.first().copied() else { return };
        let mut taken = 0_u64;
        for (at, len) in blocks {
            self.remove(at.0, *len);
            taken = taken.saturating_add(len.saturating_add(EACH));
        }
        if self.bytes.saturating_add(taken) > MOST {
            self.blocks.clear();
            (self.bytes, self.end) = (0, 0);
        }
        self.last = Some((first, Arc::clone(&value)));
        self.bytes = self.bytes.saturating_add(taken);
        let mut value = Some(value);
        for (at, len) in blocks {
            self.end = self.end.max(at.0.saturating_add(*len));
            let held = value.take().map_or(Held::PartOf(first), Held::Value);
            self.blocks.insert(at.0, Block { len: *len, held });
        }
    }

    /// `len` bytes at `at` change.
    pub(super) fn forget(&mut self, at: u64, len: u64) {
        self.changes = self.changes.saturating_add(1);
        self.remove(at, len);
    }

    /// Lets go of the blocks that have bytes of `len` at `at`.
    fn remove(&mut self, at: u64, len: u64) {
        if at >= self.end {
            return;
        }
        // Mostly a block changes whole, and no two overlap.
        if self.blocks.get(at).is_some_and(|block| block.len >= len) {
            return self.take_with_first(at);
        }
        // Of those that begin before all these bytes, the last one reaches farthest.
        while let Some((start, block)) = self.blocks.before(at.saturating_add(len)) {
            if start.saturating_add(block.len) <= at {
                break;
            }
            self.take_with_first(start);
        }
    }

    /// Lets go of the block at `at`, and of that whose value was decoded of it.
    fn take_with_first(&mut self, at: u64) {
        if let Some(Held::PartOf(first)) = self.take(at) {
            self.take(first);
        }
    }

    fn take(&mut self, at: u64) -> Option<Held> {
        let gone = self.blocks.remove(at)?;
        self.last.take_if(|(last, _)| *last == at);
        self.bytes = self.bytes.saturating_sub(gone.len.saturating_add(EACH));
        Some(gone.held)
    }
}

/// A moment between two changes of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(u64);

impl Space {
    /// This moment, where the file is open for writing.
    pub(crate) fn moment(&self) -> Option<Moment> {
        self.state().map(|state| Moment(state.kept.changes))
    }

    /// What was kept of the block at `at`, where that is of this type.
    pub(crate) fn kept<T: Any + Send + Sync>(&self, at: Address) -> Option<Arc<T>> {
        self.state()?.kept.get(at.0)
    }

    /// As [`kept`](Self::kept), for who changes the block: it is kept no more.
    pub(crate) fn take_kept<T: Any + Send + Sync>(&self, at: Address) -> Option<Arc<T>> {
        let kept = self.kept(at)?;
        self.state_mut().ok()?.kept.remove(at.0, 1);
        Some(kept)
    }

    /// Keeps what was decoded of the block at `at` no more, for who changes it: so it need not be copied.
    pub(crate) fn let_go_of_kept(&self, at: Address) {
        if let Ok(mut state) = self.state_mut() {
            state.kept.remove(at.0, 1);
        }
    }

    /// Keeps what the `len` bytes at `at`, and nothing else in the file, said at a moment; not if
    /// anything changed since.
    pub(crate) fn keep<T: Any + Send + Sync>(
        &self,
        block: (Address, u64),
        value: &Arc<T>,
        read: Option<Moment>,
    ) {
        self.keep_of(&[block], value, read);
    }

    /// As [`keep`](Self::keep), of what several blocks said, which do not overlap; it is the value of
    /// the first.
    pub(crate) fn keep_of<T: Any + Send + Sync>(
        &self,
        blocks: &[(Address, u64)],
        value: &Arc<T>,
        read: Option<Moment>,
    ) {
        let len = blocks.iter().fold(0_u64, |sum, (_, len)| sum.saturating_add(*len));
        let Some(Moment(read)) = read.filter(|_| len <= LARGEST) else { return };
        if let Ok(mut state) = self.state_mut()
            && state.kept.changes == read
        {
            let value = Arc::clone(value);
            state.kept.put(blocks, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::testing::scratch;
    use crate::space::{Purpose, Rank};

    #[test]
    fn what_is_kept_goes_when_a_byte_of_it_changes() {
        let space = scratch();
        let at = space.allocate(Purpose::Metadata, 64).unwrap();
        space.write(Rank::Heap, at, vec![0; 64]).unwrap();
        space.keep_step().unwrap();
        let keep = |at: Address, len: u64| {
            space.keep((at, len), &Arc::new(len), space.moment());
        };
        let is_there = |at: Address| space.kept::<u64>(at).is_some();
        let places = [at, at.plus(16), at.plus(40)];
        let there = || places.map(is_there);
        let all = || places.iter().zip([16, 24, 24]).for_each(|(at, len)| keep(*at, len));
        all();
        assert_eq!(there(), [true; 3]);
        assert!(space.kept::<u32>(at).is_none(), "of another type");
        space.write(Rank::Heap, at.plus(63), vec![1]).unwrap();
        assert_eq!(there(), [true, true, false]);
        space.roll_back();
        all();
        space.write(Rank::Heap, at.plus(15), vec![1, 2]).unwrap();
        assert_eq!(there(), [false, false, true]);
        all();
        space.roll_back();
        assert_eq!(there(), [false, false, true]);
        all();
        space.write_raw(at.plus(20), &[1]).unwrap();
        assert_eq!(there(), [true, false, true]);
        space.free(Purpose::Metadata, at, 16).unwrap();
        assert_eq!(there(), [false, false, true]);
        let before = space.moment();
        space.write(Rank::Heap, at.plus(16), vec![1]).unwrap();
        space.keep((places[1], 24), &Arc::new(1_u64), before);
        assert!(!is_there(places[1]), "it was read before the change");
        space.commit(false).unwrap();
        assert!(is_there(places[2]));
    }

    #[test]
    fn what_is_kept_of_several_blocks_goes_with_each() {
        let blocks = [(Address(100), 20), (Address(50), 10), (Address(200), 5)];
        for changed in [100, 119, 50, 59, 200, 204] {
            let mut kept = Kept::default();
            kept.put(&[(Address(60), 40)], Arc::new(1_u8));
            for again in 0..2_u32 {
                kept.put(&blocks, Arc::new(again));
                assert_eq!(*kept.get::<u32>(100).unwrap(), again);
            }
            assert!(kept.get::<u32>(50).is_none());
            kept.forget(changed, 1);
            assert!(kept.get::<u32>(100).is_none(), "{changed} changed");
            assert!(kept.get::<u8>(60).is_some());
            // Though something is still known of the other blocks.
            kept.put(&blocks, Arc::new(7_u32));
            assert_eq!(*kept.get::<u32>(100).unwrap(), 7);
            assert_eq!(kept.bytes, 4 * EACH + 40 + 35);
            kept.forget(0, u64::MAX);
            assert_eq!((kept.bytes, kept.blocks.len()), (0, 0));
        }
    }

    #[test]
    fn not_more_is_kept_than_fits() {
        let mut kept = Kept::default();
        for at in 0..4096_u64 {
            kept.put(&[(Address(at * 1024), 1024)], Arc::new(at));
        }
        assert!(kept.bytes <= MOST && kept.get::<u64>(4095 * 1024).is_some());
        assert_eq!(kept.bytes, crate::codec::wide(kept.blocks.len()) * (1024 + EACH));
        kept.forget(0, u64::MAX);
        assert_eq!((kept.bytes, kept.blocks.len()), (0, 0));
    }
}
