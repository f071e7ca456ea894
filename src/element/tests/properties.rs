//! Conversions of any type.

use proptest::prelude::*;

use super::*;
use crate::format::datatype::testing::{any_datatype, any_integer};
use crate::format::global_heap::HeapId;

/// A heap in which every object is the same few bytes.
struct Same(Vec<u8>);

impl HeapSource for Same {
    fn heap_object(&self, _: &HeapId) -> Result<Option<std::borrow::Cow<'_, [u8]>>> {
        Ok(Some(self.0.as_slice().into()))
    }
}

/// The value of an integer by its definition: a sum of bits.
fn sum_of_bits(integer: &Integer, element: &[u8]) -> i128 {
    let mut bytes = element.to_vec();
    if integer.order == ByteOrder::Big {
        bytes.reverse();
    }
    let bit = |at: usize| i128::from(bytes[at / 8] >> (at % 8) & 1);
    let (offset, precision) = (usize::from(integer.offset), usize::from(integer.precision));
    let sign = if integer.signed { -1 } else { 1 };
    (0..precision - 1).map(|at| bit(offset + at) << at).sum::<i128>()
        + sign * (bit(offset + precision - 1) << (precision - 1))
}

proptest! {
    #[test]
    fn integers_are_sums_of_bits(stored in any_integer(), bytes in any::<[u8; 16]>()) {
        let Class::Integer(integer) = &stored.class else { panic!("an integer") };
        prop_assume!(integer.precision < 127);
        let element = &bytes[..usize::try_from(stored.size).unwrap()];
        let wanted = sum_of_bits(integer, element);
        prop_assert_eq!(convert::<i128>(&stored, element).unwrap(), [wanted]);
        let clamped = wanted.clamp(i64::MIN.into(), i64::MAX.into());
        prop_assert_eq!(i128::from(convert::<i64>(&stored, element).unwrap()[0]), clamped);
        prop_assert_eq!(convert::<u8>(&stored, element).unwrap()[0], wanted.clamp(0, 255) as u8);
        prop_assert_eq!(convert::<f32>(&stored, element).unwrap()[0], wanted as f32);
    }

    #[test]
    fn no_element_panics(
        stored in any_datatype(),
        seed in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let len = usize::try_from(stored.size).unwrap();
        prop_assume!(len < 1 << 16);
        let element: Vec<u8> = seed.iter().copied().cycle().take(len).collect();
        let heap = Same(seed);
        if let Ok(value) = Value::read(&stored, &element, &heap) {
            prop_assert!(!value.to_string().is_empty());
        }
        let _ = TypeDescriptor::from_datatype(&stored);
        let _ = String::converter(&stored).and_then(|it| it.convert_one(&element, &heap));
        let _ = bool::converter(&stored).and_then(|it| it.convert_one(&element, &heap));
        let _ = Vec::<i32>::converter(&stored).and_then(|it| it.convert_one(&element, &heap));
    }
}
