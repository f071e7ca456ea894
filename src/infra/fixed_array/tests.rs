//! Tests of fixed arrays.

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
