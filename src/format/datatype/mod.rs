//! Datatype message (specification IV.A.2.d; `spec-notes/datatypes.md`).

mod array;
mod compare;
mod compound;
mod construct;
mod enumeration;
mod names;
mod numeric;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod widths;

pub use array::{ArrayType, Complex, ComplexForm};
pub use compound::Member;
pub use enumeration::{Enumeration, EnumerationMember};
pub use numeric::{Bitfield, ByteOrder, Float, FloatOrder, Integer, Normalization, Time};
pub use text::{CharacterSet, FixedString, StringPadding, VarLen, VarLenKind};

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;
use crate::limits::Limits;

/// What one element of a dataset or attribute is, as the file describes it.
///
/// ```text
/// version << 4 | class (1), class bits (3), size (4), properties of the class
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Datatype {
    /// Version of the encoding, 1 to 5. No part of what the type means.
    pub version: u8,
    /// Bytes of one stored element.
    pub size: u32,
    /// The kind of element, and what there is to know about it.
    pub class: Class,
}

/// The kind of element a [`Datatype`] describes.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", "text")?.dtype()?;
/// match &datatype.definition().class {
///     Class::Integer(_) | Class::Float(_) => println!("numbers"),
///     Class::String(_) | Class::VarLen(_) => println!("text, or sequences"),
///     Class::Compound(members) => println!("{} members", members.len()),
///     other => println!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// An integer.
    Integer(Integer),
    /// A floating-point number.
    Float(Float),
    /// A time, which HDF5 never gave a meaning beyond its bits.
    Time(Time),
    /// A string of [`Datatype::size`] bytes.
    String(FixedString),
    /// A string of bits.
    Bitfield(Bitfield),
    /// Bytes that HDF5 does not look into.
    Opaque {
        /// What they are, in the words of whoever wrote them.
        tag: Vec<u8>,
    },
    /// Named members, in the order of the file.
    Compound(Vec<Member>),
    /// A reference to an object, a region or an attribute.
    Reference(ReferenceKind),
    /// Named values of an integer type.
    Enum(Enumeration),
    /// A sequence or string of any length, kept in a heap.
    VarLen(VarLen),
    /// A block of elements of fixed shape.
    Array(ArrayType),
    /// A complex number.
    Complex(Complex),
}

/// What a reference refers to, and how.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{Class, ReferenceKind};
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.new_dataset::<hdfive::Reference>().create("x")?.dtype()?;
/// assert_eq!(datatype.definition().class, Class::Reference(ReferenceKind::Object));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReferenceKind {
    /// An object, by the address of its header.
    Object,
    /// A region of a dataset, through the global heap.
    Region,
    /// An object; in the revised form, which may hold any of the three revised kinds.
    Object2,
    /// A region of a dataset, in the revised form.
    Region2,
    /// An attribute, in the revised form.
    Attribute,
    /// A kind the specification does not define (4 bits).
    Reserved(u8),
}

impl ReferenceKind {
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Object,
            1 => Self::Region,
            2 => Self::Object2,
            3 => Self::Region2,
            4 => Self::Attribute,
            other => Self::Reserved(other),
        }
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Object => 0,
            Self::Region => 1,
            Self::Object2 => 2,
            Self::Region2 => 3,
            Self::Attribute => 4,
            Self::Reserved(other) => other & 0xf,
        }
    }

    /// Whether it is one of the kinds that HDF5 1.12 introduced.
    #[must_use]
    pub fn is_revised(self) -> bool {
        matches!(self, Self::Object2 | Self::Region2 | Self::Attribute)
    }
}

/// What is left of the bounds on one datatype.
#[derive(Debug)]
struct Budget {
    depth: u64,
    members: u64,
}

impl Budget {
    /// Takes `count` members off the bound.
    fn take(&mut self, count: u64, limits: &Limits) -> Result<()> {
        self.members = self.members.saturating_add(count);
        Limits::check("datatype_members", self.members, limits.datatype_members)
    }
}

/// The eight bytes every datatype starts with.
#[derive(Debug, Clone, Copy)]
struct Header {
    version: u8,
    /// "Class Bit Field", 24 bits.
    bits: u32,
    size: u32,
}

impl Header {
    fn bit(self, bit: u32) -> bool {
        self.bits.checked_shr(bit).is_some_and(|bits| bits & 1 == 1)
    }

    /// `width` bits, at most 8, from bit `from`.
    fn byte(self, from: u32, width: u32) -> u8 {
        let [byte, ..] = self.bits.checked_shr(from).unwrap_or(0).to_le_bytes();
        byte & u8::MAX.checked_shr(8_u32.saturating_sub(width)).unwrap_or(0)
    }

    /// The 16 lowest bits: a number of members.
    fn count(self) -> u16 {
        let [low, high, ..] = self.bits.to_le_bytes();
        u16::from_le_bytes([low, high])
    }
}

/// `value`, which has few bits, moved up to bit `from` of the class bits.
fn at_bit(value: impl Into<u32>, from: u32) -> u32 {
    value.into().checked_shl(from).unwrap_or(0)
}

impl Structure for Datatype {
    const NAME: &'static str = "Datatype";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Self::decode_nested(d, &mut Budget { depth: 0, members: 0 })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let (class, bits) = self.class.number_and_bits(e)?;
        let version = self.encoded_version();
        if !(1..=5).contains(&version) {
            return Err(e.broken("Version", format!("there is no version {version}")));
        }
        e.u8(version.checked_shl(4).unwrap_or(0) | class);
        e.uint("Class Bit Field", bits.into(), 3)?;
        e.u32(self.size);
        self.encode_properties(e, version)
    }
}

impl Datatype {
    fn decode_nested(d: &mut Decoder<'_>, budget: &mut Budget) -> Result<Self> {
        let limits = d.limits();
        budget.depth = budget.depth.saturating_add(1);
        Limits::check("datatype_depth", budget.depth, limits.datatype_depth)
            .map_err(|error| error.or_at(d.location("Class and Version")))?;
        let class = d.checked("Class and Version", Decoder::u8, |byte| {
            (1..=5).contains(&(byte >> 4)) && byte & 0xf <= 11
        })?;
        let version = class >> 4;
        let [b0, b1, b2] = d.array("Class Bit Field")?;
        let bits = u32::from_le_bytes([b0, b1, b2, 0]);
        let size = d.checked("Size", Decoder::u32, |size| size != 0)?;
        let header = Header { version, bits, size };
        let class = Self::decode_properties(d, class & 0xf, header, budget)?;
        budget.depth = budget.depth.saturating_sub(1);
        // Before version 2 there were no arrays: one that says so is laid out as version 2.
        let version = if matches!(class, Class::Array(_)) { version.max(2) } else { version };
        Ok(Self { version, size, class })
    }

    fn decode_properties(
        d: &mut Decoder<'_>,
        class: u8,
        header: Header,
        budget: &mut Budget,
    ) -> Result<Class> {
        Ok(match class {
            0 => Class::Integer(Integer::decode(d, header)?),
            1 => Class::Float(Float::decode(d, header)?),
            2 => Class::Time(Time::decode(d, header)?),
            3 => Class::String(FixedString::decode(header)),
            4 => Class::Bitfield(Bitfield::decode(d, header)?),
            5 => Class::Opaque { tag: names::decode_tag(d, header.byte(0, 8))? },
            6 => Class::Compound(compound::decode(d, header, budget)?),
            7 => Class::Reference(ReferenceKind::from_number(header.byte(0, 4))),
            8 => Class::Enum(Enumeration::decode(d, header, budget)?),
            9 => Class::VarLen(VarLen::decode(d, header, budget)?),
            10 => Class::Array(ArrayType::decode(d, header, budget)?),
            _ => Class::Complex(Complex::decode(d, header, budget)?),
        })
    }

    fn encode_properties(&self, e: &mut Encoder, version: u8) -> Result<()> {
        match &self.class {
            Class::Integer(integer) => integer.encode(e),
            Class::Float(float) => float.encode(e),
            Class::Time(time) => time.encode(e),
            Class::String(_) | Class::Reference(_) => {}
            Class::Bitfield(bitfield) => bitfield.encode(e),
            Class::Opaque { tag } => names::encode_tag(e, tag),
            Class::Compound(members) => return compound::encode(members, e, version, self.size),
            Class::Enum(enumeration) => return enumeration.encode(e, version),
            Class::VarLen(sequence) => return sequence.base.encode(e),
            Class::Array(array) => return array.encode(e, version),
            Class::Complex(complex) => return complex.base.encode(e),
        }
        Ok(())
    }

    /// The version it is written as: an array that came from a member of a version 1 compound has
    /// no encoding of its own.
    fn encoded_version(&self) -> u8 {
        if matches!(self.class, Class::Array(_)) { self.version.max(2) } else { self.version }
    }
}

impl Class {
    /// The class number and the class bits.
    fn number_and_bits(&self, e: &Encoder) -> Result<(u8, u32)> {
        Ok(match self {
            Self::Integer(integer) => (0, integer.bits()),
            Self::Float(float) => (1, float.bits()),
            Self::Time(time) => (2, time.bits()),
            Self::String(string) => (3, string.bits()),
            Self::Bitfield(bitfield) => (4, bitfield.bits()),
            Self::Opaque { tag } => (5, names::tag_len(e, tag)?),
            Self::Compound(members) => {
                (6, e.count::<u16>("Number of Members", members.len())?.into())
            }
            Self::Reference(kind) => {
                let version = u32::from(kind.is_revised());
                (7, u32::from(kind.number()) | at_bit(version, 4))
            }
            Self::Enum(enumeration) => {
                (8, e.count::<u16>("Number of Members", enumeration.members.len())?.into())
            }
            Self::VarLen(sequence) => (9, sequence.bits()),
            Self::Array(_) => (10, 0),
            Self::Complex(complex) => (11, complex.bits()),
        })
    }
}

#[cfg(test)]
mod tests;
