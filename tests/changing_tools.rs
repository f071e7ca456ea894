//! The verbs that change files leave what the HDF5 tools leave, and what libhdf5 reads.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]
#![cfg(unix)]

mod support;

#[path = "changing_tools/clear.rs"]
mod clear;
#[path = "changing_tools/convert.rs"]
mod convert;
#[path = "changing_tools/import.rs"]
mod import;
#[path = "changing_tools/jam.rs"]
mod jam;
#[path = "changing_tools/mkgrp.rs"]
mod mkgrp;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{corpus, h5};

/// How a program ended, and what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ended {
    code: Option<i32>,
    out: String,
    errors: String,
}

/// Runs a program in `folder`.
fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Ended {
    let done = Command::new(program).current_dir(folder).args(arguments).output().unwrap();
    Ended {
        code: done.status.code(),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        errors: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

/// Runs a verb.
fn h5(folder: &Path, arguments: &[&str]) -> Ended {
    let ended = run(&h5::program(), folder, arguments);
    assert!(!ended.errors.contains("panicked"), "{arguments:?}: {ended:?}");
    ended
}

/// Runs a tool of libhdf5's; `None` where it is not there.
fn theirs(tool: &str, folder: &Path, arguments: &[&str]) -> Option<Ended> {
    let found = Path::new("/usr/bin").join(tool);
    if !found.is_file() {
        support::skip(&format!("no {tool} to be had: hdf5-tools has it"));
        return None;
    }
    Some(run(&found, folder, arguments))
}

/// The files of folders of the corpus, unpacked to `to`; none, and a word about it, without a corpus.
fn corpus_files(folders: &[&str], to: &Path) -> Vec<PathBuf> {
    let corpus = match corpus::folder() {
        Ok(corpus) => corpus,
        Err(why) => {
            support::skip(&why);
            return Vec::new();
        }
    };
    let mut files = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(corpus.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let place = to.join(name.trim_end_matches(".gz"));
            let bytes = if name.ends_with(".gz") {
                corpus::gunzip(&path)
            } else {
                fs::read(&path).unwrap()
            };
            fs::write(&place, bytes).unwrap();
            files.push(place);
        }
    }
    files.sort();
    files
}
