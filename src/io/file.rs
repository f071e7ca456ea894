//! A file read and written by positioned reads and writes.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use super::Storage;

/// A file of the operating system, read and written at positions: no map, no shared cursor.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use hdfive::{File, FileStorage};
/// let storage = FileStorage::open("tests/fixtures/tour_latest.h5")?;
/// let file = File::from_storage(Arc::new(storage))?;
/// # assert!(file.link_exists("run1"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileStorage {
    file: File,
    writable: bool,
}

impl FileStorage {
    /// Opens the regular file at `path` for reading.
    ///
    /// # Errors
    ///
    /// Whatever the operating system reports; [`io::ErrorKind::InvalidInput`] for a directory or
    /// a device.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open_after(path, |_| Ok(()))
    }

    /// As [`open`](Self::open), once `prepare` is done with the file.
    pub(crate) fn open_after<E: From<io::Error>>(
        path: impl AsRef<Path>,
        prepare: impl FnOnce(&File) -> Result<(), E>,
    ) -> Result<Self, E> {
        let file = Self::open_anything(path, prepare)?;
        length(&file.file)?;
        Ok(file)
    }

    /// As [`open_after`](Self::open_after), whatever lies there: for who finds out, as
    /// [`HeadStorage`](super::HeadStorage) does.
    pub(crate) fn open_anything<E: From<io::Error>>(
        path: impl AsRef<Path>,
        prepare: impl FnOnce(&File) -> Result<(), E>,
    ) -> Result<Self, E> {
        let file = File::open(path)?;
        prepare(&file)?;
        Ok(Self { file, writable: false })
    }

    /// Opens the regular file at `path` for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_rw(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        Self::writable(options.read(true).write(true), path.as_ref())
    }

    /// Makes a file at `path`, where there is none yet, for reading and writing.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] where there is one; whatever the operating system reports.
    pub fn create_new(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        Self::writable(options.read(true).write(true).create_new(true), path.as_ref())
    }

    fn writable(options: &OpenOptions, path: &Path) -> io::Result<Self> {
        let file = options.open(path)?;
        length(&file)?;
        Ok(Self { file, writable: true })
    }

    /// Bytes of the file, which must be a regular one.
    pub(super) fn regular_len(&self) -> io::Result<u64> {
        length(&self.file)
    }

    /// Whether that is all of a regular file. All that there is to know of a file takes three times as long to
    /// ask for as its end.
    pub(super) fn ends_at(&self, len: u64) -> bool {
        len > 0 && (&self.file).seek(SeekFrom::End(0)).is_ok_and(|end| end == len)
    }

    /// Reads bytes from the start on, as many as the system gives at once; how many that are.
    pub(super) fn read_first(&self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            #[cfg(unix)]
            let read = std::os::unix::fs::FileExt::read_at(&self.file, buf, 0);
            #[cfg(windows)]
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, buf, 0);
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    /// The open file, of which this storage lets go.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }

    /// The open file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// Bytes of a file, which must be a regular one.
fn length(file: &File) -> io::Result<u64> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let what = "not a regular file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    Ok(metadata.len())
}

impl Storage for FileStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
            match std::os::windows::fs::FileExt::seek_read(&self.file, rest, at) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => done = done.saturating_add(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_writable(&self) -> bool {
        self.writable
    }

    #[cfg(unix)]
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
    }

    #[cfg(windows)]
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
            match std::os::windows::fs::FileExt::seek_write(&self.file, rest, at) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => done = done.saturating_add(written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }
}
