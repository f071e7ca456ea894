//! Stored numbers of any layout.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a conversion kernel: positions and widths are checked when the layout is planned"
)]

mod bits;
mod exact;
mod float;
mod integer;
mod packed;

pub(crate) use exact::Exact;
pub(crate) use float::FloatLayout;
pub(crate) use integer::{Int, IntegerLayout};
pub(crate) use packed::{Packed, Packs};

use super::unpacked::Unpacked;
use crate::error::Result;
use crate::format::datatype::{ByteOrder, Class, Datatype, Float, FloatOrder, Integer};

/// A number whose bits mean what those of a Rust type mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    Bf16,
    F32,
    F64,
}

/// How a number is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Layout {
    /// As a Rust type, in one byte order or the other.
    Native(Kind, ByteOrder),
    /// As an integer of any other layout.
    Integer(IntegerLayout),
    /// As a float of any other layout.
    Float(FloatLayout),
}

impl Layout {
    /// The layout of a number, an enumeration's value, a bit field or a time; `None` of anything
    /// else.
    pub(crate) fn of(stored: &Datatype) -> Result<Option<Self>> {
        Ok(ExactLayout::of(stored)?.map(|layout| match layout {
            ExactLayout::Integer(integer) => match integer.kind(stored.size) {
                Some((kind, order)) => Self::Native(kind, order),
                None => Self::Integer(integer),
            },
            ExactLayout::Float(float) => match float_kind(stored) {
                Some((kind, order)) => Self::Native(kind, order),
                None => Self::Float(float),
            },
        }))
    }
}

/// Whether it is an integer or a float as this machine has it.
pub(crate) fn is_native_number(datatype: &Datatype) -> bool {
    let number = matches!(datatype.class, Class::Integer(_) | Class::Float(_));
    let native = match Layout::of(datatype) {
        Ok(Some(Layout::Native(Kind::F16 | Kind::Bf16, _))) => false,
        Ok(Some(Layout::Native(_, order))) => order == ByteOrder::NATIVE,
        _ => false,
    };
    number && native
}

/// The Rust type that a float is.
pub(crate) fn float_kind(stored: &Datatype) -> Option<(Kind, ByteOrder)> {
    let Class::Float(float) = &stored.class else { return None };
    let order = match float.order {
        FloatOrder::Little => ByteOrder::Little,
        FloatOrder::Big => ByteOrder::Big,
        FloatOrder::Vax => return None,
    };
    let (kind, mantissa_size) = match (stored.size, float.exponent_size) {
        (2, 8) => (Kind::Bf16, 7),
        (2, 5) => (Kind::F16, 10),
        (4, 8) => (Kind::F32, 23),
        (8, 11) => (Kind::F64, 52),
        _ => return None,
    };
    let same = Float::without_gaps(float.order, float.exponent_size, mantissa_size);
    (*float == same).then_some((kind, order))
}

/// A number of any layout, those of Rust types included: read and written exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ExactLayout {
    Integer(IntegerLayout),
    Float(FloatLayout),
}

impl ExactLayout {
    /// As [`Layout::of`].
    pub(crate) fn of(stored: &Datatype) -> Result<Option<Self>> {
        let size = stored.size;
        let integer = |of: &Integer| {
            let (place, pads) = ((of.offset, of.precision), (of.low_pad, of.high_pad));
            IntegerLayout::new(size, of.order, of.signed, place, pads)
        };
        Ok(Some(match &stored.class {
            Class::Integer(of) => Self::Integer(integer(of)),
            Class::Enum(enumeration) => match &enumeration.base.class {
                Class::Integer(of) => Self::Integer(integer(of)),
                _ => return Ok(None),
            },
            Class::Bitfield(of) => {
                let (place, pads) = ((of.offset, of.precision), (of.low_pad, of.high_pad));
                Self::Integer(IntegerLayout::new(size, of.order, false, place, pads))
            }
            Class::Time(of) => {
                let (place, pads) = ((0, of.precision), (false, false));
                Self::Integer(IntegerLayout::new(size, of.order, true, place, pads))
            }
            Class::Float(float) => Self::float(size, float)?,
            _ => return Ok(None),
        }))
    }

    fn float(size: u32, float: &Float) -> Result<Self> {
        Ok(Self::Float(FloatLayout::new(size, float)?))
    }

    /// The value of one element. Of integers, what 128 bits do not hold becomes the nearest that
    /// they do; of floats, the same goes for mantissas.
    pub(crate) fn read(&self, element: &[u8]) -> Exact {
        match self {
            Self::Integer(integer) => Exact::Int(integer.read(element)),
            Self::Float(float) => Exact::Float(float.read(element)),
        }
    }

    /// Whether [`read`](Self::read) gives the number that is there.
    pub(crate) fn reads_all(&self, element: &[u8]) -> bool {
        match self {
            Self::Integer(integer) => integer.reads_all(element),
            Self::Float(float) => float.reads_all(element),
        }
    }

    /// Makes `element` hold the number nearest to `value`; an integer, the nearest to what is left
    /// of a float without its fraction, and 0 for NaN.
    pub(crate) fn write(&self, value: Exact, element: &mut [u8]) {
        match (self, value) {
            (Self::Integer(layout), Exact::Int(value)) => layout.write(value, element),
            (Self::Integer(layout), Exact::Float(value)) => {
                let (negative, magnitude) = value.truncate();
                let signed = Int::Signed(value.to_i128());
                layout.write(if negative { signed } else { Int::Unsigned(magnitude) }, element);
            }
            (Self::Float(layout), Exact::Float(value)) => layout.write(value, element),
            (Self::Float(layout), Exact::Int(Int::Signed(value))) => {
                layout.write(Unpacked::from_i128(value), element);
            }
            (Self::Float(layout), Exact::Int(Int::Unsigned(value))) => {
                layout.write(Unpacked::from_u128(value), element);
            }
        }
    }
}
