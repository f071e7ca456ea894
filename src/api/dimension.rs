//! Axes of datasets by name, and the dimension scales that say where along an axis elements lie.

mod attributes;

use std::fmt;
use std::sync::Arc;

use super::dataset::Dataset;
use crate::error::{Error, Result};
use attributes::{BackReferences, CLASS, Labels, NAME, SCALE, Scales, put_text, text_of};

/// One axis of a dataset: its label, and the dimension scales attached to it.
///
/// A dimension scale is a dataset that says what the places along an axis mean: times, longitudes.
/// netCDF-4, HDF-EOS and xarray find the coordinates of variables through it. Given by
/// [`Dataset::dim`] and [`Dataset::dims`].
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let wind = file.create_dataset("wind", vec![0.5, 2.5, 1.0])?;
/// let time = file.create_dataset("time", vec![0, 60, 120])?;
/// time.make_scale("time")?;
/// wind.dim(0)?.set_label("t")?;
/// wind.dim(0)?.attach_scale(&time)?;
///
/// assert_eq!(wind.dim(0)?.label()?, "t");
/// assert_eq!(wind.dim(0)?.scale("time")?.read_raw::<i32>()?, [0, 60, 120]);
/// for dimension in wind.dims() {
///     for (name, scale) in dimension.scales()? {
///         println!("axis {}: {name} in {}", dimension.axis(), scale.name());
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DatasetDimension {
    dataset: Dataset,
    axis: usize,
}

impl DatasetDimension {
    /// The axis's number, from 0.
    #[must_use]
    pub fn axis(&self) -> usize {
        self.axis
    }

    /// The dataset whose axis it is.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Elements along the axis.
    #[must_use]
    pub fn size(&self) -> usize {
        self.dataset.shape().get(self.axis).copied().unwrap_or(0)
    }

    /// The axis's label; empty where it has none.
    ///
    /// # Errors
    ///
    /// Where the attribute that holds the labels cannot be read.
    pub fn label(&self) -> Result<String> {
        let _reading = self.dataset.under(self.dataset.found.store.reading())?;
        Labels::of(&self.dataset).get(self.axis)
    }

    /// Gives the axis a label.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only;
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where the label holds a NUL.
    pub fn set_label(&self, label: &str) -> Result<()> {
        let store = &self.dataset.found.store;
        let set = store.edit(|| Labels::of(&self.dataset).set(self.axis, label));
        self.dataset.under(set)
    }

    /// Number of scales attached to the axis.
    ///
    /// # Errors
    ///
    /// As [`scales`](Self::scales).
    pub fn num_scales(&self) -> Result<usize> {
        Ok(self.scales()?.len())
    }

    /// The scales attached to the axis, each with its name (which may be empty), in the order they
    /// were attached.
    ///
    /// # Errors
    ///
    /// Where the list of scales, or one of them, cannot be read.
    pub fn scales(&self) -> Result<Vec<(String, Dataset)>> {
        let _reading = self.dataset.under(self.dataset.found.store.reading())?;
        let open = || {
            let all = Scales::of(&self.dataset).get(self.axis)?;
            all.iter()
                .filter(|reference| !reference.is_null())
                .map(|reference| {
                    let scale = self.dataset.dereference(reference)?.location().as_dataset()?;
                    Ok((scale.scale_name()?.unwrap_or_default(), scale))
                })
                .collect()
        };
        self.dataset.under(open())
    }

    /// The first scale of this name attached to the axis.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none; else as
    /// [`scales`](Self::scales).
    pub fn scale(&self, name: &str) -> Result<Dataset> {
        let found = self.scales()?.into_iter().find(|(own, _)| own == name);
        let missing = || {
            let axis = self.axis;
            self.dataset.missing(format!("scale {name:?} of axis {axis}"))
        };
        found.map(|(_, scale)| scale).ok_or_else(missing)
    }

    /// Attaches a scale to the axis; a dataset that is none yet becomes one, without a name. A scale
    /// that is attached already stays so.
    ///
    /// The scale may be of any shape, and may be attached to axes of other datasets, too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the dataset is a scale itself, where
    /// `scale` has scales or is in another file, where the file is open for reading only, and where
    /// the list of all axes that the scale is attached to outgrows an attribute of the file's format.
    pub fn attach_scale(&self, scale: &Dataset) -> Result<()> {
        let store = &self.dataset.found.store;
        let attached = store.edit(|| {
            self.check_scale(scale)?;
            if !scale.is_scale()? {
                put_text(scale, CLASS, SCALE)?;
            }
            Scales::of(&self.dataset).add(self.axis, scale)?;
            BackReferences::of(scale).add(&self.dataset, self.axis)
        });
        self.dataset.under(attached)
    }

    /// Refuses what cannot be a scale of this axis.
    fn check_scale(&self, scale: &Dataset) -> Result<()> {
        self.check_file(scale)?;
        let wrong = |problem: &str| Err(Error::usage(problem));
        if self.dataset.is_scale()? {
            return wrong("a dimension scale has no scales itself");
        }
        if scale.token() == self.dataset.token() {
            return wrong("a dataset is not a scale of itself");
        }
        if Scales::of(scale).exist()? {
            return wrong("a dataset that has scales cannot be one");
        }
        Ok(())
    }

    fn check_file(&self, scale: &Dataset) -> Result<()> {
        if Arc::ptr_eq(&scale.found.store, &self.dataset.found.store) {
            return Ok(());
        }
        Err(Error::usage("a scale is in the file of its datasets"))
    }

    /// Detaches a scale from the axis. It stays a scale.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where it is not attached;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only.
    pub fn detach_scale(&self, scale: &Dataset) -> Result<()> {
        let store = &self.dataset.found.store;
        let detached = store.edit(|| {
            self.check_file(scale)?;
            if !Scales::of(&self.dataset).remove(self.axis, scale)? {
                let (name, axis) = (scale.name(), self.axis);
                return Err(Error::not_found(format!("scale {name:?} of axis {axis}")));
            }
            BackReferences::of(scale).remove(&self.dataset, self.axis)
        });
        self.dataset.under(detached)
    }

    /// Whether a scale is attached to the axis, and knows it.
    ///
    /// # Errors
    ///
    /// Where the attributes that say so cannot be read.
    pub fn is_attached(&self, scale: &Dataset) -> Result<bool> {
        let _reading = self.dataset.under(self.dataset.found.store.reading())?;
        if self.check_file(scale).is_err() {
            return Ok(false);
        }
        let here = Scales::of(&self.dataset).has(self.axis, scale);
        let there = BackReferences::of(scale).has(&self.dataset, self.axis);
        Ok(self.dataset.under(here)? && scale.under(there)?)
    }
}

impl Dataset {
    /// Makes the dataset a dimension scale of this name, or gives a scale another name.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let time = file.create_dataset("time", vec![0, 60, 120])?;
    /// assert!(!time.is_scale()?);
    /// time.make_scale("seconds")?;
    /// assert!(time.is_scale()?);
    /// assert_eq!(time.scale_name()?.as_deref(), Some("seconds"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where scales are attached to the dataset, and
    /// where the file is open for reading only.
    pub fn make_scale(&self, name: &str) -> Result<()> {
        let made = self.found.store.edit(|| {
            if Scales::of(self).exist()? {
                return Err(Error::usage("a dataset that has scales cannot be one"));
            }
            if !self.is_scale()? {
                put_text(self, CLASS, SCALE)?;
            }
            put_text(self, NAME, name)
        });
        self.under(made)
    }

    /// Whether the dataset is a dimension scale.
    ///
    /// # Errors
    ///
    /// Where its attributes cannot be read.
    pub fn is_scale(&self) -> Result<bool> {
        Ok(text_of(self, CLASS)?.as_deref() == Some(SCALE))
    }

    /// The name the dataset has as a dimension scale, where it has one.
    ///
    /// # Errors
    ///
    /// Where its attributes cannot be read.
    pub fn scale_name(&self) -> Result<Option<String>> {
        text_of(self, NAME)
    }

    /// The dataset's axes, with their labels and scales.
    #[must_use]
    pub fn dims(&self) -> Vec<DatasetDimension> {
        let of = |axis| DatasetDimension { dataset: self.clone(), axis };
        (0..self.ndim()).map(of).collect()
    }

    /// One of the dataset's axes, counted from 0.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it has fewer.
    pub fn dim(&self, axis: usize) -> Result<DatasetDimension> {
        let rank = self.ndim();
        if axis >= rank {
            let problem = format!("axis {axis} of a dataset of {rank} axes");
            return self.under(Err(Error::usage(problem)));
        }
        Ok(DatasetDimension { dataset: self.clone(), axis })
    }
}

impl fmt::Debug for DatasetDimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (axis, name) = (self.axis, self.dataset.name());
        match self.label() {
            Ok(label) => write!(f, "<{label:?} dimension {axis} of HDF5 dataset {name:?}>"),
            Err(_) => write!(f, "<dimension {axis} of HDF5 dataset {name:?}>"),
        }
    }
}
