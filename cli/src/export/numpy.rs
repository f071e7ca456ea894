//! Types of NumPy: the ones h5py reads elements as, and what becomes of their bytes.

use std::fmt::Write as _;
use std::io::Write;

use hdfive::definition::{
    ByteOrder, Class, Datatype, Enumeration, Float, FloatOrder, Integer, Member, StringPadding,
};
use hdfive::{Element, Value};

use super::scalar::ieee_bits;
use crate::failure::{Failure, Trouble};
use crate::part::Part;
use crate::text::number::integer_value;

/// A type of NumPy, and how stored elements become elements of it.
#[derive(Debug, PartialEq)]
pub(super) struct Numpy {
    pub(super) descr: Descr,
    /// Of an array, the lengths of its axes.
    pub(super) shape: Vec<u32>,
    change: Change,
}

/// How NumPy writes a type.
#[derive(Debug, PartialEq)]
pub(super) enum Descr {
    /// A plain one: byte order, kind, bytes.
    Plain(String),
    /// A structure: names, types and shapes of its fields, those for gaps without a name.
    Fields(Vec<(String, Descr, Vec<u32>)>),
}

/// What becomes of the bytes of an element.
#[derive(Debug, PartialEq)]
enum Change {
    /// They stay.
    Keep,
    /// Each piece of this size is reversed.
    Swap(usize),
    /// What stands behind the text becomes zeros.
    Text(StringPadding),
    /// The bits that count, as an integer of this many bytes.
    Integer { integer: Integer, size: usize, big: bool },
    /// A number of this many bytes, 2, 4 or 8.
    Float { size: usize, big: bool },
    /// Members: offset, size and what becomes of them.
    Members(Vec<(usize, usize, Change)>),
    /// Pieces of this size, one behind the other.
    Each(usize, Box<Change>),
}

impl Numpy {
    /// The type that h5py reads `datatype` as; if `native`, with numbers in this machine's byte
    /// order. An error says why there is none.
    pub(super) fn of(datatype: &Datatype, native: bool) -> Result<Self, String> {
        let size = usize::try_from(datatype.size).unwrap_or(usize::MAX);
        let types = Types { native };
        let plain = |kind: char, change: Change| Self {
            descr: Descr::Plain(format!("|{kind}{size}")),
            shape: Vec::new(),
            change,
        };
        Ok(match &datatype.class {
            Class::Integer(integer) => types.integer(integer, size)?,
            Class::Bitfield(bits) => {
                if !matches!(size, 1 | 2 | 4 | 8) {
                    return Err(format!("NumPy has no bit field of {size} bytes"));
                }
                types.number('u', size, bits.order == ByteOrder::Big)
            }
            Class::Float(float) => types.float(float, size)?,
            Class::String(string) if string.padding == StringPadding::NullPadded => {
                plain('S', Change::Keep)
            }
            Class::String(string) => plain('S', Change::Text(string.padding)),
            Class::Opaque { tag } => Self {
                descr: Descr::Plain(time_of(tag, size).unwrap_or(format!("|V{size}"))),
                shape: Vec::new(),
                change: Change::Keep,
            },
            Class::Enum(enumeration) if is_boolean(enumeration) => Self {
                descr: Descr::Plain("|b1".to_owned()),
                shape: Vec::new(),
                change: Change::Keep,
            },
            Class::Enum(enumeration) => Self::of(&enumeration.base, native)?,
            Class::Complex(complex) => types.complex(&complex.base, size)?,
            Class::Compound(members) => types.compound(members, size)?,
            Class::Array(array) => {
                let base = Self::of(&array.base, native)?;
                let mut shape = array.dimensions.clone();
                shape.extend(&base.shape);
                let piece = usize::try_from(array.base.size).unwrap_or(usize::MAX);
                let change = match base.change {
                    Change::Keep => Change::Keep,
                    Change::Swap(piece) => Change::Swap(piece),
                    change if keeps_size(&change, piece) => Change::Each(piece, Box::new(change)),
                    _ => return Err("NumPy has no such numbers within arrays".to_owned()),
                };
                Self { descr: base.descr, shape, change }
            }
            Class::VarLen(_) => {
                return Err("NPY has no elements of variable length: csv and jsonl do".to_owned());
            }
            Class::Reference(_) => {
                return Err("NPY has no references: csv and jsonl have their paths".to_owned());
            }
            _ => return Err("NumPy has no type for these elements".to_owned()),
        })
    }

    /// Writes all elements.
    pub(super) fn write(&self, part: &Part, out: &mut dyn Write) -> Result<(), Failure> {
        let done = part.read(&mut |elements| {
            if self.change == Change::Keep {
                return Ok(out.write_all(elements.bytes())?);
            }
            for element in elements.iter() {
                self.one(&element, out)?;
            }
            Ok(())
        });
        done.map_err(|trouble| part.told(trouble))
    }

    fn one(&self, element: &Element<'_>, out: &mut dyn Write) -> Result<(), Trouble> {
        if let Change::Float { size, big } = self.change {
            let Value::Float(number) = element.value()? else { return Ok(()) };
            let mut bytes = match size {
                2 => half(number).to_le_bytes().to_vec(),
                4 => narrow(number).to_le_bytes().to_vec(),
                _ => number.to_le_bytes().to_vec(),
            };
            if big {
                bytes.reverse();
            }
            return Ok(out.write_all(&bytes)?);
        }
        let mut bytes = element.bytes().to_vec();
        apply(&self.change, &mut bytes);
        Ok(out.write_all(&bytes)?)
    }
}

/// A double that is a single.
#[expect(clippy::as_conversions, reason = "there is no other way to round to a single")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// The bits of a double that is a half.
fn half(number: f64) -> u16 {
    let bits = number.to_bits();
    let sign = bits.wrapping_shr(48) & 0x8000;
    let exponent = bits.wrapping_shr(52) & 0x7ff;
    let mantissa = bits & 0xf_ffff_ffff_ffff;
    let rest = match exponent {
        0x7ff if mantissa > 0 => 0x7e00,
        0x7ff => 0x7c00,
        // Behind 2^-14, the exponents are 1008 apart.
        1009.. => exponent.saturating_sub(1008).wrapping_shl(10) | mantissa.wrapping_shr(42),
        999.. => {
            let shift = u32::try_from(1051_u64.saturating_sub(exponent)).unwrap_or(63);
            (mantissa | 0x10_0000_0000_0000).wrapping_shr(shift)
        }
        _ => 0,
    };
    u16::try_from(sign | rest).unwrap_or(0)
}

/// How types are chosen.
struct Types {
    native: bool,
}

impl Types {
    /// A number whose bytes stay, or are reversed.
    fn number(&self, kind: char, size: usize, big: bool) -> Numpy {
        self.pair(kind, size, size, big)
    }

    /// One made of pieces, each a number.
    fn pair(&self, kind: char, size: usize, piece: usize, big: bool) -> Numpy {
        let swap = self.native && big != cfg!(target_endian = "big") && piece > 1;
        let change = if swap { Change::Swap(piece) } else { Change::Keep };
        let descr = Descr::Plain(format!("{}{kind}{size}", self.order(piece, big)));
        Numpy { descr, shape: Vec::new(), change }
    }

    fn order(&self, size: usize, big: bool) -> char {
        match (size, self.is_big(big)) {
            (1, _) => '|',
            (_, true) => '>',
            (_, false) => '<',
        }
    }

    fn is_big(&self, big: bool) -> bool {
        if self.native { cfg!(target_endian = "big") } else { big }
    }

    fn integer(&self, integer: &Integer, size: usize) -> Result<Numpy, String> {
        let big = integer.order == ByteOrder::Big;
        let kind = if integer.signed { 'i' } else { 'u' };
        let bits = size.saturating_mul(8);
        let wide = match size {
            1 | 2 | 4 | 8 => size,
            3 => 4,
            5..=7 => 8,
            _ => return Err(format!("NumPy has no integer of {size} bytes")),
        };
        if wide == size && usize::from(integer.precision) == bits && integer.offset == 0 {
            return Ok(self.number(kind, size, big));
        }
        let mut numpy = self.number(kind, wide, big);
        numpy.change = Change::Integer { integer: *integer, size: wide, big: self.is_big(big) };
        Ok(numpy)
    }

    fn float(&self, float: &Float, size: usize) -> Result<Numpy, String> {
        let big = match float.order {
            FloatOrder::Little => false,
            FloatOrder::Big => true,
            FloatOrder::Vax => return Err("NumPy has no floats of the VAX".to_owned()),
        };
        let is_extended = float.exponent_size == 15 && float.mantissa_size == 64 && size == 16;
        if is_extended || ieee_bits(float, u32::try_from(size).unwrap_or(0)).is_some() {
            return Ok(self.number('f', size, big));
        }
        // As many bytes at least, and all exponents.
        let bias = i64::from(float.exponent_bias);
        let all = 1_i64.checked_shl(float.exponent_size.into()).unwrap_or(i64::MAX);
        let (least, most) =
            (1_i64.saturating_sub(bias), all.saturating_sub(bias).saturating_sub(1));
        let wide = match (size, float.mantissa_size) {
            (..=2, ..=10) if least >= -14 && most <= 16 => 2,
            (..=4, ..=23) if least >= -126 && most <= 128 => 4,
            (..=8, ..=52) if least >= -1022 && most <= 1024 => 8,
            _ => return Err("NumPy has no floats of this precision".to_owned()),
        };
        let mut numpy = self.number('f', wide, big);
        numpy.change = Change::Float { size: wide, big: self.is_big(big) };
        Ok(numpy)
    }

    fn complex(&self, base: &Datatype, size: usize) -> Result<Numpy, String> {
        let Class::Float(float) = &base.class else {
            return Err("NumPy has complex numbers of floats only".to_owned());
        };
        let piece = usize::try_from(base.size).unwrap_or(usize::MAX);
        let part = self.float(float, piece)?;
        if !matches!(part.change, Change::Keep | Change::Swap(_)) || !matches!(piece, 4 | 8 | 16) {
            return Err("NumPy has no complex numbers of this precision".to_owned());
        }
        Ok(self.pair('c', size, piece, float.order == FloatOrder::Big))
    }

    fn compound(&self, members: &[Member], size: usize) -> Result<Numpy, String> {
        if let [re, im] = members
            && (re.name.as_slice(), im.name.as_slice()) == (b"r".as_slice(), b"i".as_slice())
            && re.datatype == im.datatype
            && (re.offset, im.offset) == (0, re.datatype.size)
            && let Ok(complex) = self.complex(&re.datatype, size)
        {
            return Ok(complex);
        }
        let mut sorted: Vec<&Member> = members.iter().collect();
        sorted.sort_by_key(|member| member.offset);
        let mut fields = Vec::with_capacity(members.len());
        let mut changes = Vec::new();
        let mut end = 0_usize;
        for member in sorted {
            let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
            let len = usize::try_from(member.datatype.size).unwrap_or(usize::MAX);
            let name = String::from_utf8_lossy(&member.name).into_owned();
            let numpy = Numpy::of(&member.datatype, self.native)
                .map_err(|why| format!("member {name}: {why}"))?;
            if offset < end || !keeps_size(&numpy.change, len) {
                return Err(format!("member {name}: NumPy has no such member of a structure"));
            }
            gap(&mut fields, offset.saturating_sub(end));
            end = offset.saturating_add(len);
            if numpy.change != Change::Keep {
                changes.push((offset, len, numpy.change));
            }
            fields.push((name, numpy.descr, numpy.shape));
        }
        gap(&mut fields, size.saturating_sub(end));
        let change = if changes.is_empty() { Change::Keep } else { Change::Members(changes) };
        Ok(Numpy { descr: Descr::Fields(fields), shape: Vec::new(), change })
    }
}

/// Adds a field for bytes that no member has.
fn gap(fields: &mut Vec<(String, Descr, Vec<u32>)>, len: usize) {
    if len > 0 {
        fields.push((String::new(), Descr::Plain(format!("|V{len}")), Vec::new()));
    }
}

/// Whether an element of `size` bytes has as many afterwards.
fn keeps_size(change: &Change, size: usize) -> bool {
    match change {
        Change::Integer { size: wide, .. } => *wide == size,
        Change::Float { .. } => false,
        _ => true,
    }
}

/// Whether it is what h5py makes of booleans.
fn is_boolean(enumeration: &Enumeration) -> bool {
    let value = |name: &[u8]| {
        let member = enumeration.members.iter().find(|member| member.name == name);
        member.map(|member| member.value.as_slice())
    };
    enumeration.members.len() == 2 && value(b"FALSE") == Some(&[0]) && value(b"TRUE") == Some(&[1])
}

/// The type of times and time spans that h5py keeps as opaque elements, with a tag that says so.
fn time_of(tag: &[u8], size: usize) -> Option<String> {
    let text = std::str::from_utf8(tag).ok()?.trim_end_matches('\0').strip_prefix("NUMPY:")?;
    let rest = text.strip_prefix(['<', '>'])?.strip_prefix(['M', 'm'])?.strip_prefix('8')?;
    let unit = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(rest);
    (size == 8 && unit.chars().all(|c| c.is_ascii_alphanumeric())).then(|| text.to_owned())
}

/// Whether what elements stand for lies elsewhere in the file.
pub(super) fn is_elsewhere(datatype: &Datatype) -> bool {
    match &datatype.class {
        Class::VarLen(_) => true,
        Class::Array(array) => is_elsewhere(&array.base),
        Class::Compound(members) => members.iter().any(|member| is_elsewhere(&member.datatype)),
        _ => false,
    }
}

fn apply(change: &Change, bytes: &mut Vec<u8>) {
    if let Change::Integer { integer, size, big } = change {
        let value = integer_value(integer, bytes).unwrap_or(0).to_le_bytes();
        *bytes = value.get(..*size).unwrap_or(&value).to_vec();
        if *big {
            bytes.reverse();
        }
        return;
    }
    in_place(change, bytes);
}

fn in_place(change: &Change, bytes: &mut [u8]) {
    match change {
        Change::Keep | Change::Float { .. } => {}
        Change::Swap(piece) => bytes.chunks_exact_mut((*piece).max(1)).for_each(<[u8]>::reverse),
        Change::Text(padding) => {
            let len = match padding {
                StringPadding::SpacePadded => bytes.trim_ascii_end().len(),
                _ => bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()),
            };
            bytes.iter_mut().skip(len).for_each(|byte| *byte = 0);
        }
        Change::Integer { .. } => {
            let mut changed = bytes.to_vec();
            apply(change, &mut changed);
            bytes.iter_mut().zip(changed).for_each(|(to, from)| *to = from);
        }
        Change::Members(members) => {
            for (offset, len, change) in members {
                let member = bytes.get_mut(*offset..).and_then(|rest| rest.get_mut(..*len));
                in_place(change, member.unwrap_or_default());
            }
        }
        Change::Each(piece, change) => {
            bytes.chunks_exact_mut((*piece).max(1)).for_each(|piece| in_place(change, piece));
        }
    }
}

impl Descr {
    /// The type in Python's words.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Plain(text) => format!("'{text}'"),
            Self::Fields(fields) => {
                let fields: Vec<String> = fields.iter().map(field).collect();
                format!("[{}]", fields.join(", "))
            }
        }
    }
}

fn field((name, descr, shape): &(String, Descr, Vec<u32>)) -> String {
    let (name, descr) = (literal(name), descr.text());
    if shape.is_empty() {
        return format!("({name}, {descr})");
    }
    let lens: Vec<String> = shape.iter().map(u32::to_string).collect();
    let comma = if lens.len() == 1 { "," } else { "" };
    format!("({name}, {descr}, ({}{comma}))", lens.join(", "))
}

/// A string in Python's words.
fn literal(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote || c == '\\' => out.extend(['\\', c]),
            // Writing to memory cannot fail.
            c if c.is_control() => drop(write!(out, "\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_tell_their_gaps() {
        let float = || Descr::Plain("<f8".to_owned());
        let mut fields = vec![("a".to_owned(), Descr::Plain("|i1".to_owned()), Vec::new())];
        gap(&mut fields, 7);
        fields.push(("it's".to_owned(), float(), vec![3]));
        fields.push(("c".to_owned(), float(), vec![2, 3]));
        let want = "[('a', '|i1'), ('', '|V7'), (\"it's\", '<f8', (3,)), ('c', '<f8', (2, 3))]";
        assert_eq!(Descr::Fields(fields).text(), want);
    }

    #[test]
    fn halves_are_found() {
        let cases = [(0.0, 0), (-0.0, 0x8000), (1.0, 0x3c00), (-2.5, 0xc100), (65504.0, 0x7bff)];
        cases.iter().for_each(|(number, bits)| assert_eq!(half(*number), *bits));
        let (least, normal) = (2.0_f64.powi(-24), 2.0_f64.powi(-14));
        assert_eq!([half(least), half(3.0 * least), half(normal)], [1, 3, 0x400]);
        assert_eq!(half(f64::NEG_INFINITY), 0xfc00);
        assert_eq!(half(f64::NAN), 0x7e00);
    }

    #[test]
    fn only_times_are_taken_from_tags() {
        assert_eq!(time_of(b"NUMPY:<M8[us]\0", 8), Some("<M8[us]".to_owned()));
        assert_eq!(time_of(b"NUMPY:|O", 8), None);
        assert_eq!(time_of(b"NUMPY:<M8['), (]", 8), None);
    }

    #[test]
    fn text_ends_where_its_padding_begins() {
        let mut bytes = *b"ab\0cd ";
        in_place(&Change::Text(StringPadding::NullTerminated), &mut bytes);
        assert_eq!(&bytes, b"ab\0\0\0\0");
        let mut bytes = *b"a b  ";
        in_place(&Change::Text(StringPadding::SpacePadded), &mut bytes);
        assert_eq!(&bytes, b"a b\0\0");
    }
}
