//! Committed types in the DDL.

use hdfive::Location;
use hdfive::definition::Class;

use super::{Dump, LEVEL, attribute, types};
use crate::failure::Failure;

/// Writes a committed type under a name, and its attributes.
pub(super) fn write(
    dump: &mut Dump<'_, '_>,
    location: &Location,
    name: &str,
) -> Result<(), Failure> {
    if let Some(path) = dump.shown_before_if_shared(location) {
        return dump.line(&format!("DATATYPE \"{name}\" HARDLINK \"{path}\""));
    }
    let datatype = match location.as_datatype() {
        Ok(datatype) => datatype,
        Err(error) => {
            dump.error(&format!("unable to dump datatype \"{name}\": {error}"));
            return Ok(());
        }
    };
    let definition = datatype.definition();
    let text = types::datatype(definition, dump.depth);
    let end = if matches!(definition.class, Class::Compound(_)) { "" } else { ";" };
    let head = format!("DATATYPE \"{name}\" ");
    let text = format!("{text}{end}");
    let first = text.lines().next().unwrap_or_default();
    let counted = dump.depth.saturating_add(1).saturating_mul(LEVEL);
    let columns = [counted, head.len(), first.len(), 1].iter().sum::<usize>();
    if columns > dump.options.width {
        dump.line(&head)?;
        dump.line(&text)?;
    } else {
        dump.line(&format!("{head}{text}"))?;
    }
    dump.inner(|dump| attribute::all(dump, location))
}
