//! Raw data in files of its own (specification IV.A.2.h).

use std::path::PathBuf;
use std::sync::Arc;

use super::linear::Linear;
use crate::codec::wide;
use crate::error::{Error, Result};
use crate::format::message::ExternalFiles;
use crate::infra::local_heap::LocalHeap;
use crate::io::{FileStorage, Storage};
use crate::object::external::ExternalKind;
use crate::object::store::Store;

/// The files that hold a dataset's elements, one part behind the other.
#[derive(Debug, Clone)]
pub(crate) struct External {
    pub(crate) parts: Vec<ExternalPart>,
}

/// A part of one raw file.
#[derive(Debug, Clone)]
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
        let part = |slot: &crate::format::message::ExternalFileSlot| {
            let file = heap.string(slot.name_offset)?.to_vec();
            Ok(ExternalPart { file, offset: slot.offset, size: slot.size })
        };
        Ok(Self { parts: files.slots.iter().map(part).collect::<Result<_>>()? })
    }

    /// The files, found and ready to be opened when they are first read; `len` bytes in all.
    pub(crate) fn open(&self, store: &Store, len: u64) -> Result<OpenExternal> {
        let mut parts = Vec::new();
        let mut start = 0u64;
        for part in &self.parts {
            let path = store.external_path(ExternalKind::RawData, &part.file)?;
            let size = part.size.unwrap_or(u64::MAX);
            parts.push(OpenPart { start, size, offset: part.offset, storage: open(&path)? });
            start = start.saturating_add(size);
            if start >= len {
                break;
            }
        }
        Ok(OpenExternal { parts, len })
    }
}

fn open(path: &PathBuf) -> Result<Arc<dyn Storage>> {
    Ok(Arc::new(FileStorage::open(path)?))
}

/// External raw data, open.
#[derive(Debug)]
pub(crate) struct OpenExternal {
    parts: Vec<OpenPart>,
    len: u64,
}

#[derive(Debug)]
struct OpenPart {
    /// Place of its first byte in the row.
    start: u64,
    size: u64,
    /// Place of its first byte in the file.
    offset: u64,
    storage: Arc<dyn Storage>,
}

impl OpenPart {
    /// Fills `to` from the part; what lies behind the end of the file is zero.
    fn read(&self, at: u64, to: &mut [u8]) -> Result<()> {
        let from = self.offset.saturating_add(at);
        let there = self.storage.len()?.saturating_sub(from).min(wide(to.len()));
        let (stored, beyond) = to.split_at_mut(usize::try_from(there).unwrap_or(0));
        self.storage.read_at(from, stored)?;
        beyond.fill(0);
        Ok(())
    }
}

impl Linear for OpenExternal {
    fn len(&self) -> u64 {
        self.len
    }

    fn as_slice(&self) -> Option<&[u8]> {
        None
    }

    fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()> {
        let (mut at, mut to) = (at, to);
        while !to.is_empty() {
            let part = self
                .parts
                .iter()
                .find(|part| part.start <= at && at.saturating_sub(part.start) < part.size);
            let Some(part) = part else {
                return Err(Error::usage("the external files are smaller than the dataset"));
            };
            let skip = at.saturating_sub(part.start);
            let room = part.size.saturating_sub(skip).min(wide(to.len()));
            let (now, later) = to.split_at_mut(usize::try_from(room).unwrap_or(0));
            part.read(skip, now)?;
            at = at.saturating_add(room);
            to = later;
        }
        Ok(())
    }
}
