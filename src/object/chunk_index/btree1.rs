//! The index that is a version 1 B-tree.

use super::{ChunkChange, ChunkIndex, IndexContext};
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::btree1::ChunkNumbers;
use crate::format::message::ChunkIndexKind;
use crate::infra::btree1::{ChunkRecord, ChunkTree, find_chunk, for_each_chunk};
use crate::object::raw_data::chunked::ChunkLocation;
use crate::object::selection::strides;
use crate::object::store::Store;
use crate::space::Extents;

/// Most axes of a dataset.
const MAX_RANK: usize = 32;

/// A version 1 B-tree of chunks.
#[derive(Debug)]
pub(super) struct BTree1 {
    /// `None` before the index is created.
    root: Option<Address>,
    /// Elements along each axis of a chunk.
    chunk: Vec<u64>,
    /// Chunks between neighbours along each axis.
    strides: Vec<u64>,
    /// Bytes of an element.
    element_size: u64,
}

impl BTree1 {
    pub(super) fn new(context: &IndexContext<'_>) -> Self {
        let (chunk, element_size) = (context.grid.chunk.clone(), context.grid.element_size);
        let strides = strides(&context.grid.counts());
        Self { root: context.layout.address, chunk, strides, element_size }
    }

    /// The chunk's first coordinates, `None` where they do not fit 64 bits.
    fn offset(&self, scaled: &[u64]) -> Option<Vec<u64>> {
        scaled.iter().zip(&self.chunk).map(|(n, chunk)| n.checked_mul(*chunk)).collect()
    }
}

impl ChunkIndex for BTree1 {
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let (Some(root), mut room) = (self.root, [0; MAX_RANK]) else { return Ok(None) };
        let Some(offset) = room.get_mut(..scaled.len()) else { return Ok(None) };
        for ((to, n), chunk) in offset.iter_mut().zip(scaled).zip(&self.chunk) {
            let Some(start) = n.checked_mul(*chunk) else { return Ok(None) };
            *to = start;
        }
        let numbers = ChunkNumbers { chunk: &self.chunk, strides: &self.strides };
        let k = store.superblock().chunk_k;
        let found = find_chunk(store.space(), root, &numbers, k, offset)?;
        Ok(found.map(|at| ChunkLocation {
            address: at.address,
            stored_bytes: at.stored_bytes.into(),
            filter_mask: at.filter_mask,
        }))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        let Some(root) = self.root else { return Ok(()) };
        let k = store.superblock().chunk_k;
        let mut scaled = vec![0; self.chunk.len()];
        for_each_chunk(store.space(), root, self.chunk.len(), k, &mut |key, address| {
            for ((to, at), chunk) in scaled.iter_mut().zip(&key.offset).zip(&self.chunk) {
                *to = at.checked_div(*chunk).unwrap_or(0);
                if at.checked_rem(*chunk) != Some(0) {
                    let problem = format!("{:?} is no multiple of the chunk's size", key.offset);
                    return Err(store.space().broken(
                        "Version 1 B-tree",
                        "Chunk Offset",
                        root,
                        problem,
                    ));
                }
            }
            let (stored_bytes, filter_mask) = (key.stored_bytes.into(), key.filter_mask);
            each(&scaled, ChunkLocation { address, stored_bytes, filter_mask })
        })
    }

    fn layout(&self) -> (Option<Address>, ChunkIndexKind) {
        (self.root, ChunkIndexKind::BTree1)
    }

    /// The first chunk makes the tree.
    fn create(&mut self, _: &Store) -> Result<()> {
        Ok(())
    }

    fn change(&mut self, store: &Store, changes: &[ChunkChange]) -> Result<()> {
        let (space, k) = (store.space(), store.superblock().chunk_k);
        for (scaled, at) in changes {
            let far = || Error::usage("a chunk that lies too far out");
            let offset = self.offset(scaled).ok_or_else(far)?;
            let tree = ChunkTree { k, chunk: &self.chunk, element_size: self.element_size };
            match (at, self.root) {
                (Some(at), root) => {
                    let stored_bytes = u32::try_from(at.stored_bytes)
                        .map_err(|_| Error::usage("this index has no chunks of 4 GiB or more"))?;
                    let (address, filter_mask) = (at.address, at.filter_mask);
                    let record = ChunkRecord { offset, address, stored_bytes, filter_mask };
                    self.root = Some(tree.set(space, root, &record)?.0);
                }
                (None, Some(root)) => {
                    tree.remove(space, root, &offset)?;
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn extents(&self, store: &Store, extents: &mut Extents) -> Result<()> {
        let Some(root) = self.root else { return Ok(()) };
        let k = store.superblock().chunk_k;
        let tree = ChunkTree { k, chunk: &self.chunk, element_size: self.element_size };
        tree.extents(store.space(), root, extents)
    }
}
