//! What stands between and around the parts of values.

use super::printf::Format;

/// How values look.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    pub(crate) array: Brackets,
    pub(crate) compound: Brackets,
    pub(crate) sequence: Brackets,
    /// Whether the elements of an array stand apart.
    pub(crate) spaced: bool,
    /// Whether each row of an array and each member of a compound has a line of its own.
    pub(crate) lines: bool,
    /// Whether members are named.
    pub(crate) names: bool,
    pub(crate) float: Format,
    /// Of numbers of eight bytes, where they differ.
    pub(crate) double: Option<Format>,
    pub(crate) long_double: Format,
    /// Whether characters of strings that cannot be seen are escaped.
    pub(crate) escape: bool,
    /// Whether integers of one byte are characters.
    pub(crate) characters: bool,
    /// From how many on characters that repeat are counted; 0: never.
    pub(crate) repeat: usize,
    /// Bits that are shown of integers.
    pub(crate) bits: Option<Bits>,
    /// Whether elements are shown as their bytes.
    pub(crate) raw: bool,
}

/// What stands before, between and behind parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brackets {
    pub(crate) open: &'static str,
    pub(crate) between: &'static str,
    pub(crate) close: &'static str,
}

/// Some bits of integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) offset: u32,
    pub(crate) length: u32,
}

impl Style {
    /// That of `h5dump`'s data.
    pub(crate) fn ddl() -> Self {
        Self {
            array: Brackets { open: "[ ", between: ",", close: " ]" },
            compound: Brackets { open: "{", between: ",", close: "}" },
            sequence: Brackets { open: "(", between: ", ", close: ")" },
            spaced: true,
            lines: true,
            names: false,
            float: Format::default(),
            double: None,
            long_double: Format::default(),
            escape: false,
            characters: false,
            repeat: 0,
            bits: None,
            raw: false,
        }
    }
}
