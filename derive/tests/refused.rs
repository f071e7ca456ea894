//! What the derive refuses, and how well it says so; and what it takes.
//!
//! Each file of `refused/` is a program that does not compile. A line of it that ends in `//~ words`
//! is the place of an error that says these words, in its message or in what the compiler adds. There
//! is no error on any other line, and each such line has one. Nothing else of the compiler's words is
//! looked at, so that another version of it may word them differently.
//!
//! The programs know the library by another name, as those do that come from `hdf5-metno`.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// An error: the line it points at, and all that it says.
#[derive(Debug)]
struct Refusal {
    line: u64,
    words: String,
}

/// The programs in a folder, by name.
fn programs(folder: &str) -> BTreeMap<String, PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// Makes a package of the programs; gives its folder.
fn package(programs: &BTreeMap<String, PathBuf>) -> PathBuf {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refused");
    fs::create_dir_all(&folder).unwrap();
    let mut manifest = format!(
        "[workspace]\n[package]\nname = \"refused\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         autobins = false\n[dependencies]\nhdf5 = {{ package = \"hdfive\", path = {library:?}, \
         default-features = false, features = [\"derive\"] }}\n"
    );
    for (name, path) in programs {
        write!(manifest, "[[bin]]\nname = {name:?}\npath = {path:?}\n").unwrap();
    }
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    // The same versions of everything, which are there already.
    fs::copy(library.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    folder
}

/// What the compiler says of each program: errors, and warnings too.
fn compile(programs: &BTreeMap<String, PathBuf>) -> BTreeMap<String, Vec<Refusal>> {
    let folder = package(programs);
    let done = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(&folder)
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=json"])
        .arg("--target-dir")
        .arg(folder.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let output = String::from_utf8(done.stdout).unwrap();
    let mut said: BTreeMap<String, Vec<Refusal>> =
        programs.keys().map(|name| (name.clone(), Vec::new())).collect();
    let mut checked = 0;
    for message in output.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let target = message["target"]["name"].as_str().unwrap_or_default();
        let Some(said) = said.get_mut(target) else {
            checked += usize::from(message["reason"] == "compiler-artifact");
            continue;
        };
        let message = &message["message"];
        let spans = message["spans"].as_array().into_iter().flatten();
        let children = message["children"].as_array().into_iter().flatten();
        let labels = spans.clone().map(|span| &span["label"]);
        let words = labels.chain(children.map(|child| &child["message"]));
        let words =
            words.chain([&message["message"]]).filter_map(Value::as_str).collect::<Vec<_>>();
        if let Some(place) = spans.clone().find(|span| span["is_primary"] == true) {
            let line = place["line_start"].as_u64().unwrap();
            said.push(Refusal { line, words: words.join("\n") });
        }
    }
    // The library and what it is made of compile; else nothing below says anything.
    assert!(checked > 5, "{}", String::from_utf8_lossy(&done.stderr));
    said
}

/// The lines of a program that errors are wanted at, and what these shall say.
fn wanted(program: &str) -> BTreeMap<u64, Vec<&str>> {
    let mut wanted = BTreeMap::new();
    for (line, text) in (1..).zip(program.lines()) {
        let words: Vec<&str> = text.split("//~").skip(1).map(str::trim).collect();
        if !words.is_empty() {
            wanted.insert(line, words);
        }
    }
    wanted
}

#[test]
fn what_cannot_be_stored_is_refused_in_words() {
    let (refused, accepted) = (programs("refused"), programs("accepted"));
    let all = refused.iter().chain(&accepted).map(|(name, path)| (name.clone(), path.clone()));
    let said = compile(&all.collect());
    let mut wrong = String::new();
    for (name, path) in &refused {
        let program = fs::read_to_string(path).unwrap();
        let wanted = wanted(&program);
        assert!(!wanted.is_empty(), "{name} wants no error");
        for (line, words) in &wanted {
            for words in words {
                let found = |said: &&Refusal| said.line == *line && said.words.contains(words);
                if !said[name].iter().any(|said| found(&said)) {
                    writeln!(wrong, "{name}:{line}: nothing says {words:?}").unwrap();
                }
            }
        }
        for Refusal { line, words } in &said[name] {
            if !wanted.get(line).is_some_and(|all| all.iter().any(|one| words.contains(one))) {
                writeln!(wrong, "{name}:{line}: {words}").unwrap();
            }
        }
    }
    for name in accepted.keys() {
        for Refusal { line, words } in &said[name] {
            writeln!(wrong, "{name}:{line}: {words}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
