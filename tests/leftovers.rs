//! What libhdf5 leaves in files: nothing of it comes back, and nothing of it is taken for ours.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::path::PathBuf;

use hdfive::{File, LibraryVersion, Value};

#[path = "support/mod.rs"]
mod support;

/// Lets h5py make a file of that name, or look at it; `None` where there is no h5py.
fn h5py(name: &str, script: &str) -> Option<PathBuf> {
    let folder = support::target().join("leftovers");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    let script = format!(
        "import sys, h5py, numpy as np\nfrom h5py import h5d, h5p, h5s, h5t\npath = sys.argv[1]\n{script}"
    );
    support::python_in(&folder, &script, &[path.to_str().unwrap()])?;
    Some(path)
}

/// Of an index with a place for each chunk, libhdf5 leaves chunks as they are that an extent loses
/// which grows along another axis.
#[test]
fn chunks_of_an_old_extent_do_not_come_back() {
    for (name, kind) in [("numbers", "'i4'"), ("texts", "h5py.string_dtype()")] {
        let script = format!(
            "
kind = np.dtype({kind})
with h5py.File(path, 'w', libver=('latest', 'latest')) as file:
    made = h5p.create(h5p.DATASET_CREATE)
    made.set_chunk((4, 2))
    made.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    space = h5s.create_simple((14, 6), (14, 7))
    h5d.create(file.id, b'data', h5t.py_create(kind, logical=1), space, made)
    file['data'][...] = 7 if kind == 'i4' else 'seven'
with h5py.File(path, 'r+', libver=('latest', 'latest')) as file:
    file['data'].resize((6, 7))
"
        );
        let Some(path) = h5py(&format!("{name}.h5"), &script) else { return };
        let file = File::open_rw(&path).unwrap();
        let data = file.dataset("data").unwrap();
        assert_eq!(data.chunk_index(), Some(hdfive::ChunkIndexType::Implicit));
        data.resize([14, 3]).unwrap();
        let values = data.read_values().unwrap();
        let empty = |value: &Value| value.as_i64() == Some(0) || value.as_str() == Some("");
        assert!(values.iter().skip(18).all(empty), "{values:?}");
        file.close().unwrap();
        let script = "
with h5py.File(path, 'r') as file:
    data = file['data'][...]
    assert data.shape == (14, 3) and all(data[:6].ravel()) and not any(data[6:].ravel()), data
";
        h5py(&format!("{name}.h5"), script).unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}

/// Copies that libhdf5 makes within a file have the same fill value: what it names lies in a heap
/// once.
#[test]
fn copies_keep_the_fill_value_of_what_is_deleted() {
    let script = "
with h5py.File(path, 'w') as file:
    file.create_dataset('old', (3,), h5py.string_dtype(), fillvalue='nothing', maxshape=(None,))
    file.copy('old', 'copy')
";
    let Some(path) = h5py("fill.h5", script) else { return };
    let file = File::open_rw(&path).unwrap();
    file.unlink("old").unwrap();
    file.set_attr("reuse", "something else that lies in a heap").unwrap();
    file.close().unwrap();
    let file = File::open_rw(&path).unwrap();
    let copy = file.dataset("copy").unwrap();
    assert_eq!(copy.read_raw::<String>().unwrap(), ["nothing"; 3]);
    file.close().unwrap();
    let script = "
with h5py.File(path, 'r+') as file:
    assert file['copy'].fillvalue == b'nothing'
    assert list(file['copy'].asstr()) == ['nothing'] * 3
";
    h5py("fill.h5", script).unwrap();
    std::fs::remove_file(&path).unwrap();
}

/// Where nothing but this library was there, a fill value goes with its dataset.
#[test]
fn fill_values_go_with_their_datasets() {
    let file = File::with_options()
        .library_versions(LibraryVersion::Earliest, LibraryVersion::LATEST)
        .in_memory()
        .unwrap();
    let make = |name: &str| {
        let builder = file.new_dataset::<String>().shape(3).fill_value("nothing".to_owned());
        builder.create(name).unwrap();
        file.flush().unwrap();
    };
    make("first");
    let used = || {
        (0..3).for_each(|_| file.flush().unwrap());
        file.size() - file.free_space()
    };
    let mut before = None;
    for _ in 0..50 {
        make("second");
        file.dataset("second").unwrap().copy_to(&file, "third").unwrap();
        file.unlink("second").unwrap();
        let third = file.dataset("third").unwrap();
        assert_eq!(third.read_raw::<String>().unwrap(), ["nothing"; 3]);
        file.unlink("third").unwrap();
        // The names stay where names of links are kept.
        assert_eq!(used(), *before.get_or_insert_with(used));
    }
}
