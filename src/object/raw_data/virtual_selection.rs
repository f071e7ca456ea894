//! The arithmetic of virtual datasets: which elements a mapping means, and which of them are
//! wanted.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "selections are made finite against an extent whose product fits 64 bits, and every \
              index comes from the same selection"
)]

use crate::error::{Error, Result};
use crate::format::selection::{HyperslabDimension, Selection};
use crate::format::virtual_mapping::Mapping;
use crate::object::selection::{AxisSelection, ElementSelection, Runs};

/// A finite piece of a mapping.
#[derive(Debug)]
pub(super) struct Block {
    /// File and dataset of the source.
    pub(super) names: (Vec<u8>, Vec<u8>),
    /// Elements of the virtual dataset.
    pub(super) target: ElementSelection,
    /// Elements of the source, one for each of the target.
    pub(super) source: Selection,
}

/// Elements of a mapping that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Met {
    /// Place of the first one among the elements of the mapping.
    pub(super) number: u64,
    /// Its place in the result.
    pub(super) to: u64,
    pub(super) len: u64,
}

/// First coordinate behind the selection, along each axis.
pub(super) fn bounds(selection: &Selection) -> Vec<u64> {
    match selection {
        Selection::Regular(axes) => axes.iter().map(end).collect(),
        Selection::Points { rank, coordinates } => {
            let mut out = vec![0u64; *rank];
            for point in coordinates.chunks(out.len().max(1)) {
                out.iter_mut()
                    .zip(point)
                    .for_each(|(most, c)| *most = (*most).max(c.saturating_add(1)));
            }
            out
        }
        Selection::Blocks { .. } => {
            let mut out = Vec::new();
            for (_, last) in selection.blocks() {
                out.resize(last.len(), 0u64);
                out.iter_mut()
                    .zip(last)
                    .for_each(|(most, c)| *most = (*most).max(c.saturating_add(1)));
            }
            out
        }
        Selection::None | Selection::All => Vec::new(),
    }
}

/// First coordinate behind a finite axis; 0 for an unlimited one.
fn end(axis: &HyperslabDimension) -> u64 {
    match (axis.count, axis.block) {
        (Some(count), Some(block)) if count > 0 => {
            axis.start.saturating_add((count - 1).saturating_mul(axis.stride)).saturating_add(block)
        }
        _ => 0,
    }
}

/// Selected coordinates below `len` of an unlimited axis.
pub(super) fn below(axis: &HyperslabDimension, len: u64) -> u64 {
    let Some(room) = len.checked_sub(axis.start) else { return 0 };
    let Some(block) = axis.block.filter(|block| *block < axis.stride) else { return room };
    let (whole, rest) = (room / axis.stride, room % axis.stride);
    whole.saturating_mul(block).saturating_add(rest.min(block))
}

/// First coordinate behind the first `coordinates` selected ones of an unlimited axis.
pub(super) fn reach(axis: &HyperslabDimension, coordinates: u64) -> u64 {
    if coordinates == 0 {
        return 0;
    }
    let Some(block) = axis.block.filter(|block| *block < axis.stride && *block > 0) else {
        return axis.start.saturating_add(coordinates);
    };
    let (whole, rest) = (coordinates / block, coordinates % block);
    let (steps, tail) = if rest > 0 { (whole, rest) } else { (whole - 1, block) };
    axis.start.saturating_add(steps.saturating_mul(axis.stride)).saturating_add(tail)
}

/// The selection inside `extent`: unlimited axes end there.
pub(super) fn finite(selection: &Selection, extent: &[u64]) -> Result<ElementSelection> {
    let found = match selection {
        Selection::All => ElementSelection::all(extent),
        Selection::None => ElementSelection::Runs(Runs::new(extent.len())),
        Selection::Points { rank, coordinates } => {
            ElementSelection::Runs(Runs::points(*rank, coordinates.clone()))
        }
        Selection::Blocks { .. } => ElementSelection::Runs(union(selection, extent.len())),
        Selection::Regular(axes) => {
            if axes.len() != extent.len() {
                return Err(Error::usage(
                    "a mapping's selection has another rank than its dataset",
                ));
            }
            ElementSelection::Product(axes.iter().zip(extent).map(finite_axis).collect())
        }
    };
    Ok(found)
}

fn finite_axis((axis, len): (&HyperslabDimension, &u64)) -> AxisSelection {
    if let (Some(count), Some(block)) = (axis.count, axis.block) {
        return AxisSelection::Range { start: axis.start, stride: axis.stride, count, block };
    }
    let coordinates = below(axis, *len);
    match axis.block.filter(|block| *block < axis.stride) {
        Some(block) if coordinates.is_multiple_of(block) => {
            let count = coordinates / block;
            AxisSelection::Range { start: axis.start, stride: axis.stride, count, block }
        }
        // The last block is cut: spelled out.
        Some(block) => AxisSelection::List(
            (0..coordinates).map(|n| axis.start + n / block * axis.stride + n % block).collect(),
        ),
        None => AxisSelection::Range { start: axis.start, stride: 1, count: 1, block: coordinates },
    }
}

/// Blocks as runs in row-major order, each element once.
fn union(selection: &Selection, rank: usize) -> Runs {
    let mut rows: Vec<(Vec<u64>, u64)> = Vec::new();
    for (first, last) in selection.blocks() {
        let axes = first.iter().zip(last).map(|(a, b)| AxisSelection::Range {
            start: *a,
            stride: 1,
            count: 1,
            block: b.saturating_sub(*a).saturating_add(1),
        });
        let runs = ElementSelection::Product(axes.collect()).to_runs();
        rows.extend(runs.iter().map(|(start, len)| (start.to_vec(), len)));
    }
    rows.sort();
    let mut runs = Runs::new(rank);
    for (start, len) in rows {
        runs.push(&start, len);
    }
    runs
}

/// The `number`-th block of an axis without end, the other axes as they are; `None` behind the
/// extent.
pub(super) fn nth_block(
    selection: &Selection,
    axis: usize,
    number: u64,
    extent: &[u64],
) -> Result<Option<ElementSelection>> {
    let Selection::Regular(axes) = selection else { return Ok(None) };
    let mut axes = axes.clone();
    let Some(along) = axes.get_mut(axis) else { return Ok(None) };
    along.start = along.start.saturating_add(number.saturating_mul(along.stride));
    along.count = Some(1);
    along.block = Some(along.block.unwrap_or(1));
    if extent.get(axis).is_none_or(|len| end(along) > *len) {
        return Ok(None);
    }
    finite(&Selection::Regular(axes), extent).map(Some)
}

/// The names of a mapping with a block's number in them: `%b` is the number, `%%` a per cent sign.
pub(super) fn block_names(mapping: &Mapping, number: u64) -> Result<(Vec<u8>, Vec<u8>)> {
    Ok((with_number(&mapping.file, number)?, with_number(&mapping.dataset, number)?))
}

fn with_number(name: &[u8], number: u64) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name.iter();
    while let Some(byte) = rest.next() {
        match (byte, byte == &b'%') {
            (_, false) => out.push(*byte),
            _ => match rest.next() {
                Some(b'b') => out.extend_from_slice(number.to_string().as_bytes()),
                Some(b'%') => out.push(b'%'),
                _ => return Err(Error::usage("a source name has a `%` that is neither %b nor %%")),
            },
        }
    }
    Ok(out)
}

/// Which elements of `target` are among the `wanted` ones.
pub(super) fn meet(target: &ElementSelection, wanted: &ElementSelection) -> Vec<Met> {
    match wanted {
        ElementSelection::Product(axes) => meet_product(&target.to_runs(), axes),
        ElementSelection::Runs(runs) => meet_runs(&target.to_runs(), runs),
    }
}

fn meet_product(target: &Runs, axes: &[AxisSelection]) -> Vec<Met> {
    let lens: Vec<u64> = axes.iter().map(AxisSelection::len).collect();
    let strides = crate::object::selection::strides(&lens);
    let mut out = Vec::new();
    let mut number = 0;
    let Some(last) = axes.len().checked_sub(1) else { return out };
    for (start, len) in target.iter() {
        let first = number;
        number += len;
        let row = start
            .iter()
            .zip(axes)
            .zip(&strides)
            .take(last)
            .try_fold(0, |sum, ((c, a), s)| a.position(*c).map(|(place, _)| sum + place * s));
        let Some(row) = row else { continue };
        let (from, end) = (start[last], start[last] + len);
        let mut at = from;
        while let Some(next) = axes[last].next_from(at).filter(|next| *next < end) {
            let Some((place, follow)) = axes[last].position(next) else { break };
            let len = follow.min(end - next).max(1);
            out.push(Met { number: first + (next - from), to: row + place, len });
            at = next + len;
        }
    }
    out
}

fn meet_runs(target: &Runs, wanted: &Runs) -> Vec<Met> {
    let Some(last) = target.rank.checked_sub(1) else { return Vec::new() };
    // Runs of the target by their row, each with the number of its first element.
    let mut rows: std::collections::HashMap<&[u64], Vec<(u64, u64, u64)>> = Default::default();
    let mut number = 0;
    for (start, len) in target.iter() {
        rows.entry(&start[..last]).or_default().push((start[last], len, number));
        number += len;
    }
    let mut out = Vec::new();
    let mut to = 0;
    for (start, len) in wanted.iter() {
        let (from, end) = (start[last], start[last] + len);
        for (first, width, number) in rows.get(&start[..last]).into_iter().flatten() {
            let (low, high) = (from.max(*first), end.min(first + width));
            if low < high {
                out.push(Met {
                    number: number + (low - first),
                    to: to + (low - from),
                    len: high - low,
                });
            }
        }
        to += len;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(start: u64, stride: u64, count: Option<u64>, block: Option<u64>) -> HyperslabDimension {
        HyperslabDimension { start, stride, count, block }
    }

    #[test]
    fn unlimited_axes_end_where_their_source_does() {
        let dense = axis(3, 1, Some(1), None);
        assert_eq!((below(&dense, 3), below(&dense, 10)), (0, 7));
        assert_eq!(reach(&dense, 7), 10);
        let gaps = axis(1, 4, None, Some(2));
        assert_eq!((below(&gaps, 1), below(&gaps, 4), below(&gaps, 6)), (0, 2, 3));
        assert_eq!((reach(&gaps, 0), reach(&gaps, 2), reach(&gaps, 3)), (0, 3, 6));
    }

    #[test]
    fn names_take_the_block_number() {
        assert_eq!(with_number(b"f-%b-%%.h5", 12).unwrap(), b"f-12-%.h5");
        assert!(with_number(b"f-%d.h5", 1).is_err());
    }

    #[test]
    fn wanted_elements_are_found_in_a_mapping() {
        let target = ElementSelection::Product(vec![
            AxisSelection::Range { start: 2, stride: 1, count: 1, block: 2 },
            AxisSelection::Range { start: 0, stride: 2, count: 3, block: 1 },
        ]);
        let wanted = ElementSelection::Product(vec![AxisSelection::all(4), AxisSelection::all(3)]);
        let met = meet(&target, &wanted);
        let expected = [(0, 6, 1), (1, 8, 1), (3, 9, 1), (4, 11, 1)];
        let expected = expected.map(|(number, to, len)| Met { number, to, len });
        assert_eq!(met, expected);
        let all = ElementSelection::Runs(wanted.to_runs());
        assert_eq!(meet(&target, &all), expected);
    }
}
