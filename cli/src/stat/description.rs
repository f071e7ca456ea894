//! How many bytes the description of a type takes.

use hdfive::definition::{Class, Datatype, Member};

/// Bytes before the description: what it is, and in which version.
const HEAD: u64 = 2;
/// Bytes of the class, its bits and the size of an element.
const COMMON: u64 = 8;

/// Bytes of the description of a type, as it is exchanged.
pub(super) fn size(datatype: &Datatype) -> u64 {
    HEAD.saturating_add(message(datatype))
}

fn message(datatype: &Datatype) -> u64 {
    COMMON.saturating_add(properties(datatype))
}

fn properties(datatype: &Datatype) -> u64 {
    let version = datatype.version;
    match &datatype.class {
        Class::Integer(_) | Class::Bitfield(_) => 4,
        Class::Float(_) => 12,
        Class::Time(_) => 2,
        Class::Opaque { tag } => wide(tag.len()).next_multiple_of(8),
        Class::Compound(members) => {
            let own = members.iter().map(|m| member(m, version, datatype.size));
            own.fold(0, u64::saturating_add)
        }
        Class::Enum(enumeration) => {
            let base = message(&enumeration.base);
            let values = enumeration
                .members
                .iter()
                .map(|member| name(&member.name, version).saturating_add(wide(member.value.len())));
            values.fold(base, u64::saturating_add)
        }
        Class::VarLen(variable) => message(&variable.base),
        Class::Complex(complex) => message(&complex.base),
        Class::Array(array) => {
            let rank = wide(array.dimensions.len());
            let numbers = if version < 3 { 2 } else { 1 };
            let before = if version < 3 { 4_u64 } else { 1 };
            let dims = rank.saturating_mul(4).saturating_mul(numbers);
            before.saturating_add(dims).saturating_add(message(&array.base))
        }
        _ => 0,
    }
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Bytes of a name: with a NUL, and before version 3 padded.
fn name(name: &[u8], version: u8) -> u64 {
    let len = wide(name.len()).saturating_add(1);
    if version < 3 { len.next_multiple_of(8) } else { len }
}

fn member(member: &Member, version: u8, size: u32) -> u64 {
    let place = match version {
        0 | 1 => 32,
        2 => 4,
        // As many bytes as the size of the compound needs.
        _ => match size {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xff_ffff => 3,
            _ => 4,
        },
    };
    name(&member.name, version).saturating_add(place).saturating_add(message(&member.datatype))
}
