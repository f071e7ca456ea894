//! Values as text, and as what this library calls a value.

use std::fmt::{self, Display, Formatter};

use super::{
    DynArray, DynCompound, DynEnum, DynFixedString, DynFloat, DynInteger, DynScalar, DynString,
    DynValue, DynVarLenString,
};
use crate::element::{TypeDescriptor, Value};

impl From<DynInteger> for Value {
    fn from(value: DynInteger) -> Self {
        match value {
            DynInteger::Int8(value) => Self::Integer(value.into()),
            DynInteger::Int16(value) => Self::Integer(value.into()),
            DynInteger::Int32(value) => Self::Integer(value.into()),
            DynInteger::Int64(value) => Self::Integer(value.into()),
            DynInteger::Int128(value) => Self::Integer(value),
            DynInteger::UInt8(value) => Self::Unsigned(value.into()),
            DynInteger::UInt16(value) => Self::Unsigned(value.into()),
            DynInteger::UInt32(value) => Self::Unsigned(value.into()),
            DynInteger::UInt64(value) => Self::Unsigned(value.into()),
            DynInteger::UInt128(value) => Self::Unsigned(value),
        }
    }
}

/// A text, or the bytes where they are none.
fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(text.to_owned()),
        Err(_) => Value::Bytes(bytes.to_vec()),
    }
}

/// The elements of an array and of the arrays in it, and its lengths.
fn flatten(array: DynArray<'_>, elements: &mut Vec<Value>) -> Vec<usize> {
    let mut shape = vec![array.len];
    if let TypeDescriptor::FixedArray(..) = array.tp {
        let mut of = array.tp;
        while let TypeDescriptor::FixedArray(inner, len) = of {
            shape.push(*len);
            of = inner;
        }
        for row in array.iter() {
            if let DynValue::Array(row) = row {
                flatten(row, elements);
            }
        }
    } else {
        elements.extend(array.iter().map(Value::from));
    }
    shape
}

impl From<DynValue<'_>> for Value {
    fn from(value: DynValue<'_>) -> Self {
        match value {
            DynValue::Scalar(DynScalar::Integer(value)) => value.into(),
            DynValue::Scalar(DynScalar::Float(DynFloat::Float32(value))) => {
                Self::Float(value.into())
            }
            DynValue::Scalar(DynScalar::Float(DynFloat::Float64(value))) => Self::Float(value),
            DynValue::Scalar(DynScalar::Boolean(value)) => Self::Boolean(value),
            DynValue::Enum(of) => {
                let value = match Self::from(of.value()) {
                    Self::Integer(value) => value,
                    Self::Unsigned(value) => i128::try_from(value).unwrap_or(i128::MAX),
                    _ => 0,
                };
                Self::Enum { value, name: of.name().map(str::to_owned) }
            }
            DynValue::Compound(of) => Self::Compound(
                of.iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
            ),
            DynValue::Array(of) => {
                let mut elements = Vec::new();
                let shape = flatten(of, &mut elements);
                Self::Array { shape, elements }
            }
            DynValue::String(of) => text(of.get_buf()),
        }
    }
}

impl Display for DynFloat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float32(value) => write!(f, "{value:?}"),
            Self::Float64(value) => write!(f, "{value:?}"),
        }
    }
}

impl Display for DynScalar {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Boolean(value) => value.fmt(f),
        }
    }
}

impl Display for DynInteger {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Value::from(*self).fmt(f)
    }
}

impl Display for DynEnum<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => self.value.fmt(f),
        }
    }
}

impl Display for DynCompound<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            write!(f, "{}{name}: {value}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str("}")
    }
}

impl Display for DynArray<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, value) in self.iter().enumerate() {
            write!(f, "{}{value}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str("]")
    }
}

impl Display for DynString<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        text(self.get_buf()).fmt(f)
    }
}

impl Display for DynFixedString<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        text(self.get_buf()).fmt(f)
    }
}

impl Display for DynVarLenString<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        text(self.get_buf()).fmt(f)
    }
}

impl Display for DynValue<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(value) => value.fmt(f),
            Self::Enum(value) => value.fmt(f),
            Self::Compound(value) => value.fmt(f),
            Self::Array(value) => value.fmt(f),
            Self::String(value) => value.fmt(f),
        }
    }
}

macro_rules! debug_as_shown {
    ($($type:ty),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                Display::fmt(self, f)
            }
        }
    )*};
}

debug_as_shown!(DynInteger, DynFloat, DynScalar, DynEnum<'_>, DynCompound<'_>, DynArray<'_>);
debug_as_shown!(DynFixedString<'_>, DynVarLenString<'_>, DynString<'_>, DynValue<'_>);
debug_as_shown!(super::OwnedDynValue);
