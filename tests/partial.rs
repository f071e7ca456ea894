//! Parts of datasets, written in every way there is, against a plain model in memory; and h5py reads
//! what the model says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

#[path = "partial/choice.rs"]
mod choice;
#[path = "partial/model.rs"]
mod model;
#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use choice::{Choice, choose};
use hdfive::{ExternalAccess, File, FileBuilder, LibraryVersion, Selection, SliceOrIndex, Values};
use model::{KINDS, Model, PLACES};
use support::random::Random;

const SHOW: &str = r#"
import h5py, sys
def code(value):
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        return int(value[1:]) if value else 0
    if hasattr(value, '__len__'):
        assert len(value) in (0, 1 + int(value[0]) % 4 if len(value) else 0) and all(part == value[0] for part in value), value
        return int(value[0]) if len(value) else 0
    return int(value)
with h5py.File(sys.argv[1], 'r') as file:
    for name in sorted(file):
        if name.startswith('source'):
            continue
        values = file[name][()]
        shape = file[name].shape
        flat = values.ravel() if shape else [values]
        codes = [' '.join(str(code(part)) for part in value) if file[name].dtype.names else code(value) for value in flat]
        print(name, *shape, '|', *codes)
"#;

fn options(low: LibraryVersion) -> FileBuilder {
    let external = ExternalAccess::SameDirectory;
    File::with_options().external(external).library_versions(low, LibraryVersion::V200)
}

fn check_with_h5py(folder: &Path, models: &[Model]) {
    let shown = support::python_in(folder, SHOW, &["file.h5"]).unwrap();
    let mut expected: Vec<String> = models.iter().map(Model::line).collect();
    expected.sort();
    let found: Vec<&str> = shown.lines().collect();
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

fn change(file: &File, model: &mut Model, random: &mut Random) {
    let dataset = file.dataset(&model.name).unwrap();
    if model.grows.iter().any(|grows| *grows) && random.below(5) == 0 {
        let new = |(len, grows): (&usize, &bool)| if *grows { random.below(8) } else { *len };
        let shape: Vec<usize> = model.shape.iter().zip(&model.grows).map(new).collect();
        dataset.resize(&shape).unwrap();
        model.resize(&shape);
        return;
    }
    let choice = choose(&model.shape, random);
    if random.below(4) == 0 {
        model.check(&dataset, &choice);
        return;
    }
    let spread = random.below(2) == 0;
    let shape = if spread { choice.repeated(random) } else { choice.shape.clone() };
    let codes: Vec<i64> =
        (0..shape.iter().product()).map(|_| random.below(30_000) as i64).collect();
    model.write(&dataset, &choice, &codes, &shape, random);
    if random.below(8) == 0 {
        refuse(model, &dataset, &choice);
    }
    model.check(&dataset, &choice);
}

/// Values of a shape that does not fit change nothing.
fn refuse(model: &Model, dataset: &hdfive::Dataset, choice: &Choice) {
    let mut shape = choice.shape.clone();
    shape.insert(0, 2);
    let values = vec![1i64; shape.iter().product()];
    let values = Values::with_shape(&values, &shape).unwrap();
    let error = match model.kind.is_number() {
        true => dataset.write_slice(values, choice.selection.clone()).unwrap_err(),
        false => return,
    };
    assert!(error.is_usage(), "{error}");
    let few = vec![1i64; choice.places.len() + 1];
    dataset.write_slice_raw(&few, choice.selection.clone()).unwrap_err();
}

fn run(low: LibraryVersion, seed: u64, indexes: &mut BTreeSet<String>) {
    let folder = support::empty_folder(&format!("partial-{}-{seed}", low.name()));
    let mut random = Random(seed);
    let file = options(low).create(folder.join("file.h5")).unwrap();
    let mut models: Vec<Model> = Vec::new();
    for (n, place) in (0..).zip(PLACES) {
        // Every kind comes at every place, in several runs.
        let kind = KINDS[(n + seed as usize) % KINDS.len()];
        let model = Model::create(&file, format!("{n:02}"), kind, place, &mut random);
        let dataset = file.dataset(&model.name).unwrap();
        indexes.extend(dataset.chunk_index().map(|index| format!("{index:?}")));
        models.push(model);
    }
    let mut file = Some(file);
    for round in 0..4 {
        let open = file.take();
        let open = open.unwrap_or_else(|| options(low).open_rw(folder.join("file.h5")).unwrap());
        for step in 0..50 {
            let at = random.below(models.len());
            change(&open, &mut models[at], &mut random);
            if step % 11 == 0 {
                open.flush().unwrap();
            }
        }
        let everything = |model: &Model| {
            let dataset = open.dataset(&model.name).unwrap();
            model.check(&dataset, &Choice::all(&model.shape));
        };
        models.iter().for_each(everything);
        open.close().unwrap();
        if support::python().is_some() && (round == 0 || round == 3) {
            check_with_h5py(&folder, &models);
        }
    }
}

#[test]
fn parts_are_written_in_files_of_1_8() {
    let mut indexes = BTreeSet::new();
    (0..7).for_each(|seed| run(LibraryVersion::V18, seed, &mut indexes));
    assert_eq!(indexes.into_iter().collect::<Vec<_>>(), ["BTree1"]);
}

#[test]
fn parts_are_written_in_newer_files() {
    let mut indexes = BTreeSet::new();
    (10..17).for_each(|seed| run(LibraryVersion::V110, seed, &mut indexes));
    let all = ["BTree2", "ExtensibleArray", "FixedArray", "Implicit", "Single"];
    assert_eq!(indexes.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn shapes_are_as_strict_as_with_h5py() {
    let file = File::in_memory().unwrap();
    let table = file.new_dataset::<i32>().shape((3, 4)).create("table").unwrap();
    let list = || Selection::from((.., vec![0usize, 2]));
    let mask = || Selection::Mask((0..12).map(|n| n % 5 == 0).collect());
    // Lists take nothing but their own shape, masks of everything a single value besides.
    assert!(table.write_slice(Values::scalar(&1), list()).unwrap_err().is_usage());
    assert!(table.write_slice(&[1, 2], list()).unwrap_err().is_usage());
    table.write_slice(Values::with_shape(&[1; 6], &[3, 2]).unwrap(), list()).unwrap();
    table.write_slice(Values::scalar(&5), mask()).unwrap();
    table.write_slice(&[7, 8, 9], mask()).unwrap();
    assert!(table.write_slice(&[7, 8], mask()).unwrap_err().is_usage());
    assert_eq!(table.read_raw::<i32>().unwrap(), [7, 0, 1, 0, 1, 8, 1, 0, 1, 0, 9, 0]);
    let points = Selection::points([[0u64, 1], [2, 3], [0, 1]]).unwrap();
    table.write_slice(&[1, 2, 3], points).unwrap();
    assert_eq!(table.read_slice_raw::<i32>((0, 1)).unwrap(), [3]);
    let blocks = Selection::Blocks(vec![(vec![0, 0], vec![1, 1]), (vec![1, 1], vec![2, 2])]);
    assert!(table.write_slice(Values::scalar(&1), blocks.clone()).unwrap_err().is_usage());
    table.write_slice(&[1, 2, 3, 4, 5, 6, 7], blocks).unwrap();
    assert_eq!(table.read_raw::<i32>().unwrap(), [1, 2, 1, 0, 3, 4, 5, 0, 1, 6, 7, 2]);
    // Axes of length 1 and axes in front repeat.
    table.write_slice(Values::with_shape(&[1, 2, 3], &[1, 3, 1]).unwrap(), ..).unwrap();
    table.write_slice(&[4, 5], (1.., SliceOrIndex::stepped(.., 2))).unwrap();
    assert_eq!(table.read_raw::<i32>().unwrap(), [1, 1, 1, 1, 4, 2, 5, 2, 4, 3, 5, 3]);
    assert!(table.write(&[1, 2, 3, 4]).unwrap_err().is_usage());
    assert!(table.write_slice(&[1, 2, 3], ..).unwrap_err().is_usage());
}

#[test]
fn members_that_are_not_there_are_named() {
    let file = File::in_memory().unwrap();
    let pairs = file.new_dataset::<(i32, String)>().shape(2).create("pairs").unwrap();
    assert!(pairs.write_field("2", &[1], ..).unwrap_err().is_not_found());
    assert!(pairs.write_fields(&["0", "0"], &[(1, 1)], ..).unwrap_err().is_usage());
    let error = pairs.write_fields(&["0", "1"], &[(1, 1)], ..).unwrap_err();
    assert!(matches!(error.kind(), hdfive::ErrorKind::Conversion(_)));
    pairs.write_fields(&["1", "0"], &[("a".to_owned(), 1), ("b".to_owned(), 2)], ..).unwrap();
    pairs.write_field("1", Values::scalar(&"c".to_owned()), ..).unwrap();
    let all: Vec<(String, i32)> = pairs.read_fields(&["1", "0"], ..).unwrap();
    assert_eq!(all, [("c".to_owned(), 1), ("c".to_owned(), 2)]);
    let attribute = pairs.new_attr::<(i32, f64)>().create("at").unwrap();
    attribute.write_field("1", &[0.5], ..).unwrap();
    assert_eq!(attribute.read_scalar::<(i32, f64)>().unwrap(), (0, 0.5));
    let numbers = file.new_dataset::<i32>().shape(2).create("numbers").unwrap();
    assert!(numbers.write_field("0", &[1], ..).unwrap_err().is_not_found());
}

#[test]
fn what_points_write_twice_leaves_nothing_behind() {
    let file = File::in_memory().unwrap();
    let words = file.new_dataset::<String>().shape(4).create("words").unwrap();
    let points = || Selection::points([[1u64], [2], [1], [2], [1]]).unwrap();
    let mut sizes = Vec::new();
    for round in 0..12 {
        let values: Vec<String> = (0..5).map(|n| format!("{round:02} {n} ").repeat(300)).collect();
        words.write_slice_raw(&values, points()).unwrap();
        assert_eq!(words.read_slice_raw::<String>(1).unwrap(), values[4..]);
        assert_eq!(words.read_slice_raw::<String>(2).unwrap(), values[3..4]);
        file.flush().unwrap();
        sizes.push(file.size());
    }
    assert_eq!(sizes[5], sizes[11], "{sizes:?}");
}
