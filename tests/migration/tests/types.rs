//! Types: of structs, enums, strings, arrays, and of what is known only when the program runs.

use std::str::FromStr;

use hdf5::datatype::{ByteOrder, Conversion};
use hdf5::types::dyn_value::{
    DynArray, DynCompound, DynEnum, DynFixedString, DynFloat, DynInteger, DynScalar, DynString,
    DynVarLenString,
};
use hdf5::types::{
    CompoundField, CompoundType, DynValue, EnumMember, EnumType, FixedAscii, FixedUnicode,
    FloatSize, IntSize, OwnedDynValue, StringError, TypeDescriptor, VarLenArray, VarLenAscii,
    VarLenUnicode,
};
use hdf5::{Datatype, H5Type};
use hdfive_migration::{hdf5, in_memory};
use ndarray::{arr1, arr2};

use TypeDescriptor as TD;

#[derive(H5Type, Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
enum Color {
    Red = 1,
    Green = 2,
    Blue = 3,
}

#[derive(H5Type, Clone, Copy, PartialEq, Debug)]
#[repr(C)]
struct Pixel {
    #[hdf5(rename = "position")]
    xy: [i64; 2],
    color: Color,
}

#[derive(H5Type, Clone, Copy, PartialEq, Debug)]
#[repr(C, packed)]
struct Packed {
    a: u8,
    b: u32,
}

#[derive(H5Type, Clone, Copy, PartialEq, Debug)]
#[repr(transparent)]
struct Metres(f64);

#[derive(H5Type, Clone, Copy, PartialEq, Debug)]
#[repr(C)]
struct Pair(i32, f32);

#[derive(H5Type, Clone, Copy, PartialEq, Debug)]
#[repr(C)]
struct Ranged<T: H5Type> {
    low: T,
    high: T,
}

fn pixel(x: i64, y: i64, color: Color) -> Pixel {
    Pixel { xy: [x, y], color }
}

#[test]
fn structs_and_enums_are_elements() -> hdf5::Result<()> {
    let file = in_memory("derived.h5")?;
    let pixels = arr2(&[
        [pixel(1, 2, Color::Red), pixel(2, 3, Color::Blue)],
        [pixel(3, 4, Color::Green), pixel(4, 5, Color::Red)],
    ]);
    let dataset = file.new_dataset_builder().with_data(&pixels).create("pixels")?;
    assert_eq!(dataset.read_2d::<Pixel>()?, pixels);
    assert_eq!(dataset.read_slice_1d::<Pixel, _>((1, ..))?, pixels.row(1));
    let TD::Compound(compound) = dataset.dtype()?.to_descriptor()? else { panic!("a compound") };
    let names: Vec<_> = compound.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["position", "color"]);
    let colors = dataset.new_attr::<Color>().shape([3]).create("colors")?;
    colors.write(&[Color::Red, Color::Green, Color::Blue])?;
    assert_eq!(colors.read_1d::<Color>()?.as_slice().unwrap()[1], Color::Green);
    for (name, made) in [("packed", true), ("as_it_is", false)] {
        let new = file.new_dataset::<Packed>().packed(made).shape(2).create(name)?;
        new.write(&[Packed { a: 1, b: 2 }, Packed { a: 3, b: 4 }])?;
        let read = new.read_raw::<Packed>()?;
        assert_eq!(read, [Packed { a: 1, b: 2 }, Packed { a: 3, b: 4 }]);
        assert!(!made || new.dtype()?.size() == 5);
    }
    file.new_dataset_builder().with_data(&[Metres(1.5)]).create("metres")?;
    assert_eq!(file.dataset("metres")?.read_raw::<f64>()?, [1.5]);
    let pairs = file.new_dataset_builder().with_data(&[Pair(1, 0.5)]).create("pairs")?;
    assert_eq!(pairs.read_raw::<Pair>()?, [Pair(1, 0.5)]);
    let range = Ranged { low: 1u16, high: 9 };
    file.new_dataset::<Ranged<u16>>().create("range")?.write_scalar(&range)?;
    assert_eq!(file.dataset("range")?.read_scalar::<Ranged<u16>>()?, range);
    Ok(())
}

#[test]
fn descriptors_describe_types() {
    assert_eq!(Color::type_descriptor().size(), 1);
    let TD::Enum(colors) = Color::type_descriptor() else { panic!("an enum") };
    assert_eq!((colors.size, colors.signed), (IntSize::U1, false));
    assert_eq!(colors.members[1], EnumMember { name: "Green".into(), value: 2 });
    assert_eq!(colors.base_type(), TD::Unsigned(IntSize::U1));
    let TD::Compound(pair) = Pair::type_descriptor() else { panic!("a compound") };
    assert_eq!(pair.fields[0], CompoundField::typed::<i32>("0", 0, 0));
    assert_eq!(pair.fields[1], CompoundField::new("1", TD::Float(FloatSize::U4), 4, 1));
    let loose = CompoundType {
        fields: vec![CompoundField::typed::<u8>("a", 0, 0), CompoundField::typed::<u32>("b", 4, 1)],
        size: 8,
    };
    assert_eq!((loose.to_packed_repr().size, loose.to_packed_repr().to_c_repr().size), (5, 8));
    let descriptor = TD::Compound(loose);
    assert_eq!((descriptor.to_packed_repr().size(), descriptor.to_c_repr().size()), (5, 8));
    assert_eq!(IntSize::from_int(4), Some(IntSize::U4));
    assert_eq!(FloatSize::from_int(3), None);
    assert_eq!(
        <[u16; 3]>::type_descriptor(),
        TD::FixedArray(Box::new(TD::Unsigned(IntSize::U2)), 3)
    );
    assert_eq!(bool::type_descriptor(), TD::Boolean);
    assert_eq!(VarLenUnicode::type_descriptor(), TD::VarLenUnicode);
    assert_eq!(Metres::type_descriptor(), f64::type_descriptor());
    assert_eq!(usize::type_descriptor().size(), 8);
    let number = EnumType { size: IntSize::U2, signed: true, members: vec![] };
    assert_eq!(number.base_type(), TD::Integer(IntSize::U2));
}

#[test]
fn datatypes_convert_to_each_other() -> hdf5::Result<()> {
    let double = Datatype::from_type::<f64>()?;
    assert_eq!((double.size(), double.is::<f64>(), double.is::<f32>()), (8, true, false));
    let order =
        if cfg!(target_endian = "little") { ByteOrder::LittleEndian } else { ByteOrder::BigEndian };
    assert_eq!(double.byte_order(), order);
    assert_eq!(Datatype::from_type::<FixedAscii<3>>()?.byte_order(), ByteOrder::None);
    assert_eq!(double.to_descriptor()?, f64::type_descriptor());
    let again = Datatype::from_descriptor(&TD::Float(FloatSize::U8))?;
    assert_eq!(again, double);
    assert_eq!(double.conv_path(&again), Some(Conversion::NoOp));
    assert_eq!(double.conv_to::<f64>(), Some(Conversion::NoOp));
    assert_eq!(double.conv_to::<f32>(), Some(Conversion::Hard));
    assert_eq!(double.conv_from::<i32>(), Some(Conversion::Hard));
    assert_eq!(double.conv_to::<VarLenUnicode>(), None);
    assert!(Conversion::NoOp < Conversion::Hard && Conversion::Hard < Conversion::Soft);
    let file = in_memory("datatypes.h5")?;
    let dataset = file.new_dataset::<f64>().create("x")?;
    assert_eq!(dataset.dtype()?, double);
    Ok(())
}

#[test]
fn strings_are_fixed_or_free() -> hdf5::Result<()> {
    let file = in_memory("strings.h5")?;
    let ascii = VarLenAscii::from_ascii("free").unwrap();
    assert_eq!((ascii.len(), ascii.as_str(), ascii.as_bytes()), (4, "free", &b"free"[..]));
    assert!(VarLenAscii::new().is_empty() && !ascii.as_ptr().is_null());
    assert!(VarLenAscii::from_ascii("ä").is_err());
    let unicode = VarLenUnicode::from_str("frei – ä").unwrap();
    assert_eq!((unicode.len(), unicode.as_str()), ("frei – ä".len(), "frei – ä"));
    assert!(VarLenUnicode::new().is_empty() && !unicode.as_ptr().is_null());
    assert_eq!(unicode.as_bytes(), "frei – ä".as_bytes());
    let fixed = FixedAscii::<6>::from_ascii("fixed").unwrap();
    assert_eq!((FixedAscii::<6>::capacity(), fixed.len(), fixed.as_str()), (6, 5, "fixed"));
    assert_eq!(fixed.as_bytes(), b"fixed");
    assert!(FixedAscii::<6>::new().is_empty() && !fixed.as_ptr().is_null());
    let too_long: Result<FixedAscii<2>, StringError> = FixedAscii::from_ascii("abc");
    assert!(matches!(too_long, Err(StringError::InsufficientCapacity)));
    let wide = FixedUnicode::<8>::from_str("größe").unwrap();
    assert_eq!((FixedUnicode::<8>::capacity(), wide.len(), wide.as_str()), (8, 7, "größe"));
    assert!(FixedUnicode::<8>::new().is_empty() && !wide.as_ptr().is_null());
    assert_eq!(wide.as_bytes(), "größe".as_bytes());
    // SAFETY: what they say of the bytes is true.
    unsafe {
        assert_eq!(VarLenAscii::from_ascii_unchecked("free"), ascii);
        assert_eq!(VarLenUnicode::from_str_unchecked("frei – ä"), unicode);
        assert_eq!(FixedAscii::<6>::from_ascii_unchecked("fixed"), fixed);
        assert_eq!(FixedUnicode::<8>::from_str_unchecked("größe"), wide);
    }

    file.new_dataset_builder().with_data(&[ascii.clone()]).create("ascii")?;
    file.new_dataset_builder().with_data(&[unicode.clone()]).create("unicode")?;
    file.new_dataset_builder().with_data(&[fixed]).create("fixed")?;
    file.new_dataset_builder().with_data(&[wide]).create("wide")?;
    assert_eq!(file.dataset("ascii")?.read_1d::<VarLenAscii>()?, arr1(&[ascii]));
    assert_eq!(file.dataset("unicode")?.read_1d::<VarLenUnicode>()?, arr1(&[unicode]));
    assert_eq!(file.dataset("fixed")?.read_1d::<FixedAscii<6>>()?, arr1(&[fixed]));
    assert_eq!(file.dataset("wide")?.read_1d::<FixedUnicode<8>>()?, arr1(&[wide]));
    assert_eq!(file.dataset("fixed")?.dtype()?.to_descriptor()?, TD::FixedAscii(6));
    Ok(())
}

#[test]
fn arrays_have_any_length() -> hdf5::Result<()> {
    let file = in_memory("sequences.h5")?;
    let rows = [&[1u16, 2, 3][..], &[], &[4]].map(VarLenArray::from_slice);
    assert_eq!((rows[0].len(), rows[1].is_empty()), (3, true));
    assert_eq!(rows[0].as_slice(), [1, 2, 3]);
    assert!(!rows[0].as_ptr().is_null());
    let numbers = [1u16, 2, 3];
    // SAFETY: there are as many numbers as it says.
    let copied = unsafe { VarLenArray::from_parts(numbers.as_ptr(), numbers.len()) };
    assert_eq!(copied, rows[0]);
    let dataset = file.new_dataset_builder().with_data(&rows).create("rows")?;
    assert_eq!(dataset.read_raw::<VarLenArray<u16>>()?, rows);
    let wanted = TD::VarLenArray(Box::new(TD::Unsigned(IntSize::U2)));
    assert_eq!(dataset.dtype()?.to_descriptor()?, wanted);
    let fixed = [[1.5f32, 2.5], [3.5, 4.5]];
    let dataset = file.new_dataset_builder().with_data(&arr1(&fixed)).create("fixed")?;
    assert_eq!(dataset.read_raw::<[f32; 2]>()?, fixed);
    Ok(())
}

#[test]
fn values_are_of_types_known_at_run_time() {
    let value = OwnedDynValue::new(Pair(7, 0.5));
    assert_eq!(*value.type_descriptor(), Pair::type_descriptor());
    assert!(matches!(value.get(), DynValue::Compound(_)));
    assert_eq!(value.cast::<Pair>().ok(), Some(Pair(7, 0.5)));
    let value: OwnedDynValue = (-3i16).into();
    let integer = DynInteger::Int16(-3);
    assert_eq!(value.get(), DynValue::Scalar(DynScalar::Integer(integer)));
    assert_eq!(value.to_string(), "-3");
    let back = value.cast::<u16>().unwrap_err();
    assert_eq!(back.cast::<i16>().ok(), Some(-3));
    let text = OwnedDynValue::new(FixedAscii::<5>::from_ascii("abc").unwrap());
    assert!(matches!(text.get(), DynValue::String(_)));
    let array = OwnedDynValue::new([1u8, 2, 3]);
    assert!(matches!(array.get(), DynValue::Array(_)));
    assert!(matches!(OwnedDynValue::new(Color::Blue).get(), DynValue::Enum(_)));
    assert_eq!(OwnedDynValue::new(true).get(), DynValue::Scalar(DynScalar::Boolean(true)));
}

#[test]
fn parts_of_values_are_looked_into() {
    let value = OwnedDynValue::new(Pair(7, 0.5));
    let DynValue::Compound(compound) = value.get() else { panic!("a compound") };
    let fields: Vec<(&str, DynValue)> = compound.iter().collect();
    let seven = DynValue::Scalar(DynScalar::Integer(DynInteger::Int32(7)));
    let half = DynValue::Scalar(DynScalar::Float(DynFloat::Float32(0.5)));
    assert_eq!(fields, [("0", seven), ("1", half)]);

    let TD::Compound(pair) = Pair::type_descriptor() else { panic!("a compound") };
    let bytes = [3, 0, 0, 0, 0, 0, 128, 63];
    let made = DynCompound::new(&pair, &bytes);
    let first = made.iter().next();
    assert_eq!(first, Some(("0", DynValue::Scalar(DynScalar::Integer(DynInteger::Int32(3))))));
    let descriptor = Pair::type_descriptor();
    assert_eq!(
        DynValue::new(&descriptor, &bytes),
        DynValue::Compound(DynCompound::new(&pair, &bytes))
    );

    let TD::Enum(colors) = Color::type_descriptor() else { panic!("an enum") };
    let blue = DynEnum::new(&colors, DynInteger::UInt8(3));
    assert_eq!(blue.name(), Some("Blue"));
    assert_eq!(DynEnum::new(&colors, DynInteger::UInt8(9)).name(), None);
    assert_eq!(OwnedDynValue::new(Color::Blue).get(), DynValue::Enum(blue));

    let value = OwnedDynValue::new([1u8, 2, 3]);
    let DynValue::Array(array) = value.get() else { panic!("an array") };
    let numbers: Vec<String> = array.iter().map(|number| number.to_string()).collect();
    assert_eq!(numbers, ["1", "2", "3"]);
    let byte = u8::type_descriptor();
    assert_eq!(DynArray::new(&byte, &[1, 2, 3], Some(3)).iter().count(), 3);

    let value = OwnedDynValue::new(FixedAscii::<5>::from_ascii("abc").unwrap());
    let DynValue::String(DynString::Fixed(text)) = value.get() else { panic!("a string") };
    assert_eq!((text.raw_len(), text.get_buf()), (3, &b"abc"[..]));
    assert_eq!(text, DynFixedString::new(b"abc\0\0", false));
    let value = OwnedDynValue::new(VarLenUnicode::from_str("free").unwrap());
    let DynValue::String(DynString::VarLen(text)) = value.get() else { panic!("a string") };
    let _: DynVarLenString = text;
    assert_eq!(value.to_string(), "\"free\"");
}
