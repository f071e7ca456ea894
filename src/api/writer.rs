//! Writing with a bound on how values are converted.

use std::borrow::Cow;

use super::axes::Ix1;
use super::bound::{Bound, bounded};
use super::container::Container;
use super::datatype::Conversion;
use super::selection::Selection;
use super::values::Values;
use crate::element::{ConversionMode, H5Type, Value};
use crate::error::Result;

/// Writes a dataset or attribute, and converts values no further than it is told.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let x = file.new_dataset::<i32>().shape(2).create("x")?;
/// assert!(x.as_writer().no_convert().write(&[1_i64, 2]).is_err());
/// x.as_writer().write(&[1_i64, 2])?;
/// assert_eq!(x.read_raw::<i32>()?, [1, 2]);
///
/// let bytes = file.new_dataset::<u8>().shape(2).create("bytes")?;
/// assert!(bytes.as_writer().exact().write(&[1, 256]).is_err());
/// bytes.as_writer().write(&[1, 256])?;
/// assert_eq!(bytes.read_raw::<u8>()?, [1, 255]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Writer<'a> {
    container: &'a Container,
    bound: Bound,
}

impl<'a> Writer<'a> {
    /// Of `obj`; all conversions there are may be made.
    #[must_use]
    pub fn new(obj: &'a Container) -> Self {
        Self { container: obj, bound: Bound::none(obj.mode()) }
    }

    bounded!();

    fn checked<T: H5Type>(&self) -> Result<Cow<'a, Container>> {
        self.bound.checked::<T>(self.container, false)
    }

    /// See [`Container::write`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where it takes more than is allowed;
    /// else as [`Container::write`].
    pub fn write<'b, A, T, D>(&self, arr: A) -> Result<()>
    where
        A: Into<Values<'b, T, D>>,
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
    pub fn write_slice<'b, A, T, S, D>(&self, arr: A, selection: S) -> Result<()>
    where
        A: Into<Values<'b, T, D>>,
        T: H5Type,
        S: Into<Selection>,
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
        A: Into<Values<'b, T, Ix1>>,
        T: H5Type,
    {
        self.checked::<T>()?.write_raw(arr)
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

    /// See [`Container::write_values`]: a value becomes whatever is stored, so that no
    /// [`conversion`](Self::conversion) of its type is refused; that of a number may be inexact.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::Value;
    /// let file = hdfive::File::in_memory()?;
    /// let bytes = file.new_dataset::<u8>().shape(2).create("bytes")?;
    /// let values = [Value::Integer(1), Value::Integer(256)];
    /// assert!(bytes.as_writer().exact().write_values(&values).is_err());
    /// bytes.as_writer().write_values(&values)?;
    /// assert_eq!(bytes.read_raw::<u8>()?, [1, 255]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where a value does not survive and has
    /// to; else as [`Container::write_values`].
    pub fn write_values(&self, values: &[Value]) -> Result<()> {
        self.bound.of(self.container).write_values(values)
    }

    /// See [`Container::write_slice_values`], and [`write_values`](Self::write_values).
    ///
    /// # Errors
    ///
    /// As [`write_values`](Self::write_values), and [`Container::write_slice_values`].
    pub fn write_slice_values(
        &self,
        values: &[Value],
        selection: impl Into<Selection>,
    ) -> Result<()> {
        self.bound.of(self.container).write_slice_values(values, selection)
    }
}

impl Container {
    /// To write it with a bound on how values are converted.
    #[must_use]
    pub fn as_writer(&self) -> Writer<'_> {
        Writer::new(self)
    }
}
