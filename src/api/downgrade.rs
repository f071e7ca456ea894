//! Files in the format of HDF5 before 1.10.

use super::dataset::Dataset;
use super::file::File;
use crate::error::Result;

impl Dataset {
    /// Stores how the elements lie as HDF5 1.8 knows it: the layout message in version 3, and for
    /// chunks a version 1 B-tree in place of any other index. Chunks stay where and as they are, but
    /// for those that lie across the edge and are left unfiltered, which go through the filters.
    ///
    /// `false` where that is so already, and of a virtual dataset, of which HDF5 1.8 knows nothing.
    /// What `h5format_convert -d` does is this and [`File::downgrade`].
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{ChunkIndexType, File, LibraryVersion};
    /// let options = File::with_options();
    /// let options = options.library_versions(LibraryVersion::V110, LibraryVersion::V110);
    /// let file = options.in_memory()?;
    /// let frames = file.new_dataset::<u16>().shape((6, 4)).chunk((2, 4)).create("frames")?;
    /// assert_eq!(frames.chunk_index(), Some(ChunkIndexType::FixedArray));
    /// assert!(frames.downgrade()?);
    /// assert_eq!(frames.chunk_index(), Some(ChunkIndexType::BTree1));
    /// assert!(!frames.downgrade()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where a chunk has 4 GiB or more, or the file is
    /// open for reading only or in SWMR mode. The dataset is then as it was.
    pub fn downgrade(&self) -> Result<bool> {
        let store = &self.found.store;
        self.named(store.edit(|| self.current_dataset(self.known()).downgrade(store)))
    }
}

impl File {
    /// Lets the superblock be one that HDF5 1.8 knows, of version 2 at most. The file does not
    /// remember any more how its space is managed, nor what of it is free. `false` where that is so
    /// already.
    ///
    /// Objects stay as they are: [`Dataset::downgrade`] changes the layout of datasets, and what else
    /// is newer than HDF5 1.8, such as virtual datasets, nothing changes.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{File, LibraryVersion};
    /// let options = File::with_options();
    /// let options = options.library_versions(LibraryVersion::V110, LibraryVersion::V110);
    /// let file = options.in_memory()?;
    /// assert_eq!(file.info().superblock_version, 3);
    /// assert!(file.downgrade()?);
    /// assert_eq!(file.info().superblock_version, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only or in
    /// SWMR mode.
    pub fn downgrade(&self) -> Result<bool> {
        self.under(self.found.store.downgrade())
    }
}
