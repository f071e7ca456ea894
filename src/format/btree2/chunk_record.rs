//! Records of the trees that index a dataset's chunks: types 10 and 11.

use super::Record;
use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn};
use crate::error::Result;
use crate::format::chunk_element::{ChunkElement, FilteredChunk};

/// What chunk records need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkRecordContext {
    /// Dimensions of the dataset.
    pub(crate) rank: u8,
    /// Bytes of "Chunk Size"; 0 where chunks are not filtered. A tree finds it from the size of
    /// its records.
    pub(crate) size_width: u8,
}

impl ChunkRecordContext {
    /// Of a dataset of that many dimensions, the rest to be found from the size of the records.
    pub(crate) fn of_rank(rank: u8) -> Self {
        Self { rank, size_width: 0 }
    }
}

/// Type 10: dataset chunk without filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkRecord {
    pub(crate) address: Address,
    /// The key: offset of the chunk in each dimension, in chunks.
    pub(crate) scaled: Vec<u64>,
}

impl ChunkRecord {
    /// Where the chunk is, as the arrays of chunks say it.
    pub(crate) fn element(&self) -> ChunkElement {
        ChunkElement { address: Some(self.address), filtered: None }
    }
}

impl StructureIn<ChunkRecordContext> for ChunkRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 10 Record";

    fn decode_in(d: &mut Decoder<'_>, context: &ChunkRecordContext) -> Result<Self> {
        let address = d.defined_address("Address")?;
        Ok(Self { address, scaled: decode_scaled(d, context.rank)? })
    }

    fn encode_in(&self, e: &mut Encoder, context: &ChunkRecordContext) -> Result<()> {
        e.address("Address", Some(self.address))?;
        encode_scaled(e, &self.scaled, context.rank)
    }
}

impl Record for ChunkRecord {
    const TYPE: u8 = 10;
    type Context = ChunkRecordContext;

    fn fit(context: &ChunkRecordContext, size: u16, sizes: Sizes) -> Option<ChunkRecordContext> {
        let expected = sizes.o().saturating_add(u64::from(context.rank).saturating_mul(8));
        (u64::from(size) == expected).then_some(*context)
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.scaled < self.scaled
    }
}

/// Type 11: dataset chunk with filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilteredChunkRecord {
    pub(crate) address: Address,
    pub(crate) chunk: FilteredChunk,
    /// The key: offset of the chunk in each dimension, in chunks.
    pub(crate) scaled: Vec<u64>,
}

impl FilteredChunkRecord {
    /// Where the chunk is, as the arrays of chunks say it.
    pub(crate) fn element(&self) -> ChunkElement {
        ChunkElement { address: Some(self.address), filtered: Some(self.chunk) }
    }
}

impl StructureIn<ChunkRecordContext> for FilteredChunkRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 11 Record";

    fn decode_in(d: &mut Decoder<'_>, context: &ChunkRecordContext) -> Result<Self> {
        let address = d.defined_address("Address")?;
        let chunk = FilteredChunk {
            stored_bytes: d.uint("Chunk Size", context.size_width)?,
            filter_mask: d.u32("Filter Mask")?,
        };
        Ok(Self { address, chunk, scaled: decode_scaled(d, context.rank)? })
    }

    fn encode_in(&self, e: &mut Encoder, context: &ChunkRecordContext) -> Result<()> {
        e.address("Address", Some(self.address))?;
        e.uint("Chunk Size", self.chunk.stored_bytes, context.size_width)?;
        e.u32(self.chunk.filter_mask);
        encode_scaled(e, &self.scaled, context.rank)
    }
}

impl Record for FilteredChunkRecord {
    const TYPE: u8 = 11;
    type Context = ChunkRecordContext;

    fn fit(context: &ChunkRecordContext, size: u16, sizes: Sizes) -> Option<ChunkRecordContext> {
        let rest = sizes.o().saturating_add(u64::from(context.rank).saturating_mul(8));
        let width = u64::from(size).checked_sub(rest.saturating_add(4))?;
        let size_width = u8::try_from(width).ok().filter(|width| (1..=8).contains(width))?;
        Some(ChunkRecordContext { size_width, ..*context })
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.scaled < self.scaled
    }
}

fn decode_scaled(d: &mut Decoder<'_>, rank: u8) -> Result<Vec<u64>> {
    (0..rank).map(|_| d.u64("Dimension Scaled Offset")).collect()
}

fn encode_scaled(e: &mut Encoder, scaled: &[u64], rank: u8) -> Result<()> {
    if scaled.len() != usize::from(rank) {
        return Err(e.broken("Dimension Scaled Offset", "not one offset a dimension"));
    }
    scaled.iter().for_each(|offset| e.u64(*offset));
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{SIZES, check_round_trip_in};

    proptest! {
        #[test]
        fn round_trips(
            address in (0..0xffff_u64).prop_map(Address),
            (size_width, stored_bytes, filter_mask) in (2..=8_u8, 0..=0xffff_u64, any::<u32>()),
            scaled in proptest::collection::vec(any::<u64>(), 1..5),
        ) {
            let rank = u8::try_from(scaled.len()).unwrap();
            let context = ChunkRecordContext { rank, size_width };
            let plain = ChunkRecord { address, scaled: scaled.clone() };
            check_round_trip_in(&plain, &context);
            let chunk = FilteredChunk { stored_bytes, filter_mask };
            let filtered = FilteredChunkRecord { address, chunk, scaled };
            check_round_trip_in(&filtered, &context);
            for sizes in SIZES {
                let known = ChunkRecordContext::of_rank(rank);
                let size = |bytes: Vec<u8>| u16::try_from(bytes.len()).unwrap();
                let plain = size(plain.to_bytes_in(sizes, &context).unwrap());
                prop_assert_eq!(ChunkRecord::fit(&known, plain, sizes), Some(known));
                prop_assert_eq!(FilteredChunkRecord::fit(&known, plain, sizes), None);
                let filtered = size(filtered.to_bytes_in(sizes, &context).unwrap());
                prop_assert_eq!(FilteredChunkRecord::fit(&known, filtered, sizes), Some(context));
                prop_assert_eq!(ChunkRecord::fit(&known, filtered, sizes), None);
            }
        }
    }
}
