//! What is free in a fractal heap.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FractalHeap;
use crate::codec::{Address, StructureIn, wide};
use crate::error::{Error, Result};
use crate::format::fractal_heap::{Contents, FractalHeapHeader};
use crate::format::free_space::{
    FreeSpaceClient, FreeSpaceHeader, RowSection, Section, SectionKind,
};
use crate::infra::free_space::{FreeSpace, Version};
use crate::space::Space;

/// Most runs of free bytes a heap remembers: every change writes all of them. The smallest are
/// forgotten first; their bytes serve again when the heap holds no more objects.
const MAX_GAPS: usize = 4096;

/// Runs of free bytes inside direct blocks: lengths by offset in the heap's space. Two runs never
/// touch.
pub(super) type Gaps = BTreeMap<u64, u64>;

/// What is free as of the last commit.
pub(super) enum Committed {
    /// There is no heap.
    Everything,
    Heap {
        objects: u64,
        gaps: Gaps,
    },
}

impl Committed {
    pub(super) fn has_no_objects(&self) -> bool {
        matches!(self, Self::Everything | Self::Heap { objects: 0, .. })
    }

    /// Whether all of `len` bytes at `offset` are free.
    pub(super) fn leaves_free(&self, offset: u64, len: u64) -> bool {
        self.place_in(offset, len, len).is_some()
    }

    /// Where `len` bytes are free of the `room` bytes at `offset`.
    fn place_in(&self, offset: u64, room: u64, len: u64) -> Option<u64> {
        let Self::Heap { gaps, .. } = self else { return (room >= len).then_some(offset) };
        let end = offset.saturating_add(room);
        let before = gaps.range(..offset).next_back();
        before.into_iter().chain(gaps.range(offset..end)).find_map(|(start, free)| {
            let last = start.saturating_add(*free).min(end);
            let start = offset.max(*start);
            (last.checked_sub(start)? >= len).then_some(start)
        })
    }
}

/// What is free in a heap, as of when its manager was written.
#[derive(Debug, Clone)]
struct KnownFree {
    gaps: Gaps,
    holes: Option<Holes>,
}

/// All holes of a heap whose blocks begin and end so.
#[derive(Debug, Clone)]
pub(super) struct Holes {
    root: (Option<Address>, u16),
    limit: u64,
    all: Arc<[Hole]>,
}

/// Neighbouring entries of an indirect block that lead nowhere, all of them before the place of
/// the next block.
#[derive(Debug, Clone, Copy)]
struct Hole {
    /// First byte of the indirect block in the heap's space.
    indirect_offset: u64,
    entry: u64,
    entries: u64,
    /// The part of the heap's space.
    start: u64,
    end: u64,
}

impl FractalHeap {
    /// Runs of free bytes inside direct blocks, as offsets and lengths.
    pub(super) fn gaps(&self) -> impl Iterator<Item = (u64, u64)> {
        self.gaps.iter().flatten().map(|(offset, len)| (*offset, *len))
    }

    /// Looks up what is free. A manager that contradicts the heap counts for nothing: no byte is
    /// used on its word.
    pub(super) fn load_gaps(&mut self, space: &Space) -> Result<()> {
        if self.gaps.is_some() {
            return Ok(());
        }
        let list = self.section_list(space);
        let kept = list.and_then(|(at, _)| space.take_kept::<KnownFree>(at));
        if let Some(KnownFree { gaps, holes }) = kept.map(Arc::unwrap_or_clone) {
            self.gaps = Some(gaps);
            self.lock().holes = holes;
            return Ok(());
        }
        let found = read_gaps(space, &self.header, Version::Current);
        let plausible = self.are_plausible(space, &found)?;
        self.gaps = Some(if plausible { found } else { Gaps::new() });
        Ok(())
    }

    /// Where the manager's list of sections is, and its bytes.
    fn section_list(&self, space: &Space) -> Option<(Address, u64)> {
        FreeSpace::list(space, self.header.free_space_manager?)
    }

    /// Whether the runs lie in direct blocks, and leave room for the objects.
    fn are_plausible(&self, space: &Space, gaps: &Gaps) -> Result<bool> {
        if gaps.is_empty() {
            return Ok(true);
        }
        let overhead = self.overhead(space);
        let table = &self.header.table;
        let mut blocks = 1_u64;
        if table.root_rows > 0 {
            let all = self.indirect_blocks(space)?;
            let direct = all.iter().flat_map(|placed| &placed.block.direct);
            blocks = wide(direct.filter(|entry| entry.address.is_some()).count());
        }
        for (offset, len) in gaps {
            let Some(found) = self.find(space, *offset)? else { return Ok(false) };
            let end = found.offset.saturating_add(found.size);
            let first = found.offset.saturating_add(overhead);
            if *offset < first || offset.saturating_add(*len) > end {
                return Ok(false);
            }
        }
        let room = self.room(space, u32::from(table.root_rows));
        let objects = room.saturating_sub(self.header.free_space);
        let free = gaps.values().fold(0_u64, |sum, len| sum.saturating_add(*len));
        let headers = blocks.saturating_mul(overhead);
        let allocated = self.header.statistics.allocated_managed_space;
        Ok(objects.saturating_add(free).saturating_add(headers) <= allocated)
    }

    /// What is free as of the last commit; nothing, where that cannot be told.
    pub(super) fn committed(&self, space: &Space) -> Committed {
        let len = self.header.size(space.sizes());
        if space.is_fresh(self.at, len) {
            return Committed::Everything;
        }
        let header = space.read_committed(FractalHeapHeader::NAME, self.at, len);
        let header: Result<FractalHeapHeader> = header.and_then(|bytes| {
            let mut d = space.decoder(FractalHeapHeader::NAME, self.at, &bytes);
            StructureIn::<()>::decode_in(&mut d, &())
        });
        match header {
            Err(_) => Committed::Heap { objects: u64::MAX, gaps: Gaps::new() },
            Ok(header) => Committed::Heap {
                objects: header.statistics.managed_objects,
                gaps: read_gaps(space, &header, Version::Committed),
            },
        }
    }

    /// Where an object of `length` bytes can go in blocks that exist: the smallest run of free
    /// bytes that holds it.
    pub(super) fn find_gap(&self, space: &Space, length: u64) -> Result<Option<u64>> {
        let mut fitting: Vec<_> =
            self.gaps().filter(|(_, len)| *len >= length).map(|(at, len)| (len, at)).collect();
        fitting.sort_unstable();
        let mut committed = None;
        for (len, offset) in fitting {
            let Some(found) = self.find(space, offset)? else { continue };
            if space.is_fresh(found.at, found.size) {
                return Ok(Some(offset));
            }
            let committed = committed.get_or_insert_with(|| self.committed(space));
            if let Some(place) = committed.place_in(offset, len, length) {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// `length` bytes at `offset` are free no more.
    pub(super) fn take_gap(&mut self, space: &Space, offset: u64, length: u64) -> Result<()> {
        let end = offset.saturating_add(length);
        let gaps = self.gaps.as_mut().ok_or_else(not_known)?;
        let run = gaps.range(..=offset).next_back().map(|(start, len)| (*start, *len));
        let run = run.map(|(start, len)| (start, start.saturating_add(len)));
        let Some((start, behind)) = run.filter(|(_, behind)| *behind >= end) else {
            return Err(self.broken(space, "Heap ID", "the space is not free"));
        };
        gaps.remove(&start);
        for (start, end) in [(start, offset), (end, behind)] {
            if start < end {
                gaps.insert(start, end.saturating_sub(start));
            }
        }
        Ok(())
    }

    /// `length` bytes at `offset` are free from here on.
    pub(super) fn add_gap(&mut self, space: &Space, offset: u64, length: u64) -> Result<()> {
        let end = offset.saturating_add(length);
        let gaps = self.gaps.as_mut().ok_or_else(not_known)?;
        let before = gaps.range(..end).next_back().map(|(start, len)| (*start, *len));
        let (mut first, mut last) = (offset, end);
        if let Some((start, len)) = before {
            let behind = start.saturating_add(len);
            if behind > offset {
                let problem = format!("no object at {offset:#x} of the heap: it is free space");
                return Err(self.broken(space, "Heap ID", problem));
            }
            if behind == offset {
                gaps.remove(&start);
                first = start;
            }
        }
        if let Some(len) = gaps.remove(&end) {
            last = end.saturating_add(len);
        }
        gaps.insert(first, last.saturating_sub(first));
        Ok(())
    }

    /// Forgets the smallest runs of free bytes where there are more than can be remembered.
    fn forget_smallest_gaps(&mut self) {
        let Some(gaps) = &mut self.gaps else { return };
        let more = gaps.len().saturating_sub(MAX_GAPS);
        if more == 0 {
            return;
        }
        let mut all: Vec<(u64, u64)> = gaps.iter().map(|(start, len)| (*len, *start)).collect();
        all.sort_unstable();
        all.iter().take(more).for_each(|(_, start)| _ = gaps.remove(start));
    }

    /// The run at `offset` is gone with its block.
    pub(super) fn drop_gap(&mut self, offset: u64) {
        self.gaps.as_mut().and_then(|gaps| gaps.remove(&offset));
    }

    /// All runs are gone with their blocks.
    pub(super) fn drop_gaps(&mut self) {
        self.gaps = Some(Gaps::new());
    }

    fn holes(&self, space: &Space) -> Result<Arc<[Hole]>> {
        let limit = self.header.statistics.allocation_iterator;
        let root = (self.header.table.root, self.header.table.root_rows);
        if let Some(known) = &self.lock().holes
            && (known.root, known.limit) == (root, limit)
        {
            return Ok(Arc::clone(&known.all));
        }
        let all: Arc<[Hole]> = self.find_holes(space, limit)?.into();
        self.lock().holes = Some(Holes { root, limit, all: Arc::clone(&all) });
        Ok(all)
    }

    /// Looks at all indirect blocks.
    fn find_holes(&self, space: &Space, limit: u64) -> Result<Vec<Hole>> {
        let mut holes = Vec::new();
        for placed in self.indirect_blocks(space)? {
            let mut hole: Option<Hole> = None;
            for (entry, child) in (0_u64..).zip(placed.block.entries()) {
                let Some(cell) = self.header.table.cell(entry) else { break };
                let start = placed.offset.saturating_add(cell.offset);
                let end = start.saturating_add(cell.size);
                if child.is_some() || end > limit {
                    holes.extend(hole.take());
                    if end > limit {
                        break;
                    }
                    continue;
                }
                let indirect_offset = placed.offset;
                let hole =
                    hole.get_or_insert(Hole { indirect_offset, entry, entries: 0, start, end });
                hole.entries = hole.entries.saturating_add(1);
                hole.end = end;
            }
            holes.extend(hole);
        }
        Ok(holes)
    }

    /// The smallest missing direct block of `least` bytes at least, as offset and size.
    pub(super) fn find_hole(&self, space: &Space, least: u64) -> Result<Option<(u64, u64)>> {
        let holes = self.holes(space)?;
        let fitting = holes.iter().filter_map(|hole| {
            let (offset, size) = self.header.table.next_direct(hole.start, least)?;
            (offset.checked_add(size)? <= hole.end).then_some((offset, size))
        });
        Ok(fitting.min_by_key(|(offset, size)| (*size, *offset)))
    }

    /// Writes the manager anew, or drops it where nothing is free. What is free is looked up again by who asks
    /// next.
    pub(super) fn save_manager(&mut self, space: &Space) -> Result<()> {
        self.forget_smallest_gaps();
        let mut header = FreeSpaceHeader {
            client: FreeSpaceClient::Heap,
            total_space: 0,
            sections: 0,
            serialized_sections: 0,
            ghost_sections: 0,
            section_classes: 4,
            shrink_percent: 80,
            expand_percent: 120,
            address_space_bits: self.header.table.max_heap_bits,
            max_section_size: self.header.table.max_direct_size,
            section_list: None,
            list_used: 0,
            list_allocated: 0,
        };
        let single = |(offset, size)| Section { offset, size, kind: SectionKind::Single };
        let mut sections: Vec<_> = self.gaps().map(single).collect();
        for section in &sections {
            header.total_space = header.total_space.saturating_add(section.size);
        }
        let holes = self.holes(space)?;
        let rows = if holes.is_empty() { 0 } else { u32::MAX };
        let contents = self.header.table.contents(self.overhead(space), rows);
        for hole in &*holes {
            let Some((section, rows)) = self.section_of(hole, &contents) else { continue };
            sections.push(section);
            header.total_space = header.total_space.saturating_add(rows.sum);
            // Only the first row is stored.
            let more = rows.rows.saturating_sub(1);
            header.ghost_sections = header.ghost_sections.saturating_add(more);
        }
        header.serialized_sections = wide(sections.len());
        header.sections = header.serialized_sections.saturating_add(header.ghost_sections);
        // Nearly in this order already, which the stable sort makes use of.
        sections.sort_by_key(|section| (section.size, section.offset));
        let old = self.header.free_space_manager;
        self.header.free_space_manager = FreeSpace::save(space, old, header, sections)?;
        if let (Some(list), Some(gaps)) = (self.section_list(space), self.gaps.take()) {
            let known = KnownFree { gaps, holes: self.lock().holes.clone() };
            space.keep(list, &Arc::new(known), space.moment());
        }
        Ok(())
    }

    /// The section of a hole, and what its blocks could hold.
    fn section_of(&self, hole: &Hole, cells: &[Contents]) -> Option<(Section, Contents)> {
        let table = &self.header.table;
        let width = u64::from(table.width);
        let behind = hole.entry.checked_add(hole.entries)?;
        let mut all = Contents::default();
        let mut entry = hole.entry;
        while entry < behind {
            let row = entry.checked_div(width)?;
            let next = row.checked_add(1)?.checked_mul(width)?.min(behind);
            let direct = row < u64::from(table.max_direct_rows());
            let cell = cells.get(usize::try_from(row).ok()?)?;
            all.add_row(cell, next.checked_sub(entry)?, direct);
            entry = next;
        }
        let row = RowSection {
            indirect_offset: hole.indirect_offset,
            row: u16::try_from(hole.entry.checked_div(width)?).ok()?,
            column: u16::try_from(hole.entry.checked_rem(width)?).ok()?,
            blocks: u16::try_from(hole.entries).ok()?,
        };
        let kind = SectionKind::FirstRow(row);
        Some((Section { offset: hole.start, size: all.first, kind }, all))
    }
}

#[cold]
fn not_known() -> Error {
    Error::usage("what is free in the heap was not looked up")
}

/// The runs of free bytes that the manager of the heap with this header knows of; none where it
/// cannot be read.
fn read_gaps(space: &Space, header: &FractalHeapHeader, version: Version) -> Gaps {
    let Some(at) = header.free_space_manager else { return Gaps::new() };
    let end = header.statistics.managed_space;
    let Ok(found) = FreeSpace::load_version(space, at, FreeSpaceClient::Heap, end, version) else {
        return Gaps::new();
    };
    let singles = found.sections.iter().filter(|section| section.kind == SectionKind::Single);
    singles.map(|section| (section.offset, section.size)).collect()
}
