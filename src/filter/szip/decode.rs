//! Coded stream to samples.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "hot loops; a block lies in its interval, samples are held below 2^32"
)]

use super::super::bits::BitReader;
use super::super::corrupt;
use super::{Coder, NAME, SEGMENT};
use crate::error::Result;

impl Coder {
    /// Decodes as many samples as `output` holds.
    pub(super) fn decode(&self, stream: &[u8], output: &mut [u8]) -> Result<()> {
        let mut reader = BitReader::new(stream);
        let mut samples = vec![0; self.interval() * self.block];
        for line in output.chunks_mut(self.line * self.bytes) {
            let wanted = line.len() / self.bytes;
            self.decode_interval(&mut reader, &mut samples, wanted)
                .ok_or_else(|| corrupt(NAME, "coded stream makes no sense or ends early"))?;
            let samples = &mut samples[..wanted];
            if self.predicts {
                self.undo_prediction(samples);
            }
            self.store(samples, line);
        }
        Ok(())
    }

    /// Decodes at least the first `wanted` samples that one reference sample serves.
    fn decode_interval(
        &self,
        reader: &mut BitReader<'_>,
        samples: &mut [u32],
        wanted: usize,
    ) -> Option<()> {
        let mut done = 0;
        while done < wanted {
            let first = usize::from(self.predicts && done == 0);
            let id = reader.read(self.id_bits)?;
            if id == 0 {
                let second_extension = reader.read(1)? == 1;
                self.reference(reader, samples, first)?;
                if second_extension {
                    let block = &mut samples[done..done + self.block];
                    self.decode_pairs(reader, block, first)?;
                    done += self.block;
                } else {
                    let run = self.zero_run(reader.zeros()?, done)? * self.block;
                    samples.get_mut(done + first..done + run)?.fill(0);
                    done += run;
                }
            } else {
                self.reference(reader, samples, first)?;
                let block = &mut samples[done + first..done + self.block];
                if id == self.id_plain() {
                    for sample in block {
                        *sample = reader.read(self.bits)? as u32;
                    }
                } else {
                    let low_bits = u32::try_from(id).ok()? - 1;
                    self.decode_split(reader, block, low_bits)?;
                }
                done += self.block;
            }
        }
        Some(())
    }

    /// Reads the reference sample where there is one, which is where `first` is 1.
    fn reference(
        &self,
        reader: &mut BitReader<'_>,
        samples: &mut [u32],
        first: usize,
    ) -> Option<()> {
        if first == 1 {
            *samples.first_mut()? = u32::try_from(reader.read(self.bits)?).ok()?;
        }
        Some(())
    }

    /// Upper parts of all samples in unary, then the lower bits of all.
    fn decode_split(&self, reader: &mut BitReader<'_>, block: &mut [u32], low: u32) -> Option<()> {
        let most = u64::from(self.max().checked_shr(low)?);
        for sample in block.iter_mut() {
            let high = reader.zeros().filter(|high| *high <= most)?;
            *sample = (high as u32) << low;
        }
        match low {
            0 => {}
            // Four at once, where they fit what is read at once.
            1..=8 => {
                let (fours, rest) = block.as_chunks_mut::<4>();
                for four in fours {
                    let bits = reader.read(4 * low)? as u32;
                    for (sample, place) in four.iter_mut().zip([3, 2, 1, 0]) {
                        *sample |= bits >> (place * low) & ((1 << low) - 1);
                    }
                }
                for sample in rest {
                    *sample |= reader.read(low)? as u32;
                }
            }
            _ => {
                for sample in block {
                    *sample |= reader.read(low)? as u32;
                }
            }
        }
        Some(())
    }

    /// Pairs of samples as one code each: of a sum's triangle number plus the second sample.
    fn decode_pairs(
        &self,
        reader: &mut BitReader<'_>,
        block: &mut [u32],
        first: usize,
    ) -> Option<()> {
        for (index, pair) in block.chunks_exact_mut(2).enumerate() {
            let code = u32::try_from(reader.zeros()?).ok().filter(|code| *code < 1 << 16)?;
            let mut sum = ((8 * code + 1).isqrt() - 1) / 2;
            if sum * (sum + 1) / 2 > code {
                sum -= 1;
            }
            let second = code - sum * (sum + 1) / 2;
            if second.max(sum - second) > self.max() {
                return None;
            }
            // The reference sample stands in the place of the first.
            if first == 0 || index > 0 {
                pair[0] = sum - second;
            }
            pair[1] = second;
        }
        Some(())
    }

    /// Blocks of a run of zero blocks whose code is `code` and that begins at sample `done`.
    fn zero_run(&self, code: u64, done: usize) -> Option<usize> {
        let at = done / self.block;
        let left = self.interval() - at;
        match usize::try_from(code).ok()? {
            4 => Some(left.min(SEGMENT - at % SEGMENT)),
            short @ ..4 => Some(short + 1),
            long => Some(long),
        }
        .filter(|run| *run <= left)
    }

    /// Turns mapped differences to the sample before into samples; the first is one already.
    fn undo_prediction(&self, samples: &mut [u32]) {
        let max = self.max();
        let Some((first, rest)) = samples.split_first_mut() else { return };
        let mut last = *first;
        for sample in rest {
            let mapped = *sample;
            // Folds the upper half of the range on the lower one.
            let fold = if last > max / 2 { max } else { 0 };
            let half = (mapped >> 1) + (mapped & 1);
            last = if half <= fold ^ last {
                let difference = (mapped >> 1) ^ (mapped & 1).wrapping_neg();
                last.wrapping_add(difference)
            } else {
                fold ^ mapped
            };
            *sample = last;
        }
    }

    fn store(&self, samples: &[u32], line: &mut [u8]) {
        match self.bytes {
            1 => {
                for (sample, byte) in samples.iter().zip(line) {
                    *byte = *sample as u8;
                }
            }
            2 => {
                for (sample, bytes) in samples.iter().zip(line.as_chunks_mut().0) {
                    let sample = *sample as u16;
                    *bytes =
                        if self.big_endian { sample.to_be_bytes() } else { sample.to_le_bytes() };
                }
            }
            _ => {
                for (sample, bytes) in samples.iter().zip(line.as_chunks_mut().0) {
                    *bytes =
                        if self.big_endian { sample.to_be_bytes() } else { sample.to_le_bytes() };
                }
            }
        }
    }
}
