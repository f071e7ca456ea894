//! Strings of bounded length, under the names `hdf5-metno` gives them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use super::StringError;

/// A string of up to `N` ASCII characters.
#[derive(Clone, Copy)]
pub struct FixedAscii<const N: usize>(Fixed<N>);

/// A string of up to `N` bytes of UTF-8.
#[derive(Clone, Copy)]
pub struct FixedUnicode<const N: usize>(Fixed<N>);

/// UTF-8 without NULs, in the first `len` of `N` bytes.
#[derive(Clone, Copy)]
struct Fixed<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Fixed<N> {
    fn new(text: &str) -> Result<Self, StringError> {
        StringError::check_nul(text.as_bytes())?;
        let mut bytes = [0; N];
        let room = bytes.get_mut(..text.len()).ok_or(StringError::InsufficientCapacity)?;
        room.copy_from_slice(text.as_bytes());
        Ok(Self { bytes, len: text.len() })
    }

    fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl<const N: usize> FixedAscii<N> {
    /// A copy of `bytes`.
    ///
    /// # Errors
    ///
    /// Where there are more than `N`, one is NUL, or they are not ASCII.
    pub fn from_ascii<B: ?Sized + AsRef<[u8]>>(bytes: &B) -> Result<Self, StringError> {
        Fixed::new(StringError::check_ascii(bytes.as_ref())?).map(Self)
    }
}

impl<const N: usize> std::str::FromStr for FixedUnicode<N> {
    type Err = StringError;

    fn from_str(text: &str) -> Result<Self, StringError> {
        Fixed::new(text).map(Self)
    }
}

macro_rules! text {
    ($($type:ident)*) => {$(
        impl<const N: usize> $type<N> {
            /// The empty string.
            #[must_use]
            pub fn new() -> Self {
                Self(Fixed { bytes: [0; N], len: 0 })
            }

            /// Most bytes there is room for.
            #[must_use]
            pub const fn capacity() -> usize {
                N
            }

            /// Bytes of it.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.len
            }

            /// Whether there is nothing in it.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.len == 0
            }

            /// Its bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                self.as_str().as_bytes()
            }

            /// Its text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl<const N: usize> Default for $type<N> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<const N: usize> PartialEq for $type<N> {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl<const N: usize> Eq for $type<N> {}

        impl<const N: usize> PartialOrd for $type<N> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl<const N: usize> Ord for $type<N> {
            fn cmp(&self, other: &Self) -> Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl<const N: usize> Hash for $type<N> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl<const N: usize> Deref for $type<N> {
            type Target = str;

            fn deref(&self) -> &str {
                self.as_str()
            }
        }

        impl<const N: usize> AsRef<str> for $type<N> {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl<const N: usize> AsRef<[u8]> for $type<N> {
            fn as_ref(&self) -> &[u8] {
                self.as_bytes()
            }
        }

        impl<const N: usize> From<$type<N>> for String {
            fn from(text: $type<N>) -> Self {
                text.as_str().to_owned()
            }
        }

        impl<const N: usize> fmt::Debug for $type<N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl<const N: usize> fmt::Display for $type<N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl<const N: usize> PartialEq<str> for $type<N> {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl<const N: usize> PartialEq<&str> for $type<N> {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
    )*};
}

text! { FixedAscii FixedUnicode }
