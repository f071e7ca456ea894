//! Runs one kernel on fixed bytes, for `scripts/instructions`, which counts the instructions:
//! `instructions KERNEL`, or `instructions list`.

#![expect(clippy::unwrap_used, reason = "what cannot run must stop")]

#[path = "support/data.rs"]
mod data;

use std::hint::black_box;

use hdfive::Registry;
use hdfive::fuzzing::kernels;

/// Bytes of a chunk.
const CHUNK: usize = 1 << 20;

/// What each kernel runs: a filter's number, its client data, whether it encodes, the chunk.
///
/// None looks at what the processor can do, so that the counts are those of every x86-64 machine; but for the
/// checksum of deflate, which is a fiftieth.
type Kernel = (&'static str, u16, fn() -> Vec<u32>, bool, fn() -> Vec<u8>);

const KERNELS: [Kernel; 9] = [
    ("shuffle", 2, || vec![4], true, || data::field(CHUNK / 4)),
    ("unshuffle", 2, || vec![4], false, || data::field(CHUNK / 4)),
    ("deflate", 1, || vec![4], true, || data::field(CHUNK / 4)),
    ("inflate", 1, || vec![4], false, || data::field(CHUNK / 4)),
    ("lzf_encode", 32_000, Vec::new, true, || data::field(CHUNK / 4)),
    ("lzf_decode", 32_000, Vec::new, false, || data::field(CHUNK / 4)),
    ("szip_decode", 4, || data::szip(16), false, || data::image(CHUNK / 2)),
    ("nbit_decode", 5, || data::nbit(CHUNK / 4), false, || data::counters(CHUNK / 4)),
    ("big_endian_f64", 0, Vec::new, false, || data::field(CHUNK / 4)),
];

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    if wanted == "list" {
        KERNELS.iter().for_each(|(name, ..)| println!("{name}"));
        return;
    }
    // What `cargo test --benches` starts has nothing to do.
    let Some((_, id, client_data, encodes, chunk)) =
        KERNELS.iter().find(|(name, ..)| *name == wanted)
    else {
        return;
    };
    let (client_data, chunk, registry) = (client_data(), chunk(), Registry::new());
    let mut output = vec![0; chunk.len()];
    if *id == 0 {
        let mut values = vec![0.0; chunk.len() / 8];
        measured(&mut || kernels::big_endian_f64(&chunk, &mut values).unwrap());
        black_box(values);
        return;
    }
    let filter = registry.get(*id).unwrap();
    // What is kept from chunk to chunk is there at the second one.
    let stored = filter.encode(&client_data, &chunk).unwrap().unwrap();
    if *encodes {
        measured(&mut || {
            filter.encode_into(&client_data, &chunk, &mut output).unwrap();
        });
    } else {
        measured(&mut || {
            filter.decode_into(&client_data, &stored, &mut output).unwrap();
        });
        assert!(output == chunk || *id == 5, "{wanted} does not come back");
    }
    black_box(output);
}

/// What is counted.
#[inline(never)]
fn measured(kernel: &mut dyn FnMut()) {
    black_box(&mut *kernel)();
}
