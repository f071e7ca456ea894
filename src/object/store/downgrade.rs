//! Files in the format that HDF5 before 1.10 reads.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Store;
use crate::codec::Address;
use crate::error::Result;
use crate::format::message::MessageType;
use crate::object::header::ObjectHeader;

/// The newest version of the superblock that HDF5 before 1.10 knows.
const OLD_SUPERBLOCK: u8 = 2;

impl Store {
    /// Lets the superblock be of version 2, and the file not remember how its space is managed, nor
    /// what of it is free; `false` where there is nothing to do. Objects stay as they are.
    pub(crate) fn downgrade(self: &Arc<Self>) -> Result<bool> {
        let changed = self.edit(|| {
            let Some(mut superblock) = self.space.superblock() else { return Ok(false) };
            let mut changed = superblock.version > OLD_SUPERBLOCK;
            superblock.version = superblock.version.min(OLD_SUPERBLOCK);
            if let Some(at) = superblock.extension
                && let Some(left) = self.forget_file_space(at)?
            {
                superblock.extension = left;
                changed = true;
            }
            if changed {
                self.space.set_superblock(superblock)?;
            }
            Ok(changed)
        })?;
        self.space_forgotten.fetch_or(changed, Ordering::Relaxed);
        Ok(changed)
    }

    /// Takes the message of the file's space out of the superblock extension, and the extension away
    /// where nothing else is in it; gives where the extension is then. `None` where there is no such
    /// message.
    fn forget_file_space(&self, extension: Address) -> Result<Option<Option<Address>>> {
        let mut header = ObjectHeader::load(&self.space, extension)?;
        if header.find(MessageType::FILE_SPACE_INFO).is_none() {
            return Ok(None);
        }
        header.remove_all(MessageType::FILE_SPACE_INFO);
        let nothing = |kind| matches!(kind, MessageType::NIL | MessageType::CONTINUATION);
        if header.messages.iter().any(|message| !nothing(message.kind)) {
            header.save(&self.space)?;
            return Ok(Some(Some(extension)));
        }
        self.space.free_all(|extents| {
            header.extents(extents);
            Ok(())
        })?;
        Ok(Some(None))
    }

    /// The version of the superblock, as the next commit writes it.
    pub(crate) fn superblock_version(&self) -> u8 {
        self.space.superblock().map_or(self.superblock.version, |superblock| superblock.version)
    }
}
