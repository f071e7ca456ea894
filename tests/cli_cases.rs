//! The program as the HDF5 tools: what it prints and leaves, and how it ends, is what theirs do.
//!
//! One test a case of the corpus. What is still missing stands in `cli_misses.tsv`, and nowhere
//! else; a case that stands there and is well fails too, so that the table stays true.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use support::cases::{self, Case, Folder, run_tool};
use support::corpus;
use support::h5;
use support::run::run;

/// Tools, the verb of each, and arguments that each understands.
const VERBS: [(&str, &str, &[&str]); 7] = [
    ("h5copy", "copy", &["-s", "/g1", "-d", "/x/y", "-o", "tall.h5", "-vi", "tall.h5"]),
    ("h5diff", "diff", &["-v", "tall.h5", "tall.h5"]),
    ("h5format_convert", "convert", &["-nv", "tall.h5"]),
    ("h5dump", "dump", &["-H", "tall.h5"]),
    ("h5ls", "ls", &["-rv", "tall.h5"]),
    ("h5repack", "repack", &["-v", "-f", "GZIP=1", "-o", "out.h5", "-i", "tall.h5"]),
    ("h5stat", "stat", &["-fg", "tall.h5"]),
];

/// What all tests need.
struct Setting {
    corpus: PathBuf,
    /// Why a case is known to fail.
    misses: BTreeMap<String, String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = match corpus::folder() {
        Ok(folder) => folder,
        Err(why) => return without_corpus(&arguments, why),
    };
    let all = cases::cases(&folder);
    let setting =
        Arc::new(Setting { corpus: folder, misses: misses(include_str!("cli_misses.tsv")) });
    let mut trials = vec![trial_of_table(&setting, &all)];
    for verb in VERBS {
        let setting = Arc::clone(&setting);
        let name = format!("h5 {} is {}", verb.1, verb.0);
        trials.push(Trial::test(name, move || check_verb(&setting, verb)));
    }
    for case in all {
        let setting = Arc::clone(&setting);
        let name = format!("{} {} {}", case.id, case.tool, case.arguments.join(" "));
        trials.push(Trial::test(name, move || check(&setting, &case)));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    cases::clean();
    conclusion.exit_code()
}

/// One test that fails where nothing may be skipped, and says so elsewhere.
fn without_corpus(arguments: &Arguments, why: String) -> ExitCode {
    eprintln!("SKIPPED: the command-line cases: {why}");
    let failed = why.clone();
    let trial = Trial::test("the corpus is there", move || Err(Failed::from(failed)));
    let trial = trial.with_ignored_flag(!support::is_ci());
    libtest_mimic::run(arguments, vec![trial]).exit_code()
}

fn misses(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let (id, why) = line.split_once('\t').expect("an id and a reason");
        (id.to_owned(), why.to_owned())
    };
    lines.map(row).collect()
}

/// The table names nothing that the corpus does not have.
fn trial_of_table(setting: &Arc<Setting>, all: &[Case]) -> Trial {
    let known: BTreeSet<String> = all.iter().map(|case| case.id.clone()).collect();
    let setting = Arc::clone(setting);
    Trial::test("the table names cases of the corpus", move || {
        let unknown: Vec<&String> =
            setting.misses.keys().filter(|id| !known.contains(*id)).collect();
        if unknown.is_empty() { Ok(()) } else { Err(format!("no such case: {unknown:?}").into()) }
    })
}

fn check(setting: &Setting, case: &Case) -> Result<(), Failed> {
    let result = case.check(&setting.corpus);
    match (result, setting.misses.get(&case.id)) {
        (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
        (Err(what), None) => Err(what.into()),
        (Ok(()), Some(_)) => Err("it is well: take it out of cli_misses.tsv".into()),
    }
}

/// `h5 VERB` does what the tool of that name does.
fn check_verb(setting: &Setting, verb: (&str, &str, &[&str])) -> Result<(), Failed> {
    let (tool, verb, arguments) = verb;
    let folder = Folder::new(verb);
    let name = arguments.last().copied().unwrap_or_default();
    std::fs::copy(setting.corpus.join("hdf5/h5dump").join(name), folder.path().join(name))?;
    let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
    let by_name = run_tool(tool, folder.path(), &arguments);
    let mut command = std::process::Command::new(h5::program());
    command.current_dir(folder.path()).arg(verb).args(&arguments);
    let by_verb = run(&mut command, std::time::Duration::from_secs(60));
    let same = by_name.stdout == by_verb.stdout
        && by_name.status.map(|s| s.code()) == by_verb.status.map(|s| s.code());
    if same && !by_name.stdout.is_empty() {
        return Ok(());
    }
    Err("they differ".into())
}
