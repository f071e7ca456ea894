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

use hdfive::definition::{Class, Datatype, Member};
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
    files_are_the_same(&folder);
    std::fs::remove_dir_all(folder).unwrap();
}

/// Rows whose files are the same, whoever made them: each reads the other's as its own.
const SAME_FILES: &[&str] = &[
    "attr_dict",
    "attr_kinds",
    "attr_modify",
    "dataset_fields",
    "dataset_fill",
    "dataset_scales",
    "group_null_reference",
    "group_utf8_names",
    "type_bool",
    "type_complex",
    "type_empty_attribute",
    "type_empty_dataset",
    "type_enum",
    "type_half_and_long_double",
    "type_named",
    "type_native_complex",
    "type_opaque",
    "type_strings",
    "type_vlen",
];

/// What h5py finds in files of both, and what this library does.
fn files_are_the_same(folder: &Path) {
    let Some(said) = support::python_in(folder, include_str!("h5py_parity/same.py"), SAME_FILES)
    else {
        return;
    };
    assert_eq!(said.lines().collect::<Vec<_>>(), SAME_FILES);
    for name in SAME_FILES {
        let [ours, theirs] = [(*name).to_owned(), format!("theirs_{name}")]
            .map(|of| facts(&File::open(folder.join(of).join("f.h5")).unwrap()).unwrap());
        assert_eq!(ours, theirs, "{name}");
        assert!(!ours.is_empty(), "{name}");
    }
}

/// Objects and attributes of a file, with types and values as text.
fn facts(file: &File) -> hdfive::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut add = |path: &str, object: &hdfive::Location| -> hdfive::Result<()> {
        if let Ok(dataset) = object.as_dataset() {
            let (datatype, space) = (dataset.dtype()?, dataset.space()?);
            let kind = kind_of(datatype.definition());
            let (shape, max) = (space.shape(), space.maxdims());
            found.push(format!("{path} {kind} {shape:?} {max:?} {}", shown(&dataset)?));
        }
        for (name, attribute) in object.all_attrs()? {
            let attribute = attribute?;
            let datatype = attribute.dtype()?;
            let (kind, shape) = (kind_of(datatype.definition()), attribute.shape());
            found.push(format!("{path} {name} {kind} {shape:?} {}", shown(&attribute)?));
        }
        Ok(())
    };
    add("/", file)?;
    let mut failed = None;
    file.visit_items::<()>(|path, object| match add(path, object) {
        Ok(()) => std::ops::ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            std::ops::ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(found), Err)
}

/// All there is to a type but the version it is described in, and the order of an enumeration.
fn kind_of(datatype: &Datatype) -> String {
    let inner = match &datatype.class {
        Class::Compound(members) => {
            let member =
                |m: &Member| format!("{} at {}: {}", m.name(), m.offset, kind_of(&m.datatype));
            members.iter().map(member).collect::<Vec<_>>().join(", ")
        }
        Class::Enum(of) => {
            let members = of.members.iter();
            let mut all: Vec<_> = members.map(|m| format!("{} {:?}", m.name(), m.value)).collect();
            all.sort();
            all.join(", ") + &kind_of(&of.base)
        }
        Class::VarLen(of) => format!("{:?} {:?} {}", of.kind, of.character_set, kind_of(&of.base)),
        Class::Array(of) => format!("{:?} {}", of.dimensions, kind_of(&of.base)),
        Class::Complex(of) => format!("complex {}", kind_of(&of.base)),
        class => format!("{class:?}"),
    };
    format!("[{} {inner}]", datatype.size)
}

/// Values as text; of references, what they lead to.
fn shown(elements: &hdfive::Container) -> hdfive::Result<String> {
    match elements.read_raw::<hdfive::Reference>() {
        Ok(references) => {
            let lead = |reference: &hdfive::Reference| match reference.is_null() {
                true => Ok(String::new()),
                false => elements.dereference(reference).map(|to| to.location().name()),
            };
            Ok(references.iter().map(lead).collect::<hdfive::Result<Vec<_>>>()?.join(" "))
        }
        // Addresses in what holds references are the file's own affair.
        Err(_) if format!("{:?}", elements.dtype()?.definition().class).contains("Reference(") => {
            Ok(String::new())
        }
        Err(_) => Ok(elements.read_value()?.to_string()),
    }
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
