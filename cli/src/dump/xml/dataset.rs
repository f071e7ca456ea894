//! Datasets in XML.

use hdfive::{Dataset, Layout, Location, StoredFilter};

use super::names::name as escaped;
use super::{Writer, attribute, data, fill, group, types};
use crate::dump::dataset::seen;
use crate::dump::properties::szip;
use crate::failure::Failure;

/// Writes the dataset `name` of the group at `parent`.
pub(super) fn write(
    writer: &mut Writer<'_, '_, '_>,
    location: &Location,
    parent: &str,
    name: &str,
) -> Result<(), Failure> {
    let path = format!("{parent}/{name}");
    let xid = writer.xid(&path);
    let parents = group::parents(writer, parent);
    let (shown, at) = (escaped(name), escaped(&path));
    if let Some(before) = writer.dump.shown_before_if_shared(location) {
        let (number, before) = (writer.names.further(), escaped(&before));
        let attributes =
            format!("Name=\"{shown}\" OBJ-XID=\"{xid}-{number}\" H5Path=\"{at}\" {parents}");
        return writer.element("Dataset", &attributes, |writer| {
            writer.empty("DatasetPtr", &format!(" OBJ-XID=\"{xid}\" H5Path=\"{before}\"/"))
        });
    }
    let opened = location.as_dataset().and_then(|dataset| seen(&dataset, writer.dump.options));
    let parts = opened.and_then(|dataset| {
        let (datatype, space) = (dataset.dtype()?, dataset.space()?);
        Ok((dataset, datatype, space))
    });
    let (dataset, datatype, space) = match parts {
        Ok(parts) => parts,
        Err(error) => {
            writer.dump.error(&format!("unable to dump dataset \"{name}\": {error}"));
            return Ok(());
        }
    };
    let attributes = format!("Name=\"{shown}\" OBJ-XID=\"{xid}\" H5Path= \"{at}\" {parents}");
    writer.open("Dataset", &attributes)?;
    writer.deeper(|writer| {
        layout(writer, &dataset)?;
        fill::write(writer, &dataset)?;
        types::space(writer, &space)?;
        types::datatype(writer, &datatype)?;
        attribute::all(writer, location)
    })?;
    if writer.dump.options.data && dataset.storage_size() > 0 {
        data::of_dataset(writer, &dataset, datatype.definition())?;
    } else {
        writer.deeper(data::nothing)?;
    }
    writer.close("Dataset")
}

fn layout(writer: &mut Writer<'_, '_, '_>, dataset: &Dataset) -> Result<(), Failure> {
    match dataset.layout() {
        Layout::Chunked => writer.element("StorageLayout", "", |writer| chunked(writer, dataset)),
        Layout::Contiguous => {
            writer.element("StorageLayout", "", |writer| writer.empty("ContiguousLayout", "/"))
        }
        Layout::Compact => {
            writer.element("StorageLayout", "", |writer| writer.empty("CompactLayout", "/"))
        }
        Layout::Virtual => Ok(()),
    }
}

fn chunked(writer: &mut Writer<'_, '_, '_>, dataset: &Dataset) -> Result<(), Failure> {
    let chunk = dataset.chunk().unwrap_or_default();
    let rank = format!("Ndims=\"{}\"", chunk.len());
    writer.element("ChunkedLayout", &rank, |writer| {
        for len in &chunk {
            writer.empty("ChunkDimension", &format!(" DimSize=\"{len}\" /"))?;
        }
        writer.element("RequiredFilter", "", |writer| {
            // One level deeper than what stands in the element.
            writer.deeper(|writer| {
                dataset.stored_filters().iter().try_for_each(|filter| one(writer, filter))
            })
        })
    })
}

fn one(writer: &mut Writer<'_, '_, '_>, filter: &StoredFilter) -> Result<(), Failure> {
    match filter.id {
        1 => {
            let level = filter.client_data.first().copied().unwrap_or(6);
            writer.empty("Deflate", &format!(" Level=\"{level}\"/"))
        }
        2 => writer.empty("Shuffle", " /"),
        3 => writer.empty("Fletcher32", " /"),
        4 => writer.empty("SZIP", &of_szip(filter)),
        _ => Ok(()),
    }
}

fn of_szip(filter: &StoredFilter) -> String {
    let options = filter.client_data.first().copied().unwrap_or(0);
    let pixels = filter.client_data.get(1).map_or("-1".to_owned(), u32::to_string);
    let has = |bit: u32| options & bit != 0;
    let either = |first: (u32, &'static str), second: (u32, &'static str)| {
        [first, second].iter().find(|(bit, _)| has(*bit)).map_or("", |(_, text)| *text)
    };
    let mode = either((szip::CHIP, "Mode =\"Hardware\" "), (szip::K13, "Mode =\"K13\" "));
    let coding = either((szip::ENTROPY, "Entropy"), (szip::NEAREST, "NN"));
    let order = either((szip::LEAST_FIRST, "LSB"), (szip::MOST_FIRST, "MSB"));
    let header = if has(szip::RAW) { "Header=\"Raw\"" } else { "" };
    format!(
        " Pixels_per_block=\"{pixels}\" {mode}Coding=\"{coding}\" ByteOrder=\"{order}\" {header}/"
    )
}
