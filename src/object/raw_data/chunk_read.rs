//! Elements read from chunks: looked up, decoded and put where they belong, by as many threads as
//! pay.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::ahead::Ahead;
use super::chunk_cache::ChunkCache;
use super::chunk_plan::{Part, Piece, ProductPlan, Target};
use super::chunked::{self, ChunkDecoder, ChunkLocation, result_shape, touched};
use super::decoded_chunks::{ChunkKey, DecodedChunks};
use super::linear::{Contiguous, Window, copy};
use super::table::ChunkTable;
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::io::pages_around;
use crate::object::chunk_index::ChunkIndex;
use crate::object::dataset::Fill;
use crate::object::progress;
use crate::object::selection::{AxisSelection, ElementSelection};
use crate::object::workers::Workers;

/// Fewest bytes of chunks to decode that are worth the start of threads.
const DECODED_TOGETHER: u64 = 256 << 10;
/// Fewest bytes to copy that are.
const COPIED_TOGETHER: u64 = 4 << 20;
/// Parts that a thread is to find, so that none waits long for the others.
const PARTS: usize = 4;
/// Most bytes of the result between two words to whoever watches.
const TOLD: usize = 8 << 20;
/// Pieces that are looked for in the cache before threads are started for those that are not there.
const LOOKED_FOR: u64 = 64;
/// Fewest bytes of a run for which a filter is asked apart.
const LONG_RUN: usize = 64;
/// Most bytes of memory for decoded chunks that a thread keeps.
const KEPT: usize = 32 << 20;

thread_local! {
    /// Where a thread decodes chunks that are needed no longer than it takes to copy them.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Where a chunk lies, and its stored bytes, if they were read.
type Known = (Option<ChunkLocation>, Option<Vec<u8>>);

/// Where the chunks of a dataset are looked up.
#[derive(Clone, Copy)]
pub(crate) enum Lookup<'a> {
    /// In the index, one by one.
    Index(&'a dyn ChunkIndex),
    /// In the index as it was read into memory.
    Table(&'a ChunkTable),
}

/// One read of elements in chunks.
#[derive(Clone, Copy)]
pub(crate) struct ChunkReader<'a> {
    pub(crate) decoder: ChunkDecoder<'a>,
    pub(crate) lookup: Lookup<'a>,
    /// Changed chunks, which stand for those in the file.
    pub(crate) changed: Option<&'a ChunkCache>,
    pub(crate) fill: &'a Fill,
    /// Where chunks are kept for later reads, and when this one began.
    pub(crate) kept: Option<(&'a DecodedChunks, u64)>,
    /// Address of the dataset's header.
    pub(crate) dataset: Address,
}

impl<'a> ChunkReader<'a> {
    /// Reads `elements` into `out`.
    pub(crate) fn read(&self, elements: &ElementSelection, out: &mut [u8]) -> Result<()> {
        match elements {
            ElementSelection::Product(axes) => self.read_product(axes, out)?,
            ElementSelection::Runs(_) => return self.read_runs(elements, out),
        }
        self.changed.map_or(Ok(()), |changed| self.read_changed(elements, changed, out))
    }

    fn read_product(&self, axes: &[AxisSelection], out: &mut [u8]) -> Result<()> {
        let grid = self.decoder.grid;
        // A sparse dataset costs what is stored, not what it claims.
        let sparse = match self.lookup {
            Lookup::Table(table) => Some(table).filter(|t| wide(t.len()) < touched(grid, axes)),
            Lookup::Index(_) => None,
        };
        let plan = match sparse {
            Some(table) => {
                self.fill.write(out);
                ProductPlan::stored(grid, axes, table)
            }
            None => ProductPlan::touched(grid, axes),
        };
        let chunks = sparse.map_or(plan.len(), |table| plan.len().min(wide(table.len())));
        if chunks == 0 {
            return Ok(());
        }
        let workers = self.workers(&plan, chunks, out.len(), sparse.is_some())?;
        let told = if progress::is_watched() { out.len().div_ceil(TOLD >> 2) } else { 1 };
        let wanted = workers.map_or(1, |workers| workers.count().saturating_mul(PARTS)).max(told);
        let mut parts = plan.parts(out, wanted, sparse.is_some());
        if let [part] = parts.as_mut_slice() {
            self.read_part(&plan, sparse, part)?;
            return progress::advance(wide(part.out.len()));
        }
        while !parts.is_empty() {
            let now = if told > 1 { together(&parts) } else { parts.len() };
            let later = parts.split_off(now);
            let bytes: usize = parts.iter().map(|part| part.out.len()).sum();
            let read = |part: &mut Part<'_>| self.read_part(&plan, sparse, part);
            match workers {
                Some(workers) => workers.each(&mut parts, read)?,
                None => parts.iter_mut().try_for_each(read)?,
            }
            progress::advance(wide(bytes))?;
            parts = later;
        }
        Ok(())
    }

    /// Who reads `chunks` chunks, where the thread that asks does not do it alone.
    fn workers(
        &self,
        plan: &ProductPlan<'_>,
        chunks: u64,
        len: usize,
        sparse: bool,
    ) -> Result<Option<&'a Workers>> {
        let filtered = !self.decoder.filters.is_empty();
        let (bytes, least) = if filtered {
            (chunks.saturating_mul(self.decoder.grid.chunk_bytes), DECODED_TOGETHER)
        } else {
            (wide(len), COPIED_TOGETHER)
        };
        if chunks < 2 || bytes < least {
            return Ok(None);
        }
        if filtered && !sparse && chunks <= LOOKED_FOR && self.are_kept(plan)? {
            return Ok(None);
        }
        let workers = self.decoder.store.workers();
        // Each thread has a chunk in memory: together no more than what is there anyway.
        let together = wide(workers.count()).saturating_mul(self.decoder.grid.chunk_bytes);
        let room = wide(len.max(KEPT));
        Ok(Some(workers).filter(|_| !filtered || together <= room))
    }

    /// Whether all chunks but one are decoded already.
    fn are_kept(&self, plan: &ProductPlan<'_>) -> Result<bool> {
        let Some((kept, _)) = self.kept.filter(|(kept, _)| !kept.is_empty()) else {
            return Ok(false);
        };
        let mut missing = 0_u32;
        plan.for_each(&mut |piece| {
            if missing < 2
                && let Some(at) = self.locate(piece.scaled(), None)?
                && !kept.contains(self.key(&at))
            {
                missing = missing.saturating_add(1);
            }
            Ok(())
        })?;
        Ok(missing < 2)
    }

    fn read_part(
        &self,
        plan: &ProductPlan<'_>,
        sparse: Option<&ChunkTable>,
        part: &mut Part<'_>,
    ) -> Result<()> {
        let Part { ranges, out } = part;
        if !self.asks() {
            return self.for_each_stored(plan, sparse, ranges, &mut |piece, index| {
                let at = self.locate(piece.scaled(), index)?;
                self.read_located(piece, at, None, out)
            });
        }
        let (mut located, mut places) = (VecDeque::new(), VecDeque::new());
        self.for_each_stored(plan, sparse, ranges, &mut |piece, index| {
            let at = self.locate(piece.scaled(), index)?;
            places.extend(at.filter(|at| self.is_read_ahead(piece, at)));
            located.push_back(at);
            Ok(())
        })?;
        let mut ahead = Ahead::new(self.decoder.store.space(), places);
        self.for_each_stored(plan, sparse, ranges, &mut |piece, _| {
            let at = located.pop_front().flatten();
            let read = at.and_then(|at| ahead.take(&at));
            self.read_located(piece, at, read.as_deref(), out)
        })
    }

    /// Calls `each` for the pieces of chunks as the file has them, with the place in the table of those of a
    /// sparse dataset.
    fn for_each_stored(
        &self,
        plan: &ProductPlan<'_>,
        sparse: Option<&ChunkTable>,
        ranges: &[Range<usize>],
        each: &mut impl FnMut(&Piece<'_>, Option<usize>) -> Result<()>,
    ) -> Result<()> {
        match sparse {
            Some(table) => plan.for_each_stored(table, ranges, &mut |piece, index| {
                if self.is_changed(piece.scaled()) { Ok(()) } else { each(piece, Some(index)) }
            }),
            None => plan.for_each_in(ranges, &mut |piece| {
                if self.is_changed(piece.scaled()) { Ok(()) } else { each(piece, None) }
            }),
        }
    }

    /// Whether the storage has to be asked for each chunk, of a file that nobody changes.
    fn asks(&self) -> bool {
        let space = self.decoder.store.space();
        space.storage().as_slice().is_none() && !space.writable() && !space.is_live()
    }

    /// Whether all of a chunk is to be read.
    fn is_read_ahead(&self, piece: &Piece<'_>, at: &ChunkLocation) -> bool {
        if self.decoder.filters_of(piece.scaled()).is_empty() {
            return piece.is_whole() && at.stored_bytes == self.decoder.grid.chunk_bytes;
        }
        self.kept.is_none_or(|(kept, _)| !kept.contains(self.key(at)))
    }

    /// Puts what a chunk gives where it belongs; `read` where it was read already.
    fn read_located(
        &self,
        piece: &Piece<'_>,
        at: Option<ChunkLocation>,
        read: Option<&[u8]>,
        out: &mut Target<'_>,
    ) -> Result<()> {
        match at {
            Some(at) => self.read_piece(piece, &at, read, out),
            None => piece.for_each_run(|_, to, len| {
                self.fill.write(out.get(to, len).ok_or_else(too_large)?);
                Ok(())
            }),
        }
    }

    fn is_changed(&self, scaled: &[u64]) -> bool {
        self.changed.is_some_and(|changed| changed.contains(scaled))
    }

    /// Where a chunk lies, which may be known to be the `index`-th in the table.
    fn locate(&self, scaled: &[u64], index: Option<usize>) -> Result<Option<ChunkLocation>> {
        match (self.lookup, index) {
            (Lookup::Index(index), _) => index.get(self.decoder.store, scaled),
            (Lookup::Table(table), Some(index)) => Ok(table.location(index)),
            (Lookup::Table(table), None) => Ok(table.get(scaled)),
        }
    }

    fn key(&self, at: &ChunkLocation) -> ChunkKey {
        (self.dataset, at.address)
    }

    /// Puts what a stored chunk gives where it belongs; `read` where it was read already.
    fn read_piece(
        &self,
        piece: &Piece<'_>,
        at: &ChunkLocation,
        read: Option<&[u8]>,
        out: &mut Target<'_>,
    ) -> Result<()> {
        let decoder = &self.decoder;
        if decoder.filters_of(piece.scaled()).is_empty() {
            return match read {
                Some(read) => {
                    decoder.size(at)?;
                    scatter(piece, read, out)
                }
                None => self.read_plain(piece, at, out),
            };
        }
        if let Some((kept, _)) = self.kept
            && let Some(chunk) = kept.get(self.key(at))
        {
            return scatter(piece, &chunk, out);
        }
        if self.is_kept_of(piece.is_whole()) {
            return scatter(piece, &self.decode_and_keep(piece.scaled(), at, read)?, out);
        }
        let size = decoder.size(at)?;
        if let Some(whole) = piece.place().and_then(|place| out.get(place, size)) {
            return decoder.decode_into(piece.scaled(), at, read, whole);
        }
        if piece.run_bytes() >= LONG_RUN {
            let parts = decoder.decode_parts(piece.scaled(), at, read, |parts| {
                piece.for_each_run(|from, to, len| {
                    parts.copy(from, out.get(to, len).ok_or_else(too_large)?)
                })
            })?;
            if parts {
                return Ok(());
            }
        }
        with_scratch(size, |chunk| {
            decoder.decode_into(piece.scaled(), at, read, chunk)?;
            scatter(piece, chunk, out)
        })
    }

    /// Whether a chunk that was not kept yet is to be.
    fn is_kept_of(&self, whole: bool) -> bool {
        let bytes = self.decoder.grid.chunk_bytes;
        !whole && self.kept.is_some_and(|(kept, _)| kept.has_room_for(bytes))
    }

    fn decode_and_keep(
        &self,
        scaled: &[u64],
        at: &ChunkLocation,
        read: Option<&[u8]>,
    ) -> Result<Arc<Vec<u8>>> {
        let chunk = Arc::new(self.decoder.decode_read(scaled, at, read)?.into_owned());
        if let Some((kept, since)) = self.kept {
            kept.keep(self.key(at), &chunk, since);
        }
        Ok(chunk)
    }

    /// As [`read_piece`](Self::read_piece), of a chunk that went through no filters.
    fn read_plain(
        &self,
        piece: &Piece<'_>,
        at: &ChunkLocation,
        out: &mut Target<'_>,
    ) -> Result<()> {
        let (decoder, space) = (&self.decoder, self.decoder.store.space());
        if at.stored_bytes != decoder.grid.chunk_bytes {
            // Says what is wrong.
            return scatter(piece, &decoder.decode(piece.scaled(), at)?, out);
        }
        decoder.size(at)?;
        if space.storage().as_slice().is_some() {
            let stored = match space.lent(at.address, at.stored_bytes) {
                Some(stored) => Cow::Borrowed(stored),
                None => space.read_raw("Chunk", at.address, at.stored_bytes)?,
            };
            if piece.is_whole() {
                pages_around::touch(&stored);
            }
            return scatter(piece, &stored, out);
        }
        let source = Contiguous::new(space, at.address, at.stored_bytes)?;
        let mut window = Window::new(&source);
        piece.for_each_run(|from, to, len| {
            window.copy(wide(from), out.get(to, len).ok_or_else(too_large)?)
        })
    }

    /// Reads runs of elements: what each chunk gives of them is gathered first, where several
    /// threads decode.
    fn read_runs(&self, elements: &ElementSelection, out: &mut [u8]) -> Result<()> {
        let grid = self.decoder.grid;
        let pieces = chunked::run_pieces(grid, elements);
        let bytes = grid.chunk_bytes.saturating_mul(wide(pieces.len()));
        let pays = !self.decoder.filters.is_empty() && bytes >= DECODED_TOGETHER;
        let workers = pays.then(|| self.decoder.store.workers());
        let workers = workers.filter(|workers| {
            let together = wide(workers.count()).saturating_mul(grid.chunk_bytes);
            workers.count() > 1 && together <= wide(out.len().max(KEPT))
        });
        for pieces in pieces.chunks(grid.batch()) {
            let known = self.read_ahead(pieces)?;
            let known = |n: usize| known.get(n);
            let all: Vec<_> = pieces.iter().enumerate().map(|(n, at)| (at, known(n))).collect();
            let Some(workers) = workers else {
                for (piece, known) in all {
                    self.with_chunk(&piece.scaled, known, |chunk| {
                        self.place_runs(piece, out, |from| chunk?.get(from))
                    })?;
                }
                progress::advance_by(|| grid.bytes_of(pieces.iter()))?;
                continue;
            };
            let gathered = chunked::map_chunks(Some(workers), grid, &all, |(piece, known)| {
                self.with_chunk(&piece.scaled, *known, |chunk| {
                    let Some(chunk) = chunk else { return Ok(None) };
                    let mut bytes = Vec::new();
                    piece.for_each_byte_run(grid, &[], &mut |from, _| {
                        bytes.extend_from_slice(chunk.get(from).ok_or_else(too_large)?);
                        Ok(())
                    })?;
                    Ok(Some(bytes))
                })
            })?;
            for (piece, bytes) in pieces.iter().zip(gathered) {
                let mut done = 0_usize;
                self.place_runs(piece, out, |from| {
                    let start = done;
                    done = done.saturating_add(from.len());
                    bytes.as_ref()?.get(start..done)
                })?;
            }
            progress::advance_by(|| grid.bytes_of(pieces.iter()))?;
        }
        Ok(())
    }

    /// Puts the runs of a piece where they belong: what `find` has for their places in the chunk,
    /// or fill values.
    fn place_runs<'c>(
        &self,
        piece: &chunked::Piece,
        out: &mut [u8],
        mut find: impl FnMut(std::ops::Range<usize>) -> Option<&'c [u8]>,
    ) -> Result<()> {
        piece.for_each_byte_run(self.decoder.grid, &[], &mut |from, to| {
            let to = out.get_mut(to).ok_or_else(too_large)?;
            match find(from) {
                Some(bytes) => to.copy_from_slice(bytes),
                None => self.fill.write(to),
            }
            Ok(())
        })
    }

    /// Looks up the chunks of `pieces` and reads those of them that are not decoded yet, where the storage
    /// has to be asked for each: nothing where not.
    fn read_ahead(&self, pieces: &[chunked::Piece]) -> Result<Vec<Known>> {
        if !self.asks() {
            return Ok(Vec::new());
        }
        let located = pieces.iter().map(|piece| self.locate(&piece.scaled, None));
        let located = located.collect::<Result<Vec<_>>>()?;
        let is_kept =
            |at: &ChunkLocation| self.kept.is_some_and(|(kept, _)| kept.contains(self.key(at)));
        let places = located.iter().flatten().filter(|at| !is_kept(at)).copied();
        let mut ahead = Ahead::new(self.decoder.store.space(), places.collect());
        let read = |at: Option<ChunkLocation>| (at, at.and_then(|at| ahead.take(&at)));
        Ok(located.into_iter().map(read).collect())
    }

    /// Calls `then` with the elements of a chunk, where it is stored or waits to be; of which something may
    /// be `known`.
    fn with_chunk<R>(
        &self,
        scaled: &[u64],
        known: Option<&Known>,
        then: impl FnOnce(Option<&[u8]>) -> Result<R>,
    ) -> Result<R> {
        if let Some(chunk) = self.changed.and_then(|changed| changed.get(scaled)) {
            return then(Some(chunk));
        }
        let at = known.map_or_else(|| self.locate(scaled, None), |(at, _)| Ok(*at))?;
        let Some(at) = at else { return then(None) };
        let read = known.and_then(|(_, read)| read.as_deref());
        if !self.decoder.filters_of(scaled).is_empty() && self.is_kept_of(false) {
            let kept = self.kept.and_then(|(kept, _)| kept.get(self.key(&at)));
            let chunk = kept.map_or_else(|| self.decode_and_keep(scaled, &at, read), Ok)?;
            return then(Some(&chunk));
        }
        then(Some(&self.decoder.decode_read(scaled, &at, read)?))
    }

    /// Reads those of `elements` that lie in changed chunks.
    fn read_changed(
        &self,
        elements: &ElementSelection,
        changed: &ChunkCache,
        out: &mut [u8],
    ) -> Result<()> {
        let ElementSelection::Product(axes) = elements else { return Ok(()) };
        let (grid, result) = (self.decoder.grid, result_shape(elements));
        for scaled in changed.keys() {
            let piece = chunked::Piece::of_product(grid, axes, scaled.to_vec());
            if let Some((piece, chunk)) = piece.zip(changed.get(scaled)) {
                piece.for_each_byte_run(grid, &result, &mut |from, to| {
                    let places = chunk.get(from).zip(out.get_mut(to));
                    let (from, to) = places.ok_or_else(too_large)?;
                    to.copy_from_slice(from);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}

/// How many of `parts` are read before whoever watches is told.
fn together(parts: &[Part<'_>]) -> usize {
    let mut bytes = 0_usize;
    let fits = |part: &&Part<'_>| {
        bytes = bytes.saturating_add(part.out.len());
        bytes <= TOLD
    };
    parts.iter().take_while(fits).count().max(1)
}

/// Calls `with` with `size` bytes of memory that hold anything.
fn with_scratch<R>(size: usize, with: impl FnOnce(&mut [u8]) -> Result<R>) -> Result<R> {
    let mut scratch = SCRATCH.take();
    if scratch.len() < size {
        // Memory that is zero already, and is touched only where something is decoded.
        drop(scratch);
        scratch = vec![0; size];
    }
    let result = with(scratch.get_mut(..size).unwrap_or_default());
    if scratch.capacity() <= KEPT {
        SCRATCH.set(scratch);
    }
    result
}

/// Copies what a piece takes of its chunk.
fn scatter(piece: &Piece<'_>, chunk: &[u8], out: &mut Target<'_>) -> Result<()> {
    piece.for_each_run(|from, to, len| {
        let from = from.checked_add(len).and_then(|end| chunk.get(from..end));
        let (from, to) = from.zip(out.get(to, len)).ok_or_else(too_large)?;
        copy(from, to);
        Ok(())
    })
}

#[cold]
fn too_large() -> Error {
    Error::usage("the chunk does not fit memory")
}
