//! Regions of datasets, block by block.

use hdfive::{Selection, SliceOrIndex};

/// First and last coordinates of a block.
pub(crate) type Block = (Vec<u64>, Vec<u64>);

/// Most blocks of a region that are listed.
const MAX_BLOCKS: usize = 1 << 20;

/// The blocks of a region, in row-major order.
pub(crate) fn blocks(selection: &Selection) -> Vec<Block> {
    match selection {
        Selection::Blocks(blocks) => blocks.clone(),
        Selection::Hyperslab(slab) => {
            let mut out: Vec<Block> = vec![(Vec::new(), Vec::new())];
            for axis in slab.axes() {
                out = extended(&out, axis);
            }
            out
        }
        _ => Vec::new(),
    }
}

/// Each block with one more axis.
fn extended(blocks: &[Block], axis: &SliceOrIndex) -> Vec<Block> {
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let (start, step, count, block) = match axis {
        SliceOrIndex::SliceCount { start, step, count, block } => (*start, *step, *count, *block),
        SliceOrIndex::Unlimited { start, step, block } => (*start, *step, 1, *block),
        SliceOrIndex::Index(at) => (*at, 1, 1, 1),
        SliceOrIndex::Rest { start } => (*start, 1, 1, 1),
        _ => return Vec::new(),
    };
    let mut out = Vec::new();
    for (first, last) in blocks {
        for number in 0..count {
            if out.len() >= MAX_BLOCKS {
                return out;
            }
            let begin = wide(start).saturating_add(wide(number).saturating_mul(wide(step)));
            let end = begin.saturating_add(wide(block)).saturating_sub(1);
            let with = |list: &[u64], at: u64| list.iter().copied().chain([at]).collect();
            out.push((with(first, begin), with(last, end)));
        }
    }
    out
}
