//! What is left of damaged files, brought to new ones.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::file::File;
use super::file_builder::FileBuilder;
use crate::codec::wide;
use crate::error::{Error, Location, Result};
use crate::io::Storage;
use crate::object::copy::CopyOptions;
pub use crate::object::copy::damaged::LossKind;
use crate::object::copy::damaged::{Losses, Lost};
use crate::object::copy::salvage::{Brought, salvage};
use crate::object::progress::Job;
use crate::object::store::Store;

/// How what is left of a damaged file is brought to a new one.
///
/// The file may be cut off, have holes, or be as a writer left it that died; it is never written.
/// All that can be reached is copied: groups, datasets, attributes, committed datatypes, links. Of a
/// dataset that is damaged in part the chunks that can be read come, and the beginning of a block
/// that was cut off; elements that cannot be read hold the fill value. What nothing leads to any more is looked
/// for all over the file, and comes to a group `/lost+found`, named after the place where it was.
/// That may bring something that had been deleted, too.
///
/// Each thing that is known to be lost is told as a [`Loss`]. What the format puts no checksum on,
/// as elements that went through no filter, may be damaged without anybody being able to tell.
///
/// The new file has the user block of the damaged one, and manages its space as that did. What it
/// holds is at most 64 bytes for each byte of the damaged file, and 1 MiB: where datasets claim the
/// same bytes again and again, those beyond that are lost, with the limit `salvaged_bytes` as the
/// reason.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{File, Salvager};
/// # let folder = std::env::temp_dir();
/// # let of = |name: &str| folder.join(format!("hdfive-{name}-{}.h5", std::process::id()));
/// # let (damaged, target) = (of("damaged"), of("salvaged"));
/// let mut bytes = std::fs::read("tests/fixtures/tour_latest.h5")?;
/// bytes.truncate(bytes.len() - 100);
/// std::fs::write(&damaged, bytes)?;
/// let salvaged = Salvager::new().salvage(&damaged, &target)?;
/// for loss in &salvaged.losses {
///     println!("{loss}");
/// }
/// let file = File::open(&target)?;
/// assert!(!file.is_empty() && !salvaged.is_whole());
/// # drop(file);
/// # std::fs::remove_file(&damaged)?;
/// # std::fs::remove_file(&target)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Salvager {
    options: FileBuilder,
    overwrite: bool,
}

/// What a [`Salvager`] brought, and what was lost.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use std::sync::Arc;
/// use hdfive::{Memory, Salvager, SharedMemory};
/// let source = Memory::new(std::fs::read("tests/fixtures/tour_latest.h5")?);
/// let target = SharedMemory::default();
/// let salvaged = Salvager::new().salvage_storage(Arc::new(source), Arc::new(target))?;
/// assert!(salvaged.is_whole() && salvaged.objects > 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Salvaged {
    /// Number of objects that were brought. The root group is none of them, nor is `/lost+found`.
    pub objects: u64,
    /// How many of them nothing led to any more.
    pub found: u64,
    /// What could not be read, in the order in which it was met.
    pub losses: Vec<Loss>,
}

/// Something that is lost.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use std::sync::Arc;
/// use hdfive::{LossKind, Memory, Salvager, SharedMemory};
/// let mut bytes = std::fs::read("tests/fixtures/tour_latest.h5")?;
/// bytes.truncate(bytes.len() / 2);
/// let (source, target) = (Arc::new(Memory::new(bytes)), Arc::new(SharedMemory::default()));
/// for loss in Salvager::new().salvage_storage(source, target)?.losses {
///     match loss.kind() {
///         LossKind::Object => println!("{} is gone", loss.path()),
///         LossKind::Chunk(offset) => println!("{}: a hole at {offset:?}", loss.path()),
///         _ => println!("{loss}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Loss {
    path: String,
    kind: LossKind,
    error: Error,
}

impl Loss {
    /// Path of the object in the damaged file; `/` where it belongs to none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What of the object is lost.
    #[must_use]
    pub fn kind(&self) -> &LossKind {
        &self.kind
    }

    /// Why it cannot be read: which field of which structure is wrong, where one is.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The place in the file that is wrong, where one is.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        self.error.location()
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.escape_debug();
        match &self.kind {
            LossKind::File => f.write_str("the file is damaged")?,
            LossKind::Object | LossKind::Attribute => write!(f, "{path} is lost")?,
            LossKind::Members => write!(f, "members of {path} may be missing")?,
            LossKind::Header => write!(f, "{path}: a part of its header is lost")?,
            LossKind::Attributes => write!(f, "{path}: attributes may be missing")?,
            LossKind::Elements => write!(f, "{path}: elements are lost")?,
            LossKind::Chunk(offset) => write!(f, "{path}: the chunk at {offset:?} is lost")?,
        }
        match self.location() {
            Some(location) => write!(f, ": {location}: {}", self.error.kind()),
            None => write!(f, ": {}", self.error.kind()),
        }
    }
}

impl Salvaged {
    /// Whether nothing is lost, as far as anybody can tell.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.losses.is_empty()
    }
}

/// Keeps what is lost, each thing once.
#[derive(Debug, Default)]
struct Told(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    losses: Vec<Loss>,
    /// What is lost, where it makes a difference, of which object, and what is wrong.
    seen: HashSet<(Option<LossKind>, String, String)>,
}

impl Losses for Told {
    fn lose(&self, Lost { path, kind, error }: Lost) {
        // A header is read for each of the things it says; and a node that is overwritten is one
        // loss, whatever there is in place of its entries.
        let of = match &kind {
            LossKind::Members | LossKind::Chunk(_) => Some(kind.clone()),
            _ => None,
        };
        let place = error.location();
        let why = place.map_or_else(|| error.to_string(), |place| place.to_string());
        let why = (of, path.clone(), why);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.seen.insert(why) {
            known.losses.push(Loss { path, kind, error });
        }
    }

    fn told(&self) -> u64 {
        wide(self.0.lock().unwrap_or_else(PoisonError::into_inner).losses.len())
    }
}

impl Salvager {
    /// One that opens files as [`File::open`] does.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the damaged file with these options: limits, filters, a driver.
    #[must_use]
    pub fn open_with(mut self, options: FileBuilder) -> Self {
        self.options = options;
        self
    }

    /// Whether the new file takes the place of what is there.
    #[must_use]
    pub fn overwrite(mut self, on: bool) -> Self {
        self.overwrite = on;
        self
    }

    /// Brings what is left of the file at `source` to a new one at `target`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) where the file cannot be opened, or the new one not be
    /// written; [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) where nothing at all can be
    /// read. There is no new file then.
    pub fn salvage<P: AsRef<Path>, Q: AsRef<Path>>(
        &self,
        source: P,
        target: Q,
    ) -> Result<Salvaged> {
        let (source, target) = (source.as_ref(), target.as_ref());
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        if real(target).is_some_and(|target| real(source) == Some(target)) {
            return Err(Error::usage("a file is not salvaged into itself"));
        }
        let from = self.options.open_damaged(source)?;
        let options = FileBuilder::new().like_damaged(&from);
        let made = match self.overwrite {
            true => options.create(target),
            false => options.create_excl(target),
        };
        let done = bring(&from, made?);
        if done.is_err() {
            // What went wrong is told; that the rest of the file is still there would be no news.
            let _ = std::fs::remove_file(target);
        }
        done.map_err(|error| error.under(&source.display().to_string()))
    }

    /// As [`salvage`](Self::salvage), from any storage to an empty one that takes writes.
    ///
    /// # Errors
    ///
    /// As [`salvage`](Self::salvage).
    pub fn salvage_storage(
        &self,
        source: Arc<dyn Storage>,
        target: Arc<dyn Storage>,
    ) -> Result<Salvaged> {
        let from = self.options.open_damaged_storage(source)?;
        bring(&from, FileBuilder::new().like_damaged(&from).create_storage(target)?)
    }
}

impl File {
    /// Brings what is left of the damaged file at `source` to a new one at `target`: see [`Salvager`].
    ///
    /// # Errors
    ///
    /// As [`Salvager::salvage`].
    pub fn salvage<P: AsRef<Path>, Q: AsRef<Path>>(source: P, target: Q) -> Result<Salvaged> {
        Salvager::new().salvage(source, target)
    }
}

/// Fills the new file, and closes it.
fn bring(from: &Arc<Store>, target: File) -> Result<Salvaged> {
    let told = Arc::new(Told::default());
    let losses: Arc<dyn Losses> = Arc::<Told>::clone(&told);
    let to = Arc::clone(&target.found.store);
    let options =
        CopyOptions { expand_references: true, losses: Some(losses), ..CopyOptions::default() };
    let job = Job::begin(0);
    let Brought { objects, found } = to.edit_reading(from, || {
        let brought = salvage(from, &to, options)?;
        job.end()?;
        Ok(brought)
    })?;
    if let Err(error) = to.space().copy_user_block(from.space()) {
        to.space().check_open()?;
        told.lose(Lost { path: "/".to_owned(), kind: LossKind::File, error });
    }
    target.close()?;
    let mut known = told.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut losses = std::mem::take(&mut known.losses);
    let is_of_root =
        |loss: &Loss| loss.path == "/" && matches!(loss.kind, LossKind::Header | LossKind::Members);
    if objects == 0 && losses.iter().any(is_of_root) {
        return Err(losses.swap_remove(0).error);
    }
    Ok(Salvaged { objects, found, losses })
}
