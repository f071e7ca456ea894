//! External Data Files message (specification IV.A.2.h).

use crate::codec::{Address, Decoder, Encoder, Structure};
use crate::error::Result;

/// External Data Files message: the raw files that hold a dataset's elements, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExternalFiles {
    /// "Allocated Slots". Only the used ones are stored.
    pub(crate) allocated: u16,
    /// Local heap that holds the file names.
    pub(crate) heap: Address,
    pub(crate) slots: Vec<ExternalFileSlot>,
}

/// A part of one raw file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExternalFileSlot {
    /// Where the local heap holds the file's name.
    pub(crate) name_offset: u64,
    /// Offset of the part in the file, in bytes.
    pub(crate) offset: u64,
    /// Size of the part, in bytes, `None` where it is unlimited.
    pub(crate) size: Option<u64>,
}

impl Structure for ExternalFiles {
    const NAME: &'static str = "External Data Files Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 1..=1)?;
        d.skip("Reserved", 3)?;
        let allocated = d.checked("Allocated Slots", Decoder::u16, |slots| slots != 0)?;
        let used = d.checked("Used Slots", Decoder::u16, |used| used <= allocated)?;
        let heap = d.defined_address("Heap Address")?;
        let slots = (0..used)
            .map(|_| {
                Ok(ExternalFileSlot {
                    name_offset: d.length("Name Offset")?,
                    offset: d.length("Offset in External Data File")?,
                    size: d.length_or_unlimited("Data Size in External File")?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { allocated, heap, slots })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(1);
        e.zeros(3);
        e.u16(self.allocated);
        e.u16(e.count("Used Slots", self.slots.len())?);
        e.address("Heap Address", Some(self.heap))?;
        for slot in &self.slots {
            e.length("Name Offset", slot.name_offset)?;
            e.length("Offset in External Data File", slot.offset)?;
            e.length_or_unlimited("Data Size in External File", slot.size)?;
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
        check_round_trip(&ExternalFiles {
            allocated: 3,
            heap: Address(0x800),
            slots: vec![
                ExternalFileSlot { name_offset: 8, offset: 0, size: Some(40) },
                ExternalFileSlot { name_offset: 24, offset: 16, size: None },
            ],
        });
    }
}
