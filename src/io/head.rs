//! A file whose first bytes are read when it is opened.

use std::cell::Cell;
use std::io;

use super::{FileStorage, Storage};

/// Bytes read at once: all of a small file, or what describes the objects of one that is not so
/// small.
const HEAD: usize = 8 << 10;

thread_local! {
    /// Memory of the file that this thread let go of last, for the next: who opens many small files
    /// one by one does not ask for it, and clear it, each time.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Memory for the first bytes of a file, of which there is always as much.
#[derive(Debug)]
struct Head(Vec<u8>);

impl Head {
    fn new() -> Self {
        let mut bytes = SPARE.take();
        bytes.resize(HEAD, 0);
        Self(bytes)
    }
}

impl Drop for Head {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.0);
        // A thread that ends has no use for it.
        let _ = SPARE.try_with(|spare| spare.set(bytes));
    }
}

/// A file open for reading, of which the first bytes are in memory: a small file is read at once.
///
/// A map costs more than reading so little, and reading each structure by itself costs a call of
/// the operating system each.
#[derive(Debug)]
pub(crate) struct HeadStorage {
    file: FileStorage,
    head: Head,
    /// How many bytes of the head are the file's.
    known: usize,
    len: u64,
}

impl HeadStorage {
    /// Reads the first bytes of `file`, which must be a regular one.
    pub(crate) fn new(file: FileStorage) -> io::Result<Self> {
        let mut head = Head::new();
        let read = file.read_first(&mut head.0);
        let read = read.map_err(|error| file.regular_len().err().unwrap_or(error))?;
        let read_len = u64::try_from(read).unwrap_or(u64::MAX);
        // Less than was asked for is mostly all there is, but not on every system of files.
        let is_all = read < HEAD && file.ends_at(read_len);
        let len = if is_all { read_len } else { file.regular_len()? };
        let known = usize::try_from(len).map_or(HEAD, |len| len.min(HEAD));
        if let Some(rest) = head.0.get_mut(read..known).filter(|rest| !rest.is_empty()) {
            file.read_at(read_len, rest)?;
        }
        Ok(Self { file, head, known, len })
    }

    /// Bytes of the file when it was opened.
    #[cfg(feature = "mmap")]
    pub(crate) fn len_opened(&self) -> u64 {
        self.len
    }

    /// The open file, of which this storage lets go.
    #[cfg(feature = "mmap")]
    pub(crate) fn into_file(self) -> std::fs::File {
        self.file.into_file()
    }

    /// What is known of the file.
    fn known(&self) -> &[u8] {
        self.head.0.get(..self.known).unwrap_or_default()
    }
}

impl Storage for HeadStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        (u64::try_from(self.known) == Ok(self.len)).then(|| self.known())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let known =
            usize::try_from(offset).ok().and_then(|at| self.known().get(at..)?.get(..buf.len()));
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

    fn open(path: &std::path::Path) -> io::Result<HeadStorage> {
        HeadStorage::new(FileStorage::open_anything::<io::Error>(path, |_| Ok(()))?)
    }

    #[test]
    fn what_is_not_a_regular_file_is_refused() {
        for path in ["/tmp", "/dev/null", "/dev/zero", "/dev/urandom"] {
            if cfg!(unix) && std::path::Path::new(path).exists() {
                let error = open(path.as_ref()).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path}");
            }
        }
    }

    #[test]
    fn bytes_are_those_of_the_file_in_the_head_and_behind_it() {
        const HEAD: u64 = super::HEAD as u64;
        let block = 512;
        let lens = [0, 100, HEAD - 1, 7, HEAD, HEAD + 1, 0, 3 * HEAD];
        for len in lens.into_iter().chain([block, block + 1, 8 * block, HEAD - block]) {
            let path =
                std::env::temp_dir().join(format!("hdfive-head-{}-{len}", std::process::id()));
            let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            // The memory that one leaves is that of the next, which may be shorter or longer.
            drop(open(&path).unwrap());
            let storage = open(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(storage.len().unwrap(), len);
            assert_eq!(storage.as_slice(), (len <= HEAD).then_some(bytes.as_slice()));
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
