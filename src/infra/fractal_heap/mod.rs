//! Fractal heaps: objects by id.
//!
//! See `spec-notes/heaps.md`.
//!
//! # Changes
//!
//! What is free is known from the heap's free-space manager, which is written anew with every
//! change. An object goes into the smallest free run that holds it, else into a block that is
//! missing within the part of the heap's space in use, else into the next block behind it.
//!
//! Nothing the last commit refers to changes before the next: bytes of an object that was removed
//! are free at once, but used only when they lie in a block of this commit, or when the last
//! commit left them free; the same goes for blocks without objects, which a later change gives
//! back. Huge objects are the exception: their tree loses the record with the removal.
//!
//! After an error a heap is loaded anew.

mod batch;
mod edit;
mod grow;
mod huge;
mod manager;
#[cfg(test)]
mod model_tests;
mod reader;
mod release;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub(crate) use edit::HeapCreation;
use manager::Gaps;

use super::btree2::BTree2;
use crate::codec::{Address, Decoder, StructureIn, wide};
use crate::error::{Error, Result};
use crate::filter::{Registry, pipeline};
use crate::format::btree2::{FilteredIndirectHugeRecord, IndirectHugeRecord};
use crate::format::fractal_heap::{
    DirectBlock, DirectBlockContext, FilteredBlock, FractalHeapHeader, HeapId, HugeObject,
    IndirectBlock, IndirectBlockContext,
};
use crate::format::message::{FilterDescription, FilterPipeline};
use crate::infra::kept::{KeptNodes, load_once};
use crate::limits::Limits;
use crate::space::Space;

/// Bytes of decoded direct blocks a heap keeps.
const CACHE_BYTES: u64 = 16 << 20;

/// A fractal heap.
///
/// Keeps the blocks it has decoded, so that reading all objects reads each block once.
#[derive(Debug)]
pub(crate) struct FractalHeap {
    at: Address,
    header: FractalHeapHeader,
    /// Empty where the heap has no filters.
    filters: Vec<FilterDescription>,
    registry: Registry,
    blocks: Mutex<Blocks>,
    huge: OnceLock<BTree2<IndirectHugeRecord>>,
    filtered_huge: OnceLock<BTree2<FilteredIndirectHugeRecord>>,
    /// What is free inside direct blocks; `None` before the first change.
    gaps: Option<Gaps>,
    /// Blocks that look-ups read, where nobody changes them.
    kept: Option<KeptBlocks>,
}

/// What is known of blocks that look-ups went through.
#[derive(Debug, Default)]
struct KeptBlocks {
    indirect: KeptNodes<IndirectBlock>,
    /// Direct blocks that are whole, by what they say they begin at.
    whole: KeptNodes<u64>,
}

/// Blocks already decoded, by address.
#[derive(Debug, Default)]
struct Blocks {
    indirect: HashMap<Address, Arc<IndirectBlock>>,
    direct: HashMap<Address, Arc<DirectBlock>>,
    /// Bytes of `direct`.
    bytes: u64,
    /// Where blocks are missing, for as long as none comes or goes.
    holes: Option<manager::Holes>,
    /// While many objects are put in: the indirect blocks that are to be written when all are, and their
    /// rows.
    unsaved: Option<BTreeMap<Address, u32>>,
}

/// A direct block found for an offset.
struct Found {
    at: Address,
    /// First byte in the heap's space.
    offset: u64,
    /// Bytes, decoded.
    size: u64,
    filtered: Option<FilteredBlock>,
}

/// Where a huge object is.
struct HugePlace {
    at: Address,
    /// Bytes in the file.
    length: u64,
    /// Filter mask and decoded size; `None` where the heap has no filters.
    filtered: Option<(u32, u64)>,
}

impl FractalHeap {
    /// Reads the header at `at`. The heap knows the built-in filters.
    pub(crate) fn load(space: &Space, at: Address) -> Result<Self> {
        let name = FractalHeapHeader::NAME;
        let header = match space.kept::<FractalHeapHeader>(at) {
            Some(kept) => Arc::unwrap_or_clone(kept),
            None => Self::load_header(space, at)?,
        };
        let filters = match &header.filters {
            None => Vec::new(),
            Some(filters) => {
                let mut d =
                    space.decoder(<FilterPipeline as StructureIn<()>>::NAME, at, &filters.pipeline);
                let outer = space.location(name, "I/O Filter Information", at);
                FilterPipeline::decode_in(&mut d, &()).map_err(|error| error.within(outer))?.filters
            }
        };
        Ok(Self::with_header(at, header, filters))
    }

    fn load_header(space: &Space, at: Address) -> Result<FractalHeapHeader> {
        let (name, moment) = (FractalHeapHeader::NAME, space.moment());
        let len = space.settled(|| {
            let start = space.read(name, at, FractalHeapHeader::PREFIX_SIZE)?;
            FractalHeapHeader::size_from(space.decoder(name, at, &start))
        })?;
        let header = Arc::new(space.load(at, len)?);
        space.keep((at, len), &header, moment);
        Ok(Arc::unwrap_or_clone(header))
    }

    fn with_header(
        at: Address,
        header: FractalHeapHeader,
        filters: Vec<FilterDescription>,
    ) -> Self {
        Self {
            at,
            header,
            filters,
            registry: Registry::new(),
            blocks: Mutex::default(),
            huge: OnceLock::new(),
            filtered_huge: OnceLock::new(),
            gaps: None,
            kept: None,
        }
    }

    /// Lets the heap's filters be those of `registry`.
    pub(crate) fn with_registry(mut self, registry: &Registry) -> Self {
        self.registry = registry.clone();
        self
    }

    /// Keeps what look-ups read: for heaps that nobody changes.
    pub(crate) fn keep_blocks(&mut self) {
        self.kept = Some(KeptBlocks::default());
    }

    /// The header.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn header(&self) -> &FractalHeapHeader {
        &self.header
    }

    /// The object with the id `id`, which may be longer than the heap's ids.
    pub(crate) fn get<'s>(&self, space: &'s Space, id: &[u8]) -> Result<Cow<'s, [u8]>> {
        match self.decode_id(space, id)? {
            HeapId::Managed { offset, length } => {
                self.managed(space, offset, length).map(Cow::Owned)
            }
            HeapId::Huge(object) => self.huge(space, &object),
            HeapId::Tiny(data) => Ok(Cow::Owned(data)),
        }
    }

    fn decode_id(&self, space: &Space, id: &[u8]) -> Result<HeapId> {
        let mut d =
            Decoder::new(HeapId::NAME, id, space.offset(self.at), space.sizes(), space.limits());
        HeapId::decode_in(&mut d, &self.header.id_layout())
    }

    fn broken(&self, space: &Space, field: &'static str, problem: impl Into<String>) -> Error {
        space.broken(FractalHeapHeader::NAME, field, self.at, problem)
    }

    fn lock(&self) -> MutexGuard<'_, Blocks> {
        // A panic of another thread leaves the maps whole: entries go in complete.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn managed(&self, space: &Space, offset: u64, length: u64) -> Result<Vec<u8>> {
        self.reader(space).managed(offset, length, |object| Ok(object.to_vec()))
    }

    #[cold]
    fn missing(&self, space: &Space, offset: u64, length: u64) -> Error {
        let problem = format!("no object of {length} bytes at {offset:#x} of the heap");
        self.broken(space, "Heap ID", problem)
    }

    /// The direct block that holds `offset`; `None` where there is none.
    ///
    /// Ends: each indirect block spans less of the heap's space than the one that leads to it.
    fn find(&self, space: &Space, offset: u64) -> Result<Option<Found>> {
        let table = &self.header.table;
        let Some(mut at) = table.root else { return Ok(None) };
        let mut rows = u32::from(table.root_rows);
        if rows == 0 {
            let size = table.starting_block_size;
            let filters = self.header.filters.as_ref();
            let filtered =
                filters.map(|root| FilteredBlock { size: root.root_size, mask: root.root_mask });
            return Ok((offset < size).then_some(Found { at, offset: 0, size, filtered }));
        }
        let mut start = 0_u64;
        for _ in 0..=space.limits().heap_depth {
            let Some(cell) = offset.checked_sub(start).and_then(|local| table.cell_at(local))
            else {
                return Ok(None);
            };
            if cell.row >= rows {
                return Ok(None);
            }
            let (known, read);
            let block = match &self.kept {
                Some(kept) => {
                    let look = || self.read_indirect(space, at, start, rows);
                    known = kept.indirect.get(at, look)?;
                    &*known
                }
                None => {
                    read = self.indirect(space, at, start, rows)?;
                    &*read
                }
            };
            let entry = usize::try_from(cell.entry).unwrap_or(usize::MAX);
            start = start.saturating_add(cell.offset);
            if cell.row < table.max_direct_rows() {
                let Some(entry) = block.direct.get(entry) else { return Ok(None) };
                let (size, filtered) = (cell.size, entry.filtered);
                return Ok(entry.address.map(|at| Found { at, offset: start, size, filtered }));
            }
            let entry = entry.saturating_sub(block.direct.len());
            let Some(child) = block.indirect.get(entry).copied().flatten() else {
                return Ok(None);
            };
            let Some(child_rows) = table.child_rows(cell.row) else { return Ok(None) };
            (at, rows) = (child, child_rows);
        }
        let (asked, allowed) =
            (space.limits().heap_depth.saturating_add(1), space.limits().heap_depth);
        Limits::check("heap_depth", asked, allowed)
            .map_err(|error| error.or_at(space.location(IndirectBlock::NAME, "Address", at)))?;
        Ok(None)
    }

    fn indirect(
        &self,
        space: &Space,
        at: Address,
        offset: u64,
        rows: u32,
    ) -> Result<Arc<IndirectBlock>> {
        if let Some(known) = self.lock().indirect.get(&at)
            && known.offset == offset
        {
            return Ok(Arc::clone(known));
        }
        // Another heap may have read it, with another header.
        let context = IndirectBlockContext { heap: &self.header, rows };
        let kept = space.kept::<IndirectBlock>(at).filter(|block| {
            self.header.filters.is_none()
                && (block.heap, block.offset) == (self.at, offset)
                && context.has_entries_of(block)
        });
        let block = match kept {
            Some(kept) => kept,
            None => {
                let moment = space.moment();
                let block = Arc::new(self.read_indirect(space, at, offset, rows)?);
                if self.header.filters.is_none() {
                    space.keep((at, context.size(space.sizes())), &block, moment);
                }
                block
            }
        };
        self.lock().indirect.insert(at, Arc::clone(&block));
        Ok(block)
    }

    fn read_indirect(
        &self,
        space: &Space,
        at: Address,
        offset: u64,
        rows: u32,
    ) -> Result<IndirectBlock> {
        let context = IndirectBlockContext { heap: &self.header, rows };
        let block: IndirectBlock = space.load_in(at, context.size(space.sizes()), &context)?;
        self.check_place(space, IndirectBlock::NAME, at, (block.heap, block.offset), offset)?;
        Ok(block)
    }

    fn direct(
        &self,
        space: &Space,
        found: &Found,
        context: &DirectBlockContext<'_>,
    ) -> Result<Arc<DirectBlock>> {
        if let Some(known) = self.lock().direct.get(&found.at)
            && known.offset == found.offset
        {
            return Ok(Arc::clone(known));
        }
        // Another heap may have read it, with another header.
        let size = |block: &DirectBlock| {
            wide(block.data.len()).checked_add(context.overhead(space.sizes()))
        };
        let kept = space.kept::<DirectBlock>(found.at).filter(|block| {
            found.filtered.is_none()
                && (block.heap, block.offset) == (self.at, found.offset)
                && size(block) == Some(found.size)
        });
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let moment = space.moment();
        let block = Arc::new(self.read_direct(space, found, context)?);
        self.keep(found.at, &block);
        if found.filtered.is_none() {
            space.keep((found.at, found.size), &block, moment);
        }
        Ok(block)
    }

    fn read_direct(
        &self,
        space: &Space,
        found: &Found,
        context: &DirectBlockContext<'_>,
    ) -> Result<DirectBlock> {
        let stored = found.filtered.map_or(found.size, |filtered| filtered.size);
        let block = space.settled(|| {
            let bytes = space.read(DirectBlock::NAME, found.at, stored)?;
            let bytes = match found.filtered {
                None => bytes,
                Some(filtered) => {
                    let allowed = space.limits().metadata_block_bytes;
                    Limits::check("metadata_block_bytes", found.size, allowed).map_err(
                        |error| error.or_at(space.location(DirectBlock::NAME, "Size", found.at)),
                    )?;
                    self.decode(space, found.at, bytes, filtered.mask, found.size)?
                }
            };
            let mut d = space.decoder(DirectBlock::NAME, found.at, &bytes);
            DirectBlock::decode_in(&mut d, context)
        })?;
        let named = (block.heap, block.offset);
        self.check_place(space, DirectBlock::NAME, found.at, named, found.offset)?;
        Ok(block)
    }

    fn keep(&self, at: Address, block: &Arc<DirectBlock>) {
        let len = wide(block.data.len());
        let mut blocks = self.lock();
        if blocks.bytes.saturating_add(len) > CACHE_BYTES {
            blocks.direct.clear();
            blocks.bytes = 0;
        }
        if blocks.direct.insert(at, Arc::clone(block)).is_none() {
            blocks.bytes = blocks.bytes.saturating_add(len);
        }
    }

    /// Checks that a block names this heap and its own place in it.
    fn check_place(
        &self,
        space: &Space,
        structure: &'static str,
        at: Address,
        (heap, offset): (Address, u64),
        expected: u64,
    ) -> Result<()> {
        if heap != self.at {
            let problem = "leads to the header of another heap";
            return Err(space.broken(structure, "Heap Header Address", at, problem));
        }
        if offset != expected {
            let problem = format!("is {offset:#x} where {expected:#x} belongs");
            return Err(space.broken(structure, "Block Offset", at, problem));
        }
        Ok(())
    }

    fn huge<'s>(&self, space: &'s Space, object: &HugeObject) -> Result<Cow<'s, [u8]>> {
        let HugePlace { at, length, filtered } = match *object {
            HugeObject::Direct { address, length, filtered } => {
                HugePlace { at: address, length, filtered }
            }
            HugeObject::Indirect(id) => self.huge_by_id(space, id)?,
        };
        // Lies in the file, so the file's size bounds it.
        let bytes = space.read_raw("Fractal Heap Huge Object", at, length)?;
        match filtered {
            None => Ok(bytes),
            Some((mask, size)) => {
                Limits::check("element_bytes", size, space.limits().element_bytes).map_err(
                    |error| error.or_at(space.location("Fractal Heap Huge Object", "Size", at)),
                )?;
                self.decode(space, at, bytes, mask, size)
            }
        }
    }

    /// Looks a huge object up in the heap's tree of them.
    fn huge_by_id(&self, space: &Space, id: u64) -> Result<HugePlace> {
        let missing = || self.broken(space, "Heap ID", format!("no huge object has the id {id}"));
        let tree = self.header.huge_tree.ok_or_else(missing)?;
        if self.header.filters.is_some() {
            let tree = load_once(&self.filtered_huge, || BTree2::load(space, tree, &()))?;
            let record = tree.find(space, &mut |record| Ok(record.id.cmp(&id)))?;
            let record = record.ok_or_else(missing)?;
            let filtered = Some((record.filter_mask, record.memory_size));
            return Ok(HugePlace { at: record.address, length: record.length, filtered });
        }
        let tree = load_once(&self.huge, || BTree2::load(space, tree, &()))?;
        let record = tree.find(space, &mut |record| Ok(record.id.cmp(&id)))?;
        let record = record.ok_or_else(missing)?;
        Ok(HugePlace { at: record.address, length: record.length, filtered: None })
    }

    /// Undoes the heap's filters: `bytes`, which lie at `at`, become `size` bytes. The caller has
    /// checked `size` against the limit that governs it.
    fn decode<'s>(
        &self,
        space: &'s Space,
        at: Address,
        bytes: Cow<'s, [u8]>,
        mask: u32,
        size: u64,
    ) -> Result<Cow<'s, [u8]>> {
        let place = space.location("Fractal Heap", "Filtered Data", at);
        let size = usize::try_from(size)
            .map_err(|_| Error::broken(place, format!("{size} bytes do not fit in memory")))?;
        pipeline::decode(&self.filters, mask, bytes, size, &self.registry)
            .map_err(|error| error.or_at(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Sizes;
    use crate::format::fractal_heap::{
        DirectEntry, DoublingTable, FractalHeapFlags, HeapFilters, HeapStatistics,
    };
    use crate::io::Memory;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };
    const ROOT: u64 = 256;
    const BLOCK: u64 = 1024;

    fn plain_header() -> FractalHeapHeader {
        FractalHeapHeader {
            id_length: 7,
            flags: FractalHeapFlags::CHECKSUMMED,
            max_managed_size: 100,
            next_huge_id: 0,
            huge_tree: None,
            free_space: 0,
            free_space_manager: None,
            statistics: HeapStatistics::default(),
            table: DoublingTable {
                width: 4,
                starting_block_size: 64,
                max_direct_size: 256,
                max_heap_bits: 16,
                starting_rows: 1,
                root: Some(Address(ROOT)),
                root_rows: 3,
            },
            filters: None,
        }
    }

    /// A heap whose root indirect block has one direct block, which is cell 9, of 128 bytes.
    fn heap(block_offset: u64, named: Address) -> Space {
        let header = plain_header();
        let mut direct = vec![DirectEntry { address: None, filtered: None }; 12];
        direct[9].address = Some(Address(BLOCK));
        let root = IndirectBlock { heap: named, offset: 0, direct, indirect: vec![] };
        let in_root = IndirectBlockContext { heap: &header, rows: 3 };
        let in_block = DirectBlockContext { heap: &header, size: 128 };
        let overhead = in_block.overhead(SIZES);
        let data = (0..u8::try_from(128 - overhead).unwrap()).collect();
        let block = DirectBlock { heap: Address(0), offset: block_offset, data };
        let mut bytes = vec![0; 2048];
        let mut put = |at: u64, part: Vec<u8>| {
            bytes[usize::try_from(at).unwrap()..][..part.len()].copy_from_slice(&part);
        };
        put(0, header.to_bytes_in(SIZES, &()).unwrap());
        put(ROOT, root.to_bytes_in(SIZES, &in_root).unwrap());
        put(BLOCK, block.to_bytes_in(SIZES, &in_block).unwrap());
        Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap()
    }

    fn get(space: &Space, id: &HeapId) -> Result<Vec<u8>> {
        let heap = FractalHeap::load(space, Address(0))?;
        let id = id.to_bytes_in(SIZES, &heap.header().id_layout())?;
        heap.get(space, &id).map(Cow::into_owned)
    }

    /// First byte of the direct block: rows 0 and 1 hold 4 blocks of 64 bytes each.
    const START: u64 = 2 * 4 * 64 + 128;

    fn managed(offset: u64, length: u64) -> HeapId {
        HeapId::Managed { offset, length }
    }

    #[test]
    fn managed_objects_lie_behind_the_fields_of_their_block() {
        let space = heap(START, Address(0));
        let fields = 19;
        assert_eq!(get(&space, &managed(START + fields, 3)).unwrap(), [0, 1, 2]);
        assert_eq!(get(&space, &managed(START + 127, 1)).unwrap(), [108]);
        let outside = [(fields - 1, 1), (127, 2), (128, 1), (fields, 0)];
        for (offset, length) in outside {
            assert!(get(&space, &managed(START + offset, length)).is_err());
        }
        assert!(get(&space, &managed(30, 1)).is_err());
        assert!(get(&space, &managed(0xffff, 1)).is_err());
    }

    #[test]
    fn tiny_objects_lie_in_their_id() {
        let space = heap(START, Address(0));
        assert_eq!(get(&space, &HeapId::Tiny(vec![7, 8])).unwrap(), [7, 8]);
    }

    #[test]
    fn huge_objects_need_a_tree() {
        let space = heap(START, Address(0));
        assert!(get(&space, &HeapId::Huge(HugeObject::Indirect(1))).is_err());
    }

    #[test]
    fn blocks_know_their_heap_and_place() {
        let id = managed(START + 20, 1);
        let error = get(&heap(START + 1, Address(0)), &id).unwrap_err();
        assert_eq!(error.location().unwrap().field, "Block Offset");
        let error = get(&heap(START, Address(64)), &id).unwrap_err();
        assert_eq!(error.location().unwrap().field, "Heap Header Address");
    }

    #[test]
    fn filtered_blocks_are_decoded() {
        let filters = vec![FilterDescription { id: 1, client_data: vec![6], ..Default::default() }];
        let message = FilterPipeline { version: 2, filters };
        let table = DoublingTable {
            width: 4,
            starting_block_size: 512,
            max_direct_size: 512,
            max_heap_bits: 32,
            starting_rows: 1,
            root: Some(Address(ROOT)),
            root_rows: 0,
        };
        let mut header = FractalHeapHeader {
            table,
            filters: Some(HeapFilters { root_size: 0, root_mask: 0, pipeline: Vec::new() }),
            ..plain_header()
        };
        let context = DirectBlockContext { heap: &header, size: 512 };
        let overhead = context.overhead(SIZES);
        let data = vec![3; usize::try_from(512 - overhead).unwrap()];
        let block = DirectBlock { heap: Address(0), offset: 0, data };
        let block = block.to_bytes_in(SIZES, &context).unwrap();
        let (stored, root_mask) =
            pipeline::encode(&message.filters, block.into(), &Registry::new()).unwrap();
        let pipeline = message.to_bytes_in(SIZES, &()).unwrap();
        header.filters = Some(HeapFilters { root_size: wide(stored.len()), root_mask, pipeline });
        let mut bytes = header.to_bytes_in(SIZES, &()).unwrap();
        bytes.resize(usize::try_from(ROOT).unwrap(), 0);
        bytes.extend_from_slice(&stored);
        let space = Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap();
        assert_eq!(get(&space, &managed(overhead, 4)).unwrap(), [3; 4]);

        let heap = FractalHeap::load(&space, Address(0)).unwrap().with_registry(&Registry::empty());
        let id = managed(overhead, 4).to_bytes_in(SIZES, &heap.header().id_layout()).unwrap();
        assert!(heap.get(&space, &id).unwrap_err().is_unsupported());
    }
}
