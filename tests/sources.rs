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
