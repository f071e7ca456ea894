//! A file mapped into memory.

use std::fs::File;
use std::io;
#[cfg(unix)]
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{Mmap, MmapOptions};

#[cfg(unix)]
use super::pages_around;
use super::{Storage, memory};

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
    /// How many times a few bytes may still be read from the file.
    #[cfg(unix)]
    reads_left: AtomicU64,
}

impl MapStorage {
    /// Maps the whole of `file`, which has `len` bytes.
    pub(crate) fn new(file: File, len: u64) -> io::Result<Self> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        #[expect(unsafe_code, reason = "the map is read only and its file stays open and locked")]
        // SAFETY: the map is never written through; the documentation of `FileBuilder::mmap`
        // tells callers whose files others truncate to switch maps off.
        let map = unsafe { MmapOptions::new().len(len).map(&file)? };
        Ok(Self {
            #[cfg(unix)]
            reads_left: AtomicU64::new(pages_around::reads_instead(map.len())),
            map,
            file,
        })
    }

    /// Whether `len` bytes, of which only the caller knows that no page of theirs was touched, are read from the
    /// file.
    #[cfg(unix)]
    fn reads(&self, len: usize) -> bool {
        let less = |left: u64| left.checked_sub(1);
        pages_around::are_few(len)
            && self.reads_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
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
        memory::copy_from(&self.map, offset, buf)
    }

    fn read_apart(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        #[cfg(unix)]
        if self.reads(buf.len()) {
            return std::os::unix::fs::FileExt::read_exact_at(&self.file, buf, offset);
        }
        memory::copy_from(&self.map, offset, buf)
    }

    fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn few_bytes_are_read_until_that_took_as_long_as_all_pages() {
        let path = std::env::temp_dir().join(format!("hdfive-map-{}", std::process::id()));
        let bytes: Vec<u8> = (0..1 << 18).map(|n: u32| (n / 7) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let map = MapStorage::new(File::open(&path).unwrap(), bytes.len() as u64).unwrap();
        std::fs::remove_file(&path).unwrap();
        let all = bytes.len();
        for (at, len, left) in [(9, 100, 3), (70_000, 4097, 3), (all - 5, 5, 2)] {
            let mut read = vec![0; len];
            map.read_apart(at as u64, &mut read).unwrap();
            assert_eq!(read, bytes[at..at + len]);
            assert_eq!(map.reads_left.load(Ordering::Relaxed), left);
            map.read_at(at as u64, &mut read).unwrap();
            assert_eq!(read, bytes[at..at + len]);
            assert_eq!(map.reads_left.load(Ordering::Relaxed), left);
        }
        let past = map.read_apart(all as u64 - 5, &mut [0; 6]).unwrap_err();
        assert_eq!(past.kind(), io::ErrorKind::UnexpectedEof);
        for _ in 0..3 {
            map.read_apart(0, &mut [0]).unwrap();
        }
        assert_eq!(map.reads_left.load(Ordering::Relaxed), 0);
    }
}
