//! Targets of B-trees and chunk arrays.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::{Input, check, check_part, decode_part, limits, told};
use crate::codec::{Address, Decoder};
use crate::format::btree1::{ChunkNode, ChunkNumbers, GroupNode, NodeShape};
use crate::format::btree2::*;
use crate::format::chunk_element::{ChunkElement, ChunkElementLayout};
use crate::format::extensible_array::*;
use crate::format::fixed_array::{
    FixedArrayDataBlock, FixedArrayHeader, FixedArrayPage, PageContext,
};
use crate::format::local_heap::{FreeBlock, LocalHeap as LocalHeapHeader};
use crate::format::symbol_table::{SymbolTableEntry, SymbolTableNode};
use crate::infra::btree1::{self, GroupK};
use crate::infra::btree2::BTree2;
use crate::infra::chunk_array::ChunkArray;
use crate::infra::extensible_array::ExtensibleArray;
use crate::infra::fixed_array::FixedArray;
use crate::infra::local_heap::{LocalHeap, StringsPlace};
use crate::space::Space;

/// So many of what a walk found are looked up.
const SOUGHT: usize = 16;

/// Which entry, widths, K of leaves, K of inner nodes, rank (1 byte each), address of the tree, of
/// the local heap (2 each), bytes.
pub fn btree1(input: &[u8]) {
    let mut input = Input::new(input);
    let (which, sizes) = (input.byte(), input.sizes());
    let (leaf, internal) = (u16::from(input.byte()), u16::from(input.byte()));
    let rank = usize::from(input.byte() % 33);
    let (tree, heap) = (input.address(), input.address());
    let bytes = input.rest();
    let shape = NodeShape { k: internal, rank };
    match which % 9 {
        0 => group_tree(&input.space(sizes), tree, heap, GroupK { leaf, internal }),
        1 => chunk_tree(&input.space(sizes), tree, rank, internal),
        2 => local_heap(&input.space(sizes), heap),
        3 => check::<_, GroupNode>(bytes, sizes, &shape),
        4 => check::<_, ChunkNode>(bytes, sizes, &shape),
        5 => check::<_, SymbolTableNode>(bytes, sizes, &leaf),
        6 => check::<_, SymbolTableEntry>(bytes, sizes, &()),
        7 => check::<_, LocalHeapHeader>(bytes, sizes, &()),
        _ => check::<_, FreeBlock>(bytes, sizes, &()),
    }
}

fn group_tree(space: &Space, tree: Address, heap: Address, ks: GroupK) {
    let found = told(btree1::group_entries(space, tree, heap, ks)).unwrap_or_default();
    let names = found.iter().map(|(name, _)| &**name).take(SOUGHT);
    let Some(place) = told(StringsPlace::load(space, heap)) else { return };
    for name in names.chain([b"".as_slice(), b"a", b"nothing of that name"]) {
        told(btree1::find_group_entry(space, tree, &place, ks, name, None));
    }
}

fn chunk_tree(space: &Space, tree: Address, rank: usize, k: u16) {
    let mut places = vec![vec![0; rank], vec![u64::MAX; rank]];
    told(btree1::for_each_chunk(space, tree, rank, k, &mut |key, _| {
        if places.len() < SOUGHT {
            places.push(key.offset.get(..rank).unwrap_or_default().to_vec());
        }
        Ok(())
    }));
    let (chunk, strides) = (vec![2; rank], vec![3; rank]);
    let numbers = ChunkNumbers { chunk: &chunk, strides: &strides };
    for place in places {
        told(btree1::find_chunk(space, tree, &numbers, k, &place));
    }
}

fn local_heap(space: &Space, at: Address) {
    let Some(heap) = told(LocalHeap::load(space, at)) else { return };
    told(heap.free_blocks());
    for offset in [0, 8, heap.len(), u64::MAX] {
        told(heap.string(offset));
    }
}

/// Which record, which entry, widths, rank and width of sizes (1 byte each), address or number of
/// records (2), how records compare with the sought one (1), bytes.
pub fn btree2(input: &[u8]) {
    let mut input = Input::new(input);
    match input.byte() % 11 {
        0 => tree2::<IndirectHugeRecord>(input, |_| ()),
        1 => tree2::<FilteredIndirectHugeRecord>(input, |_| ()),
        2 => tree2::<DirectHugeRecord>(input, |_| ()),
        3 => tree2::<FilteredDirectHugeRecord>(input, |_| ()),
        4 => tree2::<LinkNameRecord>(input, |_| ()),
        5 => tree2::<LinkCreationOrderRecord>(input, |_| ()),
        6 => tree2::<SharedMessageRecord>(input, |_| ()),
        7 => tree2::<AttributeNameRecord>(input, |_| ()),
        8 => tree2::<AttributeCreationOrderRecord>(input, |_| ()),
        9 => tree2::<ChunkRecord>(input, chunk_context),
        _ => tree2::<FilteredChunkRecord>(input, chunk_context),
    }
}

fn chunk_context(byte: u8) -> ChunkRecordContext {
    ChunkRecordContext { rank: byte & 0x1f, size_width: (byte >> 5).saturating_add(1) }
}

fn tree2<R: Record + PartialEq>(mut input: Input<'_>, context: fn(u8) -> R::Context) {
    let (which, sizes, context) = (input.byte(), input.sizes(), context(input.byte()));
    let (number, order) = (input.short(), input.byte());
    let bytes = input.rest();
    let node = NodeContext {
        records: number,
        child_records_width: (order & 1).saturating_add(1),
        child_total_width: (order & 2 != 0).then_some((order >> 2 & 7).saturating_add(1)),
        record: context.clone(),
    };
    match which % 5 {
        0 => search2::<R>(&input.space(sizes), Address(number.into()), &context, order),
        1 => check::<_, BTree2Header>(bytes, sizes, &()),
        2 => check::<_, LeafNode<R>>(bytes, sizes, &node),
        3 => check::<_, InternalNode<R>>(bytes, sizes, &node),
        _ => check::<_, R>(bytes, sizes, &context),
    }
}

fn search2<R: Record>(space: &Space, at: Address, context: &R::Context, order: u8) {
    let Some(tree) = told(BTree2::<R>::load(space, at, context)) else { return };
    let mut count: u64 = 0;
    let walked = told(tree.for_each(space, &mut |_| {
        count = count.saturating_add(1);
        Ok(ControlFlow::Continue(()))
    }));
    assert!(walked.is_none() || count == tree.len());
    // Any order will do, as long as it is told.
    let mut turn = order;
    let mut compare = move |_: &R| {
        turn = turn.rotate_left(2);
        Ok(match turn & 3 {
            0 => Ordering::Less,
            1 => Ordering::Greater,
            _ => Ordering::Equal,
        })
    };
    told(tree.find(space, &mut compare));
    told(tree.for_each_equal(space, &mut compare, &mut |_| Ok(ControlFlow::Continue(()))));
}

/// Which entry, widths (1 byte each), address or number (2), index (4), bytes.
pub fn chunk_arrays(input: &[u8]) {
    let mut input = Input::new(input);
    let (which, sizes) = (input.byte(), input.sizes());
    let (number, index) = (input.short(), input.word());
    let limits = limits();
    let mut d = Decoder::new("Chunk Array", input.rest(), 0, sizes, &limits);
    match which % 5 {
        0 => chunk_array::<FixedArray>(&input.space(sizes), Address(number.into()), index.into()),
        1 => chunk_array::<ExtensibleArray>(
            &input.space(sizes),
            Address(number.into()),
            index.into(),
        ),
        2 => fixed_structures(&mut d, number.into()),
        3 => extensible_structures(&mut d, number.into(), index),
        _ => {
            let layout = match number & 0xf {
                0 => ChunkElementLayout::Plain,
                width => {
                    ChunkElementLayout::Filtered { size_width: width.to_le_bytes()[0] & 7 | 1 }
                }
            };
            check_part::<_, ChunkElement>(&mut d, &layout);
        }
    }
}

fn chunk_array<A: ChunkArray>(space: &Space, at: Address, index: u64) {
    let Some(array) = told(A::load(space, at)) else { return };
    let mut found = Vec::new();
    told(array.for_each(space, &mut |index, element| {
        if found.len() < SOUGHT {
            found.push((index, element));
        }
        Ok(())
    }));
    for (index, element) in found {
        assert_eq!(told(array.get(space, index)), Some(Some(element)));
    }
    for index in [index, array.len(), u64::MAX] {
        told(array.get(space, index));
    }
}

/// A header, and what it makes of the bytes behind it.
fn fixed_structures(d: &mut Decoder<'_>, elements: u64) {
    let Some(header) = decode_part::<_, FixedArrayHeader>(d, &()) else { return };
    check_part::<_, FixedArrayDataBlock>(&mut behind(d), &header);
    let context = PageContext { layout: header.layout, elements };
    check_part::<_, FixedArrayPage>(&mut behind(d), &context);
}

fn extensible_structures(d: &mut Decoder<'_>, elements: u64, number: u32) {
    let Some(header) = decode_part::<_, ExtensibleArrayHeader>(d, &()) else { return };
    check_part::<_, ExtensibleArrayIndexBlock>(&mut behind(d), &header);
    check_part::<_, ExtensibleArrayPage>(&mut behind(d), &header);
    let context = DataBlockContext { array: &header, elements };
    check_part::<_, ExtensibleArrayDataBlock>(&mut behind(d), &context);
    if let Some(shape) = header.super_block(number % 70) {
        let context = SecondaryBlockContext { array: &header, shape };
        check_part::<_, ExtensibleArraySecondaryBlock>(&mut behind(d), &context);
    }
    header.super_block_of(number.into());
}

/// A decoder of what is left, with a checksum of its own.
fn behind<'a>(d: &Decoder<'a>) -> Decoder<'a> {
    let mut next = d.clone();
    next.restart();
    next
}
