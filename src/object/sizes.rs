//! How many bytes the structures of objects and files take.

use std::sync::Arc;

use super::attribute;
use super::dataset::DatasetObject;
use super::group::GroupObject;
use super::header::ObjectHeader;
use super::store::Store;
use crate::error::Result;
use crate::format::message::{DataLayout, LayoutClass, MessageType};
use crate::space::{Extents, Purpose};

/// Bytes of the structures of an object.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let sizes = file.metadata_sizes()?;
/// println!("{} bytes of headers, {} unused", sizes.header, sizes.header_unused);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetadataSizes {
    /// Object header.
    pub header: u64,
    /// Bytes of it that no message takes.
    pub header_unused: u64,
    /// Of a group, the trees of its links; of a dataset, the index of its chunks.
    pub index: u64,
    /// Of a group, the heap of its links; of a dataset, that of the names of external files.
    pub heap: u64,
    /// The trees of attributes outside of the header.
    pub attribute_index: u64,
    /// Their heap.
    pub attribute_heap: u64,
}

impl MetadataSizes {
    /// Those of the object with this header.
    pub(crate) fn of(store: &Arc<Store>, header: &ObjectHeader) -> Result<Self> {
        let mut extents = Extents::default();
        if DatasetObject::is(header) {
            let layout = store.message::<DataLayout>(header, MessageType::DATA_LAYOUT)?;
            let is_virtual =
                layout.is_some_and(|layout| matches!(layout.class, LayoutClass::Virtual { .. }));
            if !is_virtual {
                DatasetObject::load(store, header)?.extents(store, &mut extents)?;
            }
        } else if GroupObject::is(header) {
            GroupObject::load(store, header)?.extents(store, &mut extents)?;
        }
        let (index, heap) = split(&extents);
        let mut extents = Extents::default();
        if let Some(dense) = attribute::dense(store, header)? {
            dense.extents(store, &mut extents)?;
        }
        let (attribute_index, attribute_heap) = split(&extents);
        let (header, header_unused) = (header.size(), header.unused());
        Ok(Self { header, header_unused, index, heap, attribute_index, attribute_heap })
    }
}

/// Bytes of structures outside of heaps, and of heaps with what is in them.
pub(crate) fn split(extents: &Extents) -> (u64, u64) {
    extents.iter().fold((0, 0), |(index, heap), extent| match (extent.in_heap, extent.purpose) {
        (true, _) => (index, heap.saturating_add(extent.len)),
        (false, Purpose::Metadata) => (index.saturating_add(extent.len), heap),
        (false, _) => (index, heap),
    })
}

/// Bytes of the structures of a file that belong to no object.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let sizes = file.structure_sizes()?;
/// println!("{} bytes of superblock", sizes.superblock);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StructureSizes {
    /// Superblock, with the block that describes the driver.
    pub superblock: u64,
    /// Superblock extension.
    pub extension: u64,
    /// Table of shared messages.
    pub shared_table: u64,
    /// Lists and trees of shared messages.
    pub shared_index: u64,
    /// Heaps of shared messages.
    pub shared_heap: u64,
    /// Managers of free space.
    pub free_space: u64,
    /// Pieces of free space that the file remembers, in bytes.
    pub free_sections: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use crate::File;

    #[test]
    fn what_objects_take_is_told_by_parts() {
        let file = File::in_memory().unwrap();
        let group = file.create_group("many").unwrap();
        for number in 0..20 {
            group.create_group(&format!("group {number}")).unwrap();
        }
        file.flush().unwrap();
        let sizes = group.metadata_sizes().unwrap();
        assert!(sizes.header > sizes.header_unused);
        assert!(sizes.index > 0 && sizes.heap > 0);
        assert_eq!((sizes.attribute_index, sizes.attribute_heap), (0, 0));
        let structures = file.structure_sizes().unwrap();
        assert!(structures.superblock >= 48);
        assert_eq!(structures.shared_table, 0);
    }
}
