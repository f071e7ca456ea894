//! Records of the trees that index a fractal heap's huge objects: types 1 to 4.

use super::Record;
use super::record::fit_exactly;
use crate::codec::{Address, Decoder, Encoder, Sizes, Structure};
use crate::error::Result;

/// Type 1: indirectly accessed, not filtered huge object of a fractal heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndirectHugeRecord {
    pub(crate) address: Address,
    /// Bytes of the object.
    pub(crate) length: u64,
    /// The key.
    pub(crate) id: u64,
}

impl Structure for IndirectHugeRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 1 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            address: d.defined_address("Huge Object Address")?,
            length: d.length("Huge Object Length")?,
            id: d.length("Huge Object ID")?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("Huge Object Address", Some(self.address))?;
        e.length("Huge Object Length", self.length)?;
        e.length("Huge Object ID", self.id)
    }
}

impl Record for IndirectHugeRecord {
    const TYPE: u8 = 1;
    type Context = ();

    fn fit((): &(), size: u16, sizes: Sizes) -> Option<()> {
        fit_exactly(size, sizes.o().saturating_add(sizes.l().saturating_mul(2)))
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.id <= self.id
    }
}

/// Type 2: indirectly accessed, filtered huge object of a fractal heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilteredIndirectHugeRecord {
    pub(crate) address: Address,
    /// Bytes in the file.
    pub(crate) length: u64,
    /// Bit `i` set: filter `i` was skipped.
    pub(crate) filter_mask: u32,
    /// Bytes of the object, decoded.
    pub(crate) memory_size: u64,
    /// The key.
    pub(crate) id: u64,
}

impl Structure for FilteredIndirectHugeRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 2 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            address: d.defined_address("Filtered Huge Object Address")?,
            length: d.length("Filtered Huge Object Length")?,
            filter_mask: d.u32("Filter Mask")?,
            memory_size: d.length("Filtered Huge Object Memory Size")?,
            id: d.length("Huge Object ID")?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("Filtered Huge Object Address", Some(self.address))?;
        e.length("Filtered Huge Object Length", self.length)?;
        e.u32(self.filter_mask);
        e.length("Filtered Huge Object Memory Size", self.memory_size)?;
        e.length("Huge Object ID", self.id)
    }
}

impl Record for FilteredIndirectHugeRecord {
    const TYPE: u8 = 2;
    type Context = ();

    fn fit((): &(), size: u16, sizes: Sizes) -> Option<()> {
        let lengths = sizes.l().saturating_mul(3);
        fit_exactly(size, sizes.o().saturating_add(lengths).saturating_add(4))
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.id <= self.id
    }
}

/// Type 3: directly accessed, not filtered huge object of a fractal heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirectHugeRecord {
    /// The key.
    pub(crate) address: Address,
    /// Bytes of the object.
    pub(crate) length: u64,
}

impl Structure for DirectHugeRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 3 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            address: d.defined_address("Huge Object Address")?,
            length: d.length("Huge Object Length")?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("Huge Object Address", Some(self.address))?;
        e.length("Huge Object Length", self.length)
    }
}

impl Record for DirectHugeRecord {
    const TYPE: u8 = 3;
    type Context = ();

    fn fit((): &(), size: u16, sizes: Sizes) -> Option<()> {
        fit_exactly(size, sizes.o().saturating_add(sizes.l()))
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.address <= self.address
    }
}

/// Type 4: directly accessed, filtered huge object of a fractal heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilteredDirectHugeRecord {
    /// The key.
    pub(crate) address: Address,
    /// Bytes in the file.
    pub(crate) length: u64,
    /// Bit `i` set: filter `i` was skipped.
    pub(crate) filter_mask: u32,
    /// Bytes of the object, decoded.
    pub(crate) memory_size: u64,
}

impl Structure for FilteredDirectHugeRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 4 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            address: d.defined_address("Filtered Huge Object Address")?,
            length: d.length("Filtered Huge Object Length")?,
            filter_mask: d.u32("Filter Mask")?,
            memory_size: d.length("Filtered Huge Object Memory Size")?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("Filtered Huge Object Address", Some(self.address))?;
        e.length("Filtered Huge Object Length", self.length)?;
        e.u32(self.filter_mask);
        e.length("Filtered Huge Object Memory Size", self.memory_size)
    }
}

impl Record for FilteredDirectHugeRecord {
    const TYPE: u8 = 4;
    type Context = ();

    fn fit((): &(), size: u16, sizes: Sizes) -> Option<()> {
        let lengths = sizes.l().saturating_mul(2);
        fit_exactly(size, sizes.o().saturating_add(lengths).saturating_add(4))
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.address <= self.address
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
            address in (0..0xffff_u64).prop_map(Address),
            (length, memory_size, id) in (0..=0xffff_u64, 0..=0xffff_u64, 0..=0xffff_u64),
            filter_mask in any::<u32>(),
        ) {
            let plain = IndirectHugeRecord { address, length, id };
            check_round_trip(&plain);
            check_size(&plain);
            let filtered =
                FilteredIndirectHugeRecord { address, length, filter_mask, memory_size, id };
            check_round_trip(&filtered);
            check_size(&filtered);
            let plain = DirectHugeRecord { address, length };
            check_round_trip(&plain);
            check_size(&plain);
            let filtered = FilteredDirectHugeRecord { address, length, filter_mask, memory_size };
            check_round_trip(&filtered);
            check_size(&filtered);
        }
    }
}
