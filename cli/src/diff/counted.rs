//! Differences of numbers of one type that are counted, but not told.

use hdfive::Elements;
use hdfive::definition::{ByteOrder, Class, FloatOrder};

use super::options::Options;
use crate::text::number::is_ieee;

/// How many elements of the same type differ; `None` where more than their bytes must be looked at.
pub(super) fn differences(options: &Options, sides: [&Elements; 2]) -> Option<u64> {
    if options.delta.is_some() || options.relative.is_some() {
        return None;
    }
    let [one, other] = sides.map(Elements::bytes);
    let [datatype, _] = sides.map(Elements::datatype);
    let nothing_equal = |_: u64| false;
    match &datatype.class {
        Class::Integer(integer) => {
            let all = u32::from(integer.precision) == datatype.size.saturating_mul(8);
            match datatype.size {
                1 if all => Some(counted::<1>(one, other, integer.order, nothing_equal)),
                2 if all => Some(counted::<2>(one, other, integer.order, nothing_equal)),
                4 if all => Some(counted::<4>(one, other, integer.order, nothing_equal)),
                8 if all => Some(counted::<8>(one, other, integer.order, nothing_equal)),
                _ => None,
            }
        }
        Class::Float(float)
            if is_ieee(float)
                && u32::from(float.precision) == datatype.size.saturating_mul(8)
                && !options.epsilon =>
        {
            let order = match float.order {
                FloatOrder::Little => ByteOrder::Little,
                FloatOrder::Big => ByteOrder::Big,
                FloatOrder::Vax => return None,
            };
            // Numbers that are none are the same, unless that is not asked for.
            let nans = options.nans;
            match datatype.size {
                4 => {
                    let is_nan = |bits: u64| nans && bits & 0x7fff_ffff > 0x7f80_0000;
                    Some(counted::<4>(one, other, order, is_nan))
                }
                8 => {
                    let infinite = 0x7ff0_0000_0000_0000;
                    let is_nan = |bits: u64| nans && bits & 0x7fff_ffff_ffff_ffff > infinite;
                    Some(counted::<8>(one, other, order, is_nan))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// How many numbers of `N` bytes differ, but for pairs that are both `alike`.
fn counted<const N: usize>(
    one: &[u8],
    other: &[u8],
    order: ByteOrder,
    alike: impl Fn(u64) -> bool,
) -> u64 {
    let bits = |bytes: &[u8]| {
        let mut wide = [0; 8];
        if let Some(room) = wide.get_mut(..N) {
            room.copy_from_slice(bytes);
        }
        match order {
            ByteOrder::Little => u64::from_le_bytes(wide),
            ByteOrder::Big => {
                let unused = 64_u32.saturating_sub(u32::try_from(N).unwrap_or(8).saturating_mul(8));
                u64::from_be_bytes(wide) >> unused.min(63)
            }
        }
    };
    let pairs = one.chunks_exact(N).zip(other.chunks_exact(N));
    pairs.fold(0, |found: u64, (one, other)| {
        let (one, other) = (bits(one), bits(other));
        found.wrapping_add(u64::from((one != other) & !(alike(one) & alike(other))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_counted() {
        let nan = |bits: u64| bits & 0x7fff_ffff > 0x7f80_0000;
        let bytes = |numbers: [f32; 4]| numbers.map(f32::to_be_bytes).concat();
        let one = bytes([1.0, f32::NAN, -0.0, f32::INFINITY]);
        let other = bytes([1.0, -f32::NAN, 0.0, f32::NAN]);
        assert_eq!(counted::<4>(&one, &other, ByteOrder::Big, nan), 2);
        assert_eq!(counted::<4>(&one, &other, ByteOrder::Big, |_| false), 3);
        assert_eq!(counted::<2>(&[1, 2, 3, 4], &[1, 2, 4, 4], ByteOrder::Little, |_| false), 1);
        assert_eq!(counted::<1>(&[1, 2, 3, 4], &[1, 2, 4, 4], ByteOrder::Little, |_| false), 1);
    }
}
