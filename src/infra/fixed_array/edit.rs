//! Changes of fixed arrays.

use std::collections::BTreeSet;

use super::{DataBlock, FixedArray};
use crate::codec::{Address, StructureIn, wide};
use crate::error::{Error, Result};
use crate::format::chunk_element::{ChunkElement, ChunkElementLayout};
use crate::format::fixed_array::{
    FixedArrayContent, FixedArrayDataBlock, FixedArrayHeader, FixedArrayPage, PageContext,
};
use crate::format::page_bitmap;
use crate::infra::chunk_array::{put_element, reserve};
use crate::space::{Extents, Purpose, Rank, Space};

/// What fixes the shape of a new fixed array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FixedArrayParameters {
    /// Elements of the array, at least one.
    pub(crate) elements: u64,
    /// A data block of more than 2 to the power of this elements is cut into pages of so many.
    pub(crate) page_bits: u8,
}

/// What is to be saved.
#[derive(Debug, Default)]
struct Changes {
    header: bool,
    block: bool,
    pages: BTreeSet<u64>,
}

impl FixedArray {
    /// Makes an array in which nothing is set; only its header exists.
    pub(crate) fn create(
        space: &Space,
        parameters: &FixedArrayParameters,
        layout: ChunkElementLayout,
    ) -> Result<Self> {
        let header = FixedArrayHeader {
            layout,
            page_bits: parameters.page_bits,
            elements: parameters.elements,
            data_block: None,
        };
        let len = FixedArrayHeader::size(space.sizes());
        let at = space.allocate(Purpose::Metadata, len)?;
        space.save(Rank::Index, at, &header, len)?;
        // What no reader would take is an error now.
        Self::load(space, at)
    }

    /// Where the header is.
    pub(crate) fn at(&self) -> Address {
        self.at
    }

    /// How elements are laid out.
    pub(crate) fn layout(&self) -> ChunkElementLayout {
        self.header.layout
    }

    /// Sets elements; `None` where the chunk is not stored any more. Each block that changes is
    /// saved once.
    ///
    /// After an error the array may hold what the space does not.
    pub(crate) fn set_all(
        &mut self,
        space: &Space,
        elements: &[(u64, Option<ChunkElement>)],
    ) -> Result<()> {
        let mut changes = Changes::default();
        for (number, element) in elements {
            self.change(space, *number, *element, &mut changes)?;
        }
        self.save(space, &changes)
    }

    fn change(
        &mut self,
        space: &Space,
        number: u64,
        element: Option<ChunkElement>,
        changes: &mut Changes,
    ) -> Result<()> {
        if number >= self.header.elements {
            let what = format!("chunk {number} of an index of {}", self.header.elements);
            return Err(Error::usage(what));
        }
        let layout = self.header.layout;
        let block = match &mut self.block {
            Some(block) => block,
            None if element.is_none() => return Ok(()),
            none => {
                (changes.header, changes.block) = (true, true);
                let block = Self::create_block(space, &mut self.header)?;
                none.insert(block)
            }
        };
        let at = block.at;
        let value = element.unwrap_or_else(|| layout.absent());
        let bitmap = match &mut block.content {
            FixedArrayContent::Elements(elements) => {
                changes.block = true;
                return put_element(elements, number, value)
                    .ok_or_else(|| misplaced(space, at, number));
            }
            FixedArrayContent::Pages(bitmap) => bitmap,
        };
        let of_page = self.header.page_elements();
        let page = number.checked_div(of_page).unwrap_or(0);
        let is_new = !page_bitmap::is_set(bitmap, page);
        if is_new {
            if element.is_none() {
                return Ok(());
            }
            page_bitmap::set(bitmap, page);
            changes.block = true;
        }
        let page_at = self.page_at(space, at, page);
        if is_new {
            let count = self.header.elements_in_page(page);
            let len = self.header.page_size(count, space.sizes());
            self.pages.put(page_at, vec![layout.absent(); reserve(space, count, len)?]);
        } else {
            self.page(space, at, page)?;
        }
        changes.pages.insert(page);
        let within = number.checked_rem(of_page).unwrap_or(0);
        let elements = self.pages.known(page_at);
        elements
            .and_then(|elements| put_element(elements, within, value))
            .ok_or_else(|| misplaced(space, page_at, number))
    }

    /// Finds space for the data block and its pages; no page is written yet.
    fn create_block(space: &Space, header: &mut FixedArrayHeader) -> Result<DataBlock> {
        let sizes = space.sizes();
        let len = header.data_block_size(sizes);
        let content = if header.is_paged() {
            let bytes = reserve(space, header.pages().div_ceil(8), len)?;
            FixedArrayContent::Pages(vec![0; bytes])
        } else {
            let count = reserve(space, header.elements, len)?;
            FixedArrayContent::Elements(vec![header.layout.absent(); count])
        };
        let at = space.allocate(Purpose::Metadata, header.data_block_size_with_pages(sizes))?;
        header.data_block = Some(at);
        Ok(DataBlock { at, content })
    }

    fn save(&self, space: &Space, changes: &Changes) -> Result<()> {
        let sizes = space.sizes();
        if let Some(block) = &self.block {
            for page in &changes.pages {
                self.save_page(space, block.at, *page)?;
            }
            if changes.block {
                // The bitmap may be seen only when the pages it tells of are there.
                let rank = if self.header.is_paged() { Rank::Index } else { Rank::IndexNode };
                let len = self.header.data_block_size(sizes);
                let content = block.content.clone();
                let stored = FixedArrayDataBlock { header: self.at, content };
                space.save_in(rank, block.at, &stored, &self.header, len)?;
            }
        }
        if changes.header {
            space.save(Rank::Index, self.at, &self.header, FixedArrayHeader::size(sizes))?;
        }
        Ok(())
    }

    fn save_page(&self, space: &Space, block: Address, page: u64) -> Result<()> {
        let elements = self.page(space, block, page)?.to_vec();
        let context = PageContext { layout: self.header.layout, elements: wide(elements.len()) };
        let len = self.header.page_size(context.elements, space.sizes());
        let at = self.page_at(space, block, page);
        space.save_in(Rank::IndexNode, at, &FixedArrayPage { elements }, &context, len)
    }

    /// Adds all blocks to `extents`.
    pub(crate) fn extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        let sizes = space.sizes();
        extents.metadata(self.at, FixedArrayHeader::size(sizes));
        if let Some(block) = &self.block {
            extents.metadata(block.at, self.header.data_block_size_with_pages(sizes));
        }
        Ok(())
    }
}

/// A block that does not hold the element it must hold.
#[cold]
fn misplaced(space: &Space, at: Address, number: u64) -> Error {
    let problem = format!("the block has no place for element {number}");
    space.broken(FixedArrayDataBlock::NAME, "Elements", at, problem)
}
