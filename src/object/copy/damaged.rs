//! Copies of what is left of damaged objects: what cannot be read is told, and left out.

use std::collections::HashSet;
use std::fmt;

use super::dataset::{PIECE, Pair, elements_of, too_large, whole_elements};
use super::{Copier, Place};
use crate::codec::{Address, Structure, wide};
use crate::error::{Error, ErrorKind, Malformed, Result};
use crate::format::datatype::Datatype;
use crate::format::message::{ChunkIndexKind, LayoutClass, Link};
use crate::format::object_header::HeaderPrefix;
use crate::object::header::ObjectHeader;
use crate::object::path::text;
use crate::object::raw_data::chunk_writer::ChunkWriter;
use crate::object::raw_data::chunked::{ChunkDecoder, ChunkLocation, Grid, map_chunks};
use crate::object::raw_data::table::ChunkTable;
use crate::space::is_end;

/// Chunks that are looked at together.
const TOGETHER: usize = 256;
/// Bytes that a dataset may lack at its end, for each byte of its file.
const MISSING_EACH: u64 = 64;
/// Bytes that any dataset may lack at its end.
const MISSING: u64 = 1 << 20;

/// What of an object is lost: see [`Loss::kind`](crate::Loss::kind).
///
/// ```
/// use hdfive::LossKind;
/// let is_chunk = |kind: &LossKind| matches!(kind, LossKind::Chunk(_));
/// assert!(is_chunk(&LossKind::Chunk(vec![0, 64])) && !is_chunk(&LossKind::Object));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LossKind {
    /// Something that belongs to no object: the superblock, or the end of the file.
    File,
    /// An object that a link led to. It may be in `/lost+found` in part.
    Object,
    /// Members of a group: what there were, nobody knows.
    Members,
    /// Something that the header of an object says.
    Header,
    /// Attributes: what there were, nobody knows.
    Attributes,
    /// An attribute, whose name stands behind an `@` in the path.
    Attribute,
    /// Elements of a dataset or, where the index of its chunks is damaged, chunks.
    Elements,
    /// The chunk whose first element has these coordinates.
    Chunk(Vec<u64>),
}

/// What is lost, and why.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) path: String,
    pub(crate) kind: LossKind,
    pub(crate) error: Error,
}

/// Hears of what cannot be read. It is told while both files are being worked on.
pub(crate) trait Losses: fmt::Debug + Send + Sync {
    fn lose(&self, lost: Lost);

    /// Number of losses that were told.
    fn told(&self) -> u64;
}

impl Copier<'_> {
    /// Losses told so far.
    pub(super) fn told(&self) -> u64 {
        self.options.losses.as_ref().map_or(0, |losses| losses.told())
    }

    /// Whether the copy goes on without what an error keeps from being read.
    pub(super) fn can_spare(&self, error: &Error) -> bool {
        self.options.losses.is_some() && !is_end(error) && self.to.space().check_open().is_ok()
    }

    /// What `read` gives. Where a damaged file is copied, what cannot be read is told, and nothing
    /// comes of it.
    pub(super) fn spare<T>(
        &self,
        place: &Place,
        kind: LossKind,
        read: impl FnOnce() -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(losses) = &self.options.losses else { return read().map(Some) };
        let space = place.store.space();
        let noted = space.noted();
        let done = read();
        let path = text(&place.path);
        let lose = |error: Error| {
            let (path, kind) = (path.clone(), kind.clone());
            losses.lose(Lost { path, kind, error });
        };
        space.take_noted(noted).into_iter().for_each(lose);
        match done {
            Err(error) if self.can_spare(&error) => {
                lose(error);
                Ok(None)
            }
            done => done.map(Some),
        }
    }

    /// The error of an object of which nobody can say what it was.
    pub(super) fn unknown_kind(&self, place: &Place, header: &ObjectHeader) -> Error {
        let space = place.store.space();
        let problem = "the messages are no dataset's, group's or datatype's";
        space.broken(HeaderPrefix::NAME, "Header Messages", header.address, problem)
    }

    /// Refuses links such as no group has.
    pub(super) fn check_link(&self, place: &Place, link: &Link) -> Result<()> {
        if self.options.losses.is_none() {
            return Ok(());
        }
        let name = link.name.as_slice();
        let bad = name.is_empty() || name == b"." || name.contains(&b'/') || name.contains(&0);
        if bad {
            let problem = format!("no link is called {:?}", text(name));
            let at = Address(0);
            return Err(place.store.space().broken(Link::NAME, "Link Name", at, problem));
        }
        // Symbol tables hold what messages do not.
        let encoded = self.to.encode(link)?;
        self.to.decode_bytes::<Link>(&encoded, 0).map(drop)
    }

    /// The copies of elements one by one; of those that cannot be read, zeros.
    pub(super) fn elements_left(
        &self,
        place: &Place,
        (from, to): (&Datatype, &Datatype),
        bytes: &[u8],
        copy: &dyn Fn(&[u8]) -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let size =
            |datatype: &Datatype| usize::try_from(datatype.size).unwrap_or(usize::MAX).max(1);
        let (size, new_size) = (size(from), size(to));
        let mut out = Vec::new();
        for element in bytes.chunks_exact(size) {
            match copy(element) {
                Ok(copied) => out.extend(copied),
                Err(error) if self.can_spare(&error) => {
                    place.store.space().note(error)?;
                    out.resize(out.len().saturating_add(new_size), 0);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(out)
    }

    /// Copies what there is of elements that lie in one block.
    pub(super) fn copy_block_left(
        &self,
        pair: &Pair<'_>,
        at: Address,
        size: Option<u64>,
    ) -> Result<()> {
        let (from, to) = (pair.place.store.space(), self.to.space());
        let len = pair.source.total_bytes(&pair.place.store)?;
        let stored = size.unwrap_or(len).min(len);
        let there = from.available(at, stored);
        let missing = len.saturating_sub(there);
        let most = from.end().0.saturating_mul(MISSING_EACH).max(MISSING);
        let cut = || {
            let problem = Malformed::Truncated { needed: len, left: there };
            Error::at(ErrorKind::Malformed(problem), from.location("Raw Data", "Data", at))
        };
        if there == 0 || missing > most {
            return Err(cut());
        }
        self.claim(len)?;
        let mut target = pair.target.allocate_block(self.to, missing > 0)?;
        let piece = whole_elements(&pair.source.datatype.datatype).min(PIECE.max(1));
        let unit = pair.source.element_size().max(1);
        let piece = piece.max(unit);
        let mut done = 0;
        let mut bytes = Vec::new();
        while done < there {
            let now = there.saturating_sub(done).min(piece);
            // An element of which a part is missing means nothing.
            let now = now.saturating_sub(now.checked_rem(unit).unwrap_or(0));
            if now == 0 {
                break;
            }
            bytes.resize(usize::try_from(now).map_err(|_| too_large())?, 0);
            let read = from.read_raw_into("Raw Data", at.plus(done), &mut bytes);
            if from.heed(read)?.is_none() {
                pair.target.fill.write(&mut bytes);
            }
            let copied = match pair.translated {
                true => self.translate(pair, &bytes)?,
                false => std::mem::take(&mut bytes),
            };
            to.write_raw(target, &copied)?;
            target = target.plus(wide(copied.len()));
            done = done.saturating_add(now);
        }
        if missing > 0 { Err(cut()) } else { Ok(()) }
    }

    /// Copies the chunks that can be read. Each of the others is told.
    pub(super) fn copy_chunks_left(&self, pair: &Pair<'_>) -> Result<()> {
        let store = &pair.place.store;
        let noted = store.space().noted();
        let Some((grid, table)) = pair.source.chunk_table(store)? else { return Ok(()) };
        if store.space().noted() > noted {
            self.note_torn(pair);
        }
        self.copy_chunks_of(pair, grid, &table)
    }

    /// As [`copy_chunks_left`](Self::copy_chunks_left), of these chunks.
    pub(super) fn copy_chunks_of(
        &self,
        pair: &Pair<'_>,
        grid: &Grid,
        table: &ChunkTable,
    ) -> Result<()> {
        let (store, target) = (&pair.place.store, pair.target);
        let (LayoutClass::Chunked(theirs), LayoutClass::Chunked(layout)) =
            (&pair.source.layout.class, &target.layout.class)
        else {
            return Ok(());
        };
        let decoder = pair.source.decoder(store, theirs, grid);
        let mut lost = self.unreadable(pair.place, &decoder, table)?;
        if layout.index == ChunkIndexKind::Implicit {
            // All of them have their space at once, those that may come, too.
            let maximum = target.maximum();
            let counts = maximum.iter().zip(&grid.chunk);
            let counts = counts.map(|(most, chunk)| most.unwrap_or(1).div_ceil(*chunk));
            self.claim(counts.fold(grid.chunk_bytes, u64::saturating_mul))?;
        } else {
            self.leave_out_too_many(pair.place, table, &mut lost)?;
        }
        target.change_chunks(self.to, layout, |chunks| {
            if pair.translated {
                for (scaled, _) in (0..table.len()).filter_map(|index| table.nth(index)) {
                    if !lost.contains(&scaled) {
                        let kind = LossKind::Chunk(grid.origin(&scaled));
                        let copy = || self.copy_chunk(pair, grid, chunks, &scaled);
                        self.spare(pair.place, kind, copy)?;
                    }
                }
            } else {
                chunks.take_over(store.space(), table, &|scaled| lost.contains(scaled))?;
            }
            if target.is_early() {
                // They have their space already.
                for scaled in &lost {
                    let claimed = || match layout.index {
                        ChunkIndexKind::Implicit => Ok(()),
                        _ => self.claim(grid.chunk_bytes),
                    };
                    if self.spare(pair.place, LossKind::Elements, claimed)?.is_none() {
                        break;
                    }
                    fill_chunk(pair, grid, chunks, scaled)?;
                }
            }
            chunks.flush()?.map_or(Ok(()), Err)
        })
    }

    /// Adds those chunks to the lost ones that are more than may be brought, which is told.
    fn leave_out_too_many(
        &self,
        place: &Place,
        table: &ChunkTable,
        lost: &mut HashSet<Vec<u64>>,
    ) -> Result<()> {
        let mut is_full = false;
        for (scaled, at) in (0..table.len()).filter_map(|index| table.nth(index)) {
            if lost.contains(&scaled) {
                continue;
            }
            if !is_full {
                let claimed = || self.claim(at.stored_bytes);
                is_full = self.spare(place, LossKind::Elements, claimed)?.is_none();
            }
            if is_full {
                lost.insert(scaled);
            }
        }
        Ok(())
    }

    /// The chunks that cannot be read, each of which is told. Those whose filter is not known are
    /// left as they are stored.
    fn unreadable(
        &self,
        place: &Place,
        decoder: &ChunkDecoder<'_>,
        table: &ChunkTable,
    ) -> Result<HashSet<Vec<u64>>> {
        let mut lost = HashSet::new();
        let workers = (!decoder.filters.is_empty()).then(|| decoder.store.workers());
        let mut chunks = (0..table.len()).filter_map(|index| table.nth(index)).peekable();
        while chunks.peek().is_some() {
            let some: Vec<(Vec<u64>, ChunkLocation)> = chunks.by_ref().take(TOGETHER).collect();
            let look = |(scaled, at): &(Vec<u64>, ChunkLocation)| {
                Ok(decoder.decode(scaled, at).err().filter(|error| !error.is_unsupported()))
            };
            let errors = map_chunks(workers, decoder.grid, &some, look)?;
            for ((scaled, _), error) in some.into_iter().zip(errors) {
                let Some(error) = error else { continue };
                let kind = LossKind::Chunk(decoder.grid.origin(&scaled));
                self.spare(place, kind, || Err::<(), _>(error))?;
                lost.insert(scaled);
            }
        }
        Ok(lost)
    }
}

/// Lets a chunk hold nothing but the fill value.
fn fill_chunk(
    pair: &Pair<'_>,
    grid: &Grid,
    chunks: &mut ChunkWriter<'_>,
    scaled: &[u64],
) -> Result<()> {
    let elements = elements_of(grid, scaled);
    let len = elements.len().checked_mul(pair.target.element_size());
    let len = len.and_then(|len| usize::try_from(len).ok()).ok_or_else(too_large)?;
    let mut bytes = vec![0; len];
    pair.target.fill.write(&mut bytes);
    chunks.write(&elements, &bytes)
}
