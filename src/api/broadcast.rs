//! Values that are written to more elements than there are values.

use std::borrow::Cow;

use super::container::Container;
use super::selection::{Resolved, Selection, SliceOrIndex};
use super::values::Values;
use crate::codec::wide;
use crate::element::{H5Type, holds_heap_ids};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;

/// What may be written to a selection besides values of its own shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    /// Values that repeat along axes of length 1 and along those they lack, as with NumPy.
    Axes,
    /// One value.
    One,
    /// Nothing.
    Nothing,
}

impl Repeats {
    /// As h5py has it.
    fn of(selection: &Selection) -> Self {
        match selection {
            Selection::All | Selection::None => Self::Axes,
            Selection::Hyperslab(slab) => {
                let listed = |axis: &SliceOrIndex| {
                    matches!(axis, SliceOrIndex::List(_) | SliceOrIndex::Mask(_))
                };
                if slab.axes().iter().any(listed) { Self::Nothing } else { Self::Axes }
            }
            Selection::Points { .. } | Selection::Mask(_) => Self::One,
            Selection::Blocks(_) => Self::Nothing,
        }
    }
}

/// How values are repeated: runs of `run` of them, for each place along axes of so many places, so
/// many values from one to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Broadcast {
    axes: Vec<(usize, usize)>,
    run: usize,
}

impl Broadcast {
    /// How values of the shape `given` become those of the shape `wanted`; `None` where they do not.
    fn plan(repeats: Repeats, given: &[usize], wanted: &[usize]) -> Option<Self> {
        let count = |shape: &[usize]| shape.iter().fold(1usize, |n, len| n.saturating_mul(*len));
        if given == wanted {
            return Some(Self { axes: Vec::new(), run: count(given) });
        }
        match repeats {
            Repeats::Nothing => return None,
            Repeats::One => {
                let one = count(given) == 1;
                return one.then(|| Self { axes: vec![(count(wanted), 0)], run: 1 });
            }
            Repeats::Axes => {}
        }
        let more = given.len().saturating_sub(wanted.len());
        let (ahead, given) = given.split_at_checked(more)?;
        if ahead.iter().any(|len| *len != 1) {
            return None;
        }
        let mut axes = Vec::with_capacity(wanted.len());
        let (mut stride, mut run) = (1usize, 1usize);
        let lens = given.iter().rev().copied().chain(std::iter::repeat(1));
        for (wanted, given) in wanted.iter().rev().zip(lens) {
            match given {
                given if given == *wanted => {
                    if axes.is_empty() {
                        run = run.saturating_mul(given);
                    } else {
                        axes.push((*wanted, stride));
                    }
                }
                1 => axes.push((*wanted, 0)),
                _ => return None,
            }
            stride = stride.saturating_mul(given);
        }
        axes.reverse();
        Some(Self { axes, run })
    }

    /// The values repeated, each of `size` items.
    fn apply<T: Clone>(&self, values: &[T], size: usize) -> Result<Vec<T>> {
        let runs = self.axes.iter().try_fold(1usize, |n, (len, _)| n.checked_mul(*len));
        let runs = runs.ok_or_else(too_many)?;
        let len = runs.checked_mul(self.run).and_then(|n| n.checked_mul(size));
        let mut out = Vec::new();
        out.try_reserve_exact(len.ok_or_else(too_many)?).map_err(|_| too_many())?;
        let mut place = vec![0usize; self.axes.len()];
        for _ in 0..runs {
            let strides = self.axes.iter().zip(&place);
            let at = strides
                .fold(0usize, |at, ((_, stride), n)| at.saturating_add(n.saturating_mul(*stride)));
            let start = at.saturating_mul(size);
            let end = at.saturating_add(self.run).saturating_mul(size);
            out.extend_from_slice(values.get(start..end).ok_or_else(too_many)?);
            for (n, (len, _)) in place.iter_mut().zip(&self.axes).rev() {
                *n = n.saturating_add(1);
                if *n < *len {
                    break;
                }
                *n = 0;
            }
        }
        Ok(out)
    }
}

#[cold]
fn too_many() -> Error {
    Error::usage("the values, repeated, do not fit memory")
}

impl Container {
    /// Values as elements stored as `datatype`, as many as are selected. Where `flat`, values in one
    /// row will do, too.
    pub(super) fn spread<T: H5Type, D>(
        &self,
        values: &Values<'_, T, D>,
        datatype: &Datatype,
        (selection, resolved): (&Selection, &Resolved),
        flat: bool,
    ) -> Result<Vec<u8>> {
        let (store, given) = (&self.found.store, values.shape());
        let elements =
            |values: &[T]| store.as_elements_in(self.mode(), datatype, values).map(Cow::into_owned);
        if flat && matches!(given, [len] if wide(*len) == resolved.elements.len()) {
            return elements(values.as_slice());
        }
        let narrow = |len: &u64| usize::try_from(*len).map_err(|_| too_many());
        let wanted: Vec<usize> = resolved.shape.iter().map(narrow).collect::<Result<_>>()?;
        let Some(plan) = Broadcast::plan(Repeats::of(selection), given, &wanted) else {
            let problem = format!("values of shape {given:?} for elements of {wanted:?}");
            return Err(Error::usage(problem));
        };
        if plan.axes.is_empty() {
            return elements(values.as_slice());
        }
        if holds_heap_ids(datatype) {
            // No two elements may name the same object of a heap.
            return elements(&plan.apply(values.as_slice(), 1)?);
        }
        let size = usize::try_from(datatype.size).map_err(|_| too_many())?;
        plan.apply(&elements(values.as_slice())?, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(repeats: Repeats, given: &[usize], wanted: &[usize]) -> Option<Vec<usize>> {
        let values: Vec<usize> = (0..given.iter().product()).collect();
        let plan = Broadcast::plan(repeats, given, wanted)?;
        let pairs: Vec<usize> = values.iter().flat_map(|n| [*n, *n]).collect();
        let doubled: Vec<usize> = plan.apply(&pairs, 2).unwrap();
        let found = plan.apply(&values, 1).unwrap();
        assert_eq!(doubled.iter().step_by(2).copied().collect::<Vec<_>>(), found);
        assert_eq!(found.len(), wanted.iter().product::<usize>());
        Some(found)
    }

    #[test]
    fn values_repeat_as_with_numpy() {
        let axes = |given: &[usize], wanted: &[usize]| spread(Repeats::Axes, given, wanted);
        assert_eq!(axes(&[2, 3], &[2, 3]), Some(vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(axes(&[3], &[2, 3]), Some(vec![0, 1, 2, 0, 1, 2]));
        assert_eq!(axes(&[2, 1], &[2, 3]), Some(vec![0, 0, 0, 1, 1, 1]));
        assert_eq!(axes(&[], &[2, 2]), Some(vec![0; 4]));
        assert_eq!(axes(&[1, 1, 3], &[3]), Some(vec![0, 1, 2]));
        assert_eq!(axes(&[2, 1, 2], &[2, 2, 2]), Some(vec![0, 1, 0, 1, 2, 3, 2, 3]));
        assert_eq!(axes(&[1], &[]), Some(vec![0]));
        assert_eq!(axes(&[3], &[0, 3]), Some(vec![]));
        assert_eq!(axes(&[2], &[2, 3]), None);
        assert_eq!(axes(&[2, 3], &[3]), None);
        assert_eq!(axes(&[3], &[1]), None);
    }

    #[test]
    fn points_take_one_value_and_lists_none() {
        assert_eq!(spread(Repeats::One, &[1], &[3]), Some(vec![0; 3]));
        assert_eq!(spread(Repeats::One, &[1, 3], &[3]), None);
        assert_eq!(spread(Repeats::Nothing, &[1], &[3]), None);
        assert_eq!(spread(Repeats::Nothing, &[3], &[3]), Some(vec![0, 1, 2]));
        assert_eq!(Repeats::of(&Selection::from((.., vec![0usize, 2]))), Repeats::Nothing);
        assert_eq!(Repeats::of(&Selection::from((.., 0))), Repeats::Axes);
    }
}
