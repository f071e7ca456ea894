//! Messages in a fractal heap, found by name and, perhaps, by the order they were made in: how
//! groups keep many links, and objects many attributes.

mod damaged;
mod kinds;

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use kinds::sized;
pub(crate) use kinds::{DenseAttributes, DenseLinks};

use super::store::{HeapKind, Store};
use crate::codec::{Address, Structure, lookup3, wide};
use crate::error::{Error, Result};
use crate::format::btree2::Record;
use crate::format::message::{MessageFlags, MessageType};
use crate::infra::btree2::{BTree2, BTree2Creation};
use crate::infra::fractal_heap::{FractalHeap, HeapCreation};
use crate::space::{Extents, Space};

/// Bytes of a node of the trees.
const NODE_SIZE: u32 = 512;
const SPLIT_PERCENT: u8 = 100;
const MERGE_PERCENT: u8 = 40;
/// A tree with less than so many times the records that come to it is built anew.
const REBUILT_BELOW: u64 = 32;

/// What is kept: links or attributes.
pub(crate) trait DenseKind {
    /// Record of the tree ordered by name.
    type Name: Record<Context = ()>;
    /// Record of the tree ordered by creation.
    type Order: Record<Context = ()>;

    const KIND: HeapKind;
    const HEAP: HeapCreation;
    const NAME_RECORD_SIZE: u16;
    const ORDER_RECORD_SIZE: u16;

    fn by_name(entry: &Entry<'_>) -> Result<Self::Name>;
    fn by_order(entry: &Entry<'_>) -> Result<Self::Order>;
    fn hash(record: &Self::Name) -> u32;
    fn heap_id(record: &Self::Name) -> &[u8];
    fn order(record: &Self::Order) -> i64;
    fn heap_id_by_order(record: &Self::Order) -> &[u8];
    /// The place in the order of creation, where the record by name has it.
    fn order_by_name(record: &Self::Name) -> Option<i64>;
    /// Whether the message lies in the file's heap of shared messages.
    fn is_shared(record: &Self::Name) -> bool;
    /// Bytes of the message that the bytes begin with, where they cannot well be anything else.
    fn message_len(store: &Store, bytes: &[u8]) -> Option<usize>;
    /// The name in the bytes of a message.
    fn name(store: &Store, message: &[u8]) -> Result<Vec<u8>>;
}

/// A message's place and what finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) hash: u32,
    pub(crate) order: i64,
    pub(crate) heap_id: &'a [u8],
    /// Flags of the message, where the records keep them.
    pub(crate) flags: u8,
}

/// A message to be put into a heap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) message: &'a [u8],
    /// Of the name.
    pub(crate) hash: u32,
    pub(crate) order: i64,
}

/// What is done with each message, and with its place in the order of creation.
type VisitMessage<'a> = &'a mut dyn FnMut(Option<i64>, &[u8]) -> Result<()>;

/// Where the parts lie, as the info message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DensePlaces {
    pub(crate) heap: Address,
    pub(crate) names: Address,
    /// `None` where creation order is not indexed.
    pub(crate) orders: Option<Address>,
}

/// The messages of one object. Heap and trees are opened when something asks for them; what is large
/// lies elsewhere, since most often nothing does.
#[derive(Debug)]
pub(crate) struct Dense<K: DenseKind> {
    places: DensePlaces,
    heap: OnceLock<Box<FractalHeap>>,
    names: OnceLock<Arc<BTree2<K::Name>>>,
    orders: OnceLock<Box<BTree2<K::Order>>>,
    keeps_nodes: bool,
}

/// Heap and trees, to be changed.
type Parts<'a, K> = (
    &'a mut FractalHeap,
    &'a mut BTree2<<K as DenseKind>::Name>,
    Option<&'a mut BTree2<<K as DenseKind>::Order>>,
);

impl<K: DenseKind> Dense<K> {
    pub(crate) fn at(places: &DensePlaces) -> Self {
        let (heap, names, orders) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { places: *places, heap, names, orders, keeps_nodes: false }
    }

    pub(crate) fn create(store: &Store, ordered: bool) -> Result<Self> {
        let space = store.space();
        let tree = |record_size| BTree2Creation {
            node_size: NODE_SIZE,
            record_size,
            split_percent: SPLIT_PERCENT,
            merge_percent: MERGE_PERCENT,
        };
        let orders =
            ordered.then(|| BTree2::<K::Order>::create(space, tree(K::ORDER_RECORD_SIZE), &()));
        let heap = FractalHeap::create(space, K::HEAP)?;
        let names = BTree2::<K::Name>::create(space, tree(K::NAME_RECORD_SIZE), &())?;
        let orders = orders.transpose()?;
        Ok(Self::at(&DensePlaces {
            heap: heap.at(),
            names: names.at(),
            orders: orders.as_ref().map(BTree2::at),
        }))
    }

    pub(crate) fn places(&self) -> DensePlaces {
        self.places
    }

    fn heap(&self, store: &Store) -> Result<&FractalHeap> {
        load_once(&self.heap, || {
            let heap = FractalHeap::load(store.space(), self.places.heap)?;
            let mut heap = heap.with_registry(store.registry());
            if self.keeps_nodes {
                heap.keep_blocks();
            }
            Ok(Box::new(heap))
        })
        .map(|heap| &**heap)
    }

    fn names(&self, store: &Store) -> Result<&BTree2<K::Name>> {
        load_once(&self.names, || {
            let mut names = BTree2::load_kept(store.space(), self.places.names)?;
            if self.keeps_nodes {
                Arc::make_mut(&mut names).keep_nodes();
            }
            Ok(names)
        })
        .map(|names| &**names)
    }

    fn orders(&self, store: &Store) -> Result<Option<&BTree2<K::Order>>> {
        let Some(at) = self.places.orders else { return Ok(None) };
        let orders = load_once(&self.orders, || BTree2::load(store.space(), at, &()).map(Box::new));
        orders.map(|orders| Some(&**orders))
    }

    fn parts(&mut self, store: &Store) -> Result<Parts<'_, K>> {
        self.heap(store)?;
        self.names(store)?;
        self.orders(store)?;
        match (self.heap.get_mut(), self.names.get_mut()) {
            (Some(heap), Some(names)) => {
                Ok((heap, Arc::make_mut(names), self.orders.get_mut().map(Box::as_mut)))
            }
            _ => Err(Error::usage("the heap is not open")),
        }
    }

    /// Number of messages.
    pub(crate) fn len(&self, store: &Store) -> Result<u64> {
        let (heap, stored) = (self.places.heap, self.names(store)?.len());
        let stored = stored.saturating_sub(store.leaving_len(heap));
        Ok(stored.saturating_add(store.waiting_len(heap)))
    }

    /// The bytes of the message a record names.
    pub(crate) fn message(&self, store: &Store, record: &K::Name) -> Result<Vec<u8>> {
        message::<K>(store, self.heap(store)?, record)
    }

    /// Calls `visit` for the record of every message, in the order of the names' hashes. None may
    /// wait.
    pub(crate) fn for_each(
        &self,
        store: &Store,
        visit: &mut dyn FnMut(K::Name) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.check_settled(store)?;
        self.names(store)?.for_each(store.space(), visit)
    }

    /// Calls `visit` with the bytes of every message, and its place in the order of creation where
    /// the message does not say it, in the order in which they lie in the heap: blocks are met
    /// once, and names most often in the order they were made in.
    pub(crate) fn for_each_message(&self, store: &Store, visit: VisitMessage<'_>) -> Result<()> {
        if store.space().tolerates_damage() {
            return self.for_each_message_left(store, visit);
        }
        let mut records = all_records(store.space(), self.names(store)?)?;
        if store.leaving_len(self.places.heap) > 0 {
            let gone = store.leaving(self.places.heap);
            records.retain(|record| K::is_shared(record) || !gone.contains(K::heap_id(record)));
        }
        let (space, heap) = (store.space(), self.heap(store)?);
        records.sort_by_cached_key(|record| heap.place(space, K::heap_id(record)));
        let mut reader = heap.reader(space);
        for record in &records {
            let order = K::order_by_name(record);
            if K::is_shared(record) {
                visit(order, &self.message(store, record)?)?;
            } else {
                reader.with(K::heap_id(record), |message| visit(order, message))?;
            }
        }
        let waiting = store.waiting_messages(self.places.heap);
        waiting.iter().try_for_each(|(order, message)| visit(Some(*order), message))
    }

    /// Keeps the nodes that look-ups read: for messages that nobody changes.
    pub(crate) fn keep_nodes(&mut self) {
        self.keeps_nodes = true;
    }

    /// What `take` makes of the message with this name, and of its place in the order of creation
    /// where the message does not say it. It gives nothing for a message of another name.
    pub(crate) fn find_message<T>(
        &self,
        store: &Store,
        name: &[u8],
        mut take: impl FnMut(Option<i64>, &[u8]) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        if store.may_change() {
            if let Some((order, message)) = store.waiting_message(self.places.heap, name) {
                return take(Some(order), &message);
            }
            if store.is_leaving(self.places.heap, name) {
                return Ok(None);
            }
        }
        let (space, hash, names) = (store.space(), lookup3(name), self.names(store)?);
        let first = names.find_any(
            space,
            |record| K::hash(record).cmp(&hash),
            |record| {
                let order = K::order_by_name(record);
                if K::is_shared(record) {
                    return take(order, &self.message(store, record)?);
                }
                let heap = self.heap(store)?;
                heap.with(space, K::heap_id(record), |message| take(order, message))
            },
        )?;
        // Nearly always there is one record of a hash, or none.
        if !matches!(first, Some(None)) {
            return Ok(first.flatten());
        }
        let Some(record) = self.find(store, name)? else { return Ok(None) };
        take(K::order_by_name(&record), &self.message(store, &record)?)
    }

    /// Whether there is a message with this name.
    pub(crate) fn has(&self, store: &Store, name: &[u8]) -> Result<bool> {
        match store.has_waiting_message(self.places.heap, name) {
            Some(waits) => Ok(waits),
            None => Ok(self.find(store, name)?.is_some()),
        }
    }

    /// Checks that the tree ordered by creation has what the tree of names has.
    pub(crate) fn check_orders(&self, store: &Store) -> Result<()> {
        let (space, names) = (store.space(), self.names(store)?.len());
        let Some(orders) = self.orders(store)? else { return Ok(()) };
        let found = wide(all_records(space, orders)?.len());
        if found == names {
            return Ok(());
        }
        let problem = format!("{found} records by creation, of {names} names");
        let at = self.places.orders.unwrap_or(self.places.names);
        Err(space.broken(
            "Version 2 B-tree Header",
            "Total Number of Records in B-tree",
            at,
            problem,
        ))
    }

    /// Refuses what cannot be done while messages wait to be put in.
    fn check_settled(&self, store: &Store) -> Result<()> {
        match store.waiting_len(self.places.heap) | store.leaving_len(self.places.heap) {
            0 => Ok(()),
            _ => Err(Error::usage("messages of the heap wait to be put in, or to be taken out")),
        }
    }

    /// The record of the message with this name, among those that do not wait.
    pub(crate) fn find(&self, store: &Store, name: &[u8]) -> Result<Option<K::Name>> {
        let names = self.names(store)?;
        if names.len() == 0 || store.is_leaving(self.places.heap, name) {
            return Ok(None);
        }
        let hash = lookup3(name);
        let mut compare = |record: &K::Name| -> Result<Ordering> { Ok(K::hash(record).cmp(&hash)) };
        let mut found = None;
        names.for_each_equal(store.space(), &mut compare, &mut |record| {
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
        if store.lets_wait() {
            let arrival = (name, message, order);
            if store.let_wait_with_others(self.places.heap, arrival)? {
                return Ok(());
            }
            self.heap(store)?.check_editable()?;
            let is_empty = self.names(store)?.len() == 0;
            return store.let_wait(K::KIND, self.places, is_empty, arrival);
        }
        let heap_id = self.parts(store)?.0.insert(store.space(), message)?;
        self.put(store, name, &Entry { hash: lookup3(name), order, heap_id: &heap_id, flags: 0 })
    }

    /// As [`insert`](Self::insert), of the message that is this value.
    pub(crate) fn insert_value<T: Structure>(
        &mut self,
        store: &Store,
        name: &[u8],
        value: &T,
        order: i64,
    ) -> Result<()> {
        let heap = self.places.heap;
        if store.lets_wait() && store.let_value_wait_with_others(heap, (name, value, order))? {
            return Ok(());
        }
        self.insert(store, name, &store.encode(value)?, order)
    }

    /// Adds all these messages, of whose names there are none, in this order.
    pub(crate) fn put_all<'m>(
        &mut self,
        store: &Store,
        all: impl Iterator<Item = Arrival<'m>> + Clone,
    ) -> Result<()> {
        let space = store.space();
        let count = wide(all.clone().count());
        let (heap, names, orders) = self.parts(store)?;
        let few = names.len() > count.saturating_mul(REBUILT_BELOW);
        let is_ordered = orders.is_some();
        let (mut by_name, mut by_order) = (Vec::new(), Vec::new());
        if !few {
            by_name = all_records(space, names)?;
            by_order = orders.map_or(Ok(Vec::new()), |orders| all_records(space, orders))?;
        }
        let mut arrivals = all.clone();
        heap.insert_all(space, all.clone().map(|arrival| arrival.message), &mut |heap_id| {
            let Some(Arrival { hash, order, .. }) = arrivals.next() else { return Ok(()) };
            let entry = Entry { hash, order, heap_id, flags: 0 };
            by_name.push(K::by_name(&entry)?);
            if is_ordered {
                by_order.push(K::by_order(&entry)?);
            }
            Ok(())
        })?;
        if few {
            let mut by_order = by_order.into_iter();
            return all.zip(by_name).try_for_each(|(arrival, record)| {
                self.put_records(store, arrival.name, record, by_order.next())
            });
        }
        by_name.sort_by_key(K::hash);
        self.order_equal_hashes(store, &mut by_name)?;
        let (_, names, orders) = self.parts(store)?;
        names.rebuild(space, by_name)?;
        let Some(orders) = orders else { return Ok(()) };
        by_order.sort_by_key(K::order);
        orders.rebuild(space, by_order)
    }

    /// Brings records of one hash, of which there are seldom two, into the order of their names.
    fn order_equal_hashes(&self, store: &Store, records: &mut [K::Name]) -> Result<()> {
        for equal in records.chunk_by_mut(|a, b| K::hash(a) == K::hash(b)) {
            if equal.len() < 2 {
                continue;
            }
            let name = |record: &K::Name| K::name(store, &self.message(store, record)?);
            let mut named = Vec::new();
            for record in equal.iter() {
                named.push((name(record)?, record.clone()));
            }
            named.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (to, (_, record)) in equal.iter_mut().zip(named) {
                *to = record;
            }
        }
        Ok(())
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
        store.note_stored(self.places.heap);
        self.put(store, name, &Entry { hash: lookup3(name), order, heap_id: id, flags })
    }

    fn put(&mut self, store: &Store, name: &[u8], entry: &Entry<'_>) -> Result<()> {
        let order = self.places.orders.map(|_| K::by_order(entry)).transpose()?;
        self.put_records(store, name, K::by_name(entry)?, order)
    }

    fn put_records(
        &mut self,
        store: &Store,
        name: &[u8],
        by_name: K::Name,
        by_order: Option<K::Order>,
    ) -> Result<()> {
        let space = store.space();
        let (heap, names, orders) = self.parts(store)?;
        let mut compare = name_order::<K>(store, heap, name);
        names.insert(space, by_name, &mut compare)?;
        if let (Some(orders), Some(record)) = (orders, by_order) {
            let order = K::order(&record);
            orders.insert(space, record, &mut |record| Ok(K::order(record).cmp(&order)))?;
        }
        Ok(())
    }

    /// Removes the message of this name, of which none waits to be put in; `order` is its creation
    /// order. One in the file's heap of shared messages stays there.
    pub(crate) fn remove(&mut self, store: &Store, name: &[u8], order: i64) -> Result<()> {
        if store.lets_wait() {
            let record = self.find(store, name)?.ok_or_else(|| Error::not_found("the message"))?;
            if !K::is_shared(&record) {
                self.heap(store)?.check_editable()?;
                let gone = (name, K::heap_id(&record), order);
                return store.let_leave(K::KIND, self.places, gone);
            }
        }
        let space = store.space();
        let (heap, names, orders) = self.parts(store)?;
        let record = names.remove(space, &mut name_order::<K>(store, heap, name))?;
        let record = record.ok_or_else(|| Error::not_found("the message"))?;
        if let Some(orders) = orders {
            orders.remove(space, &mut |record| Ok(K::order(record).cmp(&order)))?;
        }
        if K::is_shared(&record) { Ok(()) } else { heap.remove(space, K::heap_id(&record)) }
    }

    /// Removes all these messages, which have ids in place of their bytes, and none of which is shared.
    pub(crate) fn take_all<'m>(
        &mut self,
        store: &Store,
        all: impl Iterator<Item = Arrival<'m>> + Clone,
    ) -> Result<()> {
        let space = store.space();
        let count = wide(all.clone().count());
        let (heap, names, mut orders) = self.parts(store)?;
        let missing = || Error::not_found("the message");
        if names.len() > count.saturating_mul(REBUILT_BELOW) {
            for Arrival { name, order, .. } in all.clone() {
                let removed = names.remove(space, &mut name_order::<K>(store, heap, name))?;
                removed.ok_or_else(missing)?;
                if let Some(orders) = &mut orders {
                    orders.remove(space, &mut |record| Ok(K::order(record).cmp(&order)))?;
                }
            }
        } else {
            let ids: HashSet<&[u8]> = all.clone().map(|gone| gone.message).collect();
            let mut left = all_records(space, names)?;
            left.retain(|record| K::is_shared(record) || !ids.contains(K::heap_id(record)));
            if wide(left.len()).saturating_add(count) != names.len() {
                return Err(missing());
            }
            names.rebuild(space, left)?;
            if let Some(orders) = orders {
                let gone: HashSet<i64> = all.clone().map(|gone| gone.order).collect();
                let mut left = all_records(space, orders)?;
                left.retain(|record| !gone.contains(&K::order(record)));
                orders.rebuild(space, left)?;
            }
        }
        heap.remove_all(space, all.map(|gone| gone.message))
    }

    /// Gives everything back.
    pub(crate) fn free(self, store: &Store) -> Result<()> {
        store.space().free_all(|extents| self.extents(store, extents))
    }

    /// Adds everything to `extents`.
    pub(crate) fn extents(&self, store: &Store, extents: &mut Extents) -> Result<()> {
        self.check_settled(store)?;
        let space = store.space();
        self.names(store)?.extents(space, extents)?;
        if let Some(orders) = self.orders(store)? {
            orders.extents(space, extents)?;
        }
        self.heap(store)?.extents(space, extents)
    }
}

/// All records of a tree, in order.
fn all_records<R: Record<Context = ()>>(space: &Space, tree: &BTree2<R>) -> Result<Vec<R>> {
    let mut records = Vec::new();
    tree.for_each(space, &mut |record| {
        records.push(record);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(records)
}

fn load_once<T>(cell: &OnceLock<T>, load: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let loaded = load()?;
    Ok(cell.get_or_init(|| loaded))
}

/// The bytes of the message a record names.
fn message<K: DenseKind>(store: &Store, heap: &FractalHeap, record: &K::Name) -> Result<Vec<u8>> {
    if K::is_shared(record) {
        return store.shared_message(MessageType::ATTRIBUTE, &sized(K::heap_id(record))?, 0);
    }
    Ok(heap.get(store.space(), K::heap_id(record))?.into_owned())
}

/// Orders stored records against a name: by its hash, and by itself where hashes are equal.
fn name_order<'a, K: DenseKind>(
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
