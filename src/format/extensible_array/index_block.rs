//! Extensible array index block.

use super::ExtensibleArrayHeader;
use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn, wide};
use crate::error::Result;
use crate::format::chunk_element::{ChunkElement, decode_elements, encode_elements};

/// Extensible array index block: the first elements, and where the others are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensibleArrayIndexBlock {
    /// The array's header.
    pub(crate) header: Address,
    pub(crate) elements: Vec<ChunkElement>,
    pub(crate) data_blocks: Vec<Option<Address>>,
    pub(crate) secondary_blocks: Vec<Option<Address>>,
}

impl ExtensibleArrayIndexBlock {
    /// Bytes of the block.
    pub(crate) fn size(array: &ExtensibleArrayHeader, sizes: Sizes) -> u64 {
        let elements = u64::from(array.index_elements).saturating_mul(array.layout.size(sizes));
        array
            .index_data_blocks()
            .saturating_add(array.index_secondary_blocks())
            .saturating_add(1)
            .saturating_mul(sizes.o())
            .saturating_add(elements)
            .saturating_add(10)
    }
}

impl StructureIn<ExtensibleArrayHeader> for ExtensibleArrayIndexBlock {
    const NAME: &'static str = "Extensible Array Index Block";

    fn decode_in(d: &mut Decoder<'_>, array: &ExtensibleArrayHeader) -> Result<Self> {
        d.signature(b"EAIB")?;
        d.u8_in("Version", 0..=0)?;
        let client = array.layout.client();
        d.u8_in("Client ID", client..=client)?;
        let block = Self {
            header: d.defined_address("Header Address")?,
            elements: decode_elements(d, u64::from(array.index_elements), array.layout)?,
            data_blocks: (0..array.index_data_blocks())
                .map(|_| d.address("Data Block Address"))
                .collect::<Result<_>>()?,
            secondary_blocks: (0..array.index_secondary_blocks())
                .map(|_| d.address("Secondary Block Address"))
                .collect::<Result<_>>()?,
        };
        d.checksum()?;
        Ok(block)
    }

    fn encode_in(&self, e: &mut Encoder, array: &ExtensibleArrayHeader) -> Result<()> {
        if wide(self.data_blocks.len()) != array.index_data_blocks()
            || wide(self.secondary_blocks.len()) != array.index_secondary_blocks()
        {
            return Err(e.broken("Data Block Address", "not as many addresses as the header says"));
        }
        e.bytes(b"EAIB");
        e.u8(0);
        e.u8(array.layout.client());
        e.address("Header Address", Some(self.header))?;
        encode_elements(e, &self.elements, u64::from(array.index_elements), array.layout)?;
        for address in &self.data_blocks {
            e.address("Data Block Address", *address)?;
        }
        for address in &self.secondary_blocks {
            e.address("Secondary Block Address", *address)?;
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
    use crate::format::chunk_element::tests::elements;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases(32)))]

        #[test]
        fn round_trips(
            (layout, elements) in elements(4),
            data in proptest::collection::vec(proptest::option::of(0..0xffff_u64), 6),
            secondary in proptest::collection::vec(proptest::option::of(0..0xffff_u64), 25),
        ) {
            let array = default_header(layout);
            let block = ExtensibleArrayIndexBlock {
                header: Address(0x80),
                elements,
                data_blocks: data.into_iter().map(|a| a.map(Address)).collect(),
                secondary_blocks: secondary.into_iter().map(|a| a.map(Address)).collect(),
            };
            check_round_trip_in(&block, &array);
            for sizes in SIZES {
                let len = block.to_bytes_in(sizes, &array).unwrap().len();
                prop_assert_eq!(wide(len), ExtensibleArrayIndexBlock::size(&array, sizes));
            }
        }
    }
}
