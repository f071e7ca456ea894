//! What a file may reach: the rules by which it may name other files.

use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

/// Why a file names another file.
///
/// ```
/// use std::sync::Arc;
/// use hdfive::{ExternalAccess, ExternalKind, ExternalRequest, File};
/// let only_links = |request: &ExternalRequest<'_>| {
///     let is_link = request.kind == ExternalKind::Link;
///     is_link.then(|| request.from.map_or(request.name.into(), |from| from.with_file_name(request.name)))
/// };
/// let builder = File::with_options().external(ExternalAccess::Ask(Arc::new(only_links)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExternalKind {
    /// An external link to an object of another HDF5 file.
    Link,
    /// A source of a virtual dataset, in another HDF5 file.
    VirtualSource,
    /// Raw data of a dataset, in a file of any kind.
    RawData,
}

impl ExternalKind {
    fn words(self) -> &'static str {
        match self {
            Self::Link => "external link",
            Self::VirtualSource => "virtual dataset source",
            Self::RawData => "external raw data file",
        }
    }
}

/// A file's wish to have another file opened.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use std::path::Path;
/// use std::sync::Arc;
/// use hdfive::{ExternalAccess, ExternalRequest, File};
/// let archive = |request: &ExternalRequest<'_>| {
///     let name = request.name.file_name()?;
///     (!request.writing).then(|| Path::new("/archive").join(name))
/// };
/// let builder = File::with_options().external(ExternalAccess::Ask(Arc::new(archive)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ExternalRequest<'a> {
    /// Why.
    pub kind: ExternalKind,
    /// The name of the other file, as stored.
    pub name: &'a Path,
    /// The file that names it, where it has a path.
    pub from: Option<&'a Path>,
    /// It is to be written to, and made where there is none.
    pub writing: bool,
}

/// The caller's own rule: gives the path to open, or `None` to refuse.
pub type ExternalRule = Arc<dyn Fn(&ExternalRequest<'_>) -> Option<PathBuf> + Send + Sync>;

/// Which other files a file may have opened through external links, virtual datasets and external
/// raw data.
///
/// An HDF5 file can name any other file; who opens a stranger's file does not want it to read
/// `/etc/passwd`. Names can always be listed without opening anything.
///
/// What may be opened is written, too, where the file that names it is open for writing. Files of
/// raw data are made where there are none, and take no part in flushes: elements are in them as
/// soon as they are written, even where the change they belong to fails.
///
/// ```
/// use hdfive::{ExternalAccess, File};
/// let trusting = File::with_options().external(ExternalAccess::All);
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum ExternalAccess {
    /// Links and virtual sources to HDF5 files beneath the directory of the file that names them
    /// (no absolute path, no `..`, no symbolic link out of it); no external raw data.
    #[default]
    Beneath,
    /// Nothing.
    Deny,
    /// Links, virtual sources and raw data beneath the directory of the file that names them.
    SameDirectory,
    /// Links, virtual sources and raw data beneath any of these directories.
    Directories(Vec<PathBuf>),
    /// Anything, searched for as libhdf5 does: links and virtual sources as named, then beside the
    /// file, then in the process's working directory; raw data as named, which is in the working
    /// directory, then beside the file.
    All,
    /// Whatever the function says.
    Ask(ExternalRule),
}

impl fmt::Debug for ExternalAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beneath => f.write_str("Beneath"),
            Self::Deny => f.write_str("Deny"),
            Self::SameDirectory => f.write_str("SameDirectory"),
            Self::Directories(all) => f.debug_tuple("Directories").field(all).finish(),
            Self::All => f.write_str("All"),
            Self::Ask(_) => f.write_str("Ask(..)"),
        }
    }
}

impl ExternalAccess {
    /// The path of the file that `request` names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`] where the rule forbids it, [`ErrorKind::NotFound`] where it allows
    /// it but no such regular file exists, nor can be made because it is to be written to.
    pub(crate) fn resolve(&self, request: &ExternalRequest<'_>) -> Result<PathBuf> {
        let beside = || request.from.map(directory);
        let candidates = match self {
            Self::Deny => return Err(refused(request)),
            Self::Beneath if request.kind == ExternalKind::RawData => return Err(refused(request)),
            Self::Beneath | Self::SameDirectory => match beside() {
                Some(directory) => beneath(&[directory], request)?,
                None => return Err(refused(request)),
            },
            Self::Directories(all) => beneath(all, request)?,
            Self::All => anywhere(request),
            Self::Ask(rule) => vec![rule(request).ok_or_else(|| refused(request))?],
        };
        let new = if request.writing { candidates.first().cloned() } else { None };
        let found = candidates.into_iter().find(|path| path.is_file());
        found.or(new).ok_or_else(|| {
            let what = request.kind.words();
            Error::not_found(format!("{what} {:?}", request.name.display().to_string()))
        })
    }
}

#[cold]
fn refused(request: &ExternalRequest<'_>) -> Error {
    let (what, name) = (request.kind.words(), request.name.display().to_string());
    Error::new(ErrorKind::Refused(format!(
        "{what} {name:?} is not opened: `FileBuilder::external` can allow it"
    )))
}

fn directory(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Where the named file may be, beneath one of `directories`.
fn beneath(directories: &[PathBuf], request: &ExternalRequest<'_>) -> Result<Vec<PathBuf>> {
    let plain = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
    if !request.name.components().all(plain) {
        return Err(refused(request));
    }
    let mut out = Vec::new();
    for directory in directories {
        let path = directory.join(request.name);
        let real = match path.canonicalize() {
            // Of a file yet to be made the directory is what there is.
            Err(_) if request.writing => path.parent().map_or(Ok(PathBuf::new()), fs::canonicalize),
            real => real,
        };
        let (Ok(real), Ok(root)) = (real, directory.canonicalize()) else {
            continue;
        };
        if !real.starts_with(&root) {
            return Err(refused(request));
        }
        out.push(path);
    }
    Ok(out)
}

fn anywhere(request: &ExternalRequest<'_>) -> Vec<PathBuf> {
    let mut out = Vec::new();
    if request.kind == ExternalKind::RawData {
        out.push(request.name.to_owned());
        out.extend(request.from.map(|from| directory(from).join(request.name)));
        return out;
    }
    let mut names = vec![request.name.to_owned()];
    if request.name.is_absolute() {
        out.push(request.name.to_owned());
        names = request.name.file_name().map(PathBuf::from).into_iter().collect();
    }
    for name in names {
        if let Some(from) = request.from {
            out.push(directory(from).join(&name));
            out.extend(from.canonicalize().ok().map(|real| directory(&real).join(&name)));
        }
        out.push(name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(kind: ExternalKind, name: &'a str, from: &'a Path) -> ExternalRequest<'a> {
        ExternalRequest { kind, name: Path::new(name), from: Some(from), writing: false }
    }

    #[test]
    fn the_default_stays_beneath_the_directory() {
        let root = std::env::temp_dir().join(format!("hdfive-external-{}", std::process::id()));
        std::fs::create_dir_all(root.join("in/sub")).unwrap();
        for file in ["out.h5", "in/a.h5", "in/sub/b.h5"] {
            std::fs::write(root.join(file), b"x").unwrap();
        }
        let from = root.join("in/a.h5");
        let open =
            |access: &ExternalAccess, kind, name| access.resolve(&request(kind, name, &from));
        let refused =
            |result: Result<PathBuf>| matches!(result.unwrap_err().kind(), ErrorKind::Refused(_));
        let default = ExternalAccess::default();
        assert!(open(&default, ExternalKind::Link, "sub/b.h5").is_ok());
        assert!(open(&default, ExternalKind::Link, "none.h5").unwrap_err().is_not_found());
        assert!(refused(open(&default, ExternalKind::Link, "../out.h5")));
        let absolute = root.join("in/sub/b.h5");
        assert!(refused(open(&default, ExternalKind::Link, absolute.to_str().unwrap())));
        assert!(refused(open(&default, ExternalKind::RawData, "sub/b.h5")));
        assert!(open(&ExternalAccess::SameDirectory, ExternalKind::RawData, "sub/b.h5").is_ok());
        assert!(refused(open(&ExternalAccess::Deny, ExternalKind::Link, "sub/b.h5")));
        assert!(open(&ExternalAccess::All, ExternalKind::Link, "../out.h5").is_ok());
        let make = |access: &ExternalAccess, name| {
            let wish = request(ExternalKind::RawData, name, &from);
            access.resolve(&ExternalRequest { writing: true, ..wish })
        };
        let beside = ExternalAccess::SameDirectory;
        assert!(refused(make(&default, "sub/new.raw")));
        assert_eq!(make(&beside, "sub/new.raw").unwrap(), root.join("in/sub/new.raw"));
        assert_eq!(make(&beside, "sub/b.h5").unwrap(), root.join("in/sub/b.h5"));
        assert!(refused(make(&beside, "../new.raw")));
        assert!(make(&beside, "none/new.raw").unwrap_err().is_not_found());
        let listed = ExternalAccess::Directories(vec![root.join("none"), root.join("in/sub")]);
        assert_eq!(make(&listed, "new.raw").unwrap(), root.join("in/sub/new.raw"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&root, root.join("in/out")).unwrap();
            assert!(refused(make(&beside, "out/new.raw")));
            std::os::unix::fs::symlink(root.join("out.h5"), root.join("in/link.h5")).unwrap();
            assert!(refused(open(&default, ExternalKind::Link, "link.h5")));
        }
        std::fs::remove_dir_all(root).unwrap();
    }
}
