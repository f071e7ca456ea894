//! Programs that have a file open keep others from writing to it, and handles of one program, too.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hdfive::{Error, ErrorKind, File, Locking};

#[path = "support/mod.rs"]
mod support;

/// h5py, which has a file open until this is dropped.
struct Other(Child);

impl Other {
    fn open(path: &Path, mode: &str, locking: &str) -> Option<Self> {
        let script = "
import h5py, sys
with h5py.File(sys.argv[1], sys.argv[2]) as file:
    print('open', flush=True)
    sys.stdin.read()";
        let mut child = Command::new(support::python()?)
            .args(["-c", script])
            .arg(path)
            .arg(mode)
            .env("HDF5_USE_FILE_LOCKING", locking)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "open\n");
        Some(Self(child))
    }

    fn close(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

/// Whether h5py opens the file.
fn h5py_opens(path: &Path, mode: &str) -> Option<bool> {
    let script = "
import h5py, sys
try:
    h5py.File(sys.argv[1], sys.argv[2]).close()
    print('opened')
except OSError as error:
    assert 'lock' in str(error), error
    print('locked')";
    let folder = path.parent().unwrap();
    let said = support::python_in(folder, script, &[path.to_str().unwrap(), mode])?;
    Some(said.trim() == "opened")
}

fn assert_locked(error: &Error) {
    let locked =
        matches!(error.kind(), ErrorKind::Io(e) if e.kind() == std::io::ErrorKind::WouldBlock);
    assert!(locked && error.to_string().contains("open"), "{error}");
}

fn made(test: &str) -> std::path::PathBuf {
    let path = support::empty_folder(&format!("locks-{test}")).join("file.h5");
    File::create(&path).unwrap().create_group("kept").unwrap();
    path
}

#[test]
fn handles_of_one_program_exclude_each_other() {
    let path = made("handles");
    for locking in [Locking::On, Locking::BestEffort] {
        let with = || File::with_options().locking(locking);
        let readers = [with().open(&path).unwrap(), with().open(&path).unwrap()];
        assert_locked(&with().open_rw(&path).unwrap_err());
        assert_locked(&with().create(&path).unwrap_err());
        assert_locked(&with().append(&path).unwrap_err());
        let [first, second] = readers;
        let handle = first.group("kept").unwrap();
        // A handle keeps the file open; closing it does not ask.
        drop(first);
        second.close().unwrap();
        assert_locked(&with().open_rw(&path).unwrap_err());
        drop(handle);
        let writer = with().open_rw(&path).unwrap();
        assert_locked(&with().open(&path).unwrap_err());
        assert_locked(&with().open_rw(&path).unwrap_err());
        assert_locked(&with().create(&path).unwrap_err());
        assert_locked(&File::recover(&path).unwrap_err());
        writer.close().unwrap();
        assert!(with().open_rw(&path).unwrap().link_exists("kept"));
    }
}

#[test]
fn without_locks_a_program_still_has_one_writer_of_a_file() {
    let path = made("off");
    let without = || File::with_options().locking(Locking::Off);
    let reader = without().open(&path).unwrap();
    let writer = without().open_rw(&path).unwrap();
    assert_locked(&without().open_rw(&path).unwrap_err());
    assert_locked(&without().create(&path).unwrap_err());
    // By another name, too.
    let other = path.with_file_name("other.h5");
    std::os::unix::fs::symlink(&path, &other).unwrap();
    assert_locked(&without().open_rw(&other).unwrap_err());
    writer.create_group("more").unwrap();
    writer.close().unwrap();
    drop(reader);
    assert_eq!(without().open(&path).unwrap().len(), 2);
}

#[test]
fn h5py_and_this_library_exclude_each_other() {
    let path = made("h5py");
    let Some(other) = Other::open(&path, "r", "TRUE") else { return };
    File::open(&path).unwrap();
    assert_locked(&File::open_rw(&path).unwrap_err());
    assert_locked(&File::create(&path).unwrap_err());
    other.close();
    let other = Other::open(&path, "r+", "TRUE").unwrap();
    assert_locked(&File::open(&path).unwrap_err());
    assert_locked(&File::open_rw(&path).unwrap_err());
    other.close();

    let opens = |mode| h5py_opens(&path, mode).unwrap();
    let reader = File::open(&path).unwrap();
    assert_eq!((opens("r"), opens("r+")), (true, false));
    reader.close().unwrap();
    let writer = File::open_rw(&path).unwrap();
    assert_eq!((opens("r"), opens("r+")), (false, false));
    let group = writer.create_group("here").unwrap();
    drop(writer);
    assert!(!opens("r"), "a handle keeps the file open");
    drop(group);
    assert!(opens("r+"));
    let writer = File::create(path.with_file_name("new.h5")).unwrap();
    assert!(!h5py_opens(&path.with_file_name("new.h5"), "r+").unwrap());
    writer.close().unwrap();
    assert_eq!(File::open(&path).unwrap().len(), 2);
}

#[test]
fn the_environment_overrides_the_program() {
    const VARIABLE: &str = "HDFIVE_TEST_LOCKED_FILE";
    if let Ok(path) = std::env::var(VARIABLE) {
        // The inner run: one of several with another HDF5_USE_FILE_LOCKING each.
        for locking in [Locking::On, Locking::BestEffort, Locking::Off] {
            let opened = File::with_options().locking(locking).open_rw(&path).is_ok();
            println!("{locking:?} {opened}");
        }
        return;
    }
    let path = made("environment");
    let Some(other) = Other::open(&path, "r+", "TRUE") else { return };
    for (value, opened) in [
        (None, [false, false, true]),
        (Some("TRUE"), [false; 3]),
        (Some("1"), [false; 3]),
        (Some("BEST_EFFORT"), [false; 3]),
        (Some("FALSE"), [true; 3]),
        (Some("0"), [true; 3]),
    ] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "the_environment_overrides_the_program", "--nocapture"]);
        command.env(VARIABLE, &path).env_remove("HDF5_USE_FILE_LOCKING");
        if let Some(value) = value {
            command.env("HDF5_USE_FILE_LOCKING", value);
        }
        let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
        for (locking, opened) in ["On", "BestEffort", "Off"].iter().zip(opened) {
            assert!(said.contains(&format!("{locking} {opened}\n")), "{value:?}: {said}");
        }
    }
    other.close();
}

/// What is written while nobody locks is not looked at by who reads: best effort.
#[test]
fn a_file_h5py_does_not_lock_opens() {
    let path = made("unlocked");
    let Some(other) = Other::open(&path, "r", "FALSE") else { return };
    let writer = File::open_rw(&path).unwrap();
    writer.create_group("new").unwrap();
    writer.close().unwrap();
    other.close();
    assert_eq!(File::open(&path).unwrap().len(), 2);
}
