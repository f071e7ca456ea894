//! Strings and variable-length sequences.

use super::{Budget, Datatype, Header, at_bit};
use crate::codec::Decoder;
use crate::error::Result;

/// How a string of fixed size ends.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{Class, StringPadding};
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.new_dataset::<hdfive::types::FixedAscii<8>>().create("x")?.dtype()?;
/// let Class::String(text) = datatype.definition().class else { panic!("no string") };
/// assert_eq!(text.padding, StringPadding::NullPadded);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StringPadding {
    /// At its first NUL, which there is always room for.
    NullTerminated,
    /// At its first NUL, or after its last byte.
    NullPadded,
    /// Before the spaces at its end.
    SpacePadded,
    /// A way the specification does not define (4 bits).
    Reserved(u8),
}

impl StringPadding {
    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::NullTerminated,
            1 => Self::NullPadded,
            2 => Self::SpacePadded,
            other => Self::Reserved(other),
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::NullTerminated => 0,
            Self::NullPadded => 1,
            Self::SpacePadded => 2,
            Self::Reserved(other) => other & 0xf,
        }
    }
}

/// The encoding of a string's characters.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{CharacterSet, Class};
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", "süd")?.dtype()?;
/// let Class::VarLen(text) = &datatype.definition().class else { panic!("no string") };
/// assert_eq!(text.character_set, CharacterSet::Utf8);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CharacterSet {
    /// ASCII by the specification; whatever the writer's bytes were, in practice.
    Ascii,
    /// UTF-8.
    Utf8,
    /// A set the specification does not define (4 bits).
    Reserved(u8),
}

impl CharacterSet {
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Ascii,
            1 => Self::Utf8,
            other => Self::Reserved(other),
        }
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Ascii => 0,
            Self::Utf8 => 1,
            Self::Reserved(other) => other & 0xf,
        }
    }
}

/// A string whose bytes are the element.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{CharacterSet, Class};
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.new_dataset::<hdfive::types::FixedUnicode<8>>().create("x")?.dtype()?;
/// let Class::String(text) = datatype.definition().class else { panic!("no string") };
/// assert_eq!(text.character_set, CharacterSet::Utf8);
/// assert_eq!(datatype.size(), 8);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FixedString {
    /// How it ends.
    pub padding: StringPadding,
    /// How its characters are encoded.
    pub character_set: CharacterSet,
}

impl FixedString {
    pub(super) fn decode(header: Header) -> Self {
        Self {
            padding: StringPadding::from_number(header.byte(0, 4)),
            character_set: CharacterSet::from_number(header.byte(4, 4)),
        }
    }

    pub(super) fn bits(&self) -> u32 {
        at_bit(self.padding.number(), 0) | at_bit(self.character_set.number(), 4)
    }
}

/// What the elements in the heap make up.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{Class, VarLenKind};
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.new_dataset::<Vec<f32>>().create("x")?.dtype()?;
/// let Class::VarLen(sequence) = &datatype.definition().class else { panic!("no sequence") };
/// assert_eq!(sequence.kind, VarLenKind::Sequence);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VarLenKind {
    /// A sequence of elements.
    Sequence,
    /// A string.
    String,
    /// A kind the specification does not define (4 bits).
    Reserved(u8),
}

impl VarLenKind {
    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Sequence,
            1 => Self::String,
            other => Self::Reserved(other),
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Sequence => 0,
            Self::String => 1,
            Self::Reserved(other) => other & 0xf,
        }
    }
}

/// A sequence or string in a heap. The element holds its length and its place there.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.new_dataset::<Vec<f32>>().create("x")?.dtype()?;
/// let Class::VarLen(sequence) = &datatype.definition().class else { panic!("no sequence") };
/// assert!(matches!(sequence.base.class, Class::Float(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct VarLen {
    /// What the elements make up.
    pub kind: VarLenKind,
    /// How a string ends.
    pub padding: StringPadding,
    /// How a string's characters are encoded.
    pub character_set: CharacterSet,
    /// One element of the sequence; of no meaning for a string.
    pub base: Box<Datatype>,
}

impl VarLen {
    pub(super) fn decode(d: &mut Decoder<'_>, header: Header, budget: &mut Budget) -> Result<Self> {
        Ok(Self {
            kind: VarLenKind::from_number(header.byte(0, 4)),
            padding: StringPadding::from_number(header.byte(4, 4)),
            character_set: CharacterSet::from_number(header.byte(8, 4)),
            base: Box::new(Datatype::decode_nested(d, budget)?),
        })
    }

    pub(super) fn bits(&self) -> u32 {
        at_bit(self.kind.number(), 0)
            | at_bit(self.padding.number(), 4)
            | at_bit(self.character_set.number(), 8)
    }

    /// Whether it is a string.
    #[must_use]
    pub fn is_string(&self) -> bool {
        self.kind == VarLenKind::String
    }
}
