//! Datasets: what their header says, and their elements as stored.

pub(crate) mod auto_chunk;
mod check;
pub(crate) mod create;
mod create_with;
mod downgrade;
mod edit;
mod growth;
mod release;
mod shared;
mod swmr;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use shared::Shared;

use super::chunk_index::{self, ChunkIndex, IndexContext};
use super::header::Messages;
use super::progress::{Job, is_watched};
use super::raw_data::block::Block;
use super::raw_data::chunk_read::{ChunkReader, Lookup};
use super::raw_data::chunk_state::{ChunkState, OpenIndex};
use super::raw_data::chunked::{self, ChunkDecoder, ChunkLocation, Grid};
use super::raw_data::external::External;
use super::raw_data::linear::{self, Compact, Contiguous};
use super::raw_data::table::ChunkTable;
use super::raw_data::virtual_data::VirtualData;
use super::raw_data::virtual_extent::VirtualAccess;
use super::raw_data::virtual_nesting::Nesting;
use super::selection::ElementSelection;
use super::store::Store;
use super::stored_type::StoredType;
use crate::codec::{Address, Structure, wide};
use crate::error::{Error, Location, Result};
use crate::format::message::{
    ChunkedLayout, DataLayout, Dataspace, ExternalFiles, FillDefinition, FillValue, FillValueOld,
    FillWriteTime, FilterDescription, FilterPipeline, LayoutClass, MessageType,
};
use crate::format::object_header::{HeaderPrefix, MessageView};
use crate::infra::kept::load_once;

/// Bytes of elements that are read at once where they are converted then.
const PIECE: u64 = 1 << 20;
/// Most bytes of a block that is copied in one: more may be worth the start of threads.
const SMALL: usize = 1 << 20;
/// Chunks that each thread then has to decode.
const CHUNKS_AT_ONCE: u64 = 2;
/// Chunks looked up one by one before the whole index is read into memory.
const FEW_CHUNKS: u64 = 16;
/// Chunks that are read with the whole index in the time in which one is looked up.
const LOOK_UP: u64 = 64;

/// A dataset: what its header says. Another header makes another snapshot.
#[derive(Debug)]
pub(crate) struct DatasetObject {
    pub(crate) datatype: StoredType,
    pub(crate) dataspace: Dataspace,
    pub(crate) layout: DataLayout,
    pub(crate) filters: Vec<FilterDescription>,
    pub(crate) fill: Fill,
    pub(crate) external: Option<External>,
    address: Address,
    grid: OnceLock<Grid>,
    /// The index of chunks of a file that nobody changes.
    open: OnceLock<Arc<OpenIndex>>,
    /// Shared by all snapshots of the dataset.
    chunks: Shared<ChunkState>,
    virtual_data: Shared<OnceLock<VirtualData>>,
    virtual_access: VirtualAccess,
    /// Shared by all that is one dataset of one open file, read anew or not.
    lineage: Shared<()>,
}

/// What elements hold that nobody wrote.
#[derive(Debug, Clone)]
pub(crate) struct Fill {
    /// The message, where the header has one.
    pub(crate) message: Option<FillValue>,
    /// One element as stored; `None` for all bytes zero.
    pub(crate) value: Option<Vec<u8>>,
    /// Nothing is ever filled: elements nobody wrote may hold anything, and read as zero.
    never: bool,
}

/// What the header of a dataset says of it: the first message of each kind.
#[derive(Debug, Default)]
struct DatasetMessages<'a> {
    datatype: Option<MessageView<'a>>,
    dataspace: Option<MessageView<'a>>,
    layout: Option<MessageView<'a>>,
    filters: Option<MessageView<'a>>,
    external: Option<MessageView<'a>>,
    fill: Option<MessageView<'a>>,
    fill_old: Option<MessageView<'a>>,
}

impl<'a> DatasetMessages<'a> {
    fn of(store: &'a Store, header: &'a impl Messages) -> Result<Self> {
        let mut said = Self::default();
        header.each(store.space(), &mut |message| {
            let place = match message.kind {
                MessageType::DATATYPE => &mut said.datatype,
                MessageType::DATASPACE => &mut said.dataspace,
                MessageType::DATA_LAYOUT => &mut said.layout,
                MessageType::FILTER_PIPELINE => &mut said.filters,
                MessageType::EXTERNAL_FILES => &mut said.external,
                MessageType::FILL_VALUE => &mut said.fill,
                MessageType::FILL_VALUE_OLD => &mut said.fill_old,
                _ => return,
            };
            place.get_or_insert(message);
        })?;
        Ok(said)
    }
}

impl DatasetObject {
    /// Whether a header is a dataset's.
    pub(crate) fn is(header: &impl Messages) -> bool {
        header.has(MessageType::DATA_LAYOUT) && header.has(MessageType::DATASPACE)
    }

    pub(crate) fn load(store: &Arc<Store>, header: &impl Messages) -> Result<Self> {
        Self::load_nested(store, header, &mut Nesting::default())
    }

    /// Loads a dataset that is, perhaps, a source of a virtual one.
    pub(crate) fn load_nested(
        store: &Arc<Store>,
        header: &impl Messages,
        nesting: &mut Nesting,
    ) -> Result<Self> {
        let said = DatasetMessages::of(store, header)?;
        let datatype = needed(store, header, said.datatype, MessageType::DATATYPE)?;
        let datatype = StoredType::of_message(store, datatype)?;
        Self::load_said(store, header, &said, datatype, nesting)
    }

    /// As [`load_nested`](Self::load_nested), where the type of the elements is known.
    fn load_of(
        store: &Arc<Store>,
        header: &impl Messages,
        datatype: StoredType,
        nesting: &mut Nesting,
    ) -> Result<Self> {
        let said = DatasetMessages::of(store, header)?;
        Self::load_said(store, header, &said, datatype, nesting)
    }

    fn load_said(
        store: &Arc<Store>,
        header: &impl Messages,
        said: &DatasetMessages<'_>,
        datatype: StoredType,
        nesting: &mut Nesting,
    ) -> Result<Self> {
        let address = header.address();
        let dataspace = needed(store, header, said.dataspace, MessageType::DATASPACE)?;
        let mut dataspace: Dataspace = store.decode(dataspace)?;
        let layout = needed(store, header, said.layout, MessageType::DATA_LAYOUT)?;
        let layout: DataLayout = store.decode(layout)?;
        let filters =
            said.filters.map(|found| store.decode::<FilterPipeline>(found)).transpose()?;
        let filters = filters.map_or_else(Vec::new, |pipeline| pipeline.filters);
        let files = said.external.map(|found| store.decode::<ExternalFiles>(found)).transpose()?;
        let external = files.map(|files| External::load(store, &files)).transpose()?;
        let fill = Fill::load(store, address, said, &datatype)?;
        let virtual_data = Shared::<OnceLock<_>>::new();
        if let LayoutClass::Virtual { heap } = &layout.class {
            let data = VirtualData::load(store, heap)?;
            let access = VirtualAccess::default();
            if let Some(extent) = data.extent(store, &dataspace, access, nesting)? {
                dataspace.dimensions = extent;
            }
            let _ = virtual_data.set(data);
        }
        let (grid, chunks) = (OnceLock::new(), Self::new_chunks(store));
        Ok(Self {
            datatype,
            dataspace,
            layout,
            filters,
            fill,
            external,
            address,
            grid,
            open: OnceLock::new(),
            chunks,
            virtual_data,
            virtual_access: VirtualAccess::default(),
            lineage: Shared::new(),
        })
    }

    /// What is known of the chunks of a dataset that nobody has looked at.
    fn new_chunks(store: &Store) -> Shared<ChunkState> {
        let chunks = Shared::<ChunkState>::new();
        if let Some(bytes) = store.chunk_cache() {
            chunks.cache_mut().set_bound(bytes);
        }
        chunks
    }

    /// Elements along each axis.
    pub(crate) fn extent(&self) -> &[u64] {
        &self.dataspace.dimensions
    }

    /// Largest size of each axis, `None` where it is unlimited.
    pub(crate) fn maximum(&self) -> Vec<Option<u64>> {
        (0..self.dataspace.rank()).map(|axis| self.dataspace.max(axis)).collect()
    }

    pub(crate) fn element_size(&self) -> u64 {
        self.datatype.size()
    }

    /// Parts of other datasets this one consists of, where it is virtual.
    pub(crate) fn virtual_data(&self) -> Option<&VirtualData> {
        self.virtual_data.known()?.get()
    }

    /// How the extent follows from the sources, where the dataset is virtual.
    pub(crate) fn virtual_access(&self) -> VirtualAccess {
        self.virtual_access
    }

    fn place(&self, store: &Store, field: &'static str) -> Location {
        store.space().location(DataLayout::NAME, field, self.address)
    }

    /// Reads `elements` as stored, in their order, into `out`, which has exactly their size.
    pub(crate) fn read(
        &self,
        store: &Arc<Store>,
        elements: &ElementSelection,
        out: &mut [u8],
    ) -> Result<()> {
        let job = Job::begin(wide(out.len()));
        self.read_nested(store, elements, out, &mut Nesting::default())?;
        job.end()
    }

    /// As [`read`](Self::read), of a dataset that is, perhaps, a source of a virtual one.
    pub(crate) fn read_nested(
        &self,
        store: &Arc<Store>,
        elements: &ElementSelection,
        out: &mut [u8],
        nesting: &mut Nesting,
    ) -> Result<()> {
        self.check_selection(elements, out.len())?;
        if out.is_empty() {
            return Ok(());
        }
        match &self.layout.class {
            LayoutClass::Compact { data } => self.read_linear(store, &Compact(data), elements, out),
            LayoutClass::Contiguous { .. } if self.external.is_some() => {
                let Some(external) = &self.external else { return Ok(()) };
                let len = self.total_bytes(store)?;
                self.read_linear(store, &external.open(store, len), elements, out)
            }
            LayoutClass::Contiguous { address: Some(address), .. } => {
                let len = self.total_bytes(store)?;
                self.read_linear(
                    store,
                    &Contiguous::new(store.space(), *address, len)?,
                    elements,
                    out,
                )
            }
            LayoutClass::Contiguous { address: None, .. } => {
                self.fill.write(out);
                Ok(())
            }
            LayoutClass::Chunked(layout) => self.read_chunked(store, layout, elements, out),
            LayoutClass::Virtual { .. } => {
                self.fill.write(out);
                match self.virtual_data() {
                    Some(data) => data.read(store, self, elements, out, nesting),
                    None => Ok(()),
                }
            }
        }
    }

    /// Checks that `elements` are some of the dataset's, and that they have `len` bytes.
    fn check_selection(&self, elements: &ElementSelection, len: usize) -> Result<()> {
        elements.check(self.extent())?;
        if len != 0 && elements.len().checked_mul(self.element_size()) != Some(wide(len)) {
            return Err(Error::usage("the buffer does not have the size of the selection"));
        }
        Ok(())
    }

    /// Bytes of all elements.
    pub(crate) fn total_bytes(&self, store: &Store) -> Result<u64> {
        let bytes = self.dataspace.points()?.checked_mul(self.element_size());
        bytes.ok_or_else(|| {
            let place = self.place(store, "Data Size");
            Error::broken(place, "the dataset's bytes need more than 64 bits to count")
        })
    }

    fn read_linear(
        &self,
        store: &Store,
        source: &dyn linear::Linear,
        elements: &ElementSelection,
        out: &mut [u8],
    ) -> Result<()> {
        self.check_stored(store, source.len())?;
        linear::read(source, self.extent(), elements, self.element_size(), out)
    }

    /// Checks that `len` bytes are enough for all elements.
    pub(crate) fn check_stored(&self, store: &Store, len: u64) -> Result<()> {
        let wanted = self.total_bytes(store)?;
        if len < wanted {
            let problem = format!("{len} bytes for elements of {wanted}");
            return Err(Error::broken(self.place(store, "Data Size"), problem));
        }
        Ok(())
    }

    fn read_chunked(
        &self,
        store: &Store,
        layout: &ChunkedLayout,
        elements: &ElementSelection,
        out: &mut [u8],
    ) -> Result<()> {
        let (grid, open) = self.index(store, layout)?;
        let decoder = self.decoder(store, layout, grid);
        let touched = match elements {
            ElementSelection::Product(axes) => chunked::touched(grid, axes),
            ElementSelection::Runs(_) => elements.len(),
        };
        let few = Self::are_few(store, &open, grid, touched);
        let lookup = match open.known_table() {
            Some(table) => Lookup::Table(table),
            None if few => Lookup::Index(&*open.index),
            None => Lookup::Table(open.table(store, grid)?),
        };
        let changed = self.chunks.cached();
        let changed = changed.as_deref();
        let kept = store.decoded().filter(|_| !self.filters.is_empty());
        let kept = kept.map(|kept| (kept, kept.now()));
        let (fill, dataset) = (&self.fill, self.address);
        ChunkReader { decoder, lookup, changed, fill, kept, dataset }.read(elements, out)
    }

    /// Whether its elements lie in chunks.
    pub(crate) fn is_chunked(&self) -> bool {
        matches!(self.layout.class, LayoutClass::Chunked(_))
    }

    /// Whether so many chunks are best looked up one by one.
    fn are_few(store: &Store, open: &OpenIndex, grid: &Grid, touched: u64) -> bool {
        let chunks = grid.chunks();
        if store.space().is_live() {
            // A table of chunks that more and more come to does not serve for long.
            return touched <= FEW_CHUNKS || touched.saturating_mul(LOOK_UP) <= chunks;
        }
        // What was looked up before would have been worth the table.
        touched <= FEW_CHUNKS
            && (open.known_table().is_some()
                || open.note(touched).saturating_mul(LOOK_UP) <= chunks)
    }

    /// Whether a block of `len` bytes is likely to be read by [`read_block`](Self::read_block).
    pub(crate) fn is_copied(&self, store: &Store, block: &Block, len: usize) -> bool {
        let lies_as_it_is = match &self.layout.class {
            LayoutClass::Contiguous { address, .. } => {
                address.is_some()
                    && self.external.is_none()
                    && !block.is_apart(self.extent(), self.element_size())
            }
            LayoutClass::Chunked(_) => self.filters.is_empty(),
            _ => false,
        };
        lies_as_it_is && len <= SMALL && store.space().lends() && !is_watched()
    }

    /// Reads a block of elements, which [fits](Block::fits), as stored into `out`, where it takes nothing but
    /// copying from where they lie in memory. Where not, `out` may hold anything.
    pub(crate) fn read_block(&self, store: &Store, block: &Block, out: &mut [u8]) -> Result<bool> {
        if !self.is_copied(store, block, out.len()) {
            return Ok(false);
        }
        let size = usize::try_from(self.element_size()).unwrap_or(usize::MAX);
        if block.count().checked_mul(wide(size)) != Some(wide(out.len())) {
            return Ok(false);
        }
        match &self.layout.class {
            LayoutClass::Contiguous { address: Some(at), .. } => {
                let all = store.space().lent(*at, self.total_bytes(store)?);
                let copied = all.and_then(|all| block.copy_from(all, self.extent(), size, out));
                Ok(copied.is_some())
            }
            LayoutClass::Chunked(layout) => self.read_block_of_chunks(store, layout, block, out),
            _ => Ok(false),
        }
    }

    fn read_block_of_chunks(
        &self,
        store: &Store,
        layout: &ChunkedLayout,
        block: &Block,
        out: &mut [u8],
    ) -> Result<bool> {
        let space = store.space();
        let open = load_once(&self.open, || self.index(store, layout).map(|(_, open)| open))?;
        let grid = self.grid(store, layout)?;
        if grid.chunk_bytes > space.limits().chunk_bytes {
            return Ok(false);
        }
        let table = match open.known_table() {
            None if !Self::are_few(store, open, grid, block.touched(&grid.chunk)) => {
                Some(open.table(store, grid)?)
            }
            known => known,
        };
        let locate = |scaled: &[u64]| match table {
            Some(table) => Ok(table.get(scaled)),
            None => open.index.get(store, scaled),
        };
        let copied = block.copy_from_chunks(space, grid, &self.fill, locate, out)?;
        Ok(copied.is_some())
    }

    /// How many of `count` elements are best read at once, where they need not be all at once, and
    /// along the first axis, where best to stop.
    pub(crate) fn at_once(&self, store: &Store, count: u64) -> (u64, u64) {
        let elements = |bytes: u64| bytes.checked_div(self.element_size()).unwrap_or(1).max(1);
        if count <= elements(PIECE) {
            return (u64::MAX, 1);
        }
        match &self.layout.class {
            LayoutClass::Contiguous { .. } if self.external.is_none() => (elements(PIECE), 1),
            LayoutClass::Chunked(layout) => {
                let chunk = layout.dimensions.iter().fold(1, |n: u64, len| n.saturating_mul(*len));
                let together = match store.workers().count() {
                    1 => 1,
                    many => wide(many).saturating_mul(CHUNKS_AT_ONCE),
                };
                let most = chunk.saturating_mul(together).max(elements(PIECE));
                (most, layout.dimensions.first().copied().unwrap_or(1))
            }
            _ => (u64::MAX, 1),
        }
    }

    /// All elements as they are stored, where they lie in one in the memory of a file that is mapped
    /// or in memory as a whole.
    pub(crate) fn lent<'a>(&self, store: &'a Store) -> Result<Option<&'a [u8]>> {
        match &self.layout.class {
            LayoutClass::Contiguous { address: Some(at), .. } if self.external.is_none() => {
                let len = self.total_bytes(store)?;
                store.space().lend_raw("Raw Data", *at, len)
            }
            _ => Ok(None),
        }
    }

    /// As [`lent`](Self::lent), of elements that follow each other; `None` too where someone watches.
    pub(crate) fn lent_run<'a>(
        &self,
        store: &'a Store,
        elements: &ElementSelection,
    ) -> Result<Option<&'a [u8]>> {
        let Some((from, len)) = elements.one_run(self.extent()).filter(|_| !is_watched()) else {
            return Ok(None);
        };
        self.check_selection(elements, 0)?;
        let narrow = |n: u64| usize::try_from(n.checked_mul(self.element_size())?).ok();
        let run = narrow(from)
            .zip(narrow(len))
            .and_then(|(from, len)| Some(from..from.checked_add(len)?));
        let lent = self.lent(store)?.zip(run);
        Ok(lent.and_then(|(bytes, run)| bytes.get(run)))
    }

    /// How the dataset is cut into chunks, and its stored chunks, where they went through no filters.
    pub(crate) fn plain_chunks(&self, store: &Store) -> Result<Option<(&Grid, Arc<ChunkTable>)>> {
        if self.filters.is_empty() { self.chunk_table(store) } else { Ok(None) }
    }

    pub(crate) fn decoder<'a>(
        &'a self,
        store: &'a Store,
        layout: &ChunkedLayout,
        grid: &'a Grid,
    ) -> ChunkDecoder<'a> {
        let partial_unfiltered = layout.partial_chunks_unfiltered();
        ChunkDecoder { store, grid, filters: &self.filters, partial_unfiltered }
    }

    /// What is known of the dataset's chunks.
    pub(crate) fn chunk_state(&self) -> &ChunkState {
        &self.chunks
    }

    fn index(&self, store: &Store, layout: &ChunkedLayout) -> Result<(&Grid, Arc<OpenIndex>)> {
        let grid = self.grid(store, layout)?;
        Ok((grid, self.chunks.index(|| self.open_index(store, layout, grid))?))
    }

    /// The index of the chunks, as the file has it.
    pub(crate) fn open_index(
        &self,
        store: &Store,
        layout: &ChunkedLayout,
        grid: &Grid,
    ) -> Result<Box<dyn ChunkIndex>> {
        let (version, filtered) = (self.layout.version, !self.filters.is_empty());
        let maximum = &self.maximum();
        chunk_index::open(store, &IndexContext { layout, version, filtered, grid, maximum })
    }

    /// How the dataset is cut into chunks.
    pub(crate) fn grid(&self, store: &Store, layout: &ChunkedLayout) -> Result<&Grid> {
        if let Some(grid) = self.grid.get() {
            return Ok(grid);
        }
        let grid = self.new_grid(store, layout)?;
        Ok(self.grid.get_or_init(|| grid))
    }

    fn new_grid(&self, store: &Store, layout: &ChunkedLayout) -> Result<Grid> {
        let broken = |field, problem: String| Error::broken(self.place(store, field), problem);
        let (rank, found) = (self.extent().len(), layout.dimensions.len());
        if rank != found {
            let problem = format!("chunks of rank {found} in a dataspace of rank {rank}");
            return Err(broken("Dimensionality", problem));
        }
        if layout.dimensions.contains(&0) {
            return Err(broken("Dimension Size", "a chunk has no elements".to_owned()));
        }
        let element_size = self.element_size();
        if layout.element_size != element_size {
            let sizes = (layout.element_size, element_size);
            let problem = format!("elements of {} bytes, of a type of {}", sizes.0, sizes.1);
            return Err(broken("Dataset Element Size", problem));
        }
        let bytes = layout.dimensions.iter().try_fold(element_size, |n, len| n.checked_mul(*len));
        let chunk_bytes = bytes.unwrap_or(u64::MAX);
        if bytes.is_none() {
            let problem = "a chunk needs more than 64 bits of bytes".to_owned();
            return Err(broken("Dimension Size", problem));
        }
        let (extent, chunk) = (self.extent().to_vec(), layout.dimensions.clone());
        Ok(Grid { extent, chunk, element_size, chunk_bytes })
    }

    fn chunked(&self) -> Option<&ChunkedLayout> {
        match &self.layout.class {
            LayoutClass::Chunked(layout) => Some(layout),
            _ => None,
        }
    }

    /// The stored chunks, where the dataset has chunks. What waits to be stored is not among them.
    pub(crate) fn chunk_table(&self, store: &Store) -> Result<Option<(&Grid, Arc<ChunkTable>)>> {
        let Some(layout) = self.chunked() else { return Ok(None) };
        let (grid, open) = self.index(store, layout)?;
        Ok(Some((grid, Arc::clone(open.table(store, grid)?))))
    }

    /// The chunk with these coordinates, in chunks: its place, and its bytes as stored.
    pub(crate) fn stored_chunk(
        &self,
        store: &Store,
        scaled: &[u64],
    ) -> Result<Option<(ChunkLocation, Vec<u8>)>> {
        let Some(layout) = self.chunked() else { return Ok(None) };
        let (grid, open) = self.index(store, layout)?;
        let found = match open.known_table() {
            Some(table) => table.get(scaled),
            None => open.index.get(store, scaled)?,
        };
        let Some(location) = found else { return Ok(None) };
        let stored = self.decoder(store, layout, grid).stored(&location)?;
        Ok(Some((location, stored.into_owned())))
    }
}

/// The message of a kind that the header of every dataset has.
fn needed<'m>(
    store: &Store,
    header: &impl Messages,
    found: Option<MessageView<'m>>,
    kind: MessageType,
) -> Result<MessageView<'m>> {
    found.ok_or_else(|| {
        let place = store.space().location(HeaderPrefix::NAME, "Header Messages", header.address());
        Error::broken(place, format!("a dataset without {}", kind.name()))
    })
}

impl Fill {
    fn load(
        store: &Store,
        address: Address,
        said: &DatasetMessages<'_>,
        datatype: &StoredType,
    ) -> Result<Self> {
        let message = said.fill.map(|found| store.decode::<FillValue>(found)).transpose()?;
        let bytes = match &message {
            Some(FillValue { value: FillDefinition::User(bytes), .. }) => Some(bytes.clone()),
            Some(_) => None,
            None => said
                .fill_old
                .map(|found| store.decode::<FillValueOld>(found))
                .transpose()?
                .map(|old| old.value)
                .filter(|value| !value.is_empty()),
        };
        if let Some(bytes) = &bytes
            && wide(bytes.len()) != datatype.size()
        {
            let place = store.space().location(FillValue::NAME, "Size", address);
            let sizes = (bytes.len(), datatype.size());
            let problem = format!("{} bytes for an element of {}", sizes.0, sizes.1);
            return Err(Error::broken(place, problem));
        }
        let never = message.as_ref().is_some_and(|m| m.write_time == FillWriteTime::NEVER);
        Ok(Self { message, value: bytes, never })
    }

    /// The value, where it is not all zero and elements are filled.
    pub(crate) fn visible(&self) -> Option<&[u8]> {
        let value = self.value.as_deref().filter(|value| value.iter().any(|byte| *byte != 0));
        value.filter(|_| !self.never)
    }

    /// Fills `out` with the value, over and over.
    pub(crate) fn write(&self, out: &mut [u8]) {
        match self.visible() {
            Some(value) => {
                for element in out.chunks_mut(value.len().max(1)) {
                    for (to, from) in element.iter_mut().zip(value) {
                        *to = *from;
                    }
                }
            }
            None => out.fill(0),
        }
    }
}
