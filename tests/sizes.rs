//! Files of ours are at most 3 % larger than those h5py makes of the same data, compressed chunks at most 2 %
//! than what zlib makes of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::path::Path;

use hdfive::definition::{ByteOrder, Datatype, Member};
use hdfive::{ElementType, File};

#[path = "support/mod.rs"]
mod support;

/// Makes the data, and h5py's files of it: one for each type and each compression.
const THEIRS: &str = r#"
import h5py, numpy as np
floats = np.random.default_rng(20).normal(size=100_000)
floats.tofile('floats')
types = {'i1': 'i1', 'i8': 'i8', 'f16': np.longdouble, 'c16': 'c16'}
for kind, dtype in types.items():
    for level in (None, 4, 9):
        gzip = {} if level is None else {'compression': 'gzip', 'compression_opts': level}
        with h5py.File(f'h5py-{kind}-{level or 0}.h5', 'w') as file:
            data = floats + 1j * floats[::-1] if kind == 'c16' else floats
            file.create_dataset('x', data=data, dtype=dtype, **gzip)
            assert file['x'].dtype == dtype
"#;

/// Whether both files hold the same.
const SAME: &str = r#"
import h5py, numpy as np, sys
for name in sys.argv[1:]:
    with h5py.File(f'hdfive-{name}.h5', 'r') as ours, h5py.File(f'h5py-{name}.h5', 'r') as theirs:
        a, b = ours['x'], theirs['x']
        assert a.dtype == b.dtype and a.id.get_type().equal(b.id.get_type()), (a, b)
        assert a.chunks == b.chunks and a.compression_opts == b.compression_opts, (a, b)
        assert np.array_equal(a[()], b[()]), name
print('same')
"#;

const LEVELS: [u8; 3] = [0, 4, 9];

fn types() -> [(&'static str, ElementType); 4] {
    let part = Datatype::float(8, ByteOrder::Little).unwrap();
    let parts = vec![Member::new("r", 0, part.clone()), Member::new("i", 8, part)];
    [
        ("i1", ElementType::of::<i8>()),
        ("i8", ElementType::of::<i64>()),
        ("f16", Datatype::long_double().into()),
        ("c16", Datatype::compound(16, parts).unwrap().into()),
    ]
}

/// Stores the data as this type; gives the size of the file.
fn store(path: &Path, floats: &[f64], kind: &str, datatype: &ElementType, level: u8) -> u64 {
    let file = File::create(path).unwrap();
    let mut new = file.new_dataset_builder();
    if level > 0 {
        new = new.deflate(level);
    }
    if kind == "c16" {
        let pairs: Vec<(f64, f64)> =
            floats.iter().copied().zip(floats.iter().rev().copied()).collect();
        let dataset = new.empty_as(datatype.clone()).shape(pairs.len()).create("x").unwrap();
        dataset.write_raw(&pairs).unwrap();
    } else {
        new.with_data_as(floats, datatype.clone()).create("x").unwrap();
    }
    file.close().unwrap();
    std::fs::metadata(path).unwrap().len()
}

#[test]
fn of_random_floats_in_every_type_and_compression() {
    let folder = support::empty_folder("sizes");
    if support::python_in(&folder, THEIRS, &[]).is_none() {
        return;
    }
    let bytes = std::fs::read(folder.join("floats")).unwrap();
    let floats: Vec<f64> =
        bytes.as_chunks::<8>().0.iter().map(|float| f64::from_le_bytes(*float)).collect();
    assert_eq!(floats.len(), 100_000);
    let (mut names, mut large) = (Vec::new(), Vec::new());
    println!("type  gzip    hdfive      h5py   ratio");
    for (kind, datatype) in types() {
        for level in LEVELS {
            let name = format!("{kind}-{level}");
            let path = folder.join(format!("hdfive-{name}.h5"));
            let ours = store(&path, &floats, kind, &datatype, level);
            let theirs = std::fs::metadata(folder.join(format!("h5py-{name}.h5"))).unwrap().len();
            let ratio = ours as f64 / theirs as f64;
            println!("{kind:4} {level:5} {ours:9} {theirs:9} {ratio:7.4}");
            if ratio > 1.03 {
                large.push(name.clone());
            }
            names.push(name);
        }
    }
    assert!(large.is_empty(), "more than 3 % larger: {large:?}");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(support::python_in(&folder, SAME, &names).unwrap(), "same\n");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Where zlib takes less at a level than at those above it, which ours is held to there.
const LESS_THAN_ABOVE: (&str, u32) = ("noisy", 1);

/// Bytes of several kinds, as chunks have them, and what zlib makes of each at all levels.
const ZLIB: &str = r#"
import numpy as np, zlib
rng, size = np.random.default_rng(7), 1 << 17
def planes(array):
    return np.ascontiguousarray(array).view('u1').reshape(-1, array.itemsize).T
counters = np.cumsum(rng.integers(0, 5, size // 4)).astype('<i4')
steps = np.repeat(rng.normal(size=size // 400 + 1), 50)[:size // 8]
x = np.arange(size // 4) / 500
noisy = np.round((np.sin(x) + 0.01 * rng.normal(size=x.size)) * 4096).astype('<f4') / 4096
image = (1000 + 200 * np.sin(np.arange(size // 2) / 90) + rng.poisson(30, size // 2)).astype('<u2')
kinds = {
    'counters': counters, 'counters in planes': planes(counters),
    'steps': steps, 'steps in planes': planes(steps),
    'noisy': noisy, 'noisy in planes': planes(noisy),
    'image': image, 'image in planes': planes(image),
    'labels': np.repeat(rng.integers(0, 32, size // 160 + 1), 40)[:size // 4].astype('<i4'),
    'rare': (rng.random(size) < 0.1).astype('u1'),
    'mask': (np.cumsum(rng.normal(size=size)) > 0).astype('u1'),
    'counts': rng.poisson(20, size // 4).astype('<i4'),
    'normal': rng.normal(size=size // 8),
}
for number, (name, data) in enumerate(kinds.items()):
    data = data.tobytes()
    with open(f'kind-{number}', 'wb') as file:
        file.write(data)
    print(name, *(len(zlib.compress(data, level)) for level in range(1, 10)), sep=',')
"#;

#[test]
fn of_chunks_of_all_kinds_at_all_levels() {
    let folder = support::empty_folder("sizes_of_chunks");
    let Some(found) = support::python_in(&folder, ZLIB, &[]) else { return };
    let mut large = Vec::new();
    for (number, line) in found.lines().enumerate() {
        let (name, sizes) = line.split_once(',').unwrap();
        let bytes = std::fs::read(folder.join(format!("kind-{number}"))).unwrap();
        let file = File::in_memory().unwrap();
        let mut ratios = Vec::new();
        let sizes: Vec<f64> = sizes.split(',').map(|size| size.parse().unwrap()).collect();
        for (level, theirs) in (1..).zip(&sizes) {
            let theirs = if (name, level) == LESS_THAN_ABOVE { &sizes[1] } else { theirs };
            let new = file.new_dataset_builder().chunk(bytes.len()).deflate(level as u8);
            let dataset = new.with_data(&bytes).create(format!("{level}").as_str()).unwrap();
            file.flush().unwrap();
            let ratio = dataset.storage_size() as f64 / theirs;
            if ratio > 1.02 {
                large.push(format!("{name} at level {level}: {ratio:.3}"));
            }
            ratios.push(format!("{ratio:.3}"));
        }
        println!("{name:18} {}", ratios.join(" "));
    }
    assert!(large.is_empty(), "more than 2 % larger: {large:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}
