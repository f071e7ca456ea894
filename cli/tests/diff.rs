//! `h5 diff`: how it ends, and what it does beyond what `h5diff` is known to do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

use hdfive::types::VarLenArray;
use hdfive::{File, Reference};

/// A file of this name, as `fill` makes it.
fn file(name: &str, fill: impl FnOnce(&File) -> hdfive::Result<()>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("diff_{name}.h5"));
    let file = File::create(&path).unwrap();
    fill(&file).unwrap();
    file.close().unwrap();
    path
}

/// The exit code, and what is told.
fn diff(options: &[&str], files: [&Path; 2], objects: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_h5"));
    let output = command.arg("diff").args(options).args(files).args(objects).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_exit_code_tells_what_was_found() {
    let one = file("one", |file| file.create_dataset("x", [1, 2, 3]).map(drop));
    let two = file("two", |file| file.create_dataset("x", [1, 5, 3]).map(drop));
    assert_eq!(diff(&[], [&one, &one], &[]), (Some(0), String::new()));
    let told = "dataset: </x> and </x>\n1 differences found\n";
    assert_eq!(diff(&[], [&one, &two], &[]), (Some(1), told.to_owned()));
    assert_eq!(diff(&["-q"], [&one, &two], &[]), (Some(1), String::new()));
    assert_eq!(diff(&["-d", "3"], [&one, &two], &[]), (Some(0), String::new()));
    assert_eq!(diff(&[], [&one, &two], &["/none"]).0, Some(2));
    assert_eq!(diff(&[], [&one, Path::new("no such file.h5")], &[]).0, Some(2));
    assert_eq!(diff(&["-n", "0"], [&one, &two], &[]).0, Some(1));
}

#[test]
fn sequences_of_different_lengths_differ() {
    let sequence = |numbers: &[i32]| VarLenArray::from_slice(numbers);
    let one = file("short", |file| file.create_dataset("x", [sequence(&[1, 2])]).map(drop));
    let two = file("long", |file| file.create_dataset("x", [sequence(&[1, 2, 3])]).map(drop));
    assert_eq!(diff(&[], [&one, &two], &[]).0, Some(1));
    assert_eq!(diff(&[], [&two, &one], &[]).0, Some(1));
    assert_eq!(diff(&["-r"], [&one, &one], &[]).0, Some(0));
}

#[test]
fn parts_of_datasets_are_compared() {
    let one = file("part_one", |file| file.create_dataset("x", [1, 2, 3, 4]).map(drop));
    let two = file("part_two", |file| file.create_dataset("x", [9, 1, 2, 7]).map(drop));
    let compared = |parts: [&str; 2]| diff(&["-r"], [&one, &two], &parts);
    assert_eq!(compared(["/x[0;;2]", "/x[1;;2]"]).0, Some(0));
    let (code, told) = compared(["/x[1;2;2]", "/x[1;2;2]"]);
    assert_eq!(code, Some(1));
    let rows: Vec<&str> = told.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(rows.len(), 2, "{told}");
    assert!(rows[1].starts_with("[ 3 ]          4               7               3"), "{told}");
    assert_eq!(compared(["/x[0;;2]", "/x[0;;3]"]).0, Some(2));
    assert_eq!(compared(["/[0]", "/[0]"]).0, Some(2));
}

#[test]
fn references_that_lead_in_circles_end() {
    let circle = |number: i32| {
        move |file: &File| {
            let x = file.new_dataset::<Reference>().shape(1).create("x")?;
            file.create_dataset("y", number)?;
            x.write(&[file.reference::<Reference>("x")?])
        }
    };
    let (one, two) = (file("circle_one", circle(1)), file("circle_two", circle(1)));
    assert_eq!(diff(&["-r"], [&one, &two], &[]).0, Some(0));
    let other = file("circle_other", circle(2));
    assert_eq!(diff(&["-r"], [&one, &other], &[]).0, Some(1));
}
