//! References and the identifiers they hold (specification III.E, IV.B and VIII).

use crate::codec::{Address, Decoder, Encoder};
use crate::error::Result;

/// "Global Heap ID": an object of a global heap collection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HeapId {
    /// The collection, `None` where there is no object.
    pub(crate) address: Option<Address>,
    /// The object's number in the collection.
    pub(crate) index: u32,
}

impl HeapId {
    /// Reads the two fields in the midst of another structure.
    pub(crate) fn decode_from(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self { address: d.address("Collection Address")?, index: d.u32("Object Index")? })
    }

    /// Writes the two fields in the midst of another structure.
    pub(crate) fn encode_to(&self, e: &mut Encoder) -> Result<()> {
        e.address("Collection Address", self.address)?;
        e.u32(self.index);
        Ok(())
    }
}
