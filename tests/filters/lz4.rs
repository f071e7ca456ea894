//! LZ4.

use hdfive::filters::Filter;

use super::both_ways::{Mode, both_ways};

/// Of noisy bytes in blocks of exactly 64 KiB: there, C's table of matches has twice the places that
/// lz4_flex's has. Everything else is within 2 %.
const LARGE: f64 = 1.14;

#[test]
fn lz4() {
    both_ways(
        "lz4",
        &[
            Mode::new("hdf5plugin.LZ4()", [Filter::lz4(0)]).at_most(LARGE),
            Mode::new("hdf5plugin.LZ4(nbytes=100)", [Filter::lz4(100)]),
            Mode::new("{**hdf5plugin.LZ4(), 'shuffle': True}", [Filter::shuffle(), Filter::lz4(0)])
                .at_most(LARGE),
            Mode::new(
                "{**hdf5plugin.LZ4(nbytes=512), 'shuffle': True, 'fletcher32': True}",
                [Filter::shuffle(), Filter::lz4(512), Filter::fletcher32()],
            ),
        ],
    );
}
