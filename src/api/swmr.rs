//! One program writes to a file while others read it (SWMR: single writer, multiple readers).

use std::path::Path;

use super::dataset::Dataset;
use super::file::File;
use super::file_builder::FileBuilder;
use super::location::Location;
use crate::error::Result;

impl File {
    /// Opens the file at `path` for reading while another program, this library's or libhdf5's,
    /// writes to it in SWMR mode (h5py: `File(path, "r", swmr=True)`).
    ///
    /// Datasets stay as they were when they were opened, until [`refresh`](Location::refresh) looks
    /// again: everything that the writer had flushed by then is there, and nothing is ever half
    /// there. Rows that the writer has not flushed may be there already: where it is libhdf5, as fill
    /// values. Attributes and links are looked up in the file whenever they are asked for.
    ///
    /// A block that is met half written is read again, up to a hundred times, as libhdf5 does. The
    /// file is read at positions, never through a map.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::open_swmr("tests/fixtures/tour_latest.h5")?;
    /// let time = file.dataset("run1/time")?;
    /// let before = time.shape();
    /// // Meanwhile the writer adds rows, and flushes.
    /// time.refresh()?;
    /// # assert_eq!(time.shape(), before);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), but that what is marked as open for SWMR writing opens, and what is
    /// only marked as open for writing does not; [`ErrorKind::Io`](crate::ErrorKind::Io) where a
    /// program has the file open for writing and has not started SWMR yet.
    pub fn open_swmr<P: AsRef<Path>>(path: P) -> Result<Self> {
        FileBuilder::new().open_swmr(path)
    }

    /// Lets other programs read the file from here on while this one writes to it: this library's,
    /// with [`open_swmr`](Self::open_swmr), and libhdf5's (h5py: `File(path, "r", swmr=True)`).
    ///
    /// Until the file is closed, each [`flush`](Self::flush) is one for readers: they find
    /// everything up to it, and of what comes behind it all or nothing. The file is not locked any
    /// more, but marked; others do not open it for writing, nor for reading without SWMR. A writer
    /// that dies leaves the marks: [`recover`](Self::recover) takes them away, and nothing that was
    /// flushed is lost.
    ///
    /// What a writer may do from here on is:
    ///
    /// - write elements of datasets and of attributes that are there, but none that keep something
    ///   in heaps (variable-length strings and sequences, revised references);
    /// - let datasets grow: with any index of chunks but a version 1 B-tree, and not where only the
    ///   chunks across the edge go through no filters (`filter_partial_chunks(false)`).
    ///
    /// All else is an error and changes nothing: making, linking, moving, copying and deleting
    /// objects and attributes, making datasets smaller. Chunks without filters are written over where
    /// they are: readers may meet elements that they know already in the middle of a change, so a
    /// writer best appends only. What is given back meanwhile, chunks and blocks that moved, is not
    /// used again before the file is closed: a dataset with filters that is flushed row by row leaves
    /// the chunks behind that it has stored with fewer rows.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{File, LibraryVersion};
    /// # let path = std::env::temp_dir().join(format!("swmr-{}.h5", std::process::id()));
    /// let options = File::with_options().library_versions(LibraryVersion::V110, LibraryVersion::LATEST);
    /// let file = options.create(&path)?;
    /// let log = file.new_dataset::<f64>().shape(0..).chunk(256).create("log")?;
    /// file.start_swmr()?;
    /// let reader = File::open_swmr(&path)?.dataset("log")?;
    /// log.append(&[1.0, 2.5], 0)?;
    /// log.flush()?;
    /// reader.refresh()?;
    /// assert_eq!(reader.read_raw::<f64>()?, [1.0, 2.5]);
    /// assert!(file.create_group("more").is_err());
    /// file.close()?;
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) of a file that is open for reading only, in SWMR
    /// mode already, or of a format before
    /// [`V110`](crate::LibraryVersion::V110); what the flush meets that comes first.
    pub fn start_swmr(&self) -> Result<()> {
        self.under(self.found.store.start_swmr())
    }

    /// Whether the file is in SWMR mode: this handle writes to it while others read it, or follows
    /// what another program writes.
    #[must_use]
    pub fn is_swmr(&self) -> bool {
        self.found.store.is_swmr()
    }

    /// Lets every dataset of the file that is open be as the writer has flushed it: see
    /// [`Location::refresh`].
    ///
    /// # Errors
    ///
    /// As [`Location::refresh`].
    pub fn refresh(&self) -> Result<()> {
        self.under(self.found.store.refresh_all())
    }

    /// Blocks that were met half written by another program, and had to be read again, since the
    /// file was opened with [`open_swmr`](Self::open_swmr).
    #[must_use]
    pub fn metadata_read_retries(&self) -> u64 {
        self.found.store.space().reads_again()
    }
}

impl Location {
    /// Looks again at an object of a file opened with [`File::open_swmr`]: everything that the
    /// writer has flushed is seen from here on, through every handle of the object. Of a virtual
    /// dataset the sources that were used are looked at, too.
    ///
    /// Does nothing in files opened otherwise: nobody else writes to them.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// let file = hdfive::File::open_swmr("tests/fixtures/tour_latest.h5")?;
    /// let time = file.dataset("run1/time")?;
    /// time.refresh()?;
    /// let newest: Vec<f64> = time.read_slice_raw(-2..)?;
    /// # assert_eq!(newest.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the object cannot be read; it is then as it was seen before.
    pub fn refresh(&self) -> Result<()> {
        self.under(self.found.store.refresh(self.token().0))
    }
}

impl Dataset {
    /// Writes down everything that was changed in the file so far, other datasets included: see
    /// [`File::flush`].
    ///
    /// # Errors
    ///
    /// As [`File::flush`].
    pub fn flush(&self) -> Result<()> {
        self.under(self.found.store.flush(false))
    }
}
