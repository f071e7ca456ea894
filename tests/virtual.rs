//! Virtual datasets: written through to their sources, following what becomes of these, seen by
//! this library and by h5py.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};

use hdfive::{Dataset, File, Selection, SliceOrIndex, VirtualView};

#[path = "support/mod.rs"]
mod support;

use support::random::Random;

/// `table`: rows of sources of other types, here and elsewhere; `holes`: with elements that have no
/// source; `outer`: of a virtual dataset of another file; `growing`, `blocks`: without end.
const MAKE: &str = r#"
import h5py, numpy as np, sys
from h5py import VirtualLayout, VirtualSource
libver = ('latest', 'latest') if sys.argv[1] == 'latest' else ('v110', 'v110')
whole = h5py.h5s.UNLIMITED
for name, kind in ('a', '>i2'), ('b', '<i8'):
    with h5py.File(f'{name}.h5', 'w', libver=libver) as file:
        file['plain'] = np.arange(6, dtype=kind)
        file.create_dataset('packed', data=np.arange(12, dtype=kind).reshape(2, 6), chunks=(1, 4), compression='gzip')
with h5py.File('middle.h5', 'w', libver=libver) as file:
    inner = VirtualLayout((2, 6), '<i4')
    inner[0] = VirtualSource('a.h5', 'plain', (6,), '>i2')
    inner[1] = VirtualSource('b.h5', 'plain', (6,), '<i8')
    file.create_virtual_dataset('inner', inner)
for n in range(2):
    with h5py.File(f'block{n}.h5', 'w', libver=libver) as file:
        file['d'] = np.full((2, 3), n, '<i4')
with h5py.File('file.h5', 'w', libver=libver) as file:
    file['own'] = np.zeros((2, 6), '<f4')
    table = VirtualLayout((6, 6), '<i4')
    table[0:2] = VirtualSource('.', 'own', (2, 6), '<f4')
    table[2:4] = VirtualSource('a.h5', 'packed', (2, 6), '>i2')
    table[4:6, ::2] = VirtualSource('b.h5', 'packed', (2, 6), '<i8')[:, :3]
    table[4:6, 1::2] = VirtualSource('b.h5', 'packed', (2, 6), '<i8')[:, 3:]
    file.create_virtual_dataset('table', table)
    holes = VirtualLayout((4, 6), '<i4')
    holes[0:2] = VirtualSource('.', 'own', (2, 6), '<f4')
    holes[2, 3:] = VirtualSource('none.h5', 'plain', (6,), '<i4')[:3]
    file.create_virtual_dataset('holes', holes, fillvalue=-7)
    outer = VirtualLayout((3, 4), '<i4')
    outer[:2] = VirtualSource('middle.h5', 'inner', (2, 6), '<i4')[:, 1:5]
    outer[2] = VirtualSource('.', 'own', (2, 6), '<f4')[0, :4]
    file.create_virtual_dataset('outer', outer)
    file.create_dataset('rows', data=np.arange(6, dtype='<i4').reshape(2, 3), maxshape=(None, 3), chunks=(2, 2))
    growing = VirtualLayout((2, 3), '<i4', maxshape=(None, 3))
    growing[:whole, :] = VirtualSource(file['rows'])[:whole, :]
    file.create_virtual_dataset('growing', growing, fillvalue=-1)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_fill_value(np.array(-1, '<i4'))
    space = h5py.h5s.create_simple((2, 3), (whole, 3))
    target = h5py.h5s.create_simple((2, 3), (whole, 3))
    target.select_hyperslab((0, 0), (whole, 1), (3, 1), (2, 3))
    plist.set_virtual(target, b'block%b.h5', b'd', h5py.h5s.create_simple((2, 3)))
    h5py.h5d.create(file.id, b'blocks', h5py.h5t.STD_I32LE, space, plist)
    wide = VirtualLayout((3, 4), '<i4', maxshape=(8, 8))
    wide[:2, :3] = VirtualSource('.', 'rows', (2, 3))
    file.create_virtual_dataset('wide', wide, fillvalue=-1)
"#;

const SHOW: &str = r#"
import h5py, sys
for place in sys.argv[1:]:
    name, dataset = place.split(':')
    with h5py.File(name, 'r') as file:
        dataset = file[dataset]
        values = dataset.asstr()[...].ravel().tolist() if dataset.dtype == object else [int(value) for value in dataset[...].ravel()]
        print(place, *dataset.shape, '|', *values)
"#;

fn made(name: &str, version: &str) -> Option<PathBuf> {
    let folder = support::empty_folder(&format!("virtual-{name}-{version}"));
    support::python_in(&folder, MAKE, &[version])?;
    Some(folder)
}

fn shown(folder: &Path, places: &[&str]) -> Vec<String> {
    let shown = support::python_in(folder, SHOW, places).unwrap();
    shown.lines().map(str::to_owned).collect()
}

fn line(place: &str, shape: &[usize], values: &[i64]) -> String {
    let numbers = |all: Vec<String>| all.join(" ");
    let shape = numbers(shape.iter().map(usize::to_string).collect());
    format!("{place} {shape} | {}", numbers(values.iter().map(i64::to_string).collect()))
}

fn read(dataset: &Dataset) -> Vec<i64> {
    dataset.read_raw().unwrap()
}

/// All files of the folder, as they are on disk.
fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    files.sort();
    files
}

/// A part of an array of two axes: the selection, and the places of its elements.
fn part(shape: [usize; 2], random: &mut Random) -> (Selection, Vec<usize>) {
    let [rows, columns] = shape;
    if random.below(3) == 0 {
        let points: Vec<[usize; 2]> =
            (0..1 + random.below(8)).map(|_| [random.below(rows), random.below(columns)]).collect();
        let wide = points.iter().map(|point| point.map(|at| u64::try_from(at).unwrap()));
        let places = points.iter().map(|[row, column]| row * columns + column);
        return (Selection::points(wide).unwrap(), places.collect());
    }
    let mut axis = |len: usize| {
        let start = random.below(len);
        let (count, step) = (1 + random.below(len - start), 1 + random.below(3));
        let range = SliceOrIndex::stepped(start..start + count, step);
        (range, (start..start + count).step_by(step).collect::<Vec<_>>())
    };
    let ((rows, tops), (across, lefts)) = (axis(rows), axis(columns));
    let places = tops.iter().flat_map(|row| lefts.iter().map(move |left| row * columns + left));
    (Selection::from((rows, across)), places.collect())
}

#[test]
fn what_is_written_is_in_the_sources() {
    for (seed, version) in (0..).zip(["v110", "latest"]) {
        let Some(folder) = made("written", version) else { return };
        let mut random = Random(seed);
        // The elements of `own`, `a:packed`, `b:packed`, `a:plain`, `b:plain`.
        let mut sources: [Vec<i64>; 5] =
            [vec![0; 12], (0..12).collect(), (0..12).collect(), (0..6).collect(), (0..6).collect()];
        // Where each element of `table` and `outer` stands.
        let table = |at: usize| match (at / 6, at % 6) {
            (row @ 0..=3, column) => (row / 2, row % 2 * 6 + column),
            (row, column) => (2, (row - 4) * 6 + column % 2 * 3 + column / 2),
        };
        let outer = |at: usize| match (at / 4, at % 4) {
            (2, column) => (0, column),
            (row, column) => (3 + row, column + 1),
        };
        for _ in 0..4 {
            let file = File::open_rw(folder.join("file.h5")).unwrap();
            let datasets = ["table", "outer"].map(|name| file.dataset(name).unwrap());
            for _ in 0..12 {
                let which = random.below(2);
                let dataset = &datasets[which];
                let shape = [[6, 6], [3, 4]][which];
                let place = |at: usize| if which == 0 { table(at) } else { outer(at) };
                let (selection, places) = part(shape, &mut random);
                let values: Vec<i64> =
                    places.iter().map(|_| i64::try_from(random.below(1 << 15)).unwrap()).collect();
                dataset.write_slice_raw(&values, selection).unwrap();
                for (at, value) in places.into_iter().zip(values) {
                    let (source, at) = place(at);
                    sources[source][at] = value;
                }
                for (which, dataset) in datasets.iter().enumerate() {
                    let place = |at: usize| if which == 0 { table(at) } else { outer(at) };
                    let all = (0..[36, 12][which]).map(place);
                    let expected: Vec<i64> = all.map(|(source, at)| sources[source][at]).collect();
                    assert_eq!(read(dataset), expected);
                }
            }
            file.close().unwrap();
            let expected = [
                line("file.h5:own", &[2, 6], &sources[0]),
                line("a.h5:packed", &[2, 6], &sources[1]),
                line("b.h5:packed", &[2, 6], &sources[2]),
                line("a.h5:plain", &[6], &sources[3]),
                line("b.h5:plain", &[6], &sources[4]),
            ];
            let names: Vec<&str> =
                expected.iter().map(|line| line.split(' ').next().unwrap()).collect();
            assert_eq!(shown(&folder, &names), expected);
            let all: Vec<i64> =
                (0..36).map(table).map(|(source, at)| sources[source][at]).collect();
            assert_eq!(shown(&folder, &["file.h5:table"]), [line("file.h5:table", &[6, 6], &all)]);
        }
    }
}

#[test]
fn elements_without_a_source_are_refused() {
    let Some(folder) = made("holes", "latest") else { return };
    let before = snapshot(&folder);
    let file = File::open_rw(folder.join("file.h5")).unwrap();
    let holes = file.dataset("holes").unwrap();
    for selection in [Selection::from(..), (2, 0).into(), (2, 3..).into(), (1..3, ..).into()] {
        let len: usize = selection.out_shape([4, 6]).unwrap().iter().product();
        let error = holes.write_slice_raw(&vec![1; len], selection).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("no source"), "{error}");
    }
    assert_eq!(read(&holes)[..12], [0; 12]);
    assert_eq!(read(&holes)[12..], [-7; 12]);
    file.close().unwrap();
    assert_eq!(snapshot(&folder), before);
    let file = File::open_rw(folder.join("file.h5")).unwrap();
    let holes = file.dataset("holes").unwrap();
    holes.write_slice_raw(&[1; 12], ..2).unwrap();
    holes.write_slice_raw::<i32>(&[], (2..2, ..)).unwrap();
    file.close().unwrap();
    let mut all = [-7; 24];
    all[..12].fill(1);
    assert_eq!(shown(&folder, &["file.h5:holes"]), [line("file.h5:holes", &[4, 6], &all)]);
}

#[test]
fn the_extent_follows_the_sources() {
    let Some(folder) = made("growing", "latest") else { return };
    let file = File::open_rw(folder.join("file.h5")).unwrap();
    let (rows, growing) = (file.dataset("rows").unwrap(), file.dataset("growing").unwrap());
    assert_eq!(growing.shape(), [2, 3]);
    rows.resize(&[5, 3]).unwrap();
    assert_eq!(growing.shape(), [5, 3]);
    rows.write_slice_raw(&[9; 9], 2..).unwrap();
    assert_eq!(read(&growing), [0, 1, 2, 3, 4, 5, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
    growing.write_slice_raw(&[7, 8, 9], 4).unwrap();
    assert_eq!(rows.read_slice_raw::<i64>(4).unwrap(), [7, 8, 9]);
    rows.resize(&[1, 3]).unwrap();
    assert_eq!((growing.shape(), read(&growing)), (vec![1, 3], vec![0, 1, 2]));
    // The extent is the sources', whatever is asked for.
    growing.resize(&[6, 3]).unwrap();
    assert_eq!(growing.shape(), [1, 3]);

    let blocks = file.dataset("blocks").unwrap();
    let two = [0, 0, 0, 0, 0, 0, -1, -1, -1, 1, 1, 1, 1, 1, 1];
    assert_eq!((blocks.shape(), read(&blocks)), (vec![5, 3], two.to_vec()));
    std::fs::copy(folder.join("block0.h5"), folder.join("block3.h5")).unwrap();
    assert_eq!(blocks.shape(), [5, 3]);
    let seen = blocks.virtual_printf_gap(1).unwrap();
    assert_eq!((seen.shape(), read(&seen)[15..24].to_vec()), (vec![11, 3], vec![-1; 9]));
    std::fs::copy(folder.join("block1.h5"), folder.join("block2.h5")).unwrap();
    assert_eq!(blocks.shape(), [11, 3]);
    assert_eq!(blocks.read_slice_raw::<i64>(6).unwrap(), [1, 1, 1]);
    blocks.write_slice_raw(&[5; 6], 9..).unwrap();
    // Between the blocks there is nothing to write to.
    assert!(blocks.write_slice_raw(&[5; 3], 8).unwrap_err().is_usage());
    let sure = blocks.virtual_view(VirtualView::FirstMissing).unwrap();
    assert_eq!(sure.shape(), [12, 3]);
    file.close().unwrap();
    let shown = shown(&folder, &["file.h5:growing", "file.h5:blocks", "block3.h5:d"]);
    assert_eq!(shown[0], line("file.h5:growing", &[1, 3], &[0, 1, 2]));
    assert!(shown[1].starts_with("file.h5:blocks 11 3 | 0 0 0 0 0 0 -1 -1 -1 1"), "{}", shown[1]);
    assert_eq!(shown[2], line("block3.h5:d", &[2, 3], &[5; 6]));
}

#[test]
fn bounded_axes_hold_what_is_mapped() {
    let Some(folder) = made("wide", "latest") else { return };
    let file = File::open_rw(folder.join("file.h5")).unwrap();
    let wide = file.dataset("wide").unwrap();
    wide.resize(&[2, 5]).unwrap();
    let all = [0, 1, 2, -1, -1, 3, 4, 5, -1, -1];
    assert_eq!(read(&wide), all);
    assert!(wide.resize(&[1, 5]).unwrap_err().is_usage());
    assert!(wide.resize(&[2, 2]).unwrap_err().is_usage());
    assert!(wide.resize(&[9, 5]).unwrap_err().is_usage());
    file.close().unwrap();
    assert_eq!(shown(&folder, &["file.h5:wide"]), [line("file.h5:wide", &[2, 5], &all)]);
}

#[test]
fn sources_open_elsewhere_are_the_same() {
    let Some(folder) = made("shared", "latest") else { return };
    let other = File::open_rw(folder.join("a.h5")).unwrap();
    let packed = other.dataset("packed").unwrap();
    packed.write_slice_raw(&[50; 6], 0).unwrap();
    let reader = File::open(folder.join("file.h5")).unwrap();
    let seen = reader.dataset("table").unwrap();
    assert_eq!(seen.read_slice_raw::<i64>(2).unwrap(), [50; 6]);
    packed.write_slice_raw(&[51; 6], 0).unwrap();
    assert_eq!(seen.read_slice_raw::<i64>(2).unwrap(), [51; 6]);
    drop((seen, reader));
    let file = File::open_rw(folder.join("file.h5")).unwrap();
    let table = file.dataset("table").unwrap();
    table.write_slice_raw(&[52; 6], 3).unwrap();
    assert_eq!(packed.read_slice_raw::<i64>(1).unwrap(), [52; 6]);
    packed.write_slice_raw(&[53; 6], 0).unwrap();
    assert_eq!(table.read_slice_raw::<i64>(2).unwrap(), [53; 6]);
    // When it is closed there, it is opened anew here.
    other.close().unwrap();
    assert_eq!(table.read_slice_raw::<i64>(2).unwrap(), [53; 6]);
    table.write_slice_raw(&[54; 6], 2).unwrap();
    // Flushed with the file that names it.
    file.flush().unwrap();
    let flushed = File::from_bytes(std::fs::read(folder.join("a.h5")).unwrap()).unwrap();
    let packed = flushed.dataset("packed").unwrap();
    assert_eq!(packed.read_raw::<i64>().unwrap(), [[54; 6], [52; 6]].concat());
    table.write_slice_raw(&[55; 6], 2).unwrap();
    file.close().unwrap();
    let packed = [[55; 6], [52; 6]].concat();
    assert_eq!(shown(&folder, &["a.h5:packed"]), [line("a.h5:packed", &[2, 6], &packed)]);
}

#[test]
fn a_source_that_may_only_be_read_is_not_written() {
    let Some(folder) = made("readers", "latest") else { return };
    let reader = File::open(folder.join("b.h5")).unwrap();
    let file = File::open_rw(folder.join("file.h5")).unwrap();
    let table = file.dataset("table").unwrap();
    let before = read(&table);
    let error = table.write_raw(&[1; 36]).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("b.h5"), "{error}");
    assert_eq!(read(&table), before);
    table.write_slice_raw(&[1; 24], ..4).unwrap();
    file.close().unwrap();
    assert_eq!(reader.dataset("packed").unwrap().read_raw::<i64>().unwrap()[..2], [0, 1]);
    let file = File::open(folder.join("file.h5")).unwrap();
    assert!(file.dataset("table").unwrap().write_raw(&[1; 36]).unwrap_err().is_usage());
}

const MAKE_TEXT: &str = r#"
import h5py, numpy as np
from h5py import VirtualLayout, VirtualSource
text = h5py.string_dtype()
for name in 'a', 'b':
    with h5py.File(f'{name}.h5', 'w') as file:
        file['text'] = np.array([f'{name}{n}' for n in range(3)], dtype=object)
with h5py.File('file.h5', 'w', libver='latest') as file:
    file['own'] = np.array(['x', 'y'], dtype=object)
    lines = VirtualLayout((8,), text)
    lines[0:3] = VirtualSource('a.h5', 'text', (3,), text)
    lines[3:6] = VirtualSource('b.h5', 'text', (3,), text)
    lines[6:8] = VirtualSource('.', 'own', (2,), text)
    file.create_virtual_dataset('lines', lines)
    kind = np.dtype([('n', '<i4'), ('w', '<f8'), ('k', 'i1')])
    file['records'] = np.array([(1, .5, 2), (3, 1.5, 4)], kind)
    part = VirtualLayout((2,), np.dtype([('k', '<i4'), ('n', '<i4')]))
    part[:] = VirtualSource('.', 'records', (2,), kind)
    file.create_virtual_dataset('part', part)
"#;

#[test]
fn strings_go_to_the_heaps_of_the_sources() {
    let folder = support::empty_folder("virtual-text");
    if support::python_in(&folder, MAKE_TEXT, &[]).is_none() {
        return;
    }
    let file = File::open_rw(folder.join("file.h5")).unwrap();
    let lines = file.dataset("lines").unwrap();
    let mut sizes = Vec::new();
    let mut expected = Vec::new();
    for round in 0..9 {
        let words: Vec<String> = (0..8).map(|n| format!("round {round} word {n}")).collect();
        lines.write_raw(&words).unwrap();
        lines.write_slice_raw(&["again".to_owned(), "more".to_owned()], 5..7).unwrap();
        expected.clone_from(&words);
        (expected[5], expected[6]) = ("again".to_owned(), "more".to_owned());
        assert_eq!(lines.read_raw::<String>().unwrap(), expected);
        file.flush().unwrap();
        sizes.push(snapshot(&folder).iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
    }
    file.close().unwrap();
    // What was written over is used again.
    assert_eq!(sizes[4], sizes[8], "{sizes:?}");
    let found = shown(&folder, &["file.h5:lines", "a.h5:text", "b.h5:text", "file.h5:own"]);
    assert_eq!(found[0], format!("file.h5:lines 8 | {}", expected.join(" ")));
    assert_eq!(found[1], format!("a.h5:text 3 | {}", expected[..3].join(" ")));
    assert_eq!(found[2], format!("b.h5:text 3 | {}", expected[3..6].join(" ")));
    assert_eq!(found[3], format!("file.h5:own 2 | {}", expected[6..].join(" ")));
}

#[test]
fn members_that_a_virtual_dataset_lacks_stay() {
    let folder = support::empty_folder("virtual-members");
    if support::python_in(&folder, MAKE_TEXT, &[]).is_none() {
        return;
    }
    let file = File::open_rw(folder.join("file.h5")).unwrap();
    let part = file.dataset("part").unwrap();
    part.write_slice_raw(&[(7i32, 8i32)], 1).unwrap();
    let records = file.dataset("records").unwrap();
    let all: Vec<(i32, f64, i8)> = records.read_raw().unwrap();
    assert_eq!(all, [(1, 0.5, 2), (8, 1.5, 7)]);
    file.unlink("part").unwrap();
    file.unlink("lines").unwrap();
    file.close().unwrap();
    let file = File::open(folder.join("file.h5")).unwrap();
    assert_eq!(file.member_names().unwrap(), ["own", "records"]);
}

const SOURCES: &str = r#"
import h5py, sys
with h5py.File(sys.argv[1], 'r') as file:
    for name in sys.argv[2:]:
        dataset = file[name]
        plist = dataset.id.get_create_plist()
        print(name, *dataset.shape, dataset.maxshape, dataset.fillvalue)
        for n in range(plist.get_virtual_count()):
            spaces = plist.get_virtual_vspace(n), plist.get_virtual_srcspace(n)
            kinds = ' '.join(str(space.get_select_type()) for space in spaces)
            slabs = ' '.join(str(space.get_regular_hyperslab()) for space in spaces if space.get_select_type() == 2 and space.is_regular_hyperslab())
            print(' ', plist.get_virtual_filename(n), plist.get_virtual_dsetname(n), kinds, slabs)
"#;

/// The datasets that h5py makes, made here.
fn make(file: &File) {
    let whole = |start: usize| SliceOrIndex::Unlimited { start, step: 1, block: 1 };
    let kind = || file.new_dataset::<i32>();
    file.new_dataset::<f32>().shape((2, 6)).create("own").unwrap();
    let columns = |start: usize| SliceOrIndex::stepped(start.., 2);
    kind()
        .shape((6, 6))
        .virtual_map(".", "own", (2, 6), .., (6, 6), 0..2)
        .virtual_map("a.h5", "packed", (2, 6), .., (6, 6), 2..4)
        .virtual_map("b.h5", "packed", (2, 6), (.., ..3), (6, 6), (4..6, columns(0)))
        .virtual_map("b.h5", "packed", (2, 6), (.., 3..), (6, 6), (4..6, columns(1)))
        .create("table")
        .unwrap();
    kind()
        .shape((4, 6))
        .fill_value(-7)
        .virtual_map(".", "own", (2, 6), .., (4, 6), 0..2)
        .virtual_map("none.h5", "plain", 6, ..3, (4, 6), (2, 3..))
        .create("holes")
        .unwrap();
    kind()
        .shape((3, 4))
        .virtual_map("middle.h5", "inner", (2, 6), (.., 1..5), (3, 4), ..2)
        .virtual_map(".", "own", (2, 6), (0, ..4), (3, 4), 2)
        .create("outer")
        .unwrap();
    let rows = kind().shape((2.., 3)).chunk((2, 2)).create("rows").unwrap();
    rows.write_raw(&[0, 1, 2, 3, 4, 5]).unwrap();
    kind()
        .shape((2.., 3))
        .fill_value(-1)
        .virtual_map(".", "/rows", (2.., 3), (whole(0), ..), (2.., 3), (whole(0), ..))
        .create("growing")
        .unwrap();
    let blocks = SliceOrIndex::Unlimited { start: 0, step: 3, block: 2 };
    kind()
        .shape((2.., 3))
        .fill_value(-1)
        .virtual_map("block%b.h5", "d", (2, 3), .., (2.., 3), (blocks, ..))
        .create("blocks")
        .unwrap();
    let bounded = (hdfive::Extent::new(3, Some(8)), hdfive::Extent::new(4, Some(8)));
    kind()
        .shape(bounded)
        .fill_value(-1)
        .virtual_map(".", "rows", (2, 3), .., (3, 4), (..2, ..3))
        .create("wide")
        .unwrap();
}

#[test]
fn new_virtual_datasets_are_as_h5py_makes_them() {
    use hdfive::LibraryVersion::{V18, V110, V112, V200};
    for (low, version) in [(V18, "v110"), (V110, "v110"), (V112, "latest"), (V200, "latest")] {
        let Some(folder) = made("made", version) else { return };
        let names = ["table", "holes", "outer", "growing", "blocks", "wide"];
        let places = names.map(|name| format!("file.h5:{name}"));
        let places = places.each_ref().map(String::as_str);
        let values = shown(&folder, &places);
        let arguments = [&["file.h5"][..], &names].concat();
        let sources = support::python_in(&folder, SOURCES, &arguments).unwrap();
        let file = File::with_options().library_versions(low, V200);
        let file = file.create(folder.join("file.h5")).unwrap();
        make(&file);
        file.close().unwrap();
        assert_eq!(shown(&folder, &places), values);
        let found = support::python_in(&folder, SOURCES, &arguments).unwrap();
        // One block and blocks of one element are two spellings of the same.
        let plain = |text: &str| -> Vec<String> {
            let words = |line: &str| line.split("((").next().unwrap().to_owned();
            text.lines().map(words).collect()
        };
        assert_eq!(plain(&found), plain(&sources));
        // h5py takes them for its own: it deletes one.
        let delete = "import h5py\nwith h5py.File('file.h5', 'r+') as file: del file['table']";
        support::python_in(&folder, delete, &[]).unwrap();
        assert_eq!(shown(&folder, &places[1..]), values[1..]);
        let file = File::open_rw(folder.join("file.h5")).unwrap();
        file.dataset("outer").unwrap().write_slice_raw(&[70; 8], ..2).unwrap();
        file.close().unwrap();
        let plain = shown(&folder, &["a.h5:plain"]);
        assert_eq!(plain, [line("a.h5:plain", &[6], &[0, 70, 70, 70, 70, 5])]);
    }
}

#[test]
fn mappings_that_make_no_sense_are_refused() {
    let file = File::in_memory().unwrap();
    let new = |extents: hdfive::Extents| file.new_dataset::<i32>().shape(extents);
    let whole = || SliceOrIndex::Unlimited { start: 0, step: 1, block: 1 };
    let pairs = || SliceOrIndex::Unlimited { start: 0, step: 2, block: 2 };
    let refused = [
        // Other numbers of elements.
        new(6.into()).virtual_map(".", "s", 5, .., 6, ..),
        new((6.., 2).into()).virtual_map(
            ".",
            "s",
            (6.., 3),
            (whole(), ..),
            (6.., 2),
            (whole(), ..),
        ),
        new((6..).into()).virtual_map("f%b", "s", 3, .., 6.., pairs()),
        // Without bound on one side only.
        new(6.into()).virtual_map(".", "s", 6.., whole(), 6, ..),
        new((6..).into()).virtual_map(".", "s", 2, .., 6.., pairs()),
        new(6.into()).virtual_map("f%b", "s", 6, .., 6, ..),
        new((6..).into()).virtual_map("f%b", "s", 6.., whole(), 6.., whole()),
        // Outside of the extents, of other ranks, nameless.
        new(6.into()).virtual_map(".", "s", 9, ..6, 9, 3..9),
        new(6.into()).virtual_map(".", "s", (6, 1), .., (6, 1), ..),
        new(6.into()).virtual_map("", "s", 6, .., 6, ..),
        new(6.into()).virtual_map("f%d", "s", 6, .., 6, ..),
        new(6.into()).virtual_map(".", "s", 6, .., 6, ..).deflate(1),
        new(6.into()).virtual_map(".", "s", 6, .., 6, ..).external("a", 0, 24),
        new(6.into()).virtual_map(".", "s", 6, .., 6, ..).layout(hdfive::Layout::Compact),
    ];
    for builder in refused {
        assert!(builder.create("x").unwrap_err().is_usage(), "{builder:?}");
    }
    assert!(file.member_names().unwrap().is_empty());
    // What the sources are is not asked: a file in memory may not have others opened.
    let blocks =
        new((6..).into()).virtual_map("f%b", "s", 2, .., 6.., pairs()).create("x").unwrap();
    assert_eq!((blocks.shape(), blocks.virtual_mappings().len()), (vec![6], 1));
    let refused = blocks.read_raw::<i32>().unwrap_err();
    assert!(matches!(refused.kind(), hdfive::ErrorKind::Refused(_)));
    let old = hdfive::LibraryVersion::V18;
    let old = File::with_options().library_versions(old, old).in_memory().unwrap();
    let builder = old.new_dataset::<i32>().shape(6).virtual_map(".", "s", 6, .., 6, ..);
    let error = builder.create("x").unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("v110"), "{error}");
}
