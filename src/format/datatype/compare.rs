//! Questions about a datatype.

use super::{Class, Datatype, EnumerationMember, Member};

impl Datatype {
    /// Whether elements hold places in a heap or in the file rather than all of their value.
    #[must_use]
    pub fn is_variable(&self) -> bool {
        match &self.class {
            Class::VarLen(_) | Class::Reference(_) => true,
            Class::Compound(members) => members.iter().any(|m| m.datatype.is_variable()),
            Class::Array(array) => array.base.is_variable(),
            _ => false,
        }
    }

    /// Whether any part of it is of variable length.
    #[must_use]
    pub fn has_var_len(&self) -> bool {
        match &self.class {
            Class::VarLen(_) => true,
            Class::Compound(members) => members.iter().any(|m| m.datatype.has_var_len()),
            Class::Array(array) => array.base.has_var_len(),
            _ => false,
        }
    }

    /// Whether a number in it leaves more than half of the bits it is stored in unused.
    pub(crate) fn leaves_half_unused(&self) -> bool {
        let unused = |offset: u16, precision: u16| {
            let used = u64::from(offset).saturating_add(precision.into());
            used.saturating_mul(2) < u64::from(self.size).saturating_mul(8)
        };
        match &self.class {
            Class::Integer(integer) => unused(integer.offset, integer.precision),
            Class::Bitfield(bits) => unused(bits.offset, bits.precision),
            Class::Float(float) => unused(float.offset, float.precision),
            Class::Enum(enumeration) => enumeration.base.leaves_half_unused(),
            Class::VarLen(sequence) => sequence.base.leaves_half_unused(),
            Class::Array(array) => array.base.leaves_half_unused(),
            Class::Complex(complex) => complex.base.leaves_half_unused(),
            Class::Compound(members) => {
                members.iter().any(|member| member.datatype.leaves_half_unused())
            }
            _ => false,
        }
    }

    /// Whether it means the same as `other`: the same elements in the same bytes, whatever the
    /// version of the encoding and the order of the members.
    #[must_use]
    pub fn same_type(&self, other: &Self) -> bool {
        self.size == other.size && self.class.same(&other.class)
    }

    /// The words for its class: "integer", "compound".
    #[must_use]
    pub fn class_name(&self) -> &'static str {
        match &self.class {
            Class::Integer(_) => "integer",
            Class::Float(_) => "float",
            Class::Time(_) => "time",
            Class::String(_) => "string",
            Class::Bitfield(_) => "bitfield",
            Class::Opaque { .. } => "opaque",
            Class::Compound(_) => "compound",
            Class::Reference(_) => "reference",
            Class::Enum(_) => "enum",
            Class::VarLen(sequence) if sequence.is_string() => "variable-length string",
            Class::VarLen(_) => "variable-length sequence",
            Class::Array(_) => "array",
            Class::Complex(_) => "complex",
        }
    }
}

impl Class {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Compound(ours), Self::Compound(theirs)) => same_members(ours, theirs),
            (Self::Enum(ours), Self::Enum(theirs)) => {
                ours.base.same_type(&theirs.base)
                    && by_name(&ours.members) == by_name(&theirs.members)
            }
            (Self::VarLen(ours), Self::VarLen(theirs)) if ours.is_string() => {
                ours.kind == theirs.kind
                    && ours.padding == theirs.padding
                    && ours.character_set == theirs.character_set
            }
            (Self::VarLen(ours), Self::VarLen(theirs)) => {
                ours.kind == theirs.kind && ours.base.same_type(&theirs.base)
            }
            (Self::Array(ours), Self::Array(theirs)) => {
                ours.dimensions == theirs.dimensions && ours.base.same_type(&theirs.base)
            }
            (Self::Complex(ours), Self::Complex(theirs)) => {
                ours.homogeneous == theirs.homogeneous
                    && ours.form == theirs.form
                    && ours.base.same_type(&theirs.base)
            }
            (ours, theirs) => ours == theirs,
        }
    }
}

fn same_members(ours: &[Member], theirs: &[Member]) -> bool {
    ours.len() == theirs.len()
        && members_by_name(ours).iter().zip(members_by_name(theirs)).all(|(a, b)| {
            a.name == b.name && a.offset == b.offset && a.datatype.same_type(&b.datatype)
        })
}

fn members_by_name(members: &[Member]) -> Vec<&Member> {
    let mut order: Vec<&Member> = members.iter().collect();
    order.sort_by(|a, b| a.name.cmp(&b.name));
    order
}

fn by_name(members: &[EnumerationMember]) -> Vec<&EnumerationMember> {
    let mut order: Vec<&EnumerationMember> = members.iter().collect();
    order.sort_by(|a, b| a.name.cmp(&b.name));
    order
}
