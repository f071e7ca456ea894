//! Virtual datasets: parts of other datasets that stand for the elements of one.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::foreign::adopt;
use super::virtual_selection::{self as selected, Block};
use crate::element::StoredConversion;
use crate::error::{Error, Result};
use crate::format::global_heap::HeapId;
use crate::format::message::Dataspace;
use crate::format::selection::Selection;
use crate::format::virtual_mapping::{Mapping, VirtualMappings};
use crate::limits::Limits;
use crate::object::dataset::DatasetObject;
use crate::object::external::ExternalKind;
use crate::object::path::{Found, resolve};
use crate::object::selection::ElementSelection;
use crate::object::store::Store;

/// Names of a source: its file and its dataset.
type SourceName = (Vec<u8>, Vec<u8>);

/// How virtual datasets that consist of virtual datasets are followed: no further than a bound in
/// depth, and no more work in all than what is asked for can need.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nesting {
    depth: u64,
    /// Sources opened or read beneath the first level.
    nested: u64,
    /// Elements taken from sources.
    taken: u64,
    /// Elements that may be taken, once a read has begun.
    allowed: Option<u64>,
}

/// Sources opened or read beneath the first level for one operation.
const NESTED_SOURCES: u64 = 4096;
/// How often an element may be taken from a source: once a level of nesting, and twice that where
/// mappings overlap.
const OVERLAP: u64 = 16;

impl Nesting {
    /// Does `work` one level deeper.
    fn deeper<T>(
        &mut self,
        limits: &Limits,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let depth = self.depth.saturating_add(1);
        Limits::check("file_depth", depth, limits.file_depth)?;
        if self.depth > 0 {
            self.nested = self.nested.saturating_add(1);
            if self.nested > NESTED_SOURCES {
                return Err(Error::unsupported("virtual datasets nested in that many others"));
            }
        }
        let before = std::mem::replace(&mut self.depth, depth);
        let done = work(self);
        self.depth = before;
        done
    }

    /// Notes that a read of `wanted` elements begins; its bound is that of the outermost one.
    fn begin(&mut self, wanted: u64) {
        self.allowed.get_or_insert(wanted.saturating_mul(OVERLAP));
    }

    /// Notes that `elements` are taken from a source.
    fn take(&mut self, elements: u64) -> Result<()> {
        self.taken = self.taken.saturating_add(elements);
        if self.allowed.is_some_and(|allowed| self.taken > allowed) {
            return Err(Error::unsupported("virtual mappings that overlap so often"));
        }
        Ok(())
    }
}

/// The mappings of one virtual dataset.
#[derive(Debug)]
pub(crate) struct VirtualData {
    pub(crate) mappings: Vec<Mapping>,
    /// Sources opened so far; `None` for those that do not exist.
    sources: Mutex<HashMap<SourceName, Option<Source>>>,
}

/// A source dataset, open.
#[derive(Debug, Clone)]
struct Source {
    store: Arc<Store>,
    dataset: Arc<DatasetObject>,
}

impl VirtualData {
    /// Reads the list of mappings that the heap holds.
    pub(crate) fn load(store: &Store, heap: &HeapId) -> Result<Self> {
        let sources = Mutex::default();
        let Some(bytes) = store.heap_object(heap)? else {
            return Ok(Self { mappings: Vec::new(), sources });
        };
        let offset = heap.address.map_or(0, |at| store.space().offset(at));
        let list: VirtualMappings = store.decode_bytes(&bytes, offset)?;
        Ok(Self { mappings: list.mappings, sources })
    }

    /// The extent that the sources give an unlimited dataset; `None` where it is as stored.
    pub(crate) fn extent(
        &self,
        store: &Arc<Store>,
        dataspace: &Dataspace,
        nesting: &mut Nesting,
    ) -> Result<Option<Vec<u64>>> {
        let mut found: Option<Vec<u64>> = None;
        let mut fixed = vec![0u64; dataspace.rank()];
        for mapping in &self.mappings {
            let Some(axis) = mapping.virtual_.unlimited_axis() else {
                for (most, end) in fixed.iter_mut().zip(selected::bounds(&mapping.virtual_)) {
                    *most = (*most).max(end);
                }
                continue;
            };
            let along = self.unlimited_extent(store, mapping, axis, nesting)?;
            let extent = found.get_or_insert_with(|| {
                // The other axes are as stored; unlimited ones grow from nothing.
                let keep = |(axis, len): (usize, &u64)| {
                    if dataspace.max(axis).is_none() { 0 } else { *len }
                };
                dataspace.dimensions.iter().enumerate().map(keep).collect()
            });
            if let Some(len) = extent.get_mut(axis) {
                *len = (*len).max(along);
            }
        }
        if let Some(extent) = &mut found {
            for (len, most) in extent.iter_mut().zip(fixed) {
                *len = (*len).max(most);
            }
        }
        Ok(found)
    }

    /// How far an unlimited mapping reaches along its axis.
    fn unlimited_extent(
        &self,
        store: &Arc<Store>,
        mapping: &Mapping,
        axis: usize,
        nesting: &mut Nesting,
    ) -> Result<u64> {
        let Selection::Regular(target) = &mapping.virtual_ else { return Ok(0) };
        let Some(target) = target.get(axis) else { return Ok(0) };
        if let (Selection::Regular(source), Some(along)) =
            (&mapping.source, mapping.source.unlimited_axis())
        {
            let names = selected::block_names(mapping, 0)?;
            let Some(open) = self.source(store, names, nesting)? else { return Ok(0) };
            let len = open.dataset.extent().get(along).copied().unwrap_or(0);
            let coordinates = source.get(along).map_or(0, |axis| selected::below(axis, len));
            return Ok(selected::reach(target, coordinates));
        }
        let blocks = self.printf_blocks(store, mapping, nesting)?;
        Ok(selected::reach(target, blocks.saturating_mul(target.block.unwrap_or(1))))
    }

    /// Number of sources that exist of a mapping whose names hold a block's number.
    fn printf_blocks(
        &self,
        store: &Arc<Store>,
        mapping: &Mapping,
        nesting: &mut Nesting,
    ) -> Result<u64> {
        let mut blocks = 0u64;
        while self.source(store, selected::block_names(mapping, blocks)?, nesting)?.is_some() {
            blocks = blocks.saturating_add(1);
            let allowed = store.space().limits().virtual_mappings;
            Limits::check("virtual_mappings", blocks, allowed)?;
        }
        Ok(blocks)
    }

    /// The dataset with these names, opened once; `None` where it does not exist.
    fn source(
        &self,
        store: &Arc<Store>,
        names: SourceName,
        nesting: &mut Nesting,
    ) -> Result<Option<Source>> {
        let known = || self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = known().get(&names) {
            return Ok(source.clone());
        }
        let limits = store.space().limits();
        let opened = match nesting.deeper(limits, |inner| open(store, &names, inner)) {
            Ok(source) => Some(source),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        known().insert(names, opened.clone());
        Ok(opened)
    }

    /// Puts the elements that have a source into `out`, which holds fill values already.
    pub(crate) fn read(
        &self,
        store: &Arc<Store>,
        dataset: &DatasetObject,
        elements: &ElementSelection,
        out: &mut [u8],
        nesting: &mut Nesting,
    ) -> Result<()> {
        nesting.begin(elements.len());
        for mapping in &self.mappings {
            for block in self.blocks(store, mapping, dataset.extent(), nesting)? {
                self.read_block(store, dataset, &block, elements, out, nesting)?;
            }
        }
        Ok(())
    }

    /// A mapping as finite pieces.
    fn blocks(
        &self,
        store: &Arc<Store>,
        mapping: &Mapping,
        extent: &[u64],
        nesting: &mut Nesting,
    ) -> Result<Vec<Block>> {
        let names = selected::block_names(mapping, 0)?;
        let limits = store.space().limits();
        let target = selected::finite(&mapping.virtual_, extent, limits)?;
        let Some(axis) = mapping.virtual_.unlimited_axis() else {
            return Ok(vec![Block { names, target, source: mapping.source.clone() }]);
        };
        if mapping.source.unlimited_axis().is_some() {
            return Ok(vec![Block { names, target, source: mapping.source.clone() }]);
        }
        let count = self.printf_blocks(store, mapping, nesting)?;
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

    fn read_block(
        &self,
        store: &Arc<Store>,
        dataset: &DatasetObject,
        block: &Block,
        elements: &ElementSelection,
        out: &mut [u8],
        nesting: &mut Nesting,
    ) -> Result<()> {
        let wanted = selected::meet(&block.target, elements);
        if wanted.is_empty() {
            return Ok(());
        }
        let Some(source) = self.source(store, block.names.clone(), nesting)? else {
            return Ok(());
        };
        let (from, to) = (&source.dataset.datatype.datatype, &dataset.datatype.datatype);
        let convert = StoredConversion::new(from, to)?;
        let foreign = !Arc::ptr_eq(&source.store, store) && to.is_variable();
        let datatype = Arc::clone(from);
        let limits = store.space().limits();
        let chosen = selected::finite(&block.source, source.dataset.extent(), limits)?;
        chosen.check(source.dataset.extent())?;
        let (runs, places) = selected::pick(&chosen, &wanted);
        let picked = ElementSelection::Runs(runs);
        let (from, to) = (source.dataset.element_size(), dataset.element_size());
        nesting.take(picked.len())?;
        let mut stored = room(limits, picked.len(), from)?;
        nesting.deeper(limits, |inner| {
            source.dataset.read_nested(&source.store, &picked, &mut stored, inner)
        })?;
        if foreign {
            adopt(store, &source.store, &datatype, &mut stored)?;
        }
        if convert.is_copy() {
            return scatter(&stored, &places, to, out);
        }
        let mut converted = room(limits, picked.len(), to)?;
        gather(out, &places, to, &mut converted)?;
        convert.run(&stored, &mut converted)?;
        scatter(&converted, &places, to, out)
    }
}

/// Room for `count` elements of `size` bytes, which a source's type says they have.
fn room(limits: &Limits, count: u64, size: u64) -> Result<Vec<u8>> {
    let len = count.saturating_mul(size);
    Limits::check("read_bytes", len, limits.read_bytes)?;
    let too_large = || Error::usage("a virtual source of more elements than memory holds");
    let len = usize::try_from(len).map_err(|_| too_large())?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| too_large())?;
    bytes.resize(len, 0);
    Ok(bytes)
}

/// Copies the elements of `stored` to their places in `out`.
fn scatter(stored: &[u8], places: &[(u64, u64)], size: u64, out: &mut [u8]) -> Result<()> {
    let mut rest = stored;
    for place in places {
        let place = out.get_mut(bytes_of(*place, size)).ok_or_else(too_few)?;
        let (now, later) = rest.split_at_checked(place.len()).ok_or_else(too_few)?;
        place.copy_from_slice(now);
        rest = later;
    }
    Ok(())
}

/// Copies what is in those places of `out` together, into `stored`.
fn gather(out: &[u8], places: &[(u64, u64)], size: u64, stored: &mut [u8]) -> Result<()> {
    let mut rest = stored;
    for place in places {
        let place = out.get(bytes_of(*place, size)).ok_or_else(too_few)?;
        let (now, later) = rest.split_at_mut_checked(place.len()).ok_or_else(too_few)?;
        now.copy_from_slice(place);
        rest = later;
    }
    Ok(())
}

/// Where `len` elements from element `at` on lie.
fn bytes_of((at, len): (u64, u64), size: u64) -> Range<usize> {
    let bytes = |n: u64| usize::try_from(n.saturating_mul(size)).unwrap_or(usize::MAX);
    bytes(at)..bytes(at.saturating_add(len))
}

#[cold]
fn too_few() -> Error {
    Error::usage("a virtual source gave too few elements")
}

fn open(store: &Arc<Store>, names: &SourceName, nesting: &mut Nesting) -> Result<Source> {
    let (file, dataset) = names;
    let other = if file == b"." {
        Arc::clone(store)
    } else {
        store.open_other(ExternalKind::VirtualSource, file)?
    };
    let found = resolve(&Found::root(&other)?, dataset)?;
    let dataset = DatasetObject::load_nested(&found.store, &found.header, nesting)?;
    Ok(Source { store: found.store, dataset: Arc::new(dataset) })
}
