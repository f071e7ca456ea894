//! Elements of datasets in a listing.

use std::io::Write;

use hdfive::definition::Class;
use hdfive::{Dataset, Element, Error, Location};

use super::options::Options;
use crate::blocks::Blocks;
use crate::failure::Failure;
use crate::memory::volume;
use crate::text::flow::{Flow, Frame, Index};
use crate::text::printf::Format;
use crate::text::style::{Brackets, Style};
use crate::text::value::{References, Values};

/// From how many on characters that repeat are counted.
const REPEAT: usize = 8;

/// Writes the elements of a dataset; gives the error that keeps them from being read.
pub(super) fn write(
    options: &Options,
    dataset: &Dataset,
    out: &mut dyn Write,
) -> Result<Option<Error>, Failure> {
    writeln!(out, "    Data:")?;
    match elements(options, dataset, out)? {
        None => {
            writeln!(out)?;
            Ok(None)
        }
        Some(error) => {
            writeln!(out, "        Unable to print data.")?;
            Ok(Some(error))
        }
    }
}

fn elements(
    options: &Options,
    dataset: &Dataset,
    out: &mut dyn Write,
) -> Result<Option<Error>, Failure> {
    let parts = dataset.dtype().and_then(|datatype| Ok((datatype, dataset.space()?)));
    let (datatype, space) = match parts {
        Ok(parts) => parts,
        Err(error) => return Ok(Some(error)),
    };
    if space.is_null() {
        return Ok(None);
    }
    let definition = datatype.definition();
    let is_character = matches!(definition.class, Class::Integer(_)) && definition.size == 1;
    let characters = options.string && is_character && !options.hexadecimal;
    let style = style(options, characters);
    let names = Names { owner: dataset };
    let values = Values { style: &style, references: &names };
    let mut flow = Flow::new(frame(options, characters), &[]);
    let mut first = First { out, begun: false };
    let between = if options.simple { " " } else { "," };
    let count = volume(space.dims());
    let mut position = 0_u64;
    for block in Blocks::of(space.dims(), definition.size.into(), None) {
        if count == 0 {
            break;
        }
        let read = match dataset.read_elements(block) {
            Ok(read) => read,
            Err(error) => return Ok(Some(error)),
        };
        for element in read.iter() {
            let mut text = match values.text(&element, 0) {
                Ok(text) => text,
                Err(error) => return Ok(Some(error)),
            };
            position = position.saturating_add(1);
            if position < count && !characters {
                text.push_str(between);
            }
            flow.put(&mut first, &text, position)?;
        }
    }
    if characters {
        first.write_all(b"\"")?;
    }
    Ok(None)
}

/// Leaves out the end of a line that stands before the first one.
struct First<'o> {
    out: &'o mut dyn Write,
    begun: bool,
}

impl Write for First<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if !self.begun && bytes.first() == Some(&b'\n') {
            self.begun = true;
            return Ok(1);
        }
        self.begun = true;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

fn frame(options: &Options, characters: bool) -> Frame {
    let plain = Frame {
        width: options.width,
        indent: 9,
        counted: 9,
        index: Index::Nothing,
        between: " ",
        end: "",
        single: false,
    };
    if characters {
        return Frame { index: Index::Text("\""), between: "", end: "\"", ..plain };
    }
    if options.simple {
        // No line is too long for a program.
        return Frame { width: 65_535, indent: 8, counted: 8, between: "", single: true, ..plain };
    }
    plain
}

fn style(options: &Options, characters: bool) -> Style {
    let brackets = |open, between, close| Brackets { open, between, close };
    let float = |text| Format::parse(text).unwrap_or_default();
    let simple = options.simple;
    let open_compounds = !simple || options.label;
    Style {
        array: if simple { brackets("", " ", "") } else { brackets("[", ",\u{1}", "]") },
        compound: match (simple, open_compounds) {
            (false, _) => brackets("{", ", \u{1}", "}"),
            (true, true) => brackets("{", " ", "}"),
            (true, false) => brackets("", " ", ""),
        },
        sequence: if simple { brackets("", " ", "") } else { brackets("(", ",\u{1}", ")") },
        spaced: simple,
        lines: false,
        names: options.label,
        float: float("%.6g"),
        double: Some(float("%.15g")),
        long_double: float("%.18Lg"),
        escape: true,
        characters,
        repeat: REPEAT,
        raw: options.hexadecimal,
        ..Style::ddl()
    }
}

/// Names what references refer to.
struct Names<'d> {
    owner: &'d Location,
}

impl References for Names<'_> {
    fn text(&self, element: &Element<'_>) -> Result<String, Error> {
        let Some(reference) = element.reference()?.filter(|reference| !reference.is_null()) else {
            return Ok("NULL".to_owned());
        };
        let object = self.owner.dereference(&reference)?;
        let kind = match &object {
            hdfive::ReferencedObject::Group(_) => "GROUP",
            hdfive::ReferencedObject::Dataset(_) => "DATASET",
            _ => "DATATYPE",
        };
        Ok(format!("{kind} \"{}\"", object.location().name()))
    }
}
