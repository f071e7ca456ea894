//! What the README shows of the program is what the program prints.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The words of a command: those in quotes are one.
fn words(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        if number % 2 == 1 {
            out.push(part.to_owned());
        } else {
            out.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    out
}

#[test]
fn commands_of_the_readme_print_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    // What an earlier run made would be in the way.
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    let tour = fs::read(root.join("tests/fixtures/tour_latest.h5")).unwrap();
    fs::write(folder.join("tour.h5"), &tour).unwrap();
    fs::write(folder.join("cut.h5"), tour.split_at(tour.len().saturating_sub(100)).0).unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let mut verbs = BTreeSet::new();
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for piece in block.split("$ h5 ").skip(1) {
            let (command, want) = piece.split_once('\n').unwrap();
            let mut h5 = Command::new(env!("CARGO_BIN_EXE_h5"));
            let done = h5.current_dir(&folder).args(words(command)).env("COLUMNS", "70").output();
            let done = done.unwrap();
            assert!(done.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
            let found = String::from_utf8(done.stdout).unwrap();
            match want.strip_suffix("...\n") {
                Some(begin) => assert_eq!(found.get(..begin.len()), Some(begin), "h5 {command}"),
                None => assert_eq!(found, want, "h5 {command}"),
            }
            verbs.insert(command.split_whitespace().next().unwrap().to_owned());
        }
    }
    let help = Command::new(env!("CARGO_BIN_EXE_h5")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A line that goes on with the one before it stands further in.
    let known = commands.lines().filter(|line| !line.starts_with("   "));
    let known: BTreeSet<String> =
        known.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    let shown: BTreeSet<String> = verbs.into_iter().chain(["help".to_owned()]).collect();
    assert_eq!(shown, known);
}
