//! Selections as files describe them.

use super::{Hyperslab, Selection, SliceOrIndex};
use crate::codec::wide;
use crate::error::{Error, Result};
use crate::format::selection::{HyperslabDimension, Selection as Stored};
use crate::object::selection::{AxisSelection, ElementSelection, Runs};

impl Selection {
    /// The selection of an array of `extent` as a file describes it. Axes that are
    /// [unlimited](SliceOrIndex::is_unlimited) stay so.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where it does not fit the extent.
    pub(crate) fn to_stored(&self, extent: &[u64]) -> Result<Stored> {
        match self {
            Self::All => Ok(Stored::All),
            Self::None => Ok(Stored::None),
            Self::Hyperslab(_) if extent.is_empty() => self.resolve(extent).map(|_| Stored::All),
            Self::Hyperslab(slab) if slab.is_unlimited() => unlimited(slab, extent),
            Self::Points { rank, coordinates } => {
                self.resolve(extent)?;
                Ok(Stored::Points { rank: *rank, coordinates: coordinates.clone() })
            }
            Self::Hyperslab(_) | Self::Mask(_) | Self::Blocks(_) => {
                Ok(stored(&self.resolve(extent)?.elements))
            }
        }
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

fn regular(axis: &AxisSelection) -> Option<HyperslabDimension> {
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
}
