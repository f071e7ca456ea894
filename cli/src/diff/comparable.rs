//! Whether elements of two types and shapes can be compared.

use std::io;

use hdfive::definition::{Class, Datatype, VarLenKind};

use super::report::Report;
use crate::dump::types::{float_name, integer_name};

/// Elements of one side.
pub(super) struct Side<'a> {
    /// What the user knows them by.
    pub(super) name: &'a str,
    pub(super) datatype: &'a Datatype,
    pub(super) dims: &'a [u64],
    /// The largest dims; none is no limit.
    pub(super) largest: &'a [Option<u64>],
}

/// Whether the elements of both sides can be compared; tells why not. `member` says that they are of
/// a member of a compound.
pub(super) fn comparable(
    report: &mut Report<'_>,
    sides: [&Side<'_>; 2],
    member: bool,
) -> io::Result<bool> {
    let [first, second] = sides;
    let (name1, name2) = (first.name, second.name);
    let (type1, type2) = (first.datatype, second.datatype);
    let [class1, class2] = [class(type1), class(type2)];
    if class1 != class2 {
        let verb = if member { "has a class" } else { "is of class" };
        let words = format!("<{name1}> {verb} {class1} and <{name2}> {verb} {class2}");
        report.not_comparable(&words)?;
        return Ok(false);
    }
    if matches!(type1.class, Class::Time(_)) {
        report.not_comparable(&format!("<{name1}> and <{name2}> are of class {class2}"))?;
        return Ok(false);
    }
    if !type1.same_type(type2) {
        warn_of_types(report, sides)?;
    }
    if !same_shape(report, sides)? {
        return Ok(false);
    }
    if is_variable(type1) != is_variable(type2) {
        let words = format!("<{name1}> or <{name2}> is of mixed string type");
        report.not_comparable(&words)?;
        return Ok(false);
    }
    match (&type1.class, &type2.class) {
        (Class::Compound(members1), Class::Compound(members2)) => {
            let (count1, count2) = (members1.len(), members2.len());
            if count1 != count2 {
                let words =
                    format!("<{name1}> has {count1} members <{name2}> has {count2} members ");
                report.not_comparable(&words)?;
                return Ok(false);
            }
            for (one, other) in members1.iter().zip(members2) {
                let one = Side { datatype: &one.datatype, ..*first };
                let other = Side { datatype: &other.datatype, ..*second };
                if !comparable(report, [&one, &other], true)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(true),
    }
}

fn warn_of_types(report: &mut Report<'_>, sides: [&Side<'_>; 2]) -> io::Result<()> {
    report.warning("Warning: different storage datatype")?;
    for side in sides {
        let datatype = side.datatype;
        let name = match &datatype.class {
            Class::Integer(integer) => {
                integer_name(integer, datatype.size).unwrap_or("undefined integer".to_owned())
            }
            Class::Float(float) => match float_name(float, datatype.size) {
                Some(name) => format!("H5T_{name}"),
                None => "undefined float".to_owned(),
            },
            _ => continue,
        };
        report.warning(&format!("<{}> has file datatype {name}", side.name))?;
    }
    Ok(())
}

/// Whether both sides have the same dims; warns where they can grow differently.
fn same_shape(report: &mut Report<'_>, sides: [&Side<'_>; 2]) -> io::Result<bool> {
    let [first, second] = sides;
    if first.dims != second.dims {
        let described = |side: &Side<'_>| {
            let (rank, dims) = (side.dims.len(), dimensions(side.dims));
            format!(
                "<{}> has rank {rank}, dimensions {dims}, max dimensions {}",
                side.name,
                most(side)
            )
        };
        report.not_comparable(&described(first))?;
        report.remark(&format!("and {}", described(second)))?;
        return Ok(false);
    }
    if first.largest != second.largest {
        report.warning("Warning: different maximum dimensions")?;
        for side in sides {
            report.warning(&format!("<{}> has max dimensions {}", side.name, most(side)))?;
        }
    }
    Ok(true)
}

/// The largest dims as text, no limit as the number that stands for it.
fn most(side: &Side<'_>) -> String {
    let largest: Vec<u64> = side.largest.iter().map(|most| most.unwrap_or(u64::MAX)).collect();
    dimensions(&largest)
}

/// Dims as text.
pub(super) fn dimensions(dims: &[u64]) -> String {
    if dims.is_empty() {
        return "H5S_SCALAR".to_owned();
    }
    let dims: Vec<String> = dims.iter().map(u64::to_string).collect();
    format!("[{}]", dims.join("x"))
}

fn is_variable(datatype: &Datatype) -> bool {
    matches!(&datatype.class, Class::VarLen(sequence) if sequence.kind == VarLenKind::String)
}

fn class(datatype: &Datatype) -> &'static str {
    match &datatype.class {
        Class::Integer(_) => "H5T_INTEGER",
        Class::Float(_) => "H5T_FLOAT",
        Class::Time(_) => "H5T_TIME",
        Class::String(_) => "H5T_STRING",
        Class::VarLen(_) if is_variable(datatype) => "H5T_STRING",
        Class::VarLen(_) => "H5T_VLEN",
        Class::Bitfield(_) => "H5T_BITFIELD",
        Class::Opaque { .. } => "H5T_OPAQUE",
        Class::Compound(_) => "H5T_COMPOUND",
        Class::Reference(_) => "H5T_REFERENCE",
        Class::Enum(_) => "H5T_ENUM",
        Class::Array(_) => "H5T_ARRAY",
        Class::Complex(_) => "H5T_COMPLEX",
        _ => "Invalid class",
    }
}

/// Whether numbers of both types have a sign, or neither; tells where not.
pub(super) fn same_sign(report: &mut Report<'_>, sides: [&Side<'_>; 2]) -> io::Result<bool> {
    let [first, second] = sides;
    let [sign1, sign2] = sides.map(|side| sign(side.datatype));
    if sign1 == sign2 {
        return Ok(true);
    }
    let words = format!("<{}> has sign {sign1} and <{}> has sign {sign2}", first.name, second.name);
    report.not_comparable(&words)?;
    Ok(false)
}

fn sign(datatype: &Datatype) -> &'static str {
    match &datatype.class {
        Class::Integer(integer) if integer.signed => "H5T_SGN_2",
        Class::Integer(_) => "H5T_SGN_NONE",
        Class::Enum(enumeration) => sign(&enumeration.base),
        Class::Array(array) => sign(&array.base),
        Class::VarLen(sequence) if sequence.kind != VarLenKind::String => sign(&sequence.base),
        _ => "H5T_SGN_ERROR",
    }
}
