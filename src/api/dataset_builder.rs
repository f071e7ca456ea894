//! Datasets to be made.

mod elsewhere;
mod options;
mod plain;
mod require;

use super::dataset::{AllocTime, Dataset, FillTime, Layout};
use super::element_type::ElementType;
use super::extents::Extents;
use super::filters::{Filter, SZip, ScaleOffset};
use super::group::Group;
use super::selection::Selection;
use super::values::Values;
use super::virtual_view::VirtualView;
use crate::codec::wide;
use crate::element::H5Type;
use crate::error::{Error, Result};
use elsewhere::MappingWish;
use options::{Chunk, Options};

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
    pub fn with_data<'d, A, T>(self, data: A) -> DatasetBuilderData<'d, T>
    where
        A: Into<Values<'d, T>>,
        T: H5Type,
    {
        let values = data.into();
        let datatype = values.element_type();
        self.with_data_as(values, datatype)
    }

    /// Of these values, with their shape, stored as another type.
    #[must_use]
    pub fn with_data_as<'d, A, T>(
        self,
        data: A,
        datatype: impl Into<ElementType>,
    ) -> DatasetBuilderData<'d, T>
    where
        A: Into<Values<'d, T>>,
        T: H5Type,
    {
        let values = data.into();
        let extents = Extents::simple(values.shape());
        let datatype = datatype.into();
        DatasetBuilderData { options: self.options, datatype, extents, values }
    }
}

/// A dataset to be made, of a type; of one element unless [`shape`](Self::shape) says otherwise.
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
    pub fn create<'n>(self, name: impl Into<Option<&'n str>>) -> Result<Dataset> {
        self.shape(()).create(name)
    }
}

/// A dataset to be made, of a type and a shape.
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
    pub fn create<'n>(&self, name: impl Into<Option<&'n str>>) -> Result<Dataset> {
        self.options.create(name.into(), &self.datatype, &self.extents, |_, _| Ok(()))
    }
}

/// A dataset to be made, of values.
#[derive(Debug, Clone)]
pub struct DatasetBuilderData<'d, T: H5Type> {
    options: Options,
    datatype: ElementType,
    extents: Extents,
    values: Values<'d, T>,
}

impl<T: H5Type> DatasetBuilderData<'_, T> {
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

    /// Makes the dataset, and writes the values.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where the values do not convert to
    /// the type; else as [`DatasetBuilderEmptyShape::create`].
    pub fn create<'n>(&self, name: impl Into<Option<&'n str>>) -> Result<Dataset> {
        let (values, extents) = (self.values.as_slice(), &self.extents);
        if extents.size() != values.len() {
            let count = values.len();
            let problem = format!("{count} values for a dataset of shape {extents}");
            return self.options.parent().under(Err(Error::usage(problem)));
        }
        self.options.create(name.into(), &self.datatype, extents, |store, dataset| {
            options::write_all(store, dataset, values)
        })
    }
}

macro_rules! options {
    ($($target:ty $(where $generic:ident: $bound:ident)?),*) => {$(
        impl $(<$generic: $bound>)? $target {
            /// Chunks of this shape.
            #[must_use]
            pub fn chunk(mut self, chunk: impl Into<Extents>) -> Self {
                self.options.chunk = Chunk::Exact(chunk.into().dims());
                self
            }

            /// Chunks of a shape that suits the dataset, as h5py chooses it.
            #[must_use]
            pub fn auto_chunk(mut self) -> Self {
                self.options.chunk = Chunk::Auto;
                self
            }

            /// Chunks of at least so many KiB, of whole rows as far as that goes.
            #[must_use]
            pub fn chunk_min_kb(mut self, size: usize) -> Self {
                self.options.chunk = Chunk::MinKib(size);
                self
            }

            /// No chunks.
            #[must_use]
            pub fn no_chunk(mut self) -> Self {
                self.options.chunk = Chunk::None;
                self
            }

            /// Whether chunks that cross the edge of the dataset go through the filters, too (the
            /// default).
            #[must_use]
            pub fn filter_partial_chunks(mut self, on: bool) -> Self {
                self.options.partial_unfiltered = !on;
                self
            }

            /// Where the elements are to be.
            #[must_use]
            pub fn layout(mut self, layout: Layout) -> Self {
                self.options.layout = Some(layout);
                self
            }

            /// These filters, in this order, in place of those so far.
            #[must_use]
            pub fn set_filters(mut self, filters: &[Filter]) -> Self {
                self.options.filters = filters.to_vec();
                self
            }

            /// No filters.
            #[must_use]
            pub fn clear_filters(self) -> Self {
                self.set_filters(&[])
            }

            /// One more filter, behind those so far.
            #[must_use]
            pub fn filter(mut self, filter: Filter) -> Self {
                self.options.filters.push(filter);
                self
            }

            /// One more filter, by its registered number, with its parameters.
            #[must_use]
            pub fn add_filter(self, id: u16, client_data: &[u32]) -> Self {
                self.filter(Filter::user(id, client_data))
            }

            /// gzip, of level 0 (none) to 9 (smallest).
            #[must_use]
            pub fn deflate(self, level: u8) -> Self {
                self.filter(Filter::Deflate(level))
            }

            /// Bytes of equal weight together, which lets what follows make them smaller.
            #[must_use]
            pub fn shuffle(self) -> Self {
                self.filter(Filter::Shuffle)
            }

            /// A checksum.
            #[must_use]
            pub fn fletcher32(self) -> Self {
                self.filter(Filter::Fletcher32)
            }

            /// szip, with so many pixels a block: an even number up to 32.
            #[must_use]
            pub fn szip(self, coding: SZip, px_per_block: u8) -> Self {
                self.filter(Filter::SZip(coding, px_per_block))
            }

            /// Only the bits that numbers have.
            #[must_use]
            pub fn nbit(self) -> Self {
                self.filter(Filter::NBit)
            }

            /// Numbers in few bits.
            #[must_use]
            pub fn scale_offset(self, mode: ScaleOffset) -> Self {
                self.filter(Filter::ScaleOffset(mode))
            }

            /// LZF, h5py's fast filter.
            #[must_use]
            pub fn lzf(self) -> Self {
                self.filter(Filter::LZF)
            }

            /// What elements hold that nobody wrote.
            #[must_use]
            pub fn fill_value<F: H5Type>(mut self, value: F) -> Self {
                self.options.set_fill(value);
                self
            }

            /// Elements that nobody wrote may hold anything.
            #[must_use]
            pub fn no_fill_value(mut self) -> Self {
                self.options.fill = options::Fill::Undefined;
                self
            }

            /// When the fill value is written to storage.
            #[must_use]
            pub fn fill_time(mut self, fill_time: FillTime) -> Self {
                self.options.fill_time = fill_time;
                self
            }

            /// Elements lie in these bytes of the file `name`, behind those of parts named before;
            /// `usize::MAX` bytes are a part without end, which is the last. Nothing is written there
            /// yet; whether it may be is for [`FileBuilder::external`](crate::FileBuilder::external)
            /// to say.
            #[must_use]
            pub fn external(mut self, name: &str, offset: usize, size: usize) -> Self {
                self.options.add_external(name, offset, size);
                self
            }

            /// Elements `vds_selection` of this dataset, which is of `vds_extents`, are elements
            /// `src_selection` of a dataset of `src_extents` in another file, or in this one where the
            /// name of the file is `.`.
            ///
            /// Selections that are [unlimited](crate::SliceOrIndex::Unlimited) follow the source as it
            /// grows; or, where `%b` stands in a name, each block of this dataset's selection is of a
            /// source of its own, whose number stands in place of it. For `%` itself write `%%`.
            #[must_use]
            pub fn virtual_map(
                mut self,
                src_filename: impl AsRef<str>,
                src_dataset: impl AsRef<str>,
                src_extents: impl Into<Extents>,
                src_selection: impl Into<Selection>,
                vds_extents: impl Into<Extents>,
                vds_selection: impl Into<Selection>,
            ) -> Self {
                self.options.mappings.push(MappingWish::new(
                    (src_filename.as_ref(), src_dataset.as_ref()),
                    (src_extents.into(), src_selection.into()),
                    (vds_extents.into(), vds_selection.into()),
                ));
                self
            }

            /// How the dataset that is made is seen to end: see [`Dataset::virtual_view`].
            #[must_use]
            pub fn virtual_view(mut self, view: VirtualView) -> Self {
                self.options.set_view(view);
                self
            }

            /// How many sources in a row may be missing as the dataset that is made is seen: see
            /// [`Dataset::virtual_printf_gap`].
            #[must_use]
            pub fn virtual_printf_gap(mut self, gap: usize) -> Self {
                self.options.access.printf_gap = wide(gap);
                self
            }

            /// When storage is allocated; `None` for what suits the layout.
            #[must_use]
            pub fn alloc_time(mut self, alloc_time: Option<AllocTime>) -> Self {
                self.options.alloc_time = alloc_time;
                self
            }

            /// Whether compounds are stored without gaps.
            #[must_use]
            pub fn packed(mut self, packed: bool) -> Self {
                self.options.packed = packed;
                self
            }

            /// Whether the dataset remembers when it was changed (by default it does not, as with
            /// h5py).
            #[must_use]
            pub fn obj_track_times(mut self, track_times: bool) -> Self {
                self.options.times = track_times;
                self
            }

            /// Whether the dataset remembers the order in which its attributes are made.
            #[must_use]
            pub fn track_order(mut self, on: bool) -> Self {
                self.options.attribute_order = on;
                self
            }

            /// Most attributes that are kept in the header, and fewest that are kept elsewhere.
            #[must_use]
            pub fn attr_phase_change(mut self, max_compact: u16, min_dense: u16) -> Self {
                self.options.phase_change = Some((max_compact, min_dense));
                self
            }

            /// Whether groups on the way that do not exist are made, too (the default).
            #[must_use]
            pub fn create_intermediate_group(mut self, create: bool) -> Self {
                self.options.parents = create;
                self
            }
        }
    )*};
}

options!(DatasetBuilder, DatasetBuilderEmpty, DatasetBuilderEmptyShape, DatasetBuilderData<'_, T> where T: H5Type);

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
