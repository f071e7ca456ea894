//! Reading with a bound on how elements are converted.

use std::borrow::Cow;

#[cfg(feature = "ndarray")]
use ndarray::{Array, Array1, Array2, ArrayD, Dimension};

use super::bound::{Bound, bounded};
use super::container::Container;
use super::datatype::Conversion;
use super::selection::Selection;
use crate::element::{ConversionMode, H5Type, Value};
use crate::error::Result;

/// Reads a dataset or attribute, and converts its elements no further than it is told.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::datatype::Conversion;
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let time = file.dataset("run1/time")?;
/// assert_eq!(time.as_reader().no_convert().read_raw::<f64>()?.len(), 4);
/// assert!(time.as_reader().no_convert().read_raw::<f32>().is_err());
/// assert!(time.as_reader().conversion(Conversion::Hard).read_raw::<f32>().is_ok());
///
/// let file = hdfive::File::in_memory()?;
/// let data = file.new_dataset_builder().with_data(&[1.0, 2.5]).create("data")?;
/// assert_eq!(data.as_reader().read_raw::<i32>()?, [1, 2]);
/// assert!(data.as_reader().exact().read_raw::<i32>().is_err());
/// assert_eq!(data.as_reader().exact().read_raw::<f32>()?, [1.0, 2.5]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Reader<'a> {
    container: &'a Container,
    bound: Bound,
}

impl<'a> Reader<'a> {
    /// Of `obj`; all conversions there are may be made.
    #[must_use]
    pub fn new(obj: &'a Container) -> Self {
        Self { container: obj, bound: Bound::none(obj.mode()) }
    }

    bounded!();

    fn checked<T: H5Type>(&self) -> Result<Cow<'a, Container>> {
        self.bound.checked::<T>(self.container, true)
    }

    /// See [`Container::read_raw`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::read_raw`].
    pub fn read_raw<T: H5Type>(&self) -> Result<Vec<T>> {
        self.checked::<T>()?.read_raw()
    }

    /// See [`Container::read_slice_raw`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::read_slice_raw`].
    pub fn read_slice_raw<T: H5Type>(&self, selection: impl Into<Selection>) -> Result<Vec<T>> {
        self.checked::<T>()?.read_slice_raw(selection)
    }

    /// See [`Container::read_into_raw`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::read_into_raw`].
    pub fn read_into_raw<T: H5Type>(&self, buff: &mut [T]) -> Result<usize> {
        self.checked::<T>()?.read_into_raw(buff)
    }

    /// See [`Container::read_scalar`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::read_scalar`].
    pub fn read_scalar<T: H5Type>(&self) -> Result<T> {
        self.checked::<T>()?.read_scalar()
    }

    /// See [`Container::read_values`]: no [`conversion`](Self::conversion) is made, as a value is what
    /// is stored, whatever that is; only numbers of more than 128 bits, and floats with more digits
    /// than `f64` has, are not [`exact`](Self::exact).
    ///
    /// # Errors
    ///
    /// As [`Container::read_values`].
    pub fn read_values(&self) -> Result<Vec<Value>> {
        self.bound.of(self.container).read_values()
    }

    /// See [`Container::read_value`], and [`read_values`](Self::read_values).
    ///
    /// # Errors
    ///
    /// As [`Container::read_value`].
    pub fn read_value(&self) -> Result<Value> {
        self.bound.of(self.container).read_value()
    }
}

#[cfg(feature = "ndarray")]
impl Reader<'_> {
    /// See [`Container::read`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::read`].
    pub fn read<T: H5Type, D: Dimension>(&self) -> Result<Array<T, D>> {
        self.checked::<T>()?.read()
    }

    /// See [`Container::read_slice`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::read_slice`].
    pub fn read_slice<T, S, D>(&self, selection: S) -> Result<Array<T, D>>
    where
        T: H5Type,
        S: Into<Selection>,
        D: Dimension,
    {
        self.checked::<T>()?.read_slice(selection)
    }

    /// See [`Container::read_1d`].
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_1d<T: H5Type>(&self) -> Result<Array1<T>> {
        self.read()
    }

    /// See [`Container::read_slice_1d`].
    ///
    /// # Errors
    ///
    /// As [`read_slice`](Self::read_slice).
    pub fn read_slice_1d<T: H5Type, S: Into<Selection>>(&self, selection: S) -> Result<Array1<T>> {
        self.read_slice(selection)
    }

    /// See [`Container::read_2d`].
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_2d<T: H5Type>(&self) -> Result<Array2<T>> {
        self.read()
    }

    /// See [`Container::read_slice_2d`].
    ///
    /// # Errors
    ///
    /// As [`read_slice`](Self::read_slice).
    pub fn read_slice_2d<T: H5Type, S: Into<Selection>>(&self, selection: S) -> Result<Array2<T>> {
        self.read_slice(selection)
    }

    /// See [`Container::read_dyn`].
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_dyn<T: H5Type>(&self) -> Result<ArrayD<T>> {
        self.read()
    }
}

impl Container {
    /// To read it with a bound on how elements are converted.
    #[must_use]
    pub fn as_reader(&self) -> Reader<'_> {
        Reader::new(self)
    }
}
