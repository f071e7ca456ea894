//! Metadata cache image: metadata that was in libhdf5's cache when the file was closed.
//!
//! See `spec-notes/cache-image.md`.

use std::collections::BTreeMap;

use crate::codec::{Address, Decoder, Encoder, Structure, wide};
use crate::error::{Malformed, Result};

/// Metadata cache image block.
///
/// Its entries supersede what the file holds at their addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CacheImage {
    /// Bit 0: the block tells how the cache resized itself, which no file does yet.
    pub(crate) flags: u8,
    /// At least one.
    pub(crate) entries: Vec<CacheImageEntry>,
}

/// One piece of metadata in a cache image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CacheImageEntry {
    /// Kind of metadata, as libhdf5 numbers the clients of its cache.
    pub(crate) kind: u8,
    /// Bit 0: dirty; 1: in the list of least recently used; 2 and 3: parent and child of a flush
    /// dependency.
    pub(crate) flags: u8,
    pub(crate) ring: u8,
    pub(crate) age: u8,
    /// Children in flush dependencies.
    pub(crate) children: u16,
    /// Those of them that are dirty.
    pub(crate) dirty_children: u16,
    /// Place among the least recently used; -1 where it is not in that list.
    pub(crate) rank: i32,
    pub(crate) address: Address,
    /// Parents in flush dependencies.
    pub(crate) parents: Vec<Address>,
    /// What stands for the bytes at the address; never empty.
    pub(crate) image: Vec<u8>,
}

impl CacheImage {
    /// What stands for the bytes of the file, by address; the last entry of an address counts.
    pub(crate) fn into_overlay(self) -> BTreeMap<Address, Vec<u8>> {
        self.entries.into_iter().map(|entry| (entry.address, entry.image)).collect()
    }

    fn encode_entries(&self, e: &mut Encoder) -> Result<()> {
        e.u32(e.count("Number of Entries", self.entries.len())?);
        self.entries.iter().try_for_each(|entry| entry.encode(e))
    }
}

impl Structure for CacheImage {
    const NAME: &'static str = "Metadata Cache Image";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.signature(b"MDCI")?;
        d.u8_in("Version", 0..=0)?;
        let flags = d.u8("Flags")?;
        let before_length = d.clone();
        let length = d.length("Image Data Length")?;
        let count = d.checked("Number of Entries", Decoder::u32, |count| count > 0)?;
        // Not allocated on the file's word: each entry must be there before the next is read.
        let mut entries = Vec::new();
        for _ in 0..count {
            let read = CacheImageEntry::decode;
            entries.push(d.embedded(CacheImageEntry::NAME, "Entry", read)?);
        }
        d.checksum()?;
        if wide(d.position()) != length {
            let found = Malformed::Value { found: length };
            return Err(before_length.malformed("Image Data Length", found));
        }
        Ok(Self { flags, entries })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        let mut body = Encoder::new(Self::NAME, e.sizes());
        self.encode_entries(&mut body)?;
        let body = body.into_bytes();
        e.bytes(b"MDCI");
        e.u8(0);
        e.u8(self.flags);
        let length = wide(e.position())
            .saturating_add(e.sizes().l())
            .saturating_add(wide(body.len()))
            .saturating_add(4);
        e.length("Image Data Length", length)?;
        e.bytes(&body);
        e.checksum();
        Ok(())
    }
}

impl Structure for CacheImageEntry {
    const NAME: &'static str = "Metadata Cache Image Entry";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let (kind, flags) = (d.u8("Type")?, d.u8("Flags")?);
        let (ring, age) = (d.u8("Ring")?, d.u8("Age")?);
        let children = d.u16("Number of Flush Dependency Children")?;
        let dirty_children = d.u16("Number of Dirty Flush Dependency Children")?;
        let parents = d.u16("Number of Flush Dependency Parents")?;
        let rank = d.i32("LRU Rank")?;
        let address = d.defined_address("Address")?;
        let length = d.checked("Length", Decoder::length, |length| length > 0)?;
        let parents = (0..parents)
            .map(|_| d.defined_address("Flush Dependency Parent Address"))
            .collect::<Result<_>>()?;
        let image = d.bytes_u64("Entry Image", length)?.to_vec();
        Ok(Self { kind, flags, ring, age, children, dirty_children, rank, address, parents, image })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        for byte in [self.kind, self.flags, self.ring, self.age] {
            e.u8(byte);
        }
        e.u16(self.children);
        e.u16(self.dirty_children);
        e.u16(e.count("Number of Flush Dependency Parents", self.parents.len())?);
        e.u32(self.rank.cast_unsigned());
        e.address("Address", Some(self.address))?;
        e.length("Length", wide(self.image.len()))?;
        for parent in &self.parents {
            e.address("Flush Dependency Parent Address", Some(*parent))?;
        }
        e.bytes(&self.image);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{cases, check_round_trip};

    fn entry() -> impl Strategy<Value = CacheImageEntry> {
        let address = || (0..0xffff_u64).prop_map(Address);
        (
            any::<[u8; 4]>(),
            any::<(u16, u16, i32)>(),
            (address(), proptest::collection::vec(address(), 0..3)),
            proptest::collection::vec(any::<u8>(), 1..20),
        )
            .prop_map(
                |(bytes, (children, dirty_children, rank), (address, parents), image)| {
                    let [kind, flags, ring, age] = bytes;
                    CacheImageEntry {
                        kind,
                        flags,
                        ring,
                        age,
                        children,
                        dirty_children,
                        rank,
                        address,
                        parents,
                        image,
                    }
                },
            )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases(64)))]

        #[test]
        fn round_trips(flags in any::<u8>(), entries in proptest::collection::vec(entry(), 1..4)) {
            check_round_trip(&CacheImage { flags, entries });
        }
    }

    #[test]
    fn the_last_entry_of_an_address_counts() {
        let entry = |byte| CacheImageEntry {
            kind: 0,
            flags: 0,
            ring: 1,
            age: 0,
            children: 0,
            dirty_children: 0,
            rank: -1,
            address: Address(0x30),
            parents: Vec::new(),
            image: vec![byte],
        };
        let image = CacheImage { flags: 0, entries: vec![entry(1), entry(2)] };
        assert_eq!(image.into_overlay(), BTreeMap::from([(Address(0x30), vec![2])]));
    }
}
