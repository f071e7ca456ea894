//! What h5py does and what this library does: the same statements, row by row.
//!
//! A row is a function of `h5py_parity/rows.py` and one of the same name here. Both give a value or
//! an error; values are the same as JSON, errors are of kinds that go with each other. Rows that
//! differ on purpose say why. `h5py_parity/rows.md` says which rows stand for which behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

/// Rows: `fn name(folder) { .. }`, with `differs("why")` before those that are not as h5py's.
macro_rules! rows {
    ($($(differs($why:literal))? fn $name:ident($folder:ident) $body:block)*) => {
        pub(crate) const ROWS: &[crate::Row] = &[$(crate::Row {
            name: stringify!($name),
            run: {
                fn run($folder: &std::path::Path) -> crate::Outcome $body
                run
            },
            differs: &[$($why)?],
        }),*];
    };
}

#[path = "h5py_parity/attributes.rs"]
mod attributes;
#[path = "h5py_parity/datasets.rs"]
mod datasets;
#[path = "h5py_parity/files.rs"]
mod files;
#[path = "h5py_parity/groups.rs"]
mod groups;
#[path = "h5py_parity/selections.rs"]
mod selections;
#[path = "support/mod.rs"]
mod support;
#[path = "h5py_parity/types.rs"]
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hdfive::{Dataset, Error, ErrorKind, File};
use serde_json::Value;

/// What a row gives.
pub(crate) type Outcome = Result<Value, Error>;

/// A statement, here.
pub(crate) struct Row {
    name: &'static str,
    run: fn(&Path) -> Outcome,
    /// Why it is not as h5py's, where it is not.
    differs: &'static [&'static str],
}

const ALL: &[&[Row]] =
    &[files::ROWS, groups::ROWS, datasets::ROWS, selections::ROWS, types::ROWS, attributes::ROWS];

fn rows() -> impl Iterator<Item = &'static Row> {
    ALL.iter().copied().flatten()
}

/// A new file `f.h5`.
pub(crate) fn new(folder: &Path) -> File {
    File::create(folder.join("f.h5")).unwrap()
}

/// A new file with a dataset `x` of 4 times 5 numbers in sequence.
pub(crate) fn squares(folder: &Path) -> (File, Dataset) {
    let file = new(folder);
    let x = file.new_dataset::<i64>().shape((4, 5)).create("x").unwrap();
    x.write_raw(&(0..20).collect::<Vec<i64>>()).unwrap();
    (file, x)
}

/// The name of what kind of error it is.
fn kind(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::AlreadyExists => "Exists",
        _ if error.is_not_found() => "NotFound",
        ErrorKind::Io(_) => "Io",
        ErrorKind::Malformed(_) => "Malformed",
        ErrorKind::Exists(_) => "Exists",
        ErrorKind::Conversion(_) => "Conversion",
        ErrorKind::Closed => "Closed",
        ErrorKind::Usage(_) => "Usage",
        other => panic!("unexpected: {other:?}"),
    }
}

/// The kinds of errors that go with an exception.
fn kinds_of(exception: &str) -> &'static [&'static str] {
    match exception {
        "FileNotFoundError" | "KeyError" => &["NotFound"],
        "FileExistsError" => &["Exists"],
        "IndexError" => &["Usage"],
        "TypeError" => &["Usage", "Conversion"],
        "ValueError" => &["Usage", "Exists", "NotFound", "Conversion"],
        "UnicodeDecodeError" => &["Conversion"],
        "AttributeError" => &["NotFound"],
        // What libhdf5 says without further distinction.
        "OSError" | "RuntimeError" => {
            &["Usage", "Exists", "NotFound", "Malformed", "Closed", "Conversion"]
        }
        other => panic!("no kind for {other}"),
    }
}

/// Whether both give the same; what they give, in words, where not.
fn compare(ours: &Outcome, theirs: &Value) -> Result<(), String> {
    let same = match (ours, theirs.get("ok"), theirs.get("error")) {
        (Ok(ours), Some(theirs), _) => ours == theirs,
        (Err(ours), None, Some(theirs)) => {
            kinds_of(theirs[0].as_str().unwrap()).contains(&kind(ours))
        }
        _ => false,
    };
    let ours = match ours {
        Ok(value) => value.to_string(),
        Err(error) => format!("{}: {error}", kind(error)),
    };
    if same { Ok(()) } else { Err(format!("{ours}\n    h5py: {theirs}")) }
}

#[test]
fn rows_give_what_h5py_gives() {
    let folder = support::empty_folder("h5py_parity");
    let script = include_str!("h5py_parity/rows.py");
    let theirs = support::python_in(&folder, script, &[]);
    let theirs: Option<BTreeMap<String, Value>> = theirs.map(|text| {
        text.lines().map(|line| serde_json::from_str::<(String, Value)>(line).unwrap()).collect()
    });
    let mut wrong = Vec::new();
    for Row { name, run, differs } in rows() {
        let here = folder.join(name);
        std::fs::create_dir(&here).unwrap();
        let ours = run(&here);
        if let Err(error) = &ours {
            assert!(!error.to_string().is_empty());
        }
        let Some(theirs) = &theirs else { continue };
        let Some(theirs) = theirs.get(*name) else {
            wrong.push(format!("{name}: h5py has no such row"));
            continue;
        };
        match (compare(&ours, theirs), differs) {
            (Err(problem), []) => wrong.push(format!("{name}: {problem}")),
            (Ok(()), [why, ..]) => wrong.push(format!("{name}: does not differ, though: {why}")),
            _ => {}
        }
    }
    if let Some(theirs) = theirs {
        let ours: BTreeSet<&str> = rows().map(|row| row.name).collect();
        let more = theirs.keys().filter(|name| !ours.contains(name.as_str()));
        wrong.extend(more.map(|name| format!("{name}: only h5py has this row")));
        assert!(ours.len() > 140, "{}", ours.len());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    std::fs::remove_dir_all(folder).unwrap();
}

/// The table names every row, and the differences that rows have.
#[test]
fn the_table_is_whole() {
    let table = include_str!("h5py_parity/rows.md");
    let (behaviour, differences) = table.split_once("# What differs").unwrap();
    let named = |text: &str| -> BTreeSet<String> {
        let words = text.split('`').skip(1).step_by(2);
        let row = |word: &&str| {
            let (area, _) = word.split_once('_').unwrap_or_default();
            ["file", "group", "dataset", "select", "type", "attr"].contains(&area)
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        words.filter(row).map(str::to_owned).collect()
    };
    let all: BTreeSet<String> = rows().map(|row| row.name.to_owned()).collect();
    let differing: Vec<&Row> = rows().filter(|row| !row.differs.is_empty()).collect();
    assert_eq!(named(behaviour), all);
    assert_eq!(named(differences), differing.iter().map(|row| row.name.to_owned()).collect());
    for row in differing {
        assert!(differences.contains(row.differs[0]), "{}: {}", row.name, row.differs[0]);
    }
}
