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

/// Level (1 byte), limit (2), bytes.
pub fn filter_deflate(input: &[u8]) {
    let mut input = Input::new(input);
    let (level, limit) = (input.byte() % 10, input.short());
    decode(DEFLATE, &[level.into()], input.rest(), limit);
    round_trip(DEFLATE, &[level.into()], input.rest());
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
    const KNOWN: [u16; 8] = [DEFLATE, SHUFFLE, FLETCHER32, SZIP, NBIT, SCALEOFFSET, LZF, 32_015];
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
    let mut scratch = pipeline::Scratch::default();
    let into =
        pipeline::decode_into(&filters, mask, input.rest(), &mut output, &mut scratch, &registry);
    assert_eq!(decoded.is_ok(), into.is_ok());
    if let Ok(decoded) = decoded {
        assert_eq!(*decoded, output);
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
