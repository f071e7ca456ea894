//! Reads into parts of arrays that are there already.

use ndarray::{ArrayViewMut, Dimension};

use super::container::Container;
use super::selection::Selection;
use crate::element::H5Type;
use crate::error::{Error, Result};

impl Container {
    /// Reads all elements into an array, or a part of one, of the same shape.
    ///
    /// # Errors
    ///
    /// As [`read_slice_into`](Self::read_slice_into).
    pub fn read_into<T: H5Type, D: Dimension>(&self, into: ArrayViewMut<'_, T, D>) -> Result<()> {
        self.read_slice_into(into, Selection::All)
    }

    /// Reads the selected elements into an array, or a part of one, of the shape of the selection.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// use ndarray::{Array2, s};
    /// let frames = file.dataset("run1/frames")?;
    /// let mut image = Array2::<f32>::zeros((8, 6));
    /// frames.read_slice_into(image.slice_mut(s![..6, 1..]), 2)?;
    /// assert_eq!(image[(5, 5)], frames.read_slice_scalar((2, 5, 4))?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the shapes differ, or the selection does
    /// not fit the dataset's; else as [`read_raw`](Self::read_raw). The array is as it was, then,
    /// unless elements were being read.
    pub fn read_slice_into<T: H5Type, D: Dimension>(
        &self,
        mut into: ArrayViewMut<'_, T, D>,
        selection: impl Into<Selection>,
    ) -> Result<()> {
        let selection = selection.into();
        let _reading = self.named(self.found.store.reading())?;
        let read = || {
            let now = self.current()?;
            let shape = now.resolve(&selection)?.shape;
            let given = into.shape().iter().map(|len| u64::try_from(*len).ok());
            if !given.eq(shape.iter().map(|len| Some(*len))) {
                let given = into.shape();
                return Err(Error::usage(format!("an array of shape {given:?} for {shape:?}")));
            }
            if let Some(buffer) = into.as_slice_mut() {
                return self.read_slice_into_raw(buffer, selection).map(|_| ());
            }
            let (values, _) = now.read_selected::<T>(&selection)?;
            into.iter_mut().zip(values).for_each(|(to, value)| *to = value);
            Ok(())
        };
        self.named(read())
    }
}
