//! What mappings of a new virtual dataset must be like.

use super::virtual_selection::{self as selected, block_names};
use crate::error::{Error, Result};
use crate::format::message::Dataspace;
use crate::format::selection::{HyperslabDimension, Selection};
use crate::format::virtual_mapping::Mapping;
use crate::limits::Limits;

/// Checks that a mapping selects as many elements of a dataset of `dataspace` as of a source of
/// `source`, if both are what they are said to be.
pub(crate) fn check_mapping(
    mapping: &Mapping,
    source: &[u64],
    dataspace: &Dataspace,
    limits: &Limits,
) -> Result<()> {
    if [&mapping.file, &mapping.dataset].iter().any(|name| name.is_empty()) {
        return Err(Error::usage("a source has the names of a file and of a dataset"));
    }
    let target = &dataspace.dimensions;
    check_inside(&mapping.source, source)?;
    check_inside(&mapping.virtual_, target)?;
    let numbered = block_names(mapping, 0)? != block_names(mapping, 1)?;
    let axes = (mapping.virtual_.unlimited_axis(), mapping.source.unlimited_axis());
    let count = |selection: &Selection, extent: &[u64]| {
        selected::finite(selection, extent, limits).map(|elements| elements.len())
    };
    let (wanted, given) = match axes {
        (None, Some(_)) => {
            return Err(Error::usage("a source without bound for a part that has one"));
        }
        (None, None) if numbered => {
            return Err(Error::usage("the name of a source has a %b, but its part has a bound"));
        }
        (Some(_), None) if !numbered => {
            return Err(Error::usage(
                "a part without bound needs a source without bound, or a %b in its name",
            ));
        }
        (Some(_), Some(_)) if numbered => {
            return Err(Error::usage("the name of a source without bound has a %b"));
        }
        (None, None) => (count(&mapping.virtual_, target)?, count(&mapping.source, source)?),
        (Some(axis), Some(along)) => {
            (others(&mapping.virtual_, axis), others(&mapping.source, along))
        }
        (Some(axis), None) => {
            let block = block(&mapping.virtual_, axis).unwrap_or(1);
            let wanted = others(&mapping.virtual_, axis).saturating_mul(block);
            (wanted, count(&mapping.source, source)?)
        }
    };
    if wanted == given {
        return Ok(());
    }
    Err(Error::usage(format!("{given} elements of a source for {wanted} of the virtual dataset")))
}

/// Checks that a selection lies inside an extent, as far as it has a bound.
fn check_inside(selection: &Selection, extent: &[u64]) -> Result<()> {
    if let Some(rank) = selection.rank().filter(|rank| *rank != extent.len()) {
        let problem = format!("a selection of rank {rank} in a dataspace of rank {}", extent.len());
        return Err(Error::usage(problem));
    }
    if selected::bounds(selection).iter().zip(extent).all(|(end, len)| end <= len) {
        return Ok(());
    }
    Err(Error::usage(format!("the selection reaches outside the extent {extent:?}")))
}

/// Elements of a selection along all axes but one.
fn others(selection: &Selection, axis: usize) -> u64 {
    let Selection::Regular(axes) = selection else { return 0 };
    let others = axes.iter().enumerate().filter(|(n, _)| *n != axis);
    let len =
        |axis: &HyperslabDimension| axis.count.unwrap_or(1).saturating_mul(axis.block.unwrap_or(1));
    others.fold(1, |product, (_, axis)| product.saturating_mul(len(axis)))
}

/// Coordinates of a block along an axis.
fn block(selection: &Selection, axis: usize) -> Option<u64> {
    let Selection::Regular(axes) = selection else { return None };
    axes.get(axis)?.block
}
