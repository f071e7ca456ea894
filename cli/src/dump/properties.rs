//! How a dataset is stored, in the DDL.

use hdfive::{AllocTime, Dataset, FillTime, FillValue, Layout, StoredFilter, VirtualMapping};

use super::data::style;
use super::reference::Names;
use super::{Dump, selection};
use crate::failure::Failure;
use crate::memory;
use crate::names::before_nul;
use crate::text::value::Values;

/// Most parameters of a filter that are shown.
const MAX_PARAMETERS: usize = 20;

/// Writes layout, filters, fill value and time of allocation.
pub(super) fn write(dump: &mut Dump<'_, '_>, dataset: &Dataset) -> Result<(), Failure> {
    let is_virtual = dataset.is_virtual();
    dump.block("STORAGE_LAYOUT", |dump| layout(dump, dataset))?;
    if !is_virtual {
        dump.block("FILTERS", |dump| {
            let filters = dataset.stored_filters();
            if filters.is_empty() {
                return dump.line("NONE");
            }
            filters.iter().try_for_each(|filter| write_filter(dump, filter))
        })?;
    }
    dump.block("FILLVALUE", |dump| fill(dump, dataset))?;
    if is_virtual {
        return Ok(());
    }
    let time = match dataset.alloc_time() {
        Some(AllocTime::Early) => "EARLY",
        Some(AllocTime::Incr) => "INCR",
        Some(AllocTime::Late) => "LATE",
        None => usual_time(dataset),
    };
    dump.block("ALLOCATION_TIME", |dump| dump.line(&format!("H5D_ALLOC_TIME_{time}")))
}

/// When space is allocated unless the file says so.
pub(super) fn usual_time(dataset: &Dataset) -> &'static str {
    match dataset.layout() {
        Layout::Compact => "EARLY",
        Layout::Contiguous => "LATE",
        _ => "INCR",
    }
}

fn layout(dump: &mut Dump<'_, '_>, dataset: &Dataset) -> Result<(), Failure> {
    let used = dataset.storage_size();
    match dataset.layout() {
        Layout::Chunked => {
            let chunk: Vec<String> =
                dataset.chunk().unwrap_or_default().iter().map(usize::to_string).collect();
            dump.line(&format!("CHUNKED ( {} )", chunk.join(", ")))?;
            dump.line(&format!("SIZE {used}{}", ratio(dataset, used)))
        }
        Layout::Compact => {
            dump.line("COMPACT")?;
            dump.line(&format!("SIZE {used}"))
        }
        Layout::Contiguous => contiguous(dump, dataset, used),
        Layout::Virtual => {
            let mappings = dataset.virtual_mappings();
            let mut numbered = mappings.iter().enumerate();
            numbered.try_for_each(|(number, mapping)| write_mapping(dump, number, mapping))
        }
    }
}

fn contiguous(dump: &mut Dump<'_, '_>, dataset: &Dataset, used: u64) -> Result<(), Failure> {
    dump.line("CONTIGUOUS")?;
    let parts = dataset.external_files();
    if !parts.is_empty() {
        return dump.block("EXTERNAL", |dump| {
            parts.iter().try_for_each(|part| {
                let (name, offset) = (before_nul(&part.name), part.offset);
                let size = part.size.unwrap_or(u64::MAX);
                dump.line(&format!("FILENAME {name} SIZE {size} OFFSET {offset}"))
            })
        });
    }
    dump.line(&format!("SIZE {used}"))?;
    let offset = dataset.offset().map_or("HADDR_UNDEF".to_owned(), |offset| offset.to_string());
    dump.line(&format!("OFFSET {offset}"))
}

/// How much smaller filters made a dataset.
fn ratio(dataset: &Dataset, used: u64) -> String {
    let space = dataset.space().ok().filter(|space| space.ndim() > 0);
    let (Some(space), Ok(datatype)) = (space, dataset.dtype()) else { return String::new() };
    if dataset.stored_filters().is_empty() {
        return String::new();
    }
    let whole = memory::volume(space.dims()).saturating_mul(memory::size(datatype.definition()));
    // In thousandths, rounded.
    let twice = u128::from(whole).saturating_mul(2000).checked_div(used.into()).unwrap_or(0);
    let thousandths = twice.saturating_add(1) / 2;
    format!(" ({}.{:03}:1 COMPRESSION)", thousandths / 1000, thousandths % 1000)
}

fn write_mapping(
    dump: &mut Dump<'_, '_>,
    number: usize,
    mapping: &VirtualMapping,
) -> Result<(), Failure> {
    dump.line(&format!("MAPPING {number} {{ "))?;
    dump.inner(|dump| {
        dump.block("VIRTUAL", |dump| selection::write(dump, &mapping.selection))?;
        dump.block("SOURCE", |dump| {
            dump.line(&format!("FILE \"{}\"", before_nul(&mapping.file)))?;
            dump.line(&format!("DATASET \"{}\"", before_nul(&mapping.dataset)))?;
            selection::write(dump, &mapping.source_selection)
        })
    })?;
    dump.line("}")
}

/// Bits of the options of szip.
pub(super) mod szip {
    pub(in crate::dump) const K13: u32 = 1;
    pub(in crate::dump) const CHIP: u32 = 2;
    pub(in crate::dump) const ENTROPY: u32 = 4;
    pub(in crate::dump) const LEAST_FIRST: u32 = 8;
    pub(in crate::dump) const MOST_FIRST: u32 = 16;
    pub(in crate::dump) const NEAREST: u32 = 32;
    pub(in crate::dump) const RAW: u32 = 128;
}

fn write_filter(dump: &mut Dump<'_, '_>, filter: &StoredFilter) -> Result<(), Failure> {
    let parameter = |at: usize| filter.client_data.get(at).copied().unwrap_or(0);
    match filter.id {
        1 => dump.line(&format!("COMPRESSION DEFLATE {{ LEVEL {} }}", parameter(0))),
        2 => dump.line("PREPROCESSING SHUFFLE"),
        3 => dump.line("CHECKSUM FLETCHER32"),
        4 => dump.block("COMPRESSION SZIP", |dump| {
            dump.line(&format!("PIXELS_PER_BLOCK {}", parameter(1)))?;
            szip_options(dump, parameter(0))
        }),
        5 => dump.line("COMPRESSION NBIT"),
        6 => dump.line(&format!("COMPRESSION SCALEOFFSET {{ MIN BITS {} }}", parameter(0))),
        id => dump.block("USER_DEFINED_FILTER", |dump| {
            dump.line(&format!("FILTER_ID {id}"))?;
            if filter.name() != id.to_string() {
                dump.line(&format!("COMMENT {}", filter.name()))?;
            }
            let shown = filter.client_data.iter().take(MAX_PARAMETERS);
            let numbers: Vec<String> = shown.map(|n| n.cast_signed().to_string()).collect();
            if numbers.is_empty() {
                return Ok(());
            }
            dump.line(&format!("PARAMS {{ {} }}", numbers.join(" ")))
        }),
    }
}

fn szip_options(dump: &mut Dump<'_, '_>, options: u32) -> Result<(), Failure> {
    let has = |bit: u32| options & bit != 0;
    let choices: [(&str, &[(u32, &str)]); 4] = [
        ("MODE", &[(szip::CHIP, "HARDWARE"), (szip::K13, "K13")]),
        ("CODING", &[(szip::ENTROPY, "ENTROPY"), (szip::NEAREST, "NEAREST NEIGHBOUR")]),
        ("BYTE_ORDER", &[(szip::LEAST_FIRST, "LSB"), (szip::MOST_FIRST, "MSB")]),
        ("HEADER", &[(szip::RAW, "RAW")]),
    ];
    for (key, values) in choices {
        match values.iter().find(|(bit, _)| has(*bit)) {
            Some((_, value)) => dump.line(&format!("{key} {value}"))?,
            None if key == "HEADER" => {}
            None => dump.line("")?,
        }
    }
    Ok(())
}

fn fill(dump: &mut Dump<'_, '_>, dataset: &Dataset) -> Result<(), Failure> {
    let time = match dataset.fill_time() {
        Some(FillTime::Alloc) => "ALLOC",
        Some(FillTime::Never) => "NEVER",
        _ => "IFSET",
    };
    dump.line(&format!("FILL_TIME H5D_FILL_TIME_{time}"))?;
    let text = match dataset.fill() {
        FillValue::Undefined => "H5D_FILL_VALUE_UNDEFINED".to_owned(),
        FillValue::User(_) => fill_text(dump, dataset),
        _ => "H5D_FILL_VALUE_DEFAULT".to_owned(),
    };
    dump.line(&format!("VALUE  {text}"))
}

fn fill_text(dump: &mut Dump<'_, '_>, dataset: &Dataset) -> String {
    let style = style(dump);
    let names = Names::of(dump);
    let values = Values { style: &style, references: &names };
    let elements = dataset.fill_elements();
    let text = elements
        .as_ref()
        .and_then(|elements| elements.get(0))
        .map(|element| values.text(&element, dump.depth));
    match text {
        Some(Ok(text)) => text,
        Some(Err(error)) => {
            dump.error(&format!("unable to print fill value: {error}"));
            String::new()
        }
        None => "H5D_FILL_VALUE_DEFAULT".to_owned(),
    }
}
