//! Bytes moved from file to file as they are.

use crate::codec::{Address, wide};
use crate::error::Result;
use crate::space::{PIECE, Space};

/// Bytes on their way from one file to another.
///
/// What follows each other in both files is read in one, and what follows each other in the file it
/// goes to is written in one. Such a write ends at a multiple of its size: writes of parts of pages
/// take the system a fifth longer.
pub(crate) struct Mover<'a> {
    source: &'a Space,
    target: &'a Space,
    /// What the bytes are, for errors.
    structure: &'static str,
    buffer: Vec<u8>,
    /// Bytes in the buffer.
    read: u64,
    /// Bytes that come next, which are still to be read.
    unread: u64,
    /// Where those are.
    from: Address,
    /// Where the first byte of the buffer goes.
    to: Address,
}

impl<'a> Mover<'a> {
    pub(crate) fn new(source: &'a Space, target: &'a Space, structure: &'static str) -> Self {
        let (from, to) = (Address(0), Address(0));
        Self { source, target, structure, buffer: Vec::new(), read: 0, unread: 0, from, to }
    }

    /// Moves `len` bytes; some of them may wait for more to come, or for [`finish`](Self::finish).
    pub(crate) fn add(&mut self, mut from: Address, to: Address, len: u64) -> Result<()> {
        if self.to.plus(self.read.saturating_add(self.unread)) != to {
            self.finish()?;
            self.to = to;
        }
        let behind = from.0.checked_add(len).is_none_or(|end| end > self.source.end().0);
        if behind || self.from.plus(self.unread) != from {
            // An error of bytes that are not there names these alone.
            self.read()?;
        }
        let mut left = len;
        while left > 0 {
            if self.unread == 0 {
                self.from = from;
            }
            let now = left.min(self.room());
            self.unread = self.unread.saturating_add(now);
            (from, left) = (from.plus(now), left.saturating_sub(now));
            if self.room() == 0 {
                self.write()?;
            }
        }
        Ok(())
    }

    /// Writes what waits.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.write()
    }

    /// Bytes that the next write has room for.
    fn room(&self) -> u64 {
        let start = self.target.offset(self.to).checked_rem(PIECE).unwrap_or(0);
        PIECE.saturating_sub(start).saturating_sub(self.read).saturating_sub(self.unread)
    }

    /// Reads what is still to be read.
    fn read(&mut self) -> Result<()> {
        if self.unread == 0 {
            return Ok(());
        }
        let (start, end) = (self.read, self.read.saturating_add(self.unread));
        if wide(self.buffer.len()) < end {
            self.buffer.resize(place(end), 0);
        }
        let room = self.buffer.get_mut(place(start)..place(end)).unwrap_or_default();
        self.source.read_raw_into(self.structure, self.from, room)?;
        (self.read, self.unread) = (end, 0);
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        self.read()?;
        if self.read > 0 {
            let bytes = self.buffer.get(..place(self.read)).unwrap_or_default();
            self.target.write_raw(self.to, bytes)?;
            self.to = self.to.plus(self.read);
            self.read = 0;
        }
        Ok(())
    }
}

/// A place in the buffer, which is small.
fn place(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Purpose;
    use crate::space::testing::scratch;

    /// A file of `len` bytes that are all known.
    fn source(len: u64) -> (Space, Address) {
        let space = scratch();
        let at = space.allocate(Purpose::RawData, len).unwrap();
        let bytes: Vec<u8> = (0..len).map(byte).collect();
        space.write_raw(at, &bytes).unwrap();
        (space, at)
    }

    fn byte(at: u64) -> u8 {
        (at % 251) as u8
    }

    #[test]
    fn bytes_arrive_where_they_belong() {
        let len = 3 * PIECE;
        let (source, start) = source(len);
        let target = scratch();
        let to = target.allocate(Purpose::RawData, 2 * len).unwrap();
        // Following in both files, in one alone, in neither; small, and larger than a piece.
        let moves = [
            (0, 7, 100),
            (100, 107, 5000),
            (9000, 5107, 300),
            (9300, 6000, 10),
            (9310, 6010, 2 * PIECE),
            (5, 6010 + 2 * PIECE, PIECE - 1),
            (7, 5 * PIECE + 3, 1),
            (len - 1, 5 * PIECE + 4, 1),
        ];
        let mut mover = Mover::new(&source, &target, "Chunk");
        for (from, at, len) in moves {
            mover.add(start.plus(from), to.plus(at), len).unwrap();
        }
        mover.finish().unwrap();
        for (from, at, len) in moves {
            let found = target.read_raw("Chunk", to.plus(at), len).unwrap();
            let expected: Vec<u8> = (from..from + len).map(byte).collect();
            assert!(*found == expected, "{len} bytes from {from} to {at}");
        }
    }

    #[test]
    fn what_is_not_there_is_named_alone() {
        let (source, start) = source(100);
        let target = scratch();
        let to = target.allocate(Purpose::RawData, 200).unwrap();
        let mut mover = Mover::new(&source, &target, "Chunk");
        mover.add(start, to, 60).unwrap();
        mover.add(start.plus(60), to.plus(60), 60).unwrap();
        let error = mover.finish().unwrap_err();
        let place = error.location().unwrap();
        assert_eq!((place.structure, place.offset), ("Chunk", source.offset(start.plus(60))));
    }
}
