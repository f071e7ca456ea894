//! Fill values in XML.

use hdfive::definition::Class;
use hdfive::{AllocTime, Dataset, FillTime, FillValue};

use super::Writer;
use super::names::string as escaped;
use crate::dump::data::style;
use crate::dump::properties::usual_time;
use crate::dump::reference::Names;
use crate::failure::Failure;
use crate::text::value::Values;

/// Writes what stands where nothing was written.
pub(super) fn write(writer: &mut Writer<'_, '_, '_>, dataset: &Dataset) -> Result<(), Failure> {
    let fill_time = match dataset.fill_time() {
        Some(FillTime::Alloc) => "FillOnAlloc",
        Some(FillTime::Never) => "FillNever",
        _ => "FillIfSet",
    };
    let time = match dataset.alloc_time() {
        Some(AllocTime::Early) => "EARLY",
        Some(AllocTime::Incr) => "INCR",
        Some(AllocTime::Late) => "LATE",
        None => usual_time(dataset),
    };
    let time = match time {
        "EARLY" => "Early",
        "LATE" => "Late",
        _ => "Incremental",
    };
    let attributes = format!("FillTime=\"{fill_time}\" AllocationTime=\"{time}\"");
    writer.element("FillValueInfo", &attributes, |writer| {
        writer.element("FillValue", "", |writer| {
            let is_usual = fill_time == "FillIfSet";
            match dataset.fill() {
                FillValue::Undefined => writer.empty("NoFill", "/"),
                FillValue::Default if is_usual => writer.empty("NoFill", "/"),
                _ => value(writer, dataset),
            }
        })
    })
}

fn value(writer: &mut Writer<'_, '_, '_>, dataset: &Dataset) -> Result<(), Failure> {
    let class = dataset.dtype().map(|datatype| datatype.definition().class.clone());
    let remark = match &class {
        Ok(Class::String(_)) => "String fill values not yet implemented.",
        Ok(Class::VarLen(v)) if v.kind == hdfive::definition::VarLenKind::String => {
            "String fill values not yet implemented."
        }
        Ok(Class::Array(_)) => "Array fill values not yet implemented.",
        Ok(Class::Time(_)) => "Time fill not yet implemented.",
        Ok(Class::Compound(_)) => "Compound fill not yet implemented.",
        Ok(Class::VarLen(_)) => "VL fill not yet implemented.",
        Ok(_) => "",
        Err(_) => "Unknown fill datatype",
    };
    writer.element("Data", "", |writer| {
        if !remark.is_empty() {
            writer.line(&format!("<!-- {remark} -->"))?;
            return writer.empty("NoData", " /");
        }
        let text = escaped(&text(writer, dataset));
        writer.open("DataFromFile", "")?;
        writer.line(&format!("\"{text}\""))?;
        writer.close("DataFromFile")
    })
}

fn text(writer: &mut Writer<'_, '_, '_>, dataset: &Dataset) -> String {
    let style = style(writer.dump);
    let names = Names::of(writer.dump);
    let values = Values { style: &style, references: &names };
    let Some(elements) = dataset.fill_elements() else { return "0".to_owned() };
    let Some(element) = elements.get(0) else { return "0".to_owned() };
    values.text(&element, writer.dump.depth).unwrap_or_default()
}
