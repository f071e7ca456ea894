//! New attributes, and those that make way for them.

use std::borrow::Cow;
use std::sync::Arc;

use super::edit::{AttributesEdit, UNTRACKED};
use super::{AttributeObject, RawAttribute, attribute_holdings, find};
use crate::codec::Address;
use crate::element::holds_heap_ids;
use crate::error::{Error, Result};
use crate::format::datatype::CharacterSet;
use crate::format::message::{Attribute, AttributeParts, Dataspace};
use crate::limits::Limits;
use crate::object::delete::drop_link;
use crate::object::holdings::Holdings;
use crate::object::path::text;
use crate::object::store::Store;
use crate::object::stored_type::{StoredType, TypeMessage};

/// Longest name, in bytes: its length, with the NUL behind it, has 16 bits.
const LONGEST_NAME: usize = 0xfffe;

/// An attribute to be made.
#[derive(Debug, Clone)]
pub(crate) struct AttributeCreation<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) datatype: &'a StoredType,
    /// Whose largest sizes are its sizes: an attribute does not grow.
    pub(crate) dataspace: Dataspace,
    /// The elements as stored; `None` for all bytes zero.
    pub(crate) data: Option<Cow<'a, [u8]>>,
    /// How the name is marked; `None` for as UTF-8 only where it has to be.
    pub(crate) charset: Option<CharacterSet>,
}

impl AttributeCreation<'_> {
    /// Makes the attribute of the object at `at`, which has none of that name; gives it.
    pub(crate) fn create(mut self, store: &Store, at: Address) -> Result<AttributeObject> {
        // Counts a committed type, which may be the object itself.
        let message = self.message(store)?;
        let mut attributes = AttributesEdit::open(store, at)?;
        attributes.check_type(self.datatype)?;
        let order = attributes.insert(&message)?;
        let creation_order = (order != u32::from(UNTRACKED)).then_some(order);
        let (datatype, dataspace) = (self.datatype.clone(), self.dataspace);
        let made = AttributeObject { message, creation_order, datatype, dataspace };
        debug_assert!(made.is_as_stored(store), "{made:?}");
        Ok(made)
    }

    /// Makes the attribute in place of one of its name, where there is one. In the order of
    /// creation it is the last.
    pub(crate) fn put(mut self, store: &Arc<Store>, at: Address) -> Result<()> {
        let (name, datatype) = (self.name, self.datatype);
        // A type that both are of, and nothing else, must not go in between.
        let message = self.message(store)?;
        let mut attributes = AttributesEdit::open(store, at)?;
        attributes.check_type(datatype)?;
        if attributes.has(name)? {
            delete(store, at, name)?;
            // With what is deleted, the object may count one use less of itself.
            attributes = AttributesEdit::open(store, at)?;
        }
        attributes.add(&message).map(|_| ())
    }

    /// The message that says it, and has its elements from here on. A committed type counts it.
    pub(crate) fn message(&mut self, store: &Store) -> Result<Attribute> {
        check_name(self.name)?;
        self.datatype.check_size(store, 0)?;
        self.dataspace.points()?;
        let data = match self.data.take() {
            Some(data) => data,
            None => zeroed(store, &self.dataspace, self.datatype)?.into(),
        };
        let said = store.attribute_parts(self.datatype, &self.dataspace)?;
        let needed = if self.name.is_ascii() { CharacterSet::Ascii } else { CharacterSet::Utf8 };
        let charset = self.charset.unwrap_or(needed);
        let TypeMessage { body: datatype, shared } = &said.0;
        let version = store.bounds().attribute_version(*shared, charset == CharacterSet::Utf8);
        let flags = if *shared { Attribute::DATATYPE_SHARED } else { 0 };
        let parts = AttributeParts { name: self.name, datatype, dataspace: &said.1, data: &data };
        Ok(Attribute::new(version, flags, charset, &parts))
    }
}

/// Elements that nobody gave a value.
fn zeroed(store: &Store, dataspace: &Dataspace, datatype: &StoredType) -> Result<Vec<u8>> {
    let len = dataspace.points()?.saturating_mul(datatype.size());
    Limits::check("read_bytes", len, store.space().limits().read_bytes)?;
    let too_large = || Error::usage("the elements of the attribute do not fit memory");
    let len = usize::try_from(len).map_err(|_| too_large())?;
    let mut data = Vec::new();
    data.try_reserve_exact(len).map_err(|_| too_large())?;
    data.resize(len, 0);
    Ok(data)
}

/// Refuses names that no attribute can have.
pub(super) fn check_name(name: &[u8]) -> Result<()> {
    let wrong = |what: &str| Err(Error::usage(format!("an attribute's name {what}")));
    match name {
        b"" => wrong("is not empty"),
        _ if name.contains(&0) => wrong("has no NUL"),
        _ if name.len() > LONGEST_NAME => wrong("has no more than 65,534 bytes"),
        _ => Ok(()),
    }
}

/// Removes the attribute of this name from the object at `at`, and what only it holds.
pub(crate) fn delete(store: &Arc<Store>, at: Address, name: &[u8]) -> Result<()> {
    let Some(gone) = AttributesEdit::open(store, at)?.remove(name)? else { return Ok(()) };
    let mut held = Holdings::default();
    attribute_holdings(store, at, &gone, &mut held)?;
    held.free(store)?;
    held.objects.iter().try_for_each(|counted| drop_link(store, counted.at))
}

/// The attribute of this name of the object at `at`, which must have one.
pub(crate) fn existing(store: &Store, at: Address, name: &[u8]) -> Result<RawAttribute> {
    let found = find(store, &store.header(at)?, name)?;
    found.ok_or_else(|| Error::not_found(format!("attribute {:?}", text(name))))
}

/// Gives an attribute other elements, of the same type and number, in place of the old ones and
/// what only they keep in heaps.
pub(crate) fn set_data(
    store: &Store,
    at: Address,
    attribute: &AttributeObject,
    data: Vec<u8>,
) -> Result<()> {
    let parts = AttributeParts { data: &data, ..attribute.message.parts() };
    let message = attribute.message.with(&parts);
    let mut attributes = AttributesEdit::open(store, at)?;
    if attributes.is_dense() || holds_heap_ids(&attribute.datatype.datatype) {
        store.check_unwatched()?;
    }
    if !attributes.replace(&message)? {
        return Ok(());
    }
    store.free_replaced(&attribute.datatype.datatype, attribute.data()?, &[message.data()])
}
