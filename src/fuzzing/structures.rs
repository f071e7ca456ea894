//! Targets of structures that lead to no others.

use super::{Input, check, limits, round_trip, told};
use crate::codec::Decoder;
use crate::format::datatype::ReferenceKind;
use crate::format::driver_info::{Driver, DriverInfo, DriverInfoMessage, FamilyInfo, MultiInfo};
use crate::format::global_heap::HeapId;
use crate::format::reference::{
    ObjectReference, RegionReference, RevisedForm, RevisedReference, RevisedTarget,
};
use crate::format::selection::{Selection, StoredSelection};
use crate::format::superblock::Superblock;
use crate::format::virtual_mapping::VirtualMappings;

/// Which structure, widths (1 byte each), bytes.
pub fn superblock(input: &[u8]) {
    let mut input = Input::new(input);
    let (which, sizes) = (input.byte(), input.sizes());
    let bytes = input.rest();
    let driver = |id: &[u8; 8], data: &[u8]| {
        told(Driver::decode(id, data, 0, &limits()));
    };
    match which % 5 {
        0 => check::<_, Superblock>(bytes, sizes, &()),
        1 => {
            let limits = limits();
            let mut d = Decoder::new("Driver Information Block", bytes, 0, sizes, &limits);
            told(DriverInfo::decode_size(&mut d));
            if let Some(block) = round_trip::<_, DriverInfo>(bytes, sizes, &()) {
                driver(&block.id, &block.data);
            }
        }
        2 => {
            if let Some(message) = round_trip::<_, DriverInfoMessage>(bytes, sizes, &()) {
                driver(&message.id, &message.data);
            }
        }
        3 => check::<_, FamilyInfo>(bytes, sizes, &()),
        _ => check::<_, MultiInfo>(bytes, sizes, &()),
    }
}

/// Which structure, widths, of revised references kind and whether external (1 byte each), bytes.
pub fn selections(input: &[u8]) {
    let mut input = Input::new(input);
    let (which, sizes, form) = (input.byte(), input.sizes(), input.byte());
    let bytes = input.rest();
    match which % 7 {
        0 => {
            if let Some(stored) = round_trip::<_, StoredSelection>(bytes, sizes, &()) {
                look_at(&stored.selection);
            }
        }
        1 => check::<_, ObjectReference>(bytes, sizes, &()),
        2 => {
            if let Some(reference) = round_trip::<_, RegionReference>(bytes, sizes, &()) {
                look_at(&reference.selection.selection);
            }
        }
        3 => check::<_, RevisedReference>(bytes, sizes, &()),
        4 => {
            let kind = ReferenceKind::from_number(2_u8.saturating_add((form >> 1) % 3));
            let form = RevisedForm { kind, external: form & 1 != 0 };
            check::<_, RevisedTarget>(bytes, sizes, &form);
        }
        5 => {
            let found = round_trip::<_, VirtualMappings>(bytes, sizes, &());
            for mapping in found.iter().flat_map(|found| &found.mappings) {
                look_at(&mapping.source);
                look_at(&mapping.virtual_);
                mapping.is_same_file();
            }
        }
        _ => check::<_, HeapId>(bytes, sizes, &()),
    }
}

fn look_at(selection: &Selection) {
    let Some(rank) = selection.rank() else { return };
    assert!(selection.blocks().all(|(first, last)| first.len() == rank && last.len() == rank));
    assert!(selection.unlimited_axis().is_none_or(|axis| axis < rank));
}
