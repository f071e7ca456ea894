//! What is left of damaged files comes back: datasets whose bytes are all there, with their values,
//! whatever else is missing; what does not come back is named.
//!
//! Which bytes belong to what is known from the file as it was before it was damaged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

mod support;

#[path = "salvage/found.rs"]
mod found;
#[path = "salvage/known.rs"]
mod known;

use std::fmt::Write;
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use hdfive::{File, FileBuilder, LossKind, Memory, Salvager, SharedMemory};
use known::{Damage, Known, Outcome};
use support::corpus;
use support::listing::list;
use support::random::Random;
use support::{empty_folder, python, root};

/// Cases of each kind.
const CASES: usize = 200;
/// Bytes of a hole.
const HOLE: usize = 512;
/// One salvaged file of so many is read by h5py, too.
const SAMPLE: usize = 8;

/// Makes the files, once for all tests; `None` where there is no Python.
fn folder() -> Option<&'static PathBuf> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let make = || {
        let folder = empty_folder("salvage");
        let script = root().join("tests/salvage/make.py");
        let done = Command::new(python()?).arg(script).arg(&folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Some(folder)
    };
    FOLDER.get_or_init(make).as_ref()
}

/// Salvages each damaged state of a file, and looks at what came of it; then h5py looks at some.
fn check(format: &str, name: &str, states: Vec<(String, Damage)>) {
    let Some(folder) = folder() else { return };
    let whole = folder.join(format!("{format}.h5"));
    let known = Arc::new(Known::of(&fs::read(&whole).unwrap()));
    let own = folder.join(format!("{format}-{name}"));
    fs::create_dir_all(&own).unwrap();
    let states = Arc::new(states);
    let next = Arc::new(AtomicUsize::new(0));
    let totals = Arc::new(Mutex::new(Outcome::default()));
    let jobs = Arc::new(Mutex::new(String::new()));
    let failures = Arc::new(Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((what, damage)) = states.get(number) else { return };
                    let bytes = damage.apply(&known.bytes);
                    let target = SharedMemory::default();
                    let source = Arc::new(Memory::new(bytes));
                    let into = Arc::new(target.clone());
                    let salvaged = Salvager::new().salvage_storage(source, into);
                    let file = salvaged.and_then(|salvaged| {
                        Ok((salvaged, File::from_storage(Arc::new(target.clone()))?))
                    });
                    match known.judge(damage, file) {
                        Ok((outcome, intact)) => {
                            totals.lock().unwrap().add(&outcome);
                            if number.is_multiple_of(SAMPLE) && outcome.opened {
                                let bytes = bytes_of(&target);
                                let path = own.join(format!("{number}.h5"));
                                fs::write(&path, bytes).unwrap();
                                let (whole, path) = (whole.display(), path.display());
                                let mut jobs = jobs.lock().unwrap();
                                writeln!(jobs, "{whole}\t{path}\t{}", intact.join("\t")).unwrap();
                            }
                        }
                        Err(why) => failures.lock().unwrap().push(format!("{what}: {why}")),
                    }
                }
            });
        }
    });
    let failures = failures.lock().unwrap();
    let shown: Vec<&String> = failures.iter().take(20).collect();
    assert!(failures.is_empty(), "{} of {}: {shown:#?}", failures.len(), states.len());
    let totals = totals.lock().unwrap();
    println!("{format}, {name}: {totals:?}");
    assert!(totals.intact > 0 && totals.hit > 0, "{totals:?}");
    fs::write(own.join("jobs.txt"), jobs.lock().unwrap().replace("\t\n", "\n")).unwrap();
    let script = root().join("tests/salvage/read.py");
    let done = Command::new(python().unwrap()).arg(script).arg(&own).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    println!("h5py: {} datasets are the same", String::from_utf8_lossy(&done.stdout).trim());
}

fn bytes_of(storage: &SharedMemory) -> Vec<u8> {
    use hdfive::Storage;
    let mut bytes = vec![0; storage.len().unwrap() as usize];
    storage.read_at(0, &mut bytes).unwrap();
    bytes
}

fn len(format: &str) -> Option<usize> {
    Some(fs::metadata(folder()?.join(format!("{format}.h5"))).unwrap().len() as usize)
}

fn cuts(format: &str, seed: u64) {
    let Some(len) = len(format) else { return };
    let mut random = Random(seed);
    let states = (0..CASES).map(|_| {
        let at = random.below(len);
        (format!("cut at {at:#x}"), Damage::Cut(at))
    });
    check(format, "cuts", states.collect());
}

fn holes(format: &str, name: &str, seed: u64, random_bytes: bool) {
    let Some(len) = len(format) else { return };
    let mut random = Random(seed);
    let mut at = || random.below(len - HOLE);
    let hole = |start: usize| start..start + HOLE;
    let mut states = Vec::new();
    for number in 0..CASES as u64 {
        let at = at();
        let fill = random_bytes.then_some(number);
        states.push((format!("a hole at {at:#x}"), Damage::Holes(vec![hole(at)], fill)));
    }
    let all = (0..CASES).map(|_| hole(at())).collect();
    states.push(("all holes".to_owned(), Damage::Holes(all, random_bytes.then_some(1))));
    check(format, name, states);
}

#[test]
fn files_cut_anywhere_in_the_old_format() {
    cuts("earliest", 1);
}

#[test]
fn files_cut_anywhere_in_the_new_format() {
    cuts("latest", 2);
}

#[test]
fn holes_of_zeros_in_the_old_format() {
    holes("earliest", "zeros", 3, false);
}

#[test]
fn holes_of_zeros_in_the_new_format() {
    holes("latest", "zeros", 4, false);
}

#[test]
fn holes_of_anything_in_the_old_format() {
    holes("earliest", "anything", 5, true);
}

#[test]
fn holes_of_anything_in_the_new_format() {
    holes("latest", "anything", 6, true);
}

/// Structures are small beside elements: each of them is hit, too.
#[test]
fn holes_in_structures() {
    let Some(folder) = folder() else { return };
    for format in ["earliest", "latest"] {
        let known = Known::of(&fs::read(folder.join(format!("{format}.h5"))).unwrap());
        let mut random = Random(7);
        let structures = known.structures();
        let hole = |start: usize| start..(start + 1 + HOLE / 8).min(known.bytes.len());
        let states = structures.iter().map(|bytes| {
            let at = bytes.start + random.below(bytes.len());
            (format!("a small hole at {at:#x}"), Damage::Holes(vec![hole(at)], None))
        });
        check(format, "structures", states.collect());
    }
}

/// What a whole file holds is what comes, and nothing is lost.
#[test]
fn whole_files_lose_nothing() {
    let Some(folder) = folder() else { return };
    for format in ["earliest", "latest"] {
        let bytes = fs::read(folder.join(format!("{format}.h5"))).unwrap();
        same_as_copy(format, bytes).unwrap();
    }
}

/// Compares what is salvaged of a whole file with a copy of it.
fn same_as_copy(name: &str, bytes: Vec<u8>) -> Result<(), String> {
    let source = Arc::new(Memory::new(bytes));
    let told = |error: hdfive::Error| format!("{name}: {error}");
    let file = File::from_storage(source.clone()).map_err(told)?;
    let copy = FileBuilder::new().like(&file).and_then(|options| options.in_memory());
    let copy = copy.map_err(told)?;
    if file.copy_all_to(&copy).is_err() {
        // What cannot be copied is none of this test's.
        return Ok(());
    }
    let target = SharedMemory::default();
    let salvaged = Salvager::new().salvage_storage(source, Arc::new(target.clone()));
    let salvaged = salvaged.map_err(told)?;
    if let Some(loss) = salvaged.losses.first() {
        return Err(format!("{name}: {loss}"));
    }
    let file = File::from_storage(Arc::new(target)).map_err(told)?;
    let (one, other) = match (list(&copy), list(&file)) {
        (Ok(one), Ok(other)) => (one, other),
        // Filters nobody has, files that are elsewhere.
        (Err(one), Err(other)) if one.to_string() == other.to_string() => return Ok(()),
        (one, other) => return Err(format!("{name}: {:?} {:?}", one.err(), other.err())),
    };
    let differs = one.iter().find(|(fact, value)| other.get(*fact) != Some(value));
    match differs {
        Some((fact, _)) => Err(format!("{name}: {fact} differs")),
        None if one.len() != other.len() => Err(format!("{name}: there is more")),
        None => Ok(()),
    }
}

/// Files of the corpus that nothing is wrong with lose nothing.
#[test]
fn files_of_the_corpus_lose_nothing() {
    let Ok(folder) = corpus::folder() else {
        return support::skip("no corpus");
    };
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for case in corpus::cases(&folder, &["hdf5/", "generated/"]) {
        let path = case.file(&folder);
        let small = fs::metadata(&path).is_ok_and(|found| found.len() < 1 << 20);
        if !case.driver.is_empty() || !small || File::open(&path).is_err() {
            continue;
        }
        let file = File::open(&path).unwrap();
        let faults = file.check().map_or(1, |report| report.damaged);
        // Both copies are in memory.
        let mut elements = 0_u64;
        let _ = file.visit_items(|_, object| {
            if let Ok(dataset) = object.as_dataset() {
                let size = dataset.dtype().map_or(1, |datatype| datatype.size());
                let count = dataset.shape().iter().fold(size, |n, len| n.saturating_mul(*len));
                elements = elements.saturating_add(dataset.storage_size().max(count as u64));
            }
            ControlFlow::<()>::Continue(())
        });
        if faults > 0 || elements > 4 << 20 {
            continue;
        }
        looked_at += 1;
        wrong.extend(same_as_copy(&case.path, fs::read(&path).unwrap()).err());
    }
    assert!(wrong.is_empty(), "{} of {looked_at}: {wrong:#?}", wrong.len());
    assert!(looked_at > 100, "{looked_at} files");
}

/// Files that were made to break readers do not break this one, nor keep it long.
#[test]
fn malformed_files_end() {
    let Ok(folder) = corpus::folder() else {
        return support::skip("no corpus");
    };
    let mut brought = 0;
    let cases = corpus::cases(&folder, &["malformed/"]);
    for case in &cases {
        let begun = Instant::now();
        let bytes = fs::read(case.file(&folder)).unwrap();
        let target = SharedMemory::default();
        let source = Arc::new(Memory::new(bytes));
        let salvaged = Salvager::new().salvage_storage(source, Arc::new(target.clone()));
        if let Ok(salvaged) = salvaged {
            let _ = list(&File::from_storage(Arc::new(target)).unwrap());
            for loss in &salvaged.losses {
                assert!(!loss.to_string().is_empty());
            }
            brought += salvaged.objects;
        }
        let time = begun.elapsed();
        assert!(time < Duration::from_secs(60), "{}: {time:?}", case.path);
    }
    assert!(brought > 0 && cases.len() > 20, "{} files, {brought} objects", cases.len());
}

/// What has no bytes of a file is none, and nothing is left behind.
#[test]
fn nothing_comes_of_nothing() {
    let folder = empty_folder("salvage-nothing");
    let (source, target) = (folder.join("text.h5"), folder.join("new.h5"));
    fs::write(&source, "no HDF5 file at all\n".repeat(100)).unwrap();
    let error = Salvager::new().salvage(&source, &target).unwrap_err();
    assert!(matches!(error.kind(), hdfive::ErrorKind::Malformed(_)), "{error}");
    assert!(!target.exists());
    let error = Salvager::new().overwrite(true).salvage(&source, &source).unwrap_err();
    assert!(error.is_usage(), "{error}");
}

/// Chunks are named by their places, and the others are there.
#[test]
fn a_chunk_that_is_lost_is_named() {
    let file = File::in_memory().unwrap();
    let data: Vec<i32> = (0..4000).collect();
    let made = file.new_dataset_builder().with_data(&data).chunk((1000,)).fletcher32();
    let made = made.create("numbers").unwrap();
    let chunk = made.chunk_info(2).unwrap();
    drop(made);
    let mut bytes = file.into_bytes().unwrap();
    bytes[chunk.addr as usize + 100] ^= 1;
    let target = SharedMemory::default();
    let source = Arc::new(Memory::new(bytes));
    let salvaged = Salvager::new().salvage_storage(source, Arc::new(target.clone())).unwrap();
    let [loss] = salvaged.losses.as_slice() else { panic!("{:?}", salvaged.losses) };
    assert_eq!((loss.path(), loss.kind()), ("/numbers", &LossKind::Chunk(vec![2000])));
    assert!(loss.location().is_some());
    let file = File::from_storage(Arc::new(target)).unwrap();
    let read = file.dataset("numbers").unwrap().read_raw::<i32>().unwrap();
    let expected = data.iter().map(|n| if (2000..3000).contains(n) { 0 } else { *n });
    assert!(read.into_iter().eq(expected));
}
