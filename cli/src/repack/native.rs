//! The types that a C program has in memory for elements of a stored type.

use hdfive::definition::{ByteOrder, Class, Datatype, Enumeration, EnumerationMember, Member};

/// The type, where there is one.
pub(super) fn of(stored: &Datatype) -> Option<Datatype> {
    laid_out(stored).map(|(datatype, _)| datatype)
}

/// The type, and what its place in a struct is a multiple of.
fn laid_out(stored: &Datatype) -> Option<(Datatype, u32)> {
    const ORDER: ByteOrder = ByteOrder::NATIVE;
    let number = |datatype: Datatype| {
        let size = datatype.size;
        Some((datatype, size))
    };
    match &stored.class {
        Class::Integer(integer) => {
            let size = whole_bytes(integer.precision)?;
            number(Datatype::integer(size, integer.signed, ORDER).ok()?)
        }
        Class::Bitfield(bits) => {
            let size = whole_bytes(bits.precision)?;
            number(Datatype::bitfield(size, ORDER).ok()?)
        }
        Class::Float(_) => match stored.size {
            0..=4 => number(Datatype::float(4, ORDER).ok()?),
            5..=8 => number(Datatype::float(8, ORDER).ok()?),
            _ => number(Datatype::long_double()),
        },
        Class::Enum(enumeration) => enumeration_of(enumeration),
        Class::Compound(members) => compound(members),
        Class::Array(array) => {
            let (base, align) = laid_out(&array.base)?;
            let len = u32::try_from(array.len()).ok()?;
            let size = base.size.checked_mul(len)?;
            let laid = Datatype::array(base, &array.dimensions).ok();
            Some((laid.filter(|array| array.size == size)?, align))
        }
        Class::String(_) | Class::Opaque { .. } => Some((stored.clone(), 1)),
        // Pointers, and what they point at.
        Class::VarLen(_) | Class::Reference(_) => Some((stored.clone(), 8)),
        _ => None,
    }
}

/// Bytes of the smallest C integer of so many bits.
fn whole_bytes(bits: u16) -> Option<u32> {
    match bits {
        0..=8 => Some(1),
        9..=16 => Some(2),
        17..=32 => Some(4),
        33..=64 => Some(8),
        _ => None,
    }
}

fn enumeration_of(enumeration: &Enumeration) -> Option<(Datatype, u32)> {
    let (stored, (base, align)) = (&enumeration.base, laid_out(&enumeration.base)?);
    let Class::Integer(integer) = &stored.class else { return None };
    // Only values that are whole bytes are brought into the other order.
    let plain = base.size == stored.size && integer.offset == 0;
    let turned = match (&base.class, plain) {
        (Class::Integer(native), true) => native.order != integer.order,
        _ => return None,
    };
    let member = |member: &EnumerationMember| {
        let mut value = member.value.clone();
        if turned {
            value.reverse();
        }
        EnumerationMember::new(member.name.clone(), value)
    };
    let members = enumeration.members.iter().map(member).collect();
    Some((Datatype::enumeration(base, members).ok()?, align))
}

/// Members one behind the other, each at a multiple of what it needs.
fn compound(members: &[Member]) -> Option<(Datatype, u32)> {
    let (mut at, mut widest) = (0_u32, 1_u32);
    let mut laid = Vec::with_capacity(members.len());
    for member in members {
        let (datatype, align) = laid_out(&member.datatype)?;
        let align = align.clamp(1, 16);
        at = at.checked_next_multiple_of(align)?;
        widest = widest.max(align);
        let end = at.checked_add(datatype.size)?;
        laid.push(Member::new(member.name.clone(), at, datatype));
        at = end;
    }
    let size = at.checked_next_multiple_of(widest)?;
    Some((Datatype::compound(size, laid).ok()?, widest))
}
