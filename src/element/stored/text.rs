//! Strings in the element to strings in the element.

use crate::element::ConversionMode;
use crate::error::{Error, Result};
use crate::format::datatype::{CharacterSet, Datatype, FixedString, StringPadding};

/// The conversion of one string type to another.
#[derive(Debug)]
pub(super) struct Text {
    from_size: usize,
    to_size: usize,
    from: StringPadding,
    to: StringPadding,
    /// The character set that the strings have to be in though their type does not say so.
    into: Option<CharacterSet>,
}

/// A string without its padding. Unlike a reader, this takes a string that is padded with NULs to
/// end at the first: so does libhdf5 in conversions.
fn read(padding: StringPadding, element: &[u8]) -> &[u8] {
    let len = match padding {
        StringPadding::SpacePadded => {
            element.iter().rposition(|byte| *byte != b' ').map_or(0, |at| at.saturating_add(1))
        }
        _ => element.iter().position(|byte| *byte == 0).unwrap_or(element.len()),
    };
    element.get(..len).unwrap_or(element)
}

impl Text {
    pub(super) fn new(
        (from, ours): (&Datatype, FixedString),
        (to, theirs): (&Datatype, FixedString),
    ) -> Result<Self> {
        for string in [ours, theirs] {
            if let StringPadding::Reserved(number) = string.padding {
                return Err(Error::unsupported(format!("string padding {number}")));
            }
        }
        let into = match (ours.character_set, theirs.character_set) {
            (ours, theirs) if ours == theirs => None,
            (_, CharacterSet::Reserved(number)) | (CharacterSet::Reserved(number), _) => {
                return Err(Error::unsupported(format!("character set {number}")));
            }
            (_, theirs) => Some(theirs),
        };
        let size = |of: &Datatype| usize::try_from(of.size).unwrap_or(usize::MAX).max(1);
        let (from_size, to_size) = (size(from), size(to));
        Ok(Self { from_size, to_size, from: ours.padding, to: theirs.padding, into })
    }

    pub(super) fn run(&self, mode: ConversionMode, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let elements = stored.chunks_exact(self.from_size);
        elements.zip(out.chunks_exact_mut(self.to_size)).try_for_each(|(element, out)| {
            let text = read(self.from, element);
            self.check(text)?;
            self.write(text, out);
            if mode == ConversionMode::Exact && read(self.to, out) != text {
                let shown = String::from_utf8_lossy(text.get(..64).unwrap_or(text));
                let problem = format!("string {shown:?} does not fit {} bytes", out.len());
                return Err(Error::conversion(problem));
            }
            Ok(())
        })
    }

    fn check(&self, text: &[u8]) -> Result<()> {
        let fits = match self.into {
            None => true,
            Some(CharacterSet::Utf8) => std::str::from_utf8(text).is_ok(),
            Some(_) => text.is_ascii(),
        };
        if fits {
            return Ok(());
        }
        let set = if self.into == Some(CharacterSet::Utf8) { "UTF-8" } else { "ASCII" };
        let shown = String::from_utf8_lossy(text.get(..64).unwrap_or(text));
        Err(Error::conversion(format!("string {shown:?} is not {set}")))
    }

    fn write(&self, text: &[u8], out: &mut [u8]) {
        let (room, padding) = match self.to {
            StringPadding::NullTerminated => (out.len().saturating_sub(1), 0),
            StringPadding::SpacePadded => (out.len(), b' '),
            _ => (out.len(), 0),
        };
        out.fill(padding);
        for (to, from) in out.iter_mut().take(room).zip(text) {
            *to = *from;
        }
    }
}
