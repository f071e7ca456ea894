//! The chunked part of a Data Layout message (specification IV.A.2.i).

use super::dataspace::MAXIMUM_RANK;
use crate::codec::{Address, Decoder, Encoder, bytes_needed};
use crate::error::{Malformed, Result};

const SINGLE: u8 = 1;
const IMPLICIT: u8 = 2;
const FIXED_ARRAY: u8 = 3;
const EXTENSIBLE_ARRAY: u8 = 4;
const BTREE2: u8 = 5;

/// Chunks, and the index they are found through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkedLayout {
    /// Size of a chunk along each axis, in elements; never zero.
    pub(crate) dimensions: Vec<u64>,
    /// Size of an element, in bytes; never zero.
    pub(crate) element_size: u64,
    /// From version 4: [`PARTIAL_CHUNKS_UNFILTERED`](Self::PARTIAL_CHUNKS_UNFILTERED). (The
    /// other bit is the index's.)
    pub(crate) flags: u8,
    pub(crate) index: ChunkIndexKind,
    /// Where the index lies (the chunks, where it is single or implicit), `None` before the first
    /// chunk is stored.
    pub(crate) address: Option<Address>,
}

/// "Chunk Indexing Type", and its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChunkIndexKind {
    /// A version 1 B-tree; the only one before version 4, and not in it.
    BTree1,
    /// There is one chunk.
    Single {
        /// `None` where the dataset has no filters.
        filtered: Option<FilteredChunk>,
    },
    /// Chunks lie one after the other.
    Implicit,
    FixedArray {
        page_bits: u8,
    },
    ExtensibleArray(ExtensibleArrayParameters),
    BTree2 {
        /// In bytes.
        node_size: u32,
        /// In per cent.
        split: u8,
        /// In per cent.
        merge: u8,
    },
}

/// The single chunk of a filtered dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilteredChunk {
    /// As stored, in bytes.
    pub(crate) size: u64,
    /// Bit i is set where filter i of the pipeline was skipped.
    pub(crate) mask: u32,
}

/// Shape of an extensible array. Mind that its own header stores the two minima the other way
/// round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExtensibleArrayParameters {
    /// "Max Bits": bits of the highest element number.
    pub(crate) maximum_bits: u8,
    /// "Index Elements": elements in the index block.
    pub(crate) index_elements: u8,
    /// "Min Pointers": fewest data block pointers of a secondary block.
    pub(crate) minimum_pointers: u8,
    /// "Min Elements": fewest elements of a data block.
    pub(crate) minimum_elements: u8,
    /// "Page Bits": bits of an element's number in its page.
    pub(crate) page_bits: u8,
}

impl ChunkedLayout {
    /// Chunks that cross the edge of the dataset are stored without filters.
    pub(crate) const PARTIAL_CHUNKS_UNFILTERED: u8 = 1 << 0;
    const SINGLE_FILTERED: u8 = 1 << 1;

    pub(crate) fn partial_chunks_unfiltered(&self) -> bool {
        self.flags & Self::PARTIAL_CHUNKS_UNFILTERED != 0
    }

    /// `stored` sizes of `width` bytes, the last of which is that of an element.
    pub(super) fn decode_dimensions(
        d: &mut Decoder<'_>,
        stored: u16,
        width: u8,
    ) -> Result<(Vec<u64>, u64)> {
        let start = d.clone();
        if !(2..=u16::from(MAXIMUM_RANK).saturating_add(1)).contains(&stored) {
            return Err(d.malformed("Dimensionality", Malformed::Value { found: stored.into() }));
        }
        let read = |d: &mut Decoder<'_>, field| d.uint(field, width);
        let dimensions = (1..stored)
            .map(|_| d.checked("Dimension Size", read, |size| size != 0))
            .collect::<Result<Vec<_>>>()?;
        let element_size = d.checked("Dataset Element Size", read, |size| size != 0)?;
        let bytes = dimensions.iter().try_fold(element_size, |n, size| n.checked_mul(*size));
        if bytes.is_none() {
            return Err(start.broken("Dimension Size", "a chunk needs more than 64 bits of bytes"));
        }
        Ok((dimensions, element_size))
    }

    pub(super) fn encode_dimensions(&self, e: &mut Encoder, width: u8) -> Result<()> {
        for size in &self.dimensions {
            e.uint("Dimension Size", *size, width)?;
        }
        e.uint("Dataset Element Size", self.element_size, width)
    }

    pub(super) fn decode_version_3(d: &mut Decoder<'_>) -> Result<Self> {
        let stored = d.u8_in("Dimensionality", 2..=MAXIMUM_RANK.saturating_add(1))?;
        let address = d.address("Data Address")?;
        let (dimensions, element_size) = Self::decode_dimensions(d, stored.into(), 4)?;
        Ok(Self { dimensions, element_size, flags: 0, index: ChunkIndexKind::BTree1, address })
    }

    pub(super) fn encode_version_3(&self, e: &mut Encoder) -> Result<()> {
        if self.index != ChunkIndexKind::BTree1 {
            return Err(e.broken("Chunk Indexing Type", "version 3 has version 1 B-trees only"));
        }
        e.u8(e.count("Dimensionality", self.dimensions.len().saturating_add(1))?);
        e.address("Data Address", self.address)?;
        self.encode_dimensions(e, 4)
    }

    /// As of versions 4 and 5.
    pub(super) fn decode_indexed(d: &mut Decoder<'_>) -> Result<Self> {
        let all = Self::PARTIAL_CHUNKS_UNFILTERED | Self::SINGLE_FILTERED;
        let flags = d.u8_in("Flags", 0..=all)?;
        let stored = d.u8_in("Dimensionality", 2..=MAXIMUM_RANK.saturating_add(1))?;
        let width = d.u8_in("Dimension Size Encoded Length", 1..=8)?;
        let (dimensions, element_size) = Self::decode_dimensions(d, stored.into(), width)?;
        let filtered = flags & Self::SINGLE_FILTERED != 0;
        let index = ChunkIndexKind::decode(d, filtered)?;
        // Elsewhere than on a single chunk the bit means nothing, but is kept.
        let flags = match index {
            ChunkIndexKind::Single { .. } => flags & !Self::SINGLE_FILTERED,
            _ => flags,
        };
        Ok(Self { dimensions, element_size, flags, index, address: d.address("Address")? })
    }

    pub(super) fn encode_indexed(&self, e: &mut Encoder) -> Result<()> {
        let filtered = matches!(self.index, ChunkIndexKind::Single { filtered: Some(_) });
        e.u8(self.flags | if filtered { Self::SINGLE_FILTERED } else { 0 });
        e.u8(e.count("Dimensionality", self.dimensions.len().saturating_add(1))?);
        let largest = self.dimensions.iter().copied().fold(self.element_size, u64::max);
        let width = bytes_needed(largest);
        e.u8(width);
        self.encode_dimensions(e, width)?;
        self.index.encode(e)?;
        e.address("Address", self.address)
    }
}

impl ChunkIndexKind {
    fn decode(d: &mut Decoder<'_>, filtered: bool) -> Result<Self> {
        Ok(match d.u8_in("Chunk Indexing Type", SINGLE..=BTREE2)? {
            SINGLE => {
                let filtered: Result<_> = filtered
                    .then(|| {
                        let size = d.length("Size of Filtered Chunk")?;
                        Ok(FilteredChunk { size, mask: d.u32("Filters for Chunk")? })
                    })
                    .transpose();
                Self::Single { filtered: filtered? }
            }
            IMPLICIT => Self::Implicit,
            FIXED_ARRAY => Self::FixedArray { page_bits: nonzero(d, "Page Bits")? },
            EXTENSIBLE_ARRAY => Self::ExtensibleArray(ExtensibleArrayParameters {
                maximum_bits: nonzero(d, "Max Bits")?,
                index_elements: nonzero(d, "Index Elements")?,
                minimum_pointers: nonzero(d, "Min Pointers")?,
                minimum_elements: nonzero(d, "Min Elements")?,
                page_bits: nonzero(d, "Page Bits")?,
            }),
            _ => Self::BTree2 {
                node_size: d.checked("Node Size", Decoder::u32, |size| size != 0)?,
                split: d.u8_in("Split Percent", 1..=100)?,
                merge: d.u8_in("Merge Percent", 1..=100)?,
            },
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        match *self {
            Self::BTree1 => {
                let problem = "a version 1 B-tree needs version 3 of the message";
                return Err(e.broken("Chunk Indexing Type", problem));
            }
            Self::Single { filtered } => {
                e.u8(SINGLE);
                if let Some(chunk) = filtered {
                    e.length("Size of Filtered Chunk", chunk.size)?;
                    e.u32(chunk.mask);
                }
            }
            Self::Implicit => e.u8(IMPLICIT),
            Self::FixedArray { page_bits } => e.bytes(&[FIXED_ARRAY, page_bits]),
            Self::ExtensibleArray(p) => e.bytes(&[
                EXTENSIBLE_ARRAY,
                p.maximum_bits,
                p.index_elements,
                p.minimum_pointers,
                p.minimum_elements,
                p.page_bits,
            ]),
            Self::BTree2 { node_size, split, merge } => {
                e.u8(BTREE2);
                e.u32(node_size);
                e.u8(split);
                e.u8(merge);
            }
        }
        Ok(())
    }
}

fn nonzero(d: &mut Decoder<'_>, field: &'static str) -> Result<u8> {
    d.u8_in(field, 1..=u8::MAX)
}

#[cfg(test)]
pub(super) mod testing {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn index() -> impl Strategy<Value = ChunkIndexKind> {
        let filtered = prop::option::of((0_u64..0xffff, any::<u32>()))
            .prop_map(|chunk| chunk.map(|(size, mask)| FilteredChunk { size, mask }));
        prop_oneof![
            filtered.prop_map(|filtered| ChunkIndexKind::Single { filtered }),
            Just(ChunkIndexKind::Implicit),
            (1_u8..).prop_map(|page_bits| ChunkIndexKind::FixedArray { page_bits }),
            [1_u8.., 1.., 1.., 1.., 1..].prop_map(|[a, b, c, d, e]| {
                ChunkIndexKind::ExtensibleArray(ExtensibleArrayParameters {
                    maximum_bits: a,
                    index_elements: b,
                    minimum_pointers: c,
                    minimum_elements: d,
                    page_bits: e,
                })
            }),
            (1_u32.., 1_u8..=100, 1_u8..=100).prop_map(|(node_size, split, merge)| {
                ChunkIndexKind::BTree2 { node_size, split, merge }
            }),
        ]
    }

    prop_compose! {
        /// Layouts of versions 4 and 5.
        pub(in super::super) fn indexed()(
            dimensions in vec(1_u64..2000, 1..5),
            element_size in 1_u64..70_000,
            flags in 0_u8..=1,
            index in index(),
            address in prop::option::of((0_u64..0xffff).prop_map(Address)),
        ) -> ChunkedLayout {
            ChunkedLayout { dimensions, element_size, flags, index, address }
        }
    }
}
