//! Extensible arrays (specification VII.D): the chunk index of datasets with one unlimited
//! dimension.
//!
//! See `spec-notes/layout-and-chunks.md`.

mod data_block;
mod header;
mod index_block;
mod secondary_block;

pub(crate) use data_block::{DataBlockContext, ExtensibleArrayDataBlock, ExtensibleArrayPage};
pub(crate) use header::{ExtensibleArrayHeader, Statistics, SuperBlockShape};
pub(crate) use index_block::ExtensibleArrayIndexBlock;
pub(crate) use secondary_block::{ExtensibleArraySecondaryBlock, SecondaryBlockContext};
