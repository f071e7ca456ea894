//! A file that a workload changes, on a storage that remembers every call.

use crate::support;
use crate::support::listing::{Listing, Overwritten, list, list_bytes};
use crate::support::recorder::{Plan, Recorder, Step};
use hdfive::{Dataset, File, FileBuilder, H5Type, LibraryVersion, Result, Selection, Storage};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
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

/// A workload under way, or done.
#[derive(Debug)]
pub struct Session {
    pub file: File,
    builder: FileBuilder,
    recorder: Arc<Recorder>,
    durable: bool,
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
    pub fn open(workload: &Workload, durable: bool, plan: Option<Plan>) -> Option<Result<Self>> {
        let start = match workload.start {
            Start::New(_) => Vec::new(),
            Start::Made(name, format) => {
                fs::read(made()?.join(format!("{name}-{format}.h5"))).unwrap()
            }
        };
        let recorder = Arc::new(match plan {
            Some(plan) => Recorder::failing(start, plan),
            None => Recorder::new(start),
        });
        Some(Self::open_on(workload, durable, recorder))
    }

    /// As [`open`](Self::open), on a storage that holds the start.
    pub fn open_on(workload: &Workload, durable: bool, recorder: Arc<Recorder>) -> Result<Self> {
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
        let mut session =
            Self { file, builder, recorder, durable, flushes, in_place, flushing: false };
        session.note(0);
        Ok(session)
    }

    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Notes the state that a flush, which began at a step, led to.
    fn note(&mut self, begin: usize) {
        let bytes = self.recorder.to_vec();
        let state = list_bytes(bytes.clone()).expect("a file that was flushed");
        let end = self.recorder.steps();
        self.flushes.push(Flush { begin, end, bytes, state: Arc::new(state) });
    }

    /// What the file holds for who changes it is what a flush writes down.
    pub fn flush(&mut self) -> Result<()> {
        let begin = self.recorder.steps();
        self.flushing = true;
        let before = list(&self.file)?;
        if self.durable {
            self.file.sync()?
        } else {
            self.file.flush()?
        }
        self.flushing = false;
        self.note(begin);
        assert_eq!(**self.last(), before, "what was flushed is what was there");
        assert_eq!(**self.last(), list(&self.file)?, "a flush changes nothing");
        Ok(())
    }

    fn last(&self) -> &Arc<Listing> {
        &self.flushes.last().expect("the start").state
    }

    /// Closes the file and opens it once more.
    pub fn reopen(&mut self) -> Result<()> {
        let begin = self.recorder.steps();
        self.flushing = true;
        let before = list(&self.file)?;
        self.file.clone().close()?;
        self.note(begin);
        assert_eq!(**self.last(), before, "what was closed is what was there");
        let storage = Arc::clone(&self.recorder) as Arc<dyn Storage>;
        self.file = self.builder.open_storage_rw(storage)?;
        self.flushing = false;
        Ok(())
    }

    /// Writes consecutive elements, counted from the first of the dataset, that are overwritten in
    /// place: half of them may be there at any time.
    pub fn overwrite(&mut self, path: &str, first: usize, values: &[i32]) -> Result<()> {
        let dataset = self.file.dataset(path)?;
        let step = self.recorder.steps();
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let what = Overwritten { fact: format!("/{path}="), start: first * 4, bytes };
        // Before it is done: a write that fails may be half done.
        self.in_place.push(InPlace { step, what });
        write_row_major(&dataset, first, values)
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
    let mut session = Session::open(workload, durable, None)?.unwrap();
    let start = match workload.start {
        Start::New(_) => Vec::new(),
        Start::Made(name, format) => fs::read(made()?.join(format!("{name}-{format}.h5"))).unwrap(),
    };
    let done = (workload.run)(&mut session);
    done.unwrap_or_else(|error| panic!("{}: {error}", workload.full_name()));
    Some(session.finish(workload.full_name(), start))
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
    let folder = support::target().join("crash").join(format!("{kind}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
