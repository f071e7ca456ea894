//! Many strings in one buffer.

use std::fmt;

use super::container::{Container, no_memory};
use super::heap::Heap;
use super::selection::Selection;
use crate::codec::Address;
use crate::element::TextForm;
use crate::error::{Error, Result};
use crate::io::pages;

/// Strings that lie one behind the other in one buffer: what
/// [`read_strings`](Container::read_strings) gives.
///
/// A million of them take two allocations, not a million and one as with `Vec<String>`.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::in_memory()?;
/// let names = file.create_dataset("names", ["Ada", "", "Grace"])?.read_strings(..)?;
/// assert_eq!(names.shape(), [3]);
/// assert_eq!(names.get(2), Some("Grace"));
/// assert_eq!(names.iter().map(str::len).max(), Some(5));
/// assert_eq!(names.as_str(), "AdaGrace");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Strings {
    shape: Vec<usize>,
    text: String,
    /// Where each string ends in the text, and the next one starts.
    ends: Vec<usize>,
}

impl Strings {
    /// Strings along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no string.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string at `index`, counted in row-major order.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start =
            index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..end)
    }

    /// All strings, in row-major order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let text = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            text
        })
    }

    /// All of them, one behind the other with nothing between.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where each string ends in [`as_str`](Self::as_str); it starts where the one before it ends.
    #[must_use]
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }
}

impl fmt::Debug for Strings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Container {
    /// Reads the selected strings, of bounded length or not, into one buffer: the fastest way to
    /// read many.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::in_memory()?;
    /// let stations = file.create_dataset("stations", ["EDDF", "LFPG", "EGLL"])?;
    /// let first = stations.read_strings(..2)?;
    /// assert_eq!(first.iter().collect::<Vec<_>>(), ["EDDF", "LFPG"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conversion`](crate::ErrorKind::Conversion) where the elements are no strings, or
    /// one is not UTF-8; else as [`read_slice_raw`](Self::read_slice_raw).
    pub fn read_strings(&self, selection: impl Into<Selection>) -> Result<Strings> {
        let _reading = self.named(self.found.store.reading())?;
        let read = || self.current()?.read_packed(&selection.into());
        self.named(read())
    }

    fn read_packed(&self, selection: &Selection) -> Result<Strings> {
        let resolved = self.resolve(selection)?;
        let stored = &self.stored_type().datatype;
        let form = TextForm::of(stored)?;
        let form = form.ok_or_else(|| Error::conversion("the elements are no strings"))?;
        let (count, size) = (self.count(&resolved.elements)?, self.stored_type().size());
        let size = usize::try_from(size).unwrap_or(usize::MAX).max(1);
        self.bytes_of(&resolved.elements)?;
        let (mut packed, mut ends) = (String::new(), Vec::new());
        pages::reserve_exact(&mut ends, count).ok_or_else(|| no_memory(count))?;
        let in_file = self.found.store.space().available(Address(0), u64::MAX);
        let (heap, all, all_ends) = (Heap::new(&self.found.store), &mut packed, &mut ends);
        self.read_blocks(&resolved.elements, &mut move |elements| {
            form.for_each_text(elements, size, &heap, &mut |text, in_text| {
                let before = all.len();
                if before == 0 {
                    *all = room_for(text.len(), in_text.len(), count, in_file);
                }
                all.push_str(text);
                // Both are in memory, so that the sum is, too.
                all_ends.extend(in_text.iter().map(|end| before.wrapping_add(*end)));
                Ok(())
            })
        })?;
        let narrow = |len: &u64| usize::try_from(*len).unwrap_or(usize::MAX);
        Ok(Strings { shape: resolved.shape.iter().map(narrow).collect(), text: packed, ends })
    }
}

/// An empty text with room for `count` strings, where `some` of them have `len` bytes; for no more than
/// `most` bytes, as a guess is no reason to ask for any memory there is.
fn room_for(len: usize, some: usize, count: usize, most: u64) -> String {
    let each = len.checked_div(some).unwrap_or(0).saturating_add(1);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    // Where there is no memory for a guess there may be for what it comes to.
    pages::reserve_exact(&mut bytes, each.saturating_mul(count).min(most)).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::types::{FixedAscii, StringBytes};
    use crate::{ErrorKind, File, Selection, Values};

    #[test]
    fn strings_of_all_forms_are_what_they_are_one_by_one() {
        let file = File::in_memory().unwrap();
        let texts: Vec<String> = (0..900).map(|n| "äb".repeat(n % 7) + &n.to_string()).collect();
        let rows = Values::with_shape(&texts, &[30, 30]).unwrap();
        let varying = file.create_dataset("varying", rows).unwrap();
        let packed = varying.read_strings((3..5, ..)).unwrap();
        assert_eq!(packed.shape(), [2, 30]);
        assert!(packed.iter().eq(&texts[90..150]));
        assert_eq!(packed.get(7), Some(texts[97].as_str()));
        assert_eq!((packed.get(60), packed.len()), (None, 60));
        let fixed = ["", "abc", "d"].map(|text| FixedAscii::<3>::from_ascii(text).unwrap());
        let fixed = file.create_dataset("fixed", &fixed).unwrap().read_strings(..).unwrap();
        assert_eq!(format!("{fixed:?}"), r#"["", "abc", "d"]"#);
    }

    #[test]
    fn many_and_long_strings_are_read_in_batches() {
        let file = File::in_memory().unwrap();
        let long = |n: usize| if n % 1000 == 999 { 40_000 + n } else { n % 9 };
        let texts: Vec<String> = (0..5000).map(|n| "ö".repeat(long(n))).collect();
        let dataset = file.create_dataset("many", &texts).unwrap();
        assert!(dataset.read_strings(..).unwrap().iter().eq(&texts));
        assert_eq!(dataset.read_raw::<String>().unwrap(), texts);
        let wrong = [b"fine".to_vec(), b"w\xff".to_vec()].map(StringBytes);
        let wrong = file.create_dataset("wrong", &wrong).unwrap();
        let error = wrong.read_raw::<String>().unwrap_err().to_string();
        assert!(error.contains("is not UTF-8"), "{error}");
    }

    #[test]
    fn strings_are_read_together_as_they_are_one_by_one() {
        let file = File::in_memory().unwrap();
        let texts: Vec<String> = (0..3000usize).map(|n| "aé\u{1f600}".repeat(n % 17)).collect();
        let dataset = file.create_dataset("texts", &texts).unwrap();
        let orders: [fn(u64) -> u64; 5] =
            [|n| n, |n| 2999 - n, |n| n ^ 1, |n| n * 7 % 3000, |n| n / 3];
        for order in orders {
            let points = || Selection::points((0..3000).map(|n| [order(n)])).unwrap();
            let packed = dataset.read_strings(points()).unwrap();
            let one_by_one = dataset.read_slice_raw::<StringBytes>(points()).unwrap();
            assert!(packed.iter().eq((0..3000).map(|n| &texts[order(n) as usize][..])));
            assert!(packed.iter().map(str::as_bytes).eq(one_by_one.iter().map(AsRef::as_ref)));
        }
    }

    #[test]
    fn each_string_is_utf8_by_itself() {
        let file = File::in_memory().unwrap();
        let halves = ["ä".as_bytes()[..1].to_vec(), "ä".as_bytes()[1..].to_vec()].map(StringBytes);
        let halves = file.create_dataset("halves", &halves).unwrap();
        let error = halves.read_strings(..).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Conversion(_)), "{error}");
        assert!(halves.read_strings(..0).unwrap().is_empty());
        assert!(file.create_dataset("x", 1).unwrap().read_strings(..).is_err());
    }
}
