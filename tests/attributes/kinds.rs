//! Attributes of every kind of type and every shape.

use hdfive::definition::{ByteOrder, CharacterSet, Datatype, StringPadding};
use hdfive::types::{
    CompoundField, CompoundType, EnumMember, EnumType, FixedAscii, FixedUnicode, FloatSize,
    IntSize, Opaque, TypeDescriptor, VarLenAscii,
};
use hdfive::{AnyValues, ElementType, Extents, File, LibraryVersion, Location, Value};

use super::{VERSIONS, create, h5dump, h5py, scratch, used};

/// An attribute: how it is made, what h5py must find (`a` is its value, `t` its type, `s` its
/// space), and the values this library reads.
struct Case {
    name: String,
    check: String,
    values: Vec<Value>,
}

/// Makes all of them.
struct Maker<'a> {
    object: &'a Location,
    cases: Vec<Case>,
}

impl Maker<'_> {
    fn note(&mut self, name: &str, check: &str) {
        let values = self.object.attr(name).unwrap().read_values().unwrap();
        self.cases.push(Case { name: name.to_owned(), check: check.to_owned(), values });
    }

    fn set<'d>(&mut self, name: &str, values: impl Into<AnyValues<'d>>, check: &str) {
        self.object.set_attr(name, values).unwrap();
        self.note(name, check);
    }

    fn values(
        &mut self,
        name: &str,
        datatype: impl Into<ElementType>,
        shape: impl Into<Extents>,
        values: &[Value],
        check: &str,
    ) {
        let builder = self.object.new_attr_builder().empty_as(datatype).shape(shape);
        let attribute = builder.create(name).unwrap();
        attribute.write_values(values).unwrap();
        self.note(name, check);
        assert_eq!(self.cases.last().unwrap().values, values, "{name}");
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn numbers(maker: &mut Maker<'_>) {
    for (order, sign) in [(ByteOrder::Little, '<'), (ByteOrder::Big, '>')] {
        for size in [1, 2, 4, 8] {
            let (name, signed) = (format!("i{size}{sign}"), Datatype::integer(size, true, order));
            let values = [Value::Integer(-1 << (8 * size - 1)), Value::Integer(-2)];
            let check = format!(
                "same(a, [-2 ** {}, -2]); assert a.dtype == '{sign}i{size}', a.dtype",
                8 * size - 1
            );
            maker.values(&name, signed.unwrap(), 2, &values, &check);
            let (name, plain) = (format!("u{size}{sign}"), Datatype::integer(size, false, order));
            let values = [Value::Unsigned((1 << (8 * size)) - 1), Value::Unsigned(7)];
            let check = format!(
                "same(a, np.array([2 ** {} - 1, 7], 'u8')); assert a.dtype == '{sign}u{size}'",
                8 * size
            );
            maker.values(&name, plain.unwrap(), 2, &values, &check);
        }
        for size in [2, 4, 8] {
            let (name, float) = (format!("f{size}{sign}"), Datatype::float(size, order).unwrap());
            let values = [Value::Float(-2.5), Value::Float(f64::INFINITY)];
            let check = format!("same(a, [-2.5, np.inf]); assert a.dtype == '{sign}f{size}'");
            maker.values(&name, float, 2, &values, &check);
        }
    }
    maker.set("i16", [-5_i16, 300], "same(a, [-5, 300]); assert a.dtype == 'i2'");
    maker.set("f32", 0.5_f32, "assert a == 0.5 and a.dtype == 'f4' and s.shape == ()");
    maker.set("bool", true, "assert a == True and a.dtype == bool");
    maker.set("bools", [true, false], "same(a, [True, False]); assert a.dtype == bool");
    let complex = Value::Complex { re: 1.5, im: -2.0 };
    maker.set("complex", complex, "assert a == 1.5 - 2j and a.dtype == 'c16'");
    let complex = TypeDescriptor::Complex(FloatSize::U4);
    let pair = [Value::Complex { re: 1.0, im: 2.0 }, Value::Complex { re: 0.0, im: -1.0 }];
    maker.values("c8", &complex, 2, &pair, "same(a, [1 + 2j, -1j]); assert a.dtype == 'c8'");
    #[cfg(feature = "half")]
    maker.set("half", [half::f16::from_f32(0.25)], "same(a, [0.25]); assert a.dtype == 'f2'");
    #[cfg(feature = "num-complex")]
    maker.set("num", num_complex::Complex::new(1.0, 2.0), "assert a == 1 + 2j");
}

fn texts(maker: &mut Maker<'_>) {
    maker.set(
        "utf8",
        "m/s µ",
        "assert a == 'm/s µ' and t.is_variable_str() and t.get_cset() == 1 and s.shape == ()",
    );
    maker.set("empty", "", "assert a == ''");
    let ascii = VarLenAscii::from_ascii("plain").unwrap();
    maker.set("ascii", ascii, "assert a == 'plain' and t.get_cset() == 0 and t.is_variable_str()");
    let long = "long ".repeat(2000);
    maker.set("long", &long, "assert a == 'long ' * 2000");
    maker.set(
        "texts",
        ["a", "", "ccc"],
        "assert list(a) == ['a', '', 'ccc'] and a.dtype == object",
    );
    let fixed = FixedAscii::<6>::from_ascii("abc").unwrap();
    maker.set("fixed", fixed, "assert a == b'abc' and t.get_size() == 6 and t.get_strpad() == 1");
    let fixed: FixedUnicode<8> = "äöü".parse().unwrap();
    maker.set("fixed utf8", [fixed], "assert a[0].decode() == 'äöü' and t.get_cset() == 1");
    for (padding, number) in [(StringPadding::NullTerminated, 0), (StringPadding::SpacePadded, 2)] {
        let of = Datatype::fixed_string(5, padding, CharacterSet::Ascii).unwrap();
        let check =
            format!("assert t.get_strpad() == {number} and t.get_size() == 5 and a[1] == b'cd'");
        maker.values(&format!("padded {number}"), of, 2, &[text("ab"), text("cd")], &check);
    }
}

fn compounds(maker: &mut Maker<'_>) {
    let field = |name: &str, ty, offset, index| CompoundField::new(name, ty, offset, index);
    let array = TypeDescriptor::FixedArray(Box::new(TypeDescriptor::Float(FloatSize::U4)), 3);
    let inner = CompoundType {
        fields: vec![
            field("flag", TypeDescriptor::Boolean, 0, 0),
            field("name", TypeDescriptor::FixedAscii(4), 1, 1),
        ],
        size: 5,
    };
    let outer = TypeDescriptor::Compound(CompoundType {
        fields: vec![
            field("n", TypeDescriptor::Unsigned(IntSize::U2), 0, 0),
            field("place", array, 4, 1),
            field("inner", TypeDescriptor::Compound(inner), 16, 2),
            field("text", TypeDescriptor::VarLenUnicode, 24, 3),
        ],
        size: 40,
    });
    let row = |n: u128, name: &str| {
        let floats = [0.5, 1.5, n as f64].map(Value::Float).to_vec();
        let inner =
            vec![("flag".to_owned(), Value::Boolean(n == 1)), ("name".to_owned(), text(name))];
        Value::Compound(vec![
            ("n".to_owned(), Value::Unsigned(n)),
            ("place".to_owned(), Value::Array { shape: vec![3], elements: floats }),
            ("inner".to_owned(), Value::Compound(inner)),
            ("text".to_owned(), text(&name.repeat(20))),
        ])
    };
    let rows = [row(1, "one"), row(2, "two")];
    let check = "same(a['n'], [1, 2]); same(a['place'], [[.5, 1.5, 1], [.5, 1.5, 2]]); \
        same(a['inner']['flag'], [True, False]); same(a['inner']['name'], [b'one', b'two']); \
        assert [x if isinstance(x, str) else x.decode() for x in a['text']] == ['one' * 20, 'two' * 20]; \
        assert t.get_size() == 32";
    maker.values("compound", &outer, (2, 1), &rows, &check.replace("a['", "a[:, 0]['"));
    maker.values("packed", outer.to_packed_repr(), 2, &rows, &check.replace("== 32", "== 27"));
    maker.set("rows", rows[0].clone(), "assert a['n'] == 1 and a['inner']['name'] == b'one'");
}

fn others(maker: &mut Maker<'_>) {
    let member =
        |name: &str, value: i64| EnumMember { name: name.to_owned(), value: value.cast_unsigned() };
    let members = vec![member("RED", 1), member("BLUE", -3)];
    let colours = TypeDescriptor::Enum(EnumType { size: IntSize::U2, signed: true, members });
    let value = |value, name: Option<&str>| Value::Enum { value, name: name.map(str::to_owned) };
    let values = [value(-3, Some("BLUE")), value(1, Some("RED")), value(7, None)];
    let check = "same(a, [-3, 1, 7]); \
        assert h5py.check_enum_dtype(t.dtype) == {'RED': 1, 'BLUE': -3}";
    maker.values("enum", &colours, 3, &values, check);
    let tagged = Datatype::opaque(5, "five bytes").unwrap();
    let values = [Value::Opaque(vec![1, 2, 3, 4, 5])];
    // h5py reads opaque bytes with a tag at its low level only.
    let check = "b = np.zeros((), 'V5'); i.read(b, mtype=t); \
        assert b.tobytes() == b'\\1\\2\\3\\4\\5' and t.get_tag() == b'five bytes'";
    maker.values("opaque", tagged, (), &values, check);
    maker.set("bytes", Opaque(vec![9, 8, 7]), "assert a.tobytes() == b'\\x09\\x08\\x07'");
    let sequences = vec![vec![1, 2, 3], vec![], vec![4]];
    let check = "assert [list(x) for x in a] == [[1, 2, 3], [], [4]] and a[0].dtype == 'i4'";
    maker.set("sequences", &sequences, check);
    let nested = AnyValues::scalar(vec![vec!["a".to_owned(), "bb".to_owned()], vec![]]);
    maker.set("nested", nested, "");
    maker.set("array", AnyValues::scalar([[1_u8, 2], [3, 4]]), "same(a, [[1, 2], [3, 4]])");
    maker.set("wide", i128::MIN, "");
    let bits = Datatype::bitfield(2, ByteOrder::Big).unwrap();
    maker.values(
        "bits",
        bits,
        1,
        &[Value::Bitfield(0x1234)],
        "assert a.tobytes() == b'\\x12\\x34'",
    );
}

fn shapes(maker: &mut Maker<'_>) {
    maker.set("null", AnyValues::null::<i16>(), "assert a == h5py.Empty('i2')");
    maker.set("null text", AnyValues::null::<String>(), "assert isinstance(a, h5py.Empty)");
    maker.set("none", Vec::<f64>::new(), "assert a.shape == (0,) and a.dtype == 'f8'");
    maker.set("one", vec![1_u8], "assert a.shape == (1,)");
    let wide = AnyValues::from(vec![0.5; 1000]);
    maker.set("many", wide, "assert a.shape == (1000,) and a.sum() == 500");
    let numbers: Vec<Value> = (0..24).map(Value::Integer).collect();
    let check = "same(a, np.arange(24).reshape(2, 3, 1, 4)); assert a.shape == (2, 3, 1, 4)";
    maker.values("axes", ElementType::of::<i32>(), (2, 3, 1, 4), &numbers, check);
    let check = "assert a.shape == (3, 0, 2)";
    maker.values("flat", ElementType::of::<String>(), (3, 0, 2), &[], check);
    #[cfg(feature = "ndarray")]
    {
        let array = ndarray::array![[1, 2, 3], [4, 5, 6]];
        maker.set("ndarray", array.t(), "same(a, [[1, 4], [2, 5], [3, 6]])");
        let builder = maker.object.new_attr_builder().with_data(&array);
        builder.create("built").unwrap();
        maker.note("built", "same(a, [[1, 2, 3], [4, 5, 6]])");
        let builder = maker.object.new_attr_builder();
        let double = TypeDescriptor::Float(FloatSize::U8);
        builder.with_data_as(array.row(1), &double).create("other").unwrap();
        maker.note("other", "same(a, [4, 5, 6]); assert a.dtype == 'f8'");
    }
}

fn script(cases: &[Case], mode: &str, more: &str) -> String {
    let mut out =
        format!("with h5py.File(path, {mode:?}) as file:\n  for o in (file, file['g']):\n");
    for case in cases {
        if case.check.is_empty() {
            continue;
        }
        let (name, check) = (&case.name, &case.check);
        out.push_str(&format!("    name = {name:?}; i = low(o, name); a = value(o, name)\n"));
        out.push_str(&format!("    t, s = i.get_type(), i.get_space(); {check}\n"));
        out.push_str(more);
    }
    out
}

/// Writes each attribute again, as it was, in place and as a new one.
const AGAIN: &str = r#"
    plain = h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING, h5py.h5t.ENUM
    if t.get_class() in (*plain, h5py.h5t.COMPOUND) and not isinstance(a, h5py.Empty):
        o.attrs.modify(name, a)
    fixed = isinstance(t, h5py.h5t.TypeStringID) and not t.is_variable_str()
    if t.get_class() in plain and not fixed:
        o.attrs.create(name, a, dtype=None if isinstance(a, h5py.Empty) else t.dtype)
"#;

fn check(path: &std::path::Path, cases: &[Case]) {
    let file = File::open(path).unwrap();
    for object in [&**file, &file.group("g").unwrap()] {
        for case in cases {
            let found = object.attr(&case.name).unwrap().read_values().unwrap();
            assert_eq!(found, case.values, "{}", case.name);
        }
        assert_eq!(object.attr_names().unwrap().len(), cases.len());
    }
}

#[test]
fn every_kind_and_shape_is_read_and_changed_by_h5py() {
    for version in VERSIONS {
        let path = scratch(&format!("kinds-{version:?}.h5"));
        let file = create(&path, version);
        let group = file.create_group_builder().track_order(true).create("g").unwrap();
        let empty = used(&file);
        let mut cases = Vec::new();
        for object in [&**file, &*group] {
            let mut maker = Maker { object, cases: Vec::new() };
            numbers(&mut maker);
            texts(&mut maker);
            compounds(&mut maker);
            others(&mut maker);
            shapes(&mut maker);
            cases = maker.cases;
        }
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(group.attr_names().unwrap(), names);
        file.flush().unwrap();
        let original = path.clone();
        let path = path.with_extension("copy");
        std::fs::copy(&original, &path).unwrap();
        // Whatever the attributes held is given back when they go.
        for object in [&**file, &*group] {
            for name in object.attr_names().unwrap() {
                object.delete_attr(&name).unwrap();
            }
        }
        assert_eq!(used(&file), empty, "{version:?}");
        file.close().unwrap();
        h5py("with h5py.File(path) as f: assert not f.attrs and not f['g'].attrs", &original);
        std::fs::remove_file(&original).unwrap();
        check(&path, &cases);
        if version <= LibraryVersion::V110 {
            h5dump(&path, &["-A"]);
        }
        if h5py(&script(&cases, "r", ""), &path).is_none() {
            continue;
        }
        h5py(&script(&cases, "r+", AGAIN), &path).unwrap();
        h5py(&script(&cases, "r", ""), &path).unwrap();
        check(&path, &cases);
        std::fs::remove_file(&path).unwrap();
    }
}
