//! Views of datasets (members, types, chunks) and maps of attributes, against h5py's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use hdfive::types::TypeDescriptor;
use hdfive::{ChunkSlice, File, H5Type, Result, Selection, SliceOrIndex, Value, Values};

/// Datasets with chunks, and the slices that h5py meets them in.
const CHUNKS: &str = r#"
import h5py
import numpy as np
shapes = [((10,), (3,)), ((7, 9), (3, 4)), ((4, 6, 5), (4, 1, 2)), ((5,), (8,)), ((0, 3), (2, 2))]
regions = {
    '0': [slice(0, 10), slice(2, 8), slice(3, 6), slice(9, 10)],
    '1': [np.s_[0:7, 0:9], np.s_[1:4, 2:9], np.s_[6:7, 8:9], np.s_[3:6, 4:8]],
    '2': [np.s_[0:4, 2:4, 1:5], np.s_[3:4, 5:6, 4:5]],
}
with h5py.File('chunks.h5', 'w') as file:
    for number, (shape, chunk) in enumerate(shapes):
        data = np.arange(np.prod(shape)).reshape(shape)
        ds = file.create_dataset(str(number), data=data, chunks=chunk, maxshape=(None,) * len(shape))
        for region in [None] + regions.get(str(number), []):
            if 0 in shape:
                continue
            met = [' '.join(f'{s.start}:{s.stop}' for s in slices) for slices in ds.iter_chunks(region)]
            print(number, '|', '' if region is None else region, '|', ', '.join(met))
    file['contiguous'] = np.arange(3)
"#;

fn text(chunk: &ChunkSlice) -> String {
    let ranges: Vec<_> = chunk.ranges().iter().map(|r| format!("{}:{}", r.start, r.end)).collect();
    ranges.join(" ")
}

/// A region as Python prints it: `slice(0, 10, None)` an axis.
fn region(printed: &str) -> Vec<SliceOrIndex> {
    let axes = printed.split("slice(").skip(1).map(|slice| {
        let mut ends = slice.split(", ").map_while(|end| end.parse::<i64>().ok());
        SliceOrIndex::from(ends.next().unwrap()..ends.next().unwrap())
    });
    axes.collect::<Vec<SliceOrIndex>>()
}

#[test]
fn chunks_are_met_as_h5py_meets_them() {
    let folder = support::empty_folder("view_chunks");
    let Some(met) = support::python_in(&folder, CHUNKS, &[]) else { return };
    let file = File::open(folder.join("chunks.h5")).unwrap();
    let mut ours = String::new();
    for line in met.lines() {
        let parts: Vec<&str> = line.split(" | ").collect();
        let dataset = file.dataset(parts[0]).unwrap();
        let chosen = parts[1].trim_matches('|').trim();
        let chunks: Vec<ChunkSlice> = if chosen.is_empty() {
            dataset.iter_chunks().unwrap().collect()
        } else {
            dataset.iter_chunks_in(region(chosen)).unwrap().collect()
        };
        let all: Vec<String> = chunks.iter().map(text).collect();
        writeln!(ours, "{} | {} | {}", parts[0], parts[1], all.join(", ")).unwrap();
        // Together they are what is selected, once.
        let selection = if chosen.is_empty() { Selection::All } else { region(chosen).into() };
        let mut whole = dataset.read_slice_raw::<i64>(selection).unwrap();
        let mut parts = Vec::new();
        for chunk in &chunks {
            let values = dataset.read_slice_raw::<i64>(chunk).unwrap();
            assert_eq!(values.len(), chunk.len());
            assert_eq!(chunk.len(), chunk.shape().iter().product::<usize>());
            parts.extend(values);
        }
        whole.sort_unstable();
        parts.sort_unstable();
        assert_eq!(whole, parts);
    }
    assert_eq!(ours, met);
    assert!(met.lines().count() > 10);
    let none = file.dataset("4").unwrap();
    assert_eq!(none.iter_chunks().unwrap().count(), 0);
    let rows = file.dataset("1").unwrap();
    assert_eq!(rows.iter_chunks_in((2..2, ..)).unwrap().count(), 0);
    assert_eq!(rows.iter_chunks_in(-1).unwrap().map(|c| text(&c)).last().unwrap(), "6:7 8:9");
    for wrong in [Selection::from(SliceOrIndex::stepped(.., 2)), vec![0, 2].into(), 7.into()] {
        assert!(rows.iter_chunks_in(wrong).unwrap_err().is_usage());
    }
    let error = file.dataset("contiguous").unwrap().iter_chunks().unwrap_err();
    assert_eq!(error.to_string(), "/contiguous: the dataset has no chunks");
}

/// Compounds, numbers and attributes, with what h5py's views give of them.
const VIEWS: &str = r#"
import h5py
import json
import numpy as np
with h5py.File('views.h5', 'w') as file:
    dtype = np.dtype([('name', h5py.string_dtype()), ('x', '>f8'), ('y', '<f4'), ('n', 'i2', (2,))])
    rows = np.array([[(f'r{i}{j}', i + j / 4, -i, (i, j)) for j in range(3)] for i in range(2)], dtype)
    ds = file.create_dataset('rows', data=rows)
    some = ds.fields(['n', 'x'])
    print(some.dtype.names, len(some), some.shape if hasattr(some, 'shape') else ds.shape)
    print([[n.tolist(), float(x)] for n, x in some[1]])
    print(ds.fields('y')[:, 1].tolist())
    numbers = file.create_dataset('numbers', data=np.array([[-1.5, 2.25], [300, 7]]))
    view = numbers.astype('i2')
    print(view.dtype.name, len(view), view[()].tolist(), view[1].tolist())
    ds.attrs['count'] = np.int32(3)
    ds.attrs['unit'] = 'm/s'
    ds.attrs['range'] = np.array([0.5, 2.5])
    ds.attrs['flag'] = True
    print({name: value.tolist() if hasattr(value, 'tolist') else value for name, value in sorted(ds.attrs.items())})
"#;

#[derive(Debug, Clone, PartialEq, H5Type)]
struct Some {
    x: f32,
    n: [i64; 2],
}

#[test]
fn views_give_what_those_of_h5py_give() -> Result<()> {
    let folder = support::empty_folder("view_views");
    let Some(said) = support::python_in(&folder, VIEWS, &[]) else { return Ok(()) };
    let file = File::open_rw(folder.join("views.h5"))?;
    let rows = file.dataset("rows")?;
    let some = rows.fields(["n", "x"]);
    let mut ours =
        format!("('n', 'x') {} ({}, {})\n", some.len(), some.shape()[0], some.shape()[1]);
    let pairs: Vec<([i32; 2], f64)> = some.read_slice_raw(1)?;
    let pairs: Vec<_> = pairs.iter().map(|(n, x)| format!("[{n:?}, {x:?}]")).collect();
    writeln!(ours, "[{}]", pairs.join(", ")).unwrap();
    writeln!(ours, "{:?}", rows.fields(["y"]).read_slice_raw::<f32>((.., 1))?).unwrap();
    let view = file.dataset("numbers")?.as_type::<i16>();
    let all = view.read_raw()?;
    let last = view.read_slice_raw(1)?;
    let lines = (view.len(), &all[..2], &all[2..], last);
    writeln!(ours, "int16 {} [{:?}, {:?}] {:?}", lines.0, lines.1, lines.2, lines.3).unwrap();
    let map: BTreeMap<String, Value> = rows.attrs_map()?;
    let show = |(name, value): (&String, &Value)| match value {
        Value::Boolean(flag) => format!("'{name}': {}", if *flag { "True" } else { "False" }),
        Value::String(text) => format!("'{name}': '{text}'"),
        other => format!("'{name}': {other}"),
    };
    writeln!(ours, "{{{}}}", map.iter().map(show).collect::<Vec<_>>().join(", ")).unwrap();
    assert_eq!(ours, said);

    // What h5py has no word for.
    assert_eq!(some.read_slice_raw::<Some>((0, 2))?, [Some { x: 0.5, n: [0, 2] }]);
    assert_eq!(some.read_values((1, 0))?[0].to_string(), "{n: [1, 0], x: 1.0}");
    let TypeDescriptor::Compound(of) = some.dtype()? else { unreachable!() };
    assert_eq!((of.fields[1].name.as_str(), of.fields[1].offset, of.size), ("x", 4, 12));
    assert_eq!(rows.fields(["x"]).read_slice_raw::<(f64,)>(0)?, [(0.0,), (0.25,), (0.5,)]);
    assert!(rows.fields(["x", "z"]).read_raw::<(f64, f64)>().unwrap_err().is_not_found());
    some.write_slice(&[([7, 8], 9.5)], (1, 2))?;
    assert_eq!(rows.read_slice_scalar::<(String, f64, f32, [i8; 2])>((1, 2))?.1, 9.5);
    assert_eq!(rows.read_field::<String>("name", (1, 2))?, ["r12"]);
    assert!(some.read_slice_raw::<(f64, f64)>(0).is_err());
    assert_eq!((view.dtype(), view.ndim(), view.size()), (i16::type_descriptor(), 2, 4));
    let mut buffer = [0; 4];
    assert_eq!((view.read_into_raw(&mut buffer)?, buffer), (4, [-1, 2, 300, 7]));
    assert_eq!(view.read_slice_scalar((1, 0))?, 300);
    assert!(file.dataset("numbers")?.as_type::<String>().read_raw().is_err());
    Ok(())
}

#[cfg(feature = "ndarray")]
#[test]
fn views_are_arrays_too() -> Result<()> {
    use ndarray::{Ix1, Ix2, array, s};
    let file = File::in_memory()?;
    let rows = [(1_u8, 0.5_f32), (2, 1.5), (3, 2.5), (4, 3.5)];
    let rows = Values::with_shape(&rows, &[2, 2]).unwrap();
    let rows = file.new_dataset_builder().with_data(rows).create("rows")?;
    let column = rows.fields(["1"]);
    assert_eq!(column.read::<f64, Ix2>()?, array![[0.5, 1.5], [2.5, 3.5]]);
    assert_eq!(column.read_slice::<f64, Ix1>(s![.., 1])?, array![1.5, 3.5]);
    assert!(column.read::<f64, Ix1>().unwrap_err().is_usage());
    let bytes = file.create_dataset("bytes", [250_u8, 3])?.as_type::<i8>();
    assert_eq!(bytes.read_1d()?, array![127, 3]);
    assert_eq!(bytes.read_slice::<Ix1>(..1)?, array![127]);
    assert_eq!(bytes.read_dyn()?.shape(), [2]);
    assert!(bytes.read_2d().is_err());
    Ok(())
}

/// What h5py finds of attributes that came from maps.
const MAPS: &str = r#"
import h5py
with h5py.File('maps.h5') as file:
    for name in sorted(file):
        print(name, {key: value.tolist() if hasattr(value, 'tolist') else value
                     for key, value in sorted(file[name].attrs.items())})
"#;

#[test]
fn attributes_come_from_maps_and_become_maps() -> Result<()> {
    let folder = support::empty_folder("view_maps");
    let file = File::create(folder.join("maps.h5"))?;
    let numbers = file.create_group("numbers")?;
    let gains = HashMap::from([("a".to_owned(), 1.5), ("b".to_owned(), 2.0)]);
    numbers.set_attrs(gains.clone())?;
    assert_eq!(numbers.attrs_map_as::<f64, HashMap<_, _>>()?, gains);
    let lists = file.create_group("lists")?;
    lists.set_attrs(BTreeMap::from([("x", vec![1, 2]), ("y", vec![])]))?;
    let error = lists.attrs_map_as::<i32, BTreeMap<_, _>>().unwrap_err();
    assert!(error.is_usage(), "{error}");
    let mixed = file.create_group("mixed")?;
    let map = BTreeMap::from([
        ("text".to_owned(), Value::String("\u{e9}".into())),
        ("flag".to_owned(), Value::Boolean(false)),
        ("n".to_owned(), Value::Integer(-7)),
        ("all".to_owned(), Value::Array { shape: vec![2], elements: vec![Value::Float(0.5); 2] }),
    ]);
    mixed.set_attrs(&map)?;
    assert_eq!(mixed.attrs_map::<BTreeMap<_, _>>()?, map);
    assert_eq!(mixed.attrs_map::<Vec<_>>()?, map.into_iter().collect::<Vec<_>>());
    assert!(mixed.attrs_map_as::<f64, Vec<_>>().is_err());
    file.close()?;
    let Some(found) = support::python_in(&folder, MAPS, &[]) else { return Ok(()) };
    let wanted = "lists {'x': [1, 2], 'y': []}\n\
                  mixed {'all': [0.5, 0.5], 'flag': False, 'n': -7, 'text': '\u{e9}'}\n\
                  numbers {'a': 1.5, 'b': 2.0}\n";
    assert_eq!(found, wanted);
    Ok(())
}
