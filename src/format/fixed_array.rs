//! Fixed arrays (specification VII.C): the chunk index of datasets that cannot grow.
//!
//! See `spec-notes/layout-and-chunks.md`.

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, StructureIn, wide};
use crate::error::Result;
use crate::format::chunk_element::{
    ChunkElement, ChunkElementLayout, decode_elements, encode_elements,
};

/// Fixed array header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FixedArrayHeader {
    /// Fields "Client ID" and "Entry Size".
    pub(crate) layout: ChunkElementLayout,
    /// A data block of more than 2 to the power of this elements is cut into pages of so many.
    pub(crate) page_bits: u8,
    /// Elements of the array.
    pub(crate) elements: u64,
    /// `None` where no element was ever set.
    pub(crate) data_block: Option<Address>,
}

impl FixedArrayHeader {
    /// Bytes of the header.
    pub(crate) fn size(sizes: Sizes) -> u64 {
        sizes.o().saturating_add(sizes.l()).saturating_add(12)
    }

    /// Elements of a page; the last one may hold fewer.
    pub(crate) fn page_elements(&self) -> u64 {
        1_u64.checked_shl(u32::from(self.page_bits)).unwrap_or(u64::MAX)
    }

    /// Whether the data block is cut into pages.
    pub(crate) fn is_paged(&self) -> bool {
        self.elements > self.page_elements()
    }

    /// Pages of the data block; 0 where it is not paged.
    pub(crate) fn pages(&self) -> u64 {
        if self.is_paged() { self.elements.div_ceil(self.page_elements()) } else { 0 }
    }

    /// Elements of page `page`.
    pub(crate) fn elements_in_page(&self, page: u64) -> u64 {
        let before = page.saturating_mul(self.page_elements());
        self.elements.saturating_sub(before).min(self.page_elements())
    }

    /// Bytes of the data block without its pages.
    pub(crate) fn data_block_size(&self, sizes: Sizes) -> u64 {
        let content = if self.is_paged() {
            self.pages().div_ceil(8)
        } else {
            self.elements.saturating_mul(self.layout.size(sizes))
        };
        sizes.o().saturating_add(10).saturating_add(content)
    }

    /// Bytes of the data block and its pages.
    pub(crate) fn data_block_size_with_pages(&self, sizes: Sizes) -> u64 {
        let pages = if self.is_paged() {
            let elements = self.elements.saturating_mul(self.layout.size(sizes));
            self.pages().saturating_mul(4).saturating_add(elements)
        } else {
            0
        };
        self.data_block_size(sizes).saturating_add(pages)
    }

    /// Bytes of a page of `elements` elements.
    pub(crate) fn page_size(&self, elements: u64, sizes: Sizes) -> u64 {
        elements.saturating_mul(self.layout.size(sizes)).saturating_add(4)
    }
}

impl Structure for FixedArrayHeader {
    const NAME: &'static str = "Fixed Array Header";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.signature(b"FAHD")?;
        d.u8_in("Version", 0..=0)?;
        let header = Self {
            layout: ChunkElementLayout::decode(d, "Entry Size")?,
            page_bits: d.u8_in("Page Bits", 0..=63)?,
            elements: d.length("Max Num Entries")?,
            data_block: d.address("Data Block Address")?,
        };
        d.checksum()?;
        Ok(header)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(b"FAHD");
        e.u8(0);
        self.layout.encode(e, "Entry Size")?;
        e.u8(self.page_bits);
        e.length("Max Num Entries", self.elements)?;
        e.address("Data Block Address", self.data_block)?;
        e.checksum();
        Ok(())
    }
}

/// Fixed array data block, without the pages that may follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FixedArrayDataBlock {
    /// The array's header.
    pub(crate) header: Address,
    pub(crate) content: FixedArrayContent,
}

/// What a fixed array data block holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FixedArrayContent {
    /// All elements.
    Elements(Vec<ChunkElement>),
    /// "Page Bitmap": bit `i`, counted from the most significant of the first byte, is set where
    /// page `i` was written.
    Pages(Vec<u8>),
}

impl StructureIn<FixedArrayHeader> for FixedArrayDataBlock {
    const NAME: &'static str = "Fixed Array Data Block";

    fn decode_in(d: &mut Decoder<'_>, array: &FixedArrayHeader) -> Result<Self> {
        d.signature(b"FADB")?;
        d.u8_in("Version", 0..=0)?;
        let client = array.layout.client();
        d.u8_in("Client ID", client..=client)?;
        let header = d.defined_address("Header Address")?;
        let content = if array.is_paged() {
            let bitmap = d.bytes_u64("Page Bitmap", array.pages().div_ceil(8))?;
            FixedArrayContent::Pages(bitmap.to_vec())
        } else {
            FixedArrayContent::Elements(decode_elements(d, array.elements, array.layout)?)
        };
        d.checksum()?;
        Ok(Self { header, content })
    }

    fn encode_in(&self, e: &mut Encoder, array: &FixedArrayHeader) -> Result<()> {
        e.bytes(b"FADB");
        e.u8(0);
        e.u8(array.layout.client());
        e.address("Header Address", Some(self.header))?;
        match &self.content {
            FixedArrayContent::Elements(elements) => {
                encode_elements(e, elements, array.elements, array.layout)?;
            }
            FixedArrayContent::Pages(bitmap) => {
                if !array.is_paged() || wide(bitmap.len()) != array.pages().div_ceil(8) {
                    return Err(e.broken("Page Bitmap", "not one bit a page"));
                }
                e.bytes(bitmap);
            }
        }
        e.checksum();
        Ok(())
    }
}

/// What a page needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageContext {
    pub(crate) layout: ChunkElementLayout,
    /// Elements of the page.
    pub(crate) elements: u64,
}

/// Fixed array data block page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FixedArrayPage {
    pub(crate) elements: Vec<ChunkElement>,
}

impl StructureIn<PageContext> for FixedArrayPage {
    const NAME: &'static str = "Fixed Array Data Block Page";

    fn decode_in(d: &mut Decoder<'_>, page: &PageContext) -> Result<Self> {
        let elements = decode_elements(d, page.elements, page.layout)?;
        d.checksum()?;
        Ok(Self { elements })
    }

    fn encode_in(&self, e: &mut Encoder, page: &PageContext) -> Result<()> {
        encode_elements(e, &self.elements, page.elements, page.layout)?;
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{check_round_trip, check_round_trip_in};
    use crate::format::chunk_element::tests::elements;

    fn header(layout: ChunkElementLayout, page_bits: u8, elements: u64) -> FixedArrayHeader {
        FixedArrayHeader { layout, page_bits, elements, data_block: Some(Address(0x400)) }
    }

    proptest! {
        #[test]
        fn headers_round_trip(
            (layout, _) in elements(0),
            (page_bits, elements) in (0..=63_u8, 0..0xffff_u64),
            data_block in proptest::option::of(0..0xffff_u64),
        ) {
            let data_block = data_block.map(Address);
            check_round_trip(&FixedArrayHeader { layout, page_bits, elements, data_block });
        }

        #[test]
        fn data_blocks_round_trip((layout, elements) in elements(3)) {
            let array = header(layout, 2, 3);
            let content = FixedArrayContent::Elements(elements);
            check_round_trip_in(&FixedArrayDataBlock { header: Address(8), content }, &array);
        }

        #[test]
        fn paged_data_blocks_round_trip(bitmap in any::<[u8; 2]>()) {
            let array = header(ChunkElementLayout::Plain, 2, 33);
            let content = FixedArrayContent::Pages(bitmap.to_vec());
            check_round_trip_in(&FixedArrayDataBlock { header: Address(8), content }, &array);
        }

        #[test]
        fn pages_round_trip((layout, elements) in elements(4)) {
            check_round_trip_in(&FixedArrayPage { elements }, &PageContext { layout, elements: 4 });
        }
    }

    #[test]
    fn the_last_page_is_shorter() {
        let array = header(ChunkElementLayout::Plain, 2, 33);
        assert_eq!(array.pages(), 9);
        assert_eq!([0, 7, 8, 9].map(|page| array.elements_in_page(page)), [4, 4, 1, 0]);
    }
}
