//! Datasets change: elements are written, the extent grows and shrinks.
//!
//! All of this is part of a step. What changes the header leaves this snapshot behind and gives the
//! store the next one.

use std::sync::{Arc, OnceLock};

use super::DatasetObject;
use crate::codec::{Address, wide};
use crate::element::holds_heap_ids;
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype};
use crate::format::message::{
    AllocationTime, ChunkedLayout, DataLayout, Dataspace, DataspaceKind, LayoutClass, MessageType,
};
use crate::object::header::ObjectHeader;
use crate::object::progress::{self, Job};
use crate::object::raw_data::chunk_writer::ChunkWriter;
use crate::object::raw_data::external::check_room;
use crate::object::raw_data::in_place::{self, Block, Care};
use crate::object::raw_data::linear;
use crate::object::raw_data::own_fill::own_fill;
use crate::object::raw_data::virtual_extent::VirtualAccess;
use crate::object::raw_data::virtual_nesting::Nesting;
use crate::object::raw_data::virtual_read::room;
use crate::object::selection::ElementSelection;
use crate::object::store::Store;
use crate::space::Purpose;

impl DatasetObject {
    /// Where the dataset's header lies.
    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// Writes `bytes`, those of `elements` as stored, in their order. What the elements so far keep
    /// in heaps, and the new ones do not, is given back.
    pub(crate) fn write(
        &self,
        store: &Arc<Store>,
        elements: &ElementSelection,
        bytes: &[u8],
    ) -> Result<()> {
        let job = Job::begin(wide(bytes.len()));
        self.write_nested(store, elements, bytes, &mut Nesting::default())?;
        job.end()
    }

    /// As [`write`](Self::write), to a dataset that is, perhaps, a source of a virtual one.
    pub(crate) fn write_nested(
        &self,
        store: &Arc<Store>,
        elements: &ElementSelection,
        bytes: &[u8],
        nesting: &mut Nesting,
    ) -> Result<()> {
        self.check_selection(elements, bytes.len())?;
        if wide(bytes.len()) != elements.len().saturating_mul(self.element_size()) {
            return Err(Error::usage("the buffer does not have the size of the selection"));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.check_watched(store)?;
        let names = holds_heap_ids(&self.datatype.datatype) && self.virtual_data().is_none();
        if names {
            self.let_go(store, elements, bytes)?;
        }
        self.write_stored(store, elements, bytes, nesting)?;
        if names && elements.repeats() {
            // Of an element that is given several times only the last value is there.
            let now = progress::quietly(|| self.now(store)?.read_replaced(store, elements))?;
            store.free_replaced(&self.datatype.datatype, bytes, &[&now])?;
        }
        Ok(())
    }

    /// Gives back what elements keep in heaps that are about to become `bytes`.
    fn let_go(&self, store: &Arc<Store>, elements: &ElementSelection, bytes: &[u8]) -> Result<()> {
        if self.is_unwritten() {
            return Ok(());
        }
        let old = progress::quietly(|| self.read_replaced(store, elements))?;
        // Elements nobody wrote name what the fill value keeps.
        let fill = self.fill.value.as_deref().unwrap_or_default();
        store.free_replaced(&self.datatype.datatype, &old, &[bytes, fill])
    }

    /// Whether all elements are known to be the fill value, since nothing is stored yet.
    fn is_unwritten(&self) -> bool {
        match &self.layout.class {
            LayoutClass::Contiguous { address, .. } => address.is_none() && self.external.is_none(),
            LayoutClass::Chunked(layout) => {
                layout.address.is_none() && self.chunks.cached().is_none()
            }
            LayoutClass::Compact { .. } | LayoutClass::Virtual { .. } => false,
        }
    }

    /// The snapshot that the store has now.
    fn now(&self, store: &Arc<Store>) -> Result<Arc<Self>> {
        store.dataset(self.address)
    }

    fn write_stored(
        &self,
        store: &Arc<Store>,
        elements: &ElementSelection,
        bytes: &[u8],
        nesting: &mut Nesting,
    ) -> Result<()> {
        match &self.layout.class {
            LayoutClass::Compact { data } => {
                self.check_stored(store, wide(data.len()))?;
                let mut data = data.clone();
                let (extent, size) = (self.extent(), self.element_size());
                linear::write_to_memory(&mut data, extent, elements, size, bytes)?;
                self.set_layout(store, LayoutClass::Compact { data })
            }
            LayoutClass::Contiguous { .. } if self.external.is_some() => {
                let Some(external) = &self.external else { return Ok(()) };
                let target = external.open_for_writing(store, self.total_bytes(store)?)?;
                linear::write(target, self.extent(), elements, self.element_size(), bytes)
            }
            LayoutClass::Contiguous { address, size } => {
                let len = self.total_bytes(store)?;
                self.check_stored(store, size.unwrap_or(len))?;
                let at = match address {
                    Some(at) => *at,
                    None => {
                        let product = matches!(elements, ElementSelection::Product(_));
                        self.allocate_block(store, !product || wide(bytes.len()) < len)?
                    }
                };
                // Nothing that anybody could miss is in space that this step takes.
                let care = if address.is_some() { self.care() } else { Care::None };
                let target = Block { space: store.space(), at, len, care };
                linear::write(target, self.extent(), elements, self.element_size(), bytes)
            }
            LayoutClass::Chunked(layout) => {
                if self.write_to_waiting(store, layout, elements, bytes) {
                    return Ok(());
                }
                self.change_chunks(store, layout, |chunks| chunks.write(elements, bytes))
            }
            LayoutClass::Virtual { .. } => match self.virtual_data() {
                Some(data) => data.write(store, self, elements, bytes, nesting),
                None => Ok(()),
            },
        }
    }

    /// The elements, as stored, that are about to be written over. Where the files that are to hold
    /// them are not there yet, they are zero.
    pub(crate) fn read_replaced(
        &self,
        store: &Arc<Store>,
        elements: &ElementSelection,
    ) -> Result<Vec<u8>> {
        let limits = store.space().limits();
        let mut old = room(limits, elements.len(), self.element_size())?;
        match self.read(store, elements, &mut old) {
            Err(error) if error.is_not_found() && self.external.is_some() => old.fill(0),
            read => read?,
        }
        Ok(old)
    }

    /// Stores a chunk as it is: its coordinates in chunks, and the mask of the filters of the
    /// pipeline it did not go through.
    pub(crate) fn write_chunk(
        &self,
        store: &Store,
        scaled: &[u64],
        filter_mask: u32,
        bytes: &[u8],
    ) -> Result<()> {
        let layout = self.chunked().ok_or_else(no_chunks)?;
        self.check_watched(store)?;
        self.change_chunks(store, layout, |chunks| chunks.write_chunk(scaled, filter_mask, bytes))
    }

    /// Gives the dataset another extent. Elements that come into being hold the fill value.
    pub(crate) fn resize(&self, store: &Store, extent: &[u64]) -> Result<()> {
        if extent == self.extent() && self.dataspace.kind == DataspaceKind::Simple {
            return Ok(());
        }
        let dataspace = self.resized(extent)?;
        self.check_watched_extent(store, extent)?;
        match &self.layout.class {
            LayoutClass::Contiguous { .. } if self.external.is_some() => {
                self.check_external_extent(extent)?;
                self.replace(store, None, Some(dataspace))
            }
            LayoutClass::Chunked(layout) if self.only_grows(store, layout, extent) => {
                self.grow(store, dataspace);
                Ok(())
            }
            LayoutClass::Chunked(layout) => {
                let known = self.grid(store, layout)?.counts();
                let mut chunks = ChunkWriter::open(store, self, layout)?;
                if extent.iter().zip(self.extent()).any(|(new, old)| new < old) {
                    // Chunks go when the header does not say any more that they are there.
                    store.space().take_away(|| chunks.resize(extent))?;
                } else {
                    chunks.resize(extent)?;
                }
                if self.is_early() {
                    chunks.allocate(&known)?;
                }
                let layout = chunks.finish().map(LayoutClass::Chunked);
                self.chunks.forget_index();
                self.replace(store, layout, Some(dataspace))
            }
            LayoutClass::Virtual { .. } => {
                self.virtual_data().map_or(Ok(()), |data| data.check_extent(extent))?;
                self.replace(store, None, Some(dataspace))
            }
            LayoutClass::Compact { .. } | LayoutClass::Contiguous { .. } => Err(no_chunks()),
        }
    }

    /// Checks that raw data in files of its own may have another extent: all elements stay where
    /// they are.
    fn check_external_extent(&self, extent: &[u64]) -> Result<()> {
        if extent.iter().zip(self.extent()).skip(1).any(|(new, old)| new != old) {
            return Err(Error::usage(
                "external raw data changes its size along the first axis only",
            ));
        }
        let len = extent.iter().fold(self.element_size(), |n, len| n.saturating_mul(*len));
        self.external.as_ref().map_or(Ok(()), |external| check_room(&external.parts, len))
    }

    /// The dataspace with another extent, where it may have that.
    fn resized(&self, extent: &[u64]) -> Result<Dataspace> {
        let current = &self.dataspace;
        if current.kind != DataspaceKind::Simple || extent.len() != current.rank() {
            let ranks =
                format!("an extent of rank {} for one of rank {}", extent.len(), current.rank());
            return Err(Error::usage(ranks));
        }
        for (axis, len) in extent.iter().enumerate() {
            if let Some(max) = self.dataspace.max(axis).filter(|max| len > max) {
                let problem = format!("axis {axis} cannot have {len} elements: at most {max}");
                return Err(Error::usage(problem));
            }
        }
        let bytes = extent.iter().try_fold(self.element_size(), |n, len| n.checked_mul(*len));
        if bytes.is_none() && !extent.contains(&0) {
            return Err(Error::usage("the dataset's bytes would need more than 64 bits to count"));
        }
        // Without a largest extent, it is the one of the start.
        let maximum = current.maximum.clone();
        let maximum =
            maximum.unwrap_or_else(|| current.dimensions.iter().copied().map(Some).collect());
        Ok(Dataspace { dimensions: extent.to_vec(), maximum: Some(maximum), ..current.clone() })
    }

    /// Allocates and fills all storage, as far as nothing is there yet.
    pub(crate) fn allocate_early(&self, store: &Store) -> Result<()> {
        match &self.layout.class {
            LayoutClass::Contiguous { address: None, .. } if self.external.is_none() => {
                if self.total_bytes(store)? > 0 {
                    self.allocate_block(store, true)?;
                }
                Ok(())
            }
            LayoutClass::Chunked(layout) => self.change_chunks(store, layout, |chunks| {
                let none = vec![0; self.extent().len()];
                chunks.allocate(&none)
            }),
            _ => Ok(()),
        }
    }

    /// The dataset with the extent its sources give it now, where that is another one.
    pub(crate) fn refreshed(
        &self,
        store: &Arc<Store>,
        access: VirtualAccess,
        nesting: &mut Nesting,
    ) -> Result<Option<Self>> {
        let data = self.virtual_data();
        let Some(data) = data.filter(|data| data.is_lively() || access != self.virtual_access)
        else {
            return Ok(None);
        };
        let extent = data.extent(store, &self.dataspace, access, nesting)?;
        let extent = extent.unwrap_or_else(|| self.extent().to_vec());
        if extent == self.extent() && access == self.virtual_access {
            return Ok(None);
        }
        let dataspace = Dataspace { dimensions: extent, ..self.dataspace.clone() };
        Ok(Some(Self { dataspace, virtual_access: access, ..self.snapshot() }))
    }

    /// Stores the extent and the chunks that wait; gives why some cannot be, which go on waiting.
    pub(crate) fn flush(&self, store: &Store) -> Result<Option<Error>> {
        match self.chunked() {
            Some(layout) if self.is_dirty() => {
                self.save_extent(store)?;
                self.change_chunks(store, layout, |chunks| chunks.flush())
            }
            _ => Ok(None),
        }
    }

    /// Whether an extent or chunks wait to be stored: neither header nor index tell of them.
    pub(crate) fn is_dirty(&self) -> bool {
        self.chunks.cache().is_dirty()
    }

    /// Coordinates of the chunks that wait to be stored, in order.
    pub(crate) fn waiting_chunks(&self) -> Vec<Vec<u64>> {
        self.chunks.cached().map_or_else(Vec::new, |cache| cache.dirty())
    }

    /// Lets so many bytes of chunks wait, no more, as long as the file is open.
    pub(crate) fn bound_chunk_cache(&self, bytes: u64) {
        self.chunks.cache_mut().set_bound(bytes);
    }

    /// What was done so far is committed: memory kept to undo it goes.
    pub(crate) fn committed(&self) {
        self.chunks.cache_mut().keep();
    }

    /// Whether the file lacks something of it, or somebody else holds it or an earlier state of it.
    /// What is left is as fast to read again, and thousands of datasets would keep a chunk each.
    pub(crate) fn is_needed(self: &Arc<Self>) -> bool {
        let held = Arc::strong_count(self) > 1 || self.chunks.is_shared();
        held || self.is_dirty()
    }

    /// The dataset as the header says it is, which another program changed.
    pub(crate) fn reloaded(&self, store: &Arc<Store>, header: &ObjectHeader) -> Result<Self> {
        let loaded = Self::load(store, header)?;
        let seen = loaded.refreshed(store, self.virtual_access, &mut Nesting::default())?;
        Ok(Self { lineage: self.lineage.clone(), ..seen.unwrap_or(loaded) })
    }

    /// Whether somebody else holds this or an earlier state of the dataset.
    pub(crate) fn is_held(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1 || self.lineage.is_shared()
    }

    /// After a step was rolled back: the dataset as it was before it, where chunks of earlier steps
    /// wait to be stored; `None` where the file tells all.
    pub(crate) fn rolled_back(&self, store: &Arc<Store>) -> Result<Option<Arc<Self>>> {
        self.undo(store);
        if !self.is_dirty() {
            self.chunks.cache_mut().clear();
            return Ok(None);
        }
        let mut loaded = Self::load(store, &store.header(self.address)?)?;
        if let Some(extent) = self.chunks.cache().grown() {
            loaded.dataspace.dimensions = extent.to_vec();
        }
        Ok(Some(Arc::new(Self { chunks: self.chunks.clone(), ..loaded })))
    }

    /// After a step was rolled back: what is known of the chunks is what was known before it.
    pub(crate) fn undo(&self, store: &Store) {
        self.chunks.forget_index();
        self.chunks.cache_mut().roll_back(store.space().step());
    }

    /// How bytes of elements may be overwritten: what means something elsewhere in the file must
    /// not come before it, nor go after it, and what may be cancelled must be as if it had not been.
    pub(crate) fn care(&self) -> Care {
        let careful = progress::is_watched() || refers(&self.datatype.datatype);
        if careful { Care::KeepCommitted } else { Care::None }
    }

    pub(crate) fn is_early(&self) -> bool {
        let message = self.fill.message.as_ref();
        message.is_some_and(|message| message.allocation_time == AllocationTime::EARLY)
    }

    pub(crate) fn change_chunks<T>(
        &self,
        store: &Store,
        layout: &ChunkedLayout,
        change: impl FnOnce(&mut ChunkWriter<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut chunks = ChunkWriter::open(store, self, layout)?;
        let done = change(&mut chunks)?;
        if let Some(layout) = chunks.finish() {
            self.set_layout(store, LayoutClass::Chunked(layout))?;
        }
        Ok(done)
    }

    /// Fills new storage, unless it stays as it is.
    pub(crate) fn write_fill(&self, store: &Store, at: Address, len: u64) -> Result<()> {
        if self.fill.never {
            return Ok(());
        }
        let (datatype, fill) = (&self.datatype.datatype, self.fill.visible());
        let mut own = |piece: &mut [u8]| own_fill(store, datatype, fill, piece);
        let settle: Option<in_place::Settle<'_>> =
            if holds_heap_ids(datatype) { Some(&mut own) } else { None };
        in_place::fill_block(store.space(), at, len, fill, settle)
    }

    /// Allocates the block of a contiguous dataset, and fills it where `fill` says so.
    pub(crate) fn allocate_block(&self, store: &Store, fill: bool) -> Result<Address> {
        let (space, len) = (store.space(), self.total_bytes(store)?);
        let at = space.allocate(Purpose::RawData, len)?;
        if fill {
            self.write_fill(store, at, len)?;
        }
        let size = match &self.layout.class {
            LayoutClass::Contiguous { size, .. } => size.map(|_| len),
            _ => Some(len),
        };
        self.set_layout(store, LayoutClass::Contiguous { address: Some(at), size })?;
        Ok(at)
    }

    /// The same snapshot once more, to be altered; what is known of the chunks is shared.
    pub(super) fn snapshot(&self) -> Self {
        Self {
            datatype: self.datatype.clone(),
            dataspace: self.dataspace.clone(),
            layout: self.layout.clone(),
            filters: self.filters.clone(),
            fill: self.fill.clone(),
            external: self.external.clone(),
            address: self.address,
            grid: OnceLock::new(),
            open: OnceLock::new(),
            chunks: self.chunks.clone(),
            virtual_data: self.virtual_data.clone(),
            virtual_access: self.virtual_access,
            lineage: self.lineage.clone(),
        }
    }

    fn set_layout(&self, store: &Store, class: LayoutClass) -> Result<()> {
        self.replace(store, Some(class), None)
    }

    /// Gives the header other messages, and the store the snapshot of that.
    fn replace(
        &self,
        store: &Store,
        layout: Option<LayoutClass>,
        dataspace: Option<Dataspace>,
    ) -> Result<()> {
        let layout = layout.map(|class| DataLayout { class, ..self.layout.clone() });
        if let Some(layout) = &layout {
            store.set_message(self.address, MessageType::DATA_LAYOUT, layout)?;
        }
        if let Some(dataspace) = &dataspace {
            store.set_message(self.address, MessageType::DATASPACE, dataspace)?;
            let mut cache = self.chunks.cache_mut();
            cache.enter(store.space().step());
            cache.grow(&[]);
        }
        let current = self.snapshot();
        store.put_dataset(Arc::new(Self {
            dataspace: dataspace.unwrap_or(current.dataspace),
            layout: layout.unwrap_or(current.layout),
            ..current
        }));
        Ok(())
    }
}

/// Whether elements of a type mean something that lies elsewhere in the file.
fn refers(datatype: &Datatype) -> bool {
    match &datatype.class {
        Class::VarLen(_) | Class::Reference(_) => true,
        Class::Compound(members) => members.iter().any(|member| refers(&member.datatype)),
        Class::Array(array) => refers(&array.base),
        _ => false,
    }
}

#[cold]
fn no_chunks() -> Error {
    Error::usage("only a dataset in chunks can do this")
}
