//! One element as text.

use std::fmt::Write;

use hdfive::definition::{
    ArrayType, ByteOrder, Class, Datatype, Enumeration, Integer, StringPadding, VarLen, VarLenKind,
};
use hdfive::{Element, Elements, Error};

use super::number::{integer_value, native_bits, real};
use super::printf::Format;
use super::style::{Bits, Style};
use crate::names::text as name_text;

/// Spaces of a level.
const LEVEL: usize = 3;

/// What references look like.
pub(crate) trait References: Sync {
    /// The text of a reference that is a part of an element.
    fn text(&self, element: &Element<'_>) -> Result<String, Error>;
}

/// Writes elements.
pub(crate) struct Values<'a> {
    pub(crate) style: &'a Style,
    pub(crate) references: &'a dyn References,
}

impl Values<'_> {
    /// The text of an element that stands `depth` levels deep.
    pub(crate) fn text(&self, element: &Element<'_>, depth: usize) -> Result<String, Error> {
        let mut out = String::new();
        self.push(&mut out, element, depth)?;
        Ok(out)
    }

    /// Appends the text of an element; says whether there is an array in it.
    pub(crate) fn push(
        &self,
        out: &mut String,
        element: &Element<'_>,
        depth: usize,
    ) -> Result<bool, Error> {
        let datatype = element.datatype();
        let bytes = element.bytes();
        if self.style.raw {
            hexadecimal(out, bytes);
            return Ok(false);
        }
        match &datatype.class {
            Class::Integer(integer) => self.integer(out, integer, bytes),
            Class::Float(_) => self.format(datatype.size).push(out, real(element)?),
            Class::String(string) => self.string(out, bytes, string.padding),
            Class::VarLen(variable) if variable.kind == VarLenKind::String => {
                self.variable_string(out, element, variable)?;
            }
            Class::VarLen(_) => return self.sequence(out, element, depth),
            Class::Compound(_) => return self.compound(out, element, depth),
            Class::Array(array) => return self.array(out, element, array, depth),
            Class::Enum(enumeration) => enumerated(out, enumeration, bytes),
            Class::Complex(complex) => {
                let parts: Vec<Element<'_>> = element.parts().collect();
                if let [re, im] = parts.as_slice() {
                    let (re, im) = (real(re)?, real(im)?);
                    self.complex(out, &complex.base, re, im);
                }
            }
            Class::Reference(_) => out.push_str(&self.references.text(element)?),
            Class::Bitfield(bits) => hexadecimal(out, &native(bytes, bits.order)),
            _ => hexadecimal(out, bytes),
        }
        Ok(false)
    }

    fn integer(&self, out: &mut String, integer: &Integer, bytes: &[u8]) {
        let Some(mut value) = integer_value(integer, bytes) else {
            return hexadecimal(out, &native(bytes, integer.order));
        };
        if let Some(bits) = self.style.bits {
            value = packed(value, bits, integer);
        }
        match bytes {
            [byte] if self.style.characters => self.character(out, *byte),
            _ => match i64::try_from(value) {
                Ok(small) => out.push_str(itoa::Buffer::new().format(small)),
                Err(_) => out.push_str(itoa::Buffer::new().format(value)),
            },
        }
    }

    /// What numbers of this size look like.
    fn format(&self, size: u32) -> &Format {
        match size {
            0..=4 => &self.style.float,
            5..=8 => self.style.double.as_ref().unwrap_or(&self.style.float),
            _ => &self.style.long_double,
        }
    }

    fn complex(&self, out: &mut String, base: &Datatype, re: f64, im: f64) {
        let format = self.format(base.size);
        format.push(out, re);
        if !im.is_sign_negative() {
            out.push('+');
        }
        format.push(out, im);
        out.push('i');
    }

    fn variable_string(
        &self,
        out: &mut String,
        element: &Element<'_>,
        variable: &VarLen,
    ) -> Result<(), Error> {
        match element.variable()? {
            None => out.push_str("NULL"),
            Some(text) => {
                let bytes = text.bytes().split(|byte| *byte == 0).next().unwrap_or_default();
                self.string(out, bytes, variable.padding);
            }
        }
        Ok(())
    }

    /// A string, in quotes; characters that repeat stand in quotes of their own.
    fn string(&self, out: &mut String, bytes: &[u8], padding: StringPadding) {
        let bytes = match padding {
            StringPadding::NullTerminated => {
                bytes.split(|byte| *byte == 0).next().unwrap_or_default()
            }
            _ => bytes,
        };
        let repeat = self.style.repeat;
        let mut quoted = false;
        let mut left = bytes;
        while let Some(byte) = left.first() {
            let same = match repeat {
                0 => 1,
                _ => left.iter().take_while(|other| *other == byte).count(),
            };
            let counted = repeat > 0 && same > repeat;
            let space = if left.len() < bytes.len() { " " } else { "" };
            if counted {
                let close = if quoted { "\"" } else { "" };
                let _ = write!(out, "{close}{space}'");
                self.character(out, *byte);
                let _ = write!(out, "' repeats {} times", same.saturating_sub(1));
                quoted = false;
                left = left.get(same..).unwrap_or_default();
                continue;
            }
            if !quoted {
                let _ = write!(out, "{space}\"");
                quoted = true;
            }
            self.character(out, *byte);
            left = left.get(1..).unwrap_or_default();
        }
        if quoted {
            out.push('"');
        }
        if bytes.is_empty() {
            out.push_str("\"\"");
        }
    }

    fn character(&self, out: &mut String, byte: u8) {
        /// What stands before the rest of a line that an element breaks.
        const REST: &str = "           ";
        let escape = self.style.escape;
        let escaped = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x0c => "\\f",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            b' '..=b'~' => return out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:03o}");
                return;
            }
        };
        if escape {
            out.push_str(escaped);
            return;
        }
        out.push(char::from(byte));
        if matches!(byte, b'\n' | b'\r') {
            out.push_str(REST);
        }
    }

    fn sequence(
        &self,
        out: &mut String,
        element: &Element<'_>,
        depth: usize,
    ) -> Result<bool, Error> {
        let brackets = self.style.sequence;
        out.push_str(brackets.open);
        let elements = element.variable()?;
        let mut nested = false;
        for (number, part) in elements.iter().flat_map(Elements::iter).enumerate() {
            if number > 0 {
                out.push_str(brackets.between);
            }
            nested |= self.push(out, &part, depth.saturating_add(1))?;
        }
        out.push_str(brackets.close);
        Ok(nested)
    }

    fn compound(
        &self,
        out: &mut String,
        element: &Element<'_>,
        depth: usize,
    ) -> Result<bool, Error> {
        let brackets = self.style.compound;
        let Class::Compound(members) = &element.datatype().class else { return Ok(false) };
        out.push_str(brackets.open);
        let inner = depth.saturating_add(1);
        let mut nested = false;
        for (number, (part, member)) in element.parts().zip(members).enumerate() {
            if number > 0 {
                out.push_str(brackets.between);
            }
            if self.style.lines {
                line(out, inner);
            }
            if self.style.names {
                out.push_str(&name_text(&member.name));
                out.push('=');
            }
            nested |= self.push(out, &part, inner)?;
        }
        if self.style.lines {
            line(out, depth);
        }
        out.push_str(brackets.close);
        Ok(nested)
    }

    fn array(
        &self,
        out: &mut String,
        element: &Element<'_>,
        array: &ArrayType,
        depth: usize,
    ) -> Result<bool, Error> {
        let brackets = self.style.array;
        let row = array.dimensions.last().map_or(0, |len| usize::try_from(*len).unwrap_or(0));
        let inner = depth.saturating_add(1);
        out.push_str(brackets.open);
        let mut nested = false;
        for (number, part) in element.parts().enumerate() {
            if number > 0 {
                out.push_str(brackets.between);
                if self.style.lines && number.checked_rem(row) == Some(0) {
                    line(out, inner);
                } else if self.style.spaced && nested {
                    // Behind an array, with one space more.
                    out.push_str("\n ");
                    indent(out, inner);
                } else if self.style.spaced {
                    out.push(' ');
                }
            }
            nested = self.push(out, &part, inner)?;
        }
        out.push_str(brackets.close);
        Ok(true)
    }
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    indent(out, depth);
}

fn indent(out: &mut String, depth: usize) {
    let _ = write!(out, "{:1$}", "", depth.saturating_mul(LEVEL));
}

fn packed(value: i128, bits: Bits, integer: &Integer) -> i128 {
    let width = native_bits(integer.precision);
    if bits.offset.saturating_add(bits.length) > width {
        return 0;
    }
    let mask = u128::MAX.wrapping_shr(128_u32.saturating_sub(bits.length.min(64)));
    let masked = value.wrapping_shr(bits.offset).cast_unsigned() & mask;
    let above = 128_u32.saturating_sub(width);
    let upper = masked.wrapping_shl(above);
    if integer.signed {
        upper.cast_signed().wrapping_shr(above)
    } else {
        upper.wrapping_shr(above).cast_signed()
    }
}

/// Bytes with the lowest first.
fn native(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut out = bytes.to_vec();
    if order == ByteOrder::Big {
        out.reverse();
    }
    out
}

fn enumerated(out: &mut String, enumeration: &Enumeration, bytes: &[u8]) {
    let named = enumeration.members.iter().find(|member| member.value == bytes);
    match (named, &enumeration.base.class) {
        (Some(member), _) => out.push_str(&crate::names::c_escaped(&member.name)),
        (None, Class::Integer(integer)) => hexadecimal(out, &native(bytes, integer.order)),
        (None, _) => hexadecimal(out, bytes),
    }
}

fn hexadecimal(out: &mut String, bytes: &[u8]) {
    if let [byte] = bytes {
        let _ = write!(out, "0x{byte:02x}");
        return;
    }
    for (number, byte) in bytes.iter().enumerate() {
        let colon = if number > 0 { ":" } else { "" };
        let _ = write!(out, "{colon}{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(signed: bool, offset: u16, precision: u16) -> Integer {
        let file = hdfive::File::in_memory().unwrap();
        let dataset = file.new_dataset::<i64>().create("x").unwrap();
        let datatype = dataset.dtype().unwrap();
        let Class::Integer(integer) = &datatype.definition().class else { panic!("an integer") };
        let mut integer = *integer;
        (integer.signed, integer.offset, integer.precision) = (signed, offset, precision);
        integer
    }

    #[test]
    fn integers_are_what_their_bits_say() {
        let bytes = [0xf0, 0xff, 0, 0, 0, 0, 0, 0];
        assert_eq!(integer_value(&integer(true, 0, 16), &bytes), Some(-16));
        assert_eq!(integer_value(&integer(false, 0, 16), &bytes), Some(0xfff0));
        assert_eq!(integer_value(&integer(true, 4, 12), &bytes), Some(-1));
        assert_eq!(integer_value(&integer(true, 0, 64), &bytes), Some(0xfff0));
    }

    #[test]
    fn some_bits_are_cut_out() {
        let bits = |offset, length| Bits { offset, length };
        assert_eq!(packed(-1, bits(2, 2), &integer(true, 0, 8)), 3);
        assert_eq!(packed(-1, bits(0, 8), &integer(true, 0, 8)), -1);
        assert_eq!(packed(-1, bits(0, 64), &integer(true, 0, 64)), -1);
        assert_eq!(packed(0xff, bits(0, 64), &integer(false, 0, 64)), 0xff);
        assert_eq!(packed(-1, bits(2, 7), &integer(true, 0, 8)), 0);
    }
}
