//! Changes of trees, from a leaf upwards.
//!
//! The root never moves. Every other node that changes goes to new space, and so do those above
//! it, so that the one write of the root switches from the old tree to the new one. Keys that two
//! nodes share, the last of one and the first of its neighbour, stay the same in both: libhdf5
//! relies on it. Neighbours that change in nothing else are told last: who reads a tree from its
//! root needs neither.

use super::{Tree, node_len};
use crate::codec::{Address, StructureIn};
use crate::error::{Error, Result};
use crate::format::btree1::{ChunkKey, GroupKey, Key, Node, NodeShape};
use crate::space::{Purpose, Rank, Space};

/// A key whose trees can be changed.
pub(crate) trait Edited: Key {
    /// Of the root: the other nodes are written where nothing committed refers to them.
    const ROOT: Rank;
    /// Which of the keys around a child goes when the child goes: 0 the one before it, which says
    /// where it starts, 1 the one behind it, which says where it ends.
    const OWN: usize;
}

impl Edited for ChunkKey {
    const ROOT: Rank = Rank::Index;
    const OWN: usize = 0;
}

impl Edited for GroupKey {
    const ROOT: Rank = Rank::GroupTree;
    const OWN: usize = 1;
}

/// What became of the child that a path leads to.
#[derive(Debug)]
pub(crate) enum Change<K> {
    /// It is here now, where it was or elsewhere.
    At(Address),
    /// Two stand for it, with a key between them.
    Split { left: Address, middle: K, right: Address },
    /// It has nothing left in it.
    Gone,
}

/// Keys around a child that are not what they were.
#[derive(Debug)]
pub(crate) struct Bounds<K> {
    pub(crate) first: Option<K>,
    pub(crate) last: Option<K>,
}

impl<K> Bounds<K> {
    pub(crate) const SAME: Self = Self { first: None, last: None };
}

/// A node on the way down, and the child the way goes on with.
#[derive(Debug)]
pub(crate) struct Step<K> {
    at: Address,
    pub(crate) node: Node<K>,
    pub(crate) index: usize,
    /// First and last key as they were read.
    read: (Option<K>, Option<K>),
}

impl<K: Edited> Step<K> {
    fn new(at: Address, node: Node<K>, index: usize) -> Self {
        let read = (node.keys.first().cloned(), node.keys.last().cloned());
        Self { at, node, index, read }
    }

    /// The keys at its ends that are not what they were.
    fn bounds(&self, node: &Node<K>) -> Bounds<K> {
        let changed =
            |new: Option<&K>, old: &Option<K>| new.filter(|k| old.as_ref() != Some(k)).cloned();
        Bounds {
            first: changed(node.keys.first(), &self.read.0),
            last: changed(node.keys.last(), &self.read.1),
        }
    }

    /// Takes up what became of the child; whether the node changed.
    pub(crate) fn apply(&mut self, change: Change<K>, bounds: Bounds<K>) -> bool {
        let (node, index) = (&mut self.node, self.index);
        let next = index.saturating_add(1);
        let mut changed = true;
        let mut end = next;
        match change {
            Change::At(now) => {
                let child = node.children.get_mut(index);
                let moved = child.is_some_and(|child| std::mem::replace(child, now) != now);
                changed = moved || bounds.first.is_some() || bounds.last.is_some();
            }
            Change::Split { left, middle, right } => {
                if let Some(child) = node.children.get_mut(index) {
                    *child = left;
                }
                node.children.insert(next.min(node.children.len()), right);
                node.keys.insert(next.min(node.keys.len()), middle);
                end = next.saturating_add(1);
            }
            Change::Gone => {
                if index < node.children.len() {
                    node.children.remove(index);
                }
                let own = index.saturating_add(K::OWN);
                if own < node.keys.len() {
                    node.keys.remove(own);
                }
                return true;
            }
        }
        for (place, key) in [(index, bounds.first), (end, bounds.last)] {
            if let (Some(to), Some(key)) = (node.keys.get_mut(place), key) {
                *to = key;
            }
        }
        changed
    }
}

/// The way from the root, which comes first, to a leaf.
pub(crate) type Path<K> = Vec<Step<K>>;

/// A tree open for changes. Every change is in the space when its call returns.
pub(crate) struct Editor<'a, K> {
    tree: Tree<'a, K>,
    root: Address,
}

impl<'a, K: Edited> Editor<'a, K> {
    const NAME: &'static str = <Node<K> as StructureIn<NodeShape>>::NAME;

    /// Opens the tree that starts at `root`.
    pub(crate) fn new(space: &'a Space, shape: NodeShape, root: Address) -> Self {
        Self { tree: Tree::new(space, shape), root }
    }

    /// Makes a tree without entries.
    pub(crate) fn create(space: &'a Space, shape: NodeShape) -> Result<Self> {
        let root = space.allocate(Purpose::Metadata, node_len::<K>(space, &shape))?;
        let editor = Self::new(space, shape, root);
        let (keys, children) = (Vec::new(), Vec::new());
        editor.save(root, &Node { level: 0, left: None, right: None, keys, children })?;
        Ok(editor)
    }

    /// Where the tree starts.
    pub(crate) fn root(&self) -> Address {
        self.root
    }

    fn space(&self) -> &'a Space {
        self.tree.space
    }

    /// The way to the leaf, and the child of it, that `choose` gives the indexes of; an index
    /// behind the last child means the last. Where the tree is empty, the path is the root alone.
    pub(crate) fn path(&self, choose: impl Fn(&Node<K>) -> Result<usize>) -> Result<Path<K>> {
        let (mut at, mut level) = (self.root, None);
        let mut path = Path::new();
        loop {
            let node = self.tree.load(at, level)?;
            let index = choose(&node)?.min(node.children.len().saturating_sub(1));
            let child = node.children.get(index).copied();
            let below = node.level.checked_sub(1);
            path.push(Step::new(at, node, index));
            match (below, child) {
                (None, _) => return Ok(path),
                (Some(_), Some(child)) => (at, level) = (child, below),
                (Some(_), None) => {
                    return Err(self.broken(at, "Entries Used", "a node above leaves is empty"));
                }
            }
        }
    }

    /// Saves a path whose leaf was changed, and what changes above it.
    pub(crate) fn store(&self, mut path: Path<K>) -> Result<()> {
        while let Some(step) = path.pop() {
            let (change, bounds) = self.settle(step)?;
            let Some(parent) = path.last_mut() else { break };
            if !parent.apply(change, bounds) {
                break;
            }
        }
        Ok(())
    }

    /// Saves a node that was changed, as one, two or none; tells its neighbours.
    fn settle(&self, step: Step<K>) -> Result<(Change<K>, Bounds<K>)> {
        let room = usize::from(self.tree.shape.k).saturating_mul(2);
        if step.node.children.is_empty() {
            return self.remove(step);
        }
        if step.node.children.len() > room {
            return self.split(step);
        }
        let bounds = step.bounds(&step.node);
        let Step { at, node, .. } = step;
        if at == self.root {
            self.save(at, &node)?;
            return Ok((Change::At(at), bounds));
        }
        let len = node_len::<K>(self.space(), &self.tree.shape);
        let now = self.space().shadow(Purpose::Metadata, at, len)?;
        let moved = (now != at).then_some(Some(now));
        self.tell(at, node.level, node.left, moved, bounds.first.clone())?;
        self.tell(at, node.level, node.right, moved, bounds.last.clone())?;
        self.save(now, &node)?;
        Ok((Change::At(now), bounds))
    }

    /// Removes a node that has no children any more; the root stays as an empty leaf.
    fn remove(&self, step: Step<K>) -> Result<(Change<K>, Bounds<K>)> {
        let Step { at, mut node, read: (first, last), .. } = step;
        if at == self.root {
            node.level = 0;
            node.keys.clear();
            self.save(at, &node)?;
            return Ok((Change::At(at), Bounds::SAME));
        }
        let (level, left, right) = (node.level, node.left, node.right);
        // The neighbour's key that belongs to none of its children takes the place of both.
        let (to_left, to_right) = if K::OWN == 0 { (last, None) } else { (None, first) };
        self.tell(at, level, left, Some(right), to_left)?;
        self.tell(at, level, right, Some(left), to_right)?;
        let len = node_len::<K>(self.space(), &self.tree.shape);
        self.space().free(Purpose::Metadata, at, len)?;
        Ok((Change::Gone, Bounds::SAME))
    }

    /// Divides a node that has one child too many.
    fn split(&self, step: Step<K>) -> Result<(Change<K>, Bounds<K>)> {
        let (space, len) = (self.space(), node_len::<K>(self.space(), &self.tree.shape));
        let bounds = step.bounds(&step.node);
        let Step { at, node: mut left, index, .. } = step;
        let kept = self.kept(&left, index);
        let problem = "a node has room for less than two children";
        let at_least_two = || self.broken(at, "Entries Used", problem);
        if kept == 0 || kept >= left.children.len() {
            return Err(at_least_two());
        }
        let children = left.children.split_off(kept);
        let keys = left.keys.split_off(kept);
        let middle = keys.first().cloned().ok_or_else(at_least_two)?;
        left.keys.push(middle.clone());
        let is_root = at == self.root;
        let left_at = if is_root {
            space.allocate(Purpose::Metadata, len)?
        } else {
            space.shadow(Purpose::Metadata, at, len)?
        };
        let right_at = space.allocate(Purpose::Metadata, len)?;
        let level = left.level;
        let right = Node { level, left: Some(left_at), right: left.right, keys, children };
        if !is_root {
            let moved = (left_at != at).then_some(Some(left_at));
            self.tell(at, level, left.left, moved, bounds.first.clone())?;
            self.tell(at, level, right.right, Some(Some(right_at)), bounds.last.clone())?;
        }
        left.right = Some(right_at);
        self.save(left_at, &left)?;
        self.save(right_at, &right)?;
        if is_root {
            self.raise(level, [(left_at, &left), (right_at, &right)])?;
            return Ok((Change::At(at), Bounds::SAME));
        }
        Ok((Change::Split { left: left_at, middle, right: right_at }, bounds))
    }

    /// How many children stay in the left half: most where the tree grows at its right end, few
    /// where it grows at its left end.
    fn kept(&self, node: &Node<K>, index: usize) -> usize {
        let k = usize::from(self.tree.shape.k);
        let room = k.saturating_mul(2);
        let tenth = room.checked_div(10).unwrap_or(0);
        match (node.left, node.right) {
            (_, None) => room.saturating_sub(tenth),
            (None, _) => tenth.max(1),
            // The half that grew is the smaller one: nodes of two children do not all end up with
            // one.
            _ if index < k => k,
            _ => k.saturating_add(1),
        }
    }

    /// Makes the root one level higher, over two nodes that have what it had.
    fn raise(&self, level: u8, below: [(Address, &Node<K>); 2]) -> Result<()> {
        let level = level
            .checked_add(1)
            .ok_or_else(|| self.broken(self.root, "Node Level", "no level is left"))?;
        let [(left_at, left), (right_at, right)] = below;
        let first = left.keys.first().into_iter();
        let keys = first.chain(right.keys.first()).chain(right.keys.last()).cloned().collect();
        let children = vec![left_at, right_at];
        self.save(self.root, &Node { level, left: None, right: None, keys, children })
    }

    /// Tells a neighbour of the node at `at` of another neighbour, or of the key they share.
    /// Whether it is the left or the right one shows in what it knows.
    fn tell(
        &self,
        at: Address,
        level: u8,
        neighbour: Option<Address>,
        address: Option<Option<Address>>,
        key: Option<K>,
    ) -> Result<()> {
        let Some(place) = neighbour.filter(|place| *place != at && *place != self.root) else {
            return Ok(());
        };
        if address.is_none() && key.is_none() {
            return Ok(());
        }
        let mut node = self.tree.load(place, Some(level))?;
        let is_left = node.right == Some(at);
        if !is_left && node.left != Some(at) {
            return Err(self.broken(
                place,
                "Address of Left Sibling",
                "its neighbours do not know it",
            ));
        }
        let to = if is_left { &mut node.right } else { &mut node.left };
        if let Some(address) = address {
            *to = address;
        }
        let shared = if is_left { node.keys.last_mut() } else { node.keys.first_mut() };
        if let (Some(shared), Some(key)) = (shared, key) {
            *shared = key;
        }
        self.save(place, &node)
    }

    fn save(&self, at: Address, node: &Node<K>) -> Result<()> {
        let rank = if at == self.root { K::ROOT } else { Rank::Hint };
        let (space, shape) = (self.space(), &self.tree.shape);
        space.save_in(rank, at, node, shape, node_len::<K>(space, shape))
    }

    #[cold]
    fn broken(&self, at: Address, field: &'static str, problem: &str) -> Error {
        self.space().broken(Self::NAME, field, at, problem)
    }
}
