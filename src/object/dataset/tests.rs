//! Datasets against a model: a vector and a shape.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::filter::pipeline;
use crate::format::datatype::{ByteOrder, Datatype, ReferenceKind};
use crate::format::message::{
    AllocationTime, ChunkIndexKind, ExtensibleArrayParameters, FilteredChunk, MessageFlags,
};
use crate::format::object_header::RawMessage;
use crate::io::SharedMemory;
use crate::object::delete::drop_link;
use crate::object::header::{HeaderCreation, ObjectHeader};
use crate::object::selection::{AxisSelection, Runs};
use crate::object::store::{FileCreation, OpenOptions};

/// How a dataset under test is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Compact,
    Contiguous,
    BTree1,
    Single,
    Implicit,
    FixedArray,
    ExtensibleArray,
    BTree2,
}

/// A dataset under test.
#[derive(Debug, Clone)]
struct Case {
    kind: Kind,
    extent: Vec<u64>,
    maximum: Vec<Option<u64>>,
    chunk: Vec<u64>,
    filters: Vec<FilterDescription>,
    partial_unfiltered: bool,
    /// Elements are references.
    references: bool,
    early: bool,
    fill: Option<Vec<u8>>,
}

const KINDS: [Kind; 8] = [
    Kind::Compact,
    Kind::Contiguous,
    Kind::BTree1,
    Kind::Single,
    Kind::Implicit,
    Kind::FixedArray,
    Kind::ExtensibleArray,
    Kind::BTree2,
];

/// Largest extent of axes that can grow.
const MOST: u64 = 13;

fn filter(id: u16, flags: u16, client_data: &[u32]) -> FilterDescription {
    FilterDescription { id, flags, name: None, client_data: client_data.to_vec() }
}

fn filters() -> impl Strategy<Value = Vec<FilterDescription>> {
    let lzf = FilterDescription { name: Some(b"lzf".to_vec()), ..filter(32000, 1, &[]) };
    prop::sample::select(vec![
        vec![],
        vec![],
        vec![filter(2, 0, &[2])],
        vec![filter(2, 0, &[2]), filter(1, 1, &[6])],
        vec![filter(3, 0, &[])],
        vec![lzf],
    ])
}

fn case() -> impl Strategy<Value = Case> {
    let axes = prop::collection::vec((1..MOST, 1u64..5, any::<bool>()), 1..4);
    let kind = prop::sample::select(&KINDS[..]);
    let fill = prop::option::of(any::<[u8; 8]>());
    (kind, axes, filters(), any::<(bool, bool, bool)>(), fill).prop_map(
        |(kind, axes, filters, (partial, references, early), fill)| {
            let chunked = !matches!(kind, Kind::Compact | Kind::Contiguous);
            let extent: Vec<u64> = axes.iter().map(|axis| axis.0).collect();
            let chunk: Vec<u64> = axes.iter().map(|axis| axis.1.min(axis.0)).collect();
            let grows = |axis: usize| match kind {
                Kind::BTree1 => axes[axis].2,
                Kind::BTree2 => axes[axis].2 || axis == 0,
                _ => false,
            };
            let most = |axis: usize| match kind {
                Kind::ExtensibleArray => (axis + 1 != axes.len()).then_some(MOST),
                Kind::Implicit | Kind::FixedArray => Some(MOST),
                _ if grows(axis) => None,
                _ => Some(extent[axis]),
            };
            let size = if references { 8 } else { 2 };
            Case {
                kind,
                maximum: (0..axes.len()).map(most).collect(),
                chunk: if kind == Kind::Single { extent.clone() } else { chunk },
                extent,
                filters: if chunked && kind != Kind::Implicit { filters } else { Vec::new() },
                partial_unfiltered: partial && kind != Kind::BTree1,
                references,
                early: early || kind == Kind::Implicit,
                fill: fill.map(|fill| fill[..size].to_vec()),
            }
        },
    )
}

impl Case {
    fn datatype(&self, store: &Store) -> Datatype {
        match self.references {
            true => Datatype::reference(ReferenceKind::Object, store.space().sizes()),
            false => Datatype::integer(2, false, ByteOrder::Little).unwrap(),
        }
    }

    fn layout(&self, size: u64) -> DataLayout {
        let points: u64 = self.extent.iter().product();
        let index = match self.kind {
            Kind::Compact => {
                let data = vec![0; usize::try_from(points * size).unwrap()];
                let mut class = LayoutClass::Compact { data };
                if let LayoutClass::Compact { data } = &mut class {
                    let fill = self.fill.clone().unwrap_or_else(|| vec![0]);
                    data.iter_mut().zip(fill.iter().cycle()).for_each(|(to, from)| *to = *from);
                }
                return DataLayout::new(4, class);
            }
            Kind::Contiguous => {
                let class = LayoutClass::Contiguous { address: None, size: Some(points * size) };
                return DataLayout::new(3, class);
            }
            Kind::BTree1 => ChunkIndexKind::BTree1,
            Kind::Single => {
                let nothing = FilteredChunk { size: 0, mask: 0 };
                let filtered = (!self.filters.is_empty()).then_some(nothing);
                ChunkIndexKind::Single { filtered }
            }
            Kind::Implicit => ChunkIndexKind::Implicit,
            Kind::FixedArray => ChunkIndexKind::FixedArray { page_bits: 2 },
            Kind::ExtensibleArray => ChunkIndexKind::ExtensibleArray(ExtensibleArrayParameters {
                maximum_bits: 32,
                index_elements: 4,
                minimum_pointers: 4,
                minimum_elements: 16,
                page_bits: 10,
            }),
            Kind::BTree2 => ChunkIndexKind::BTree2 { node_size: 256, split: 100, merge: 40 },
        };
        let flag = ChunkedLayout::PARTIAL_CHUNKS_UNFILTERED;
        let flags = if self.partial_unfiltered { flag } else { 0 };
        let layout = ChunkedLayout {
            dimensions: self.chunk.clone(),
            element_size: size,
            flags,
            index,
            address: None,
        };
        let version = if self.kind == Kind::BTree1 { 3 } else { 4 };
        DataLayout::new(version, LayoutClass::Chunked(layout))
    }

    /// Makes the dataset; gives the address of its header.
    fn create(&self, store: &Arc<Store>) -> Result<Address> {
        let datatype = self.datatype(store);
        let size = u64::from(datatype.size);
        let dataspace = Dataspace {
            version: 2,
            kind: crate::format::message::DataspaceKind::Simple,
            dimensions: self.extent.clone(),
            maximum: Some(self.maximum.clone()),
        };
        let value = self.fill.clone().map_or(FillDefinition::Default, FillDefinition::User);
        let allocation_time =
            if self.early { AllocationTime::EARLY } else { AllocationTime::INCREMENTAL };
        let write_time = FillWriteTime::IF_SET;
        let fill = FillValue { version: 3, allocation_time, write_time, value };
        let mut messages = vec![
            (MessageType::DATATYPE, store.encode(&datatype)?),
            (MessageType::DATASPACE, store.encode(&dataspace)?),
            (MessageType::FILL_VALUE, store.encode(&fill)?),
            (MessageType::DATA_LAYOUT, store.encode(&self.layout(size))?),
        ];
        if !self.filters.is_empty() {
            let pipeline = FilterPipeline { version: 2, filters: self.filters.clone() };
            messages.push((MessageType::FILTER_PIPELINE, store.encode(&pipeline)?));
        }
        let flags = MessageFlags::empty();
        let messages = messages
            .into_iter()
            .map(|(kind, body)| RawMessage { kind, flags, creation_index: None, body, offset: 0 })
            .collect();
        let creation = HeaderCreation { version: 2, ..HeaderCreation::default() };
        let header = ObjectHeader::create(store.space(), &creation, messages)?;
        if self.early {
            store.dataset(header.address)?.allocate_early(store)?;
        }
        Ok(header.address)
    }

    /// Whether what is written to stored chunks may be there before it is committed.
    fn overwrites(&self) -> bool {
        let plain = self.filters.is_empty() || self.partial_unfiltered;
        plain && !self.references && self.kind != Kind::Compact
    }
}

fn new_store(memory: &SharedMemory) -> Arc<Store> {
    let (options, creation) = (OpenOptions::default(), FileCreation::default());
    Arc::new(Store::create(Arc::new(memory.clone()), None, options, &creation).unwrap())
}

fn reopen(memory: &SharedMemory, writable: bool) -> Arc<Store> {
    let options = OpenOptions { writable, ..OpenOptions::default() };
    Store::open(Arc::new(memory.clone()), None, options).unwrap()
}

/// What a dataset should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Model {
    extent: Vec<u64>,
    elements: Vec<Vec<u8>>,
    fill: Vec<u8>,
}

impl Model {
    fn new(case: &Case, size: usize) -> Self {
        let fill = case.fill.clone().unwrap_or_else(|| vec![0; size]);
        let points = usize::try_from(case.extent.iter().product::<u64>()).unwrap();
        Self { extent: case.extent.clone(), elements: vec![fill.clone(); points], fill }
    }

    fn bytes(&self) -> Vec<u8> {
        self.elements.concat()
    }

    fn places(&self, elements: &ElementSelection) -> Vec<usize> {
        let mut places = Vec::new();
        let mut note = |from: u64, _: u64, len: u64| {
            places.extend((from..from + len).map(|at| usize::try_from(at).unwrap()));
            Ok(())
        };
        elements.for_each_run(&self.extent, &mut note).unwrap();
        places
    }

    fn write(&mut self, elements: &ElementSelection, bytes: &[u8]) {
        let places = self.places(elements);
        for (place, element) in places.into_iter().zip(bytes.chunks(self.fill.len())) {
            self.elements[place] = element.to_vec();
        }
    }

    fn read(&self, elements: &ElementSelection) -> Vec<u8> {
        self.places(elements).into_iter().flat_map(|place| self.elements[place].clone()).collect()
    }

    fn resize(&mut self, extent: &[u64]) {
        let points = usize::try_from(extent.iter().product::<u64>()).unwrap();
        let mut elements = vec![self.fill.clone(); points];
        let common: Vec<_> = extent.iter().zip(&self.extent).map(|(a, b)| 0..*a.min(b)).collect();
        let place = |at: &[u64], extent: &[u64]| {
            let place = at.iter().zip(extent).fold(0, |place, (at, len)| place * len + at);
            usize::try_from(place).unwrap()
        };
        chunked::for_each_coordinate(&common, &mut |at| {
            elements[place(at, extent)] = self.elements[place(at, &self.extent)].clone();
            Ok(())
        })
        .unwrap();
        (self.extent, self.elements) = (extent.to_vec(), elements);
    }
}

/// One thing done to a dataset.
#[derive(Debug, Clone)]
enum Change {
    /// Writes a part: for each axis, where it starts and ends and in which steps.
    Write(Vec<(Index, Index, u64)>, u8),
    /// Writes points.
    Points(Vec<[Index; 3]>, u8),
    /// Writes everything.
    All(u8),
    Resize(Vec<u64>),
    Chunk(Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    let part = prop::collection::vec((index(), index(), 1u64..3), 3);
    prop_oneof![
        4 => (part, any::<u8>()).prop_map(|(part, value)| Change::Write(part, value)),
        1 => (prop::collection::vec([index(), index(), index()], 1..9), any::<u8>())
            .prop_map(|(points, value)| Change::Points(points, value)),
        1 => any::<u8>().prop_map(Change::All),
        3 => prop::collection::vec(0..=MOST, 3).prop_map(Change::Resize),
        1 => (index(), any::<u8>()).prop_map(|(at, value)| Change::Chunk(at, value)),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Change(Change),
    /// As the other one, but the step fails in the end.
    Fail(Change),
    /// The dataset is deleted, but that step fails in the end.
    FailToDelete,
    Commit,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => change().prop_map(Step::Change),
        2 => change().prop_map(Step::Fail),
        1 => Just(Step::FailToDelete),
        1 => Just(Step::Commit),
        1 => Just(Step::Reopen),
    ]
}

fn values(seed: u8, count: usize) -> Vec<u8> {
    (0..count).map(|n| seed.wrapping_mul(31).wrapping_add(u8::try_from(n % 251).unwrap())).collect()
}

fn part(extent: &[u64], part: &[(Index, Index, u64)]) -> ElementSelection {
    let axis = |(len, (start, end, stride)): (&u64, &(Index, Index, u64))| {
        let at =
            |index: &Index| u64::try_from(index.index(usize::try_from(len + 1).unwrap())).unwrap();
        let (start, end) = (at(start).min(at(end)), at(start).max(at(end)));
        match stride {
            1 => AxisSelection::Range { start, stride: 1, count: 1, block: end - start },
            _ => AxisSelection::List((start..end).step_by(2).collect()),
        }
    };
    ElementSelection::Product(extent.iter().zip(part).map(axis).collect())
}

/// Makes a change to a dataset and its model; `false` where the dataset cannot be changed so.
fn apply(
    store: &Arc<Store>,
    at: Address,
    case: &Case,
    model: &mut Model,
    change: &Change,
) -> Result<bool> {
    let dataset = store.dataset(at)?;
    let (extent, size) = (dataset.extent().to_vec(), model.fill.len());
    let (elements, seed) = match change {
        Change::Write(axes, seed) => (part(&extent, axes), *seed),
        Change::All(seed) => (ElementSelection::all(&extent), *seed),
        Change::Points(points, seed) => {
            if extent.contains(&0) {
                return Ok(false);
            }
            let at = |(index, len): (&Index, &u64)| {
                u64::try_from(index.index(usize::try_from(*len).unwrap())).unwrap()
            };
            let points = points.iter().flat_map(|point| point.iter().zip(&extent).map(at));
            (ElementSelection::Runs(Runs::points(extent.len(), points.collect())), *seed)
        }
        Change::Resize(wish) => {
            let most = |(len, axis): (&u64, usize)| {
                dataset.dataspace.max(axis).map_or(*len, |max| max.min(*len))
            };
            let wish: Vec<u64> = wish.iter().zip(0..extent.len()).map(most).collect();
            if matches!(case.kind, Kind::Compact | Kind::Contiguous) {
                assert!(dataset.resize(store, &wish).is_err() || wish == extent);
                return Ok(false);
            }
            dataset.resize(store, &wish)?;
            model.resize(&wish);
            return Ok(true);
        }
        Change::Chunk(index, seed) => return write_chunk(store, &dataset, model, index, *seed),
    };
    let bytes = values(seed, size * usize::try_from(elements.len()).unwrap());
    dataset.write(store, &elements, &bytes)?;
    model.write(&elements, &bytes);
    Ok(true)
}

fn write_chunk(
    store: &Arc<Store>,
    dataset: &DatasetObject,
    model: &mut Model,
    index: &Index,
    seed: u8,
) -> Result<bool> {
    let LayoutClass::Chunked(layout) = &dataset.layout.class else { return Ok(false) };
    let grid = dataset.grid(store, layout)?;
    let counts = grid.counts();
    let count = usize::try_from(counts.iter().product::<u64>()).unwrap();
    if count == 0 {
        return Ok(false);
    }
    let mut left = u64::try_from(index.index(count)).unwrap();
    let mut scaled = vec![0; counts.len()];
    for (n, count) in scaled.iter_mut().zip(&counts).rev() {
        (*n, left) = (left % count, left / count);
    }
    let axis =
        |(start, len): (u64, u64)| AxisSelection::Range { start, stride: 1, count: 1, block: len };
    let inside = grid.inside(&scaled);
    let axes = grid.origin(&scaled).into_iter().zip(inside.iter().copied()).map(axis);
    let elements = ElementSelection::Product(axes.collect());
    // What lies outside of the extent is filled.
    let mut chunk = vec![0; usize::try_from(grid.chunk_bytes).unwrap()];
    dataset.fill.write(&mut chunk);
    let bytes = values(seed, model.fill.len() * usize::try_from(elements.len()).unwrap());
    let here = inside.iter().map(|len| AxisSelection::all(*len)).collect();
    let here = ElementSelection::Product(here);
    let size = grid.element_size;
    linear::write_to_memory(&mut chunk, &grid.chunk, &here, size, &bytes)?;
    let filters = dataset.decoder(store, layout, grid).filters_of(&scaled);
    let (stored, mask) = pipeline::encode(filters, chunk.into(), store.registry())?;
    dataset.write_chunk(store, &scaled, mask, &stored)?;
    model.write(&elements, &bytes);
    Ok(true)
}

fn check(store: &Arc<Store>, at: Address, model: &Model) {
    let dataset = DatasetObject::load(store, &store.header(at).unwrap()).unwrap();
    let dataset = if store.is_writable() { store.dataset(at).unwrap() } else { Arc::new(dataset) };
    assert_eq!(dataset.extent(), model.extent);
    let all = ElementSelection::all(&model.extent);
    let mut found = vec![0xaa; model.bytes().len()];
    dataset.read(store, &all, &mut found).unwrap();
    assert_eq!(found, model.bytes());
    // A part is read through the index, not through the table.
    let half = |len: &u64| AxisSelection::Range {
        start: len / 2,
        stride: 1,
        count: 1,
        block: len - len / 2,
    };
    let half = ElementSelection::Product(model.extent.iter().map(half).collect());
    let expected = model.read(&half);
    let mut found = vec![0xaa; expected.len()];
    dataset.read(store, &half, &mut found).unwrap();
    assert_eq!(found, expected);
    let runs = ElementSelection::Runs(half.to_runs());
    dataset.read(store, &runs, &mut found).unwrap();
    assert_eq!(found, expected);
}

/// Makes a change in a step that fails.
fn fail(store: &Arc<Store>, change: impl FnOnce()) {
    let failed: Result<()> = store.edit(|| {
        change();
        Err(Error::usage("the step is to fail"))
    });
    assert!(failed.is_err());
}

fn run(case: &Case, steps: Vec<Step>) {
    let mut reopened = false;
    let memory = SharedMemory::default();
    let mut store = new_store(&memory);
    let before = store.space().allocated();
    let at = case.create(&store).unwrap();
    let size = usize::try_from(store.dataset(at).unwrap().element_size()).unwrap();
    let mut model = Model::new(case, size);
    store.space().keep_step().unwrap();
    store.flush(false).unwrap();
    let mut committed = model.clone();
    let mut pure = true;
    for step in steps {
        match step {
            Step::Change(change) => {
                apply(&store, at, case, &mut model, &change).unwrap();
                store.space().keep_step().unwrap();
                pure &= !case.overwrites() || matches!(change, Change::Resize(_));
            }
            // What is written in place is there, whether the step fails or not.
            Step::Fail(change) if !case.overwrites() || matches!(change, Change::Resize(_)) => {
                fail(&store, || {
                    apply(&store, at, case, &mut model.clone(), &change).unwrap();
                });
            }
            Step::Fail(_) => {}
            Step::FailToDelete => fail(&store, || drop_link(&store, at).unwrap()),
            Step::Commit => {
                store.flush(false).unwrap();
                (committed, pure) = (model.clone(), true);
            }
            Step::Reopen => {
                store.close().unwrap();
                store = reopen(&memory, true);
                reopened = true;
                (committed, pure) = (model.clone(), true);
            }
        }
        check(&store, at, &model);
        if pure {
            // After a crash the file is as of the last commit.
            let crashed = SharedMemory::new(memory.to_vec());
            check(&reopen(&crashed, false), at, &committed);
        }
    }
    store.flush(false).unwrap();
    check(&reopen(&memory, false), at, &model);
    store.edit(|| drop_link(&store, at)).unwrap();
    // A file that is opened anew does not know what was free before.
    if !reopened {
        assert_eq!(store.space().allocated(), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_dataset_holds_what_was_written(
        case in case(),
        steps in prop::collection::vec(step(), 1..14),
    ) {
        run(&case, steps);
    }
}

fn rows(extent: Vec<u64>, filters: Vec<FilterDescription>) -> Case {
    Case {
        kind: Kind::ExtensibleArray,
        maximum: vec![None, Some(extent[1])],
        chunk: vec![64, extent[1]],
        extent,
        filters,
        partial_unfiltered: false,
        references: false,
        early: false,
        fill: None,
    }
}

#[test]
fn large_writes_encode_in_parallel() {
    let memory = SharedMemory::default();
    let store = new_store(&memory);
    let case = rows(vec![2000, 1000], vec![filter(2, 0, &[2]), filter(1, 0, &[1])]);
    let at = case.create(&store).unwrap();
    let all = ElementSelection::all(&case.extent);
    let bytes = values(3, 4_000_000);
    let dataset = store.dataset(at).unwrap();
    dataset.write(&store, &all, &bytes).unwrap();
    store.flush(false).unwrap();
    let store = reopen(&memory, false);
    let mut found = vec![0; bytes.len()];
    let dataset = DatasetObject::load(&store, &store.header(at).unwrap()).unwrap();
    dataset.read(&store, &all, &mut found).unwrap();
    assert!(found == bytes);
    assert!(memory.to_vec().len() < 200_000);
}

#[test]
fn rows_gather_in_chunks() {
    let memory = SharedMemory::default();
    let store = new_store(&memory);
    let case = rows(vec![0, 8], vec![filter(1, 0, &[6])]);
    let at = case.create(&store).unwrap();
    store.space().keep_step().unwrap();
    let row = |n: u64| {
        let axis = |start, block| AxisSelection::Range { start, stride: 1, count: 1, block };
        ElementSelection::Product(vec![axis(n, 1), axis(0, 8)])
    };
    let mut end = store.space().end();
    for n in 0..64 {
        store.dataset(at).unwrap().resize(&store, &[n + 1, 8]).unwrap();
        let dataset = store.dataset(at).unwrap();
        dataset.write(&store, &row(n), &values(u8::try_from(n).unwrap(), 16)).unwrap();
        store.space().keep_step().unwrap();
        if n == 0 {
            // The first row is all there is of the chunk: it is stored at once.
            end = store.space().end();
        }
    }
    // Nothing more reached the file yet.
    assert_eq!(store.space().end(), end);
    assert!(store.dataset(at).unwrap().is_dirty());
    store.flush(false).unwrap();
    assert!(!store.dataset(at).unwrap().is_dirty());
    let dataset = store.dataset(at).unwrap();
    let mut found = vec![0; 16];
    dataset.read(&store, &row(41), &mut found).unwrap();
    assert_eq!(found, values(41, 16));
}

#[test]
fn a_filter_that_cannot_encode_is_found_out_at_once() {
    let store = new_store(&SharedMemory::default());
    let unknown = FilterDescription { name: Some(b"none".to_vec()), ..filter(40_000, 0, &[]) };
    let case = rows(vec![10, 4], vec![unknown]);
    let at = case.create(&store).unwrap();
    let dataset = store.dataset(at).unwrap();
    let part = ElementSelection::Product(vec![AxisSelection::all(1), AxisSelection::all(4)]);
    assert!(dataset.write(&store, &part, &[1; 8]).unwrap_err().is_unsupported());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let store = new_store(&SharedMemory::default());
    let case = rows(vec![10, 4], Vec::new());
    let at = case.create(&store).unwrap();
    let dataset = store.dataset(at).unwrap();
    let all = ElementSelection::all(&[10, 4]);
    assert!(dataset.write(&store, &all, &[0; 79]).unwrap_err().is_usage());
    assert!(dataset.write(&store, &all, &[]).unwrap_err().is_usage());
    let beyond = ElementSelection::all(&[11, 4]);
    assert!(dataset.write(&store, &beyond, &[0; 88]).unwrap_err().is_usage());
    assert!(dataset.resize(&store, &[10, 5]).unwrap_err().is_usage());
    assert!(dataset.resize(&store, &[10]).unwrap_err().is_usage());
    assert!(dataset.write_chunk(&store, &[1, 0], 0, &[0; 512]).unwrap_err().is_usage());
    assert!(dataset.write_chunk(&store, &[0, 0], 0, &[0; 511]).unwrap_err().is_usage());
    assert!(dataset.write_chunk(&store, &[0, 0], 1, &[0; 512]).unwrap_err().is_usage());
}
