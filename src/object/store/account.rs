//! What an account of the file needs to know of its store.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Store;
use crate::codec::{Address, wide};
use crate::error::Result;
use crate::format::message::{MessageType, MetadataCacheImage};
use crate::infra::free_lists;
use crate::object::account::{self, Account};
use crate::object::header::ObjectHeader;
use crate::space::{Extents, Intervals};

impl Store {
    /// What every byte of the file is for.
    pub(crate) fn account(self: &Arc<Self>) -> Result<Account> {
        account::draw_up(self)
    }

    /// Adds what belongs to no object to `extents`; gives the header of the root group.
    pub(crate) fn fixed_extents(&self, extents: &mut Extents) -> Result<Address> {
        let superblock = self.space.superblock().unwrap_or_else(|| self.superblock.clone());
        extents.metadata(Address(0), wide(self.encode(&superblock)?.len()));
        if let Some(at) = superblock.driver_info {
            extents.metadata(at, self.driver_info_len(at)?);
        }
        if self.shared_indexes() > 0 {
            self.shared_messages(0)?.extents(&self.space, extents)?;
        }
        if let Some(at) = superblock.extension {
            let header = ObjectHeader::load(&self.space, at)?;
            header.extents(extents);
            if let Some(message) = header.find(MessageType::METADATA_CACHE_IMAGE) {
                let image: MetadataCacheImage = self.decode(message)?;
                image.address.into_iter().for_each(|at| extents.metadata(at, image.size));
            }
        }
        if let Some(info) = self.file_space.as_ref().filter(|_| !self.is_writable()) {
            free_lists::extents(&self.space, info, extents);
        }
        Ok(superblock.root_header)
    }

    /// Bytes of the collection of a global heap at `at`, and the indexes of its objects.
    pub(crate) fn heap_contents(&self, at: Address) -> Result<(u64, BTreeSet<u32>)> {
        self.heaps.contents(&self.space, at)
    }

    /// What is free as far as is known; what the file says of itself included.
    pub(crate) fn known_free(&self) -> Intervals {
        let mut free = self.space.all_free();
        let listed = match &self.file_space {
            Some(info) if !self.is_writable() => free_lists::read(&self.space, info).ok(),
            _ => Some(self.claims().runs.clone()),
        };
        listed.iter().flatten().for_each(|run| free.insert(run.at.0, run.len));
        free
    }
}
