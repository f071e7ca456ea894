//! Attributes in XML.

use hdfive::{Attribute, Error, Location};

use super::names::name as escaped;
use super::{Writer, data, types};
use crate::dump::order;
use crate::failure::Failure;

/// Writes all attributes of an object.
pub(super) fn all(writer: &mut Writer<'_, '_, '_>, location: &Location) -> Result<(), Failure> {
    if !writer.dump.options.attributes {
        return Ok(());
    }
    match order::attributes(location, writer.dump.options) {
        Ok(all) => {
            for (name, attribute) in all {
                write(writer, &name, attribute)?;
            }
        }
        Err(error) => writer.dump.error(&format!("error getting attribute information: {error}")),
    }
    Ok(())
}

fn write(
    writer: &mut Writer<'_, '_, '_>,
    name: &str,
    attribute: Result<Attribute, Error>,
) -> Result<(), Failure> {
    let attributes = format!("Name=\"{}\"", escaped(name));
    writer.element("Attribute", &attributes, |writer| {
        let parts = attribute.and_then(|attribute| {
            let (datatype, space) = (attribute.dtype()?, attribute.space()?);
            Ok((attribute, datatype, space))
        });
        let (attribute, datatype, space) = match parts {
            Ok(parts) => parts,
            Err(error) => {
                writer.dump.error(&format!("unable to open attribute \"{name}\": {error}"));
                return writer.line("<!-- h5dump error: unable to open attribute. -->");
            }
        };
        types::space(writer, &space)?;
        types::datatype(writer, &datatype)?;
        let wanted = writer.dump.options.data || writer.dump.options.attribute_data;
        if wanted && !space.is_null() {
            data::of_attribute(writer, &attribute)
        } else {
            data::nothing(writer)
        }
    })
}
