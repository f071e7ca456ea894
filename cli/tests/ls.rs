//! `h5 ls`, and how `h5 digest` ends, on fixtures.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn h5(arguments: &[&str]) -> Command {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut command = Command::new(env!("CARGO_BIN_EXE_h5"));
    command.current_dir(fixtures).args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    h5(arguments).output().expect("the program starts")
}

/// What is listed.
fn ls(arguments: &[&str]) -> String {
    let output = run(&[&["ls"], arguments].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_group_is_listed_by_name() {
    let want = "\
a                        Group
alias                    Dataset {3}
dangling                 Soft Link {/nowhere}
external                 External Link {tour_earliest.h5//run1/time}
external_gone            External Link {no such file.h5//x}
größe                    Soft Link {/a/data}
loop                     Soft Link {/loop}
soft                     Soft Link {a/b}
with\\ space              Soft Link {/a/data}
";
    assert_eq!(ls(&["links_latest.h5"]), want);
    assert_eq!(ls(&["links_earliest.h5/"]), want);
}

#[test]
fn each_object_is_listed_once() {
    let want = "\
/                        Group
/a                       Group
/a/b                     Group
/a/b/c                   Group
/a/b/up                  Group, same as /a
/a/data                  Dataset {3}
/alias                   Dataset, same as /a/data
";
    let text = ls(&["-r", "links_latest.h5"]);
    assert!(text.starts_with(want), "{text}");
}

#[test]
fn a_path_names_a_group_an_object_or_a_link() {
    let group = "b                        Group\ndata                     Dataset {3}\n";
    assert_eq!(ls(&["links_latest.h5/a"]), group);
    let tree = "\
/b                       Group
/b/c                     Group
/b/up                    Group, same as /a
/data                    Dataset {3}
";
    assert_eq!(ls(&["-r", "links_latest.h5/a/"]), tree);
    assert_eq!(ls(&["links_latest.h5/a/data"]), "data                     Dataset {3}\n");
    assert_eq!(ls(&["-g", "links_latest.h5/a"]), "a                        Group\n");
    let link = "soft                     Soft Link {a/b}\n";
    assert_eq!(ls(&["links_latest.h5/soft"]), link);
    assert_eq!(ls(&["links_latest.h5/soft/c"]), "");
}

#[test]
fn types_are_spelled_out() {
    let text = ls(&["-v", "committed_types_latest.h5/points"]);
    let head = "Opened \"committed_types_latest.h5\" with sec2 driver.\n\
                points                   Dataset {2/2}\n    Location:  1:";
    assert!(text.starts_with(head), "{text}");
    let tail = " struct {
                   \"x\"                +0    native float
                   \"name\"             +4    variable-length null-terminated UTF-8 string
               } 12 bytes
";
    assert!(text.contains("    Type:      shared-1:") && text.ends_with(tail), "{text}");
    let simple = ls(&["-vS", "committed_types_latest.h5/points"]);
    assert!(simple.contains("+0    IEEE 32-bit little-endian float\n"), "{simple}");
}

#[test]
fn files_of_raw_data_are_named() {
    let want = "
    Extern:    1 external file
          ID  DSet-Addr  File-Addr      Bytes File
        ---- ---------- ---------- ---------- ---------------------
        #000          0          0        INF external_latest_1.raw
        ---- ---------- ---------- ---------- ---------------------
";
    let text = ls(&["-v", "external_latest.h5/rest"]);
    assert!(text.contains(want), "{text}");
}

#[test]
fn families_and_several_files_are_listed() {
    let text = ls(&["-v", "family_latest_%05d.h5"]);
    assert!(text.starts_with("Opened \"family_latest_%05d.h5\" with family driver.\n"), "{text}");
    let text = ls(&["-f", "links_latest.h5/a", "links_latest.h5/a/data"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.starts_with("links_latest.h5/")), "{text}");
}

#[test]
fn mistakes_are_told() {
    let cases: [(&[&str], i32, &str); 4] = [
        (&["ls", "none.h5"], 1, "h5: none.h5: "),
        (&["ls", "links_latest.h5/none"], 1, "h5: links_latest.h5: "),
        (&["ls", "external_latest_0.raw"], 1, "h5: external_latest_0.raw: "),
        (&["--driver", "none", "ls", "links_latest.h5"], 2, "error: "),
    ];
    for (arguments, code, start) in cases {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.starts_with(start), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_follows_what_is_not_understood() {
    let cases: [&[&str]; 4] =
        [&["ls"], &["ls", "--driver", "none", "f"], &["ls", "-rg", "f"], &["ls", "-q", "f"]];
    for arguments in cases {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        assert!(errors.starts_with("h5ls error: "), "{arguments:?}: {errors}");
        assert!(output.stdout.starts_with(b"usage: h5ls "));
    }
}

#[test]
fn elements_and_what_links_lead_to_are_shown() {
    let data = "data                     Dataset {3}\n    Data:\n         0, 1, 2\n";
    assert_eq!(ls(&["-d", "links_latest.h5/a/data"]), data);
    let soft = "soft                     Soft Link {a/b} {Group}\n";
    assert_eq!(ls(&["--follow-symlinks", "links_latest.h5/soft"]), soft);
    let gone = "dangling                 Soft Link {/nowhere} {**NOT FOUND**}\n";
    assert_eq!(ls(&["-E", "links_latest.h5/dangling"]), gone);
    let arguments = ["ls", "-E", "--no-dangling-links", "links_latest.h5/dangling"];
    assert_eq!(run(&arguments).status.code(), Some(1));
    let outside = ls(&["--external=all", "links_latest.h5/a"]);
    assert!(outside.starts_with("b "), "{outside}");
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = h5(&["ls", "-r", "links_latest.h5"]);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn();
    let output = child.and_then(std::process::Child::wait_with_output).expect("it ends");
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
}

#[test]
fn what_is_no_hdf5_file_has_a_short_document() {
    let output = run(&["digest", "external_latest_0.raw"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("\n\"open\":false,\n"), "{text}");
    assert!(!text.contains("\"objects\""), "{text}");
}

#[test]
fn raw_data_elsewhere_is_read_if_allowed() {
    let refused = |access: &str| {
        let output = run(&["digest", "--external", access, "external_latest.h5"]);
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("text").contains("\"data_error\":true")
    };
    assert!(refused("default"));
    assert!(refused("deny"));
    assert!(!refused("same-directory"));
    assert!(!refused("all"));
}
