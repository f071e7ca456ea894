//! Raw data in files of its own (specification IV.A.2.h).
//!
//! These files take no part in commits: what is written to them is there at once, before the commit
//! that makes the rest of the change last, and stays where the step fails.

use std::borrow::Cow;
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::in_place::Overwrite;
use super::linear::Linear;
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::format::message::{Dataspace, ExternalFileSlot, ExternalFiles};
use crate::infra::local_heap::{LocalHeap, LocalHeapEditor};
use crate::io::{FileStorage, Storage};
use crate::object::external::ExternalKind;
use crate::object::store::Store;
use crate::space::Space;

/// The files that hold a dataset's elements, one part behind the other.
#[derive(Debug, Clone)]
pub(crate) struct External {
    pub(crate) parts: Vec<ExternalPart>,
    /// Local heap that holds the files' names.
    heap: Address,
}

/// A part of one raw file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExternalPart {
    /// The file's name, as stored.
    pub(crate) file: Vec<u8>,
    /// Offset of the part in the file, in bytes.
    pub(crate) offset: u64,
    /// Bytes of the part, `None` where it has no end.
    pub(crate) size: Option<u64>,
}

impl External {
    pub(crate) fn load(store: &Store, files: &ExternalFiles) -> Result<Self> {
        let heap = LocalHeap::load(store.space(), files.heap)?;
        let part = |slot: &ExternalFileSlot| {
            let file = heap.string(slot.name_offset)?.to_vec();
            Ok(ExternalPart { file, offset: slot.offset, size: slot.size })
        };
        let parts = files.slots.iter().map(part).collect::<Result<_>>()?;
        Ok(Self { parts, heap: files.heap })
    }

    /// The files, each opened when it is first read; `len` bytes in all.
    pub(crate) fn open<'a>(&'a self, store: &'a Store, len: u64) -> OpenExternal<'a> {
        let mut parts = Vec::new();
        let mut start = 0u64;
        for part in &self.parts {
            let size = part.size.unwrap_or(u64::MAX);
            parts.push(OpenPart { start, size, part, path: None, storage: OnceLock::new() });
            start = start.saturating_add(size);
            if start >= len {
                break;
            }
        }
        OpenExternal { store, parts, len }
    }

    /// As [`open`](Self::open), for writing, which the caller's rules must allow for all of them;
    /// those that are not there are made when they are first written to.
    pub(crate) fn open_for_writing<'a>(
        &'a self,
        store: &'a Store,
        len: u64,
    ) -> Result<OpenExternal<'a>> {
        check_room(&self.parts, len)?;
        let mut open = self.open(store, len);
        for OpenPart { part, path, .. } in &mut open.parts {
            let found = store.external_path(ExternalKind::RawData, &part.file, true)?;
            if store.path().is_some_and(|own| is_same(own, &found)) {
                return Err(Error::usage("a file cannot hold external raw data of its own"));
            }
            *path = Some(found);
        }
        Ok(open)
    }

    /// The local heap with the names of the raw files.
    pub(crate) fn heap(&self) -> Address {
        self.heap
    }
}

/// Stores the names of the parts of new raw data; gives the message that lists the parts.
pub(crate) fn create(space: &Space, parts: &[ExternalPart]) -> Result<ExternalFiles> {
    let allocated = u16::try_from(parts.len()).ok();
    let (Some(allocated), Some((_, limited))) = (allocated, parts.split_last()) else {
        return Err(Error::usage("external raw data has 1 to 65535 parts"));
    };
    if limited.iter().any(|part| part.size.is_none()) {
        return Err(Error::usage("only the last part of external raw data can be without end"));
    }
    let room = |part: &ExternalPart| wide(part.file.len()).saturating_add(1).next_multiple_of(8);
    let room = parts.iter().map(room).fold(8, u64::saturating_add);
    let mut heap = LocalHeapEditor::create(space, room)?;
    let mut slots = Vec::new();
    for ExternalPart { file, offset, size } in parts {
        if file.is_empty() {
            return Err(Error::usage("a file of external raw data has a name"));
        }
        let name_offset = heap.insert(space, file)?;
        slots.push(ExternalFileSlot { name_offset, offset: *offset, size: *size });
    }
    Ok(ExternalFiles { allocated, heap: heap.address(), slots })
}

/// Checks that the parts have room for `len` bytes.
pub(crate) fn check_room(parts: &[ExternalPart], len: u64) -> Result<()> {
    let room = parts.iter().try_fold(0u64, |n, part| Some(n.saturating_add(part.size?)));
    match room.filter(|room| *room < len) {
        Some(room) => {
            Err(Error::usage(format!("external files with room for {room} bytes, not for {len}")))
        }
        None => Ok(()),
    }
}

/// Checks that elements of `size` bytes in a dataspace may lie in the parts: only the first axis
/// grows, and as far as there is room.
pub(crate) fn check_dataspace(
    parts: &[ExternalPart],
    dataspace: &Dataspace,
    size: u64,
) -> Result<()> {
    let mut len = size;
    for (axis, extent) in dataspace.dimensions.iter().enumerate() {
        let max = dataspace.max(axis);
        if axis > 0 && max != Some(*extent) {
            return Err(Error::usage("external raw data can grow along the first axis only"));
        }
        len = len.saturating_mul(max.unwrap_or(u64::MAX));
    }
    check_room(parts, len)
}

/// Whether both paths lead to one file, as far as can be told.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(one).zip(real(other)).is_some_and(|(one, other)| one == other)
}

/// External raw data, open.
#[derive(Debug)]
pub(crate) struct OpenExternal<'a> {
    store: &'a Store,
    parts: Vec<OpenPart<'a>>,
    len: u64,
}

#[derive(Debug)]
struct OpenPart<'a> {
    /// Place of its first byte in the row.
    start: u64,
    size: u64,
    part: &'a ExternalPart,
    /// The file, where it is open for writing.
    path: Option<PathBuf>,
    storage: OnceLock<Arc<dyn Storage>>,
}

impl OpenPart<'_> {
    fn storage(&self, store: &Store) -> Result<&Arc<dyn Storage>> {
        if let Some(storage) = self.storage.get() {
            return Ok(storage);
        }
        let opened = match &self.path {
            Some(path) => {
                store.note_raw_file(path);
                match FileStorage::create_new(path) {
                    Err(error) if error.kind() == IoErrorKind::AlreadyExists => {
                        FileStorage::open_rw(path)
                    }
                    made => made,
                }
            }
            None => {
                let path = store.external_path(ExternalKind::RawData, &self.part.file, false)?;
                FileStorage::open(path)
            }
        };
        let name = || crate::object::path::text(&self.part.file);
        let opened = opened.map_err(|error| Error::from(error).under(&name()))?;
        Ok(self.storage.get_or_init(|| Arc::new(opened)))
    }

    /// Fills `to` from the part; what lies behind the end of the file is zero.
    fn read(&self, store: &Store, at: u64, to: &mut [u8]) -> Result<()> {
        let storage = self.storage(store)?;
        let from = self.part.offset.saturating_add(at);
        let there = storage.len()?.saturating_sub(from).min(wide(to.len()));
        let (stored, beyond) = to.split_at_mut(usize::try_from(there).unwrap_or(0));
        storage.read_at(from, stored)?;
        beyond.fill(0);
        Ok(())
    }
}

impl OpenExternal<'_> {
    /// The part that holds the byte at `at`, that byte's place in it, and how many of `len` bytes
    /// from there on it holds.
    fn part(&self, at: u64, len: usize) -> Result<(&OpenPart<'_>, u64, usize)> {
        let holds =
            |part: &&OpenPart<'_>| part.start <= at && at.saturating_sub(part.start) < part.size;
        let part = self.parts.iter().find(holds);
        let part =
            part.ok_or_else(|| Error::usage("the external files are smaller than the dataset"))?;
        let skip = at.saturating_sub(part.start);
        let room = part.size.saturating_sub(skip).min(wide(len));
        Ok((part, skip, usize::try_from(room).unwrap_or(len)))
    }
}

impl Linear for OpenExternal<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn as_slice(&self) -> Option<&[u8]> {
        None
    }

    fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()> {
        let (mut at, mut to) = (at, to);
        while !to.is_empty() {
            let (part, skip, room) = self.part(at, to.len())?;
            let (now, later) = to.split_at_mut(room);
            part.read(self.store, skip, now)?;
            at = at.saturating_add(wide(room));
            to = later;
        }
        Ok(())
    }
}

impl Overwrite for OpenExternal<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()> {
        Linear::read_at(self, at, to)
    }

    fn write_at(&self, at: u64, bytes: Cow<'_, [u8]>) -> Result<()> {
        let (mut at, mut bytes) = (at, &*bytes);
        while !bytes.is_empty() {
            let (part, skip, room) = self.part(at, bytes.len())?;
            let (now, later) = bytes.split_at(room);
            let to = part.part.offset.saturating_add(skip);
            part.storage(self.store)?.write_at(to, now)?;
            at = at.saturating_add(wide(room));
            bytes = later;
        }
        Ok(())
    }
}
