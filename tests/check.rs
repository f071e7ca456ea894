//! `h5 check`: files that libhdf5 reads whole are sound; of those it refuses, and of those it cannot
//! read whole, the fault is named with structure, field and offset.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;
use support::corpus::{self, Case};
use support::h5;
use support::run::{Outcome, run, tail};

/// Longer than any file takes, even in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// How much memory a broken file may take, in KiB.
const MEMORY: u64 = 256 << 10;

struct Setting {
    corpus: PathBuf,
    /// Why a file that libhdf5 reads whole has faults, or one that it does not has none.
    exceptions: BTreeMap<String, String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = match corpus::folder() {
        Ok(folder) => folder,
        Err(why) => return without_corpus(&arguments, why),
    };
    let mut cases = corpus::cases(&folder, &["hdf5/", "generated/"]);
    let sound = cases.len();
    cases.extend(corpus::cases(&folder, &["malformed/"]));
    let exceptions = exceptions(include_str!("check_exceptions.tsv"));
    let setting = Arc::new(Setting { corpus: folder, exceptions });
    let mut trials = vec![trial_of_table(&setting, &cases)];
    for (number, case) in cases.into_iter().enumerate() {
        let setting = Arc::clone(&setting);
        let check = if number < sound { well } else { malformed };
        trials.push(Trial::test(case.path.clone(), move || check(&setting, &case)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// One test that fails where nothing may be skipped, and says so elsewhere.
fn without_corpus(arguments: &Arguments, why: String) -> ExitCode {
    eprintln!("SKIPPED: checking the corpus: {why}");
    let trial = Trial::test("the corpus is there", move || Err(Failed::from(why)));
    libtest_mimic::run(arguments, vec![trial.with_ignored_flag(!support::is_ci())]).exit_code()
}

/// Rows of `check_exceptions.tsv`: file, why.
fn exceptions(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let (file, why) = line.split_once('\t').expect("a file and a reason");
        (file.to_owned(), why.to_owned())
    };
    lines.map(row).collect()
}

/// The table names nothing that the corpus does not have, and gives reasons.
fn trial_of_table(setting: &Arc<Setting>, cases: &[Case]) -> Trial {
    let files: Vec<String> = cases.iter().map(|case| case.path.clone()).collect();
    let setting = Arc::clone(setting);
    Trial::test("the table of exceptions names files of the corpus", move || {
        let known = |(file, why): &(&String, &String)| files.contains(file) && !why.is_empty();
        let unknown: Vec<_> = setting.exceptions.iter().filter(|row| !known(row)).collect();
        if unknown.is_empty() { Ok(()) } else { Err(format!("{unknown:?}").into()) }
    })
}

/// A file of the HDF Group's tests, or one that libhdf5 wrote.
fn well(setting: &Setting, case: &Case) -> Result<(), Failed> {
    let mut command = Command::new(h5::program());
    let outcome = check(&mut command, setting, case)?;
    if !is_read_whole(&case.document(&setting.corpus)) {
        return Ok(());
    }
    let is_sound = outcome.status.is_some_and(|status| status.success());
    match (is_sound, setting.exceptions.get(&case.path)) {
        (true, Some(_)) => Err("take it out of check_exceptions.tsv: it is sound".into()),
        (false, None) => Err(said(&outcome).into()),
        _ => Ok(()),
    }
}

/// A file that was made to break readers: in bounds of the operating system.
fn malformed(setting: &Setting, case: &Case) -> Result<(), Failed> {
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -v {MEMORY} && exec \"$@\""), "sh"]).arg(h5::program());
        shell
    } else {
        Command::new(h5::program())
    };
    // What threads reserve and never touch is not the file's doing.
    command.env("RAYON_NUM_THREADS", "2").env("MALLOC_ARENA_MAX", "1");
    let outcome = check(&mut command, setting, case)?;
    let code = outcome.status.and_then(|status| status.code());
    let is_sound = code == Some(0);
    let names = |line: &str| line.contains(", ") && line.contains(" at 0x");
    if !is_sound && !said(&outcome).lines().any(names) {
        return Err(format!("no structure, field and offset in: {}", said(&outcome)).into());
    }
    if is_read_whole(&case.document(&setting.corpus)) {
        return Ok(());
    }
    match (is_sound, setting.exceptions.get(&case.path)) {
        (true, None) => Err("passes for sound".into()),
        (false, Some(_)) => Err("take it out of check_exceptions.tsv: it has faults".into()),
        _ => Ok(()),
    }
}

fn check(command: &mut Command, setting: &Setting, case: &Case) -> Result<Outcome, Failed> {
    command.args(["check", "--data"]);
    if !case.driver.is_empty() {
        command.args(["--driver", &case.driver]);
    }
    let outcome = run(command.arg(case.file(&setting.corpus)), LIMIT);
    if let Some(what) = outcome.misbehaviour() {
        return Err(what.into());
    }
    match outcome.status.and_then(|status| status.code()) {
        Some(0..=2) => Ok(outcome),
        code => Err(format!("ends with {code:?}: {}", tail(&outcome.stderr)).into()),
    }
}

fn said(outcome: &Outcome) -> String {
    format!("{}{}", String::from_utf8_lossy(&outcome.stdout), outcome.stderr)
}

/// Whether libhdf5 could read all of it.
fn is_read_whole(document: &Value) -> bool {
    fn fails(part: &Value) -> bool {
        match part {
            Value::Array(parts) => parts.iter().any(fails),
            Value::Object(fields) => fields
                .iter()
                .any(|(key, part)| key == "error" || key.ends_with("_error") || fails(part)),
            _ => false,
        }
    }
    document.get("open") == Some(&Value::Bool(true)) && !fails(document)
}
