//! Tables that say, by the next bits of a stream, which symbols stand there.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "lengths of codes are at most 15, so are indexes below the size of their table"
)]

use super::huffman::MAX_BITS;

/// What stands at one place of a stream: up to two literals, or up to one and a match behind it; a
/// distance; or, where these bits alone do not tell, a link to where the next ones do.
///
/// The lowest six bits count the bits to skip, so that shifting by the number itself skips them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(pub(super) u32);

/// Bits that are the code, and those of the number behind it.
const SKIPPED: u32 = 0x3F;
/// The place of how many literals there are; the first stands in the second byte, the other behind it.
const LITERALS: u32 = 6;
/// There is a length: in bits 16 to 24, with as many to be read as bits 25 to 27 say.
const LENGTH: u32 = 1 << 28;
/// The block ends.
const END: u32 = 1 << 29;
/// Bits 12 to 26 say where the entries for more bits begin, bits 8 to 11 how many more.
const LINK: u32 = 1 << 30;
/// Neither literals nor lengths nor distances: ends, links and what no code stands for.
const SPECIAL: u32 = 1 << 31;

impl Entry {
    const INVALID: Self = Self(SPECIAL);
    const END: Self = Self(SPECIAL | END);

    const fn literal(byte: u8) -> Self {
        Self((byte as u32) << 8 | 1 << LITERALS)
    }

    const fn length(base: u32, extra: u32) -> Self {
        Self(LENGTH | extra << 25 | base << 16 | extra)
    }

    const fn distance(base: u32, extra: u32) -> Self {
        Self(base << 12 | extra << 8 | extra)
    }

    /// Of the alphabet in which lengths of codes are written.
    const fn plain(symbol: u32) -> Self {
        Self::distance(symbol, 0)
    }

    fn link(start: usize, bits: u32, skipped: u32) -> Self {
        Self(SPECIAL | LINK | (start as u32) << 12 | bits << 8 | skipped)
    }

    #[inline(always)]
    pub(super) fn is_literals(self) -> bool {
        self.0 & (SPECIAL | LENGTH) == 0
    }

    #[inline(always)]
    pub(super) fn is_match(self) -> bool {
        self.0 & (SPECIAL | LENGTH) == LENGTH
    }

    #[inline(always)]
    pub(super) fn is_special(self) -> bool {
        self.0 & SPECIAL != 0
    }

    #[inline(always)]
    pub(super) fn is_link(self) -> bool {
        self.0 & LINK != 0
    }

    #[inline(always)]
    pub(super) fn is_end(self) -> bool {
        self.0 & END != 0
    }

    /// The literals; what is not there is any byte.
    #[inline(always)]
    pub(super) fn literals(self) -> [u8; 2] {
        ((self.0 >> 8) as u16).to_le_bytes()
    }

    #[inline(always)]
    pub(super) fn literal_count(self) -> usize {
        (self.0 >> LITERALS & 3) as usize
    }

    /// Of a match; `bits` begin with this entry.
    #[inline(always)]
    pub(super) fn length_in(self, bits: u64) -> usize {
        (self.0 >> 16 & 0x1FF) as usize + self.extra_in(bits, self.0 >> 25 & 7)
    }

    /// `bits` begin with this entry.
    #[inline(always)]
    pub(super) fn distance_in(self, bits: u64) -> usize {
        self.symbol() + self.extra_in(bits, self.0 >> 8 & 15)
    }

    /// Of the alphabet in which lengths of codes are written.
    #[inline(always)]
    pub(super) fn symbol(self) -> usize {
        (self.0 >> 12 & 0x7FFF) as usize
    }

    /// The last `extra` ones of the bits that this entry stands for.
    #[inline(always)]
    fn extra_in(self, bits: u64, extra: u32) -> usize {
        ((bits >> ((self.0 & SKIPPED) - extra)) & ((1 << extra) - 1)) as usize
    }

    /// Of a link: where `bits`, those behind it, lead to.
    #[inline(always)]
    fn target(self, bits: u64) -> usize {
        self.symbol() + (bits as usize & ((1 << (self.0 >> 8 & 15)) - 1))
    }

    /// This one literal and `next` behind it as one entry, where both codes together have at most `bits` bits.
    fn followed_by(self, next: Self, bits: u32) -> Option<Self> {
        let is_one_literal = self.0 & (SPECIAL | LENGTH | 3 << LITERALS) == 1 << LITERALS;
        let extra = if next.is_match() { next.0 >> 25 & 7 } else { 0 };
        let len = (self.0 & SKIPPED) + (next.0 & SKIPPED);
        if !is_one_literal || next.is_special() || len - extra > bits {
            return None;
        }
        let what = if next.is_match() {
            next.0 & !SKIPPED
        } else {
            1 << LITERALS | (next.0 & 0xFF00) << 8
        };
        Some(Self(((self.0 & !SKIPPED) + what) | len))
    }
}

/// By the next `BITS` bits, what they begin with; behind that, what more bits than that stand for: `ROOM`
/// entries in all.
#[derive(Debug)]
pub(super) struct Table<const BITS: u32, const ROOM: usize> {
    entries: [Entry; ROOM],
}

impl<const BITS: u32, const ROOM: usize> Table<BITS, ROOM> {
    pub(super) const fn new() -> Self {
        Self { entries: [Entry::INVALID; ROOM] }
    }

    /// What `bits` begin with.
    #[inline(always)]
    pub(super) fn first(&self, bits: u64) -> Entry {
        self.entries[bits as usize & ((1 << BITS) - 1)]
    }

    /// What `link` and `bits` behind it stand for.
    #[inline(always)]
    pub(super) fn linked(&self, link: Entry, bits: u64) -> Entry {
        self.entries.get(link.target(bits)).copied().unwrap_or(Entry::INVALID)
    }

    /// For codes of `lengths` bits, which stand for `symbols`; `None` where no prefix code has these.
    ///
    /// A code must be complete, but for one of a single symbol or none (RFC 1951, 3.2.7).
    pub(super) fn set(&mut self, lengths: &[u8], symbols: &[Entry]) -> Option<()> {
        let mut ends = [0_usize; MAX_BITS + 2];
        for length in lengths {
            ends[usize::from(*length) + 1] += 1;
        }
        // As a binary fraction, what part of all strings of bits begin with a code.
        let taken: usize =
            (1..=MAX_BITS).map(|length| ends[length + 1] << (MAX_BITS - length)).sum();
        let is_single = taken == 0 || taken == 1 << (MAX_BITS - 1) && ends[2] == 1;
        if taken != 1 << MAX_BITS && !is_single {
            return None;
        }
        // Symbols in the order of their codes; where those of a length start, and then where they end.
        ends[1] = 0;
        for length in 1..=MAX_BITS {
            ends[length + 1] += ends[length];
        }
        let mut order = [0_u16; 288];
        for (symbol, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let place = &mut ends[usize::from(*length)];
            order[*place] = symbol as u16;
            *place += 1;
        }
        self.fill(&order, &ends, symbols)
    }

    /// `order` has the symbols in the order of their codes, those of a length up to where `ends` says.
    fn fill(&mut self, order: &[u16], ends: &[usize], symbols: &[Entry]) -> Option<()> {
        let mut code = 0;
        let mut start = 0;
        self.entries[0] = Entry::INVALID;
        let (short, _) = ends.split_at(BITS as usize + 1);
        for (length, end) in short.iter().enumerate().skip(1) {
            // With one bit more, all is there twice, and then the codes of that length take their places.
            let half = 1 << (length - 1);
            self.entries.copy_within(..half, half);
            for symbol in order.get(start..*end)? {
                self.entries[code] = Entry(symbols[usize::from(*symbol)].0 + length as u32);
                code = next_code(code, length);
            }
            start = *end;
        }
        let mut free = 1 << BITS;
        let mut prefix = None;
        let (mut subtable, mut bits) = (0, 0);
        for length in BITS as usize + 1..=MAX_BITS {
            for (symbol, place) in order.get(start..ends[length])?.iter().zip(start..) {
                let head = code & ((1 << BITS) - 1);
                let own = length - BITS as usize;
                if prefix != Some(head) {
                    prefix = Some(head);
                    (subtable, bits) = (free, own);
                    // As many codes as follow belong to it, until they fill it.
                    let mut missing = (1_usize << own).checked_sub(ends[length] - place);
                    while let Some(more) = missing.filter(|more| *more > 0) {
                        bits += 1;
                        let longer = bits + BITS as usize;
                        let count = ends.get(longer)? - ends[longer - 1];
                        missing = (2 * more).checked_sub(count);
                    }
                    free += 1 << bits;
                    let link = Entry::link(subtable, bits as u32, BITS);
                    self.entries[head] = link;
                }
                let entry = Entry(symbols[usize::from(*symbol)].0 + own as u32);
                let places = self.entries.get_mut(subtable..subtable + (1 << bits))?;
                for place in places[code >> BITS..].iter_mut().step_by(1 << own) {
                    *place = entry;
                }
                code = next_code(code, length);
            }
            start = ends[length];
        }
        Some(())
    }

    /// Of a thousand entries, how many are those of a literal and what follows it.
    fn joined(lengths: &[u8]) -> u64 {
        // By length of a code, the part of all strings of bits that begin with one.
        let mut parts = [(0_u64, 0_u64); MAX_BITS + 1];
        for (symbol, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let (of_literals, of_all) = &mut parts[usize::from(*length)];
            let part = 1 << (MAX_BITS - usize::from(*length));
            *of_literals += if symbol < 256 { part } else { 0 };
            *of_all += part;
        }
        let bits = BITS as usize;
        let followed =
            |length: usize| parts[..=bits - length].iter().map(|(_, all)| all).sum::<u64>();
        let joined: u64 = (1..bits).map(|length| parts[length].0 * followed(length)).sum();
        (joined * 1000) >> (2 * MAX_BITS)
    }

    /// Has one entry for a literal and what follows it, where both are within the bits of the table. `lengths`: of
    /// the codes, literals first.
    pub(super) fn join(&mut self, lengths: &[u8]) {
        if Self::joined(lengths) < WORTH_JOINING {
            return;
        }
        let (entries, _) = self.entries.split_at_mut(1 << BITS);
        // From behind: what follows stands before.
        for at in (0..entries.len()).rev() {
            let first = entries[at];
            let next = entries[at >> (first.0 & 15)];
            if let Some(both) = first.followed_by(next, BITS) {
                entries[at] = both;
            }
        }
    }
}

/// Entries of a thousand that [`Table::join`] has to change to be worth its while.
const WORTH_JOINING: u64 = 100;

/// The code of `length` bits that is the next one after `code`; both with their first bit lowest, as they are
/// in a stream. After the last, which is all ones, the first again.
#[inline(always)]
fn next_code(code: usize, length: usize) -> usize {
    let zeros = code ^ ((1 << length) - 1);
    if zeros == 0 {
        return 0;
    }
    let highest = 1 << zeros.ilog2();
    code & (highest - 1) | highest
}

/// What literals, the end of a block and lengths are (RFC 1951, 3.2.5).
pub(super) const LITERALS_AND_LENGTHS: [Entry; 288] = {
    let mut symbols = [Entry::INVALID; 288];
    let mut byte = 0;
    while byte < 256 {
        symbols[byte] = Entry::literal(byte as u8);
        byte += 1;
    }
    symbols[256] = Entry::END;
    let (mut symbol, mut base) = (257, 3);
    while symbol < 285 {
        let extra = if symbol < 265 { 0 } else { (symbol as u32 - 261) / 4 };
        symbols[symbol] = Entry::length(base, extra);
        base += 1 << extra;
        symbol += 1;
    }
    symbols[285] = Entry::length(258, 0);
    symbols
};

/// What distances are (RFC 1951, 3.2.5).
pub(super) const DISTANCES: [Entry; 32] = {
    let mut symbols = [Entry::INVALID; 32];
    let (mut symbol, mut base) = (0, 1);
    while symbol < 30 {
        let extra = if symbol < 4 { 0 } else { (symbol as u32 - 2) / 2 };
        symbols[symbol] = Entry::distance(base, extra);
        base += 1 << extra;
        symbol += 1;
    }
    symbols
};

/// What lengths of codes are (RFC 1951, 3.2.7).
pub(super) const LENGTHS: [Entry; 19] = {
    let mut symbols = [Entry::INVALID; 19];
    let mut symbol = 0;
    while symbol < 19 {
        symbols[symbol] = Entry::plain(symbol as u32);
        symbol += 1;
    }
    symbols
};
