//! A version 2 B-tree made of all its records at once.

use super::{BTree2, Node};
use crate::error::Result;
use crate::format::btree2::Record;
use crate::limits::Limits;
use crate::space::Space;

impl<R: Record> BTree2<R> {
    /// Lets the tree hold these records, which are in the order of their keys, and no others. Its
    /// nodes are new: what is committed stays as it is until the header leads elsewhere.
    pub(crate) fn rebuild(&mut self, space: &Space, records: Vec<R>) -> Result<()> {
        let old = self.node_places(space)?;
        let mut run = Node { records, children: Vec::new() };
        let mut depth = 0_u16;
        let root = loop {
            Limits::check("tree_depth", depth.into(), space.limits().tree_depth)?;
            self.geometry = self.geometry_of(space, depth)?;
            let (_, most) = self.fill(depth)?;
            if run.records.is_empty() && run.children.is_empty() {
                break None;
            }
            if run.records.len() <= most {
                break Some(self.save_node(space, None, depth, run)?);
            }
            let (nodes, between) = run.spread(most);
            let nodes = nodes.into_iter().map(|node| self.save_node(space, None, depth, node));
            run = Node { children: nodes.collect::<Result<_>>()?, records: between };
            depth = depth.saturating_add(1);
        };
        self.set_root(space, root, depth)?;
        old.into_iter().try_for_each(|at| self.free_node(space, at))
    }
}
