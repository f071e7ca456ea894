//! Version 1 B-trees: the links of symbol table groups, the chunks of datasets.
//!
//! See `spec-notes/btree-v1.md`.

mod chunk;
mod edit;
mod group;

use std::borrow::Cow;
use std::collections::HashSet;

pub(crate) use chunk::{ChunkRecord, ChunkTree, find_chunk, for_each_chunk};
pub(crate) use edit::{Bounds, Change, Editor, Path, Step};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use group::group_entries;
pub(crate) use group::{
    GroupK, KeptSymbols, each_left, find_group_entry, for_each_entry, group_extents, load_symbols,
    search, symbols_len,
};

use crate::codec::{Address, StructureIn, wide};
use crate::error::Result;
use crate::format::btree1::{Key, Node, NodeShape};
use crate::infra::kept::{Kept, KeptNodes};
use crate::limits::Limits;
use crate::space::{Extents, Space};

/// A node up to this many bytes is read at once, a larger one as far as it is used.
const AT_ONCE: u64 = 16 << 10;

/// One walk over a tree. Ends on any file: the level falls by one a step, and no node is entered
/// twice.
struct Tree<'a, K> {
    space: &'a Space,
    shape: NodeShape,
    visited: HashSet<Address>,
    key: std::marker::PhantomData<K>,
}

impl<'a, K: Key> Tree<'a, K> {
    const NAME: &'static str = <Node<K> as StructureIn<NodeShape>>::NAME;

    fn new(space: &'a Space, shape: NodeShape) -> Self {
        Self { space, shape, visited: HashSet::new(), key: std::marker::PhantomData }
    }

    /// An error where `at` was visited before.
    fn visit(&mut self, structure: &'static str, at: Address) -> Result<()> {
        if self.visited.insert(at) {
            return Ok(());
        }
        Err(self.space.broken(structure, "Child Pointer", at, "two pointers lead to this node"))
    }

    /// Bytes to be read of the node at `at`.
    fn len(&self, at: Address) -> Result<u64> {
        let (space, shape) = (self.space, &self.shape);
        let room = u64::from(shape.k).saturating_mul(2);
        let room = Node::<K>::size(space.sizes(), shape, room);
        if room <= AT_ONCE {
            return Ok(space.available(at, room).max(Node::<K>::PREFIX));
        }
        let bytes = space.read(Self::NAME, at, Node::<K>::PREFIX)?;
        let mut d = space.decoder(Self::NAME, at, &bytes);
        let (_, used) = Node::<K>::decode_prefix(&mut d, shape)?;
        Ok(space.available(at, Node::<K>::size(space.sizes(), shape, used.into())))
    }

    /// The bytes of the node at `at`.
    fn read(&self, at: Address) -> Result<Cow<'a, [u8]>> {
        self.space.read(Self::NAME, at, self.len(at)?)
    }

    /// Reads the node at `at`, which lies at `level` unless it is the root.
    fn load(&self, at: Address, level: Option<u8>) -> Result<Node<K>> {
        let (space, shape) = (self.space, &self.shape);
        let node: Node<K> = space.load_in(at, self.len(at)?, shape)?;
        self.check_level(at, node.level, level)?;
        Ok(node)
    }

    /// Checks that the node at `at`, which lies at `found`, lies where its parent says.
    fn check_level(&self, at: Address, found: u8, level: Option<u8>) -> Result<()> {
        let space = self.space;
        if level.is_some_and(|level| level != found) {
            let problem = format!("level {found} is not one below its parent's");
            return Err(space.broken(Self::NAME, "Node Level", at, problem));
        }
        Limits::check("tree_depth", found.into(), space.limits().tree_depth)
            .map_err(|error| error.or_at(space.location(Self::NAME, "Node Level", at)))
    }

    /// Notes what a node is that was wiped out behind its first bytes: no writer leaves an empty node
    /// beside others, and none lies where the file begins.
    fn suspect(&self, at: Address, level: Option<u8>, node: &Node<K>) {
        let nowhere = |sibling: Option<Address>| sibling == Some(Address(0));
        let wiped = nowhere(node.left) || nowhere(node.right);
        if wiped || (node.children.is_empty() && (level.is_some() || node.level > 0)) {
            let problem = "no entries, in a node that should have some";
            self.space.suspect(Self::NAME, "Entries Used", at, problem);
        }
    }

    /// Calls `f` with every leaf under `root`, from left to right.
    fn leaves(
        &mut self,
        root: Address,
        f: &mut dyn FnMut(&mut Self, Node<K>) -> Result<()>,
    ) -> Result<()> {
        self.nodes(root, |tree, _, node| match node.level {
            0 => f(tree, node),
            _ => Ok(()),
        })
    }

    /// Calls `f` with every node under `root`, a parent before its children.
    fn nodes(
        &mut self,
        root: Address,
        mut f: impl FnMut(&mut Self, Address, Node<K>) -> Result<()>,
    ) -> Result<()> {
        // To be entered, the next one last.
        let mut ahead = vec![(root, None)];
        while let Some((at, level)) = ahead.pop() {
            let loaded = self.visit(Self::NAME, at).and_then(|()| self.load(at, level));
            let Some(node) = self.space.heed(loaded)? else { continue };
            self.suspect(at, level, &node);
            if let Some(below) = node.level.checked_sub(1) {
                ahead.extend(node.children.iter().rev().map(|child| (*child, Some(below))));
            }
            f(self, at, node)?;
        }
        Ok(())
    }

    /// Adds the blocks of all nodes under `root` to `extents`, and gives the children of leaves to
    /// `f`.
    fn extents(
        &mut self,
        root: Address,
        extents: &mut Extents,
        mut f: impl FnMut(&mut Extents, Address),
    ) -> Result<()> {
        let len = node_len::<K>(self.space, &self.shape);
        self.nodes(root, |_, at, node| {
            extents.metadata(at, len);
            if node.level == 0 {
                node.children.into_iter().for_each(|child| f(extents, child));
            }
            Ok(())
        })
    }

    /// Follows the child `choose` gives the index of from `root` down to a leaf; that leaf's
    /// chosen child and the key before it. `None` where there is no such child.
    fn descend(
        &self,
        root: Address,
        kept: Option<&KeptNodes<Node<K>>>,
        choose: impl Fn(&Node<K>) -> Result<usize>,
    ) -> Result<Option<(K, Address)>> {
        let (mut at, mut level) = (root, None);
        loop {
            let node = match kept {
                Some(kept) => kept.get(at, || self.load(at, None))?,
                None => Kept::Read(Box::new(self.load(at, None)?)),
            };
            self.check_level(at, node.level, level)?;
            let index = choose(&node)?;
            let Some(child) = node.children.get(index).copied() else { return Ok(None) };
            match node.level.checked_sub(1) {
                None => return Ok(node.keys.get(index).map(|key| (key.clone(), child))),
                below => (at, level) = (child, below),
            }
        }
    }
}

/// Bytes of a node on disk.
fn node_len<K: Key>(space: &Space, shape: &NodeShape) -> u64 {
    Node::<K>::size(space.sizes(), shape, wide(usize::from(shape.k).saturating_mul(2)))
}

#[cfg(test)]
pub(crate) mod testing {
    use std::sync::Arc;

    use super::*;
    use crate::codec::Sizes;
    use crate::io::Memory;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };

    pub(super) fn put<C, T: StructureIn<C>>(
        bytes: &mut Vec<u8>,
        value: &T,
        context: &C,
    ) -> Address {
        let at = Address(bytes.len() as u64);
        bytes.extend(value.to_bytes_in(SIZES, context).unwrap());
        at
    }

    pub(super) fn space(bytes: Vec<u8>) -> Space {
        Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap()
    }

    pub(super) fn node<K>(level: u8, keys: Vec<K>, children: Vec<Address>) -> Node<K> {
        Node { level, left: None, right: None, keys, children }
    }

    /// Checks what libhdf5 relies on in the tree at `root`: siblings know each other and share a
    /// key, parents have the keys of their children, no node is empty but the root. Gives `f` every
    /// child of a leaf with the keys around it.
    pub(crate) fn check_tree<K: Key>(
        space: &Space,
        shape: NodeShape,
        root: Address,
        f: &mut dyn FnMut(&K, &K, Address),
    ) {
        let tree = Tree::<K>::new(space, shape);
        let node = tree.load(root, None).unwrap();
        assert_eq!((node.left, node.right), (None, None));
        if node.children.is_empty() {
            assert_eq!(node.level, 0);
            return;
        }
        let mut level = vec![(root, node)];
        loop {
            let mut below = Vec::new();
            for (at, node) in &level {
                assert!(!node.children.is_empty());
                assert!(node.children.len() <= 2 * usize::from(shape.k));
                for (index, child) in node.children.iter().enumerate() {
                    let (first, last) = (&node.keys[index], &node.keys[index + 1]);
                    if node.level == 0 {
                        f(first, last, *child);
                        continue;
                    }
                    let child_node = tree.load(*child, Some(node.level - 1)).unwrap();
                    assert_eq!(child_node.keys.first(), Some(first), "below {at:?}");
                    assert_eq!(child_node.keys.last(), Some(last), "below {at:?}");
                    below.push((*child, child_node));
                }
            }
            for pair in level.windows(2) {
                assert_eq!(pair[0].1.right, Some(pair[1].0));
                assert_eq!(pair[1].1.left, Some(pair[0].0));
                assert_eq!(pair[0].1.keys.last(), pair[1].1.keys.first());
            }
            assert_eq!(level[0].1.left, None);
            assert_eq!(level[level.len() - 1].1.right, None);
            if below.is_empty() {
                return;
            }
            level = below;
        }
    }
}
