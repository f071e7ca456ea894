//! Writers that flush when they want to, or never.

use crate::crash::session::made;
use crate::crash::states::{Allowed, Crashed};
use crate::crash::story::{Kind, Story};
use crate::process::{kill, say, wait};
use crate::support::listing::list_bytes;
use hdfive::{File, FileBuilder, LibraryVersion, Result, SharedMemory};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The kind of writer.
pub const NAME: &str = "flushing";

/// Formats of files that h5py makes.
const FORMATS: [&str; 3] = ["earliest", "v108", "latest"];

/// Files that h5py makes, and what in them is told of.
const MADE: [(&str, &[(&str, Kind)]); 4] = [
    (
        "arrays",
        &[
            ("contiguous", Kind::Block),
            ("fixed", Kind::Block),
            ("implicit", Kind::Block),
            ("compact", Kind::Block),
            ("late", Kind::Block),
            ("extensible", Kind::Plain),
            ("tree", Kind::Plain),
            ("extensible_filtered", Kind::Packed),
            ("tree_filtered", Kind::Packed),
        ],
    ),
    ("words", &[("chunked", Kind::Words), ("filtered", Kind::Words), ("lists", Kind::Lists)]),
    ("links", &[("many", Kind::Group), ("few", Kind::Group)]),
    ("attributes", &[("many", Kind::Group), ("few", Kind::Group)]),
];

/// A writer that has not been killed after so many rounds does no more. Machines stand still at
/// times, and all that the writer did is done once more to know what may be in the file.
const ROUNDS: usize = 600;

/// One writer. Its seed says all that it does.
#[derive(Debug, Clone)]
pub struct Writer {
    pub path: PathBuf,
    pub seed: u64,
    /// Whether it starts with a file that h5py made.
    pub made: bool,
}

/// What is left of a file whose writer was killed.
#[derive(Debug)]
pub struct Killed {
    /// Flushes of which the writer told.
    pub flushes: usize,
    pub crashed: Crashed,
    /// The file as it may be, flush by flush, in the order of what is allowed.
    pub files: Vec<Vec<u8>>,
}

impl Writer {
    /// As the words of [`task`](Self::task) have it.
    pub fn parse(task: &str) -> Self {
        let (seed, path) = task.split_once(' ').unwrap();
        let (made, seed) = match seed.strip_prefix("made:") {
            Some(seed) => (true, seed),
            None => (false, seed),
        };
        Self { path: path.into(), seed: seed.parse().unwrap(), made }
    }

    fn task(&self) -> String {
        let made = if self.made { "made:" } else { "" };
        format!("{NAME} {made}{} {}", self.seed, self.path.display())
    }

    /// Whether it ever flushes what it does.
    fn flushes(&self) -> bool {
        !self.seed.is_multiple_of(3)
    }

    /// Whether it closes the file at a flush, and opens it once more.
    fn closes(&self, flush: usize) -> bool {
        self.seed / 9 % 4 == 1 && flush % 3 == 2
    }

    fn builder(&self) -> FileBuilder {
        let builder =
            File::with_options().auto_flush(false).durable((self.seed / 27).is_multiple_of(3));
        if self.made {
            return builder;
        }
        let version = match self.seed / 3 % 3 {
            0 => LibraryVersion::Earliest,
            1 => LibraryVersion::V18,
            _ => LibraryVersion::V110,
        };
        builder
            .track_order((self.seed / 9).is_multiple_of(5))
            .library_versions(version, LibraryVersion::V110)
    }

    /// The file of h5py's that it starts with: its name, and what in it is told of.
    fn start(&self) -> (String, &'static [(&'static str, Kind)]) {
        let format = FORMATS[(self.seed / 3 % 3) as usize];
        let (name, objects) = MADE[(self.seed / 9 % 4) as usize];
        (format!("{name}-{format}.h5"), objects)
    }

    /// What the file holds before the writer opens it.
    fn start_bytes(&self) -> Vec<u8> {
        let read = || fs::read(made().expect("h5py is there").join(self.start().0)).unwrap();
        if self.made { read() } else { Vec::new() }
    }

    /// Whether h5dump, which is older than h5py, could read the file if nobody were killed.
    pub fn suits_h5dump(&self) -> bool {
        !self.made || !self.start().0.ends_with("latest.h5")
    }

    fn story(&self) -> Story {
        if self.made { Story::of(self.seed, self.start().1) } else { Story::new(self.seed) }
    }

    /// Changes the file until it is killed; says which flush is over, and how many rounds of changes
    /// have begun.
    pub fn run(&self) -> Result<()> {
        let builder = self.builder();
        let again = || builder.open_rw(&self.path);
        let mut file = if self.made { again()? } else { builder.create(&self.path)? };
        let mut story = self.story();
        let mut round = 0;
        for flush in 0.. {
            loop {
                say(&format!("told {flush} {round}"));
                if round == ROUNDS {
                    wait();
                    return Ok(());
                }
                round += 1;
                story.round(&file, &|| ())?;
                if self.flushes() {
                    break;
                }
            }
            file = self.flush(file, flush, &again)?;
            story.flushed();
        }
        Ok(())
    }

    fn flush(&self, file: File, flush: usize, again: &dyn Fn() -> Result<File>) -> Result<File> {
        if self.closes(flush) {
            file.close()?;
            return again();
        }
        file.flush()?;
        Ok(file)
    }

    /// Runs it as a process, kills that, and takes what it leaves.
    pub fn kill(&self, after: Duration) -> Killed {
        if self.made {
            fs::write(&self.path, self.start_bytes()).unwrap();
        }
        let told = kill(&self.task(), "told", after);
        let (flushes, rounds) = told.last().unwrap().split_once(' ').unwrap();
        let (flushes, rounds) = (flushes.parse().unwrap(), rounds.parse().unwrap());
        let (allowed, files) = self.allowed(flushes, rounds);
        let start = if self.made { self.start().0 } else { String::new() };
        let what = format!("{} {start}: killed after flush {flushes}, round {rounds}", self.task());
        let bytes = fs::read(&self.path).unwrap();
        Killed { flushes, crashed: Crashed { what, bytes, allowed }, files }
    }

    /// What the file may hold: the story as it was at the last flush, and at the next one, in the
    /// last round.
    fn allowed(&self, last: usize, rounds: usize) -> (Vec<Allowed>, Vec<Vec<u8>>) {
        let storage = SharedMemory::new(self.start_bytes());
        let builder = self.builder();
        let again = || builder.open_storage_rw(Arc::new(storage.clone()));
        let mut file = match self.made {
            true => again().unwrap(),
            false => builder.create_storage(Arc::new(storage.clone())).unwrap(),
        };
        let mut story = self.story();
        let (mut allowed, mut files) = (Vec::new(), Vec::new());
        let mut note = |flush| {
            let bytes = storage.to_vec();
            let state = Arc::new(list_bytes(bytes.clone()).unwrap());
            allowed.push(Allowed { flush, state, overwritten: Vec::new() });
            files.push(bytes);
        };
        for round in 0..=rounds {
            if round == last {
                note(last);
            }
            story.round(&file, &|| ()).unwrap();
            if self.flushes() {
                file = self.flush(file, round, &again).unwrap();
            }
            if round < last {
                story.flushed();
            }
        }
        if self.flushes() {
            note(last + 1);
        }
        allowed[0].overwritten = story.overwritten();
        (allowed, files)
    }
}
