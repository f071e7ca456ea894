//! Changes of a file open for writing.

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::allocator::{Allocator, FreeRun, Placement, Purpose};
use super::garbage::Garbage;
use super::intervals::Intervals;
use super::kept::Kept;
use super::late::Late;
use super::pending::{Block, Pending, Phase, Rank, Turn};
use super::{Outcome, Space, lay_over};
use crate::codec::{Address, StructureIn, wide};
use crate::error::{Error, ErrorKind, Result};
use crate::format::superblock::Superblock;
use crate::io::clock::RoughMoment;

/// Bytes of raw data that are not worth a write of their own.
const LITTLE: usize = 4096;
/// Bytes of raw data that are written at once where there is much: up to an offset that is a multiple
/// of this, since the system takes larger pages for it then, and writes of parts of pages take it a
/// fifth longer.
pub(crate) const PIECE: u64 = 512 << 10;
/// Most bytes that memory is asked for before a block is encoded.
const ROOM: u64 = 64 << 10;

/// What is to be written, and where new blocks go.
#[derive(Debug)]
pub(super) struct Writer(RwLock<State>);

/// Address and length of what was written or freed, and the pending blocks that had some of it.
type Replaced = (u64, u64, Vec<(u64, Block)>);

#[derive(Debug)]
pub(super) struct State {
    pub(super) pending: Pending,
    pub(super) allocator: Allocator,
    pub(super) superblock: Superblock,
    /// The superblock as the storage has it; nothing yet of a new file.
    pub(super) written: Option<Superblock>,
    /// What the pending blocks of the step under way replaced, but for those in space that was
    /// allocated in it: nothing is to come back there.
    pub(super) undo: Vec<Replaced>,
    /// Space that was allocated in the step under way.
    pub(super) born: Intervals,
    /// Bytes of pending blocks from which on those in `born` are written.
    pub(super) most_waiting: u64,
    /// As many, from which on those that are new since the last commit are written when a step is
    /// over.
    pub(super) most_kept: u64,
    /// Bytes of raw data that were written since the last commit, or wait above this layer.
    pub(super) raw: u64,
    /// When the first change since the last commit was made.
    pub(super) since: Option<RoughMoment>,
    poisoned: Option<String>,
    /// Steps that are over.
    steps: u64,
    /// Commits that wrote something.
    pub(super) commits: u64,
    /// What changes are for now.
    phase: Phase,
    /// They add what is named elsewhere, too.
    first: bool,
    pub(super) garbage: Garbage,
    /// What blocks hold, decoded.
    pub(super) kept: Kept,
    /// What blocks are to hold, not encoded yet.
    pub(super) late: Late,
}

impl State {
    fn healthy(&self) -> Result<()> {
        match &self.poisoned {
            Some(why) => Err(Error::new(ErrorKind::Poisoned(why.clone()))),
            None => Ok(()),
        }
    }

    pub(super) fn touch(&mut self) {
        self.since.get_or_insert_with(RoughMoment::now);
    }

    /// A step is over.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
        self.born.clear();
        self.wait_for_more();
        self.allocator.keep();
        self.garbage.keep();
        self.late.keep();
        self.steps = self.steps.saturating_add(1);
    }
}

impl Space {
    /// Takes changes from here on. `written` is the superblock the storage has.
    pub(crate) fn open_for_writing(
        &mut self,
        superblock: Superblock,
        written: bool,
        placement: Placement,
    ) {
        let allocator = Allocator::new(placement, self.end().0);
        self.set_end(self.base.saturating_add(allocator.end()));
        let written = written.then(|| superblock.clone());
        // A new file has nothing to be made ready.
        let phase = if written.is_some() { Phase::Ready } else { Phase::Change };
        let state = State {
            pending: Pending::default(),
            allocator,
            superblock,
            written,
            undo: Vec::new(),
            born: Intervals::default(),
            most_waiting: super::early::WAITING,
            most_kept: super::early::WAITING,
            raw: 0,
            since: None,
            poisoned: None,
            steps: 0,
            commits: 0,
            phase,
            first: false,
            garbage: Garbage::default(),
            kept: Kept::default(),
            late: Late::default(),
        };
        self.writer = Some(Box::new(Writer(RwLock::new(state))));
    }

    /// Whether the file is open for writing.
    pub(crate) fn writable(&self) -> bool {
        self.writer.is_some()
    }

    pub(super) fn state(&self) -> Option<RwLockReadGuard<'_, State>> {
        self.writer.as_ref().map(|writer| writer.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn state_mut(&self) -> Result<RwLockWriteGuard<'_, State>> {
        self.check_open()?;
        let writer = self.writer.as_ref().ok_or_else(read_only)?;
        let state = writer.0.write().unwrap_or_else(PoisonError::into_inner);
        state.healthy()?;
        Ok(state)
    }

    /// Refuses everything once a write has failed.
    pub(super) fn check_healthy(&self) -> Result<()> {
        self.state().map_or(Ok(()), |state| state.healthy())
    }

    /// A write failed: the file stays as of the last commit.
    #[cold]
    pub(super) fn poison(&self, state: &mut State, error: std::io::Error) -> Error {
        state.poisoned = Some(error.to_string());
        self.poisoned.store(true, Ordering::Release);
        error.into()
    }

    /// What was changed cannot be written any more: the file stays as of the last commit.
    pub(crate) fn give_up(&self, error: &Error) {
        if let Ok(mut state) = self.state_mut() {
            state.poisoned = Some(error.to_string());
            self.poisoned.store(true, Ordering::Release);
        }
    }

    /// The superblock, as the next commit writes it.
    pub(crate) fn superblock(&self) -> Option<Superblock> {
        self.state().map(|state| state.superblock.clone())
    }

    /// Lets the next commit write another superblock.
    pub(crate) fn set_superblock(&self, superblock: Superblock) -> Result<()> {
        let mut state = self.state_mut()?;
        state.superblock = superblock;
        state.touch();
        Ok(())
    }

    /// Finds `len` bytes for a new block.
    pub(crate) fn allocate(&self, purpose: Purpose, len: u64) -> Result<Address> {
        self.allocate_in(&mut *self.state_mut()?, purpose, len)
    }

    fn allocate_in(&self, state: &mut State, purpose: Purpose, len: u64) -> Result<Address> {
        let at = state.allocator.allocate(purpose, len)?;
        state.born.insert(at.0, len);
        state.touch();
        self.set_end(self.base.saturating_add(state.allocator.end()));
        Ok(at)
    }

    /// Finds space for a new block, which the next commit writes there; of raw data, little.
    pub(crate) fn put_new(
        &self,
        purpose: Purpose,
        rank: Rank,
        bytes: Box<[u8]>,
    ) -> Result<Address> {
        let mut state = self.state_mut()?;
        let len = wide(bytes.len());
        let at = self.allocate_in(&mut state, purpose, len)?;
        let turn = Turn { phase: state.phase, rank };
        state.kept.forget(at.0, len);
        let removed = state.pending.replace(at.0, Block { turn, bytes }, false);
        state.can_undo(at.0, len, removed);
        self.write_early(&mut state)?;
        Ok(at)
    }

    /// Finds `len` bytes of metadata that are not free space now: behind the end of the file, where
    /// it has no pages.
    pub(crate) fn allocate_behind(&self, len: u64) -> Result<Address> {
        let mut state = self.state_mut()?;
        let at = match state.allocator.placement().page {
            Some(_) => state.allocator.allocate(Purpose::Metadata, len)?,
            None => state.allocator.allocate_behind(len)?,
        };
        state.born.insert(at.0, len);
        state.touch();
        self.set_end(self.base.saturating_add(state.allocator.end()));
        Ok(at)
    }

    /// Gives `len` bytes at `at` back.
    pub(crate) fn free(&self, purpose: Purpose, at: Address, len: u64) -> Result<()> {
        let mut state = self.state_mut()?;
        if at.plus(len) > self.end() {
            return Err(self.broken(
                "Free Space",
                "Address",
                at,
                "it lies behind the end of the file",
            ));
        }
        state.allocator.free(purpose, at, len);
        state.touch();
        state.kept.forget(at.0, len);
        state.late.forget(at.0, len);
        let removed = state.pending.remove(at.0, len);
        state.can_undo(at.0, len, removed);
        Ok(())
    }

    /// Whether all of `len` bytes at `at` were allocated since the last commit, so that nothing
    /// committed refers to them.
    pub(crate) fn is_fresh(&self, at: Address, len: u64) -> bool {
        self.state().is_some_and(|state| state.allocator.is_fresh(at.0, len))
    }

    /// Where a block of `len` bytes at `at` may be written without a trace in what is committed:
    /// where it is, or elsewhere, its old place given back.
    pub(crate) fn shadow(&self, purpose: Purpose, at: Address, len: u64) -> Result<Address> {
        if self.is_fresh(at, len) {
            return Ok(at);
        }
        self.free(purpose, at, len)?;
        self.allocate(purpose, len)
    }

    /// Lets the next commit write `bytes`, metadata, at `at`.
    pub(crate) fn write(&self, rank: Rank, at: Address, bytes: Vec<u8>) -> Result<()> {
        let mut state = self.state_mut()?;
        let len = wide(bytes.len());
        if at.plus(len) > self.end() {
            return Err(self.broken("Block", "Address", at, "it lies behind the end of the file"));
        }
        let (turn, first) = (Turn { phase: state.phase, rank }, state.first);
        state.kept.forget(at.0, len);
        state.late.forget(at.0, len);
        let removed = state.pending.replace(at.0, Block { turn, bytes: bytes.into() }, first);
        state.can_undo(at.0, len, removed);
        state.touch();
        self.write_early(&mut state)
    }

    /// Runs `change`, which takes something away: the next commit writes it behind all that does
    /// not.
    pub(crate) fn take_away<T>(&self, change: impl FnOnce() -> Result<T>) -> Result<T> {
        self.in_phase(|_| (Phase::TakeAway, false), change)
    }

    /// Runs `change`, which adds what is named elsewhere: the next commit writes it as early as its
    /// rank has it, even where its blocks took something away before.
    pub(crate) fn bring_first<T>(&self, change: impl FnOnce() -> Result<T>) -> Result<T> {
        self.in_phase(|phase| (phase.min(Phase::Change), true), change)
    }

    fn in_phase<T>(
        &self,
        choose: impl FnOnce(Phase) -> (Phase, bool),
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let mut state = self.state_mut()?;
        let before = (state.phase, state.first);
        (state.phase, state.first) = choose(state.phase);
        drop(state);
        let changed = change();
        if let Ok(mut state) = self.state_mut() {
            (state.phase, state.first) = before;
        }
        changed
    }

    /// Whether the next commit writes a block that starts at `at`, and not to take something away.
    pub(crate) fn is_adding(&self, at: Address) -> bool {
        let turn = self.state().and_then(|state| state.pending.turn(at.0));
        turn.is_some_and(|turn| turn.phase != Phase::TakeAway)
    }

    /// The rank with which the next commit writes the block that starts at `at`, where it does.
    pub(crate) fn pending_rank(&self, at: Address) -> Option<Rank> {
        Some(self.state()?.pending.turn(at.0)?.rank)
    }

    /// Lets the next commit write a structure at `at`, with zeros behind it up to `len` bytes.
    pub(crate) fn save<T: StructureIn<()>>(
        &self,
        rank: Rank,
        at: Address,
        value: &T,
        len: u64,
    ) -> Result<()> {
        self.save_in(rank, at, value, &(), len)
    }

    /// As [`save`](Self::save), of a structure that needs a context.
    pub(crate) fn save_in<C, T: StructureIn<C>>(
        &self,
        rank: Rank,
        at: Address,
        value: &T,
        context: &C,
        len: u64,
    ) -> Result<()> {
        let room = usize::try_from(len.min(ROOM)).unwrap_or(0);
        let mut bytes = value.to_about(room, self.sizes(), context)?;
        if wide(bytes.len()) > len {
            let problem = format!("{} bytes in a block of {len}", bytes.len());
            return Err(self.broken(T::NAME, "Size", at, problem));
        }
        bytes.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
        self.write(rank, at, bytes)
    }

    /// Writes raw data, at once; little of it, in new space, with the new blocks of the next commit,
    /// which are written together. A failure poisons the file.
    pub(crate) fn write_raw(&self, at: Address, bytes: &[u8]) -> Result<()> {
        let offset = self.locate("Raw Data", at, wide(bytes.len()))?;
        {
            let mut state = self.state_mut()?;
            state.touch();
            state.kept.forget(at.0, wide(bytes.len()));
            if bytes.len() <= LITTLE && state.allocator.is_fresh(at.0, wide(bytes.len())) {
                let turn = Turn { phase: state.phase, rank: Rank::Elements };
                let block = Block { turn, bytes: bytes.into() };
                let removed = state.pending.replace(at.0, block, false);
                state.can_undo(at.0, wide(bytes.len()), removed);
                return self.write_early(&mut state);
            }
            state.raw = state.raw.saturating_add(wide(bytes.len()));
            let removed = state.pending.remove(at.0, wide(bytes.len()));
            state.can_undo(at.0, wide(bytes.len()), removed);
        }
        self.storage.write_at(offset, bytes).map_err(|error| match self.state_mut() {
            Ok(mut state) => self.poison(&mut state, error),
            Err(earlier) => earlier,
        })
    }

    /// Bytes of raw data came to wait for the next commit in memory that is not this layer's.
    pub(crate) fn note_waiting(&self, bytes: u64) {
        if let Ok(mut state) = self.state_mut()
            && bytes > 0
        {
            state.touch();
            state.raw = state.raw.saturating_add(bytes);
        }
    }

    /// The number of the step under way: another one once it is kept, rolled back or committed.
    pub(crate) fn step(&self) -> u64 {
        self.state().map_or(0, |state| state.steps)
    }

    /// Ends a step that changed the file.
    pub(crate) fn keep_step(&self) -> Result<()> {
        self.keep_step_with(0).map(|_| ())
    }

    /// As [`keep_step`](Self::keep_step), of a step that left so many bytes to wait for the next commit in
    /// memory that is not this layer's. Gives how many bytes of changes there are since the last
    /// commit, and when the first was made.
    pub(crate) fn keep_step_with(&self, waiting: u64) -> Result<(u64, Option<RoughMoment>)> {
        let mut state = self.state_mut()?;
        if waiting > 0 {
            state.touch();
            state.raw = state.raw.saturating_add(waiting);
        }
        state.keep();
        self.write_new(&mut state)?;
        Ok((state.pending.bytes().saturating_add(state.raw), state.since))
    }

    /// Undoes everything since the last step was over; raw data written in place stays.
    pub(crate) fn roll_back(&self) {
        let Some(writer) = &self.writer else { return };
        let mut state = writer.0.write().unwrap_or_else(PoisonError::into_inner);
        while let Some((at, len, removed)) = state.undo.pop() {
            state.kept.forget(at, len);
            state.pending.restore(at, len, removed);
        }
        state.forget_born();
        state.allocator.roll_back();
        state.garbage.roll_back();
        state.late.roll_back();
        state.steps = state.steps.saturating_add(1);
        self.set_end(self.base.saturating_add(state.allocator.end()));
    }

    /// Free space that new blocks can go to now.
    pub(crate) fn free_runs(&self) -> Vec<FreeRun> {
        self.state().map_or_else(Vec::new, |state| state.allocator.free_runs())
    }

    /// All that nothing will use once the next commit is over.
    pub(crate) fn all_free(&self) -> Intervals {
        self.state().map_or_else(Intervals::default, |state| state.allocator.all_free())
    }

    /// Lets blocks be put into space of which the caller knows that nothing uses it.
    pub(crate) fn add_free(&self, run: FreeRun) -> Result<()> {
        self.state_mut()?.allocator.add_free(run);
        Ok(())
    }

    /// The first address behind the file as the next commit leaves it.
    pub(crate) fn end_after_commit(&self) -> Address {
        let end = self.state().map(|state| Address(state.allocator.end_after_commit()));
        end.unwrap_or_else(|| self.end())
    }

    /// What was done so far makes the file ready for changes: it is written with the first of
    /// them, not without.
    pub(crate) fn settle_in(&self) -> Result<()> {
        let mut state = self.state_mut()?;
        state.keep();
        (state.since, state.phase) = (None, Phase::Change);
        Ok(())
    }

    /// Commits that wrote something.
    pub(crate) fn commits(&self) -> u64 {
        self.state().map_or(0, |state| state.commits)
    }

    /// Writes everything down.
    pub(crate) fn commit(&self, durable: bool) -> Result<Outcome> {
        let mut state = self.state_mut()?;
        super::commit::commit(self, &mut state, durable)
    }

    /// What the last commit left at `at`, whatever has been changed or freed since.
    pub(crate) fn read_committed(
        &self,
        structure: &'static str,
        at: Address,
        len: u64,
    ) -> Result<Cow<'_, [u8]>> {
        let offset = self.locate(structure, at, len)?;
        let mut bytes = self.fetch(structure, at, offset, len)?;
        lay_over(&self.overlay, offset, &mut bytes);
        Ok(bytes)
    }

    /// The pending bytes at `at`, where one block has all of them.
    pub(super) fn changed(&self, at: Address, len: u64) -> Option<Vec<u8>> {
        let len = usize::try_from(len).ok()?;
        self.state()?.pending.get(at.0, len).map(<[u8]>::to_vec)
    }

    /// The structure in the `len` bytes at `at`, where a pending block has all of them.
    pub(super) fn load_changed<C, T: StructureIn<C>>(
        &self,
        at: Address,
        len: u64,
        context: &C,
    ) -> Option<Result<T>> {
        self.writer.as_ref()?;
        if let Err(error) = self.locate(T::NAME, at, len) {
            return Some(Err(error));
        }
        let state = self.state()?;
        let bytes = state.pending.get(at.0, usize::try_from(len).ok()?)?;
        Some(T::decode_in(&mut self.decoder(T::NAME, at, bytes), context))
    }

    pub(super) fn has_changes(&self, at: Address, len: u64) -> bool {
        self.state().is_some_and(|state| state.pending.touches(at.0, len))
    }

    pub(super) fn lay_changes_over(&self, at: Address, bytes: &mut [u8]) {
        if let Some(state) = self.state() {
            state.pending.lay_over(at.0, bytes);
        }
    }
}

#[cold]
fn read_only() -> Error {
    Error::usage("the file is open for reading only")
}
