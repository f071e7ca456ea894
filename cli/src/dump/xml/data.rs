//! Elements in XML.

use hdfive::definition::{Class, Datatype, ReferenceKind, VarLenKind};
use hdfive::{Attribute, Dataset, Element, Elements, Error, Selection};

use super::Writer;
use super::names::string as escaped;
use crate::blocks::Blocks;
use crate::dump::LEVEL;
use crate::dump::data::style as ddl_style;
use crate::dump::reference::Names;
use crate::failure::Failure;
use crate::names::text as decoded;
use crate::text::flow::{Flow, Frame, Index};
use crate::text::style::{Brackets, Style};
use crate::text::value::Values;

/// Says that there are no elements.
pub(super) fn nothing(writer: &mut Writer<'_, '_, '_>) -> Result<(), Failure> {
    writer.element("Data", "", |writer| writer.empty("NoData", "/"))
}

/// Writes the elements of an attribute.
pub(super) fn of_attribute(
    writer: &mut Writer<'_, '_, '_>,
    attribute: &Attribute,
) -> Result<(), Failure> {
    let datatype = match attribute.dtype() {
        Ok(datatype) => datatype,
        Err(error) => return failed(writer, &error),
    };
    let definition = datatype.definition();
    match &definition.class {
        Class::Compound(_) => {
            writer.line("<!-- Note: format of compound data not specified -->")?;
        }
        Class::VarLen(v) if v.kind != VarLenKind::String => {
            writer.line("<!-- Note: format of VL data not specified -->")?;
        }
        Class::Time(_) => return time(writer),
        Class::Reference(kind) => {
            return references(writer, *kind, || attribute.read_elements(Selection::All));
        }
        _ => {}
    }
    rows(writer, &mut |put| put(&attribute.read_elements(Selection::All)?))
}

/// Writes the elements of a dataset that is at the level where it stands itself.
pub(super) fn of_dataset(
    writer: &mut Writer<'_, '_, '_>,
    dataset: &Dataset,
    definition: &Datatype,
) -> Result<(), Failure> {
    match &definition.class {
        Class::Compound(_) => {
            writer.line("<!-- Note: format of compound data not specified -->")?;
        }
        Class::VarLen(v) if v.kind != VarLenKind::String => {
            // One level less deep than anything else.
            let depth = writer.dump.depth;
            writer.dump.depth = depth.saturating_sub(1);
            let done = writer.line("<!-- Note: format of VL data not specified -->");
            writer.dump.depth = depth;
            done?;
        }
        Class::Time(_) => return writer.deeper(time),
        Class::Reference(kind) => {
            return references(writer, *kind, || dataset.read_elements(Selection::All));
        }
        _ => {}
    }
    let dims = match dataset.space() {
        Ok(space) => space.dims().to_vec(),
        Err(error) => return failed(writer, &error),
    };
    let size = u64::from(definition.size);
    writer.deeper(|writer| {
        rows(writer, &mut |put| {
            Blocks::of(&dims, size, None).try_for_each(|block| put(&dataset.read_elements(block)?))
        })
    })
}

fn failed(writer: &mut Writer<'_, '_, '_>, error: &Error) -> Result<(), Failure> {
    writer.dump.error(&format!("unable to print data: {error}"));
    Ok(())
}

fn time(writer: &mut Writer<'_, '_, '_>) -> Result<(), Failure> {
    writer.open("Data", "")?;
    writer.line("<!-- Time data not yet implemented. -->")?;
    writer.empty("NoData", " /")?;
    writer.open("Data", "")
}

/// References: the paths they refer to.
fn references(
    writer: &mut Writer<'_, '_, '_>,
    kind: ReferenceKind,
    read: impl FnOnce() -> Result<Elements, Error>,
) -> Result<(), Failure> {
    writer.open("Data", "")?;
    if kind != ReferenceKind::Object {
        writer.line("<!-- Note: Region references not supported -->")?;
        writer.empty("NoData", " /")?;
        return writer.close("Data");
    }
    writer.open("DataFromFile", "")?;
    match read() {
        Ok(elements) => {
            let names = Names::of(writer.dump);
            writer.deeper(|writer| {
                elements.iter().try_for_each(|element| {
                    let path = names.path_of(&element).unwrap_or_else(|| "NULL".to_owned());
                    writer.line(&format!("\"{}\"", escaped(&path)))
                })
            })?;
        }
        Err(error) => failed(writer, &error)?,
    }
    writer.close("DataFromFile")?;
    writer.close("Data")
}

/// What takes a block of elements.
type Put<'p> = &'p mut dyn FnMut(&Elements) -> Result<(), Error>;

/// Writes elements that `read` gives block by block, each in a line of its own.
fn rows(
    writer: &mut Writer<'_, '_, '_>,
    read: &mut dyn FnMut(Put<'_>) -> Result<(), Error>,
) -> Result<(), Failure> {
    writer.element("Data", "", |writer| {
        writer.open("DataFromFile", "")?;
        let style = style(writer);
        let names = Names::of(writer.dump);
        let values = Values { style: &style, references: &names };
        let depth = writer.dump.depth;
        let mut flow = Flow::new(frame(writer), &[]);
        let mut done = Ok(());
        let mut position = 0;
        let result = read(&mut |elements| {
            for element in elements.iter() {
                let text = element_text(&values, &element, depth)?;
                if done.is_ok() {
                    done = flow.put(writer.dump.out.data(), &text, position);
                }
                position = position.saturating_add(1);
            }
            Ok(())
        });
        done?;
        if let Err(error) = result {
            failed(writer, &error)?;
        }
        writer.close("DataFromFile")
    })
}

fn frame(writer: &Writer<'_, '_, '_>) -> Frame {
    let depth = writer.dump.depth;
    Frame {
        width: writer.dump.options.width,
        indent: depth.saturating_mul(LEVEL),
        counted: depth.saturating_mul(LEVEL),
        index: Index::Nothing,
        between: " ",
        end: "",
        single: writer.dump.options.single,
    }
}

fn style(writer: &Writer<'_, '_, '_>) -> Style {
    let plain = |open: &'static str, between: &'static str| Brackets { open, between, close: "" };
    Style {
        array: plain("", ""),
        compound: plain("", " "),
        sequence: plain(" ", " "),
        lines: false,
        ..ddl_style(writer.dump)
    }
}

/// The text of an element; strings that are elements themselves are made fit for XML.
fn element_text(values: &Values<'_>, element: &Element<'_>, depth: usize) -> Result<String, Error> {
    let until_nul =
        |bytes: &[u8]| decoded(bytes.split(|byte| *byte == 0).next().unwrap_or_default());
    let string = match &element.datatype().class {
        Class::String(_) => Some(until_nul(element.bytes())),
        Class::VarLen(v) if v.kind == VarLenKind::String => match element.variable()? {
            Some(text) => Some(until_nul(text.bytes())),
            None => return Ok("NULL".to_owned()),
        },
        _ => None,
    };
    match string {
        Some(string) => Ok(format!("\"{}\"", escaped(&string))),
        None => values.text(element, depth),
    }
}
