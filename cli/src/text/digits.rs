//! Digits of numbers, rounded as C rounds them.

use std::fmt::Write;

/// Most digits that are reckoned; of more, the general way has them.
const MOST: usize = 9;

/// Powers of ten that a number of eight bytes holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A number that is not negative, rounded: digits, of which the first stands before the point, and
/// the power of ten that they are to be multiplied by.
#[derive(Debug)]
pub(super) struct Digits {
    few: [u8; MOST],
    /// All of them, where they are not `few`.
    many: Vec<u8>,
    /// How many there are.
    count: usize,
    pub(super) exponent: i32,
}

impl Digits {
    /// The first `count` digits, at least one, of a finite number that is not negative.
    pub(super) fn of(number: f64, count: usize) -> Self {
        let mut few = [b'0'; MOST];
        if let Some((value, exponent)) = rounded(number, count) {
            let mut left = value;
            for place in few.iter_mut().take(count).rev() {
                *place = b'0'.saturating_add(u8::try_from(left % 10).unwrap_or(0));
                left /= 10;
            }
            return Self { few, many: Vec::new(), count, exponent };
        }
        let text = format!("{number:.*e}", count.saturating_sub(1));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let many: Vec<u8> = mantissa.bytes().filter(|byte| *byte != b'.').collect();
        let count = many.len();
        Self { few, many, count, exponent: exponent.parse().unwrap_or(0) }
    }

    fn digits(&self) -> &[u8] {
        let all = if self.many.is_empty() { self.few.as_slice() } else { self.many.as_slice() };
        all.get(..self.count).unwrap_or(all)
    }

    /// Leaves out zeros at the end, but for a first digit.
    pub(super) fn trim(&mut self) {
        let zeros = self.digits().iter().rev().take_while(|digit| **digit == b'0').count();
        self.count = self.count.saturating_sub(zeros).max(1);
    }

    /// Appends `1.25e-07`.
    pub(super) fn push_exponent(&self, out: &mut String) {
        self.push_range(out, 0, 1);
        if self.count > 1 {
            out.push('.');
            self.push_range(out, 1, self.count);
        }
        let sign = if self.exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", self.exponent.unsigned_abs());
    }

    /// Appends `0.00125`; all digits that are left stand in it.
    pub(super) fn push_plain(&self, out: &mut String) {
        let Ok(before) = usize::try_from(self.exponent) else {
            out.push_str("0.");
            for _ in 1..self.exponent.unsigned_abs() {
                out.push('0');
            }
            return self.push_range(out, 0, self.count);
        };
        let before = before.saturating_add(1);
        self.push_range(out, 0, before.min(self.count));
        for _ in self.count..before {
            out.push('0');
        }
        if before < self.count {
            out.push('.');
            self.push_range(out, before, self.count);
        }
    }

    fn push_range(&self, out: &mut String, from: usize, to: usize) {
        let digits = self.digits().get(from..to).unwrap_or_default();
        out.push_str(std::str::from_utf8(digits).unwrap_or_default());
    }
}

/// The first `count` digits as one number, and the exponent; `None` where that is not sure by
/// arithmetic with numbers of eight bytes.
///
/// Multiplying or dividing once by an exact power of ten is off by less than one part in 2^53: of a
/// result of at most nine digits, by less than 1e-6. So a result is rounded rightly where it is not
/// that close to the middle between two numbers of `count` digits.
#[allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "what is cut off is looked at"
)]
fn rounded(number: f64, count: usize) -> Option<(u64, i32)> {
    const UNSURE: f64 = 1e-5;
    let top = *POWERS.get(count).filter(|_| (1..=MOST).contains(&count))?;
    if number == 0.0 {
        return Some((0, 0));
    }
    if !number.is_normal() {
        return None;
    }
    let power = i32::try_from((number.to_bits() >> 52) & 0x7ff).ok()?.checked_sub(1023)?;
    // The logarithm of 2, in parts of 2^18: the exponent, or one less.
    let mut exponent = power.checked_mul(78_913)? >> 18;
    let mut scaled = scale(number, count, exponent)?;
    if scaled >= top {
        exponent = exponent.checked_add(1)?;
        scaled = scale(number, count, exponent)?;
    }
    let whole = scaled as u64;
    let rest = scaled - whole as f64;
    if (rest - 0.5).abs() < UNSURE {
        return None;
    }
    let digits = whole.checked_add(u64::from(rest > 0.5))?;
    let top = top as u64;
    if digits < top / 10 {
        return None;
    }
    Some(if digits == top { (digits / 10, exponent.checked_add(1)?) } else { (digits, exponent) })
}

/// The number with `count` digits before the point.
fn scale(number: f64, count: usize, exponent: i32) -> Option<f64> {
    let shift = i32::try_from(count).ok()?.checked_sub(1)?.checked_sub(exponent)?;
    let factor = POWERS.get(usize::try_from(shift.unsigned_abs()).ok()?)?;
    Some(if shift < 0 { number / factor } else { number * factor })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the general way says.
    fn general(number: f64, count: usize) -> (u64, i32) {
        let text = format!("{number:.*e}", count.saturating_sub(1));
        let (mantissa, exponent) = text.split_once('e').unwrap();
        (mantissa.replace('.', "").parse().unwrap(), exponent.parse().unwrap())
    }

    #[test]
    fn reckoned_digits_are_those_of_the_general_way() {
        let low = |bits: u64| u32::try_from(bits & 0xffff_ffff).unwrap();
        let mut state = 7_u64;
        let mut sure = 0;
        for number in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let bits = state ^ (state >> 31);
            let number = match number % 4 {
                0 => f64::from_bits(bits).abs(),
                1 => f64::from(f32::from_bits(low(bits >> 20)).abs()),
                2 => f64::from(low(bits >> 44)) / 1000.0,
                _ => f64::from(low(bits >> 52)) / 256.0,
            };
            if !number.is_finite() {
                continue;
            }
            for count in [1, 6, 9] {
                let Some(found) = rounded(number, count) else { continue };
                assert_eq!(found, general(number, count), "{number:?} {count}");
                sure += 1;
            }
        }
        assert!(sure > 200_000, "{sure}");
    }

    #[test]
    fn numbers_at_the_edges_are_right() {
        for number in [
            0.0,
            5e-324,
            f64::MIN_POSITIVE,
            f64::MAX,
            1.0,
            9.5,
            0.5,
            999_999.5,
            999_999.4,
            9_999_995.0,
            99_999_950.0,
            0.1,
            1e22,
            1e23,
            1e-22,
            123_456.5,
            123_457.5,
            1e15,
            2.5,
            0.000_099_999_95,
        ] {
            for count in 1..=17 {
                let digits = Digits::of(number, count);
                let text = String::from_utf8(digits.digits().to_vec()).unwrap();
                assert_eq!(text.len(), count);
                let found = (text.parse().unwrap(), digits.exponent);
                assert_eq!(found, general(number, count), "{number:?} {count}");
            }
        }
    }
}
