//! Selections as libhdf5 sees them: numbers for an array of one shape.

use std::ops::Deref;

use super::stored::regular;
use super::{Hyperslab, Selection, SliceOrIndex};
use crate::codec::wide;
use crate::error::{Error, Result};
use crate::format::selection::{HyperslabDimension, Selection as Stored};

/// Blocks along one axis, at equal distances.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{RawHyperslab, RawSelection, RawSlice, Selection};
/// // Of 10 elements, two of every five.
/// let blocks = RawSlice::new(0, 5, Some(2), 2);
/// let selection = Selection::from_raw(RawSelection::from(RawHyperslab::from(blocks)))?;
/// assert_eq!(selection.out_shape([10])?, [4]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RawSlice {
    /// First coordinate.
    pub start: usize,
    /// Distance of the starts of two blocks, at least 1.
    pub step: usize,
    /// Number of blocks; `None` for as many as there is room for.
    pub count: Option<usize>,
    /// Coordinates in a block.
    pub block: usize,
}

impl RawSlice {
    /// Blocks along one axis.
    #[must_use]
    pub fn new(start: usize, step: usize, count: Option<usize>, block: usize) -> Self {
        Self { start, step, count, block }
    }

    fn of_stored(axis: &HyperslabDimension) -> Self {
        let narrow = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let (start, step) = (narrow(axis.start), narrow(axis.stride));
        match axis.block {
            Some(block) => Self::new(start, step, axis.count.map(narrow), narrow(block)),
            // One block without an end.
            None => Self::new(start, 1, None, 1),
        }
    }

    fn to_stored(self) -> HyperslabDimension {
        HyperslabDimension {
            start: wide(self.start),
            stride: wide(self.step),
            count: self.count.map(wide),
            block: Some(wide(self.block)),
        }
    }
}

/// Blocks along each axis.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{Hyperslab, RawSlice};
/// let raw = Hyperslab::new((2.., 3)).into_raw([10, 12])?;
/// assert_eq!(*raw, [RawSlice::new(2, 1, Some(8), 1), RawSlice::new(3, 1, Some(1), 1)]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RawHyperslab {
    axes: Vec<RawSlice>,
}

impl Deref for RawHyperslab {
    type Target = [RawSlice];

    fn deref(&self) -> &[RawSlice] {
        &self.axes
    }
}

impl From<Vec<RawSlice>> for RawHyperslab {
    fn from(axes: Vec<RawSlice>) -> Self {
        Self { axes }
    }
}

impl From<RawSlice> for RawHyperslab {
    fn from(axis: RawSlice) -> Self {
        Self { axes: vec![axis] }
    }
}

/// Elements of an array of one shape.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{RawSelection, Selection};
/// let rows = Selection::new((1..3, ..));
/// let raw = rows.into_raw([4, 5])?;
/// assert!(matches!(raw, RawSelection::RegularHyperslab(_)));
/// assert_eq!(Selection::from_raw(raw)?.out_shape([4, 5])?, [2, 5]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RawSelection {
    /// No element.
    None,
    /// Every element.
    All,
    /// Single elements, in this order.
    Points {
        /// Coordinates of a point.
        rank: usize,
        /// Coordinates, `rank` a point.
        coordinates: Vec<u64>,
    },
    /// Blocks at equal distances along each axis.
    RegularHyperslab(RawHyperslab),
    /// Blocks anywhere: first and last coordinates of each.
    ComplexHyperslab(Vec<(Vec<u64>, Vec<u64>)>),
}

impl RawSelection {
    pub(crate) fn of_stored(stored: &Stored) -> Self {
        match stored {
            Stored::None => Self::None,
            Stored::All => Self::All,
            Stored::Points { rank, coordinates } => {
                Self::Points { rank: *rank, coordinates: coordinates.clone() }
            }
            Stored::Regular(axes) => {
                let axes: Vec<RawSlice> = axes.iter().map(RawSlice::of_stored).collect();
                Self::RegularHyperslab(axes.into())
            }
            Stored::Blocks { .. } => Self::ComplexHyperslab(
                stored.blocks().map(|(first, last)| (first.to_vec(), last.to_vec())).collect(),
            ),
        }
    }

    /// The same as a file describes it.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where it makes no sense.
    pub(crate) fn to_stored(&self) -> Result<Stored> {
        Ok(match self {
            Self::None => Stored::None,
            Self::All => Stored::All,
            Self::Points { rank, coordinates } => {
                if !coordinates.len().is_multiple_of(*rank) {
                    return Err(Error::usage("the points differ in rank"));
                }
                Stored::Points { rank: *rank, coordinates: coordinates.clone() }
            }
            Self::RegularHyperslab(slab) => {
                let axes: Vec<_> = slab.iter().map(|axis| axis.to_stored()).collect();
                if let Some(problem) = axes.iter().find_map(HyperslabDimension::problem) {
                    return Err(Error::usage(format!("a selection of blocks: {problem}")));
                }
                if axes.iter().filter(|axis| axis.count.is_none()).count() > 1 {
                    return Err(Error::usage(
                        "a selection is without bound along one axis at most",
                    ));
                }
                Stored::Regular(axes)
            }
            Self::ComplexHyperslab(blocks) => {
                let rank = blocks.first().map_or(1, |(first, _)| first.len());
                let good = |(first, last): &(Vec<u64>, Vec<u64>)| {
                    first.len() == rank
                        && last.len() == rank
                        && first.iter().zip(last).all(|(first, last)| first <= last)
                };
                if !blocks.iter().all(good) {
                    return Err(Error::usage(
                        "blocks that differ in rank or end before they start",
                    ));
                }
                let corners = blocks.iter().flat_map(|(first, last)| [first, last]).flatten();
                Stored::Blocks { rank, corners: corners.copied().collect() }
            }
        })
    }
}

impl From<RawHyperslab> for RawSelection {
    fn from(slab: RawHyperslab) -> Self {
        Self::RegularHyperslab(slab)
    }
}

impl From<RawSlice> for RawSelection {
    fn from(axis: RawSlice) -> Self {
        Self::RegularHyperslab(axis.into())
    }
}

fn extent(shape: &[usize]) -> Vec<u64> {
    shape.iter().map(|len| wide(*len)).collect()
}

impl Selection {
    /// The elements it selects of an array of `shape`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it does not fit the shape.
    pub fn into_raw<S: AsRef<[usize]>>(self, shape: S) -> Result<RawSelection> {
        let stored = self.to_counted(&extent(shape.as_ref()))?;
        Ok(RawSelection::of_stored(&stored))
    }

    /// The selection that `selection` describes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it makes no sense.
    pub fn from_raw(selection: RawSelection) -> Result<Self> {
        selection.to_stored().map(|stored| Self::of_stored(&stored))
    }
}

impl Hyperslab {
    /// The blocks it selects of an array of `shape`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it does not fit the shape, or is no
    /// blocks at equal distances.
    pub fn into_raw<S: AsRef<[usize]>>(self, shape: S) -> Result<RawHyperslab> {
        let extent = extent(shape.as_ref());
        let mut raw = Vec::with_capacity(extent.len());
        for (axis, (entry, len)) in self.spell_out(extent.len())?.iter().zip(&extent).enumerate() {
            let selected = regular(&entry.resolve(axis, *len)?);
            let list = "an index list or a mask is no blocks at equal distances";
            let selected = selected.ok_or_else(|| Error::usage(list))?.counted();
            raw.push(RawSlice::of_stored(&selected));
        }
        Ok(raw.into())
    }

    /// The selection that `hyper` describes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it makes no sense.
    pub fn from_raw(hyper: RawHyperslab) -> Result<Self> {
        RawSelection::RegularHyperslab(hyper.clone()).to_stored()?;
        let axis = |axis: &RawSlice| {
            let RawSlice { start, step, block, .. } = *axis;
            match axis.count {
                Some(count) => SliceOrIndex::SliceCount { start, step, count, block },
                None => SliceOrIndex::Unlimited { start, step, block },
            }
        };
        Ok(hyper.iter().map(axis).collect::<Vec<_>>().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_selections_are_the_same() {
        let raw = |selection: Selection| selection.into_raw([10, 12]).unwrap();
        let slab = raw((SliceOrIndex::Unlimited { start: 1, step: 3, block: 2 }, 3).into());
        let axes = vec![RawSlice::new(1, 3, Some(3), 2), RawSlice::new(3, 1, Some(1), 1)];
        assert_eq!(slab, RawHyperslab::from(axes).into());
        assert_eq!(raw(Selection::All), RawSelection::All);
        assert_eq!(raw((2..2).into()), RawSelection::None);
        let points = Selection::points([[1, 2], [0, 1]]).unwrap();
        let coordinates = vec![1, 2, 0, 1];
        assert_eq!(raw(points.clone()), RawSelection::Points { rank: 2, coordinates });
        assert_eq!(Selection::from_raw(raw(points.clone())).unwrap(), points);
        let blocks = Selection::Blocks(vec![(vec![0, 0], vec![0, 2]), (vec![5, 5], vec![5, 6])]);
        let complex = raw(blocks.clone());
        assert!(matches!(&complex, RawSelection::ComplexHyperslab(blocks) if blocks.len() == 2));
        assert_eq!(Selection::from_raw(complex).unwrap(), blocks);
        let back = Selection::from_raw(slab.clone()).unwrap();
        assert_eq!(back.into_raw([10, 12]).unwrap(), slab);
    }

    #[test]
    fn nonsense_is_refused() {
        let slab = |slices: &[RawSlice]| Hyperslab::from_raw(slices.to_vec().into());
        assert!(slab(&[RawSlice::new(0, 0, Some(2), 1)]).is_err());
        assert!(slab(&[RawSlice::new(0, 1, Some(2), 2)]).is_err());
        assert!(slab(&[RawSlice::new(0, 1, None, 1); 2]).is_err());
        assert!(slab(&[RawSlice::new(4, 2, None, 1)]).is_ok_and(|slab| slab.is_unlimited()));
        assert!(Hyperslab::new(vec![1, 3]).into_raw([5]).is_err());
        let odd = RawSelection::Points { rank: 2, coordinates: vec![1, 2, 3] };
        assert!(Selection::from_raw(odd).is_err());
        let back = RawSelection::ComplexHyperslab(vec![(vec![3], vec![2])]);
        assert!(Selection::from_raw(back).is_err());
    }
}
