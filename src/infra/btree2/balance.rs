//! Nodes of version 2 B-trees, kept neither too full nor too empty.

use super::{BTree2, Node};
use crate::codec::{Address, wide};
use crate::error::{Error, Result};
use crate::format::btree2::{
    BTree2Header, ChildPointer, InternalNode, LeafNode, NodeGeometry, Record,
};
use crate::limits::Limits;
use crate::space::{Purpose, Rank, Space};

impl<R: Record> BTree2<R> {
    /// Saves `child`, the changed child `index` of `parent` at `depth`. A child that has become
    /// too full or too empty shares its records with a neighbour, or is split where the
    /// neighbours are full.
    pub(super) fn settle(
        &self,
        space: &Space,
        parent: &mut Node<R>,
        index: usize,
        child: Node<R>,
        depth: u16,
    ) -> Result<()> {
        let (least, most) = self.fill(depth)?;
        let held = child.records.len();
        let helps = |records: u16| held < least || (held > most && usize::from(records) < most);
        let neighbour = parent.smaller_neighbour(index).filter(|(records, _)| helps(*records));
        let neighbour = neighbour.map(|(_, number)| number);
        let first = neighbour.map_or(index, |other| other.min(index));
        let mut places = Vec::new();
        let mut run = Node { records: Vec::new(), children: Vec::new() };
        let mut changed = Some(child);
        let last = neighbour.map_or(index, |other| other.max(index));
        for number in first..=last {
            let Some(pointer) = parent.children.get(number).copied() else { break };
            if places.contains(&pointer.address) {
                return Err(self.repeated(space, pointer.address));
            }
            if number > first {
                run.records.extend(parent.records.get(number.saturating_sub(1)).cloned());
            }
            let node = match changed.take_if(|_| number == index) {
                Some(node) => node,
                None => self.read(space, pointer, depth)?,
            };
            run.records.extend(node.records);
            run.children.extend(node.children);
            places.push(pointer.address);
        }
        let (nodes, between) = run.spread(most);
        let mut places = places.into_iter();
        let pointers = nodes
            .into_iter()
            .map(|node| self.save_node(space, places.next(), depth, node))
            .collect::<Result<Vec<_>>>()?;
        places.try_for_each(|at| self.free_node(space, at))?;
        parent.records.splice(first..last, between);
        parent.children.splice(first..=last, pointers);
        Ok(())
    }

    /// Saves `node`, the changed root, which was at `at`: the tree grows or shrinks a level where
    /// that has become too full or empty.
    pub(super) fn settle_root(&mut self, space: &Space, at: Address, node: Node<R>) -> Result<()> {
        let depth = self.header.depth;
        if node.records.is_empty() {
            self.free_node(space, at)?;
            return match (node.children.first(), depth.checked_sub(1)) {
                (Some(only), Some(below)) => self.set_root(space, Some(*only), below),
                _ => self.set_root(space, None, 0),
            };
        }
        let (_, most) = self.fill(depth)?;
        if node.records.len() <= most {
            let root = self.save_node(space, Some(at), depth, node)?;
            return self.set_root(space, Some(root), depth);
        }
        let above = depth.saturating_add(1);
        Limits::check("tree_depth", u64::from(above), space.limits().tree_depth)?;
        let pointer = ChildPointer { address: at, records: 0, total: None };
        let mut root = Node { records: Vec::new(), children: vec![pointer] };
        self.settle(space, &mut root, 0, node, depth)?;
        self.geometry = self.geometry_of(space, above)?;
        self.fill(above)?;
        let root = self.save_node(space, None, above, root)?;
        self.set_root(space, Some(root), above)
    }

    pub(super) fn set_root(
        &mut self,
        space: &Space,
        root: Option<ChildPointer>,
        depth: u16,
    ) -> Result<()> {
        let header = BTree2Header {
            depth,
            root: root.map(|root| root.address),
            root_records: root.map_or(0, |root| root.records),
            total_records: root.map_or(0, |root| root.all_records()),
            ..self.header
        };
        self.geometry = self.geometry_of(space, depth)?;
        space.save(Rank::Index, self.at, &header, BTree2Header::size(space.sizes()))?;
        self.header = header;
        Ok(())
    }

    pub(super) fn geometry_of(&self, space: &Space, depth: u16) -> Result<NodeGeometry> {
        let header = BTree2Header { depth, ..self.header };
        NodeGeometry::of(&header, space.sizes()).ok_or_else(|| self.too_small())
    }

    /// Fewest and most records that a node at `depth` keeps; the root may have fewer.
    pub(super) fn fill(&self, depth: u16) -> Result<(usize, usize)> {
        let capacity = self.geometry.max_records(depth).min(u64::from(u16::MAX));
        let part = |percent: u8| capacity.saturating_mul(u64::from(percent)) / 100;
        let narrow = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        // A node that splits has a record left for each half, and one for between them.
        if capacity < 2 {
            return Err(self.too_small());
        }
        let most = part(self.header.split_percent).clamp(2, capacity);
        // libhdf5 wants more than one record in a node with children.
        let nonempty = if depth > 0 { 2 } else { 1 };
        let least = part(self.header.merge_percent).max(nonempty).min(most / 2);
        Ok((narrow(least), narrow(most)))
    }

    #[cold]
    fn too_small(&self) -> Error {
        let bytes = self.header.node_size;
        Error::unsupported(format!(
            "changing a B-tree whose nodes of {bytes} bytes hold one record"
        ))
    }

    /// Saves a node that was at `at`, if anywhere, in space that nothing committed uses.
    pub(super) fn save_node(
        &self,
        space: &Space,
        at: Option<Address>,
        depth: u16,
        node: Node<R>,
    ) -> Result<ChildPointer> {
        let len = u64::from(self.header.node_size);
        let address = match at {
            Some(at) => space.shadow(Purpose::Metadata, at, len)?,
            None => space.allocate(Purpose::Metadata, len)?,
        };
        let records = u16::try_from(node.records.len()).unwrap_or(u16::MAX);
        let context = self.node_context(depth, records);
        if depth == 0 {
            let leaf = LeafNode { records: node.records };
            space.save_in(Rank::IndexNode, address, &leaf, &context, len)?;
            return Ok(ChildPointer { address, records, total: None });
        }
        let total = node.all_records();
        let node = InternalNode { records: node.records, children: node.children };
        space.save_in(Rank::IndexNode, address, &node, &context, len)?;
        Ok(ChildPointer { address, records, total: Some(total) })
    }

    pub(super) fn free_node(&self, space: &Space, at: Address) -> Result<()> {
        space.free(Purpose::Metadata, at, u64::from(self.header.node_size))
    }
}

impl<R: Record> Node<R> {
    /// The child beside `index` with fewer records: their number, and the child's.
    fn smaller_neighbour(&self, index: usize) -> Option<(u16, usize)> {
        let sides = [index.checked_sub(1), index.checked_add(1)];
        let known = sides.into_iter().flatten();
        known.filter_map(|side| Some((self.children.get(side)?.records, side))).min()
    }

    /// Makes as few nodes of it as can be, of equal size up to one, none with more than `most`
    /// records; gives the records between them too.
    pub(super) fn spread(self, most: usize) -> (Vec<Self>, Vec<R>) {
        let room = most.saturating_add(1);
        let count = self.records.len().saturating_add(1).div_ceil(room).max(1);
        let inside = self.records.len().saturating_add(1).saturating_sub(count);
        let (each, rest) = (inside.checked_div(count), inside.checked_rem(count));
        let (mut records, mut children) = (self.records.into_iter(), self.children.into_iter());
        let (mut nodes, mut between) = (Vec::new(), Vec::new());
        for number in 0..count {
            if number > 0 {
                between.extend(records.next());
            }
            let more = usize::from(rest.is_some_and(|rest| number < rest));
            let len = each.unwrap_or(0).saturating_add(more);
            nodes.push(Self {
                records: records.by_ref().take(len).collect(),
                children: children.by_ref().take(len.saturating_add(1)).collect(),
            });
        }
        (nodes, between)
    }

    /// Records in the node and below it.
    pub(super) fn all_records(&self) -> u64 {
        let below = self.children.iter().map(ChildPointer::all_records);
        below.fold(wide(self.records.len()), u64::saturating_add)
    }
}
