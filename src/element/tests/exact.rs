//! Conversions in which every value survives, or none is made.

use proptest::prelude::*;

use super::*;
use crate::element::{ConversionMode, InMode};
use crate::error::ErrorKind;

const EXACT: InMode<'_, NoHeap> = InMode { heap: &NoHeap, mode: ConversionMode::Exact };

fn read<T: H5Type>(stored: &Datatype, element: &[u8]) -> Result<T> {
    T::converter(stored)?.convert_one(element, &EXACT)
}

fn write<T: H5Type>(stored: &Datatype, value: &T) -> Result<Vec<u8>> {
    T::writer(stored)?.write_one(value, &EXACT)
}

/// What exact numbers are made of: an integer, or a float that need not be one.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    /// Whether the numbers are equal, by arithmetic that has nothing in common with what is tested.
    fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Self::Int(a), Self::Float(b)) | (Self::Float(b), Self::Int(a)) => {
                let room = -(2_f64.powi(127))..2_f64.powi(127);
                room.contains(&b) && b.fract() == 0.0 && b as i128 == a
            }
        }
    }
}

macro_rules! native {
    ($($type:ident $to:ident $make:expr;)*) => {
        /// Whether `value`, stored as `from` in `bytes`, is read and written in both modes as it must
        /// be, as each native type.
        fn check(from: &Datatype, bytes: &[u8], value: Number) -> std::result::Result<(), TestCaseError> {
            $({
                let own = $make;
                let saturated: $type = convert::<$type>(from, bytes).unwrap()[0];
                let survives = Number::$to(saturated.into()).is(value);
                match read::<$type>(from, bytes) {
                    Ok(exact) => {
                        prop_assert!(survives, "{value:?} as {}", stringify!($type));
                        prop_assert_eq!(exact.to_ne_bytes(), saturated.to_ne_bytes());
                    }
                    Err(error) => {
                        prop_assert!(!survives, "{value:?} as {}: {error}", stringify!($type));
                        prop_assert!(is_conversion_error::<()>(Err(error)));
                    }
                }
                // The other way: the bytes are the value of some native type, too.
                let conversion = StoredConversion::new(from, &own).unwrap();
                let (mut loose, mut strict) = (vec![0; size_of::<$type>()], vec![0; size_of::<$type>()]);
                conversion.run(bytes, &mut loose).unwrap();
                let exact = conversion.run_in(ConversionMode::Exact, bytes, &mut strict);
                prop_assert_eq!(exact.is_ok(), survives);
                prop_assert!(!survives || loose == strict);
            })*
            Ok(())
        }
    };
}

fn is_conversion_error<T: Debug>(result: Result<T>) -> bool {
    matches!(result.unwrap_err().kind(), ErrorKind::Conversion(_))
}

fn integer(size: u32, signed: bool) -> Datatype {
    Datatype::integer(size, signed, ByteOrder::NATIVE).unwrap()
}

fn float(size: u32) -> Datatype {
    Datatype::float(size, ByteOrder::NATIVE).unwrap()
}

native! {
    i8 Int integer(1, true);
    u8 Int integer(1, false);
    i16 Int integer(2, true);
    u16 Int integer(2, false);
    i32 Int integer(4, true);
    u32 Int integer(4, false);
    i64 Int integer(8, true);
    u64 Int integer(8, false);
    i128 Int integer(16, true);
    f32 Float float(4);
    f64 Float float(8);
}

/// Integers near the edges of types, and floats that are integers, nearly so, or neither.
fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        any::<f32>().prop_map(f64::from),
        any::<i64>().prop_map(|value| value as f64),
        (any::<i16>(), -3_i32..70).prop_map(|(value, power)| f64::from(value) * 2_f64.powi(power)),
        (0_i32..130).prop_map(|power| -(2_f64.powi(power))),
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-0.0), Just(f64::MIN_POSITIVE)],
        prop_oneof![Just(i128::MIN as f64), Just(i128::MAX as f64)],
    ]
}

fn any_int() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        any::<i8>().prop_map(i64::from),
        (0_u32..63, -1_i64..2).prop_map(|(power, more)| (1 << power) + more),
        (0_u32..63, -1_i64..2).prop_map(|(power, more)| more - (1 << power)),
    ]
}

proptest! {
    #[test]
    fn integers_survive_or_are_refused(value in any_int()) {
        check(&integer(8, true), &value.to_ne_bytes(), Number::Int(value.into()))?;
        let unsigned = value as u64;
        check(&integer(8, false), &unsigned.to_ne_bytes(), Number::Int(unsigned.into()))?;
        let big = Datatype::integer(8, true, ByteOrder::Big).unwrap();
        prop_assert_eq!(read::<i64>(&big, &value.to_be_bytes()).unwrap(), value);
        prop_assert_eq!(write(&big, &value).unwrap(), value.to_be_bytes());
    }

    #[test]
    fn floats_survive_or_are_refused(value in any_float()) {
        check(&float(8), &value.to_ne_bytes(), Number::Float(value))?;
        let single = value as f32;
        check(&float(4), &single.to_ne_bytes(), Number::Float(single.into()))?;
    }

    /// Exact succeeds if and only if what was written is read back.
    #[test]
    fn what_is_written_is_read_back(value in any_float(), int in any_int(), size in 0_usize..4) {
        for (own, back) in [
            (write(&float(4), &value), read::<f64> as fn(&Datatype, &[u8]) -> Result<f64>),
            (write(&Datatype::float(2, ByteOrder::Big).unwrap(), &value), read::<f64>),
        ] {
            let Ok(bytes) = own else { continue };
            let stored = if bytes.len() == 4 { float(4) } else { Datatype::float(2, ByteOrder::Big).unwrap() };
            let found = back(&stored, &bytes).unwrap();
            prop_assert!(Number::Float(found).is(Number::Float(value)));
        }
        let stored = integer([1, 2, 4, 8][size], int < 0);
        let written = write(&stored, &int);
        prop_assert_eq!(written.is_ok(), fits(int, &stored));
        if let Ok(bytes) = written {
            prop_assert_eq!(read::<i64>(&stored, &bytes).unwrap(), int);
        }
    }
}

/// Whether an integer lies between the least and the largest of a native type.
fn fits(value: i64, stored: &Datatype) -> bool {
    let bits = stored.size * 8;
    let Class::Integer(Integer { signed, .. }) = stored.class else { panic!("an integer") };
    let (low, high) =
        if signed { (-(1_i128 << (bits - 1)), 1_i128 << (bits - 1)) } else { (0, 1_i128 << bits) };
    (low..high).contains(&value.into())
}

#[test]
fn odd_layouts_survive_or_are_refused() {
    let Class::Integer(narrow) = integer(4, true).class else { panic!("an integer") };
    let narrow = Integer { precision: 12, offset: 3, ..narrow };
    let narrow = Datatype { version: 1, size: 4, class: Class::Integer(narrow) };
    assert!(write(&narrow, &2047_i64).is_ok() && write(&narrow, &-2048.0).is_ok());
    assert!(write(&narrow, &2048_i64).is_err() && write(&narrow, &0.5).is_err());
    let wide = Datatype::integer(32, true, ByteOrder::Little).unwrap();
    for value in [0, 1, u128::MAX, 1 << 127] {
        assert_eq!(read::<u128>(&wide, &write(&wide, &value).unwrap()).unwrap(), value);
    }
    assert_eq!(read::<i128>(&wide, &write(&wide, &i128::MIN).unwrap()).unwrap(), i128::MIN);
    let mut beyond = vec![0; 32];
    beyond[16] = 1;
    assert!(read::<u128>(&wide, &beyond).is_err() && read::<i128>(&wide, &beyond).is_err());
    assert_eq!(convert::<u128>(&wide, &beyond).unwrap(), [u128::MAX]);
    assert_eq!(convert::<i128>(&wide, &beyond).unwrap(), [i128::MAX]);
    assert!(read::<f64>(&wide, &beyond).is_err());
    assert!(write(&Datatype::bfloat16(ByteOrder::Big), &1.0078125_f64).is_ok());
    assert!(write(&Datatype::bfloat16(ByteOrder::Big), &1.001_f64).is_err());
}

#[test]
fn parts_of_elements_survive_or_are_refused() {
    let pair = Datatype::compound(
        6,
        vec![
            Member::new("a", 0, integer(2, true)),
            Member::new("b", 2, Datatype::array(integer(1, false), &[3]).unwrap()),
        ],
    );
    let pair = pair.unwrap();
    let wrote = write(&pair, &(-7_i64, [1.0, 2.0, 255.0])).unwrap();
    assert_eq!(read::<(i8, [u8; 3])>(&pair, &wrote).unwrap(), (-7, [1, 2, 255]));
    let error = write(&pair, &(-7_i64, [1.0, 2.0, 256.0])).unwrap_err();
    assert!(error.to_string().contains("member \"b\": 256.0 would become 255"), "{error}");
    assert!(read::<(u8, [u8; 3])>(&pair, &wrote).is_err());
    let value = Value::Compound(vec![
        ("a".to_owned(), Value::Integer(1 << 20)),
        ("b".to_owned(), Value::Array { shape: vec![3], elements: vec![Value::Float(1.0); 3] }),
    ]);
    let loose = value_writer(&pair).unwrap();
    assert!(loose.write_one(&value, &NoHeap).is_ok() && loose.write_one(&value, &EXACT).is_err());
}

#[test]
fn text_is_what_it_was() {
    let fixed = |padding| Datatype::fixed_string(4, padding, CharacterSet::Ascii).unwrap();
    let text = |text: &str| text.to_owned();
    for (padding, bad) in [(StringPadding::SpacePadded, "ab "), (StringPadding::NullPadded, "ab\0")]
    {
        assert!(write(&fixed(padding), &text("ab")).is_ok());
        assert!(String::writer(&fixed(padding)).unwrap().write_one(&text(bad), &NoHeap).is_ok());
        assert!(is_conversion_error(write(&fixed(padding), &text(bad))));
    }
    let from = Datatype::fixed_string(8, StringPadding::NullPadded, CharacterSet::Ascii).unwrap();
    let shorter = StoredConversion::new(&from, &fixed(StringPadding::NullPadded)).unwrap();
    let mut out = [0; 4];
    shorter.run_in(ConversionMode::Exact, b"abcd\0\0\0\0", &mut out).unwrap();
    assert!(shorter.run_in(ConversionMode::Exact, b"abcde\0\0\0", &mut out).is_err());
    shorter.run(b"abcde\0\0\0", &mut out).unwrap();
    assert_eq!(out, *b"abcd");
}

#[test]
fn values_of_enumerations_keep_their_names() {
    let named = |names: &[(&str, u8)]| {
        let members = names.iter().map(|(name, value)| EnumerationMember::new(*name, [*value]));
        Datatype::enumeration(integer(1, false), members.collect()).unwrap()
    };
    let both = StoredConversion::new(&named(&[("a", 1)]), &named(&[("b", 7), ("a", 9)])).unwrap();
    let mut out = [0];
    both.run_in(ConversionMode::Exact, &[1], &mut out).unwrap();
    assert_eq!(out, [9]);
    assert!(both.run_in(ConversionMode::Exact, &[2], &mut out).is_err());
    both.run(&[2], &mut out).unwrap();
    assert_eq!(out, [0xff]);
}
