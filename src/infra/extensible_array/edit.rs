//! Changes of extensible arrays.
//!
//! A data block without pages that changes goes to new space, so that one write of what leads to it
//! switches from the old elements to the new ones.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::{ExtensibleArray, Found};
use crate::codec::{Address, StructureIn};
use crate::error::{Error, Result};
use crate::format::chunk_element::{ChunkElement, ChunkElementLayout};
use crate::format::extensible_array::{
    DataBlockContext, ExtensibleArrayDataBlock, ExtensibleArrayHeader, ExtensibleArrayIndexBlock,
    ExtensibleArrayPage, ExtensibleArraySecondaryBlock, SecondaryBlockContext, Statistics,
    SuperBlockShape,
};
use crate::format::message::ExtensibleArrayParameters;
use crate::infra::chunk_array::{put_element, reserve};
use crate::space::{Extents, Purpose, Rank, Space};

/// What is to be saved.
#[derive(Debug, Default)]
struct Changes {
    header: bool,
    index: bool,
    secondary: BTreeMap<Address, SuperBlockShape>,
    elements: BTreeMap<Address, Elements>,
}

/// A block that holds elements.
#[derive(Debug, Clone, Copy)]
enum Elements {
    Block { shape: SuperBlockShape, offset: u64 },
    Page,
}

impl ExtensibleArray {
    /// Makes an array in which nothing is set; only its header exists.
    pub(crate) fn create(
        space: &Space,
        parameters: &ExtensibleArrayParameters,
        layout: ChunkElementLayout,
    ) -> Result<Self> {
        let header = ExtensibleArrayHeader {
            layout,
            max_bits: parameters.maximum_bits,
            index_elements: parameters.index_elements,
            min_block_elements: parameters.minimum_elements,
            min_block_pointers: parameters.minimum_pointers,
            page_bits: parameters.page_bits,
            statistics: Statistics::default(),
            index_block: None,
        };
        let len = ExtensibleArrayHeader::size(space.sizes());
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
            match element {
                Some(element) => self.change(space, *number, *element, &mut changes)?,
                // What was never set has no block to be noted in.
                None if self.get(space, *number)?.is_none() => {}
                None => self.change(space, *number, self.header.layout.absent(), &mut changes)?,
            }
        }
        self.save(space, &changes)
    }

    fn change(
        &mut self,
        space: &Space,
        number: u64,
        value: ChunkElement,
        changes: &mut Changes,
    ) -> Result<()> {
        if self.index.is_none() {
            self.create_index(space, changes)?;
        }
        let set = number.saturating_add(1);
        if value.address.is_some() && set > self.header.statistics.max_index_set {
            self.header.statistics.max_index_set = set;
            changes.header = true;
        }
        let misplaced = |at| {
            let problem = format!("the block has no place for element {number}");
            space.broken(ExtensibleArrayDataBlock::NAME, "Elements", at, problem)
        };
        let Some(behind) = number.checked_sub(u64::from(self.header.index_elements)) else {
            changes.index = true;
            let root = self.index.as_mut();
            return root
                .and_then(|root| put_element(&mut root.elements, number, value))
                .ok_or_else(|| misplaced(self.at));
        };
        let Some(shape) = self.header.super_block_of(behind) else {
            let what = format!("chunk {number} of an index of {} bits", self.header.max_bits);
            return Err(Error::usage(what));
        };
        let inside = behind.saturating_sub(shape.first_element);
        let block = inside.checked_div(shape.block_elements).unwrap_or(0);
        let within = inside.checked_rem(shape.block_elements).unwrap_or(0);
        let found = self.found_or_created(space, shape, block, changes)?;
        let (at, within) = if self.header.pages(shape.block_elements) == 0 {
            let at = self.fresh_block(space, &found, block, changes)?;
            let offset = self.block_offset(shape, block);
            changes.elements.insert(at, Elements::Block { shape, offset });
            (at, within)
        } else {
            let of_page = self.header.page_elements();
            let page = within.checked_div(of_page).unwrap_or(0);
            let at = self.prepare_page(space, found, page, changes)?;
            (at, within.checked_rem(of_page).unwrap_or(0))
        };
        self.elements
            .known(at)
            .and_then(|elements| put_element(elements, within, value))
            .ok_or_else(|| misplaced(at))
    }

    fn create_index(&mut self, space: &Space, changes: &mut Changes) -> Result<()> {
        let header = &mut self.header;
        let len = ExtensibleArrayIndexBlock::size(header, space.sizes());
        let addresses = |count| Ok::<_, Error>(vec![None; reserve(space, count, len)?]);
        let index = ExtensibleArrayIndexBlock {
            header: self.at,
            elements: vec![header.layout.absent(); usize::from(header.index_elements)],
            data_blocks: addresses(header.index_data_blocks())?,
            secondary_blocks: addresses(header.index_secondary_blocks())?,
        };
        header.index_block = Some(space.allocate(Purpose::Metadata, len)?);
        let elements = &mut header.statistics.elements;
        *elements = elements.saturating_add(u64::from(header.index_elements));
        self.index = Some(index);
        (changes.header, changes.index) = (true, true);
        Ok(())
    }

    /// Data block `block` of a super block, made where it is not there.
    fn found_or_created(
        &mut self,
        space: &Space,
        shape: SuperBlockShape,
        block: u64,
        changes: &mut Changes,
    ) -> Result<Found> {
        let Some(root) = &self.index else { return Err(self.no_place(space)) };
        if let Some(found) = self.data_block(space, root, shape, block)? {
            return Ok(found);
        }
        let is_direct = shape.number < self.header.super_blocks_in_index();
        if !is_direct && self.secondary_block(space, root, shape)?.is_none() {
            self.create_secondary(space, shape, changes)?;
        }
        let at = self.create_block(space, shape, block, changes)?;
        self.point(space, shape, block, at, changes)?;
        let Some(root) = &self.index else { return Err(self.no_place(space)) };
        self.data_block(space, root, shape, block)?.ok_or_else(|| self.no_place(space))
    }

    /// Has the elements of a data block without pages in memory, to be changed, and the block where
    /// nothing committed refers to it; gives its place.
    fn fresh_block(
        &mut self,
        space: &Space,
        found: &Found,
        block: u64,
        changes: &mut Changes,
    ) -> Result<Address> {
        self.block_elements(space, found)?;
        let elements = found.shape.block_elements;
        let len = DataBlockContext { array: &self.header, elements }.size(space.sizes());
        // Where readers come in between, and keep what they found, the old block could not be used
        // again; each element of the one that is written over is right before and after.
        let at = match space.is_watched() {
            true => found.at,
            false => space.shadow(Purpose::Metadata, found.at, len)?,
        };
        if at != found.at {
            self.elements.relocate(found.at, at);
            self.point(space, found.shape, block, at, changes)?;
        }
        Ok(at)
    }

    /// Lets the array lead to data block `block` of a super block, which is at `at`.
    fn point(
        &mut self,
        space: &Space,
        shape: SuperBlockShape,
        block: u64,
        at: Address,
        changes: &mut Changes,
    ) -> Result<()> {
        let is_direct = shape.number < self.header.super_blocks_in_index();
        let (place, number) = if is_direct {
            changes.index = true;
            let blocks = self.index.as_mut().map(|root| &mut root.data_blocks);
            (blocks, shape.first_data_block.saturating_add(block))
        } else {
            let parent = self.secondary_at(shape);
            if let Some(parent) = parent {
                changes.secondary.insert(parent, shape);
            }
            let known = parent.and_then(|parent| secondary(&mut self.secondary, parent));
            (known.map(|parent| &mut parent.data_blocks), block)
        };
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        match place.and_then(|blocks| blocks.get_mut(number)) {
            Some(place) => *place = Some(at),
            None => return Err(self.no_place(space)),
        }
        Ok(())
    }

    /// The address of a super block's secondary block.
    fn secondary_at(&self, shape: SuperBlockShape) -> Option<Address> {
        let number = shape.number.checked_sub(self.header.super_blocks_in_index())?;
        let blocks = &self.index.as_ref()?.secondary_blocks;
        blocks.get(usize::try_from(number).ok()?).copied().flatten()
    }

    fn create_secondary(
        &mut self,
        space: &Space,
        shape: SuperBlockShape,
        changes: &mut Changes,
    ) -> Result<()> {
        let context = SecondaryBlockContext { array: &self.header, shape };
        let len = context.size(space.sizes());
        let block = ExtensibleArraySecondaryBlock {
            header: self.at,
            offset: shape.first_element,
            page_bitmap: vec![0; reserve(space, context.bitmap_size(), len)?],
            data_blocks: vec![None; reserve(space, shape.data_blocks, len)?],
        };
        let at = space.allocate(Purpose::Metadata, len)?;
        let number = shape.number.saturating_sub(self.header.super_blocks_in_index());
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let root = self.index.as_mut();
        match root.and_then(|root| root.secondary_blocks.get_mut(number)) {
            Some(place) => *place = Some(at),
            None => return Err(self.no_place(space)),
        }
        let known = self.secondary.get_mut().unwrap_or_else(PoisonError::into_inner);
        known.insert(at, Arc::new(block));
        let counted = &mut self.header.statistics;
        counted.secondary_blocks = counted.secondary_blocks.saturating_add(1);
        counted.secondary_block_size = counted.secondary_block_size.saturating_add(len);
        (changes.header, changes.index) = (true, true);
        changes.secondary.insert(at, shape);
        Ok(())
    }

    /// Makes a data block. Of one in pages, no page is written yet.
    fn create_block(
        &mut self,
        space: &Space,
        shape: SuperBlockShape,
        block: u64,
        changes: &mut Changes,
    ) -> Result<Address> {
        let sizes = space.sizes();
        let context = DataBlockContext { array: &self.header, elements: shape.block_elements };
        let (own, len) = (context.size(sizes), context.size_with_pages(sizes));
        let paged = self.header.pages(shape.block_elements) > 0;
        let count = if paged { 0 } else { shape.block_elements };
        let elements = vec![self.header.layout.absent(); reserve(space, count, own)?];
        let at = space.allocate(Purpose::Metadata, len)?;
        self.elements.put(at, elements);
        let offset = self.block_offset(shape, block);
        changes.elements.insert(at, Elements::Block { shape, offset });
        changes.header = true;
        let counted = &mut self.header.statistics;
        counted.data_blocks = counted.data_blocks.saturating_add(1);
        counted.data_block_size = counted.data_block_size.saturating_add(len);
        counted.elements = counted.elements.saturating_add(shape.block_elements);
        Ok(at)
    }

    /// "Block Offset" as libhdf5 reckons it: below the index block, blocks count over all super
    /// blocks, so that it is not quite the index of the first element.
    fn block_offset(&self, shape: SuperBlockShape, block: u64) -> u64 {
        let is_direct = shape.number < self.header.super_blocks_in_index();
        let before = if is_direct { shape.first_data_block } else { 0 };
        let blocks = before.saturating_add(block);
        shape.first_element.saturating_add(blocks.saturating_mul(shape.block_elements))
    }

    /// Has the elements of a page in memory, to be changed; those of a new page are absent.
    fn prepare_page(
        &mut self,
        space: &Space,
        found: Found,
        page: u64,
        changes: &mut Changes,
    ) -> Result<Address> {
        let at = self.page_at(space, &found, page);
        changes.elements.insert(at, Elements::Page);
        if self.page_elements(space, &found, page)?.is_some() {
            return Ok(at);
        }
        let (count, len) = (self.header.page_elements(), self.header.page_size(space.sizes()));
        let elements = vec![self.header.layout.absent(); reserve(space, count, len)?];
        self.elements.put(at, elements);
        let Found { shape, parent, .. } = found;
        // The parent that was found must be let go of, or its copy would be changed.
        let number = parent.map(|(_, number)| number);
        let parent_at = self.secondary_at(shape);
        let context = SecondaryBlockContext { array: &self.header, shape };
        let known = parent_at.and_then(|parent| secondary(&mut self.secondary, parent));
        match (known, number, parent_at) {
            (Some(parent), Some(number), Some(parent_at)) => {
                parent.set_page(&context, number, page);
                changes.secondary.insert(parent_at, shape);
                Ok(at)
            }
            _ => Err(self.no_place(space)),
        }
    }

    #[cold]
    fn no_place(&self, space: &Space) -> Error {
        let problem = "the array has no place for a block it should have";
        space.broken(ExtensibleArrayHeader::NAME, "Max Nelmts Bits", self.at, problem)
    }

    fn save(&mut self, space: &Space, changes: &Changes) -> Result<()> {
        let sizes = space.sizes();
        for (at, kind) in &changes.elements {
            self.save_elements(space, *at, *kind)?;
        }
        for (at, shape) in &changes.secondary {
            let context = SecondaryBlockContext { array: &self.header, shape: *shape };
            if let Some(block) = secondary(&mut self.secondary, *at) {
                let len = context.size(sizes);
                // A page may be told of only when it is there.
                space.save_in(Rank::Index, *at, block, &context, len)?;
            }
        }
        if let Some((root, at)) = self.index.as_ref().zip(self.header.index_block)
            && changes.index
        {
            let len = ExtensibleArrayIndexBlock::size(&self.header, sizes);
            space.save_in(Rank::Index, at, root, &self.header, len)?;
        }
        if changes.header {
            let len = ExtensibleArrayHeader::size(sizes);
            space.save(Rank::Index, self.at, &self.header, len)?;
        }
        Ok(())
    }

    fn save_elements(&mut self, space: &Space, at: Address, kind: Elements) -> Result<()> {
        let sizes = space.sizes();
        let elements = self.elements.known(at).cloned().unwrap_or_default();
        match kind {
            Elements::Block { shape, offset } => {
                let context =
                    DataBlockContext { array: &self.header, elements: shape.block_elements };
                let block = ExtensibleArrayDataBlock { header: self.at, offset, elements };
                space.save_in(Rank::IndexNode, at, &block, &context, context.size(sizes))
            }
            Elements::Page => {
                let page = ExtensibleArrayPage { elements };
                let len = self.header.page_size(sizes);
                space.save_in(Rank::IndexNode, at, &page, &self.header, len)
            }
        }
    }

    /// Adds all blocks to `extents`.
    pub(crate) fn extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        let sizes = space.sizes();
        extents.metadata(self.at, ExtensibleArrayHeader::size(sizes));
        if let Some((root, root_at)) = self.index.as_ref().zip(self.header.index_block) {
            let mut seen = HashSet::new();
            let shapes = (0..self.header.super_blocks()).map_while(|n| self.header.super_block(n));
            for shape in shapes {
                let Some(blocks) = self.blocks_below(space, root, shape)? else { continue };
                for block in 0..blocks {
                    let Some(found) = self.data_block(space, root, shape, block)? else { continue };
                    self.enter(space, &mut seen, found.at)?;
                    let context =
                        DataBlockContext { array: &self.header, elements: shape.block_elements };
                    extents.metadata(found.at, context.size_with_pages(sizes));
                }
                if let Some(at) = self.secondary_at(shape)
                    && shape.number >= self.header.super_blocks_in_index()
                {
                    self.enter(space, &mut seen, at)?;
                    let context = SecondaryBlockContext { array: &self.header, shape };
                    extents.metadata(at, context.size(sizes));
                }
            }
            extents.metadata(root_at, ExtensibleArrayIndexBlock::size(&self.header, sizes));
        }
        Ok(())
    }
}

/// The secondary block at `at`, which was read already, to be changed.
fn secondary(
    known: &mut Mutex<super::SecondaryBlocks>,
    at: Address,
) -> Option<&mut ExtensibleArraySecondaryBlock> {
    let known = known.get_mut().unwrap_or_else(PoisonError::into_inner);
    known.get_mut(&at).map(Arc::make_mut)
}
