//! A file whose address space is shared out among several.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Storage;

/// First address of the raw data member of a split file.
pub(crate) const SPLIT_RAW_START: u64 = u64::MAX >> 1;

/// A file whose address space is shared out among several: each holds the addresses from its
/// start to the start of the next.
#[derive(Debug)]
pub(crate) struct MultiStorage {
    /// Start and storage, by start.
    members: Vec<(u64, Arc<dyn Storage>)>,
    len: u64,
}

impl MultiStorage {
    /// Shares the addresses out among `members`, each with the first address it holds.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] where two members start at one address or the last one's end
    /// is no address; otherwise whatever a member reports.
    pub(crate) fn new(mut members: Vec<(u64, Arc<dyn Storage>)>) -> io::Result<Self> {
        members.sort_by_key(|(start, _)| *start);
        let starts = members.iter().map(|(start, _)| *start);
        if starts.clone().zip(starts.skip(1)).any(|(a, b)| a == b) {
            return Err(invalid("two members of the file start at one address"));
        }
        let len = match members.last() {
            Some((start, last)) => start.checked_add(last.len()?),
            None => Some(0),
        };
        let len = len.ok_or_else(|| invalid("a member ends behind the last address"))?;
        Ok(Self { members, len })
    }
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

impl Storage for MultiStorage {
    /// The end of the last member: far more than the members hold together.
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let eof = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let next = self.members.partition_point(|(start, _)| *start <= offset);
        let (start, member) =
            next.checked_sub(1).and_then(|at| self.members.get(at)).ok_or_else(eof)?;
        let wanted = u64::try_from(buf.len()).map_err(io::Error::other)?;
        let end = offset.checked_add(wanted).ok_or_else(eof)?;
        if self.members.get(next).is_some_and(|(next, _)| *next < end) {
            return Err(eof());
        }
        member.read_at(offset.saturating_sub(*start), buf)
    }
}

/// The path of the member named `other` of the file whose member named `own` lies at `path`.
///
/// Names are templates in which `%s` stands for what the names have in common. `None` where
/// `path` does not end as `own` does, or `other` names no plain file beside it.
pub(crate) fn sibling_path(path: &Path, own: &str, other: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let common = match own.split_once("%s") {
        Some((before, after)) => name.strip_prefix(before)?.strip_suffix(after)?,
        None if own == name => "",
        None => return None,
    };
    let other = other.replacen("%s", common, 1);
    let plain = Path::new(&other).file_name().is_some_and(|last| last == other.as_str());
    plain.then(|| path.with_file_name(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Memory;

    fn member(start: u64, bytes: &[u8]) -> (u64, Arc<dyn Storage>) {
        (start, Arc::new(Memory::new(bytes.to_vec())))
    }

    #[test]
    fn each_member_holds_its_addresses() {
        let far = SPLIT_RAW_START;
        let multi = MultiStorage::new(vec![member(far, b"raw"), member(0, b"metadata")]).unwrap();
        assert_eq!(multi.len().unwrap(), far + 3);
        let read = |offset, len| {
            let mut buf = vec![0; len];
            multi.read_at(offset, &mut buf).map(|()| buf)
        };
        assert_eq!(read(4, 4).unwrap(), b"data");
        assert_eq!(read(far, 3).unwrap(), b"raw");
        assert!(read(4, 5).is_err());
        assert!(read(far - 1, 3).is_err());
        assert!(read(far + 1, 3).is_err());
        assert!(read(u64::MAX, 1).is_err());
    }

    #[test]
    fn refuses_members_that_overlap() {
        assert!(MultiStorage::new(vec![member(1, b"a"), member(1, b"b")]).is_err());
        assert!(MultiStorage::new(vec![member(u64::MAX, b"ab")]).is_err());
    }

    #[test]
    fn siblings_lie_beside_each_other() {
        let path = Path::new("dir/run-m.h5");
        let sibling = |own, other| sibling_path(path, own, other);
        assert_eq!(sibling("%s-m.h5", "%s-r.h5").unwrap(), Path::new("dir/run-r.h5"));
        assert_eq!(sibling("run-m.h5", "raw.h5").unwrap(), Path::new("dir/raw.h5"));
        assert_eq!(sibling("%s-s.h5", "%s-r.h5"), None);
        assert_eq!(sibling("%s-m.h5", "../%s-r.h5"), None);
        assert_eq!(sibling("%s-m.h5", "/etc/%s"), None);
        assert_eq!(sibling("%s-m.h5", ".."), None);
    }
}
