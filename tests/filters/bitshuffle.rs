//! bitshuffle.

use hdfive::filters::{Bitshuffle, Filter};

use super::both_ways::{Mode, both_ways};

#[test]
fn bitshuffle() {
    let filter = Filter::bitshuffle;
    both_ways(
        "bitshuffle",
        &[
            Mode::new("hdf5plugin.Bitshuffle()", [filter(Bitshuffle::LZ4, 0)]),
            Mode::new("hdf5plugin.Bitshuffle(nelems=64)", [filter(Bitshuffle::LZ4, 64)]),
            Mode::new("hdf5plugin.Bitshuffle(cname='none')", [filter(Bitshuffle::None, 0)]),
            Mode::new("hdf5plugin.Bitshuffle(24, cname='none')", [filter(Bitshuffle::None, 24)]),
            Mode::new("hdf5plugin.Bitshuffle(cname='zstd')", [filter(Bitshuffle::ZStd(3), 0)]),
            Mode::new(
                "{**hdf5plugin.Bitshuffle(8, cname='zstd', clevel=9), 'fletcher32': True}",
                [filter(Bitshuffle::ZStd(9), 8), Filter::fletcher32()],
            ),
        ],
    );
}
