//! Sizes of elements as libhdf5 keeps them in memory on 64 bits: what its tools show.

use hdfive::definition::{Class, Datatype, Member, ReferenceKind, VarLenKind};

/// Bytes of a variable-length sequence: its length and a pointer.
const SEQUENCE: u64 = 16;
/// Bytes of a variable-length string.
const POINTER: u64 = 8;
/// Bytes of a reference.
const OBJECT_REFERENCE: u64 = 8;
const REGION_REFERENCE: u64 = 12;
const REVISED_REFERENCE: u64 = 64;

/// Bytes of an element.
pub(crate) fn size(datatype: &Datatype) -> u64 {
    let stored = u64::from(datatype.size);
    match &datatype.class {
        Class::VarLen(v) if v.kind == VarLenKind::String => POINTER,
        Class::VarLen(_) => SEQUENCE,
        Class::Reference(ReferenceKind::Object) => OBJECT_REFERENCE,
        Class::Reference(ReferenceKind::Region) => REGION_REFERENCE,
        Class::Reference(_) => REVISED_REFERENCE,
        Class::Array(array) => array.len().saturating_mul(size(&array.base)),
        Class::Compound(members) => members.iter().fold(stored, grown),
        _ => stored,
    }
}

/// Offset of a member of a compound, in bytes.
pub(crate) fn offset(members: &[Member], member: &Member) -> u64 {
    let before = members.iter().filter(|other| other.offset < member.offset);
    before.fold(member.offset.into(), grown)
}

/// What `at`, which lies behind `member` in the file, becomes in memory.
fn grown(at: u64, member: &Member) -> u64 {
    let stored = member.datatype.size.into();
    at.saturating_add(size(&member.datatype)).saturating_sub(stored)
}

/// Elements of an array of this extent.
pub(crate) fn volume(dims: &[u64]) -> u64 {
    if dims.contains(&0) {
        return 0;
    }
    dims.iter().fold(1, |n: u64, len| n.saturating_mul(*len))
}
