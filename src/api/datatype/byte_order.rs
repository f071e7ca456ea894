//! Which byte of a number comes first.

use std::fmt;

use crate::format::datatype::{self as stored, Class, Datatype, FloatOrder};

/// Order of the bytes of the numbers that elements of a type hold.
///
/// ```
/// use hdfive::datatype::{ByteOrder, Datatype};
/// # fn main() -> hdfive::Result<()> {
/// assert_eq!(Datatype::from_type::<hdfive::types::FixedAscii<8>>()?.byte_order(), ByteOrder::None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The lowest byte first.
    LittleEndian,
    /// The highest byte first.
    BigEndian,
    /// VAX: the highest pair of bytes first, the lowest byte of a pair first.
    Vax,
    /// Members of a compound differ in it.
    Mixed,
    /// There are no numbers.
    None,
}

impl ByteOrder {
    /// The order in elements of a type.
    pub(super) fn of(datatype: &Datatype) -> Self {
        match &datatype.class {
            Class::Integer(integer) => integer.order.into(),
            Class::Bitfield(bits) => bits.order.into(),
            Class::Time(time) => time.order.into(),
            Class::Float(float) => match float.order {
                FloatOrder::Little => Self::LittleEndian,
                FloatOrder::Big => Self::BigEndian,
                FloatOrder::Vax => Self::Vax,
            },
            Class::Enum(enumeration) => Self::of(&enumeration.base),
            Class::Array(array) => Self::of(&array.base),
            Class::VarLen(sequence) => Self::of(&sequence.base),
            Class::Complex(complex) => Self::of(&complex.base),
            Class::Compound(members) => {
                let orders = members.iter().map(|member| Self::of(&member.datatype));
                orders.filter(|order| *order != Self::None).fold(Self::None, |all, order| {
                    if all == Self::None || all == order { order } else { Self::Mixed }
                })
            }
            Class::String(_) | Class::Opaque { .. } | Class::Reference(_) => Self::None,
        }
    }
}

impl From<stored::ByteOrder> for ByteOrder {
    fn from(order: stored::ByteOrder) -> Self {
        match order {
            stored::ByteOrder::Little => Self::LittleEndian,
            stored::ByteOrder::Big => Self::BigEndian,
        }
    }
}

impl fmt::Display for ByteOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LittleEndian => "little-endian",
            Self::BigEndian => "big-endian",
            Self::Vax => "VAX",
            Self::Mixed => "mixed",
            Self::None => "none",
        })
    }
}
