//! Object Header Continuation message (specification IV.A.2.q).

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::Result;

/// Object Header Continuation message: where the header goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Continuation {
    /// "Offset".
    pub(crate) address: Address,
    /// Size of the block, in bytes, its signature and checksum included; never zero.
    pub(crate) length: u64,
}

impl Structure for Continuation {
    const NAME: &'static str = "Object Header Continuation Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            address: d.defined_address("Offset")?,
            length: d.checked("Length", Decoder::length, |length| length != 0)?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("Offset", Some(self.address))?;
        e.length("Length", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&Continuation { address: Address(0x99), length: 120 });
    }
}
