//! Files of libhdf5 whose headers share messages, changed: what is shared stays counted, so that
//! libhdf5 can go on, and nothing is left when all is gone.

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

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hdfive::{File, FileBuilder, LibraryVersion, SharedMemory, Storage};
use support::listing::{self, Listing};
use support::random::Random;
use support::recorder::{Recorder, apply};
use support::server::Server;

/// What h5py shows of a file: values by the paths of datasets, and of attributes, with `@`.
type Shown = BTreeMap<String, String>;

/// A file under way.
struct Case {
    file: File,
    shown: Shown,
    random: Random,
    /// Number of new names.
    names: usize,
}

impl Case {
    fn new_name(&mut self) -> String {
        self.names += 1;
        format!("new {}", self.names)
    }

    fn pick(&mut self, names: &[String]) -> Option<String> {
        let at = self.random.below(names.len().max(1));
        names.get(at).cloned()
    }

    fn dataset(&mut self) -> Option<String> {
        let names: Vec<_> = self.shown.keys().filter(|key| !key.contains('@')).cloned().collect();
        self.pick(&names)
    }

    fn attributes(&self, of: &str) -> Vec<String> {
        let start = format!("{of}@");
        self.shown.keys().filter_map(|key| key.strip_prefix(&start)).map(str::to_owned).collect()
    }

    /// All that is shown of an object, taken out.
    fn take(&mut self, name: &str) -> Shown {
        let own = |key: &str| key == name || key.starts_with(&format!("{name}@"));
        let (taken, left) =
            std::mem::take(&mut self.shown).into_iter().partition(|(key, _)| own(key));
        self.shown = left;
        taken
    }

    fn put(&mut self, shown: &Shown, from: &str, to: &str) {
        let renamed = shown.iter().map(|(key, value)| (key.replacen(from, to, 1), value.clone()));
        self.shown.extend(renamed);
    }

    /// One change of one dataset or its attributes.
    fn change(&mut self) {
        let Some(name) = self.dataset() else { return };
        let dataset = self.file.dataset(&name).unwrap();
        let attributes = self.attributes(&name);
        match self.random.below(12) {
            0 => {
                let Some(own) = self.pick(&attributes) else { return };
                dataset.delete_attr(&own).unwrap();
                self.shown.remove(&format!("{name}@{own}"));
            }
            1 | 2 => {
                let new = self.new_name();
                let own = self.pick(&[attributes.as_slice(), &[new]].concat()).unwrap();
                dataset.set_attr(&own, 17).unwrap();
                self.shown.insert(format!("{name}@{own}"), "17".to_owned());
            }
            3 => {
                let Some(own) = self.pick(&attributes) else { return };
                let new = self.new_name();
                dataset.rename_attr(&own, &new).unwrap();
                let value = self.shown.remove(&format!("{name}@{own}")).unwrap();
                self.shown.insert(format!("{name}@{new}"), value);
            }
            4 if attributes.contains(&"odd".to_owned()) => {
                dataset.modify_attr("odd", 5).unwrap();
                self.shown.insert(format!("{name}@odd"), "5".to_owned());
            }
            5 if self
                .shown
                .get(&format!("{name}@words"))
                .is_some_and(|own| own.starts_with("['")) =>
            {
                dataset.modify_attr("words", ["x", "y", "z"]).unwrap();
                self.shown.insert(format!("{name}@words"), "['x', 'y', 'z']".to_owned());
            }
            6 => {
                // To a heap of the object's own, where there are enough.
                for _ in 0..5 {
                    let new = self.new_name();
                    dataset.set_attr(&new, "text").unwrap();
                    self.shown.insert(format!("{name}@{new}"), "text".to_owned());
                }
            }
            7 => {
                for own in attributes {
                    dataset.delete_attr(&own).unwrap();
                    self.shown.remove(&format!("{name}@{own}"));
                }
            }
            8 => {
                let len = 2 + self.random.below(7);
                if dataset.resize(&[len]).is_ok() {
                    let value = resized(&self.shown[&name], len);
                    self.shown.insert(name, value);
                }
            }
            9 => {
                let new = self.new_name();
                dataset.copy_to(&self.file, &new).unwrap();
                let taken = self.take(&name);
                self.put(&taken, &name, &name);
                self.put(&taken, &name, &new);
            }
            10 => {
                let new = self.new_name();
                self.file.relink(&name, &new).unwrap();
                let taken = self.take(&name);
                self.put(&taken, &name, &new);
            }
            _ => {
                self.file.unlink(&name).unwrap();
                self.take(&name);
            }
        }
    }
}

/// The elements as h5py shows them, fewer or with the fill value, which is 1.
fn resized(shown: &str, len: usize) -> String {
    let inside = shown.trim_start_matches('[').trim_end_matches(']');
    let compound = inside.starts_with('(');
    let mut elements: Vec<String> = match compound {
        true => inside.split_inclusive(')').map(|part| part.trim_start_matches(", ")).collect(),
        false => inside.split(", ").collect::<Vec<_>>(),
    }
    .into_iter()
    .map(str::to_owned)
    .collect();
    let fill = match (compound, inside.contains('.')) {
        (true, _) => "(1.0, 1.0)",
        (false, true) => "1.0",
        (false, false) => "1",
    };
    elements.resize(len, fill.to_owned());
    format!("[{}]", elements.join(", "))
}

fn shown(server: &Server, path: &Path) -> Shown {
    let lines = server.ask(&["show", path.to_str().unwrap()]);
    let pairs = lines.iter().map(|line| line.split_once('\t').unwrap());
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// A session of this library.
fn session(server: &Server, path: &Path, seed: u64) {
    let shown_before = shown(server, path);
    let file = options().open_rw(path).unwrap();
    // Other names in each session.
    let names = 1000 * usize::try_from(seed).unwrap();
    let mut case = Case { file, shown: shown_before, random: Random(seed), names };
    for number in 0..16 {
        case.change();
        if number % 5 == 0 {
            case.file.flush().unwrap();
        }
    }
    let seen = listing::list(&case.file).unwrap();
    case.file.close().unwrap();
    assert_eq!(listing::list(&File::open(path).unwrap()).unwrap(), seen);
    let found = shown(server, path);
    let wanted = case.shown;
    let different = wanted.iter().find(|(key, value)| found.get(*key) != Some(value));
    assert!(different.is_none(), "{different:?}, not {:?}", different.map(|(key, _)| &found[key]));
    assert_eq!(found.len(), wanted.len());
}

fn options() -> FileBuilder {
    File::with_options().library_versions(LibraryVersion::Earliest, LibraryVersion::LATEST)
}

/// The messages that are left in each index when h5py has deleted everything.
fn left(server: &Server, path: &Path) -> Vec<String> {
    server.ask(&["empty", path.to_str().unwrap()])
}

/// Deletes everything.
fn empty(path: &Path) {
    let file = File::open_rw(path).unwrap();
    for name in file.attr_names().unwrap() {
        file.delete_attr(&name).unwrap();
    }
    for name in file.member_names().unwrap() {
        file.unlink(&name).unwrap();
    }
    file.close().unwrap();
}

#[test]
fn what_is_shared_stays_counted() {
    let script = support::root().join("tests/shared_messages/session.py");
    let Some(server) = Server::start(&script, &[]) else { return };
    let folder = support::empty_folder("shared_messages");
    let made = server.ask(&["make", folder.to_str().unwrap()]);
    assert_eq!(made.len(), 100);
    for (seed, line) in (0..).zip(made) {
        let (name, whole) = line.split_once('\t').unwrap();
        assert_eq!(whole, "True", "libhdf5 itself does not empty {name}");
        let path = folder.join(name);
        let checked = std::panic::catch_unwind(|| {
            session(&server, &path, 2 * seed);
            let seed_text = seed.to_string();
            server.ask(&["goes on", path.to_str().unwrap(), &seed_text]);
            session(&server, &path, 2 * seed + 1);
            let copy = path.with_extension("copy");
            std::fs::copy(&path, &copy).unwrap();
            let none = |left: Vec<String>| left.iter().all(|count| count == "0");
            assert!(none(left(&server, &copy)), "h5py leaves messages");
            empty(&path);
            assert!(none(left(&server, &path)), "messages are left");
        });
        assert!(checked.is_ok(), "{name}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_writer_that_dies_leaves_what_was_flushed_and_counted() {
    let script = support::root().join("tests/shared_messages/session.py");
    let Some(server) = Server::start(&script, &[]) else { return };
    let folder = support::empty_folder("shared_messages_killed");
    server.ask(&["make", folder.to_str().unwrap()]);
    let names = ["earliest one early", "v110 two tree", "v200 five swinging", "v108 one usual"];
    for (seed, name) in (100..).zip(names) {
        let path = folder.join(format!("{name}.h5"));
        let recorder = Arc::new(Recorder::new(std::fs::read(&path).unwrap()));
        let (first, flushes) = changed(&server, &path, &recorder, seed);
        assert!(recorder.steps() > 100, "{name} has {} steps", recorder.steps());
        let storage = SharedMemory::new(first);
        for (done, step) in recorder.log().iter().enumerate() {
            apply(step, &storage).unwrap();
            let last = flushes.iter().rposition(|(_, end, _)| *end <= done + 1).unwrap();
            let under_way = flushes.get(last + 1).filter(|(begin, ..)| *begin <= done);
            let found = listing::list_bytes(storage.to_vec()).unwrap();
            let mut as_of = [flushes.get(last), under_way].into_iter().flatten();
            assert!(as_of.any(|(_, _, listing)| *listing == found), "{name}, {done}");
            if done % 9 == 0 {
                // What is found when it is opened for writing is whole for libhdf5, too.
                let left_behind = Arc::new(SharedMemory::new(storage.to_vec()));
                let opened = Arc::clone(&left_behind) as Arc<dyn Storage>;
                options().open_storage_rw(opened).unwrap().close().unwrap();
                std::fs::write(&path, left_behind.to_vec()).unwrap();
                assert!(left(&server, &path).iter().all(|count| count == "0"), "{name}, {done}");
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A flush: calls of the storage before it and with it, and what was there then.
type Flush = (usize, usize, Listing);

/// Changes a file, and flushes it again and again; gives the bytes it had, and the flushes.
fn changed(
    server: &Server,
    path: &Path,
    recorder: &Arc<Recorder>,
    seed: u64,
) -> (Vec<u8>, Vec<Flush>) {
    let first = recorder.to_vec();
    let mut flushes = vec![(0, 0, listing::list_bytes(first.clone()).unwrap())];
    let storage = Arc::clone(recorder) as Arc<dyn Storage>;
    let file = options().auto_flush(false).open_storage_rw(storage).unwrap();
    let mut case = Case { file, shown: shown(server, path), random: Random(seed), names: 0 };
    for _ in 0..12 {
        (0..3).for_each(|_| case.change());
        let begin = recorder.steps();
        case.file.flush().unwrap();
        let listing = listing::list_bytes(recorder.to_vec()).unwrap();
        flushes.push((begin, recorder.steps(), listing));
    }
    // What is not flushed must not be found.
    std::mem::forget(case.file);
    (first, flushes)
}
