//! BloscLZ: literal runs and references, as [LZF](super::super::lzf) has them, with far references.
//!
//! A control byte below 32 stands before that many literal bytes, plus one. Any other is a
//! reference back: its upper three bits are the length minus two; 7 means that the next bytes are
//! to be added, up to the first that is not 255. Its lower five bits and the byte after all that are
//! the distance minus one. Where they are all ones, two more bytes, the higher one first, are to be
//! added to it. The upper bits of the first byte of a stream, which is a literal run, mean nothing.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; every step is checked against both lengths before it is made"
)]

use std::ops::Range;

use super::super::copies::{self, MAX_LITERALS};
use super::super::matching::{common, word_at};

/// What is added to the distance of a far reference.
const NEAR: usize = (1 << 13) - 1;
/// Farthest reference, in bytes.
const MAX_DISTANCE: usize = NEAR + (1 << 16);
/// Shortest reference the encoder makes, in bytes, and shortest far one.
const SHORTEST: usize = 4;
const SHORTEST_FAR: usize = 7;
/// The upper bits of the first byte.
const MARK: u8 = 1 << 5;
/// Binary logarithm of the number of places the encoder remembers, by level.
const HASH_BITS: [u32; 3] = [12, 12, 13];
const MAX_HASH_BITS: u32 = 14;

/// Decodes `input` to all of `output`; `None` where that is not what it is.
pub(super) fn decompress(input: &[u8], output: &mut [u8]) -> Option<()> {
    let mut control = usize::from(*input.first()?) & 31;
    let (mut from, mut to) = (1, 0);
    loop {
        if control < MAX_LITERALS {
            let len = control + 1;
            if !copies::literals(input.get(from..)?, output.get_mut(to..)?, len) {
                return None;
            }
            (from, to) = (from + len, to + len);
        } else {
            let mut len = (control >> 5) + 2;
            if len == 9 {
                loop {
                    let more = *input.get(from)?;
                    (from, len) = (from + 1, len + usize::from(more));
                    if more < 255 {
                        break;
                    }
                }
            }
            let mut distance = (control & 31) << 8 | usize::from(*input.get(from)?);
            from += 1;
            if distance == NEAR {
                distance += usize::from(u16::from_be_bytes(*input.get(from..)?.first_chunk()?));
                from += 2;
            }
            if !copies::back(output, to, distance + 1, len) {
                return None;
            }
            to += len;
        }
        match input.get(from) {
            Some(next) => control = usize::from(*next),
            // Literals may have been taken from behind the last byte, where there is room.
            None => return (from == input.len() && to == output.len()).then_some(()),
        }
        from += 1;
    }
}

/// Encodes `input` and appends it to `output`, where it has fewer than `max` bytes; gives whether
/// it has.
pub(super) fn compress(level: u32, input: &[u8], output: &mut Vec<u8>, max: usize) -> bool {
    let start = output.len();
    let bits = HASH_BITS.get(level as usize).copied().unwrap_or(MAX_HASH_BITS);
    let mut places = [0_u32; 1 << MAX_HASH_BITS];
    // No place is where the input begins: that means none.
    let hash = |word: u32| (word.wrapping_mul(0x9E37_79B1) >> (32 - bits)) as usize;
    let max = max.min(input.len());
    let mut encoder = Encoder { input, output, end: start + max };
    let (mut at, mut literals) = (SHORTEST, 0);
    while let Some(word) = word_at(input, at) {
        // A reference never reaches the last bytes, for some decoders rely on literals there.
        if at + 12 > input.len() {
            break;
        }
        let place = &mut places[hash(word) & ((1 << MAX_HASH_BITS) - 1)];
        let earlier = std::mem::replace(place, at as u32) as usize;
        let distance = at - earlier;
        if earlier == 0 || distance > MAX_DISTANCE || word_at(input, earlier) != Some(word) {
            at += 1;
            continue;
        }
        let len = common(&input[earlier..], &input[at..input.len() - 1]);
        if distance > NEAR && len < SHORTEST_FAR {
            at += 1;
            continue;
        }
        if !encoder.put_literals(literals..at) {
            return false;
        }
        encoder.put_reference(distance - 1, len - 2);
        at += len;
        literals = at;
        // Of what the reference stands for, the last two places are remembered.
        for last in at - 2..at {
            if let Some(word) = word_at(input, last) {
                places[hash(word) & ((1 << MAX_HASH_BITS) - 1)] = last as u32;
            }
        }
    }
    if !encoder.put_literals(literals..input.len()) {
        return false;
    }
    if let Some(first) = output.get_mut(start) {
        *first |= MARK;
    }
    output.len() - start < max
}

struct Encoder<'a> {
    input: &'a [u8],
    output: &'a mut Vec<u8>,
    /// Where `output` would be no shorter than it may be.
    end: usize,
}

impl Encoder<'_> {
    /// Puts a run of literals; gives whether there is still room.
    #[inline]
    fn put_literals(&mut self, run: Range<usize>) -> bool {
        for part in self.input[run].chunks(MAX_LITERALS) {
            self.output.push((part.len() - 1) as u8);
            self.output.extend_from_slice(part);
        }
        self.output.len() < self.end
    }

    /// Puts a reference: `distance` less one, `length` less two.
    #[inline]
    fn put_reference(&mut self, distance: usize, length: usize) {
        let near = distance.min(NEAR);
        self.output.push((length.min(7) << 5 | near >> 8) as u8);
        if let Some(mut more) = length.checked_sub(7) {
            while more >= 255 {
                self.output.push(255);
                more -= 255;
            }
            self.output.push(more as u8);
        }
        self.output.push(near as u8);
        if near == NEAR {
            self.output.extend_from_slice(&((distance - NEAR) as u16).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(input: &[u8], len: usize) -> Option<Vec<u8>> {
        let mut output = vec![0; len];
        decompress(input, &mut output).map(|()| output)
    }

    #[test]
    fn a_stream_is_checked_at_every_step() {
        assert_eq!(decode(b"\x22abc\x20\x02", 6).unwrap(), b"abcabc");
        assert_eq!(decode(b"\x02abc\x20\x02\x00x", 7).unwrap(), b"abcabcx");
        assert_eq!(decode(b"\x20a\xe0\x01\x00", 11).unwrap(), b"aaaaaaaaaaa");
        for broken in [&b""[..], b"\x22ab", b"\x22abc\x20", b"\x22abc\xe0", b"\x22abc\xe0\x01"] {
            assert_eq!(decode(broken, 100), None);
        }
        assert_eq!(decode(b"\x22abc\x20\x03", 6), None);
        assert_eq!(decode(b"\x22abc\x20\x02", 5), None);
        assert_eq!(decode(b"\x22abc\x20\x02", 7), None);
        assert_eq!(decode(b"\x22abc", 2), None);
        assert_eq!(decode(b"\x22abc\x3f\xff\x00\x00", 6), None);
    }

    #[test]
    fn far_references_come_back() {
        let noise = |seed: u32| (0..9000_u32).map(move |i| (i.wrapping_mul(seed) >> 23) as u8);
        let input: Vec<u8> =
            noise(0x9E37_79B1).chain(noise(0x85EB_CA6B)).chain(noise(0x9E37_79B1)).collect();
        let mut output = Vec::new();
        assert!(compress(9, &input, &mut output, input.len()));
        assert!(output.len() < 19_000);
        assert_eq!(decode(&output, input.len()).unwrap(), input);
    }

    proptest! {
        #[test]
        fn what_shrinks_comes_back(
            words in prop::collection::vec(prop::collection::vec(0_u8..4, 1..400), 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
            level in 1_u32..10,
        ) {
            let input: Vec<u8> = order.iter().flat_map(|i| i.get(&words).clone()).collect();
            let mut output = b"before".to_vec();
            if compress(level, &input, &mut output, input.len()) {
                prop_assert!(output.len() - 6 < input.len());
                prop_assert_eq!(decode(&output[6..], input.len()).unwrap(), input);
            }
        }

        #[test]
        fn any_bytes_are_survived(input in prop::collection::vec(any::<u8>(), 0..300), len in 0_usize..2000) {
            decode(&input, len);
        }
    }
}
