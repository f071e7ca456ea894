//! Raw data that lies as one row of bytes: compact, contiguous and external storage.

use std::borrow::Cow;
use std::ops::Range;

use super::in_place::{InPlace, Overwrite};
use super::strided;
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::io::pages_around::{self, Way};
use crate::io::streamed;
use crate::object::progress;
use crate::object::selection::ElementSelection;
use crate::space::Space;

/// Name of raw data in errors.
const NAME: &str = "Raw Data";

/// Bytes read at once for runs smaller than that, where the storage cannot lend its bytes.
const WINDOW: usize = 64 << 10;

/// Raw data that lies as one row of bytes.
pub(crate) trait Linear {
    /// Bytes of the row.
    fn len(&self) -> u64;

    /// The whole row, where it is in memory already.
    fn as_slice(&self) -> Option<&[u8]>;

    /// Fills `to` with the bytes from `at` on.
    fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()>;

    /// As [`read_at`](Self::read_at), of few bytes that lie far from the others that are read.
    fn read_apart(&self, at: u64, to: &mut [u8]) -> Result<()> {
        self.read_at(at, to)
    }
}

/// Data stored in the object header.
#[derive(Debug)]
pub(crate) struct Compact<'a>(pub(crate) &'a [u8]);

impl Linear for Compact<'_> {
    fn len(&self) -> u64 {
        wide(self.0.len())
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self.0)
    }

    fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()> {
        let bytes = usize::try_from(at).ok().and_then(|at| self.0.get(at..)?.get(..to.len()));
        to.copy_from_slice(bytes.ok_or_else(too_short)?);
        Ok(())
    }
}

/// Data stored in one block of the file.
#[derive(Debug)]
pub(crate) struct Contiguous<'a> {
    space: &'a Space,
    address: Address,
    len: u64,
    slice: Option<Cow<'a, [u8]>>,
}

impl<'a> Contiguous<'a> {
    /// Where the `len` bytes from `at` on lie in the file.
    fn place(&self, at: u64, len: usize) -> Result<Address> {
        let end = at.checked_add(wide(len)).filter(|end| *end <= self.len);
        end.map(|_| self.address.plus(at)).ok_or_else(too_short)
    }

    /// `len` bytes at `address`.
    pub(crate) fn new(space: &'a Space, address: Address, len: u64) -> Result<Self> {
        let lent = space.storage().as_slice().is_some();
        let slice = if lent { Some(space.read_raw(NAME, address, len)?) } else { None };
        Ok(Self { space, address, len, slice })
    }
}

impl Linear for Contiguous<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn as_slice(&self) -> Option<&[u8]> {
        self.slice.as_deref()
    }

    fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()> {
        self.space.read_raw_into(NAME, self.place(at, to.len())?, to)
    }

    fn read_apart(&self, at: u64, to: &mut [u8]) -> Result<()> {
        self.space.read_raw_apart(NAME, self.place(at, to.len())?, to)
    }
}

#[cold]
fn too_short() -> Error {
    Error::usage("the stored data is shorter than the dataspace")
}

/// Reads `elements` of an array of `extent` with elements of `size` bytes into `out`.
pub(crate) fn read(
    source: &dyn Linear,
    extent: &[u64],
    elements: &ElementSelection,
    size: u64,
    out: &mut [u8],
) -> Result<()> {
    if let Some(all) = source.as_slice().filter(|_| !progress::is_watched()) {
        let apart = elements.run_a_row(extent).filter(|(run, row)| {
            pages_around::are_apart(run.saturating_mul(size), row.saturating_mul(size))
        });
        if let Some((run, _)) = apart {
            let mut way = Way::of(elements.len().checked_div(run).unwrap_or(0));
            return for_each_byte_run(extent, elements, size, &mut |from, place| {
                let to = out.get_mut(place).ok_or_else(too_short)?;
                let read = |to: &mut [u8]| source.read_apart(from, to);
                way.read(to, read, |to| copy_from(all, from, to))
            });
        }
        return copy_all(all, extent, elements, size, out);
    }
    let mut window = Window::new(source);
    for_each_piece(extent, elements, size, &mut |from, place| {
        window.copy(from, out.get_mut(place).ok_or_else(too_short)?)
    })
}

/// As [`read`], of a row that is in memory.
fn copy_all(
    all: &[u8],
    extent: &[u64],
    elements: &ElementSelection,
    size: u64,
    out: &mut [u8],
) -> Result<()> {
    let size = usize::try_from(size).map_err(|_| too_short())?;
    if let Some(done) = strided::read(all, extent, elements, size, out) {
        return done;
    }
    let narrow = |n: u64| usize::try_from(n).ok()?.checked_mul(size);
    elements.for_each_run(extent, &mut |from, to, len| {
        let places = narrow(from).zip(narrow(to)).zip(narrow(len)).and_then(|((from, to), len)| {
            let from = all.get(from..from.checked_add(len)?)?;
            Some((from, out.get_mut(to..to.checked_add(len)?)?))
        });
        let (from, to) = places.ok_or_else(too_short)?;
        copy(from, to);
        Ok(())
    })
}

/// Fills `to` with the bytes of a row that is in memory from `from` on.
fn copy_from(all: &[u8], from: u64, to: &mut [u8]) -> Result<()> {
    let bytes = usize::try_from(from).ok().and_then(|from| all.get(from..)?.get(..to.len()));
    copy(bytes.ok_or_else(too_short)?, to);
    Ok(())
}

/// Copies bytes to as many; single elements without a call.
#[inline]
pub(super) fn copy(from: &[u8], to: &mut [u8]) {
    fn few<const N: usize>(from: &[u8], to: &mut [u8]) {
        if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
            *to = *from;
        }
    }
    match from.len() {
        1 => few::<1>(from, to),
        2 => few::<2>(from, to),
        4 => few::<4>(from, to),
        8 => few::<8>(from, to),
        16 => few::<16>(from, to),
        _ => streamed::copy(from, to),
    }
}

/// Writes `bytes`, those of `elements`, to an array of `extent` with elements of `size` bytes.
pub(crate) fn write(
    target: impl Overwrite,
    extent: &[u64],
    elements: &ElementSelection,
    size: u64,
    bytes: &[u8],
) -> Result<()> {
    let mut target = InPlace::new(target);
    for_each_piece(extent, elements, size, &mut |to, place| {
        target.put(to, bytes.get(place).ok_or_else(too_short)?)
    })?;
    target.finish()
}

/// As [`write`], to an array in memory.
pub(crate) fn write_to_memory(
    target: &mut [u8],
    extent: &[u64],
    elements: &ElementSelection,
    size: u64,
    bytes: &[u8],
) -> Result<()> {
    for_each_byte_run(extent, elements, size, &mut |to, place| {
        let from = bytes.get(place).ok_or_else(too_short)?;
        let to =
            usize::try_from(to).ok().and_then(|to| target.get_mut(to..)?.get_mut(..from.len()));
        to.ok_or_else(too_short)?.copy_from_slice(from);
        Ok(())
    })
}

/// As [`for_each_byte_run`], with a word to whoever watches between the pieces.
fn for_each_piece(
    extent: &[u64],
    elements: &ElementSelection,
    size: u64,
    copy: &mut dyn FnMut(u64, Range<usize>) -> Result<()>,
) -> Result<()> {
    if !progress::is_watched() {
        return for_each_byte_run(extent, elements, size, copy);
    }
    let mut untold = 0;
    for_each_byte_run(extent, elements, size, &mut |from, place| {
        let (mut from, mut place) = (from, place);
        while !place.is_empty() {
            let now = progress::piece(place.len());
            let end = place.start.saturating_add(now);
            copy(from, place.start..end)?;
            (from, place) = (from.saturating_add(wide(now)), end..place.end);
            untold = progress::untold(untold, now)?;
        }
        Ok(())
    })?;
    progress::advance(untold)
}

/// Calls `copy(offset in the row, place in the result)`, in bytes, for every run of `elements`.
fn for_each_byte_run(
    extent: &[u64],
    elements: &ElementSelection,
    size: u64,
    copy: &mut dyn FnMut(u64, Range<usize>) -> Result<()>,
) -> Result<()> {
    elements.for_each_run(extent, &mut |from, to, len| {
        let bytes = |n: u64| n.checked_mul(size).ok_or_else(too_short);
        let (from, to, len) = (bytes(from)?, bytes(to)?, bytes(len)?);
        let start = usize::try_from(to).map_err(|_| too_short())?;
        let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len));
        copy(from, start..end.ok_or_else(too_short)?)
    })
}

/// The bytes last read, for runs that lie close together.
pub(super) struct Window<'a> {
    source: &'a dyn Linear,
    start: u64,
    bytes: Vec<u8>,
}

impl<'a> Window<'a> {
    pub(super) fn new(source: &'a dyn Linear) -> Self {
        Self { source, start: 0, bytes: Vec::new() }
    }

    fn held(&self, from: u64, len: usize) -> Option<&[u8]> {
        let skip = usize::try_from(from.checked_sub(self.start)?).ok()?;
        self.bytes.get(skip..)?.get(..len)
    }

    /// Fills `to` with the bytes from `from` on.
    pub(super) fn copy(&mut self, from: u64, to: &mut [u8]) -> Result<()> {
        if let Some(all) = self.source.as_slice() {
            return copy_from(all, from, to);
        }
        if to.len() >= WINDOW {
            return self.source.read_at(from, to);
        }
        if self.held(from, to.len()).is_none() {
            let left = self.source.len().saturating_sub(from);
            let len = usize::try_from(left).map_or(WINDOW, |left| left.min(WINDOW));
            self.bytes.resize(len, 0);
            self.start = from;
            self.source.read_at(from, &mut self.bytes)?;
        }
        to.copy_from_slice(self.held(from, to.len()).ok_or_else(too_short)?);
        Ok(())
    }
}

#[cfg(all(test, feature = "mmap", unix))]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;
    use crate::object::selection::AxisSelection;

    /// A row in memory, and in a file that takes longer to read or not.
    struct Twofold {
        bytes: Vec<u8>,
        slow: bool,
        reads: Cell<u64>,
    }

    impl Linear for Twofold {
        fn len(&self) -> u64 {
            wide(self.bytes.len())
        }

        fn as_slice(&self) -> Option<&[u8]> {
            Some(&self.bytes)
        }

        fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()> {
            copy_from(&self.bytes, at, to)
        }

        fn read_apart(&self, at: u64, to: &mut [u8]) -> Result<()> {
            self.reads.set(self.reads.get() + 1);
            if self.slow {
                std::thread::sleep(Duration::from_micros(200));
            }
            self.read_at(at, to)
        }
    }

    #[test]
    fn columns_are_the_same_whichever_way_they_are_read() {
        const ROW: u64 = 64 << 10;
        let bytes: Vec<u8> = (0..1100 * ROW).map(|n| (n % 251) as u8).collect();
        let mut source = Twofold { bytes, slow: true, reads: Cell::new(0) };
        let range = |start, count| AxisSelection::Range { start, stride: 1, count, block: 1 };
        for (slow, rows) in [(true, 1100), (false, 1100), (true, 100), (false, 3)] {
            (source.slow, source.reads) = (slow, Cell::new(0));
            let columns = ElementSelection::Product(vec![range(0, rows), range(77, 16)]);
            let mut out = vec![0; 16 * rows as usize];
            read(&source, &[1100, ROW], &columns, 1, &mut out).unwrap();
            for (row, found) in (0..rows).zip(out.chunks(16)) {
                let start = (row * ROW + 77) as usize;
                assert_eq!(found, &source.bytes[start..start + 16]);
            }
            let reads = source.reads.get();
            match (slow, rows) {
                (true, 1100) => assert!(reads < 600, "{reads} reads"),
                (_, ..1000) => assert_eq!(reads, rows),
                _ => {}
            }
        }
    }
}
