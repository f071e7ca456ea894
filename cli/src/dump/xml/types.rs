//! Types and dataspaces in XML.

use hdfive::definition::{
    ByteOrder, CharacterSet, Class, Complex, Datatype, Enumeration, Float, FloatOrder,
    StringPadding, VarLenKind,
};
use hdfive::{Dataspace, Datatype as Object};

use super::Writer;
use super::names::name as escaped;
use crate::dump::types::enum_value;
use crate::failure::Failure;
use crate::names::text;

/// Writes a dataspace.
pub(super) fn space(writer: &mut Writer<'_, '_, '_>, space: &Dataspace) -> Result<(), Failure> {
    writer.element("Dataspace", "", |writer| {
        if space.is_null() {
            return writer.line("<!-- unknown dataspace -->");
        }
        if space.is_scalar() {
            return writer.empty("ScalarDataspace", " /");
        }
        let rank = format!("Ndims=\"{}\"", space.ndim());
        writer.element("SimpleDataspace", &rank, |writer| {
            for (len, max) in space.dims().iter().zip(space.maxdims()) {
                let max = max.map_or("UNLIMITED".to_owned(), |max| max.to_string());
                let end = format!("  DimSize=\"{len}\" MaxDimSize=\"{max}\"/");
                writer.empty("Dimension", &end)?;
            }
            Ok(())
        })
    })
}

/// Writes the type of an object: where it is committed, its name.
pub(super) fn datatype(writer: &mut Writer<'_, '_, '_>, datatype: &Object) -> Result<(), Failure> {
    let Some(token) = datatype.committed_token() else {
        return element(writer, datatype.definition());
    };
    let xid = format!("xid_{}", token.address());
    let name = writer.dump.tables().and_then(|tables| tables.type_name(token));
    if let Some(name) = name.filter(|name| !name.starts_with("/#")) {
        let path = escaped(&name);
        let end = format!(" OBJ-XID=\"{xid}\" H5Path=\"{path}\" /");
        return writer.empty("NamedDataTypePtr", &end);
    }
    // What no link leads to goes by the name of a dataset of the type.
    let unnamed = writer.dump.tables().map(|tables| tables.unnamed()).unwrap_or_default();
    let dataset = unnamed.into_iter().find(|(other, _)| *other == token);
    let xid = dataset.map_or(xid, |(_, path)| writer.xid(&path));
    writer.empty("NamedDataTypePtr", &format!(" OBJ-XID=\"{xid}\"/"))
}

/// Writes a type.
pub(super) fn element(writer: &mut Writer<'_, '_, '_>, datatype: &Datatype) -> Result<(), Failure> {
    writer.element("DataType", "", |writer| class(writer, datatype))
}

fn class(writer: &mut Writer<'_, '_, '_>, datatype: &Datatype) -> Result<(), Failure> {
    match &datatype.class {
        Class::Compound(members) => writer.element("CompoundType", "", |writer| {
            members.iter().try_for_each(|member| {
                let name = format!("FieldName=\"{}\"", escaped(&text(&member.name)));
                writer.element("Field", &name, |writer| element(writer, &member.datatype))
            })
        }),
        Class::VarLen(v) if v.kind != VarLenKind::String => {
            writer.element("VLType", "", |writer| element(writer, &v.base))
        }
        Class::Array(array) => {
            let rank = format!("Ndims=\"{}\"", array.dimensions.len());
            writer.element("ArrayType", &rank, |writer| {
                for len in &array.dimensions {
                    writer.empty("ArrayDimension", &format!(" DimSize=\"{len}\"/"))?;
                }
                element(writer, &array.base)
            })
        }
        Class::Complex(complex) => of_complex(writer, complex),
        _ => writer.element("AtomicType", "", |writer| atomic(writer, datatype)),
    }
}

fn of_complex(writer: &mut Writer<'_, '_, '_>, complex: &Complex) -> Result<(), Failure> {
    writer.element("ComplexType", "", |writer| element(writer, &complex.base))
}

fn order(order: ByteOrder) -> &'static str {
    match order {
        ByteOrder::Little => "LE",
        ByteOrder::Big => "BE",
    }
}

fn atomic(writer: &mut Writer<'_, '_, '_>, datatype: &Datatype) -> Result<(), Failure> {
    let size = datatype.size;
    match &datatype.class {
        Class::Integer(i) => {
            let (order, sign) = (order(i.order), i.signed);
            let end = format!(" ByteOrder=\"{order}\" Sign=\"{sign}\" Size=\"{size}\" /");
            writer.empty("IntegerType", &end)
        }
        Class::Float(f) => writer.empty("FloatType", &float(f, size)),
        Class::Time(_) => {
            writer.empty("TimeType", " /")?;
            writer.line("<!-- H5T_TIME: not yet implemented -->")
        }
        Class::String(s) => {
            writer.empty("StringType", &string(&size.to_string(), s.padding, s.character_set))
        }
        Class::VarLen(v) => {
            writer.empty("StringType", &string("H5T_VARIABLE", v.padding, v.character_set))
        }
        Class::Bitfield(b) => {
            let order = order(b.order);
            writer.empty("BitfieldType", &format!(" ByteOrder=\"{order}\" Size=\"{size}\"/"))
        }
        Class::Opaque { tag } => {
            let tag = tag.split(|byte| *byte == 0).next().unwrap_or_default();
            let tag = escaped(&text(tag));
            writer.empty("OpaqueType", &format!(" Tag=\"{tag}\" Size=\"{size}\"/"))
        }
        // The schema knows no other kind.
        Class::Reference(_) => {
            writer.element("ReferenceType", "", |writer| writer.empty("ObjectReferenceType", " /"))
        }
        Class::Enum(e) => enumeration(writer, e),
        _ => writer.line("<!-- unknown datatype -->"),
    }
}

fn float(float: &Float, size: u32) -> String {
    let order = match float.order {
        FloatOrder::Little => "LE",
        FloatOrder::Big => "BE",
        FloatOrder::Vax => "VAX",
    };
    let (sign, exponents) = (float.sign_position, float.exponent_size);
    let (exponent, mantissas) = (float.exponent_position, float.mantissa_size);
    let mantissa = float.mantissa_position;
    format!(
        " ByteOrder=\"{order}\" Size=\"{size}\" SignBitLocation=\"{sign}\" \
         ExponentBits=\"{exponents}\" ExponentLocation=\"{exponent}\" \
         MantissaBits=\"{mantissas}\" MantissaLocation=\"{mantissa}\" /"
    )
}

fn string(size: &str, padding: StringPadding, set: CharacterSet) -> String {
    let padding = match padding {
        StringPadding::NullTerminated => "H5T_STR_NULLTERM",
        StringPadding::NullPadded => "H5T_STR_NULLPAD",
        StringPadding::SpacePadded => "H5T_STR_SPACEPAD",
        _ => "H5T_STR_ERROR",
    };
    let set = match set {
        CharacterSet::Ascii => "H5T_CSET_ASCII",
        CharacterSet::Utf8 => "H5T_CSET_UTF8",
        _ => "unknown_cset",
    };
    format!(" Cset=\"{set}\" StrSize=\"{size}\" StrPad=\"{padding}\"/")
}

/// The type of an enumeration, of which not all lines stand where their level is.
fn enumeration(writer: &mut Writer<'_, '_, '_>, e: &Enumeration) -> Result<(), Failure> {
    writer.open("EnumType", &format!("Nelems=\"{}\"", e.members.len()))?;
    writer.open("DataType", "")?;
    class(writer, &e.base)?;
    writer.close("DataType")?;
    writer.deeper(|writer| {
        for member in &e.members {
            let name = escaped(&text(&member.name));
            writer.element("EnumElement", "", |writer| writer.line(&name))?;
            let value = enum_value(&e.base, &member.value);
            writer.element("EnumValue", "", |writer| writer.line(&value))?;
        }
        Ok(())
    })?;
    writer.close("EnumType")
}
