//! Floats of any layout.

use super::bits::{Bytes, BytesMut};
use crate::element::unpacked::{Unpacked, shifted};
use crate::error::{Error, Result};
use crate::format::datatype::{ByteOrder, Float, FloatOrder, Normalization};

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

/// The parts of a stored float. Of a fraction of more bits than are kept, the highest.
#[derive(Debug, Clone, Copy)]
struct Pattern {
    negative: bool,
    exponent: u64,
    fraction: u128,
}

impl FloatLayout {
    /// Widest exponent this reads, in bits.
    const EXPONENT_MAX: u8 = 32;
    /// Mantissa bits kept. Those below are read as one, and written as zeros.
    const MANTISSA_MAX: u32 = 126;

    pub(super) fn new(size: u32, float: &Float) -> Result<Self> {
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

    /// Whether the mantissa's leading bit is stored.
    fn explicit(&self) -> bool {
        self.float.normalization != Normalization::Implied
    }

    /// Bits of the mantissa that are kept, and those below that are not.
    fn mantissa_bits(&self) -> (u32, u32) {
        let size = u32::from(self.float.mantissa_size);
        let kept = size.min(Self::MANTISSA_MAX);
        (kept, size - kept)
    }

    /// The highest exponent, as stored.
    fn highest(&self) -> u64 {
        (1 << self.float.exponent_size) - 1
    }

    /// The exponent of the smallest normal number.
    fn smallest(&self) -> i64 {
        1 - i64::from(self.float.exponent_bias)
    }

    /// The value of one element.
    pub(crate) fn read(&self, element: &[u8]) -> Unpacked {
        let Pattern { negative, exponent, fraction } = self.parts(element);
        let size = self.mantissa_bits().0;
        let explicit = self.explicit();
        // An explicit leading bit is no part of what tells an infinity from a NaN.
        let quiet = if explicit { fraction & ((1 << (size - 1)) - 1) } else { fraction };
        match self.rules {
            Rules::Ieee if exponent == self.highest() && quiet == 0 => {
                return Unpacked::Infinite { negative };
            }
            Rules::Ieee if exponent == self.highest() => return Unpacked::Nan { negative },
            Rules::OneNan if exponent == self.highest() && fraction == (1 << size) - 1 => {
                return Unpacked::Nan { negative };
            }
            Rules::Vax if exponent == 0 && negative => return Unpacked::Nan { negative },
            Rules::Vax if exponent == 0 => {
                return Unpacked::Finite { negative, mantissa: 0, exponent: 0 };
            }
            _ => {}
        }
        let implied = u128::from(!explicit && exponent != 0) << size;
        // The mantissa's unit is its lowest bit.
        let unit = i64::from(if explicit { size - 1 } else { size });
        let exponent = exponent.max(1) as i64 - i64::from(self.float.exponent_bias) - unit;
        Unpacked::Finite { negative, mantissa: fraction | implied, exponent }
    }

    /// Whether [`read`](Self::read) keeps all bits of the mantissa.
    pub(super) fn reads_all(&self, element: &[u8]) -> bool {
        match self.mantissa_bits() {
            (_, 0) => true,
            // What is dropped leaves its mark on a bit that numbers of few bits do not have.
            _ => {
                matches!(self.read(element), Unpacked::Finite { mantissa, .. } if mantissa & 1 == 0)
            }
        }
    }

    fn parts(&self, element: &[u8]) -> Pattern {
        let float = &self.float;
        let mut words;
        let bytes = match float.order {
            FloatOrder::Little => Bytes { bytes: element, order: ByteOrder::Little },
            FloatOrder::Big => Bytes { bytes: element, order: ByteOrder::Big },
            FloatOrder::Vax => {
                words = element.to_vec();
                swap_words(&mut words);
                Bytes { bytes: &words, order: ByteOrder::Big }
            }
        };
        let negative = bytes.bit(float.sign_position.into());
        let exponent = bytes.bits(float.exponent_position.into(), float.exponent_size.into());
        let (kept, dropped) = self.mantissa_bits();
        let at = u32::from(float.mantissa_position);
        // A bit that is dropped leaves its mark on the lowest that is kept, which rounds the same.
        let sticky = (at..at + dropped).any(|bit| bytes.bit(bit));
        let fraction = bytes.bits(at + dropped, kept) | u128::from(sticky);
        Pattern { negative, exponent: exponent as u64, fraction }
    }

    /// Makes `element` hold the nearest number to `value`, ties to even.
    ///
    /// What is too large becomes an infinity; where there is none, NaN, or where there is none of
    /// these either, the largest number. NaN becomes 0 where there is no NaN.
    pub(crate) fn write(&self, value: Unpacked, element: &mut [u8]) {
        let pattern = match value {
            Unpacked::Nan { negative } => self.nan(negative),
            Unpacked::Infinite { negative } => self.too_large(negative),
            Unpacked::Finite { negative, mantissa, exponent } => match mantissa.checked_ilog2() {
                None => self.zero(negative),
                Some(top) => self.rounded(negative, mantissa, exponent, top.into()),
            },
        };
        self.put(pattern, element);
    }

    fn put(&self, pattern: Pattern, element: &mut [u8]) {
        let float = &self.float;
        let order = match float.order {
            FloatOrder::Little => ByteOrder::Little,
            FloatOrder::Big | FloatOrder::Vax => ByteOrder::Big,
        };
        let mut bytes = BytesMut { bytes: &mut *element, order };
        let all = bytes.len();
        let (first, end) =
            (float.offset.into(), u32::from(float.offset) + u32::from(float.precision));
        bytes.fill(0, first, float.low_pad);
        bytes.fill(first, end, float.internal_pad);
        bytes.fill(end, all, float.high_pad);
        let (kept, dropped) = self.mantissa_bits();
        let at = u32::from(float.mantissa_position);
        bytes.fill(at, at + dropped, false);
        bytes.set(at + dropped, kept, pattern.fraction);
        let exponent = u128::from(pattern.exponent);
        bytes.set(float.exponent_position.into(), float.exponent_size.into(), exponent);
        bytes.set(float.sign_position.into(), 1, pattern.negative.into());
        if float.order == FloatOrder::Vax {
            swap_words(element);
        }
    }

    fn zero(&self, negative: bool) -> Pattern {
        let negative = negative && self.rules != Rules::Vax;
        Pattern { negative, exponent: 0, fraction: 0 }
    }

    fn nan(&self, negative: bool) -> Pattern {
        let size = self.mantissa_bits().0;
        let exponent = self.highest();
        match self.rules {
            // The leading bit, where it is stored, and the one after it.
            Rules::Ieee if self.explicit() && size > 1 => {
                Pattern { negative, exponent, fraction: 0b11 << (size - 2) }
            }
            Rules::Ieee if !self.explicit() => {
                Pattern { negative, exponent, fraction: 1 << (size - 1) }
            }
            Rules::OneNan => Pattern { negative, exponent, fraction: (1 << size) - 1 },
            Rules::Vax => Pattern { negative: true, exponent: 0, fraction: 0 },
            Rules::Ieee | Rules::Finite => self.zero(false),
        }
    }

    fn too_large(&self, negative: bool) -> Pattern {
        let exponent = self.highest();
        let size = self.mantissa_bits().0;
        let fraction = match self.rules {
            Rules::Ieee => u128::from(self.explicit()) << (size - 1),
            Rules::OneNan => return self.nan(negative),
            Rules::Finite | Rules::Vax => (1 << size) - 1,
        };
        Pattern { negative, exponent, fraction }
    }

    /// The nearest number to `mantissa * 2^exponent`, the highest bit of `mantissa` being `top`.
    fn rounded(&self, negative: bool, mantissa: u128, exponent: i64, top: i64) -> Pattern {
        let (explicit, size) = (self.explicit(), self.mantissa_bits().0);
        let digits = if explicit { size } else { size + 1 };
        let (smallest, highest) = (self.smallest(), exponent.saturating_add(top));
        if self.rules == Rules::Vax && highest < smallest {
            // The number is nearer to the smallest there is than to zero, or it is not.
            let up = highest == smallest - 1 && !mantissa.is_power_of_two();
            let fraction = u128::from(explicit) << (size - 1);
            return if up { Pattern { negative, exponent: 1, fraction } } else { self.zero(false) };
        }
        // The exponent of the last bit that is kept.
        let mut last = highest.max(smallest) - i64::from(digits - 1);
        let mut kept = shifted(mantissa, last.saturating_sub(exponent));
        if kept >> digits != 0 {
            kept >>= 1;
            last += 1;
        }
        let normal = kept >> (digits - 1) != 0;
        let stored = last + i64::from(digits - 1) + i64::from(self.float.exponent_bias);
        let exponent = if normal { u64::try_from(stored).unwrap_or(0) } else { 0 };
        let fraction = if explicit { kept } else { kept & ((1 << size) - 1) };
        let fits = match self.rules {
            Rules::Ieee => exponent < self.highest(),
            Rules::OneNan => (exponent, fraction) < (self.highest(), (1 << size) - 1),
            Rules::Finite | Rules::Vax => exponent <= self.highest(),
        };
        if fits { Pattern { negative, exponent, fraction } } else { self.too_large(negative) }
    }
}

/// Between the words of a VAX and big-endian order.
fn swap_words(bytes: &mut [u8]) {
    bytes.chunks_exact_mut(2).for_each(<[u8]>::reverse);
}
