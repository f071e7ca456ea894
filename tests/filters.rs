//! Filters of others: what hdf5plugin writes is read here, what is written here reads hdf5plugin.
//!
//! One module a filter says in which modes; `both_ways` tries each of them on every kind of data.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a test that cannot go on fails"
)]

#[path = "filters/bitround.rs"]
mod bitround;
#[path = "filters/bitshuffle.rs"]
mod bitshuffle;
#[path = "filters/blosc.rs"]
mod blosc;
#[path = "filters/both_ways.rs"]
mod both_ways;
#[path = "filters/bzip2.rs"]
mod bzip2;
#[path = "filters/jpeg.rs"]
mod jpeg;
#[path = "filters/lz4.rs"]
mod lz4;
#[path = "filters/lzo.rs"]
mod lzo;
#[path = "filters/met.rs"]
mod met;
#[path = "support/mod.rs"]
mod support;
#[path = "filters/vbz.rs"]
mod vbz;
#[path = "filters/zfp.rs"]
mod zfp;
#[path = "filters/zstd.rs"]
mod zstd;
