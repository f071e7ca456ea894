//! Datasets.

use std::ops::Deref;
use std::sync::Arc;

use super::container::{Container, Source};
use super::elements::Elements;
use super::location::Location;
use super::selection::Selection;
use crate::element::OwnedDynValue;
use crate::error::{Error, Result};
use crate::format::message::{
    AllocationTime, ChunkIndexKind, FillDefinition, FillWriteTime, LayoutClass,
};
use crate::object::dataset::DatasetObject;
use crate::object::path::text;

/// A dataset: an array of elements of one type.
///
/// Nothing is read but the header until elements are asked for. See [`Container`] for reading.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let frames = file.dataset("run1/frames")?;
/// assert_eq!(frames.chunk(), Some(vec![1, 6, 5]));
/// assert_eq!(frames.filters(), [hdfive::filters::Filter::Deflate(4)]);
/// let total: i64 = frames.read_raw::<i64>()?.iter().sum();
/// # assert_eq!(total, 7140);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Dataset {
    container: Container,
    object: Arc<DatasetObject>,
}

/// How a dataset's elements lie in the file.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::Layout;
/// let file = hdfive::File::in_memory()?;
/// let dataset = file.new_dataset::<u8>().shape(0..).create("grows")?;
/// assert_eq!(dataset.layout(), Layout::Chunked);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// In the object header.
    Compact,
    /// In one block, or in files of their own.
    Contiguous,
    /// In blocks of one shape, found through an index.
    Chunked,
    /// In other datasets.
    Virtual,
}

/// How the chunks of a dataset are found.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::ChunkIndexType;
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// for dataset in file.group("run1")?.datasets()? {
///     if dataset.chunk_index() == Some(ChunkIndexType::ExtensibleArray) {
///         println!("{} grows along one axis", dataset.name());
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChunkIndexType {
    /// A version 1 B-tree.
    BTree1,
    /// There is one chunk.
    Single,
    /// Chunks lie one behind the other.
    Implicit,
    /// An array of fixed size.
    FixedArray,
    /// An array that grows along one axis.
    ExtensibleArray,
    /// A version 2 B-tree.
    BTree2,
}

/// When a dataset's storage is allocated.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::AllocTime;
/// let file = hdfive::File::in_memory()?;
/// let new = file.new_dataset::<f64>().shape(100).alloc_time(Some(AllocTime::Early));
/// let dataset = new.create("x")?; // its space is taken at once
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocTime {
    /// When the dataset is created.
    Early,
    /// When something is first written.
    Late,
    /// Chunk by chunk.
    Incr,
}

/// When the fill value is written to storage.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::FillTime;
/// let file = hdfive::File::in_memory()?;
/// let new = file.new_dataset::<f64>().shape(100).fill_time(FillTime::Never);
/// let dataset = new.create("x")?; // for who writes all of it
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FillTime {
    /// When storage is allocated.
    Alloc,
    /// Never.
    Never,
    /// When storage is allocated, if a fill value is set.
    IfSet,
}

/// What elements hold that nobody wrote.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::FillValue;
/// let file = hdfive::File::in_memory()?;
/// let dataset = file.new_dataset::<i32>().shape(3).fill_value(-1).create("x")?;
/// assert!(!matches!(dataset.fill(), FillValue::Default));
/// assert_eq!(dataset.read_raw::<i32>()?, [-1; 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FillValue {
    /// Anything.
    Undefined,
    /// Zero.
    Default,
    /// One element of the dataset's type, as stored.
    User(Vec<u8>),
}

/// A part of a file of raw data.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::open("tests/fixtures/external_latest.h5")?;
/// for dataset in file.datasets()? {
///     for part in dataset.external_files() {
///         println!("{}: {part:?}", dataset.name());
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExternalFile {
    /// The file's name, as stored.
    pub name: String,
    /// Offset of the part, in bytes.
    pub offset: u64,
    /// Bytes of the part, `None` where it has no end.
    pub size: Option<u64>,
}

/// A part of a virtual dataset, and the part of another dataset that stands there.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::open("tests/fixtures/virtual_latest.h5")?;
/// for mapping in file.dataset("pattern")?.virtual_mappings() {
///     println!("{mapping:?}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VirtualMapping {
    /// File of the source, `.` for the file of the virtual dataset.
    pub file: String,
    /// Path of the source.
    pub dataset: String,
    /// Elements of the virtual dataset.
    pub selection: Selection,
    /// Elements of the source.
    pub source_selection: Selection,
}

impl Dataset {
    pub(crate) fn of(location: Location) -> Result<Self> {
        if !DatasetObject::is(&location.found.header) {
            return Err(Error::usage("the object is not a dataset"));
        }
        let object = {
            let store = &location.found.store;
            let _reading = store.reading()?;
            if store.may_change() {
                store.forget_unheld(location.found.header.address);
                store.dataset(location.found.header.address)?
            } else {
                Arc::new(DatasetObject::load(store, &location.found.header)?)
            }
        };
        Ok(Self::with(location, object))
    }

    /// The dataset at a place, seen as `object` is.
    pub(super) fn with(location: Location, object: Arc<DatasetObject>) -> Self {
        let container = Container::new(location, Source::Dataset(Arc::clone(&object)));
        Self { container, object }
    }

    /// The dataset as it is now.
    pub(super) fn object(&self) -> Arc<DatasetObject> {
        self.current_dataset(&self.object)
    }

    /// Whether an axis can grow.
    #[must_use]
    pub fn is_resizable(&self) -> bool {
        self.object().dataspace.is_resizable()
    }

    /// Largest number of elements along each axis, `None` where it has no bound.
    #[must_use]
    pub fn max_shape(&self) -> Vec<Option<u64>> {
        self.object().maximum()
    }

    /// How the elements lie in the file.
    #[must_use]
    pub fn layout(&self) -> Layout {
        match &self.object().layout.class {
            LayoutClass::Compact { .. } => Layout::Compact,
            LayoutClass::Contiguous { .. } => Layout::Contiguous,
            LayoutClass::Chunked(_) => Layout::Chunked,
            LayoutClass::Virtual { .. } => Layout::Virtual,
        }
    }

    /// Whether the elements lie in chunks.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        self.layout() == Layout::Chunked
    }

    /// Whether the elements lie in other datasets.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.layout() == Layout::Virtual
    }

    /// Elements along each axis of a chunk.
    #[must_use]
    pub fn chunk(&self) -> Option<Vec<usize>> {
        let LayoutClass::Chunked(layout) = &self.object().layout.class else { return None };
        let narrow = |len: &u64| usize::try_from(*len).unwrap_or(usize::MAX);
        Some(layout.dimensions.iter().map(narrow).collect())
    }

    /// How the chunks are found.
    #[must_use]
    pub fn chunk_index(&self) -> Option<ChunkIndexType> {
        let LayoutClass::Chunked(layout) = &self.object().layout.class else { return None };
        Some(match layout.index {
            ChunkIndexKind::BTree1 => ChunkIndexType::BTree1,
            ChunkIndexKind::Single { .. } => ChunkIndexType::Single,
            ChunkIndexKind::Implicit => ChunkIndexType::Implicit,
            ChunkIndexKind::FixedArray { .. } => ChunkIndexType::FixedArray,
            ChunkIndexKind::ExtensibleArray(_) => ChunkIndexType::ExtensibleArray,
            ChunkIndexKind::BTree2 { .. } => ChunkIndexType::BTree2,
        })
    }

    /// The dataset as this handle found it.
    pub(super) fn known(&self) -> &Arc<DatasetObject> {
        &self.object
    }

    /// What elements hold that nobody wrote.
    #[must_use]
    pub fn fill(&self) -> FillValue {
        match (&self.object().fill.message, &self.object().fill.value) {
            (_, Some(value)) => FillValue::User(value.clone()),
            (Some(message), None) if message.value != FillDefinition::Undefined => {
                FillValue::Default
            }
            _ => FillValue::Undefined,
        }
    }

    /// The fill value, where one is set.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let x = file.new_dataset::<f32>().shape(3).fill_value(-1.0).create("x")?;
    /// assert_eq!(x.fill_value()?.and_then(|value| value.cast::<f32>().ok()), Some(-1.0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the dataset's type has no [`TypeDescriptor`](crate::types::TypeDescriptor), or
    /// variable-length data cannot be read; [`fill_elements`](Self::fill_elements) has it then.
    pub fn fill_value(&self) -> Result<Option<OwnedDynValue>> {
        let _reading = self.under(self.found.store.reading())?;
        let elements = self.fill_elements();
        elements.as_ref().and_then(|one| one.get(0)).map(|element| element.dyn_value()).transpose()
    }

    /// The fill value as it is stored, one element, where one is set.
    #[must_use]
    pub fn fill_elements(&self) -> Option<Elements> {
        let bytes = self.object().fill.value.clone()?;
        let datatype = Arc::clone(&self.object().datatype.datatype);
        Some(Elements::new(datatype, Vec::new(), bytes, &self.origin()))
    }

    /// When the fill value is written to storage, where the file says so.
    #[must_use]
    pub fn fill_time(&self) -> Option<FillTime> {
        match self.object().fill.message.as_ref()?.write_time {
            FillWriteTime::ON_ALLOCATION => Some(FillTime::Alloc),
            FillWriteTime::NEVER => Some(FillTime::Never),
            FillWriteTime::IF_SET => Some(FillTime::IfSet),
            _ => None,
        }
    }

    /// When storage is allocated, where the file says so.
    #[must_use]
    pub fn alloc_time(&self) -> Option<AllocTime> {
        match self.object().fill.message.as_ref()?.allocation_time {
            AllocationTime::EARLY => Some(AllocTime::Early),
            AllocationTime::LATE => Some(AllocTime::Late),
            AllocationTime::INCREMENTAL => Some(AllocTime::Incr),
            _ => None,
        }
    }

    /// File offset of the elements, in bytes, where they lie in one block.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        match &self.object().layout.class {
            LayoutClass::Contiguous { address: Some(at), .. }
                if self.object().external.is_none() =>
            {
                Some(self.found.store.space().offset(*at))
            }
            _ => None,
        }
    }

    /// The files the elements lie in, where they do not lie in this one.
    #[must_use]
    pub fn external_files(&self) -> Vec<ExternalFile> {
        let object = self.object();
        let parts = object.external.iter().flat_map(|external| &external.parts);
        parts
            .map(|part| ExternalFile {
                name: text(&part.file),
                offset: part.offset,
                size: part.size,
            })
            .collect()
    }

    /// The parts of other datasets that this one consists of, in stored order.
    #[must_use]
    pub fn virtual_mappings(&self) -> Vec<VirtualMapping> {
        let object = self.object();
        let mappings = object.virtual_data().into_iter().flat_map(|data| &data.mappings);
        mappings
            .map(|mapping| VirtualMapping {
                file: text(&mapping.file),
                dataset: text(&mapping.dataset),
                selection: Selection::of_stored(&mapping.virtual_),
                source_selection: Selection::of_stored(&mapping.source),
            })
            .collect()
    }
}

impl Deref for Dataset {
    type Target = Container;

    fn deref(&self) -> &Container {
        &self.container
    }
}
