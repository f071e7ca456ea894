//! Attributes: where an object keeps them, and how one is found.

pub(crate) mod create;
pub(crate) mod edit;
mod shared;

use std::ops::ControlFlow;

use super::dense::{Dense, DenseAttributes, DenseKind, DensePlaces};
use super::header::{Messages, ObjectHeader};
use super::holdings::{Holdings, Survey};
use super::store::Store;
use super::stored_type::{StoredType, dataspace};
use crate::codec::{Address, Structure};
use crate::error::{Error, Location, Result};
use crate::format::btree2::AttributeNameRecord;
use crate::format::message::{
    Attribute, AttributeInfo, Dataspace, MessageFlags, MessageType, SharedLocation, SharedMessage,
};
use crate::format::object_header::{MessageView, RawMessage};

/// An attribute, read.
#[derive(Debug, Clone)]
pub(crate) struct AttributeObject {
    pub(crate) message: Attribute,
    pub(crate) creation_order: Option<u32>,
    pub(crate) datatype: StoredType,
    pub(crate) dataspace: Dataspace,
}

/// An attribute's message, before its type and dataspace are followed.
#[derive(Debug, Clone)]
pub(crate) struct RawAttribute {
    pub(crate) message: Attribute,
    pub(crate) creation_order: Option<u32>,
}

impl RawAttribute {
    /// Follows the type and the dataspace to where they are stored.
    pub(crate) fn open(self, store: &Store) -> Result<AttributeObject> {
        let Self { message, creation_order } = self;
        let (at, parts) = (message.offsets, message.parts());
        let shared = message.datatype_shared();
        let datatype = StoredType::of_bytes(store, parts.datatype, at.datatype, shared)?;
        let shared = message.dataspace_shared();
        let dataspace = dataspace(store, parts.dataspace, at.dataspace, shared)?;
        Ok(AttributeObject { message, creation_order, datatype, dataspace })
    }
}

impl AttributeObject {
    /// Whether the message says what is known of it.
    pub(super) fn is_as_stored(&self, store: &Store) -> bool {
        let raw = RawAttribute { message: self.message.clone(), creation_order: None };
        raw.open(store).is_ok_and(|read| {
            (&read.datatype, &read.dataspace) == (&self.datatype, &self.dataspace)
        })
    }

    /// The elements as stored, all of them and nothing behind them.
    pub(crate) fn data(&self) -> Result<&[u8]> {
        let place = Location {
            structure: Attribute::NAME,
            field: "Data",
            offset: self.message.offsets.data,
        };
        let points = self.dataspace.points().map_err(|error| error.or_at(place))?;
        let len = points.checked_mul(self.datatype.size());
        let len = len.and_then(|len| usize::try_from(len).ok());
        len.and_then(|len| self.message.data().get(..len)).ok_or_else(|| {
            let found = self.message.data().len();
            let problem =
                format!("{found} bytes for {points} elements of {}", self.datatype.size());
            Error::broken(place, problem)
        })
    }
}

/// All attributes of the object, in ascending order of their names' bytes.
pub(crate) fn all(store: &Store, header: &ObjectHeader) -> Result<Vec<RawAttribute>> {
    let mut out = as_stored(store, header)?;
    out.sort_by(|a, b| a.message.name().cmp(b.message.name()));
    Ok(out)
}

/// All attributes of the object in the order they were made in, where it tracks that; else in the order
/// they lie in the header, or in the index of their names.
pub(crate) fn by_creation(store: &Store, header: &ObjectHeader) -> Result<Vec<RawAttribute>> {
    let mut out = as_stored(store, header)?;
    if header.prefix.attribute_order().0 {
        out.sort_by_key(|raw| raw.creation_order);
    }
    Ok(out)
}

/// All attributes of the object, as they lie in its header or in the index of their names.
fn as_stored(store: &Store, header: &ObjectHeader) -> Result<Vec<RawAttribute>> {
    let space = store.space();
    let mut out = compact(store, header)?;
    if let Some(Some(dense)) = space.heed(dense(store, header))? {
        let read = dense.for_each_message(store, &mut |order, message| {
            out.extend(space.heed(read_dense(store, order, message))?);
            Ok(())
        });
        space.heed(read)?;
    }
    Ok(out)
}

/// Adds what the attributes of an object take outside its header. What several share is none's.
pub(crate) fn holdings(
    store: &Store,
    header: &ObjectHeader,
    held: &mut Holdings,
    survey: &mut Survey<'_>,
) -> Result<()> {
    let at = header.address;
    for message in header.all(MessageType::ATTRIBUTE) {
        let added = if message.flags.intersects(MessageFlags::SHARED | MessageFlags::SHAREABLE) {
            held.message(store, at, message)
        } else {
            let attribute = store.decode(message);
            attribute.and_then(|attribute| attribute_holdings(store, at, &attribute, held))
        };
        survey.keep(added)?;
    }
    let Some(dense) = dense(store, header)? else { return Ok(()) };
    survey.keep(dense.extents(store, &mut held.extents))?;
    dense.for_each(store, &mut |record| {
        let added = dense_holdings(store, at, &dense, &record, held);
        survey.keep(added)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// As [`holdings`], of one attribute in a heap.
fn dense_holdings(
    store: &Store,
    at: Address,
    dense: &Dense<DenseAttributes>,
    record: &AttributeNameRecord,
    held: &mut Holdings,
) -> Result<()> {
    if let Some(message) = shared_message(store, record)? {
        return held.message(store, at, &message);
    }
    let attribute = store.decode_bytes(&dense.message(store, record)?, 0)?;
    attribute_holdings(store, at, &attribute, held)
}

/// Adds what an attribute of the object at `at` has beside its message: what its elements keep in
/// heaps, and what stands for its type and its dataspace.
pub(crate) fn attribute_holdings(
    store: &Store,
    at: Address,
    attribute: &Attribute,
    held: &mut Holdings,
) -> Result<()> {
    let opened = RawAttribute { message: attribute.clone(), creation_order: None }.open(store)?;
    held.elements(store, &opened.datatype.datatype, opened.data()?)?;
    let mut part = |kind, body: &[u8], offset| {
        let (flags, body) = (MessageFlags::SHARED, body.to_vec());
        held.message(store, at, &RawMessage { kind, flags, creation_index: None, body, offset })
    };
    let (offsets, parts) = (attribute.offsets, attribute.parts());
    if attribute.datatype_shared() {
        part(MessageType::DATATYPE, parts.datatype, offsets.datatype)?;
    }
    if attribute.dataspace_shared() {
        part(MessageType::DATASPACE, parts.dataspace, offsets.dataspace)?;
    }
    Ok(())
}

/// The message of a header that stands for a dense attribute, where others may share that.
fn shared_message(store: &Store, record: &AttributeNameRecord) -> Result<Option<RawMessage>> {
    if !DenseAttributes::is_shared(record) {
        return Ok(None);
    }
    let location = SharedLocation::Heap(record.heap_id);
    Ok(Some(RawMessage {
        kind: MessageType::ATTRIBUTE,
        flags: MessageFlags::SHARED,
        creation_index: u16::try_from(record.creation_order).ok(),
        body: store.encode(&SharedMessage { version: 3, location })?,
        offset: 0,
    }))
}

/// The attribute of this name.
pub(crate) fn find(
    store: &Store,
    header: &impl Messages,
    name: &[u8],
) -> Result<Option<RawAttribute>> {
    let (mut found, mut info) = (Ok(None), None);
    header.each(store.space(), &mut |message| match message.kind {
        MessageType::ATTRIBUTE if matches!(found, Ok(None)) => {
            found = compact_named(store, message, name);
        }
        MessageType::ATTRIBUTE_INFO => {
            info.get_or_insert(message);
        }
        _ => {}
    })?;
    if let Some(found) = found? {
        return Ok(Some(found));
    }
    let Some(dense) = info.map(|info| dense_of(store, header.address(), info)).transpose()? else {
        return Ok(None);
    };
    let Some(dense) = dense else { return Ok(None) };
    dense.find_message(store, name, |order, message| {
        let found = read_dense(store, order, message)?;
        Ok((found.message.name() == name).then_some(found))
    })
}

/// The attribute that a message of a header is, where it has this name.
fn compact_named(
    store: &Store,
    message: MessageView<'_>,
    name: &[u8],
) -> Result<Option<RawAttribute>> {
    let found = if message.flags.contains(MessageFlags::SHARED) {
        Some(store.decode::<Attribute>(message)?).filter(|found| found.name() == name)
    } else {
        let mut d = store.decoder(Attribute::NAME, message.body, message.offset);
        Attribute::decode_named(&mut d, name)?
    };
    let creation_order = message.creation_index.map(u32::from);
    Ok(found.map(|message| RawAttribute { message, creation_order }))
}

/// The attributes in the header itself.
fn compact(store: &Store, header: &ObjectHeader) -> Result<Vec<RawAttribute>> {
    let read = |message| {
        let message: &crate::format::object_header::RawMessage = message;
        let creation_order = message.creation_index.map(u32::from);
        Ok(RawAttribute { message: store.decode(message)?, creation_order })
    };
    let all = header.all(MessageType::ATTRIBUTE).map(read);
    all.filter_map(|attribute| store.space().heed(attribute).transpose()).collect()
}

/// The attributes in a fractal heap, where the object has any there.
pub(super) fn dense(
    store: &Store,
    header: &ObjectHeader,
) -> Result<Option<Dense<DenseAttributes>>> {
    let Some(info) = header.find(MessageType::ATTRIBUTE_INFO) else { return Ok(None) };
    dense_of(store, header.address, info)
}

/// As [`dense`], of the object at `at`, whose header has this message.
fn dense_of<'m>(
    store: &Store,
    at: Address,
    info: impl Into<MessageView<'m>>,
) -> Result<Option<Dense<DenseAttributes>>> {
    let places = dense_places(store, at, &store.decode(info)?)?;
    Ok(places.map(|places| Dense::at(&places)))
}

/// Where the dense attributes of the object at `at` lie, where it has any.
fn dense_places(store: &Store, at: Address, info: &AttributeInfo) -> Result<Option<DensePlaces>> {
    let Some(heap) = info.fractal_heap else { return Ok(None) };
    let Some(names) = info.name_index else {
        let field = "Attribute Name v2 B-tree Address";
        let problem = "is undefined, but there is a heap";
        return Err(store.space().broken(AttributeInfo::NAME, field, at, problem));
    };
    Ok(Some(DensePlaces { heap, names, orders: info.creation_order_index.flatten() }))
}

fn read_dense(store: &Store, order: Option<i64>, message: &[u8]) -> Result<RawAttribute> {
    let message = store.decode_bytes(message, 0)?;
    let creation_order = order
        .and_then(|order| u32::try_from(order).ok())
        .filter(|order| *order != u32::from(edit::UNTRACKED));
    Ok(RawAttribute { message, creation_order })
}
