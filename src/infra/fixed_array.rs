//! Fixed arrays: look-up and iteration.
//!
//! See `spec-notes/layout-and-chunks.md`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::{Address, StructureIn};
use crate::error::Result;
use crate::format::chunk_element::ChunkElement;
use crate::format::fixed_array::{
    FixedArrayContent, FixedArrayDataBlock, FixedArrayHeader, FixedArrayPage, PageContext,
};
use crate::space::Space;

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
                if !bit(bitmap, page) {
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
                for page in (0..self.header.pages()).filter(|page| bit(bitmap, *page)) {
                    let first = page.saturating_mul(self.header.page_elements());
                    visit_defined(first, &self.page(space, block.at, page)?, visit)?;
                }
                Ok(())
            }
        }
    }

    fn page(&self, space: &Space, block: Address, page: u64) -> Result<Arc<[ChunkElement]>> {
        let sizes = space.sizes();
        let full = self.header.page_size(self.header.page_elements(), sizes);
        let before = self.header.data_block_size(sizes).saturating_add(page.saturating_mul(full));
        let at = block.plus(before);
        self.pages.get_or_read(at, || {
            let elements = self.header.elements_in_page(page);
            let context = PageContext { layout: self.header.layout, elements };
            let len = self.header.page_size(elements, sizes);
            let page: FixedArrayPage = space.load_in(at, len, &context)?;
            Ok(page.elements)
        })
    }
}

/// Blocks of elements already read, by address.
#[derive(Debug, Default)]
pub(super) struct ElementCache(Mutex<HashMap<Address, Arc<[ChunkElement]>>>);

impl ElementCache {
    /// The elements at `at`, read with `read` where they have not been read yet.
    pub(super) fn get_or_read(
        &self,
        at: Address,
        read: impl FnOnce() -> Result<Vec<ChunkElement>>,
    ) -> Result<Arc<[ChunkElement]>> {
        // A panic of another thread leaves the map whole: entries go in complete.
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&at).cloned();
        if let Some(elements) = known {
            return Ok(elements);
        }
        let elements: Arc<[ChunkElement]> = read()?.into();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(at, Arc::clone(&elements));
        Ok(elements)
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

/// Bit `n` of `bitmap`, from the most significant of the first byte on.
fn bit(bitmap: &[u8], n: u64) -> bool {
    let byte = usize::try_from(n / 8).ok().and_then(|byte| bitmap.get(byte));
    byte.is_some_and(|byte| byte.rotate_left(u32::try_from(n % 8).unwrap_or(0)) & 0x80 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Sizes;
    use crate::format::chunk_element::ChunkElementLayout;
    use crate::io::Memory;
    use crate::limits::Limits;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

    fn element(index: u64) -> ChunkElement {
        let address = index.is_multiple_of(2).then_some(Address(index));
        ChunkElement { address, filtered: None }
    }

    /// An array of 10 elements in pages of 4, of which the second was never written.
    fn paged() -> Space {
        let header = FixedArrayHeader {
            layout: ChunkElementLayout::Plain,
            page_bits: 2,
            elements: 10,
            data_block: Some(Address(64)),
        };
        let block = FixedArrayDataBlock {
            header: Address(0),
            content: FixedArrayContent::Pages(vec![0b1010_0000]),
        };
        let mut bytes = header.to_bytes_in(SIZES, &()).unwrap();
        bytes.resize(64, 0);
        bytes.extend(block.to_bytes_in(SIZES, &header).unwrap());
        for page in 0..3 {
            let elements = header.elements_in_page(page);
            let context = PageContext { layout: header.layout, elements };
            let elements = (page * 4..page * 4 + elements).map(element).collect();
            let page = FixedArrayPage { elements }.to_bytes_in(SIZES, &context).unwrap();
            bytes.extend(page);
        }
        Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap()
    }

    #[test]
    fn pages_never_written_hold_nothing() {
        let space = paged();
        let array = FixedArray::load(&space, Address(0)).unwrap();
        let mut found = Vec::new();
        array
            .for_each(&space, &mut |index, element| {
                found.push((index, element));
                Ok(())
            })
            .unwrap();
        assert_eq!(found, [0, 2, 8].map(|index| (index, element(index))));
        for index in 0..12 {
            let expected = [0, 2, 8].contains(&index).then(|| element(index));
            assert_eq!(array.get(&space, index).unwrap(), expected);
        }
    }
}
