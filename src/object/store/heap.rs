//! Objects of the file's global heaps, for elements that name them.

use std::borrow::Cow;

use super::Store;
use crate::element::{HeapSink, HeapSource, for_each_heap_id, holds_heap_ids};
use crate::error::Result;
use crate::format::datatype::Datatype;
use crate::format::global_heap::HeapId;

impl HeapSource for Store {
    fn heap_object(&self, id: &HeapId) -> Result<Option<Cow<'_, [u8]>>> {
        let object = Self::heap_object(self, id)?;
        Ok(object.map(|object| Cow::Owned(object.to_vec())))
    }
}

impl HeapSink for Store {
    fn put(&self, bytes: &[u8]) -> Result<HeapId> {
        self.heaps.insert(&self.space, bytes)
    }
}

impl Store {
    /// Gives back what stored elements keep in global heaps.
    pub(crate) fn free_heap_objects(&self, datatype: &Datatype, elements: &[u8]) -> Result<()> {
        if !holds_heap_ids(datatype) {
            return Ok(());
        }
        let mut ids = Vec::new();
        for_each_heap_id(datatype, elements, self, &mut |id| {
            ids.push(id);
            Ok(())
        })?;
        ids.iter().try_for_each(|id| self.heaps.remove(&self.space, id))
    }
}
