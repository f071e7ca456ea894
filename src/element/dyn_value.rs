//! Values of types known only at run time, under the names `hdf5-metno` gives them.
//!
//! [`Value`](super::Value) is the same for programs that have no use for these names.

mod owned;
mod show;
mod strings;

pub use owned::OwnedDynValue;
pub use strings::{DynFixedString, DynString, DynVarLenString};

use std::sync::LazyLock;

use super::number::{brain_to_f32, half_to_f32};
use super::{CompoundField, CompoundType, EnumType, FloatSize, IntSize, TypeDescriptor};

/// An integer.
///
/// ```
/// use hdfive::types::dyn_value::{DynInteger, DynScalar, DynValue, OwnedDynValue};
/// let value = OwnedDynValue::new(-7_i16);
/// assert_eq!(value.get(), DynValue::Scalar(DynScalar::Integer(DynInteger::Int16(-7))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DynInteger {
    /// Of 1 byte, with a sign.
    Int8(i8),
    /// Of 2 bytes, with a sign.
    Int16(i16),
    /// Of 4 bytes, with a sign.
    Int32(i32),
    /// Of 8 bytes, with a sign.
    Int64(i64),
    /// Of 16 bytes, with a sign.
    Int128(i128),
    /// Of 1 byte, without a sign.
    UInt8(u8),
    /// Of 2 bytes, without a sign.
    UInt16(u16),
    /// Of 4 bytes, without a sign.
    UInt32(u32),
    /// Of 8 bytes, without a sign.
    UInt64(u64),
    /// Of 16 bytes, without a sign.
    UInt128(u128),
}

/// A float. Those of 2 bytes are floats of 4.
///
/// ```
/// use hdfive::types::dyn_value::{DynFloat, DynScalar, DynValue, OwnedDynValue};
/// let value = OwnedDynValue::new(0.5_f32);
/// assert_eq!(value.get(), DynValue::Scalar(DynScalar::Float(DynFloat::Float32(0.5))));
/// ```
#[derive(Clone, Copy, PartialEq)]
pub enum DynFloat {
    /// Of 4 bytes.
    Float32(f32),
    /// Of 8 bytes.
    Float64(f64),
}

/// A number or a boolean.
///
/// ```
/// use hdfive::types::dyn_value::{DynScalar, DynValue, OwnedDynValue};
/// let value = OwnedDynValue::new(true);
/// assert_eq!(value.get(), DynValue::Scalar(DynScalar::Boolean(true)));
/// ```
#[derive(Clone, Copy, PartialEq)]
pub enum DynScalar {
    /// An integer.
    Integer(DynInteger),
    /// A float.
    Float(DynFloat),
    /// A boolean.
    Boolean(bool),
}

/// A value of an enumeration.
///
/// ```
/// use hdfive::types::dyn_value::{DynEnum, DynInteger};
/// use hdfive::types::{EnumMember, EnumType, IntSize};
/// let members = vec![EnumMember { name: "ON".to_owned(), value: 1 }];
/// let switch = EnumType { size: IntSize::U1, signed: false, members };
/// assert_eq!(DynEnum::new(&switch, DynInteger::UInt8(1)).name(), Some("ON"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DynEnum<'a> {
    tp: &'a EnumType,
    value: DynInteger,
}

/// A compound.
///
/// ```
/// use hdfive::types::dyn_value::{DynCompound, DynValue, OwnedDynValue};
/// let value = OwnedDynValue::new((1_u8, 0.5));
/// let DynValue::Compound(pair) = value.get() else { panic!("a compound") };
/// let pair: DynCompound<'_> = pair;
/// assert!(pair.iter().map(|(name, _)| name).eq(["0", "1"]));
/// ```
#[derive(Clone, Copy)]
pub struct DynCompound<'a> {
    tp: &'a CompoundType,
    element: &'a [u8],
    whole: &'a [u8],
}

/// An array, of a length that is part of its type or not.
///
/// [`hdfive::DynArray`](crate::DynArray) is another type: what a dataset holds.
///
/// ```
/// use hdfive::types::dyn_value::{DynArray, DynValue, OwnedDynValue};
/// let value = OwnedDynValue::new([1_u8, 2]);
/// let DynValue::Array(array) = value.get() else { panic!("an array") };
/// let array: DynArray<'_> = array;
/// assert_eq!(array.iter().count(), 2);
/// ```
#[derive(Clone, Copy)]
pub struct DynArray<'a> {
    tp: &'a TypeDescriptor,
    elements: &'a [u8],
    len: usize,
    whole: &'a [u8],
}

/// A value, lent by an [`OwnedDynValue`].
///
/// Complex numbers are compounds of `r` and `i`; opaque bytes and references are arrays of bytes.
///
/// ```
/// use hdfive::types::dyn_value::{DynValue, OwnedDynValue};
///
/// let owned = OwnedDynValue::new([1.5, 2.5]);
/// let DynValue::Array(array) = owned.get() else { panic!("an array") };
/// assert_eq!(array.iter().count(), 2);
/// assert_eq!(owned.to_string(), "[1.5, 2.5]");
/// ```
#[derive(Clone, Copy, PartialEq)]
pub enum DynValue<'a> {
    /// A number or a boolean.
    Scalar(DynScalar),
    /// A value of an enumeration.
    Enum(DynEnum<'a>),
    /// A compound.
    Compound(DynCompound<'a>),
    /// An array.
    Array(DynArray<'a>),
    /// A string.
    String(DynString<'a>),
}

/// What bytes without a meaning are arrays of.
static BYTE: TypeDescriptor = TypeDescriptor::Unsigned(IntSize::U1);

/// The compounds that complex numbers are, by the size of a part.
static COMPLEX: LazyLock<[CompoundType; 3]> = LazyLock::new(|| {
    [FloatSize::U2, FloatSize::U4, FloatSize::U8].map(|size| {
        let part = TypeDescriptor::Float(size);
        let imaginary = CompoundField::new("i", part.clone(), size.bytes(), 1);
        let fields = vec![CompoundField::new("r", part, 0, 0), imaginary];
        CompoundType { fields, size: size.bytes().saturating_mul(2) }
    })
});

/// The first `N` bytes; zeros for those that are not there.
fn take<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}

/// The bytes from `from` on, `len` of them or as many as there are.
fn part(bytes: &[u8], from: usize, len: usize) -> &[u8] {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.get(..len).unwrap_or(rest)
}

/// The length of a sequence, and what it is in `whole`.
fn sequence<'a>(element: &[u8], whole: &'a [u8]) -> (usize, &'a [u8]) {
    let len = u32::from_le_bytes(take(element));
    let at = u64::from_le_bytes(take(part(element, 4, 8)));
    if at == 0 {
        return (0, &[]);
    }
    let narrow = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    (narrow(len.into()), part(whole, narrow(at), usize::MAX))
}

impl DynInteger {
    fn read(size: IntSize, signed: bool, bytes: &[u8]) -> Self {
        match (size, signed) {
            (IntSize::U1, true) => Self::Int8(i8::from_ne_bytes(take(bytes))),
            (IntSize::U2, true) => Self::Int16(i16::from_ne_bytes(take(bytes))),
            (IntSize::U4, true) => Self::Int32(i32::from_ne_bytes(take(bytes))),
            (IntSize::U8, true) => Self::Int64(i64::from_ne_bytes(take(bytes))),
            (IntSize::U16, true) => Self::Int128(i128::from_ne_bytes(take(bytes))),
            (IntSize::U1, false) => Self::UInt8(u8::from_ne_bytes(take(bytes))),
            (IntSize::U2, false) => Self::UInt16(u16::from_ne_bytes(take(bytes))),
            (IntSize::U4, false) => Self::UInt32(u32::from_ne_bytes(take(bytes))),
            (IntSize::U8, false) => Self::UInt64(u64::from_ne_bytes(take(bytes))),
            (IntSize::U16, false) => Self::UInt128(u128::from_ne_bytes(take(bytes))),
        }
    }

    /// Its bits, of the smaller ones with the sign in front, as [`EnumMember`] has them.
    ///
    /// [`EnumMember`]: super::EnumMember
    fn bits(self) -> Option<u64> {
        Some(match self {
            Self::Int8(value) => i64::from(value).cast_unsigned(),
            Self::Int16(value) => i64::from(value).cast_unsigned(),
            Self::Int32(value) => i64::from(value).cast_unsigned(),
            Self::Int64(value) => value.cast_unsigned(),
            Self::Int128(value) => i64::try_from(value).ok()?.cast_unsigned(),
            Self::UInt8(value) => value.into(),
            Self::UInt16(value) => value.into(),
            Self::UInt32(value) => value.into(),
            Self::UInt64(value) => value,
            Self::UInt128(value) => u64::try_from(value).ok()?,
        })
    }
}

impl DynFloat {
    fn read(size: FloatSize, bytes: &[u8]) -> Self {
        match size {
            FloatSize::U2 => Self::Float32(half_to_f32(u16::from_ne_bytes(take(bytes)))),
            FloatSize::U4 => Self::Float32(f32::from_ne_bytes(take(bytes))),
            FloatSize::U8 => Self::Float64(f64::from_ne_bytes(take(bytes))),
        }
    }
}

impl<'a> DynEnum<'a> {
    /// The value of this number.
    #[must_use]
    pub fn new(tp: &'a EnumType, value: DynInteger) -> Self {
        Self { tp, value }
    }

    /// Its name, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        let bits = self.value.bits()?;
        let member = self.tp.members.iter().find(|member| member.value == bits)?;
        Some(&member.name)
    }

    /// Its number.
    #[must_use]
    pub fn value(&self) -> DynInteger {
        self.value
    }
}

impl<'a> DynCompound<'a> {
    /// The compound of these bytes: an element, and behind it what it names.
    #[must_use]
    pub fn new(tp: &'a CompoundType, buf: &'a [u8]) -> Self {
        Self { tp, element: part(buf, 0, tp.size), whole: buf }
    }

    /// The members: names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, DynValue<'a>)> + use<'a> {
        let (tp, element, whole) = (self.tp, self.element, self.whole);
        tp.fields.iter().map(move |field| {
            let bytes = part(element, field.offset, field.ty.size());
            (field.name.as_str(), DynValue::at(&field.ty, bytes, whole))
        })
    }
}

impl<'a> DynArray<'a> {
    /// The array of `len` elements of type `tp` in `buf`, behind which lies what they name; of all
    /// that are in `buf` where there is no `len`.
    #[must_use]
    pub fn new(tp: &'a TypeDescriptor, buf: &'a [u8], len: Option<usize>) -> Self {
        let held = buf.len().checked_div(tp.size()).unwrap_or(0);
        let len = len.map_or(held, |len| len.min(held));
        Self { tp, elements: part(buf, 0, len.saturating_mul(tp.size())), len, whole: buf }
    }

    /// The elements.
    pub fn iter(&self) -> impl Iterator<Item = DynValue<'a>> + use<'a> {
        let Self { tp, elements, len, whole } = *self;
        let size = tp.size();
        (0..len).map(move |index| {
            DynValue::at(tp, part(elements, index.saturating_mul(size), size), whole)
        })
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn of_sequence(tp: &'a TypeDescriptor, element: &[u8], whole: &'a [u8]) -> Self {
        let (len, rest) = sequence(element, whole);
        let size = tp.size();
        let len = len.min(rest.len().checked_div(size).unwrap_or(0));
        Self { tp, elements: part(rest, 0, len.saturating_mul(size)), len, whole }
    }
}

impl<'a> DynValue<'a> {
    /// The value of these bytes: an element, in native byte order, and behind it what it names.
    #[must_use]
    pub fn new(tp: &'a TypeDescriptor, buf: &'a [u8]) -> Self {
        Self::at(tp, part(buf, 0, tp.size()), buf)
    }

    /// The value of an element that names data in `whole`.
    fn at(tp: &'a TypeDescriptor, element: &'a [u8], whole: &'a [u8]) -> Self {
        let array = |tp, len| DynArray { tp, elements: element, len, whole }.into();
        match tp {
            TypeDescriptor::Integer(size) => DynInteger::read(*size, true, element).into(),
            TypeDescriptor::Unsigned(size) => DynInteger::read(*size, false, element).into(),
            TypeDescriptor::Float(size) => DynFloat::read(*size, element).into(),
            TypeDescriptor::BFloat16 => {
                DynFloat::Float32(brain_to_f32(u16::from_ne_bytes(take(element)))).into()
            }
            TypeDescriptor::Boolean => DynScalar::Boolean(take::<1>(element) != [0]).into(),
            TypeDescriptor::Complex(size) => {
                let [half, single, double] = &*COMPLEX;
                let tp = match size {
                    FloatSize::U2 => half,
                    FloatSize::U4 => single,
                    FloatSize::U8 => double,
                };
                DynCompound { tp, element, whole }.into()
            }
            TypeDescriptor::Enum(of) => {
                DynEnum::new(of, DynInteger::read(of.size, of.signed, element)).into()
            }
            TypeDescriptor::Compound(of) => DynCompound { tp: of, element, whole }.into(),
            TypeDescriptor::FixedArray(of, len) => array(of, *len),
            TypeDescriptor::FixedAscii(_) => DynFixedString::new(element, false).into(),
            TypeDescriptor::FixedUnicode(_) => DynFixedString::new(element, true).into(),
            TypeDescriptor::VarLenArray(of) => DynArray::of_sequence(of, element, whole).into(),
            TypeDescriptor::VarLenAscii => Self::text(element, whole, false),
            TypeDescriptor::VarLenUnicode => Self::text(element, whole, true),
            TypeDescriptor::Opaque(_) | TypeDescriptor::Reference(_) => array(&BYTE, element.len()),
        }
    }

    fn text(element: &[u8], whole: &'a [u8], unicode: bool) -> Self {
        let (len, rest) = sequence(element, whole);
        DynVarLenString::new(part(rest, 0, len), unicode).into()
    }
}

impl PartialEq for DynCompound<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl PartialEq for DynArray<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl From<DynInteger> for DynScalar {
    fn from(value: DynInteger) -> Self {
        Self::Integer(value)
    }
}

impl From<DynFloat> for DynScalar {
    fn from(value: DynFloat) -> Self {
        Self::Float(value)
    }
}

macro_rules! into_value {
    ($($type:ty => $make:expr;)*) => {$(
        impl<'a> From<$type> for DynValue<'a> {
            fn from(value: $type) -> Self {
                $make(value)
            }
        }
    )*};
}

into_value! {
    DynInteger => |value| Self::Scalar(DynScalar::Integer(value));
    DynFloat => |value| Self::Scalar(DynScalar::Float(value));
    DynScalar => Self::Scalar;
    DynEnum<'a> => Self::Enum;
    DynCompound<'a> => Self::Compound;
    DynArray<'a> => Self::Array;
    DynString<'a> => Self::String;
    DynFixedString<'a> => |value| Self::String(DynString::Fixed(value));
    DynVarLenString<'a> => |value| Self::String(DynString::VarLen(value));
}
