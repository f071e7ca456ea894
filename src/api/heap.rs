//! What elements keep in the heaps of their file.

use std::borrow::Cow;
use std::cell::Cell;

use crate::codec::{Sizes, wide};
use crate::element::{HeapElement, HeapSource, TextBatch};
use crate::error::Result;
use crate::format::global_heap::HeapId;
use crate::infra::global_heap::HeapReader;
use crate::limits::Limits;
use crate::object::store::Store;

/// The heap of one file, for one read: what is taken from it is counted against the limit.
#[derive(Debug)]
pub(crate) struct Heap<'a> {
    store: &'a Store,
    reader: HeapReader<'a>,
    taken: Cell<u64>,
}

impl<'a> Heap<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, reader: store.heap_reader(), taken: Cell::new(0) }
    }

    /// Counts what is taken.
    fn count(&self, len: usize) -> Result<()> {
        let taken = self.taken.get().saturating_add(wide(len));
        self.taken.set(taken);
        Limits::check("read_bytes", taken, self.store.space().limits().read_bytes)
    }
}

impl HeapSource for Heap<'_> {
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        let mut copy = None;
        self.with_object(id, &mut |object| {
            copy = Some(Cow::Owned(object.to_vec()));
            Ok(())
        })?;
        Ok(copy)
    }

    fn with_object(&self, id: &HeapId, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut counted = |object: &[u8]| {
            self.count(object.len())?;
            take(object)
        };
        let Some(at) = id.address else { return Ok(()) };
        if !self.reader.is_at(at) && self.store.is_foreign(at) {
            return self.store.heap_object(id)?.map_or(Ok(()), |object| counted(&object));
        }
        self.reader.with(id, counted)
    }

    fn pack(&self, form: HeapElement, stored: &[u8], batch: &mut TextBatch) -> Result<()> {
        let (size, mut rest) = (form.size(), stored);
        loop {
            let taken = self.reader.short_strings(form, rest, batch);
            self.count(taken.bytes)?;
            rest = rest.get(taken.elements.saturating_mul(size)..).unwrap_or_default();
            let Some(element) = rest.get(..size) else { break };
            let (len, id) = form.parts(element)?;
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            if !batch.has_room(len) {
                break;
            }
            rest = rest.get(size..).unwrap_or_default();
            let Some(at) = id.address.filter(|_| len > 0) else {
                batch.push(&[], 0);
                continue;
            };
            if !self.reader.is_at(at) && self.store.is_foreign(at) {
                break;
            }
            self.reader.with(&id, |object| {
                self.count(object.len())?;
                if object.len() < len {
                    return Err(form.too_short(element, 1, object.len()));
                }
                batch.push(object, len);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn offset(&self, id: &HeapId) -> u64 {
        self.store.offset(id)
    }

    fn widths(&self) -> Option<Sizes> {
        self.store.widths()
    }

    fn limits(&self) -> &Limits {
        self.store.limits()
    }
}
