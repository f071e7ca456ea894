//! How many records and pointers the nodes of a version 2 B-tree hold, and in how many bytes.

use super::BTree2Header;
use crate::codec::{Sizes, bytes_needed};

/// Bytes of a node that are neither records nor pointers: signature, version, type, checksum.
const NODE_OVERHEAD: u64 = 10;

/// How many records and pointers the nodes of a version 2 B-tree hold, and in how many bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeGeometry {
    record_size: u64,
    offsets: u64,
    /// Bytes of "Number of Records for Child Node": sized for a leaf, at every level.
    pub(crate) child_records_width: u8,
    levels: Vec<Level>,
}

/// Nodes of one depth; depth 0 is the leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    max_records: u64,
    /// Most records in such a node and everything below it.
    max_total: u64,
    /// Bytes of "Total Number of Records in Child Node" in such a node.
    child_total_width: Option<u8>,
}

impl NodeGeometry {
    /// `None` where the node size cannot hold a tree of that depth. The caller has bounded the
    /// depth.
    pub(crate) fn of(header: &BTree2Header, sizes: Sizes) -> Option<Self> {
        let record_size = u64::from(header.record_size);
        let room = u64::from(header.node_size).checked_sub(NODE_OVERHEAD)?;
        let leaf_max = room.checked_div(record_size).filter(|max| *max > 0)?;
        let child_records_width = bytes_needed(leaf_max);
        let leaf = Level { max_records: leaf_max, max_total: leaf_max, child_total_width: None };
        let mut geometry =
            Self { record_size, offsets: sizes.o(), child_records_width, levels: vec![leaf] };
        let mut below = leaf;
        for depth in 1..=header.depth {
            let child_total_width = (depth > 1).then(|| bytes_needed(below.max_total));
            let pointer = geometry.pointer_size(child_total_width);
            let max_records = room
                .checked_sub(pointer)?
                .checked_div(record_size.saturating_add(pointer))
                .filter(|max| *max > 0)?;
            let max_total = max_records
                .saturating_add(1)
                .saturating_mul(below.max_total)
                .saturating_add(max_records);
            below = Level { max_records, max_total, child_total_width };
            geometry.levels.push(below);
        }
        Some(geometry)
    }

    fn pointer_size(&self, total_width: Option<u8>) -> u64 {
        self.offsets
            .saturating_add(u64::from(self.child_records_width))
            .saturating_add(u64::from(total_width.unwrap_or(0)))
    }

    /// Most records one node at `depth` holds; 0 for a depth the tree has not.
    pub(crate) fn max_records(&self, depth: u16) -> u64 {
        self.levels.get(usize::from(depth)).map_or(0, |level| level.max_records)
    }

    /// Bytes of "Total Number of Records in Child Node" in a node at `depth`.
    pub(crate) fn child_total_width(&self, depth: u16) -> Option<u8> {
        self.levels.get(usize::from(depth)).and_then(|level| level.child_total_width)
    }

    /// Bytes a node at `depth` with `records` records uses, its checksum included.
    pub(crate) fn used_size(&self, depth: u16, records: u16) -> u64 {
        let records = u64::from(records);
        let pointers = match depth {
            0 => 0,
            _ => records
                .saturating_add(1)
                .saturating_mul(self.pointer_size(self.child_total_width(depth))),
        };
        NODE_OVERHEAD
            .saturating_add(records.saturating_mul(self.record_size))
            .saturating_add(pointers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(node_size: u32, record_size: u16, depth: u16) -> BTree2Header {
        BTree2Header {
            record_type: 5,
            node_size,
            record_size,
            depth,
            split_percent: 100,
            merge_percent: 40,
            root: None,
            root_records: 0,
            total_records: 0,
        }
    }

    #[test]
    fn link_name_trees_have_the_known_capacities() {
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let geometry = NodeGeometry::of(&header(512, 11, 2), sizes).unwrap();
        assert_eq!([0, 1, 2].map(|depth| geometry.max_records(depth)), [45, 24, 22]);
        assert_eq!(geometry.child_total_width(1), None);
        assert_eq!(geometry.child_total_width(2), Some(2));
        assert_eq!(geometry.levels[1].max_total, 25 * 45 + 24);
    }

    #[test]
    fn nodes_too_small_for_a_record_are_refused() {
        let sizes = Sizes { offsets: 8, lengths: 8 };
        assert!(NodeGeometry::of(&header(20, 11, 0), sizes).is_none());
        assert!(NodeGeometry::of(&header(30, 11, 1), sizes).is_none());
    }
}
