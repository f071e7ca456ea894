//! Messages that fewer headers share.
//!
//! Nothing is ever put in: what is new is stored in its own header, which the format allows. What
//! is given up is counted, goes with its last use, and takes the index along with the last message.
//! A list is written anew elsewhere, as nodes of trees are: the table, which changes in place,
//! switches over.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::{SharedMessages, record_extents};
use crate::codec::{Address, lookup3_seeded};
use crate::error::{Error, Result};
use crate::format::btree2::{SharedMessageLocation, SharedMessageRecord};
use crate::format::shared_message::{MessageIndex, MessageIndexKind, MessageTable, RecordList};
use crate::infra::btree2::BTree2;
use crate::infra::fractal_heap::FractalHeap;
use crate::space::{Purpose, Rank, Space};

/// Most zeros that a header puts behind a message.
const PADDING: usize = 7;

/// What a header has of a message that it shares.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SharedUse<'a> {
    /// Its id in the heap.
    Heap(&'a [u8; 8]),
    /// The message itself, perhaps with padding behind it, in the header at this address.
    Header(Address, &'a [u8]),
}

/// What is left of a message of which there is one use less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Released {
    /// Others use it.
    Used,
    /// Nobody does: its bytes.
    Gone(Vec<u8>),
}

/// Reads the message of a type that the object header at an address holds itself.
pub(crate) type InHeader<'a> = &'a dyn Fn(Address, u8) -> Result<Vec<u8>>;

impl SharedMessages {
    /// Uses of a message of header message type `message_type`; none where no index knows it.
    pub(crate) fn uses(
        &self,
        space: &Space,
        message_type: u16,
        by: SharedUse<'_>,
        in_header: InHeader<'_>,
    ) -> Result<u32> {
        let known = Index::of(self, space, message_type, in_header)?.find(by)?;
        Ok(known.map_or(0, |known| known.uses()))
    }

    /// Counts one use less of a message of header message type `message_type`, as part of a step.
    /// What was read of the messages before is out of date then.
    pub(crate) fn release(
        &self,
        space: &Space,
        message_type: u16,
        by: SharedUse<'_>,
        in_header: InHeader<'_>,
    ) -> Result<Released> {
        let mut index = Index::of(self, space, message_type, in_header)?;
        let Some(known) = index.find(by)? else {
            return match by {
                // Nobody else can know of it.
                SharedUse::Header(_, message) => Ok(Released::Gone(message.to_vec())),
                SharedUse::Heap(_) => {
                    Err(self.broken(space, "Index Address", "the index lacks a shared message"))
                }
            };
        };
        // What is shared less goes behind what stands for it from here on.
        space.take_away(|| {
            index.lessen(&known)?;
            let mut table = self.table.clone();
            if let Some(place) = table.indexes.get_mut(index.number) {
                *place = index.state;
            }
            if table == self.table { Ok(()) } else { self.save_table(space, &table) }
        })?;
        Ok(if known.uses() > 1 { Released::Used } else { Released::Gone(known.message) })
    }

    fn save_table(&self, space: &Space, table: &MessageTable) -> Result<()> {
        let count = u8::try_from(table.indexes.len()).unwrap_or(u8::MAX);
        let len = MessageTable::size(count, space.sizes());
        space.save_in(Rank::Index, self.at, table, &count, len)
    }
}

/// A record of an index, and the message it is of.
struct Known {
    record: SharedMessageRecord,
    message: Vec<u8>,
}

impl Known {
    fn uses(&self) -> u32 {
        match self.record.location {
            SharedMessageLocation::Heap { reference_count, .. } => reference_count,
            SharedMessageLocation::Header { .. } => 1,
        }
    }
}

/// The index of messages of one type.
struct Index<'a> {
    shared: &'a SharedMessages,
    space: &'a Space,
    message_type: u16,
    number: usize,
    /// As it is to be.
    state: MessageIndex,
    in_header: InHeader<'a>,
}

impl<'a> Index<'a> {
    fn of(
        shared: &'a SharedMessages,
        space: &'a Space,
        message_type: u16,
        in_header: InHeader<'a>,
    ) -> Result<Self> {
        let number = shared.index_of(space, message_type)?;
        let state = shared.index(space, number)?.clone();
        Ok(Self { shared, space, message_type, number, state, in_header })
    }

    /// The record of the message that is used so, where there is one.
    fn find(&self, by: SharedUse<'_>) -> Result<Option<Known>> {
        match by {
            SharedUse::Heap(id) => {
                let message = self.shared.message(self.space, self.message_type, id)?;
                let records = self.hashed(&message)?;
                let record = records.into_iter().find(|record| {
                    matches!(&record.location,
                        SharedMessageLocation::Heap { heap_id, .. } if heap_id == id)
                });
                Ok(record.map(|record| Known { record, message }))
            }
            SharedUse::Header(header, body) => {
                for message in unpadded(body) {
                    if let Some(record) = self.find_kept(header, message)? {
                        return Ok(Some(Known { record, message: message.to_vec() }));
                    }
                }
                Ok(None)
            }
        }
    }

    /// The record of a message that the header at this address holds itself.
    fn find_kept(&self, header: Address, message: &[u8]) -> Result<Option<SharedMessageRecord>> {
        for record in self.hashed(message)? {
            let found = match &record.location {
                SharedMessageLocation::Header { message_type, header: at, .. } => {
                    u16::from(*message_type) == self.message_type && *at == header
                }
                // It came first, and has been in the heap since the second one came.
                SharedMessageLocation::Heap { .. } => self.message_of(&record)? == message,
            };
            if found {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The records with the hash of `message`.
    fn hashed(&self, message: &[u8]) -> Result<Vec<SharedMessageRecord>> {
        let hash = lookup3_seeded(message, self.message_type.into());
        let Some(at) = self.state.index else { return Ok(Vec::new()) };
        if self.state.kind == MessageIndexKind::List {
            let mut records = self.shared.records(self.space, &self.state)?;
            records.retain(|record| record.hash == hash);
            return Ok(records);
        }
        let mut records = Vec::new();
        let tree = BTree2::<SharedMessageRecord>::load(self.space, at, &())?;
        let mut compare = |record: &SharedMessageRecord| Ok(record.hash.cmp(&hash));
        tree.for_each_equal(self.space, &mut compare, &mut |record| {
            records.push(record);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(records)
    }

    /// The message a record is of.
    fn message_of(&self, record: &SharedMessageRecord) -> Result<Vec<u8>> {
        match &record.location {
            SharedMessageLocation::Heap { heap_id, .. } => {
                let heap = self.shared.heap(self.space, self.number)?;
                Ok(heap.get(self.space, heap_id)?.into_owned())
            }
            SharedMessageLocation::Header { message_type, header, .. } => {
                (self.in_header)(*header, *message_type)
            }
        }
    }

    /// Counts one use less of a message.
    fn lessen(&mut self, known: &Known) -> Result<()> {
        let last = known.uses() <= 1;
        match self.state.kind {
            MessageIndexKind::List => self.lessen_list(known, last)?,
            MessageIndexKind::Tree => self.lessen_tree(known, last)?,
        }
        if !last {
            return Ok(());
        }
        if let (SharedMessageLocation::Heap { heap_id, .. }, Some(mut heap)) =
            (&known.record.location, self.open_heap()?)
        {
            heap.remove(self.space, heap_id)?;
        }
        if self.state.messages == 0 {
            self.free_records()?;
            let heap = self.open_heap()?;
            self.state.heap = None;
            return heap.map_or(Ok(()), |heap| {
                self.space.free_all(|extents| heap.extents(self.space, extents))
            });
        }
        let few = self.state.messages < self.state.tree_cutoff;
        if self.state.kind == MessageIndexKind::Tree
            && few
            && self.state.messages <= self.state.list_cutoff
        {
            let records = self.shared.records(self.space, &self.state)?;
            self.free_records()?;
            self.state.kind = MessageIndexKind::List;
            return self.save_list(None, records);
        }
        Ok(())
    }

    fn lessen_list(&mut self, known: &Known, last: bool) -> Result<()> {
        let mut records = self.shared.records(self.space, &self.state)?;
        if last {
            records.retain(|record| *record != known.record);
        } else {
            records.iter_mut().filter(|record| **record == known.record).for_each(count_less);
        }
        self.save_list(self.state.index, records)
    }

    /// Writes a list that was at `old`, if anywhere.
    fn save_list(&mut self, old: Option<Address>, records: Vec<SharedMessageRecord>) -> Result<()> {
        let len = RecordList::size(self.state.list_cutoff, self.space.sizes());
        let at = match old {
            Some(at) => self.space.shadow(Purpose::Metadata, at, len)?,
            None => self.space.allocate(Purpose::Metadata, len)?,
        };
        self.state.messages = u16::try_from(records.len()).unwrap_or(u16::MAX);
        self.state.index = Some(at);
        let count = self.state.messages;
        self.space.save_in(Rank::IndexNode, at, &RecordList { records }, &count, len)
    }

    fn lessen_tree(&mut self, known: &Known, last: bool) -> Result<()> {
        let Some(at) = self.state.index else { return Ok(()) };
        let mut tree = BTree2::<SharedMessageRecord>::load(self.space, at, &())?;
        let mut compare = |record: &SharedMessageRecord| -> Result<Ordering> {
            let by_hash = record.hash.cmp(&known.record.hash);
            if by_hash.is_ne() || *record == known.record {
                return Ok(by_hash);
            }
            let (message, wanted) = (self.message_of(record)?, &known.message);
            Ok(message.len().cmp(&wanted.len()).then_with(|| message.cmp(wanted)))
        };
        let found = if last {
            tree.remove(self.space, &mut compare)?.is_some()
        } else {
            tree.update(self.space, &mut compare, &mut count_less)?
        };
        if !found {
            let problem = "the records are out of order";
            return Err(self.shared.broken(self.space, "Index Address", problem));
        }
        // The field has gone around in a file with more.
        let many = |_| Error::unsupported("changing more than 65,535 shared messages of an index");
        self.state.messages = u16::try_from(tree.len()).map_err(many)?;
        Ok(())
    }

    /// Gives the list or the tree back.
    fn free_records(&mut self) -> Result<()> {
        self.space.free_all(|extents| record_extents(self.space, &self.state, extents))?;
        // As libhdf5 has it: an index starts as a tree only where a tree may be empty.
        if self.state.index.take().is_some() && self.state.tree_cutoff > 0 {
            self.state.kind = MessageIndexKind::List;
        }
        self.state.messages = 0;
        Ok(())
    }

    /// The heap, to be changed.
    fn open_heap(&self) -> Result<Option<FractalHeap>> {
        let Some(at) = self.state.heap else { return Ok(None) };
        Ok(Some(FractalHeap::load(self.space, at)?.with_registry(&self.shared.registry)))
    }
}

fn count_less(record: &mut SharedMessageRecord) {
    if let SharedMessageLocation::Heap { reference_count, .. } = &mut record.location {
        *reference_count = reference_count.saturating_sub(1);
    }
}

/// What a message may be that has these bytes in its header: all of them, or fewer zeros at the end.
fn unpadded(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let zeros = body.iter().rev().take_while(|byte| **byte == 0).count().min(PADDING);
    (0..=zeros).filter_map(|zeros| body.get(..body.len().checked_sub(zeros)?))
}
