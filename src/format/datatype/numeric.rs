//! Integers, floating-point numbers, bit fields and times.

use super::{Header, at_bit};
use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Location, Result};

/// Which byte of a number comes first.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{ByteOrder, Class};
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", 7)?.dtype()?;
/// let Class::Integer(integer) = datatype.definition().class else { panic!("no integer") };
/// assert_eq!(integer.order, ByteOrder::NATIVE);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The least significant.
    Little,
    /// The most significant.
    Big,
}

impl ByteOrder {
    /// The order of the machine this runs on.
    pub const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };

    fn from_bit(big: bool) -> Self {
        if big { Self::Big } else { Self::Little }
    }

    fn bit(self) -> u32 {
        u32::from(self == Self::Big)
    }
}

/// An integer: `precision` bits from bit `offset` on, two's complement where it has a sign.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", [1_u16])?.dtype()?;
/// let Class::Integer(integer) = datatype.definition().class else { panic!("no integer") };
/// assert!(!integer.signed);
/// assert_eq!(integer.precision, 16);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Integer {
    /// Which byte comes first.
    pub order: ByteOrder,
    /// Whether the highest bit is a sign.
    pub signed: bool,
    /// What the bits below the value are filled with.
    pub low_pad: bool,
    /// What the bits above the value are filled with.
    pub high_pad: bool,
    /// The value's lowest bit.
    pub offset: u16,
    /// Bits of the value.
    pub precision: u16,
}

impl Integer {
    pub(super) fn decode(d: &mut Decoder<'_>, header: Header) -> Result<Self> {
        let (offset, precision) = decode_extent(d, header.size)?;
        Ok(Self {
            order: ByteOrder::from_bit(header.bit(0)),
            low_pad: header.bit(1),
            high_pad: header.bit(2),
            signed: header.bit(3),
            offset,
            precision,
        })
    }

    pub(super) fn bits(&self) -> u32 {
        self.order.bit()
            | at_bit(self.low_pad, 1)
            | at_bit(self.high_pad, 2)
            | at_bit(self.signed, 3)
    }

    pub(super) fn encode(&self, e: &mut Encoder) {
        e.u16(self.offset);
        e.u16(self.precision);
    }
}

/// A string of `precision` bits from bit `offset` on.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::open("tests/fixtures/bits_and_opaque_latest.h5")?;
/// for dataset in file.datasets()? {
///     if let Class::Bitfield(bits) = dataset.dtype()?.definition().class {
///         println!("{}: {} bits", dataset.name(), bits.precision);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Bitfield {
    /// Which byte comes first.
    pub order: ByteOrder,
    /// What the bits below the value are filled with.
    pub low_pad: bool,
    /// What the bits above the value are filled with.
    pub high_pad: bool,
    /// The value's lowest bit.
    pub offset: u16,
    /// Bits of the value.
    pub precision: u16,
}

impl Bitfield {
    pub(super) fn decode(d: &mut Decoder<'_>, header: Header) -> Result<Self> {
        let Integer { order, low_pad, high_pad, offset, precision, .. } =
            Integer::decode(d, header)?;
        Ok(Self { order, low_pad, high_pad, offset, precision })
    }

    pub(super) fn bits(&self) -> u32 {
        self.order.bit() | at_bit(self.low_pad, 1) | at_bit(self.high_pad, 2)
    }

    pub(super) fn encode(&self, e: &mut Encoder) {
        e.u16(self.offset);
        e.u16(self.precision);
    }
}

/// A time: `precision` bits of a number whose unit HDF5 does not say; seconds in practice.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{Class, Datatype, Time};
/// fn bits_of_time(datatype: &Datatype) -> Option<u16> {
///     match datatype.class {
///         Class::Time(Time { precision, .. }) => Some(precision),
///         _ => None,
///     }
/// }
/// # let file = hdfive::File::in_memory()?;
/// # assert_eq!(bits_of_time(file.create_dataset("x", 7)?.dtype()?.definition()), None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Time {
    /// Which byte comes first.
    pub order: ByteOrder,
    /// Bits of the value.
    pub precision: u16,
}

impl Time {
    pub(super) fn decode(d: &mut Decoder<'_>, header: Header) -> Result<Self> {
        let at = d.location("Bit Precision");
        let precision = d.u16("Bit Precision")?;
        check_extent(at, 0, precision, header.size)?;
        Ok(Self { order: ByteOrder::from_bit(header.bit(0)), precision })
    }

    pub(super) fn bits(&self) -> u32 {
        self.order.bit()
    }

    pub(super) fn encode(&self, e: &mut Encoder) {
        e.u16(self.precision);
    }
}

/// Which byte of a floating-point number comes first.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{Class, FloatOrder};
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", 0.5_f32)?.dtype()?;
/// let Class::Float(float) = datatype.definition().class else { panic!("no float") };
/// assert_ne!(float.order, FloatOrder::Vax);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FloatOrder {
    /// The least significant.
    Little,
    /// The most significant.
    Big,
    /// That of the VAX: 16-bit words, the most significant first, each its low byte first.
    Vax,
}

/// What is known of a mantissa's highest bit.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::{Class, Normalization};
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", 0.5_f32)?.dtype()?;
/// let Class::Float(float) = datatype.definition().class else { panic!("no float") };
/// assert_eq!(float.normalization, Normalization::Implied);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Normalization {
    /// Nothing: it is stored and may be either.
    None,
    /// It is stored, and is one unless the number is zero.
    MsbSet,
    /// It is one, and is not stored.
    Implied,
}

/// A floating-point number. Positions count from the value's lowest bit.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::definition::Class;
/// let file = hdfive::File::in_memory()?;
/// let datatype = file.create_dataset("x", 0.5_f32)?.dtype()?;
/// let Class::Float(float) = datatype.definition().class else { panic!("no float") };
/// assert_eq!((float.exponent_size, float.mantissa_size, float.exponent_bias), (8, 23, 127));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Float {
    /// Which byte comes first.
    pub order: FloatOrder,
    /// What the bits below the number are filled with.
    pub low_pad: bool,
    /// What the bits above the number are filled with.
    pub high_pad: bool,
    /// What the bits between the parts of the number are filled with.
    pub internal_pad: bool,
    /// What is known of the mantissa's highest bit.
    pub normalization: Normalization,
    /// Position of the sign.
    pub sign_position: u8,
    /// Lowest bit of the whole number.
    pub offset: u16,
    /// Bits of the whole number.
    pub precision: u16,
    /// Lowest bit of the exponent.
    pub exponent_position: u8,
    /// Bits of the exponent.
    pub exponent_size: u8,
    /// Lowest bit of the mantissa.
    pub mantissa_position: u8,
    /// Bits of the mantissa.
    pub mantissa_size: u8,
    /// What is added to an exponent before it is stored.
    pub exponent_bias: u32,
}

impl Float {
    /// A number with a sign, an exponent and a mantissa with an implied bit, with no gaps.
    pub(crate) fn without_gaps(order: FloatOrder, exponent_size: u8, mantissa_size: u8) -> Self {
        let sign_position = exponent_size.saturating_add(mantissa_size);
        let bias_bits = exponent_size.saturating_sub(1).into();
        Self {
            order,
            low_pad: false,
            high_pad: false,
            internal_pad: false,
            normalization: Normalization::Implied,
            sign_position,
            offset: 0,
            precision: u16::from(sign_position).saturating_add(1),
            exponent_position: mantissa_size,
            exponent_size,
            mantissa_position: 0,
            mantissa_size,
            exponent_bias: 1_u32.checked_shl(bias_bits).unwrap_or(0).saturating_sub(1),
        }
    }

    pub(super) fn decode(d: &mut Decoder<'_>, header: Header) -> Result<Self> {
        let order = match (header.bit(0), header.bit(6)) {
            // The specification has VAX order from version 3 on. libhdf5 does not raise the version
            // of such a type, and sets the bits in version 1.
            (true, true) => FloatOrder::Vax,
            (false, true) if header.version >= 3 => {
                return Err(d.broken("Class Bit Field", "undefined byte order"));
            }
            (false, _) => FloatOrder::Little,
            (true, false) => FloatOrder::Big,
        };
        let (offset, precision) = decode_extent(d, header.size)?;
        let float = Self {
            order,
            low_pad: header.bit(1),
            high_pad: header.bit(2),
            internal_pad: header.bit(3),
            normalization: match header.byte(4, 2) {
                0 => Normalization::None,
                1 => Normalization::MsbSet,
                2 => Normalization::Implied,
                _ => return Err(d.broken("Class Bit Field", "undefined mantissa normalization")),
            },
            sign_position: header.byte(8, 8),
            offset,
            precision,
            exponent_position: d.u8("Exponent Location")?,
            exponent_size: d.checked("Exponent Size", Decoder::u8, |size| size != 0)?,
            mantissa_position: d.u8("Mantissa Location")?,
            mantissa_size: d.checked("Mantissa Size", Decoder::u8, |size| size != 0)?,
            exponent_bias: d.u32("Exponent Bias")?,
        };
        match float.misplaced(header.size) {
            Some(problem) => Err(d.broken("Exponent Location", problem)),
            None => Ok(float),
        }
    }

    /// What is wrong with where its parts lie in an element of `size` bytes.
    fn misplaced(&self, size: u32) -> Option<&'static str> {
        let range =
            |from: u8, len: u8| (u32::from(from), u32::from(from).saturating_add(len.into()));
        let sign = range(self.sign_position, 1);
        let exponent = range(self.exponent_position, self.exponent_size);
        let mantissa = range(self.mantissa_position, self.mantissa_size);
        let end = size.saturating_mul(8);
        if sign.1 > end || exponent.1 > end || mantissa.1 > end {
            return Some("a part of the number lies outside the element");
        }
        let apart = |a: (u32, u32), b: (u32, u32)| a.1 <= b.0 || b.1 <= a.0;
        let separate = apart(sign, exponent) && apart(sign, mantissa) && apart(exponent, mantissa);
        (!separate).then_some("parts of the number overlap")
    }

    pub(super) fn bits(&self) -> u32 {
        let order = match self.order {
            FloatOrder::Little => 0,
            FloatOrder::Big => 1,
            FloatOrder::Vax => 0x41,
        };
        let normalization = match self.normalization {
            Normalization::None => 0_u32,
            Normalization::MsbSet => 1,
            Normalization::Implied => 2,
        };
        order
            | at_bit(self.low_pad, 1)
            | at_bit(self.high_pad, 2)
            | at_bit(self.internal_pad, 3)
            | at_bit(normalization, 4)
            | at_bit(self.sign_position, 8)
    }

    pub(super) fn encode(&self, e: &mut Encoder) {
        e.u16(self.offset);
        e.u16(self.precision);
        e.u8(self.exponent_position);
        e.u8(self.exponent_size);
        e.u8(self.mantissa_position);
        e.u8(self.mantissa_size);
        e.u32(self.exponent_bias);
    }
}

/// "Bit Offset" and "Bit Precision", inside an element of `size` bytes.
fn decode_extent(d: &mut Decoder<'_>, size: u32) -> Result<(u16, u16)> {
    let at = d.location("Bit Offset");
    let offset = d.u16("Bit Offset")?;
    let precision = d.u16("Bit Precision")?;
    check_extent(at, offset, precision, size)?;
    Ok((offset, precision))
}

fn check_extent(at: Location, offset: u16, precision: u16, size: u32) -> Result<()> {
    let end = u64::from(offset).saturating_add(precision.into());
    if precision == 0 || end > u64::from(size).saturating_mul(8) {
        let problem = format!("{precision} bits from bit {offset} in {size} bytes");
        return Err(Error::broken(at, problem));
    }
    Ok(())
}
