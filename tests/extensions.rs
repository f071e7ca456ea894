//! What the superblock extension tells of a file stays true when the file is changed: its metadata
//! cache image, how its space is managed and what of it is free, in all versions of the messages.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdfive::{
    AccountProblem, ErrorKind, File, FileSpaceStrategy, LibraryVersion, SharedMemory, Storage,
};

#[path = "support/mod.rs"]
mod support;

use support::listing::{list, list_bytes};
use support::recorder::{Recorder, apply};
use support::{corpus, empty_folder, fixtures};

/// The fixtures that are whole files.
fn fixture_files() -> Vec<PathBuf> {
    let files = fs::read_dir(fixtures::folder()).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "h5")).collect();
    files.sort();
    files
}

#[test]
fn a_file_that_nobody_changes_stays_as_it_is() {
    let mut tried = 0;
    for path in fixture_files() {
        let before = fs::read(&path).unwrap();
        let storage = SharedMemory::new(before.clone());
        let Ok(file) = File::with_options().open_storage_rw(Arc::new(storage.clone())) else {
            continue;
        };
        // External data and other files are not there.
        let _ = list(&file);
        file.flush().unwrap();
        assert!(file.create_group("/").is_err());
        file.close().unwrap();
        assert!(storage.to_vec() == before, "{}", path.display());
        tried += 1;
    }
    assert!(tried > 120, "{tried}");
}

#[test]
fn sources_that_nobody_changes_keep_their_lists() {
    let folder = empty_folder("extensions-sources");
    let script = "
import h5py, numpy
for kind in ('fsm', 'page'):
    name = f'source-{kind}.h5'
    with h5py.File(name, 'w', fs_strategy=kind, fs_persist=True) as file:
        for number in range(6): file[f'd{number}'] = numpy.arange(800, dtype='i4')
    with h5py.File(name, 'r+') as file:
        del file['d1'], file['d3']
    layout = h5py.VirtualLayout((800,), 'i4')
    layout[:] = h5py.VirtualSource(name, 'd2', (800,))
    with h5py.File(f'{kind}.h5', 'w') as file:
        file.create_virtual_dataset('all', layout)
        file['beside'] = h5py.ExternalLink(name, '/d4')
";
    if support::python_in(&folder, script, &[]).is_none() {
        return;
    }
    for kind in ["fsm", "page"] {
        let source = folder.join(format!("source-{kind}.h5"));
        let before = fs::read(&source).unwrap();
        let free = File::open(&source).unwrap().free_space();
        assert!(free > 6000);
        let file = File::open_rw(folder.join(format!("{kind}.h5"))).unwrap();
        let all: Vec<i32> = file.dataset("all").unwrap().read_raw().unwrap();
        assert!(all.iter().copied().eq(0..800));
        assert_eq!(file.dataset("beside").unwrap().size(), 800);
        file.create_dataset("own", [1, 2]).unwrap();
        file.flush().unwrap();
        file.close().unwrap();
        assert!(fs::read(&source).unwrap() == before);
        // One that is written to has lists of its own again.
        let file = File::open_rw(folder.join(format!("{kind}.h5"))).unwrap();
        file.dataset("all").unwrap().write_slice_raw(&[7; 10], 0..10).unwrap();
        file.close().unwrap();
        let account = File::open(&source).unwrap().account().unwrap();
        assert!(account.free > 6000 && account.problems.is_empty(), "{account:?}");
    }
}

/// Changes every object there is, a little.
fn change(file: &File) {
    file.new_dataset_builder().with_data(&[5_i32; 700]).chunk(100).create("new").unwrap();
    file.set_attr("new", "of the root").unwrap();
    let names = file.member_names().unwrap();
    for name in names.iter().filter(|name| *name != "new") {
        file.location(name).unwrap().set_attr("new", [1, 2, 3]).unwrap();
    }
    file.relink(&names[0], "moved").unwrap();
}

/// Reads everything, as h5py.
const SEE: &str = "
import h5py, sys
with h5py.File(sys.argv[1], 'r') as file:
    def see(name, thing):
        [thing.attrs[key] for key in thing.attrs]
        if isinstance(thing, h5py.Dataset): thing[()]
    see('/', file)
    file.visititems(see)
    print((file['new'][...] == 5).all(), file.attrs['new'], 'moved' in file)
";

#[test]
fn a_cache_image_is_put_in_place_with_the_first_change() {
    let folder = empty_folder("extensions-images");
    for fixture in ["cache_image_v110", "cache_image_latest"] {
        let before = fs::read(fixtures::folder().join(format!("{fixture}.h5"))).unwrap();
        let was = list_bytes(before.clone()).unwrap();
        let old = File::from_bytes(before.clone()).unwrap().account().unwrap();
        assert!(old.problems.iter().all(|problem| matches!(problem, AccountProblem::Lost(_))));
        let recorder = Arc::new(Recorder::new(before.clone()));
        let storage = Arc::clone(&recorder) as Arc<dyn Storage>;
        let options = File::with_options().auto_flush(false);
        let options = options.library_versions(LibraryVersion::V18, LibraryVersion::LATEST);
        let file = options.open_storage_rw(storage).unwrap();
        assert_eq!(list(&file).unwrap(), was);
        change(&file);
        let now = list(&file).unwrap();
        assert_ne!(now, was);
        let account = file.account().unwrap();
        assert!(account.is_sound() && account.lost() <= old.lost(), "{:?}", account.problems);
        file.close().unwrap();
        assert_eq!(list_bytes(recorder.to_vec()).unwrap(), now);
        let account = File::from_bytes(recorder.to_vec()).unwrap().account().unwrap();
        assert!(account.is_sound(), "{:?}", account.problems);
        // Whenever the writer dies, the file is as before or as after.
        let left = SharedMemory::new(before);
        let mut states = [0, 0];
        for step in recorder.log() {
            apply(&step, &left).unwrap();
            let found = list_bytes(left.to_vec()).unwrap();
            assert!(found == was || found == now);
            states[usize::from(found == now)] += 1;
        }
        assert!(states[0] > 0 && states[1] > 0, "{states:?}");
        let path = folder.join(format!("{fixture}.h5"));
        fs::write(&path, recorder.to_vec()).unwrap();
        let Some(said) = support::python_in(&folder, SEE, &[path.to_str().unwrap()]) else {
            return;
        };
        assert_eq!(said.trim(), "True of the root True");
        if support::has_h5dump() {
            let clear = std::process::Command::new("h5clear").arg("-m").arg(&path).output();
            let said = String::from_utf8(clear.unwrap().stderr).unwrap();
            assert!(said.contains("No cache image in the file"), "{said}");
        }
    }
}

/// A file of the corpus, copied.
fn of_corpus(path: &str, folder: &Path) -> Option<PathBuf> {
    match corpus::folder() {
        Ok(corpus) => {
            let copy = folder.join(path.replace('/', "-"));
            fs::copy(corpus.join(path), &copy).unwrap();
            Some(copy)
        }
        Err(why) => {
            support::skip(&why);
            None
        }
    }
}

#[test]
fn messages_of_hdf5_1_10_0_are_understood_and_written_anew() {
    let folder = empty_folder("extensions-version-0");
    // Strategy, and whether free space is remembered, of the first message there was.
    let files = [
        ("hdf5/lib/h5fc_ext1_f.h5", FileSpaceStrategy::FsmAggregator, true),
        ("hdf5/lib/h5fc_ext2_if.h5", FileSpaceStrategy::FsmAggregator, false),
        ("hdf5/lib/h5fc_ext2_sf.h5", FileSpaceStrategy::None, false),
        ("hdf5/lib/h5fc_ext3_isf.h5", FileSpaceStrategy::Aggregator, false),
    ];
    for (name, strategy, persist) in files {
        let Some(path) = of_corpus(name, &folder) else { return };
        let file = File::open(&path).unwrap();
        let (was, old) = (list(&file).unwrap(), file.account().unwrap());
        assert!(!persist || old.free > 1500, "{name}: {old:?}");
        assert!(old.is_sound(), "{name}: {:?}", old.problems);
        file.close().unwrap();
        for round in 0..3 {
            let file = File::open_rw(&path).unwrap();
            if round == 0 {
                assert_eq!(list(&file).unwrap(), was, "{name}");
                change(&file);
            } else {
                file.unlink("new").unwrap();
                file.create_dataset("new", &vec![5_i32; 900 * round]).unwrap();
            }
            file.close().unwrap();
            let file = File::open(&path).unwrap();
            let account = file.account().unwrap();
            assert!(account.is_sound(), "{name}: {:?}", account.problems);
            let found = file.info().file_space.unwrap();
            assert_eq!((found.strategy, found.persist), (strategy, persist), "{name}");
            if persist {
                assert!(account.lost() <= old.lost(), "{name}: {account:?}");
                assert!(account.free > 0, "{name}: {account:?}");
            }
            file.close().unwrap();
            let Some(said) = support::python_in(&folder, SEE, &[path.to_str().unwrap()]) else {
                return;
            };
            assert_eq!(said.trim(), "True of the root True", "{name}");
        }
    }
}

#[test]
fn lists_behind_the_end_say_that_the_end_is_wrong() {
    let folder = empty_folder("extensions-behind");
    for name in ["h5clear_fsm_persist_user_less.h5", "h5clear_fsm_persist_less.h5"] {
        let Some(path) = of_corpus(&format!("hdf5/misc/{name}"), &folder) else { return };
        let before = fs::read(&path).unwrap();
        let error = File::open_rw(&path).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed(_)), "{error}");
        assert!(error.to_string().contains("behind the end of the file"), "{error}");
        assert!(fs::read(&path).unwrap() == before);
    }
}

/// File offsets and sizes of all raw data of datasets, as this library and as h5py say.
fn places(file: &File) -> Vec<(u64, u64)> {
    let mut places = Vec::new();
    for dataset in file.datasets().unwrap() {
        let block = dataset.offset().map(|at| (at, dataset.storage_size()));
        let chunks = (0..dataset.num_chunks().unwrap_or(0))
            .map(|number| dataset.chunk_info(number).unwrap())
            .map(|chunk| (chunk.addr, chunk.size));
        places.extend(block.into_iter().chain(chunks));
    }
    places
}

#[test]
fn large_blocks_start_where_they_are_asked_to() {
    let folder = empty_folder("extensions-alignment");
    for low in [LibraryVersion::Earliest, LibraryVersion::V18, LibraryVersion::V110] {
        for (threshold, alignment, user_block) in
            [(1, 512, 0), (1000, 4096, 0), (600, 64, 512), (0, 7, 0), (2000, 1024, 1024)]
        {
            let path = folder.join(format!("{low:?}-{threshold}-{alignment}.h5"));
            let options = File::with_options()
                .library_versions(low, LibraryVersion::LATEST)
                .alignment(threshold, alignment)
                .file_space(FileSpaceStrategy::FsmAggregator, true, 1, 4096)
                .auto_flush(false);
            // Of old superblocks nothing remembers free space.
            let old = low == LibraryVersion::Earliest;
            let options = if old {
                let options = File::with_options().library_versions(low, LibraryVersion::LATEST);
                options.alignment(threshold, alignment).auto_flush(false)
            } else {
                options
            };
            let mut file = options.clone().userblock(user_block).create(&path).unwrap();
            let mut large = 0;
            for round in 0..6_usize {
                for number in 0..8 {
                    let name = number.to_string();
                    if file.link_exists(&name) && (round + number) % 3 > 0 {
                        file.unlink(&name).unwrap();
                    }
                    if !file.link_exists(&name) {
                        let values = vec![1_u8; 97 + 331 * ((round * 5 + number) % 13)];
                        let new = file.new_dataset_builder().with_data(&values);
                        let new =
                            if number % 2 == 0 { new } else { new.chunk(1100.min(values.len())) };
                        let new = if number == 5 { new.deflate(1) } else { new };
                        new.create(name.as_str()).unwrap();
                    }
                }
                for (at, len) in places(&file) {
                    if len >= threshold {
                        assert_eq!(at % alignment, 0, "{len} bytes at {at:#x}");
                        large += 1;
                    }
                }
                let account = file.account().unwrap();
                assert!(account.is_sound(), "{:?}", account.problems);
                assert!(old || account.problems.is_empty(), "{:?}", account.problems);
                if round % 2 == 1 {
                    file.close().unwrap();
                    file = options.open_rw(&path).unwrap();
                }
            }
            assert!(large > 8, "{large}");
            file.close().unwrap();
            let script = "
import h5py, sys
with h5py.File(sys.argv[1], 'r') as file:
    for thing in file.values():
        assert (thing[...] == 1).all()
        if thing.chunks is None: print(thing.id.get_offset(), thing.id.get_storage_size())
        else:
            for number in range(thing.id.get_num_chunks()):
                chunk = thing.id.get_chunk_info(number)
                print(chunk.byte_offset, chunk.size)
";
            let Some(said) = support::python_in(&folder, script, &[path.to_str().unwrap()]) else {
                return;
            };
            let mut theirs: Vec<(u64, u64)> = Vec::new();
            for line in said.lines() {
                let (at, len) = line.split_once(' ').unwrap();
                theirs.push((at.parse().unwrap(), len.parse().unwrap()));
            }
            let mut ours = places(&File::open(&path).unwrap());
            ours.sort_unstable();
            theirs.sort_unstable();
            assert_eq!(ours, theirs);
        }
    }
}
