//! The arithmetic of virtual datasets: which elements a mapping means, and which of them are
//! wanted.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "selections are made finite against an extent whose product fits 64 bits, and every \
              index comes from the same selection"
)]

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::format::selection::{HyperslabDimension, Selection};
use crate::format::virtual_mapping::Mapping;
use crate::limits::Limits;
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

/// The coordinate of an unlimited axis where the next selected one behind the first `coordinates`
/// would be; 0 where there are none.
pub(super) fn first_missing(axis: &HyperslabDimension, coordinates: u64) -> u64 {
    let Some(block) = axis.block.filter(|block| *block < axis.stride && *block > 0) else {
        return reach(axis, coordinates);
    };
    if coordinates == 0 {
        return 0;
    }
    let (whole, rest) = (coordinates / block, coordinates % block);
    axis.start.saturating_add(whole.saturating_mul(axis.stride)).saturating_add(rest)
}

/// The selection inside `extent`: unlimited axes end there.
pub(super) fn finite(
    selection: &Selection,
    extent: &[u64],
    limits: &Limits,
) -> Result<ElementSelection> {
    if selection.rank().is_some_and(|rank| rank != extent.len()) {
        return Err(Error::usage("a mapping's selection has another rank than its dataset"));
    }
    let found = match selection {
        Selection::All => ElementSelection::all(extent),
        Selection::None => ElementSelection::Runs(Runs::new(extent.len())),
        Selection::Points { rank, coordinates } => {
            ElementSelection::Runs(Runs::points(*rank, coordinates.clone()))
        }
        Selection::Blocks { .. } => {
            ElementSelection::Runs(union(selection, extent.len(), limits.selection_blocks)?)
        }
        Selection::Regular(axes) => {
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
///
/// # Errors
///
/// Where there are more of them than `most`.
fn union(selection: &Selection, rank: usize, most: u64) -> Result<Runs> {
    let mut rows: Vec<(Vec<u64>, u64)> = Vec::new();
    let mut count = 0u64;
    for (first, last) in selection.blocks() {
        let lens = first.iter().zip(last).map(|(a, b)| b.saturating_sub(*a).saturating_add(1));
        let outer = lens.take(rank.saturating_sub(1)).fold(1u64, |n, len| n.saturating_mul(len));
        count = count.saturating_add(outer);
        Limits::check("selection_blocks", count, most)?;
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
    Ok(runs)
}

/// The `number`-th block of an axis without end, the other axes as they are; `None` behind the
/// extent.
pub(super) fn nth_block(
    selection: &Selection,
    axis: usize,
    number: u64,
    extent: &[u64],
    limits: &Limits,
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
    finite(&Selection::Regular(axes), extent, limits).map(Some)
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
///
/// Costs what the wanted elements cost, however many the target claims.
pub(super) fn meet(target: &ElementSelection, wanted: &ElementSelection) -> Vec<Met> {
    match (target, wanted) {
        (ElementSelection::Product(target), ElementSelection::Product(wanted)) => {
            meet_products(target, wanted)
        }
        (ElementSelection::Product(target), ElementSelection::Runs(wanted)) => {
            // Seen from the other side: places and numbers change their roles.
            let turned = |met: Met| Met { number: met.to, to: met.number, len: met.len };
            meet_rows(wanted, target).into_iter().map(turned).collect()
        }
        (ElementSelection::Runs(target), ElementSelection::Product(wanted)) => {
            meet_rows(target, wanted)
        }
        (ElementSelection::Runs(target), ElementSelection::Runs(wanted)) => {
            meet_runs(target, wanted)
        }
    }
}

/// Coordinates that both axes select: place in `a`, place in `b`, length.
fn meet_axes(a: &AxisSelection, b: &AxisSelection) -> Vec<(u64, u64, u64)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(next) = a.next_from(at) {
        let Some(both) = b.next_from(next) else { break };
        if both != next {
            at = both;
            continue;
        }
        let (Some((in_a, follow_a)), Some((in_b, follow_b))) = (a.position(next), b.position(next))
        else {
            break;
        };
        let len = follow_a.min(follow_b).max(1);
        out.push((in_a, in_b, len));
        at = next.saturating_add(len);
    }
    out
}

/// Numbers of elements between neighbours along each axis of a product.
fn places(axes: &[AxisSelection]) -> Vec<u64> {
    let lens: Vec<u64> = axes.iter().map(AxisSelection::len).collect();
    crate::object::selection::strides(&lens)
}

fn meet_products(target: &[AxisSelection], wanted: &[AxisSelection]) -> Vec<Met> {
    let mut axes = Vec::with_capacity(wanted.len());
    for (target, wanted) in target.iter().zip(wanted) {
        let met = meet_axes(target, wanted);
        if met.is_empty() {
            return Vec::new();
        }
        axes.push(met);
    }
    let (numbers, tos) = (places(target), places(wanted));
    let mut found = vec![Met { number: 0, to: 0, len: 1 }];
    for (axis, met) in axes.iter().enumerate() {
        let last = axis + 1 == axes.len();
        let mut next = Vec::new();
        for base in &found {
            for (number, to, len) in met {
                let start = Met {
                    number: base.number + number * numbers[axis],
                    to: base.to + to * tos[axis],
                    len: 1,
                };
                if last {
                    next.push(Met { len: *len, ..start });
                    continue;
                }
                next.extend((0..*len).map(|n| Met {
                    number: start.number + n * numbers[axis],
                    to: start.to + n * tos[axis],
                    len: 1,
                }));
            }
        }
        found = next;
    }
    found
}

/// Elements of `runs` that a product selects, too: the number is that of the run's element, the
/// place that in the product.
fn meet_rows(runs: &Runs, axes: &[AxisSelection]) -> Vec<Met> {
    let strides = places(axes);
    let mut out = Vec::new();
    let mut number = 0;
    let Some(last) = axes.len().checked_sub(1) else {
        // Scalars on both sides.
        return runs.lens.first().map(|_| Met { number: 0, to: 0, len: 1 }).into_iter().collect();
    };
    for (start, len) in runs.iter() {
        let first = number;
        number += len;
        let row = start
            .iter()
            .zip(axes)
            .zip(&strides)
            .take(last)
            .try_fold(0, |sum, ((c, a), s)| a.position(*c).map(|(place, _)| sum + place * s));
        let Some(row) = row else { continue };
        let (from, end) = (start[last], start[last].saturating_add(len));
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
    let Some(last) = target.rank.checked_sub(1) else {
        let met = target.lens.first().and(wanted.lens.first());
        return met.map(|_| Met { number: 0, to: 0, len: 1 }).into_iter().collect();
    };
    // Runs of the target by their row, each with the number of its first element.
    let mut rows: HashMap<&[u64], Vec<(u64, u64, u64)>> = HashMap::new();
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
                let (number, to) = (number + (low - first), to + (low - from));
                out.push(Met { number, to, len: high - low });
            }
        }
        to += len;
    }
    out
}

/// Elements of `source` by their number: the runs that hold them, and the place and length of each
/// in the result.
pub(super) fn pick(source: &ElementSelection, wanted: &[Met]) -> (Runs, Vec<(u64, u64)>) {
    let finder = Finder::of(source);
    let mut runs = Runs::new(finder.rank());
    let mut places = Vec::new();
    for met in wanted {
        let (mut number, mut to, mut left) = (met.number, met.to, met.len);
        while left > 0 {
            let Some((start, follow)) = finder.find(number) else { break };
            let take = left.min(follow);
            runs.push(&start, take);
            places.push((to, take));
            number += take;
            to += take;
            left -= take;
        }
    }
    (runs, places)
}

/// Finds elements of a selection by their number.
enum Finder<'a> {
    Product { axes: &'a [AxisSelection], strides: Vec<u64> },
    Runs { runs: &'a Runs, firsts: Vec<u64> },
}

impl<'a> Finder<'a> {
    fn of(selection: &'a ElementSelection) -> Self {
        match selection {
            ElementSelection::Product(axes) => Self::Product { axes, strides: places(axes) },
            ElementSelection::Runs(runs) => {
                let mut sum = 0;
                let first = |len: &u64| {
                    let first = sum;
                    sum += len;
                    first
                };
                Self::Runs { runs, firsts: runs.lens.iter().map(first).collect() }
            }
        }
    }

    fn rank(&self) -> usize {
        match self {
            Self::Product { axes, .. } => axes.len(),
            Self::Runs { runs, .. } => runs.rank,
        }
    }

    /// Coordinates of the element, and how many follow it along the last axis, itself included.
    fn find(&self, number: u64) -> Option<(Vec<u64>, u64)> {
        match self {
            Self::Product { axes, strides } => {
                let mut left = number;
                let mut start = Vec::with_capacity(axes.len());
                let mut follow = 1;
                for (axis, stride) in axes.iter().zip(strides) {
                    let (place, rest) = (left.checked_div(*stride)?, left.checked_rem(*stride)?);
                    let coordinate = axis.coordinate(place)?;
                    (_, follow) = axis.position(coordinate)?;
                    start.push(coordinate);
                    left = rest;
                }
                Some((start, follow.max(1)))
            }
            Self::Runs { runs, firsts } => {
                let index = firsts.partition_point(|first| *first <= number).checked_sub(1)?;
                let skip = number - firsts[index];
                let follow = runs.lens[index].checked_sub(skip).filter(|left| *left > 0)?;
                let mut start = runs.start(index).to_vec();
                if let Some(last) = start.last_mut() {
                    *last += skip;
                }
                Some((start, follow))
            }
        }
    }
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
        assert_eq!([0, 2, 3].map(|n| first_missing(&gaps, n)), [0, 5, 6]);
        assert_eq!([0, 7].map(|n| first_missing(&dense, n)), [0, 10]);
    }

    #[test]
    fn selections_of_another_rank_are_refused() {
        let points = Selection::Points { rank: 2, coordinates: vec![0, 1] };
        let blocks = Selection::Blocks { rank: 2, corners: vec![0, 0, 1, 1] };
        for selection in [points, blocks, Selection::Regular(vec![axis(0, 1, Some(1), Some(1)); 2])]
        {
            let finite = |extent: &[u64]| finite(&selection, extent, &Limits::DEFAULT);
            assert!(finite(&[5, 5]).is_ok());
            assert!(finite(&[5]).is_err() && finite(&[]).is_err() && finite(&[5, 5, 5]).is_err());
        }
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
        let target = ElementSelection::Runs(target.to_runs());
        assert_eq!(meet(&target, &wanted), expected);
        assert_eq!(meet(&target, &all), expected);
    }
}
