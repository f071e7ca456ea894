//! Chunks of Blosc, made.

use super::chunk::{BIT_SHUFFLED, LONG, SHORT, SHUFFLED, STORED, WHOLE};
use super::codec::Codec;
use super::stages::{Scratch, Stages};

/// How a chunk is made.
#[derive(Debug)]
pub(in super::super) struct Plan {
    pub(in super::super) codec: Codec,
    /// 0 to 9.
    pub(in super::super) level: u32,
    /// Bytes of an element, 1 to 255, and of a block, not 0.
    pub(in super::super) element: u8,
    pub(in super::super) block: usize,
    /// Whether blocks are several streams.
    pub(in super::super) divided: bool,
    /// The filter: 0 none, 1 shuffle, 2 bit shuffle, 3 delta.
    pub(in super::super) filter: u8,
    pub(in super::super) stages: Stages,
    /// Whether it is of Blosc 2.
    pub(in super::super) long: bool,
    /// Fewest bytes that are encoded.
    pub(in super::super) smallest: usize,
}

/// What came of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Made {
    /// The chunk.
    Chunk,
    /// Nothing, for it would not be shorter than what it is made of.
    TooLong,
    /// A chunk of Blosc 2 that says no more than that all bytes are zero.
    Zeros,
}

impl Plan {
    /// Appends the chunk that `input` makes to `output`; where it has more bytes than `most`, it is
    /// stored or, if that is more too, not made.
    pub(in super::super) fn encode(
        &self,
        input: &[u8],
        output: &mut Vec<u8>,
        most: usize,
        scratch: &mut Scratch,
    ) -> Made {
        let start = output.len();
        let header = if self.long { LONG } else { SHORT };
        if self.level > 0 && input.len() >= self.smallest {
            output.resize(start.saturating_add(header), 0);
            if let Some(made) = self.encode_blocks(input, output, start, most, scratch) {
                self.put_header(input.len(), output, start, made);
                return made;
            }
        }
        output.truncate(start);
        if input.len().saturating_add(header) > most {
            return Made::TooLong;
        }
        output.resize(start.saturating_add(header), 0);
        output.extend_from_slice(input);
        self.put_header(input.len(), output, start, Made::TooLong);
        Made::Chunk
    }

    /// Appends where blocks start, and the blocks; `None` where all of that is too long.
    fn encode_blocks(
        &self,
        input: &[u8],
        output: &mut Vec<u8>,
        start: usize,
        most: usize,
        scratch: &mut Scratch,
    ) -> Option<Made> {
        let starts = output.len();
        let count = input.len().div_ceil(self.block);
        output.resize(starts.checked_add(count.checked_mul(4)?)?, 0);
        let end = start.checked_add(most)?;
        let (first, mut zeros) = (input.get(..self.block).unwrap_or(input), self.long);
        for (index, block) in input.chunks(self.block).enumerate() {
            let at = u32::try_from(output.len().checked_sub(start)?).ok()?;
            let place = output.get_mut(starts.checked_add(index.checked_mul(4)?)?..)?;
            *place.first_chunk_mut()? = at.to_le_bytes();
            let filtered = self.stages.apply(block, (index > 0).then_some(first), scratch);
            zeros &= self.encode_streams(filtered, output, end)?;
        }
        Some(if zeros { Made::Zeros } else { Made::Chunk })
    }

    /// Appends the streams of a block; gives whether there was nothing but zeros, `None` where they
    /// end behind `end`.
    fn encode_streams(&self, block: &[u8], output: &mut Vec<u8>, end: usize) -> Option<bool> {
        let divided = self.divided && block.len() == self.block;
        let count = if divided { usize::from(self.element) } else { 1 };
        let mut zeros = true;
        for stream in block.chunks_exact(block.len().checked_div(count)?.max(1)) {
            let start = output.len();
            output.extend_from_slice(&[0; 4]);
            if self.long
                && let Some(byte) = only_byte(stream)
            {
                zeros &= byte == 0;
                let length = output.get_mut(start..)?.first_chunk_mut()?;
                *length = i32::from(byte).checked_neg()?.to_le_bytes();
                if byte > 0 {
                    output.push(1);
                }
                if output.len() > end {
                    return None;
                }
                continue;
            }
            zeros = false;
            let from = output.len();
            if !self.codec.encode(self.level, stream, output, stream.len()) {
                output.truncate(from);
                output.extend_from_slice(stream);
            }
            if output.len() > end {
                return None;
            }
            let len = u32::try_from(output.len().checked_sub(from)?).ok()?;
            *output.get_mut(start..)?.first_chunk_mut()? = len.to_le_bytes();
        }
        Some(zeros)
    }

    /// Puts the header to where it belongs. What is too long for blocks is stored.
    fn put_header(&self, len: usize, output: &mut Vec<u8>, start: usize, made: Made) {
        let header = if self.long { LONG } else { SHORT };
        if made == Made::Zeros {
            output.truncate(start.saturating_add(header));
        }
        let mut flags = match self.filter {
            _ if self.long => SHUFFLED | BIT_SHUFFLED,
            1 => SHUFFLED,
            2 => BIT_SHUFFLED,
            _ => 0,
        };
        if made == Made::TooLong {
            flags |= STORED;
        } else {
            // The flag of a filter is set once more.
            flags |= if self.filter == 3 { 8 } else { 0 };
        }
        if !self.long || made != Made::TooLong {
            flags |= self.codec.format() << 5 | if self.divided { 0 } else { WHOLE };
        }
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        let whole = output.len().saturating_sub(start);
        let mut bytes = [0; LONG];
        let version = if self.long { 5 } else { 2 };
        let short = [
            &[version, 1, flags, self.element][..],
            &number(len),
            &number(self.block),
            &number(whole),
        ];
        // Of six filters, the last one is used.
        let special = if made == Made::Zeros { 1 << 4 } else { 0 };
        let long = [0, 0, 0, 0, 0, self.filter, self.codec.code(), 0, 0, 0, 0, 0, 0, 0, 0, special];
        let all = short.into_iter().flatten().chain(&long);
        for (to, from) in bytes.iter_mut().zip(all) {
            *to = *from;
        }
        for (to, from) in output.iter_mut().skip(start).zip(bytes.iter().take(header)) {
            *to = *from;
        }
    }
}

/// The byte that a stream consists of.
fn only_byte(stream: &[u8]) -> Option<u8> {
    let (first, rest) = stream.split_first()?;
    rest.iter().all(|byte| byte == first).then_some(*first)
}
