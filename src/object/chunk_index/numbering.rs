//! The numbers of chunks in indexes that are arrays.

use crate::object::raw_data::chunked::Grid;

/// The numbering of chunks that array indexes use: row-major over the chunks of the largest
/// extent, with the unlimited axis, where there is one, first.
#[derive(Debug)]
pub(super) struct Numbering {
    /// The axes, slowest first.
    order: Vec<usize>,
    /// Chunks between neighbours along each axis of `order`.
    strides: Vec<u64>,
    /// Chunks along each axis of `order`, `None` where it is unlimited.
    counts: Vec<Option<u64>>,
}

impl Numbering {
    pub(super) fn new(grid: &Grid, maximum: &[Option<u64>]) -> Self {
        let mut order: Vec<usize> = (0..grid.chunk.len()).collect();
        // A stable sort: the other axes keep their order.
        order.sort_by_key(|axis| maximum.get(*axis).copied().flatten().is_some());
        let count = |axis: &usize| {
            let most = maximum.get(*axis).copied().flatten()?;
            most.checked_div_ceil(*grid.chunk.get(*axis)?)
        };
        let counts: Vec<Option<u64>> = order.iter().map(count).collect();
        let mut strides = vec![1u64; order.len()];
        let mut stride = 1u64;
        for (place, count) in strides.iter_mut().zip(&counts).rev() {
            *place = stride;
            stride = stride.saturating_mul(count.unwrap_or(1));
        }
        Self { order, strides, counts }
    }

    /// Number of axes.
    pub(super) fn rank(&self) -> usize {
        self.order.len()
    }

    /// The number of a chunk, `None` outside the largest extent.
    pub(super) fn number(&self, scaled: &[u64]) -> Option<u64> {
        let mut number = 0u64;
        for ((axis, stride), count) in self.order.iter().zip(&self.strides).zip(&self.counts) {
            let n = *scaled.get(*axis)?;
            if count.is_some_and(|count| n >= count) {
                return None;
            }
            number = number.checked_add(n.checked_mul(*stride)?)?;
        }
        Some(number)
    }

    /// The coordinates of the chunk with this number.
    pub(super) fn scaled(&self, number: u64) -> Vec<u64> {
        let mut scaled = vec![0; self.order.len()];
        self.put_scaled(number, &mut scaled);
        scaled
    }

    /// Puts the coordinates of the chunk with this number into `scaled`.
    pub(super) fn put_scaled(&self, number: u64, scaled: &mut [u64]) {
        let mut left = number;
        for (axis, stride) in self.order.iter().zip(&self.strides) {
            if let Some(place) = scaled.get_mut(*axis) {
                *place = left.checked_div(*stride).unwrap_or(0);
                left = left.checked_rem(*stride).unwrap_or(0);
            }
        }
    }

    /// Number of chunks of the largest extent, where it has a bound.
    pub(super) fn total(&self) -> Option<u64> {
        self.counts.iter().try_fold(1u64, |n, count| n.checked_mul((*count)?))
    }
}

/// Division that rounds up, `None` by zero.
trait CheckedDivCeil: Sized {
    fn checked_div_ceil(self, by: Self) -> Option<Self>;
}

impl CheckedDivCeil for u64 {
    fn checked_div_ceil(self, by: Self) -> Option<Self> {
        (by != 0).then(|| self.div_ceil(by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unlimited_axis_comes_first() {
        let grid =
            Grid { extent: vec![4, 10, 6], chunk: vec![2, 5, 3], element_size: 1, chunk_bytes: 30 };
        let numbering = Numbering::new(&grid, &[Some(4), None, Some(7)]);
        // Counts 2, unlimited, 3: numbered as [axis 1][axis 0][axis 2].
        assert_eq!(numbering.number(&[1, 2, 1]), Some(2 * 6 + 3 + 1));
        assert_eq!(numbering.number(&[2, 0, 0]), None);
        assert_eq!(numbering.total(), None);
        for number in 0..40 {
            assert_eq!(numbering.number(&numbering.scaled(number)), Some(number));
        }
    }
}
