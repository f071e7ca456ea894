//! A bound on how elements are converted on their way in or out.

use std::borrow::Cow;

use super::container::Container;
use super::datatype::{Conversion, of_descriptor};
use crate::element::{ConversionMode, H5Type};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype as Stored;

/// How far elements and values are converted, and what becomes of those that do not survive it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) most: Conversion,
    pub(super) mode: ConversionMode,
}

impl Bound {
    /// All conversions there are may be made, in this mode.
    pub(super) fn none(mode: ConversionMode) -> Self {
        Self { most: Conversion::Soft, mode }
    }

    /// What may be read as values of type `T`, or written from them.
    pub(super) fn checked<'a, T: H5Type>(
        self,
        container: &'a Container,
        reading: bool,
    ) -> Result<Cow<'a, Container>> {
        let stored = container.dtype()?;
        container.named(self.check::<T>(stored.definition(), reading))?;
        Ok(self.of(container))
    }

    /// The elements, whatever they are, in the mode.
    pub(super) fn of(self, container: &Container) -> Cow<'_, Container> {
        match container.mode() == self.mode {
            true => Cow::Borrowed(container),
            false => Cow::Owned(container.in_mode(self.mode)),
        }
    }

    /// Refuses a conversion between values of type `T` and elements stored as `stored` that takes
    /// more than is allowed.
    pub(super) fn check<T: H5Type>(self, stored: &Stored, reading: bool) -> Result<()> {
        let most = self.most;
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
                let problem = format!("the conversion is {path}, where {most} is the most");
                Err(Error::conversion(problem))
            }
            None => Err(Error::conversion("there is no such conversion")),
        }
    }
}

/// What those have in common that convert with a bound, which is a field of theirs.
macro_rules! bounded {
    () => {
        /// Lets no conversion be made that takes more than `conv`.
        #[must_use]
        pub fn conversion(mut self, conv: Conversion) -> Self {
            self.bound.most = conv;
            self
        }

        /// Lets no conversion be made.
        #[must_use]
        pub fn no_convert(self) -> Self {
            self.conversion(Conversion::NoOp)
        }

        /// Converts values in this mode.
        #[must_use]
        pub fn mode(mut self, mode: ConversionMode) -> Self {
            self.bound.mode = mode;
            self
        }

        /// Makes it an error where a value does not survive.
        #[must_use]
        pub fn exact(self) -> Self {
            self.mode(ConversionMode::Exact)
        }
    };
}
pub(super) use bounded;
