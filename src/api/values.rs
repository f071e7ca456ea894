//! Values to be written, with their shape.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::axes::{Ix0, Ix1, IxDyn};
use super::element_type::ElementType;
use crate::element::H5Type;

/// Values to be written, in row-major order, and their shape.
///
/// Numbers, booleans and strings are one value along no axis; slices, arrays and vectors are values
/// of one axis; `ndarray` arrays and views (feature `ndarray`) of as many as they have. `D` says how
/// many axes there are, as `ndarray` does, for those who name the type; it is always inferred.
///
/// ```
/// use hdfive::Values;
///
/// assert_eq!(Values::from(1.5).shape(), []);
/// assert_eq!(Values::from(["a", "b"]).shape(), [2]);
/// assert_eq!(Values::from(&[1.5, 2.5]).shape(), [2]);
/// assert_eq!(Values::scalar(&7).shape(), []);
/// let rows = Values::with_shape(&[1, 2, 3, 4, 5, 6], &[2, 3]).unwrap();
/// assert_eq!((rows.shape(), rows.as_slice()[3]), (&[2, 3][..], 4));
/// ```
#[derive(Clone)]
pub struct Values<'d, T: Clone, D = IxDyn> {
    values: Cow<'d, [T]>,
    shape: Vec<usize>,
    axes: PhantomData<fn() -> D>,
}

impl<'d, T: H5Type> Values<'d, T, Ix0> {
    /// One value, along no axis.
    #[must_use]
    pub fn scalar(value: &'d T) -> Self {
        Self::new(Cow::Borrowed(std::slice::from_ref(value)), Vec::new())
    }
}

impl<'d, T: H5Type> Values<'d, T, IxDyn> {
    /// Values of any shape; `None` where there are not as many as the shape has.
    #[must_use]
    pub fn with_shape(values: &'d [T], shape: &[usize]) -> Option<Self> {
        let count = shape.iter().try_fold(1_usize, |n, len| n.checked_mul(*len));
        let fits = count == Some(values.len());
        fits.then(|| Self::new(Cow::Borrowed(values), shape.to_vec()))
    }
}

impl<'d, T: H5Type, D> Values<'d, T, D> {
    fn new(values: Cow<'d, [T]>, shape: Vec<usize>) -> Self {
        Self { values, shape, axes: PhantomData }
    }

    /// Number of values along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type the values are stored as where nobody says otherwise.
    #[must_use]
    pub fn element_type(&self) -> ElementType {
        T::descriptor_of(&self.values).into()
    }

    pub(super) fn into_inner(self) -> Cow<'d, [T]> {
        self.values
    }

    /// The same values, in memory of their own.
    #[must_use]
    pub fn into_owned(self) -> Values<'static, T, D> {
        Values::new(Cow::Owned(self.values.into_owned()), self.shape)
    }

    /// The values, in row-major order.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.values
    }
}

impl<T: Clone, D> fmt::Debug for Values<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl<'d, T: H5Type> From<&'d [T]> for Values<'d, T, Ix1> {
    fn from(values: &'d [T]) -> Self {
        Self::new(Cow::Borrowed(values), vec![values.len()])
    }
}

impl<'d, T: H5Type, const N: usize> From<&'d [T; N]> for Values<'d, T, Ix1> {
    fn from(values: &'d [T; N]) -> Self {
        values.as_slice().into()
    }
}

impl<T: H5Type, const N: usize> From<[T; N]> for Values<'_, T, Ix1> {
    fn from(values: [T; N]) -> Self {
        Vec::from(values).into()
    }
}

impl<'d, T: H5Type> From<&'d Vec<T>> for Values<'d, T, Ix1> {
    fn from(values: &'d Vec<T>) -> Self {
        values.as_slice().into()
    }
}

impl<T: H5Type> From<Vec<T>> for Values<'_, T, Ix1> {
    fn from(values: Vec<T>) -> Self {
        let shape = vec![values.len()];
        Self::new(Cow::Owned(values), shape)
    }
}

macro_rules! from_scalars {
    ($($type:ty),* $(,)?) => {$(
        impl From<$type> for Values<'_, $type, Ix0> {
            fn from(value: $type) -> Self {
                Self::new(Cow::Owned(vec![value]), Vec::new())
            }
        }
    )*};
}

from_scalars!(i8, i16, i32, i64, i128, isize, f32, f64, bool);
from_scalars!(u8, u16, u32, u64, u128, usize, String);
#[cfg(feature = "half")]
from_scalars!(half::f16, half::bf16);
#[cfg(feature = "num-complex")]
from_scalars!(num_complex::Complex<f32>, num_complex::Complex<f64>);

impl From<&str> for Values<'_, String, Ix0> {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl From<&[&str]> for Values<'_, String, Ix1> {
    fn from(values: &[&str]) -> Self {
        values.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>().into()
    }
}

impl<const N: usize> From<[&str; N]> for Values<'_, String, Ix1> {
    fn from(values: [&str; N]) -> Self {
        values.as_slice().into()
    }
}

impl From<Vec<&str>> for Values<'_, String, Ix1> {
    fn from(values: Vec<&str>) -> Self {
        values.as_slice().into()
    }
}

#[cfg(feature = "ndarray")]
mod arrays {
    use std::borrow::Cow;

    use ndarray::{Array, ArrayBase, ArrayView, Data, Dimension};

    use super::Values;
    use crate::element::H5Type;

    impl<'d, T: H5Type, D: Dimension> From<ArrayView<'d, T, D>> for Values<'d, T, D> {
        fn from(array: ArrayView<'d, T, D>) -> Self {
            let shape = array.shape().to_vec();
            let values = match array.to_slice() {
                Some(values) => Cow::Borrowed(values),
                None => Cow::Owned(array.iter().cloned().collect()),
            };
            Self::new(values, shape)
        }
    }

    impl<'d, T: H5Type, S: Data<Elem = T>, D: Dimension> From<&'d ArrayBase<S, D>>
        for Values<'d, T, D>
    {
        fn from(array: &'d ArrayBase<S, D>) -> Self {
            array.view().into()
        }
    }

    impl<T: H5Type, D: Dimension> From<Array<T, D>> for Values<'_, T, D> {
        fn from(array: Array<T, D>) -> Self {
            Values::from(&array).into_owned()
        }
    }

    #[cfg(test)]
    mod tests {
        use ndarray::{Array2, arr0, array, s};

        use super::*;

        #[test]
        fn arrays_keep_their_shape_and_are_read_row_by_row() {
            let rows: Array2<i32> = array![[1, 2, 3], [4, 5, 6]];
            let values = Values::from(&rows);
            assert_eq!((values.shape(), values.as_slice()), (&[2, 3][..], &[1, 2, 3, 4, 5, 6][..]));
            let columns = Values::from(rows.t());
            assert_eq!(columns.shape(), [3, 2]);
            assert_eq!(columns.as_slice(), [1, 4, 2, 5, 3, 6]);
            let part = Values::from(rows.slice(s![.., ..;2]));
            assert_eq!((part.shape(), part.as_slice()), (&[2, 2][..], &[1, 3, 4, 6][..]));
            assert!(Values::from(&arr0(1.5)).shape().is_empty());
            let values = Values::from(rows);
            assert_eq!((values.shape(), values.as_slice()), (&[2, 3][..], &[1, 2, 3, 4, 5, 6][..]));
        }
    }
}
