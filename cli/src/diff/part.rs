//! Parts of datasets that are compared.

use hdfive::Dataset;

use super::dataset::pieces;
use super::values::Values;
use crate::dump::subset::{Axis, Subset, selection};
use crate::failure::Trouble;
use crate::pieces::piece;

/// Compares parts of two datasets of `dims`, element by element; without one, all of a dataset.
pub(super) fn compare(
    mut values: Values<'_, '_>,
    datasets: [&Dataset; 2],
    parts: [Option<&Subset>; 2],
    dims: &[u64],
    size: u64,
    found: &mut u64,
) -> Result<(), Trouble> {
    let (one, other) = match parts.map(|part| axes(part, dims)) {
        [Ok(one), Ok(other)] => (one, other),
        [Err(why), _] | [_, Err(why)] => {
            values.report.fail(why);
            return Ok(());
        }
    };
    let lens = |axes: &[Axis]| axes.iter().map(Axis::len).collect::<Vec<u64>>();
    if lens(&one) != lens(&other) {
        values.report.fail("the parts that are to be compared have different shapes");
        return Ok(());
    }
    values.table = values.table.of_part(&one);
    let pairs = (0..).map_while(|number| {
        Some([selection(&piece(&one, size, number)?), selection(&piece(&other, size, number)?)])
    });
    pieces(values, datasets, pairs, found)
}

fn axes(part: Option<&Subset>, dims: &[u64]) -> Result<Vec<Axis>, String> {
    match part {
        Some(part) => part.axes(dims.len()),
        None => {
            let whole = |len: &u64| Axis { start: 0, stride: 1, count: *len, block: 1 };
            Ok(dims.iter().map(whole).collect())
        }
    }
}
