//! Messages in a fractal heap, found by name and, perhaps, by the order they were made in: how
//! groups keep many links, and objects many attributes.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::store::Store;
use crate::codec::{Address, lookup3};
use crate::error::{Error, Result};
use crate::format::btree2::{
    AttributeCreationOrderRecord, AttributeNameRecord, LinkCreationOrderRecord, LinkNameRecord,
    Record,
};
use crate::format::message::{MessageFlags, MessageType};
use crate::infra::btree2::{BTree2, BTree2Creation};
use crate::infra::fractal_heap::{FractalHeap, HeapCreation};
use crate::space::Extents;

/// Bytes of a node of the trees.
const NODE_SIZE: u32 = 512;
const SPLIT_PERCENT: u8 = 100;
const MERGE_PERCENT: u8 = 40;

/// What is kept: links or attributes.
pub(crate) trait DenseKind {
    /// Record of the tree ordered by name.
    type Name: Record<Context = ()>;
    /// Record of the tree ordered by creation.
    type Order: Record<Context = ()>;

    const HEAP: HeapCreation;
    const NAME_RECORD_SIZE: u16;
    const ORDER_RECORD_SIZE: u16;

    fn by_name(entry: &Entry) -> Result<Self::Name>;
    fn by_order(entry: &Entry) -> Result<Self::Order>;
    fn hash(record: &Self::Name) -> u32;
    fn heap_id(record: &Self::Name) -> &[u8];
    fn order(record: &Self::Order) -> i64;
    /// Whether the message lies in the file's heap of shared messages.
    fn is_shared(record: &Self::Name) -> bool;
    /// The name in the bytes of a message.
    fn name(store: &Store, message: &[u8]) -> Result<Vec<u8>>;
}

/// A message's place and what finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) hash: u32,
    pub(crate) order: i64,
    pub(crate) heap_id: Vec<u8>,
    /// Flags of the message, where the records keep them.
    pub(crate) flags: u8,
}

/// Where the parts lie, as the info message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DensePlaces {
    pub(crate) heap: Address,
    pub(crate) names: Address,
    /// `None` where creation order is not indexed.
    pub(crate) orders: Option<Address>,
}

/// The messages of one object.
#[derive(Debug)]
pub(crate) struct Dense<K: DenseKind> {
    heap: FractalHeap,
    names: BTree2<K::Name>,
    orders: Option<BTree2<K::Order>>,
}

impl<K: DenseKind> Dense<K> {
    pub(crate) fn load(store: &Store, at: &DensePlaces) -> Result<Self> {
        let space = store.space();
        let orders = at.orders.map(|at| BTree2::load(space, at, &())).transpose()?;
        Ok(Self {
            heap: FractalHeap::load(space, at.heap)?.with_registry(store.registry()),
            names: BTree2::load(space, at.names, &())?,
            orders,
        })
    }

    pub(crate) fn create(store: &Store, ordered: bool) -> Result<Self> {
        let space = store.space();
        let tree = |record_size| BTree2Creation {
            node_size: NODE_SIZE,
            record_size,
            split_percent: SPLIT_PERCENT,
            merge_percent: MERGE_PERCENT,
        };
        let orders = ordered.then(|| BTree2::create(space, tree(K::ORDER_RECORD_SIZE), &()));
        Ok(Self {
            heap: FractalHeap::create(space, K::HEAP)?,
            names: BTree2::create(space, tree(K::NAME_RECORD_SIZE), &())?,
            orders: orders.transpose()?,
        })
    }

    pub(crate) fn places(&self) -> DensePlaces {
        let orders = self.orders.as_ref().map(BTree2::at);
        DensePlaces { heap: self.heap.at(), names: self.names.at(), orders }
    }

    /// Number of messages.
    pub(crate) fn len(&self) -> u64 {
        self.names.len()
    }

    /// The bytes of the message a record names.
    pub(crate) fn message(&self, store: &Store, record: &K::Name) -> Result<Vec<u8>> {
        message::<K>(store, &self.heap, record)
    }

    /// Calls `visit` for the record of every message, in the order of the names' hashes.
    pub(crate) fn for_each(
        &self,
        store: &Store,
        visit: &mut dyn FnMut(K::Name) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.names.for_each(store.space(), visit)
    }

    /// The record of the message with this name.
    pub(crate) fn find(&self, store: &Store, name: &[u8]) -> Result<Option<K::Name>> {
        let hash = lookup3(name);
        let mut compare = |record: &K::Name| -> Result<Ordering> { Ok(K::hash(record).cmp(&hash)) };
        let mut found = None;
        self.names.for_each_equal(store.space(), &mut compare, &mut |record| {
            if K::name(store, &self.message(store, &record)?)? == name {
                found = Some(record);
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// Adds the message of this name, of which there is none.
    pub(crate) fn insert(
        &mut self,
        store: &Store,
        name: &[u8],
        message: &[u8],
        order: i64,
    ) -> Result<()> {
        let heap_id = self.heap.insert(store.space(), message)?;
        self.put(store, name, &Entry { hash: lookup3(name), order, heap_id, flags: 0 })
    }

    /// Adds the message of this name, of which there is none, and which lies in the file's heap of
    /// shared messages.
    pub(crate) fn insert_shared(
        &mut self,
        store: &Store,
        name: &[u8],
        id: &[u8; 8],
        order: i64,
    ) -> Result<()> {
        let flags = MessageFlags::SHARED.bits();
        self.put(store, name, &Entry { hash: lookup3(name), order, heap_id: id.to_vec(), flags })
    }

    fn put(&mut self, store: &Store, name: &[u8], entry: &Entry) -> Result<()> {
        let space = store.space();
        let mut compare = by_name::<K>(store, &self.heap, name);
        self.names.insert(space, K::by_name(entry)?, &mut compare)?;
        if let Some(orders) = &mut self.orders {
            let mut compare = |record: &K::Order| Ok(K::order(record).cmp(&entry.order));
            orders.insert(space, K::by_order(entry)?, &mut compare)?;
        }
        Ok(())
    }

    /// Removes the message of this name; `order` is its creation order. One in the file's heap of
    /// shared messages stays there.
    pub(crate) fn remove(&mut self, store: &Store, name: &[u8], order: i64) -> Result<()> {
        let space = store.space();
        let mut compare = by_name::<K>(store, &self.heap, name);
        let record = self.names.remove(space, &mut compare)?;
        drop(compare);
        let record = record.ok_or_else(|| Error::not_found("the message"))?;
        if let Some(orders) = &mut self.orders {
            orders.remove(space, &mut |record| Ok(K::order(record).cmp(&order)))?;
        }
        if K::is_shared(&record) { Ok(()) } else { self.heap.remove(space, K::heap_id(&record)) }
    }

    /// Gives everything back.
    pub(crate) fn free(self, store: &Store) -> Result<()> {
        store.space().free_all(|extents| self.extents(store, extents))
    }

    /// Adds everything to `extents`.
    pub(crate) fn extents(&self, store: &Store, extents: &mut Extents) -> Result<()> {
        let space = store.space();
        self.names.extents(space, extents)?;
        if let Some(orders) = &self.orders {
            orders.extents(space, extents)?;
        }
        self.heap.extents(space, extents)
    }
}

/// The bytes of the message a record names.
fn message<K: DenseKind>(store: &Store, heap: &FractalHeap, record: &K::Name) -> Result<Vec<u8>> {
    if K::is_shared(record) {
        return store.shared_message(MessageType::ATTRIBUTE, &sized(K::heap_id(record))?, 0);
    }
    Ok(heap.get(store.space(), K::heap_id(record))?.into_owned())
}

/// Orders stored records against a name: by its hash, and by itself where hashes are equal.
fn by_name<'a, K: DenseKind>(
    store: &'a Store,
    heap: &'a FractalHeap,
    name: &'a [u8],
) -> impl FnMut(&K::Name) -> Result<Ordering> + 'a {
    let hash = lookup3(name);
    move |record| match K::hash(record).cmp(&hash) {
        Ordering::Equal => {
            let message = message::<K>(store, heap, record)?;
            Ok(K::name(store, &message)?.as_slice().cmp(name))
        }
        unequal => Ok(unequal),
    }
}

/// Links of a group.
#[derive(Debug)]
pub(crate) struct DenseLinks;

impl DenseKind for DenseLinks {
    type Name = LinkNameRecord;
    type Order = LinkCreationOrderRecord;

    const HEAP: HeapCreation = HeapCreation::LINKS;
    const NAME_RECORD_SIZE: u16 = 11;
    const ORDER_RECORD_SIZE: u16 = 15;

    fn by_name(entry: &Entry) -> Result<LinkNameRecord> {
        Ok(LinkNameRecord { hash: entry.hash, heap_id: sized(&entry.heap_id)? })
    }

    fn by_order(entry: &Entry) -> Result<LinkCreationOrderRecord> {
        let heap_id = sized(&entry.heap_id)?;
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

    fn is_shared(_: &LinkNameRecord) -> bool {
        false
    }

    fn name(store: &Store, message: &[u8]) -> Result<Vec<u8>> {
        Ok(store.decode_bytes::<crate::format::message::Link>(message, 0)?.name)
    }
}

/// Attributes of an object.
#[derive(Debug)]
pub(crate) struct DenseAttributes;

impl DenseKind for DenseAttributes {
    type Name = AttributeNameRecord;
    type Order = AttributeCreationOrderRecord;

    const HEAP: HeapCreation = HeapCreation::ATTRIBUTES;
    const NAME_RECORD_SIZE: u16 = 17;
    const ORDER_RECORD_SIZE: u16 = 13;

    fn by_name(entry: &Entry) -> Result<AttributeNameRecord> {
        Ok(AttributeNameRecord {
            heap_id: sized(&entry.heap_id)?,
            message_flags: entry.flags,
            creation_order: order(entry)?,
            hash: entry.hash,
        })
    }

    fn by_order(entry: &Entry) -> Result<AttributeCreationOrderRecord> {
        Ok(AttributeCreationOrderRecord {
            heap_id: sized(&entry.heap_id)?,
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

    fn is_shared(record: &AttributeNameRecord) -> bool {
        MessageFlags::from_bits_retain(record.message_flags).contains(MessageFlags::SHARED)
    }

    fn name(store: &Store, message: &[u8]) -> Result<Vec<u8>> {
        Ok(store.decode_bytes::<crate::format::message::Attribute>(message, 0)?.name)
    }
}

fn order(entry: &Entry) -> Result<u32> {
    u32::try_from(entry.order).map_err(|_| Error::usage("an object had too many attributes"))
}

fn sized<const N: usize>(id: &[u8]) -> Result<[u8; N]> {
    id.try_into().map_err(|_| {
        Error::unsupported(format!("a heap whose ids have {} bytes, not {N}", id.len()))
    })
}
