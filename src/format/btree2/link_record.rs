//! Records of the trees that index a group's links: types 5 and 6.

use super::Record;
use super::record::fit_exactly;
use crate::codec::{Decoder, Encoder, Sizes, Structure};
use crate::error::Result;

/// Type 5: link name for indexed group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkNameRecord {
    /// lookup3 of the name: the key, ties broken by the name itself.
    pub(crate) hash: u32,
    /// The link message in the group's fractal heap.
    pub(crate) heap_id: [u8; 7],
}

impl Structure for LinkNameRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 5 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self { hash: d.u32("Hash of Name")?, heap_id: d.array("Heap ID")? })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u32(self.hash);
        e.bytes(&self.heap_id);
        Ok(())
    }
}

impl Record for LinkNameRecord {
    const TYPE: u8 = 5;
    type Context = ();

    fn fit((): &(), size: u16, _: Sizes) -> Option<()> {
        fit_exactly(size, 11)
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.hash <= self.hash
    }
}

/// Type 6: creation order for indexed group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkCreationOrderRecord {
    /// The key.
    pub(crate) creation_order: i64,
    /// The link message in the group's fractal heap.
    pub(crate) heap_id: [u8; 7],
}

impl Structure for LinkCreationOrderRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 6 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let creation_order = d.u64("Creation Order")?.cast_signed();
        Ok(Self { creation_order, heap_id: d.array("Heap ID")? })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u64(self.creation_order.cast_unsigned());
        e.bytes(&self.heap_id);
        Ok(())
    }
}

impl Record for LinkCreationOrderRecord {
    const TYPE: u8 = 6;
    type Context = ();

    fn fit((): &(), size: u16, _: Sizes) -> Option<()> {
        fit_exactly(size, 15)
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
        fn round_trips((hash, creation_order, heap_id) in any::<(u32, i64, [u8; 7])>()) {
            let by_name = LinkNameRecord { hash, heap_id };
            check_round_trip(&by_name);
            check_size(&by_name);
            let by_order = LinkCreationOrderRecord { creation_order, heap_id };
            check_round_trip(&by_order);
            check_size(&by_order);
        }
    }
}
