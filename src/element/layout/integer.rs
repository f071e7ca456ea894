//! Integers of any layout.

use super::Kind;
use super::bits::{Bytes, BytesMut};
use super::packed::Packed;
use crate::format::datatype::ByteOrder;

/// An integer of any layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct IntegerLayout {
    order: ByteOrder,
    signed: bool,
    offset: u32,
    precision: u32,
    /// What the bits below the value are set to, and those above.
    pads: (bool, bool),
}

/// An integer that was stored, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Int {
    Signed(i128),
    Unsigned(u128),
}

impl IntegerLayout {
    /// `precision` bits from bit `offset` on, in an element of `size` bytes.
    pub(super) fn new(
        size: u32,
        order: ByteOrder,
        signed: bool,
        (offset, precision): (u16, u16),
        (low_pad, high_pad): (bool, bool),
    ) -> Self {
        let (offset, precision) = (u32::from(offset), u32::from(precision));
        // A pad that has no bits is the same as any other.
        let padded = offset + precision < size.saturating_mul(8);
        let pads = (low_pad && offset > 0, high_pad && padded);
        Self { order, signed, offset, precision, pads }
    }

    /// The layout of a native integer of `size` bytes.
    pub(crate) fn native(size: u32, signed: bool, order: ByteOrder) -> Self {
        Self { order, signed, offset: 0, precision: size * 8, pads: (false, false) }
    }

    /// The Rust type that it is, in an element of `size` bytes.
    pub(super) fn kind(&self, size: u32) -> Option<(Kind, ByteOrder)> {
        if self.offset != 0 || Some(self.precision) != size.checked_mul(8) {
            return None;
        }
        Some((native_kind(size, self.signed)?, self.order))
    }

    /// Where it lies in a Rust type, in an element of `size` bytes.
    pub(crate) fn packed(&self, size: u32) -> Option<Packed> {
        let &Self { order, offset, precision, pads, .. } = self;
        let kind = native_kind(size, self.signed)?;
        let fits = precision > 0 && offset.checked_add(precision)? <= size.checked_mul(8)?;
        fits.then_some(Packed { kind, order, offset, precision, pads })
    }

    /// The value of one element. What 128 bits do not hold becomes the nearest that they do.
    pub(crate) fn read(&self, element: &[u8]) -> Int {
        let bytes = Bytes { bytes: element, order: self.order };
        let within = self.precision.min(128);
        let value = bytes.bits(self.offset, within);
        if self.precision > 128 {
            return self.saturated(bytes, value);
        }
        if self.signed {
            let unused = 128 - within;
            Int::Signed((value << unused) as i128 >> unused)
        } else {
            Int::Unsigned(value)
        }
    }

    fn saturated(&self, bytes: Bytes<'_>, low: u128) -> Int {
        let (negative, fits) = self.beyond(bytes);
        match (negative, fits) {
            (false, true) => Int::Unsigned(low),
            (false, false) => Int::Unsigned(u128::MAX),
            (true, true) if (low as i128) < 0 => Int::Signed(low as i128),
            (true, _) => Int::Signed(i128::MIN),
        }
    }

    /// Whether a value of more than 128 bits is negative, and whether the bits beyond only say so.
    fn beyond(&self, bytes: Bytes<'_>) -> (bool, bool) {
        let negative = self.signed && bytes.bit(self.offset + self.precision - 1);
        (negative, (128..self.precision).all(|bit| bytes.bit(self.offset + bit) == negative))
    }

    /// Whether 128 bits hold the value of an element.
    pub(super) fn reads_all(&self, element: &[u8]) -> bool {
        if self.precision <= 128 {
            return true;
        }
        let bytes = Bytes { bytes: element, order: self.order };
        let (negative, fits) = self.beyond(bytes);
        fits && (!negative || bytes.bit(self.offset + 127))
    }

    /// Makes `element` hold `value`, or the nearest value that it can.
    pub(crate) fn write(&self, value: Int, element: &mut [u8]) {
        let (value, negative) = self.clamp(value);
        let mut bytes = self.padded(element);
        bytes.set(self.offset, self.precision.min(128), value);
        if self.precision > 128 {
            bytes.fill(self.offset + 128, self.offset + self.precision, negative);
        }
    }

    /// Makes `element` hold the bits of `stored`, an element of the layout `from`: the lowest,
    /// where it has room for fewer; zeros above them, where it has room for more.
    pub(crate) fn write_bits(&self, from: &Self, stored: &[u8], element: &mut [u8]) {
        let source = Bytes { bytes: stored, order: from.order };
        let mut bytes = self.padded(element);
        for at in (0..self.precision).step_by(128) {
            let taken = from.precision.saturating_sub(at).min(128);
            let value = if taken == 0 { 0 } else { source.bits(from.offset + at, taken) };
            bytes.set(self.offset + at, (self.precision - at).min(128), value);
        }
    }

    /// An element whose bits beside the value are set.
    fn padded<'a>(&self, element: &'a mut [u8]) -> BytesMut<'a> {
        let mut bytes = BytesMut { bytes: element, order: self.order };
        let end = bytes.len();
        bytes.fill(0, self.offset, self.pads.0);
        bytes.fill(self.offset + self.precision, end, self.pads.1);
        bytes
    }

    /// The lowest 128 bits of the nearest value there is room for, and whether it is negative.
    fn clamp(&self, value: Int) -> (u128, bool) {
        let bits = self.precision - u32::from(self.signed);
        // The largest value: this many bits set, as far as 128 tell.
        let most = if bits >= 128 { u128::MAX } else { (1 << bits) - 1 };
        match value {
            Int::Unsigned(value) => (value.min(most), false),
            Int::Signed(value) if value >= 0 => (value.unsigned_abs().min(most), false),
            Int::Signed(_) if !self.signed => (0, false),
            // The smallest value is one further from zero than the largest.
            Int::Signed(value) if value.unsigned_abs() - 1 > most => (!most, true),
            Int::Signed(value) => (value as u128, true),
        }
    }
}

/// The Rust type of integers of `size` bytes.
fn native_kind(size: u32, signed: bool) -> Option<Kind> {
    Some(match (size, signed) {
        (1, true) => Kind::I8,
        (2, true) => Kind::I16,
        (4, true) => Kind::I32,
        (8, true) => Kind::I64,
        (1, false) => Kind::U8,
        (2, false) => Kind::U16,
        (4, false) => Kind::U32,
        (8, false) => Kind::U64,
        _ => return None,
    })
}
