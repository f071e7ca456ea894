//! Shared message (specification IV.A.2, "Shared Message").

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::{Malformed, Result};

const IN_HEAP: u8 = 1;
const IN_HEADER: u8 = 2;

/// The body of a message that is flagged as shared: where the real one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SharedMessage {
    /// 1 to 3.
    pub(crate) version: u8,
    pub(crate) location: SharedLocation,
}

/// Where a shared message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SharedLocation {
    /// The message of the same type in this object header (of a committed datatype).
    Header(Address),
    /// An object of the heap in which the file keeps shared messages of this type. From version 3.
    Heap([u8; 8]),
}

impl Structure for SharedMessage {
    const NAME: &'static str = "Shared Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let version = d.u8_in("Version", 1..=3)?;
        let before = d.clone();
        let kind = d.u8("Type")?;
        if version == 3 && kind == IN_HEAP {
            return Ok(Self { version, location: SharedLocation::Heap(d.array("Location")?) });
        }
        // Before version 3 there is but one kind, whatever the field says.
        if version == 3 && kind != IN_HEADER {
            return Err(before.malformed("Type", Malformed::Value { found: u64::from(kind) }));
        }
        if version == 1 {
            d.skip("Reserved", 6)?;
            d.skip("Reserved", usize::from(d.sizes().lengths))?;
        }
        Ok(Self { version, location: SharedLocation::Header(d.defined_address("Location")?) })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(self.version);
        match (self.version, self.location) {
            (3, SharedLocation::Heap(id)) => {
                e.u8(IN_HEAP);
                e.bytes(&id);
                return Ok(());
            }
            (_, SharedLocation::Heap(_)) => {
                return Err(e.broken("Type", "only version 3 can refer to the heap"));
            }
            (1, SharedLocation::Header(_)) => {
                e.zeros(7);
                e.zeros(usize::from(e.sizes().lengths));
            }
            (_, SharedLocation::Header(_)) => e.u8(IN_HEADER),
        }
        let SharedLocation::Header(address) = self.location else { return Ok(()) };
        e.address("Location", Some(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        for version in 1..=3 {
            let location = SharedLocation::Header(Address(0x1234));
            check_round_trip(&SharedMessage { version, location });
        }
        let location = SharedLocation::Heap([1, 2, 3, 4, 5, 6, 7, 8]);
        check_round_trip(&SharedMessage { version: 3, location });
    }
}
