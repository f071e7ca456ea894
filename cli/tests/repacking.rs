//! `h5 repack`: what its options make of a file, and what is left where it cannot go on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hdfive::filters::{Filter, SZip, ScaleOffset};
use hdfive::{Dataset, File, FileSpaceStrategy, IndexType, Layout, LinkType, Reference};

/// A folder of its own, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("repack_{name}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The exit code, what is told, and what goes wrong.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_h5"));
    let output = command.current_dir(folder).arg("repack").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What `in.h5` becomes with these options.
fn repacked(folder: &Path, options: &[&str]) -> File {
    let (code, told, errors) = run(folder, &[options, &["in.h5", "out.h5"]].concat());
    assert_eq!(code, Some(0), "{told}{errors}");
    File::open(folder.join("out.h5")).unwrap()
}

fn numbers() -> Vec<i32> {
    (0..6000).map(|n| n % 97).collect()
}

/// `in.h5`: numbers in a block, in chunks through gzip, in the header, some large, and references.
fn input(folder: &Path) -> PathBuf {
    let path = folder.join("in.h5");
    let file = File::create(&path).unwrap();
    let x = file.create_dataset("x", numbers()).unwrap();
    x.set_attr("unit", "mm").unwrap();
    let new = file.new_dataset::<i32>().shape((60, 100)).chunk((7, 13)).deflate(4);
    new.create("g/gzip").unwrap().write_raw(&numbers()).unwrap();
    let new = file.new_dataset::<i32>().shape(6).layout(Layout::Compact);
    new.create("small").unwrap().write_raw(&[1, 2, 3, 4, 5, 6]).unwrap();
    let growing = file.new_dataset::<f64>().shape(0..).chunk(100);
    growing.create("empty").unwrap();
    let reference: Reference = file.reference("g/gzip").unwrap();
    file.create_dataset("ref", [reference]).unwrap();
    file.link_soft("/x", "soft").unwrap();
    file.link_soft("/nowhere", "dangling").unwrap();
    file.close().unwrap();
    path
}

fn values(dataset: &Dataset) -> Vec<i32> {
    dataset.read_raw().unwrap()
}

#[test]
fn without_options_nothing_is_otherwise() {
    let folder = folder("plain");
    input(&folder);
    let file = repacked(&folder, &[]);
    let before = File::open(folder.join("in.h5")).unwrap();
    for path in ["x", "g/gzip", "small", "empty"] {
        let (old, new) = (before.dataset(path).unwrap(), file.dataset(path).unwrap());
        assert_eq!((old.layout(), old.chunk()), (new.layout(), new.chunk()), "{path}");
        assert_eq!(old.stored_filters(), new.stored_filters(), "{path}");
        assert_eq!(old.storage_size(), new.storage_size(), "{path}");
    }
    assert_eq!(values(&file.dataset("x").unwrap()), numbers());
    assert_eq!(values(&file.dataset("g/gzip").unwrap()), numbers());
    assert_eq!(file.dataset("x").unwrap().attr_names().unwrap(), ["unit"]);
    let reference: Vec<Reference> = file.dataset("ref").unwrap().read_raw().unwrap();
    assert_eq!(file.dereference(&reference[0]).unwrap().location().name(), "/g/gzip");
}

#[test]
fn filters_are_those_asked_for() {
    let folder = folder("filters");
    input(&folder);
    let cases: [(&[&str], &[Filter]); 8] = [
        (&["-f", "SHUF", "-f", "GZIP=9"], &[Filter::Shuffle, Filter::Deflate(9)]),
        (&["-f", "FLET"], &[Filter::Fletcher32]),
        (&["-f", "SZIP=8,NN"], &[Filter::SZip(SZip::NearestNeighbor, 8)]),
        (&["--filter=SZIP=16,EC"], &[Filter::SZip(SZip::Entropy, 16)]),
        (&["-f", "NBIT"], &[Filter::NBit]),
        (&["-f", "SOFF=0,IN"], &[Filter::ScaleOffset(ScaleOffset::Integer(0))]),
        (&["-f", "UD=32000,1,0"], &[Filter::LZF]),
        (&["-f", "NONE"], &[]),
    ];
    for (options, filters) in cases {
        let file = repacked(&folder, options);
        // Of the same chunks, and of such as suit a dataset without.
        for path in ["g/gzip", "x"] {
            let dataset = file.dataset(path).unwrap();
            assert_eq!(dataset.filters(), filters, "{options:?} {path}");
            assert_eq!(values(&dataset), numbers(), "{options:?} {path}");
        }
        assert_eq!(file.dataset("g/gzip").unwrap().chunk(), Some(vec![7, 13]));
        let chunk = (!filters.is_empty()).then(|| vec![6000]);
        assert_eq!(file.dataset("x").unwrap().chunk(), chunk, "{options:?}");
        assert_eq!(file.dataset("ref").unwrap().layout(), Layout::Contiguous);
    }
}

#[test]
fn objects_are_named_by_any_of_their_names() {
    let folder = folder("names");
    let path = input(&folder);
    let file = File::open_rw(&path).unwrap();
    file.link_hard("g/gzip", "alias").unwrap();
    file.close().unwrap();
    let options = ["-l", "alias,x:CHUNK=20x50", "-f", "/alias:SHUF", "-l", "x:CHUNK=1000"];
    let (code, _, errors) = run(&folder, &[&options[..], &["in.h5", "out.h5"]].concat());
    assert_eq!(code, Some(1), "{errors}");
    assert!(errors.contains("chunk information already inserted for <x>"), "{errors}");
    let file = repacked(&folder, &["-l", "alias:CHUNK=20x50", "-f", "/alias,small:SHUF"]);
    let dataset = file.dataset("g/gzip").unwrap();
    assert_eq!((dataset.chunk(), dataset.filters()), (Some(vec![20, 50]), vec![Filter::Shuffle]));
    assert_eq!(values(&dataset), numbers());
    assert_eq!(file.dataset("small").unwrap().chunk(), Some(vec![6]));
    assert_eq!(file.dataset("x").unwrap().layout(), Layout::Contiguous);
}

#[test]
fn layouts_are_those_asked_for() {
    let folder = folder("layouts");
    input(&folder);
    let file = repacked(&folder, &["-l", "CONTI"]);
    for path in ["x", "g/gzip", "small", "empty"] {
        assert_eq!(file.dataset(path).unwrap().layout(), Layout::Contiguous, "{path}");
    }
    assert_eq!(values(&file.dataset("g/gzip").unwrap()), numbers());
    assert!(file.dataset("g/gzip").unwrap().filters().is_empty());
    assert!(!file.dataset("empty").unwrap().is_resizable());

    let file = repacked(&folder, &["-l", "x,g/gzip:COMPA", "-f", "g/gzip:NONE"]);
    for path in ["x", "g/gzip"] {
        assert_eq!(file.dataset(path).unwrap().layout(), Layout::Compact, "{path}");
        assert_eq!(values(&file.dataset(path).unwrap()), numbers());
    }
    let file = repacked(&folder, &["-l", "g/gzip:CHUNK=60x1"]);
    let dataset = file.dataset("g/gzip").unwrap();
    assert_eq!((dataset.chunk(), dataset.filters()), (Some(vec![60, 1]), vec![Filter::Deflate(4)]));
    assert_eq!(values(&dataset), numbers());
}

/// What a file of wishes says, too.
#[test]
fn wishes_stand_in_a_file() {
    let folder = folder("file");
    input(&folder);
    fs::write(folder.join("wishes"), "-l x:CHUNK=500 -f x:GZIP=1\n-f g/gzip:NONE\n").unwrap();
    let file = repacked(&folder, &["-e", "wishes"]);
    assert_eq!(file.dataset("x").unwrap().chunk(), Some(vec![500]));
    assert_eq!(file.dataset("x").unwrap().filters(), [Filter::Deflate(1)]);
    assert!(file.dataset("g/gzip").unwrap().filters().is_empty());
}

/// The words of `h5repack` of HDF5 1.14.
#[test]
fn the_list_is_that_of_the_tool() {
    let folder = folder("list");
    input(&folder);
    let (code, told, errors) = run(&folder, &["-v", "-f", "SHUF", "in.h5", "out.h5"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let expected = "\
No all objects to modify layout
All objects to apply filter are...
 All with SHUFFLE
Making new file ...
-----------------------------------------
 Type     Filter (Compression)     Name
-----------------------------------------
 group                       /
 link                        /dangling
 dset     SHUF   (0.000:1)   /empty
 group                       /g
 dset     SHUF   (RATIO:1)   /g/gzip
 dset     SHUF   (1.000:1)   /small
 link                        /soft
 dset     SHUF   (1.000:1)   /x
  attr                        unit
 dset                        /ref
object </ref> object reference created to </g/gzip>
";
    let before = File::open(folder.join("in.h5")).unwrap().dataset("g/gzip").unwrap();
    let after = File::open(folder.join("out.h5")).unwrap().dataset("g/gzip").unwrap();
    let sizes = [before.storage_size(), after.storage_size()];
    let [before, after] = sizes.map(|size| f64::from(u32::try_from(size).unwrap()));
    assert_eq!(told, expected.replace("RATIO", &format!("{:.3}", before / after)));

    let (_, told, _) = run(&folder, &["-v", "in.h5", "out.h5"]);
    let end = "  attr                        unit\n dset                        /x\n";
    assert!(told.contains(end), "{told}");
}

/// What cannot be is told, and the dataset stays as it is.
#[test]
fn what_cannot_be_stays_as_it_is() {
    let folder = folder("refused");
    input(&folder);
    for wish in ["-lCOMPA", "-lCHUNK=100x200", "-fSOFF=2,DS", "-fUD=999,0,1,3", "-fSZIP=8,NN"] {
        let (code, told, _) = run(&folder, &["-v", wish, "in.h5", "out.h5"]);
        assert_eq!(code, Some(0), "{wish}: {told}");
        let file = File::open(folder.join("out.h5")).unwrap();
        let dataset = file.dataset("g/gzip").unwrap();
        assert_eq!(values(&dataset), numbers(), "{wish}");
        if wish != "-fSZIP=8,NN" {
            let words = "warning: could not create dataset </g/gzip>. Applying original settings";
            assert!(told.contains(words), "{wish}: {told}");
            assert!(told.contains(" <warning: could not apply the filter to /g/gzip>"), "{told}");
            assert_eq!(dataset.filters(), [Filter::Deflate(4)], "{wish}");
        }
    }
    let file = repacked(&folder, &["-m", "1000", "-f", "FLET"]);
    assert_eq!(file.dataset("small").unwrap().layout(), Layout::Compact);
    assert_eq!(file.dataset("x").unwrap().filters(), [Filter::Fletcher32]);
}

#[test]
fn what_the_file_is_like_can_be_said() {
    let folder = folder("file_options");
    input(&folder);
    fs::write(folder.join("block"), b"#!/bin/sh\n").unwrap();
    let file = repacked(&folder, &["-u", "block", "-b", "1024", "-t", "1", "-a", "512"]);
    assert_eq!(file.userblock(), 1024);
    assert!(fs::read(folder.join("out.h5")).unwrap().starts_with(b"#!/bin/sh\n\0"));
    assert_eq!(values(&file.dataset("x").unwrap()), numbers());
    assert!(file.dataset("x").unwrap().offset().unwrap().is_multiple_of(512));

    // A user block comes along.
    fs::rename(folder.join("out.h5"), folder.join("in.h5")).unwrap();
    let options = ["-S", "PAGE", "-P", "1", "-T", "4", "-G", "1024"];
    let file = repacked(&folder, &options);
    assert_eq!(file.userblock(), 1024);
    assert!(fs::read(folder.join("out.h5")).unwrap().starts_with(b"#!/bin/sh\n\0"));
    let space = file.info().file_space.unwrap();
    assert_eq!((space.strategy, space.persist), (FileSpaceStrategy::Page, true));
    assert_eq!((space.threshold, space.page_size), (4, 1024));

    let version = |options: &[&str]| repacked(&folder, options).info().superblock_version;
    assert_eq!(version(&[]), 0);
    assert_eq!(version(&["--low=1"]), 2);
    assert_eq!(version(&["-L"]), 3);
    assert_eq!(version(&["-c", "3", "-d", "1"]), 3);
    assert_eq!(version(&["-s", "20:dtype"]), 3);
}

/// As h5repack has it: a copy's links are made in the order that is asked for.
#[test]
fn links_are_made_in_the_order_asked_for() {
    let folder = folder("order");
    let file = File::with_options().track_order(true).create(folder.join("in.h5")).unwrap();
    for name in ["m", "z", "a"] {
        file.create_dataset(name, [1_i32]).unwrap();
    }
    file.link_soft("/m", "k").unwrap();
    // One is missing in the order.
    file.unlink("z").unwrap();
    let untracked = file.create_group_builder().track_order(false).create("untracked").unwrap();
    untracked.create_dataset("y", [1_i32]).unwrap();
    untracked.create_dataset("b", [1_i32]).unwrap();
    file.close().unwrap();
    let orders = |options: &[&str]| {
        let file = repacked(&folder, options);
        let links = file.links_in(IndexType::CreationOrder).unwrap();
        let known = links.into_iter().map(|link| (link.creation_order.unwrap(), link.name));
        assert_eq!(file.group("untracked").unwrap().member_names().unwrap(), ["b", "y"]);
        known.map(|(order, name)| format!("{order} {name}")).collect::<Vec<_>>()
    };
    assert_eq!(orders(&[]), ["0 m", "2 a", "3 k", "4 untracked"]);
    assert_eq!(orders(&["-q", "creation_order"]), ["0 m", "2 a", "3 k", "4 untracked"]);
    assert_eq!(orders(&["-q", "name"]), ["0 a", "1 k", "2 m", "3 untracked"]);
    assert_eq!(orders(&["-z", "descending"]), ["0 untracked", "1 k", "2 a", "3 m"]);
    let both = ["-q", "name", "-z", "descending"];
    assert_eq!(orders(&both), ["0 untracked", "1 m", "2 k", "3 a"]);
    // What comes next has a place behind them.
    let file = File::open_rw(folder.join("out.h5")).unwrap();
    file.create_group("new").unwrap();
    let last = file.links_in(IndexType::CreationOrder).unwrap().pop().unwrap();
    assert_eq!((last.name.as_str(), last.creation_order), ("new", Some(4)));
}

#[test]
fn what_is_not_done_is_said() {
    let folder = folder("remarks");
    input(&folder);
    let told = |options: &[&str]| {
        let (code, _, errors) = run(&folder, &[options, &["in.h5", "out.h5"]].concat());
        assert_eq!(code, Some(0), "{errors}");
        errors
    };
    assert!(told(&["-s", "20"]).contains("messages are not shared"));
    assert!(told(&["-M", "4096"]).contains("metadata has no blocks of its own"));
    assert_eq!(told(&[]), "");
}

#[test]
fn links_are_merged_or_pruned() {
    let folder = folder("links");
    input(&folder);
    let links = |options: &[&str]| {
        let (code, told, _) = run(&folder, &[options, &["in.h5", "out.h5"]].concat());
        assert_eq!(code, Some(0));
        let file = File::open(folder.join("out.h5")).unwrap();
        let kind = |name: &str| file.link_info(name).ok().map(|link| link.link_type);
        ([kind("soft"), kind("dangling")], told)
    };
    let (hard, soft) = (Some(LinkType::Hard), Some(LinkType::Soft));
    assert_eq!(links(&[]).0, [soft, soft]);
    assert_eq!(links(&["--merge"]).0, [hard, soft]);
    assert_eq!(links(&["--merge", "--prune"]), ([hard, None], "Pruned /dangling.\n".to_owned()));
    assert_eq!(links(&["--prune"]).0, [None, None]);
}

#[test]
fn native_types_are_those_of_this_machine() {
    let folder = folder("native");
    let file = File::create(folder.join("in.h5")).unwrap();
    let big = hdfive::definition::ByteOrder::Big;
    let stored = hdfive::definition::Datatype::integer(2, true, big).unwrap();
    let new = file.new_dataset_builder().empty_as(stored).shape(3).fill_value(-2_i16);
    new.create("x").unwrap().write_raw(&[1_i16, -1, 300]).unwrap();
    file.close().unwrap();
    let file = repacked(&folder, &["-n"]);
    let dataset = file.dataset("x").unwrap();
    assert!(dataset.dtype().unwrap().is::<i16>());
    assert_eq!(dataset.read_raw::<i16>().unwrap(), [1, -1, 300]);
}

/// The target is there whole, or as it was.
#[test]
fn what_fails_leaves_the_target_alone() {
    let folder = folder("failing");
    let path = input(&folder);
    let dataset = File::open(&path).unwrap().dataset("g/gzip").unwrap();
    let at = usize::try_from(dataset.chunk_info(0).unwrap().addr).unwrap();
    drop(dataset);
    let mut bytes = fs::read(&path).unwrap();
    bytes[at..at + 8].fill(0xff);
    fs::write(&path, bytes).unwrap();
    fs::write(folder.join("out.h5"), "what was there").unwrap();
    for arguments in [
        &["-f", "SHUF", "in.h5", "out.h5"][..],
        &["-f", "none:SHUF", "in.h5", "out.h5"],
        &["-G", "5", "in.h5", "out.h5"],
        &["-b", "512", "in.h5", "out.h5"],
        &["no such file.h5", "out.h5"],
        &["in.h5", "./in.h5"],
        &["in.h5", "in.h5"],
        &["in.h5"],
        &["-f", "BLA", "in.h5", "out.h5"],
        &["in.h5", "no such folder/out.h5"],
    ] {
        let (code, told, errors) = run(&folder, arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {told}");
        assert!(errors.starts_with("h5repack error: "), "{arguments:?}: {errors}");
        assert_eq!(fs::read(folder.join("out.h5")).unwrap(), b"what was there");
        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["in.h5", "out.h5"], "{arguments:?}");
    }
    // What is only moved is not looked at.
    assert_eq!(run(&folder, &["in.h5", "out.h5"]).0, Some(0));
}

/// Larger than what is on its way at once, cut otherwise.
#[test]
fn large_datasets_are_copied_box_by_box() {
    let folder = folder("large");
    let file = File::create(folder.join("in.h5")).unwrap();
    let rows = 5000_u32;
    let new = file.new_dataset::<u16>().shape((5000, 4000)).chunk((5000, 100));
    let dataset = new.create("x").unwrap();
    let row = |n: u32| (0..4000).map(move |m| u16::try_from((n * 7 + m) % 60_000).unwrap());
    let all: Vec<u16> = (0..rows).flat_map(row).collect();
    dataset.write_raw(&all).unwrap();
    file.close().unwrap();
    for wish in ["-lCONTI", "-lCHUNK=10x4000"] {
        let file = repacked(&folder, &[wish]);
        assert!(file.dataset("x").unwrap().read_raw::<u16>().unwrap() == all, "{wish}");
    }
}
