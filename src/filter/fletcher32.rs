//! Fletcher32 (filter 3): a checksum behind the chunk's bytes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a hot loop over blocks of fixed size; sums are bounded by the block's length"
)]

use super::{Filter, corrupt, decode_to_vec, too_long};
use crate::error::Result;

const NAME: &str = "fletcher32";

/// Words summed side by side.
const LANES: usize = 16;
/// Most rounds of lanes until the 32-bit sums are emptied: they hold 65,535 * 256 * 257 / 2.
const ROUNDS: usize = 256;

/// Appends the Fletcher checksum of the chunk, over big-endian 16-bit words.
#[derive(Debug)]
pub(super) struct Fletcher32;

impl Filter for Fletcher32 {
    fn id(&self) -> u16 {
        3
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        decode_to_vec(self, client_data, input, limit)
    }

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let data = verify(input)?;
        let limit = output.len();
        let target =
            output.get_mut(..data.len()).ok_or_else(|| too_long(NAME, data.len(), limit))?;
        target.copy_from_slice(data);
        Ok(data.len())
    }

    fn decoded_prefix(&self, _: &[u32], input: &[u8]) -> Result<Option<usize>> {
        verify(input).map(|data| Some(data.len()))
    }

    fn encode(&self, _: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut encoded = Vec::with_capacity(input.len() + 4);
        encoded.extend_from_slice(input);
        encoded.extend_from_slice(&fletcher32(input).to_le_bytes());
        Ok(Some(encoded))
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        len.saturating_add(4)
    }
}

/// The bytes before the checksum, if it is theirs.
fn verify(input: &[u8]) -> Result<&[u8]> {
    let (data, stored) = input
        .split_last_chunk()
        .ok_or_else(|| corrupt(NAME, "chunk is too short for a checksum"))?;
    let (stored, computed) = (u32::from_le_bytes(*stored), fletcher32(data));
    // Releases before 1.6.3 stored each half byte-swapped on little-endian machines.
    let swapped = ((computed & 0x00FF_00FF) << 8) | ((computed >> 8) & 0x00FF_00FF);
    if stored == computed || stored == swapped {
        Ok(data)
    } else {
        Err(corrupt(NAME, format_args!("checksum is {stored:#010x}, bytes give {computed:#010x}")))
    }
}

/// The Fletcher checksum, as the HDF5 library defines it: an odd last byte is the high half of a
/// word, sums are modulo 65,535 with 65,535 in the place of a zero that is not the first.
fn fletcher32(data: &[u8]) -> u32 {
    let (mut sum1, mut sum2) = (0_u64, 0_u64);
    for block in data.chunks(2 * LANES * ROUNDS) {
        let words = u64::try_from(block.len().div_ceil(2)).unwrap_or(0);
        let (block1, block2) = sums(block);
        sum2 = fold(sum2 + words * sum1 + block2);
        sum1 = fold(sum1 + block1);
    }
    u32::try_from((sum2 << 16) | sum1).unwrap_or(0)
}

/// `sum` modulo 65,535, but 65,535 where that is zero and `sum` is not.
fn fold(sum: u64) -> u64 {
    if sum == 0 { 0 } else { (sum - 1) % 65_535 + 1 }
}

/// The sum of a block's words, and the sum of each word times the words from it to the end.
///
/// Each lane sums every 16th word, so that the lanes can be added side by side.
fn sums(block: &[u8]) -> (u64, u64) {
    let mut once = [0_u32; LANES];
    let mut twice = [0_u32; LANES];
    let (rounds, rest) = block.as_chunks::<{ 2 * LANES }>();
    for round in rounds {
        for lane in 0..LANES {
            once[lane] += u32::from(u16::from_be_bytes([round[2 * lane], round[2 * lane + 1]]));
            twice[lane] += once[lane];
        }
    }
    let (mut sum1, mut sum2, mut weighted) = (0, 0, 0);
    for (weight, lane) in (0..).zip(0..LANES) {
        sum1 += u64::from(once[lane]);
        sum2 += 16 * u64::from(twice[lane]);
        weighted += weight * u64::from(once[lane]);
    }
    sum2 -= weighted;
    for word in rest.chunks(2) {
        let low = word.get(1).copied().unwrap_or(0);
        sum1 += u64::from(u16::from_be_bytes([word[0], low]));
        sum2 += sum1;
    }
    (sum1, sum2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Word by word.
    fn plain(data: &[u8]) -> u32 {
        let (mut sum1, mut sum2) = (0_u32, 0_u32);
        let reduce = |sum: u32| (sum & 0xFFFF) + (sum >> 16);
        for block in data.chunks(720) {
            for word in block.chunks(2) {
                sum1 += u32::from(word[0]) << 8 | word.get(1).map_or(0, |low| u32::from(*low));
                sum2 += sum1;
            }
            (sum1, sum2) = (reduce(sum1), reduce(sum2));
        }
        (reduce(sum2) << 16) | reduce(sum1)
    }

    #[test]
    fn long_runs_do_not_overflow() {
        for byte in [0, 1, 0xFF] {
            for len in [0, 1, 2, 719, 720, 8191, 8192, 8193, 100_001] {
                let data = vec![byte; len];
                assert_eq!(fletcher32(&data), plain(&data), "{len} times {byte}");
            }
        }
    }

    #[test]
    fn the_swapped_value_of_old_files_is_accepted() {
        let mut chunk = Fletcher32.encode(&[], b"abcde").unwrap().unwrap();
        chunk.swap(5, 6);
        chunk.swap(7, 8);
        assert_eq!(Fletcher32.decode(&[], &chunk, 5).unwrap(), b"abcde");
        chunk[0] ^= 1;
        Fletcher32.decode(&[], &chunk, 5).unwrap_err();
        Fletcher32.decode(&[], b"abc", 5).unwrap_err();
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_plain_loop(data in prop::collection::vec(any::<u8>(), 0..5000)) {
            prop_assert_eq!(fletcher32(&data), plain(&data));
        }
    }
}
