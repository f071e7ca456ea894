//! ZFP, which keeps about what it is given: both sides have to make the same of it.

use hdfive::filters::ZfpMode;
use hdfive::{File, H5Type};

use super::support;

const WRITE: &str = r#"
import h5py, hdf5plugin, numpy as np
SHAPES = [((1000,), (300,)), ((23, 17), (8, 5)), ((3, 1, 4, 5), (2, 1, 4, 3)), ((5, 6, 7, 9), (4, 4, 5, 8))]
MODES = [dict(rate=8), dict(precision=12), dict(accuracy=0.01), dict(reversible=True),
         dict(minbits=10, maxbits=3000, maxprec=20, minexp=-20)]
with h5py.File('theirs.h5', 'w') as file:
    for shape, chunks in SHAPES:
        for dtype in ['i4', 'i8', 'f4', 'f8']:
            values = (5000 * np.sin(np.arange(np.prod(shape)) / 70)).astype(dtype).reshape(shape)
            name = f"{dtype} {'x'.join(map(str, chunks))}"
            file[f'plain/{name}'] = values
            for n, mode in enumerate(MODES):
                file.create_dataset(f'{n}/{name}', data=values, chunks=chunks, **hdf5plugin.Zfp(**mode))
                file[f'decoded/{n} {name}'] = file[f'{n}/{name}'][()]
"#;

/// Holds values and client data of our file to those of the other.
const READ: &str = r#"
import h5py, hdf5plugin
with h5py.File('theirs.h5') as theirs, h5py.File('ours.h5') as ours:
    count = 0
    for n in range(5):
        for name in theirs['plain']:
            made, other = ours[f'{n}/{name}'], theirs[f'{n}/{name}']
            assert made[()].tobytes() == other[()].tobytes(), (n, name)
            filters = [d.id.get_create_plist().get_filter(0)[:3] for d in (made, other)]
            assert filters[0] == filters[1], filters
            # The last word of a stream is filled up.
            chunks = sum(1 for _ in made.iter_chunks())
            assert made.id.get_storage_size() <= other.id.get_storage_size() + 7 * chunks, (n, name)
            count += 1
    print(count)
"#;

const MODES: [ZfpMode; 5] = [
    ZfpMode::FixedRate(8.0),
    ZfpMode::FixedPrecision(12),
    ZfpMode::FixedAccuracy(0.01),
    ZfpMode::Reversible,
    ZfpMode::Expert { min_bits: 10, max_bits: 3000, max_precision: 20, min_exponent: -20 },
];

#[test]
fn zfp() {
    let folder = support::empty_folder("filters_zfp");
    if support::python_in(&folder, WRITE, &[]).is_none() {
        return;
    }
    let theirs = File::open(folder.join("theirs.h5")).unwrap();
    let ours = File::create(folder.join("ours.h5")).unwrap();
    for name in theirs.group("plain").unwrap().member_names().unwrap() {
        match name.split(' ').next().unwrap() {
            "i4" => compare::<i32>(&theirs, &ours, &name),
            "i8" => compare::<i64>(&theirs, &ours, &name),
            "f4" => compare::<f32>(&theirs, &ours, &name),
            _ => compare::<f64>(&theirs, &ours, &name),
        }
    }
    ours.close().unwrap();
    assert_eq!(support::python_in(&folder, READ, &[]).unwrap().trim(), "80");
}

/// Reads a dataset in each mode as they do, and writes it.
fn compare<T: H5Type>(theirs: &File, ours: &File, name: &str) {
    let plain = theirs.dataset(&format!("plain/{name}")).unwrap();
    let chunk: Vec<usize> =
        name.rsplit(' ').next().unwrap().split('x').map(|n| n.parse().unwrap()).collect();
    for (n, mode) in MODES.into_iter().enumerate() {
        let [stored, decoded] = [format!("{n}/{name}"), format!("decoded/{n} {name}")]
            .map(|path| theirs.dataset(&path).unwrap().read_elements(..).unwrap().bytes().to_vec());
        assert!(stored == decoded, "{n} {name}");
        let new = ours.new_dataset::<T>().shape(plain.shape()).chunk(chunk.clone()).zfp(mode);
        let made = new.create(format!("{n}/{name}").as_str()).unwrap();
        made.write_raw(&plain.read_raw::<T>().unwrap()).unwrap();
    }
}
