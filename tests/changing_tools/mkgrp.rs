//! `h5 mkgrp`, and h5mkgrp.

use super::{h5, theirs};
use crate::support::empty_folder;
use std::fs;
use std::path::Path;

/// What is run, one after the other, on one folder.
const RUNS: [&[&str]; 14] = [
    &[],
    &["-h"],
    &["x.h5"],
    &["x.h5", "a", "b/c"],
    &["-v", "x.h5", "a"],
    &["-p", "-v", "x.h5", "a"],
    &["-pv", "x.h5", "x/y", "z"],
    &["--parents", "x.h5", "/one/two/three", "one/four"],
    &["-lv", "new.h5", "q"],
    &["--latest", "x.h5", "newest"],
    &["text", "q"],
    &["none/x.h5", "q"],
    &["-x"],
    &["x.h5", "last", "last"],
];

fn groups(folder: &Path, file: &str) -> Option<String> {
    Some(theirs("h5ls", folder, &["-r", file])?.out)
}

#[test]
fn groups_are_made_as_h5mkgrp_makes_them() {
    let (ours, other) = (empty_folder("tool-mkgrp"), empty_folder("tool-mkgrp-theirs"));
    for folder in [&ours, &other] {
        fs::write(folder.join("text"), "no HDF5 file").unwrap();
    }
    for arguments in RUNS {
        let Some(theirs) = theirs("h5mkgrp", &other, arguments) else { return };
        let made = h5(&ours, &[&["mkgrp"], arguments].concat());
        let what = format!("{arguments:?}: {made:?}, theirs {theirs:?}");
        assert_eq!(made.code, theirs.code, "{what}");
        if theirs.out.starts_with("usage") {
            assert!(made.out.starts_with("usage"), "{what}");
        } else {
            assert_eq!(made.out, theirs.out, "{what}");
        }
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        if theirs.errors.starts_with("h5mkgrp error") {
            assert_eq!(first(&made.errors), first(&theirs.errors), "{what}");
        }
        for file in ["x.h5", "new.h5"] {
            assert_eq!(groups(&ours, file), groups(&other, file), "{file} after {what}");
        }
    }
    assert_eq!(fs::read(ours.join("text")).unwrap(), b"no HDF5 file");
}
