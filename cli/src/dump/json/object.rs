//! Objects in JSON.

use hdfive::{
    Attribute, Dataset, Element, Elements, Error, LinkInfo, LinkTarget, Location, LocationType,
    Selection,
};
use serde_json::{Value, json};

use super::Writer;
use crate::blocks::Blocks;
use crate::digest::describe_type;
use crate::dump::dataset::seen;
use crate::dump::order;
use crate::dump::reference::Names;
use crate::dump::subset::{Axis, selection};
use crate::failure::Failure;
use crate::names::{before_nul, text};
use crate::text::json::of_element;

/// Writes an object; of the elements of a dataset those of `axes`, if given.
pub(super) fn write(
    json: &mut Writer<'_, '_, '_>,
    location: &Location,
    axes: Option<&[Axis]>,
) -> Result<(), Failure> {
    if let Some(path) = json.dump.shown_before(location) {
        return json.value(&json!({"type": "hard link", "path": path}));
    }
    let kind = match location.loc_type() {
        Ok(LocationType::Group) => "group",
        Ok(LocationType::Dataset) => "dataset",
        Ok(LocationType::NamedDatatype) => "datatype",
        _ => "unknown",
    };
    json.raw("{")?;
    json.key("type", true)?;
    json.value(&Value::from(kind))?;
    if let Some(comment) = location.comment() {
        json.key("comment", false)?;
        json.value(&Value::from(before_nul(&comment)))?;
    }
    match kind {
        "dataset" => dataset(json, location, axes)?,
        "datatype" => {
            if let Ok(datatype) = location.as_datatype() {
                json.key("datatype", false)?;
                json.value(&describe_type(datatype.definition()))?;
            }
        }
        _ => {}
    }
    if json.dump.options.attributes {
        attributes(json, location)?;
    }
    if kind == "group" && !json.dump.is_too_deep() {
        json.dump.depth = json.dump.depth.saturating_add(1);
        let done = links(json, location);
        json.dump.depth = json.dump.depth.saturating_sub(1);
        done?;
    }
    json.raw("}")
}

fn attributes(json: &mut Writer<'_, '_, '_>, location: &Location) -> Result<(), Failure> {
    let all = match order::attributes(location, json.dump.options) {
        Ok(all) => all,
        Err(error) => {
            json.dump.error(&format!("error getting attribute information: {error}"));
            return Ok(());
        }
    };
    json.key("attributes", false)?;
    json.raw("{")?;
    for (number, (name, attribute)) in all.into_iter().enumerate() {
        json.key(&name, number == 0)?;
        match attribute {
            Ok(attribute) => of_attribute(json, &attribute)?,
            Err(error) => {
                json.dump.error(&format!("unable to open attribute \"{name}\": {error}"));
                json.raw("null")?;
            }
        }
    }
    json.raw("}")
}

fn of_attribute(json: &mut Writer<'_, '_, '_>, attribute: &Attribute) -> Result<(), Failure> {
    let parts = attribute.dtype().and_then(|datatype| Ok((datatype, attribute.space()?)));
    let (datatype, space) = match parts {
        Ok(parts) => parts,
        Err(error) => return failed(json, &error, "null"),
    };
    json.raw("{")?;
    json.key("datatype", true)?;
    json.value(&describe_type(datatype.definition()))?;
    json.key("shape", false)?;
    json.value(&if space.is_null() { Value::Null } else { Value::from(space.dims()) })?;
    if json.dump.options.data || json.dump.options.attribute_data {
        json.key("data", false)?;
        if space.is_null() {
            json.raw("null")?;
        } else {
            let mut once = Some(Selection::All);
            data(json, space.dims(), &mut || once.take().map(|all| attribute.read_elements(all)))?;
        }
    }
    json.raw("}")
}

fn dataset(
    json: &mut Writer<'_, '_, '_>,
    location: &Location,
    axes: Option<&[Axis]>,
) -> Result<(), Failure> {
    let opened = location.as_dataset().and_then(|dataset| seen(&dataset, json.dump.options));
    let parts = opened.and_then(|dataset| {
        let (datatype, space) = (dataset.dtype()?, dataset.space()?);
        Ok((dataset, datatype, space))
    });
    let (dataset, datatype, space) = match parts {
        Ok(parts) => parts,
        Err(error) => return failed(json, &error, ""),
    };
    json.key("datatype", false)?;
    json.value(&describe_type(datatype.definition()))?;
    json.key("shape", false)?;
    json.value(&if space.is_null() { Value::Null } else { Value::from(space.dims()) })?;
    json.key("max_shape", false)?;
    json.value(&Value::from(space.maxdims()))?;
    if !json.dump.options.data {
        return Ok(());
    }
    json.key("data", false)?;
    if space.is_null() {
        return json.raw("null");
    }
    elements(json, &dataset, space.dims(), axes, datatype.definition().size.into())
}

fn elements(
    json: &mut Writer<'_, '_, '_>,
    dataset: &Dataset,
    dims: &[u64],
    axes: Option<&[Axis]>,
    size: u64,
) -> Result<(), Failure> {
    if let Some(axes) = axes {
        let len = |axis: &Axis| axis.count.saturating_mul(axis.block);
        let shape: Vec<u64> = axes.iter().map(len).collect();
        let mut once = Some(selection(axes));
        return data(json, &shape, &mut || once.take().map(|part| dataset.read_elements(part)));
    }
    let mut blocks = Blocks::of(dims, size, None);
    let is_empty = dims.contains(&0);
    data(json, dims, &mut || {
        blocks.next().filter(|_| !is_empty).map(|block| dataset.read_elements(block))
    })
}

/// Writes elements that `next` gives block by block, as nested arrays of this shape.
fn data(
    json: &mut Writer<'_, '_, '_>,
    shape: &[u64],
    next: &mut dyn FnMut() -> Option<Result<Elements, Error>>,
) -> Result<(), Failure> {
    if shape.contains(&0) {
        return json.raw("[]");
    }
    let names = Names::of(json.dump);
    let path_of = |element: &Element<'_>| names.path_of(element);
    let mut position = 0_u64;
    while let Some(read) = next() {
        let elements = match read {
            Ok(elements) => elements,
            Err(error) if position == 0 => return failed(json, &error, "null"),
            // The document ends within an array: there is no way back.
            Err(error) => return Err(Failure::Told(format!("unable to print data: {error}"))),
        };
        for element in elements.iter() {
            let begun = ends(shape, position);
            json.raw(if position > 0 { "," } else { "" })?;
            json.raw(&"[".repeat(if position == 0 { shape.len() } else { begun }))?;
            let value = of_element(&path_of, &element).unwrap_or_else(|error| {
                json.dump.error(&format!("unable to print data: {error}"));
                Value::Null
            });
            json.value(&value)?;
            position = position.saturating_add(1);
            json.raw(&"]".repeat(ends(shape, position)))?;
        }
    }
    Ok(())
}

/// How many arrays end where this many elements are written.
fn ends(shape: &[u64], written: u64) -> usize {
    let mut volume = 1_u64;
    let mut count = 0_usize;
    for len in shape.iter().rev() {
        volume = volume.saturating_mul(*len);
        if !written.is_multiple_of(volume) {
            break;
        }
        count = count.saturating_add(1);
    }
    count
}

fn failed(json: &mut Writer<'_, '_, '_>, error: &Error, instead: &str) -> Result<(), Failure> {
    json.dump.error(&error.to_string());
    json.raw(instead)
}

fn links(json: &mut Writer<'_, '_, '_>, location: &Location) -> Result<(), Failure> {
    let group = match location.as_group() {
        Ok(group) => group,
        Err(error) => return failed(json, &error, ""),
    };
    json.key("links", false)?;
    json.raw("{")?;
    for (number, link) in order::links(&group, json.dump.options).into_iter().enumerate() {
        json.key(&link.name, number == 0)?;
        let LinkTarget::Hard(token) = link.target else {
            json.value(&of_link(&link))?;
            continue;
        };
        match group.open_by_token(token) {
            Ok(location) => write(json, &location, None)?,
            Err(error) => failed(json, &error, "null")?,
        }
    }
    json.raw("}")
}

fn of_link(link: &LinkInfo) -> Value {
    match &link.target {
        LinkTarget::Soft(path) => json!({"type": "soft link", "path": before_nul(path)}),
        LinkTarget::External { file, object } => json!({
            "type": "external link", "file": before_nul(file), "path": before_nul(object),
        }),
        LinkTarget::UserDefined { kind, data } => {
            json!({"type": "user-defined link", "class": kind, "value": text(data)})
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_end_where_their_elements_do() {
        let ended: Vec<usize> = (1..=6).map(|written| ends(&[3, 2], written)).collect();
        assert_eq!(ended, [0, 1, 0, 1, 0, 2]);
        assert_eq!(ends(&[], 1), 0);
    }
}
