//! What a dataset takes of the file, given back.

use super::DatasetObject;
use crate::codec::{Address, wide};
use crate::element::holds_heap_ids;
use crate::error::{Error, Result};
use crate::format::message::LayoutClass;
use crate::object::raw_data::chunk_writer::ChunkWriter;
use crate::object::store::Store;
use crate::space::Purpose;

/// Bytes of elements looked at at once.
const PIECE: u64 = 1 << 20;

impl DatasetObject {
    /// Gives back everything the dataset keeps its elements in, and what these keep in heaps.
    pub(crate) fn free(&self, store: &Store) -> Result<()> {
        let names = holds_heap_ids(&self.datatype.datatype);
        match &self.layout.class {
            LayoutClass::Contiguous { address: Some(at), size } if self.external.is_none() => {
                if names {
                    self.let_go_of_block(store, *at)?;
                }
                let len = size.map_or_else(|| self.total_bytes(store), Ok)?;
                store.space().free(Purpose::RawData, *at, len)?;
            }
            LayoutClass::Chunked(layout) => {
                let chunks = ChunkWriter::open(store, self, layout)?;
                chunks.let_go_of_all()?;
                let freed = chunks.free();
                self.chunks.forget_index();
                freed?;
            }
            LayoutClass::Compact { data } if names => {
                let len = usize::try_from(self.total_bytes(store)?).unwrap_or(usize::MAX);
                self.release(store, data.get(..len).unwrap_or(data), &[])?;
            }
            _ => {}
        }
        match &self.fill.value {
            Some(fill) => store.free_heap_objects(&self.datatype.datatype, fill),
            None => Ok(()),
        }
    }

    /// Gives back what elements as stored keep in heaps, and neither the `kept` ones nor the fill
    /// value do.
    pub(crate) fn release(&self, store: &Store, elements: &[u8], kept: &[&[u8]]) -> Result<()> {
        let datatype = &self.datatype.datatype;
        if !holds_heap_ids(datatype) {
            return Ok(());
        }
        let fill = self.fill.value.as_deref().unwrap_or_default();
        let kept: Vec<&[u8]> = kept.iter().copied().chain([fill]).collect();
        store.free_replaced(datatype, elements, &kept)
    }

    /// Gives back what the elements of the block at `at` keep in heaps.
    fn let_go_of_block(&self, store: &Store, at: Address) -> Result<()> {
        let (len, size) = (self.total_bytes(store)?, self.element_size().max(1));
        let piece = PIECE.saturating_sub(PIECE.checked_rem(size).unwrap_or(0)).max(size).min(len);
        let too_large = |_| Error::usage("the elements do not fit memory");
        let mut bytes = vec![0; usize::try_from(piece).map_err(too_large)?];
        let mut done = 0;
        while done < len {
            let now = len.saturating_sub(done).min(piece);
            bytes.truncate(usize::try_from(now).map_err(too_large)?);
            store.space().read_raw_into("Raw Data", at.plus(done), &mut bytes)?;
            self.release(store, &bytes, &[])?;
            done = done.saturating_add(wide(bytes.len()).max(1));
        }
        Ok(())
    }
}
