//! Copied datasets: headers like those they are copied from, elements moved as they are stored
//! wherever they mean the same in the copy.

use super::{Copier, Place};
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::filter::local::Local;
use crate::format::datatype::Datatype;
use crate::format::message::{
    ChunkedLayout, Dataspace, FillDefinition, FillWriteTime, FilterDescription, LayoutClass,
    MessageType,
};
use crate::object::dataset::DatasetObject;
use crate::object::dataset::create::{DatasetCreation, NewLayout};
use crate::object::header::ObjectHeader;
use crate::object::progress;
use crate::object::raw_data::chunk_writer::ChunkWriter;
use crate::object::raw_data::chunked::Grid;
use crate::object::raw_data::moved::Mover;
use crate::object::selection::{AxisSelection, ElementSelection};
use crate::object::stored_type::StoredType;

/// Bytes moved at once.
pub(super) const PIECE: u64 = 1 << 20;

/// A dataset and its copy, and how elements get from the one to the other.
pub(super) struct Pair<'a> {
    pub(super) place: &'a Place,
    pub(super) source: &'a DatasetObject,
    pub(super) target: &'a DatasetObject,
    /// Their bytes are not the same.
    pub(super) translated: bool,
}

impl Copier<'_> {
    /// Makes a dataset without elements that is otherwise like that of the header.
    pub(super) fn make_dataset(
        &self,
        place: &Place,
        header: &ObjectHeader,
    ) -> Result<ObjectHeader> {
        let source = DatasetObject::load(&place.store, header)?;
        if self.options.losses.is_some() {
            source.check_external(&place.store)?;
        }
        // Of a virtual dataset the extent that is stored, whatever its sources are now.
        let dataspace: Option<Dataspace> = place.store.message(header, MessageType::DATASPACE)?;
        let mut dataspace = dataspace.unwrap_or_else(|| source.dataspace.clone());
        let known = place.store.known_dataset(header.address);
        if let Some(known) = known.filter(|known| known.virtual_data().is_none()) {
            // Its header may not know yet how large it is.
            dataspace.dimensions = known.extent().to_vec();
        }
        let traits = self.traits(place, header)?;
        let datatype = self.stored_type(place, &source.datatype)?;
        let fill = self.fill_value(place, &source, &datatype)?;
        let message = source.fill.message.as_ref();
        let plain = DatasetCreation {
            filters: filters(&source, &datatype, &fill)?,
            fill,
            fill_time: message.map_or(FillWriteTime::IF_SET, |message| message.write_time),
            allocation_time: message.map(|message| message.allocation_time),
            times: traits.times,
            attribute_order_tracked: traits.attribute_order_tracked,
            attribute_order_indexed: traits.attribute_order_indexed,
            phase_change: traits.phase_change,
            header_version: traits.version,
            reserve: traits.reserve,
            ..DatasetCreation::new(datatype, dataspace, layout(&source))
        };
        let (creation, changed) = self.changed(place, header.address, plain)?;
        let made = creation.create_header(self.to, None)?;
        if changed {
            self.changed.borrow_mut().insert(made.address);
        }
        Ok(made)
    }

    fn fill_value(
        &self,
        place: &Place,
        source: &DatasetObject,
        datatype: &StoredType,
    ) -> Result<FillDefinition> {
        let fill = &source.fill;
        let defined = fill.message.as_ref().map(|message| &message.value);
        match (&fill.value, defined) {
            (Some(value), _) => {
                let (from, to) = (&source.datatype.datatype, &datatype.datatype);
                Ok(FillDefinition::User(self.elements(place, from, to, value)?))
            }
            (None, Some(defined)) => Ok(defined.clone()),
            (None, None) => Ok(FillDefinition::Undefined),
        }
    }

    /// Copies the elements of a dataset.
    pub(super) fn copy_data(&self, place: &Place, source: Address, copy: Address) -> Result<()> {
        let source = place.store.dataset(source)?;
        let target = self.to.dataset(copy)?;
        let translated = self.must_translate(place, &source.datatype.datatype);
        let pair = Pair { place, source: &source, target: &target, translated };
        if self.changed.borrow_mut().remove(&copy) {
            self.recode(&pair)?;
        } else if source.total_bytes(&place.store)? > 0 {
            match &source.layout.class {
                LayoutClass::Compact { data } => self.copy_compact(&pair, data)?,
                LayoutClass::Contiguous { address: Some(at), size }
                    if source.external.is_none() =>
                {
                    match self.options.losses {
                        None => self.copy_block(&pair, *at, *size)?,
                        Some(_) => self.copy_block_left(&pair, *at, *size)?,
                    }
                }
                LayoutClass::Chunked(_) if self.options.losses.is_some() => {
                    self.copy_chunks_left(&pair)?;
                }
                LayoutClass::Chunked(_) => self.copy_chunks(&pair)?,
                _ => {}
            }
        }
        // Millions of datasets are not to be kept for each having been copied.
        self.to.dataset(copy)?.flush(self.to)?.map_or(Ok(()), Err)?;
        self.to.drop_dataset(copy);
        Ok(())
    }

    pub(super) fn translate(&self, pair: &Pair<'_>, bytes: &[u8]) -> Result<Vec<u8>> {
        let (from, to) = (&pair.source.datatype.datatype, &pair.target.datatype.datatype);
        self.elements(pair.place, from, to, bytes)
    }

    fn copy_compact(&self, pair: &Pair<'_>, data: &[u8]) -> Result<()> {
        let store = &pair.place.store;
        pair.source.check_stored(store, wide(data.len()))?;
        let len = usize::try_from(pair.source.total_bytes(store)?).unwrap_or(data.len());
        let bytes = self.translate(pair, data.get(..len).unwrap_or(data))?;
        let all = ElementSelection::all(pair.target.extent());
        progress::quietly(|| pair.target.write(self.to, &all, &bytes))?;
        progress::advance(wide(data.len()))
    }

    /// Copies elements that lie in one block.
    fn copy_block(&self, pair: &Pair<'_>, at: Address, size: Option<u64>) -> Result<()> {
        let (from, to) = (pair.place.store.space(), self.to.space());
        let len = pair.source.total_bytes(&pair.place.store)?;
        pair.source.check_stored(&pair.place.store, size.unwrap_or(len))?;
        let mut target = pair.target.allocate_block(self.to, false)?;
        let piece = whole_elements(&pair.source.datatype.datatype);
        let mut mover = Mover::new(from, to, "Raw Data");
        let mut done = 0;
        let mut bytes = Vec::new();
        while done < len {
            let now = len.saturating_sub(done).min(piece);
            if pair.translated {
                bytes.resize(usize::try_from(now).map_err(|_| too_large())?, 0);
                from.read_raw_into("Raw Data", at.plus(done), &mut bytes)?;
                let translated = self.translate(pair, &bytes)?;
                to.write_raw(target, &translated)?;
                target = target.plus(wide(translated.len()));
            } else {
                mover.add(at.plus(done), target.plus(done), now)?;
            }
            done = done.saturating_add(now);
            progress::advance(now)?;
        }
        mover.finish()
    }

    fn copy_chunks(&self, pair: &Pair<'_>) -> Result<()> {
        let (store, target) = (&pair.place.store, pair.target);
        let Some((grid, table)) = pair.source.chunk_table(store)? else { return Ok(()) };
        let LayoutClass::Chunked(layout) = &target.layout.class else { return Ok(()) };
        // Chunks that wait to be stored stand for those that are.
        let waiting = pair.source.waiting_chunks();
        target.change_chunks(self.to, layout, |chunks| {
            if pair.translated {
                let stored = (0..table.len()).filter_map(|index| table.nth(index));
                let stored = stored.map(|(scaled, _)| scaled);
                let stored = stored.filter(|scaled| waiting.binary_search(scaled).is_err());
                for scaled in stored.chain(waiting.iter().cloned()) {
                    progress::quietly(|| self.copy_chunk(pair, grid, chunks, &scaled))?;
                    let stored = || table.get(&scaled).map_or(0, |at| at.stored_bytes);
                    progress::advance_by(stored)?;
                }
                return chunks.flush()?.map_or(Ok(()), Err);
            }
            let skip = |scaled: &[u64]| {
                waiting.binary_search_by(|other| other.as_slice().cmp(scaled)).is_ok()
            };
            chunks.take_over(store.space(), &table, &skip)?;
            for scaled in &waiting {
                progress::quietly(|| self.copy_chunk(pair, grid, chunks, scaled))?;
            }
            chunks.flush()?.map_or(Ok(()), Err)
        })
    }

    /// Copies the elements of one chunk.
    pub(super) fn copy_chunk(
        &self,
        pair: &Pair<'_>,
        grid: &Grid,
        chunks: &mut ChunkWriter<'_>,
        scaled: &[u64],
    ) -> Result<()> {
        let elements = elements_of(grid, scaled);
        let len = elements.len().checked_mul(grid.element_size);
        let len = len.and_then(|len| usize::try_from(len).ok()).ok_or_else(too_large)?;
        let mut bytes = vec![0; len];
        pair.source.read(&pair.place.store, &elements, &mut bytes)?;
        let bytes = if pair.translated { self.translate(pair, &bytes)? } else { bytes };
        chunks.write(&elements, &bytes)
    }
}

/// The elements of a chunk that are inside the extent.
pub(super) fn elements_of(grid: &Grid, scaled: &[u64]) -> ElementSelection {
    let axes = grid.origin(scaled).into_iter().zip(grid.inside(scaled));
    let axes =
        axes.map(|(start, len)| AxisSelection::Range { start, stride: 1, count: 1, block: len });
    ElementSelection::Product(axes.collect())
}

/// Where the elements of a copy are to be.
fn layout(source: &DatasetObject) -> NewLayout {
    match (&source.layout.class, &source.external) {
        (LayoutClass::Compact { .. }, _) => NewLayout::Compact,
        (LayoutClass::Contiguous { .. }, Some(external)) => {
            NewLayout::External(external.parts.clone())
        }
        (LayoutClass::Contiguous { .. }, None) => NewLayout::Contiguous,
        (LayoutClass::Chunked(layout), _) => NewLayout::Chunked {
            chunk: layout.dimensions.clone(),
            partial_unfiltered: ChunkedLayout::partial_chunks_unfiltered(layout),
        },
        (LayoutClass::Virtual { .. }, _) => {
            let data = source.virtual_data();
            NewLayout::Virtual(data.map_or_else(Vec::new, |data| data.mappings.clone()))
        }
    }
}

/// The filters of a copy, as those of the dataset are, but for what they know of elements that have
/// another size in the copy.
fn filters(
    source: &DatasetObject,
    datatype: &StoredType,
    fill: &FillDefinition,
) -> Result<Vec<FilterDescription>> {
    const SHUFFLE: u16 = 2;
    const NBIT: u16 = 5;
    const LZF: u16 = 32_000;
    let mut filters = source.filters.clone();
    let LayoutClass::Chunked(layout) = &source.layout.class else { return Ok(filters) };
    if source.element_size() == datatype.size() {
        return Ok(filters);
    }
    let fill = match fill {
        FillDefinition::Undefined => None,
        FillDefinition::Default => Some([].as_slice()),
        FillDefinition::User(value) => Some(value.as_slice()),
    };
    let local = Local { datatype: &datatype.datatype, chunk: &layout.dimensions, fill };
    for filter in &mut filters {
        if matches!(filter.id, SHUFFLE | NBIT | LZF) {
            filter.client_data = local.client_data(filter.id, &filter.client_data)?;
        }
    }
    Ok(filters)
}

/// Bytes of as many whole elements as are moved at once.
pub(super) fn whole_elements(datatype: &Datatype) -> u64 {
    let size = u64::from(datatype.size).max(1);
    PIECE.saturating_sub(PIECE.checked_rem(size).unwrap_or(0)).max(size)
}

#[cold]
pub(super) fn too_large() -> Error {
    Error::usage("the chunk does not fit memory")
}
