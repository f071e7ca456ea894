//! Boxes of elements that are read one after the other.

use hdfive::{Dataset, Selection, SliceOrIndex};

use crate::memory::volume;

/// Bytes read at once, where the dataset's chunks allow.
const BLOCK: u64 = 4 << 20;

/// Bytes of a row of chunks that is read at once.
const MAX_CHUNK_ROW: u64 = 64 << 20;

/// A box, cut into blocks that follow each other in row-major order.
#[derive(Debug)]
pub(crate) struct Blocks {
    dims: Vec<u64>,
    /// The axis that is cut; those before it have one coordinate a block.
    axis: usize,
    /// Coordinates of a block along that axis.
    step: u64,
    /// First coordinates of the next block.
    at: Option<Vec<u64>>,
}

impl Blocks {
    /// Blocks of a dataset of `dims` and of elements of `size` bytes: of whole rows of chunks, where
    /// these are not too much to be read at once.
    pub(crate) fn of_dataset(dataset: &Dataset, dims: &[u64], size: u64) -> Self {
        let row = volume(dims.get(1..).unwrap_or_default()).saturating_mul(size);
        let rows = dataset.chunk().and_then(|chunk| chunk.first().copied());
        let rows = rows.and_then(|rows| u64::try_from(rows).ok());
        Self::of(dims, size, rows.filter(|rows| rows.saturating_mul(row) <= MAX_CHUNK_ROW))
    }

    /// Blocks of about [`BLOCK`] bytes; of chunked data, whole rows of chunks, so that no chunk is
    /// decoded twice.
    pub(crate) fn of(dims: &[u64], size: u64, chunk: Option<u64>) -> Self {
        let behind = |axis: usize| {
            let rest = dims.get(axis.saturating_add(1)..).unwrap_or_default();
            volume(rest).saturating_mul(size).max(1)
        };
        let (axis, step) = match chunk {
            Some(rows) => {
                let rows = rows.max(1);
                let fit = BLOCK.checked_div(behind(0).saturating_mul(rows)).unwrap_or(0);
                (0, fit.max(1).saturating_mul(rows))
            }
            None => {
                let small = (0..dims.len()).find(|axis| behind(*axis) <= BLOCK);
                let axis = small.unwrap_or(dims.len().saturating_sub(1));
                (axis, BLOCK.checked_div(behind(axis)).unwrap_or(0).max(1))
            }
        };
        Self { dims: dims.to_vec(), axis, step, at: Some(vec![0; dims.len()]) }
    }

    /// The first coordinates of the block behind that at `at`.
    fn following(&self, mut at: Vec<u64>) -> Option<Vec<u64>> {
        for axis in (0..=self.axis).rev() {
            let step = if axis == self.axis { self.step } else { 1 };
            let (at, len) = (at.get_mut(axis)?, self.dims.get(axis)?);
            *at = at.saturating_add(step);
            if *at < *len {
                break;
            }
            *at = 0;
            if axis == 0 {
                return None;
            }
        }
        Some(at)
    }
}

impl Iterator for Blocks {
    type Item = Selection;

    fn next(&mut self) -> Option<Selection> {
        let at = self.at.take()?;
        if at.is_empty() {
            return Some(Selection::All);
        }
        let range = |(axis, (start, len)): (usize, (&u64, &u64))| {
            let end = match axis.cmp(&self.axis) {
                std::cmp::Ordering::Less => start.saturating_add(1),
                std::cmp::Ordering::Equal => start.saturating_add(self.step).min(*len),
                std::cmp::Ordering::Greater => *len,
            };
            let narrow = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            SliceOrIndex::from(narrow(*start)..narrow(end))
        };
        let axes: Vec<SliceOrIndex> = at.iter().zip(&self.dims).enumerate().map(range).collect();
        self.at = self.following(at);
        Some(Selection::from(axes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_the_box_once() {
        let count = |dims: &[u64], chunk| {
            let blocks: Vec<Selection> = Blocks::of(dims, 8, chunk).collect();
            let shape: Vec<usize> = dims.iter().map(|n| usize::try_from(*n).unwrap()).collect();
            let len = |block: &Selection| block.out_shape(&shape).unwrap().iter().product();
            let lens: Vec<usize> = blocks.iter().map(len).collect();
            assert_eq!(lens.iter().sum::<usize>(), shape.iter().product::<usize>());
            lens.len()
        };
        assert_eq!(count(&[], None), 1);
        assert_eq!(count(&[100], None), 1);
        assert_eq!(count(&[1 << 20], None), 2);
        assert_eq!(count(&[3, 1 << 20], None), 6);
        assert_eq!(count(&[3, 1 << 20], Some(2)), 2);
        assert_eq!(count(&[1000, 1000], Some(7)), 2);
    }
}
