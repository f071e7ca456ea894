//! Streams of LZO1X, read.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "hot loops; every step is checked against both lengths before it is made"
)]

use super::super::copies;
use super::super::corrupt;
use super::{BEYOND_M2, FAR, MANY, NAME};
use crate::error::{Error, Result};

/// Decodes the stream at the front of `input` to that of `output`; gives where both end.
pub(super) fn decompress(input: &[u8], output: &mut [u8]) -> Result<(usize, usize)> {
    let mut stream = Stream { input, from: 0, to: 0 };
    // Literals since the last reference, at most 4 of them.
    let mut before = 0;
    if let Some(first @ 18..) = input.first() {
        let len = usize::from(first - 17);
        stream.from = 1;
        stream.literals(output, len)?;
        before = len.min(MANY);
    }
    loop {
        let code = usize::from(stream.byte()?);
        let (distance, len, literals) = match code {
            64.. => {
                let high = usize::from(stream.byte()?);
                ((high << 3 | code >> 2 & 7) + 1, (code >> 5) + 1, code & 3)
            }
            32.. => {
                let len = stream.length(code & 31, 31)? + 2;
                let (low, literals) = stream.distance()?;
                (low + 1, len, literals)
            }
            16.. => {
                let len = stream.length(code & 7, 7)? + 2;
                let (low, literals) = stream.distance()?;
                let distance = (code & 8) << 11 | low;
                if distance == 0 {
                    return Ok((stream.from, stream.to));
                }
                (distance + FAR, len, literals)
            }
            _ if before == 0 => {
                let len = stream.length(code, 15)? + 3;
                stream.literals(output, len)?;
                before = MANY;
                continue;
            }
            _ => {
                let low = usize::from(stream.byte()?) << 2 | code >> 2;
                if before == MANY {
                    (low + 1 + BEYOND_M2, 3, code & 3)
                } else {
                    (low + 1, 2, code & 3)
                }
            }
        };
        if !copies::back(output, stream.to, distance, len) {
            return Err(if distance > stream.to { before_the_start() } else { overflow() });
        }
        stream.to += len;
        if literals > 0 {
            stream.literals(output, literals)?;
        }
        before = literals;
    }
}

/// A stream, and how much of it and of what it decodes to is done.
struct Stream<'a> {
    input: &'a [u8],
    from: usize,
    to: usize,
}

impl Stream<'_> {
    #[inline(always)]
    fn byte(&mut self) -> Result<u8> {
        let byte = self.input.get(self.from).ok_or_else(cut_short)?;
        self.from += 1;
        Ok(*byte)
    }

    /// A length: some bits of the code or, where they are 0, `most` and what the next bytes add.
    #[inline(always)]
    fn length(&mut self, bits: usize, most: usize) -> Result<usize> {
        if bits > 0 {
            return Ok(bits);
        }
        let mut len = most;
        loop {
            match self.byte()? {
                0 => len += 255,
                last => return Ok(len + usize::from(last)),
            }
        }
    }

    /// 14 bits of a distance, and how many literals follow.
    #[inline(always)]
    fn distance(&mut self) -> Result<(usize, usize)> {
        let bytes = self.input.get(self.from..).and_then(<[u8]>::first_chunk);
        let word = usize::from(u16::from_le_bytes(*bytes.ok_or_else(cut_short)?));
        self.from += 2;
        Ok((word >> 2, word & 3))
    }

    #[inline(always)]
    fn literals(&mut self, output: &mut [u8], len: usize) -> Result<()> {
        let source = self.input.get(self.from..).unwrap_or_default();
        let target = output.get_mut(self.to..).unwrap_or_default();
        if !copies::run(source, target, len) {
            return Err(if len > source.len() { cut_short() } else { overflow() });
        }
        self.from += len;
        self.to += len;
        Ok(())
    }
}

#[cold]
fn cut_short() -> Error {
    corrupt(NAME, "stream is cut short")
}

#[cold]
fn before_the_start() -> Error {
    corrupt(NAME, "reference to before the first byte")
}

#[cold]
fn overflow() -> Error {
    corrupt(NAME, "decodes to more than the chunk holds")
}
