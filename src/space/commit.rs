//! Commits: from one whole file to the next, whatever happens in between.
//!
//! 1. New blocks are written where nothing committed refers to them.
//! 2. What is about to be written in place is kept behind the end of the file, as a redo record.
//! 3. The superblock says where the longer file ends; changed blocks are written in place, what is
//!    pointed at before what points there; the superblock says where a shorter file ends.
//! 4. The storage is cut to the file, which drops the record.
//!
//! The superblock's new end comes before the blocks that refer to what lies behind the old one:
//! libhdf5 refuses addresses behind the end the superblock states, but not a file that is longer
//! than what is in use.

use super::Space;
use super::edit::State;
use super::pending::Turn;
use super::record::{Change, RedoFooter, RedoRecord, SIZES};
use crate::codec::{Address, Structure, StructureIn, wide};
use crate::error::Result;
use crate::format::superblock::Superblock;
use crate::io::Storage;

/// What a commit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing had changed.
    Unchanged,
    Written,
}

/// Writes everything down; a failure poisons the file.
pub(super) fn commit(space: &Space, state: &mut State, durable: bool) -> Result<Outcome> {
    state.keep();
    if state.since.is_none() && state.written.is_some() {
        if durable {
            space.storage.sync().map_err(|error| space.poison(state, error))?;
        }
        return Ok(Outcome::Unchanged);
    }
    let plan = Plan::new(space, state)?;
    let done = plan.carry_out(space.storage(), durable);
    let (end, superblock) = (plan.end, plan.superblock);
    done.map_err(|error| space.poison(state, error))?;
    state.allocator.committed(end);
    state.pending.clear();
    state.keep_more();
    state.superblock = superblock.clone();
    state.written = Some(superblock);
    (state.raw, state.since) = (0, None);
    state.commits = state.commits.saturating_add(1);
    space.set_end(space.base.saturating_add(end));
    Ok(Outcome::Written)
}

/// Everything one commit writes.
struct Plan<'s> {
    /// Blocks nothing committed refers to, by storage offset.
    fresh: Vec<(u64, &'s [u8])>,
    /// Blocks written in place, in order; the superblock is among them.
    changes: Vec<Change>,
    /// Bytes of the storage before anything is written.
    len_before: u64,
    /// Storage offset of the record, behind the old file and the new one.
    record_at: u64,
    storage_len: u64,
    superblock: Superblock,
    /// First address behind the new file.
    end: u64,
    /// Whether what is written in place is recorded first. Of a new file nothing is committed that
    /// could be lost.
    recorded: bool,
}

impl<'s> Plan<'s> {
    fn new(space: &Space, state: &'s State) -> Result<Self> {
        let base = space.base;
        let end = state.allocator.end_after_commit();
        let storage_len = base.saturating_add(end);
        let mut fresh = Vec::new();
        let mut changed: Vec<(Turn, u64, &[u8])> = Vec::new();
        for (at, block) in state.pending.iter() {
            let offset = base.saturating_add(at);
            if state.allocator.is_fresh(at, wide(block.bytes.len())) {
                fresh.push((offset, &*block.bytes));
            } else {
                changed.push((block.turn, offset, &block.bytes));
            }
        }
        changed.sort();
        let mut changes = Vec::new();
        for (_, offset, new) in changed {
            let old = old_bytes(space, offset, new.len())?;
            if old != new {
                changes.push(Change { offset, old, new: new.to_vec() });
            }
        }
        let mut superblock = state.superblock.clone();
        superblock.end_of_file = superblock.base.plus(end);
        let bytes = |block: &Superblock| block.to_bytes_in(space.sizes(), &());
        let new = bytes(&superblock)?;
        match &state.written {
            None => changes.push(Change { offset: base, old: vec![0; new.len()], new }),
            Some(written) if *written != superblock => {
                let old = bytes(written)?;
                let change = Change { offset: base, old, new };
                let grows = superblock.end_of_file >= written.end_of_file;
                if change.old.len() != change.new.len() {
                    let problem = "its length cannot change";
                    return Err(space.broken(
                        <Superblock as Structure>::NAME,
                        "Version",
                        Address(0),
                        problem,
                    ));
                }
                changes.insert(if grows { 0 } else { changes.len() }, change);
            }
            Some(_) => {}
        }
        let before = state.written.as_ref().map_or(0, |written| {
            written.end_of_file.0.saturating_sub(written.base.0).saturating_add(base)
        });
        let record_at = storage_len.max(before);
        let recorded = state.written.is_some() && !changes.is_empty();
        let len_before = space.storage().len()?;
        Ok(Self { fresh, changes, len_before, record_at, storage_len, superblock, end, recorded })
    }

    fn carry_out(
        &self,
        storage: &std::sync::Arc<dyn Storage>,
        durable: bool,
    ) -> std::io::Result<()> {
        let barrier = || if durable { storage.sync() } else { Ok(()) };
        let mut len = self.len_before;
        for_each_merged(&self.fresh, &mut |offset, bytes| {
            len = len.max(offset.saturating_add(wide(bytes.len())));
            storage.write_at(offset, bytes)
        })?;
        if self.recorded && len > self.record_at {
            // The record ends where the storage does.
            storage.set_len(self.record_at)?;
        }
        if !self.recorded && len < self.storage_len {
            storage.set_len(self.storage_len)?;
            len = self.storage_len;
        }
        if self.recorded {
            let (record, footer) = self.record().map_err(std::io::Error::other)?;
            let footer_at = self.record_at.saturating_add(wide(record.len()));
            barrier()?;
            storage.write_at(self.record_at, &record)?;
            storage.write_at(footer_at, &footer)?;
            len = footer_at.saturating_add(wide(footer.len()));
        }
        barrier()?;
        for change in &self.changes {
            storage.write_at(change.offset, &change.new)?;
            len = len.max(change.offset.saturating_add(wide(change.new.len())));
        }
        barrier()?;
        if len != self.storage_len {
            storage.set_len(self.storage_len)?;
            barrier()?;
        }
        Ok(())
    }

    fn record(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let record = RedoRecord { storage_len: self.storage_len, changes: self.changes.clone() };
        let record = record.to_bytes_in(SIZES, &())?;
        let footer = RedoFooter::of(self.record_at, &record).to_bytes_in(SIZES, &())?;
        Ok((record, footer))
    }
}

/// What the storage holds, zeros behind its end.
fn old_bytes(space: &Space, offset: u64, len: usize) -> Result<Vec<u8>> {
    let mut old = vec![0; len];
    space.read_storage(offset, &mut old)?;
    Ok(old)
}

/// Most bytes of blocks that are written together.
const TOGETHER: usize = 1 << 20;

/// Calls `write` for blocks that touch as for one, as long as that is not too long.
pub(super) fn for_each_merged(
    blocks: &[(u64, &[u8])],
    write: &mut dyn FnMut(u64, &[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut left = blocks;
    let mut joined = Vec::new();
    while let Some((&(start, first), rest)) = left.split_first() {
        let (mut end, mut len) = (start.saturating_add(wide(first.len())), first.len());
        let touching = rest.iter().take_while(|(offset, bytes)| {
            let near = *offset == end && len < TOGETHER;
            end = end.saturating_add(wide(bytes.len()));
            len = len.saturating_add(bytes.len());
            near
        });
        let count = touching.count().saturating_add(1);
        let Some((run, rest)) = left.split_at_checked(count) else { break };
        left = rest;
        if let [_] = run {
            write(start, first)?;
            continue;
        }
        joined.clear();
        run.iter().for_each(|(_, bytes)| joined.extend_from_slice(bytes));
        write(start, &joined)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::sync::Arc;

    use super::*;
    use crate::io::SharedMemory;
    use crate::space::testing::{SUPERBLOCK_LEN, scratch_on};
    use crate::space::{Purpose, Rank};

    /// A storage that keeps what is written to it in the order it is written.
    #[derive(Debug, Default)]
    struct Recorder {
        bytes: SharedMemory,
        log: std::sync::Mutex<Vec<Step>>,
    }

    #[derive(Debug, Clone)]
    enum Step {
        Write(u64, Vec<u8>),
        Len(u64),
        Barrier,
    }

    impl Storage for Recorder {
        fn len(&self) -> std::io::Result<u64> {
            self.bytes.len()
        }
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<()> {
            self.bytes.read_at(offset, buf)
        }
        fn is_writable(&self) -> bool {
            true
        }
        fn write_at(&self, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
            self.log.lock().unwrap().push(Step::Write(offset, bytes.to_vec()));
            self.bytes.write_at(offset, bytes)
        }
        fn set_len(&self, len: u64) -> std::io::Result<()> {
            self.log.lock().unwrap().push(Step::Len(len));
            self.bytes.set_len(len)
        }
        fn sync(&self) -> std::io::Result<()> {
            self.log.lock().unwrap().push(Step::Barrier);
            Ok(())
        }
    }

    fn apply(steps: &[Step]) -> Vec<u8> {
        let memory = SharedMemory::default();
        for step in steps {
            match step {
                Step::Write(at, bytes) => memory.write_at(*at, bytes).unwrap(),
                Step::Len(len) => memory.set_len(*len).unwrap(),
                Step::Barrier => {}
            }
        }
        memory.to_vec()
    }

    /// The blocks a file holds after recovery.
    fn recovered(bytes: Vec<u8>, blocks: &[(Address, u64)]) -> Option<Vec<Vec<u8>>> {
        let storage = Arc::new(SharedMemory::new(bytes));
        let mut space = Space::new(storage, crate::limits::Limits::DEFAULT, SIZES).unwrap();
        space.recover().unwrap();
        let block: Superblock = space.load(Address(0), SUPERBLOCK_LEN).ok()?;
        (block.end_of_file <= space.end()).then_some(())?;
        let read = |(at, len): &(Address, u64)| {
            space.read("Block", *at, *len).map(Cow::into_owned).unwrap_or_default()
        };
        Some(blocks.iter().map(read).collect())
    }

    #[test]
    fn every_prefix_of_a_commit_is_one_of_two_files() {
        let storage = Arc::new(Recorder::default());
        let space = scratch_on(Arc::clone(&storage) as Arc<dyn Storage>, SIZES);
        let blocks: Vec<(Address, u64)> =
            (0..6).map(|n| (space.allocate(Purpose::Metadata, 16 + n).unwrap(), 16 + n)).collect();
        let write = |byte: u8| {
            for (n, (at, len)) in blocks.iter().enumerate() {
                let byte = byte + u8::try_from(n).unwrap();
                let bytes = vec![byte; usize::try_from(*len).unwrap()];
                space.write(Rank::IndexNode, *at, bytes).unwrap();
            }
        };
        write(10);
        space.commit(true).unwrap();
        let start = storage.log.lock().unwrap().len();
        let first = recovered(storage.bytes.to_vec(), &blocks).unwrap();
        write(100);
        let more = space.allocate(Purpose::Metadata, 100).unwrap();
        space.write(Rank::Heap, more, vec![7; 100]).unwrap();
        space.commit(true).unwrap();
        let second = recovered(storage.bytes.to_vec(), &blocks).unwrap();
        assert_ne!(first, second);
        let log = storage.log.lock().unwrap().clone();
        let mut seen = [0, 0];
        for len in start..=log.len() {
            let found = recovered(apply(&log[..len]), &blocks).unwrap();
            let which = [&first, &second].iter().position(|state| **state == found);
            seen[which.unwrap_or_else(|| panic!("after {len} steps: {found:?}"))] += 1;
            // The step after that torn at every byte.
            if let Some(Step::Write(at, bytes)) = log.get(len) {
                for cut in 0..bytes.len() {
                    let mut torn = log[..len].to_vec();
                    torn.push(Step::Write(*at, bytes[..cut].to_vec()));
                    let found = recovered(apply(&torn), &blocks).unwrap();
                    assert!(found == first || found == second, "after {len} steps and {cut} bytes");
                }
            }
        }
        assert!(seen[0] > 1 && seen[1] > 1, "{seen:?}");
    }

    #[test]
    fn a_record_of_another_state_is_stale() {
        let storage = Arc::new(Recorder::default());
        let space = scratch_on(Arc::clone(&storage) as Arc<dyn Storage>, SIZES);
        let at = space.allocate(Purpose::Metadata, 8).unwrap();
        space.write(Rank::Heap, at, vec![1; 8]).unwrap();
        let other = space.allocate(Purpose::Metadata, 8).unwrap();
        space.write(Rank::Heap, other, vec![2; 8]).unwrap();
        space.commit(false).unwrap();
        space.write(Rank::Heap, at, vec![3; 8]).unwrap();
        space.write(Rank::Heap, other, vec![4; 8]).unwrap();
        space.commit(false).unwrap();
        let log = storage.log.lock().unwrap().clone();
        // Everything but the cut: the record is still there.
        let mut whole = apply(&log[..log.len() - 1]);
        let blocks = [(at, 8), (other, 8)];
        let expected = vec![vec![3; 8], vec![4; 8]];
        assert_eq!(recovered(whole.clone(), &blocks).unwrap(), expected);
        whole[usize::try_from(at.0).unwrap()] = 99;
        assert_ne!(recovered(whole, &blocks).unwrap(), expected);
    }

    #[test]
    fn a_step_that_fails_leaves_no_trace() {
        let space = crate::space::testing::scratch();
        let at = space.allocate(Purpose::Metadata, 8).unwrap();
        space.write(Rank::Heap, at, vec![1; 8]).unwrap();
        space.keep_step().unwrap();
        let end = space.end();
        space.write(Rank::Heap, at, vec![2; 4]).unwrap();
        let more = space.allocate(Purpose::Metadata, 100).unwrap();
        space.write(Rank::Heap, more, vec![2; 100]).unwrap();
        space.free(Purpose::Metadata, at, 8).unwrap();
        space.roll_back();
        assert_eq!(*space.read("Block", at, 8).unwrap(), [1; 8]);
        assert_eq!(space.end(), end);
    }
}
