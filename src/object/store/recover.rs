//! What a writer that died left behind, put right by hand.

use std::sync::Arc;

use crate::codec::{Address, Sizes, StructureIn};
use crate::error::{Error, Result};
use crate::format::superblock::Superblock;
use crate::io::Storage;
use crate::limits::Limits;
use crate::object::entrance::{end_of_file, find_signature};
use crate::space::Space;

/// What was put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recovered {
    /// An unfinished commit was finished.
    pub(crate) commit: bool,
    /// The marks of an open file were taken away.
    pub(crate) status: bool,
}

/// Finishes an unfinished commit, and takes away the marks of a file open for writing.
pub(crate) fn recover(storage: &Arc<dyn Storage>) -> Result<Recovered> {
    if !storage.is_writable() {
        return Err(Error::usage("the storage does not take writes"));
    }
    let sizes = Sizes { offsets: 8, lengths: 8 };
    let mut space = Space::new(Arc::clone(storage), Limits::DEFAULT, sizes)?;
    let commit = space.recover()?;
    let found = find_signature(&space)?;
    let mut superblock: Superblock =
        space.load(found, space.available(found, Superblock::MAX_SIZE))?;
    let status = superblock.consistency_flags != 0;
    if status {
        // What lies behind the end that the superblock states may be in use already.
        let end = end_of_file(&superblock, found, space.end().0);
        let end = end.saturating_sub(found.0).saturating_add(superblock.base.0);
        superblock.end_of_file = Address(end);
        superblock.consistency_flags = 0;
        let bytes = superblock.to_bytes_in(superblock.sizes, &())?;
        storage.write_at(space.offset(found), &bytes)?;
        storage.sync()?;
    }
    Ok(Recovered { commit, status })
}
