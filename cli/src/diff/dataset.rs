//! Datasets that are compared.

use hdfive::{Dataset, Layout, Selection};

use super::comparable::{Side, comparable, same_sign};
use super::part;
use super::report::Report;
use super::table::Table;
use super::values::Values;
use crate::blocks::Blocks;
use crate::dump::subset::Subset;
use crate::failure::{Failure, Trouble};
use crate::memory::{self, volume};
use crate::threads::ahead;

/// Compares two datasets that the user knows by `names`, or parts of them; gives the number of
/// differences.
pub(super) fn compare(
    report: &mut Report<'_>,
    datasets: [&Dataset; 2],
    names: [&str; 2],
    parts: [Option<&Subset>; 2],
) -> Result<u64, Failure> {
    let mut found = 0;
    match differences(report, datasets, names, parts, &mut found) {
        Ok(()) => {}
        Err(Trouble::Output(failure)) => return Err(failure),
        Err(Trouble::Data(error)) => report.fail(error),
    }
    Ok(found)
}

fn differences(
    report: &mut Report<'_>,
    datasets: [&Dataset; 2],
    names: [&str; 2],
    parts: [Option<&Subset>; 2],
    found: &mut u64,
) -> Result<(), Trouble> {
    let [first, second] = datasets;
    let (type1, type2) = (first.dtype()?, second.dtype()?);
    let (space1, space2) = (first.space()?, second.space()?);
    let largest = |space: &hdfive::Dataspace| -> Vec<Option<u64>> {
        let wide = |most: Option<usize>| most.map(|most| u64::try_from(most).unwrap_or(u64::MAX));
        space.maxdims().into_iter().map(wide).collect()
    };
    let (largest1, largest2) = (largest(&space1), largest(&space2));
    let [name1, name2] = names;
    let side1 =
        Side { name: name1, datatype: type1.definition(), dims: space1.dims(), largest: &largest1 };
    let side2 =
        Side { name: name2, datatype: type2.definition(), dims: space2.dims(), largest: &largest2 };
    let stored = has_elements(report, datasets, names)?;
    let alike = comparable(report, [&side1, &side2], false)?;
    if !stored || !alike || !same_sign(report, [&side1, &side2])? {
        return Ok(());
    }
    let size = memory::size(side1.datatype).max(memory::size(side2.datatype));
    let names = names.map(|name| base_name(name).to_owned());
    let table = Table::new(names, space1.dims(), size);
    let owners = datasets.map(|dataset| (***dataset).clone());
    let values = Values { report, table, owners };
    let stored = type1.definition().size.max(type2.definition().size).into();
    if parts.iter().any(Option::is_some) {
        return part::compare(values, datasets, parts, space1.dims(), stored, found);
    }
    whole(values, datasets, space1.dims(), stored, found)
}

fn whole(
    values: Values<'_, '_>,
    datasets: [&Dataset; 2],
    dims: &[u64],
    size: u64,
    found: &mut u64,
) -> Result<(), Trouble> {
    let [first, _] = datasets;
    if volume(dims) == 0 {
        return Ok(());
    }
    let blocks = Blocks::of_dataset(first, dims, size).map(|block| [block.clone(), block]);
    pieces(values, datasets, blocks, found)
}

/// Compares what pairs of selections give, one after the other.
pub(super) fn pieces(
    mut values: Values<'_, '_>,
    datasets: [&Dataset; 2],
    pairs: impl Iterator<Item = [Selection; 2]> + Send,
    found: &mut u64,
) -> Result<(), Trouble> {
    let [first, second] = datasets;
    let read = |[one, other]: [Selection; 2]| {
        Ok::<_, hdfive::Error>([first.read_elements(one)?, second.read_elements(other)?])
    };
    let mut position = 0_u64;
    let compared = ahead(pairs, read, |sides| {
        let sides = sides.map_err(|error| Some(error.into()))?;
        *found = values.elements(sides.each_ref(), position, *found).map_err(Some)?;
        let [read, _] = sides;
        position = position.saturating_add(u64::try_from(read.len()).unwrap_or(u64::MAX));
        if values.report.enough(*found) { Err(None) } else { Ok(()) }
    });
    match compared {
        Err(Some(trouble)) => Err(trouble),
        Ok(()) | Err(None) => Ok(()),
    }
}

/// Whether there is something to compare; tells where not.
fn has_elements(
    report: &mut Report<'_>,
    datasets: [&Dataset; 2],
    names: [&str; 2],
) -> Result<bool, Failure> {
    let [name1, name2] = names;
    if !datasets.iter().any(|dataset| dataset.storage_size() == 0) {
        return Ok(true);
    }
    if datasets.iter().any(|dataset| dataset.layout() == Layout::Virtual) {
        report.remark(&format!("Warning: <{name1}> or <{name2}> is a virtual dataset"))?;
        return Ok(true);
    }
    report.not_comparable(&format!("<{name1}> or <{name2}> is an empty dataset"))?;
    Ok(false)
}

/// The last name of a path.
fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}
