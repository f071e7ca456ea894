//! A chunk of Blosc: a header, where each block starts, and the blocks.
//!
//! | byte | chunks of Blosc 1 and 2 | byte | only those of Blosc 2, where bits 0 and 2 of byte 2 are set |
//! |---|---|---|---|
//! | 0 | version: 2 is Blosc 1, 3 to 5 Blosc 2 | 16 | six filters, in the order they were applied |
//! | 1 | version of the codec | 22 | the codec, once more |
//! | 2 | bits 0 shuffled, 1 stored, 2 bit-shuffled, 3 delta, 4 blocks are whole, 5 to 7 the codec | 23 | for the codec |
//! | 3 | bytes of an element | 24 | a byte for each filter |
//! | 4 | bytes decoded | 30 | bit 0: blocks of any length |
//! | 8 | bytes of a block decoded | 31 | bits 0 dictionary, 3 lazy, 4 to 6 which special value all elements have |
//! | 12 | bytes of the chunk | | |
//!
//! A block that is not whole is as many streams as an element has bytes. Before each stream stands
//! its length: that of what it decodes to where it is stored; in Blosc 2, 0 where it decodes to
//! zeros, and less where it decodes to another byte.

use super::super::corrupt;
use super::codec::Codec;
use super::stages::{Scratch, Stages};
use crate::error::{Error, Result};

pub(in super::super) const NAME: &str = "Blosc";

/// Bytes of a header, and of the longer one.
pub(in super::super) const SHORT: usize = 16;
pub(in super::super) const LONG: usize = 32;
/// Bits of the flags.
pub(in super::super) const SHUFFLED: u8 = 1;
pub(in super::super) const STORED: u8 = 2;
pub(in super::super) const BIT_SHUFFLED: u8 = 4;
const DELTA: u8 = 8;
pub(in super::super) const WHOLE: u8 = 16;
/// Streams a block of Blosc 1 is divided in at most, and bytes they have at least.
pub(in super::super) const MAX_STREAMS: usize = 16;
pub(in super::super) const MIN_STREAM: usize = 128;

/// What a chunk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content<'a> {
    /// The elements.
    Stored(&'a [u8]),
    /// All elements are this, or zero where it has no bytes.
    Repeated(&'a [u8]),
    /// Blocks.
    Encoded(Codec),
}

/// A chunk, its header understood.
#[derive(Debug)]
pub(in super::super) struct Chunk<'a> {
    /// All of its bytes.
    bytes: &'a [u8],
    header: usize,
    content: Content<'a>,
    /// Bytes of an element, of all elements and of a block, at most as many as of all elements.
    pub(in super::super) element: usize,
    pub(in super::super) len: usize,
    pub(in super::super) block: usize,
    /// Whether blocks are several streams.
    divided: bool,
    stages: Stages,
}

impl<'a> Chunk<'a> {
    /// Understands the chunk at the front of `bytes`.
    pub(in super::super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let short: &[u8; SHORT] = bytes.first_chunk().ok_or_else(cut_short)?;
        let [version, codec_version, flags, element, numbers @ ..] = *short;
        let (numbers, _) = numbers.as_chunks();
        let number = |index: usize| {
            let number = numbers.get(index).map_or(0, |bytes| i32::from_le_bytes(*bytes));
            usize::try_from(number).map_err(|_| corrupt(NAME, "a size is negative"))
        };
        let (len, block, whole) = (number(0)?, number(1)?, number(2)?);
        let long = version > 2 && flags & (SHUFFLED | BIT_SHUFFLED) == SHUFFLED | BIT_SHUFFLED;
        let header = if long { LONG } else { SHORT };
        let bytes = bytes.get(..whole).ok_or_else(cut_short)?;
        if version > 5 {
            return Err(Error::unsupported(format!("Blosc chunks of version {version}")));
        }
        if element == 0 || (block == 0 && len > 0) {
            return Err(corrupt(NAME, "elements or blocks of no bytes"));
        }
        let body = bytes.get(header..).ok_or_else(cut_short)?;
        let element = usize::from(element);
        let mut chunk = Self {
            bytes,
            header,
            content: Content::Stored(body),
            element,
            len,
            block: block.min(len),
            divided: flags & WHOLE == 0,
            stages: Stages::of_flags(
                version,
                element,
                flags & SHUFFLED,
                flags & BIT_SHUFFLED,
                flags & DELTA,
            ),
        };
        let mut special = 0;
        if let Some(rest) = bytes.get(SHORT..LONG).filter(|_| long) {
            special = chunk.extend(version, rest)?;
        } else if version <= 2 && flags & DELTA != 0 {
            return Err(corrupt(NAME, "a flag is set that has no meaning"));
        } else {
            chunk.divided &= version > 2 || (block <= len && divides(element, block));
        }
        chunk.content = match special {
            0 if flags & STORED != 0 => {
                if body.len() != len {
                    return Err(corrupt(NAME, "not as many bytes are stored as there are"));
                }
                Content::Stored(body)
            }
            0 => Content::Encoded(Codec::of_format(flags >> 5, codec_version)?),
            // Zeros, and what was never written.
            1 | 4 => Content::Repeated(&[]),
            2 => Content::Repeated(match element {
                4 => &[0, 0, 0xC0, 0x7F],
                8 => &[0, 0, 0, 0, 0, 0, 0xF8, 0x7F],
                _ => return Err(corrupt(NAME, "NaN of no floating-point type")),
            }),
            3 if !body.is_empty() => Content::Repeated(body),
            _ => return Err(corrupt(NAME, "a special value that is not known")),
        };
        Ok(chunk)
    }

    /// Understands the rest of a longer header; gives which special value it is.
    fn extend(&mut self, version: u8, rest: &[u8]) -> Result<u8> {
        let &[a, b, c, d, e, f, _, _, u, v, w, x, y, z, more, flags] = rest else {
            return Err(cut_short());
        };
        let refused = |what: &str| Err(Error::unsupported(format!("Blosc chunks with {what}")));
        if more != 0 {
            return refused("blocks of any length");
        }
        if flags & 1 != 0 {
            return refused("a dictionary");
        }
        if flags & 8 != 0 {
            return Err(corrupt(NAME, "the chunk's blocks are elsewhere"));
        }
        let filters = [(a, u), (b, v), (c, w), (d, x), (e, y), (f, z)];
        // The first versions left what is behind the fifth as it was.
        let known = if version == 3 { filters.get(..5) } else { filters.get(..) };
        self.stages = Stages::new(version, self.element, known.unwrap_or_default())?;
        Ok(flags >> 4 & 7)
    }

    /// How many blocks there are.
    #[cfg(feature = "blosc2")]
    pub(in super::super) fn blocks(&self) -> usize {
        if self.block == 0 { 0 } else { self.len.div_ceil(self.block) }
    }

    /// Decodes all of the chunk to `output`, which has to have as many bytes.
    pub(in super::super) fn decode(&self, output: &mut [u8], scratch: &mut Scratch) -> Result<()> {
        for (index, block) in output.chunks_mut(self.block.max(1)).enumerate() {
            self.decode_block(index, block, scratch)?;
        }
        Ok(())
    }

    /// Decodes a block to `output`, which has to have as many bytes. Blocks have to be decoded in
    /// their order, for some refer to the first one.
    pub(in super::super) fn decode_block(
        &self,
        index: usize,
        output: &mut [u8],
        scratch: &mut Scratch,
    ) -> Result<()> {
        match self.content {
            Content::Stored(bytes) => {
                let start = index.saturating_mul(self.block);
                let source = bytes.get(start..).and_then(|bytes| bytes.get(..output.len()));
                output.copy_from_slice(source.ok_or_else(cut_short)?);
            }
            Content::Repeated([]) => output.fill(0),
            Content::Repeated(element) => {
                // Blocks need not begin with an element.
                let start = index.saturating_mul(self.block).checked_rem(element.len());
                let bytes = element.iter().cycle().skip(start.unwrap_or(0));
                for (to, from) in output.iter_mut().zip(bytes) {
                    *to = *from;
                }
            }
            Content::Encoded(codec) => {
                let mut streams = self.streams(index)?;
                let stages = &self.stages;
                stages.undo(output, index == 0, scratch, |target| {
                    self.decode_streams(codec, &mut streams, target)
                })?;
            }
        }
        Ok(())
    }

    /// The bytes from where a block starts.
    fn streams(&self, index: usize) -> Result<&'a [u8]> {
        let place = index.checked_mul(4).and_then(|at| at.checked_add(self.header));
        let start = place.and_then(|at| self.bytes.get(at..)).and_then(<[u8]>::first_chunk);
        let start = u32::from_le_bytes(*start.ok_or_else(cut_short)?);
        let start = usize::try_from(start).ok().filter(|start| *start >= self.header);
        start.and_then(|start| self.bytes.get(start..)).ok_or_else(cut_short)
    }

    /// Decodes the streams of a block.
    fn decode_streams(&self, codec: Codec, input: &mut &[u8], output: &mut [u8]) -> Result<()> {
        let divided = self.divided && output.len() == self.block;
        let count = if divided { self.element } else { 1 };
        let len = output.len().checked_div(count).filter(|len| *len > 0);
        let len = len.ok_or_else(|| corrupt(NAME, "a block is smaller than an element"))?;
        if !output.len().is_multiple_of(count) {
            return Err(corrupt(NAME, "a block does not end where an element does"));
        }
        for stream in output.chunks_exact_mut(len) {
            let (stored, rest) = input.split_first_chunk().ok_or_else(cut_short)?;
            *input = rest;
            let stored = i32::from_le_bytes(*stored);
            let Ok(stored) = usize::try_from(stored) else {
                let byte = repeated_byte(stored, input).filter(|_| self.header == LONG);
                stream.fill(byte.ok_or_else(|| corrupt(NAME, "the length of a stream is wrong"))?);
                continue;
            };
            if stored == 0 && self.header == LONG {
                stream.fill(0);
                continue;
            }
            let bytes = input.get(..stored).ok_or_else(cut_short)?;
            *input = input.get(stored..).unwrap_or_default();
            if stored == stream.len() {
                stream.copy_from_slice(bytes);
            } else {
                codec.decode(bytes, stream)?;
            }
        }
        Ok(())
    }
}

/// The byte that a stream of negative length consists of.
fn repeated_byte(len: i32, input: &mut &[u8]) -> Option<u8> {
    let (token, rest) = input.split_first()?;
    *input = rest;
    u8::try_from(len.checked_neg()?).ok().filter(|_| token & 1 != 0)
}

/// Whether Blosc 1 divides blocks in streams, where it divides any.
pub(in super::super) fn divides(element: usize, block: usize) -> bool {
    element <= MAX_STREAMS && block.checked_div(element).is_some_and(|len| len >= MIN_STREAM)
}

#[cold]
fn cut_short() -> Error {
    corrupt(NAME, "chunk ends early")
}
