//! Elements of virtual datasets, read from their sources.

use std::ops::Range;
use std::sync::Arc;

use super::foreign::adopt;
use super::virtual_data::{Source, VirtualData};
use super::virtual_nesting::Nesting;
use super::virtual_selection::{self as selected, Block};
use crate::element::StoredConversion;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::object::dataset::DatasetObject;
use crate::object::selection::ElementSelection;
use crate::object::store::Store;

impl VirtualData {
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
            for block in self.blocks(store, mapping, dataset, nesting)? {
                self.read_block(store, dataset, &block, elements, out, nesting)?;
            }
        }
        Ok(())
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
        let Some(picked) = self.pick(store, block, elements, nesting)? else { return Ok(()) };
        let Picked { source, elements, places } = picked;
        let (from, to) = (&source.dataset.datatype.datatype, &dataset.datatype.datatype);
        let convert = StoredConversion::new(from, to)?;
        let foreign = !Arc::ptr_eq(&source.store, store) && to.is_variable();
        let limits = store.space().limits();
        let (size, to) = (source.dataset.element_size(), dataset.element_size());
        nesting.take(elements.len())?;
        let mut stored = room(limits, elements.len(), size)?;
        {
            let _reading = source.store.reading()?;
            nesting.deeper(limits, |inner| {
                source.dataset.read_nested(&source.store, &elements, &mut stored, inner)
            })?;
        }
        if foreign {
            adopt(store, &source.store, from, &mut stored)?;
        }
        if convert.is_copy() {
            return scatter(&stored, &places, to, out);
        }
        let mut converted = room(limits, elements.len(), to)?;
        gather(out, &places, to, &mut converted)?;
        convert.run(&stored, &mut converted)?;
        scatter(&converted, &places, to, out)
    }

    /// What a piece of a mapping has of `elements`; `None` where that is nothing.
    pub(super) fn pick(
        &self,
        store: &Arc<Store>,
        block: &Block,
        elements: &ElementSelection,
        nesting: &mut Nesting,
    ) -> Result<Option<Picked>> {
        let wanted = selected::meet(&block.target, elements);
        if wanted.is_empty() {
            return Ok(None);
        }
        let Some(source) = self.source(store, &block.names, nesting)? else { return Ok(None) };
        let (limits, extent) = (store.space().limits(), source.dataset.extent());
        let chosen = selected::finite(&block.source, extent, limits)?;
        chosen.check(extent)?;
        let (runs, places) = selected::pick(&chosen, &wanted);
        Ok(Some(Picked { source, elements: ElementSelection::Runs(runs), places }))
    }
}

/// Elements of a source that stand for some of the virtual dataset.
#[derive(Debug)]
pub(super) struct Picked {
    pub(super) source: Source,
    pub(super) elements: ElementSelection,
    /// Places and numbers of those they stand for, among the elements asked for.
    pub(super) places: Vec<(u64, u64)>,
}

/// Room for `count` elements of `size` bytes, which a source's type says they have.
pub(crate) fn room(limits: &Limits, count: u64, size: u64) -> Result<Vec<u8>> {
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
pub(super) fn gather(
    out: &[u8],
    places: &[(u64, u64)],
    size: u64,
    stored: &mut [u8],
) -> Result<()> {
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
