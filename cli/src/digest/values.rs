//! Hashes of the values of datasets and attributes.

use hdfive::{Attribute, Dataset, Selection};

use super::encode::{Encoder, Sum, wide};
use super::plan::Plan;
use super::walk::Walk;
use crate::blocks::Blocks;
use crate::failure::Why;
use crate::memory::{self, volume};

/// Bytes, in memory, of which only a leading box is read.
const SAMPLE: u64 = 64 << 20;

/// Bytes of the largest element or attribute.
const MAX_ATTRIBUTE: u64 = 1 << 30;

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
}
