//! Local heap (specification III.D; `spec-notes/heaps.md`).
//!
//! ```text
//! header                                  free block, inside the data segment
//!   signature "HEAP", version, reserved     next free block's offset (L), 1: none
//!   data segment size (L)                   size (L)
//!   offset of the first free block (L)
//!   data segment address (O)
//! ```

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure};
use crate::error::Result;

/// The offset that ends a free list. Blocks lie at multiples of 8.
const NO_BLOCK: u64 = 1;

/// Where a local heap's data segment lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalHeap {
    /// Bytes of the data segment.
    pub(crate) data_size: u64,
    /// Offset of the first free block in the data segment.
    pub(crate) free_head: Option<u64>,
    /// The data segment.
    pub(crate) data: Address,
}

impl LocalHeap {
    /// Bytes of a header on disk.
    pub(crate) fn size(sizes: Sizes) -> u64 {
        8_u64.saturating_add(sizes.l().saturating_mul(2)).saturating_add(sizes.o())
    }
}

impl Structure for LocalHeap {
    const NAME: &'static str = "Local Heap";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.signature(b"HEAP")?;
        d.u8_in("Version", 0..=0)?;
        d.skip("Reserved", 3)?;
        let data_size = d.length("Data Segment Size")?;
        let place = d.clone();
        let field = "Offset to Head of Free-list";
        let free_head = d.length_or_unlimited(field)?.filter(|offset| *offset != NO_BLOCK);
        if free_head.is_some_and(|offset| offset >= data_size) {
            return Err(place.broken(field, "it lies behind the data segment"));
        }
        let data = d.defined_address("Address of Data Segment")?;
        Ok(Self { data_size, free_head, data })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(b"HEAP\0\0\0\0");
        e.length("Data Segment Size", self.data_size)?;
        e.length("Offset to Head of Free-list", self.free_head.unwrap_or(NO_BLOCK))?;
        e.address("Address of Data Segment", Some(self.data))
    }
}

/// A free part of a local heap's data segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FreeBlock {
    /// Offset of the next free block in the data segment.
    pub(crate) next: Option<u64>,
    /// Bytes of this block, these fields included.
    pub(crate) size: u64,
}

impl FreeBlock {
    /// Bytes of these fields on disk.
    pub(crate) fn fields(sizes: Sizes) -> u64 {
        sizes.l().saturating_mul(2)
    }
}

impl Structure for FreeBlock {
    const NAME: &'static str = "Local Heap Free Block";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let next = d.checked("Offset of Next Free Block", Decoder::length, |next| next != 0)?;
        let size = d.length("Size of Free Block")?;
        Ok(Self { next: Some(next).filter(|next| *next != NO_BLOCK), size })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.length("Offset of Next Free Block", self.next.unwrap_or(NO_BLOCK))?;
        e.length("Size of Free Block", self.size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;

    proptest! {
        #[test]
        fn headers_round_trip(
            data_size in 4000..=0xffff_u64,
            free_head in prop::option::of(2..4000_u64),
            data in 0..0xffff_u64,
        ) {
            check_round_trip(&LocalHeap { data_size, free_head, data: Address(data) });
        }

        #[test]
        fn free_blocks_round_trip(
            next in prop::option::of(2..=0xffff_u64),
            size in 0..=0xffff_u64,
        ) {
            check_round_trip(&FreeBlock { next, size });
        }
    }
}
