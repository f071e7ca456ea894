//! Files.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Group;
use super::location::{Location, LocationType, kind_of};
use super::open::{self, Driver, Locking};
use crate::error::{Error, Result};
use crate::filter::{Filter, Registry};
use crate::format::bounds::{Bounds, LibraryVersion};
use crate::format::message::{FileSpaceInfo, FileSpaceStrategy as StoredStrategy};
use crate::io::{Memory, SharedMemory, Storage};
use crate::limits::Limits;
use crate::object::external::ExternalAccess;
use crate::object::group::create::GroupCreation;
use crate::object::path::Found;
use crate::object::store::recover::recover;
use crate::object::store::{FileCreation, Joined, OpenOptions, Store};

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

/// What [`File::recover`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// A flush that was under way was finished.
    pub finished_flush: bool,
    /// The marks of an open file were taken away.
    pub cleared_status: bool,
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

impl FileSpaceStrategy {
    fn stored(self, persist: bool, threshold: u64, page_size: u64) -> FileSpaceInfo {
        let strategy = match self {
            Self::FsmAggregator => StoredStrategy::FREE_SPACE_AND_AGGREGATORS,
            Self::Page => StoredStrategy::PAGE,
            Self::Aggregator => StoredStrategy::AGGREGATORS,
            Self::None => StoredStrategy::NONE,
            Self::Other(number) => StoredStrategy(number),
        };
        FileSpaceInfo {
            version: 1,
            strategy,
            persist,
            threshold,
            page_size,
            page_end_threshold: 0,
            end_before_managers: None,
            managers: vec![None; if persist { FileSpaceInfo::MANAGERS } else { 0 }],
        }
    }
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

    /// Opens the file at `path` for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_rw<P: AsRef<Path>>(path: P) -> Result<Self> {
        FileBuilder::new().open_rw(path)
    }

    /// Makes a file at `path`, in place of what is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where the file cannot be made.
    pub fn create<P: AsRef<Path>>(path: P) -> Result<Self> {
        FileBuilder::new().create(path)
    }

    /// Makes a file at `path`, where there is none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where there is one, or it cannot be made.
    pub fn create_excl<P: AsRef<Path>>(path: P) -> Result<Self> {
        FileBuilder::new().create_excl(path)
    }

    /// Opens the file at `path` for reading and writing, or makes it where there is none.
    ///
    /// # Errors
    ///
    /// As [`open_rw`](Self::open_rw).
    pub fn append<P: AsRef<Path>>(path: P) -> Result<Self> {
        FileBuilder::new().append(path)
    }

    /// Makes a file in memory; [`into_bytes`](Self::into_bytes) gives it as it would be on disk.
    ///
    /// # Errors
    ///
    /// None of note: the memory would have to run out.
    pub fn in_memory() -> Result<Self> {
        FileBuilder::new().in_memory()
    }

    /// Puts right what a writer that died left behind, in the file at `path`: finishes a flush that
    /// was under way, and takes away the marks of an open file that keep libhdf5 from opening it.
    ///
    /// Opening a file for writing finishes a flush by itself, and opening it for reading sees the
    /// file as if that were done.
    ///
    /// # Errors
    ///
    /// As [`open_rw`](Self::open_rw).
    pub fn recover<P: AsRef<Path>>(path: P) -> Result<Recovery> {
        let path = path.as_ref();
        let storage = open::for_writing(path, Locking::default())?;
        let done = recover(&storage).map_err(|error| error.under(&path.display().to_string()))?;
        Ok(Recovery { finished_flush: done.commit, cleared_status: done.status })
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
        !self.found.store.is_writable()
    }

    /// Writes down everything changed so far, so that it is there even if the program is killed.
    /// [`sync`](Self::sync) guards against a loss of power, too.
    ///
    /// # Errors
    ///
    /// What the storage reports; the file is then as of the last flush, and no handle changes it
    /// any more.
    pub fn flush(&self) -> Result<()> {
        self.under(self.found.store.flush(false))
    }

    /// As [`flush`](Self::flush), and waits until the storage would survive a loss of power.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn sync(&self) -> Result<()> {
        self.under(self.found.store.flush(true))
    }

    /// Bytes of free space in the file that later changes use, as far as this handle knows it.
    #[must_use]
    pub fn free_space(&self) -> u64 {
        let runs = self.found.store.space().free_space();
        runs.iter().fold(0, |n, (_, len)| n.saturating_add(*len))
    }

    /// Writes down everything, closes the file, and gives all its bytes.
    ///
    /// # Errors
    ///
    /// What reading or writing them reports.
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        let store = Arc::clone(&self.found.store);
        store.close()?;
        let storage = store.space().storage();
        let len = usize::try_from(storage.len()?);
        let len = len.map_err(|_| Error::usage("the file does not fit memory"))?;
        let mut bytes = vec![0; len];
        storage.read_at(0, &mut bytes)?;
        Ok(bytes)
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

    /// Writes down everything and closes the file, for all handles: what was opened from it answers
    /// with [`ErrorKind::Closed`](crate::ErrorKind::Closed) from here on.
    ///
    /// A file that is not closed is written down when its last handle goes; only this says whether
    /// that worked.
    ///
    /// # Errors
    ///
    /// What the last writes met.
    pub fn close(self) -> Result<()> {
        let store = &self.found.store;
        self.under(store.close())
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
        let mode = if self.is_read_only() { "read only" } else { "read and write" };
        write!(f, "<HDF5 file {:?} ({mode})>", self.filename())
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
    creation: FileCreation,
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
        let creation = FileCreation::default();
        let (locking, driver) = (Locking::default(), Driver::default());
        Self { options, creation, mmap: true, locking, driver }
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

    /// Opens the file at `path` for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) of a file
    /// that is spread over several.
    pub fn open_rw<P: AsRef<Path>>(&self, path: P) -> Result<File> {
        let path = path.as_ref();
        if self.driver != Driver::Single {
            return Err(Error::unsupported("writing a file that is spread over several"));
        }
        let storage = open::for_writing(path, self.locking)?;
        self.open_writable(storage, Some(path.to_owned()))
    }

    /// Makes a file at `path`, in place of what is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where the file cannot be made, or another program
    /// has it open.
    pub fn create<P: AsRef<Path>>(&self, path: P) -> Result<File> {
        match self.create_excl(&path) {
            Err(error) if open::exists(&error) => {
                let path = path.as_ref();
                let storage = open::for_writing(path, self.locking)?;
                storage.set_len(0)?;
                self.create_at(storage, Some(path.to_owned()))
            }
            made => made,
        }
    }

    /// Makes a file at `path`, where there is none.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn create_excl<P: AsRef<Path>>(&self, path: P) -> Result<File> {
        let path = path.as_ref();
        if self.driver != Driver::Single {
            return Err(Error::unsupported("writing a file that is spread over several"));
        }
        let storage = open::create_new(path, self.locking)?;
        self.create_at(storage, Some(path.to_owned()))
    }

    /// Opens the file at `path` for reading and writing, or makes it where there is none.
    ///
    /// # Errors
    ///
    /// As [`open_rw`](Self::open_rw).
    pub fn append<P: AsRef<Path>>(&self, path: P) -> Result<File> {
        match self.create_excl(&path) {
            Err(error) if open::exists(&error) => self.open_rw(path),
            made => made,
        }
    }

    /// Makes a file in memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the options contradict each other.
    pub fn in_memory(&self) -> Result<File> {
        self.create_at(Arc::new(SharedMemory::default()), None)
    }

    /// Makes a file of an empty storage that takes writes.
    ///
    /// # Errors
    ///
    /// What the storage reports; [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the options
    /// contradict each other.
    pub fn create_storage(&self, storage: Arc<dyn Storage>) -> Result<File> {
        self.create_at(storage, None)
    }

    /// Opens the file in any storage that takes writes, for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`open_storage`](Self::open_storage).
    pub fn open_storage_rw(&self, storage: Arc<dyn Storage>) -> Result<File> {
        self.open_writable(storage, None)
    }

    fn open_writable(&self, storage: Arc<dyn Storage>, path: Option<PathBuf>) -> Result<File> {
        let options = OpenOptions { writable: true, ..self.options.clone() };
        File::of_store(&Store::open(storage, path, options)?.shared())
    }

    fn create_at(&self, storage: Arc<dyn Storage>, path: Option<PathBuf>) -> Result<File> {
        let options = OpenOptions { writable: true, ..self.options.clone() };
        File::of_store(&Store::create(storage, path, options, &self.creation)?.shared())
    }

    /// Bytes before the superblock of a new file, for other programs to use: 0, or a power of two
    /// from 512 on.
    #[must_use]
    pub fn userblock(mut self, bytes: u64) -> Self {
        self.creation.user_block = bytes;
        self
    }

    /// The oldest library that must understand what is written, and the newest one needed.
    ///
    /// By default structures are those of HDF5 1.8, or newer ones where a feature needs them.
    #[must_use]
    pub fn library_versions(mut self, low: LibraryVersion, high: LibraryVersion) -> Self {
        self.options.bounds = Bounds::new(low, high);
        self
    }

    /// Whether the root group of a new file remembers the order in which links and attributes are
    /// made.
    #[must_use]
    pub fn track_order(mut self, on: bool) -> Self {
        self.creation.root = GroupCreation::track_order(on);
        self
    }

    /// Lets blocks of at least `threshold` bytes start at multiples of `alignment` bytes.
    #[must_use]
    pub fn alignment(mut self, threshold: u64, alignment: u64) -> Self {
        self.options.alignment = Some((threshold, alignment));
        self
    }

    /// Waits at each flush until the storage would survive a loss of power.
    #[must_use]
    pub fn durable(mut self, on: bool) -> Self {
        self.options.durable = on;
        self
    }

    /// Whether the file is flushed by itself when 64 MiB of changes, or those of 5 seconds, have
    /// gathered (the default). Without it, what is on the storage is as of the last
    /// [`flush`](File::flush) until the next one, however long that takes and whatever memory.
    #[must_use]
    pub fn auto_flush(mut self, on: bool) -> Self {
        self.options.manual_flush = !on;
        self
    }

    /// How the free space of a new file is managed: pages of `page_size` bytes with the strategy of
    /// that name. `persist` is stored for other programs; this library does not store free space.
    #[must_use]
    pub fn file_space(
        mut self,
        strategy: FileSpaceStrategy,
        persist: bool,
        threshold: u64,
        page_size: u64,
    ) -> Self {
        self.creation.file_space = Some(strategy.stored(persist, threshold, page_size));
        self
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
        File::of_store(&Store::open(storage, path, options)?.shared())
    }
}
