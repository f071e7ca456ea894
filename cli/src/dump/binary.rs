//! Elements as bytes.

use std::io::{self, Write};

use hdfive::definition::{ByteOrder, Class, Float, FloatOrder, Integer, StringPadding, VarLenKind};
use hdfive::{Element, Elements};

use super::data::Trouble;
use super::options::Form;
use crate::text::value::{integer_value, native_bits};

/// Writes the bytes of elements, without any gap.
pub(super) fn write(out: &mut dyn Write, elements: &Elements, form: Form) -> Result<(), Trouble> {
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

fn before_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn is_big(float: &Float) -> bool {
    float.order == FloatOrder::Big
}

/// Bytes of a number in the order of a form.
fn ordered(bytes: &[u8], is_big: bool, form: Form) -> Vec<u8> {
    let wanted = match form {
        Form::File => is_big,
        Form::Big => true,
        Form::Little => false,
        Form::Native => cfg!(target_endian = "big"),
    };
    let mut out = bytes.to_vec();
    if wanted != is_big {
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
