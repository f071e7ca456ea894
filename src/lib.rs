//! HDF5 in pure Rust.

#![allow(dead_code, unused_imports)]

mod codec;
mod element;
mod error;
mod filter;
mod format;
mod infra;
mod io;
mod limits;
mod space;

pub use error::{Error, ErrorKind, Location, Malformed, Result};
pub use io::{FileStorage, Memory, Storage};
pub use limits::Limits;
