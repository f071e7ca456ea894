//! Fixed arrays of chunk addresses.
//!
//! See `spec-notes/layout-and-chunks.md`.

mod edit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::{Address, StructureIn};
use crate::error::Result;
use crate::format::chunk_element::ChunkElement;
use crate::format::fixed_array::{
    FixedArrayContent, FixedArrayDataBlock, FixedArrayHeader, FixedArrayPage, PageContext,
};
use crate::format::page_bitmap;
use crate::space::Space;

pub(crate) use edit::FixedArrayParameters;

/// What is done with each element: index and value.
pub(crate) type VisitElement<'a> = &'a mut dyn FnMut(u64, ChunkElement) -> Result<()>;

/// A fixed array of chunk addresses.
#[derive(Debug)]
pub(crate) struct FixedArray {
    at: Address,
    header: FixedArrayHeader,
    block: Option<DataBlock>,
    pages: ElementCache,
}

/// The data block, which the header leads to.
#[derive(Debug)]
struct DataBlock {
    at: Address,
    content: FixedArrayContent,
}

impl FixedArray {
    /// Reads the header at `at`, and the data block or its table of pages.
    pub(crate) fn load(space: &Space, at: Address) -> Result<Self> {
        let header: FixedArrayHeader = space.load(at, FixedArrayHeader::size(space.sizes()))?;
        let block = match header.data_block {
            Some(block_at) => Some(Self::load_block(space, at, &header, block_at)?),
            None => None,
        };
        Ok(Self { at, header, block, pages: ElementCache::default() })
    }

    fn load_block(
        space: &Space,
        at: Address,
        header: &FixedArrayHeader,
        block_at: Address,
    ) -> Result<DataBlock> {
        let len = header.data_block_size(space.sizes());
        let block: FixedArrayDataBlock = space.load_in(block_at, len, header)?;
        if block.header != at {
            let problem = "leads to the header of another array";
            let name = FixedArrayDataBlock::NAME;
            return Err(space.broken(name, "Header Address", block_at, problem));
        }
        Ok(DataBlock { at: block_at, content: block.content })
    }

    /// Elements of the array.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn len(&self) -> u64 {
        self.header.elements
    }

    /// Element `index`; `None` where the chunk is not stored.
    pub(crate) fn get(&self, space: &Space, index: u64) -> Result<Option<ChunkElement>> {
        let Some(block) = self.block.as_ref().filter(|_| index < self.header.elements) else {
            return Ok(None);
        };
        match &block.content {
            FixedArrayContent::Elements(elements) => Ok(defined(elements, index)),
            FixedArrayContent::Pages(bitmap) => {
                let of_page = self.header.page_elements();
                let page = index.checked_div(of_page).unwrap_or(0);
                if !page_bitmap::is_set(bitmap, page) {
                    return Ok(None);
                }
                let elements = self.page(space, block.at, page)?;
                Ok(defined(&elements, index.checked_rem(of_page).unwrap_or(0)))
            }
        }
    }

    /// Calls `visit` with every element whose chunk is stored, by ascending index.
    pub(crate) fn for_each(&self, space: &Space, visit: VisitElement<'_>) -> Result<()> {
        let Some(block) = &self.block else { return Ok(()) };
        match &block.content {
            FixedArrayContent::Elements(elements) => visit_defined(0, elements, visit),
            FixedArrayContent::Pages(bitmap) => {
                for page in
                    (0..self.header.pages()).filter(|page| page_bitmap::is_set(bitmap, *page))
                {
                    let first = page.saturating_mul(self.header.page_elements());
                    let elements = self.page_once(space, block.at, page);
                    let Some(elements) = space.heed(elements)? else { continue };
                    visit_defined(first, &elements, visit)?;
                }
                Ok(())
            }
        }
    }

    /// Where page `page` of the data block at `block` is.
    fn page_at(&self, space: &Space, block: Address, page: u64) -> Address {
        let sizes = space.sizes();
        let full = self.header.page_size(self.header.page_elements(), sizes);
        block.plus(self.header.data_block_size(sizes).saturating_add(page.saturating_mul(full)))
    }

    fn page(&self, space: &Space, block: Address, page: u64) -> Result<Arc<Vec<ChunkElement>>> {
        let at = self.page_at(space, block, page);
        self.pages.get_or_read(at, || self.load_page(space, at, page))
    }

    /// As [`page`](Self::page), for who looks through all of them and comes back to none.
    fn page_once(
        &self,
        space: &Space,
        block: Address,
        page: u64,
    ) -> Result<Arc<Vec<ChunkElement>>> {
        let at = self.page_at(space, block, page);
        self.pages.get(at).map_or_else(|| Ok(Arc::new(self.load_page(space, at, page)?)), Ok)
    }

    fn load_page(&self, space: &Space, at: Address, page: u64) -> Result<Vec<ChunkElement>> {
        let elements = self.header.elements_in_page(page);
        let context = PageContext { layout: self.header.layout, elements };
        let len = self.header.page_size(elements, space.sizes());
        let page: FixedArrayPage = space.load_in(at, len, &context)?;
        Ok(page.elements)
    }
}

/// Blocks of elements already read, by address.
#[derive(Debug, Default)]
pub(super) struct ElementCache(Mutex<HashMap<Address, Arc<Vec<ChunkElement>>>>);

impl ElementCache {
    /// The elements at `at`, read with `read` where they have not been read yet.
    pub(super) fn get_or_read(
        &self,
        at: Address,
        read: impl FnOnce() -> Result<Vec<ChunkElement>>,
    ) -> Result<Arc<Vec<ChunkElement>>> {
        if let Some(elements) = self.get(at) {
            return Ok(elements);
        }
        let elements = Arc::new(read()?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(at, Arc::clone(&elements));
        Ok(elements)
    }

    /// The elements at `at`, where they have been read.
    fn get(&self, at: Address) -> Option<Arc<Vec<ChunkElement>>> {
        // A panic of another thread leaves the map whole: entries go in complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&at).cloned()
    }

    /// Takes the elements of a new block.
    pub(super) fn put(&mut self, at: Address, elements: Vec<ChunkElement>) {
        self.map().insert(at, Arc::new(elements));
    }

    /// The block at `from` lies at `to` now.
    pub(super) fn relocate(&mut self, from: Address, to: Address) {
        if let Some(elements) = self.map().remove(&from) {
            self.map().insert(to, elements);
        }
    }

    /// The elements at `at`, which were read already, to be changed.
    pub(super) fn known(&mut self, at: Address) -> Option<&mut Vec<ChunkElement>> {
        self.map().get_mut(&at).map(Arc::make_mut)
    }

    fn map(&mut self) -> &mut HashMap<Address, Arc<Vec<ChunkElement>>> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Element `index` of `elements`, where its chunk is stored.
pub(super) fn defined(elements: &[ChunkElement], index: u64) -> Option<ChunkElement> {
    let index = usize::try_from(index).ok()?;
    elements.get(index).copied().filter(|element| element.address.is_some())
}

/// Calls `visit` with those of `elements` whose chunk is stored, the first of which has index
/// `first`.
pub(super) fn visit_defined(
    first: u64,
    elements: &[ChunkElement],
    visit: VisitElement<'_>,
) -> Result<()> {
    for (index, element) in (first..).zip(elements) {
        if element.address.is_some() {
            visit(index, *element)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
