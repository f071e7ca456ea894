//! One element of the arrays that index a dataset's chunks.
//!
//! See `spec-notes/layout-and-chunks.md`.

use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn, bytes_needed};
use crate::error::Result;

/// Where one chunk is: an element of a fixed or extensible array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkElement {
    /// `None` where the chunk is not stored.
    pub(crate) address: Option<Address>,
    /// `None` where the dataset has no filters: the chunk has its full size then.
    pub(crate) filtered: Option<FilteredChunk>,
}

/// How a chunk of a filtered dataset is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilteredChunk {
    /// Bytes in the file.
    pub(crate) stored_bytes: u64,
    /// Bit `i` set: filter `i` of the pipeline was skipped.
    pub(crate) filter_mask: u32,
}

/// "Client ID" of an array of chunks without filters.
const PLAIN: u8 = 0;
/// "Client ID" of an array of filtered chunks.
const FILTERED: u8 = 1;

/// How the elements of one array are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChunkElementLayout {
    /// An address.
    Plain,
    /// An address, a size of `size_width` bytes, a filter mask.
    Filtered {
        /// 1 to 8.
        size_width: u8,
    },
}

impl ChunkElementLayout {
    /// Reads "Client ID" and "Entry Size", which together give the layout.
    pub(crate) fn decode(d: &mut Decoder<'_>, size_field: &'static str) -> Result<Self> {
        let client = d.u8_in("Client ID", PLAIN..=FILTERED)?;
        let sizes = d.sizes();
        let good = |size: u8| match client {
            PLAIN => u64::from(size) == sizes.o(),
            _ => (1..=8).contains(&Self::width_in(size, sizes)),
        };
        let size = d.checked(size_field, Decoder::u8, good)?;
        Ok(match client {
            PLAIN => Self::Plain,
            _ => Self::Filtered { size_width: Self::width_in(size, sizes) },
        })
    }

    fn width_in(size: u8, sizes: Sizes) -> u8 {
        size.saturating_sub(sizes.offsets).saturating_sub(4)
    }

    pub(crate) fn encode(self, e: &mut Encoder, size_field: &'static str) -> Result<()> {
        e.u8(self.client());
        e.uint(size_field, self.size(e.sizes()), 1)
    }

    /// The "Client ID".
    pub(crate) fn client(self) -> u8 {
        match self {
            Self::Plain => PLAIN,
            Self::Filtered { .. } => FILTERED,
        }
    }

    /// The layout libhdf5 gives the elements of a new index: version `version` of the layout
    /// message, chunks of `chunk_bytes` when decoded.
    pub(crate) fn new(filtered: bool, version: u8, chunk_bytes: u64, sizes: Sizes) -> Self {
        if filtered {
            Self::Filtered { size_width: Self::size_width(version, chunk_bytes, sizes) }
        } else {
            Self::Plain
        }
    }

    /// Bytes of the stored size of a filtered chunk, where a new index holds it.
    pub(crate) fn size_width(version: u8, chunk_bytes: u64, sizes: Sizes) -> u8 {
        if version > 4 {
            return sizes.lengths.min(8);
        }
        // One byte more than a chunk that does not shrink needs: filters may make it grow.
        bytes_needed(chunk_bytes).saturating_add(1).min(8)
    }

    /// The element of a chunk that is not stored.
    pub(crate) fn absent(self) -> ChunkElement {
        let nothing = FilteredChunk { stored_bytes: 0, filter_mask: 0 };
        ChunkElement { address: None, filtered: (self != Self::Plain).then_some(nothing) }
    }

    /// Whether the size of a chunk of so many stored bytes can be written down.
    pub(crate) fn can_hold(self, stored_bytes: u64) -> bool {
        match self {
            Self::Plain => true,
            Self::Filtered { size_width } => bytes_needed(stored_bytes) <= size_width,
        }
    }

    /// Bytes of an element.
    pub(crate) fn size(self, sizes: Sizes) -> u64 {
        match self {
            Self::Plain => sizes.o(),
            Self::Filtered { size_width } => {
                sizes.o().saturating_add(u64::from(size_width)).saturating_add(4)
            }
        }
    }
}

impl StructureIn<ChunkElementLayout> for ChunkElement {
    const NAME: &'static str = "Data Block Element";

    fn decode_in(d: &mut Decoder<'_>, layout: &ChunkElementLayout) -> Result<Self> {
        let address = d.address("Address")?;
        let filtered = match *layout {
            ChunkElementLayout::Plain => None,
            ChunkElementLayout::Filtered { size_width } => Some(FilteredChunk {
                stored_bytes: d.uint("Chunk Size", size_width)?,
                filter_mask: d.u32("Filter Mask")?,
            }),
        };
        Ok(Self { address, filtered })
    }

    fn encode_in(&self, e: &mut Encoder, layout: &ChunkElementLayout) -> Result<()> {
        e.address("Address", self.address)?;
        match (*layout, self.filtered) {
            (ChunkElementLayout::Plain, None) => Ok(()),
            (ChunkElementLayout::Filtered { size_width }, Some(chunk)) => {
                e.uint("Chunk Size", chunk.stored_bytes, size_width)?;
                e.u32(chunk.filter_mask);
                Ok(())
            }
            _ => Err(e.broken("Element", "filtered and plain elements in one array")),
        }
    }
}

/// Reads `count` elements.
pub(crate) fn decode_elements(
    d: &mut Decoder<'_>,
    count: u64,
    layout: ChunkElementLayout,
) -> Result<Vec<ChunkElement>> {
    let size = layout.size(d.sizes());
    let mut part = d.clone();
    // One bounds check before the allocation.
    part.bytes_u64("Elements", count.saturating_mul(size))?;
    (0..count).map(|_| ChunkElement::decode_in(d, &layout)).collect()
}

/// Writes `elements`, which must be `count`.
pub(crate) fn encode_elements(
    e: &mut Encoder,
    elements: &[ChunkElement],
    count: u64,
    layout: ChunkElementLayout,
) -> Result<()> {
    if crate::codec::wide(elements.len()) != count {
        return Err(e.broken("Elements", "not as many elements as the block holds"));
    }
    elements.iter().try_for_each(|element| element.encode_in(e, &layout))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip_in;

    /// Elements of one layout.
    pub(crate) fn elements(
        count: usize,
    ) -> impl Strategy<Value = (ChunkElementLayout, Vec<ChunkElement>)> {
        let address = proptest::option::of((0..0xffff_u64).prop_map(Address));
        let plain = address.clone().prop_map(|address| ChunkElement { address, filtered: None });
        let filtered = (address, 0..=0xffff_u64, any::<u32>()).prop_map(|(address, n, mask)| {
            let chunk = FilteredChunk { stored_bytes: n, filter_mask: mask };
            ChunkElement { address, filtered: Some(chunk) }
        });
        prop_oneof![
            proptest::collection::vec(plain, count)
                .prop_map(|elements| (ChunkElementLayout::Plain, elements)),
            (2..=8_u8, proptest::collection::vec(filtered, count)).prop_map(|(width, elements)| {
                (ChunkElementLayout::Filtered { size_width: width }, elements)
            }),
        ]
    }

    proptest! {
        #[test]
        fn round_trips((layout, elements) in elements(1)) {
            check_round_trip_in(&elements[0], &layout);
        }
    }
    #[test]
    fn sizes_are_as_wide_as_libhdf5_makes_them() {
        let sizes = Sizes { offsets: 8, lengths: 4 };
        let width = |version, bytes| ChunkElementLayout::size_width(version, bytes, sizes);
        assert_eq!([50, 255, 256, 1 << 31, u64::MAX].map(|n| width(4, n)), [2, 2, 3, 5, 8]);
        assert_eq!(width(5, 50), 4);
        let layout = ChunkElementLayout::new(true, 4, 50, sizes);
        assert!(layout.can_hold(0xffff) && !layout.can_hold(0x1_0000));
        assert!(layout.absent().filtered.is_some());
    }
}
