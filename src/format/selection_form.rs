//! Which form a selection gets in the file.

use super::bounds::{Bounds, SelectionNeeds};
use super::selection::{HyperslabDimension, Selection, SelectionForm, StoredSelection};
use crate::error::{Error, Result};

/// Most blocks that are listed one by one.
const MOST_BLOCKS: u64 = 1 << 24;

impl StoredSelection {
    /// The selection in the oldest form that holds it, or a newer one where the bounds ask for it.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where it needs one that is above the bounds.
    pub(crate) fn in_bounds(selection: &Selection, bounds: &Bounds) -> Result<Self> {
        let largest = largest(selection);
        let wide = largest > u64::from(u32::MAX);
        let form = |version: u8| match version {
            1 => SelectionForm::VERSION_1,
            version => SelectionForm { version: version.into(), width: width(largest) },
        };
        let form = match selection {
            Selection::None | Selection::All => SelectionForm::VERSION_1,
            Selection::Points { .. } => form(bounds.points_version(wide)?),
            Selection::Blocks { .. } => {
                let needs = SelectionNeeds { wide, ..SelectionNeeds::default() };
                form(bounds.blocks_version(&needs)?)
            }
            Selection::Regular(axes) => {
                let blocks = axes
                    .iter()
                    .fold(1, |n: u64, axis| n.saturating_mul(axis.count.unwrap_or(u64::MAX)));
                let unlimited = selection.unlimited_axis().is_some();
                let needs = SelectionNeeds { regular: true, blocks, unlimited, wide };
                match bounds.blocks_version(&needs)? {
                    1 => return listed(axes, blocks),
                    2 => SelectionForm { version: 2, width: 8 },
                    version => form(version),
                }
            }
        };
        Ok(Self { form, selection: selection.clone() })
    }
}

/// Blocks at equal distances, each for itself: all that the oldest form knows.
fn listed(axes: &[HyperslabDimension], blocks: u64) -> Result<StoredSelection> {
    if blocks > MOST_BLOCKS {
        let problem = format!("a selection of {blocks} blocks needs v110 as the lower bound");
        return Err(Error::usage(problem));
    }
    let rank = axes.len();
    let mut corners = Vec::new();
    let mut numbers = vec![0u64; rank];
    for _ in 0..blocks {
        let first = axes
            .iter()
            .zip(&numbers)
            .map(|(axis, number)| axis.start.saturating_add(number.saturating_mul(axis.stride)));
        let first: Vec<u64> = first.collect();
        let last = first
            .iter()
            .zip(axes)
            .map(|(first, axis)| first.saturating_add(axis.block.unwrap_or(1)).saturating_sub(1));
        let last: Vec<u64> = last.collect();
        corners.extend(first);
        corners.extend(last);
        for (number, axis) in numbers.iter_mut().zip(axes).rev() {
            *number = number.saturating_add(1);
            if axis.count.is_none_or(|count| *number < count) {
                break;
            }
            *number = 0;
        }
    }
    let selection = Selection::Blocks { rank, corners };
    Ok(StoredSelection { form: SelectionForm::VERSION_1, selection })
}

/// The largest number that the form has to hold.
fn largest(selection: &Selection) -> u64 {
    match selection {
        Selection::None | Selection::All => 0,
        Selection::Points { coordinates: all, rank } | Selection::Blocks { corners: all, rank } => {
            let count = crate::codec::wide(all.len().checked_div(*rank).unwrap_or(0));
            all.iter().copied().max().unwrap_or(0).max(count)
        }
        Selection::Regular(axes) => axes.iter().map(largest_of_axis).max().unwrap_or(0),
    }
}

fn largest_of_axis(axis: &HyperslabDimension) -> u64 {
    let blocks = axis.count.unwrap_or(1).saturating_sub(1).saturating_mul(axis.stride);
    let end = axis.start.saturating_add(blocks).saturating_add(axis.block.unwrap_or(1));
    [axis.stride, axis.count.unwrap_or(0), axis.block.unwrap_or(0), end]
        .into_iter()
        .fold(0, u64::max)
}

/// Bytes of a number; the highest of a width stands for unlimited.
fn width(largest: u64) -> u8 {
    match largest {
        0..0xffff => 2,
        0xffff..0xffff_ffff => 4,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::selection::testing::any_selection;
    use super::*;
    use crate::codec::testing::check_round_trip;
    use crate::format::bounds::LibraryVersion;

    const LOW: [LibraryVersion; 4] =
        [LibraryVersion::Earliest, LibraryVersion::V18, LibraryVersion::V110, LibraryVersion::V112];

    fn axis(start: u64, stride: u64, count: Option<u64>, block: Option<u64>) -> HyperslabDimension {
        HyperslabDimension { start, stride, count, block }
    }

    fn forms(selection: &Selection) -> [(u32, u8); 4] {
        LOW.map(|low| {
            let bounds = Bounds::new(low, LibraryVersion::LATEST);
            let form = StoredSelection::in_bounds(selection, &bounds).unwrap().form;
            (form.version, form.width)
        })
    }

    proptest! {
        #[test]
        fn every_form_comes_back(stored in any_selection(), low in 0usize..4) {
            let bounds = Bounds::new(LOW[low], LibraryVersion::LATEST);
            let found = StoredSelection::in_bounds(&stored.selection, &bounds).unwrap();
            check_round_trip(&found);
            if found.form.version > 1 {
                prop_assert_eq!(found.selection, stored.selection);
            }
        }
    }

    #[test]
    fn few_blocks_are_listed_where_the_bounds_are_low() {
        let slab_of = |stride, count| {
            let blocks = axis(1, stride, Some(count), Some(2));
            Selection::Regular(vec![axis(2, 1, Some(1), Some(5)), blocks])
        };
        let slab = |count| slab_of(4, count);
        assert_eq!(forms(&slab(3)), [(1, 4), (1, 4), (1, 4), (3, 2)]);
        assert_eq!(forms(&slab(4)), [(1, 4), (1, 4), (2, 8), (3, 2)]);
        // A few that lie far apart need as wide numbers, and Miri less time.
        let wide = if cfg!(miri) { slab_of(1 << 14, 5) } else { slab(1 << 14) };
        assert_eq!(forms(&wide), [(1, 4), (1, 4), (2, 8), (3, 4)]);
        let listed = StoredSelection::in_bounds(&slab(2), &Bounds::default()).unwrap();
        let corners = vec![2, 1, 6, 2, 2, 5, 6, 6];
        assert_eq!(listed.selection, Selection::Blocks { rank: 2, corners });
        StoredSelection::in_bounds(&slab(1 << 25), &Bounds::default()).unwrap_err();
    }

    #[test]
    fn what_has_no_bound_is_never_listed() {
        let slab = Selection::Regular(vec![axis(0, 3, None, Some(2))]);
        assert_eq!(forms(&slab), [(2, 8), (2, 8), (2, 8), (3, 2)]);
        let old = Bounds::new(LibraryVersion::Earliest, LibraryVersion::V18);
        StoredSelection::in_bounds(&slab, &old).unwrap_err();
        let wide = Selection::Points { rank: 1, coordinates: vec![1 << 33] };
        assert_eq!(forms(&wide), [(2, 8); 4]);
    }
}
