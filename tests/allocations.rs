//! Reading into memory that is there takes no more of it: what is allocated meanwhile does not grow
//! with what is read.

#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails; an allocator that counts is unsafe to write"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use hdfive::{Dataset, File, FileBuilder, SliceOrIndex};

/// Bytes that were ever asked for.
static ASKED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: all work is the system's allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller vouches.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller vouches.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Elements along each axis: 8 MiB of `f64`.
const SIDE: usize = 1024;
/// Bytes that a read may ask for whatever it reads.
const FEW: usize = 256 << 10;

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path =
            std::env::temp_dir().join(format!("hdfive-allocations-{}.h5", std::process::id()));
        let file = File::create(&path).unwrap();
        let values: Vec<f64> = (0..SIDE * SIDE).map(|n| (n % 1000) as f64).collect();
        let new = || {
            let values = hdfive::Values::with_shape(&values, &[SIDE, SIDE]).unwrap();
            file.new_dataset_builder().with_data(values)
        };
        new().create("contiguous").unwrap();
        new().chunk((128, 128)).create("plain").unwrap();
        new().chunk((128, 128)).shuffle().deflate(1).create("tiles").unwrap();
        new().chunk((16, SIDE)).shuffle().deflate(1).create("rows").unwrap();
        file.close().unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn open(options: &FileBuilder, path: &Path, name: &str) -> Dataset {
    options.open(path).unwrap().dataset(name).unwrap()
}

/// Bytes asked for while `work` is done for the second time.
fn asked(mut work: impl FnMut()) -> usize {
    work();
    let before = ASKED.load(Ordering::Relaxed);
    work();
    ASKED.load(Ordering::Relaxed) - before
}

/// One test: others would be counted too.
#[test]
fn what_a_read_allocates_does_not_grow_with_it() {
    let scratch = Scratch::new();
    let mut buffer = vec![0.0_f64; SIDE * SIDE];
    let mut half = vec![0.0_f64; SIDE * SIDE / 4];
    let every_other = (SliceOrIndex::stepped(.., 2), SliceOrIndex::stepped(.., 2));
    for name in ["contiguous", "plain", "tiles", "rows"] {
        for threads in [1, 2] {
            let dataset = open(&File::with_options().threads(threads), &scratch.0, name);
            let bytes = asked(|| {
                assert_eq!(dataset.read_into_raw(&mut buffer).unwrap(), SIDE * SIDE);
            });
            assert!(bytes < FEW, "{name}, {threads} threads: {bytes} bytes");
            assert!(buffer.iter().enumerate().all(|(n, value)| *value == (n % 1000) as f64));
            // Chunks that are read in part are decoded once, and found again.
            let bytes = asked(|| {
                dataset.read_slice_into_raw(&mut half, every_other.clone()).unwrap();
            });
            assert!(bytes < FEW, "{name}, {threads} threads, every other: {bytes} bytes");
        }
    }
    let small = open(&File::with_options().threads(1), &scratch.0, "contiguous");
    let mut few = [0.0_f64; 64];
    let bytes = asked(|| {
        small.read_slice_into_raw(&mut few, (17, 64..128)).unwrap();
    });
    assert!(bytes < 1024, "a small read: {bytes} bytes");
}
