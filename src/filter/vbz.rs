//! VBZ (filter 32020), for the signals of nanopore sequencers: integers as differences to those ahead
//! of them, in as few bytes as they need, and then Zstandard.
//!
//! A chunk is its decoded length (4 bytes, little-endian) and the frame of this: for each four
//! numbers a byte, two bits a number from the lowest on, that says how long they are; then the bytes
//! of the numbers. Numbers are signed and taken as 32 bits. Differences have their sign in the lowest bit.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "hot loops; what is shifted by is made of places below 4"
)]

use std::cell::Cell;

use super::{Filter, bad_client_data, corrupt, in_new_memory, too_long, zstd};
use crate::error::{Error, Result};

const NAME: &str = "VBZ";

/// Level of Zstandard where the client data has none.
const DEFAULT_LEVEL: u32 = 1;
/// Most bytes that a thread keeps to work in.
const KEPT: usize = 16 << 20;

/// Client data: version (0 or 1), bytes of an integer (0, 1, 2 or 4; 0 for no integers), whether
/// differences are stored, level of Zstandard (0 for none).
#[derive(Debug)]
pub(super) struct Vbz;

impl Filter for Vbz {
    fn id(&self) -> u16 {
        32_020
    }

    fn name(&self) -> &'static str {
        "vbz"
    }

    in_new_memory!();

    fn decode_into(&self, client_data: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        let plan = Plan::parse(client_data)?;
        let (len, rest) = input.split_first_chunk().ok_or_else(cut_short)?;
        let (len, limit) =
            (usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX), output.len());
        let target = output.get_mut(..len).ok_or_else(|| too_long(NAME, len, limit))?;
        plan.check(len)?;
        with_scratch(|scratch| plan.decode(rest, target, scratch))?;
        Ok(len)
    }

    fn encode_into(&self, client_data: &[u32], input: &[u8], output: &mut Vec<u8>) -> Result<bool> {
        let plan = Plan::parse(client_data)?;
        plan.check(input.len())?;
        let len = u32::try_from(input.len()).map_err(|_| corrupt(NAME, "chunk is too large"))?;
        output.clear();
        output.extend_from_slice(&len.to_le_bytes());
        match plan.level {
            0 => plan.pack(input, output),
            level => with_scratch(|scratch| {
                scratch.clear();
                plan.pack(input, scratch);
                zstd::compress(level, scratch, output);
            }),
        }
        Ok(true)
    }

    fn max_encoded_len(&self, client_data: &[u32], len: usize) -> usize {
        let packed = Plan::parse(client_data).map_or(len, |plan| plan.max_packed(len));
        packed.saturating_add(packed >> 8).saturating_add(516)
    }
}

/// What the client data say.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// Bytes of an integer, or 0.
    size: usize,
    differences: bool,
    /// Lengths count nibbles: 0, 1, 2 or 4, instead of 1 to 4 bytes.
    nibbles: bool,
    level: i32,
}

impl Plan {
    fn parse(client_data: &[u32]) -> Result<Self> {
        let bad = || bad_client_data(NAME, client_data);
        let &[version, size, differences, ref level @ ..] = client_data else { return Err(bad()) };
        if version > 1 || !matches!(size, 0 | 1 | 2 | 4) {
            return Err(bad());
        }
        let level = level.first().copied().unwrap_or(DEFAULT_LEVEL);
        Ok(Self {
            size: usize::try_from(size).unwrap_or(0),
            differences: differences != 0,
            nibbles: version == 1 && size == 1,
            level: level.cast_signed(),
        })
    }

    /// Bytes are integers.
    fn check(&self, len: usize) -> Result<()> {
        if self.size == 0 || len.is_multiple_of(self.size) {
            Ok(())
        } else {
            Err(corrupt(NAME, format_args!("{len} bytes, which are no integers of {}", self.size)))
        }
    }

    /// Most bytes that so many pack to, before Zstandard.
    fn max_packed(&self, len: usize) -> usize {
        let Some(count) = len.checked_div(self.size) else { return len };
        let each = if self.nibbles { 2 } else { 4 };
        count.div_ceil(4).saturating_add(count.saturating_mul(each))
    }

    fn decode(&self, input: &[u8], output: &mut [u8], scratch: &mut Vec<u8>) -> Result<()> {
        if self.level == 0 {
            return self.unpack(input, output);
        }
        if self.size == 0 {
            let found = zstd::decompress(NAME, input, output)?;
            return if found == output.len() { Ok(()) } else { Err(cut_short()) };
        }
        scratch.resize(self.max_packed(output.len()).max(scratch.len()), 0);
        let found = zstd::decompress(NAME, input, scratch)?;
        self.unpack(scratch.get(..found).unwrap_or_default(), output)
    }

    /// Decodes what is not compressed.
    fn unpack(&self, input: &[u8], output: &mut [u8]) -> Result<()> {
        let Some(count) = output.len().checked_div(self.size) else {
            let input = input.get(..output.len()).ok_or_else(cut_short)?;
            output.copy_from_slice(input);
            return Ok(());
        };
        let (keys, data) = input.split_at_checked(count.div_ceil(4)).ok_or_else(cut_short)?;
        let mut last = 0_u32;
        let whole = |number: u32| {
            if !self.differences {
                return number;
            }
            last = last.wrapping_add(number >> 1 ^ (number & 1).wrapping_neg());
            last
        };
        match self.size {
            1 if self.nibbles => unpack_nibbles(keys, data, output, whole),
            1 => unpack_bytes::<1>(keys, data, output, whole),
            2 => unpack_bytes::<2>(keys, data, output, whole),
            _ => unpack_bytes::<4>(keys, data, output, whole),
        }
        .ok_or_else(cut_short)
    }

    /// Appends what is not compressed.
    fn pack(&self, input: &[u8], output: &mut Vec<u8>) {
        let Some(count) = input.len().checked_div(self.size) else {
            output.extend_from_slice(input);
            return;
        };
        let mut keys = vec![0_u8; count.div_ceil(4)];
        let mut data = Vec::with_capacity(input.len());
        let mut half = None;
        let mut last = 0_i32;
        for (index, bytes) in input.chunks_exact(self.size).enumerate() {
            let number = match *bytes {
                [a] => i8::from_le_bytes([a]).into(),
                [a, b] => i16::from_le_bytes([a, b]).into(),
                [a, b, c, d] => i32::from_le_bytes([a, b, c, d]),
                _ => 0,
            };
            let stored = if self.differences {
                let step = number.wrapping_sub(last);
                last = number;
                (step << 1 ^ step >> 31).cast_unsigned()
            } else {
                number.cast_unsigned()
            };
            let code = if self.nibbles {
                pack_nibbles(stored, &mut data, &mut half)
            } else {
                let len = 4_u32.saturating_sub(stored.leading_zeros() >> 3).max(1);
                let bytes = stored.to_le_bytes();
                data.extend(bytes.iter().take(usize::try_from(len).unwrap_or(4)));
                u8::try_from(len).unwrap_or(4).saturating_sub(1)
            };
            if let Some(key) = keys.get_mut(index >> 2) {
                *key |= code << (2 * (index & 3) as u32);
            }
        }
        data.extend(half);
        output.extend_from_slice(&keys);
        output.extend_from_slice(&data);
    }
}

/// Reads numbers of 1 to 4 bytes and writes what `whole` makes of them; `None` where bytes are
/// missing or left.
fn unpack_bytes<const SIZE: usize>(
    keys: &[u8],
    mut data: &[u8],
    output: &mut [u8],
    mut whole: impl FnMut(u32) -> u32,
) -> Option<()> {
    let (numbers, _) = output.as_chunks_mut::<SIZE>();
    for (key, numbers) in keys.iter().zip(numbers.chunks_mut(4)) {
        let mut key = *key;
        for number in numbers {
            let len = usize::from(key & 3).saturating_add(1);
            let mut bytes = [0; 4];
            let (read, rest) = data.split_at_checked(len)?;
            match data.first_chunk::<4>() {
                Some(word) => {
                    bytes = (u32::from_le_bytes(*word) & u32::MAX >> (24 - 8 * u32::from(key & 3)))
                        .to_le_bytes()
                }
                None => bytes.iter_mut().zip(read).for_each(|(to, from)| *to = *from),
            }
            data = rest;
            key >>= 2;
            let value = whole(u32::from_le_bytes(bytes)).to_le_bytes();
            *number = *value.first_chunk()?;
        }
    }
    data.is_empty().then_some(())
}

/// The same of 0, 1, 2 or 4 nibbles, the lower one of a byte first, and bytes.
fn unpack_nibbles(
    keys: &[u8],
    data: &[u8],
    output: &mut [u8],
    mut whole: impl FnMut(u32) -> u32,
) -> Option<()> {
    let mut nibbles = data.iter().flat_map(|byte| [byte & 15, byte >> 4]);
    let mut used = 0_usize;
    for (index, number) in output.iter_mut().enumerate() {
        let code = keys.get(index >> 2)? >> (2 * (index & 3)) & 3;
        let len = [0, 1, 2, 4].get(usize::from(code)).copied()?;
        let mut value = 0;
        for place in 0..len {
            value |= u32::from(nibbles.next()?) << (4 * place);
        }
        used = used.saturating_add(usize::try_from(len).ok()?);
        let [low, ..] = whole(value).to_le_bytes();
        *number = low;
    }
    (data.len() == used.div_ceil(2)).then_some(())
}

/// Appends the nibbles that a number needs; gives its code. `half` is a byte that is not full.
fn pack_nibbles(number: u32, data: &mut Vec<u8>, half: &mut Option<u8>) -> u8 {
    let (code, len) = match number {
        0 => (0, 0),
        1..16 => (1, 1),
        16..256 => (2, 2),
        _ => (3, 4),
    };
    let [low, high, ..] = number.to_le_bytes();
    for nibble in [low & 15, low >> 4, high & 15, high >> 4].into_iter().take(len) {
        *half = match half.take() {
            Some(byte) => {
                data.push(byte | nibble << 4);
                None
            }
            None => Some(nibble),
        };
    }
    code
}

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends memory that the thread keeps.
fn with_scratch<R>(with: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut scratch = SCRATCH.take();
    let result = with(&mut scratch);
    if scratch.capacity() <= KEPT {
        SCRATCH.set(scratch);
    }
    result
}

#[cold]
fn cut_short() -> Error {
    corrupt(NAME, "numbers are not as long as their chunk says")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn streams_are_those_of_the_plugin() {
        let encode =
            |client_data: &[u32], input: &[u8]| Vbz.encode(client_data, input).unwrap().unwrap();
        // 1, -1, 300: differences 1, -2, 301 become 2, 3, 602.
        let input = [1, 0, 255, 255, 44, 1];
        assert_eq!(encode(&[0, 2, 1, 0], &input), [6, 0, 0, 0, 0b01_00_00, 2, 3, 90, 2]);
        assert_eq!(
            encode(&[1, 2, 0, 0], &input),
            [6, 0, 0, 0, 0b01_11_00, 1, 255, 255, 255, 255, 44, 1]
        );
        // 0, 1, 100: nothing, 2, 198.
        assert_eq!(encode(&[1, 1, 1, 0], &[0, 1, 100]), [3, 0, 0, 0, 0b10_01_00, 0x62, 0x0C]);
        assert_eq!(encode(&[0, 0, 0, 0], b"abc"), b"\x03\0\0\0abc");
        for bad in [&[][..], &[0, 2], &[2, 2, 1], &[0, 3, 1], &[0, 8, 1]] {
            Vbz.encode(bad, &[1; 8]).unwrap_err();
        }
        Vbz.encode(&[0, 2, 1], &[1; 3]).unwrap_err();
    }

    proptest! {
        #[test]
        fn chunks_come_back(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..600),
                prop::collection::vec(0_u8..3, 0..3000),
            ],
            version in 0_u32..2,
            size in prop::sample::select(vec![0_u32, 1, 2, 4]),
            differences in 0_u32..2,
            level in 0_u32..4,
            cut in any::<prop::sample::Index>(),
            flip in any::<(prop::sample::Index, u8)>(),
        ) {
            let client_data = [version, size, differences, level];
            let chunk = &bytes[..bytes.len() - bytes.len() % size.max(1) as usize];
            let mut stored = Vbz.encode(&client_data, chunk).unwrap().unwrap();
            prop_assert!(stored.len() <= Vbz.max_encoded_len(&client_data, chunk.len()));
            let decode = |stored: &[u8]| Vbz.decode(&client_data, stored, chunk.len());
            prop_assert_eq!(&decode(&stored).unwrap(), chunk);
            decode(&stored[..cut.index(stored.len())]).unwrap_err();
            let at = flip.0.index(stored.len());
            stored[at] ^= flip.1;
            if let Ok(decoded) = decode(&stored) {
                prop_assert!(decoded.len() <= chunk.len());
            }
        }
    }
}
