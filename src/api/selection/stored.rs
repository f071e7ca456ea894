//! Selections as files describe them.

use std::collections::BTreeSet;

use super::{Hyperslab, Selection, SliceOrIndex};
use crate::codec::wide;
use crate::error::{Error, Result};
use crate::format::selection::{HyperslabDimension, Selection as Stored};
use crate::object::selection::{AxisSelection, ElementSelection, Runs};

impl Selection {
    /// The selection of an array of `extent` as a file describes it. Axes that are
    /// [`Unlimited`](SliceOrIndex::Unlimited) or a [`Rest`](SliceOrIndex::Rest) stay so.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where it does not fit the extent.
    pub(crate) fn to_stored(&self, extent: &[u64]) -> Result<Stored> {
        match self {
            Self::All => Ok(Stored::All),
            Self::None => Ok(Stored::None),
            Self::Hyperslab(_) if extent.is_empty() => self.resolve(extent).map(|_| Stored::All),
            Self::Hyperslab(slab) if slab.iter().any(SliceOrIndex::grows) => {
                unlimited(slab, extent)
            }
            Self::Points { .. } | Self::Hyperslab(_) | Self::Mask(_) | Self::Blocks(_) => {
                self.to_bounded(extent)
            }
        }
    }

    /// The selection of an array of `extent` as a file describes it: of an array that does not grow.
    ///
    /// # Errors
    ///
    /// As [`to_stored`](Self::to_stored).
    pub(crate) fn to_bounded(&self, extent: &[u64]) -> Result<Stored> {
        match self {
            Self::All => Ok(Stored::All),
            Self::None => Ok(Stored::None),
            Self::Hyperslab(_) if extent.is_empty() => self.resolve(extent).map(|_| Stored::All),
            Self::Points { rank, coordinates } => {
                self.resolve(extent)?;
                Ok(Stored::Points { rank: *rank, coordinates: coordinates.clone() })
            }
            Self::Hyperslab(_) | Self::Mask(_) | Self::Blocks(_) => {
                Ok(stored(&self.resolve(extent)?.elements))
            }
        }
    }

    /// As [`to_bounded`](Self::to_bounded), with a block that is alone given as that many
    /// coordinates.
    pub(crate) fn to_counted(&self, extent: &[u64]) -> Result<Stored> {
        Ok(self.to_bounded(extent)?.counted())
    }
}

/// Elements as a file describes them.
fn stored(elements: &ElementSelection) -> Stored {
    if elements.len() == 0 {
        return Stored::None;
    }
    if let ElementSelection::Product(axes) = elements
        && let Some(axes) = axes.iter().map(regular).collect()
    {
        return Stored::Regular(axes);
    }
    blocks(&elements.to_runs())
}

pub(super) fn regular(axis: &AxisSelection) -> Option<HyperslabDimension> {
    match axis {
        AxisSelection::Range { start, stride, count, block } => Some(HyperslabDimension {
            start: *start,
            stride: (*stride).max(1),
            count: Some(*count),
            block: Some(*block),
        }),
        AxisSelection::List(_) => None,
    }
}

fn blocks(runs: &Runs) -> Stored {
    let mut corners = Vec::new();
    for (start, len) in runs.iter() {
        corners.extend_from_slice(start);
        corners.extend_from_slice(start);
        if let Some(last) = corners.last_mut() {
            *last = last.saturating_add(len).saturating_sub(1);
        }
    }
    Stored::Blocks { rank: runs.rank, corners }
}

/// Blocks as slices of each axis, where they are all that such slices have in common. Old references
/// list the blocks of any selection one by one.
pub(crate) fn regular_blocks(stored: &Stored) -> Option<Hyperslab> {
    let blocks: Vec<(&[u64], &[u64])> = stored.blocks().collect();
    let rank = blocks.first()?.0.len();
    let mut axes = Vec::with_capacity(rank);
    let mut product = 1_usize;
    for axis in 0..rank {
        let place = |block: &(&[u64], &[u64])| {
            Some((block.0.get(axis).copied()?, block.1.get(axis).copied()?))
        };
        let places: BTreeSet<(u64, u64)> = blocks.iter().filter_map(place).collect();
        product = product.checked_mul(places.len())?;
        axes.push(slices(&places)?);
    }
    let different: BTreeSet<_> = blocks.iter().collect();
    (product == blocks.len() && different.len() == product).then(|| axes.into())
}

/// Intervals of one length, at equal distances.
fn slices(places: &BTreeSet<(u64, u64)>) -> Option<SliceOrIndex> {
    let narrow = |n: u64| usize::try_from(n).ok();
    let mut all = places.iter();
    let (start, last) = all.next()?;
    let block = last.checked_sub(*start)?.checked_add(1)?;
    let step = all.next().map_or(Some(block), |(second, _)| second.checked_sub(*start))?;
    for (n, (first, last)) in (0_u64..).zip(places) {
        let wanted = start.checked_add(n.checked_mul(step)?)?;
        if step < block || *first != wanted || last.checked_sub(*first)?.checked_add(1)? != block {
            return None;
        }
    }
    let (start, step, block) = (narrow(*start)?, narrow(step)?, narrow(block)?);
    Some(SliceOrIndex::SliceCount { start, step, count: places.len(), block })
}

fn unlimited(slab: &Hyperslab, extent: &[u64]) -> Result<Stored> {
    let mut axes = Vec::new();
    for (axis, (entry, len)) in slab.spell_out(extent.len())?.iter().zip(extent).enumerate() {
        let (start, step, block) = match entry {
            SliceOrIndex::Unlimited { start, step, block } => (*start, *step, *block),
            SliceOrIndex::Rest { start } => (*start, 1, 1),
            bounded => {
                let selected = regular(&bounded.resolve(axis, *len)?);
                let list = "a list along one axis of a selection without bound along another";
                axes.push(selected.ok_or_else(|| Error::usage(list))?);
                continue;
            }
        };
        let (start, stride, block) = (wide(start), wide(step), Some(wide(block)));
        axes.push(HyperslabDimension { start, stride, count: None, block });
    }
    if axes.iter().filter(|axis| axis.count.is_none()).count() > 1 {
        return Err(Error::usage("a selection is without bound along one axis at most"));
    }
    match axes.iter().find_map(HyperslabDimension::problem) {
        Some(problem) => Err(Error::usage(format!("a selection without bound: {problem}"))),
        None => Ok(Stored::Regular(axes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_selected_is_described() {
        let stored = |selection: Selection| selection.to_stored(&[4, 6]).unwrap();
        let axis = |start, stride, count, block| HyperslabDimension {
            start,
            stride,
            count: Some(count),
            block: Some(block),
        };
        let slab = Stored::Regular(vec![axis(1, 1, 1, 2), axis(0, 2, 3, 1)]);
        assert_eq!(stored((1..3, SliceOrIndex::stepped(.., 2)).into()), slab);
        assert_eq!(stored(Selection::All), Stored::All);
        assert_eq!(stored((2..2).into()), Stored::None);
        let corners = vec![0, 1, 0, 1, 0, 4, 0, 4];
        assert_eq!(stored((0, vec![1usize, 4]).into()), Stored::Blocks { rank: 2, corners });
        let rest = SliceOrIndex::Unlimited { start: 1, step: 3, block: 2 };
        let Stored::Regular(axes) = stored((rest.clone(), ..2).into()) else { panic!("a slab") };
        assert_eq!(axes[0], HyperslabDimension { count: None, ..axis(1, 3, 1, 2) });
        assert!(Selection::from((rest.clone(), rest)).to_stored(&[4, 6]).is_err());
        let overlap = SliceOrIndex::Unlimited { start: 0, step: 1, block: 2 };
        assert!(Selection::from(overlap).to_stored(&[4]).is_err());
        assert!(Selection::from(9).to_stored(&[4]).is_err());
        assert_eq!(Selection::from(()).to_stored(&[]).unwrap(), Stored::All);
    }

    fn listed(corners: &[[u64; 4]]) -> Option<Hyperslab> {
        regular_blocks(&Stored::Blocks { rank: 2, corners: corners.concat() })
    }

    #[test]
    fn blocks_that_are_slices_are_seen_as_such() {
        let slice =
            |start, step, count, block| SliceOrIndex::SliceCount { start, step, count, block };
        let three = listed(&[[1, 0, 2, 0], [1, 2, 2, 2], [1, 4, 2, 4]]).unwrap();
        assert_eq!(three.axes(), [slice(1, 2, 1, 2), slice(0, 2, 3, 1)]);
        let four = listed(&[[0, 5, 1, 6], [0, 9, 1, 10], [4, 5, 5, 6], [4, 9, 5, 10]]).unwrap();
        assert_eq!(four.axes(), [slice(0, 4, 2, 2), slice(5, 4, 2, 2)]);
        // One is missing; two are the same; distances, lengths differ; they overlap.
        assert_eq!(listed(&[[0, 0, 0, 0], [0, 2, 0, 2], [2, 0, 2, 0]]), None);
        assert_eq!(listed(&[[0, 0, 0, 0], [0, 0, 0, 0]]), None);
        assert_eq!(listed(&[[0, 0, 0, 0], [0, 2, 0, 2], [0, 5, 0, 5]]), None);
        assert_eq!(listed(&[[0, 0, 0, 0], [0, 2, 0, 3]]), None);
        assert_eq!(listed(&[[0, 0, 0, 2], [0, 1, 0, 3]]), None);
        assert_eq!(listed(&[]), None);
    }
}
