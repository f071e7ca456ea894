//! The fixtures: files that h5py wrote, each with what h5py reads from it.
//!
//! `tests/fixtures/scripts` makes both; `describe.py` there tells how values are written down.

use super::root;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// One fixture.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// What it shows and under which lower version bound it was written: `strings_v110`.
    pub name: String,
    /// The name to open, with `%05d` for a family.
    pub file: String,
    /// `family`, `split`, `multi` or empty.
    pub driver: String,
    /// False where libhdf5 refuses the file, and nothing is known of its content.
    pub opens: bool,
    /// What h5py reads, one entry an object.
    pub objects: Vec<Value>,
}

impl Fixture {
    pub fn path(&self) -> PathBuf {
        folder().join(&self.file)
    }
}

/// Where the fixtures stand.
pub fn folder() -> PathBuf {
    root().join("tests/fixtures")
}

/// All fixtures, by name.
pub fn all() -> Vec<Fixture> {
    let expected = folder().join("expected");
    let entries = fs::read_dir(expected).expect("the fixtures").map(|e| e.expect("a file").path());
    let mut found: Vec<Fixture> = entries
        .map(|path| {
            let text = fs::read(&path).expect("a fixture");
            let json: Value = serde_json::from_slice(&text).expect("JSON");
            let word =
                |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            Fixture {
                name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
                file: word("file"),
                driver: word("driver"),
                opens: json.get("opens") == Some(&Value::Bool(true)),
                objects: json.get("objects").and_then(Value::as_array).cloned().unwrap_or_default(),
            }
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}
