//! Extensible array data block and its pages.

use super::ExtensibleArrayHeader;
use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn};
use crate::error::Result;
use crate::format::chunk_element::{ChunkElement, decode_elements, encode_elements};

/// What a data block needs to know.
#[derive(Debug, Clone)]
pub(crate) struct DataBlockContext<'a> {
    pub(crate) array: &'a ExtensibleArrayHeader,
    /// Elements of the block.
    pub(crate) elements: u64,
}

impl DataBlockContext<'_> {
    /// Elements in the block itself, not in its pages.
    fn own_elements(&self) -> u64 {
        if self.array.pages(self.elements) > 0 { 0 } else { self.elements }
    }

    /// Bytes of the block without its pages.
    pub(crate) fn size(&self, sizes: Sizes) -> u64 {
        self.own_elements()
            .saturating_mul(self.array.layout.size(sizes))
            .saturating_add(sizes.o())
            .saturating_add(u64::from(self.array.offset_width()))
            .saturating_add(10)
    }

    /// Bytes of the block and its pages.
    pub(crate) fn size_with_pages(&self, sizes: Sizes) -> u64 {
        let pages = self.array.pages(self.elements).saturating_mul(self.array.page_size(sizes));
        self.size(sizes).saturating_add(pages)
    }
}

/// Extensible array data block, without the pages that may follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensibleArrayDataBlock {
    /// The array's header.
    pub(crate) header: Address,
    /// Index of the first element, by libhdf5's reckoning. Not to be relied on.
    pub(crate) offset: u64,
    /// Empty where the block is paged.
    pub(crate) elements: Vec<ChunkElement>,
}

impl StructureIn<DataBlockContext<'_>> for ExtensibleArrayDataBlock {
    const NAME: &'static str = "Extensible Array Data Block";

    fn decode_in(d: &mut Decoder<'_>, context: &DataBlockContext<'_>) -> Result<Self> {
        let array = context.array;
        d.signature(b"EADB")?;
        d.u8_in("Version", 0..=0)?;
        let client = array.layout.client();
        d.u8_in("Client ID", client..=client)?;
        let block = Self {
            header: d.defined_address("Header Address")?,
            offset: d.uint("Block Offset", array.offset_width())?,
            elements: decode_elements(d, context.own_elements(), array.layout)?,
        };
        d.checksum()?;
        Ok(block)
    }

    fn encode_in(&self, e: &mut Encoder, context: &DataBlockContext<'_>) -> Result<()> {
        let array = context.array;
        e.bytes(b"EADB");
        e.u8(0);
        e.u8(array.layout.client());
        e.address("Header Address", Some(self.header))?;
        e.uint("Block Offset", self.offset, array.offset_width())?;
        encode_elements(e, &self.elements, context.own_elements(), array.layout)?;
        e.checksum();
        Ok(())
    }
}

/// Extensible array data block page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensibleArrayPage {
    pub(crate) elements: Vec<ChunkElement>,
}

impl StructureIn<ExtensibleArrayHeader> for ExtensibleArrayPage {
    const NAME: &'static str = "Extensible Array Data Block Page";

    fn decode_in(d: &mut Decoder<'_>, array: &ExtensibleArrayHeader) -> Result<Self> {
        let elements = decode_elements(d, array.page_elements(), array.layout)?;
        d.checksum()?;
        Ok(Self { elements })
    }

    fn encode_in(&self, e: &mut Encoder, array: &ExtensibleArrayHeader) -> Result<()> {
        encode_elements(e, &self.elements, array.page_elements(), array.layout)?;
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::header::tests::default_header;
    use super::*;
    use crate::codec::testing::check_round_trip_in;
    use crate::format::chunk_element::tests::elements;

    proptest! {
        #[test]
        fn blocks_round_trip((layout, elements) in elements(5), offset in any::<u32>()) {
            let context = DataBlockContext { array: &default_header(layout), elements: 5 };
            let offset = u64::from(offset);
            let block = ExtensibleArrayDataBlock { header: Address(0x80), offset, elements };
            check_round_trip_in(&block, &context);
        }

        #[test]
        fn paged_blocks_round_trip((layout, elements) in elements(0), offset in any::<u32>()) {
            let context = DataBlockContext { array: &default_header(layout), elements: 2048 };
            let offset = u64::from(offset);
            let block = ExtensibleArrayDataBlock { header: Address(0x80), offset, elements };
            check_round_trip_in(&block, &context);
        }

        #[test]
        fn pages_round_trip((layout, elements) in elements(4)) {
            let array = ExtensibleArrayHeader { page_bits: 2, ..default_header(layout) };
            check_round_trip_in(&ExtensibleArrayPage { elements }, &array);
        }
    }
}
