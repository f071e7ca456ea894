//! Zstandard.

use hdfive::filters::Filter;

use super::both_ways::{Mode, both_ways};

#[test]
fn zstd() {
    both_ways(
        "zstd",
        &[
            Mode::new("hdf5plugin.Zstd()", [Filter::zstd(3)]),
            Mode::new("hdf5plugin.Zstd(1)", [Filter::zstd(1)]),
            Mode::new("hdf5plugin.Zstd(-5)", [Filter::zstd(-5)]),
            Mode::new("hdf5plugin.Zstd(9)", [Filter::zstd(9)]),
            Mode::new("hdf5plugin.Zstd(19)", [Filter::zstd(19)]),
            Mode::new(
                "{**hdf5plugin.Zstd(22), 'shuffle': True, 'fletcher32': True}",
                [Filter::shuffle(), Filter::zstd(22), Filter::fletcher32()],
            ),
        ],
    );
}
