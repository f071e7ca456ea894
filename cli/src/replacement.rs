//! A file that is written beside its place, and takes that when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file that comes to be.
#[derive(Debug)]
pub(crate) struct Replacement {
    file: File,
    /// Where it is written.
    at: PathBuf,
    /// Where it belongs.
    place: PathBuf,
}

impl Replacement {
    /// Begins a file that is to be at `place`, or at what a link there leads to.
    pub(crate) fn of(place: &Path) -> io::Result<Self> {
        let place = fs::canonicalize(place).unwrap_or_else(|_| place.to_owned());
        if place.exists() && !place.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
        }
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let at = place.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&at)?;
        Ok(Self { file, at, place })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.at
    }

    /// Adds `len` bytes of a file, from `from` on.
    pub(crate) fn add_part(&mut self, source: &mut File, from: u64, len: u64) -> io::Result<()> {
        source.seek(SeekFrom::Start(from))?;
        let copied = io::copy(&mut source.take(len), &mut self.file)?;
        if copied == len { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Adds `len` zeros.
    pub(crate) fn add_zeros(&mut self, len: u64) -> io::Result<()> {
        io::copy(&mut io::repeat(0).take(len), &mut self.file).map(|_| ())
    }

    /// Puts the file in its place, in that of what was there.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Ok(old) = fs::metadata(&self.place) {
            self.file.set_permissions(old.permissions())?;
        }
        self.file.sync_all()?;
        fs::rename(&self.at, &self.place)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // It is not there any more where it is in its place.
        let _ = fs::remove_file(&self.at);
    }
}
