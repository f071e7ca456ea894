//! `h5 recover` puts right what writers leave that die: of this library, of h5py, under SWMR or not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]
#![cfg(unix)]

mod support;

use hdfive::{File, SharedMemory, Storage};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use support::listing::list_bytes;
use support::recorder::{Recorder, Step, apply};
use support::{empty_folder, fixtures, h5, python_in};

/// What the program says of a file, without its name.
fn recover(arguments: &[&str], file: &Path) -> String {
    let done = Command::new(h5::program()).arg("recover").args(arguments).arg(file).output();
    let done = done.unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && errors.is_empty(), "{arguments:?}: {errors}");
    let said = String::from_utf8(done.stdout).unwrap();
    let said = said.strip_prefix(&format!("{}: ", file.display())).expect("the name of the file");
    said.trim_end().to_owned()
}

fn copy_of(fixture: &str, folder: &Path) -> PathBuf {
    let path = folder.join(format!("{fixture}.h5"));
    fs::copy(fixtures::folder().join(format!("{fixture}.h5")), &path).unwrap();
    path
}

/// Kills itself while it writes a file: `python script KIND PATH`.
const DIES: &str = "
import os, signal, sys
import h5py
kind, path = sys.argv[1:]
libver = {'earliest': 'earliest', 'v108': 'v108'}.get(kind, 'latest')
file = h5py.File(path, 'w', libver=libver)
rows = file.create_dataset('rows', (0,), 'i4', maxshape=(None,), chunks=(4,))
file.create_dataset('constant', data=range(1000))
file.flush()
if kind == 'swmr':
    file.swmr_mode = True
for number in range(50):
    rows.resize(number + 1, 0)
    rows[number] = number
    if kind == 'swmr':
        rows.flush()
print('dying', flush=True)
if kind != 'swmr':
    file.flush()
os.kill(os.getpid(), signal.SIGKILL)
";

/// What stock h5py finds, in modes r and r+.
const READS: &str = "
import sys
import h5py
for path in sys.argv[1:]:
    try:
        with h5py.File(path, 'r') as file:
            rows, constant = file['rows'][()].tolist(), file['constant'][()].tolist()
            assert rows == list(range(50)) and constant == list(range(1000)), path
        with h5py.File(path, 'r+') as file:
            file.create_group('more')
            file['rows'].resize(60, 0)
            file['rows'][59] = 59
        with h5py.File(path, 'r') as file:
            assert file['rows'][59] == 59 and file['rows'][49] == 49 and 'more' in file
        print('well')
    except OSError as error:
        print('already open' if 'already open' in str(error) else error)
";

/// A file whose h5py died; `None` where there is no h5py.
fn died(kind: &str, folder: &Path) -> Option<PathBuf> {
    let path = folder.join(format!("{kind}.h5"));
    let python = support::python()?;
    let done = Command::new(python).args(["-c", DIES, kind]).arg(&path).output().unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), &done.stdout[..]), (None, &b"dying\n"[..]), "{errors}");
    Some(path)
}

fn h5py_finds(path: &Path) -> String {
    let found = python_in(path.parent().unwrap(), READS, &[path.to_str().unwrap()]);
    found.expect("h5py is there").trim_end().to_owned()
}

#[test]
fn marks_of_a_writer_that_died_are_cleared() {
    let folder = empty_folder("recover-marks");
    for kind in ["swmr", "latest"] {
        for arguments in [&[][..], &["-s"], &["--status", "--increment=0"]] {
            let Some(path) = died(kind, &folder) else { return };
            assert_eq!(h5py_finds(&path), "already open");
            let error = File::open(&path).unwrap_err().to_string();
            assert!(error.contains("`h5 recover FILE`"), "{error}");
            let said = recover(arguments, &path);
            assert!(said.starts_with("cleared the marks of an open file"), "{said}");
            assert_eq!(h5py_finds(&path), "well", "{kind} {arguments:?}");
            let again = recover(arguments, &path);
            assert!(!again.contains("cleared"), "{again}");
        }
    }
}

/// A file, and the steps of a flush that changes it.
fn flush() -> (Vec<u8>, Vec<Step>) {
    let recorder = Arc::new(Recorder::default());
    let storage: Arc<dyn Storage> = recorder.clone();
    let file = File::with_options().auto_flush(false).create_storage(storage).unwrap();
    let values: Vec<i32> = (0..1000).collect();
    let new = || file.new_dataset::<i32>();
    new().shape(1000).create("constant").unwrap().write_raw(&values).unwrap();
    let rows = new().shape(0..).chunk(4).deflate(1).create("rows").unwrap();
    rows.append(&values[..50], 0).unwrap();
    file.flush().unwrap();
    let (before, start) = (recorder.to_vec(), recorder.steps());
    file.create_group("new").unwrap();
    new().shape(5000).create("more numbers").unwrap().write_raw(&[1; 5000]).unwrap();
    rows.append(&values[..5], 0).unwrap();
    file.flush().unwrap();
    (before, recorder.log()[start..].to_vec())
}

/// Calls `each` with what is left of the file after each step, and whether a record is at its end.
fn for_each_prefix(before: &[u8], steps: &[Step], mut each: impl FnMut(&[u8], bool)) {
    let storage = SharedMemory::new(before.to_vec());
    for step in steps {
        apply(step, &storage).unwrap();
        let bytes = storage.to_vec();
        let footer = bytes.len() - FOOTER;
        each(&bytes, bytes[footer..].starts_with(b"HRDF"));
    }
}

/// Bytes of what ends a record.
const FOOTER: usize = 28;

#[test]
fn an_unfinished_flush_is_finished_or_taken_back() {
    let path = empty_folder("recover-flush").join("file.h5");
    let (before, steps) = flush();
    let old = list_bytes(before.clone()).unwrap();
    let mut found = [0, 0];
    let mut last = Vec::new();
    for_each_prefix(&before, &steps, |bytes, unfinished| {
        found[usize::from(unfinished)] += 1;
        last = bytes.to_vec();
        for (arguments, done) in [
            (&[][..], "finished an unfinished flush"),
            (&["--undo"], "took an unfinished flush back"),
        ] {
            fs::write(&path, bytes).unwrap();
            let state = list_bytes(bytes.to_vec()).unwrap();
            let said = recover(arguments, &path);
            assert_eq!(said, if unfinished { done } else { "nothing to put right" });
            let left = fs::read(&path).unwrap();
            if !unfinished || arguments.is_empty() {
                assert_eq!(list_bytes(left).unwrap(), state);
            } else {
                assert_eq!(
                    (list_bytes(left.clone()).unwrap(), left.len()),
                    (old.clone(), before.len())
                );
                if support::python().is_some() {
                    assert_eq!(h5py_finds(&path), "well");
                }
            }
            assert_eq!(recover(arguments, &path), "nothing to put right");
        }
    });
    assert!(found[0] > 3 && found[1] > 3, "{found:?}");
    assert_ne!(list_bytes(last).unwrap(), old);
}

#[test]
fn what_is_left_of_a_flush_is_dropped_where_another_program_wrote_the_file_since() {
    let folder = empty_folder("recover-stale");
    let path = folder.join("file.h5");
    let (before, steps) = flush();
    fs::write(&path, &before).unwrap();
    let script = "
import sys
import h5py
with h5py.File(sys.argv[1], 'r+') as file:
    file.create_group('other')
";
    let Some(_) = python_in(&folder, script, &[path.to_str().unwrap()]) else { return };
    let other = fs::read(&path).unwrap();
    let state = list_bytes(other.clone()).unwrap();
    let mut records = 0;
    for_each_prefix(&before, &steps, |bytes, unfinished| {
        if !unfinished {
            return;
        }
        records += 1;
        let footer = &bytes[bytes.len() - FOOTER..];
        let at = u64::from_le_bytes(footer[4..12].try_into().unwrap());
        let at = usize::try_from(at).unwrap();
        let mut left = other.clone();
        assert!(left.len() <= at);
        left.resize(at, 0);
        left.extend(&bytes[at..]);
        assert_eq!(list_bytes(left.clone()).unwrap(), state);
        fs::write(&path, &left).unwrap();
        let said = recover(&[], &path);
        assert_eq!(said, "dropped an unfinished flush that was not of this file");
        assert_eq!(fs::read(&path).unwrap(), left[..at]);
        assert_eq!(h5py_finds(&path), "well");
    });
    assert!(records > 3);
}

#[test]
fn a_cache_image_goes_and_what_it_held_stays() {
    let folder = empty_folder("recover-image");
    for fixture in ["cache_image_v110", "cache_image_latest"] {
        let path = copy_of(fixture, &folder);
        let digest = || String::from_utf8(h5::digest(&path, "").stdout).unwrap();
        let before = list_bytes(fs::read(&path).unwrap()).unwrap();
        assert_eq!(recover(&[], &path), "nothing to put right");
        assert_eq!(recover(&["-m"], &path), "removed the metadata cache image");
        assert_eq!(recover(&["--image"], &path), "nothing to put right");
        assert_eq!(list_bytes(fs::read(&path).unwrap()).unwrap(), before);
        assert!(digest().len() > 100);
        if support::has_h5dump() {
            let clear = Command::new("h5clear").arg("-m").arg(&path).output().unwrap();
            let said = String::from_utf8_lossy(&clear.stderr).into_owned();
            assert!(said.contains("No cache image in the file"), "{said}");
        }
    }
}

/// As [`recover`], by h5clear; `None` where there is none.
fn h5clear(arguments: &[&str], file: &Path) -> Option<String> {
    if !support::has_h5dump() {
        return None;
    }
    let done = Command::new("h5clear").args(arguments).arg(file).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap().trim().to_owned())
}

/// Changes by how much the superblock of a file of h5py's, of version 0, states the file's length.
fn misstate(path: &Path, by: i64) {
    const END_OF_FILE: usize = 40;
    let mut bytes = fs::read(path).unwrap();
    let start = bytes.windows(8).position(|bytes| bytes == b"\x89HDF\r\n\x1a\n").unwrap();
    let place = start + END_OF_FILE..start + END_OF_FILE + 8;
    let end = i64::from_le_bytes(bytes[place.clone()].try_into().unwrap());
    assert_eq!(end, i64::try_from(bytes.len()).unwrap());
    bytes[place].copy_from_slice(&(end + by).to_le_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn the_end_of_a_file_is_told_and_moved_as_h5clear_does() {
    let folder = empty_folder("recover-end");
    let script = "
import sys
import h5py
for name, size in (('plain', 0), ('behind', 1024)):
    with h5py.File(f'{name}.h5', 'w', libver='earliest', userblock_size=size) as file:
        file.create_dataset('constant', data=range(1000))
        file['rows'] = h5py.SoftLink('constant')
        del file['rows']
        rows = file.create_dataset('rows', data=range(50), dtype='i4', maxshape=(None,))
";
    if python_in(&folder, script, &[]).is_none() {
        return;
    }
    for name in ["plain", "behind"] {
        let made = fs::read(folder.join(format!("{name}.h5"))).unwrap();
        for by in [-1000, 0, 1000] {
            for argument in ["--increment", "--increment=0", "--increment=512"] {
                let ours = folder.join("ours.h5");
                let theirs = folder.join("theirs.h5");
                fs::write(&ours, &made).unwrap();
                misstate(&ours, by);
                fs::copy(&ours, &theirs).unwrap();
                let ends = recover(&["--filesize"], &ours);
                let stated = i64::try_from(made.len()).unwrap() + by;
                assert_eq!(ends, format!("EOA is {stated}; EOF is {}", made.len()));
                if by > 0 {
                    assert!(h5py_finds(&ours).contains("truncated file"));
                }
                let said = recover(&[argument], &ours);
                let len = fs::metadata(&ours).unwrap().len();
                assert_eq!(said, format!("the file has {len} bytes now"));
                assert_eq!(recover(&["--filesize"], &ours), format!("EOA is {len}; EOF is {len}"));
                if h5clear(&[argument], &theirs).is_some() {
                    assert_eq!(
                        h5clear(&["--filesize"], &theirs).unwrap(),
                        recover(&["--filesize"], &ours)
                    );
                }
                assert_eq!(h5py_finds(&ours), "well");
            }
        }
    }
}

#[test]
fn what_cannot_be_put_right_is_left_alone() {
    let folder = empty_folder("recover-not");
    let fails = |arguments: &[&str]| {
        let done = Command::new(h5::program()).arg("recover").args(arguments).output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(done.stderr).unwrap()
    };
    let text = folder.join("text.h5");
    fs::write(&text, "no such file").unwrap();
    let said = fails(&[text.to_str().unwrap(), folder.join("none.h5").to_str().unwrap()]);
    assert!(said.contains("signature") && said.contains("none.h5"), "{said}");
    assert_eq!(fs::read(&text).unwrap(), b"no such file");
    let said = fails(&["--driver", "split", text.to_str().unwrap()]);
    assert!(said.contains("spread over several"), "{said}");
    let open = folder.join("open.h5");
    let file = File::create(&open).unwrap();
    let said = fails(&["--undo", open.to_str().unwrap()]);
    assert!(said.contains("locked"), "{said}");
    file.close().unwrap();
    assert_eq!(recover(&["--undo"], &open), "nothing to put right");
}

#[test]
fn a_member_of_a_family_keeps_its_length() {
    let folder = empty_folder("recover-family");
    for name in ["family_earliest_00000", "family_latest_00000"] {
        let member = copy_of(name, &folder);
        let before = fs::read(&member).unwrap();
        for verb in ["recover", "clear"] {
            let mut h5 = Command::new(h5::program());
            let done = h5.args([verb, "--increment=512"]).arg(&member).output().unwrap();
            assert_eq!(done.status.code(), Some(1), "{verb} {name}");
            let said = String::from_utf8(done.stderr).unwrap();
            assert!(said.contains("family") || said.contains("cut off"), "{verb} {name}: {said}");
            assert_eq!(fs::read(&member).unwrap(), before, "{verb} {name}");
        }
    }
}

/// What the program says, and what it ends with.
fn salvage(arguments: &[&str], file: &Path, new: &Path) -> (i32, String) {
    let mut command = Command::new(h5::program());
    let done =
        command.arg("recover").arg(file).arg("-o").arg(new).args(arguments).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// What can be read of a damaged file comes to a new one; the code says whether that is all.
#[test]
fn what_is_left_comes_to_a_new_file() {
    let folder = empty_folder("recover-new");
    let (file, new) = (copy_of("tour_latest", &folder), folder.join("new.h5"));
    let whole = fs::read(&file).unwrap();
    let (code, said) = salvage(&[], &file, &new);
    assert_eq!(code, 0, "{said}");
    assert!(said.ends_with(" brought, nothing lost\n"), "{said}");
    // What is there stays, unless it is said that it may go.
    let (code, said) = salvage(&[], &file, &new);
    assert!(code == 2 && said.contains("--force"), "{code}: {said}");
    let (code, said) = salvage(&["--force"], &file, &file);
    assert!(code == 2 && said.contains("into itself"), "{code}: {said}");
    fs::write(&file, &whole[..whole.len() * 3 / 4]).unwrap();
    let (code, said) = salvage(&["--force"], &file, &new);
    assert!(code == 1 && said.contains(" at 0x") && said.contains(" lost"), "{code}: {said}");
    assert!(!File::open(&new).unwrap().is_empty());
    assert_eq!(fs::read(&file).unwrap(), &whole[..whole.len() * 3 / 4]);
    // Nothing comes of nothing.
    fs::write(&file, "words").unwrap();
    let none = folder.join("none.h5");
    let (code, said) = salvage(&[], &file, &none);
    assert!(code == 2 && !none.exists(), "{code}: {said}");
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}
