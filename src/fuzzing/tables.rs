//! Targets of heaps, free space, shared messages and the cache image.

use super::{Input, check, check_part, decode_part, limits, round_trip, told};
use crate::codec::{Address, Decoder, StructureIn};
use crate::filter::Registry;
use crate::format::cache_image::CacheImage;
use crate::format::fractal_heap::{
    DirectBlock, DirectBlockContext, FractalHeapHeader, HeapId, IdLayout, IndirectBlock,
    IndirectBlockContext,
};
use crate::format::free_space::{FreeSpaceClient, FreeSpaceHeader, FreeSpaceSections};
use crate::format::global_heap::{CollectionHeader, HeapId as GlobalHeapId, ObjectHeader};
use crate::format::shared_message::{MessageIndex, MessageTable, RecordList};
use crate::infra::fractal_heap::FractalHeap;
use crate::infra::free_space::FreeSpace;
use crate::infra::global_heap::GlobalHeaps;
use crate::infra::shared_message::SharedMessages;
use crate::space::Space;

/// Which entry, widths (1 byte each), address (2), offset or index (4), length (2), an id (16),
/// bytes.
pub fn heaps(input: &[u8]) {
    let mut input = Input::new(input);
    let (which, sizes, at) = (input.byte(), input.sizes(), input.address());
    let (offset, length) = (input.word(), input.short());
    let id: Vec<u8> = (0..16).map(|_| input.byte()).collect();
    let bytes = input.rest();
    match which % 6 {
        0 => {
            let (space, heaps) = (input.space(sizes), GlobalHeaps::new());
            for index in [offset, 0, 1, 2] {
                let id = GlobalHeapId { address: Some(at), index };
                told(heaps.object(&space, &id)).flatten();
            }
        }
        1 => fractal_heap(&input.space(sizes), at, (offset.into(), length.into()), &id),
        2 => {
            let limits = limits();
            let mut d = Decoder::new("Fractal Heap", bytes, 0, sizes, &limits);
            blocks(&mut d, offset, length.into());
        }
        3 => {
            let [first, second, third, ..] = *offset.to_le_bytes().as_slice() else { return };
            let layout = IdLayout {
                id_length: length & 0xfff,
                offset_width: first & 7,
                length_width: second & 7,
                filtered: third & 1 != 0,
            };
            check::<_, HeapId>(bytes, sizes, &layout);
        }
        4 => check::<_, CollectionHeader>(bytes, sizes, &()),
        _ => check::<_, ObjectHeader>(bytes, sizes, &()),
    }
}

fn fractal_heap(space: &Space, at: Address, (offset, length): (u64, u64), id: &[u8]) {
    let Some(heap) = told(FractalHeap::load(space, at)) else { return };
    told(heap.get(space, id));
    let layout = heap.header().id_layout();
    for offset in [offset, offset.saturating_mul(2), offset.saturating_mul(16)] {
        let managed = HeapId::Managed { offset, length };
        if let Ok(id) = managed.to_bytes_in(space.sizes(), &layout) {
            told(heap.get(space, &id));
        }
    }
    if let Some(manager) = heap.header().free_space_manager {
        let end = heap.header().statistics.managed_space;
        told(FreeSpace::load(space, manager, FreeSpaceClient::Heap, end));
    }
}

/// A header, and what it makes of the bytes behind it.
fn blocks(d: &mut Decoder<'_>, rows: u32, size: u64) {
    let Some(heap) = decode_part::<_, FractalHeapHeader>(d, &()) else { return };
    d.restart();
    let context = DirectBlockContext { heap: &heap, size };
    check_part::<_, DirectBlock>(&mut d.clone(), &context);
    let context = IndirectBlockContext { heap: &heap, rows };
    check_part::<_, IndirectBlock>(&mut d.clone(), &context);
    for row in [0, 1, rows, u32::MAX] {
        heap.table.block_size(row);
        heap.table.row_offset(row);
        heap.table.child_rows(row);
    }
    heap.table.cell_at(size);
    heap.table.cell_at(u64::from(rows) << 16);
}

/// Which entry, widths (1 byte each), address (2), number (2), a heap id (8), bytes.
pub fn tables(input: &[u8]) {
    let mut input = Input::new(input);
    let (which, sizes, at, number) = (input.byte(), input.sizes(), input.address(), input.short());
    let mut id = [0; 8];
    id.fill_with(|| input.byte());
    let bytes = input.rest();
    let [count, kind] = number.to_le_bytes();
    match which % 7 {
        0 => {
            let client =
                if number & 1 == 0 { FreeSpaceClient::Heap } else { FreeSpaceClient::File };
            let space = input.space(sizes);
            told(FreeSpace::load(&space, at, client, space.end().0));
        }
        1 => shared_messages(&input.space(sizes), at, count, kind, &id),
        2 => cache_image(&mut input.space(sizes), at, bytes),
        3 => {
            let limits = limits();
            let mut d = Decoder::new("Free Space", bytes, 0, sizes, &limits);
            let Some(header) = decode_part::<_, FreeSpaceHeader>(&mut d, &()) else { return };
            d.restart();
            check_part::<_, FreeSpaceSections>(&mut d, &header);
        }
        4 => check::<_, MessageTable>(bytes, sizes, &count),
        5 => check::<_, MessageIndex>(bytes, sizes, &()),
        _ => check::<_, RecordList>(bytes, sizes, &number),
    }
}

fn shared_messages(space: &Space, at: Address, count: u8, kind: u8, id: &[u8; 8]) {
    let Some(shared) = told(SharedMessages::load(space, at, count, &Registry::new())) else {
        return;
    };
    for index in shared.indexes() {
        told(shared.records(space, index));
    }
    for kind in [kind, 1, 3, 5, 11, 12] {
        told(shared.message(space, kind.into(), id));
    }
}

/// An image, and the file as it looks with the image over it.
fn cache_image(space: &mut Space, at: Address, bytes: &[u8]) {
    let Some(image) = round_trip::<_, CacheImage>(bytes, space.sizes(), &()) else { return };
    space.set_overlay(image.into_overlay());
    for len in [0, 1, 8, 64, 512] {
        if let Some(found) = told(space.read("Block", at, len)) {
            assert_eq!(crate::codec::wide(found.len()), len);
        }
    }
}
