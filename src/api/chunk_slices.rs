//! Selections that follow the chunks of a dataset.

use std::ops::Range;

use super::dataset::Dataset;
use super::selection::{Hyperslab, Selection, SliceOrIndex};
use crate::error::{Error, Result};
use crate::object::selection::{AxisSelection, ElementSelection};

impl Dataset {
    /// The selections of one chunk each, in row-major order, clipped to the extent: what is read or
    /// written so is decoded or encoded once.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let rows = file.new_dataset::<i64>().shape((5, 3)).chunk((2, 3)).create("rows")?;
    /// for chunk in rows.iter_chunks()? {
    ///     let values = vec![7_i64; chunk.len()];
    ///     rows.write_slice(hdfive::Values::with_shape(&values, &chunk.shape()).unwrap(), &chunk)?;
    /// }
    /// let shapes: Vec<_> = rows.iter_chunks()?.map(|chunk| chunk.shape()).collect();
    /// assert_eq!(shapes, [[2, 3], [2, 3], [1, 3]]);
    /// assert_eq!(rows.read_raw::<i64>()?, [7; 15]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the dataset has no chunks.
    pub fn iter_chunks(&self) -> Result<ChunkSlices> {
        self.iter_chunks_in(Selection::All)
    }

    /// As [`iter_chunks`](Self::iter_chunks), clipped to a selection, which is a range or an index
    /// along each axis.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let rows = file.new_dataset::<i64>().shape((5, 9)).chunk((2, 3)).create("rows")?;
    /// let parts: Vec<_> = rows.iter_chunks_in((1..3, 4..))?.collect();
    /// assert_eq!(parts.len(), 4);
    /// assert_eq!(parts[0].ranges(), [1..2, 4..6]);
    /// assert_eq!(parts[3].ranges(), [2..3, 6..9]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the dataset has no chunks, or the
    /// selection does not fit the shape, or has gaps.
    pub fn iter_chunks_in(&self, selection: impl Into<Selection>) -> Result<ChunkSlices> {
        let slices = || {
            let chunk = self.chunk().ok_or_else(|| Error::usage("the dataset has no chunks"))?;
            let ElementSelection::Product(axes) = self.resolve(&selection.into())?.elements else {
                return Err(gaps());
            };
            let bounds = axes.iter().map(range).collect::<Option<Vec<_>>>().ok_or_else(gaps)?;
            Ok(ChunkSlices::new(chunk, bounds))
        };
        self.named(slices())
    }
}

#[cold]
fn gaps() -> Error {
    Error::usage("chunks are met in ranges: the selection is something else along an axis")
}

/// The coordinates, where they follow one another.
fn range(axis: &AxisSelection) -> Option<Range<usize>> {
    let len = axis.len();
    let start = match axis {
        AxisSelection::Range { start, stride, count, block } => {
            (len == 0 || *count == 1 || stride == block).then_some(*start)?
        }
        AxisSelection::List(list) => {
            let (first, last) = (list.first().copied().unwrap_or(0), list.last());
            let last = last.copied().unwrap_or(0);
            (len == 0 || last.checked_sub(first)?.checked_add(1)? == len).then_some(first)?
        }
    };
    let end = start.checked_add(len)?;
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

/// The chunks that a selection touches, as selections: see [`Dataset::iter_chunks`].
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let dataset = file.new_dataset::<u8>().shape(10).chunk(4).create("bytes")?;
/// let starts: Vec<usize> = dataset.iter_chunks()?.map(|chunk| chunk.ranges()[0].start).collect();
/// assert_eq!(starts, [0, 4, 8]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ChunkSlices {
    chunk: Vec<usize>,
    bounds: Vec<Range<usize>>,
    /// The next chunk, counted in chunks along each axis.
    next: Option<Vec<usize>>,
}

impl ChunkSlices {
    fn new(chunk: Vec<usize>, bounds: Vec<Range<usize>>) -> Self {
        let first = |(bounds, chunk): (&Range<usize>, &usize)| {
            (!bounds.is_empty()).then_some(bounds.start.checked_div(*chunk)?)
        };
        let next = bounds.iter().zip(&chunk).map(first).collect();
        Self { chunk, bounds, next }
    }

    /// The chunk behind `at`.
    fn following(&self, mut at: Vec<usize>) -> Option<Vec<usize>> {
        let axes = at.iter_mut().zip(&self.bounds).zip(&self.chunk);
        for ((place, bounds), chunk) in axes.rev() {
            *place = place.saturating_add(1);
            if place.saturating_mul(*chunk) < bounds.end {
                return Some(at);
            }
            *place = bounds.start.checked_div(*chunk)?;
        }
        None
    }
}

impl Iterator for ChunkSlices {
    type Item = ChunkSlice;

    fn next(&mut self) -> Option<ChunkSlice> {
        let at = self.next.take()?;
        let axes = at.iter().zip(&self.bounds).zip(&self.chunk);
        let clipped = axes.map(|((place, bounds), chunk)| {
            let start = place.saturating_mul(*chunk);
            let end = start.saturating_add(*chunk);
            start.max(bounds.start)..end.min(bounds.end)
        });
        let slice = ChunkSlice { ranges: clipped.collect() };
        self.next = self.following(at);
        Some(slice)
    }
}

impl std::iter::FusedIterator for ChunkSlices {}

/// The elements of one chunk that are selected: a range along each axis.
///
/// It is a selection wherever one is wanted.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::in_memory()?;
/// # let dataset = file.new_dataset_builder().with_data(&[1_u8, 2, 3, 4, 5]).chunk(2).create("x")?;
/// let mut total = 0;
/// for chunk in dataset.iter_chunks()? {
///     total += dataset.read_slice_raw::<u32>(&chunk)?.iter().sum::<u32>();
/// }
/// assert_eq!(total, 15);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkSlice {
    ranges: Vec<Range<usize>>,
}

impl ChunkSlice {
    /// The coordinates along each axis.
    #[must_use]
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        self.ranges.iter().map(ExactSizeIterator::len).collect()
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.iter().fold(1, |count, range| count.saturating_mul(range.len()))
    }

    /// Whether there is no element, which is never so of what a dataset gives.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.iter().any(Range::is_empty)
    }
}

impl From<&ChunkSlice> for Hyperslab {
    fn from(slice: &ChunkSlice) -> Self {
        let axes: Vec<SliceOrIndex> = slice.ranges.iter().cloned().map(Into::into).collect();
        axes.into()
    }
}

impl From<ChunkSlice> for Hyperslab {
    fn from(slice: ChunkSlice) -> Self {
        (&slice).into()
    }
}
