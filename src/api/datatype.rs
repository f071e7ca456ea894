//! Datatypes as objects.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Group;
use super::element_type::ElementType;
use super::location::{Location, LocationToken};
use crate::element::TypeDescriptor;
use crate::error::{Error, Result};
use crate::format::datatype::{ByteOrder, Class};
use crate::format::datatype::{Datatype as Stored, FloatOrder};
use crate::format::message::MessageType;
use crate::object::stored_type::StoredType;

/// The type of a dataset's or attribute's elements, or a committed datatype.
///
/// [`definition`](Self::definition) has everything the file says about it.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// use hdfive::datatype::Class;
/// let datatype = file.dataset("run1/time")?.dtype()?;
/// assert_eq!(datatype.size(), 8);
/// assert!(matches!(datatype.definition().class, Class::Float(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Datatype {
    location: Location,
    stored: StoredType,
}

impl Datatype {
    pub(crate) fn of(location: Location) -> Result<Self> {
        let message = location.found.header.find(MessageType::DATATYPE);
        let message = message.ok_or_else(|| Error::usage("the object is not a datatype"))?;
        let mut stored = StoredType::of_message(&location.found.store, message)?;
        stored.committed.get_or_insert(location.found.header.address);
        Ok(Self { location, stored })
    }

    /// The type of an object's elements.
    pub(crate) fn of_elements(location: Location, stored: StoredType) -> Self {
        Self { location, stored }
    }

    /// Everything the file says about the type.
    #[must_use]
    pub fn definition(&self) -> &Arc<Stored> {
        &self.stored.datatype
    }

    /// Bytes of one stored element.
    #[must_use]
    pub fn size(&self) -> usize {
        usize::try_from(self.stored.datatype.size).unwrap_or(usize::MAX)
    }

    /// Order of the bytes of a number; `None` of a type that has none.
    #[must_use]
    pub fn byte_order(&self) -> Option<ByteOrder> {
        match &self.stored.datatype.class {
            Class::Integer(integer) => Some(integer.order),
            Class::Bitfield(bits) => Some(bits.order),
            Class::Time(time) => Some(time.order),
            Class::Float(float) => match float.order {
                FloatOrder::Little => Some(ByteOrder::Little),
                FloatOrder::Big => Some(ByteOrder::Big),
                FloatOrder::Vax => None,
            },
            _ => None,
        }
    }

    /// Whether it is a committed type, one with a place of its own in the file.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.stored.committed.is_some()
    }

    /// The committed type's place in the file.
    #[must_use]
    pub fn committed_token(&self) -> Option<LocationToken> {
        self.stored.committed.map(LocationToken)
    }

    /// The type in terms of Rust types.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where there is no such term.
    pub fn to_descriptor(&self) -> Result<TypeDescriptor> {
        self.location.under(TypeDescriptor::from_datatype(&self.stored.datatype))
    }
}

impl Group {
    /// Gives a type a place of its own at `path`, and makes the groups on the way that do not exist.
    /// Datasets and attributes can then be of that very type, which keeps it for as long as they
    /// are there, whether a link leads to it or not.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::ElementType;
    /// let file = hdfive::File::in_memory()?;
    /// let pair = file.commit_type("types/pair", ElementType::of::<(i32, f64)>())?;
    /// pair.set_attr("version", 2)?;
    /// file.new_attr_builder().empty_as(&pair).create("origin")?;
    /// assert_eq!(file.attr("origin")?.dtype()?.committed_token(), Some(pair.token()));
    /// assert_eq!(file.attr("origin")?.read_scalar::<(i32, f64)>()?, (0, 0.0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Exists`](crate::ErrorKind::Exists) where there is a link already;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where the file is open for reading only, or the
    /// type is beyond its version bounds.
    pub fn commit_type(&self, path: &str, datatype: impl Into<ElementType>) -> Result<Datatype> {
        let datatype = datatype.into();
        let made = self.edit_in(path, true, |store, _| datatype.definition(store)?.commit(store));
        made?.as_datatype()
    }
}

impl Deref for Datatype {
    type Target = Location;

    /// The committed type, or the object whose elements are of it.
    fn deref(&self) -> &Location {
        &self.location
    }
}

impl PartialEq for Datatype {
    /// Whether both describe the same elements, committed or not.
    fn eq(&self, other: &Self) -> bool {
        self.stored.datatype.same_type(&other.stored.datatype)
    }
}

impl fmt::Debug for Datatype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Datatype").field(&self.stored.datatype).finish()
    }
}
