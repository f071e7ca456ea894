//! Where the bytes come from does not matter: memory, a map, positioned reads, single bytes give
//! the same content; a storage that fails gives its own error and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

mod support;

use hdfive::{ErrorKind, File, FileStorage, Storage};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::fixtures::{self, Fixture};
use support::walk::{Walk, read_bytes, read_opened};

/// Fixtures of one file that name no other.
fn alone() -> Vec<(Fixture, PathBuf)> {
    let elsewhere = ["virtual_", "external_", "links_"];
    let mut fixtures = fixtures::all();
    fixtures.retain(|f| f.opens && f.driver.is_empty());
    fixtures.retain(|f| !elsewhere.iter().any(|name| f.name.starts_with(name)));
    fixtures.into_iter().map(|f| (f.clone(), f.path())).collect()
}

/// A storage whose every request is for one byte, and fails once it has answered `left`.
#[derive(Debug)]
struct Meagre {
    bytes: Vec<u8>,
    piece: usize,
    left: AtomicU64,
}

impl Meagre {
    fn new(bytes: Vec<u8>, piece: usize, left: u64) -> Arc<Self> {
        Arc::new(Self { bytes, piece, left: AtomicU64::new(left) })
    }
}

impl Storage for Meagre {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut at = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        for part in buf.chunks_mut(self.piece) {
            let took =
                self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
            took.map_err(|_| io::Error::other("the storage gave up"))?;
            let end = at.checked_add(part.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
            part.copy_from_slice(self.bytes.get(at..end).ok_or(io::ErrorKind::UnexpectedEof)?);
            at = end;
        }
        Ok(())
    }
}

#[track_caller]
fn assert_same(name: &str, source: &str, expected: &Walk, found: &Walk) {
    let lines = expected.text.lines().zip(found.text.lines()).find(|(a, b)| a != b);
    assert_eq!(lines, None, "{name} through {source}");
    assert_eq!(expected.text.len(), found.text.len(), "{name} through {source}");
}

#[test]
fn the_source_does_not_matter() {
    for (fixture, path) in alone() {
        let name = &fixture.name;
        let bytes = fs::read(&path).unwrap();
        let expected = read_bytes(bytes.clone());
        if !name.starts_with("third_party_filters") {
            assert!(expected.errors.is_empty(), "{name}: {:?}", expected.errors);
        }
        let options = File::with_options;
        let same = |source, found: Walk| assert_same(name, source, &expected, &found);
        same("a map", read_opened(options().mmap(true).open(&path)));
        same("positioned reads", read_opened(options().mmap(false).open(&path)));
        let storage: Arc<dyn Storage> = Arc::new(FileStorage::open(&path).unwrap());
        same("a storage of a file", read_opened(File::from_storage(storage)));
        let single = Meagre::new(bytes, 1, u64::MAX);
        same("single bytes", read_opened(File::from_storage(single)));
    }
}

#[test]
fn a_failing_storage_gives_its_own_error() {
    for (fixture, path) in alone() {
        let bytes = fs::read(&path).unwrap();
        if bytes.len() > 20_000 {
            continue;
        }
        let whole = Meagre::new(bytes.clone(), usize::MAX, u64::MAX);
        let expected = read_opened(File::from_storage(Arc::<Meagre>::clone(&whole)));
        let requests = u64::MAX - whole.left.load(Ordering::Relaxed);
        for left in (0..requests).step_by(1 + requests as usize / 40) {
            let storage = Meagre::new(bytes.clone(), usize::MAX, left);
            let found = read_opened(File::from_storage(storage));
            let name = format!("{} after {left} of {requests} requests", fixture.name);
            if found.errors.is_empty() {
                assert_same(&name, "a failing storage, without an error", &expected, &found);
            }
            // What the file itself holds against us stays; beyond it all is the storage's fault.
            let own = |walk: &Walk| {
                walk.errors.iter().filter(|e| !matches!(e.kind(), ErrorKind::Io(_))).count()
            };
            assert!(own(&found) <= own(&expected), "{name}: {:?}", found.errors);
        }
    }
}

/// A storage that counts its calls: bytes, and ranges asked for at once, which may all be refused.
#[derive(Debug)]
struct Counting {
    bytes: Vec<u8>,
    refuses: bool,
    single: AtomicU64,
    ranges: AtomicU64,
    calls: AtomicU64,
}

impl Counting {
    fn new(bytes: &[u8], refuses: bool) -> Arc<Self> {
        let [single, ranges, calls] = [(); 3].map(|()| AtomicU64::new(0));
        Arc::new(Self { bytes: bytes.to_vec(), refuses, single, ranges, calls })
    }

    /// Calls for single ranges, for several, and how many those were, since it was asked last.
    fn counts(&self) -> [u64; 3] {
        [&self.single, &self.calls, &self.ranges].map(|count| count.swap(0, Ordering::Relaxed))
    }

    fn copy(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let bytes = self.bytes.get(offset as usize..).and_then(|bytes| bytes.get(..buf.len()));
        buf.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl Storage for Counting {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.single.fetch_add(1, Ordering::Relaxed);
        self.copy(offset, buf)
    }

    fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> io::Result<()> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.ranges.fetch_add(ranges.len() as u64, Ordering::Relaxed);
        if self.refuses {
            return Err(io::ErrorKind::TimedOut.into());
        }
        ranges.iter_mut().try_for_each(|(offset, buf)| self.copy(*offset, buf))
    }
}

#[test]
fn chunks_are_asked_for_together() {
    let memory = hdfive::SharedMemory::default();
    let file = hdfive::File::with_options().create_storage(Arc::new(memory.clone())).unwrap();
    let values: Vec<u32> = (0..200_000).map(|n| n / 3).collect();
    let whole = || hdfive::Values::with_shape(&values, &[200, 1000]).unwrap();
    let new = || file.new_dataset_builder();
    new().with_data(whole()).chunk([10, 100]).deflate(1).create("packed").unwrap();
    new().with_data(whole()).chunk([10, 1000]).create("plain").unwrap();
    file.close().unwrap();
    let bytes = memory.to_vec();
    for (name, chunks) in [("packed", 200), ("plain", 20)] {
        for refuses in [false, true] {
            let storage = Counting::new(&bytes, refuses);
            let source: Arc<dyn Storage> = Arc::clone(&storage) as _;
            let file = File::with_options().threads(1).open_storage(source).unwrap();
            let dataset = file.dataset(name).unwrap();
            storage.counts();
            assert_eq!(dataset.read_raw::<u32>().unwrap(), values);
            let [single, calls, ranges] = storage.counts();
            // One for each part of the result.
            assert!(
                (1..=4).contains(&calls) && ranges == chunks,
                "{name}: {calls} calls for {ranges}"
            );
            // Blocks of the index; and all chunks, each by itself, where they are refused.
            let least = if refuses { chunks } else { 0 };
            assert!((least..least + 20).contains(&single), "{name}: {single} single reads");

            let part: Vec<u32> = dataset.read_slice_raw((3..27, 5..905)).unwrap();
            let row = |row: usize| values[row * 1000 + 5..row * 1000 + 905].iter();
            assert!(part.iter().eq((3..27).flat_map(row)));
            // A part of chunks without filters is read as the part it is.
            let [_, calls, ranges] = storage.counts();
            let expected = if name == "packed" { (1, 30) } else { (0, 0) };
            assert_eq!((calls, ranges), expected, "{name}");
            // Chunks that were decoded for a part are kept; those that were read whole are not.
            let again: Vec<u32> = dataset.read_slice_raw((3..27, 5..905)).unwrap();
            let [_, calls, ranges] = storage.counts();
            let expected = if name == "packed" { (1, 8) } else { (0, 0) };
            assert_eq!((again, calls, ranges), (part, expected.0, expected.1), "{name}");

            // Points take whole chunks, each once, wherever they are.
            let source: Arc<dyn Storage> = Arc::clone(&storage) as _;
            let file = File::with_options().threads(1).open_storage(source).unwrap();
            let dataset = file.dataset(name).unwrap();
            let points: Vec<[u64; 2]> =
                (0..60).map(|n| [n * 7 % 200, if name == "packed" { 5 } else { n }]).collect();
            storage.counts();
            let found: Vec<u32> =
                dataset.read_slice_raw(hdfive::Selection::points(&points).unwrap()).unwrap();
            let value = |[row, column]: &[u64; 2]| values[(row * 1000 + column) as usize];
            assert_eq!(found, points.iter().map(value).collect::<Vec<_>>(), "{name}");
            let [_, calls, ranges] = storage.counts();
            assert_eq!((calls, ranges), (1, 20), "{name}");
        }
    }
}
