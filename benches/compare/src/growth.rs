//! How the time of each thing to do with groups and attributes grows with their number.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use hdfive::File;

use crate::libhdf5 as c;

/// Times that are measured at each size; the least counts.
const ROUNDS: usize = 5;
/// How often something is done whose time is not to depend on the size.
const FEW: usize = 500;
/// An exponent that is larger by this than it should be is told apart.
const LEEWAY: f64 = 0.25;

/// What there are many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Links of a group with a symbol table.
    OldLinks,
    /// Links of a group with a heap.
    NewLinks,
    /// Attributes of one object.
    Attributes,
}

/// What is done, and the exponent that its time should not be above.
const WORK: &[(&str, f64, fn(Kind, &Path, usize) -> Result<()>)] = &[
    ("open", 0.0, |_, path, _| {
        for _ in 0..FEW {
            File::open(path)?;
        }
        Ok(())
    }),
    ("list", 1.0, |kind, path, n| {
        let group = File::open(path)?.group("many")?;
        let names =
            if kind == Kind::Attributes { group.attr_names()? } else { group.member_names()? };
        anyhow::ensure!(names.len() == n, "{} of {n}", names.len());
        Ok(())
    }),
    ("look up some", 0.0, |kind, path, n| {
        let group = File::open(path)?.group("many")?;
        some(n).try_for_each(|number| {
            anyhow::ensure!(has(&group, kind, number)?, "{number} is not there");
            Ok(())
        })
    }),
    ("append some", 0.0, |kind, path, n| {
        let file = File::open_rw(path)?;
        let group = file.group("many")?;
        (n..n + FEW).try_for_each(|number| add(&group, kind, number))?;
        Ok(file.close()?)
    }),
    ("delete some", 0.0, |kind, path, n| {
        let file = File::open_rw(path)?;
        let group = file.group("many")?;
        some(n).try_for_each(|number| delete(&group, kind, number))?;
        Ok(file.close()?)
    }),
    ("delete all", 1.0, |kind, path, n| {
        let file = File::open_rw(path)?;
        let group = file.group("many")?;
        (0..n).try_for_each(|number| delete(&group, kind, number))?;
        Ok(file.close()?)
    }),
];

/// Prints the times at `n`, 4 `n` and 16 `n`, in milliseconds, and the exponents.
pub fn print(folder: &Path, n: usize) -> Result<()> {
    let folder = folder.join(format!("growth-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let printed = print_in(&folder, n);
    std::fs::remove_dir_all(&folder)?;
    printed
}

fn print_in(folder: &Path, n: usize) -> Result<()> {
    c::start()?;
    let sizes = [n, 4 * n, 16 * n];
    println!("| | n = {n} | 4 n | 16 n | exponent | at most |\n|---|--:|--:|--:|--:|--:|");
    let mut above = 0;
    for kind in [Kind::OldLinks, Kind::NewLinks, Kind::Attributes] {
        let file = |n: usize| folder.join(format!("{kind:?}-{n}.h5"));
        let mut created = Vec::new();
        for n in sizes {
            let start = Instant::now();
            make(kind, &file(n), n)?;
            created.push(start.elapsed().as_secs_f64());
        }
        if kind != Kind::OldLinks {
            above += line(kind, "create all", &created, 1.0);
        }
        for (name, most, work) in WORK {
            let times = sizes.iter().map(|n| least(&file(*n), |path| work(kind, path, *n)));
            above += line(kind, name, &times.collect::<Result<Vec<_>>>()?, *most);
        }
    }
    println!("\n{above} exponents are more than {LEEWAY} above what they should be.");
    Ok(())
}

/// Prints a line; 1 where the exponent is too large.
fn line(kind: Kind, name: &str, times: &[f64], most: f64) -> usize {
    let (first, last) =
        (times.first().copied().unwrap_or(1.0), times.last().copied().unwrap_or(1.0));
    let exponent = (last / first).ln() / 16f64.ln();
    let times: Vec<String> = times.iter().map(|time| format!("{:.2}", time * 1e3)).collect();
    let mark = if exponent > most + LEEWAY { " (!)" } else { "" };
    println!("| {kind:?}: {name} | {} | {exponent:.2}{mark} | {most} |", times.join(" | "));
    usize::from(exponent > most + LEEWAY)
}

/// The least time of some rounds, each on a copy of the file.
fn least(file: &Path, work: impl Fn(&Path) -> Result<()>) -> Result<f64> {
    let copy: PathBuf = file.with_extension("copy");
    let mut least = f64::MAX;
    for _ in 0..ROUNDS {
        std::fs::copy(file, &copy)?;
        let start = Instant::now();
        work(&copy)?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    std::fs::remove_file(&copy)?;
    Ok(least)
}

/// A file with a group of `n` members or attributes.
fn make(kind: Kind, path: &Path, n: usize) -> Result<()> {
    if kind == Kind::OldLinks {
        // This library makes no groups of that style any more.
        let file = c::create(path)?;
        let group = old_group(file.id(), "many")?;
        return (0..n).try_for_each(|number| old_group(group.id(), &name(number)).map(drop));
    }
    let file = File::create(path)?;
    let group = file.create_group("many")?;
    (0..n).try_for_each(|number| add(&group, kind, number))?;
    Ok(file.close()?)
}

fn old_group(parent: c::Id, name: &str) -> Result<c::Owned> {
    let name = c::c(name)?;
    // SAFETY: the name ends in a zero, and lives as long as the call.
    c::Owned::new(unsafe { c::h5g::H5Gcreate2(parent, name.as_ptr(), 0, 0, 0) })
}

fn name(number: usize) -> String {
    format!("member_{number:07}")
}

/// Numbers spread over all `n`, each once.
fn some(n: usize) -> impl Iterator<Item = usize> {
    (0..FEW.min(n)).map(move |number| number * n / FEW.min(n))
}

fn has(group: &hdfive::Group, kind: Kind, number: usize) -> Result<bool> {
    Ok(match kind {
        Kind::Attributes => group.has_attr(&name(number))?,
        _ => group.location(&name(number)).is_ok(),
    })
}

fn add(group: &hdfive::Group, kind: Kind, number: usize) -> Result<()> {
    match kind {
        Kind::Attributes => {
            group.new_attr::<u32>().create(name(number).as_str())?;
        }
        _ => {
            group.create_group(&name(number))?;
        }
    }
    Ok(())
}

fn delete(group: &hdfive::Group, kind: Kind, number: usize) -> Result<()> {
    match kind {
        Kind::Attributes => group.delete_attr(&name(number))?,
        _ => group.unlink(&name(number))?,
    }
    Ok(())
}
