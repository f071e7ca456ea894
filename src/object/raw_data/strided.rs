//! Every so-manieth element of rows in memory.

use crate::error::Result;
use crate::object::selection::{AxisSelection, ElementSelection};

/// Elements of `from`, `step` of them apart, to `to`.
type Gather = fn(from: &[u8], step: usize, to: &mut [u8]);

/// Reads `elements` of an array of `extent` that is `all`, with elements of `size` bytes, into `out`,
/// where they are single ones, the same number of steps apart, in each row: gives `None` where they are
/// not, or do not lie in `all`, or not fit `out`.
pub(super) fn read(
    all: &[u8],
    extent: &[u64],
    elements: &ElementSelection,
    size: usize,
    out: &mut [u8],
) -> Option<Result<()>> {
    let ElementSelection::Product(axes) = elements else { return None };
    let (AxisSelection::Range { start, stride, count, block: 1 }, outer) = axes.split_last()?
    else {
        return None;
    };
    let gather: Gather = match size {
        1 => gather::<1>,
        2 => gather::<2>,
        4 => gather::<4>,
        8 => gather::<8>,
        16 => gather::<16>,
        _ => return None,
    };
    let step = usize::try_from(*stride).ok().filter(|step| *step > 1)?;
    let steps = usize::try_from(count.checked_sub(1)?).ok().filter(|steps| *steps > 0)?;
    let row = steps.checked_add(1)?.checked_mul(size)?;
    let span = steps.checked_mul(step)?.checked_add(1)?.checked_mul(size)?;
    let narrow = |n: u64, size: usize| usize::try_from(n).ok()?.checked_mul(size);
    // The first element of each row stands for all of it.
    let first = AxisSelection::Range { start: *start, stride: 1, count: 1, block: 1 };
    let rows = ElementSelection::Product(outer.iter().cloned().chain([first]).collect());
    if narrow(rows.len(), row)? > out.len() {
        return None;
    }
    let end = narrow(extent.iter().try_fold(1, |n: u64, len| n.checked_mul(*len))?, size)?;
    if end > all.len() {
        return None;
    }
    Some(rows.for_each_run(extent, &mut |from, to, _| {
        let from = narrow(from, size).and_then(|from| all.get(from..)?.get(..span));
        let to = narrow(to, row).and_then(|to| out.get_mut(to..)?.get_mut(..row));
        if let (Some(from), Some(to)) = (from, to) {
            gather(from, step, to);
        }
        Ok(())
    }))
}

fn gather<const N: usize>(from: &[u8], step: usize, to: &mut [u8]) {
    let ((from, _), (to, _)) = (from.as_chunks::<N>(), to.as_chunks_mut::<N>());
    for (to, from) in to.iter_mut().zip(from.iter().step_by(step.max(1))) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_what_single_elements_are(
            extent in prop::collection::vec(1..9_u64, 1..4),
            picks in prop::collection::vec((0..4_u64, 1..4_u64, 1..5_u64), 3),
            size in prop::sample::select(vec![1_usize, 2, 3, 4, 8, 16]),
        ) {
            let axes: Vec<AxisSelection> = extent
                .iter()
                .zip(&picks)
                .map(|(len, (start, stride, count))| {
                    let start = start % len;
                    let count = (*count).min((len - start).div_ceil(*stride));
                    AxisSelection::Range { start, stride: *stride, count, block: 1 }
                })
                .collect();
            let elements = ElementSelection::Product(axes);
            let all: Vec<u8> = (0..extent.iter().product::<u64>() * size as u64)
                .map(|n| (n * 7 + n / 256) as u8)
                .collect();
            let len = elements.len() as usize * size;
            let mut wanted = vec![0; len];
            elements
                .for_each_run(&extent, &mut |from, to, run| {
                    let (from, to, run) =
                        (from as usize * size, to as usize * size, run as usize * size);
                    wanted[to..to + run].copy_from_slice(&all[from..from + run]);
                    Ok(())
                })
                .unwrap();
            let mut found = vec![0; len];
            if let Some(result) = read(&all, &extent, &elements, size, &mut found) {
                result.unwrap();
                prop_assert_eq!(found, wanted);
            }
            prop_assert!(read(&all[1..], &extent, &elements, size, &mut vec![0; len]).is_none());
        }
    }
}
