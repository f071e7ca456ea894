//! New files of every kind: made by this library, then changed by h5py and by this library in turn.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use hdfive::LibraryVersion::{Earliest, V18, V110, V112, V114, V200};
use hdfive::{ErrorKind, File, FileBuilder, FileSpaceStrategy, LibraryVersion, OpenMode};

#[path = "support/mod.rs"]
mod support;

use support::random::Random;

/// One kind of file.
struct Kind {
    name: String,
    options: FileBuilder,
    /// What h5py says of the file: version of the superblock, user block, widths, strategy of file
    /// space, persistence, threshold, page size, whether order is tracked.
    facts: String,
    /// Whether h5py opens it for reading only.
    read_only: bool,
}

/// Below so many bytes a page, libhdf5 2.0 may look without end for room for the free space that it keeps,
/// when it closes the file: in one of four such files that nobody but it wrote, after a few changes.
const CLOSED_SAFELY: u64 = 2048;

/// What is expected of a kind of file where nothing else was asked for.
#[derive(Clone)]
struct Facts {
    superblock: u8,
    user_block: u64,
    sizes: (u8, u8),
    space: (u8, u8, u64, u64),
    order: u8,
}

const PLAIN: Facts =
    Facts { superblock: 2, user_block: 0, sizes: (8, 8), space: (0, 0, 1, 4096), order: 0 };

impl Facts {
    fn text(&self) -> String {
        let (strategy, persist, threshold, page) = self.space;
        let Self { superblock, user_block, sizes: (address, length), order, .. } = self;
        format!(
            "{superblock} {user_block} {address} {length} {strategy} {persist} {threshold} {page} {order}"
        )
    }
}

/// Opens each file, says what it is, checks the names that are expected, changes them, and lists
/// them.
const SESSION: &str = r#"
import h5py, random, struct, sys
chance = random.Random(sys.argv[1])
for line in sys.stdin:
    path, mode, expected = line.rstrip('\n').split('\t')
    expected = [name for name in expected.split(',') if name]
    with h5py.File(path, mode) as file:
        assert sorted(file) == expected, (path, sorted(file), expected)
        create, group = file.id.get_create_plist(), file['/'].id.get_create_plist()
        block = create.get_userblock()
        with open(path, 'rb') as raw:
            raw.seek(block + 8)
            version = raw.read(1)[0]
        strategy, persist, threshold = create.get_file_space_strategy()
        order = group.get_link_creation_order() == 3 and group.get_attr_creation_order() == 3
        facts = (version, block, *create.get_sizes(), strategy, int(persist), threshold,
                 create.get_file_space_page_size(), int(order))
        gone, come = chance.sample(expected, len(expected) // 3), chance.sample(range(40), 6)
        if mode == 'r+':
            for name in gone:
                del file[name]
            for name in come:
                group = file.require_group(f'p{name:02}')
                group.attrs['n'] = name
                group.require_group('deeper')
            if 'data' not in file:
                file.create_dataset('data', data=[1, 2, 3], dtype='i2', chunks=(2,), maxshape=(None,))
        print(' '.join(map(str, facts)), ','.join(sorted(file)), sep='\t')
"#;

/// The same of all files, with one start of Python.
fn h5py_session(
    kinds: &[Kind],
    files: &[(PathBuf, BTreeSet<String>)],
    seed: usize,
) -> Option<Vec<[String; 2]>> {
    use std::io::Write;
    let mut lines = String::new();
    for (kind, (path, names)) in kinds.iter().zip(files) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mode = if kind.read_only { "r" } else { "r+" };
        lines += &format!("{}\t{mode}\t{}\n", path.display(), names.join(","));
    }
    let mut python = Command::new(support::python()?)
        .args(["-c", SESSION, &seed.to_string()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let done = python.wait_with_output().unwrap();
    let out = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{out}");
    let answers = out.lines().map(|line| {
        let (facts, names) = line.split_once('\t').unwrap();
        [facts.to_owned(), names.to_owned()]
    });
    Some(answers.collect())
}

fn names(file: &File) -> BTreeSet<String> {
    file.member_names().unwrap().into_iter().collect()
}

/// Changes a file at random.
fn change(file: &File, random: &mut Random) {
    let there: Vec<String> = file.member_names().unwrap();
    for name in there.iter().filter(|name| name.as_str() != "data") {
        match random.below(4) {
            0 => file.unlink(name).unwrap(),
            1 => drop(file.group(name).unwrap().require_group("more/still")),
            2 => file.group(name).unwrap().set_comment("changed").unwrap(),
            _ => {}
        }
    }
    for _ in 0..random.below(12) {
        file.require_group(&format!("r{:02}/under", random.below(40))).unwrap();
    }
    if random.below(3) == 0 && file.link_exists("data") {
        file.unlink("data").unwrap();
    }
}

fn h5dump_reads(path: &Path) {
    match Command::new("h5dump").arg("-H").arg(path).output() {
        Ok(done) => {
            let words = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{}: {words}", path.display());
        }
        Err(_) => support::skip("there is no h5dump"),
    }
}

/// Sessions of h5py and of this library, in turn, on a file of each kind.
fn alternate(test: &str, kinds: &[Kind]) {
    let folder = support::empty_folder(&format!("creation-{test}"));
    let mut random = Random(11);
    let mut files = Vec::new();
    for kind in kinds {
        let path = folder.join(format!("{}.h5", kind.name));
        let file = kind.options.create_excl(&path).unwrap_or_else(|e| panic!("{}: {e}", kind.name));
        change(&file, &mut random);
        let there = names(&file);
        file.close().unwrap();
        files.push((path, there));
    }
    for round in 0..4 {
        for (path, _) in &files {
            h5dump_reads(path);
        }
        let Some(answers) = h5py_session(kinds, &files, round) else { return };
        assert_eq!(answers.len(), kinds.len());
        for ((kind, (path, there)), [facts, listed]) in kinds.iter().zip(&mut files).zip(&answers) {
            assert_eq!(*facts, kind.facts, "{} in round {round}", kind.name);
            let file = kind.options.open_rw(&*path).unwrap();
            let found = names(&file);
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>().join(","), *listed);
            if found.contains("data") {
                assert_eq!(file.dataset("data").unwrap().read_raw::<i16>().unwrap(), [1, 2, 3]);
            }
            change(&file, &mut random);
            file.flush().unwrap();
            change(&file, &mut random);
            *there = names(&file);
            file.close().unwrap();
            let file = File::open(&*path).unwrap();
            assert_eq!(names(&file), *there, "{}", kind.name);
            assert_eq!(file.size(), std::fs::metadata(path).unwrap().len(), "{}", kind.name);
        }
    }
}

fn bounds(low: LibraryVersion, high: LibraryVersion) -> FileBuilder {
    File::with_options().library_versions(low, high)
}

#[test]
fn bounds_decide_the_versions() {
    let mut kinds = Vec::new();
    let all = [Earliest, V18, V110, V112, V114, V200];
    for low in all {
        for high in all {
            let made = bounds(low, high).in_memory();
            if high == Earliest || low > high {
                assert!(made.unwrap_err().is_usage());
                continue;
            }
            let superblock = match low {
                Earliest => 0,
                V18 => 2,
                _ => 3,
            };
            assert_eq!(made.unwrap().info().superblock_version, superblock);
            kinds.push(Kind {
                name: format!("{low:?}-{high:?}"),
                options: bounds(low, high),
                facts: Facts { superblock, ..PLAIN }.text(),
                read_only: false,
            });
        }
    }
    alternate("bounds", &kinds);
}

#[test]
fn what_was_asked_for_is_in_the_file() {
    let mut kinds = Vec::new();
    for low in [Earliest, V18, V200] {
        let plain = match low {
            Earliest => Facts { superblock: 0, ..PLAIN },
            V18 => PLAIN,
            _ => Facts { superblock: 3, ..PLAIN },
        };
        let mut add = |name: &str, options: FileBuilder, facts: Facts| {
            let (name, facts) = (format!("{name}-{low:?}"), facts.text());
            kinds.push(Kind { name, options, facts, read_only: false });
        };
        let base = || bounds(low, V200);
        for block in [512, 1024, 4096, 1 << 20] {
            let facts = Facts { user_block: block, ..plain };
            add(&format!("block{block}"), base().userblock(block), facts);
        }
        for sizes in [(8, 4), (4, 8), (4, 4), (2, 2), (2, 8), (8, 2)] {
            if sizes.1 == 2 && low != Earliest {
                // libhdf5 makes heaps there whose block size has no room in two bytes.
                continue;
            }
            let options = base().sizes(sizes.0, sizes.1);
            // 64 KiB have to do.
            let options = if sizes.0 == 2 { options.sym_k(2, 2) } else { options };
            add(&format!("sizes{}{}", sizes.0, sizes.1), options, Facts { sizes, ..plain });
        }
        add("ordered", base().track_order(true), Facts { order: 1, ..plain });
        add("timed", base().track_times(true), plain.clone());
        add("both", base().track_times(true).track_order(true), Facts { order: 1, ..plain });
        add("sym_k", base().sym_k(3, 2), plain.clone());
        add("large_k", base().sym_k(200, 100), plain.clone());
        let facts = Facts { superblock: plain.superblock.max(1), ..plain };
        add("istore_k", base().istore_k(7), facts);
        add("aligned", base().alignment(1, 512), plain.clone());
        add(
            "partly_aligned",
            base().alignment(300, 64).userblock(512),
            Facts { user_block: 512, ..plain },
        );
        let all_k = base().sym_k(2, 1).istore_k(1).sizes(4, 4).userblock(2048);
        let facts = Facts { user_block: 2048, sizes: (4, 4), ..plain };
        add("small", all_k, Facts { superblock: plain.superblock.max(1), ..facts });
    }
    alternate("options", &kinds);
}

#[test]
fn file_space_is_managed_as_asked() {
    use FileSpaceStrategy::{Aggregator, FsmAggregator, None, Page};
    let mut kinds = Vec::new();
    for low in [Earliest, V18, V110, V200] {
        for (number, strategy) in [(0, FsmAggregator), (1, Page), (2, Aggregator), (3, None)] {
            for persist in [false, true] {
                for (threshold, page) in [(1, 4096), (1, 512), (1, 2048), (100, 16384)] {
                    if strategy != Page && page < 4096 {
                        continue;
                    }
                    let options = bounds(low, V200).file_space(strategy, persist, threshold, page);
                    let managed = matches!(strategy, FsmAggregator | Page);
                    let (persist, threshold) =
                        if managed { (persist, threshold) } else { (false, 1) };
                    let own = match low {
                        Earliest => 0,
                        V18 => 2,
                        _ => 3,
                    };
                    let space = (number, u8::from(persist), threshold, page);
                    let superblock = if space == PLAIN.space { own } else { own.max(2) };
                    let name = format!("{strategy:?}-{persist}-{threshold}-{page}-{low:?}");
                    if kinds.iter().any(|kind: &Kind| kind.name == name) {
                        continue;
                    }
                    kinds.push(Kind {
                        name,
                        options,
                        facts: Facts { superblock, space, ..PLAIN }.text(),
                        read_only: persist && page < CLOSED_SAFELY,
                    });
                }
            }
        }
    }
    alternate("space", &kinds);
}

/// What `h5dump` says the file was made with.
fn boot_block(path: &Path) -> Option<String> {
    let Ok(done) = Command::new("h5dump").args(["-B", "-H"]).arg(path).output() else {
        support::skip("there is no h5dump");
        return None;
    };
    assert!(done.status.success(), "{}", path.display());
    Some(String::from_utf8(done.stdout).unwrap())
}

#[test]
fn widths_of_nodes_are_stored_where_the_version_has_room() {
    let folder = support::empty_folder("creation-nodes");
    for (low, superblock) in [(Earliest, 1), (V18, 2), (V200, 3)] {
        let path = folder.join(format!("{low:?}.h5"));
        let options = bounds(low, V200).sym_k(5, 3).istore_k(9).sizes(8, 4);
        let file = options.create(&path).unwrap();
        for number in 0..40 {
            file.create_group(&format!("group{number}")).unwrap();
        }
        file.close().unwrap();
        let info = File::open(&path).unwrap().info();
        assert_eq!(info.superblock_version, superblock);
        assert_eq!((info.sym_int_k, info.sym_leaf_k, info.chunk_k), (5, 3, 9));
        assert_eq!((info.sizeof_addr, info.sizeof_size), (8, 4));
        let Some(words) = boot_block(&path) else { return };
        for fact in ["BTREE_RANK 5", "BTREE_LEAF 3", "ISTORE_K 9", "OFFSET_SIZE 8", "LENGTH_SIZE 4"]
        {
            assert!(words.contains(fact), "{low:?}: no {fact} in {words}");
        }
    }
}

#[test]
fn the_user_block_stays_the_users() {
    let folder = support::empty_folder("creation-user-block");
    for low in [Earliest, V200] {
        let path = folder.join(format!("{low:?}.h5"));
        let file = bounds(low, V200).userblock(1024).create(&path).unwrap();
        assert_eq!(file.userblock(), 1024);
        file.create_group("a").unwrap();
        file.close().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[..1024], [0; 1024]);
        let text: Vec<u8> = (0..1024).map(|n| (n % 251) as u8).collect();
        bytes[..1024].copy_from_slice(&text);
        std::fs::write(&path, &bytes).unwrap();
        for round in 0..3 {
            let file = File::open_rw(&path).unwrap();
            assert_eq!(file.userblock(), 1024);
            for number in 0..30 {
                file.create_group(&format!("g{round}-{number}")).unwrap();
            }
            file.unlink(&format!("g{round}-7")).unwrap();
            file.close().unwrap();
            assert_eq!(std::fs::read(&path).unwrap()[..1024], text);
            let script = "
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as file:
    print(file.userblock_size, len(file))
    del file[f'g{sys.argv[2]}-3']";
            let name = path.to_str().unwrap();
            let Some(said) = support::python_in(&folder, script, &[name, &round.to_string()])
            else {
                return;
            };
            assert_eq!(said.trim(), format!("1024 {}", 30 + 28 * round));
        }
        // A file that moves inside its storage: addresses count from the superblock.
        let whole = std::fs::read(&path).unwrap();
        let file = File::from_bytes(whole[1024..].to_vec()).unwrap();
        assert_eq!((file.userblock(), file.len()), (0, 85));
    }
}

#[test]
fn what_no_file_can_be_made_of_leaves_no_trace() {
    let folder = support::empty_folder("creation-refused");
    let (path, there) = (folder.join("new.h5"), folder.join("there.h5"));
    File::create(&there).unwrap().create_group("kept").unwrap();
    let with = File::with_options;
    for options in [
        with().userblock(500),
        with().userblock(513),
        with().userblock(512).alignment(1, 1024),
        with().userblock(512).file_space(FileSpaceStrategy::Page, false, 1, 4096),
        with().sizes(3, 8),
        with().sizes(8, 16),
        with().sym_k(0, 4),
        with().sym_k(4, 0x8000),
        with().istore_k(0),
        with().file_space(FileSpaceStrategy::Page, false, 1, 511),
        with().file_space(FileSpaceStrategy::Page, false, 1, (1 << 30) + 1),
        with().file_space(FileSpaceStrategy::Other(4), false, 1, 4096),
        with().library_versions(V110, V18),
        with().library_versions(Earliest, Earliest),
    ] {
        for mode in [OpenMode::Create, OpenMode::CreateExcl, OpenMode::Append] {
            let error = options.open_as(&path, mode).unwrap_err();
            assert!(error.is_usage(), "{options:?}: {error}");
            assert!(!path.exists());
        }
        assert!(options.create(&there).unwrap_err().is_usage());
        assert!(options.in_memory().unwrap_err().is_usage());
    }
    assert!(File::open(&there).unwrap().link_exists("kept"));
}

#[test]
fn modes_open_or_make() {
    let folder = support::empty_folder("creation-modes");
    let path = folder.join("file.h5");
    for mode in [OpenMode::Read, OpenMode::ReadWrite] {
        assert!(File::open_as(&path, mode).unwrap_err().is_not_found());
        assert!(!path.exists());
    }
    let file = File::open_as(&path, OpenMode::Append).unwrap();
    assert!(!file.is_read_only());
    file.create_group("first").unwrap();
    drop(file);
    let error = File::open_as(&path, OpenMode::CreateExcl).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Io(e) if e.kind() == std::io::ErrorKind::AlreadyExists)
    );
    assert!(error.to_string().contains("file.h5"), "{error}");
    let file = File::open_as(&path, OpenMode::Append).unwrap();
    assert!(file.link_exists("first"));
    file.create_group("second").unwrap();
    file.close().unwrap();
    let file = File::open_as(&path, OpenMode::Read).unwrap();
    assert!(file.is_read_only() && file.len() == 2);
    drop(file);
    assert!(File::open_as(&path, OpenMode::ReadWrite).unwrap().link_exists("second"));
    let file = File::open_as(&path, OpenMode::Create).unwrap();
    assert!(file.is_empty() && !file.is_read_only());
    drop(file);
    assert!(File::open(&path).unwrap().is_empty());
    // What is no HDF5 file is not taken for an empty one.
    std::fs::write(&path, b"").unwrap();
    for mode in [OpenMode::Read, OpenMode::ReadWrite, OpenMode::Append] {
        let error = File::open_as(&path, mode).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed(_)), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"");
}

#[test]
fn a_file_in_memory_is_the_one_on_disk() {
    let folder = support::empty_folder("creation-memory");
    let fill = |file: &File| {
        for number in 0..20 {
            file.create_group(&format!("group{number}/below")).unwrap();
        }
        file.unlink("group4").unwrap();
    };
    for (number, options) in [
        bounds(Earliest, V200),
        bounds(V18, V200).userblock(512),
        bounds(V200, V200).file_space(FileSpaceStrategy::Page, false, 1, 1024),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.join(format!("{number}.h5"));
        let file = options.create(&path).unwrap();
        fill(&file);
        file.close().unwrap();
        let memory = options.in_memory().unwrap();
        assert_eq!(memory.filename(), "");
        fill(&memory);
        let handle = memory.group("group3").unwrap();
        let bytes = memory.into_bytes().unwrap();
        assert_eq!(bytes, std::fs::read(&path).unwrap());
        assert!(matches!(handle.all_links().unwrap_err().kind(), ErrorKind::Closed));
        assert_eq!(File::from_bytes(bytes).unwrap().len(), 19);
    }
}

#[test]
fn files_end_where_their_addresses_do() {
    for low in [LibraryVersion::Earliest, LibraryVersion::V110] {
        let options = File::with_options()
            .library_versions(low, LibraryVersion::LATEST)
            .sizes(2, 4)
            .sym_k(2, 2)
            .auto_flush(false);
        let path = support::empty_folder(&format!("narrow-{low:?}")).join("file.h5");
        let file = options.create(&path).unwrap();
        let block = vec![1_u8; 9_000];
        let mut made = 0;
        let error = loop {
            let builder = file.new_dataset_builder().with_data(&block);
            if let Err(error) = builder.create(format!("d{made}").as_str()) {
                break error;
            }
            file.flush().unwrap();
            made += 1;
            assert!(made < 8, "the file has more than addresses can name");
        };
        assert!(made > 3, "{error}");
        let large = file.new_dataset::<u8>().shape(1 << 20).create("large");
        assert!(large.and_then(|large| large.write_raw(&vec![7_u8; 1 << 20])).is_err());
        // What there is room for still goes in.
        file.unlink("d0").unwrap();
        file.flush().unwrap();
        file.flush().unwrap();
        file.new_dataset_builder().with_data(&[1_i8, 2]).create("small").unwrap();
        file.close().unwrap();
        let file = File::open(&path).unwrap();
        for number in 1..made {
            let found = file.dataset(&format!("d{number}")).unwrap();
            assert_eq!(found.read_raw::<u8>().unwrap(), block);
        }
        assert_eq!(file.dataset("small").unwrap().read_raw::<i8>().unwrap(), [1, 2]);
        drop(file);
        std::fs::remove_file(&path).unwrap();
    }
}
