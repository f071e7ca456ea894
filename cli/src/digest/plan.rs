//! How elements of a type become canonical bytes.

use hdfive::definition::{ByteOrder, Class, Datatype, FloatOrder, ReferenceKind, VarLenKind};

use crate::failure::Why;

/// What becomes of the bytes of one element.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plan {
    /// They stay.
    Copy,
    /// They are reversed.
    Reverse,
    /// They are reversed, two by two.
    ReverseWords,
    /// Members of a compound without variable parts: offset, size, plan.
    Pick(Vec<(usize, usize, Plan)>),
    /// Pieces of this size, one behind the other, without variable parts.
    Each(usize, Box<Plan>),
    /// Members of a compound.
    Members(Vec<Plan>),
    /// Elements of an array.
    Elements(Box<Plan>),
    /// A variable-length string.
    Text,
    /// A variable-length sequence.
    Sequence(Box<Plan>),
    /// A reference.
    Reference(ReferenceKind),
}

impl Plan {
    pub(super) fn of(datatype: &Datatype) -> Result<Self, Why> {
        let size = size_of(datatype)?;
        Ok(match &datatype.class {
            Class::Integer(integer) => by_order(integer.order, size),
            Class::Bitfield(bits) => by_order(bits.order, size),
            Class::Time(time) => by_order(time.order, size),
            Class::Float(float) => match float.order {
                FloatOrder::Little => Self::Copy,
                FloatOrder::Big => by_order(ByteOrder::Big, size),
                FloatOrder::Vax if size % 2 == 0 => Self::ReverseWords,
                FloatOrder::Vax => Self::Copy,
            },
            Class::Enum(e) => Self::of(&e.base)?,
            Class::String(_) | Class::Opaque { .. } => Self::Copy,
            Class::Compound(members) => {
                let mut plans = Vec::with_capacity(members.len());
                for member in members {
                    let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
                    plans.push((offset, size_of(&member.datatype)?, Self::of(&member.datatype)?));
                }
                Self::of_members(plans, size)
            }
            Class::Array(array) => Self::of_array(&array.base)?,
            Class::Complex(complex) => Self::of_array(&complex.base)?,
            Class::Reference(kind) => Self::Reference(*kind),
            Class::VarLen(v) if v.kind == VarLenKind::String => Self::Text,
            Class::VarLen(v) => Self::Sequence(Box::new(Self::of(&v.base)?)),
            _ => return Err(Why::new("a type of unknown class")),
        })
    }

    fn of_array(base: &Datatype) -> Result<Self, Why> {
        Ok(match Self::of(base)? {
            Self::Copy => Self::Copy,
            plan if plan.is_fixed() => Self::Each(size_of(base)?, Box::new(plan)),
            plan => Self::Elements(Box::new(plan)),
        })
    }

    fn of_members(members: Vec<(usize, usize, Self)>, size: usize) -> Self {
        if !members.iter().all(|(_, _, plan)| plan.is_fixed()) {
            return Self::Members(members.into_iter().map(|(_, _, plan)| plan).collect());
        }
        let mut end = Some(0);
        for (offset, len, plan) in &members {
            let follows = end == Some(*offset) && *plan == Self::Copy;
            end = if follows { offset.checked_add(*len) } else { None };
        }
        if end == Some(size) { Self::Copy } else { Self::Pick(members) }
    }

    /// Whether the element's own bytes are all there is to it.
    pub(super) fn is_fixed(&self) -> bool {
        match self {
            Self::Copy | Self::Reverse | Self::ReverseWords | Self::Pick(_) | Self::Each(..) => {
                true
            }
            Self::Members(_)
            | Self::Elements(_)
            | Self::Text
            | Self::Sequence(_)
            | Self::Reference(_) => false,
        }
    }

    /// Appends what becomes of elements of `size` bytes each, one behind the other. Only for plans
    /// that are fixed.
    pub(super) fn append(&self, bytes: &[u8], size: usize, out: &mut Vec<u8>) {
        match self {
            Self::Copy => out.extend_from_slice(bytes),
            Self::Reverse => append_reversed(bytes, size, out),
            Self::ReverseWords => {
                for element in bytes.chunks_exact(size.max(1)) {
                    element.rchunks_exact(2).for_each(|word| out.extend_from_slice(word));
                }
            }
            Self::Pick(members) => {
                for element in bytes.chunks_exact(size.max(1)) {
                    for (offset, len, plan) in members {
                        let member = element.get(*offset..).and_then(|rest| rest.get(..*len));
                        plan.append(member.unwrap_or_default(), *len, out);
                    }
                }
            }
            Self::Each(piece, plan) => plan.append(bytes, *piece, out),
            Self::Members(_)
            | Self::Elements(_)
            | Self::Text
            | Self::Sequence(_)
            | Self::Reference(_) => {}
        }
    }
}

/// Appends each element of `size` bytes, last byte first.
fn append_reversed(bytes: &[u8], size: usize, out: &mut Vec<u8>) {
    let from = out.len();
    out.extend_from_slice(bytes);
    let new = out.get_mut(from..).unwrap_or_default();
    match size {
        2 => new.as_chunks_mut::<2>().0.iter_mut().for_each(|element| element.reverse()),
        4 => new.as_chunks_mut::<4>().0.iter_mut().for_each(|element| element.reverse()),
        8 => new.as_chunks_mut::<8>().0.iter_mut().for_each(|element| element.reverse()),
        size => new.chunks_exact_mut(size.max(1)).for_each(<[u8]>::reverse),
    }
}

fn by_order(order: ByteOrder, size: usize) -> Plan {
    if order == ByteOrder::Big && size > 1 { Plan::Reverse } else { Plan::Copy }
}

fn size_of(datatype: &Datatype) -> Result<usize, Why> {
    usize::try_from(datatype.size).map_err(|_| Why::new("an element that does not fit memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(plan: &Plan, bytes: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        plan.append(bytes, size, &mut out);
        out
    }

    #[test]
    fn numbers_become_little_endian() {
        assert_eq!(apply(&Plan::Reverse, &[1, 2, 3, 4], 2), [2, 1, 4, 3]);
        assert_eq!(apply(&Plan::Reverse, &[1, 2, 3], 3), [3, 2, 1]);
        assert_eq!(apply(&Plan::ReverseWords, &[1, 2, 3, 4], 4), [3, 4, 1, 2]);
    }

    #[test]
    fn gaps_are_dropped() {
        let plan = Plan::of_members(vec![(0, 1, Plan::Copy), (2, 2, Plan::Reverse)], 4);
        assert_eq!(apply(&plan, &[1, 0, 2, 3, 4, 0, 5, 6], 4), [1, 3, 2, 4, 6, 5]);
    }

    #[test]
    fn a_compound_without_gaps_is_copied() {
        let whole = Plan::of_members(vec![(0, 1, Plan::Copy), (1, 3, Plan::Copy)], 4);
        assert_eq!(whole, Plan::Copy);
        let gap = Plan::of_members(vec![(0, 1, Plan::Copy)], 4);
        assert_ne!(gap, Plan::Copy);
    }

    #[test]
    fn arrays_repeat_their_base() {
        let plan = Plan::Each(2, Box::new(Plan::Reverse));
        assert_eq!(apply(&plan, &[1, 2, 3, 4, 5, 6, 7, 8], 4), [2, 1, 4, 3, 6, 5, 8, 7]);
    }
}
