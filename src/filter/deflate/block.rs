//! Blocks: literals and matches as bits (RFC 1951).

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; alphabets, lengths and distances are bounded by what the parser makes"
)]

use super::huffman::{Code, Word};
use super::matches::Match;

/// Literals, end of block, and lengths.
const LITERALS: usize = 288;
/// Symbol that ends a block.
pub(super) const END: usize = 256;
const DISTANCES: usize = 30;
/// Lengths of the codes of the other two alphabets.
const LENGTHS: usize = 19;
/// In this order, the lengths of the codes of [`LENGTHS`] stand in a block.
pub(super) const LENGTH_ORDER: [usize; LENGTHS] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Longest stored block, in bytes.
const MAX_STORED: usize = 0xFFFF;

/// What a block is made of: a literal, or a length and a distance in one number.
#[derive(Debug, Clone, Copy)]
struct Token(u32);

impl Token {
    fn literal(byte: u8) -> Self {
        Self(u32::from(byte))
    }

    fn found(found: Match) -> Self {
        Self(found.length << 16 | found.distance)
    }

    /// Of a match; 0 for a literal.
    #[inline]
    fn length(self) -> u32 {
        self.0 >> 16
    }

    fn distance(self) -> u32 {
        self.0 & 0xFFFF
    }

    /// Of a literal.
    #[inline]
    fn byte(self) -> u8 {
        self.0 as u8
    }
}

/// A block that is not written yet.
#[derive(Debug)]
pub(super) struct Block {
    tokens: Vec<Token>,
    /// How often each symbol is among them: counted as they come, when the processor waits for other things.
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
}

impl Block {
    /// With room for so many literals and matches.
    pub(super) fn with_capacity(tokens: usize) -> Self {
        let tokens = Vec::with_capacity(tokens);
        Self { tokens, literals: [0; LITERALS], distances: [0; DISTANCES] }
    }

    /// Literals and matches so far.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    #[inline(always)]
    pub(super) fn put_literal(&mut self, byte: u8) {
        self.literals[usize::from(byte)] += 1;
        self.tokens.push(Token::literal(byte));
    }

    #[inline]
    pub(super) fn put_match(&mut self, found: Match) {
        self.literals[length_symbol(found.length).0] += 1;
        self.distances[distance_symbol(found.distance).0] += 1;
        self.tokens.push(Token::found(found));
    }

    /// Writes the block, of which `bytes` are the contents, in the shortest way there is, and empties it.
    pub(super) fn write(&mut self, bits: &mut Bits, bytes: &[u8], is_last: bool) {
        self.literals[END] = 1;
        self.write_shortest(bits, bytes, is_last);
        self.tokens.clear();
        (self.literals, self.distances) = ([0; LITERALS], [0; DISTANCES]);
    }

    fn write_shortest(&self, bits: &mut Bits, bytes: &[u8], is_last: bool) {
        let literals = Code::best(&self.literals, 15);
        let distances = Code::best(&self.distances, 15);
        let header = Header::new(&literals, &distances);
        let extra = self.extra_bits();
        let cost = |literals: &Code<LITERALS>, distances: &Code<DISTANCES>| {
            literals.cost(&self.literals) + distances.cost(&self.distances) + extra
        };
        let fixed = fixed_code();
        let own_cost = cost(&literals, &distances);
        let dynamic_cost = header.cost() + own_cost;
        let fixed_cost = cost(&fixed.0, &fixed.1);
        let stored_cost = stored_cost(bytes.len());
        if stored_cost <= dynamic_cost.min(fixed_cost) {
            write_stored(bits, bytes, is_last);
        } else if fixed_cost <= dynamic_cost {
            bits.put(u64::from(is_last) | 1 << 1, 3);
            self.write_tokens(bits, fixed_cost, &fixed.0, &fixed.1);
        } else {
            bits.put(u64::from(is_last) | 2 << 1, 3);
            header.write(bits);
            self.write_tokens(bits, own_cost, &literals, &distances);
        }
    }

    /// Bits that follow the codes of lengths and distances.
    fn extra_bits(&self) -> u64 {
        let lengths =
            (0..29).map(|s| u64::from(self.literals[257 + s]) * u64::from(length_extra(s)));
        let distances =
            (0..30).map(|s| u64::from(self.distances[s]) * u64::from(distance_extra(s)));
        lengths.chain(distances).sum()
    }

    /// `cost`: bits that the tokens take.
    fn write_tokens(
        &self,
        bits: &mut Bits,
        cost: u64,
        literals: &Code<LITERALS>,
        distances: &Code<DISTANCES>,
    ) {
        bits.put_all(cost, |bits| {
            for token in &self.tokens {
                let length = token.length();
                if length == 0 {
                    bits.add(literals.word(usize::from(token.byte())));
                } else {
                    let (symbol, extra, count) = length_symbol(length);
                    bits.add(literals.word(symbol));
                    bits.add(Word::new(extra, count));
                    let (symbol, extra, count) = distance_symbol(token.distance());
                    bits.add(distances.word(symbol));
                    bits.add(Word::new(extra, count));
                }
                bits.flush();
            }
            bits.add(literals.word(END));
            bits.flush();
        });
    }
}

/// Symbol of a length, 3 to 258, and the extra bits behind it.
#[inline]
fn length_symbol(length: u32) -> (usize, u32, u32) {
    if length == 258 {
        return (285, 0, 0);
    }
    let from_3 = length - 3;
    if from_3 < 8 {
        return (257 + from_3 as usize, 0, 0);
    }
    // Four symbols for each power of two.
    let extra = from_3.ilog2() - 2;
    let symbol = 257 + 4 * (extra + 1) + ((from_3 >> extra) & 3);
    (symbol as usize, from_3 & ((1 << extra) - 1), extra)
}

/// Symbol of a distance, 1 to 32,768, and the extra bits behind it.
#[inline]
fn distance_symbol(distance: u32) -> (usize, u32, u32) {
    let from_1 = distance - 1;
    if from_1 < 4 {
        return (from_1 as usize, 0, 0);
    }
    // Two symbols for each power of two.
    let extra = from_1.ilog2() - 1;
    let symbol = 2 * (extra + 1) + ((from_1 >> extra) & 1);
    (symbol as usize, from_1 & ((1 << extra) - 1), extra)
}

/// Extra bits of the length symbol `257 + symbol`.
fn length_extra(symbol: usize) -> u32 {
    if symbol < 8 || symbol == 28 { 0 } else { symbol as u32 / 4 - 1 }
}

fn distance_extra(symbol: usize) -> u32 {
    if symbol < 4 { 0 } else { symbol as u32 / 2 - 1 }
}

fn fixed_code() -> (Code<LITERALS>, Code<DISTANCES>) {
    let lengths = std::array::from_fn(|symbol| match symbol {
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    });
    (Code::canonical(lengths), Code::canonical([5; DISTANCES]))
}

/// The codes of a block, as they stand at its front.
#[derive(Debug)]
struct Header {
    literals: usize,
    distances: usize,
    /// Symbols of [`LENGTHS`], and the extra bits behind them.
    symbols: Vec<(usize, u32, u32)>,
    code: Code<LENGTHS>,
    /// Of the lengths of `code`, those that are written.
    written: usize,
}

impl Header {
    fn new(literals: &Code<LITERALS>, distances: &Code<DISTANCES>) -> Self {
        let used = |lengths: &[u8]| lengths.iter().rposition(|length| *length > 0).unwrap_or(0) + 1;
        let literal_count = used(&literals.lengths).max(257);
        let distance_count = used(&distances.lengths);
        let mut lengths = literals.lengths[..literal_count].to_vec();
        lengths.extend_from_slice(&distances.lengths[..distance_count]);
        let symbols = run_lengths(&lengths);
        let mut counts = [0; LENGTHS];
        for (symbol, ..) in &symbols {
            counts[*symbol] += 1;
        }
        let code = Code::best(&counts, 7);
        let last = LENGTH_ORDER.iter().rposition(|symbol| code.lengths[*symbol] > 0);
        let written = last.unwrap_or(0).max(3) + 1;
        Self { literals: literal_count, distances: distance_count, symbols, code, written }
    }

    fn cost(&self) -> u64 {
        let symbols = self.symbols.iter();
        let bits = symbols
            .map(|(symbol, _, extra)| u64::from(self.code.lengths[*symbol]) + u64::from(*extra));
        14 + 3 * self.written as u64 + bits.sum::<u64>()
    }

    fn write(&self, bits: &mut Bits) {
        bits.put(self.literals as u64 - 257, 5);
        bits.put(self.distances as u64 - 1, 5);
        bits.put(self.written as u64 - 4, 4);
        for symbol in &LENGTH_ORDER[..self.written] {
            bits.put(u64::from(self.code.lengths[*symbol]), 3);
        }
        for (symbol, extra, count) in &self.symbols {
            let code = self.code.word(*symbol);
            bits.put(u64::from(code.bits()), code.count());
            bits.put(u64::from(*extra), *count);
        }
    }
}

/// Code lengths, runs of them shortened: 16 repeats the last one 3 to 6 times, 17 is 3 to 10
/// zeros, 18 is 11 to 138.
fn run_lengths(lengths: &[u8]) -> Vec<(usize, u32, u32)> {
    let mut symbols = Vec::with_capacity(lengths.len());
    for run in lengths.chunk_by(|a, b| a == b) {
        let (length, mut left) = (usize::from(run[0]), run.len());
        if length > 0 {
            symbols.push((length, 0, 0));
            left -= 1;
        }
        while left >= 3 {
            let (symbol, least, extra) = match length {
                0 if left >= 11 => (18, 11, 7),
                0 => (17, 3, 3),
                _ => (16, 3, 2),
            };
            let taken = left.min(least + (1 << extra) - 1);
            symbols.push((symbol, (taken - least) as u32, extra));
            left -= taken;
        }
        symbols.extend((0..left).map(|_| (length, 0, 0)));
    }
    symbols
}

fn stored_cost(len: usize) -> u64 {
    // The three bits in front take a byte more often than not.
    (len as u64 + 5 * len.div_ceil(MAX_STORED).max(1) as u64) * 8
}

/// Writes bytes as they are, in as many blocks as it takes.
pub(super) fn write_stored(bits: &mut Bits, bytes: &[u8], is_last: bool) {
    let mut rest = bytes;
    loop {
        let (block, after) = rest.split_at(rest.len().min(MAX_STORED));
        rest = after;
        bits.put(u64::from(is_last && rest.is_empty()), 3);
        bits.align();
        let len = block.len() as u16;
        bits.bytes.extend_from_slice(&len.to_le_bytes());
        bits.bytes.extend_from_slice(&(!len).to_le_bytes());
        bits.bytes.extend_from_slice(block);
        if rest.is_empty() {
            return;
        }
    }
}

/// Bits, lowest first.
#[derive(Debug)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    window: u64,
    /// Bits in the window: below 32 between calls.
    held: u32,
}

impl Bits {
    /// Goes on after `bytes`.
    pub(super) fn after(bytes: Vec<u8>) -> Self {
        Self { bytes, window: 0, held: 0 }
    }

    /// Appends the lower `count` bits of `value`, at most 32; the others must be zero.
    #[inline]
    fn put(&mut self, value: u64, count: u32) {
        self.window |= value << self.held;
        self.held += count;
        if self.held >= 32 {
            self.bytes.extend_from_slice(&(self.window as u32).to_le_bytes());
            self.window >>= 32;
            self.held -= 32;
        }
    }

    /// Lets `put` put bits, `count` of them.
    fn put_all(&mut self, count: u64, put: impl FnOnce(&mut Room<'_>)) {
        let start = self.bytes.len();
        // Those held before, and eight bytes that are put at once.
        self.bytes.resize(start + (count / 8) as usize + 16, 0);
        let (window, held) = (self.window, self.held);
        let mut room = Room { bytes: &mut self.bytes[start..], at: 0, window, held };
        room.flush();
        put(&mut room);
        let Room { at, window, held, .. } = room;
        (self.window, self.held) = (window, held);
        self.bytes.truncate(start + at);
    }

    /// Fills the last byte up with zeros.
    fn align(&mut self) {
        let bytes = self.held.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.window.to_le_bytes()[..bytes]);
        (self.window, self.held) = (0, 0);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }
}

/// Bits that are put where there is room for all of them: without a question after each whether it is time to.
#[derive(Debug)]
struct Room<'a> {
    bytes: &'a mut [u8],
    at: usize,
    window: u64,
    /// Bits in the window: below 8 after [`flush`](Self::flush).
    held: u32,
}

impl Room<'_> {
    /// At most 56 bits between two flushes.
    #[inline(always)]
    fn add(&mut self, word: Word) {
        self.window |= u64::from(word.bits()) << (self.held & 63);
        self.held += word.count();
    }

    #[inline(always)]
    fn flush(&mut self) {
        self.bytes[self.at..self.at + 8].copy_from_slice(&self.window.to_le_bytes());
        self.at += (self.held / 8) as usize;
        self.window >>= self.held & 56;
        self.held &= 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_those_of_the_table() {
        let lengths = [3, 10, 11, 12, 13, 18, 19, 34, 35, 66, 67, 130, 131, 257, 258];
        let found = lengths.map(|length| length_symbol(length).0);
        let expected = [257, 264, 265, 265, 266, 268, 269, 272, 273, 276, 277, 280, 281, 284, 285];
        assert_eq!(found, expected);
        let distances = [1, 4, 5, 6, 7, 8, 9, 12, 13, 24_577, 32_768];
        let found = distances.map(|distance| distance_symbol(distance).0);
        assert_eq!(found, [0, 3, 4, 4, 5, 5, 6, 6, 7, 29, 29]);
        for length in 3..258 {
            let (symbol, _, extra) = length_symbol(length);
            assert_eq!(length_extra(symbol - 257), extra);
        }
        for distance in 1..=32_768 {
            let (symbol, _, extra) = distance_symbol(distance);
            assert_eq!(distance_extra(symbol), extra);
        }
    }

    #[test]
    fn runs_of_lengths_are_shortened() {
        let lengths = [&[8; 8][..], &[0; 150], &[0; 2], &[5]].concat();
        let symbols: Vec<_> = run_lengths(&lengths).iter().map(|(s, e, _)| (*s, *e)).collect();
        assert_eq!(symbols, [(8, 0), (16, 3), (8, 0), (18, 127), (18, 3), (5, 0)]);
    }
}
