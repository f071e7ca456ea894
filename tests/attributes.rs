//! Attributes that this library makes and changes, seen by h5py and by this library.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

#[path = "attributes/kinds.rs"]
mod kinds;
#[path = "attributes/model.rs"]
mod model;
#[path = "attributes/references.rs"]
mod references;
#[path = "attributes/storage.rs"]
mod storage;
#[path = "support/mod.rs"]
mod support;
#[path = "attributes/types.rs"]
mod types;

use std::path::{Path, PathBuf};
use std::process::Command;

use hdfive::{File, LibraryVersion};

/// Versions of the files this library makes here.
const VERSIONS: [LibraryVersion; 4] =
    [LibraryVersion::Earliest, LibraryVersion::V18, LibraryVersion::V110, LibraryVersion::V200];

/// What the scripts run by [`h5py`] start with.
const PRELUDE: &str = r#"
import h5py, json, sys
import numpy as np
path = sys.argv[1]
def same(found, wanted):
    assert np.all(np.asarray(found) == np.asarray(wanted)), f'{found!r} is not {wanted!r}'
def value(object, name):
    try:
        return object.attrs[name]
    except OSError:
        return None
def low(object, name):
    return h5py.h5a.open(object.id, name.encode())
"#;

/// Runs a script on a file; `None` where there is no Python.
fn h5py(script: &str, path: &Path) -> Option<String> {
    let python = support::python()?;
    // In a file, so that what Python says of an error shows the line.
    let file = path.with_extension("py");
    std::fs::write(&file, format!("{PRELUDE}\n{script}")).unwrap();
    let done = Command::new(python).arg(&file).arg(path).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::remove_file(&file).unwrap();
    Some(String::from_utf8(done.stdout).unwrap())
}

/// What Debian's h5dump has to say about a file; `None` where there is none.
fn h5dump(path: &Path, arguments: &[&str]) -> Option<String> {
    if !support::has_h5dump() {
        return None;
    }
    let done = Command::new("h5dump").args(arguments).arg(path).output().ok()?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap())
}

fn scratch(name: &str) -> PathBuf {
    let folder = support::target().join("attributes");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// A new file of the given version.
fn create(path: &Path, version: LibraryVersion) -> File {
    let options = File::with_options().library_versions(version, LibraryVersion::LATEST);
    options.create(path).unwrap()
}

/// Bytes in use once all that was freed is free.
fn used(file: &File) -> u64 {
    for _ in 0..2 {
        file.flush().unwrap();
    }
    file.size() - file.free_space()
}
