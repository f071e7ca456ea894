//! Dimension scales: what this library attaches is what libhdf5 attaches, to the byte, and each
//! reads what the other made.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use hdfive::{Dataset, ErrorKind, File, LibraryVersion, Result};

const VERSIONS: [(&str, LibraryVersion); 3] = [
    ("earliest", LibraryVersion::Earliest),
    ("v110", LibraryVersion::V110),
    ("latest", LibraryVersion::LATEST),
];

/// The steps of [`steps`], in h5py, and what h5py sees of them: one file for each version.
const THEIRS: &str = include_str!("dimension_scales/steps.py");
/// What libhdf5 has to say of all attributes of files.
const DESCRIBE: &str = include_str!("dimension_scales/describe.py");

/// Datasets, scales and labels that come and go, as in `steps.py`.
fn steps(file: &File) -> Result<()> {
    let grid = file.new_dataset::<f32>().shape((2, 3)).create("grid")?;
    let other = file.new_dataset::<f32>().shape((3, 3)).create("other")?;
    let lon = file.create_dataset("lon", [0.0, 1.0, 2.0])?;
    let lat = file.create_dataset("lat", [0.0, 1.0])?;
    let more = file.create_dataset("more", [5.0, 6.0, 7.0])?;
    let gone = file.create_dataset("gone", [1.0, 2.0])?;
    lon.make_scale("longitude")?;
    more.make_scale("")?;
    grid.dim(0)?.set_label("first")?;
    grid.dim(1)?.attach_scale(&lon)?;
    grid.dim(1)?.attach_scale(&more)?;
    grid.dim(0)?.attach_scale(&lat)?;
    grid.dim(0)?.attach_scale(&gone)?;
    other.dim(0)?.attach_scale(&lon)?;
    other.dim(1)?.attach_scale(&lon)?;
    other.dim(1)?.set_label("über")?;
    other.dim(0)?.set_label("")?;
    grid.dim(0)?.set_label("y")?;
    grid.dim(0)?.detach_scale(&gone)?;
    other.dim(0)?.detach_scale(&lon)?;
    lon.make_scale("λ")?;
    let unscaled = file.create_dataset("unscaled", [0.0, 1.0])?;
    unscaled.dim(0)?.attach_scale(&gone)?;
    unscaled.dim(0)?.detach_scale(&gone)?;
    lon.dim(0)?.set_label("own")
}

fn names(dataset: &Dataset, axis: usize) -> Vec<(String, String)> {
    let scales = dataset.dim(axis).unwrap().scales().unwrap();
    scales.into_iter().map(|(name, scale)| (name, scale.name())).collect()
}

/// What [`steps`] leave behind, of a file that anyone made.
fn check(file: &File) {
    let (grid, other) = (file.dataset("grid").unwrap(), file.dataset("other").unwrap());
    let (lon, lat) = (file.dataset("lon").unwrap(), file.dataset("lat").unwrap());
    let label = |dataset: &Dataset, axis| dataset.dim(axis).unwrap().label().unwrap();
    assert_eq!([label(&grid, 0), label(&grid, 1)], ["y", ""]);
    assert_eq!([label(&other, 0), label(&other, 1)], ["", "über"]);
    let pair = |name: &str, path: &str| (name.to_owned(), path.to_owned());
    assert_eq!(names(&grid, 0), [pair("", "/lat")]);
    assert_eq!(names(&grid, 1), [pair("λ", "/lon"), pair("", "/more")]);
    assert_eq!((names(&other, 0), names(&other, 1)), (vec![], vec![pair("λ", "/lon")]));
    assert_eq!(grid.dims().len(), 2);
    let [first, second] = [grid.dim(0).unwrap(), grid.dim(1).unwrap()];
    assert!(second.is_attached(&lon).unwrap() && first.is_attached(&lat).unwrap());
    assert!(!first.is_attached(&lon).unwrap() && !second.is_attached(&lat).unwrap());
    assert_eq!(second.scale("λ").unwrap().read_raw::<f64>().unwrap(), [0.0, 1.0, 2.0]);
    assert!(second.scale("longitude").unwrap_err().is_not_found());
    assert_eq!(lon.scale_name().unwrap().as_deref(), Some("λ"));
    assert_eq!((lat.scale_name().unwrap(), lat.is_scale().unwrap()), (None, true));
    assert!(!grid.is_scale().unwrap() && file.dataset("gone").unwrap().is_scale().unwrap());
    assert!(!file.dataset("gone").unwrap().has_attr("REFERENCE_LIST").unwrap());
    assert!(!file.dataset("unscaled").unwrap().has_attr("DIMENSION_LIST").unwrap());
}

#[test]
fn scales_are_what_libhdf5_makes_them() {
    let folder = support::empty_folder("dimension_scales");
    for (name, version) in VERSIONS {
        let file = File::with_options()
            .library_versions(version, LibraryVersion::LATEST)
            .create(folder.join(format!("ours_{name}.h5")))
            .unwrap();
        steps(&file).unwrap();
        check(&file);
        file.close().unwrap();
        check(&File::open(folder.join(format!("ours_{name}.h5"))).unwrap());
    }
    if support::python_in(&folder, THEIRS, &[]).is_none() {
        return;
    }
    for (name, _) in VERSIONS {
        check(&File::open(folder.join(format!("theirs_{name}.h5"))).unwrap());
        let ours = describe(&folder, &format!("ours_{name}.h5"));
        let theirs = describe(&folder, &format!("theirs_{name}.h5"));
        assert!(ours.len() == 14, "{ours:#?}");
        assert_eq!(ours, theirs, "{name}");
        // Debian's h5dump is older than the latest version of references.
        if name != "latest" && support::has_h5dump() {
            let dumps = ["ours", "theirs"].map(|of| dump(&folder, &format!("{of}_{name}.h5")));
            assert!(dumps[0].contains("(0): \"y\", NULL"), "{}", dumps[0]);
            assert_eq!(dumps[0], dumps[1], "{name}");
        }
    }
}

/// h5dump's view of all attributes, without the addresses that references have.
fn dump(folder: &Path, file: &str) -> String {
    let done = Command::new("h5dump").args(["-A", file]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8_lossy(&done.stdout).replace(file, "FILE");
    let words = text.split(' ').filter(|word| !word.parse::<u64>().is_ok_and(|n| n > 100));
    words.collect::<Vec<_>>().join(" ")
}

/// The attributes of a file: for each, its type and dataspace as libhdf5 encodes them, and its values.
fn describe(folder: &Path, file: &str) -> BTreeMap<String, String> {
    let text = support::python_in(folder, DESCRIBE, &[file]).unwrap();
    let lines = text.lines().map(|line| line.split_once('\t').unwrap());
    lines.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect()
}

/// Each goes on with what the other began.
#[test]
fn scales_of_others_are_changed() {
    let folder = support::empty_folder("dimension_scales_changed");
    for name in ["dimension_scales_earliest", "dimension_scales_latest"] {
        let path = folder.join(format!("{name}.h5"));
        std::fs::copy(support::root().join(format!("tests/fixtures/{name}.h5")), &path).unwrap();
        let file = File::open_rw(&path).unwrap();
        let (data, x) = (file.dataset("data").unwrap(), file.dataset("x").unwrap());
        assert_eq!(names(&data, 1), [("x axis".to_owned(), "/x".to_owned())]);
        assert_eq!(data.dim(0).unwrap().label().unwrap(), "time");
        let second = file.create_dataset("second", [1_i16, 2, 3, 4]).unwrap();
        data.dim(1).unwrap().attach_scale(&second).unwrap();
        // Once more changes nothing.
        data.dim(1).unwrap().attach_scale(&second).unwrap();
        data.dim(1).unwrap().detach_scale(&x).unwrap();
        let back: Vec<(hdfive::Reference, u32)> =
            second.attr("REFERENCE_LIST").unwrap().read_raw().unwrap();
        assert_eq!(back.len(), 1);
        assert_eq!((back[0].0.token(), back[0].1), (Some(data.token()), 1));
        file.close().unwrap();
        let script = r#"
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as file:
    data = file['data']
    assert [scale.name for scale in data.dims[1].values()] == ['/second'], data.dims[1].values()
    assert data.dims[0].keys() == [''] and data.dims[0][0] == file['time']
    assert h5py.h5ds.is_attached(data.id, file['second'].id, 1)
    assert not h5py.h5ds.is_attached(data.id, file['x'].id, 1)
    data.dims[1].detach_scale(file['second'])
    data.dims[0].detach_scale(file['time'])
    assert 'DIMENSION_LIST' not in data.attrs
print('done')
"#;
        if support::python_in(&folder, script, &[path.to_str().unwrap()]).is_none() {
            return;
        }
        let file = File::open(&path).unwrap();
        assert!(file.dataset("data").unwrap().dims()[1].scales().unwrap().is_empty());
        assert!(!file.dataset("second").unwrap().has_attr("REFERENCE_LIST").unwrap());
    }
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let file = File::in_memory().unwrap();
    let grid = file.new_dataset::<u8>().shape((2, 3)).create("grid").unwrap();
    let scale = file.create_dataset("scale", [1, 2, 3]).unwrap();
    let free = file.create_dataset("free", [1, 2, 3]).unwrap();
    scale.make_scale("s").unwrap();
    grid.dim(1).unwrap().attach_scale(&scale).unwrap();
    let before = [grid.attr_names().unwrap(), scale.attr_names().unwrap()];

    let usage = |result: Result<()>| {
        let error = result.unwrap_err();
        assert!(error.is_usage() && error.path().is_some(), "{error}");
    };
    usage(grid.make_scale("g"));
    usage(grid.dim(0).unwrap().attach_scale(&grid));
    usage(scale.dim(0).unwrap().attach_scale(&free));
    usage(free.dim(0).unwrap().attach_scale(&grid));
    usage(grid.dim(2).map(|_| ()));
    let elsewhere = File::in_memory().unwrap().create_dataset("x", [1, 2, 3]).unwrap();
    usage(grid.dim(1).unwrap().attach_scale(&elsewhere));
    assert!(!grid.dim(1).unwrap().is_attached(&elsewhere).unwrap());
    assert!(grid.dim(0).unwrap().detach_scale(&scale).unwrap_err().is_not_found());
    let held = grid.dim(0).unwrap().set_label("a\0b").unwrap_err();
    assert!(matches!(held.kind(), ErrorKind::Conversion(_)), "{held}");

    assert_eq!([grid.attr_names().unwrap(), scale.attr_names().unwrap()], before);
    assert!(free.attr_names().unwrap().is_empty());
    let scalar = file.create_dataset("scalar", 5).unwrap();
    assert!(scalar.dims().is_empty() && scalar.dim(0).is_err());

    let bytes = file.into_bytes().unwrap();
    let file = File::from_bytes(bytes).unwrap();
    usage(file.dataset("grid").unwrap().dim(0).unwrap().set_label("y"));
    usage(file.dataset("free").unwrap().make_scale("f"));
}

/// What a scale costs is given back.
#[test]
fn what_comes_and_goes_leaves_nothing_behind() {
    let file = File::in_memory().unwrap();
    let grid = file.new_dataset::<u8>().shape((2, 3)).create("grid").unwrap();
    let scale = file.create_dataset("scale", [1, 2, 3]).unwrap();
    let used = || {
        for _ in 0..2 {
            file.flush().unwrap();
        }
        file.size() - file.free_space()
    };
    let mut after = Vec::new();
    for _ in 0..20 {
        grid.dim(0).unwrap().set_label("a label of some length").unwrap();
        grid.dim(1).unwrap().attach_scale(&scale).unwrap();
        grid.dim(0).unwrap().attach_scale(&scale).unwrap();
        grid.dim(1).unwrap().detach_scale(&scale).unwrap();
        grid.dim(0).unwrap().detach_scale(&scale).unwrap();
        after.push(used());
    }
    assert_eq!(after[1], after[19], "{after:?}");
    assert!(file.account().unwrap().problems.is_empty());
}

/// Coordinates of a netCDF-4 file: each variable's axes by name.
#[test]
fn netcdf_files_are_read_through_their_scales() {
    let path = support::root().join("tests/fixtures/netcdf4_latest.h5");
    let file = File::open(path).unwrap();
    let wind = file.dataset("wind").unwrap();
    let time = ("This is a netCDF dimension but not a netCDF variable.         0", "/time");
    let [(time_name, time_path)] = &names(&wind, 0)[..] else { panic!() };
    assert_eq!((time_name.as_str(), time_path.as_str()), time);
    assert_eq!(names(&wind, 1), [("x".to_owned(), "/x".to_owned())]);
    let x = wind.dim(1).unwrap().scale("x").unwrap();
    assert!(x.is_scale().unwrap() && wind.dim(1).unwrap().is_attached(&x).unwrap());
    assert_eq!(x.read_raw::<f64>().unwrap(), [0.0, 1.0, 2.0]);
}

/// Files of 4-byte addresses have smaller references.
#[test]
fn scales_fit_files_of_small_addresses() {
    let folder = support::empty_folder("dimension_scales_small");
    let path = folder.join("small.h5");
    let file = File::with_options().sizes(4, 4).create(&path).unwrap();
    steps(&file).unwrap();
    check(&file);
    file.close().unwrap();
    let script = r#"
import h5py
with h5py.File('small.h5', 'r+') as file:
    assert file['grid'].dims[1].keys() == ['λ', ''], file['grid'].dims[1].keys()
    file['grid'].dims[0].attach_scale(file['gone'])
"#;
    if support::python_in(&folder, script, &[]).is_some() {
        let grid = File::open(&path).unwrap().dataset("grid").unwrap();
        assert_eq!(names(&grid, 0).len(), 2);
    }
}

/// Files of libhdf5's own tests, of both byte orders, some with references in the form of HDF5 1.12,
/// 64 bytes each as in memory: these are read, and refused to be written, before anything is. (libhdf5
/// 2.0.0 fails where it is to attach a scale to such a list, and reads none that has two.)
#[test]
fn scales_of_libhdf5s_tests_are_read_and_joined() {
    let corpus = match support::corpus::folder() {
        Ok(corpus) => corpus.join("hdf5/hl"),
        Err(why) => return support::skip(&why),
    };
    let folder = support::empty_folder("dimension_scales_corpus");
    for name in ["le", "be", "le_new_ref", "be_new_ref", "be_new_ref-32bit"] {
        let path = folder.join(format!("{name}.h5"));
        std::fs::copy(corpus.join(format!("test_ds_{name}.h5")), &path).unwrap();
        let file = File::open_rw(&path).unwrap();
        let data = file.dataset("dset_al").unwrap();
        for (axis, dimension) in data.dims().iter().enumerate() {
            let (_, scale) = dimension.scales().unwrap().pop().unwrap();
            assert_eq!(scale.name(), format!("/ds_{}_al", axis + 1));
            assert!(scale.is_scale().unwrap() && dimension.is_attached(&scale).unwrap(), "{name}");
        }
        let (first, first_scale) = (data.dim(0).unwrap(), file.dataset("ds_1_al").unwrap());
        let more = file.create_dataset("more", [1, 2]).unwrap();
        if name.contains("new_ref") {
            assert!(first.attach_scale(&more).unwrap_err().is_unsupported(), "{name}");
            assert!(!more.is_scale().unwrap() && names(&data, 0).len() == 1, "{name}");
            continue;
        }
        first.attach_scale(&more).unwrap();
        data.dim(3).unwrap().attach_scale(&first_scale).unwrap();
        assert_eq!(names(&data, 0)[1], (String::new(), "/more".to_owned()), "{name}");
        assert!(data.dim(3).unwrap().is_attached(&first_scale).unwrap(), "{name}");
        first.detach_scale(&first_scale).unwrap();
        assert_eq!(names(&data, 0).len(), 1, "{name}");
        file.close().unwrap();
        let script = r#"
import h5py, sys
with h5py.File(sys.argv[1], 'r') as file:
    data = file['dset_al']
    assert [scale.name for scale in data.dims[0].values()] == ['/more'], data.dims[0].values()
    assert file['ds_1_al'] in data.dims[3].values()
    assert h5py.h5ds.is_attached(data.id, file['more'].id, 0)
"#;
        support::python_in(&folder, script, &[path.to_str().unwrap()]);
    }
}
