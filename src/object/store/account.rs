//! What an account of the file needs to know of its store.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Store;
use crate::codec::{Address, wide};
use crate::error::Result;
use crate::format::message::{MessageType, MetadataCacheImage};
use crate::format::superblock::Superblock;
use crate::infra::free_lists;
use crate::object::account::{self, Account};
use crate::object::header::ObjectHeader;
use crate::object::holdings::Survey;
use crate::object::sizes::{StructureSizes, split};
use crate::space::{Extents, Intervals};

impl Store {
    /// What every byte of the file is for.
    pub(crate) fn account(self: &Arc<Self>) -> Result<Account> {
        account::draw_up(self)
    }

    /// The header of the root group.
    pub(crate) fn root_address(&self) -> Address {
        self.superblock_now().root_header
    }

    fn superblock_now(&self) -> Superblock {
        self.space.superblock().unwrap_or_else(|| self.superblock.clone())
    }

    /// Adds what belongs to no object to `extents`.
    pub(crate) fn fixed_extents(
        &self,
        extents: &mut Extents,
        survey: &mut Survey<'_>,
    ) -> Result<()> {
        let superblock = self.superblock_now();
        extents.metadata(Address(0), wide(self.encode(&superblock)?.len()));
        if let Some(at) = superblock.driver_info {
            let len = survey.keep(self.driver_info_len(at))?;
            len.into_iter().for_each(|len| extents.metadata(at, len));
        }
        if self.shared_indexes() > 0 {
            let shared = self.shared_messages(0);
            survey.keep(shared.and_then(|shared| shared.extents(&self.space, extents)))?;
        }
        if let Some(at) = superblock.extension {
            survey.keep(self.extension_extents(at, extents))?;
        }
        if let Some(info) = self.file_space.as_ref().filter(|_| !self.is_writable()) {
            free_lists::extents(&self.space, info, extents);
        }
        Ok(())
    }

    fn extension_extents(&self, at: Address, extents: &mut Extents) -> Result<()> {
        let header = ObjectHeader::load(&self.space, at)?;
        header.extents(extents);
        if let Some(message) = header.find(MessageType::METADATA_CACHE_IMAGE) {
            let image: MetadataCacheImage = self.decode(message)?;
            image.address.into_iter().for_each(|at| extents.metadata(at, image.size));
        }
        Ok(())
    }

    /// Bytes of the structures that belong to no object.
    pub(crate) fn structure_sizes(&self) -> Result<StructureSizes> {
        let mut sizes = StructureSizes::default();
        let superblock = self.superblock_now();
        sizes.superblock = wide(self.encode(&superblock)?.len());
        if let Some(at) = superblock.driver_info {
            sizes.superblock = sizes.superblock.saturating_add(self.driver_info_len(at)?);
        }
        if self.shared_indexes() > 0 {
            let mut extents = Extents::default();
            let shared = self.shared_messages(0)?;
            shared.extents(&self.space, &mut extents)?;
            let (index, heap) = split(&extents);
            sizes.shared_table = shared.table_size(&self.space);
            sizes.shared_index = index.saturating_sub(sizes.shared_table);
            sizes.shared_heap = heap;
        }
        if let Some(at) = superblock.extension {
            sizes.extension = ObjectHeader::load(&self.space, at)?.size();
        }
        if let Some(info) = &self.file_space {
            let mut extents = Extents::default();
            free_lists::extents(&self.space, info, &mut extents);
            (sizes.free_space, _) = split(&extents);
            let runs = free_lists::read(&self.space, info)?;
            sizes.free_sections = runs.iter().map(|run| run.len).collect();
        }
        Ok(sizes)
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
