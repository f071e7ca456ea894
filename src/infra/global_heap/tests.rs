//! Reading collections, and changing them against a model.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::codec::{Encoder, Sizes};
use crate::element::{HeapElement, HeapSink, TextBatch};
use crate::format::datatype::{CharacterSet, Datatype};
use crate::format::global_heap::{CollectionHeader, ObjectHeader, padding};
use crate::io::Memory;
use crate::limits::Limits;
use crate::space::testing::scratch_with;

const SIZES: Sizes = Sizes { offsets: 8, lengths: 4 };

fn space(objects: &[(u16, &[u8])], size: usize) -> Space {
    space_of(SIZES, objects, size)
}

fn space_of(sizes: Sizes, objects: &[(u16, &[u8])], size: usize) -> Space {
    let mut e = Encoder::new(CollectionHeader::NAME, sizes);
    e.zeros(8);
    CollectionHeader { size: size as u64 }.encode(&mut e).unwrap();
    for (index, data) in objects {
        let header = ObjectHeader { index: *index, references: 1, size: data.len() as u64 };
        header.encode(&mut e).unwrap();
        e.bytes(data);
        e.zeros(padding(data.len()));
    }
    e.zeros((size + 8).saturating_sub(e.position()));
    Space::new(Arc::new(Memory::new(e.into_bytes())), Limits::DEFAULT, sizes).unwrap()
}

fn id(index: u32) -> HeapId {
    HeapId { address: Some(Address(8)), index }
}

#[test]
fn finds_objects_by_index() {
    let space = space(&[(1, b"one"), (7, b"seven"), (2, b""), (3, b"three!!!")], 4096);
    let heaps = GlobalHeaps::new();
    for (index, data) in [(1, "one"), (7, "seven"), (2, ""), (3, "three!!!")] {
        let found = heaps.object(&space, &id(index)).unwrap().unwrap();
        assert_eq!(&found[..], data.as_bytes());
    }
    assert!(heaps.object(&space, &HeapId::NULL).unwrap().is_none());
    for wrong in [0, 4, 8, 65_537] {
        let error = heaps.object(&space, &id(wrong)).unwrap_err();
        assert_eq!(error.location().unwrap().field, "Heap Object Index");
    }
}

#[test]
fn a_reader_finds_objects_in_whatever_order_they_are_asked_for() {
    let gap: &[(u16, &[u8])] = &[(1, b"one"), (2, b""), (3, b"three!!!"), (7, b"seven"), (4, b"4")];
    for order in [&[1, 2, 3, 7, 4][..], &[3, 2, 1], &[1, 3, 3, 4], &[7, 1], &[1, 2, 1, 2, 3]] {
        let (space, heaps) = (space(gap, 4096), GlobalHeaps::new());
        let reader = HeapReader::new(&heaps, &space);
        for index in order {
            let data = gap.iter().find(|object| object.0 == *index).unwrap().1;
            let mut found = None;
            let inner = |object: &[u8]| {
                found = Some(object.to_vec());
                // What is read may name more.
                reader.with(&id(4), |object| {
                    assert_eq!(object, b"4");
                    Ok(())
                })
            };
            reader.with(&id(u32::from(*index)), inner).unwrap();
            assert_eq!(found.as_deref(), Some(data));
        }
        for wrong in [0, 5, 65_537] {
            let error = reader.with(&id(wrong), |_| Ok(())).unwrap_err();
            assert_eq!(error.location().unwrap().field, "Heap Object Index");
        }
        reader.with(&id(1), |_| Ok(())).unwrap();
    }
    let outside = space(&[(1, b"one"), (2, &[1; 5000])], 4096);
    let heaps = GlobalHeaps::new();
    let reader = HeapReader::new(&heaps, &outside);
    reader.with(&id(1), |_| Ok(())).unwrap();
    assert!(reader.with(&id(2), |_| Ok(())).is_err());
}

#[test]
fn short_strings_are_taken_together_up_to_one_that_is_not_as_it_should_be() {
    let wide = Sizes { offsets: 8, lengths: 8 };
    let datatype = Datatype::string(CharacterSet::Utf8, wide);
    let form = HeapElement::new(&datatype).unwrap();
    let all: Vec<(u16, Vec<u8>)> =
        (1..=60).map(|index| (index, vec![index as u8; usize::from(index * 7 % 41)])).collect();
    let all: Vec<(u16, &[u8])> = all.iter().map(|(index, data)| (*index, &data[..])).collect();
    let len = |index: u32| u32::from(index as u16 * 7 % 41);
    let element = |len: u32, id: &HeapId| form.make(len as usize, id).unwrap();
    let right = |index: u32| element(len(index), &id(index));
    let forward: Vec<u32> = (1..=60).collect();
    let backward: Vec<u32> = (1..=60).rev().collect();
    let pairs: Vec<u32> = (1..=60).map(|index| ((index - 1) ^ 1) + 1).collect();
    let twice = [1, 2, 3, 4, 3, 4, 9, 60];
    for order in [&forward[..], &backward, &pairs, &twice] {
        for sizes in [wide, SIZES] {
            let (space, heaps) = (space_of(sizes, &all, 4096), GlobalHeaps::new());
            let reader = HeapReader::new(&heaps, &space);
            let mut batch = TextBatch::default();
            let stored: Vec<u8> = order.iter().copied().flat_map(right).collect();
            // Nothing is known of any collection before the first object is read.
            assert_eq!(reader.short_strings(form, &stored, &mut batch).elements, 0);
            let (mut left, mut alone) = (order, 0);
            while let Some(first) = left.first() {
                batch = TextBatch::with_room(60);
                let stored = &stored[16 * (order.len() - left.len())..];
                let taken = reader.short_strings(form, stored, &mut batch);
                let (now, rest) = left.split_at(taken.elements);
                let bytes: u32 = now.iter().map(|index| len(*index)).sum();
                assert_eq!(taken.bytes, bytes as usize);
                let expected = now.iter().map(|index| vec![*index as u8; len(*index) as usize]);
                let mut found = Vec::new();
                let each = |text: &[u8]| {
                    found.push(text.to_vec());
                    Ok(())
                };
                batch.try_for_each(each).unwrap();
                assert!(expected.eq(found));
                left = rest;
                if taken.elements == 0 {
                    reader.with(&id(*first), |_| Ok(())).unwrap();
                    (alone, left) = (alone + 1, &left[1..]);
                }
            }
            assert!(if sizes == wide { alone <= 2 } else { alone > 2 }, "{alone}");
        }
    }
    for known_all in [false, true] {
        let wrong = [
            element(len(2) + 1, &id(2)),
            element(u32::MAX, &id(2)),
            element(len(2), &id(0)),
            element(len(2), &id(61)),
            element(len(2), &id(65_538)),
            element(len(2), &HeapId { address: Some(Address(16)), index: 2 }),
            element(len(2), &HeapId { address: Some(Address(u64::MAX)), index: 2 }),
            element(len(2), &HeapId::NULL),
        ];
        for wrong in wrong {
            let (space, heaps) = (space_of(wide, &all, 4096), GlobalHeaps::new());
            let reader = HeapReader::new(&heaps, &space);
            if known_all {
                reader.with(&id(7), |_| Ok(())).unwrap();
            }
            reader.with(&id(1), |_| Ok(())).unwrap();
            let stored =
                [element(0, &HeapId::NULL), right(2), element(0, &id(99)), wrong, right(3)];
            let mut batch = TextBatch::with_room(9);
            assert_eq!(reader.short_strings(form, &stored.concat(), &mut batch).elements, 3);
            assert_eq!(batch.len(), 3);
        }
    }
    // The data of the last object go beyond the collection, and the one before it is no object.
    let outside = space_of(wide, &[(1, b"one"), (2, b"two"), (0, b"gap"), (3, &[1; 5000])], 4096);
    let heaps = GlobalHeaps::new();
    let reader = HeapReader::new(&heaps, &outside);
    reader.with(&id(1), |_| Ok(())).unwrap();
    let stored = [element(3, &id(2)), element(3, &id(0)), element(9, &id(3))].concat();
    assert_eq!(reader.short_strings(form, &stored, &mut TextBatch::with_room(3)).elements, 1);
}

#[test]
fn refuses_a_collection_that_contradicts_itself() {
    let twice = space(&[(1, b"one"), (1, b"two")], 4096);
    assert!(GlobalHeaps::new().object(&twice, &id(1)).is_err());
    let outside = space(&[(1, &[1; 5000])], 4096);
    assert!(GlobalHeaps::new().object(&outside, &id(1)).is_err());
    let small = space(&[(1, b"one")], 4095);
    assert!(GlobalHeaps::new().object(&small, &id(1)).is_err());
}

#[test]
fn keeps_no_more_than_the_bound() {
    let mut kept = Kept::default();
    let of = |bytes| Arc::new(Collection::of_bytes(vec![0; bytes]));
    for at in 0..10 {
        kept.replace(Address(at), of(10 << 20));
        assert!(kept.state().0 <= kept::KEPT);
    }
    assert_eq!(kept.state().1.len(), 6);
    kept.replace(Address(9), of(1 << 20));
    assert_eq!(kept.state().0, 51 << 20);
    kept.forget(Address(9));
    assert_eq!(kept.state().0, 50 << 20);
    kept.replace(Address(99), of(100 << 20));
    assert_eq!(kept.state().1, [Address(99)]);
}

/// A change of the heaps of one file.
#[derive(Debug, Clone)]
enum Change {
    Insert(Vec<usize>),
    /// The object that is as far as this fraction of 256 among all, and those after it.
    Remove(u8, usize),
    Commit,
    /// Changes that are undone.
    Undone(Vec<usize>, u8),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let len = prop_oneof![8 => 0_usize..64, 4 => 0_usize..3000, 1 => 3900_usize..9000];
    let lens = prop::collection::vec(len, 1..40);
    let change = prop_oneof![
        4 => lens.clone().prop_map(Change::Insert),
        4 => (any::<u8>(), 1_usize..40).prop_map(|(from, count)| Change::Remove(from, count)),
        2 => Just(Change::Commit),
        1 => (lens, any::<u8>()).prop_map(|(lens, from)| Change::Undone(lens, from)),
    ];
    prop::collection::vec(change, 1..24)
}

struct Model {
    space: Space,
    heaps: GlobalHeaps,
    objects: BTreeMap<(Address, u32), Vec<u8>>,
    /// Let go of since the last commit.
    gone: BTreeMap<(Address, u32), Vec<u8>>,
    /// Put in since the last commit.
    new: BTreeSet<(Address, u32)>,
    made: u8,
}

impl Model {
    fn new(sizes: Sizes) -> Self {
        let (objects, gone, new) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { space: scratch_with(sizes), heaps: GlobalHeaps::new(), objects, gone, new, made: 0 }
    }

    fn insert(&mut self, lens: &[usize]) {
        let writer = HeapWriter::new(&self.heaps, &self.space);
        for len in lens {
            self.made = self.made.wrapping_add(1);
            let data = vec![self.made; *len];
            let id = writer.put_object(&data).unwrap();
            let key = (id.address.unwrap(), id.index);
            assert!(!self.gone.contains_key(&key));
            self.new.insert(key);
            assert!(self.objects.insert(key, data).is_none());
        }
        writer.finish().unwrap();
    }

    fn remove(&mut self, from: u8, count: usize) {
        let skip = self.objects.len() * usize::from(from) / 256;
        let keys: Vec<_> = self.objects.keys().skip(skip).take(count).copied().collect();
        for key in keys {
            let id = HeapId { address: Some(key.0), index: key.1 };
            self.heaps.remove(&self.space, &id).unwrap();
            self.gone.extend(self.objects.remove_entry(&key));
        }
    }

    fn keep(&mut self) {
        self.heaps.settle(&self.space).unwrap();
        self.gone.retain(|key, _| !self.new.contains(key));
        self.space.keep_step().unwrap();
        self.heaps.keep_step();
    }

    fn commit(&mut self) {
        self.space.commit(false).unwrap();
        self.heaps.collect_garbage(&self.space).unwrap();
        self.gone.clear();
        self.new.clear();
        self.keep();
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Insert(lens) => self.insert(lens),
            Change::Remove(from, count) => self.remove(*from, *count),
            Change::Commit => self.commit(),
            Change::Undone(lens, from) => {
                let before = (self.objects.clone(), self.gone.clone());
                self.insert(lens);
                self.remove(*from, 9);
                self.space.roll_back();
                self.heaps.forget();
                (self.objects, self.gone) = before;
            }
        }
        self.keep();
    }

    /// What was let go of and is committed is there until it is collected; all that is there is whole.
    fn check(&self) {
        let fresh = GlobalHeaps::new();
        for ((at, index), data) in self.objects.iter().chain(&self.gone) {
            let id = HeapId { address: Some(*at), index: *index };
            for heaps in [&self.heaps, &fresh] {
                assert_eq!(&heaps.object(&self.space, &id).unwrap().unwrap()[..], data);
            }
        }
        let collections: BTreeSet<Address> = self.objects.keys().map(|(at, _)| *at).collect();
        let kept: usize = self.objects.len() + self.gone.len();
        let found = collections.iter().chain(self.gone.keys().map(|(at, _)| at));
        let found: BTreeSet<Address> = found.copied().collect();
        let count = |at: &Address| check_whole(&self.space, *at);
        assert_eq!(found.iter().map(count).sum::<usize>(), kept);
        self.heaps.kept().state();
    }
}

/// Reads a collection as the specification has it; gives the number of objects.
fn check_whole(space: &Space, at: Address) -> usize {
    let head: CollectionHeader = space.load(at, 40).unwrap();
    let bytes = space.read_raw("Test", at, head.size).unwrap();
    let mut d = space.decoder("Test", at, &bytes);
    CollectionHeader::decode(&mut d).unwrap();
    let mut count = 0;
    while d.remaining() >= ObjectHeader::len(space.sizes()) {
        let left = d.remaining();
        let header = ObjectHeader::decode(&mut d).unwrap();
        if header.index == 0 {
            assert_eq!((header.references, header.size), (0, left as u64));
            return count;
        }
        count += 1;
        d.skip("Data", header.size.next_multiple_of(8) as usize).unwrap();
    }
    assert!(d.rest().iter().all(|byte| *byte == 0));
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn changes_are_what_a_map_makes_of_them(changes in changes(), lengths in 0..2_u8) {
        let mut model = Model::new(Sizes { offsets: 8, lengths: [4, 8][usize::from(lengths)] });
        let before = model.space.allocated();
        for change in &changes {
            model.change(change);
            model.check();
        }
        model.remove(0, usize::MAX);
        model.commit();
        model.commit();
        prop_assert_eq!(model.space.allocated(), before);
    }
}

#[test]
fn indexes_and_room_are_used_again() {
    let mut model = Model::new(Sizes { offsets: 8, lengths: 8 });
    model.insert(&[100; 30]);
    let (at, _) = *model.objects.keys().next().unwrap();
    assert!(model.objects.keys().all(|key| key.0 == at));
    model.commit();
    model.remove(25, 2);
    model.commit();
    let id = model.heaps.insert(&model.space, b"new").unwrap();
    assert_eq!(id, HeapId { address: Some(at), index: 3 });
    let id = model.heaps.insert(&model.space, b"newer").unwrap();
    assert_eq!(id, HeapId { address: Some(at), index: 4 });
    let id = model.heaps.insert(&model.space, b"newest").unwrap();
    assert_eq!(id, HeapId { address: Some(at), index: 31 });
    // Another reader of the file finds the room, too, once it has read the collection.
    let other = GlobalHeaps::new();
    other.object(&model.space, &id).unwrap();
    let id = other.insert(&model.space, b"").unwrap();
    assert_eq!(id, HeapId { address: Some(at), index: 32 });
}

#[test]
fn a_large_object_has_a_collection_of_its_own() {
    let mut model = Model::new(Sizes { offsets: 8, lengths: 8 });
    model.insert(&[10, 5000, 4064, 10, 4065]);
    let places: Vec<u64> = model.objects.keys().map(|(at, _)| at.0).collect();
    let sizes: Vec<u64> = model
        .objects
        .keys()
        .map(|(at, _)| model.space.load::<CollectionHeader>(*at, 40).unwrap().size)
        .collect();
    assert_eq!(places.len(), 5);
    let mut sorted = sizes;
    sorted.sort_unstable();
    assert_eq!(sorted, [4096, 4096, 4096, 4104, 5032]);
    model.check();
    let missing = HeapId { address: Some(Address(places[0])), index: 9 };
    assert!(model.heaps.remove(&model.space, &missing).is_err());
    model.heaps.remove(&model.space, &HeapId::NULL).unwrap();
}

#[test]
fn objects_that_were_just_kept_can_be_kept_again() {
    let space = scratch_with(Sizes { offsets: 8, lengths: 8 });
    let heaps = GlobalHeaps::new();
    let writer = HeapWriter::new(&heaps, &space);
    let first = writer.put(b"one").unwrap();
    let second = writer.duplicate(&first).unwrap();
    writer.finish().unwrap();
    assert_ne!(first, second);
    assert_eq!(&heaps.object(&space, &second).unwrap().unwrap()[..], b"one");
    let writer = HeapWriter::new(&heaps, &space);
    let third = writer.duplicate(&first).unwrap();
    assert!(writer.duplicate(&HeapId { address: first.address, index: 77 }).is_err());
    writer.finish().unwrap();
    assert_eq!(&heaps.object(&space, &third).unwrap().unwrap()[..], b"one");
}

#[test]
fn many_objects_are_whole_however_they_are_written() {
    const COUNT: usize = 40_000;

    let sizes = Sizes { offsets: 8, lengths: 8 };
    let (space, heaps) = (scratch_with(sizes), GlobalHeaps::new());
    let text = |number: usize| vec![(number % 251) as u8 + 1; number % 90];
    let texts: Vec<Vec<u8>> = (0..COUNT).map(text).collect();
    let writer = HeapWriter::new(&heaps, &space);
    let mut e = Encoder::new("Elements", sizes);
    let mut copies = Vec::new();
    for (turn, batch) in texts.chunks(1000).enumerate() {
        let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
        writer.put_all(&batch, &mut e).unwrap();
        match turn % 9 {
            // What comes next does not follow what was filled.
            3 => drop(space.allocate(Purpose::Metadata, 4096).unwrap()),
            // One of a collection of its own, one of the collection that is filled.
            5 => copies.push((writer.put(&[7; 9000]).unwrap(), vec![7; 9000])),
            6 => copies.push((writer.put(b"one").unwrap(), b"one".to_vec())),
            // Of a collection that may not be written yet, or long ago.
            7 => {
                for at in [copies.len() - 1, 0] {
                    let (id, data) = copies[at].clone();
                    copies.push((writer.duplicate(&id).unwrap(), data));
                }
            }
            _ => {}
        }
    }
    writer.finish().unwrap();
    let elements = e.into_bytes();
    assert_eq!(elements.len(), 16 * COUNT);
    let mut ids: Vec<(HeapId, Vec<u8>)> = copies;
    for (element, text) in elements.chunks(16).zip(texts) {
        let mut d = space.decoder("Element", Address(0), element);
        assert_eq!(d.u32("Length").unwrap() as usize, text.len());
        ids.push((HeapId::decode(&mut d).unwrap(), text));
    }
    let other = GlobalHeaps::new();
    for (id, data) in &ids {
        for heaps in [&heaps, &other] {
            assert!(heaps.object(&space, id).unwrap().unwrap()[..] == data[..]);
        }
    }
    let collections: BTreeSet<Address> = ids.iter().filter_map(|(id, _)| id.address).collect();
    let count: usize = collections.iter().map(|at| check_whole(&space, *at)).sum();
    assert_eq!(count, ids.len());
}
