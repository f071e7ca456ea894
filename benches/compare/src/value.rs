//! Types of elements that are read and written.

use crate::libhdf5::{self as c, Id, h5t};
use crate::session::fold;

/// A number that all programs know.
pub trait Value: hdfive::H5Type + rust_hdf5::types::H5Type + Copy + Default {
    /// As the C library names it in memory.
    fn kind() -> Id;
    /// For checks.
    fn bits(self) -> u64;
}

macro_rules! value {
    ($($t:ty: $kind:expr, $bits:expr;)*) => {$(
        impl Value for $t {
            fn kind() -> Id {
                $kind
            }
            fn bits(self) -> u64 {
                $bits(self)
            }
        }
    )*};
}

value! {
    f32: c::f32(), |value: f32| value.to_bits().into();
    f64: c::f64(), f64::to_bits;
    i32: c::i32(), |value| value as u64;
    u16: *h5t::H5T_NATIVE_USHORT, u64::from;
}

/// [`fold`] of any of them.
pub fn fold_values<T: Value>(values: &[T]) -> u64 {
    fold(values, T::bits)
}
