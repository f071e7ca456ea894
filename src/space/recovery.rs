//! What a writer that died left of a commit: finished, taken back or dropped.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Space;
use super::record::{Change, RedoFooter, RedoRecord, SIZES};
use crate::codec::{StructureIn, wide};
use crate::error::{Error, Result};
use crate::io::Storage;
use crate::limits::Limits;

/// A record at the end of a storage.
#[derive(Debug)]
enum Found {
    /// It belongs to what the storage holds.
    Current(RedoRecord),
    /// Somebody else has written the file since, or left it in part.
    Stale,
}

/// What a commit that was under way came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leftover {
    /// There was none.
    Nothing,
    /// It is finished, and its record is gone.
    Finished,
    /// It is undone; its record starts here.
    TakenBack(u64),
    /// Its record, which starts here, belongs to another state of the file.
    Stale(u64),
}

impl Space {
    /// Finishes the commit that the last writer of the file did not: on the storage where it takes
    /// writes, for this handle alone where it does not.
    pub(crate) fn recover(&mut self) -> Result<()> {
        let Some((_, Found::Current(record))) = find_record(self.storage())? else {
            return Ok(());
        };
        if self.storage.is_writable() {
            self.finish(&record)
        } else {
            self.overlay = overlay(&record);
            Ok(())
        }
    }

    /// As [`recover`](Self::recover), on a storage that takes writes, or the opposite: the file is
    /// then as before the commit, but for its length.
    pub(crate) fn recover_by_hand(&mut self, take_back: bool) -> Result<Leftover> {
        match find_record(self.storage())? {
            None => Ok(Leftover::Nothing),
            Some((_, Found::Current(record))) if !take_back => {
                self.finish(&record)?;
                Ok(Leftover::Finished)
            }
            Some((at, Found::Current(record))) => {
                // Each block was written behind what it names.
                for change in record.changes.iter().rev() {
                    self.storage.write_at(change.offset, &change.old)?;
                }
                Ok(Leftover::TakenBack(at))
            }
            Some((at, Found::Stale)) => Ok(Leftover::Stale(at)),
        }
    }

    fn finish(&self, record: &RedoRecord) -> Result<()> {
        for change in &record.changes {
            self.storage.write_at(change.offset, &change.new)?;
        }
        self.cut(record.storage_len)
    }

    /// Cuts the storage, once what was written to it is there to stay: where there is no way to make
    /// it last, the next writer finds the record once more.
    pub(crate) fn cut(&self, len: u64) -> Result<()> {
        self.storage.sync()?;
        self.storage.set_len(len)?;
        self.set_end(len);
        Ok(())
    }
}

/// What the writer of the storage was about to write when it died, by offset; nothing where it was not, or
/// where that belongs to another state.
pub(super) fn left(storage: &Arc<dyn Storage>) -> Result<BTreeMap<u64, Vec<u8>>> {
    match find_record(storage)? {
        Some((_, Found::Current(record))) => Ok(overlay(&record)),
        _ => Ok(BTreeMap::new()),
    }
}

/// The bytes a record stands for.
fn overlay(record: &RedoRecord) -> BTreeMap<u64, Vec<u8>> {
    record.changes.iter().map(|change| (change.offset, change.new.clone())).collect()
}

/// The whole record at the end of the storage, and where it starts.
fn find_record(storage: &Arc<dyn Storage>) -> Result<Option<(u64, Found)>> {
    let len = storage.len()?;
    let Some(at) = len.checked_sub(RedoFooter::SIZE) else { return Ok(None) };
    let mut bytes = [0; RedoFooter::LEN];
    storage.read_at(at, &mut bytes)?;
    if !bytes.starts_with(RedoFooter::SIGNATURE) {
        // As of nearly all files: an error takes memory.
        return Ok(None);
    }
    let Ok(footer) = RedoFooter::from_bytes_in(&bytes, at, SIZES, &Limits::DEFAULT, &()) else {
        return Ok(None);
    };
    if footer.offset.checked_add(footer.len) != Some(at) {
        return Ok(None);
    }
    let Ok(record_len) = usize::try_from(footer.len) else { return Ok(None) };
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(record_len)
        .map_err(|_| Error::usage("the redo record does not fit memory"))?;
    bytes.resize(record_len, 0);
    storage.read_at(footer.offset, &mut bytes)?;
    if RedoFooter::of(footer.offset, &bytes) != footer {
        return Ok(None);
    }
    let at = footer.offset;
    let Ok(record) = RedoRecord::from_bytes_in(&bytes, at, SIZES, &Limits::DEFAULT, &()) else {
        return Ok(None);
    };
    let found = if belongs(&record, storage, at) { Found::Current(record) } else { Found::Stale };
    Ok(Some((at, found)))
}

/// Whether the record, which lies at `at`, is one of a commit to what the storage holds: every block
/// can be what such a commit, interrupted, left, has bytes, and lies in no other.
fn belongs(record: &RedoRecord, storage: &Arc<dyn Storage>, at: u64) -> bool {
    let mut places: Vec<(u64, u64)> =
        record.changes.iter().map(|change| (change.offset, wide(change.old.len()))).collect();
    places.sort_unstable();
    let ends = places.iter().map(|(start, len)| start.saturating_add(*len));
    let starts = places.iter().map(|(start, _)| *start).skip(1).chain([at]);
    let is_left = |change: &Change| {
        let mut found = vec![0; change.old.len()];
        let is_there = !found.is_empty() && storage.read_at(change.offset, &mut found).is_ok();
        is_there && change.explains(&found)
    };
    record.storage_len <= at
        && ends.zip(starts).all(|(end, next)| end <= next)
        && record.changes.iter().all(is_left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Sizes;
    use crate::io::SharedMemory;

    const FILE: &[u8] = b"aaaabbbbccccdddd";

    fn record(storage_len: u64) -> RedoRecord {
        let change = |offset, old: &[u8], new: &[u8]| Change {
            offset,
            old: old.to_vec(),
            new: new.to_vec(),
        };
        let changes = vec![change(4, b"bbbb", b"BBBB"), change(10, b"ccdd", b"CCDD")];
        RedoRecord { storage_len, changes }
    }

    /// A file with a record behind it.
    fn with_record(file: &[u8], record: &RedoRecord) -> SharedMemory {
        let mut bytes = file.to_vec();
        let record = record.to_bytes_in(SIZES, &()).unwrap();
        let footer = RedoFooter::of(wide(file.len()), &record);
        bytes.extend(record);
        bytes.extend(footer.to_bytes_in(SIZES, &()).unwrap());
        SharedMemory::new(bytes)
    }

    fn space(storage: &SharedMemory) -> Space {
        let sizes = Sizes { offsets: 8, lengths: 8 };
        Space::new(Arc::new(storage.clone()), Limits::DEFAULT, sizes).unwrap()
    }

    /// What is left of the file, done by hand.
    fn by_hand(storage: &SharedMemory, take_back: bool) -> (Leftover, Vec<u8>) {
        let leftover = space(storage).recover_by_hand(take_back).unwrap();
        (leftover, storage.to_vec())
    }

    #[test]
    fn a_commit_is_finished_or_taken_back_from_wherever_it_was() {
        // Old, new, and halves of both.
        for file in [FILE, b"aaaaBBBbccCcdDdd", b"aaaaBBBBccCCDDdd", b"aaaaBBBBccccdddd"] {
            let storage = with_record(file, &record(14));
            let (leftover, bytes) = by_hand(&storage, true);
            assert_eq!(leftover, Leftover::TakenBack(16));
            let taken_back = [&file[..4], b"bbbb", &file[8..10], b"ccdd", &file[14..]].concat();
            assert!(bytes.starts_with(&taken_back));
            let (leftover, bytes) = by_hand(&storage, false);
            let finished = [&file[..4], b"BBBB", &file[8..10], b"CCDD"].concat();
            assert_eq!((leftover, bytes), (Leftover::Finished, finished));
            assert_eq!(by_hand(&storage, false).0, Leftover::Nothing);
        }
    }

    #[test]
    fn a_record_of_another_state_of_the_file_changes_nothing() {
        // A byte that is neither old nor new.
        let other = with_record(b"aaaabbbbccccxddd", &record(16));
        let longer = with_record(FILE, &record(17));
        let mut outside = record(16);
        outside.changes[1].offset = 13;
        let outside = with_record(FILE, &outside);
        let mut twice = record(16);
        twice.changes.push(twice.changes[0].clone());
        let twice = with_record(FILE, &twice);
        for storage in [other, longer, outside, twice] {
            let before = storage.to_vec();
            for take_back in [false, true] {
                let found = by_hand(&storage, take_back);
                assert_eq!(found, (Leftover::Stale(16), before.clone()));
            }
            space(&storage).recover().unwrap();
            assert_eq!(storage.to_vec(), before);
        }
    }
}
