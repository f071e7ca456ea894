//! Which index a new dataset gets.

use crate::format::message::{ChunkIndexKind, ExtensibleArrayParameters, FilteredChunk};

/// Bits of the number of elements on a page, in arrays.
const PAGE_BITS: u8 = 10;

/// What the choice of an index depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IndexWish<'a> {
    /// Whether the layout message is of version 4 or later.
    pub(crate) indexed: bool,
    pub(crate) extent: &'a [u64],
    /// Largest size of each axis, `None` where it is unlimited.
    pub(crate) maximum: &'a [Option<u64>],
    /// Elements along each axis of a chunk.
    pub(crate) chunk: &'a [u64],
    /// Whether the dataset has filters.
    pub(crate) filtered: bool,
    /// Whether all chunks are allocated when the dataset is created.
    pub(crate) early: bool,
}

/// The index libhdf5 gives a dataset, with libhdf5's parameters.
pub(crate) fn choose(wish: &IndexWish<'_>) -> ChunkIndexKind {
    if !wish.indexed {
        return ChunkIndexKind::BTree1;
    }
    let unlimited = wish.maximum.iter().filter(|most| most.is_none()).count();
    let all = || wish.extent.iter().zip(wish.maximum).zip(wish.chunk);
    match unlimited {
        0 if all().all(|((len, most), chunk)| Some(*len) == *most && len == chunk) => {
            let chunk = FilteredChunk { size: 0, mask: 0 };
            ChunkIndexKind::Single { filtered: wish.filtered.then_some(chunk) }
        }
        0 if wish.early && !wish.filtered => ChunkIndexKind::Implicit,
        0 => ChunkIndexKind::FixedArray { page_bits: PAGE_BITS },
        1 => ChunkIndexKind::ExtensibleArray(ExtensibleArrayParameters {
            maximum_bits: 32,
            index_elements: 4,
            minimum_pointers: 4,
            minimum_elements: 16,
            page_bits: PAGE_BITS,
        }),
        _ => ChunkIndexKind::BTree2 { node_size: 2048, split: 100, merge: 40 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_follows_from_the_dataspace() {
        let wish = IndexWish {
            indexed: true,
            extent: &[4, 6],
            maximum: &[Some(4), Some(6)],
            chunk: &[4, 6],
            filtered: false,
            early: false,
        };
        assert_eq!(choose(&wish), ChunkIndexKind::Single { filtered: None });
        let filtered = choose(&IndexWish { filtered: true, ..wish });
        assert!(matches!(filtered, ChunkIndexKind::Single { filtered: Some(_) }));
        assert_eq!(choose(&IndexWish { indexed: false, ..wish }), ChunkIndexKind::BTree1);
        let wish = IndexWish { chunk: &[2, 6], ..wish };
        assert_eq!(choose(&wish), ChunkIndexKind::FixedArray { page_bits: 10 });
        let early = IndexWish { early: true, ..wish };
        assert_eq!(choose(&early), ChunkIndexKind::Implicit);
        let both = choose(&IndexWish { filtered: true, ..early });
        assert_eq!(both, ChunkIndexKind::FixedArray { page_bits: 10 });
        // One chunk, but larger than the dataset is now.
        let growing = IndexWish { extent: &[3, 6], chunk: &[4, 6], ..wish };
        assert_eq!(choose(&growing), ChunkIndexKind::FixedArray { page_bits: 10 });
        let one = choose(&IndexWish { maximum: &[Some(4), None], ..early });
        assert!(matches!(one, ChunkIndexKind::ExtensibleArray(_)));
        let two = choose(&IndexWish { maximum: &[None, None], ..early });
        assert!(matches!(two, ChunkIndexKind::BTree2 { .. }));
    }
}
