//! Variable-length strings and arrays, under the names `hdf5-metno` gives them.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::{Deref, Index, RangeFull};

use super::StringError;

/// A string of ASCII characters, of any length.
///
/// ```
/// use hdfive::types::VarLenAscii;
/// let unit = VarLenAscii::from_ascii("m/s").expect("it is ASCII");
/// assert_eq!(unit.as_str(), "m/s");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VarLenAscii(String);

/// A string of any characters, of any length.
///
/// ```
/// use hdfive::types::VarLenUnicode;
/// let place: VarLenUnicode = "süd".parse().expect("it holds no NUL");
/// assert_eq!(place.as_str(), "süd");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VarLenUnicode(String);

/// An array of any length.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::types::VarLenArray;
/// let file = hdfive::File::in_memory()?;
/// let rows = [VarLenArray::from_slice(&[1, 2]), VarLenArray::from_slice(&[])];
/// file.create_dataset("rows", &rows)?;
/// assert_eq!(file.dataset("rows")?.read_raw::<Vec<i32>>()?, [vec![1, 2], vec![]]);
/// # Ok(())
/// # }
/// ```
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

    /// A copy of `bytes`.
    ///
    /// # Safety
    ///
    /// They are ASCII and hold no NUL. Memory is safe all the same; what such a string is written as
    /// is another matter.
    #[must_use]
    #[expect(unsafe_code, reason = "programs for hdf5-metno call it in an unsafe block")]
    pub unsafe fn from_ascii_unchecked<B: ?Sized + AsRef<[u8]>>(bytes: &B) -> Self {
        Self(String::from_utf8_lossy(bytes.as_ref()).into_owned())
    }
}

impl VarLenUnicode {
    /// The empty string.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl VarLenUnicode {
    /// A copy of `text`.
    ///
    /// # Safety
    ///
    /// It holds no NUL. Memory is safe all the same; what such a string is written as is another
    /// matter.
    #[must_use]
    #[expect(unsafe_code, reason = "programs for hdf5-metno call it in an unsafe block")]
    pub unsafe fn from_str_unchecked<S: Borrow<str>>(text: S) -> Self {
        Self(text.borrow().to_owned())
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

            /// Its first byte. No NUL stands behind the last one.
            #[must_use]
            pub fn as_ptr(&self) -> *const u8 {
                self.as_bytes().as_ptr()
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl Index<RangeFull> for $type {
            type Output = str;

            fn index(&self, _: RangeFull) -> &str {
                self.as_str()
            }
        }

        impl<'a> From<&'a $type> for &'a str {
            fn from(text: &'a $type) -> Self {
                text.as_str()
            }
        }

        impl<'a> From<&'a $type> for &'a [u8] {
            fn from(text: &'a $type) -> Self {
                text.as_bytes()
            }
        }

        impl From<$type> for Vec<u8> {
            fn from(text: $type) -> Self {
                text.as_bytes().to_vec()
            }
        }

        impl PartialEq<$type> for str {
            fn eq(&self, other: &$type) -> bool {
                self == other.as_str()
            }
        }

        impl PartialEq<$type> for &str {
            fn eq(&self, other: &$type) -> bool {
                *self == other.as_str()
            }
        }

        impl PartialEq<Cow<'_, str>> for $type {
            fn eq(&self, other: &Cow<'_, str>) -> bool {
                self.as_str() == &**other
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

    /// A copy of the `len` values from `p` on; none where it is null.
    ///
    /// # Safety
    ///
    /// There are so many values, and nobody changes them meanwhile.
    #[must_use]
    #[expect(unsafe_code, reason = "that is what it is for")]
    pub unsafe fn from_parts(p: *const T, len: usize) -> Self
    where
        T: Clone,
    {
        if p.is_null() || len == 0 {
            return Self::default();
        }
        // SAFETY: the caller says so.
        Self::from_slice(unsafe { std::slice::from_raw_parts(p, len) })
    }

    /// The first value.
    #[must_use]
    pub fn as_ptr(&self) -> *const T {
        self.0.as_ptr()
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

impl<T, const N: usize> From<[T; N]> for VarLenArray<T> {
    fn from(values: [T; N]) -> Self {
        Self(Box::new(values))
    }
}

impl<T> FromIterator<T> for VarLenArray<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl<T: PartialEq, const N: usize> PartialEq<[T; N]> for VarLenArray<T> {
    fn eq(&self, other: &[T; N]) -> bool {
        *self.0 == *other
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

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "what is said of the pointers is true")]
    fn arrays_are_copied_from_where_they_are() {
        let values = [String::from("a"), String::from("b")];
        // SAFETY: the array is there.
        let array = unsafe { VarLenArray::from_parts(values.as_ptr(), 2) };
        assert_eq!(array, values);
        // SAFETY: nothing is read.
        let none = unsafe { VarLenArray::<u8>::from_parts(std::ptr::null(), 7) };
        assert!(none.is_empty() && none == [0; 0]);
        assert_eq!(VarLenArray::from([1, 2]).iter().sum::<i32>(), 3);
        assert_eq!((1..4).collect::<VarLenArray<u8>>().as_slice(), [1, 2, 3]);
    }

    #[test]
    #[expect(unsafe_code, reason = "the strings are what they are said to be")]
    fn strings_are_compared_with_what_they_are() {
        // SAFETY: it is ASCII without NULs.
        let ascii = unsafe { VarLenAscii::from_ascii_unchecked("abc") };
        // SAFETY: it has no NULs.
        let unicode = unsafe { VarLenUnicode::from_str_unchecked("abc") };
        assert_eq!(ascii, VarLenAscii::from_ascii(b"abc").unwrap());
        assert_eq!(unicode, VarLenUnicode::from_str("abc").unwrap());
        assert!("abc" == ascii && *"abc" == unicode && ascii == Cow::Borrowed("abc"));
        assert_eq!((&ascii[..], <&[u8]>::from(&unicode)), ("abc", &b"abc"[..]));
        assert_eq!(Vec::from(ascii.clone()), b"abc");
        assert!(!ascii.as_ptr().is_null());
        let known = std::collections::HashMap::from([(ascii, 1)]);
        assert_eq!(known.get("abc"), Some(&1));
    }
}
