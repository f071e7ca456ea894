//! Zstandard (filter 32015): a chunk is one frame.

use std::cell::Cell;

use rust_zstd::{CompressOptions, Compressor, Decompressor};

use super::{Filter, corrupt, in_new_memory};
use crate::error::Result;

const NAME: &str = "Zstandard";

/// Level where the client data has none.
const DEFAULT_LEVEL: i32 = 3;
/// Levels there are.
const LEVELS: std::ops::RangeInclusive<i32> = -131_072..=22;
/// Highest level whose tables, some MiB, a thread keeps.
const KEPT_LEVEL: i32 = 6;
/// Longest decoded bytes whose window a thread keeps.
const KEPT: usize = 16 << 20;
/// Binary logarithm of the window that every frame may have, whatever it decodes to.
const SMALL_WINDOW: u32 = 23;

/// Client data: the level, as a signed number.
#[derive(Debug)]
pub(super) struct Zstd;

impl Filter for Zstd {
    fn id(&self) -> u16 {
        32_015
    }

    fn name(&self) -> &'static str {
        "zstd"
    }

    in_new_memory!();

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        decompress(NAME, input, output)
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        output.clear();
        let level = client_data.first().map_or(DEFAULT_LEVEL, |level| level.cast_signed());
        compress(level, input, output);
        Ok(true)
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        // Of any encoder: blocks of 3 bytes more that are as short as 1 KiB, header and checksum.
        len.saturating_add(len >> 8).saturating_add(512)
    }
}

thread_local! {
    static DECODER: Cell<Option<Decompressor>> = const { Cell::new(None) };
    static ENCODER: Cell<Option<(i32, Compressor)>> = const { Cell::new(None) };
}

/// Decodes the frame at the front of `input` to that of `output`; gives the length.
///
/// A window takes at most 8 MiB, or twice the length of `output`.
pub(super) fn decompress(filter: &str, input: &[u8], output: &mut [u8]) -> Result<usize> {
    let mut decoder = DECODER.take().unwrap_or_default();
    decoder.reset();
    let largest = usize::BITS.saturating_sub(output.len().leading_zeros());
    decoder.set_window_log_max(largest.clamp(SMALL_WINDOW, 30));
    let (mut from, mut to) = (0, 0);
    let result = loop {
        let before = (from, to);
        match decoder.decompress_stream(input, &mut from, output, &mut to) {
            Ok(0) => break Ok(to),
            Ok(_) if (from, to) != before => {}
            Ok(_) if to == output.len() => {
                break Err("decodes to more than the chunk holds".to_owned());
            }
            Ok(_) => break Err("frame is cut short".to_owned()),
            Err(problem) => break Err(problem),
        }
    };
    if output.len() <= KEPT {
        DECODER.set(Some(decoder));
    }
    result.map_err(|problem| corrupt(filter, problem))
}

/// Appends `input` as a frame.
pub(super) fn compress(level: i32, input: &[u8], output: &mut Vec<u8>) {
    let level = level.clamp(*LEVELS.start(), *LEVELS.end());
    let new = || Compressor::new(CompressOptions { level, ..CompressOptions::default() });
    let kept = ENCODER.take().filter(|(kept, _)| *kept == level);
    let mut encoder = kept.map_or_else(new, |(_, encoder)| encoder);
    encoder.compress(input, output);
    if level <= KEPT_LEVEL {
        ENCODER.set(Some((level, encoder)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(stored: &[u8], limit: usize) -> Result<Vec<u8>> {
        Zstd.decode(&[], stored, limit)
    }

    #[test]
    fn frames_are_held_to_the_limit() {
        let stored = Zstd.encode(&[], &[7; 100_000]).unwrap().unwrap();
        assert!(stored.len() < 30);
        assert_eq!(decode(&stored, 100_000).unwrap(), [7; 100_000]);
        assert_eq!(decode(&stored, 200_000).unwrap(), [7; 100_000]);
        decode(&stored, 99_999).unwrap_err();
        decode(&stored, 0).unwrap_err();
        decode(&[], 10).unwrap_err();
        decode(b"no frame at all", 10).unwrap_err();
        // What is behind the frame is not looked at.
        assert_eq!(decode(&[&stored[..], b"abc"].concat(), 100_000).unwrap(), [7; 100_000]);
    }

    #[test]
    fn windows_are_held_to_the_limit() {
        // Header without content size: a window of 1 GiB, then an empty last block.
        let huge = [0x28, 0xB5, 0x2F, 0xFD, 0, 20 << 3, 1, 0, 0];
        decode(&huge, 100).unwrap_err();
        let small = [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 1, 0, 0];
        assert!(decode(&small, 100).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn chunks_come_back(
            chunk in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..600),
                prop::collection::vec(0_u8..3, 0..6000),
            ],
            level in -7_i32..=22,
            cut in any::<prop::sample::Index>(),
            flip in any::<(prop::sample::Index, u8)>(),
        ) {
            let mut stored = Zstd.encode(&[level.cast_unsigned()], &chunk).unwrap().unwrap();
            prop_assert!(stored.len() <= Zstd.max_encoded_len(&[], chunk.len()));
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
