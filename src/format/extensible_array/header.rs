//! Extensible array header, and the shape of the array it fixes.

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, floor_log2};
use crate::error::Result;
use crate::format::chunk_element::ChunkElementLayout;

/// Extensible array header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensibleArrayHeader {
    /// Fields "Client ID" and "Element Size".
    pub(crate) layout: ChunkElementLayout,
    /// Bits of the largest element index.
    pub(crate) max_bits: u8,
    /// Elements in the index block.
    pub(crate) index_elements: u8,
    /// Elements of the smallest data block; a power of two.
    pub(crate) min_block_elements: u8,
    /// Fewest data block addresses of a secondary block; a power of two.
    pub(crate) min_block_pointers: u8,
    /// A data block of more than 2 to the power of this elements is cut into pages of so many.
    pub(crate) page_bits: u8,
    pub(crate) statistics: Statistics,
    /// `None` where no element was ever set.
    pub(crate) index_block: Option<Address>,
}

/// What an extensible array header counts; reading needs none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) secondary_blocks: u64,
    /// Bytes of all secondary blocks.
    pub(crate) secondary_block_size: u64,
    pub(crate) data_blocks: u64,
    /// Bytes of all data blocks.
    pub(crate) data_block_size: u64,
    /// One more than the highest index ever set.
    pub(crate) max_index_set: u64,
    /// Elements there is space for.
    pub(crate) elements: u64,
}

/// The data blocks of one secondary block (or of what would be one, had the index block not taken
/// its data blocks over).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SuperBlockShape {
    /// Its number.
    pub(crate) number: u32,
    /// Its first element, counted behind those of the index block.
    pub(crate) first_element: u64,
    /// Its first data block, counted over the whole array.
    pub(crate) first_data_block: u64,
    pub(crate) data_blocks: u64,
    /// Elements of each of its data blocks.
    pub(crate) block_elements: u64,
}

impl ExtensibleArrayHeader {
    /// Bytes of the header.
    pub(crate) fn size(sizes: Sizes) -> u64 {
        sizes.o().saturating_add(sizes.l().saturating_mul(6)).saturating_add(16)
    }

    /// Bytes of "Block Offset".
    pub(crate) fn offset_width(&self) -> u8 {
        self.max_bits.div_ceil(8)
    }

    /// Secondary blocks of an array of the greatest extent, those without a block of their own
    /// included.
    pub(crate) fn super_blocks(&self) -> u32 {
        let smallest = floor_log2(u64::from(self.min_block_elements));
        u32::from(self.max_bits).saturating_add(1).saturating_sub(smallest)
    }

    /// How many of them have their data blocks in the index block.
    pub(crate) fn super_blocks_in_index(&self) -> u32 {
        floor_log2(u64::from(self.min_block_pointers)).saturating_mul(2)
    }

    /// Data block addresses in the index block.
    pub(crate) fn index_data_blocks(&self) -> u64 {
        u64::from(self.min_block_pointers).saturating_sub(1).saturating_mul(2)
    }

    /// Secondary block addresses in the index block.
    pub(crate) fn index_secondary_blocks(&self) -> u64 {
        u64::from(self.super_blocks().saturating_sub(self.super_blocks_in_index()))
    }

    /// The shape of super block `number`; `None` where the array has none of that number.
    pub(crate) fn super_block(&self, number: u32) -> Option<SuperBlockShape> {
        if number >= self.super_blocks() {
            return None;
        }
        let min = u64::from(self.min_block_elements);
        let half = number / 2;
        let data_blocks = 1_u64.checked_shl(half)?;
        let first_of_pair = number.is_multiple_of(2);
        // Blocks before this pair of super blocks: 2 * (1 + 2 + 4 + ...).
        let pairs = data_blocks.checked_sub(1)?.checked_mul(2)?;
        Some(SuperBlockShape {
            number,
            first_element: 1_u64.checked_shl(number)?.checked_sub(1)?.checked_mul(min)?,
            first_data_block: if first_of_pair { pairs } else { pairs.checked_add(data_blocks)? },
            data_blocks,
            block_elements: 1_u64.checked_shl(number.div_ceil(2))?.checked_mul(min)?,
        })
    }

    /// The super block that holds element `index`, counted behind those of the index block.
    pub(crate) fn super_block_of(&self, index: u64) -> Option<SuperBlockShape> {
        let units = index.checked_div(u64::from(self.min_block_elements))?.checked_add(1)?;
        self.super_block(floor_log2(units))
    }

    /// Elements of a page.
    pub(crate) fn page_elements(&self) -> u64 {
        1_u64.checked_shl(u32::from(self.page_bits)).unwrap_or(u64::MAX)
    }

    /// Pages of a data block of `elements` elements; 0 where it is not paged.
    pub(crate) fn pages(&self, elements: u64) -> u64 {
        if elements > self.page_elements() { elements.div_ceil(self.page_elements()) } else { 0 }
    }

    /// Bytes of a page.
    pub(crate) fn page_size(&self, sizes: Sizes) -> u64 {
        self.page_elements().saturating_mul(self.layout.size(sizes)).saturating_add(4)
    }
}

impl Structure for ExtensibleArrayHeader {
    const NAME: &'static str = "Extensible Array Header";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.signature(b"EAHD")?;
        d.u8_in("Version", 0..=0)?;
        let layout = ChunkElementLayout::decode(d, "Element Size")?;
        let max_bits = d.u8_in("Max Nelmts Bits", 1..=64)?;
        let index_elements = d.u8("Index Blk Elmts")?;
        let power = |n: u8| n.is_power_of_two();
        let elements_place = d.location("Data Blk Min Elmts");
        let min_block_elements = d.checked("Data Blk Min Elmts", Decoder::u8, power)?;
        let min_block_pointers =
            d.checked("Secondary Blk Min Data Ptrs", Decoder::u8, |n| n > 1 && power(n))?;
        let header = Self {
            layout,
            max_bits,
            index_elements,
            min_block_elements,
            min_block_pointers,
            page_bits: d.u8_in("Max Data Block Page Nelmts Bits", 0..=63)?,
            statistics: Statistics {
                secondary_blocks: d.length("Num Secondary Blks")?,
                secondary_block_size: d.length("Secondary Blk Size")?,
                data_blocks: d.length("Num Data Blks")?,
                data_block_size: d.length("Data Blk Size")?,
                max_index_set: d.length("Max Index Set")?,
                elements: d.length("Num Elements")?,
            },
            index_block: d.address("Index Block Address")?,
        };
        d.checksum()?;
        if header.super_blocks() < header.super_blocks_in_index() {
            let problem = "the smallest blocks hold more elements than the array may have";
            return Err(crate::error::Error::broken(elements_place, problem));
        }
        Ok(header)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(b"EAHD");
        e.u8(0);
        self.layout.encode(e, "Element Size")?;
        e.u8(self.max_bits);
        e.u8(self.index_elements);
        e.u8(self.min_block_elements);
        e.u8(self.min_block_pointers);
        e.u8(self.page_bits);
        let counted = &self.statistics;
        e.length("Num Secondary Blks", counted.secondary_blocks)?;
        e.length("Secondary Blk Size", counted.secondary_block_size)?;
        e.length("Num Data Blks", counted.data_blocks)?;
        e.length("Data Blk Size", counted.data_block_size)?;
        e.length("Max Index Set", counted.max_index_set)?;
        e.length("Num Elements", counted.elements)?;
        e.address("Index Block Address", self.index_block)?;
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;
    use crate::format::chunk_element::tests::elements;

    /// A header with the parameters libhdf5 gives by default.
    pub(in crate::format::extensible_array) fn default_header(
        layout: ChunkElementLayout,
    ) -> ExtensibleArrayHeader {
        ExtensibleArrayHeader {
            layout,
            max_bits: 32,
            index_elements: 4,
            min_block_elements: 16,
            min_block_pointers: 4,
            page_bits: 10,
            statistics: Statistics::default(),
            index_block: Some(Address(0x200)),
        }
    }

    proptest! {
        #[test]
        fn round_trips(
            (layout, _) in elements(0),
            counts in proptest::array::uniform6(0..0xffff_u64),
            (index_elements, page_bits) in (any::<u8>(), 0..=63_u8),
            index_block in proptest::option::of(0..0xffff_u64),
        ) {
            let [secondary_blocks, secondary_block_size, data_blocks, data_block_size, max, n] =
                counts;
            let statistics = Statistics {
                secondary_blocks,
                secondary_block_size,
                data_blocks,
                data_block_size,
                max_index_set: max,
                elements: n,
            };
            let index_block = index_block.map(Address);
            let header = default_header(layout);
            check_round_trip(&ExtensibleArrayHeader {
                index_elements,
                page_bits,
                statistics,
                index_block,
                ..header
            });
        }

        #[test]
        fn super_blocks_are_running_sums(number in 0..29_u32) {
            let header = default_header(ChunkElementLayout::Plain);
            let shape = header.super_block(number).unwrap();
            let before: Vec<_> = (0..number).map(|n| header.super_block(n).unwrap()).collect();
            let blocks: u64 = before.iter().map(|s| s.data_blocks).sum();
            let elements: u64 = before.iter().map(|s| s.data_blocks * s.block_elements).sum();
            prop_assert_eq!((shape.first_data_block, shape.first_element), (blocks, elements));
            prop_assert_eq!(header.super_block_of(elements).unwrap().number, number);
            let last = elements + shape.data_blocks * shape.block_elements - 1;
            prop_assert_eq!(header.super_block_of(last).unwrap().number, number);
        }
    }

    #[test]
    fn the_default_index_block_holds_6_and_25_addresses() {
        let header = default_header(ChunkElementLayout::Plain);
        assert_eq!((header.index_data_blocks(), header.index_secondary_blocks()), (6, 25));
        assert_eq!(header.super_block(29), None);
    }
}
