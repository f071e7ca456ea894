//! What is compared: a piece of work, and the programs that do it.

use anyhow::Result;
use clap::ValueEnum;

use crate::session::Session;

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Program {
    /// The C library, with its defaults.
    Libhdf5,
    /// This library, with one thread.
    Hdfive1,
    /// This library, with two threads.
    Hdfive2,
    /// The crate hdf5-pure.
    Hdf5Pure,
    /// The crate rust-hdf5.
    RustHdf5,
}

impl Program {
    /// All, the one that the others are measured by first.
    pub const ALL: [Self; 5] =
        [Self::Libhdf5, Self::Hdfive1, Self::Hdfive2, Self::Hdf5Pure, Self::RustHdf5];

    /// How many threads this library may use, where it is this library.
    pub fn threads(self) -> usize {
        if self == Self::Hdfive2 { 2 } else { 1 }
    }

    /// As in the heading of a column.
    pub fn title(self) -> &'static str {
        match self {
            Self::Libhdf5 => "libhdf5",
            Self::Hdfive1 => "hdfive, 1 thread",
            Self::Hdfive2 => "hdfive, 2 threads",
            Self::Hdf5Pure => "hdf5-pure",
            Self::RustHdf5 => "rust-hdf5",
        }
    }
}

/// How often faster than libhdf5 this library is meant to be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target {
    pub one_thread: Option<f64>,
    pub two_threads: Option<f64>,
}

/// For both numbers of threads.
pub const fn target(one_thread: f64, two_threads: f64) -> Target {
    Target { one_thread: Some(one_thread), two_threads: Some(two_threads) }
}

/// For one thread; two make no difference, and are not run.
pub const fn target_one(one_thread: f64) -> Target {
    Target { one_thread: Some(one_thread), two_threads: None }
}

/// A piece of work that each program does as well as its interface lets it.
///
/// `run` calls [`Session::time`] once, or returns [`cannot`] for a program that has no way to do it.
#[derive(Clone, Copy)]
pub struct Workload {
    /// Short and without spaces, to choose it by: `r4`.
    pub name: &'static str,
    pub title: &'static str,
    pub target: Target,
    pub run: fn(Program, &mut Session) -> Result<()>,
}

/// A program has no way to do a piece of work.
#[derive(Debug)]
pub struct Cannot(pub &'static str);

impl std::fmt::Display for Cannot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Cannot {}

/// For a program that has no way to do a piece of work.
pub fn cannot(why: &'static str) -> Result<()> {
    Err(Cannot(why).into())
}
