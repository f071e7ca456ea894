//! A file that a workload changes, on a storage that remembers every call.

use super::story::Story;
use crate::support;
use crate::support::listing::{Listing, Overwritten, list, list_bytes};
use crate::support::recorder::{Recorder, Step};
use hdfive::{Dataset, File, FileBuilder, H5Type, LibraryVersion, Result, Selection, Storage};
use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// What a workload starts with.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// A new file, of structures from this version on.
    New(LibraryVersion),
    /// A file that h5py made: its name in `make.py`, and the format.
    Made(&'static str, &'static str),
}

/// Changes and flushes that are the same in every run.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    pub start: Start,
    /// What is special about a new file.
    pub how: fn(FileBuilder) -> FileBuilder,
    pub run: fn(&mut Session) -> Result<()>,
}

impl Workload {
    /// What the storage holds before the first step; `None` where h5py would have to make it and is
    /// not there.
    pub fn start_bytes(&self) -> Option<Vec<u8>> {
        match self.start {
            Start::New(_) => Some(Vec::new()),
            Start::Made(name, format) => {
                Some(fs::read(made()?.join(format!("{name}-{format}.h5"))).unwrap())
            }
        }
    }

    pub fn full_name(&self) -> String {
        match self.start {
            Start::New(version) => format!("{} ({})", self.name, version.name()),
            Start::Made(_, format) => format!("{} (h5py {format})", self.name),
        }
    }
}

/// A flush: the steps before it and after it, and the file as it is then.
#[derive(Debug, Clone)]
pub struct Flush {
    pub begin: usize,
    pub end: usize,
    pub bytes: Vec<u8>,
    pub state: Arc<Listing>,
}

/// A dataset's bytes that were overwritten in place, from some step on.
#[derive(Debug, Clone)]
pub struct InPlace {
    pub step: usize,
    pub what: Overwritten,
}

/// How closely a workload is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Only when flushes were.
    Calls,
    /// What the file holds at every flush.
    Flushes,
    /// What the file holds before every change, too.
    Steps,
}

/// A workload under way, or done.
#[derive(Debug)]
pub struct Session {
    file: File,
    builder: FileBuilder,
    recorder: Arc<Recorder>,
    durable: bool,
    watch: Watch,
    /// What the file held before every change.
    pub trace: RefCell<Vec<Listing>>,
    /// The first of them is what the workload starts with.
    pub flushes: Vec<Flush>,
    pub in_place: Vec<InPlace>,
    /// A flush is under way, or has failed.
    pub flushing: bool,
}

/// What a workload did.
#[derive(Debug, Clone)]
pub struct Recording {
    pub name: String,
    /// What the storage held before the first step.
    pub start: Vec<u8>,
    pub steps: Vec<Step>,
    pub flushes: Vec<Flush>,
    pub in_place: Vec<InPlace>,
}

impl Session {
    /// Opens or makes the file; `None` where h5py would have to make it and is not there.
    pub fn open(workload: &Workload, durable: bool, watch: Watch) -> Option<Result<Self>> {
        let recorder = Arc::new(Recorder::new(workload.start_bytes()?));
        Some(Self::open_on(workload, durable, watch, recorder))
    }

    /// As [`open`](Self::open), on a storage that holds the start.
    pub fn open_on(
        workload: &Workload,
        durable: bool,
        watch: Watch,
        recorder: Arc<Recorder>,
    ) -> Result<Self> {
        let mut builder = File::with_options().durable(durable).auto_flush(false);
        let storage = Arc::clone(&recorder) as Arc<dyn Storage>;
        let file = match workload.start {
            Start::New(version) => {
                builder = (workload.how)(builder).library_versions(version, LibraryVersion::LATEST);
                builder.create_storage(storage)?
            }
            Start::Made(..) => builder.open_storage_rw(storage)?,
        };
        let (flushes, in_place) = (Vec::new(), Vec::new());
        let trace = RefCell::default();
        let flushing = false;
        let mut session =
            Self { file, builder, recorder, durable, watch, trace, flushes, in_place, flushing };
        session.note(0);
        Ok(session)
    }

    /// The file, to be changed once.
    pub fn file(&self) -> &File {
        self.step();
        &self.file
    }

    /// A change comes now.
    pub fn step(&self) {
        if self.watch == Watch::Steps {
            self.trace.borrow_mut().push(list(&self.file).expect("a file without faults"));
        }
    }

    /// What the file holds for who changes it.
    pub fn list(&self) -> Result<Listing> {
        list(&self.file)
    }

    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Notes the state that a flush, which began at a step, led to.
    fn note(&mut self, begin: usize) {
        let end = self.recorder.steps();
        let (bytes, state) = match self.watch {
            Watch::Calls => Default::default(),
            Watch::Flushes | Watch::Steps => {
                let bytes = self.recorder.to_vec();
                (bytes.clone(), list_bytes(bytes).expect("a file that was flushed"))
            }
        };
        self.flushes.push(Flush { begin, end, bytes, state: Arc::new(state) });
    }

    /// What the file holds for who changes it, where that is to be compared.
    fn seen(&self) -> Result<Option<Listing>> {
        (self.watch != Watch::Calls).then(|| list(&self.file)).transpose()
    }

    /// Compares the state after a flush with what was seen.
    fn compare(&self, seen: Option<Listing>, when: &str) {
        if let Some(seen) = seen {
            assert_eq!(**self.last(), seen, "{when}");
        }
    }

    /// What the file holds for who changes it is what a flush writes down.
    pub fn flush(&mut self) -> Result<()> {
        let begin = self.recorder.steps();
        self.step();
        self.flushing = true;
        let before = self.seen()?;
        if self.durable {
            self.file.sync()?
        } else {
            self.file.flush()?
        }
        self.flushing = false;
        self.note(begin);
        self.compare(before, "what was flushed is what was there");
        self.compare(self.seen()?, "a flush changes nothing");
        Ok(())
    }

    fn last(&self) -> &Arc<Listing> {
        &self.flushes.last().expect("the start").state
    }

    /// Closes the file and opens it once more.
    pub fn reopen(&mut self) -> Result<()> {
        let begin = self.recorder.steps();
        self.step();
        self.flushing = true;
        let before = self.seen()?;
        self.file.clone().close()?;
        self.flushing = false;
        self.note(begin);
        self.compare(before, "what was closed is what was there");
        let storage = Arc::clone(&self.recorder) as Arc<dyn Storage>;
        self.file = self.builder.open_storage_rw(storage)?;
        Ok(())
    }

    /// Writes consecutive elements, counted from the first of the dataset, that are overwritten in
    /// place: half of them may be there at any time.
    pub fn overwrite(&mut self, path: &str, first: usize, values: &[i32]) -> Result<()> {
        let dataset = self.file().dataset(path)?;
        let step = self.recorder.steps();
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let what = Overwritten { fact: format!("/{path}="), start: first * 4, bytes };
        // Before it is done: a write that fails may be half done.
        self.in_place.push(InPlace { step, what });
        write_row_major(&dataset, first, values)
    }

    /// Goes on with a story up to the next flush.
    pub fn tell(&mut self, story: &mut Story) -> Result<()> {
        let step = self.recorder.steps();
        let told = story.round(&self.file, &|| self.step());
        let overwritten = story.overwritten().into_iter();
        self.in_place.extend(overwritten.map(|what| InPlace { step, what }));
        told
    }

    /// Ends the workload.
    pub fn finish(self, name: String, start: Vec<u8>) -> Recording {
        let Self { recorder, flushes, in_place, .. } = self;
        Recording { name, start, steps: recorder.log(), flushes, in_place }
    }
}

/// Writes elements that follow each other in row-major order.
pub fn write_row_major<T: H5Type>(dataset: &Dataset, first: usize, values: &[T]) -> Result<()> {
    let shape = dataset.shape();
    let points = (first..first + values.len()).map(|mut number| {
        let mut point = vec![0; shape.len()];
        for (at, len) in point.iter_mut().zip(&shape).rev() {
            (*at, number) = ((number % len) as u64, number / len);
        }
        point
    });
    dataset.write_slice_raw(values, Selection::points(points)?)
}

/// Runs a workload to its end; `None` where h5py would have to make its start and is not there.
pub fn record(workload: &Workload, durable: bool) -> Option<Recording> {
    let mut session = Session::open(workload, durable, Watch::Flushes)?.unwrap();
    let done = (workload.run)(&mut session);
    done.unwrap_or_else(|error| panic!("{}: {error}", workload.full_name()));
    Some(session.finish(workload.full_name(), workload.start_bytes()?))
}

/// Where the files are that h5py made for workloads to start with.
pub fn made() -> Option<&'static PathBuf> {
    static MADE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let python = support::python()?;
        let folder = scratch("start");
        let done = Command::new(python)
            .arg(support::root().join("tests/crash/make.py"))
            .arg(&folder)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Some(folder)
    });
    made.as_ref()
}

/// A folder of this process for files of some kind.
pub fn scratch(kind: &str) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("{kind}-{}-{number}", std::process::id());
    let folder = support::target().join("crash").join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}
