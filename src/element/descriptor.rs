//! Types that Rust values can have, under the names `hdf5-metno` gives them.

use super::H5Type;
use crate::codec::Sizes;
use crate::error::{Error, Result};
use crate::format::datatype::{
    ByteOrder, CharacterSet, Class, Datatype, Enumeration, EnumerationMember, Float, Integer,
    Member, ReferenceKind, StringPadding,
};

use super::boolean::is_boolean;
use super::complex::Parts;
use super::layout::{Int, Kind, Layout};
use super::number::Numbers;
use super::{Convert, NoHeap};

/// Bytes of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IntSize {
    /// 1 byte.
    U1,
    /// 2 bytes.
    U2,
    /// 4 bytes.
    U4,
    /// 8 bytes.
    U8,
    /// 16 bytes.
    U16,
}

impl IntSize {
    /// The size of `size` bytes.
    #[must_use]
    pub fn from_int(size: usize) -> Option<Self> {
        [Self::U1, Self::U2, Self::U4, Self::U8, Self::U16]
            .into_iter()
            .find(|known| known.bytes() == size)
    }

    /// It, in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::U1 => 1,
            Self::U2 => 2,
            Self::U4 => 4,
            Self::U8 => 8,
            Self::U16 => 16,
        }
    }
}

/// Bytes of a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FloatSize {
    /// 2 bytes.
    U2,
    /// 4 bytes.
    U4,
    /// 8 bytes.
    U8,
}

impl FloatSize {
    /// The size of `size` bytes.
    #[must_use]
    pub fn from_int(size: usize) -> Option<Self> {
        [Self::U2, Self::U4, Self::U8].into_iter().find(|known| known.bytes() == size)
    }

    /// It, in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::U2 => 2,
            Self::U4 => 4,
            Self::U8 => 8,
        }
    }
}

/// A named value of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnumMember {
    /// Its name.
    pub name: String,
    /// Its value; of a signed type, in two's complement.
    pub value: u64,
}

/// An enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnumType {
    /// Bytes of a value.
    pub size: IntSize,
    /// Whether values have a sign.
    pub signed: bool,
    /// The named values.
    pub members: Vec<EnumMember>,
}

impl EnumType {
    /// The type of its values.
    #[must_use]
    pub fn base_type(&self) -> TypeDescriptor {
        if self.signed {
            TypeDescriptor::Integer(self.size)
        } else {
            TypeDescriptor::Unsigned(self.size)
        }
    }
}

/// A member of a compound.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CompoundField {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeDescriptor,
    /// Its first byte in the compound.
    pub offset: usize,
    /// Its place among the members.
    pub index: usize,
}

impl CompoundField {
    /// A member.
    #[must_use]
    pub fn new(name: &str, ty: TypeDescriptor, offset: usize, index: usize) -> Self {
        Self { name: name.to_owned(), ty, offset, index }
    }

    /// A member of the type that `T` is.
    #[must_use]
    pub fn typed<T: H5Type>(name: &str, offset: usize, index: usize) -> Self {
        Self::new(name, T::type_descriptor(), offset, index)
    }
}

/// A compound.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CompoundType {
    /// Its members.
    pub fields: Vec<CompoundField>,
    /// Bytes of an element.
    pub size: usize,
}

impl CompoundType {
    /// The same members, without gaps.
    #[must_use]
    pub fn to_packed_repr(&self) -> Self {
        let mut end = 0_usize;
        let fields = self.fields.iter().enumerate().map(|(index, field)| {
            let ty = field.ty.to_packed_repr();
            let offset = end;
            end = end.saturating_add(ty.size());
            CompoundField { name: field.name.clone(), ty, offset, index }
        });
        let fields = fields.collect();
        Self { fields, size: end }
    }
}

/// A type that Rust values can have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TypeDescriptor {
    /// An integer with a sign.
    Integer(IntSize),
    /// An integer without a sign.
    Unsigned(IntSize),
    /// An IEEE 754 number.
    Float(FloatSize),
    /// A `bfloat16`.
    BFloat16,
    /// A boolean: an enumeration of FALSE and TRUE.
    Boolean,
    /// A complex number: a compound of `r` and `i`.
    Complex(FloatSize),
    /// An enumeration.
    Enum(EnumType),
    /// A compound.
    Compound(CompoundType),
    /// An array of so many elements.
    FixedArray(Box<TypeDescriptor>, usize),
    /// ASCII in so many bytes.
    FixedAscii(usize),
    /// UTF-8 in so many bytes.
    FixedUnicode(usize),
    /// An array of any length.
    VarLenArray(Box<TypeDescriptor>),
    /// ASCII of any length.
    VarLenAscii,
    /// UTF-8 of any length.
    VarLenUnicode,
    /// So many bytes without a meaning; 0 for as many as there are.
    Opaque(usize),
    /// A reference.
    Reference(ReferenceKind),
}

/// Widths of files that this crate writes unless told otherwise.
const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

impl TypeDescriptor {
    /// Bytes of a stored element, in a file with 8-byte addresses.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Integer(size) | Self::Unsigned(size) => size.bytes(),
            Self::Float(size) => size.bytes(),
            Self::BFloat16 => 2,
            Self::Boolean => 1,
            Self::Complex(size) => size.bytes().saturating_mul(2),
            Self::Enum(of) => of.size.bytes(),
            Self::Compound(of) => of.size,
            Self::FixedArray(of, len) => of.size().saturating_mul(*len),
            Self::FixedAscii(size) | Self::FixedUnicode(size) | Self::Opaque(size) => *size,
            Self::VarLenArray(_) | Self::VarLenAscii | Self::VarLenUnicode => 16,
            Self::Reference(ReferenceKind::Object) => 8,
            Self::Reference(ReferenceKind::Region) => 12,
            Self::Reference(_) => 18,
        }
    }

    /// The same type, its compounds without gaps.
    #[must_use]
    pub fn to_packed_repr(&self) -> Self {
        match self {
            Self::Compound(of) => Self::Compound(of.to_packed_repr()),
            Self::FixedArray(of, len) => Self::FixedArray(Box::new(of.to_packed_repr()), *len),
            Self::VarLenArray(of) => Self::VarLenArray(Box::new(of.to_packed_repr())),
            other => other.clone(),
        }
    }

    /// The stored form of it, in native byte order, in a file of the given widths.
    pub(crate) fn to_datatype(&self, sizes: Sizes) -> Result<Datatype> {
        let order = ByteOrder::NATIVE;
        match self {
            Self::Integer(size) => Datatype::integer(narrow(size.bytes())?, true, order),
            Self::Unsigned(size) => Datatype::integer(narrow(size.bytes())?, false, order),
            Self::Float(size) => Datatype::float(narrow(size.bytes())?, order),
            Self::BFloat16 => Ok(Datatype::bfloat16(order)),
            Self::Boolean => {
                let base = Datatype::integer(1, true, order)?;
                let no = EnumerationMember::new("FALSE", [0]);
                let yes = EnumerationMember::new("TRUE", [1]);
                Datatype::enumeration(Datatype::integer(1, true, order)?, vec![no, yes])
            }
            Self::Complex(size) => {
                let size = narrow(size.bytes())?;
                let part = Datatype::float(size, order)?;
                let members = vec![Member::new("r", 0, part.clone()), Member::new("i", size, part)];
                Datatype::compound(size.saturating_mul(2), members)
            }
            Self::Enum(of) => enum_datatype(of, order, sizes),
            Self::Compound(of) => {
                let member = |field: &CompoundField| {
                    let datatype = field.ty.to_datatype(sizes)?;
                    Ok(Member::new(field.name.as_bytes(), narrow(field.offset)?, datatype))
                };
                let members = of.fields.iter().map(member).collect::<Result<_>>()?;
                Datatype::compound(narrow(of.size)?, members)
            }
            Self::FixedArray(of, len) => Datatype::array(of.to_datatype(sizes)?, &[narrow(*len)?]),
            Self::FixedAscii(size) => {
                let padding = StringPadding::NullPadded;
                Datatype::fixed_string(narrow(*size)?, padding, CharacterSet::Ascii)
            }
            Self::FixedUnicode(size) => {
                let padding = StringPadding::NullPadded;
                Datatype::fixed_string(narrow(*size)?, padding, CharacterSet::Utf8)
            }
            Self::VarLenArray(of) => Ok(Datatype::sequence(of.to_datatype(sizes)?, sizes)),
            Self::VarLenAscii => Ok(Datatype::string(CharacterSet::Ascii, sizes)),
            Self::VarLenUnicode => Ok(Datatype::string(CharacterSet::Utf8, sizes)),
            Self::Opaque(size) => Datatype::opaque(narrow(*size)?, ""),
            Self::Reference(kind) => Ok(Datatype::reference(*kind, sizes)),
        }
    }

    /// The type that values stored as `stored` have in Rust.
    pub(crate) fn from_datatype(stored: &Datatype) -> Result<Self> {
        let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
        let none = || Error::unsupported(format!("a Rust type for {}", stored.class_name()));
        match &stored.class {
            Class::Integer(Integer { signed, .. }) => {
                let size = IntSize::from_int(size).ok_or_else(none)?;
                Ok(if *signed { Self::Integer(size) } else { Self::Unsigned(size) })
            }
            Class::Float(_) => match Layout::of(stored)? {
                Some(Layout::Native(Kind::Bf16, _)) => Ok(Self::BFloat16),
                Some(Layout::Native(..)) => {
                    FloatSize::from_int(size).map(Self::Float).ok_or_else(none)
                }
                _ => Err(none()),
            },
            Class::Bitfield(_) => IntSize::from_int(size).map(Self::Unsigned).ok_or_else(none),
            Class::String(string) if string.character_set == CharacterSet::Utf8 => {
                Ok(Self::FixedUnicode(size))
            }
            Class::String(_) => Ok(Self::FixedAscii(size)),
            Class::VarLen(sequence) if sequence.is_string() => {
                let utf8 = sequence.character_set == CharacterSet::Utf8;
                Ok(if utf8 { Self::VarLenUnicode } else { Self::VarLenAscii })
            }
            Class::VarLen(sequence) => {
                Ok(Self::VarLenArray(Box::new(Self::from_datatype(&sequence.base)?)))
            }
            Class::Array(array) => {
                let base = Self::from_datatype(&array.base)?;
                Ok(array.dimensions.iter().rev().fold(base, |base, len| {
                    Self::FixedArray(Box::new(base), usize::try_from(*len).unwrap_or(usize::MAX))
                }))
            }
            Class::Enum(enumeration) if is_boolean(enumeration) => Ok(Self::Boolean),
            Class::Enum(enumeration) => {
                enum_type(enumeration, size).ok_or_else(none).map(Self::Enum)
            }
            Class::Compound(members) => compound_type(stored, members, size),
            Class::Complex(_) => complex(stored).ok_or_else(none),
            Class::Opaque { .. } => Ok(Self::Opaque(size)),
            Class::Reference(kind) => Ok(Self::Reference(*kind)),
            Class::Time(_) => Err(none()),
        }
    }
}

fn complex(stored: &Datatype) -> Option<TypeDescriptor> {
    let parts = Parts::of(stored)?;
    match TypeDescriptor::from_datatype(&parts.part).ok()? {
        TypeDescriptor::Float(size) => Some(TypeDescriptor::Complex(size)),
        _ => None,
    }
}

fn compound_type(stored: &Datatype, members: &[Member], size: usize) -> Result<TypeDescriptor> {
    if let Some(complex) = complex(stored) {
        return Ok(complex);
    }
    let field = |(index, member): (usize, &Member)| {
        let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
        let ty = TypeDescriptor::from_datatype(&member.datatype)?;
        Ok(CompoundField::new(&member.name(), ty, offset, index))
    };
    let fields = members.iter().enumerate().map(field).collect::<Result<_>>()?;
    Ok(TypeDescriptor::Compound(CompoundType { fields, size }))
}

fn enum_type(enumeration: &Enumeration, size: usize) -> Option<EnumType> {
    let Class::Integer(Integer { signed, .. }) = enumeration.base.class else { return None };
    let size = IntSize::from_int(size)?;
    let mut members = Vec::new();
    for member in &enumeration.members {
        let value = if signed {
            one::<i64>(&enumeration.base, &member.value)?.cast_unsigned()
        } else {
            one::<u64>(&enumeration.base, &member.value)?
        };
        members.push(EnumMember { name: member.name().into_owned(), value });
    }
    Some(EnumType { size, signed, members })
}

/// The number in one element.
fn one<T: super::number::Number>(stored: &Datatype, element: &[u8]) -> Option<T> {
    let mut out = Vec::new();
    Numbers::<T>::new(stored).ok()?.append(element, &NoHeap, &mut out).ok()?;
    out.pop()
}

fn enum_datatype(of: &EnumType, order: ByteOrder, sizes: Sizes) -> Result<Datatype> {
    let base = of.base_type().to_datatype(sizes)?;
    let member = |member: &EnumMember| {
        let fill = if of.signed && member.value.cast_signed() < 0 { 0xff } else { 0 };
        let mut value = member.value.to_le_bytes().to_vec();
        value.resize(of.size.bytes(), fill);
        if order == ByteOrder::Big {
            value.reverse();
        }
        EnumerationMember::new(member.name.as_bytes(), value)
    };
    Datatype::enumeration(base, of.members.iter().map(member).collect())
}

fn narrow(size: usize) -> Result<u32> {
    u32::try_from(size).map_err(|_| Error::usage("a datatype of 4 GiB or more"))
}
