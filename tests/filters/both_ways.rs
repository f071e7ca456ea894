//! Modes of a filter, tried with every kind of data in both directions.

use std::collections::BTreeMap;
use std::path::Path;

use hdfive::filters::Filter;
use hdfive::{Dataset, File, H5Type};

use super::support;

/// Makes `theirs.h5`: data without filters in `plain`, and of each mode a group with the same.
///
/// The names tell what the data is: type, kind, shape, chunks.
const WRITE: &str = r#"
import h5py, hdf5plugin, numpy as np, sys
random = np.random.default_rng(8)
SHAPES = [((1000,), (300,)), ((23, 17), (8, 5)), ((3, 4, 5), (2, 4, 3)), ((5,), (5,)), ((90000,), (65536,))]
TYPES = ['u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'u8', 'i8', 'f4', 'f8', '>i2', '>f8']

def data(dtype, kind, count):
    at = np.arange(count)
    if kind == 'smooth':
        return (50 * np.sin(at / 100) + 60 + random.normal(size=count)).astype(dtype)
    if kind == 'constant':
        return np.full(count, 7, dtype)
    return np.frombuffer(random.bytes(count * np.dtype(dtype).itemsize), 'u1').view(dtype.replace('f', 'i')).astype(dtype)

with h5py.File('theirs.h5', 'w') as file:
    for shape, chunks in SHAPES:
        for dtype in TYPES:
            for kind in ('smooth', 'constant', 'noise'):
                count = int(np.prod(shape))
                if count > 1000 and (kind != 'smooth' or dtype in ('i1', 'u2', '>i2', 'u8')):
                    continue
                values = data(dtype, kind, count).reshape(shape)
                size = lambda shape: 'x'.join(map(str, shape))
                name = f'{dtype} {kind} {size(shape)} {size(chunks)}'
                file[f'plain/{name}'] = values
                for n, mode in enumerate(sys.argv[1:]):
                    file.create_dataset(f'{n}/{name}', data=values, chunks=chunks, **eval(mode))
"#;

/// Reads `ours.h5`, and prints of each dataset that is not what `plain` holds how it differs; of
/// the others how large they are in both files.
const READ: &str = r#"
import h5py, hdf5plugin, numpy as np, sys
with h5py.File('theirs.h5') as theirs, h5py.File('ours.h5') as ours:
    for n in range(int(sys.argv[1])):
        for name, plain in theirs['plain'].items():
            made, other = ours[f'{n}/{name}'], theirs[f'{n}/{name}']
            same = made.dtype == plain.dtype and made[()].tobytes() == plain[()].tobytes()
            assert same, (n, name, made[()], plain[()])
            of = lambda d: d.id.get_create_plist()
            filters = lambda d: [of(d).get_filter(k)[0] for k in range(of(d).get_nfilters())]
            assert filters(made) == filters(other), (n, name, filters(made), filters(other))
            print(n, made.id.get_storage_size(), other.id.get_storage_size(), name, sep='\t')
"#;

/// A way to use a filter, as hdf5plugin and as this library says it.
pub(crate) struct Mode {
    python: &'static str,
    filters: Vec<Filter>,
    /// Most bytes of ours for each of theirs.
    ratio: f64,
}

impl Mode {
    pub(crate) fn new(python: &'static str, filters: impl Into<Vec<Filter>>) -> Self {
        Self { python, filters: filters.into(), ratio: 1.05 }
    }

    /// Allows more bytes.
    pub(crate) fn at_most(self, ratio: f64) -> Self {
        Self { ratio, ..self }
    }
}

/// Checks that each mode's files are read by the other side, and that ours are not larger.
pub(crate) fn both_ways(name: &str, modes: &[Mode]) {
    let folder = support::empty_folder(&format!("filters_{name}"));
    let written: Vec<&str> = modes.iter().map(|mode| mode.python).collect();
    if support::python_in(&folder, WRITE, &written).is_none() {
        return;
    }
    read_theirs(&folder, modes);
    write_ours(&folder, modes);
    let sizes = support::python_in(&folder, READ, &[&modes.len().to_string()]).unwrap();
    compare_sizes(&sizes, modes);
}

fn read_theirs(folder: &Path, modes: &[Mode]) {
    let file = File::open(folder.join("theirs.h5")).unwrap();
    let names = file.group("plain").unwrap().member_names().unwrap();
    assert!(names.len() > 100);
    for (n, mode) in modes.iter().enumerate() {
        for name in &names {
            let [plain, filtered] = ["plain", &n.to_string()]
                .map(|group| file.dataset(&format!("{group}/{name}")).unwrap());
            let found = filtered.read_elements(..);
            let found = found.unwrap_or_else(|error| panic!("{}, {name}: {error}", mode.python));
            let same = found.bytes() == plain.read_elements(..).unwrap().bytes();
            assert!(same, "{}, {name}", mode.python);
        }
    }
}

fn write_ours(folder: &Path, modes: &[Mode]) {
    let theirs = File::open(folder.join("theirs.h5")).unwrap();
    let ours = File::create(folder.join("ours.h5")).unwrap();
    for name in theirs.group("plain").unwrap().member_names().unwrap() {
        let plain = theirs.dataset(&format!("plain/{name}")).unwrap();
        for (n, mode) in modes.iter().enumerate() {
            let to = (&ours, format!("{n}/{name}"), mode);
            match name.split(' ').next().unwrap() {
                "u1" => write::<u8>(&plain, to),
                "i1" => write::<i8>(&plain, to),
                "u2" => write::<u16>(&plain, to),
                "i2" | ">i2" => write::<i16>(&plain, to),
                "u4" => write::<u32>(&plain, to),
                "i4" => write::<i32>(&plain, to),
                "u8" => write::<u64>(&plain, to),
                "i8" => write::<i64>(&plain, to),
                "f4" => write::<f32>(&plain, to),
                "f8" | ">f8" => write::<f64>(&plain, to),
                other => panic!("{other}"),
            }
        }
    }
    ours.close().unwrap();
}

fn write<T: H5Type>(plain: &Dataset, (file, name, mode): (&File, String, &Mode)) {
    let chunk: Vec<usize> =
        name.rsplit(' ').next().unwrap().split('x').map(|n| n.parse().unwrap()).collect();
    let datatype = plain.dtype().unwrap();
    let new = file.new_dataset_builder().empty_as(datatype).shape(plain.shape()).chunk(chunk);
    let made = new.set_filters(&mode.filters).create(name.as_str()).unwrap();
    made.write_raw(&plain.read_raw::<T>().unwrap()).unwrap();
}

/// Ours may be larger where they are small: what libraries differ in for a block then counts.
fn compare_sizes(sizes: &str, modes: &[Mode]) {
    let mut sums: BTreeMap<(usize, &str), (f64, f64)> = BTreeMap::new();
    for line in sizes.lines() {
        let [n, ours, theirs, name] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let kind = if name.contains(" 90000 ") { name } else { "small" };
        let sum = sums.entry((n.parse().unwrap(), kind)).or_default();
        *sum = (sum.0 + ours.parse::<f64>().unwrap(), sum.1 + theirs.parse::<f64>().unwrap());
    }
    let mut wrong = Vec::new();
    for ((n, kind), (ours, theirs)) in sums {
        let (mode, ratio) = (&modes[n], ours / theirs);
        println!("{}\t{kind}\t{ours}\t{theirs}\t{ratio:.3}", mode.python);
        if ratio > mode.ratio {
            wrong.push(format!("{}: {kind}: {ratio:.3}", mode.python));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
