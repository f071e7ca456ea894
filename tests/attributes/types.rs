//! Committed datatypes, and how many use them.

use hdfive::definition::{ByteOrder, Datatype};
use hdfive::types::{FloatSize, TypeDescriptor};
use hdfive::{ElementType, ErrorKind, File, LibraryVersion, Location, Value};

use super::{VERSIONS, create, h5dump, h5py, scratch, used};

fn uses(object: &Location) -> usize {
    object.loc_info().unwrap().num_links
}

#[test]
fn h5py_reads_committed_types_and_their_counts() {
    for version in VERSIONS {
        let path = scratch(&format!("types-{version:?}.h5"));
        let file = create(&path, version);
        let pair = file.commit_type("a/pair", ElementType::of::<(i32, String)>()).unwrap();
        assert!(pair.is_committed() && pair.name() == "/a/pair");
        let descriptor = TypeDescriptor::Complex(FloatSize::U4);
        file.commit_type("complex", &descriptor).unwrap();
        let big = Datatype::integer(8, false, ByteOrder::Big).unwrap();
        let big = file.commit_type("big", &big).unwrap();
        big.set_attr("unit", "m").unwrap();
        // An attribute of a type may be of that very type.
        let own = big.new_attr_builder().empty_as(&big).create("own").unwrap();
        own.write_scalar(&77_u8).unwrap();
        assert!(own.dtype().unwrap().is_committed());
        let other = file.group("a").unwrap();
        for name in ["x", "y"] {
            let builder = other.new_attr_builder();
            builder.with_data_as(&[(1, "one".to_owned())], &pair).create(name).unwrap();
        }
        let error = file.commit_type("big", ElementType::of::<i8>()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Exists(_)), "{error}");
        // A type that is committed already gives another one of the same kind.
        file.commit_type("copy", &pair).unwrap();
        assert_eq!((uses(&pair), uses(&big)), (3, 2));
        file.close().unwrap();
        if version <= LibraryVersion::V110 {
            h5dump(&path, &[]);
        }
        let script = r#"
def count(object): return h5py.h5o.get_info(object.id).rc
with h5py.File(path, 'r+') as f:
    pair, big = f['a/pair'], f['big']
    assert isinstance(pair, h5py.Datatype) and pair.dtype.names == ('0', '1')
    assert h5py.check_string_dtype(pair.dtype['1']).encoding == 'utf-8'
    assert f['complex'].dtype == 'c8' and big.dtype == '>u8' and f['copy'].dtype == pair.dtype
    assert dict(big.attrs) == {'unit': 'm', 'own': 77}
    own = low(big, 'own').get_type()
    assert own.committed() and own == big.id
    assert low(f['a'], 'x').get_type().committed()
    assert list(f['a'].attrs['y'])[0][0] == 1
    assert (count(pair), count(big), count(f['copy'])) == (3, 2, 1)
    f.create_dataset('d', (3,), dtype=pair)
    f.create_dataset('e', (3,), dtype=big)
    f['e'].attrs.create('z', 5, dtype=big)
    del f['a'].attrs['x']
    assert (count(pair), count(big)) == (3, 4)
    del f['big']
    f['e'].attrs['z'] = f['e'].attrs['z']
"#;
        if h5py(script, &path).is_none() {
            continue;
        }
        let file = File::open_rw(&path).unwrap();
        let pair = file.group("a").unwrap().attr("y").unwrap().dtype().unwrap();
        let pair = file.open_by_token(pair.committed_token().unwrap()).unwrap();
        assert_eq!(uses(&pair), 3);
        let set = file.dataset("e").unwrap();
        let big = set.dtype().unwrap();
        let big = file.open_by_token(big.committed_token().unwrap()).unwrap();
        assert_eq!(
            (uses(&big), big.attr("unit").unwrap().read_scalar().unwrap()),
            (2, "m".to_owned())
        );
        set.new_attr_builder().empty_as(big.as_datatype().unwrap()).create("more").unwrap();
        assert_eq!(uses(&big), 3);
        set.set_attr("more", 1).unwrap();
        assert_eq!(uses(&big), 2);
        file.unlink("e").unwrap();
        // What is left is its own attribute, which nothing leads to: as libhdf5 leaves it.
        assert_eq!(uses(&big), 1);
        file.unlink("d").unwrap();
        file.group("a").unwrap().delete_attr("y").unwrap();
        assert_eq!(uses(&pair), 1);
        file.close().unwrap();
        h5py("with h5py.File(path) as f: assert h5py.h5o.get_info(f['a/pair'].id).rc == 1", &path);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_type_stays_for_as_long_as_it_is_used() {
    for version in VERSIONS {
        let path = scratch(&format!("kept-{version:?}.h5"));
        let file = create(&path, version);
        file.flush().unwrap();
        let empty = used(&file);
        let group = file.create_group("g").unwrap();
        let datatype = file.commit_type("t", ElementType::of::<(i16, f32)>()).unwrap();
        datatype.set_attr("note", "kept").unwrap();
        for n in 0..20 {
            let builder = group.new_attr_builder().empty_as(&datatype).shape(3);
            builder.create(&format!("a{n}")).unwrap().write_raw(&[(n, 0.5_f32); 3]).unwrap();
        }
        // The old attribute's use of the type goes, the new one's comes.
        let again = group.new_attr_builder().empty_as(&datatype).create("a0");
        assert!(matches!(again.unwrap_err().kind(), ErrorKind::Exists(_)));
        assert_eq!(uses(&datatype), 21);
        group.rename_attr("a1", "b1").unwrap();
        group
            .modify_attr("b1", Value::Array { shape: vec![3], elements: vec![pair(9); 3] })
            .unwrap();
        assert_eq!(uses(&datatype), 21);
        file.unlink("t").unwrap();
        assert_eq!(uses(&datatype), 20);
        file.flush().unwrap();
        let copy = path.with_extension("copy");
        std::fs::copy(&path, &copy).unwrap();
        let script = "
with h5py.File(path) as f:
    t = low(f['g'], 'a7').get_type()
    assert t.committed() and h5py.h5o.get_info(t).rc == 20
    assert h5py.Datatype(t).attrs['note'] == 'kept'
    assert list(f['g'].attrs['a7']['0']) == [7, 7, 7] and list(f['g'].attrs['b1']['0']) == [9, 9, 9]
";
        h5py(script, &copy);
        std::fs::remove_file(&copy).unwrap();
        for name in group.attr_names().unwrap() {
            assert!(group.attr(&name).unwrap().dtype().unwrap().is_committed());
            group.delete_attr(&name).unwrap();
        }
        file.unlink("g").unwrap();
        assert_eq!(used(&file), empty);
        file.close().unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}

fn pair(n: i128) -> Value {
    let float = Value::Float(0.5);
    Value::Compound(vec![("0".to_owned(), Value::Integer(n)), ("1".to_owned(), float)])
}
