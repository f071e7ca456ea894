//! A reader of what another program writes.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::layout::{Board, Columns, FILL, KINDS, Kind, values, width};
use super::support::random::Random;
use hdfive::{Dataset, File};

/// Rows up to which all are read each time.
const ALL: usize = 5000;

/// What a reader did.
#[derive(Debug, Default)]
pub struct Done {
    rounds: usize,
    elements: usize,
    retries: u64,
    slowest: Duration,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, elements, retries, slowest } = self;
        write!(
            f,
            "hdfive read: {rounds} rounds, {elements} elements, {retries} blocks read again, \
             slowest round {} ms",
            slowest.as_millis()
        )
    }
}

/// What a writer can be relied on for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Its rows are there with all their elements, flushed or not.
    Rows,
    /// Rows that are not flushed may be fill values.
    Flushed,
}

/// A dataset, and what was seen of it.
pub struct Seen {
    kind: Kind,
    dataset: Dataset,
    rows: usize,
    /// Rows that are as they are to stay.
    certain: usize,
}

impl Seen {
    /// The datasets of a file.
    pub fn all(file: &File) -> Vec<Self> {
        let open = |kind: &Kind| {
            let dataset = file.dataset(kind.name).unwrap();
            Self { kind: *kind, dataset, rows: 0, certain: 0 }
        };
        KINDS.iter().map(open).collect()
    }

    /// Looks anew at the dataset, of which `sure` rows are flushed; gives how many elements were
    /// read.
    pub fn look(&mut self, trust: Trust, sure: usize, all: bool, random: &mut Random) -> usize {
        self.dataset.refresh().unwrap();
        let Self { kind, dataset, rows: before, certain: known } = self;
        let shape = dataset.shape();
        let (rows, columns) = (shape[0], shape.get(1).copied());
        let sure = kind.rows(sure);
        assert!(rows >= sure, "{}: missed a flush: {rows} rows of {sure}", kind.name);
        assert!(rows >= *before, "{}: {rows} rows, and {before} before", kind.name);
        *before = rows;
        let certain = match (trust, kind.columns) {
            (Trust::Rows, _) if !kind.whole => rows,
            // A new column of old rows is flushed with the new rows.
            (_, Columns::Width) if columns != Some(width(sure)) => 0,
            _ => sure,
        };
        *known = certain;
        let mut parts = vec![(0, rows)];
        if rows > ALL && !all {
            let other = random.below(rows - ALL / 2);
            parts = vec![(sure.saturating_sub(ALL), rows), (other, other + ALL / 2)];
        }
        let read = |(first, last)| check(kind, dataset, (first, last), columns, certain);
        parts.into_iter().map(read).sum()
    }

    /// Looks at the dataset as it was the last time.
    pub fn look_again(&self) {
        let shape = self.dataset.shape();
        assert_eq!(shape[0], self.rows, "{}", self.kind.name);
        check(&self.kind, &self.dataset, (0, self.rows), shape.get(1).copied(), self.certain);
    }
}

/// Rows `first` to `last` are what they must be; from `certain` on, perhaps not written yet.
fn check(
    kind: &Kind,
    dataset: &Dataset,
    (first, last): (usize, usize),
    columns: Option<usize>,
    certain: usize,
) -> usize {
    let found: Vec<i64> = match columns {
        None => dataset.read_slice_raw(first..last).unwrap(),
        Some(_) => dataset.read_slice_raw((first..last, ..)).unwrap(),
    };
    let expected = values(first, last, columns);
    assert_eq!(found.len(), expected.len(), "{}", kind.name);
    for (number, (found, expected)) in found.iter().zip(expected).enumerate() {
        let row = first + number / columns.unwrap_or(1);
        let right = *found == expected || (row >= certain && *found == FILL);
        assert!(right, "{}, row {row} of {certain}: {found} for {expected}", kind.name);
    }
    found.len()
}

/// Reads the file until its writer says that all is written.
pub fn read(path: &Path, board: &Path, trust: Trust) -> Done {
    let (board, mut random) = (Board::open(board), Random(3));
    let file = File::open_swmr(path).unwrap();
    let mut datasets = Seen::all(&file);
    let mut done = Done::default();
    loop {
        let (sure, over) = board.read();
        let start = Instant::now();
        for seen in &mut datasets {
            done.elements += seen.look(trust, sure, over, &mut random);
        }
        done.slowest = done.slowest.max(start.elapsed());
        done.rounds += 1;
        done.retries = file.metadata_read_retries();
        if over {
            return done;
        }
    }
}
