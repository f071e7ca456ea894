//! Object Modification Time message (specification IV.A.2.s).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

/// Object Modification Time message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModificationTime {
    /// Since the start of 1970, UTC.
    pub(crate) seconds: u32,
}

impl Structure for ModificationTime {
    const NAME: &'static str = "Object Modification Time Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 1..=1)?;
        d.skip("Reserved", 3)?;
        Ok(Self { seconds: d.u32("Seconds After UNIX Epoch")? })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(1);
        e.zeros(3);
        e.u32(self.seconds);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&ModificationTime { seconds: 0x5eed_5eed });
    }
}
