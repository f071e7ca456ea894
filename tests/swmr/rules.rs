//! What a writer may do while others read the file, and who may open it.

use hdfive::{File, LibraryVersion, Result, Selection, SliceOrIndex};
use std::path::Path;

use super::support;
use super::writer::options;

/// What h5py says of opening a file.
fn h5py_opens(path: &Path, mode: &str, swmr: &str) -> Option<bool> {
    let script = "
import h5py, sys
try:
    h5py.File(sys.argv[1], sys.argv[2], swmr=sys.argv[3] == 'swmr').close()
    print('opened')
except OSError as error:
    print(error)";
    let arguments = [path.to_str().unwrap(), mode, swmr];
    let said = support::python_in(path.parent().unwrap(), script, &arguments)?;
    Some(said.trim() == "opened")
}

#[test]
fn others_open_a_file_as_its_marks_say() {
    let folder = support::empty_folder("swmr-opening");
    let path = folder.join("f.h5");
    let file = options().create(&path).unwrap();
    file.new_dataset::<i32>().shape(0..).chunk(8).create("x").unwrap();
    assert!(!file.is_swmr());
    // Until then nobody else has it.
    assert!(File::open_swmr(&path).is_err());
    file.start_swmr().unwrap();
    assert!(file.is_swmr());
    assert!(file.start_swmr().unwrap_err().is_usage());
    for reader in [File::open(&path), File::open_rw(&path), File::append(&path)] {
        reader.unwrap_err();
    }
    let told = File::open(&path).unwrap_err().to_string();
    assert!(told.contains("open_swmr"), "{told}");
    let reader = File::open_swmr(&path).unwrap();
    assert!(reader.is_swmr() && reader.is_read_only());
    assert!(reader.start_swmr().unwrap_err().is_usage());
    for (mode, swmr, opens) in [("r", "swmr", true), ("r", "", false), ("r+", "", false)] {
        assert_ne!(h5py_opens(&path, mode, swmr), Some(!opens), "{mode} {swmr}");
    }
    file.close().unwrap();
    // A reader that is still there keeps writers off.
    assert_ne!(h5py_opens(&path, "r+", ""), Some(true));
    drop(reader);
    assert_ne!(h5py_opens(&path, "r+", ""), Some(false));
    File::open(&path).unwrap();
}

#[test]
fn a_file_of_an_old_format_is_refused() {
    let folder = support::empty_folder("swmr-old");
    for low in [LibraryVersion::Earliest, LibraryVersion::V18] {
        let file = File::with_options().library_versions(low, LibraryVersion::LATEST);
        let file = file.create(folder.join("f.h5")).unwrap();
        let told = file.start_swmr().unwrap_err();
        assert!(told.is_usage() && told.to_string().contains("V110"), "{told}");
        file.create_group("still").unwrap();
    }
}

#[test]
fn only_elements_and_extents_change() {
    let folder = support::empty_folder("swmr-rules");
    let path = folder.join("f.h5");
    let file = options().create(&path).unwrap();
    let log = file.new_dataset::<i32>().shape(0..).chunk(8).create("log").unwrap();
    let text = file.new_dataset::<String>().shape(0..).chunk(8).create("text").unwrap();
    let edges = file.new_dataset::<i32>().shape(0..).chunk(8).deflate(1);
    let edges = edges.filter_partial_chunks(false).create("edges").unwrap();
    let packed = file.new_dataset::<i32>().shape(0..).chunk(8).deflate(1).create("packed").unwrap();
    file.create_dataset("row", &[1, 2, 3]).unwrap();
    log.set_attr("count", 1).unwrap();
    log.set_attr("unit", "m").unwrap();
    file.start_swmr().unwrap();

    let refused = |what: &str, done: Result<()>| {
        let told = done.expect_err(what);
        assert!(told.is_usage() && told.to_string().contains("SWMR"), "{what}: {told}");
    };
    refused("a group", file.create_group("more").map(drop));
    refused("a dataset", file.create_dataset("more", &[1]).map(drop));
    refused("a soft link", file.link_soft("/log", "soft"));
    refused("a hard link", file.link_hard("log", "hard"));
    refused("no link", file.unlink("row"));
    refused("another name", file.relink("row", "line"));
    refused("a new attribute", log.set_attr("more", 1));
    refused("an attribute more", log.modify_attr("more", 1));
    refused("an attribute made anew", log.set_attr("count", 2));
    refused("an attribute in a heap", log.modify_attr("unit", "km"));
    refused("no attribute", log.delete_attr("count"));
    refused("text", text.resize(1).and_then(|()| text.write_raw(&["a".to_owned()])));
    refused("edges", edges.resize(9));

    log.resize(9).unwrap();
    log.write_raw(&[1, 2, 3, 4, 5, 6, 7, 8, 9]).unwrap();
    refused("a smaller dataset", log.resize(3));
    log.append(&[10], 0).unwrap();
    log.modify_attr("count", 10).unwrap();
    file.dataset("row").unwrap().write_slice_raw(&[5], 1).unwrap();
    // What asks for chunks as they are stored stores those that wait.
    packed.append(&[1, 2, 3], 0).unwrap();
    assert_eq!(packed.num_chunks(), Some(1));

    let reader = File::open_swmr(&path).unwrap();
    let (seen, row) = (reader.dataset("log").unwrap(), reader.dataset("row").unwrap());
    // Nothing but raw data was written so far.
    assert_eq!(seen.shape(), [0]);
    file.flush().unwrap();
    assert_eq!(seen.shape(), [0]);
    let again = reader.dataset("log").unwrap();
    assert_eq!(again.shape(), [0]);
    again.refresh().unwrap();
    assert_eq!(seen.read_raw::<i32>().unwrap(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(seen.attr("count").unwrap().read_scalar::<i32>().unwrap(), 10);
    assert_eq!(row.read_raw::<i32>().unwrap(), [1, 5, 3]);
    log.append(&[11], 0).unwrap();
    log.flush().unwrap();
    // Nobody holds what was known of it: it is as it is.
    drop((seen, again));
    let seen = reader.dataset("log").unwrap();
    assert_eq!(seen.read_slice_raw::<i32>(Selection::from(8..)).unwrap(), [9, 10, 11]);
    log.append(&[12], 0).unwrap();
    file.close().unwrap();
    reader.refresh().unwrap();
    assert_eq!(seen.read_slice_raw::<i32>(10..).unwrap(), [11, 12]);
    drop((seen, row, reader));
    File::open_rw(&path).unwrap().create_group("more").unwrap();
}

#[test]
fn what_lies_in_a_version_1_tree_is_not_changed() {
    let folder = support::empty_folder("swmr-trees");
    // h5py makes it in a file of format v110, if told to.
    let script = "
import h5py
h5py.File('f.h5', 'w', libver='latest').close()
with h5py.File('f.h5', 'r+', libver=('earliest', 'latest')) as file:
    file.create_dataset('old', (8,), 'i4', maxshape=(None,), chunks=(4,))";
    if support::python_in(&folder, script, &[]).is_none() {
        return;
    }
    let file = File::open_rw(folder.join("f.h5")).unwrap();
    file.start_swmr().unwrap();
    let old = file.dataset("old").unwrap();
    for told in [old.resize(9).unwrap_err(), old.write_raw(&[1; 8]).unwrap_err()] {
        assert!(told.is_usage() && told.to_string().contains("B-tree"), "{told}");
    }
}

/// All elements along an axis, however many there come to be.
fn whole() -> SliceOrIndex {
    SliceOrIndex::Unlimited { start: 0, step: 1, block: 1 }
}

#[test]
fn a_virtual_dataset_is_refreshed_with_its_sources() {
    let folder = support::empty_folder("swmr-virtual");
    let path = folder.join("f.h5");
    let file = options().create(&path).unwrap();
    let log = file.new_dataset::<i32>().shape(0..).chunk(8).create("log").unwrap();
    let view = file.new_dataset::<i32>().shape(0..);
    let view = view.virtual_map(".", "/log", 0.., whole(), 0.., whole());
    view.create("view").unwrap();
    file.start_swmr().unwrap();
    let reader = File::open_swmr(&path).unwrap().dataset("view").unwrap();
    for number in 0..20 {
        log.append(&[number], 0).unwrap();
        log.flush().unwrap();
        let before: Vec<i32> = (0..number).collect();
        assert_eq!(reader.read_raw::<i32>().unwrap(), before);
        reader.refresh().unwrap();
        let now: Vec<i32> = (0..=number).collect();
        assert_eq!(reader.read_raw::<i32>().unwrap(), now);
    }
}
