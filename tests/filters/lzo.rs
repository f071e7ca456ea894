//! LZO, which the last version of PyTables that has it reads and writes.

use hdfive::filters::Filter;
use hdfive::{File, H5Type};

use super::support;

/// Makes arrays with and without LZO, and a table.
const WRITE: &str = r#"
import numpy as np, tables
assert tables.which_lib_version('lzo')
random = np.random.default_rng(9)
with tables.open_file('theirs.h5', 'w') as file:
    for shape, chunk in [((1000,), (300,)), ((23, 17), (8, 5)), ((3, 4, 5), (2, 4, 3)), ((90000,), (65536,))]:
        for dtype in ['u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'u8', 'i8', 'f4', 'f8']:
            count = int(np.prod(shape))
            kinds = {'smooth': 50 * np.sin(np.arange(count) / 100) + 60 + random.normal(size=count),
                     'constant': np.full(count, 7), 'noise': random.integers(0, 100, count) ** 9}
            for kind, values in kinds.items():
                values = values.astype('i8').astype(dtype).reshape(shape)
                name = f"{dtype}_{kind}_{'x'.join(map(str, shape))}_{'x'.join(map(str, chunk))}"
                file.create_array('/plain', name, values, createparents=True)
                for shuffle in (0, 1):
                    filters = tables.Filters(5, 'lzo', shuffle=bool(shuffle), fletcher32=bool(shuffle))
                    file.create_carray(f'/lzo{shuffle}', name, obj=values, filters=filters, chunkshape=chunk, createparents=True)
    rows = np.rec.array([np.arange(5000), np.arange(5000) / 8], names='a,b')
    file.create_array('/plain', 'table', rows.a)
    file.create_table('/', 'table', obj=rows, filters=tables.Filters(5, 'lzo'))
"#;

const READ: &str = r#"
import tables
count, sizes = 0, {}
with tables.open_file('theirs.h5') as theirs, tables.open_file('ours.h5') as ours:
    for group in ('lzo0', 'lzo1'):
        for made in ours.root[group]:
            other = theirs.root[group][made.name]
            assert made.dtype == other.dtype and made[:].tobytes() == theirs.root.plain[made.name][:].tobytes(), made
            assert made.filters.complib == 'lzo' and made.filters.shuffle == other.filters.shuffle, made
            kind = group, made.name if '90000' in made.name else 'small'
            sizes[kind] = [a + b for a, b in zip(sizes.get(kind, [0, 0]), [made.size_on_disk, other.size_on_disk])]
            count += 1
for kind, (ours, theirs) in sizes.items():
    assert ours <= 1.05 * theirs, (kind, ours, theirs)
print(count)
"#;

#[test]
fn lzo() {
    let folder = support::empty_folder("filters_lzo");
    let Some(python) = support::python_of("requirements-more.txt") else { return };
    support::run_python(&python, &folder, WRITE, &[]);
    let theirs = File::open(folder.join("theirs.h5")).unwrap();
    let ours = File::create(folder.join("ours.h5")).unwrap();
    let table = theirs.dataset("table").unwrap();
    let column = table.fields(["a"]).read_raw::<i64>().unwrap();
    assert_eq!(column, theirs.dataset("plain/table").unwrap().read_raw::<i64>().unwrap());
    let mut count = 0;
    for name in theirs.group("lzo0").unwrap().member_names().unwrap() {
        match name.split('_').next().unwrap() {
            "u1" => compare::<u8>(&theirs, &ours, &name),
            "i1" => compare::<i8>(&theirs, &ours, &name),
            "u2" => compare::<u16>(&theirs, &ours, &name),
            "i2" => compare::<i16>(&theirs, &ours, &name),
            "u4" => compare::<u32>(&theirs, &ours, &name),
            "i4" => compare::<i32>(&theirs, &ours, &name),
            "u8" => compare::<u64>(&theirs, &ours, &name),
            "i8" => compare::<i64>(&theirs, &ours, &name),
            "f4" => compare::<f32>(&theirs, &ours, &name),
            "f8" => compare::<f64>(&theirs, &ours, &name),
            other => panic!("{other}"),
        }
        count += 2;
    }
    ours.close().unwrap();
    assert_eq!(count, 240);
    let read = support::run_python(&python, &folder, READ, &[]);
    assert_eq!(read.trim(), count.to_string());
}

/// Reads what they wrote, and writes it.
fn compare<T: H5Type + PartialEq>(theirs: &File, ours: &File, name: &str) {
    let plain = theirs.dataset(&format!("plain/{name}")).unwrap();
    let values = plain.read_raw::<T>().unwrap();
    let chunk: Vec<usize> =
        name.rsplit('_').next().unwrap().split('x').map(|n| n.parse().unwrap()).collect();
    let shuffled = vec![Filter::shuffle(), Filter::lzo(), Filter::fletcher32()];
    for (group, filters) in [("lzo0", vec![Filter::lzo()]), ("lzo1", shuffled)] {
        let path = format!("{group}/{name}");
        assert!(theirs.dataset(&path).unwrap().read_raw::<T>().unwrap() == values, "{path}");
        let new = ours.new_dataset::<T>().shape(plain.shape()).chunk(chunk.clone());
        new.set_filters(&filters).create(path.as_str()).unwrap().write_raw(&values).unwrap();
    }
}
