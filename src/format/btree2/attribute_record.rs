//! Records of the trees that index an object's attributes: types 8 and 9.

use super::Record;
use super::record::fit_exactly;
use crate::codec::{Decoder, Encoder, Sizes, Structure};
use crate::error::Result;

/// Type 8: attribute name for indexed attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttributeNameRecord {
    /// The attribute message in the object's fractal heap; in the file's heap of shared messages
    /// where the message flags say that the message is shared.
    pub(crate) heap_id: [u8; 8],
    /// The object header message flags.
    pub(crate) message_flags: u8,
    pub(crate) creation_order: u32,
    /// lookup3 of the name: the key, ties broken by the name itself.
    pub(crate) hash: u32,
}

impl Structure for AttributeNameRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 8 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            heap_id: d.array("Heap ID")?,
            message_flags: d.u8("Message Flags")?,
            creation_order: d.u32("Creation Order")?,
            hash: d.u32("Hash of Name")?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(&self.heap_id);
        e.u8(self.message_flags);
        e.u32(self.creation_order);
        e.u32(self.hash);
        Ok(())
    }
}

impl Record for AttributeNameRecord {
    const TYPE: u8 = 8;
    type Context = ();

    fn fit((): &(), size: u16, _: Sizes) -> Option<()> {
        fit_exactly(size, 17)
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.hash <= self.hash
    }
}

/// Type 9: creation order for indexed attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttributeCreationOrderRecord {
    /// As in [`AttributeNameRecord::heap_id`].
    pub(crate) heap_id: [u8; 8],
    /// The object header message flags.
    pub(crate) message_flags: u8,
    /// The key.
    pub(crate) creation_order: u32,
}

impl Structure for AttributeCreationOrderRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 9 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            heap_id: d.array("Heap ID")?,
            message_flags: d.u8("Message Flags")?,
            creation_order: d.u32("Creation Order")?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(&self.heap_id);
        e.u8(self.message_flags);
        e.u32(self.creation_order);
        Ok(())
    }
}

impl Record for AttributeCreationOrderRecord {
    const TYPE: u8 = 9;
    type Context = ();

    fn fit((): &(), size: u16, _: Sizes) -> Option<()> {
        fit_exactly(size, 13)
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.creation_order <= self.creation_order
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;
    use crate::format::btree2::record::tests::check_size;

    proptest! {
        #[test]
        fn round_trips(
            (heap_id, message_flags, creation_order, hash) in any::<([u8; 8], u8, u32, u32)>(),
        ) {
            let by_name = AttributeNameRecord { heap_id, message_flags, creation_order, hash };
            check_round_trip(&by_name);
            check_size(&by_name);
            let by_order = AttributeCreationOrderRecord { heap_id, message_flags, creation_order };
            check_round_trip(&by_order);
            check_size(&by_order);
        }
    }
}
