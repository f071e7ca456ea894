//! One open file at the level of objects: its space and what is shared by all its objects.

mod account;
mod alike;
mod arrivals;
mod create;
mod damaged;
mod downgrade;
mod edit;
mod fills;
mod free_lists;
mod groups;
mod heap;
mod late_headers;
mod others;
pub(crate) mod recover;
mod shared;
mod swmr;
mod waiting;

use alike::Alike;
pub(crate) use create::FileCreation;
use fills::OwnFills;
use free_lists::Claims;
use groups::KnownGroups;
pub(crate) use heap::CheckedHeap;
use others::OtherFiles;
pub(crate) use others::check_unwritten;
pub(crate) use shared::ResolvedMessage;
pub(crate) use waiting::HeapKind;
use waiting::Waiting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use super::dataset::DatasetObject;
use super::entrance::{check_status, end_of_file, find_superblock};
use super::external::ExternalAccess;
use super::gate::{Gate, Inside};
use super::header::{Messages, ObjectHeader};
use super::landmarks::Landmarks;
use super::raw_data::decoded_chunks::{self, DecodedChunks};
use super::raw_data::foreign::ForeignHeaps;
use super::workers::Workers;
use crate::codec::{Address, Decoder, Sizes, Structure, wide};
use crate::error::{Error, ErrorKind, Location, Malformed, Result};
use crate::filter::Registry;
use crate::format::bounds::Bounds;
use crate::format::cache_image::{CacheImage, CacheImageEntry};
use crate::format::driver_info::{Driver, DriverInfo, DriverInfoMessage, FamilyInfo};
use crate::format::global_heap::HeapId;
use crate::format::message::{
    BTreeK, FileSpaceInfo, MessageFlags, MessageType, MetadataCacheImage, SharedMessageTable,
};
use crate::format::object_header::MessageView;
use crate::format::superblock::Superblock;
use crate::infra::btree1::GroupK;
use crate::infra::global_heap::{GlobalHeaps, HeapObject};
use crate::infra::shared_message::SharedMessages;
use crate::io::Storage;
use crate::limits::Limits;
use crate::space::Space;

/// A storage that joins several files of the operating system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joined {
    /// Name of the driver, as the file's driver information has it.
    pub(crate) driver: [u8; 8],
    /// Bytes of each file but the last, where they are alike.
    pub(crate) member_size: Option<u64>,
}

/// Opens the storage of the file at a path, for reading or for writing, too.
pub(crate) type Opener = fn(&Path, bool) -> Result<Arc<dyn Storage>>;

/// How a file is opened, and how the files are that it names.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenOptions {
    pub(crate) limits: Limits,
    pub(crate) registry: Registry,
    pub(crate) external: ExternalAccess,
    /// Opens a file that is marked as open for writing.
    pub(crate) ignore_status: bool,
    /// Another program may write to the file while it is read.
    pub(crate) swmr: bool,
    /// Set where the storage joins several files.
    pub(crate) joined: Option<Joined>,
    /// Opens the storage of a file this one names.
    pub(crate) opener: Option<Opener>,
    /// Opens the file for writing, too.
    pub(crate) writable: bool,
    /// Waits at each commit until the storage would survive a loss of power.
    pub(crate) durable: bool,
    /// No commit comes by itself.
    pub(crate) manual_flush: bool,
    /// Versions of the structures that are written.
    pub(crate) bounds: Bounds,
    /// Blocks of at least so many bytes start at multiples of this offset: threshold, alignment.
    pub(crate) alignment: Option<(u64, u64)>,
    /// Who decodes and encodes chunks.
    pub(crate) workers: Workers,
    /// Bytes of decoded chunks that are kept, where they are not the usual ones.
    pub(crate) chunk_cache: Option<u64>,
    /// What cannot be read is left out, and noted: opens what is left of a file.
    pub(crate) damaged: bool,
}

/// One open file at the level of objects.
///
/// Objects count who holds it: what threads only look at lies apart from that count. (Memory of an
/// alignment that would see to it takes several times as long to ask for.)
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Store {
    _apart: [u64; 14],
    space: Space,
    superblock: Superblock,
    user_block: u64,
    shared_table: Option<SharedMessageTable>,
    shared: OnceLock<Arc<SharedMessages>>,
    file_space: Option<FileSpaceInfo>,
    /// The file was made to forget it.
    space_forgotten: AtomicBool,
    /// What the file's own lists say is free, of a file open for writing.
    claims: Mutex<Claims>,
    /// Whether that is so was looked into.
    claims_judged: AtomicBool,
    heaps: GlobalHeaps,
    foreign: ForeignHeaps,
    /// Chunks that were read in parts, until the file changes.
    decoded: DecodedChunks,
    fills: OwnFills,
    groups: KnownGroups,
    waiting: Waiting,
    alike: Alike,
    options: OpenOptions,
    path: Option<PathBuf>,
    /// Files between this one and the one the caller opened.
    depth: u64,
    others: OtherFiles,
    /// Keeps readers and changes of a file open for writing apart.
    gate: Gate,
    /// Datasets of a file open for writing, as they are now. Sorted, so that the same changes make
    /// the same file.
    datasets: Mutex<BTreeMap<Address, Arc<DatasetObject>>>,
    /// More of them than that are looked through for those that nobody needs.
    most_datasets: AtomicUsize,
    /// Some came since they were counted last.
    more_datasets: AtomicBool,
    /// Those that the step under way deletes.
    deleted: Mutex<Vec<Address>>,
    /// There are such.
    has_deleted: AtomicBool,
    /// Held while something is read anew that another program writes.
    refreshing: Mutex<()>,
    /// Of a damaged file, where they were looked for.
    landmarks: OnceLock<Landmarks>,
}

impl Store {
    /// Opens the file in `storage`, which lies at `path`.
    pub(crate) fn open(
        storage: Arc<dyn Storage>,
        path: Option<PathBuf>,
        options: OpenOptions,
    ) -> Result<Arc<Self>> {
        Self::open_nested(storage, path, options, 0)
    }

    fn open_nested(
        storage: Arc<dyn Storage>,
        path: Option<PathBuf>,
        options: OpenOptions,
        depth: u64,
    ) -> Result<Arc<Self>> {
        // Widths that no file is read with: the superblock brings its own.
        let sizes = Sizes { offsets: 8, lengths: 8 };
        let mut space = Space::new(storage, options.limits.clone(), sizes)?;
        if options.swmr {
            space.follow_writer();
        }
        if options.damaged {
            space.tolerate_damage();
        }
        // What a writer does for readers is whole for them as far as it is, and goes on.
        let goes_on = || find_superblock(&space).is_ok_and(|(_, block)| block.is_marked_swmr());
        if !options.swmr || !goes_on() {
            let recovered = space.recover();
            space.heed(recovered)?;
        }
        let (found, superblock) = match options.damaged {
            true => damaged::superblock(&space)?,
            false => find_superblock(&space)?,
        };
        let len = space.end().0;
        let stated = match options.joined {
            Some(_) => len,
            None => end_of_file(&superblock, found, len),
        };
        // What is left of a file may be more than it says.
        let end = if options.damaged { stated.max(len) } else { stated };
        // A file cut short is read far enough to see whether it is one of several.
        space.set_bounds(found.0, end.min(len), superblock.sizes);
        check_status(&superblock, &options)?;
        // It is large: made where it stays.
        let mut shared = Arc::new(Self {
            _apart: Default::default(),
            space,
            user_block: found.0,
            superblock,
            shared_table: None,
            shared: OnceLock::new(),
            file_space: None,
            space_forgotten: AtomicBool::new(false),
            claims: Mutex::default(),
            claims_judged: AtomicBool::new(false),
            heaps: GlobalHeaps::new(),
            foreign: ForeignHeaps::default(),
            decoded: DecodedChunks::new(options.chunk_cache.unwrap_or(decoded_chunks::BYTES)),
            fills: OwnFills::default(),
            groups: KnownGroups::default(),
            waiting: Waiting::default(),
            alike: Alike::default(),
            options,
            path,
            depth,
            others: OtherFiles::default(),
            gate: Gate::default(),
            datasets: Mutex::default(),
            most_datasets: AtomicUsize::new(edit::FEW_DATASETS),
            more_datasets: AtomicBool::new(false),
            deleted: Mutex::default(),
            has_deleted: AtomicBool::new(false),
            refreshing: Mutex::default(),
            landmarks: OnceLock::new(),
        });
        // Nobody else has it yet.
        if let Some(store) = Arc::get_mut(&mut shared) {
            store.look_in(end, len)?;
        }
        Ok(shared)
    }

    /// Reads what describes the file, which should end at `end`, in a storage of `len` bytes.
    fn look_in(&mut self, end: u64, len: u64) -> Result<()> {
        let driver_info = self.read_driver_info();
        self.heed_opening(driver_info)?;
        let extension = self.read_extension();
        if end > len && !self.space.is_live() {
            let problem = Malformed::Truncated { needed: end, left: len };
            let place = self.space.location(Superblock::NAME, "End of File Address", Address(0));
            let cut = Error::at(ErrorKind::Malformed(problem), place);
            self.heed_opening(Err(extension.err().filter(Error::is_usage).unwrap_or(cut)))?;
        } else {
            self.heed_opening(extension)?;
        }
        if self.space.tolerates_damage() {
            self.find_root();
        }
        if self.options.writable {
            self.open_for_writing()?;
        }
        Ok(())
    }

    fn read_driver_info(&mut self) -> Result<()> {
        let Some(at) = self.superblock.driver_info else { return Ok(()) };
        let info: DriverInfo = self.space.load(at, self.driver_info_len(at)?)?;
        self.check_driver(info.id, &info.data, self.space.offset(at))
    }

    /// Bytes of the driver information at `at`.
    fn driver_info_len(&self, at: Address) -> Result<u64> {
        let prefix = self.space.read(DriverInfo::NAME, at, DriverInfo::PREFIX)?;
        let size = DriverInfo::decode_size(&mut self.space.decoder(DriverInfo::NAME, at, &prefix))?;
        Ok(DriverInfo::PREFIX.saturating_add(size.into()))
    }

    /// A file that is one part of several is refused unless its storage joins the parts, and parts
    /// that are not those of the file are.
    fn check_driver(&self, id: [u8; 8], data: &[u8], offset: u64) -> Result<()> {
        let Some(joined) = self.options.joined else {
            let what = match &id {
                b"NCSAfami" => {
                    "the file is a member of a family of files: the family driver opens it"
                }
                b"NCSAmult" => "the file is part of a multi or split file: that driver opens it",
                _ => return Ok(()),
            };
            return Err(Error::usage(what));
        };
        if id != joined.driver {
            let name = id.escape_ascii();
            return Err(Error::usage(format!("the file was written by the driver \"{name}\"")));
        }
        let found = joined.member_size;
        match Driver::decode(&id, data, offset, &self.options.limits)? {
            Driver::Family(info) if found.is_some_and(|found| found != info.member_size) => {
                let place =
                    Location { structure: FamilyInfo::NAME, field: "Size of Member File", offset };
                let problem =
                    format!("{} bytes, but the first file has another size", info.member_size);
                Err(Error::broken(place, problem))
            }
            _ => Ok(()),
        }
    }

    fn read_extension(&mut self) -> Result<()> {
        let Some(at) = self.superblock.extension else { return Ok(()) };
        let header = ObjectHeader::load(&self.space, at)?;
        if let Some(message) = header.find(MessageType::DRIVER_INFO) {
            let info: DriverInfoMessage = self.decode(message)?;
            self.check_driver(info.id, &info.data, message.offset)?;
        }
        if let Some(message) = header.find(MessageType::METADATA_CACHE_IMAGE) {
            let image: MetadataCacheImage = self.decode(message)?;
            self.overlay(&image)?;
        }
        if let Some(message) = header.find(MessageType::BTREE_K) {
            let k: BTreeK = self.decode(message)?;
            self.superblock.chunk_k = k.indexed_storage;
            self.superblock.group_internal_k = k.group_internal;
            self.superblock.group_leaf_k = k.group_leaf;
        }
        if let Some(message) = header.find(MessageType::SHARED_MESSAGE_TABLE) {
            self.shared_table = Some(self.decode(message)?);
        }
        if let Some(message) = header.find(MessageType::FILE_SPACE_INFO)
            && !message.flags.contains(MessageFlags::WAS_UNKNOWN)
        {
            self.file_space = Some(self.decode(message)?);
        }
        Ok(())
    }

    fn overlay(&mut self, image: &MetadataCacheImage) -> Result<()> {
        let (Some(at), 1..) = (image.address, image.size) else { return Ok(()) };
        let image: CacheImage = self.space.load(at, image.size)?;
        let outside = |entry: &CacheImageEntry| {
            entry.address.plus(wide(entry.image.len())) > self.space.end()
        };
        if image.entries.iter().any(outside) {
            let problem = "an entry lies behind the end of the file";
            return Err(self.space.broken(CacheImage::NAME, "Address", at, problem));
        }
        self.space.set_overlay(image.into_overlay());
        Ok(())
    }

    pub(crate) fn space(&self) -> &Space {
        &self.space
    }

    pub(crate) fn superblock(&self) -> &Superblock {
        &self.superblock
    }

    /// Bytes before the superblock.
    pub(crate) fn user_block(&self) -> u64 {
        self.user_block
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.options.registry
    }

    /// Who decodes and encodes chunks.
    pub(crate) fn workers(&self) -> &Workers {
        &self.options.workers
    }

    /// Bytes of decoded chunks that are kept, where they are not the usual ones.
    pub(crate) fn chunk_cache(&self) -> Option<u64> {
        self.options.chunk_cache
    }

    /// Decoded chunks, of a file that no other program writes to.
    pub(crate) fn decoded(&self) -> Option<&DecodedChunks> {
        (!self.space.is_live()).then_some(&self.decoded)
    }

    /// Chunks change: what was decoded may be of chunks that are no more.
    pub(crate) fn forget_decoded(&self) {
        self.decoded.clear();
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) fn file_space(&self) -> Option<&FileSpaceInfo> {
        self.file_space.as_ref().filter(|_| !self.space_forgotten.load(Ordering::Relaxed))
    }

    /// Widths of the nodes of symbol-table groups.
    pub(crate) fn group_k(&self) -> GroupK {
        let block = &self.superblock;
        GroupK { leaf: block.group_leaf_k, internal: block.group_internal_k }
    }

    pub(crate) fn header(&self, at: Address) -> Result<ObjectHeader> {
        self.kept_header(at).map(Arc::unwrap_or_clone)
    }

    /// As [`header`](Self::header), to look at.
    pub(crate) fn kept_header(&self, at: Address) -> Result<Arc<ObjectHeader>> {
        ObjectHeader::load_kept(&self.space, at)
    }

    /// An object of a global heap; `None` for the null id.
    pub(crate) fn heap_object(&self, id: &HeapId) -> Result<Option<HeapObject>> {
        let foreign = id.address.map(|at| self.foreign.find(self.space.sizes(), at));
        match foreign.transpose()?.flatten() {
            // The other file may have it from yet another one.
            Some((store, at)) => store.heap_object(&HeapId { address: Some(at), index: id.index }),
            None => self.heaps.object(&self.space, id),
        }
    }

    /// Heaps of other files that elements of this one mean.
    pub(crate) fn foreign(&self) -> &ForeignHeaps {
        &self.foreign
    }

    /// The message's value, followed to where it is stored if it is shared.
    pub(crate) fn decode<'m, T: Structure>(
        &self,
        message: impl Into<MessageView<'m>>,
    ) -> Result<T> {
        let message = message.into();
        let shared = message.flags.contains(MessageFlags::SHARED);
        let found = self.resolve(message.kind, message.body, message.offset, shared)?;
        self.decode_bytes(&found.bytes, found.offset)
    }

    /// The header's first message of a kind, where it has one.
    pub(crate) fn message<T: Structure>(
        &self,
        header: &impl Messages,
        kind: MessageType,
    ) -> Result<Option<T>> {
        if !header.has(kind) {
            return Ok(None);
        }
        header.first(&self.space, kind)?.map(|message| self.decode(message)).transpose()
    }

    /// A structure whose bytes are in memory already, read from file offset `offset`.
    pub(crate) fn decode_bytes<T: Structure>(&self, bytes: &[u8], offset: u64) -> Result<T> {
        T::decode(&mut self.decoder(T::NAME, bytes, offset))
    }

    pub(crate) fn decoder<'a>(
        &'a self,
        structure: &'static str,
        bytes: &'a [u8],
        offset: u64,
    ) -> Decoder<'a> {
        Decoder::new(structure, bytes, offset, self.space.sizes(), self.space.limits())
    }
}

#[cfg(test)]
mod reuse_tests;
#[cfg(test)]
mod shared_tests;
