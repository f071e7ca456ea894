//! Symbol table nodes and entries (specification III.B, III.C; `spec-notes/btree-v1.md`).
//!
//! ```text
//! node                                    entry
//!   signature "SNOD", version, reserved     link name offset (L)
//!   number of symbols (2)                   object header address (O)
//!   entries, room for 2K                    cache type (4), reserved (4)
//!                                           scratch-pad space (16)
//! ```

use std::cmp::Ordering;

use crate::codec::{Address, Decoder, Encoder, Sizes, Structure, StructureIn, wide};
use crate::error::Result;

const ENTRY: &str = "Symbol Table Entry";

/// One link of a symbol table group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SymbolTableEntry {
    /// Where the name lies in the group's local heap, in bytes.
    pub(crate) name_offset: u64,
    /// The object's header; `None` for soft links only.
    pub(crate) header: Option<Address>,
    /// What the scratch-pad space holds.
    pub(crate) cache: EntryCache,
}

/// What the scratch-pad space of a symbol table entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryCache {
    /// Nothing.
    None,
    /// A copy of the symbol table message of a group: a hint, the object's header decides.
    Group {
        /// Root of the group's B-tree.
        btree: Address,
        /// The group's local heap.
        heap: Address,
    },
    /// The entry is a soft link.
    SoftLink {
        /// Where the path lies in the group's local heap, in bytes.
        offset: u32,
    },
}

impl SymbolTableEntry {
    /// The object header, where the link is not a soft one.
    pub(crate) fn hard(&self) -> Option<Address> {
        self.header.filter(|_| !matches!(self.cache, EntryCache::SoftLink { .. }))
    }

    const SCRATCH: usize = 16;

    /// Bytes of an entry on disk.
    pub(crate) fn size(sizes: Sizes) -> u64 {
        // Cache type, reserved and scratch-pad space.
        24_u64.saturating_add(sizes.l()).saturating_add(sizes.o())
    }
}

impl Structure for SymbolTableEntry {
    const NAME: &'static str = ENTRY;

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let name_offset = d.length("Link Name Offset")?;
        let place = d.clone();
        let header = d.address("Object Header Address")?;
        let kind = d.checked("Cache Type", Decoder::u32, |kind| kind <= 2)?;
        if header.is_none() && kind != 2 {
            return Err(place.broken("Object Header Address", "the address is undefined"));
        }
        d.skip("Reserved", 4)?;
        let mut scratch = d.part(ENTRY, "Scratch-pad Space", Self::SCRATCH)?;
        let cache = match kind {
            0 => EntryCache::None,
            1 => {
                let btree = scratch.address("Address of B-tree")?;
                match (btree, scratch.address("Address of Name Heap")?) {
                    (Some(btree), Some(heap)) => EntryCache::Group { btree, heap },
                    _ => EntryCache::None,
                }
            }
            _ => EntryCache::SoftLink { offset: scratch.u32("Offset to Link Value")? },
        };
        Ok(Self { name_offset, header, cache })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.length("Link Name Offset", self.name_offset)?;
        e.address("Object Header Address", self.header)?;
        e.u32(match self.cache {
            EntryCache::None => 0,
            EntryCache::Group { .. } => 1,
            EntryCache::SoftLink { .. } => 2,
        });
        e.zeros(4);
        let start = e.position();
        match self.cache {
            EntryCache::None => {}
            EntryCache::Group { btree, heap } => {
                e.address("Address of B-tree", Some(btree))?;
                e.address("Address of Name Heap", Some(heap))?;
            }
            EntryCache::SoftLink { offset } => e.u32(offset),
        }
        let used = e.position().saturating_sub(start);
        match Self::SCRATCH.checked_sub(used) {
            Some(unused) => e.zeros(unused),
            None => return Err(e.broken("Scratch-pad Space", "two addresses do not fit")),
        }
        Ok(())
    }
}

/// A leaf of a group's B-tree: links, sorted by name.
///
/// The context is the superblock's "Group Leaf Node K": there is room for twice as many. Decoding
/// needs the used entries only; encoding writes the room for the others too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SymbolTableNode {
    /// The links.
    pub(crate) entries: Vec<SymbolTableEntry>,
}

impl SymbolTableNode {
    /// Bytes before the first entry.
    pub(crate) const PREFIX: u64 = 8;

    /// Bytes of a node on disk that holds `entries`.
    pub(crate) fn size(sizes: Sizes, entries: u64) -> u64 {
        Self::PREFIX.saturating_add(entries.saturating_mul(SymbolTableEntry::size(sizes)))
    }

    /// The number of symbols, read alone from the first [`PREFIX`](Self::PREFIX) bytes.
    pub(crate) fn decode_count(d: &mut Decoder<'_>, leaf_k: u16) -> Result<u16> {
        d.signature(b"SNOD")?;
        d.u8_in("Version Number", 1..=1)?;
        d.skip("Reserved", 1)?;
        let most = u32::from(leaf_k).saturating_mul(2);
        d.checked("Number of Symbols", Decoder::u16, |count| u32::from(count) <= most)
    }
}

impl SymbolTableNode {
    /// Calls `visit` with each entry, as decoding the node and looking through it, without memory for
    /// them.
    pub(crate) fn each(
        d: &mut Decoder<'_>,
        leaf_k: u16,
        visit: &mut dyn FnMut(SymbolTableEntry) -> Result<()>,
    ) -> Result<()> {
        for _ in 0..Self::decode_count(d, leaf_k)? {
            visit(d.embedded(ENTRY, "Group Entries", SymbolTableEntry::decode)?)?;
        }
        Ok(())
    }

    /// The entry for which `order` says, by the place of its name in the heap, that it is the one
    /// sought, found by bisection in the bytes of the node.
    pub(crate) fn find(
        d: &mut Decoder<'_>,
        leaf_k: u16,
        order: &mut impl FnMut(u64) -> Result<Ordering>,
    ) -> Result<Option<SymbolTableEntry>> {
        let count = Self::decode_count(d, leaf_k)?;
        let size = usize::try_from(SymbolTableEntry::size(d.sizes())).unwrap_or(usize::MAX);
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            let place = usize::from(middle).saturating_mul(size);
            let name = match d.peek(place, d.sizes().lengths) {
                Some(name) => name,
                None => d.ahead("Group Entries", place)?.length("Link Name Offset")?,
            };
            match order(name)? {
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Greater => high = middle,
                Ordering::Equal => {
                    let mut at = d.ahead("Group Entries", place)?;
                    return SymbolTableEntry::decode(&mut at).map(Some);
                }
            }
        }
        Ok(None)
    }
}

impl StructureIn<u16> for SymbolTableNode {
    const NAME: &'static str = "Symbol Table Node";

    fn decode_in(d: &mut Decoder<'_>, leaf_k: &u16) -> Result<Self> {
        let mut entries = Vec::new();
        Self::each(d, *leaf_k, &mut |entry| {
            entries.push(entry);
            Ok(())
        })?;
        Ok(Self { entries })
    }

    fn encode_in(&self, e: &mut Encoder, leaf_k: &u16) -> Result<()> {
        e.bytes(b"SNOD\x01\0");
        e.u16(e.count("Number of Symbols", self.entries.len())?);
        self.entries.iter().try_for_each(|entry| entry.encode(e))?;
        let room = u64::from(*leaf_k).saturating_mul(2);
        let Some(unused) = room.checked_sub(wide(self.entries.len())) else {
            return Err(e.broken("Number of Symbols", "more than 2K"));
        };
        let unused = unused.saturating_mul(SymbolTableEntry::size(e.sizes()));
        e.zeros(e.count("Group Entries", usize::try_from(unused).unwrap_or(usize::MAX))?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{SIZES, check_round_trip, check_round_trip_in};
    use crate::limits::Limits;

    fn entries() -> impl Strategy<Value = SymbolTableEntry> {
        let addresses = || (0..0xffff_u64).prop_map(Address);
        let cache = prop_oneof![
            Just(EntryCache::None),
            (addresses(), addresses()).prop_map(|(btree, heap)| EntryCache::Group { btree, heap }),
            any::<u32>().prop_map(|offset| EntryCache::SoftLink { offset }),
        ];
        (0..=0xffff_u64, prop::option::of(addresses()), cache).prop_map(
            |(name_offset, header, cache)| {
                let soft = matches!(cache, EntryCache::SoftLink { .. });
                let header = if soft { header } else { header.or(Some(Address(96))) };
                SymbolTableEntry { name_offset, header, cache }
            },
        )
    }

    proptest! {
        #[test]
        fn entries_round_trip(entry in entries()) {
            check_round_trip(&entry);
        }

        #[test]
        fn full_nodes_round_trip(mut entries in prop::collection::vec(entries(), 2..8)) {
            entries.truncate(entries.len() / 2 * 2);
            let k = (entries.len() / 2) as u16;
            check_round_trip_in(&SymbolTableNode { entries }, &k);
        }

        #[test]
        fn nodes_with_room_round_trip(entries in prop::collection::vec(entries(), 0..8)) {
            for sizes in SIZES {
                let node = SymbolTableNode { entries: entries.clone() };
                let bytes = node.to_bytes_in(sizes, &4).unwrap();
                assert_eq!(bytes.len() as u64, SymbolTableNode::size(sizes, 8));
                let limits = &Limits::DEFAULT;
                let used = &bytes[..SymbolTableNode::size(sizes, entries.len() as u64) as usize];
                let found = SymbolTableNode::from_bytes_in(used, 0, sizes, limits, &4).unwrap();
                assert_eq!(found, node);
            }
        }
    }

    #[test]
    fn a_hard_link_without_a_header_is_refused() {
        let entry = SymbolTableEntry { name_offset: 8, header: None, cache: EntryCache::None };
        let bytes = entry.to_bytes_in(SIZES[0], &()).unwrap();
        let limits = &Limits::DEFAULT;
        let error = SymbolTableEntry::from_bytes_in(&bytes, 0, SIZES[0], limits, &()).unwrap_err();
        assert_eq!(error.location().unwrap().field, "Object Header Address");
    }

    #[test]
    fn more_symbols_than_fit_are_refused() {
        let limits = &Limits::DEFAULT;
        let bytes = b"SNOD\x01\0\x09\0";
        let error = SymbolTableNode::from_bytes_in(bytes, 0, SIZES[0], limits, &4).unwrap_err();
        assert_eq!(error.location().unwrap().field, "Number of Symbols");
    }
}
