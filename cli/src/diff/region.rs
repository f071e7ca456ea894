//! Regions of datasets that are compared.

use std::io;

use hdfive::Selection;

use super::report::Report;
use crate::regions::{Block, blocks};

/// Compares two regions of the datasets at `places`; gives the number of differences.
pub(super) fn compare(
    report: &mut Report<'_>,
    places: [u64; 2],
    regions: [&Selection; 2],
) -> io::Result<u64> {
    let [first, second] = regions;
    if let (
        Selection::Points { rank, coordinates },
        Selection::Points { rank: rank2, coordinates: coordinates2 },
    ) = (first, second)
    {
        if rank != rank2 || coordinates.len() != coordinates2.len() {
            report.not_comparable = true;
            return Ok(0);
        }
        let points = [coordinates, coordinates2].map(|list| list.chunks_exact((*rank).max(1)));
        return compare_points(report, points, *rank);
    }
    let [one, other] = [blocks(first), blocks(second)];
    let rank = |blocks: &[Block]| blocks.first().map_or(0, |(start, _)| start.len());
    let mixed = first.is_points() != second.is_points();
    if mixed || one.len() != other.len() || rank(&one) != rank(&other) {
        report.not_comparable = true;
        return Ok(0);
    }
    compare_blocks(report, places, [&one, &other])
}

/// Compares blocks; the number of differences is that of coordinates, by the number of axes.
fn compare_blocks(
    report: &mut Report<'_>,
    places: [u64; 2],
    sides: [&[Block]; 2],
) -> io::Result<u64> {
    let [one, other] = sides;
    let mut differing = 0_u64;
    let mut rank = 1_u64;
    for ((start1, end1), (start2, end2)) in one.iter().zip(other) {
        let ends = start1.iter().zip(end1).zip(start2.iter().zip(end2));
        let count = ends.filter(|(one, other)| one != other).count();
        differing = differing.saturating_add(wide(count));
        rank = wide(start1.len()).max(1);
    }
    if differing > 0 && report.options.verbose {
        let [place1, place2] = places;
        report.line(&format!("Referenced dataset      {place1}            {place2}"))?;
        report.line(&"-".repeat(60))?;
        report.line("Region blocks")?;
        for (number, (one, other)) in one.iter().zip(other).enumerate() {
            let [one, other] = [one, other]
                .map(|(start, end)| format!("{:11}({})-({})", "", listed(start), listed(end)));
            report.line(&format!("block #{number}{one}{other}"))?;
        }
    }
    Ok(differing.checked_div(rank).unwrap_or(0))
}

/// Compares points, as [`compare_blocks`] does blocks.
fn compare_points<'p>(
    report: &mut Report<'_>,
    sides: [impl Iterator<Item = &'p [u64]>; 2],
    rank: usize,
) -> io::Result<u64> {
    let mut differing = 0_u64;
    let [one, other] = sides;
    let mut begun = false;
    for (number, (one, other)) in one.zip(other).enumerate() {
        let count = one.iter().zip(other).filter(|(one, other)| one != other).count();
        differing = differing.saturating_add(wide(count));
        if count > 0 && report.options.verbose {
            if !begun {
                report.line("Region points")?;
                begun = true;
            }
            let [one, other] = [one, other].map(|point| format!("{:14}({})", "", listed(point)));
            report.line(&format!("point #{number}{one}{other}"))?;
        }
    }
    Ok(differing.checked_div(wide(rank)).unwrap_or(0))
}

fn listed(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    numbers.join(",")
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
