//! Long work says how far it is, and what is stopped half-way has changed nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use hdfive::{Dataset, ErrorKind, File, Progress, Result, Watcher};

const LEN: usize = 3_000_000;
const BYTES: u64 = 24_000_000;

/// A watcher that keeps what it is told, and stops the work once `most` bytes are done.
fn watcher(most: u64) -> (Watcher, Arc<Mutex<Vec<Progress>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let here = Arc::clone(&told);
    let watcher = Watcher::new(move |progress| {
        here.lock().unwrap().push(progress);
        if progress.done > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (watcher, told)
}

/// Work that is watched to its end says so at least every 8 MiB, and is stopped where it is asked to.
fn check<T>(name: &str, total: u64, least: usize, work: impl Fn() -> Result<T>) {
    let (all, told) = watcher(u64::MAX);
    assert!(all.run(&work).is_ok(), "{name}");
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert!(told.len() >= least, "{name}: {told:?}");
    assert_eq!((told.last().unwrap().done, told.last().unwrap().total), (total, total), "{name}");
    let mut before = 0;
    for progress in &told {
        assert!(progress.done > before && progress.done - before <= 8 << 20, "{name}: {told:?}");
        (before, _) = (progress.done, assert_eq!(progress.total, total, "{name}"));
    }
}

fn cancelled<T>(name: &str, work: impl FnOnce() -> Result<T>) {
    let (some, told) = watcher(BYTES / 3);
    let Err(error) = some.run(work) else { panic!("{name}: not cancelled") };
    assert!(matches!(error.kind(), ErrorKind::Cancelled), "{name}: {error}");
    let last = *told.lock().unwrap().last().unwrap();
    assert!(last.done < last.total, "{name}: {last:?}");
}

/// One dataset of each storage form, all of [`LEN`] elements.
fn datasets(file: &File) -> Vec<(&'static str, Dataset)> {
    let values: Vec<u64> = (0..3_000_000).collect();
    let new = || file.new_dataset_builder().with_data(&values);
    let made = [
        ("contiguous", new().create("contiguous")),
        ("plain", new().chunk(100_000).create("plain")),
        ("deflated", new().chunk(100_000).shuffle().deflate(1).create("deflated")),
    ];
    made.into_iter().map(|(name, dataset)| (name, dataset.unwrap())).collect()
}

fn file(name: &str) -> (std::path::PathBuf, File) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("progress");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    let file = File::create(&path).unwrap();
    (path, file)
}

#[test]
fn reads_say_how_far_they_are() {
    let (path, made) = file("reads.h5");
    datasets(&made);
    made.close().unwrap();
    for mmap in [true, false] {
        let file = File::with_options().mmap(mmap).open(&path).unwrap();
        for name in ["contiguous", "plain", "deflated"] {
            let dataset = file.dataset(name).unwrap();
            check(name, BYTES, 3, || dataset.read_raw::<u64>());
            check(name, BYTES / 2, 2, || {
                dataset.read_slice_raw::<u64>(hdfive::SliceOrIndex::stepped(0..LEN, 2))
            });
            cancelled(name, || dataset.read_raw::<u64>());
            assert_eq!(dataset.read_slice_scalar::<u64>(LEN - 1).unwrap(), 2_999_999);
        }
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_write_that_is_stopped_changes_nothing() {
    let (path, file) = file("writes.h5");
    let other = vec![7_u64; LEN];
    for (name, dataset) in datasets(&file) {
        for flushed in [false, true] {
            if flushed {
                file.flush().unwrap();
            }
            cancelled(name, || dataset.write_raw(&other));
            let read = dataset.read_raw::<u64>().unwrap();
            assert!(read.iter().copied().eq(0..3_000_000), "{name}");
        }
        check(name, BYTES, 3, || dataset.write_raw(&other));
        assert_eq!(dataset.read_raw::<u64>().unwrap(), other, "{name}");
        // What comes afterwards is there, however the watched one is kept.
        dataset.write_slice_raw(&[1_u64, 2, 3], 1_500_000..1_500_003).unwrap();
    }
    let early = file.new_dataset::<u64>().shape(LEN).create("early").unwrap();
    cancelled("early", || early.write_raw(&other));
    assert_eq!((early.storage_size(), early.read_raw::<u64>().unwrap()), (0, vec![0; LEN]));
    let texts: Vec<String> = (0..600_000).map(|number| number.to_string()).collect();
    let strings = file.create_dataset("strings", &texts[..]).unwrap();
    cancelled("strings", || strings.write_raw(&vec!["another".to_owned(); texts.len()]));
    assert_eq!(strings.read_raw::<String>().unwrap(), texts);
    assert!(file.account().unwrap().problems.is_empty());
    file.close().unwrap();

    let file = File::open(&path).unwrap();
    for name in ["contiguous", "plain", "deflated"] {
        let read = file.dataset(name).unwrap().read_raw::<u64>().unwrap();
        assert_eq!(read[1_499_999..1_500_004], [7, 1, 2, 3, 7], "{name}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_copy_that_is_stopped_leaves_nothing_behind() {
    let (path, source) = file("source.h5");
    let mut total = 0;
    for (_, dataset) in datasets(&source) {
        dataset.set_attr("unit", "m").unwrap();
        total += dataset.storage_size();
    }
    source.create_dataset("group/names", vec!["a", "b"]).unwrap();
    total += source.dataset("group/names").unwrap().storage_size();
    let copied = |file: &File| source.copy_all_to(file);
    let (_, target) = file("target.h5");
    let used = |file: &File| {
        for _ in 0..2 {
            file.flush().unwrap();
        }
        file.size() - file.free_space()
    };
    let before = used(&target);
    cancelled("all", || copied(&target));
    assert!(target.is_empty() && used(&target) == before);
    let new = || -> Result<()> { copied(&File::in_memory()?) };
    check("all", total, 6, new);
    copied(&target).unwrap();
    assert_eq!(target.member_names().unwrap(), source.member_names().unwrap());
    let one = source.dataset("deflated").unwrap();
    cancelled("within", || source.dataset("contiguous")?.copy_to(&source, "again"));
    assert!(!source.link_exists("again"));
    let new = || {
        let file = File::in_memory()?;
        one.copy_to(&file, "x")
    };
    check("one", one.storage_size(), 1, new);
    drop((source, target));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn work_that_comes_in_turn_is_counted_together_and_other_threads_are_not_watched() {
    let file = File::in_memory().unwrap();
    let dataset = file.create_dataset("x", vec![1_u8; 1000]).unwrap();
    let (watcher, told) = watcher(u64::MAX);
    let sum = watcher.run(|| {
        let here =
            dataset.read_raw::<u8>().unwrap().len() + dataset.read_raw::<u8>().unwrap().len();
        std::thread::scope(|scope| scope.spawn(|| dataset.read_raw::<u8>().unwrap().len()).join())
            .unwrap()
            + here
    });
    dataset.read_raw::<u8>().unwrap();
    assert_eq!(sum, 3000);
    let told: Vec<_> = told.lock().unwrap().iter().map(|at| (at.done, at.total)).collect();
    assert_eq!(told, [(1000, 1000), (2000, 2000)]);
}
