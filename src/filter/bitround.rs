//! BitGroom (filter 32022) and Granular BitRound (filter 32023): floating-point numbers with as many
//! bits as so many decimal digits need, which a filter behind them then makes smaller. Nothing has to
//! be done to decode them.
//!
//! Zeros, numbers that are not finite and the fill value stay as they are, bit for bit.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "exponents and counts of bits are within a few thousand; shifts are below the width"
)]

use std::f64::consts::{LN_2, LN_10};

use super::{Filter, bad_client_data, decode_to_vec, too_long};
use crate::error::Result;

/// Client data of both: decimal digits (1 to 16), bytes of a number (4 or 8), whether there is a fill
/// value, and that, in two parts.
pub(super) const CLIENT_DATA: usize = 5;

/// As netCDF and CCR reckon, to the last bit.
const BITS_PER_DIGIT: f64 = LN_10 / LN_2;
const DIGITS_PER_BIT: f64 = LN_2 / LN_10;

/// What netCDF fills with where nobody said anything.
const NETCDF_FILL: f32 = 9.969_21e36;

/// In turns, the lowest bits are cleared and set.
#[derive(Debug)]
pub(super) struct BitGroom;

/// The lowest bits, as many as each number can spare, are rounded away.
#[derive(Debug)]
pub(super) struct GranularBitRound;

macro_rules! filters {
    ($($filter:ident $id:literal $name:literal $change:ident),*) => {$(
        impl Filter for $filter {
            fn id(&self) -> u16 {
                $id
            }

            fn name(&self) -> &'static str {
                $name
            }

            fn decode(&self, client_data: &[u32], input: &[u8], limit: usize) -> Result<Vec<u8>> {
                decode_to_vec(self, client_data, input, limit)
            }

            fn decode_into(&self, _: &[u32], input: &[u8], output: &mut [u8]) -> Result<usize> {
                let limit = output.len();
                let target = output.get_mut(..input.len());
                let target = target.ok_or_else(|| too_long($name, input.len(), limit))?;
                target.copy_from_slice(input);
                Ok(input.len())
            }

            fn decoded_prefix(&self, _: &[u32], input: &[u8]) -> Result<Option<usize>> {
                Ok(Some(input.len()))
            }

            fn encode(&self, client_data: &[u32], input: &[u8]) -> Result<Option<Vec<u8>>> {
                let mut output = input.to_vec();
                Plan::parse($name, client_data)?.$change(&mut output);
                Ok(Some(output))
            }

            fn max_encoded_len(&self, _: &[u32], len: usize) -> usize {
                len
            }
        }
    )*};
}

filters! {
    BitGroom 32_022 "BitGroom" groom,
    GranularBitRound 32_023 "Granular BitRound" round
}

/// What the client data say.
#[derive(Debug, Clone, Copy)]
struct Plan {
    digits: u32,
    /// Bytes of a number: 4 or 8.
    size: u32,
    /// Bits of what stays as it is.
    fill: u64,
}

impl Plan {
    fn parse(name: &str, client_data: &[u32]) -> Result<Self> {
        let &[digits @ 1..=16, size, filled, low, high, ..] = client_data else {
            return Err(bad_client_data(name, client_data));
        };
        let fill = match (size, filled) {
            (4, 0) => NETCDF_FILL.to_bits().into(),
            (4, _) => low.into(),
            (8, 0) => 9.969_209_968_386_869e36_f64.to_bits(),
            (8, _) => u64::from(high) << 32 | u64::from(low),
            _ => return Err(bad_client_data(name, client_data)),
        };
        Ok(Self { digits, size, fill })
    }

    /// Bits of a number's fraction.
    fn fraction(&self) -> u32 {
        if self.size == 4 { 23 } else { 52 }
    }

    /// Whether a number is to be changed.
    fn is_open(&self, bits: u64) -> bool {
        let exponent = if self.size == 4 { 0x7F80_0000 } else { 0x7FF0_0000_0000_0000 };
        let is_zero = bits & (exponent | ((1 << self.fraction()) - 1)) == 0;
        bits != self.fill && !is_zero && bits & exponent != exponent
    }

    fn groom(&self, bytes: &mut [u8]) {
        let kept = (f64::from(self.digits) * BITS_PER_DIGIT).ceil() as u32 + 1;
        if kept >= self.fraction() {
            return;
        }
        let tail = (1_u64 << (self.fraction() - kept)) - 1;
        let mut even = false;
        self.change(bytes, |bits| {
            even = !even;
            if even { bits & !tail } else { bits | tail }
        });
    }

    fn round(&self, bytes: &mut [u8]) {
        self.change(bytes, |bits| {
            let spare = match self.size {
                4 => self.spare(f32::from_bits(bits as u32).into()),
                _ => self.spare(f64::from_bits(bits)),
            };
            let Some(spare) = spare else { return bits };
            let tail = (1_u64 << spare) - 1;
            bits.wrapping_add(1 << (spare - 1)) & !tail
        });
    }

    /// How many bits of a number's fraction are beyond its digits; `None` of none.
    fn spare(&self, value: f64) -> Option<u32> {
        let (fraction, exponent) = split(value.abs());
        let log = fraction.log10();
        let digits = (f64::from(exponent) * DIGITS_PER_BIT + log).floor() as i32 + 1;
        let step = (BITS_PER_DIGIT * f64::from(digits - self.digits as i32)).floor() as i32;
        let kept = ((f64::from(exponent) - BITS_PER_DIGIT * log).floor() as i32 - step).abs() - 1;
        let kept = u32::try_from(kept).ok()?;
        self.fraction().checked_sub(kept).filter(|spare| *spare > 0)
    }

    /// Changes all numbers in turn that are not to stay; of the others, their turn is counted.
    fn change(&self, bytes: &mut [u8], mut change: impl FnMut(u64) -> u64) {
        if self.size == 4 {
            for number in bytes.as_chunks_mut::<4>().0 {
                let bits = u32::from_le_bytes(*number).into();
                let changed = change(bits);
                if self.is_open(bits) {
                    *number = (changed as u32).to_le_bytes();
                }
            }
        } else {
            for number in bytes.as_chunks_mut::<8>().0 {
                let bits = u64::from_le_bytes(*number);
                let changed = change(bits);
                if self.is_open(bits) {
                    *number = changed.to_le_bytes();
                }
            }
        }
    }
}

/// A positive number as a fraction of 0.5 to less than 1 times a power of two.
fn split(value: f64) -> (f64, i32) {
    /// Where fractions of 0.5 and above have their exponent.
    const HALF: i32 = 1022;
    let (value, scaled) =
        if value < f64::MIN_POSITIVE { (value * 2_f64.powi(54), 54) } else { (value, 0) };
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32 - HALF;
    let fraction = f64::from_bits(bits & !(0x7FF << 52) | (HALF as u64) << 52);
    (fraction, exponent - scaled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doubles(filter: &dyn Filter, digits: u32, values: &[f64]) -> Vec<f64> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let encoded = filter.encode(&[digits, 8, 1, 0, 0x3FF0_0000], &bytes).unwrap().unwrap();
        assert_eq!(filter.decode(&[], &encoded, encoded.len()).unwrap(), encoded);
        filter.decode(&[], &encoded, encoded.len() - 1).unwrap_err();
        encoded.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
    }

    #[test]
    fn what_is_no_number_stays() {
        // The fill value is 1.
        let values = [0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, 1.0, 0.0];
        for filter in [&BitGroom as &dyn Filter, &GranularBitRound] {
            assert_eq!(doubles(filter, 3, &values), values);
            assert!(
                doubles(filter, 3, &[1.0, f64::NAN]).get(1).is_some_and(|value| value.is_nan())
            );
            filter.encode(&[3, 8, 0, 0], &[]).unwrap_err();
            filter.encode(&[0, 8, 0, 0, 0], &[]).unwrap_err();
            filter.encode(&[17, 4, 0, 0, 0], &[]).unwrap_err();
            filter.encode(&[3, 2, 0, 0, 0], &[]).unwrap_err();
        }
    }

    #[test]
    fn any_bits_may_come() {
        let bytes =
            [u64::MAX, u64::MAX - 1, 0x7FEF_FFFF_FFFF_FFFF, 1, 1 << 63, 0x7FF0_0000_0000_0001];
        let bytes: Vec<u8> = bytes.iter().flat_map(|bits| bits.to_le_bytes()).collect();
        for (digits, size) in [(1, 4), (1, 8), (16, 4), (16, 8)] {
            BitGroom.encode(&[digits, size, 0, 0, 0], &bytes).unwrap().unwrap();
            GranularBitRound.encode(&[digits, size, 0, 0, 0], &bytes).unwrap().unwrap();
        }
    }

    #[test]
    fn numbers_are_taken_apart() {
        for value in [1.0, 0.5, 0.75, 3e300, 1e-300, 5e-324, f64::MIN_POSITIVE, f64::MAX] {
            let (fraction, exponent) = split(value);
            assert!((0.5..1.0).contains(&fraction), "{value}");
            let half = exponent / 2;
            assert_eq!(fraction * 2_f64.powi(half) * 2_f64.powi(exponent - half), value);
        }
    }

    proptest! {
        #[test]
        fn digits_are_kept(values in prop::collection::vec(-1e9_f64..1e9, 1..50), digits in 1_u32..16) {
            for filter in [&BitGroom as &dyn Filter, &GranularBitRound] {
                for (found, value) in doubles(filter, digits, &values).iter().zip(&values) {
                    let most = 10_f64.powi(-(digits as i32)) * value.abs() * 5.0;
                    prop_assert!((found - value).abs() <= most, "{} {}", found, value);
                }
            }
        }
    }
}
