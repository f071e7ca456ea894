//! The tutorial's programs do what they say, and h5py finds in their files what they wrote.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

#[path = "support/mod.rs"]
mod support;

use support::run;

/// The programs in `examples/`, each with lines that it prints.
const PROGRAMS: &[(&str, &[&str])] = &[
    (
        "save_and_read",
        &[
            "save_and_read.h5 holds [\"celsius\", \"image\"]",
            "<HDF5 dataset \"/celsius\": shape [1000], type float64>",
            "three more: [20.25, 20.5, 20.75]",
            "sum of the image: 21",
            "error: /celsius: the file is closed",
        ],
    ),
    (
        "select_by_values",
        &[
            "in strong wind: [4.0, 5.5, 7.0, 8.5, 14.0, 15.5, 17.0, 18.5]",
            "at noon and at the end: [6.0, 18.0, 23.5]",
            "bright: [10, 20, 30, 40]",
        ],
    ),
    (
        "write_parts",
        &[
            "new: 0 bytes",
            "still [0.0, 0.0, 0.0]",
            "error: /x: values of shape [3] for elements of [10]",
            "90..200: 10 elements",
            "error: /x: index 100 is out of range for axis 0 of length 100",
            "error: /x: String cannot become an element of class float (8 bytes)",
            "error: /x: the file is open for reading only",
        ],
    ),
    ("blocks", &["[[0, 1, 2, 3, 0],", "the end of the last column: [8, 8, 8, 8]"]),
    (
        "number_types",
        &[
            "i1: [0.0, -1.0, 127.0, 127.0, -128.0, 127.0]",
            "f2: [0.0999755859375, -1.900390625, 127.0, 300.75, -inf, inf]",
            "f16: [0.1, -1.9, 127.0, 300.7, -1000000.0, 1e30], 96 bytes",
            "i8 read as i8: [0, -1, 127, 127, -128, 127]",
        ],
    ),
    ("compression", &["plain           800000 bytes []"]),
    (
        "resize",
        &[
            "table: [2, 3] of at most [Some(10), Some(3)]",
            "error: /table: axis 0 cannot have 11 elements: at most 10",
            "log: [-1.0, -1.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]",
        ],
    ),
    ("movie", &["frame 7: (1024, 1024), brightest Some(255)"]),
    (
        "chunks",
        &[
            "/contiguous: no chunks, 4000000 bytes",
            "/tiles: 2 chunks of [100, 100] stored, 80000 bytes",
            "/compressed: 0 chunks of [63, 125] stored, 0 bytes",
        ],
    ),
    (
        "groups",
        &[
            "/north/station1: [\"celsius\", \"wind\"]",
            "is there a west? false",
            "the first thermometer: Some(\"north/station1/celsius\")",
            "datasets: [\"north/station1/celsius\", \"north/station1/wind/speed\", \
             \"north/station2/celsius\"]",
        ],
    ),
    (
        "attributes",
        &[
            "/run1/celsius is in °C",
            "  channels: [1, 2, 4]",
            "filters: Some(Array [String(\"median\"), String(\"mean\")])",
        ],
    ),
    (
        "coordinates",
        &[
            "/celsius has [\"/day\", \"/hour\"]",
            "hour of the day: [6, 12, 18]",
            "the first day: [18.5, 21.0, 19.5]",
            "is day a scale? true",
        ],
    ),
    (
        "progress",
        &[
            "16 of 16 MB",
            "read 4000000 numbers",
            "/frames: the work was cancelled",
            "still the same? true",
            "sum: 7999998000000",
        ],
    ),
];

/// Where cargo puts an example that it builds along with this test, unless told to build this test
/// alone.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let beside = test.parent().and_then(Path::parent).unwrap().join("examples");
    let program = beside.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let time = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let source = support::root().join(format!("examples/{name}.rs"));
    assert!(time(&program) >= time(&source), "{name} is not built: cargo build --examples");
    program
}

#[test]
fn the_programs_write_what_h5py_reads() {
    let folder = support::empty_folder("tutorial");
    for (name, lines) in PROGRAMS {
        let mut command = Command::new(program(name));
        command.current_dir(&folder).arg(format!("{name}.h5"));
        let done = run::run(&mut command, Duration::from_secs(60));
        assert!(done.status.is_some_and(|status| status.success()), "{name}: {}", done.stderr);
        assert_eq!(done.stderr, "", "{name}");
        let said = String::from_utf8(done.stdout).unwrap();
        for line in *lines {
            assert!(said.lines().any(|said| said == *line), "{name}: no {line:?} in\n{said}");
        }
        assert!(folder.join(format!("{name}.h5")).is_file(), "{name}");
    }
    let names: Vec<&str> = PROGRAMS.iter().map(|(name, _)| *name).collect();
    let check = include_str!("tutorial/check.py");
    let Some(said) = support::python_in(&folder, check, &names) else { return };
    assert_eq!(said.lines().collect::<Vec<_>>(), names);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Every program of the tutorial is run here, is in the README, and is short.
#[test]
fn the_tutorial_is_whole() {
    let readme = std::fs::read_to_string(support::root().join("README.md")).unwrap();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(support::root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "read_everything" {
            continue;
        }
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!((20..=70).contains(&lines), "{name} has {lines} lines");
        assert!(readme.contains(&format!("examples/{name}.rs")), "{name} is not in README.md");
        found.push(name);
    }
    found.sort_unstable();
    let mut run: Vec<&str> = PROGRAMS.iter().map(|(name, _)| *name).collect();
    run.sort_unstable();
    assert_eq!(found, run);
}
