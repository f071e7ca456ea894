//! Extensible arrays of chunk addresses.
//!
//! See `spec-notes/layout-and-chunks.md`.

mod edit;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::fixed_array::{ElementCache, VisitElement, defined, visit_defined};
use crate::codec::{Address, StructureIn, wide};
use crate::error::Result;
use crate::format::chunk_element::ChunkElement;
use crate::format::extensible_array::{
    DataBlockContext, ExtensibleArrayDataBlock, ExtensibleArrayHeader, ExtensibleArrayIndexBlock,
    ExtensibleArrayPage, ExtensibleArraySecondaryBlock, SecondaryBlockContext, SuperBlockShape,
};
use crate::space::Space;

/// Secondary blocks already read, by address.
type SecondaryBlocks = HashMap<Address, Arc<ExtensibleArraySecondaryBlock>>;

/// An extensible array of chunk addresses.
#[derive(Debug)]
pub(crate) struct ExtensibleArray {
    at: Address,
    header: ExtensibleArrayHeader,
    index: Option<ExtensibleArrayIndexBlock>,
    secondary: Mutex<SecondaryBlocks>,
    elements: ElementCache,
}

/// A data block found for an element.
struct Found {
    at: Address,
    shape: SuperBlockShape,
    /// The secondary block that leads here and the block's number in it; `None` where the index
    /// block leads here, whose data blocks are never paged.
    parent: Option<(Arc<ExtensibleArraySecondaryBlock>, u64)>,
}

impl ExtensibleArray {
    /// Reads the header at `at` and the index block.
    pub(crate) fn load(space: &Space, at: Address) -> Result<Self> {
        let sizes = space.sizes();
        let header: ExtensibleArrayHeader = space.load(at, ExtensibleArrayHeader::size(sizes))?;
        let index = match header.index_block {
            None => None,
            Some(index_at) => {
                let len = ExtensibleArrayIndexBlock::size(&header, sizes);
                let index: ExtensibleArrayIndexBlock = space.load_in(index_at, len, &header)?;
                check_header(space, ExtensibleArrayIndexBlock::NAME, index_at, index.header, at)?;
                Some(index)
            }
        };
        let secondary = Mutex::default();
        Ok(Self { at, header, index, secondary, elements: ElementCache::default() })
    }

    /// One more than the highest index that was ever set, as the header has it.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn len(&self) -> u64 {
        self.header.statistics.max_index_set
    }

    /// Element `index`; `None` where the chunk is not stored.
    pub(crate) fn get(&self, space: &Space, index: u64) -> Result<Option<ChunkElement>> {
        let Some(root) = &self.index else { return Ok(None) };
        let Some(behind) = index.checked_sub(u64::from(self.header.index_elements)) else {
            return Ok(defined(&root.elements, index));
        };
        let Some(shape) = self.header.super_block_of(behind) else { return Ok(None) };
        let inside = behind.saturating_sub(shape.first_element);
        let block = inside.checked_div(shape.block_elements).unwrap_or(0);
        let within = inside.checked_rem(shape.block_elements).unwrap_or(0);
        let Some(found) = self.data_block(space, root, shape, block)? else { return Ok(None) };
        match self.header.pages(shape.block_elements) {
            0 => Ok(defined(&self.block_elements(space, &found)?, within)),
            _ => {
                let of_page = self.header.page_elements();
                let page = within.checked_div(of_page).unwrap_or(0);
                match self.page_elements(space, &found, page)? {
                    Some(page) => Ok(defined(&page, within.checked_rem(of_page).unwrap_or(0))),
                    None => Ok(None),
                }
            }
        }
    }

    /// Calls `visit` with every element whose chunk is stored, by ascending index.
    ///
    /// Ends after at most one step a stored address: no block is entered twice.
    pub(crate) fn for_each(&self, space: &Space, visit: VisitElement<'_>) -> Result<()> {
        let Some(root) = &self.index else { return Ok(()) };
        visit_defined(0, &root.elements, visit)?;
        let mut seen = HashSet::new();
        for shape in (0..self.header.super_blocks()).map_while(|n| self.header.super_block(n)) {
            let blocks = space.heed(self.blocks_below(space, root, shape))?;
            let Some(blocks) = blocks.flatten() else { continue };
            for block in 0..blocks {
                let Some(found) = self.data_block(space, root, shape, block)? else { continue };
                if space.heed(self.enter(space, &mut seen, found.at))?.is_none() {
                    continue;
                }
                let first = u64::from(self.header.index_elements)
                    .saturating_add(shape.first_element)
                    .saturating_add(block.saturating_mul(shape.block_elements));
                self.visit_block(space, &found, first, visit)?;
            }
        }
        Ok(())
    }

    /// Notes that a block is entered; an error where it was before.
    fn enter(&self, space: &Space, seen: &mut HashSet<Address>, at: Address) -> Result<()> {
        if seen.insert(at) {
            return Ok(());
        }
        let problem = "two addresses of the array lead here";
        Err(space.broken(ExtensibleArrayDataBlock::NAME, "Address", at, problem))
    }

    fn visit_block(
        &self,
        space: &Space,
        found: &Found,
        first: u64,
        visit: VisitElement<'_>,
    ) -> Result<()> {
        let pages = self.header.pages(found.shape.block_elements);
        if pages == 0 {
            let Some(elements) = space.heed(self.block_elements(space, found))? else {
                return Ok(());
            };
            return visit_defined(first, &elements, visit);
        }
        for page in 0..pages {
            let elements = space.heed(self.page_elements(space, found, page))?;
            if let Some(elements) = elements.flatten() {
                let before = page.saturating_mul(self.header.page_elements());
                visit_defined(first.saturating_add(before), &elements, visit)?;
            }
        }
        Ok(())
    }

    /// Data blocks of a super block; `None` where it has a secondary block that is not stored.
    fn blocks_below(
        &self,
        space: &Space,
        root: &ExtensibleArrayIndexBlock,
        shape: SuperBlockShape,
    ) -> Result<Option<u64>> {
        if shape.number < self.header.super_blocks_in_index() {
            return Ok(Some(shape.data_blocks));
        }
        Ok(self.secondary_block(space, root, shape)?.map(|block| wide(block.data_blocks.len())))
    }

    /// Data block `block` of a super block; `None` where it is not stored.
    fn data_block(
        &self,
        space: &Space,
        root: &ExtensibleArrayIndexBlock,
        shape: SuperBlockShape,
        block: u64,
    ) -> Result<Option<Found>> {
        let entry = |addresses: &[Option<Address>], n: u64| {
            usize::try_from(n).ok().and_then(|n| addresses.get(n).copied().flatten())
        };
        if shape.number < self.header.super_blocks_in_index() {
            let number = shape.first_data_block.saturating_add(block);
            let at = entry(&root.data_blocks, number);
            return Ok(at.map(|at| Found { at, shape, parent: None }));
        }
        let Some(parent) = self.secondary_block(space, root, shape)? else { return Ok(None) };
        let at = entry(&parent.data_blocks, block);
        Ok(at.map(|at| Found { at, shape, parent: Some((parent, block)) }))
    }

    /// The secondary block of a super block; `None` where it is not stored.
    fn secondary_block(
        &self,
        space: &Space,
        root: &ExtensibleArrayIndexBlock,
        shape: SuperBlockShape,
    ) -> Result<Option<Arc<ExtensibleArraySecondaryBlock>>> {
        let number = shape.number.checked_sub(self.header.super_blocks_in_index());
        let number = number.and_then(|number| usize::try_from(number).ok());
        let at = number.and_then(|n| root.secondary_blocks.get(n).copied().flatten());
        let Some(at) = at else { return Ok(None) };
        let lock = || self.secondary.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&at) {
            return Ok(Some(Arc::clone(known)));
        }
        let context = SecondaryBlockContext { array: &self.header, shape };
        let block: ExtensibleArraySecondaryBlock =
            space.load_in(at, context.size(space.sizes()), &context)?;
        check_header(space, ExtensibleArraySecondaryBlock::NAME, at, block.header, self.at)?;
        let block = Arc::new(block);
        lock().insert(at, Arc::clone(&block));
        Ok(Some(block))
    }

    fn load_data_block(&self, space: &Space, found: &Found) -> Result<ExtensibleArrayDataBlock> {
        let context =
            DataBlockContext { array: &self.header, elements: found.shape.block_elements };
        let block: ExtensibleArrayDataBlock =
            space.load_in(found.at, context.size(space.sizes()), &context)?;
        check_header(space, ExtensibleArrayDataBlock::NAME, found.at, block.header, self.at)?;
        Ok(block)
    }

    /// The elements of a data block that is not paged.
    fn block_elements(&self, space: &Space, found: &Found) -> Result<Arc<Vec<ChunkElement>>> {
        let read = || Ok(self.load_data_block(space, found)?.elements);
        self.elements.get_or_read(found.at, read)
    }

    /// Where page `page` of a paged data block is.
    fn page_at(&self, space: &Space, found: &Found, page: u64) -> Address {
        let sizes = space.sizes();
        let own = DataBlockContext { array: &self.header, elements: found.shape.block_elements };
        let before = page.saturating_mul(self.header.page_size(sizes));
        found.at.plus(own.size(sizes)).plus(before)
    }

    /// The elements of page `page` of a paged data block; `None` where it was never written.
    fn page_elements(
        &self,
        space: &Space,
        found: &Found,
        page: u64,
    ) -> Result<Option<Arc<Vec<ChunkElement>>>> {
        let Some((parent, number)) = &found.parent else {
            let name = ExtensibleArrayHeader::NAME;
            let problem = "pages smaller than the data blocks of the index block";
            return Err(space.broken(name, "Max Data Block Page Nelmts Bits", self.at, problem));
        };
        let context = SecondaryBlockContext { array: &self.header, shape: found.shape };
        if !parent.has_page(&context, *number, page) {
            return Ok(None);
        }
        let sizes = space.sizes();
        let at = self.page_at(space, found, page);
        let len = self.header.page_size(sizes);
        let read = || {
            self.load_data_block(space, found)?;
            let page: ExtensibleArrayPage = space.load_in(at, len, &self.header)?;
            Ok(page.elements)
        };
        self.elements.get_or_read(at, read).map(Some)
    }
}

/// Checks that the block at `at` names the header of its own array.
fn check_header(
    space: &Space,
    structure: &'static str,
    at: Address,
    found: Address,
    expected: Address,
) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let problem = "leads to the header of another array";
    Err(space.broken(structure, "Header Address", at, problem))
}

#[cfg(test)]
mod tests;
