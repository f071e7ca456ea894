//! Conversions: planned once for a datatype, run once a block.

use std::borrow::Cow;
use std::fmt;

use super::sequence::HeapElement;
use super::{ConversionMode, TextBatch, check_count};
use crate::codec::{Sizes, wide};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;
use crate::format::global_heap::HeapId;
use crate::limits::Limits;

/// Where the data of variable-length elements lie.
pub(crate) trait HeapSource {
    /// The data `id` names, `None` where it names none.
    ///
    /// A bound on the bytes that one read takes from the heap is kept here: many elements may
    /// name the same data.
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>>;

    /// Calls `take` with the data that `id` names, which may name others to be read meanwhile; not at
    /// all where it names none.
    fn with_object(&self, id: &HeapId, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.heap_object(id)?.map_or(Ok(()), |data| take(&data))
    }

    /// Puts the strings of the first elements in `stored` into `batch`, as many as it has room for, each
    /// with the NULs that it holds. Where it takes none, the first is to be read by itself.
    ///
    /// # Errors
    ///
    /// Where a string is not there.
    fn pack(&self, form: HeapElement, stored: &[u8], batch: &mut TextBatch) -> Result<()> {
        let _ = (form, stored, batch);
        Ok(())
    }

    /// Where in the file the data lie that `id` names, or about there, for errors to say.
    fn offset(&self, id: &HeapId) -> u64 {
        id.address.map_or(0, |at| at.0)
    }

    /// The bounds on what the data may make up.
    fn limits(&self) -> &Limits {
        &Limits::DEFAULT
    }

    /// Widths of the file the elements are of, where it is known: the size of an element tells
    /// them, too, but for references that libhdf5 once stored with the size they have in memory.
    fn widths(&self) -> Option<Sizes> {
        None
    }

    /// What becomes of values that the type they convert to does not have.
    fn mode(&self) -> ConversionMode {
        ConversionMode::Saturating
    }
}

/// The heap of elements that have none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoHeap;

impl HeapSource for NoHeap {
    fn heap_object(&self, _: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        Err(Error::unsupported("variable-length data without a heap"))
    }
}

/// One conversion. `stored` holds whole elements and nothing else.
pub(crate) trait Convert<T>: Send + Sync {
    /// Appends the values of `stored`.
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<T>) -> Result<()>;

    /// Writes the values of `stored` over `out`, which has room for exactly as many.
    fn fill(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut [T]) -> Result<()> {
        let mut values = Vec::new();
        self.append(stored, heap, &mut values)?;
        check_count(values.len(), out.len())?;
        for (to, from) in out.iter_mut().zip(values) {
            *to = from;
        }
        Ok(())
    }
}

/// How stored elements become values of type `T`.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::H5Type;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", "text")?.dtype()?;
/// assert!(f64::converter(datatype.definition()).is_err());
/// assert!(String::converter(datatype.definition()).is_ok());
/// # Ok(())
/// # }
/// ```
pub struct Converter<T> {
    size: usize,
    convert: Box<dyn Convert<T>>,
}

impl<T> Converter<T> {
    /// The conversion of elements stored as `stored`.
    pub(crate) fn new(stored: &Datatype, convert: impl Convert<T> + 'static) -> Result<Self> {
        let size = usize::try_from(stored.size)
            .map_err(|_| Error::unsupported("an element larger than memory"))?;
        if size == 0 {
            return Err(Error::usage("a datatype of 0 bytes"));
        }
        Ok(Self { size, convert: Box::new(convert) })
    }

    /// Bytes of a stored element.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Appends the values of `stored`, which holds whole elements.
    pub(crate) fn convert(
        &self,
        stored: &[u8],
        heap: &dyn HeapSource,
        out: &mut Vec<T>,
    ) -> Result<()> {
        let (count, before) = (self.count(stored)?, out.len());
        out.reserve(count);
        self.convert.append(stored, heap, out)?;
        check_count(out.len().saturating_sub(before), count)
    }

    /// Writes the values of `stored` over `out`, which must have room for exactly as many.
    pub(crate) fn convert_into(
        &self,
        stored: &[u8],
        heap: &dyn HeapSource,
        out: &mut [T],
    ) -> Result<()> {
        if self.count(stored)? != out.len() {
            return Err(Error::usage(format!("room for {} values is not enough", out.len())));
        }
        self.convert.fill(stored, heap, out)
    }

    /// The value of one element.
    pub(crate) fn convert_one(&self, stored: &[u8], heap: &dyn HeapSource) -> Result<T> {
        let mut out = Vec::new();
        self.convert(stored, heap, &mut out)?;
        match (out.pop(), out.pop()) {
            (Some(value), None) => Ok(value),
            _ => Err(Error::usage("not one element")),
        }
    }

    /// Elements in `stored`.
    fn count(&self, stored: &[u8]) -> Result<usize> {
        if !stored.len().is_multiple_of(self.size) {
            let (len, size) = (wide(stored.len()), self.size);
            return Err(Error::conversion(format!("{len} bytes are no elements of {size} bytes")));
        }
        Ok(stored.len().checked_div(self.size).unwrap_or(0))
    }
}

impl<T: 'static> Converter<T> {
    /// The conversion to `U` that goes on with `then`.
    #[doc(hidden)]
    #[must_use]
    pub fn map<U: 'static>(self, then: fn(T) -> U) -> Converter<U> {
        Converter { size: self.size, convert: Box::new(Map { first: self.convert, then }) }
    }
}

impl<T> fmt::Debug for Converter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Converter").field("size", &self.size).finish_non_exhaustive()
    }
}

struct Map<T, U> {
    first: Box<dyn Convert<T>>,
    then: fn(T) -> U,
}

impl<T, U> Convert<U> for Map<T, U> {
    fn append(&self, stored: &[u8], heap: &dyn HeapSource, out: &mut Vec<U>) -> Result<()> {
        let mut values = Vec::new();
        self.first.append(stored, heap, &mut values)?;
        out.extend(values.into_iter().map(self.then));
        Ok(())
    }
}

/// Copies the `len` bytes at `offset` of each element of `size` bytes together, into `out`.
pub(crate) fn gather(stored: &[u8], size: usize, offset: usize, len: usize, out: &mut Vec<u8>) {
    let end = offset.saturating_add(len);
    for element in stored.chunks_exact(size.max(1)) {
        out.extend_from_slice(element.get(offset..end).unwrap_or_default());
    }
}
