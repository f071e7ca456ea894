//! Floating-point numbers of any precision.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a conversion kernel: shifts and exponents are bounded where they are computed"
)]

/// A floating-point number, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unpacked {
    /// Not a number.
    Nan { negative: bool },
    /// An infinity.
    Infinite { negative: bool },
    /// `mantissa * 2^exponent`; zero has a sign too.
    Finite { negative: bool, mantissa: u128, exponent: i64 },
}

/// A binary format that a number is rounded to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// Bits of the mantissa, the implied one included; at most 53.
    pub(crate) precision: u32,
    /// Exponent of the smallest normal number.
    pub(crate) min: i64,
    /// Exponent of the largest number.
    pub(crate) max: i64,
}

impl Format {
    #[cfg(any(test, feature = "half"))]
    pub(crate) const F16: Self = Self { precision: 11, min: -14, max: 15 };
    #[cfg(any(test, feature = "half"))]
    pub(crate) const BF16: Self = Self { precision: 8, min: -126, max: 127 };
    pub(crate) const F32: Self = Self { precision: 24, min: -126, max: 127 };
    pub(crate) const F64: Self = Self { precision: 53, min: -1022, max: 1023 };
}

impl Unpacked {
    pub(crate) fn from_i128(value: i128) -> Self {
        Self::Finite { negative: value < 0, mantissa: value.unsigned_abs(), exponent: 0 }
    }

    pub(crate) fn from_u128(value: u128) -> Self {
        Self::Finite { negative: false, mantissa: value, exponent: 0 }
    }

    pub(crate) fn from_f64(value: f64) -> Self {
        let negative = value.is_sign_negative();
        if value.is_nan() {
            return Self::Nan { negative };
        }
        if value.is_infinite() {
            return Self::Infinite { negative };
        }
        let bits = value.to_bits();
        let (stored, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
        let implied = u64::from(stored != 0) << 52;
        let exponent = stored.max(1) as i64 - 1075;
        Self::Finite { negative, mantissa: u128::from(fraction | implied), exponent }
    }

    /// The same number with the smallest mantissa there is, which no other one has; zero without a
    /// sign, and so is NaN.
    pub(crate) fn reduced(self) -> Self {
        match self {
            Self::Nan { .. } => Self::Nan { negative: false },
            Self::Infinite { .. } => self,
            Self::Finite { mantissa: 0, .. } => {
                Self::Finite { negative: false, mantissa: 0, exponent: 0 }
            }
            Self::Finite { negative, mantissa, exponent } => {
                let zeros = mantissa.trailing_zeros();
                let exponent = exponent.saturating_add(zeros.into());
                Self::Finite { negative, mantissa: mantissa >> zeros, exponent }
            }
        }
    }

    /// The nearest number of `format`, ties to even.
    pub(crate) fn round(self, format: Format) -> f64 {
        let (negative, magnitude) = match self {
            Self::Nan { negative } => (negative, f64::NAN),
            Self::Infinite { negative } => (negative, f64::INFINITY),
            Self::Finite { negative, mantissa, exponent } => {
                (negative, round_magnitude(mantissa, exponent, format))
            }
        };
        if negative { -magnitude } else { magnitude }
    }

    /// The integer part, between `i128::MIN` and `u128::MAX`: the sign and the magnitude.
    ///
    /// NaN becomes 0, what is too large the largest there is.
    pub(crate) fn truncate(self) -> (bool, u128) {
        match self {
            Self::Nan { .. } => (false, 0),
            Self::Infinite { negative } => (negative, u128::MAX),
            Self::Finite { negative, mantissa, exponent } => {
                let magnitude = if mantissa == 0 || exponent <= -128 {
                    0
                } else if exponent <= 0 {
                    mantissa >> exponent.unsigned_abs()
                } else if exponent > i64::from(mantissa.leading_zeros()) {
                    u128::MAX
                } else {
                    mantissa << exponent
                };
                (negative && magnitude != 0, magnitude)
            }
        }
    }

    pub(crate) fn to_i128(self) -> i128 {
        match self.truncate() {
            (false, magnitude) => i128::try_from(magnitude).unwrap_or(i128::MAX),
            (true, magnitude) => 0_i128.checked_sub_unsigned(magnitude).unwrap_or(i128::MIN),
        }
    }

    pub(crate) fn to_u128(self) -> u128 {
        let (negative, magnitude) = self.truncate();
        if negative { 0 } else { magnitude }
    }
}

fn round_magnitude(mantissa: u128, exponent: i64, format: Format) -> f64 {
    let Some(top) = mantissa.checked_ilog2() else { return 0.0 };
    let highest = exponent.saturating_add(top.into());
    if highest > format.max {
        return f64::INFINITY;
    }
    // The exponent of the last bit that is kept.
    let last = highest.max(format.min) - i64::from(format.precision - 1);
    let shift = last.saturating_sub(exponent);
    if shift <= 0 {
        // Few bits: all of them are kept.
        return scale(mantissa as f64, exponent);
    }
    let kept = shifted(mantissa, shift);
    let carried = kept.checked_ilog2().is_some_and(|top| last + i64::from(top) > format.max);
    if carried { f64::INFINITY } else { scale(kept as f64, last) }
}

/// `mantissa / 2^shift`, to the nearest integer, ties to even. Where `shift` is negative, there must
/// be room for the result.
pub(crate) fn shifted(mantissa: u128, shift: i64) -> u128 {
    if shift <= 0 {
        return mantissa << shift.unsigned_abs();
    }
    if shift > 128 {
        return 0;
    }
    let kept = if shift == 128 { 0 } else { mantissa >> shift };
    let half = 1_u128 << (shift - 1);
    let lost = mantissa & (half | (half - 1));
    let up = lost > half || (lost == half && kept & 1 == 1);
    kept + u128::from(up)
}

/// `value * 2^exponent`, for results that a double holds exactly and exponents that one has.
fn scale(value: f64, exponent: i64) -> f64 {
    let power =
        if exponent >= -1022 { ((exponent + 1023) as u64) << 52 } else { 1 << (exponent + 1074) };
    value * f64::from_bits(power)
}
