//! What a dataset takes of the file, and what its elements keep in heaps.

use std::sync::Arc;

use super::{DatasetMessages, DatasetObject, Fill};
use crate::codec::{Address, wide};
use crate::element::{check_heap_objects, holds_heap_ids};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;
use crate::format::message::{ChunkedLayout, DataLayout, LayoutClass, MessageType};
use crate::infra::local_heap;
use crate::object::chunk_index;
use crate::object::header::ObjectHeader;
use crate::object::holdings::{Holdings, Survey};
use crate::object::store::{CheckedHeap, Store};
use crate::object::stored_type::StoredType;
use crate::space::Extents;

/// Bytes of elements looked at at once.
const PIECE: u64 = 1 << 20;

impl DatasetObject {
    /// Adds what the dataset with this header keeps its elements in, and what these keep in heaps.
    pub(crate) fn holdings(
        store: &Arc<Store>,
        header: &ObjectHeader,
        held: &mut Holdings,
        survey: &mut Survey<'_>,
    ) -> Result<()> {
        let layout = store.message::<DataLayout>(header, MessageType::DATA_LAYOUT)?;
        if let Some(LayoutClass::Virtual { heap }) = layout.map(|layout| layout.class) {
            // Its elements are in other datasets, which need not be there.
            held.heap_object(&heap);
            let Some(message) = header.find(MessageType::DATATYPE) else { return Ok(()) };
            let datatype = StoredType::of_message(store, message)?;
            let said = DatasetMessages::of(store, header)?;
            let fill = Fill::load(store, header.address, &said, &datatype)?;
            return hold_fill(store, header, &datatype.datatype, &fill, held);
        }
        let dataset = match store.known_dataset(header.address) {
            Some(known) => known,
            None => Arc::new(Self::load(store, header)?),
        };
        survey.keep(dataset.extents(store, &mut held.extents))?;
        let datatype = &dataset.datatype.datatype;
        if holds_heap_ids(datatype) || survey.all_elements {
            survey.patience.elements(dataset.total_bytes(store)?)?;
            let checks = survey.all_elements;
            let visit = &mut |bytes: &[u8]| {
                held.elements(store, datatype, bytes)?;
                if checks {
                    check_heap_objects(datatype, bytes, &CheckedHeap::new(store))?;
                }
                Ok(())
            };
            let visited = dataset.for_each_stored(store, survey, visit);
            survey.keep(visited)?;
        }
        hold_fill(store, header, datatype, &dataset.fill, held)
    }

    /// Adds what the dataset keeps its elements in to `extents`.
    pub(in crate::object) fn extents(&self, store: &Store, extents: &mut Extents) -> Result<()> {
        if let Some(external) = &self.external {
            local_heap::extents(store.space(), external.heap(), extents)?;
        }
        match &self.layout.class {
            LayoutClass::Contiguous { address: Some(at), size } if self.external.is_none() => {
                let len = size.map_or_else(|| self.total_bytes(store), Ok)?;
                extents.raw_data(*at, len);
            }
            LayoutClass::Chunked(layout) => {
                let (_, open) = self.index(store, layout)?;
                chunk_index::extents(store, &*open.index, extents)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Calls `visit` with all elements as they are stored, or wait to be.
    fn for_each_stored(
        &self,
        store: &Store,
        survey: &mut Survey<'_>,
        visit: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        match &self.layout.class {
            LayoutClass::Contiguous { address: Some(at), .. } if self.external.is_none() => {
                self.for_each_piece(store, *at, visit)
            }
            LayoutClass::Chunked(layout) => self.for_each_chunk(store, layout, survey, visit),
            LayoutClass::Compact { data } => {
                let len = usize::try_from(self.total_bytes(store)?).unwrap_or(usize::MAX);
                visit(data.get(..len).unwrap_or(data))
            }
            _ => Ok(()),
        }
    }

    /// Calls `visit` with the elements of the block at `at`.
    fn for_each_piece(
        &self,
        store: &Store,
        at: Address,
        visit: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let (len, size) = (self.total_bytes(store)?, self.element_size().max(1));
        let piece = PIECE.saturating_sub(PIECE.checked_rem(size).unwrap_or(0)).max(size).min(len);
        let too_large = |_| Error::usage("the elements do not fit memory");
        let mut bytes = vec![0; usize::try_from(piece).map_err(too_large)?];
        let mut done = 0;
        while done < len {
            let now = len.saturating_sub(done).min(piece);
            bytes.truncate(usize::try_from(now).map_err(too_large)?);
            store.space().read_raw_into("Raw Data", at.plus(done), &mut bytes)?;
            visit(&bytes)?;
            done = done.saturating_add(wide(bytes.len()).max(1));
        }
        Ok(())
    }

    /// Calls `visit` with the elements of each chunk.
    fn for_each_chunk(
        &self,
        store: &Store,
        layout: &ChunkedLayout,
        survey: &mut Survey<'_>,
        visit: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let (grid, open) = self.index(store, layout)?;
        let decoder = self.decoder(store, layout, grid);
        let cache = self.chunk_state().cached();
        let waiting = |scaled: &[u64]| cache.as_ref().is_some_and(|cache| cache.contains(scaled));
        open.index.for_each(store, &mut |scaled, at| match waiting(scaled) {
            true => Ok(()),
            false => {
                let visited = decoder.decode(scaled, &at).and_then(|chunk| visit(&chunk));
                survey.keep(visited).map(|_| ())
            }
        })?;
        let Some(cache) = &cache else { return Ok(()) };
        cache.keys().filter_map(|scaled| cache.get(scaled)).try_for_each(visit)
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
}

/// Adds what the fill value keeps in heaps; another dataset may have the same message for it.
fn hold_fill(
    store: &Store,
    header: &ObjectHeader,
    datatype: &Datatype,
    fill: &Fill,
    held: &mut Holdings,
) -> Result<()> {
    let Some(value) = fill.value.as_deref().filter(|_| holds_heap_ids(datatype)) else {
        return Ok(());
    };
    let kinds = [MessageType::FILL_VALUE, MessageType::FILL_VALUE_OLD];
    let mut alone = true;
    for message in kinds.into_iter().filter_map(|kind| header.find(kind)) {
        alone &= !store.is_used_elsewhere(header.address, message)?;
    }
    held.fill(store, datatype, value, alone)
}
