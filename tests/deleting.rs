//! What is deleted leaves nothing behind: the space of objects and of what their elements keep in
//! heaps serves again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hdfive::{
    Account, AccountProblem, AllocTime, Dataset, File, FileBuilder, FileSpaceStrategy, Group,
    H5Type, Layout, LibraryVersion,
};

#[path = "deleting/kinds.rs"]
mod kinds;
#[path = "support/mod.rs"]
mod support;

use kinds::{FILL_IN_HEAP, KINDS, Kind, check_kept, keep};
use support::random::Random;

const VERSIONS: [LibraryVersion; 4] =
    [LibraryVersion::Earliest, LibraryVersion::V18, LibraryVersion::V110, LibraryVersion::V200];

/// Bytes of the file that something lies in.
fn used(file: &File) -> u64 {
    // What a flush lets go of is given back by the next one.
    (0..3).for_each(|_| file.flush().unwrap());
    file.size() - file.free_space()
}

/// Datasets of one type in every layout.
fn datasets<T: H5Type + Clone>(group: &Group, fill: &T) -> Vec<Dataset> {
    let new = || group.new_dataset::<T>();
    let filled = || new().fill_value(fill.clone());
    let early = || filled().alloc_time(Some(AllocTime::Early));
    vec![
        new().shape(30).create("contiguous").unwrap(),
        filled().shape(30).create("contiguous_filled").unwrap(),
        new().shape(30).layout(Layout::Compact).create("compact").unwrap(),
        filled().shape(30).layout(Layout::Compact).create("compact_filled").unwrap(),
        new().shape(30).chunk(30).create("single").unwrap(),
        new().shape(30..=50).chunk(7).create("fixed").unwrap(),
        new().shape(30..).chunk(7).create("chunked").unwrap(),
        new().shape((0.., 0..)).chunk((7, 2)).deflate(3).create("tree").unwrap(),
        filled().shape(30..).chunk(7).lzf().create("filtered").unwrap(),
        early().shape(30).chunk(7).create("early").unwrap(),
        early().shape(30..).chunk(7).deflate(1).create("early_filtered").unwrap(),
    ]
}

fn change<T: H5Type + Clone>(datasets: &[Dataset], values: &[T]) {
    for dataset in datasets {
        if dataset.ndim() == 2 {
            dataset.resize(&[10, 3]).unwrap();
        }
        dataset.write_raw(&values[..30]).unwrap();
        if dataset.ndim() == 1 {
            dataset.write_slice_raw(&values[3..11], 11..19).unwrap();
        }
    }
    for dataset in datasets.iter().filter(|dataset| dataset.is_resizable()) {
        let wide: &[usize] = if dataset.ndim() == 2 { &[3] } else { &[] };
        for rows in [12, 40, 5, 20] {
            dataset.resize(&[&[rows], wide].concat()).unwrap();
        }
    }
}

fn run<T: H5Type + Clone>(file: &File, fill: &T, values: &[T]) {
    file.create_group("keep").unwrap();
    let before = used(file);
    for round in 0..3 {
        let group = file.create_group("group").unwrap();
        let datasets = datasets(&group, fill);
        if round > 0 {
            file.flush().unwrap();
        }
        change(&datasets, values);
        for (number, value) in values.iter().enumerate().take(12) {
            let name = format!("attribute {number}");
            group.new_attr::<T>().create(name.as_str()).unwrap().write_scalar(value).unwrap();
        }
        if round > 1 {
            file.flush().unwrap();
        }
        assert!(used(file) > before);
        file.unlink("group").unwrap();
        assert_eq!(used(file), before, "round {round}");
    }
}

#[test]
fn datasets_leave_nothing_behind() {
    for version in VERSIONS {
        let new = || {
            let builder = File::with_options().library_versions(version, LibraryVersion::LATEST);
            builder.in_memory().unwrap()
        };
        let numbers: Vec<i32> = (0..40).collect();
        run(&new(), &7, &numbers);
        let words: Vec<String> = (0..40).map(|n| "word ".repeat(n)).collect();
        run(&new(), &"nothing".to_owned(), &words);
        let lists: Vec<Vec<i32>> = (0..40).map(|n| (0..n).collect()).collect();
        run(&new(), &vec![1, 2, 3], &lists);
        let nested: Vec<Vec<String>> =
            (0..40).map(|n| (0..n % 4).map(|m| "x".repeat(m)).collect()).collect();
        run(&new(), &vec!["one".to_owned()], &nested);
    }
}

#[test]
fn data_of_other_files_leaves_nothing_behind() {
    for version in VERSIONS {
        let builder = File::with_options().library_versions(version, LibraryVersion::LATEST);
        let file = builder.in_memory().unwrap();
        let before = used(&file);
        for _ in 0..3 {
            let rows = file.new_dataset::<i16>().shape((2.., 3));
            rows.external("first.raw", 4, 5)
                .external("second.raw", 0, usize::MAX)
                .create("d")
                .unwrap();
            assert!(used(&file) > before);
            file.unlink("d").unwrap();
            assert_eq!(used(&file), before);
            if version < LibraryVersion::V110 {
                continue;
            }
            let joined = file.new_dataset::<i32>().shape((4, 3));
            joined.virtual_map("a.h5", "x", (4, 3), .., (4, 3), ..).create("d").unwrap();
            assert!(used(&file) > before);
            file.unlink("d").unwrap();
            assert_eq!(used(&file), before);
        }
    }
}

fn options(low: LibraryVersion) -> FileBuilder {
    File::with_options().library_versions(low, LibraryVersion::LATEST).auto_flush(false)
}

/// The account of a file that holds nothing back.
fn settled(file: &File) -> Account {
    (0..3).for_each(|_| file.flush().unwrap());
    file.account().unwrap()
}

/// Every byte is in use or known to be free, and nothing is both.
fn assert_clean(account: &Account, when: &str) {
    let problems: Vec<String> = account.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{when}: {problems:#?}");
}

/// Nodes of trees are copied where they change: the copies of what is kept may lie behind the room of
/// their originals, which is free.
const COPY: u64 = 2048;

#[test]
fn every_kind_leaves_nothing_behind() {
    for low in VERSIONS {
        let file = options(low).in_memory().unwrap();
        keep(&file.create_group("kept").unwrap()).unwrap();
        // Names have their room in heaps that do not become smaller.
        file.create_group("kind").unwrap();
        file.unlink("kind").unwrap();
        let empty = settled(&file);
        let (size, used) = (file.size(), empty.metadata + empty.raw_data);
        for (kind, _, make) in KINDS.iter().filter(|(_, least, _)| *least <= low) {
            let mut most = 0;
            for round in 0..8 {
                let when = format!("{kind} in {low:?}, round {round}");
                make(&file.create_group("kind").unwrap()).unwrap();
                if round % 3 > 0 {
                    assert_clean(&settled(&file), &when);
                }
                if round < 3 {
                    most = most.max(file.size());
                } else {
                    assert!(file.size() <= most, "{when}: {} after {most}", file.size());
                }
                file.unlink("kind").unwrap();
                let account = settled(&file);
                assert_clean(&account, &when);
                assert_eq!(account.metadata + account.raw_data, used, "{when}");
                assert!(file.size() <= size + COPY, "{when}: {} after {size}", file.size());
            }
        }
        // All at once, in the order they were made in and in the opposite one.
        for backwards in [false, true] {
            let mut names: Vec<&str> = Vec::new();
            for (kind, _, make) in KINDS.iter().filter(|(_, least, _)| *least <= low) {
                make(&file.create_group(&format!("kind/{kind}")).unwrap()).unwrap();
                names.push(kind);
            }
            assert_clean(&settled(&file), "all");
            if backwards {
                names.reverse();
            }
            for name in names {
                file.unlink(&format!("kind/{name}")).unwrap();
                assert_clean(&settled(&file), name);
            }
            file.unlink("kind").unwrap();
            assert_clean(&settled(&file), "nothing");
            assert!(file.size() <= size + COPY, "{} after {size}", file.size());
        }
        check_kept(&file.group("kept").unwrap());
    }
}

/// Makes all kinds as h5py does; but not what libhdf5 leaves in heaps when it deletes, or shrinks, what
/// keeps something there, nor what nobody can tell who names it: fill values in heaps.
const MAKE: &str = r#"
import h5py, numpy, sys
from h5py import h5d, h5p, h5s, h5t
numbers = lambda count: numpy.arange(count, dtype='i4')
def early(group, name, shape, chunk, **more):
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    if chunk: plist.set_chunk(chunk)
    h5d.create(group.id, name, h5t.NATIVE_INT32, h5s.create_simple(shape), plist)
def linear(group):
    group['contiguous'] = numbers(900)
    group.create_dataset('late', (900,), 'i4')
    early(group, b'early', (900,), None)
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_layout(h5d.COMPACT)
    h5d.create(group.id, b'compact', h5t.NATIVE_INT32, h5s.create_simple((300,)), plist)
    group['scalar'] = 7
    group['null'] = h5py.Empty('f8')
def chunks(group):
    group.create_dataset('single', data=numbers(900), chunks=(900,))
    group.create_dataset('filtered', data=numbers(900), chunks=(900,), compression='gzip')
    early(group, b'implicit', (900,), (17,))
    fixed = group.create_dataset('fixed', (5000,), 'i4', chunks=(2,), maxshape=(6000,))
    fixed[:900] = numbers(900)
    fixed.resize((70,))
    rows = group.create_dataset('rows', (4000, 2), 'i4', chunks=(1, 2), maxshape=(None, 2))
    rows[:900] = 5
    rows[3900:3950] = 6
    lzf = group.create_dataset('lzf', data=numbers(900), chunks=(5,), maxshape=(None,), compression='lzf')
    lzf.resize((33,))
    group.create_dataset('two', data=numbers(1800).reshape(60, 30), chunks=(1, 2), maxshape=(None, None))
    two = group.create_dataset('gzip', data=numbers(1800).reshape(60, 30), chunks=(7, 2),
        maxshape=(None, None), compression='gzip', shuffle=True, fletcher32=True)
    two.resize((5, 5))
def external(group):
    group.create_dataset('a', (900,), 'i4', external=[('raw.bin', 0, 1800), ('other.bin', 0, 1800)])
    group.create_dataset('b', (900,), 'i4', external=[(f'{"long/" * n}{n}.bin', 0, 60) for n in range(60)])
def virtual(group):
    group['source'] = numbers(900)
    layout = h5py.VirtualLayout((900,), 'i4')
    for n in range(90):
        source = h5py.VirtualSource('.' if n % 2 else 'elsewhere.h5', group.name + '/source', (900,))
        layout[n * 10:n * 10 + 10] = source[n * 10:n * 10 + 10]
    group.create_virtual_dataset('a', layout)
def heaps(group):
    words = ['word ' * n for n in range(90)]
    group.create_dataset('words', data=words, dtype=h5py.string_dtype())
    more = group.create_dataset('more', data=words, dtype=h5py.string_dtype(), chunks=(7,),
        maxshape=(None,), compression='gzip')
    more[3:12] = words[:9]
    lists = group.create_dataset('lists', (90,), h5py.vlen_dtype('i4'))
    for n in range(90): lists[n] = numbers(n)
    group.create_dataset('huge', data=['y' * 9000, 'z' * 70000], dtype=h5py.string_dtype())
    pair = numpy.dtype([('text', h5py.string_dtype()), ('list', h5py.vlen_dtype('f8'))])
    pairs = group.create_dataset('pairs', (9,), pair)
    for n in range(9): pairs[n] = ('text' * n, numpy.zeros(n))
def references(group):
    data = group.create_dataset('a', data=numbers(900))
    group.create_dataset('objects', data=[data.ref] * 30, dtype=h5py.ref_dtype)
    regions = group.create_dataset('regions', (30,), h5py.regionref_dtype)
    for n in range(30): regions[n] = data.regionref[n:n + 9]
    group.attrs.create('region', data.regionref[4:], dtype=h5py.regionref_dtype)
def attributes(group):
    few = group.create_dataset('few', (9,), 'i4')
    for n in range(6): few.attrs[str(n)] = numbers(40 * n + 1)
    few.attrs['text'] = 'of any length'
    del few.attrs['3']
    many = group.create_dataset('many', (9,), 'i4')
    for n in range(80):
        many.attrs[f'attribute {n}'] = numbers(n + 1)
        many.attrs[f'text {n}'] = 'words ' * n
    for n in range(0, 60, 2): del many.attrs[f'attribute {n}']
    if sys.argv[2] != 'default':
        few.attrs['large'] = numbers(30000)
        many.attrs['larger'] = numbers(80000)
def groups(group):
    for n in range(6): group.create_group(f'{n}/below/it/{n}')
    del group['3/below']
    group.create_group('/'.join(str(n) for n in range(40)))
    many = group.create_group('many')
    for n in range(300): many.create_group(str(n))
    for n in range(0, 300, 3): del many[str(n)]
    ordered = group.create_group('ordered', track_order=True)
    for n in range(30): ordered.create_group(str(n))
    for n in range(50): group[f'soft {n}'] = h5py.SoftLink('far/' * (n + 1))
    for n in range(50): ordered[f'external {n}'] = h5py.ExternalLink('x.h5', '/there')
    data = group.create_dataset('data', data=numbers(900))
    for n in range(5): group[f'name {n}'] = data
    del group['data']
    del group['name 3']
def types(group):
    group['text'] = h5py.string_dtype()
    group['pair'] = numpy.dtype([('a', 'i4'), ('b', 'f8')])
    for n in range(5):
        texts = group.create_dataset(f'texts {n}', (3,), group['text'])
        if n != 3: texts[:] = ['a', 'b' * n, '']
        pairs = group.create_dataset(f'pairs {n}', (3,), group['pair'])
        if n != 3: pairs.attrs.create('about', 'x' * n, dtype=group['text'])
    del group['texts 3']
    del group['pairs 3']
    del group['text']
KINDS = [linear, chunks, external, virtual, heaps, references, attributes, groups, types]
bounds = {'default': None, 'v108': ('v108', 'latest'), 'latest': ('latest', 'latest')}[sys.argv[2]]
with h5py.File(sys.argv[1], 'w', libver=bounds) as file:
    kept = file.create_group('kept')
    kept.create_dataset('words', data=[f'kept {n}' for n in range(20)], dtype=h5py.string_dtype())
    kept.create_dataset('numbers', data=numbers(50), chunks=(7,))
    kept.attrs['about'] = 'what is kept'
    for kind in KINDS: kind(file.create_group(f'kinds/{kind.__name__}'))
print(*(kind.__name__ for kind in KINDS))
"#;

const CHECK: &str = r#"
import h5py, sys
found = []
with h5py.File(sys.argv[1], 'r') as file:
    kept = file['kept']
    assert [word.decode() for word in kept['words']] == [f'kept {n}' for n in range(20)]
    assert (kept['numbers'][...] == range(50)).all()
    assert kept.attrs['about'] == 'what is kept'
    def see(name, thing):
        found.append(name)
        len(thing.attrs), list(thing.attrs)
        if isinstance(thing, h5py.Dataset) and thing.shape and not thing.external: thing[...]
    file.visititems(see)
print(len(found))
"#;

#[test]
fn what_h5py_made_goes_without_a_rest() {
    let folder = support::empty_folder("deleting");
    for bounds in ["default", "v108", "latest"] {
        for backwards in [false, true] {
            let path = folder.join(format!("{bounds}-{backwards}.h5"));
            let arguments = [path.to_str().unwrap(), bounds];
            let Some(names) = support::python_in(&folder, MAKE, &arguments) else { return };
            let mut names: Vec<&str> = names.split_whitespace().collect();
            if backwards {
                names.reverse();
            }
            go(&folder, &path, &names);
        }
    }
}

/// Deletes all kinds of a file of h5py's.
fn go(folder: &Path, path: &Path, names: &[&str]) {
    let see = || support::python_in(folder, CHECK, &[path.to_str().unwrap()]).unwrap();
    let low = LibraryVersion::Earliest;
    let file = options(low).open_rw(path).unwrap();
    let (before, size) = (file.account().unwrap(), file.size());
    let lost = |problem: &AccountProblem| matches!(problem, AccountProblem::Lost(_));
    assert!(before.problems.iter().all(lost), "{:?}", before.problems);
    for name in names {
        file.unlink(&format!("kinds/{name}")).unwrap();
        let account = settled(&file);
        assert!(account.is_sound(), "{name}: {:?}", account.problems);
        // What libhdf5 had lost joins what is free, where it lies at the end of the file.
        assert!(account.lost() <= before.lost(), "{name}: {:?}", account.problems);
    }
    let account = settled(&file);
    check_kept(&file.group("kept").unwrap());
    file.close().unwrap();
    assert!(account.metadata + account.raw_data < 24_000, "{account:?}");
    assert_eq!(see().trim(), "4");
    // What is made now goes where something was, in this session or the next.
    let file = options(low).open_rw(path).unwrap();
    let old = || KINDS.iter().filter(|(_, least, _)| *least == low);
    let mut most = 0;
    for round in 0..6 {
        for (kind, _, make) in old() {
            make(&file.create_group(&format!("kinds/{kind}")).unwrap()).unwrap();
        }
        let account = settled(&file);
        assert!(account.is_sound(), "{:?}", account.problems);
        if round < 3 {
            most = most.max(file.size());
        } else {
            assert!(
                file.size() < most + most / 16,
                "{} after {most}, {size} at first",
                file.size()
            );
        }
        if round < 5 {
            old().for_each(|(kind, ..)| file.unlink(&format!("kinds/{kind}")).unwrap());
        }
    }
    file.close().unwrap();
    let seen: usize = see().trim().parse().unwrap();
    assert!(seen > 300, "{seen}");
}

/// Fixtures of which something stays, as with libhdf5: fill values in heaps that others may name,
/// objects of heaps that libhdf5 itself left there, groups that lead to themselves.
const LEAVES: [&str; 3] = ["fill_values", "netcdf4", "links"];

#[test]
fn all_that_the_fixtures_hold_goes() {
    let folder = support::empty_folder("deleting-fixtures");
    let mut tried = 0;
    for entry in std::fs::read_dir(support::fixtures::folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let copy = folder.join(&name);
        if !name.ends_with(".h5") || std::fs::copy(&path, &copy).is_err() {
            continue;
        }
        let Ok(file) = options(LibraryVersion::Earliest).open_rw(&copy) else {
            std::fs::remove_file(&copy).unwrap();
            continue;
        };
        let before = file.account().unwrap();
        assert!(before.is_sound(), "{name}: {:?}", before.problems);
        let leaves = LEAVES.iter().any(|known| name.starts_with(known));
        let check = |when: &str| {
            let account = settled(&file);
            let fine = account.is_sound() && account.lost() <= before.lost();
            assert!(fine || leaves, "{name}, {when}: {:?}", account.problems);
            let damage = |problem: &AccountProblem| {
                use AccountProblem::{Lost, Miscounted, Unnamed};
                !matches!(problem, Lost(_) | Unnamed { .. } | Miscounted { .. })
            };
            assert!(!account.problems.iter().any(damage), "{name}: {:?}", account.problems);
        };
        for attribute in file.attr_names().unwrap() {
            file.delete_attr(&attribute).unwrap();
        }
        check("attributes");
        for link in file.all_links().unwrap() {
            file.unlink(&link.name).unwrap();
            check(&link.name);
        }
        file.close().unwrap();
        tried += 1;
    }
    assert!(tried > 180, "{tried}");
    let script = "
import h5py, os
for name in os.listdir('.'):
    with h5py.File(name, 'r+') as file:
        assert len(file) == 0 and len(file.attrs) == 0, name
        file['again'] = [1, 2, 3]
    with h5py.File(name) as file: assert list(file['again']) == [1, 2, 3]
";
    support::python_in(&folder, script, &[]);
}

/// Makes, changes, copies, moves and deletes at random.
fn edit(file: &File, random: &mut Random, low: LibraryVersion) {
    let fits = |(kind, least, _): &&Kind| *least <= low && *kind != FILL_IN_HEAP;
    let fitting: Vec<_> = KINDS.iter().filter(fits).collect();
    let name = format!("{}", random.below(9));
    let other = format!("{}", random.below(9));
    match random.below(8) {
        0..3 if !file.link_exists(&name) => {
            let (_, _, make) = fitting[random.below(fitting.len())];
            make(&file.create_group(&name).unwrap()).unwrap();
        }
        3 if file.link_exists(&name) && !file.link_exists(&other) => {
            file.relink(&name, &other).unwrap();
        }
        4 if file.link_exists(&name) && !file.link_exists(&other) => {
            file.location(&name).unwrap().copy_to(file, &other).unwrap();
        }
        5 if file.link_exists(&name) && !file.link_exists(&other) => {
            file.link_hard(&name, &other).unwrap();
        }
        6 => {
            // A step that fails leaves everything as it was.
            assert!(file.create_dataset("kept", [1]).is_err());
            let words: Vec<String> = (0..300).map(|n| "word ".repeat(n)).collect();
            assert!(file.create_dataset("kept/words", &words).is_err());
            assert!(file.location("kept").unwrap().copy_to(file, "kept").is_err());
        }
        _ if file.link_exists(&name) => file.unlink(&name).unwrap(),
        _ => {}
    }
}

#[test]
fn no_byte_is_lost_whatever_happens() {
    let folder = support::empty_folder("deleting-random");
    for (number, low) in VERSIONS.into_iter().enumerate() {
        let path = folder.join(format!("{low:?}.h5"));
        let mut builder = options(low);
        // Where a file can remember it, nothing is lost from session to session.
        let persistent = low > LibraryVersion::Earliest;
        if persistent {
            let strategy = [FileSpaceStrategy::FsmAggregator, FileSpaceStrategy::Page][number % 2];
            builder = builder.file_space(strategy, true, 1, 1024);
        }
        let mut random = Random(7 + number as u64);
        let mut file = builder.create(&path).unwrap();
        keep(&file.create_group("kept").unwrap()).unwrap();
        for round in 0..60 {
            edit(&file, &mut random, low);
            let when = format!("{low:?}, round {round}");
            if round % 3 == 0 {
                let account = settled(&file);
                let lost = account.problems.iter().any(|problem| {
                    let lost = matches!(problem, AccountProblem::Lost(_));
                    persistent || !lost
                });
                assert!(!lost, "{when}: {:?}", account.problems);
            } else {
                let account = file.account().unwrap();
                assert!(account.is_sound(), "{when}: {:?}", account.problems);
            }
            if round % 10 == 9 {
                file.close().unwrap();
                let account = File::open(&path).unwrap().account().unwrap();
                assert!(account.is_sound(), "{when}: {:?}", account.problems);
                assert!(!persistent || account.problems.is_empty(), "{when}: {account:?}");
                file = builder.open_rw(&path).unwrap();
            }
        }
        check_kept(&file.group("kept").unwrap());
        file.close().unwrap();
        support::python_in(&folder, CHECK, &[path.to_str().unwrap()]);
    }
}

/// What a group with many links and attributes has: names of groups in it, and values of attributes.
#[derive(Debug, Default)]
struct Many {
    links: BTreeSet<usize>,
    attributes: BTreeMap<usize, i32>,
    made: usize,
}

impl Many {
    fn name(number: usize) -> String {
        format!("name{number}")
    }

    fn change(&mut self, group: &Group, random: &mut Random) {
        let some = |random: &mut Random, all: Vec<usize>| {
            let from = random.below(all.len().max(1));
            let count = random.below(60);
            all.into_iter().skip(from).take(count).collect::<Vec<_>>()
        };
        let links = || self.links.iter().copied().collect::<Vec<_>>();
        let attributes = || self.attributes.keys().copied().collect::<Vec<_>>();
        match random.below(8) {
            0 | 1 => {
                for _ in 0..random.below(80) {
                    group.create_group(&Self::name(self.made)).unwrap();
                    self.links.insert(self.made);
                    self.made += 1;
                }
            }
            2 => {
                for number in some(random, links()) {
                    group.unlink(&Self::name(number)).unwrap();
                    assert!(group.unlink(&Self::name(number)).unwrap_err().is_not_found());
                    self.links.remove(&number);
                }
            }
            3 => {
                for number in some(random, links()) {
                    group.unlink(&Self::name(number)).unwrap();
                    // Another one of its name, at once.
                    group.link_soft("/", &Self::name(number)).unwrap();
                }
            }
            4 | 5 => {
                for _ in 0..random.below(80) {
                    let value = random.below(1000) as i32;
                    group
                        .new_attr_builder()
                        .with_data(&[value])
                        .create(&Self::name(self.made))
                        .unwrap();
                    self.attributes.insert(self.made, value);
                    self.made += 1;
                }
            }
            6 => {
                for number in some(random, attributes()) {
                    group.delete_attr(&Self::name(number)).unwrap();
                    assert!(group.delete_attr(&Self::name(number)).unwrap_err().is_not_found());
                    self.attributes.remove(&number);
                }
            }
            _ => {
                for number in some(random, attributes()) {
                    let attribute = group.attr(&Self::name(number)).unwrap();
                    attribute.write_raw(&[-1]).unwrap();
                    self.attributes.insert(number, -1);
                    group.rename_attr(&Self::name(number), &Self::name(self.made)).unwrap();
                    self.attributes.remove(&number);
                    self.attributes.insert(self.made, -1);
                    self.made += 1;
                }
            }
        }
    }

    fn check(&self, group: &Group) {
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let links = self.links.iter().copied().map(Self::name).collect();
        assert_eq!(sorted(group.member_names().unwrap()), sorted(links));
        assert_eq!(group.len(), self.links.len() as u64);
        let attributes = self.attributes.keys().copied().map(Self::name).collect();
        assert_eq!(sorted(group.attr_names().unwrap()), sorted(attributes));
        for number in 0..self.made {
            let name = Self::name(number);
            assert_eq!(group.link_exists(&name), self.links.contains(&number), "{name}");
            let value = self.attributes.get(&number).copied();
            assert_eq!(group.has_attr(&name).unwrap(), value.is_some(), "{name}");
            let read = group.attr(&name).ok().map(|attr| attr.read_raw::<i32>().unwrap()[0]);
            assert_eq!(read, value, "{name}");
        }
    }
}

#[test]
fn many_go_together_and_nobody_finds_them_meanwhile() {
    let folder = support::empty_folder("deleting-many");
    let ways =
        [(VERSIONS[0], false), (VERSIONS[1], false), (VERSIONS[2], true), (VERSIONS[3], true)];
    for (way, (low, tracked)) in ways.into_iter().enumerate() {
        let path = folder.join(format!("{way}.h5"));
        let file = options(low).track_order(tracked).create(&path).unwrap();
        let new = || file.create_group_builder().track_order(tracked).create("group").unwrap();
        let before = used(&file);
        let mut random = Random(way as u64 + 1);
        let (mut group, mut many) = (new(), Many::default());
        for round in 0..150 {
            many.change(&group, &mut random);
            match random.below(12) {
                0 => file.flush().unwrap(),
                1..4 => many.check(&group),
                4 => assert!(group.metadata_sizes().unwrap().header > 0),
                5 => {
                    let account = file.account().unwrap();
                    assert!(account.is_sound(), "{way}, round {round}: {:?}", account.problems);
                }
                6 if round % 3 == 0 => assert_clean(&settled(&file), "many"),
                7 if round % 5 == 0 => {
                    file.unlink("group").unwrap();
                    assert!(used(&file) <= before + COPY, "{way}: {} of {before}", used(&file));
                    (group, many) = (new(), Many::default());
                }
                _ => {}
            }
        }
        many.check(&group);
        file.close().unwrap();
        let file = File::open(&path).unwrap();
        many.check(&file.group("group").unwrap());
        assert!(file.account().unwrap().is_sound());
        file.close().unwrap();
        let links: Vec<String> = many.links.iter().map(ToString::to_string).collect();
        let attributes: Vec<String> =
            many.attributes.iter().map(|(number, value)| format!("{number}={value}")).collect();
        let arguments = [path.to_str().unwrap(), &links.join(" "), &attributes.join(" ")];
        support::python_in(&folder, CHECK_MANY, &arguments);
    }
}

/// What h5py reads is what there should be, and it can go on with it.
const CHECK_MANY: &str = "
import sys, h5py
path, links, attributes = sys.argv[1:]
links = {'name' + number for number in links.split()}
attributes = {'name' + one.split('=')[0]: int(one.split('=')[1]) for one in attributes.split()}
with h5py.File(path, 'r+') as file:
    group = file['group']
    assert set(group.keys()) == links
    assert {name: int(value[0]) for name, value in group.attrs.items()} == attributes
    for name in list(attributes)[::2]: del group.attrs[name]
    for name in list(links)[::2]: del group[name]
    for number in range(300):
        group.create_group(f'new{number}')
        group.attrs[f'new{number}'] = number
with h5py.File(path) as file:
    group = file['group']
    assert set(group.keys()) == set(list(links)[1::2]) | {f'new{n}' for n in range(300)}
    assert len(group.attrs) == 300 + len(attributes) // 2
";

/// Bytes of which `h5stat` knows no use; `None` where there is no such program.
fn unaccounted(path: &Path) -> Option<u64> {
    let Ok(done) = std::process::Command::new("h5stat").arg("-S").arg(path).output() else {
        support::skip("there is no h5stat");
        return None;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let words = String::from_utf8(done.stdout).unwrap();
    let line = words.lines().find_map(|line| line.trim().strip_prefix("Unaccounted space:"));
    Some(line.unwrap().split_whitespace().next().unwrap().parse().unwrap())
}

#[test]
fn h5stat_counts_what_is_lost() {
    let folder = support::empty_folder("deleting-h5stat");
    // It counts neither global heaps nor all of the newer indexes.
    let heaps =
        ["strings", FILL_IN_HEAP, "sequences", "references", "few attributes", "many attributes"];
    let heaps = |kind: &str| heaps.contains(&kind) || kind == "committed types";
    for low in [LibraryVersion::Earliest, LibraryVersion::V18] {
        let path = folder.join(format!("{low:?}.h5"));
        let file = options(low).create(&path).unwrap();
        let fitting = || KINDS.iter().filter(|(kind, least, _)| *least <= low && !heaps(kind));
        for (kind, _, make) in fitting() {
            make(&file.create_group(kind).unwrap()).unwrap();
        }
        assert!(fitting().count() > 14);
        file.close().unwrap();
        for half in 0..2 {
            let file = options(low).open_rw(&path).unwrap();
            for (kind, ..) in fitting().skip(half).step_by(2) {
                file.unlink(kind).unwrap();
            }
            file.close().unwrap();
            // Nobody remembers what was free.
            let account = File::open(&path).unwrap().account().unwrap();
            assert!(account.is_sound() && account.free == 0, "{:?}", account.problems);
            assert!(half == 1 || account.lost() > 4096, "{:?}", account.problems);
            let Some(unaccounted) = unaccounted(&path) else { return };
            assert_eq!(unaccounted, account.lost(), "{low:?}");
        }
    }
}
