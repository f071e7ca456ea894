//! Blocks of elements, small ones above all, copied from where they lie in memory: with no memory
//! but that for the result.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a block has at most so many axes and lies inside the extent; places are below the \
              bytes of what is in memory, and looked up there"
)]

use super::chunked::{ChunkLocation, Grid};
use super::linear::copy;
use crate::error::Result;
use crate::io::pages_around;
use crate::object::dataset::Fill;
use crate::space::Space;

/// Most axes of a block.
const AXES: usize = 8;

/// Coordinates that follow each other along each axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Block {
    rank: usize,
    start: [u64; AXES],
    len: [u64; AXES],
}

impl Block {
    /// Adds an axis; `false` where there are too many.
    pub(crate) fn push(&mut self, start: u64, len: u64) -> bool {
        if self.rank == AXES {
            return false;
        }
        (self.start[self.rank], self.len[self.rank]) = (start, len);
        self.rank += 1;
        true
    }

    /// Whether it lies inside `extent`, and has an element.
    pub(crate) fn fits(&self, extent: &[u64]) -> bool {
        let inside = |((start, len), all): ((&u64, &u64), &u64)| {
            *len > 0 && start.checked_add(*len).is_some_and(|end| end <= *all)
        };
        self.rank == extent.len() && self.start.iter().zip(&self.len).zip(extent).all(inside)
    }

    /// Number of elements, of a block that fits.
    pub(crate) fn count(&self) -> u64 {
        self.lens().iter().fold(1, |n: u64, len| n.saturating_mul(*len))
    }

    fn lens(&self) -> &[u64] {
        &self.len[..self.rank]
    }

    /// Numbers of the first and of the last chunk along each axis.
    fn chunks(&self, chunk: &[u64]) -> ([u64; AXES], [u64; AXES]) {
        let (mut first, mut last) = ([0; AXES], [0; AXES]);
        for (axis, chunk) in chunk.iter().enumerate().take(self.rank) {
            first[axis] = self.start[axis] / chunk;
            last[axis] = (self.start[axis] + self.len[axis] - 1) / chunk;
        }
        (first, last)
    }

    /// Number of chunks that it touches.
    pub(crate) fn touched(&self, chunk: &[u64]) -> u64 {
        let (first, last) = self.chunks(chunk);
        (0..self.rank).fold(1, |n: u64, axis| n.saturating_mul(last[axis] - first[axis] + 1))
    }

    /// Whether the elements of `size` bytes of an array of `extent` lie in several runs that are far from
    /// each other: touching a map for each of them may take longer than to read them.
    pub(crate) fn is_apart(&self, extent: &[u64], size: u64) -> bool {
        let Some((last, outer)) = self.lens().split_last() else { return false };
        let (mut distance, axes) = (size, outer.iter().zip(extent.iter().skip(1)).rev());
        for (len, row) in axes {
            distance = distance.saturating_mul(*row);
            if *len > 1 {
                return pages_around::are_apart(last.saturating_mul(size), distance);
            }
        }
        false
    }

    /// Copies the block of an array of `extent`, whose elements of `size` bytes lie in `from`.
    pub(crate) fn copy_from(
        &self,
        from: &[u8],
        extent: &[u64],
        size: usize,
        out: &mut [u8],
    ) -> Option<()> {
        if let Some((start, run)) = self.as_run(extent, size) {
            copy(from.get(start..start + run)?, out.get_mut(..run)?);
            return Some(());
        }
        let place = Part { from: self.start, to: [0; AXES], len: self.len, rank: self.rank };
        place.copy(from, extent, self.lens(), size, out)
    }

    /// The place and the number of its bytes in an array of `extent`, whose elements have `size`, where they
    /// follow each other.
    fn as_run(&self, extent: &[u64], size: usize) -> Option<(usize, usize)> {
        let (mut place, mut stride, mut run) = (0, size, size);
        for ((start, len), all) in self.start.iter().zip(self.lens()).zip(extent).rev() {
            if run == stride {
                run *= *len as usize;
            } else if *len > 1 {
                return None;
            }
            place += *start as usize * stride;
            stride *= *all as usize;
        }
        Some((place, run))
    }

    /// Copies the block out of chunks that went through no filters: each where `locate` says, or
    /// fill values where it gives nothing. Nothing where a chunk is not as it should be.
    pub(crate) fn copy_from_chunks(
        &self,
        space: &Space,
        grid: &Grid,
        fill: &Fill,
        mut locate: impl FnMut(&[u64]) -> Result<Option<ChunkLocation>>,
        out: &mut [u8],
    ) -> Result<Option<()>> {
        let (rank, size) = (self.rank, grid.element_size as usize);
        let (first, last) = self.chunks(&grid.chunk);
        let mut at = first;
        loop {
            let part = self.part(&at, &grid.chunk);
            match locate(&at[..rank])? {
                Some(place) if place.stored_bytes != grid.chunk_bytes => return Ok(None),
                Some(place) => {
                    let chunk = space.lent(place.address, place.stored_bytes);
                    let copied =
                        chunk.and_then(|from| part.copy(from, &grid.chunk, self.lens(), size, out));
                    if copied.is_none() {
                        return Ok(None);
                    }
                }
                None => {
                    let filled = part.runs(&grid.chunk, self.lens(), size, |_, to, run| {
                        out.get_mut(to..to + run).map(|to| fill.write(to))
                    });
                    if filled.is_none() {
                        return Ok(None);
                    }
                }
            }
            let Some(axis) = (0..rank).rev().find(|axis| at[*axis] < last[*axis]) else {
                return Ok(Some(()));
            };
            at[axis] += 1;
            at[axis + 1..rank].copy_from_slice(&first[axis + 1..rank]);
        }
    }

    /// What the chunk with these coordinates has of it.
    fn part(&self, at: &[u64; AXES], chunk: &[u64]) -> Part {
        let mut part = Part { rank: self.rank, ..Part::default() };
        for axis in 0..self.rank {
            let origin = at[axis] * chunk[axis];
            let (start, end) = (self.start[axis], self.start[axis] + self.len[axis]);
            let low = start.max(origin);
            part.from[axis] = low - origin;
            part.to[axis] = low - start;
            part.len[axis] = end.min(origin.saturating_add(chunk[axis])) - low;
        }
        part
    }
}

/// A part of an array that becomes a part of another one.
#[derive(Debug, Default)]
struct Part {
    rank: usize,
    from: [u64; AXES],
    to: [u64; AXES],
    len: [u64; AXES],
}

impl Part {
    fn copy(
        &self,
        from: &[u8],
        from_extent: &[u64],
        to_extent: &[u64],
        size: usize,
        out: &mut [u8],
    ) -> Option<()> {
        self.runs(from_extent, to_extent, size, |start, to, run| {
            copy(from.get(start..start + run)?, out.get_mut(to..to + run)?);
            Some(())
        })
    }

    /// Calls `each(place there, place here, length)`, in bytes, for all runs.
    fn runs(
        &self,
        from_extent: &[u64],
        to_extent: &[u64],
        size: usize,
        mut each: impl FnMut(usize, usize, usize) -> Option<()>,
    ) -> Option<()> {
        // Bytes from one coordinate to the next, and the place of the first one.
        let (mut from_step, mut to_step) = ([0; AXES], [0; AXES]);
        let (mut from, mut to, mut run) = (0, 0, size);
        let (mut from_stride, mut to_stride, mut axes) = (size, size, self.rank);
        for axis in (0..self.rank).rev() {
            (from_step[axis], to_step[axis]) = (from_stride, to_stride);
            from += self.from[axis] as usize * from_stride;
            to += self.to[axis] as usize * to_stride;
            // What is whole in both arrays runs on into the axis before it.
            if from_stride == run && to_stride == run {
                run *= self.len[axis] as usize;
                axes = axis;
            }
            from_stride *= from_extent[axis] as usize;
            to_stride *= to_extent[axis] as usize;
        }
        let Some(inner) = axes.checked_sub(1) else { return each(from, to, run) };
        let mut at = [0; AXES];
        loop {
            for row in 0..self.len[inner] as usize {
                each(from + row * from_step[inner], to + row * to_step[inner], run)?;
            }
            let Some(axis) = (0..inner).rev().find(|axis| at[*axis] + 1 < self.len[*axis]) else {
                return Some(());
            };
            at[axis] += 1;
            (from, to) = (from + from_step[axis], to + to_step[axis]);
            for axis in axis + 1..inner {
                let back = at[axis] as usize;
                (from, to) = (from - back * from_step[axis], to - back * to_step[axis]);
                at[axis] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_are_what_coordinates_say(
            axes in prop::collection::vec((1..4_u64, 0..3_u64, 0..3_u64, 0..2_u64, 0..2_u64), 1..5),
            size in prop::sample::select(vec![1, 2, 3, 8]),
        ) {
            let mut part = Part { rank: axes.len(), ..Part::default() };
            let (mut from_extent, mut to_extent) = (Vec::new(), Vec::new());
            for (axis, (len, from, to, behind, after)) in axes.iter().enumerate() {
                (part.len[axis], part.from[axis], part.to[axis]) = (*len, *from, *to);
                from_extent.push(from + len + behind);
                to_extent.push(to + len + after);
            }
            let bytes = |extent: &[u64]| extent.iter().product::<u64>() as usize * size;
            let source: Vec<u8> = (0..bytes(&from_extent)).map(|n| (n % 251) as u8).collect();
            let mut out = vec![255; bytes(&to_extent)];
            part.copy(&source, &from_extent, &to_extent, size, &mut out).unwrap();
            let mut expected = vec![255; out.len()];
            let count: u64 = part.len[..axes.len()].iter().product();
            for number in 0..count {
                let (mut rest, mut place) = (number, (0, 0));
                let (mut from_stride, mut to_stride) = (1, 1);
                for axis in (0..axes.len()).rev() {
                    let at = rest % part.len[axis];
                    rest /= part.len[axis];
                    place.0 += (part.from[axis] + at) * from_stride;
                    place.1 += (part.to[axis] + at) * to_stride;
                    from_stride *= from_extent[axis];
                    to_stride *= to_extent[axis];
                }
                let (from, to) = (place.0 as usize * size, place.1 as usize * size);
                expected[to..to + size].copy_from_slice(&source[from..from + size]);
            }
            prop_assert_eq!(&out, &expected);
            let mut block = Block::default();
            axes.iter().for_each(|(len, from, ..)| assert!(block.push(*from, *len)));
            let mut packed = vec![255; bytes(&part.len[..axes.len()])];
            block.copy_from(&source, &from_extent, size, &mut packed).unwrap();
            let mut one_by_one = Part { from: part.from, len: part.len, ..Part::default() };
            one_by_one.rank = axes.len();
            let mut expected = vec![255; packed.len()];
            one_by_one.copy(&source, &from_extent, block.lens(), size, &mut expected).unwrap();
            prop_assert_eq!(packed, expected);
        }
    }

    #[test]
    fn rows_are_apart_or_not() {
        let block = |axes: &[(u64, u64)]| {
            let mut block = Block::default();
            axes.iter().for_each(|(start, len)| assert!(block.push(*start, *len)));
            block
        };
        if !pages_around::are_apart(1, 64 << 10) {
            return;
        }
        assert!(block(&[(3, 2), (0, 16)]).is_apart(&[10, 8192], 8));
        assert!(!block(&[(3, 1), (0, 16)]).is_apart(&[10, 8192], 8));
        assert!(!block(&[(3, 2), (0, 16)]).is_apart(&[10, 8191], 8));
        assert!(!block(&[(3, 2), (0, 513)]).is_apart(&[10, 8192], 8));
        assert!(block(&[(0, 2), (5, 1), (0, 16)]).is_apart(&[10, 64, 128], 8));
        assert!(!block(&[(0, 2), (5, 2), (0, 16)]).is_apart(&[10, 64, 128], 8));
        assert!(!block(&[(0, 9)]).is_apart(&[10], 8) && !Block::default().is_apart(&[], 8));
    }

    #[test]
    fn a_block_fits_or_does_not() {
        let mut block = Block::default();
        assert!(block.fits(&[]) && !block.fits(&[1]));
        assert!(block.push(2, 3) && block.push(u64::MAX, 1));
        assert!(!block.fits(&[5, u64::MAX]));
        let mut block = Block::default();
        assert!(block.push(2, 3) && block.push(0, 1));
        assert!(block.fits(&[5, 1]) && !block.fits(&[4, 1]) && !block.fits(&[5]));
        assert_eq!((block.count(), block.touched(&[2, 1])), (3, 2));
        assert!((2..AXES).all(|_| block.push(0, 1)) && !block.push(0, 1));
    }
}
