//! Types of new elements, however they are named.

use std::sync::Arc;

use super::datatype::Datatype;
use crate::element::{H5Type, TypeDescriptor};
use crate::error::Result;
use crate::format::datatype::Datatype as Definition;
use crate::object::store::Store;
use crate::object::stored_type::StoredType;

/// The type that new elements are to have.
///
/// Made from a [`TypeDescriptor`], from a [`definition::Datatype`](crate::definition::Datatype) in all
/// its detail, or from a [`Datatype`] that is there already: where that is a committed type of the
/// same file, the elements are of that very type.
///
/// ```
/// use hdfive::ElementType;
/// use hdfive::definition::{ByteOrder, Datatype};
///
/// let native = ElementType::of::<i32>();
/// let big_endian = ElementType::from(Datatype::integer(4, true, ByteOrder::Big)?);
/// # Ok::<(), hdfive::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ElementType(Source);

#[derive(Debug, Clone)]
enum Source {
    Described(TypeDescriptor),
    Defined(Arc<Definition>),
    Existing(Datatype),
}

/// The name that `hdf5-metno` has for what new elements are to be of.
pub type DatasetType = ElementType;

impl ElementType {
    /// The type that values of type `T` are stored as, where nobody says otherwise.
    #[must_use]
    pub fn of<T: H5Type>() -> Self {
        T::type_descriptor().into()
    }

    /// The same; where it was made from a descriptor, without gaps in compounds.
    #[must_use]
    pub fn to_packed(&self) -> Self {
        match &self.0 {
            Source::Described(descriptor) => descriptor.to_packed_repr().into(),
            _ => self.clone(),
        }
    }

    /// The type as elements of the file are stored.
    pub(crate) fn stored(&self, store: &Arc<Store>) -> Result<StoredType> {
        match &self.0 {
            Source::Existing(datatype) if Arc::ptr_eq(&datatype.found.store, store) => {
                match datatype.committed_token() {
                    Some(token) => StoredType::committed(store, token.0),
                    None => self.definition(store),
                }
            }
            _ => self.definition(store),
        }
    }

    /// The type as the file describes it, whether it is committed or not.
    pub(crate) fn definition(&self, store: &Store) -> Result<StoredType> {
        match &self.0 {
            Source::Described(descriptor) => store.described(descriptor),
            Source::Defined(definition) => StoredType::described(store, definition),
            Source::Existing(datatype) => StoredType::described(store, datatype.definition()),
        }
    }
}

impl From<TypeDescriptor> for ElementType {
    fn from(descriptor: TypeDescriptor) -> Self {
        Self(Source::Described(descriptor))
    }
}

impl From<&TypeDescriptor> for ElementType {
    fn from(descriptor: &TypeDescriptor) -> Self {
        descriptor.clone().into()
    }
}

impl From<Definition> for ElementType {
    fn from(definition: Definition) -> Self {
        Self(Source::Defined(Arc::new(definition)))
    }
}

impl From<&Definition> for ElementType {
    fn from(definition: &Definition) -> Self {
        definition.clone().into()
    }
}

impl From<Datatype> for ElementType {
    fn from(datatype: Datatype) -> Self {
        Self(Source::Existing(datatype))
    }
}

impl From<&Datatype> for ElementType {
    fn from(datatype: &Datatype) -> Self {
        datatype.clone().into()
    }
}
