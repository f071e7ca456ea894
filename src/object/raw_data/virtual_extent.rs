//! How large a virtual dataset is whose mappings have no bound: as its sources make it.

use std::sync::Arc;

use super::virtual_data::VirtualData;
use super::virtual_nesting::Nesting;
use super::virtual_selection as selected;
use crate::error::{Error, ErrorKind, Result};
use crate::format::message::Dataspace;
use crate::format::selection::{HyperslabDimension, Selection};
use crate::format::virtual_mapping::Mapping;
use crate::limits::Limits;
use crate::object::store::Store;

/// How the extent of a virtual dataset follows from its sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct VirtualAccess {
    /// It ends before the first element that a source lacks, not behind the last one that one has.
    pub(crate) first_missing: bool,
    /// Sources in a row that may be missing where names hold a number.
    pub(crate) printf_gap: u64,
}

impl VirtualData {
    /// The extent that the sources give an unlimited dataset; `None` where it is as stored, or the
    /// caller's rules keep the sources closed.
    pub(crate) fn extent(
        &self,
        store: &Arc<Store>,
        dataspace: &Dataspace,
        access: VirtualAccess,
        nesting: &mut Nesting,
    ) -> Result<Option<Vec<u64>>> {
        match self.extent_of_sources(store, dataspace, access, nesting) {
            Err(error) if matches!(error.kind(), ErrorKind::Refused(_)) => Ok(None),
            found => found,
        }
    }

    fn extent_of_sources(
        &self,
        store: &Arc<Store>,
        dataspace: &Dataspace,
        access: VirtualAccess,
        nesting: &mut Nesting,
    ) -> Result<Option<Vec<u64>>> {
        let mut found: Vec<Option<u64>> = vec![None; dataspace.rank()];
        for mapping in &self.mappings {
            let Some(axis) = mapping.virtual_.unlimited_axis() else { continue };
            let along = self.unlimited_extent(store, mapping, axis, access, nesting)?;
            if let Some(len) = found.get_mut(axis) {
                let other = len.unwrap_or(along);
                *len = Some(if access.first_missing { other.min(along) } else { other.max(along) });
            }
        }
        if found.iter().all(Option::is_none) {
            return Ok(None);
        }
        // Other axes are as stored; unlimited ones grow from nothing.
        let stored = dataspace
            .dimensions
            .iter()
            .enumerate()
            .map(|(axis, len)| if dataspace.max(axis).is_none() { 0 } else { *len });
        let sources = stored.zip(found).map(|(stored, found)| found.unwrap_or(stored));
        let least = self.least_extent(dataspace.rank());
        let within = |(axis, (len, least)): (usize, (u64, u64))| {
            len.max(least).min(dataspace.max(axis).unwrap_or(u64::MAX))
        };
        Ok(Some(sources.zip(least).enumerate().map(within).collect()))
    }

    /// The smallest extent that holds all that mappings select along axes they bound.
    fn least_extent(&self, rank: usize) -> Vec<u64> {
        let mut least = vec![0u64; rank];
        for mapping in &self.mappings {
            for (most, end) in least.iter_mut().zip(selected::bounds(&mapping.virtual_)) {
                *most = (*most).max(end);
            }
        }
        least
    }

    /// Checks that the dataset may have an extent.
    pub(crate) fn check_extent(&self, extent: &[u64]) -> Result<()> {
        let least = self.least_extent(extent.len());
        if extent.iter().zip(&least).all(|(len, least)| len >= least) {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the extent {extent:?} of a virtual dataset whose mappings need {least:?}"
        )))
    }

    /// How far an unlimited mapping reaches along its axis.
    fn unlimited_extent(
        &self,
        store: &Arc<Store>,
        mapping: &Mapping,
        axis: usize,
        access: VirtualAccess,
        nesting: &mut Nesting,
    ) -> Result<u64> {
        let Selection::Regular(target) = &mapping.virtual_ else { return Ok(0) };
        let Some(target) = target.get(axis) else { return Ok(0) };
        let reach = |coordinates| match access.first_missing {
            true => selected::first_missing(target, coordinates),
            false => selected::reach(target, coordinates),
        };
        if let (Selection::Regular(source), Some(along)) =
            (&mapping.source, mapping.source.unlimited_axis())
        {
            let names = selected::block_names(mapping, 0)?;
            let Some(open) = self.source(store, &names, nesting)? else { return Ok(0) };
            let len = open.dataset.extent().get(along).copied().unwrap_or(0);
            let below = |axis: &HyperslabDimension| selected::below(axis, len);
            return Ok(reach(source.get(along).map_or(0, below)));
        }
        let blocks = self.printf_blocks(store, mapping, access, nesting)?;
        Ok(reach(blocks.saturating_mul(target.block.unwrap_or(1))))
    }

    /// Number of blocks of a mapping whose names hold a block's number, up to the last source that
    /// exists.
    pub(super) fn printf_blocks(
        &self,
        store: &Arc<Store>,
        mapping: &Mapping,
        access: VirtualAccess,
        nesting: &mut Nesting,
    ) -> Result<u64> {
        let gap = if access.first_missing { 0 } else { access.printf_gap };
        let (mut blocks, mut missing) = (0u64, 0u64);
        while missing <= gap {
            let number = blocks.saturating_add(missing);
            let allowed = store.space().limits().virtual_mappings;
            Limits::check("virtual_mappings", number, allowed)?;
            let names = selected::block_names(mapping, number)?;
            match self.source(store, &names, nesting)? {
                // There would be no end to it.
                Some(_) if number == 1 && names == selected::block_names(mapping, 0)? => {
                    return Err(Error::usage("a source of many blocks has no number in its name"));
                }
                Some(_) => (blocks, missing) = (number.saturating_add(1), 0),
                None => missing = missing.saturating_add(1),
            }
        }
        Ok(blocks)
    }
}
