//! The numbers that elements hold.

use hdfive::definition::{ByteOrder, Class, Float, FloatOrder, Integer, Normalization};
use hdfive::{Element, Error, Value};

/// The number that a floating-point element holds.
pub(crate) fn real(element: &Element<'_>) -> Result<f64, Error> {
    if let Class::Float(float) = &element.datatype().class
        && let Some(number) = ieee(float, element.bytes())
    {
        return Ok(number);
    }
    Ok(match element.value()? {
        Value::Float(number) => number,
        _ => f64::NAN,
    })
}

/// The number in the bytes of one of IEEE 754, of 4 or 8 bytes; `None` of any other.
fn ieee(float: &Float, bytes: &[u8]) -> Option<f64> {
    if !is_ieee(float) || bytes.len().saturating_mul(8) != usize::from(float.precision) {
        return None;
    }
    match (float.order, bytes.len()) {
        (FloatOrder::Little, 4) => Some(f32::from_le_bytes(bytes.try_into().ok()?).into()),
        (FloatOrder::Big, 4) => Some(f32::from_be_bytes(bytes.try_into().ok()?).into()),
        (FloatOrder::Little, 8) => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
        (FloatOrder::Big, 8) => Some(f64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

/// Whether the parts of a number are those of IEEE 754's of 4 or of 8 bytes, but for their order.
pub(crate) fn is_ieee(float: &Float) -> bool {
    let parts = [
        float.sign_position,
        float.exponent_position,
        float.exponent_size,
        float.mantissa_position,
        float.mantissa_size,
    ];
    let known = match float.precision {
        32 => parts == [31, 23, 8, 0, 23] && float.exponent_bias == 127,
        64 => parts == [63, 52, 11, 0, 52] && float.exponent_bias == 1023,
        _ => false,
    };
    known && float.offset == 0 && float.normalization == Normalization::Implied
}

/// The number that an integer of at most 16 bytes holds.
pub(crate) fn integer_value(integer: &Integer, bytes: &[u8]) -> Option<i128> {
    if bytes.len() > 16 {
        return None;
    }
    let join = |sum: u128, byte: &u8| sum.wrapping_shl(8) | u128::from(*byte);
    let all = match integer.order {
        ByteOrder::Little => bytes.iter().rev().fold(0, join),
        ByteOrder::Big => bytes.iter().fold(0, join),
    };
    let precision = u32::from(integer.precision).clamp(1, 128);
    let above = 128_u32.saturating_sub(precision);
    // The bits that count, at the upper end, and down again: with or without the sign.
    let upper = all.wrapping_shr(integer.offset.into()).wrapping_shl(above);
    if integer.signed {
        Some(upper.cast_signed().wrapping_shr(above))
    } else {
        i128::try_from(upper.wrapping_shr(above)).ok()
    }
}

/// Bits of the type that libhdf5 keeps an integer of this precision in.
pub(crate) fn native_bits(precision: u16) -> u32 {
    match precision {
        0..=8 => 8,
        9..=16 => 16,
        17..=32 => 32,
        _ => 64,
    }
}
