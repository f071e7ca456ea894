//! Changes of heaps against a model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::manager::Gaps;
use super::*;
use crate::format::free_space::{FreeSpaceClient, SectionKind};
use crate::infra::free_space::FreeSpace;
use crate::space::testing::scratch;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// Addresses in the file and bytes of managed objects as of the last commit.
type Committed = Vec<(Address, Vec<u8>)>;

fn object(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).unwrap().wrapping_mul(31) ^ seed).collect()
}

/// Everything libhdf5 relies on, and that the heap holds what the model does.
fn check(space: &Space, at: Address, model: &Model) {
    let heap = FractalHeap::load(space, at).unwrap();
    for (id, object) in model {
        assert_eq!(heap.get(space, id).unwrap(), object.as_slice());
    }
    let header = heap.header();
    let n = &header.statistics;
    let mut managed = Vec::new();
    let (mut tiny, mut huge) = ((0, 0), (0, 0));
    for (id, object) in model {
        let len = wide(object.len());
        match heap.decode_id(space, id).unwrap() {
            HeapId::Managed { offset, length } => managed.push((offset, length)),
            HeapId::Tiny(_) => tiny = (tiny.0 + 1, tiny.1 + len),
            HeapId::Huge(_) => huge = (huge.0 + 1, huge.1 + len),
        }
    }
    assert_eq!((n.tiny_objects, n.tiny_size), tiny);
    assert_eq!((n.huge_objects, n.huge_size), huge);
    assert_eq!(n.managed_objects, wide(managed.len()));
    assert_eq!(header.huge_tree.is_some(), huge.0 > 0);

    // Direct blocks by offset.
    let mut blocks = BTreeMap::new();
    let table = &header.table;
    if table.root.is_some() && table.root_rows == 0 {
        blocks.insert(0, table.starting_block_size);
    }
    let indirect = heap.indirect_blocks(space).unwrap();
    for placed in &indirect {
        assert!(placed.block.entries().any(|entry| entry.is_some()));
        for (entry, direct) in (0..).zip(&placed.block.direct) {
            let cell = table.cell(entry).unwrap();
            if direct.address.is_some() {
                blocks.insert(placed.offset + cell.offset, cell.size);
            }
        }
    }
    assert_eq!(n.allocated_managed_space, blocks.values().sum::<u64>());
    let overhead = heap.overhead(space);
    let live: u64 = managed.iter().map(|(_, len)| len).sum();
    let (room, span) = match (table.root, table.root_rows) {
        (None, _) => (0, 0),
        (_, 0) => (heap.room(space, 0), table.starting_block_size),
        (_, rows) => (heap.room(space, rows.into()), table.row_offset(rows.into()).unwrap()),
    };
    assert_eq!(header.free_space, room - live);
    assert_eq!(n.managed_space, span);
    let end = blocks.last_key_value().map_or(0, |(offset, size)| offset + size);
    if table.root_rows > 0 {
        assert_eq!(n.allocation_iterator, end);
    } else {
        assert!(n.allocation_iterator == 0 || n.allocation_iterator == end);
    }

    // Objects, free runs and fields of blocks fill the blocks; sections cover the holes.
    let mut gaps = Gaps::new();
    let mut rows = 0;
    if let Some(manager) = header.free_space_manager {
        let found = FreeSpace::load(space, manager, FreeSpaceClient::Heap, span).unwrap();
        for section in &found.sections {
            match section.kind {
                SectionKind::Single => {
                    gaps.insert(section.offset, section.size);
                }
                _ => rows += 1,
            }
        }
        assert!(!found.sections.is_empty());
        assert_eq!(
            found.header.ghost_sections == 0,
            found.header.sections == wide(gaps.len()) + rows
        );
    }
    let mut runs: BTreeMap<u64, u64> = blocks.keys().map(|offset| (*offset, overhead)).collect();
    for (offset, len) in managed.into_iter().chain(gaps) {
        assert!(runs.insert(offset, len).is_none());
    }
    let mut at = None;
    for (offset, len) in &runs {
        if let Some(at) = at.filter(|_| !blocks.contains_key(offset)) {
            assert_eq!(at, *offset);
        }
        at = Some(offset + len);
        if let Some((block, size)) = blocks.range(..=*offset).next_back() {
            assert!(offset + len <= block + size);
        }
    }
    let filled: u64 = runs.values().sum();
    assert_eq!(filled, n.allocated_managed_space);
}

/// Where managed objects lie in the file.
fn places(space: &Space, at: Address, model: &Model) -> Committed {
    let heap = FractalHeap::load(space, at).unwrap();
    let place = |(id, object): (&Vec<u8>, &Vec<u8>)| {
        let HeapId::Managed { offset, .. } = heap.decode_id(space, id).unwrap() else {
            return None;
        };
        let found = heap.find(space, offset).unwrap().unwrap();
        Some((found.at.plus(offset - found.offset), object.clone()))
    };
    model.iter().filter_map(place).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Insert(usize),
    /// So many objects of up to this length.
    InsertMany(u8, usize),
    Replace(Index, usize),
    Remove(Index),
    RemoveMany(u8),
    Commit,
    Reload,
}

fn step(most: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..most).prop_map(Step::Insert),
        2 => (any::<u8>(), 1..most).prop_map(|(count, len)| Step::InsertMany(count, len)),
        2 => (any::<Index>(), 1..most).prop_map(|(i, len)| Step::Replace(i, len)),
        4 => any::<Index>().prop_map(Step::Remove),
        1 => any::<u8>().prop_map(Step::RemoveMany),
        1 => Just(Step::Commit),
        1 => Just(Step::Reload),
    ]
}

fn run(space: &Space, creation: HeapCreation, steps: Vec<Step>) {
    let before = space.allocated();
    let mut heap = FractalHeap::create(space, creation).unwrap();
    let at = heap.at();
    let mut model = Model::new();
    let mut committed = Committed::new();
    for (seed, step) in (0_u8..=255).cycle().zip(steps) {
        match step {
            Step::Insert(len) => {
                let object = object(len, seed);
                let id = heap.insert(space, &object).unwrap();
                // Tiny objects of the same bytes have the same id.
                if model.insert(id.clone(), object).is_some() {
                    heap.remove(space, &id).unwrap();
                }
            }
            Step::InsertMany(count, len) => {
                let objects: Vec<_> = (0..usize::from(count))
                    .map(|n| {
                        // Tiny ones differ in what the number says.
                        let mut object = object(n * 7 % len + 1, seed);
                        object.extend([1, u8::try_from(n).unwrap(), seed]);
                        object
                    })
                    .collect();
                let mut ids = Vec::new();
                let objects_now = objects.iter().map(Vec::as_slice);
                let mut take = |id: &[u8]| {
                    ids.push(id.to_vec());
                    Ok(())
                };
                heap.insert_all(space, objects_now, &mut take).unwrap();
                for (id, object) in ids.into_iter().zip(objects) {
                    if model.insert(id.clone(), object).is_some() {
                        heap.remove(space, &id).unwrap();
                    }
                }
            }
            Step::Replace(index, len) if !model.is_empty() => {
                let id = index.get(&model.keys().cloned().collect::<Vec<_>>()).clone();
                model.remove(&id).unwrap();
                let object = object(len, seed);
                let new = heap.insert(space, &object).unwrap();
                heap.remove(space, &id).unwrap();
                if model.insert(new.clone(), object).is_some() {
                    heap.remove(space, &new).unwrap();
                }
            }
            Step::Remove(index) if !model.is_empty() => {
                let id = index.get(&model.keys().cloned().collect::<Vec<_>>()).clone();
                heap.remove(space, &id).unwrap();
                model.remove(&id);
            }
            Step::RemoveMany(keep) => {
                let ids: Vec<_> = model.keys().cloned().collect();
                for (number, id) in ids.iter().enumerate() {
                    if keep % 3 != 0 && number % 16 == usize::from(keep % 16) {
                        continue;
                    }
                    heap.remove(space, id).unwrap();
                    model.remove(id);
                }
            }
            Step::Commit => {
                space.commit(false).unwrap();
                committed = places(space, at, &model);
            }
            Step::Reload => heap = FractalHeap::load(space, at).unwrap(),
            _ => {}
        }
        space.keep_step().unwrap();
        check(space, at, &model);
        for (at, object) in &committed {
            let len = wide(object.len());
            assert_eq!(space.read("Object", *at, len).unwrap(), object.as_slice());
        }
    }
    space.free_all(|extents| heap.extents(space, extents)).unwrap();
    space.keep_step().unwrap();
    assert_eq!(space.allocated(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn heaps_hold_what_was_put_into_them(
        attributes in any::<bool>(),
        steps in prop_oneof![
            proptest::collection::vec(step(60), 1..150),
            proptest::collection::vec(step(5000), 1..150),
        ],
    ) {
        let creation = if attributes { HeapCreation::ATTRIBUTES } else { HeapCreation::LINKS };
        run(&scratch(), creation, steps);
    }
}

#[test]
fn thousands_of_objects_fit() {
    let space = scratch();
    let mut heap = FractalHeap::create(&space, HeapCreation::LINKS).unwrap();
    let at = heap.at();
    let mut model = Model::new();
    for i in 0..4000_usize {
        let object = object(7 + i * i % 3000, u8::try_from(i % 256).unwrap());
        model.insert(heap.insert(&space, &object).unwrap(), object);
        if i % 1000 == 0 {
            space.commit(false).unwrap();
        }
    }
    check(&space, at, &model);
    assert!(heap.header().table.root_rows > 9);
    space.commit(false).unwrap();
    let ids: Vec<_> = model.keys().cloned().collect();
    for (i, id) in ids.iter().enumerate() {
        if i % 10 != 3 {
            heap.remove(&space, id).unwrap();
            model.remove(id);
        }
    }
    check(&space, at, &model);
    space.commit(false).unwrap();
    for id in model.keys().cloned().collect::<Vec<_>>() {
        heap.remove(&space, &id).unwrap();
        model.remove(&id);
    }
    check(&space, at, &model);
    space.commit(false).unwrap();
    // The blocks go with the next change.
    let id = heap.insert(&space, &[1; 100]).unwrap();
    heap.remove(&space, &id).unwrap();
    assert_eq!(heap.header().table.root, None);
    check(&space, at, &model);
}

#[test]
fn what_is_free_is_known_after_objects_that_need_no_room() {
    let space = scratch();
    let mut heap = FractalHeap::create(&space, HeapCreation::LINKS).unwrap();
    let at = heap.at();
    let first = object(40, 1);
    let mut model = Model::from([(heap.insert(&space, &first).unwrap(), first)]);
    let mut heap = FractalHeap::load(&space, at).unwrap();
    let tiny = object(3, 2);
    let mut ids = Vec::new();
    let mut take = |id: &[u8]| {
        ids.push(id.to_vec());
        Ok(())
    };
    heap.insert_all(&space, [tiny.as_slice()].into_iter(), &mut take).unwrap();
    model.extend(ids.into_iter().map(|id| (id, tiny.clone())));
    check(&space, at, &model);
}
