//! Sections of free-space managers.
//!
//! See `spec-notes/free-space.md`.

use crate::codec::{Address, StructureIn};
use crate::error::{Error, Result};
use crate::format::free_space::{FreeSpaceClient, FreeSpaceHeader, FreeSpaceSections, Section};
use crate::space::Space;

/// A free-space manager.
///
/// Reading objects needs none. What it says is checked against itself and the bounds of what it
/// manages, not against what is in use: never take a section for free on its word alone.
#[derive(Debug, Clone)]
pub(crate) struct FreeSpace {
    /// The header.
    pub(crate) header: FreeSpaceHeader,
    /// By ascending offset.
    pub(crate) sections: Vec<Section>,
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
        let header: FreeSpaceHeader = space.load(at, FreeSpaceHeader::size(space.sizes()))?;
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
            Some(list) => Self::load_sections(space, at, &header, list)?,
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
        Ok(Self { header, sections })
    }

    fn load_sections(
        space: &Space,
        at: Address,
        header: &FreeSpaceHeader,
        list: Address,
    ) -> Result<Vec<Section>> {
        let found: FreeSpaceSections = space.load_in(list, header.list_used, header)?;
        if found.header != at {
            let problem = "leads to the header of another manager";
            let field = "Free-space Manager Header Address";
            return Err(space.broken(FreeSpaceSections::NAME, field, list, problem));
        }
        Ok(found.sections)
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
