//! Bogus message (specification IV.A.2.j).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

const VALUE: u32 = 0xdead_beef;

/// Bogus message: says nothing, and exists to test libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bogus;

impl Structure for Bogus {
    const NAME: &'static str = "Bogus Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.checked("Bogus Value", Decoder::u32, |value| value == VALUE)?;
        Ok(Self)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u32(VALUE);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&Bogus);
    }
}
