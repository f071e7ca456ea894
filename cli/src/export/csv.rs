//! Comma-separated values.

use std::io::Write;

use hdfive::definition::{Class, Datatype, StringPadding, VarLenKind};
use hdfive::{Element, Error};

use super::scalar::Number;
use crate::failure::Failure;
use crate::memory::volume;
use crate::names::{printable, text};
use crate::output;
use crate::part::Part;
use crate::text::json;

/// Bytes of lines that are written at once.
const FLUSH: usize = 1 << 16;

/// Most columns: a hostile type could name many thousand millions.
const MAX_COLUMNS: u64 = 1 << 20;

/// Writes a line for each row, that is, for all elements along the last axis of two or more; of
/// elements that have parts, for each element.
pub(super) fn write(part: &Part, out: &mut dyn Write) -> Result<(), Failure> {
    let columns = columns(&part.datatype);
    if columns > MAX_COLUMNS {
        let why = format!("{columns} columns are more than {MAX_COLUMNS}: jsonl has no bound");
        return Err(part.failure(why));
    }
    let has_parts = has_parts(&part.datatype);
    let row = match part.dims.as_slice() {
        [_, .., last] if !has_parts => *last,
        _ => 1,
    };
    let path_of = |element: &Element<'_>| path_of(part, element);
    let mut cells = Cells {
        line: String::new(),
        first: true,
        number: Number::of(&part.datatype),
        path_of: &path_of,
        for_terminal: output::is_terminal(),
    };
    if has_parts && matches!(part.datatype.class, Class::Compound(_)) {
        cells.header(&part.datatype, "");
        cells.end();
    }
    let mut position = 0_u64;
    let done = part.read(&mut |elements| {
        for element in elements.iter() {
            cells.element(&element)?;
            position = position.saturating_add(1);
            if position.is_multiple_of(row.max(1)) {
                cells.end();
                if cells.line.len() >= FLUSH {
                    out.write_all(cells.line.as_bytes())?;
                    cells.line.clear();
                }
            }
        }
        Ok(())
    });
    done.map_err(|trouble| part.told(trouble))?;
    Ok(out.write_all(cells.line.as_bytes())?)
}

/// The path of what a reference refers to.
pub(super) fn path_of(part: &Part, element: &Element<'_>) -> Option<String> {
    let reference = element.reference().ok().flatten().filter(|reference| !reference.is_null())?;
    let object = part.dataset.dereference(&reference).ok()?;
    Some(object.location().name())
}

/// Whether an element has more than one cell.
fn has_parts(datatype: &Datatype) -> bool {
    match datatype.class {
        Class::Compound(_) => !is_complex(datatype),
        Class::Array(_) => true,
        _ => false,
    }
}

/// Whether it is a complex number, as a class of its own or as h5py makes them.
fn is_complex(datatype: &Datatype) -> bool {
    match &datatype.class {
        Class::Complex(complex) => matches!(complex.base.class, Class::Float(_)),
        Class::Compound(members) => match members.as_slice() {
            [re, im] => {
                (re.name.as_slice(), im.name.as_slice()) == (b"r".as_slice(), b"i".as_slice())
                    && re.datatype == im.datatype
                    && matches!(re.datatype.class, Class::Float(_))
            }
            _ => false,
        },
        _ => false,
    }
}

/// How many columns an element has.
fn columns(datatype: &Datatype) -> u64 {
    match &datatype.class {
        Class::Compound(members) => {
            members.iter().fold(0, |sum, member| sum.saturating_add(columns(&member.datatype)))
        }
        Class::Array(array) => array.len().saturating_mul(columns(&array.base)),
        _ => 1,
    }
}

/// Cells on their way to the output.
struct Cells<'a> {
    line: String,
    /// Whether the next cell is the first of its line.
    first: bool,
    /// How elements are read that are plain numbers.
    number: Option<Number>,
    path_of: json::PathOf<'a>,
    for_terminal: bool,
}

impl Cells<'_> {
    /// The names of all columns of a compound.
    fn header(&mut self, datatype: &Datatype, name: &str) {
        match &datatype.class {
            Class::Compound(members) if has_parts(datatype) => {
                for member in members {
                    let dot = if name.is_empty() { "" } else { "." };
                    let name = format!("{name}{dot}{}", text(&member.name));
                    self.header(&member.datatype, &name);
                }
            }
            Class::Array(array) => {
                let dims: Vec<u64> = array.dimensions.iter().copied().map(u64::from).collect();
                for number in 0..volume(&dims) {
                    let mut places = Vec::new();
                    let mut left = number;
                    for len in dims.iter().rev() {
                        places.push(left.checked_rem(*len).unwrap_or(0).to_string());
                        left = left.checked_div(*len).unwrap_or(0);
                    }
                    places.reverse();
                    self.header(&array.base, &format!("{name}[{}]", places.join(",")));
                }
            }
            _ => {
                self.begin();
                self.quoted(name);
            }
        }
    }

    fn element(&mut self, element: &Element<'_>) -> Result<(), Error> {
        if let Some(number) = self.number {
            self.begin();
            return number.push(&mut self.line, element);
        }
        self.part(element)
    }

    fn part(&mut self, part: &Element<'_>) -> Result<(), Error> {
        if has_parts(part.datatype()) {
            return part.parts().try_for_each(|part| self.part(&part));
        }
        self.cell(part)
    }

    fn cell(&mut self, element: &Element<'_>) -> Result<(), Error> {
        self.begin();
        let datatype = element.datatype();
        if let Some(number) = Number::of(datatype) {
            return number.push(&mut self.line, element);
        }
        match &datatype.class {
            Class::String(string) => {
                let bytes = match string.padding {
                    StringPadding::SpacePadded => element.bytes().trim_ascii_end(),
                    _ => element.bytes(),
                };
                self.string(bytes);
            }
            Class::VarLen(variable) if variable.kind == VarLenKind::String => {
                if let Some(string) = element.variable()? {
                    self.string(string.bytes());
                }
            }
            _ if is_complex(datatype) => {
                for (number, part) in element.parts().enumerate() {
                    let mut text = String::new();
                    self.number_of(&part, &mut text)?;
                    let plus = number > 0 && !text.starts_with('-');
                    self.line.push_str(if plus { "+" } else { "" });
                    self.line.push_str(&text);
                }
                self.line.push('j');
            }
            _ => match json::of_element(self.path_of, element)? {
                serde_json::Value::Null => {}
                serde_json::Value::String(string) => self.quoted(&string),
                other => {
                    let text = other.to_string();
                    if text.contains([',', '"']) { self.quoted(&text) } else { self.line += &text }
                }
            },
        }
        Ok(())
    }

    fn number_of(&self, element: &Element<'_>, out: &mut String) -> Result<(), Error> {
        match Number::of(element.datatype()) {
            Some(number) => number.push(out, element),
            None => Ok(()),
        }
    }

    fn begin(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.line.push(',');
        }
    }

    fn end(&mut self) {
        self.line.push('\n');
        self.first = true;
    }

    fn string(&mut self, bytes: &[u8]) {
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        self.quoted(&text(bytes));
    }

    /// Text in quotes; those in it are doubled.
    fn quoted(&mut self, text: &str) {
        let shown;
        let text = if self.for_terminal {
            shown = printable(text);
            &shown
        } else {
            text
        };
        self.line.push('"');
        for (number, piece) in text.split('"').enumerate() {
            self.line.push_str(if number > 0 { "\"\"" } else { "" });
            self.line.push_str(piece);
        }
        self.line.push('"');
    }
}
