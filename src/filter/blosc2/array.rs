//! Elements in blocks of several dimensions, as the layer `b2nd` of a frame describes them.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "all shapes have as many dimensions, and what their products are was checked"
)]

use super::super::corrupt;
use super::NAME;
use super::frame::take;
use crate::error::{Error, Result};

/// Most dimensions.
pub(super) const MAX_RANK: usize = 16;

/// An array in blocks; those at its ends are filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    rank: usize,
    shape: [usize; MAX_RANK],
    block: [usize; MAX_RANK],
    /// Bytes of an element, of the array, of a block, and of all blocks.
    element: usize,
    pub(super) len: usize,
    pub(super) block_len: usize,
    pub(super) blocks_len: usize,
}

/// Bytes that are together in a block and in the array.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) in_block: usize,
    pub(super) in_array: usize,
    pub(super) len: usize,
}

impl Grid {
    /// `None` where blocks are larger than the array, there is nothing, or more than fits.
    pub(super) fn new(shape: &[usize], block: &[usize], element: usize) -> Option<Self> {
        let rank = shape.len();
        let mut grid = Self {
            rank,
            shape: [1; MAX_RANK],
            block: [1; MAX_RANK],
            element,
            len: element,
            block_len: element,
            blocks_len: element,
        };
        if rank == 0 || rank > MAX_RANK || block.len() != rank || element == 0 {
            return None;
        }
        for (dimension, (extent, block)) in shape.iter().zip(block).enumerate() {
            if *block == 0 || block > extent {
                return None;
            }
            grid.shape[dimension] = *extent;
            grid.block[dimension] = *block;
            grid.len = grid.len.checked_mul(*extent)?;
            grid.block_len = grid.block_len.checked_mul(*block)?;
            grid.blocks_len =
                grid.blocks_len.checked_mul(extent.checked_next_multiple_of(*block)?)?;
        }
        Some(grid)
    }

    /// Understands the layer's content.
    pub(super) fn parse(mut layer: &[u8], element: usize) -> Result<Self> {
        let [_, _, rank] = *take(&mut layer)?;
        let rank = usize::from(rank);
        if rank > MAX_RANK {
            return Err(Error::unsupported(format!("Blosc2 arrays of {rank} dimensions")));
        }
        let shape = extents::<8>(&mut layer, rank)?;
        let chunk = extents::<4>(&mut layer, rank)?;
        let block = extents::<4>(&mut layer, rank)?;
        if shape != chunk {
            return Err(Error::unsupported("Blosc2 frames of several chunks"));
        }
        let element = if element == 1 { raw_size(layer).unwrap_or(1) } else { element };
        let grid = Self::new(&shape[..rank], &block[..rank], element);
        grid.ok_or_else(|| corrupt(NAME, "the shape of the array makes no sense"))
    }

    /// The layer's content.
    pub(super) fn layer(&self) -> Vec<u8> {
        let rank = u8::try_from(self.rank).unwrap_or(0);
        let mut layer = vec![0x97, 0, rank];
        let put = |layer: &mut Vec<u8>, kind: u8, extents: &[usize; MAX_RANK]| {
            layer.push(0x90_u8.saturating_add(rank));
            for extent in &extents[..self.rank] {
                let extent = u64::try_from(*extent).unwrap_or(u64::MAX).to_be_bytes();
                layer.push(kind);
                layer.extend_from_slice(if kind == 0xd3 { &extent } else { &extent[4..] });
            }
        };
        put(&mut layer, 0xd3, &self.shape);
        put(&mut layer, 0xd2, &self.shape);
        put(&mut layer, 0xd2, &self.block);
        let datatype = format!("|V{}", self.element);
        layer.extend_from_slice(&[0, 0xdb]);
        layer.extend_from_slice(&u32::try_from(datatype.len()).unwrap_or(0).to_be_bytes());
        layer.extend_from_slice(datatype.as_bytes());
        layer
    }

    /// The bytes of the array that a block is, where it is nothing else.
    pub(super) fn whole(&self, index: usize) -> Option<std::ops::Range<usize>> {
        // Up to the first dimension that blocks do not fill, there is one element.
        let partial = (0..self.rank).rev().find(|d| self.block[*d] < self.shape[*d]).unwrap_or(0);
        let start = index.checked_mul(self.block_len)?;
        let end = start.checked_add(self.block_len).filter(|end| *end <= self.len)?;
        let is_even = self.shape[partial].is_multiple_of(self.block[partial]);
        let one = self.block[..partial].iter().all(|extent| *extent == 1);
        let alone = self.shape[..partial].iter().all(|extent| *extent == 1);
        (one && (is_even || alone)).then_some(start..end)
    }

    /// The rows of a block. There are none behind the last block.
    pub(super) fn rows(&self, index: usize) -> Rows {
        let mut strides = [self.element; MAX_RANK];
        let mut block_strides = strides;
        let (mut start, mut extent) = ([0; MAX_RANK], [0; MAX_RANK]);
        let mut rest = index;
        for dimension in (0..self.rank).rev() {
            if dimension + 1 < self.rank {
                strides[dimension] = strides[dimension + 1] * self.shape[dimension + 1];
                block_strides[dimension] = block_strides[dimension + 1] * self.block[dimension + 1];
            }
            let blocks = self.shape[dimension].div_ceil(self.block[dimension]);
            start[dimension] = rest % blocks * self.block[dimension];
            rest /= blocks;
            extent[dimension] = self.block[dimension].min(self.shape[dimension] - start[dimension]);
        }
        let in_array = (0..self.rank).map(|d| start[d] * strides[d]).sum();
        Rows {
            rank: self.rank,
            at: [0; MAX_RANK],
            extent,
            strides,
            block_strides,
            next: (rest == 0).then_some((0, in_array)),
        }
    }
}

/// [`Grid::rows`].
#[derive(Debug)]
pub(super) struct Rows {
    rank: usize,
    at: [usize; MAX_RANK],
    extent: [usize; MAX_RANK],
    strides: [usize; MAX_RANK],
    block_strides: [usize; MAX_RANK],
    next: Option<(usize, usize)>,
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let (in_block, in_array) = self.next?;
        let last = self.rank - 1;
        let row = Row { in_block, in_array, len: self.extent[last] * self.strides[last] };
        let (mut block, mut array) = (in_block, in_array);
        self.next = None;
        for dimension in (0..last).rev() {
            self.at[dimension] += 1;
            block += self.block_strides[dimension];
            array += self.strides[dimension];
            if self.at[dimension] < self.extent[dimension] {
                self.next = Some((block, array));
                break;
            }
            block -= self.extent[dimension] * self.block_strides[dimension];
            array -= self.extent[dimension] * self.strides[dimension];
            self.at[dimension] = 0;
        }
        Some(row)
    }
}

/// The bytes of an element by the type that the layer ends in: frames take those that are too large for
/// bytes.
fn raw_size(mut layer: &[u8]) -> Option<usize> {
    let [_, 0xdb, _, _, _, _, b'|', b'V'] = *take(&mut layer).ok()? else { return None };
    std::str::from_utf8(layer).ok()?.parse().ok()
}

/// The extents of an array of numbers of `WIDTH` bytes.
fn extents<const WIDTH: usize>(layer: &mut &[u8], rank: usize) -> Result<[usize; MAX_RANK]> {
    let [_] = *take(layer)?;
    let mut extents = [1; MAX_RANK];
    for extent in &mut extents[..rank] {
        let [_] = *take(layer)?;
        let mut bytes = [0; 8];
        bytes[8 - WIDTH..].copy_from_slice(take::<WIDTH>(layer)?);
        let number = usize::try_from(u64::from_be_bytes(bytes));
        *extent = number.map_err(|_| corrupt(NAME, "an extent is too large"))?;
    }
    Ok(extents)
}

/// The shape of blocks of about `len` bytes, by the rules of the plugin: each dimension has two
/// elements at first; then they are doubled, from the last one on, as often as that fits.
pub(super) fn block_shape(shape: &[usize], len: usize, element: usize) -> Vec<usize> {
    let most = len.checked_div(element).unwrap_or(0);
    let mut block: Vec<usize> = shape.iter().map(|extent| (*extent).min(2)).collect();
    let mut count = block.iter().product::<usize>();
    while count < most {
        let before = count;
        for (block, extent) in block.iter_mut().zip(shape).rev() {
            let next = if block.saturating_mul(2) <= *extent { *block * 2 } else { *extent };
            let larger = (count / *block).saturating_mul(next);
            if larger <= most {
                (count, *block) = (larger, next);
            }
        }
        if count == before {
            break;
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_are_those_of_the_plugin() {
        assert_eq!(block_shape(&[50, 30], 6000, 4), [50, 30]);
        assert_eq!(block_shape(&[100, 1, 100], 4096, 4), [32, 1, 32]);
        assert_eq!(block_shape(&[7, 7, 7], 1000, 4), [4, 7, 7]);
        assert_eq!(block_shape(&[100, 100], 1, 4), [2, 2]);
    }

    #[test]
    fn what_blocks_are_larger_than_is_refused() {
        assert!(Grid::new(&[4, 4], &[2, 5], 1).is_none());
        assert!(Grid::new(&[4, 4], &[2, 0], 1).is_none());
        assert!(Grid::new(&[usize::MAX, 4], &[1, 1], 1).is_none());
        assert!(Grid::new(&[], &[], 1).is_none());
        assert!(Grid::parse(&[0x97, 0, 17], 4).is_err());
        assert!(Grid::parse(&[0x97, 0, 2, 0x92], 4).is_err());
    }

    proptest! {
        #[test]
        fn all_elements_are_in_one_row(
            extents in prop::collection::vec((1_usize..7, 1_usize..7), 1..4),
            element in 1_usize..4,
        ) {
            let shape: Vec<_> = extents.iter().map(|(shape, _)| *shape).collect();
            let block: Vec<_> = extents.iter().map(|(shape, block)| *shape.min(block)).collect();
            let grid = Grid::new(&shape, &block, element).unwrap();
            prop_assert_eq!(Grid::parse(&grid.layer(), element).unwrap(), grid);
            let mut seen = vec![0; grid.len];
            let count = grid.blocks_len / grid.block_len;
            for index in 0..count {
                let mut covered = 0;
                for row in grid.rows(index) {
                    prop_assert!(row.in_block + row.len <= grid.block_len);
                    seen[row.in_array..row.in_array + row.len].iter_mut().for_each(|n| *n += 1);
                    covered += row.len;
                    if let Some(whole) = grid.whole(index) {
                        prop_assert_eq!(row.in_array - row.in_block, whole.start);
                    }
                }
                if grid.whole(index).is_some() {
                    prop_assert_eq!(covered, grid.block_len);
                }
            }
            prop_assert!(grid.rows(count).next().is_none());
            prop_assert!(seen.iter().all(|n| *n == 1));
        }
    }
}
