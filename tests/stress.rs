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
#[path = "stress/generate/mod.rs"]
mod generate;
#[path = "stress/items.rs"]
mod items;
#[path = "stress/kinds.rs"]
mod kinds;
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

use python::Worker;
use sequence::{Figures, Origin, Sequence};
use support::random::Random;

/// What the run came to.
#[derive(Debug, Default)]
struct Total {
    sequences: usize,
    sessions: usize,
    failures: usize,
    /// Sequences in which sessions of h5py alone fail.
    of_libhdf5: usize,
    figures: Figures,
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn main() {
    let arguments = Arguments::from_args();
    let (seed, count) = (number("HDFIVE_STRESS_SEED", 1), number("HDFIVE_STRESS_COUNT", 240));
    let total = Arc::new(Mutex::new(Total::default()));
    let share = count.div_ceil(Origin::ALL.len() as u64);
    let trial = |origin: Origin| {
        let total = Arc::clone(&total);
        Trial::test(format!("files of {}", origin.name()), move || {
            run(origin, seed..seed + share, &total)
        })
    };
    let done = libtest_mimic::run(&arguments, Origin::ALL.map(trial).into());
    report(&total.lock().unwrap());
    done.exit();
}

fn run(origin: Origin, seeds: std::ops::Range<u64>, total: &Mutex<Total>) -> Result<(), Failed> {
    let Some(mut worker) = Worker::start() else { return Ok(()) };
    // Several of these may run at once.
    let folder = support::empty_folder(&format!("stress {} {}", seeds.start, origin.name()));
    let mut problems = Vec::new();
    for seed in seeds {
        let path = folder.join("file.h5");
        let sequence = Sequence::new(origin, &mut Random(seed));
        let mut figures = Figures::new();
        let outcome = sequence.run(&path, &mut worker, &mut figures);
        let failed = outcome.is_err();
        if let Err(problem) = outcome {
            eprintln!("seed {seed}, a file of {}: {problem}", origin.name());
            let (least, problem) = sequence.shrink(problem, &path, &mut worker);
            let of = origin.name();
            if origin == Origin::Shared && least.is_only_of_h5py() {
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
        for (name, [ours, theirs]) in figures {
            let sum = total.figures.entry(name).or_default();
            *sum = [sum[0] + ours, sum[1] + theirs];
        }
    }
    if problems.is_empty() {
        std::fs::remove_dir_all(&folder).unwrap();
        return Ok(());
    }
    Err(format!("sequences of seeds {} failed", problems.join(", ")).into())
}

fn report(total: &Total) {
    let Total { sequences, sessions, failures, of_libhdf5, figures } = total;
    if *sequences == 0 {
        return;
    }
    println!("{sequences} sequences, {sessions} sessions, {failures} failures");
    println!("{of_libhdf5} more in which h5py fails by itself");
    println!("{:>26} {:>8} {:>8}", "", "hdfive", "h5py");
    for (name, [ours, theirs]) in figures {
        println!("{name:>26} {ours:>8} {theirs:>8}");
    }
}
