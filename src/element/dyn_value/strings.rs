//! Strings known at run time.

use crate::element::text::TextForm;

/// A string in an element of its own.
///
/// ```
/// use hdfive::types::dyn_value::DynFixedString;
/// let text = DynFixedString::new(b"roof\0\0\0\0", false);
/// assert_eq!((text.raw_len(), text.get_buf()), (4, b"roof".as_slice()));
/// ```
#[derive(Clone, Copy)]
pub struct DynFixedString<'a> {
    buf: &'a [u8],
    unicode: bool,
}

/// A string of any length.
///
/// ```
/// use hdfive::types::dyn_value::{DynString, DynValue, OwnedDynValue};
/// let value = OwnedDynValue::new("süd".to_owned());
/// let DynValue::String(DynString::VarLen(text)) = value.get() else { panic!("a string") };
/// assert_eq!(text.get_buf(), "süd".as_bytes());
/// ```
#[derive(Clone, Copy)]
pub struct DynVarLenString<'a> {
    text: &'a [u8],
    unicode: bool,
}

/// A string.
///
/// ```
/// use hdfive::types::dyn_value::{DynString, DynValue, OwnedDynValue};
/// let value = OwnedDynValue::new("süd".to_owned());
/// let DynValue::String(text) = value.get() else { panic!("a string") };
/// assert!(matches!(text, DynString::VarLen(_)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DynString<'a> {
    /// In an element of its own.
    Fixed(DynFixedString<'a>),
    /// Of any length.
    VarLen(DynVarLenString<'a>),
}

impl<'a> DynFixedString<'a> {
    /// The string in an element of these bytes.
    #[must_use]
    pub fn new(buf: &'a [u8], unicode: bool) -> Self {
        Self { buf, unicode }
    }

    /// Bytes of it, without those that pad it.
    #[must_use]
    pub fn raw_len(&self) -> usize {
        TextForm::NullPadded.in_element(self.buf).len()
    }

    /// Its bytes, without those that pad it.
    #[must_use]
    pub fn get_buf(&self) -> &'a [u8] {
        TextForm::NullPadded.in_element(self.buf)
    }

    /// Whether it is UTF-8 by its type.
    #[must_use]
    pub fn is_unicode(&self) -> bool {
        self.unicode
    }
}

impl<'a> DynVarLenString<'a> {
    /// The string of these bytes, up to the first NUL among them.
    #[must_use]
    pub fn new(buf: &'a [u8], unicode: bool) -> Self {
        Self { text: TextForm::Terminated.in_element(buf), unicode }
    }

    /// Its bytes.
    #[must_use]
    pub fn get_buf(&self) -> &'a [u8] {
        self.text
    }

    /// Whether it is UTF-8 by its type.
    #[must_use]
    pub fn is_unicode(&self) -> bool {
        self.unicode
    }
}

impl<'a> DynString<'a> {
    /// Its bytes.
    #[must_use]
    pub fn get_buf(&self) -> &'a [u8] {
        match self {
            Self::Fixed(text) => text.get_buf(),
            Self::VarLen(text) => text.get_buf(),
        }
    }
}

impl PartialEq for DynFixedString<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.get_buf() == other.get_buf()
    }
}

impl Eq for DynFixedString<'_> {}

impl PartialEq for DynVarLenString<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.get_buf() == other.get_buf()
    }
}

impl Eq for DynVarLenString<'_> {}

impl<'a> From<DynFixedString<'a>> for DynString<'a> {
    fn from(text: DynFixedString<'a>) -> Self {
        Self::Fixed(text)
    }
}

impl<'a> From<DynVarLenString<'a>> for DynString<'a> {
    fn from(text: DynVarLenString<'a>) -> Self {
        Self::VarLen(text)
    }
}
