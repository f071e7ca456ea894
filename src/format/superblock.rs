//! Superblock (specification II.A; `spec-notes/file.md`).
//!
//! ```text
//! version 0, 1                              version 2, 3
//!   signature (8)                             signature (8)
//!   version, free-space version,              version, size of offsets,
//!   root entry version, reserved              size of lengths, consistency flags
//!   shared header version, size of offsets,   base address (O)
//!   size of lengths, reserved                 superblock extension address (O)
//!   group leaf K (2), group internal K (2)    end of file address (O)
//!   consistency flags (4)                     root object header address (O)
//!   version 1: chunk K (2), reserved (2)      checksum (4)
//!   base, free space, end of file,
//!   driver information addresses (O each)
//!   root group symbol table entry
//! ```

use super::symbol_table::SymbolTableEntry;
use crate::codec::{Address, Decoder, Encoder, Sizes, Structure};
use crate::error::{Malformed, Result};

/// The file's first structure: where everything else is, and how wide its fields are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Superblock {
    /// Version, 0 to 3.
    pub(crate) version: u8,
    /// Widths of addresses and lengths in the whole file.
    pub(crate) sizes: Sizes,
    /// Consistency flags: the bits [`WRITE_ACCESS`](Self::WRITE_ACCESS) and its neighbours.
    pub(crate) consistency_flags: u8,
    /// Half the symbols a symbol table node holds; the default where it is not stored here.
    pub(crate) group_leaf_k: u16,
    /// Half the children of a group B-tree node; the default where it is not stored here.
    pub(crate) group_internal_k: u16,
    /// Half the children of a chunk B-tree node; the default where it is not stored here.
    pub(crate) chunk_k: u16,
    /// Storage offset that addresses count from.
    pub(crate) base: Address,
    /// Object header of the superblock extension (version 2 and later).
    pub(crate) extension: Option<Address>,
    /// First storage offset behind the file: unlike other addresses, not relative to the base.
    pub(crate) end_of_file: Address,
    /// Driver information block (version 0 and 1).
    pub(crate) driver_info: Option<Address>,
    /// Object header of the root group.
    pub(crate) root_header: Address,
    /// The root group's symbol table entry (version 0 and 1); its header address is
    /// [`root_header`](Self::root_header).
    pub(crate) root_entry: Option<SymbolTableEntry>,
}

impl Superblock {
    /// The first bytes of a superblock.
    pub(crate) const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";
    /// Bytes of the longest superblock there can be: version 1 with the widest fields.
    pub(crate) const MAX_SIZE: u64 = 244;

    /// Consistency flag: open for writing.
    pub(crate) const WRITE_ACCESS: u8 = 0x01;
    /// Consistency flag without a meaning today.
    pub(crate) const FILE_OK: u8 = 0x02;
    /// Consistency flag: open for single-writer/multiple-reader writing.
    pub(crate) const SWMR_WRITE_ACCESS: u8 = 0x04;
    const ALL_FLAGS: u8 = Self::WRITE_ACCESS | Self::FILE_OK | Self::SWMR_WRITE_ACCESS;

    /// Group leaf node K where the file does not say.
    pub(crate) const DEFAULT_GROUP_LEAF_K: u16 = 4;
    /// Group internal node K where the file does not say.
    pub(crate) const DEFAULT_GROUP_INTERNAL_K: u16 = 16;
    /// Chunk B-tree K where the file does not say.
    pub(crate) const DEFAULT_CHUNK_K: u16 = 32;

    /// Whether the file is marked as open for writing, by a version that means it.
    pub(crate) fn is_marked(&self) -> bool {
        let marks = Self::WRITE_ACCESS | Self::SWMR_WRITE_ACCESS;
        self.version >= 3 && self.consistency_flags & marks != 0
    }

    /// Whether the file is marked as open for SWMR writing: its writer keeps it whole for readers.
    pub(crate) fn is_marked_swmr(&self) -> bool {
        let marks = Self::WRITE_ACCESS | Self::SWMR_WRITE_ACCESS;
        self.version >= 3 && self.consistency_flags & marks == marks
    }

    fn decode_old(d: &mut Decoder<'_>, version: u8) -> Result<Self> {
        d.u8_in("Version Number of the File's Free Space Information", 0..=0)?;
        d.u8_in("Version Number of the Root Group Symbol Table Entry", 0..=0)?;
        d.skip("Reserved", 1)?;
        d.u8_in("Version Number of the Shared Header Message Format", 0..=0)?;
        let sizes = decode_sizes(d)?;
        d.skip("Reserved", 1)?;
        let group_leaf_k = d.checked("Group Leaf Node K", Decoder::u16, |k| k != 0)?;
        let group_internal_k = d.checked("Group Internal Node K", Decoder::u16, |k| k != 0)?;
        let flags = |found| u8::try_from(found).is_ok_and(|bits| bits & !Self::ALL_FLAGS == 0);
        let flags = d.checked("File Consistency Flags", Decoder::u32, flags)?;
        let mut chunk_k = Self::DEFAULT_CHUNK_K;
        if version == 1 {
            chunk_k = d.checked("Indexed Storage Internal Node K", Decoder::u16, |k| k != 0)?;
            d.skip("Reserved", 2)?;
        }
        let base = d.defined_address("Base Address")?;
        let place = d.clone();
        if d.address("Address of File Free Space Info")?.is_some() {
            return Err(place.broken("Address of File Free Space Info", "the address is defined"));
        }
        let end_of_file = decode_end(d, base)?;
        let place = d.clone();
        let driver_info = d.address("Driver Information Block Address")?;
        if driver_info.is_some_and(|at| at >= end_of_file) {
            return Err(place
                .broken("Driver Information Block Address", "it lies behind the end of the file"));
        }
        let place = d.clone();
        let field = "Root Group Symbol Table Entry";
        let root_entry =
            d.embedded(<SymbolTableEntry as Structure>::NAME, field, SymbolTableEntry::decode)?;
        let root_header =
            root_entry.header.ok_or_else(|| place.broken(field, "has no object header"))?;
        Ok(Self {
            version,
            sizes,
            consistency_flags: u8::try_from(flags).unwrap_or(Self::ALL_FLAGS),
            group_leaf_k,
            group_internal_k,
            chunk_k,
            base,
            extension: None,
            end_of_file,
            driver_info,
            root_header,
            root_entry: Some(root_entry),
        })
    }

    fn decode_new(d: &mut Decoder<'_>, version: u8) -> Result<Self> {
        let sizes = decode_sizes(d)?;
        let flags = |bits| bits & !Self::ALL_FLAGS == 0;
        let consistency_flags = d.checked("File Consistency Flags", Decoder::u8, flags)?;
        let base = d.defined_address("Base Address")?;
        let extension = d.address("Superblock Extension Address")?;
        let end_of_file = decode_end(d, base)?;
        let place = d.clone();
        let root_header = d.defined_address("Root Group Object Header Address")?;
        if root_header == Address(0) {
            return Err(place.broken("Root Group Object Header Address", "the address is 0"));
        }
        d.checksum()?;
        Ok(Self {
            version,
            sizes,
            consistency_flags,
            group_leaf_k: Self::DEFAULT_GROUP_LEAF_K,
            group_internal_k: Self::DEFAULT_GROUP_INTERNAL_K,
            chunk_k: Self::DEFAULT_CHUNK_K,
            base,
            extension,
            end_of_file,
            driver_info: None,
            root_header,
            root_entry: None,
        })
    }

    fn encode_old(&self, e: &mut Encoder) -> Result<()> {
        let Some(root_entry) = &self.root_entry else {
            return Err(e.broken("Root Group Symbol Table Entry", "it is missing"));
        };
        if root_entry.header != Some(self.root_header) {
            return Err(e.broken("Root Group Symbol Table Entry", "it names another header"));
        }
        if self.extension.is_some() {
            return Err(e.broken("Superblock Extension Address", "needs version 2"));
        }
        e.bytes(&[0, 0, 0, 0, self.sizes.offsets, self.sizes.lengths, 0]);
        e.u16(self.group_leaf_k);
        e.u16(self.group_internal_k);
        e.u32(self.consistency_flags.into());
        if self.version == 1 {
            e.u16(self.chunk_k);
            e.zeros(2);
        } else if self.chunk_k != Self::DEFAULT_CHUNK_K {
            return Err(e.broken("Indexed Storage Internal Node K", "needs version 1"));
        }
        e.address("Base Address", Some(self.base))?;
        e.address("Address of File Free Space Info", None)?;
        e.address("End of File Address", Some(self.end_of_file))?;
        e.address("Driver Information Block Address", self.driver_info)?;
        root_entry.encode(e)
    }

    fn encode_new(&self, e: &mut Encoder) -> Result<()> {
        if self.driver_info.is_some() || self.root_entry.is_some() {
            return Err(e.broken("Version # of Superblock", "has fields of version 0 or 1"));
        }
        e.bytes(&[self.sizes.offsets, self.sizes.lengths, self.consistency_flags]);
        e.address("Base Address", Some(self.base))?;
        e.address("Superblock Extension Address", self.extension)?;
        e.address("End of File Address", Some(self.end_of_file))?;
        e.address("Root Group Object Header Address", Some(self.root_header))?;
        e.checksum();
        Ok(())
    }
}

impl Structure for Superblock {
    const NAME: &'static str = "Superblock";

    /// The widths of the fields come from the structure itself, whatever `d` was made with.
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let place = d.clone();
        let found: [u8; 8] = d.array("Format Signature")?;
        if found != Self::SIGNATURE {
            let found = found.first_chunk().copied().unwrap_or_default();
            return Err(place.malformed("Format Signature", Malformed::Signature { found }));
        }
        match d.u8_in("Version # of Superblock", 0..=3)? {
            version @ 0..=1 => Self::decode_old(d, version),
            version => Self::decode_new(d, version),
        }
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.set_sizes(self.sizes);
        e.bytes(&Self::SIGNATURE);
        e.u8(self.version);
        if self.version < 2 { self.encode_old(e) } else { self.encode_new(e) }
    }
}

fn decode_sizes(d: &mut Decoder<'_>) -> Result<Sizes> {
    let legal = |size: u8| matches!(size, 2 | 4 | 8 | 16 | 32);
    let offsets = d.checked("Size of Offsets", Decoder::u8, legal)?;
    let lengths = d.checked("Size of Lengths", Decoder::u8, legal)?;
    let sizes = Sizes { offsets, lengths };
    d.set_sizes(sizes);
    Ok(sizes)
}

fn decode_end(d: &mut Decoder<'_>, base: Address) -> Result<Address> {
    let place = d.clone();
    let end = d.defined_address("End of File Address")?;
    if end <= base {
        return Err(place.broken("End of File Address", "the file ends before its base address"));
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::StructureIn;
    use crate::codec::testing::{SIZES, check_round_trip};
    use crate::format::symbol_table::EntryCache;
    use crate::limits::Limits;

    const OLD: &[u8] = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\x03\0\0\0\
        \0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x00\x08\0\0\0\0\0\0\x60\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\xa8\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\
        \xc8\x01\0\0\0\0\0\0\xb0\0\0\0\0\0\0\0";

    fn read(bytes: &[u8]) -> Result<Superblock> {
        let sizes = Sizes { offsets: 2, lengths: 2 };
        Superblock::from_bytes_in(bytes, 0, sizes, &Limits::DEFAULT, &())
    }

    fn superblocks() -> impl Strategy<Value = Superblock> {
        let ks = (1..=u16::MAX, 1..=u16::MAX, 1..=u16::MAX);
        let places = (0..1000_u64, 2000..60_000_u64, prop::option::of(1..2000_u64), 1..2000_u64);
        let choice = (0..=3_u8, prop::sample::select(&SIZES[..]), 0..=7_u8);
        (choice, ks, places).prop_map(|((version, sizes, consistency_flags), ks, places)| {
            let (base, end, other, root) = places;
            let old = version < 2;
            let other = other.map(Address);
            let root_header = Address(root);
            let cache = EntryCache::Group { btree: Address(7), heap: Address(9) };
            let entry = SymbolTableEntry { name_offset: 0, header: Some(root_header), cache };
            Superblock {
                version,
                sizes,
                consistency_flags,
                group_leaf_k: if old { ks.0 } else { Superblock::DEFAULT_GROUP_LEAF_K },
                group_internal_k: if old { ks.1 } else { Superblock::DEFAULT_GROUP_INTERNAL_K },
                chunk_k: if version == 1 { ks.2 } else { Superblock::DEFAULT_CHUNK_K },
                base: Address(base),
                extension: other.filter(|_| !old),
                end_of_file: Address(end),
                driver_info: other.filter(|_| old),
                root_header,
                root_entry: old.then_some(entry),
            }
        })
    }

    proptest! {
        #[test]
        fn round_trips(superblock in superblocks()) {
            check_round_trip(&superblock);
        }
    }

    #[test]
    fn reads_what_the_library_wrote() {
        let superblock = read(OLD).unwrap();
        assert_eq!(superblock.sizes, Sizes { offsets: 8, lengths: 8 });
        assert_eq!((superblock.group_leaf_k, superblock.group_internal_k), (4, 16));
        assert_eq!(superblock.driver_info, Some(Address(0x60)));
        assert_eq!(superblock.root_header, Address(0xa8));
        let cache = superblock.root_entry.unwrap().cache;
        assert_eq!(cache, EntryCache::Group { btree: Address(0x1c8), heap: Address(0xb0) });
    }

    #[test]
    fn no_superblock_is_longer_than_the_maximum() {
        let mut widest = read(OLD).unwrap();
        widest.version = 1;
        widest.sizes = Sizes { offsets: 32, lengths: 32 };
        widest.root_entry.as_mut().unwrap().cache = EntryCache::None;
        let bytes = widest.to_bytes_in(widest.sizes, &()).unwrap();
        assert_eq!(bytes.len() as u64, Superblock::MAX_SIZE);
        assert_eq!(read(&bytes).unwrap(), widest);
    }

    #[test]
    fn refuses_what_the_specification_does() {
        for (at, value, field) in [
            (0, 0, "Format Signature"),
            (8, 4, "Version # of Superblock"),
            (9, 1, "Version Number of the File's Free Space Information"),
            (13, 3, "Size of Offsets"),
            (14, 0, "Size of Lengths"),
            (16, 0, "Group Leaf Node K"),
            (18, 0, "Group Internal Node K"),
            (20, 8, "File Consistency Flags"),
            (21, 1, "File Consistency Flags"),
            (32, 0, "Address of File Free Space Info"),
            (41, 0, "End of File Address"),
            (49, 9, "Driver Information Block Address"),
        ] {
            let mut bytes = OLD.to_vec();
            bytes[at] = value;
            assert_eq!(read(&bytes).unwrap_err().location().unwrap().field, field);
        }
    }
}
