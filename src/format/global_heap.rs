//! Global heap (specification III.E; `spec-notes/heaps.md`).
//!
//! ```text
//! collection                              object
//!   signature "GCOL", version, reserved     index (2), reference count (2), reserved (4)
//!   collection size (L), to a multiple of 8 size of the data (L), to a multiple of 8
//!   objects                                 data, to a multiple of 8
//! ```
//!
//! The object of index 0 is the free space at the end; its size counts its own header.

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, words};
use crate::error::Result;
use crate::limits::Limits;

/// Names one object of one global heap collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HeapId {
    /// The collection; `None` where there is no object.
    pub(crate) address: Option<Address>,
    /// The object's index in it.
    pub(crate) index: u32,
}

impl HeapId {
    /// The identifier of no object.
    pub(crate) const NULL: Self = Self { address: None, index: 0 };

    /// The object `index` of the collection at `address`: the address 0 stands for no object, as does
    /// the undefined address.
    #[inline]
    pub(crate) fn new(address: Option<Address>, index: u32) -> Self {
        Self { address: address.filter(|address| *address != Address(0)), index }
    }

    /// Its bytes in a file whose addresses have 8 bytes, the first one lowest.
    #[inline]
    pub(crate) fn packed(self) -> u128 {
        let address = self.address.unwrap_or(Address(0)).0;
        u128::from(address) | u128::from(self.index) << 64
    }
}

impl Structure for HeapId {
    const NAME: &'static str = "Global Heap ID";

    #[inline]
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let address = d.address("Collection Address")?;
        Ok(Self::new(address, d.u32("Object Index")?))
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("Collection Address", Some(self.address.unwrap_or(Address(0))))?;
        e.u32(self.index);
        Ok(())
    }
}

/// The first bytes of a global heap collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CollectionHeader {
    /// Bytes of the collection, this header included.
    pub(crate) size: u64,
}

impl CollectionHeader {
    /// Bytes of the smallest collection.
    pub(crate) const MIN_SIZE: u64 = 4096;
    /// Bytes of the largest collection that is made for more than one object, as libhdf5 has it.
    pub(crate) const MAX_SIZE: u64 = 65_536;
    /// Bytes of a header with the widest length there is.
    pub(crate) const MAX_HEADER: u64 = 40;

    /// Bytes of a header.
    pub(crate) fn len(sizes: Sizes) -> usize {
        usize::from(sizes.lengths).saturating_add(8).next_multiple_of(8)
    }
}

impl Structure for CollectionHeader {
    const NAME: &'static str = "Global Heap Collection";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let start = d.position();
        d.signature(b"GCOL")?;
        d.u8_in("Version", 1..=1)?;
        d.skip("Reserved", 3)?;
        let size = d.checked("Collection Size", Decoder::length, |size| size >= Self::MIN_SIZE)?;
        d.skip("Padding", padding(d.position().saturating_sub(start)))?;
        Ok(Self { size })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let start = e.position();
        e.bytes(b"GCOL\x01\0\0\0");
        e.length("Collection Size", self.size)?;
        e.zeros(padding(e.position().saturating_sub(start)));
        Ok(())
    }
}

/// What stands before an object's data in a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectHeader {
    /// The object's index; 0 is free space.
    pub(crate) index: u16,
    /// References to the object; 0 does not mean that it is gone.
    pub(crate) references: u16,
    /// Bytes of the data; of data and header for free space.
    pub(crate) size: u64,
}

impl ObjectHeader {
    /// Bytes of a header.
    #[inline]
    pub(crate) fn len(sizes: Sizes) -> usize {
        if sizes.lengths == 8 {
            // Nearly always.
            return 16;
        }
        usize::from(sizes.lengths).saturating_add(8).next_multiple_of(8)
    }

    /// The header that `bytes` start with; `None` where they are too few, or it is broken.
    #[inline]
    pub(crate) fn first(bytes: &[u8], sizes: Sizes) -> Option<Self> {
        if sizes.lengths == 8 {
            let [head, size] = words(bytes)?;
            let half = |shift: u32| u16::try_from(head >> shift & 0xffff).unwrap_or(0);
            return Some(Self { index: half(0), references: half(16), size });
        }
        let head = bytes.get(..Self::len(sizes))?;
        let name = <Self as Structure>::NAME;
        Self::decode(&mut Decoder::new(name, head, 0, sizes, &Limits::DEFAULT)).ok()
    }
}

impl Structure for ObjectHeader {
    const NAME: &'static str = "Global Heap Object";

    #[inline]
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        if d.sizes().lengths == 8
            && let Ok(bytes) = d.array::<16>("Heap Object Index")
            && let Some(header) = Self::first(&bytes, d.sizes())
        {
            return Ok(header);
        }
        let start = d.position();
        let index = d.u16("Heap Object Index")?;
        let references = d.u16("Reference Count")?;
        d.skip("Reserved", 4)?;
        let size = d.length("Object Size")?;
        d.skip("Padding", padding(d.position().saturating_sub(start)))?;
        Ok(Self { index, references, size })
    }

    #[inline]
    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let start = e.position();
        // The upper half is reserved.
        let first = u64::from(self.index) | u64::from(self.references) << 16;
        if e.sizes().lengths == 8 {
            e.u128(u128::from(first) | u128::from(self.size) << 64);
            return Ok(());
        }
        e.u64(first);
        e.length("Object Size", self.size)?;
        e.zeros(padding(e.position().saturating_sub(start)));
        Ok(())
    }
}

/// Bytes missing to the next multiple of 8.
pub(crate) fn padding(len: usize) -> usize {
    len.wrapping_neg() & 7
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::StructureIn;
    use crate::codec::testing::{SIZES, check_round_trip};

    proptest! {
        #[test]
        fn ids_round_trip(address in prop::option::of(1..0xffff_u64), index: u32) {
            let id = HeapId::new(address.map(Address), index);
            check_round_trip(&id);
            prop_assert_eq!(id.address.map(|at| at.0), address);
            prop_assert_eq!(HeapId::new(Some(Address(0)), index).address, None);
            let bytes = id.to_bytes_in(Sizes { offsets: 8, lengths: 8 }, &()).unwrap();
            prop_assert_eq!(&id.packed().to_le_bytes()[..12], bytes);
        }

        #[test]
        fn collection_headers_round_trip(size in 4096..=0xffff_u64) {
            let header = CollectionHeader { size };
            check_round_trip(&header);
            for sizes in SIZES {
                let bytes = header.to_bytes_in(sizes, &()).unwrap();
                prop_assert_eq!(bytes.len(), CollectionHeader::len(sizes));
            }
        }

        #[test]
        fn object_headers_round_trip(index: u16, references: u16, size in 0..=0xffff_u64) {
            let header = ObjectHeader { index, references, size };
            check_round_trip(&header);
            for sizes in SIZES {
                let bytes = header.to_bytes_in(sizes, &()).unwrap();
                prop_assert_eq!(bytes.len(), ObjectHeader::len(sizes));
                prop_assert_eq!(ObjectHeader::first(&bytes, sizes), Some(header));
                prop_assert_eq!(ObjectHeader::first(&bytes[1..], sizes), None);
            }
        }
    }
}
