//! Strings one behind the other, many at a time: to look at each by itself costs more than to copy it.

use super::HeapSource;
use super::text::{TextForm, up_to_nul, utf8};
use crate::error::Result;

/// Bytes of a batch, about: few enough to stay in the processor's cache.
const BYTES: usize = 32 << 10;
/// Strings of a batch.
const STRINGS: usize = 2048;
/// Strings of no more bytes are copied as so many.
pub(crate) const SHORT: usize = 64;

/// Strings one behind the other, and where each ends.
#[derive(Debug, Default)]
pub(crate) struct TextBatch {
    /// The strings, and room.
    bytes: Vec<u8>,
    /// Bytes of the strings.
    filled: usize,
    /// Where the strings end, and room.
    ends: Vec<usize>,
    /// How many there are.
    count: usize,
}

impl TextBatch {
    /// With room for `count` short strings, or for as many as a batch has.
    pub(crate) fn with_room(count: usize) -> Self {
        let bytes = count.saturating_mul(SHORT).min(BYTES).saturating_add(SHORT);
        Self { bytes: vec![0; bytes], filled: 0, ends: vec![0; count.min(STRINGS)], count: 0 }
    }

    /// Whether it has room for a string of so many bytes. An empty one has none for a string that is
    /// better taken from where it is.
    #[inline]
    pub(crate) fn has_room(&self, len: usize) -> bool {
        self.count < STRINGS && self.filled.saturating_add(len) <= BYTES
    }

    /// Puts short strings behind the others, as long as there is room for any and `next` has one: its
    /// length, and bytes that begin with it.
    ///
    /// Gives how many those were.
    #[inline]
    pub(crate) fn fill<'a>(
        &mut self,
        mut next: impl FnMut() -> Option<(&'a [u8; SHORT], usize)>,
    ) -> usize {
        let mut taken = 0usize;
        for end in self.ends.iter_mut().skip(self.count) {
            let to = self.bytes.get_mut(self.filled..).unwrap_or_default();
            let Some(to) = to.first_chunk_mut::<SHORT>() else { break };
            let Some((bytes, len)) = next() else { break };
            *to = *bytes;
            self.filled = self.filled.saturating_add(len.min(SHORT));
            *end = self.filled;
            taken = taken.saturating_add(1);
        }
        self.count = self.count.saturating_add(taken);
        taken
    }

    /// Puts the first `len` of `bytes` behind the others: what is behind them in `bytes` spares a call
    /// that copies no more than they are.
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8], len: usize) {
        let mut one = bytes.first_chunk().filter(|_| len <= SHORT);
        if self.fill(|| one.take().map(|bytes| (bytes, len))) == 0 {
            self.push_any(bytes.get(..len).unwrap_or(bytes));
        }
    }

    /// As [`push`](Self::push), of a string that is long, or for which room is to be made.
    #[inline(never)]
    fn push_any(&mut self, string: &[u8]) {
        let end = self.filled.saturating_add(string.len());
        if self.bytes.len() < end.saturating_add(SHORT) {
            self.bytes.resize(end.max(BYTES).saturating_add(SHORT), 0);
        }
        if let Some(to) = self.bytes.get_mut(self.filled..end) {
            to.copy_from_slice(string);
        }
        if self.ends.len() <= self.count {
            self.ends.resize(self.count.saturating_add(1).max(STRINGS), 0);
        }
        if let Some(last) = self.ends.get_mut(self.count) {
            *last = end;
        }
        self.filled = end;
        self.count = self.count.saturating_add(1);
    }

    /// All of them.
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }

    /// Where each ends.
    fn ends(&self) -> &[usize] {
        self.ends.get(..self.count).unwrap_or_default()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn clear(&mut self) {
        (self.filled, self.count) = (0, 0);
    }

    /// Calls `each` with the bytes of the strings.
    pub(crate) fn try_for_each<'b>(
        &'b self,
        mut each: impl FnMut(&'b [u8]) -> Result<()>,
    ) -> Result<()> {
        let mut start = 0;
        self.ends().iter().try_for_each(|end| {
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
        // Looks at all of them: there is hardly ever one that begins within a character.
        let bytes = self.bytes();
        let begins = |end: &usize| bytes.get(*end).is_none_or(|byte| byte & 0xc0 != 0x80);
        let whole = |_: &&str| self.ends().iter().fold(true, |all, end| all & begins(end));
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
        let count = stored.len().checked_div(size).unwrap_or(0);
        let (mut rest, mut batch) = (stored, TextBatch::with_room(count));
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
                take(batch.text()?, batch.ends())?;
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Puts the first strings that lie in their elements into `batch`.
    fn pack(self, stored: &[u8], size: usize, batch: &mut TextBatch) {
        let (size, mut rest) = (size.max(1), stored);
        while let Some(element) = rest.get(..size).filter(|_| batch.has_room(size)) {
            batch.push(rest, self.in_element(element).len());
            rest = rest.get(size..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_whatever_is_behind_it() {
        let long: Vec<u8> = (0..200).collect();
        let mut batch = TextBatch::with_room(4);
        let lens = [3, 0, SHORT, SHORT + 1, 200, 1, 2];
        lens.iter().for_each(|len| batch.push(&long, *len));
        let mut found = Vec::new();
        let each = |string: &[u8]| {
            found.push(string.to_vec());
            Ok(())
        };
        batch.try_for_each(each).unwrap();
        assert_eq!((found, batch.len()), (lens.map(|len| long[..len].to_vec()).to_vec(), 7));
    }

    #[test]
    fn strings_end_at_their_first_nul() {
        let mut batch = TextBatch::default();
        for string in ["a", "b\0c", "\0", "", "ä\0\0"] {
            batch.push(string.as_bytes(), string.len());
        }
        batch.cut_at_nuls().unwrap();
        assert_eq!((batch.text().unwrap(), batch.ends()), ("abä", &[1, 2, 2, 2, 4][..]));
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
