//! Nothing flushed is ever lost: what a writer that died left is as of the last flush, or of the one
//! that was under way, whichever write it died in.
//!
//! `HDFIVE_CRASH_STATES` is the number of torn and reordered states that are looked at,
//! `HDFIVE_CRASH_SEED` what they are chosen by.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

#[path = "crash/mod.rs"]
mod crash;

use crash::sabotage::Broken;
use crash::session::Workload;
use crash::session::{Recording, record};
use crash::states::{Allowed, Crashed};
use crash::stock::{self, Verdict};
use crash::workloads;
use crash::{for_each_workload, number_of, seed, tell};
use hdfive::{RecoveryBuilder, SharedMemory, UnfinishedFlush};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use support::random::Random;

/// Records every workload, two at a time, and gives `check` what came of it.
fn for_each_recording(durable: bool, check: impl Fn(&Recording, &mut Random) + Sync) {
    for_each_recording_of(|_| true, durable, check);
}

/// As [`for_each_recording`], of some workloads.
fn for_each_recording_of(
    chosen: impl Fn(&Workload) -> bool,
    durable: bool,
    check: impl Fn(&Recording, &mut Random) + Sync,
) {
    for_each_workload(chosen, |workload| {
        if let Some(recording) = record(workload, durable) {
            check(&recording, &mut Random(seed()));
        }
    });
}

#[test]
fn every_prefix_is_as_of_a_flush() {
    let (states, torn) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let problems = Mutex::new(Vec::new());
    for_each_recording(false, |recording, random| {
        let mut number = 0;
        let mut wrong = |state: Crashed| {
            number += 1;
            let all = if state.what.ends_with("steps") { &states } else { &torn };
            all.fetch_add(1, Ordering::Relaxed);
            let mut wrong = state.wrong_for_reader();
            wrong = wrong.or_else(|| state.wrong_for_writer().err());
            if number % 17 == 0 {
                wrong = wrong.or_else(|| state.wrong_for_who_goes_on());
            }
            problems.lock().unwrap().extend(wrong);
        };
        recording.prefixes(3, random, &mut wrong);
    });
    let problems = problems.into_inner().unwrap();
    let (states, torn) = (states.into_inner(), torn.into_inner());
    tell(&format!("{states} prefixes and {torn} cut inside a write: {} lost", problems.len()));
    assert!(problems.is_empty(), "{:#?}", &problems[..problems.len().min(20)]);
}

/// Takes back a flush that was under way in a file, or finishes it; gives the file as that leaves it,
/// and what was done.
fn by_hand(state: &Crashed, undo: bool) -> (Crashed, UnfinishedFlush) {
    let storage = SharedMemory::new(state.bytes.clone());
    let builder = RecoveryBuilder::new().undo_flush(undo);
    let done = builder.recover_storage(Arc::new(storage.clone())).unwrap().unfinished_flush;
    (Crashed { bytes: storage.to_vec(), ..state.clone() }, done)
}

#[test]
fn a_flush_that_was_under_way_is_finished_or_undone_by_hand() {
    let (finished, undone) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (all, other) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let problems = Mutex::new(Vec::new());
    for_each_recording(false, |recording, random| {
        recording.prefixes(1, random, &mut |state| {
            // Of two states a flush may be under way between, the first is the one before it.
            let [before, after] = &state.allowed[..] else { return };
            if all.fetch_add(1, Ordering::Relaxed) % 4 > 0 {
                return;
            }
            let only =
                |allowed: &Allowed| Crashed { allowed: vec![allowed.clone()], ..state.clone() };
            let (left, done) = by_hand(&only(after), false);
            if done == UnfinishedFlush::Finished {
                finished.fetch_add(1, Ordering::Relaxed);
                let again = by_hand(&left, false).1;
                assert_eq!(again, UnfinishedFlush::None, "{}", state.what);
                problems.lock().unwrap().extend(left.wrong_for_reader());
            }
            let (left, done) = by_hand(&only(before), true);
            if done == UnfinishedFlush::Undone {
                undone.fetch_add(1, Ordering::Relaxed);
                if left.wrong_for_reader().is_some() {
                    // Who closes a file commits more than once: this is not the first time.
                    other.fetch_add(1, Ordering::Relaxed);
                    let left = Crashed { allowed: vec![after.clone()], ..left };
                    problems.lock().unwrap().extend(left.wrong_for_who_goes_on());
                } else {
                    problems.lock().unwrap().extend(left.wrong_for_who_goes_on());
                }
            }
        });
    });
    let problems = problems.into_inner().unwrap();
    let [finished, undone, other] = [finished, undone, other].map(AtomicUsize::into_inner);
    tell(&format!(
        "{finished} flushes finished by hand, {undone} undone, {other} of them in the second half of \
         closing: {} lost",
        problems.len()
    ));
    assert!(problems.is_empty(), "{:#?}", &problems[..problems.len().min(20)]);
    assert!(finished > 100 && finished == undone && other < undone / 3);
}

#[test]
fn every_torn_or_reordered_state_is_as_of_a_flush() {
    let wanted = number_of("HDFIVE_CRASH_STATES", 20_000);
    let share = wanted.div_ceil(workloads::all().len());
    let states = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    for_each_recording(true, |recording, random| {
        let mut number = 0;
        recording.reordered(share, random, &mut |state| {
            number += 1;
            states.fetch_add(1, Ordering::Relaxed);
            let mut wrong = state.wrong_for_reader();
            if number % 3 == 0 {
                wrong = wrong.or_else(|| state.wrong_for_writer().err());
            }
            problems.lock().unwrap().extend(wrong);
        });
    });
    let problems = problems.into_inner().unwrap();
    let states = states.into_inner();
    tell(&format!("{states} torn and reordered states: {} lost", problems.len()));
    assert!(problems.is_empty(), "{:#?}", &problems[..problems.len().min(20)]);
}

/// One state in so many is given to h5py.
const STOCK_STEP: usize = 10;

#[test]
fn stock_h5py_reads_what_is_left() {
    let every = number_of("HDFIVE_CRASH_STOCK_STEP", STOCK_STEP);
    let verdict = Mutex::new(Verdict::default());
    let number = AtomicUsize::new(0);
    for_each_recording(false, |recording, _| {
        let chosen = |_| number.fetch_add(1, Ordering::Relaxed).is_multiple_of(every);
        if let Some(found) = stock::judge(recording, chosen) {
            verdict.lock().unwrap().add(found);
        }
    });
    let verdict = verdict.into_inner().unwrap();
    tell(&verdict.to_string());
    if std::env::var("HDFIVE_CRASH_LIST").is_ok() {
        tell(&format!("{:#?}", verdict.wrong));
    }
    assert_eq!(verdict.unreadable, 0, "{:#?}", verdict.wrong);
    assert!(verdict.objects_percent() >= 99.0, "{:#?}", verdict.wrong);
}

/// States of workloads, as they would be if a rule were not kept, that are not as of a flush.
fn lost_without(rule: Broken) -> usize {
    let lost = AtomicUsize::new(0);
    let durable = rule == Broken::Barriers;
    let chosen = |workload: &Workload| workload.name != "pages";
    for_each_recording_of(chosen, durable, |recording, random| {
        let recording = recording.clone().sabotaged(rule);
        let mut count = |state: Crashed| {
            lost.fetch_add(usize::from(state.wrong_for_reader().is_some()), Ordering::Relaxed);
        };
        if durable {
            recording.reordered(100, random, &mut count);
        } else {
            recording.prefixes(0, random, &mut count);
        }
    });
    lost.into_inner()
}

#[test]
fn without_a_redo_record_flushes_are_lost() {
    let lost = lost_without(Broken::Record);
    tell(&format!("without redo records: {lost} lost"));
    assert!(lost > 100, "{lost}");
}

#[test]
fn without_barriers_flushes_are_lost() {
    let lost = lost_without(Broken::Barriers);
    tell(&format!("without barriers: {lost} lost"));
    assert!(lost > 100, "{lost}");
}

/// What h5py makes of workloads whose commits do not keep a rule.
fn stock_without(rule: Broken) -> Verdict {
    let verdict = Mutex::new(Verdict::default());
    let chosen = |workload: &Workload| {
        ["groups grow and shrink", "datasets grow by rows"].contains(&workload.name)
    };
    for_each_recording_of(chosen, false, |recording, _| {
        let recording = recording.clone().sabotaged(rule);
        if let Some(found) = stock::judge(&recording, |number| number % 2 == 0) {
            verdict.lock().unwrap().add(found);
        }
    });
    verdict.into_inner().unwrap()
}

#[test]
fn without_an_order_of_blocks_stock_h5py_cannot_read_what_is_left() {
    for rule in [Broken::Order, Broken::Superblock] {
        let verdict = stock_without(rule);
        tell(&format!("without the order of the {rule:?}: {verdict}"));
        assert!(verdict.total() == 0 || verdict.objects_percent() < 99.0);
    }
}
