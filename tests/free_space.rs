//! Free space that files remember: what this library records, libhdf5 finds and uses, and the other
//! way round.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use hdfive::LibraryVersion::{Earliest, V18, V110, V200};
use hdfive::{
    Account, AccountProblem, File, FileBuilder, FileSpaceStrategy, LibraryVersion, SharedMemory,
    Storage,
};

#[path = "support/mod.rs"]
mod support;

use support::random::Random;
use support::recorder::{Recorder, apply};

/// What h5py counts as free, and `h5stat`, and what that knows no use of.
fn free_as_seen(path: &Path) -> Option<[u64; 3]> {
    let script = "
import h5py, sys
with h5py.File(sys.argv[1], 'r') as file:
    print(file.id.get_freespace())";
    let folder = path.parent().unwrap();
    let h5py = support::python_in(folder, script, &[path.to_str().unwrap()])?;
    let Ok(done) = Command::new("h5stat").arg("-S").arg(path).output() else {
        support::skip("there is no h5stat");
        return None;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let words = String::from_utf8(done.stdout).unwrap();
    let number = |fact: &str| -> u64 {
        let line = words.lines().find_map(|line| line.trim().strip_prefix(fact));
        let line = line.unwrap_or_else(|| panic!("{words}"));
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    let tracked = number("Amount/Percent of tracked free space:");
    Some([h5py.trim().parse().unwrap(), tracked, number("Unaccounted space:")])
}

fn persistent(low: LibraryVersion, strategy: FileSpaceStrategy, page: u64) -> FileBuilder {
    File::with_options()
        .library_versions(low, V200)
        .file_space(strategy, true, 1, page)
        .auto_flush(false)
}

fn kinds() -> Vec<(String, FileBuilder)> {
    let mut kinds = Vec::new();
    // What is newer `h5stat` of HDF5 1.10 cannot read.
    for low in [Earliest, V18, V110] {
        let mut add = |strategy, page| {
            let name = format!("{low:?}-{strategy:?}-{page}");
            kinds.push((name, persistent(low, strategy, page)));
        };
        add(FileSpaceStrategy::FsmAggregator, 4096);
        add(FileSpaceStrategy::Page, 512);
        add(FileSpaceStrategy::Page, 4096);
        add(FileSpaceStrategy::Page, 32768);
    }
    kinds
}

/// Makes and removes datasets and groups.
fn change(file: &File, random: &mut Random) {
    for _ in 0..40 {
        let name = format!("{:02}", random.below(30));
        if file.link_exists(&name) {
            file.unlink(&name).unwrap();
        } else if random.below(3) == 0 {
            let group = file.create_group(&name).unwrap();
            for number in 0..random.below(20) {
                group.create_group(&format!("below{number}")).unwrap();
            }
        } else {
            let values: Vec<i32> = (0..=random.below(3000) as i32).collect();
            let chunk = random.below(values.len().min(400)) + 1;
            let make = file.new_dataset_builder().with_data(&values);
            let made = match random.below(3) {
                0 => make.create(&*name),
                1 => make.chunk(chunk).create(&*name),
                _ => make.chunk(chunk).deflate(1).create(&*name),
            };
            made.unwrap();
        }
    }
}

const CHANGE: &str = r#"
import h5py, numpy, random, sys
chance = random.Random(int(sys.argv[2]))
with h5py.File(sys.argv[1], 'r+') as file:
    for _ in range(30):
        name = f'{chance.randrange(30):02}'
        if name in file:
            if isinstance(file[name], h5py.Dataset):
                values = file[name][...]
                assert (values == numpy.arange(len(values))).all(), name
            del file[name]
        elif chance.randrange(3) == 0:
            for number in range(chance.randrange(1, 20)):
                file.create_group(f'{name}/below{number}')
        else:
            length = chance.randrange(400, 3000)
            how = chance.choice([{}, {'chunks': (chance.randrange(1, 400),)}])
            file.create_dataset(name, data=numpy.arange(length, dtype='i4'), maxshape=(None,) if how else None, **how)
"#;

fn check(file: &File) {
    for dataset in file.datasets().unwrap() {
        let values: Vec<i32> = dataset.read_raw().unwrap();
        assert!(values.iter().zip(0..).all(|(value, at)| *value == at), "{}", dataset.name());
    }
    for group in file.groups().unwrap() {
        assert_eq!(group.all_links().unwrap().len() as u64, group.len());
    }
}

fn account_of(path: &Path) -> Account {
    File::open(path).unwrap().account().unwrap()
}

fn run(folder: &Path, name: &str, options: &FileBuilder) {
    let path = folder.join(format!("{name}.h5"));
    let mut random = Random(5);
    let mut file = options.create(&path).unwrap();
    let mut lost = 0;
    for round in 0..6 {
        change(&file, &mut random);
        if round % 2 == 1 {
            file.flush().unwrap();
            change(&file, &mut random);
        }
        check(&file);
        file.close().unwrap();
        file = File::open(&path).unwrap();
        assert_eq!(file.size(), std::fs::metadata(&path).unwrap().len());
        check(&file);
        let free = file.free_space();
        file.close().unwrap();
        let Some(seen) = free_as_seen(&path) else { return };
        let account = account_of(&path);
        assert!(account.is_sound() && account.lost() <= lost, "{name}: {:?}", account.problems);
        assert_eq!(seen, [free, free, account.lost()], "{name} in round {round}");
        let seed = round.to_string();
        support::python_in(folder, CHANGE, &[path.to_str().unwrap(), &seed]).unwrap();
        // Now and then libhdf5 loses a page.
        lost = account_of(&path).lost();
        file = options.open_rw(&path).unwrap();
        check(&file);
    }
}

#[test]
fn what_is_free_is_recorded() {
    let folder = support::empty_folder("free-space");
    for (name, options) in kinds() {
        run(&folder, &name, &options);
    }
}

/// Every byte is in use or remembered as free.
fn assert_no_loss(path: &Path, when: &str) -> Account {
    let account = account_of(path);
    let problems: Vec<String> = account.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{when}: {problems:#?}");
    account
}

/// What h5py does in its sessions: the same.
const OVERWRITE: &str = r#"
import h5py, numpy, sys
with h5py.File(sys.argv[1], 'r+') as file:
    length = int(sys.argv[2])
    if 'numbers' in file: del file['numbers']
    file['numbers'] = numpy.arange(length)
    file.require_group('below').attrs['length'] = numpy.arange(length // 100)
"#;

/// Sessions that put something larger in the place of something, one after the other; every
/// `h5py`th one is h5py's.
fn overwrite(path: &Path, options: &FileBuilder, h5py: Option<usize>) {
    let folder = path.parent().unwrap();
    options.create(path).unwrap().close().unwrap();
    let (mut most, mut at_first) = (0, 0);
    for round in 0..24_usize {
        // Up to 32 KiB.
        let length = 1024 + (round * 1301) % 3072;
        if h5py.is_some_and(|every| round % every == 1) {
            let arguments = [path.to_str().unwrap(), &length.to_string()];
            if support::python_in(folder, OVERWRITE, &arguments).is_none() {
                return;
            }
        } else {
            let file = options.open_rw(path).unwrap();
            if file.link_exists("numbers") {
                file.unlink("numbers").unwrap();
            }
            let numbers: Vec<i64> = (0..length as i64).collect();
            file.create_dataset("numbers", &numbers).unwrap();
            let below = file.require_group("below").unwrap();
            below.set_attr("length", &numbers[..length / 100]).unwrap();
            file.close().unwrap();
        }
        let when = format!("{} in round {round}", path.display());
        let account = assert_no_loss(path, &when);
        assert!(account.raw_data >= length as u64 * 8, "{when}");
        let size = std::fs::metadata(path).unwrap().len();
        if round < 8 {
            at_first = at_first.max(size);
        }
        most = most.max(size);
    }
    assert!(most <= at_first + at_first / 4, "{}: {most} after {at_first}", path.display());
    assert!(most < 4 * 32768, "{}: {most}", path.display());
}

#[test]
fn sessions_in_turn_use_what_the_ones_before_left() {
    let folder = support::empty_folder("free-space-sessions");
    for (name, options) in kinds() {
        // In all formats alike.
        let with_h5py = name.starts_with("V18").then_some(Some(2));
        for h5py in [None].into_iter().chain(with_h5py) {
            overwrite(&folder.join(format!("{name}-{h5py:?}.h5")), &options, h5py);
        }
    }
}

/// What h5py makes, with something deleted.
const MAKE: &str = r#"
import h5py, numpy, sys
with h5py.File('file.h5', 'w', fs_strategy=sys.argv[1], fs_persist=sys.argv[2] == 'yes') as file:
    for number in range(12):
        file.create_dataset(f'd{number}', data=numpy.arange(700), chunks=(100,))
with h5py.File('file.h5', 'r+') as file:
    for number in range(0, 12, 3):
        del file[f'd{number}']
"#;

#[test]
fn a_file_that_nobody_changes_stays_as_it_is() {
    for (strategy, persist) in [("fsm", "yes"), ("page", "yes"), ("fsm", "no"), ("page", "no")] {
        let folder = support::empty_folder(&format!("free-space-same-{strategy}-{persist}"));
        let path = folder.join("file.h5");
        if support::python_in(&folder, MAKE, &[strategy, persist]).is_none() {
            return;
        }
        let before = std::fs::read(&path).unwrap();
        let file = File::open_rw(&path).unwrap();
        let free = file.free_space();
        assert_eq!(free > 0, persist == "yes");
        file.flush().unwrap();
        assert!(file.create_group("d1").is_err());
        file.close().unwrap();
        assert!(std::fs::read(&path).unwrap() == before, "{strategy} {persist}");
        assert_eq!(File::open(&path).unwrap().free_space(), free);
    }
}

#[test]
fn lists_are_gone_while_the_file_changes() {
    for strategy in ["fsm", "page"] {
        let folder = support::empty_folder(&format!("free-space-dropped-{strategy}"));
        let path = folder.join("file.h5");
        if support::python_in(&folder, MAKE, &[strategy, "yes"]).is_none() {
            return;
        }
        let file = File::open_rw(&path).unwrap();
        let free = file.free_space();
        file.create_group("new").unwrap();
        file.flush().unwrap();
        // As a program that dies here leaves it.
        let left = folder.join("left.h5");
        std::fs::copy(&path, &left).unwrap();
        file.close().unwrap();
        assert!(File::open(&path).unwrap().free_space() > free / 2);
        assert_eq!(File::open(&left).unwrap().free_space(), 0);
        let [h5py, h5stat, _] = free_as_seen(&left).unwrap();
        assert_eq!((h5py, h5stat), (0, 0));
        let script = "
import h5py
with h5py.File('left.h5', 'r+') as file:
    file.create_dataset('more', data=[1, 2, 3])
    print(sorted(file)[-2:], all(file['d1'][...] == range(700)))";
        let said = support::python_in(&folder, script, &[]).unwrap();
        assert_eq!(said.trim(), "['more', 'new'] True");
        let file = File::open_rw(&left).unwrap();
        file.unlink("d2").unwrap();
        file.close().unwrap();
        assert!(free_as_seen(&left).unwrap()[0] > 0);
    }
}

#[test]
fn lists_that_cannot_be_right_are_dropped() {
    for strategy in ["fsm", "page"] {
        let folder = support::empty_folder(&format!("free-space-wrong-{strategy}"));
        let path = folder.join("file.h5");
        if support::python_in(&folder, MAKE, &[strategy, "yes"]).is_none() {
            return;
        }
        let mut bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() - 20 {
            if bytes[at..].starts_with(b"FSSE") {
                bytes[at + 20] ^= 1;
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        let file = File::open_rw(&path).unwrap();
        assert_eq!(file.free_space(), 0);
        file.create_group("new").unwrap();
        file.unlink("d2").unwrap();
        file.close().unwrap();
        let Some([h5py, h5stat, lost]) = free_as_seen(&path) else { return };
        let free = File::open(&path).unwrap().free_space();
        assert!(free > 0 && lost > 0);
        assert_eq!((h5py, h5stat), (free, free));
    }
}

/// A file with lists of what is free, and room in the middle.
const ROOM: &str = r#"
import h5py, numpy, sys
strategy, libver = sys.argv[1:]
with h5py.File('file.h5', 'w', fs_strategy=strategy, fs_persist=True, libver=libver) as file:
    for number in range(12):
        file.create_dataset(f'd{number}', data=numpy.arange(700), chunks=(100,))
with h5py.File('file.h5', 'r+', libver=libver) as file:
    for number in range(0, 12, 3):
        del file[f'd{number}']
"#;

/// The file as a program sees it that knows nothing of what lies behind its end.
fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = u64::from_le_bytes(bytes[28..36].try_into().unwrap());
    bytes.truncate(usize::try_from(end).unwrap());
    bytes
}

#[test]
fn nobody_finds_used_space_free_whenever_the_writer_dies() {
    for (strategy, libver) in
        [("fsm", "earliest"), ("page", "earliest"), ("fsm", "latest"), ("page", "latest")]
    {
        let folder = support::empty_folder(&format!("free-space-between-{strategy}-{libver}"));
        if support::python_in(&folder, ROOM, &[strategy, libver]).is_none() {
            return;
        }
        let before = std::fs::read(folder.join("file.h5")).unwrap();
        let old = File::from_bytes(before.clone()).unwrap().account().unwrap();
        assert!(old.free > 8000 && old.problems.is_empty(), "{old:?}");
        let recorder = Arc::new(Recorder::new(before.clone()));
        let storage = Arc::clone(&recorder) as Arc<dyn Storage>;
        let file = File::with_options().auto_flush(false).open_storage_rw(storage).unwrap();
        let size = file.size();
        for number in 0..3 {
            file.create_dataset(&format!("new{number}"), &[7_i64; 300]).unwrap();
            file.group("/").unwrap().set_attr(&format!("a{number}"), [1; 20]).unwrap();
            file.flush().unwrap();
        }
        // What the lists said is free was used.
        assert!(file.size() <= size, "{} after {size}", file.size());
        file.close().unwrap();
        let left = SharedMemory::new(before);
        let (mut lists, mut seen) = (0, 0);
        for step in recorder.log() {
            apply(&step, &left).unwrap();
            let Ok(account) = File::from_bytes(cut(left.to_vec())).and_then(|file| file.account())
            else {
                continue;
            };
            let wrong = account.problems.iter().find(|problem| {
                matches!(problem, AccountProblem::UsedAndFree(_) | AccountProblem::UsedTwice(_))
            });
            assert!(wrong.is_none(), "{strategy}: {:?}", account.problems);
            lists += usize::from(account.free > 0);
            seen += 1;
        }
        assert!(lists > 0 && lists < seen, "{lists} of {seen}");
        assert!(seen * 100 >= recorder.steps() * 95, "{seen} of {}", recorder.steps());
    }
}
