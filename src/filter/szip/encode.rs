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
        let mut largest = 0;
        for (sample, bytes) in samples.iter_mut().zip(line.chunks_exact(self.bytes)) {
            let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
            *sample = if self.big_endian {
                bytes.iter().fold(0, fold)
            } else {
                bytes.iter().rev().fold(0, fold)
            };
            largest = largest.max(*sample);
        }
        largest
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
            *sample = if value >= last {
                let up = value - last;
                if up <= both { 2 * up } else { both + up }
            } else {
                let down = last - value;
                if down <= both { 2 * down - 1 } else { both + down }
            };
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
                if low > 0 {
                    for sample in coded {
                        writer.write(u64::from(*sample), low);
                    }
                }
            }
        }
    }

    /// The shortest way to code a block. `coded` is `block` without a reference sample.
    fn choose(&self, block: &[u32], coded: &[u32]) -> Choice {
        let count = u64::try_from(coded.len()).unwrap_or(0);
        let mut best = (count * u64::from(self.bits), Choice::Plain);
        // Identifiers are 0 for the rest, all ones for plain, and one more than the bits here.
        let most = (1 << self.id_bits) - 3;
        for low in 0..=most.min(self.bits - 1) {
            let high: u64 = coded.iter().map(|sample| u64::from(sample >> low)).sum();
            let cost = high + count * u64::from(low + 1);
            if cost < best.0 {
                best = (cost, Choice::Split(low));
            }
            // With more low bits, unary parts shrink by less than what the low bits add.
            if high < count / 2 {
                break;
            }
        }
        let pairs = block
            .chunks_exact(2)
            .map(|pair| pair_code(pair).saturating_add(1))
            .fold(1, u64::saturating_add);
        if pairs < best.0 { Choice::Pairs } else { best.1 }
    }
}

/// Both samples of a pair in one number.
fn pair_code(pair: &[u32]) -> u64 {
    let (first, second) = (u64::from(pair[0]), u64::from(pair[1]));
    let sum = first + second;
    // At most 2^33 * 2^32, and only used where it is far below.
    sum.saturating_mul(sum + 1) / 2 + second
}
