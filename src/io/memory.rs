//! A file that is a byte buffer.

use std::io;

use super::Storage;

/// A file that is a byte buffer.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use hdfive::{File, Memory};
/// let bytes = std::fs::read("tests/fixtures/tour_latest.h5")?;
/// let file = File::from_storage(Arc::new(Memory::new(bytes)))?;
/// # assert!(file.link_exists("run1"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Memory(Vec<u8>);

impl Memory {
    /// Wraps `bytes`.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Storage for Memory {
    fn len(&self) -> io::Result<u64> {
        u64::try_from(self.0.len()).map_err(io::Error::other)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(&self.0)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        copy_from(&self.0, offset, buf)
    }
}

/// Fills `buf` from `bytes` at `offset`.
pub(super) fn copy_from(bytes: &[u8], offset: u64, buf: &mut [u8]) -> io::Result<()> {
    let bytes = usize::try_from(offset)
        .ok()
        .and_then(|start| bytes.get(start..)?.get(..buf.len()))
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    super::streamed::copy(bytes, buf);
    Ok(())
}
