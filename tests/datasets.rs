//! New datasets: what h5py sees of them is what it sees of those it makes itself when asked for the
//! same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use hdfive::definition::{ByteOrder, CharacterSet, Datatype, StringPadding};
use hdfive::filters::{Filter, SZip, ScaleOffset};
use hdfive::{
    AllocTime, ElementType, Extent, File, FillTime, Layout, LibraryVersion, SimpleExtents, Value,
};

#[path = "support/mod.rs"]
mod support;

/// One dataset, asked for of both libraries.
#[derive(Debug, Clone)]
struct Case {
    /// numpy's name of the type; `str` for strings of any length.
    dtype: &'static str,
    /// Sizes and largest sizes; `None` for a scalar.
    shape: Option<Vec<Extent>>,
    chunk: Option<Vec<usize>>,
    filters: Vec<Filter>,
    fill: Option<i64>,
    layout: Option<Layout>,
    alloc: Option<AllocTime>,
    fill_time: FillTime,
    /// Whether values are written.
    filled: bool,
}

fn case(dtype: &'static str, shape: Vec<Extent>) -> Case {
    Case {
        dtype,
        shape: Some(shape),
        chunk: None,
        filters: Vec::new(),
        fill: None,
        layout: None,
        alloc: None,
        fill_time: FillTime::IfSet,
        filled: true,
    }
}

fn fixed(dims: &[usize]) -> Vec<Extent> {
    dims.iter().map(|dim| Extent::fixed(*dim)).collect()
}

const TYPES: [&str; 16] = [
    "i1", "<i2", ">i2", "<i4", ">i8", "<i8", "u1", "<u2", ">u4", "<u8", "<f4", ">f4", "<f8", ">f8",
    "S5", "str",
];

fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for dtype in TYPES {
        all.push(Case { shape: None, ..case(dtype, vec![]) });
        all.push(case(dtype, fixed(&[7, 5])));
        all.push(Case { chunk: Some(vec![3, 2]), ..case(dtype, fixed(&[7, 5])) });
        all.push(Case { layout: Some(Layout::Compact), ..case(dtype, fixed(&[6])) });
        let grows = vec![Extent::resizable(7), Extent::new(5, Some(9))];
        all.push(Case { filters: vec![Filter::deflate(4)], ..case(dtype, grows.clone()) });
        all.push(Case { filled: false, ..case(dtype, grows) });
    }
    let indexes = [
        fixed(&[40, 30]),
        vec![Extent::resizable(40), Extent::fixed(30)],
        vec![Extent::fixed(40), Extent::resizable(30)],
        vec![Extent::resizable(40), Extent::resizable(30)],
        vec![Extent::new(40, Some(50)), Extent::fixed(30)],
    ];
    for shape in indexes {
        for alloc in [None, Some(AllocTime::Early), Some(AllocTime::Incr)] {
            for filters in [vec![], vec![Filter::shuffle(), Filter::deflate(6)]] {
                for chunk in [vec![7, 8], vec![40, 30], vec![1, 30]] {
                    let chunk = Some(chunk);
                    let filters = filters.clone();
                    let base = case("<i4", shape.clone());
                    all.push(Case { chunk, filters, alloc, fill: Some(-3), ..base });
                }
            }
        }
    }
    let pipelines = [
        vec![Filter::fletcher32()],
        vec![Filter::lzf()],
        vec![Filter::shuffle(), Filter::lzf(), Filter::fletcher32()],
        vec![Filter::szip(SZip::NearestNeighbor, 8)],
        vec![Filter::szip(SZip::Entropy, 16), Filter::fletcher32()],
        vec![Filter::scale_offset(ScaleOffset::Integer(0))],
        vec![Filter::scale_offset(ScaleOffset::Integer(7)), Filter::deflate(1)],
        vec![Filter::nbit()],
        vec![Filter::deflate(0)],
        vec![Filter::deflate(9)],
    ];
    for filters in pipelines {
        for dtype in ["<i2", ">i4", "<u8", "u1"] {
            let filters = filters.clone();
            let shape = vec![Extent::resizable(33), Extent::fixed(20)];
            all.push(Case { filters, chunk: Some(vec![8, 16]), ..case(dtype, shape) });
        }
    }
    let digits = vec![Filter::scale_offset(ScaleOffset::FloatDScale(2))];
    all.push(Case { filters: digits, ..case("<f4", fixed(&[50])) });
    for fill_time in [FillTime::Alloc, FillTime::Never, FillTime::IfSet] {
        for alloc in [AllocTime::Early, AllocTime::Late] {
            for fill in [None, Some(7)] {
                let base =
                    Case { fill_time, alloc: Some(alloc), fill, ..case("<i4", fixed(&[5, 4])) };
                all.push(base.clone());
                let filled = fill_time == FillTime::Never;
                all.push(Case { chunk: Some(vec![2, 3]), filled, ..base.clone() });
                all.push(Case { filled, ..base });
            }
        }
    }
    for dims in [&[0][..], &[0, 3], &[1], &[100_000], &[700, 900], &[2, 3, 4, 5]] {
        all.push(case("<f8", fixed(dims)));
        let grows: Vec<_> = dims.iter().map(|dim| Extent::resizable(*dim)).collect();
        all.push(case("<f8", grows.clone()));
        all.push(Case { filters: vec![Filter::deflate(4)], filled: false, ..case("<i2", grows) });
    }
    all
}

/// The type of which numpy has this name.
fn element_type(dtype: &str) -> ElementType {
    let order = if dtype.starts_with('>') { ByteOrder::Big } else { ByteOrder::Little };
    let name = dtype.trim_start_matches(['<', '>']);
    let size = || name[1..].parse().unwrap();
    match name.as_bytes()[0] {
        b'i' => Datatype::integer(size(), true, order).unwrap().into(),
        b'u' => Datatype::integer(size(), false, order).unwrap().into(),
        b'f' => Datatype::float(size(), order).unwrap().into(),
        b'S' => Datatype::fixed_string(size(), StringPadding::NullPadded, CharacterSet::Ascii)
            .unwrap()
            .into(),
        _ => ElementType::of::<String>(),
    }
}

impl Case {
    fn is_text(&self) -> bool {
        matches!(self.dtype, "str" | "S5")
    }

    fn count(&self) -> usize {
        self.shape.as_ref().map_or(1, |shape| shape.iter().map(|axis| axis.dim).product())
    }

    fn create(&self, file: &File, name: &str) {
        let builder = file.new_dataset_builder().empty_as(element_type(self.dtype));
        let mut builder = match &self.shape {
            Some(shape) => builder.shape(SimpleExtents::from_vec(shape.clone())),
            None => builder.shape(()),
        };
        if let Some(chunk) = &self.chunk {
            builder = builder.chunk(chunk);
        }
        if let Some(layout) = self.layout {
            builder = builder.layout(layout);
        }
        builder =
            builder.set_filters(&self.filters).alloc_time(self.alloc).fill_time(self.fill_time);
        if let Some(fill) = self.fill {
            builder = builder.fill_value(fill);
        }
        let dataset = builder.create(name).unwrap();
        if !self.filled {
            return;
        }
        if self.is_text() {
            let values: Vec<String> = (0..self.count()).map(|n| (n % 97).to_string()).collect();
            dataset.write_raw(&values).unwrap();
        } else {
            let values: Vec<i64> = (0..self.count()).map(|n| (n % 97) as i64).collect();
            dataset.write_raw(&values).unwrap();
        }
    }

    /// What the script below makes the same of.
    fn spelled(&self, name: &str) -> String {
        let axes = |axes: Vec<Option<usize>>| {
            let axes = axes.iter().map(|n| n.map_or("None".to_owned(), |n| n.to_string()));
            format!("({})", axes.map(|axis| axis + ",").collect::<String>())
        };
        let (shape, maximum) = match &self.shape {
            Some(shape) => (
                axes(shape.iter().map(|axis| Some(axis.dim)).collect()),
                axes(shape.iter().map(|axis| axis.max).collect()),
            ),
            None => ("()".to_owned(), "None".to_owned()),
        };
        let chunk = match &self.chunk {
            Some(chunk) => axes(chunk.iter().map(|len| Some(*len)).collect()),
            None => "None".to_owned(),
        };
        let filters: Vec<String> =
            self.filters.iter().map(|filter| format!("{filter:?}")).collect();
        format!(
            "dict(name={name:?}, dtype={:?}, shape={shape}, maxshape={maximum}, chunks={chunk}, \
             filters={filters:?}, fill={}, compact={}, alloc={:?}, fill_time={:?}, filled={})",
            self.dtype,
            self.fill.map_or("None".to_owned(), |fill| fill.to_string()),
            if self.layout == Some(Layout::Compact) { "True" } else { "False" },
            format!("{:?}", self.alloc),
            format!("{:?}", self.fill_time),
            if self.filled { "True" } else { "False" },
        )
    }
}

/// Makes the same datasets with h5py, and compares.
const SAME: &str = r#"
import h5py, numpy as np, sys, re
from h5py import h5d, h5p, h5s, h5t, h5z
ours, theirs, low = sys.argv[1:4]
cases = [eval(line) for line in open(sys.argv[4])]

def make(file, case):
    n = int(np.prod(case['shape'], dtype=int))
    text = case['dtype'] in ('str', 'S5')
    dtype = h5py.string_dtype() if case['dtype'] == 'str' else np.dtype(case['dtype'])
    values = (np.arange(n) % 97).astype('S5' if text else dtype).reshape(case['shape'])
    if case['dtype'] == 'str':
        values = values.astype(object)
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    chunked = case['chunks'] or case['filters'] or (case['maxshape'] and case['maxshape'] != case['shape'])
    if case['compact']:
        plist.set_layout(h5d.COMPACT)
    if chunked:
        chunks = case['chunks'] or h5py._hl.filters.guess_chunk(case['shape'], case['maxshape'], dtype.itemsize if case['dtype'] != 'str' else 16)
        plist.set_chunk(chunks)
    for name in case['filters']:
        numbers = [int(n) for n in re.findall(r'\d+', name.replace('Fletcher32', '').replace('SZip', 'SZip'))]
        if name.startswith('Deflate'): plist.set_deflate(numbers[0])
        elif name == 'Shuffle': plist.set_shuffle()
        elif name == 'Fletcher32': plist.set_fletcher32()
        elif name.startswith('SZip'):
            plist.set_szip(h5z.SZIP_NN_OPTION_MASK if 'Nearest' in name else h5z.SZIP_EC_OPTION_MASK, numbers[0])
        elif name == 'NBit': plist.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL)
        elif 'Integer' in name: plist.set_scaleoffset(h5z.SO_INT, numbers[0])
        elif 'FloatDScale' in name: plist.set_scaleoffset(h5z.SO_FLOAT_DSCALE, numbers[0])
        elif name == 'LZF': plist.set_filter(h5z.FILTER_LZF, h5z.FLAG_OPTIONAL)
        else: raise ValueError(name)
    if case['fill'] is not None:
        plist.set_fill_value(np.array(case['fill'], dtype))
    plist.set_fill_time({'Alloc': h5d.FILL_TIME_ALLOC, 'Never': h5d.FILL_TIME_NEVER, 'IfSet': h5d.FILL_TIME_IFSET}[case['fill_time']])
    if case['alloc'] != 'None':
        plist.set_alloc_time({'Early': h5d.ALLOC_TIME_EARLY, 'Late': h5d.ALLOC_TIME_LATE, 'Incr': h5d.ALLOC_TIME_INCR}[case['alloc'][5:-1]])
    if case['shape'] == ():
        space = h5s.create(h5s.SCALAR)
    else:
        space = h5s.create_simple(case['shape'], tuple(h5s.UNLIMITED if m is None else m for m in case['maxshape']))
    made = h5d.create(file.id, case['name'].encode(), h5t.py_create(dtype, logical=True), space, plist)
    dataset = h5py.Dataset(made)
    if case['filled']:
        dataset[...] = values

def facts(dataset):
    plist = dataset.id.get_create_plist()
    filters = []
    for n in range(plist.get_nfilters()):
        code, flags, values, name = plist.get_filter(n)
        filters.append((code, flags, values, name))
    fill = None
    if plist.fill_value_defined() == h5d.FILL_VALUE_USER_DEFINED:
        fill = np.zeros((), dataset.dtype)
        plist.get_fill_value(fill)
        fill = fill.tobytes()
    chunks = []
    if plist.get_layout() == h5d.CHUNKED and not dataset.compression and dataset.id.get_num_chunks() < 1000:
        chunks = [(c.chunk_offset, c.filter_mask, c.size) for c in map(dataset.id.get_chunk_info, range(dataset.id.get_num_chunks()))]
    return dict(
        dtype=(dataset.dtype.str, dataset.id.get_type().equal(dataset.id.get_type())), shape=dataset.shape,
        maxshape=dataset.maxshape, chunks=dataset.chunks, layout=plist.get_layout(), filters=filters,
        fill=(plist.fill_value_defined(), fill), fill_time=plist.get_fill_time(), alloc=plist.get_alloc_time(),
        times=plist.get_obj_track_times(), order=plist.get_attr_creation_order(), stored=sorted(chunks),
        allocated=dataset.id.get_space_status(),
        size=dataset.id.get_storage_size() if not filters else None)

versions = {'earliest': 'earliest', 'v18': 'v108', 'v110': 'v110', 'v114': 'v114', 'v200': 'v200'}
with h5py.File(theirs, 'w', libver=(versions[low], 'latest')) as file:
    for case in cases:
        make(file, case)
bad = 0
with h5py.File(ours, 'r') as a, h5py.File(theirs, 'r') as b:
    assert len(a) == len(b) == len(cases)
    for case in cases:
        x, y = a[case['name']], b[case['name']]
        fx, fy = facts(x), facts(y)
        differ = {key: (fx[key], fy[key]) for key in fx if fx[key] != fy[key]}
        if not x.id.get_type().equal(y.id.get_type()): differ['type'] = (x.id.get_type(), y.id.get_type())
        never = case['fill_time'] == 'Never'
        if case['filled'] or not never:
            if not np.array_equal(x[()], y[()]): differ['values'] = (x[()], y[()])
        if differ:
            bad += 1
            print(case, differ)
print('differ:', bad)
"#;

fn run(low: LibraryVersion, name: &str) {
    let folder = support::empty_folder(&format!("datasets-{name}"));
    let ours = folder.join("ours.h5");
    let all = cases();
    let file =
        File::with_options().library_versions(low, LibraryVersion::LATEST).create(&ours).unwrap();
    let mut list = String::new();
    for (n, case) in all.iter().enumerate() {
        let name = format!("d{n:03}");
        list += &case.spelled(&name);
        list.push('\n');
        case.create(&file, &name);
    }
    file.close().unwrap();
    std::fs::write(folder.join("cases"), list).unwrap();
    let arguments = ["ours.h5", "theirs.h5", name, "cases"];
    let Some(said) = support::python_in(&folder, SAME, &arguments) else { return };
    assert_eq!(said, "differ: 0\n");
    let (a, b) = (File::open(&ours).unwrap(), File::open(folder.join("theirs.h5")).unwrap());
    for (n, case) in all.iter().enumerate() {
        let name = format!("d{n:03}");
        let (a, b) = (a.dataset(&name).unwrap(), b.dataset(&name).unwrap());
        assert_eq!(a.chunk_index(), b.chunk_index(), "{case:?}");
        assert_eq!(a.num_chunks(), b.num_chunks(), "{case:?}");
        if case.filled || case.fill_time != FillTime::Never {
            let values: Vec<Value> = a.read_values().unwrap();
            assert_eq!(values, b.read_values().unwrap(), "{case:?}");
        }
    }
}

#[test]
fn of_the_oldest_format() {
    run(LibraryVersion::Earliest, "earliest");
}

#[test]
fn of_1_8() {
    run(LibraryVersion::V18, "v18");
}

#[test]
fn of_1_10() {
    run(LibraryVersion::V110, "v110");
}

#[test]
fn of_1_14() {
    run(LibraryVersion::V114, "v114");
}

#[test]
fn of_2_0() {
    run(LibraryVersion::V200, "v200");
}

#[test]
fn what_does_not_go_together_is_refused_and_leaves_nothing() {
    let file = File::in_memory().unwrap();
    let new = || file.new_dataset::<i32>();
    let refused = [
        new().deflate(4).create("x"),
        new().chunk((2, 3)).create("x"),
        new().shape((4, 4)).chunk(2).create("x"),
        new().shape((4, 4)).chunk((5, 1)).create("x"),
        new().shape((4, 4)).chunk((0, 1)).create("x"),
        new().shape(4..).no_chunk().create("x"),
        new().shape(4..).layout(Layout::Compact).create("x"),
        new().shape(4).layout(Layout::Contiguous).deflate(1).create("x"),
        new().shape(40_000).layout(Layout::Compact).create("x"),
        new().shape(4).deflate(10).create("x"),
        new().shape(4).szip(SZip::Entropy, 7).create("x"),
        new().shape(4).scale_offset(ScaleOffset::FloatDScale(2)).create("x"),
        new().shape(4).add_filter(32_002, &[]).create("x"),
        new().shape(vec![1; 33]).create("x"),
        new().shape(Extent::new(5, Some(4))).create("x"),
        file.new_dataset::<String>().shape(40).szip(SZip::Entropy, 8).create("x"),
        file.new_dataset_builder().with_data(&[1, 2]).shape((2, 2)).create("x"),
        file.new_dataset_builder().with_data(&["a".to_owned()]).shape(1).fill_value(3).create("x"),
        new().shape(4).create("a/b").and_then(|_| new().shape(4).create("a/b")),
        new().shape(4).create_intermediate_group(false).create("c/d"),
    ];
    for (n, refused) in refused.into_iter().enumerate() {
        assert!(refused.is_err(), "number {n}");
    }
    assert_eq!(file.member_names().unwrap(), ["a"]);
    let bytes = file.into_bytes().unwrap();
    let file = File::from_bytes(bytes).unwrap();
    assert_eq!(file.dataset("a/b").unwrap().read_raw::<i32>().unwrap(), [0; 4]);
}

/// Strings that nobody wrote hold the fill value; to overwrite one is not to lose the others.
#[test]
fn fill_values_of_any_length_belong_to_each_element() {
    let folder = support::empty_folder("datasets-fill");
    for (n, low) in [LibraryVersion::Earliest, LibraryVersion::V18, LibraryVersion::V200]
        .into_iter()
        .enumerate()
    {
        let path = folder.join(format!("{n}.h5"));
        let file = File::with_options()
            .library_versions(low, LibraryVersion::LATEST)
            .create(&path)
            .unwrap();
        let new = || file.new_dataset::<String>().fill_value("nothing".to_owned());
        let datasets = [
            new().shape(9).create("contiguous").unwrap(),
            new().shape(9).layout(Layout::Compact).create("compact").unwrap(),
            new().shape(9..).chunk(4).create("chunked").unwrap(),
            new().shape(9..).chunk(4).deflate(3).create("filtered").unwrap(),
            new().shape(9..).chunk(4).alloc_time(Some(AllocTime::Early)).create("early").unwrap(),
            new()
                .shape(9..)
                .chunk(4)
                .alloc_time(Some(AllocTime::Early))
                .deflate(3)
                .create("early_filtered")
                .unwrap(),
        ];
        for dataset in &datasets {
            dataset.write_slice(&["one".to_owned()], 1..2).unwrap();
            dataset.write_slice(&["two".to_owned()], 1..2).unwrap();
            dataset.write_slice(&["six".to_owned()], 6..7).unwrap();
            if dataset.is_resizable() {
                dataset.resize(&[7]).unwrap();
                dataset.resize(&[9]).unwrap();
            }
        }
        file.close().unwrap();
        let script = "
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as f:
    for name in f:
        d = f[name]
        want = [b'nothing', b'two'] + [b'nothing'] * 4 + [b'six', b'nothing', b'nothing']
        assert list(d[...]) == want, (name, list(d[...]))
        assert d.fillvalue == b'nothing', d.fillvalue
        d[0] = 'zero'
        d[7] = 'seven'
";
        support::python_in(&folder, script, &[path.to_str().unwrap()]);
        let file = File::open_rw(&path).unwrap();
        for name in file.member_names().unwrap() {
            let dataset = file.dataset(&name).unwrap();
            let mut want = ["nothing"; 9];
            if support::python().is_some() {
                (want[0], want[7]) = ("zero", "seven");
            }
            (want[1], want[6]) = ("two", "six");
            assert_eq!(dataset.read_raw::<String>().unwrap(), want, "{name}");
        }
    }
}
