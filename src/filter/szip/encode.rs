//! Samples to coded stream.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "hot loops; a block lies in its interval, codes of a block are summed in 64 bits"
)]

use super::super::bits::BitWriter;
use super::super::corrupt;
use super::{Coder, NAME, SEGMENT};
use crate::error::Result;

/// How a block is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Plain,
    Pairs,
    Split(u32),
}

impl Coder {
    /// Appends `input`, coded, to `encoded`; `None` where that does not make it shorter.
    ///
    /// Every scanline is filled up to whole blocks, the last one to its full length.
    pub(super) fn encode(&self, input: &[u8], encoded: Vec<u8>) -> Result<Option<Vec<u8>>> {
        let mut writer = BitWriter::after(encoded);
        let mut samples = vec![0; self.interval() * self.block];
        for line in input.chunks(self.line * self.bytes) {
            let given = line.len() / self.bytes;
            if self.load(line, &mut samples) > self.max() {
                let problem = format_args!("sample has more than {} bits", self.bits);
                return Err(corrupt(NAME, problem));
            }
            let filler = if self.predicts { samples[given - 1] } else { 0 };
            samples[given..].fill(filler);
            let mut reference = None;
            if self.predicts {
                reference = Some(samples[0]);
                self.predict(&mut samples);
            }
            self.encode_interval(&mut writer, &samples, reference);
            if writer.len() >= input.len() {
                return Ok(None);
            }
        }
        let encoded = writer.finish();
        Ok((encoded.len() <= input.len()).then_some(encoded))
    }

    /// Reads the samples of a scanline; gives the largest.
    fn load(&self, line: &[u8], samples: &mut [u32]) -> u32 {
        let read = samples.iter_mut();
        match (self.bytes, self.big_endian) {
            (1, _) => {
                for (sample, byte) in read.zip(line) {
                    *sample = u32::from(*byte);
                }
            }
            (2, false) => {
                for (sample, bytes) in read.zip(line.as_chunks().0) {
                    *sample = u32::from(u16::from_le_bytes(*bytes));
                }
            }
            (2, true) => {
                for (sample, bytes) in read.zip(line.as_chunks().0) {
                    *sample = u32::from(u16::from_be_bytes(*bytes));
                }
            }
            (_, false) => {
                for (sample, bytes) in read.zip(line.as_chunks().0) {
                    *sample = u32::from_le_bytes(*bytes);
                }
            }
            (_, true) => {
                for (sample, bytes) in read.zip(line.as_chunks().0) {
                    *sample = u32::from_be_bytes(*bytes);
                }
            }
        }
        let given = line.len() / self.bytes;
        samples[..given].iter().fold(0, |largest, sample| largest.max(*sample))
    }

    /// Turns samples into differences to the one before, mapped to numbers that are not
    /// negative; the first, which is the reference, into 0.
    fn predict(&self, samples: &mut [u32]) {
        let max = self.max();
        let mut last = samples[0];
        samples[0] = 0;
        for sample in &mut samples[1..] {
            let value = *sample;
            // As far as a difference may go both ways.
            let both = last.min(max - last);
            let (apart, is_down) = (value.abs_diff(last), u32::from(value < last));
            // One way, as many bits are needed for what is farther; samples are below 2^31.
            *sample = if apart <= both { 2 * apart - is_down } else { both + apart };
            last = value;
        }
    }

    fn encode_interval(&self, writer: &mut BitWriter, samples: &[u32], mut reference: Option<u32>) {
        let mut blocks = samples.chunks_exact(self.block).enumerate().peekable();
        while let Some((at, block)) = blocks.next() {
            let reference = reference.take();
            if block.iter().any(|sample| *sample != 0) {
                self.encode_block(writer, block, reference);
                continue;
            }
            let mut run = 1;
            let is_zero = |next: &(usize, &[u32])| {
                !next.0.is_multiple_of(SEGMENT) && next.1.iter().all(|sample| *sample == 0)
            };
            while blocks.next_if(is_zero).is_some() {
                run += 1;
            }
            let ends = at + run == self.interval() || (at + run) % SEGMENT == 0;
            writer.write(0, self.id_bits + 1);
            self.encode_reference(writer, reference);
            writer.write_zeros(match run {
                5.. if ends => 4,
                5.. => u64::try_from(run).unwrap_or(0),
                _ => u64::try_from(run).unwrap_or(1) - 1,
            });
        }
    }

    fn encode_reference(&self, writer: &mut BitWriter, reference: Option<u32>) {
        if let Some(reference) = reference {
            writer.write(u64::from(reference), self.bits);
        }
    }

    fn encode_block(&self, writer: &mut BitWriter, block: &[u32], reference: Option<u32>) {
        let coded = &block[usize::from(reference.is_some())..];
        match self.choose(block, coded) {
            Choice::Plain => {
                writer.write(self.id_plain(), self.id_bits);
                self.encode_reference(writer, reference);
                for sample in coded {
                    writer.write(u64::from(*sample), self.bits);
                }
            }
            Choice::Pairs => {
                writer.write(1, self.id_bits + 1);
                self.encode_reference(writer, reference);
                for pair in block.chunks_exact(2) {
                    writer.write_zeros(pair_code(pair));
                }
            }
            Choice::Split(low) => {
                writer.write(u64::from(low) + 1, self.id_bits);
                self.encode_reference(writer, reference);
                for sample in coded {
                    writer.write_zeros(u64::from(sample >> low));
                }
                write_low_bits(writer, coded, low);
            }
        }
    }

    /// The shortest way to code a block. `coded` is `block` without a reference sample.
    fn choose(&self, block: &[u32], coded: &[u32]) -> Choice {
        let count = u64::try_from(coded.len()).unwrap_or(0);
        let mut best = (count * u64::from(self.bits), Choice::Plain);
        // Identifiers are 0 for the rest, all ones for plain, and one more than the bits here.
        let most = ((1 << self.id_bits) - 3).min(self.bits - 1);
        let total = coded.iter().map(|sample| u64::from(*sample)).sum::<u64>();
        // Up to two bits less than the mean has, one more low bit makes the unary parts shorter by
        // more than it adds.
        let mean = total.checked_div(count).unwrap_or(0);
        let first = (64 - mean.leading_zeros()).saturating_sub(2).min(most);
        for low in first..=most {
            let high = self.high_parts(coded, low);
            let cost = high + count * u64::from(low + 1);
            if cost < best.0 {
                best = (cost, Choice::Split(low));
            }
            // With more low bits, unary parts shrink by less than what the low bits add.
            if high < count / 2 {
                break;
            }
        }
        // Codes of pairs are of use where samples are next to nothing.
        let mut pairs = 1_u64;
        for pair in block.chunks_exact(2) {
            pairs = pairs.saturating_add(pair_code(pair)).saturating_add(1);
            if pairs >= best.0 {
                return best.1;
            }
        }
        Choice::Pairs
    }

    /// The sum of what samples are without their `low` lower bits.
    #[inline]
    fn high_parts(&self, coded: &[u32], low: u32) -> u64 {
        if self.bits <= 24 {
            // At most 32 samples.
            u64::from(coded.iter().map(|sample| sample >> low).sum::<u32>())
        } else {
            coded.iter().map(|sample| u64::from(sample >> low)).sum()
        }
    }
}

/// Writes the `low` lower bits of samples, four at a time where they fit.
fn write_low_bits(writer: &mut BitWriter, coded: &[u32], low: u32) {
    if low == 0 {
        return;
    }
    let bits = |sample: &u32| u64::from(*sample) & ((1 << low) - 1);
    let (fours, rest) = if low <= 8 { coded.as_chunks() } else { (&[][..], coded) };
    for [a, b, c, d] in fours {
        let two = (bits(a) << low | bits(b)) << (2 * low);
        writer.write_short(two | bits(c) << low | bits(d), 4 * low);
    }
    for sample in rest {
        writer.write_short(u64::from(*sample), low);
    }
}

/// Both samples of a pair in one number.
fn pair_code(pair: &[u32]) -> u64 {
    let (first, second) = (u64::from(pair[0]), u64::from(pair[1]));
    let sum = first + second;
    // At most 2^33 * 2^32, and only used where it is far below.
    sum.saturating_mul(sum + 1) / 2 + second
}
