//! What reads as a selection: numbers, ranges, lists, tuples, `ndarray::s!`.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use super::axes::Axes;
use super::{Hyperslab, Selection, SliceOrIndex};
use crate::codec::wide;

macro_rules! from_signed {
    ($($int:ty),*) => {$(
        impl From<$int> for SliceOrIndex {
            fn from(index: $int) -> Self {
                let distance = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
                if index < 0 { Self::FromEnd(distance) } else { Self::Index(distance) }
            }
        }
        from_ranges!($int);
    )*};
}

macro_rules! from_ranges {
    ($int:ty) => {
        impl From<Range<$int>> for SliceOrIndex {
            fn from(range: Range<$int>) -> Self {
                slice(Some(signed(range.start)), Some(signed(range.end)))
            }
        }
        impl From<RangeInclusive<$int>> for SliceOrIndex {
            fn from(range: RangeInclusive<$int>) -> Self {
                slice(Some(signed(*range.start())), behind(signed(*range.end())))
            }
        }
        impl From<RangeFrom<$int>> for SliceOrIndex {
            fn from(range: RangeFrom<$int>) -> Self {
                slice(Some(signed(range.start)), None)
            }
        }
        impl From<RangeTo<$int>> for SliceOrIndex {
            fn from(range: RangeTo<$int>) -> Self {
                slice(None, Some(signed(range.end)))
            }
        }
        impl From<RangeToInclusive<$int>> for SliceOrIndex {
            fn from(range: RangeToInclusive<$int>) -> Self {
                slice(None, behind(signed(range.end)))
            }
        }
    };
}

fn slice(start: Option<isize>, end: Option<isize>) -> SliceOrIndex {
    SliceOrIndex::Slice { start, end, step: 1 }
}

fn signed<T: TryInto<isize>>(at: T) -> isize {
    at.try_into().unwrap_or(isize::MAX)
}

/// The end of a slice whose last coordinate is `last`; none behind the last of all.
fn behind(last: isize) -> Option<isize> {
    last.checked_add(1).filter(|end| *end != 0)
}

from_signed!(i32, i64, isize);
from_ranges!(usize);

impl From<usize> for SliceOrIndex {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<RangeFull> for SliceOrIndex {
    fn from(_: RangeFull) -> Self {
        slice(None, None)
    }
}

macro_rules! from_lists {
    ($($int:ty),*) => {$(
        impl From<Vec<$int>> for SliceOrIndex {
            fn from(list: Vec<$int>) -> Self {
                (&list).into()
            }
        }

        impl From<&Vec<$int>> for SliceOrIndex {
            fn from(list: &Vec<$int>) -> Self {
                Self::List(list.iter().copied().map(signed).collect())
            }
        }
    )*};
}

from_lists!(i32, i64, isize, usize);

macro_rules! from_signed_slices {
    ($($int:ty),*) => {$(
        impl From<&[$int]> for SliceOrIndex {
            fn from(list: &[$int]) -> Self {
                Self::List(list.iter().copied().map(signed).collect())
            }
        }
    )*};
}

// Those of `usize` are points, as `hdf5-metno` has it.
from_signed_slices!(i32, i64, isize);

impl From<Vec<bool>> for SliceOrIndex {
    fn from(mask: Vec<bool>) -> Self {
        Self::Mask(mask)
    }
}

impl From<&Vec<bool>> for SliceOrIndex {
    fn from(mask: &Vec<bool>) -> Self {
        mask.as_slice().into()
    }
}

impl From<&[bool]> for SliceOrIndex {
    fn from(mask: &[bool]) -> Self {
        Self::Mask(mask.to_vec())
    }
}

impl<T: Into<SliceOrIndex>> From<T> for Hyperslab {
    fn from(axis: T) -> Self {
        let axis = axis.into();
        // `..` alone means all axes, of a scalar too.
        let whole = axis == SliceOrIndex::from(..);
        Self { axes: if whole { Axes::Any(Vec::new()) } else { [axis].into() } }
    }
}

impl From<Vec<SliceOrIndex>> for Hyperslab {
    fn from(axes: Vec<SliceOrIndex>) -> Self {
        Self { axes: Axes::Any(axes) }
    }
}

impl From<()> for Hyperslab {
    fn from((): ()) -> Self {
        Self { axes: Axes::Any(Vec::new()) }
    }
}

impl<T: Into<Hyperslab>> From<T> for Selection {
    fn from(slab: T) -> Self {
        let slab = slab.into();
        if slab.axes.is_empty() { Self::All } else { Self::Hyperslab(slab) }
    }
}

impl From<&Self> for Hyperslab {
    fn from(slab: &Self) -> Self {
        slab.clone()
    }
}

impl From<&Self> for Selection {
    fn from(selection: &Self) -> Self {
        selection.clone()
    }
}

/// Elements of an array of one axis, in the order given.
fn elements<'a>(places: impl IntoIterator<Item = &'a usize>) -> Selection {
    let coordinates = places.into_iter().map(|place| wide(*place)).collect();
    Selection::Points { rank: 1, coordinates }
}

impl From<&[usize]> for Selection {
    /// Elements of an array of one axis, in the order given.
    fn from(places: &[usize]) -> Self {
        elements(places)
    }
}

impl<const N: usize> From<[usize; N]> for Selection {
    /// Elements of an array of one axis, in the order given.
    fn from(places: [usize; N]) -> Self {
        elements(&places)
    }
}

impl<const N: usize> From<&[usize; N]> for Selection {
    /// Elements of an array of one axis, in the order given.
    fn from(places: &[usize; N]) -> Self {
        elements(places)
    }
}

macro_rules! from_tuples {
    ($($name:ident),+) => {
        impl<$($name: Into<SliceOrIndex>),+> From<($($name,)+)> for Hyperslab {
            #[expect(non_snake_case, reason = "one name serves the type and its value")]
            fn from(($($name,)+): ($($name,)+)) -> Self {
                Self { axes: [$($name.into()),+].into() }
            }
        }
    };
}
from_tuples!(A);
from_tuples!(A, B);
from_tuples!(A, B, C);
from_tuples!(A, B, C, D);
from_tuples!(A, B, C, D, E);
from_tuples!(A, B, C, D, E, F);
from_tuples!(A, B, C, D, E, F, G);
from_tuples!(A, B, C, D, E, F, G, H);
from_tuples!(A, B, C, D, E, F, G, H, I);
from_tuples!(A, B, C, D, E, F, G, H, I, J);
from_tuples!(A, B, C, D, E, F, G, H, I, J, K);
from_tuples!(A, B, C, D, E, F, G, H, I, J, K, L);

#[cfg(feature = "ndarray")]
mod from_ndarray {
    use ndarray::{
        Array, Array1, Array2, ArrayView1, ArrayView2, Dimension, Slice, SliceInfo, SliceInfoElem,
    };

    use super::super::{Hyperslab, Selection, SliceOrIndex};
    use crate::codec::wide;

    macro_rules! from_places {
        ($($array:ty),*) => {$(
            impl From<$array> for Selection {
                /// Of one axis: elements of an array of one axis, in the order given. Of two: single
                /// elements, the coordinates of one in a row.
                fn from(places: $array) -> Self {
                    let coordinates = places.iter().map(|place| wide(*place)).collect();
                    let rank = places.shape().get(1).copied().unwrap_or(1);
                    Self::Points { rank, coordinates }
                }
            }
        )*};
    }

    from_places!(Array1<usize>, &Array1<usize>, ArrayView1<'_, usize>);
    from_places!(Array2<usize>, &Array2<usize>, ArrayView2<'_, usize>);

    impl From<Slice> for SliceOrIndex {
        /// A step below 1 becomes 0, which reading refuses.
        fn from(slice: Slice) -> Self {
            SliceInfoElem::from(slice).into()
        }
    }

    /// The elements where `mask`, of their shape, holds `true`. One of one axis selects along the
    /// first axis, as `Vec<bool>` does.
    impl<D: Dimension> From<&Array<bool, D>> for Selection {
        fn from(mask: &Array<bool, D>) -> Self {
            let places: Vec<bool> = mask.iter().copied().collect();
            if mask.ndim() == 1 { SliceOrIndex::from(places).into() } else { Self::Mask(places) }
        }
    }

    impl<D: Dimension> From<Array<bool, D>> for Selection {
        fn from(mask: Array<bool, D>) -> Self {
            (&mask).into()
        }
    }

    impl From<SliceInfoElem> for SliceOrIndex {
        /// A step below 1 becomes 0, which reading refuses; a new axis becomes an index out of any
        /// range.
        fn from(element: SliceInfoElem) -> Self {
            match element {
                SliceInfoElem::Slice { start, end, step } => Self::Slice {
                    start: Some(start),
                    end,
                    step: usize::try_from(step).unwrap_or(0),
                },
                SliceInfoElem::Index(index) => index.into(),
                SliceInfoElem::NewAxis => Self::Index(usize::MAX),
            }
        }
    }

    impl<T: AsRef<[SliceInfoElem]>, Din: Dimension, Dout: Dimension> From<SliceInfo<T, Din, Dout>>
        for Hyperslab
    {
        fn from(slice: SliceInfo<T, Din, Dout>) -> Self {
            let elements: &[SliceInfoElem] = slice.as_ref();
            elements.iter().map(|element| SliceOrIndex::from(*element)).collect::<Vec<_>>().into()
        }
    }
}
