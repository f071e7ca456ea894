//! Datasets and attributes that h5py made and this library changes, seen by both.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use hdfive::{File, SliceOrIndex};

#[path = "support/mod.rs"]
mod support;

use support::random::Random;

/// A dataset of two axes as it is meant to be.
#[derive(Debug, Clone)]
struct Model {
    name: &'static str,
    shape: [usize; 2],
    /// Largest sizes; `None` where the dataset cannot be resized.
    maximum: Option<[usize; 2]>,
    fill: i64,
    values: Vec<i64>,
}

const MAKE: &str = r#"
import h5py, numpy as np, sys
path, version = sys.argv[1:3]
libver = {'earliest': ('earliest', 'latest'), 'v108': ('v108', 'latest'), 'latest': 'latest'}[version]
with h5py.File(path, 'w', libver=libver) as file:
    data = np.arange(7 * 9).reshape(7, 9)
    def make(name, **how):
        dataset = file.create_dataset(name, data=data, dtype=how.pop('dtype', 'i4'), **how)
        for number in range(12):
            dataset.attrs[f'attribute{number:02}'] = number
        return dataset
    make('contiguous')
    make('big_endian', dtype='>i8')
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((7, 9))
    made = h5py.h5d.create(file.id, b'compact', h5py.h5t.STD_I32LE, space, compact)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, data.astype('i4'))
    make('single', chunks=(7, 9))
    make('fixed', chunks=(2, 4), maxshape=(12, 14), fillvalue=-3)
    make('extensible', chunks=(3, 2), maxshape=(None, 12), compression='gzip', fillvalue=5)
    make('tree', chunks=(2, 3), maxshape=(None, None), shuffle=True, compression='lzf')
    make('checked', chunks=(4, 4), maxshape=(None, 20), fletcher32=True, dtype='f8')
    words = file.create_dataset('words', (7, 9), h5py.string_dtype(), chunks=(2, 3), maxshape=(None, None))
    words[...] = data.astype('S4')
"#;

const SHOW: &str = r#"
import h5py, sys
with h5py.File(sys.argv[1], 'r') as file:
    for name in sorted(file):
        values = file[name][...]
        if values.dtype == object:
            values = values.astype('U')
            text = ' '.join(value if value else '0' for value in values.ravel())
        else:
            text = ' '.join(str(int(value)) for value in values.ravel())
        attributes = ' '.join(f'{key}={file[name].attrs[key]}' for key in sorted(file[name].attrs))
        print(name, *values.shape, '|', text, '|', attributes)
"#;

/// Goes on where this library stopped, as h5py does.
const GO_ON: &str = r#"
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as file:
    for name in file:
        dataset = file[name]
        if dataset.dtype.kind == 'O':
            continue
        dataset[0, 0] = 77
        if dataset.maxshape[0] is None:
            dataset.resize(dataset.shape[0] + 2, axis=0)
            dataset[-1, :] = 78
        dataset.attrs['h5py'] = 79
"#;

fn run_python(script: &str, arguments: &[&str]) -> Option<String> {
    let python = support::python()?;
    let done = Command::new(python).args(["-c", script]).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap())
}

fn models(version: &str) -> Vec<Model> {
    let many = usize::MAX;
    let of = |name, maximum, fill| Model {
        name,
        shape: [7, 9],
        maximum,
        fill,
        values: (0..63).collect(),
    };
    let _ = version;
    vec![
        of("big_endian", None, 0),
        of("checked", Some([many, 20]), 0),
        of("compact", None, 0),
        of("contiguous", None, 0),
        of("extensible", Some([many, 12]), 5),
        of("fixed", Some([12, 14]), -3),
        of("single", None, 0),
        of("tree", Some([many, many]), 0),
        of("words", Some([many, many]), 0),
    ]
}

impl Model {
    fn resize(&mut self, shape: [usize; 2]) {
        let mut values = vec![self.fill; shape[0] * shape[1]];
        for row in 0..shape[0].min(self.shape[0]) {
            for column in 0..shape[1].min(self.shape[1]) {
                values[row * shape[1] + column] = self.values[row * self.shape[1] + column];
            }
        }
        (self.shape, self.values) = (shape, values);
    }

    fn line(&self) -> String {
        let values: Vec<String> = self.values.iter().map(i64::to_string).collect();
        format!("{} {} {} | {} |", self.name, self.shape[0], self.shape[1], values.join(" "))
    }

    fn change(&mut self, file: &File, random: &mut Random) {
        let dataset = file.dataset(self.name).unwrap();
        let [rows, columns] = self.shape;
        if let Some(maximum) = self.maximum
            && random.below(3) == 0
        {
            let shape = [1 + random.below(14), 1 + random.below(14)];
            let shape = [shape[0].min(maximum[0]), shape[1].min(maximum[1])];
            dataset.resize(&shape).unwrap();
            self.resize(shape);
            return;
        }
        let (top, left) = (random.below(rows), random.below(columns));
        let (height, width) = (1 + random.below(rows - top), 1 + random.below(columns - left));
        let values: Vec<i64> = (0..height * width).map(|_| random.below(1000) as i64).collect();
        let slice = |start: usize, len: usize| SliceOrIndex::from(start..start + len);
        let selection = (slice(top, height), slice(left, width));
        if self.name == "words" {
            let words: Vec<String> = values.iter().map(i64::to_string).collect();
            dataset.write_slice_raw(&words, selection).unwrap();
        } else {
            dataset.write_slice_raw(&values, selection).unwrap();
        }
        for (n, value) in values.into_iter().enumerate() {
            self.values[(top + n / width) * columns + left + n % width] = value;
        }
    }

    /// What this library reads.
    fn check(&self, file: &File) {
        let dataset = file.dataset(self.name).unwrap();
        assert_eq!(dataset.shape(), self.shape);
        let found: Vec<i64> = if self.name == "words" {
            let words: Vec<String> = dataset.read_raw().unwrap();
            words
                .iter()
                .map(|word| if word.is_empty() { 0 } else { word.parse().unwrap() })
                .collect()
        } else {
            dataset.read_raw().unwrap()
        };
        assert_eq!(found, self.values, "{}", self.name);
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = support::target().join("edits");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn check(path: &Path, models: &[Model]) {
    let file = File::open(path).unwrap();
    models.iter().for_each(|model| model.check(&file));
    let Some(shown) = run_python(SHOW, &[path.to_str().unwrap()]) else { return };
    for (line, model) in shown.lines().zip(models) {
        assert!(line.starts_with(&model.line()), "{line}\nshould be\n{}", model.line());
    }
    assert_eq!(shown.lines().count(), models.len());
}

fn run(version: &str, seed: u64) {
    let path = scratch(&format!("{version}-{seed}.h5"));
    let name = path.to_str().unwrap();
    if run_python(MAKE, &[name, version]).is_none() {
        return;
    }
    let mut random = Random(seed);
    let mut models = models(version);
    for round in 0..4 {
        let file = File::open_rw(&path).unwrap();
        for step in 0..60 {
            let at = random.below(models.len());
            models[at].change(&file, &mut random);
            if step % 13 == 0 {
                file.flush().unwrap();
            }
            if step % 7 == 0 {
                models[at].check(&file);
            }
        }
        let dataset = file.dataset("tree").unwrap();
        dataset.attr("attribute05").unwrap().write_scalar(&(100 + round)).unwrap();
        dataset.rename_attr(&format!("attribute{:02}", 6 + round), &format!("new{round}")).unwrap();
        for number in 0..2 {
            let name = format!("attribute{:02}", 2 * round + number);
            file.dataset("fixed").unwrap().delete_attr(&name).unwrap();
        }
        file.close().unwrap();
        check(&path, &models);
        run_python(GO_ON, &[name]).unwrap();
        for model in models.iter_mut().filter(|model| model.name != "words") {
            model.values[0] = 77;
            if model.maximum.is_some_and(|maximum| maximum[0] == usize::MAX) {
                model.resize([model.shape[0] + 2, model.shape[1]]);
                let last = model.values.len() - model.shape[1];
                model.values[last..].fill(78);
            }
        }
        check(&path, &models);
    }
    let file = File::open_rw(&path).unwrap();
    let tree = file.dataset("tree").unwrap();
    assert_eq!(tree.attr("attribute05").unwrap().read_scalar::<i32>().unwrap(), 103);
    let mut names = tree.attr_names().unwrap();
    names.sort();
    assert!(names.iter().any(|name| name == "new3") && names.iter().any(|name| name == "h5py"));
    assert!(!file.dataset("fixed").unwrap().has_attr("attribute07").unwrap());
    let size = file.size();
    for model in &models {
        file.unlink(model.name).unwrap();
    }
    file.close().unwrap();
    let left = std::fs::metadata(&path).unwrap().len();
    assert!(left < size, "{left} of {size} bytes are left of a file without objects");
    assert_eq!(run_python(SHOW, &[name]).unwrap(), "");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn old_files_are_edited() {
    for seed in 0..4 {
        run("earliest", seed);
    }
}

#[test]
fn files_of_1_8_are_edited() {
    for seed in 0..4 {
        run("v108", seed);
    }
}

#[test]
fn new_files_are_edited() {
    for seed in 0..4 {
        run("latest", seed);
    }
}
