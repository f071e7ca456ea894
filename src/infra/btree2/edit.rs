//! Changes of version 2 B-trees.
//!
//! A changed node never overwrites one that is committed: every node on the way to the record is
//! copied to fresh space, and the header, which changes in place, switches from the old tree to
//! the new one.

use super::{BTree2, Compare, Node, search};
use crate::codec::{Address, StructureIn};
use crate::error::{Error, ErrorKind, Result};
use crate::format::btree2::{BTree2Header, ChildPointer, LeafNode, NodeGeometry, Record};
use crate::space::{Purpose, Rank, Space};

/// What a new tree is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BTree2Creation {
    /// Bytes of every node.
    pub(crate) node_size: u32,
    /// Bytes of every record.
    pub(crate) record_size: u16,
    /// Fill at which a node splits, in percent.
    pub(crate) split_percent: u8,
    /// Fill below which nodes merge, in percent: less than half of the other.
    pub(crate) merge_percent: u8,
}

/// What becomes of a record that is equal to the one to insert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Equal {
    Refused,
    Replaced,
}

/// A node that is not saved yet, and the record that was taken out of it.
type Taken<R> = (Node<R>, R);

impl<R: Record> BTree2<R> {
    /// A new tree without records; its header is saved.
    pub(crate) fn create(
        space: &Space,
        creation: BTree2Creation,
        context: &R::Context,
    ) -> Result<Self> {
        let BTree2Creation { node_size, record_size, split_percent, merge_percent } = creation;
        let header = BTree2Header {
            record_type: R::TYPE,
            node_size,
            record_size,
            depth: 0,
            split_percent,
            merge_percent,
            root: None,
            root_records: 0,
            total_records: 0,
        };
        let context = R::fit(context, record_size, space.sizes())
            .ok_or_else(|| Error::usage(format!("{record_size} bytes for a {}", R::NAME)))?;
        let geometry = NodeGeometry::of(&header, space.sizes())
            .ok_or_else(|| Error::usage(format!("B-tree nodes of {node_size} bytes")))?;
        let len = BTree2Header::size(space.sizes());
        let at = space.allocate(Purpose::Metadata, len)?;
        space.save(Rank::Index, at, &header, len)?;
        Ok(Self { at, header, geometry, context, nodes: None })
    }

    /// Where the header is.
    pub(crate) fn at(&self) -> Address {
        self.at
    }

    /// Puts a record in. `compare` tells how its argument stands to that record.
    ///
    /// # Errors
    ///
    /// `Exists` where the tree has an equal record.
    pub(crate) fn insert(
        &mut self,
        space: &Space,
        record: R,
        compare: Compare<'_, R>,
    ) -> Result<()> {
        self.put(space, record, Equal::Refused, compare).map(|_| ())
    }

    /// As [`insert`](Self::insert), but puts the record in the place of an equal one, which is
    /// given back.
    pub(crate) fn set(
        &mut self,
        space: &Space,
        record: R,
        compare: Compare<'_, R>,
    ) -> Result<Option<R>> {
        self.put(space, record, Equal::Replaced, compare)
    }

    /// Takes a record out for which `compare` says that it is equal to the wanted key.
    pub(crate) fn remove(&mut self, space: &Space, compare: Compare<'_, R>) -> Result<Option<R>> {
        let Some(root) = self.root() else { return Ok(None) };
        let depth = self.header.depth;
        let Some((node, removed)) = self.take(space, root, depth, compare)? else {
            return Ok(None);
        };
        self.settle_root(space, root.address, node)?;
        Ok(Some(removed))
    }

    /// Lets `change` edit a record for which `compare` says that it is equal to the wanted key;
    /// its place among the others must stay the same. Whether there is such a record.
    pub(crate) fn update(
        &mut self,
        space: &Space,
        compare: Compare<'_, R>,
        change: &mut dyn FnMut(&mut R),
    ) -> Result<bool> {
        let Some(root) = self.root() else { return Ok(false) };
        let depth = self.header.depth;
        let Some(node) = self.edit_below(space, root, depth, compare, change)? else {
            return Ok(false);
        };
        self.settle_root(space, root.address, node)?;
        Ok(true)
    }

    fn put(
        &mut self,
        space: &Space,
        record: R,
        equal: Equal,
        compare: Compare<'_, R>,
    ) -> Result<Option<R>> {
        let Some(root) = self.root() else {
            let node = Node { records: vec![record], children: Vec::new() };
            let root = self.save_node(space, None, 0, node)?;
            self.set_root(space, Some(root), 0)?;
            return Ok(None);
        };
        let depth = self.header.depth;
        let (node, replaced) = self.put_below(space, root, depth, record, equal, compare)?;
        self.settle_root(space, root.address, node)?;
        Ok(replaced)
    }

    /// The node at `pointer` with `record` in it or below it, and the record that was replaced.
    fn put_below(
        &self,
        space: &Space,
        pointer: ChildPointer,
        depth: u16,
        record: R,
        equal: Equal,
        compare: Compare<'_, R>,
    ) -> Result<(Node<R>, Option<R>)> {
        let mut node = self.read(space, pointer, depth)?;
        let (index, found) = search(&node.records, compare)?;
        if found {
            if equal == Equal::Refused {
                return Err(Error::new(ErrorKind::Exists("a record of this key".to_owned())));
            }
            let place = node.records.get_mut(index);
            let replaced = place.map(|place| std::mem::replace(place, record));
            return Ok((node, replaced));
        }
        let Some(child) = node.children.get(index).copied() else {
            node.records.insert(index, record);
            return Ok((node, None));
        };
        let below = depth.saturating_sub(1);
        let (changed, replaced) = self.put_below(space, child, below, record, equal, compare)?;
        self.settle(space, &mut node, index, changed, below)?;
        Ok((node, replaced))
    }

    /// The node at `pointer` without the wanted record, wherever below it that was.
    fn take(
        &self,
        space: &Space,
        pointer: ChildPointer,
        depth: u16,
        compare: Compare<'_, R>,
    ) -> Result<Option<Taken<R>>> {
        let mut node = self.read(space, pointer, depth)?;
        let (index, found) = search(&node.records, compare)?;
        let below = depth.saturating_sub(1);
        let (changed, removed) = match (node.children.get(index).copied(), found) {
            (None, false) => return Ok(None),
            (None, true) => {
                let removed = node.records.remove(index);
                return Ok(Some((node, removed)));
            }
            (Some(child), false) => match self.take(space, child, below, compare)? {
                Some(taken) => taken,
                None => return Ok(None),
            },
            (Some(child), true) => {
                // The one before it in the order of the keys takes its place.
                let (changed, last) = self.take_last(space, child, below)?;
                let place = node.records.get_mut(index);
                let removed = place.map_or(last.clone(), |place| std::mem::replace(place, last));
                (changed, removed)
            }
        };
        self.settle(space, &mut node, index, changed, below)?;
        Ok(Some((node, removed)))
    }

    /// The node at `pointer` without the last record in it and below it.
    fn take_last(&self, space: &Space, pointer: ChildPointer, depth: u16) -> Result<Taken<R>> {
        let mut node = self.read(space, pointer, depth)?;
        if let Some(child) = node.children.last().copied() {
            let below = depth.saturating_sub(1);
            let (changed, last) = self.take_last(space, child, below)?;
            let index = node.records.len();
            self.settle(space, &mut node, index, changed, below)?;
            return Ok((node, last));
        }
        match node.records.pop() {
            Some(last) => Ok((node, last)),
            None => Err(space.broken(
                LeafNode::<R>::NAME,
                "Number of Records",
                pointer.address,
                "a leaf without records",
            )),
        }
    }

    /// The node at `pointer` with the wanted record, in it or below it, changed.
    fn edit_below(
        &self,
        space: &Space,
        pointer: ChildPointer,
        depth: u16,
        compare: Compare<'_, R>,
        change: &mut dyn FnMut(&mut R),
    ) -> Result<Option<Node<R>>> {
        let mut node = self.read(space, pointer, depth)?;
        let (index, found) = search(&node.records, compare)?;
        if found {
            node.records.get_mut(index).map(change);
            return Ok(Some(node));
        }
        let Some(child) = node.children.get(index).copied() else { return Ok(None) };
        let below = depth.saturating_sub(1);
        let Some(changed) = self.edit_below(space, child, below, compare, change)? else {
            return Ok(None);
        };
        self.settle(space, &mut node, index, changed, below)?;
        Ok(Some(node))
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;
    use std::collections::BTreeMap;
    use std::collections::HashSet;
    use std::ops::ControlFlow;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::{Sizes, wide};
    use crate::format::btree2::{
        ChunkRecord, ChunkRecordContext, LinkCreationOrderRecord, LinkNameRecord,
    };
    use crate::io::SharedMemory;
    use crate::limits::Limits;
    use crate::space::testing::scratch_on;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

    /// A record that is made of a key and a value.
    trait Sample: Record + PartialEq {
        fn new(key: u64, value: u8) -> Self;

        fn key(&self) -> u64;

        fn context() -> Self::Context;

        fn against(&self, key: u64) -> Ordering {
            self.key().cmp(&key)
        }
    }

    fn heap_id(key: u64, value: u8) -> [u8; 7] {
        let [a, b, c, d, ..] = key.to_le_bytes();
        [a, b, c, d, 0, 0, value]
    }

    fn key_of([a, b, c, d, ..]: [u8; 7]) -> u64 {
        u64::from(u32::from_le_bytes([a, b, c, d]))
    }

    impl Sample for LinkNameRecord {
        /// Three keys to a hash.
        fn new(key: u64, value: u8) -> Self {
            Self { hash: u32::try_from(key / 3).unwrap(), heap_id: heap_id(key, value) }
        }

        fn key(&self) -> u64 {
            key_of(self.heap_id)
        }

        fn context() {}
    }

    impl Sample for LinkCreationOrderRecord {
        fn new(key: u64, value: u8) -> Self {
            Self { creation_order: key.cast_signed() - 50, heap_id: heap_id(key, value) }
        }

        fn key(&self) -> u64 {
            key_of(self.heap_id)
        }

        fn context() {}
    }

    impl Sample for ChunkRecord {
        fn new(key: u64, value: u8) -> Self {
            Self { address: Address(u64::from(value)), scaled: vec![key / 50, key % 50] }
        }

        fn key(&self) -> u64 {
            self.scaled[0] * 50 + self.scaled[1]
        }

        fn context() -> ChunkRecordContext {
            ChunkRecordContext::of_rank(2)
        }
    }

    /// A tree, what it should hold, and what it held at the last commit.
    struct Trial<R: Sample> {
        storage: Arc<SharedMemory>,
        space: Space,
        start: u64,
        tree: BTree2<R>,
        model: BTreeMap<u64, u8>,
        committed: Option<BTreeMap<u64, u8>>,
    }

    impl<R: Sample> Trial<R> {
        fn new(node_size: u32) -> Self {
            let storage = Arc::new(SharedMemory::default());
            let space = scratch_on(storage.clone(), SIZES);
            let start = space.allocated();
            let record_size = R::new(0, 0).to_bytes_in(SIZES, &R::context()).unwrap().len();
            let creation = BTree2Creation {
                node_size,
                record_size: u16::try_from(record_size).unwrap(),
                split_percent: 100,
                merge_percent: 40,
            };
            let tree = BTree2::create(&space, creation, &R::context()).unwrap();
            Self { storage, space, start, tree, model: BTreeMap::new(), committed: None }
        }

        fn insert(&mut self, key: u64, value: u8) {
            let compare = &mut |record: &R| Ok(record.against(key));
            let done = self.tree.insert(&self.space, R::new(key, value), compare);
            if let std::collections::btree_map::Entry::Vacant(place) = self.model.entry(key) {
                done.unwrap();
                place.insert(value);
            } else {
                assert!(matches!(done.unwrap_err().kind(), ErrorKind::Exists(_)));
                self.space.roll_back();
            }
            self.space.keep_step().unwrap();
        }

        fn set(&mut self, key: u64, value: u8) {
            let compare = &mut |record: &R| Ok(record.against(key));
            let old = self.tree.set(&self.space, R::new(key, value), compare).unwrap();
            let expected = self.model.insert(key, value);
            assert_eq!(old, expected.map(|value| R::new(key, value)));
            self.space.keep_step().unwrap();
        }

        fn update(&mut self, key: u64, value: u8) {
            let compare = &mut |record: &R| Ok(record.against(key));
            let change = &mut |record: &mut R| *record = R::new(key, value);
            let found = self.tree.update(&self.space, compare, change).unwrap();
            assert_eq!(found, self.model.contains_key(&key));
            self.model.entry(key).and_modify(|old| *old = value);
            self.space.keep_step().unwrap();
        }

        fn remove(&mut self, key: u64) {
            let compare = &mut |record: &R| Ok(record.against(key));
            let removed = self.tree.remove(&self.space, compare).unwrap();
            assert_eq!(removed, self.model.remove(&key).map(|value| R::new(key, value)));
            self.space.keep_step().unwrap();
        }

        /// Makes the tree anew with more records.
        fn rebuild(&mut self, more: &[u64]) {
            self.model.extend(more.iter().map(|key| (*key, 3)));
            let records = self.model.iter().map(|(key, value)| R::new(*key, *value)).collect();
            self.tree.rebuild(&self.space, records).unwrap();
            self.space.keep_step().unwrap();
        }

        fn commit(&mut self) {
            self.space.commit(false).unwrap();
            self.committed = Some(self.model.clone());
        }

        fn reload(&mut self) {
            self.tree = BTree2::load(&self.space, self.tree.at, &R::context()).unwrap();
        }

        fn check(&self) {
            let loaded = BTree2::<R>::load(&self.space, self.tree.at, &R::context()).unwrap();
            for tree in [&self.tree, &loaded] {
                assert_eq!(contents(&self.space, tree), self.model);
            }
            assert_eq!(self.tree.len(), wide(self.model.len()));
            let mut nodes = HashSet::new();
            if let Some(root) = loaded.root() {
                check_node(&loaded, &self.space, root, loaded.header.depth, true, &mut nodes);
            }
            let bytes = wide(nodes.len()) * u64::from(loaded.header.node_size);
            let header = BTree2Header::size(SIZES);
            assert_eq!(self.space.allocated() - self.start, bytes + header);
            if let Some(committed) = &self.committed {
                let storage = self.storage.clone();
                let space = Space::new(storage, Limits::DEFAULT, SIZES).unwrap();
                let tree = BTree2::<R>::load(&space, self.tree.at, &R::context()).unwrap();
                assert_eq!(&contents(&space, &tree), committed);
            }
        }

        fn finish(mut self, commit: bool) {
            if commit {
                self.commit();
            }
            self.space.free_all(|extents| self.tree.extents(&self.space, extents)).unwrap();
            assert_eq!(self.space.allocated(), self.start);
        }
    }

    fn contents<R: Sample>(space: &Space, tree: &BTree2<R>) -> BTreeMap<u64, u8> {
        let mut found = Vec::new();
        tree.for_each(space, &mut |record| {
            found.push(record);
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        assert!(found.is_sorted_by_key(Sample::key));
        let value = |record: &R| (0..=255).find(|v| *record == R::new(record.key(), *v)).unwrap();
        found.iter().map(|record| (record.key(), value(record))).collect()
    }

    fn check_node<R: Sample>(
        tree: &BTree2<R>,
        space: &Space,
        pointer: ChildPointer,
        depth: u16,
        root: bool,
        nodes: &mut HashSet<Address>,
    ) {
        assert!(nodes.insert(pointer.address));
        let node = tree.read(space, pointer, depth).unwrap();
        let (least, most) = tree.fill(depth).unwrap();
        let least = if root { 1 } else { least };
        assert!((least..=most).contains(&node.records.len()), "{least} {most} {depth}");
        for child in node.children {
            check_node(tree, space, child, depth - 1, false, nodes);
        }
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Insert(u64, u8),
        Set(u64, u8),
        Update(u64, u8),
        Remove(u64),
        Rebuild(u64),
        Commit,
        Reload,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let key = 0..120_u64;
        let step = prop_oneof![
            8 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Insert(key, value)),
            3 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Set(key, value)),
            2 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Update(key, value)),
            8 => key.clone().prop_map(Step::Remove),
            1 => key.prop_map(Step::Rebuild),
            1 => Just(Step::Commit),
            1 => Just(Step::Reload),
        ];
        proptest::collection::vec(step, 1..250)
    }

    fn run<R: Sample>(node_size: u32, steps: &[Step]) {
        let mut trial = Trial::<R>::new(node_size);
        // Half of the keys are there from the start: else small trees are all there is.
        (0..60).for_each(|key| trial.insert(key * 2, 1));
        for step in steps {
            match *step {
                Step::Insert(key, value) => trial.insert(key, value),
                Step::Set(key, value) => trial.set(key, value),
                Step::Update(key, value) => trial.update(key, value),
                Step::Remove(key) => trial.remove(key),
                Step::Rebuild(key) => trial.rebuild(&(key / 2..key).collect::<Vec<_>>()),
                Step::Commit => trial.commit(),
                Step::Reload => trial.reload(),
            }
            trial.check();
        }
        for key in 0..120 {
            trial.remove(key);
        }
        trial.check();
        assert!(trial.tree.root().is_none());
        trial.finish(true);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn trees_hold_what_a_map_holds(steps in steps()) {
            run::<LinkNameRecord>(64, &steps);
            run::<LinkCreationOrderRecord>(128, &steps);
            run::<ChunkRecord>(200, &steps);
        }
    }

    /// Every number below `count` once, in an order without a pattern.
    fn shuffled(count: u64) -> Vec<u64> {
        let mut keys: Vec<u64> = (0..count).collect();
        keys.sort_by_key(|key| crate::codec::lookup3(&key.to_le_bytes()));
        keys
    }

    fn fill_and_empty<R: Sample>(node_size: u32, keys: &[u64]) -> u16 {
        let mut trial = Trial::<R>::new(node_size);
        for (number, key) in keys.iter().enumerate() {
            trial.insert(*key, 7);
            if number % 900 == 0 {
                trial.commit();
            }
        }
        trial.check();
        let depth = trial.tree.header.depth;
        trial.commit();
        trial.reload();
        let half = keys.len() / 2;
        for (number, key) in keys.iter().skip(1).step_by(2).chain(&keys[half..]).enumerate() {
            trial.remove(*key);
            if number % 700 == 0 {
                trial.check();
                trial.commit();
            }
        }
        trial.check();
        trial.finish(false);
        depth
    }

    #[test]
    fn trees_of_any_size_are_made_at_once() {
        for count in (0..200).chain([700, 1_100, 5_000]) {
            let mut trial = Trial::<LinkNameRecord>::new(128);
            trial.rebuild(&(0..count).collect::<Vec<_>>());
            trial.check();
            trial.commit();
            trial.insert(count, 5);
            trial.remove(count / 2);
            trial.check();
            trial.rebuild(&[]);
            trial.check();
            trial.finish(false);
        }
    }

    #[test]
    fn many_records_go_in_and_out_in_any_order() {
        let ascending: Vec<u64> = (0..5_000).collect();
        let descending: Vec<u64> = ascending.iter().rev().copied().collect();
        for keys in [ascending, descending, shuffled(5_000)] {
            assert!(fill_and_empty::<LinkNameRecord>(128, &keys) > 2);
            assert!(fill_and_empty::<LinkNameRecord>(512, &keys) > 0);
            assert!(fill_and_empty::<LinkCreationOrderRecord>(512, &keys) > 0);
            assert!(fill_and_empty::<ChunkRecord>(2048, &keys) > 0);
        }
    }

    #[test]
    fn records_in_the_order_of_their_keys_fill_their_nodes() {
        let mut trial = Trial::<LinkNameRecord>::new(512);
        (0..5_000).for_each(|key| trial.insert(key, 0));
        let used = trial.space.allocated() - trial.start;
        assert!(used < 5_000 * 11 * 6 / 5, "{used}");
    }

    #[test]
    fn only_the_nodes_on_the_way_move_and_once_a_commit() {
        let mut trial = Trial::<LinkNameRecord>::new(512);
        (0..1_000).for_each(|key| trial.insert(key * 2, 0));
        trial.commit();
        let before = trial.space.allocated();
        let end = trial.space.end();
        trial.set(700, 1);
        let moved = trial.space.end().0 - end.0;
        assert!(moved <= 512 * u64::from(trial.tree.header.depth + 1), "{moved}");
        trial.set(700, 2);
        assert_eq!(trial.space.end().0 - end.0, moved);
        assert_eq!(trial.space.allocated(), before);
        trial.check();
    }

    #[test]
    fn percentages_of_the_file_are_kept() {
        let mut trial = Trial::<LinkNameRecord>::new(512);
        trial.tree.header.split_percent = 50;
        trial.tree.header.merge_percent = 20;
        shuffled(500).into_iter().for_each(|key| trial.insert(key, 0));
        trial.check();
        assert_eq!(trial.tree.fill(0).unwrap(), (9, 22));
        (0..450).for_each(|key| trial.remove(key));
        trial.check();
    }

    #[test]
    fn nodes_for_one_record_cannot_be_split() {
        let space = scratch_on(Arc::new(SharedMemory::default()), SIZES);
        let creation = |node_size, record_size| BTree2Creation {
            node_size,
            record_size,
            split_percent: 100,
            merge_percent: 40,
        };
        let create = |creation| BTree2::<LinkNameRecord>::create(&space, creation, &());
        assert!(create(creation(20, 11)).unwrap_err().is_usage());
        assert!(create(creation(512, 12)).unwrap_err().is_usage());
        let mut tree = create(creation(21, 11)).unwrap();
        let mut insert = |key: u64| {
            let record = LinkNameRecord::new(key, 0);
            tree.insert(&space, record, &mut |record| Ok(record.against(key)))
        };
        insert(1).unwrap();
        assert!(insert(2).unwrap_err().is_unsupported());
    }
}
