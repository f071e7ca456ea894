//! Changes of raw data in chunks.
//!
//! Chunks that are written whole are encoded and stored at once, each while others are encoded where there
//! are threads for that; one that comes alone is then encoded while the caller goes on, and waits till it is
//! stored with others. Parts of chunks that go through
//! filters are gathered in a cache of decoded chunks, so that a chunk that is written in many small
//! parts is encoded once; so are those of small chunks without filters that are new, or that the
//! dataset is to grow in. Parts of other chunks are written where they belong.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::RwLockWriteGuard;

use super::chunk_cache::ChunkCache;
use super::chunked::{
    ChunkDecoder, ChunkLocation, Grid, Piece, decode_all, for_each_coordinate, for_each_piece,
    map_chunks_then, result_shape,
};
use super::in_place::{self, Block, Care, InPlace};
use super::own_fill::own_fill;
use crate::codec::{Address, wide};
use crate::element::holds_heap_ids;
use crate::error::{Error, Result};
use crate::filter::pipeline;
use crate::format::message::ChunkedLayout;
use crate::limits::Limits;
use crate::object::chunk_index::{ChunkChange, ChunkIndex};
use crate::object::dataset::DatasetObject;
use crate::object::progress;
use crate::object::selection::ElementSelection;
use crate::object::store::Store;
use crate::space::Purpose;

/// Most bytes of a chunk without filters that gathers what is written to it, as with libhdf5.
const GATHERED: u64 = 1 << 20;

/// Fewest bytes of a chunk that waits for others to be encoded with.
const ENCODED_TOGETHER: u64 = 64 << 10;

/// The chunks of one dataset, being changed.
#[derive(Debug)]
pub(crate) struct ChunkWriter<'a> {
    pub(super) store: &'a Store,
    pub(super) dataset: &'a DatasetObject,
    pub(super) layout: &'a ChunkedLayout,
    pub(super) grid: Grid,
    pub(super) index: Box<dyn ChunkIndex>,
    pub(super) cache: RwLockWriteGuard<'a, ChunkCache>,
}

impl<'a> ChunkWriter<'a> {
    /// Takes the chunks of a dataset to change them. Where [`finish`](Self::finish) is not called,
    /// the step fails.
    pub(crate) fn open(
        store: &'a Store,
        dataset: &'a DatasetObject,
        layout: &'a ChunkedLayout,
    ) -> Result<Self> {
        let grid = dataset.grid(store, layout)?.clone();
        Limits::check("chunk_bytes", grid.chunk_bytes, store.space().limits().chunk_bytes)?;
        store.forget_decoded();
        let state = dataset.chunk_state();
        let index = state.take_index(|| dataset.open_index(store, layout, &grid))?;
        let mut cache = state.cache_mut();
        cache.enter(store.space().step());
        Ok(Self { store, dataset, layout, grid, index, cache })
    }

    /// Ends the change; gives the layout where it is another one now.
    pub(crate) fn finish(mut self) -> Option<ChunkedLayout> {
        note_dirtied(self.store, &mut self.cache);
        let (address, index) = self.index.layout();
        self.dataset.chunk_state().put_index(self.index);
        let changed = (address, &index) != (self.layout.address, &self.layout.index);
        changed.then(|| ChunkedLayout { address, index, ..self.layout.clone() })
    }

    pub(super) fn decoder<'b>(&'b self, grid: &'b Grid) -> ChunkDecoder<'b> {
        self.dataset.decoder(self.store, self.layout, grid)
    }

    /// A chunk nobody wrote to.
    pub(super) fn filled(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.grid.chunk_bytes).map_err(|_| too_large())?];
        self.dataset.fill.write(&mut bytes);
        Ok(bytes)
    }

    /// Lets elements that nobody wrote keep in heaps what they name.
    pub(super) fn own(&self, chunk: &mut [u8]) -> Result<()> {
        let (datatype, fill) = (&self.dataset.datatype.datatype, self.dataset.fill.visible());
        own_fill(self.store, datatype, fill, chunk)
    }

    /// Writes `bytes`, those of `elements`.
    pub(crate) fn write(&mut self, elements: &ElementSelection, bytes: &[u8]) -> Result<()> {
        self.allocate_together()?;
        let grid = self.grid.clone();
        let result = result_shape(elements);
        let mut batch: Vec<Piece> = Vec::new();
        for_each_piece(&grid, elements, &mut |piece| {
            batch.push(piece);
            if batch.len() < grid.batch() {
                return Ok(());
            }
            self.write_batch(std::mem::take(&mut batch), &result, bytes)
        })?;
        self.write_batch(batch, &result, bytes)
    }

    fn write_batch(&mut self, batch: Vec<Piece>, result: &[u64], bytes: &[u8]) -> Result<()> {
        let whole = |piece: &Piece| piece.is_whole(&self.grid) && !self.expects_more(&piece.scaled);
        let (whole, parts): (Vec<_>, Vec<_>) = batch.into_iter().partition(whole);
        match whole.as_slice() {
            [piece] if self.encodes_later(&piece.scaled) => {
                let chunk = match self.decoded(piece, result, bytes)? {
                    Cow::Borrowed(chunk) => self.cache.copy(chunk),
                    Cow::Owned(chunk) => chunk,
                };
                self.hold(&piece.scaled, chunk, true)?;
                self.begin(&piece.scaled);
            }
            whole => self.write_whole(whole, result, bytes)?,
        }
        self.write_parts(&parts, result, bytes)?;
        self.evict()?;
        progress::advance_by(|| self.grid.bytes_of(whole.iter().chain(&parts)))
    }

    /// Whether what is written to a chunk is gathered in the cache.
    fn gathers(&self, scaled: &[u64]) -> bool {
        let small = self.dataset.filters.is_empty() && self.grid.chunk_bytes <= GATHERED;
        small || !self.decoder(&self.grid).filters_of(scaled).is_empty()
    }

    /// Whether a chunk that gathers what is written can come to hold more elements, so that it is
    /// better stored later.
    fn expects_more(&self, scaled: &[u64]) -> bool {
        let grows = |(axis, ((n, chunk), len)): (usize, ((&u64, &u64), &u64))| {
            let end = n.saturating_add(1).saturating_mul(*chunk);
            end > *len && self.dataset.dataspace.max(axis).is_none_or(|max| max > *len)
        };
        let axes = scaled.iter().zip(&self.grid.chunk).zip(&self.grid.extent);
        self.gathers(scaled) && axes.enumerate().any(grows)
    }

    /// Whether a chunk that is written whole, and is the only one, is better encoded together with
    /// those that come after it.
    fn encodes_later(&self, scaled: &[u64]) -> bool {
        let bytes = self.grid.chunk_bytes;
        bytes >= ENCODED_TOGETHER
            && bytes <= self.cache.bound() / 8
            && !self.decoder(&self.grid).filters_of(scaled).is_empty()
            && !self.may_fail()
            && !progress::is_watched()
            && self.store.workers().count() > 1
    }

    /// The bytes of a chunk that is written whole.
    fn decoded<'b>(&self, piece: &Piece, result: &[u64], bytes: &'b [u8]) -> Result<Cow<'b, [u8]>> {
        if let Some(chunk) = piece.all_of(&self.grid, result, bytes)? {
            return Ok(Cow::Borrowed(chunk));
        }
        let mut chunk = self.surroundings(&piece.scaled)?;
        gather(&self.grid, piece, result, bytes, &mut chunk)?;
        self.own(&mut chunk)?;
        Ok(Cow::Owned(chunk))
    }

    fn write_whole(&mut self, pieces: &[Piece], result: &[u64], bytes: &[u8]) -> Result<()> {
        let (grid, decoder) = (&self.grid, self.decoder(&self.grid));
        let filtered = !self.dataset.filters.is_empty();
        let workers = filtered.then(|| self.store.workers());
        let mut moves = Moves::default();
        let encode = |piece: &Piece| {
            let chunk = self.decoded(piece, result, bytes)?;
            let (bytes, filter_mask) = encode(decoder, &piece.scaled, chunk)?;
            Ok(EncodedChunk { scaled: piece.scaled.clone(), bytes, filter_mask })
        };
        let care = self.dataset.care();
        map_chunks_then(workers, grid, pieces, encode, |chunk| {
            self.store_chunk(chunk, care, &mut moves)
        })?;
        pieces.iter().for_each(|piece| self.cache.remove(&piece.scaled));
        self.note_moves(moves)
    }

    fn write_parts(&mut self, pieces: &[Piece], result: &[u64], bytes: &[u8]) -> Result<()> {
        let mut cached: Vec<&Piece> = Vec::new();
        let mut stored: Vec<(&[u64], ChunkLocation)> = Vec::new();
        let mut new: Vec<EncodedChunk> = Vec::new();
        for piece in pieces {
            let scaled = piece.scaled.as_slice();
            if self.cache.contains(scaled) {
                cached.push(piece);
                continue;
            }
            let plain = self.decoder(&self.grid).filters_of(scaled).is_empty();
            // Of a chunk that is written over nothing needs to be known.
            let over = !plain && piece.is_whole(&self.grid);
            let found = if over { None } else { self.index.get(self.store, scaled)? };
            match found {
                Some(at) if plain && self.expects_more(scaled) => {
                    cached.push(piece);
                    stored.push((scaled, at));
                }
                Some(at) if plain && self.must_stay(&at) => {
                    let mut chunk = self.decoder(&self.grid).decode(scaled, &at)?.into_owned();
                    gather(&self.grid, piece, result, bytes, &mut chunk)?;
                    new.push(EncodedChunk::plain(scaled, chunk));
                }
                Some(at) if plain => self.write_plain(piece, &at, result, bytes)?,
                Some(at) => {
                    cached.push(piece);
                    stored.push((scaled, at));
                }
                None => {
                    let mut chunk = self.surroundings(scaled)?;
                    gather(&self.grid, piece, result, bytes, &mut chunk)?;
                    self.own(&mut chunk)?;
                    if self.gathers(scaled) {
                        self.hold(scaled, chunk, true)?;
                    } else {
                        new.push(EncodedChunk::plain(scaled, chunk));
                    }
                }
            }
        }
        self.put(new)?;
        let decoded = decode_all(self.decoder(&self.grid), &stored)?;
        let decoded: Vec<_> = decoded.into_iter().map(Cow::into_owned).collect();
        for ((scaled, _), chunk) in stored.iter().zip(decoded) {
            self.hold(scaled, chunk, false)?;
        }
        let may_fail = self.may_fail();
        for piece in cached {
            self.cache.touch(&piece.scaled);
            piece.for_each_byte_run(&self.grid, result, &mut |to, from| {
                let from = bytes.get(from).ok_or_else(too_large)?;
                let there = self.cache.patch(&piece.scaled, to, from);
                if there { Ok(()) } else { Err(too_large()) }
            })?;
            if may_fail && let Some(chunk) = self.cache.get(&piece.scaled) {
                self.prove(chunk)?;
            }
        }
        Ok(())
    }

    /// Whether a chunk is committed, and what it holds must be there until the next commit: it is
    /// written anew elsewhere, so that the index switches from one to the other.
    fn must_stay(&self, at: &ChunkLocation) -> bool {
        let fresh = self.store.space().is_fresh(at.address, at.stored_bytes);
        self.dataset.care() == Care::KeepCommitted && !fresh && !self.index.owns_chunks()
    }

    /// Writes a part of a stored chunk that goes through no filters.
    fn write_plain(
        &self,
        piece: &Piece,
        at: &ChunkLocation,
        result: &[u64],
        bytes: &[u8],
    ) -> Result<()> {
        let space = self.store.space();
        if at.stored_bytes != self.grid.chunk_bytes {
            let problem = format!("{} bytes for one of {}", at.stored_bytes, self.grid.chunk_bytes);
            return Err(space.broken("Chunk", "Size", at.address, problem));
        }
        let (at, len, care) = (at.address, at.stored_bytes, self.dataset.care());
        let mut target = InPlace::new(Block { space, at, len, care });
        piece.for_each_byte_run(&self.grid, result, &mut |to, from| {
            target.put(wide(to.start), bytes.get(from).ok_or_else(too_large)?)
        })?;
        target.finish()
    }

    /// Lets a decoded chunk wait in the cache.
    pub(super) fn hold(&mut self, scaled: &[u64], chunk: Vec<u8>, dirty: bool) -> Result<()> {
        if !self.cache.is_proven() || (dirty && self.may_fail()) {
            // What cannot be encoded must not wait until a commit fails for it.
            self.prove(&chunk)?;
            self.cache.prove();
        }
        self.cache.insert(scaled, chunk, dirty);
        Ok(())
    }

    /// Lets a chunk that waits be encoded while the caller goes on.
    fn begin(&mut self, scaled: &[u64]) {
        let (filters, registry) = (&self.dataset.filters, self.store.registry());
        // The edge may come to be elsewhere, where chunks across it take no filters.
        if !self.layout.partial_chunks_unfiltered()
            && let Some(encoding) = self.cache.begin(scaled, filters, registry)
        {
            self.store.workers().spawn(move || encoding.run());
        }
    }

    /// Whether some chunks can be encoded and others cannot.
    fn may_fail(&self) -> bool {
        pipeline::may_fail(&self.dataset.filters, self.store.registry())
    }

    /// Sees whether a chunk can be encoded.
    fn prove(&self, chunk: &[u8]) -> Result<()> {
        let (filters, registry) = (&self.dataset.filters, self.store.registry());
        pipeline::encode(filters, Cow::Borrowed(chunk), registry).map(|_| ())
    }

    /// Encodes what is more than the cache should hold.
    pub(super) fn evict(&mut self) -> Result<()> {
        let surplus = self.cache.surplus(self.store.workers().count());
        if let Some(refusal) = self.write_back(&surplus)? {
            return Err(refusal);
        }
        surplus.iter().for_each(|scaled| self.cache.remove(scaled));
        Ok(())
    }

    /// Encodes all chunks that were changed; gives why some cannot be, which go on waiting.
    pub(crate) fn flush(&mut self) -> Result<Option<Error>> {
        let dirty = self.cache.dirty();
        self.write_back(&dirty)
    }

    fn write_back(&mut self, chunks: &[Vec<u64>]) -> Result<Option<Error>> {
        let mut refusal = None;
        for batch in chunks.chunks(self.grid.batch()) {
            let decoder = self.decoder(&self.grid);
            let dirty = batch.iter().filter(|scaled| self.cache.is_chunk_dirty(scaled));
            let (begun, left): (Vec<_>, Vec<_>) =
                dirty.partition(|scaled| self.cache.encoding(scaled).is_some());
            let left: Vec<(&[u64], &[u8])> = left
                .into_iter()
                .filter_map(|scaled| Some((scaled.as_slice(), self.cache.get(scaled)?)))
                .collect();
            let (mut moves, mut stored) = (Moves::default(), Vec::new());
            let care = self.dataset.care();
            let mut store = |scaled: &[u64], encoded: Result<(Cow<'_, [u8]>, u32)>| {
                match encoded {
                    Ok((bytes, filter_mask)) => {
                        let chunk = EncodedChunk { scaled: scaled.to_vec(), bytes, filter_mask };
                        self.store_chunk(chunk, care, &mut moves)?;
                        stored.push(scaled.to_vec());
                    }
                    Err(error) => refusal = refusal.take().or(Some(error)),
                }
                Ok(())
            };
            for scaled in begun {
                if let Some(encoding) = self.cache.encoding(scaled) {
                    store(scaled, encoding.take())?;
                }
            }
            let encode = |&(scaled, chunk): &(_, _)| {
                Ok((scaled, encode(decoder, scaled, Cow::Borrowed(chunk))))
            };
            let workers = Some(self.store.workers());
            map_chunks_then(workers, &self.grid, &left, encode, |(scaled, encoded)| {
                store(scaled, encoded)
            })?;
            self.note_moves(moves)?;
            stored.iter().for_each(|scaled| self.cache.clean(scaled));
        }
        Ok(refusal)
    }

    /// Stores a chunk as it is, `bytes` of which the filters in `mask` were left out.
    pub(crate) fn write_chunk(&mut self, scaled: &[u64], mask: u32, bytes: &[u8]) -> Result<()> {
        if !self.grid.contains(scaled) {
            return Err(Error::usage(format!("no chunk has the coordinates {scaled:?}")));
        }
        let plain = self.decoder(&self.grid).filters_of(scaled).is_empty();
        if plain && (mask != 0 || wide(bytes.len()) != self.grid.chunk_bytes) {
            let size = self.grid.chunk_bytes;
            let problem = format!("a chunk without filters has {size} bytes and no filter mask");
            return Err(Error::usage(problem));
        }
        self.allocate_together()?;
        self.cache.remove(scaled);
        let (scaled, bytes) = (scaled.to_vec(), Cow::Borrowed(bytes));
        self.put(vec![EncodedChunk { scaled, bytes, filter_mask: mask }])
    }

    /// Stores chunks: where they were, where that is safe, or elsewhere.
    pub(super) fn put(&mut self, chunks: Vec<EncodedChunk<'_>>) -> Result<()> {
        self.put_with(chunks, self.dataset.care())
    }

    pub(super) fn put_with(&mut self, chunks: Vec<EncodedChunk<'_>>, care: Care) -> Result<()> {
        let mut moves = Moves::default();
        chunks.into_iter().try_for_each(|chunk| self.store_chunk(chunk, care, &mut moves))?;
        self.note_moves(moves)
    }

    /// Stores a chunk, of which the index does not know before [`note_moves`](Self::note_moves).
    pub(super) fn store_chunk(
        &self,
        chunk: EncodedChunk<'_>,
        care: Care,
        moves: &mut Moves,
    ) -> Result<()> {
        let EncodedChunk { scaled, bytes, filter_mask } = chunk;
        let old = self.index.get(self.store, &scaled)?;
        let place = old.filter(|old| self.may_overwrite(old, wide(bytes.len()), care));
        if let Some(place) = place {
            return in_place::overwrite(self.store.space(), place.address, bytes, care);
        }
        moves.to.push((scaled, Some(self.add(&bytes, filter_mask)?)));
        moves.from.extend(old);
        Ok(())
    }

    /// Lets the index know where chunks are now.
    pub(super) fn note_moves(&mut self, Moves { to, from }: Moves) -> Result<()> {
        if !to.is_empty() {
            self.index.change(self.store, &to)?;
        }
        let space = self.store.space();
        let free =
            |old: &ChunkLocation| space.free(Purpose::RawData, old.address, old.stored_bytes);
        from.iter().try_for_each(free)
    }

    /// Whether a chunk of `len` bytes may be written where another one is. What is filtered may
    /// not: half of it is nothing.
    fn may_overwrite(&self, old: &ChunkLocation, len: u64, care: Care) -> bool {
        let safe = care == Care::None
            || self.index.owns_chunks()
            || self.store.space().is_fresh(old.address, len);
        self.dataset.filters.is_empty() && old.stored_bytes == len && safe
    }

    /// Stores every chunk that is not stored yet, but for the first `known` along each axis.
    pub(crate) fn allocate(&mut self, known: &[u64]) -> Result<()> {
        self.allocate_together()?;
        if self.index.owns_chunks() {
            return Ok(());
        }
        let counts = self.grid.counts();
        let mut missing = Vec::new();
        for grown in 0..counts.len() {
            let range = |(axis, (known, count)): (usize, (&u64, &u64))| match axis.cmp(&grown) {
                Ordering::Less => 0..*known.min(count),
                Ordering::Equal => *known.min(count)..*count,
                Ordering::Greater => 0..*count,
            };
            let ranges: Vec<_> = known.iter().zip(&counts).enumerate().map(range).collect();
            for_each_coordinate(&ranges, &mut |scaled| {
                if !self.cache.contains(scaled) && self.index.get(self.store, scaled)?.is_none() {
                    missing.push(scaled.to_vec());
                }
                Ok(())
            })?;
        }
        let (filters, registry) = (&self.dataset.filters, self.store.registry());
        let names = holds_heap_ids(&self.dataset.datatype.datatype);
        let filled = if filters.is_empty() { Vec::new() } else { self.filled()? };
        let (encoded, mask) = pipeline::encode(filters, Cow::Borrowed(&filled), registry)?;
        let changes = missing.into_iter().map(|scaled| {
            let plain = self.decoder(&self.grid).filters_of(&scaled).is_empty();
            let at = if plain {
                self.add_filled()?
            } else if names {
                let mut chunk = filled.clone();
                self.own(&mut chunk)?;
                let (encoded, mask) = pipeline::encode(filters, Cow::Owned(chunk), registry)?;
                self.add(&encoded, mask)?
            } else {
                self.add(&encoded, mask)?
            };
            Ok((scaled, Some(at)))
        });
        let changes: Vec<ChunkChange> = changes.collect::<Result<_>>()?;
        if changes.is_empty() { Ok(()) } else { self.index.change(self.store, &changes) }
    }

    /// Puts an encoded chunk into new space.
    fn add(&self, bytes: &[u8], filter_mask: u32) -> Result<ChunkLocation> {
        if bytes.is_empty() {
            return Err(Error::usage("a stored chunk has at least one byte"));
        }
        let stored_bytes = wide(bytes.len());
        let address = self.store.space().allocate(Purpose::RawData, stored_bytes)?;
        self.store.space().write_raw(address, bytes)?;
        Ok(ChunkLocation { address, stored_bytes, filter_mask })
    }

    /// As [`add`](Self::add), a chunk without filters that nobody wrote to.
    fn add_filled(&self) -> Result<ChunkLocation> {
        let (space, stored_bytes) = (self.store.space(), self.grid.chunk_bytes);
        let address = space.allocate(Purpose::RawData, stored_bytes)?;
        self.dataset.write_fill(self.store, address, stored_bytes)?;
        Ok(ChunkLocation { address, stored_bytes, filter_mask: 0 })
    }

    /// Allocates and fills chunks that only come all together.
    pub(super) fn allocate_together(&mut self) -> Result<()> {
        if !self.index.owns_chunks() || self.index.layout().0.is_some() {
            return Ok(());
        }
        let len = self.bytes_together()?;
        self.index.create(self.store)?;
        match self.index.layout().0 {
            Some(at) => self.dataset.write_fill(self.store, at, len),
            None => Ok(()),
        }
    }

    /// Bytes of the chunks of the largest extent.
    fn bytes_together(&self) -> Result<u64> {
        let maximum = self.dataset.maximum();
        let mut counts =
            maximum.iter().zip(&self.grid.chunk).map(|(max, n)| Some((*max)?.div_ceil(*n)));
        let bytes = counts.try_fold(self.grid.chunk_bytes, |n, count| n.checked_mul(count?));
        bytes.ok_or_else(|| {
            let place = self.layout.address.unwrap_or(Address(0));
            let problem = "chunks without an index need a largest extent";
            self.store.space().broken("Data Layout Message", "Chunk Indexing Type", place, problem)
        })
    }
}

/// A chunk as it is stored.
#[derive(Debug)]
pub(super) struct EncodedChunk<'b> {
    pub(super) scaled: Vec<u64>,
    pub(super) bytes: Cow<'b, [u8]>,
    pub(super) filter_mask: u32,
}

/// Chunks that are stored elsewhere than the index says.
#[derive(Debug, Default)]
pub(super) struct Moves {
    to: Vec<ChunkChange>,
    /// Where they were.
    from: Vec<ChunkLocation>,
}

impl EncodedChunk<'_> {
    /// A chunk that goes through no filters.
    pub(super) fn plain(scaled: &[u64], bytes: Vec<u8>) -> Self {
        Self { scaled: scaled.to_vec(), bytes: Cow::Owned(bytes), filter_mask: 0 }
    }
}

/// Lets the next commit know of chunks that came to wait.
pub(crate) fn note_dirtied(store: &Store, cache: &mut ChunkCache) {
    let dirtied = cache.take_dirtied();
    if dirtied > 0 {
        store.space().note_waiting(dirtied);
    }
}

/// Copies what a piece takes of `bytes` into its chunk.
fn gather(
    grid: &Grid,
    piece: &Piece,
    result: &[u64],
    bytes: &[u8],
    chunk: &mut [u8],
) -> Result<()> {
    piece.for_each_byte_run(grid, result, &mut |to, from| {
        let (to, from) = chunk.get_mut(to).zip(bytes.get(from)).ok_or_else(too_large)?;
        to.copy_from_slice(from);
        Ok(())
    })
}

pub(super) fn encode<'b>(
    decoder: ChunkDecoder<'_>,
    scaled: &[u64],
    chunk: Cow<'b, [u8]>,
) -> Result<(Cow<'b, [u8]>, u32)> {
    pipeline::encode(decoder.filters_of(scaled), chunk, decoder.store.registry())
}

#[cold]
fn too_large() -> Error {
    Error::usage("the chunk does not fit memory")
}
