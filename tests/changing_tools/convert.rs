//! `h5 convert`.

use super::{corpus_files, h5, theirs};
use crate::support::{empty_folder, python_in};
use hdfive::{ChunkIndexType, Driver, File, Layout, LocationType};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

/// All values, as h5py reads them: `python script FILE...`. What h5py cannot read it names.
const VALUES: &str = r"
import hashlib, sys
import h5py
for path in sys.argv[1:]:
    print('#', path.split('/')[-1])
    with h5py.File(path, 'r') as file:
        def show(name, found):
            if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
                return
            try:
                value = found[()]
                value = repr(value.tolist()).encode() if value.dtype.hasobject else value.tobytes()
                print(name, found.shape, found.dtype, hashlib.sha1(value).hexdigest())
            except Exception as error:
                print(name, type(error).__name__)
        file.visititems(show)
";

const FOLDERS: [&str; 2] = ["hdf5/h5format_convert", "generated"];

/// The layout message of the object at `address`, as libhdf5's tool shows it.
fn layout_message(folder: &Path, file: &str, address: u64) -> Option<String> {
    let shown = theirs("h5debug", folder, &[file, &address.to_string()])?;
    let from = shown.out.split("`layout'").nth(1)?;
    Some(from.split("\nMessage").next().unwrap_or(from).to_owned())
}

/// What is newer than HDF5 1.8 in how datasets are stored.
fn newer(folder: &Path, name: &str) -> Vec<String> {
    let file = File::with_options().driver(Driver::Single).open(folder.join(name)).unwrap();
    let mut newer = Vec::new();
    if file.info().superblock_version > 2 {
        newer.push(format!("{name}: superblock {}", file.info().superblock_version));
    }
    if file.info().file_space.is_some() {
        newer.push(format!("{name}: file space"));
    }
    file.visit_items::<()>(|path, object| {
        if object.loc_type().unwrap() != LocationType::Dataset {
            return ControlFlow::Continue(());
        }
        let Ok(dataset) = object.as_dataset() else { return ControlFlow::Continue(()) };
        let index = dataset.chunk_index();
        if dataset.layout() == Layout::Virtual {
            return ControlFlow::Continue(());
        }
        if index.is_some_and(|index| index != ChunkIndexType::BTree1) {
            newer.push(format!("{name}{path}: {index:?}"));
        }
        let Some(message) = layout_message(folder, name, object.token().address()) else {
            return ControlFlow::Continue(());
        };
        let line = message.lines().find(|line| line.contains("Version:")).unwrap_or_default();
        let version = line.split_whitespace().last().unwrap_or_default();
        if !matches!(version, "1" | "2" | "3") {
            newer.push(format!("{name}{path}: layout version {version:?}"));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    newer
}

/// What a document says of a file, but for its superblock, its bytes, and indexes of chunks.
fn content(document: &str) -> String {
    let of_file = ["\"superblock\"", "\"sha256\"", "\"size\""];
    let lines = document.lines().filter(|line| !of_file.iter().any(|key| line.starts_with(key)));
    let without_index = |line: &str| {
        let mut parts = line.split("\"index\":\"");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('"').unwrap().1)
    };
    lines.map(without_index).collect()
}

#[test]
fn values_are_as_before_and_nothing_is_newer_than_1_8() {
    let folder = empty_folder("tool-convert");
    let mut files = corpus_files(&FOLDERS, &folder);
    files.retain(|file| file.extension().is_some_and(|end| end == "h5"));
    let names: Vec<String> =
        files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let values = || python_in(&folder, VALUES, &names);
    let digest = |name: &str| content(&h5(&folder, &["digest", name]).out);
    let before: Vec<String> = names.iter().map(|name| digest(name)).collect();
    let seen = values();
    for name in &names {
        // Nothing is written where nothing is to be.
        let bytes = fs::read(folder.join(name)).unwrap();
        let tried = h5(&folder, &["convert", "-n", name]);
        assert_eq!((tried.code, fs::read(folder.join(name)).unwrap() == bytes), (Some(0), true));
        let ended = h5(&folder, &["convert", name]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""), "{name}: {}", ended.errors);
    }
    for (name, before) in names.iter().zip(before) {
        assert!(digest(name) == before, "{name}: its content is another one");
        assert_eq!(newer(&folder, name), Vec::<String>::new());
        // A second time there is nothing to do.
        let bytes = fs::read(folder.join(name)).unwrap();
        assert_eq!(h5(&folder, &["convert", name]).code, Some(0));
        assert!(fs::read(folder.join(name)).unwrap() == bytes, "{name} was changed again");
    }
    if let (Some(after), Some(seen)) = (values(), seen) {
        for (after, seen) in after.lines().zip(seen.lines()) {
            assert_eq!(after, seen);
        }
        assert_eq!(after.lines().count(), seen.lines().count());
    }
}

#[test]
fn one_dataset_is_converted_alone() {
    let folder = empty_folder("tool-convert-one");
    if corpus_files(&["hdf5/h5format_convert"], &folder).is_empty() {
        return;
    }
    let name = "h5fc_ext_none.h5";
    let before = h5(&folder, &["dump", name]).out;
    assert_eq!(h5(&folder, &["convert", "-d", "/GROUP/DSET_BT2", name]).code, Some(0));
    let index = |path: &str| {
        let file = File::open(folder.join(name)).unwrap();
        file.dataset(path).unwrap().chunk_index().unwrap()
    };
    assert_eq!(index("GROUP/DSET_BT2"), ChunkIndexType::BTree1);
    assert_eq!(index("DSET_EA"), ChunkIndexType::ExtensibleArray);
    assert_eq!(h5(&folder, &["dump", name]).out, before);
    // What their tool of this release reads.
    if let Some(shown) = theirs("h5dump", &folder, &["-d", "/GROUP/DSET_BT2", name]) {
        assert_eq!(shown.out, h5(&folder, &["dump", "-d", "/GROUP/DSET_BT2", name]).out);
    }
    let none = h5(&folder, &["convert", "-d", "/none", name]);
    assert_eq!(none.code, Some(1));
    assert!(none.errors.contains("unable to open dataset \"/none\""), "{}", none.errors);
    let none = h5(&folder, &["convert", "none.h5"]);
    assert_eq!(none.code, Some(1));
    assert!(none.errors.contains("unable to open file \"none.h5\""), "{}", none.errors);
}

#[test]
fn a_converted_dataset_goes_on() {
    let folder = empty_folder("tool-convert-on");
    let path = folder.join("grows.h5");
    let latest = hdfive::LibraryVersion::LATEST;
    let file = File::with_options().library_versions(latest, latest).create(&path).unwrap();
    let dataset = file.new_dataset::<i32>().shape((0.., 3)).chunk((2, 3)).deflate(1);
    let dataset = dataset.create("rows").unwrap();
    for row in 0..7 {
        dataset.append(&[row; 3], 0).unwrap();
    }
    // The rows wait, and so does the extent.
    assert!(dataset.downgrade().unwrap());
    assert!(file.downgrade().unwrap());
    for row in 7..9 {
        dataset.append(&[row; 3], 0).unwrap();
    }
    let expected: Vec<i32> = (0..9).flat_map(|row| [row; 3]).collect();
    assert_eq!(dataset.read_raw::<i32>().unwrap(), expected);
    assert_eq!(file.account().unwrap().lost(), 0);
    file.close().unwrap();
    assert_eq!(newer(&folder, "grows.h5"), Vec::<String>::new());
    let file = File::open(&path).unwrap();
    assert_eq!(file.dataset("rows").unwrap().read_raw::<i32>().unwrap(), expected);
    if let Some(seen) = python_in(&folder, VALUES, &["grows.h5"]) {
        assert!(seen.contains("rows (9, 3) int32"), "{seen}");
    }
}
