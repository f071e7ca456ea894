//! How to use this crate: pages to read.

#[doc = include_str!("tasks.md")]
pub mod tasks {}

#[doc = include_str!("coming_from_h5py.md")]
pub mod coming_from_h5py {}

#[doc = include_str!("coming_from_hdf5_metno.md")]
pub mod coming_from_hdf5_metno {}

#[doc = include_str!("safety_and_locking.md")]
pub mod safety_and_locking {}

#[doc = include_str!("speed.md")]
pub mod speed {}
