//! From a path to a storage: maps, locks, families of files.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::codec::{Sizes, Structure};
use crate::error::{Error, ErrorKind, Result};
use crate::format::driver_info::{Driver as StoredDriver, DriverInfo};
use crate::io::family::FamilyStorage;
use crate::io::multi::{MultiStorage, SPLIT_RAW_START, sibling_path};
use crate::io::{FileStorage, HeadStorage, Storage, WindowedStorage};
use crate::limits::Limits;
use crate::object::store::Joined;

/// Files at least this large are mapped; a map costs ten times a read of a few KiB.
#[cfg(feature = "mmap")]
const MAP_FROM: u64 = 64 << 10;

/// How a file is spread over files of the operating system.
///
/// ```
/// use hdfive::{Driver, File};
/// let family = File::with_options().driver(Driver::Family);
/// let split = File::with_options().driver(Driver::split());
/// # assert!(family.open("no-such-%d.h5").is_err() && split.open("no-such").is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Driver {
    /// One file.
    #[default]
    Single,
    /// Files of one size, one behind the other; the path is a pattern such as `run-%05d.h5`.
    Family,
    /// Metadata in one file, raw data in another; the path is that of the metadata file.
    Split {
        /// Behind the common name, of the metadata file. `-m.h5` in libhdf5's tools.
        metadata: String,
        /// Behind the common name, of the raw data file. `-r.h5` in libhdf5's tools.
        raw: String,
    },
    /// Each kind of data in a file of its own, as the first file says.
    Multi,
}

impl Driver {
    /// Metadata in `NAME-m.h5`, raw data in `NAME-r.h5`.
    #[must_use]
    pub fn split() -> Self {
        Self::Split { metadata: "-m.h5".to_owned(), raw: "-r.h5".to_owned() }
    }
}

/// Whether a file is locked against writers while it is open for reading.
///
/// The lock is advisory (`flock`, shared): it keeps programs that use libhdf5 or this library from
/// writing to the file meanwhile. The environment's `HDF5_USE_FILE_LOCKING` (`TRUE`, `FALSE`,
/// `BEST_EFFORT`) overrides the choice made here, as it does in libhdf5; it is looked at once, when the
/// program opens its first file.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{File, Locking};
/// let file = File::with_options().locking(Locking::Off).open("tests/fixtures/tour_latest.h5")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Locking {
    /// Lock, and fail where that fails.
    On,
    /// Lock where the file system can: the default, as of libhdf5.
    #[default]
    BestEffort,
    /// Do not lock.
    Off,
}

impl Locking {
    fn effective(self) -> Self {
        static ASKED: OnceLock<Option<Locking>> = OnceLock::new();
        let asked = || match std::env::var("HDF5_USE_FILE_LOCKING").as_deref() {
            Ok("FALSE" | "0") => Some(Self::Off),
            Ok("TRUE" | "1") => Some(Self::On),
            Ok("BEST_EFFORT") => Some(Self::BestEffort),
            _ => None,
        };
        ASKED.get_or_init(asked).unwrap_or(self)
    }

    fn lock(self, file: &fs::File, writing: bool) -> Result<()> {
        if self == Self::Off {
            return Ok(());
        }
        match if writing { file.try_lock() } else { file.try_lock_shared() } {
            Ok(()) => Ok(()),
            Err(fs::TryLockError::WouldBlock) => {
                let busy = if writing {
                    "the file is locked: another program has it open"
                } else {
                    "the file is locked: another program has it open for writing"
                };
                Err(io::Error::new(io::ErrorKind::WouldBlock, busy).into())
            }
            Err(fs::TryLockError::Error(error)) => {
                let missing = error.kind() == io::ErrorKind::Unsupported;
                if self == Self::BestEffort && missing { Ok(()) } else { Err(error.into()) }
            }
        }
    }
}

/// The storage of a file that another one names.
pub(crate) fn storage(path: &Path, writing: bool) -> Result<Arc<dyn Storage>> {
    if writing {
        return for_writing(path, Locking::default());
    }
    single(path, true, Locking::default())
}

/// As [`storage`], of a file that another program may write to meanwhile: a map would not grow with
/// it, and what is in memory would not change with it.
pub(crate) fn growing(path: &Path, _writing: bool) -> Result<Arc<dyn Storage>> {
    Ok(Arc::new(locked(path, Locking::default())?))
}

/// As [`growing`], for who opens the file itself.
pub(crate) fn followed(path: &Path, locking: Locking) -> Result<Arc<dyn Storage>> {
    match locked(path, locking) {
        Ok(storage) => Ok(Arc::new(storage)),
        Err(error) => Err(error.under(&path.display().to_string())),
    }
}

/// The storage of the file at `path`, for reading and writing.
pub(crate) fn for_writing(path: &Path, locking: Locking) -> Result<Arc<dyn Storage>> {
    writable(path, locking, FileStorage::open_rw(path))
}

/// The storage of a new file at `path`.
pub(crate) fn create_new(path: &Path, locking: Locking) -> Result<Arc<dyn Storage>> {
    writable(path, locking, FileStorage::create_new(path))
}

fn writable(
    path: &Path,
    locking: Locking,
    opened: io::Result<FileStorage>,
) -> Result<Arc<dyn Storage>> {
    let lock = |storage: FileStorage| -> Result<Arc<dyn Storage>> {
        locking.effective().lock(storage.file(), true)?;
        Ok(Arc::new(storage))
    };
    let opened = opened.map_err(Error::from).and_then(lock);
    opened.map_err(|error| error.under(&path.display().to_string()))
}

/// Whether a file was not made because there is one.
pub(crate) fn exists(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Io(error) if error.kind() == io::ErrorKind::AlreadyExists)
}

/// The storage of the file at `path`, and what is known of its parts where it has some.
pub(crate) fn driven(
    path: &Path,
    driver: &Driver,
    mmap: bool,
    locking: Locking,
) -> Result<(Arc<dyn Storage>, Option<Joined>)> {
    let named = |error: Error| error.under(&path.display().to_string());
    match driver {
        Driver::Single => single(path, mmap, locking).map(|storage| (storage, None)),
        Driver::Family => family(path),
        Driver::Split { metadata, raw } => split(path, metadata, raw, mmap, locking).map(parts),
        Driver::Multi => multi(path, mmap, locking).map(parts),
    }
    .map_err(named)
}

/// The file at `path`, with a lock for reading.
fn locked(path: &Path, locking: Locking) -> Result<FileStorage> {
    FileStorage::open_after(path, |file| locking.effective().lock(file, false))
}

fn single(path: &Path, mmap: bool, locking: Locking) -> Result<Arc<dyn Storage>> {
    if !mmap {
        return Ok(Arc::new(WindowedStorage::new(locked(path, locking)?)));
    }
    let lock = |file: &fs::File| locking.effective().lock(file, false);
    // It is as it was when it was locked: a writer may have been at it before.
    let storage = HeadStorage::new(FileStorage::open_anything(path, lock)?)?;
    #[cfg(feature = "mmap")]
    if storage.len_opened() >= MAP_FROM {
        let len = storage.len_opened();
        return Ok(Arc::new(crate::io::MapStorage::new(storage.into_file(), len)?));
    }
    Ok(Arc::new(storage))
}

fn family(pattern: &Path) -> Result<(Arc<dyn Storage>, Option<Joined>)> {
    let storage = FamilyStorage::open(pattern)?;
    let several = storage.member_count() > 1;
    let member_size = several.then_some(storage.member_size());
    Ok((Arc::new(storage), Some(Joined { driver: *b"NCSAfami", member_size })))
}

fn parts(storage: Arc<dyn Storage>) -> (Arc<dyn Storage>, Option<Joined>) {
    (storage, Some(Joined { driver: *b"NCSAmult", member_size: None }))
}

fn split(
    path: &Path,
    metadata: &str,
    raw: &str,
    mmap: bool,
    locking: Locking,
) -> Result<Arc<dyn Storage>> {
    let name = path.to_str().and_then(|path| path.strip_suffix(metadata));
    let Some(name) = name else {
        let want = format!("the path of a split file's metadata must end in {metadata:?}");
        return Err(Error::usage(want));
    };
    let raw = format!("{name}{raw}");
    let members = vec![
        (0, single(path, mmap, locking)?),
        (SPLIT_RAW_START, single(Path::new(&raw), mmap, locking)?),
    ];
    Ok(Arc::new(MultiStorage::new(members)?))
}

/// The first file of a multi file names the others.
fn multi(path: &Path, mmap: bool, locking: Locking) -> Result<Arc<dyn Storage>> {
    let first = single(path, mmap, locking)?;
    let info = multi_info(&first)?;
    let own = info.members.first().map(|member| member.name.clone()).unwrap_or_default();
    let mut members = vec![(0, first)];
    for member in info.members.iter().skip(1) {
        let template = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let sibling = sibling_path(path, &template(&own), &template(&member.name));
        // A kind of data the file has none of has no file either.
        if let Some(sibling) = sibling.filter(|sibling| sibling.is_file()) {
            members.push((member.start, single(&sibling, mmap, locking)?));
        }
    }
    Ok(Arc::new(MultiStorage::new(members)?))
}

fn multi_info(first: &Arc<dyn Storage>) -> Result<crate::format::driver_info::MultiInfo> {
    use crate::format::superblock::Superblock;
    use crate::space::Space;

    let sizes = Sizes { offsets: 8, lengths: 8 };
    let mut space = Space::new(Arc::clone(first), Limits::DEFAULT, sizes)?;
    let at = crate::codec::Address(0);
    let block: Superblock = space.load(at, space.available(at, Superblock::MAX_SIZE))?;
    space.set_bounds(0, first.len()?, block.sizes);
    let not_multi = || Error::usage("the file is not the first of a multi file");
    let at = block.driver_info.ok_or_else(not_multi)?;
    let prefix = space.read(DriverInfo::NAME, at, DriverInfo::PREFIX)?;
    let size = DriverInfo::decode_size(&mut space.decoder(DriverInfo::NAME, at, &prefix))?;
    let info: DriverInfo = space.load(at, DriverInfo::PREFIX.saturating_add(size.into()))?;
    let offset = space.offset(at).saturating_add(DriverInfo::PREFIX);
    match StoredDriver::decode(&info.id, &info.data, offset, &Limits::DEFAULT)? {
        StoredDriver::Multi(info) => Ok(info),
        _ => Err(not_multi()),
    }
}
