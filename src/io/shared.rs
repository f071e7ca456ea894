//! A growing byte buffer that several handles share.

use std::io;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Storage;
use super::memory::copy_from;

/// A byte buffer that can be read and written: a file in memory.
///
/// Clones share the bytes.
///
/// ```
/// use hdfive::{SharedMemory, Storage};
/// let storage = SharedMemory::new(vec![1, 2]);
/// storage.write_at(1, &[3, 4])?;
/// assert_eq!(storage.to_vec(), [1, 3, 4]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SharedMemory(Arc<RwLock<Vec<u8>>>);

impl SharedMemory {
    /// A storage that starts as `bytes`.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(RwLock::new(bytes)))
    }

    /// A copy of the bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes().clone()
    }

    fn bytes(&self) -> RwLockReadGuard<'_, Vec<u8>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes_mut(&self) -> RwLockWriteGuard<'_, Vec<u8>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for SharedMemory {
    fn len(&self) -> io::Result<u64> {
        u64::try_from(self.bytes().len()).map_err(io::Error::other)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        copy_from(&self.bytes(), offset, buf)
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let end = start.checked_add(bytes.len()).ok_or(io::ErrorKind::OutOfMemory)?;
        let mut all = self.bytes_mut();
        if all.len() < end {
            let more = end.saturating_sub(all.len());
            all.try_reserve(more).map_err(|_| io::ErrorKind::OutOfMemory)?;
            all.resize(end, 0);
        }
        all.get_mut(start..end).ok_or(io::ErrorKind::OutOfMemory)?.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut all = self.bytes_mut();
        let more = len.saturating_sub(all.len());
        all.try_reserve(more).map_err(|_| io::ErrorKind::OutOfMemory)?;
        all.resize(len, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
