//! A file in numbered pieces of one size.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FileStorage, Storage};

/// A file in numbered pieces ("members") of one size, one after the other.
#[derive(Debug)]
pub(crate) struct FamilyStorage {
    members: Vec<Arc<dyn Storage>>,
    /// Bytes of every member but the last.
    member_size: u64,
    len: u64,
}

impl FamilyStorage {
    /// Opens the members that `pattern` names, from number 0 up to the last there is.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] where the pattern's file name holds not exactly one number
    /// (`%d`, `%05d`, ..); otherwise as [`FileStorage::open`].
    pub(crate) fn open(pattern: &Path) -> io::Result<Self> {
        let mut members: Vec<Arc<dyn Storage>> = Vec::new();
        for index in 0..=u32::MAX {
            match FileStorage::open(member_path(pattern, index)?) {
                Ok(member) => members.push(Arc::new(member)),
                Err(error) if error.kind() == io::ErrorKind::NotFound && index > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Self::new(members)
    }

    /// Puts `members` one after the other; the first one's length is that of every one but the
    /// last.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] where the first is empty or a member is longer than it;
    /// otherwise whatever a member reports.
    pub(crate) fn new(mut members: Vec<Arc<dyn Storage>>) -> io::Result<Self> {
        while members.len() > 1 && members.last().is_some_and(|m| matches!(m.len(), Ok(0))) {
            members.pop();
        }
        let lengths = members.iter().map(|m| m.len()).collect::<io::Result<Vec<_>>>()?;
        let member_size = lengths.first().copied().unwrap_or(0);
        if member_size == 0 {
            return Err(invalid("the first member of the family is empty"));
        }
        if lengths.iter().any(|len| *len > member_size) {
            return Err(invalid("a member of the family is longer than the first"));
        }
        let last = lengths.last().copied().unwrap_or(0);
        let before = u64::try_from(members.len().saturating_sub(1)).map_err(io::Error::other)?;
        let len = before
            .checked_mul(member_size)
            .and_then(|before| before.checked_add(last))
            .ok_or_else(|| invalid("the family is too long"))?;
        Ok(Self { members, member_size, len })
    }

    /// Bytes of every member but the last.
    pub(crate) fn member_size(&self) -> u64 {
        self.member_size
    }

    /// How many members there are.
    pub(crate) fn member_count(&self) -> usize {
        self.members.len()
    }
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

impl Storage for FamilyStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        while !buf.is_empty() {
            let split =
                offset.checked_div(self.member_size).zip(offset.checked_rem(self.member_size));
            let (index, start) = split.ok_or(io::ErrorKind::UnexpectedEof)?;
            let member = usize::try_from(index).ok().and_then(|index| self.members.get(index));
            let member = member.ok_or(io::ErrorKind::UnexpectedEof)?;
            let room = self.member_size.saturating_sub(start);
            let part = usize::try_from(room).map_or(buf.len(), |room| room.min(buf.len()));
            let (now, rest) = buf.split_at_mut_checked(part).ok_or(io::ErrorKind::UnexpectedEof)?;
            member.read_at(start, now)?;
            offset = offset.checked_add(room).ok_or(io::ErrorKind::UnexpectedEof)?;
            buf = rest;
        }
        Ok(())
    }
}

/// The path of member `index`: `pattern` with its number filled in, as `printf` does for `%d`,
/// `%5d`, `%05d` and `%%`. Only the file name is looked at.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] where the file name holds not exactly one number.
pub(crate) fn member_path(pattern: &Path, index: u32) -> io::Result<PathBuf> {
    let problem = || {
        let text = "the name of a family needs one number, such as \"%05d\"";
        io::Error::new(io::ErrorKind::InvalidInput, text)
    };
    let mut rest = pattern.file_name().and_then(|name| name.to_str()).ok_or_else(problem)?;
    let mut name = String::new();
    let mut numbers: u32 = 0;
    while let Some((before, after)) = rest.split_once('%') {
        name.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            name.push('%');
            rest = after;
            continue;
        }
        let digits = after.find(|c: char| !c.is_ascii_digit()).ok_or_else(problem)?;
        let (width, after) = after.split_at_checked(digits).ok_or_else(problem)?;
        rest = after.strip_prefix(['d', 'i', 'u']).ok_or_else(problem)?;
        name.push_str(&number(index, width).ok_or_else(problem)?);
        numbers = numbers.saturating_add(1);
    }
    name.push_str(rest);
    if numbers == 1 { Ok(pattern.with_file_name(name)) } else { Err(problem()) }
}

/// `index` in the width that `width` spells: `""`, `"5"`, `"05"`.
fn number(index: u32, width: &str) -> Option<String> {
    let fill = if width.starts_with('0') { '0' } else { ' ' };
    let width: usize = if width.is_empty() { 0 } else { width.parse().ok()? };
    let digits = index.to_string();
    // No file name is longer than this on any system.
    let missing = Some(width).filter(|width| *width <= 255)?.saturating_sub(digits.len());
    let mut text: String = std::iter::repeat_n(fill, missing).collect();
    text.push_str(&digits);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Memory;

    fn family(members: &[&[u8]]) -> io::Result<FamilyStorage> {
        let members = members.iter().map(|m| Arc::new(Memory::new(m.to_vec())) as _);
        FamilyStorage::new(members.collect())
    }

    #[test]
    fn reads_cross_members() {
        let family = family(&[b"0123", b"4567", b"89", b""]).unwrap();
        assert_eq!((family.len().unwrap(), family.member_count()), (10, 3));
        for start in 0..10 {
            for end in start..=10 {
                let mut buf = vec![0; end - start];
                family.read_at(start as u64, &mut buf).unwrap();
                assert_eq!(buf, &b"0123456789"[start..end]);
            }
        }
        let mut buf = [0; 2];
        assert!(family.read_at(9, &mut buf).is_err());
        assert!(family.read_at(u64::MAX, &mut buf).is_err());
    }

    #[test]
    fn refuses_members_of_odd_lengths() {
        assert!(family(&[]).is_err());
        assert!(family(&[b""]).is_err());
        assert!(family(&[b"12", b"345"]).is_err());
    }

    #[test]
    fn numbers_are_filled_in() {
        for (pattern, path) in [
            ("a/%s/f%05d.h5", "a/%s/f00012.h5"),
            ("f%d", "f12"),
            ("f%4u.h5", "f  12.h5"),
            ("%%%1d%%", "%12%"),
        ] {
            assert_eq!(member_path(Path::new(pattern), 12).unwrap(), Path::new(path));
        }
        for wrong in ["f.h5", "%d%d", "%s", "f%", "f%5", "%999d", "%99999999999999999999d", ""] {
            let error = member_path(Path::new(wrong), 1).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{wrong}");
        }
    }
}
