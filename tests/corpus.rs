//! Conformance: our document of each file of the corpus equals the one that libhdf5 led to.
//!
//! One test a file. What is compared is told in `support/compare.rs`; what may still be missing
//! stands in `corpus_unsupported.tsv`, and nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use support::compare::{canonical_text, compare};
use support::corpus::{self, Case};
use support::h5::digest;
use support::run::tail;

/// Rows of `corpus_unsupported.tsv` and `corpus_fill.tsv`: file, then the rest.
#[derive(Debug, Default)]
struct Table(Vec<(String, Vec<String>)>);

impl Table {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let rows = lines.map(|line| {
            let mut fields = line.split('\t').map(str::to_owned);
            (fields.next().unwrap_or_default(), fields.collect())
        });
        Self(rows.collect())
    }

    fn of(&self, file: &str) -> BTreeSet<Vec<String>> {
        self.0.iter().filter(|(name, _)| name == file).map(|(_, row)| row.clone()).collect()
    }
}

/// What all tests need.
struct Setting {
    corpus: PathBuf,
    unsupported: Table,
    fill: Table,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = match corpus::folder() {
        Ok(folder) => folder,
        Err(why) => return without_corpus(&arguments, why),
    };
    let cases = corpus::cases(&folder, &["hdf5/", "generated/"]);
    let setting = Arc::new(Setting {
        corpus: folder,
        unsupported: Table::parse(include_str!("corpus_unsupported.tsv")),
        fill: Table::parse(include_str!("corpus_fill.tsv")),
    });
    let mut trials = vec![trial_of_tables(&setting, &cases)];
    for case in cases {
        let setting = Arc::clone(&setting);
        trials.push(Trial::test(case.path.clone(), move || check(&setting, &case)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// One test that fails where nothing may be skipped, and says so elsewhere.
fn without_corpus(arguments: &Arguments, why: String) -> ExitCode {
    eprintln!("SKIPPED: the corpus tests: {why}");
    let failed = why.clone();
    let trial = Trial::test("the corpus is there", move || Err(Failed::from(failed)));
    let trial = trial.with_ignored_flag(!support::is_ci());
    libtest_mimic::run(arguments, vec![trial]).exit_code()
}

/// The tables name nothing that the corpus does not have.
fn trial_of_tables(setting: &Arc<Setting>, cases: &[Case]) -> Trial {
    let files: BTreeSet<String> = cases.iter().map(|case| case.path.clone()).collect();
    let setting = Arc::clone(setting);
    Trial::test("the tables name files of the corpus", move || {
        let rows = setting.unsupported.0.iter().chain(&setting.fill.0);
        let unknown: Vec<&String> =
            rows.map(|(file, _)| file).filter(|file| !files.contains(*file)).collect();
        if unknown.is_empty() { Ok(()) } else { Err(format!("no such file: {unknown:?}").into()) }
    })
}

fn check(setting: &Setting, case: &Case) -> Result<(), Failed> {
    let theirs = case.document(&setting.corpus);
    let outcome = digest(&case.file(&setting.corpus), &case.driver);
    if let Some(what) = outcome.misbehaviour() {
        return Err(what.into());
    }
    if theirs.get("open") != Some(&Value::Bool(true)) {
        // libhdf5 refused it: a document or an error of ours is as good.
        return Ok(());
    }
    let text = String::from_utf8(outcome.stdout)?;
    let ours: Value = serde_json::from_str(&text)
        .map_err(|error| format!("no document ({error}): {}", tail(&outcome.stderr)))?;
    let objects = theirs.get("objects").and_then(Value::as_array);
    let nothing =
        objects.is_none_or(Vec::is_empty) && theirs.get("walk_error") == Some(&Value::Bool(true));
    if ours.get("open") != Some(&Value::Bool(true)) && nothing {
        // libhdf5 opened it, and then could not read its root group.
        return Ok(());
    }
    if ours.get("open") != Some(&Value::Bool(true)) {
        return Err(format!("could not be opened: {}", tail(&outcome.stderr)).into());
    }
    let mut wrong = differences(setting, case, &ours, &theirs);
    if canonical_text(&ours) != text {
        wrong.push("the text is not as the definition of the document lays it out".to_owned());
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let count = wrong.len();
    wrong.truncate(12);
    Err(format!("{count} differences:\n  {}\n{}", wrong.join("\n  "), tail(&outcome.stderr)).into())
}

/// Each difference that no table forgives, and each row of a table that forgives nothing.
fn differences(setting: &Setting, case: &Case, ours: &Value, theirs: &Value) -> Vec<String> {
    let report = compare(ours, theirs);
    let mut wrong = report.differences;

    let rows = setting.unsupported.of(&case.path);
    let seen: BTreeSet<Vec<String>> =
        report.unsupported.iter().map(|(path, id)| vec![path.clone(), id.to_string()]).collect();
    for row in seen.difference(&rows) {
        wrong
            .push(format!("unsupported, not in corpus_unsupported.tsv: {}", row.join(", filter ")));
    }
    for row in rows.difference(&seen) {
        wrong.push(format!(
            "take this row out of corpus_unsupported.tsv: {}",
            row.join(", filter ")
        ));
    }

    let rows = setting.fill.of(&case.path);
    for ((path, key), what) in &report.fill {
        if !rows.contains(&vec![path.clone(), key.clone()]) {
            wrong.push(format!("{path}: fill.{key}: {what}"));
        }
    }
    for row in &rows {
        let [path, key] = row.as_slice() else { continue };
        if !report.fill.contains_key(&(path.clone(), key.clone())) {
            wrong.push(format!("take this row out of corpus_fill.tsv: {path}, {key}"));
        }
    }
    wrong
}
