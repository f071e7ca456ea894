//! Attribute Info message (specification IV.A.2.v).

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::Result;

const TRACKED: u8 = 1 << 0;
const INDEXED: u8 = 1 << 1;

/// Attribute Info message: where an object keeps its attributes when they do not fit its header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AttributeInfo {
    /// Creation index of the next attribute; `None` where the object does not track it.
    pub(crate) maximum_creation_index: Option<u16>,
    /// `None` where the attributes lie in the header.
    pub(crate) fractal_heap: Option<Address>,
    pub(crate) name_index: Option<Address>,
    /// `None` where creation order is not indexed.
    pub(crate) creation_order_index: Option<Option<Address>>,
}

impl AttributeInfo {
    fn flags(&self) -> u8 {
        let tracked = self.maximum_creation_index.map_or(0, |_| TRACKED);
        let indexed = self.creation_order_index.map_or(0, |_| INDEXED);
        tracked | indexed
    }
}

impl Structure for AttributeInfo {
    const NAME: &'static str = "Attribute Info Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 0..=0)?;
        let flags = d.u8_in("Flags", 0..=(TRACKED | INDEXED))?;
        let has = |flag| flags & flag != 0;
        Ok(Self {
            maximum_creation_index: has(TRACKED)
                .then(|| d.u16("Maximum Creation Index"))
                .transpose()?,
            fractal_heap: d.address("Fractal Heap Address")?,
            name_index: d.address("Attribute Name v2 B-tree Address")?,
            creation_order_index: has(INDEXED)
                .then(|| d.address("Attribute Creation Order v2 B-tree Address"))
                .transpose()?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        e.u8(self.flags());
        if let Some(index) = self.maximum_creation_index {
            e.u16(index);
        }
        e.address("Fractal Heap Address", self.fractal_heap)?;
        e.address("Attribute Name v2 B-tree Address", self.name_index)?;
        if let Some(address) = self.creation_order_index {
            e.address("Attribute Creation Order v2 B-tree Address", address)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&AttributeInfo::default());
        check_round_trip(&AttributeInfo {
            maximum_creation_index: Some(7),
            fractal_heap: Some(Address(0x30)),
            name_index: Some(Address(0x90)),
            creation_order_index: Some(Some(Address(0xb0))),
        });
    }
}
