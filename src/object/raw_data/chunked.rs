//! Raw data in chunks: which chunks a selection touches, and how they become its elements.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "coordinates lie inside the extent, whose product fits 64 bits; every chunk has the \
              rank of the extent"
)]

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::codec::{Address, wide};
use crate::error::{Error, Location, Result};
use crate::filter::pipeline::{self, Parts};
use crate::format::message::FilterDescription;
use crate::limits::Limits;
use crate::object::progress;
use crate::object::selection::{AxisSelection, ElementSelection, Segment, product_runs, strides};
use crate::object::store::Store;
use crate::object::workers::Workers;

/// Decoded bytes gathered before they are scattered into the result.
const BATCH_BYTES: u64 = 32 << 20;
/// The same where someone watches, who may stop it.
const WATCHED_BATCH_BYTES: u64 = 8 << 20;
/// Most chunks decoded at once.
const BATCH_CHUNKS: usize = 64;
/// Fewest bytes of chunks worth the start of threads.
const PARALLEL_BYTES: u64 = 256 << 10;

/// Where a chunk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkLocation {
    pub(crate) address: Address,
    /// Bytes in the file.
    pub(crate) stored_bytes: u64,
    /// Bit n set: filter n of the pipeline was not applied.
    pub(crate) filter_mask: u32,
}

/// How a dataset is cut into chunks.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    /// Elements along each axis of the dataset.
    pub(crate) extent: Vec<u64>,
    /// Elements along each axis of a chunk, none zero.
    pub(crate) chunk: Vec<u64>,
    pub(crate) element_size: u64,
    /// Bytes of a whole chunk.
    pub(crate) chunk_bytes: u64,
}

impl Grid {
    /// Number of chunks along each axis.
    pub(crate) fn counts(&self) -> Vec<u64> {
        self.extent.iter().zip(&self.chunk).map(|(len, chunk)| len.div_ceil(*chunk)).collect()
    }

    /// Number of chunks.
    pub(crate) fn chunks(&self) -> u64 {
        self.counts().into_iter().fold(1, u64::saturating_mul)
    }

    /// Whether the chunk reaches beyond the extent.
    pub(crate) fn is_partial(&self, scaled: &[u64]) -> bool {
        let ends = scaled.iter().zip(&self.chunk).map(|(n, chunk)| (n + 1).saturating_mul(*chunk));
        ends.zip(&self.extent).any(|(end, len)| end > *len)
    }

    /// First coordinates of the chunk.
    pub(crate) fn origin(&self, scaled: &[u64]) -> Vec<u64> {
        scaled.iter().zip(&self.chunk).map(|(n, chunk)| n * chunk).collect()
    }

    /// Whether the chunk has an element in the extent.
    pub(crate) fn contains(&self, scaled: &[u64]) -> bool {
        let inside = |((n, chunk), len): ((&u64, &u64), &u64)| {
            n.checked_mul(*chunk).is_some_and(|start| start < *len)
        };
        scaled.len() == self.extent.len()
            && scaled.iter().zip(&self.chunk).zip(&self.extent).all(inside)
    }

    /// Elements of the chunk that lie in the extent, along each axis.
    pub(crate) fn inside(&self, scaled: &[u64]) -> Vec<u64> {
        let left = |((n, chunk), len): ((&u64, &u64), &u64)| {
            len.saturating_sub(n.saturating_mul(*chunk)).min(*chunk)
        };
        scaled.iter().zip(&self.chunk).zip(&self.extent).map(left).collect()
    }

    /// Bytes of the elements that chunks give to a selection.
    pub(crate) fn bytes_of<'p>(&self, pieces: impl Iterator<Item = &'p Piece>) -> u64 {
        let elements = pieces.map(Piece::len).fold(0, u64::saturating_add);
        elements.saturating_mul(self.element_size)
    }

    /// Whether so many chunks are worth threads: starting these costs more than decoding a few small ones.
    fn is_worth_threads(&self, chunks: usize) -> bool {
        self.chunk_bytes.saturating_mul(wide(chunks)) >= PARALLEL_BYTES
    }

    /// Chunks handled at once.
    pub(crate) fn batch(&self) -> usize {
        let most = if progress::is_watched() { WATCHED_BATCH_BYTES } else { BATCH_BYTES };
        let fit = most.checked_div(self.chunk_bytes).unwrap_or(1);
        usize::try_from(fit).unwrap_or(1).clamp(1, BATCH_CHUNKS)
    }
}

/// What one chunk gives to a selection.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The chunk's coordinates, in chunks.
    pub(crate) scaled: Vec<u64>,
    elements: PieceElements,
}

#[derive(Debug)]
enum PieceElements {
    /// Segments of each axis.
    Product(Vec<Vec<Segment>>),
    /// Place in the chunk, place in the result, length; in elements.
    Runs(Vec<(u64, u64, u64)>),
}

impl Piece {
    /// Calls `copy(place in the chunk, place in the result, len)`, in elements.
    pub(crate) fn for_each_run(
        &self,
        grid: &Grid,
        result: &[u64],
        copy: &mut dyn FnMut(u64, u64, u64) -> Result<()>,
    ) -> Result<()> {
        match &self.elements {
            PieceElements::Product(segments) => {
                let views: Vec<&[Segment]> = segments.iter().map(Vec::as_slice).collect();
                product_runs(&views, &grid.origin(&self.scaled), &grid.chunk, result, copy)
            }
            PieceElements::Runs(runs) => {
                runs.iter().try_for_each(|(from, to, len)| copy(*from, *to, *len))
            }
        }
    }
}

impl Piece {
    /// Number of elements.
    fn len(&self) -> u64 {
        match &self.elements {
            PieceElements::Product(segments) => {
                let len = |axis: &Vec<Segment>| axis.iter().map(|segment| segment.len).sum::<u64>();
                segments.iter().map(len).fold(1, u64::saturating_mul)
            }
            PieceElements::Runs(runs) => runs.iter().map(|(_, _, len)| len).sum(),
        }
    }

    /// Whether it is all that the chunk has in the extent.
    pub(crate) fn is_whole(&self, grid: &Grid) -> bool {
        let PieceElements::Product(segments) = &self.elements else { return false };
        let len = |axis: &Vec<Segment>| axis.iter().map(|segment| segment.len).sum::<u64>();
        segments.iter().map(len).eq(grid.inside(&self.scaled))
    }

    /// The bytes of the chunk, where `all` has the whole of it in one run.
    pub(crate) fn all_of<'b>(
        &self,
        grid: &Grid,
        result: &[u64],
        all: &'b [u8],
    ) -> Result<Option<&'b [u8]>> {
        let mut whole = None;
        self.for_each_byte_run(grid, result, &mut |_, from| {
            whole = all.get(from).filter(|bytes| wide(bytes.len()) == grid.chunk_bytes);
            Ok(())
        })?;
        Ok(whole)
    }

    /// Calls `copy(place in the chunk, place in the result)`, in bytes.
    pub(crate) fn for_each_byte_run(
        &self,
        grid: &Grid,
        result: &[u64],
        copy: &mut dyn FnMut(Range<usize>, Range<usize>) -> Result<()>,
    ) -> Result<()> {
        let bytes = |at: u64, len: u64| {
            let start = at.checked_mul(grid.element_size)?;
            let end = start.checked_add(len.checked_mul(grid.element_size)?)?;
            Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
        };
        self.for_each_run(grid, result, &mut |chunk, result, len| {
            let places = bytes(chunk, len).zip(bytes(result, len));
            let (chunk, result) = places.ok_or_else(too_large)?;
            copy(chunk, result)
        })
    }

    /// What the chunk with these coordinates gives to the product of `axes`, if anything.
    pub(super) fn of_product(
        grid: &Grid,
        axes: &[AxisSelection],
        scaled: Vec<u64>,
    ) -> Option<Self> {
        let inside = |((axis, n), chunk): ((&AxisSelection, &u64), &u64)| {
            axis.segments(n * chunk, (n + 1).saturating_mul(*chunk))
        };
        let segments: Vec<_> = axes.iter().zip(&scaled).zip(&grid.chunk).map(inside).collect();
        let any = segments.iter().all(|axis| !axis.is_empty());
        any.then_some(Self { scaled, elements: PieceElements::Product(segments) })
    }
}

/// Calls `each` for all coordinates in the product of `ranges`, in row-major order.
pub(crate) fn for_each_coordinate(
    ranges: &[Range<u64>],
    each: &mut dyn FnMut(&[u64]) -> Result<()>,
) -> Result<()> {
    if ranges.iter().any(Range::is_empty) {
        return Ok(());
    }
    let mut at: Vec<u64> = ranges.iter().map(|range| range.start).collect();
    loop {
        each(&at)?;
        let Some(axis) = (0..at.len()).rev().find(|axis| at[*axis] + 1 < ranges[*axis].end) else {
            return Ok(());
        };
        at[axis] += 1;
        for (at, range) in at.iter_mut().zip(ranges).skip(axis + 1) {
            *at = range.start;
        }
    }
}

/// Elements of the result along each axis.
pub(crate) fn result_shape(elements: &ElementSelection) -> Vec<u64> {
    match elements {
        ElementSelection::Product(axes) => axes.iter().map(AxisSelection::len).collect(),
        ElementSelection::Runs(_) => vec![elements.len()],
    }
}

/// Calls `each` for every chunk that `elements` touch.
pub(crate) fn for_each_piece(
    grid: &Grid,
    elements: &ElementSelection,
    each: &mut dyn FnMut(Piece) -> Result<()>,
) -> Result<()> {
    match elements {
        ElementSelection::Product(axes) => {
            let touched: Vec<_> = axes
                .iter()
                .zip(&grid.chunk)
                .map(|(axis, chunk)| axis_pieces(axis, *chunk))
                .collect();
            if touched.iter().any(Vec::is_empty) {
                return Ok(());
            }
            let mut at = vec![0; touched.len()];
            loop {
                let chosen = || at.iter().zip(&touched).map(|(n, axis): (&usize, _)| &axis[*n]);
                each(Piece {
                    scaled: chosen().map(|(scaled, _)| *scaled).collect(),
                    elements: PieceElements::Product(
                        chosen().map(|(_, segments)| segments.clone()).collect(),
                    ),
                })?;
                let Some(axis) = (0..at.len()).rev().find(|a| at[*a] + 1 < touched[*a].len())
                else {
                    return Ok(());
                };
                at[axis] += 1;
                at[axis + 1..].fill(0);
            }
        }
        ElementSelection::Runs(_) => run_pieces(grid, elements).into_iter().try_for_each(each),
    }
}

/// Chunks that the product of `axes` touches, at most.
pub(crate) fn touched(grid: &Grid, axes: &[AxisSelection]) -> u64 {
    axes.iter().zip(&grid.chunk).zip(grid.counts()).fold(1, |n: u64, ((axis, chunk), count)| {
        let most = match axis {
            AxisSelection::Range { count: 1, block, .. } => (block / chunk).saturating_add(2),
            axis => axis.len(),
        };
        n.saturating_mul(most.min(count).min(axis.len()))
    })
}

/// The chunks along one axis that `axis` touches, with what they give.
fn axis_pieces(axis: &AxisSelection, chunk: u64) -> Vec<(u64, Vec<Segment>)> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(next) = axis.next_from(from) {
        let scaled = next / chunk;
        let (low, high) = (scaled * chunk, (scaled + 1).saturating_mul(chunk));
        out.push((scaled, axis.segments(low, high)));
        from = high;
    }
    out
}

/// Runs cut at chunk borders and gathered by chunk.
pub(super) fn run_pieces(grid: &Grid, elements: &ElementSelection) -> Vec<Piece> {
    let runs = elements.to_runs();
    let inside = strides(&grid.chunk);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut to = 0;
    for (start, len) in runs.iter() {
        let mut start = start.to_vec();
        let Some(last) = start.len().checked_sub(1) else { continue };
        let mut left = len;
        while left > 0 {
            let room = grid.chunk[last] - start[last] % grid.chunk[last];
            let len = left.min(room);
            let scaled: Vec<u64> = start.iter().zip(&grid.chunk).map(|(c, n)| c / n).collect();
            let place =
                start.iter().zip(&grid.chunk).zip(&inside).map(|((c, n), s)| c % n * s).sum();
            let index = *known.entry(scaled).or_insert_with_key(|scaled| {
                let elements = PieceElements::Runs(Vec::new());
                pieces.push(Piece { scaled: scaled.clone(), elements });
                pieces.len() - 1
            });
            if let PieceElements::Runs(runs) = &mut pieces[index].elements {
                runs.push((place, to, len));
            }
            start[last] += len;
            left -= len;
            to += len;
        }
    }
    pieces
}

/// Everything needed to turn a stored chunk into its elements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChunkDecoder<'a> {
    pub(crate) store: &'a Store,
    pub(crate) grid: &'a Grid,
    pub(crate) filters: &'a [FilterDescription],
    /// Chunks that reach beyond the extent are stored as they are.
    pub(crate) partial_unfiltered: bool,
}

impl<'a> ChunkDecoder<'a> {
    /// The stored bytes of a chunk.
    pub(crate) fn stored(&self, location: &ChunkLocation) -> Result<Cow<'a, [u8]>> {
        self.store.space().read_raw("Chunk", location.address, location.stored_bytes)
    }

    /// The filters a chunk goes through.
    pub(crate) fn filters_of(&self, scaled: &[u64]) -> &'a [FilterDescription] {
        let plain = self.partial_unfiltered && self.grid.is_partial(scaled);
        if plain { &[] } else { self.filters }
    }

    /// Checks that a chunk, which lies there, may be decoded; gives the bytes it then has.
    pub(crate) fn size(&self, location: &ChunkLocation) -> Result<usize> {
        let (bytes, allowed) = (self.grid.chunk_bytes, self.store.space().limits().chunk_bytes);
        Limits::check("chunk_bytes", bytes, allowed)
            .map_err(|error| error.or_at(self.place(location)))?;
        usize::try_from(bytes).map_err(|_| too_large())
    }

    fn place(&self, location: &ChunkLocation) -> Location {
        self.store.space().location("Chunk", "Data", location.address)
    }

    /// The elements of a chunk, whole.
    pub(crate) fn decode(&self, scaled: &[u64], location: &ChunkLocation) -> Result<Cow<'a, [u8]>> {
        self.decode_read(scaled, location, None)
    }

    /// As [`decode`](Self::decode), where the chunk may have been `read` already.
    pub(super) fn decode_read<'b>(
        &self,
        scaled: &[u64],
        location: &ChunkLocation,
        read: Option<&'b [u8]>,
    ) -> Result<Cow<'b, [u8]>>
    where
        'a: 'b,
    {
        let size = self.size(location)?;
        let (filters, registry) = (self.filters_of(scaled), self.store.registry());
        // libhdf5 writes a chunk over where its filters give as many bytes as before.
        self.store.space().settled(|| {
            let stored = read.map_or_else(|| self.stored(location), |read| Ok(read.into()));
            let (mask, stored) = (location.filter_mask, stored?);
            pipeline::decode(filters, mask, stored, size, registry)
                .map_err(|error| error.or_at(self.place(location)))
        })
    }

    /// As [`decode_read`](Self::decode_read), to memory of the [size](Self::size) of a chunk.
    pub(super) fn decode_into(
        &self,
        scaled: &[u64],
        location: &ChunkLocation,
        read: Option<&[u8]>,
        out: &mut [u8],
    ) -> Result<()> {
        let (filters, registry) = (self.filters_of(scaled), self.store.registry());
        self.store.space().settled(|| {
            let stored = read.map_or_else(|| self.stored(location), |read| Ok(read.into()));
            let (mask, stored) = (location.filter_mask, stored?);
            pipeline::decode_into(filters, mask, &stored, out, registry)
                .map_err(|error| error.or_at(self.place(location)))
        })
    }

    /// As [`decode_into`](Self::decode_into), only the parts that `copy` asks for, where the filters give those
    /// alone; `false` where not.
    pub(super) fn decode_parts(
        &self,
        scaled: &[u64],
        location: &ChunkLocation,
        read: Option<&[u8]>,
        mut copy: impl FnMut(&Parts<'_>) -> Result<()>,
    ) -> Result<bool> {
        let size = self.size(location)?;
        let (filters, registry) = (self.filters_of(scaled), self.store.registry());
        if !pipeline::gives_parts(filters, location.filter_mask, registry) {
            return Ok(false);
        }
        self.store.space().settled(|| {
            let stored = read.map_or_else(|| self.stored(location), |read| Ok(read.into()));
            let (mask, stored) = (location.filter_mask, stored?);
            pipeline::decode_parts(filters, mask, &stored, size, registry, &mut copy)
                .map_err(|error| error.or_at(self.place(location)))
        })
    }
}

#[cold]
fn too_large() -> Error {
    Error::usage("the chunk does not fit memory")
}

/// Decodes chunks: coordinates in chunks, and places.
pub(crate) fn decode_all<'a>(
    decoder: ChunkDecoder<'a>,
    chunks: &[(&[u64], ChunkLocation)],
) -> Result<Vec<Cow<'a, [u8]>>> {
    let parallel = !decoder.filters.is_empty();
    let workers = parallel.then(|| decoder.store.workers());
    map_chunks(workers, decoder.grid, chunks, |(scaled, at)| decoder.decode(scaled, at))
}

/// Calls `map` for each of `chunks`: by `workers`, where there are some and it pays.
pub(crate) fn map_chunks<T: Sync, R: Send>(
    workers: Option<&Workers>,
    grid: &Grid,
    chunks: &[T],
    map: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    match workers.filter(|_| grid.is_worth_threads(chunks.len())) {
        Some(workers) => workers.map(chunks, map),
        None => chunks.iter().map(map).collect(),
    }
}

/// As [`map_chunks`]; calls `then`, in this thread and in order, with what `map` gives while further chunks
/// are worked on.
pub(super) fn map_chunks_then<T: Sync, R: Send>(
    workers: Option<&Workers>,
    grid: &Grid,
    chunks: &[T],
    map: impl Fn(&T) -> Result<R> + Sync,
    then: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    match workers.filter(|_| grid.is_worth_threads(chunks.len())) {
        Some(workers) => workers.map_then(chunks, map, then),
        None => map_chunks(None, grid, chunks, map)?.into_iter().try_for_each(then),
    }
}
