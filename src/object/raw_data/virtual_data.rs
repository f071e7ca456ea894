//! Virtual datasets: parts of other datasets that stand for the elements of one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::virtual_nesting::Nesting;
use super::virtual_selection::{self as selected, Block};
use crate::error::Result;
use crate::format::global_heap::HeapId;
use crate::format::virtual_mapping::{Mapping, VirtualMappings};
use crate::object::dataset::DatasetObject;
use crate::object::external::ExternalKind;
use crate::object::path::{Found, resolve};
use crate::object::store::Store;

/// Names of a source: its file and its dataset.
pub(super) type SourceName = (Vec<u8>, Vec<u8>);

/// The mappings of one virtual dataset.
#[derive(Debug)]
pub(crate) struct VirtualData {
    pub(crate) mappings: Vec<Mapping>,
    sources: Mutex<HashMap<SourceName, Known>>,
    /// A source is in a file open for writing: it may change.
    lively: AtomicBool,
}

/// What was found under the names of a source, and when: at these steps of the virtual dataset's
/// file and of the source's.
#[derive(Debug, Clone)]
struct Known {
    source: Option<KnownSource>,
    own_step: u64,
    other_step: u64,
}

/// A source dataset that was found. The file is not kept open by it: it may be the one that keeps
/// this.
#[derive(Debug, Clone)]
struct KnownSource {
    store: Weak<Store>,
    dataset: Arc<DatasetObject>,
}

/// A source dataset, open.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) store: Arc<Store>,
    pub(super) dataset: Arc<DatasetObject>,
}

impl VirtualData {
    /// Reads the list of mappings that the heap holds.
    pub(crate) fn load(store: &Store, heap: &HeapId) -> Result<Self> {
        let of = |mappings| Self {
            mappings,
            sources: Mutex::default(),
            lively: AtomicBool::new(store.may_change()),
        };
        let Some(bytes) = store.heap_object(heap)? else { return Ok(of(Vec::new())) };
        let offset = heap.address.map_or(0, |at| store.space().offset(at));
        let list: VirtualMappings = store.decode_bytes(&bytes, offset)?;
        Ok(of(list.mappings))
    }

    /// Whether what was found once may have changed.
    pub(crate) fn is_lively(&self) -> bool {
        self.lively.load(Ordering::Relaxed)
    }

    /// The sources that are known so far.
    pub(crate) fn known_sources(&self) -> Vec<(Arc<Store>, Arc<DatasetObject>)> {
        let known = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let sources = known.values().filter_map(|known| known.source.as_ref());
        let open = |source: &KnownSource| Some((source.store.upgrade()?, source.dataset.clone()));
        sources.filter_map(open).collect()
    }

    /// The dataset with these names as it is now; `None` where it does not exist.
    pub(super) fn source(
        &self,
        store: &Arc<Store>,
        names: &SourceName,
        nesting: &mut Nesting,
    ) -> Result<Option<Source>> {
        let known = || self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(names).cloned();
        if let Some(found) = found.and_then(|found| found.still_there(store)) {
            return found.map(|found| found.current(store, nesting)).transpose();
        }
        let limits = store.space().limits();
        let opened = match nesting.deeper(limits, |inner| open(store, names, inner)) {
            Ok(source) => Some(source),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        if opened.as_ref().is_some_and(|source| source.store.may_change()) {
            self.lively.store(true, Ordering::Relaxed);
        }
        known().insert(names.clone(), Known::of(store, opened.as_ref()));
        Ok(opened)
    }

    /// A mapping as finite pieces.
    pub(super) fn blocks(
        &self,
        store: &Arc<Store>,
        mapping: &Mapping,
        dataset: &DatasetObject,
        nesting: &mut Nesting,
    ) -> Result<Vec<Block>> {
        let extent = dataset.extent();
        let names = selected::block_names(mapping, 0)?;
        let limits = store.space().limits();
        let target = selected::finite(&mapping.virtual_, extent, limits)?;
        let Some(axis) = mapping.virtual_.unlimited_axis() else {
            return Ok(vec![Block { names, target, source: mapping.source.clone() }]);
        };
        if mapping.source.unlimited_axis().is_some() {
            return Ok(vec![Block { names, target, source: mapping.source.clone() }]);
        }
        let count = self.printf_blocks(store, mapping, dataset.virtual_access(), nesting)?;
        let mut blocks = Vec::new();
        for number in 0..count {
            let Some(target) =
                selected::nth_block(&mapping.virtual_, axis, number, extent, limits)?
            else {
                break;
            };
            let names = selected::block_names(mapping, number)?;
            blocks.push(Block { names, target, source: mapping.source.clone() });
        }
        Ok(blocks)
    }
}

impl Known {
    fn of(store: &Store, source: Option<&Source>) -> Self {
        let other_step = source.map_or(0, |source| source.store.space().step());
        let source = source.map(|source| KnownSource {
            store: Arc::downgrade(&source.store),
            dataset: Arc::clone(&source.dataset),
        });
        Self { source, own_step: store.space().step(), other_step }
    }

    /// What the names mean, where that is certain without looking again.
    fn still_there(self, store: &Store) -> Option<Option<Source>> {
        if self.own_step != store.space().step() {
            return None;
        }
        // In a file open for reading, what is not there does not come.
        let Some(source) = self.source else { return (!store.may_change()).then_some(None) };
        let other = source.store.upgrade().filter(|other| !other.space().is_closed())?;
        let same = other.space().step() == self.other_step;
        same.then_some(Some(Source { store: other, dataset: source.dataset }))
    }
}

impl Source {
    /// The dataset as it is now: even a step that is not over may have changed it.
    fn current(self, store: &Store, nesting: &mut Nesting) -> Result<Self> {
        let Self { store: other, dataset } = self;
        if !other.may_change() {
            return Ok(Self { store: other, dataset });
        }
        let (limits, at) = (store.space().limits(), dataset.address());
        let current = {
            let _reading = other.reading()?;
            if dataset.virtual_data().is_some() {
                nesting.deeper(limits, |inner| other.dataset_nested(at, inner))?
            } else {
                other.dataset(at)?
            }
        };
        Ok(Self { store: other, dataset: current })
    }
}

fn open(store: &Arc<Store>, names: &SourceName, nesting: &mut Nesting) -> Result<Source> {
    let (file, dataset) = names;
    let other = if file == b"." {
        Arc::clone(store)
    } else {
        store.open_other(ExternalKind::VirtualSource, file)?
    };
    let found = resolve(&Found::root(&other)?, dataset)?;
    let (store, at) = (&found.store, found.header.address);
    let dataset = {
        let _reading = store.reading()?;
        if store.may_change() {
            store.dataset_nested(at, nesting)?
        } else {
            Arc::new(DatasetObject::load_nested(store, &found.header, nesting)?)
        }
    };
    Ok(Source { store: Arc::clone(&found.store), dataset })
}
