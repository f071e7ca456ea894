//! References in canonical bytes.

use hdfive::definition::ReferenceKind;
use hdfive::{Element, Location, Reference, ReferenceTarget};

use super::encode::append_counted;
use super::selection;
use super::walk::Walk;
use crate::failure::Why;

/// What stands for an object that no path leads to.
const NOWHERE: &str = "?";

/// Numbers of the revised kinds.
const OBJECT: u8 = 2;
const REGION: u8 = 3;
const ATTRIBUTE: u8 = 4;

/// Appends a reference.
pub(super) fn append(
    walk: &Walk,
    kind: ReferenceKind,
    element: &Element<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Why> {
    if element.bytes().iter().all(|byte| *byte == 0) {
        append_counted(b"", out);
        return Ok(());
    }
    match kind {
        ReferenceKind::Object => append_object(walk, element, out),
        ReferenceKind::Region => append_region(walk, element, out),
        _ => append_revised(walk, element, out)?,
    }
    Ok(())
}

fn append_object(walk: &Walk, element: &Element<'_>, out: &mut Vec<u8>) {
    let token = element.reference().ok().flatten().and_then(|reference| reference.token());
    let path = token.and_then(|token| walk.path_of(token)).unwrap_or(NOWHERE);
    append_counted(path.as_bytes(), out);
}

fn append_region(walk: &Walk, element: &Element<'_>, out: &mut Vec<u8>) {
    let region = || -> Result<Option<(String, String)>, Why> {
        let Some(reference) = element.reference()?.filter(|reference| !reference.is_null()) else {
            return Ok(None);
        };
        let location = open(walk, &reference)?;
        let text = region_text(&location, &reference)?;
        Ok(Some((path_of(walk, &location), text)))
    };
    match region() {
        Ok(None) => append_counted(b"", out),
        Ok(Some((path, text))) => {
            append_counted(path.as_bytes(), out);
            append_counted(text.as_bytes(), out);
        }
        Err(_) => {
            append_counted(NOWHERE.as_bytes(), out);
            append_counted(b"", out);
        }
    }
}

fn append_revised(walk: &Walk, element: &Element<'_>, out: &mut Vec<u8>) -> Result<(), Why> {
    let Some(reference) = element.reference()? else { return Err(Why::new("no reference")) };
    let kind = match reference.target() {
        ReferenceTarget::Object => OBJECT,
        ReferenceTarget::Region => REGION,
        ReferenceTarget::Attribute => ATTRIBUTE,
        _ => {
            append_counted(b"", out);
            return Ok(());
        }
    };
    let location = open(walk, &reference);
    let path = location.as_ref().map_or(NOWHERE.to_owned(), |location| path_of(walk, location));
    out.push(kind);
    append_counted(path.as_bytes(), out);
    if kind == REGION {
        let text = location.and_then(|location| region_text(&location, &reference));
        append_counted(text.unwrap_or_default().as_bytes(), out);
    } else if kind == ATTRIBUTE {
        append_counted(reference.attribute_name().unwrap_or_default().as_bytes(), out);
    }
    Ok(())
}

fn open(walk: &Walk, reference: &Reference) -> Result<Location, Why> {
    Ok(walk.file.dereference(reference)?.location().clone())
}

fn path_of(walk: &Walk, location: &Location) -> String {
    walk.path_of(location.token()).unwrap_or(NOWHERE).to_owned()
}

fn region_text(location: &Location, reference: &Reference) -> Result<String, Why> {
    let space = location.as_dataset()?.space()?;
    let region = reference.region().ok_or_else(|| Why::new("not a region"))?;
    selection::text(region, space.dims())
}
