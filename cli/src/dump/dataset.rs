//! Datasets in the DDL.

use hdfive::definition::Class;
use hdfive::{Dataset, Location, VirtualView};

use super::options::Options;
use super::subset::Axis;
use super::{Dump, attribute, data, group, properties, types};
use crate::failure::Failure;
use crate::text::number::native_bits;
use crate::text::style::Bits;
use crate::tool;

/// Writes a dataset under a name; of its elements those of `subset`, if given.
pub(super) fn write(
    dump: &mut Dump<'_, '_>,
    location: &Location,
    name: &str,
    subset: Option<&[Axis]>,
) -> Result<(), Failure> {
    let opened = location.as_dataset().and_then(|dataset| seen(&dataset, dump.options));
    let parts = opened.and_then(|dataset| {
        let (datatype, space) = (dataset.dtype()?, dataset.space()?);
        Ok((dataset, datatype, space))
    });
    let (dataset, datatype, space) = match parts {
        Ok(parts) => parts,
        Err(error) => {
            dump.error(&format!("unable to dump dataset \"{name}\": {error}"));
            return Ok(());
        }
    };
    dump.block(&format!("DATASET \"{name}\""), |dump| {
        // A dataset's comment stands where the dataset does.
        dump.depth = dump.depth.saturating_sub(1);
        let commented = group::comment(dump, location);
        dump.depth = dump.depth.saturating_add(1);
        commented?;
        let text = dump.type_text(&datatype);
        dump.line(&format!("DATATYPE  {text}"))?;
        dump.line(&format!("DATASPACE  {}", types::dataspace(&space)))?;
        group::object_id(dump, location)?;
        if dump.options.properties {
            properties::write(dump, &dataset)?;
        }
        if dump.options.data {
            elements(dump, &dataset, &datatype.definition().class, subset)?;
        }
        if dump.options.binary.is_none() {
            attribute::all(dump, location)?;
        }
        Ok(())
    })
}

/// The dataset as it is to be looked at.
pub(super) fn seen(dataset: &Dataset, options: &Options) -> Result<Dataset, hdfive::Error> {
    if !dataset.is_virtual() {
        return Ok(dataset.clone());
    }
    let view = if options.first_missing {
        dataset.virtual_view(VirtualView::FirstMissing)?
    } else {
        dataset.clone()
    };
    if options.gap > 0 { view.virtual_printf_gap(options.gap) } else { Ok(view) }
}

fn elements(
    dump: &mut Dump<'_, '_>,
    dataset: &Dataset,
    class: &Class,
    subset: Option<&[Axis]>,
) -> Result<(), Failure> {
    if matches!(class, Class::Time(_)) {
        return dump.inner(|dump| dump.line("DATA{ not yet implemented.}"));
    }
    if dump.options.masks.is_empty() {
        return data::of_dataset(dump, dataset, subset);
    }
    for mask in dump.options.masks.iter() {
        packed_bits(dump, class, *mask)?;
        dump.mask = Some(*mask);
        let done = data::of_dataset(dump, dataset, subset);
        dump.mask = None;
        done?;
    }
    Ok(())
}

fn packed_bits(dump: &mut Dump<'_, '_>, class: &Class, mask: Bits) -> Result<(), Failure> {
    let Bits { offset, length } = mask;
    let end = offset.saturating_add(length);
    if let Class::Integer(integer) = class
        && end > native_bits(integer.precision)
    {
        let most = native_bits(integer.precision);
        let words = format!("Packed Bit offset+length value({end}) too large. Max is {most}");
        tool::error(super::NAME, &words);
    }
    dump.line(&format!("PACKED_BITS OFFSET={offset} LENGTH={length}"))
}
