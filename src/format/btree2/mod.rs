//! Version 2 B-trees (specification III.A.2): header, nodes and the eleven record types.
//!
//! See `spec-notes/btree-v2.md`.

mod attribute_record;
mod chunk_record;
mod geometry;
mod header;
mod huge_record;
mod link_record;
mod node;
mod record;
mod shared_message_record;

pub(crate) use attribute_record::{AttributeCreationOrderRecord, AttributeNameRecord};
pub(crate) use chunk_record::{ChunkRecord, ChunkRecordContext, FilteredChunkRecord};
pub(crate) use geometry::NodeGeometry;
pub(crate) use header::BTree2Header;
pub(crate) use huge_record::{
    DirectHugeRecord, FilteredDirectHugeRecord, FilteredIndirectHugeRecord, IndirectHugeRecord,
};
pub(crate) use link_record::{LinkCreationOrderRecord, LinkNameRecord};
pub(crate) use node::{ChildPointer, InternalNode, LeafNode, NodeContext};
pub(crate) use record::Record;
pub(crate) use shared_message_record::{SharedMessageLocation, SharedMessageRecord};
