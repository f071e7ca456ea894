//! Types and dataspaces in the DDL.

use std::fmt::Write;

use hdfive::Dataspace;
use hdfive::definition::{
    ByteOrder, CharacterSet, Class, Complex, Datatype, Enumeration, Float, FloatOrder, Integer,
    Normalization, ReferenceKind, StringPadding, VarLenKind,
};

use super::LEVEL;
use crate::names::text as name_text;
use crate::text::number::integer_value;

/// Columns of a name of an enumeration.
const ENUM_NAME: usize = 16;

/// The text of a type that stands `depth` levels deep.
pub(super) fn datatype(datatype: &Datatype, depth: usize) -> String {
    let mut out = String::new();
    push(&mut out, datatype, depth);
    out
}

fn line(out: &mut String, depth: usize) {
    // Writing to memory cannot fail.
    let _ = write!(out, "\n{:1$}", "", depth.saturating_mul(LEVEL));
}

fn push(out: &mut String, datatype: &Datatype, depth: usize) {
    let inner = depth.saturating_add(1);
    match &datatype.class {
        Class::Integer(i) => out.push_str(&integer(i, datatype.size)),
        Class::Float(f) => out.push_str(&float(f, datatype.size)),
        Class::Time(_) => out.push_str("H5T_TIME: not yet implemented"),
        Class::String(s) => {
            let size = datatype.size.to_string();
            string(out, &size, s.padding, s.character_set, depth);
        }
        Class::VarLen(v) if v.kind == VarLenKind::String => {
            string(out, "H5T_VARIABLE", v.padding, v.character_set, depth);
        }
        Class::VarLen(v) => {
            out.push_str("H5T_VLEN { ");
            push(out, &v.base, depth);
            out.push_str(" }");
        }
        Class::Bitfield(b) => {
            let size = datatype.size;
            let whole = is_whole(size, b.precision, b.offset, b.low_pad || b.high_pad);
            if whole && matches!(size, 1 | 2 | 4 | 8) {
                let bits = size.saturating_mul(8);
                let _ = write!(out, "H5T_STD_B{bits}{}", order(b.order));
            } else {
                out.push_str("undefined bitfield");
            }
        }
        Class::Opaque { tag } => {
            let tag = tag.split(|byte| *byte == 0).next().unwrap_or_default();
            out.push_str("H5T_OPAQUE {");
            line(out, inner);
            let _ = write!(out, "OPAQUE_TAG \"{}\";", name_text(tag));
            line(out, depth);
            out.push('}');
        }
        Class::Compound(members) => {
            out.push_str("H5T_COMPOUND {");
            for member in members {
                line(out, inner);
                push(out, &member.datatype, inner);
                let _ = write!(out, " \"{}\";", name_text(&member.name));
            }
            line(out, depth);
            out.push('}');
        }
        Class::Reference(kind) => {
            let _ = write!(out, "H5T_REFERENCE {{ {} }}", reference(*kind));
        }
        Class::Enum(e) => enumeration(out, e, depth),
        Class::Array(array) => {
            out.push_str("H5T_ARRAY { ");
            for len in &array.dimensions {
                let _ = write!(out, "[{len}]");
            }
            out.push(' ');
            push(out, &array.base, depth);
            out.push_str(" }");
        }
        Class::Complex(c) => complex(out, c, depth),
        _ => out.push_str("unknown datatype"),
    }
}

fn order(order: ByteOrder) -> &'static str {
    match order {
        ByteOrder::Little => "LE",
        ByteOrder::Big => "BE",
    }
}

/// Whether all bits of a number count.
pub(super) fn is_whole(size: u32, precision: u16, offset: u16, padded: bool) -> bool {
    u32::from(precision) == size.saturating_mul(8) && offset == 0 && !padded
}

/// The name of an integer type; `None` where it has none.
pub(crate) fn integer_name(integer: &Integer, size: u32) -> Option<String> {
    let bits = size.saturating_mul(8);
    let padded = integer.low_pad || integer.high_pad;
    let whole = is_whole(size, integer.precision, integer.offset, padded);
    let sign = if integer.signed { "I" } else { "U" };
    let name = || format!("H5T_STD_{sign}{bits}{}", order(integer.order));
    (whole && matches!(size, 1 | 2 | 4 | 8)).then(name)
}

fn integer(integer: &Integer, size: u32) -> String {
    if let Some(name) = integer_name(integer, size) {
        return name;
    }
    let bits = size.saturating_mul(8);
    let order = match integer.order {
        _ if size <= 1 => "",
        ByteOrder::Little => " little-endian",
        ByteOrder::Big => " big-endian",
    };
    let sign = if integer.signed { "" } else { " unsigned" };
    format!("{bits}-bit{order}{sign} integer {}-bit precision", integer.precision)
}

/// The name of a floating-point type without its prefix; `None` where it has none.
pub(crate) fn float_name(float: &Float, size: u32) -> Option<String> {
    let bits = size.saturating_mul(8);
    let fields = (float.exponent_size, float.exponent_bias, float.mantissa_size);
    let packed = float.mantissa_position == 0
        && u32::from(float.exponent_position) == u32::from(float.mantissa_size)
        && u32::from(float.sign_position) == bits.saturating_sub(1);
    let plain = packed
        && float.normalization == Normalization::Implied
        && is_whole(size, float.precision, float.offset, float.low_pad || float.high_pad);
    if !plain {
        return None;
    }
    if float.order == FloatOrder::Vax {
        return match (size, fields) {
            (4, (8, 0x81, 23)) => Some("VAX_F32".to_owned()),
            (8, (11, 0x401, 52)) => Some("VAX_F64".to_owned()),
            _ => None,
        };
    }
    let order = if float.order == FloatOrder::Big { "BE" } else { "LE" };
    let name = match (size, fields) {
        (2, (5, 15, 10)) => "IEEE_F16",
        (4, (8, 127, 23)) => "IEEE_F32",
        (8, (11, 1023, 52)) => "IEEE_F64",
        (2, (8, 127, 7)) => "FLOAT_BFLOAT16",
        (1, (4, 7, 3)) => return Some("FLOAT_F8E4M3".to_owned()),
        (1, (5, 15, 2)) => return Some("FLOAT_F8E5M2".to_owned()),
        _ => return None,
    };
    Some(format!("{name}{order}"))
}

fn float(float: &Float, size: u32) -> String {
    if let Some(name) = float_name(float, size) {
        return format!("H5T_{name}");
    }
    let order = match float.order {
        _ if size <= 1 => "",
        FloatOrder::Little => " little-endian",
        FloatOrder::Big => " big-endian",
        FloatOrder::Vax => " mixed-endian",
    };
    let bits = size.saturating_mul(8);
    format!("{bits}-bit{order} floating-point {}-bit precision", float.precision)
}

fn complex(out: &mut String, complex: &Complex, depth: usize) {
    if let Class::Float(float) = &complex.base.class
        && let Some(name) = float_name(float, complex.base.size)
        && name.starts_with("IEEE")
    {
        let _ = write!(out, "H5T_COMPLEX_{name}");
        return;
    }
    let inner = depth.saturating_add(1);
    out.push_str("H5T_COMPLEX {");
    line(out, inner);
    push(out, &complex.base, inner);
    line(out, depth);
    out.push('}');
}

fn string(out: &mut String, size: &str, padding: StringPadding, set: CharacterSet, depth: usize) {
    let padding_name = match padding {
        StringPadding::NullTerminated => "NULLTERM",
        StringPadding::NullPadded => "NULLPAD",
        StringPadding::SpacePadded => "SPACEPAD",
        _ => "UNKNOWN",
    };
    let set = match set {
        CharacterSet::Ascii => "ASCII",
        CharacterSet::Utf8 => "UTF8",
        _ => "UNKNOWN",
    };
    out.push_str("H5T_STRING {");
    let inner = depth.saturating_add(1);
    for (key, value) in [
        ("STRSIZE", size.to_owned()),
        ("STRPAD", format!("H5T_STR_{padding_name}")),
        ("CSET", format!("H5T_CSET_{set}")),
        ("CTYPE", "H5T_C_S1".to_owned()),
    ] {
        line(out, inner);
        let _ = write!(out, "{key} {value};");
    }
    line(out, depth);
    out.push('}');
}

fn reference(kind: ReferenceKind) -> &'static str {
    match kind {
        ReferenceKind::Object => "H5T_STD_REF_OBJECT",
        ReferenceKind::Region => "H5T_STD_REF_DSETREG",
        _ => "H5T_STD_REF",
    }
}

fn enumeration(out: &mut String, enumeration: &Enumeration, depth: usize) {
    let inner = depth.saturating_add(1);
    out.push_str("H5T_ENUM {");
    line(out, inner);
    push(out, &enumeration.base, inner);
    out.push(';');
    for member in &enumeration.members {
        let name = crate::names::c_escaped(&member.name);
        let pad = ENUM_NAME.saturating_sub(name.chars().count());
        line(out, inner);
        let value = enum_value(&enumeration.base, &member.value);
        let _ = write!(out, "\"{name}\"{:pad$} {value};", "");
    }
    if enumeration.members.is_empty() {
        line(out, inner);
        out.push_str("<empty>");
    }
    line(out, depth);
    out.push('}');
}

/// A value of an enumeration, in decimal.
pub(super) fn enum_value(base: &Datatype, bytes: &[u8]) -> String {
    if let Class::Integer(integer) = &base.class
        && let Some(value) = integer_value(integer, bytes)
    {
        return value.to_string();
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

/// The text of a dataspace.
pub(super) fn dataspace(space: &Dataspace) -> String {
    if space.is_null() {
        return "NULL".to_owned();
    }
    if space.is_scalar() {
        return "SCALAR".to_owned();
    }
    let dims: Vec<String> = space.dims().iter().map(u64::to_string).collect();
    let max = |max: Option<usize>| max.map_or("H5S_UNLIMITED".to_owned(), |len| len.to_string());
    let maxdims: Vec<String> = space.maxdims().into_iter().map(max).collect();
    format!("SIMPLE {{ ( {} ) / ( {} ) }}", dims.join(", "), maxdims.join(", "))
}
