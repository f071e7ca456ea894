//! The new file: made beside its place, moved there when it is whole.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use hdfive::{File, FileBuilder, FileSpaceStrategy, LibraryVersion};

use super::options::Options;
use super::{Problem, is_same};
use crate::access::Access;

/// Bytes of a page that nobody gave a size.
const PAGE_SIZE: u64 = 4096;
/// Bytes of the smallest page there can be.
const LEAST_PAGE_SIZE: u64 = 512;

/// A file that is being made.
pub(super) struct Target {
    pub(super) file: File,
    part: Part,
    /// Where it is to be.
    place: PathBuf,
}

/// A file that goes away if it does not become what it was to be.
struct Part {
    path: PathBuf,
    done: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.done {
            // Why nothing came of it has been told.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Target {
    /// Makes the file.
    pub(super) fn create(
        access: &Access,
        options: &Options,
        source: &File,
    ) -> Result<Self, Problem> {
        let cannot = |why: &dyn std::fmt::Display| {
            Problem::of(format!("could not create file <{}>: {why}", options.output))
        };
        let place = match fs::canonicalize(&options.output) {
            Ok(place) => place,
            Err(_) => PathBuf::from(&options.output),
        };
        if is_same(&place, Path::new(&options.input)) {
            return Err(Problem::of("file names cannot be the same"));
        }
        if place.exists() && !place.is_file() {
            return Err(cannot(&"something that is not a file has that name"));
        }
        let builder = builder(access, options, source).map_err(|why| cannot(&why))?;
        let path = beside(&place);
        let part = Part { path, done: false };
        let file = builder.create_excl(&part.path).map_err(|why| cannot(&why))?;
        Ok(Self { file, part, place })
    }

    /// Lets the file be where it was to be.
    pub(super) fn finish(self, options: &Options, source: &File) -> Result<(), Problem> {
        let Self { file, mut part, place } = self;
        file.close()?;
        let cannot = |why: std::io::Error| Problem::of(format!("{}: {why}", place.display()));
        match options.user_block() {
            Some((name, size)) => copy_user_block(Path::new(name), &part.path, size)?,
            None if source.userblock() > 0 => {
                copy_user_block(Path::new(&options.input), &part.path, source.userblock())?;
            }
            None => {}
        }
        if let Ok(old) = fs::metadata(&place) {
            fs::set_permissions(&part.path, old.permissions()).map_err(cannot)?;
        }
        fs::rename(&part.path, &place).map_err(cannot)?;
        part.done = true;
        Ok(())
    }
}

/// A name in the same folder that nothing else has.
fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

/// How the file is made.
fn builder(access: &Access, options: &Options, source: &File) -> Result<FileBuilder, String> {
    let path = Path::new(&options.output);
    let mut builder = access.builder(path);
    match options.target_driver.as_deref() {
        None | Some("sec2" | "stdio" | "core" | "log" | "direct" | "windows") => {}
        Some(driver) => return Err(format!("files cannot be written by the driver {driver}")),
    }
    builder = builder.driver(hdfive::Driver::Single);
    builder = builder.like(source).map_err(|why| why.to_string())?;
    let (low, high) = match options.latest {
        true => (LibraryVersion::V114, LibraryVersion::LATEST),
        false => (release(options.low), release(options.high)),
    };
    builder = builder.library_versions(low, high);
    if let Some((_, size)) = options.user_block() {
        builder = builder.userblock(size);
    }
    if let Some((threshold, alignment)) = options.alignment {
        builder = builder.alignment(threshold, alignment);
    }
    if options.compact > 0 || options.indexed > 0 {
        let narrow = |count: i64| u16::try_from(count).unwrap_or(u16::MAX);
        builder = builder.link_phase_change(narrow(options.compact), narrow(options.indexed));
    }
    file_space(builder, options, source)
}

fn file_space(
    builder: FileBuilder,
    options: &Options,
    source: &File,
) -> Result<FileBuilder, String> {
    let asked = options.strategy.is_some()
        || options.persist.is_some()
        || options.threshold.is_some()
        || options.page_size.is_some();
    if !asked {
        return Ok(builder);
    }
    let old = source.info().file_space;
    let old = old.as_ref();
    let strategy = options.strategy.or(old.map(|space| space.strategy));
    let persist = options.persist.or(old.map(|space| space.persist)).unwrap_or(false);
    let threshold = options.threshold.or(old.map(|space| space.threshold)).unwrap_or(1);
    let page = options.page_size.or(old.map(|space| space.page_size)).unwrap_or(PAGE_SIZE);
    if page < LEAST_PAGE_SIZE {
        return Err(format!("a page has at least {LEAST_PAGE_SIZE} bytes, not {page}"));
    }
    let strategy = strategy.unwrap_or(FileSpaceStrategy::FsmAggregator);
    Ok(builder.file_space(strategy, persist, threshold, page))
}

/// The release that a bound means.
fn release(bound: u32) -> LibraryVersion {
    match bound {
        0 => LibraryVersion::Earliest,
        1 => LibraryVersion::V18,
        2 => LibraryVersion::V110,
        3 => LibraryVersion::V112,
        // What a newer release brought needs it.
        _ => LibraryVersion::LATEST,
    }
}

/// Fills the user block of a file with what another one begins with.
fn copy_user_block(from: &Path, to: &Path, size: u64) -> Result<(), Problem> {
    let cannot =
        |why: std::io::Error| Problem::of(format!("user block of {}: {why}", from.display()));
    let mut source = fs::File::open(from).map_err(cannot)?.take(size);
    let mut target = fs::OpenOptions::new().write(true).open(to).map_err(cannot)?;
    target.seek(SeekFrom::Start(0)).map_err(cannot)?;
    std::io::copy(&mut source, &mut target).map_err(cannot)?;
    target.flush().map_err(cannot)
}
