//! Metadata Cache Image message (specification IV.A.2.y).

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::Result;

/// Metadata Cache Image message: where a block lies that supersedes metadata elsewhere in the
/// file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MetadataCacheImage {
    /// `None` where there is no image.
    pub(crate) address: Option<Address>,
    /// In bytes; 0 where there is no image.
    pub(crate) size: u64,
}

impl Structure for MetadataCacheImage {
    const NAME: &'static str = "Metadata Cache Image Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 0..=0)?;
        Ok(Self {
            address: d.address("Metadata Cache Image Address")?,
            size: d.length("Metadata Cache Image Size")?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        e.address("Metadata Cache Image Address", self.address)?;
        e.length("Metadata Cache Image Size", self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&MetadataCacheImage::default());
        check_round_trip(&MetadataCacheImage { address: Some(Address(0x800)), size: 912 });
    }
}
