//! `h5 import`, and h5import.

use super::{corpus_files, h5, theirs};
use crate::support::empty_folder;
use hdfive::File;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of a test, with the files of the corpus; `None` without a corpus.
fn folder(name: &str) -> Option<PathBuf> {
    let folder = empty_folder(name);
    (!corpus_files(&["hdf5/h5import"], &folder).is_empty()).then_some(folder)
}

/// Text files of the corpus, what says what is in them, and what they become.
const TEXTS: [(&str, &str, &str); 9] = [
    ("textpfe64.txt", "textpfe.conf", "textpfe.h5"),
    ("txtfp32.txt", "txtfp32.conf", "txtfp32.h5"),
    ("txtfp64.txt", "txtfp64.conf", "txtfp64.h5"),
    ("txtin16.txt", "txtin16.conf", "txtin16.h5"),
    ("txtin32.txt", "txtin32.conf", "txtin32.h5"),
    ("txtin8.txt", "txtin8.conf", "txtin8.h5"),
    ("txtstr.txt", "txtstr.conf", "txtstr.h5"),
    ("txtuin16.txt", "txtuin16.conf", "txtuin16.h5"),
    ("txtuin32.txt", "txtuin32.conf", "txtuin32.h5"),
];

/// Two files hold the same, as both h5diffs see it.
fn check_same(folder: &Path, ours: &str, expected: &str) {
    let found = h5(folder, &["diff", "-v", ours, expected]);
    assert_eq!(found.code, Some(0), "{expected}: {found:?}");
    let same = theirs("h5diff", folder, &["-v", ours, expected]);
    assert!(same.as_ref().is_none_or(|same| same.code == Some(0)), "{expected}: {same:?}");
}

/// Types, shapes and chunks of what is in a file.
fn header(folder: &Path, file: &str) -> String {
    let shown = h5(folder, &["dump", "-pH", file]).out;
    let lines = shown.lines().skip(1);
    let lines = lines.filter(|line| {
        let word = line.trim_start();
        !["SIZE", "OFFSET", "FILL_TIME"].iter().any(|key| word.starts_with(key))
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn texts_become_what_the_corpus_expects() {
    let Some(folder) = folder("tool-import") else { return };
    for (text, config, expected) in TEXTS {
        let ended = h5(&folder, &["import", text, "-c", config, "-o", "made.h5"]);
        assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""), "{text}");
        check_same(&folder, "made.h5", expected);
        assert_eq!(header(&folder, "made.h5"), header(&folder, expected), "{text}");
        fs::remove_file(folder.join("made.h5")).unwrap();
    }
}

/// What a keyword file says of a dataset of numbers, but for the order of bytes in the input.
const BINARIES: [(&str, &str, &str); 6] = [
    (
        "binfp64.h5",
        "fp/bin/64-bit",
        "INPUT-CLASS FP\nINPUT-SIZE 64\nRANK 3\nDIMENSION-SIZES 5 3 4\nOUTPUT-ARCHITECTURE IEEE\n\
         OUTPUT-BYTE-ORDER LE\nCHUNKED-DIMENSION-SIZES 2 2 2\nMAXIMUM-DIMENSIONS -1 6 7\n\
         COMPRESSION-TYPE GZIP\nCOMPRESSION-PARAM 8\n",
    ),
    (
        "binin16.h5",
        "int/bin/16-bit",
        "INPUT-CLASS IN\nINPUT-SIZE 16\nRANK 3\nDIMENSION-SIZES 2 3 4\nOUTPUT-ARCHITECTURE STD\n\
         OUTPUT-BYTE-ORDER LE\nCHUNKED-DIMENSION-SIZES 2 2 2\nMAXIMUM-DIMENSIONS -1 -1 8\n",
    ),
    (
        "binin32.h5",
        "int/bin/32-bit",
        "INPUT-CLASS IN\nINPUT-SIZE 32\nRANK 3\nDIMENSION-SIZES 5 3 4\nOUTPUT-ARCHITECTURE STD\n\
         OUTPUT-BYTE-ORDER BE\nCHUNKED-DIMENSION-SIZES 1 2 1\n",
    ),
    (
        "binin8.h5",
        "int/bin/8-bit",
        "INPUT-CLASS IN\nINPUT-SIZE 16\nRANK 3\nDIMENSION-SIZES 5 3 4\nOUTPUT-CLASS IN\n\
         OUTPUT-SIZE 16\nOUTPUT-ARCHITECTURE STD\nOUTPUT-BYTE-ORDER LE\n\
         CHUNKED-DIMENSION-SIZES 2 2 2\nMAXIMUM-DIMENSIONS -1 -1 -1\nCOMPRESSION-PARAM 3\n\
         COMPRESSION-TYPE GZIP\n",
    ),
    (
        "binuin16.h5",
        "int/buin/16-bit",
        "INPUT-CLASS UIN\nINPUT-SIZE 16\nRANK 3\nDIMENSION-SIZES 2 3 4\nOUTPUT-ARCHITECTURE STD\n\
         OUTPUT-BYTE-ORDER BE\nCHUNKED-DIMENSION-SIZES 2 2 2\nMAXIMUM-DIMENSIONS -1 -1 8\n",
    ),
    (
        "binuin32.h5",
        "int/buin/32-bit",
        "INPUT-CLASS UIN\nINPUT-SIZE 32\nRANK 3\nDIMENSION-SIZES 5 3 4\nOUTPUT-ARCHITECTURE STD\n\
         OUTPUT-BYTE-ORDER LE\n",
    ),
];

#[test]
fn bytes_become_what_the_corpus_expects() {
    let Some(folder) = folder("tool-import-bytes") else { return };
    for (expected, path, keywords) in BINARIES {
        for order in ["LE", "BE"] {
            let written = ["dump", "-d", path, "-b", order, "-o", "bytes", expected];
            assert_eq!(h5(&folder, &written).code, Some(0), "{expected}");
            let keywords = format!("PATH {path}\nINPUT-BYTE-ORDER {order}\n{keywords}");
            fs::write(folder.join("conf"), keywords).unwrap();
            let ended = h5(&folder, &["import", "bytes", "-c", "conf", "-o", "made.h5"]);
            assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""), "{expected}");
            check_same(&folder, "made.h5", expected);
            assert_eq!(header(&folder, "made.h5"), header(&folder, expected), "{expected}");
            fs::remove_file(folder.join("made.h5")).unwrap();
        }
    }
}

/// What h5dump writes of a dataset is what it is made of again.
#[test]
fn dumps_become_datasets_again() {
    let Some(folder) = folder("tool-import-ddl") else { return };
    let paths = BINARIES.map(|(file, path, _)| (file, path)).into_iter();
    for (file, path) in paths.chain([("txtfp32.h5", "fp/32-bit"), ("txtin8.h5", "int/8-bit")]) {
        let path = format!("/{path}");
        let options = ["-p", "-d", &path, "-b", "LE", "-o", "bytes", file];
        for program in ["ours", "theirs"] {
            let shown = match program {
                "ours" => Some(h5(&folder, &[&["dump"], options.as_slice()].concat())),
                _ => theirs("h5dump", &folder, &options),
            };
            let Some(shown) = shown else { continue };
            assert_eq!(shown.code, Some(0), "{file}");
            fs::write(folder.join("ddl"), &shown.out).unwrap();
            let ended = h5(&folder, &["import", "bytes", "-c", "ddl", "-o", "made.h5"]);
            assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""), "{file}: {}", shown.out);
            check_same(&folder, "made.h5", file);
            fs::remove_file(folder.join("made.h5")).unwrap();
        }
    }
    // Each string on a line of its own.
    let options = ["-p", "-d", "/mytext/data", "-o", "text", "-y", "-w", "1", "txtstr.h5"];
    let shown = h5(&folder, &[&["dump"], options.as_slice()].concat());
    fs::write(folder.join("ddl"), &shown.out).unwrap();
    let ended = h5(&folder, &["import", "text", "-c", "ddl", "-o", "made.h5"]);
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""), "{}", shown.out);
    check_same(&folder, "made.h5", "txtstr.h5");
}

/// Both tools make files that hold the same of one and the same command.
#[test]
fn datasets_are_those_of_h5import() {
    let Some(folder) = folder("tool-import-theirs") else { return };
    fs::write(folder.join("small"), "1 2 3\n4 5 6\n").unwrap();
    fs::write(folder.join("bytes"), (0..192).collect::<Vec<u8>>()).unwrap();
    let commands: [&[&str]; 9] = [
        &["bytes", "-d", "24"],
        &["bytes", "-dims", "2,6", "-path", "/a/b/c", "-type", "FP", "-size", "64"],
        &["bytes", "-d", "4,4", "-t", "UIN"],
        &["bytes", "-d", "4,4", "-p", "x", "-t", "IN", "-s", "8"],
        &["bytes", "-d", "4,4", "-s", "64"],
        &["small", "-d", "2,3", "-t", "TEXTIN"],
        &["small", "-d", "6", "-t", "TEXTFPE", "-s", "64"],
        &["small", "-d", "2,2", "-t", "TEXTUIN", "-s", "8", "bytes", "-d", "3"],
        &["txtin16.txt", "-c", "txtin16.conf", "txtstr.txt", "-c", "txtstr.conf"],
    ];
    for command in commands {
        for name in ["ours.h5", "theirs.h5"] {
            // Two at a time: the second time the file is there already.
            let _ = fs::remove_file(folder.join(name));
        }
        let ours = h5(&folder, &[&["import"], command, &["-o", "ours.h5"]].concat());
        let Some(other) = theirs("h5import", &folder, &[command, &["-o", "theirs.h5"]].concat())
        else {
            return;
        };
        assert_eq!((ours.code, other.code), (Some(0), Some(0)), "{command:?}: {ours:?}");
        check_same(&folder, "ours.h5", "theirs.h5");
        assert_eq!(header(&folder, "ours.h5"), header(&folder, "theirs.h5"), "{command:?}");
        // A dataset of that name is there now, and is not touched.
        let again = h5(&folder, &[&["import"], command, &["-o", "ours.h5"]].concat());
        let other = theirs("h5import", &folder, &[command, &["-o", "theirs.h5"]].concat());
        assert_eq!(again.code, other.unwrap().code, "{command:?}: {again:?}");
        check_same(&folder, "ours.h5", "theirs.h5");
    }
}

#[test]
fn misuse_is_told_as_h5import_tells_it() {
    let Some(folder) = folder("tool-import-misuse") else { return };
    fs::write(folder.join("small"), "1 2 three\n").unwrap();
    for (name, text) in [
        ("unknown", "PATH x\nRANKS 1\n"),
        ("twice", "RANK 1\nRANK 1\n"),
        ("early", "DIMENSION-SIZES 2\n"),
        ("few", "RANK 2\nDIMENSION-SIZES 2\n"),
        ("norank", "PATH x\nINPUT-CLASS TEXTIN\n"),
        ("nochunk", "RANK 1\nDIMENSION-SIZES 2\nMAXIMUM-DIMENSIONS -1\n"),
        ("large", "RANK 1\nDIMENSION-SIZES 2\nCHUNKED-DIMENSION-SIZES 3\n"),
        ("stdfp", "INPUT-CLASS TEXTFP\nOUTPUT-ARCHITECTURE STD\nRANK 1\nDIMENSION-SIZES 2\n"),
        ("cray", "INPUT-CLASS TEXTIN\nOUTPUT-ARCHITECTURE CRAY\nRANK 1\nDIMENSION-SIZES 2\n"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let configs =
        ["unknown", "twice", "early", "few", "norank", "nochunk", "large", "stdfp", "cray"];
    let configs = configs.map(|name| vec!["small", "-c", name, "-o", "x.h5"]);
    let cases: [&[&str]; 9] = [
        &[],
        &["small"],
        &["small", "-o", "x.h5"],
        &["small", "-d", "2", "-t", "WORDS", "-o", "x.h5"],
        &["small", "-d", "2", "-s", "12", "-o", "x.h5"],
        &["small", "-d", "3", "-t", "TEXTIN", "-o", "x.h5"],
        &["small", "-d", "100", "-t", "TEXTIN", "-o", "x.h5"],
        &["none", "-d", "2", "-o", "x.h5"],
        &["small", "-c", "none", "-o", "x.h5"],
    ];
    for arguments in configs.iter().map(Vec::as_slice).chain(cases) {
        let ours = h5(&folder, &[&["import"], arguments].concat());
        let Some(theirs) = theirs("h5import", &folder, arguments) else { return };
        assert_eq!((ours.code, theirs.code), (Some(1), Some(1)), "{arguments:?}: {ours:?}");
        assert!(ours.errors.ends_with("Program aborted.\n"), "{arguments:?}: {ours:?}");
    }
    // A file that is none of HDF5 stays what it is, and so does what a number does not fit.
    let small = fs::read(folder.join("small")).unwrap();
    assert_eq!(h5(&folder, &["import", "txtin8.txt", "-d", "1", "-o", "small"]).code, Some(1));
    assert_eq!(fs::read(folder.join("small")).unwrap(), small);
    fs::write(folder.join("wide"), "300\n").unwrap();
    let wide = ["import", "wide", "-d", "1", "-t", "TEXTIN", "-s", "8", "-o", "wide.h5"];
    let ended = h5(&folder, &wide);
    assert!(ended.code == Some(1) && ended.errors.contains("\"300\""), "{ended:?}");
}

#[test]
fn elements_lie_in_a_file_of_their_own() {
    let folder = empty_folder("tool-import-external");
    fs::write(folder.join("small"), "1 2 3 4 5 6\n").unwrap();
    let config = "PATH x\nINPUT-CLASS TEXTIN\nINPUT-SIZE 16\nRANK 2\nDIMENSION-SIZES 2 3\n\
                  OUTPUT-SIZE 32\nEXTERNAL-STORAGE raw.bin\n";
    fs::write(folder.join("conf"), config).unwrap();
    let ended = h5(&folder, &["import", "small", "-c", "conf", "-o", "x.h5"]);
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    let raw = fs::read(folder.join("raw.bin")).unwrap();
    assert_eq!(raw, (1..=6_i32).flat_map(i32::to_le_bytes).collect::<Vec<u8>>());
    let options = File::with_options().external(hdfive::ExternalAccess::SameDirectory);
    let file = options.open(folder.join("x.h5")).unwrap();
    assert_eq!(file.dataset("x").unwrap().read_raw::<i32>().unwrap(), [1, 2, 3, 4, 5, 6]);
    if let Some(seen) = theirs("h5dump", &folder, &["-d", "/x", "x.h5"]) {
        assert!(seen.out.contains("(1,0): 4, 5, 6"), "{seen:?}");
    }
}
