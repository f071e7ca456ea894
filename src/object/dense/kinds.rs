//! What is kept densely: links and attributes.

use super::{DenseKind, Entry};
use crate::codec::Structure;
use crate::error::{Error, Result};
use crate::format::btree2::{
    AttributeCreationOrderRecord, AttributeNameRecord, LinkCreationOrderRecord, LinkNameRecord,
};
use crate::format::message::{Link, LinkTarget, MessageFlags};
use crate::infra::fractal_heap::HeapCreation;
use crate::object::header::ObjectHeader;
use crate::object::store::{HeapKind, Store};

/// Links of a group.
#[derive(Debug)]
pub(crate) struct DenseLinks;

impl DenseKind for DenseLinks {
    type Name = LinkNameRecord;
    type Order = LinkCreationOrderRecord;

    const KIND: HeapKind = HeapKind::Links;
    const HEAP: HeapCreation = HeapCreation::LINKS;
    const NAME_RECORD_SIZE: u16 = 11;
    const ORDER_RECORD_SIZE: u16 = 15;

    fn by_name(entry: &Entry<'_>) -> Result<LinkNameRecord> {
        Ok(LinkNameRecord { hash: entry.hash, heap_id: sized(entry.heap_id)? })
    }

    fn by_order(entry: &Entry<'_>) -> Result<LinkCreationOrderRecord> {
        let heap_id = sized(entry.heap_id)?;
        Ok(LinkCreationOrderRecord { creation_order: entry.order, heap_id })
    }

    fn hash(record: &LinkNameRecord) -> u32 {
        record.hash
    }

    fn heap_id(record: &LinkNameRecord) -> &[u8] {
        &record.heap_id
    }

    fn order(record: &LinkCreationOrderRecord) -> i64 {
        record.creation_order
    }

    fn heap_id_by_order(record: &LinkCreationOrderRecord) -> &[u8] {
        &record.heap_id
    }

    /// A link that leads to a header, or to a path.
    fn message_len(store: &Store, bytes: &[u8]) -> Option<usize> {
        let mut d = store.decoder(Link::NAME, bytes, 0);
        let link = Link::decode(&mut d).ok()?;
        let is_name = str::from_utf8(&link.name)
            .is_ok_and(|name| !name.is_empty() && !name.contains(['/', '\0']));
        let leads = match &link.target {
            LinkTarget::Hard(at) => ObjectHeader::is_at(store.space(), *at),
            LinkTarget::Soft(path) => str::from_utf8(path).is_ok(),
            LinkTarget::External { .. } => true,
            LinkTarget::UserDefined { .. } => false,
        };
        (is_name && leads).then(|| d.position())
    }

    fn order_by_name(_: &LinkNameRecord) -> Option<i64> {
        None
    }

    fn is_shared(_: &LinkNameRecord) -> bool {
        false
    }

    fn name(store: &Store, message: &[u8]) -> Result<Vec<u8>> {
        Ok(store.decode_bytes::<Link>(message, 0)?.name)
    }
}

/// Attributes of an object.
#[derive(Debug)]
pub(crate) struct DenseAttributes;

impl DenseKind for DenseAttributes {
    type Name = AttributeNameRecord;
    type Order = AttributeCreationOrderRecord;

    const KIND: HeapKind = HeapKind::Attributes;
    const HEAP: HeapCreation = HeapCreation::ATTRIBUTES;
    const NAME_RECORD_SIZE: u16 = 17;
    const ORDER_RECORD_SIZE: u16 = 13;

    fn by_name(entry: &Entry<'_>) -> Result<AttributeNameRecord> {
        Ok(AttributeNameRecord {
            heap_id: sized(entry.heap_id)?,
            message_flags: entry.flags,
            creation_order: order(entry)?,
            hash: entry.hash,
        })
    }

    fn by_order(entry: &Entry<'_>) -> Result<AttributeCreationOrderRecord> {
        Ok(AttributeCreationOrderRecord {
            heap_id: sized(entry.heap_id)?,
            message_flags: entry.flags,
            creation_order: order(entry)?,
        })
    }

    fn hash(record: &AttributeNameRecord) -> u32 {
        record.hash
    }

    fn heap_id(record: &AttributeNameRecord) -> &[u8] {
        &record.heap_id
    }

    fn order(record: &AttributeCreationOrderRecord) -> i64 {
        record.creation_order.into()
    }

    fn heap_id_by_order(record: &AttributeCreationOrderRecord) -> &[u8] {
        &record.heap_id
    }

    /// Attributes do not say how long they are.
    fn message_len(_: &Store, _: &[u8]) -> Option<usize> {
        None
    }

    fn order_by_name(record: &AttributeNameRecord) -> Option<i64> {
        Some(record.creation_order.into())
    }

    fn is_shared(record: &AttributeNameRecord) -> bool {
        MessageFlags::from_bits_retain(record.message_flags).contains(MessageFlags::SHARED)
    }

    fn name(store: &Store, message: &[u8]) -> Result<Vec<u8>> {
        Ok(store.decode_bytes::<crate::format::message::Attribute>(message, 0)?.name().to_vec())
    }
}

fn order(entry: &Entry<'_>) -> Result<u32> {
    u32::try_from(entry.order).map_err(|_| Error::usage("an object had too many attributes"))
}

pub(super) fn sized<const N: usize>(id: &[u8]) -> Result<[u8; N]> {
    id.try_into().map_err(|_| {
        Error::unsupported(format!("a heap whose ids have {} bytes, not {N}", id.len()))
    })
}
