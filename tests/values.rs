//! Rust types as types of elements: what h5py makes of them, and what they make of what it wrote; what
//! exactness refuses; values and arrays of types known only at run time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;

use hdfive::definition::{ByteOrder, Datatype as Definition};
use hdfive::types::{
    FixedAscii, FixedUnicode, OwnedDynValue, TypeDescriptor, VarLenArray, VarLenUnicode,
};
use hdfive::{
    AnyValues, ConversionMode, DynArray, ElementType, ErrorKind, File, H5Type, ObjectReference1,
    Reference, Value,
};

/// What h5py writes of every kind.
const WRITE: &str = r#"
import h5py, numpy as np
from h5py import h5d, h5s, h5t
f = h5py.File("theirs.h5", "w")
f["bool"] = np.array([True, False])
f["not_bool"] = np.array([True, False])
f["not_bool"].id.write(h5s.ALL, h5s.ALL, np.array([1, 2], "i1"), f["not_bool"].id.get_type())
names = f.create_dataset("names", 3, h5py.string_dtype())
names[0], names[2] = "a", ""
refs = f.create_dataset("references", 2, h5py.ref_dtype)
refs[0] = f["bool"].ref
f["bool"].attrs["empty"] = h5py.Empty("f8")
f["bool"].attrs["one"] = 2.5
row = np.dtype([("0", ">i4"), ("1", "c8"), ("2", "i2", (2, 3)), ("3", "?"), ("4", "S3"), ("5", h5py.vlen_dtype("u1"))])
rows = f.create_dataset("rows", 2, row)
rows[0] = (-5, 1 + 2j, [[1, 2, 3], [4, 5, 6]], True, b"abc", np.array([1, 2], "u1"))
for size, sign in ((16, h5t.SGN_2), (16, h5t.SGN_NONE), (32, h5t.SGN_2)):
    for order in (h5t.ORDER_LE, h5t.ORDER_BE):
        kind = h5t.STD_I64LE.copy()
        kind.set_size(size)
        kind.set_precision(8 * size)
        kind.set_sign(sign)
        kind.set_order(order)
        values = [1, -(1 << 100), (1 << 127) - 1] if sign == h5t.SGN_2 else [1, 1 << 100, (1 << 128) - 1]
        way = "little" if order == h5t.ORDER_LE else "big"
        data = b"".join(v.to_bytes(size, way, signed=sign == h5t.SGN_2) for v in values)
        name = f"int{size}_{sign}_{way}"
        data_set = h5d.create(f.id, name.encode(), kind, h5s.create_simple((3,)))
        data_set.write(h5s.ALL, h5s.ALL, np.frombuffer(data, f"V{size}").copy(), kind)
f["half"] = np.array([1.5, 65504, 6e-8], ">f2")
f["long"] = np.array([1.5, 2], "g") / 3
f["numbers"] = np.array([0, 255, 256, -1])
f["floats"] = np.array([0.5, -0.0, 1e300, np.nan])
f["complex"] = np.array([1 - 2j, 1e300j])
sequences = f.create_dataset("sequences", 2, h5py.vlen_dtype("i2"))
sequences[0] = [1, -2]
f.close()
"#;

fn theirs(folder: &Path) -> Option<File> {
    support::python_in(folder, WRITE, &[])?;
    Some(File::open(folder.join("theirs.h5")).unwrap())
}

fn is_conversion_error<T: std::fmt::Debug>(result: hdfive::Result<T>) -> bool {
    matches!(result.unwrap_err().kind(), ErrorKind::Conversion(_))
}

type Row = (i32, (f32, f32), [[i16; 3]; 2], bool, FixedAscii<3>, Vec<u8>);

#[test]
fn what_h5py_wrote_is_read() {
    let folder = support::empty_folder("values_theirs");
    let Some(file) = theirs(&folder) else { return };
    let read = |name: &str| file.dataset(name).unwrap();
    assert_eq!(read("bool").read_raw::<bool>().unwrap(), [true, false]);
    assert!(is_conversion_error(read("not_bool").read_raw::<bool>()));
    let names = [Some("a".to_owned()), None, Some(String::new())];
    assert_eq!(read("names").read_raw::<Option<String>>().unwrap(), names);
    let unicode = read("names").read_raw::<Option<VarLenUnicode>>().unwrap();
    assert_eq!(unicode.iter().filter(|name| name.is_none()).count(), 1);
    assert_eq!(read("names").read_raw::<String>().unwrap(), ["a", "", ""]);
    let references = read("references").read_raw::<Option<Reference>>().unwrap();
    assert!(references[0].is_some() && references[1].is_none());
    let references = read("references").read_raw::<Option<ObjectReference1>>().unwrap();
    assert!(references[0].is_some() && references[1].is_none());
    let attribute = |name: &str| read("bool").attr(name).unwrap();
    assert_eq!(attribute("empty").read_scalar::<Option<f64>>().unwrap(), None);
    assert_eq!(attribute("one").read_scalar::<Option<f64>>().unwrap(), Some(2.5));
    assert!(attribute("empty").read_scalar::<f64>().is_err());
    let sequences = read("sequences").read_raw::<Option<Vec<i64>>>().unwrap();
    assert_eq!(sequences, [Some(vec![1, -2]), Some(vec![])]);
    assert_eq!(read("sequences").read_raw::<VarLenArray<i16>>().unwrap()[0], [1, -2]);
}

#[test]
fn compounds_of_h5py_are_tuples() {
    let folder = support::empty_folder("values_rows");
    let Some(file) = theirs(&folder) else { return };
    let rows = file.dataset("rows").unwrap();
    let text = FixedAscii::from_ascii("abc").unwrap();
    #[cfg(feature = "num-complex")]
    {
        use num_complex::Complex;
        type Row = (i32, Complex<f32>, [[i16; 3]; 2], bool, FixedAscii<3>, Vec<u8>);
        let found = rows.read_raw::<Row>().unwrap();
        let block = [[1, 2, 3], [4, 5, 6]];
        assert_eq!(found[0], (-5, Complex { re: 1.0, im: 2.0 }, block, true, text, vec![1, 2]));
        assert!(found[1].5.is_empty());
        assert_eq!(rows.as_reader().exact().read_raw::<Row>().unwrap(), found);
        let complex = file.dataset("complex").unwrap();
        let exact = complex.as_reader().exact();
        assert_eq!(exact.read_raw::<Complex<f64>>().unwrap()[0], Complex { re: 1.0, im: -2.0 });
        assert!(is_conversion_error(exact.read_raw::<Complex<f32>>()));
    }
    let found = rows.read_raw::<Row>().unwrap().remove(0);
    assert_eq!((found.0, found.1, found.4, found.5), (-5, (1.0, 2.0), text, vec![1, 2]));
    let value = rows.read_array(0).unwrap();
    let shown = r#"{0: -5, 1: 1.0+2.0i, 2: [[1, 2, 3], [4, 5, 6]], 3: true, 4: "abc", 5: [1, 2]}"#;
    assert_eq!((value.shape(), value.to_string().as_str()), (&[][..], shown));
    assert_eq!(value.get([]).unwrap().get("4"), Some(&Value::String(text.to_string())));
    let element = rows.read_elements(0).unwrap();
    let value = element.get(0).unwrap().dyn_value().unwrap();
    assert_eq!(value.to_string(), shown.replace("1.0+2.0i", "{r: 1.0, i: 2.0}"));
}

#[test]
fn integers_of_any_size_are_read() {
    let folder = support::empty_folder("values_integers");
    let Some(file) = theirs(&folder) else { return };
    let read = |name: &str| file.dataset(name).unwrap();
    for way in ["little", "big"] {
        for size in [16, 32] {
            let signed = read(&format!("int{size}_1_{way}"));
            let wanted = [1, -(1 << 100), i128::MAX];
            assert_eq!(signed.read_raw::<i128>().unwrap(), wanted);
            assert_eq!(signed.as_reader().exact().read_raw::<i128>().unwrap(), wanted);
            assert_eq!(signed.read_raw::<i64>().unwrap(), [1, i64::MIN, i64::MAX]);
            assert!(is_conversion_error(signed.as_reader().exact().read_raw::<i64>()));
            let array = signed.read_array(..).unwrap();
            assert_eq!(array.get([1]), Some(Value::Integer(-(1 << 100))));
        }
        let unsigned = read(&format!("int16_0_{way}"));
        assert_eq!(unsigned.read_raw::<u128>().unwrap(), [1, 1 << 100, u128::MAX]);
        assert_eq!(unsigned.read_raw::<usize>().unwrap(), [1, usize::MAX, usize::MAX]);
        assert!(is_conversion_error(unsigned.as_reader().exact().read_raw::<i128>()));
    }
}

#[test]
fn exact_reads_are_exact() {
    let folder = support::empty_folder("values_exact");
    let Some(file) = theirs(&folder) else { return };
    let read = |name: &str| file.dataset(name).unwrap();
    let numbers = read("numbers");
    let exact = numbers.as_reader().mode(ConversionMode::Exact);
    assert_eq!(exact.read_raw::<i16>().unwrap(), [0, 255, 256, -1]);
    assert_eq!(exact.read_raw::<f32>().unwrap(), [0.0, 255.0, 256.0, -1.0]);
    let error = exact.read_raw::<u8>().unwrap_err();
    assert!(error.to_string().contains("256 would become 255"), "{error}");
    assert!(is_conversion_error(exact.read_raw::<bool>()));
    assert_eq!(numbers.read_raw::<u8>().unwrap(), [0, 255, 255, 0]);
    #[cfg(feature = "ndarray")]
    {
        assert_eq!(exact.read_slice_1d::<u8, _>(..2).unwrap().to_vec(), [0, 255]);
        assert!(is_conversion_error(exact.read_1d::<u8>()));
    }
    let mut buffer = [0_u8; 4];
    assert!(is_conversion_error(exact.read_into_raw(&mut buffer)));
    assert!(read("half").as_reader().exact().read_raw::<f32>().is_ok());
    assert!(is_conversion_error(read("long").as_reader().exact().read_raw::<f64>()));
    assert_eq!(read("long").read_raw::<f64>().unwrap(), [0.5, 2.0 / 3.0]);
    let floats = read("floats");
    assert!(is_conversion_error(floats.as_reader().exact().read_raw::<f32>()));
    assert!(floats.as_reader().exact().read_raw::<f64>().unwrap()[3].is_nan());
    // A value has the digits of an `f64`, of 128 bits.
    assert!(is_conversion_error(read("long").as_reader().exact().read_values()));
    assert!(is_conversion_error(read("long").as_reader().exact().read_value()));
    assert_eq!(read("long").as_reader().read_values().unwrap()[1], Value::Float(2.0 / 3.0));
    assert_eq!(read("half").as_reader().exact().read_values().unwrap().len(), read("half").size());
}

#[test]
fn views_are_exact() {
    let file = File::in_memory().unwrap();
    let data = file.create_dataset("data", [(1_u8, 0.5), (2, 1e300)]).unwrap();
    let second = data.fields(["1"]);
    assert_eq!(second.read_raw::<f32>().unwrap(), [0.5, f32::INFINITY]);
    assert!(is_conversion_error(second.clone().exact().read_raw::<f32>()));
    assert_eq!(second.clone().exact().read_slice_raw::<f32>(0).unwrap(), [0.5]);
    let first = data.fields(["0"]).mode(ConversionMode::Exact);
    assert!(is_conversion_error(first.write_slice(&[3, 256], ..)));
    first.write_slice(&[3, 255], ..).unwrap();
    assert_eq!(first.read_values(..).unwrap()[1].get("0"), Some(&Value::Unsigned(255)));
    assert!(is_conversion_error(second.container().as_type::<(u8, f32)>().exact().read_raw()));
    let wide = Definition::integer(32, false, ByteOrder::Big).unwrap();
    let wide = file.new_dataset_builder().empty_as(wide).shape(2).create("wide").unwrap();
    wide.write(&[u128::MAX, 1]).unwrap();
    assert!(wide.as_reader().exact().read_values().is_ok());
}

#[test]
fn exact_writes_are_exact() {
    let file = File::in_memory().unwrap();
    let data = file.new_dataset::<u8>().shape((2, 2)).create("data").unwrap();
    let exact = data.as_writer().exact();
    exact.write_raw(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert!(is_conversion_error(exact.write_raw(&[1.0, 2.5, 3.0, 4.0])));
    assert!(is_conversion_error(exact.write_raw(&[1, 2, 3, 256])));
    assert!(is_conversion_error(exact.write_slice(&[-1], ..)));
    assert_eq!(data.read_raw::<u8>().unwrap(), [1, 2, 3, 4]);
    exact.write_slice(&[7, 8], ..).unwrap();
    assert_eq!(data.read_raw::<u8>().unwrap(), [7, 8, 7, 8]);
    data.write_slice(&[-1, 300], 0).unwrap();
    assert_eq!(data.read_raw::<u8>().unwrap(), [0, 255, 7, 8]);
    let values = |last| [1, 2, 3, last].map(Value::Integer);
    assert!(is_conversion_error(exact.write_values(&values(256))));
    assert!(is_conversion_error(exact.write_slice_values(&[Value::Float(0.5)], (0, 0))));
    exact.write_values(&values(255)).unwrap();
    data.as_writer().write_slice_values(&[Value::Float(9.5)], (0, 0)).unwrap();
    assert_eq!(data.read_raw::<u8>().unwrap(), [9, 2, 3, 255]);
}

#[test]
fn what_is_made_of_values_is_exact() {
    let file = File::in_memory().unwrap();
    let byte = || ElementType::of::<u8>();
    let data = |last: i32| file.new_dataset_builder().with_data_as([1, last], byte());
    assert!(is_conversion_error(data(256).exact().create("data")));
    assert!(!file.link_exists("data"));
    let made = data(256).mode(ConversionMode::Saturating).create("data").unwrap();
    assert_eq!(made.read_raw::<u8>().unwrap(), [1, 255]);
    assert!(data(255).exact().create("exact").is_ok());
    let attribute = |last: i32| file.new_attr_builder().with_data_as([1, last], byte());
    assert!(is_conversion_error(attribute(256).exact().create("a")));
    assert!(!file.has_attr("a").unwrap());
    assert_eq!(attribute(255).exact().create("a").unwrap().read_raw::<u8>().unwrap(), [1, 255]);

    for wrong in [
        AnyValues::from([1, 256]),
        Value::Sequence(vec![Value::Integer(1), Value::Float(0.5)]).into(),
    ] {
        assert!(is_conversion_error(file.modify_attr("a", wrong.exact())));
    }
    assert_eq!(file.attr("a").unwrap().read_raw::<u8>().unwrap(), [1, 255]);
    file.modify_attr("a", AnyValues::from([1, 7]).exact()).unwrap();
    file.modify_attr("a", [1.5, -7.0]).unwrap();
    assert_eq!(file.attr("a").unwrap().read_raw::<u8>().unwrap(), [1, 0]);
    let array = DynArray::try_new([1, 256]).unwrap();
    assert!(is_conversion_error(file.modify_attr("a", AnyValues::from(&array).exact())));
    // What brings its type along keeps its values anyway.
    file.set_attr("b", AnyValues::from(&array).exact()).unwrap();
    assert_eq!(file.attr("b").unwrap().read_raw::<i32>().unwrap(), [1, 256]);
}

#[test]
fn fill_values_are_of_any_type() {
    let file = File::in_memory().unwrap();
    let new = || file.new_dataset::<i16>().shape(2);
    let typed = new().fill_value(-7_i64).create("typed").unwrap();
    assert_eq!(typed.read_raw::<i16>().unwrap(), [-7; 2]);
    let dynamic = OwnedDynValue::new(-8.0);
    let dynamic = new().fill_value(dynamic).create("dynamic").unwrap();
    assert_eq!(dynamic.read_raw::<i16>().unwrap(), [-8; 2]);
    let again = new().fill_value(dynamic.fill_value().unwrap().unwrap()).create("again").unwrap();
    assert_eq!(again.fill_value().unwrap(), Some((-8_i16).into()));
    let text = file.new_dataset::<String>().shape(2).fill_value("none".to_owned());
    assert_eq!(text.create("text").unwrap().read_raw::<String>().unwrap(), ["none"; 2]);
    assert!(is_conversion_error(text.fill_value("a\0b".to_owned()).create("nul")));
    // A tuple stands for any compound of as many members.
    let pair = file.new_dataset::<Pair>().shape(1).fill_value((3_u8, [0.5, 1.5]));
    let pair = pair.create("pair").unwrap().read_raw::<Pair>().unwrap();
    assert_eq!(pair, [Pair { count: 3, range: [0.5, 1.5] }]);
    assert!(is_conversion_error(file.new_dataset::<Pair>().fill_value((3, 4, 5)).create("three")));
}

#[derive(Debug, Clone, PartialEq, H5Type)]
struct Pair {
    count: i32,
    range: [f32; 2],
}

/// Says that its values are other bytes than they are.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Liar(u8);

impl H5Type for Liar {
    fn type_descriptor() -> TypeDescriptor {
        u8::type_descriptor()
    }

    fn converter(stored: &Definition) -> hdfive::Result<hdfive::types::Converter<Self>> {
        Ok(u8::converter(stored)?.map(Liar))
    }

    fn writer(stored: &Definition) -> hdfive::Result<hdfive::types::Writer<Self>> {
        Ok(u8::writer(stored)?.after(|liar: &Self| liar.0))
    }

    fn as_bytes(_: &[Self]) -> Option<&[u8]> {
        Some(&[7; 64])
    }

    fn as_bytes_mut(_: &mut [Self]) -> Option<&mut [u8]> {
        Some(Box::leak(Box::new([7; 64])))
    }

    fn is_identical(_: &Definition) -> bool {
        true
    }
}

#[test]
fn values_that_lie_about_their_bytes_are_refused() {
    let refused = |result: hdfive::Result<()>| {
        let error = result.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
        assert!(error.to_string().contains("H5Type makes 64"), "{error}");
    };
    let file = File::in_memory().unwrap();
    let values = [Liar(1), Liar(2)];
    refused(file.new_dataset_builder().with_data(&values).create("data").map(|_| ()));
    refused(file.new_attr_builder().with_data(&values).create("a").map(|_| ()));
    refused(file.set_attr("a", values));
    let data = file.create_dataset("data", [3_u8, 4]).unwrap();
    file.set_attr("a", [3_u8, 4]).unwrap();
    let attribute = file.attr("a").unwrap();
    for elements in [&*data, &*attribute] {
        refused(elements.write_raw(&values));
        refused(elements.write_slice(&values, ..));
        refused(elements.write_slice(hdfive::Values::scalar(&Liar(1)), 1));
        refused(elements.read_into_raw(&mut [Liar(0); 2]).map(|_| ()));
        assert_eq!(elements.read_raw::<Liar>().unwrap(), [Liar(3), Liar(4)]);
    }
}

/// What h5py reads of what this library wrote.
const READ: &str = r#"
import h5py, numpy as np
f = h5py.File("ours.h5")
def plain(v):
    if isinstance(v, np.void):
        return tuple(plain(v[n]) for n in v.dtype.names)
    return v.tolist() if isinstance(v, (np.ndarray, np.generic)) else v
for name in sorted(f):
    d = f[name]
    t = d.id.get_type()
    if name.startswith("int"):
        raw = np.zeros(d.shape, f"V{t.get_size()}")
        d.id.read(h5py.h5s.ALL, h5py.h5s.ALL, raw, t)
        print(name, [int.from_bytes(v.tobytes(), "little", signed=name == "int") for v in raw])
    else:
        print(name, d.dtype.names or d.dtype, [plain(v) for v in d[()]])
for name in sorted(f.attrs):
    v = f.attrs[name]
    print("@" + name, f"Empty({v.dtype})" if isinstance(v, h5py.Empty) else plain(v))
"#;

#[test]
fn what_is_written_is_what_h5py_reads() {
    let folder = support::empty_folder("values_ours");
    let path = folder.join("ours.h5");
    let file = File::create(&path).unwrap();
    macro_rules! put {
        ($name:literal, $values:expr) => {
            file.new_dataset_builder().with_data(&$values).create($name).unwrap()
        };
    }
    let text = |text: &str| FixedAscii::<4>::from_ascii(text).unwrap();
    put!("a_bool", [true, false]);
    put!("b_names", [Some("a".to_owned()), None]);
    put!("c_rows", [(1_u8, [[1_i16, 2], [3, 4]], 0.5_f32, text("ab"), true)]);
    put!("d_deep", [((1_i8, 2_u64), vec![1.5_f64])]);
    put!("e_sizes", [1_usize, 2]);
    put!("f_none", [None::<ObjectReference1>]);
    put!("int", [i128::MIN, -5, i128::MAX]);
    put!("int_unsigned", [u128::MAX, 5]);
    file.set_attr("empty", None::<f32>).unwrap();
    file.set_attr("some", Some(3_i16)).unwrap();
    file.set_attr("dynamic", OwnedDynValue::new((1_i32, 2.5_f64))).unwrap();
    file.set_attr("array", DynArray::try_new(["x", "y"]).unwrap()).unwrap();
    let mut expected = String::from(
        "a_bool bool [True, False]\n\
         b_names object [b'a', b'']\n\
         c_rows ('0', '1', '2', '3', '4') [(1, [[1, 2], [3, 4]], 0.5, b'ab', True)]\n\
         d_deep ('0', '1') [((1, 2), [1.5])]\n\
         e_sizes uint64 [1, 2]\n\
         f_none object [<HDF5 object reference (null)>]\n",
    );
    expected += &format!("int [{}, -5, {}]\n", i128::MIN, i128::MAX);
    expected += &format!("int_unsigned [{}, 5]\n", u128::MAX);
    expected += "@array ['x', 'y']\n@dynamic (1, 2.5)\n@empty Empty(float32)\n@some 3\n";
    file.close().unwrap();
    let Some(found) = support::python_in(&folder, READ, &[]) else { return };
    assert_eq!(found, expected);
    let file = File::open(&path).unwrap();
    let names = file.dataset("b_names").unwrap().read_raw::<Option<String>>().unwrap();
    assert_eq!(names, [Some("a".to_owned()), None]);
    let deep = file.dataset("d_deep").unwrap();
    assert_eq!(deep.read_raw::<((i8, u64), Vec<f64>)>().unwrap(), [((1, 2), vec![1.5])]);
    let dynamic = file.attr("dynamic").unwrap();
    assert_eq!(dynamic.dtype().unwrap().to_descriptor().unwrap(), <(i32, f64)>::type_descriptor());
}

#[cfg(feature = "half")]
#[test]
fn halves_go_both_ways() {
    use half::{bf16, f16};

    let folder = support::empty_folder("values_halves");
    let path = folder.join("halves.h5");
    let file = File::create(&path).unwrap();
    let rows = [(f16::from_f32(1.5), [bf16::from_f32(-2.0); 2]), (f16::MAX, [bf16::MIN; 2])];
    let made = file.new_dataset_builder().with_data(&rows).create("rows").unwrap();
    assert_eq!(made.read_raw::<(f16, [bf16; 2])>().unwrap(), rows);
    assert_eq!(made.read_raw::<(f64, [f32; 2])>().unwrap()[0], (1.5, [-2.0; 2]));
    file.new_dataset_builder().with_data(&[f16::from_f32(0.1)]).create("half").unwrap();
    file.new_dataset_builder().with_data(&[(f16::from_f32(0.5), 1_u8)]).create("pairs").unwrap();
    let brain = [bf16::from_f32(1.5), bf16::from_f32(-2.0)];
    file.new_dataset_builder().with_data(&brain).create("brain").unwrap();
    let parts = [TypeDescriptor::Float(hdfive::types::FloatSize::U2), TypeDescriptor::BFloat16];
    assert_eq!([f16::type_descriptor(), bf16::type_descriptor()], parts);
    assert!(is_conversion_error(made.as_writer().exact().write(&[(0.1_f64, [1.0_f32; 2]); 2])));
    made.as_writer().exact().write(&[(0.5_f64, [1.0_f32; 2]); 2]).unwrap();
    file.close().unwrap();
    // h5py has no compounds of bfloat16, which is no type of NumPy's.
    let script = "import h5py; f = h5py.File('halves.h5')\n\
        print(f['half'].dtype, f['half'][0], f['pairs'].dtype['0'], f['pairs']['0'].tolist(), f['brain'][()].tolist())";
    let Some(found) = support::python_in(&folder, script, &[]) else { return };
    assert_eq!(found.trim(), "float16 0.1 float16 [0.5] [1.5, -2.0]");
}

#[test]
fn descriptors_are_what_types_say() {
    let array = |of, len| TypeDescriptor::FixedArray(Box::new(of), len);
    let sequence = |of| TypeDescriptor::VarLenArray(Box::new(of));
    assert_eq!(<[[u8; 2]; 3]>::type_descriptor(), array(array(u8::type_descriptor(), 2), 3));
    assert_eq!(Vec::<[bool; 2]>::type_descriptor(), sequence(array(TypeDescriptor::Boolean, 2)));
    assert_eq!(Option::<FixedUnicode<7>>::type_descriptor(), TypeDescriptor::FixedUnicode(7));
    assert_eq!(isize::type_descriptor().size(), size_of::<isize>());
    assert_eq!(<(i128, u8)>::type_descriptor().size(), 17);
    assert_eq!(String::type_descriptor(), TypeDescriptor::VarLenUnicode);
    assert_eq!(u128::type_descriptor().to_string(), "uint128");
}
