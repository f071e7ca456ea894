//! Free space that a file remembers while nobody has it open.
//!
//! No block goes there on the word of its lists alone: before the first change all that the file has
//! is looked through, and what nothing lies in is used from then on. Where that would take long, what
//! the lists say is kept for whoever opens the file next, and no more. The lists themselves go with
//! the first commit, before all else, as changes would make them lie, and are written anew when the
//! file is closed: behind them, nothing changes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::Store;
use crate::codec::{Address, Structure};
use crate::error::Result;
use crate::format::message::{FileSpaceInfo, MessageFlags, MessageType};
use crate::infra::free_lists;
use crate::object::account::Reached;
use crate::object::header::ObjectHeader;
use crate::object::holdings::Patience;
use crate::space::FreeRun;

/// Less than this part of the file is not worth looking for.
const WORTH: u64 = 64;

/// What the file's own lists say is free, and nothing uses yet.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub(super) runs: Vec<FreeRun>,
}

impl Store {
    pub(super) fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a change: lets it use what the file says is free, where that is so.
    pub(super) fn judge_claims(self: &Arc<Self>) -> Result<()> {
        if self.claims_judged.load(Ordering::Acquire) {
            return Ok(());
        }
        self.claims_judged.store(true, Ordering::Release);
        {
            let claims = self.claims();
            let total = claims.runs.iter().fold(0, |n: u64, run| n.saturating_add(run.len));
            if total.saturating_mul(WORTH) < self.space.end().0 || total == 0 {
                return Ok(());
            }
        }
        let Ok(reached) = Reached::walk(self, &mut Patience::BRIEF.clone()) else { return Ok(()) };
        let used = reached.bytes();
        for run in std::mem::take(&mut self.claims().runs) {
            if !used.overlaps(run.at.0, run.len) {
                self.space.add_free(run)?;
            }
        }
        Ok(())
    }

    /// Takes the lists of free space out of a file that was just opened for changes.
    pub(super) fn take_free_lists(&mut self) -> Result<()> {
        let Some(at) = self.superblock.extension else { return Ok(()) };
        let persistent = self.file_space.as_ref().filter(|info| info.persist);
        let Some(info) = persistent else { return Ok(()) };
        if let Some(behind) = info.managers.iter().flatten().find(|at| **at >= self.space.end()) {
            // Where the end of the file is wrong, more than this may lie behind it.
            let problem = "it lies behind the end of the file, which recovery sets right";
            let field = "Free-Space Manager Address";
            return Err(self.space.broken(FileSpaceInfo::NAME, field, *behind, problem));
        }
        // Lists that cannot be right are dropped: what they call free is lost, and not more.
        let claimed = free_lists::read(&self.space, info).unwrap_or_default();
        self.space.free_all(|extents| {
            free_lists::extents(&self.space, info, extents);
            Ok(())
        })?;
        self.save_file_space(at, vec![None; FileSpaceInfo::MANAGERS], None)?;
        self.claims().runs = claimed;
        Ok(())
    }

    /// Writes lists of the free space, where the file is to remember it, and its last commit.
    pub(super) fn record_free_space(&self) -> Result<()> {
        let persistent = self.file_space().filter(|info| info.persist);
        let extension = self.space.superblock().and_then(|superblock| superblock.extension);
        let (Some(info), Some(at)) = (persistent, extension) else { return Ok(()) };
        // Nobody changed anything: the lists are still there.
        if self.space.commits() == 0 {
            return Ok(());
        }
        self.claims().runs.extend(self.space.withheld());
        let managers = free_lists::write(&self.space, info, &self.claims().runs)?;
        let end = self.space.end_after_commit();
        self.save_file_space(at, managers, Some(end))?;
        self.space.keep_step()?;
        self.space.commit(self.options.durable).map(|_| ())
    }

    /// Lets the file name other managers of its free space. The message does not change its size.
    fn save_file_space(
        &self,
        extension: Address,
        managers: Vec<Option<Address>>,
        end_before_managers: Option<Address>,
    ) -> Result<()> {
        let Some(info) = &self.file_space else { return Ok(()) };
        let info = FileSpaceInfo { version: 1, managers, end_before_managers, ..info.clone() };
        let body = self.encode(&info)?;
        let mut header = ObjectHeader::load(&self.space, extension)?;
        header.set(MessageType::FILE_SPACE_INFO, MessageFlags::empty(), body);
        header.save(&self.space)
    }

    /// Bytes of free space: of what later changes use, and of what the file itself says is free.
    pub(crate) fn free_space(&self) -> u64 {
        let total = |runs: &[FreeRun]| runs.iter().fold(0, |n: u64, run| n.saturating_add(run.len));
        if self.is_writable() {
            return total(&self.space.free_runs()).saturating_add(total(&self.claims().runs));
        }
        let listed = self.file_space.as_ref().map(|info| free_lists::read(&self.space, info));
        listed.and_then(Result::ok).map_or(0, |runs| total(&runs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::store::OpenOptions;
    use crate::space::{FreeClass, Purpose};
    use crate::{File, FileSpaceStrategy, LibraryVersion, SharedMemory};

    const LEN: usize = 3000;

    /// A file with a dataset where another one has been before it, and one behind it.
    fn file() -> SharedMemory {
        let memory = SharedMemory::default();
        let options = File::with_options()
            .library_versions(LibraryVersion::V110, LibraryVersion::LATEST)
            .file_space(FileSpaceStrategy::FsmAggregator, true, 1, 4096);
        let file = options.create_storage(Arc::new(memory.clone())).unwrap();
        for name in ["gone", "kept"] {
            file.create_dataset(name, &vec![5_i32; LEN]).unwrap();
        }
        file.flush().unwrap();
        file.unlink("gone").unwrap();
        file.close().unwrap();
        memory
    }

    fn open(memory: &SharedMemory) -> Arc<Store> {
        let options = OpenOptions { writable: true, ..OpenOptions::default() };
        Store::open(Arc::new(memory.clone()), None, options).unwrap()
    }

    /// Where a change puts `len` bytes.
    fn place(store: &Arc<Store>, len: u64) -> u64 {
        store.edit(|| store.space().allocate(Purpose::RawData, len)).unwrap().0
    }

    #[test]
    fn what_is_free_is_used() {
        let store = open(&file());
        let free = store.claims().runs.iter().copied().max_by_key(|run| run.len).unwrap();
        assert!(free.len >= 4 * LEN as u64);
        let at = place(&store, 4 * LEN as u64);
        assert!(at >= free.at.0 && at + 4 * LEN as u64 <= free.at.0 + free.len);
        assert!(store.claims().runs.is_empty());
    }

    #[test]
    fn what_lists_say_that_lie_is_not_believed() {
        let memory = file();
        let kept = File::from_bytes(memory.to_vec()).unwrap().dataset("kept").unwrap();
        let (at, len) = (kept.offset().unwrap(), 4 * LEN as u64);
        let lie = |at, len| FreeRun { at: Address(at), len, class: FreeClass::General };
        // All of it, its end, its start with a little of what is before it.
        let lies = [lie(at, len), lie(at + len - 8, 8), lie(at - 4, 8)];
        for lie in lies {
            let store = open(&memory);
            store.claims().runs.push(lie);
            let runs = store.claims().runs.clone();
            for len in [1, 8, 100, 4000, 12_000] {
                let placed = place(&store, len);
                assert!(placed >= at + 4 * LEN as u64 || placed + len <= at, "{lie:?} in {runs:?}");
            }
        }
    }

    #[test]
    fn a_long_look_is_not_taken() {
        let memory = SharedMemory::default();
        let options = File::with_options()
            .library_versions(LibraryVersion::V110, LibraryVersion::LATEST)
            .file_space(FileSpaceStrategy::FsmAggregator, true, 1, 4096);
        let file = options.create_storage(Arc::new(memory.clone())).unwrap();
        // References to what nobody wrote: 80 MB, of which little is there.
        let rows = file.new_dataset::<String>().shape(5_000_000).chunk(1 << 16);
        rows.deflate(1).create("strings").unwrap();
        file.create_dataset("gone", &vec![5_i32; LEN]).unwrap();
        file.flush().unwrap();
        file.unlink("gone").unwrap();
        file.create_dataset("last", &[1, 2, 3]).unwrap();
        file.close().unwrap();
        let store = open(&memory);
        let (claimed, end) = (store.claims().runs.clone(), store.space().end().0);
        assert!(claimed.iter().any(|run| run.len >= 4 * LEN as u64));
        assert!(place(&store, 4 * LEN as u64) >= end);
        assert_eq!(store.claims().runs, claimed);
        store.close().unwrap();
        let listed = open(&memory).claims().runs.clone();
        assert!(listed.iter().any(|run| run.len >= 4 * LEN as u64));
    }
}
