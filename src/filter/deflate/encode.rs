//! Bytes to a zlib stream (RFC 1950): which matches to take, and where blocks end.
//!
//! A level searches about as far as zlib's of the same number, and makes files at most 2 % larger.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; places are below the input's length, counts below the block's"
)]

use std::cell::Cell;

use super::block::{Bits, Block, write_stored};
use super::matches::{Finder, Match, Places, Search};

/// Most literals and matches of a block.
const MAX_TOKENS: usize = 1 << 16;
/// Shortest block that is ended for what comes next, in bytes.
const MIN_BLOCK: usize = 5_000;
/// Literals and matches after which it is asked whether the block should end.
const CHECK: usize = 512;
/// Farthest distance at which three bytes are mostly worth more than three literals.
const NEAR: u32 = 1 << 12;

/// Distance from which on a match takes more bits than a literal and a match nearby.
const FAR: u32 = 1 << 8;
/// Fewest bytes of a match for which a distance that comes again is looked at.
const LONG: u32 = 12;

/// How far to search.
#[derive(Debug, Clone, Copy)]
struct Effort {
    search: Search,
    /// Bits of the hashes of three bytes.
    short_bits: u32,
    /// A match of fewer bytes is looked beyond: whether a better one begins at the next place.
    lazy: u32,
    /// Farthest distance at which three bytes are worth more than three literals.
    near: u32,
    /// So many places in a row without a match are looked at before some are left out.
    patience: u32,
    /// Most places left out after one that is looked at.
    stride: u32,
}

impl Effort {
    fn of(level: u32) -> Self {
        let (depth, nice, lazy, near) = match level {
            ..=2 => (9, 16, 5, 1 << 15),
            3 => (12, 32, 5, 1 << 15),
            4 => (10, 32, 0, NEAR),
            5 => (20, 32, 16, NEAR),
            6 => (48, 128, 128, NEAR),
            7 => (100, 192, 192, NEAR),
            8 => (600, 258, 258, NEAR),
            _ => (2400, 258, 258, NEAR),
        };
        let (patience, stride) = match level {
            ..=2 | 4 | 5 => (32, 7),
            3 | 6 | 7 => (64, 3),
            _ => (128, 2),
        };
        let search = Search { depth, nice, is_quick: level < 7 };
        // Where three bytes may be far, more places of them are worth knowing.
        let short_bits = if level < 4 { 15 } else { 13 };
        Self { search, short_bits, lazy, near, patience, stride }
    }

    /// Places to leave out after `misses` in a row: noise has few matches, none worth the search.
    fn left_out(self, misses: u32) -> usize {
        (misses.saturating_sub(self.patience) / 16).min(self.stride) as usize
    }
}

thread_local! {
    /// Where the thread's next encoder finds matches.
    static PLACES: Cell<Option<Places>> = const { Cell::new(None) };
}

/// Encodes `input` at `level`, 0 to 9.
pub(in super::super) fn encode(input: &[u8], level: u32) -> Vec<u8> {
    // Compression method 8, window of 32 KiB; the level's class; a check of both.
    let header: [u8; 2] = match level {
        ..=1 => [0x78, 0x01],
        2..=5 => [0x78, 0x5E],
        6 => [0x78, 0x9C],
        _ => [0x78, 0xDA],
    };
    let mut stream = Vec::with_capacity(input.len() / 2 + 64);
    stream.extend_from_slice(&header);
    let mut bits = Bits::after(stream);
    if level == 0 {
        write_stored(&mut bits, input, true);
    } else {
        let places = PLACES.take().unwrap_or_else(Places::new);
        let places = Parser::new(input, Effort::of(level), places).run(&mut bits);
        PLACES.set(Some(places));
    }
    let mut stream = bits.finish();
    stream.extend_from_slice(&simd_adler32::adler32(&input).to_be_bytes());
    stream
}

/// Takes an input apart into literals and matches.
#[derive(Debug)]
struct Parser<'a> {
    input: &'a [u8],
    effort: Effort,
    finder: Finder<'a>,
    /// The block so far.
    block: Block,
    change: Change,
    /// Shortest match worth taking in this block.
    shortest: u32,
    /// Distance of the match taken last; 0 before there is one.
    recent: u32,
}

impl<'a> Parser<'a> {
    fn new(input: &'a [u8], effort: Effort, places: Places) -> Self {
        let block = Block::with_capacity(input.len().min(MAX_TOKENS));
        let (finder, change) = (Finder::new(input, places, effort.short_bits), Change::default());
        Self { input, effort, finder, block, change, shortest: 3, recent: 0 }
    }

    /// Gives back what it found matches with.
    fn run(mut self, bits: &mut Bits) -> Places {
        let mut start = 0;
        loop {
            self.shortest = shortest_match(&self.input[start..]);
            let end = self.fill_block(start);
            let is_last = end == self.input.len();
            self.block.write(bits, &self.input[start..end], is_last);
            if is_last {
                return self.finder.places;
            }
            start = end;
        }
    }

    /// Fills the block from the place `start` on; gives where it ends.
    fn fill_block(&mut self, start: usize) -> usize {
        let Effort { search, lazy, near, .. } = self.effort;
        let (mut at, mut misses) = (start, 0_u32);
        self.change = Change::default();
        while at < self.input.len() {
            let left_out = self.effort.left_out(misses);
            let found = self.finder.longest(at, self.shortest - 1, search, left_out == 0);
            if found.length < 4 && (found.length == 0 || found.distance > near) {
                self.put_literal(self.input[at]);
                at += 1;
                if left_out > 0 {
                    let end = (at + left_out).min(self.input.len());
                    self.put_literals(at, end);
                    at = end;
                }
                misses = misses.saturating_add(1);
            } else {
                at = if found.length < lazy {
                    self.look_ahead(at, found)
                } else {
                    let (place, found) = self.or_recent(at, found);
                    self.put_literals(at, place);
                    self.take(place, found)
                };
                misses = 0;
            }
            if self.is_full(start, at) {
                break;
            }
        }
        at
    }

    fn put_literals(&mut self, start: usize, end: usize) {
        self.input[start..end].iter().for_each(|byte| self.put_literal(*byte));
    }

    #[inline(always)]
    fn put_literal(&mut self, byte: u8) {
        self.block.put_literal(byte);
        self.change.see(usize::from(byte >> 5 & 6 | byte & 1));
    }

    /// Takes the match `found` at `at`, or a better one that begins a little later; gives where
    /// it ends.
    fn look_ahead(&mut self, mut at: usize, mut found: Match) -> usize {
        let Effort { search, lazy, .. } = self.effort;
        let search = Search { depth: (search.depth / 2).max(1), ..search };
        while found.length < lazy {
            let better = self.finder.longest(at + 1, found.length - 1, search, true);
            if better.length == 0 || gain(better, found) <= 2 {
                break;
            }
            self.put_literals(at, at + 1);
            (at, found) = (at + 1, better);
        }
        self.take(at, found)
    }

    /// The match `found` at `at`, or one at the distance of the match taken last, here or one byte on:
    /// where data repeat themselves, as labels do, a distance that comes again and again costs next to
    /// nothing, and a far one does not.
    fn or_recent(&self, at: usize, found: Match) -> (usize, Match) {
        let recent = self.recent;
        if recent == 0 || found.length < LONG || found.distance < FAR || found.distance == recent {
            return (at, found);
        }
        let again = |place| (place, self.finder.at_distance(place, recent));
        let is_as_good = |(_, again): &(usize, Match)| again.length + 1 >= found.length;
        [at, at + 1].into_iter().map(again).find(is_as_good).unwrap_or((at, found))
    }

    /// Gives where the match `found` at `at` ends.
    fn take(&mut self, at: usize, found: Match) -> usize {
        self.block.put_match(found);
        self.change.see(if found.length < 9 { SHORT_MATCH } else { LONG_MATCH });
        self.recent = found.distance;
        let end = at + found.length as usize;
        self.finder.skip(end);
        end
    }

    /// Whether the block from `start` to `at` should end.
    fn is_full(&mut self, start: usize, at: usize) -> bool {
        let new = self.block.len() - self.change.seen;
        if new < CHECK {
            return false;
        }
        // Between two checks, no more than a few tokens more than that are added.
        if self.block.len() >= MAX_TOKENS - 2 * CHECK {
            return true;
        }
        let rest = self.input.len() - at;
        self.change.is_due(new, at - start) && at - start >= MIN_BLOCK && rest >= MIN_BLOCK
    }
}

/// Bits that `better` saves against `found`, roughly.
fn gain(better: Match, found: Match) -> i64 {
    let longer = i64::from(better.length) - i64::from(found.length);
    4 * longer + i64::from(found.distance.ilog2()) - i64::from(better.distance.ilog2())
}

/// The shortest match worth taking: the fewer literals are in use, the fewer bits each takes.
fn shortest_match(input: &[u8]) -> u32 {
    let mut used = [false; 256];
    for byte in input.iter().take(4096) {
        used[usize::from(*byte)] = true;
    }
    match used.iter().filter(|used| **used).count() {
        ..=6 => 9,
        7..=8 => 8,
        9..=10 => 7,
        11..=16 => 6,
        17..=45 => 5,
        46..=80 => 4,
        _ => 3,
    }
}

/// Watches whether literals and matches become other ones than the block has had.
#[derive(Debug, Default)]
struct Change {
    /// By kind, those of the block but the latest.
    before: [u32; KINDS],
    latest: [u32; KINDS],
    /// How many are in `before`.
    seen: usize,
}

/// Eight kinds of literals, short and long matches.
const KINDS: usize = 10;
const SHORT_MATCH: usize = 8;
const LONG_MATCH: usize = 9;

impl Change {
    #[inline(always)]
    fn see(&mut self, kind: usize) {
        self.latest[kind] += 1;
    }

    /// Whether the latest, `count` of them, differ so much from those before that a code of their own pays.
    /// `block_len`: bytes of the block so far.
    fn is_due(&mut self, count: usize, block_len: usize) -> bool {
        let (before_total, latest_total) = (self.seen as u64, count as u64);
        let latest = std::mem::take(&mut self.latest);
        let differ: u64 = (0..KINDS)
            .map(|kind| {
                let expected = u64::from(self.before[kind]) * latest_total;
                expected.abs_diff(u64::from(latest[kind]) * before_total)
            })
            .sum();
        for (before, count) in self.before.iter_mut().zip(latest) {
            *before += count;
        }
        self.seen += count;
        let mut cutoff = latest_total * before_total * 200 / 512;
        let total = before_total + latest_total;
        if block_len < 10_000 && total < 8192 {
            cutoff += cutoff * (8192 - total) / 8192;
        }
        before_total > 0 && differ + (block_len as u64 >> 12) * before_total >= cutoff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_run_on_take_two_bytes_a_run() {
        const RUNS: usize = 2000;
        let mut random = 1_u32;
        let mut label = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            random >> 27
        };
        let labels = (0..RUNS).flat_map(|_| [label().to_le_bytes(); 40]);
        let input = labels.flatten().collect::<Vec<u8>>();
        for level in 3..=6 {
            let len = encode(&input, level).len();
            assert!(len < 2 * RUNS, "{len} bytes at level {level}");
        }
    }
}
