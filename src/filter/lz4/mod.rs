//! LZ4 (filter 32004): blocks of the chunk, each compressed on its own.
//!
//! A chunk is its decoded length (8 bytes) and that of its blocks (4), then each block: the length
//! of what is stored (4 bytes, like all of these big-endian), and that. Where a block did not
//! get smaller, it is stored as it is, which the equal length tells.

mod decode;
#[cfg(feature = "blosc")]
mod high;

use lz4_flex::block;

use super::{Filter, capped, corrupt, in_new_memory, too_long};
use crate::codec::wide;
use crate::error::{Error, Result};

const NAME: &str = "LZ4";

/// Length of blocks where the client data has none.
const DEFAULT_BLOCK: usize = 1 << 30;
/// Bytes ahead of the first block.
const HEADER: usize = 12;

/// Client data: bytes of a block; none or 0 for the default.
#[derive(Debug)]
pub(super) struct Lz4;

impl Filter for Lz4 {
    fn id(&self) -> u16 {
        32_004
    }

    fn name(&self) -> &'static str {
        "lz4"
    }

    in_new_memory!();

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let (len, rest) = input.split_first_chunk().ok_or_else(cut_short)?;
        let (block, mut rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
        let limit = output.len();
        let len = usize::try_from(u64::from_be_bytes(*len)).unwrap_or(usize::MAX);
        let target = output.get_mut(..len).ok_or_else(|| too_long(NAME, len, limit))?;
        let block = to_usize(*block);
        if block == 0 && len > 0 {
            return Err(corrupt(NAME, "blocks of no bytes"));
        }
        for target in target.chunks_mut(block.max(1)) {
            rest = decode_block(rest, target)?;
        }
        Ok(len)
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let block = block_len(client_data).min(input.len());
        let stated = u32::try_from(block).map_err(|_| corrupt(NAME, "block is too large"))?;
        output.clear();
        output.reserve(self.max_encoded_len(client_data, input.len()));
        output.extend_from_slice(&wide(input.len()).to_be_bytes());
        output.extend_from_slice(&stated.to_be_bytes());
        for block in input.chunks(block.max(1)) {
            encode_block(block, output)?;
        }
        Ok(output.len() <= self.max_encoded_len(client_data, input.len()))
    }

    fn max_encoded_len(&self, client_data: &[u32], len: usize) -> usize {
        let blocks = len.div_ceil(block_len(client_data));
        capped(len, len.saturating_add(blocks.saturating_mul(4)).saturating_add(HEADER))
    }
}

/// Decodes the block at the front of `input` to `target`; gives what is behind it.
fn decode_block<'a>(input: &'a [u8], target: &mut [u8]) -> Result<&'a [u8]> {
    let (stored, rest) = input.split_first_chunk().ok_or_else(cut_short)?;
    let (stored, rest) = rest.split_at_checked(to_usize(*stored)).ok_or_else(cut_short)?;
    if stored.len() == target.len() {
        target.copy_from_slice(stored);
        return Ok(rest);
    }
    match decompress(NAME, stored, target)? {
        found if found == target.len() => Ok(rest),
        found => {
            Err(corrupt(NAME, format_args!("a block of {found} bytes, not of {}", target.len())))
        }
    }
}

/// Appends a block.
fn encode_block(input: &[u8], output: &mut Vec<u8>) -> Result<()> {
    let start = output.len();
    output.extend_from_slice(&[0; 4]);
    let payload = output.len();
    compress(NAME, input, output)?;
    if output.len().saturating_sub(payload) >= input.len() {
        output.truncate(payload);
        output.extend_from_slice(input);
    }
    let len = u32::try_from(output.len().saturating_sub(payload));
    let len = len.map_err(|_| corrupt(NAME, "block is too large"))?;
    if let Some(head) = output.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        *head = len.to_be_bytes();
    }
    Ok(())
}

/// Decodes a bare block to the front of `output`; gives the length.
pub(super) fn decompress(filter: &str, input: &[u8], output: &mut [u8]) -> Result<usize> {
    decode::decompress(input, output).map_err(|error| corrupt(filter, error))
}

/// Appends `input` as a bare block.
pub(super) fn compress(filter: &str, input: &[u8], output: &mut Vec<u8>) -> Result<()> {
    let start = output.len();
    let most = block::get_maximum_output_size(input.len());
    output.resize(start.saturating_add(most), 0);
    let room = output.get_mut(start..).unwrap_or_default();
    let len = block::compress_into(input, room).map_err(|error| corrupt(filter, error))?;
    output.truncate(start.saturating_add(len));
    Ok(())
}

/// Appends `input` as a bare block, with the effort of this level of LZ4HC; gives whether it is not too
/// long for that.
#[cfg(feature = "blosc")]
pub(super) fn compress_high(level: u32, input: &[u8], output: &mut Vec<u8>) -> bool {
    // More places than C looks at, which looks at some again.
    high::compress(input, 1 << level.saturating_add(1).clamp(4, 9), output)
}

fn block_len(client_data: &[u32]) -> usize {
    let wanted = client_data.first().and_then(|len| usize::try_from(*len).ok()).unwrap_or(0);
    if wanted == 0 { DEFAULT_BLOCK } else { wanted }
}

fn to_usize(bytes: [u8; 4]) -> usize {
    usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX)
}

#[cold]
fn cut_short() -> Error {
    corrupt(NAME, "chunk ends in the middle of a block")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(stored: &[u8], limit: usize) -> Result<Vec<u8>> {
        Lz4.decode(&[], stored, limit)
    }

    #[test]
    fn the_container_is_that_of_the_plugin() {
        let stored = Lz4.encode(&[4], b"abcdef").unwrap().unwrap();
        let expected: [&[u8]; 6] = [
            &[0, 0, 0, 0, 0, 0, 0, 6],
            &[0, 0, 0, 4],
            &[0, 0, 0, 4],
            b"abcd",
            &[0, 0, 0, 2],
            b"ef",
        ];
        assert_eq!(stored, expected.concat());
        assert_eq!(decode(&stored, 6).unwrap(), b"abcdef");
        let whole = Lz4.encode(&[], &[7; 1000]).unwrap().unwrap();
        assert_eq!(whole[..12], [0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 3, 232]);
        assert!(whole.len() < 40);
    }

    #[test]
    fn what_it_says_of_lengths_is_not_believed() {
        let stored = Lz4.encode(&[], &[7; 100]).unwrap().unwrap();
        assert_eq!(decode(&stored, 100).unwrap(), [7; 100]);
        decode(&stored, 99).unwrap_err();
        for (at, byte) in [(0, 255), (7, 101), (7, 99), (11, 0), (15, 200), (15, 1)] {
            let mut broken = stored.clone();
            broken[at] = byte;
            assert!(decode(&broken, 100).is_err(), "{at}");
        }
        assert!(decode(&[0; 12], 5).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn chunks_come_back(
            chunk in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..600),
                prop::collection::vec(0_u8..3, 0..6000),
            ],
            block in 0_u32..700,
            cut in any::<prop::sample::Index>(),
            flip in any::<(prop::sample::Index, u8)>(),
        ) {
            let Some(mut stored) = Lz4.encode(&[block], &chunk).unwrap() else {
                // Only the smallest blocks are not worth it.
                prop_assert!((1..4).contains(&block));
                return Ok(());
            };
            prop_assert!(stored.len() <= Lz4.max_encoded_len(&[block], chunk.len()));
            prop_assert_eq!(&decode(&stored, chunk.len()).unwrap(), &chunk);
            decode(&stored[..cut.index(stored.len())], chunk.len()).unwrap_err();
            let at = flip.0.index(stored.len());
            stored[at] ^= flip.1;
            if let Ok(decoded) = decode(&stored, chunk.len()) {
                prop_assert!(decoded.len() <= chunk.len());
            }
        }
    }
}
