//! Regions of datasets in the DDL.

use std::fmt::Write;

use hdfive::{Dataset, Elements, Selection};

use super::data::{Trouble, style};
use super::reference::Names;
use super::{Dump, LEVEL, types};
use crate::regions::blocks;
use crate::text::flow::{BREAK, Flow, Frame, Index};
use crate::text::value::Values;

/// Writes a region of a dataset, and its elements where these are wanted.
pub(super) fn write(
    dump: &mut Dump<'_, '_>,
    head: &str,
    dataset: &Dataset,
    selection: &Selection,
) -> Result<(), Trouble> {
    let space = dataset.space()?;
    let datatype = dataset.dtype()?;
    dump.line(&format!("{head} {{"))?;
    dump.depth = dump.depth.saturating_add(1);
    let kind = if selection.is_points() { "POINT" } else { "BLOCK" };
    let list = format!("REGION_TYPE {kind}  {}", text(selection));
    Flow::new(frame(dump, dump.depth), &[]).put(dump.out.ddl(), &list, 0)?;
    let text = dump.type_text(&datatype);
    dump.line(&format!("DATATYPE  {text}"))?;
    dump.line(&format!("DATASPACE  {}", types::dataspace(&space)))?;
    if dump.options.regions {
        dump.line("DATA {")?;
        elements(dump, dataset, selection)?;
        dump.line("}")?;
    }
    dump.depth = dump.depth.saturating_sub(1);
    Ok(dump.line("}")?)
}

fn frame(dump: &Dump<'_, '_>, depth: usize) -> Frame {
    Frame {
        width: dump.options.width,
        indent: depth.saturating_mul(LEVEL),
        counted: depth.saturating_add(1).saturating_mul(LEVEL),
        index: Index::Nothing,
        between: " ",
        end: "",
        single: dump.options.single,
    }
}

fn elements(
    dump: &mut Dump<'_, '_>,
    dataset: &Dataset,
    selection: &Selection,
) -> Result<(), Trouble> {
    if selection.is_points() {
        let elements = dataset.read_elements(selection.clone())?;
        return rows(dump, &elements, 1, true);
    }
    let blocks = blocks(selection);
    for (number, (first, last)) in blocks.iter().enumerate() {
        let len = |(first, last): (&u64, &u64)| last.saturating_sub(*first).saturating_add(1);
        let dims: Vec<u64> = first.iter().zip(last).map(len).collect();
        let elements =
            dataset.read_elements(Selection::Blocks(vec![(first.clone(), last.clone())]))?;
        let is_last = number.saturating_add(1) == blocks.len();
        rows(dump, &elements, dims.last().copied().unwrap_or(1), is_last)?;
    }
    Ok(())
}

/// Writes elements in rows of this length.
fn rows(
    dump: &mut Dump<'_, '_>,
    elements: &Elements,
    row: u64,
    is_last: bool,
) -> Result<(), Trouble> {
    let depth = dump.depth.saturating_add(1);
    let mut flow = Flow::new(frame(dump, depth), &[row]);
    let style = style(dump);
    let names = Names::of(dump);
    let values = Values { style: &style, references: &names };
    for (number, element) in elements.iter().enumerate() {
        let mut text = values.text(&element, depth.saturating_add(1))?;
        if !is_last || number.saturating_add(1) < elements.len() {
            text.push(',');
        }
        flow.put(dump.out.data(), &text, 0)?;
    }
    Ok(())
}

/// The points or blocks of a region.
pub(super) fn text(selection: &Selection) -> String {
    let mut out = String::new();
    let listed = |numbers: &[u64]| {
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        numbers.join(",")
    };
    let mut push = |text: String| {
        if !out.is_empty() {
            out.extend([',', BREAK, ' ']);
        }
        out.push_str(&text);
    };
    if let Selection::Points { rank, coordinates } = selection {
        coordinates
            .chunks_exact((*rank).max(1))
            .for_each(|point| push(format!("({})", listed(point))));
        return out;
    }
    for (first, last) in blocks(selection) {
        let mut text = String::new();
        // Writing to memory cannot fail.
        let _ = write!(text, "({})-({})", listed(&first), listed(&last));
        push(text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdfive::SliceOrIndex;

    #[test]
    fn blocks_and_points_are_listed() {
        let slab =
            |start, step, count, block| SliceOrIndex::SliceCount { start, step, count, block };
        let selection = Selection::from(vec![slab(0, 3, 2, 1), slab(1, 1, 1, 2)]);
        assert_eq!(text(&selection), "(0,1)-(0,2),\u{1} (3,1)-(3,2)");
        let selection = Selection::Points { rank: 2, coordinates: vec![6, 9, 2, 2] };
        assert_eq!(text(&selection), "(6,9),\u{1} (2,2)");
    }
}
