//! Why bytes do not make a string type.

use std::fmt;

use crate::error::Error;

/// Why bytes do not make a string type.
///
/// ```
/// use hdfive::types::{StringError, VarLenAscii};
/// assert_eq!(VarLenAscii::from_ascii("süd"), Err(StringError::AsciiError));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StringError {
    /// There is a NUL among them.
    InternalNull,
    /// There are more than the type has room for.
    InsufficientCapacity,
    /// They are not all ASCII.
    AsciiError,
}

impl StringError {
    pub(super) fn check_nul(bytes: &[u8]) -> Result<(), Self> {
        if bytes.contains(&0) { Err(Self::InternalNull) } else { Ok(()) }
    }

    pub(super) fn check_ascii(bytes: &[u8]) -> Result<&str, Self> {
        Self::check_nul(bytes)?;
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Ok(text),
            _ => Err(Self::AsciiError),
        }
    }
}

impl fmt::Display for StringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InternalNull => "a string holds a NUL",
            Self::InsufficientCapacity => "a string is longer than its type has room for",
            Self::AsciiError => "a string is not all ASCII",
        })
    }
}

impl std::error::Error for StringError {}

impl From<StringError> for Error {
    fn from(error: StringError) -> Self {
        Self::conversion(error.to_string())
    }
}
