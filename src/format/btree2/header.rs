//! Version 2 B-tree header.

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure};
use crate::error::Result;

const SIGNATURE: [u8; 4] = *b"BTHD";

/// Version 2 B-tree header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BTree2Header {
    /// What the records are: 1 to 11, or a type this crate does not know.
    pub(crate) record_type: u8,
    /// Bytes of every node, used or not.
    pub(crate) node_size: u32,
    /// Bytes of every record.
    pub(crate) record_size: u16,
    /// Levels below the root: 0 where the root is a leaf.
    pub(crate) depth: u16,
    /// Fill at which a node splits, in percent.
    pub(crate) split_percent: u8,
    /// Fill at which nodes merge, in percent.
    pub(crate) merge_percent: u8,
    /// `None` where the tree is empty.
    pub(crate) root: Option<Address>,
    /// Records in the root node itself.
    pub(crate) root_records: u16,
    /// Records in the whole tree.
    pub(crate) total_records: u64,
}

impl BTree2Header {
    /// Bytes of the header.
    pub(crate) fn size(sizes: Sizes) -> u64 {
        sizes.o().saturating_add(sizes.l()).saturating_add(22)
    }
}

impl Structure for BTree2Header {
    const NAME: &'static str = "Version 2 B-tree Header";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.signature(&SIGNATURE)?;
        d.u8_in("Version", 0..=0)?;
        let header = Self {
            record_type: d.u8("Type")?,
            node_size: d.u32("Node Size")?,
            record_size: d.checked("Record Size", Decoder::u16, |size| size > 0)?,
            depth: d.u16("Depth")?,
            split_percent: d.u8("Split Percent")?,
            merge_percent: d.u8("Merge Percent")?,
            root: d.address("Root Node Address")?,
            root_records: d.u16("Number of Records in Root Node")?,
            total_records: d.length("Total Number of Records in B-tree")?,
        };
        d.checksum()?;
        Ok(header)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(&SIGNATURE);
        e.u8(0);
        e.u8(self.record_type);
        e.u32(self.node_size);
        e.u16(self.record_size);
        e.u16(self.depth);
        e.u8(self.split_percent);
        e.u8(self.merge_percent);
        e.address("Root Node Address", self.root)?;
        e.u16(self.root_records);
        e.length("Total Number of Records in B-tree", self.total_records)?;
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{SIZES, check_round_trip};
    use crate::codec::{StructureIn, wide};

    proptest! {
        #[test]
        fn round_trips(
            (record_type, node_size, record_size) in (any::<u8>(), any::<u32>(), 1..u16::MAX),
            (depth, split_percent, merge_percent) in (any::<u16>(), any::<u8>(), any::<u8>()),
            root in proptest::option::of(0..0xffff_u64),
            (root_records, total_records) in (any::<u16>(), 0..0xffff_u64),
        ) {
            let header = BTree2Header {
                record_type,
                node_size,
                record_size,
                depth,
                split_percent,
                merge_percent,
                root: root.map(Address),
                root_records,
                total_records,
            };
            check_round_trip(&header);
            for sizes in SIZES {
                let bytes = header.to_bytes_in(sizes, &()).unwrap();
                prop_assert_eq!(wide(bytes.len()), BTree2Header::size(sizes));
            }
        }
    }
}
