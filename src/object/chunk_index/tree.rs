//! Chunk indexes that are B-trees.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::{ChunkIndex, location};
use crate::codec::Address;
use crate::error::Result;
use crate::format::btree2::{
    BTree2Header, ChunkRecord as PlainRecord, ChunkRecordContext, FilteredChunkRecord, Record,
};
use crate::format::chunk_element::ChunkElement;
use crate::infra::btree1::{ChunkRecord, find_chunk, for_each_chunk};
use crate::infra::btree2;
use crate::object::raw_data::chunked::{ChunkLocation, Grid};
use crate::object::store::Store;

/// A version 1 B-tree of chunks.
#[derive(Debug)]
pub(super) struct BTree1 {
    pub(super) root: Address,
    /// Elements along each axis of a chunk.
    pub(super) chunk: Vec<u64>,
}

impl BTree1 {
    fn location(record: &ChunkRecord) -> ChunkLocation {
        ChunkLocation {
            address: record.address,
            stored_bytes: record.stored_bytes.into(),
            filter_mask: record.filter_mask,
        }
    }
}

impl ChunkIndex for BTree1 {
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let offset: Option<Vec<u64>> =
            scaled.iter().zip(&self.chunk).map(|(n, chunk)| n.checked_mul(*chunk)).collect();
        let Some(offset) = offset else { return Ok(None) };
        let k = store.superblock().chunk_k;
        let found = find_chunk(store.space(), self.root, self.chunk.len(), k, &offset)?;
        Ok(found.as_ref().map(Self::location))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        let k = store.superblock().chunk_k;
        for_each_chunk(store.space(), self.root, self.chunk.len(), k, &mut |record| {
            let whole = |(at, chunk): (&u64, &u64)| {
                (at.checked_rem(*chunk)? == 0).then_some(at.checked_div(*chunk)?)
            };
            let scaled: Option<Vec<u64>> =
                record.offset.iter().zip(&self.chunk).map(whole).collect();
            let scaled = scaled.ok_or_else(|| {
                let problem = format!("{:?} is no multiple of the chunk's size", record.offset);
                store.space().broken("Version 1 B-tree", "Chunk Offset", self.root, problem)
            })?;
            each(&scaled, Self::location(&record))
        })
    }
}

/// A version 2 B-tree of chunks.
#[derive(Debug)]
pub(super) struct BTree2 {
    tree: Tree,
    chunk_bytes: u64,
}

#[derive(Debug)]
enum Tree {
    Plain(btree2::BTree2<PlainRecord>),
    Filtered(btree2::BTree2<FilteredChunkRecord>),
}

impl BTree2 {
    pub(super) fn load(store: &Store, header: Address, grid: &Grid) -> Result<Self> {
        let space = store.space();
        let rank = u8::try_from(grid.chunk.len()).unwrap_or(u8::MAX);
        let context = ChunkRecordContext::of_rank(rank);
        let facts: BTree2Header = space.load(header, BTree2Header::size(space.sizes()))?;
        let tree = if facts.record_type == FilteredChunkRecord::TYPE {
            Tree::Filtered(btree2::BTree2::load(space, header, &context)?)
        } else {
            Tree::Plain(btree2::BTree2::load(space, header, &context)?)
        };
        Ok(Self { tree, chunk_bytes: grid.chunk_bytes })
    }
}

impl ChunkIndex for BTree2 {
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let space = store.space();
        let element = match &self.tree {
            Tree::Plain(tree) => {
                let mut compare =
                    |r: &PlainRecord| -> Result<Ordering> { Ok(r.scaled.as_slice().cmp(scaled)) };
                tree.find(space, &mut compare)?.map(|record| record.element())
            }
            Tree::Filtered(tree) => {
                let mut compare = |r: &FilteredChunkRecord| -> Result<Ordering> {
                    Ok(r.scaled.as_slice().cmp(scaled))
                };
                tree.find(space, &mut compare)?.map(|record| record.element())
            }
        };
        Ok(element.and_then(|element| location(&element, self.chunk_bytes)))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        let mut visit = |scaled: &[u64], element: ChunkElement| {
            if let Some(location) = location(&element, self.chunk_bytes) {
                each(scaled, location)?;
            }
            Ok(ControlFlow::Continue(()))
        };
        match &self.tree {
            Tree::Plain(tree) => {
                tree.for_each(store.space(), &mut |r| visit(&r.scaled, r.element()))
            }
            Tree::Filtered(tree) => {
                tree.for_each(store.space(), &mut |r| visit(&r.scaled, r.element()))
            }
        }
    }
}
