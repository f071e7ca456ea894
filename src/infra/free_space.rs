//! Sections of free-space managers.
//!
//! See `spec-notes/free-space.md`.

use crate::codec::{Address, StructureIn, wide};
use crate::error::{Error, Result};
use crate::format::free_space::{FreeSpaceClient, FreeSpaceHeader, FreeSpaceSections, Section};
use crate::space::{Extents, Purpose, Rank, Space};

/// A free-space manager.
///
/// Reading objects needs none. What it says is checked against itself and the bounds of what it
/// manages, not against what is in use: never take a section for free on its word alone.
#[derive(Debug, Clone)]
pub(crate) struct FreeSpace {
    #[cfg(test)]
    pub(crate) header: FreeSpaceHeader,
    /// By ascending offset.
    pub(crate) sections: Vec<Section>,
}

/// Which state of the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// With all changes.
    Current,
    /// As the last commit left it.
    Committed,
}

impl Version {
    fn load<C, T: StructureIn<C>>(
        self,
        space: &Space,
        at: Address,
        len: u64,
        context: &C,
    ) -> Result<T> {
        match self {
            Self::Current => space.load_in(at, len, context),
            Self::Committed => {
                let bytes = space.read_committed(T::NAME, at, len)?;
                T::decode_in(&mut space.decoder(T::NAME, at, &bytes), context)
            }
        }
    }
}

impl FreeSpace {
    /// Reads the manager at `at`, which must be `client`'s.
    ///
    /// `end` is the first offset behind what is managed: the end of the file, or of the heap's
    /// space.
    pub(crate) fn load(
        space: &Space,
        at: Address,
        client: FreeSpaceClient,
        end: u64,
    ) -> Result<Self> {
        Self::load_version(space, at, client, end, Version::Current)
    }

    /// As [`load`](Self::load), of what is or of what the last commit left.
    pub(crate) fn load_version(
        space: &Space,
        at: Address,
        client: FreeSpaceClient,
        end: u64,
        version: Version,
    ) -> Result<Self> {
        let len = FreeSpaceHeader::size(space.sizes());
        let header: FreeSpaceHeader = version.load(space, at, len, &())?;
        let broken = |field, problem: &str| space.broken(FreeSpaceHeader::NAME, field, at, problem);
        if header.client != client {
            return Err(broken("Client ID", "is not whose manager this is"));
        }
        let counted = header.serialized_sections.checked_add(header.ghost_sections);
        if counted != Some(header.sections) {
            return Err(broken("Total Number of Sections", "is not the sum of its parts"));
        }
        let mut sections = match header.section_list {
            None if header.serialized_sections == 0 => Vec::new(),
            None => {
                let field = "Address of Serialized Section List";
                return Err(broken(field, "is undefined, but there are sections"));
            }
            Some(list) => Self::load_sections(space, at, &header, list, version)?,
        };
        sections.sort_by_key(|section| section.offset);
        let overlaps = |section: &Section, next: u64| {
            section.offset.checked_add(section.size).is_none_or(|behind| behind > next)
        };
        let starts = sections.iter().skip(1).map(|section| section.offset);
        let bounds: Vec<u64> = starts.chain([end]).collect();
        for (section, next) in sections.iter().zip(bounds) {
            if overlaps(section, next.min(end)) {
                return Err(Self::misplaced(space, &header, section));
            }
        }
        let total = sections.iter().fold(0_u64, |sum, section| sum.saturating_add(section.size));
        if header.ghost_sections == 0 && total != header.total_space {
            return Err(broken("Total Space Tracked", "is not the sum of the sections"));
        }
        Ok(Self {
            #[cfg(test)]
            header,
            sections,
        })
    }

    fn load_sections(
        space: &Space,
        at: Address,
        header: &FreeSpaceHeader,
        list: Address,
        version: Version,
    ) -> Result<Vec<Section>> {
        let found: FreeSpaceSections = version.load(space, list, header.list_used, header)?;
        if found.header != at {
            let problem = "leads to the header of another manager";
            let field = "Free-space Manager Header Address";
            return Err(space.broken(FreeSpaceSections::NAME, field, list, problem));
        }
        Ok(found.sections)
    }

    /// Writes a manager with these sections in the place of the one at `old`; none where there are
    /// no sections. `header` lacks what is told of the list, which this adds.
    ///
    /// What is committed stays as it is: both parts go to fresh space.
    pub(crate) fn save(
        space: &Space,
        old: Option<Address>,
        mut header: FreeSpaceHeader,
        sections: Vec<Section>,
    ) -> Result<Option<Address>> {
        let len = FreeSpaceHeader::size(space.sizes());
        if sections.is_empty() {
            if let Some(old) = old {
                Self::free(space, old)?;
            }
            return Ok(None);
        }
        let at = match old {
            Some(old) => {
                if let Some((list, len)) = Self::list(space, old) {
                    space.free(Purpose::Metadata, list, len)?;
                }
                space.shadow(Purpose::Metadata, old, len)?
            }
            None => space.allocate(Purpose::Metadata, len)?,
        };
        let list = FreeSpaceSections { header: at, sections };
        let bytes = list.to_bytes_in(space.sizes(), &header)?;
        header.list_used = wide(bytes.len());
        header.list_allocated = header.list_used;
        let list = space.allocate(Purpose::Metadata, header.list_allocated)?;
        header.section_list = Some(list);
        space.write(Rank::HeapData, list, bytes)?;
        space.save(Rank::HeapData, at, &header, len)?;
        Ok(Some(at))
    }

    /// Gives the manager at `at` back. What cannot be read of it stays where it is.
    pub(crate) fn free(space: &Space, at: Address) -> Result<()> {
        space.free_all(|extents| {
            Self::extents(space, at, extents);
            Ok(())
        })
    }

    /// Adds the parts of the manager at `at` to `extents`, as far as they can be read.
    pub(crate) fn extents(space: &Space, at: Address, extents: &mut Extents) {
        extents.metadata(at, FreeSpaceHeader::size(space.sizes()));
        if let Some((list, len)) = Self::list(space, at) {
            extents.metadata(list, len);
        }
    }

    /// Where the list of the manager at `at` is, and the bytes allocated for it.
    pub(crate) fn list(space: &Space, at: Address) -> Option<(Address, u64)> {
        let len = FreeSpaceHeader::size(space.sizes());
        let header: FreeSpaceHeader = space.load(at, len).ok()?;
        let list = header.section_list?;
        (list.plus(header.list_allocated) <= space.end()).then_some((list, header.list_allocated))
    }

    fn misplaced(space: &Space, header: &FreeSpaceHeader, section: &Section) -> Error {
        let at = header.section_list.unwrap_or(Address(0));
        let problem = format!(
            "{} bytes at {:#x} overlap another section, or the end of what is managed",
            section.size, section.offset
        );
        space.broken(FreeSpaceSections::NAME, "Section Offset", at, problem)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::codec::Sizes;
    use crate::format::free_space::SectionKind;
    use crate::io::Memory;
    use crate::limits::Limits;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

    fn load(offsets: [u64; 2], end: u64) -> Result<FreeSpace> {
        let mut header = FreeSpaceHeader {
            client: FreeSpaceClient::File,
            total_space: 200,
            sections: 2,
            serialized_sections: 2,
            ghost_sections: 0,
            section_classes: 3,
            shrink_percent: 80,
            expand_percent: 120,
            address_space_bits: 63,
            max_section_size: 0xffff,
            section_list: Some(Address(128)),
            list_used: 0,
            list_allocated: 0,
        };
        let section = |offset| Section { offset, size: 100, kind: SectionKind::Simple };
        let sections = offsets.map(section).to_vec();
        let list = FreeSpaceSections { header: Address(0), sections };
        let list = list.to_bytes_in(SIZES, &header).unwrap();
        header.list_used = u64::try_from(list.len()).unwrap();
        let mut bytes = header.to_bytes_in(SIZES, &()).unwrap();
        bytes.resize(128, 0);
        bytes.extend(list);
        let space = Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap();
        FreeSpace::load(&space, Address(0), FreeSpaceClient::File, end)
    }

    #[test]
    fn sections_lie_apart_and_inside() {
        let found = load([700, 600], 800).unwrap();
        let offsets: Vec<u64> = found.sections.iter().map(|section| section.offset).collect();
        assert_eq!(offsets, [600, 700]);
        assert!(load([700, 601], 800).is_err());
        assert!(load([700, 700], 800).is_err());
        assert!(load([700, 600], 799).is_err());
        assert!(load([700, u64::MAX >> 8], u64::MAX).is_ok());
    }
}
