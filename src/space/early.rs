//! New blocks, written before the commit.
//!
//! Nothing but what waits refers to space that the step under way allocated. So its blocks may be on
//! the storage at any time, and nothing of them is to come back if the step fails: no more of a long
//! step is in memory than of many short ones.
//!
//! Nothing committed refers to space that was allocated since the last commit, either. What steps
//! that are over left there is written when there is much of it; a later step that changes it lets it
//! wait again, and one that fails leaves it as it is on the storage.

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

    /// As [`wait_for_more`](Self::wait_for_more), of all steps since the last commit.
    pub(super) fn keep_more(&mut self) {
        self.most_kept = self.pending.bytes().saturating_add(WAITING);
        self.wait_for_more();
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
        self.write_those(state, |state, at, len| state.born.contains(at, len))?;
        state.wait_for_more();
        Ok(())
    }

    /// Writes the pending blocks that are new since the last commit, where there are many. No step is
    /// under way.
    pub(super) fn write_new(&self, state: &mut State) -> Result<()> {
        if state.pending.bytes() < state.most_kept {
            return Ok(());
        }
        self.write_those(state, |state, at, len| state.allocator.is_fresh(at, len))?;
        state.keep_more();
        Ok(())
    }

    fn write_those(&self, state: &mut State, which: fn(&State, u64, u64) -> bool) -> Result<()> {
        let lies = |(at, block): (u64, &Block)| (at, wide(block.bytes.len()));
        let is_one = |(at, len): &(u64, u64)| which(state, *at, *len);
        let made: Vec<(u64, u64)> = state.pending.iter().map(lies).filter(is_one).collect();
        let bytes = |(at, len): &(u64, u64)| {
            let bytes = state.pending.get(*at, usize::try_from(*len).unwrap_or(usize::MAX));
            (self.offset(Address(*at)), bytes.unwrap_or_default())
        };
        let blocks: Vec<(u64, &[u8])> = made.iter().map(bytes).collect();
        let mut write = |offset, bytes: &[u8]| self.storage.write_at(offset, bytes);
        let written = super::commit::for_each_merged(&blocks, &mut write);
        written.map_err(|error| self.poison(state, error))?;
        state.raw = made.iter().fold(state.raw, |sum, (_, len)| sum.saturating_add(*len));
        state.pending.let_go(made.into_iter().map(|(at, _)| at));
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
    fn many_short_steps_leave_little_in_memory() {
        let space = scratch();
        let old = space.allocate(Purpose::Metadata, LEN).unwrap();
        space.write(Rank::HeapData, old, vec![1; 8]).unwrap();
        space.commit(false).unwrap();
        // In place: nobody may see that before the commit.
        space.write(Rank::HeapData, old, vec![2; 8]).unwrap();
        let mut made = Vec::new();
        for number in 0..MANY {
            let at = space.allocate(Purpose::Metadata, LEN).unwrap();
            space.write(Rank::HeapData, at, vec![byte(number); 1 << 16]).unwrap();
            space.keep_step().unwrap();
            assert!(waiting(&space) <= WAITING + LEN + 8, "{}", waiting(&space));
            made.push(at);
        }
        let on_storage = |at: Address| {
            let mut found = [0; 8];
            space.storage().read_at(space.offset(at), &mut found).unwrap();
            found
        };
        assert_eq!((on_storage(old), on_storage(made[0])), ([1; 8], [byte(0); 8]));
        let first = || space.read("Block", made[0], 16).unwrap().into_owned();
        // Of a block that is there already, a step that fails changes nothing.
        space.write(Rank::HeapData, made[0], vec![7; 8]).unwrap();
        assert_eq!(first(), [[7; 8], [byte(0); 8]].concat());
        space.roll_back();
        assert_eq!(first(), [byte(0); 16]);
        space.write(Rank::HeapData, made[0], vec![9; 8]).unwrap();
        space.keep_step().unwrap();
        space.commit(false).unwrap();
        assert_eq!(waiting(&space), 0);
        assert_eq!(first(), [[9; 8], [byte(0); 8]].concat());
        assert_eq!((on_storage(old), on_storage(made[0])), ([2; 8], [9; 8]));
        for (number, at) in made.iter().enumerate().skip(1) {
            assert_eq!(*space.read("Block", *at, LEN).unwrap(), [byte(number as u64); 1 << 16]);
        }
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
