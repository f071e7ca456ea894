//! Strings, from all four stored forms and to them.

use std::borrow::Cow;
use std::ffi::CStr;
use std::str::FromStr;

use super::sequence::HeapElement;
use super::{
    Convert, Converter, FixedAscii, FixedUnicode, H5Type, HeapSource, TypeDescriptor, VarLenAscii,
    VarLenUnicode, Writer, no_conversion, text_writer,
};
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype, StringPadding};

/// How a stored string ends and where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TextForm {
    /// In the element, up to its first NUL.
    Terminated,
    /// In the element, without the NULs at its end.
    NullPadded,
    /// In the element, without the spaces at its end.
    SpacePadded,
    /// In the heap, up to its first NUL.
    Heap(HeapElement),
}

impl TextForm {
    /// The form of a string type; `None` of any other.
    pub(crate) fn of(stored: &Datatype) -> Result<Option<Self>> {
        Ok(Some(match &stored.class {
            Class::String(string) => match string.padding {
                StringPadding::NullTerminated => Self::Terminated,
                StringPadding::NullPadded => Self::NullPadded,
                StringPadding::SpacePadded => Self::SpacePadded,
                StringPadding::Reserved(number) => {
                    return Err(Error::unsupported(format!("string padding {number}")));
                }
            },
            Class::VarLen(sequence) if sequence.is_string() => {
                Self::Heap(HeapElement::new(stored)?)
            }
            _ => return Ok(None),
        }))
    }

    /// The bytes of a string in an element of its own.
    pub(crate) fn in_element(self, element: &[u8]) -> &[u8] {
        match self {
            Self::Terminated | Self::Heap(_) => up_to_nul(element),
            Self::NullPadded => trim(element, 0),
            Self::SpacePadded => trim(trim(element, b' '), 0),
        }
    }

    /// The bytes of the string in `element`.
    pub(crate) fn bytes<'a>(
        self,
        element: &'a [u8],
        heap: &'a dyn HeapSource,
    ) -> Result<Cow<'a, [u8]>> {
        let Self::Heap(form) = self else { return Ok(self.in_element(element).into()) };
        Ok(match form.read(element, 1, heap)? {
            Cow::Borrowed(bytes) => up_to_nul(bytes).into(),
            Cow::Owned(mut bytes) => {
                bytes.truncate(up_to_nul(&bytes).len());
                bytes.into()
            }
        })
    }
}

impl TextForm {
    /// Calls `take` with the bytes of the string in `element`.
    pub(crate) fn with(
        self,
        element: &[u8],
        heap: &dyn HeapSource,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Heap(form) => form.with(element, 1, heap, &mut |bytes| take(up_to_nul(bytes))),
            _ => take(self.in_element(element)),
        }
    }
}

pub(super) fn up_to_nul(bytes: &[u8]) -> &[u8] {
    CStr::from_bytes_until_nul(bytes).map_or(bytes, CStr::to_bytes)
}

fn trim(mut bytes: &[u8], padding: u8) -> &[u8] {
    while let Some((last, rest)) = bytes.split_last().filter(|(last, _)| **last == padding) {
        let _ = last;
        bytes = rest;
    }
    bytes
}

/// The conversion of stored strings to what `make` makes of their bytes.
struct Texts<T> {
    form: TextForm,
    size: usize,
    make: Make<T>,
}

/// What makes a value of a string.
enum Make<T> {
    /// Of bytes, whatever they are.
    Bytes(fn(&[u8]) -> Result<T>),
    /// Of bytes that are UTF-8, of many strings at once: of a text and where in it they end, for a call
    /// of each costs as much as to find it.
    Texts(fn(&str, &[usize], &mut Vec<T>) -> Result<()>),
}

/// The strings that a text is made of.
fn strings<'t>(text: &'t str, ends: &'t [usize]) -> impl ExactSizeIterator<Item = &'t str> {
    let mut start = 0;
    ends.iter().map(move |end| {
        let string = text.get(start..*end).unwrap_or_default();
        start = *end;
        string
    })
}

/// Puts what each string says into `out`.
fn parse<T: FromStr<Err: Into<Error>>>(text: &str, ends: &[usize], out: &mut Vec<T>) -> Result<()> {
    strings(text, ends).try_for_each(|string| {
        out.push(T::from_str(string).map_err(Into::into)?);
        Ok(())
    })
}

impl<T: 'static> Texts<T> {
    fn converter(stored: &Datatype, name: &str, make: Make<T>) -> Result<Converter<T>> {
        let form = TextForm::of(stored)?.ok_or_else(|| no_conversion(stored, name))?;
        let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
        Converter::new(stored, Self { form, size, make })
    }
}

impl<T> Convert<T> for Texts<T> {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<T>) -> Result<()> {
        match self.make {
            Make::Bytes(make) => stored.chunks_exact(self.size.max(1)).try_for_each(|element| {
                self.form.with(element, heap, &mut |bytes| {
                    out.push(make(bytes)?);
                    Ok(())
                })
            }),
            Make::Texts(make) => {
                self.form
                    .for_each_text(stored, self.size, heap, &mut |text, ends| make(text, ends, out))
            }
        }
    }
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes)).into_owned();
        Error::conversion(format!("string {text:?} is not UTF-8: {error}"))
    })
}

impl H5Type for String {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::VarLenUnicode
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        let make = |text: &str, ends: &[usize], out: &mut Vec<Self>| {
            out.extend(strings(text, ends).map(str::to_owned));
            Ok(())
        };
        Texts::converter(stored, "String", Make::Texts(make))
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        text_writer::text_writer(stored, "String")
    }
}

impl H5Type for VarLenUnicode {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::VarLenUnicode
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        Texts::converter(stored, "VarLenUnicode", Make::Texts(parse))
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        text_writer::text_writer(stored, "VarLenUnicode")
    }
}

impl H5Type for VarLenAscii {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::VarLenAscii
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        Texts::converter(stored, "VarLenAscii", Make::Bytes(|bytes| Ok(Self::from_ascii(bytes)?)))
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        text_writer::text_writer(stored, "VarLenAscii")
    }
}

impl<const N: usize> H5Type for FixedUnicode<N> {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::FixedUnicode(N)
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        Texts::converter(stored, "FixedUnicode", Make::Texts(parse))
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        text_writer::text_writer(stored, "FixedUnicode")
    }
}

impl<const N: usize> H5Type for FixedAscii<N> {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::FixedAscii(N)
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        Texts::converter(stored, "FixedAscii", Make::Bytes(|bytes| Ok(Self::from_ascii(bytes)?)))
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        text_writer::text_writer(stored, "FixedAscii")
    }
}

/// The bytes of a string, whatever they are, without what pads or ends it.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::types::StringBytes;
/// let file = hdfive::File::in_memory()?;
/// file.set_attr("place", "roof")?;
/// assert_eq!(file.attr("place")?.read_scalar::<StringBytes>()?.0, b"roof");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StringBytes(pub Vec<u8>);

impl AsRef<[u8]> for StringBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl H5Type for StringBytes {
    fn type_descriptor() -> TypeDescriptor {
        TypeDescriptor::VarLenAscii
    }

    fn converter(stored: &Datatype) -> Result<Converter<Self>> {
        Texts::converter(stored, "StringBytes", Make::Bytes(|bytes| Ok(Self(bytes.to_vec()))))
    }

    fn writer(stored: &Datatype) -> Result<Writer<Self>> {
        text_writer::bytes_writer(stored, "StringBytes")
    }
}
