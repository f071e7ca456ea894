//! Bounds on what an untrusted file may make this crate allocate or follow.

use crate::error::{Error, Result};

/// Bounds on what an untrusted file may make this crate allocate or follow.
///
/// Every bound is checked before the allocation or the step it guards, and an error names it.
///
/// ```
/// let mut limits = hdfive::Limits::default();
/// limits.chunk_bytes = 16 << 20;
/// let _builder = hdfive::File::with_options().limits(limits);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest single metadata block read from the file, in bytes. Default: 64 MiB.
    pub metadata_block_bytes: u64,
    /// Most messages in one object header. Default: 65,536.
    pub header_messages: u64,
    /// Most continuation blocks of one object header. Default: 4,096.
    pub header_blocks: u64,
    /// Deepest B-tree. Default: 32.
    pub tree_depth: u64,
    /// Deepest nesting of indirect blocks in a fractal heap. Default: 16.
    pub heap_depth: u64,
    /// Deepest nesting of a datatype. Default: 32.
    pub datatype_depth: u64,
    /// Most members of one datatype, nested ones included. Default: 65,535.
    pub datatype_members: u64,
    /// Largest element of a dataset or attribute, in bytes. Default: 1 GiB.
    pub element_bytes: u64,
    /// Largest chunk, decoded, in bytes. Default: 1 GiB.
    pub chunk_bytes: u64,
    /// Most soft and external links followed for one path. Default: 16.
    pub link_hops: u64,
    /// Deepest nesting of files opened through external links and virtual sources. Default: 8.
    pub file_depth: u64,
    /// Most mappings of one virtual dataset. Default: 1,048,576.
    pub virtual_mappings: u64,
    /// Most blocks or points of one stored selection. Default: 16,777,216.
    pub selection_blocks: u64,
    /// Most bytes one read may allocate for its result. Default: none (`u64::MAX`).
    pub read_bytes: u64,
}

impl Limits {
    /// The default of every limit.
    pub const DEFAULT: Self = Self {
        metadata_block_bytes: 64 << 20,
        header_messages: 65_536,
        header_blocks: 4_096,
        tree_depth: 32,
        heap_depth: 16,
        datatype_depth: 32,
        datatype_members: 65_535,
        element_bytes: 1 << 30,
        chunk_bytes: 1 << 30,
        link_hops: 16,
        file_depth: 8,
        virtual_mappings: 1 << 20,
        selection_blocks: 1 << 24,
        read_bytes: u64::MAX,
    };

    /// An error naming `limit` where `asked` is above `allowed`.
    pub(crate) fn check(limit: &'static str, asked: u64, allowed: u64) -> Result<()> {
        if asked > allowed { Err(Error::limit(limit, asked, allowed)) } else { Ok(()) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
