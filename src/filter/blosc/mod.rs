//! Blosc (filter 32001): elements in blocks, shuffled, compressed by one of several codecs.

pub(super) mod chunk;
pub(super) mod codec;
pub(super) mod encode;
mod lz;
pub(super) mod stages;

use std::cell::Cell;

use chunk::{BIT_SHUFFLED, Chunk, NAME, SHUFFLED, divides};
use codec::Codec;
use encode::{Made, Plan};
use stages::{Scratch, Stages};

use super::{Filter, bad_client_data, in_new_memory, too_long};
use crate::error::Result;

/// Bytes of a block of little data, and of the largest one.
const L1: usize = 32 << 10;
const LARGEST: usize = 1 << 20;
/// Most bytes of blocks on their way that a thread keeps.
const KEPT: usize = 16 << 20;

thread_local! {
    static SCRATCH: Cell<Scratch> = Cell::default();
}

/// Runs `with` on the memory that the thread keeps.
pub(super) fn with_scratch<R>(with: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH.take();
    let result = with(&mut scratch);
    if scratch.capacity() <= KEPT {
        SCRATCH.set(scratch);
    }
    result
}

/// Client data: versions of the filter and of the format, bytes of an element and of a chunk,
/// level, shuffle, codec. Decoding needs none of it.
#[derive(Debug)]
pub(super) struct Blosc;

impl Filter for Blosc {
    fn id(&self) -> u16 {
        32_001
    }

    fn name(&self) -> &'static str {
        "blosc"
    }

    in_new_memory!();

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let chunk = Chunk::parse(input)?;
        let limit = output.len();
        let output = output.get_mut(..chunk.len).ok_or_else(|| too_long(NAME, chunk.len, limit))?;
        with_scratch(|scratch| chunk.decode(output, scratch))?;
        Ok(chunk.len)
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let plan =
            plan(client_data, input.len()).ok_or_else(|| bad_client_data(NAME, client_data))?;
        output.clear();
        // No more than the input, as the plugin has it.
        let made = with_scratch(|scratch| plan.encode(input, output, input.len(), scratch));
        Ok(made == Made::Chunk)
    }

    fn may_refuse(&self) -> bool {
        // What does not get shorter.
        true
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        // Stored, where other writers do that.
        len.saturating_add(chunk::SHORT)
    }
}

/// How chunks of `len` bytes are made.
fn plan(client_data: &[u32], len: usize) -> Option<Plan> {
    let &[_, _, element, _, ref rest @ ..] = client_data else { return None };
    let value = |index: usize, default: u32| rest.get(index).copied().unwrap_or(default);
    let (level, filter) = (value(0, 5), value(1, 1));
    let codec = Codec::of_code(value(2, 0)).filter(|_| level <= 9 && filter <= 2)?;
    let element = match u8::try_from(element) {
        Ok(0) => return None,
        Ok(element) => element,
        Err(_) => 1,
    };
    let size = usize::from(element);
    let block = block(codec, level, size, len);
    let flag = |on: u32, flag: u8| if filter == on { flag } else { 0 };
    Some(Plan {
        codec,
        level,
        element,
        block,
        divided: codec != Codec::Zstd && divides(size, block),
        filter: u8::try_from(filter).ok()?,
        stages: Stages::of_flags(2, size, flag(1, SHUFFLED), flag(2, BIT_SHUFFLED), 0),
        long: false,
        smallest: chunk::MIN_STREAM,
    })
}

/// The bytes of a block, by the rules of the C library, so that chunks are as large as its.
fn block(codec: Codec, level: u32, element: usize, len: usize) -> usize {
    if len < element {
        return 1;
    }
    let mut block = first_block(codec, level, len);
    if level > 0 && codec != Codec::Zstd && divides(element, block) {
        block = block.min(1 << 18).saturating_mul(element).clamp(1 << 16, LARGEST);
    }
    whole_elements(block.min(len), element)
}

/// The bytes of a block, before what depends on elements.
pub(super) fn first_block(codec: Codec, level: u32, len: usize) -> usize {
    if len < L1 {
        return len;
    }
    let thorough = matches!(codec, Codec::Lz4Hc | Codec::Zlib | Codec::Zstd);
    let block = if thorough { L1 << 1 } else { L1 };
    match level {
        0 => block >> 2,
        1 => block >> 1,
        2 => block,
        3 => block << 1,
        4 | 5 => block << 2,
        9 if thorough => block << 4,
        _ => block << 3,
    }
}

/// As many bytes as are whole elements.
pub(super) fn whole_elements(block: usize, element: usize) -> usize {
    let rest = block.checked_rem(element).unwrap_or(0);
    if block > element { block.saturating_sub(rest) } else { block }
}

#[cfg(test)]
mod tests;
