//! Free space that a file remembers while nobody has it open.
//!
//! What its lists say when it is opened is kept, but no block goes there on their word alone. The
//! lists themselves are gone with the first commit, as changes would make them lie, and are written
//! anew when the file is closed: behind them, nothing changes.

use super::Store;
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::{FileSpaceInfo, MessageFlags, MessageType};
use crate::infra::free_lists;
use crate::object::header::ObjectHeader;
use crate::space::FreeRun;

impl Store {
    /// Takes the lists of free space out of a file that was just opened for changes.
    pub(super) fn take_free_lists(&mut self) -> Result<()> {
        let Some(at) = self.superblock.extension else { return Ok(()) };
        let persistent = self.file_space.as_ref().filter(|info| info.persist);
        let Some(info) = persistent else { return Ok(()) };
        // Lists that cannot be right are dropped: what they call free is lost, and not more.
        let claimed = free_lists::read(&self.space, info).unwrap_or_default();
        self.space.free_all(|extents| {
            free_lists::extents(&self.space, info, extents);
            Ok(())
        })?;
        self.save_file_space(at, vec![None; FileSpaceInfo::MANAGERS], None)?;
        self.claimed_free = claimed;
        Ok(())
    }

    /// Writes lists of the free space, where the file is to remember it, and its last commit.
    pub(super) fn record_free_space(&self) -> Result<()> {
        let persistent = self.file_space.as_ref().filter(|info| info.persist);
        let extension = self.space.superblock().and_then(|superblock| superblock.extension);
        let (Some(info), Some(at)) = (persistent, extension) else { return Ok(()) };
        // Nobody changed anything: the lists are still there.
        if self.space.commits() == 0 {
            return Ok(());
        }
        let managers = free_lists::write(&self.space, info, &self.claimed_free)?;
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
            return total(&self.space.free_runs()).saturating_add(total(&self.claimed_free));
        }
        let listed = self.file_space.as_ref().map(|info| free_lists::read(&self.space, info));
        listed.and_then(Result::ok).map_or(0, |runs| total(&runs))
    }
}
