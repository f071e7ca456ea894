//! Groups and links that this library makes and changes, seen by h5py and by this library.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use hdfive::{File, Group, LibraryVersion, LinkTarget};

#[path = "support/mod.rs"]
mod support;

use support::random::Random;

/// What a group is meant to hold: names, and what each link is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Group(BTreeMap<String, Entry>),
    Soft(String),
    External(String, String),
}

type Model = BTreeMap<String, Entry>;

fn listing(group: &Group) -> Model {
    let entry = |link: hdfive::LinkInfo| {
        let entry = match &link.target {
            LinkTarget::Hard(_) => Entry::Group(listing(&group.group(&link.name).unwrap())),
            LinkTarget::Soft(path) => Entry::Soft(path.clone()),
            LinkTarget::External { file, object } => Entry::External(file.clone(), object.clone()),
            other => panic!("{other:?}"),
        };
        (link.name, entry)
    };
    group.all_links().unwrap().into_iter().map(entry).collect()
}

fn spelled(model: &Model, path: &str, out: &mut Vec<String>) {
    for (name, entry) in model {
        let place = format!("{path}/{name}");
        match entry {
            Entry::Group(members) => {
                out.push(place.clone());
                spelled(members, &place, out);
            }
            Entry::Soft(target) => out.push(format!("{place} -> {target}")),
            Entry::External(file, object) => out.push(format!("{place} -> {file}:{object}")),
        }
    }
}

/// Prints every link of a file, one a line.
const LIST: &str = r#"
import h5py, sys
def walk(group, path):
    for name in sorted(group, key=lambda n: n.encode()):
        link = group.get(name, getlink=True)
        place = path + '/' + name
        if isinstance(link, h5py.SoftLink):
            print(f'{place} -> {link.path}')
        elif isinstance(link, h5py.ExternalLink):
            print(f'{place} -> {link.filename}:{link.path}')
        else:
            print(place)
            walk(group[name], place)
with h5py.File(sys.argv[1], 'r') as file:
    walk(file, '')
"#;

/// Adds and removes links as h5py does, after which the file must still be whole.
const CHANGE: &str = r#"
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as file:
    names = sorted(file)
    for name in names[::3]:
        del file[name]
    for number in range(20):
        file.create_group(f'h5py{number:02}')
    print('\n'.join(sorted(file)))
"#;

fn h5py(script: &str, path: &Path) -> Option<String> {
    let python = support::python()?;
    let done = Command::new(python).args(["-c", script]).arg(path).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap())
}

fn scratch(name: &str) -> PathBuf {
    let folder = support::target().join("groups");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// One random change, to the file and to the model.
fn change(random: &mut Random, group: &Group, model: &mut Model) {
    let names: Vec<String> = model.keys().cloned().collect();
    let fresh =
        format!("{}{}", random.pick(&["link", "a long name of a link ", "ä"]), random.below(60));
    let chosen = (!names.is_empty()).then(|| names[random.below(names.len())].clone());
    match (random.below(10), chosen) {
        (0..=3, _) if !model.contains_key(&fresh) => {
            group.create_group(&fresh).unwrap();
            model.insert(fresh, Entry::Group(Model::new()));
        }
        (4, _) if !model.contains_key(&fresh) => {
            group.link_soft("/somewhere/else", &fresh).unwrap();
            model.insert(fresh, Entry::Soft("/somewhere/else".to_owned()));
        }
        (5, _) if !model.contains_key(&fresh) && random.below(4) == 0 => {
            group.link_external("other.h5", "/x", &fresh).unwrap();
            model.insert(fresh, Entry::External("other.h5".to_owned(), "/x".to_owned()));
        }
        (6, Some(name)) if !model.contains_key(&fresh) => {
            group.relink(&name, &fresh).unwrap();
            let entry = model.remove(&name).unwrap();
            model.insert(fresh, entry);
        }
        (7, Some(name)) => {
            group.unlink(&name).unwrap();
            model.remove(&name);
        }
        (_, Some(name)) => {
            if let Some(Entry::Group(members)) = model.get_mut(&name) {
                change(random, &group.group(&name).unwrap(), members);
            } else {
                assert!(group.create_group(&name).is_err());
            }
        }
        _ => {}
    }
}

fn run(version: LibraryVersion, track_order: bool, seed: u64) {
    let path = scratch(&format!("{version:?}-{track_order}-{seed}.h5"));
    let options = File::with_options()
        .library_versions(version, LibraryVersion::V200)
        .track_order(track_order);
    let mut random = Random(seed);
    let mut model = Model::new();
    let mut file = options.create(&path).unwrap();
    for round in 0..6 {
        for step in 0..40 {
            change(&mut random, &file, &mut model);
            if step % 9 == 0 {
                file.flush().unwrap();
            }
        }
        assert_eq!(listing(&file), model);
        file.close().unwrap();
        assert_eq!(listing(&File::open(&path).unwrap()), model);
        let mut expected = Vec::new();
        spelled(&model, "", &mut expected);
        if let Some(found) = h5py(LIST, &path) {
            assert_eq!(found.lines().collect::<Vec<_>>(), expected, "round {round}");
        }
        if round == 3
            && let Some(found) = h5py(CHANGE, &path)
        {
            let seen = listing(&File::open(&path).unwrap());
            let mut names: Vec<&str> = found.lines().collect();
            names.sort_unstable();
            assert_eq!(seen.keys().collect::<Vec<_>>(), names);
            model = seen;
        }
        file = File::open_rw(&path).unwrap();
    }
    for name in model.into_keys() {
        file.unlink(&name).unwrap();
    }
    file.close().unwrap();
    assert_eq!(h5py(LIST, &path).unwrap_or_default(), "");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn groups_of_the_new_style_hold_what_was_put_there() {
    for seed in 0..4 {
        run(LibraryVersion::V18, false, seed);
        run(LibraryVersion::V110, true, seed);
    }
}

#[test]
fn groups_of_the_old_style_hold_what_was_put_there() {
    for seed in 0..4 {
        run(LibraryVersion::Earliest, false, seed);
    }
}

/// A file of a group of the old style with 2,000 links, and what each leads to.
fn crowded() -> (Vec<u8>, BTreeMap<String, hdfive::LocationToken>) {
    let file = File::with_options()
        .library_versions(LibraryVersion::Earliest, LibraryVersion::V18)
        .in_memory()
        .unwrap();
    let tokens = (0..2000).map(|n| {
        let name = format!("member {:06}", n * 7919 % 1_000_003);
        let token = file.create_group(&name).unwrap().token();
        (name, token)
    });
    let tokens = tokens.collect();
    (file.into_bytes().unwrap(), tokens)
}

#[test]
fn links_of_a_crowded_group_are_found_however_often_they_are_sought() {
    let (bytes, tokens) = crowded();
    let file = File::from_bytes(bytes).unwrap();
    let names: Vec<_> = tokens.keys().collect();
    let mut random = Random(7);
    for _ in 0..6000 {
        let name: &String = names[random.below(names.len())];
        assert_eq!(file.location(name).unwrap().token(), tokens[name]);
        for missing in
            [format!("{name}0"), name[..12].to_owned(), format!("{:06}", random.below(9))]
        {
            assert!(file.location(&missing).unwrap_err().is_not_found());
        }
    }
    assert_eq!(
        file.member_names().unwrap(),
        names.iter().map(|name| (*name).clone()).collect::<Vec<_>>()
    );
    names.iter().for_each(|name| assert_eq!(file.location(name).unwrap().token(), tokens[*name]));
}

#[test]
fn what_is_found_in_a_damaged_group_does_not_depend_on_what_was_sought_before() {
    let (mut bytes, tokens) = crowded();
    let leaves = bytes.windows(6).enumerate().filter(|(_, found)| found == b"TREE\0\0");
    for at in leaves.map(|(at, _)| at).collect::<Vec<_>>() {
        // The keys around the second child change places.
        let (second, third) = (at + 24 + 16, at + 24 + 32);
        (0..8).for_each(|byte| bytes.swap(second + byte, third + byte));
    }
    let warm = File::from_bytes(bytes.clone()).unwrap();
    let find = |file: &File, name: &str| file.location(name).ok().map(|found| found.token());
    tokens.keys().for_each(|name| _ = find(&warm, name));
    let lost = |name: &&String| find(&warm, name).is_none();
    let count = tokens.keys().filter(lost).count();
    assert!(count > 20 && count < 1900, "{count} are not found");
    let fresh =
        tokens.keys().enumerate().filter(|(n, name)| n % 40 == 0 || (n % 8 == 0 && lost(name)));
    for (_, name) in fresh {
        assert_eq!(find(&File::from_bytes(bytes.clone()).unwrap(), name), find(&warm, name));
    }
}
