//! Chunk indexes that are B-trees.

use std::ops::ControlFlow;

use super::{ChunkChange, ChunkIndex, Elements, IndexContext};
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::btree2::{
    BTree2Header, ChunkRecord as PlainRecord, ChunkRecordContext, FilteredChunkRecord, Record,
};
use crate::format::chunk_element::ChunkElement;
use crate::format::message::ChunkIndexKind;
use crate::infra::btree1::{ChunkRecord, find_chunk, for_each_chunk};
use crate::infra::btree2;
use crate::object::raw_data::chunked::ChunkLocation;
use crate::object::store::Store;
use crate::space::Space;

/// A version 1 B-tree of chunks.
#[derive(Debug)]
pub(super) struct BTree1 {
    /// `None` before the index is created.
    root: Option<Address>,
    /// Elements along each axis of a chunk.
    chunk: Vec<u64>,
}

impl BTree1 {
    pub(super) fn new(context: &IndexContext<'_>) -> Self {
        Self { root: context.layout.address, chunk: context.grid.chunk.clone() }
    }

    fn location(record: &ChunkRecord) -> ChunkLocation {
        ChunkLocation {
            address: record.address,
            stored_bytes: record.stored_bytes.into(),
            filter_mask: record.filter_mask,
        }
    }

    /// The chunk's first coordinates, `None` where they do not fit 64 bits.
    fn offset(&self, scaled: &[u64]) -> Option<Vec<u64>> {
        scaled.iter().zip(&self.chunk).map(|(n, chunk)| n.checked_mul(*chunk)).collect()
    }
}

impl ChunkIndex for BTree1 {
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let Some((root, offset)) = self.root.zip(self.offset(scaled)) else { return Ok(None) };
        let k = store.superblock().chunk_k;
        let found = find_chunk(store.space(), root, self.chunk.len(), k, &offset)?;
        Ok(found.as_ref().map(Self::location))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        let Some(root) = self.root else { return Ok(()) };
        let k = store.superblock().chunk_k;
        for_each_chunk(store.space(), root, self.chunk.len(), k, &mut |record| {
            let whole = |(at, chunk): (&u64, &u64)| {
                (at.checked_rem(*chunk)? == 0).then_some(at.checked_div(*chunk)?)
            };
            let scaled: Option<Vec<u64>> =
                record.offset.iter().zip(&self.chunk).map(whole).collect();
            let scaled = scaled.ok_or_else(|| {
                let problem = format!("{:?} is no multiple of the chunk's size", record.offset);
                store.space().broken("Version 1 B-tree", "Chunk Offset", root, problem)
            })?;
            each(&scaled, Self::location(&record))
        })
    }

    fn layout(&self) -> (Option<Address>, ChunkIndexKind) {
        (self.root, ChunkIndexKind::BTree1)
    }

    fn create(&mut self, _: &Store) -> Result<()> {
        Err(Error::unsupported("changing a version 1 B-tree of chunks"))
    }

    fn change(&mut self, _: &Store, _: &[ChunkChange]) -> Result<()> {
        Err(Error::unsupported("changing a version 1 B-tree of chunks"))
    }

    fn free(self: Box<Self>, _: &Store) -> Result<()> {
        Err(Error::unsupported("changing a version 1 B-tree of chunks"))
    }
}

/// A version 2 B-tree of chunks.
#[derive(Debug)]
pub(super) struct BTree2 {
    address: Option<Address>,
    kind: ChunkIndexKind,
    elements: Elements,
    /// `None` before the index is created.
    tree: Option<Tree>,
}

#[derive(Debug)]
enum Tree {
    Plain(btree2::BTree2<PlainRecord>),
    Filtered(btree2::BTree2<FilteredChunkRecord>),
}

impl Tree {
    fn load(space: &Space, header: Address, rank: u8) -> Result<Self> {
        let context = ChunkRecordContext::of_rank(rank);
        let facts: BTree2Header = space.load(header, BTree2Header::size(space.sizes()))?;
        Ok(if facts.record_type == FilteredChunkRecord::TYPE {
            Self::Filtered(btree2::BTree2::load(space, header, &context)?)
        } else {
            Self::Plain(btree2::BTree2::load(space, header, &context)?)
        })
    }
}

impl BTree2 {
    pub(super) fn open(
        store: &Store,
        context: &IndexContext<'_>,
        kind: ChunkIndexKind,
    ) -> Result<Self> {
        let rank = u8::try_from(context.grid.chunk.len()).unwrap_or(u8::MAX);
        let load = |header| Tree::load(store.space(), header, rank);
        let address = context.layout.address;
        let tree = address.map(load).transpose()?;
        Ok(Self { address, kind, elements: Elements::new(store, context), tree })
    }
}

impl ChunkIndex for BTree2 {
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let space = store.space();
        let element = match &self.tree {
            None => None,
            Some(Tree::Plain(tree)) => {
                let mut compare = |r: &PlainRecord| Ok(r.scaled.as_slice().cmp(scaled));
                tree.find(space, &mut compare)?.map(|record| record.element())
            }
            Some(Tree::Filtered(tree)) => {
                let mut compare = |r: &FilteredChunkRecord| Ok(r.scaled.as_slice().cmp(scaled));
                tree.find(space, &mut compare)?.map(|record| record.element())
            }
        };
        Ok(element.and_then(|element| self.elements.location(&element)))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        let mut visit = |scaled: &[u64], element: ChunkElement| {
            if let Some(location) = self.elements.location(&element) {
                each(scaled, location)?;
            }
            Ok(ControlFlow::Continue(()))
        };
        match &self.tree {
            None => Ok(()),
            Some(Tree::Plain(tree)) => {
                tree.for_each(store.space(), &mut |r| visit(&r.scaled, r.element()))
            }
            Some(Tree::Filtered(tree)) => {
                tree.for_each(store.space(), &mut |r| visit(&r.scaled, r.element()))
            }
        }
    }

    fn layout(&self) -> (Option<Address>, ChunkIndexKind) {
        (self.address, self.kind)
    }

    fn create(&mut self, _: &Store) -> Result<()> {
        Err(Error::unsupported("changing a version 2 B-tree of chunks"))
    }

    fn change(&mut self, _: &Store, _: &[ChunkChange]) -> Result<()> {
        Err(Error::unsupported("changing a version 2 B-tree of chunks"))
    }

    fn free(self: Box<Self>, _: &Store) -> Result<()> {
        Err(Error::unsupported("changing a version 2 B-tree of chunks"))
    }
}
