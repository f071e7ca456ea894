//! Storages that fail: an error comes of it, nothing that was flushed is lost, and a handle that
//! could not write is of no more use.
//!
//! `HDFIVE_FAULTS` is the share of all calls that are made to fail: one in so many. Where it is 1,
//! every write fails in each way, instead of in one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

#[path = "support/mod.rs"]
mod support;

#[path = "crash/mod.rs"]
mod crash;

use crash::session::{Recording, Session, Watch, Workload, record};
use crash::states::{Allowed, Crashed};
use crash::{for_each_workload, number_of, tell};
use hdfive::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use support::listing::{Listing, difference, list_bytes};
use support::recorder::{Calls, Fault, Plan, Recorder};

const FAULTS: [Fault; 3] = [Fault::Broken, Fault::Full, Fault::Short];

/// What came of a workload on a storage of which a call fails.
struct Failed {
    recorder: Arc<Recorder>,
    /// Nothing where the file was not even opened.
    session: Option<Session>,
    result: Result<()>,
}

fn fail(workload: &Workload, start: Vec<u8>, plan: Plan) -> Failed {
    let recorder = Arc::new(Recorder::failing(start, plan));
    match Session::open_on(workload, true, Watch::Calls, Arc::clone(&recorder)) {
        Ok(mut session) => {
            let result = (workload.run)(&mut session);
            Failed { recorder, session: Some(session), result }
        }
        Err(error) => Failed { recorder, session: None, result: Err(error) },
    }
}

/// What the file may be after a failure.
fn allowed(failed: &Failed, reference: &Recording) -> Vec<Allowed> {
    let Some(session) = &failed.session else {
        // Of a file that was to be made nothing is certain.
        let first = reference.flushes.first().filter(|_| !reference.start.is_empty());
        let state = first.map(|flush| Arc::clone(&flush.state));
        let allowed = |state| Allowed { flush: 0, state, overwritten: Vec::new() };
        return state.map(allowed).into_iter().collect();
    };
    let last = session.flushes.len() - 1;
    let end = session.flushes[last].end;
    let since = session.in_place.iter().filter(|in_place| in_place.step >= end);
    let overwritten = since.map(|in_place| in_place.what.clone()).collect();
    let state = Arc::clone(&reference.flushes[last].state);
    let mut allowed = vec![Allowed { flush: last, state, overwritten }];
    if session.flushing {
        let state = Arc::clone(&reference.flushes[last + 1].state);
        allowed.push(Allowed { flush: last + 1, state, overwritten: Vec::new() });
    }
    allowed
}

/// Whether a call says that the handle is of no more use: it failed before, or was closed then.
fn is_refused<T>(result: Result<T>) -> bool {
    let refused = |error: Error| matches!(error.kind(), ErrorKind::Poisoned(_) | ErrorKind::Closed);
    result.is_err_and(refused)
}

/// What is wrong after a call that changes the storage has failed.
fn wrong_after_write(workload: &Workload, reference: &Recording, plan: Plan) -> Option<String> {
    let failed = fail(workload, reference.start.clone(), plan);
    let told = |error: &Error| matches!(error.kind(), ErrorKind::Io(_) | ErrorKind::Poisoned(_));
    match &failed.result {
        Ok(()) => return Some("no error".to_owned()),
        Err(error) if !told(error) => return Some(format!("not the storage's error: {error}")),
        Err(_) => {}
    }
    let allowed = allowed(&failed, reference);
    let Failed { recorder, session, .. } = failed;
    if let Some(session) = session {
        let file = session.file();
        let calls = [
            is_refused(file.flush()),
            is_refused(file.sync()),
            is_refused(file.create_group("more")),
            is_refused(file.all_links()),
            is_refused(file.set_comment("more")),
        ];
        if calls.contains(&false) {
            return Some(format!("a handle that still serves: {calls:?}"));
        }
    }
    let (happened, later) = recorder.failed();
    if !happened || later > 0 {
        return Some(format!("{later} changes after the one that failed"));
    }
    let crashed = Crashed { what: String::new(), bytes: recorder.to_vec(), allowed };
    crashed.wrong_for_reader().or_else(|| crashed.wrong_for_writer().err())
}

#[test]
fn a_write_that_fails_loses_nothing_that_was_flushed() {
    let step = number_of("HDFIVE_FAULTS", 3);
    let count = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    for_each_workload(
        |_| true,
        |workload| {
            let Some(reference) = record(workload, true) else { return };
            // Of a run in which nobody looks at what is there meanwhile: that has chunks stored
            // earlier, so that other blocks lie side by side and are written together.
            let never = Plan {
                calls: Calls::Changes,
                number: usize::MAX,
                fault: Fault::Broken,
                lasting: false,
            };
            let (calls, _) = fail(workload, reference.start.clone(), never).recorder.calls();
            for number in (0..calls).filter(|number| number.is_multiple_of(step)) {
                let ways = if step == 1 { 0..6 } else { number / step % 6..number / step % 6 + 1 };
                for way in ways {
                    let (fault, lasting) = (FAULTS[way % 3], way >= 3);
                    let plan = Plan { calls: Calls::Changes, number, fault, lasting };
                    count.fetch_add(1, Ordering::Relaxed);
                    if let Some(problem) = wrong_after_write(workload, &reference, plan) {
                        let what =
                            format!("{}: call {number}, {fault:?}: {problem}", reference.name);
                        problems.lock().unwrap().push(what);
                    }
                }
            }
        },
    );
    let problems = problems.into_inner().unwrap();
    tell(&format!("{} failed writes: {} lost", count.into_inner(), problems.len()));
    assert!(problems.is_empty(), "{:#?}", &problems[..problems.len().min(20)]);
}

/// States a workload goes through, one before each change.
fn trace(workload: &Workload) -> (Vec<Listing>, usize) {
    let mut session = Session::open(workload, true, Watch::Steps).unwrap().unwrap();
    (workload.run)(&mut session).unwrap();
    let trace = session.trace.take();
    drop(session);
    // Reads are counted without those of the watching.
    let mut session = Session::open(workload, true, Watch::Calls).unwrap().unwrap();
    (workload.run)(&mut session).unwrap();
    (trace, session.recorder().calls().1)
}

/// What is wrong after a read has failed.
fn wrong_after_read(
    workload: &Workload,
    reference: &Recording,
    trace: &[Listing],
    plan: Plan,
) -> Option<String> {
    let failed = fail(workload, reference.start.clone(), plan);
    let allowed = allowed(&failed, reference);
    let Failed { recorder, session, result } = failed;
    let crashed = Crashed { what: String::new(), bytes: recorder.to_vec(), allowed };
    if result.is_err()
        && let Some(problem) = crashed.wrong_for_reader()
    {
        return Some(problem);
    }
    // Nothing can be read any more where reads fail for ever.
    let session = session.filter(|_| !plan.lasting)?;
    let overwritten: Vec<_> = session.in_place.iter().map(|place| place.what.clone()).collect();
    let now = match session.list() {
        Ok(now) => now,
        // It failed while the file was closed.
        Err(error) if matches!(error.kind(), ErrorKind::Closed) => return None,
        Err(error) => return Some(format!("nothing can be read any more: {error}")),
    };
    // The change that could not be made left no trace.
    if !trace.iter().any(|state| difference(&now, state, &overwritten).is_none()) && result.is_err()
    {
        return Some("half of a change was made".to_owned());
    }
    if let Err(error) = session.file().flush() {
        return Some(format!("no flush any more: {error}"));
    }
    match list_bytes(recorder.to_vec()) {
        Ok(flushed) => difference(&flushed, &now, &[]),
        Err(error) => Some(format!("the file is broken: {error}")),
    }
}

#[test]
fn a_read_that_fails_fails_the_change_and_nothing_else() {
    let share = number_of("HDFIVE_FAULTS", 3);
    let count = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    for_each_workload(
        |_| true,
        |workload| {
            let Some(reference) = record(workload, true) else { return };
            let (trace, reads) = trace(workload);
            let step = share * (reads / 300).max(1);
            for number in (0..reads).step_by(step) {
                let lasting = (number / step).is_multiple_of(4);
                let plan = Plan { calls: Calls::Reads, number, fault: Fault::Broken, lasting };
                count.fetch_add(1, Ordering::Relaxed);
                if let Some(problem) = wrong_after_read(workload, &reference, &trace, plan) {
                    let what = format!("{}: read {number} of {reads}: {problem}", reference.name);
                    problems.lock().unwrap().push(what);
                }
            }
        },
    );
    let problems = problems.into_inner().unwrap();
    tell(&format!("{} failed reads: {} with damage", count.into_inner(), problems.len()));
    assert!(problems.is_empty(), "{:#?}", &problems[..problems.len().min(20)]);
}
