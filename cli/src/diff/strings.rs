//! Strings that are compared.

use std::io;

use hdfive::definition::StringPadding;

use super::report::Report;
use super::table::Table;

/// A string of fixed size, as long as `size` where the end is not marked.
pub(super) fn fixed(bytes: &[u8], padding: StringPadding, size: usize) -> Vec<u8> {
    match padding {
        StringPadding::NullTerminated => before_nul(bytes).to_vec(),
        padding => {
            let filler = if padding == StringPadding::SpacePadded { b' ' } else { 0 };
            let mut out = bytes.to_vec();
            out.resize(size.max(bytes.len()), filler);
            out
        }
    }
}

/// What stands before the end that a NUL marks.
pub(super) fn before_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Compares two strings, of which either may be missing; gives the number of differences: one where
/// the lengths differ, and one for each other character of the shorter one.
pub(super) fn strings(
    report: &mut Report<'_>,
    table: &mut Table,
    index: u64,
    texts: [Option<&[u8]>; 2],
) -> io::Result<u64> {
    let [first, second] = texts;
    let len = |text: Option<&[u8]>| text.map_or(0, <[u8]>::len);
    // The shorter one comes first in the table, and the second one where both are as long.
    let (short, long) = if len(first) < len(second) { (first, second) } else { (second, first) };
    let mut found = u64::from(len(short) != len(long));
    let (Some(short), Some(long)) = (short, long) else { return Ok(found) };
    let begins = long.starts_with(short);
    let places = if begins { short.len()..long.len() } else { 0..short.len() };
    for place in places {
        let characters = [short, long].map(|text| text.get(place).copied().unwrap_or(0));
        let [one, other] = characters;
        if one == other {
            continue;
        }
        if !begins {
            found = found.saturating_add(1);
        }
        if report.shows() {
            table.begin_line(report, index, Some(place), false)?;
            let [one, other] = characters.map(character);
            report.line(&format!("  {one}{:12}{other}", ""))?;
        }
    }
    Ok(found)
}

fn character(byte: u8) -> String {
    match byte {
        b'"' => "\\\"".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0x08 => "\\b".to_owned(),
        0x0c => "\\f".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        // As C writes a character that has a sign.
        0x80.. => format!("\\{:o}", i32::from(byte.cast_signed())),
        _ => format!("\\{byte:03o}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_as_their_padding_says() {
        assert_eq!(fixed(b"ab\0c", StringPadding::NullTerminated, 6), b"ab");
        assert_eq!(fixed(b"ab", StringPadding::NullPadded, 3), b"ab\0");
        assert_eq!(fixed(b"ab", StringPadding::SpacePadded, 3), b"ab ");
    }

    #[test]
    fn characters_are_escaped() {
        assert_eq!(character(b'a'), "a");
        assert_eq!(character(0), "\\000");
        assert_eq!(character(0xff), "\\37777777777");
    }
}
