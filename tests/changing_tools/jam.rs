//! `h5 jam` and `h5 unjam`, and h5jam and h5unjam.

use super::{corpus_files, h5, theirs};
use crate::support::empty_folder;
use crate::support::recorder::{Recorder, apply};
use hdfive::{File, RecoveryBuilder, SharedMemory};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files of users: none of them fills a user block, or all of it, or more than one.
const SIZES: [usize; 6] = [0, 1, 511, 512, 513, 3000];

/// A folder with the HDF5 files of the corpus, and files of users; `None` without a corpus.
fn folder(name: &str) -> Option<PathBuf> {
    let folder = empty_folder(name);
    if corpus_files(&["hdf5/h5jam"], &folder).is_empty() {
        return None;
    }
    for size in SIZES {
        let bytes: Vec<u8> = b"the user's own bytes\n".iter().copied().cycle().take(size).collect();
        fs::write(folder.join(format!("user{size}")), bytes).unwrap();
    }
    Some(folder)
}

const FILES: [&str; 3] = ["tall.h5", "twithub.h5", "twithub513.h5"];

/// Both write the same bytes, but where libhdf5's tool leaves old ones behind the new.
#[test]
fn user_blocks_are_those_of_h5jam() {
    let Some(folder) = folder("tool-jam") else { return };
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    for file in FILES {
        for size in SIZES {
            for clobber in [false, true] {
                let user = format!("user{size}");
                let more: &[&str] = if clobber { &["--clobber"] } else { &[] };
                let options = |output| [&["-i", file, "-u", &user, "-o", output], more].concat();
                let ours = h5(&folder, &[&["jam"], options("ours.h5").as_slice()].concat());
                let what = format!("{file} {user} {clobber}");
                assert_eq!((ours.code, ours.errors.as_str()), (Some(0), ""), "{what}");
                let Some(other) = theirs("h5jam", &folder, &options("theirs.h5")) else { return };
                assert_eq!(other.code, Some(0), "{what}");
                assert!(read("ours.h5") == read("theirs.h5"), "{what}");
                // In place, it comes to the same.
                fs::copy(folder.join(file), folder.join("place.h5")).unwrap();
                let options = [&["jam", "-i", "place.h5", "-u", &user], more].concat();
                assert_eq!(h5(&folder, &options).code, Some(0), "{what}");
                assert!(read("place.h5") == read("ours.h5"), "{what}");
                check_parts(&folder, file, &user, what.as_str());
            }
        }
    }
    let left = fs::read_dir(&folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".part"));
    assert_eq!(left.count(), 0);
}

/// Takes `ours.h5` apart again.
fn check_parts(folder: &Path, file: &str, user: &str, what: &str) {
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let dump = |name: &str| h5(folder, &["dump", name]).out.replacen(name, "", 1);
    assert!(dump("ours.h5") == dump(file), "{what}");
    let block = File::open(folder.join("ours.h5")).unwrap().userblock();
    let parted = h5(folder, &["unjam", "-i", "ours.h5", "-o", "bare.h5", "-u", "block"]);
    assert_eq!(parted.code, Some(0), "{what}");
    if block == 0 {
        assert!(parted.errors.contains("has no user block: no change to file"), "{what}");
        return;
    }
    let bare = theirs("h5unjam", folder, &["-i", "ours.h5", "-o", "bare2.h5", "-u", "block2"]);
    if bare.is_some() {
        assert!(read("bare.h5") == read("bare2.h5") && read("block") == read("block2"), "{what}");
    }
    assert_eq!(u64::try_from(read("block").len()).unwrap(), block, "{what}");
    let bytes = read(user);
    assert!(read("block").windows(bytes.len().max(1)).any(|part| part.starts_with(&bytes)));
    assert!(dump("bare.h5") == dump(file), "{what}");
    // In place, and to the standard output.
    let shown = h5(folder, &["unjam", "-i", "ours.h5"]);
    assert_eq!((shown.code, shown.out.len()), (Some(0), read("block").len()), "{what}");
    assert!(read("ours.h5") == read("bare.h5"), "{what}");
}

#[test]
fn misuse_is_told_as_h5jam_tells_it() {
    let Some(folder) = folder("tool-jam-misuse") else { return };
    let jam: [&[&str]; 8] = [
        &[],
        &["-i", "tall.h5"],
        &["-u", "tall.h5", "-i", "tall.h5"],
        &["-u", "user1"],
        &["-u", "user1", "-i", "user1"],
        &["-u", "none", "-i", "tall.h5"],
        &["-i", "tall.h5", "-u", "user1", "-o", "no folder/x.h5"],
        &["-x"],
    ];
    let unjam: [&[&str]; 5] = [
        &[],
        &["-i", "user1", "-o", "x.h5"],
        &["-i", "tall.h5", "-o", "x.h5"],
        &["-i", "twithub.h5", "-o", "x.h5", "-u", "block", "--delete"],
        &["-x"],
    ];
    let before = fs::read(folder.join("tall.h5")).unwrap();
    for (verb, tool, cases) in [("jam", "h5jam", &jam[..]), ("unjam", "h5unjam", &unjam[..])] {
        for arguments in cases {
            let Some(theirs) = theirs(tool, &folder, arguments) else { return };
            let ours = h5(&folder, &[&[verb], *arguments].concat());
            assert_eq!(ours.code, theirs.code, "{verb} {arguments:?}: {ours:?}, theirs {theirs:?}");
            let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
            if theirs.errors.contains("error:") && !theirs.errors.contains("none") {
                let what = (first(&ours.errors), first(&theirs.errors));
                assert_eq!(what.0, what.1, "{verb} {arguments:?}");
            }
        }
    }
    assert!(fs::read(folder.join("tall.h5")).unwrap() == before);
}

/// A flush that its writer died in is finished in what is made: behind a user block nobody would
/// find what is left of it.
#[test]
fn an_unfinished_flush_comes_along() {
    let folder = empty_folder("tool-jam-unfinished");
    fs::write(folder.join("user"), "a user's").unwrap();
    let bytes = unfinished();
    for output in [&["-o", "made.h5"][..], &[]] {
        fs::write(folder.join("died.h5"), &bytes).unwrap();
        let options = [&["jam", "-i", "died.h5", "-u", "user"], output].concat();
        let ended = h5(&folder, &options);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let made = output.last().copied().unwrap_or("died.h5");
        let file = File::open(folder.join(made)).unwrap();
        assert_eq!(file.userblock(), 512);
        assert_eq!(file.member_names().unwrap(), ["first", "second"]);
        drop(file);
        // Nothing is left that needs this library.
        assert_eq!(h5(&folder, &["unjam", "-i", made, "--delete"]).code, Some(0));
        if let Some(seen) = theirs("h5ls", &folder, &[made]) {
            assert_eq!(seen.out.lines().count(), 2, "{seen:?}");
        }
    }
}

/// A file as its writer leaves it that dies when all of a flush is recorded, and nothing of it is in
/// its place.
fn unfinished() -> Vec<u8> {
    let start = File::in_memory().unwrap();
    start.create_group("first").unwrap();
    let bytes = start.into_bytes().unwrap();
    let recorder = Arc::new(Recorder::new(bytes.clone()));
    let file = File::with_options().open_storage_rw(recorder.clone()).unwrap();
    file.create_group("second").unwrap();
    file.flush().unwrap();
    let steps = recorder.log();
    // The first state of which recovery has something to finish.
    for count in 0..=steps.len() {
        let died = SharedMemory::new(bytes.clone());
        steps[..count].iter().for_each(|step| apply(step, &died).unwrap());
        let bytes = died.to_vec();
        let done = RecoveryBuilder::new().recover_storage(Arc::new(died)).unwrap();
        if done.finished_flush {
            return bytes;
        }
    }
    panic!("no state of a flush is one to finish");
}
