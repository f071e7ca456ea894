//! LZF (filter 32000): h5py's fast compression, a bare stream of literal runs and references.
//!
//! A control byte below 32 stands before that many literal bytes, plus one. Any other is a
//! reference back: its upper three bits are the length minus two, where 7 means that the next
//! byte is to be added; its lower five and the next byte are the distance minus one.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; every step is checked against both lengths before it is made"
)]

use super::{Filter, corrupt, decode_to_vec};
use crate::error::{Error, Result};

const NAME: &str = "LZF";

/// Longest literal run, in bytes.
const MAX_LITERALS: usize = 32;
/// Farthest reference, in bytes.
const MAX_DISTANCE: usize = 1 << 13;
/// Longest reference, in bytes.
const MAX_LENGTH: usize = 264;
/// Binary logarithm of the number of places the encoder remembers, at most.
const HASH_BITS: u32 = 16;
/// Bytes copied at once where there is room for more than asked.
const BLOCK: usize = 16;

/// Client data (filter version, LZF version, chunk bytes) says nothing that decoding needs.
#[derive(Debug)]
pub(super) struct Lzf;

impl Filter for Lzf {
    fn id(&self) -> u16 {
        32_000
    }

    fn name(&self) -> &'static str {
        "lzf"
    }

    fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
        decode_to_vec(self, client_data, input, limit)
    }

    fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
        decompress(input, output)
    }

    fn encode(&self, _: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(compress(input))
    }

    fn may_refuse(&self) -> bool {
        // What does not get shorter.
        true
    }

    fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
        // Ours and h5py's are stored only where they are shorter; allow any stream of literals.
        len.saturating_add(len / MAX_LITERALS).saturating_add(1)
    }
}

/// Decodes `input` to the front of `output`; gives the length.
fn decompress(input: &[u8], output: &mut [u8]) -> Result<usize> {
    let (mut from, mut to) = (0, 0);
    while let Some(control) = input.get(from) {
        let control = usize::from(*control);
        from += 1;
        if control < MAX_LITERALS {
            let len = control + 1;
            copy_literals(&input[from..], &mut output[to..], len)?;
            from += len;
            to += len;
        } else {
            let mut len = (control >> 5) + 2;
            if len == 9 {
                len += usize::from(*input.get(from).ok_or_else(cut_short)?);
                from += 1;
            }
            let low = usize::from(*input.get(from).ok_or_else(cut_short)?);
            from += 1;
            copy_back(output, to, ((control & 31) << 8 | low) + 1, len)?;
            to += len;
        }
    }
    Ok(to)
}

/// Copies `len` bytes, at most 32, from the front of `input` to that of `output`.
fn copy_literals(input: &[u8], output: &mut [u8], len: usize) -> Result<()> {
    if let (Some(source), Some(target)) =
        (input.first_chunk::<MAX_LITERALS>(), output.first_chunk_mut::<MAX_LITERALS>())
    {
        // More than asked for, in one go: the rest is overwritten later.
        *target = *source;
        return Ok(());
    }
    let source = input.get(..len).ok_or_else(cut_short)?;
    output.get_mut(..len).ok_or_else(overflow)?.copy_from_slice(source);
    Ok(())
}

/// Copies `len` bytes from `distance` before `to` to `to`, one after the other.
fn copy_back(output: &mut [u8], to: usize, distance: usize, len: usize) -> Result<()> {
    let Some(start) = to.checked_sub(distance) else {
        return Err(corrupt(NAME, "reference to before the first byte"));
    };
    let end = to + len;
    if end > output.len() {
        return Err(overflow());
    }
    if (distance >= BLOCK || len <= distance.min(BLOCK)) && end + BLOCK <= output.len() {
        // More than asked for, again. What is read lies before what is written, where it counts.
        for copied in (0..len).step_by(BLOCK) {
            output.copy_within(start + copied..start + copied + BLOCK, to + copied);
        }
    } else if distance >= len {
        output.copy_within(start..start + len, to);
    } else if distance == 1 {
        let byte = output[start];
        output[to..end].fill(byte);
    } else {
        for at in to..end {
            output[at] = output[at - distance];
        }
    }
    Ok(())
}

#[cold]
fn cut_short() -> Error {
    corrupt(NAME, "stream ends in the middle of a run")
}

#[cold]
fn overflow() -> Error {
    corrupt(NAME, "decodes to more than the chunk holds")
}

/// Encodes `input`, unless the result would not be shorter.
fn compress(input: &[u8]) -> Option<Vec<u8>> {
    u32::try_from(input.len()).ok()?;
    let bits = (input.len().checked_ilog2()? + 3).min(HASH_BITS);
    // Where three bytes were seen last, plus one.
    let mut seen = vec![0_u32; 1 << bits];
    let mut output = Vec::with_capacity(input.len());
    let (mut at, mut literals) = (0, 0);
    while let Some(bytes) = input.get(at..).and_then(<[u8]>::first_chunk::<3>) {
        let found = remember(&mut seen, bits, *bytes, at).filter(|earlier| {
            at - earlier <= MAX_DISTANCE && input[*earlier..].first_chunk() == Some(bytes)
        });
        let Some(earlier) = found else {
            at += 1;
            continue;
        };
        let len = common(&input[earlier..], &input[at..]);
        push_literals(&mut output, &input[literals..at]);
        push_reference(&mut output, at - earlier - 1, len - 2);
        if output.len() >= input.len() {
            return None;
        }
        at += len;
        literals = at;
        if let Some(bytes) = input[at - 1..].first_chunk() {
            remember(&mut seen, bits, *bytes, at - 1);
        }
    }
    push_literals(&mut output, &input[literals..]);
    (output.len() < input.len()).then_some(output)
}

/// Notes that `bytes` stand at `at`; gives where bytes like them stood before.
#[inline]
fn remember(seen: &mut [u32], bits: u32, bytes: [u8; 3], at: usize) -> Option<usize> {
    let value = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
    let hash = value.wrapping_mul(0x9E37_79B1) >> (32 - bits);
    let slot = seen.get_mut(hash as usize)?;
    // Longer chunks than this holds are not encoded.
    let earlier = std::mem::replace(slot, at as u32 + 1);
    Some(earlier.checked_sub(1)? as usize)
}

/// How many bytes at the front are the same, at most as many as one reference holds.
fn common(earlier: &[u8], now: &[u8]) -> usize {
    let now = now.get(..MAX_LENGTH).unwrap_or(now);
    let words = earlier.as_chunks::<8>().0.iter().zip(now.as_chunks::<8>().0);
    let mut len = 0;
    for (a, b) in words {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return len + (differ.trailing_zeros() / 8) as usize;
        }
        len += 8;
    }
    len + earlier[len..].iter().zip(&now[len..]).take_while(|(a, b)| a == b).count()
}

fn push_literals(output: &mut Vec<u8>, literals: &[u8]) {
    for run in literals.chunks(MAX_LITERALS) {
        output.extend(u8::try_from(run.len() - 1));
        output.extend_from_slice(run);
    }
}

/// `distance` less one, `length` less two.
fn push_reference(output: &mut Vec<u8>, distance: usize, length: usize) {
    let [high, low] = u16::try_from(distance).unwrap_or(0).to_be_bytes();
    let tag = |length: usize| u8::try_from(length << 5).unwrap_or(0) | high;
    match length.checked_sub(7) {
        None => output.extend_from_slice(&[tag(length), low]),
        Some(more) => {
            output.extend_from_slice(&[tag(7), u8::try_from(more).unwrap_or(u8::MAX), low]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stream_is_checked_at_every_step() {
        let decode = |input: &[u8], limit| Lzf.decode(&[], input, limit);
        assert_eq!(decode(b"\x02abc\x20\x02", 6).unwrap(), b"abcabc");
        assert_eq!(decode(b"\x00a\xe0\x01\x00", 11).unwrap(), b"aaaaaaaaaaa");
        assert!(decode(b"", 6).unwrap().is_empty());
        for broken in [&b"\x02ab"[..], b"\x02abc\x20", b"\x02abc\xe0", b"\x02abc\xe0\x01"] {
            decode(broken, 100).unwrap_err();
        }
        decode(b"\x02abc\x20\x03", 100).unwrap_err();
        decode(b"\x02abc\x20\x02", 5).unwrap_err();
        decode(b"\x02abc", 2).unwrap_err();
    }

    #[test]
    fn what_does_not_shrink_is_left_alone() {
        let noise: Vec<u8> =
            (0..5000_u32).map(|i| (i.wrapping_mul(0x9E37_79B1) >> 24) as u8).collect();
        assert_eq!(compress(&noise[..3]), None);
        assert_eq!(compress(&[]), None);
        assert_eq!(compress(&[1; 4]), None);
        assert_eq!(compress(&[1; 100]).unwrap().len(), 5);
    }

    proptest! {
        #[test]
        fn what_shrinks_comes_back(
            words in prop::collection::vec(prop::collection::vec(0_u8..4, 1..40), 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
        ) {
            let input: Vec<u8> = order.iter().flat_map(|i| i.get(&words).clone()).collect();
            if let Some(chunk) = compress(&input) {
                prop_assert!(chunk.len() < input.len());
                prop_assert_eq!(Lzf.decode(&[], &chunk, input.len()).unwrap(), input);
            }
        }

        #[test]
        fn any_bytes_are_survived(input in prop::collection::vec(any::<u8>(), 0..300), limit in 0_usize..2000) {
            if let Ok(output) = Lzf.decode(&[], &input, limit) {
                prop_assert!(output.len() <= limit);
            }
        }
    }
}
