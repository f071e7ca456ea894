//! Bytes to values and back. No I/O.

mod decoder;
mod encoder;
mod lookup3;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;
pub(crate) use lookup3::{lookup3, lookup3_seeded};

use crate::error::Result;
use crate::limits::Limits;

/// A file address: never the undefined address, which is `None` of `Option<Address>`.
///
/// Counts from the file's base address, not from the start of the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address(pub(crate) u64);

impl Address {
    /// The address that 8 bytes hold; `None` of the undefined one.
    #[inline]
    pub(crate) fn of_word(word: u64) -> Option<Self> {
        (word != u64::MAX).then_some(Self(word))
    }

    /// The address `bytes` further on; the last address of all where there is none.
    pub(crate) fn plus(self, bytes: u64) -> Self {
        Self(self.0.saturating_add(bytes))
    }
}

/// The first words of 8 bytes, where they are there: for what is read by the million, always in the same
/// widths.
#[inline]
pub(crate) fn words<const N: usize>(bytes: &[u8]) -> Option<[u64; N]> {
    let words = bytes.as_chunks::<8>().0.first_chunk::<N>()?;
    Some(words.map(u64::from_le_bytes))
}

/// Widths the superblock fixes for the whole file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Superblock field "Size of Offsets".
    pub(crate) offsets: u8,
    /// Superblock field "Size of Lengths".
    pub(crate) lengths: u8,
}

impl Sizes {
    /// Bytes of an address.
    pub(crate) fn o(self) -> u64 {
        u64::from(self.offsets)
    }

    /// Bytes of a length.
    pub(crate) fn l(self) -> u64 {
        u64::from(self.lengths)
    }
}

/// A structure of the file format: one type, both directions.
///
/// `encode` must write exactly the bytes `decode` reads; `codec::testing::check_round_trip`
/// holds every implementor to it.
pub(crate) trait Structure: Sized {
    /// The structure's name in the specification.
    const NAME: &'static str;

    fn decode(d: &mut Decoder<'_>) -> Result<Self>;

    fn encode(&self, e: &mut Encoder) -> Result<()>;
}

/// A structure whose bytes cannot be understood without facts that stand elsewhere in the file
/// (the rank of a chunk key, the length of an array).
pub(crate) trait StructureIn<C: ?Sized>: Sized {
    /// The structure's name in the specification.
    const NAME: &'static str;

    fn decode_in(d: &mut Decoder<'_>, context: &C) -> Result<Self>;

    fn encode_in(&self, e: &mut Encoder, context: &C) -> Result<()>;

    /// Size on disk, found by encoding: never a second hand-kept sum.
    fn to_bytes_in(&self, sizes: Sizes, context: &C) -> Result<Vec<u8>> {
        let mut encoder = Encoder::new(Self::NAME, sizes);
        self.encode_in(&mut encoder, context)?;
        Ok(encoder.into_bytes())
    }

    /// As [`to_bytes_in`](Self::to_bytes_in), in place of what `bytes` hold: of what there are many,
    /// one after the other.
    fn replace_bytes(&self, bytes: &mut Vec<u8>, sizes: Sizes, context: &C) -> Result<()> {
        bytes.clear();
        let mut encoder = Encoder::behind(Self::NAME, sizes, std::mem::take(bytes));
        self.encode_in(&mut encoder, context)?;
        *bytes = encoder.into_bytes();
        Ok(())
    }

    /// As [`to_bytes_in`](Self::to_bytes_in), where the size on disk is known, more or less.
    fn to_about(&self, room: usize, sizes: Sizes, context: &C) -> Result<Vec<u8>> {
        let mut encoder = Encoder::with_room(Self::NAME, sizes, room);
        self.encode_in(&mut encoder, context)?;
        Ok(encoder.into_bytes())
    }

    fn from_bytes_in(
        bytes: &[u8],
        offset: u64,
        sizes: Sizes,
        limits: &Limits,
        context: &C,
    ) -> Result<Self> {
        Self::decode_in(&mut Decoder::new(Self::NAME, bytes, offset, sizes, limits), context)
    }
}

impl<T: Structure> StructureIn<()> for T {
    const NAME: &'static str = T::NAME;

    fn decode_in(d: &mut Decoder<'_>, _: &()) -> Result<Self> {
        Self::decode(d)
    }

    fn encode_in(&self, e: &mut Encoder, _: &()) -> Result<()> {
        self.encode(e)
    }
}

/// `n` as a 64-bit number. Never loses anything: `usize` has at most 64 bits.
pub(crate) fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Bytes needed to hold `n`: 1 for 0, at most 8.
pub(crate) fn bytes_needed(n: u64) -> u8 {
    u8::try_from(floor_log2(n) >> 3).unwrap_or(7).saturating_add(1)
}

/// The integer logarithm to base 2, rounded down; 0 for 0.
pub(crate) fn floor_log2(n: u64) -> u32 {
    n.checked_ilog2().unwrap_or(0)
}

#[cfg(test)]
pub(crate) mod testing {
    use std::fmt::Debug;

    use super::{Sizes, StructureIn};
    use crate::error::Error;
    use crate::limits::Limits;

    /// The widths a file may have.
    pub(crate) const SIZES: [Sizes; 6] = [
        Sizes { offsets: 2, lengths: 2 },
        Sizes { offsets: 4, lengths: 4 },
        Sizes { offsets: 8, lengths: 4 },
        Sizes { offsets: 4, lengths: 8 },
        Sizes { offsets: 8, lengths: 8 },
        Sizes { offsets: 2, lengths: 8 },
    ];

    /// Cases of a property test: few under Miri, which is slow.
    pub(crate) const fn cases(all: u32) -> u32 {
        if cfg!(miri) { 1 } else { all }
    }

    /// Round-trips `value` at every legal pair of widths, and checks that every truncation fails
    /// with an error that names the structure and an offset inside it.
    pub(crate) fn check_round_trip<T: StructureIn<()> + Debug + PartialEq>(value: &T) {
        check_round_trip_in(value, &());
    }

    /// [`check_round_trip`] of a structure that needs a context.
    pub(crate) fn check_round_trip_in<C, T: StructureIn<C> + Debug + PartialEq>(
        value: &T,
        context: &C,
    ) {
        for sizes in SIZES {
            check_round_trip_at(value, context, sizes);
        }
    }

    /// [`check_round_trip_in`] at one pair of widths.
    pub(crate) fn check_round_trip_at<C, T: StructureIn<C> + Debug + PartialEq>(
        value: &T,
        context: &C,
        sizes: Sizes,
    ) {
        const AT: u64 = 0x1000;
        let decode = |bytes: &[u8]| T::from_bytes_in(bytes, AT, sizes, &Limits::DEFAULT, context);
        let bytes = value.to_bytes_in(sizes, context).unwrap();
        assert_eq!(&decode(&bytes).unwrap(), value, "at {sizes:?}");
        let step = if cfg!(miri) { bytes.len() / 4 + 1 } else { 1 };
        for len in (0..bytes.len()).step_by(step) {
            let error = match decode(&bytes[..len]) {
                Ok(value) => panic!("{} bytes of {} gave {value:?}", len, bytes.len()),
                Err(error) => error,
            };
            assert!(names::<C, T>(&error), "{error}");
            let location = error.location().unwrap();
            assert!((AT..=AT + len as u64).contains(&location.offset), "{error}");
        }
    }

    fn names<C, T: StructureIn<C>>(error: &Error) -> bool {
        let location = error.location().expect("a decode error has a location");
        location.structure == T::NAME
            || error.enclosing().iter().any(|outer| outer.structure == T::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_the_bytes_they_need() {
        let found = [0, 1, 255, 256, 65_535, 65_536, u64::MAX].map(bytes_needed);
        assert_eq!(found, [1, 1, 1, 2, 2, 3, 8]);
    }
}
