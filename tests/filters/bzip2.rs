//! bzip2.

use hdfive::filters::Filter;

use super::both_ways::{Mode, both_ways};

#[test]
fn bzip2() {
    both_ways(
        "bzip2",
        &[
            Mode::new("hdf5plugin.BZip2()", [Filter::bzip2(9)]),
            Mode::new(
                "{**hdf5plugin.BZip2(1), 'shuffle': True, 'fletcher32': True}",
                [Filter::shuffle(), Filter::bzip2(1), Filter::fletcher32()],
            ),
        ],
    );
}
