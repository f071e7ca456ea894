//! Arrays on their way to a file.

use super::DynArray;
use crate::element::{ConversionMode, CopiedReferences, ElementCopy, InlineHeap, value_writer};
use crate::error::Result;
use crate::object::store::Store;
use crate::object::stored_type::StoredType;

impl DynArray {
    /// The elements as elements of a type in a file.
    pub(in crate::api) fn written(
        &self,
        store: &Store,
        mode: ConversionMode,
        stored: &StoredType,
    ) -> Result<Vec<u8>> {
        let there = &stored.datatype;
        if !self.datatype.is_variable() && self.datatype.same_type(there) {
            return Ok(self.elements().to_vec());
        }
        if self.datatype.with_sizes(store.space().sizes())?.same_type(there) {
            let sink = store.heap_writer();
            let source = &InlineHeap(&self.bytes);
            let copy = ElementCopy { source, sink: &sink, references: CopiedReferences::Keep };
            let elements = copy.run(&self.datatype, there, self.elements())?;
            sink.finish()?;
            return Ok(elements);
        }
        store.write_elements_in(mode, &value_writer(there)?, &self.values_in(mode)?)
    }
}
