//! Free-space manager (specification III.H): what a file or a fractal heap has free.
//!
//! See `spec-notes/free-space.md`.

use crate::codec::{
    Address, Decoder, Encoder, Sizes, Structure, StructureIn, bytes_needed, floor_log2, wide,
};
use crate::error::Result;

/// Bytes of a checksum.
const CHECKSUM: usize = 4;

/// Free-space manager header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FreeSpaceHeader {
    /// "Client ID".
    pub(crate) client: FreeSpaceClient,
    /// Bytes of all sections.
    pub(crate) total_space: u64,
    /// Sections, stored or not.
    pub(crate) sections: u64,
    /// Sections that are stored.
    pub(crate) serialized_sections: u64,
    /// Sections that are not stored, as they follow from others.
    pub(crate) ghost_sections: u64,
    /// Kinds of sections the client has.
    pub(crate) section_classes: u16,
    /// Where the list of sections shrinks, in percent of its space.
    pub(crate) shrink_percent: u16,
    /// To what the list of sections grows, in percent.
    pub(crate) expand_percent: u16,
    /// Bits of the largest offset of a section.
    pub(crate) address_space_bits: u16,
    /// Bytes of the largest section.
    pub(crate) max_section_size: u64,
    /// The [`FreeSpaceSections`]; `None` where there are none.
    pub(crate) section_list: Option<Address>,
    /// Bytes of the list of sections.
    pub(crate) list_used: u64,
    /// Bytes set aside for the list of sections.
    pub(crate) list_allocated: u64,
}

/// Whose free space it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FreeSpaceClient {
    /// A fractal heap's.
    Heap,
    /// The file's.
    File,
}

impl FreeSpaceClient {
    /// The highest section type it has.
    fn last_type(self) -> u8 {
        match self {
            Self::Heap => 3,
            Self::File => 2,
        }
    }
}

impl FreeSpaceHeader {
    /// Bytes of the header.
    pub(crate) fn size(sizes: Sizes) -> u64 {
        sizes.o().saturating_add(sizes.l().saturating_mul(7)).saturating_add(18)
    }

    /// Bytes of a section's offset.
    fn offset_width(&self) -> u8 {
        u8::try_from(self.address_space_bits.div_ceil(8)).unwrap_or(8)
    }

    fn size_width(&self) -> u8 {
        bytes_needed(self.max_section_size)
    }

    /// What early versions of libhdf5 1.8 put in place of [`size_width`](Self::size_width): one
    /// less where the maximum size is the first number that needs another byte.
    fn old_size_width(&self) -> u8 {
        u8::try_from(floor_log2(self.max_section_size).div_ceil(8)).unwrap_or(8).max(1)
    }

    /// Bytes between the last section, behind which `position` is, and the checksum, which ends the
    /// part of the list's space that is used.
    fn unused(&self, position: usize) -> usize {
        let used = usize::try_from(self.list_used).unwrap_or(usize::MAX);
        used.saturating_sub(CHECKSUM).saturating_sub(position)
    }

    fn count_width(&self) -> u8 {
        bytes_needed(self.serialized_sections)
    }
}

impl Structure for FreeSpaceHeader {
    const NAME: &'static str = "Free-space Manager Header";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.signature(b"FSHD")?;
        d.u8_in("Version", 0..=0)?;
        let client = match d.u8_in("Client ID", 0..=1)? {
            0 => FreeSpaceClient::Heap,
            _ => FreeSpaceClient::File,
        };
        let header = Self {
            client,
            total_space: d.length("Total Space Tracked")?,
            sections: d.length("Total Number of Sections")?,
            serialized_sections: d.length("Number of Serialized Sections")?,
            ghost_sections: d.length("Number of Un-Serialized Sections")?,
            section_classes: d.u16("Number of Section Classes")?,
            shrink_percent: d.u16("Shrink Percent")?,
            expand_percent: d.u16("Expand Percent")?,
            address_space_bits: d
                .checked("Size of Address Space", Decoder::u16, |bits| (1..=64).contains(&bits))?,
            max_section_size: d.length("Maximum Section Size")?,
            section_list: d.address("Address of Serialized Section List")?,
            list_used: d.length("Size of Serialized Section List Used")?,
            list_allocated: d.length("Allocated Size of Serialized Section List")?,
        };
        d.checksum()?;
        Ok(header)
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(b"FSHD");
        e.u8(0);
        e.u8(match self.client {
            FreeSpaceClient::Heap => 0,
            FreeSpaceClient::File => 1,
        });
        e.length("Total Space Tracked", self.total_space)?;
        e.length("Total Number of Sections", self.sections)?;
        e.length("Number of Serialized Sections", self.serialized_sections)?;
        e.length("Number of Un-Serialized Sections", self.ghost_sections)?;
        e.u16(self.section_classes);
        e.u16(self.shrink_percent);
        e.u16(self.expand_percent);
        e.u16(self.address_space_bits);
        e.length("Maximum Section Size", self.max_section_size)?;
        e.address("Address of Serialized Section List", self.section_list)?;
        e.length("Size of Serialized Section List Used", self.list_used)?;
        e.length("Allocated Size of Serialized Section List", self.list_allocated)?;
        e.checksum();
        Ok(())
    }
}

/// Free-space section list.
///
/// Its encoding ends with the checksum; the rest of the list's space holds nothing. Before the
/// checksum there may be room for more sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FreeSpaceSections {
    /// The manager's header.
    pub(crate) header: Address,
    /// In the order of the file, which puts sections of one size side by side.
    pub(crate) sections: Vec<Section>,
}

/// A section of free space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// First byte: a file address, or an offset in a fractal heap's space.
    pub(crate) offset: u64,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) kind: SectionKind,
}

/// What a section of free space is part of ("Section Type").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SectionKind {
    /// Heap, 0: a direct block.
    Single,
    /// Heap, 1: the first row of an indirect block.
    FirstRow(RowSection),
    /// Heap, 2: another row of an indirect block.
    NormalRow,
    /// Heap, 3: an indirect block.
    Indirect(RowSection),
    /// File, 0: anything.
    Simple,
    /// File, 1: less than a page.
    Small,
    /// File, 2: whole pages.
    Large,
}

/// Which blocks of an indirect block are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowSection {
    /// First byte of the indirect block in the heap's space.
    pub(crate) indirect_offset: u64,
    pub(crate) row: u16,
    pub(crate) column: u16,
    /// Blocks from there on.
    pub(crate) blocks: u16,
}

impl SectionKind {
    fn decode(d: &mut Decoder<'_>, header: &FreeSpaceHeader) -> Result<Self> {
        let client = header.client;
        let kind = d.checked("Section Type", Decoder::u8, |kind| {
            kind <= client.last_type() && u16::from(kind) < header.section_classes
        })?;
        Ok(match (client, kind) {
            (FreeSpaceClient::File, 0) => Self::Simple,
            (FreeSpaceClient::File, 1) => Self::Small,
            (FreeSpaceClient::File, _) => Self::Large,
            (FreeSpaceClient::Heap, 0) => Self::Single,
            (FreeSpaceClient::Heap, 1) => Self::FirstRow(RowSection::decode(d, header)?),
            (FreeSpaceClient::Heap, 2) => Self::NormalRow,
            (FreeSpaceClient::Heap, _) => Self::Indirect(RowSection::decode(d, header)?),
        })
    }

    fn encode(self, e: &mut Encoder, header: &FreeSpaceHeader) -> Result<()> {
        let (client, kind, row) = match self {
            Self::Single => (FreeSpaceClient::Heap, 0, None),
            Self::FirstRow(row) => (FreeSpaceClient::Heap, 1, Some(row)),
            Self::NormalRow => (FreeSpaceClient::Heap, 2, None),
            Self::Indirect(row) => (FreeSpaceClient::Heap, 3, Some(row)),
            Self::Simple => (FreeSpaceClient::File, 0, None),
            Self::Small => (FreeSpaceClient::File, 1, None),
            Self::Large => (FreeSpaceClient::File, 2, None),
        };
        if client != header.client || u16::from(kind) >= header.section_classes {
            return Err(e.broken("Section Type", "not a type of the manager's client"));
        }
        e.u8(kind);
        row.map_or(Ok(()), |row| row.encode(e, header))
    }
}

impl RowSection {
    // The address space of a heap's manager is that of the heap, so offsets have one width.
    fn decode(d: &mut Decoder<'_>, header: &FreeSpaceHeader) -> Result<Self> {
        Ok(Self {
            indirect_offset: d.uint("Indirect Block Offset", header.offset_width())?,
            row: d.u16("Starting Row")?,
            column: d.u16("Starting Column")?,
            blocks: d.u16("Number of Blocks")?,
        })
    }

    fn encode(self, e: &mut Encoder, header: &FreeSpaceHeader) -> Result<()> {
        e.uint("Indirect Block Offset", self.indirect_offset, header.offset_width())?;
        e.u16(self.row);
        e.u16(self.column);
        e.u16(self.blocks);
        Ok(())
    }
}

impl FreeSpaceSections {
    /// Reads everything behind the signature, with section sizes in `size_width` bytes; gives the
    /// bytes that are unused, too.
    fn decode_with(
        d: &mut Decoder<'_>,
        manager: &FreeSpaceHeader,
        size_width: u8,
    ) -> Result<(Self, usize)> {
        let header = d.defined_address("Free-space Manager Header Address")?;
        let mut sections = Vec::new();
        let mut left = manager.serialized_sections;
        while left > 0 {
            let count = d.checked(
                "Number of Section Records",
                |d, field| d.uint(field, manager.count_width()),
                |count| (1..=left).contains(&count),
            )?;
            let size = d.checked(
                "Size of Sections",
                |d, field| d.uint(field, size_width),
                |size| size > 0,
            )?;
            for _ in 0..count {
                let offset = d.uint("Section Offset", manager.offset_width())?;
                let kind = SectionKind::decode(d, manager)?;
                sections.push(Section { offset, size, kind });
            }
            left = left.saturating_sub(count);
        }
        let unused = manager.unused(d.position());
        d.skip("Unused Space", unused)?;
        d.checksum()?;
        Ok((Self { header, sections }, unused))
    }
}

impl StructureIn<FreeSpaceHeader> for FreeSpaceSections {
    const NAME: &'static str = "Free-space Section List";

    fn decode_in(d: &mut Decoder<'_>, manager: &FreeSpaceHeader) -> Result<Self> {
        d.signature(b"FSSE")?;
        d.u8_in("Version", 0..=0)?;
        let mut old = d.clone();
        let old_width = manager.old_size_width();
        let decoded = Self::decode_with(d, manager, manager.size_width());
        if matches!(decoded, Ok((_, 0))) || old_width == manager.size_width() {
            return decoded.map(|(list, _)| list);
        }
        // Lists of early versions had no room to spare.
        match (decoded, Self::decode_with(&mut old, manager, old_width)) {
            (_, Ok((list, 0))) | (Err(_), Ok((list, _))) => {
                *d = old;
                Ok(list)
            }
            (decoded, _) => decoded.map(|(list, _)| list),
        }
    }

    fn encode_in(&self, e: &mut Encoder, manager: &FreeSpaceHeader) -> Result<()> {
        self.encode_with(e, manager, manager.size_width())
    }
}

impl FreeSpaceSections {
    fn encode_with(
        &self,
        e: &mut Encoder,
        manager: &FreeSpaceHeader,
        size_width: u8,
    ) -> Result<()> {
        if wide(self.sections.len()) != manager.serialized_sections {
            return Err(e.broken("Number of Section Records", "not as the header says"));
        }
        e.bytes(b"FSSE");
        e.u8(0);
        e.address("Free-space Manager Header Address", Some(self.header))?;
        for set in self.sections.chunk_by(|a, b| a.size == b.size) {
            let count = wide(set.len());
            e.uint("Number of Section Records", count, manager.count_width())?;
            let size = set.first().map_or(0, |section| section.size);
            e.uint("Size of Sections", size, size_width)?;
            for section in set {
                e.uint("Section Offset", section.offset, manager.offset_width())?;
                section.kind.encode(e, manager)?;
            }
        }
        e.zeros(manager.unused(e.position()));
        e.checksum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{SIZES, check_round_trip, check_round_trip_in};

    fn header(client: FreeSpaceClient, serialized_sections: u64) -> FreeSpaceHeader {
        FreeSpaceHeader {
            client,
            total_space: 900,
            sections: 12,
            serialized_sections,
            ghost_sections: 3,
            section_classes: if client == FreeSpaceClient::Heap { 4 } else { 3 },
            shrink_percent: 80,
            expand_percent: 120,
            address_space_bits: 40,
            max_section_size: 0xffff,
            section_list: Some(Address(0x200)),
            list_used: 77,
            list_allocated: 90,
        }
    }

    fn row() -> impl Strategy<Value = RowSection> {
        any::<(u32, u16, u16, u16)>().prop_map(|(offset, row, column, blocks)| {
            let indirect_offset = u64::from(offset);
            RowSection { indirect_offset, row, column, blocks }
        })
    }

    fn kind() -> impl Strategy<Value = SectionKind> {
        prop_oneof![
            Just(SectionKind::Single),
            row().prop_map(SectionKind::FirstRow),
            Just(SectionKind::NormalRow),
            row().prop_map(SectionKind::Indirect),
        ]
    }

    proptest! {
        #[test]
        fn headers_round_trip(client in any::<bool>(), n in 0..0xffff_u64, bits in 1..=64_u16) {
            let client = if client { FreeSpaceClient::File } else { FreeSpaceClient::Heap };
            let header = FreeSpaceHeader { address_space_bits: bits, ..header(client, n) };
            check_round_trip(&header);
            for sizes in SIZES {
                let len = header.to_bytes_in(sizes, &()).unwrap().len();
                prop_assert_eq!(wide(len), FreeSpaceHeader::size(sizes));
            }
        }

        #[test]
        fn heap_sections_round_trip(
            sections in proptest::collection::vec((any::<u32>(), 1..4_u64, kind()), 0..8),
        ) {
            let manager = header(FreeSpaceClient::Heap, wide(sections.len()));
            let sections = sections
                .into_iter()
                .map(|(offset, size, kind)| Section { offset: u64::from(offset), size, kind })
                .collect();
            check_round_trip_in(&FreeSpaceSections { header: Address(0x80), sections }, &manager);
        }
    }

    #[test]
    fn file_sections_round_trip() {
        let kinds = [SectionKind::Simple, SectionKind::Small, SectionKind::Large];
        let sections = kinds.map(|kind| Section { offset: 0x400, size: 20, kind }).to_vec();
        let manager = header(FreeSpaceClient::File, 3);
        check_round_trip_in(&FreeSpaceSections { header: Address(0x80), sections }, &manager);
    }

    #[test]
    fn lists_may_have_room_to_spare() {
        let section = |size| Section { offset: 0x400, size, kind: SectionKind::Simple };
        let mut manager = FreeSpaceHeader { list_used: 0, ..header(FreeSpaceClient::File, 2) };
        let sections = vec![section(20), section(30)];
        let list = FreeSpaceSections { header: Address(0x80), sections };
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let exact = list.to_bytes_in(sizes, &manager).unwrap();
        manager.list_used = wide(exact.len()) + 9;
        let bytes = list.to_bytes_in(sizes, &manager).unwrap();
        assert_eq!(bytes.len(), exact.len() + 9);
        let limits = crate::limits::Limits::DEFAULT;
        let read = FreeSpaceSections::from_bytes_in(&bytes, 0, sizes, &limits, &manager);
        assert_eq!(read.unwrap(), list);
        assert!(FreeSpaceSections::from_bytes_in(&exact, 0, sizes, &limits, &manager).is_err());
    }

    #[test]
    fn lists_of_early_versions_are_read() {
        let mut manager =
            FreeSpaceHeader { max_section_size: 0x1_0000, ..header(FreeSpaceClient::Heap, 1) };
        manager.list_used = 0;
        let section = Section { offset: 0x400, size: 20, kind: SectionKind::Single };
        let list = FreeSpaceSections { header: Address(0x80), sections: vec![section] };
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let mut e = Encoder::new(FreeSpaceSections::NAME, sizes);
        list.encode_with(&mut e, &manager, 2).unwrap();
        let (bytes, limits) = (e.into_bytes(), crate::limits::Limits::DEFAULT);
        manager.list_used = wide(bytes.len());
        let read = FreeSpaceSections::from_bytes_in(&bytes, 0, sizes, &limits, &manager);
        assert_eq!(read.unwrap(), list);
    }
}
