//! Kernels that the public interface does not reach one by one, for the benches.

use crate::codec;
use crate::element::{H5Type, NoHeap};
use crate::error::Result;
use crate::format::datatype::{ByteOrder, Datatype};

/// The checksum of metadata.
#[must_use]
pub fn lookup3(bytes: &[u8]) -> u32 {
    codec::lookup3(bytes)
}

/// Big-endian numbers to the machine's.
///
/// # Errors
///
/// Where `out` has not room for exactly as many.
pub fn big_endian_f64(stored: &[u8], out: &mut [f64]) -> Result<()> {
    f64::converter(&Datatype::float(8, ByteOrder::Big)?)?.convert_into(stored, &NoHeap, out)
}

/// Integers to numbers of another class.
///
/// # Errors
///
/// As [`big_endian_f64`].
pub fn i16_to_f64(stored: &[u8], out: &mut [f64]) -> Result<()> {
    let datatype = Datatype::integer(2, true, ByteOrder::Little)?;
    f64::converter(&datatype)?.convert_into(stored, &NoHeap, out)
}
