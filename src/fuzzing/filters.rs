//! Targets of the filters and of the pipeline.

use std::borrow::Cow;

use super::Input;
use crate::filter::{Registry, pipeline};
use crate::format::message::FilterDescription;

const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
const SZIP: u16 = 4;
const NBIT: u16 = 5;
const SCALEOFFSET: u16 = 6;
const LZF: u16 = 32_000;
const LZ4: u16 = 32_004;
const LZO: u16 = 305;
const BZIP2: u16 = 307;
const BITSHUFFLE: u16 = 32_008;
const BLOSC: u16 = 32_001;
const ZFP: u16 = 32_013;
const JPEG: u16 = 32_019;
const ZSTD: u16 = 32_015;
const VBZ: u16 = 32_020;
const BLOSC2: u16 = 32_026;

/// Level (1 byte), limit (2), bytes.
pub fn filter_deflate(input: &[u8]) {
    let mut input = Input::new(input);
    let (level, limit) = (input.byte() % 10, input.short());
    decode(DEFLATE, &[level.into()], input.rest(), limit);
    round_trip(DEFLATE, &[level.into()], input.rest());
}

/// What `stream` is decoded to, where that is at most `limit` bytes.
pub fn inflate(stream: &[u8], limit: u16) -> Option<Vec<u8>> {
    decode(DEFLATE, &[], stream, limit)
}

/// Element size (1 byte), limit (2), bytes.
pub fn filter_shuffle(input: &[u8]) {
    let mut input = Input::new(input);
    let (size, limit) = (input.byte(), input.short());
    decode(SHUFFLE, &[size.into()], input.rest(), limit);
    round_trip(SHUFFLE, &[size.into()], input.rest());
}

/// Limit (2 bytes), bytes.
pub fn filter_fletcher32(input: &[u8]) {
    let mut input = Input::new(input);
    let limit = input.short();
    decode(FLETCHER32, &[], input.rest(), limit);
    round_trip(FLETCHER32, &[], input.rest());
}

/// Limit (2 bytes), bytes.
pub fn filter_lzf(input: &[u8]) {
    let mut input = Input::new(input);
    let limit = input.short();
    decode(LZF, &[], input.rest(), limit);
    round_trip(LZF, &[], input.rest());
}

/// Bytes of a block, limit (2 each), bytes.
pub fn filter_lz4(input: &[u8]) {
    let mut input = Input::new(input);
    let (block, limit) = (input.short(), input.short());
    decode(LZ4, &[block.into()], input.rest(), limit);
    round_trip(LZ4, &[block.into()], input.rest());
}

/// Limit (2 bytes), bytes.
pub fn filter_lzo(input: &[u8]) {
    let mut input = Input::new(input);
    let limit = input.short();
    decode(LZO, &[], input.rest(), limit);
    round_trip(LZO, &[], input.rest());
}

/// Bytes of an element, level, shuffle, codec (1 byte each), limit (2), bytes.
pub fn filter_blosc(input: &[u8]) {
    let mut input = Input::new(input);
    let [element, level, shuffle, codec] = blosc(&mut input);
    let client_data = [2, 2, element, 0, level, shuffle % 3, codec];
    let limit = input.short();
    decode(BLOSC, &client_data, input.rest(), limit);
    round_trip(BLOSC, &client_data, input.rest());
}

/// Bytes of an element, level, shuffle, codec, rows, columns (1 byte each), limit (2), bytes.
pub fn filter_blosc2(input: &[u8]) {
    let mut input = Input::new(input);
    let [element, level, shuffle, codec] = blosc(&mut input);
    let shape = [input.byte().into(), input.byte().into()];
    let client_data = [1, 0, element, 0, level, shuffle, codec, 2, shape[0], shape[1]];
    let limit = input.short();
    decode(BLOSC2, &client_data, input.rest(), limit);
    round_trip(BLOSC2, &client_data, input.rest());
}

fn blosc(input: &mut Input<'_>) -> [u32; 4] {
    // The highest levels take too long.
    let [element, level, shuffle, codec] = std::array::from_fn(|_| u32::from(input.byte()));
    [element, level % 7, shuffle % 4, codec % 6]
}

/// Four words of a header behind its magic (4 bytes each), limit (2), bytes.
pub fn filter_zfp(input: &[u8]) {
    let mut input = Input::new(input);
    let mut client_data = vec![0, u32::from_le_bytes(*b"zfp\x05")];
    client_data.extend((0..4).map(|_| u32::from(input.short()) | u32::from(input.short()) << 16));
    let limit = input.short();
    decode(ZFP, &client_data, input.rest(), limit);
    // What comes back is not the same.
    if let Some(stored) = encode(ZFP, &client_data, input.rest()) {
        assert!(decode(ZFP, &client_data, &stored, short_len(input.rest())).is_some());
    }
}

/// Quality, columns, rows, color (1 byte each), limit (2), bytes.
pub fn filter_jpeg(input: &[u8]) {
    let mut input = Input::new(input);
    let client_data = [(); 4].map(|()| u32::from(input.byte()));
    let limit = input.short();
    decode(JPEG, &client_data, input.rest(), limit);
    // What comes back is not the same.
    if let Some(stored) = encode(JPEG, &client_data, input.rest()) {
        assert!(decode(JPEG, &client_data, &stored, short_len(input.rest())).is_some());
    }
}

/// Level (2 bytes, signed), limit (2), bytes.
pub fn filter_zstd(input: &[u8]) {
    let mut input = Input::new(input);
    let (level, limit) = (input.short().cast_signed() % 20, input.short());
    let level = [i32::from(level).cast_unsigned()];
    decode(ZSTD, &level, input.rest(), limit);
    round_trip(ZSTD, &level, input.rest());
}

/// Block size (1 byte), limit (2), bytes.
pub fn filter_bzip2(input: &[u8]) {
    let mut input = Input::new(input);
    let (block, limit) = (input.byte() % 10, input.short());
    decode(BZIP2, &[block.into()], input.rest(), limit);
    round_trip(BZIP2, &[block.into()], input.rest());
}

/// Bytes of an element (1 byte), elements of a block (2), mode (1), limit (2), bytes.
pub fn filter_bitshuffle(input: &[u8]) {
    let mut input = Input::new(input);
    let (element, block) = (input.byte().into(), input.short().into());
    let client_data = [0, 4, element, block, (input.byte() % 5).into(), 3];
    let limit = input.short();
    decode(BITSHUFFLE, &client_data, input.rest(), limit);
    round_trip(BITSHUFFLE, &client_data, input.rest());
}

/// Version, bytes of an integer, whether there are differences, level (1 byte each), limit (2), bytes.
pub fn filter_vbz(input: &[u8]) {
    let mut input = Input::new(input);
    let client_data = [(); 4].map(|()| u32::from(input.byte() % 5));
    let limit = input.short();
    decode(VBZ, &client_data, input.rest(), limit);
    round_trip(VBZ, &client_data, input.rest());
}

/// Options mask, pixels per block, bits per pixel (1 byte each), pixels per scanline, limit (2
/// each), bytes.
pub fn filter_szip(input: &[u8]) {
    let mut input = Input::new(input);
    let head = [input.byte(), input.byte(), input.byte()].map(u32::from);
    let [mask, block, bits] = head;
    let client_data = [mask, block, bits, input.short().into()];
    let limit = input.short();
    decode(SZIP, &client_data, input.rest(), limit);
    round_trip(SZIP, &client_data, input.rest());
}

/// Limit (2 bytes), number of client data values (1), the values (2 each), bytes.
pub fn filter_nbit(input: &[u8]) {
    let mut input = Input::new(input);
    let limit = input.short();
    let client_data = input.client_data();
    decode(NBIT, &client_data, input.rest(), limit);
    let Some(stored) = encode(NBIT, &client_data, input.rest()) else { return };
    // Bits that are not significant are lost once, and then no more.
    let chunk = decode(NBIT, &client_data, &stored, short_len(input.rest()));
    let chunk = chunk.expect("what was encoded decodes");
    assert_eq!(encode(NBIT, &client_data, &chunk), Some(stored));
}

/// Scale type, scale factor (1 byte each), elements (2), class, size, sign, order, whether there
/// is a fill value (1 each), fill value (8), limit (2), bytes.
pub fn filter_scaleoffset(input: &[u8]) {
    let mut input = Input::new(input);
    let (scale, factor) = (input.byte(), i32::from(input.byte().cast_signed()));
    let mut client_data = vec![scale.into(), factor.cast_unsigned(), input.short().into()];
    client_data.extend((0..5).map(|_| u32::from(input.byte())));
    client_data.extend((0..2).map(|_| input.word()));
    client_data.resize(20, 0);
    let limit = input.short();
    decode(SCALEOFFSET, &client_data, input.rest(), limit);
    if scale == 2 && factor == 0 {
        round_trip(SCALEOFFSET, &client_data, input.rest());
    } else if let Some(stored) = encode(SCALEOFFSET, &client_data, input.rest()) {
        let chunk = decode(SCALEOFFSET, &client_data, &stored, short_len(input.rest()));
        assert_eq!(chunk.map(|chunk| chunk.len()), Some(input.rest().len()));
    }
}

/// Mask, number of filters (1 byte each), chunk size (2), then of each filter which one (1) and
/// its client data as in [`filter_nbit`], bytes.
pub fn filter_pipeline(input: &[u8]) {
    const KNOWN: [u16; 8] = [DEFLATE, SHUFFLE, FLETCHER32, SZIP, NBIT, SCALEOFFSET, LZF, 32_002];
    let mut input = Input::new(input);
    let (mask, count, size) = (input.byte(), input.byte() % 6, input.short());
    let filters: Vec<_> = (0..count)
        .map(|_| {
            let id = KNOWN.get(usize::from(input.byte() & 7)).copied().unwrap_or(DEFLATE);
            let client_data = input.client_data();
            FilterDescription { id, flags: u16::from(mask >> 7), name: None, client_data }
        })
        .collect();
    let (registry, mask) = (Registry::new(), u32::from(mask));
    let size = usize::from(size);
    let decoded = pipeline::decode(&filters, mask, Cow::Borrowed(input.rest()), size, &registry);
    let mut output = vec![0; size];
    let into = pipeline::decode_into(&filters, mask, input.rest(), &mut output, &registry);
    assert_eq!(decoded.is_ok(), into.is_ok());
    let mut parts = vec![0; size];
    let in_parts = pipeline::decode_parts(&filters, mask, input.rest(), size, &registry, |chunk| {
        let (front, back) = parts.split_at_mut(size / 3);
        chunk.copy(0, front)?;
        chunk.copy(front.len(), back)
    });
    let in_parts = in_parts.ok().filter(|done| *done);
    if let Ok(decoded) = decoded {
        assert_eq!(*decoded, output);
        assert!(in_parts.is_none() || parts == output);
    } else {
        assert!(in_parts.is_none());
    }
    let lossless = !filters.iter().any(|filter| matches!(filter.id, NBIT | SCALEOFFSET));
    let Ok((stored, left_out)) = pipeline::encode(&filters, Cow::Borrowed(input.rest()), &registry)
    else {
        return;
    };
    if lossless {
        let chunk = pipeline::decode(&filters, left_out, stored, input.rest().len(), &registry);
        assert_eq!(chunk.expect("what was encoded decodes"), input.rest());
    }
}

fn decode(id: u16, client_data: &[u32], stored: &[u8], limit: u16) -> Option<Vec<u8>> {
    let (registry, limit) = (Registry::new(), usize::from(limit));
    let filter = registry.get(id)?;
    let decoded = filter.decode(client_data, stored, limit).ok();
    assert!(decoded.as_ref().is_none_or(|decoded| decoded.len() <= limit));
    let mut output = vec![0; limit];
    let into = filter.decode_into(client_data, stored, &mut output).ok();
    assert_eq!(decoded.as_deref(), into.and_then(|len| output.get(..len)));
    decoded
}

fn encode(id: u16, client_data: &[u32], chunk: &[u8]) -> Option<Vec<u8>> {
    let registry = Registry::new();
    let filter = registry.get(id)?;
    let stored = filter.encode(client_data, chunk).ok()??;
    assert!(stored.len() <= filter.max_encoded_len(client_data, chunk.len()));
    Some(stored)
}

fn round_trip(id: u16, client_data: &[u32], chunk: &[u8]) {
    let chunk = chunk.get(..usize::from(u16::MAX)).unwrap_or(chunk);
    if let Some(stored) = encode(id, client_data, chunk) {
        assert_eq!(decode(id, client_data, &stored, short_len(chunk)).as_deref(), Some(chunk));
    }
}

fn short_len(chunk: &[u8]) -> u16 {
    u16::try_from(chunk.len()).unwrap_or(u16::MAX)
}
