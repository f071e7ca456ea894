//! Opening what is left of a file.

use super::Store;
use crate::codec::{Address, Sizes};
use crate::error::{Error, Result};
use crate::format::superblock::Superblock;
use crate::infra::kept::load_once;
use crate::object::entrance::{find_signature, find_superblock};
use crate::object::group::GroupObject;
use crate::object::header::ObjectHeader;
use crate::object::landmarks::Landmarks;
use crate::space::Space;

/// Where libhdf5 puts the root group's header: behind a superblock of version 0, 1, 2 or 3 with
/// addresses of eight bytes.
const ROOTS: [Address; 3] = [Address(96), Address(48), Address(100)];

/// The superblock and where it lies; where there is none that can be read, one such as libhdf5
/// writes most often.
pub(super) fn superblock(space: &Space) -> Result<(Address, Superblock)> {
    if let Some(found) = space.heed(find_superblock(space))? {
        return Ok(found);
    }
    let found = find_signature(space).unwrap_or(Address(0));
    let root_header = Address(ROOTS.first().map_or(0, |at| at.0));
    let block = Superblock {
        version: 2,
        sizes: Sizes { offsets: 8, lengths: 8 },
        consistency_flags: 0,
        group_leaf_k: Superblock::DEFAULT_GROUP_LEAF_K,
        group_internal_k: Superblock::DEFAULT_GROUP_INTERNAL_K,
        chunk_k: Superblock::DEFAULT_CHUNK_K,
        base: found,
        extension: None,
        end_of_file: space.end(),
        driver_info: None,
        root_header,
        root_entry: None,
    };
    Ok((found, block))
}

impl Store {
    /// Takes another root group where the one that the superblock names is none, and one lies where
    /// libhdf5 puts it.
    pub(super) fn find_root(&mut self) {
        let space = &self.space;
        let before = space.noted();
        let is_root = |at: Address| {
            let noted = space.noted();
            let header = ObjectHeader::load(space, at);
            let whole = space.noted() == noted;
            header.is_ok_and(|header| whole && GroupObject::is(&header))
        };
        let stated = self.superblock.root_header;
        let is_readable = |at: Address| {
            ObjectHeader::load(space, at).is_ok_and(|header| GroupObject::is(&header))
        };
        let root = match is_readable(stated) {
            true => None,
            false => ROOTS.into_iter().find(|at| is_root(*at)),
        };
        // What is wrong with the root group is told by who reads it.
        space.take_noted(before);
        if let Some(root) = root {
            self.superblock.root_header = root;
        }
    }

    /// The value, where it can be read or damage is not tolerated. What the caller asks for wrongly
    /// is an error all the same.
    pub(super) fn heed_opening(&self, result: Result<()>) -> Result<()> {
        match result {
            Err(error) if !Error::is_usage(&error) => self.space.note(error),
            done => done,
        }
    }

    /// Where the structures of the file lie that have a signature.
    pub(crate) fn landmarks(&self) -> Result<&Landmarks> {
        load_once(&self.landmarks, || Landmarks::find(&self.space))
    }
}
