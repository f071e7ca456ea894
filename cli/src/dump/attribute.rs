//! Attributes in the DDL.

use hdfive::{Attribute, Error, Location};

use super::{Dump, data, group, order, types};
use crate::failure::Failure;

/// Writes all attributes of an object.
pub(super) fn all(dump: &mut Dump<'_, '_>, location: &Location) -> Result<(), Failure> {
    if !dump.options.attributes {
        return Ok(());
    }
    match order::attributes(location, dump.options) {
        Ok(all) => {
            for (name, attribute) in all {
                write(dump, &name, attribute)?;
            }
        }
        Err(error) => dump.error(&format!("error getting attribute information: {error}")),
    }
    Ok(())
}

/// Writes an attribute under a name.
pub(super) fn write(
    dump: &mut Dump<'_, '_>,
    name: &str,
    attribute: Result<Attribute, Error>,
) -> Result<(), Failure> {
    dump.block(&format!("ATTRIBUTE \"{name}\""), |dump| {
        let attribute = match attribute {
            Ok(attribute) => attribute,
            Err(error) => {
                dump.error(&format!("unable to open attribute \"{name}\": {error}"));
                return Ok(());
            }
        };
        body(dump, &attribute)
    })
}

/// Writes what is within an attribute's braces.
pub(super) fn body(dump: &mut Dump<'_, '_>, attribute: &Attribute) -> Result<(), Failure> {
    let parts = attribute.dtype().and_then(|datatype| Ok((datatype, attribute.space()?)));
    let (datatype, space) = match parts {
        Ok(parts) => parts,
        Err(error) => {
            let name = attribute.name();
            dump.error(&format!("unable to open attribute \"{name}\": {error}"));
            return Ok(());
        }
    };
    let text = dump.type_text(&datatype);
    dump.line(&format!("DATATYPE  {text}"))?;
    dump.line(&format!("DATASPACE  {}", types::dataspace(&space)))?;
    group::object_id(dump, attribute.owner())?;
    if dump.options.data || dump.options.attribute_data {
        data::of_attribute(dump, attribute)?;
    }
    Ok(())
}
