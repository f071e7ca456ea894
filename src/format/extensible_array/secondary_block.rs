//! Extensible array secondary block.

use super::{ExtensibleArrayHeader, SuperBlockShape};
use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn, wide};
use crate::error::Result;
use crate::format::page_bitmap;

/// Extensible array secondary block: where some data blocks are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensibleArraySecondaryBlock {
    /// The array's header.
    pub(crate) header: Address,
    /// Index of the first element, by libhdf5's reckoning. Not to be relied on.
    pub(crate) offset: u64,
    /// One bit a page of each data block, in one run over all of them, from the most significant
    /// bit of the first byte on: set where the page was written. Longer than that needs.
    pub(crate) page_bitmap: Vec<u8>,
    pub(crate) data_blocks: Vec<Option<Address>>,
}

/// What a secondary block needs to know.
#[derive(Debug, Clone)]
pub(crate) struct SecondaryBlockContext<'a> {
    pub(crate) array: &'a ExtensibleArrayHeader,
    pub(crate) shape: SuperBlockShape,
}

impl SecondaryBlockContext<'_> {
    /// Bytes of "Page Bitmap".
    pub(crate) fn bitmap_size(&self) -> u64 {
        let pages = self.array.pages(self.shape.block_elements);
        pages.div_ceil(8).saturating_mul(self.shape.data_blocks)
    }

    /// The bit of a page of one of the data blocks.
    fn page_bit(&self, block: u64, page: u64) -> u64 {
        let pages = self.array.pages(self.shape.block_elements);
        block.saturating_mul(pages).saturating_add(page)
    }

    /// Bytes of the block.
    pub(crate) fn size(&self, sizes: Sizes) -> u64 {
        let addresses = self.shape.data_blocks.saturating_add(1).saturating_mul(sizes.o());
        u64::from(self.array.offset_width())
            .saturating_add(self.bitmap_size())
            .saturating_add(addresses)
            .saturating_add(10)
    }
}

impl ExtensibleArraySecondaryBlock {
    /// Whether `page` of the secondary block's data block `block` was written.
    pub(crate) fn has_page(
        &self,
        context: &SecondaryBlockContext<'_>,
        block: u64,
        page: u64,
    ) -> bool {
        page_bitmap::is_set(&self.page_bitmap, context.page_bit(block, page))
    }

    /// Notes that `page` of the secondary block's data block `block` was written.
    pub(crate) fn set_page(&mut self, context: &SecondaryBlockContext<'_>, block: u64, page: u64) {
        page_bitmap::set(&mut self.page_bitmap, context.page_bit(block, page));
    }
}

impl StructureIn<SecondaryBlockContext<'_>> for ExtensibleArraySecondaryBlock {
    const NAME: &'static str = "Extensible Array Secondary Block";

    fn decode_in(d: &mut Decoder<'_>, context: &SecondaryBlockContext<'_>) -> Result<Self> {
        d.signature(b"EASB")?;
        d.u8_in("Version", 0..=0)?;
        let client = context.array.layout.client();
        d.u8_in("Client ID", client..=client)?;
        let block = Self {
            header: d.defined_address("Header Address")?,
            offset: d.uint("Block Offset", context.array.offset_width())?,
            page_bitmap: d.bytes_u64("Page Bitmap", context.bitmap_size())?.to_vec(),
            data_blocks: (0..context.shape.data_blocks)
                .map(|_| d.address("Data Block Address"))
                .collect::<Result<_>>()?,
        };
        d.checksum()?;
        Ok(block)
    }

    fn encode_in(&self, e: &mut Encoder, context: &SecondaryBlockContext<'_>) -> Result<()> {
        if wide(self.data_blocks.len()) != context.shape.data_blocks
            || wide(self.page_bitmap.len()) != context.bitmap_size()
        {
            return Err(e.broken("Data Block Address", "not as many data blocks as there must be"));
        }
        e.bytes(b"EASB");
        e.u8(0);
        e.u8(context.array.layout.client());
        e.address("Header Address", Some(self.header))?;
        e.uint("Block Offset", self.offset, context.array.offset_width())?;
        e.bytes(&self.page_bitmap);
        for address in &self.data_blocks {
            e.address("Data Block Address", *address)?;
        }
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::header::tests::default_header;
    use super::*;
    use crate::codec::testing::{SIZES, cases, check_round_trip_in};
    use crate::format::chunk_element::ChunkElementLayout;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases(32)))]

        #[test]
        fn round_trips(
            number in 4..10_u32,
            page_bits in 4..10_u8,
            offset in any::<u32>(),
            address in proptest::option::of(0..0xffff_u64),
        ) {
            let header = default_header(ChunkElementLayout::Plain);
            let array = ExtensibleArrayHeader { page_bits, ..header };
            let context =
                SecondaryBlockContext { array: &array, shape: array.super_block(number).unwrap() };
            let count = usize::try_from(context.shape.data_blocks).unwrap();
            let block = ExtensibleArraySecondaryBlock {
                header: Address(0x80),
                offset: u64::from(offset),
                page_bitmap: vec![0xa5; usize::try_from(context.bitmap_size()).unwrap()],
                data_blocks: vec![address.map(Address); count],
            };
            check_round_trip_in(&block, &context);
            for sizes in SIZES {
                let len = block.to_bytes_in(sizes, &context).unwrap().len();
                prop_assert_eq!(wide(len), context.size(sizes));
            }
        }
    }

    #[test]
    fn the_bits_of_all_data_blocks_are_one_run() {
        let array = default_header(ChunkElementLayout::Plain);
        let context =
            SecondaryBlockContext { array: &array, shape: array.super_block(13).unwrap() };
        let mut page_bitmap = vec![0; 64];
        page_bitmap[0] = 0xf8;
        let block = ExtensibleArraySecondaryBlock {
            header: Address(0),
            offset: 0,
            page_bitmap,
            data_blocks: vec![None; 64],
        };
        let set = (0..64).flat_map(|b| [(b, 0), (b, 1)]);
        let set: Vec<_> = set.filter(|(b, p)| block.has_page(&context, *b, *p)).collect();
        assert_eq!(set, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]);
    }
}
