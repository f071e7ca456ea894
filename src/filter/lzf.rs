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

use std::cell::Cell;
use std::ops::Range;

use super::copies::{self, MAX_LITERALS};
use super::{Filter, corrupt, decode_to_vec};
use crate::error::{Error, Result};

const NAME: &str = "LZF";

/// Farthest reference, in bytes.
const MAX_DISTANCE: usize = 1 << 13;
/// Longest reference, in bytes.
const MAX_LENGTH: usize = 264;
/// Binary logarithm of the number of places the encoder remembers at most.
const HASH_BITS: u32 = 16;

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
        if control == 0 {
            let Some((byte, room)) = input.get(from).zip(output.get_mut(to)) else {
                return Err(if from < input.len() { overflow() } else { cut_short() });
            };
            *room = *byte;
            from += 1;
            to += 1;
            continue;
        }
        if control < MAX_LITERALS {
            let len = control + 1;
            if !copies::literals(&input[from..], &mut output[to..], len) {
                return Err(if input.len() - from < len { cut_short() } else { overflow() });
            }
            from += len;
            to += len;
            continue;
        }
        let mut len = (control >> 5) + 2;
        if len == 9 {
            len += usize::from(*input.get(from).ok_or_else(cut_short)?);
            from += 1;
        }
        let low = usize::from(*input.get(from).ok_or_else(cut_short)?);
        from += 1;
        let distance = ((control & 31) << 8 | low) + 1;
        if !copies::back(output, to, distance, len) {
            return Err(if distance > to { before_the_start() } else { overflow() });
        }
        to += len;
    }
    Ok(to)
}

#[cold]
fn cut_short() -> Error {
    corrupt(NAME, "stream ends in the middle of a run")
}

#[cold]
fn before_the_start() -> Error {
    corrupt(NAME, "reference to before the first byte")
}

#[cold]
fn overflow() -> Error {
    corrupt(NAME, "decodes to more than the chunk holds")
}

/// What encodes, kept from chunk to chunk: to make it anew costs as much as to encode a small one.
#[derive(Debug)]
struct Encoder {
    /// By hash of three bytes, the lower half of where they stood last: what is farther away than that tells apart
    /// is found not to be the same, and the table fits the nearer caches.
    places: Box<[u16; 1 << HASH_BITS]>,
    /// Bits of a number that its hash is not.
    shift: u32,
    /// Room for the largest result that is of use, and for copies longer than asked for.
    output: Vec<u8>,
}

thread_local! {
    static ENCODER: Cell<Option<Encoder>> = const { Cell::new(None) };
}

/// Most bytes of a result that a thread keeps room for.
const KEPT: usize = 16 << 20;

impl Encoder {
    /// Nothing but zeros, without going over the stack.
    fn new() -> Self {
        let places = vec![0; 1 << HASH_BITS].into_boxed_slice();
        let places = places.try_into().unwrap_or_else(|_| Box::new([0; _]));
        Self { places, shift: 32 - HASH_BITS, output: Vec::new() }
    }

    /// Notes that the lower three bytes of `word` stand at `at`; gives how far from there bytes
    /// with the same hash stood before.
    #[inline(always)]
    fn note(&mut self, word: u32, at: usize) -> usize {
        let hash = (word << 8).wrapping_mul(0x9E37_79B1) >> self.shift;
        let now = at as u16;
        let earlier = std::mem::replace(&mut self.places[hash as u16 as usize], now);
        usize::from(now.wrapping_sub(earlier))
    }

    /// Forgets what earlier chunks left; of a short one less is remembered, as that takes less time.
    fn forget(&mut self, len: usize) {
        let bits = (len.max(1).ilog2() + 2).min(HASH_BITS);
        self.shift = 32 - bits;
        self.places[..1 << bits].fill(0);
    }

    /// Encodes to the front of `output`; gives the length, where that is less than the input's.
    fn encode(&mut self, input: &[u8]) -> Option<usize> {
        let room = input.len() + 2 * MAX_LITERALS;
        if self.output.len() < room {
            self.output.resize(room, 0);
        }
        self.forget(input.len());
        let (mut at, mut literals, mut to) = (0, 0, 0);
        while let Some(word) = word_at(input, at) {
            let distance = self.note(word, at);
            // The first byte is never meant, as liblzf never means it: what is found instead tends
            // to be as good, and chunks come out no larger than it makes them.
            if distance.wrapping_sub(1) >= MAX_DISTANCE
                || distance >= at
                || word_at(input, at.wrapping_sub(distance)).is_none_or(|w| w << 8 != word << 8)
            {
                at += 1;
                continue;
            }
            to = self.put_literals(input, literals..at, to)?;
            let len = common(&input[at - distance..], &input[at..]);
            to = self.put_reference(distance - 1, len - 2, to);
            at += len;
            literals = at;
            // Of what the reference stands for, the last two places are remembered.
            if let Some(words) = input.get(at - 2..).and_then(<[u8]>::first_chunk) {
                let words = u64::from_le_bytes(*words);
                self.note(words as u32, at - 2);
                self.note((words >> 8) as u32, at - 1);
            }
        }
        to = self.put_literals(input, literals..input.len(), to)?;
        (to < input.len()).then_some(to)
    }

    /// Puts a run of literals at `to`; gives where it ends.
    #[inline]
    fn put_literals(&mut self, input: &[u8], run: Range<usize>, mut to: usize) -> Option<usize> {
        let Range { mut start, end } = run;
        while start < end {
            let len = (end - start).min(MAX_LITERALS);
            if to + len >= input.len() {
                return None;
            }
            self.output[to] = (len - 1) as u8;
            let room = &mut self.output[to + 1..to + 1 + MAX_LITERALS];
            match input[start..].first_chunk::<MAX_LITERALS>() {
                // More than asked for, in one go: the rest is overwritten later.
                Some(literals) => room.copy_from_slice(literals),
                None => room[..len].copy_from_slice(&input[start..start + len]),
            }
            (start, to) = (start + len, to + len + 1);
        }
        Some(to)
    }

    /// Puts a reference at `to`, of which there are not more bytes than input was read: `distance`
    /// less one, `length` less two; gives where it ends.
    #[inline]
    fn put_reference(&mut self, distance: usize, length: usize, to: usize) -> usize {
        let room = &mut self.output[to..to + 3];
        let (high, low) = ((distance >> 8) as u8, distance as u8);
        if length < 7 {
            room[..2].copy_from_slice(&[(length << 5) as u8 | high, low]);
            to + 2
        } else {
            room.copy_from_slice(&[7 << 5 | high, (length - 7) as u8, low]);
            to + 3
        }
    }
}

/// Encodes `input`, unless the result would not be shorter.
fn compress(input: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ENCODER.take().unwrap_or_else(Encoder::new);
    let encoded = encoder.encode(input).map(|len| encoder.output[..len].to_vec());
    if encoder.output.len() <= KEPT {
        ENCODER.set(Some(encoder));
    }
    encoded
}

/// The four bytes at `at`, the first one lowest.
#[inline(always)]
fn word_at(input: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*input.get(at..)?.first_chunk()?))
}

/// How many bytes at the front are the same, at most as many as one reference holds; three are.
#[inline(always)]
fn common(earlier: &[u8], now: &[u8]) -> usize {
    let now = now.get(..MAX_LENGTH).unwrap_or(now);
    let earlier = earlier.get(..now.len()).unwrap_or(earlier);
    let mut len = 3;
    // Most references are short. Byte by byte, the processor foresees what comes next; where the
    // length is computed, all waits for that.
    while len < 8 {
        if len >= now.len() || earlier[len] != now[len] {
            return len;
        }
        len += 1;
    }
    while let (Some(a), Some(b)) = (earlier[len..].first_chunk(), now[len..].first_chunk()) {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return len + (differ.trailing_zeros() / 8) as usize;
        }
        len += 8;
    }
    len + earlier[len..].iter().zip(&now[len..]).take_while(|(a, b)| a == b).count()
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
        // Two literals, as liblzf has them, and one reference.
        assert_eq!(compress(&[1; 100]).unwrap().len(), 6);
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
