//! Elements as bytes.

use std::io::{self, Write};

use hdfive::definition::{
    ByteOrder, Class, Datatype, Float, FloatOrder, Integer, StringPadding, VarLenKind,
};
use hdfive::{Element, Elements};

use super::data::Trouble;
use super::options::Form;
use crate::text::number::{integer_value, native_bits};

/// Writes the bytes of elements, without any gap.
pub(super) fn write(out: &mut dyn Write, elements: &Elements, form: Form) -> Result<(), Trouble> {
    if is_as_stored(elements.datatype(), form) {
        return Ok(out.write_all(elements.bytes())?);
    }
    elements.iter().try_for_each(|element| one(out, &element, form))
}

fn one(out: &mut dyn Write, element: &Element<'_>, form: Form) -> Result<(), Trouble> {
    let bytes = element.bytes();
    match &element.datatype().class {
        Class::Integer(integer) => Ok(number(out, integer, bytes, form)?),
        Class::Enum(enumeration) => match &enumeration.base.class {
            Class::Integer(integer) => Ok(number(out, integer, bytes, form)?),
            _ => Ok(out.write_all(bytes)?),
        },
        Class::Float(float) => Ok(out.write_all(&ordered(bytes, is_big(float), form))?),
        Class::String(string) => {
            let is_terminated = string.padding == StringPadding::NullTerminated;
            let bytes = if is_terminated { before_nul(bytes) } else { bytes };
            Ok(out.write_all(bytes)?)
        }
        Class::VarLen(variable) => {
            let Some(inner) = element.variable()? else { return Ok(()) };
            match variable.kind {
                VarLenKind::String => Ok(out.write_all(before_nul(inner.bytes()))?),
                _ => write(out, &inner, form),
            }
        }
        Class::Compound(_) | Class::Array(_) | Class::Complex(_) => {
            element.parts().try_for_each(|part| one(out, &part, form))
        }
        Class::Reference(_) => Ok(()),
        _ => Ok(out.write_all(bytes)?),
    }
}

/// Whether all bytes of elements are written as they are stored.
fn is_as_stored(datatype: &Datatype, form: Form) -> bool {
    match &datatype.class {
        Class::Integer(integer) => {
            let whole = u32::from(integer.precision) == datatype.size.saturating_mul(8);
            let wide = datatype.size == native_bits(integer.precision) / 8;
            let native = form != Form::Native || (whole && wide);
            native && is_ordered(integer.order == ByteOrder::Big, form)
        }
        Class::Float(float) => is_ordered(is_big(float), form),
        Class::Array(array) => is_as_stored(&array.base, form),
        Class::Complex(complex) => is_as_stored(&complex.base, form),
        Class::Compound(members) => {
            let end = members.iter().try_fold(0, |end, member| {
                let follows = member.offset == end && is_as_stored(&member.datatype, form);
                follows.then(|| end.saturating_add(member.datatype.size))
            });
            end == Some(datatype.size)
        }
        Class::Opaque { .. } | Class::Bitfield(_) | Class::Time(_) => true,
        _ => false,
    }
}

/// Whether numbers stand in the order of a form.
fn is_ordered(is_big: bool, form: Form) -> bool {
    match form {
        Form::File => true,
        Form::Big => is_big,
        Form::Little => !is_big,
        Form::Native => is_big == cfg!(target_endian = "big"),
    }
}

fn before_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn is_big(float: &Float) -> bool {
    float.order == FloatOrder::Big
}

/// Bytes of a number in the order of a form.
fn ordered(bytes: &[u8], is_big: bool, form: Form) -> Vec<u8> {
    let mut out = bytes.to_vec();
    if !is_ordered(is_big, form) {
        out.reverse();
    }
    out
}

/// An integer: as it is stored, or in as many bytes as it has in memory.
fn number(out: &mut dyn Write, integer: &Integer, bytes: &[u8], form: Form) -> io::Result<()> {
    let is_big = integer.order == ByteOrder::Big;
    let value = integer_value(integer, bytes).filter(|_| form == Form::Native);
    let Some(value) = value else { return out.write_all(&ordered(bytes, is_big, form)) };
    let wide = value.to_le_bytes();
    let len = usize::try_from(native_bits(integer.precision) / 8).unwrap_or(8);
    out.write_all(&ordered(wide.get(..len).unwrap_or(&wide), false, form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(form: Form) -> Vec<u8> {
        let file = hdfive::File::in_memory().unwrap();
        let dataset = file.create_dataset("x", [1_i16, -2].as_slice()).unwrap();
        let mut out = Vec::new();
        let done = write(&mut out, &dataset.read_elements(hdfive::Selection::All).unwrap(), form);
        assert!(done.is_ok());
        out
    }

    #[test]
    fn numbers_stand_in_the_order_asked_for() {
        assert_eq!(bytes(Form::Little), [1, 0, 0xfe, 0xff]);
        assert_eq!(bytes(Form::Big), [0, 1, 0xff, 0xfe]);
        assert_eq!(bytes(Form::File), [1, 0, 0xfe, 0xff]);
    }
}
