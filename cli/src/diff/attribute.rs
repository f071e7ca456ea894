//! Attributes that are compared.

use std::cmp::Ordering;
use std::io;

use hdfive::{Attribute, Location};

use super::comparable::{Side, comparable};
use super::matches::row;
use super::report::Report;
use super::table::Table;
use super::values::Values;
use crate::failure::{Failure, Trouble};
use crate::memory;

/// Compares the attributes of two objects; gives the number of differences.
pub(super) fn compare_all(
    report: &mut Report<'_>,
    owners: [&Location; 2],
    paths: [&str; 2],
) -> Result<u64, Failure> {
    let [first, second] = owners;
    let names = first.attr_names().and_then(|names| Ok((names, second.attr_names()?)));
    let names = match names {
        Ok((first, second)) => matched(sorted(first), sorted(second)),
        Err(error) => {
            report.fail(error);
            return Ok(0);
        }
    };
    list(report, &names)?;
    if names.iter().any(|(_, sides)| *sides != [true, true]) {
        report.same_contents = false;
    }
    let mut found = 0_u64;
    for (name, _) in names.iter().filter(|(_, sides)| *sides == [true, true]) {
        match first.attr(name).and_then(|one| Ok((one, second.attr(name)?))) {
            Ok((one, other)) => {
                found = found.saturating_add(compare(report, [&one, &other], paths)?);
            }
            Err(error) => report.fail(error),
        }
    }
    Ok(found)
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

/// Each name, and which of the objects has it.
fn matched(first: Vec<String>, second: Vec<String>) -> Vec<(String, [bool; 2])> {
    let (mut left, mut right) = (first.into_iter().peekable(), second.into_iter().peekable());
    let mut out = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return out,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.cmp(other),
        };
        let one = if order == Ordering::Greater { None } else { left.next() };
        let other = if order == Ordering::Less { None } else { right.next() };
        let sides = [one.is_some(), other.is_some()];
        out.extend(one.or(other).map(|name| (name, sides)));
    }
}

fn list(report: &mut Report<'_>, names: &[(String, [bool; 2])]) -> io::Result<()> {
    if report.options.level >= 2 {
        report.line("   obj1   obj2")?;
        report.line(" --------------------------------------")?;
        for (name, sides) in names {
            report.line(&row(name, *sides))?;
        }
    }
    if report.options.level >= 1 {
        let count = |wanted| names.iter().filter(|(_, sides)| *sides == wanted).count();
        let (both, first, second) =
            (count([true, true]), count([true, false]), count([false, true]));
        let words = format!("{both} common, {first} only in obj1, {second} only in obj2");
        report.line(&format!("Attributes status:  {words}"))?;
    }
    Ok(())
}

/// Compares two attributes of the objects at `paths`; gives the number of differences.
pub(super) fn compare(
    report: &mut Report<'_>,
    attributes: [&Attribute; 2],
    paths: [&str; 2],
) -> Result<u64, Failure> {
    match differences(report, attributes, paths) {
        Ok(found) => Ok(found),
        Err(Trouble::Output(failure)) => Err(failure),
        Err(Trouble::Data(error)) => {
            report.fail(error);
            Ok(0)
        }
    }
}

fn differences(
    report: &mut Report<'_>,
    attributes: [&Attribute; 2],
    paths: [&str; 2],
) -> Result<u64, Trouble> {
    let [first, second] = attributes;
    let (type1, type2) = (first.dtype()?, second.dtype()?);
    let (space1, space2) = (first.space()?, second.space()?);
    let (name1, name2) = (first.name(), second.name());
    // No attribute can grow.
    let largest = |dims: &[u64]| -> Vec<Option<u64>> { dims.iter().copied().map(Some).collect() };
    let (largest1, largest2) = (largest(space1.dims()), largest(space2.dims()));
    let side1 = Side {
        name: &name1,
        datatype: type1.definition(),
        dims: space1.dims(),
        largest: &largest1,
    };
    let side2 = Side {
        name: &name2,
        datatype: type2.definition(),
        dims: space2.dims(),
        largest: &largest2,
    };
    if !comparable(report, [&side1, &side2], false)? {
        return Ok(0);
    }
    let [path1, path2] = paths;
    let names = [format!("{name1} of <{path1}>"), format!("{name2} of <{path2}>")];
    let size = memory::size(side1.datatype).max(memory::size(side2.datatype));
    let elements = if space1.is_null() || space2.is_null() {
        None
    } else {
        Some([first.read_elements(..)?, second.read_elements(..)?])
    };
    let told = report.options.verbose || report.options.report;
    if told {
        heading(report, &names)?;
    }
    let mut found = 0;
    if let Some(elements) = elements {
        let table = Table::new(names.clone(), space1.dims(), size);
        let owners = [first.owner().clone(), second.owner().clone()];
        let mut values = Values { report, table, owners };
        found = values.elements(elements.each_ref(), 0, 0)?;
    }
    if told {
        report.found(found)?;
    } else if found > 0 && !report.options.quiet {
        heading(report, &names)?;
        report.found(found)?;
    }
    Ok(found)
}

fn heading(report: &mut Report<'_>, names: &[String; 2]) -> io::Result<()> {
    let [first, second] = names;
    report.line(&format!("attribute: <{first}> and <{second}>"))
}
