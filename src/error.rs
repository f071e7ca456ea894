//! The one error type of the crate.

mod frames;

use std::convert::Infallible;
use std::fmt;

pub use frames::{ErrorFrame, ErrorStack, ExpandedErrorStack, MajorErrorCode, MinorErrorCode};

/// The result of every fallible operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that went wrong, and where in the file it did.
///
/// One pointer wide. [`kind`](Self::kind) says whose fault it is, [`location`](Self::location)
/// which field of which structure at which file offset, [`path`](Self::path) which object.
///
/// ```
/// let error = hdfive::File::from_bytes(b"not HDF5".to_vec()).unwrap_err();
/// assert!(matches!(error.kind(), hdfive::ErrorKind::Malformed(_)));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    location: Option<Location>,
    within: Vec<Location>,
    path: Option<String>,
}

/// A field of an on-disk structure, in the words of the format specification.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// let mut bytes = hdfive::File::in_memory()?.into_bytes()?;
/// bytes.truncate(40);
/// let error = hdfive::File::from_bytes(bytes).unwrap_err();
/// if let Some(place) = error.location() {
///     println!("{}, {} at {:#x}", place.structure, place.field, place.offset);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// The structure, as the specification names it ("Fractal Heap Header").
    pub structure: &'static str,
    /// The field, as the specification names it ("Size of Offsets").
    pub field: &'static str,
    /// File offset of the field's first byte, in bytes.
    pub offset: u64,
}

/// Whose fault an [`Error`] is.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{ErrorKind, File};
/// match File::open("no such file.h5").unwrap_err().kind() {
///     ErrorKind::Io(error) => println!("the system: {error}"),
///     ErrorKind::Malformed(problem) => println!("the file: {problem:?}"),
///     other => println!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The storage failed.
    Io(std::io::Error),
    /// The file breaks the format specification.
    Malformed(Malformed),
    /// The file is fine, but uses something this crate does not implement.
    Unsupported(String),
    /// The file asks for more than [`Limits`](crate::Limits) allows.
    LimitExceeded {
        /// The limit, named as the field of [`Limits`](crate::Limits).
        limit: &'static str,
        /// What the file asked for.
        asked: u64,
        /// What is allowed.
        allowed: u64,
    },
    /// No such file, link, attribute or chunk.
    NotFound(String),
    /// Something of that name exists already.
    Exists(String),
    /// The values do not convert to the type asked for.
    Conversion(String),
    /// The file names another file which the caller did not allow it to reach.
    Refused(String),
    /// The caller asked for something that makes no sense here.
    Usage(String),
    /// Whoever watched the work stopped it: see [`Watcher`](crate::Watcher).
    Cancelled,
    /// The file was closed: no handle to anything of it serves any more.
    Closed,
    /// A write to the file failed, with these words: it stays as of the last commit.
    Poisoned(String),
}

/// How a file breaks the format specification.
///
/// ```
/// use hdfive::{ErrorKind, File, Malformed};
/// let error = File::from_bytes(vec![0; 100]).unwrap_err();
/// let ErrorKind::Malformed(problem) = error.kind() else { panic!("{error}") };
/// assert!(!matches!(problem, Malformed::Checksum { .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// Fewer bytes are left than the field needs.
    Truncated {
        /// Bytes the field needs.
        needed: u64,
        /// Bytes left.
        left: u64,
    },
    /// The signature is not the structure's.
    Signature {
        /// The bytes found.
        found: [u8; 4],
    },
    /// The field holds a value the specification does not define, or not here.
    Value {
        /// The value found.
        found: u64,
    },
    /// The stored checksum is not that of the bytes.
    Checksum {
        /// The checksum in the file.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// The structure does not lie in the file.
    OutsideFile {
        /// Its first byte's file offset.
        offset: u64,
        /// Its length, in bytes.
        len: u64,
        /// The end of the file's address space.
        end: u64,
    },
    /// Anything else, in words: "value 3 is not a power of two".
    Broken(String),
}

impl Error {
    #[cold]
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, location: None, within: Vec::new(), path: None }))
    }

    #[cold]
    pub(crate) fn at(kind: ErrorKind, location: Location) -> Self {
        let location = Some(location);
        Self(Box::new(Inner { kind, location, within: Vec::new(), path: None }))
    }

    /// The file breaks the specification at `location`, in words.
    #[cold]
    pub(crate) fn broken(location: Location, problem: impl Into<String>) -> Self {
        Self::at(ErrorKind::Malformed(Malformed::Broken(problem.into())), location)
    }

    /// Something this crate does not implement.
    #[cold]
    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported(what.into()))
    }

    /// No such thing.
    #[cold]
    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound(what.into()))
    }

    /// The caller's mistake.
    #[cold]
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage(what.into()))
    }

    /// Values that do not convert.
    #[cold]
    pub(crate) fn conversion(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conversion(what.into()))
    }

    /// More than a limit allows. Free of the check itself: see [`Limits`](crate::Limits).
    #[cold]
    pub(crate) fn limit(limit: &'static str, asked: u64, allowed: u64) -> Self {
        Self::new(ErrorKind::LimitExceeded { limit, asked, allowed })
    }

    /// Adds the structure that was being read when this error arose inside a nested one.
    #[cold]
    pub(crate) fn within(mut self, outer: Location) -> Self {
        self.0.within.push(outer);
        self
    }

    /// Gives an error that has no place in the file one.
    #[cold]
    pub(crate) fn or_at(mut self, location: Location) -> Self {
        self.0.location.get_or_insert(location);
        self
    }

    /// Names the object the error arose under, unless a deeper frame has named one or its path is
    /// not known.
    #[cold]
    pub(crate) fn under(mut self, path: &str) -> Self {
        if !path.is_empty() {
            self.0.path.get_or_insert_with(|| path.to_owned());
        }
        self
    }

    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Where in the file it is, for errors the file's bytes caused.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        self.0.location
    }

    /// The structures around [`location`](Self::location), innermost first.
    #[must_use]
    pub fn enclosing(&self) -> &[Location] {
        &self.0.within
    }

    /// Path of the object the error arose under, where one is known.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// Whether it says that something does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self.kind() {
            ErrorKind::NotFound(_) => true,
            ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
            _ => false,
        }
    }

    /// Whether it says that the caller asked for something that makes no sense.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self.kind(), ErrorKind::Usage(_))
    }

    /// Whether it says that something is not implemented here.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unsupported(_))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} at {:#x}", self.structure, self.field, self.offset)
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { needed, left } => write!(f, "needs {needed} bytes, {left} left"),
            Self::Signature { found } => write!(f, "wrong signature \"{}\"", found.escape_ascii()),
            Self::Value { found } => write!(f, "value {found} is not defined here"),
            Self::Checksum { stored, computed } => {
                write!(f, "checksum is {stored:#010x}, bytes give {computed:#010x}")
            }
            Self::OutsideFile { offset, len, end } => {
                write!(
                    f,
                    "{len} bytes at {offset:#x} do not lie in the file, which ends at {end:#x}"
                )
            }
            Self::Broken(problem) => f.write_str(problem),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Malformed(problem) => problem.fmt(f),
            Self::Unsupported(what) => write!(f, "{what} is not supported"),
            Self::LimitExceeded { limit, asked, allowed } => {
                write!(f, "asks for {asked}, over the limit `{limit}` of {allowed}")
            }
            Self::NotFound(what) => write!(f, "{what} does not exist"),
            Self::Exists(what) => write!(f, "{what} exists already"),
            Self::Conversion(what) | Self::Refused(what) | Self::Usage(what) => f.write_str(what),
            Self::Cancelled => f.write_str("the work was cancelled"),
            Self::Closed => f.write_str("the file is closed"),
            Self::Poisoned(why) => {
                write!(f, "a write failed before ({why}): the file stays as of the last flush")
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.0.path {
            write!(f, "{}: ", path.escape_debug())?;
        }
        if let Some(location) = &self.0.location {
            write!(f, "{location}: ")?;
        }
        self.0.kind.fmt(f)?;
        self.0.within.iter().try_for_each(|outer| write!(f, " (in {outer})"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io(error))
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        match error.0.kind {
            ErrorKind::Io(inner) if error.0.path.is_none() => inner,
            ErrorKind::NotFound(_) => Self::new(std::io::ErrorKind::NotFound, error),
            ErrorKind::Unsupported(_) => Self::new(std::io::ErrorKind::Unsupported, error),
            _ => Self::other(error),
        }
    }
}

/// What a program says itself.
impl From<String> for Error {
    fn from(words: String) -> Self {
        Self::usage(words)
    }
}

/// What a program says itself.
impl From<&str> for Error {
    fn from(words: &str) -> Self {
        Self::usage(words)
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(feature = "ndarray")]
impl From<ndarray::ShapeError> for Error {
    fn from(error: ndarray::ShapeError) -> Self {
        Self::usage(error.to_string())
    }
}

/// Lets libhdf5 print no errors, in programs written for `hdf5-metno`. This library prints none.
pub fn silence_errors(silence: bool) {
    let _ = silence;
}
