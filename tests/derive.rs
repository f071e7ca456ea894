//! Structs and enumerations of programs as types of elements: what h5py makes of them, and what they
//! make of what h5py wrote.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

#[path = "support/mod.rs"]
mod support;

use std::fmt::Debug;
use std::marker::PhantomData;
use std::mem::{offset_of, size_of};

use hdfive::definition::Datatype;
use hdfive::types::{
    CompoundType, Converter, EnumMember, FixedAscii, FixedUnicode, TypeDescriptor, VarLenArray,
    VarLenUnicode, Writer,
};
use hdfive::{ErrorKind, File, H5Type};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(C)]
struct Gaps {
    flag: bool,
    x: f64,
    #[hdf5(rename = "the count")]
    count: i16,
    color: Color,
    r#type: [[u16; 3]; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(C, packed)]
struct Packed {
    flag: bool,
    x: f64,
    inner: Gaps,
    last: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(C, packed(2))]
struct HalfPacked {
    flag: u8,
    x: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(C, align(32))]
struct Aligned(u8, f32);

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(transparent)]
struct Meters<T>(f64, PhantomData<T>);

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(i16)]
enum Color {
    Red = -1,
    #[hdf5(rename = "GREEN")]
    Green,
    Blue = 300,
}

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(u64)]
enum Large {
    None,
    All = u64::MAX,
}

#[derive(Debug, Clone, PartialEq, H5Type)]
struct Words {
    id: u8,
    name: String,
    fixed: FixedAscii<3>,
    unicode: FixedUnicode<5>,
    list: Vec<i32>,
    points: Vec<Pair<f32>>,
    pair: (u8, bool),
    text: VarLenUnicode,
}

#[derive(Debug, Clone, PartialEq, H5Type)]
#[repr(C)]
struct Pair<T> {
    first: T,
    second: T,
}

fn compound<T: H5Type>() -> CompoundType {
    match T::type_descriptor() {
        TypeDescriptor::Compound(compound) => compound,
        other => panic!("{other:?}"),
    }
}

/// Checks where the members lie, and the size.
fn check_layout<T: H5Type>(wanted: &[(&str, usize)], size: usize) {
    let found = compound::<T>();
    let members: Vec<_> = found.fields.iter().map(|f| (f.name.as_str(), f.offset)).collect();
    assert_eq!((members.as_slice(), found.size), (wanted, size));
}

#[test]
fn members_lie_where_the_fields_do() {
    let gaps = [
        ("flag", offset_of!(Gaps, flag)),
        ("x", offset_of!(Gaps, x)),
        ("the count", offset_of!(Gaps, count)),
        ("color", offset_of!(Gaps, color)),
        ("type", offset_of!(Gaps, r#type)),
    ];
    check_layout::<Gaps>(&gaps, size_of::<Gaps>());
    check_layout::<Packed>(&[("flag", 0), ("x", 1), ("inner", 9), ("last", 41)], 42);
    assert_eq!(size_of::<Packed>(), 42);
    check_layout::<HalfPacked>(&[("flag", 0), ("x", 2)], size_of::<HalfPacked>());
    check_layout::<Aligned>(&[("0", 0), ("1", 4)], 32);
    check_layout::<Pair<u32>>(&[("first", 0), ("second", 4)], 8);
    // A packed struct has no alignment that it would hand on, an aligned one has.
    check_layout::<Pair<HalfPacked>>(&[("first", 0), ("second", 10)], 20);
    check_layout::<Pair<Aligned>>(&[("first", 0), ("second", 32)], 64);
    // Where the file has other bytes than the memory, as a C compiler lays out those.
    let words = ["id", "name", "fixed", "unicode", "list", "points", "pair", "text"];
    let offsets = [0, 8, 24, 27, 32, 48, 64, 72];
    check_layout::<Words>(&std::array::from_fn::<_, 8, _>(|i| (words[i], offsets[i])), 88);
    assert_eq!(Meters::<u8>::type_descriptor(), f64::type_descriptor());
}

#[test]
fn enumerations_keep_names_values_and_integer() {
    let TypeDescriptor::Enum(color) = Color::type_descriptor() else { panic!() };
    let member = |name: &str, value: i64| EnumMember { name: name.into(), value: value as u64 };
    assert_eq!(color.members, [member("Red", -1), member("GREEN", 0), member("Blue", 300)]);
    assert_eq!(color.base_type(), i16::type_descriptor());
    let TypeDescriptor::Enum(large) = Large::type_descriptor() else { panic!() };
    assert_eq!(large.members, [member("None", 0), member("All", -1)]);
    assert_eq!(large.base_type(), u64::type_descriptor());
}

fn gaps(count: i16) -> Gaps {
    let color = [Color::Red, Color::Green, Color::Blue][count as usize % 3];
    let r#type = [[1, 2, count as u16], [4, 5, 6]];
    Gaps { flag: count % 2 == 1, x: f64::from(count) + 0.5, count, color, r#type }
}

fn words(name: &str, list: &[i32]) -> Words {
    Words {
        id: name.len() as u8,
        name: name.to_owned(),
        fixed: FixedAscii::from_ascii("abc").unwrap(),
        unicode: "\u{e9}\u{e9}".parse().unwrap(),
        list: list.to_vec(),
        points: list.iter().map(|n| Pair { first: *n as f32, second: 0.5 }).collect(),
        pair: (9, true),
        text: "text".parse().unwrap(),
    }
}

/// Writes values, reads them again, as a dataset and as an attribute; leaves the dataset.
fn write<T: H5Type + PartialEq + Debug>(file: &File, name: &str, values: &[T]) {
    let dataset = file.new_dataset_builder().with_data(values).create(name).unwrap();
    assert_eq!(dataset.read_raw::<T>().unwrap(), values);
    assert_eq!(dataset.read_slice_raw::<T>(1..).unwrap(), values[1..]);
    let attribute = dataset.new_attr_builder().with_data(values).create("same").unwrap();
    assert_eq!(attribute.read_raw::<T>().unwrap(), values);
}

/// Says of each dataset what h5py finds: types with offsets, and values.
const SHOW: &str = r#"
import h5py
import numpy as np
from h5py import h5t

def kind(t):
    c = t.get_class()
    if c == h5t.COMPOUND:
        of = [f'{t.get_member_name(i).decode()}@{t.get_member_offset(i)}:{kind(t.get_member_type(i))}'
              for i in range(t.get_nmembers())]
        return '{' + ' '.join(of) + '}' + str(t.get_size())
    if c == h5t.ARRAY:
        return f'{t.get_array_dims()}{kind(t.get_super())}'
    if c == h5t.ENUM:
        of = [f'{t.get_member_name(i).decode()}={t.get_member_value(i)}' for i in range(t.get_nmembers())]
        return f'{t.get_super().dtype.str}({" ".join(of)})'
    if c == h5t.VLEN:
        return f'[{kind(t.get_super())}]'
    if c == h5t.STRING:
        size = '' if t.is_variable_str() else t.get_size()
        return f'str{size}:{t.get_cset()}'
    return t.dtype.str

with h5py.File('ours.h5') as file:
    for name, ds in file.items():
        print(name, kind(ds.id.get_type()), '|', ' '.join(str(ds[1]).split()))
        assert name == 'words' or ds.attrs['same'].tobytes() == ds[()].tobytes()
"#;

#[test]
fn h5py_sees_the_types_of_the_c_structs() {
    let folder = support::empty_folder("derive_ours");
    let file = File::create(folder.join("ours.h5")).unwrap();
    write(&file, "gaps", &[gaps(1), gaps(2), gaps(3)]);
    let packed = |n: i16| Packed { flag: true, x: 1.5, inner: gaps(n), last: 7 };
    write(&file, "packed", &[packed(1), packed(5)]);
    write(&file, "aligned", &[Aligned(1, 0.5), Aligned(2, 1.5)]);
    write(&file, "color", &[Color::Red, Color::Blue, Color::Green]);
    write(&file, "large", &[Large::None, Large::All]);
    write(&file, "meters", &[Meters::<Color>(1.0, PhantomData), Meters(2.5, PhantomData)]);
    write(&file, "pairs", &[Pair { first: 1_u8, second: 2 }, Pair { first: 3, second: 4 }]);
    write(&file, "words", &[words("", &[]), words("three", &[1, 2, -3])]);
    file.close().unwrap();
    let Some(found) = support::python_in(&folder, SHOW, &[]) else { return };
    let boolean = "|i1(FALSE=0 TRUE=1)";
    let color = "<i2(Red=-1 GREEN=0 Blue=300)";
    let gaps = format!(
        "{{flag@0:{boolean} x@8:<f8 the count@16:<i2 color@18:{color} type@20:(2,)(3,)<u2}}32"
    );
    let wanted = [
        "aligned {0@0:|u1 1@4:<f4}32 | (2, 1.5)".to_owned(),
        format!("color {color} | 300"),
        format!("gaps {gaps} | (False, 2.5, 2, 300, [[1, 2, 2], [4, 5, 6]])"),
        // h5py clamps what it says of members, not what it reads.
        "large <u8(None=0 All=9223372036854775807) | 18446744073709551615".to_owned(),
        "meters <f8 | 2.5".to_owned(),
        format!(
            "packed {{flag@0:{boolean} x@1:<f8 inner@9:{gaps} last@41:|u1}}42 | \
             (True, 1.5, (True, 5.5, 5, 300, [[1, 2, 5], [4, 5, 6]]), 7)"
        ),
        "pairs {first@0:|u1 second@1:|u1}2 | (3, 4)".to_owned(),
    ];
    let found: Vec<&str> = found.lines().collect();
    assert_eq!(found[..7], wanted, "{found:#?}");
    // In memory, where strings are pointers.
    let words = "words {id@0:|u1 name@8:str:1 fixed@16:str3:0 unicode@19:str5:1 list@24:[<i4] \
                 points@40:[{first@0:<f4 second@4:<f4}8] pair@56:{0@0:|u1 1@1:|i1(FALSE=0 TRUE=1)}2 \
                 text@64:str:1}72 | ";
    assert!(found[7].starts_with(words), "{}", found[7]);
    for part in ["b'three'", "b'abc'", "[ 1, 2, -3]", "(9, True)", "b'text'"] {
        assert!(
            found[7].contains(part) || found[7].contains(&part.replace("[ ", "[")),
            "{}",
            found[7]
        );
    }
}

/// Compounds of more members in another order and of other types, and what does not convert.
const MAKE: &str = r#"
import h5py
import numpy as np
with h5py.File('theirs.h5', 'w') as file:
    color = h5py.enum_dtype({'Blue': 1, 'Red': 2, 'GREEN': 3, 'Pink': 4}, basetype='>u2')
    dtype = np.dtype([('text', h5py.string_dtype()), ('y', '>i4'), ('color', color), ('x', '<f4'),
                      ('more', 'u1', (2,)), ('flag', '?')])
    rows = [('a', 1, 2, 0.5, [1, 2], True), ('b', -2, 3, 1.5, [3, 4], False), ('c', 3, 1, 2.5, [5, 6], True)]
    file['rows'] = np.array(rows, dtype)
    file['pink'] = np.array([2, 4], color)
    file['undefined'] = np.array([1, 77], color)
    file['numbers'] = np.array([-1, 300, 0], 'i4')
    file['strangers'] = np.array([0], h5py.enum_dtype({'UP': 0, 'DOWN': 1}, basetype='i1'))
    file['bits'] = np.array([0, 1, 2], 'u1')
    low = h5py.h5t.enum_create(h5py.h5t.STD_I8LE)
    low.enum_insert(b'FALSE', 0)
    low.enum_insert(b'TRUE', 1)
    outer = h5py.h5t.create(h5py.h5t.COMPOUND, 3)
    outer.insert(b'id', 0, h5py.h5t.STD_U8LE)
    outer.insert(b'flag', 2, low)
    space = h5py.h5s.create_simple((2,))
    wrong = h5py.h5d.create(file.id, b'wrong bool', outer, space)
    wrong.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([[1, 0xaa, 1], [2, 0xaa, 5]], 'u1'), outer)
"#;

#[derive(Debug, Clone, PartialEq, H5Type)]
struct Fewer {
    x: f64,
    y: i8,
    color: Color,
}

#[derive(Debug, Clone, PartialEq, H5Type)]
struct More {
    flag: bool,
    #[hdf5(default)]
    z: f32,
    text: String,
    #[hdf5(default = "fourty_two", rename = "the answer")]
    answer: u8,
}

fn fourty_two() -> u8 {
    42
}

#[derive(Debug, Clone, H5Type)]
struct Missing {
    x: f64,
    z: f64,
}

#[derive(Debug, Clone, H5Type)]
struct Flagged {
    flag: bool,
}

fn conversion_error<T: H5Type + Debug>(file: &File, name: &str) -> String {
    let error = file.dataset(name).unwrap().read_raw::<T>().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Conversion(_)), "{error:?}");
    error.to_string()
}

#[test]
fn compounds_of_h5py_are_read_by_the_names_of_members() {
    let folder = support::empty_folder("derive_theirs");
    let Some(_) = support::python_in(&folder, MAKE, &[]) else { return };
    let file = File::open(folder.join("theirs.h5")).unwrap();
    let rows = file.dataset("rows").unwrap();
    let row = |x, y, color| Fewer { x, y, color };
    let wanted = [row(0.5, 1, Color::Red), row(1.5, -2, Color::Green), row(2.5, 3, Color::Blue)];
    assert_eq!(rows.read_raw::<Fewer>().unwrap(), wanted);
    assert_eq!(rows.read_slice_raw::<Fewer>(1).unwrap(), wanted[1..2]);
    let mut buffer = vec![row(0.0, 0, Color::Red); 3];
    assert_eq!(rows.read_into_raw(&mut buffer).unwrap(), 3);
    assert_eq!(buffer, wanted);
    let row = |flag, text: &str| More { flag, z: 0.0, text: text.into(), answer: 42 };
    assert_eq!(rows.read_raw::<More>().unwrap(), [row(true, "a"), row(false, "b"), row(true, "c")]);
    let said = conversion_error::<Missing>(&file, "rows");
    assert_eq!(said, "/rows: the compound has no member \"z\"");
    let said = conversion_error::<Pair<Color>>(&file, "pink");
    assert_eq!(said, "/pink: elements of class enum (2 bytes) do not convert to a compound");
}

#[test]
fn what_is_no_variant_is_an_error() {
    let folder = support::empty_folder("derive_variants");
    let Some(_) = support::python_in(&folder, MAKE, &[]) else { return };
    let file = File::open(folder.join("theirs.h5")).unwrap();
    let numbers = file.dataset("numbers").unwrap();
    assert_eq!(numbers.read_raw::<Color>().unwrap(), [Color::Red, Color::Blue, Color::Green]);
    assert_eq!(file.dataset("pink").unwrap().read_slice_raw::<Color>(0).unwrap(), [Color::Red]);
    let said = conversion_error::<Color>(&file, "pink");
    assert_eq!(said, "/pink: the value \"Pink\" (4) is no variant of Color");
    let said = conversion_error::<Color>(&file, "undefined");
    assert_eq!(said, "/undefined: the value 77 is no variant of Color");
    let said = conversion_error::<Large>(&file, "numbers");
    assert_eq!(said, "/numbers: the value -1 is no variant of Large");
    let said = conversion_error::<Color>(&file, "strangers");
    let wanted = "/strangers: the enum holds no variant of Color (Red, GREEN, Blue)";
    assert_eq!(said, wanted);
    assert_eq!(conversion_error::<bool>(&file, "bits"), "/bits: 2 is no boolean");
    let said = conversion_error::<Flagged>(&file, "wrong bool");
    assert_eq!(said, "/wrong bool: member \"flag\": 5 is no boolean");
}

#[test]
fn what_the_elements_do_not_hold_is_refused() {
    let file = File::in_memory().unwrap();
    let other = TypeDescriptor::Enum(match Color::type_descriptor() {
        TypeDescriptor::Enum(mut of) => {
            of.members.remove(2);
            of
        }
        other => panic!("{other:?}"),
    });
    let ds = file.new_dataset_builder().empty_as(&other).shape(2).create("some").unwrap();
    ds.write_raw(&[Color::Green, Color::Red]).unwrap();
    let said = ds.write_raw(&[Color::Red, Color::Blue]).unwrap_err().to_string();
    assert_eq!(said, "/some: the elements hold no \"Blue\" of Color");
    assert_eq!(ds.read_raw::<Color>().unwrap(), [Color::Green, Color::Red]);
    // As an integer, by value, if it has room for that.
    let ds = file.new_dataset::<i8>().shape(2).create("bytes").unwrap();
    ds.write_raw(&[Color::Green, Color::Red]).unwrap();
    assert_eq!(ds.read_raw::<i32>().unwrap(), [0, -1]);
    assert!(ds.write_raw(&[Color::Red, Color::Blue]).is_err());
    // Nothing of the file is made up, nothing of the struct left out.
    let ds = file.new_dataset::<Fewer>().shape(1).create("fewer").unwrap();
    let said = ds.write_raw(&[Pair { first: 1.0, second: 2.0 }]).unwrap_err().to_string();
    assert_eq!(said, "/fewer: there is no value for the member \"x\"");
    let more = More { flag: true, z: 1.0, text: String::new(), answer: 1 };
    assert!(ds.write_raw(&[more]).is_err());
}

/// A dataset of compounds with gaps that hold something.
const POISON: &str = r#"
import h5py
import numpy as np
with h5py.File('poison.h5', 'w', libver='latest') as file:
    dtype = np.dtype({'names': ['flag', 'x'], 'formats': ['i1', 'f8'], 'offsets': [0, 8], 'itemsize': 24})
    for name, chunks in ('contiguous', None), ('chunked', (2,)):
        ds = file.create_dataset(name, (4,), dtype, chunks=chunks)
        poison = np.full((4, 24), 0xaa, 'u1')
        memory = h5py.h5t.py_create(dtype)
        ds.id.write(h5py.h5s.ALL, h5py.h5s.ALL, poison, ds.id.get_type())
"#;

const RAW: &str = r#"
import h5py
import numpy as np
with h5py.File('poison.h5') as file:
    for name in 'contiguous', 'chunked':
        ds = file[name]
        raw = np.empty((4, 24), 'u1')
        ds.id.read(h5py.h5s.ALL, h5py.h5s.ALL, raw, ds.id.get_type())
        gaps = np.concatenate([raw[:, 1:8], raw[:, 16:]], axis=1)
        print(name, sorted(set(gaps.ravel().tolist())), ds['flag'].tolist())
with open('poison.h5', 'rb') as file:
    print(b'\xaa' * 7 in file.read())
"#;

#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(C)]
struct Gap {
    flag: i8,
    x: f64,
}

#[test]
fn gaps_reach_the_file_as_zeros() {
    let folder = support::empty_folder("derive_poison");
    let Some(_) = support::python_in(&folder, POISON, &[]) else { return };
    let poisoned = std::fs::read(folder.join("poison.h5")).unwrap();
    assert!(poisoned.windows(8).any(|bytes| bytes == [0xaa; 8]));
    let file = File::open_rw(folder.join("poison.h5")).unwrap();
    let values: [Gap; 4] = std::array::from_fn(|n| Gap { flag: n as i8, x: 1.5 });
    for name in ["contiguous", "chunked"] {
        file.dataset(name).unwrap().write_raw(&values).unwrap();
    }
    file.close().unwrap();
    let said = support::python_in(&folder, RAW, &[]).unwrap();
    let wanted = "contiguous [0] [0, 1, 2, 3]\nchunked [0] [0, 1, 2, 3]\nFalse\n";
    assert_eq!(said, wanted);
}

/// Lends other memory than its own, of any length.
#[derive(Debug, Clone, PartialEq)]
struct Liar<const N: usize>([u8; N]);

impl<const N: usize> H5Type for Liar<N> {
    fn type_descriptor() -> TypeDescriptor {
        u32::type_descriptor()
    }

    fn converter(stored: &Datatype) -> hdfive::Result<Converter<Self>> {
        Ok(u32::converter(stored)?.map(|_| Self([0; N])))
    }

    fn writer(stored: &Datatype) -> hdfive::Result<Writer<Self>> {
        Ok(u32::writer(stored)?.after(|_: &Self| 7))
    }

    fn as_bytes(_: &[Self]) -> Option<&[u8]> {
        Some(&[1; N])
    }

    fn as_bytes_mut(values: &mut [Self]) -> Option<&mut [u8]> {
        values.first_mut().map(|first| first.0.as_mut_slice())
    }

    fn is_identical(_: &Datatype) -> bool {
        true
    }
}

/// Writes and reads two values of four bytes each that lend `N` bytes.
fn lie<const N: usize>() {
    let file = File::in_memory().unwrap();
    let ds = file.new_dataset::<u32>().shape(2).create("numbers").unwrap();
    let chunked = file.new_dataset::<u32>().shape(2).chunk(2).deflate(1).create("chunks").unwrap();
    let attribute = file.new_attr::<u32>().shape(2).create("numbers").unwrap();
    for numbers in [&*ds, &*chunked, &*attribute] {
        numbers.write_raw(&[5_u32, 6]).unwrap();
        let written = numbers.write_raw(&[Liar([0; N]), Liar([0; N])]).is_ok();
        assert!(if N < 8 { !written } else { N > 8 || written }, "{N}");
        let mut liars = vec![Liar([0; N]); 2];
        let read = numbers.read_into_raw(&mut liars).is_ok();
        assert!(if N < 8 { !read } else { N > 8 || read }, "{N}");
        let wanted = if written { [0x0101_0101; 2] } else { [5, 6] };
        assert_eq!(numbers.read_raw::<u32>().unwrap(), wanted, "{N}");
    }
}

#[test]
fn an_implementation_that_lies_harms_nobody() {
    lie::<8>();
    lie::<1>();
    lie::<7>();
    lie::<9>();
    lie::<64>();
}

macro_rules! wide {
    ($($field:ident)*) => {
        /// More fields than there are tuples of.
        #[derive(Debug, Clone, PartialEq, H5Type)]
        struct Wide {
            $($field: u32),*
        }

        impl Wide {
            fn new(mut next: u32) -> Self {
                Self { $($field: { next += 1; next }),* }
            }
        }
    };
}

wide! { a b c d e f g h i j k l m n o p q r s t u v w x y z }

#[test]
fn there_may_be_many_fields_and_many_elements() {
    let file = File::in_memory().unwrap();
    let values: Vec<Wide> = (0..10_000).map(Wide::new).collect();
    let ds = file.new_dataset_builder().with_data(&values).chunk(999).create("wide").unwrap();
    assert_eq!(ds.read_raw::<Wide>().unwrap(), values);
    assert_eq!(ds.read_field::<u32>("z", 9_999).unwrap(), [10_025]);
    assert_eq!(ds.read_slice_scalar::<Wide>(5_000).unwrap(), values[5_000]);
    // Elements larger than a batch.
    let large = vec![Pair { first: [1_u64; 4_000], second: [2; 4_000] }; 30];
    let ds = file.new_dataset_builder().with_data(&large).create("large").unwrap();
    assert!(ds.read_raw::<Pair<[u64; 4_000]>>().unwrap() == large);
}

#[test]
fn a_struct_may_hold_what_holds_structs() {
    #[derive(Debug, Clone, PartialEq, H5Type)]
    struct Tree {
        leaves: VarLenArray<Gap>,
        branches: Vec<Vec<Pair<String>>>,
        meters: [Meters<()>; 2],
    }
    let pair = |a: &str, b: &str| Pair { first: a.to_owned(), second: b.to_owned() };
    let tree = Tree {
        leaves: VarLenArray::from_slice(&[Gap { flag: 1, x: 0.5 }, Gap { flag: 2, x: 1.5 }]),
        branches: vec![vec![], vec![pair("a", "b"), pair("", "\u{e9}")]],
        meters: [Meters(1.0, PhantomData), Meters(2.0, PhantomData)],
    };
    let file = File::in_memory().unwrap();
    write(&file, "trees", &[tree.clone(), tree]);
}

fn any_color() -> impl Strategy<Value = Color> {
    prop_oneof![Just(Color::Red), Just(Color::Green), Just(Color::Blue)]
}

fn any_gaps() -> impl Strategy<Value = Gaps> {
    (any::<bool>(), -1e300..1e300, any::<i16>(), any_color(), any::<[[u16; 3]; 2]>())
        .prop_map(|(flag, x, count, color, r#type)| Gaps { flag, x, count, color, r#type })
}

fn any_words() -> impl Strategy<Value = Words> {
    let texts = ("[^\0]{0,9}", "[ -~]{0,3}", "[^\0]{0,1}");
    let lists = (proptest::collection::vec(any::<i32>(), 0..5), any::<(u8, bool)>());
    (any::<u8>(), texts, lists).prop_map(|(id, (name, fixed, unicode), (list, pair))| Words {
        id,
        text: name.parse().unwrap(),
        name,
        fixed: FixedAscii::from_ascii(&fixed).unwrap(),
        unicode: unicode.parse().unwrap(),
        points: list.iter().map(|n| Pair { first: *n as f32, second: 1.0 }).collect(),
        list,
        pair,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn structs_come_back(
        gaps in proptest::collection::vec(any_gaps(), 1..20),
        words in proptest::collection::vec(any_words(), 1..20),
    ) {
        let file = File::in_memory().unwrap();
        write(&file, "gaps", &gaps);
        write(&file, "words", &words);
        let packed: Vec<Packed> =
            gaps.iter().map(|g| Packed { flag: g.flag, x: g.x, inner: *g, last: 1 }).collect();
        write(&file, "packed", &packed);
        let pairs: Vec<Pair<Words>> =
            words.iter().map(|w| Pair { first: w.clone(), second: words[0].clone() }).collect();
        write(&file, "pairs", &pairs);
    }
}
