//! Broken files: no panic, no hang over a second, no more than 256 MiB; an error or part of the
//! answer, and the error says where.
//!
//! The files of the corpus run through the program, under limits of the operating system; cut and
//! changed fixtures run through the library in this process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

mod support;

use hdfive::{Error, ErrorKind, ErrorLocation as Location, Malformed};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};
use support::random::Random;
use support::run::{Outcome, run, tail};
use support::walk::{Walk, read_bytes};
use support::{corpus, fixtures, h5};

/// How long one file may take.
const LIMIT: Duration = Duration::from_secs(1);

/// How much memory it may take, in KiB.
const MEMORY: u64 = 256 << 10;

/// Mutations of all fixtures together.
const MUTATIONS: usize = 10_000;

/// Thirty small files that together hold nearly every structure of the format. Those of the oldest
/// version prevail: their structures have no checksums to keep a change from what lies behind.
const SMALL: [&str; 30] = [
    "arrays_earliest",
    "bits_and_opaque_earliest",
    "chunks_of_odd_types_latest",
    "committed_types_latest",
    "complex_numbers_earliest",
    "creation_order_in_old_file_earliest",
    "dimension_scales_earliest",
    "enums_earliest",
    "external_earliest",
    "file_space_fsm_persist_latest",
    "file_space_page_persist_latest",
    "filter_masks_earliest",
    "filter_masks_latest",
    "floats_latest",
    "group_properties_latest",
    "group_sizes_latest",
    "header_continuations_earliest",
    "header_continuations_latest",
    "image_earliest",
    "layouts_earliest",
    "links_earliest",
    "matlab_earliest",
    "nbit_latest",
    "new_references_latest",
    "odd_integers_earliest",
    "partial_edges_latest",
    "sequences_latest",
    "sizes_2_2_latest",
    "swmr_latest",
    "virtual_earliest",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    thread::spawn(watch);
    let mut trials = Vec::new();
    match corpus::folder() {
        Ok(folder) => {
            for case in corpus::cases(&folder, &["malformed/"]) {
                let file = case.file(&folder);
                trials.push(Trial::test(case.path, move || through_program(&file)));
            }
        }
        Err(why) => {
            eprintln!("SKIPPED: the malformed files of the corpus: {why}");
            let trial = Trial::test("the corpus is there", move || Err(Failed::from(why)));
            trials.push(trial.with_ignored_flag(!support::is_ci()));
        }
    }
    for (number, name) in SMALL.into_iter().enumerate() {
        trials.push(Trial::test(format!("truncations of {name}"), move || truncations(name)));
        let share = MUTATIONS.div_ceil(SMALL.len());
        let seed = number as u64;
        trials.push(Trial::test(format!("mutations of {name}"), move || {
            mutations(name, share, seed)
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(used) = peak_memory().filter(|used| *used > MEMORY) {
        eprintln!("the process took {used} KiB at its peak, of {MEMORY}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// One file through each verb that reads it.
fn through_program(file: &Path) -> Result<(), Failed> {
    let said = told_with_place(file)?;
    let folder = support::empty_folder(&format!("malformed_{}", file_name(file)));
    let path = file.to_str().expect("a path in UTF-8");
    let place = |name: &str| folder.join(name).to_str().expect("a path in UTF-8").to_owned();
    let (copy, repacked) = (place("copy.h5"), place("repacked.h5"));
    let mut runs: Vec<Vec<&str>> = vec![
        vec!["dump", path],
        vec!["dump", "-p", "-B", "-x", path],
        vec!["dump", "--json", path],
        vec!["ls", "-r", "-d", path],
        vec!["stat", path],
        vec!["check", "--data", path],
        // Without it, a file is known to be like itself.
        vec!["diff", "-r", path, path],
        vec!["copy", "-i", path, "-s", "/", "-o", &copy, "-d", "/all"],
        vec!["repack", path, &repacked],
        vec!["repack", "-f", "GZIP=1", path, &repacked],
    ];
    let datasets: Vec<String> = datasets(&said).map(|name| format!("{path}{name}")).collect();
    for dataset in &datasets {
        runs.push(vec!["export", dataset]);
        runs.push(vec!["plot", dataset]);
    }
    let done = runs.iter().try_for_each(|arguments| {
        let outcome = patient(arguments, long_enough);
        let what = arguments.join(" ");
        if let Some(problem) = problem(&outcome, long_enough(&outcome)) {
            return Err(format!("h5 {what}: {problem}").into());
        }
        let code = outcome.status.and_then(|status| status.code());
        if !matches!(code, Some(0..=2)) {
            return Err(format!("h5 {what}: ended with {code:?}").into());
        }
        if code != Some(0) && outcome.stderr.trim().is_empty() && outcome.stdout.is_empty() {
            return Err(format!("h5 {what}: failed without a word").into());
        }
        Ok(())
    });
    fs::remove_dir_all(folder)?;
    done
}

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Paths of datasets, as `ls -r -v` lists them; not more than a few.
fn datasets(listed: &str) -> impl Iterator<Item = &str> {
    let path = |line: &'_ str| line.find("Dataset {").filter(|_| line.starts_with('/'));
    listed.lines().filter_map(move |line| Some(line.get(..path(line)?)?.trim_end())).take(3)
}

/// How long a run may take that ended, where all elements are printed: in a debug build, millions
/// take as long as that takes.
fn long_enough(outcome: &Outcome) -> Duration {
    let printed = u32::try_from(outcome.stdout.len() >> 20).unwrap_or(u32::MAX);
    LIMIT.saturating_add(LIMIT.saturating_mul(printed))
}

/// What must not be, whatever is in a file; `allowed` is the time for a run that ended so.
fn problem(outcome: &Outcome, allowed: Duration) -> Option<String> {
    let slow = outcome.elapsed > allowed;
    outcome.misbehaviour().or_else(|| slow.then(|| format!("took {:?}", outcome.elapsed)))
}

/// Runs the program; on a busy machine a run may be slow for reasons of its own: five are slow for
/// the file's.
fn patient(arguments: &[&str], allowed: fn(&Outcome) -> Duration) -> Outcome {
    let mut outcome = limited(arguments);
    for _ in 0..4 {
        if outcome.status.is_some() && outcome.elapsed <= allowed(&outcome) {
            break;
        }
        thread::sleep(LIMIT / 4);
        outcome = limited(arguments);
    }
    outcome
}

/// The verbs that tell what is wrong, and where; gives what `ls` lists.
fn told_with_place(file: &Path) -> Result<String, Failed> {
    let path = file.to_str().expect("a path in UTF-8");
    let mut listed = String::new();
    for arguments in [["digest", path].as_slice(), &["ls", "-r", "-v", path]] {
        let outcome = patient(arguments, |_| LIMIT);
        let what = arguments.join(" ");
        if let Some(problem) = problem(&outcome, LIMIT) {
            return Err(format!("h5 {what}: {problem}").into());
        }
        let failed = !outcome.status.is_some_and(|status| status.success());
        if failed && outcome.stderr.trim().is_empty() {
            return Err("failed without a word".into());
        }
        if failed && !outcome.stderr.lines().any(tells_place) {
            return Err(format!("no place in: {}", tail(&outcome.stderr)).into());
        }
        listed = String::from_utf8_lossy(&outcome.stdout).into_owned();
        if what.starts_with("digest") && !outcome.stdout.is_empty() {
            errors_tell_place(&serde_json::from_slice(&outcome.stdout)?, false)?;
        }
    }
    Ok(listed)
}

/// Whether an error's text names structure, field and offset; what the file may not reach, and what
/// the program has not, has no place in the file.
fn tells_place(text: &str) -> bool {
    [" at 0x", "is not opened", "is not supported", "over the limit"]
        .iter()
        .any(|w| text.contains(w))
}

/// Each error in a document says why, but that of a link: its object, listed too, does.
fn errors_tell_place(part: &Value, is_link: bool) -> Result<(), Failed> {
    if let Value::Array(parts) = part {
        return parts.iter().try_for_each(|part| errors_tell_place(part, is_link));
    }
    let Value::Object(fields) = part else { return Ok(()) };
    let failed = fields.keys().any(|key| key == "error" || key.ends_with("_error"));
    let why = fields.get("why").and_then(Value::as_str).unwrap_or_default();
    if failed && !is_link && !tells_place(why) {
        return Err(format!("no place in: {part}").into());
    }
    fields.iter().try_for_each(|(key, part)| errors_tell_place(part, key == "links"))
}

/// Runs the program with a bound on its address space, where the system has such bounds.
fn limited(arguments: &[&str]) -> Outcome {
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -v {MEMORY} && exec \"$@\""), "sh"]).arg(h5::program());
        shell
    } else {
        Command::new(h5::program())
    };
    // What threads reserve and never touch is not the file's doing.
    command.env("RAYON_NUM_THREADS", "2").env("MALLOC_ARENA_MAX", "1");
    run(command.args(arguments), LIMIT * 120)
}

fn bytes_of(name: &str) -> Vec<u8> {
    let path = fixtures::folder().join(format!("{name}.h5"));
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(bytes.len() <= 8 << 10, "{name} is not small");
    bytes
}

fn truncations(name: &str) -> Result<(), Failed> {
    let bytes = bytes_of(name);
    for len in 0..bytes.len() {
        let walk = observed(&format!("{name} cut to {len} bytes"), bytes[..len].to_vec())?;
        if len < 40 && walk.errors.is_empty() {
            return Err(format!("{len} bytes pass for a file").into());
        }
    }
    Ok(())
}

fn mutations(name: &str, count: usize, seed: u64) -> Result<(), Failed> {
    let bytes = bytes_of(name);
    for number in 0..count {
        let mut random = Random(seed << 32 | number as u64);
        let mut changed = bytes.clone();
        for _ in 0..=random.below(4) {
            mutate(&mut changed, &mut random);
        }
        let what = format!("{name}, mutation {number}");
        let mut walk = observed(&what, changed.clone())?;
        // A checksum that keeps the change from being seen is set right, so that what lies behind
        // is tried too.
        for _ in 0..4 {
            let wrong = walk.errors.iter().filter_map(wrong_checksum);
            if wrong.filter(|(at, sum)| put(&mut changed, *at, *sum)).count() == 0 {
                break;
            }
            walk = observed(&what, changed.clone())?;
        }
    }
    Ok(())
}

/// Where a checksum is wrong, and what it should be.
fn wrong_checksum(error: &Error) -> Option<(u64, u32)> {
    match error.kind() {
        ErrorKind::Malformed(Malformed::Checksum { computed, .. }) => {
            Some((error.location()?.offset, *computed))
        }
        _ => None,
    }
}

fn put(bytes: &mut [u8], at: u64, sum: u32) -> bool {
    let field = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at..at.checked_add(4)?));
    field.map(|field| field.copy_from_slice(&sum.to_le_bytes())).is_some()
}

/// One change: a bit, a byte, or a number that code tends to trip over.
fn mutate(bytes: &mut [u8], random: &mut Random) {
    let len = bytes.len() as u64;
    let at = random.below(bytes.len() - 8);
    let numbers = [
        0,
        1,
        2,
        0x7f,
        0xff,
        0x7fff,
        0xffff,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x1_0000_0000,
        i64::MAX as u64,
        u64::MAX - 7,
        u64::MAX,
        len,
        len - 1,
        random.next() % len,
    ];
    let number = random.pick(&numbers).to_le_bytes();
    match random.below(4) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next() as u8,
        2 => bytes[at..at + 4].copy_from_slice(&number[..4]),
        _ => bytes[at..at + 8].copy_from_slice(&number),
    }
}

/// Reads everything in `bytes`, and sees that it neither panics nor takes long, and that errors
/// say where they are.
fn observed(what: &str, bytes: Vec<u8>) -> Result<Walk, Failed> {
    let start = Instant::now();
    UNDER_WAY.lock().unwrap().push((what.to_owned(), start));
    let walk = catch_unwind(AssertUnwindSafe(|| read_bytes(bytes)));
    UNDER_WAY.lock().unwrap().retain(|(other, _)| other != what);
    let walk = walk.map_err(|_| format!("{what}: panicked"))?;
    if start.elapsed() > LIMIT {
        return Err(format!("{what}: took {:?}", start.elapsed()).into());
    }
    // What keeps the file from being opened stands before any object.
    let opened = !walk.text.starts_with("open: ");
    match walk.errors.iter().find(|error| !says_where(error, opened)) {
        Some(error) => Err(format!("{what}: no place in: {error}").into()),
        None => Ok(walk),
    }
}

/// Whether an error that is the file's fault names object, structure, field and offset.
fn says_where(error: &Error, in_object: bool) -> bool {
    let named = |place: Location| !place.structure.is_empty() && !place.field.is_empty();
    let placed = match error.kind() {
        ErrorKind::Malformed(_) => error.location().is_some_and(named),
        ErrorKind::Io(_) | ErrorKind::Usage(_) => false,
        _ => true,
    };
    placed && (error.path().is_some() || !in_object)
}

/// What is being read at the moment, and since when.
static UNDER_WAY: Mutex<Vec<(String, Instant)>> = Mutex::new(Vec::new());

/// Ends the process, with a word, when something hangs: a thread cannot be stopped.
fn watch() {
    loop {
        thread::sleep(Duration::from_millis(500));
        let under_way = UNDER_WAY.lock().unwrap();
        if let Some((what, _)) = under_way.iter().find(|(_, start)| start.elapsed() > LIMIT * 20) {
            eprintln!("{what}: hangs");
            std::process::abort();
        }
    }
}

/// The most memory this process has held at once, in KiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
