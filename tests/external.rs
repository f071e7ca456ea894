//! Raw data in files of its own: written by this library and by h5py, seen by both.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};

use hdfive::{ErrorKind, ExternalAccess, File, FileBuilder, SliceOrIndex};

#[path = "support/mod.rs"]
mod support;

use support::random::Random;

/// `parts` over three files, one of them used twice; `rows` without end.
const MAKE: &str = r#"
import h5py, sys
unlimited = h5py.h5f.UNLIMITED
with h5py.File('file.h5', 'w', libver=sys.argv[1]) as file:
    file.create_dataset('parts', (7, 9), '>i4', external=[
        ('a.raw', 16, 50), ('b.raw', 0, 30), ('a.raw', 100, 3), ('c.raw', 7, 200)])
    file.create_dataset('rows', (2, 3), 'i2', maxshape=(None, 3), external=[
        ('d.raw', 4, 5), ('e.raw', 0, unlimited)])
    file.create_dataset('bounded', (2, 3), 'i2', maxshape=(20, 3), external=[('f.raw', 0, 120)])
    file.create_dataset('words', (3,), h5py.string_dtype(), external=[('g.raw', 0, 48)])
"#;

const SHOW: &str = r#"
import h5py, sys
with h5py.File('file.h5', 'r') as file:
    for name in sys.argv[1:]:
        dataset = file[name]
        values = dataset.asstr()[...] if dataset.dtype == object else dataset[...]
        print(name, *dataset.shape, '|', *values.ravel().tolist())
"#;

fn beside() -> FileBuilder {
    File::with_options().external(ExternalAccess::SameDirectory)
}

/// A folder with the file that h5py made.
fn made(name: &str, version: &str) -> Option<PathBuf> {
    let folder = support::empty_folder(&format!("external-{name}-{version}"));
    support::python_in(&folder, MAKE, &[version])?;
    Some(folder)
}

fn shown(folder: &Path, names: &[&str]) -> String {
    support::python_in(folder, SHOW, names).unwrap()
}

fn line(name: &str, shape: &[usize], values: &[i64]) -> String {
    let numbers = |all: Vec<String>| all.join(" ");
    let shape = numbers(shape.iter().map(usize::to_string).collect());
    format!("{name} {shape} | {}\n", numbers(values.iter().map(i64::to_string).collect()))
}

#[test]
fn parts_are_written_where_they_belong() {
    for (seed, version) in (0..).zip(["earliest", "v108", "latest"]) {
        let Some(folder) = made("parts", version) else { return };
        let mut random = Random(seed);
        let mut model = vec![0i64; 63];
        for round in 0..8 {
            let file = beside().open_rw(folder.join("file.h5")).unwrap();
            let dataset = file.dataset("parts").unwrap();
            if round == 0 {
                assert!(dataset.read_raw::<i64>().unwrap_err().is_not_found());
                dataset.write_raw(&model).unwrap();
            }
            for _ in 0..10 {
                let (top, left) = (random.below(7), random.below(9));
                let (step, height) = (1 + random.below(3), 1 + random.below(7 - top));
                let (stride, width) = (1 + random.below(3), 1 + random.below(9 - left));
                let rows = SliceOrIndex::stepped(top..top + height, step);
                let columns = SliceOrIndex::stepped(left..left + width, stride);
                let mut values = Vec::new();
                for row in (top..top + height).step_by(step) {
                    for column in (left..left + width).step_by(stride) {
                        values.push(i64::try_from(random.below(1 << 31)).unwrap());
                        model[row * 9 + column] = *values.last().unwrap();
                    }
                }
                dataset.write_slice_raw(&values, (rows, columns)).unwrap();
                assert_eq!(dataset.read_raw::<i64>().unwrap(), model);
            }
            file.close().unwrap();
            assert_eq!(shown(&folder, &["parts"]), line("parts", &[7, 9], &model));
        }
        // Nothing lies outside of the parts.
        let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
        assert_eq!(bytes("a.raw").len(), 103);
        assert!(bytes("a.raw")[..16].iter().chain(&bytes("a.raw")[66..100]).all(|byte| *byte == 0));
        assert_eq!(bytes("b.raw").len(), 30);
        assert_eq!(bytes("c.raw").len(), 7 + 7 * 9 * 4 - 83);
    }
}

#[test]
fn the_first_axis_grows_and_shrinks() {
    let Some(folder) = made("rows", "latest") else { return };
    let file = beside().open_rw(folder.join("file.h5")).unwrap();
    let rows = file.dataset("rows").unwrap();
    rows.write_raw(&[1i16, 2, 3, 4, 5, 6]).unwrap();
    rows.resize(&[5, 3]).unwrap();
    assert_eq!(rows.read_raw::<i16>().unwrap(), [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    rows.write_slice_raw(&[7, 8, 9], 4).unwrap();
    rows.resize(&[1, 3]).unwrap();
    assert_eq!(rows.read_raw::<i16>().unwrap(), [1, 2, 3]);
    // The files keep what lies behind the shape, as with libhdf5.
    rows.resize(&[5, 3]).unwrap();
    let all = [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 7, 8, 9];
    assert_eq!(rows.read_raw::<i64>().unwrap(), all);
    assert!(rows.resize(&[5, 2]).unwrap_err().is_usage());
    let bounded = file.dataset("bounded").unwrap();
    bounded.resize(&[20, 3]).unwrap();
    bounded.write_slice_raw(&[1, 2, 3], 19).unwrap();
    assert!(bounded.resize(&[21, 3]).unwrap_err().is_usage());
    bounded.resize(&[1, 3]).unwrap();
    file.close().unwrap();
    let expected = line("rows", &[5, 3], &all) + &line("bounded", &[1, 3], &[0, 0, 0]);
    assert_eq!(shown(&folder, &["rows", "bounded"]), expected);
}

#[test]
fn strings_lie_in_the_heap_of_the_file() {
    let Some(folder) = made("words", "latest") else { return };
    let file = beside().open_rw(folder.join("file.h5")).unwrap();
    let words = file.dataset("words").unwrap();
    words.write_raw(&["one", "two", "three"].map(String::from)).unwrap();
    words.write_slice_raw(&["zwei".to_owned()], 1).unwrap();
    file.close().unwrap();
    assert_eq!(shown(&folder, &["words"]), "words 3 | one zwei three\n");
}

#[test]
fn only_what_the_caller_allows_is_written() {
    let Some(folder) = made("refused", "latest") else { return };
    let path = folder.join("file.h5");
    let values = [7; 63];
    let refusal = |file: hdfive::Result<File>| {
        file.unwrap().dataset("parts").unwrap().write_raw(&values).unwrap_err()
    };
    let error = refusal(File::open_rw(&path));
    assert!(matches!(error.kind(), ErrorKind::Refused(_)));
    assert!(error.to_string().contains("FileBuilder::external"), "{error}");
    assert!(refusal(beside().open(&path)).is_usage());
    assert!(!folder.join("a.raw").exists());
    // A rule of the caller's own is told that the file is to be written.
    let only = |what: &'static str| {
        let directory = folder.clone();
        let rule = move |request: &hdfive::ExternalRequest<'_>| {
            let allowed = request.name == Path::new(what) && request.writing;
            allowed.then(|| directory.join(request.name))
        };
        File::with_options().external(ExternalAccess::Ask(std::sync::Arc::new(rule)))
    };
    // All parts must be allowed before the first is written.
    let error = refusal(only("a.raw").open_rw(&path));
    assert!(matches!(error.kind(), ErrorKind::Refused(_)));
    assert!(!folder.join("a.raw").exists());
    let file = only("f.raw").open_rw(&path).unwrap();
    file.dataset("bounded").unwrap().write_raw(&[1; 6]).unwrap();
    drop(file);
    assert_eq!(std::fs::read(folder.join("f.raw")).unwrap().len(), 12);
    // What is not a plain file is left alone, and so is the file itself.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.join("nowhere"), folder.join("g.raw")).unwrap();
        let file = beside().open_rw(&path).unwrap();
        file.dataset("words").unwrap().write_raw(&["a", "b", "c"].map(String::from)).unwrap_err();
        drop(file);
        assert!(!folder.join("nowhere").exists());
    }
    std::fs::rename(&path, folder.join("f.raw")).unwrap();
    let before = std::fs::read(folder.join("f.raw")).unwrap();
    let file = beside().open_rw(folder.join("f.raw")).unwrap();
    assert!(file.dataset("bounded").unwrap().write_raw(&[1; 6]).unwrap_err().is_usage());
    drop(file);
    assert_eq!(std::fs::read(folder.join("f.raw")).unwrap(), before);
}

#[test]
fn files_that_are_there_keep_the_rest() {
    let Some(folder) = made("kept", "latest") else { return };
    std::fs::write(folder.join("d.raw"), [9; 20]).unwrap();
    let file = beside().durable(true).open_rw(folder.join("file.h5")).unwrap();
    let rows = file.dataset("rows").unwrap();
    rows.write_raw(&[1i16, 2, 3, 4, 5, 6]).unwrap();
    file.close().unwrap();
    let mut expected = [9; 20];
    expected[4..9].copy_from_slice(&[1, 0, 2, 0, 3]);
    assert_eq!(std::fs::read(folder.join("d.raw")).unwrap(), expected);
    assert_eq!(shown(&folder, &["rows"]), line("rows", &[2, 3], &[1, 2, 3, 4, 5, 6]));
    let file = beside().open_rw(folder.join("file.h5")).unwrap();
    file.unlink("rows").unwrap();
    file.unlink("parts").unwrap();
    file.close().unwrap();
    // The raw files are not the file's to delete.
    assert_eq!(std::fs::read(folder.join("d.raw")).unwrap(), expected);
}

/// What h5dump says of the dataset's properties.
fn dumped(folder: &Path, file: &str, dataset: &str) -> Option<String> {
    let mut dump = std::process::Command::new("h5dump");
    let done = dump.current_dir(folder).args(["-p", "-H", "-d", dataset, file]).output().ok()?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap().replace(file, "FILE"))
}

#[test]
fn new_datasets_are_as_h5py_makes_them() {
    let Some(folder) = made("made", "v108") else { return };
    let file = beside().create(folder.join("new.h5")).unwrap();
    let kind = hdfive::definition::Datatype::integer(4, true, hdfive::definition::ByteOrder::Big);
    let builder = file.new_dataset_builder().empty_as(kind.unwrap()).shape((7, 9));
    let parts = [("a.raw", 16, 50), ("b.raw", 0, 30), ("a.raw", 100, 3), ("c.raw", 7, 200)];
    let parts = parts
        .into_iter()
        .fold(builder, |builder, (name, offset, size)| builder.external(name, offset, size));
    parts.create("parts").unwrap();
    let rows = file.new_dataset::<i16>().shape((2.., 3));
    rows.external("d.raw", 4, 5).external("e.raw", 0, usize::MAX).create("rows").unwrap();
    let bounded = (hdfive::Extent::new(2, Some(20)), hdfive::Extent::fixed(3));
    let bounded = file.new_dataset::<i16>().shape(bounded).external("f.raw", 0, 120);
    bounded.create("bounded").unwrap();
    // Values may be written with the dataset.
    let words = ["a", "bc", "def"].map(String::from);
    let word = file.new_dataset_builder().with_data(&words);
    let word = word.external("g.raw", 0, 48).create("words").unwrap();
    assert_eq!(word.layout(), hdfive::Layout::Contiguous);
    file.close().unwrap();
    for dataset in ["parts", "rows", "bounded", "words"] {
        assert_eq!(dumped(&folder, "new.h5", dataset), dumped(&folder, "file.h5", dataset));
    }
    assert!(!folder.join("a.raw").exists());
    std::fs::rename(folder.join("new.h5"), folder.join("file.h5")).unwrap();
    let file = beside().open_rw(folder.join("file.h5")).unwrap();
    let all: Vec<i64> = (0..63).collect();
    file.dataset("parts").unwrap().write_raw(&all).unwrap();
    let rows = file.dataset("rows").unwrap();
    rows.resize(&[4, 3]).unwrap();
    rows.write_raw(&all[..12]).unwrap();
    file.close().unwrap();
    let expected = line("parts", &[7, 9], &all) + &line("rows", &[4, 3], &all[..12]);
    assert_eq!(shown(&folder, &["parts", "rows", "words"]), expected + "words 3 | a bc def\n");
}

#[test]
fn parts_that_cannot_hold_the_dataset_are_refused() {
    let file = File::in_memory().unwrap();
    let new = |extents: hdfive::Extents| file.new_dataset::<i32>().shape(extents);
    let none = usize::MAX;
    let refused = [
        new(6.into()).external("a", 0, 8),
        new(6.into()).external("a", 0, none).external("b", 0, 8),
        new((6, 3..).into()).external("a", 0, none),
        new((6.., 3).into()).external("a", 0, 7200),
        new(6.into()).external("", 0, 24),
        new(6.into()).external("a\0b", 0, 24),
        new(6.into()).external("a", 0, 24).deflate(4),
        new(6.into()).external("a", 0, 24).layout(hdfive::Layout::Chunked),
    ];
    for builder in refused {
        assert!(builder.create("x").unwrap_err().is_usage(), "{builder:?}");
    }
    assert!(file.member_names().unwrap().is_empty());
}
