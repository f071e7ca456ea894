//! Blocks of a long step, written before the commit.
//!
//! Nothing but what waits refers to space that the step under way allocated. So its blocks may be on
//! the storage at any time, and nothing of them is to come back if the step fails: no more of a long
//! step is in memory than of many short ones.

use super::Space;
use super::edit::State;
use super::pending::Block;
use crate::codec::{Address, wide};
use crate::error::Result;

/// Bytes of blocks that come to wait in a step before those that it made are written.
pub(super) const WAITING: u64 = 8 << 20;

impl State {
    /// Keeps what pending blocks with bytes of `len` at `at` were, to come back if the step fails.
    pub(super) fn can_undo(&mut self, at: u64, len: u64, removed: Vec<(u64, Block)>) {
        if !self.born.contains(at, len) {
            self.undo.push((at, len, removed));
        }
    }

    /// Lets so much more wait before anything is written early.
    pub(super) fn wait_for_more(&mut self) {
        self.most_waiting = self.pending.bytes().saturating_add(WAITING);
    }

    /// The step failed: nothing is where it allocated space.
    pub(super) fn forget_born(&mut self) {
        for (at, len) in std::mem::take(&mut self.born).iter() {
            self.kept.forget(at, len);
            drop(self.pending.remove(at, len));
        }
        self.wait_for_more();
    }
}

impl Space {
    /// Writes the pending blocks that the step under way made, where there are many.
    pub(super) fn write_early(&self, state: &mut State) -> Result<()> {
        if state.pending.bytes() < state.most_waiting {
            return Ok(());
        }
        let lies = |(at, block): (u64, &Block)| (at, wide(block.bytes.len()));
        let is_made = |(at, len): &(u64, u64)| state.born.contains(*at, *len);
        let made: Vec<(u64, u64)> = state.pending.iter().map(lies).filter(is_made).collect();
        let bytes = |(at, len): &(u64, u64)| {
            let bytes = state.pending.get(*at, usize::try_from(*len).unwrap_or(usize::MAX));
            (self.offset(Address(*at)), bytes.unwrap_or_default())
        };
        let blocks: Vec<(u64, &[u8])> = made.iter().map(bytes).collect();
        let mut write = |offset, bytes: &[u8]| self.storage.write_at(offset, bytes);
        let written = super::commit::for_each_merged(&blocks, &mut write);
        written.map_err(|error| self.poison(state, error))?;
        for (at, len) in made {
            state.raw = state.raw.saturating_add(len);
            drop(state.pending.remove(at, len));
        }
        state.wait_for_more();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::testing::scratch;
    use crate::space::{Purpose, Rank};

    const LEN: u64 = 1 << 16;
    /// Blocks that are more than what waits.
    const MANY: u64 = 3 * WAITING / LEN;

    fn byte(number: u64) -> u8 {
        (number % 251) as u8
    }

    fn make_many(space: &Space) -> Vec<Address> {
        let make = |number| {
            let at = space.allocate(Purpose::Metadata, LEN).unwrap();
            let bytes = vec![byte(number); usize::try_from(LEN).unwrap()];
            space.write(Rank::HeapData, at, bytes).unwrap();
            at
        };
        (0..MANY).map(make).collect()
    }

    fn waiting(space: &Space) -> u64 {
        space.state().unwrap().pending.bytes()
    }

    #[test]
    fn a_long_step_is_whole_with_little_in_memory() {
        let space = scratch();
        let made = make_many(&space);
        assert!(waiting(&space) < 2 * WAITING, "{}", waiting(&space));
        assert!(space.state().unwrap().undo.is_empty());
        // A block that is on the storage already is changed in part.
        space.write(Rank::HeapData, made[0].plus(8), vec![255; 8]).unwrap();
        let check = || {
            for (number, at) in made.iter().enumerate() {
                let found = space.read("Block", *at, LEN).unwrap();
                let mut expected = vec![byte(number as u64); found.len()];
                if number == 0 {
                    expected[8..16].fill(255);
                }
                assert!(*found == *expected, "block {number}");
            }
        };
        check();
        space.commit(false).unwrap();
        assert_eq!(waiting(&space), 0);
        check();
    }

    #[test]
    fn nothing_is_left_of_a_long_step_that_fails() {
        let space = scratch();
        let old = space.allocate(Purpose::Metadata, LEN).unwrap();
        space.write(Rank::HeapData, old, vec![1; 8]).unwrap();
        space.keep_step().unwrap();
        let end = space.end();
        let made = make_many(&space);
        space.write(Rank::HeapData, old, vec![2; 8]).unwrap();
        space.roll_back();
        assert_eq!((space.end(), waiting(&space)), (end, 8));
        assert_eq!(*space.read("Block", old, 8).unwrap(), [1; 8]);
        // The same space again.
        assert_eq!(space.allocate(Purpose::Metadata, LEN).unwrap(), made[0]);
        space.commit(false).unwrap();
        assert_eq!(*space.read("Block", old, 8).unwrap(), [1; 8]);
    }

    #[test]
    fn what_earlier_steps_left_waiting_goes_on_waiting() {
        let space = scratch();
        make_many(&space);
        space.keep_step().unwrap();
        let before = waiting(&space);
        let at = space.allocate(Purpose::Metadata, LEN).unwrap();
        space.write(Rank::HeapData, at, vec![3; 8]).unwrap();
        assert_eq!(waiting(&space), before + 8);
    }
}
