//! Errors as stacks of frames with codes, as libhdf5 has them.

use std::ops::Deref;

use super::{Error, ErrorKind, Location, Malformed};

/// Which part of a library an error came from, by the names `hdf5-metno` gives them.
///
/// ```
/// use hdfive::{MajorErrorCode, MinorErrorCode};
/// let error = hdfive::File::open("nowhere.h5").unwrap_err();
/// assert!(error.contains_major(MajorErrorCode::File));
/// assert!(error.contains_minor(MinorErrorCode::CantOpenFile));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MajorErrorCode {
    /// Arguments.
    Args,
    /// Attributes.
    Attr,
    /// B-trees.
    BTree,
    /// Dataspaces.
    Dataspace,
    /// Datatypes.
    Datatype,
    /// Extensible arrays.
    ExtensibleArray,
    /// Files.
    File,
    /// Fixed arrays.
    FixedArray,
    /// Free space.
    FreeSpace,
    /// Heaps.
    Heap,
    /// Handles.
    Id,
    /// Reading and writing.
    Io,
    /// Links.
    Link,
    /// Object headers.
    ObjectHeader,
    /// Filters.
    Pipeline,
    /// Memory, and other limits.
    Resource,
    /// Messages that objects share.
    SharedObjectHeaderMessage,
    /// Raw data.
    Storage,
    /// Groups.
    SymbolTable,
}

/// What went wrong, by the names `hdf5-metno` gives it.
///
/// ```
/// use hdfive::{MajorErrorCode, MinorErrorCode};
/// let error = hdfive::File::open("nowhere.h5").unwrap_err();
/// assert!(error.contains_major(MajorErrorCode::File));
/// assert!(error.contains_minor(MinorErrorCode::CantOpenFile));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MinorErrorCode {
    /// Something of that name exists already.
    AlreadyExists,
    /// The handle is to nothing any more.
    BadId,
    /// Bytes of a message that mean nothing.
    BadMessage,
    /// A value outside what is allowed.
    BadRange,
    /// A value that means nothing.
    BadValue,
    /// What the program was asked said no.
    Callback,
    /// Values that do not convert.
    CantConvert,
    /// Bytes that cannot be understood.
    CantDecode,
    /// A file that cannot be opened.
    CantOpenFile,
    /// A file that exists already.
    FileExists,
    /// More than a limit allows.
    NoSpace,
    /// No such thing.
    NotFound,
    /// Not an HDF5 file.
    NotHdf5,
    /// The operating system said no.
    SysErrStr,
    /// Fewer bytes than there have to be.
    Truncated,
    /// Not implemented.
    Unsupported,
    /// A write that failed.
    WriteError,
}

/// One step of how an error came about: what was wrong, or what was being read then.
///
/// ```
/// let error = hdfive::File::from_bytes(b"not HDF5".to_vec()).unwrap_err();
/// for frame in error.stack().iter().flat_map(|stack| stack.iter()) {
///     println!("{}: {:?}", frame.description(), frame.minor_code());
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorFrame {
    words: String,
    within: &'static str,
    major: MajorErrorCode,
    minor: MinorErrorCode,
}

impl ErrorFrame {
    /// What went wrong, in words.
    #[must_use]
    pub fn desc(&self) -> &str {
        &self.words
    }

    /// What went wrong, in words.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.words
    }

    /// The structure of the file that was being read, as the specification names it; empty where it
    /// was none.
    #[must_use]
    pub fn func(&self) -> &str {
        self.within
    }

    /// Which part of the library it came from.
    #[must_use]
    pub fn major_code(&self) -> MajorErrorCode {
        self.major
    }

    /// What went wrong.
    #[must_use]
    pub fn minor_code(&self) -> MinorErrorCode {
        self.minor
    }

    /// Of libhdf5, the line of its source. An error of this library names its
    /// [place in the file](Error::location) that was read instead: always 0.
    #[must_use]
    pub fn line(&self) -> usize {
        0
    }

    /// Of libhdf5, the file of its source; as [`line`](Self::line): always empty.
    #[must_use]
    pub fn file_name(&self) -> &str {
        ""
    }

    /// What went wrong, and in which structure.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        Some(match self.within {
            "" => self.words.clone(),
            within => format!("{within}: {}", self.words),
        })
    }
}

/// How an error came about, from the structure around everything to what was wrong in the end.
///
/// ```
/// use hdfive::MinorErrorCode;
/// let error = hdfive::File::from_bytes(b"not HDF5".to_vec()).unwrap_err();
/// assert!(error.contains_minor(MinorErrorCode::NotHdf5));
/// let frames = error.stack().unwrap();
/// assert_eq!(frames.top().map(|frame| frame.minor_code()), Some(MinorErrorCode::NotHdf5));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpandedErrorStack {
    frames: Vec<ErrorFrame>,
}

/// How an error came about, by the name it has in `hdf5-metno` before it can be looked into.
pub type ErrorStack = ExpandedErrorStack;

impl ExpandedErrorStack {
    /// The same: it can be looked into as it is.
    ///
    /// # Errors
    ///
    /// None.
    pub fn expand(self) -> super::Result<Self> {
        Ok(self)
    }

    /// The outermost frame.
    #[must_use]
    pub fn top(&self) -> Option<&ErrorFrame> {
        self.frames.first()
    }

    /// The major code of each frame, outermost first.
    pub fn major_codes(&self) -> impl DoubleEndedIterator<Item = MajorErrorCode> + '_ {
        self.frames.iter().map(ErrorFrame::major_code)
    }

    /// The minor code of each frame, outermost first.
    pub fn minor_codes(&self) -> impl DoubleEndedIterator<Item = MinorErrorCode> + '_ {
        self.frames.iter().map(ErrorFrame::minor_code)
    }

    /// Whether a frame has this major code.
    #[must_use]
    pub fn contains_major(&self, code: MajorErrorCode) -> bool {
        self.major_codes().any(|found| found == code)
    }

    /// Whether a frame has this minor code.
    #[must_use]
    pub fn contains_minor(&self, code: MinorErrorCode) -> bool {
        self.minor_codes().any(|found| found == code)
    }

    /// The words of the outermost frame.
    #[must_use]
    pub fn description(&self) -> &str {
        self.top().map_or("", ErrorFrame::description)
    }

    /// The words of the outermost frame, and its structure.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        self.top().and_then(ErrorFrame::detail)
    }
}

impl Deref for ExpandedErrorStack {
    type Target = [ErrorFrame];

    fn deref(&self) -> &[ErrorFrame] {
        &self.frames
    }
}

impl Error {
    /// How the error came about; `None` of a [mistake of the caller](ErrorKind::Usage), and of what a
    /// program said itself.
    #[must_use]
    pub fn stack(&self) -> Option<ExpandedErrorStack> {
        if self.is_usage() {
            return None;
        }
        let around = |place: &Location| ErrorFrame {
            words: format!("while reading {place}"),
            within: place.structure,
            major: part(place.structure),
            minor: MinorErrorCode::CantDecode,
        };
        let mut frames: Vec<ErrorFrame> = self.enclosing().iter().rev().map(around).collect();
        let (major, minor) = self.codes();
        let within = self.location().map_or("", |place| place.structure);
        frames.push(ErrorFrame { words: self.kind().to_string(), within, major, minor });
        Some(ExpandedErrorStack { frames })
    }

    /// Whether a frame of the [stack](Self::stack) has this major code.
    #[must_use]
    pub fn contains_major(&self, code: MajorErrorCode) -> bool {
        self.stack().is_some_and(|stack| stack.contains_major(code))
    }

    /// Whether a frame of the [stack](Self::stack) has this minor code.
    #[must_use]
    pub fn contains_minor(&self, code: MinorErrorCode) -> bool {
        self.stack().is_some_and(|stack| stack.contains_minor(code))
    }

    fn codes(&self) -> (MajorErrorCode, MinorErrorCode) {
        use {MajorErrorCode as Major, MinorErrorCode as Minor};
        let structure = self.location().map_or("", |place| place.structure);
        match self.kind() {
            ErrorKind::Io(error) => match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied => {
                    (Major::File, Minor::CantOpenFile)
                }
                std::io::ErrorKind::AlreadyExists => (Major::File, Minor::FileExists),
                _ => (Major::Io, Minor::SysErrStr),
            },
            ErrorKind::Malformed(problem) => {
                let signature = self.location().is_some_and(|at| at.field == "Format Signature");
                let minor = match problem {
                    _ if structure == "Superblock" && signature => Minor::NotHdf5,
                    Malformed::Truncated { .. } => Minor::Truncated,
                    Malformed::OutsideFile { .. } => Minor::BadRange,
                    Malformed::Value { .. } => Minor::BadValue,
                    Malformed::Signature { .. } | Malformed::Checksum { .. } => Minor::BadMessage,
                    Malformed::Broken(_) => Minor::BadValue,
                };
                (part(structure), minor)
            }
            ErrorKind::Unsupported(_) => (part(structure), Minor::Unsupported),
            ErrorKind::LimitExceeded { .. } => (Major::Resource, Minor::NoSpace),
            ErrorKind::NotFound(what) => (named(what), Minor::NotFound),
            ErrorKind::Exists(what) => (named(what), Minor::AlreadyExists),
            ErrorKind::Conversion(_) => (Major::Datatype, Minor::CantConvert),
            ErrorKind::Refused(_) => (Major::File, Minor::CantOpenFile),
            ErrorKind::Usage(_) => (Major::Args, Minor::BadValue),
            ErrorKind::Closed => (Major::Id, Minor::BadId),
            ErrorKind::Poisoned(_) => (Major::Io, Minor::WriteError),
            ErrorKind::Cancelled => (Major::Io, Minor::Callback),
        }
    }
}

/// The part of the library that reads a structure.
fn part(structure: &str) -> MajorErrorCode {
    const PARTS: &[(&str, MajorErrorCode)] = &[
        ("Superblock", MajorErrorCode::File),
        ("Shared", MajorErrorCode::SharedObjectHeaderMessage),
        ("B-tree", MajorErrorCode::BTree),
        ("Heap", MajorErrorCode::Heap),
        ("Free", MajorErrorCode::FreeSpace),
        ("Extensible Array", MajorErrorCode::ExtensibleArray),
        ("Fixed Array", MajorErrorCode::FixedArray),
        ("Symbol Table", MajorErrorCode::SymbolTable),
        ("Group", MajorErrorCode::SymbolTable),
        ("Link", MajorErrorCode::Link),
        ("Attribute", MajorErrorCode::Attr),
        ("Datatype", MajorErrorCode::Datatype),
        ("Dataspace", MajorErrorCode::Dataspace),
        ("Filter", MajorErrorCode::Pipeline),
        ("Object Header", MajorErrorCode::ObjectHeader),
    ];
    let found = PARTS.iter().find(|(name, _)| structure.contains(name));
    found.map_or(MajorErrorCode::Storage, |(_, major)| *major)
}

/// The part of the library that looks for something of this name.
fn named(what: &str) -> MajorErrorCode {
    if what.starts_with("attribute") { MajorErrorCode::Attr } else { MajorErrorCode::SymbolTable }
}
