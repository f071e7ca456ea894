//! Writers that die: workloads, what they left at any moment, who can read that.

#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(unreachable_pub, reason = "pub here means: for the test programs")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "a test that cannot go on fails"
)]

pub mod sabotage;
pub mod session;
pub mod states;
pub mod stock;
pub mod story;
pub mod workloads;

use session::Workload;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// A number that the environment may give.
pub fn number_of(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

/// What random choices start from.
pub fn seed() -> u64 {
    number_of("HDFIVE_CRASH_SEED", 1) as u64
}

/// Says something that is to be seen of a test that succeeds, too.
pub fn tell(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// Gives `each` the chosen workloads, two at a time.
pub fn for_each_workload(chosen: impl Fn(&Workload) -> bool, each: impl Fn(&Workload) + Sync) {
    let all = workloads::all().into_iter().filter(chosen);
    let waiting: Mutex<Vec<Workload>> = Mutex::new(all.collect());
    let work = || {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(workload) = next else { break };
            each(&workload);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
}
