//! What a person sees: colors on terminals alone, help, manual pages, completions, and the end of a
//! program whose output nobody reads any more.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use hdfive::File;

fn h5(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_h5"));
    command.current_dir(folder).args(arguments);
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    h5(folder, arguments).output().unwrap()
}

fn text(folder: &Path, arguments: &[&str]) -> String {
    let done = run(folder, arguments);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A folder with a file: a group, a link, a name that is an order to terminals, much data.
fn made(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let file = File::create(folder.join("x.h5")).unwrap();
    file.create_group("a").unwrap();
    file.link_soft("/a", "b").unwrap();
    file.create_group("c\u{1b}[31m").unwrap();
    let data: Vec<i32> = (0..200_000).collect();
    let big = file.create_dataset("big", data).unwrap();
    big.set_attr("unit", "m").unwrap();
    let many = file.create_group("many").unwrap();
    for number in 0..3000 {
        many.create_group(&format!("group with a long name, number {number:010}")).unwrap();
    }
    file.close().unwrap();
    let other = File::create(folder.join("y.h5")).unwrap();
    other.create_dataset("big", vec![-1_i32; 200_000]).unwrap();
    other.close().unwrap();
    folder
}

#[test]
fn colors_are_for_terminals() {
    let folder = made("screen_colors");
    let plain = text(&folder, &["ls", "x.h5"]);
    assert!(plain.starts_with("a                        Group\nb     "), "{plain}");
    assert!(!plain.contains('\u{1b}') && plain.contains("c\\x1b[31m"), "{plain}");
    let forced = h5(&folder, &["ls", "x.h5"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    let colored = String::from_utf8(forced.stdout).unwrap();
    assert!(colored.starts_with("\u{1b}[1m\u{1b}[34ma\u{1b}[0m                        Group\n"));
    assert!(colored.contains("\u{1b}[36mb\u{1b}[0m"), "{colored}");
    assert!(colored.contains("c\\x1b[31m\u{1b}[0m"), "{colored}");
    let without = ["\u{1b}[1m", "\u{1b}[34m", "\u{1b}[36m", "\u{1b}[0m"];
    let stripped = without.iter().fold(colored, |text, code| text.replace(code, ""));
    assert_eq!(stripped, plain);
    let refused = h5(&folder, &["ls", "x.h5"]).env("NO_COLOR", "1").output().unwrap();
    assert_eq!(String::from_utf8(refused.stdout).unwrap(), plain);
    let missing = run(&folder, &["ls", "no\u{1b}such.h5"]);
    let errors = String::from_utf8(missing.stderr).unwrap();
    assert!(errors.starts_with("h5: no\\x1bsuch.h5") && !errors.contains('\u{1b}'), "{errors}");
}

#[test]
fn a_closed_pipe_ends_every_verb_quietly() {
    let folder = made("screen_pipe");
    let cases: [&[&str]; 12] = [
        &["dump", "x.h5"],
        &["dump", "-x", "x.h5"],
        &["ls", "-r", "x.h5"],
        &["ls", "-d", "x.h5/big"],
        &["stat", "x.h5"],
        &["diff", "-r", "x.h5", "y.h5", "/big"],
        &["digest", "x.h5"],
        &["export", "x.h5/big"],
        &["export", "x.h5/big", "-f", "npy"],
        &["plot", "x.h5/big"],
        &["completions", "zsh"],
        &["man"],
    ];
    for arguments in cases {
        let mut command = h5(&folder, arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut first = [0; 1];
        out.read_exact(&mut first).unwrap();
        drop(out);
        let done = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(errors.is_empty(), "{arguments:?}: {errors}");
        // Where all was written before the pipe was closed, diff tells what it found.
        let fine = done.status.success() || arguments.first() == Some(&"diff");
        assert!(fine, "{arguments:?}: {}", done.status);
    }
}

#[test]
fn verbs_have_pages_completions_and_examples() {
    let folder = made("screen_pages");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = text(&folder, &["completions", shell]);
        for word in ["export", "histogram", "recover"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    let page = text(&folder, &["man", "dump"]);
    assert!(page.contains(".TH h5-dump 1") && page.contains("\\-\\-onlyattr"), "{page}");
    assert!(text(&folder, &["man"]).contains("h5\\-export(1)"));
    assert_eq!(run(&folder, &["man", "nothing"]).status.code(), Some(1));
    assert!(text(&folder, &["man", "--out-dir", "pages"]).is_empty());
    for name in ["h5.1", "h5-plot.1", "h5-ls.1", "h5-man.1"] {
        assert!(folder.join("pages").join(name).is_file(), "{name}");
    }
    for verb in ["export", "plot", "recover", "digest", "man", "completions"] {
        let help = text(&folder, &[verb, "--help"]);
        assert!(help.contains("Examples:\n  h5 "), "{help}");
    }
    assert!(text(&folder, &["--help"]).contains("Examples:"));
}
