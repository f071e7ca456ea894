//! Metadata blocks that wait for the next commit.

use super::ascending::Ascending;
use crate::codec::wide;

/// What a block is, in the order in which a commit writes the changed ones: what is pointed at
/// before what points there, so that a reader that comes in between finds a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// What lies in heaps: global heap collections, data of local heaps, blocks of fractal heaps.
    HeapData,
    /// Headers of heaps and of free-space managers.
    Heap,
    /// Strings in local heaps, where free blocks have been.
    HeapText,
    /// Elements that name objects of heaps.
    Elements,
    /// Nodes and blocks of indexes.
    IndexNode,
    /// Headers of indexes.
    Index,
    /// Object headers, continuation blocks first.
    HeaderContinuation,
    ObjectHeader,
    /// Symbol table nodes of groups.
    GroupNode,
    /// B-trees of groups.
    GroupTree,
    /// What only says where neighbours are: no reader needs it.
    Hint,
}

/// What a change is for, in the order in which a commit writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It makes the file ready for the others: what they would make a lie is taken back first.
    Ready,
    Change,
    /// It takes something away: nobody is to find that gone who does not find yet what stands for
    /// it.
    TakeAway,
}

/// When a commit writes a block that is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub(crate) phase: Phase,
    pub(crate) rank: Rank,
}

/// A block, or what others left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) turn: Turn,
    pub(crate) bytes: Box<[u8]>,
}

/// Blocks by their address; no two overlap.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    blocks: Ascending<Block>,
    bytes: u64,
    /// No block has bytes from here on.
    end: u64,
}

impl Pending {
    /// Number of bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Block)> {
        self.blocks.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        (self.bytes, self.end) = (0, 0);
    }

    fn insert(&mut self, at: u64, block: Block) {
        if !block.bytes.is_empty() {
            let len = wide(block.bytes.len());
            self.bytes = self.bytes.saturating_add(len);
            self.end = self.end.max(at.saturating_add(len));
            self.blocks.insert(at, block);
        }
    }

    fn take(&mut self, at: u64) -> Option<Block> {
        let block = self.blocks.remove(at)?;
        self.bytes = self.bytes.saturating_sub(wide(block.bytes.len()));
        Some(block)
    }

    /// Starts of the blocks that have bytes in `start..end`.
    fn overlapping(&self, start: u64, end: u64) -> Vec<u64> {
        if start >= self.end {
            return Vec::new();
        }
        let before = self.blocks.before(start).filter(|(at, block)| {
            at.saturating_add(wide(block.bytes.len())) > start && start < end
        });
        let inside = self.blocks.from(start).take_while(|(at, _)| *at < end);
        before.into_iter().chain(inside).map(|(at, _)| at).collect()
    }

    /// Removes what is known of `len` bytes at `at`; gives the blocks that had some of them, whole.
    pub(crate) fn remove(&mut self, at: u64, len: u64) -> Vec<(u64, Block)> {
        let end = at.saturating_add(len);
        let mut removed = Vec::new();
        for start in self.overlapping(at, end) {
            let Some(block) = self.take(start) else { continue };
            let part = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
            let head = block.bytes.get(..part(at.saturating_sub(start))).unwrap_or_default();
            let tail = block.bytes.get(part(end.saturating_sub(start))..).unwrap_or_default();
            let (head, tail) = (head.into(), tail.into());
            self.insert(start, Block { turn: block.turn, bytes: head });
            self.insert(end, Block { turn: block.turn, bytes: tail });
            removed.push((start, block));
        }
        removed
    }

    /// Lets `block` stand for the bytes at `at`; gives the blocks that had some of them, whole. It is
    /// written as late as what they changed has to be; where it comes `first`, no later than other
    /// changes, even where they took something away.
    pub(crate) fn replace(&mut self, at: u64, mut block: Block, first: bool) -> Vec<(u64, Block)> {
        if at >= self.end {
            // As most new blocks are.
            self.insert(at, block);
            return Vec::new();
        }
        if let Some(there) = self.blocks.get_mut(at)
            && there.bytes.len() == block.bytes.len()
        {
            // The same block, and no two overlap.
            if !first || there.turn.phase != Phase::TakeAway {
                block.turn.phase = block.turn.phase.max(there.turn.phase);
            }
            return vec![(at, std::mem::replace(there, block))];
        }
        let removed = self.remove(at, wide(block.bytes.len()));
        let phases = removed.iter().map(|(_, block)| block.turn.phase);
        let last = phases.filter(|phase| !first || *phase != Phase::TakeAway).max();
        block.turn.phase = last.map_or(block.turn.phase, |last| last.max(block.turn.phase));
        self.insert(at, block);
        removed
    }

    /// Lets go of the blocks that start at these addresses, in ascending order: of many at once.
    pub(crate) fn let_go(&mut self, starts: impl Iterator<Item = u64>) {
        let mut starts = starts.peekable();
        let mut bytes = 0_u64;
        self.blocks.retain(|at, block| {
            let is_kept = starts.next_if_eq(&at).is_none();
            bytes = bytes.saturating_add(if is_kept { wide(block.bytes.len()) } else { 0 });
            is_kept
        });
        self.bytes = bytes;
    }

    /// When the block is written that starts at `at`.
    pub(crate) fn turn(&self, at: u64) -> Option<Turn> {
        self.blocks.get(at).map(|block| block.turn)
    }

    /// Undoes a [`replace`](Self::replace) or [`remove`](Self::remove) of `len` bytes at `at`.
    pub(crate) fn restore(&mut self, at: u64, len: u64, removed: Vec<(u64, Block)>) {
        self.remove(at, len);
        for (start, block) in removed {
            self.remove(start, wide(block.bytes.len()));
            self.insert(start, block);
        }
    }

    /// The `len` bytes at `at`, where one block holds all of them.
    pub(crate) fn get(&self, at: u64, len: usize) -> Option<&[u8]> {
        if at >= self.end {
            return None;
        }
        let (start, block) = self.blocks.up_to(at)?;
        let skip = usize::try_from(at.checked_sub(start)?).ok()?;
        block.bytes.get(skip..)?.get(..len)
    }

    /// Whether any byte of `len` at `at` is known.
    pub(crate) fn touches(&self, at: u64, len: u64) -> bool {
        !self.overlapping(at, at.saturating_add(len)).is_empty()
    }

    /// Puts what is known over `bytes`, which lie at `at`.
    pub(crate) fn lay_over(&self, at: u64, bytes: &mut [u8]) {
        for start in self.overlapping(at, at.saturating_add(wide(bytes.len()))) {
            let Some(block) = self.blocks.get(start) else { continue };
            let skip = usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX);
            let place = usize::try_from(start.saturating_sub(at)).unwrap_or(usize::MAX);
            let Some(part) = block.bytes.get(skip..) else { continue };
            let room = bytes.get_mut(place..).unwrap_or_default();
            room.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_are_those_written_last(
            steps in prop::collection::vec((any::<bool>(), 0u64..50, 0usize..12, any::<u8>()), 0..30),
        ) {
            let mut pending = Pending::default();
            let mut model = [None::<u8>; 64];
            for (write, at, len, byte) in steps {
                let before = model;
                let removed = if write {
                    let phase = if byte % 2 == 0 { Phase::TakeAway } else { Phase::Change };
                    let turn = Turn { phase, rank: Rank::Heap };
                    let block = Block { turn, bytes: vec![byte; len].into() };
                    pending.replace(at, block, byte % 3 == 0)
                } else {
                    pending.remove(at, len as u64)
                };
                for place in &mut model[at as usize..][..len] {
                    *place = write.then_some(byte);
                }
                let check = |pending: &Pending, model: &[Option<u8>; 64]| {
                    let mut found = [0; 64];
                    pending.lay_over(0, &mut found);
                    let expected = model.map(|byte| byte.unwrap_or(0));
                    assert_eq!(found, expected);
                    assert_eq!(pending.bytes(), model.iter().flatten().count() as u64);
                };
                check(&pending, &model);
                if byte % 3 == 0 {
                    pending.restore(at, len as u64, removed);
                    model = before;
                    check(&pending, &model);
                }
            }
        }
    }

    #[test]
    fn what_takes_away_comes_last_unless_it_adds_too() {
        let mut pending = Pending::default();
        let steps = [
            (Phase::Ready, false, Phase::Ready),
            (Phase::Change, true, Phase::Change),
            (Phase::TakeAway, false, Phase::TakeAway),
            (Phase::Change, false, Phase::TakeAway),
            (Phase::Change, true, Phase::Change),
            (Phase::Ready, true, Phase::Change),
        ];
        for (phase, first, expected) in steps {
            let turn = |phase| Turn { phase, rank: Rank::Heap };
            let block = Block { turn: turn(phase), bytes: [1, 2].into() };
            pending.replace(8, block, first);
            assert_eq!(pending.turn(8), Some(turn(expected)), "{phase:?}");
        }
        assert_eq!(pending.turn(9), None);
    }
}
