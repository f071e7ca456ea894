//! Attributes: where an object keeps them, and how one is found.

pub(crate) mod create;
pub(crate) mod edit;
mod shared;

use std::ops::ControlFlow;

use super::dense::{Dense, DenseAttributes, DenseKind, DensePlaces};
use super::header::ObjectHeader;
use super::holdings::Holdings;
use super::store::Store;
use super::stored_type::{StoredType, dataspace};
use crate::codec::{Address, Structure};
use crate::error::{Error, Location, Result};
use crate::format::btree2::AttributeNameRecord;
use crate::format::message::{
    Attribute, AttributeInfo, Dataspace, MessageFlags, MessageType, SharedLocation, SharedMessage,
};
use crate::format::object_header::RawMessage;

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
        let at = message.offsets;
        let shared = message.datatype_shared();
        let datatype = StoredType::of_bytes(store, &message.datatype, at.datatype, shared)?;
        let shared = message.dataspace_shared();
        let dataspace = dataspace(store, &message.dataspace, at.dataspace, shared)?;
        Ok(AttributeObject { message, creation_order, datatype, dataspace })
    }
}

impl AttributeObject {
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
        len.and_then(|len| self.message.data.get(..len)).ok_or_else(|| {
            let found = self.message.data.len();
            let problem =
                format!("{found} bytes for {points} elements of {}", self.datatype.size());
            Error::broken(place, problem)
        })
    }
}

/// All attributes of the object, in ascending order of their names' bytes.
pub(crate) fn all(store: &Store, header: &ObjectHeader) -> Result<Vec<RawAttribute>> {
    let mut out = compact(store, header)?;
    if let Some(dense) = dense(store, header)? {
        dense.for_each(store, &mut |record| {
            out.push(read_dense(store, &dense, &record)?);
            Ok(ControlFlow::Continue(()))
        })?;
    }
    out.sort_by(|a, b| a.message.name.cmp(&b.message.name));
    Ok(out)
}

/// Adds what the attributes of an object take outside its header. What several share is none's.
pub(crate) fn holdings(store: &Store, header: &ObjectHeader, held: &mut Holdings) -> Result<()> {
    let at = header.address;
    for message in header.all(MessageType::ATTRIBUTE) {
        if message.flags.intersects(MessageFlags::SHARED | MessageFlags::SHAREABLE) {
            held.message(store, at, message)?;
        } else {
            attribute_holdings(store, at, &store.decode(message)?, held)?;
        }
    }
    let Some(dense) = dense(store, header)? else { return Ok(()) };
    dense.extents(store, &mut held.extents)?;
    dense.for_each(store, &mut |record| {
        match shared_message(store, &record)? {
            Some(message) => held.message(store, at, &message)?,
            None => {
                let attribute = store.decode_bytes(&dense.message(store, &record)?, 0)?;
                attribute_holdings(store, at, &attribute, held)?;
            }
        }
        Ok(ControlFlow::Continue(()))
    })
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
    let offsets = attribute.offsets;
    if attribute.datatype_shared() {
        part(MessageType::DATATYPE, &attribute.datatype, offsets.datatype)?;
    }
    if attribute.dataspace_shared() {
        part(MessageType::DATASPACE, &attribute.dataspace, offsets.dataspace)?;
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
    header: &ObjectHeader,
    name: &[u8],
) -> Result<Option<RawAttribute>> {
    if let Some(found) = compact(store, header)?.into_iter().find(|a| a.message.name == name) {
        return Ok(Some(found));
    }
    let Some(dense) = dense(store, header)? else { return Ok(None) };
    let record = dense.find(store, name)?;
    record.map(|record| read_dense(store, &dense, &record)).transpose()
}

/// The attributes in the header itself.
fn compact(store: &Store, header: &ObjectHeader) -> Result<Vec<RawAttribute>> {
    let read = |message| {
        let message: &crate::format::object_header::RawMessage = message;
        let creation_order = message.creation_index.map(u32::from);
        Ok(RawAttribute { message: store.decode(message)?, creation_order })
    };
    header.all(MessageType::ATTRIBUTE).map(read).collect()
}

/// The attributes in a fractal heap, where the object has any there.
fn dense(store: &Store, header: &ObjectHeader) -> Result<Option<Dense<DenseAttributes>>> {
    let info: Option<AttributeInfo> = store.message(header, MessageType::ATTRIBUTE_INFO)?;
    let Some(info) = info else { return Ok(None) };
    let places = dense_places(store, header.address, &info)?;
    places.map(|places| Dense::load(store, &places)).transpose()
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

fn read_dense(
    store: &Store,
    dense: &Dense<DenseAttributes>,
    record: &AttributeNameRecord,
) -> Result<RawAttribute> {
    let message = store.decode_bytes(&dense.message(store, record)?, 0)?;
    let creation_order =
        Some(record.creation_order).filter(|order| *order != u32::from(edit::UNTRACKED));
    Ok(RawAttribute { message, creation_order })
}
