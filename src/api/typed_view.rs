//! Elements seen as values of one type.

use std::fmt;
use std::marker::PhantomData;

use super::container::Container;
use super::selection::Selection;
use super::view::of_elements;
use crate::element::{ConversionMode, H5Type, TypeDescriptor};
use crate::error::Result;

impl Container {
    /// The same elements as values of `T`, of which nothing is read yet: for code that reads one type
    /// at several places, or is handed something to read from.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let frames = file.dataset("run1/frames")?.as_type::<f32>();
    /// assert_eq!((frames.shape(), frames.len()), (vec![4, 6, 5], 4));
    /// assert_eq!(frames.read_slice_raw((0, 1, ..2))?, [5.0, 6.0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn as_type<T: H5Type>(&self) -> TypedView<T> {
        TypedView { elements: self.clone(), ty: PhantomData }
    }
}

/// Elements of a dataset or attribute as values of one type: see [`Container::as_type`].
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// fn largest(values: &hdfive::TypedView<f64>) -> hdfive::Result<f64> {
///     Ok(values.read_raw()?.into_iter().fold(f64::NEG_INFINITY, f64::max))
/// }
/// let file = hdfive::File::in_memory()?;
/// let bytes = file.create_dataset("bytes", [3_u8, 9, 2])?;
/// assert_eq!(largest(&bytes.as_type())?, 9.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TypedView<T> {
    elements: Container,
    ty: PhantomData<fn() -> T>,
}

impl<T: H5Type> TypedView<T> {
    /// The type the values have, which need not be that of the elements.
    #[must_use]
    pub fn dtype(&self) -> TypeDescriptor {
        T::type_descriptor()
    }

    of_elements!();

    /// Reads all elements, in row-major order.
    ///
    /// # Errors
    ///
    /// As [`Container::read_raw`].
    pub fn read_raw(&self) -> Result<Vec<T>> {
        self.elements.read_raw()
    }

    /// Reads the selected elements, in row-major order.
    ///
    /// # Errors
    ///
    /// As [`Container::read_slice_raw`].
    pub fn read_slice_raw(&self, selection: impl Into<Selection>) -> Result<Vec<T>> {
        self.elements.read_slice_raw(selection)
    }

    /// Reads all elements into `buffer`, which has room for exactly as many; gives their number.
    ///
    /// # Errors
    ///
    /// As [`Container::read_into_raw`].
    pub fn read_into_raw(&self, buffer: &mut [T]) -> Result<usize> {
        self.elements.read_slice_into_raw(buffer, Selection::All)
    }

    /// Reads the only element.
    ///
    /// # Errors
    ///
    /// As [`Container::read_scalar`].
    pub fn read_scalar(&self) -> Result<T> {
        self.elements.read_scalar()
    }

    /// Reads the only element selected.
    ///
    /// # Errors
    ///
    /// As [`Container::read_slice_scalar`].
    pub fn read_slice_scalar(&self, selection: impl Into<Selection>) -> Result<T> {
        self.elements.read_slice_scalar(selection)
    }
}

impl<T: H5Type> fmt::Debug for TypedView<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = std::any::type_name::<T>();
        f.debug_struct("TypedView").field("of", &self.elements).field("as", &name).finish()
    }
}

#[cfg(feature = "ndarray")]
mod arrays {
    use ndarray::{Array, Array1, Array2, ArrayD, Dimension};

    use super::TypedView;
    use crate::api::selection::Selection;
    use crate::element::H5Type;
    use crate::error::Result;

    impl<T: H5Type> TypedView<T> {
        /// Reads all elements as an array of as many axes as `D` says.
        ///
        /// # Errors
        ///
        /// As [`Container::read`](crate::Container::read).
        pub fn read<D: Dimension>(&self) -> Result<Array<T, D>> {
            self.elements.read()
        }

        /// Reads the selected elements as an array of as many axes as `D` says.
        ///
        /// # Errors
        ///
        /// As [`Container::read_slice`](crate::Container::read_slice).
        pub fn read_slice<D: Dimension>(
            &self,
            selection: impl Into<Selection>,
        ) -> Result<Array<T, D>> {
            self.elements.read_slice(selection)
        }

        /// Reads all elements as an array of one axis.
        ///
        /// # Errors
        ///
        /// As [`read`](Self::read).
        pub fn read_1d(&self) -> Result<Array1<T>> {
            self.read()
        }

        /// Reads all elements as an array of two axes.
        ///
        /// # Errors
        ///
        /// As [`read`](Self::read).
        pub fn read_2d(&self) -> Result<Array2<T>> {
            self.read()
        }

        /// Reads all elements as an array of as many axes as there are.
        ///
        /// # Errors
        ///
        /// As [`Container::read_raw`](crate::Container::read_raw).
        pub fn read_dyn(&self) -> Result<ArrayD<T>> {
            self.read()
        }
    }
}
