//! What a product of selections along the axes takes of which chunks, and where that goes in the
//! result: planned once for a read along each axis, so that a chunk costs no allocation, and split
//! into parts that threads fill on their own.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "coordinates lie inside the extent, whose product fits 64 bits; everything has the \
              rank of the extent; places in the result are below its length, which is a `usize`"
)]

use std::ops::Range;

use super::chunked::Grid;
use super::table::ChunkTable;
use crate::error::Result;
use crate::object::selection::{AxisSelection, Boxes, Segment, strides, walk_product};

/// Most slices that a result is cut into.
const SLICES: u64 = 1 << 16;

/// The pieces of chunks that make up a product of selections.
#[derive(Debug)]
pub(super) struct ProductPlan<'g> {
    grid: &'g Grid,
    axes: Vec<AxisPlan>,
    /// Elements of the result along each axis.
    result: Vec<u64>,
    /// Elements between neighbours in a chunk, and in the result.
    strides: (Vec<u64>, Vec<u64>),
}

/// The chunks along one axis that are touched.
#[derive(Debug, Default)]
struct AxisPlan {
    segments: Vec<Segment>,
    pieces: Vec<AxisPiece>,
}

/// What one chunk gives along one axis.
#[derive(Debug)]
struct AxisPiece {
    /// The chunk's coordinate, in chunks.
    scaled: u64,
    /// Place of its segments.
    segments: Range<usize>,
    /// Place of its first coordinate in the result, and how many there are.
    to: u64,
    len: u64,
    /// It is all that the chunk has in the extent.
    whole: bool,
}

impl AxisPlan {
    fn add(&mut self, axis: &AxisSelection, scaled: u64, chunk: u64, extent: u64) {
        let (low, high) = (scaled * chunk, (scaled + 1).saturating_mul(chunk));
        let start = self.segments.len();
        axis.add_segments(low, high, &mut self.segments);
        let segments = start..self.segments.len();
        let Some(first) = self.segments.get(start) else { return };
        let (to, len) = (first.to, self.segments[segments.clone()].iter().map(|s| s.len).sum());
        let whole = len == high.min(extent) - low;
        self.pieces.push(AxisPiece { scaled, segments, to, len, whole });
    }

    /// All chunks that `axis` touches.
    fn touched(axis: &AxisSelection, chunk: u64, extent: u64) -> Self {
        let mut plan = Self::default();
        let mut from = 0;
        while let Some(next) = axis.next_from(from) {
            let scaled = next / chunk;
            plan.add(axis, scaled, chunk, extent);
            from = (scaled + 1).saturating_mul(chunk);
        }
        plan
    }

    fn segments(&self, piece: usize) -> &[Segment] {
        &self.segments[self.pieces[piece].segments.clone()]
    }
}

impl<'g> ProductPlan<'g> {
    /// All that `axes` take of the chunks they touch.
    pub(super) fn touched(grid: &'g Grid, axes: &[AxisSelection]) -> Self {
        let parts = axes.iter().zip(&grid.chunk).zip(&grid.extent);
        let plans = parts.map(|((axis, chunk), len)| AxisPlan::touched(axis, *chunk, *len));
        Self::new(grid, axes, plans.collect())
    }

    /// What `axes` take of chunks that are stored. It costs what is stored, not what the dataset
    /// claims.
    pub(super) fn stored(grid: &'g Grid, axes: &[AxisSelection], table: &ChunkTable) -> Self {
        let mut coordinates = vec![Vec::new(); axes.len()];
        let mut scaled = vec![0; axes.len()];
        for index in 0..table.len() {
            table.coordinates(index, &mut scaled);
            coordinates.iter_mut().zip(&scaled).for_each(|(all, at)| all.push(*at));
        }
        let parts = axes.iter().zip(&grid.chunk).zip(&grid.extent).zip(coordinates);
        let plans = parts.map(|(((axis, chunk), len), mut all)| {
            all.sort_unstable();
            all.dedup();
            let mut plan = AxisPlan::default();
            all.iter().for_each(|scaled| plan.add(axis, *scaled, *chunk, *len));
            plan
        });
        Self::new(grid, axes, plans.collect())
    }

    fn new(grid: &'g Grid, axes: &[AxisSelection], plans: Vec<AxisPlan>) -> Self {
        let result: Vec<u64> = axes.iter().map(AxisSelection::len).collect();
        let strides = (strides(&grid.chunk), strides(&result));
        Self { grid, axes: plans, result, strides }
    }

    /// Number of pieces, one a chunk.
    pub(super) fn len(&self) -> u64 {
        self.axes.iter().fold(1, |n: u64, axis| n.saturating_mul(axis.pieces.len() as u64))
    }

    fn all(&self) -> Vec<Range<usize>> {
        self.axes.iter().map(|axis| 0..axis.pieces.len()).collect()
    }

    /// Calls `each` for every piece, chunks in row-major order.
    pub(super) fn for_each(&self, each: &mut impl FnMut(&Piece<'_>) -> Result<()>) -> Result<()> {
        self.for_each_in(&self.all(), each)
    }

    /// As [`for_each`](Self::for_each), for those whose indexes along each axis lie in `ranges`.
    pub(super) fn for_each_in(
        &self,
        ranges: &[Range<usize>],
        each: &mut impl FnMut(&Piece<'_>) -> Result<()>,
    ) -> Result<()> {
        if ranges.iter().any(Range::is_empty) {
            return Ok(());
        }
        let mut piece = Piece::new(self);
        ranges.iter().enumerate().for_each(|(axis, range)| piece.set(axis, range.start));
        loop {
            each(&piece)?;
            let more = |axis: &usize| piece.at[*axis] + 1 < ranges[*axis].end;
            let Some(axis) = (0..ranges.len()).rev().find(more) else { return Ok(()) };
            piece.set(axis, piece.at[axis] + 1);
            (axis + 1..ranges.len()).for_each(|axis| piece.set(axis, ranges[axis].start));
        }
    }

    /// Calls `each` for the pieces of stored chunks whose index along the first axis lies in
    /// `ranges`, with the place in the table.
    pub(super) fn for_each_stored(
        &self,
        table: &ChunkTable,
        ranges: &[Range<usize>],
        each: &mut impl FnMut(&Piece<'_>, usize) -> Result<()>,
    ) -> Result<()> {
        let mut piece = Piece::new(self);
        let mut scaled = vec![0; self.axes.len()];
        let rows = self.axes.first().zip(ranges.first()).and_then(|(axis, range)| {
            let rows = axis.pieces.get(range.clone())?;
            Some(rows.first()?.scaled..rows.last()?.scaled + 1)
        });
        for index in rows.map_or(0..0, |rows| table.rows(rows)) {
            table.coordinates(index, &mut scaled);
            if piece.seek(&scaled) {
                each(&piece, index)?;
            }
        }
        Ok(())
    }

    /// Cuts the result into parts to be filled at once, about as many as are `wanted`, each of
    /// pieces of its own. Where it is `coarse`, only along the first axis.
    pub(super) fn parts<'o>(
        &self,
        out: &'o mut [u8],
        wanted: usize,
        coarse: bool,
    ) -> Vec<Part<'o>> {
        let counts: Vec<usize> = self.axes.iter().map(|axis| axis.pieces.len()).collect();
        if wanted < 2 || counts.is_empty() || counts.contains(&0) {
            return vec![Part { ranges: self.all(), out: Target::whole(out) }];
        }
        // The axis to cut along, and the parts that the axes before it make.
        let (mut cut, mut outer) = (0, 1);
        let (mut before, mut rows) = (1, 1u64);
        for (axis, count) in counts.iter().enumerate() {
            // What is whole along an axis may run on into the next coordinate of the one before it.
            if axis > 0 && *count > 1 {
                (cut, outer) = (axis, before);
            }
            before *= count;
            rows = rows.saturating_mul(self.result[axis]);
            let next = counts.get(axis + 1).map_or(u64::MAX, |next| *next as u64);
            if coarse || before >= wanted || rows.saturating_mul(next) > SLICES {
                break;
            }
        }
        let step = counts[cut].div_ceil((wanted / outer).max(1)).max(1);
        self.cut(out, cut, step)
    }

    /// Cuts the result along axis `cut` every `step` chunks, and between the chunks of all axes
    /// before it.
    fn cut<'o>(&self, out: &'o mut [u8], cut: usize, step: usize) -> Vec<Part<'o>> {
        let size = self.grid.element_size;
        let pieces = self.axes[cut].pieces.len();
        let spans: Vec<Range<usize>> =
            (0..pieces).step_by(step).map(|from| from..(from + step).min(pieces)).collect();
        let mut parts = Vec::new();
        let outer: Vec<Range<usize>> = self.all()[..cut].to_vec();
        for_each_index(&outer, &mut |at| {
            for span in &spans {
                let mut ranges = self.all();
                let mut axes = Vec::with_capacity(cut);
                for (axis, index) in at.iter().enumerate() {
                    ranges[axis] = *index..*index + 1;
                    let piece = &self.axes[axis].pieces[*index];
                    axes.push((self.result[axis], piece.to, piece.len));
                }
                ranges[cut] = span.clone();
                let block = self.result[cut] * self.strides.1[cut] * size;
                let start = self.axes[cut].pieces[span.start].to * self.strides.1[cut] * size;
                let (block, start) = (block as usize, start as usize);
                parts.push(Part { ranges, out: Target { slices: Vec::new(), axes, block, start } });
            }
        });
        // The index of the piece that each coordinate of the result belongs to.
        let of: Vec<Vec<usize>> = self.axes[..cut].iter().map(owners).collect();
        let mut rest = out;
        let rows: Vec<Range<usize>> = of.iter().map(|owners| 0..owners.len()).collect();
        for_each_index(&rows, &mut |at| {
            let outer = at
                .iter()
                .zip(&of)
                .zip(&self.axes)
                .fold(0, |n, ((at, owners), axis)| n * axis.pieces.len() + owners[*at]);
            for (number, span) in spans.iter().enumerate() {
                let len = |piece: &AxisPiece| piece.len;
                let len: u64 = self.axes[cut].pieces[span.clone()].iter().map(len).sum();
                let len = (len * self.strides.1[cut] * size) as usize;
                let (now, later) = std::mem::take(&mut rest).split_at_mut(len);
                parts[outer * spans.len() + number].out.slices.push(now);
                rest = later;
            }
        });
        parts
    }
}

/// The index of the piece that each coordinate of the result belongs to.
fn owners(axis: &AxisPlan) -> Vec<usize> {
    let each = axis.pieces.iter().enumerate();
    each.flat_map(|(index, piece)| std::iter::repeat_n(index, piece.len as usize)).collect()
}

/// Calls `each` for all indexes in the product of `ranges`, in row-major order.
fn for_each_index(ranges: &[Range<usize>], each: &mut impl FnMut(&[usize])) {
    if ranges.iter().any(Range::is_empty) {
        return;
    }
    let mut at: Vec<usize> = ranges.iter().map(|range| range.start).collect();
    loop {
        each(&at);
        let Some(axis) = (0..at.len()).rev().find(|axis| at[*axis] + 1 < ranges[*axis].end) else {
            return;
        };
        at[axis] += 1;
        (axis + 1..at.len()).for_each(|axis| at[axis] = ranges[axis].start);
    }
}

/// What one chunk gives.
#[derive(Debug)]
pub(super) struct Piece<'p> {
    plan: &'p ProductPlan<'p>,
    /// Its index among the pieces of each axis.
    at: Vec<usize>,
    scaled: Vec<u64>,
    /// First coordinates of the chunk.
    origin: Vec<u64>,
    segments: Vec<&'p [Segment]>,
}

impl<'p> Piece<'p> {
    fn new(plan: &'p ProductPlan<'p>) -> Self {
        let rank = plan.axes.len();
        let (at, scaled, origin) = (vec![0; rank], vec![0; rank], vec![0; rank]);
        Self { plan, at, scaled, origin, segments: vec![&[]; rank] }
    }

    fn set(&mut self, axis: usize, index: usize) {
        let of = &self.plan.axes[axis];
        self.at[axis] = index;
        self.scaled[axis] = of.pieces[index].scaled;
        self.origin[axis] = self.scaled[axis] * self.plan.grid.chunk[axis];
        self.segments[axis] = of.segments(index);
    }

    /// Goes to the chunk with these coordinates; `false` where it gives nothing.
    fn seek(&mut self, scaled: &[u64]) -> bool {
        for (axis, scaled) in scaled.iter().enumerate() {
            let pieces = &self.plan.axes[axis].pieces;
            let Ok(index) = pieces.binary_search_by_key(scaled, |piece| piece.scaled) else {
                return false;
            };
            self.set(axis, index);
        }
        true
    }

    /// The chunk's coordinates, in chunks.
    pub(super) fn scaled(&self) -> &[u64] {
        &self.scaled
    }

    /// Whether it is all that the chunk has in the extent.
    pub(super) fn is_whole(&self) -> bool {
        self.at.iter().zip(&self.plan.axes).all(|(at, axis)| axis.pieces[*at].whole)
    }

    /// The place of the chunk in the result, in bytes, where all of it lies there in one.
    pub(super) fn place(&self) -> Option<usize> {
        let (mut unit, mut place, mut broken) = (1, 0, false);
        let axes = self.at.iter().zip(&self.plan.axes).zip(&self.plan.grid.chunk);
        for (axis, ((at, plan), chunk)) in axes.enumerate().rev() {
            let piece = &plan.pieces[*at];
            // Once an axis is not whole in the result, those before it have one coordinate.
            if piece.len != *chunk || piece.segments.len() != 1 || (broken && *chunk != 1) {
                return None;
            }
            broken |= piece.len != self.plan.result[axis];
            place += piece.to * unit;
            unit *= self.plan.result[axis];
        }
        Some((place * self.plan.grid.element_size) as usize)
    }

    /// Bytes of its first run along the last axis; runs that go on in the next row are longer.
    pub(super) fn run_bytes(&self) -> usize {
        let run = self.segments.last().and_then(|segments| segments.first());
        run.map_or(1, |run| run.len).saturating_mul(self.plan.grid.element_size) as usize
    }

    /// Number of elements.
    #[cfg(test)]
    fn len(&self) -> u64 {
        self.at.iter().zip(&self.plan.axes).map(|(at, axis)| axis.pieces[*at].len).product()
    }

    /// Calls `copy(place in the chunk, place in the result, len)`, in bytes, for every run.
    #[inline]
    pub(super) fn for_each_run(
        &self,
        mut copy: impl FnMut(usize, usize, usize) -> Result<()>,
    ) -> Result<()> {
        let grid = self.plan.grid;
        let boxes = Boxes {
            origin: &self.origin,
            source: &grid.chunk,
            result: &self.plan.result,
            from_strides: &self.plan.strides.0,
            to_strides: &self.plan.strides.1,
        };
        let size = grid.element_size as usize;
        walk_product(&self.segments, &boxes, &mut |from, to, len| {
            copy(from as usize * size, to as usize * size, len as usize * size)
        })
    }
}

/// A part of the result, and the pieces that fill it.
#[derive(Debug)]
pub(super) struct Part<'o> {
    /// Indexes of its pieces along each axis.
    pub(super) ranges: Vec<Range<usize>>,
    pub(super) out: Target<'o>,
}

/// Slices of the result, found by their places in it.
#[derive(Debug)]
pub(super) struct Target<'o> {
    slices: Vec<&'o mut [u8]>,
    /// Of each axis whose coordinates have slices of their own: elements of the result, the first
    /// coordinate that has a slice, and how many have.
    axes: Vec<(u64, u64, u64)>,
    /// Bytes of the result that such a coordinate stands for, and where in them its slice starts.
    block: usize,
    start: usize,
}

impl<'o> Target<'o> {
    /// All of the result.
    pub(super) fn whole(out: &'o mut [u8]) -> Self {
        Self { slices: vec![out], axes: Vec::new(), block: usize::MAX, start: 0 }
    }

    /// Number of bytes.
    pub(super) fn len(&self) -> usize {
        self.slices.iter().map(|slice| slice.len()).sum()
    }

    /// The `len` bytes at place `at` of the result.
    #[inline]
    pub(super) fn get(&mut self, at: usize, len: usize) -> Option<&mut [u8]> {
        if self.axes.is_empty() {
            let from = at.checked_sub(self.start)?;
            return self.slices.first_mut()?.get_mut(from..from.checked_add(len)?);
        }
        let (mut outer, from) = ((at / self.block) as u64, (at % self.block) - self.start);
        let (mut index, mut stride) = (0, 1);
        for (all, first, count) in self.axes.iter().rev() {
            index += (outer % all).checked_sub(*first)? * stride;
            stride *= count;
            outer /= all;
        }
        self.slices.get_mut(index as usize)?.get_mut(from..from.checked_add(len)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn axis(extent: u64) -> impl Strategy<Value = AxisSelection> {
        let range =
            (0..extent, 1..4u64, 1..4u64, 0..6u64).prop_map(move |(start, block, gap, count)| {
                let stride = block + gap - 1;
                let most = (extent - start + stride - block) / stride;
                AxisSelection::Range { start, stride, count: count.min(most), block }
            });
        let list = prop::collection::btree_set(0..extent, 0..6)
            .prop_map(|set| AxisSelection::List(set.into_iter().collect()));
        prop_oneof![2 => range, 1 => list, 2 => Just(AxisSelection::all(extent))]
    }

    fn case() -> impl Strategy<Value = (Grid, Vec<AxisSelection>)> {
        prop::collection::vec((1..12u64, 1..6u64), 1..4).prop_flat_map(|axes| {
            let (extent, chunk): (Vec<u64>, Vec<u64>) = axes.into_iter().unzip();
            let selected: Vec<_> = extent.iter().map(|len| axis(*len)).collect();
            let chunk_bytes = chunk.iter().product::<u64>() * 2;
            (Just(Grid { extent, chunk, element_size: 2, chunk_bytes }), selected)
        })
    }

    /// The number of an element of the dataset, as its two bytes.
    fn value(grid: &Grid, scaled: &[u64], from: usize) -> [u8; 2] {
        let (mut left, mut number, mut unit) = (from as u64 / 2, 0, 1);
        let axes = grid.chunk.iter().zip(scaled).zip(&grid.extent).rev();
        for ((chunk, scaled), len) in axes {
            number += (scaled * chunk + left % chunk) * unit;
            unit *= len;
            left /= chunk;
        }
        (number as u16).to_le_bytes()
    }

    proptest! {
        #[test]
        fn parts_fill_the_result(
            (grid, axes) in case(), wanted in 1..20usize, coarse in any::<bool>(),
        ) {
            let plan = ProductPlan::touched(&grid, &axes);
            let selection = crate::object::selection::ElementSelection::Product(axes.clone());
            let mut expected = Vec::new();
            selection.for_each_run(&grid.extent, &mut |from, _, len| {
                expected.extend((from..from + len).flat_map(|n| (n as u16).to_le_bytes()));
                Ok(())
            }).unwrap();
            let mut out = vec![0xff; expected.len()];
            let mut pieces = 0;
            for mut part in plan.parts(&mut out, wanted, coarse) {
                let mut filled = 0;
                plan.for_each_in(&part.ranges, &mut |piece| {
                    pieces += 1;
                    let mut bytes = 0;
                    let mut runs = Vec::new();
                    piece.for_each_run(|from, to, len| {
                        let target = part.out.get(to, len).unwrap();
                        for (n, to) in target.chunks_exact_mut(2).enumerate() {
                            to.copy_from_slice(&value(&grid, piece.scaled(), from + n * 2));
                        }
                        bytes += len as u64;
                        runs.push((from, to, len as u64));
                        Ok(())
                    })?;
                    assert_eq!(bytes, piece.len() * 2);
                    let one = matches!(&*runs, [(0, _, len)] if *len == grid.chunk_bytes);
                    if let Some(place) = piece.place() {
                        assert!(one && runs[0].1 == place && piece.is_whole());
                    }
                    filled += bytes;
                    Ok(())
                }).unwrap();
                prop_assert_eq!(filled, part.out.len() as u64);
            }
            prop_assert_eq!(pieces, plan.len());
            prop_assert_eq!(out, expected);
        }
    }
}
