//! Entry points for the fuzz targets in `fuzz/`: any bytes in, no panic, and what is encoded
//! comes back. Behind the feature `fuzzing`; no part of the public interface.
//!
//! The first bytes of an input are the parameters, the rest is what they apply to.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a panic is what a fuzz target reports"
)]

mod conversions;
mod damage;
mod edits;
mod elements;
mod files;
mod filters;
mod indexes;
pub mod kernels;
mod messages;
mod recovery;
mod salvage;
mod structures;
mod tables;

#[cfg(test)]
#[allow(dead_code, unreachable_pub, reason = "made for use from outside")]
#[path = "../../tests/support/random.rs"]
mod random;

pub use conversions::stored_elements;
pub use damage::damage;
pub use edits::edit;
pub use elements::{datatype, elements};
pub use files::open;
pub use filters::{
    filter_bitshuffle, filter_blosc, filter_blosc2, filter_bzip2, filter_deflate,
    filter_fletcher32, filter_jpeg, filter_lz4, filter_lzf, filter_lzo, filter_nbit,
    filter_pipeline, filter_scaleoffset, filter_shuffle, filter_szip, filter_vbz, filter_zfp,
    filter_zstd, inflate,
};
pub use indexes::{btree1, btree2, chunk_arrays};
pub use messages::{messages, object_header};
pub use recovery::recovery;
pub use salvage::salvage;
pub use structures::{selections, superblock};
pub use tables::{heaps, tables};

use std::fmt::Debug;
use std::sync::Arc;

use crate::codec::{Address, Decoder, Sizes, StructureIn};
use crate::io::Memory;
use crate::limits::Limits;
use crate::space::Space;

/// What is left of a fuzz input. Zeros where nothing is.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    fn word(&mut self) -> u32 {
        u32::from(self.short()) | u32::from(self.short()) << 16
    }

    fn address(&mut self) -> Address {
        Address(self.short().into())
    }

    /// The widths of the file: 8 and 8 for the byte 0.
    fn sizes(&mut self) -> Sizes {
        let (offsets, lengths) = match self.byte() & 7 {
            0 => (8, 8),
            1 => (4, 4),
            2 => (2, 2),
            3 => (8, 4),
            4 => (4, 8),
            5 => (2, 8),
            6 => (16, 16),
            _ => (32, 32),
        };
        Sizes { offsets, lengths }
    }

    /// A number of values (1 byte), and the values (2 each).
    fn client_data(&mut self) -> Vec<u32> {
        (0..self.byte()).map(|_| u32::from(self.short())).collect()
    }

    /// The rest as a file in memory, addressed from its first byte.
    fn space(&self, sizes: Sizes) -> Space {
        let storage = Arc::new(Memory::new(self.0.to_vec()));
        Space::new(storage, limits(), sizes).expect("memory has a length")
    }
}

/// As one who does not trust the file sets them.
fn limits() -> Limits {
    const MOST: u64 = 16 << 20;
    Limits {
        metadata_block_bytes: MOST,
        element_bytes: MOST,
        chunk_bytes: MOST,
        read_bytes: MOST,
        ..Limits::DEFAULT
    }
}

/// Decodes `bytes`. What decodes also encodes, or says why not; and its encoding decodes to it.
fn round_trip<C, T>(bytes: &[u8], sizes: Sizes, context: &C) -> Option<T>
where
    T: StructureIn<C> + Debug + PartialEq,
{
    let limits = limits();
    let mut d = Decoder::new(T::NAME, bytes, 0, sizes, &limits);
    decode_part(&mut d, context)
}

/// [`round_trip`], whatever it gives.
fn check<C, T>(bytes: &[u8], sizes: Sizes, context: &C)
where
    T: StructureIn<C> + Debug + PartialEq,
{
    round_trip::<C, T>(bytes, sizes, context);
}

/// [`round_trip`] of the structure that starts where `d` is.
fn decode_part<C, T>(d: &mut Decoder<'_>, context: &C) -> Option<T>
where
    T: StructureIn<C> + Debug + PartialEq,
{
    let sizes = d.sizes();
    let value = told(T::decode_in(d, context))?;
    if let Some(encoded) = told(value.to_bytes_in(sizes, context)) {
        let again = T::from_bytes_in(&encoded, 0, sizes, d.limits(), context);
        assert_eq!(again.expect("what was encoded decodes"), value);
    }
    Some(value)
}

/// [`decode_part`], whatever it gives.
fn check_part<C, T>(d: &mut Decoder<'_>, context: &C)
where
    T: StructureIn<C> + Debug + PartialEq,
{
    decode_part::<C, T>(d, context);
}

/// The value, where there is one; an error must have a text.
fn told<T>(result: crate::Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::random::Random;

    /// Every seed and every finding of old, without a fuzzer.
    fn run_all(target: &str, entry: fn(&[u8])) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["fuzz/seeds", "tests/regressions"] {
            let Ok(files) = fs::read_dir(root.join(folder).join(target)) else { continue };
            for file in files {
                entry(&fs::read(file.unwrap().path()).unwrap());
            }
        }
    }

    macro_rules! targets {
        ($($name:ident)*) => {
            $(#[test]
            fn $name() {
                run_all(stringify!($name), super::$name);
            })*
        };
    }

    /// Calls `entry` with whole files, and with such that are changed at random places.
    fn run_changed(entry: fn(&[u8])) {
        run_all("open", entry);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = fs::read_dir(root.join("fuzz/seeds/open")).unwrap();
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.sort();
        let mut random = Random(1);
        for path in paths {
            let bytes = fs::read(path).unwrap();
            for _ in 0..if bytes.is_empty() { 0 } else { 40 } {
                let mut changed = bytes.clone();
                for _ in 0..=random.below(4) {
                    let at = random.below(bytes.len());
                    changed[at] = [0, 1, 0xff, random.next() as u8][random.below(4)];
                }
                entry(&changed);
            }
        }
    }

    /// Files that are changed at random places are changed.
    #[test]
    fn edit() {
        run_all("edit", super::edit);
        run_changed(super::edit);
    }

    /// Files that are changed at random places are checked.
    #[test]
    fn damage() {
        run_all("damage", super::damage);
        run_changed(super::damage);
    }

    /// What is left of files that are changed at random places is brought to new ones.
    #[test]
    fn salvage() {
        run_all("salvage", super::salvage);
        run_changed(super::salvage);
    }

    targets! {
        btree1 btree2 chunk_arrays datatype elements filter_bitshuffle filter_blosc filter_blosc2 filter_bzip2 filter_deflate filter_fletcher32 filter_jpeg filter_lz4 filter_lzf filter_lzo
        filter_nbit filter_pipeline filter_scaleoffset filter_shuffle filter_szip filter_vbz filter_zfp filter_zstd heaps messages
        object_header open recovery selections stored_elements superblock tables
    }
}
