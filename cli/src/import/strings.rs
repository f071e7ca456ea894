//! Strings of a file, some at a time.

use std::io::{BufRead, Cursor, Seek};

use hdfive::types::StringBytes;

use super::input::{Class, Input};
use super::numbers;
use crate::failure::Why;

/// A file that is gone through twice: to count, and to read.
pub(super) trait Source: BufRead + Seek {}

impl<S: BufRead + Seek> Source for S {}

/// What there is of a file; what cannot be gone through twice is read at once.
pub(super) fn open(input: &Input) -> Result<Box<dyn Source>, Why> {
    let mut file = numbers::open(input)?;
    if file.get_ref().metadata().is_ok_and(|known| known.is_file()) {
        return Ok(Box::new(file));
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut bytes).map_err(failed)?;
    Ok(Box::new(Cursor::new(bytes)))
}

/// How many strings there are in all; the source is at its beginning afterwards.
pub(super) fn count(source: &mut dyn Source, class: Class) -> Result<usize, Why> {
    let mut count = 0_usize;
    let mut line = Vec::new();
    while next(source, class, &mut line)?.is_some() {
        count = count.saturating_add(1);
    }
    source.rewind().map_err(failed)?;
    Ok(count)
}

/// The next string: a line, as far as C goes in it, or what is between the first quote of a line and
/// the last.
pub(super) fn next(
    source: &mut dyn Source,
    class: Class,
    line: &mut Vec<u8>,
) -> Result<Option<StringBytes>, Why> {
    loop {
        line.clear();
        if source.read_until(b'\n', line).map_err(failed)? == 0 {
            return Ok(None);
        }
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let found = match class {
            Class::Quoted => between_quotes(text),
            _ => text.split(|byte| *byte == 0).next(),
        };
        if let Some(found) = found {
            return Ok(Some(StringBytes(found.to_vec())));
        }
    }
}

fn between_quotes(line: &[u8]) -> Option<&[u8]> {
    let quote = |byte: &u8| *byte == b'"';
    let first = line.iter().position(quote)?.checked_add(1)?;
    let last = line.iter().rposition(quote)?;
    line.get(first..last).filter(|text| !text.is_empty())
}

fn failed(why: std::io::Error) -> Why {
    Why(why.to_string())
}
