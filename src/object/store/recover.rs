//! What a writer that died left behind, put right by hand.

use std::sync::Arc;

use super::{OpenOptions, Store};
use crate::codec::{Address, Sizes, StructureIn};
use crate::error::{Error, Result};
use crate::format::message::{MessageType, MetadataCacheImage};
use crate::io::Storage;
use crate::limits::Limits;
use crate::object::entrance::{end_of_file, find_superblock};
use crate::space::{Leftover, Space};

/// What is to be put right, beside an unfinished commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jobs {
    /// An unfinished commit is taken back, not finished.
    pub(crate) take_back: bool,
    /// The marks of an open file go.
    pub(crate) status: bool,
    /// The metadata cache image goes, and what it holds is put in its place.
    pub(crate) cache_image: bool,
    /// The file ends so many bytes behind all that is there.
    pub(crate) extend: Option<u64>,
}

/// What was put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub(crate) leftover: Leftover,
    /// The marks of an open file were taken away.
    pub(crate) status: bool,
    /// The metadata cache image was taken away.
    pub(crate) cache_image: bool,
    /// Bytes of the file.
    pub(crate) len: u64,
}

/// Where a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    /// Bytes of the file, as its superblock has it.
    pub(crate) stated: u64,
    /// Bytes of the storage.
    pub(crate) stored: u64,
    /// It is marked as open for writing.
    pub(crate) marked: bool,
}

fn space(storage: &Arc<dyn Storage>) -> Result<Space> {
    let sizes = Sizes { offsets: 8, lengths: 8 };
    Space::new(Arc::clone(storage), Limits::DEFAULT, sizes)
}

/// Where the file in the storage ends, as it is.
pub(crate) fn ends(storage: &Arc<dyn Storage>) -> Result<Ends> {
    let (found, block) = find_superblock(&space(storage)?)?;
    // What a writer that died left behind the stated end does not count.
    let stated = end_of_file(&block, found, 0);
    Ok(Ends { stated, stored: storage.len()?, marked: block.is_marked() })
}

/// Puts right what a writer that died left behind.
pub(crate) fn recover(storage: &Arc<dyn Storage>, jobs: Jobs) -> Result<Recovered> {
    if !storage.is_writable() {
        return Err(Error::usage("the storage does not take writes"));
    }
    let mut space = space(storage)?;
    let leftover = space.recover_by_hand(jobs.take_back)?;
    let (found, mut block) = find_superblock(&space)?;
    // A file that is shorter than it says is not made longer here.
    let len = space.end().0;
    match leftover {
        Leftover::TakenBack(at) => space.cut(end_of_file(&block, found, at).min(len))?,
        Leftover::Stale(at) => space.cut(end_of_file(&block, found, at).max(at).min(len))?,
        Leftover::Nothing | Leftover::Finished => {}
    }
    let status = jobs.status && block.consistency_flags != 0;
    if status || jobs.extend.is_some() {
        check_alone(storage)?;
        // What lies behind the end that the superblock states may be in use already.
        let mut end = end_of_file(&block, found, space.end().0);
        if let Some(more) = jobs.extend {
            let too_large = || Error::usage("the file would be larger than any can be");
            end = end.max(space.end().0).checked_add(more).ok_or_else(too_large)?;
            space.cut(end)?;
        }
        block.end_of_file = Address(end.saturating_sub(found.0).saturating_add(block.base.0));
        if status {
            block.consistency_flags = 0;
        }
        let bytes = block.to_bytes_in(block.sizes, &())?;
        storage.write_at(space.offset(found), &bytes)?;
        storage.sync()?;
    }
    let cache_image = jobs.cache_image && place_cache_image(storage)?;
    Ok(Recovered { leftover, status, cache_image, len: storage.len()? })
}

/// Refuses a file that is one part of several, whose end is not that of the whole.
fn check_alone(storage: &Arc<dyn Storage>) -> Result<()> {
    let options = OpenOptions { ignore_status: true, ..OpenOptions::default() };
    match Store::open(Arc::clone(storage), None, options) {
        Err(error) if error.is_usage() => Err(error),
        // What else is wrong with it may be what is to be put right.
        _ => Ok(()),
    }
}

/// Puts the blocks of a metadata cache image in their places, where there is one.
fn place_cache_image(storage: &Arc<dyn Storage>) -> Result<bool> {
    let options = OpenOptions { ignore_status: true, ..OpenOptions::default() };
    let store = Store::open(Arc::clone(storage), None, options.clone())?;
    let Some(extension) = store.superblock().extension else { return Ok(false) };
    let header = store.header(extension)?;
    let image = store.message(&header, MessageType::METADATA_CACHE_IMAGE)?;
    if image.is_none_or(|image: MetadataCacheImage| image.address.is_none() || image.size == 0) {
        return Ok(false);
    }
    // Who opens a file for writing does that; a change writes it down.
    let options = OpenOptions { writable: true, ..options };
    let store = Store::open(Arc::clone(storage), None, options)?.shared();
    if let Some(superblock) = store.space().superblock() {
        store.space().set_superblock(superblock)?;
    }
    store.close()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::File;
    use crate::io::SharedMemory;
    use crate::space::{RedoFooter, RedoRecord};

    /// A file whose superblock states another length, with a record of some other file behind it.
    fn misstated(stated: u64) -> (SharedMemory, u64) {
        let mut bytes = File::in_memory().unwrap().into_bytes().unwrap();
        let space = Space::new(
            Arc::new(SharedMemory::new(bytes.clone())),
            Limits::DEFAULT,
            Sizes { offsets: 8, lengths: 8 },
        )
        .unwrap();
        let (_, mut block) = find_superblock(&space).unwrap();
        block.end_of_file = Address(stated);
        let block = block.to_bytes_in(block.sizes, &()).unwrap();
        bytes[..block.len()].copy_from_slice(&block);
        let len = u64::try_from(bytes.len()).unwrap();
        let record = RedoRecord { storage_len: len + 1, changes: Vec::new() };
        let record = record.to_bytes_in(space.sizes(), &()).unwrap();
        let footer = RedoFooter::of(len, &record).to_bytes_in(space.sizes(), &()).unwrap();
        bytes.extend([record, footer].concat());
        (SharedMemory::new(bytes), len)
    }

    #[test]
    fn a_record_that_goes_makes_no_file_longer() {
        let jobs = Jobs { take_back: false, status: true, cache_image: false, extend: None };
        for stated in [1, 600, 1 << 20, 1 << 60] {
            let (storage, len) = misstated(stated);
            let whole = storage.len().unwrap();
            let storage: Arc<dyn Storage> = Arc::new(storage);
            let done = recover(&storage, jobs).unwrap();
            assert!(matches!(done.leftover, Leftover::Stale(_)), "{done:?}");
            assert_eq!(done.len, if stated < len { len } else { stated.min(whole) });
        }
    }
}
