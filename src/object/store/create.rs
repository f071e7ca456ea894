//! New files: a superblock, an extension where one is needed, an empty root group.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock};

use super::alike::Alike;
use super::edit::FEW_DATASETS;
use super::{KnownGroups, OpenOptions, OtherFiles, OwnFills, Store, Waiting};
use crate::codec::{Address, Sizes, StructureIn, wide};
use crate::error::{Error, Result};
use crate::format::message::{BTreeK, FileSpaceInfo, MessageFlags, MessageType};
use crate::format::superblock::Superblock;
use crate::format::symbol_table::{EntryCache, SymbolTableEntry};
use crate::infra::global_heap::GlobalHeaps;
use crate::io::Storage;
use crate::object::gate::Gate;
use crate::object::group::create::GroupCreation;
use crate::object::header::{HeaderCreation, ObjectHeader};
use crate::object::raw_data::decoded_chunks::{self, DecodedChunks};
use crate::object::raw_data::foreign::ForeignHeaps;
use crate::space::{Purpose, Space};

/// Largest half of a number of entries that still has room in 16 bits.
const LARGEST_K: u16 = 0x7fff;

/// How a new file is.
#[derive(Debug, Clone)]
pub(crate) struct FileCreation {
    /// Bytes before the superblock.
    pub(crate) user_block: u64,
    pub(crate) sizes: Sizes,
    pub(crate) group_leaf_k: u16,
    pub(crate) group_internal_k: u16,
    pub(crate) chunk_k: u16,
    pub(crate) file_space: Option<FileSpaceInfo>,
    pub(crate) root: GroupCreation,
}

impl Default for FileCreation {
    fn default() -> Self {
        Self {
            user_block: 0,
            sizes: Sizes { offsets: 8, lengths: 8 },
            group_leaf_k: Superblock::DEFAULT_GROUP_LEAF_K,
            group_internal_k: Superblock::DEFAULT_GROUP_INTERNAL_K,
            chunk_k: Superblock::DEFAULT_CHUNK_K,
            file_space: None,
            root: GroupCreation::default(),
        }
    }
}

impl FileCreation {
    /// Refuses what no file can be made of.
    pub(crate) fn check(&self, options: &OpenOptions) -> Result<()> {
        let block = self.user_block;
        if block != 0 && !(block >= 512 && block.is_power_of_two()) {
            return Err(Error::usage("a user block has 0 bytes, or a power of two from 512 on"));
        }
        let page = self.file_space.as_ref().and_then(FileSpaceInfo::page);
        let alignment = page.or(options.alignment.map(|(_, alignment)| alignment)).unwrap_or(1);
        if block.checked_rem(alignment).is_some_and(|rest| rest != 0) {
            let problem =
                format!("a user block of {block} bytes ends between multiples of {alignment}");
            return Err(Error::usage(problem));
        }
        let legal = |width: u8| matches!(width, 2 | 4 | 8);
        if !legal(self.sizes.offsets) || !legal(self.sizes.lengths) {
            return Err(Error::usage("addresses and lengths have 2, 4 or 8 bytes"));
        }
        let k = [self.group_leaf_k, self.group_internal_k, self.chunk_k];
        if !k.iter().all(|k| (1..=LARGEST_K).contains(k)) {
            return Err(Error::usage(format!("the K of a node is 1 to {LARGEST_K}")));
        }
        self.file_space.as_ref().map_or(Ok(()), FileSpaceInfo::check)?;
        self.version(options).map(|_| ())
    }

    /// Version of the superblock.
    fn version(&self, options: &OpenOptions) -> Result<u8> {
        let needs = if self.file_space.is_some() {
            2
        } else {
            u8::from(self.chunk_k != Superblock::DEFAULT_CHUNK_K)
        };
        options.bounds.superblock_version(needs)
    }

    fn superblock(&self, version: u8) -> Superblock {
        Superblock {
            version,
            sizes: self.sizes,
            consistency_flags: 0,
            group_leaf_k: self.group_leaf_k,
            group_internal_k: self.group_internal_k,
            chunk_k: self.chunk_k,
            base: Address(self.user_block),
            extension: None,
            end_of_file: Address(self.user_block.saturating_add(1)),
            driver_info: None,
            root_header: Address(1),
            root_entry: (version < 2).then_some(SymbolTableEntry {
                name_offset: 0,
                header: Some(Address(1)),
                cache: EntryCache::None,
            }),
        }
    }
}

impl Store {
    /// Makes a new file of an empty storage.
    pub(crate) fn create(
        storage: Arc<dyn Storage>,
        path: Option<PathBuf>,
        options: OpenOptions,
        creation: &FileCreation,
    ) -> Result<Self> {
        creation.check(&options)?;
        let version = creation.version(&options)?;
        let mut superblock = creation.superblock(version);
        let len = wide(superblock.to_bytes_in(creation.sizes, &())?.len());
        let mut space = Space::new(storage, options.limits.clone(), creation.sizes)?;
        let base = creation.user_block;
        space.set_bounds(base, base, creation.sizes);
        let mut store = Self {
            _apart: Default::default(),
            space,
            user_block: base,
            superblock: superblock.clone(),
            shared_table: None,
            shared: OnceLock::new(),
            file_space: creation.file_space.clone(),
            space_forgotten: AtomicBool::new(false),
            claims: Mutex::default(),
            heaps: GlobalHeaps::new(),
            foreign: ForeignHeaps::default(),
            decoded: DecodedChunks::new(options.chunk_cache.unwrap_or(decoded_chunks::BYTES)),
            fills: OwnFills::default(),
            groups: KnownGroups::default(),
            waiting: Waiting::default(),
            alike: Alike::default(),
            options,
            path,
            depth: 0,
            others: OtherFiles::default(),
            gate: Gate::default(),
            datasets: Mutex::default(),
            more_datasets: AtomicBool::new(false),
            has_deleted: AtomicBool::new(false),
            claims_judged: AtomicBool::new(false),
            most_datasets: AtomicUsize::new(FEW_DATASETS),
            deleted: Mutex::default(),
            refreshing: Mutex::default(),
            landmarks: OnceLock::new(),
        };
        let placement = store.placement();
        store.space.open_for_writing(superblock.clone(), false, placement);
        let first = store.space.allocate(Purpose::Metadata, len)?;
        debug_assert_eq!(first, Address(0), "the superblock comes first");
        let header = creation.root.create(&store)?;
        superblock.root_header = header.address;
        if let Some(entry) = &mut superblock.root_entry {
            entry.header = Some(header.address);
            entry.cache = creation.root.entry_cache(&store, &header)?;
        }
        superblock.extension = store.create_extension(creation, version)?;
        store.space.set_superblock(superblock.clone())?;
        store.superblock = superblock;
        store.space.commit(store.options.durable)?;
        Ok(store)
    }

    fn create_extension(&self, creation: &FileCreation, version: u8) -> Result<Option<Address>> {
        let mut header = Vec::new();
        let mut push = |kind, flags, body| {
            header.push(crate::format::object_header::RawMessage {
                kind,
                flags,
                creation_index: None,
                body,
                offset: 0,
            });
        };
        let defaults = (
            Superblock::DEFAULT_GROUP_LEAF_K,
            Superblock::DEFAULT_GROUP_INTERNAL_K,
            Superblock::DEFAULT_CHUNK_K,
        );
        let k = (creation.group_leaf_k, creation.group_internal_k, creation.chunk_k);
        if version >= 2 && k != defaults {
            let k = BTreeK { indexed_storage: k.2, group_internal: k.1, group_leaf: k.0 };
            push(MessageType::BTREE_K, MessageFlags::empty(), self.encode(&k)?);
        }
        if let Some(info) = &creation.file_space {
            let flags = MessageFlags::MARK_IF_UNKNOWN | MessageFlags::DO_NOT_SHARE;
            push(MessageType::FILE_SPACE_INFO, flags, self.encode(info)?);
        }
        if header.is_empty() {
            return Ok(None);
        }
        let how =
            HeaderCreation { version: self.bounds().header_version(), ..HeaderCreation::default() };
        Ok(Some(ObjectHeader::create(&self.space, &how, header)?.address))
    }
}
