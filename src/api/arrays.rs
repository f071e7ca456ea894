//! Elements as `ndarray` arrays.

use ndarray::{Array, Array1, Array2, ArrayD, Dimension, IxDyn};

use super::container::Container;
use super::selection::Selection;
use crate::element::H5Type;
use crate::error::{Error, Result};

/// The array of this shape that holds `values`.
pub(super) fn array<T, D: Dimension>(values: Vec<T>, shape: &[u64]) -> Result<Array<T, D>> {
    let narrow = |len: &u64| usize::try_from(*len).unwrap_or(usize::MAX);
    let shape: Vec<usize> = shape.iter().map(narrow).collect();
    let axes = shape.len();
    let array = ArrayD::from_shape_vec(IxDyn(&shape), values)
        .map_err(|error| Error::usage(error.to_string()))?;
    array.into_dimensionality().map_err(|_| {
        let wanted = D::NDIM.unwrap_or(axes);
        Error::usage(format!("the result has {axes} axes, not {wanted}"))
    })
}

impl Container {
    /// Reads all elements as an array of as many axes as `D` says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the number of axes differs; else as
    /// [`read_raw`](Self::read_raw).
    pub fn read<T: H5Type, D: Dimension>(&self) -> Result<Array<T, D>> {
        self.read_slice(Selection::All)
    }

    /// Reads the selected elements as an array of as many axes as `D` says.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// use ndarray::{Ix1, Ix2, s};
    /// let frames = file.dataset("run1/frames")?;
    /// let block = frames.read_slice::<f64, _, Ix2>(s![0, 1.., ..;2])?;
    /// assert_eq!(block.shape(), [5, 3]);
    /// let corner = frames.read_slice::<f64, _, Ix1>((.., 0, 0))?;
    /// assert_eq!(corner.to_vec(), [0.0, 30.0, 60.0, 90.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the number of axes of the result
    /// differs, or the selection does not fit the shape; else as [`read_raw`](Self::read_raw).
    pub fn read_slice<T: H5Type, S: Into<Selection>, D: Dimension>(
        &self,
        selection: S,
    ) -> Result<Array<T, D>> {
        let read = || {
            let (values, shape) = self.current()?.read_selected(&selection.into())?;
            array(values, &shape)
        };
        self.named(read())
    }

    /// Reads all elements as an array of one axis.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_1d<T: H5Type>(&self) -> Result<Array1<T>> {
        self.read()
    }

    /// Reads all elements as an array of two axes.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_2d<T: H5Type>(&self) -> Result<Array2<T>> {
        self.read()
    }

    /// Reads all elements as an array of as many axes as there are.
    ///
    /// # Errors
    ///
    /// As [`read_raw`](Self::read_raw).
    pub fn read_dyn<T: H5Type>(&self) -> Result<ArrayD<T>> {
        self.read()
    }

    /// Reads the selected elements as an array of one axis.
    ///
    /// # Errors
    ///
    /// As [`read_slice`](Self::read_slice).
    pub fn read_slice_1d<T: H5Type, S: Into<Selection>>(&self, selection: S) -> Result<Array1<T>> {
        self.read_slice(selection)
    }

    /// Reads the selected elements as an array of two axes.
    ///
    /// # Errors
    ///
    /// As [`read_slice`](Self::read_slice).
    pub fn read_slice_2d<T: H5Type, S: Into<Selection>>(&self, selection: S) -> Result<Array2<T>> {
        self.read_slice(selection)
    }
}
