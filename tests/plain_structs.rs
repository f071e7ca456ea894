//! Structs that are `bytemuck::Pod`: what h5py wrote is read without a conversion where it lies as the
//! struct does, and with one where it does not; what is written is what h5py reads.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

#[path = "support/mod.rs"]
mod support;

use std::marker::PhantomData;

use bytemuck::{Pod, Zeroable};
use hdfive::types::TypeDescriptor;
use hdfive::{ErrorKind, File, H5Type};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, H5Type, Pod, Zeroable)]
#[repr(C)]
struct Event {
    id: i64,
    #[hdf5(rename = "t")]
    time: f64,
    place: [f32; 3],
    hits: Hits,
}

/// Stored as its field is.
#[derive(Debug, Clone, Copy, PartialEq, H5Type, Pod, Zeroable)]
#[repr(transparent)]
struct Hits(u32);

/// In others of its kind, and without gaps.
#[derive(Debug, Clone, Copy, PartialEq, H5Type, Pod, Zeroable)]
#[repr(C, packed)]
struct Tagged {
    tag: u8,
    event: Event,
    #[hdf5(default)]
    level: i16,
}

/// As [`Event`], of a program that does not say that it is nothing but bytes.
#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(C)]
struct Converted {
    id: i64,
    t: f64,
    place: [f32; 3],
    hits: u32,
}

/// Whether its parameter has one the compiler cannot tell where the implementation stands.
#[derive(Debug, Clone, Copy, PartialEq, H5Type)]
#[repr(C)]
struct Pair<T> {
    first: T,
    second: T,
    none: PhantomData<u8>,
}

fn event(n: i64) -> Event {
    let x = n as f32;
    Event { id: -n, time: n as f64 / 3., place: [x, x + 0.5, -x], hits: Hits(n as u32 ^ 77) }
}

/// Events as the struct has them, in chunks, and otherwise: packed, in another order, of other types, with a
/// member more, and within another compound.
const MAKE: &str = r#"
import h5py
import numpy as np
event = np.dtype([('id', '<i8'), ('t', '<f8'), ('place', '<f4', (3,)), ('hits', '<u4')])
others = {
    'order': [('t', '<f8'), ('id', '<i8'), ('hits', '<u4'), ('place', '<f4', (3,))],
    'types': [('id', '>i8'), ('t', '<f8'), ('place', '<f4', (3,)), ('hits', '<u4')],
    'signs': [('id', '<i8'), ('t', '<f8'), ('place', '<f4', (3,)), ('hits', '<i4')],
    'more': [('id', '<i8'), ('t', '<f8'), ('place', '<f4', (3,)), ('hits', '<u4'), ('x', 'u1')],
    'shapes': [('id', '<i8'), ('t', '<f8'), ('place', '<f4', (3,)), ('hits', '<u2'), ('x', 'u2')],
    'names': [('id', '<i8'), ('time', '<f8'), ('place', '<f4', (3,)), ('hits', '<u4')],
    'array': [('id', '<i8'), ('t', '<f8'), ('place', '<f4', (1, 3)), ('hits', '<u4')],
}
n = np.arange(1000)
events = np.zeros(1000, event)
events['id'] = -n
events['t'] = n / 3
events['place'] = np.stack([n, n + 0.5, -n], 1)
events['hits'] = n ^ 77
with h5py.File('theirs.h5', 'w') as file:
    file['same'] = events
    file.create_dataset('gzip', data=events, chunks=(64,), compression=4, shuffle=True)
    for name, members in others.items():
        other = np.zeros(1000, members)
        for member in other.dtype.names:
            if member in event.names:
                values = events[member]
                other[member] = values.reshape(other[member].shape)
        file[name] = other
    tagged = np.zeros(1000, [('tag', 'u1'), ('event', event), ('level', '<i2')])
    tagged['tag'], tagged['event'], tagged['level'] = n % 256, events, -n
    file['tagged'] = tagged
    file['no level'] = tagged[['tag', 'event']].astype([('tag', 'u1'), ('event', event)])
"#;

#[test]
fn what_lies_as_the_struct_is_read_as_it_is_and_the_rest_converted() {
    let folder = support::empty_folder("plain_structs_theirs");
    let Some(_) = support::python_in(&folder, MAKE, &[]) else { return };
    let file = File::open(folder.join("theirs.h5")).unwrap();
    let wanted: Vec<Event> = (0..1000).map(event).collect();
    let dataset = |name: &str| file.dataset(name).unwrap();
    for name in ["same", "gzip", "order", "types", "signs", "more"] {
        assert_eq!(dataset(name).read_raw::<Event>().unwrap(), wanted, "{name}");
        assert_eq!(dataset(name).read_slice_raw::<Event>(7..9).unwrap(), wanted[7..9], "{name}");
        let mut buffer = vec![event(0); 1000];
        dataset(name).read_into_raw(&mut buffer).unwrap();
        assert_eq!(buffer, wanted, "{name}");
    }
    assert_eq!(dataset("same").as_slice::<Event>().unwrap(), wanted);
    for name in ["order", "types", "signs", "more", "shapes", "names", "array"] {
        let Err(error) = dataset(name).as_slice::<Event>() else { panic!("{name} is lent") };
        assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{name}: {error}");
    }
    for name in ["names", "array"] {
        let error = dataset(name).read_raw::<Event>().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Conversion(_)), "{name}: {error}");
    }
    let hits = |name: &str| dataset(name).read_raw::<Event>().unwrap()[999].hits;
    assert_eq!(hits("shapes"), Hits(999 ^ 77));
    let tagged = |n: i64| Tagged { tag: n as u8, event: event(n), level: -n as i16 };
    let all: Vec<Tagged> = (0..1000).map(tagged).collect();
    assert_eq!(dataset("tagged").read_raw::<Tagged>().unwrap(), all);
    assert_eq!(dataset("tagged").as_slice::<Tagged>().unwrap(), all);
    let without = dataset("no level").read_raw::<Tagged>().unwrap();
    assert_eq!(without[999], Tagged { level: 0, ..tagged(999) });
    assert!(dataset("no level").as_slice::<Tagged>().is_err());
    let members = dataset("tagged").read_field::<Event>("event", ..).unwrap();
    assert_eq!(members.as_slice(), wanted);
    // Of what is not `Pod`, nothing is lent, and all is read.
    assert!(dataset("same").as_slice::<Converted>().is_err());
    let last = dataset("same").read_raw::<Converted>().unwrap()[999];
    assert_eq!(
        (last.id, last.t, last.place, last.hits),
        (-999, 333., [999., 999.5, -999.], 999 ^ 77)
    );
}

/// What h5py finds in the file, each dataset's first and last.
const SHOW: &str = r"
import h5py
with h5py.File('ours.h5') as file:
    for name in sorted(file):
        print(name, file[name].dtype, file[name].shape, file[name][0], file[name][-1])
    print(file['events'].attrs['first'])
";

#[test]
fn what_is_written_of_them_is_what_h5py_reads() {
    let folder = support::empty_folder("plain_structs_ours");
    let file = File::create(folder.join("ours.h5")).unwrap();
    let events: Vec<Event> = (0..300).map(event).collect();
    let dataset = file.new_dataset_builder().with_data(&events).create("events").unwrap();
    dataset.new_attr_builder().with_data(&events[..1]).create("first").unwrap();
    dataset.write_slice(&[event(500)], 299..300).unwrap();
    let rows = file.new_dataset::<Event>().shape((0..,)).chunk((64,)).deflate(3);
    let rows = rows.create("rows").unwrap();
    for part in events.chunks(7) {
        rows.append(part, 0).unwrap();
    }
    assert_eq!(rows.read_raw::<Event>().unwrap(), events);
    // As another type, members are converted.
    let other = file.new_dataset::<(i32, f32)>().shape(2).create("other").unwrap();
    let error = other.write_raw(&events[..2]).unwrap_err();
    assert!(error.to_string().contains("no value for the member"), "{error}");
    let tagged = [
        Tagged { tag: 1, event: event(1), level: 2 },
        Tagged { tag: 3, event: event(4), level: 5 },
    ];
    file.new_dataset_builder().with_data(&tagged).create("tagged").unwrap();
    file.new_dataset_builder().with_data(&[Hits(1), Hits(7)]).create("hits").unwrap();
    file.unlink("other").unwrap();
    file.close().unwrap();
    let Some(found) = support::python_in(&folder, SHOW, &[]) else { return };
    let kind = "[('id', '<i8'), ('t', '<f8'), ('place', '<f4', (3,)), ('hits', '<u4')]";
    let first = "(0, 0.0, [0.0, 0.5, -0.0], 77)";
    let wanted = [
        format!(
            "events {kind} (300,) {first} (-500, 166.66666666666666, [500.0, 500.5, -500.0], 441)"
        ),
        "hits uint32 (2,) 1 7".to_owned(),
        format!(
            "rows {kind} (300,) {first} (-299, 99.66666666666667, [299.0, 299.5, -299.0], 358)"
        ),
        format!(
            "tagged [('tag', 'u1'), ('event', {kind}), ('level', '<i2')] (2,) \
             (1, (-1, 0.3333333333333333, [1.0, 1.5, -1.0], 76), 2) \
             (3, (-4, 1.3333333333333333, [4.0, 4.5, -4.0], 73), 5)"
        ),
        "[(0, 0., [ 0. ,  0.5, -0. ], 77)]".to_owned(),
    ];
    assert_eq!(found.lines().collect::<Vec<_>>(), wanted);
}

#[test]
fn only_what_is_said_to_be_plain_is_lent() {
    assert!(Event::as_bytes(&[event(1)]).is_some_and(|bytes| bytes.len() == 32));
    assert!(<[Event; 2]>::as_bytes(&[[event(1); 2]]).is_some_and(|bytes| bytes.len() == 64));
    assert!(Hits::zeros(2).is_some_and(|hits| hits == [Hits(0), Hits(0)]));
    assert!(Tagged::of_bytes(&[1; 35]).is_some_and(|tagged| tagged.tag == 1));
    assert!(Tagged::of_bytes(&[1; 34]).is_none());
    let converted = Converted { id: 1, t: 2., place: [3.; 3], hits: 4 };
    assert!(Converted::as_bytes(&[converted]).is_none());
    assert!(Converted::as_bytes_mut(&mut [converted]).is_none());
    assert!(Converted::zeros(1).is_none());
    assert!(Converted::from_bytes(&[0; 32]).is_none());
    let pair = Pair { first: 1_u8, second: 2, none: PhantomData };
    assert!(Pair::as_bytes(&[pair]).is_none());
    // The same type is made of both.
    let TypeDescriptor::Compound(event) = Event::type_descriptor() else { panic!() };
    let TypeDescriptor::Compound(converted) = Converted::type_descriptor() else { panic!() };
    assert_eq!(event, converted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// With a conversion and without, the same comes of the same.
    #[test]
    fn both_ways_give_the_same(
        values in prop::collection::vec(any::<(i64, f64, [f32; 3], u32)>(), 1..50),
        is_chunked in any::<bool>(),
    ) {
        let plain: Vec<Event> = values
            .iter()
            .map(|&(id, time, place, hits)| Event { id, time, place, hits: Hits(hits) })
            .collect();
        let converted: Vec<Converted> =
            values.iter().map(|&(id, t, place, hits)| Converted { id, t, place, hits }).collect();
        let file = File::in_memory().unwrap();
        let make = || {
            let builder = file.new_dataset_builder();
            if is_chunked { builder.chunk(values.len().min(7)).shuffle().deflate(1) } else { builder }
        };
        let a = make().with_data(&plain).create("plain").unwrap();
        let b = make().with_data(&converted).create("converted").unwrap();
        for dataset in [&a, &b] {
            let back = dataset.read_raw::<Event>().unwrap();
            prop_assert_eq!(Event::as_bytes(&back), Event::as_bytes(&plain));
        }
        for (back, is) in a.read_raw::<Converted>().unwrap().iter().zip(&converted) {
            prop_assert_eq!((back.id, back.t.to_bits(), back.hits), (is.id, is.t.to_bits(), is.hits));
            prop_assert_eq!(back.place.map(f32::to_bits), is.place.map(f32::to_bits));
        }
    }
}
