//! Record of the trees, and of the lists, that index shared object header messages: type 7.

use super::Record;
use super::record::fit_exactly;
use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, wide};
use crate::error::Result;

const IN_HEAP: u8 = 0;
const IN_HEADER: u8 = 1;

/// Type 7: shared object header message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SharedMessageRecord {
    /// lookup3 of the message with its type as initial value: the key, ties broken by the message.
    pub(crate) hash: u32,
    pub(crate) location: SharedMessageLocation,
}

/// Where a shared message is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SharedMessageLocation {
    /// In the index's fractal heap.
    Heap {
        /// Headers that refer to it.
        reference_count: u32,
        heap_id: [u8; 8],
    },
    /// In the one object header that uses it.
    Header {
        message_type: u8,
        /// Creation index of the message within the header.
        creation_index: u16,
        header: Address,
    },
}

impl SharedMessageRecord {
    /// Bytes of a record, wherever its message is.
    pub(crate) fn size(sizes: Sizes) -> u64 {
        Self::location_size(sizes).saturating_add(5)
    }

    fn location_size(sizes: Sizes) -> u64 {
        sizes.o().saturating_add(4).max(12)
    }
}

impl Structure for SharedMessageRecord {
    const NAME: &'static str = "Version 2 B-tree, Type 7 Record";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let kind = d.u8_in("Message Location", IN_HEAP..=IN_HEADER)?;
        let hash = d.u32("Hash")?;
        let len = usize::try_from(Self::location_size(d.sizes())).unwrap_or(usize::MAX);
        let mut part = d.part(Self::NAME, "Location", len)?;
        let location = if kind == IN_HEADER {
            part.skip("Reserved", 1)?;
            SharedMessageLocation::Header {
                message_type: part.u8("Message Type")?,
                creation_index: part.u16("Object Header Index")?,
                header: part.defined_address("Object Header Address")?,
            }
        } else {
            SharedMessageLocation::Heap {
                reference_count: part.u32("Reference Count")?,
                heap_id: part.array("Heap ID")?,
            }
        };
        Ok(Self { hash, location })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let start = wide(e.position());
        let end = start.saturating_add(Self::size(e.sizes()));
        match &self.location {
            SharedMessageLocation::Heap { reference_count, heap_id } => {
                e.u8(IN_HEAP);
                e.u32(self.hash);
                e.u32(*reference_count);
                e.bytes(heap_id);
            }
            SharedMessageLocation::Header { message_type, creation_index, header } => {
                e.u8(IN_HEADER);
                e.u32(self.hash);
                e.u8(0);
                e.u8(*message_type);
                e.u16(*creation_index);
                e.address("Object Header Address", Some(*header))?;
            }
        }
        let padding = end.saturating_sub(wide(e.position()));
        e.zeros(usize::try_from(padding).unwrap_or(0));
        Ok(())
    }
}

impl Record for SharedMessageRecord {
    const TYPE: u8 = 7;
    type Context = ();

    fn fit((): &(), size: u16, sizes: Sizes) -> Option<()> {
        fit_exactly(size, Self::size(sizes))
    }

    fn may_follow(&self, previous: &Self) -> bool {
        previous.hash <= self.hash
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;
    use crate::format::btree2::record::tests::check_size;

    proptest! {
        #[test]
        fn round_trips(
            (hash, reference_count, heap_id) in any::<(u32, u32, [u8; 8])>(),
            (message_type, creation_index) in any::<(u8, u16)>(),
            header in (0..0xffff_u64).prop_map(Address),
        ) {
            let in_heap = SharedMessageLocation::Heap { reference_count, heap_id };
            let in_header = SharedMessageLocation::Header { message_type, creation_index, header };
            for location in [in_heap, in_header] {
                let record = SharedMessageRecord { hash, location };
                check_round_trip(&record);
                check_size(&record);
            }
        }
    }
}
