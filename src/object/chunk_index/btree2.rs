//! The index that is a version 2 B-tree.

use std::fmt::Debug;
use std::ops::ControlFlow;

use super::{ChunkChange, ChunkIndex, Elements, IndexContext};
use crate::codec::{Address, Sizes};
use crate::error::{Error, Result};
use crate::format::btree2::{
    BTree2Header, ChunkRecord, ChunkRecordContext, FilteredChunkRecord, Record,
};
use crate::format::chunk_element::{ChunkElement, ChunkElementLayout};
use crate::format::message::ChunkIndexKind;
use crate::infra::btree2::{BTree2, BTree2Creation};
use crate::object::raw_data::chunked::ChunkLocation;
use crate::object::store::Store;
use crate::space::Extents;

/// The index of a dataset that has, or would have, a version 2 B-tree.
pub(super) fn open(
    store: &Store,
    context: &IndexContext<'_>,
    kind: ChunkIndexKind,
) -> Result<Box<dyn ChunkIndex>> {
    let space = store.space();
    let filtered = match context.layout.address {
        Some(header) => {
            let facts: BTree2Header = space.load(header, BTree2Header::size(space.sizes()))?;
            facts.record_type == FilteredChunkRecord::TYPE
        }
        None => context.filtered,
    };
    Ok(if filtered {
        Box::new(TreeIndex::<FilteredChunkRecord>::open(store, context, kind)?)
    } else {
        Box::new(TreeIndex::<ChunkRecord>::open(store, context, kind)?)
    })
}

/// A record about a chunk.
trait PlacedRecord: Record<Context = ChunkRecordContext> + Send + Sync {
    /// The record of a chunk; `None` where the element is not of its kind.
    fn new(scaled: Vec<u64>, element: ChunkElement) -> Option<Self>;

    fn scaled(&self) -> &[u64];

    fn element(&self) -> ChunkElement;

    /// How elements are laid out, but for the coordinates.
    fn layout(context: &ChunkRecordContext) -> ChunkElementLayout;
}

impl PlacedRecord for ChunkRecord {
    fn new(scaled: Vec<u64>, element: ChunkElement) -> Option<Self> {
        Some(Self { address: element.address.filter(|_| element.filtered.is_none())?, scaled })
    }

    fn scaled(&self) -> &[u64] {
        &self.scaled
    }

    fn element(&self) -> ChunkElement {
        self.element()
    }

    fn layout(_: &ChunkRecordContext) -> ChunkElementLayout {
        ChunkElementLayout::Plain
    }
}

impl PlacedRecord for FilteredChunkRecord {
    fn new(scaled: Vec<u64>, element: ChunkElement) -> Option<Self> {
        Some(Self { address: element.address?, chunk: element.filtered?, scaled })
    }

    fn scaled(&self) -> &[u64] {
        &self.scaled
    }

    fn element(&self) -> ChunkElement {
        self.element()
    }

    fn layout(context: &ChunkRecordContext) -> ChunkElementLayout {
        ChunkElementLayout::Filtered { size_width: context.size_width }
    }
}

/// A version 2 B-tree of chunks.
#[derive(Debug)]
struct TreeIndex<R: PlacedRecord> {
    kind: ChunkIndexKind,
    elements: Elements,
    /// Dimensions of the dataset.
    rank: u8,
    /// `None` before the index is created.
    tree: Option<BTree2<R>>,
}

impl<R: PlacedRecord> TreeIndex<R> {
    fn open(store: &Store, context: &IndexContext<'_>, kind: ChunkIndexKind) -> Result<Self> {
        let space = store.space();
        let rank = u8::try_from(context.grid.chunk.len()).unwrap_or(u8::MAX);
        let mut elements = Elements::new(store, context);
        let known = ChunkRecordContext::of_rank(rank);
        let load = |header| BTree2::<R>::load(space, header, &known);
        let tree = context.layout.address.map(load).transpose()?;
        if let Some(tree) = &tree {
            // What is there knows better than what would be made.
            let fitting = R::fit(&known, tree.header().record_size, space.sizes());
            elements.layout = fitting.as_ref().map_or(elements.layout, R::layout);
        }
        Ok(Self { kind, elements, rank, tree })
    }

    /// Bytes of a record.
    fn record_size(&self, sizes: Sizes) -> u16 {
        let element = self.elements.layout.size(sizes);
        let size = element.saturating_add(u64::from(self.rank).saturating_mul(8));
        u16::try_from(size).unwrap_or(u16::MAX)
    }

    fn created(&mut self, store: &Store) -> Result<&mut BTree2<R>> {
        let (space, known) = (store.space(), ChunkRecordContext::of_rank(self.rank));
        let record_size = self.record_size(space.sizes());
        let ChunkIndexKind::BTree2 { node_size, split, merge } = self.kind else {
            return Err(Error::unsupported("an index that is another one"));
        };
        match &mut self.tree {
            Some(tree) => Ok(tree),
            none => {
                let creation = BTree2Creation {
                    node_size,
                    record_size,
                    split_percent: split,
                    merge_percent: merge,
                };
                Ok(none.insert(BTree2::create(space, creation, &known)?))
            }
        }
    }
}

impl<R: PlacedRecord> ChunkIndex for TreeIndex<R> {
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>> {
        let Some(tree) = &self.tree else { return Ok(None) };
        let found = tree.find(store.space(), &mut |r| Ok(r.scaled().cmp(scaled)))?;
        Ok(found.and_then(|record| self.elements.location(&record.element())))
    }

    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()> {
        let Some(tree) = &self.tree else { return Ok(()) };
        tree.for_each(store.space(), &mut |record| {
            if let Some(location) = self.elements.location(&record.element()) {
                each(record.scaled(), location)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    fn layout(&self) -> (Option<Address>, ChunkIndexKind) {
        (self.tree.as_ref().map(BTree2::at), self.kind)
    }

    fn create(&mut self, store: &Store) -> Result<()> {
        self.created(store).map(|_| ())
    }

    fn change(&mut self, store: &Store, changes: &[ChunkChange]) -> Result<()> {
        let space = store.space();
        for (scaled, at) in changes {
            let compare = &mut |r: &R| Ok(r.scaled().cmp(scaled));
            match (at, &mut self.tree) {
                (None, None) => {}
                (None, Some(tree)) => {
                    tree.remove(space, compare)?;
                }
                (Some(at), _) => {
                    let element = self.elements.element(*at)?;
                    let record = R::new(scaled.clone(), element);
                    let record =
                        record.ok_or_else(|| Error::usage("a chunk of another kind of index"))?;
                    self.created(store)?.set(space, record, compare)?;
                }
            }
        }
        Ok(())
    }

    fn extents(&self, store: &Store, extents: &mut Extents) -> Result<()> {
        self.tree.as_ref().map_or(Ok(()), |tree| tree.extents(store.space(), extents))
    }
}
