//! Other files that a file names: HDF5 files behind links and virtual datasets, files of raw data.
//!
//! A file that is open for writing anywhere in this program is shared, so that what is changed
//! through one handle is seen through all.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{OpenOptions, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::io::{FileStorage, Storage};
use crate::limits::Limits;
use crate::object::external::{ExternalKind, ExternalRequest};

/// Files that are open for writing, by their real paths.
static WRITABLE: Mutex<Vec<(PathBuf, Weak<Store>)>> = Mutex::new(Vec::new());

/// What one file had opened because it names it.
#[derive(Debug, Default)]
pub(super) struct OtherFiles {
    /// HDF5 files, by their real paths.
    opened: Mutex<HashMap<PathBuf, Arc<Store>>>,
    /// Files of raw data that were written to since the last commit that survives a loss of power.
    raw: Mutex<BTreeSet<PathBuf>>,
}

impl OtherFiles {
    fn opened(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<Store>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those opened for writing.
    fn writable(&self) -> Vec<Arc<Store>> {
        let opened = self.opened();
        opened.values().filter(|store| store.is_writable()).cloned().collect()
    }
}

/// The path without detours; the path itself where that cannot be told.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

impl Store {
    /// The file, to be used by all; where it is open for writing, the files that name it find it.
    pub(crate) fn shared(self: Arc<Self>) -> Arc<Self> {
        if let Some(path) = self.path().filter(|_| self.is_writable()) {
            let mut all = WRITABLE.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|(_, store)| store.strong_count() > 0);
            all.push((real(path), Arc::downgrade(&self)));
        }
        self
    }

    /// Opens the HDF5 file `name` that this one names: for writing where this one is open for
    /// writing and the other can be, for reading otherwise.
    pub(crate) fn open_other(&self, kind: ExternalKind, name: &[u8]) -> Result<Arc<Self>> {
        let path = self.external_path(kind, name, false)?;
        let key = real(&path);
        if let Some(store) = writable(&key) {
            return Ok(store);
        }
        let known = self.others.opened().get(&key).cloned();
        if let Some(store) = known.filter(|store| !store.space.is_closed()) {
            return Ok(store);
        }
        let depth = self.depth.saturating_add(1);
        Limits::check("file_depth", depth, self.options.limits.file_depth)?;
        let opener = self.options.opener.ok_or_else(|| {
            Error::unsupported("opening other files from a file that has no path")
        })?;
        let storage = match opener(&path, self.is_writable()) {
            Err(error) if self.is_writable() && is_for_reading_only(&error) => opener(&path, false),
            opened => opened,
        }?;
        let writable = self.is_writable() && storage.is_writable();
        // What holds for the files of this one's storage does not hold for others.
        let options = OpenOptions { joined: None, writable, ..self.options.clone() };
        let store = Self::open_nested(storage, Some(path), options, depth)?.shared();
        self.others.opened().insert(key, Arc::clone(&store));
        Ok(store)
    }

    /// The path of the file `name` that this one names, if it may be opened; where it is opened for
    /// `writing`, that of the one to be made where there is none.
    pub(crate) fn external_path(
        &self,
        kind: ExternalKind,
        name: &[u8],
        writing: bool,
    ) -> Result<PathBuf> {
        let name = path_of(name)?;
        let request = ExternalRequest { kind, name: &name, from: self.path(), writing };
        self.options.external.resolve(&request)
    }

    /// Notes that a file of raw data is written to, which takes no part in commits.
    pub(crate) fn note_raw_file(&self, path: &Path) {
        let mut raw = self.others.raw.lock().unwrap_or_else(PoisonError::into_inner);
        if !raw.contains(path) {
            raw.insert(path.to_owned());
        }
    }

    /// Waits until what was written to files of raw data would survive a loss of power.
    pub(super) fn sync_raw_files(&self) -> Result<()> {
        let mut raw = self.others.raw.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(path) = raw.first() {
            match FileStorage::open_rw(path).and_then(|file| file.sync()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => raw.pop_first(),
            };
        }
        Ok(())
    }

    /// Writes down what was changed in files that this one had opened.
    pub(super) fn flush_others(&self, durable: bool) -> Result<()> {
        self.others.writable().iter().try_for_each(|store| store.flush(durable))
    }

    /// Writes down and closes the files that this one had opened for writing.
    pub(super) fn close_others(&self) -> Result<()> {
        let mut closed = Ok(());
        for store in self.others.writable() {
            closed = closed.and(store.close());
        }
        self.others.opened().retain(|_, store| !store.space.is_closed());
        closed
    }
}

/// The file with this real path, where it is open for writing.
fn writable(path: &Path) -> Option<Arc<Store>> {
    let all = WRITABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found =
        all.iter().filter(|(at, _)| at == path).filter_map(|(_, store)| store.upgrade());
    found.find(|store| !store.space.is_closed())
}

/// Refuses to change a file that is open for writing in this program already, whatever the locks
/// say: two that change it do not know of each other.
pub(crate) fn check_unwritten(path: &Path) -> Result<()> {
    if writable(&real(path)).is_none() {
        return Ok(());
    }
    let busy = "the file is open for writing already, in this program";
    let error = Error::from(io::Error::new(io::ErrorKind::WouldBlock, busy));
    Err(error.under(&path.display().to_string()))
}

/// Whether a file was not opened for writing because others may only read it now.
fn is_for_reading_only(error: &Error) -> bool {
    let kinds = [
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::ReadOnlyFilesystem,
        io::ErrorKind::WouldBlock,
    ];
    matches!(error.kind(), ErrorKind::Io(error) if kinds.contains(&error.kind()))
}

#[cfg(unix)]
fn path_of(name: &[u8]) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(name)))
}

#[cfg(not(unix))]
fn path_of(name: &[u8]) -> Result<PathBuf> {
    let name = std::str::from_utf8(name);
    name.map(PathBuf::from).map_err(|_| Error::unsupported("a file name that is not UTF-8"))
}
