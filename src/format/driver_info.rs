//! Driver information (specification II.B): the block of version 0 and 1 superblocks, the message
//! of later ones, and what the two drivers that leave one say in it.
//!
//! See `spec-notes/file.md`.
//!
//! ```text
//! block                                   message 0x14
//!   version, reserved (3)                   version
//!   size of the information (4)             driver (8)
//!   driver (8)                              size of the information (2)
//!   information                             information
//! ```

use crate::codec::{Decoder, Encoder, Sizes, Structure, StructureIn};
use crate::error::Result;
use crate::format::global_heap::padding;
use crate::limits::Limits;

/// The driver information block of version 0 and 1 superblocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DriverInfo {
    /// Names the driver in ASCII, without a NUL.
    pub(crate) id: [u8; 8],
    /// What the driver wrote.
    pub(crate) data: Vec<u8>,
}

impl DriverInfo {
    /// Bytes before the information.
    pub(crate) const PREFIX: u64 = 16;

    /// Bytes of the information, read alone from the first [`PREFIX`](Self::PREFIX) bytes.
    pub(crate) fn decode_size(d: &mut Decoder<'_>) -> Result<u32> {
        d.u8_in("Version", 0..=0)?;
        d.skip("Reserved", 3)?;
        d.u32("Driver Information Size")
    }
}

impl Structure for DriverInfo {
    const NAME: &'static str = "Driver Information Block";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let size = Self::decode_size(d)?;
        let id = d.array("Driver Identification")?;
        let data = d.bytes_u64("Driver Information", size.into())?.to_vec();
        Ok(Self { id, data })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.zeros(4);
        e.u32(e.count("Driver Information Size", self.data.len())?);
        e.bytes(&self.id);
        e.bytes(&self.data);
        Ok(())
    }
}

/// The driver information message (0x14) of superblock extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DriverInfoMessage {
    /// Names the driver in ASCII, without a NUL.
    pub(crate) id: [u8; 8],
    /// What the driver wrote; not empty.
    pub(crate) data: Vec<u8>,
}

impl Structure for DriverInfoMessage {
    const NAME: &'static str = "Driver Info Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.u8_in("Version", 0..=0)?;
        let id = d.array("Driver Identification")?;
        let size = d.checked("Driver Information Size", Decoder::u16, |size| size != 0)?;
        let data = d.bytes("Driver Information", size.into())?.to_vec();
        Ok(Self { id, data })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u8(0);
        e.bytes(&self.id);
        e.u16(e.count("Driver Information Size", self.data.len())?);
        e.bytes(&self.data);
        Ok(())
    }
}

/// What the information says, for the drivers known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Driver {
    /// The file is one of a numbered family.
    Family(FamilyInfo),
    /// The file is one of several, by kind of data ("split" files are a case of it).
    Multi(MultiInfo),
    /// A driver not known here.
    Other,
}

impl Driver {
    /// Reads the information `data` of the driver `id`; `offset` is where the block or message
    /// that holds it lies in the file.
    pub(crate) fn decode(id: &[u8; 8], data: &[u8], offset: u64, limits: &Limits) -> Result<Self> {
        // Both structures have fields of fixed width only.
        let sizes = Sizes { offsets: 8, lengths: 8 };
        match id {
            b"NCSAfami" => {
                FamilyInfo::from_bytes_in(data, offset, sizes, limits, &()).map(Self::Family)
            }
            b"NCSAmult" => {
                MultiInfo::from_bytes_in(data, offset, sizes, limits, &()).map(Self::Multi)
            }
            _ => Ok(Self::Other),
        }
    }
}

/// What the family driver says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FamilyInfo {
    /// Bytes of every member but the last.
    pub(crate) member_size: u64,
}

impl Structure for FamilyInfo {
    const NAME: &'static str = "Family Driver Information";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self { member_size: d.u64("Size of Member File")? })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.u64(self.member_size);
        Ok(())
    }
}

/// What the multi driver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MultiInfo {
    /// For superblock, B-trees, raw data, global heaps, local heaps and object headers (1 to 6):
    /// the kind whose member holds it; 0 is the kind itself.
    pub(crate) mapping: [u8; 6],
    /// The members, in the order in which [`mapping`](Self::mapping) first names them.
    pub(crate) members: Vec<MultiMember>,
}

/// One member of a multi file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MultiMember {
    /// File name; `%s` stands for what the members' names have in common.
    pub(crate) name: Vec<u8>,
    /// First address the member holds.
    pub(crate) start: u64,
    /// Bytes of it that are in use.
    pub(crate) eoa: u64,
}

/// The distinct kinds `mapping` names, in order of first appearance.
fn kinds(mapping: [u8; 6]) -> Vec<u8> {
    let mut kinds = Vec::new();
    for (own, mapped) in (1..).zip(mapping) {
        let kind = if mapped == 0 { own } else { mapped };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

impl Structure for MultiInfo {
    const NAME: &'static str = "Multi Driver Information";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let mut mapping = [0; 6];
        for slot in &mut mapping {
            *slot = d.u8_in("Member Mapping", 0..=6)?;
        }
        d.skip("Reserved", 2)?;
        let mut members = Vec::new();
        for _ in kinds(mapping) {
            let start = d.u64("Address of Member File")?;
            let eoa = d.u64("End of Address for Member File")?;
            members.push(MultiMember { name: Vec::new(), start, eoa });
        }
        for member in &mut members {
            let before = d.position();
            member.name = d.nul_terminated("Name of Member File")?.to_vec();
            let used = d.position().saturating_sub(before);
            d.skip("Name of Member File", padding(used))?;
        }
        Ok(Self { mapping, members })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        if kinds(self.mapping).len() != self.members.len() {
            return Err(e.broken("Member Mapping", "names another number of members"));
        }
        e.bytes(&self.mapping);
        e.zeros(2);
        for member in &self.members {
            e.u64(member.start);
            e.u64(member.eoa);
        }
        for member in &self.members {
            let before = e.position();
            e.bytes(&member.name);
            e.u8(0);
            e.zeros(padding(e.position().saturating_sub(before)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;

    fn multi() -> impl Strategy<Value = MultiInfo> {
        prop::array::uniform6(0..=6_u8).prop_flat_map(|mapping| {
            let name = prop::collection::vec(1..=255_u8, 0..20);
            let member = (name, any::<u64>(), any::<u64>())
                .prop_map(|(name, start, eoa)| MultiMember { name, start, eoa });
            prop::collection::vec(member, kinds(mapping).len())
                .prop_map(move |members| MultiInfo { mapping, members })
        })
    }

    proptest! {
        #[test]
        fn blocks_and_messages_round_trip(
            id: [u8; 8],
            data in prop::collection::vec(any::<u8>(), 1..100),
        ) {
            check_round_trip(&DriverInfo { id, data: data.clone() });
            check_round_trip(&DriverInfoMessage { id, data });
        }

        #[test]
        fn family_round_trips(member_size: u64) {
            check_round_trip(&FamilyInfo { member_size });
        }

        #[test]
        fn multi_round_trips(info in multi()) {
            check_round_trip(&info);
        }
    }

    #[test]
    fn reads_a_split_file() {
        let data = b"\x01\x01\x03\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\
            \xff\xff\xff\xff\xff\xff\xff\x7f\0\x08\0\0\0\0\0\0%s-m.h5\0%s-r.h5\0";
        let found = Driver::decode(b"NCSAmult", data, 0x70, &Limits::DEFAULT).unwrap();
        let member = |name: &[u8], start| MultiMember { name: name.to_vec(), start, eoa: 0x800 };
        let expected = MultiInfo {
            mapping: [1, 1, 3, 1, 1, 1],
            members: vec![member(b"%s-m.h5", 0), member(b"%s-r.h5", i64::MAX as u64)],
        };
        assert_eq!(found, Driver::Multi(expected));
    }
}
