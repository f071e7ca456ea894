//! Changing a file: steps, commits, the end.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Inside, Store};
use crate::codec::{Address, Structure, StructureIn};
use crate::error::{Error, ErrorKind, Result};
use crate::format::bounds::Bounds;
use crate::format::message::{FileSpaceInfo, MessageFlags, MessageType, MetadataCacheImage};
use crate::format::symbol_table::EntryCache;
use crate::infra::local_heap;
use crate::io::clock::RoughMoment;
use crate::object::dataset::DatasetObject;
use crate::object::header::ObjectHeader;
use crate::object::raw_data::virtual_nesting::Nesting;
use crate::space::{Outcome, Placement, Purpose, Rank};

/// Bytes of changes after which a commit comes by itself.
const COMMIT_BYTES: u64 = 64 << 20;
/// Time after which a change is committed by itself, when the next one comes.
const COMMIT_AFTER: Duration = Duration::from_secs(5);
/// Datasets that are known without anybody asking which of them are needed.
pub(super) const FEW_DATASETS: usize = 256;

impl Store {
    /// Prepares a file that was just opened for changes.
    pub(super) fn open_for_writing(&mut self) -> Result<()> {
        if self.options.joined.is_some() {
            return Err(Error::unsupported("writing a file that is spread over several"));
        }
        if !self.space.storage().is_writable() {
            return Err(Error::usage("the storage does not take writes"));
        }
        self.options.bounds.superblock_version(self.superblock.version)?;
        let placement = self.placement();
        self.space.open_for_writing(self.superblock.clone(), true, placement);
        if self.superblock.consistency_flags != 0 {
            // Marks of a writer that died; this one needs none.
            self.superblock.consistency_flags = 0;
            self.space.set_superblock(self.superblock.clone())?;
        }
        self.apply_cache_image()?;
        self.take_free_lists()?;
        self.space.settle_in()
    }

    /// Rules for the addresses of new blocks.
    pub(super) fn placement(&self) -> Placement {
        let page = self.file_space.as_ref().and_then(FileSpaceInfo::page);
        let bits = u32::from(self.superblock.sizes.offsets).saturating_mul(8);
        let limit = 1u64.checked_shl(bits).map_or(u64::MAX, |limit| limit.saturating_sub(1));
        let (threshold, alignment) = self.options.alignment.unwrap_or((0, 1));
        let base = self.space.base();
        // The superblock counts the end of the file from the start of the storage.
        let limit = limit.saturating_sub(base);
        Placement { alignment: alignment.max(1), threshold, page, base, limit }
    }

    /// Puts the blocks of a metadata cache image where they belong, and drops the image.
    fn apply_cache_image(&mut self) -> Result<()> {
        let Some(at) = self.superblock.extension else { return Ok(()) };
        let overlay = self.space.take_overlay();
        if overlay.is_empty() {
            return Ok(());
        }
        for (at, bytes) in overlay {
            self.space.write(Rank::Index, at, bytes)?;
        }
        let mut header = ObjectHeader::load(&self.space, at)?;
        if let Some(message) = header.find(MessageType::METADATA_CACHE_IMAGE) {
            let image: MetadataCacheImage = self.decode(message)?;
            if let Some(at) = image.address {
                self.space.free(Purpose::Metadata, at, image.size)?;
            }
        }
        header.remove_all(MessageType::METADATA_CACHE_IMAGE);
        header.save(&self.space)
    }

    /// Versions of the structures that are written.
    pub(crate) fn bounds(&self) -> &Bounds {
        &self.options.bounds
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.space.writable()
    }

    /// Waits until nobody changes the file; at once where nobody can.
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::ErrorKind::Closed) where the file is.
    pub(crate) fn reading(&self) -> Result<Option<Inside<'_>>> {
        let inside = self.is_writable().then(|| self.gate.shared());
        self.space.check_open()?;
        Ok(inside)
    }

    /// As [`reading`](Self::reading), once nothing waits to be put into heaps or to be taken out.
    pub(crate) fn reading_settled(self: &Arc<Self>) -> Result<Option<Inside<'_>>> {
        loop {
            let reading = self.reading()?;
            if !self.has_waiting() {
                return Ok(reading);
            }
            drop(reading);
            self.edit(|| Ok(()))?;
        }
    }

    /// Makes one change, whole or not at all. Refused while others read the file: readers look for
    /// nothing but elements, and more of them.
    pub(crate) fn edit<T>(self: &Arc<Self>, change: impl FnOnce() -> Result<T>) -> Result<T> {
        self.edit_adding(|| {
            self.settle_waiting()?;
            self.save_late_headers()?;
            change()
        })
    }

    /// As [`edit`](Self::edit), of a change that adds objects, links or attributes and takes nothing
    /// away: what waits to be put into heaps goes on waiting.
    pub(crate) fn edit_adding<T>(
        self: &Arc<Self>,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.check_unwatched()?;
        self.edit_elements(change)
    }

    /// As [`edit`](Self::edit), of a change that takes links or attributes away: what is to be taken out
    /// of heaps goes on waiting for more of it.
    pub(crate) fn edit_taking<T>(
        self: &Arc<Self>,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.edit_adding(|| {
            self.settle_arrivals()?;
            self.save_late_headers()?;
            change()
        })
    }

    /// As [`edit`](Self::edit), of elements and extents only.
    pub(crate) fn edit_elements<T>(
        self: &Arc<Self>,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let _alone = self.alone()?;
        self.judge_claims()?;
        let step = Step { store: self };
        let value = change()?;
        self.heaps.settle(&self.space)?;
        self.bound_late_headers()?;
        let (bytes, since) = step.keep()?;
        self.bound_datasets();
        if self.is_flush_due(bytes, since) {
            // The change is made. What keeps this commit from being made is told by the next flush,
            // or, where it broke the file, by everything that comes.
            let _ = self.commit(self.options.durable);
        }
        Ok(value)
    }

    /// Whether so much has gathered, these bytes since then, that a commit comes by itself.
    fn is_flush_due(&self, bytes: u64, since: Option<RoughMoment>) -> bool {
        let long = || since.is_some_and(|at| at.elapsed() >= COMMIT_AFTER);
        !self.options.manual_flush && (bytes >= COMMIT_BYTES || long())
    }

    /// As [`edit`](Self::edit), while nobody changes `other`, which the change reads. Two files are
    /// entered in one order whatever is copied from which: nobody waits for each other.
    pub(crate) fn edit_reading<T>(
        self: &Arc<Self>,
        other: &Arc<Self>,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if Arc::ptr_eq(self, other) {
            return self.edit(change);
        }
        if Arc::as_ptr(other) < Arc::as_ptr(self) {
            let _reading = other.reading();
            return self.edit(change);
        }
        self.edit(|| {
            let _reading = other.reading();
            change()
        })
    }

    pub(super) fn alone(&self) -> Result<Inside<'_>> {
        self.space.check_open()?;
        if !self.is_writable() {
            return Err(Error::usage("the file is open for reading only"));
        }
        self.space.check_open()?;
        let busy = || Error::usage("a file cannot be changed by what reads it");
        let alone = self.gate.alone().ok_or_else(busy)?;
        self.forget_decoded();
        Ok(alone)
    }

    /// Brings the datasets back to what they were before the step that failed.
    fn roll_back_datasets(self: &Arc<Self>) {
        let known = || self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        self.take_deleted();
        let all = std::mem::take(&mut *known());
        for (at, dataset) in all {
            match dataset.rolled_back(self) {
                Ok(None) => {}
                Ok(Some(before)) => {
                    known().insert(at, before);
                }
                // Chunks wait in it that nobody could store any more.
                Err(error) => self.space.give_up(&error),
            }
        }
    }

    /// Writes everything down; where `durable`, so that it survives a loss of power.
    pub(crate) fn flush(&self, durable: bool) -> Result<()> {
        self.space.check_open()?;
        if !self.is_writable() {
            return Ok(());
        }
        self.flush_others(durable)?;
        let _alone = self.alone()?;
        self.commit(durable)?.map_or(Ok(()), Err)
    }

    /// Writes everything down; gives why something had to be left behind, which goes on waiting.
    pub(super) fn commit(&self, durable: bool) -> Result<Option<Error>> {
        let left = self.flush_datasets()?;
        let left = self.commit_waiting()?.or(left);
        let durable = durable || self.options.durable;
        if durable {
            self.sync_raw_files()?;
        }
        let committed = self.space.commit(durable)? == Outcome::Written;
        self.let_go_of_datasets(|dataset| dataset.committed());
        if committed {
            self.collect_garbage()?;
        }
        Ok(left)
    }

    /// Forgets datasets that the file tells everything of, and nobody holds.
    fn let_go_of_datasets(&self, look_at: impl Fn(&DatasetObject)) {
        let mut known = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, dataset| {
            look_at(dataset);
            dataset.is_needed()
        });
        self.most_datasets
            .store(known.len().saturating_mul(2).max(FEW_DATASETS), Ordering::Relaxed);
    }

    /// As [`let_go_of_datasets`](Self::let_go_of_datasets), once there are many.
    fn bound_datasets(&self) {
        if !self.more_datasets.load(Ordering::Acquire) {
            return;
        }
        self.more_datasets.store(false, Ordering::Release);
        let known = self.datasets.lock().unwrap_or_else(PoisonError::into_inner).len();
        if known > self.most_datasets.load(Ordering::Relaxed) {
            self.let_go_of_datasets(|_| {});
        }
    }

    /// Gives back what nothing refers to since the commit that has just been made; the next one
    /// writes it down. What cannot be read for that is room that is lost, nothing else.
    fn collect_garbage(&self) -> Result<()> {
        let global = self.heaps.collect_garbage(&self.space);
        if global.and_then(|()| local_heap::collect_garbage(&self.space)).is_err() {
            self.space.roll_back();
            self.heaps.forget();
        }
        self.space.keep_step()?;
        self.heaps.keep_step();
        Ok(())
    }

    /// Stores what waits in datasets, each in a step of its own: one that cannot be stored must not
    /// keep the others from it.
    fn flush_datasets(&self) -> Result<Option<Error>> {
        let mut left = None;
        for dataset in self.known_datasets().iter().filter(|dataset| dataset.is_dirty()) {
            let refused = match dataset.flush(self) {
                Ok(refused) => {
                    self.space.keep_step()?;
                    self.heaps.keep_step();
                    refused
                }
                Err(error) => {
                    self.space.roll_back();
                    self.heaps.forget();
                    dataset.undo(self);
                    self.put_dataset(Arc::clone(dataset));
                    self.space.check_open()?;
                    if matches!(error.kind(), ErrorKind::Io(_)) {
                        // It may be there the next time: nothing is committed without it.
                        return Err(error);
                    }
                    Some(error)
                }
            };
            let named = |error: Error| error.under(&format!("dataset at {}", dataset.address().0));
            left = left.or(refused.map(named));
        }
        self.space.keep_step()?;
        self.heaps.keep_step();
        Ok(left)
    }

    fn known_datasets(&self) -> Vec<Arc<DatasetObject>> {
        let datasets = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        datasets.values().cloned().collect()
    }

    /// Writes everything down and lets go of the file: no handle serves any more.
    pub(crate) fn close(&self) -> Result<()> {
        if self.space.is_closed() {
            return Ok(());
        }
        let others = self.close_others();
        // Nobody changes anything between the last commit and the end.
        let alone = self.is_writable().then(|| self.alone()).transpose();
        let flushed = alone.and_then(|inside| {
            let finished = self.finish();
            self.space.close();
            drop(inside);
            finished
        });
        self.space.close();
        let flushed = flushed.and(others);
        // Locks are advice: a file system that has none is no reason to fail.
        let _ = self.space.storage().unlock();
        flushed
    }

    /// Writes everything down, with what only the end of the file allows.
    fn finish(&self) -> Result<()> {
        if !self.is_writable() {
            return Ok(());
        }
        let left = self.commit(false)?;
        // What the last commit freed is given back by another one.
        self.commit(false)?;
        self.record_free_space()?;
        self.end_swmr()?;
        left.map_or(Ok(()), Err)
    }

    /// The group at `at` has no symbol table any more: the superblock does not name it, either.
    pub(crate) fn forget_root_table(&self, at: Address) -> Result<()> {
        let Some(mut superblock) = self.space.superblock() else { return Ok(()) };
        match &mut superblock.root_entry {
            Some(entry) if superblock.root_header == at => entry.cache = EntryCache::None,
            _ => return Ok(()),
        }
        self.space.set_superblock(superblock)
    }

    /// A structure as bytes.
    pub(crate) fn encode<T: Structure>(&self, value: &T) -> Result<Vec<u8>> {
        value.to_bytes_in(self.space.sizes(), &())
    }

    /// As [`encode`](Self::encode), of one that takes so many bytes, more or less.
    pub(crate) fn encode_about<T: Structure>(&self, value: &T, room: usize) -> Result<Vec<u8>> {
        value.to_about(room, self.space.sizes(), &())
    }

    /// Gives the header at `at` another message of a kind: in place of the first of that kind, or
    /// beside the others.
    pub(crate) fn set_message<T: Structure>(
        &self,
        at: Address,
        kind: MessageType,
        value: &T,
    ) -> Result<()> {
        let mut header = self.header(at)?;
        if let Some(old) = header.find(kind) {
            self.release(at, old)?;
        }
        header.set(kind, MessageFlags::empty(), self.encode(value)?);
        header.touch(&self.space)?;
        header.save(&self.space)
    }

    /// The dataset whose header is at `at`, as it is now.
    pub(crate) fn dataset(self: &Arc<Self>, at: Address) -> Result<Arc<DatasetObject>> {
        self.dataset_nested(at, &mut Nesting::default())
    }

    /// As [`dataset`](Self::dataset), one that is, perhaps, a source of a virtual dataset.
    pub(crate) fn dataset_nested(
        self: &Arc<Self>,
        at: Address,
        nesting: &mut Nesting,
    ) -> Result<Arc<DatasetObject>> {
        let known = || self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(&at).cloned();
        let dataset = match found {
            Some(dataset) => {
                let access = dataset.virtual_access();
                let Some(refreshed) = dataset.refreshed(self, access, nesting)? else {
                    return Ok(dataset);
                };
                refreshed
            }
            None => DatasetObject::load_nested(self, &*self.kept_header(at)?, nesting)?,
        };
        let dataset = Arc::new(dataset);
        if self.space.is_live() && dataset.virtual_data().is_none() {
            // Another thread may have read it meanwhile.
            return Ok(Arc::clone(known().entry(at).or_insert(dataset)));
        }
        if self.may_change() {
            known().insert(at, Arc::clone(&dataset));
            self.more_datasets.store(true, Ordering::Release);
        }
        Ok(dataset)
    }

    /// Appends elements as they are stored to a dataset along its first axis, where that takes no
    /// more than a look at a chunk that waits; `false` where it does.
    pub(crate) fn append_to_waiting(
        &self,
        at: Address,
        block: &[usize],
        bytes: &[u8],
    ) -> Result<bool> {
        let mut known = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(dataset) = known.get_mut(&at) else { return Ok(false) };
        DatasetObject::append_to_waiting(dataset, self, block, bytes)
    }

    /// Lets every handle see another state of a dataset.
    pub(crate) fn put_dataset(&self, dataset: Arc<DatasetObject>) {
        let mut known = self.datasets.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(dataset.address(), dataset);
        self.more_datasets.store(true, Ordering::Release);
    }

    /// The dataset whose header is at `at`, where it is known already.
    pub(crate) fn known_dataset(&self, at: Address) -> Option<Arc<DatasetObject>> {
        self.datasets.lock().unwrap_or_else(PoisonError::into_inner).get(&at).cloned()
    }

    /// Forgets a dataset that is deleted, once that is certain: what waits in it is all there is
    /// where the step is undone.
    pub(crate) fn drop_dataset(&self, at: Address) {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        self.has_deleted.store(true, Ordering::Release);
    }

    fn take_deleted(&self) -> Vec<Address> {
        if !self.has_deleted.load(Ordering::Acquire) {
            return Vec::new();
        }
        self.has_deleted.store(false, Ordering::Release);
        std::mem::take(&mut *self.deleted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A change under way: undone, unless it is kept.
struct Step<'a> {
    store: &'a Arc<Store>,
}

impl Step<'_> {
    /// Gives how many bytes of changes there are since the last commit, and when the first was made.
    fn keep(self) -> Result<(u64, Option<RoughMoment>)> {
        let gathered = self.store.space.keep_step_with(self.store.waiting.came())?;
        self.store.heaps.keep_step();
        self.store.waiting.keep();
        let deleted = self.store.take_deleted();
        if !deleted.is_empty() {
            let mut known = self.store.datasets.lock().unwrap_or_else(PoisonError::into_inner);
            deleted.iter().for_each(|at| drop(known.remove(at)));
        }
        std::mem::forget(self);
        Ok(gathered)
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.store.space.roll_back();
        self.store.heaps.forget();
        self.store.waiting.roll_back();
        self.store.roll_back_datasets();
    }
}

impl Drop for Store {
    /// The last handle is gone: what was changed is written. Who wants to know whether that worked
    /// closes the file.
    fn drop(&mut self) {
        if !self.space.is_closed() {
            let _ = self.finish();
            // A process that is being started at this moment still has the file open: a lock that
            // is not let go of would be its, too.
            let _ = self.space.storage().unlock();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::File;

    #[test]
    fn datasets_that_nobody_holds_are_let_go() {
        let file = File::with_options().auto_flush(false).in_memory().unwrap();
        let held = file.new_dataset::<u8>().shape(100).chunk(64).deflate(1).create("held").unwrap();
        for number in 0..20 {
            let builder = file.new_dataset::<u8>().shape(100).chunk(64).deflate(1);
            let dataset = builder.create(format!("d{number}").as_str()).unwrap();
            dataset.write_slice_raw(&[7; 9], 60..69).unwrap();
        }
        held.write_slice_raw(&[1; 9], 60..69).unwrap();
        let store = &file.found.store;
        assert_eq!(store.known_datasets().len(), 21);
        file.flush().unwrap();
        assert_eq!(store.known_datasets().len(), 1);
        held.write_slice_raw(&[2], 61..62).unwrap();
        let other = file.dataset("d3").unwrap();
        other.write_slice_raw(&[8], 61..62).unwrap();
        file.flush().unwrap();
        assert_eq!(held.read_slice_raw::<u8>(59..63).unwrap(), [0, 1, 2, 1]);
        assert_eq!(other.read_slice_raw::<u8>(59..63).unwrap(), [0, 7, 8, 7]);
    }
}
