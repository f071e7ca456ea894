//! SZIP (filter 4): the length of the chunk, and CCSDS 121.0-B lossless coding of it.
//!
//! Only two bits of the options mask mean something to the coder: whether the nearest neighbour
//! predicts a sample, and whether samples are big-endian. Samples of 32 and 64 bits are not coded as
//! such: the bytes of the chunk are sorted by their place in the element first, and then coded
//! as samples of 8 bits.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "hot loops; `Coder::new` bounds every parameter, lengths are multiples of the sample"
)]

mod decode;
mod encode;

use super::shuffle::{shuffle, unshuffle};
use super::{Filter, bad_client_data, corrupt, decode_to_vec, too_long};
use crate::error::Result;

const NAME: &str = "szip";

/// Options mask: nothing predicts a sample.
pub(super) const ENTROPY: u32 = 4;
/// Options mask: samples are big-endian.
pub(super) const BIG_ENDIAN: u32 = 16;
/// Options mask: the nearest neighbour predicts a sample.
pub(super) const NEAREST_NEIGHBOUR: u32 = 32;
/// Most pixels of a block.
pub(super) const MAX_BLOCK: usize = 32;
/// Most pixels of a scanline.
const MAX_LINE: usize = 4096;
/// Blocks of a segment: a run of zero blocks ends with it.
const SEGMENT: usize = 64;

/// Client data: options mask, pixels per block, bits per pixel, pixels per scanline.
#[derive(Debug)]
pub(super) struct Szip;

impl Filter for Szip {
    fn id(&self) -> u16 {
        4
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        let (_, len) = open(client_data, input, limit)?;
        decode_to_vec(self, client_data, input, len)
    }

    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let (stream, len) = open(client_data, input, output.len())?;
        let coder = Coder::new(client_data)?;
        let output = &mut output[..len];
        if coder.word == 1 {
            coder.check_len(len)?;
            coder.decode(stream, output)?;
        } else {
            let mut planes = vec![0; len];
            coder.decode(stream, &mut planes)?;
            unshuffle(coder.word, &planes, output);
        }
        Ok(len)
    }

    fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let coder = Coder::new(client_data)?;
        coder.check_len(input.len())?;
        let Ok(len) = u32::try_from(input.len()) else { return Ok(None) };
        let encoded = len.to_le_bytes().to_vec();
        if coder.word == 1 {
            coder.encode(input, encoded)
        } else {
            let mut planes = vec![0; input.len()];
            shuffle(coder.word, input, &mut planes);
            coder.encode(&planes, encoded)
        }
    }

    fn may_refuse(&self) -> bool {
        // What does not get shorter.
        true
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        // What does not get shorter is not stored.
        len.saturating_add(4)
    }
}

/// The coded stream and the length it decodes to, which is at most `limit`.
fn open<'a>(client_data: &[u32], input: &'a [u8], limit: usize) -> Result<(&'a [u8], usize)> {
    let coder = Coder::new(client_data)?;
    let (len, stream) =
        input.split_first_chunk().ok_or_else(|| corrupt(NAME, "chunk is too short"))?;
    let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
    if len > limit {
        return Err(too_long(NAME, len, limit));
    }
    coder.check_len(len)?;
    Ok((stream, len))
}

/// Parameters of the coder.
#[derive(Debug, Clone, Copy)]
struct Coder {
    /// Bytes of the words that are sorted by place before coding; 1 where they are not.
    word: usize,
    /// Bits of a sample, 1 to 31.
    bits: u32,
    /// Bytes a sample stands in: 1, 2 or 4.
    bytes: usize,
    big_endian: bool,
    /// Samples of a block: even, at most [`MAX_BLOCK`].
    block: usize,
    /// Samples of a scanline: at most [`MAX_LINE`].
    line: usize,
    /// Bits of a block's option identifier.
    id_bits: u32,
    /// Whether the nearest neighbour predicts a sample.
    predicts: bool,
}

impl Coder {
    fn new(client_data: &[u32]) -> Result<Self> {
        let bad = || bad_client_data(NAME, client_data);
        let [mask, block, pixel, line] = *client_data else { return Err(bad()) };
        let (bits, word) = match pixel {
            64 => (8, 8),
            32 => (8, 4),
            1..32 => (pixel, 1),
            _ => return Err(bad()),
        };
        let (bytes, id_bits) = match bits {
            ..=8 => (1, 3),
            9..=16 => (2, 4),
            _ => (4, 5),
        };
        let block = usize::try_from(block).map_err(|_| bad())?;
        let line = usize::try_from(line).map_err(|_| bad())?;
        if block == 0
            || !block.is_multiple_of(2)
            || block > MAX_BLOCK
            || line == 0
            || line > MAX_LINE
        {
            return Err(bad());
        }
        let (big_endian, predicts) = (mask & BIG_ENDIAN != 0, mask & NEAREST_NEIGHBOUR != 0);
        Ok(Self { word, bits, bytes, big_endian, block, line, id_bits, predicts })
    }

    fn check_len(&self, len: usize) -> Result<()> {
        let pixel = self.word.max(self.bytes);
        if len.is_multiple_of(pixel) {
            Ok(())
        } else {
            Err(corrupt(NAME, format_args!("{len} bytes are not whole pixels of {pixel}")))
        }
    }

    /// Blocks that one reference sample serves: a scanline, rounded up.
    fn interval(&self) -> usize {
        self.line.div_ceil(self.block)
    }

    /// The largest sample.
    fn max(&self) -> u32 {
        u32::MAX >> (32 - self.bits)
    }

    /// The option identifier of samples stored as they are: all ones.
    fn id_plain(&self) -> u64 {
        (1 << self.id_bits) - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(client_data: [u32; 4], chunk: &[u8]) -> Option<usize> {
        let stored = Szip.encode(&client_data, chunk).unwrap()?;
        assert!(stored.len() <= Szip.max_encoded_len(&client_data, chunk.len()));
        assert_eq!(Szip.decode(&client_data, &stored, chunk.len()).unwrap(), chunk);
        if let Some(less) = chunk.len().checked_sub(1) {
            Szip.decode(&client_data, &stored, less).unwrap_err();
        }
        Some(stored.len())
    }

    #[test]
    fn senseless_parameters_are_refused() {
        for client_data in [
            &[][..],
            &[32, 8, 8],
            &[32, 0, 8, 64],
            &[32, 7, 8, 64],
            &[32, 34, 8, 64],
            &[32, 8, 0, 64],
            &[32, 8, 33, 64],
            &[32, 8, 8, 0],
            &[32, 8, 8, 4097],
        ] {
            Szip.decode(client_data, &[4, 0, 0, 0, 0, 0], 4).unwrap_err();
        }
        Szip.decode(&[32, 8, 16, 64], &[3, 0, 0, 0, 0, 0, 0, 0, 0], 4).unwrap_err();
        Szip.decode(&[32, 8, 16, 64], &[0, 0, 0], 4).unwrap_err();
        Szip.encode(&[32, 8, 12, 64], &[0, 0x10, 0, 0]).unwrap_err();
    }

    #[test]
    fn nothing_but_zeros_is_next_to_nothing() {
        assert!(check([32, 8, 8, 1024], &[0; 10_000]).unwrap() < 60);
        assert!(check([0, 16, 64, 1000], &[0; 16_000]).unwrap() < 60);
    }

    proptest! {
        #[test]
        fn chunks_come_back(
            mask in prop::sample::select(vec![0, BIG_ENDIAN, NEAREST_NEIGHBOUR, BIG_ENDIAN | NEAREST_NEIGHBOUR]),
            block in 1_u32..=16,
            bits in prop_oneof![1_u32..=24, Just(32), Just(64)],
            line in prop_oneof![1_u32..100, 1_u32..=4096],
            steps in prop::collection::vec((0_u32..20, any::<u32>(), 0_usize..300), 0..12),
        ) {
            let bytes = match bits { 0..=8 => 1, 9..=16 => 2, 17..=32 => 4, _ => 8 };
            let mut chunk = Vec::new();
            let mut sample = 0_u64;
            for (spread, seed, count) in steps {
                for i in 0..count {
                    let noise = seed.wrapping_mul(i as u32 | 1).rotate_left(11) & ((1 << spread) - 1);
                    sample = sample.wrapping_add(u64::from(noise)) & (u64::MAX >> (64 - bits));
                    let all = if mask & BIG_ENDIAN != 0 { sample.to_be_bytes() } else { sample.to_le_bytes() };
                    chunk.extend(if mask & BIG_ENDIAN != 0 { &all[8 - bytes..] } else { &all[..bytes] });
                }
            }
            check([mask, 2 * block, bits, line], &chunk);
        }

        #[test]
        fn any_bytes_are_survived(
            mask in any::<u32>(),
            block in 0_u32..=34,
            bits in 0_u32..=64,
            line in 0_u32..=300,
            len in 0_u32..3000,
            stream in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let stored = [&len.to_le_bytes()[..], &stream].concat();
            if let Ok(chunk) = Szip.decode(&[mask, block, bits, line], &stored, 2000) {
                prop_assert_eq!(chunk.len(), len as usize);
            }
        }
    }
}
