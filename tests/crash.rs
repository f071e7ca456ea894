//! Nothing flushed is ever lost: what a writer that died left is as of the last flush, or of the one
//! that was under way, whichever write it died in.
//!
//! `HDFIVE_CRASH_STATES` is the number of torn and reordered states that are looked at,
//! `HDFIVE_CRASH_SEED` what they are chosen by.

#[path = "support/mod.rs"]
mod support;

#[path = "crash/mod.rs"]
mod crash;

use crash::session::Workload;
use crash::session::{Recording, record};
use crash::states::Crashed;
use crash::workloads;
use crash::{number_of, seed, tell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::random::Random;

/// Records every workload, two at a time, and gives `check` what came of it.
fn for_each_recording(durable: bool, check: impl Fn(&Recording, &mut Random) + Sync) {
    let waiting: Mutex<Vec<Workload>> = Mutex::new(workloads::all());
    let work = || {
        loop {
            let next = waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
            let Some(workload) = next else { break };
            let Some(recording) = record(&workload, durable) else { continue };
            check(&recording, &mut Random(seed()));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
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
