//! Numbers exactly, whatever they are stored as.

use std::fmt;

use super::Int;
use crate::element::unpacked::{Format, Unpacked};
use crate::error::{Error, Result};

/// The exact value of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exact {
    Int(Int),
    Float(Unpacked),
}

impl Exact {
    /// Whether both are the same number. NaN is.
    pub(crate) fn is(self, other: Self) -> bool {
        self.unpacked().reduced() == other.unpacked().reduced()
    }

    /// Checks that this number became that one.
    ///
    /// # Errors
    ///
    /// [`Conversion`](crate::ErrorKind::Conversion) where it is another one.
    pub(crate) fn check(self, became: Self) -> Result<()> {
        if self.is(became) { Ok(()) } else { Err(self.lost(became)) }
    }

    #[cold]
    fn lost(self, became: Self) -> Error {
        Error::conversion(format!("{self} would become {became}, which is another number"))
    }

    fn unpacked(self) -> Unpacked {
        match self {
            Self::Int(Int::Signed(value)) => Unpacked::from_i128(value),
            Self::Int(Int::Unsigned(value)) => Unpacked::from_u128(value),
            Self::Float(value) => value,
        }
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(Int::Signed(value)) => value.fmt(f),
            Self::Int(Int::Unsigned(value)) => value.fmt(f),
            Self::Float(value) => write!(f, "{:?}", value.round(Format::F64)),
        }
    }
}
