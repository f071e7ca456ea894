//! Values of any type, known only at run time.

mod display;
mod natural;
mod reader;
#[cfg(feature = "serde")]
mod serialize;
mod writer;

use super::{HeapSource, RawReference};
use crate::error::Result;
use crate::format::datatype::Datatype;

pub(crate) use reader::reader;
pub(crate) use writer::writer;

/// One element of any type.
///
/// Its [`Display`](std::fmt::Display) form is for people to read.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::Value;
/// let file = hdfive::File::in_memory()?;
/// let dataset = file.create_dataset("x", [(1_u8, 0.5)])?;
/// let values = dataset.read_values()?;
/// assert_eq!(values.first().and_then(|value| value.get("1")), Some(&Value::Float(0.5)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// An integer with a sign.
    Integer(i128),
    /// An integer without a sign.
    Unsigned(u128),
    /// A float of any size, rounded to the nearest double.
    Float(f64),
    /// A complex number.
    Complex {
        /// Its real part.
        re: f64,
        /// Its imaginary part.
        im: f64,
    },
    /// FALSE or TRUE.
    Boolean(bool),
    /// A time, in the unit its writer chose.
    Time(i128),
    /// A string of bits.
    Bitfield(u128),
    /// A string.
    String(String),
    /// A string that is not UTF-8.
    Bytes(Vec<u8>),
    /// Bytes without a meaning to HDF5.
    Opaque(Vec<u8>),
    /// A value of an enumeration.
    Enum {
        /// Its number.
        value: i128,
        /// Its name, where it has one.
        name: Option<String>,
    },
    /// A compound: its members' names and values, in the order of the file.
    Compound(Vec<(String, Value)>),
    /// An array.
    Array {
        /// Elements along each dimension, the slowest first.
        shape: Vec<usize>,
        /// The elements, the last dimension varying fastest.
        elements: Vec<Value>,
    },
    /// A sequence of any length.
    Sequence(Vec<Value>),
    /// A reference.
    Reference(RawReference),
}

impl Value {
    /// The value of one element.
    pub(crate) fn read(stored: &Datatype, element: &[u8], heap: &dyn HeapSource) -> Result<Self> {
        reader(stored)?.convert_one(element, heap)
    }

    /// The member `name` of a compound.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Compound(members) => {
                members.iter().find(|(own, _)| own == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text of a string, or of an enumeration's name.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Enum { name, .. } => name.as_deref(),
            _ => None,
        }
    }

    /// The integer it is, or an enumeration's number.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(value) | Self::Time(value) | Self::Enum { value, .. } => {
                i64::try_from(*value).ok()
            }
            Self::Unsigned(value) | Self::Bitfield(value) => i64::try_from(*value).ok(),
            Self::Boolean(value) => Some((*value).into()),
            _ => None,
        }
    }

    /// The number it is, rounded to the nearest double.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "rounds to the nearest, as documented")]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            Self::Integer(value) | Self::Enum { value, .. } => Some(*value as f64),
            Self::Unsigned(value) => Some(*value as f64),
            _ => None,
        }
    }

    /// The elements of an array or a sequence.
    #[must_use]
    pub fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::Array { elements, .. } | Self::Sequence(elements) => Some(elements),
            _ => None,
        }
    }
}
