//! Extensible arrays: look-up and iteration.
//!
//! See `spec-notes/layout-and-chunks.md`.

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

/// An extensible array of chunk addresses.
#[derive(Debug)]
pub(crate) struct ExtensibleArray {
    at: Address,
    header: ExtensibleArrayHeader,
    index: Option<ExtensibleArrayIndexBlock>,
    secondary: Mutex<HashMap<Address, Arc<ExtensibleArraySecondaryBlock>>>,
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
            let Some(blocks) = self.blocks_below(space, root, shape)? else { continue };
            for block in 0..blocks {
                let Some(found) = self.data_block(space, root, shape, block)? else { continue };
                if !seen.insert(found.at) {
                    let name = ExtensibleArrayDataBlock::NAME;
                    let problem = "two addresses of the array lead here";
                    return Err(space.broken(name, "Address", found.at, problem));
                }
                let first = u64::from(self.header.index_elements)
                    .saturating_add(shape.first_element)
                    .saturating_add(block.saturating_mul(shape.block_elements));
                self.visit_block(space, &found, first, visit)?;
            }
        }
        Ok(())
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
            return visit_defined(first, &self.block_elements(space, found)?, visit);
        }
        for page in 0..pages {
            if let Some(elements) = self.page_elements(space, found, page)? {
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
    fn block_elements(&self, space: &Space, found: &Found) -> Result<Arc<[ChunkElement]>> {
        let read = || Ok(self.load_data_block(space, found)?.elements);
        self.elements.get_or_read(found.at, read)
    }

    /// The elements of page `page` of a paged data block; `None` where it was never written.
    fn page_elements(
        &self,
        space: &Space,
        found: &Found,
        page: u64,
    ) -> Result<Option<Arc<[ChunkElement]>>> {
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
        let own = DataBlockContext { array: &self.header, elements: found.shape.block_elements };
        let len = self.header.page_size(sizes);
        let at = found.at.plus(own.size(sizes)).plus(page.saturating_mul(len));
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
mod tests {
    use super::*;
    use crate::codec::Sizes;
    use crate::format::chunk_element::ChunkElementLayout;
    use crate::format::extensible_array::Statistics;
    use crate::io::Memory;
    use crate::limits::Limits;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };
    const BLOCKS: [u64; 4] = [128, 512, 768, 1024];

    fn header() -> ExtensibleArrayHeader {
        ExtensibleArrayHeader {
            layout: ChunkElementLayout::Plain,
            max_bits: 16,
            index_elements: 2,
            min_block_elements: 2,
            min_block_pointers: 2,
            page_bits: 2,
            statistics: Statistics::default(),
            index_block: Some(Address(BLOCKS[0])),
        }
    }

    fn elements(first: u64, count: u64) -> Vec<ChunkElement> {
        let element = |index| ChunkElement { address: Some(Address(index)), filtered: None };
        (first..first + count).map(element).collect()
    }

    /// An array with elements in the index block (0, 1), in a data block of the index block (2,
    /// 3), and in the second page of the second data block of super block 4 (44 to 47).
    fn array(second_block: Address) -> Space {
        let array = header();
        let shape = array.super_block(4).unwrap();
        assert_eq!((shape.data_blocks, shape.block_elements), (4, 8));
        let mut index = ExtensibleArrayIndexBlock {
            header: Address(0),
            elements: elements(0, 2),
            data_blocks: vec![None; 2],
            secondary_blocks: vec![None; usize::try_from(array.index_secondary_blocks()).unwrap()],
        };
        index.data_blocks[0] = Some(Address(BLOCKS[1]));
        index.secondary_blocks[2] = Some(Address(BLOCKS[2]));
        let in_index = DataBlockContext { array: &array, elements: 2 };
        let small =
            ExtensibleArrayDataBlock { header: Address(0), offset: 0, elements: elements(2, 2) };
        let in_secondary = SecondaryBlockContext { array: &array, shape };
        let secondary = ExtensibleArraySecondaryBlock {
            header: Address(0),
            offset: 0,
            page_bitmap: vec![0b0001_0000, 0, 0, 0],
            data_blocks: vec![None, Some(second_block), None, None],
        };
        let paged = DataBlockContext { array: &array, elements: 8 };
        let large = ExtensibleArrayDataBlock { header: Address(0), offset: 0, elements: vec![] };
        let page = ExtensibleArrayPage { elements: elements(44, 4) };
        let mut bytes = vec![0; 2048];
        let mut put = |at: u64, part: Vec<u8>| {
            bytes[usize::try_from(at).unwrap()..][..part.len()].copy_from_slice(&part);
        };
        put(0, array.to_bytes_in(SIZES, &()).unwrap());
        put(BLOCKS[0], index.to_bytes_in(SIZES, &array).unwrap());
        put(BLOCKS[1], small.to_bytes_in(SIZES, &in_index).unwrap());
        put(BLOCKS[2], secondary.to_bytes_in(SIZES, &in_secondary).unwrap());
        put(BLOCKS[3], large.to_bytes_in(SIZES, &paged).unwrap());
        let second_page = BLOCKS[3] + paged.size(SIZES) + array.page_size(SIZES);
        put(second_page, page.to_bytes_in(SIZES, &array).unwrap());
        Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap()
    }

    #[test]
    fn elements_are_found_wherever_they_are() {
        let space = array(Address(BLOCKS[3]));
        let array = ExtensibleArray::load(&space, Address(0)).unwrap();
        let stored = [0, 1, 2, 3, 44, 45, 46, 47];
        let mut found = Vec::new();
        array
            .for_each(&space, &mut |index, element| {
                assert_eq!(element.address, Some(Address(index)));
                found.push(index);
                Ok(())
            })
            .unwrap();
        assert_eq!(found, stored);
        for index in (0..100).chain([65_000, u64::MAX]) {
            let element = array.get(&space, index).unwrap();
            let expected = stored.contains(&index).then_some(Address(index));
            assert_eq!(element.and_then(|element| element.address), expected, "{index}");
        }
    }

    #[test]
    fn blocks_that_two_addresses_lead_to_are_refused() {
        let space = array(Address(BLOCKS[1]));
        let array = ExtensibleArray::load(&space, Address(0)).unwrap();
        assert!(array.for_each(&space, &mut |_, _| Ok(())).is_err());
    }
}
