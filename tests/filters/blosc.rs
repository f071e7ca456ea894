//! Blosc and Blosc2.

use hdfive::filters::{Blosc, BloscShuffle, Filter};

use super::both_ways::{Mode, both_ways};

const CODECS: [(&str, Blosc); 6] = [
    ("blosclz", Blosc::BloscLZ),
    ("lz4", Blosc::LZ4),
    ("lz4hc", Blosc::LZ4HC),
    ("snappy", Blosc::Snappy),
    ("zlib", Blosc::ZLib),
    ("zstd", Blosc::ZStd),
];
const SHUFFLES: [BloscShuffle; 3] = [BloscShuffle::None, BloscShuffle::Byte, BloscShuffle::Bit];

type Of = fn(Blosc, u8, BloscShuffle) -> Filter;

/// Each codec with each level once with each shuffle.
fn modes(call: fn(&str, u8, usize) -> String, filter: Of) -> Vec<Mode> {
    let mut modes = Vec::new();
    for (name, codec) in CODECS {
        if name == "snappy" && filter(codec, 5, BloscShuffle::Byte).id() == 32_026 {
            continue;
        }
        for (level, shuffle) in [(1, 1), (5, 0), (5, 1), (5, 2), (9, 1), (9, 2)] {
            let python: &'static str = call(name, level, shuffle).leak();
            let mode = Mode::new(python, [filter(codec, level, SHUFFLES[shuffle])]);
            modes.push(match name {
                // C's table has twice the places in blocks of 64 KiB.
                "lz4" if level == 9 => mode.at_most(1.15),
                _ => mode,
            });
        }
    }
    modes
}

#[test]
fn blosc() {
    let call = |codec: &str, level: u8, shuffle: usize| {
        format!("hdf5plugin.Blosc(cname='{codec}', clevel={level}, shuffle={shuffle})")
    };
    both_ways("blosc", &modes(call, Filter::blosc));
}

#[test]
fn blosc2() {
    let call = |codec: &str, level: u8, shuffle: usize| {
        format!("hdf5plugin.Blosc2(cname='{codec}', clevel={level}, filters={shuffle})")
    };
    let mut modes = modes(call, Filter::blosc2);
    let delta = Filter::user(32_026, &[0, 0, 0, 0, 5, 3, 1]);
    modes.push(Mode::new("hdf5plugin.Blosc2(cname='lz4', filters=3)", [delta]));
    both_ways("blosc2", &modes);
}
