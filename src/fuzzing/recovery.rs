//! Target of recovery: files with a redo record behind them, or what is left of one.

use std::borrow::Cow;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::{Input, check, files, limits, told};
use crate::codec::{Address, Sizes, StructureIn, wide};
use crate::io::{Memory, SharedMemory, Storage};
use crate::object::store::recover::ends;
use crate::space::{Change, RedoFooter, RedoRecord, Space};
use crate::{ExternalAccess, File, LibraryVersion, RecoveryBuilder};

/// Widths of records.
const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

/// What kind it is (1 byte): bit 0, any storage, which is the rest; else a file of ours (1 byte), a
/// record behind it, and what happened to both since.
pub fn recovery(input: &[u8]) {
    let mut input = Input::new(input);
    let any = input.byte() & 1 == 1;
    let storage = if any { input.rest().to_vec() } else { with_record(&mut input) };
    check::<_, RedoRecord>(input.rest(), SIZES, &());
    check::<_, RedoFooter>(input.rest(), SIZES, &());
    agree(&storage);
    serve(&storage);
}

/// A small file of each kind of superblock and root group.
fn file(number: u8) -> &'static [u8] {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let make = |version| {
        let builder = File::with_options().library_versions(version, LibraryVersion::LATEST);
        let file = builder.in_memory().and_then(|file| {
            file.create_group("group")?.set_comment("a comment")?;
            file.new_dataset::<u8>().shape(4).create("numbers")?.write_raw(&[1, 2, 3, 4])?;
            file.into_bytes()
        });
        file.expect("a file in memory")
    };
    let versions = [LibraryVersion::Earliest, LibraryVersion::V18, LibraryVersion::V110];
    let files = FILES.get_or_init(|| versions.into_iter().map(make).collect());
    let number = usize::from(number).checked_rem(files.len()).unwrap_or(0);
    files.get(number).map_or(&[], Vec::as_slice)
}

/// Blocks that a commit writes (a number, 1 byte; each: offset, 2 bytes; length, 1 byte; the bits of
/// one byte that change, which bytes are written already) behind a file; the length that the record
/// states (2 bytes more or less), how far from the end of the file it lies (1 byte), how much of it
/// is missing (1 byte).
fn with_record(input: &mut Input<'_>) -> Vec<u8> {
    let mut file = file(input.byte()).to_vec();
    let mut changes = Vec::new();
    let mut now = file.clone();
    for _ in 0..input.byte() & 7 {
        let (offset, len) = (usize::from(input.short()), usize::from(input.byte()));
        let Some(old) = offset.checked_add(len).and_then(|end| file.get(offset..end)) else {
            continue;
        };
        let (bits, written) = (input.byte(), input.byte());
        let new: Vec<u8> = old.iter().map(|byte| byte ^ bits).collect();
        let half = old.iter().zip(&new).enumerate().map(|(at, (old, new))| {
            let is_written = written.rotate_left(u32::try_from(at).unwrap_or(0) & 7) & 1 == 1;
            *if is_written { new } else { old }
        });
        let half: Vec<u8> = half.collect();
        if let Some(place) = offset.checked_add(len).and_then(|end| now.get_mut(offset..end)) {
            place.copy_from_slice(&half);
        }
        changes.push(Change { offset: wide(offset), old: old.to_vec(), new });
    }
    let storage_len = match input.byte() {
        0 => wide(file.len()),
        less => wide(file.len()).wrapping_add(input.short().into()).wrapping_sub(less.into()),
    };
    file = now;
    file.resize(file.len().saturating_add(input.byte().into()), 0);
    let record = RedoRecord { storage_len, changes };
    let Some(record) = told(record.to_bytes_in(SIZES, &())) else { return file };
    let footer = RedoFooter::of(wide(file.len()), &record);
    file.extend(record);
    file.extend(told(footer.to_bytes_in(SIZES, &())).unwrap_or_default());
    let missing = usize::from(input.byte());
    file.truncate(file.len().saturating_sub(missing));
    file
}

/// A storage that takes so many changes, and half of the next one.
#[derive(Debug)]
struct Stopping {
    bytes: SharedMemory,
    left: AtomicUsize,
}

impl Stopping {
    /// Whether one more change is taken.
    fn take(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }
}

impl Storage for Stopping {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.bytes.read_at(offset, buf)
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if self.take() {
            return self.bytes.write_at(offset, bytes);
        }
        let half = bytes.get(..bytes.len() >> 1).unwrap_or_default();
        self.bytes.write_at(offset, half)?;
        Err(io::ErrorKind::StorageFull.into())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if self.take() { self.bytes.set_len(len) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn sync(&self) -> io::Result<()> {
        if self.take() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }
}

fn space(storage: impl Storage + 'static) -> Space {
    Space::new(Arc::new(storage), limits(), SIZES).expect("memory has a length")
}

/// Bytes as who opens the storage sees them.
fn seen(storage: impl Storage + 'static) -> Option<Vec<u8>> {
    let mut space = space(storage);
    told(space.recover())?;
    let all = space.read("File", Address(0), space.end().0);
    told(all).map(Cow::into_owned)
}

/// Who opens the file for reading sees what who opens it for writing finds; and for the latter it
/// does not matter how often it was interrupted, or whether the flush was being taken back.
fn agree(bytes: &[u8]) {
    let storage = SharedMemory::new(bytes.to_vec());
    let read = seen(Memory::new(bytes.to_vec()));
    let written = seen(storage.clone());
    assert_eq!(read.is_some(), written.is_some());
    if let (Some(read), Some(written)) = (read, written) {
        assert!(read.starts_with(&written), "both see the same");
    }
    let finished = storage.to_vec();
    if finished == bytes {
        return;
    }
    for take_back in [false, true] {
        for left in 0.. {
            let storage = SharedMemory::new(bytes.to_vec());
            let stopping = Stopping { bytes: storage.clone(), left: AtomicUsize::new(left) };
            let done = told(space(stopping).recover_by_hand(take_back));
            told(space(storage.clone()).recover_by_hand(false));
            assert!(storage.to_vec() == finished, "interrupted after {left} changes");
            if done.is_some() {
                break;
            }
        }
    }
}

/// Everything that is done to such a file gives an answer.
fn serve(bytes: &[u8]) {
    files::open(bytes);
    for undo in [false, true] {
        let memory = SharedMemory::new(bytes.to_vec());
        let storage: Arc<dyn Storage> = Arc::new(memory.clone());
        let builder = RecoveryBuilder::new().undo_flush(undo).remove_cache_image(true);
        told(builder.recover_storage(Arc::clone(&storage)));
        // A file of any length would not fit memory.
        if told(ends(&storage)).is_some_and(|ends| ends.stated < 1 << 20) {
            told(builder.extend_by(3).recover_storage(storage));
        }
        let options = File::with_options().limits(limits()).external(ExternalAccess::Deny);
        let Some(file) = told(options.open_storage_rw(Arc::new(memory))) else { continue };
        told(file.create_group("of the fuzzer"));
        told(file.unlink("group"));
        told(file.close());
    }
}
