//! The redo record: what a commit is about to write in place, kept behind the end of the file
//! until it is written.
//!
//! ```text
//! record                                footer, the last bytes of the storage
//!   signature (4)                         signature (4)
//!   storage length when done (8)          storage offset of the record (8)
//!   number of blocks (4)                  length of the record (8)
//!   per block: storage offset (8),        checksum of the record (4)
//!     length (4), old bytes, new bytes    checksum of the footer (4)
//! ```
//!
//! Other programs take the end of the file from the superblock, and never see it.

use crate::codec::{Decoder, Encoder, Sizes, Structure, lookup3, wide};
use crate::error::Result;

/// The widths of records do not depend on the file's.
pub(super) const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

/// A block that is written in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Storage offset.
    pub(crate) offset: u64,
    pub(crate) old: Vec<u8>,
    /// As long as `old`.
    pub(crate) new: Vec<u8>,
}

impl Change {
    /// Whether `found` can be what an interrupted write left of the old bytes.
    pub(crate) fn explains(&self, found: &[u8]) -> bool {
        let mut both = self.old.iter().zip(&self.new);
        found.len() == self.old.len()
            && found.iter().all(|byte| both.next().is_some_and(|(a, b)| byte == a || byte == b))
    }
}

/// What a commit is about to write in place, in that order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedoRecord {
    /// Bytes of the storage when everything is written.
    pub(crate) storage_len: u64,
    pub(crate) changes: Vec<Change>,
}

impl Structure for RedoRecord {
    const NAME: &'static str = "Redo Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.signature(b"HRDO")?;
        let storage_len = d.u64("Storage Length")?;
        let count = d.u32("Number of Blocks")?;
        let mut changes = Vec::new();
        for _ in 0..count {
            let offset = d.u64("Storage Offset")?;
            let len = d.u32("Length")?;
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            let old = d.bytes("Old Bytes", len)?.to_vec();
            let new = d.bytes("New Bytes", len)?.to_vec();
            changes.push(Change { offset, old, new });
        }
        Ok(Self { storage_len, changes })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(b"HRDO");
        e.u64(self.storage_len);
        e.u32(e.count("Number of Blocks", self.changes.len())?);
        for change in &self.changes {
            e.u64(change.offset);
            e.u32(e.count("Length", change.old.len())?);
            e.bytes(&change.old);
            e.bytes(&change.new);
        }
        Ok(())
    }
}

/// The last bytes of a storage that holds a redo record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RedoFooter {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) checksum: u32,
}

impl RedoFooter {
    /// Bytes of a footer.
    pub(crate) const LEN: usize = 28;
    pub(crate) const SIZE: u64 = 28;
    /// The first of them.
    pub(crate) const SIGNATURE: &'static [u8; 4] = b"HRDF";

    /// The footer of the record with these bytes, at `offset`.
    pub(crate) fn of(offset: u64, record: &[u8]) -> Self {
        Self { offset, len: wide(record.len()), checksum: lookup3(record) }
    }
}

impl Structure for RedoFooter {
    const NAME: &'static str = "Redo Footer";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.signature(Self::SIGNATURE)?;
        let footer = Self {
            offset: d.u64("Offset of the Record")?,
            len: d.u64("Length of the Record")?,
            checksum: d.u32("Checksum of the Record")?,
        };
        d.checksum()?;
        Ok(footer)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(Self::SIGNATURE);
        e.u64(self.offset);
        e.u64(self.len);
        e.u32(self.checksum);
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;

    proptest! {
        #[test]
        fn round_trips(
            storage_len in any::<u64>(),
            blocks in prop::collection::vec((any::<u64>(), prop::collection::vec(any::<(u8, u8)>(), 0..20)), 0..4),
        ) {
            let changes = blocks.into_iter().map(|(offset, bytes)| {
                let (old, new) = bytes.into_iter().unzip();
                Change { offset, old, new }
            });
            check_round_trip(&RedoRecord { storage_len, changes: changes.collect() });
            check_round_trip(&RedoFooter { offset: storage_len, len: 3, checksum: 4 });
        }
    }

    #[test]
    fn an_interrupted_write_is_explained() {
        let change = Change { offset: 0, old: vec![1, 2, 3], new: vec![1, 5, 6] };
        assert!(change.explains(&[1, 5, 3]) && change.explains(&[1, 2, 6]));
        assert!(!change.explains(&[1, 2, 4]) && !change.explains(&[1, 2]));
    }
}
