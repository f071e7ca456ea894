//! Reading and writing with a bound on how elements are converted.

use std::borrow::Cow;

#[cfg(feature = "ndarray")]
use ndarray::{Array, Array1, Array2, ArrayD, Dimension};

use super::container::Container;
use super::datatype::{Conversion, of_descriptor};
#[cfg(feature = "ndarray")]
use super::selection::Selection;
use super::values::Values;
use crate::element::{ConversionMode, H5Type};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype as Stored;

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
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Reader<'a> {
    source: Cow<'a, Container>,
    most: Conversion,
}

impl<'a> Reader<'a> {
    /// Reads `obj`; all conversions there are may be made.
    #[must_use]
    pub fn new(obj: &'a Container) -> Self {
        Self { source: Cow::Borrowed(obj), most: Conversion::Soft }
    }

    /// Lets no conversion be made that takes more than `conv`.
    #[must_use]
    pub fn conversion(mut self, conv: Conversion) -> Self {
        self.most = conv;
        self
    }

    /// Lets no conversion be made.
    #[must_use]
    pub fn no_convert(self) -> Self {
        self.conversion(Conversion::NoOp)
    }

    /// Converts values in this mode.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let data = file.new_dataset_builder().with_data(&[1.0, 2.5]).create("data")?;
    /// assert_eq!(data.as_reader().read_raw::<i32>()?, [1, 2]);
    /// assert!(data.as_reader().exact().read_raw::<i32>().is_err());
    /// assert_eq!(data.as_reader().exact().read_raw::<f32>()?, [1.0, 2.5]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn mode(mut self, mode: ConversionMode) -> Self {
        self.source = Cow::Owned(self.source.in_mode(mode));
        self
    }

    /// Makes it an error where a value does not survive.
    #[must_use]
    pub fn exact(self) -> Self {
        self.mode(ConversionMode::Exact)
    }

    fn checked<T: H5Type>(&self) -> Result<&Container> {
        self.source.named(check::<T>(self.most, self.source.dtype()?.definition(), true))?;
        Ok(&self.source)
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
    pub fn read_slice_raw<T: H5Type>(
        &self,
        selection: impl Into<super::Selection>,
    ) -> Result<Vec<T>> {
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

/// Writes a dataset or attribute, and converts values no further than it is told.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let x = file.new_dataset::<i32>().shape(2).create("x")?;
/// assert!(x.as_writer().no_convert().write(&[1_i64, 2]).is_err());
/// x.as_writer().write(&[1_i64, 2])?;
/// assert_eq!(x.read_raw::<i32>()?, [1, 2]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Writer<'a> {
    target: Cow<'a, Container>,
    most: Conversion,
}

impl<'a> Writer<'a> {
    /// Writes `obj`; all conversions there are may be made.
    #[must_use]
    pub fn new(obj: &'a Container) -> Self {
        Self { target: Cow::Borrowed(obj), most: Conversion::Soft }
    }

    /// Lets no conversion be made that takes more than `conv`.
    #[must_use]
    pub fn conversion(mut self, conv: Conversion) -> Self {
        self.most = conv;
        self
    }

    /// Lets no conversion be made.
    #[must_use]
    pub fn no_convert(self) -> Self {
        self.conversion(Conversion::NoOp)
    }

    /// Converts values in this mode.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let data = file.new_dataset::<u8>().shape(2).create("data")?;
    /// assert!(data.as_writer().exact().write(&[1, 256]).is_err());
    /// data.as_writer().write(&[1, 256])?;
    /// assert_eq!(data.read_raw::<u8>()?, [1, 255]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn mode(mut self, mode: ConversionMode) -> Self {
        self.target = Cow::Owned(self.target.in_mode(mode));
        self
    }

    /// Makes it an error where a value does not survive.
    #[must_use]
    pub fn exact(self) -> Self {
        self.mode(ConversionMode::Exact)
    }

    fn checked<T: H5Type>(&self) -> Result<&Container> {
        self.target.named(check::<T>(self.most, self.target.dtype()?.definition(), false))?;
        Ok(&self.target)
    }

    /// See [`Container::write`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::write`].
    pub fn write<'b, A, T>(&self, arr: A) -> Result<()>
    where
        A: Into<Values<'b, T>>,
        T: H5Type,
    {
        self.checked::<T>()?.write(arr)
    }

    /// See [`Container::write_slice`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::write_slice`].
    pub fn write_slice<'b, A, T, S>(&self, arr: A, selection: S) -> Result<()>
    where
        A: Into<Values<'b, T>>,
        T: H5Type,
        S: Into<super::Selection>,
    {
        self.checked::<T>()?.write_slice(arr, selection)
    }

    /// See [`Container::write_raw`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::write_raw`].
    pub fn write_raw<'b, A, T>(&self, arr: A) -> Result<()>
    where
        A: Into<Values<'b, T>>,
        T: H5Type,
    {
        self.checked::<T>()?.write_raw(arr.into().as_slice())
    }

    /// See [`Container::write_scalar`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::write_scalar`].
    pub fn write_scalar<T: H5Type>(&self, val: &T) -> Result<()> {
        self.checked::<T>()?.write_scalar(val)
    }
}

/// Refuses a conversion between values of type `T` and elements stored as `stored` that takes more
/// than `most`.
pub(super) fn check<T: H5Type>(most: Conversion, stored: &Stored, reading: bool) -> Result<()> {
    // What is allowed all is left to the conversion itself, which knows more than stored types.
    if most == Conversion::Soft {
        return Ok(());
    }
    let own = of_descriptor(&T::type_descriptor())?;
    let path = match reading {
        true => Conversion::between(stored, &own),
        false => Conversion::between(&own, stored),
    };
    match path {
        Some(path) if path <= most => Ok(()),
        Some(path) => {
            Err(Error::conversion(format!("the conversion is {path}, where {most} is the most")))
        }
        None => Err(Error::conversion("there is no such conversion")),
    }
}

impl Container {
    /// To read it with a bound on how elements are converted.
    #[must_use]
    pub fn as_reader(&self) -> Reader<'_> {
        Reader::new(self)
    }

    /// To write it with a bound on how values are converted.
    #[must_use]
    pub fn as_writer(&self) -> Writer<'_> {
        Writer::new(self)
    }
}
