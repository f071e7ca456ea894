//! Bytes as a stream.

use std::io::{self, Read, Seek, SeekFrom};

use super::container::Container;
use crate::codec::wide;
use crate::error::{Error, Result};

/// The elements of a dataset or attribute of bytes, of one axis, as a stream to read and seek in.
///
/// Each read goes to the file: where many are small, put a [`BufReader`](io::BufReader) around it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::{Read, Seek, SeekFrom};
/// let file = hdfive::File::in_memory()?;
/// let image = file.new_dataset_builder().with_data(b"GIF89a and more").create("image")?;
/// let mut bytes = image.as_byte_reader()?;
/// bytes.seek(SeekFrom::Start(3))?;
/// let mut version = [0; 3];
/// bytes.read_exact(&mut version)?;
/// assert_eq!(&version, b"89a");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ByteReader {
    source: Container,
    place: u64,
}

impl ByteReader {
    /// Reads `obj` from its first byte on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it has not one axis, or elements that are
    /// not bytes.
    pub fn new(obj: &Container) -> Result<Self> {
        let problem = match (obj.ndim(), obj.dtype()?.is::<u8>()) {
            (1, true) => return Ok(Self { source: obj.clone(), place: 0 }),
            (1, false) => "the elements are not bytes",
            _ => "only what has one axis is a stream",
        };
        obj.named(Err(Error::usage(problem)))
    }

    fn left(&self) -> u64 {
        wide(self.source.size()).saturating_sub(self.place)
    }

    /// Whether no bytes are left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left() == 0
    }
}

impl Read for ByteReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(usize::try_from(self.left()).unwrap_or(usize::MAX));
        let Some(target) = buffer.get_mut(..count).filter(|target| !target.is_empty()) else {
            return Ok(0);
        };
        let place = usize::try_from(self.place).unwrap_or(usize::MAX);
        self.source.read_slice_into_raw(target, place..place.saturating_add(count))?;
        self.place = self.place.saturating_add(wide(count));
        Ok(count)
    }
}

impl Seek for ByteReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
            SeekFrom::End(by) => wide(self.source.size()).checked_add_signed(by),
        };
        let before = "a place before the first byte";
        self.place = place.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, before))?;
        Ok(self.place)
    }
}

impl Container {
    /// The bytes as a stream: see [`ByteReader`].
    ///
    /// # Errors
    ///
    /// As [`ByteReader::new`].
    pub fn as_byte_reader(&self) -> Result<ByteReader> {
        ByteReader::new(self)
    }
}
