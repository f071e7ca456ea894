//! Stored numbers of any layout.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a conversion kernel: positions and widths are checked when the layout is planned"
)]

use super::unpacked::Unpacked;
use crate::error::{Error, Result};
use crate::format::datatype::{
    ByteOrder, Class, Datatype, Float, FloatOrder, Integer, Normalization,
};

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

/// An integer of any layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct IntegerLayout {
    order: ByteOrder,
    signed: bool,
    offset: u32,
    precision: u32,
}

/// A float of any layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FloatLayout {
    float: Float,
    rules: Rules,
}

/// What the highest and the lowest exponent mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// Infinities and NaNs, numbers below the smallest normal one.
    Ieee,
    /// No infinities; NaN has all bits set (8-bit E4M3).
    OneNan,
    /// Every pattern is a finite number (6-bit and 4-bit floats).
    Finite,
    /// No infinities, nothing but zero below the smallest normal number; "minus zero" is no
    /// number.
    Vax,
}

/// An integer that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Int {
    Signed(i128),
    Unsigned(u128),
}

impl Layout {
    /// The layout of a number, an enumeration's value, a bit field or a time; `None` of anything
    /// else.
    pub(crate) fn of(stored: &Datatype) -> Result<Option<Self>> {
        Ok(Some(match &stored.class {
            Class::Integer(integer) => Self::integer(stored.size, integer),
            Class::Enum(enumeration) => match &enumeration.base.class {
                Class::Integer(integer) => Self::integer(stored.size, integer),
                _ => return Ok(None),
            },
            Class::Bitfield(bits) => {
                Self::bits(stored.size, bits.order, false, bits.offset, bits.precision)
            }
            Class::Time(time) => Self::bits(stored.size, time.order, true, 0, time.precision),
            Class::Float(float) => Self::float(stored.size, float)?,
            _ => return Ok(None),
        }))
    }

    fn integer(size: u32, integer: &Integer) -> Self {
        Self::bits(size, integer.order, integer.signed, integer.offset, integer.precision)
    }

    fn bits(size: u32, order: ByteOrder, signed: bool, offset: u16, precision: u16) -> Self {
        let kind = match (size, signed) {
            (1, true) => Some(Kind::I8),
            (2, true) => Some(Kind::I16),
            (4, true) => Some(Kind::I32),
            (8, true) => Some(Kind::I64),
            (1, false) => Some(Kind::U8),
            (2, false) => Some(Kind::U16),
            (4, false) => Some(Kind::U32),
            (8, false) => Some(Kind::U64),
            _ => None,
        };
        match kind {
            Some(kind) if offset == 0 && u32::from(precision) == size * 8 => {
                Self::Native(kind, order)
            }
            _ => Self::Integer(IntegerLayout {
                order,
                signed,
                offset: offset.into(),
                precision: precision.into(),
            }),
        }
    }

    fn float(size: u32, float: &Float) -> Result<Self> {
        let native = |order| {
            let base = match (size, float.exponent_size) {
                (2, 8) => (Kind::Bf16, Datatype::bfloat16(order)),
                (2, 5) => (Kind::F16, Datatype::float(2, order).ok()?),
                (4, 8) => (Kind::F32, Datatype::float(4, order).ok()?),
                (8, 11) => (Kind::F64, Datatype::float(8, order).ok()?),
                _ => return None,
            };
            (base.1.class == Class::Float(*float)).then_some(Self::Native(base.0, order))
        };
        let native = match float.order {
            FloatOrder::Little => native(ByteOrder::Little),
            FloatOrder::Big => native(ByteOrder::Big),
            FloatOrder::Vax => None,
        };
        match native {
            Some(native) => Ok(native),
            None => Ok(Self::Float(FloatLayout::new(size, float)?)),
        }
    }

    /// Whether it is a float.
    pub(crate) fn is_float(&self) -> bool {
        matches!(
            self,
            Self::Float(_) | Self::Native(Kind::F16 | Kind::Bf16 | Kind::F32 | Kind::F64, _)
        )
    }
}

impl IntegerLayout {
    /// The layout of a native integer of `size` bytes.
    pub(crate) fn native(size: u32, signed: bool, order: ByteOrder) -> Self {
        Self { order, signed, offset: 0, precision: size * 8 }
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
        let negative = self.signed && bytes.bit(self.offset + self.precision - 1);
        let fits = (128..self.precision).all(|bit| bytes.bit(self.offset + bit) == negative);
        if !self.signed {
            return Int::Unsigned(if fits { low } else { u128::MAX });
        }
        let low = low as i128;
        Int::Signed(match (fits && (low < 0) == negative, negative) {
            (true, _) => low,
            (false, true) => i128::MIN,
            (false, false) => i128::MAX,
        })
    }
}

impl FloatLayout {
    /// Widest exponent this reads, in bits.
    const EXPONENT_MAX: u8 = 32;
    /// Mantissa bits kept; those below become one.
    const MANTISSA_MAX: u32 = 126;

    fn new(size: u32, float: &Float) -> Result<Self> {
        if float.exponent_size > Self::EXPONENT_MAX {
            return Err(Error::unsupported("a float with an exponent of more than 32 bits"));
        }
        if float.order == FloatOrder::Vax && size % 2 == 1 {
            return Err(Error::unsupported("a VAX float of odd size"));
        }
        let rules = match (float.exponent_size, float.mantissa_size, float.exponent_bias) {
            _ if float.order == FloatOrder::Vax => Rules::Vax,
            (4, 3, 7) if size == 1 => Rules::OneNan,
            (2, 3, 1) | (3, 2, 3) | (2, 1, 1) if size == 1 => Rules::Finite,
            _ => Rules::Ieee,
        };
        Ok(Self { float: *float, rules })
    }

    /// The value of one element.
    pub(crate) fn read(&self, element: &[u8]) -> Unpacked {
        let float = &self.float;
        let mut words;
        let bytes = match float.order {
            FloatOrder::Little => Bytes { bytes: element, order: ByteOrder::Little },
            FloatOrder::Big => Bytes { bytes: element, order: ByteOrder::Big },
            FloatOrder::Vax => {
                words = element.to_vec();
                words.chunks_exact_mut(2).for_each(<[u8]>::reverse);
                Bytes { bytes: &words, order: ByteOrder::Big }
            }
        };
        let negative = bytes.bit(float.sign_position.into());
        let stored = bytes.bits(float.exponent_position.into(), float.exponent_size.into());
        let (fraction, dropped) = self.fraction(bytes);
        let size = i64::from(float.mantissa_size) - dropped;
        let highest = (1_u128 << float.exponent_size) - 1;
        let explicit = float.normalization != Normalization::Implied;
        // An explicit leading bit is no part of what tells an infinity from a NaN.
        let quiet = if explicit { fraction & ((1 << (size - 1)) - 1) } else { fraction };
        match self.rules {
            Rules::Ieee if stored == highest && quiet == 0 => {
                return Unpacked::Infinite { negative };
            }
            Rules::Ieee if stored == highest => return Unpacked::Nan { negative },
            Rules::OneNan if stored == highest && fraction == (1 << size) - 1 => {
                return Unpacked::Nan { negative };
            }
            Rules::Vax if stored == 0 && negative => return Unpacked::Nan { negative },
            Rules::Vax if stored == 0 => {
                return Unpacked::Finite { negative, mantissa: 0, exponent: 0 };
            }
            _ => {}
        }
        let implied = u128::from(!explicit && stored != 0) << size;
        // The mantissa's unit is its lowest bit.
        let unit = if explicit { size - 1 } else { size };
        let exponent = stored.max(1) as i64 - i64::from(float.exponent_bias) - unit;
        Unpacked::Finite { negative, mantissa: fraction | implied, exponent }
    }

    /// The mantissa's stored bits and the number of those below that were dropped; where one of
    /// them is set, so is the lowest that is left, which rounds the same.
    fn fraction(&self, bytes: Bytes<'_>) -> (u128, i64) {
        let (at, size) = (self.float.mantissa_position.into(), self.float.mantissa_size.into());
        let dropped = u32::saturating_sub(size, Self::MANTISSA_MAX);
        let fraction = bytes.bits(at + dropped, size - dropped);
        let sticky = (at..at + dropped).any(|bit| bytes.bit(bit));
        (fraction | u128::from(sticky), dropped.into())
    }
}

/// The bytes of one number.
#[derive(Debug, Clone, Copy)]
struct Bytes<'a> {
    bytes: &'a [u8],
    order: ByteOrder,
}

impl Bytes<'_> {
    /// The byte of the given rank, the least significant being 0.
    fn byte(self, rank: usize) -> u8 {
        let at = match self.order {
            ByteOrder::Little => rank,
            ByteOrder::Big => self.bytes.len().wrapping_sub(rank + 1),
        };
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn bit(self, bit: u32) -> bool {
        self.byte(bit as usize / 8) >> (bit % 8) & 1 == 1
    }

    /// `len` bits, at most 128, from bit `from` on.
    fn bits(self, from: u32, len: u32) -> u128 {
        let (first, skipped) = (from as usize / 8, from % 8);
        let count = (skipped + len).div_ceil(8);
        let low = (0..count.min(16))
            .rev()
            .fold(0_u128, |value, rank| value << 8 | u128::from(self.byte(first + rank as usize)));
        let mut value = low >> skipped;
        if count > 16 {
            value |= u128::from(self.byte(first + 16)) << (128 - skipped);
        }
        if len < 128 { value & ((1 << len) - 1) } else { value }
    }
}
