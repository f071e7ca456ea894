//! A file whose first bytes are read when it is opened.

use std::cell::Cell;
use std::io;

use super::{FileStorage, Storage};

/// Bytes read at once: all of a small file, or what describes the objects of one that is not so
/// small.
pub(super) const HEAD: u64 = 8 << 10;

thread_local! {
    /// Memory of the file that this thread let go of last, for the next: who opens many small files
    /// one by one does not ask for it, and clear it, each time.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A file open for reading, of which the first bytes are in memory: a small file is read at once.
///
/// A map costs more than reading so little, and reading each structure by itself costs a call of
/// the operating system each.
#[derive(Debug)]
pub(crate) struct HeadStorage {
    file: FileStorage,
    head: Vec<u8>,
    len: u64,
}

impl HeadStorage {
    /// Reads the first bytes of `file`, which has `len`.
    pub(crate) fn new(file: FileStorage, len: u64) -> io::Result<Self> {
        let mut head = SPARE.take();
        head.resize(usize::try_from(len.min(HEAD)).unwrap_or(0), 0);
        file.read_at(0, &mut head).map_err(|error| file.regular().err().unwrap_or(error))?;
        Ok(Self { file, head, len })
    }
}

impl Drop for HeadStorage {
    fn drop(&mut self) {
        let head = std::mem::take(&mut self.head);
        // A thread that ends has no use for it.
        let _ = SPARE.try_with(|spare| spare.set(head));
    }
}

impl Storage for HeadStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        (u64::try_from(self.head.len()) == Ok(self.len)).then_some(&self.head)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let known =
            usize::try_from(offset).ok().and_then(|at| self.head.get(at..)?.get(..buf.len()));
        match known {
            Some(bytes) => {
                buf.copy_from_slice(bytes);
                Ok(())
            }
            None => self.file.read_at(offset, buf),
        }
    }

    fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_regular_file_is_refused() {
        let open = |path: &std::path::Path| {
            FileStorage::open_to_read::<io::Error>(path, |_| Ok(())).and_then(|file| {
                let len = file.len_opened();
                HeadStorage::new(file, len)
            })
        };
        for path in [&*std::env::temp_dir(), std::path::Path::new("/dev/null")] {
            if cfg!(unix) {
                assert_eq!(open(path).unwrap_err().kind(), io::ErrorKind::InvalidInput);
            }
        }
    }

    #[test]
    fn bytes_are_those_of_the_file_in_the_head_and_behind_it() {
        for len in [0, 100, HEAD - 1, 7, HEAD, HEAD + 1, 0, 3 * HEAD] {
            let path =
                std::env::temp_dir().join(format!("hdfive-head-{}-{len}", std::process::id()));
            let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let storage = HeadStorage::new(FileStorage::open(&path).unwrap(), len).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(storage.len().unwrap(), len);
            // The memory that one leaves is that of the next, which may be shorter or longer.
            drop(storage);
            std::fs::write(&path, &bytes).unwrap();
            let storage = FileStorage::open_to_read::<io::Error>(&path, |_| Ok(())).unwrap();
            assert_eq!(storage.len_opened(), len);
            let storage = HeadStorage::new(storage, len).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(storage.len().unwrap(), len);
            assert_eq!(storage.as_slice().is_some(), len <= HEAD);
            for (at, size) in
                [(0, 8), (HEAD - 4, 8), (HEAD, 8), (len.saturating_sub(8), 8), (0, len)]
            {
                let mut found = vec![0; size as usize];
                let read = storage.read_at(at, &mut found);
                match bytes.get(at as usize..).and_then(|bytes| bytes.get(..size as usize)) {
                    Some(expected) => assert_eq!(found, expected),
                    None => assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof),
                }
            }
        }
    }
}
