//! Between descriptors and stored types.

use super::{
    CompoundField, CompoundType, EnumMember, EnumType, FloatSize, IntSize, TypeDescriptor,
};
use crate::codec::Sizes;
use crate::element::boolean::is_boolean;
use crate::element::complex::Parts;
use crate::element::layout::{Kind, Layout};
use crate::element::number::{Number, Numbers};
use crate::element::{Convert, NoHeap};
use crate::error::{Error, Result};
use crate::format::datatype::{
    ByteOrder, CharacterSet, Class, Datatype, Enumeration, EnumerationMember, Integer, Member,
    StringPadding,
};

impl TypeDescriptor {
    /// The stored form of it, in native byte order, in a file of the given widths.
    pub(crate) fn to_datatype(&self, sizes: Sizes) -> Result<Datatype> {
        let order = ByteOrder::NATIVE;
        match self {
            Self::Integer(size) => Datatype::integer(narrow(size.bytes())?, true, order),
            Self::Unsigned(size) => Datatype::integer(narrow(size.bytes())?, false, order),
            Self::Float(size) => Datatype::float(narrow(size.bytes())?, order),
            Self::BFloat16 => Ok(Datatype::bfloat16(order)),
            Self::Boolean => {
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
fn one<T: Number>(stored: &Datatype, element: &[u8]) -> Option<T> {
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
