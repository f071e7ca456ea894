//! Rust values to stored elements: planned once for a datatype, run once a block.

use std::fmt;

use super::sequence::HeapElement;
use super::{ConversionMode, NoHeap, check_count};
use crate::codec::{Encoder, Sizes};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;
use crate::format::global_heap::HeapId;

/// Where the data of variable-length elements go.
pub(crate) trait HeapSink {
    /// Keeps `bytes`; gives the name they are found by.
    fn put(&self, bytes: &[u8]) -> Result<HeapId>;

    /// Keeps all of these, and writes the elements that stand for them, each of as many bytes.
    fn put_all(&self, all: &[&[u8]], e: &mut Encoder) -> Result<()> {
        all.iter().try_for_each(|bytes| HeapElement::encode(e, bytes.len(), &self.put(bytes)?))
    }

    /// Keeps another copy of what `id` names: no two elements name the same object, or the end of
    /// one were the end of both.
    fn duplicate(&self, id: &HeapId) -> Result<HeapId> {
        let _ = id;
        Err(Error::unsupported("a copy of a reference whose target is kept in a heap"))
    }

    /// Widths of the file the elements go to, where it is known: the size of an element tells them,
    /// too, but for references in sequences, which libhdf5 stores with the size they have in memory.
    fn widths(&self) -> Option<Sizes> {
        None
    }

    /// What becomes of values that the type they convert to does not have.
    fn mode(&self) -> ConversionMode {
        ConversionMode::Saturating
    }
}

impl HeapSink for NoHeap {
    fn put(&self, _: &[u8]) -> Result<HeapId> {
        Err(Error::unsupported("variable-length data without a heap"))
    }
}

/// One conversion of values.
pub(crate) trait WriteValues<T>: Send + Sync {
    /// Appends the stored form of `values`.
    fn append(&self, values: &[T], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()>;
}

/// How values of type `T` become stored elements.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::H5Type;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", 7)?.dtype()?;
/// assert!(String::writer(datatype.definition()).is_err());
/// assert!(f64::writer(datatype.definition()).is_ok());
/// # Ok(())
/// # }
/// ```
pub struct Writer<T> {
    size: usize,
    write: Box<dyn WriteValues<T>>,
}

impl<T> Writer<T> {
    /// The conversion to elements stored as `stored`.
    pub(crate) fn new(stored: &Datatype, write: impl WriteValues<T> + 'static) -> Result<Self> {
        Ok(Self { size: element_size(stored)?, write: Box::new(write) })
    }

    /// Bytes of a stored element.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Appends the stored form of `values`.
    ///
    /// # Errors
    ///
    /// [`Conversion`](crate::error::ErrorKind::Conversion) where a value has none.
    pub(crate) fn write(&self, values: &[T], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        let len = values.len().saturating_mul(self.size);
        out.try_reserve(len)
            .map_err(|_| Error::usage(format!("{len} bytes of elements do not fit memory")))?;
        let before = out.len();
        self.write.append(values, heap, out)?;
        check_count(out.len().saturating_sub(before), len)
    }

    /// The stored form of one value.
    #[cfg(test)]
    pub(crate) fn write_one(&self, value: &T, heap: &dyn HeapSink) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        self.write(std::slice::from_ref(value), heap, &mut out)?;
        Ok(out)
    }
}

impl<T: 'static> Writer<T> {
    /// The conversion of what `first` makes a `T` of.
    #[doc(hidden)]
    #[must_use]
    pub fn after<U: 'static>(self, first: fn(&U) -> T) -> Writer<U> {
        Writer { size: self.size, write: Box::new(After { first, then: self.write }) }
    }
}

impl<T> fmt::Debug for Writer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Values converted at a time where copies of them are made.
const BATCH: usize = 4096;

struct After<T, U> {
    first: fn(&U) -> T,
    then: Box<dyn WriteValues<T>>,
}

impl<T, U> WriteValues<U> for After<T, U> {
    fn append(&self, values: &[U], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        values.chunks(BATCH).try_for_each(|batch| {
            let batch: Vec<T> = batch.iter().map(self.first).collect();
            self.then.append(&batch, heap, out)
        })
    }
}

/// Bytes of an element.
pub(super) fn element_size(stored: &Datatype) -> Result<usize> {
    match usize::try_from(stored.size) {
        Ok(0) => Err(Error::usage("a datatype of 0 bytes")),
        Ok(size) => Ok(size),
        Err(_) => Err(Error::unsupported("an element larger than memory")),
    }
}

/// Appends `count` elements of `size` bytes that are all zero; gives their bytes.
pub(super) fn zeroed(out: &mut Vec<u8>, count: usize, size: usize) -> &mut [u8] {
    let start = out.len();
    out.resize(start.saturating_add(count.saturating_mul(size)), 0);
    out.get_mut(start..).unwrap_or_default()
}
