//! Data Storage - Fill Value message (specification IV.A.2.f).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

const UNDEFINED: u8 = 1 << 4;
const HAS_VALUE: u8 = 1 << 5;
const TIME_MASK: u8 = 0b11;
const WRITE_TIME_SHIFT: u8 = 2;

/// Fill Value message: what elements hold that nobody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FillValue {
    /// 1 to 3.
    pub(crate) version: u8,
    pub(crate) allocation_time: AllocationTime,
    pub(crate) write_time: FillWriteTime,
    pub(crate) value: FillDefinition,
}

/// "Space Allocation Time": when a dataset's storage is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AllocationTime(pub(crate) u8);

impl AllocationTime {
    /// When the dataset is created.
    pub(crate) const EARLY: Self = Self(1);
    /// When something is first written.
    pub(crate) const LATE: Self = Self(2);
    /// Chunk by chunk.
    pub(crate) const INCREMENTAL: Self = Self(3);
}

/// "Fill Value Write Time": when the fill value is written to storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FillWriteTime(pub(crate) u8);

impl FillWriteTime {
    pub(crate) const ON_ALLOCATION: Self = Self(0);
    pub(crate) const NEVER: Self = Self(1);
    /// On allocation, where a fill value is defined.
    pub(crate) const IF_SET: Self = Self(2);
}

/// The fill value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FillDefinition {
    /// Unwritten elements hold anything.
    Undefined,
    /// All bytes zero.
    Default,
    /// One element of the dataset's type, as stored. Never empty.
    User(Vec<u8>),
}

impl FillValue {
    fn decode_old(d: &mut Decoder<'_>, version: u8) -> Result<Self> {
        let allocation_time = AllocationTime(d.u8("Space Allocation Time")?);
        let write_time = FillWriteTime(d.u8("Fill Value Write Time")?);
        let value = if d.u8("Fill Value Defined")? == 0 {
            FillDefinition::Undefined
        } else {
            // Early writers state a size of -1 where they have no value.
            match u64::try_from(d.i32("Size")?) {
                Ok(size) => decode_value(d, size)?,
                Err(_) => FillDefinition::Undefined,
            }
        };
        Ok(Self { version, allocation_time, write_time, value })
    }

    fn decode_packed(d: &mut Decoder<'_>, version: u8) -> Result<Self> {
        let good =
            |flags: u8| flags >> 6 == 0 && flags & (UNDEFINED | HAS_VALUE) != UNDEFINED | HAS_VALUE;
        let flags = d.checked("Flags", Decoder::u8, good)?;
        let value = if flags & UNDEFINED != 0 {
            FillDefinition::Undefined
        } else if flags & HAS_VALUE != 0 {
            let size = d.u32("Size")?;
            decode_value(d, u64::from(size))?
        } else {
            FillDefinition::Default
        };
        Ok(Self {
            version,
            allocation_time: AllocationTime(flags & TIME_MASK),
            write_time: FillWriteTime((flags >> WRITE_TIME_SHIFT) & TIME_MASK),
            value,
        })
    }

    fn encode_old(&self, e: &mut Encoder) -> Result<()> {
        e.u8(self.allocation_time.0);
        e.u8(self.write_time.0);
        let value: &[u8] = match &self.value {
            FillDefinition::Undefined => {
                e.u8(0);
                return Ok(());
            }
            FillDefinition::Default => &[],
            FillDefinition::User(value) => value,
        };
        e.u8(1);
        e.i32(e.count("Size", value.len())?);
        e.bytes(value);
        Ok(())
    }

    fn encode_packed(&self, e: &mut Encoder) -> Result<()> {
        let (allocation, write) = (self.allocation_time.0, self.write_time.0);
        if allocation > TIME_MASK || write > TIME_MASK {
            return Err(e.broken("Flags", "a time does not fit its two bits"));
        }
        let times = allocation | (write << WRITE_TIME_SHIFT);
        match &self.value {
            FillDefinition::Undefined => e.u8(times | UNDEFINED),
            FillDefinition::Default => e.u8(times),
            FillDefinition::User(value) => {
                e.u8(times | HAS_VALUE);
                e.u32(e.count("Size", value.len())?);
                e.bytes(value);
            }
        }
        Ok(())
    }
}

fn decode_value(d: &mut Decoder<'_>, size: u64) -> Result<FillDefinition> {
    Ok(match d.bytes_u64("Fill Value", size)? {
        [] => FillDefinition::Default,
        value => FillDefinition::User(value.to_vec()),
    })
}

impl Structure for FillValue {
    const NAME: &'static str = "Fill Value Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        match d.u8_in("Version", 1..=3)? {
            version @ 3 => Self::decode_packed(d, version),
            version => Self::decode_old(d, version),
        }
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(self.version);
        if self.version == 3 { self.encode_packed(e) } else { self.encode_old(e) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::codec::StructureIn;
    use crate::codec::testing::{SIZES, check_round_trip};
    use crate::limits::Limits;

    prop_compose! {
        fn fill_value()(
            version in 1_u8..=3,
            allocation in 0_u8..=3,
            write in 0_u8..=3,
            value in prop_oneof![
                Just(FillDefinition::Undefined),
                Just(FillDefinition::Default),
                vec(any::<u8>(), 1..20).prop_map(FillDefinition::User),
            ],
        ) -> FillValue {
            let allocation_time = AllocationTime(allocation);
            FillValue { version, allocation_time, write_time: FillWriteTime(write), value }
        }
    }

    proptest! {
        #[test]
        fn round_trips(value in fill_value()) {
            check_round_trip(&value);
        }
    }

    #[test]
    fn a_size_of_minus_one_is_undefined() {
        let bytes = [2, 1, 2, 1, 0xff, 0xff, 0xff, 0xff];
        let found = FillValue::from_bytes_in(&bytes, 0, SIZES[4], &Limits::DEFAULT, &()).unwrap();
        assert_eq!(found.value, FillDefinition::Undefined);
    }
}
