//! Statistics as `h5stat` writes them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::gather::Statistics;
use super::{Options, space};

/// Writes the parts that are wanted.
pub(super) fn write(
    options: &Options,
    statistics: &Statistics,
    out: &mut dyn Write,
) -> io::Result<()> {
    if options.wants('f') {
        file(statistics, out)?;
    }
    if options.wants('F') {
        space::metadata(&statistics.sizes, out)?;
    }
    if options.wants('g') {
        groups(options, statistics, out)?;
    }
    if options.wants('G') && !options.wants('F') {
        space::of_groups(&statistics.sizes, out)?;
    }
    if options.wants('d') {
        datasets(options, statistics, out)?;
    }
    if options.wants('D') && !options.wants('F') {
        space::of_datasets(&statistics.sizes, out)?;
    }
    if options.wants('T') {
        datatypes(statistics, out)?;
    }
    if options.wants('A') {
        attributes(options, statistics, out)?;
    }
    if options.wants('s') {
        space::free(&statistics.sizes, out)?;
    }
    if options.wants('S') {
        space::summary(statistics, out)?;
    }
    Ok(())
}

fn file(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let most = statistics.group_sizes.keys().last().copied().unwrap_or(0);
    writeln!(out, "File information")?;
    writeln!(out, "\t# of unique groups: {}", statistics.groups)?;
    writeln!(out, "\t# of unique datasets: {}", statistics.datasets)?;
    writeln!(out, "\t# of unique named datatypes: {}", statistics.types)?;
    writeln!(out, "\t# of unique links: {}", statistics.links)?;
    writeln!(out, "\t# of unique other: 0")?;
    writeln!(out, "\tMax. # of links to object: {}", statistics.max_links)?;
    writeln!(out, "\tMax. # of objects in group: {most}")
}

/// Counts by powers of ten: the first and last number of each, and the count.
pub(super) fn bins(counts: &BTreeMap<u64, u64>) -> Vec<(u64, u64, u64)> {
    let mut out = Vec::new();
    let mut first = 1_u64;
    loop {
        let next = first.saturating_mul(10);
        let count: u64 = counts.range(first..next).map(|(_, count)| *count).sum();
        if count > 0 {
            out.push((first, next.saturating_sub(1), count));
        }
        if next == u64::MAX || counts.range(next..).next().is_none() {
            return out;
        }
        first = next;
    }
}

pub(super) fn total(counts: &BTreeMap<u64, u64>) -> u64 {
    counts.values().sum()
}

fn groups(options: &Options, statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let sizes = &statistics.group_sizes;
    let last = options.links.saturating_sub(1);
    writeln!(out, "Small groups (with 0 to {last} links):")?;
    let mut small = 0_u64;
    for (links, count) in sizes.range(..options.links) {
        writeln!(out, "\t# of groups with {links} link(s): {count}")?;
        small = small.saturating_add(*count);
    }
    writeln!(out, "\tTotal # of small groups: {small}")?;
    writeln!(out, "Group bins:")?;
    if let Some(count) = sizes.get(&0) {
        writeln!(out, "\t# of groups with 0 link: {count}")?;
    }
    for (first, last, count) in bins(sizes) {
        writeln!(out, "\t# of groups with {first} - {last} links: {count}")?;
    }
    writeln!(out, "\tTotal # of groups: {}", total(sizes))
}

fn datasets(options: &Options, statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    if statistics.datasets == 0 {
        return Ok(());
    }
    let most = statistics.ranks.keys().last().copied().unwrap_or(0);
    writeln!(out, "Dataset dimension information:")?;
    writeln!(out, "\tMax. rank of datasets: {most}")?;
    writeln!(out, "\tDataset ranks:")?;
    for (rank, count) in &statistics.ranks {
        writeln!(out, "\t\t# of dataset with rank {rank}: {count}")?;
    }
    lengths(options, &statistics.lengths, out)?;
    writeln!(out, "Dataset storage information:")?;
    writeln!(out, "\tTotal raw data size: {}", statistics.raw_data)?;
    writeln!(out, "\tTotal external raw data size: {}", statistics.external_data)?;
    writeln!(out, "Dataset layout information:")?;
    for (name, count) in ["COMPACT", "CONTIG", "CHUNKED", "VIRTUAL"].iter().zip(statistics.layouts)
    {
        writeln!(out, "\tDataset layout counts[{name}]: {count}")?;
    }
    writeln!(out, "\tNumber of external files : {}", statistics.external_files)?;
    writeln!(out, "Dataset filters information:")?;
    writeln!(out, "\tNumber of datasets with:")?;
    let names =
        ["NO", "GZIP", "SHUFFLE", "FLETCHER32", "SZIP", "NBIT", "SCALEOFFSET", "USER-DEFINED"];
    for (name, count) in names.iter().zip(statistics.filters) {
        writeln!(out, "\t\t{name} filter: {count}")?;
    }
    Ok(())
}

fn lengths(options: &Options, lengths: &BTreeMap<u64, u64>, out: &mut dyn Write) -> io::Result<()> {
    let longest = lengths.keys().last().copied().unwrap_or(0);
    let last = options.dims.saturating_sub(1);
    writeln!(out, "1-D Dataset information:")?;
    writeln!(out, "\tMax. dimension size of 1-D datasets: {longest}")?;
    writeln!(out, "\tSmall 1-D datasets (with dimension sizes 0 to {last}):")?;
    let mut small = 0_u64;
    for (len, count) in lengths.range(..options.dims) {
        writeln!(out, "\t\t# of datasets with dimension sizes {len}: {count}")?;
        small = small.saturating_add(*count);
    }
    writeln!(out, "\t\tTotal # of small datasets: {small}")?;
    if lengths.is_empty() {
        return Ok(());
    }
    writeln!(out, "\t1-D Dataset dimension bins:")?;
    if let Some(count) = lengths.get(&0) {
        writeln!(out, "\t\t# of datasets with dimension size 0: {count}")?;
    }
    for (first, last, count) in bins(lengths) {
        writeln!(out, "\t\t# of datasets with dimension size {first} - {last}: {count}")?;
    }
    writeln!(out, "\t\tTotal # of datasets: {}", total(lengths))
}

fn datatypes(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    if statistics.datasets == 0 {
        return Ok(());
    }
    writeln!(out, "Dataset datatype information:")?;
    let count = statistics.datatypes.len();
    writeln!(out, "\t# of unique datatypes used by datasets: {count}")?;
    for (number, used) in statistics.datatypes.iter().enumerate() {
        writeln!(out, "\tDataset datatype #{number}:")?;
        writeln!(out, "\t\tCount (total/named) = ({}/{})", used.total, used.named)?;
        writeln!(out, "\t\tSize (desc./elmt) = ({}/{})", used.description, used.size)?;
    }
    writeln!(out, "\tTotal dataset datatype count: {}", statistics.datasets)
}

fn attributes(options: &Options, statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let counts = &statistics.attributes;
    let few = options.attributes;
    writeln!(out, "Small # of attributes (objects with 1 to {few} attributes):")?;
    let mut small = 0_u64;
    for (attributes, count) in counts.range(1..=few) {
        writeln!(out, "\t# of objects with {attributes} attributes: {count}")?;
        small = small.saturating_add(*count);
    }
    writeln!(out, "\tTotal # of objects with small # of attributes: {small}")?;
    writeln!(out, "Attribute bins:")?;
    for (first, last, count) in bins(counts) {
        writeln!(out, "\t# of objects with {first} - {last} attributes: {count}")?;
    }
    let most = counts.keys().last().copied().unwrap_or(0);
    writeln!(out, "\tTotal # of objects with attributes: {}", total(counts))?;
    writeln!(out, "\tMax. # of attributes to objects: {most}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_gathered_by_powers_of_ten() {
        let counts = BTreeMap::from([(0, 9), (1, 2), (9, 1), (150, 4)]);
        assert_eq!(bins(&counts), [(1, 9, 3), (100, 999, 4)]);
        assert_eq!(bins(&BTreeMap::new()), []);
        assert_eq!(bins(&BTreeMap::from([(u64::MAX - 1, 1)])).len(), 1);
    }
}
