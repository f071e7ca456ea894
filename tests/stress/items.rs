//! Elements: as the model knows them, as JSON, as this library's values.

use hdfive::Value;
use serde_json::{Value as Json, json};

use super::kinds::{Field, Kind, Padding};
use super::support::random::Random;

/// One element.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// One of a plain type, as it is stored.
    Bytes(Vec<u8>),
    Text(String),
    /// Members of a compound, elements of an array or a sequence.
    List(Vec<Item>),
    /// A reference, in an operation: the path of the object, and what of it is meant.
    Path(Option<String>, Part),
    /// A reference, in the model: the object, and what of it is meant.
    Target(Option<usize>, Part),
    /// Whatever is there.
    Any,
}

/// Where a block of elements starts, and its sizes.
pub type Block = (Vec<usize>, Vec<usize>);

/// What of an object a reference means.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Whole,
    Block(Block),
    /// The attribute of that name, be it there or not.
    Attribute(String),
}

/// What references may mean.
#[derive(Debug, Clone)]
pub struct Target {
    pub path: String,
    /// Of a dataset that has elements along axes.
    pub shape: Vec<usize>,
    pub attributes: Vec<String>,
}

impl Target {
    fn block(&self, random: &mut Random) -> Part {
        let start: Vec<usize> = self.shape.iter().map(|len| random.below(*len)).collect();
        let more = |(start, len): (&usize, &usize)| 1 + random.below(len - start);
        let count = start.iter().zip(&self.shape).map(more).collect();
        Part::Block((start, count))
    }
}

impl Part {
    pub fn to_json(&self) -> Json {
        match self {
            Self::Whole => Json::Null,
            Self::Block((start, count)) => json!([start, count]),
            Self::Attribute(name) => name.as_str().into(),
        }
    }
}

/// What elements of a plain type hold that nobody wrote, where there is no fill value.
pub fn zero(kind: &Kind) -> Item {
    if kind.is_plain() {
        return Item::Bytes(vec![0; kind.size() as usize]);
    }
    match kind {
        Kind::VarText { .. } => Item::Text(String::new()),
        Kind::Sequence(_) => Item::List(Vec::new()),
        Kind::Compound { members, .. } => {
            Item::List(members.iter().map(|field| zero(&field.kind)).collect())
        }
        Kind::Array { shape, base } => {
            Item::List(vec![zero(base); shape.iter().product::<u32>() as usize])
        }
        _ => Item::Target(None, Part::Whole),
    }
}

/// An element of a type; `targets` are what references may mean.
pub fn any(random: &mut Random, kind: &Kind, targets: &[Target]) -> Item {
    if kind.is_plain() {
        let mut bytes = vec![0; kind.size() as usize];
        fill(random, kind, &mut bytes);
        return Item::Bytes(bytes);
    }
    match kind {
        Kind::VarText { utf8 } => Item::Text(text(random, 40, *utf8)),
        Kind::Sequence(base) => {
            let len = if random.below(20) == 0 { random.below(300) } else { random.below(8) };
            Item::List((0..len).map(|_| any(random, base, targets)).collect())
        }
        Kind::Compound { members, .. } => {
            Item::List(members.iter().map(|field| any(random, &field.kind, targets)).collect())
        }
        Kind::Array { shape, base } => {
            let len = shape.iter().product::<u32>();
            Item::List((0..len).map(|_| any(random, base, targets)).collect())
        }
        _ => reference(random, kind, targets),
    }
}

/// A reference to any of `targets` that one of that kind can mean.
fn reference(random: &mut Random, kind: &Kind, targets: &[Target]) -> Item {
    let (block, attribute) = match (kind, random.below(3)) {
        (Kind::Region, _) | (Kind::Revised, 0) => (true, false),
        (Kind::Revised, 1) => (false, true),
        _ => (false, false),
    };
    let fits = |target: &&Target| {
        !(block && target.shape.is_empty() || attribute && target.attributes.is_empty())
    };
    let fit: Vec<&Target> = targets.iter().filter(fits).collect();
    if fit.is_empty() || random.below(6) == 0 {
        return Item::Path(None, Part::Whole);
    }
    let target = fit[random.below(fit.len())];
    let part = match (block, attribute) {
        (true, _) => target.block(random),
        (_, true) => {
            Part::Attribute(target.attributes[random.below(target.attributes.len())].clone())
        }
        _ => Part::Whole,
    };
    Item::Path(Some(target.path.clone()), part)
}

/// Text of up to `most` bytes.
pub fn text(random: &mut Random, most: usize, utf8: bool) -> String {
    let mut text = String::new();
    let wanted = match random.below(400) {
        // More than a collection of a heap usually holds.
        0 => most * 200,
        1..10 => most * 20,
        _ => random.below(most + 1),
    };
    while text.len() < wanted {
        let next = match random.below(12) {
            0 if utf8 => random.pick(&['é', '語', '🦀']),
            _ => random.pick(&['a', 'b', 'c', 'X', ' ', '7', '_']),
        };
        text.push(next);
    }
    text
}

/// Fills an element that is all zero.
fn fill(random: &mut Random, kind: &Kind, out: &mut [u8]) {
    match kind {
        Kind::Integer { size, big, precision, offset, .. } => {
            let near = random.below(3) > 0;
            let value = if near { random.next() % 100 } else { random.next() };
            put_integer(value, (*size, *big, *precision, *offset), out);
        }
        Kind::Float { size, big } => {
            let value = random.below(400) as f64 / 4.0 - 30.0;
            out.copy_from_slice(&float_bytes(value, *size, *big));
        }
        Kind::Enum { size, members, .. } => {
            let (_, value) = &members[random.below(members.len())];
            out.copy_from_slice(&value.to_le_bytes()[..*size as usize]);
        }
        Kind::Text { size, padding, utf8 } => {
            let room = *size as usize - usize::from(*padding == Padding::Terminated);
            let mut text = text(random, room, *utf8);
            while text.len() > room {
                text.pop();
            }
            if *padding == Padding::Spaces {
                out.fill(b' ');
            }
            out[..text.len()].copy_from_slice(text.as_bytes());
        }
        Kind::Opaque { .. } | Kind::Bits { .. } => out.fill_with(|| random.next() as u8),
        Kind::Compound { members, .. } => {
            for field in members {
                fill(random, &field.kind, field.of(out));
            }
        }
        Kind::Array { base, .. } => {
            out.chunks_mut(base.size() as usize).for_each(|out| fill(random, base, out));
        }
        _ => panic!("{kind:?} is not plain"),
    }
}

impl Field {
    /// The part of an element that is the member.
    pub fn of<'a>(&self, element: &'a mut [u8]) -> &'a mut [u8] {
        &mut element[self.offset as usize..][..self.kind.size() as usize]
    }

    fn part<'a>(&self, element: &'a [u8]) -> &'a [u8] {
        &element[self.offset as usize..][..self.kind.size() as usize]
    }
}

type Layout = (u32, bool, u16, u16);

fn mask(precision: u16) -> u64 {
    u64::MAX >> (64 - precision)
}

fn put_integer(value: u64, (size, big, precision, offset): Layout, out: &mut [u8]) {
    let bits = (value & mask(precision)) << offset;
    out.copy_from_slice(&bits.to_le_bytes()[..size as usize]);
    if big {
        out.reverse();
    }
}

fn integer(bytes: &[u8], signed: bool, (_, big, precision, offset): Layout) -> i128 {
    let mut all = [0; 8];
    all[..bytes.len()].copy_from_slice(bytes);
    if big {
        all[..bytes.len()].reverse();
    }
    let value = (u64::from_le_bytes(all) >> offset) & mask(precision);
    let negative = signed && value >> (precision - 1) == 1;
    i128::from(value) - if negative { 1 << precision } else { 0 }
}

fn float_bytes(value: f64, size: u32, big: bool) -> Vec<u8> {
    let mut bytes = match size {
        2 => half(value).to_le_bytes().to_vec(),
        4 => (value as f32).to_le_bytes().to_vec(),
        _ => value.to_le_bytes().to_vec(),
    };
    if big {
        bytes.reverse();
    }
    bytes
}

/// The half-precision number that is exactly `value`, a small multiple of a quarter.
fn half(value: f64) -> u16 {
    let bits = value.to_bits();
    if value == 0.0 {
        return (bits >> 48) as u16 & 0x8000;
    }
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1023 + 15;
    assert!((1..31).contains(&exponent) && bits & 0x3ff_ffff_ffff == 0, "{value} is no half");
    (bits >> 48) as u16 & 0x8000 | (exponent as u16) << 10 | ((bits >> 42) & 0x3ff) as u16
}

fn float(bytes: &[u8], big: bool) -> f64 {
    let mut bytes = bytes.to_vec();
    if big {
        bytes.reverse();
    }
    match *bytes {
        [a, b] => {
            let bits = u64::from(u16::from_le_bytes([a, b]));
            let (sign, exponent, mantissa) = (bits >> 15, (bits >> 10) & 31, bits & 0x3ff);
            if exponent == 0 {
                assert_eq!(mantissa, 0, "not one of the model's");
                return f64::from_bits(sign << 63);
            }
            f64::from_bits(sign << 63 | (exponent + 1023 - 15) << 52 | mantissa << 42)
        }
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).into(),
        _ => f64::from_le_bytes(bytes.try_into().unwrap()),
    }
}

fn trimmed(bytes: &[u8], padding: Padding) -> String {
    let bytes = match padding {
        Padding::Terminated => bytes.split(|byte| *byte == 0).next().unwrap(),
        Padding::Nulls => &bytes[..bytes.iter().rposition(|b| *b != 0).map_or(0, |n| n + 1)],
        // Never written.
        Padding::Spaces if bytes.iter().all(|byte| *byte == 0) => &[],
        Padding::Spaces => &bytes[..bytes.iter().rposition(|b| *b != b' ').map_or(0, |n| n + 1)],
    };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The value of an element of a plain type.
fn plain_value(kind: &Kind, bytes: &[u8]) -> Value {
    match kind {
        Kind::Integer { size, signed, big, precision, offset } => {
            let value = integer(bytes, *signed, (*size, *big, *precision, *offset));
            if *signed { Value::Integer(value) } else { Value::Unsigned(value as u128) }
        }
        Kind::Float { big, .. } => Value::Float(float(bytes, *big)),
        Kind::Bits { size, big } => {
            let value = integer(bytes, false, (*size, *big, (*size * 8) as u16, 0));
            Value::Bitfield(value as u128)
        }
        Kind::Enum { size, signed, members } => {
            let value = integer(bytes, *signed, (*size, false, (*size * 8) as u16, 0));
            if *kind == Kind::boolean() && (0..2).contains(&value) {
                return Value::Boolean(value == 1);
            }
            let name = members.iter().find(|(_, own)| i128::from(*own) == value);
            Value::Enum { value, name: name.map(|(name, _)| name.clone()) }
        }
        Kind::Text { padding, .. } => Value::String(trimmed(bytes, *padding)),
        Kind::Opaque { .. } => Value::Opaque(bytes.to_vec()),
        Kind::Compound { members, .. } => match members.as_slice() {
            [re, im] if re.name == "r" && im.name == "i" => {
                let part = |field: &Field| match plain_value(&field.kind, field.part(bytes)) {
                    Value::Float(value) => value,
                    other => panic!("{other:?} is no part of a complex number"),
                };
                Value::Complex { re: part(re), im: part(im) }
            }
            _ => {
                let part = |field: &Field| {
                    (field.name.clone(), plain_value(&field.kind, field.part(bytes)))
                };
                Value::Compound(members.iter().map(part).collect())
            }
        },
        Kind::Array { shape, base } => {
            let parts = bytes.chunks(base.size() as usize);
            let elements = parts.map(|part| plain_value(base, part)).collect();
            Value::Array { shape: shape.iter().map(|len| *len as usize).collect(), elements }
        }
        _ => panic!("{kind:?} is not plain"),
    }
}

/// The bytes of an element of a plain type, from its value.
fn plain_bytes(kind: &Kind, value: &Value, out: &mut [u8]) {
    match (kind, value) {
        (Kind::Integer { size, big, precision, offset, .. }, value) => {
            let value = match value {
                Value::Integer(value) => *value as u64,
                Value::Unsigned(value) => *value as u64,
                other => panic!("{other:?} is no integer"),
            };
            put_integer(value, (*size, *big, *precision, *offset), out);
        }
        (Kind::Bits { size, big }, Value::Bitfield(value)) => {
            put_integer(*value as u64, (*size, *big, (*size * 8) as u16, 0), out);
        }
        (Kind::Float { size, big }, Value::Float(value)) => {
            out.copy_from_slice(&float_bytes(*value, *size, *big));
        }
        (Kind::Enum { size, .. }, value) => {
            let value = value.as_i64().unwrap();
            out.copy_from_slice(&value.to_le_bytes()[..*size as usize]);
        }
        (Kind::Text { padding, .. }, Value::String(text)) => {
            if *padding == Padding::Spaces {
                out.fill(b' ');
            }
            out[..text.len()].copy_from_slice(text.as_bytes());
        }
        (Kind::Opaque { .. }, Value::Opaque(bytes)) => out.copy_from_slice(bytes),
        (Kind::Compound { members, .. }, Value::Complex { re, im }) => {
            for (field, part) in members.iter().zip([re, im]) {
                plain_bytes(&field.kind, &Value::Float(*part), field.of(out));
            }
        }
        (Kind::Compound { members, .. }, Value::Compound(values)) => {
            for (field, (_, value)) in members.iter().zip(values) {
                plain_bytes(&field.kind, value, field.of(out));
            }
        }
        (Kind::Array { base, .. }, Value::Array { elements, .. }) => {
            for (value, out) in elements.iter().zip(out.chunks_mut(base.size() as usize)) {
                plain_bytes(base, value, out);
            }
        }
        _ => panic!("{value:?} is none of {kind:?}"),
    }
}

impl Item {
    /// The value, in this library's words; `reference` makes references.
    pub fn to_value(&self, kind: &Kind, reference: &dyn Fn(Option<&str>, &Part) -> Value) -> Value {
        match (kind, self) {
            (_, Self::Bytes(bytes)) => plain_value(kind, bytes),
            (_, Self::Text(text)) => Value::String(text.clone()),
            (Kind::Sequence(base), Self::List(items)) => {
                Value::Sequence(items.iter().map(|item| item.to_value(base, reference)).collect())
            }
            (Kind::Array { shape, base }, Self::List(items)) => Value::Array {
                shape: shape.iter().map(|len| *len as usize).collect(),
                elements: items.iter().map(|item| item.to_value(base, reference)).collect(),
            },
            (Kind::Compound { members, .. }, Self::List(items)) => {
                let part = |(field, item): (&Field, &Self)| {
                    (field.name.clone(), item.to_value(&field.kind, reference))
                };
                Value::Compound(members.iter().zip(items).map(part).collect())
            }
            (_, Self::Path(path, part)) => reference(path.as_deref(), part),
            _ => panic!("{self:?} is none of {kind:?}"),
        }
    }

    /// As it stands in an operation.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Bytes(bytes) => hex(bytes).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Path(path, part) => json!([path, part.to_json()]),
            Self::Target(..) | Self::Any => panic!("{self:?} is in no operation"),
        }
    }
}

/// How a value is shown; `number` gives the number of the object a reference means.
pub fn show(
    kind: &Kind,
    value: &Value,
    number: &mut dyn FnMut(&hdfive::RawReference) -> Json,
) -> Json {
    if kind.is_plain() {
        let mut bytes = vec![0; kind.size() as usize];
        plain_bytes(kind, value, &mut bytes);
        return hex(&bytes).into();
    }
    match (kind, value) {
        (Kind::VarText { .. }, Value::String(text)) => text.as_str().into(),
        (Kind::Sequence(base), Value::Sequence(values)) => {
            values.iter().map(|value| show(base, value, number)).collect()
        }
        (Kind::Array { base, .. }, Value::Array { elements, .. }) => {
            elements.iter().map(|value| show(base, value, number)).collect()
        }
        (Kind::Compound { members, .. }, Value::Compound(values)) => {
            let parts = members.iter().zip(values);
            parts.map(|(field, (_, value))| show(&field.kind, value, number)).collect()
        }
        (_, Value::Reference(reference)) => number(reference),
        _ => panic!("{value:?} is none of {kind:?}"),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
