//! Putting right what a writer that died left behind.

use std::path::Path;
use std::sync::Arc;

use super::open::{self, Driver, Locking};
use crate::error::Result;
use crate::io::Storage;
use crate::object::store::recover::{self, Jobs};
use crate::space::Leftover;

/// What is to be put right in a file whose writer died.
///
/// [`File::recover`](crate::File::recover) is this as it is by default: an unfinished flush is
/// finished, and the marks of an open file go.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{File, RecoveryBuilder, UnfinishedFlush};
/// # let path = std::env::temp_dir().join(format!("hdfive-recovery-{}.h5", std::process::id()));
/// File::create(&path)?.close()?;
/// let done = RecoveryBuilder::new().undo_flush(true).recover(&path)?;
/// assert_eq!(done.unfinished_flush, UnfinishedFlush::None);
/// # std::fs::remove_file(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RecoveryBuilder {
    jobs: Jobs,
    locking: Locking,
}

/// What became of a flush that was under way when the writer died.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let path = std::env::temp_dir().join("hdfive-doc-unfinished.h5");
/// # hdfive::File::create(&path)?.close()?;
/// use hdfive::{File, UnfinishedFlush};
/// match File::recover(&path)?.unfinished_flush {
///     UnfinishedFlush::None => println!("its writer closed it, or died between two flushes"),
///     other => println!("its writer died in a flush: {other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnfinishedFlush {
    /// There was none.
    None,
    /// It was finished: the file is as of the end of it.
    Finished,
    /// It was undone: the file is as of the flush before it.
    Undone,
    /// Another program has written the file since: what was left of the flush means nothing any
    /// more, and is gone.
    Dropped,
}

/// What was put right in a file.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let path = std::env::temp_dir().join("hdfive-doc-recovery.h5");
/// # hdfive::File::create(&path)?.close()?;
/// let done = hdfive::File::recover(&path)?;
/// assert!(!done.finished_flush && !done.cleared_status);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// What became of a flush that was under way.
    pub unfinished_flush: UnfinishedFlush,
    /// A flush that was under way was finished.
    pub finished_flush: bool,
    /// The marks of an open file were taken away.
    pub cleared_status: bool,
    /// The metadata cache image was taken away.
    pub removed_cache_image: bool,
    /// Bytes of the file now.
    pub size: u64,
}

/// Where a file ends: see [`RecoveryBuilder::ends`].
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let ends = hdfive::RecoveryBuilder::new().ends("tests/fixtures/tour_latest.h5")?;
/// assert_eq!(ends.stated, ends.stored);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileEnds {
    /// Bytes of the file as its superblock has it: the end-of-file address.
    pub stated: u64,
    /// Bytes that are there.
    pub stored: u64,
    /// It is marked as open for writing, which keeps libhdf5 from opening it.
    pub marked: bool,
}

impl Default for RecoveryBuilder {
    fn default() -> Self {
        let jobs = Jobs { take_back: false, status: true, cache_image: false, extend: None };
        Self { jobs, locking: Locking::default() }
    }
}

impl RecoveryBuilder {
    /// What [`File::recover`](crate::File::recover) does.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a flush that was under way is undone, rather than finished: the file is then as of
    /// the flush before it.
    #[must_use]
    pub fn undo_flush(mut self, on: bool) -> Self {
        self.jobs.take_back = on;
        self
    }

    /// Whether the marks of an open file go, which keep libhdf5 from opening it: on by default. The
    /// file then ends where its bytes end.
    ///
    /// A program that writes under SWMR holds no lock: that none is alive is for the caller to know.
    #[must_use]
    pub fn clear_status(mut self, on: bool) -> Self {
        self.jobs.status = on;
        self
    }

    /// Whether the metadata cache image goes, and what it holds is put in its place: off by default.
    #[must_use]
    pub fn remove_cache_image(mut self, on: bool) -> Self {
        self.jobs.cache_image = on;
        self
    }

    /// Lets the file end `bytes` bytes behind both the end its superblock states and the last of its
    /// bytes. With 0, a file that is shorter or longer than it should be ends where all of it is
    /// inside.
    #[must_use]
    pub fn extend_by(mut self, bytes: u64) -> Self {
        self.jobs.extend = Some(bytes);
        self
    }

    /// Whether the file is locked while it is put right.
    #[must_use]
    pub fn locking(mut self, locking: Locking) -> Self {
        self.locking = locking;
        self
    }

    /// Puts the file at `path` right.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where another program has the file open, or it cannot
    /// be written; [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where it is no HDF5 file.
    pub fn recover<P: AsRef<Path>>(&self, path: P) -> Result<Recovery> {
        let path = path.as_ref();
        let storage = open::for_writing(path, self.locking)?;
        self.recover_storage(storage).map_err(|error| error.under(&path.display().to_string()))
    }

    /// Puts the file in any storage right that takes writes.
    ///
    /// # Errors
    ///
    /// As [`recover`](Self::recover).
    pub fn recover_storage(&self, storage: Arc<dyn Storage>) -> Result<Recovery> {
        let done = recover::recover(&storage, self.jobs)?;
        let unfinished_flush = match done.leftover {
            Leftover::Nothing => UnfinishedFlush::None,
            Leftover::Finished => UnfinishedFlush::Finished,
            Leftover::TakenBack(_) => UnfinishedFlush::Undone,
            Leftover::Stale(_) => UnfinishedFlush::Dropped,
        };
        Ok(Recovery {
            unfinished_flush,
            finished_flush: unfinished_flush == UnfinishedFlush::Finished,
            cleared_status: done.status,
            removed_cache_image: done.cache_image,
            size: done.len,
        })
    }

    /// Where the file at `path` ends; nothing is put right.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where it cannot be read,
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where it is no HDF5 file.
    pub fn ends<P: AsRef<Path>>(&self, path: P) -> Result<FileEnds> {
        let path = path.as_ref();
        let named = |error: crate::Error| error.under(&path.display().to_string());
        let (storage, _) = open::driven(path, &Driver::Single, true, self.locking)?;
        let ends = recover::ends(&storage).map_err(named)?;
        Ok(FileEnds { stated: ends.stated, stored: ends.stored, marked: ends.marked })
    }
}
