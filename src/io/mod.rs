//! Where the bytes of a file live. Knows nothing of HDF5.

pub(crate) mod clock;
pub(crate) mod family;
mod file;
mod head;
#[cfg(feature = "mmap")]
mod map;
mod memory;
pub(crate) mod multi;
pub(crate) mod pages;
pub(crate) mod pages_around;
mod shared;
pub(crate) mod streamed;
mod windows;

use std::fmt::Debug;
use std::io;

pub use file::FileStorage;
pub(crate) use head::HeadStorage;
#[cfg(feature = "mmap")]
pub(crate) use map::MapStorage;
pub use memory::Memory;
pub use shared::SharedMemory;
pub(crate) use windows::WindowedStorage;

/// The bytes of a file, addressed from its start.
///
/// Object safe: the crate holds an `Arc<dyn Storage>` and calls it once per block, never per
/// field, so no type above this one is generic over where the bytes live.
///
/// ```
/// use hdfive::{Memory, Storage};
/// let storage = Memory::new(vec![1, 2, 3]);
/// let mut two = [0; 2];
/// storage.read_at(1, &mut two)?;
/// assert_eq!(two, [2, 3]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Storage: Debug + Send + Sync {
    /// Length of the storage, in bytes.
    ///
    /// # Errors
    ///
    /// Whatever the storage reports.
    fn len(&self) -> io::Result<u64>;

    /// Whether the storage holds no bytes.
    ///
    /// # Errors
    ///
    /// Whatever the storage reports.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The whole storage, where it is already in the address space (memory, a map).
    ///
    /// Reads then borrow instead of copying.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }

    /// Fills `buf` with the bytes at `offset`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::UnexpectedEof`] past the end; otherwise whatever the storage reports.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// As [`read_at`](Self::read_at), of a few bytes that lie far from all that is read before and after
    /// them: a map may be better off to read them from its file than to touch a page for them.
    ///
    /// # Errors
    ///
    /// As [`read_at`](Self::read_at).
    fn read_apart(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.read_at(offset, buf)
    }

    /// Fills every buffer with the bytes at its offset.
    ///
    /// Remote storages override this to merge neighbouring ranges into one request.
    ///
    /// # Errors
    ///
    /// As [`read_at`](Self::read_at).
    fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> io::Result<()> {
        ranges.iter_mut().try_for_each(|(offset, buf)| self.read_at(*offset, buf))
    }

    /// Whether the storage takes writes.
    fn is_writable(&self) -> bool {
        false
    }

    /// Writes all of `bytes` at `offset`, lengthening the storage where it must.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::Unsupported`] of a storage that does not take writes; otherwise whatever
    /// the storage reports.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let _ = (offset, bytes);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Cuts or lengthens the storage to `len` bytes; bytes that come to it are zero.
    ///
    /// # Errors
    ///
    /// As [`write_at`](Self::write_at).
    fn set_len(&self, len: u64) -> io::Result<()> {
        let _ = len;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns when everything written so far would survive a loss of power.
    ///
    /// # Errors
    ///
    /// As [`write_at`](Self::write_at).
    fn sync(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The file is closed: lets go of locks that keep other programs from it.
    ///
    /// # Errors
    ///
    /// Whatever the storage reports.
    fn unlock(&self) -> io::Result<()> {
        Ok(())
    }
}
