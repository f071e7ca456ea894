//! A bound on how elements are converted on their way in or out.

use std::borrow::Cow;

use super::container::Container;
use super::datatype::{Conversion, of_descriptor};
use crate::element::{ConversionMode, H5Type};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype as Stored;

/// A dataset or attribute whose elements are converted no further than it is told.
#[derive(Debug)]
pub(super) struct Bound<'a> {
    container: Cow<'a, Container>,
    most: Conversion,
}

impl<'a> Bound<'a> {
    /// All conversions there are may be made.
    pub(super) fn new(container: &'a Container) -> Self {
        Self { container: Cow::Borrowed(container), most: Conversion::Soft }
    }

    pub(super) fn at_most(self, most: Conversion) -> Self {
        Self { most, ..self }
    }

    pub(super) fn in_mode(self, mode: ConversionMode) -> Self {
        Self { container: Cow::Owned(self.container.in_mode(mode)), ..self }
    }

    /// What may be read as values of type `T`, or written from them.
    pub(super) fn checked<T: H5Type>(&self, reading: bool) -> Result<&Container> {
        let stored = self.container.dtype()?;
        self.container.named(check::<T>(self.most, stored.definition(), reading))?;
        Ok(&self.container)
    }
}

/// What those have in common that read or write with a bound.
macro_rules! bounded {
    ($type:ident) => {
        impl<'a> $type<'a> {
            /// Of `obj`; all conversions there are may be made.
            #[must_use]
            pub fn new(obj: &'a Container) -> Self {
                Self(Bound::new(obj))
            }

            /// Lets no conversion be made that takes more than `conv`.
            #[must_use]
            pub fn conversion(self, conv: Conversion) -> Self {
                Self(self.0.at_most(conv))
            }

            /// Lets no conversion be made.
            #[must_use]
            pub fn no_convert(self) -> Self {
                self.conversion(Conversion::NoOp)
            }

            /// Converts values in this mode.
            #[must_use]
            pub fn mode(self, mode: ConversionMode) -> Self {
                Self(self.0.in_mode(mode))
            }

            /// Makes it an error where a value does not survive.
            #[must_use]
            pub fn exact(self) -> Self {
                self.mode(ConversionMode::Exact)
            }
        }
    };
}
pub(super) use bounded;

/// Refuses a conversion between values of type `T` and elements stored as `stored` that takes more
/// than `most`.
pub(super) fn check<T: H5Type>(most: Conversion, stored: &Stored, reading: bool) -> Result<()> {
    // What is allowed all is left to the conversion itself, which knows more than stored types.
    if most == Conversion::Soft {
        return Ok(());
    }
    let own = of_descriptor(&T::type_descriptor())?;
    let path = match reading {
        true => Conversion::between(stored, &own),
        false => Conversion::between(&own, stored),
    };
    match path {
        Some(path) if path <= most => Ok(()),
        Some(path) => {
            Err(Error::conversion(format!("the conversion is {path}, where {most} is the most")))
        }
        None => Err(Error::conversion("there is no such conversion")),
    }
}
