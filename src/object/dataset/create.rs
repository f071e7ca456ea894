//! New datasets: what their header says, in the versions the file's bounds ask for.

use std::sync::Arc;

use crate::codec::{Address, Structure};
use crate::element::HeapSink;
use crate::error::{Error, Result};
use crate::filter::local::Local;
use crate::format::bounds::ChunkedNeeds;
use crate::format::global_heap::HeapId;
use crate::format::message::{
    AllocationTime, ChunkedLayout, DataLayout, Dataspace, DataspaceKind, FillDefinition, FillValue,
    FillValueOld, FillWriteTime, FilterDescription, FilterPipeline, LayoutClass, MessageFlags,
    MessageType, ModificationTime,
};
use crate::format::object_header::RawMessage;
use crate::format::virtual_mapping::{Mapping, VirtualMappings};
use crate::object::chunk_index::{IndexWish, choose};
use crate::object::header::{HeaderCreation, ObjectHeader, now};
use crate::object::raw_data::external::{self, ExternalPart};
use crate::object::raw_data::own_fill::own_fill;
use crate::object::store::Store;
use crate::object::stored_type::StoredType;

/// Bytes left free in the header of a new dataset, for its first attributes.
const RESERVE: u64 = 96;
/// Most bytes of the elements of a compact dataset: what fits a message beside its own fields.
const MOST_COMPACT: u64 = 0xffff - 16;

/// How a new dataset is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DatasetCreation {
    pub(crate) datatype: StoredType,
    /// Of any version.
    pub(crate) dataspace: Dataspace,
    pub(crate) layout: NewLayout,
    /// With the client data they are to have: see [`planned_filters`](Self::planned_filters).
    pub(crate) filters: Vec<FilterDescription>,
    pub(crate) fill: FillDefinition,
    /// Of elements of variable length, [`ON_ALLOCATION`](FillWriteTime::ON_ALLOCATION) unless the
    /// fill value is the user's: libhdf5 insists on it.
    pub(crate) fill_time: FillWriteTime,
    /// `None` for the usual one of the layout.
    pub(crate) allocation_time: Option<AllocationTime>,
    /// Remembers when the dataset was changed.
    pub(crate) times: bool,
    pub(crate) attribute_order_tracked: bool,
    pub(crate) attribute_order_indexed: bool,
    /// Maximum of compact, minimum of dense attributes, where they are not the usual ones.
    pub(crate) phase_change: Option<(u16, u16)>,
    /// Oldest version of the header that will do.
    pub(crate) header_version: u8,
    /// Bytes left free in the header, where that is more than usual.
    pub(crate) reserve: u64,
}

/// Where the elements of a new dataset are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewLayout {
    Compact,
    Contiguous,
    Chunked {
        /// Elements along each axis of a chunk.
        chunk: Vec<u64>,
        /// Chunks that cross the edge of the dataset are stored without filters.
        partial_unfiltered: bool,
    },
    /// One behind the other in files of any kind.
    External(Vec<ExternalPart>),
    /// In other datasets.
    Virtual(Vec<Mapping>),
}

/// A filter as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterWish {
    pub(crate) id: u16,
    pub(crate) optional: bool,
    /// What [`Local::client_data`] makes the client data of.
    pub(crate) wanted: Vec<u32>,
}

impl DatasetCreation {
    /// A dataset of which nothing else is asked.
    pub(crate) fn new(datatype: StoredType, dataspace: Dataspace, layout: NewLayout) -> Self {
        Self {
            datatype,
            dataspace,
            layout,
            filters: Vec::new(),
            fill: FillDefinition::Default,
            fill_time: FillWriteTime::IF_SET,
            allocation_time: None,
            times: false,
            attribute_order_tracked: false,
            attribute_order_indexed: false,
            phase_change: None,
            header_version: 1,
            reserve: RESERVE,
        }
    }

    /// The filters asked for, with the client data they have for this dataset.
    ///
    /// # Errors
    ///
    /// [`Usage`](crate::ErrorKind::Usage) where one cannot be applied to it,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where nobody knows it.
    pub(crate) fn planned_filters(
        &self,
        store: &Store,
        wishes: &[FilterWish],
    ) -> Result<Vec<FilterDescription>> {
        let NewLayout::Chunked { chunk, .. } = &self.layout else {
            return if wishes.is_empty() { Ok(Vec::new()) } else { Err(no_filters()) };
        };
        let fill = match &self.fill {
            FillDefinition::Undefined => None,
            FillDefinition::Default => Some([].as_slice()),
            FillDefinition::User(bytes) => Some(bytes.as_slice()),
        };
        let local = Local { datatype: &self.datatype.datatype, chunk, fill };
        let plan = |wish: &FilterWish| {
            let filter = store.registry().require(wish.id, None)?;
            let name = Some(filter.name().as_bytes().to_vec());
            let client_data = local.client_data(wish.id, &wish.wanted)?;
            Ok(FilterDescription { id: wish.id, flags: wish.optional.into(), name, client_data })
        };
        wishes.iter().map(plan).collect()
    }

    /// Makes the dataset, to which nothing leads yet.
    pub(crate) fn create(&self, store: &Arc<Store>) -> Result<ObjectHeader> {
        self.check_reach()?;
        let header = self.create_header(store, None)?;
        let own = matches!(self.layout, NewLayout::Contiguous | NewLayout::Chunked { .. });
        if own && self.allocation() == AllocationTime::EARLY {
            store.dataset(header.address)?.allocate_early(store)?;
            return store.header(header.address);
        }
        Ok(header)
    }

    /// Refuses what no dataset can be, before anything is made of it.
    pub(crate) fn check(&self, store: &Store) -> Result<()> {
        self.check_reach()?;
        match &self.layout {
            NewLayout::Compact => {
                self.check_fixed("compact")?;
                check_compact(self.bytes()?)
            }
            NewLayout::Contiguous => self.check_fixed("contiguous"),
            NewLayout::Chunked { chunk, partial_unfiltered } => {
                self.chunked_layout(store, chunk, *partial_unfiltered).map(|_| ())
            }
            NewLayout::External(_) | NewLayout::Virtual(_) => self.check_unfiltered(),
        }
    }

    /// Bytes of all elements.
    fn bytes(&self) -> Result<u64> {
        let bytes = self.dataspace.points()?.checked_mul(self.datatype.size());
        bytes.ok_or_else(|| Error::usage("the dataset's bytes need more than 64 bits to count"))
    }

    /// Refuses chunks larger than the dataset can become, which older libraries made.
    fn check_reach(&self) -> Result<()> {
        let NewLayout::Chunked { chunk, .. } = &self.layout else { return Ok(()) };
        for (axis, len) in chunk.iter().enumerate().take(self.dataspace.rank()) {
            if let Some(max) = self.dataspace.max(axis).filter(|max| len > max) {
                let problem =
                    format!("a chunk of {len} elements along axis {axis}, which has {max} at most");
                return Err(Error::usage(problem));
            }
        }
        Ok(())
    }

    /// As [`create`](Self::create), but nothing is allocated for elements, unless they are in a block
    /// already.
    pub(crate) fn create_header(
        &self,
        store: &Store,
        block: Option<Address>,
    ) -> Result<ObjectHeader> {
        if let FillDefinition::User(value) = &self.fill {
            store.note_fill(&self.datatype.datatype, value)?;
        }
        let version = self.version(store);
        let how = HeaderCreation {
            version,
            attribute_order_tracked: self.attribute_order_tracked,
            attribute_order_indexed: self.attribute_order_indexed,
            phase_change: self.phase_change,
            times: self.times && version == 2,
            reserve: self.reserve.max(RESERVE),
        };
        ObjectHeader::create(store.space(), &how, self.messages(store, block)?)
    }

    /// Of the header.
    fn version(&self, store: &Store) -> u8 {
        let modern = self.attribute_order_tracked || self.phase_change.is_some();
        let described = self.datatype.committed.is_none().then_some(&self.datatype.datatype);
        let bounds = store.bounds();
        let least = described.map_or(bounds.header_version(), |of| bounds.header_version_of(of));
        least.max(if modern { 2 } else { self.header_version })
    }

    fn messages(&self, store: &Store, block: Option<Address>) -> Result<Vec<RawMessage>> {
        let bounds = store.bounds();
        let mut out = Messages { store, all: Vec::new() };
        let constant = MessageFlags::CONSTANT;
        let version = bounds.dataspace_version(self.dataspace.kind);
        let dataspace = Dataspace { version, ..self.dataspace.clone() };
        let layout = self.data_layout(store, block)?;
        out.push(MessageType::DATASPACE, MessageFlags::empty(), &dataspace)?;
        let datatype = self.datatype.to_message(store)?;
        out.push_bytes(MessageType::DATATYPE, datatype.flags(), datatype.body);
        out.push(MessageType::FILL_VALUE, constant, &self.fill_message(bounds.fill_version()))?;
        if let FillDefinition::User(value) = &self.fill
            && bounds.writes_old_fill()
        {
            let old = FillValueOld { value: value.clone() };
            out.push(MessageType::FILL_VALUE_OLD, constant, &old)?;
        }
        out.push(MessageType::DATA_LAYOUT, MessageFlags::empty(), &layout)?;
        if !self.filters.is_empty() {
            let version = bounds.pipeline_version();
            let filters = self.filters.iter().map(|filter| named(filter, store)).collect();
            let pipeline = FilterPipeline { version, filters };
            out.push(MessageType::FILTER_PIPELINE, constant, &pipeline)?;
        }
        if let NewLayout::External(parts) = &self.layout {
            let files = external::create(store.space(), parts)?;
            out.push(MessageType::EXTERNAL_FILES, constant, &files)?;
        }
        if self.times && self.version(store) == 1 {
            let time = ModificationTime { seconds: now() };
            out.push(MessageType::MODIFICATION_TIME, MessageFlags::empty(), &time)?;
        }
        Ok(out.all)
    }

    fn fill_message(&self, version: u8) -> FillValue {
        FillValue {
            version,
            allocation_time: self.allocation(),
            write_time: self.fill_time,
            value: self.fill.clone(),
        }
    }

    /// When storage is allocated, as libhdf5 has it where nobody asks for anything else.
    pub(super) fn allocation(&self) -> AllocationTime {
        self.allocation_time.unwrap_or(match self.layout {
            NewLayout::Compact => AllocationTime::EARLY,
            NewLayout::Contiguous | NewLayout::External(_) => AllocationTime::LATE,
            NewLayout::Chunked { .. } | NewLayout::Virtual(_) => AllocationTime::INCREMENTAL,
        })
    }

    fn data_layout(&self, store: &Store, block: Option<Address>) -> Result<DataLayout> {
        let bytes = self.bytes()?;
        let linear = store.bounds().linear_layout_version();
        match &self.layout {
            NewLayout::Compact => {
                self.check_fixed("compact")?;
                check_compact(bytes)?;
                let mut data = vec![0; usize::try_from(bytes).unwrap_or(0)];
                if let FillDefinition::User(value) = &self.fill
                    && self.fill_time != FillWriteTime::NEVER
                {
                    data.iter_mut().zip(value.iter().cycle()).for_each(|(to, from)| *to = *from);
                    own_fill(store, &self.datatype.datatype, Some(value), &mut data)?;
                }
                Ok(DataLayout::new(linear, LayoutClass::Compact { data }))
            }
            NewLayout::Contiguous => {
                self.check_fixed("contiguous")?;
                let class = LayoutClass::Contiguous { address: block, size: Some(bytes) };
                Ok(DataLayout::new(linear, class))
            }
            NewLayout::Chunked { chunk, partial_unfiltered } => {
                self.chunked_layout(store, chunk, *partial_unfiltered)
            }
            NewLayout::External(parts) => {
                self.check_unfiltered()?;
                external::check_dataspace(parts, &self.dataspace, self.datatype.size())?;
                let class = LayoutClass::Contiguous { address: None, size: Some(bytes) };
                Ok(DataLayout::new(linear, class))
            }
            NewLayout::Virtual(mappings) => self.virtual_layout(store, mappings),
        }
    }

    fn virtual_layout(&self, store: &Store, mappings: &[Mapping]) -> Result<DataLayout> {
        self.check_unfiltered()?;
        let version = store.bounds().virtual_layout_version()?;
        let mut heap = HeapId::NULL;
        if !mappings.is_empty() {
            let sizes = store.space().sizes();
            let list = VirtualMappings::in_bounds(mappings, store.bounds(), sizes)?;
            heap = store.put(&store.encode(&list)?)?;
        }
        Ok(DataLayout::new(version, LayoutClass::Virtual { heap }))
    }

    fn check_unfiltered(&self) -> Result<()> {
        if self.filters.is_empty() { Ok(()) } else { Err(no_filters()) }
    }

    /// Checks that the dataset asks for nothing only chunks can give.
    fn check_fixed(&self, layout: &str) -> Result<()> {
        self.check_unfiltered()?;
        if self.dataspace.is_resizable() {
            let problem = format!("a {layout} dataset cannot be resized: that takes chunks");
            return Err(Error::usage(problem));
        }
        Ok(())
    }

    fn chunked_layout(&self, store: &Store, chunk: &[u64], partial: bool) -> Result<DataLayout> {
        let chunk_bytes = self.check_chunk(chunk)?;
        let filtered = !self.filters.is_empty();
        let needs = ChunkedNeeds { filtered, partial_chunks_unfiltered: partial, chunk_bytes };
        let version = store.bounds().chunked_layout_version(&needs)?;
        let maximum: Vec<_> =
            (0..self.dataspace.rank()).map(|axis| self.dataspace.max(axis)).collect();
        let index = choose(&IndexWish {
            indexed: version > 3,
            extent: &self.dataspace.dimensions,
            maximum: &maximum,
            chunk,
            filtered,
            early: self.allocation() == AllocationTime::EARLY,
        });
        let layout = ChunkedLayout {
            dimensions: chunk.to_vec(),
            element_size: self.datatype.size(),
            flags: if partial { ChunkedLayout::PARTIAL_CHUNKS_UNFILTERED } else { 0 },
            index,
            address: None,
        };
        Ok(DataLayout::new(version, LayoutClass::Chunked(layout)))
    }

    /// Checks that a dataset can have chunks of this shape; gives their bytes.
    fn check_chunk(&self, chunk: &[u64]) -> Result<u64> {
        let space = &self.dataspace;
        if space.kind != DataspaceKind::Simple {
            return Err(Error::usage("a dataset without axes has no chunks"));
        }
        if chunk.len() != space.rank() {
            let (found, rank) = (chunk.len(), space.rank());
            return Err(Error::usage(format!("chunks of {found} axes for a dataset of {rank}")));
        }
        if chunk.contains(&0) {
            return Err(Error::usage("a chunk has at least one element along each axis"));
        }
        let bytes = chunk.iter().try_fold(self.datatype.size(), |n, len| n.checked_mul(*len));
        bytes.ok_or_else(|| Error::usage("a chunk needs more than 64 bits of bytes"))
    }
}

struct Messages<'a> {
    store: &'a Store,
    all: Vec<RawMessage>,
}

impl Messages<'_> {
    fn push<T: Structure>(
        &mut self,
        kind: MessageType,
        flags: MessageFlags,
        value: &T,
    ) -> Result<()> {
        let body = self.store.encode(value)?;
        self.push_bytes(kind, flags, body);
        Ok(())
    }

    fn push_bytes(&mut self, kind: MessageType, flags: MessageFlags, body: Vec<u8>) {
        self.all.push(RawMessage { kind, flags, creation_index: None, body, offset: 0 });
    }
}

fn check_compact(bytes: u64) -> Result<()> {
    if bytes <= MOST_COMPACT {
        return Ok(());
    }
    let problem = format!("a compact dataset of {bytes} bytes: it can have {MOST_COMPACT} at most");
    Err(Error::usage(problem))
}

/// A filter with its name, where this library knows it: libhdf5 takes it for granted that messages
/// that have room for names hold those it knows itself, and copies others in too little room.
fn named(filter: &FilterDescription, store: &Store) -> FilterDescription {
    let known = || store.registry().get(filter.id).map(|known| known.name().as_bytes().to_vec());
    FilterDescription { name: filter.name.clone().or_else(known), ..filter.clone() }
}

fn no_filters() -> Error {
    Error::usage("only a dataset in chunks has filters")
}
