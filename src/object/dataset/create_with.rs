//! New datasets with their first elements.

use std::sync::{Arc, OnceLock};

use super::DatasetObject;
use super::create::{DatasetCreation, NewLayout};
use super::shared::Shared;
use crate::codec::{Address, wide};
use crate::error::Result;
use crate::format::message::{AllocationTime, DataLayout, FillDefinition, LayoutClass};
use crate::object::header::KnownHeader;
use crate::object::progress;
use crate::object::raw_data::virtual_nesting::Nesting;
use crate::object::selection::ElementSelection;
use crate::object::store::Store;
use crate::space::{Purpose, Rank};

/// Most bytes of elements that are stored before there is a header that says where.
const LITTLE: usize = 4096;

impl DatasetObject {
    /// Another dataset like this one, which is in one block, that lies at `block`.
    pub(crate) fn like(&self, store: &Store, address: Address, block: Address) -> Self {
        let class = match &self.layout.class {
            LayoutClass::Contiguous { size, .. } => {
                LayoutClass::Contiguous { address: Some(block), size: *size }
            }
            class => class.clone(),
        };
        Self {
            datatype: self.datatype.clone(),
            dataspace: self.dataspace.clone(),
            layout: DataLayout { class, ..self.layout.clone() },
            filters: Vec::new(),
            fill: self.fill.clone(),
            external: None,
            address,
            grid: OnceLock::new(),
            chunks: Self::new_chunks(store),
            open: OnceLock::new(),
            virtual_data: Shared::new(),
            virtual_access: self.virtual_access,
            lineage: Shared::new(),
        }
    }
}

/// A new dataset.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) header: KnownHeader,
    pub(crate) dataset: Arc<DatasetObject>,
}

impl DatasetCreation {
    /// Makes the dataset, to which nothing leads yet, with these elements, all of them as stored;
    /// without any, as [`create`](Self::create) does. `chunk_cache` is the number of bytes of chunks
    /// that may wait, where that is said.
    pub(crate) fn create_with(
        &self,
        store: &Arc<Store>,
        elements: Option<&[u8]>,
        chunk_cache: Option<u64>,
    ) -> Result<Made> {
        if let Some(elements) = elements.filter(|elements| self.is_little(elements)) {
            // The header is written once, and says where they are.
            let block = Self::store_block(store, elements)?;
            if let Some(last) = store.dataset_alike(self) {
                let (header, dataset) = last.make(store, block)?;
                return Ok(Made { header, dataset: Arc::new(dataset) });
            }
            let header = Arc::new(self.create_header(store, Some(block))?);
            let (datatype, nesting) = (self.datatype.clone(), &mut Nesting::default());
            let dataset = DatasetObject::load_of(store, &*header, datatype, nesting)?;
            let dataset = Arc::new(dataset);
            if self.is_repeatable() {
                store.note_dataset(self, &header, &dataset, block)?;
            }
            return Ok(Made { header: header.into(), dataset });
        }
        let at = self.create(store)?.address;
        let mut dataset = store.dataset(at)?;
        if let Some(bytes) = chunk_cache {
            dataset.bound_chunk_cache(bytes);
        }
        if let Some(elements) = elements {
            dataset.write(store, &ElementSelection::all(dataset.extent()), elements)?;
            dataset = store.dataset(at)?;
        }
        Ok(Made { header: store.kept_header(at)?.into(), dataset })
    }

    /// Whether these are few elements of a dataset that keeps them in one block.
    fn is_little(&self, elements: &[u8]) -> bool {
        let all = self.dataspace.points().ok().and_then(|n| n.checked_mul(self.datatype.size()));
        self.layout == NewLayout::Contiguous
            && self.allocation() != AllocationTime::EARLY
            && !elements.is_empty()
            && elements.len() <= LITTLE
            && all == Some(wide(elements.len()))
            && !progress::is_watched()
    }

    /// Whether another one made of this wish is the same, and nothing else happens than that.
    fn is_repeatable(&self) -> bool {
        !self.times
            && self.datatype.committed.is_none()
            && !matches!(self.fill, FillDefinition::User(_))
    }

    fn store_block(store: &Store, elements: &[u8]) -> Result<Address> {
        store.space().put_new(Purpose::RawData, Rank::Elements, elements.into())
    }
}
