//! bitshuffle (filter 32008): bits of equal weight together, block by block, and then perhaps LZ4 or
//! Zstandard of each block.
//!
//! Blocks have a multiple of 8 elements, the last one fewer of them; elements left after that, less
//! than 8, are stored as they are. Compressed, a chunk is its decoded length (8 bytes) and that of its
//! blocks (4), then of each block the length of what is stored (4, like all of these big-endian),
//! and that, and then what is left.

use std::cell::Cell;

use super::bit_transpose::{transpose, untranspose};
use super::{Filter, bad_client_data, capped, corrupt, in_new_memory, lz4, too_long, zstd};
use crate::codec::wide;
use crate::error::{Error, Result};

const NAME: &str = "bitshuffle";

/// Version of the filter that new datasets name.
pub(super) const VERSION: [u32; 2] = [0, 4];
/// Values of the mode.
const PLAIN: u32 = 0;
const LZ4: u32 = 2;
const ZSTD: u32 = 3;
/// Bytes that a block has where the client data do not say it, and elements it has at least.
const BLOCK_BYTES: usize = 8192;
const BLOCK_ELEMENTS: usize = 128;
/// Bytes ahead of the first block.
const HEADER: usize = 12;
/// Most bytes that a thread keeps to work in.
const KEPT: usize = 4 << 20;

/// Client data: two of the version, bytes of an element, elements of a block (0 for a good
/// number), mode, level of Zstandard. The last three may be missing.
#[derive(Debug)]
pub(super) struct Bitshuffle;

impl Filter for Bitshuffle {
    fn id(&self) -> u16 {
        32_008
    }

    fn name(&self) -> &'static str {
        NAME
    }

    in_new_memory!();

    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let mut plan = Plan::parse(client_data)?;
        let limit = output.len();
        let (len, rest) = if plan.codec == Codec::None {
            (input.len(), input)
        } else {
            let (len, rest) = input.split_first_chunk().ok_or_else(cut_short)?;
            let (block, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
            let block = usize::try_from(u32::from_be_bytes(*block)).unwrap_or(0);
            plan = plan.with_block(block.checked_div(plan.element).unwrap_or(0))?;
            (usize::try_from(u64::from_be_bytes(*len)).unwrap_or(usize::MAX), rest)
        };
        let target = output.get_mut(..len).ok_or_else(|| too_long(NAME, len, limit))?;
        plan.check(len)?;
        Scratch::with(|scratch| plan.decode(rest, target, scratch))?;
        Ok(len)
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let plan = Plan::parse(client_data)?;
        plan.check(input.len())?;
        output.clear();
        if plan.codec != Codec::None {
            let block = plan.block.saturating_mul(plan.element);
            let block = u32::try_from(block).map_err(|_| bad_client_data(NAME, client_data))?;
            output.extend_from_slice(&wide(input.len()).to_be_bytes());
            output.extend_from_slice(&block.to_be_bytes());
        }
        Scratch::with(|scratch| plan.encode(input, output, scratch))?;
        Ok(output.len() <= self.max_encoded_len(client_data, input.len()))
    }

    fn max_encoded_len(&self, client_data: &[u32], len: usize) -> usize {
        match Plan::parse(client_data) {
            Ok(plan) if plan.codec != Codec::None => {
                // Of each block its length, and what codecs say it grows at most.
                let blocks = len.div_ceil(plan.block.saturating_mul(plan.element).max(1));
                let more = blocks.saturating_add(1).saturating_mul(128).saturating_add(len / 128);
                capped(len, len.saturating_add(more).saturating_add(HEADER))
            }
            _ => len,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    None,
    Lz4,
    Zstd { level: i32 },
}

/// What the client data say.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// Bytes of an element, not 0.
    element: usize,
    /// Elements of a block, a multiple of 8, not 0.
    block: usize,
    codec: Codec,
}

impl Plan {
    fn parse(client_data: &[u32]) -> Result<Self> {
        let bad = || bad_client_data(NAME, client_data);
        let size = |value: Option<&u32>| usize::try_from(value.copied().unwrap_or(0)).ok();
        let element = size(client_data.get(2)).filter(|size| *size > 0).ok_or_else(bad)?;
        let block = size(client_data.get(3)).ok_or_else(bad)?;
        let codec = match client_data.get(4).copied().unwrap_or(PLAIN) {
            PLAIN => Codec::None,
            LZ4 => Codec::Lz4,
            ZSTD => {
                Codec::Zstd { level: client_data.get(5).map_or(3, |level| level.cast_signed()) }
            }
            _ => return Err(bad()),
        };
        let block = match block {
            0 => {
                let fitting = BLOCK_BYTES.checked_div(element).unwrap_or(0);
                fitting.saturating_sub(fitting % 8).max(BLOCK_ELEMENTS)
            }
            _ => block,
        };
        Self { element, block, codec }.with_block(block)
    }

    /// The same with blocks of so many elements.
    fn with_block(self, block: usize) -> Result<Self> {
        if block == 0 || !block.is_multiple_of(8) {
            return Err(corrupt(NAME, format_args!("a block of {block} elements")));
        }
        Ok(Self { block, ..self })
    }

    /// Bytes are elements.
    fn check(&self, len: usize) -> Result<()> {
        if len.is_multiple_of(self.element) {
            Ok(())
        } else {
            Err(corrupt(
                NAME,
                format_args!("{len} bytes, which are no elements of {}", self.element),
            ))
        }
    }

    /// Bytes of a block, and those that go through blocks at all, of `len`.
    fn bytes(&self, len: usize) -> (usize, usize) {
        let count = len.checked_div(self.element).unwrap_or(0);
        let whole = (count / 8).saturating_mul(8).saturating_mul(self.element);
        (self.block.saturating_mul(self.element), whole)
    }

    fn decode(&self, mut input: &[u8], output: &mut [u8], scratch: &mut Scratch) -> Result<()> {
        let (block, whole) = self.bytes(output.len());
        let (blocks, left) = output.split_at_mut_checked(whole).ok_or_else(cut_short)?;
        for target in blocks.chunks_mut(block) {
            let (rows, rest) = match self.codec {
                Codec::None => input.split_at_checked(target.len()).ok_or_else(cut_short)?,
                codec => {
                    let (stored, rest) = input.split_first_chunk().ok_or_else(cut_short)?;
                    let stored = usize::try_from(u32::from_be_bytes(*stored)).unwrap_or(usize::MAX);
                    let (stored, rest) = rest.split_at_checked(stored).ok_or_else(cut_short)?;
                    scratch.rows.resize(target.len().max(scratch.rows.len()), 0);
                    let rows = scratch.rows.get_mut(..target.len()).unwrap_or_default();
                    decompress(codec, stored, rows)?;
                    (&*rows, rest)
                }
            };
            untranspose(self.element, rows, target, &mut scratch.planes);
            input = rest;
        }
        left.copy_from_slice(input.get(..left.len()).ok_or_else(cut_short)?);
        Ok(())
    }

    fn encode(&self, input: &[u8], output: &mut Vec<u8>, scratch: &mut Scratch) -> Result<()> {
        let (block, whole) = self.bytes(input.len());
        let (blocks, left) = input.split_at_checked(whole).ok_or_else(cut_short)?;
        for source in blocks.chunks(block) {
            scratch.rows.resize(source.len().max(scratch.rows.len()), 0);
            let rows = scratch.rows.get_mut(..source.len()).unwrap_or_default();
            transpose(self.element, source, rows, &mut scratch.planes);
            match self.codec {
                Codec::None => output.extend_from_slice(rows),
                codec => compress(codec, rows, output)?,
            }
        }
        output.extend_from_slice(left);
        Ok(())
    }
}

/// Memory to work in, which each thread keeps.
#[derive(Debug, Default)]
struct Scratch {
    rows: Vec<u8>,
    planes: Vec<u8>,
}

thread_local! {
    static SCRATCH: Cell<Scratch> = const {
        Cell::new(Scratch { rows: Vec::new(), planes: Vec::new() })
    };
}

impl Scratch {
    fn with<R>(with: impl FnOnce(&mut Self) -> R) -> R {
        let mut scratch = SCRATCH.take();
        let result = with(&mut scratch);
        if scratch.rows.capacity().saturating_add(scratch.planes.capacity()) <= KEPT {
            SCRATCH.set(scratch);
        }
        result
    }
}

/// Decodes a block to exactly `rows`.
fn decompress(codec: Codec, stored: &[u8], rows: &mut [u8]) -> Result<()> {
    let found = match codec {
        Codec::Zstd { .. } => zstd::decompress(NAME, stored, rows)?,
        _ => lz4::decompress(NAME, stored, rows)?,
    };
    if found == rows.len() {
        return Ok(());
    }
    Err(corrupt(NAME, format_args!("a block of {found} bytes, not of {}", rows.len())))
}

/// Appends a block, behind its length.
fn compress(codec: Codec, rows: &[u8], output: &mut Vec<u8>) -> Result<()> {
    let start = output.len();
    output.extend_from_slice(&[0; 4]);
    match codec {
        Codec::Zstd { level } => zstd::compress(level, rows, output),
        _ => lz4::compress(NAME, rows, output)?,
    }
    let len = output.len().saturating_sub(start).saturating_sub(4);
    let len = u32::try_from(len).map_err(|_| corrupt(NAME, "block is too large"))?;
    if let Some(head) = output.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        *head = len.to_be_bytes();
    }
    Ok(())
}

#[cold]
fn cut_short() -> Error {
    corrupt(NAME, "chunk ends in the middle of a block")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_are_those_of_the_plugin() {
        let blocks = |element, elements| {
            let plan = Plan::parse(&[0, 4, element, elements, 2])?;
            Ok::<_, Error>(plan.block)
        };
        assert_eq!(blocks(1, 0).unwrap(), 8192);
        assert_eq!(blocks(2, 0).unwrap(), 4096);
        assert_eq!(blocks(7, 0).unwrap(), 1168);
        assert_eq!(blocks(1000, 0).unwrap(), 128);
        assert_eq!(blocks(4, 24).unwrap(), 24);
        blocks(4, 12).unwrap_err();
        blocks(0, 8).unwrap_err();
        for bad in [&[][..], &[0, 4], &[0, 4, 1, 0, 1], &[0, 4, 1, 0, 4]] {
            Bitshuffle.encode(bad, &[1; 8]).unwrap_err();
        }
        assert_eq!(
            Bitshuffle.encode(&[0, 4, 1], &[1; 9]).unwrap().unwrap(),
            [255, 0, 0, 0, 0, 0, 0, 0, 1]
        );
    }

    #[test]
    fn what_it_says_of_lengths_is_not_believed() {
        let client_data = [0, 4, 4, 0, 2];
        let stored = Bitshuffle.encode(&client_data, &[7; 100]).unwrap().unwrap();
        let decode = |stored: &[u8], limit| Bitshuffle.decode(&client_data, stored, limit);
        assert_eq!(decode(&stored, 100).unwrap(), [7; 100]);
        decode(&stored, 96).unwrap_err();
        for (at, byte) in [(0, 255), (7, 101), (7, 104), (10, 0), (11, 16), (15, 200), (15, 1)] {
            let mut broken = stored.clone();
            broken[at] = byte;
            assert!(decode(&broken, 100).is_err(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn chunks_come_back(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..600),
                prop::collection::vec(0_u8..3, 0..6000),
            ],
            element in 1_u32..20,
            block in 0_u32..9,
            mode in prop::sample::select(vec![0_u32, 2, 3]),
            cut in any::<prop::sample::Index>(),
            flip in any::<(prop::sample::Index, u8)>(),
        ) {
            let client_data = [0, 4, element, block * 8, mode, 3];
            let chunk = &bytes[..bytes.len() - bytes.len() % element as usize];
            let encoded = Bitshuffle.encode(&client_data, chunk).unwrap();
            // Only the smallest blocks are not worth it.
            prop_assert!(encoded.is_some() || block * element < 20);
            let Some(mut stored) = encoded else { return Ok(()) };
            prop_assert!(stored.len() <= Bitshuffle.max_encoded_len(&client_data, chunk.len()));
            let decode = |stored: &[u8]| Bitshuffle.decode(&client_data, stored, chunk.len());
            prop_assert_eq!(&decode(&stored).unwrap(), chunk);
            prop_assume!(!stored.is_empty());
            if mode != 0 {
                decode(&stored[..cut.index(stored.len())]).unwrap_err();
            }
            let at = flip.0.index(stored.len());
            stored[at] ^= flip.1;
            if let Ok(decoded) = decode(&stored) {
                prop_assert!(decoded.len() <= chunk.len());
            }
        }
    }
}
