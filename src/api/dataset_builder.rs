//! Datasets to be made.

mod elsewhere;
mod methods;
mod options;
mod plain;
mod require;

use super::axes::IxDyn;
use super::bound::{Bound, bounded};
use super::dataset::Dataset;
use super::datatype::Conversion;
use super::element_type::ElementType;
use super::extents::Extents;
use super::group::Group;
use super::maybe::Maybe;
use super::values::Values;
use crate::element::{ConversionMode, H5Type};
use crate::error::{Error, Result};
pub use methods::ChunkOpts;
pub use options::Chunk;
use options::Options;

/// A dataset to be made, in a group.
///
/// All that a dataset can be asked for is a method here and on what [`empty`](Self::empty) and
/// [`with_data`](Self::with_data) give. Without any of it, a dataset is contiguous; one that may
/// grow or has filters is in chunks, of h5py's shape where nobody says which.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let frames = file
///     .new_dataset::<u16>()
///     .shape((0.., 480, 640))
///     .chunk((1, 480, 640))
///     .shuffle()
///     .deflate(4)
///     .create("run1/frames")?;
/// frames.resize(&[1, 480, 640])?;
/// let time = file.new_dataset_builder().with_data(&[0.0, 0.5]).create("run1/time")?;
/// assert_eq!(time.read_raw::<f64>()?, [0.0, 0.5]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DatasetBuilder {
    options: Options,
}

impl DatasetBuilder {
    /// A dataset to be made in `parent`.
    #[must_use]
    pub fn new(parent: &Group) -> Self {
        Self { options: Options::new(parent) }
    }

    /// Of elements of the type that `T` is stored as.
    #[must_use]
    pub fn empty<T: H5Type>(self) -> DatasetBuilderEmpty {
        self.empty_as(ElementType::of::<T>())
    }

    /// Of elements of this type.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::definition::{ByteOrder, Datatype};
    /// let file = hdfive::File::in_memory()?;
    /// let big_endian = Datatype::float(8, ByteOrder::Big)?;
    /// let dataset = file.new_dataset_builder().empty_as(big_endian).shape(3).create("x")?;
    /// dataset.write(&[1, 2, 3])?;
    /// assert_eq!(dataset.read_raw::<f32>()?, [1.0, 2.0, 3.0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn empty_as(self, datatype: impl Into<ElementType>) -> DatasetBuilderEmpty {
        DatasetBuilderEmpty { options: self.options, datatype: datatype.into() }
    }

    /// Of these values, with their shape.
    #[must_use]
    pub fn with_data<'d, A, T, D>(self, data: A) -> DatasetBuilderData<'d, T, D>
    where
        A: Into<Values<'d, T, D>>,
        T: H5Type,
    {
        let values = data.into();
        let datatype = values.element_type();
        self.with_data_as(values, datatype)
    }

    /// Of these values, with their shape, stored as another type.
    #[must_use]
    pub fn with_data_as<'d, A, T, D>(
        self,
        data: A,
        datatype: impl Into<ElementType>,
    ) -> DatasetBuilderData<'d, T, D>
    where
        A: Into<Values<'d, T, D>>,
        T: H5Type,
    {
        let values = data.into();
        let extents = Extents::simple(values.shape());
        let datatype = datatype.into();
        let bound = Bound::none(ConversionMode::default());
        DatasetBuilderData { options: self.options, datatype, extents, values, bound }
    }
}

/// A dataset to be made, of a type; of one element unless [`shape`](Self::shape) says otherwise.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let scalar = file.new_dataset::<f64>().create("scalar")?;
/// scalar.write_scalar(&0.5)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DatasetBuilderEmpty {
    options: Options,
    datatype: ElementType,
}

impl DatasetBuilderEmpty {
    /// Of so many elements.
    #[must_use]
    pub fn shape(self, extents: impl Into<Extents>) -> DatasetBuilderEmptyShape {
        let (options, datatype) = (self.options, self.datatype);
        DatasetBuilderEmptyShape { options, datatype, extents: extents.into() }
    }

    /// Makes the dataset, of one element.
    ///
    /// # Errors
    ///
    /// As [`DatasetBuilderEmptyShape::create`].
    pub fn create<'n>(self, name: impl Into<Maybe<&'n str>>) -> Result<Dataset> {
        self.shape(()).create(name)
    }
}

/// A dataset to be made, of a type and a shape.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let rows = file.new_dataset::<f64>().shape((0.., 3)).chunk((100, 3)).create("rows")?;
/// rows.resize((10, 3))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DatasetBuilderEmptyShape {
    options: Options,
    datatype: ElementType,
    extents: Extents,
}

impl DatasetBuilderEmptyShape {
    /// Makes the dataset at `name`, a path from the group or, where it starts with `/`, from the
    /// root; with `None`, one to which no link leads, until
    /// [`link_object`](Group::link_object) makes one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is a link of that name;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only, or
    /// what is asked for does not go together.
    pub fn create<'n>(&self, name: impl Into<Maybe<&'n str>>) -> Result<Dataset> {
        self.options.create(name.into().into(), &self.datatype, &self.extents, |_, _| Ok(None))
    }
}

/// A dataset to be made, of values.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let values: Vec<f64> = (0..100).map(f64::from).collect();
/// file.new_dataset_builder().with_data(&values).shuffle().deflate(4).create("x")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DatasetBuilderData<'d, T: H5Type, D = IxDyn> {
    options: Options,
    datatype: ElementType,
    extents: Extents,
    values: Values<'d, T, D>,
    bound: Bound,
}

impl<T: H5Type, D> DatasetBuilderData<'_, T, D> {
    /// The values in another shape of as many elements, or the same shape with a larger maximum.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let log = file.new_dataset_builder().with_data(&[1, 2, 3]).shape(3..).create("log")?;
    /// log.resize(&[4])?;
    /// assert_eq!(log.read_raw::<i32>()?, [1, 2, 3, 0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn shape(mut self, extents: impl Into<Extents>) -> Self {
        self.extents = extents.into();
        self
    }

    bounded!();

    /// Makes the dataset, and writes the values.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{Conversion, ElementType};
    /// let file = hdfive::File::in_memory()?;
    /// let new = || file.new_dataset_builder().with_data_as(&[1, 70_000], ElementType::of::<i16>());
    /// assert!(new().conversion(Conversion::NoOp).create("x").is_err());
    /// assert!(new().exact().create("x").is_err());
    /// assert!(new().conversion(Conversion::Hard).create("x").is_ok());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where the values do not convert to
    /// the type, or no further than it was asked for; else as [`DatasetBuilderEmptyShape::create`].
    pub fn create<'n>(&self, name: impl Into<Maybe<&'n str>>) -> Result<Dataset> {
        let (values, extents) = (self.values.as_slice(), &self.extents);
        if extents.size() != values.len() {
            let count = values.len();
            let problem = format!("{count} values for a dataset of shape {extents}");
            return self.options.parent().under(Err(Error::usage(problem)));
        }
        self.options.create(name.into().into(), &self.datatype, extents, |store, stored| {
            let datatype = &stored.datatype;
            self.bound.check::<T>(datatype, false)?;
            store.as_elements_in(self.bound.mode, datatype, values).map(Some)
        })
    }
}

impl Group {
    /// A dataset to be made here, of elements of the type that `T` is stored as.
    #[must_use]
    pub fn new_dataset<T: H5Type>(&self) -> DatasetBuilderEmpty {
        self.new_dataset_builder().empty::<T>()
    }

    /// A dataset to be made here.
    #[must_use]
    pub fn new_dataset_builder(&self) -> DatasetBuilder {
        DatasetBuilder::new(self)
    }
}
