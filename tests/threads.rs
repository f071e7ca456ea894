//! Several threads read one file at once, different datasets and the same one, and each gets what
//! a single thread gets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use hdfive::{Dataset, File};
use std::thread;
use support::fixtures;

/// Each dataset of a file, with the bytes that one thread reads.
fn datasets(file: &File) -> Vec<(Dataset, Vec<u8>)> {
    let read = |dataset: Dataset| {
        let bytes = dataset.read_elements(..).unwrap().bytes().to_vec();
        (dataset, bytes)
    };
    file.datasets().unwrap().into_iter().map(read).collect()
}

fn read_at_once(threads: usize, name: &str) {
    let path = fixtures::folder().join(format!("{name}.h5"));
    let expected = datasets(&File::open(&path).unwrap());
    assert!(expected.len() > 3, "{name}");
    // A file of its own, whose caches nothing has filled.
    let file = File::open(&path).unwrap();
    let fresh: Vec<Dataset> = file.datasets().unwrap();
    thread::scope(|scope| {
        for first in 0..threads {
            let (fresh, expected) = (&fresh, &expected);
            scope.spawn(move || {
                // All start at different datasets, and meet at each of them.
                let turns = fresh
                    .iter()
                    .zip(expected)
                    .cycle()
                    .skip(first)
                    .take(fresh.len().saturating_mul(4));
                for (dataset, (_, bytes)) in turns {
                    assert_eq!(dataset.read_elements(..).unwrap().bytes(), bytes, "{dataset:?}");
                }
            });
        }
        for _ in 0..threads {
            // Handles of its own, made while others read.
            let (file, expected) = (file.clone(), &expected);
            scope.spawn(move || {
                for ((_, bytes), (_, found)) in expected.iter().zip(datasets(&file)) {
                    assert_eq!(*bytes, found);
                }
            });
        }
    });
}

const FILES: [&str; 5] = [
    "filters_latest",
    "chunk_indexes_earliest",
    "chunk_indexes_latest",
    "scale_offset_v110",
    "layouts_earliest",
];

#[test]
fn two_threads() {
    FILES.iter().for_each(|name| read_at_once(1, name));
}

#[test]
fn eight_threads() {
    FILES.iter().for_each(|name| read_at_once(4, name));
}

#[test]
fn handles_go_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<File>();
    shared::<Dataset>();
    shared::<hdfive::Group>();
    shared::<hdfive::Attribute>();
    shared::<hdfive::Datatype>();
    shared::<hdfive::Location>();
    shared::<hdfive::Reference>();
}
