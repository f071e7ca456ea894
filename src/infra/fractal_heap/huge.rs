//! Huge objects put into a fractal heap and taken out.

use std::ops::ControlFlow;

use super::FractalHeap;
use super::edit::add_or_take;
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::format::btree2::{
    DirectHugeRecord, FilteredDirectHugeRecord, FilteredIndirectHugeRecord, IndirectHugeRecord,
    Record,
};
use crate::format::fractal_heap::{FractalHeapFlags, HugeObject};
use crate::infra::btree2::{BTree2, BTree2Creation};
use crate::space::{Extents, Purpose, Space};

/// Bytes of a node of a new tree.
const NODE_SIZE: u32 = 512;

/// A record of a huge object, of any kind.
trait HugeRecord: Record<Context = ()> {
    /// Address, and bytes in the file.
    fn place(&self) -> (Address, u64);
}

impl HugeRecord for IndirectHugeRecord {
    fn place(&self) -> (Address, u64) {
        (self.address, self.length)
    }
}

impl HugeRecord for FilteredIndirectHugeRecord {
    fn place(&self) -> (Address, u64) {
        (self.address, self.length)
    }
}

impl HugeRecord for DirectHugeRecord {
    fn place(&self) -> (Address, u64) {
        (self.address, self.length)
    }
}

impl HugeRecord for FilteredDirectHugeRecord {
    fn place(&self) -> (Address, u64) {
        (self.address, self.length)
    }
}

impl FractalHeap {
    /// Puts a huge object into the file.
    pub(super) fn insert_huge(&mut self, space: &Space, object: &[u8]) -> Result<HugeObject> {
        let layout = self.header.id_layout();
        let length = wide(object.len());
        let address = space.allocate(Purpose::RawData, length)?;
        space.write_raw(address, object)?;
        let found = if layout.holds_huge(space.sizes()) {
            let record = DirectHugeRecord { address, length };
            let mut tree = self.huge_tree::<DirectHugeRecord>(space, &record)?;
            tree.insert(space, record, &mut |other| Ok(other.place().cmp(&(address, length))))?;
            HugeObject::Direct { address, length, filtered: None }
        } else {
            let id = self.new_huge_id()?;
            let record = IndirectHugeRecord { address, length, id };
            let mut tree = self.huge_tree::<IndirectHugeRecord>(space, &record)?;
            tree.insert(space, record, &mut |other| Ok(other.id.cmp(&id)))?;
            HugeObject::Indirect(id)
        };
        self.count_huge(length, true);
        Ok(found)
    }

    /// Takes a huge object out of the file, and the tree with the last of them.
    pub(super) fn remove_huge(&mut self, space: &Space, object: &HugeObject) -> Result<()> {
        let missing = || self.broken(space, "Heap ID", "no such huge object");
        let at = self.header.huge_tree.ok_or_else(missing)?;
        // The records of the others have their own place in the tree, so only one is removed.
        let (address, length) = match *object {
            HugeObject::Direct { address, length, .. } => {
                let mut tree = BTree2::<DirectHugeRecord>::load(space, at, &())?;
                let place = (address, length);
                let removed = tree.remove(space, &mut |other| Ok(other.place().cmp(&place)))?;
                removed.ok_or_else(missing)?.place()
            }
            HugeObject::Indirect(id) => {
                let mut tree = BTree2::<IndirectHugeRecord>::load(space, at, &())?;
                let removed = tree.remove(space, &mut |other| Ok(other.id.cmp(&id)))?;
                removed.ok_or_else(missing)?.place()
            }
        };
        space.free(Purpose::RawData, address, length)?;
        self.count_huge(length, false);
        if self.header.statistics.huge_objects == 0 {
            space.free_all(|extents| self.huge_extents(space, extents))?;
            self.header.huge_tree = None;
        }
        Ok(())
    }

    /// Adds all huge objects and their tree to `extents`.
    pub(super) fn huge_extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        let Some(at) = self.header.huge_tree else { return Ok(()) };
        let direct = self.header.id_layout().holds_huge(space.sizes());
        match (direct, self.header.filters.is_some()) {
            (false, false) => tree_extents::<IndirectHugeRecord>(space, at, extents),
            (false, true) => tree_extents::<FilteredIndirectHugeRecord>(space, at, extents),
            (true, false) => tree_extents::<DirectHugeRecord>(space, at, extents),
            (true, true) => tree_extents::<FilteredDirectHugeRecord>(space, at, extents),
        }
    }

    /// The tree of huge objects, new before the first of them, which `record` is of.
    fn huge_tree<R: HugeRecord>(&mut self, space: &Space, record: &R) -> Result<BTree2<R>> {
        // What has been read of the tree is out of date with the next change.
        self.huge.take();
        if let Some(at) = self.header.huge_tree {
            return BTree2::load(space, at, &());
        }
        let bytes = record.to_bytes_in(space.sizes(), &())?;
        let record_size = u16::try_from(bytes.len())
            .map_err(|_| self.broken(space, "Heap ID", "records are too large"))?;
        let (split_percent, merge_percent) = (100, 40);
        let creation =
            BTree2Creation { node_size: NODE_SIZE, record_size, split_percent, merge_percent };
        let tree = BTree2::create(space, creation, &())?;
        self.header.huge_tree = Some(tree.at());
        Ok(tree)
    }

    /// An id no huge object of the heap ever had.
    fn new_huge_id(&mut self) -> Result<u64> {
        let width = u32::from(self.header.id_layout().huge_key_width());
        let last = 1_u64
            .checked_shl(width.saturating_mul(8))
            .map_or(u64::MAX, |all| all.saturating_sub(1));
        let id = self.header.next_huge_id.saturating_add(1);
        if self.header.flags.contains(FractalHeapFlags::HUGE_IDS_WRAPPED) || id > last {
            return Err(Error::unsupported("huge objects with ids that were in use before"));
        }
        self.header.next_huge_id = id;
        self.header.flags.set(FractalHeapFlags::HUGE_IDS_WRAPPED, id == last);
        Ok(id)
    }

    fn count_huge(&mut self, len: u64, more: bool) {
        self.huge.take();
        let n = &mut self.header.statistics;
        n.huge_size = add_or_take(n.huge_size, len, more);
        n.huge_objects = add_or_take(n.huge_objects, 1, more);
    }
}

fn tree_extents<R: HugeRecord>(space: &Space, at: Address, extents: &mut Extents) -> Result<()> {
    let tree = BTree2::<R>::load(space, at, &())?;
    tree.for_each(space, &mut |record| {
        let (address, length) = record.place();
        extents.raw_data(address, length);
        Ok(ControlFlow::Continue(()))
    })?;
    tree.extents(space, extents)
}
