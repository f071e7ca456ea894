//! Reads give the same by however many threads, from whatever cache, lent or copied.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

#[path = "support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use hdfive::{Dataset, File, FileBuilder, Selection, SliceOrIndex, Values};
use support::random::Random;

/// Shape of all datasets but those that say otherwise.
const SHAPE: [usize; 3] = [61, 70, 53];

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("hdfive-reading-{}-{name}.h5", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn values() -> Vec<i32> {
    (0..61 * 70 * 53).map(|n| n * 7 % 100_003).collect()
}

const NAMES: [&str; 6] = ["contiguous", "plain", "tiles", "slabs", "columns", "sparse"];

/// One dataset of each kind; of the sparse one, most chunks are not stored.
fn make(path: &Path) {
    let file = File::with_options().alignment(1024, 8).create(path).unwrap();
    let values = values();
    let new = || {
        let values = Values::with_shape(&values, &SHAPE).unwrap();
        file.new_dataset_builder().with_data(values)
    };
    new().create("contiguous").unwrap();
    new().chunk((16, 32, 17)).create("plain").unwrap();
    new().chunk((16, 32, 17)).shuffle().deflate(1).create("tiles").unwrap();
    new().chunk((2, 70, 53)).shuffle().deflate(1).fletcher32().create("slabs").unwrap();
    new().chunk((61, 9, 10)).lzf().create("columns").unwrap();
    let sparse = file.new_dataset::<i32>().shape(SHAPE).chunk((4, 4, 4)).deflate(1);
    let sparse = sparse.fill_value(-5).create("sparse").unwrap();
    sparse.write_slice(&[1, 2, 3], (7, 1, 1..4)).unwrap();
    sparse.write_slice(&[4, 5], (60, 69, 51..53)).unwrap();
    file.close().unwrap();
}

fn expected(name: &str) -> Vec<i32> {
    if name != "sparse" {
        return values();
    }
    let mut all = vec![-5; values().len()];
    let at = |a: usize, b: usize, c: usize| (a * 70 + b) * 53 + c;
    all[at(7, 1, 1)..][..3].copy_from_slice(&[1, 2, 3]);
    all[at(60, 69, 51)..][..2].copy_from_slice(&[4, 5]);
    all
}

fn options() -> Vec<FileBuilder> {
    let mut all = Vec::new();
    for threads in [0, 1, 2, 5] {
        for cache in [0, 40_000, 64 << 20] {
            for mmap in [true, false] {
                let options = File::with_options();
                all.push(options.threads(threads).chunk_cache(cache).mmap(mmap));
            }
        }
    }
    all
}

/// A range, a stepped range, an index or a list along an axis, and the coordinates it selects.
fn along(random: &mut Random, len: usize) -> (SliceOrIndex, Vec<usize>) {
    let start = random.below(len);
    let end = start + 1 + random.below(len - start);
    match random.below(5) {
        0 => (SliceOrIndex::from(..), (0..len).collect()),
        1 | 2 => (SliceOrIndex::from(start..end), (start..end).collect()),
        3 => (SliceOrIndex::stepped(start..end, 3), (start..end).step_by(3).collect()),
        _ => (SliceOrIndex::from(start), vec![start]),
    }
}

#[test]
fn all_ways_to_read_give_the_same() {
    let scratch = Scratch::new("same");
    make(&scratch.0);
    let mut random = Random(41);
    for (number, options) in options().into_iter().enumerate() {
        let file = options.open(&scratch.0).unwrap();
        for name in NAMES {
            let (dataset, all) = (file.dataset(name).unwrap(), expected(name));
            for _ in 0..6 {
                let axes: Vec<_> = SHAPE.iter().map(|len| along(&mut random, *len)).collect();
                let selection: Vec<_> = axes.iter().map(|(axis, _)| axis.clone()).collect();
                let selection = Selection::Hyperslab(selection.into());
                let mut wanted = Vec::new();
                for a in &axes[0].1 {
                    for b in &axes[1].1 {
                        wanted.extend(axes[2].1.iter().map(|c| all[(a * 70 + b) * 53 + c]));
                    }
                }
                let context = format!("{number}: {name} {selection}");
                let read: Vec<i32> = dataset.read_slice_raw(selection.clone()).unwrap();
                assert_eq!(read, wanted, "{context}");
                let wide: Vec<f64> = dataset.read_slice_raw(selection).unwrap();
                assert!(wide.iter().zip(&wanted).all(|(a, b)| *a == f64::from(*b)), "{context}");
            }
            let points: Vec<[u64; 3]> =
                (0..200).map(|_| SHAPE.map(|len| random.below(len) as u64)).collect();
            let read: Vec<i32> =
                dataset.read_slice_raw(Selection::points(&points).unwrap()).unwrap();
            let place = |p: &[u64; 3]| ((p[0] * 70 + p[1]) * 53 + p[2]) as usize;
            assert!(read.iter().zip(&points).all(|(a, p)| *a == all[place(p)]), "{name}");
            assert_eq!(dataset.read_raw::<i32>().unwrap(), all, "{number}: {name}");
            let wide: Vec<i64> = dataset.read_raw().unwrap();
            assert!(wide.iter().zip(&all).all(|(a, b)| *a == i64::from(*b)), "{name}");
        }
    }
}

#[test]
fn what_has_no_elements_reads_as_none() {
    let scratch = Scratch::new("empty");
    let file = File::create(&scratch.0).unwrap();
    for shape in [[0, 7], [7, 0], [0, 0]] {
        let name = format!("{shape:?}");
        file.new_dataset::<i32>().shape(shape).create(&*format!("plain {name}")).unwrap();
        let new = || file.new_dataset::<i32>().shape((shape[0].., shape[1]..)).chunk((4, 3));
        new().create(&*format!("chunks {name}")).unwrap();
        new().deflate(1).create(&*format!("gzip {name}")).unwrap();
    }
    file.close().unwrap();
    for (number, options) in options().into_iter().enumerate() {
        let file = options.open(&scratch.0).unwrap();
        for dataset in file.datasets().unwrap() {
            let context = format!("{number}: {}", dataset.name());
            assert!(dataset.read_raw::<i32>().unwrap().is_empty(), "{context}");
            assert!(dataset.read_raw::<f64>().unwrap().is_empty(), "{context}");
            assert!(dataset.read_slice_raw::<i32>((.., 2..5)).unwrap().is_empty(), "{context}");
            assert_eq!(dataset.read_into_raw::<i32>(&mut []).unwrap(), 0, "{context}");
        }
    }
}

#[test]
fn what_was_kept_decoded_is_forgotten_when_the_file_changes() {
    let scratch = Scratch::new("kept");
    make(&scratch.0);
    let file = File::open_rw(&scratch.0).unwrap();
    let tiles = file.dataset("tiles").unwrap();
    let mut all = values();
    let mut random = Random(5);
    for round in 0..40_i32 {
        let at: Vec<usize> = SHAPE.iter().map(|len| random.below(len - 3)).collect();
        let window = (at[0]..at[0] + 3, at[1]..at[1] + 3, at[2]..at[2] + 3);
        let new: Vec<i32> = (0..27).map(|n| -round * 100 - n).collect();
        tiles.read_slice_raw::<i32>(window.clone()).unwrap();
        let block = Values::with_shape(&new, &[3, 3, 3]).unwrap();
        tiles.write_slice(block, window.clone()).unwrap();
        let mut next = new.iter();
        for a in at[0]..at[0] + 3 {
            for b in at[1]..at[1] + 3 {
                for c in at[2]..at[2] + 3 {
                    all[(a * 70 + b) * 53 + c] = *next.next().unwrap();
                }
            }
        }
        assert_eq!(tiles.read_slice_raw::<i32>(window).unwrap(), new);
        if round % 7 == 0 {
            file.flush().unwrap();
        }
        let row: Vec<i32> = tiles.read_slice_raw((at[0], at[1])).unwrap();
        assert_eq!(row, all[(at[0] * 70 + at[1]) * 53..][..53]);
    }
    assert_eq!(tiles.read_raw::<i32>().unwrap(), all);
}

fn is_usage<T>(result: hdfive::Result<T>) -> bool {
    matches!(result.map(|_| ()).unwrap_err().kind(), hdfive::ErrorKind::Usage(_))
}

#[test]
fn elements_are_lent_where_they_lie_as_they_are() {
    let scratch = Scratch::new("lent");
    make(&scratch.0);
    let open = |options: FileBuilder, name: &str| -> Dataset {
        options.open(&scratch.0).unwrap().dataset(name).unwrap()
    };
    let contiguous = open(File::with_options(), "contiguous");
    assert_eq!(contiguous.as_slice::<i32>().unwrap(), values());
    assert!(is_usage(contiguous.as_slice::<u32>()));
    assert!(is_usage(contiguous.as_slice::<i64>()));
    assert!(is_usage(contiguous.as_slice::<String>()));
    assert!(is_usage(contiguous.as_slice::<[i32; 1]>()));
    assert!(is_usage(contiguous.chunk_slices::<i32>()));
    assert!(is_usage(open(File::with_options().mmap(false), "contiguous").as_slice::<i32>()));
    assert!(is_usage(open(File::with_options(), "tiles").as_slice::<i32>()));
    assert!(is_usage(open(File::with_options(), "tiles").chunk_slices::<i32>()));
    let plain = open(File::with_options(), "plain");
    assert!(is_usage(plain.as_slice::<i32>()));
    let (all, mut seen) = (values(), 0);
    for chunk in plain.chunk_slices::<i32>().unwrap() {
        let chunk = chunk.unwrap();
        let (at, elements) = (chunk.offset(), chunk.elements());
        assert_eq!(elements.len(), 16 * 32 * 17);
        for (place, value) in elements.iter().enumerate() {
            let (a, b, c) = (place / 544 + at[0], place / 17 % 32 + at[1], place % 17 + at[2]);
            if a < 61 && b < 70 && c < 53 {
                assert_eq!(*value, all[(a * 70 + b) * 53 + c]);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, all.len());
    let plain = open(File::with_options().mmap(false), "plain");
    assert!(is_usage(plain.chunk_slices::<i32>().unwrap().next().unwrap()));
}

/// libhdf5 puts blocks anywhere: an element of 8 bytes may lie where none may in memory.
#[test]
fn what_lies_askew_is_copied_not_lent() {
    for block in 0..8_usize {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let scratch = Scratch::new(&format!("askew-{block}"));
        let copy = File::create(&scratch.0).unwrap();
        copy.create_dataset("pad", &vec![1_u8; 70_000 + block]).unwrap();
        copy.create_dataset("x", &values).unwrap();
        copy.close().unwrap();
        let x = File::open(&scratch.0).unwrap().dataset("x").unwrap();
        let aligned = x.offset().unwrap().is_multiple_of(8);
        match x.as_slice::<f64>() {
            Ok(lent) => assert!(aligned && lent == values),
            Err(error) => assert!(!aligned && matches!(error.kind(), hdfive::ErrorKind::Usage(_))),
        }
        assert_eq!(x.read_raw::<f64>().unwrap(), values);
    }
}
