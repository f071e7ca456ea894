//! The committed fixtures: our document of each equals the one libhdf5 leads to, and their
//! generators still make the same content.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, OnceLock};
use support::compare::{canonical_text, compare};
use support::fixtures::{self, Fixture};
use support::h5::digest;
use support::run::tail;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let fixtures = Arc::new(fixtures::all());
    let mut trials = vec![Trial::test("the generators make the same content", regenerate)];
    for index in 0..fixtures.len() {
        let fixtures = Arc::clone(&fixtures);
        let Some(fixture) = fixtures.get(index).cloned() else { continue };
        trials.push(Trial::test(fixture.name.clone(), move || check(&fixture, &fixtures)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(fixture: &Fixture, all: &[Fixture]) -> Result<(), Failed> {
    let outcome = digest(&fixture.path(), &fixture.driver);
    if let Some(what) = outcome.misbehaviour() {
        return Err(what.into());
    }
    if !fixture.opens {
        return Ok(());
    }
    let text = String::from_utf8(outcome.stdout)?;
    let ours: Value = serde_json::from_str(&text)
        .map_err(|error| format!("no document ({error}): {}", tail(&outcome.stderr)))?;
    if canonical_text(&ours) != text {
        return Err("the text is not as the definition of the document lays it out".into());
    }
    let Some(theirs) = document(fixture, all) else { return Ok(()) };
    let report = compare(&ours, &theirs);
    let mut wrong = report.differences;
    wrong.extend(
        report.fill.iter().map(|((path, key), what)| format!("{path}: fill.{key}: {what}")),
    );
    if !fixture.name.starts_with("third_party_filters") {
        wrong.extend(report.unsupported.iter().map(|what| format!("unsupported: {what:?}")));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{}", wrong.join("\n  "), tail(&outcome.stderr)).into())
}

/// What libhdf5 says is in the fixture; `None` where nobody can be asked.
fn document(fixture: &Fixture, all: &[Fixture]) -> Option<Value> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| ask_libhdf5(all)).as_ref()?;
    let path = stored(folder, fixture).expect("the oracle made it");
    let text = match path.extension().is_some_and(|extension| extension == "gz") {
        true => support::corpus::gunzip(&path),
        false => fs::read(&path).expect("the oracle made it"),
    };
    Some(serde_json::from_slice(&text).expect("a document"))
}

/// Where the document of a fixture is, if there is one made since the fixture was.
fn stored(folder: &Path, fixture: &Fixture) -> Option<PathBuf> {
    let time = |path: &Path| fs::metadata(path).and_then(|found| found.modified());
    // A family is as old as its first member.
    let first = fixtures::folder().join(fixture.file.replace("%05d", "00000"));
    let source = time(&first).expect("the fixture");
    let names = ["json", "json.gz"].map(|end| folder.join(format!("{}.{end}", fixture.name)));
    names.into_iter().find(|path| time(path).is_ok_and(|made| made >= source))
}

/// Has the corpus's oracle describe all fixtures at once, and returns the documents' folder.
fn ask_libhdf5(all: &[Fixture]) -> Option<PathBuf> {
    let python = support::python()?;
    let corpus = match support::corpus::folder() {
        Ok(folder) => folder,
        Err(why) => {
            support::skip(&format!("comparing the fixtures' documents: {why}"));
            return None;
        }
    };
    let folder = support::target().join("fixture-documents");
    fs::create_dir_all(&folder).expect("the build folder");
    let lines: Vec<String> = all
        .iter()
        .filter(|fixture| fixture.opens && stored(&folder, fixture).is_none())
        .map(|f| format!("{}\t{}\t{}\n", f.path().display(), f.name, f.driver))
        .collect();
    let list = folder.join("list.tsv");
    fs::write(&list, lines.concat()).expect("the build folder");
    let status = Command::new(python)
        .arg(corpus.join("oracle.py"))
        .arg("--batch")
        .args([&list, &folder])
        .status()
        .expect("Python runs");
    assert!(status.success(), "the oracle failed");
    Some(folder)
}

fn regenerate() -> Result<(), Failed> {
    let Some(python) = support::python() else { return Ok(()) };
    let fresh = support::target().join("fixtures");
    let _ = fs::remove_dir_all(&fresh);
    let made = Command::new(python)
        // No cache of compiled scripts in the checkout.
        .arg("-B")
        .arg(fixtures::folder().join("scripts/make_all.py"))
        .arg("--into")
        .arg(&fresh)
        .output()?;
    if !made.status.success() {
        return Err(tail(&String::from_utf8_lossy(&made.stderr)).into());
    }
    let (ours, theirs) = (fixtures::folder().join("expected"), fresh.join("expected"));
    let (ours, theirs) = (texts(&ours)?, texts(&theirs)?);
    let names = |of: &[(String, String)]| of.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>();
    if names(&ours) != names(&theirs) {
        return Err("other files than are committed".into());
    }
    for ((name, our), (_, their)) in ours.iter().zip(&theirs) {
        if let Some((a, b)) = our.lines().zip(their.lines()).find(|(a, b)| a != b) {
            return Err(format!("{name}: committed\n{a}\nmade now\n{b}").into());
        }
    }
    Ok(())
}

/// The files of a folder, by name.
fn texts(folder: &Path) -> Result<Vec<(String, String)>, std::io::Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push((name, fs::read_to_string(entry.path())?));
    }
    found.sort();
    Ok(found)
}
