//! Random sequences of sessions of this library and of h5py, each of which must leave exactly what
//! a model in memory says.
//!
//! `HDFIVE_STRESS_SEED` and `HDFIVE_STRESS_COUNT` say where to start and how many sequences to do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::missing_panics_doc,
    unreachable_pub,
    reason = "a test that cannot go on fails"
)]

use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};

#[path = "stress/apply.rs"]
mod apply;
#[path = "stress/figures.rs"]
mod figures;
#[path = "stress/generate/mod.rs"]
mod generate;
#[path = "stress/items.rs"]
mod items;
#[path = "stress/kinds.rs"]
mod kinds;
#[path = "stress/labels.rs"]
mod labels;
#[path = "stress/model.rs"]
mod model;
#[path = "stress/operations.rs"]
mod operations;
#[path = "stress/ours/mod.rs"]
mod ours;
#[path = "stress/python.rs"]
mod python;
#[path = "stress/sequence.rs"]
mod sequence;
#[path = "stress/sharing.rs"]
mod sharing;
#[path = "support/mod.rs"]
mod support;

use figures::Figures;
use python::Worker;
use sequence::{Origin, Sequence};
use support::random::Random;

/// Of so many sequences all operations are part.
const ENOUGH: usize = 200;

/// What the run came to.
#[derive(Debug, Default)]
struct Total {
    sequences: usize,
    sessions: usize,
    failures: usize,
    /// Of the failures, those where this library did not do what it should have done.
    refusals: usize,
    /// Sequences in which sessions of h5py alone fail.
    of_libhdf5: usize,
    figures: Figures,
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn main() {
    let arguments = Arguments::from_args();
    let (seed, count) = (number("HDFIVE_STRESS_SEED", 1), number("HDFIVE_STRESS_COUNT", 800));
    let total = Arc::new(Mutex::new(Total::default()));
    let share = count.div_ceil(Origin::ALL.len() as u64);
    let trial = |origin: Origin| {
        let total = Arc::clone(&total);
        Trial::test(format!("files of {}", origin.name()), move || {
            run(origin, seed..seed + share, &total)
        })
    };
    let done = libtest_mimic::run(&arguments, Origin::ALL.map(trial).into());
    let whole = report(&total.lock().unwrap());
    if !whole {
        std::process::exit(101);
    }
    done.exit();
}

fn run(origin: Origin, seeds: std::ops::Range<u64>, total: &Mutex<Total>) -> Result<(), Failed> {
    let Some(mut worker) = Worker::start() else { return Ok(()) };
    // Several of these may run at once.
    let folder = support::empty_folder(&format!("stress {} {}", seeds.start, origin.name()));
    let mut problems = Vec::new();
    for seed in seeds {
        let path = folder.join("file.h5");
        // Files of other origins have other sequences.
        let start = seed | (origin as u64) << 32;
        let sequence = Sequence::new(origin, &mut Random(start));
        if std::env::var("SHOW").is_ok() {
            eprintln!("{}", sequence.show());
        }
        let mut figures = Figures::default();
        let outcome = sequence.run(&path, &mut worker, &mut figures);
        let failed = outcome.is_err();
        let refused = outcome.as_ref().is_err_and(|problem| problem.is_refusal());
        if let Err(problem) = outcome {
            eprintln!("seed {seed}, a file of {}: {problem}", origin.name());
            let (least, problem) = sequence.shrink(problem, &path, &mut worker);
            let of = origin.name();
            if origin == Origin::Shared && least.fails_without_us(&problem) {
                // libhdf5 damages such files by itself.
                eprintln!("without this library, too: seed {seed}, {problem}");
                total.lock().unwrap().of_libhdf5 += 1;
                continue;
            }
            eprintln!("at least this fails ({seed}, {of}): {problem}\n{}", least.show());
            problems.push(seed.to_string());
        }
        let mut total = total.lock().unwrap();
        total.sequences += 1;
        total.sessions += sequence.sessions();
        total.failures += usize::from(failed);
        total.refusals += usize::from(refused);
        total.figures.add(figures);
    }
    if problems.is_empty() {
        std::fs::remove_dir_all(&folder).unwrap();
        return Ok(());
    }
    Err(format!("sequences of seeds {} failed", problems.join(", ")).into())
}

/// Says what was done; `false` where so much was done that nothing should be missing, and something
/// is.
fn report(total: &Total) -> bool {
    let Total { sequences, sessions, failures, refusals, of_libhdf5, figures } = total;
    if *sequences == 0 {
        return true;
    }
    println!("{figures}");
    println!(
        "{sequences} sequences, {sessions} sessions, {failures} failures, {refusals} refusals"
    );
    println!("{of_libhdf5} more in which h5py fails by itself");
    let missing = figures.missing();
    if *sequences < ENOUGH || missing.is_empty() {
        return true;
    }
    println!("never done: {}", missing.join(", "));
    false
}
