//! A dataspace and a selection of it, outside of any file: what `H5Sencode` makes.
//!
//! ```text
//! message type (1): 1     version (1): 0     size of lengths (1)     size of the message (4)
//! dataspace message       selection
//! ```

use super::message::Dataspace;
use super::selection::StoredSelection;
use crate::codec::{Decoder, Encoder, Sizes, Structure, StructureIn};
use crate::error::Result;

/// Type of dataspace messages.
const DATASPACE: u8 = 1;

/// A dataspace and a selection of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncodedDataspace {
    pub(crate) dataspace: Dataspace,
    pub(crate) selection: StoredSelection,
}

impl Structure for EncodedDataspace {
    const NAME: &'static str = "Encoded Dataspace";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Message Type", DATASPACE..=DATASPACE)?;
        d.u8_in("Version", 0..=0)?;
        let width =
            d.checked("Size of Lengths", Decoder::u8, |width| matches!(width, 2 | 4 | 8))?;
        let size = d.u32("Size of Message")?;
        let size = usize::try_from(size).map_err(|_| d.broken("Size of Message", "too large"))?;
        let mut message = d.part(<Dataspace as Structure>::NAME, "Dataspace", size)?;
        message.set_sizes(Sizes { lengths: width, ..d.sizes() });
        let dataspace = Dataspace::decode(&mut message)?;
        let name = <StoredSelection as Structure>::NAME;
        let selection = d.embedded(name, "Selection", StoredSelection::decode)?;
        Ok(Self { dataspace, selection })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let message = self.dataspace.to_bytes_in(e.sizes(), &())?;
        e.u8(DATASPACE);
        e.u8(0);
        e.u8(e.sizes().lengths);
        e.u32(e.count("Size of Message", message.len())?);
        e.bytes(&message);
        self.selection.encode(e)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;
    use crate::format::message::DataspaceKind;
    use crate::format::selection::testing::any_selection;

    proptest! {
        #[test]
        fn any_of_them_round_trips(selection in any_selection(), grows: bool) {
            let maximum = Some(vec![Some(7), if grows { None } else { Some(9) }]);
            let kind = DataspaceKind::Simple;
            let dataspace = Dataspace { version: 1, kind, dimensions: vec![7, 4], maximum };
            check_round_trip(&EncodedDataspace { dataspace, selection });
        }
    }
}
