//! Shared Message Table message (specification IV.A.2.p).

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::Result;

/// Most indexes of a shared message table.
const MAXIMUM_INDEXES: u8 = 8;

/// Shared Message Table message: where the file keeps the messages that headers share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SharedMessageTable {
    /// "Shared Object Header Message Table Address".
    pub(crate) address: Address,
    pub(crate) number_of_indices: u8,
}

impl Structure for SharedMessageTable {
    const NAME: &'static str = "Shared Message Table Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 0..=0)?;
        Ok(Self {
            address: d.defined_address("Shared Object Header Message Table Address")?,
            number_of_indices: d.u8_in("Number of Indices", 1..=MAXIMUM_INDEXES)?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        e.address("Shared Object Header Message Table Address", Some(self.address))?;
        e.u8(self.number_of_indices);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&SharedMessageTable { address: Address(0x99), number_of_indices: 2 });
    }
}
