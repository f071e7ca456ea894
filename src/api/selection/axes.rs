//! One entry an axis, of few axes in place.

use std::fmt::{self, Debug, Formatter};
use std::ops::{Deref, DerefMut};

use super::SliceOrIndex;

/// What is selected along each axis. Who reads small pieces one by one makes one of these each time: it takes
/// memory of its own only where the axes are many.
#[derive(Clone)]
pub(super) enum Axes {
    One([SliceOrIndex; 1]),
    Two([SliceOrIndex; 2]),
    Three([SliceOrIndex; 3]),
    Any(Vec<SliceOrIndex>),
}

impl Deref for Axes {
    type Target = [SliceOrIndex];

    fn deref(&self) -> &[SliceOrIndex] {
        match self {
            Self::One(axes) => axes,
            Self::Two(axes) => axes,
            Self::Three(axes) => axes,
            Self::Any(axes) => axes,
        }
    }
}

impl DerefMut for Axes {
    fn deref_mut(&mut self) -> &mut [SliceOrIndex] {
        match self {
            Self::One(axes) => axes,
            Self::Two(axes) => axes,
            Self::Three(axes) => axes,
            Self::Any(axes) => axes,
        }
    }
}

impl Debug for Axes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl PartialEq for Axes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Axes {}

macro_rules! from_arrays {
    ($($len:literal $name:ident),*) => {$(
        impl From<[SliceOrIndex; $len]> for Axes {
            fn from(axes: [SliceOrIndex; $len]) -> Self {
                Self::$name(axes)
            }
        }
    )*};
}
from_arrays!(1 One, 2 Two, 3 Three);

macro_rules! from_long_arrays {
    ($($len:literal),*) => {$(
        impl From<[SliceOrIndex; $len]> for Axes {
            fn from(axes: [SliceOrIndex; $len]) -> Self {
                Self::Any(axes.into())
            }
        }
    )*};
}
from_long_arrays!(4, 5, 6, 7, 8, 9, 10, 11, 12);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_the_same_in_place_and_not() {
        let all: Vec<SliceOrIndex> = (0..4_usize).map(SliceOrIndex::from).collect();
        let [a, b, c, d] = [0, 1, 2, 3].map(|n: usize| SliceOrIndex::from(n));
        let made = [
            Axes::from([a.clone()]),
            Axes::from([a.clone(), b.clone()]),
            Axes::from([a.clone(), b.clone(), c.clone()]),
            Axes::from([a, b, c, d]),
        ];
        for (len, mut axes) in (1..).zip(made) {
            let same = Axes::Any(all[..len].to_vec());
            assert_eq!(axes, same);
            assert_eq!(format!("{axes:?}"), format!("{:?}", &all[..len]));
            axes[len - 1] = SliceOrIndex::from(9_usize);
            assert_ne!(axes, same);
        }
    }
}
