//! References in the DDL: what they refer to, and what is there.

use std::sync::Arc;

use hdfive::definition::{Class, ReferenceKind};
use hdfive::{Element, Elements, Error, Location, Reference, ReferenceTarget, ReferencedObject};

use super::data::{self, Trouble};
use super::tables::{Paths, Tables};
use super::{Dump, attribute, region};
use crate::text::value::References;

/// Names of what references refer to.
pub(super) struct Names {
    file: Location,
    /// The file, as named.
    file_name: String,
    paths: Arc<Paths>,
}

impl Names {
    pub(super) fn of(dump: &Dump<'_, '_>) -> Self {
        let tables = dump.tables.get(dump.table);
        let paths = tables.map(Tables::paths).unwrap_or_default();
        Self { file: dump.file.clone(), file_name: dump.file_name.clone(), paths }
    }

    /// The path of what a reference refers to.
    pub(super) fn path_of(&self, element: &Element<'_>) -> Option<String> {
        let reference = element.reference().ok().flatten().filter(|r| !r.is_null())?;
        let object = self.file.dereference(&reference).ok()?;
        Some(self.path(object.location()))
    }

    fn path(&self, location: &Location) -> String {
        let known = self.paths.get(&location.token());
        known.cloned().unwrap_or_else(|| location.name())
    }
}

impl References for Names {
    fn text(&self, element: &Element<'_>) -> Result<String, Error> {
        let Class::Reference(kind) = &element.datatype().class else { return Ok(String::new()) };
        let Some(reference) = element.reference()?.filter(|reference| !reference.is_null()) else {
            return Ok("NULL".to_owned());
        };
        // Those of the first kinds are parts of other elements as they were in older releases.
        let Ok(object) = self.file.dereference(&reference) else { return Ok(String::new()) };
        let path = self.path(object.location());
        let word = word(&object);
        Ok(match kind {
            ReferenceKind::Object => {
                format!("{word} {} \"{path}\"", object.location().token().address())
            }
            ReferenceKind::Region => format!("{word} \"{path}\""),
            _ => self.whole(&reference),
        })
    }
}

impl Names {
    /// What a reference refers to, with the name of the file.
    fn whole(&self, reference: &Reference) -> String {
        let Ok(object) = self.file.dereference(reference) else { return String::new() };
        let (file, path) = (&self.file_name, self.path(object.location()));
        match reference.target() {
            ReferenceTarget::Attribute => {
                let name = reference.attribute_name().unwrap_or_default();
                format!("ATTRIBUTE \"{file}{path}/{name}\"")
            }
            _ => format!("{} \"{file}{path}\"", word(&object)),
        }
    }
}

fn word(object: &ReferencedObject) -> &'static str {
    match object {
        ReferencedObject::Group(_) => "GROUP",
        ReferencedObject::Dataset(_) => "DATASET",
        _ => "DATATYPE",
    }
}

/// Lists references, each with what it refers to.
pub(super) fn list(dump: &mut Dump<'_, '_>, elements: &Elements) -> Result<(), Trouble> {
    let names = Names::of(dump);
    dump.depth = dump.depth.saturating_add(1);
    let mut done = Ok(());
    for element in elements.iter() {
        done = one(dump, &names, &element);
        if done.is_err() {
            break;
        }
    }
    dump.depth = dump.depth.saturating_sub(1);
    done
}

fn one(dump: &mut Dump<'_, '_>, names: &Names, element: &Element<'_>) -> Result<(), Trouble> {
    let reference = element.reference()?.filter(|reference| !reference.is_null());
    let Some(reference) = reference else { return Ok(dump.line("NULL")?) };
    match reference.target() {
        ReferenceTarget::Region => region_of(dump, names, &reference),
        ReferenceTarget::Attribute => attribute_of(dump, names, &reference),
        _ => {
            dump.line(&names.whole(&reference))?;
            object_of(dump, &reference)
        }
    }
}

fn object_of(dump: &mut Dump<'_, '_>, reference: &Reference) -> Result<(), Trouble> {
    let Ok(ReferencedObject::Dataset(dataset)) = dump.file.dereference(reference) else {
        return Ok(());
    };
    dump.inner(|dump| data::of_dataset(dump, &dataset, None))?;
    Ok(())
}

fn region_of(dump: &mut Dump<'_, '_>, names: &Names, reference: &Reference) -> Result<(), Trouble> {
    let Ok(object) = dump.file.dereference(reference) else { return Ok(dump.line("NULL")?) };
    let path = names.path(object.location());
    let head = format!("DATASET \"{}{path}\"", dump.file_name);
    let (ReferencedObject::Dataset(dataset), Some(selection)) = (object, reference.region()) else {
        return Ok(dump.line(&head)?);
    };
    region::write(dump, &head, &dataset, selection)
}

fn attribute_of(
    dump: &mut Dump<'_, '_>,
    names: &Names,
    reference: &Reference,
) -> Result<(), Trouble> {
    let Ok(attribute) = dump.file.dereference_attribute(reference) else {
        dump.block("ATTRIBUTE", |dump| dump.line("NULL"))?;
        return Ok(());
    };
    dump.block(&names.whole(reference), |dump| attribute::body(dump, &attribute))?;
    Ok(())
}
