//! Chunk indexes: from a chunk's coordinates to its place in the file.

mod array;
mod btree1;
mod btree2;
mod choose;
mod implicit;
mod numbering;
mod single;

use std::fmt::Debug;

use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::chunk_element::{ChunkElement, ChunkElementLayout, FilteredChunk};
use crate::format::message::{ChunkIndexKind, ChunkedLayout};
use crate::infra::extensible_array::ExtensibleArray;
use crate::infra::fixed_array::FixedArray;
use crate::object::raw_data::chunked::{ChunkLocation, Grid};
use crate::object::store::Store;
use crate::space::Extents;

pub(crate) use choose::{IndexWish, choose};

/// A chunk's coordinates, in chunks, and where it is now; `None` where it is not stored any more.
pub(crate) type ChunkChange = (Vec<u64>, Option<ChunkLocation>);

/// A way to find the chunks of one dataset.
///
/// What changes is saved at once; what [`layout`](Self::layout) gives after it belongs into the
/// layout message. After an error an index may hold what the space, which then takes the changes
/// back, does not: it is to be opened anew.
pub(crate) trait ChunkIndex: Debug + Send + Sync {
    /// Where the chunk with these coordinates, in chunks, lies; `None` where it is not stored.
    fn get(&self, store: &Store, scaled: &[u64]) -> Result<Option<ChunkLocation>>;

    /// Calls `each` for every stored chunk, in the order of the index. Chunks outside the current
    /// extent may be among them.
    fn for_each(
        &self,
        store: &Store,
        each: &mut dyn FnMut(&[u64], ChunkLocation) -> Result<()>,
    ) -> Result<()>;

    /// What the layout message must say: the address, and the index with its parameters.
    fn layout(&self) -> (Option<Address>, ChunkIndexKind);

    /// Makes what an index has before its first chunk; nothing where it is there.
    fn create(&mut self, store: &Store) -> Result<()>;

    /// Says where chunks are now. Creates the index where it is not there. Changing many chunks at
    /// once costs less than one after the other.
    ///
    /// The space of chunks is the caller's, but where [`owns_chunks`](Self::owns_chunks).
    fn change(&mut self, store: &Store, changes: &[ChunkChange]) -> Result<()>;

    /// Whether chunks have their space through the index: from [`create`](Self::create) on they
    /// lie where it says, and nobody else allocates or frees them.
    fn owns_chunks(&self) -> bool {
        false
    }

    /// Adds the blocks of the index to `extents`, those of chunks only where it owns them.
    fn extents(&self, store: &Store, extents: &mut Extents) -> Result<()>;
}

/// What an index must know of its dataset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IndexContext<'a> {
    pub(crate) layout: &'a ChunkedLayout,
    /// Version of the layout message.
    pub(crate) version: u8,
    /// Whether the dataset has filters.
    pub(crate) filtered: bool,
    pub(crate) grid: &'a Grid,
    /// Largest size of each axis, `None` where it is unlimited.
    pub(crate) maximum: &'a [Option<u64>],
}

/// The index of a dataset. One that is not there yet has no chunks, and is created with the first.
pub(crate) fn open(store: &Store, context: &IndexContext<'_>) -> Result<Box<dyn ChunkIndex>> {
    let address = context.layout.address;
    Ok(match context.layout.index {
        ChunkIndexKind::BTree1 => Box::new(btree1::BTree1::new(context)),
        ChunkIndexKind::Single { filtered } => Box::new(single::Single::new(context, filtered)),
        ChunkIndexKind::Implicit => Box::new(implicit::Implicit::new(context)),
        ChunkIndexKind::FixedArray { page_bits } => {
            Box::new(array::Numbered::<FixedArray>::fixed(store, address, context, page_bits)?)
        }
        ChunkIndexKind::ExtensibleArray(parameters) => Box::new(
            array::Numbered::<ExtensibleArray>::extensible(store, address, context, parameters)?,
        ),
        kind @ ChunkIndexKind::BTree2 { .. } => btree2::open(store, context, kind)?,
    })
}

/// Adds the blocks of the index and of all its chunks to `extents`.
pub(crate) fn extents(store: &Store, index: &dyn ChunkIndex, extents: &mut Extents) -> Result<()> {
    if !index.owns_chunks() {
        index.for_each(store, &mut |_, at| {
            extents.raw_data(at.address, at.stored_bytes);
            Ok(())
        })?;
    }
    index.extents(store, extents)
}

/// How places of chunks are written down in an index's elements and records.
#[derive(Debug, Clone, Copy)]
struct Elements {
    layout: ChunkElementLayout,
    /// Bytes of a whole chunk.
    chunk_bytes: u64,
    /// Most stored bytes of a chunk that readers of the layout's version take.
    most: u64,
}

impl Elements {
    /// As a new index has them.
    fn new(store: &Store, context: &IndexContext<'_>) -> Self {
        let (version, chunk_bytes) = (context.version, context.grid.chunk_bytes);
        let sizes = store.space().sizes();
        let layout = ChunkElementLayout::new(context.filtered, version, chunk_bytes, sizes);
        let most = if version > 4 { u64::MAX } else { u32::MAX.into() };
        Self { layout, chunk_bytes, most }
    }

    /// The element as a place in the file.
    fn location(&self, element: &ChunkElement) -> Option<ChunkLocation> {
        let address = element.address?;
        let (stored_bytes, filter_mask) = match &element.filtered {
            Some(filtered) => (filtered.stored_bytes, filtered.filter_mask),
            None => (self.chunk_bytes, 0),
        };
        Some(ChunkLocation { address, stored_bytes, filter_mask })
    }

    /// The element for a place in the file.
    fn element(&self, at: ChunkLocation) -> Result<ChunkElement> {
        let ChunkLocation { address, stored_bytes, filter_mask } = at;
        if self.layout == ChunkElementLayout::Plain {
            check_plain(&at, self.chunk_bytes)?;
            return Ok(ChunkElement { address: Some(address), filtered: None });
        }
        if stored_bytes > self.most || !self.layout.can_hold(stored_bytes) {
            let what = format!("a filtered chunk of {stored_bytes} bytes, too many for its index");
            return Err(Error::usage(what));
        }
        let filtered = Some(FilteredChunk { stored_bytes, filter_mask });
        Ok(ChunkElement { address: Some(address), filtered })
    }
}

/// Checks that a chunk is one that went through no filters.
fn check_plain(at: &ChunkLocation, chunk_bytes: u64) -> Result<()> {
    if at.stored_bytes == chunk_bytes && at.filter_mask == 0 {
        return Ok(());
    }
    let what = format!("{} bytes for an unfiltered chunk of {chunk_bytes}", at.stored_bytes);
    Err(Error::usage(what))
}

/// A chunk that cannot be.
#[cold]
fn outside(scaled: &[u64]) -> Error {
    Error::usage(format!("chunk {scaled:?} lies outside the dataset's largest extent"))
}
