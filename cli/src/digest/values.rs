//! Hashes of the values of datasets and attributes.

use hdfive::{Attribute, Dataset, Selection, SliceOrIndex};

use super::encode::{Encoder, Sum, wide};
use super::plan::Plan;
use super::walk::Walk;
use crate::failure::Why;
use crate::memory::{self, volume};

/// Bytes, in memory, of which only a leading box is read.
const SAMPLE: u64 = 64 << 20;

/// Bytes of the largest element or attribute.
const MAX_ATTRIBUTE: u64 = 1 << 30;

/// Bytes read at once, where the dataset's chunks allow.
const BLOCK: u64 = 4 << 20;

/// The hash of an attribute's values.
pub(super) fn of_attribute(walk: &Walk, attribute: &Attribute) -> Result<Sum, Why> {
    let space = attribute.space()?;
    let datatype = attribute.dtype()?;
    let definition = datatype.definition();
    let mut encoder = Encoder::new(walk, Plan::of(definition)?);
    if !space.is_null() {
        let size = memory::size(definition);
        if volume(space.dims()).saturating_mul(size) > MAX_ATTRIBUTE {
            return Err(Why::new("the attribute is too large to hash"));
        }
        encoder.add(&attribute.read_elements(Selection::All)?)?;
    }
    Ok(encoder.finish())
}

/// The hash of a dataset's values and, where not all are read, the box of those that are.
pub(super) fn of_dataset(
    walk: &Walk,
    dataset: &Dataset,
    plan: Plan,
) -> Result<(Sum, Option<Vec<u64>>), Why> {
    let space = dataset.space()?;
    let datatype = dataset.dtype()?;
    let definition = datatype.definition();
    let mut encoder = Encoder::new(walk, plan);
    if space.is_null() {
        return Ok((encoder.finish(), None));
    }
    let dims = space.dims();
    let leading = leading_box(dims, memory::size(definition));
    if volume(&leading) > 0 {
        let chunk = dataset.chunk().and_then(|chunk| chunk.first().copied()).map(wide);
        let blocks = Blocks::of(&leading, definition.size.into(), chunk);
        for block in blocks {
            encoder.add(&dataset.read_elements(block)?)?;
        }
    }
    let sample = (leading != dims).then_some(leading);
    Ok((encoder.finish(), sample))
}

/// The leading box of `dims` that is small enough to be read whole.
fn leading_box(dims: &[u64], size: u64) -> Vec<u64> {
    let mut out = dims.to_vec();
    for axis in 0..dims.len() {
        if volume(&out).saturating_mul(size) <= SAMPLE {
            break;
        }
        let behind = out.get(axis.saturating_add(1)..).map_or(1, volume).saturating_mul(size);
        if let Some(len) = out.get_mut(axis) {
            *len = SAMPLE.checked_div(behind).unwrap_or(0).max(1);
        }
    }
    out
}

/// A box, cut into blocks that follow each other in row-major order.
#[derive(Debug)]
struct Blocks {
    dims: Vec<u64>,
    /// The axis that is cut; those before it have one coordinate a block.
    axis: usize,
    /// Coordinates of a block along that axis.
    step: u64,
    /// First coordinates of the next block.
    at: Option<Vec<u64>>,
}

impl Blocks {
    /// Blocks of about [`BLOCK`] bytes; of chunked data, whole rows of chunks, so that no chunk is
    /// decoded twice.
    fn of(dims: &[u64], size: u64, chunk: Option<u64>) -> Self {
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
    fn large_datasets_are_sampled() {
        assert_eq!(leading_box(&[10, 10], 8), [10, 10]);
        assert_eq!(leading_box(&[1 << 20, 100], 8), [83_886, 100]);
        assert_eq!(leading_box(&[10, 1 << 40], 1), [1, 64 << 20]);
        assert_eq!(leading_box(&[1 << 40, 0], 8), [1 << 40, 0]);
        assert_eq!(leading_box(&[], 8), [0; 0]);
    }

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
