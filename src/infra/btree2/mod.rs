//! Version 2 B-trees: look-up, iteration and, in `edit` and `balance`, changes.
//!
//! See `spec-notes/btree-v2.md`.

mod balance;
mod build;
mod edit;

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

pub(crate) use edit::BTree2Creation;

use crate::codec::{Address, StructureIn};
use crate::error::{Error, Result};
use crate::format::btree2::{
    BTree2Header, ChildPointer, InternalNode, LeafNode, NodeContext, NodeGeometry, Record,
};
use crate::infra::kept::{Kept, KeptNodes};
use crate::limits::Limits;
use crate::space::{Extents, Space};

/// A version 2 B-tree of records `R`.
#[derive(Debug, Clone)]
pub(crate) struct BTree2<R: Record> {
    at: Address,
    header: BTree2Header,
    geometry: NodeGeometry,
    context: R::Context,
    /// Nodes that look-ups read, where they are kept.
    nodes: Option<KeptNodes<Node<R>>>,
}

/// A node with what lies between its records.
#[derive(Debug, Clone)]
struct Node<R> {
    records: Vec<R>,
    /// One more than records, or none in a leaf.
    children: Vec<ChildPointer>,
}

/// How a record stands to the wanted key.
type Compare<'a, R> = &'a mut dyn FnMut(&R) -> Result<Ordering>;

/// What is done with each record.
type Visit<'a, R> = &'a mut dyn FnMut(R) -> Result<ControlFlow<()>>;

impl<R: Record> BTree2<R> {
    /// Reads the header at `at` and checks that the tree can hold records `R` as `context` says
    /// they are.
    pub(crate) fn load(space: &Space, at: Address, context: &R::Context) -> Result<Self> {
        let header: BTree2Header = space.load(at, BTree2Header::size(space.sizes()))?;
        let broken = |field, problem: &str| space.broken(BTree2Header::NAME, field, at, problem);
        if header.record_type != R::TYPE {
            let problem = format!("type {} where type {} belongs", header.record_type, R::TYPE);
            return Err(broken("Type", &problem));
        }
        Limits::check("tree_depth", u64::from(header.depth), space.limits().tree_depth)
            .map_err(|error| error.or_at(space.location(BTree2Header::NAME, "Depth", at)))?;
        let context = R::fit(context, header.record_size, space.sizes())
            .ok_or_else(|| broken("Record Size", "is not that of the records"))?;
        let geometry = NodeGeometry::of(&header, space.sizes())
            .ok_or_else(|| broken("Node Size", "is too small for the records"))?;
        let total = header.total_records;
        if total.saturating_mul(u64::from(header.record_size)) > space.end().0 {
            let field = "Total Number of Records in B-tree";
            return Err(broken(field, "more records than the file has room for"));
        }
        if header.root.is_none() && total > 0 {
            return Err(broken("Root Node Address", "is undefined, but there are records"));
        }
        if header.root.is_some() && header.depth == 0 && u64::from(header.root_records) != total {
            let field = "Total Number of Records in B-tree";
            return Err(broken(field, "is not that of the only node"));
        }
        Ok(Self { at, header, geometry, context, nodes: None })
    }

    /// As [`load`](Self::load), of what is kept where the file is open for writing.
    pub(crate) fn load_kept(space: &Space, at: Address) -> Result<Arc<Self>>
    where
        R: Record<Context = ()>,
    {
        if let Some(kept) = space.kept(at) {
            return Ok(kept);
        }
        let read = space.moment();
        let tree = Arc::new(Self::load(space, at, &())?);
        space.keep((at, BTree2Header::size(space.sizes())), &tree, read);
        Ok(tree)
    }

    /// Keeps the nodes that look-ups read: for trees that nobody changes.
    pub(crate) fn keep_nodes(&mut self) {
        self.nodes = Some(KeptNodes::default());
    }

    /// Records in the tree.
    pub(crate) fn len(&self) -> u64 {
        self.header.total_records
    }

    /// The header.
    pub(crate) fn header(&self) -> &BTree2Header {
        &self.header
    }

    /// A record for which `compare` says that it is equal to the wanted key. `compare` tells how
    /// its argument stands to that key.
    pub(crate) fn find(&self, space: &Space, compare: Compare<'_, R>) -> Result<Option<R>> {
        let Some(mut at) = self.root() else { return Ok(None) };
        let mut depth = self.header.depth;
        loop {
            let node = self.look_at(space, at, depth)?;
            let (index, found) = search(&node.records, compare)?;
            if found {
                return Ok(node.records.get(index).cloned());
            }
            let Some(child) = node.children.get(index) else { return Ok(None) };
            at = *child;
            depth = depth.saturating_sub(1);
        }
    }

    /// What `take` makes of the first record met for which `compare` says that it is equal to the
    /// wanted key, be there others or not.
    pub(crate) fn find_any<T>(
        &self,
        space: &Space,
        compare: impl Fn(&R) -> Ordering,
        take: impl FnOnce(&R) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(mut at) = self.root() else { return Ok(None) };
        let mut depth = self.header.depth;
        loop {
            let node = self.look_at(space, at, depth)?;
            match node.records.binary_search_by(&compare) {
                Ok(index) => return node.records.get(index).map(take).transpose(),
                Err(index) => {
                    let Some(child) = node.children.get(index) else { return Ok(None) };
                    at = *child;
                    depth = depth.saturating_sub(1);
                }
            }
        }
    }

    /// Calls `visit` with every record, in the order of the keys, until it breaks.
    pub(crate) fn for_each(&self, space: &Space, visit: Visit<'_, R>) -> Result<()> {
        self.walk(space, &mut |_| Ok(Ordering::Equal), visit, false)
    }

    /// Calls `visit` with every record for which `compare` says that it is equal to the wanted
    /// key, in the order of the keys, until it breaks.
    pub(crate) fn for_each_equal(
        &self,
        space: &Space,
        compare: Compare<'_, R>,
        visit: Visit<'_, R>,
    ) -> Result<()> {
        self.walk(space, compare, visit, true)
    }

    /// Where `is_look_up`, the nodes are worth keeping.
    fn walk(
        &self,
        space: &Space,
        compare: Compare<'_, R>,
        visit: Visit<'_, R>,
        is_look_up: bool,
    ) -> Result<()> {
        let Some(root) = self.root() else { return Ok(()) };
        let mut walk = Walk { tree: self, space, compare, visit, is_look_up, seen: HashSet::new() };
        walk.node(root, self.header.depth).map(|_| ())
    }

    /// Adds the blocks of the header and of all nodes to `extents`.
    pub(crate) fn extents(&self, space: &Space, extents: &mut Extents) -> Result<()> {
        extents.metadata(self.at, BTree2Header::size(space.sizes()));
        let len = self.header.node_size.into();
        self.node_places(space)?.into_iter().for_each(|at| extents.metadata(at, len));
        Ok(())
    }

    /// Where all nodes lie.
    fn node_places(&self, space: &Space) -> Result<Vec<Address>> {
        let mut places = Vec::new();
        let mut ahead: Vec<_> =
            self.root().map(|root| (root, self.header.depth)).into_iter().collect();
        let mut seen = HashSet::new();
        // Ends: no node is entered twice.
        while let Some((pointer, depth)) = ahead.pop() {
            if !seen.insert(pointer.address) {
                space.note(self.repeated(space, pointer.address))?;
                continue;
            }
            places.push(pointer.address);
            if let Some(below) = depth.checked_sub(1)
                && let Some(node) = space.heed(self.read(space, pointer, depth))?
            {
                ahead.extend(node.children.into_iter().map(|child| (child, below)));
            }
        }
        Ok(places)
    }

    fn root(&self) -> Option<ChildPointer> {
        let address = self.header.root?;
        let total = (self.header.depth > 0).then_some(self.header.total_records);
        Some(ChildPointer { address, records: self.header.root_records, total })
    }

    /// Reads the node that `pointer` leads to, which must be what the pointer says.
    fn read(&self, space: &Space, pointer: ChildPointer, depth: u16) -> Result<Node<R>> {
        let name = match depth {
            0 => LeafNode::<R>::NAME,
            _ => InternalNode::<R>::NAME,
        };
        let broken = |problem: &str| {
            let field = "Number of Records";
            space.broken(name, field, pointer.address, problem)
        };
        if u64::from(pointer.records) > self.geometry.max_records(depth) {
            return Err(broken("more records than a node has room for"));
        }
        let len = self.geometry.used_size(depth, pointer.records);
        let context = self.node_context(depth, pointer.records);
        let node = if depth == 0 {
            let leaf: LeafNode<R> = space.load_in(pointer.address, len, &context)?;
            Node { records: leaf.records, children: Vec::new() }
        } else {
            let node: InternalNode<R> = space.load_in(pointer.address, len, &context)?;
            Node { records: node.records, children: node.children }
        };
        if node.all_records() != pointer.all_records() {
            return Err(broken("the total is not that of the node and its children"));
        }
        Ok(node)
    }

    /// As [`read`](Self::read), of a node that may be among those kept.
    fn look_at(
        &self,
        space: &Space,
        pointer: ChildPointer,
        depth: u16,
    ) -> Result<Kept<'_, Node<R>>> {
        let read = || self.read(space, pointer, depth);
        let once = || read().map(|node| Kept::Read(Box::new(node)));
        let node = match &self.nodes {
            Some(kept) => kept.get(pointer.address, read)?,
            None => {
                let moment = space.moment();
                if moment.is_none() {
                    return once();
                }
                match space.kept(pointer.address) {
                    Some(node) => Kept::Shared(node),
                    None => {
                        let node = Arc::new(read()?);
                        let len = self.geometry.used_size(depth, pointer.records);
                        space.keep((pointer.address, len), &node, moment);
                        return Ok(Kept::Shared(node));
                    }
                }
            }
        };
        // Another pointer may lead there, too, and say something else.
        let known = u16::try_from(node.records.len()) == Ok(pointer.records)
            && node.children.is_empty() == (depth == 0)
            && node.all_records() == pointer.all_records();
        if known { Ok(node) } else { once() }
    }

    fn node_context(&self, depth: u16, records: u16) -> NodeContext<R::Context> {
        NodeContext {
            records,
            child_records_width: self.geometry.child_records_width,
            child_total_width: self.geometry.child_total_width(depth),
            record: self.context.clone(),
        }
    }

    #[cold]
    fn repeated(&self, space: &Space, at: Address) -> Error {
        let problem = format!("two nodes of the tree at {:#x} lead here", space.offset(self.at));
        space.broken("Version 2 B-tree Node", "Child Node Pointer", at, problem)
    }
}

/// Where, by bisection, a record is that is equal to the key, and whether there is one; without
/// one, how many are less.
fn search<R>(records: &[R], compare: Compare<'_, R>) -> Result<(usize, bool)> {
    let (mut low, mut high) = (0, records.len());
    while low < high {
        let middle = low.midpoint(high);
        let Some(record) = records.get(middle) else { break };
        match compare(record)? {
            Ordering::Equal => return Ok((middle, true)),
            Ordering::Less => low = middle.saturating_add(1),
            Ordering::Greater => high = middle,
        }
    }
    Ok((low, false))
}

/// A walk over the records that are equal to a key.
///
/// Ends: depth falls with every step down, and no node is entered twice.
struct Walk<'a, R: Record> {
    tree: &'a BTree2<R>,
    space: &'a Space,
    compare: Compare<'a, R>,
    visit: Visit<'a, R>,
    is_look_up: bool,
    seen: HashSet<Address>,
}

impl<R: Record> Walk<'_, R> {
    fn node(&mut self, pointer: ChildPointer, depth: u16) -> Result<ControlFlow<()>> {
        if !self.seen.insert(pointer.address) {
            let repeated = self.tree.repeated(self.space, pointer.address);
            return self.space.note(repeated).map(|()| ControlFlow::Continue(()));
        }
        let node = if self.is_look_up {
            let node = self.tree.look_at(self.space, pointer, depth)?;
            let behind = self.first_not_less(&node.records)?;
            match node.records.get(behind).map(|record| (self.compare)(record)).transpose()? {
                Some(Ordering::Equal) => node.into_owned(),
                // Nothing of the node is wanted but, perhaps, what lies below one child of it.
                _ => {
                    let child = node.children.get(behind).copied();
                    let below = depth.saturating_sub(1);
                    return child.map_or(Ok(ControlFlow::Continue(())), |at| self.node(at, below));
                }
            }
        } else {
            let read = self.tree.read(self.space, pointer, depth);
            match self.space.heed(read)? {
                Some(node) => node,
                None => return Ok(ControlFlow::Continue(())),
            }
        };
        let low = self.first_not_less(&node.records)?;
        let mut children = node.children.into_iter().skip(low);
        let below = depth.saturating_sub(1);
        for record in node.records.into_iter().skip(low) {
            if let Some(child) = children.next()
                && self.node(child, below)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
            if (self.compare)(&record)?.is_gt() {
                return Ok(ControlFlow::Continue(()));
            }
            if (self.visit)(record)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        match children.next() {
            Some(child) => self.node(child, below),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// The first record that is not less than the key, by bisection.
    fn first_not_less(&mut self, records: &[R]) -> Result<usize> {
        let (mut low, mut high) = (0, records.len());
        while low < high {
            let middle = low.midpoint(high);
            let Some(record) = records.get(middle) else { break };
            if (self.compare)(record)?.is_lt() {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Sizes, Structure, wide};
    use crate::format::btree2::LinkCreationOrderRecord;
    use crate::io::Memory;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };
    /// Where the header, the root and the leaves lie.
    const PLACES: [usize; 5] = [0, 64, 256, 384, 512];

    fn record(creation_order: i64) -> LinkCreationOrderRecord {
        LinkCreationOrderRecord { creation_order, heap_id: [0; 7] }
    }

    fn place(number: usize) -> Address {
        Address(wide(PLACES[number]))
    }

    /// A tree of a root and three leaves of the records 0 to 7, whose children lie at `children`.
    fn tree(children: [usize; 3], root_total: u64) -> Space {
        let header = BTree2Header {
            record_type: 6,
            node_size: 128,
            record_size: 15,
            depth: 1,
            split_percent: 100,
            merge_percent: 40,
            root: Some(place(1)),
            root_records: 2,
            total_records: root_total,
        };
        let geometry = NodeGeometry::of(&header, SIZES).unwrap();
        let context = |depth, records| NodeContext {
            records,
            child_records_width: geometry.child_records_width,
            child_total_width: geometry.child_total_width(depth),
            record: (),
        };
        let child = |n| ChildPointer { address: place(n), records: 2, total: None };
        let root = InternalNode {
            records: vec![record(2), record(5)],
            children: children.map(child).to_vec(),
        };
        let leaf = |n| LeafNode { records: vec![record(n), record(n + 1)] };
        let mut bytes = vec![0; 640];
        let mut put = |number: usize, part: Vec<u8>| {
            bytes[PLACES[number]..][..part.len()].copy_from_slice(&part);
        };
        put(0, header.to_bytes_in(SIZES, &()).unwrap());
        put(1, root.to_bytes_in(SIZES, &context(1, 2)).unwrap());
        for (number, first) in [(2, 0), (3, 3), (4, 6)] {
            put(number, leaf(first).to_bytes_in(SIZES, &context(0, 2)).unwrap());
        }
        Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap()
    }

    fn all(space: &Space) -> Result<Vec<i64>> {
        let tree = BTree2::<LinkCreationOrderRecord>::load(space, Address(0), &())?;
        let mut found = Vec::new();
        tree.for_each(space, &mut |record| {
            found.push(record.creation_order);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    #[test]
    fn records_come_in_order() {
        assert_eq!(all(&tree([2, 3, 4], 8)).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn every_record_is_found() {
        let space = tree([2, 3, 4], 8);
        let tree = BTree2::<LinkCreationOrderRecord>::load(&space, Address(0), &()).unwrap();
        for wanted in -1..9 {
            let compare = |record: &LinkCreationOrderRecord| Ok(record.creation_order.cmp(&wanted));
            let found = tree.find(&space, &mut { compare }).unwrap();
            assert_eq!(found, (0..8).contains(&wanted).then(|| record(wanted)));
        }
    }

    #[test]
    fn a_range_of_equal_records_is_visited_and_nothing_else() {
        let space = tree([2, 3, 4], 8);
        let tree = BTree2::<LinkCreationOrderRecord>::load(&space, Address(0), &()).unwrap();
        let mut found = Vec::new();
        tree.for_each_equal(&space, &mut |r| Ok((r.creation_order / 3).cmp(&1)), &mut |r| {
            found.push(r.creation_order);
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        assert_eq!(found, [3, 4, 5]);
    }

    #[test]
    fn a_node_is_entered_once() {
        let error = all(&tree([2, 2, 4], 8)).unwrap_err();
        assert!(error.to_string().contains("two nodes"), "{error}");
        assert!(all(&tree([2, 1, 4], 8)).is_err());
    }

    #[test]
    fn the_total_of_a_tree_of_one_node_is_that_nodes() {
        for (root_records, total_records) in [(1, 2), (2, 1), (0, 1)] {
            let header = BTree2Header {
                record_type: 6,
                node_size: 128,
                record_size: 15,
                depth: 0,
                split_percent: 100,
                merge_percent: 40,
                root: Some(place(1)),
                root_records,
                total_records,
            };
            let bytes = header.to_bytes_in(SIZES, &()).unwrap();
            let space = Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap();
            let error = all(&space).unwrap_err();
            assert!(error.to_string().contains("Total Number of Records"), "{error}");
        }
    }

    #[test]
    fn totals_must_agree() {
        assert!(all(&tree([2, 3, 4], 9)).is_err());
        let error = all(&tree([2, 3, 4], 1000)).unwrap_err();
        assert!(error.to_string().contains("room for"), "{error}");
    }

    #[test]
    fn another_type_of_records_is_refused() {
        let space = tree([2, 3, 4], 8);
        let error = BTree2::<crate::format::btree2::LinkNameRecord>::load(&space, Address(0), &())
            .unwrap_err();
        assert_eq!(error.location().unwrap().structure, <BTree2Header as Structure>::NAME);
    }
}
