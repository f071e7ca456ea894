//! How far one type is from another.

use std::cmp::Ordering;
use std::fmt;

use crate::element::{StoredConversion, is_native_number};
use crate::format::datatype::{Class, Datatype};

/// How much it takes to convert elements of one type to another, from nothing to most.
///
/// `None` of an `Option<Conversion>`, no conversion at all, is beyond all of them.
///
/// ```
/// use hdfive::Conversion;
/// let path = Some(Conversion::Hard);
/// assert!(path <= Some(Conversion::Hard) && path > Conversion::NoOp);
/// assert!(!(None <= Conversion::Soft));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Conversion {
    /// Nothing: the bytes are the same.
    #[default]
    NoOp = 1,
    /// What the processor does: one native number to another.
    Hard,
    /// Anything else: other byte orders and precisions, strings, enumerations, compounds, what lies
    /// in a heap.
    Soft,
}

impl Conversion {
    /// How elements of one type become those of another.
    pub(in crate::api) fn between(from: &Datatype, to: &Datatype) -> Option<Self> {
        if from.same_type(to) {
            return Some(if from.has_var_len() { Self::Soft } else { Self::NoOp });
        }
        match (&from.class, &to.class) {
            (Class::VarLen(ours), Class::VarLen(theirs)) => {
                let same = match (ours.is_string(), theirs.is_string()) {
                    (true, true) => true,
                    (false, false) => Self::between(&ours.base, &theirs.base).is_some(),
                    _ => false,
                };
                same.then_some(Self::Soft)
            }
            _ if is_native_number(from) && is_native_number(to) => Some(Self::Hard),
            _ => StoredConversion::new(from, to).is_ok().then_some(Self::Soft),
        }
    }
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOp => "no-op",
            Self::Hard => "hard",
            Self::Soft => "soft",
        })
    }
}

impl PartialEq<Conversion> for Option<Conversion> {
    fn eq(&self, other: &Conversion) -> bool {
        self.as_ref() == Some(other)
    }
}

impl PartialOrd<Conversion> for Option<Conversion> {
    /// No conversion at all is more than any.
    fn partial_cmp(&self, other: &Conversion) -> Option<Ordering> {
        Some(self.as_ref().map_or(Ordering::Greater, |own| own.cmp(other)))
    }
}
