//! What writers and readers of both languages agree on: see `common.py`.

use std::fs::File as Plain;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What elements are that nobody wrote.
pub const FILL: i64 = -1;
/// Rows of the datasets whose last size is known.
pub const LIMIT: usize = 200_000;
/// Rows of those that have all their elements at once.
pub const WHOLE: usize = 64;

/// What a writer tells readers, beside the file: rows flushed, and whether that is all.
pub struct Board(Plain);

impl Board {
    pub fn new(path: &Path) -> Self {
        let board =
            Plain::options().read(true).write(true).create(true).truncate(true).open(path).unwrap();
        board.write_all_at(&[0; 16], 0).unwrap();
        Self(board)
    }

    pub fn open(path: &Path) -> Self {
        Self(Plain::open(path).unwrap())
    }

    pub fn tell(&self, rows: usize, over: bool) {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&u64::try_from(rows).unwrap().to_le_bytes());
        bytes[8] = u8::from(over);
        self.0.write_all_at(&bytes, 0).unwrap();
    }

    pub fn read(&self) -> (usize, bool) {
        let mut bytes = [0; 16];
        self.0.read_exact_at(&mut bytes, 0).unwrap();
        let rows = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        (usize::try_from(rows).unwrap(), bytes[8] != 0)
    }
}

/// Columns of the dataset that grows both ways, once it has so many rows.
pub fn width(rows: usize) -> usize {
    usize::try_from(rows.max(1).ilog2()).unwrap() + 1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// There are rows only.
    None,
    Some(usize),
    /// More and more: [`width`].
    Width,
}

impl Columns {
    pub fn of(self, rows: usize) -> Option<usize> {
        match self {
            Self::None => None,
            Self::Some(count) => Some(count),
            Self::Width => Some(width(rows)),
        }
    }
}

/// A dataset.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    pub columns: Columns,
    pub limit: Option<usize>,
    /// It has all its rows from the start.
    pub whole: bool,
}

impl Kind {
    /// The rows it has, or has written, once the others have so many.
    pub fn rows(&self, rows: usize) -> usize {
        self.limit.map_or(rows, |limit| rows.min(limit))
    }
}

const fn kind(name: &'static str, columns: Columns, limit: Option<usize>, whole: bool) -> Kind {
    Kind { name, columns, limit, whole }
}

pub const KINDS: [Kind; 10] = [
    kind("line", Columns::None, None, false),
    kind("rows", Columns::Some(8), None, false),
    kind("both", Columns::Width, None, false),
    kind("fixed", Columns::None, Some(LIMIT), false),
    kind("packed", Columns::None, None, false),
    kind("packed_both", Columns::Some(6), None, false),
    kind("packed_fixed", Columns::None, Some(LIMIT), false),
    kind("big", Columns::None, None, false),
    kind("one", Columns::None, Some(WHOLE), true),
    kind("apart", Columns::None, Some(WHOLE), true),
];

/// What elements are, of rows `first` to `last`.
pub fn values(first: usize, last: usize, columns: Option<usize>) -> Vec<i64> {
    let row = |row: usize| {
        (0..columns.unwrap_or(1)).map(move |column| i64::try_from(row * 1000 + column).unwrap())
    };
    (first..last).flat_map(row).collect()
}
