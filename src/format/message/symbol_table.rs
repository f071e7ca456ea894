//! Symbol Table message (specification IV.A.2.r).

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::Result;

/// Symbol Table message: where an old-style group keeps its links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SymbolTable {
    /// "v1 B-tree Address".
    pub(crate) btree: Address,
    /// "Local Heap Address".
    pub(crate) heap: Address,
}

impl Structure for SymbolTable {
    const NAME: &'static str = "Symbol Table Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self {
            btree: d.defined_address("v1 B-tree Address")?,
            heap: d.defined_address("Local Heap Address")?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.address("v1 B-tree Address", Some(self.btree))?;
        e.address("Local Heap Address", Some(self.heap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&SymbolTable { btree: Address(0x88), heap: Address(0x2a8) });
    }
}
