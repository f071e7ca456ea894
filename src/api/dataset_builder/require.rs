//! Datasets that are made only where they are not there.

use super::super::dataset::Dataset;
use super::DatasetBuilderEmptyShape;
use crate::element::{ElementFit, fit};
use crate::error::{Error, Result};

impl DatasetBuilderEmptyShape {
    /// The dataset at `name`, which is made where there is none. One that is there has to have the
    /// shape asked for, and a type that holds all values of the one asked for.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// file.new_dataset::<f64>().shape((2, 3)).create("x")?;
    /// assert_eq!(file.new_dataset::<f32>().shape((2, 3)).require("x")?.shape(), [2, 3]);
    /// assert!(file.new_dataset::<f32>().shape((2, 2)).require("x").is_err());
    /// assert!(file.new_dataset::<f32>().shape((2, 3)).require_exact("x").is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where there is something else; else as
    /// [`create`](Self::create).
    pub fn require(&self, name: &str) -> Result<Dataset> {
        self.require_fit(name, ElementFit::Holds)
    }

    /// The dataset at `name`, which is made where there is none. One that is there has to have the
    /// shape and the very type asked for.
    ///
    /// # Errors
    ///
    /// As [`require`](Self::require).
    pub fn require_exact(&self, name: &str) -> Result<Dataset> {
        self.require_fit(name, ElementFit::Same)
    }

    fn require_fit(&self, name: &str, least: ElementFit) -> Result<Dataset> {
        let parent = self.options.parent();
        let dataset = match parent.dataset(name) {
            Err(error) if error.is_not_found() && !parent.link_exists(name) => {
                return self.create(name);
            }
            found => found?,
        };
        let (found, wanted) = (dataset.shape(), self.extents.dims());
        if found != wanted {
            let problem = format!("a dataset of shape {found:?} is there, not of {wanted:?}");
            return dataset.named(Err(Error::usage(problem)));
        }
        let store = &parent.found.store;
        let wanted = parent.under(self.datatype.stored(store))?;
        if fit(&wanted.datatype, dataset.dtype()?.definition()) < least {
            let problem = "a dataset of another type is there, which does not hold all values of \
                           the one asked for";
            return dataset.named(Err(Error::usage(problem)));
        }
        Ok(dataset)
    }
}
