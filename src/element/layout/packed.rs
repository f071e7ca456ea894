//! Integers in some of the bits of an element as large as a Rust type.

use super::Kind;
use crate::format::datatype::ByteOrder;

/// Where such an integer lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packed {
    /// The Rust type as large as the element, and as signed.
    pub(crate) kind: Kind,
    pub(crate) order: ByteOrder,
    /// The lowest bit of the integer, and how many there are: at least one, and none beyond the element.
    pub(super) offset: u32,
    pub(super) precision: u32,
    /// What the bits below the value are set to, and those above.
    pub(super) pads: (bool, bool),
}

/// A Rust integer that one can lie in.
pub(crate) trait Packs: Copy {
    /// The integer that lies in these bits.
    fn unpacked(self, of: &Packed) -> Self;

    /// Bits in which the integer lies, or the nearest there is room for.
    fn packed(self, of: &Packed) -> Self;
}

macro_rules! packs {
    ($($type:ty: $bits:ty),* $(,)?) => {$(
        impl Packs for $type {
            #[inline]
            fn unpacked(self, of: &Packed) -> Self {
                let above = Self::BITS - of.precision - of.offset;
                (self << above) >> (Self::BITS - of.precision)
            }

            #[inline]
            fn packed(self, of: &Packed) -> Self {
                let unused = Self::BITS - of.precision;
                let value = self.clamp(Self::MIN >> unused, Self::MAX >> unused);
                let field = (<$bits>::MAX >> unused) << of.offset;
                let below = !(<$bits>::MAX << of.offset);
                let (low, high) = of.pads;
                let low_pad = if low { below } else { 0 };
                let high_pad = if high { !field & !below } else { 0 };
                ((value as $bits) << of.offset & field | low_pad | high_pad) as Self
            }
        }
    )*};
}

packs!(i8: u8, i16: u16, i32: u32, i64: u64, u8: u8, u16: u16, u32: u32, u64: u64);
