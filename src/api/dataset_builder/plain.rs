//! Datasets made of values at once, without options.

use super::super::any_values::AnyValues;
use super::super::dataset::Dataset;
use super::super::group::Group;
use super::options::Options;
use crate::error::Result;

impl Group {
    /// Makes a dataset of these values, with their shape, at `name`: a path from here or, where it
    /// starts with `/`, from the root. [`new_dataset_builder`](Self::new_dataset_builder) makes one
    /// with options.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::AnyValues;
    /// let file = hdfive::File::in_memory()?;
    /// file.create_dataset("run1/time", &[0.0, 0.5])?;
    /// # #[cfg(feature = "ndarray")]
    /// file.create_dataset("run1/grid", ndarray::array![[1, 2, 3], [4, 5, 6]])?;
    /// file.create_dataset("run1/place", "roof")?;
    /// file.create_dataset("run1/none", AnyValues::null::<f64>())?;
    /// assert_eq!(file.dataset("run1/time")?.read_raw::<f64>()?, [0.0, 0.5]);
    /// assert_eq!(file.dataset("run1/place")?.read_scalar::<String>()?, "roof");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is a link of that name;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only.
    pub fn create_dataset<'d>(
        &self,
        name: &str,
        values: impl Into<AnyValues<'d>>,
    ) -> Result<Dataset> {
        let values = values.into();
        let datatype = self.under(values.element_type())?;
        Options::new(self).create(Some(name), &datatype, values.extents(), |store, datatype| {
            values.elements(store, datatype).map(Some)
        })
    }
}
