//! Files.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Group;
use super::location::{Location, LocationType, kind_of};
use super::open::{self, Driver, Locking};
use crate::error::Result;
use crate::filter::{Filter, Registry};
use crate::format::message::{FileSpaceInfo, FileSpaceStrategy as StoredStrategy};
use crate::io::{Memory, Storage};
use crate::limits::Limits;
use crate::object::external::ExternalAccess;
use crate::object::path::Found;
use crate::object::store::{Joined, OpenOptions, Store};

/// An HDF5 file, and its root group: everything a [`Group`] can do, a file can.
///
/// A cheap handle: clones share the open file, and so does every object opened from it.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let values: Vec<f64> = file.dataset("run1/time")?.read_raw()?;
/// # assert_eq!(values.len(), 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct File {
    root: Group,
}

/// What a file's superblock says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileInfo {
    /// Version of the superblock.
    pub superblock_version: u8,
    /// Bytes before the superblock.
    pub userblock: u64,
    /// Bytes of an address.
    pub sizeof_addr: u8,
    /// Bytes of a length.
    pub sizeof_size: u8,
    /// Half the entries of a symbol-table node.
    pub sym_leaf_k: u16,
    /// Half the children of a group's B-tree node.
    pub sym_int_k: u16,
    /// Half the children of a chunk B-tree's node.
    pub chunk_k: u16,
    /// Number of indexes of shared messages.
    pub sohm_indexes: u8,
    /// How the file's free space is managed, where the file says so.
    pub file_space: Option<FileSpace>,
}

/// How a file's free space is managed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileSpace {
    /// By what means.
    pub strategy: FileSpaceStrategy,
    /// Whether free space is remembered when the file is closed.
    pub persist: bool,
    /// Bytes of the smallest free space that is remembered.
    pub threshold: u64,
    /// Bytes of a page.
    pub page_size: u64,
}

/// By what means a file's free space is managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileSpaceStrategy {
    /// Free-space managers, and blocks that small allocations are cut from.
    FsmAggregator,
    /// Pages, each with metadata or raw data alone.
    Page,
    /// Blocks that small allocations are cut from.
    Aggregator,
    /// Nothing: space comes from the end of the file.
    None,
    /// A strategy this library does not know, by its number.
    Other(u8),
}

impl FileSpace {
    fn of(stored: &FileSpaceInfo) -> Self {
        let strategy = match stored.strategy {
            StoredStrategy::FREE_SPACE_AND_AGGREGATORS => FileSpaceStrategy::FsmAggregator,
            StoredStrategy::PAGE => FileSpaceStrategy::Page,
            StoredStrategy::AGGREGATORS => FileSpaceStrategy::Aggregator,
            StoredStrategy::NONE => FileSpaceStrategy::None,
            StoredStrategy(other) => FileSpaceStrategy::Other(other),
        };
        let (persist, threshold) = (stored.persist, stored.threshold);
        Self { strategy, persist, threshold, page_size: stored.page_size }
    }
}

impl File {
    /// Opens the file at `path` for reading.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where the file cannot be opened,
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where it is not an HDF5 file.
    pub fn open<P: AsRef<Path>>(path: P) -> Result<Self> {
        FileBuilder::new().open(path)
    }

    /// Opens the file that `bytes` hold.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where it is not an HDF5 file.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        FileBuilder::new().open_storage(Arc::new(Memory::new(bytes.into())))
    }

    /// Opens the file in any storage.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where it is not an HDF5 file, or
    /// what the storage reports.
    pub fn from_storage(storage: Arc<dyn Storage>) -> Result<Self> {
        FileBuilder::new().open_storage(storage)
    }

    /// Options to open a file with.
    #[must_use]
    pub fn with_options() -> FileBuilder {
        FileBuilder::new()
    }

    pub(crate) fn of_store(store: &Arc<Store>) -> Result<Self> {
        let root = Location::new(Found::root(store)?);
        let place = root.found.header.address;
        if kind_of(&root.found) != LocationType::Group {
            let problem = "the object is not a group";
            return Err(store.space().broken("Object Header", "Header Messages", place, problem));
        }
        let root = root.as_group()?;
        Ok(Self { root })
    }

    /// Bytes of the file.
    #[must_use]
    pub fn size(&self) -> u64 {
        let space = self.found.store.space();
        space.offset(space.end())
    }

    /// Bytes before the superblock.
    #[must_use]
    pub fn userblock(&self) -> u64 {
        self.found.store.user_block()
    }

    /// Whether the file is open for reading only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        true
    }

    /// What the file's superblock says.
    #[must_use]
    pub fn info(&self) -> FileInfo {
        let store = &self.found.store;
        let block = store.superblock();
        FileInfo {
            superblock_version: block.version,
            userblock: store.user_block(),
            sizeof_addr: block.sizes.offsets,
            sizeof_size: block.sizes.lengths,
            sym_leaf_k: block.group_leaf_k,
            sym_int_k: block.group_internal_k,
            chunk_k: block.chunk_k,
            sohm_indexes: store.shared_indexes(),
            file_space: store.file_space().map(FileSpace::of),
        }
    }

    /// Closes this handle. The file itself closes with the last handle to any of its objects.
    ///
    /// # Errors
    ///
    /// None today; a file open for writing reports what its last writes met.
    pub fn close(self) -> Result<()> {
        Ok(())
    }
}

impl Deref for File {
    type Target = Group;

    fn deref(&self) -> &Group {
        &self.root
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<HDF5 file {:?} (read only)>", self.filename())
    }
}

/// Options to open a file with.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{ExternalAccess, File};
/// let file = File::with_options()
///     .mmap(false)
///     .external(ExternalAccess::Deny)
///     .open("tests/fixtures/tour_latest.h5")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileBuilder {
    options: OpenOptions,
    mmap: bool,
    locking: Locking,
    driver: Driver,
}

impl Default for FileBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl FileBuilder {
    /// The defaults: map large files, lock as libhdf5 does, follow links and virtual sources only
    /// beneath the file's own directory.
    #[must_use]
    pub fn new() -> Self {
        let options = OpenOptions { opener: Some(open::storage), ..OpenOptions::default() };
        Self { options, mmap: true, locking: Locking::default(), driver: Driver::default() }
    }

    /// Bounds on what the file may make this library allocate or follow.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Which other files the file may have opened.
    #[must_use]
    pub fn external(mut self, access: ExternalAccess) -> Self {
        self.options.external = access;
        self
    }

    /// Whether large files are mapped into memory (the default, with the feature `mmap`).
    ///
    /// Switch it off for files that another program may cut short while they are open here: a
    /// read from a lost part of a map is a fault no library can catch, a positioned read an error.
    #[must_use]
    pub fn mmap(mut self, on: bool) -> Self {
        self.mmap = on;
        self
    }

    /// Whether the file is locked against writers while it is open.
    #[must_use]
    pub fn locking(mut self, locking: Locking) -> Self {
        self.locking = locking;
        self
    }

    /// How the file is spread over files of the operating system.
    #[must_use]
    pub fn driver(mut self, driver: Driver) -> Self {
        self.driver = driver;
        self
    }

    /// Adds a filter of the program's own to those the file's chunks are decoded with.
    #[must_use]
    pub fn filter(mut self, filter: impl Filter + 'static) -> Self {
        self.options.registry.register(filter);
        self
    }

    /// The filters the file's chunks are decoded with.
    #[must_use]
    pub fn filters(mut self, registry: Registry) -> Self {
        self.options.registry = registry;
        self
    }

    /// Opens a file that is marked as open for writing, which its writer left so when it died.
    #[must_use]
    pub fn ignore_status(mut self, on: bool) -> Self {
        self.options.ignore_status = on;
        self
    }

    /// Opens the file at `path` for reading; with the family driver, `path` is the pattern of the
    /// members' names (`run-%05d.h5`), with the split and multi drivers the first file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where the file cannot be opened,
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where it is not an HDF5 file.
    pub fn open<P: AsRef<Path>>(&self, path: P) -> Result<File> {
        let path = path.as_ref();
        let (storage, joined) = open::driven(path, &self.driver, self.mmap, self.locking)?;
        self.open_at(storage, Some(path.to_owned()), joined)
    }

    /// Opens the file in any storage.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where it is not an HDF5 file, or
    /// what the storage reports.
    pub fn open_storage(&self, storage: Arc<dyn Storage>) -> Result<File> {
        self.open_at(storage, None, None)
    }

    fn open_at(
        &self,
        storage: Arc<dyn Storage>,
        path: Option<PathBuf>,
        joined: Option<Joined>,
    ) -> Result<File> {
        let options = OpenOptions { joined, ..self.options.clone() };
        File::of_store(&Arc::new(Store::open(storage, path, options)?))
    }
}
