//! Types of elements, as h5py stores and understands them.

use hdfive::definition::{ByteOrder, CharacterSet, Class, Datatype, StringPadding};
use hdfive::types::{Opaque, StringBytes, TypeDescriptor, VarLenAscii};
use hdfive::{AnyValues, ElementType, Value as Element};
use num_complex::Complex;
use serde_json::{Value, json};

use crate::{Outcome, new};

fn done() -> Outcome {
    Ok(Value::Null)
}

/// The character set and the length of strings, as h5py says it.
fn text_type(dataset: &hdfive::Dataset) -> hdfive::Result<Value> {
    let datatype = dataset.dtype()?;
    let charset = |set| if set == CharacterSet::Utf8 { "utf-8" } else { "ascii" };
    Ok(match &datatype.definition().class {
        Class::String(text) => json!([charset(text.character_set), datatype.size()]),
        Class::VarLen(text) => json!([charset(text.character_set), null]),
        _ => Value::Null,
    })
}

rows! {
    fn type_bool(folder) {
        let x = new(folder).create_dataset("x", [true, false])?;
        let datatype = x.dtype()?;
        let Class::Enum(of) = &datatype.definition().class else { return done() };
        let names: Vec<_> = of.members.iter().map(|member| member.name()).collect();
        Ok(json!([x.read_raw::<bool>()?, datatype.size(), names]))
    }

    fn type_complex(folder) {
        let x = new(folder).create_dataset("x", [Complex::new(1.0, 2.0), Complex::new(-0.0, -0.5)])?;
        let datatype = x.dtype()?;
        let Class::Compound(members) = &datatype.definition().class else { return done() };
        let names: Vec<_> = members.iter().map(|member| member.name()).collect();
        let values: Vec<_> = x.read_raw::<Complex<f64>>()?.iter().map(|z| [z.re, z.im]).collect();
        Ok(json!([values, names, datatype.size()]))
    }

    fn type_strings(folder) {
        let file = new(folder);
        let one = file.create_dataset("one", "größe")?;
        let many = file.create_dataset("many", ["a", "bc", ""])?;
        let bytes = file.create_dataset("bytes", VarLenAscii::from_ascii("raw").unwrap())?;
        let fixed = Datatype::fixed_string(4, StringPadding::NullPadded, CharacterSet::Ascii)?;
        let fixed = file.new_dataset_builder().with_data_as(["ab", "c"], fixed).create("fixed")?;
        let all = [&one, &many, &bytes, &fixed].map(text_type);
        let facts = all.into_iter().collect::<hdfive::Result<Vec<_>>>()?;
        Ok(json!([
            one.read_scalar::<String>()?, many.read_raw::<String>()?,
            bytes.read_scalar::<String>()?, fixed.read_raw::<String>()?, facts,
        ]))
    }

    fn type_string_with_nul(folder) {
        new(folder).create_dataset("x", "a\0b")?;
        done()
    }

    differs("what does not fit is refused; libhdf5 cuts it off")
    fn type_fixed_string_too_long(folder) {
        let fixed = Datatype::fixed_string(3, StringPadding::NullPadded, CharacterSet::Ascii)?;
        let x = new(folder).new_dataset_builder().empty_as(fixed).shape(1).create("x")?;
        x.write(["abcdef"])?;
        done()
    }

    fn type_not_utf8_asstr(folder) {
        let fixed = Datatype::fixed_string(1, StringPadding::NullPadded, CharacterSet::Ascii)?;
        let x = new(folder).new_dataset_builder().empty_as(fixed).shape(1).create("x")?;
        x.write_raw(&[StringBytes(vec![0xff])])?;
        assert_eq!(x.read_raw::<StringBytes>()?, [StringBytes(vec![0xff])]);
        x.read_raw::<String>()?;
        done()
    }

    fn type_enum(folder) {
        use hdfive::definition::EnumerationMember;
        let base = Datatype::integer(2, true, ByteOrder::Little)?;
        let member = |name: &str, value: i16| EnumerationMember::new(name, value.to_le_bytes());
        let kind = Datatype::enumeration(base, vec![member("RED", 0), member("GREEN", 42)])?;
        let x = new(folder).new_dataset_builder().with_data_as([42_i16, 0], kind).create("x")?;
        let TypeDescriptor::Enum(of) = x.dtype()?.to_descriptor()? else { return done() };
        let mut members: Vec<_> = of.members.iter().map(|m| (m.name.clone(), m.value)).collect();
        members.sort();
        let size = x.dtype()?.size();
        Ok(json!([x.read_raw::<i16>()?, members, size]))
    }

    fn type_vlen(folder) {
        let x = new(folder).new_dataset::<Vec<i32>>().shape(3).create("x")?;
        x.write_slice_raw(&[vec![1, 2, 3]], 0)?;
        x.write_slice_raw(&[vec![4]], 2)?;
        Ok(json!(x.read_raw::<Vec<i32>>()?))
    }

    fn type_opaque(folder) {
        let opaque = Datatype::opaque(3, "")?;
        let x = new(folder).new_dataset_builder().empty_as(opaque).shape(1).create("x")?;
        x.write_raw(&[Opaque(vec![1, 2, 3])])?;
        let opaque = matches!(x.dtype()?.definition().class, Class::Opaque { .. });
        Ok(json!([x.read_raw::<Opaque>()?[0].0, opaque]))
    }

    fn type_array_and_nested(folder) {
        let x = new(folder).new_dataset::<((f32, f32), [i16; 3])>().shape(1).create("x")?;
        x.write_raw(&[((1.0, 2.0), [3, 4, 5])])?;
        let inner: Vec<(f32, f32)> = x.read_field("0", ..)?;
        let array: Vec<[i16; 3]> = x.read_field("1", ..)?;
        Ok(json!([[inner[0].0], array[0]]))
    }

    fn type_half_and_long_double(folder) {
        let file = new(folder);
        let half = Datatype::float(2, ByteOrder::Little)?;
        let h = file.new_dataset_builder().with_data_as([1.5, 65504.0], half).create("h")?;
        let long = Datatype::long_double();
        let l = file.new_dataset_builder().with_data_as([1.5], long).create("l")?;
        let sizes = [h.dtype()?.size(), l.dtype()?.size()];
        Ok(json!([h.read_raw::<f64>()?, l.read_raw::<f64>()?[0], sizes[0], sizes[1]]))
    }

    fn type_named(folder) {
        let file = new(folder);
        let t = file.commit_type("t", ElementType::of::<f64>())?;
        let x = file.new_dataset_builder().empty_as(&t).shape(2).create("x")?;
        x.new_attr_builder().empty_as(&t).create("a")?.write_scalar(&1.0)?;
        let name = if t.to_string() == "float64" { "<f8" } else { "?" };
        Ok(json!([name, x.dtype()?.is_committed(), file.member_names()?]))
    }

    fn type_native_complex(folder) {
        // In the form of HDF5 2.0, which h5py makes where it is asked to.
        let part = Datatype::float(8, ByteOrder::Little)?;
        let x = new(folder).new_dataset_builder().empty_as(Datatype::complex(part)?).shape(1);
        let x = x.create("x")?;
        x.write_raw(&[Complex::new(1.0, -2.0)])?;
        let value: Complex<f64> = x.read_slice_scalar(0)?;
        let native = matches!(x.dtype()?.definition().class, Class::Complex(_));
        Ok(json!([native, [value.re, value.im], x.dtype()?.size()]))
    }

    differs("a null dataspace has the shape of no axis and no elements; it reads as nothing")
    fn type_empty_dataset(folder) {
        let x = new(folder).create_dataset("x", AnyValues::null::<f64>())?;
        assert!(x.space()?.is_null() && x.read_raw::<f64>()?.is_empty());
        Ok(json!([x.shape(), x.size(), x.read_raw::<f64>()?, x.dtype()?.to_string()]))
    }

    fn type_empty_indexed(folder) {
        let x = new(folder).create_dataset("x", AnyValues::null::<f64>())?;
        x.read_slice_raw::<f64>(0)?;
        done()
    }

    fn type_empty_written(folder) {
        let x = new(folder).create_dataset("x", AnyValues::null::<f64>())?;
        x.write_scalar(&1.0)?;
        done()
    }

    fn type_empty_attribute(folder) {
        let file = new(folder);
        file.set_attr("a", AnyValues::null::<i16>())?;
        let a = file.attr("a")?;
        let empty = a.space()?.is_null() && a.read_raw::<i16>()?.is_empty();
        let kind = if a.dtype()?.to_string() == "int16" { "<i2" } else { "?" };
        Ok(json!([if empty { "empty" } else { "?" }, kind]))
    }

    fn dataset_fields(folder) {
        let x = new(folder).new_dataset_builder().with_data_as(
            &[(1_i32, 2.5_f64, 3_i16), (4, 5.5, 6)],
            compound()?,
        ).create("x")?;
        x.write_field("c", &[7_i16, 8], ..)?;
        let pairs: Vec<(i16, i32)> = x.read_fields(&["c", "a"], ..)?;
        Ok(json!([
            x.read_field::<i32>("a", ..)?, x.read_field::<f64>("b", 1)?[0], pairs,
            x.read_field::<i16>("c", ..)?,
        ]))
    }

    fn dataset_field_missing(folder) {
        let x = new(folder).new_dataset_builder().empty_as(compound()?).shape(2).create("x")?;
        x.read_field::<i32>("d", ..)?;
        done()
    }

    fn type_unknown_at_compile_time(folder) {
        let x = new(folder).new_dataset_builder().empty_as(compound()?).shape(1).create("x")?;
        let read = x.read_values()?;
        let Element::Compound(members) = &read[0] else { return done() };
        Ok(members.iter().map(|(name, value)| json!([name, value.as_f64()])).collect())
    }
}

fn compound() -> hdfive::Result<Datatype> {
    use hdfive::definition::Member;
    let a = Datatype::integer(4, true, ByteOrder::Little)?;
    let b = Datatype::float(8, ByteOrder::Little)?;
    let c = Datatype::integer(2, true, ByteOrder::Little)?;
    let members = vec![Member::new("a", 0, a), Member::new("b", 4, b), Member::new("c", 12, c)];
    Datatype::compound(14, members)
}
