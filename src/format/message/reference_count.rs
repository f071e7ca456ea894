//! Object Reference Count message (specification IV.A.2.w).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

/// Object Reference Count message: how many hard links the object has, where not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReferenceCount {
    pub(crate) count: u32,
}

impl Structure for ReferenceCount {
    const NAME: &'static str = "Object Reference Count Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 0..=0)?;
        Ok(Self { count: d.u32("Reference Count")? })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        e.u32(self.count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&ReferenceCount { count: 3 });
    }
}
