//! A file mapped into memory.

use std::fs::File;
use std::io;

use memmap2::Mmap;

use super::Storage;

/// A file mapped into memory, read only.
///
/// The caller holds an advisory lock while it is mapped. A program that ignores the lock and cuts
/// the file short makes later reads of the lost part a fault no library can catch; where that can
/// happen, [`FileStorage`](super::FileStorage) is the storage to use.
#[derive(Debug)]
pub(crate) struct MapStorage {
    map: Mmap,
    /// Kept open: it carries the advisory lock.
    file: File,
}

impl MapStorage {
    /// Maps the whole of `file`.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        #[expect(unsafe_code, reason = "the map is read only and its file stays open and locked")]
        // SAFETY: the map is never written through; the documentation of `FileBuilder::mmap`
        // tells callers whose files others truncate to switch maps off.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self { map, file })
    }
}

impl Storage for MapStorage {
    fn len(&self) -> io::Result<u64> {
        u64::try_from(self.map.len()).map_err(io::Error::other)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(&self.map)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        super::memory::copy_from(&self.map, offset, buf)
    }

    fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }
}
