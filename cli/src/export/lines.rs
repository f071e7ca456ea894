//! JSON, a line for each place along the first axis.

use std::io::Write;

use hdfive::Element;

use super::csv::path_of;
use super::scalar::Number;
use crate::failure::Failure;
use crate::part::Part;
use crate::text::json;

/// Bytes of text that are written at once.
const FLUSH: usize = 1 << 16;

/// Writes a line for each place along the first axis: the element there, or nested arrays.
pub(super) fn write(part: &Part, out: &mut dyn Write) -> Result<(), Failure> {
    let path_of = |element: &Element<'_>| path_of(part, element);
    let number = Number::of(&part.datatype);
    // Elements of a line, of each array in it, and so on.
    let mut volumes: Vec<u64> = Vec::new();
    let mut volume = 1_u64;
    for len in part.dims.iter().skip(1).rev() {
        volume = volume.saturating_mul(*len);
        volumes.push(volume);
    }
    let edges = |position: u64| volumes.iter().take_while(|v| position.is_multiple_of(**v)).count();
    let mut text = String::new();
    let mut position = 0_u64;
    let done = part.read(&mut |elements| {
        for element in elements.iter() {
            (0..edges(position)).for_each(|_| text.push('['));
            match number {
                Some(number) => push_number(number, &mut text, &element)?,
                None => text.push_str(&json::of_element(&path_of, &element)?.to_string()),
            }
            position = position.saturating_add(1);
            let closed = edges(position);
            (0..closed).for_each(|_| text.push(']'));
            text.push(if closed == volumes.len() { '\n' } else { ',' });
            if text.len() >= FLUSH {
                out.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        Ok(())
    });
    done.map_err(|trouble| part.told(trouble))?;
    Ok(out.write_all(text.as_bytes())?)
}

/// Appends a number; what JSON has no number for is a string.
fn push_number(
    number: Number,
    text: &mut String,
    element: &Element<'_>,
) -> Result<(), hdfive::Error> {
    let begin = text.len();
    number.push(text, element)?;
    if text.get(begin..).is_some_and(|written| written.contains(['N', 'f'])) {
        text.insert(begin, '"');
        text.push('"');
    }
    Ok(())
}
