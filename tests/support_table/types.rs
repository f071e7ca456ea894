//! Datatypes.

use hdfive::definition::{
    ByteOrder, CharacterSet, Class, Datatype, Enumeration, EnumerationMember, Member,
    ReferenceKind, StringPadding,
};
use hdfive::{
    Dataset, ElementType, File, Group, LibraryVersion, Reference, Result, Selection, Value,
};

use crate::structure::{Has, Seen, Structure, options, options_of, structure};

pub fn all() -> Vec<Structure> {
    let mut all = numbers();
    all.extend(text_and_bytes());
    all.extend(composed());
    all.extend(references());
    all.push(committed());
    all
}

const PART: &str = "datatype";

fn class(seen: &Seen, object: &str) -> Class {
    seen.dataset(object).dtype().unwrap().definition().class.clone()
}

/// Writes all elements in the opposite order.
fn reverse(file: &File, object: &str) -> Result<()> {
    let dataset = file.dataset(object)?;
    let mut values = dataset.read_values()?;
    values.reverse();
    dataset.write_values(&values)?;
    assert_eq!(dataset.read_values()?, values);
    Ok(())
}

/// A dataset of these values.
fn make(file: &File, datatype: impl Into<ElementType>, values: &[Value]) -> Result<()> {
    let builder = file.new_dataset_builder().empty_as(datatype).shape(values.len());
    let dataset = builder.create("made")?;
    dataset.write_values(values)?;
    assert_eq!(dataset.read_values()?, values);
    Ok(())
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn numbers() -> Vec<Structure> {
    let integer: Has = |seen, object| matches!(class(seen, object), Class::Integer(_));
    let float: Has = |seen, object| matches!(class(seen, object), Class::Float(_));
    let complex: Has = |seen, object| matches!(class(seen, object), Class::Complex(_));
    let time: Has = |seen, object| matches!(class(seen, object), Class::Time(_));
    let bits: Has = |seen, object| matches!(class(seen, object), Class::Bitfield(_));
    vec![
        structure(PART, "integer")
            .in_fixture("integers_latest.h5", "/i32be", integer, reverse)
            .made(options, integer, |file| {
                let kind = Datatype::integer(3, true, ByteOrder::Big)?;
                make(file, kind, &[Value::Integer(-5), Value::Integer(70_000)])
            }),
        structure(PART, "float").in_fixture("floats_latest.h5", "/x87", float, reverse).made(
            options,
            float,
            |file| make(file, Datatype::long_double(), &[Value::Float(0.1), Value::Float(-1e300)]),
        ),
        structure(PART, "complex")
            .in_fixture("native_complex_latest.h5", "/f64be", complex, reverse)
            .made(
                || options_of(LibraryVersion::V200),
                complex,
                |file| {
                    let kind = Datatype::complex(Datatype::float(4, ByteOrder::Little)?)?;
                    make(file, kind, &[Value::Complex { re: 0.5, im: -1.0 }])
                },
            ),
        structure(PART, "time").in_fixture("unix_times_latest.h5", "/d64le", time, reverse).made(
            options,
            time,
            |file| {
                let kind = Datatype::time(4, ByteOrder::Little)?;
                make(file, kind, &[Value::Time(0), Value::Time(1_000_000_000)])
            },
        ),
        structure(PART, "bit field")
            .in_fixture("bits_and_opaque_latest.h5", "/b16be", bits, reverse)
            .made(options, bits, |file| {
                let kind = Datatype::bitfield(2, ByteOrder::Little)?;
                make(file, kind, &[Value::Bitfield(0x8001), Value::Bitfield(6)])
            }),
    ]
}

fn text_and_bytes() -> Vec<Structure> {
    let fixed: Has = |seen, object| matches!(class(seen, object), Class::String(_));
    let var_len: Has = |seen, object| matches!(class(seen, object), Class::VarLen(sequence) if sequence.is_string());
    let opaque: Has = |seen, object| matches!(class(seen, object), Class::Opaque { .. });
    vec![
        structure(PART, "string")
            .in_fixture("strings_latest.h5", "/spacepad_utf8", fixed, reverse)
            .made(options, fixed, |file| {
                let kind =
                    Datatype::fixed_string(7, StringPadding::SpacePadded, CharacterSet::Utf8)?;
                make(file, kind, &[text("größe"), text("")])
            }),
        structure(PART, "string of any length")
            .in_fixture("strings_v110.h5", "/vlen_utf8", var_len, reverse)
            .made(options, var_len, |file| {
                make(file, ElementType::of::<String>(), &[text("größe"), text("x")])
            }),
        structure(PART, "opaque")
            .in_fixture("bits_and_opaque_earliest.h5", "/opaque a tag", opaque, reverse)
            .made(options, opaque, |file| {
                let kind = Datatype::opaque(3, "a tag")?;
                make(file, kind, &[Value::Opaque(vec![1, 2, 3]), Value::Opaque(vec![0, 0, 9])])
            }),
    ]
}

fn composed() -> Vec<Structure> {
    let compound: Has = |seen, object| matches!(class(seen, object), Class::Compound(_));
    let enumeration: Has =
        |seen, object| matches!(class(seen, object), Class::Enum(Enumeration { .. }));
    let array: Has = |seen, object| matches!(class(seen, object), Class::Array(_));
    let sequence: Has = |seen, object| matches!(class(seen, object), Class::VarLen(sequence) if !sequence.is_string());
    fn short() -> Result<Datatype> {
        Datatype::integer(2, true, ByteOrder::Little)
    }
    vec![
        structure(PART, "compound")
            .in_fixture("compounds_latest.h5", "/varying", compound, reverse)
            .made(options, compound, |file| {
                let members = vec![
                    Member::new("number", 0, short()?),
                    Member::new("text", 8, Datatype::var_len_string(CharacterSet::Utf8)),
                ];
                let kind = Datatype::compound(24, members)?;
                let row = |number, name| {
                    let number = ("number".to_owned(), Value::Integer(number));
                    Value::Compound(vec![number, ("text".to_owned(), text(name))])
                };
                make(file, kind, &[row(1, "one"), row(2, "two")])
            }),
        structure(PART, "enumeration")
            .in_fixture("enums_latest.h5", "/i16", enumeration, reverse)
            .made(options, enumeration, |file| {
                let members = vec![
                    EnumerationMember::new("NO", 0_i16.to_le_bytes()),
                    EnumerationMember::new("MAYBE", 7_i16.to_le_bytes()),
                ];
                let kind = Datatype::enumeration(short()?, members)?;
                let named = |value, name: &str| Value::Enum { value, name: Some(name.to_owned()) };
                make(file, kind, &[named(7, "MAYBE"), named(0, "NO")])
            }),
        structure(PART, "array").in_fixture("arrays_latest.h5", "/i4_3", array, reverse).made(
            options,
            array,
            |file| {
                let kind = Datatype::array(short()?, &[2])?;
                let pair = |a, b| {
                    let elements = vec![Value::Integer(a), Value::Integer(b)];
                    Value::Array { shape: vec![2], elements }
                };
                make(file, kind, &[pair(1, 2), pair(3, 4)])
            },
        ),
        structure(PART, "sequence of any length")
            .in_fixture("sequences_latest.h5", "/i4", sequence, reverse)
            .made(options, sequence, |file| {
                let kind = Datatype::var_len_sequence(short()?);
                let one = Value::Sequence(vec![Value::Integer(1), Value::Integer(2)]);
                make(file, kind, &[one, Value::Sequence(Vec::new())])
            }),
    ]
}

fn references() -> Vec<Structure> {
    fn is(seen: &Seen, object: &str, revised: bool) -> bool {
        match class(seen, object) {
            Class::Reference(kind) => kind.is_revised() == revised,
            _ => false,
        }
    }
    let object: Has =
        |seen, path| matches!(class(seen, path), Class::Reference(ReferenceKind::Object));
    let region: Has =
        |seen, path| matches!(class(seen, path), Class::Reference(ReferenceKind::Region));
    let revised: Has = |seen, path| is(seen, path, true);
    /// Writes all references in the opposite order.
    fn reverse(file: &File, object: &str) -> Result<()> {
        let dataset = file.dataset(object)?;
        let mut all: Vec<Reference> = dataset.read_raw()?;
        all.reverse();
        dataset.write_raw(&all)?;
        assert_eq!(dataset.read_raw::<Reference>()?, all);
        Ok(())
    }
    /// A group, a dataset, and references to what is in them.
    fn make(
        file: &File,
        refer: fn(&File, &Group, &Dataset) -> Result<Vec<Reference>>,
    ) -> Result<()> {
        let group = file.create_group("group")?;
        let data = group.create_dataset("data", [1, 2, 3, 4, 5])?;
        data.set_attr("unit", "m")?;
        let all = refer(file, &group, &data)?;
        let made = file.create_dataset("made", &all)?;
        assert_eq!(made.read_raw::<Reference>()?, all);
        Ok(())
    }
    vec![
        structure(PART, "object reference")
            .in_fixture("object_references_latest.h5", "/references", object, reverse)
            .made(options, object, |file| {
                make(file, |file, group, _| {
                    Ok(vec![file.reference("group")?, group.reference("data")?])
                })
            }),
        structure(PART, "region reference")
            .in_fixture("region_references_latest.h5", "/references", region, reverse)
            .made(options, region, |file| {
                make(file, |_, _, data| {
                    let some = Selection::points([[0], [4]])?;
                    Ok(vec![data.reference_region(1..3)?, data.reference_region(some)?])
                })
            }),
        structure(PART, "revised reference")
            .in_fixture("new_references_latest.h5", "/references", revised, reverse)
            .made(
                || options_of(LibraryVersion::V112),
                revised,
                |file| {
                    make(file, |file, _, data| {
                        let whole: Reference = file.reference("group")?;
                        let part = data.reference_region(1..3)?;
                        Ok(vec![whole.revised(), part.revised(), data.reference_attr("unit")?])
                    })
                },
            ),
    ]
}

fn committed() -> Structure {
    let has: Has = |seen, object| seen.dataset(object).dtype().unwrap().is_committed();
    structure(PART, "committed")
        .in_fixture_touching(
            "committed_types_latest.h5",
            "/colours",
            // Its uses are counted.
            &["/types/colour"],
            has,
            |file, object| {
                let colours = file.dataset(object)?;
                colours.write_slice([42_i16], 0..1)?;
                let another = file.new_dataset_builder().empty_as(colours.dtype()?).shape(2);
                assert!(another.create("colours, too")?.dtype()?.is_committed());
                Ok(())
            },
        )
        .made(options, has, |file| {
            let pair = file.commit_type("types/pair", ElementType::of::<(i32, f64)>())?;
            let made = file.new_dataset_builder().empty_as(&pair).shape(2).create("made")?;
            made.write_raw(&[(1, 0.5), (2, 1.5)])
        })
}
