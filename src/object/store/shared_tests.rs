//! What headers share is counted: as often as it is used, whatever is done.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use crate::codec::lookup3_seeded;
use crate::format::btree2::SharedMessageLocation;
use crate::format::message::{Attribute, MessageFlags, MessageType};
use crate::object::attribute::attribute_holdings;
use crate::object::holdings::{Holdings, Patience};
use crate::object::store::Store;
use crate::{File, Group, LibraryVersion, SharedMemory};

/// Uses of messages, by the hash and the bytes.
type Uses = BTreeMap<(u32, Vec<u8>), u32>;

/// The uses that the indexes tell of, and the number of messages of each index.
fn counted(store: &Store) -> (Uses, Vec<u16>) {
    let shared = store.shared_messages(0).unwrap();
    let (mut uses, mut numbers) = (Uses::new(), Vec::new());
    for (number, index) in shared.indexes().iter().enumerate() {
        numbers.push(index.messages);
        assert_eq!(index.index.is_none(), index.messages == 0);
        assert_eq!(index.heap.is_none(), index.messages == 0);
        for record in shared.records(store.space(), index).unwrap() {
            let (message, count) = match &record.location {
                SharedMessageLocation::Heap { reference_count, heap_id } => {
                    let heap = shared.heap(store.space(), number).unwrap();
                    let message = heap.get(store.space(), heap_id).unwrap();
                    (message.into_owned(), *reference_count)
                }
                SharedMessageLocation::Header { message_type, header, .. } => {
                    let message = store.message_in(*header, *message_type).unwrap();
                    (unpadded(u16::from(*message_type), &message, record.hash), 1)
                }
            };
            assert!(uses.insert((record.hash, message), count).is_none(), "there are two");
        }
    }
    (uses, numbers)
}

/// A message as an index hashes it, without the padding it has in a header.
fn unpadded(kind: u16, message: &[u8], hash: u32) -> Vec<u8> {
    let lengths: RangeInclusive<usize> = message.len().saturating_sub(7)..=message.len();
    let mut parts = lengths.map(|len| &message[..len]);
    parts.find(|part| lookup3_seeded(part, kind.into()) == hash).unwrap().to_vec()
}

/// The uses that there are in all headers that links lead to, as far as an index knows of them.
fn used(store: &Arc<Store>, known: &Uses) -> Uses {
    let mut uses = Uses::new();
    let mut waiting = vec![store.superblock().root_header];
    let mut seen = BTreeSet::new();
    while let Some(at) = waiting.pop().filter(|at| seen.insert(*at)) {
        let mut parts = Vec::new();
        let held = Holdings::of(store, &store.header(at).unwrap(), &mut Patience::ENDLESS.clone())
            .unwrap();
        parts.extend(held.uses().cloned());
        waiting.extend(held.objects.iter().map(|counted| counted.at));
        waiting.retain(|at| !seen.contains(at));
        while let Some((header, message)) = parts.pop() {
            let kind = message.kind;
            let shared = message.flags.contains(MessageFlags::SHARED);
            let bytes = store.resolve(kind, &message.body, 0, shared).unwrap().bytes.into_owned();
            let hash = |part: &[u8]| lookup3_seeded(part, kind.0.into());
            let lengths =
                (bytes.len().saturating_sub(if shared { 0 } else { 7 })..=bytes.len()).rev();
            let mut keys = lengths.map(|len| (hash(&bytes[..len]), bytes[..len].to_vec()));
            let key = keys.find(|key| known.contains_key(key)).unwrap();
            let count = uses.entry(key).or_default();
            *count += 1;
            // The parts of an attribute are used once, however many objects have it.
            if kind == MessageType::ATTRIBUTE && *count == 1 {
                let attribute: Attribute = store.decode_bytes(&bytes, 0).unwrap();
                let mut more = Holdings::default();
                attribute_holdings(store, header, &attribute, &mut more).unwrap();
                parts.extend(more.uses().cloned());
            }
        }
    }
    uses
}

fn audit(file: &File) -> Vec<u16> {
    let store = &file.found.store;
    let (counted, numbers) = counted(store);
    assert_eq!(used(store, &counted), counted);
    numbers
}

fn fixture(name: &str) -> File {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let builder = File::with_options();
    let builder = builder.library_versions(LibraryVersion::Earliest, LibraryVersion::LATEST);
    builder.open_storage_rw(Arc::new(SharedMemory::new(bytes))).unwrap()
}

/// One change after the other, each of which leaves all counts true.
fn change(file: &File, number: usize) {
    let dataset = |number: usize| file.dataset(&format!("d{number}")).unwrap();
    match number {
        0 => dataset(0).delete_attr("unit").unwrap(),
        1 => dataset(1).set_attr("unit", 7).unwrap(),
        2 => dataset(2).rename_attr("unit", "is in").unwrap(),
        3 => dataset(3).modify_attr("unit", "furlong").unwrap(),
        4 => dataset(4).rename_attr("own4", "mine").unwrap(),
        // To the heap of the object's own, and back.
        5 => (0..20).for_each(|n| dataset(4).set_attr(&format!("more {n}"), n).unwrap()),
        6 => dataset(4).delete_attr("mine").unwrap(),
        7 => (0..20).for_each(|n| dataset(4).delete_attr(&format!("more {n}")).unwrap()),
        8 => dataset(4).copy_to(file, "copy").map(drop).unwrap(),
        9 => file.unlink("copy").unwrap(),
        10 => dataset(5).write_raw(&[(1.0, 2.0); 4]).unwrap(),
        11 => file.link_hard("d6", "again").unwrap(),
        12 => file.unlink("d6").unwrap(),
        _ => {}
    }
}

#[test]
fn uses_of_shared_messages_are_counted() {
    for form in ["list", "tree"] {
        for version in ["earliest", "v110", "latest"] {
            let file = fixture(&format!("shared_messages_{form}_{version}.h5"));
            let before = audit(&file);
            for number in 0..13 {
                change(&file, number);
                audit(&file);
                if number % 3 == 0 {
                    file.flush().unwrap();
                }
            }
            for name in file.member_names().unwrap() {
                file.unlink(&name).unwrap();
                audit(&file);
            }
            assert!(before.iter().all(|number| *number > 0));
            assert_eq!(audit(&file), [0, 0]);
            Group::clone(&file).create_group("still there").unwrap();
            file.close().unwrap();
        }
    }
}

#[test]
fn a_change_that_fails_is_not_counted() {
    let file = fixture("shared_messages_list_latest.h5");
    let before = counted(&file.found.store);
    let dataset = file.dataset("d1").unwrap();
    // There is one of that name.
    dataset.rename_attr("unit", "own1").unwrap_err();
    let set: [(&str, i32); 2] = [("unit", 1), ("", 2)];
    dataset.set_attrs(set).unwrap_err();
    assert_eq!(counted(&file.found.store), before);
    audit(&file);
}
