//! A file read at positions, with windows of it in memory.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::{FileStorage, Storage};

/// Bytes of a window, which begins at a multiple of it.
const WINDOW: u64 = 16 << 10;
/// Windows that are kept.
const KEPT: usize = 16;
/// Bytes of reads that are looked for in windows: larger ones cost no more by themselves.
const SMALL: usize = 2 << 10;
/// Places of small reads that are remembered.
const REMEMBERED: usize = 16;

/// A file open for reading at positions, that nobody is expected to write to meanwhile.
///
/// Headers and nodes of small objects lie side by side: a call of the operating system for each of
/// them costs more than all that is done with it. So where small reads come near each other, all of
/// the window around them is read. Reads here and there are read as they are.
#[derive(Debug)]
pub(crate) struct WindowedStorage {
    file: FileStorage,
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    /// Numbers of the windows, and their bytes: one that was used lately stands before one that was
    /// not.
    kept: Vec<(u64, Vec<u8>)>,
    /// Numbers of the windows that small reads were in lately, which are not kept.
    missed: [Option<u64>; REMEMBERED],
    /// The place in `missed` that is next.
    next: usize,
}

impl WindowedStorage {
    pub(crate) fn new(file: FileStorage) -> Self {
        Self { file, windows: Mutex::default() }
    }
}

impl Windows {
    /// Fills `buf` with the bytes at `skip` in a window, where that is kept.
    fn copy(&mut self, number: u64, skip: usize, buf: &mut [u8]) -> bool {
        let Some(place) = self.kept.iter().position(|(kept, _)| *kept == number) else {
            return false;
        };
        if let Some(before) = place.checked_sub(1) {
            self.kept.swap(before, place);
        }
        let place = place.saturating_sub(1);
        let bytes = self.kept.get(place).and_then(|(_, bytes)| bytes.get(skip..)?.get(..buf.len()));
        bytes.map(|bytes| buf.copy_from_slice(bytes)).is_some()
    }

    /// Whether a small read was in this window lately, or in the one before or behind it.
    fn is_near(&mut self, number: u64) -> bool {
        let near = |missed: &u64| missed.abs_diff(number) <= 1;
        let known =
            self.kept.iter().any(|(kept, _)| near(kept)) || self.missed.iter().flatten().any(near);
        if !known {
            if let Some(place) = self.missed.get_mut(self.next) {
                *place = Some(number);
            }
            self.next = self.next.saturating_add(1).checked_rem(REMEMBERED).unwrap_or(0);
        }
        known
    }

    /// Reads a window; a shorter one at the end of the file.
    fn load(&mut self, file: &FileStorage, number: u64) -> io::Result<()> {
        let start = number.saturating_mul(WINDOW);
        let len = file.len()?.saturating_sub(start).min(WINDOW);
        let mut bytes = match self.kept.len() {
            KEPT.. => self.kept.pop().map(|(_, bytes)| bytes).unwrap_or_default(),
            _ => Vec::new(),
        };
        bytes.resize(usize::try_from(len).unwrap_or(0), 0);
        file.read_at(start, &mut bytes)?;
        self.kept.insert(0, (number, bytes));
        Ok(())
    }
}

impl Storage for WindowedStorage {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let number = offset.checked_div(WINDOW).unwrap_or(0);
        let skip = usize::try_from(offset.saturating_sub(number.saturating_mul(WINDOW)));
        let skip = skip.unwrap_or(usize::MAX);
        let fits = skip.saturating_add(buf.len()) <= usize::try_from(WINDOW).unwrap_or(0);
        if buf.len() > SMALL || !fits {
            return self.file.read_at(offset, buf);
        }
        {
            let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
            // What cannot be read in one is read by itself, which has the error.
            let is_there = windows.copy(number, skip, buf)
                || (windows.is_near(number)
                    && windows.load(&self.file, number).is_ok()
                    && windows.copy(number, skip, buf));
            if is_there {
                return Ok(());
            }
        }
        self.file.read_at(offset, buf)
    }

    fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that goes away, of bytes that differ from window to window.
    fn storage(name: &str, len: u64) -> (WindowedStorage, Vec<u8>) {
        let path = std::env::temp_dir().join(format!("hdfive-{name}-{}", std::process::id()));
        let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let storage = WindowedStorage::new(FileStorage::open(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
        (storage, bytes)
    }

    fn kept(storage: &WindowedStorage) -> Vec<u64> {
        storage.windows.lock().unwrap().kept.iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn bytes_are_those_of_the_file_however_they_are_asked_for() {
        let len = 40 * WINDOW + 100;
        let (storage, bytes) = storage("windows", len);
        let mut seed = 1_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let mut at = 0;
        for round in 0..20_000 {
            at = match round % 5 {
                0 => random(len),
                _ => (at + random(600)).min(len),
            };
            let size = [8, 34, 272, 2048, 5000][usize::try_from(random(5)).unwrap()];
            let mut found = vec![0; size];
            let read = storage.read_at(at, &mut found);
            match bytes.get(usize::try_from(at).unwrap()..).and_then(|bytes| bytes.get(..size)) {
                Some(expected) => assert_eq!(found, expected, "{size} bytes at {at}"),
                None => assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof),
            }
            assert!(kept(&storage).len() <= KEPT);
        }
        assert_eq!(kept(&storage).len(), KEPT);
    }

    #[test]
    fn windows_are_read_only_where_reads_come_near_each_other() {
        let (storage, _) = storage("near", 100 * WINDOW);
        let read = |at| storage.read_at(at, &mut [0; 100]).unwrap();
        for number in [5, 50, 20, 90, 70] {
            read(number * WINDOW + 1000);
        }
        assert!(kept(&storage).is_empty());
        read(50 * WINDOW);
        assert_eq!(kept(&storage), [50]);
        read(51 * WINDOW);
        read(20 * WINDOW);
        let mut all = kept(&storage);
        all.sort_unstable();
        assert_eq!(all, [20, 50, 51]);
    }
}
