//! Version 1 B-trees: the links of symbol table groups, the chunks of datasets.
//!
//! See `spec-notes/btree-v1.md`.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::codec::{Address, StructureIn, wide};
use crate::error::Result;
use crate::format::btree1::{ChunkKey, ChunkNode, GroupKey, GroupNode, Key, Node, NodeShape};
use crate::format::symbol_table::{SymbolTableEntry, SymbolTableNode};
use crate::infra::local_heap::{LocalHeap, LocalHeapStrings};
use crate::limits::Limits;
use crate::space::Space;

/// A node up to this many bytes is read at once, a larger one as far as it is used.
const AT_ONCE: u64 = 16 << 10;

/// Half the entries that the nodes of a group's tree have room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupK {
    /// Of symbol table nodes.
    pub(crate) leaf: u16,
    /// Of B-tree nodes.
    pub(crate) internal: u16,
}

/// One chunk of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkRecord {
    /// Its first element's coordinates.
    pub(crate) offset: Vec<u64>,
    /// Its bytes.
    pub(crate) address: Address,
    /// How many there are.
    pub(crate) stored_bytes: u32,
    /// Filters of the pipeline that were skipped for it: bit `i` is filter `i`.
    pub(crate) filter_mask: u32,
}

/// The links of the group whose tree starts at `btree` and whose names lie in the local heap at
/// `heap`, in the order of their names.
pub(crate) fn group_entries(
    space: &Space,
    btree: Address,
    heap: Address,
    ks: GroupK,
) -> Result<Vec<(Vec<u8>, SymbolTableEntry)>> {
    let heap = LocalHeap::load(space, heap)?;
    let mut tree = Tree::<GroupKey>::new(space, NodeShape { k: ks.internal, rank: 0 });
    let mut entries = Vec::new();
    // Every link has room of its own for its name: together they fit in the heap.
    let mut left = heap.len();
    tree.leaves(btree, &mut |tree, node| {
        for at in node.children {
            tree.visit(SymbolTableNode::NAME, at)?;
            for entry in load_symbols(space, at, ks.leaf)?.entries {
                let name = entry_name(space, &heap, at, &entry)?.to_vec();
                let size = wide(name.len()).saturating_add(1);
                left = left.checked_sub(size).ok_or_else(|| {
                    let problem = "the names overlap in the heap";
                    space.broken(SymbolTableNode::NAME, "Link Name Offset", at, problem)
                })?;
                entries.push((name, entry));
            }
        }
        Ok(())
    })?;
    if !entries.is_sorted_by(|(a, _), (b, _)| a <= b) {
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    Ok(entries)
}

/// The link `name` of the group whose tree starts at `btree` and whose names lie in the local heap
/// at `heap`. Reads one node a level.
pub(crate) fn find_group_entry(
    space: &Space,
    btree: Address,
    heap: Address,
    ks: GroupK,
    name: &[u8],
) -> Result<Option<SymbolTableEntry>> {
    if name.contains(&0) {
        return Ok(None);
    }
    let heap = LocalHeapStrings::load(space, heap)?;
    let mut tree = Tree::<GroupKey>::new(space, NodeShape { k: ks.internal, rank: 0 });
    let leaf = tree.descend(btree, |node| {
        // Child i holds the names up to key i + 1.
        search(node.keys.get(1..).unwrap_or_default(), |key| heap.compare(key.0, name))
            .map(|(at, _)| at)
    })?;
    let Some((_, at)) = leaf else { return Ok(None) };
    let mut node = load_symbols(space, at, ks.leaf)?;
    let (index, found) = search(&node.entries, |entry| heap.compare(entry.name_offset, name))?;
    Ok(found.then(|| node.entries.swap_remove(index)))
}

/// Calls `f` with every chunk of the tree that starts at `root`, in the order of their coordinates.
///
/// `rank` is the dataset's number of dimensions, `chunk_k` the file's "Indexed Storage Internal
/// Node K".
pub(crate) fn for_each_chunk(
    space: &Space,
    root: Address,
    rank: usize,
    chunk_k: u16,
    f: &mut dyn FnMut(ChunkRecord) -> Result<()>,
) -> Result<()> {
    let mut tree = Tree::<ChunkKey>::new(space, NodeShape { k: chunk_k, rank });
    tree.leaves(root, &mut |_, node| {
        let chunks = node.keys.into_iter().zip(node.children);
        chunks.map(|(key, address)| record(key, address, rank)).try_for_each(&mut *f)
    })
}

/// The chunk whose first element lies at `offset` of the dataset, `rank` coordinates in elements.
/// Reads one node a level.
pub(crate) fn find_chunk(
    space: &Space,
    root: Address,
    rank: usize,
    chunk_k: u16,
    offset: &[u64],
) -> Result<Option<ChunkRecord>> {
    let mut tree = Tree::<ChunkKey>::new(space, NodeShape { k: chunk_k, rank });
    let place = |key: &ChunkKey| key.offset.get(..rank).unwrap_or_default().cmp(offset);
    let leaf = tree.descend(root, |node| {
        // Child i holds the chunks from key i on.
        let keys = node.keys.get(..node.children.len()).unwrap_or_default();
        let after = keys.partition_point(|key| place(key) != Ordering::Greater);
        Ok(after.checked_sub(1).unwrap_or(usize::MAX))
    })?;
    let Some((key, address)) = leaf else { return Ok(None) };
    Ok((place(&key) == Ordering::Equal).then(|| record(key, address, rank)))
}

fn record(key: ChunkKey, address: Address, rank: usize) -> ChunkRecord {
    let ChunkKey { stored_bytes, filter_mask, mut offset } = key;
    offset.truncate(rank);
    ChunkRecord { offset, address, stored_bytes, filter_mask }
}

/// The name of `entry`, of the symbol table node at `at`.
fn entry_name<'h>(
    space: &Space,
    heap: &'h LocalHeap<'_>,
    at: Address,
    entry: &SymbolTableEntry,
) -> Result<&'h [u8]> {
    let name = heap.string(entry.name_offset)?;
    if name.is_empty() {
        let problem = "the name is empty";
        return Err(space.broken(SymbolTableNode::NAME, "Link Name Offset", at, problem));
    }
    Ok(name)
}

/// The first of `sorted` that `order` does not put before what is sought, and whether it is that.
fn search<T>(sorted: &[T], order: impl Fn(&T) -> Result<Ordering>) -> Result<(usize, bool)> {
    let mut rest = sorted;
    let mut start: usize = 0;
    let mut found = false;
    loop {
        let (low, high) = rest.split_at_checked(rest.len() >> 1).unwrap_or((rest, &[]));
        let Some((middle, high)) = high.split_first() else { return Ok((start, found)) };
        match order(middle)? {
            Ordering::Less => {
                start = start.saturating_add(low.len()).saturating_add(1);
                rest = high;
            }
            equal_or_greater => {
                found |= equal_or_greater == Ordering::Equal;
                rest = low;
            }
        }
    }
}

fn load_symbols(space: &Space, at: Address, leaf_k: u16) -> Result<SymbolTableNode> {
    let sizes = space.sizes();
    let room = SymbolTableNode::size(sizes, u64::from(leaf_k).saturating_mul(2));
    let len = if room <= AT_ONCE {
        space.available(at, room).max(SymbolTableNode::PREFIX)
    } else {
        let bytes = space.read(SymbolTableNode::NAME, at, SymbolTableNode::PREFIX)?;
        let mut d = space.decoder(SymbolTableNode::NAME, at, &bytes);
        SymbolTableNode::size(sizes, SymbolTableNode::decode_count(&mut d, leaf_k)?.into())
    };
    space.load_in(at, len, &leaf_k)
}

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

    /// Reads the node at `at`, which lies at `level` unless it is the root.
    fn load(&self, at: Address, level: Option<u8>) -> Result<Node<K>> {
        let (space, shape) = (self.space, &self.shape);
        let room = u64::from(shape.k).saturating_mul(2);
        let room = Node::<K>::size(space.sizes(), shape, room);
        let len = if room <= AT_ONCE {
            space.available(at, room).max(Node::<K>::PREFIX)
        } else {
            let bytes = space.read(Self::NAME, at, Node::<K>::PREFIX)?;
            let mut d = space.decoder(Self::NAME, at, &bytes);
            let (_, used) = Node::<K>::decode_prefix(&mut d, shape)?;
            space.available(at, Node::<K>::size(space.sizes(), shape, used.into()))
        };
        let node: Node<K> = space.load_in(at, len, shape)?;
        if level.is_some_and(|level| level != node.level) {
            let problem = format!("level {} is not one below its parent's", node.level);
            return Err(space.broken(Self::NAME, "Node Level", at, problem));
        }
        Limits::check("tree_depth", node.level.into(), space.limits().tree_depth)
            .map_err(|error| error.or_at(space.location(Self::NAME, "Node Level", at)))?;
        Ok(node)
    }

    /// Calls `f` with every leaf under `root`, from left to right.
    fn leaves(
        &mut self,
        root: Address,
        f: &mut dyn FnMut(&mut Self, Node<K>) -> Result<()>,
    ) -> Result<()> {
        // To be entered, the next one last.
        let mut ahead = vec![(root, None)];
        while let Some((at, level)) = ahead.pop() {
            self.visit(Self::NAME, at)?;
            let node = self.load(at, level)?;
            match node.level.checked_sub(1) {
                None => f(self, node)?,
                below => ahead.extend(node.children.iter().rev().map(|child| (*child, below))),
            }
        }
        Ok(())
    }

    /// Follows the child `choose` gives the index of from `root` down to a leaf; that leaf's
    /// chosen child and the key before it. `None` where there is no such child.
    fn descend(
        &mut self,
        root: Address,
        choose: impl Fn(&Node<K>) -> Result<usize>,
    ) -> Result<Option<(K, Address)>> {
        let (mut at, mut level) = (root, None);
        loop {
            let mut node = self.load(at, level)?;
            let index = choose(&node)?;
            let Some(child) = node.children.get(index).copied() else { return Ok(None) };
            match node.level.checked_sub(1) {
                None if index < node.keys.len() => {
                    return Ok(Some((node.keys.swap_remove(index), child)));
                }
                None => return Ok(None),
                below => (at, level) = (child, below),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::codec::Sizes;
    use crate::format::local_heap::LocalHeap as HeapHeader;
    use crate::format::symbol_table::EntryCache;
    use crate::io::Memory;

    const SIZES: Sizes = Sizes { offsets: 8, lengths: 8 };
    const KS: GroupK = GroupK { leaf: 2, internal: 2 };

    fn put<C, T: StructureIn<C>>(bytes: &mut Vec<u8>, value: &T, context: &C) -> Address {
        let at = Address(bytes.len() as u64);
        bytes.extend(value.to_bytes_in(SIZES, context).unwrap());
        at
    }

    fn space(bytes: Vec<u8>) -> Space {
        Space::new(Arc::new(Memory::new(bytes)), Limits::DEFAULT, SIZES).unwrap()
    }

    fn node<K>(level: u8, keys: Vec<K>, children: Vec<Address>) -> Node<K> {
        Node { level, left: None, right: None, keys, children }
    }

    /// A chunk tree of two levels over the chunks at multiples of 10 of one dimension.
    fn chunks(count: u64) -> (Vec<u8>, Address) {
        let shape = NodeShape { k: 2, rank: 1 };
        let key = |n: u64| ChunkKey { stored_bytes: n as u32, filter_mask: 0, offset: vec![n, 0] };
        let mut bytes = vec![0; 16];
        let (mut tops, mut nodes) = (Vec::new(), Vec::new());
        for first in (0..count).step_by(4) {
            let own: Vec<u64> = (first..count.min(first + 4)).collect();
            let keys = own.iter().chain([&(own[own.len() - 1] + 1)]).map(|n| key(n * 10)).collect();
            let children = own.iter().map(|n| Address(n * 100)).collect();
            tops.push(key(first * 10));
            nodes.push(put(&mut bytes, &node(0, keys, children), &shape));
        }
        tops.push(key(count * 10));
        let root = put(&mut bytes, &node(1, tops, nodes), &shape);
        (bytes, root)
    }

    #[test]
    fn chunks_are_listed_and_found() {
        let (bytes, root) = chunks(14);
        let space = space(bytes);
        let mut found = Vec::new();
        for_each_chunk(&space, root, 1, 2, &mut |chunk| {
            found.push(chunk.offset[0]);
            assert_eq!(chunk.address.0, chunk.offset[0] * 10);
            Ok(())
        })
        .unwrap();
        assert_eq!(found, (0..14).map(|n| n * 10).collect::<Vec<u64>>());
        for n in 0..14 {
            let chunk = find_chunk(&space, root, 1, 2, &[n * 10]).unwrap().unwrap();
            assert_eq!((chunk.offset, chunk.stored_bytes), (vec![n * 10], n as u32 * 10));
        }
        for none in [5, 140, u64::MAX] {
            assert_eq!(find_chunk(&space, root, 1, 2, &[none]).unwrap(), None);
        }
    }

    #[test]
    fn a_tree_that_loops_ends() {
        let shape = NodeShape { k: 2, rank: 0 };
        let mut bytes = Vec::new();
        let below = put(&mut bytes, &node::<GroupKey>(0, vec![], vec![]), &shape);
        let twice = node(1, vec![GroupKey(0); 3], vec![below, below]);
        let heap =
            put(&mut bytes, &HeapHeader { data_size: 8, free_head: None, data: Address(0) }, &());
        let root = put(&mut bytes, &twice, &shape);
        let own = node(3, vec![GroupKey(0); 2], vec![Address(bytes.len() as u64)]);
        let own = put(&mut bytes, &own, &shape);
        let space = space(bytes);
        let field =
            |root| group_entries(&space, root, heap, KS).unwrap_err().location().unwrap().field;
        assert_eq!(field(root), "Child Pointer");
        assert_eq!(field(own), "Child Pointer");
        let error = find_group_entry(&space, own, heap, KS, b"").unwrap_err();
        assert_eq!(error.location().unwrap().field, "Node Level");
    }

    /// A group with one leaf of two symbol table nodes.
    fn group(names: [[&str; 2]; 2]) -> (Space, Address, Address) {
        let mut bytes = vec![0; 8];
        let mut offsets = Vec::new();
        for name in names.as_flattened() {
            offsets.push(bytes.len() as u64);
            bytes.extend(name.bytes().chain([0]));
        }
        let data_size = bytes.len() as u64;
        let heap = HeapHeader { data_size, free_head: None, data: Address(0) };
        let heap = put(&mut bytes, &heap, &());
        let entry = |offset: &u64| SymbolTableEntry {
            name_offset: *offset,
            header: Some(Address(offset * 1000)),
            cache: EntryCache::None,
        };
        let symbols =
            |offsets: &[u64]| SymbolTableNode { entries: offsets.iter().map(entry).collect() };
        let first = put(&mut bytes, &symbols(&offsets[..2]), &KS.leaf);
        let second = put(&mut bytes, &symbols(&offsets[2..]), &KS.leaf);
        let keys = vec![GroupKey(0), GroupKey(offsets[1]), GroupKey(offsets[3])];
        let shape = NodeShape { k: KS.internal, rank: 0 };
        let root = put(&mut bytes, &node(0, keys, vec![first, second]), &shape);
        (space(bytes), root, heap)
    }

    #[test]
    fn links_are_listed_and_found() {
        let names = [["a", "bb"], ["bbc", "z"]];
        let (space, root, heap) = group(names);
        let entries = group_entries(&space, root, heap, KS).unwrap();
        let found: Vec<_> = entries.iter().map(|(name, _)| str::from_utf8(name).unwrap()).collect();
        assert_eq!(found, names.as_flattened());
        for (name, entry) in entries {
            let found = find_group_entry(&space, root, heap, KS, &name).unwrap();
            assert_eq!(found, Some(entry));
        }
        for none in ["", "0", "b", "bbb", "y", "zz"] {
            let found = find_group_entry(&space, root, heap, KS, none.as_bytes()).unwrap();
            assert_eq!(found, None);
        }
    }
}
