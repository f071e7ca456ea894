//! Spaces to try changes on.

use std::sync::Arc;

use super::{Placement, Space};
use crate::codec::{Address, Sizes};
use crate::format::superblock::Superblock;
use crate::io::{SharedMemory, Storage};
use crate::limits::Limits;

/// Bytes of the superblock of a scratch space with addresses of 8 bytes.
pub(crate) const SUPERBLOCK_LEN: u64 = 48;

/// A writable space in memory that ends at 0x800.
pub(crate) fn scratch() -> Space {
    scratch_with(Sizes { offsets: 8, lengths: 8 })
}

/// As [`scratch`], with other widths.
pub(crate) fn scratch_with(sizes: Sizes) -> Space {
    scratch_on(Arc::new(SharedMemory::default()), sizes)
}

/// As [`scratch`], on a storage.
pub(crate) fn scratch_on(storage: Arc<dyn Storage>, sizes: Sizes) -> Space {
    let mut space = Space::new(storage, Limits::DEFAULT, sizes).unwrap();
    space.set_bounds(0, 0x800, sizes);
    let superblock = Superblock {
        version: 2,
        sizes,
        consistency_flags: 0,
        group_leaf_k: Superblock::DEFAULT_GROUP_LEAF_K,
        group_internal_k: Superblock::DEFAULT_GROUP_INTERNAL_K,
        chunk_k: Superblock::DEFAULT_CHUNK_K,
        base: Address(0),
        extension: None,
        end_of_file: Address(0x800),
        driver_info: None,
        root_header: Address(48),
        root_entry: None,
    };
    let placement =
        Placement { alignment: 1, threshold: 0, page: None, base: 0, limit: limit(sizes) };
    space.open_for_writing(superblock, false, placement);
    space
}

fn limit(sizes: Sizes) -> u64 {
    1u64.checked_shl(u32::from(sizes.offsets) * 8).map_or(u64::MAX, |limit| limit - 1)
}

impl Space {
    /// Bytes allocated and not given back, of a scratch space.
    pub(crate) fn allocated(&self) -> u64 {
        let writer = self.state_mut().unwrap();
        let free: u64 = writer.allocator.free_runs().iter().map(|run| run.len).sum();
        writer.allocator.end() - free - writer.allocator.waiting_bytes()
    }
}
