//! Stored bytes overwritten where they are.

use std::borrow::Cow;

use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::space::{Rank, Space};

/// Name of raw data in errors.
const NAME: &str = "Raw Data";

/// Most bytes between two runs that are written at once, what lies between them included.
const GAP: u64 = 512;
/// Most bytes of runs that are written at once.
const WINDOW: u64 = 64 << 10;
/// Bytes of the pieces in which a block is filled.
const PIECE: u64 = 1 << 20;

/// How bytes may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// At once: what was there may be half overwritten after a crash.
    None,
    /// What was committed stays until the next commit.
    KeepCommitted,
}

/// Writes `bytes` at `at`.
pub(crate) fn overwrite(
    space: &Space,
    at: Address,
    bytes: Cow<'_, [u8]>,
    care: Care,
) -> Result<()> {
    match care {
        // In new space too: a step that fails takes nothing with it that an earlier one wrote.
        Care::KeepCommitted => space.write(Rank::Elements, at, bytes.into_owned()),
        Care::None => space.write_raw(at, &bytes),
    }
}

/// What is done to elements of a fill value before they are stored.
pub(crate) type Settle<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<()>;

/// Fills a new block of `len` bytes: each `element` of it, `None` for zeros.
pub(crate) fn fill_block(
    space: &Space,
    at: Address,
    len: u64,
    element: Option<&[u8]>,
    mut settle: Option<Settle<'_>>,
) -> Result<()> {
    let size = element.map_or(1, |element| wide(element.len()).max(1));
    let (piece, len) = match element {
        Some(_) => (PIECE.max(size), len),
        // What the storage has not got yet is zero already.
        None => (PIECE, space.storage().len()?.saturating_sub(space.offset(at)).min(len)),
    };
    let piece = piece.saturating_sub(piece.checked_rem(size).unwrap_or(0)).min(len);
    let mut bytes = vec![0; usize::try_from(piece).map_err(|_| too_large())?];
    repeat(element.unwrap_or_default(), &mut bytes);
    let mut done = 0;
    while done < len {
        let now = len.saturating_sub(done).min(piece);
        let part = usize::try_from(now).ok().and_then(|now| bytes.get_mut(..now));
        let part = part.ok_or_else(too_large)?;
        if let Some(settle) = &mut settle {
            repeat(element.unwrap_or_default(), part);
            settle(part)?;
        }
        space.write_raw(at.plus(done), part)?;
        done = done.saturating_add(now);
    }
    Ok(())
}

/// Writes an element over and over.
fn repeat(element: &[u8], out: &mut [u8]) {
    for to in out.chunks_exact_mut(element.len().max(1)) {
        to.iter_mut().zip(element).for_each(|(to, from)| *to = *from);
    }
}

/// A row of bytes that can be written over.
pub(crate) trait Overwrite {
    /// Bytes of the row.
    fn len(&self) -> u64;

    /// Fills `to` with the bytes from `at` on.
    fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()>;

    /// Writes `bytes` over those from `at` on.
    fn write_at(&self, at: u64, bytes: Cow<'_, [u8]>) -> Result<()>;
}

/// A block of the file.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) space: &'a Space,
    pub(crate) at: Address,
    pub(crate) len: u64,
    pub(crate) care: Care,
}

impl Overwrite for Block<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, to: &mut [u8]) -> Result<()> {
        self.space.read_raw_into(NAME, self.at.plus(at), to)
    }

    fn write_at(&self, at: u64, bytes: Cow<'_, [u8]>) -> Result<()> {
        overwrite(self.space, self.at.plus(at), bytes, self.care)
    }
}

/// Bytes that are written over in runs. Runs close to each other are written together.
#[derive(Debug)]
pub(crate) struct InPlace<'a, T> {
    target: T,
    /// Runs that wait: offsets in the row, ascending, and bytes.
    runs: Vec<(u64, &'a [u8])>,
    /// Offset behind the last of them.
    end: u64,
    /// There are bytes between them that stay.
    gaps: bool,
}

impl<'a, T: Overwrite> InPlace<'a, T> {
    pub(crate) fn new(target: T) -> Self {
        Self { target, runs: Vec::new(), end: 0, gaps: false }
    }

    /// Writes `bytes` at `offset` of the row, now or with [`finish`](Self::finish).
    pub(crate) fn put(&mut self, offset: u64, bytes: &'a [u8]) -> Result<()> {
        let end = offset.checked_add(wide(bytes.len())).filter(|end| *end <= self.target.len());
        let end = end.ok_or_else(too_short)?;
        if let Some((start, _)) = self.runs.first() {
            let gap = offset.checked_sub(self.end);
            let near = gap.is_some_and(|gap| gap <= GAP);
            if near && end.saturating_sub(*start) <= WINDOW {
                self.gaps |= gap != Some(0);
                self.runs.push((offset, bytes));
                self.end = end;
                return Ok(());
            }
            self.flush()?;
        }
        self.runs.push((offset, bytes));
        self.end = end;
        Ok(())
    }

    /// Writes what waits.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        let runs = std::mem::take(&mut self.runs);
        let gaps = std::mem::take(&mut self.gaps);
        let Some((start, first)) = runs.first() else { return Ok(()) };
        if runs.len() == 1 {
            return self.target.write_at(*start, Cow::Borrowed(first));
        }
        let span = usize::try_from(self.end.saturating_sub(*start)).map_err(|_| too_large())?;
        let mut bytes = vec![0; span];
        if gaps {
            self.target.read_at(*start, &mut bytes)?;
        }
        for (offset, run) in &runs {
            let skip = usize::try_from(offset.saturating_sub(*start)).map_err(|_| too_large())?;
            let to = bytes.get_mut(skip..).and_then(|to| to.get_mut(..run.len()));
            to.ok_or_else(too_short)?.copy_from_slice(run);
        }
        self.target.write_at(*start, Cow::Owned(bytes))
    }
}

#[cold]
fn too_short() -> Error {
    Error::usage("the stored data is shorter than the dataspace")
}

#[cold]
fn too_large() -> Error {
    Error::usage("the data does not fit memory")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::space::Purpose;
    use crate::space::testing::scratch;

    proptest! {
        #[test]
        fn runs_land_where_they_belong_in_order(
            runs in prop::collection::vec((0u64..3000, 1usize..600, any::<u8>()), 0..20),
            careful in any::<bool>(),
            committed in any::<bool>(),
            element in prop::option::of(prop::collection::vec(any::<u8>(), 1..9)),
        ) {
            let space = scratch();
            let len = 3600;
            let at = space.allocate(Purpose::RawData, len).unwrap();
            let size = element.as_ref().map_or(1, Vec::len);
            let len = len - len % u64::try_from(size).unwrap();
            fill_block(&space, at, len, element.as_deref(), None).unwrap();
            let mut model: Vec<u8> = match &element {
                Some(element) => element.iter().copied().cycle().take(usize::try_from(len).unwrap()).collect(),
                None => vec![0; usize::try_from(len).unwrap()],
            };
            let before = model.clone();
            if committed {
                space.commit(false).unwrap();
            }
            let care = if careful { Care::KeepCommitted } else { Care::None };
            let stored: Vec<(u64, Vec<u8>)> =
                runs.iter().map(|(offset, len, value)| (*offset, vec![*value; *len])).collect();
            let mut block = InPlace::new(Block { space: &space, at, len, care });
            for (offset, bytes) in &stored {
                let start = usize::try_from(*offset).unwrap();
                match model.get_mut(start..start + bytes.len()) {
                    Some(to) => {
                        to.copy_from_slice(bytes);
                        block.put(*offset, bytes).unwrap();
                    }
                    None => prop_assert!(block.put(*offset, bytes).is_err()),
                }
            }
            block.finish().unwrap();
            let mut found = vec![0; model.len()];
            space.read_raw_into("Test", at, &mut found).unwrap();
            prop_assert_eq!(&found, &model);
            if committed && careful {
                space.roll_back();
                space.read_raw_into("Test", at, &mut found).unwrap();
                prop_assert_eq!(&found, &before);
            }
        }
    }
}
