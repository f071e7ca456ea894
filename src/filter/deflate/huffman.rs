//! Prefix codes of limited length.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "alphabets have at most 288 symbols, lengths are at most 15"
)]

/// Longest code of any alphabet, in bits.
pub(super) const MAX_BITS: usize = 15;

/// A prefix code: of each symbol, how many bits it takes (0: none) and which.
#[derive(Debug, Clone)]
pub(super) struct Code<const N: usize> {
    pub(super) lengths: [u8; N],
    words: [Word; N],
}

/// Up to 24 bits, lowest first, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(u32);

impl Word {
    const EMPTY: Self = Self(0);

    /// The lower `count` of `bits`; the others must be zero.
    #[inline(always)]
    pub(super) fn new(bits: u32, count: u32) -> Self {
        Self(bits << 8 | count)
    }

    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 >> 8
    }

    #[inline(always)]
    pub(super) fn count(self) -> u32 {
        self.0 & 0xFF
    }
}

impl<const N: usize> Code<N> {
    /// The best code for symbols that occur `counts` times, none longer than `limit` bits.
    ///
    /// It has at least two symbols: decoders differ in what they think of fewer.
    pub(super) fn best(counts: &[u32; N], limit: usize) -> Self {
        let mut symbols: Vec<(u32, usize)> = (0..N).map(|s| (counts[s], s)).collect();
        symbols.retain(|(count, _)| *count > 0);
        let mut unused = (0..N).filter(|s| counts[*s] == 0);
        while symbols.len() < 2 {
            symbols.extend(unused.next().map(|s| (1, s)));
        }
        symbols.sort_unstable();
        let depths = tree_depths(&symbols);
        let per_length = limited(&depths, limit);
        let mut lengths = [0; N];
        // The rarest symbols come first, and so do the longest codes.
        let mut ordered = symbols.iter();
        for length in (1..=limit).rev() {
            for (_, symbol) in ordered.by_ref().take(per_length[length]) {
                lengths[*symbol] = length as u8;
            }
        }
        Self::canonical(lengths)
    }

    /// The code that its lengths determine.
    pub(super) fn canonical(lengths: [u8; N]) -> Self {
        let mut count = [0_u16; MAX_BITS + 1];
        for length in lengths.iter().filter(|length| **length > 0) {
            count[usize::from(*length)] += 1;
        }
        let mut next = [0_u16; MAX_BITS + 1];
        for length in 1..=MAX_BITS {
            next[length] = (next[length - 1] + count[length - 1]) << 1;
        }
        let mut words = [Word::EMPTY; N];
        for (word, length) in words.iter_mut().zip(lengths).filter(|(_, length)| *length > 0) {
            let (code, length) = (&mut next[usize::from(length)], u32::from(length));
            *word = Word::new(u32::from(code.reverse_bits() >> (16 - length)), length);
            *code += 1;
        }
        Self { lengths, words }
    }

    /// The code of `symbol`.
    #[inline(always)]
    pub(super) fn word(&self, symbol: usize) -> Word {
        self.words[symbol]
    }

    /// Bits that symbols take which occur `counts` times.
    pub(super) fn cost(&self, counts: &[u32; N]) -> u64 {
        counts.iter().zip(self.lengths).map(|(n, len)| u64::from(*n) * u64::from(len)).sum()
    }
}

/// How many leaves of the Huffman tree stand at each depth. `symbols` must be sorted by count.
fn tree_depths(symbols: &[(u32, usize)]) -> Vec<usize> {
    let leaves = symbols.len();
    // Nodes are made in order of weight, so the two lightest are always next in one of two rows.
    let mut nodes: Vec<(u64, usize)> = Vec::with_capacity(leaves);
    let mut parents = vec![0; leaves];
    let (mut leaf, mut node) = (0, 0);
    for made in 0..leaves - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let next_leaf = symbols.get(leaf).map(|(count, _)| u64::from(*count));
            let next_node = nodes.get(node).map(|(weight, _)| *weight);
            match (next_leaf, next_node) {
                (Some(count), lighter) if lighter.is_none_or(|weight| count <= weight) => {
                    weight += count;
                    parents[leaf] = made;
                    leaf += 1;
                }
                (_, Some(lighter)) => {
                    weight += lighter;
                    nodes[node].1 = made;
                    node += 1;
                }
                (_, None) => {}
            }
        }
        nodes.push((weight, 0));
    }
    let root = leaves - 2;
    let mut depths = vec![0; leaves - 1];
    for node in (0..root).rev() {
        depths[node] = depths[nodes[node].1] + 1;
    }
    let mut count = vec![0; leaves + 1];
    for parent in parents {
        count[depths[parent] + 1] += 1;
    }
    count
}

/// Makes the tree's depths no larger than `limit`, at the least cost there.
fn limited(depths: &[usize], limit: usize) -> Vec<usize> {
    let mut count = vec![0; limit + 1];
    for (depth, leaves) in depths.iter().enumerate() {
        count[depth.min(limit)] += leaves;
    }
    // In units of the longest code, how much of the code space is taken.
    let taken: usize = (1..=limit).map(|length| count[length] << (limit - length)).sum();
    for _ in 1 << limit..taken {
        // Takes one code off the end, and makes two of the longest that is shorter.
        let Some(length) = (1..limit).rev().find(|length| count[*length] > 0) else { break };
        count[limit] -= 1;
        count[length] -= 1;
        count[length + 1] += 2;
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sum of all codes' shares of the code space, which has 2^15 parts.
    fn space<const N: usize>(code: &Code<N>) -> u32 {
        code.lengths.iter().filter(|len| **len > 0).map(|len| 1 << (15 - len)).sum()
    }

    #[test]
    fn rare_symbols_do_not_get_too_long() {
        let (mut a, mut b) = (1, 1);
        let counts: [u32; 40] = std::array::from_fn(|_| {
            (a, b) = (b, a + b);
            a
        });
        for limit in [7, 15] {
            let code = Code::best(&counts, limit);
            assert_eq!(code.lengths.iter().map(|len| usize::from(*len)).max(), Some(limit));
            assert_eq!(space(&code), 1 << 15);
        }
    }

    #[test]
    fn codes_are_canonical() {
        let code = Code::canonical([3, 3, 3, 3, 3, 2, 4, 4]);
        let read = |s: usize| {
            (code.word(s).bits() as u16).reverse_bits() >> (16 - u32::from(code.lengths[s]))
        };
        let bits: Vec<u16> = (0..8).map(read).collect();
        assert_eq!(bits, [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111]);
    }

    proptest! {
        #[test]
        fn the_code_space_is_filled(counts in prop::array::uniform30(prop_oneof![Just(0), 1_u32..10, any::<u32>()])) {
            for limit in [7, 15] {
                let code = Code::best(&counts, limit);
                prop_assert_eq!(space(&code), 1 << 15);
                prop_assert!((0..30).all(|s| counts[s] == 0 || code.lengths[s] > 0));
            }
        }
    }
}
