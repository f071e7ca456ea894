//! Shared object header message tables (specification III.I): where the file keeps messages that
//! several object headers share.
//!
//! See `spec-notes/shared-messages.md`.

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, StructureIn};
use crate::error::Result;
use crate::format::btree2::SharedMessageRecord;
use crate::format::message::MessageType;

/// Shared object header message table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageTable {
    pub(crate) indexes: Vec<MessageIndex>,
}

/// One index of shared messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageIndex {
    /// "Index Type".
    pub(crate) kind: MessageIndexKind,
    /// Bit `i` set: messages of header message type `i` are here.
    pub(crate) message_types: u16,
    /// Bytes of the smallest message that is shared.
    pub(crate) min_message_size: u32,
    /// Messages above which a list becomes a B-tree.
    pub(crate) list_cutoff: u16,
    /// Messages below which a B-tree becomes a list.
    pub(crate) tree_cutoff: u16,
    /// Messages in the index.
    pub(crate) messages: u16,
    /// The list or the B-tree; `None` where no message was ever shared.
    pub(crate) index: Option<Address>,
    /// The fractal heap that holds the messages.
    pub(crate) heap: Option<Address>,
}

/// How an index is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageIndexKind {
    /// A [`RecordList`].
    List,
    /// A version 2 B-tree of [`SharedMessageRecord`]s.
    Tree,
}

impl MessageTable {
    /// Bytes of a table of `indexes` indexes.
    pub(crate) fn size(indexes: u8, sizes: Sizes) -> u64 {
        let index = sizes.o().saturating_mul(2).saturating_add(14);
        index.saturating_mul(u64::from(indexes)).saturating_add(8)
    }

    /// The index of messages of header message type `message_type`.
    pub(crate) fn index_of(&self, message_type: u16) -> Option<usize> {
        // Fill values of both kinds are one type here.
        let fill = message_type == MessageType::FILL_VALUE_OLD.0;
        let message_type = if fill { MessageType::FILL_VALUE.0 } else { message_type };
        let bit = 1_u16.checked_shl(u32::from(message_type))?;
        self.indexes.iter().position(|index| index.message_types & bit != 0)
    }
}

impl StructureIn<u8> for MessageTable {
    const NAME: &'static str = "Shared Object Header Message Table";

    fn decode_in(d: &mut Decoder<'_>, count: &u8) -> Result<Self> {
        d.signature(b"SMTB")?;
        let mut indexes = Vec::new();
        let mut taken = 0;
        for _ in 0..*count {
            let place = d.clone();
            let index =
                d.embedded(<MessageIndex as Structure>::NAME, "Index", MessageIndex::decode)?;
            if index.message_types & taken != 0 {
                let problem = "two indexes hold messages of one type";
                return Err(place.broken("Message Type Flags", problem));
            }
            taken |= index.message_types;
            indexes.push(index);
        }
        d.checksum()?;
        Ok(Self { indexes })
    }

    fn encode_in(&self, e: &mut Encoder, count: &u8) -> Result<()> {
        if self.indexes.len() != usize::from(*count) {
            return Err(e.broken("Index", "not as many indexes as the message says"));
        }
        e.bytes(b"SMTB");
        self.indexes.iter().try_for_each(|index| index.encode(e))?;
        e.checksum();
        Ok(())
    }
}

impl Structure for MessageIndex {
    const NAME: &'static str = "Shared Object Header Message Index";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 0..=0)?;
        let kind = match d.u8_in("Index Type", 0..=1)? {
            0 => MessageIndexKind::List,
            _ => MessageIndexKind::Tree,
        };
        let message_types = d.u16("Message Type Flags")?;
        let min_message_size = d.u32("Minimum Message Size")?;
        let list_cutoff = d.u16("List Cutoff")?;
        let tree_cutoff = d.u16("v2 B-tree Cutoff")?;
        let messages = d.checked("Number of Messages", Decoder::u16, |count| {
            kind == MessageIndexKind::Tree || count <= list_cutoff
        })?;
        let index = d.address("Index Address")?;
        let heap = d.address("Fractal Heap Address")?;
        Ok(Self {
            kind,
            message_types,
            min_message_size,
            list_cutoff,
            tree_cutoff,
            messages,
            index,
            heap,
        })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        e.u8(match self.kind {
            MessageIndexKind::List => 0,
            MessageIndexKind::Tree => 1,
        });
        e.u16(self.message_types);
        e.u32(self.min_message_size);
        e.u16(self.list_cutoff);
        e.u16(self.tree_cutoff);
        e.u16(self.messages);
        e.address("Index Address", self.index)?;
        e.address("Fractal Heap Address", self.heap)
    }
}

/// Shared message record list.
///
/// Its encoding ends with the checksum, directly behind the last record; the rest of the list's
/// space holds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordList {
    pub(crate) records: Vec<SharedMessageRecord>,
}

impl RecordList {
    /// Bytes a list of `count` records uses.
    pub(crate) fn size(count: u16, sizes: Sizes) -> u64 {
        SharedMessageRecord::size(sizes).saturating_mul(u64::from(count)).saturating_add(8)
    }
}

impl StructureIn<u16> for RecordList {
    const NAME: &'static str = "Shared Message Record List";

    fn decode_in(d: &mut Decoder<'_>, count: &u16) -> Result<Self> {
        d.signature(b"SMLI")?;
        let read = SharedMessageRecord::decode;
        let records = (0..*count)
            .map(|_| d.embedded(<SharedMessageRecord as Structure>::NAME, "Record", read))
            .collect::<Result<_>>()?;
        d.checksum()?;
        Ok(Self { records })
    }

    fn encode_in(&self, e: &mut Encoder, count: &u16) -> Result<()> {
        if self.records.len() != usize::from(*count) {
            return Err(e.broken("Record", "not as many records as the index says"));
        }
        e.bytes(b"SMLI");
        self.records.iter().try_for_each(|record| record.encode(e))?;
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{SIZES, check_round_trip_in};
    use crate::codec::wide;
    use crate::format::btree2::SharedMessageLocation;

    fn index(message_types: u16) -> impl Strategy<Value = MessageIndex> {
        let address = || proptest::option::of((0..0xffff_u64).prop_map(Address));
        (any::<bool>(), any::<(u32, u16, u16)>(), address(), address()).prop_map(
            move |(tree, (min_message_size, list_cutoff, tree_cutoff), index, heap)| MessageIndex {
                kind: if tree { MessageIndexKind::Tree } else { MessageIndexKind::List },
                message_types,
                min_message_size,
                list_cutoff,
                tree_cutoff,
                messages: list_cutoff / 2,
                index,
                heap,
            },
        )
    }

    proptest! {
        #[test]
        fn tables_round_trip((first, second) in (index(0x1008), index(0x0022))) {
            let table = MessageTable { indexes: vec![first, second] };
            check_round_trip_in(&table, &2);
            prop_assert_eq!([3, 12, 5, 4, 1, 11, 99].map(|t| table.index_of(t)),
                [Some(0), Some(0), Some(1), Some(1), Some(1), None, None]);
            for sizes in SIZES {
                let len = table.to_bytes_in(sizes, &2).unwrap().len();
                prop_assert_eq!(wide(len), MessageTable::size(2, sizes));
            }
        }

        #[test]
        fn lists_round_trip((hash, reference_count, heap_id) in any::<(u32, u32, [u8; 8])>()) {
            let in_heap = SharedMessageLocation::Heap { reference_count, heap_id };
            let in_header = SharedMessageLocation::Header {
                message_type: 3,
                creation_index: 7,
                header: Address(0x60),
            };
            let records = [in_heap, in_header].map(|location| SharedMessageRecord { hash, location });
            let list = RecordList { records: records.to_vec() };
            check_round_trip_in(&list, &2);
            for sizes in SIZES {
                let len = list.to_bytes_in(sizes, &2).unwrap().len();
                prop_assert_eq!(wide(len), RecordList::size(2, sizes));
            }
        }
    }

    #[test]
    fn a_type_has_one_index() {
        let index = MessageIndex {
            kind: MessageIndexKind::List,
            message_types: 0x0002,
            min_message_size: 0,
            list_cutoff: 50,
            tree_cutoff: 40,
            messages: 0,
            index: None,
            heap: None,
        };
        let table = MessageTable { indexes: vec![index.clone(), index] };
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let bytes = table.to_bytes_in(sizes, &2).unwrap();
        let limits = crate::limits::Limits::DEFAULT;
        assert!(MessageTable::from_bytes_in(&bytes, 0, sizes, &limits, &2).is_err());
    }
}
