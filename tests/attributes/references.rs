//! References: made, stored, freed; read by h5py, and by libhdf5 itself where h5py cannot.

use hdfive::types::{CompoundField, CompoundType, IntSize, RawReference, TypeDescriptor};
use hdfive::{
    AnyValues, ElementType, Error, ErrorKind, File, LibraryVersion, ObjectReference1,
    ObjectReference2, Reference, ReferenceTarget, ReferencedObject, Selection, SliceOrIndex,
};

use super::{VERSIONS, create, h5py, scratch, support};
use hdfive::definition::{Class, ReferenceKind};

/// A dataset of 6 x 10 elements, a group, a type.
fn targets(file: &File) {
    let values: Vec<i32> = (0..60).collect();
    let data = hdfive::Values::with_shape(&values, &[6, 10]).unwrap();
    file.new_dataset_builder().with_data(data).create("data").unwrap();
    file.create_group("group/inner").unwrap();
    file.commit_type("type", ElementType::of::<i16>()).unwrap();
    file.dataset("data").unwrap().set_attr("unit", "m").unwrap();
}

/// Selections of the dataset, with what numpy selects the same elements by.
fn regions() -> Vec<(Selection, &'static str)> {
    let stepped = |range: std::ops::Range<usize>, step| SliceOrIndex::stepped(range, step);
    let several = SliceOrIndex::SliceCount { start: 1, step: 4, count: 2, block: 3 };
    let mask = (0..60).map(|n| n % 7 == 2).collect();
    vec![
        (Selection::All, "d.ravel()"),
        ((1..4, 2..6).into(), "d[1:4, 2:6].ravel()"),
        ((stepped(0..6, 2), stepped(1..10, 3)).into(), "d[::2, 1::3].ravel()"),
        ((2, several).into(), "d[2, [1, 2, 3, 5, 6, 7]]"),
        ((vec![0_usize, 3, 5], ..2).into(), "d[[0, 3, 5], :2].ravel()"),
        (Selection::Mask(mask), "d[(np.arange(60) % 7 == 2).reshape(6, 10)]"),
        (Selection::points([[5, 9], [0, 0], [2, 3]]).unwrap(), "d[[5, 0, 2], [9, 0, 3]]"),
        (Selection::None, "np.zeros(0)"),
        (
            Selection::Blocks(vec![(vec![0, 0], vec![1, 1]), (vec![1, 1], vec![2, 3])]),
            "d.ravel()[[0, 1, 10, 11, 12, 13, 21, 22, 23]]",
        ),
    ]
}

fn record() -> TypeDescriptor {
    let field = CompoundField::new;
    let reference = TypeDescriptor::Reference(ReferenceKind::Object);
    TypeDescriptor::Compound(CompoundType {
        fields: vec![
            field("id", TypeDescriptor::Integer(IntSize::U4), 0, 0),
            field("to", reference, 4, 1),
        ],
        size: 12,
    })
}

const OLD: &str = r#"
with h5py.File(path, 'r') as f:
    d = f['data'][...]
    assert f[f.attrs['one']].name == '/group/inner'
    assert low(f, 'one').get_type() == h5py.h5t.STD_REF_OBJ
    names = [f[r].name if r else None for r in f.attrs['some']]
    assert names == ['/data', None, '/type', '/'], names
    assert [(int(n), f[r].name) for n, r in f.attrs['records']] == [(7, '/group')]
    assert [[f[r].name for r in each] for each in f.attrs['lists']] == [['/data', '/group'], []]
    assert [f[r].name for r in f['objects'][...]] == ['/group', '/data']
    assert low(f, 'region').get_type() == h5py.h5t.STD_REF_DSETREG
    assert f[f.attrs['region']].name == '/data'
    for held in (f.attrs['regions'], f['regions'][...]):
        assert not held[-1] and len(held) == len(wanted) + 1
        for r, want in zip(held, wanted):
            assert f[r].name == '/data'
            found = h5py.h5r.get_region(r, f.id)
            assert found.shape == (6, 10)
            want = eval(want)
            assert found.get_select_npoints() == len(want)
            if len(want):
                out = np.zeros(len(want), 'i4')
                f['data'].id.read(h5py.h5s.create_simple(out.shape), found, out)
                assert sorted(out) == sorted(want), (out, want)
                if found.get_select_type() == h5py.h5s.SEL_POINTS:
                    same(out, want)
    same(f['data'][f.attrs['region']], d[1:4, 2:6])
"#;

/// Writes references over ours, as h5py does.
const AGAIN: &str = r#"
with h5py.File(path, 'r+') as f:
    f.attrs['one'] = f['data'].ref
    f.attrs.modify('some', np.array([f['group'].ref] * 4, dtype=h5py.ref_dtype))
    f['regions'][1] = f['data'].regionref[4:, ::5]
    f.attrs.create('region', f['data'].regionref[0, :3], dtype=h5py.regionref_dtype)
"#;

fn store_old(file: &File) -> Vec<Reference> {
    let object = |path: &str| file.reference::<Reference>(path).unwrap();
    file.set_attr("one", file.reference::<ObjectReference1>("group/inner").unwrap()).unwrap();
    let some = [object("data"), Reference::null(), object("type"), object("/")];
    file.set_attr("some", &some).unwrap();
    let records = file.new_attr_builder().empty_as(record()).shape(1).create("records").unwrap();
    records.write_raw(&[(7, object("group"))]).unwrap();
    let lists = vec![vec![object("data"), object("group")], vec![]];
    file.set_attr("lists", &lists).unwrap();
    let objects = [object("group"), object("data")];
    file.new_dataset_builder().with_data(&objects).create("objects").unwrap();
    let data = file.dataset("data").unwrap();
    let region = |selection: &Selection| data.reference_region(selection.clone()).unwrap();
    let mut held: Vec<Reference> =
        regions().iter().map(|(selection, _)| region(selection)).collect();
    held.push(Reference::null());
    file.set_attr("region", held[1].clone()).unwrap();
    file.set_attr("regions", &held).unwrap();
    file.new_dataset_builder().with_data(&held).create("regions").unwrap();
    held
}

#[test]
fn h5py_follows_what_is_stored_and_stores_what_is_followed() {
    for version in VERSIONS {
        let path = scratch(&format!("references-{version:?}.h5"));
        let file = create(&path, version);
        targets(&file);
        let held = store_old(&file);
        assert_eq!(file.dataset("regions").unwrap().read_raw::<Reference>().unwrap(), held);
        file.close().unwrap();
        let file = File::open(&path).unwrap();
        let data = file.dataset("data").unwrap();
        let found: Vec<Reference> = file.attr("regions").unwrap().read_raw().unwrap();
        assert_eq!(found, held);
        for (found, (selection, _)) in found.iter().zip(regions()) {
            assert_eq!(found.target(), ReferenceTarget::Region);
            assert_eq!(found.token(), Some(data.token()));
            let mut wanted: Vec<i32> = data.read_slice_raw(selection).unwrap();
            let mut read: Vec<i32> = data.read_slice_raw(found.region().unwrap().clone()).unwrap();
            wanted.sort_unstable();
            read.sort_unstable();
            assert_eq!(read, wanted);
        }
        drop((file, data));
        let wanted: Vec<&str> = regions().iter().map(|(_, spelled)| *spelled).collect();
        if h5py(&format!("wanted = {wanted:?}\n{OLD}"), &path).is_none() {
            continue;
        }
        h5py(AGAIN, &path).unwrap();
        let file = File::open_rw(&path).unwrap();
        let data = file.dataset("data").unwrap();
        let one: Reference = file.attr("one").unwrap().read_scalar().unwrap();
        assert!(matches!(file.dereference(&one).unwrap(), ReferencedObject::Dataset(_)));
        let some: Vec<ObjectReference1> = file.attr("some").unwrap().read_raw().unwrap();
        let group = file.group("group").unwrap();
        assert!(
            some.iter()
                .all(|one| file.dereference(one).unwrap().location().token() == group.token())
        );
        let found: Vec<Reference> = file.dataset("regions").unwrap().read_raw().unwrap();
        let read: Vec<i32> = data.read_slice_raw(found[1].region().unwrap().clone()).unwrap();
        assert_eq!(read, [40, 45, 50, 55]);
        let region: Reference = file.attr("region").unwrap().read_scalar().unwrap();
        let read: Vec<i32> = data.read_slice_raw(region.region().unwrap().clone()).unwrap();
        assert_eq!(read, [0, 1, 2]);
        // What h5py wrote is written again here, in place and elsewhere.
        file.set_attr("copies", &found).unwrap();
        file.dataset("regions").unwrap().write_raw(&found).unwrap();
        file.close().unwrap();
        let script = "
with h5py.File(path) as f:
    for held in (f.attrs['copies'], f['regions'][...]):
        same(f['data'][held[1]], f['data'][4:, ::5])
        assert not held[-1]
";
        h5py(script, &path).unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}

/// A file whose addresses and lengths have other widths.
const NARROW: &str = r#"
made = h5py.h5p.create(h5py.h5p.FILE_CREATE)
made.set_sizes(*sizes)
h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, made).close()
"#;

#[test]
fn places_in_narrow_files_are_narrow() {
    // Types as they are in a file of the usual widths.
    let usual = File::in_memory().unwrap();
    usual.set_attr("texts", ["a"]).unwrap();
    let pair = usual.commit_type("pair", ElementType::of::<(String, i8)>()).unwrap();
    let of_all = ElementType::of::<(Reference, i8, String)>();
    let all = usual.commit_type("all", of_all).unwrap();
    for sizes in ["4, 4", "8, 4", "4, 8", "2, 2"] {
        let path = scratch(&format!("narrow-{}.h5", sizes.replace(", ", "-")));
        if h5py(&format!("sizes = ({sizes})\n{NARROW}"), &path).is_none() {
            return;
        }
        let file = File::open_rw(&path).unwrap();
        targets(&file);
        let held = store_old(&file);
        let texts = usual.attr("texts").unwrap().dtype().unwrap();
        let texts = file.new_attr_builder().empty_as(texts).shape(2).create("texts").unwrap();
        texts.write_raw(&["one".to_owned(), "two".to_owned()]).unwrap();
        let here = file.commit_type("pair", &pair).unwrap();
        let pairs = file.new_attr_builder().empty_as(&here).create("pair").unwrap();
        pairs.write_scalar(&("ä".to_owned(), 7_i8)).unwrap();
        let row = (file.reference::<Reference>("group").unwrap(), 7_i8, "ä".to_owned());
        let rows = file.new_attr_builder().empty_as(&all).create("row").unwrap();
        rows.write_scalar(&row).unwrap();
        assert_eq!(rows.read_scalar::<(Reference, i8, String)>().unwrap(), row);
        // In sequences, libhdf5 gives regions the size they have in memory.
        file.flush().unwrap();
        let lost = file.account().unwrap().problems;
        let of_regions = TypeDescriptor::Reference(ReferenceKind::Region);
        let of_lists = TypeDescriptor::VarLenArray(Box::new(of_regions));
        let lists = file.new_dataset_builder().empty_as(&of_lists).shape(2).create("lists");
        let lists = lists.unwrap();
        let definition = lists.dtype().unwrap().definition().clone();
        assert!(matches!(&definition.class, Class::VarLen(of) if of.base.size == 12));
        lists.write_raw(&[held.clone(), Vec::new()]).unwrap();
        let raw: Vec<Vec<RawReference>> = lists.read_slice_raw(0).unwrap();
        lists.write_slice(&raw, 1).unwrap();
        lists.copy_to(&file, "copied").unwrap();
        lists.write_raw(&vec![Vec::<Reference>::new(); 2]).unwrap();
        // Nothing is lost but what h5py lost.
        file.flush().unwrap();
        assert_eq!(file.account().unwrap().problems, lost, "{sizes}");
        file.close().unwrap();
        let file = File::open(&path).unwrap();
        assert_eq!(file.attr("regions").unwrap().read_raw::<Reference>().unwrap(), held);
        let copied = file.dataset("copied").unwrap().read_raw::<Vec<Reference>>().unwrap();
        assert_eq!(copied, [held.clone(), held]);
        drop(file);
        // libhdf5 takes references for as wide as they are in memory, even those it wrote itself.
        let more = "
with h5py.File(path) as f:
    assert list(f.attrs['texts']) == ['one', 'two']
    pair = f.attrs['pair']
    assert pair['1'] == 7 and pair['0'] in ('ä', 'ä'.encode()), pair
    assert f[f.attrs['one']].name == '/group/inner'
    assert low(f, 'pair').get_type() == f['pair'].id
";
        h5py(more, &path).unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_reference_is_of_what_is_there() {
    let file = File::in_memory().unwrap();
    targets(&file);
    let data = file.dataset("data").unwrap();
    let usage = |error: Error| assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
    assert!(file.reference::<Reference>("nothing").unwrap_err().is_not_found());
    assert!(data.reference_attr("nothing").unwrap_err().is_not_found());
    usage(data.reference_region(6).unwrap_err());
    usage(data.reference_region((0, 0, 0)).unwrap_err());
    let rest = SliceOrIndex::Unlimited { start: 0, step: 2, block: 1 };
    usage(data.reference_region(rest).unwrap_err());
    let null = file.dereference(&Reference::null()).unwrap_err();
    assert!(null.is_not_found(), "{null}");
    // What is stored must be of the kind that is to be stored.
    let region = data.reference_region(0).unwrap();
    let whole: Reference = file.reference("data").unwrap();
    let objects = file.new_attr::<Reference>().create("object").unwrap();
    let error = objects.write_scalar(&region).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Conversion(_)), "{error}");
    let of_regions = TypeDescriptor::Reference(ReferenceKind::Region);
    let regions = file.new_attr_builder().empty_as(&of_regions).create("region").unwrap();
    let error = regions.write_scalar(&whole).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Conversion(_)), "{error}");
    assert!(regions.read_scalar::<Reference>().unwrap().is_null());
    // The object may go: the reference stays, and says so when it is followed.
    objects.write_scalar(&file.reference::<Reference>("group/inner").unwrap()).unwrap();
    let lost: Reference = objects.read_scalar().unwrap();
    assert!(!lost.is_null() && file.dereference(&lost).is_ok());
}

#[test]
fn regions_written_again_and_again_take_no_more_space() {
    let path = scratch("regions-again.h5");
    let file = create(&path, LibraryVersion::V18);
    targets(&file);
    let data = file.dataset("data").unwrap();
    let null = vec![Reference::null(); 20];
    let of_regions = TypeDescriptor::Reference(ReferenceKind::Region);
    let builder = file.new_dataset_builder();
    let regions = builder.with_data_as(&null, &of_regions).create("regions").unwrap();
    let mut largest = 0;
    for n in 0..500_usize {
        let region = data.reference_region((n % 6, ..n % 10)).unwrap();
        regions.write_slice_raw(&[region], n % 20).unwrap();
        if n == 100 {
            largest = file.size();
        }
        if n % 50 == 0 {
            file.flush().unwrap();
        }
    }
    assert!(file.size() <= largest, "{} after {largest}", file.size());
    file.close().unwrap();
    let script = "
with h5py.File(path) as f:
    for n, r in zip(range(480, 500), f['regions'][...]):
        same(f['data'][r], f['data'][n % 6, :n % 10])
";
    h5py(script, &path);
    std::fs::remove_file(&path).unwrap();
}

/// Reads references of the revised form with libhdf5 itself: h5py has no calls for that.
const REVISED: &str = r#"
sys.path.insert(0, scripts)
from fixture import *
ALL, STORED = HID(0), predefined('H5T_STD_REF_g')
def read(thing, count, function, *more):
    stored = (ctypes.c_uint8 * 64 * count)()
    call(function, hid(thing.id), hid(STORED), *more, stored, result=ctypes.c_int)
    return stored
def kind(r):
    return LIBRARY.H5Rget_type(r)
def text(function, r, *more):
    out = ctypes.create_string_buffer(200)
    call(function, r, *more, out, ctypes.c_size_t(200))
    return out.value.decode()
with h5py.File(path, 'r') as f:
    d = f['data'][...]
    attribute = low(f, 'references')
    for stored in (
        read(attribute, len(wanted) + 4, 'H5Aread'),
        read(f['references'], len(wanted) + 4, 'H5Dread', ALL, ALL, ALL),
    ):
        assert kind(stored[0]) == 2 and text('H5Rget_obj_name', stored[0], ALL) == '/group'
        assert kind(stored[1]) == 2 and text('H5Rget_obj_name', stored[1], ALL) == '/type'
        assert kind(stored[2]) == 4 and text('H5Rget_obj_name', stored[2], ALL) == '/data'
        assert text('H5Rget_attr_name', stored[2]) == 'unit'
        for r, want in zip(stored[3:-1], wanted):
            assert kind(r) == 3 and text('H5Rget_obj_name', r, ALL) == '/data'
            region = h5py.h5s.SpaceID(call('H5Ropen_region', r, ALL, ALL))
            want = eval(want)
            assert region.shape == (6, 10) and region.get_select_npoints() == len(want)
            if len(want):
                out = np.zeros(len(want), 'i4')
                f['data'].id.read(h5py.h5s.create_simple(out.shape), region, out)
                assert sorted(out) == sorted(want), (out, want)
        assert bytes(stored[-1]) == bytes(64)
"#;

#[test]
fn libhdf5_follows_references_of_the_revised_form() {
    for version in [LibraryVersion::V18, LibraryVersion::V112, LibraryVersion::V200] {
        let path = scratch(&format!("revised-{version:?}.h5"));
        let file = create(&path, version);
        targets(&file);
        let data = file.dataset("data").unwrap();
        let mut held = vec![
            file.reference::<ObjectReference2>("group").unwrap().into(),
            file.reference::<Reference>("type").unwrap().revised(),
            data.reference_attr("unit").unwrap(),
        ];
        for (selection, _) in regions() {
            held.push(data.reference_region(selection).unwrap().revised());
        }
        held.push(Reference::null());
        file.set_attr("references", &held).unwrap();
        file.new_dataset_builder().with_data(&held).create("references").unwrap();
        file.close().unwrap();
        let file = File::open(&path).unwrap();
        for found in [
            file.attr("references").unwrap().read_raw::<Reference>().unwrap(),
            file.dataset("references").unwrap().read_raw().unwrap(),
        ] {
            let targets: Vec<_> = found.iter().map(Reference::target).collect();
            assert_eq!(targets, held.iter().map(Reference::target).collect::<Vec<_>>());
            for (found, held) in found.iter().zip(&held) {
                assert_eq!((found.token(), found.region()), (held.token(), held.region()));
            }
            let unit = file.dereference_attribute(&found[2]).unwrap();
            assert_eq!(unit.read_scalar::<String>().unwrap(), "m");
        }
        drop(file);
        let wanted: Vec<&str> = regions().iter().map(|(_, spelled)| *spelled).collect();
        let scripts = support::root().join("tests/fixtures/scripts");
        h5py(&format!("wanted = {wanted:?}\nscripts = {scripts:?}\n{REVISED}"), &path);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn the_revised_form_needs_its_version() {
    let path = scratch("revised-bounds.h5");
    let options = File::with_options().library_versions(LibraryVersion::V18, LibraryVersion::V110);
    let file = options.create(&path).unwrap();
    let reference: ObjectReference2 = file.reference("/").unwrap();
    let error = file.set_attr("reference", reference).unwrap_err();
    assert!(error.to_string().contains("needs v112"), "{error}");
    assert!(!file.has_attr("reference").unwrap());
    file.set_attr("null", AnyValues::null::<Reference>()).unwrap();
    file.close().unwrap();
    std::fs::remove_file(&path).unwrap();
}
