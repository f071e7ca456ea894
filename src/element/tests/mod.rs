//! Conversions against what libhdf5 makes of the same bytes, and what it does not do.

mod exact;
mod floats;
mod kinds;
mod properties;
mod stored;
mod writing;

use std::fmt::Debug;

use super::*;
use crate::codec::testing::SIZES;
use crate::codec::{Sizes, StructureIn};
use crate::format::datatype::*;
use crate::limits::Limits;

const WIDTHS: Sizes = Sizes { offsets: 8, lengths: 8 };

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn datatype(hex: &str) -> Datatype {
    Datatype::from_bytes_in(&bytes(hex), 0, SIZES[4], &Limits::DEFAULT, &()).unwrap()
}

fn convert<T: H5Type>(stored: &Datatype, bytes: &[u8]) -> Result<Vec<T>> {
    let mut out = Vec::new();
    T::converter(stored)?.convert(bytes, &NoHeap, &mut out)?;
    Ok(out)
}

/// Checks one line of the vectors.
fn check<T: H5Type + Debug + Copy, const N: usize>(
    line: &str,
    stored: &Datatype,
    data: &[u8],
    wanted: &[u8],
    same: impl Fn(T, [u8; N]) -> bool,
) {
    let found = convert::<T>(stored, data).unwrap();
    let (wanted, _) = wanted.as_chunks::<N>();
    assert_eq!(found.len(), wanted.len());
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(same(*found, *wanted), "element {index} is {found:?}, not {wanted:x?}, of {line}");
    }
}

macro_rules! check_integers {
    ($name:expr, $line:expr, $stored:expr, $data:expr, $wanted:expr, $($type:ident)*) => {
        match $name {
            $(stringify!($type) => check::<$type, { size_of::<$type>() }>(
                $line, $stored, $data, $wanted, |a, b| a == $type::from_le_bytes(b),
            ),)*
            "f32" => check::<f32, 4>($line, $stored, $data, $wanted, |a, b| {
                a.to_bits() == f32::from_le_bytes(b).to_bits()
            }),
            "f64" => check::<f64, 8>($line, $stored, $data, $wanted, |a, b| {
                a.to_bits() == f64::from_le_bytes(b).to_bits()
            }),
            #[cfg(feature = "half")]
            "f16" => check::<half::f16, 2>($line, $stored, $data, $wanted, |a, b| {
                a.to_le_bytes() == b
            }),
            _ => {}
        }
    };
}

#[test]
fn numbers_become_what_libhdf5_makes_of_them() {
    let step = if cfg!(miri) { 20 } else { 1 };
    for line in include_str!("vectors.txt").lines().step_by(step) {
        let [stored, data, name, wanted] = *line.split(' ').collect::<Vec<_>>() else {
            panic!("{line}")
        };
        let (stored, data, wanted) = (datatype(stored), bytes(data), bytes(wanted));
        check_integers!(name, line, &stored, &data, &wanted, i8 i16 i32 i64 u8 u16 u32 u64);
    }
}
