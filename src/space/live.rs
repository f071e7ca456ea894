//! Files that another program writes to while they are read (SWMR: single writer, multiple
//! readers).
//!
//! Such a writer keeps what it leads readers to as it is, and writes what is pointed at before what
//! points there. What can be met half written is one block, which its checksum tells; and the file
//! may have become longer than it was. Where the writer died in the middle of a block, its redo record has
//! the whole of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Space, recovery};
use crate::error::{Error, ErrorKind, Result};

/// Times a block is read in all, before it is taken for broken: as often as libhdf5 does it.
const ATTEMPTS: u32 = 100;
/// Attempts that follow each other at once.
const AT_ONCE: u32 = 20;
/// Time between later attempts.
const PAUSE: Duration = Duration::from_micros(500);

/// What is known of reading a file that is being written.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Blocks that had to be read again.
    again: AtomicU64,
    /// While a block is read that its writer left half written: what that was about to write, by offset.
    left: Mutex<BTreeMap<u64, Vec<u8>>>,
    /// Held by who set `left`.
    mending: Mutex<()>,
}

impl Space {
    /// From here on another program may write to the file.
    pub(crate) fn follow_writer(&mut self) {
        self.live = Some(Live::default());
    }

    /// Whether another program may write to the file.
    pub(crate) fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// Blocks that were met half written, and read again.
    pub(crate) fn reads_again(&self) -> u64 {
        self.live.as_ref().map_or(0, |live| live.again.load(Ordering::Relaxed))
    }

    /// What `load` reads of one block: of a file that is being written, once it is whole.
    pub(crate) fn settled<T>(&self, mut load: impl FnMut() -> Result<T>) -> Result<T> {
        let Some(live) = &self.live else { return load() };
        for attempt in 1..ATTEMPTS {
            match load() {
                Err(error) if may_be_half_written(&error) => {}
                done => return done,
            }
            live.again.fetch_add(1, Ordering::Relaxed);
            if attempt < AT_ONCE { std::thread::yield_now() } else { std::thread::sleep(PAUSE) }
        }
        self.mended(live, load)
    }

    /// What `load` reads of a block that stays half written: with the redo record of the writer, which is no
    /// more, where that has it. Only for this one block: a writer that lives after all goes on.
    fn mended<T>(&self, live: &Live, mut load: impl FnMut() -> Result<T>) -> Result<T> {
        let Ok(_mending) = live.mending.try_lock() else { return load() };
        let left = recovery::left(&self.storage).unwrap_or_default();
        *live.left.lock().unwrap_or_else(PoisonError::into_inner) = left;
        let loaded = load();
        live.left.lock().unwrap_or_else(PoisonError::into_inner).clear();
        loaded
    }

    /// Puts what a writer left over `bytes`, which lie at `offset`, while a block is mended.
    pub(super) fn lay_left_over(&self, offset: u64, bytes: &mut Cow<'_, [u8]>) {
        let Some(live) = &self.live else { return };
        let left = live.left.lock().unwrap_or_else(PoisonError::into_inner);
        super::lay_over(&left, offset, bytes);
    }

    /// First storage offset behind a file that may be growing.
    pub(super) fn live_end(&self, known: u64) -> u64 {
        self.storage.len().map_or(known, |len| len.max(known))
    }
}

/// Whether a block can be the reason for an error only as long as its writer has not written all of
/// it.
fn may_be_half_written(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Malformed(_) => true,
        // What is not whole may look like anything.
        ErrorKind::Unsupported(_) | ErrorKind::LimitExceeded { .. } => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::UnexpectedEof,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::codec::{Address, Sizes, StructureIn, wide};
    use crate::io::{Memory, SharedMemory, Storage};
    use crate::limits::Limits;
    use crate::space::record::{Change, RedoFooter, RedoRecord};

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

    /// A storage that shows every block half written a few times.
    #[derive(Debug)]
    struct Torn {
        bytes: SharedMemory,
        left: AtomicU64,
    }

    impl Storage for Torn {
        fn len(&self) -> io::Result<u64> {
            self.bytes.len()
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
            self.bytes.read_at(offset, buf)?;
            let left = self.left.load(Ordering::Relaxed);
            if left > 0 {
                self.left.store(left - 1, Ordering::Relaxed);
                let half = buf.len() / 2;
                buf[half..].fill(0);
            }
            Ok(())
        }
    }

    /// Any block with a checksum.
    fn block() -> (Vec<u8>, RedoFooter) {
        let block = RedoFooter { offset: 7, len: 8, checksum: 9 };
        (block.to_bytes_in(SIZES, &()).unwrap(), block)
    }

    fn space(times: u64, live: bool) -> Space {
        let bytes = SharedMemory::new(block().0);
        let storage = Torn { bytes, left: AtomicU64::new(times) };
        let mut space = Space::new(Arc::new(storage), Limits::DEFAULT, SIZES).unwrap();
        if live {
            space.follow_writer();
        }
        space
    }

    #[test]
    fn a_block_that_is_half_written_is_read_again() {
        let (bytes, expected) = block();
        let load = |space: &Space| space.load::<RedoFooter>(Address(0), wide(bytes.len()));
        let followed = space(30, true);
        assert_eq!(load(&followed).unwrap(), expected);
        assert_eq!(followed.reads_again(), 30);
        // Of a file that nobody writes a block that is not whole is broken.
        assert!(load(&space(1, false)).is_err());
        // So is one that never becomes whole.
        let broken = space(u64::MAX, true);
        assert!(load(&broken).is_err());
        assert_eq!(broken.reads_again(), u64::from(ATTEMPTS) - 1);
    }

    #[test]
    fn a_block_that_a_writer_left_half_written_is_in_its_record() {
        let (new, expected) = block();
        let old = vec![0xEE; new.len()];
        let half = [&new[..new.len() / 2], &old[new.len() / 2..]].concat();
        for (is_there, whole) in [(true, true), (true, false), (false, true)] {
            let mut file = half.clone();
            let change = Change { offset: 0, old: old.clone(), new: new.clone() };
            let record = RedoRecord { storage_len: wide(half.len()), changes: vec![change] };
            let record = record.to_bytes_in(SIZES, &()).unwrap();
            let footer = RedoFooter::of(wide(half.len()), &record);
            if is_there {
                file.extend(record);
                file.extend(footer.to_bytes_in(SIZES, &()).unwrap());
            }
            if !whole {
                // Bytes that no interrupted write leaves: the record is none of this file.
                file[1] ^= 0x55;
            }
            let storage = Arc::new(SharedMemory::new(file));
            let mut space = Space::new(storage, Limits::DEFAULT, SIZES).unwrap();
            space.follow_writer();
            let loaded = space.load::<RedoFooter>(Address(0), wide(new.len()));
            assert_eq!(loaded.ok(), (is_there && whole).then_some(expected));
            // Nothing of it stays: a writer that lives goes on.
            assert_ne!(*space.read("Block", Address(0), wide(new.len())).unwrap(), *new);
        }
    }

    #[test]
    fn what_is_no_fault_of_the_bytes_is_not_tried_again() {
        let space = space(0, true);
        let calls = Cell::new(0);
        let refused: Result<()> = space.settled(|| {
            calls.set(calls.get() + 1);
            Err(Error::usage("no"))
        });
        assert!(refused.is_err());
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn a_file_that_grows_is_read_as_far_as_it_goes() {
        let bytes = SharedMemory::new(vec![1; 8]);
        let mut space = Space::new(Arc::new(bytes.clone()), Limits::DEFAULT, SIZES).unwrap();
        assert!(space.read("Block", Address(8), 4).is_err());
        space.follow_writer();
        assert!(space.read("Block", Address(8), 4).is_err());
        bytes.write_at(8, &[2; 4]).unwrap();
        assert_eq!(*space.read("Block", Address(8), 4).unwrap(), [2; 4]);
        assert_eq!(space.end(), Address(12));
        // Raw data nobody wrote is zero, as where libhdf5 reads it.
        assert_eq!(*space.read_raw("Chunk", Address(10), 4).unwrap(), [2, 2, 0, 0]);
        let mut there = [9; 3];
        space.read_raw_into("Chunk", Address(20), &mut there).unwrap();
        assert_eq!(there, [0; 3]);
        let still = Space::new(Arc::new(Memory::new(vec![1; 8])), Limits::DEFAULT, SIZES).unwrap();
        assert!(still.read_raw("Chunk", Address(6), 4).is_err());
    }
}
