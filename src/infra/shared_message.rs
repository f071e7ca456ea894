//! Messages shared through the file's tables.
//!
//! See `spec-notes/shared-messages.md`.

mod release;

use std::ops::ControlFlow;
use std::sync::OnceLock;

pub(crate) use release::{Released, SharedUse};

use super::btree2::BTree2;
use super::fractal_heap::FractalHeap;
use crate::codec::{Address, StructureIn};
use crate::error::{Error, Result};
use crate::filter::Registry;
use crate::format::btree2::{SharedMessageLocation, SharedMessageRecord};
use crate::format::shared_message::{MessageIndex, MessageIndexKind, MessageTable, RecordList};
use crate::space::{Extents, Space};

/// The messages that object headers share.
#[derive(Debug)]
pub(crate) struct SharedMessages {
    at: Address,
    table: MessageTable,
    /// The heap of each index, read when it is first needed.
    heaps: Vec<OnceLock<FractalHeap>>,
    /// What the heaps' filters are.
    registry: Registry,
}

impl SharedMessages {
    /// Reads the table of `count` indexes at `table`.
    pub(crate) fn load(
        space: &Space,
        table: Address,
        count: u8,
        registry: &Registry,
    ) -> Result<Self> {
        let len = MessageTable::size(count, space.sizes());
        let found: MessageTable = space.load_in(table, len, &count)?;
        let heaps = found.indexes.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { at: table, table: found, heaps, registry: registry.clone() })
    }

    /// The indexes, as the table holds them.
    pub(crate) fn indexes(&self) -> &[MessageIndex] {
        &self.table.indexes
    }

    /// The bytes of a message of header message type `message_type`.
    pub(crate) fn message(
        &self,
        space: &Space,
        message_type: u16,
        heap_id: &[u8; 8],
    ) -> Result<Vec<u8>> {
        let number = self.index_of(space, message_type)?;
        Ok(self.heap(space, number)?.get(space, heap_id)?.into_owned())
    }

    /// The number of the index of messages of header message type `message_type`.
    fn index_of(&self, space: &Space, message_type: u16) -> Result<usize> {
        self.table.index_of(message_type).ok_or_else(|| {
            let problem = format!("no index holds messages of type {message_type}");
            self.broken(space, "Message Type Flags", problem)
        })
    }

    fn index(&self, space: &Space, number: usize) -> Result<&MessageIndex> {
        let missing = || self.broken(space, "Index", "there is no such index");
        self.table.indexes.get(number).ok_or_else(missing)
    }

    /// The heap of an index.
    pub(crate) fn heap(&self, space: &Space, number: usize) -> Result<&FractalHeap> {
        let at = self.index(space, number)?.heap;
        match (self.heaps.get(number), at) {
            (Some(cell), Some(at)) => match cell.get() {
                Some(heap) => Ok(heap),
                None => {
                    let heap = FractalHeap::load(space, at)?.with_registry(&self.registry);
                    Ok(cell.get_or_init(|| heap))
                }
            },
            _ => Err(self.broken(space, "Fractal Heap Address", "the index has no messages")),
        }
    }

    /// Every record of one index, in the order of the file.
    pub(crate) fn records(
        &self,
        space: &Space,
        index: &MessageIndex,
    ) -> Result<Vec<SharedMessageRecord>> {
        let Some(at) = index.index else { return Ok(Vec::new()) };
        if index.kind == MessageIndexKind::List {
            let len = RecordList::size(index.messages, space.sizes());
            let list: RecordList = space.load_in(at, len, &index.messages)?;
            return Ok(list.records);
        }
        let tree = BTree2::<SharedMessageRecord>::load(space, at, &())?;
        if tree.len() != u64::from(index.messages) {
            return Err(self.miscounted(space));
        }
        let mut records = Vec::new();
        tree.for_each(space, &mut |record| {
            records.push(record);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(records)
    }

    /// Bytes of the table.
    pub(crate) fn table_size(&self, space: &Space) -> u64 {
        let count = u8::try_from(self.table.indexes.len()).unwrap_or(u8::MAX);
        MessageTable::size(count, space.sizes())
    }

    /// Adds the table, and all that its indexes lie in, to `extents`.
    pub(crate) fn extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        extents.metadata(self.at, self.table_size(space));
        for index in self.indexes() {
            record_extents(space, index, extents)?;
            if let Some(heap) = index.heap {
                FractalHeap::load(space, heap)?.extents(space, extents)?;
            }
        }
        Ok(())
    }

    /// Reads each message that an index has in its heap; where `heed` gives an error, the work ends.
    pub(crate) fn check(
        &self,
        space: &Space,
        heed: &mut dyn FnMut(Error) -> Result<()>,
    ) -> Result<()> {
        for (number, index) in self.indexes().iter().enumerate() {
            let records = match self.records(space, index) {
                Ok(records) => records,
                Err(error) => {
                    heed(error)?;
                    continue;
                }
            };
            for record in records {
                let SharedMessageLocation::Heap { heap_id, .. } = record.location else { continue };
                let read = self.heap(space, number).and_then(|heap| heap.get(space, &heap_id));
                read.map(drop).or_else(&mut *heed)?;
            }
        }
        Ok(())
    }

    fn miscounted(&self, space: &Space) -> Error {
        self.broken(space, "Number of Messages", "is not that of the index's B-tree")
    }

    #[cold]
    fn broken(&self, space: &Space, field: &'static str, problem: impl Into<String>) -> Error {
        space.broken(MessageTable::NAME, field, self.at, problem)
    }
}

/// Adds the list or the tree of an index to `extents`.
fn record_extents(space: &Space, index: &MessageIndex, extents: &mut Extents) -> Result<()> {
    let Some(at) = index.index else { return Ok(()) };
    match index.kind {
        MessageIndexKind::List => {
            extents.metadata(at, RecordList::size(index.list_cutoff, space.sizes()));
            Ok(())
        }
        MessageIndexKind::Tree => {
            BTree2::<SharedMessageRecord>::load(space, at, &())?.extents(space, extents)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::codec::Sizes;
    use crate::io::Memory;
    use crate::limits::Limits;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

    #[test]
    fn lists_are_read_and_missing_messages_named() {
        let index = MessageIndex {
            kind: MessageIndexKind::List,
            message_types: 0x0008,
            min_message_size: 0,
            list_cutoff: 50,
            tree_cutoff: 40,
            messages: 1,
            index: Some(Address(64)),
            heap: None,
        };
        let location = SharedMessageLocation::Header {
            message_type: 3,
            creation_index: 0,
            header: Address(0x60),
        };
        let record = SharedMessageRecord { hash: 7, location };
        let table = MessageTable { indexes: vec![index.clone()] };
        let mut bytes = table.to_bytes_in(SIZES, &1).unwrap();
        bytes.resize(64, 0);
        let list = RecordList { records: vec![record.clone()] };
        bytes.extend(list.to_bytes_in(SIZES, &1).unwrap());
        let space = Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap();

        let shared = SharedMessages::load(&space, Address(0), 1, &Registry::default()).unwrap();
        assert_eq!(shared.records(&space, &index).unwrap(), [record]);
        let error = shared.message(&space, 12, &[0; 8]).unwrap_err();
        assert!(error.to_string().contains("no index"), "{error}");
        assert!(shared.message(&space, 3, &[0; 8]).is_err());
    }
}
