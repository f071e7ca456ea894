//! `h5 dump` beyond what `h5dump` does, and how it ends.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn h5(arguments: &[&str]) -> Command {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut command = Command::new(env!("CARGO_BIN_EXE_h5"));
    command.current_dir(fixtures).arg("dump").args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    h5(arguments).output().expect("the program starts")
}

fn document(arguments: &[&str]) -> Value {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).expect("a JSON document")
}

#[test]
fn a_file_is_one_json_document() {
    let whole = document(&["--json", "links_latest.h5"]);
    assert_eq!(whole["file"], "links_latest.h5");
    let links = &whole["root"]["links"];
    assert_eq!(links["a"]["links"]["data"]["data"], json!([0, 1, 2]));
    assert_eq!(links["alias"], json!({"type": "hard link", "path": "/a/data"}));
    assert_eq!(links["dangling"], json!({"type": "soft link", "path": "/nowhere"}));
    let part = document(&["--json", "-d", "/a/data[1;;2;]", "links_latest.h5"]);
    assert_eq!(part["objects"]["/a/data"]["data"], json!([1, 2]));
    let header = document(&["--json", "-H", "links_latest.h5"]);
    assert_eq!(header["root"]["links"]["a"]["links"]["data"]["shape"], json!([3]));
    assert_eq!(header["root"]["links"]["a"]["links"]["data"].get("data"), None);
}

#[test]
fn raw_data_elsewhere_is_shown_if_allowed() {
    let allowed = |access: &str| {
        run(&["-d", "/rest", &format!("--external={access}"), "external_latest.h5"])
            .status
            .success()
    };
    assert!(!allowed("default"));
    assert!(allowed("same-directory"));
}

#[test]
fn what_cannot_be_shown_is_told() {
    let cases: [(&[&str], &str); 5] = [
        (&["none.h5"], "unable to open file \"none.h5\""),
        (&["-d", "/none", "links_latest.h5"], "unable to get link info from \"/none\""),
        (&["-d", "/a/data", "-c", "1,1", "links_latest.h5"], "exceed dataset dims"),
        (&["-d", "/a/data", "-s", "9", "links_latest.h5"], "unable to print data"),
        (&["-b", "LE", "links_latest.h5"], "binary output requires a file name"),
    ];
    for (arguments, words) in cases {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        assert!(errors.starts_with("h5dump error: ") && errors.contains(words), "{errors}");
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let child = h5(&["links_latest.h5"]).stdout(writer).stderr(Stdio::piped()).spawn();
    let output = child.and_then(std::process::Child::wait_with_output).expect("it ends");
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
}
