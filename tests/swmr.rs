//! One program writes to a file while others read it (SWMR), this library and h5py on either side:
//! no reader ever sees a wrong value, or misses a flush.
//!
//! `HDFIVE_SWMR_SECONDS` is how long each writer goes on, at full speed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]
#![allow(unreachable_pub, reason = "pub here means: for the test program")]
#![cfg(unix)]

#[path = "support/mod.rs"]
mod support;

#[path = "swmr/layout.rs"]
mod layout;
#[path = "swmr/process.rs"]
mod process;
#[path = "swmr/reader.rs"]
mod reader;
#[path = "swmr/writer.rs"]
mod writer;

use process::Process;
use reader::Trust;

/// A program that writes or reads, in a process of its own.
#[test]
fn other() {
    let Some(task) = process::task() else { return };
    let parts: Vec<&str> = task.split('\t').collect();
    match parts.as_slice() {
        ["read", path, board, trust] => {
            let trust = if *trust == "strict" { Trust::Rows } else { Trust::Flushed };
            println!("{}", reader::read(path.as_ref(), board.as_ref(), trust));
        }
        ["write", path, board, seconds] => writer::write(path.as_ref(), board.as_ref(), seconds),
        _ => panic!("no task {task}"),
    }
}

/// How long a writer goes on.
fn seconds() -> String {
    std::env::var("HDFIVE_SWMR_SECONDS").unwrap_or_else(|_| "3".to_owned())
}

/// Waits for a writer and its readers, and prints what they did.
fn finish(writer: Process, readers: impl IntoIterator<Item = Process>) {
    for process in [writer].into_iter().chain(readers) {
        println!("{}", process.finished());
    }
}

#[test]
fn this_library_reads_what_h5py_writes() {
    let folder = support::empty_folder("swmr-h5py-writes");
    let task = ["f.h5", "board", &seconds()];
    let Some(writer) = Process::python(&folder, "writer.py", &task) else { return };
    let writer = writer.ready();
    let read = || Process::own(&folder, &["read", "f.h5", "board", "loose"]);
    finish(writer, [read(), read()]);
}

#[test]
fn h5py_reads_what_this_library_writes() {
    let folder = support::empty_folder("swmr-h5py-reads");
    if support::python().is_none() {
        return;
    }
    let writer = Process::own(&folder, &["write", "f.h5", "board", &seconds()]).ready();
    let read = || Process::python(&folder, "reader.py", &["f.h5", "board", "strict"]);
    finish(writer, [read(), read()].into_iter().flatten());
}

#[test]
fn this_library_reads_what_it_writes() {
    let folder = support::empty_folder("swmr-own");
    let writer = Process::own(&folder, &["write", "f.h5", "board", &seconds()]).ready();
    let read = || Process::own(&folder, &["read", "f.h5", "board", "strict"]);
    finish(writer, [read(), read()]);
}
