//! Selections of virtual datasets, in the DDL.

use hdfive::{Selection, SliceOrIndex};

use super::{Dump, region};
use crate::failure::Failure;

/// Blocks along one axis; `None` is unlimited.
struct Axis {
    start: u64,
    stride: u64,
    count: Option<u64>,
    block: Option<u64>,
}

/// Writes a selection.
pub(super) fn write(dump: &mut Dump<'_, '_>, selection: &Selection) -> Result<(), Failure> {
    if let Some(axes) = regular(selection) {
        return block(dump, "SELECTION REGULAR_HYPERSLAB { ", &lines(&axes));
    }
    let list = region::text(selection).replace(crate::text::flow::BREAK, "");
    match selection {
        Selection::None => dump.line("SELECTION NONE"),
        Selection::Points { .. } => block(dump, "SELECTION POINT { ", &[list]),
        Selection::Blocks(_) => block(dump, "SELECTION IRREGULAR_HYPERSLAB { ", &[list]),
        _ => dump.line("SELECTION ALL"),
    }
}

fn block(dump: &mut Dump<'_, '_>, head: &str, lines: &[String]) -> Result<(), Failure> {
    dump.line(head)?;
    dump.inner(|dump| lines.iter().try_for_each(|line| dump.line(line)))?;
    dump.line("}")
}

fn lines(axes: &[Axis]) -> [String; 4] {
    let listed = |of: &dyn Fn(&Axis) -> Option<u64>| {
        let text = |n: Option<u64>| n.map_or("H5S_UNLIMITED".to_owned(), |n| n.to_string());
        let numbers: Vec<String> = axes.iter().map(|axis| text(of(axis))).collect();
        numbers.join(",")
    };
    [
        format!("START ({})", listed(&|axis| Some(axis.start))),
        format!("STRIDE ({})", listed(&|axis| Some(axis.stride))),
        format!("COUNT ({})", listed(&|axis| axis.count)),
        format!("BLOCK ({})", listed(&|axis| axis.block)),
    ]
}

/// The selection as blocks along each axis, where it is that.
fn regular(selection: &Selection) -> Option<Vec<Axis>> {
    match selection {
        Selection::Hyperslab(slab) => slab.axes().iter().map(axis).collect(),
        Selection::Blocks(blocks) => match blocks.as_slice() {
            [(first, last)] => {
                let axis = |(first, last): (&u64, &u64)| {
                    let block = last.checked_sub(*first)?.checked_add(1);
                    Some(Axis { start: *first, stride: 1, count: Some(1), block })
                };
                first.iter().zip(last).map(axis).collect()
            }
            _ => None,
        },
        _ => None,
    }
}

fn axis(axis: &SliceOrIndex) -> Option<Axis> {
    let wide = |n: &usize| u64::try_from(*n).ok();
    Some(match axis {
        SliceOrIndex::SliceCount { start, step, count, block } => Axis {
            start: wide(start)?,
            stride: wide(step)?,
            count: wide(count),
            block: wide(block),
        },
        SliceOrIndex::Unlimited { start, step, block } => {
            Axis { start: wide(start)?, stride: wide(step)?, count: None, block: wide(block) }
        }
        SliceOrIndex::Rest { start } => {
            Axis { start: wide(start)?, stride: 1, count: Some(1), block: None }
        }
        _ => return None,
    })
}
