//! B-tree 'K' Values message (specification IV.A.2.t).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

/// B-tree 'K' Values message: how wide the file's version 1 B-trees are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BTreeK {
    /// "Indexed Storage Internal Node K".
    pub(crate) indexed_storage: u16,
    /// "Group Internal Node K".
    pub(crate) group_internal: u16,
    /// "Group Leaf Node K".
    pub(crate) group_leaf: u16,
}

impl Structure for BTreeK {
    const NAME: &'static str = "B-tree 'K' Values Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let some = |k| k != 0;
        d.u8_in("Version", 0..=0)?;
        Ok(Self {
            indexed_storage: d.checked("Indexed Storage Internal Node K", Decoder::u16, some)?,
            group_internal: d.checked("Group Internal Node K", Decoder::u16, some)?,
            group_leaf: d.checked("Group Leaf Node K", Decoder::u16, some)?,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        e.u16(self.indexed_storage);
        e.u16(self.group_internal);
        e.u16(self.group_leaf);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&BTreeK { indexed_storage: 32, group_internal: 16, group_leaf: 4 });
    }
}
