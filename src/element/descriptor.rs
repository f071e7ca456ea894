//! Types that Rust values can have, under the names `hdf5-metno` gives them.

mod display;
mod layout;
mod stored;

pub use layout::StructLayout;

use super::H5Type;
use crate::format::datatype::ReferenceKind;

/// Bytes of an integer.
///
/// ```
/// use hdfive::types::IntSize;
/// assert_eq!(IntSize::from_int(4), Some(IntSize::U4));
/// assert_eq!(IntSize::from_int(3), None);
/// ```
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
///
/// ```
/// use hdfive::types::FloatSize;
/// assert_eq!(FloatSize::from_int(8), Some(FloatSize::U8));
/// ```
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
///
/// ```
/// use hdfive::types::{EnumMember, EnumType, IntSize};
/// let member = |name: &str, value| EnumMember { name: name.to_owned(), value };
/// let members = vec![member("OFF", 0), member("ON", 1)];
/// let switch = EnumType { size: IntSize::U1, signed: false, members };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnumMember {
    /// Its name.
    pub name: String,
    /// Its value; of a signed type, in two's complement.
    pub value: u64,
}

/// An enumeration.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::types::{EnumMember, EnumType, IntSize, TypeDescriptor};
/// let members = vec![EnumMember { name: "ON".to_owned(), value: 1 }];
/// let switch = EnumType { size: IntSize::U1, signed: false, members };
/// assert_eq!(switch.base_type(), TypeDescriptor::Unsigned(IntSize::U1));
/// let file = hdfive::File::in_memory()?;
/// file.new_dataset_builder().empty_as(&TypeDescriptor::Enum(switch)).create("switch")?;
/// # Ok(())
/// # }
/// ```
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
///
/// ```
/// use hdfive::types::{CompoundField, CompoundType};
/// let fields = vec![CompoundField::typed::<u8>("n", 0, 0), CompoundField::typed::<f64>("x", 8, 1)];
/// assert_eq!(CompoundType { fields, size: 16 }.to_packed_repr().size, 9);
/// ```
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
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::types::{CompoundField, CompoundType, TypeDescriptor};
/// let fields = vec![CompoundField::typed::<u8>("n", 0, 0), CompoundField::typed::<f64>("x", 1, 1)];
/// let packed = CompoundType { fields, size: 9 };
/// let file = hdfive::File::in_memory()?;
/// file.new_dataset_builder().empty_as(&TypeDescriptor::Compound(packed)).shape(10).create("x")?;
/// # Ok(())
/// # }
/// ```
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
        self.laid_out(TypeDescriptor::to_packed_repr, |_| 1)
    }

    /// The same members, each where a C compiler puts it.
    #[must_use]
    pub fn to_c_repr(&self) -> Self {
        self.laid_out(TypeDescriptor::to_c_repr, TypeDescriptor::alignment)
    }

    fn laid_out(
        &self,
        inner: fn(&TypeDescriptor) -> TypeDescriptor,
        alignment: fn(&TypeDescriptor) -> usize,
    ) -> Self {
        let mut layout = StructLayout::new();
        for field in &self.fields {
            let ty = inner(&field.ty);
            let alignment = alignment(&ty);
            layout = layout.member(&field.name, ty, alignment);
        }
        layout.compound()
    }
}

/// A type that Rust values can have.
///
/// ```
/// use hdfive::H5Type;
/// use hdfive::types::{FloatSize, TypeDescriptor};
/// assert_eq!(f64::type_descriptor(), TypeDescriptor::Float(FloatSize::U8));
/// assert_eq!(<[f64; 3]>::type_descriptor().size(), 24);
/// ```
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

    /// The same type, its compounds laid out as a C compiler does.
    #[must_use]
    pub fn to_c_repr(&self) -> Self {
        match self {
            Self::Compound(of) => Self::Compound(of.to_c_repr()),
            Self::FixedArray(of, len) => Self::FixedArray(Box::new(of.to_c_repr()), *len),
            Self::VarLenArray(of) => Self::VarLenArray(Box::new(of.to_c_repr())),
            other => other.clone(),
        }
    }

    /// What a C compiler aligns it to, in bytes.
    fn alignment(&self) -> usize {
        match self {
            Self::Complex(size) => size.bytes(),
            Self::Compound(of) => of.fields.iter().map(|f| f.ty.alignment()).max().unwrap_or(1),
            Self::FixedArray(of, _) => of.alignment(),
            Self::FixedAscii(_) | Self::FixedUnicode(_) | Self::Opaque(_) => 1,
            Self::VarLenArray(_) | Self::VarLenAscii | Self::VarLenUnicode => 8,
            Self::Reference(ReferenceKind::Object) => 8,
            Self::Reference(_) => 1,
            number => number.size(),
        }
    }
}
