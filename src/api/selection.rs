//! Selections as callers write them.

mod axes;
mod axis;
mod display;
mod edit;
mod from;
mod raw;
mod stored;

pub use axis::SliceOrIndex;
pub use raw::{RawHyperslab, RawSelection, RawSlice};
pub(crate) use stored::regular_blocks;

use std::borrow::Cow;
use std::ops::Deref;

use axes::Axes;
use axis::from_end;

use crate::codec::wide;
use crate::error::{Error, Result};
use crate::object::raw_data::block::Block;
use crate::object::selection::{AxisSelection, ElementSelection, Runs};

/// A selection along each axis.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::Hyperslab;
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let rows = Hyperslab::new((0, 1..3, ..));
/// let rows: Vec<f64> = file.dataset("run1/frames")?.read_slice_raw(rows)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hyperslab {
    axes: Axes,
}

impl Hyperslab {
    /// The product of what is selected along each axis.
    #[must_use]
    pub fn new<T: Into<Self>>(hyper: T) -> Self {
        hyper.into()
    }

    /// The product of what is selected along each axis.
    ///
    /// # Errors
    ///
    /// What the conversion gives.
    pub fn try_new<T: TryInto<Self>>(hyper: T) -> Result<Self, T::Error> {
        hyper.try_into()
    }

    /// What is selected along each axis, as written.
    #[must_use]
    pub fn axes(&self) -> &[SliceOrIndex] {
        &self.axes
    }

    /// Whether it goes on to the end of an axis, wherever that is.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.unlimited_axis().is_some()
    }

    /// The first axis to whose end it goes on.
    #[must_use]
    pub fn unlimited_axis(&self) -> Option<usize> {
        self.axes.iter().position(SliceOrIndex::is_unlimited)
    }

    /// The elements of an array of one axis that a list names in an order of its own, or more than
    /// once; `None` of anything else.
    fn as_points(&self, extent: &[u64]) -> Option<Result<Resolved>> {
        let ([SliceOrIndex::List(list)], [len]) = (&*self.axes, extent) else { return None };
        let places = list.iter().map(|at| from_end(*at, *len).ok_or(*at));
        let places: Result<Vec<u64>, isize> = places.collect();
        match places {
            Ok(places) if places.is_sorted_by(|a, b| a < b) => None,
            Ok(places) => Some(Ok(linear(Runs::points(1, places)))),
            // What is out of range is said where lists are resolved.
            Err(_) => None,
        }
    }

    /// One entry an axis: the ellipsis and absent trailing axes spelled out.
    fn spell_out(&self, rank: usize) -> Result<Cow<'_, [SliceOrIndex]>> {
        let simple = |axis: &SliceOrIndex| axis.is_index() || axis.is_slice();
        if self.axes.len() == rank && self.axes.iter().all(simple) {
            return Ok(Cow::Borrowed(&self.axes));
        }
        let named = self.axes.iter().filter(|axis| **axis != SliceOrIndex::Ellipsis).count();
        let dots = self.axes.len().saturating_sub(named);
        if dots > 1 {
            return Err(Error::usage("only one ellipsis is allowed"));
        }
        let Some(missing) = rank.checked_sub(named) else {
            return Err(Error::usage(format!("{named} indices for a dataspace of rank {rank}")));
        };
        let lists =
            |axis: &&SliceOrIndex| matches!(axis, SliceOrIndex::List(_) | SliceOrIndex::Mask(_));
        if self.axes.iter().filter(lists).count() > 1 {
            return Err(Error::usage("only one index list or mask is allowed"));
        }
        let whole = || std::iter::repeat_n(SliceOrIndex::from(..), missing);
        let mut out = Vec::with_capacity(rank);
        for axis in self.axes.iter() {
            match axis {
                SliceOrIndex::Ellipsis => out.extend(whole()),
                axis => out.push(axis.clone()),
            }
        }
        if dots == 0 {
            out.extend(whole());
        }
        Ok(Cow::Owned(out))
    }
}

impl Deref for Hyperslab {
    type Target = [SliceOrIndex];

    /// What is selected along each axis, as written.
    fn deref(&self) -> &[SliceOrIndex] {
        &self.axes
    }
}

/// Elements of a dataset or attribute.
///
/// Anything that reads as a selection converts into one: `..`, a range, an index, a tuple of them,
/// or with the feature `ndarray` what `ndarray::s!` makes.
///
/// ```
/// use hdfive::{Selection, SliceOrIndex};
/// let all = Selection::from(..);
/// let rows = Selection::from(2..5);
/// let last_column = Selection::from((.., -1));
/// let every_other = Selection::from((SliceOrIndex::stepped(.., 2), 0));
/// let elements = Selection::from([7, 2, 5]);
/// assert_eq!(every_other.to_string(), "(..;2, 0)");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// Every element.
    #[default]
    All,
    /// No element.
    None,
    /// A selection along each axis.
    Hyperslab(Hyperslab),
    /// Single elements, in the order given; the result has one axis.
    Points {
        /// Coordinates of a point.
        rank: usize,
        /// Coordinates, `rank` a point.
        coordinates: Vec<u64>,
    },
    /// The elements whose place in this row-major mask of the whole shape holds `true`; the result
    /// has one axis.
    Mask(Vec<bool>),
    /// A union of boxes: first and last coordinates of each; the result has one axis, and each
    /// element stands there once, in row-major order.
    Blocks(Vec<(Vec<u64>, Vec<u64>)>),
}

/// A selection made for one extent.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) elements: ElementSelection,
    /// Shape of the result.
    pub(crate) shape: Vec<u64>,
}

impl Selection {
    /// A selection from anything that reads as one.
    #[must_use]
    pub fn new<T: Into<Self>>(selection: T) -> Self {
        selection.into()
    }

    /// A selection from anything that may read as one.
    ///
    /// # Errors
    ///
    /// What the conversion gives.
    pub fn try_new<T: TryInto<Self>>(selection: T) -> Result<Self, T::Error> {
        selection.try_into()
    }

    /// Number of axes it names; `None` where it is of any array.
    #[must_use]
    pub fn in_ndim(&self) -> Option<usize> {
        match self {
            Self::All | Self::None | Self::Mask(_) => None,
            Self::Hyperslab(slab) if slab.contains(&SliceOrIndex::Ellipsis) => None,
            Self::Hyperslab(slab) => Some(slab.len()),
            Self::Points { rank, .. } => Some(*rank),
            Self::Blocks(blocks) => blocks.first().map(|(first, _)| first.len()),
        }
    }

    /// Number of axes of the result; `None` where that is a matter of the array.
    #[must_use]
    pub fn out_ndim(&self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Hyperslab(slab) => {
                self.in_ndim().map(|_| slab.iter().filter(|axis| !axis.is_index()).count())
            }
            Self::None | Self::Mask(_) | Self::Points { .. } | Self::Blocks(_) => Some(1),
        }
    }

    /// Single elements, in the order given.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where points differ in rank.
    pub fn points<P: AsRef<[u64]>>(points: impl IntoIterator<Item = P>) -> Result<Self> {
        let mut rank = None;
        let mut coordinates = Vec::new();
        for point in points {
            let point = point.as_ref();
            if *rank.get_or_insert(point.len()) != point.len() {
                return Err(Error::usage("the points differ in rank"));
            }
            coordinates.extend_from_slice(point);
        }
        Ok(rank.map_or(Self::None, |rank| Self::Points { rank, coordinates }))
    }

    /// Whether it is every element.
    #[must_use]
    pub fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// Whether it is no element.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Whether it is a list of points.
    #[must_use]
    pub fn is_points(&self) -> bool {
        matches!(self, Self::Points { .. })
    }

    /// Whether it is a selection along each axis.
    #[must_use]
    pub fn is_hyperslab(&self) -> bool {
        matches!(self, Self::Hyperslab(_))
    }

    /// Shape of the result of reading it from an array of `in_shape`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it does not fit the shape.
    pub fn out_shape<S: AsRef<[usize]>>(&self, in_shape: S) -> Result<Vec<usize>> {
        let shape: Vec<u64> = in_shape.as_ref().iter().map(|len| wide(*len)).collect();
        let narrow = |len: &u64| {
            usize::try_from(*len).map_err(|_| Error::usage("the result does not fit memory"))
        };
        self.resolve(&shape)?.shape.iter().map(narrow).collect()
    }

    /// The elements it selects of `extent`, where they are seen at once to be a block of them, none of
    /// whose axes is empty. Takes no memory: small reads are of this kind.
    pub(crate) fn as_block(&self, extent: &[u64]) -> Option<Block> {
        let mut block = Block::default();
        match self {
            Self::All if !extent.is_empty() => {
                extent.iter().all(|len| *len > 0 && block.push(0, *len)).then_some(block)
            }
            Self::Hyperslab(slab) if slab.axes.len() == extent.len() => {
                let mut axes = slab.axes.iter().zip(extent);
                let pushed = axes.all(|(axis, len)| {
                    axis.as_run(*len).is_some_and(|(start, len)| block.push(start, len))
                });
                (pushed && block.fits(extent)).then_some(block)
            }
            _ => None,
        }
    }

    /// The elements it selects of `extent`.
    pub(crate) fn resolve(&self, extent: &[u64]) -> Result<Resolved> {
        let resolved = match self {
            Self::All => {
                Resolved { elements: ElementSelection::all(extent), shape: extent.to_vec() }
            }
            Self::None => linear(Runs::new(extent.len())),
            Self::Hyperslab(slab) if let Some(points) = slab.as_points(extent) => points?,
            Self::Hyperslab(slab) => {
                let axes = slab.spell_out(extent.len())?;
                let mut selected = Vec::with_capacity(axes.len());
                let mut shape = Vec::new();
                for (axis, (entry, len)) in axes.iter().zip(extent).enumerate() {
                    let chosen = entry.resolve(axis, *len)?;
                    if !entry.is_index() {
                        shape.push(chosen.len());
                    }
                    selected.push(chosen);
                }
                Resolved { elements: ElementSelection::Product(selected), shape }
            }
            Self::Points { rank, coordinates } => {
                if *rank != extent.len() {
                    let ranks = (rank, extent.len());
                    return Err(Error::usage(format!(
                        "points of rank {} in a dataspace of rank {}",
                        ranks.0, ranks.1
                    )));
                }
                linear(Runs::points(*rank, coordinates.clone()))
            }
            Self::Mask(mask) => linear(mask_runs(mask, extent)?),
            Self::Blocks(blocks) => linear(block_runs(blocks, extent)?),
        };
        resolved.elements.check(extent)?;
        Ok(resolved)
    }
}

fn linear(runs: Runs) -> Resolved {
    let elements = ElementSelection::Runs(runs);
    let shape = vec![elements.len()];
    Resolved { elements, shape }
}

fn mask_runs(mask: &[bool], extent: &[u64]) -> Result<Runs> {
    let points = extent.iter().try_fold(1u64, |n, len| n.checked_mul(*len));
    if points != Some(wide(mask.len())) {
        return Err(Error::usage(format!("a mask of {} for the shape {extent:?}", mask.len())));
    }
    let width = extent.last().copied().unwrap_or(1);
    let row = usize::try_from(width).unwrap_or(usize::MAX).max(1);
    let mut runs = Runs::new(extent.len());
    let mut start = vec![0; extent.len()];
    for line in mask.chunks(row) {
        let mut column = 0u64;
        for same in line.chunk_by(|a, b| a == b) {
            if same.first() == Some(&true) {
                if let Some(last) = start.last_mut() {
                    *last = column;
                }
                runs.push(&start, wide(same.len()));
            }
            column = column.saturating_add(wide(same.len()));
        }
        advance(&mut start, extent);
    }
    Ok(runs)
}

/// Moves `start` to the next row of `extent`.
fn advance(start: &mut [u64], extent: &[u64]) {
    for (at, len) in start.iter_mut().zip(extent).rev().skip(1) {
        *at = at.saturating_add(1);
        if *at < *len {
            return;
        }
        *at = 0;
    }
}

/// The union of `blocks` as runs in row-major order.
fn block_runs(blocks: &[(Vec<u64>, Vec<u64>)], extent: &[u64]) -> Result<Runs> {
    let rank = extent.len();
    let mut rows: Vec<(Vec<u64>, u64)> = Vec::new();
    for (first, last) in blocks {
        let axes: Option<Vec<AxisSelection>> = first
            .iter()
            .zip(last)
            .map(|(a, b)| {
                let block = b.checked_sub(*a)?.checked_add(1)?;
                Some(AxisSelection::Range { start: *a, stride: 1, count: 1, block })
            })
            .collect();
        let axes = axes.ok_or_else(|| Error::usage("a block ends before it starts"))?;
        let selection = ElementSelection::Product(axes);
        selection.check(extent)?;
        rows.extend(selection.to_runs().iter().map(|(start, len)| (start.to_vec(), len)));
    }
    rows.sort();
    let mut runs = Runs::new(rank);
    for (start, len) in rows {
        let Some((column, row)) = start.split_last() else { continue };
        let end = column.saturating_add(len);
        let previous = runs.starts.len().checked_sub(rank).and_then(|at| runs.starts.get(at..));
        if let Some((before, same)) = previous.and_then(<[u64]>::split_last)
            && same == row
            && let Some(width) = runs.lens.last_mut()
            && before.saturating_add(*width) >= *column
        {
            *width = end.saturating_sub(*before).max(*width);
            continue;
        }
        runs.push(&start, len);
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(selection: impl Into<Selection>, extent: &[u64]) -> Result<Vec<u64>> {
        selection.into().resolve(extent).map(|resolved| resolved.shape)
    }

    #[test]
    fn slices_are_clamped_and_indices_drop_their_axis() {
        assert_eq!(shape(.., &[4, 5]).unwrap(), [4, 5]);
        assert_eq!(shape(.., &[]).unwrap(), [0; 0]);
        assert_eq!(shape((), &[]).unwrap(), [0; 0]);
        assert_eq!(shape(1..3, &[4, 5]).unwrap(), [2, 5]);
        assert_eq!(shape((.., -1), &[4, 5]).unwrap(), [4]);
        let backwards = SliceOrIndex::Slice { start: Some(3), end: Some(1), step: 1 };
        assert_eq!(shape((1..100, backwards), &[4, 5]).unwrap(), [3, 0]);
        assert_eq!(shape((-3.., ..-1), &[4, 5]).unwrap(), [3, 4]);
        assert_eq!(shape((-3..=-1, 0), &[4, 5]).unwrap(), [3]);
        assert_eq!(shape((SliceOrIndex::Ellipsis, 2), &[4, 5, 6]).unwrap(), [4, 5]);
        assert_eq!(shape((SliceOrIndex::stepped(.., 2), ..), &[5, 1]).unwrap(), [3, 1]);
        assert_eq!(shape((vec![0usize, 2, 3], ..), &[4, 5]).unwrap(), [3, 5]);
        assert_eq!(shape(vec![0, 2, -1], &[4, 5]).unwrap(), [3, 5]);
        assert_eq!(shape([1_usize, 3].as_slice(), &[4]).unwrap(), [2]);
        assert_eq!(shape([3, 1, 3], &[4]).unwrap(), [3]);
        assert_eq!(shape(vec![3, 1, -1], &[4]).unwrap(), [3]);
        assert_eq!(shape([1_isize, -1].as_slice(), &[4, 5]).unwrap(), [2, 5]);
        assert_eq!(shape(vec![true, false, true], &[3]).unwrap(), [2]);
        assert_eq!(shape((1, &vec![true, false, true]), &[2, 3]).unwrap(), [2]);
    }

    #[test]
    fn blocks_have_elements_and_lie_inside() {
        let is_block = |selection: Selection, extent: &[u64]| selection.as_block(extent).is_some();
        assert!(is_block(Selection::All, &[4, 5]) && is_block((1, 2..5).into(), &[4, 5]));
        for empty in [[0, 5], [4, 0], [0, 0]] {
            assert!(!is_block(Selection::All, &empty), "{empty:?}");
            assert!(!is_block((.., ..).into(), &empty), "{empty:?}");
        }
        assert!(!is_block((4, ..).into(), &[4, 5]) && !is_block((2..2, ..).into(), &[4, 5]));
    }

    #[cfg(feature = "ndarray")]
    #[test]
    fn arrays_of_truths_are_masks_of_their_shape() {
        use ndarray::{arr0, array};

        let points = Selection::points([[1, 2], [0, 1]]).unwrap();
        assert_eq!(Selection::from(array![[1_usize, 2], [0, 1]]), points);
        assert_eq!(shape(&array![3_usize, 0], &[4]).unwrap(), [2]);

        assert_eq!(shape(&array![true, false, true], &[3, 2]).unwrap(), [2, 2]);
        let mask = array![[true, false], [true, true]];
        assert_eq!(shape(&mask, &[2, 2]).unwrap(), [3]);
        assert!(shape(&mask, &[2, 3]).is_err());
        assert_eq!(shape(mask.t().to_owned(), &[2, 2]).unwrap(), [3]);
        assert_eq!(
            Selection::from(mask.t().to_owned()),
            Selection::Mask(vec![true, true, false, true])
        );
        assert_eq!(shape(arr0(true), &[]).unwrap(), [1]);
    }

    #[test]
    fn mistakes_are_errors() {
        assert!(shape(4, &[4]).is_err());
        assert!(shape(-5, &[4]).is_err());
        assert!(shape((0, 0), &[4]).is_err());
        assert!(shape(SliceOrIndex::stepped(.., 0), &[4]).is_err());
        assert!(shape((vec![2usize, 1], ..), &[4, 1]).is_err());
        assert!(shape(vec![1usize, 1], &[4, 1]).is_err());
        assert!(shape(vec![2, 4], &[4]).is_err());
        assert!(shape((vec![1usize], vec![1usize]), &[4, 4]).is_err());
        assert!(shape((SliceOrIndex::Ellipsis, SliceOrIndex::Ellipsis), &[4, 4]).is_err());
    }

    #[test]
    fn overlapping_blocks_are_one_union() {
        let blocks = vec![(vec![0, 0], vec![1, 2]), (vec![1, 1], vec![2, 4])];
        let resolved = Selection::Blocks(blocks).resolve(&[4, 6]).unwrap();
        assert_eq!(resolved.shape, [3 + 5 + 4]);
    }

    #[test]
    fn a_mask_selects_in_row_major_order() {
        let mask = vec![true, false, false, true, true, false];
        let resolved = Selection::Mask(mask).resolve(&[2, 3]).unwrap();
        let ElementSelection::Runs(runs) = resolved.elements else { panic!("runs") };
        assert_eq!(runs.iter().collect::<Vec<_>>(), [(&[0, 0][..], 1), (&[1, 0][..], 2)]);
    }
}
