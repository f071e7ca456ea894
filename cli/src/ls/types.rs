//! Types, as a listing shows them.

use std::fmt::Write;

use hdfive::definition::{
    Bitfield, ByteOrder, CharacterSet, Class, Complex, Datatype as Definition, Enumeration, Float,
    FloatOrder, Integer, Member, Normalization, ReferenceKind, StringPadding, VarLen, VarLenKind,
};
use hdfive::{Datatype, LocationToken};

use crate::memory;
use crate::names::{escaped, text as name_text};

/// Columns of a member's name.
const NAME_WIDTH: usize = 16;

/// The text of a type; its first line is to stand in column `indent`, the others start with as
/// many spaces. `simple`: by layout, not as a type of C.
pub(super) fn text(datatype: &Datatype, simple: bool, indent: usize) -> String {
    let mut printer = Printer { out: String::new(), simple };
    if let Some(address) = datatype.committed_token().map(LocationToken::address) {
        printer.push(format_args!("shared-1:{address} "));
    }
    printer.datatype(datatype.definition(), indent);
    printer.out
}

struct Printer {
    out: String,
    simple: bool,
}

/// Place and kind of the bits of a number.
struct Bits {
    size: u32,
    precision: u16,
    offset: u16,
    low_pad: bool,
    high_pad: bool,
}

impl Bits {
    fn all(&self) -> u32 {
        self.size.saturating_mul(8)
    }

    /// Whether all bits of the element count.
    fn are_whole(&self) -> bool {
        let padded = self.low_pad || self.high_pad;
        u32::from(self.precision) == self.all() && self.offset == 0 && !padded
    }
}

fn s(count: impl Into<u64>) -> &'static str {
    if count.into() == 1 { "" } else { "s" }
}

fn pad(ones: bool) -> &'static str {
    if ones { "one" } else { "zero" }
}

fn order(order: ByteOrder, size: u32) -> &'static str {
    match order {
        _ if size <= 1 => "",
        ByteOrder::Little => " little-endian",
        ByteOrder::Big => " big-endian",
    }
}

impl Printer {
    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to memory cannot fail.
        let _ = self.out.write_fmt(text);
    }

    fn next_line(&mut self, indent: usize) {
        self.push(format_args!("\n{:indent$}", ""));
    }

    fn datatype(&mut self, datatype: &Definition, indent: usize) {
        let size = datatype.size;
        match &datatype.class {
            Class::Integer(integer) => self.integer(integer, size, indent),
            Class::Float(float) => self.float(float, size, indent),
            Class::Bitfield(bitfield) => self.bitfield(bitfield, size, indent),
            Class::Compound(members) => self.compound(datatype, members, indent),
            Class::Enum(enumeration) => self.enumeration(enumeration, indent),
            Class::String(string) => {
                self.push(format_args!("{size}-byte"));
                self.string(string.padding, string.character_set);
            }
            Class::VarLen(variable) => self.variable(variable, indent),
            Class::Reference(kind) => self.out.push_str(match kind {
                ReferenceKind::Object => "object reference",
                ReferenceKind::Region => "dataset region reference",
                _ => "standard reference",
            }),
            Class::Array(array) => {
                let dims: Vec<String> = array.dimensions.iter().map(u32::to_string).collect();
                self.push(format_args!("[{}] ", dims.join(",")));
                self.datatype(&array.base, indent.saturating_add(4));
            }
            Class::Opaque { tag } => {
                let tag = tag.split(|byte| *byte == 0).next().unwrap_or_default();
                self.push(format_args!("{size}-byte opaque type"));
                self.next_line(indent);
                self.push(format_args!("(tag = \"{}\")", escaped(&name_text(tag), false)));
            }
            Class::Complex(complex) => self.complex(complex, indent),
            Class::Time(_) => self.push(format_args!("{size}-byte class-2 unknown")),
            _ => self.push(format_args!("{size}-byte unknown")),
        }
    }

    fn integer(&mut self, integer: &Integer, size: u32, indent: usize) {
        let bits = Bits {
            size,
            precision: integer.precision,
            offset: integer.offset,
            low_pad: integer.low_pad,
            high_pad: integer.high_pad,
        };
        let native = match (size, integer.signed) {
            (1, true) => Some("native signed char"),
            (1, false) => Some("native unsigned char"),
            (2, true) => Some("native short"),
            (2, false) => Some("native unsigned short"),
            (4, true) => Some("native int"),
            (4, false) => Some("native unsigned int"),
            (8, true) => Some("native long"),
            (8, false) => Some("native unsigned long"),
            _ => None,
        };
        let is_native = !self.simple && integer.order == ByteOrder::Little && bits.are_whole();
        if let Some(native) = native.filter(|_| is_native) {
            self.out.push_str(native);
            return;
        }
        let sign = if integer.signed { "" } else { " unsigned" };
        let order = order(integer.order, size);
        self.push(format_args!("{}-bit{order}{sign} integer", bits.all()));
        self.precision(&bits, indent);
    }

    fn bitfield(&mut self, bitfield: &Bitfield, size: u32, indent: usize) {
        let bits = Bits {
            size,
            precision: bitfield.precision,
            offset: bitfield.offset,
            low_pad: bitfield.low_pad,
            high_pad: bitfield.high_pad,
        };
        let all = bits.all();
        let little = bitfield.order == ByteOrder::Little && matches!(size, 1 | 2 | 4 | 8);
        if !self.simple && little && bits.are_whole() {
            self.push(format_args!("native {all}-bit field"));
            return;
        }
        self.push(format_args!("{all}-bit{} bitfield", order(bitfield.order, size)));
        self.precision(&bits, indent);
    }

    /// Which bits of a number count, where not all do.
    fn precision(&mut self, bits: &Bits, indent: usize) {
        let (all, precision) = (bits.all(), u32::from(bits.precision));
        let offset = u32::from(bits.offset);
        if all == precision {
            return;
        }
        let plural = s(precision);
        self.next_line(indent);
        self.push(format_args!("({precision} bit{plural} of precision beginning at bit {offset})"));
        let used = offset.saturating_add(precision);
        let mut pads = Vec::new();
        if offset > 0 {
            pads.push(format!("{offset} {} bit{} at bit 0", pad(bits.low_pad), s(offset)));
        }
        if let Some(high) = all.checked_sub(used).filter(|high| *high > 0) {
            pads.push(format!("{high} {} bit{} at bit {used}", pad(bits.high_pad), s(high)));
        }
        if !pads.is_empty() {
            self.next_line(indent);
            self.push(format_args!("({})", pads.join(", ")));
        }
    }

    fn float(&mut self, float: &Float, size: u32, indent: usize) {
        if let Some(native) = native_float(float, size).filter(|_| !self.simple) {
            self.out.push_str(native);
            return;
        }
        let all = size.saturating_mul(8);
        let order = match float.order {
            _ if size <= 1 => "",
            FloatOrder::Little => " little-endian",
            FloatOrder::Big => " big-endian",
            FloatOrder::Vax => " mixed-endian",
        };
        if is_ieee(float, size) && float.order != FloatOrder::Vax {
            self.push(format_args!("IEEE {all}-bit{order} float"));
            return;
        }
        self.push(format_args!("{all}-bit{order} floating-point"));
        let bits = Bits {
            size,
            precision: float.precision,
            offset: float.offset,
            low_pad: float.low_pad,
            high_pad: float.high_pad,
        };
        self.precision(&bits, indent);
        self.float_fields(float, indent);
    }

    fn float_fields(&mut self, float: &Float, indent: usize) {
        let normalization = match float.normalization {
            Normalization::Implied => ", msb implied",
            Normalization::MsbSet => ", msb always set",
            Normalization::None => ", no normalization",
        };
        let (size, at) = (float.mantissa_size, float.mantissa_position);
        let plural = s(size);
        self.next_line(indent);
        self.push(format_args!("(significant for {size} bit{plural} at bit {at}{normalization})"));
        let (size, at) = (float.exponent_size, float.exponent_position);
        let (plural, bias) = (s(size), float.exponent_bias);
        self.next_line(indent);
        self.push(format_args!("(exponent for {size} bit{plural} at bit {at}, bias is {bias:#x})"));
        self.next_line(indent);
        self.push(format_args!("(sign bit at {})", float.sign_position));
        let used = u16::from(float.exponent_size).saturating_add(float.mantissa_size.into());
        if used.saturating_add(1) < float.precision {
            self.next_line(indent);
            self.push(format_args!("(internal padding bits are {})", pad(float.internal_pad)));
        }
    }

    fn complex(&mut self, complex: &Complex, indent: usize) {
        let native = match &complex.base.class {
            Class::Float(float) if !self.simple => native_float(float, complex.base.size),
            _ => None,
        };
        if let Some(native) = native {
            self.push(format_args!("{native} _Complex"));
            return;
        }
        let inner = indent.saturating_add(4);
        self.out.push_str("complex number of");
        self.next_line(inner);
        self.datatype(&complex.base, inner);
    }

    fn compound(&mut self, datatype: &Definition, members: &[Member], indent: usize) {
        let inner = indent.saturating_add(4);
        self.out.push_str("struct {");
        for member in members {
            let name = escaped(&name_text(&member.name), false);
            let pad = NAME_WIDTH.saturating_sub(name.chars().count());
            let offset = memory::offset(members, member);
            self.next_line(inner);
            self.push(format_args!("\"{name}\"{:pad$} +{offset:<4} ", ""));
            self.datatype(&member.datatype, inner);
        }
        let size = memory::size(datatype);
        self.next_line(indent);
        self.push(format_args!("}} {size} byte{}", s(size)));
    }

    fn enumeration(&mut self, enumeration: &Enumeration, indent: usize) {
        let inner = indent.saturating_add(4);
        self.out.push_str("enum ");
        self.datatype(&enumeration.base, inner);
        self.out.push_str(" {");
        for member in &enumeration.members {
            let name = escaped(&name_text(&member.name), true);
            let pad = NAME_WIDTH.saturating_sub(name.chars().count());
            let value = value(&enumeration.base, &member.value);
            self.next_line(inner);
            self.push(format_args!("{name}{:pad$} = {value}", ""));
        }
        if enumeration.members.is_empty() {
            self.next_line(inner);
            self.out.push_str(" <empty>");
        }
        self.next_line(indent);
        self.out.push('}');
    }

    fn variable(&mut self, variable: &VarLen, indent: usize) {
        if variable.kind == VarLenKind::String {
            self.out.push_str("variable-length");
            self.string(variable.padding, variable.character_set);
            return;
        }
        let inner = indent.saturating_add(4);
        self.out.push_str("variable length of");
        self.next_line(inner);
        self.datatype(&variable.base, inner);
    }

    fn string(&mut self, padding: StringPadding, set: CharacterSet) {
        let padding = match padding {
            StringPadding::NullTerminated => "null-terminated",
            StringPadding::NullPadded => "null-padded",
            StringPadding::SpacePadded => "space-padded",
            _ => "unknown-format",
        };
        let set = match set {
            CharacterSet::Ascii => "ASCII",
            CharacterSet::Utf8 => "UTF-8",
            _ => "unknown-character-set",
        };
        self.push(format_args!(" {padding} {set} string"));
    }
}

/// Sign position, exponent position, size and bias, mantissa position and size.
fn layout(float: &Float) -> (u8, u8, u8, u32, u8, u8) {
    (
        float.sign_position,
        float.exponent_position,
        float.exponent_size,
        float.exponent_bias,
        float.mantissa_position,
        float.mantissa_size,
    )
}

/// Whether it is a binary16, binary32 or binary64 of IEEE 754.
fn is_ieee(float: &Float, size: u32) -> bool {
    let wanted = match size {
        2 => (15, 10, 5, 15, 0, 10),
        4 => (31, 23, 8, 127, 0, 23),
        8 => (63, 52, 11, 1023, 0, 52),
        _ => return false,
    };
    layout(float) == wanted
        && float.normalization == Normalization::Implied
        && float.offset == 0
        && u32::from(float.precision) == size.saturating_mul(8)
}

/// The name of the type on the most usual machines.
fn native_float(float: &Float, size: u32) -> Option<&'static str> {
    if float.order != FloatOrder::Little {
        return None;
    }
    let extended = (79, 64, 15, 16383, 0, 64);
    match size {
        2 if is_ieee(float, 2) => Some("native _Float16"),
        4 if is_ieee(float, 4) => Some("native float"),
        8 if is_ieee(float, 8) => Some("native double"),
        16 if layout(float) == extended && float.precision == 80 => Some("native long double"),
        _ => None,
    }
}

/// A stored integer in decimal; one of more than 8 bytes in hexadecimal.
fn value(base: &Definition, bytes: &[u8]) -> String {
    match &base.class {
        Class::Integer(integer) if bytes.len() <= 8 => {
            decimal(integer.order, integer.signed, bytes)
        }
        _ => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("0x{digits}")
        }
    }
}

fn decimal(order: ByteOrder, signed: bool, bytes: &[u8]) -> String {
    let mut big = bytes.to_vec();
    if order == ByteOrder::Little {
        big.reverse();
    }
    let negative = signed && big.first().is_some_and(|byte| byte & 0x80 != 0);
    let start: i128 = if negative { -1 } else { 0 };
    let shifted = |sum: i128, byte: &u8| sum.wrapping_shl(8) | i128::from(*byte);
    big.iter().fold(start, shifted).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enumeration_values_are_decimal() {
        assert_eq!(decimal(ByteOrder::Little, true, &[0xfe, 0xff]), "-2");
        assert_eq!(decimal(ByteOrder::Big, false, &[0xff, 0xfe]), "65534");
        assert_eq!(decimal(ByteOrder::Big, false, &[0xff; 8]), "18446744073709551615");
    }
}
