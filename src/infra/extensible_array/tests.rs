//! Tests of extensible arrays.

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

impl ExtensibleArray {
    /// Checks what the header counts against the blocks there are.
    pub(crate) fn check_statistics(&self, space: &Space) {
        let sizes = space.sizes();
        let mut counted = Statistics::default();
        if let Some(root) = &self.index {
            counted.elements = self.header.index_elements.into();
            let shapes = (0..self.header.super_blocks()).filter_map(|n| self.header.super_block(n));
            for shape in shapes {
                let secondary = self.secondary_block(space, root, shape).unwrap();
                if secondary.is_some() {
                    let context = SecondaryBlockContext { array: &self.header, shape };
                    counted.secondary_blocks += 1;
                    counted.secondary_block_size += context.size(sizes);
                }
                for block in 0..shape.data_blocks {
                    if self.data_block(space, root, shape, block).unwrap().is_some() {
                        let elements = shape.block_elements;
                        let context = DataBlockContext { array: &self.header, elements };
                        counted.data_blocks += 1;
                        counted.data_block_size += context.size_with_pages(sizes);
                        counted.elements += elements;
                    }
                }
            }
        }
        counted.max_index_set = self.header.statistics.max_index_set;
        assert_eq!(self.header.statistics, counted);
        self.for_each(space, &mut |number, _| {
            assert!(number < counted.max_index_set);
            Ok(())
        })
        .unwrap();
    }
}
