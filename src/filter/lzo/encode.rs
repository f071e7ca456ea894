//! Streams of LZO1X, made: of each place the first reference that is found.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; places are those of the input, which is checked to have fewer than 2^32 bytes"
)]

use super::super::matching::{common, word_at};
use super::{BEYOND_M2, FAR};

/// Binary logarithm of the number of places that are remembered.
const HASH_BITS: u32 = 14;
/// Farthest reference, in bytes.
const MAX_DISTANCE: usize = FAR + (1 << 15) - 1;
/// Shortest reference, in bytes.
const SHORTEST: usize = 4;
/// Longest reference that fits the shortest code.
const MAX_M2: usize = 8;
/// After as many bytes without a reference, every second place is looked at, and so on.
const PATIENCE: u32 = 5;

/// Encodes `input` where that makes it shorter.
pub(super) fn compress(input: &[u8]) -> Option<Vec<u8>> {
    u32::try_from(input.len()).ok()?;
    let mut places = vec![0_u32; 1 << HASH_BITS];
    let mut encoder = Encoder { output: Vec::with_capacity(input.len()), most: input.len() };
    let hash = |word: u32| (word.wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as usize;
    // No place is where the input begins: that means none.
    let (mut at, mut literals) = (1, 0);
    while let Some(word) = word_at(input, at) {
        let earlier = std::mem::replace(&mut places[hash(word)], at as u32) as usize;
        let distance = at - earlier;
        if earlier == 0 || distance > MAX_DISTANCE || word_at(input, earlier) != Some(word) {
            at += 1 + ((at - literals) >> PATIENCE);
            continue;
        }
        let len = SHORTEST + common(&input[earlier + SHORTEST..], &input[at + SHORTEST..]);
        encoder.literals(&input[literals..at]);
        encoder.reference(distance, len);
        if encoder.output.len() >= encoder.most {
            return None;
        }
        at += len;
        literals = at;
    }
    encoder.literals(&input[literals..]);
    encoder.output.extend_from_slice(&[1 << 4 | 1, 0, 0]);
    Some(encoder.output).filter(|output| output.len() < input.len())
}

struct Encoder {
    output: Vec<u8>,
    /// Bytes beyond which it is no use.
    most: usize,
}

impl Encoder {
    fn literals(&mut self, bytes: &[u8]) {
        let len = bytes.len();
        match self.output.len().checked_sub(2) {
            _ if len == 0 => return,
            None if len <= 238 => self.output.push(17 + len as u8),
            // In bits that references have for them.
            Some(last) if len <= 3 => self.output[last] |= len as u8,
            _ => self.length(0, len - 3, 15),
        }
        self.output.extend_from_slice(bytes);
    }

    fn reference(&mut self, distance: usize, len: usize) {
        let low = distance - 1;
        if len <= MAX_M2 && distance <= BEYOND_M2 {
            let code = (len - 1) << 5 | (low & 7) << 2;
            self.output.extend_from_slice(&[code as u8, (low >> 3) as u8]);
            return;
        }
        let low = if distance <= FAR {
            self.length(1 << 5, len - 2, 31);
            low
        } else {
            let low = distance - FAR;
            self.length((1 << 4 | low >> 11 & 8) as u8, len - 2, 7);
            low
        };
        self.output.extend_from_slice(&((low << 2) as u16).to_le_bytes());
    }

    /// Puts a code with a length in its lowest bits where that is at most `most`, else behind it.
    #[inline(always)]
    fn length(&mut self, code: u8, len: usize, most: usize) {
        if len <= most {
            self.output.push(code | len as u8);
            return;
        }
        self.output.push(code);
        let mut more = len - most;
        while more > 255 {
            self.output.push(0);
            more -= 255;
        }
        self.output.push(more as u8);
    }
}
