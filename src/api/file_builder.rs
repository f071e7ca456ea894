//! Options to open and make files with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::File;
use super::file_space::{FileSpace, FileSpaceStrategy};
use super::open::{self, Driver, Locking};
use crate::codec::Sizes;
use crate::error::{Error, Result};
use crate::filter::{Filter, Registry};
use crate::format::bounds::{Bounds, LibraryVersion};
use crate::format::message::{FileSpaceInfo, LinkPhaseChange};
use crate::io::{SharedMemory, Storage};
use crate::limits::Limits;
use crate::object::copy::group_like;
use crate::object::external::ExternalAccess;
use crate::object::group::create::GroupCreation;
use crate::object::path::Found;
use crate::object::store::{FileCreation, Joined, OpenOptions, Opener, Store, check_unwritten};

/// How [`File::open_as`] opens a file.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{File, OpenMode};
/// let file = File::open_as("tests/fixtures/tour_latest.h5", OpenMode::Read)?;
/// assert!(file.is_read_only());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenMode {
    /// For reading: [`File::open`].
    Read,
    /// For reading and writing: [`File::open_rw`].
    ReadWrite,
    /// Makes it, in place of what is there: [`File::create`].
    Create,
    /// Makes it, where there is none: [`File::create_excl`].
    CreateExcl,
    /// For reading and writing, or makes it where there is none: [`File::append`].
    Append,
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
    pub(super) options: OpenOptions,
    creation: FileCreation,
    mmap: bool,
    locking: Locking,
    driver: Driver,
    only_in_memory: bool,
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
        Self { options, creation, mmap: true, locking, driver, only_in_memory: false }
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

    /// Opens a file that is marked as open for writing: its writer has it open still, or left it so
    /// when it died. Reading finds what is there at the moment; opened for writing, the file loses
    /// the mark with the first flush.
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

    /// Opens the file at `path` for reading while another program writes to it: see
    /// [`File::open_swmr`].
    ///
    /// # Errors
    ///
    /// As [`File::open_swmr`]; [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) of a file
    /// that is spread over several.
    pub fn open_swmr<P: AsRef<Path>>(&self, path: P) -> Result<File> {
        let path = path.as_ref();
        if self.driver != Driver::Single {
            let what = "reading a file that is spread over several while it is written";
            return Err(Error::unsupported(what));
        }
        let storage = open::followed(path, self.locking)?;
        let (swmr, opener) = (true, Some::<Opener>(open::growing));
        let options = OpenOptions { swmr, opener, ..self.options.clone() };
        File::of_store(&Store::open(storage, Some(path.to_owned()), options)?.shared())
    }

    /// Opens the file at `path` for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); [`ErrorKind::Io`](crate::ErrorKind::Io) where another program has
    /// the file open, or this one has it open for writing;
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) of a file that is spread over
    /// several.
    pub fn open_rw<P: AsRef<Path>>(&self, path: P) -> Result<File> {
        let path = path.as_ref();
        self.check_single()?;
        if self.only_in_memory {
            return self.open_writable(Arc::new(SharedMemory::new(std::fs::read(path)?)), None);
        }
        check_unwritten(path)?;
        let storage = open::for_writing(path, self.locking)?;
        self.open_writable(storage, Some(path.to_owned()))
    }

    /// Opens or makes the file at `path` as `mode` says.
    ///
    /// # Errors
    ///
    /// As the method the mode stands for.
    pub fn open_as<P: AsRef<Path>>(&self, path: P, mode: OpenMode) -> Result<File> {
        match mode {
            OpenMode::Read => self.open(path),
            OpenMode::ReadWrite => self.open_rw(path),
            OpenMode::Create => self.create(path),
            OpenMode::CreateExcl => self.create_excl(path),
            OpenMode::Append => self.append(path),
        }
    }

    /// Makes a file at `path`, in place of what is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where the file cannot be made, or another program
    /// has it open.
    pub fn create<P: AsRef<Path>>(&self, path: P) -> Result<File> {
        if self.only_in_memory {
            return self.in_memory();
        }
        match self.create_excl(&path) {
            Err(error) if open::exists(&error) => {
                let path = path.as_ref();
                check_unwritten(path)?;
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
        // What no file can be made of leaves no trace.
        self.check_single()?;
        self.creation.check(&self.options)?;
        if self.only_in_memory {
            if path.exists() {
                return Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists).into());
            }
            return self.in_memory();
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

    /// Whether what is written stays in memory: the file a path names is read, where it is one that
    /// is there, and never changed. What is made then has no [path](crate::Location::filename).
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::File;
    /// let options = File::with_options().only_in_memory(true);
    /// let file = options.open_rw("tests/fixtures/tour_latest.h5")?;
    /// file.group("run1")?.unlink("time")?;
    /// assert!(!file.link_exists("run1/time"));
    /// assert!(File::open("tests/fixtures/tour_latest.h5")?.link_exists("run1/time"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn only_in_memory(mut self, on: bool) -> Self {
        self.only_in_memory = on;
        self
    }

    pub(super) fn root_mut(&mut self) -> &mut GroupCreation {
        &mut self.creation.root
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

    fn check_single(&self) -> Result<()> {
        if self.driver == Driver::Single {
            return Ok(());
        }
        Err(Error::unsupported("writing a file that is spread over several"))
    }

    fn open_writable(&self, storage: Arc<dyn Storage>, path: Option<PathBuf>) -> Result<File> {
        let options = OpenOptions { writable: true, ..self.options.clone() };
        File::of_store(&Store::open(storage, path, options)?.shared())
    }

    fn create_at(&self, storage: Arc<dyn Storage>, path: Option<PathBuf>) -> Result<File> {
        let options = OpenOptions { writable: true, ..self.options.clone() };
        let store = Store::create(storage, path, options, &self.creation)?;
        File::of_store(&Arc::new(store).shared())
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

    /// Bytes of the addresses and of the lengths in a new file: 2, 4 or 8 each (the default). The
    /// file never grows beyond what its addresses can name.
    #[must_use]
    pub fn sizes(mut self, address: u8, length: u8) -> Self {
        self.creation.sizes = Sizes { offsets: address, lengths: length };
        self
    }

    /// Half the children of a node, and half the links of a leaf, in the B-trees that old-style
    /// groups of a new file are made of: 16 and 4 by default.
    #[must_use]
    pub fn sym_k(mut self, tree_rank: u16, node_size: u16) -> Self {
        self.creation.group_internal_k = tree_rank;
        self.creation.group_leaf_k = node_size;
        self
    }

    /// Half the children of a node in the B-trees that find chunks in a new file, where they are of
    /// the old kind: 32 by default.
    #[must_use]
    pub fn istore_k(mut self, rank: u16) -> Self {
        self.creation.chunk_k = rank;
        self
    }

    /// Whether the root group of a new file remembers the order in which links and attributes are
    /// made.
    #[must_use]
    pub fn track_order(mut self, on: bool) -> Self {
        let times = self.creation.root.times;
        self.creation.root = GroupCreation { times, ..GroupCreation::track_order(on) };
        self
    }

    /// Whether the root group of a new file remembers when it was changed, where its format can say
    /// so (from the lower bound [`V18`](LibraryVersion::V18) on). Not the default, as in h5py.
    #[must_use]
    pub fn track_times(mut self, on: bool) -> Self {
        self.creation.root.times = on;
        self
    }

    /// Lets the root group of a new file keep up to `most_compact` links in its header, and from
    /// `fewest_dense` on in a heap, where its format has both.
    #[must_use]
    pub fn link_phase_change(mut self, most_compact: u16, fewest_dense: u16) -> Self {
        let change = LinkPhaseChange { maximum_compact: most_compact, minimum_dense: fewest_dense };
        self.creation.root.phase_change = Some(change);
        self
    }

    /// Lets a new file be as `file` is, for copies of all of it: its user block as long, free space
    /// managed by the same means, the nodes of trees as wide; the root group keeps the orders of
    /// creation that the other one does.
    ///
    /// # Errors
    ///
    /// Where the root group of `file` cannot be read.
    pub fn like(mut self, file: &File) -> Result<Self> {
        let (store, creation) = (&file.found.store, &mut self.creation);
        let block = store.superblock();
        creation.user_block = store.user_block();
        creation.group_leaf_k = block.group_leaf_k;
        creation.group_internal_k = block.group_internal_k;
        creation.chunk_k = block.chunk_k;
        creation.file_space = store.file_space().and_then(|info| {
            let space = FileSpace::of(info);
            space.strategy.stored(space.persist, space.threshold, space.page_size)
        });
        creation.root = file.under(group_like(&file.found))?;
        Ok(self)
    }

    /// Lets blocks of at least `threshold` bytes start at multiples of `alignment` bytes, but in
    /// files of pages.
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

    /// How the free space of a new file is managed: in pages of `page_size` bytes with the strategy
    /// of that name; with `persist`, runs of at least `threshold` bytes are remembered when the file
    /// is closed, where the strategy has managers.
    #[must_use]
    pub fn file_space(
        mut self,
        strategy: FileSpaceStrategy,
        persist: bool,
        threshold: u64,
        page_size: u64,
    ) -> Self {
        self.creation.file_space = strategy.stored(persist, threshold, page_size);
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

    /// Opens what is left of the file at `path`.
    pub(super) fn open_damaged(&self, path: &Path) -> Result<Arc<Store>> {
        let (storage, joined) = open::driven(path, &self.driver, self.mmap, self.locking)?;
        self.open_left(storage, Some(path.to_owned()), joined)
    }

    /// As [`open_damaged`](Self::open_damaged), of any storage.
    pub(super) fn open_damaged_storage(&self, storage: Arc<dyn Storage>) -> Result<Arc<Store>> {
        self.open_left(storage, None, None)
    }

    fn open_left(
        &self,
        storage: Arc<dyn Storage>,
        path: Option<PathBuf>,
        joined: Option<Joined>,
    ) -> Result<Arc<Store>> {
        let (ignore_status, damaged) = (true, true);
        let options = OpenOptions { joined, ignore_status, damaged, ..self.options.clone() };
        Ok(Store::open(storage, path, options)?.shared())
    }

    /// As [`like`](Self::like), as far as a damaged file says how it was made.
    pub(super) fn like_damaged(mut self, store: &Arc<Store>) -> Self {
        let (block, space) = (store.superblock(), store.space());
        self.creation.group_leaf_k = block.group_leaf_k;
        self.creation.group_internal_k = block.group_internal_k;
        self.creation.chunk_k = block.chunk_k;
        let noted = space.noted();
        let root = Found::root(store).and_then(|root| group_like(&root));
        self.creation.root = root.unwrap_or_default();
        // What is wrong with the root group is told by who copies it.
        space.take_noted(noted);
        if self.creation.check(&self.options).is_err() {
            self.creation = FileCreation::default();
        }
        let without = self.creation.clone();
        self.creation.user_block = store.user_block();
        // Pages larger than all there was are none that anybody asked for.
        let fits = |info: &&FileSpaceInfo| info.page_size <= space.end().0;
        self.creation.file_space = store.file_space().filter(fits).and_then(|info| {
            let space = FileSpace::of(info);
            space.strategy.stored(space.persist, space.threshold, space.page_size)
        });
        if self.creation.check(&self.options).is_err() {
            self.creation = without;
        }
        self
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
