//! What is selected along one axis.

use crate::codec::wide;
use crate::error::{Error, Result};
use crate::object::selection::AxisSelection;

/// What is selected along one axis.
///
/// Conversions make the usual spellings short: a number is an index (negative ones count from the
/// end), a range is a slice, `..` is the whole axis, a `Vec` of numbers is a list.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{Hyperslab, SliceOrIndex};
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let time = file.dataset("run1/time")?;
/// let last = SliceOrIndex::from(-1);
/// assert_eq!(time.read_slice_raw::<f64>(Hyperslab::new(vec![last]))?.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SliceOrIndex {
    /// One coordinate; the result loses the axis.
    Index(usize),
    /// One coordinate, counted from the end: 1 is the last one; the result loses the axis.
    FromEnd(usize),
    /// Coordinates from `start` up to, not including, `end`, every `step`-th, `block` at a time.
    SliceTo {
        /// First coordinate.
        start: usize,
        /// Distance of the starts of two blocks, at least 1.
        step: usize,
        /// First coordinate behind the slice; beyond the extent means the extent.
        end: usize,
        /// Coordinates in a block.
        block: usize,
    },
    /// `count` blocks of `block` coordinates.
    SliceCount {
        /// First coordinate.
        start: usize,
        /// Distance of the starts of two blocks, at least 1.
        step: usize,
        /// Number of blocks.
        count: usize,
        /// Coordinates in a block.
        block: usize,
    },
    /// As many blocks as the extent holds.
    Unlimited {
        /// First coordinate.
        start: usize,
        /// Distance of the starts of two blocks, at least 1.
        step: usize,
        /// Coordinates in a block.
        block: usize,
    },
    /// Every coordinate from `start` on; of a virtual dataset, also of those to come.
    Rest {
        /// First coordinate.
        start: usize,
    },
    /// A slice as Python writes it: either end may be absent or negative, both are clamped to the
    /// extent, and a slice whose end lies before its start is empty.
    Slice {
        /// First coordinate; absent: 0.
        start: Option<isize>,
        /// First coordinate behind the slice; absent: the extent.
        end: Option<isize>,
        /// Distance of two coordinates, at least 1.
        step: usize,
    },
    /// These coordinates, strictly ascending, but where the array has this axis alone; negative ones
    /// count from the end.
    List(Vec<isize>),
    /// The coordinates whose place holds `true`; as long as the axis.
    Mask(Vec<bool>),
    /// As many whole axes as the dataspace has more than the selection names.
    Ellipsis,
}

impl SliceOrIndex {
    /// Every `step`-th coordinate of `range`.
    ///
    /// ```
    /// use hdfive::SliceOrIndex;
    /// let even = SliceOrIndex::stepped(.., 2);
    /// ```
    #[must_use]
    pub fn stepped(range: impl Into<Self>, step: usize) -> Self {
        match range.into() {
            Self::Slice { start, end, .. } => Self::Slice { start, end, step },
            other => other,
        }
    }

    /// Whether it is one coordinate.
    #[must_use]
    pub fn is_index(&self) -> bool {
        matches!(self, Self::Index(_) | Self::FromEnd(_))
    }

    /// Whether it is a slice.
    #[must_use]
    pub fn is_slice(&self) -> bool {
        matches!(
            self,
            Self::SliceTo { .. }
                | Self::SliceCount { .. }
                | Self::Unlimited { .. }
                | Self::Rest { .. }
                | Self::Slice { .. }
        )
    }

    /// Whether it goes on to the end of the axis, wherever that is.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.grows()
            || matches!(self, Self::Slice { end: None, start, .. } if start.is_none_or(|at| at >= 0))
    }

    /// Whether it is stored as what goes on to the end of the axis.
    pub(super) fn grows(&self) -> bool {
        matches!(self, Self::Unlimited { .. } | Self::Rest { .. })
    }

    /// First coordinate and number of those it selects of an axis of `len`, where they are seen at
    /// once to follow each other.
    pub(super) fn as_run(&self, len: u64) -> Option<(u64, u64)> {
        match self {
            Self::Index(index) => Some((wide(*index), 1)),
            Self::Slice { start, end, step: 1 } => {
                let start = start.map_or(0, |at| clamp(at, len));
                let end = end.map_or(len, |at| clamp(at, len));
                Some((start, end.checked_sub(start)?))
            }
            _ => None,
        }
    }

    /// The coordinates it selects of an axis of `len`.
    pub(super) fn resolve(&self, axis: usize, len: u64) -> Result<AxisSelection> {
        let outside = |index: i128| {
            Error::usage(format!("index {index} is out of range for axis {axis} of length {len}"))
        };
        Ok(match self {
            Self::Index(index) => {
                point(wide(*index), len).ok_or_else(|| outside(as_i128(*index)))?
            }
            Self::FromEnd(back) => {
                let index = len.checked_sub(wide(*back)).filter(|_| *back > 0);
                let index = index.ok_or_else(|| outside(as_i128(*back).saturating_neg()))?;
                point(index, len).ok_or_else(|| outside(index.into()))?
            }
            Self::SliceTo { start, step, end, block } => {
                let (start, end) = (wide(*start), wide(*end).min(len));
                blocks(axis, start, wide(*step), end, wide(*block))?
            }
            Self::Unlimited { start, step, block } => {
                blocks(axis, wide(*start), wide(*step), len, wide(*block))?
            }
            Self::Rest { start } => blocks(axis, wide(*start), 1, len, 1)?,
            Self::SliceCount { start, step, count, block } => {
                positive(axis, wide(*step))?;
                AxisSelection::Range {
                    start: wide(*start),
                    stride: wide(*step),
                    count: wide(*count),
                    block: wide(*block),
                }
            }
            Self::Slice { start, end, step } => {
                let start = start.map_or(0, |at| clamp(at, len));
                let end = end.map_or(len, |at| clamp(at, len));
                blocks(axis, start, wide(*step), end, 1)?
            }
            Self::List(list) => {
                let place = |at: &isize| {
                    from_end(*at, len).ok_or_else(|| outside(i128::try_from(*at).unwrap_or(0)))
                };
                let list = list.iter().map(place).collect::<Result<Vec<u64>>>()?;
                if !list.is_sorted_by(|a, b| a < b) {
                    return Err(Error::usage("an index list must be strictly ascending"));
                }
                AxisSelection::List(list)
            }
            Self::Mask(mask) => {
                if wide(mask.len()) != len {
                    let lens = (mask.len(), axis, len);
                    return Err(Error::usage(format!(
                        "a mask of length {} for axis {} of length {}",
                        lens.0, lens.1, lens.2
                    )));
                }
                let set = (0u64..).zip(mask).filter(|(_, on)| **on).map(|(place, _)| place);
                AxisSelection::List(set.collect())
            }
            Self::Ellipsis => AxisSelection::all(len),
        })
    }
}

fn as_i128(index: usize) -> i128 {
    i128::try_from(index).unwrap_or(i128::MAX)
}

fn point(index: u64, len: u64) -> Option<AxisSelection> {
    (index < len).then_some(AxisSelection::Range { start: index, stride: 1, count: 1, block: 1 })
}

/// The place `at` names, negative ones counted from the end.
pub(super) fn from_end(at: isize, len: u64) -> Option<u64> {
    let distance = u64::try_from(at.unsigned_abs()).ok()?;
    let place = if at < 0 { len.checked_sub(distance)? } else { distance };
    (place < len).then_some(place)
}

fn clamp(at: isize, len: u64) -> u64 {
    let distance = u64::try_from(at.unsigned_abs()).unwrap_or(u64::MAX);
    if at < 0 { len.saturating_sub(distance) } else { distance.min(len) }
}

fn positive(axis: usize, step: u64) -> Result<()> {
    if step == 0 {
        Err(Error::usage(format!("step must be at least 1 (axis {axis})")))
    } else {
        Ok(())
    }
}

/// As many whole blocks as fit between `start` and `end`.
fn blocks(axis: usize, start: u64, step: u64, end: u64, block: u64) -> Result<AxisSelection> {
    positive(axis, step)?;
    let room = end.saturating_sub(start);
    let count = match room.checked_sub(block) {
        Some(more) if block > 0 => (more.checked_div(step).unwrap_or(0)).saturating_add(1),
        _ => 0,
    };
    // A start behind the extent selects nothing, wherever it is.
    let start = if count == 0 { 0 } else { start };
    if step == block || (step == 1 && block == 1) {
        let block = count.saturating_mul(block);
        return Ok(AxisSelection::Range { start, stride: 1, count: u64::from(block > 0), block });
    }
    Ok(AxisSelection::Range { start, stride: step, count, block })
}
