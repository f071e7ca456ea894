//! Every kind of element, in and out of its own terms.

use std::borrow::Cow;
use std::str::FromStr;

use super::*;
use crate::codec::Address;
use crate::error::ErrorKind;
use crate::format::global_heap::HeapId;

/// A heap whose objects are numbered from 1.
struct Objects(Vec<Vec<u8>>);

impl HeapSource for Objects {
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        assert_eq!(id.address, Some(Address(0x800)));
        let index = usize::try_from(id.index).unwrap();
        Ok(self.0.get(index - 1).map(|bytes| bytes.as_slice().into()))
    }
}

/// A stored element that stands for `len` elements in object `index`; for none where it is 0.
fn in_heap(len: u32, index: u32) -> Vec<u8> {
    let address = if index == 0 { 0_u64 } else { 0x800 };
    [&len.to_le_bytes()[..], &address.to_le_bytes(), &index.to_le_bytes()].concat()
}

fn text(padding: StringPadding) -> Datatype {
    Datatype::fixed_string(6, padding, CharacterSet::Utf8).unwrap()
}

fn int(size: u32, signed: bool) -> Datatype {
    Datatype::integer(size, signed, ByteOrder::Little).unwrap()
}

fn is_conversion_error<T: Debug>(result: Result<T>) -> bool {
    matches!(result.unwrap_err().kind(), ErrorKind::Conversion(_))
}

#[test]
fn strings_end_as_their_padding_says() {
    let stored = b"ab\0c\0\0ab   \0ab c  ";
    let read = |padding| convert::<String>(&text(padding), stored).unwrap();
    assert_eq!(read(StringPadding::NullTerminated), ["ab", "ab   ", "ab c  "]);
    assert_eq!(read(StringPadding::NullPadded), ["ab\0c", "ab   ", "ab c  "]);
    assert_eq!(read(StringPadding::SpacePadded), ["ab\0c", "ab   ", "ab c"]);
    assert!(convert::<String>(&text(StringPadding::Reserved(7)), stored).is_err());
}

#[test]
fn strings_come_from_the_heap() {
    let stored = Datatype::string(CharacterSet::Utf8, WIDTHS);
    let heap = Objects(vec!["h\u{e9}llo".into(), b"a\0b".to_vec(), vec![0xff]]);
    let read = |element: &[u8]| String::converter(&stored)?.convert_one(element, &heap);
    assert_eq!(read(&in_heap(6, 1)).unwrap(), "h\u{e9}llo");
    assert_eq!(read(&in_heap(2, 2)).unwrap(), "a");
    assert_eq!(read(&in_heap(0, 0)).unwrap(), "");
    assert!(is_conversion_error(read(&in_heap(1, 3))));
    let error = read(&in_heap(7, 1)).unwrap_err();
    assert!(error.to_string().contains("7 elements of 1 bytes in 6 bytes"), "{error}");
    let value = Value::read(&stored, &in_heap(1, 3), &heap).unwrap();
    assert_eq!(value, Value::Bytes(vec![0xff]));
}

#[test]
fn string_types_keep_their_promises() {
    let stored = text(StringPadding::NullPadded);
    let e = "\u{e9}\0\0\0\0".as_bytes();
    assert_eq!(convert::<FixedAscii<3>>(&stored, b"abc\0\0\0").unwrap()[0].as_str(), "abc");
    assert!(is_conversion_error(convert::<FixedAscii<2>>(&stored, b"abc\0\0\0")));
    assert!(is_conversion_error(convert::<FixedAscii<6>>(&stored, e)));
    assert!(is_conversion_error(convert::<VarLenAscii>(&stored, e)));
    assert_eq!(convert::<FixedUnicode<2>>(&stored, e).unwrap()[0], "\u{e9}");
    assert_eq!(convert::<VarLenUnicode>(&stored, e).unwrap()[0], "\u{e9}");
    assert!(is_conversion_error(convert::<String>(&stored, b"\xe9\0\0\0\0\0")));
    let found = convert::<StringBytes>(&stored, b"\xe9\0\0\0\0\0").unwrap();
    assert_eq!(found[0].0, [0xe9]);
    assert_eq!(FixedAscii::<2>::from_ascii("abc"), Err(StringError::InsufficientCapacity));
    assert_eq!(VarLenUnicode::from_str("a\0"), Err(StringError::InternalNull));
}

#[test]
fn nothing_is_taken_for_something_else() {
    let number = int(4, true);
    let text = text(StringPadding::NullPadded);
    let f64 = Datatype::float(8, ByteOrder::Little).unwrap();
    assert!(is_conversion_error(f64::converter(&text)));
    assert!(is_conversion_error(String::converter(&number)));
    assert!(is_conversion_error(Vec::<i32>::converter(&number)));
    assert!(is_conversion_error(<(i32,)>::converter(&number)));
    assert!(is_conversion_error(<[i32; 1]>::converter(&number)));
    assert!(is_conversion_error(Opaque::converter(&number)));
    assert!(is_conversion_error(bool::converter(&f64)));
    assert!(is_conversion_error(i32::converter(&Datatype::bitfield(1, ByteOrder::Big).unwrap())));
    assert!(is_conversion_error(convert::<i32>(&number, &[0; 5])));
    let error = f64::converter(&text).unwrap_err().to_string();
    assert_eq!(error, "elements of class string (6 bytes) do not convert to f64");
}

#[test]
fn booleans_are_zero_and_one() {
    let boolean = TypeDescriptor::Boolean.to_datatype(WIDTHS).unwrap();
    assert_eq!(convert::<bool>(&boolean, &[0, 1]).unwrap(), [false, true]);
    assert_eq!(convert::<u16>(&boolean, &[0, 1]).unwrap(), [0, 1]);
    assert!(is_conversion_error(convert::<bool>(&boolean, &[2])));
    assert_eq!(convert::<bool>(&int(2, true), &[1, 0]).unwrap(), [true]);
    assert!(is_conversion_error(convert::<bool>(&int(1, true), &[0xff])));
    let bits = Datatype::bitfield(1, ByteOrder::Little).unwrap();
    assert_eq!(convert::<bool>(&bits, &[1, 0]).unwrap(), [true, false]);
    let members = vec![EnumerationMember::new("RED", [0]), EnumerationMember::new("BLUE", [1])];
    let colours = Datatype::enumeration(int(1, true), members).unwrap();
    assert!(is_conversion_error(bool::converter(&colours)));
    assert_eq!(convert::<i32>(&colours, &[1, 255]).unwrap(), [1, -1]);
}

#[test]
fn sequences_come_from_the_heap() {
    let stored = Datatype::sequence(int(2, false), WIDTHS);
    let heap = Objects(vec![vec![1, 0, 2, 0, 3, 0]]);
    let elements = [in_heap(3, 1), in_heap(0, 0), in_heap(2, 1)].concat();
    let mut found = Vec::new();
    Vec::<f32>::converter(&stored).unwrap().convert(&elements, &heap, &mut found).unwrap();
    assert_eq!(found, [vec![1.0, 2.0, 3.0], vec![], vec![1.0, 2.0]]);
    let one = VarLenArray::<u8>::converter(&stored).unwrap();
    assert_eq!(&*one.convert_one(&in_heap(2, 1), &heap).unwrap(), [1, 2]);
    assert!(one.convert_one(&in_heap(4, 1), &heap).is_err());
    let nested = Datatype::sequence(Datatype::string(CharacterSet::Utf8, WIDTHS), WIDTHS);
    let heap = Objects(vec![b"ab".to_vec(), [in_heap(2, 1), in_heap(1, 1)].concat()]);
    let texts = Vec::<String>::converter(&nested).unwrap();
    assert_eq!(texts.convert_one(&in_heap(2, 2), &heap).unwrap(), ["ab", "a"]);
    assert_eq!(Value::read(&nested, &in_heap(2, 2), &heap).unwrap().to_string(), r#"["ab", "a"]"#);
}

#[test]
fn arrays_have_rows() {
    let stored = Datatype::array(int(1, true), &[2, 3]).unwrap();
    let data = [1, 2, 3, 4, 5, 6];
    assert_eq!(convert::<[[i16; 3]; 2]>(&stored, &data).unwrap(), [[[1, 2, 3], [4, 5, 6]]]);
    assert_eq!(convert::<Vec<[i16; 3]>>(&stored, &data).unwrap(), [[[1, 2, 3], [4, 5, 6]]]);
    assert_eq!(convert::<Vec<u8>>(&stored, &data).unwrap(), [[1, 2, 3, 4, 5, 6]]);
    assert!(is_conversion_error(<[[i16; 2]; 3]>::converter(&stored)));
    assert!(is_conversion_error(<[i16; 6]>::converter(&stored)));
    assert!(<[[i8; 3]; 2]>::is_identical(&stored));
    assert!(!<[[u8; 3]; 2]>::is_identical(&stored));
    let mut out = [[[0_i64; 3]; 2]; 1];
    let converter = <[[i64; 3]; 2]>::converter(&stored).unwrap();
    converter.convert_into(&data, &NoHeap, &mut out).unwrap();
    assert_eq!(out, [[[1, 2, 3], [4, 5, 6]]]);
    assert_eq!(<[[i64; 3]; 2]>::as_bytes_mut(&mut out).unwrap().len(), 48);
    assert_eq!(Value::read(&stored, &data, &NoHeap).unwrap().to_string(), "[[1, 2, 3], [4, 5, 6]]");
}

/// `{x: i16, name: 2 bytes, y: f64}` with a gap.
fn compound() -> (Datatype, Vec<u8>) {
    let name = Datatype::fixed_string(2, StringPadding::NullPadded, CharacterSet::Ascii).unwrap();
    let members = vec![
        Member::new("y", 8, Datatype::float(8, ByteOrder::Big).unwrap()),
        Member::new("x", 0, int(2, true)),
        Member::new("name", 2, name),
    ];
    let element =
        |x: i16, name: &[u8], y: f64| [&x.to_le_bytes(), name, &[9; 4], &y.to_be_bytes()].concat();
    let stored = [element(-1, b"a\0", 0.5), element(7, b"bc", -2.0)].concat();
    (Datatype::compound(16, members).unwrap(), stored)
}

#[test]
fn compounds_become_tuples() {
    let (stored, data) = compound();
    let found = convert::<(f32, u8, String)>(&stored, &data).unwrap();
    assert_eq!(found, [(0.5, 0, "a".into()), (-2.0, 7, "bc".into())]);
    assert!(is_conversion_error(<(f32, u8)>::converter(&stored)));
    assert!(is_conversion_error(<(f32, u8, u8)>::converter(&stored)));
    let value = Value::read(&stored, &data[..16], &NoHeap).unwrap();
    assert_eq!(value.to_string(), r#"{y: 0.5, x: -1, name: "a"}"#);
    assert_eq!(value.get("x").and_then(Value::as_i64), Some(-1));
    assert_eq!(value.get("name").and_then(Value::as_str), Some("a"));
}

#[test]
#[cfg_attr(miri, ignore = "many values take long under Miri")]
fn many_compounds_are_read_in_batches() {
    let (stored, data) = compound();
    let found = convert::<(f32, i8, String)>(&stored, &data.repeat(5000)).unwrap();
    assert_eq!(found.len(), 10_000);
    assert_eq!(found[9_999], (-2.0, 7, "bc".into()));
}

fn complexes() -> [Datatype; 3] {
    let f32 = Datatype::float(4, ByteOrder::Little).unwrap();
    let members =
        |re: &str, im: &str| vec![Member::new(re, 0, f32.clone()), Member::new(im, 4, f32.clone())];
    [
        Datatype::complex(f32.clone()).unwrap(),
        Datatype::compound(8, members("r", "i")).unwrap(),
        Datatype::compound(8, members("real", "imag")).unwrap(),
    ]
}

#[test]
fn complex_numbers_have_many_forms() {
    let data = [1.5_f32.to_le_bytes(), (-2.0_f32).to_le_bytes()].concat();
    for stored in complexes() {
        let value = Value::read(&stored, &data, &NoHeap).unwrap();
        assert_eq!(value, Value::Complex { re: 1.5, im: -2.0 });
        assert_eq!(value.to_string(), "1.5-2.0i");
        let descriptor = TypeDescriptor::from_datatype(&stored).unwrap();
        assert_eq!(descriptor, TypeDescriptor::Complex(FloatSize::U4));
    }
}

#[cfg(feature = "num-complex")]
#[test]
fn complex_numbers_are_read_from_all_forms() {
    use num_complex::Complex;

    let f32 = Datatype::float(4, ByteOrder::Little).unwrap();
    let pair = Datatype::array(f32.clone(), &[2]).unwrap();
    let data = [1.5_f32.to_le_bytes(), (-2.0_f32).to_le_bytes()].concat();
    for stored in complexes().into_iter().chain([pair]) {
        let wanted = Complex { re: 1.5, im: -2.0 };
        assert_eq!(convert::<Complex<f64>>(&stored, &data).unwrap(), [wanted]);
        assert!(Complex::<f32>::is_identical(&stored));
        assert!(!Complex::<f64>::is_identical(&stored));
    }
    let swapped = vec![Member::new("i", 0, f32.clone()), Member::new("r", 8, f32.clone())];
    let swapped = Datatype::compound(12, swapped).unwrap();
    let data = [&data[..4], &[0; 4], &data[4..]].concat();
    let wanted = Complex { re: -2.0_f32, im: 1.5 };
    assert_eq!(convert::<Complex<f32>>(&swapped, &data).unwrap(), [wanted]);
    assert!(!Complex::<f32>::is_identical(&swapped));
    let wanted = Complex { re: 7.0_f32, im: 0.0 };
    assert_eq!(convert::<Complex<f32>>(&int(1, false), &[7]).unwrap(), [wanted]);
    assert!(is_conversion_error(f32::converter(&swapped)));
}

#[test]
fn opaque_bytes_and_references_are_kept() {
    let stored = Datatype::opaque(3, "tag").unwrap();
    assert_eq!(convert::<Opaque>(&stored, &[1, 2, 3]).unwrap(), [Opaque(vec![1, 2, 3])]);
    assert_eq!(Value::read(&stored, &[1, 2, 0xff], &NoHeap).unwrap().to_string(), "0x0102ff");
    let stored = Datatype::reference(ReferenceKind::Object, WIDTHS);
    let found = convert::<RawReference>(&stored, &[0, 8, 0, 0, 0, 0, 0, 0]).unwrap();
    assert_eq!(found[0].kind, ReferenceKind::Object);
    assert!(!found[0].is_null());
    assert_eq!(Value::read(&stored, &[0; 8], &NoHeap).unwrap().to_string(), "null");
}

#[test]
fn enumerations_have_names() {
    let members = vec![EnumerationMember::new("A", [0, 1]), EnumerationMember::new("B", [0xff; 2])];
    let base = Datatype::integer(2, true, ByteOrder::Big).unwrap();
    let stored = Datatype::enumeration(base, members).unwrap();
    let show = |bytes: &[u8]| Value::read(&stored, bytes, &NoHeap).unwrap().to_string();
    assert_eq!([show(&[0, 1]), show(&[0xff; 2]), show(&[0, 2])], ["A", "B", "2"]);
    let boolean = TypeDescriptor::Boolean.to_datatype(WIDTHS).unwrap();
    assert_eq!(Value::read(&boolean, &[1], &NoHeap).unwrap(), Value::Boolean(true));
    let descriptor = TypeDescriptor::from_datatype(&stored).unwrap();
    let TypeDescriptor::Enum(of) = &descriptor else { panic!("{descriptor:?}") };
    assert_eq!(of.members[1].value.cast_signed(), -1);
}

#[test]
fn descriptors_and_datatypes_agree() {
    fn check<T: H5Type>() {
        let descriptor = T::type_descriptor();
        let stored = descriptor.to_datatype(WIDTHS).unwrap();
        assert_eq!(usize::try_from(stored.size).unwrap(), descriptor.size());
        assert_eq!(TypeDescriptor::from_datatype(&stored).unwrap(), descriptor);
        T::converter(&stored).unwrap();
    }
    check::<i8>();
    check::<u128>();
    check::<f64>();
    check::<bool>();
    check::<String>();
    check::<VarLenAscii>();
    check::<FixedAscii<5>>();
    check::<FixedUnicode<5>>();
    check::<Vec<Vec<f32>>>();
    check::<[[u8; 3]; 2]>();
    check::<(i32, [f64; 2], (bool, String))>();
    check::<RawReference>();
    #[cfg(feature = "half")]
    check::<(half::f16, half::bf16)>();
    #[cfg(feature = "num-complex")]
    check::<num_complex::Complex<f64>>();
}

#[test]
fn compounds_are_laid_out_again() {
    let TypeDescriptor::Compound(packed) = <(u8, f64, (u8, u16), u8)>::type_descriptor() else {
        panic!("a compound")
    };
    let aligned = packed.to_c_repr();
    let offsets: Vec<usize> = aligned.fields.iter().map(|field| field.offset).collect();
    assert_eq!((offsets.as_slice(), aligned.size), (&[0, 8, 16, 20][..], 24));
    assert_eq!(aligned.to_packed_repr(), packed);
    assert_eq!(packed.size, 13);
}

#[test]
fn numbers_of_128_bits_are_whole() {
    let wide = i128::MIN + 5;
    assert_eq!(convert::<i128>(&int(16, true), &wide.to_le_bytes()).unwrap(), [wide]);
    assert!(i128::is_identical(&int(16, true)));
    assert!(!u128::is_identical(&int(16, true)));
    assert_eq!(convert::<u128>(&int(16, true), &wide.to_le_bytes()).unwrap(), [0]);
    assert_eq!(convert::<i64>(&int(16, true), &wide.to_le_bytes()).unwrap(), [i64::MIN]);
    let mut huge = [0_u8; 20];
    huge[19] = 0x80;
    assert_eq!(convert::<i128>(&int(20, true), &huge).unwrap(), [i128::MIN]);
    assert_eq!(convert::<u128>(&int(20, false), &huge).unwrap(), [u128::MAX]);
    assert_eq!(convert::<i32>(&int(20, true), &[0xff; 20]).unwrap(), [-1]);
}

#[test]
fn identical_bytes_need_no_conversion() {
    let native = |size, signed| Datatype::integer(size, signed, ByteOrder::NATIVE).unwrap();
    assert!(i32::is_identical(&native(4, true)));
    assert!(!i32::is_identical(&native(4, false)));
    assert!(!i64::is_identical(&native(4, true)));
    assert!(f64::is_identical(&Datatype::float(8, ByteOrder::NATIVE).unwrap()));
    assert!(u8::is_identical(&Datatype::bitfield(1, ByteOrder::Little).unwrap()));
    assert!(!String::is_identical(&native(4, true)));
    assert!(i32::as_bytes_mut(&mut [1, 2]).is_some_and(|bytes| bytes.len() == 8));
    assert!(String::as_bytes_mut(&mut [String::new()]).is_none());
}
