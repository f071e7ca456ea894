#![doc = include_str!("guide/start.md")]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "a test that overflows fails, as it should"
    )
)]

// What is derived knows the crate by its name, as do modules that tests here share with those outside.
extern crate self as hdfive;

mod api;
mod codec;
mod element;
mod error;
mod filter;
mod format;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod infra;
mod io;
mod limits;
mod object;
mod space;

// Its programs read into arrays of `ndarray`.
#[cfg(any(not(doctest), feature = "ndarray"))]
pub mod guide;

pub use api::{
    AllocTime, AnyValues, Attribute, AttributeBuilder, AttributeBuilderData, AttributeBuilderEmpty,
    AttributeBuilderEmptyShape, ByteReader, ChunkIndexType, ChunkInfo, Container, Conversion,
    CopyBuilder, Dataset, DatasetBuilder, DatasetBuilderData, DatasetBuilderEmpty,
    DatasetBuilderEmptyShape, DatasetChanges, Dataspace, Datatype, Driver, Element, ElementType,
    Elements, Extent, Extents, ExternalFile, File, FileBuilder, FileEnds, FileInfo, FileSpace,
    FileSpaceStrategy, FillTime, FillValue, Group, GroupBuilder, Hyperslab, IndexType,
    IterationOrder, Layout, LinkInfo, LinkTarget, LinkType, Location, LocationInfo, LocationToken,
    LocationType, Locking, Maybe, ObjectReference, ObjectReference1, ObjectReference2, OpenMode,
    Reader, Recovery, RecoveryBuilder, Reference, ReferenceTarget, ReferencedObject, Selection,
    SimpleExtents, SliceOrIndex, StoredFilter, UnfinishedFlush, Values, VirtualMapping,
    VirtualView, Visit, Writer,
};
pub use api::{AttrInfo, GroupInfo, GroupStorageType, IterationCursor};
pub use api::{BorrowedChunk, BorrowedChunks, ChunkSlice, ChunkSlices, FieldView, TypedView};
pub use api::{CheckReport, Checker};
pub use api::{CommittedDatatype, DatasetType};
pub use api::{DatasetDimension, Rows, Strings, Watcher};
pub use api::{DynArray, ExtentsIter, RawHyperslab, RawSelection, RawSlice};
pub use api::{Loss, LossKind, Salvaged, Salvager};
pub use element::{ConversionMode, H5Type, RawReference, Value};
pub use error::{
    Error, ErrorFrame, ErrorKind, ErrorStack, ExpandedErrorStack, Location as ErrorLocation,
    MajorErrorCode, Malformed, MinorErrorCode, Result, silence_errors,
};
pub use filter::{Filter, Registry};
pub use format::bounds::LibraryVersion;
#[cfg(feature = "derive")]
pub use hdfive_derive::H5Type;
pub use io::{FileStorage, Memory, SharedMemory, Storage};
pub use limits::Limits;
pub use object::account::{Account, AccountProblem};
pub use object::check::{Fault, FaultCause, Severity, UsedBytes};
pub use object::external::{ExternalAccess, ExternalKind, ExternalRequest, ExternalRule};
pub use object::progress::Progress;
pub use object::sizes::{MetadataSizes, StructureSizes};

/// The programs in the README run.
#[cfg(all(doctest, feature = "ndarray"))]
#[doc = include_str!("../README.md")]
struct Readme;

const _: () = {
    const fn shared<T: Clone + Send + Sync>() {}
    shared::<File>();
    shared::<Group>();
    shared::<Dataset>();
    shared::<Attribute>();
    shared::<Datatype>();
    shared::<Elements>();
    shared::<DynArray>();
    shared::<types::OwnedDynValue>();
};

/// Types as objects, and how far one is from another.
pub mod datatype {
    pub use crate::api::{ByteOrder, CommittedDatatype, Conversion, Datatype};
}

/// Stored types in full: everything the file says about an element.
pub mod definition {
    pub use crate::format::datatype::{
        ArrayType, Bitfield, ByteOrder, CharacterSet, Class, Complex, ComplexForm, Datatype,
        Enumeration, EnumerationMember, FixedString, Float, FloatOrder, Integer, Member,
        Normalization, ReferenceKind, StringPadding, Time, VarLen, VarLenKind,
    };
}

/// What derived implementations of [`H5Type`] are made of: no stability, not for users.
#[doc(hidden)]
pub mod __derive {
    pub use crate::element::{
        AnyMemory, Batch, BatchWriter, Column, ColumnValues, ColumnWriter, CompoundReader,
        CompoundWriter, Converter, H5Type, Memory, SameLayout, StoredInteger, StructLayout,
        TypeDescriptor, Variants, Writer,
    };
    pub use crate::error::Result;
    pub use crate::format::datatype::Datatype;

    /// The values of one member in a batch of elements.
    ///
    /// # Errors
    ///
    /// Where one does not convert.
    pub fn read_column<'b, T: H5Type>(
        column: &Column<T>,
        batch: &Batch<'b>,
    ) -> Result<ColumnValues<'b, T>> {
        column.read(batch)
    }

    /// The next of them.
    #[inline]
    pub fn next_value<T: H5Type>(values: &mut ColumnValues<'_, T>) -> Option<T> {
        values.next()
    }

    /// Asks for what can be copied out of a packed struct.
    pub fn copied<T: Copy>(value: T) -> T {
        value
    }
}

/// Datasets, and how they are made.
pub mod dataset {
    pub use crate::api::plist::AttrCreationOrder;
    pub use crate::api::{
        AllocTime, Chunk, ChunkInfo, ChunkOpts, Dataset, DatasetBuilder, ExternalFile, FillTime,
        FillValue, Layout, VirtualMapping, VirtualView,
    };
}

/// Files, and how they are opened and made.
pub mod file {
    pub use crate::api::plist::{
        AttrCreationOrder, FileAccessBuilder, FileCreateBuilder, LinkCreationOrder,
    };
    pub use crate::api::{File, FileBuilder, FileSpaceStrategy, OpenMode};
    pub use crate::format::bounds::LibraryVersion;
}

/// What closures set that stand for property lists.
pub mod plist {
    pub use crate::api::CharEncoding;
    pub use crate::api::plist::{
        AttrCreationOrder, FileAccessBuilder, FileCreateBuilder, GroupCreateBuilder,
        LinkCreationOrder,
    };

    /// How files are opened.
    pub mod file_access {
        pub use crate::api::plist::FileAccessBuilder;
        pub use crate::format::bounds::LibraryVersion;
    }

    /// How files are made.
    pub mod file_create {
        pub use crate::api::FileSpaceStrategy;
        pub use crate::api::plist::{AttrCreationOrder, FileCreateBuilder, LinkCreationOrder};
    }

    /// How groups are made.
    pub mod group_create {
        pub use crate::api::plist::{AttrCreationOrder, GroupCreateBuilder, LinkCreationOrder};
    }

    /// How datasets are made.
    pub mod dataset_create {
        pub use crate::api::plist::AttrCreationOrder;
        pub use crate::api::{
            AllocTime, Chunk, ChunkOpts, ExternalFile, FillTime, Layout, VirtualMapping,
        };
    }

    /// How datasets are seen.
    pub mod dataset_access {
        pub use crate::api::VirtualView;
    }
}

/// A number of elements, or the place of one along an axis.
pub type Ix = usize;

/// Filters that new datasets may have.
pub mod filters {
    pub use crate::api::filters::{
        Bitshuffle, Blosc, BloscShuffle, Filter, FilterInfo, SZip, ScaleOffset, ZfpMode,
        blosc_available, deflate_available, gzip_available, lzf_available, registered,
        szip_available, zfp_available,
    };
}

/// Rust types that elements convert to, and how they are described.
pub mod types {
    pub use crate::element::{
        CompoundField, CompoundType, Converter, DynValue, EnumMember, EnumType, FixedAscii,
        FixedUnicode, FloatSize, H5Type, IntSize, Opaque, OwnedDynValue, RawReference, StringBytes,
        StringError, TypeDescriptor, Value, VarLenArray, VarLenAscii, VarLenUnicode, Writer,
    };
    pub use crate::format::datatype::ReferenceKind as Reference;

    /// Values of types known only at run time, under the names `hdf5-metno` gives them.
    pub mod dyn_value {
        pub use crate::element::dyn_value::{
            DynArray, DynCompound, DynEnum, DynFixedString, DynFloat, DynInteger, DynScalar,
            DynString, DynValue, DynVarLenString, OwnedDynValue,
        };
    }

    /// Kinds of references.
    pub mod references {
        pub use crate::format::datatype::ReferenceKind as Reference;
    }

    /// Whether memory comes from libhdf5: there is none.
    pub const USING_H5_ALLOCATOR: bool = false;
}
