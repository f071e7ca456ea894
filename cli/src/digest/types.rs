//! Types and dataspaces in the document.

use hdfive::definition::{
    ByteOrder, CharacterSet, Class, Datatype, Float, FloatOrder, Member, Normalization,
    ReferenceKind, StringPadding, VarLenKind,
};
use hdfive::{Dataspace, Datatype as DatatypeObject};
use serde_json::{Map, Value, json};

use super::encode::hex;
use super::walk::Walk;
use crate::names::text;

/// A dataset's or attribute's type: with the committed type's path, where it is one.
pub(super) fn describe_use(walk: &Walk, datatype: &DatatypeObject) -> Value {
    let mut out = describe(datatype.definition());
    if let (Some(token), Value::Object(out)) = (datatype.committed_token(), &mut out) {
        let committed = walk.path_of(token).map_or(Value::Bool(true), Value::from);
        out.insert("committed".to_owned(), committed);
    }
    out
}

/// A type.
pub(crate) fn describe(datatype: &Datatype) -> Value {
    let size = datatype.size;
    match &datatype.class {
        Class::Integer(i) => {
            let mut out = json!({
                "class": "integer", "size": size, "order": order(i.order), "signed": i.signed,
            });
            bits(&mut out, size, i.precision, i.offset, (i.low_pad, i.high_pad));
            out
        }
        Class::Bitfield(b) => {
            let mut out = json!({"class": "bitfield", "size": size, "order": order(b.order)});
            bits(&mut out, size, b.precision, b.offset, (b.low_pad, b.high_pad));
            out
        }
        Class::Float(float) => describe_float(float, size),
        Class::Time(time) => json!({"class": "time", "size": size, "order": order(time.order)}),
        Class::String(string) => json!({
            "class": "string", "size": size,
            "strpad": padding(string.padding), "cset": character_set(string.character_set),
        }),
        Class::VarLen(v) if v.kind == VarLenKind::String => json!({
            "class": "string", "size": "vlen",
            "strpad": padding(v.padding), "cset": character_set(v.character_set),
        }),
        Class::VarLen(v) => json!({"class": "vlen", "base": describe(&v.base)}),
        Class::Opaque { tag } => {
            let tag = tag.split(|byte| *byte == 0).next().unwrap_or_default();
            json!({"class": "opaque", "size": size, "tag": text(tag)})
        }
        Class::Compound(members) => describe_compound(datatype, members),
        Class::Reference(kind) => json!({"class": "reference", "ref": reference(*kind)}),
        Class::Enum(e) => {
            let big = is_big(&e.base);
            let members = e.members.iter().map(|member| {
                let mut value = member.value.clone();
                if big {
                    value.reverse();
                }
                json!([text(&member.name), hex(&value)])
            });
            let members: Vec<Value> = members.collect();
            json!({"class": "enum", "base": describe(&e.base), "members": members})
        }
        Class::Array(a) => {
            json!({"class": "array", "dims": a.dimensions, "base": describe(&a.base)})
        }
        Class::Complex(c) => json!({"class": "complex", "size": size, "base": describe(&c.base)}),
        _ => json!({"class": "unknown"}),
    }
}

fn describe_compound(datatype: &Datatype, members: &[Member]) -> Value {
    let fixed = is_fixed(datatype);
    let describe_member = |member: &Member| {
        let mut out = json!({"name": text(&member.name), "type": describe(&member.datatype)});
        if fixed && let Value::Object(out) = &mut out {
            out.insert("offset".to_owned(), member.offset.into());
        }
        out
    };
    let members: Vec<Value> = members.iter().map(describe_member).collect();
    let mut out = json!({"class": "compound", "members": members});
    if fixed && let Value::Object(out) = &mut out {
        out.insert("size".to_owned(), datatype.size.into());
    }
    out
}

/// Whether neither variable-length data nor references are part of it.
pub(super) fn is_fixed(datatype: &Datatype) -> bool {
    match &datatype.class {
        Class::VarLen(_) | Class::Reference(_) => false,
        Class::Compound(members) => members.iter().all(|member| is_fixed(&member.datatype)),
        Class::Array(array) => is_fixed(&array.base),
        _ => true,
    }
}

fn is_big(datatype: &Datatype) -> bool {
    matches!(&datatype.class, Class::Integer(integer) if integer.order == ByteOrder::Big)
}

fn order(order: ByteOrder) -> &'static str {
    match order {
        ByteOrder::Little => "le",
        ByteOrder::Big => "be",
    }
}

fn insert(out: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(out) = out {
        out.insert(key.to_owned(), value.into());
    }
}

/// What is unusual about the bits of a number; gives whether anything is.
fn bits(out: &mut Value, size: u32, precision: u16, offset: u16, pad: (bool, bool)) -> bool {
    let full = u64::from(precision) == u64::from(size).saturating_mul(8);
    if !full {
        insert(out, "precision", precision);
    }
    if offset != 0 {
        insert(out, "offset", offset);
    }
    if pad != (false, false) {
        insert(out, "pad", vec![u8::from(pad.0), u8::from(pad.1)]);
    }
    !full || offset != 0 || pad != (false, false)
}

/// Sign, exponent position and size, mantissa position and size, bias.
fn ieee(size: u32) -> Option<([u8; 5], u32)> {
    match size {
        2 => Some(([15, 10, 5, 0, 10], 15)),
        4 => Some(([31, 23, 8, 0, 23], 127)),
        8 => Some(([63, 52, 11, 0, 52], 1023)),
        _ => None,
    }
}

fn describe_float(float: &Float, size: u32) -> Value {
    let order = match float.order {
        FloatOrder::Little => "le",
        FloatOrder::Big => "be",
        FloatOrder::Vax => "vax",
    };
    let mut plain = json!({"class": "float", "size": size, "order": order});
    let format = [
        float.sign_position,
        float.exponent_position,
        float.exponent_size,
        float.mantissa_position,
        float.mantissa_size,
    ];
    let mut out = plain.clone();
    let pad = (float.low_pad, float.high_pad);
    let unusual = bits(&mut out, size, float.precision, float.offset, pad);
    let usual = !unusual && float.normalization == Normalization::Implied;
    if usual && ieee(size) == Some((format, float.exponent_bias)) {
        insert(&mut plain, "format", "ieee");
        return plain;
    }
    insert(&mut out, "format", format.to_vec());
    insert(&mut out, "bias", float.exponent_bias);
    let norm = match float.normalization {
        Normalization::Implied => "implied",
        Normalization::MsbSet => "msbset",
        Normalization::None => "none",
    };
    insert(&mut out, "norm", norm);
    out
}

fn padding(padding: StringPadding) -> Value {
    match padding {
        StringPadding::NullTerminated => "nullterm".into(),
        StringPadding::NullPadded => "nullpad".into(),
        StringPadding::SpacePadded => "spacepad".into(),
        StringPadding::Reserved(number) => number.into(),
        _ => Value::Null,
    }
}

fn character_set(set: CharacterSet) -> Value {
    match set {
        CharacterSet::Ascii => "ascii".into(),
        CharacterSet::Utf8 => "utf8".into(),
        CharacterSet::Reserved(number) => number.into(),
        _ => Value::Null,
    }
}

fn reference(kind: ReferenceKind) -> &'static str {
    match kind {
        ReferenceKind::Object => "object",
        ReferenceKind::Region => "region",
        _ => "std",
    }
}

/// A dataspace.
pub(super) fn describe_space(space: &Dataspace) -> Value {
    if space.is_null() {
        return json!({"class": "null"});
    }
    if space.is_scalar() {
        return json!({"class": "scalar"});
    }
    let mut out = Map::new();
    out.insert("class".to_owned(), "simple".into());
    out.insert("dims".to_owned(), space.dims().into());
    let max = space.maxdims();
    if !max.iter().zip(space.shape()).all(|(max, len)| *max == Some(len)) {
        out.insert("maxdims".to_owned(), max.into());
    }
    Value::Object(out)
}
