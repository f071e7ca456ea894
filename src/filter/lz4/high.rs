//! Blocks of LZ4 that take longer to make, and are smaller: of many references at each place the
//! longest is found, and of all of these those are chosen that make the fewest bytes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; places are those of the input, which is checked to have fewer than 2^32 bytes"
)]

use super::super::matching::{common, word_at};

/// Binary logarithm of the number of hashes.
const HASH_BITS: u32 = 15;
/// Bytes of the window, in which references are less than that far.
const WINDOW: usize = 1 << 16;
/// Shortest reference, in bytes.
const SHORTEST: usize = 4;
/// Bytes at the end that are literals, and bytes from the end that a reference begins at least.
const LAST: usize = 5;
const LAST_REFERENCE: usize = 12;

/// Bytes among which the best references are chosen at once.
const SEGMENT: usize = 1 << 16;
/// Bytes of a reference beyond which nothing better is looked for.
const LONG: usize = 128;
/// Bytes that a reference costs, and bytes it may have for that.
const PRICE: u32 = 3;
const CHEAP: usize = 18;

/// Appends `input` as a bare block, `depth` earlier places looked at for each; gives whether it is not
/// too long for that.
pub(super) fn compress(input: &[u8], depth: u32, output: &mut Vec<u8>) -> bool {
    if u32::try_from(input.len()).is_err() {
        return false;
    }
    let mut finder = Finder::new(input, depth);
    let mut ways = vec![Way::default(); (SEGMENT + LAST_REFERENCE).min(input.len()) + 1];
    let mut chosen = Vec::new();
    let mut literals = 0;
    let last = (input.len() + 1).saturating_sub(LAST_REFERENCE);
    for from in (0..last).step_by(SEGMENT) {
        let to = if last - from <= SEGMENT { input.len() - LAST } else { from + SEGMENT };
        let ways = &mut ways[..=to - from];
        finder.choose(from, last, ways);
        let mut at = ways.len() - 1;
        while let Some(step) = at.checked_sub(ways[at].len as usize).filter(|before| *before < at) {
            if ways[at].distance > 0 {
                chosen.push((from + step, ways[at]));
            }
            at = step;
        }
        for (at, way) in chosen.drain(..).rev() {
            let reference = Reference { len: way.len as usize, distance: way.distance as usize };
            put(&input[literals..at], Some(reference), output);
            literals = at + reference.len;
        }
    }
    put(&input[literals..], None, output);
    true
}

/// How a place is come to with as few bytes as are known: by a literal, where there is no distance, or by
/// a reference.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    price: u32,
    len: u32,
    distance: u32,
}

/// `len` bytes that also stand `distance` bytes before; 0 are none.
#[derive(Debug, Clone, Copy)]
struct Reference {
    len: usize,
    distance: usize,
}

/// Finds references: places with the same four bytes are chained, the latest first.
struct Finder<'a> {
    input: &'a [u8],
    depth: u32,
    /// By hash, the latest place, plus one.
    latest: Vec<u32>,
    /// By place modulo window, how far before it the one is that has the same hash.
    steps: Vec<u16>,
    /// Places before this one are chained.
    next: usize,
}

impl<'a> Finder<'a> {
    fn new(input: &'a [u8], depth: u32) -> Self {
        Self {
            input,
            depth,
            latest: vec![0; 1 << HASH_BITS],
            steps: vec![0; WINDOW.min(input.len())],
            next: 0,
        }
    }

    /// Chains all places up to that of `at`.
    #[inline]
    fn chain(&mut self, at: usize) {
        for place in self.next..=at {
            let Some(word) = word_at(self.input, place) else { return };
            let hash = (word.wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as usize;
            let earlier = std::mem::replace(&mut self.latest[hash], place as u32 + 1) as usize;
            let step = place + 1 - earlier;
            self.steps[place % WINDOW] =
                if earlier == 0 || step >= WINDOW { 0 } else { step as u16 };
        }
        self.next = self.next.max(at + 1);
    }

    /// The longest reference at `at`, of those that are longer than `than`.
    #[inline]
    fn find(&mut self, at: usize, than: usize) -> Reference {
        self.chain(at);
        let end = self.input.len() - LAST;
        let now = &self.input[at..end];
        let mut best = Reference { len: 0, distance: 0 };
        let (mut len, mut distance) = (than, 0);
        for _ in 0..self.depth {
            let step = usize::from(self.steps[(at - distance) % WINDOW]);
            distance += step;
            if step == 0 || distance >= WINDOW || len >= now.len() {
                break;
            }
            let earlier = &self.input[at - distance..end];
            // Where it is longer, the last bytes of it are the same as well.
            if earlier[len] != now[len] || word_at(earlier, len - 3) != word_at(now, len - 3) {
                continue;
            }
            let found = common(earlier, now);
            if found > len {
                len = found;
                best = Reference { len, distance };
            }
        }
        best
    }

    /// Finds the best way to each place from `from` on, as many as `ways` has. References begin before
    /// `last`.
    fn choose(&mut self, from: usize, last: usize, ways: &mut [Way]) {
        ways.fill(Way { price: u32::MAX, ..Way::default() });
        ways[0].price = 0;
        let mut at = 0;
        while at + 1 < ways.len() {
            let price = ways[at].price;
            come(&mut ways[at + 1], price + 1, 1, 0);
            if from + at >= last {
                at += 1;
                continue;
            }
            let found = self.find(from + at, SHORTEST - 1);
            let len = found.len.min(ways.len() - 1 - at);
            let shortest = if len >= LONG { len } else { SHORTEST };
            for len in shortest..=len {
                let more = (len + 254).saturating_sub(CHEAP) / 255;
                come(&mut ways[at + len], price + PRICE + more as u32, len, found.distance);
            }
            at += if len >= LONG { len } else { 1 };
        }
    }
}

/// Takes a way where it is cheaper than the one that is known.
#[inline(always)]
fn come(way: &mut Way, price: u32, len: usize, distance: usize) {
    if price < way.price {
        *way = Way { price, len: len as u32, distance: distance as u32 };
    }
}

/// Appends literals, and the reference behind them; there is none behind the last ones.
fn put(literals: &[u8], reference: Option<Reference>, output: &mut Vec<u8>) {
    let len = reference.map_or(0, |reference| reference.len - SHORTEST);
    output.push((literals.len().min(15) << 4 | len.min(15)) as u8);
    put_more(literals.len(), output);
    output.extend_from_slice(literals);
    if let Some(reference) = reference {
        output.extend_from_slice(&(reference.distance as u16).to_le_bytes());
        put_more(len, output);
    }
}

/// Appends what a length has beyond the bits of its token.
fn put_more(len: usize, output: &mut Vec<u8>) {
    let Some(mut more) = len.checked_sub(15) else { return };
    while more >= 255 {
        output.push(255);
        more -= 255;
    }
    output.push(more as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_come_back(
            words in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..400), 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..400),
            depth in 1_u32..300,
        ) {
            let input: Vec<u8> = order.iter().flat_map(|i| i.get(&words).clone()).collect();
            let mut output = b"before".to_vec();
            prop_assert!(compress(&input, depth, &mut output));
            let mut back = vec![0; input.len()];
            prop_assert_eq!(lz4_flex::block::decompress_into(&output[6..], &mut back).unwrap(), input.len());
            prop_assert_eq!(back, input);
        }
    }

    #[test]
    fn references_reach_as_far_as_there_is_a_window() {
        let noise = |seed: u32| {
            (0..65_535_u32).map(move |i| (i.wrapping_mul(seed).wrapping_mul(i) >> 13) as u8)
        };
        for apart in [0, 1, 2] {
            let input: Vec<u8> = noise(0x9E37_79B1)
                .take(65_533 + apart)
                .chain(noise(0x9E37_79B1).take(1000))
                .collect();
            let mut output = Vec::new();
            assert!(compress(&input, 16, &mut output));
            let mut back = vec![0; input.len()];
            assert_eq!(lz4_flex::block::decompress_into(&output, &mut back).unwrap(), input.len());
            assert_eq!(back, input);
        }
    }
}
