//! Free space of the file, as its managers record it.
//!
//! See `spec-notes/free-space.md`.

use super::free_space::FreeSpace;
use crate::codec::{Address, Sizes, StructureIn, wide};
use crate::error::Result;
use crate::format::free_space::{
    FreeSpaceClient, FreeSpaceHeader, FreeSpaceSections, Section, SectionKind,
};
use crate::format::message::FileSpaceInfo;
use crate::space::{Extents, FreeClass, FreeRun, Purpose, Rank, Space};

/// Free space of less than this is for metadata, in files without pages.
const RAW_FROM: u64 = 2048;
/// Manager of metadata; in files of pages, of what is smaller than one.
const METADATA: usize = 0;
/// Manager of raw data; in files of pages, of what is smaller than one.
const RAW: usize = 2;
/// Manager of whole pages.
const LARGE: usize = 6;
/// Bytes that lists in files of pages have to spare: their own place comes from what they record.
const SPARE: u64 = 64;
/// How often the managers are given space until it is what they take: the space comes from what
/// they record.
const ATTEMPTS: usize = 8;

/// What the managers named by `info` say is free. An error where they contradict each other or the
/// file: then nothing of it is to be believed.
pub(crate) fn read(space: &Space, info: &FileSpaceInfo) -> Result<Vec<FreeRun>> {
    let mut runs = Vec::new();
    for (slot, at) in info.managers.iter().enumerate() {
        let Some(at) = *at else { continue };
        let manager = FreeSpace::load(space, at, FreeSpaceClient::File, space.end().0)?;
        for section in &manager.sections {
            let class = class(slot, section.kind, info.page());
            runs.push(FreeRun { at: Address(section.offset), len: section.size, class });
        }
    }
    runs.sort_unstable();
    let overlap = runs.windows(2).find_map(|pair| match pair {
        [run, next] if run.at.plus(run.len) > next.at => Some(next.at),
        _ => None,
    });
    match overlap {
        Some(at) => {
            let problem = "two managers say the same space is free";
            Err(space.broken(FreeSpaceSections::NAME, "Section Offset", at, problem))
        }
        None => Ok(runs),
    }
}

/// Adds what the managers named by `info` take themselves to `extents`.
pub(crate) fn extents(space: &Space, info: &FileSpaceInfo, extents: &mut Extents) {
    info.managers.iter().flatten().for_each(|at| FreeSpace::extents(space, *at, extents));
}

/// Writes managers that record what is free, `more` of which the space does not know of; gives
/// their addresses in the order of the message. None at all where that does not come to an end.
///
/// Nothing may be allocated or given back behind this.
pub(crate) fn write(
    space: &Space,
    info: &FileSpaceInfo,
    more: &[FreeRun],
) -> Result<Vec<Option<Address>>> {
    let mut wanted = lists(space, info, more);
    for _ in 0..ATTEMPTS {
        let places = wanted.iter().map(|list| list.place(space)).collect::<Result<Vec<_>>>()?;
        let now = lists(space, info, more);
        let fits = |(list, place): (&List, &Place)| {
            list.slot == place.slot && list.least_len() <= place.list_len
        };
        if now.len() == places.len() && now.iter().zip(&places).all(fits) {
            let mut managers = vec![None; FileSpaceInfo::MANAGERS];
            for (list, place) in now.iter().zip(places) {
                list.save(space, &place)?;
                if let Some(manager) = managers.get_mut(list.slot) {
                    *manager = Some(place.header);
                }
            }
            return Ok(managers);
        }
        for place in places {
            place.free(space)?;
        }
        space.keep_step()?;
        wanted = now;
    }
    Ok(vec![None; FileSpaceInfo::MANAGERS])
}

/// One manager to be written.
struct List {
    slot: usize,
    sizes: Sizes,
    /// Bytes of the list for sections that its own allocation makes.
    spare: u64,
    /// By size and offset.
    sections: Vec<Section>,
}

/// Where the parts of a manager go.
struct Place {
    slot: usize,
    header: Address,
    list: Address,
    list_len: u64,
}

/// The managers that record what is free now, in the order of the message.
fn lists(space: &Space, info: &FileSpaceInfo, more: &[FreeRun]) -> Vec<List> {
    let mut runs = space.free_runs();
    // What was in use after all is known better.
    let apart = |run: &FreeRun, other: &FreeRun| {
        run.at.plus(run.len) <= other.at || other.at.plus(other.len) <= run.at
    };
    let more: Vec<_> =
        more.iter().filter(|run| runs.iter().all(|other| apart(run, other))).copied().collect();
    runs.extend(more);
    let mut lists = Vec::new();
    for slot in [METADATA, RAW, LARGE] {
        let own = |run: &&FreeRun| {
            run.len >= info.threshold && self::slot(run, info.page().is_some()) == slot
        };
        let section = |run: &FreeRun| {
            let kind = match (info.page(), slot) {
                (None, _) => SectionKind::Simple,
                (Some(_), LARGE) => SectionKind::Large,
                (Some(_), _) => SectionKind::Small,
            };
            Section { offset: run.at.0, size: run.len, kind }
        };
        let mut sections: Vec<_> = runs.iter().filter(own).map(section).collect();
        sections.sort_unstable_by_key(|section| (section.size, section.offset));
        if !sections.is_empty() {
            let spare = info.page().map_or(0, |_| SPARE);
            lists.push(List { slot, sizes: space.sizes(), spare, sections });
        }
    }
    lists
}

/// The manager that records a run.
fn slot(run: &FreeRun, pages: bool) -> usize {
    match (pages, run.class) {
        (true, FreeClass::General) => LARGE,
        (true, FreeClass::SmallRaw) => RAW,
        (true, FreeClass::SmallMetadata) => METADATA,
        (false, _) if run.len < RAW_FROM => METADATA,
        (false, _) => RAW,
    }
}

/// What may go into a section of the manager in a slot.
fn class(slot: usize, kind: SectionKind, page: Option<u64>) -> FreeClass {
    match (page, kind) {
        (Some(_), SectionKind::Small) if slot == RAW => FreeClass::SmallRaw,
        (Some(_), SectionKind::Small) => FreeClass::SmallMetadata,
        _ => FreeClass::General,
    }
}

impl List {
    /// The header of a manager whose list has `len` bytes.
    fn header(&self, list: Option<Address>, len: u64) -> FreeSpaceHeader {
        let count = wide(self.sections.len());
        let total = self.sections.iter().fold(0, |n: u64, s| n.saturating_add(s.size));
        let width = u32::from(self.sizes.lengths).saturating_mul(8);
        // As libhdf5 has it: addresses of 63 bits, cut to what lengths can say.
        let most = 1_u64.checked_shl(width.min(63)).map_or(u64::MAX, |n| n.saturating_sub(1));
        FreeSpaceHeader {
            client: FreeSpaceClient::File,
            total_space: total,
            sections: count,
            serialized_sections: count,
            ghost_sections: 0,
            section_classes: 3,
            shrink_percent: 80,
            expand_percent: 120,
            address_space_bits: 63,
            max_section_size: most,
            section_list: list,
            list_used: len,
            list_allocated: len,
        }
    }

    /// The list, for the header at an address, in `len` bytes at least.
    fn bytes(&self, header: Address, len: u64) -> Result<Vec<u8>> {
        let list = FreeSpaceSections { header, sections: self.sections.clone() };
        list.to_bytes_in(self.sizes, &self.header(None, len))
    }

    /// Bytes that the list needs.
    fn least_len(&self) -> u64 {
        self.bytes(Address(0), 0).map_or(0, |bytes| wide(bytes.len()))
    }

    fn place(&self, space: &Space) -> Result<Place> {
        let header = space.allocate_behind(FreeSpaceHeader::size(self.sizes))?;
        let list_len = self.least_len().saturating_add(self.spare);
        let list = space.allocate_behind(list_len)?;
        Ok(Place { slot: self.slot, header, list, list_len })
    }

    fn save(&self, space: &Space, place: &Place) -> Result<()> {
        let header = self.header(Some(place.list), place.list_len);
        let bytes = self.bytes(place.header, place.list_len)?;
        space.write(Rank::HeapData, place.list, bytes)?;
        space.save(Rank::HeapData, place.header, &header, FreeSpaceHeader::size(self.sizes))
    }
}

impl Place {
    fn free(&self, space: &Space) -> Result<()> {
        space.free(Purpose::Metadata, self.header, FreeSpaceHeader::size(space.sizes()))?;
        space.free(Purpose::Metadata, self.list, self.list_len)
    }
}
