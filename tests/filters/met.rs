//! Datasets that are in files of others: PyTables' of all kinds, and what hdf5plugin makes of types and
//! shapes that are not the usual ones.

use hdfive::File;
use hdfive::filters::{Blosc, Filter};

use super::support;

/// Groups with the same members, of which those of `plain` have no filters.
const TABLES: &str = r#"
import numpy as np, tables
random = np.random.default_rng(2)
rows = np.empty(5000, [('a', 'i8'), ('b', 'f8'), ('c', 'u1')])
rows['a'], rows['b'], rows['c'] = np.arange(5000), np.arange(5000) / 8, np.arange(5000) % 7
ARRAYS = {
    'long': (np.cumsum(random.integers(0, 9, 5000)).astype('i4'), (700,)),
    'flat': (random.normal(size=(70, 90)).round(2), (32, 40)),
    'deep': (np.arange(6 * 7 * 8, dtype='u2').reshape(6, 7, 8), (4, 4, 5)),
    'text': (np.array([b'%d' % n for n in range(1000)], 'S12'), (300,)),
}
def fill(file, group, filters):
    for name, (values, chunk) in ARRAYS.items():
        if filters is None:
            file.create_array(group, name, values)
        else:
            file.create_carray(group, name, obj=values, filters=filters, chunkshape=chunk)
    file.create_table(group, 'rows', obj=rows, filters=filters, chunkshape=777)
    grown = file.create_earray(group, 'grown', tables.Float64Atom(), (0, 30), filters=filters, chunkshape=(50, 30))
    for count in (120, 7):
        grown.append(np.arange(count * 30.0).reshape(count, 30))
with tables.open_file('theirs.h5', 'w') as file:
    fill(file, file.create_group('/', 'plain'), None)
    names = [f'{lib}:{codec}' for lib in ('blosc', 'blosc2') for codec in ('blosclz', 'lz4', 'lz4hc', 'zlib', 'zstd')]
    for name in [*names, 'bzip2', 'zlib']:
        for shuffle in ['', 'shuffle', 'bitshuffle']:
            if shuffle == 'bitshuffle' and 'blosc' not in name:
                continue
            chosen = {shuffle: True} if shuffle else {'shuffle': False}
            filters = tables.Filters(5, name, fletcher32='zstd' in name, **chosen)
            fill(file, file.create_group('/', f'{name} {shuffle}'.replace(':', ' ')), filters)
"#;

/// The same in two groups: `plain`, and `made` with Blosc2.
const SHAPES: &str = r#"
import h5py, hdf5plugin, numpy as np
with h5py.File('theirs.h5', 'w') as file:
    def put(name, values, chunks, **modes):
        file[f'plain/{name}'] = values
        file.create_dataset(f'made/{name}', data=values, chunks=chunks, **hdf5plugin.Blosc2(**modes))
    for rank in range(1, 11):
        put(f'rank {rank}', np.arange(3 ** rank, dtype='i4').reshape((3,) * rank), (2,) * rank)
    for size in (1, 3, 7, 15, 16, 17, 32, 100, 255, 256, 257, 1000):
        text = np.array([b'%d' % n for n in range(500)], f'S{size}')
        put(f'text {size}', text, (200,))
        put(f'text {size} flat', text.reshape(25, 20), (20, 15))
    for value in (0, 7):
        for dtype in ('u1', 'i2', 'f4', 'f8', 'S5', 'S300'):
            values = np.full((300, 20), b'%d' % value if 'S' in dtype else value, dtype)
            put(f'{value} {dtype}', values, (100, 20))
            put(f'{value} {dtype} long', values.ravel(), (1000,))
    put('nan', np.full(5000, np.nan, 'f4'), (2000,))
    put('nan flat', np.full((50, 100), np.nan), (20, 30))
    put('one', np.array([5.0]), (1,))
    put('compound', np.rec.array([np.arange(500), np.arange(500.0)], names='a,b'), (100,))
    put('array', np.arange(600, dtype='i2').reshape(100, 6).view([('x', 'i2', (2, 3))]).ravel(), (30,))
    # Bits that are cut off, which the plugin does with no chunk.
    put('cut', (np.arange(9000) / 7).reshape(90, 100), (40, 60), filters=4)
"#;

/// Reads what is in `ours.h5` of that.
const READ: &str = r#"
import h5py, hdf5plugin
with h5py.File('theirs.h5') as theirs, h5py.File('ours.h5') as ours:
    for name in ours:
        assert ours[name][()].tobytes() == theirs['plain'][name][()].tobytes(), name
        assert ours[name].id.get_create_plist().get_filter(0)[0] == 32026
    print(len(ours))
"#;

#[test]
fn what_pytables_writes_is_read() {
    let folder = support::empty_folder("filters_pytables");
    if support::python_in(&folder, TABLES, &[]).is_none() {
        return;
    }
    let file = File::open(folder.join("theirs.h5")).unwrap();
    let groups = file.member_names().unwrap();
    assert_eq!(groups.len(), 1 + 10 * 3 + 2 * 2);
    for group in groups {
        assert_eq!(same(&file, &group), 6, "{group}");
    }
}

#[test]
fn blosc2_of_all_types_and_shapes_is_read_and_written() {
    let folder = support::empty_folder("filters_blosc2_shapes");
    if support::python_in(&folder, SHAPES, &[]).is_none() {
        return;
    }
    let theirs = File::open(folder.join("theirs.h5")).unwrap();
    let count = same(&theirs, "made");
    assert!(count > 60);
    let ours = File::create(folder.join("ours.h5")).unwrap();
    for name in theirs.group("plain").unwrap().member_names().unwrap() {
        let [plain, other] =
            ["plain", "made"].map(|group| theirs.dataset(&format!("{group}/{name}")).unwrap());
        let new = ours.new_dataset_builder().empty_as(plain.dtype().unwrap()).shape(plain.shape());
        let new = new.chunk(other.chunk().unwrap()).filter(Filter::blosc2(Blosc::LZ4, 5, true));
        let made = new.create(name.as_str()).unwrap();
        made.write_values(&plain.read_values().unwrap()).unwrap();
    }
    ours.close().unwrap();
    assert_eq!(support::python_in(&folder, READ, &[]).unwrap().trim(), count.to_string());
}

/// Holds the members of a group to those of `plain`; gives how many there are.
fn same(file: &File, group: &str) -> usize {
    let names = file.group(group).unwrap().member_names().unwrap();
    for name in &names {
        let [plain, found] = ["plain", group].map(|group| {
            let dataset = file.dataset(&format!("{group}/{name}")).unwrap();
            let read = dataset.read_elements(..);
            read.unwrap_or_else(|error| panic!("{group} {name}: {error}")).bytes().to_vec()
        });
        assert!(found == plain, "{group} {name}");
    }
    names.len()
}
