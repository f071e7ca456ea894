//! Strings of bounded length, under the names `hdf5-metno` gives them.

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Index, RangeFull};

use super::StringError;

/// A string of up to `N` ASCII characters.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::types::FixedAscii;
/// let file = hdfive::File::in_memory()?;
/// let code = FixedAscii::<8>::from_ascii("EDDF").expect("it is ASCII and fits");
/// file.create_dataset("airports", &[code])?;
/// assert_eq!(file.dataset("airports")?.read_raw::<String>()?, ["EDDF"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct FixedAscii<const N: usize>(Fixed<N>);

/// A string of up to `N` bytes of UTF-8.
///
/// ```
/// use hdfive::types::FixedUnicode;
/// let place: FixedUnicode<8> = "süd".parse().expect("it fits");
/// assert_eq!((place.as_str(), place.len()), ("süd", 4));
/// ```
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

    /// As much of `text` as there is room for.
    fn cut(text: &str) -> Self {
        let ends = text.char_indices().map(|(at, char)| at.saturating_add(char.len_utf8()));
        let len = ends.take_while(|end| *end <= N).last().unwrap_or(0);
        let mut bytes = [0; N];
        for (to, from) in bytes.iter_mut().zip(text.bytes().take(len)) {
            *to = from;
        }
        Self { bytes, len }
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

    /// A copy of `bytes`, of as many as there is room for.
    ///
    /// # Safety
    ///
    /// They are ASCII and hold no NUL. Memory is safe all the same; what such a string is written as
    /// is another matter.
    #[must_use]
    #[expect(unsafe_code, reason = "programs for hdf5-metno call it in an unsafe block")]
    pub unsafe fn from_ascii_unchecked<B: ?Sized + AsRef<[u8]>>(bytes: &B) -> Self {
        Self(Fixed::cut(&String::from_utf8_lossy(bytes.as_ref())))
    }
}

impl<const N: usize> FixedUnicode<N> {
    /// A copy of `text`, of as many characters as there is room for.
    ///
    /// # Safety
    ///
    /// It holds no NUL. Memory is safe all the same; what such a string is written as is another
    /// matter.
    #[must_use]
    #[expect(unsafe_code, reason = "programs for hdf5-metno call it in an unsafe block")]
    pub unsafe fn from_str_unchecked<S: Borrow<str>>(text: S) -> Self {
        Self(Fixed::cut(text.borrow()))
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

            /// Its first byte. No NUL stands behind the last one.
            #[must_use]
            pub fn as_ptr(&self) -> *const u8 {
                self.as_bytes().as_ptr()
            }
        }

        impl<const N: usize> Borrow<str> for $type<N> {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl<const N: usize> Index<RangeFull> for $type<N> {
            type Output = str;

            fn index(&self, _: RangeFull) -> &str {
                self.as_str()
            }
        }

        impl<'a, const N: usize> From<&'a $type<N>> for &'a str {
            fn from(text: &'a $type<N>) -> Self {
                text.as_str()
            }
        }

        impl<'a, const N: usize> From<&'a $type<N>> for &'a [u8] {
            fn from(text: &'a $type<N>) -> Self {
                text.as_bytes()
            }
        }

        impl<const N: usize> From<$type<N>> for Vec<u8> {
            fn from(text: $type<N>) -> Self {
                text.as_bytes().to_vec()
            }
        }

        impl<const N: usize> PartialEq<$type<N>> for str {
            fn eq(&self, other: &$type<N>) -> bool {
                self == other.as_str()
            }
        }

        impl<const N: usize> PartialEq<$type<N>> for &str {
            fn eq(&self, other: &$type<N>) -> bool {
                *self == other.as_str()
            }
        }

        impl<const N: usize> PartialEq<Cow<'_, str>> for $type<N> {
            fn eq(&self, other: &Cow<'_, str>) -> bool {
                self.as_str() == &**other
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

        impl<const N: usize> PartialEq<String> for $type<N> {
            fn eq(&self, other: &String) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "the strings are what they are said to be")]
    fn strings_that_are_too_long_are_cut_between_characters() {
        // SAFETY: it is ASCII without NULs.
        let ascii = unsafe { FixedAscii::<3>::from_ascii_unchecked("abcd") };
        // SAFETY: it has no NULs.
        let unicode = unsafe { FixedUnicode::<4>::from_str_unchecked("äöü") };
        assert_eq!((ascii.as_str(), unicode.as_str()), ("abc", "äö"));
        // SAFETY: it has no NULs.
        assert_eq!(unsafe { FixedUnicode::<3>::from_str_unchecked("äöü") }, "ä");
        assert!("abc" == ascii && ascii == Cow::Borrowed("abc"));
        assert_eq!((&ascii[..], <&str>::from(&unicode)), ("abc", "äö"));
        assert!(FixedAscii::<3>::from_ascii("abcd").is_err());
    }
}
