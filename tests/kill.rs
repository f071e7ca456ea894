//! Writers that are killed at a random moment lose nothing that they flushed, and leave files that
//! every reader opens.
//!
//! `HDFIVE_KILLS` is the number of writers, `HDFIVE_CRASH_SEED` what they do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]
#![allow(unreachable_pub, reason = "pub here means: for the test program")]
#![cfg(unix)]

#[path = "support/mod.rs"]
mod support;

#[path = "crash/mod.rs"]
mod crash;

#[path = "kill/automatic.rs"]
mod automatic;
#[path = "kill/flushing.rs"]
mod flushing;
#[path = "kill/process.rs"]
mod process;
#[path = "kill/watchdog.rs"]
mod watchdog;

use crash::session::scratch;
use crash::states::Crashed;
use crash::{number_of, seed, stock, tell};
use flushing::{Killed, Writer};
use hdfive::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::random::Random;
use support::run::run;
use watchdog::Watchdog;

/// What none of the steps of a test takes.
const LIMIT: Duration = Duration::from_secs(300);

/// Writers that are killed.
fn count() -> usize {
    number_of("HDFIVE_KILLS", 40)
}

/// The writer, in a process of its own.
#[test]
fn writer() {
    let Some(task) = process::task() else { return };
    let (name, task) = task.split_once(' ').unwrap();
    match name {
        flushing::NAME => Writer::parse(task).run().unwrap(),
        automatic::NAME => automatic::Writer::parse(task).run().unwrap(),
        name => panic!("no writer {name}"),
    }
}

/// What `h5dump` has against a file, some of which it is to show.
fn wrong_for_h5dump(file: &Path, how: &str) -> Option<String> {
    let done = run(Command::new("h5dump").arg(how).arg(file), LIMIT);
    let fine = done.status.is_some_and(|status| status.success());
    (!fine).then(|| format!("h5dump: {}: {:?} {}", file.display(), done.status, done.stderr))
}

/// What `h5dump` has against files.
fn all_wrong_for_h5dump(paths: &[PathBuf], how: &str) -> Vec<String> {
    if !support::has_h5dump() {
        return Vec::new();
    }
    let wrong = paths.iter().filter_map(|path| wrong_for_h5dump(path, how));
    wrong.collect()
}

/// What happened to the writers.
#[derive(Debug, Default)]
struct Toll {
    flushes: usize,
    /// Files that hold more than they say.
    longer: usize,
    /// Files whose last flush was under way, and can be finished.
    unfinished: usize,
    problems: Vec<String>,
    states: Vec<Crashed>,
    files: Vec<Vec<u8>>,
}

impl Toll {
    fn add(&mut self, killed: Killed, path: &Path, watchdog: &Watchdog) {
        let Killed { flushes, mut crashed, files } = killed;
        watchdog.next(format!("reading what is left: {}", crashed.what));
        self.flushes += flushes;
        let size = File::open(path).map_or(0, |file| file.size());
        self.longer += usize::from(size < crashed.bytes.len() as u64);
        self.problems.extend(crashed.wrong_for_reader());
        self.problems.extend(crashed.wrong_for_writer().err());
        self.problems.extend(crashed.wrong_for_who_goes_on());
        // For h5py, flushes are numbers of files.
        for (number, allowed) in crashed.allowed.iter_mut().enumerate() {
            allowed.flush = self.files.len() + number;
        }
        self.files.extend(files);
        self.states.push(crashed);
    }

    /// Lets h5py read what is left, and everything be put right by hand.
    fn finish(mut self, paths: &[PathBuf], for_h5dump: &[PathBuf]) -> Vec<String> {
        let count = paths.len();
        let lost = self.problems.len();
        if let Some(python) = support::python() {
            let verdict = stock::judge_states(python, "killed", self.files, self.states);
            let opened = count - verdict.unreadable;
            tell(&format!("h5py reads all of {opened} of {count} files. {verdict}"));
            if verdict.unreadable > 0 || verdict.objects_percent() < 99.0 {
                self.problems.extend(verdict.wrong);
            }
        }
        let wrong = all_wrong_for_h5dump(for_h5dump, "--escape");
        tell(&format!("h5dump reads {} of {}", for_h5dump.len() - wrong.len(), for_h5dump.len()));
        self.problems.extend(wrong);
        let watchdog = Watchdog::new(LIMIT);
        for path in paths {
            watchdog.next(format!("recovering {}", path.display()));
            match File::recover(path) {
                Ok(done) => self.unfinished += usize::from(done.finished_flush),
                Err(error) => self.problems.push(error.to_string()),
            }
        }
        tell(&format!(
            "{count} writers killed after {} flushes, {} in one that could be finished; {} files with \
             more than was flushed: {lost} lost",
            self.flushes, self.unfinished, self.longer
        ));
        self.problems
    }
}

#[test]
fn killed_writers_lose_nothing_that_was_flushed() {
    let folder = scratch("kill");
    let mut random = Random(seed());
    let mut toll = Toll::default();
    let watchdog = Watchdog::new(LIMIT);
    let (mut paths, mut for_h5dump) = (Vec::new(), Vec::new());
    for number in 0..count() {
        // Every third one never flushes; half of them start with a file that h5py made.
        let seed = random.next() / 6 * 3 + number as u64;
        let made = number % 2 == 1 && support::python().is_some();
        let writer = Writer { path: folder.join(format!("{number}.h5")), seed, made };
        // Short times are as likely as long ones.
        let longest = 1 << (4 + random.below(13));
        watchdog.next(format!("killing {writer:?}"));
        let killed = writer.kill(Duration::from_micros(random.below(longest) as u64));
        toll.add(killed, &writer.path, &watchdog);
        for_h5dump.extend(writer.suits_h5dump().then(|| writer.path.clone()));
        paths.push(writer.path);
    }
    // How long other readers take has limits of their own.
    drop(watchdog);
    let problems = toll.finish(&paths, &for_h5dump);
    assert!(problems.is_empty(), "{:#?}", &problems[..problems.len().min(20)]);
    std::fs::remove_dir_all(folder).unwrap();
}

/// Kills writers that leave it to the library when to flush, all at once; gives how many flushes
/// came by themselves, and what is wrong.
fn kill_automatic(writers: &[automatic::Writer], random: &mut Random) -> (usize, Vec<String>) {
    // Longer than what makes it write: a fraction of a second for 64 MiB, or 5 s.
    let longest = |writer: &automatic::Writer| if writer.slow { 12_000 } else { 1_500 };
    let times: Vec<usize> = writers.iter().map(|writer| random.below(longest(writer))).collect();
    let checks: Vec<_> = std::thread::scope(|scope| {
        let kill = |(writer, time): (&automatic::Writer, &usize)| {
            let (writer, time) = (writer.clone(), Duration::from_millis(*time as u64));
            scope.spawn(move || writer.kill(time))
        };
        let killed: Vec<_> = writers.iter().zip(&times).map(kill).collect();
        killed.into_iter().map(|killed| killed.join().unwrap()).collect()
    });
    let (mut problems, mut written) = (Vec::new(), 0);
    for check in &checks {
        match check.edits() {
            Ok(edits) => written += usize::from(edits > 0),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(automatic::all_wrong_for_h5py(&checks));
    let paths: Vec<PathBuf> = checks.iter().map(|check| check.path().to_owned()).collect();
    problems.extend(all_wrong_for_h5dump(&paths, "--dataset=/rows"));
    // They are large.
    paths.iter().for_each(|path| std::fs::remove_file(path).unwrap());
    (written, problems)
}

#[test]
fn killed_writers_lose_no_more_than_what_gathers_between_flushes() {
    let folder = scratch("kill-automatic");
    let mut random = Random(seed());
    let (mut written, mut problems) = (0, Vec::new());
    let share = count().div_ceil(20);
    for (slow, at_once) in [(true, 10), (false, 1)] {
        let writer = |number| automatic::Writer { path: folder.join(format!("{number}.h5")), slow };
        let writers: Vec<_> = (0..share).map(writer).collect();
        for some in writers.chunks(at_once) {
            let (more, wrong) = kill_automatic(some, &mut random);
            written += more;
            problems.extend(wrong);
        }
    }
    tell(&format!(
        "{} writers that never flush killed, {written} of them after a flush that came by itself: \
         {} problems",
        share * 2,
        problems.len()
    ));
    assert!(problems.is_empty(), "{:#?}", &problems[..problems.len().min(20)]);
    std::fs::remove_dir_all(folder).unwrap();
}
