//! Datatypes made rather than read: each in the oldest version that holds it.

use super::{
    ArrayType, Bitfield, ByteOrder, CharacterSet, Class, Complex, ComplexForm, Datatype,
    Enumeration, EnumerationMember, FixedString, Float, FloatOrder, Integer, Member, Normalization,
    ReferenceKind, StringPadding, Time, VarLen, VarLenKind,
};
use crate::codec::Sizes;
use crate::error::{Error, Result};

impl Datatype {
    /// An integer of `size` bytes, all of whose bits count.
    ///
    /// # Errors
    ///
    /// Where `size` is 0 or above 8191.
    pub fn integer(size: u32, signed: bool, order: ByteOrder) -> Result<Self> {
        let precision = all_bits(size)?;
        let (low_pad, high_pad, offset) = (false, false, 0);
        let class = Class::Integer(Integer { order, signed, low_pad, high_pad, offset, precision });
        Ok(Self { version: 1, size, class })
    }

    /// A bit field of `size` bytes, all of whose bits count.
    ///
    /// # Errors
    ///
    /// Where `size` is 0 or above 8191.
    pub fn bitfield(size: u32, order: ByteOrder) -> Result<Self> {
        let precision = all_bits(size)?;
        let (low_pad, high_pad, offset) = (false, false, 0);
        let class = Class::Bitfield(Bitfield { order, low_pad, high_pad, offset, precision });
        Ok(Self { version: 1, size, class })
    }

    /// A time of `size` bytes, all of whose bits count.
    ///
    /// # Errors
    ///
    /// Where `size` is 0 or above 8191.
    pub fn time(size: u32, order: ByteOrder) -> Result<Self> {
        let class = Class::Time(Time { order, precision: all_bits(size)? });
        Ok(Self { version: 1, size, class })
    }

    /// An IEEE 754 number of 2, 4, 8 or 16 bytes.
    ///
    /// # Errors
    ///
    /// Where `size` is another.
    pub fn float(size: u32, order: ByteOrder) -> Result<Self> {
        let (exponent_size, mantissa_size) = match size {
            2 => (5, 10),
            4 => (8, 23),
            8 => (11, 52),
            16 => (15, 112),
            _ => return Err(Error::usage(format!("no IEEE 754 number has {size} bytes"))),
        };
        Ok(Self::float_of(size, order, exponent_size, mantissa_size))
    }

    /// A `bfloat16` number.
    #[must_use]
    pub fn bfloat16(order: ByteOrder) -> Self {
        Self::float_of(2, order, 8, 7)
    }

    /// The `long double` of C on x86-64, `longdouble` or `f16` to numpy there: the 80 bits of an x87
    /// number in 16 bytes.
    #[must_use]
    pub fn long_double() -> Self {
        let float = Float {
            order: FloatOrder::Little,
            low_pad: false,
            high_pad: false,
            internal_pad: false,
            normalization: Normalization::None,
            sign_position: 79,
            offset: 0,
            precision: 80,
            exponent_position: 64,
            exponent_size: 15,
            mantissa_position: 0,
            mantissa_size: 64,
            exponent_bias: 16_383,
        };
        Self { version: 1, size: 16, class: Class::Float(float) }
    }

    /// A number with a sign, an exponent and a mantissa with an implied bit, with no gaps.
    fn float_of(size: u32, order: ByteOrder, exponent_size: u8, mantissa_size: u8) -> Self {
        let order = match order {
            ByteOrder::Little => FloatOrder::Little,
            ByteOrder::Big => FloatOrder::Big,
        };
        let float = Float::without_gaps(order, exponent_size, mantissa_size);
        Self { version: 1, size, class: Class::Float(float) }
    }

    /// A string of `size` bytes.
    ///
    /// # Errors
    ///
    /// Where `size` is 0.
    pub fn fixed_string(
        size: u32,
        padding: StringPadding,
        character_set: CharacterSet,
    ) -> Result<Self> {
        let class = Class::String(FixedString { padding, character_set });
        Self { version: 1, size, class }.sized()
    }

    /// Bytes without a meaning, `tag` saying what they are.
    ///
    /// # Errors
    ///
    /// Where `size` is 0, or the tag is longer than 248 bytes or holds a NUL.
    pub fn opaque(size: u32, tag: &str) -> Result<Self> {
        if tag.len() > 248 || tag.contains('\0') {
            return Err(Error::usage("an opaque tag has up to 248 bytes, none of them NUL"));
        }
        Self { version: 1, size, class: Class::Opaque { tag: tag.into() } }.sized()
    }

    /// A compound of `size` bytes.
    ///
    /// # Errors
    ///
    /// Where there are no members, or more than 65,535, or one lies outside the element, shares
    /// bytes with another, or has another's name.
    pub fn compound(size: u32, members: Vec<Member>) -> Result<Self> {
        super::compound::check(&members, size)?;
        let lowest = |member: &Member| match member.datatype.class {
            Class::Array(_) => member.datatype.version.max(2),
            _ => member.datatype.version,
        };
        // A complex member needs no newer compound around it.
        let version = members.iter().map(lowest).max().unwrap_or(1);
        let version = if version > 2 { 3 } else { version };
        Ok(Self { version, size, class: Class::Compound(members) })
    }

    /// Named values of the integer type `base`.
    ///
    /// # Errors
    ///
    /// Where `base` is not an integer type, or a value has not its size.
    pub fn enumeration(base: Self, members: Vec<EnumerationMember>) -> Result<Self> {
        if !matches!(base.class, Class::Integer(_)) {
            return Err(Error::usage("the base of an enumeration is an integer type"));
        }
        if members.iter().any(|m| u32::try_from(m.value.len()).ok() != Some(base.size)) {
            return Err(Error::usage("the values of an enumeration have the size of its base"));
        }
        if u16::try_from(members.len()).is_err() {
            return Err(Error::usage("an enumeration has up to 65,535 members"));
        }
        let (version, size) = (base.version, base.size);
        let class = Class::Enum(Enumeration { base: Box::new(base), members });
        Ok(Self { version, size, class })
    }

    /// A block of `dimensions` elements of type `base`.
    ///
    /// # Errors
    ///
    /// Where there are no dimensions, more than 32, one is 0, or the block has 4 GiB or more.
    pub fn array(base: Self, dimensions: &[u32]) -> Result<Self> {
        if dimensions.is_empty() || dimensions.len() > 32 || dimensions.contains(&0) {
            return Err(Error::usage("an array has 1 to 32 dimensions, none of them 0"));
        }
        let version = base.version.max(2);
        let array = ArrayType { dimensions: dimensions.to_vec(), base: Box::new(base) };
        let size = array.size().ok_or_else(|| Error::usage("an array of 4 GiB or more"))?;
        Ok(Self { version, size, class: Class::Array(array) })
    }

    /// A complex number whose parts are of the float type `base`.
    ///
    /// # Errors
    ///
    /// Where `base` is not a float type.
    pub fn complex(base: Self) -> Result<Self> {
        let size = base.size.checked_mul(2).filter(|_| matches!(base.class, Class::Float(_)));
        let size = size.ok_or_else(|| Error::usage("the base of a complex is a float type"))?;
        let class = Class::Complex(Complex {
            homogeneous: true,
            form: ComplexForm::Rectangular,
            base: Box::new(base),
        });
        Ok(Self { version: 5, size, class })
    }

    /// A sequence of any length, as a file with 8-byte addresses stores it. Where it is written to
    /// another file, its elements get the size they have there.
    #[must_use]
    pub fn var_len_sequence(base: Self) -> Self {
        Self::sequence(base, Sizes { offsets: 8, lengths: 8 })
    }

    /// A string of any length, as a file with 8-byte addresses stores it. Where it is written to
    /// another file, its elements get the size they have there.
    #[must_use]
    pub fn var_len_string(character_set: CharacterSet) -> Self {
        Self::string(character_set, Sizes { offsets: 8, lengths: 8 })
    }

    /// A reference, as a file with 8-byte addresses stores it. Where it is written to another file,
    /// its elements get the size they have there.
    #[must_use]
    pub fn reference_to(kind: ReferenceKind) -> Self {
        Self::reference(kind, Sizes { offsets: 8, lengths: 8 })
    }

    /// A sequence of any length, in a file of the given widths.
    pub(crate) fn sequence(base: Self, sizes: Sizes) -> Self {
        let version = base.version;
        let class = Class::VarLen(VarLen {
            kind: VarLenKind::Sequence,
            padding: StringPadding::NullTerminated,
            character_set: CharacterSet::Ascii,
            base: Box::new(base),
        });
        Self { version, size: Self::heap_element_size(sizes), class }
    }

    /// A string of any length, in a file of the given widths.
    pub(crate) fn string(character_set: CharacterSet, sizes: Sizes) -> Self {
        // What libhdf5 has there, and compares types by.
        let base = Integer {
            order: ByteOrder::Little,
            signed: false,
            low_pad: false,
            high_pad: false,
            offset: 0,
            precision: 8,
        };
        let base = Self { version: 1, size: 1, class: Class::Integer(base) };
        let class = Class::VarLen(VarLen {
            kind: VarLenKind::String,
            padding: StringPadding::NullTerminated,
            character_set,
            base: Box::new(base),
        });
        Self { version: 1, size: Self::heap_element_size(sizes), class }
    }

    /// A reference, in a file of the given widths.
    pub(crate) fn reference(kind: ReferenceKind, sizes: Sizes) -> Self {
        let offsets = u32::from(sizes.offsets);
        let size = match kind {
            ReferenceKind::Object => offsets,
            ReferenceKind::Region => offsets.saturating_add(4),
            _ => offsets.saturating_add(4 + 4 + 2),
        };
        let version = if kind.is_revised() { 4 } else { 1 };
        Self { version, size, class: Class::Reference(kind) }
    }

    /// Bytes of an element that stands for data in the heap: length, address, index.
    pub(super) fn heap_element_size(sizes: Sizes) -> u32 {
        u32::from(sizes.offsets).saturating_add(4 + 4)
    }

    fn sized(self) -> Result<Self> {
        if self.size == 0 { Err(Error::usage("a datatype of 0 bytes")) } else { Ok(self) }
    }
}

/// The precision of a number that fills `size` bytes.
fn all_bits(size: u32) -> Result<u16> {
    size.checked_mul(8)
        .and_then(|bits| u16::try_from(bits).ok())
        .filter(|bits| *bits != 0)
        .ok_or_else(|| Error::usage(format!("no number has {size} bytes")))
}
