//! Copied objects: what h5py sees in copies that this library made is what it sees in its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use hdfive::types::VarLenUnicode;
use hdfive::{
    ChunkIndexType, CopyBuilder, ErrorKind, ExternalAccess, File, FileBuilder, LibraryVersion,
    LinkTarget, RawReference, SharedMemory,
};

#[path = "support/mod.rs"]
mod support;

use support::server::Server;

/// An option, by its name in h5py.
type Choice = (&'static str, fn(CopyBuilder) -> CopyBuilder);

const CHOICES: [Choice; 6] = [
    ("", |copy| copy),
    ("shallow", |copy| copy.shallow(true)),
    ("expand_soft", |copy| copy.expand_soft(true)),
    ("expand_external", |copy| copy.expand_external(true)),
    ("expand_refs", |copy| copy.expand_refs(true)),
    ("without_attrs", |copy| copy.without_attrs(true)),
];

const BOUNDS: [(&str, LibraryVersion); 4] = [
    ("earliest", LibraryVersion::Earliest),
    ("v108", LibraryVersion::V18),
    ("v110", LibraryVersion::V110),
    ("latest", LibraryVersion::LATEST),
];

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || Server::start(&support::root().join("tests/copy/cases.py"), &[]);
    SERVER.get_or_init(start).as_ref()
}

fn options(low: LibraryVersion) -> FileBuilder {
    let options = File::with_options().external(ExternalAccess::SameDirectory);
    options.library_versions(low, LibraryVersion::LATEST)
}

/// A folder of its own with the files that h5py made at a bound.
fn folder(server: &Server, test: &str, libver: &str) -> PathBuf {
    let folder = support::target().join("copy").join(format!("{test}-{libver}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    server.ask(&["make", text(&folder), libver]);
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What h5py sees in a file: without what makers of references happen to call objects, and, where
/// libhdf5 does not count links right, without their number.
fn shown(server: &Server, path: &Path, counts: bool) -> Vec<String> {
    let lines = server.ask(&["show", text(path)]);
    let plain = |line: String| {
        let mut out = String::new();
        let mut rest = line.as_str();
        while let Some(at) = rest.find("~obj_pointed_by_") {
            let (before, found) = rest.split_at(at);
            let name = found.trim_start_matches("~obj_pointed_by_");
            out.push_str(before);
            out.push_str("~obj");
            rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        out.push_str(rest);
        if counts { out } else { out.split(" links=").next().unwrap_or_default().to_owned() }
    };
    lines.into_iter().map(plain).collect()
}

#[track_caller]
fn assert_same(found: &[String], expected: &[String], what: &str) {
    let differing = found.iter().zip(expected).find(|(found, expected)| found != expected);
    assert!(differing.is_none(), "{what}: {differing:#?}");
    assert_eq!(found.len(), expected.len(), "{what}");
}

#[test]
fn copies_in_other_files_are_those_of_libhdf5() {
    let Some(server) = server() else { return };
    for (made_with, _) in [BOUNDS[0], BOUNDS[3]] {
        let folder = folder(server, "across", made_with);
        let source = folder.join("source.h5");
        for (libver, low) in BOUNDS {
            for (name, choose) in CHOICES {
                // What the options do does not depend on the bounds.
                if !name.is_empty() && libver == made_with {
                    continue;
                }
                if !name.is_empty() && !["earliest", "latest"].contains(&libver) {
                    continue;
                }
                let what = format!("{made_with} to {libver}, {name}");
                let (ours, theirs) = (folder.join("ours.h5"), folder.join("theirs.h5"));
                for file in [&ours, &theirs] {
                    let _ = fs::remove_file(file);
                }
                let mut request =
                    vec!["copy", text(&theirs), libver, text(&source), "g", "new/place"];
                request.extend(Some(name).filter(|name| !name.is_empty()));
                server.ask(&request);
                let from = options(low).open(&source).unwrap();
                let to = options(low).create(&ours).unwrap();
                let copy = choose(from.group("g").unwrap().copy_options());
                copy.copy_to(&to, "new/place").unwrap();
                to.close().unwrap();
                let counts = name != "expand_refs";
                let (mut found, mut expected) =
                    (shown(server, &ours, counts), shown(server, &theirs, counts));
                if !counts {
                    // Of objects that are part of the copy anyway libhdf5 makes links, too.
                    for lines in [&mut found, &mut expected] {
                        lines.retain(|line| !line.starts_with("/: ~obj -> /new"));
                    }
                }
                assert_same(&found, &expected, &what);
            }
        }
    }
}

#[test]
fn copies_in_the_same_file_are_those_of_libhdf5() {
    let Some(server) = server() else { return };
    for (made_with, low) in [BOUNDS[0], BOUNDS[3]] {
        for (number, (name, choose)) in CHOICES.into_iter().enumerate() {
            // What the options do does not depend on the bounds.
            if number > 0 && (number % 2 == 0) == (made_with == "latest") {
                continue;
            }
            let ours = folder(server, "within-ours", made_with).join("source.h5");
            let theirs = folder(server, "within-theirs", made_with).join("source.h5");
            let mut request = vec!["copy", text(&theirs), made_with, text(&theirs), "g", "new"];
            request.extend(Some(name).filter(|name| !name.is_empty()));
            server.ask(&request);
            let file = options(low).open_rw(&ours).unwrap();
            choose(file.group("g").unwrap().copy_options()).copy_to(&file, "new").unwrap();
            file.close().unwrap();
            let (found, expected) = (shown(server, &ours, true), shown(server, &theirs, true));
            assert_same(&found, &expected, &format!("{made_with}, {name}"));
        }
    }
}

#[test]
fn a_whole_file_is_what_it_was() {
    let Some(server) = server() else { return };
    for (made_with, _) in [BOUNDS[0], BOUNDS[3]] {
        let folder = folder(server, "whole", made_with);
        let source = options(LibraryVersion::V18).open(folder.join("source.h5")).unwrap();
        let expected = shown(server, &folder.join("source.h5"), true);
        for (libver, low) in BOUNDS {
            let copy = folder.join("copy.h5");
            let file = options(low).like(&source).unwrap().create(&copy).unwrap();
            source.copy_all_to(&file).unwrap();
            assert_eq!(file.group("g").unwrap().comment().as_deref(), Some("all there is"));
            let filled = file.dataset("apart/filled").unwrap();
            assert!(filled.fill_value().unwrap().unwrap().to_string().contains("nothing"));
            let words: Vec<VarLenUnicode> = filled.read_raw().unwrap();
            assert_eq!(
                words.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
                ["something", "something", "nothing", "nothing"]
            );
            let kind = file.dataset("g/chunks/extensible").unwrap().chunk_index().unwrap();
            let old = low < LibraryVersion::V110;
            assert_eq!(kind == ChunkIndexType::BTree1, old, "{kind:?}");
            file.close().unwrap();
            assert_same(&shown(server, &copy, true), &expected, &format!("{made_with}, {libver}"));
        }
    }
}

#[test]
fn a_group_may_hold_its_copy() {
    let file = File::in_memory().unwrap();
    let inner = file.create_group("a/b").unwrap();
    inner.create_group("c").unwrap();
    file.link_hard("a", "a/b/again").unwrap();
    let paths = |file: &File| {
        let mut paths = Vec::new();
        let visited = file.visit::<()>(|path| {
            paths.push(path.to_owned());
            std::ops::ControlFlow::Continue(())
        });
        assert!(visited.unwrap().is_none());
        paths
    };
    file.group("a").unwrap().copy_to(&file, "a/b/d/copy").unwrap();
    let expected = ["a", "a/b", "a/b/c", "a/b/d", "a/b/d/copy", "a/b/d/copy/b", "a/b/d/copy/b/c"];
    assert_eq!(paths(&file), expected);
    let circle = file.location("a/b/d/copy/b/again").unwrap();
    assert_eq!(circle, file.location("a/b/d/copy").unwrap());
    assert_eq!(circle.loc_info().unwrap().num_links, 2);
    assert_eq!(file.location("a").unwrap().loc_info().unwrap().num_links, 2);

    // The root, to which no link but its own leads.
    file.copy_to(&file, "a/all").unwrap();
    assert_eq!(paths(&file).len(), 2 * expected.len() + 1);
    let twice = file.copy_to(&file, "a/all").unwrap_err();
    assert!(matches!(twice.kind(), ErrorKind::Exists(_)), "{twice}");
    assert!(file.copy_all_to(&file).is_err());
}

#[test]
fn a_copy_that_fails_leaves_nothing() {
    let Some(server) = server() else { return };
    let folder = folder(server, "failing", "earliest");
    let source = options(LibraryVersion::V18).open(folder.join("source.h5")).unwrap();
    // Nobody may know what the external link leads to.
    let strict = File::with_options().external(ExternalAccess::Deny);
    let strict = strict.open(folder.join("source.h5")).unwrap();
    let file = options(LibraryVersion::V18).create(folder.join("copy.h5")).unwrap();
    file.create_group("there").unwrap();
    file.flush().unwrap();
    let before = (file.size(), file.free_space());
    let group = strict.group("g").unwrap();
    let refused = group.copy_options().expand_external(true).copy_to(&file, "new/copy");
    let refused = refused.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Refused(_)), "{refused}");
    assert!(refused.to_string().contains("external"), "{refused}");
    file.flush().unwrap();
    assert_eq!((file.size(), file.free_space()), before);
    assert_eq!(file.member_names().unwrap(), ["there"]);
    let exists = source.group("g").unwrap().copy_to(&file, "there").unwrap_err();
    assert!(matches!(exists.kind(), ErrorKind::Exists(_)), "{exists}");
    let dataset = source.dataset("outside").unwrap();
    assert!(dataset.copy_to(&dataset, "x").unwrap_err().is_usage());
    assert!(dataset.copy_to(&source, "x").unwrap_err().is_usage());
    dataset.copy_to(&file, "there/is").unwrap();
    let values: Vec<i64> = file.dataset("there/is").unwrap().read_raw().unwrap();
    assert_eq!(values, [0, 1, 2, 3, 4, 5]);
}

/// Files whose addresses have 4 bytes, and elements that hold addresses.
const NARROW: &str = r"
import sys, h5py, numpy as np
path, narrow = sys.argv[1], sys.argv[2] == 'narrow'
plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
plist.set_sizes(4 if narrow else 8, 4 if narrow else 8)
file = h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, plist))
text = h5py.string_dtype()
mixed = np.dtype([('n', 'i1'), ('word', text), ('ref', h5py.ref_dtype), ('m', '<f8')])
group = file.create_group('g')
table = group.create_dataset('table', (5,), mixed, chunks=(2,), shuffle=True, compression=1)
for row in range(5):
    table[row] = (row, 'word ' * row, file['g'].ref, row / 4)
group.attrs['row'] = table[1]
group.create_dataset('plain', data=np.arange(7), chunks=(3,))
region = group.create_dataset('region', (1,), h5py.regionref_dtype)
region[0] = group['plain'].regionref[2:5]
group.create_dataset('nested', (2,), h5py.vlen_dtype(text))[0] = np.array(['a', 'bc'], object)
";

const SHOW_NARROW: &str = r"
import sys, h5py
file = h5py.File(sys.argv[1])
for path in sys.argv[2:]:
    group = file[path]
    table = group['table'][...]
    print(*table['n'], *table['word'], *[file[ref].name for ref in table['ref']], *table['m'])
    print(group.attrs['row']['word'], file[group.attrs['row']['ref']].name)
    print(*group['plain'][...], group['nested'][...])
    region = group['region'][0]
    print(file[region].name, *file[region][region])
";

fn run_python(script: &str, arguments: &[&str]) -> Option<String> {
    let python = support::python()?;
    let mut command = std::process::Command::new(python);
    let done = command.args(["-c", script]).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap())
}

#[test]
fn elements_fit_files_of_other_widths() {
    let folder = support::target().join("copy").join("widths");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let [wide, narrow] = ["wide", "narrow"].map(|name| folder.join(format!("{name}.h5")));
    for (path, width) in [(&wide, "wide"), (&narrow, "narrow")] {
        if run_python(NARROW, &[text(path), width]).is_none() {
            return;
        }
    }
    let expected = run_python(SHOW_NARROW, &[text(&wide), "g"]).unwrap();
    let from = |path| File::open(path).unwrap();
    for (source, target) in [(&wide, &narrow), (&narrow, &wide)] {
        let copy = folder.join("copy.h5");
        fs::copy(target, &copy).unwrap();
        let file = File::open_rw(&copy).unwrap();
        let group = from(source).group("g").unwrap();
        group.copy_options().expand_refs(true).copy_to(&file, "h").unwrap();
        // And back again, into a file that both widths met in.
        let again = File::with_options().create(folder.join("again.h5")).unwrap();
        file.group("h").unwrap().copy_options().expand_refs(true).copy_to(&again, "g").unwrap();
        file.close().unwrap();
        again.close().unwrap();
        let found = run_python(SHOW_NARROW, &[text(&copy), "h"]).unwrap();
        assert_eq!(found.replace("/h", "/g"), expected);
        let found = run_python(SHOW_NARROW, &[text(&folder.join("again.h5")), "g"]).unwrap();
        assert_eq!(found, expected);
    }
}

/// Messages of newer files leave out the names of filters that those of older ones hold.
#[test]
fn libhdf5_copies_filters_that_came_from_newer_files() {
    let source = options(LibraryVersion::V18).in_memory().unwrap();
    let values: Vec<i32> = (0..40).collect();
    let builder = source.new_dataset_builder().with_data(&values);
    builder.chunk(10).shuffle().deflate(3).fletcher32().create("data").unwrap();
    let path = support::empty_folder("copy of filters").join("file.h5");
    let file = options(LibraryVersion::Earliest).create(&path).unwrap();
    source.dataset("data").unwrap().copy_to(&file, "data").unwrap();
    file.close().unwrap();
    let script = "
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as file:
    file.copy('data', 'again')
with h5py.File(sys.argv[1], 'r') as file:
    assert list(file['again']) == list(range(40))
    assert file['again'].compression == 'gzip' and file['again'].fletcher32
";
    run_python(script, &[text(&path)]);
}

#[test]
fn what_waits_to_be_stored_is_copied() {
    let Some(server) = server() else { return };
    let folder = folder(server, "waiting", "latest");
    let source = File::open_rw(folder.join("source.h5")).unwrap();
    let packed = source.dataset("g/chunks/tree packed").unwrap();
    packed.write_slice_raw(&[-1, -2], (3, 4..6)).unwrap();
    packed.resize(&[21, 31]).unwrap();
    packed.write_slice_raw(&[-3], (20, 30)).unwrap();
    let words = source.dataset("g/packed words").unwrap();
    words.write_slice_raw(&["new".parse::<VarLenUnicode>().unwrap()], 6).unwrap();
    let copy = File::in_memory().unwrap();
    for dataset in [&packed, &words] {
        dataset.copy_to(&source, &format!("copy of {}", dataset.name().replace('/', " "))).unwrap();
    }
    packed.copy_to(&copy, "packed").unwrap();
    words.copy_to(&copy, "words").unwrap();
    let values: Vec<i32> = packed.read_raw().unwrap();
    assert_eq!(values[3 * 31 + 4..3 * 31 + 6], [-1, -2]);
    let again = source.dataset("copy of  g chunks tree packed").unwrap();
    for copied in [copy.dataset("packed").unwrap(), again] {
        assert_eq!(copied.read_raw::<i32>().unwrap(), values);
    }
    let expected: Vec<VarLenUnicode> = words.read_raw().unwrap();
    assert_eq!(expected[6].as_str(), "new");
    let again = source.dataset("copy of  g packed words").unwrap();
    for copied in [copy.dataset("words").unwrap(), again] {
        assert_eq!(copied.read_raw::<VarLenUnicode>().unwrap(), expected);
    }
}

#[test]
fn references_into_other_files_are_null() {
    let Some(server) = server() else { return };
    let folder = folder(server, "references", "earliest");
    let source = File::open(folder.join("source.h5")).unwrap();
    let copy = File::in_memory().unwrap();
    source.dataset("g/refs").unwrap().copy_to(&copy, "null").unwrap();
    let refs: Vec<RawReference> = copy.dataset("null").unwrap().read_raw().unwrap();
    assert!(refs.iter().all(RawReference::is_null));
    let refs = source.dataset("apart/refs in chunks").unwrap();
    refs.copy_options().expand_refs(true).copy_to(&copy, "followed").unwrap();
    let links = copy.all_links().unwrap();
    let made = links.iter().filter(|link| link.name.starts_with("~obj_pointed_by_"));
    // The group of the third reference holds the dataset of the first one.
    assert_eq!(made.count(), 2);
    assert!(links.iter().all(|link| matches!(link.target, LinkTarget::Hard(_))));
    let raw: Vec<RawReference> = copy.dataset("followed").unwrap().read_raw().unwrap();
    let names: Vec<usize> = raw[..3]
        .iter()
        .map(|raw| {
            let reference = copy.decode_reference(raw).unwrap();
            copy.dereference(&reference).unwrap().location().attr_names().unwrap().len()
        })
        .collect();
    assert_eq!(names, [0, 0, 4]);
    assert!(raw[3].is_null());
}

#[test]
fn files_copied_from_each_other_do_not_wait_for_each_other() {
    let files = [File::in_memory().unwrap(), File::in_memory().unwrap()];
    for file in &files {
        file.create_group("a/b/c").unwrap();
    }
    let copy = |from: File, to: File, name: &'static str| {
        thread::spawn(move || {
            for number in 0..200 {
                from.group("a").unwrap().copy_to(&to, &format!("{name}{number}")).unwrap();
            }
        })
    };
    let [one, other] = files.clone();
    let threads = [
        copy(one.clone(), other.clone(), "x"),
        copy(other.clone(), one.clone(), "y"),
        copy(one.clone(), one, "z"),
        copy(other.clone(), other, "z"),
    ];
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(files.iter().all(|file| file.len() == 401));
}

#[test]
fn thousands_of_levels_are_copied() {
    let storage = Arc::new(SharedMemory::default());
    let file = File::with_options().create_storage(storage).unwrap();
    let mut group = file.create_group("deep").unwrap();
    for _ in 0..3000 {
        group = group.create_group("x").unwrap();
    }
    file.group("deep").unwrap().copy_to(&file, "copy").unwrap();
    let mut depth = 0;
    let mut group = file.group("copy").unwrap();
    while let Ok(next) = group.group("x") {
        group = next;
        depth += 1;
    }
    assert_eq!(depth, 3000);
}
