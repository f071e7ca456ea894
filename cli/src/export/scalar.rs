//! Numbers as text, without going through values: most of what is exported.

use std::fmt::Write;

use hdfive::definition::{ByteOrder, Class, Datatype, Float, FloatOrder};
use hdfive::{Element, Error, Value};

use crate::text::number::integer_value;

/// How numbers of one type are read from their bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// An integer of a size that processors know, all of whose bits count.
    Integer { signed: bool, big: bool },
    /// An IEEE 754 number of four bytes.
    Single { big: bool },
    /// One of eight.
    Double { big: bool },
    /// Any other number.
    Other,
}

impl Number {
    /// `None` where elements of this type are no numbers.
    pub(super) fn of(datatype: &Datatype) -> Option<Self> {
        let bits = datatype.size.saturating_mul(8);
        Some(match &datatype.class {
            Class::Integer(integer) => {
                let whole = u32::from(integer.precision) == bits && integer.offset == 0;
                let big = integer.order == ByteOrder::Big;
                if whole && matches!(datatype.size, 1 | 2 | 4 | 8) {
                    Self::Integer { signed: integer.signed, big }
                } else {
                    Self::Other
                }
            }
            Class::Float(float) => match (ieee_bits(float, datatype.size), float.order) {
                (Some(32), order) => Self::Single { big: order == FloatOrder::Big },
                (Some(64), order) => Self::Double { big: order == FloatOrder::Big },
                _ => Self::Other,
            },
            _ => return None,
        })
    }

    /// Appends the number in the fewest digits that lead back to it.
    pub(super) fn push(self, out: &mut String, element: &Element<'_>) -> Result<(), Error> {
        let bytes = element.bytes();
        // Writing to memory cannot fail.
        let _ = match self {
            Self::Integer { signed, big } => {
                let value = unsigned(bytes, big);
                if signed {
                    let above = 64_u32.saturating_sub(bits_of(bytes));
                    let value = value.wrapping_shl(above).cast_signed().wrapping_shr(above);
                    write!(out, "{value}")
                } else {
                    write!(out, "{value}")
                }
            }
            Self::Single { big } => {
                let bits = u32::try_from(unsigned(bytes, big)).unwrap_or(0);
                write!(out, "{:?}", f32::from_bits(bits))
            }
            Self::Double { big } => write!(out, "{:?}", f64::from_bits(unsigned(bytes, big))),
            Self::Other => match &element.datatype().class {
                Class::Integer(integer) => match integer_value(integer, bytes) {
                    Some(value) => write!(out, "{value}"),
                    None => write!(out, "{}", element.value()?),
                },
                _ => match element.value()? {
                    Value::Float(number) => write!(out, "{number:?}"),
                    other => write!(out, "{other}"),
                },
            },
        };
        Ok(())
    }
}

/// Bits of an IEEE 754 number of 16, 32 or 64 bits, whichever its byte order; `None` of any other.
pub(super) fn ieee_bits(float: &Float, size: u32) -> Option<u32> {
    let parts = (
        size,
        float.offset,
        float.exponent_position,
        float.exponent_size,
        float.mantissa_position,
        float.mantissa_size,
        float.exponent_bias,
        float.sign_position,
    );
    if float.order == FloatOrder::Vax {
        return None;
    }
    match parts {
        (2, 0, 10, 5, 0, 10, 15, 15) => Some(16),
        (4, 0, 23, 8, 0, 23, 127, 31) => Some(32),
        (8, 0, 52, 11, 0, 52, 1023, 63) => Some(64),
        _ => None,
    }
}

fn bits_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(8).saturating_mul(8)
}

/// At most eight bytes as a number.
fn unsigned(bytes: &[u8], big: bool) -> u64 {
    let mut all = [0; 8];
    if big {
        all.iter_mut().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
    } else {
        all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }
    u64::from_le_bytes(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdfive::{File, H5Type, Selection};

    fn text<T: H5Type + Copy>(value: T) -> String {
        let file = File::in_memory().unwrap();
        let dataset = file.create_dataset("x", [value].as_slice()).unwrap();
        let elements = dataset.read_elements(Selection::All).unwrap();
        let number = Number::of(elements.datatype()).unwrap();
        assert_ne!(number, Number::Other);
        let mut out = String::new();
        number.push(&mut out, &elements.get(0).unwrap()).unwrap();
        out
    }

    #[test]
    fn numbers_lead_back_to_themselves() {
        assert_eq!(text(-128_i8), "-128");
        assert_eq!(text(u64::MAX), "18446744073709551615");
        assert_eq!(text(i64::MIN), "-9223372036854775808");
        assert_eq!(text(0.1_f32), "0.1");
        assert_eq!(text(1e300), "1e300");
        assert_eq!(text(-0.0), "-0.0");
        assert_eq!(text(f64::NAN), "NaN");
    }
}
