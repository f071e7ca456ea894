//! Data Storage - Fill Value (Old) message (specification IV.A.2.e).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

/// Fill Value (Old) message: holds where there is no Fill Value message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FillValueOld {
    /// One element of the dataset's type, as stored.
    pub(crate) value: Vec<u8>,
}

impl Structure for FillValueOld {
    const NAME: &'static str = "Fill Value (Old) Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let size = d.u32("Size")?;
        let value = d.bytes_u64("Fill Value", u64::from(size))?.to_vec();
        Ok(Self { value })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u32(e.count("Size", self.value.len())?);
        e.bytes(&self.value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&FillValueOld::default());
        check_round_trip(&FillValueOld { value: vec![1, 2, 3] });
    }
}
