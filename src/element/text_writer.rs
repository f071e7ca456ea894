//! Strings to all four stored forms.

use super::sequence::HeapElement;
use super::text::TextForm;
use super::writer::{WriteValues, element_size, zeroed};
use super::{ConversionMode, HeapSink, NoHeap, Writer, no_writer};
use crate::error::{Error, Result};
use crate::format::datatype::{CharacterSet, Class, Datatype};
use crate::format::global_heap::HeapId;

/// How text becomes stored strings.
///
/// # Errors
///
/// Where they are not strings.
pub(crate) fn text_writer<T: AsRef<[u8]>>(stored: &Datatype, name: &str) -> Result<Writer<T>> {
    TextWriter::new(stored, name).and_then(|writer| Writer::new(stored, writer))
}

/// As [`text_writer`], of bytes that need not be in the character set of the stored strings.
pub(crate) fn bytes_writer<T: AsRef<[u8]>>(stored: &Datatype, name: &str) -> Result<Writer<T>> {
    let writer = TextWriter { ascii: false, ..TextWriter::new(stored, name)? };
    Writer::new(stored, writer)
}

/// The conversion of text to one stored form.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextWriter {
    form: TextForm,
    size: usize,
    /// Whether the stored strings are to be ASCII.
    ascii: bool,
}

impl TextWriter {
    /// The conversion to strings stored as `stored`; `name` says of what, for the error.
    pub(super) fn new(stored: &Datatype, name: &str) -> Result<Self> {
        let form = TextForm::of(stored)?.ok_or_else(|| no_writer(name, stored))?;
        let ascii = match &stored.class {
            Class::String(string) => string.character_set == CharacterSet::Ascii,
            Class::VarLen(sequence) => sequence.character_set == CharacterSet::Ascii,
            _ => false,
        };
        Ok(Self { form, size: element_size(stored)?, ascii })
    }

    /// Lets `element`, all zero, hold the string `text`.
    pub(super) fn put(self, text: &[u8], heap: &dyn HeapSink, element: &mut [u8]) -> Result<()> {
        self.check_ascii(text)?;
        self.put_bytes(text, heap, element)
    }

    fn check_ascii(self, text: &[u8]) -> Result<()> {
        if self.ascii && !text.is_ascii() {
            return Err(refused(text, "is not ASCII, as the stored strings are"));
        }
        Ok(())
    }

    /// Appends the strings, which are kept in the heap.
    fn append_to_heap<T: AsRef<[u8]>>(
        self,
        form: HeapElement,
        values: &[T],
        heap: &dyn HeapSink,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        /// Strings that are handed over at once.
        const BATCH: usize = 256;

        let mut e = form.encoder(std::mem::take(out));
        let mut texts = Vec::with_capacity(BATCH.min(values.len()));
        for batch in values.chunks(BATCH) {
            texts.clear();
            for text in batch.iter().map(AsRef::as_ref) {
                self.check_ascii(text)?;
                check_nul(text)?;
                texts.push(text);
            }
            heap.put_all(&texts, &mut e)?;
        }
        *out = e.into_bytes();
        Ok(())
    }

    /// As [`put`](Self::put), of bytes that need not be in the character set.
    pub(super) fn put_bytes(
        self,
        text: &[u8],
        heap: &dyn HeapSink,
        element: &mut [u8],
    ) -> Result<()> {
        let room = match self.form {
            TextForm::Heap(form) => {
                element.copy_from_slice(&form.make(text.len(), &keep(text, heap)?)?);
                return Ok(());
            }
            TextForm::Terminated => {
                check_nul(text)?;
                self.size.saturating_sub(1)
            }
            TextForm::NullPadded => self.size,
            TextForm::SpacePadded => {
                element.fill(b' ');
                self.size
            }
        };
        match element.get_mut(..text.len()).filter(|_| text.len() <= room) {
            Some(to) => to.copy_from_slice(text),
            None => return Err(refused(text, &format!("does not fit {room} bytes"))),
        }
        if heap.mode() == ConversionMode::Exact && *self.form.bytes(element, &NoHeap)? != *text {
            return Err(refused(text, "ends as what it would be padded with"));
        }
        Ok(())
    }
}

/// Keeps a string in the heap. The empty string has an object, too: without one it were no string
/// at all.
fn keep(text: &[u8], heap: &dyn HeapSink) -> Result<HeapId> {
    check_nul(text)?;
    heap.put(text)
}

#[inline]
fn check_nul(text: &[u8]) -> Result<()> {
    /// Strings up to here are looked at whole, without a branch at each byte.
    const SHORT: usize = 64;

    let found = match text.len() {
        ..=SHORT => text.iter().fold(false, |found, byte| found | (*byte == 0)),
        _ => text.contains(&0),
    };
    if found {
        return Err(refused(text, "holds a NUL, where the stored strings end"));
    }
    Ok(())
}

#[cold]
fn refused(text: &[u8], why: &str) -> Error {
    let shown = String::from_utf8_lossy(text.get(..64).unwrap_or(text));
    Error::conversion(format!("string {shown:?} {why}"))
}

impl<T: AsRef<[u8]>> WriteValues<T> for TextWriter {
    fn append(&self, values: &[T], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        if let TextForm::Heap(form) = self.form {
            return self.append_to_heap(form, values, heap, out);
        }
        let elements = zeroed(out, values.len(), self.size).chunks_exact_mut(self.size.max(1));
        values
            .iter()
            .zip(elements)
            .try_for_each(|(value, element)| self.put(value.as_ref(), heap, element))
    }
}
