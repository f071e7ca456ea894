//! Names from a file, made fit to be shown.

use std::fmt::Write;

/// A name as text: bytes that are not UTF-8 are escaped as `\xff`.
pub(crate) fn text(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to memory cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// What stands before the first NUL, where C would see the end.
pub(crate) fn before_nul(name: &str) -> &str {
    name.split('\0').next().unwrap_or(name)
}

/// A text without the characters that a terminal takes for orders.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_printable(c, &mut out));
    out
}

fn push_printable(c: char, out: &mut String) {
    match c {
        '\n' | '\t' | '\r' => out.extend(c.escape_default()),
        c if c.is_control() => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        // These reorder the text around them.
        '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            out.extend(c.escape_unicode());
        }
        c => out.push(c),
    }
}

/// A name as `h5ls` writes it: quotes, backslashes, control characters and, if `spaces`, spaces
/// behind a backslash.
pub(crate) fn escaped(name: &str, spaces: bool) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' ' if spaces => out.push_str("\\ "),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c => push_printable(c, &mut out),
        }
    }
    out
}

/// A name as C writes it in a literal.
pub(crate) fn c_escaped(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\'' | b'"' | b'\\' | b'?' => out.extend(['\\', char::from(*byte)]),
            0x07 => out.push_str("\\a"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x0b => out.push_str("\\v"),
            b' '..=b'~' => out.push(char::from(*byte)),
            // Writing to memory cannot fail.
            _ => drop(write!(out, "\\{byte:03o}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_escaped() {
        assert_eq!(text(b"a\xff\xc3\xa9"), "a\\xffé");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("a\x1b[31mé\n\u{202e}"), "a\\x1b[31mé\\n\\u{202e}");
    }
}
