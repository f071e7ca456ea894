//! Variable-length strings and arrays, under the names `hdf5-metno` gives them.

use std::fmt;
use std::ops::Deref;

use super::StringError;

/// A string of ASCII characters, of any length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VarLenAscii(String);

/// A string of any characters, of any length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VarLenUnicode(String);

/// An array of any length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarLenArray<T>(Box<[T]>);

impl VarLenAscii {
    /// The empty string.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of `bytes`.
    ///
    /// # Errors
    ///
    /// Where they hold a NUL or are not ASCII.
    pub fn from_ascii<B: ?Sized + AsRef<[u8]>>(bytes: &B) -> Result<Self, StringError> {
        StringError::check_ascii(bytes.as_ref()).map(|text| Self(text.to_owned()))
    }
}

impl VarLenUnicode {
    /// The empty string.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl std::str::FromStr for VarLenUnicode {
    type Err = StringError;

    fn from_str(text: &str) -> Result<Self, StringError> {
        StringError::check_nul(text.as_bytes())?;
        Ok(Self(text.to_owned()))
    }
}

impl From<VarLenAscii> for VarLenUnicode {
    fn from(text: VarLenAscii) -> Self {
        Self(text.0)
    }
}

macro_rules! text {
    ($($type:ident)*) => {$(
        impl $type {
            /// Bytes of it.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there is nothing in it.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// Its bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// Its text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$type> for String {
            fn from(text: $type) -> Self {
                text.0
            }
        }

        impl Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<[u8]> for $type {
            fn as_ref(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl PartialEq<String> for $type {
            fn eq(&self, other: &String) -> bool {
                self.0 == *other
            }
        }
    )*};
}

text! { VarLenAscii VarLenUnicode }

impl<T> VarLenArray<T> {
    /// A copy of `values`.
    #[must_use]
    pub fn from_slice(values: &[T]) -> Self
    where
        T: Clone,
    {
        Self(values.into())
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> Default for VarLenArray<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> Deref for VarLenArray<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> AsRef<[T]> for VarLenArray<T> {
    fn as_ref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Clone> From<&[T]> for VarLenArray<T> {
    fn from(values: &[T]) -> Self {
        Self::from_slice(values)
    }
}

impl<T> From<Vec<T>> for VarLenArray<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values.into())
    }
}

impl<T> From<VarLenArray<T>> for Vec<T> {
    fn from(values: VarLenArray<T>) -> Self {
        values.0.into()
    }
}

impl<T: PartialEq> PartialEq<[T]> for VarLenArray<T> {
    fn eq(&self, other: &[T]) -> bool {
        *self.0 == *other
    }
}
