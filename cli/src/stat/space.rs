//! What metadata takes, and what is free, as `h5stat` writes it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use hdfive::{FileSpaceStrategy, MetadataSizes};

use super::gather::{Sizes, Statistics};
use super::show::{bins, total};

/// Bytes of a page where a file does not say.
const PAGE: u64 = 4096;

/// What sections that are smaller are called small.
const SMALL: u64 = 10;

fn headers(sizes: &MetadataSizes) -> String {
    format!("{}/{}", sizes.header, sizes.header_unused)
}

/// All parts.
pub(super) fn metadata(sizes: &Sizes, out: &mut dyn Write) -> io::Result<()> {
    let file = &sizes.structures;
    let (attribute_index, attribute_heap) = sizes.attributes();
    writeln!(out, "File space information for file metadata (in bytes):")?;
    writeln!(out, "\tSuperblock: {}", file.superblock)?;
    writeln!(out, "\tSuperblock extension: {}", file.extension)?;
    writeln!(out, "\tUser block: {}", sizes.userblock)?;
    writeln!(out, "\tObject headers: (total/unused)")?;
    writeln!(out, "\t\tGroups: {}", headers(&sizes.groups))?;
    writeln!(out, "\t\tDatasets(exclude compact data): {}", headers(&sizes.datasets))?;
    writeln!(out, "\t\tDatatypes: {}", headers(&sizes.types))?;
    writeln!(out, "\tGroups:")?;
    writeln!(out, "\t\tB-tree/List: {}", sizes.groups.index)?;
    writeln!(out, "\t\tHeap: {}", sizes.groups.heap)?;
    writeln!(out, "\tAttributes:")?;
    writeln!(out, "\t\tB-tree/List: {attribute_index}")?;
    writeln!(out, "\t\tHeap: {attribute_heap}")?;
    writeln!(out, "\tChunked datasets:")?;
    writeln!(out, "\t\tIndex: {}", sizes.datasets.index)?;
    writeln!(out, "\tDatasets:")?;
    writeln!(out, "\t\tHeap: {}", sizes.datasets.heap)?;
    writeln!(out, "\tShared Messages:")?;
    writeln!(out, "\t\tHeader: {}", file.shared_table)?;
    writeln!(out, "\t\tB-tree/List: {}", file.shared_index)?;
    writeln!(out, "\t\tHeap: {}", file.shared_heap)?;
    writeln!(out, "\tFree-space managers:")?;
    writeln!(out, "\t\tHeader: {}", file.free_space)?;
    writeln!(out, "\t\tAmount of free space: {}", amount(sizes))
}

/// Bytes that the file says are free.
fn amount(sizes: &Sizes) -> u64 {
    sizes.structures.free_sections.iter().fold(0, |sum, len| sum.saturating_add(*len))
}

pub(super) fn of_groups(sizes: &Sizes, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "File space information for groups' metadata (in bytes):")?;
    writeln!(out, "\tObject headers (total/unused): {}", headers(&sizes.groups))?;
    writeln!(out, "\tB-tree/List: {}", sizes.groups.index)?;
    writeln!(out, "\tHeap: {}", sizes.groups.heap)
}

pub(super) fn of_datasets(sizes: &Sizes, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "File space information for datasets' metadata (in bytes):")?;
    writeln!(out, "\tObject headers (total/unused): {}", headers(&sizes.datasets))?;
    writeln!(out, "\tIndex for Chunked datasets: {}", sizes.datasets.index)?;
    writeln!(out, "\tHeap: {}", sizes.datasets.heap)
}

fn strategy(sizes: &Sizes) -> &'static str {
    match sizes.file_space.as_ref().map(|space| space.strategy) {
        None | Some(FileSpaceStrategy::FsmAggregator) => "H5F_FSPACE_STRATEGY_FSM_AGGR",
        Some(FileSpaceStrategy::Page) => "H5F_FSPACE_STRATEGY_PAGE",
        Some(FileSpaceStrategy::Aggregator) => "H5F_FSPACE_STRATEGY_AGGR",
        Some(FileSpaceStrategy::None) => "H5F_FSPACE_STRATEGY_NONE",
        Some(_) => "unknown",
    }
}

/// What is free.
pub(super) fn free(sizes: &Sizes, out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for len in &sizes.structures.free_sections {
        let count = counts.entry(*len).or_default();
        *count = count.saturating_add(1);
    }
    let space = sizes.file_space.as_ref();
    let persists = if space.is_some_and(|space| space.persist) { "TRUE" } else { "FALSE" };
    let threshold = space.map_or(1, |space| space.threshold);
    writeln!(out, "Free-space persist: {persists}")?;
    writeln!(out, "Free-space section threshold: {threshold} bytes")?;
    writeln!(out, "Small size free-space sections (< {SMALL} bytes):")?;
    let mut small = 0_u64;
    for (len, count) in counts.range(..SMALL) {
        writeln!(out, "\t# of sections of size {len}: {count}")?;
        small = small.saturating_add(*count);
    }
    writeln!(out, "\tTotal # of small size sections: {small}")?;
    writeln!(out, "Free-space section bins:")?;
    for (first, last, count) in bins(&counts) {
        writeln!(out, "\t# of sections of size {first} - {last}: {count}")?;
    }
    writeln!(out, "\tTotal # of sections: {}", total(&counts))
}

/// How the bytes of the file are used.
pub(super) fn summary(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let sizes = &statistics.sizes;
    let page = sizes.file_space.as_ref().map_or(PAGE, |space| space.page_size);
    let (metadata, raw_data, free) = (sizes.metadata(), statistics.raw_data, amount(sizes));
    let known = metadata.saturating_add(raw_data).saturating_add(free);
    writeln!(out, "File space management strategy: {}", strategy(sizes))?;
    writeln!(out, "File space page size: {page} bytes")?;
    writeln!(out, "Summary of file space information:")?;
    writeln!(out, "  File metadata: {metadata} bytes")?;
    writeln!(out, "  Raw data: {raw_data} bytes")?;
    // In tenths of a percent, rounded.
    let twice = u128::from(free).saturating_mul(2000).checked_div(sizes.file.into()).unwrap_or(0);
    let tenths = twice.saturating_add(1) / 2;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    writeln!(out, "  Amount/Percent of tracked free space: {free} bytes/{whole}.{tenth}%")?;
    if sizes.file >= known {
        writeln!(out, "  Unaccounted space: {} bytes", sizes.file.saturating_sub(known))?;
    } else {
        let more = known.saturating_sub(sizes.file);
        writeln!(out, "  File space is accounted for more than once: {more} bytes")?;
    }
    writeln!(out, "Total space: {} bytes", sizes.file)?;
    if statistics.external_data > 0 {
        writeln!(out, "External raw data: {} bytes", statistics.external_data)?;
    }
    Ok(())
}
