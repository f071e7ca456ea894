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
    clippy::as_conversions,
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
#[path = "swmr/rules.rs"]
mod rules;
#[path = "swmr/states.rs"]
mod states;
#[path = "swmr/writer.rs"]
mod writer;

use hdfive::{File, FileSpaceStrategy};
use process::Process;
use reader::Trust;
use std::time::Duration;

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
        ["killed", path] => writer::write_until_killed(path.as_ref()),
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

#[test]
fn threads_read_what_another_one_writes() {
    let folder = support::empty_folder("swmr-threads");
    let (path, board) = (folder.join("f.h5"), folder.join("board"));
    let mut writer = writer::Writer::start(writer::options().create(&path).unwrap());
    let told = layout::Board::new(&board);
    let time = Duration::from_secs_f64(seconds().parse().unwrap());
    std::thread::scope(|scope| {
        let read = || println!("{}", reader::read(&path, &board, Trust::Rows));
        let readers = [scope.spawn(read), scope.spawn(read)];
        writer.run(&told, time);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    writer.close();
}

/// What readers meet after each single write, whenever they looked last.
#[test]
fn every_state_is_whole_for_every_reader() {
    let folder = support::empty_folder("swmr-states");
    let options = writer::options();
    let pages = options.clone().file_space(FileSpaceStrategy::Page, true, 1, 4096);
    let lists = options.clone().file_space(FileSpaceStrategy::FsmAggregator, true, 1, 4096);
    let behind = options.clone().userblock(1024);
    for (name, options, flushes) in
        [("plain", options, 14), ("pages", pages, 5), ("lists", lists, 5), ("behind", behind, 3)]
    {
        let session = states::record(&options, flushes);
        states::check(&session, &folder.join(format!("{name}.h5")));
        let account = File::from_bytes(session.end).unwrap().account().unwrap();
        assert!(account.is_sound(), "{name}: {account:?}");
        if name == "pages" || name == "lists" {
            // What was given back is remembered.
            assert_eq!(account.lost(), 0, "{name}: {account:?}");
        }
    }
}

/// A writer that is killed leaves what it flushed.
#[test]
fn what_was_flushed_is_there_when_the_writer_is_killed() {
    let folder = support::empty_folder("swmr-killed");
    let mut random = support::random::Random(11);
    for number in 0..6 {
        let path = folder.join(format!("{number}.h5"));
        let writer = Process::own(&folder, &["killed", path.to_str().unwrap()]).ready();
        let rows = writer.kill(Duration::from_millis(random.below(700) as u64), "flushed ");
        let rows: usize = rows.map_or(0, |rows| rows.parse().unwrap());
        // Readers that are there go on.
        let file = File::open_swmr(&path).unwrap();
        let look = |file: &File| {
            let seen = reader::Seen::all(file).into_iter();
            seen.for_each(|mut seen| {
                seen.look(Trust::Rows, rows, true, &mut support::random::Random(1));
            });
        };
        look(&file);
        drop(file);
        assert!(File::open_rw(&path).unwrap_err().is_usage());
        assert!(File::open(&path).unwrap_err().is_usage());
        let recovered = File::recover(&path).unwrap();
        assert!(recovered.cleared_status, "{recovered:?}");
        let file = File::open_rw(&path).unwrap();
        look(&file);
        assert!(file.account().unwrap().is_sound());
        file.close().unwrap();
        let read = "import h5py, sys
with h5py.File(sys.argv[1]) as file:
    print(len(file['line']))";
        if let Some(said) = support::python_in(&folder, read, &[path.to_str().unwrap()]) {
            assert!(said.trim().parse::<usize>().unwrap() >= rows);
        }
    }
}
