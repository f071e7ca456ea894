//! What a storage can hold when its writer dies, and what the file must be then.

use super::session::Recording;
use crate::support::listing::{
    Listing, Overwritten, difference, list_bytes, list_opened_for_writing,
};
use crate::support::random::Random;
use crate::support::recorder::{Step, apply};
use hdfive::{File, SharedMemory};
use std::sync::Arc;

/// Bytes that a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// A state the file may be in: all that it holds, and bytes that may be others.
#[derive(Debug, Clone)]
pub struct Allowed {
    pub flush: usize,
    pub state: Arc<Listing>,
    pub overwritten: Vec<Overwritten>,
}

/// What a storage holds after its writer died, and what that may be.
#[derive(Debug, Clone)]
pub struct Crashed {
    pub what: String,
    pub bytes: Vec<u8>,
    pub allowed: Vec<Allowed>,
}

impl Recording {
    /// What the file may be when the first `certain` steps were made, none from `possible` on, and
    /// any of those between; nothing where there is no file yet.
    pub fn allowed(&self, certain: usize, possible: usize) -> Vec<Allowed> {
        let Some(last) = self.flushes.iter().rposition(|flush| flush.end <= certain) else {
            return Vec::new();
        };
        let end = self.flushes[last].end;
        let since = |step: usize| step >= end && step < possible;
        let in_place = self.in_place.iter().filter(|in_place| since(in_place.step));
        let overwritten = in_place.map(|in_place| in_place.what.clone()).collect();
        let state = Arc::clone(&self.flushes[last].state);
        let mut allowed = vec![Allowed { flush: last, state, overwritten }];
        if let Some(next) = self.flushes.get(last + 1).filter(|next| next.begin < possible) {
            let state = Arc::clone(&next.state);
            allowed.push(Allowed { flush: last + 1, state, overwritten: Vec::new() });
        }
        allowed
    }

    /// Calls `each` for what is left where steps are made one after the other, and the last one is
    /// made in part: at most `cuts` parts of each.
    pub fn prefixes(&self, cuts: usize, random: &mut Random, each: &mut dyn FnMut(Crashed)) {
        let storage = SharedMemory::new(self.start.clone());
        for done in 0..=self.steps.len() {
            if let Some(before) = done.checked_sub(1) {
                apply(&self.steps[before], &storage).unwrap();
            }
            let allowed = self.allowed(done, done);
            let what = format!("{}: {done} steps", self.name);
            each(Crashed { what, bytes: storage.to_vec(), allowed });
            let Some(Step::Write(at, bytes)) = self.steps.get(done) else { continue };
            for cut in chosen_cuts(*at, bytes.len(), cuts, random) {
                let part = SharedMemory::new(storage.to_vec());
                apply(&Step::Write(*at, bytes[..cut].into()), &part).unwrap();
                let what = format!("{}: {done} steps and {cut} bytes", self.name);
                let allowed = self.allowed(done, done + 1);
                each(Crashed { what, bytes: part.to_vec(), allowed });
            }
        }
    }

    /// Places behind which everything before them is certain to be there.
    fn barriers(&self) -> Vec<usize> {
        let all = self.steps.iter().enumerate();
        let barriers = all.filter(|(_, step)| **step == Step::Barrier).map(|(at, _)| at + 1);
        [0].into_iter().chain(barriers).chain([self.steps.len()]).collect()
    }

    /// Calls `each` for `count` states in which the steps between two barriers were made in any
    /// order, in part or not at all.
    pub fn reordered(&self, count: usize, random: &mut Random, each: &mut dyn FnMut(Crashed)) {
        let barriers = self.barriers();
        let storage = SharedMemory::new(self.start.clone());
        let intervals: Vec<_> = barriers.windows(2).map(|pair| (pair[0], pair[1])).collect();
        let total: usize = intervals.iter().map(|(from, to)| weight(to - from)).sum();
        for (from, to) in intervals {
            let steps = &self.steps[from..to];
            let allowed = self.allowed(from, to);
            let share = (count * weight(steps.len())).div_ceil(total.max(1));
            for number in 0..share {
                let torn = SharedMemory::new(storage.to_vec());
                for step in some_of(steps, random) {
                    apply(&step, &torn).unwrap();
                }
                let what = format!("{}: between {from} and {to}, state {number}", self.name);
                each(Crashed { what, bytes: torn.to_vec(), allowed: allowed.clone() });
            }
            steps.iter().for_each(|step| apply(step, &storage).unwrap());
        }
    }
}

/// How many states of so many steps are worth looking at, compared with others.
fn weight(steps: usize) -> usize {
    if steps < 2 { steps } else { 3 + steps.min(12) }
}

/// Lengths of parts of a write: sectors, pages, and bytes.
fn chosen_cuts(at: u64, len: usize, most: usize, random: &mut Random) -> Vec<usize> {
    if len < 2 {
        return Vec::new();
    }
    let mut cuts: Vec<usize> = Vec::new();
    for _ in 0..most {
        let cut = 1 + random.below(len - 1);
        let unit = random.pick(&[1, SECTOR, 4096]);
        let end = (at + cut as u64).next_multiple_of(unit) - at;
        cuts.push(if end < len as u64 { end as usize } else { cut });
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Some of the steps, some of them in part, in any order.
fn some_of(steps: &[Step], random: &mut Random) -> Vec<Step> {
    let likely = 1 + random.below(9);
    let mut some: Vec<Step> = match random.below(5) {
        // All but one.
        0 => {
            let without = random.below(steps.len());
            let others = steps.iter().enumerate().filter(|(at, _)| *at != without);
            others.map(|(_, step)| step.clone()).collect()
        }
        _ => steps.iter().filter(|_| random.below(10) < likely).cloned().collect(),
    };
    if random.below(2) == 0 {
        for at in (1..some.len()).rev() {
            some.swap(at, random.below(at + 1));
        }
    }
    let torn = random.below(4);
    some.into_iter()
        .flat_map(|step| match step {
            Step::Write(at, bytes) if random.below(4) < torn => parts_of(at, &bytes, random),
            whole => vec![whole],
        })
        .collect()
}

/// Some parts of a write.
fn parts_of(at: u64, bytes: &[u8], random: &mut Random) -> Vec<Step> {
    let end = at + bytes.len() as u64;
    let part = |from: u64, to: u64| {
        let (from, to) = (from.max(at), to.min(end));
        let range = (from - at) as usize..(to.max(from) - at) as usize;
        Step::Write(from, bytes[range].into())
    };
    match random.below(4) {
        0 => vec![part(at, at + random.below(bytes.len() + 1) as u64)],
        1 => vec![part(at + random.below(bytes.len() + 1) as u64, end)],
        // The disk may have made the file longer before it wrote what is there.
        kind => {
            let unit = if kind == 2 { SECTOR } else { 8 };
            let first = at / unit;
            let last = end.div_ceil(unit);
            let units: Vec<u64> = (first..last).filter(|_| random.below(2) == 0).collect();
            units.into_iter().map(|n| part(n * unit, (n + 1) * unit)).collect()
        }
    }
}

impl Crashed {
    /// What is wrong with the file for a reader of this library.
    pub fn wrong_for_reader(&self) -> Option<String> {
        self.judge(list_bytes(self.bytes.clone()).map_err(|error| error.to_string()))
    }

    /// What is wrong with the file for one who opens it for writing, and what that left of it.
    pub fn wrong_for_writer(&self) -> Result<Vec<u8>, String> {
        let opened = list_opened_for_writing(self.bytes.clone());
        let (listing, bytes) = match opened {
            Ok((listing, bytes)) => (Ok(listing), bytes),
            Err(error) => (Err(error.to_string()), Vec::new()),
        };
        let recovered = Self { bytes, ..self.clone() };
        match self.judge(listing).or_else(|| recovered.wrong_for_reader()) {
            Some(problem) => Err(problem),
            None => Ok(recovered.bytes),
        }
    }

    /// What is wrong with the file when one goes on writing to it.
    pub fn wrong_for_who_goes_on(&self) -> Option<String> {
        if self.allowed.is_empty() {
            return None;
        }
        let storage = SharedMemory::new(self.bytes.clone());
        let go_on = || -> hdfive::Result<(Listing, Listing)> {
            let file = File::with_options().open_storage_rw(Arc::new(storage.clone()))?;
            let before = crate::support::listing::list(&file)?;
            for number in 0..20 {
                file.create_group(&format!("after the crash/{number}"))?;
            }
            file.flush()?;
            file.unlink("after the crash")?;
            file.close()?;
            Ok((before, list_bytes(storage.to_vec())?))
        };
        match go_on() {
            Ok((before, after)) => {
                let wrong = self.judge(Ok(before.clone()));
                // The root group of an old file may be of the new style now.
                wrong.or_else(|| difference(&after, &before, &[]))
            }
            Err(error) => Some(error.to_string()),
        }
    }

    /// What is wrong with what a reader found.
    pub fn judge(&self, found: Result<Listing, String>) -> Option<String> {
        if self.allowed.is_empty() {
            return None;
        }
        let found = match found {
            Ok(found) => found,
            Err(error) => return Some(format!("{}: {error}", self.what)),
        };
        let mut problems = Vec::new();
        for allowed in &self.allowed {
            let problem = difference(&found, &allowed.state, &allowed.overwritten)?;
            problems.push(format!("not flush {}: {problem}", allowed.flush));
        }
        Some(format!("{}: {}", self.what, problems.join("; ")))
    }
}
