//! What is written is what is read again.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::str::FromStr;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::codec::{Address, StructureIn};
use crate::error::ErrorKind;
use crate::format::datatype::testing::{any_datatype, any_integer};
use crate::format::global_heap::HeapId;
use crate::format::reference::{
    ObjectReference, ReferencePart, RegionReference, RevisedReference, RevisedTarget,
};
use crate::format::selection::{Selection, SelectionForm, StoredSelection};

/// A heap whose objects are numbered from 1.
#[derive(Debug, Default)]
struct Objects(RefCell<Vec<Vec<u8>>>);

impl HeapSource for Objects {
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        assert_eq!(id.address, Some(Address(0x800)));
        let index = usize::try_from(id.index).unwrap();
        Ok(self.0.borrow().get(index - 1).cloned().map(Cow::Owned))
    }
}

impl HeapSink for Objects {
    fn put(&self, bytes: &[u8]) -> Result<HeapId> {
        self.0.borrow_mut().push(bytes.to_vec());
        let index = u32::try_from(self.0.borrow().len()).unwrap();
        Ok(HeapId { address: Some(Address(0x800)), index })
    }

    fn duplicate(&self, id: &HeapId) -> Result<HeapId> {
        let data = self.heap_object(id)?.unwrap().into_owned();
        self.put(&data)
    }
}

fn write<T: H5Type>(stored: &Datatype, values: &[T]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    T::writer(stored)?.write(values, &NoHeap, &mut out)?;
    Ok(out)
}

fn is_conversion_error<T: Debug>(result: Result<T>) -> bool {
    matches!(result.unwrap_err().kind(), ErrorKind::Conversion(_))
}

/// Writes values in the type a new dataset of them has, and reads them again.
fn check<T: H5Type + Debug + PartialEq>(values: &[T]) {
    let stored = T::type_descriptor().to_datatype(WIDTHS).unwrap();
    let (heap, mut out) = (Objects::default(), Vec::new());
    T::writer(&stored).unwrap().write(values, &heap, &mut out).unwrap();
    assert_eq!(out.len(), values.len() * usize::try_from(stored.size).unwrap());
    let mut found = Vec::new();
    T::converter(&stored).unwrap().convert(&out, &heap, &mut found).unwrap();
    assert_eq!(found, values);
    if let Some(bytes) = T::as_bytes(values) {
        assert!(T::is_identical(&stored));
        assert_eq!(bytes, out);
    }
}

fn number(size: u32, signed: bool) -> Datatype {
    Datatype::integer(size, signed, ByteOrder::Big).unwrap()
}

/// The least and the greatest value of an integer type.
fn bounds(stored: &Datatype) -> (i128, i128) {
    let Class::Integer(of) = &stored.class else { panic!("an integer") };
    let bits = u32::from(of.precision);
    if of.signed {
        let half = 1_i128.checked_shl(bits - 1).unwrap();
        (half.wrapping_neg(), half.wrapping_sub(1))
    } else {
        (0, 1_i128.checked_shl(bits).map_or(i128::MAX, |end| end.wrapping_sub(1)))
    }
}

proptest! {
    #[test]
    fn integers_are_clamped(stored in any_integer(), values in vec(any::<i64>(), 1..9)) {
        let (least, most) = bounds(&stored);
        prop_assume!(most > 0 || least < 0);
        let wanted: Vec<i128> = values.iter().map(|v| i128::from(*v).clamp(least, most)).collect();
        let out = write(&stored, &values).unwrap();
        prop_assert_eq!(convert::<i128>(&stored, &out).unwrap(), wanted.clone());
        let small: Vec<i8> = values.iter().map(|value| *value as i8).collect();
        let out = write(&stored, &small).unwrap();
        let wanted: Vec<i128> = small.iter().map(|v| i128::from(*v).clamp(least, most)).collect();
        prop_assert_eq!(convert::<i128>(&stored, &out).unwrap(), wanted);
        let floats: Vec<f64> = small.iter().map(|value| f64::from(*value) + 0.25).collect();
        let out = write(&stored, &floats).unwrap();
        let wanted: Vec<i128> =
            floats.iter().map(|v| (v.trunc() as i128).clamp(least, most)).collect();
        prop_assert_eq!(convert::<i128>(&stored, &out).unwrap(), wanted);
    }

    #[test]
    fn floats_are_rounded(values in vec(any::<f64>(), 1..9), ints in vec(any::<i64>(), 1..9)) {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let [single, double, quad] =
                [4, 8, 16].map(|size| Datatype::float(size, order).unwrap());
            let out = write(&single, &values).unwrap();
            let wanted: Vec<f64> = values.iter().map(|value| f64::from(*value as f32)).collect();
            prop_assert_eq!(convert::<f64>(&single, &out).unwrap(), wanted);
            let out = write(&single, &ints).unwrap();
            let wanted: Vec<f32> = ints.iter().map(|value| *value as f32).collect();
            prop_assert_eq!(convert::<f32>(&single, &out).unwrap(), wanted);
            for stored in [double, quad.clone()] {
                let out = write(&stored, &values).unwrap();
                prop_assert_eq!(convert::<f64>(&stored, &out).unwrap(), values.clone());
            }
            let out = write(&quad, &ints).unwrap();
            prop_assert_eq!(convert::<i64>(&quad, &out).unwrap(), ints.clone());
        }
    }

    #[test]
    fn values_of_a_type_of_their_own_come_back(
        numbers in vec(any::<(i8, u16, i32, u64, f32, i128, bool)>(), 0..20),
        texts in vec(("[^\0]{0,9}", "[a-z]{0,9}", vec(vec(any::<i16>(), 0..4), 0..4)), 0..9),
        arrays in vec(any::<([[u8; 3]; 2], [bool; 2])>(), 0..9),
    ) {
        check(&numbers);
        check(&numbers.iter().map(|numbers| numbers.5).collect::<Vec<i128>>());
        check(&numbers.iter().map(|numbers| numbers.4).collect::<Vec<f32>>());
        check(&numbers.iter().map(|numbers| numbers.6).collect::<Vec<bool>>());
        check(&texts);
        check(&texts.iter().map(|texts| texts.2.clone()).collect::<Vec<_>>());
        let ascii = |text: &String| VarLenAscii::from_ascii(text).unwrap();
        check(&texts.iter().map(|texts| ascii(&texts.1)).collect::<Vec<_>>());
        let fixed = |text: &String| FixedAscii::<9>::from_ascii(text).unwrap();
        check(&texts.iter().map(|texts| fixed(&texts.1)).collect::<Vec<_>>());
        let fixed = |text: &String| FixedUnicode::<36>::from_str(text).unwrap();
        check(&texts.iter().map(|texts| fixed(&texts.0)).collect::<Vec<_>>());
        let list = |texts: &(_, _, Vec<Vec<i16>>)| VarLenArray::from(texts.2.clone());
        check(&texts.iter().map(list).collect::<Vec<_>>());
        check(&arrays);
        check(&arrays.iter().map(|arrays| arrays.0).collect::<Vec<_>>());
    }

    #[test]
    fn values_of_any_type_come_back(
        stored in any_datatype(),
        seed in vec(any::<u8>(), 1..40),
    ) {
        let len = usize::try_from(stored.size).unwrap();
        prop_assume!(len < 1 << 16);
        // Nothing names an object that is not there.
        prop_assume!(!holds_heap_ids(&stored));
        let element: Vec<u8> = seed.iter().copied().cycle().take(len).collect();
        let Ok(value) = Value::read(&stored, &element, &NoHeap) else { return Ok(()) };
        match value_writer(&stored).unwrap().write_one(&value, &NoHeap) {
            Ok(out) => {
                let found = Value::read(&stored, &out, &NoHeap).unwrap();
                prop_assert_eq!(format!("{:?}", found), format!("{:?}", value));
            }
            // A string that fills the element of a type whose strings end at a NUL.
            Err(error) => prop_assert!(error.to_string().contains("does not fit"), "{error}"),
        }
    }

    #[test]
    fn copies_name_objects_of_their_own(values in vec(list(), 0..6)) {
        let stored = nested();
        let (heap, mut out) = (Objects::default(), Vec::new());
        Nested::writer(&stored).unwrap().write(&values, &heap, &mut out).unwrap();
        let ids = ids(&stored, &out, &heap);
        prop_assert_eq!(ids.len(), heap.0.borrow().len());
        let references = CopiedReferences::Keep;
        for widths in [WIDTHS, NARROW] {
            let (to, other) = (stored.with_sizes(widths).unwrap(), Objects::default());
            let copy = ElementCopy { source: &heap, sink: &other, references };
            let copied = copy.run(&stored, &to, &out).unwrap();
            let mut found = Vec::new();
            let converter = Nested::converter(&to).unwrap();
            converter.convert(&copied, &other, &mut found).unwrap();
            prop_assert_eq!(&found, &values);
        }
        let copy = ElementCopy { source: &heap, sink: &heap, references };
        let again = copy.run(&stored, &stored, &out).unwrap();
        let theirs = self::ids(&stored, &again, &heap);
        prop_assert!(ids.is_disjoint(&theirs));
    }
}

type Nested = (i32, Vec<(String, Vec<u16>)>, [String; 2]);

fn nested() -> Datatype {
    assert!(!holds_heap_ids(&number(4, true)));
    let stored = Nested::type_descriptor().to_datatype(WIDTHS).unwrap();
    assert!(holds_heap_ids(&stored));
    stored
}

fn list() -> impl Strategy<Value = Nested> {
    let texts = ["[a-z]{0,5}", "[a-z]{0,5}"];
    (any::<i32>(), vec(("[a-z]{0,5}", vec(any::<u16>(), 0..4)), 0..4), texts)
}

fn ids(stored: &Datatype, bytes: &[u8], heap: &Objects) -> BTreeSet<u32> {
    let mut ids = BTreeSet::new();
    for_each_heap_id(stored, bytes, heap, &mut |id| {
        assert!(ids.insert(id.index), "{} comes twice", id.index);
        Ok(())
    })
    .unwrap();
    ids
}

#[test]
fn odd_floats_come_back() {
    use super::floats::float;

    let e4m3 = float(1, FloatOrder::Little, 4, 3, 7);
    assert_eq!(write(&e4m3, &[448.0, 0.015_625, -0.0, 1e9]).unwrap(), [0x7e, 8, 0x80, 0x7f]);
    let vax = float(4, FloatOrder::Vax, 8, 23, 0x81);
    assert_eq!(write(&vax, &[1_i32, 0]).unwrap(), [0x80, 0x40, 0, 0, 0, 0, 0, 0]);
    assert_eq!(convert::<f32>(&vax, &write(&vax, &[-6.5_f32]).unwrap()).unwrap(), [-6.5]);
    let half = Datatype::float(2, ByteOrder::Big).unwrap();
    // Just above halfway between two halves, by less than a single can tell.
    let above = 1.0 + 2_f64.powi(-11) + 2_f64.powi(-40);
    let found = write(&half, &[above, 65519.9, 65520.0, 2_f64.powi(-25)]).unwrap();
    assert_eq!(found, [0x3c, 1, 0x7b, 0xff, 0x7c, 0, 0, 0]);
    assert_eq!(write(&half, &[2049_u16, 2051]).unwrap(), [0x68, 0, 0x68, 2]);
    assert_eq!(
        write(&number(2, true), &[f32::NAN, 1e9, -1e9, -1.9]).unwrap(),
        [0, 0, 0x7f, 0xff, 0x80, 0, 0xff, 0xff]
    );
}

#[test]
fn numbers_keep_to_their_kind() {
    let bits = Datatype::bitfield(1, ByteOrder::Little).unwrap();
    assert_eq!(write(&bits, &[1_u16, 255, 256]).unwrap(), [1, 255, 255]);
    assert!(is_conversion_error(i8::writer(&bits)));
    let text = Datatype::fixed_string(6, StringPadding::NullPadded, CharacterSet::Utf8).unwrap();
    assert!(is_conversion_error(f64::writer(&text)));
    assert!(is_conversion_error(String::writer(&bits)));
    let error = String::writer(&number(4, true)).unwrap_err().to_string();
    assert_eq!(error, "String cannot become an element of class integer (4 bytes)");
    assert!(is_conversion_error(Vec::<i32>::writer(&number(4, true))));
    assert!(is_conversion_error(<[i32; 1]>::writer(&number(4, true))));
    assert!(is_conversion_error(<(i32,)>::writer(&number(4, true))));
    assert!(is_conversion_error(Opaque::writer(&bits)));
    assert!(is_conversion_error(bool::writer(&text)));
    let members = vec![EnumerationMember::new("RED", [1]), EnumerationMember::new("BLUE", [2])];
    let colours = Datatype::enumeration(number(1, true), members).unwrap();
    assert_eq!(write(&colours, &[2_u64, 1000]).unwrap(), [2, 127]);
    assert!(is_conversion_error(bool::writer(&colours)));
    assert_eq!(write(&number(2, true), &[true, false]).unwrap(), [0, 1, 0, 0]);
    let value = |value| value_writer(&colours).unwrap().write_one(&value, &NoHeap);
    assert_eq!(value(Value::String("BLUE".into())).unwrap(), [2]);
    assert_eq!(value(Value::Enum { value: 7, name: Some("RED".into()) }).unwrap(), [1]);
    assert_eq!(value(Value::Integer(5)).unwrap(), [5]);
    assert!(is_conversion_error(value(Value::String("GREEN".into()))));
    assert!(is_conversion_error(value(Value::Float(1.0))));
}

#[test]
fn strings_are_padded_or_refused() {
    let stored = |padding, set| Datatype::fixed_string(4, padding, set).unwrap();
    let utf8 = CharacterSet::Utf8;
    let write = |padding, text: &str| write(&stored(padding, utf8), &[text.to_owned()]);
    assert_eq!(write(StringPadding::NullTerminated, "abc").unwrap(), b"abc\0");
    assert!(is_conversion_error(write(StringPadding::NullTerminated, "abcd")));
    assert!(is_conversion_error(write(StringPadding::NullTerminated, "a\0")));
    assert_eq!(write(StringPadding::NullPadded, "abcd").unwrap(), b"abcd");
    assert_eq!(write(StringPadding::NullPadded, "a\0b").unwrap(), b"a\0b\0");
    assert_eq!(write(StringPadding::SpacePadded, "ab").unwrap(), b"ab  ");
    let error = write(StringPadding::SpacePadded, "\u{e9}\u{e9}x").unwrap_err();
    assert_eq!(error.to_string(), "string \"\u{e9}\u{e9}x\" does not fit 4 bytes");
    let ascii = stored(StringPadding::NullPadded, CharacterSet::Ascii);
    assert!(is_conversion_error(super::writing::write(&ascii, &["\u{e9}".to_owned()])));
    let bytes = StringBytes(vec![0xe9]);
    assert_eq!(super::writing::write(&ascii, &[bytes]).unwrap(), [0xe9, 0, 0, 0]);
    let texts = text_writer::<&str>(&ascii, "text").unwrap();
    assert_eq!(texts.write_one(&"ab", &NoHeap).unwrap(), b"ab\0\0");
}

#[test]
fn empty_strings_are_kept_and_empty_sequences_are_not() {
    let heap = Objects::default();
    let text = Datatype::string(CharacterSet::Utf8, WIDTHS);
    let element = String::writer(&text).unwrap().write_one(&String::new(), &heap).unwrap();
    assert_eq!(heap.0.borrow().len(), 1);
    assert_eq!(ids(&text, &element, &heap), [1].into());
    let list = Datatype::sequence(number(1, true), WIDTHS);
    let element = Vec::<i8>::writer(&list).unwrap().write_one(&vec![], &heap).unwrap();
    assert_eq!(element, [0; 16]);
    assert!(ids(&list, &element, &heap).is_empty());
}

#[test]
fn values_have_all_members_of_a_compound() {
    let members = vec![Member::new("y", 4, number(2, true)), Member::new("x", 0, number(1, true))];
    let stored = Datatype::compound(8, members).unwrap();
    assert!(is_conversion_error(<(i32, String)>::writer(&stored)));
    assert!(is_conversion_error(<(i32, i32, i32)>::writer(&stored)));
    let value = |members: &[(&str, i128)]| {
        let members = members.iter().map(|(name, x)| ((*name).to_owned(), Value::Integer(*x)));
        let value = Value::Compound(members.collect());
        value_writer(&stored).unwrap().write_one(&value, &NoHeap)
    };
    assert_eq!(value(&[("x", 1), ("y", 2)]).unwrap(), [1, 0, 0, 0, 0, 2, 0, 0]);
    assert!(is_conversion_error(value(&[("x", 1)])));
    assert!(is_conversion_error(value(&[("x", 1), ("y", 2), ("z", 3)])));
}

#[test]
fn arrays_need_as_many_values_as_they_have() {
    let stored = Datatype::array(number(1, true), &[2, 3]).unwrap();
    assert_eq!(write(&stored, &[vec![1, 2, 3, 4, 5, 6]]).unwrap(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(write(&stored, &[vec![[1, 2, 3], [4, 5, 6]]]).unwrap(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(write(&stored, &[[[1.5, 2.0, 3.0]; 2]]).unwrap(), [1, 2, 3, 1, 2, 3]);
    assert!(is_conversion_error(write(&stored, &[vec![1, 2]])));
    assert!(is_conversion_error(<[[i8; 2]; 3]>::writer(&stored)));
    let value = |elements, shape: &[usize]| {
        let value = Value::Array { shape: shape.to_vec(), elements };
        value_writer(&stored).unwrap().write_one(&value, &NoHeap)
    };
    let six = vec![Value::Unsigned(7); 6];
    assert_eq!(value(six.clone(), &[2, 3]).unwrap(), [7; 6]);
    assert!(is_conversion_error(value(six, &[3, 2])));
}

#[test]
fn references_never_share_an_object() {
    let heap = Objects::default();
    heap.put(b"region").unwrap();
    let bytes = [&0x800_u64.to_le_bytes()[..], &1_u32.to_le_bytes()].concat();
    let stored = Datatype::reference(ReferenceKind::Region, WIDTHS);
    let region = RawReference { kind: ReferenceKind::Region, bytes: bytes.clone() };
    let writer = RawReference::writer(&stored).unwrap();
    let element = writer.write_one(&region, &heap).unwrap();
    assert_eq!(ids(&stored, &element, &heap), [2].into());
    assert_eq!(heap.0.borrow()[1], b"region");
    let value = value_writer(&stored).unwrap();
    let element = value.write_one(&Value::Reference(region.clone()), &heap).unwrap();
    assert_eq!(ids(&stored, &element, &heap), [3].into());
    let object = Datatype::reference(ReferenceKind::Object, WIDTHS);
    assert!(is_conversion_error(RawReference::writer(&object).unwrap().write_one(&region, &heap)));

    let revised = Datatype::reference(ReferenceKind::Region2, WIDTHS);
    let head = [&[3, 0][..], &6_u32.to_le_bytes(), &bytes].concat();
    let region = RawReference { kind: ReferenceKind::Region2, bytes: head.clone() };
    let writer = RawReference::writer(&revised).unwrap();
    let element = writer.write_one(&region, &heap).unwrap();
    assert_eq!(element[..14], head[..14]);
    assert_eq!(ids(&revised, &element, &heap), [4].into());
    let copy = ElementCopy { source: &heap, sink: &heap, references: CopiedReferences::Keep };
    let element = copy.run(&revised, &revised, &element).unwrap();
    assert_eq!(ids(&revised, &element, &heap), [5].into());
}

/// Widths other than those elements are written in.
const NARROW: Sizes = Sizes { offsets: 4, lengths: 4 };

/// Objects whose copies lie as far behind them.
struct Behind(u64);

impl Copies for Behind {
    fn copy_of(&self, object: Address) -> Result<Option<Address>> {
        Ok((object.0 < 0x1000).then_some(object.plus(self.0)))
    }
}

#[test]
fn copied_references_follow_the_objects() {
    let (heap, other) = (Objects::default(), Objects::default());
    let references = CopiedReferences::Follow(&Behind(0x10));
    let copy = ElementCopy { source: &heap, sink: &other, references };
    let run = |stored: &Datatype, bytes: &[u8]| {
        copy.run(stored, &stored.with_sizes(NARROW).unwrap(), bytes).unwrap()
    };
    let bytes = |value: &dyn Fn(Sizes) -> Vec<u8>| (value(WIDTHS), value(NARROW));
    let object = Datatype::reference(ReferenceKind::Object, WIDTHS);
    let of = |at: u64, widths| {
        let object = Some(Address(at)).filter(|at| at.0 > 0);
        ObjectReference { object }.to_bytes_in(widths, &()).unwrap()
    };
    for (from, to) in [(0x20, 0x30), (0x2000, 0), (0, 0)] {
        assert_eq!(run(&object, &of(from, WIDTHS)), of(to, NARROW));
    }

    let region = |at, widths| {
        let selection =
            StoredSelection { form: SelectionForm::VERSION_1, selection: Selection::All };
        RegionReference { object: Address(at), selection }.to_bytes_in(widths, &()).unwrap()
    };
    let id = heap.put(&region(0x40, WIDTHS)).unwrap();
    let (from, to) = bytes(&|widths| id.to_bytes_in(widths, &()).unwrap());
    let stored = Datatype::reference(ReferenceKind::Region, WIDTHS);
    assert_eq!(run(&stored, &from), to);
    assert_eq!(*other.0.borrow(), [region(0x50, NARROW)]);
    heap.0.borrow_mut()[0] = region(0x4000, WIDTHS);
    assert_eq!(run(&stored, &from), [0; 8]);

    let revised = Datatype::reference(ReferenceKind::Object2, WIDTHS);
    let of = |at, widths| RevisedReference::Object(Address(at)).to_bytes_in(widths, &()).unwrap();
    assert_eq!(run(&revised, &of(0x20, WIDTHS)), of(0x30, NARROW));
    assert_eq!(run(&revised, &of(0x2000, WIDTHS)), [0; 14]);
    // Another file's object is the same object still.
    let target = |at: u64, file: Option<&[u8]>, widths| {
        let part = ReferencePart::Attribute(b"unit".to_vec());
        let target = RevisedTarget { object: Address(at), file: file.map(<[u8]>::to_vec), part };
        (target.form(), target.to_bytes_in(widths, &target.form()).unwrap())
    };
    for (at, file, to) in [(0x20, None, 0x30), (0x2000, Some(&b"other.h5"[..]), 0x2000)] {
        let (form, data) = target(at, file, WIDTHS);
        let (_, expected) = target(to, file, NARROW);
        let element = |data: &[u8], id, widths| {
            let size = u32::try_from(data.len()).unwrap();
            RevisedReference::Heap { target: form, size, id }.to_bytes_in(widths, &()).unwrap()
        };
        let from = element(&data, heap.put(&data).unwrap(), WIDTHS);
        let found = run(&revised, &from);
        let index = u32::try_from(other.0.borrow().len()).unwrap();
        assert_eq!(other.0.borrow().last(), Some(&expected));
        let id = HeapId { address: Some(Address(0x800)), index };
        assert_eq!(found, element(&expected, id, NARROW));
    }
}

#[cfg(feature = "num-complex")]
#[test]
fn complex_numbers_become_what_they_came_from() {
    use num_complex::Complex;

    let values = [Complex { re: 1.5_f32, im: -2.0 }, Complex { re: 0.0, im: 1.0 }];
    check(&values);
    let part = Datatype::float(8, ByteOrder::Big).unwrap();
    let members = vec![Member::new("imag", 0, part.clone()), Member::new("real", 12, part.clone())];
    let forms = [
        Datatype::complex(part.clone()).unwrap(),
        Datatype::array(part.clone(), &[2]).unwrap(),
        Datatype::compound(20, members).unwrap(),
    ];
    for stored in forms {
        let out = write(&stored, &values).unwrap();
        assert_eq!(convert::<Complex<f32>>(&stored, &out).unwrap(), values);
    }
    assert!(is_conversion_error(Complex::<f32>::writer(&part)));
}

#[test]
fn arrays_of_arrays_take_arrays_of_more_axes() {
    let inner = Datatype::array(number(1, false), &[3]).unwrap();
    let nested = Datatype::array(inner, &[2]).unwrap();
    let flat = Datatype::array(number(1, false), &[2, 3]).unwrap();
    let value = |shape: &[usize]| Value::Array {
        shape: shape.to_vec(),
        elements: (1..=6).map(Value::Integer).collect(),
    };
    for stored in [&nested, &flat] {
        let writer = value_writer(stored).unwrap();
        assert_eq!(writer.write_one(&value(&[2, 3]), &NoHeap).unwrap(), [1, 2, 3, 4, 5, 6]);
        for shape in [&[3, 2][..], &[6], &[2], &[2, 3, 1], &[2, 2]] {
            assert!(is_conversion_error(writer.write_one(&value(shape), &NoHeap)));
        }
    }
    let natural = Value::natural_type(&[&value(&[2, 3])]).unwrap().to_datatype(WIDTHS).unwrap();
    let written = value_writer(&natural).unwrap().write_one(&value(&[2, 3]), &NoHeap).unwrap();
    assert_eq!(written.len(), 48);
}
