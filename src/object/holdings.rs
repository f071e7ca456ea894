//! What an object holds: all that goes with it, and nothing that stays.
//!
//! There is one list of it: objects are deleted by it, and the account of a file is drawn up by it.

use std::collections::HashSet;
use std::sync::Arc;

use super::attribute;
use super::dataset::DatasetObject;
use super::group::GroupObject;
use super::header::ObjectHeader;
use super::store::Store;
use super::stored_type::committed_at;
use crate::codec::{Address, wide};
use crate::element::{for_each_heap_id, holds_heap_ids};
use crate::error::{Error, Result};
use crate::format::datatype::Datatype;
use crate::format::global_heap::HeapId;
use crate::format::message::{
    Attribute, AttributeInfo, LinkInfo, LinkTarget, MessageFlags, MessageType,
};
use crate::format::object_header::RawMessage;
use crate::space::Extents;

/// How much may be read to find out what objects hold.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    blocks: u64,
    elements: u64,
}

impl Patience {
    /// Whatever it takes.
    pub(crate) const ENDLESS: Self = Self { blocks: u64::MAX, elements: u64::MAX };
    /// About a second.
    pub(crate) const BRIEF: Self = Self { blocks: 1 << 18, elements: 64 << 20 };

    /// Counts blocks that were found.
    fn blocks(&mut self, count: usize) -> Result<()> {
        Self::spend(&mut self.blocks, wide(count))
    }

    /// Counts bytes of elements that are about to be looked at.
    pub(crate) fn elements(&mut self, bytes: u64) -> Result<()> {
        Self::spend(&mut self.elements, bytes)
    }

    fn spend(left: &mut u64, n: u64) -> Result<()> {
        let enough = left.checked_sub(n);
        *left = enough.ok_or_else(|| Error::unsupported("a short look at a file this large"))?;
        Ok(())
    }
}

/// How what objects hold is gathered: at what price, and what becomes of errors.
pub(crate) struct Survey<'a> {
    pub(crate) patience: &'a mut Patience,
    /// Whether all elements are looked at, or only those that name objects of heaps.
    pub(crate) all_elements: bool,
    /// Takes note of an error; where it gives one back, the work ends.
    heed: &'a mut dyn FnMut(Error) -> Result<()>,
}

impl<'a> Survey<'a> {
    pub(crate) fn new(
        patience: &'a mut Patience,
        all_elements: bool,
        heed: &'a mut dyn FnMut(Error) -> Result<()>,
    ) -> Self {
        Self { patience, all_elements, heed }
    }

    /// The value, where there is one.
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => (self.heed)(error).map(|()| None),
        }
    }
}

/// An object that another one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) at: Address,
    /// The name of the link that leads there, where it is one.
    pub(crate) name: Option<Vec<u8>>,
}

/// What an object holds.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    /// Blocks of the file.
    pub(crate) extents: Extents,
    /// Objects of global heaps, by the address of the heap and their index in it.
    heap_objects: Vec<(Address, u32)>,
    /// Such objects that it names, but perhaps not alone: they stay.
    named: Vec<HeapId>,
    /// Objects that count it among what leads to them, each as often as it does: what its hard links
    /// lead to, and committed types.
    pub(crate) objects: Vec<Counted>,
    /// Uses of messages that objects may share, and the headers that have them.
    uses: Vec<(Address, RawMessage)>,
}

/// Puts into heaps what waits for them, and takes out what is to go from those of the object.
fn settle(store: &Store, header: &ObjectHeader) -> Result<()> {
    store.settle_arrivals()?;
    if !store.has_waiting() {
        return Ok(());
    }
    // What cannot be read is told by who looks there.
    let links = store.message::<LinkInfo>(header, MessageType::LINK_INFO).ok().flatten();
    let attributes = store.message::<AttributeInfo>(header, MessageType::ATTRIBUTE_INFO);
    let heaps = [
        links.and_then(|info| info.fractal_heap),
        attributes.ok().flatten().and_then(|info| info.fractal_heap),
    ];
    heaps.into_iter().flatten().try_for_each(|heap| store.settle_one(heap))
}

impl Holdings {
    /// What the object with this header holds.
    pub(crate) fn of(
        store: &Arc<Store>,
        header: &ObjectHeader,
        patience: &mut Patience,
    ) -> Result<Self> {
        let mut held = Self::default();
        held.gather(store, header, &mut Survey::new(patience, false, &mut Err))?;
        Ok(held)
    }

    /// Adds what the object with this header holds.
    pub(crate) fn gather(
        &mut self,
        store: &Arc<Store>,
        header: &ObjectHeader,
        survey: &mut Survey<'_>,
    ) -> Result<()> {
        settle(store, header)?;
        header.extents(&mut self.extents);
        let content = if DatasetObject::is(header) {
            DatasetObject::holdings(store, header, self, survey)
        } else if GroupObject::is(header) {
            self.links(store, header)
        } else {
            Ok(())
        };
        survey.keep(content)?;
        let attributes = attribute::holdings(store, header, self, survey);
        survey.keep(attributes)?;
        for message in header.messages.iter().filter(|m| m.kind != MessageType::ATTRIBUTE) {
            survey.keep(self.message(store, header.address, message))?;
        }
        self.heap_objects.sort_unstable();
        self.heap_objects.dedup();
        survey.patience.blocks(self.extents.iter().count())
    }

    /// Adds what a group keeps its links in, and what these lead to.
    fn links(&mut self, store: &Store, header: &ObjectHeader) -> Result<()> {
        let group = GroupObject::load(store, header)?;
        group.extents(store, &mut self.extents)?;
        for link in group.all(store)? {
            if let LinkTarget::Hard(at) = link.target {
                self.objects.push(Counted { at, name: Some(link.name) });
            }
        }
        Ok(())
    }

    /// Adds the objects of global heaps that stored elements name.
    pub(crate) fn elements(
        &mut self,
        store: &Store,
        datatype: &Datatype,
        elements: &[u8],
    ) -> Result<()> {
        if !holds_heap_ids(datatype) {
            return Ok(());
        }
        for_each_heap_id(datatype, elements, store, &mut |id| {
            self.heap_object(&id);
            Ok(())
        })
    }

    /// Adds the objects of global heaps that a fill value names: as what goes with it only where
    /// nothing else can name them.
    pub(crate) fn fill(
        &mut self,
        store: &Store,
        datatype: &Datatype,
        fill: &[u8],
        alone: bool,
    ) -> Result<()> {
        if !holds_heap_ids(datatype) {
            return Ok(());
        }
        for_each_heap_id(datatype, fill, store, &mut |id| {
            match alone && store.own_fills().knows(&id) {
                true => self.heap_object(&id),
                false => self.named.push(id),
            }
            Ok(())
        })
    }

    /// Adds an object of a global heap.
    pub(crate) fn heap_object(&mut self, id: &HeapId) {
        self.heap_objects.extend(id.address.map(|at| (at, id.index)));
    }

    /// The objects of global heaps, each once.
    pub(crate) fn heap_objects(&self) -> impl Iterator<Item = HeapId> {
        let id = |(at, index): &(Address, u32)| HeapId { address: Some(*at), index: *index };
        self.heap_objects.iter().map(id)
    }

    /// Adds what a message stands for, if anything: a committed type, or a message that objects may
    /// share. It is one of the header at `header`.
    pub(crate) fn message(
        &mut self,
        store: &Store,
        header: Address,
        message: &RawMessage,
    ) -> Result<()> {
        if message.flags.contains(MessageFlags::SHARED)
            && let Some(at) = committed_at(store, &message.body, message.offset)?
        {
            self.objects.push(Counted { at, name: None });
        } else if message.flags.intersects(MessageFlags::SHARED | MessageFlags::SHAREABLE) {
            self.uses.push((header, message.clone()));
        }
        Ok(())
    }

    /// Objects of global heaps that are named, but stay.
    pub(crate) fn named(&self) -> impl Iterator<Item = &HeapId> {
        self.named.iter()
    }

    /// What attributes hold that objects may share, each of them once: `seen` has those that were
    /// met before.
    pub(crate) fn of_shared_attributes(
        &self,
        store: &Store,
        seen: &mut HashSet<Vec<u8>>,
    ) -> Result<Self> {
        let mut held = Self::default();
        for (header, message) in &self.uses {
            if message.kind == MessageType::ATTRIBUTE && seen.insert(message.body.clone()) {
                let attribute: Attribute = store.decode(message)?;
                attribute::attribute_holdings(store, *header, &attribute, &mut held)?;
            }
        }
        Ok(held)
    }

    /// Uses of messages that objects may share, and the headers that have them.
    #[cfg(test)]
    pub(crate) fn uses(&self) -> impl Iterator<Item = &(Address, RawMessage)> {
        self.uses.iter()
    }

    /// Gives everything back; the objects that are counted are the caller's.
    pub(crate) fn free(&mut self, store: &Store) -> Result<()> {
        for (header, message) in std::mem::take(&mut self.uses) {
            let gone = store.release(header, &message)?;
            if let Some(bytes) = gone.filter(|_| message.kind == MessageType::ATTRIBUTE) {
                let mut more = Self::default();
                let attribute: Attribute = store.decode_bytes(&bytes, message.offset)?;
                attribute::attribute_holdings(store, header, &attribute, &mut more)?;
                more.free(store)?;
                self.objects.extend(more.objects);
            }
        }
        self.heap_objects().try_for_each(|id| store.remove_heap_object(&id))?;
        store.space().free_extents(&self.extents)
    }
}
