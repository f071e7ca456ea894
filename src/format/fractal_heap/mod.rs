//! Fractal heaps (specification III.G): header, blocks, and the identifiers of objects.
//!
//! See `spec-notes/heaps.md`.

mod direct_block;
mod doubling_table;
mod header;
mod id;
mod indirect_block;

pub(crate) use direct_block::{DirectBlock, DirectBlockContext};
pub(crate) use doubling_table::{Contents, DoublingTable};
#[cfg(test)]
pub(crate) use header::HeapFilters;
pub(crate) use header::{FractalHeapFlags, FractalHeapHeader, HeapStatistics};
pub(crate) use id::{HeapId, HugeObject, IdLayout};
#[cfg(test)]
pub(crate) use indirect_block::DirectEntry;
pub(crate) use indirect_block::{FilteredBlock, IndirectBlock, IndirectBlockContext};
