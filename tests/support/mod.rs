//! What the test programs share: where things are, Python, running the program, comparing
//! documents.

#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(unreachable_pub, reason = "pub here means: for the test programs")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on fails"
)]

pub mod cases;
pub mod compare;
pub mod corpus;
pub mod fixtures;
pub mod h5;
pub mod listing;
pub mod oracle;
pub mod random;
pub mod recorder;
pub mod run;
pub mod server;
pub mod walk;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The workspace's folder, whichever package the test belongs to.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.ancestors().find(|p| p.join("tests/support/mod.rs").is_file());
        root.expect("the checkout holds this file").to_owned()
    })
}

/// The build folder; tests keep what they make in it.
pub fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the build folder holds tmp")
}

/// Whether a test must fail, rather than be skipped, where something it needs is missing.
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Says that something is missing: a failure where [`is_ci`], a remark otherwise.
pub fn skip(why: &str) {
    assert!(!is_ci(), "{why} (CI=true, so nothing may be skipped)");
    eprintln!("SKIPPED: {why}");
}

/// A Python interpreter with h5py and the other packages of `tests/requirements.txt`, made on
/// first use; `None`, and a word about it, where that cannot be done.
pub fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PYTHON.get_or_init(|| make_python("venv", "requirements.txt")) {
        Ok(path) => Some(path),
        Err(why) => {
            skip(why);
            None
        }
    }
}

/// The same with the packages of another list.
pub fn python_of(requirements: &str) -> Option<PathBuf> {
    match make_python(&format!("venv-{}", requirements.trim_end_matches(".txt")), requirements) {
        Ok(path) => Some(path),
        Err(why) => {
            skip(&why);
            None
        }
    }
}

/// Whether there is `h5dump`, of Debian's hdf5-tools; a word about it where there is not.
pub fn has_h5dump() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = Command::new("h5dump").arg("--version").output().is_ok();
        if !found {
            skip("no h5dump to be had: hdf5-tools has it");
        }
        found
    })
}

/// What a Python script prints that runs in `folder`; `None` where there is no Python.
pub fn python_in(folder: &Path, script: &str, arguments: &[&str]) -> Option<String> {
    Some(run_python(python()?, folder, script, arguments))
}

/// What a script prints that an interpreter runs in `folder`.
pub fn run_python(
    python: impl AsRef<Path>,
    folder: &Path,
    script: &str,
    arguments: &[&str],
) -> String {
    let mut command = Command::new(python.as_ref());
    let done = command.current_dir(folder).args(["-c", script]).args(arguments).output().unwrap();
    assert!(done.status.success(), "{script}\n{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// An empty folder for the files of one test.
pub fn empty_folder(name: &str) -> PathBuf {
    let folder = target().join("scratch").join(name);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
        _ => std::fs::create_dir_all(&folder).unwrap(),
    }
    folder
}

fn make_python(name: &str, requirements: &str) -> Result<PathBuf, String> {
    let made = Command::new("python3")
        .arg(root().join("tests/support/venv.py"))
        .arg(target().join(name))
        .arg(root().join("tests").join(requirements))
        .output()
        .map_err(|error| format!("no python3 to be had: {error}"))?;
    if !made.status.success() {
        return Err(format!("no Python environment: {}", String::from_utf8_lossy(&made.stderr)));
    }
    let path = String::from_utf8(made.stdout).map_err(|error| error.to_string())?;
    Ok(PathBuf::from(path.trim_end()))
}
