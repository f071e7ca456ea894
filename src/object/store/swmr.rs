//! One program writes to a file while others read it (SWMR).
//!
//! The writer keeps no lock, but marks the file. It changes elements and lets datasets grow, and every
//! flush of it is one for readers: commits write what is pointed at before what points there, anyway.
//!
//! For readers, groups and attributes are asked for in the file whenever somebody asks for them. A dataset stays as
//! it was when it was read, extent and index of chunks together, until it is read anew.

use std::sync::{Arc, PoisonError};

use super::Store;
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::superblock::Superblock;
use crate::object::dataset::DatasetObject;

impl Store {
    /// Whether objects may be other than they were when their handles were made.
    pub(crate) fn may_change(&self) -> bool {
        self.is_writable() || self.space.is_live()
    }

    /// Lets others read the file from here on, as it is at each flush.
    pub(crate) fn start_swmr(&self) -> Result<()> {
        let _alone = self.alone()?;
        self.check_unwatched()?;
        let superblock = self.space.superblock().filter(|superblock| superblock.version >= 3);
        let Some(mut superblock) = superblock else {
            return Err(Error::usage(
                "SWMR needs a file of format v110 or later: \
                 `FileBuilder::library_versions(LibraryVersion::V110, ..)` makes one",
            ));
        };
        self.commit(false)?.map_or(Ok(()), Err)?;
        self.space.let_others_read()?;
        superblock.consistency_flags = Superblock::WRITE_ACCESS | Superblock::SWMR_WRITE_ACCESS;
        self.space.set_superblock(superblock)?;
        self.space.commit(self.options.durable)?;
        // Locks are advice: a file system that has none is no reason to fail.
        let _ = self.space.storage().unlock();
        Ok(())
    }

    /// The last change of a file that others could read: it is not marked any more.
    pub(super) fn end_swmr(&self) -> Result<()> {
        if !self.space.is_watched() {
            return Ok(());
        }
        let Some(mut superblock) = self.space.superblock() else { return Ok(()) };
        superblock.consistency_flags = 0;
        self.space.set_superblock(superblock)?;
        self.space.commit(self.options.durable).map(|_| ())
    }

    /// Whether this handle writes to the file while others read it, or reads what another writes.
    pub(crate) fn is_swmr(&self) -> bool {
        self.space.is_watched() || self.space.is_live()
    }

    /// Refuses what is not done while others read the file.
    pub(crate) fn check_unwatched(&self) -> Result<()> {
        if !self.space.is_watched() {
            return Ok(());
        }
        Err(Error::usage(
            "the file is in SWMR mode until it is closed: elements are written and datasets grow, \
             but nothing else changes",
        ))
    }

    /// Lets what is known of the object at `at` be what the file says now. Where nobody else writes
    /// to the file, that is so anyway.
    pub(crate) fn refresh(self: &Arc<Self>, at: Address) -> Result<()> {
        self.space.check_open()?;
        if !self.space.is_live() {
            return Ok(());
        }
        let known = self.known_dataset(at);
        let sources = known.as_ref().and_then(|known| known.virtual_data());
        for (store, source) in sources.map_or_else(Vec::new, |data| data.known_sources()) {
            store.refresh(source.address())?;
        }
        // Of two threads the one that reads later leaves what it read.
        let _alone = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        self.heaps.forget();
        let header = self.header(at)?;
        let Some(known) = known.filter(|_| DatasetObject::is(&header)) else { return Ok(()) };
        let dataset = known.reloaded(self, &header)?;
        self.put_dataset(Arc::new(dataset));
        Ok(())
    }

    /// As [`refresh`](Self::refresh), of every dataset that somebody holds.
    pub(crate) fn refresh_all(self: &Arc<Self>) -> Result<()> {
        self.space.check_open()?;
        if !self.space.is_live() {
            return Ok(());
        }
        let mut datasets = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        datasets.retain(|_, dataset| dataset.is_held());
        let held: Vec<Address> = datasets.keys().copied().collect();
        drop(datasets);
        held.into_iter().try_for_each(|at| self.refresh(at))
    }

    /// Of a file that is being written: forgets a dataset that nobody holds, so that who opens it
    /// finds it as it is now.
    pub(crate) fn forget_unheld(&self, at: Address) {
        if self.space.is_live() {
            let mut datasets = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
            if datasets.get(&at).is_some_and(|dataset| !dataset.is_held()) {
                datasets.remove(&at);
            }
        }
    }
}
