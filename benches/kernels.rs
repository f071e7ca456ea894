//! What turns bytes into bytes: `cargo bench --bench kernels --features fuzzing`.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

#[path = "support/data.rs"]
mod data;

use divan::Bencher;
use divan::counter::BytesCount;
use hdfive::Registry;
use hdfive::fuzzing::kernels;

/// Bytes of a chunk.
const CHUNK: usize = 4 << 20;

const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
const SZIP: u16 = 4;
const NBIT: u16 = 5;
const SCALE_OFFSET: u16 = 6;
const LZF: u16 = 32_000;

fn main() {
    divan::main();
}

fn encode_with(bencher: Bencher<'_, '_>, filter: u16, client_data: &[u32], chunk: &[u8]) {
    let registry = Registry::new();
    let filter = registry.get(filter).unwrap();
    let mut output = Vec::new();
    bencher
        .counter(BytesCount::new(chunk.len()))
        .bench_local(|| filter.encode_into(client_data, chunk, &mut output).unwrap());
}

fn decode_with(bencher: Bencher<'_, '_>, filter: u16, client_data: &[u32], chunk: &[u8]) {
    let registry = Registry::new();
    let filter = registry.get(filter).unwrap();
    let stored = filter.encode(client_data, chunk).unwrap().unwrap();
    let mut output = vec![0; chunk.len()];
    bencher
        .counter(BytesCount::new(chunk.len()))
        .bench_local(|| filter.decode_into(client_data, &stored, &mut output).unwrap());
}

fn shuffled(element: u32, chunk: &[u8]) -> Vec<u8> {
    Registry::new().get(SHUFFLE).unwrap().encode(&[element], chunk).unwrap().unwrap()
}

#[divan::bench(args = [1, 2, 3, 4, 8, 12, 16])]
fn shuffle(bencher: Bencher<'_, '_>, element: u32) {
    encode_with(bencher, SHUFFLE, &[element], &data::field(CHUNK / 4));
}

#[divan::bench(args = [1, 2, 3, 4, 8, 12, 16])]
fn unshuffle(bencher: Bencher<'_, '_>, element: u32) {
    decode_with(bencher, SHUFFLE, &[element], &data::field(CHUNK / 4));
}

#[divan::bench]
fn fletcher32(bencher: Bencher<'_, '_>) {
    let registry = Registry::new();
    let filter = registry.get(FLETCHER32).unwrap();
    let stored = filter.encode(&[], &data::field(CHUNK / 4)).unwrap().unwrap();
    bencher
        .counter(BytesCount::new(CHUNK))
        .bench_local(|| filter.decoded_prefix(&[], &stored).unwrap());
}

#[divan::bench]
fn lookup3(bencher: Bencher<'_, '_>) {
    let bytes = data::field(CHUNK / 4);
    bencher.counter(BytesCount::new(CHUNK)).bench_local(|| kernels::lookup3(&bytes));
}

#[divan::bench(args = [1, 4, 6, 9])]
fn deflate(bencher: Bencher<'_, '_>, level: u32) {
    encode_with(bencher, DEFLATE, &[level], &data::field(CHUNK / 4));
}

#[divan::bench(args = [1, 4, 6, 9])]
fn deflate_shuffled(bencher: Bencher<'_, '_>, level: u32) {
    encode_with(bencher, DEFLATE, &[level], &shuffled(4, &data::field(CHUNK / 4)));
}

#[divan::bench]
fn inflate(bencher: Bencher<'_, '_>) {
    decode_with(bencher, DEFLATE, &[4], &data::field(CHUNK / 4));
}

#[divan::bench]
fn inflate_shuffled(bencher: Bencher<'_, '_>) {
    decode_with(bencher, DEFLATE, &[4], &shuffled(4, &data::field(CHUNK / 4)));
}

#[divan::bench]
fn lzf_encode(bencher: Bencher<'_, '_>) {
    encode_with(bencher, LZF, &[], &data::field(CHUNK / 4));
}

#[divan::bench]
fn lzf_encode_shuffled(bencher: Bencher<'_, '_>) {
    encode_with(bencher, LZF, &[], &shuffled(4, &data::field(CHUNK / 4)));
}

#[divan::bench]
fn lzf_decode(bencher: Bencher<'_, '_>) {
    decode_with(bencher, LZF, &[], &data::field(CHUNK / 4));
}

#[divan::bench]
fn lzf_decode_shuffled(bencher: Bencher<'_, '_>) {
    decode_with(bencher, LZF, &[], &shuffled(4, &data::field(CHUNK / 4)));
}

#[divan::bench]
fn szip_encode(bencher: Bencher<'_, '_>) {
    encode_with(bencher, SZIP, &data::szip(16), &data::image(CHUNK / 2));
}

#[divan::bench]
fn szip_decode(bencher: Bencher<'_, '_>) {
    decode_with(bencher, SZIP, &data::szip(16), &data::image(CHUNK / 2));
}

#[divan::bench]
fn nbit_encode(bencher: Bencher<'_, '_>) {
    encode_with(bencher, NBIT, &data::nbit(CHUNK / 4), &data::counters(CHUNK / 4));
}

#[divan::bench]
fn nbit_decode(bencher: Bencher<'_, '_>) {
    decode_with(bencher, NBIT, &data::nbit(CHUNK / 4), &data::counters(CHUNK / 4));
}

#[divan::bench]
fn scale_offset_encode(bencher: Bencher<'_, '_>) {
    encode_with(bencher, SCALE_OFFSET, &data::scale_offset(CHUNK / 4), &data::counters(CHUNK / 4));
}

#[divan::bench]
fn scale_offset_decode(bencher: Bencher<'_, '_>) {
    decode_with(bencher, SCALE_OFFSET, &data::scale_offset(CHUNK / 4), &data::counters(CHUNK / 4));
}

#[divan::bench]
fn big_endian_f64(bencher: Bencher<'_, '_>) {
    let (stored, mut out) = (data::field(CHUNK / 4), vec![0.0; CHUNK / 8]);
    bencher
        .counter(BytesCount::new(CHUNK))
        .bench_local(|| kernels::big_endian_f64(&stored, &mut out).unwrap());
}

#[divan::bench]
fn i16_to_f64(bencher: Bencher<'_, '_>) {
    let (stored, mut out) = (data::image(CHUNK / 8), vec![0.0; CHUNK / 8]);
    bencher
        .counter(BytesCount::new(CHUNK))
        .bench_local(|| kernels::i16_to_f64(&stored, &mut out).unwrap());
}
