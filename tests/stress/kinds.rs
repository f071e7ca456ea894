//! Types of elements: as the model knows them, as JSON, as this library makes them.

use hdfive::definition::{
    ByteOrder, CharacterSet, Class, Datatype, EnumerationMember, Member, ReferenceKind,
    StringPadding,
};
use serde_json::{Value as Json, json};

use super::support::random::Random;

/// A type of elements.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Integer {
        size: u32,
        signed: bool,
        big: bool,
        precision: u16,
        offset: u16,
    },
    Float {
        size: u32,
        big: bool,
    },
    Bits {
        size: u32,
        big: bool,
    },
    /// An enumeration over little-endian integers.
    Enum {
        size: u32,
        signed: bool,
        members: Vec<(String, i64)>,
    },
    Text {
        size: u32,
        padding: Padding,
        utf8: bool,
    },
    VarText {
        utf8: bool,
    },
    Opaque {
        size: u32,
        tag: String,
    },
    Compound {
        size: u32,
        members: Vec<Field>,
    },
    Array {
        shape: Vec<u32>,
        base: Box<Kind>,
    },
    Sequence(Box<Kind>),
    Object,
    Region,
    /// A reference in the form of HDF5 1.12.
    Revised,
}

/// How fixed strings end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    Terminated,
    Nulls,
    Spaces,
}

/// A member of a compound.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub offset: u32,
    pub kind: Kind,
}

impl Kind {
    pub fn integer(size: u32, signed: bool, big: bool) -> Self {
        Self::Integer { size, signed, big, precision: (size * 8) as u16, offset: 0 }
    }

    pub fn boolean() -> Self {
        let members = vec![("FALSE".to_owned(), 0), ("TRUE".to_owned(), 1)];
        Self::Enum { size: 1, signed: true, members }
    }

    pub fn complex(size: u32, big: bool) -> Self {
        let part = |name: &str, offset| Field {
            name: name.to_owned(),
            offset,
            kind: Self::Float { size, big },
        };
        Self::Compound { size: 2 * size, members: vec![part("r", 0), part("i", size)] }
    }

    /// Bytes of an element; of elements whose data lies in a heap, those in files whose addresses
    /// have 8 bytes.
    pub fn size(&self) -> u32 {
        match self {
            Self::Integer { size, .. }
            | Self::Float { size, .. }
            | Self::Bits { size, .. }
            | Self::Enum { size, .. }
            | Self::Text { size, .. }
            | Self::Opaque { size, .. }
            | Self::Compound { size, .. } => *size,
            Self::VarText { .. } | Self::Sequence(_) => 16,
            Self::Array { shape, base } => shape.iter().product::<u32>() * base.size(),
            Self::Object => 8,
            Self::Region => 12,
            Self::Revised => 18,
        }
    }

    /// Whether an element's bytes are all there is to it.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::VarText { .. }
            | Self::Sequence(_)
            | Self::Object
            | Self::Region
            | Self::Revised => false,
            Self::Compound { members, .. } => members.iter().all(|field| field.kind.is_plain()),
            Self::Array { base, .. } => base.is_plain(),
            _ => true,
        }
    }

    /// Whether it holds elements of variable length.
    pub fn is_var_len(&self) -> bool {
        match self {
            Self::VarText { .. } | Self::Sequence(_) => true,
            Self::Compound { members, .. } => members.iter().any(|field| field.kind.is_var_len()),
            Self::Array { base, .. } => base.is_var_len(),
            _ => false,
        }
    }

    /// Whether it holds references.
    pub fn refers(&self) -> bool {
        match self {
            Self::Object | Self::Region | Self::Revised => true,
            Self::Compound { members, .. } => members.iter().any(|field| field.kind.refers()),
            Self::Array { base, .. } | Self::Sequence(base) => base.refers(),
            _ => false,
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Float { .. })
    }

    pub fn to_json(&self) -> Json {
        match self {
            Self::Integer { size, signed, big, precision, offset } => {
                json!(["int", size, signed, big, precision, offset])
            }
            Self::Float { size, big } => json!(["float", size, big]),
            Self::Bits { size, big } => json!(["bits", size, big]),
            Self::Enum { size, signed, members } => {
                let mut members = members.clone();
                members.sort();
                json!(["enum", size, signed, members])
            }
            Self::Text { size, padding, utf8 } => {
                json!(["text", size, padding.number(), utf8])
            }
            Self::VarText { utf8 } => json!(["vartext", utf8]),
            Self::Opaque { size, tag } => json!(["opaque", size, tag]),
            Self::Compound { size, members } => {
                // In memory, sizes are others where there are heaps.
                let plain = self.is_plain();
                let member = |field: &Field| {
                    json!([field.name, plain.then_some(field.offset), field.kind.to_json()])
                };
                let members: Vec<Json> = members.iter().map(member).collect();
                json!(["compound", plain.then_some(size), members])
            }
            Self::Array { shape, base } => json!(["array", shape, base.to_json()]),
            Self::Sequence(base) => json!(["sequence", base.to_json()]),
            Self::Object => json!(["object"]),
            Self::Region => json!(["region"]),
            Self::Revised => json!(["revised"]),
        }
    }

    /// As this library makes it.
    pub fn to_datatype(&self) -> Datatype {
        match self {
            Self::Integer { size, signed, big, precision, offset } => {
                let mut made = Datatype::integer(*size, *signed, order(*big)).unwrap();
                if let Class::Integer(integer) = &mut made.class {
                    (integer.precision, integer.offset) = (*precision, *offset);
                }
                made
            }
            Self::Float { size, big } => Datatype::float(*size, order(*big)).unwrap(),
            Self::Bits { size, big } => Datatype::bitfield(*size, order(*big)).unwrap(),
            Self::Enum { size, signed, members } => {
                let base = Datatype::integer(*size, *signed, ByteOrder::Little).unwrap();
                let member = |(name, value): &(String, i64)| {
                    let value = value.to_le_bytes()[..*size as usize].to_vec();
                    EnumerationMember::new(name.as_bytes(), value)
                };
                Datatype::enumeration(base, members.iter().map(member).collect()).unwrap()
            }
            Self::Text { size, padding, utf8 } => {
                Datatype::fixed_string(*size, padding.stored(), charset(*utf8)).unwrap()
            }
            Self::VarText { utf8 } => Datatype::var_len_string(charset(*utf8)),
            Self::Opaque { size, tag } => Datatype::opaque(*size, tag).unwrap(),
            Self::Compound { size, members } => {
                let member = |field: &Field| {
                    Member::new(field.name.as_bytes(), field.offset, field.kind.to_datatype())
                };
                Datatype::compound(*size, members.iter().map(member).collect()).unwrap()
            }
            Self::Array { shape, base } => Datatype::array(base.to_datatype(), shape).unwrap(),
            Self::Sequence(base) => Datatype::var_len_sequence(base.to_datatype()),
            Self::Object => Datatype::reference_to(ReferenceKind::Object),
            Self::Region => Datatype::reference_to(ReferenceKind::Region),
            Self::Revised => Datatype::reference_to(ReferenceKind::Object2),
        }
    }

    /// The type that a file says it has.
    pub fn of_datatype(datatype: &Datatype) -> Self {
        let size = datatype.size;
        match &datatype.class {
            Class::Integer(integer) => Self::Integer {
                size,
                signed: integer.signed,
                big: integer.order == ByteOrder::Big,
                precision: integer.precision,
                offset: integer.offset,
            },
            Class::Float(float) => {
                Self::Float { size, big: float.order == hdfive::definition::FloatOrder::Big }
            }
            Class::Bitfield(bits) => Self::Bits { size, big: bits.order == ByteOrder::Big },
            Class::Enum(enumeration) => {
                let Class::Integer(base) = &enumeration.base.class else { panic!("no integers") };
                let member = |member: &EnumerationMember| {
                    (member.name().into_owned(), small(&member.value, base.signed))
                };
                let members = enumeration.members.iter().map(member).collect();
                Self::Enum { size, signed: base.signed, members }
            }
            Class::String(text) => Self::Text {
                size,
                padding: Padding::of(text.padding),
                utf8: text.character_set == CharacterSet::Utf8,
            },
            Class::VarLen(sequence) if sequence.is_string() => {
                Self::VarText { utf8: sequence.character_set == CharacterSet::Utf8 }
            }
            Class::VarLen(sequence) => Self::Sequence(Box::new(Self::of_datatype(&sequence.base))),
            Class::Opaque { tag } => {
                Self::Opaque { size, tag: String::from_utf8(tag.clone()).unwrap() }
            }
            Class::Compound(members) => {
                let member = |member: &Member| Field {
                    name: member.name().into_owned(),
                    offset: member.offset,
                    kind: Self::of_datatype(&member.datatype),
                };
                Self::Compound { size, members: members.iter().map(member).collect() }
            }
            Class::Array(array) => Self::Array {
                shape: array.dimensions.clone(),
                base: Box::new(Self::of_datatype(&array.base)),
            },
            Class::Reference(ReferenceKind::Object) => Self::Object,
            Class::Reference(ReferenceKind::Region) => Self::Region,
            Class::Reference(kind) if kind.is_revised() => Self::Revised,
            other => panic!("a type of no known kind: {other:?}"),
        }
    }
}

/// A little-endian number of up to 8 bytes.
fn small(bytes: &[u8], signed: bool) -> i64 {
    let negative = signed && bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut all = [if negative { 0xff } else { 0 }; 8];
    all[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(all)
}

fn order(big: bool) -> ByteOrder {
    if big { ByteOrder::Big } else { ByteOrder::Little }
}

fn charset(utf8: bool) -> CharacterSet {
    if utf8 { CharacterSet::Utf8 } else { CharacterSet::Ascii }
}

impl Padding {
    fn number(self) -> u8 {
        match self {
            Self::Terminated => 0,
            Self::Nulls => 1,
            Self::Spaces => 2,
        }
    }

    fn stored(self) -> StringPadding {
        match self {
            Self::Terminated => StringPadding::NullTerminated,
            Self::Nulls => StringPadding::NullPadded,
            Self::Spaces => StringPadding::SpacePadded,
        }
    }

    fn of(stored: StringPadding) -> Self {
        match stored {
            StringPadding::NullTerminated => Self::Terminated,
            StringPadding::NullPadded => Self::Nulls,
            StringPadding::SpacePadded => Self::Spaces,
            _ => panic!("padding that does not exist"),
        }
    }
}

/// Any type.
pub fn any(random: &mut Random) -> Kind {
    match random.below(12) {
        0..4 => plain(random, 2),
        4 => Kind::VarText { utf8: random.below(2) == 0 },
        5 => Kind::Sequence(Box::new(whole_number(random))),
        6 => heap_compound(random),
        7 => Kind::boolean(),
        _ => number(random),
    }
}

/// An integer or a floating-point number.
pub fn number(random: &mut Random) -> Kind {
    let big = random.below(4) == 0;
    match random.below(8) {
        0..5 => Kind::integer(random.pick(&[1, 2, 4, 8]), random.below(2) == 0, big),
        5 => {
            let size = random.pick(&[2, 4]);
            let bits = size as usize * 8;
            // libhdf5 takes a type more than half of whose bits mean nothing for broken.
            let precision = bits / 2 + 1 + random.below(bits / 2);
            let offset = random.below(bits - precision + 1) as u16;
            let signed = random.below(2) == 0;
            Kind::Integer { size, signed, big, precision: precision as u16, offset }
        }
        _ => Kind::Float { size: random.pick(&[2, 4, 8]), big },
    }
}

/// A type whose elements hold no names of anything elsewhere.
pub fn plain(random: &mut Random, depth: usize) -> Kind {
    match random.below(if depth == 0 { 9 } else { 12 }) {
        0..3 => number(random),
        3 => Kind::boolean(),
        4 => {
            let (size, signed) = (random.pick(&[1, 2, 4]), random.below(2) == 0);
            let names = ["RED", "GREEN", "BLUE", "dark"];
            let count = 1 + random.below(names.len());
            let value = |n: usize| if signed { n as i64 * 9 - 9 } else { n as i64 * 40 };
            let member = |(n, name): (usize, &&str)| ((*name).to_owned(), value(n));
            let members = names.iter().take(count).enumerate().map(member).collect();
            Kind::Enum { size, signed, members }
        }
        5 => {
            let padding = random.pick(&[Padding::Terminated, Padding::Nulls, Padding::Spaces]);
            Kind::Text { size: 2 + random.below(9) as u32, padding, utf8: random.below(2) == 0 }
        }
        6 => {
            let tag = random.pick(&["", "bytes", "a longer tag"]).to_owned();
            Kind::Opaque { size: 1 + random.below(9) as u32, tag }
        }
        7 => Kind::complex(random.pick(&[4, 8]), random.below(4) == 0),
        8 => Kind::Bits { size: random.pick(&[1, 2, 4, 8]), big: random.below(3) == 0 },
        9 => {
            let shape = (0..1 + random.below(2)).map(|_| 1 + random.below(3) as u32).collect();
            Kind::Array { shape, base: Box::new(plain(random, depth - 1)) }
        }
        _ => {
            let kinds = (0..1 + random.below(4)).map(|_| plain(random, depth - 1)).collect();
            let gaps = random.below(2) == 0;
            compound(random, kinds, gaps)
        }
    }
}

/// A number of as many bits as its bytes have, as numpy has them, too.
fn whole_number(random: &mut Random) -> Kind {
    match number(random) {
        Kind::Integer { size, signed, big, .. } => Kind::integer(size, signed, big),
        other => other,
    }
}

/// A compound some of whose members lie in a heap.
fn heap_compound(random: &mut Random) -> Kind {
    let mut kinds = vec![whole_number(random), Kind::VarText { utf8: true }];
    if random.below(2) == 0 {
        kinds.push(Kind::Sequence(Box::new(whole_number(random))));
    }
    if random.below(2) == 0 {
        kinds.insert(0, Kind::boolean());
    }
    compound(random, kinds, false)
}

/// A compound one of whose members is a reference.
pub fn referring_compound(random: &mut Random) -> Kind {
    let reference = if random.below(2) == 0 { Kind::Object } else { Kind::Region };
    let kinds = vec![whole_number(random), reference];
    compound(random, kinds, false)
}

fn compound(random: &mut Random, kinds: Vec<Kind>, gaps: bool) -> Kind {
    let mut members = Vec::new();
    let mut end = 0;
    for (n, kind) in kinds.into_iter().enumerate() {
        let offset = end + if gaps { random.below(4) as u32 } else { 0 };
        end = offset + kind.size();
        let name = random.pick(&["x", "value", "größe"]).to_owned() + &n.to_string();
        members.push(Field { name, offset, kind });
    }
    let size = end + if gaps { random.below(4) as u32 } else { 0 };
    Kind::Compound { size, members }
}
