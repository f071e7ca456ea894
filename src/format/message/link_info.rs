//! Link Info message (specification IV.A.2.c).

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::Result;

const TRACKED: u8 = 1 << 0;
const INDEXED: u8 = 1 << 1;

/// Link Info message: where a group keeps its links when they do not fit its header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LinkInfo {
    /// Creation order of the next link; `None` where the group does not track it.
    pub(crate) maximum_creation_index: Option<u64>,
    /// `None` where the links lie in the header.
    pub(crate) fractal_heap: Option<Address>,
    pub(crate) name_index: Option<Address>,
    /// `None` where creation order is not indexed.
    pub(crate) creation_order_index: Option<Option<Address>>,
}

impl LinkInfo {
    fn flags(&self) -> u8 {
        let tracked = self.maximum_creation_index.map_or(0, |_| TRACKED);
        let indexed = self.creation_order_index.map_or(0, |_| INDEXED);
        tracked | indexed
    }
}

impl Structure for LinkInfo {
    const NAME: &'static str = "Link Info Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 0..=0)?;
        let flags = d.u8_in("Flags", 0..=(TRACKED | INDEXED))?;
        let has = |flag| flags & flag != 0;
        let positive = |index: u64| i64::try_from(index).is_ok();
        Ok(Self {
            maximum_creation_index: has(TRACKED)
                .then(|| d.checked("Maximum Creation Index", Decoder::u64, positive))
                .transpose()?,
            fractal_heap: d.address("Fractal Heap Address")?,
            name_index: d.address("Address of v2 B-tree for Name Index")?,
            creation_order_index: has(INDEXED)
                .then(|| d.address("Address of v2 B-tree for Creation Order Index"))
                .transpose()?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        e.u8(self.flags());
        if let Some(index) = self.maximum_creation_index {
            e.u64(index);
        }
        e.address("Fractal Heap Address", self.fractal_heap)?;
        e.address("Address of v2 B-tree for Name Index", self.name_index)?;
        if let Some(address) = self.creation_order_index {
            e.address("Address of v2 B-tree for Creation Order Index", address)?;
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
        check_round_trip(&LinkInfo::default());
        check_round_trip(&LinkInfo {
            maximum_creation_index: Some(7),
            fractal_heap: Some(Address(0x30)),
            name_index: Some(Address(0x90)),
            creation_order_index: Some(None),
        });
    }
}
