//! Files.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use super::Group;
use super::file_builder::{FileBuilder, OpenMode};
use super::file_space::FileSpace;
use super::location::{Location, LocationType, kind_of};
use super::recovery::{Recovery, RecoveryBuilder};
use crate::error::{Error, Result};
use crate::io::{Memory, Storage};
use crate::object::account::Account;
use crate::object::path::Found;
use crate::object::sizes::StructureSizes;
use crate::object::store::Store;

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
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let info = hdfive::File::open("tests/fixtures/tour_latest.h5")?.info();
/// println!("superblock {}, addresses of {} bytes", info.superblock_version, info.sizeof_addr);
/// # Ok(())
/// # }
/// ```
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

    /// Opens or makes the file at `path` as `mode` says.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{File, OpenMode};
    /// let file = File::open_as("tests/fixtures/tour_latest.h5", OpenMode::Read)?;
    /// assert!(file.is_read_only());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As the method the mode stands for.
    pub fn open_as<P: AsRef<Path>>(path: P, mode: OpenMode) -> Result<Self> {
        FileBuilder::new().open_as(path, mode)
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
    /// was under way, and takes away the marks of an open file that keep libhdf5 from opening it,
    /// which then ends where its bytes end. [`RecoveryBuilder`] does other things, too.
    ///
    /// Opening a file for writing finishes a flush by itself, and opening it for reading sees the
    /// file as if that were done.
    ///
    /// # Errors
    ///
    /// As [`open_rw`](Self::open_rw).
    pub fn recover<P: AsRef<Path>>(path: P) -> Result<Recovery> {
        RecoveryBuilder::new().recover(path)
    }

    /// Options to open a file with.
    #[must_use]
    pub fn with_options() -> FileBuilder {
        FileBuilder::new()
    }

    pub(crate) fn of_store(store: &Arc<Store>) -> Result<Self> {
        let root = Location::new(Found::root(store)?);
        let place = root.found.header.address;
        if kind_of(&root.found) != Some(LocationType::Group) {
            let problem = "the object is not a group";
            return Err(store.space().broken("Object Header", "Header Messages", place, problem));
        }
        let root = root.as_group()?;
        Ok(Self { root })
    }

    pub(super) fn root(&self) -> &Group {
        &self.root
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

    /// Bytes of free space in the file: of that which later changes use, as far as this handle
    /// knows it, and of that which the file itself remembers.
    #[must_use]
    pub fn free_space(&self) -> u64 {
        self.found.store.free_space()
    }

    /// Finds out what every byte of the file is for, as it is with all changes. Reads everything
    /// that describes objects, and all elements that keep something in heaps.
    ///
    /// What others lost in a file stays lost; what this library gives back it knows until the file
    /// is closed, and longer where the file [is to remember](FileBuilder::file_space) it.
    ///
    /// # Errors
    ///
    /// Where something cannot be read.
    pub fn account(&self) -> Result<Account> {
        let store = &self.found.store;
        let _reading = self.under(store.reading_settled())?;
        self.under(store.account())
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

    /// How many bytes the structures of the file take that belong to no object.
    ///
    /// # Errors
    ///
    /// Where they cannot be read.
    pub fn structure_sizes(&self) -> Result<StructureSizes> {
        let _reading = self.found.store.reading()?;
        self.found.store.structure_sizes()
    }

    /// What the file's superblock says.
    #[must_use]
    pub fn info(&self) -> FileInfo {
        let store = &self.found.store;
        let block = store.superblock();
        FileInfo {
            superblock_version: store.superblock_version(),
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
    /// with [`ErrorKind::Closed`](crate::ErrorKind::Closed) from here on. What cannot answer with an
    /// error answers as of then, or with nothing.
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
