//! Repack of the world: every file of the corpus, copied into new files, says the same.
//!
//! One test a file. All of it is copied, at the bounds of three releases, by this library; our
//! document of each copy equals that of the original, libhdf5's document of it equals libhdf5's of
//! the original, and `h5dump` prints what it can print of the original. What bounds decide
//! themselves is left out: the superblock and the index of chunks. What cannot be copied stands in
//! `repack_refused.tsv`, what does not become the same in `repack_differs.tsv`, with the reasons, and
//! nowhere else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hdfive::{Driver, ExternalAccess, File, LibraryVersion};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use support::compare::compare;
use support::corpus::{self, Case};
use support::h5::digest_in;
use support::oracle::Oracle;
use support::run::{Outcome, run, tail};

/// Lower bounds, and the names they go by here.
const BOUNDS: [(&str, LibraryVersion); 3] = [
    ("earliest", LibraryVersion::Earliest),
    ("v18", LibraryVersion::V18),
    ("v200", LibraryVersion::V200),
];

/// What all tests need.
struct Setting {
    corpus: PathBuf,
    /// File, bound, part of the error.
    refused: Vec<Vec<String>>,
    /// File, object.
    differs: Vec<Vec<String>>,
    oracle: Option<Oracle>,
    counts: Counts,
}

/// How many copies were made and checked.
#[derive(Default)]
struct Counts {
    copies: [AtomicUsize; 3],
    by_libhdf5: [AtomicUsize; 3],
    by_h5dump: [AtomicUsize; 3],
    refused: [AtomicUsize; 3],
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = match corpus::folder() {
        Ok(folder) => folder,
        Err(why) => return without_corpus(&arguments, why),
    };
    let cases = corpus::cases(&folder, &["hdf5/", "generated/"]);
    let cases: Vec<Case> = cases
        .into_iter()
        .filter(|case| case.document(&folder).get("open") == Some(&Value::Bool(true)))
        .collect();
    let files: BTreeSet<&str> = cases.iter().map(|case| case.path.as_str()).collect();
    let refused = table(include_str!("repack_refused.tsv"));
    let differs = table(include_str!("repack_differs.tsv"));
    let rows = refused.iter().chain(&differs);
    let unknown: Vec<_> = rows.filter(|row| !files.contains(row[0].as_str())).collect();
    assert!(unknown.is_empty(), "the tables name no file of the corpus: {unknown:?}");
    let oracle = Oracle::start(&folder);
    let counts = Counts::default();
    let setting = Arc::new(Setting { corpus: folder, refused, differs, oracle, counts });
    let trials = cases.into_iter().map(|case| {
        let setting = Arc::clone(&setting);
        Trial::test(case.path.clone(), move || check(&setting, &case))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    setting.counts.print();
    conclusion.exit_code()
}

/// One test that fails where nothing may be skipped, and says so elsewhere.
fn without_corpus(arguments: &Arguments, why: String) -> ExitCode {
    eprintln!("SKIPPED: the repack tests: {why}");
    let failed = why.clone();
    let trial = Trial::test("the corpus is there", move || Err(Failed::from(failed)));
    let trial = trial.with_ignored_flag(!support::is_ci());
    libtest_mimic::run(arguments, vec![trial]).exit_code()
}

fn table(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

impl Counts {
    fn print(&self) {
        for (index, (bound, _)) in BOUNDS.iter().enumerate() {
            let of = |counts: &[AtomicUsize; 3]| counts[index].load(Ordering::Relaxed);
            println!(
                "{bound}: {} files copied and digested, {} read by libhdf5, {} dumped by h5dump, \
                 {} refused",
                of(&self.copies),
                of(&self.by_libhdf5),
                of(&self.by_h5dump),
                of(&self.refused),
            );
        }
    }
}

/// The original of copies, as it is seen.
struct Original<'a> {
    case: &'a Case,
    file: PathBuf,
    ours: Value,
    theirs: Value,
    /// What `h5dump` is to print, where it can.
    dumped: Option<Dumped>,
}

/// How much of a file `h5dump` prints.
#[derive(Debug, Clone, Copy)]
enum Dumped {
    All,
    /// Of files whose values are many megabytes of text.
    Headers,
}

/// Bytes of values that are printed.
const PRINTED: u64 = 1 << 20;

fn check(setting: &Setting, case: &Case) -> Result<(), Failed> {
    let file = case.file(&setting.corpus);
    let ours = document(&digest_in(folder_of(&file), &file, &case.driver))?;
    if ours.get("open") != Some(&Value::Bool(true)) {
        // Then there is nothing to copy; whether that is as it should be is asked elsewhere.
        return Ok(());
    }
    let theirs = case.document(&setting.corpus);
    // References of the revised form are in the copy as HDF5 1.12 has them, whatever wrote the
    // original; Debian's h5dump is of 1.10.
    let revised = theirs.to_string().contains("\"ref\":\"std\"");
    let how = if bytes_of(&theirs) > PRINTED { Dumped::Headers } else { Dumped::All };
    let dumps = case.driver.is_empty()
        && !revised
        && support::has_h5dump()
        && dump(folder_of(&file), &file, how).is_ok();
    let original = Original { case, file, ours, theirs, dumped: dumps.then_some(how) };
    let mut wrong = Vec::new();
    for (index, (bound, _)) in BOUNDS.iter().enumerate() {
        let found = check_copy(setting, &original, index)?;
        wrong.extend(found.into_iter().map(|what| format!("{bound}: {what}")));
    }
    for row in setting.differs.iter().filter(|row| row[0] == case.path) {
        let (before, object) = (wrong.len(), format!(": {}: ", row[1]));
        wrong.retain(|what| !what.contains(&object));
        if wrong.len() == before {
            wrong.push(format!("take the row of {} out of repack_differs.tsv", row[1]));
        }
    }
    if wrong.is_empty() {
        // What differs is left to be looked at.
        for (bound, _) in BOUNDS {
            let _ = fs::remove_file(copy_of(case, bound));
        }
        return Ok(());
    }
    let count = wrong.len();
    wrong.truncate(12);
    Err(format!("{count} differences:\n  {}", wrong.join("\n  ")).into())
}

/// Copies a file at one bound; gives what is not as it should be.
fn check_copy(
    setting: &Setting,
    original: &Original<'_>,
    index: usize,
) -> Result<Vec<String>, Failed> {
    let Original { case, file, ours, theirs, dumped } = original;
    let ((bound, low), counts) = (BOUNDS[index], &setting.counts);
    let count = |of: &[AtomicUsize; 3]| of[index].fetch_add(1, Ordering::Relaxed);
    let (copy, folder) = (copy_of(case, bound), folder_of(file));
    fs::create_dir_all(folder_of(&copy))?;
    let matches = |row: &&Vec<String>| row[0] == case.path && ["*", bound].contains(&&*row[1]);
    match (repack(case, file, &copy, low), setting.refused.iter().find(matches)) {
        (Ok(()), None) => {}
        (Ok(()), Some(_)) => return Ok(vec!["take the row out of repack_refused.tsv".to_owned()]),
        (Err(error), Some(row)) if error.to_string().contains(&row[2]) => {
            count(&counts.refused);
            return Ok(Vec::new());
        }
        (Err(error), _) => return Ok(vec![error.to_string()]),
    }
    let mut wrong = differences(&document(&digest_in(folder, &copy, ""))?, ours);
    count(&counts.copies);
    if let Some(oracle) = &setting.oracle {
        let differing = differences(&oracle.document(&copy, folder)?, theirs);
        wrong.extend(differing.iter().map(|what| format!("{what} (in libhdf5's eyes)")));
        count(&counts.by_libhdf5);
    }
    // What Debian's h5dump, of HDF5 1.10, does not know yet starts with the newest bounds.
    if let Some(how) = dumped.filter(|_| bound != "v200") {
        wrong.extend(dump(folder, &copy, how).err());
        count(&counts.by_h5dump);
    }
    Ok(wrong)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().expect("a file in a folder")
}

/// Where the copy of a file goes.
fn copy_of(case: &Case, bound: &str) -> PathBuf {
    let name = case.path.replace('/', "+").replace('%', "@");
    support::target().join("repack").join(bound).join(name)
}

/// Copies all of a file to a new one.
fn repack(case: &Case, original: &Path, copy: &Path, low: LibraryVersion) -> hdfive::Result<()> {
    let driver = match case.driver.as_str() {
        "family" => Driver::Family,
        "split" => Driver::split(),
        "multi" => Driver::Multi,
        _ => Driver::Single,
    };
    let options = File::with_options().external(ExternalAccess::All);
    let source = options.clone().driver(driver).open(original)?;
    let file = options.library_versions(low, LibraryVersion::LATEST).like(&source)?.create(copy)?;
    source.copy_all_to(&file)?;
    file.close()
}

fn document(outcome: &Outcome) -> Result<Value, Failed> {
    if let Some(what) = outcome.misbehaviour() {
        return Err(what.into());
    }
    serde_json::from_slice(&outcome.stdout)
        .map_err(|error| format!("no document ({error}): {}", tail(&outcome.stderr)).into())
}

/// What a copy says differently than the original.
fn differences(copy: &Value, original: &Value) -> Vec<String> {
    let (copy, original) = (bare(copy), bare(original));
    let report = compare(&copy, &original);
    let fill = report.fill.iter().map(|((path, key), what)| format!("{path}: fill.{key}: {what}"));
    report.differences.iter().cloned().chain(fill).collect()
}

/// The document without what the bounds decide, and without what names the file.
fn bare(document: &Value) -> Value {
    let mut document = document.clone();
    let top = document.as_object_mut().expect("a document");
    for key in ["file", "size", "sha256"] {
        top.remove(key);
    }
    if let Some(superblock) = top.get_mut("superblock").and_then(Value::as_object_mut) {
        for key in ["version", "sizeof_addr", "sizeof_size", "sohm_indexes"] {
            superblock.remove(key);
        }
    }
    let objects = top.get_mut("objects").and_then(Value::as_array_mut);
    for object in objects.into_iter().flatten() {
        if let Some(layout) = object.get_mut("layout").and_then(Value::as_object_mut) {
            layout.remove("index");
        }
    }
    document
}

/// Bytes of all values of a document.
fn bytes_of(document: &Value) -> u64 {
    let objects = document.get("objects").and_then(Value::as_array);
    let bytes = |object: &Value| object.get("nbytes").and_then(Value::as_u64);
    objects.into_iter().flatten().filter_map(bytes).sum()
}

/// Lets `h5dump` print a file.
fn dump(folder: &Path, file: &Path, how: Dumped) -> Result<(), String> {
    let mut command = Command::new("h5dump");
    // It opens what references lead to for writing, which would lock others out of the corpus.
    command.env("HDF5_USE_FILE_LOCKING", "FALSE").current_dir(folder).arg("-p");
    if matches!(how, Dumped::Headers) {
        command.arg("-H");
    }
    let done = run(command.arg(file), Duration::from_secs(60));
    let good = done.status.is_some_and(|status| status.success());
    if good { Ok(()) } else { Err(format!("h5dump: {}", tail(&done.stderr))) }
}
