//! What reads as a shape: numbers, ranges, tuples, lists.

use std::ops::{RangeFrom, RangeInclusive};

use super::{Extent, Extents, SimpleExtents};

impl From<usize> for Extent {
    fn from(dim: usize) -> Self {
        Self::fixed(dim)
    }
}

impl<T: Clone + Into<Self>> From<&T> for Extent {
    fn from(extent: &T) -> Self {
        extent.clone().into()
    }
}

impl From<(usize, Option<usize>)> for Extent {
    fn from((dim, max): (usize, Option<usize>)) -> Self {
        Self { dim, max }
    }
}

impl From<RangeFrom<usize>> for Extent {
    fn from(range: RangeFrom<usize>) -> Self {
        Self::resizable(range.start)
    }
}

impl From<RangeInclusive<usize>> for Extent {
    fn from(range: RangeInclusive<usize>) -> Self {
        Self { dim: *range.start(), max: Some(*range.end()) }
    }
}

macro_rules! from_one {
    ($($one:ty),*) => {$(
        impl From<$one> for SimpleExtents {
            fn from(extent: $one) -> Self {
                Self { axes: vec![extent.into()] }
            }
        }
    )*};
}

from_one!(usize, RangeFrom<usize>, RangeInclusive<usize>, Extent, &Extent);

macro_rules! from_tuple {
    ($($name:ident),+) => {
        impl<$($name: Into<Extent>),+> From<($($name,)+)> for SimpleExtents {
            #[expect(non_snake_case, reason = "one name for a type and its value")]
            fn from(($($name,)+): ($($name,)+)) -> Self {
                Self { axes: vec![$($name.into()),+] }
            }
        }
    };
}

from_tuple!(A);
from_tuple!(A, B);
from_tuple!(A, B, C);
from_tuple!(A, B, C, D);
from_tuple!(A, B, C, D, E);
from_tuple!(A, B, C, D, E, F);
from_tuple!(A, B, C, D, E, F, G);
from_tuple!(A, B, C, D, E, F, G, H);
from_tuple!(A, B, C, D, E, F, G, H, I);
from_tuple!(A, B, C, D, E, F, G, H, I, J);
from_tuple!(A, B, C, D, E, F, G, H, I, J, K);
from_tuple!(A, B, C, D, E, F, G, H, I, J, K, L);

impl<T: Into<Extent>> From<Vec<T>> for SimpleExtents {
    fn from(extents: Vec<T>) -> Self {
        Self { axes: extents.into_iter().map(Into::into).collect() }
    }
}

impl<T: Into<Extent>, const N: usize> From<[T; N]> for SimpleExtents {
    fn from(extents: [T; N]) -> Self {
        Self { axes: extents.into_iter().map(Into::into).collect() }
    }
}

impl<T: Clone + Into<Extent>> From<&[T]> for SimpleExtents {
    fn from(extents: &[T]) -> Self {
        Self { axes: extents.iter().map(Into::into).collect() }
    }
}

impl<T: Clone + Into<Extent>, const N: usize> From<&[T; N]> for SimpleExtents {
    fn from(extents: &[T; N]) -> Self {
        extents.as_slice().into()
    }
}

impl<T: Clone + Into<Extent>> From<&Vec<T>> for SimpleExtents {
    fn from(extents: &Vec<T>) -> Self {
        extents.as_slice().into()
    }
}

impl<T: Into<SimpleExtents>> From<T> for Extents {
    /// Without any axis, a scalar.
    fn from(extents: T) -> Self {
        let extents = extents.into();
        if extents.is_empty() { Self::Scalar } else { Self::Simple(extents) }
    }
}

impl From<&Self> for Extents {
    fn from(extents: &Self) -> Self {
        extents.clone()
    }
}

impl From<()> for Extents {
    fn from((): ()) -> Self {
        Self::Scalar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(extents: impl Into<Extents>) -> (Vec<usize>, Vec<Option<usize>>) {
        let extents = extents.into();
        (extents.dims(), extents.maxdims())
    }

    #[test]
    fn shapes_are_spelled_in_many_ways() {
        let fixed = (vec![2, 3], vec![Some(2), Some(3)]);
        assert_eq!(shape((2, 3)), fixed);
        assert_eq!(shape([2, 3]), fixed);
        assert_eq!(shape(vec![2, 3]), fixed);
        assert_eq!(shape([2, 3].as_slice()), fixed);
        assert_eq!(shape([Extent::fixed(2), Extent::fixed(3)]), fixed);
        assert_eq!(shape(4), (vec![4], vec![Some(4)]));
        assert_eq!(shape(4..), (vec![4], vec![None]));
        assert_eq!(shape((4..=6, 1..)), (vec![4, 1], vec![Some(6), None]));
        assert_eq!(shape([(2, None), (3, Some(5))]), (vec![2, 3], vec![None, Some(5)]));
        assert_eq!(shape(()), (vec![], vec![]));
        assert_eq!(Extents::from(()), Extents::Scalar);
        assert_eq!(Extents::from(&[] as &[usize]), Extents::Scalar);
        assert_eq!(Extents::from(&Extents::from((2..=3, 4..))).to_string(), "(2..=3, 4..)");
        assert_eq!(shape(&[4.., 5..]), (vec![4, 5], vec![None, None]));
        assert_eq!(SimpleExtents::new([2, 3].iter()), SimpleExtents::fixed(&[2, 3]));
        assert_eq!(format!("{:?}", Extents::from((2.., 3))), "Simple(SimpleExtents((2.., 3)))");
        assert_eq!(Extents::from((4..=6, 1.., 3)).to_string(), "(4..=6, 1.., 3)");
        assert!(!Extents::from(Extent::new(6, Some(4))).is_valid());
    }
}
