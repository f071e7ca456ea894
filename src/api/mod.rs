//! What users see.

mod any_values;
mod append;
#[cfg(feature = "ndarray")]
mod arrays;
mod attribute;
mod attribute_builder;
mod attribute_edit;
mod attribute_lists;
mod attribute_maps;
mod axes;
mod borrowed;
mod bound;
mod broadcast;
mod byte_reader;
mod check;
mod chunk_slices;
mod chunks;
mod container;
mod copy;
mod copy_changes;
mod dataset;
mod dataset_builder;
mod dataset_like;
mod dataspace;
mod datatype;
mod dimension;
mod downgrade;
mod dyn_array;
mod element_type;
mod elements;
mod extents;
mod field_view;
mod fields;
mod file;
mod file_builder;
mod file_space;
pub(crate) mod filters;
mod group;
mod group_edit;
mod group_info;
mod heap;
mod is_hdf5;
mod iteration;
mod links;
mod location;
mod maybe;
mod object_reference;
mod open;
mod parent;
pub(crate) mod plist;
#[cfg(feature = "ndarray")]
mod read_into;
mod reader;
mod recovery;
mod reference;
mod resources;
mod rows;
mod salvage;
mod selection;
mod show;
mod strings;
mod swmr;
mod typed_view;
mod values;
mod view;
mod virtual_view;
mod visit_links;
mod walk;
mod watcher;
mod write;
mod writer;

pub use any_values::AnyValues;
pub use attribute::Attribute;
pub use attribute_builder::{
    AttributeBuilder, AttributeBuilderData, AttributeBuilderEmpty, AttributeBuilderEmptyShape,
};
pub use attribute_lists::AttrInfo;
pub use borrowed::{BorrowedChunk, BorrowedChunks};
pub use byte_reader::ByteReader;
pub use check::{CheckReport, Checker};
pub use chunk_slices::{ChunkSlice, ChunkSlices};
pub use chunks::{ChunkInfo, Visit};
pub use container::Container;
pub use copy::CopyBuilder;
pub use copy_changes::DatasetChanges;
pub use dataset::{
    AllocTime, ChunkIndexType, Dataset, ExternalFile, FillTime, FillValue, Layout, VirtualMapping,
};
pub use dataset_builder::{
    Chunk, ChunkOpts, DatasetBuilder, DatasetBuilderData, DatasetBuilderEmpty,
    DatasetBuilderEmptyShape,
};
pub use dataspace::Dataspace;
pub use datatype::{ByteOrder, CommittedDatatype, Conversion, Datatype};
pub use dimension::DatasetDimension;
pub use dyn_array::DynArray;
pub use element_type::{DatasetType, ElementType};
pub use elements::{Element, Elements};
pub use extents::{Extent, Extents, ExtentsIter, SimpleExtents};
pub use field_view::FieldView;
pub use file::{File, FileInfo};
pub use file_builder::{FileBuilder, OpenMode};
pub use file_space::{FileSpace, FileSpaceStrategy};
pub use filters::StoredFilter;
pub use group::Group;
pub use group_edit::GroupBuilder;
pub use group_info::{GroupInfo, GroupStorageType};
pub use iteration::{IndexType, IterationCursor, IterationOrder};
pub use links::{CharEncoding, LinkInfo, LinkTarget, LinkType};
pub use location::{Location, LocationInfo, LocationToken, LocationType};
pub use maybe::Maybe;
pub use object_reference::{ObjectReference, ObjectReference1, ObjectReference2};
pub use open::{Driver, Locking};
pub use reader::Reader;
pub use recovery::{FileEnds, Recovery, RecoveryBuilder, UnfinishedFlush};
pub use reference::{Reference, ReferenceTarget, ReferencedObject};
pub use rows::Rows;
pub use salvage::{Loss, LossKind, Salvaged, Salvager};
pub use selection::{Hyperslab, RawHyperslab, RawSelection, RawSlice, Selection, SliceOrIndex};
pub use strings::Strings;
pub use typed_view::TypedView;
pub use values::Values;
pub use virtual_view::VirtualView;
pub use watcher::Watcher;
pub use writer::Writer;
