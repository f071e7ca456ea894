//! Object header messages (specification IV.A.2): bodies only, without the message prefix.
//!
//! See `spec-notes/messages.md`.

mod attribute;
mod attribute_info;
#[cfg(any(test, feature = "fuzzing"))]
mod bogus;
mod btree_k;
mod chunked_layout;
mod comment;
mod continuation;
mod data_layout;
mod dataspace;
mod external_files;
mod file_space_info;
mod fill_value;
mod fill_value_old;
mod filter_pipeline;
mod group_info;
mod link;
mod link_info;
mod message_flags;
mod message_type;
mod metadata_cache_image;
mod modification_time;
mod modification_time_old;
mod reference_count;
mod shared_message;
mod shared_message_table;
mod symbol_table;

pub(crate) use attribute::{Attribute, AttributeParts};
pub(crate) use attribute_info::AttributeInfo;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use bogus::Bogus;
pub(crate) use btree_k::BTreeK;
pub(crate) use chunked_layout::{
    ChunkIndexKind, ChunkedLayout, ExtensibleArrayParameters, FilteredChunk,
};
pub(crate) use comment::Comment;
pub(crate) use continuation::Continuation;
pub(crate) use data_layout::{DataLayout, LayoutClass};
pub(crate) use dataspace::{Dataspace, DataspaceKind, MAXIMUM_RANK};
pub(crate) use external_files::{ExternalFileSlot, ExternalFiles};
pub(crate) use file_space_info::{FileSpaceInfo, FileSpaceStrategy};
pub(crate) use fill_value::{AllocationTime, FillDefinition, FillValue, FillWriteTime};
pub(crate) use fill_value_old::FillValueOld;
pub(crate) use filter_pipeline::{FilterDescription, FilterPipeline};
pub(crate) use group_info::{GroupEstimates, GroupInfo, LinkPhaseChange};
pub(crate) use link::{Link, LinkTarget};
pub(crate) use link_info::LinkInfo;
pub(crate) use message_flags::MessageFlags;
pub(crate) use message_type::MessageType;
pub(crate) use metadata_cache_image::MetadataCacheImage;
pub(crate) use modification_time::ModificationTime;
pub(crate) use modification_time_old::ModificationTimeOld;
pub(crate) use reference_count::ReferenceCount;
pub(crate) use shared_message::{SharedLocation, SharedMessage};
pub(crate) use shared_message_table::SharedMessageTable;
pub(crate) use symbol_table::SymbolTable;
