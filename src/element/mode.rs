//! What becomes of values that the other type does not have.

use std::borrow::Cow;

use super::sequence::HeapElement;
use super::{HeapSink, HeapSource, TextBatch};
use crate::codec::{Encoder, Sizes};
use crate::error::Result;
use crate::format::global_heap::HeapId;
use crate::limits::Limits;

/// What becomes of values that the type they convert to does not have.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::ConversionMode;
/// let file = hdfive::File::in_memory()?;
/// let data = file.new_dataset_builder().with_data(&[1.0, 2.5, 300.0]).create("data")?;
/// assert_eq!(data.read_raw::<u8>()?, [1, 2, 255]);
/// let exact = data.as_reader().mode(ConversionMode::Exact);
/// assert!(exact.read_raw::<u8>().is_err());
/// assert_eq!(exact.read_raw::<f32>()?, [1.0, 2.5, 300.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ConversionMode {
    /// The nearest value that it has, as HDF5 does it: integers are clamped, floats lose their
    /// fraction on the way to an integer and are rounded on the way to a float, NaN becomes 0 where
    /// there is none.
    #[default]
    Saturating,
    /// An error: what is read or written is the number, or the text, that is stored or given, digit
    /// by digit. NaN is NaN, whatever its payload; zero is zero, whatever its sign.
    Exact,
}

/// A heap, and how values convert on their way from it or to it.
pub(crate) struct InMode<'a, H: ?Sized> {
    pub(crate) heap: &'a H,
    pub(crate) mode: ConversionMode,
}

impl<H: HeapSource + ?Sized> HeapSource for InMode<'_, H> {
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        self.heap.heap_object(id)
    }

    fn with_object(&self, id: &HeapId, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.heap.with_object(id, take)
    }

    fn pack(&self, form: HeapElement, stored: &[u8], batch: &mut TextBatch) -> Result<()> {
        self.heap.pack(form, stored, batch)
    }

    fn offset(&self, id: &HeapId) -> u64 {
        self.heap.offset(id)
    }

    fn limits(&self) -> &Limits {
        self.heap.limits()
    }

    fn widths(&self) -> Option<Sizes> {
        self.heap.widths()
    }

    fn mode(&self) -> ConversionMode {
        self.mode
    }
}

impl<H: HeapSink + ?Sized> HeapSink for InMode<'_, H> {
    fn put(&self, bytes: &[u8]) -> Result<HeapId> {
        self.heap.put(bytes)
    }

    fn put_all(&self, all: &[&[u8]], e: &mut Encoder) -> Result<()> {
        self.heap.put_all(all, e)
    }

    fn duplicate(&self, id: &HeapId) -> Result<HeapId> {
        self.heap.duplicate(id)
    }

    fn widths(&self) -> Option<Sizes> {
        self.heap.widths()
    }

    fn mode(&self) -> ConversionMode {
        self.mode
    }
}
