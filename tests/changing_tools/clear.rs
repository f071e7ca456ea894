//! `h5 clear`, and h5clear.

use super::{corpus_files, h5, theirs};
use crate::support::empty_folder;
use std::fs;

/// What each file is cleared with.
const OPTIONS: [&[&str]; 10] = [
    &["-s"],
    &["-m"],
    &["--increment"],
    &["--increment=0"],
    &["--increment=512"],
    &["-s", "-m"],
    &["-s", "--increment=10"],
    &["-m", "--increment=0"],
    &["--filesize"],
    &["--filesize", "-s"],
];

/// Both tools end alike, say the same, and leave files of the same size that open alike. Where the
/// marks of a file go, libhdf5 cuts off what its superblock does not know of, and this one nothing;
/// and libhdf5 drops a metadata cache image that nobody asked it to drop.
#[test]
fn files_are_cleared_as_h5clear_clears_them() {
    let folder = empty_folder("tool-clear");
    let mut files = corpus_files(&["hdf5/misc"], &folder);
    files.retain(|file| file.file_name().unwrap().to_string_lossy().contains("clear_"));
    let mut compared = 0;
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(file).unwrap();
        for options in OPTIONS {
            let run = |program: &str| {
                fs::write(folder.join("x.h5"), &bytes).unwrap();
                let arguments = [options, &["x.h5"]].concat();
                let ended = match program {
                    "h5" => h5(&folder, &[&["clear"], arguments.as_slice()].concat()),
                    tool => theirs(tool, &folder, &arguments)?,
                };
                let size = fs::metadata(folder.join("x.h5")).unwrap().len();
                let opens = theirs("h5dump", &folder, &["-H", "x.h5"])?.code;
                let ends = theirs("h5clear", &folder, &["--filesize", "x.h5"])?;
                Some((ended, size, opens, ends))
            };
            let (Some(theirs), Some(ours)) = (run("h5clear"), run("h5")) else { return };
            let what = format!("{name} {options:?}: {ours:?}, theirs {theirs:?}");
            assert_eq!(ours.0.code, theirs.0.code, "{what}");
            assert_eq!(ours.0.out, theirs.0.out, "{what}");
            let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
            assert_eq!(first(&ours.0.errors), first(&theirs.0.errors), "{what}");
            let has_image = name == "h5clear_mdc_image.h5" && !options.contains(&"-m");
            if options.iter().any(|option| option.starts_with("--increment")) && !has_image {
                assert_eq!((ours.1, &ours.3), (theirs.1, &theirs.3), "{what}");
            }
            assert!(ours.1 >= theirs.1 || has_image || options.contains(&"-m"), "{what}");
            if theirs.2 == Some(0) {
                assert_eq!(ours.2, Some(0), "{what}");
            }
            compared += 1;
        }
    }
    assert_eq!(compared, files.len() * OPTIONS.len());
}

#[test]
fn misuse_is_told_as_h5clear_tells_it() {
    let folder = empty_folder("tool-clear-misuse");
    fs::write(folder.join("text"), "no HDF5 file").unwrap();
    let cases: [&[&str]; 8] = [
        &[],
        &["text"],
        &["-s"],
        &["-s", "text"],
        &["-s", "there is none"],
        &["--increment=-1", "text"],
        &["--filesize", "text"],
        &["-x", "text"],
    ];
    for arguments in cases {
        let ours = h5(&folder, &[&["clear"], arguments].concat());
        let Some(theirs) = theirs("h5clear", &folder, arguments) else { return };
        assert_eq!(ours.code, theirs.code, "{arguments:?}: {ours:?}, theirs {theirs:?}");
        assert_eq!(ours.out.is_empty(), theirs.out.is_empty(), "{arguments:?}");
    }
}
