//! What a check finds.

use std::fmt;

use crate::error::{Error, ErrorKind, Location};
use crate::object::account::AccountProblem;

/// What a [check](crate::Checker) finds.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{Checker, File, Severity};
/// let file = File::open("tests/fixtures/tour_earliest.h5")?;
/// for fault in Checker::new().elements(true).check(&file)?.faults {
///     assert_ne!(fault.severity(), Severity::Damage, "{fault}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Fault {
    pub(super) path: String,
    /// The other object, of two that use the same bytes.
    pub(super) other: Option<String>,
    pub(super) cause: FaultCause,
}

/// What a [`Fault`] is about.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{Checker, FaultCause, File};
/// let file = File::open("tests/fixtures/tour_earliest.h5")?;
/// for fault in Checker::new().check(&file)?.faults {
///     match fault.cause() {
///         FaultCause::Unreadable(error) => println!("broken: {error}"),
///         FaultCause::Space(problem) => println!("of the file's space: {problem}"),
///         other => println!("{other:?}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum FaultCause {
    /// Something cannot be read, or contradicts something else.
    Unreadable(Error),
    /// Bytes of the file are used twice, or not at all.
    Space(AccountProblem),
    /// More is wrong with the object than is told.
    AndMore,
}

/// What a [`Fault`] means to who has the file.
///
/// ```
/// use hdfive::Severity;
/// assert!(Severity::Waste < Severity::Damage);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Space that nothing uses: the file is larger than it need be.
    Waste,
    /// It could not be looked at, for it takes something that is not here: a filter, another file.
    Unchecked,
    /// The file is not as it should be.
    Damage,
}

/// Bytes of a file that something uses: see [`Checker::map`](crate::Checker::map).
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::{Checker, File};
/// let file = File::open("tests/fixtures/tour_latest.h5")?;
/// for used in Checker::new().map(true).check(&file)?.used {
///     println!("{:?} {}", used.bytes, used.path);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsedBytes {
    /// Path of the object; empty for the file itself.
    pub path: String,
    /// Offsets in the file.
    pub bytes: std::ops::Range<u64>,
    /// Whether they describe the object, or are its elements.
    pub is_metadata: bool,
}

impl Fault {
    /// What it means to who has the file.
    #[must_use]
    pub fn severity(&self) -> Severity {
        use AccountProblem::{Lost, Unnamed};
        match &self.cause {
            FaultCause::Unreadable(error) => match error.kind() {
                ErrorKind::Unsupported(_) | ErrorKind::Refused(_) | ErrorKind::NotFound(_) => {
                    Severity::Unchecked
                }
                _ => Severity::Damage,
            },
            FaultCause::Space(Lost(_) | Unnamed { .. }) => Severity::Waste,
            FaultCause::Space(_) | FaultCause::AndMore => Severity::Damage,
        }
    }

    /// Path of the object; `None` where it belongs to none.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        Some(self.path.as_str()).filter(|path| !path.is_empty())
    }

    /// Path of the other object, of two that use the same bytes.
    #[must_use]
    pub fn other_path(&self) -> Option<&str> {
        self.other.as_deref()
    }

    /// What it is about.
    #[must_use]
    pub fn cause(&self) -> &FaultCause {
        &self.cause
    }

    /// The field of the structure that is wrong, where it is one.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        match &self.cause {
            FaultCause::Unreadable(error) => error.location(),
            FaultCause::Space(problem) => Some(place_of(problem)),
            FaultCause::AndMore => None,
        }
    }
}

/// The field that says what is not so.
fn place_of(problem: &AccountProblem) -> Location {
    use AccountProblem::*;
    let (structure, field, offset) = match problem {
        Lost(bytes) | UsedAndFree(bytes) => ("File Space", "Free Space", bytes.start),
        UsedTwice(bytes) | BehindEnd(bytes) => ("File Space", "Address", bytes.start),
        Unnamed { heap, .. } | NamedTwice { heap, .. } | Missing { heap, .. } => {
            ("Global Heap Collection", "Heap Object Index", *heap)
        }
        Miscounted { object, .. } => ("Object Header", "Object Reference Count", *object),
    };
    Location { structure, field, offset }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = match &self.cause {
            FaultCause::Unreadable(error) => error.path().is_some(),
            _ => false,
        };
        if !named && !self.path.is_empty() {
            write!(f, "{}", self.path.escape_debug())?;
            if let Some(other) = &self.other {
                write!(f, " and {}", other.escape_debug())?;
            }
            f.write_str(": ")?;
        }
        match &self.cause {
            FaultCause::Unreadable(error) => error.fmt(f),
            FaultCause::Space(problem) => write!(f, "{}: {problem}", place_of(problem)),
            FaultCause::AndMore => f.write_str("and more of the same object"),
        }
    }
}
