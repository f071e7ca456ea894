//! Datatypes as objects.

mod byte_order;
mod conversion;

pub use byte_order::ByteOrder;
pub use conversion::Conversion;

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::element_type::ElementType;
use super::group_edit::LinkWish;
use super::location::{Location, LocationToken, LocationType, kind_of};
use super::{File, Group};
use crate::codec::Sizes;
use crate::element::{H5Type, TypeDescriptor};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype as Stored;
use crate::format::message::MessageType;
use crate::object::header::Messages;
use crate::object::stored_type::StoredType;

/// The type of a dataset's or attribute's elements, a committed datatype, or a type that is in no
/// file yet.
///
/// [`definition`](Self::definition) has everything the file says about it.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// use hdfive::definition::Class;
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
    /// What it became when it was committed, in all its copies.
    committed: Arc<OnceLock<(Location, StoredType)>>,
}

/// The name that `hdf5-metno` has for a datatype with a place of its own in a file.
pub type CommittedDatatype = Datatype;

impl Datatype {
    pub(crate) fn of(location: Location) -> Result<Self> {
        // Datasets have such a message, too.
        let is_type = kind_of(&location.found) == Some(LocationType::NamedDatatype);
        let (store, header) = (&location.found.store, &location.found.header);
        let message = header.first(store.space(), MessageType::DATATYPE)?.filter(|_| is_type);
        let message = message.ok_or_else(|| Error::usage("the object is not a datatype"))?;
        let mut stored = StoredType::of_message(store, message)?;
        stored.committed.get_or_insert(header.address);
        Ok(Self::of_elements(location, stored))
    }

    /// The type of an object's elements.
    pub(crate) fn of_elements(location: Location, stored: StoredType) -> Self {
        Self { location, stored, committed: Arc::default() }
    }

    fn stored(&self) -> &StoredType {
        self.committed.get().map_or(&self.stored, |(_, stored)| stored)
    }

    /// Itself: [`CommittedDatatype`] is no type of its own here.
    #[must_use]
    pub fn as_datatype(&self) -> &Self {
        self
    }

    /// Everything the file says about the type.
    #[must_use]
    pub fn definition(&self) -> &Arc<Stored> {
        &self.stored().datatype
    }

    /// Bytes of one stored element.
    #[must_use]
    pub fn size(&self) -> usize {
        usize::try_from(self.stored().datatype.size).unwrap_or(usize::MAX)
    }

    /// Order of the bytes of its numbers.
    #[must_use]
    pub fn byte_order(&self) -> ByteOrder {
        ByteOrder::of(&self.stored().datatype)
    }

    /// How elements of this type become those of `dst`; `None` where they do not.
    ///
    /// Strings of any kind are read and written as any Rust string all the same: that is no
    /// conversion between stored types.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{Conversion, Datatype};
    /// let (short, long) = (Datatype::from_type::<i16>()?, Datatype::from_type::<i64>()?);
    /// assert_eq!(short.conv_path(&long), Some(Conversion::Hard));
    /// assert_eq!(short.conv_from::<i16>(), Some(Conversion::NoOp));
    /// assert_eq!(short.conv_to::<bool>(), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn conv_path<D: Borrow<Self>>(&self, dst: D) -> Option<Conversion> {
        Conversion::between(&self.stored().datatype, &dst.borrow().stored().datatype)
    }

    /// How elements of this type become those that values of type `T` are stored as; `None` where
    /// they do not.
    #[must_use]
    pub fn conv_to<T: H5Type>(&self) -> Option<Conversion> {
        Conversion::between(&self.stored().datatype, &of_descriptor(&T::type_descriptor()).ok()?)
    }

    /// How elements that values of type `T` are stored as become those of this type; `None` where
    /// they do not.
    #[must_use]
    pub fn conv_from<T: H5Type>(&self) -> Option<Conversion> {
        Conversion::between(&of_descriptor(&T::type_descriptor()).ok()?, &self.stored().datatype)
    }

    /// Whether values of type `T` are stored as this type.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let datatype = file.dataset("run1/time")?.dtype()?;
    /// assert!(datatype.is::<f64>() && !datatype.is::<f32>());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is<T: H5Type>(&self) -> bool {
        of_descriptor(&T::type_descriptor()).is_ok_and(|own| own.same_type(&self.stored().datatype))
    }

    /// The type that values of type `T` are stored as. It is in no file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where no file can hold it.
    pub fn from_type<T: H5Type>() -> Result<Self> {
        Self::from_descriptor(&T::type_descriptor())
    }

    /// The type that `desc` describes. It is in no file.
    ///
    /// # Errors
    ///
    /// As [`from_type`](Self::from_type).
    pub fn from_descriptor(desc: &TypeDescriptor) -> Result<Self> {
        let stored = StoredType { datatype: Arc::new(of_descriptor(desc)?), committed: None };
        Ok(Self::of_elements(nowhere()?, stored))
    }

    /// Whether it is a committed type, one with a place of its own in the file.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.stored().committed.is_some()
    }

    /// The committed type's place in the file.
    #[must_use]
    pub fn committed_token(&self) -> Option<LocationToken> {
        self.stored().committed.map(LocationToken)
    }

    /// The type in terms of Rust types.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where there is no such term.
    pub fn to_descriptor(&self) -> Result<TypeDescriptor> {
        self.under(TypeDescriptor::from_datatype(&self.stored().datatype))
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
        let made = self.edit_in(path, LinkWish::default(), |store| {
            let at = datatype.definition(store)?.commit(store)?;
            store.kept_header(at)
        });
        made?.as_datatype()
    }

    /// As [`commit_type`](Self::commit_type); `datatype` itself is the committed one afterwards.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::Datatype;
    /// let file = hdfive::File::in_memory()?;
    /// let datatype = Datatype::from_type::<i16>()?;
    /// file.commit_datatype("short", &datatype)?;
    /// assert!(datatype.is_committed());
    /// assert!(file.commit_datatype("again", &datatype).is_err());
    /// file.new_dataset_builder().empty_as(&datatype).create("x")?;
    /// assert!(file.dataset("x")?.dtype()?.is_committed());
    /// assert_eq!(*file.committed_datatype("short")?.as_datatype(), datatype);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it is a committed one already; else as
    /// [`commit_type`](Self::commit_type).
    pub fn commit_datatype(&self, path: &str, datatype: &Datatype) -> Result<()> {
        if datatype.is_committed() {
            return self.under(Err(Error::usage("the datatype is committed already")));
        }
        let made = self.commit_type(path, datatype)?;
        datatype.committed.get_or_init(|| (made.location, made.stored));
        Ok(())
    }

    /// See [`named_datatype`](Self::named_datatype).
    ///
    /// # Errors
    ///
    /// As [`named_datatype`](Self::named_datatype).
    pub fn committed_datatype(&self, path: &str) -> Result<CommittedDatatype> {
        self.named_datatype(path)
    }

    /// See [`named_datatypes`](Self::named_datatypes).
    ///
    /// # Errors
    ///
    /// As [`named_datatypes`](Self::named_datatypes).
    pub fn committed_datatypes(&self) -> Result<Vec<CommittedDatatype>> {
        self.named_datatypes()
    }
}

/// The definition of a type that is in no file.
pub(super) fn of_descriptor(descriptor: &TypeDescriptor) -> Result<Stored> {
    descriptor.to_datatype(Sizes { offsets: 8, lengths: 8 })
}

/// Where types are that are in no file: an empty one that nobody can write to.
fn nowhere() -> Result<Location> {
    static NOWHERE: OnceLock<Location> = OnceLock::new();
    if let Some(known) = NOWHERE.get() {
        return Ok(known.clone());
    }
    let file = File::from_bytes(File::in_memory()?.into_bytes()?)?;
    Ok(NOWHERE.get_or_init(|| Location::clone(&file)).clone())
}

impl Deref for Datatype {
    type Target = Location;

    /// The committed type, or the object whose elements are of it. Of a type that is in no file, the
    /// root group of an empty one that nobody can write to.
    fn deref(&self) -> &Location {
        self.committed.get().map_or(&self.location, |(location, _)| location)
    }
}

impl PartialEq for Datatype {
    /// Whether both describe the same elements, committed or not.
    fn eq(&self, other: &Self) -> bool {
        self.stored().datatype.same_type(&other.stored().datatype)
    }
}

impl fmt::Display for Datatype {
    /// As its [`TypeDescriptor`]; of a type that has none, its class and size.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stored = &self.stored().datatype;
        match TypeDescriptor::from_datatype(stored) {
            Ok(descriptor) => descriptor.fmt(f),
            Err(_) => write!(f, "{} ({} bytes)", stored.class_name(), stored.size),
        }
    }
}

#[cfg(test)]
mod tests;
