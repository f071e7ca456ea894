//! Fractal heap header.

use bitflags::bitflags;

use super::{DoublingTable, IdLayout};
use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, wide};
use crate::error::Result;

bitflags! {
    /// "Flags" of a fractal heap; bits without a name survive.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct FractalHeapFlags: u8 {
        /// The next huge object needs an id that was in use before.
        const HUGE_IDS_WRAPPED = 0x01;
        /// Direct blocks carry a checksum.
        const CHECKSUMMED = 0x02;
        const _ = !0;
    }
}

/// Fractal heap header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FractalHeapHeader {
    /// Bytes of the id of an object.
    pub(crate) id_length: u16,
    pub(crate) flags: FractalHeapFlags,
    /// Bytes of the largest managed object.
    pub(crate) max_managed_size: u32,
    pub(crate) next_huge_id: u64,
    /// The version 2 B-tree of huge objects.
    pub(crate) huge_tree: Option<Address>,
    /// Bytes free in the managed space.
    pub(crate) free_space: u64,
    pub(crate) free_space_manager: Option<Address>,
    pub(crate) statistics: HeapStatistics,
    pub(crate) table: DoublingTable,
    /// `None` where the heap has no filters.
    pub(crate) filters: Option<HeapFilters>,
}

/// What a fractal heap header counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HeapStatistics {
    /// Bytes of the managed space.
    pub(crate) managed_space: u64,
    /// Bytes of the managed space that have blocks.
    pub(crate) allocated_managed_space: u64,
    /// Where in the managed space the next block goes.
    pub(crate) allocation_iterator: u64,
    pub(crate) managed_objects: u64,
    /// Bytes of all huge objects.
    pub(crate) huge_size: u64,
    pub(crate) huge_objects: u64,
    /// Bytes of all tiny objects.
    pub(crate) tiny_size: u64,
    pub(crate) tiny_objects: u64,
}

/// How the blocks and huge objects of a filtered heap are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeapFilters {
    /// Bytes in the file of a root direct block.
    pub(crate) root_size: u64,
    /// Filters skipped for a root direct block.
    pub(crate) root_mask: u32,
    /// "I/O Filter Information": an encoded filter pipeline message.
    pub(crate) pipeline: Vec<u8>,
}

/// libhdf5's own bound on "Heap ID Length".
const MAX_ID_LENGTH: u16 = 4097;

/// Bytes from the start of the header to the end of "I/O Filters' Encoded Length".
const PREFIX_SIZE: u64 = 9;

impl FractalHeapHeader {
    /// Bytes that are enough to find the size of the header with [`size_from`](Self::size_from).
    pub(crate) const PREFIX_SIZE: u64 = PREFIX_SIZE;

    /// Bytes of the header whose first bytes `d` reads.
    pub(crate) fn size_from(mut d: Decoder<'_>) -> Result<u64> {
        let (_, filters) = decode_prefix(&mut d)?;
        let sizes = d.sizes();
        Ok(size(sizes, u64::from(filters)))
    }

    /// Bytes of the header.
    pub(crate) fn size(&self, sizes: Sizes) -> u64 {
        size(sizes, self.filters.as_ref().map_or(0, |filters| wide(filters.pipeline.len())))
    }

    /// How the ids of the heap's objects are laid out.
    pub(crate) fn id_layout(&self) -> IdLayout {
        IdLayout {
            id_length: self.id_length,
            offset_width: self.table.offset_width(),
            length_width: self.managed_length_width(),
            filtered: self.filters.is_some(),
        }
    }

    /// Bytes of the length of a managed object.
    fn managed_length_width(&self) -> u8 {
        let bits = crate::codec::floor_log2(self.table.max_direct_size);
        let by_block = u8::try_from(bits.div_ceil(8)).unwrap_or(8);
        by_block.min(crate::codec::bytes_needed(u64::from(self.max_managed_size)))
    }
}

/// Bytes of a header with `filters` bytes of "I/O Filter Information".
fn size(sizes: Sizes, filters: u64) -> u64 {
    let filtered = match filters {
        0 => 0,
        len => sizes.l().saturating_add(4).saturating_add(len),
    };
    sizes
        .l()
        .saturating_mul(12)
        .saturating_add(sizes.o().saturating_mul(3))
        .saturating_add(26)
        .saturating_add(filtered)
}

/// Reads up to "I/O Filters' Encoded Length", which is returned with the id length.
fn decode_prefix(d: &mut Decoder<'_>) -> Result<(u16, u16)> {
    d.signature(b"FRHP")?;
    d.u8_in("Version", 0..=0)?;
    let id_length =
        d.checked("Heap ID Length", Decoder::u16, |len| (1..=MAX_ID_LENGTH).contains(&len))?;
    Ok((id_length, d.u16("I/O Filters' Encoded Length")?))
}

impl Structure for FractalHeapHeader {
    const NAME: &'static str = "Fractal Heap Header";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let (id_length, filters_length) = decode_prefix(d)?;
        let flags = FractalHeapFlags::from_bits_retain(d.u8("Flags")?);
        let max_managed_size = d.u32("Maximum Size of Managed Objects")?;
        let next_huge_id = d.length("Next Huge Object ID")?;
        let huge_tree = d.address("v2 B-tree Address of Huge Objects")?;
        let free_space = d.length("Amount of Free Space in Managed Blocks")?;
        let free_space_manager = d.address("Address of Managed Block Free Space Manager")?;
        let statistics = HeapStatistics {
            managed_space: d.length("Amount of Managed Space in Heap")?,
            allocated_managed_space: d.length("Amount of Allocated Managed Space in Heap")?,
            allocation_iterator: d
                .length("Offset of Direct Block Allocation Iterator in Managed Space")?,
            managed_objects: d.length("Number of Managed Objects in Heap")?,
            huge_size: d.length("Size of Huge Objects in Heap")?,
            huge_objects: d.length("Number of Huge Objects in Heap")?,
            tiny_size: d.length("Size of Tiny Objects in Heap")?,
            tiny_objects: d.length("Number of Tiny Objects in Heap")?,
        };
        let table = DoublingTable::decode(d)?;
        let filters = match filters_length {
            0 => None,
            len => Some(HeapFilters {
                root_size: d.length("Size of Filtered Root Direct Block")?,
                root_mask: d.u32("I/O Filter Mask")?,
                pipeline: d.bytes("I/O Filter Information", usize::from(len))?.to_vec(),
            }),
        };
        d.checksum()?;
        Ok(Self {
            id_length,
            flags,
            max_managed_size,
            next_huge_id,
            huge_tree,
            free_space,
            free_space_manager,
            statistics,
            table,
            filters,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(b"FRHP");
        e.u8(0);
        e.u16(self.id_length);
        let filters_length = self.filters.as_ref().map_or(0, |filters| filters.pipeline.len());
        e.u16(e.count("I/O Filters' Encoded Length", filters_length)?);
        e.u8(self.flags.bits());
        e.u32(self.max_managed_size);
        e.length("Next Huge Object ID", self.next_huge_id)?;
        e.address("v2 B-tree Address of Huge Objects", self.huge_tree)?;
        e.length("Amount of Free Space in Managed Blocks", self.free_space)?;
        e.address("Address of Managed Block Free Space Manager", self.free_space_manager)?;
        let n = &self.statistics;
        e.length("Amount of Managed Space in Heap", n.managed_space)?;
        e.length("Amount of Allocated Managed Space in Heap", n.allocated_managed_space)?;
        let iterator = "Offset of Direct Block Allocation Iterator in Managed Space";
        e.length(iterator, n.allocation_iterator)?;
        e.length("Number of Managed Objects in Heap", n.managed_objects)?;
        e.length("Size of Huge Objects in Heap", n.huge_size)?;
        e.length("Number of Huge Objects in Heap", n.huge_objects)?;
        e.length("Size of Tiny Objects in Heap", n.tiny_size)?;
        e.length("Number of Tiny Objects in Heap", n.tiny_objects)?;
        self.table.encode(e)?;
        if let Some(filters) = &self.filters {
            if filters.pipeline.is_empty() {
                return Err(e.broken("I/O Filter Information", "an empty pipeline"));
            }
            e.length("Size of Filtered Root Direct Block", filters.root_size)?;
            e.u32(filters.root_mask);
            e.bytes(&filters.pipeline);
        }
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::doubling_table::tests::links;
    use super::*;
    use crate::codec::StructureIn;
    use crate::codec::testing::{SIZES, check_round_trip_at};
    use crate::limits::Limits;

    /// The header libhdf5 gives the heaps of groups.
    pub(in crate::format::fractal_heap) fn header() -> FractalHeapHeader {
        FractalHeapHeader {
            id_length: 7,
            flags: FractalHeapFlags::CHECKSUMMED,
            max_managed_size: 4096,
            next_huge_id: 0,
            huge_tree: None,
            free_space: 0,
            free_space_manager: None,
            statistics: HeapStatistics::default(),
            table: links(),
            filters: None,
        }
    }

    #[test]
    fn links_have_ids_of_seven_bytes() {
        let layout = header().id_layout();
        assert_eq!((layout.offset_width, layout.length_width), (4, 2));
    }

    proptest! {
        #[test]
        fn round_trips(
            flags in any::<u8>(),
            (huge_tree, manager) in (0..0xffff_u64, proptest::option::of(0..0xffff_u64)),
            counts in proptest::array::uniform8(0..0xffff_u64),
            pipeline in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let [n0, n1, n2, n3, n4, n5, n6, n7] = counts;
            let table = DoublingTable { max_direct_size: 16_384, ..links() };
            let header = FractalHeapHeader {
                flags: FractalHeapFlags::from_bits_retain(flags),
                huge_tree: Some(Address(huge_tree)),
                free_space_manager: manager.map(Address),
                table,
                statistics: HeapStatistics {
                    managed_space: n0,
                    allocated_managed_space: n1,
                    allocation_iterator: n2,
                    managed_objects: n3,
                    huge_size: n4,
                    huge_objects: n5,
                    tiny_size: n6,
                    tiny_objects: n7,
                },
                filters: (!pipeline.is_empty())
                    .then_some(HeapFilters { root_size: n1, root_mask: 1, pipeline }),
                ..header()
            };
            for sizes in SIZES {
                check_round_trip_at(&header, &(), sizes);
                let bytes = header.to_bytes_in(sizes, &()).unwrap();
                let limits = Limits::DEFAULT;
                let start = &bytes[..usize::try_from(FractalHeapHeader::PREFIX_SIZE).unwrap()];
                let d = Decoder::new("Fractal Heap Header", start, 0, sizes, &limits);
                prop_assert_eq!(FractalHeapHeader::size_from(d).unwrap(), wide(bytes.len()));
                prop_assert_eq!(header.size(sizes), wide(bytes.len()));
            }
        }
    }
}
