//! Writers that leave it to the library when to write down what they do: after 64 MiB of changes,
//! or after 5 s.

use crate::process::{kill, say};
use crate::support::python_in;
use hdfive::{Error, File, Result, SharedMemory};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The kind of writer.
pub const NAME: &str = "automatic";

/// Frames that are written one after the other, again and again.
const FRAMES: usize = 20;
/// Bytes of a frame. All frames are more than what may gather.
const FRAME: usize = 4 << 20;
const MOST_BYTES: usize = 64 << 20;
const MOST_MILLISECONDS: u64 = 5_000;

/// One writer.
#[derive(Debug, Clone)]
pub struct Writer {
    pub path: PathBuf,
    /// Whether it changes little, and not often: then time is what makes it write.
    pub slow: bool,
}

/// What reads what is left with h5py.
const SCRIPT: &str = "
import sys
import h5py
for path in sys.argv[1:]:
    with h5py.File(path, 'r') as file:
        frames = [file['frames'][number] for number in range(len(file['frames']))]
        assert all(frame.min() == frame.max() for frame in frames), path
        rows = file['rows'][()].tolist()
        print(*(frame[0] for frame in frames), file.attrs['last'], *rows)
";

/// What one who reads the file finds of what was done in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    /// What all elements of each frame are.
    frames: Vec<u8>,
    /// The attribute `last`.
    last: i32,
    rows: Vec<i32>,
}

/// What the elements of a frame are, by the number of the write, from 1 on.
fn value_of(number: usize) -> u8 {
    (number % 251) as u8
}

impl Found {
    /// After some edits.
    fn after(edits: usize) -> Self {
        let done = |kind: usize| (edits + 3 - kind) / 4;
        // The last write of each frame.
        let frame = |at: usize| (1..=done(0)).rev().find(|number| (number - 1) % FRAMES == at);
        let frames = (0..FRAMES).map(|at| value_of(frame(at).unwrap_or(0))).collect();
        let row = |row: usize| if row <= done(3) { row as i32 } else { 0 };
        Self { frames, last: done(1) as i32, rows: (1..=done(2)).map(row).collect() }
    }

    /// What a reader of this library finds.
    fn in_file(file: &File) -> Result<Self> {
        let bytes: Vec<u8> = file.dataset("frames")?.read_raw()?;
        let frame = |frame: &[u8]| {
            assert!(frame.iter().all(|byte| *byte == frame[0]), "half a frame");
            frame[0]
        };
        let frames = bytes.chunks_exact(bytes.len() / FRAMES).map(frame).collect();
        let last = file.attr("last")?.read_scalar()?;
        Ok(Self { frames, last, rows: file.dataset("rows")?.read_raw()? })
    }

    /// What h5py found, in the words of the script.
    fn in_line(line: &str) -> Self {
        let mut numbers = line.split(' ').map(|number| number.parse().unwrap());
        let frames = numbers.by_ref().take(FRAMES).map(|number: i32| number as u8).collect();
        Self { frames, last: numbers.next().unwrap(), rows: numbers.collect() }
    }
}

impl Writer {
    /// As the words of its task have it.
    pub fn parse(task: &str) -> Self {
        let (pace, path) = task.split_once(' ').unwrap();
        Self { path: path.into(), slow: pace == "slow" }
    }

    /// Changes the file until it is killed; says which edit begins, and when.
    pub fn run(&self) -> Result<()> {
        let file = File::create(&self.path)?;
        let frame = if self.slow { 64 } else { FRAME };
        // What goes through a filter is not overwritten where it lies.
        let new = file.new_dataset::<u8>().shape((FRAMES, frame)).chunk((1, frame)).fletcher32();
        let frames = new.create("frames")?;
        let rows = file.new_dataset::<i32>().shape(0..).chunk(64).deflate(1).create("rows")?;
        let last = file.new_attr::<i32>().create("last")?;
        file.flush()?;
        let start = Instant::now();
        for edit in 0.. {
            say(&format!("edit {edit} {}", start.elapsed().as_millis()));
            let number = edit / 4 + 1;
            let value = number as i32;
            match edit % 4 {
                0 => frames
                    .write_slice_raw(&vec![value_of(number); frame], (edit / 4 % FRAMES, ..))?,
                1 => last.write_scalar(&value)?,
                2 => rows.resize(&[number])?,
                _ => rows.write_slice_raw(&[value], number - 1..number)?,
            }
            if self.slow {
                std::thread::sleep(Duration::from_millis(25));
            }
        }
        Ok(())
    }

    /// Runs it as a process, kills that, and says what is wrong with the file, to be asked of what
    /// readers found.
    pub fn kill(&self, after: Duration) -> Check {
        let pace = if self.slow { "slow" } else { "fast" };
        let told = kill(&format!("{NAME} {pace} {}", self.path.display()), "edit", after);
        let times = told.iter().enumerate().map(|(edit, line)| {
            let (number, time) = line.split_once(' ').unwrap();
            assert_eq!(number, edit.to_string(), "edits are told of one by one");
            time.parse().unwrap()
        });
        Check { writer: self.clone(), times: times.collect() }
    }
}

/// What a file may be whose writer was killed.
#[derive(Debug)]
pub struct Check {
    writer: Writer,
    /// When each edit began, in milliseconds.
    times: Vec<u64>,
}

impl Check {
    pub fn path(&self) -> &Path {
        &self.writer.path
    }

    /// Whether the file may hold the first so many edits.
    fn may_be_after(&self, edits: usize) -> bool {
        // The last one told of may be whole, or not there at all.
        let last = self.times.len() - 1;
        let lost = edits..last;
        let bytes = lost.filter(|edit| edit % 4 == 0).count() * FRAME;
        // Between the end of the first edit that is lost and the beginning of the last that is.
        let time = (last.checked_sub(1)).map(|end| self.times[end]).zip(self.times.get(edits + 1));
        let time = time.map_or(0, |(end, start)| end.saturating_sub(*start));
        (self.writer.slow || bytes < MOST_BYTES) && time <= MOST_MILLISECONDS
    }

    fn possible(&self) -> impl Iterator<Item = usize> {
        (0..=self.times.len()).filter(|edits| self.may_be_after(*edits))
    }

    /// The edits that are in the file.
    fn judge(&self, found: &Found) -> std::result::Result<usize, String> {
        self.possible().find(|edits| Found::after(*edits) == *found).ok_or_else(|| {
            let possible: Vec<usize> = self.possible().collect();
            let (first, last) = (possible.first(), possible.last());
            format!("{:?}: {found:?}, not as of edits {first:?} to {last:?}", self.writer)
        })
    }

    /// The edits that are in the file, for readers of this library.
    pub fn edits(&self) -> std::result::Result<usize, String> {
        let read = || Found::in_file(&File::open(&self.writer.path)?);
        let as_read = self.judge(&read().map_err(|error| error.to_string())?)?;
        let write = || {
            let bytes = std::fs::read(&self.writer.path)?;
            let storage = Arc::new(SharedMemory::new(bytes));
            Found::in_file(&File::with_options().open_storage_rw(storage)?)
        };
        let as_recovered = self.judge(&write().map_err(|error: Error| error.to_string())?)?;
        if as_recovered != as_read {
            return Err(format!("{:?}: after {as_read} or {as_recovered} edits", self.writer));
        }
        Ok(as_read)
    }

    /// What is wrong with what h5py found, which may come in between two commits: then each part of
    /// the file is as of one of them.
    fn wrong_for_h5py(&self, found: &Found) -> Option<String> {
        let possible: Vec<Found> = self.possible().map(Found::after).collect();
        let frame = |at: usize| possible.iter().any(|is| is.frames[at] == found.frames[at]);
        let parts = [
            (0..FRAMES).all(frame),
            possible.iter().any(|is| is.last == found.last),
            possible.iter().any(|is| is.rows == found.rows),
        ];
        parts.contains(&false).then(|| format!("h5py: {:?}: {found:?}", self.writer))
    }
}

/// What is wrong with files for h5py.
pub fn all_wrong_for_h5py(checks: &[Check]) -> Vec<String> {
    let paths: Vec<&str> = checks.iter().map(|check| check.path().to_str().unwrap()).collect();
    let Some(lines) = python_in(checks[0].path().parent().unwrap(), SCRIPT, &paths) else {
        return Vec::new();
    };
    assert_eq!(lines.lines().count(), checks.len());
    let found = checks.iter().zip(lines.lines().map(Found::in_line));
    found.filter_map(|(check, found)| check.wrong_for_h5py(&found)).collect()
}
