//! Attributes.

use std::ops::Deref;
use std::sync::Arc;

use super::container::{Container, Source};
use super::location::Location;
use crate::error::Result;
use crate::object::attribute::AttributeObject;
use crate::object::path::text;

/// An attribute: a small named array that belongs to an object.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// let unit: String = file.dataset("run1/time")?.attr("unit")?.read_scalar()?;
/// assert_eq!(unit, "s");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Attribute {
    container: Container,
    object: Arc<AttributeObject>,
}

impl Attribute {
    pub(crate) fn new(owner: Location, object: AttributeObject) -> Self {
        Self::of(owner, Arc::new(object))
    }

    pub(super) fn of(owner: Location, object: Arc<AttributeObject>) -> Self {
        let container = Container::new(owner, Source::Attribute(Arc::clone(&object)));
        Self { container, object }
    }

    /// Its name; bytes that are not UTF-8 are escaped as `\xff`.
    #[must_use]
    pub fn name(&self) -> String {
        text(self.object.message.name())
    }

    pub(super) fn object(&self) -> &AttributeObject {
        &self.object
    }

    /// Names of all attributes of an object: see [`Location::attr_names`].
    ///
    /// # Errors
    ///
    /// As [`Location::attr_names`].
    pub fn attr_names(obj: &Location) -> Result<Vec<String>> {
        obj.attr_names()
    }

    /// Its place in the order the attributes were made in, where the object tracks that.
    #[must_use]
    pub fn creation_order(&self) -> Option<u32> {
        self.object.creation_order
    }

    /// The object it belongs to.
    #[must_use]
    pub fn owner(&self) -> &Location {
        &self.container
    }
}

impl Deref for Attribute {
    type Target = Container;

    fn deref(&self) -> &Container {
        &self.container
    }
}
