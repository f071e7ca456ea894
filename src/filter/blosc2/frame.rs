//! A contiguous frame of Blosc 2: a header, chunks, the chunk of their places, a trailer. Header and
//! trailer are MessagePack, with every value at a place of its own; numbers have the high byte first.
//!
//! | byte of the header | |
//! |---|---|
//! | 2 | `b2frame`, a zero |
//! | 11 | i32: bytes of the header |
//! | 16 | u64: bytes of the frame |
//! | 25 | version 2 and 64-bit places; type of frame; codec and level; how blocks are divided |
//! | 30, 39 | i64: bytes decoded and of the chunks |
//! | 48, 53, 58 | i32: bytes of an element, of a block and of a chunk decoded |
//! | 63, 66 | i16: threads |
//! | 71 | filters, codec, and what they are to know, 16 bytes in all |
//! | 87 | names and places of what else is known, then that |
//!
//! Places of chunks count from the end of the header. A place with the highest bit set is no
//! place: its highest byte says what all elements are.

use super::super::blosc::chunk::{Chunk, LONG};
use super::super::blosc::stages::Scratch;
use super::super::corrupt;
use super::NAME;
use crate::error::{Error, Result};

/// Bytes of a header without what else is known.
const FIXED: usize = 87;
const MAGIC: &[u8; 11] = b"\x9e\xa8b2frame\0\xd2";
/// A trailer that says nothing.
const TRAILER: &[u8; 35] =
    b"\x94\x01\x93\xcd\0\x06\xde\0\0\xdc\0\0\xce\0\0\0\x23\xd8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What the only chunk of a frame is.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Chunk(Chunk<'a>),
    Zeros,
    /// NaN of an element's size.
    Nan,
}

/// A frame, its header understood.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    header: &'a [u8],
    pub(super) content: Content<'a>,
    /// Bytes of an element.
    pub(super) element: usize,
    /// Bytes decoded.
    pub(super) len: usize,
}

impl<'a> Frame<'a> {
    /// Understands a frame.
    pub(super) fn parse(bytes: &'a [u8], scratch: &mut Scratch) -> Result<Self> {
        if !bytes.starts_with(MAGIC) {
            return Err(corrupt(NAME, "chunk is no frame"));
        }
        let header_len = size(bytes, 11, 4)?;
        let header = bytes.get(..header_len).filter(|header| header.len() >= FIXED);
        let header = header.ok_or_else(cut_short)?;
        let bytes = bytes.get(..size(header, 16, 8)?).ok_or_else(cut_short)?;
        match header.get(25..27) {
            Some([flags, 0]) if matches!(flags & 15, 1..=2) && flags >> 4 == 1 => {}
            other => return Err(Error::unsupported(format!("Blosc2 frames of kind {other:?}"))),
        }
        let (len, chunks) = (size(header, 30, 8)?, size(header, 39, 8)?);
        let end = header_len.checked_add(chunks).ok_or_else(cut_short)?;
        let places = Chunk::parse(bytes.get(end..).ok_or_else(cut_short)?)?;
        if places.len != 8 {
            return Err(Error::unsupported("Blosc2 frames of several chunks"));
        }
        let mut place = [0; 8];
        places.decode(&mut place, scratch)?;
        let content = match (place, usize::try_from(i64::from_le_bytes(place))) {
            (_, Ok(place)) => {
                let chunk = bytes.get(header_len..end).and_then(|bytes| bytes.get(place..));
                let chunk = Chunk::parse(chunk.ok_or_else(cut_short)?)?;
                if chunk.len != len {
                    return Err(corrupt(NAME, "frame and chunk are of different lengths"));
                }
                Content::Chunk(chunk)
            }
            ([.., 0x81 | 0x84], _) => Content::Zeros,
            ([.., 0x82], _) => Content::Nan,
            _ => return Err(corrupt(NAME, "a special value that is not known")),
        };
        Ok(Self { header, content, element: size(header, 48, 4)?, len })
    }

    /// What else is known by one of these names.
    pub(super) fn layer(&self, names: [&[u8]; 2]) -> Result<Option<&'a [u8]>> {
        let mut rest = self.header.get(FIXED..).unwrap_or_default();
        let [0x93, 0xcd, _, _, 0xde, high, low] = *take(&mut rest)? else {
            return Err(corrupt(NAME, "frame's list of what else is known makes no sense"));
        };
        for _ in 0..u16::from_be_bytes([high, low]) {
            let [len] = *take::<1>(&mut rest)?;
            let (name, after) =
                rest.split_at_checked(usize::from(len & 31)).ok_or_else(cut_short)?;
            rest = after;
            let [_, place @ ..] = *take::<5>(&mut rest)?;
            if names.contains(&name) {
                let place = usize::try_from(u32::from_be_bytes(place)).unwrap_or(usize::MAX);
                let mut content = self.header.get(place..).ok_or_else(cut_short)?;
                let [_, len @ ..] = *take::<5>(&mut content)?;
                let len = usize::try_from(u32::from_be_bytes(len)).unwrap_or(usize::MAX);
                return content.get(..len).map(Some).ok_or_else(cut_short);
            }
        }
        Ok(None)
    }
}

/// The next bytes.
pub(super) fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Result<&'a [u8; N]> {
    let (first, rest) = bytes.split_first_chunk().ok_or_else(cut_short)?;
    *bytes = rest;
    Ok(first)
}

/// The number of `width` bytes at a place of the header.
fn size(bytes: &[u8], at: usize, width: usize) -> Result<usize> {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.get(..width)).ok_or_else(cut_short)?;
    let number = bytes
        .iter()
        .try_fold(0, |number: usize, byte| Some(number.checked_mul(256)? | usize::from(*byte)));
    number.ok_or_else(|| corrupt(NAME, "a size in the frame's header is too large"))
}

/// What the header of a new frame says.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) codec: u8,
    pub(super) level: u8,
    pub(super) filter: u8,
    pub(super) element: usize,
    pub(super) block: usize,
    pub(super) len: usize,
    /// Name and content of what else is known.
    pub(super) layer: Option<(&'a [u8], &'a [u8])>,
}

/// Appends the header of a frame, which says of lengths no more than its own, to `output`.
pub(super) fn start(facts: &Facts<'_>, output: &mut Vec<u8>) {
    let from = output.len();
    output.extend_from_slice(MAGIC);
    output.extend_from_slice(&[0; 4]);
    output.push(0xcf);
    output.extend_from_slice(&[0; 8]);
    let codec = facts.codec | facts.level << 4;
    output.extend_from_slice(&[0xa4, 0x12, 0, codec, 3]);
    for number in [facts.len, 0] {
        output.push(0xd3);
        output.extend_from_slice(&u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes());
    }
    for number in [facts.element, facts.block, facts.len] {
        output.push(0xd2);
        output.extend_from_slice(&short(number));
    }
    output.extend_from_slice(&[0xd1, 0, 0, 0xd1, 0, 1, 0xc2, 0xd8, 6]);
    output.extend_from_slice(&[0, 0, 0, 0, 0, facts.filter, facts.codec]);
    output.extend_from_slice(&[0; 9]);
    let names = facts.layer.map_or(0, |(name, _)| name.len().saturating_add(6));
    let [_, _, high, low] = short(names.saturating_add(7));
    let count = u8::from(facts.layer.is_some());
    output.extend_from_slice(&[0x93, 0xcd, high, low, 0xde, 0, count]);
    if let Some((name, content)) = facts.layer {
        output.push(u8::try_from(name.len()).unwrap_or(0) | 0xa0);
        output.extend_from_slice(name);
        output.push(0xd2);
        let behind = output.len().saturating_sub(from).saturating_add(7);
        output.extend_from_slice(&short(behind));
        output.extend_from_slice(&[0xdc, 0, 1, 0xc6]);
        output.extend_from_slice(&short(content.len()));
        output.extend_from_slice(content);
    } else {
        output.extend_from_slice(&[0xdc, 0, 0]);
    }
    let len = short(output.len().saturating_sub(from));
    put(output, from.saturating_add(11), &len);
}

/// Appends the places of chunks and the trailer to a frame that begins at `from` of `output` and
/// has a header of `header` bytes. Where there are only zeros, there is no chunk.
pub(super) fn finish(output: &mut Vec<u8>, from: usize, header: usize, only_zeros: bool) {
    let long = |number: usize| u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes();
    let chunks = output.len().saturating_sub(from).saturating_sub(header);
    put(output, from.saturating_add(39), &long(chunks));
    let mut places = [0; LONG + 8];
    let numbers = [5, 1, 7, 8, 8, 0, 0, 0, 8, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    for (to, from) in places.iter_mut().zip(numbers) {
        *to = from;
    }
    if only_zeros && let Some(highest) = places.last_mut() {
        *highest = 0x81;
    }
    output.extend_from_slice(&places);
    output.extend_from_slice(TRAILER);
    let len = long(output.len().saturating_sub(from));
    put(output, from.saturating_add(16), &len);
}

fn short(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

fn put(output: &mut [u8], at: usize, bytes: &[u8]) {
    for (to, from) in output.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

#[cold]
fn cut_short() -> Error {
    corrupt(NAME, "frame ends early")
}
