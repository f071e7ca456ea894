//! Strings one behind the other, many at a time: to look at each by itself costs more than to copy it.

use super::HeapSource;
use super::text::{TextForm, up_to_nul, utf8};
use crate::error::Result;

/// Bytes of a batch, about: few enough to stay in the processor's cache.
const BYTES: usize = 32 << 10;
/// Strings of a batch.
const STRINGS: usize = 2048;
/// Strings of no more bytes are copied as so many.
const SHORT: usize = 64;

/// Strings one behind the other, and where each ends.
#[derive(Debug, Default)]
pub(crate) struct TextBatch {
    /// The strings, and room.
    bytes: Vec<u8>,
    /// Bytes of the strings.
    len: usize,
    ends: Vec<usize>,
}

impl TextBatch {
    /// Whether it has room for a string of so many bytes. An empty one has none for a string that is
    /// better taken from where it is.
    #[inline]
    pub(crate) fn has_room(&self, len: usize) -> bool {
        self.ends.len() < STRINGS && self.len.saturating_add(len) <= BYTES
    }

    /// Puts the first `len` of `bytes` behind the others: what is behind them in `bytes` spares a call
    /// that copies no more than they are.
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8], len: usize) {
        let end = self.len.saturating_add(len);
        if self.bytes.len() < end.saturating_add(SHORT) {
            self.bytes.resize(end.max(BYTES).saturating_add(SHORT), 0);
        }
        let to = self.bytes.get_mut(self.len..).unwrap_or_default();
        match (to.first_chunk_mut::<SHORT>(), bytes.first_chunk::<SHORT>()) {
            (Some(to), Some(bytes)) if len <= SHORT => *to = *bytes,
            _ => {
                if let (Some(to), Some(bytes)) = (to.get_mut(..len), bytes.get(..len)) {
                    to.copy_from_slice(bytes);
                }
            }
        }
        self.len = end;
        self.ends.push(end);
    }

    /// All of them.
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn clear(&mut self) {
        self.len = 0;
        self.ends.clear();
    }

    /// Calls `each` with the bytes of the strings.
    fn try_for_each<'b>(&'b self, mut each: impl FnMut(&'b [u8]) -> Result<()>) -> Result<()> {
        let mut start = 0;
        self.ends.iter().try_for_each(|end| {
            let string = self.bytes().get(start..*end).unwrap_or_default();
            start = *end;
            each(string)
        })
    }

    /// Lets each string end at its first NUL.
    fn cut_at_nuls(&mut self) -> Result<()> {
        // Looks at all of them, so that it can look at many at once; there is hardly ever one.
        if self.bytes().iter().fold(true, |none, byte| none & (*byte != 0)) {
            return Ok(());
        }
        let mut cut = Self::default();
        self.try_for_each(|string| {
            let string = up_to_nul(string);
            cut.push(string, string.len());
            Ok(())
        })?;
        *self = cut;
        Ok(())
    }

    /// All of them as one text.
    fn text(&self) -> Result<&str> {
        let text = simdutf8::basic::from_utf8(self.bytes()).ok();
        let whole = |text: &&str| self.ends.iter().all(|end| text.is_char_boundary(*end));
        match text.filter(whole) {
            Some(text) => Ok(text),
            None => {
                self.try_for_each(|string| utf8(string).map(|_| ()))?;
                utf8(self.bytes())
            }
        }
    }
}

impl TextForm {
    /// Calls `take` with the strings of the elements in `stored`, of `size` bytes each: with a text,
    /// and where in it the strings end that it is made of.
    ///
    /// # Errors
    ///
    /// Those of `take`, and where a string is not UTF-8 or is not there.
    pub(crate) fn for_each_text(
        self,
        stored: &[u8],
        size: usize,
        heap: &dyn HeapSource,
        take: &mut dyn FnMut(&str, &[usize]) -> Result<()>,
    ) -> Result<()> {
        let (mut rest, mut batch) = (stored, TextBatch::default());
        while let Some(element) = rest.get(..size.max(1)) {
            batch.clear();
            match self {
                Self::Heap(form) => heap.pack(form, rest, &mut batch)?,
                _ => self.pack(rest, size, &mut batch),
            }
            let taken = batch.len().max(1).saturating_mul(size.max(1));
            if batch.len() == 0 {
                self.with(element, heap, &mut |bytes| take(utf8(bytes)?, &[bytes.len()]))?;
            } else {
                if matches!(self, Self::Heap(_)) {
                    batch.cut_at_nuls()?;
                }
                take(batch.text()?, &batch.ends)?;
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Puts the first strings that lie in their elements into `batch`.
    fn pack(self, stored: &[u8], size: usize, batch: &mut TextBatch) {
        for element in stored.chunks_exact(size.max(1)) {
            if !batch.has_room(size) {
                return;
            }
            batch.push(element, self.in_element(element).len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_their_first_nul() {
        let mut batch = TextBatch::default();
        for string in ["a", "b\0c", "\0", "", "ä\0\0"] {
            batch.push(string.as_bytes(), string.len());
        }
        batch.cut_at_nuls().unwrap();
        assert_eq!((batch.text().unwrap(), &*batch.ends), ("abä", &[1, 2, 2, 2, 4][..]));
        batch.cut_at_nuls().unwrap();
        assert_eq!(batch.len(), 5);
    }

    #[test]
    fn each_string_is_utf8_and_the_first_that_is_not_is_named() {
        let mut batch = TextBatch::default();
        batch.push("é".as_bytes(), 2);
        assert_eq!(batch.text().unwrap(), "é");
        batch.push(b"x\xc3", 2);
        batch.push(b"\xa9", 1);
        assert!(batch.text().unwrap_err().to_string().contains("\"x"));
        assert!(!batch.has_room(BYTES) && batch.has_room(1));
        batch.clear();
        assert!(batch.has_room(BYTES) && !batch.has_room(BYTES + 1));
    }
}
