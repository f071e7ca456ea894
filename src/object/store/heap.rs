//! Objects of the file's global heaps, for elements that name them.

use std::borrow::Cow;

use super::Store;
use crate::codec::{Address, Sizes};
use crate::element::{
    ConversionMode, H5Type, HeapSink, HeapSource, InMode, Writer, check_count, for_each_heap_id,
    holds_heap_ids,
};
use crate::error::Result;
use crate::format::datatype::Datatype;
use crate::format::global_heap::HeapId;
use crate::infra::global_heap::{HeapReader, HeapWriter};
use crate::limits::Limits;

impl HeapSource for Store {
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        let object = Self::heap_object(self, id)?;
        Ok(object.map(|object| Cow::Owned(object.to_vec())))
    }

    fn offset(&self, id: &HeapId) -> u64 {
        id.address.map_or(0, |at| self.space.offset(at))
    }

    fn limits(&self) -> &Limits {
        self.space.limits()
    }

    fn widths(&self) -> Option<Sizes> {
        Some(self.space.sizes())
    }
}

/// The heaps of one file, for a look at what is in them.
#[derive(Debug)]
pub(crate) struct CheckedHeap<'a> {
    store: &'a Store,
    reader: HeapReader<'a>,
}

impl<'a> CheckedHeap<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, reader: store.heap_reader() }
    }
}

impl HeapSource for CheckedHeap<'_> {
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        HeapSource::heap_object(self.store, id)
    }

    fn with_object(&self, id: &HeapId, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.reader.with(id, take)
    }

    fn offset(&self, id: &HeapId) -> u64 {
        HeapSource::offset(self.store, id)
    }

    fn limits(&self) -> &Limits {
        self.store.space.limits()
    }

    fn widths(&self) -> Option<Sizes> {
        Some(self.store.space.sizes())
    }
}

impl HeapSink for Store {
    fn put(&self, bytes: &[u8]) -> Result<HeapId> {
        self.heaps.insert(&self.space, bytes)
    }

    fn widths(&self) -> Option<Sizes> {
        Some(self.space.sizes())
    }
}

impl Store {
    /// Values as elements stored as `stored`, with what they keep in global heaps.
    pub(crate) fn to_elements<T: H5Type>(
        &self,
        stored: &Datatype,
        values: &[T],
    ) -> Result<Vec<u8>> {
        self.as_elements(stored, values).map(Cow::into_owned)
    }

    /// As [`to_elements`](Self::to_elements), without a copy where the values are stored as they
    /// are.
    pub(crate) fn as_elements<'v, T: H5Type>(
        &self,
        stored: &Datatype,
        values: &'v [T],
    ) -> Result<Cow<'v, [u8]>> {
        self.as_elements_in(ConversionMode::Saturating, stored, values)
    }

    /// As [`as_elements`](Self::as_elements), in a mode.
    pub(crate) fn as_elements_in<'v, T: H5Type>(
        &self,
        mode: ConversionMode,
        stored: &Datatype,
        values: &'v [T],
    ) -> Result<Cow<'v, [u8]>> {
        if let Some(bytes) = T::as_bytes(values).filter(|_| T::is_identical(stored)) {
            let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
            check_count(bytes.len(), values.len().saturating_mul(size))?;
            return Ok(Cow::Borrowed(bytes));
        }
        let writer = T::writer(stored)?;
        self.write_elements_in(mode, &writer, values).map(Cow::Owned)
    }

    /// What `writer` makes of values in a mode, with what they keep in global heaps.
    pub(crate) fn write_elements_in<T>(
        &self,
        mode: ConversionMode,
        writer: &Writer<T>,
        values: &[T],
    ) -> Result<Vec<u8>> {
        let heap = self.heap_writer();
        let mut bytes = Vec::new();
        writer.write(values, &InMode { heap: &heap, mode }, &mut bytes)?;
        heap.finish()?;
        Ok(bytes)
    }

    /// Takes many objects into the global heaps; they are there once it is finished.
    pub(crate) fn heap_writer(&self) -> HeapWriter<'_> {
        HeapWriter::new(&self.heaps, &self.space)
    }

    /// Reads many objects of the global heaps of this file alone.
    pub(crate) fn heap_reader(&self) -> HeapReader<'_> {
        HeapReader::new(&self.heaps, &self.space)
    }

    /// Gives back what stored elements keep in global heaps.
    pub(crate) fn free_heap_objects(&self, datatype: &Datatype, elements: &[u8]) -> Result<()> {
        if !holds_heap_ids(datatype) {
            return Ok(());
        }
        let ids = self.heap_ids(datatype, elements)?;
        ids.iter().try_for_each(|id| self.remove_heap_object(id))
    }

    /// Whether the heap collection that has the address `at` here is one of another file.
    pub(crate) fn is_foreign(&self, at: Address) -> bool {
        self.foreign.knows(self.space.sizes(), at)
    }

    /// Gives an object of a global heap back, where it is of this file.
    pub(crate) fn remove_heap_object(&self, id: &HeapId) -> Result<()> {
        if id.address.is_some_and(|at| self.is_foreign(at)) {
            return Ok(());
        }
        self.heaps.remove(&self.space, id)
    }

    /// Gives back what stored elements keep in global heaps and the `kept` ones do not.
    pub(crate) fn free_replaced(
        &self,
        datatype: &Datatype,
        old: &[u8],
        kept: &[&[u8]],
    ) -> Result<()> {
        let old = self.heap_ids(datatype, old)?;
        if old.is_empty() {
            return Ok(());
        }
        let kept = kept.iter().map(|elements| self.heap_ids(datatype, elements));
        let mut kept = kept.collect::<Result<Vec<_>>>()?.concat();
        kept.sort_unstable();
        let mut gone = old.iter().filter(|id| kept.binary_search(id).is_err());
        gone.try_for_each(|id| self.remove_heap_object(id))
    }

    pub(super) fn heap_ids(&self, datatype: &Datatype, elements: &[u8]) -> Result<Vec<HeapId>> {
        let mut ids = Vec::new();
        for_each_heap_id(datatype, elements, self, &mut |id| {
            ids.push(id);
            Ok(())
        })?;
        Ok(ids)
    }
}
