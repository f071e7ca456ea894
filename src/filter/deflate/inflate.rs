//! Streams, read (RFC 1950, RFC 1951).

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; every step is checked against both lengths before it is made"
)]

use super::super::copies;
use super::block::{END, LENGTH_ORDER};
use super::table::{DISTANCES, LENGTHS, LITERALS_AND_LENGTHS, Table};

/// By the first bits of literals and lengths, of distances, and of lengths of codes. As many bits as fit in the
/// nearest cache together with what is copied; room for the longest subtables that any code needs.
type LiteralTable = Table<11, 2342>;
type DistanceTable = Table<8, 402>;
type LengthTable = Table<7, 128>;

const CUT_SHORT: &str = "stream ends early";
const TOO_LONG: &str = "decodes to more than the chunk holds";
const NO_SYMBOL: &str = "bits that stand for no symbol";
const NO_CODE: &str = "lengths of codes that are none";

/// What decodes a block, kept from stream to stream.
#[derive(Debug)]
pub(super) struct Tables {
    literals: LiteralTable,
    distances: DistanceTable,
    lengths: LengthTable,
}

impl Tables {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self { literals: Table::new(), distances: Table::new(), lengths: Table::new() })
    }

    /// Decodes the zlib stream `input` to the front of `output`; gives the length.
    pub(super) fn inflate(
        &mut self,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, &'static str> {
        const DEFLATE: u8 = 8;
        const DICTIONARY: u8 = 1 << 5;
        let ([method, flags], blocks) = input.split_first_chunk().ok_or(CUT_SHORT)?;
        if u16::from_be_bytes([*method, *flags]) % 31 != 0
            || method & 15 != DEFLATE
            || method >> 4 > 7
        {
            return Err("no head of a zlib stream");
        }
        if flags & DICTIONARY != 0 {
            return Err("stream needs a dictionary");
        }
        let (len, rest) = self.blocks(blocks, output)?;
        let stored = rest.first_chunk().ok_or(CUT_SHORT)?;
        let is_right =
            cfg!(fuzzing) || u32::from_be_bytes(*stored) == simd_adler32::adler32(&&output[..len]);
        if is_right { Ok(len) } else { Err("checksum differs") }
    }

    /// Decodes the blocks at the front of `input`; gives the length, and what is behind them.
    pub(super) fn blocks<'a>(
        &mut self,
        input: &'a [u8],
        output: &mut [u8],
    ) -> Result<(usize, &'a [u8]), &'static str> {
        let mut bits = Bits::new(input);
        let mut to = 0;
        loop {
            bits.refill();
            let is_last = bits.take(1) == 1;
            match bits.take(2) {
                0 => {
                    let (head, rest) =
                        bits.rest(input)?.split_first_chunk::<4>().ok_or(CUT_SHORT)?;
                    let len = u16::from_le_bytes([head[0], head[1]]);
                    if len != !u16::from_le_bytes([head[2], head[3]]) {
                        return Err("stored block of two lengths");
                    }
                    let len = usize::from(len);
                    let (source, rest) = rest.split_at_checked(len).ok_or(CUT_SHORT)?;
                    output.get_mut(to..to + len).ok_or(TOO_LONG)?.copy_from_slice(source);
                    to += len;
                    bits = Bits::new(rest);
                }
                1 => {
                    self.set_fixed()?;
                    to = self.block(&mut bits, output, to)?;
                }
                2 => {
                    self.set(&mut bits)?;
                    to = self.block(&mut bits, output, to)?;
                }
                _ => return Err("block of an unknown kind"),
            }
            if is_last {
                return Ok((to, bits.rest(input)?));
            }
        }
    }

    /// For blocks of fixed codes (3.2.6).
    fn set_fixed(&mut self) -> Result<(), &'static str> {
        let mut lengths = [8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.literals.set(&lengths, &LITERALS_AND_LENGTHS).ok_or(NO_CODE)?;
        self.literals.join(&lengths);
        self.distances.set(&[5; 32], &DISTANCES).ok_or(NO_CODE)
    }

    /// For the codes that stand before a block (3.2.7).
    fn set(&mut self, bits: &mut Bits<'_>) -> Result<(), &'static str> {
        let literals = bits.take(5) as usize + 257;
        let distances = bits.take(5) as usize + 1;
        let written = bits.take(4) as usize + 4;
        if literals > 286 || distances > 30 {
            return Err("more symbols than there are");
        }
        let mut lengths = [0; LENGTHS.len()];
        for symbol in &LENGTH_ORDER[..written] {
            bits.refill();
            lengths[*symbol] = bits.take(3) as u8;
        }
        // One symbol says nothing, not even once.
        if lengths.iter().filter(|length| **length > 0).count() < 2 {
            return Err(NO_CODE);
        }
        self.lengths.set(&lengths, &LENGTHS).ok_or(NO_CODE)?;
        // The longest repetition may begin at the last one.
        let mut lengths = [0_u8; 286 + 30 + 138];
        let count = literals + distances;
        let mut at = 0;
        while at < count {
            bits.refill();
            let entry = self.lengths.first(bits.next);
            if entry.is_special() {
                return Err(NO_SYMBOL);
            }
            bits.skip(entry.0);
            at += match entry.symbol() {
                16 => {
                    let before = *lengths[..at].last().ok_or("repetition of nothing")?;
                    let times = 3 + bits.take(2) as usize;
                    lengths[at..at + times].fill(before);
                    times
                }
                17 => 3 + bits.take(3) as usize,
                18 => 11 + bits.take(7) as usize,
                length => {
                    lengths[at] = length as u8;
                    1
                }
            };
        }
        bits.are_there()?;
        if at != count {
            return Err("more lengths of codes than symbols");
        }
        if lengths[END] == 0 {
            return Err("no code for the end of the block");
        }
        let (lengths, distances) = lengths[..count].split_at(literals);
        self.literals.set(lengths, &LITERALS_AND_LENGTHS).ok_or(NO_CODE)?;
        self.literals.join(lengths);
        self.distances.set(distances, &DISTANCES).ok_or(NO_CODE)
    }

    /// Decodes a block to `to` and on; gives where it ends.
    #[inline(never)]
    fn block(
        &self,
        bits_of_stream: &mut Bits<'_>,
        output: &mut [u8],
        mut to: usize,
    ) -> Result<usize, &'static str> {
        // In registers, as nobody else knows where they are.
        let mut bits = Bits { ..*bits_of_stream };
        bits.refill();
        let mut entry = self.literals.first(bits.next);
        // What takes most time is to wait for an entry, whose length says where the next one is: it is asked for
        // before anything else is done with this one, and before it is known whether it is one of this table.
        loop {
            // Of the 56 bits, literals take up to 11; the entry behind two of them needs 11 to be found, and its
            // length up to 5 more.
            bits.refill();
            let mut start = bits.next;
            bits.skip(entry.0);
            let mut next = self.literals.first(bits.next);
            if entry.is_literals() {
                to = put(output, to, entry.literals(), entry.literal_count())?;
                entry = next;
                start = bits.next;
                bits.skip(entry.0);
                next = self.literals.first(bits.next);
                if entry.is_literals() {
                    to = put(output, to, entry.literals(), entry.literal_count())?;
                    entry = next;
                    start = bits.next;
                    bits.skip(entry.0);
                    next = self.literals.first(bits.next);
                    if entry.is_literals() {
                        to = put(output, to, entry.literals(), entry.literal_count())?;
                        entry = next;
                        bits.are_there()?;
                        continue;
                    }
                }
            }
            if entry.is_special() {
                bits.are_there()?;
                if entry.is_link() {
                    bits.refill();
                    start = bits.next;
                    entry = self.literals.linked(entry, bits.next);
                    bits.skip(entry.0);
                    next = self.literals.first(bits.next);
                }
                if entry.is_literals() {
                    to = put(output, to, entry.literals(), entry.literal_count())?;
                    entry = next;
                    continue;
                }
                if entry.is_end() {
                    *bits_of_stream = bits;
                    return Ok(to);
                }
                if entry.is_special() {
                    return Err(NO_SYMBOL);
                }
            }
            to = put(output, to, entry.literals(), entry.literal_count())?;
            let length = entry.length_in(start);
            let mut distance = self.distances.first(bits.next);
            bits.refill();
            if distance.is_special() {
                if distance.is_link() {
                    bits.skip(distance.0);
                    distance = self.distances.linked(distance, bits.next);
                }
                if distance.is_special() {
                    return Err(NO_SYMBOL);
                }
            }
            let start = bits.next;
            bits.skip(distance.0);
            entry = self.literals.first(bits.next);
            let distance = distance.distance_in(start);
            if !copies::near(output, to, distance, length)
                && !copy_back(output, to, distance, length)
            {
                bits.are_there()?;
                return Err(if distance > to {
                    "distance to before the first byte"
                } else {
                    TOO_LONG
                });
            }
            to += length;
        }
    }
}

/// Puts the first `count`, up to 2, of `bytes` at `to`; gives what is behind them.
#[inline(always)]
fn put(output: &mut [u8], to: usize, bytes: [u8; 2], count: usize) -> Result<usize, &'static str> {
    match output.get_mut(to..to + 2) {
        // The second is overwritten where it is none.
        Some(room) => room.copy_from_slice(&bytes),
        None => put_at_the_end(output, to, bytes, count)?,
    }
    Ok(to + count)
}

#[cold]
#[inline(never)]
fn put_at_the_end(
    output: &mut [u8],
    to: usize,
    bytes: [u8; 2],
    count: usize,
) -> Result<(), &'static str> {
    let room = output.get_mut(to..to + count).ok_or(TOO_LONG)?;
    room.copy_from_slice(&bytes[..count]);
    Ok(())
}

/// Apart, to leave registers to what is near.
#[inline(never)]
fn copy_back(output: &mut [u8], to: usize, distance: usize, length: usize) -> bool {
    copies::back(output, to, distance, length)
}

/// A stream of bits, lowest first. Behind its end, as many zeros as are asked for.
#[derive(Debug)]
struct Bits<'a> {
    /// What is not in `next` yet.
    input: &'a [u8],
    next: u64,
    /// The lowest six bits say how many bits `next` has; those above that mean nothing.
    count: u32,
    /// Bytes behind the end that were put into `next`.
    missing: u32,
}

impl<'a> Bits<'a> {
    fn new(input: &'a [u8]) -> Self {
        Self { input, next: 0, count: 0, missing: 0 }
    }

    /// From here on, there are at least 56 bits.
    #[inline(always)]
    fn refill(&mut self) {
        if let Some(bytes) = self.input.first_chunk() {
            // Bits above those counted may be there already, and are the same.
            self.next |= u64::from_le_bytes(*bytes) << (self.count & 63);
            self.input = &self.input[(self.count >> 3 & 7 ^ 7) as usize..];
            self.count |= 56;
        } else {
            *self = Self { ..*self }.refilled_at_the_end();
        }
    }

    #[cold]
    #[inline(never)]
    fn refilled_at_the_end(mut self) -> Self {
        self.count &= 63;
        while self.count < 56 {
            match self.input.split_first() {
                Some((byte, rest)) => {
                    self.next |= u64::from(*byte) << self.count;
                    self.input = rest;
                }
                None => self.missing = self.missing.saturating_add(1),
            }
            self.count += 8;
        }
        self
    }

    /// The next bits, those that the lowest six bits of `count` say, are done with.
    #[inline(always)]
    fn skip(&mut self, count: u32) {
        self.next >>= count & 63;
        self.count = self.count.wrapping_sub(count);
    }

    #[inline(always)]
    fn take(&mut self, count: u32) -> u32 {
        let bits = self.next as u32 & ((1 << count) - 1);
        self.skip(count);
        bits
    }

    /// An error where bits were used that are not there; may be late by 8 bytes.
    #[inline(always)]
    fn are_there(&self) -> Result<(), &'static str> {
        if self.missing > 8 { Err(CUT_SHORT) } else { Ok(()) }
    }

    /// The bytes of `whole` behind the one that was begun, where all this is the end of `whole`.
    fn rest(&self, whole: &'a [u8]) -> Result<&'a [u8], &'static str> {
        let unread = ((self.count & 63) / 8).checked_sub(self.missing).ok_or(CUT_SHORT)?;
        let len = self.input.len() + unread as usize;
        whole.get(whole.len().saturating_sub(len)..).ok_or(CUT_SHORT)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use flate2::Compression;
    use flate2::read::ZlibDecoder;
    use flate2::write::ZlibEncoder;
    use proptest::prelude::*;

    use super::*;

    fn ours(input: &[u8], limit: usize) -> Result<Vec<u8>, &'static str> {
        let mut output = vec![0xA5; limit];
        let len = Tables::new().inflate(input, &mut output)?;
        output.truncate(len);
        Ok(output)
    }

    /// What another decoder makes of it, if that is at most `limit` bytes.
    fn theirs(input: &[u8], limit: usize) -> Option<Vec<u8>> {
        let mut output = Vec::new();
        let mut decoder = ZlibDecoder::new(input).take(limit as u64 + 1);
        decoder.read_to_end(&mut output).ok().filter(|_| output.len() <= limit)?;
        Some(output)
    }

    fn deflated(data: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    /// Bytes with runs, repetitions near and far, and what does not repeat; `kind` mixes these.
    fn data(len: usize, kind: u8, mut seed: u64) -> Vec<u8> {
        let mut random = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize
        };
        let mut bytes: Vec<u8> = Vec::with_capacity(len);
        while bytes.len() < len {
            let count = 1 + random() % (1 << (1 + random() % 9));
            match random() % 4 {
                0 if kind & 1 != 0 && !bytes.is_empty() => {
                    let from = bytes.len() - 1 - random() % bytes.len().min(1 << (random() % 16));
                    for at in from..from + count {
                        bytes.push(bytes[at]);
                    }
                }
                1 if kind & 2 != 0 => bytes.extend(std::iter::repeat_n(random() as u8, count)),
                2 if kind & 4 != 0 => bytes.extend((0..count).map(|_| (random() % 12) as u8)),
                _ => bytes.extend((0..count).map(|_| (random() | random() >> 3) as u8)),
            }
        }
        bytes.truncate(len);
        bytes
    }

    #[test]
    fn streams_of_all_kinds_are_what_they_were_made_of() {
        let sizes: &[usize] =
            if cfg!(miri) { &[0, 1, 400] } else { &[0, 1, 2, 300, 70_000, 400_000] };
        for (seed, len) in (1..).zip(sizes) {
            for kind in 0..8 {
                let data = data(*len, kind, seed);
                for level in [0, 1, 2, 4, 6, 9] {
                    let stream = deflated(&data, level);
                    assert_eq!(ours(&stream, *len).unwrap(), data, "{len} {kind} {level}");
                    assert_eq!(ours(&stream, len + 1).unwrap(), data, "{len} {kind} {level}");
                    if *len > 0 {
                        assert_eq!(ours(&stream, len - 1), Err(TOO_LONG));
                    }
                }
            }
        }
    }

    #[test]
    fn a_changed_byte_is_found() {
        let stream = deflated(&data(5_000, 7, 3), 6);
        let mut found = 0;
        for at in (0..stream.len()).step_by(if cfg!(miri) { 401 } else { 1 }) {
            let mut changed = stream.clone();
            changed[at] ^= 0x10;
            // Bits between a stored block's head and its first byte may be anything.
            found += usize::from(ours(&changed, 5_000).is_err());
        }
        assert!(found + 1 >= stream.len().div_ceil(if cfg!(miri) { 401 } else { 1 }));
    }

    /// A stream with nothing but a head, the given bits and zeros.
    fn bits(words: &[(u32, u32)]) -> Vec<u8> {
        let mut out = vec![0x78, 0x9C];
        let (mut next, mut count) = (0_u64, 0);
        for (word, len) in words {
            next |= u64::from(*word) << count;
            count += len;
            while count >= 8 {
                out.push(next as u8);
                next >>= 8;
                count -= 8;
            }
        }
        out.push(next as u8);
        out.extend([0; 40]);
        out
    }

    #[test]
    fn what_is_wrong_is_named() {
        let stored = |len: u16, other: u16| {
            let mut stream = vec![0x78, 0x9C, 1];
            stream.extend(len.to_le_bytes());
            stream.extend(other.to_le_bytes());
            stream
        };
        // The head of a block with dynamic codes; then three bits a length, in their own order.
        let head = |literals, distances, written| {
            vec![(1, 1), (2, 2), (literals, 5), (distances, 5), (written, 4)]
        };
        let with = |mut head: Vec<(u32, u32)>, lengths: &[u32]| {
            head.extend(lengths.iter().map(|length| (*length, 3)));
            bits(&head)
        };
        let cases: [(Vec<u8>, &str); 14] = [
            (vec![0x78], CUT_SHORT),
            (vec![0x78, 0x9D, 3, 0], "no head of a zlib stream"),
            (vec![0x77, 0x85, 3, 0], "no head of a zlib stream"),
            (vec![0x88, 0x1C, 3, 0], "no head of a zlib stream"),
            (vec![0x78, 0xBB, 3, 0], "stream needs a dictionary"),
            (stored(1, 1), "stored block of two lengths"),
            (stored(1, !1), CUT_SHORT),
            (bits(&[(1, 1), (3, 2)]), "block of an unknown kind"),
            (with(head(30, 0, 0), &[]), "more symbols than there are"),
            (with(head(0, 30, 0), &[]), "more symbols than there are"),
            // No length; one alone; too many of one bit.
            (with(head(0, 0, 15), &[0; 19]), NO_CODE),
            (with(head(0, 0, 15), &[1]), NO_CODE),
            (with(head(0, 0, 15), &[1, 1, 1]), NO_CODE),
            // 16, which repeats what is before, comes first: its code is the lower of two.
            (with(head(0, 0, 15), &[1, 0, 1]), "repetition of nothing"),
        ];
        for (stream, what) in cases {
            assert_eq!(ours(&stream, 1_000).unwrap_err(), what, "{stream:x?}");
            assert!(theirs(&stream, 1_000).is_none());
        }
        // A match before anything is there: length 3, distance 1 of the fixed codes.
        let early = bits(&[(1, 1), (1, 2), (0b100_0000, 7), (0, 5)]);
        assert_eq!(ours(&early, 1_000).unwrap_err(), "distance to before the first byte");
        // Symbols 286 and 30, which fixed codes have and blocks may not.
        let length = bits(&[(1, 1), (1, 2), (0b0110_0011, 8)]);
        assert_eq!(ours(&length, 1_000).unwrap_err(), NO_SYMBOL);
        let distance = bits(&[(1, 1), (1, 2), (0b0000_1100, 8), (0b100_0000, 7), (0b01111, 5)]);
        assert_eq!(ours(&distance, 1_000).unwrap_err(), NO_SYMBOL);
        let mut sum = deflated(b"abc", 6);
        *sum.last_mut().unwrap() ^= 1;
        assert_eq!(ours(&sum, 1_000).unwrap_err(), "checksum differs");
    }

    #[test]
    fn a_code_of_one_symbol_will_do() {
        // One literal and the end, of a bit each; one distance, of a bit, which is not used.
        let mut words = vec![(1, 1), (2, 2), (0, 5), (0, 5), (14, 4)];
        // 18 and 1, of one bit and one bit.
        let mut lengths = [0; 18];
        (lengths[2], lengths[17]) = (1, 1);
        words.extend(lengths.map(|length| (length, 3)));
        // 65 times none, "A", 138 and 52 times none, the end, a distance.
        let none = |times: u32| [(1, 1), (times - 11, 7)];
        words.extend(none(65));
        words.push((0, 1));
        words.extend(none(138));
        words.extend(none(52));
        words.extend([(0, 1), (0, 1)]);
        // "A" thrice, the end.
        words.extend([(0, 1), (0, 1), (0, 1), (1, 1)]);
        let mut output = [0; 8];
        let stream = bits(&words);
        let (len, _) = Tables::new().blocks(&stream[2..], &mut output).unwrap();
        assert_eq!(output[..len], *b"AAA");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 600 }))]

        /// Streams that were changed, and bytes that never were one, are for both decoders the same.
        #[test]
        fn another_decoder_says_the_same(
            len in 0_usize..6_000,
            kind in 0_u8..8,
            seed in any::<u64>(),
            level in 0_u32..10,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in any::<prop::sample::Index>(),
            is_cut in any::<bool>(),
            limit in 0_usize..9_000,
        ) {
            let mut stream = deflated(&data(len, kind, seed), level);
            for (at, byte) in changes {
                let at = at.index(stream.len());
                stream[at] = byte;
            }
            if is_cut {
                stream.truncate(cut.index(stream.len()));
            }
            prop_assert_eq!(ours(&stream, limit).ok(), theirs(&stream, limit));
        }
    }
}
