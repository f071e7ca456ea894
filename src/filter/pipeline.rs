//! The pipeline: every filter of a dataset, in order on the way to the file, in reverse back.

use std::borrow::Cow;
use std::cell::Cell;
use std::mem;

use super::{Filter, Registry, names, too_long};
use crate::error::{Error, Result};
use crate::format::message::FilterDescription;

/// Memory for what stands between two filters, which each thread keeps from chunk to chunk: to
/// touch fresh pages costs more than many a filter.
#[derive(Debug, Default)]
struct Scratch {
    source: Vec<u8>,
    target: Vec<u8>,
}

/// Most bytes of scratch memory that a thread keeps.
const KEPT: usize = 32 << 20;

thread_local! {
    static SCRATCH: Cell<Scratch> = const {
        Cell::new(Scratch { source: Vec::new(), target: Vec::new() })
    };
}

impl Scratch {
    /// Runs `with` on what the thread keeps. A filter that itself reads chunks finds nothing kept.
    fn with<R>(with: impl FnOnce(&mut Self) -> R) -> R {
        let mut scratch = SCRATCH.take();
        let result = with(&mut scratch);
        if scratch.source.capacity().saturating_add(scratch.target.capacity()) <= KEPT {
            SCRATCH.set(scratch);
        }
        result
    }
}

/// A filter that a chunk went through.
#[derive(Debug)]
struct Stage<'a> {
    filter: &'a dyn Filter,
    client_data: &'a [u32],
    /// The most bytes it may decode to.
    limit: usize,
}

impl Stage<'_> {
    /// [`Filter::decoded_prefix`], held to the limit.
    fn prefix(&self, input: &[u8]) -> Result<Option<usize>> {
        let Some(len) = self.filter.decoded_prefix(self.client_data, input)? else {
            return Ok(None);
        };
        if len > self.limit { Err(self.too_long(len)) } else { Ok(Some(len.min(input.len()))) }
    }

    /// Decodes to the front of `target`, of which what it held is lost; gives the length.
    fn decode_to(&self, input: &[u8], target: &mut Vec<u8>) -> Result<usize> {
        if target.len() < self.limit {
            target.resize(self.limit, 0);
        }
        let room = target.get_mut(..self.limit).unwrap_or_default();
        let len = self.filter.decode_into(self.client_data, input, room)?;
        if len > self.limit { Err(self.too_long(len)) } else { Ok(len) }
    }

    fn too_long(&self, len: usize) -> Error {
        too_long(self.filter.name(), len, self.limit)
    }
}

/// Decodes one chunk of `size` bytes.
///
/// Filters whose bit is set in `mask` were left out. The result has exactly `size` bytes; no
/// stage before the last makes more than the filters ahead of it could have made of that.
///
/// # Errors
///
/// [`Unsupported`](crate::ErrorKind::Unsupported) names a filter that `registry` does not know;
/// every other error says that the chunk is not what its filters make.
pub(crate) fn decode<'a>(
    filters: &[FilterDescription],
    mask: u32,
    mut stored: Cow<'a, [u8]>,
    size: usize,
    registry: &Registry,
) -> Result<Cow<'a, [u8]>> {
    let mut stages = stages(filters, mask, size, registry)?;
    while let Some(stage) = stages.last() {
        let Some(len) = stage.prefix(&stored)? else { break };
        stored = prefix(stored, len);
        stages.pop();
    }
    if stages.is_empty() {
        check_size(stored.len(), size)?;
        return Ok(stored);
    }
    let mut output = vec![0; size];
    Scratch::with(|scratch| run(&stages, &stored, &mut output, scratch))?;
    Ok(Cow::Owned(output))
}

/// Decodes one chunk to memory of exactly its size, and takes no new memory where the thread has
/// decoded chunks of that size before.
///
/// After an error `output` holds whatever was decoded until then.
///
/// # Errors
///
/// As [`decode`].
pub(crate) fn decode_into(
    filters: &[FilterDescription],
    mask: u32,
    stored: &[u8],
    output: &mut [u8],
    registry: &Registry,
) -> Result<()> {
    let stages = stages(filters, mask, output.len(), registry)?;
    Scratch::with(|scratch| run(&stages, stored, output, scratch))
}

/// A chunk that is decoded but for its first filter, which gives each part alone.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    first: &'a Stage<'a>,
    bytes: &'a [u8],
}

impl Parts<'_> {
    /// Fills `output` with the bytes of the chunk from `at` on.
    ///
    /// # Errors
    ///
    /// Where the chunk does not have as many.
    pub(crate) fn copy(&self, at: usize, output: &mut [u8]) -> Result<()> {
        self.first.filter.decode_part(self.first.client_data, self.bytes, at, output).map(drop)
    }
}

/// Whether [`decode_parts`] has something to do: to be asked before the chunk is read for it.
pub(crate) fn gives_parts(filters: &[FilterDescription], mask: u32, registry: &Registry) -> bool {
    let first = filters.iter().enumerate().find(|(bit, _)| mask & mask_bit(*bit) == 0);
    first.is_some_and(|(_, first)| {
        let none = |filter: &dyn Filter| filter.decode_part(&first.client_data, &[], 0, &mut []);
        find(first, registry).and_then(none).unwrap_or(false)
    })
}

/// Decodes one chunk of `size` bytes for `read`, which asks for its parts, where the first filter
/// [gives them](Filter::decode_part); where not, gives `false`, and nothing was decoded.
///
/// # Errors
///
/// As [`decode`], and those of `read`.
pub(crate) fn decode_parts(
    filters: &[FilterDescription],
    mask: u32,
    stored: &[u8],
    size: usize,
    registry: &Registry,
    read: impl FnOnce(&Parts<'_>) -> Result<()>,
) -> Result<bool> {
    if !gives_parts(filters, mask, registry) {
        return Ok(false);
    }
    let stages = stages(filters, mask, size, registry)?;
    let Some((first, others)) = stages.split_first() else { return Ok(false) };
    Scratch::with(|scratch| {
        let bytes = undo(others, stored, scratch)?;
        check_size(bytes.len(), size)?;
        read(&Parts { first, bytes })
    })?;
    Ok(true)
}

/// Encodes one chunk; gives its bytes and the mask of the filters that were left out.
///
/// # Errors
///
/// Where a filter that is not optional cannot encode the chunk.
pub(crate) fn encode<'a>(
    filters: &[FilterDescription],
    chunk: Cow<'a, [u8]>,
    registry: &Registry,
) -> Result<(Cow<'a, [u8]>, u32)> {
    Scratch::with(|Scratch { source, target }| {
        // Where the bytes are: in `source`, or in `chunk` before any were moved.
        let (mut moved, mut mask) = (false, 0);
        for (bit, description) in filters.iter().enumerate() {
            let input = if moved { source.as_slice() } else { &chunk };
            let client_data = &description.client_data;
            let encoded = find(description, registry).and_then(|filter| {
                if bit.saturating_add(1) == filters.len() {
                    // What is given away is no scratch memory.
                    return Ok(filter.encode(client_data, input)?.map(Some));
                }
                Ok(filter.encode_into(client_data, input, target)?.then_some(None))
            });
            match encoded {
                Ok(Some(Some(encoded))) => return Ok((Cow::Owned(encoded), mask)),
                Ok(Some(None)) => {
                    mem::swap(source, target);
                    moved = true;
                }
                Ok(None) | Err(_) if description.is_optional() => mask |= mask_bit(bit),
                Ok(None) => {
                    let filter = names::describe(description.id, description.name.as_deref());
                    return Err(Error::usage(format!("{filter} cannot encode this chunk")));
                }
                Err(error) => return Err(error),
            }
        }
        Ok((if moved { Cow::Owned(source.clone()) } else { chunk }, mask))
    })
}

/// Whether [`encode`] may fail for some chunks and not for others.
pub(crate) fn may_fail(filters: &[FilterDescription], registry: &Registry) -> bool {
    let refuses = |filter: &FilterDescription| {
        registry.get(filter.id).is_some_and(|filter| filter.may_refuse())
    };
    filters.iter().any(|filter| !filter.is_optional() && refuses(filter))
}

/// The bit of a filter mask that stands for the filter at `position`; none beyond the 32nd.
fn mask_bit(position: usize) -> u32 {
    u32::try_from(position).ok().and_then(|bit| 1_u32.checked_shl(bit)).unwrap_or(0)
}

fn find<'a>(description: &FilterDescription, registry: &'a Registry) -> Result<&'a dyn Filter> {
    registry.require(description.id, description.name.as_deref())
}

/// The filters a chunk of `size` bytes went through, in the order of the pipeline.
fn stages<'a>(
    filters: &'a [FilterDescription],
    mask: u32,
    size: usize,
    registry: &'a Registry,
) -> Result<Vec<Stage<'a>>> {
    let mut limit = size;
    let mut stages = Vec::with_capacity(filters.len());
    for (bit, description) in filters.iter().enumerate() {
        if mask & mask_bit(bit) != 0 {
            continue;
        }
        let filter = find(description, registry)?;
        let client_data = description.client_data.as_slice();
        stages.push(Stage { filter, client_data, limit });
        limit = filter.max_encoded_len(client_data, limit);
    }
    Ok(stages)
}

/// Undoes `stages`, last to first.
fn run(
    stages: &[Stage<'_>],
    stored: &[u8],
    output: &mut [u8],
    scratch: &mut Scratch,
) -> Result<()> {
    let size = output.len();
    let Some((first, others)) = stages.split_first() else {
        check_size(stored.len(), size)?;
        output.copy_from_slice(stored);
        return Ok(());
    };
    let input = undo(others, stored, scratch)?;
    match first.prefix(input)? {
        Some(len) => {
            check_size(len, size)?;
            output.copy_from_slice(input.get(..size).unwrap_or(input));
            Ok(())
        }
        None => check_size(first.filter.decode_into(first.client_data, input, output)?, size),
    }
}

/// Undoes `stages`, last to first, in scratch memory.
fn undo<'s>(stages: &[Stage<'_>], stored: &'s [u8], scratch: &'s mut Scratch) -> Result<&'s [u8]> {
    let Scratch { source, target } = scratch;
    // Where the bytes are: the first `len` of `source`, or of `stored` before any were moved.
    let (mut moved, mut len) = (false, stored.len());
    for stage in stages.iter().rev() {
        let input = if moved { source.as_slice() } else { stored };
        let input = input.get(..len).unwrap_or(input);
        if let Some(prefix) = stage.prefix(input)? {
            len = prefix;
        } else if moved {
            len = stage.decode_to(input, target)?;
            mem::swap(source, target);
        } else {
            // Where there is but this one, the same memory serves chunk after chunk.
            let input = stored.get(..len).unwrap_or(stored);
            len = stage.decode_to(input, source)?;
            moved = true;
        }
    }
    let bytes = if moved { source.as_slice() } else { stored };
    Ok(bytes.get(..len).unwrap_or(bytes))
}

fn prefix(bytes: Cow<'_, [u8]>, len: usize) -> Cow<'_, [u8]> {
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(..len).unwrap_or(bytes)),
        Cow::Owned(mut bytes) => {
            bytes.truncate(len);
            Cow::Owned(bytes)
        }
    }
}

fn check_size(len: usize, size: usize) -> Result<()> {
    if len == size { Ok(()) } else { Err(wrong_size(len, size)) }
}

#[cold]
fn wrong_size(len: usize, size: usize) -> Error {
    Error::corrupt_chunk(format!("chunk decodes to {len} bytes, not to {size}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(id: u16, flags: u16, client_data: &[u32]) -> FilterDescription {
        FilterDescription { id, flags, name: None, client_data: client_data.to_vec() }
    }

    fn decode_all(
        filters: &[FilterDescription],
        mask: u32,
        stored: &[u8],
        size: usize,
    ) -> Result<Vec<u8>> {
        let registry = Registry::new();
        let decoded = decode(filters, mask, Cow::Borrowed(stored), size, &registry);
        let mut output = vec![0; size];
        let into = decode_into(filters, mask, stored, &mut output, &registry);
        assert_eq!(decoded.is_ok(), into.is_ok());
        let mut parts = vec![0; size];
        let in_parts = decode_parts(filters, mask, stored, size, &registry, |chunk| {
            let (front, back) = parts.split_at_mut(size / 3);
            chunk.copy(0, front)?;
            chunk.copy(size / 3, back)
        });
        let is_in_parts = in_parts.is_ok_and(|done| done);
        let decoded = decoded.inspect_err(|_| assert!(!is_in_parts))?.into_owned();
        assert_eq!(decoded, output);
        assert!(!is_in_parts || decoded == parts);
        Ok(decoded)
    }

    #[test]
    fn an_unknown_filter_is_named_unless_it_was_left_out() {
        let mafisc = [filter(32002, 0, &[])];
        let error = decode_all(&mafisc, 0, b"abc", 3).unwrap_err();
        assert_eq!(error.to_string(), "filter 32002 (MAFISC) is not supported");
        assert!(error.is_unsupported());
        assert_eq!(decode_all(&mafisc, 1, b"abc", 3).unwrap(), b"abc");
        encode(&mafisc, Cow::Borrowed(b"abc"), &Registry::new()).unwrap_err();
    }

    #[test]
    fn the_size_is_exact() {
        for filters in [&[][..], &[filter(2, 0, &[2])]] {
            decode_all(filters, 0, b"abcdef", 6).unwrap();
            decode_all(filters, 0, b"abcdef", 5).unwrap_err();
            decode_all(filters, 0, b"abcdef", 7).unwrap_err();
        }
    }

    #[test]
    fn an_optional_filter_that_fails_is_left_out() {
        let filters = [filter(2, 0, &[2]), filter(32000, 1, &[]), filter(32002, 1, &[])];
        let (stored, mask) = encode(&filters, Cow::Borrowed(b"abcd"), &Registry::new()).unwrap();
        assert_eq!((&*stored, mask), (&b"acbd"[..], 6));
        let registry = Registry::new();
        let read = |mask| {
            let mut bytes = [0; 2];
            let read = |chunk: &Parts<'_>| chunk.copy(1, &mut bytes);
            decode_parts(&filters, mask, &stored, 4, &registry, read).map(|done| (done, bytes))
        };
        assert_eq!(read(mask).unwrap(), (true, *b"bc"));
        assert_eq!(read(7).unwrap(), (false, [0; 2]));
        assert_eq!(decode_all(&filters, mask, &stored, 4).unwrap(), b"abcd");
        let mandatory = [filter(32000, 0, &[])];
        encode(&mandatory, Cow::Borrowed(b"abcd"), &Registry::new()).unwrap_err();
    }

    proptest! {
        #[test]
        fn any_order_comes_back(
            order in prop::collection::vec(0_usize..5, 0..6),
            chunk in prop::collection::vec(0_u8..7, 0..600),
        ) {
            let known = [
                filter(1, 0, &[4]),
                filter(2, 0, &[4]),
                filter(2, 0, &[1]),
                filter(3, 0, &[]),
                filter(32000, 1, &[]),
            ];
            let filters: Vec<_> = order.iter().map(|i| known[*i].clone()).collect();
            let (stored, mask) = encode(&filters, Cow::Borrowed(&chunk), &Registry::new()).unwrap();
            prop_assert_eq!(decode_all(&filters, mask, &stored, chunk.len()).unwrap(), chunk);
        }
    }
}
