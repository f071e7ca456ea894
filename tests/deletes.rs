//! What is deleted leaves nothing behind: the space of objects and of what their elements keep in
//! heaps serves again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

use hdfive::{AllocTime, Dataset, File, Group, H5Type, Layout, LibraryVersion};

const VERSIONS: [LibraryVersion; 4] =
    [LibraryVersion::Earliest, LibraryVersion::V18, LibraryVersion::V110, LibraryVersion::V200];

/// Bytes of the file that something lies in.
fn used(file: &File) -> u64 {
    // What a flush lets go of is given back by the next one.
    (0..3).for_each(|_| file.flush().unwrap());
    file.size() - file.free_space()
}

/// Datasets of one type in every layout.
fn datasets<T: H5Type + Clone>(group: &Group, fill: &T) -> Vec<Dataset> {
    let new = || group.new_dataset::<T>();
    let filled = || new().fill_value(fill.clone());
    let early = || filled().alloc_time(Some(AllocTime::Early));
    vec![
        new().shape(30).create("contiguous").unwrap(),
        filled().shape(30).create("contiguous_filled").unwrap(),
        new().shape(30).layout(Layout::Compact).create("compact").unwrap(),
        filled().shape(30).layout(Layout::Compact).create("compact_filled").unwrap(),
        new().shape(30).chunk(30).create("single").unwrap(),
        new().shape(30..=50).chunk(7).create("fixed").unwrap(),
        new().shape(30..).chunk(7).create("chunked").unwrap(),
        new().shape((0.., 0..)).chunk((7, 2)).deflate(3).create("tree").unwrap(),
        filled().shape(30..).chunk(7).lzf().create("filtered").unwrap(),
        early().shape(30).chunk(7).create("early").unwrap(),
        early().shape(30..).chunk(7).deflate(1).create("early_filtered").unwrap(),
    ]
}

fn change<T: H5Type + Clone>(datasets: &[Dataset], values: &[T]) {
    for dataset in datasets {
        if dataset.ndim() == 2 {
            dataset.resize(&[10, 3]).unwrap();
        }
        dataset.write_raw(&values[..30]).unwrap();
        if dataset.ndim() == 1 {
            dataset.write_slice_raw(&values[3..11], 11..19).unwrap();
        }
    }
    for dataset in datasets.iter().filter(|dataset| dataset.is_resizable()) {
        let wide: &[usize] = if dataset.ndim() == 2 { &[3] } else { &[] };
        for rows in [12, 40, 5, 20] {
            dataset.resize(&[&[rows], wide].concat()).unwrap();
        }
    }
}

fn run<T: H5Type + Clone>(file: &File, fill: &T, values: &[T]) {
    file.create_group("keep").unwrap();
    let before = used(file);
    for round in 0..3 {
        let group = file.create_group("group").unwrap();
        let datasets = datasets(&group, fill);
        if round > 0 {
            file.flush().unwrap();
        }
        change(&datasets, values);
        for (number, value) in values.iter().enumerate().take(12) {
            let name = format!("attribute {number}");
            group.new_attr::<T>().create(name.as_str()).unwrap().write_scalar(value).unwrap();
        }
        if round > 1 {
            file.flush().unwrap();
        }
        assert!(used(file) > before);
        file.unlink("group").unwrap();
        assert_eq!(used(file), before, "round {round}");
    }
}

#[test]
fn datasets_leave_nothing_behind() {
    for version in VERSIONS {
        let new = || {
            let builder = File::with_options().library_versions(version, LibraryVersion::LATEST);
            builder.in_memory().unwrap()
        };
        let numbers: Vec<i32> = (0..40).collect();
        run(&new(), &7, &numbers);
        let words: Vec<String> = (0..40).map(|n| "word ".repeat(n)).collect();
        run(&new(), &"nothing".to_owned(), &words);
        let lists: Vec<Vec<i32>> = (0..40).map(|n| (0..n).collect()).collect();
        run(&new(), &vec![1, 2, 3], &lists);
        let nested: Vec<Vec<String>> =
            (0..40).map(|n| (0..n % 4).map(|m| "x".repeat(m)).collect()).collect();
        run(&new(), &vec!["one".to_owned()], &nested);
    }
}

#[test]
fn data_of_other_files_leaves_nothing_behind() {
    for version in VERSIONS {
        let builder = File::with_options().library_versions(version, LibraryVersion::LATEST);
        let file = builder.in_memory().unwrap();
        let before = used(&file);
        for _ in 0..3 {
            let rows = file.new_dataset::<i16>().shape((2.., 3));
            rows.external("first.raw", 4, 5)
                .external("second.raw", 0, usize::MAX)
                .create("d")
                .unwrap();
            assert!(used(&file) > before);
            file.unlink("d").unwrap();
            assert_eq!(used(&file), before);
            if version < LibraryVersion::V110 {
                continue;
            }
            let joined = file.new_dataset::<i32>().shape((4, 3));
            joined.virtual_map("a.h5", "x", (4, 3), .., (4, 3), ..).create("d").unwrap();
            assert!(used(&file) > before);
            file.unlink("d").unwrap();
            assert_eq!(used(&file), before);
        }
    }
}
