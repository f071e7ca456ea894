//! Onion files: a file as it was first, and beside it one that has what each later revision changed,
//! page by page. They are read as of one revision.
//!
//! ```text
//! header                       history                     revision record
//!   "OHDH", version              "OWHS", version (4)         "ORRS", version (4)
//!   flags (3)                    count of revisions (8)      number, that before (8 each)
//!   size of a page (4)           of each: address (8),       time (16), size of the file (8)
//!   size of the first file (8)     size (8), checksum (4)    size of a page (4)
//!   history: address, size       checksum                    count of pages (8), size of the comment (4)
//!     (8 each)                                               of each page: where it is in the file (8), where
//!   checksum                                                   it is kept (8), checksum (4)
//!                                                            comment, checksum
//! ```
//!
//! Numbers have their lowest byte first; checksums are those of Fletcher over pairs of bytes.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdfive::{File, FileStorage, Storage};

use crate::access::Access;

/// Bytes of the header.
const HEADER: usize = 40;
/// Most bytes of a history, or of a record of a revision.
const MOST: u64 = 256 << 20;

/// The revisions of a file.
#[derive(Debug)]
pub(crate) struct Revisions {
    first: FileStorage,
    /// What was changed.
    pages: FileStorage,
    page_size: u64,
    /// Bytes of the file as it was first.
    first_len: u64,
    /// Where the record of each is, and its size.
    records: Vec<(u64, u64)>,
}

impl Revisions {
    /// Those of the file at `path`; an error says why there are none.
    pub(crate) fn of(path: &Path) -> Result<Self, String> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".onion");
        let beside = PathBuf::from(beside);
        let named = |path: &Path, why: io::Error| format!("{}: {why}", path.display());
        let first = FileStorage::open(path).map_err(|why| named(path, why))?;
        let pages = FileStorage::open(&beside).map_err(|why| named(&beside, why))?;
        Self::read(first, pages).map_err(|why| named(&beside, why))
    }

    fn read(first: FileStorage, pages: FileStorage) -> io::Result<Self> {
        let mut header = vec![0; HEADER];
        pages.read_at(0, &mut header)?;
        let mut fields = Fields::of(&header, b"OHDH")?;
        let (page_size, first_len) = (u64::from(fields.u32()?), fields.u64()?);
        let (address, size) = (fields.u64()?, fields.u64()?);
        check_page_size(page_size)?;
        let history = block(&pages, address, size)?;
        let mut fields = Fields::of(&history, b"OWHS")?;
        let count = fields.u64()?;
        let mut records = Vec::new();
        for _ in 0..count {
            records.push((fields.u64()?, fields.u64()?));
            fields.u32()?;
        }
        Ok(Self { first, pages, page_size, first_len, records })
    }

    /// How many there are, beside the file as it was first.
    pub(crate) fn count(&self) -> usize {
        self.records.len()
    }

    /// The file as of a revision; 0 is the file as it was first.
    fn revision(self, number: u64) -> Result<Revision, String> {
        let Some(before) = number.checked_sub(1) else {
            let (len, page_size) = (self.first_len, self.page_size);
            return Ok(Revision { files: self, page_size, len, places: HashMap::new() });
        };
        let record = usize::try_from(before).ok().and_then(|index| self.records.get(index));
        let Some((address, size)) = record.copied() else {
            return Err(format!("there is no revision {number}, but {}", self.count()));
        };
        self.recorded(before, address, size).map_err(|why| format!("revision {number}: {why}"))
    }

    fn recorded(self, number: u64, address: u64, size: u64) -> io::Result<Revision> {
        let record = block(&self.pages, address, size)?;
        let mut fields = Fields::of(&record, b"ORRS")?;
        if fields.u64()? != number {
            return Err(broken("the record has another number"));
        }
        // The revision before it, and when it was made.
        fields.take(24)?;
        let (len, page_size, count) = (fields.u64()?, u64::from(fields.u32()?), fields.u64()?);
        check_page_size(page_size)?;
        // The size of the comment.
        fields.u32()?;
        let mut places = HashMap::new();
        for _ in 0..count {
            let entry = fields.rest;
            let (logical, physical) = (fields.u64()?, fields.u64()?);
            if entry.get(..16).map(fletcher32) != Some(fields.u32()?) {
                return Err(broken("a page has another checksum"));
            }
            if logical.checked_rem(page_size) != Some(0) {
                return Err(broken("a page begins within another"));
            }
            places.insert(logical, physical);
        }
        Ok(Revision { files: self, page_size, len, places })
    }
}

/// A file as of one revision.
#[derive(Debug)]
struct Revision {
    files: Revisions,
    page_size: u64,
    len: u64,
    /// Where pages are kept that are not as they were first.
    places: HashMap<u64, u64>,
}

impl Storage for Revision {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let len = u64::try_from(buf.len()).unwrap_or(u64::MAX);
        if offset.checked_add(len).is_none_or(|end| end > self.len) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let (mut at, mut rest) = (offset, buf);
        while !rest.is_empty() {
            let within = at.checked_rem(self.page_size).unwrap_or(0);
            let left = usize::try_from(self.page_size.saturating_sub(within)).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at_mut(left.min(rest.len()));
            match self.places.get(&at.saturating_sub(within)) {
                Some(place) => self.files.pages.read_at(place.saturating_add(within), now)?,
                None => self.read_first(at, now)?,
            }
            at = at.saturating_add(u64::try_from(now.len()).unwrap_or(u64::MAX));
            rest = later;
        }
        Ok(())
    }
}

impl Revision {
    /// Reads of the file as it was first; there are zeros behind its end.
    fn read_first(&self, at: u64, buf: &mut [u8]) -> io::Result<()> {
        let there = usize::try_from(self.files.first_len.saturating_sub(at)).unwrap_or(usize::MAX);
        let (known, behind) = buf.split_at_mut(there.min(buf.len()));
        behind.fill(0);
        if known.is_empty() { Ok(()) } else { self.files.first.read_at(at, known) }
    }
}

/// Opens a file as of the revision with this number; an error says why that cannot be.
pub(super) fn open(access: &Access, path: &Path, number: u64) -> Result<File, String> {
    let revision = Revisions::of(path)?.revision(number)?;
    let told = |why: hdfive::Error| format!("{}: {why}", path.display());
    access.builder(path).open_storage(Arc::new(revision)).map_err(told)
}

/// A block that ends with its checksum, without that.
fn block(file: &FileStorage, address: u64, size: u64) -> io::Result<Vec<u8>> {
    if size > MOST || address.checked_add(size).is_none_or(|end| end > file.len().unwrap_or(0)) {
        return Err(broken("a block ends behind the file"));
    }
    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    file.read_at(address, &mut bytes)?;
    Ok(bytes)
}

fn check_page_size(size: u64) -> io::Result<()> {
    if size.is_power_of_two() { Ok(()) } else { Err(broken("the size of a page is no power of 2")) }
}

fn broken(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

/// The fields of a block.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Those behind signature, version and flags of a block, whose last four bytes are its checksum.
    fn of(block: &'a [u8], signature: &[u8; 4]) -> io::Result<Self> {
        let (all, sum) = block.split_last_chunk::<4>().ok_or(ErrorKind::UnexpectedEof)?;
        if fletcher32(all) != u32::from_le_bytes(*sum) {
            return Err(broken("a block has another checksum"));
        }
        let mut fields = Self { rest: all };
        if fields.take(4)? != signature {
            return Err(broken("a block has another signature"));
        }
        match fields.take(4)? {
            [1, ..] => Ok(fields),
            _ => Err(broken("a block has a version that is not known")),
        }
    }

    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(ErrorKind::UnexpectedEof)?;
        self.rest = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> io::Result<u32> {
        let bytes = self.take(4)?.try_into().map_err(io::Error::other)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> io::Result<u64> {
        let bytes = self.take(8)?.try_into().map_err(io::Error::other)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

fn fletcher32(bytes: &[u8]) -> u32 {
    // Modulo 65535, which itself stands for its multiples but 0.
    let fold = |sum: u32| match sum.checked_sub(1) {
        Some(less) => (less % 65535).saturating_add(1),
        None => 0,
    };
    let (mut one, mut two) = (0_u32, 0_u32);
    for pair in bytes.chunks(2) {
        let high = pair.first().copied().unwrap_or(0);
        let low = pair.get(1).copied().unwrap_or(0);
        one = fold(one.saturating_add(u16::from_be_bytes([high, low]).into()));
        two = fold(two.saturating_add(one));
    }
    (two << 16) | one
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_checksum_is_that_of_pairs() {
        assert_eq!(fletcher32(&[]), 0);
        assert_eq!(fletcher32(&[1, 2, 3]), 0x0504_0402);
        assert_eq!(fletcher32(&[0xff; 4]), 0xffff_ffff);
    }

    /// A block with its checksum.
    fn sealed(parts: &[&[u8]]) -> Vec<u8> {
        let block = parts.concat();
        let sum = fletcher32(&block).to_le_bytes();
        [block.as_slice(), &sum].concat()
    }

    /// What is beside a file of 100 bytes whose only revision has 130, and another second page.
    fn beside() -> Vec<u8> {
        let page = [7; 32];
        let page_at = u64::try_from(HEADER).unwrap();
        let entry = sealed(&[&32_u64.to_le_bytes(), &page_at.to_le_bytes()]);
        let record = sealed(&[
            b"ORRS\x01\0\0\0",
            &[0; 8 + 8 + 16],
            &130_u64.to_le_bytes(),
            &32_u32.to_le_bytes(),
            &1_u64.to_le_bytes(),
            &2_u32.to_le_bytes(),
            &entry,
            b"it",
        ]);
        let record_at = page_at.checked_add(32).unwrap();
        let record_len = u64::try_from(record.len()).unwrap();
        let place = [record_at.to_le_bytes(), record_len.to_le_bytes()].concat();
        let history = sealed(&[b"OWHS\x01\0\0\0", &1_u64.to_le_bytes(), &place, &[0; 4]]);
        let header = sealed(&[
            b"OHDH\x01\0\0\0",
            &32_u32.to_le_bytes(),
            &100_u64.to_le_bytes(),
            &record_at.checked_add(record_len).unwrap().to_le_bytes(),
            &u64::try_from(history.len()).unwrap().to_le_bytes(),
        ]);
        [header.as_slice(), &page, &record, &history].concat()
    }

    fn stored(name: &str, bytes: &[u8]) -> FileStorage {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("h5-onion-{name}-{}-{made}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let storage = FileStorage::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        storage
    }

    fn revision(beside: &[u8], number: u64) -> Result<Revision, String> {
        let first: Vec<u8> = (0..100).collect();
        let revisions = Revisions::read(stored("first", &first), stored("beside", beside));
        revisions.map_err(|why| why.to_string())?.revision(number)
    }

    #[test]
    fn pages_are_those_of_the_revision() {
        let first: Vec<u8> = (0..100).collect();
        for (number, len) in [(0, 100), (1, 130)] {
            let mut wanted = first.clone();
            wanted.resize(len, 0);
            if number == 1 {
                wanted[32..64].fill(7);
            }
            let revision = revision(&beside(), number).unwrap();
            for start in 0..len {
                for end in start..=len {
                    let mut found = vec![1; end - start];
                    revision.read_at(u64::try_from(start).unwrap(), &mut found).unwrap();
                    assert_eq!(found, wanted[start..end]);
                }
            }
            assert!(revision.read_at(u64::try_from(len).unwrap(), &mut [0]).is_err());
        }
        assert!(revision(&beside(), 2).is_err());
    }

    #[test]
    fn what_is_broken_is_refused() {
        let whole = beside();
        for len in 0..whole.len() {
            assert!(revision(&whole[..len], 1).is_err(), "{len}");
        }
        // The page itself has no checksum.
        for at in (0..HEADER).chain(HEADER + 32..whole.len()) {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            assert!(revision(&changed, 1).is_err(), "{at}");
        }
    }
}
