//! What a dataset to be made is asked for, and how it is made.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::any_values::AnyValues;
use super::super::dataset::{AllocTime, Dataset, FillTime, Layout};
use super::super::element_type::ElementType;
use super::super::extents::Extents;
use super::super::filters::Filter;
use super::super::group::Group;
use super::super::group_edit::LinkWish;
use super::super::plist::AttrCreationOrder;
use super::elsewhere::MappingWish;
use crate::codec::wide;
use crate::element::OwnedDynValue;
use crate::error::{Error, Result};
use crate::format::datatype::{Class, Datatype};
use crate::format::message::{
    AllocationTime, Dataspace, DataspaceKind, FillDefinition, FillWriteTime,
};
use crate::object::dataset::auto_chunk::{auto_chunk, row_chunk};
use crate::object::dataset::create::{DatasetCreation, FilterWish, NewLayout};
use crate::object::raw_data::external::ExternalPart;
use crate::object::raw_data::virtual_extent::VirtualAccess;
use crate::object::store::Store;
use crate::object::stored_type::StoredType;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    parent: Group,
    pub(super) chunk: ChunkWish,
    pub(super) partial_unfiltered: bool,
    pub(super) layout: Option<Layout>,
    pub(super) filters: Vec<Filter>,
    pub(super) fill: Fill,
    pub(super) fill_time: FillTime,
    pub(super) alloc_time: Option<AllocTime>,
    pub(super) packed: bool,
    pub(super) times: bool,
    pub(super) attribute_order: AttrCreationOrder,
    pub(super) phase_change: Option<(u32, u32)>,
    pub(super) link: LinkWish,
    /// Bytes of changed chunks that are kept in memory.
    pub(super) chunk_cache: Option<u64>,
    /// Where the external files are to be looked for.
    pub(super) external_prefix: String,
    pub(super) external: Vec<ExternalPart>,
    pub(super) mappings: Vec<MappingWish>,
    pub(super) access: VirtualAccess,
}

/// Which chunks a dataset is to have.
///
/// ```
/// use hdfive::dataset::Chunk;
/// assert_eq!(Chunk::default(), Chunk::None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Chunk {
    /// Of this shape.
    Exact(Vec<usize>),
    /// Of at least so many KiB, of whole rows as far as that goes.
    MinKB(usize),
    /// None.
    #[default]
    None,
}

/// Which chunks are asked for.
#[derive(Debug, Clone)]
pub(crate) enum ChunkWish {
    /// Such as suit, where the dataset needs chunks.
    IfNeeded,
    /// Such as suit.
    Auto,
    Said(Chunk),
}

/// What elements hold that nobody wrote.
#[derive(Debug, Clone)]
pub(crate) enum Fill {
    Default,
    Undefined,
    User(OwnedDynValue),
}

impl Options {
    pub(super) fn new(parent: &Group) -> Self {
        Self {
            parent: parent.clone(),
            chunk: ChunkWish::IfNeeded,
            partial_unfiltered: false,
            layout: None,
            filters: Vec::new(),
            fill: Fill::Default,
            fill_time: FillTime::IfSet,
            alloc_time: None,
            packed: false,
            times: false,
            attribute_order: AttrCreationOrder::Untracked,
            phase_change: None,
            link: LinkWish::default(),
            chunk_cache: None,
            external_prefix: String::new(),
            external: Vec::new(),
            mappings: Vec::new(),
            access: VirtualAccess::default(),
        }
    }

    /// The group the dataset is to be in.
    pub(super) fn parent(&self) -> &Group {
        &self.parent
    }

    /// Makes the dataset; `elements` gives all of them as they are to be stored, or none.
    pub(super) fn create<'e>(
        &self,
        name: Option<&str>,
        datatype: &ElementType,
        extents: &Extents,
        elements: impl FnOnce(&Arc<Store>, &StoredType) -> Result<Option<Cow<'e, [u8]>>>,
    ) -> Result<Dataset> {
        let mut dataset = None;
        let make = |store: &Arc<Store>| {
            let creation = self.creation(store, datatype, extents)?;
            // Without elements there is nothing to write.
            let elements = match extents.size() {
                0 => None,
                _ => elements(store, &creation.datatype)?,
            };
            let made = creation.create_with(store, elements.as_deref(), self.chunk_cache)?;
            dataset = Some(made.dataset);
            Ok(made.header)
        };
        let made = match name {
            Some(name) => self.parent.edit_in(name, self.link, make)?,
            None => self.parent.edit_anonymous(make)?,
        };
        match dataset {
            Some(dataset) => Dataset::with(made, dataset).seen(self.access),
            None => made.as_dataset()?.seen(self.access),
        }
    }

    fn creation(
        &self,
        store: &Arc<Store>,
        datatype: &ElementType,
        extents: &Extents,
    ) -> Result<DatasetCreation> {
        let datatype = if self.packed { &datatype.to_packed() } else { datatype };
        let datatype = datatype.stored(store)?;
        let dataspace = extents.to_dataspace(store.bounds())?;
        let limits = store.space().limits();
        let layout = match self.layout_elsewhere(&dataspace, limits)? {
            Some(layout) => layout,
            None => self.new_layout(&datatype, &dataspace)?,
        };
        let fill = match &self.fill {
            Fill::Default => FillDefinition::Default,
            Fill::Undefined => FillDefinition::Undefined,
            Fill::User(value) => {
                let element = AnyValues::from(value).elements(store, &datatype)?.into_owned();
                FillDefinition::User(element)
            }
        };
        let set = matches!(fill, FillDefinition::User(_)) && self.fill_time == FillTime::IfSet;
        let mut creation = DatasetCreation {
            fill,
            fill_time: match self.fill_time {
                _ if holds_var_len(&datatype.datatype) && !set => FillWriteTime::ON_ALLOCATION,
                FillTime::Alloc => FillWriteTime::ON_ALLOCATION,
                FillTime::Never => FillWriteTime::NEVER,
                FillTime::IfSet => FillWriteTime::IF_SET,
            },
            allocation_time: self.alloc_time.map(|time| match time {
                AllocTime::Early => AllocationTime::EARLY,
                AllocTime::Late => AllocationTime::LATE,
                AllocTime::Incr => AllocationTime::INCREMENTAL,
            }),
            times: self.times,
            attribute_order_tracked: self.attribute_order != AttrCreationOrder::Untracked,
            attribute_order_indexed: self.attribute_order == AttrCreationOrder::Indexed,
            phase_change: self.phase_change.map(narrow_phase_change).transpose()?,
            ..DatasetCreation::new(datatype, dataspace, layout)
        };
        let wishes: Vec<FilterWish> =
            self.filters.iter().map(Filter::wish).collect::<Result<_>>()?;
        self.check_checksum()?;
        creation.filters = creation.planned_filters(store, &wishes)?;
        Ok(creation)
    }

    /// Refuses a checksum of elements that lose digits behind it: read back, it would never hold.
    fn check_checksum(&self) -> Result<()> {
        let mut after = self.filters.iter().skip_while(|filter| **filter != Filter::Fletcher32);
        if after.any(|filter| matches!(filter, Filter::ScaleOffset(_))) {
            return Err(Error::usage(
                "a checksum comes behind scale-offset, which may change what it is of",
            ));
        }
        Ok(())
    }

    fn new_layout(&self, datatype: &StoredType, dataspace: &Dataspace) -> Result<NewLayout> {
        let needs_chunks = dataspace.is_resizable() || !self.filters.is_empty();
        let automatic = match self.chunk {
            ChunkWish::IfNeeded if needs_chunks => Layout::Chunked,
            ChunkWish::IfNeeded | ChunkWish::Said(Chunk::None) => Layout::Contiguous,
            _ => Layout::Chunked,
        };
        match self.layout.unwrap_or(automatic) {
            Layout::Compact => Ok(NewLayout::Compact),
            Layout::Contiguous => Ok(NewLayout::Contiguous),
            Layout::Virtual => Ok(NewLayout::Virtual(Vec::new())),
            Layout::Chunked => {
                if dataspace.kind != DataspaceKind::Simple {
                    return Err(Error::usage("a dataset without axes has no chunks, nor filters"));
                }
                let chunk = self.chunk_shape(datatype.size(), dataspace);
                Ok(NewLayout::Chunked { chunk, partial_unfiltered: self.partial_unfiltered })
            }
        }
    }

    fn chunk_shape(&self, element_size: u64, dataspace: &Dataspace) -> Vec<u64> {
        let extent = &dataspace.dimensions;
        let chunk = match &self.chunk {
            ChunkWish::Said(Chunk::Exact(chunk)) => {
                return chunk.iter().map(|len| wide(*len)).collect();
            }
            ChunkWish::Said(Chunk::MinKB(size)) => {
                row_chunk(extent, element_size, wide(*size).saturating_mul(1024))
            }
            _ => auto_chunk(extent, element_size),
        };
        // An axis that is empty now may be one that cannot become as long as was guessed.
        let within =
            |(axis, len): (usize, u64)| dataspace.max(axis).map_or(len, |max| len.min(max));
        chunk.into_iter().enumerate().map(within).map(|len| len.max(1)).collect()
    }
}

fn narrow_phase_change((most, least): (u32, u32)) -> Result<(u16, u16)> {
    match (u16::try_from(most), u16::try_from(least)) {
        (Ok(most), Ok(least)) => Ok((most, least)),
        _ => Err(Error::usage(format!("{most} and {least} attributes are more than 65,535"))),
    }
}

fn holds_var_len(datatype: &Datatype) -> bool {
    match &datatype.class {
        Class::VarLen(_) => true,
        Class::Compound(members) => members.iter().any(|member| holds_var_len(&member.datatype)),
        Class::Array(array) => holds_var_len(&array.base),
        _ => false,
    }
}
