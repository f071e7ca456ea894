//! The links of symbol table groups.

use std::cmp::Ordering as Order;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{AT_ONCE, Tree};
use crate::codec::{Address, Structure, StructureIn, wide};
use crate::error::Result;
use crate::format::btree1::{GroupKey, GroupNode, NodeShape, find_in_group_node};
use crate::format::symbol_table::{SymbolTableEntry, SymbolTableNode};
use crate::infra::kept::KeptNodes;
use crate::infra::local_heap::{LentStrings, LocalHeap, StringsPlace};
use crate::infra::sorted_names::SortedNames;
use crate::space::{Extents, Space};

/// Half the entries that the nodes of a group's tree have room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupK {
    /// Of symbol table nodes.
    pub(crate) leaf: u16,
    /// Of B-tree nodes.
    pub(crate) internal: u16,
}

/// What look-ups in a group that nobody changes keep.
#[derive(Debug, Default)]
pub(crate) struct KeptSymbols {
    nodes: KeptNodes<GroupNode>,
    /// Look-ups in a tree that lies in memory.
    sought: AtomicU64,
    /// The last name of each symbol table node, and the node; `None` where that is not to be had.
    leaves: OnceLock<Option<SortedNames>>,
}

impl KeptSymbols {
    /// Bytes of names for each look-up before all leaves of the tree are read: then reading them costs no more than
    /// the look-ups did.
    const BYTES: u64 = 1 << 10;
    /// Names of fewer bytes are looked up in a tree of few nodes.
    const LEAST: u64 = 16 << 10;

    /// The symbol table node that the link `name` is in, if any is, once there were look-ups enough.
    fn leaf(
        &self,
        space: &Space,
        btree: Address,
        names: &LentStrings<'_>,
        ks: GroupK,
        name: &[u8],
    ) -> Option<Address> {
        if let Some(leaves) = self.leaves.get() {
            return leaves.as_ref()?.not_before(name);
        }
        if names.len() < Self::LEAST {
            return None;
        }
        // The others go on meanwhile.
        let count = self.sought.fetch_add(1, Ordering::Relaxed);
        if count != names.len() / Self::BYTES {
            return None;
        }
        let mut leaves = SortedNames::default();
        let mut tree = Tree::<GroupKey>::new(space, NodeShape { k: ks.internal, rank: 0 });
        let read = tree.leaves(btree, &mut |_, node| {
            for (key, child) in node.keys.iter().skip(1).zip(node.children) {
                if !leaves.push(names.string(key.0)?, child) {
                    let problem = "the names are not in order, or too long";
                    return Err(space.broken(GroupNode::NAME, "Key", child, problem));
                }
            }
            Ok(())
        });
        let leaves = leaves.finish().filter(|_| read.is_ok());
        self.leaves.get_or_init(|| leaves).as_ref()?.not_before(name)
    }
}

/// Calls `f` with each link of the group whose tree starts at `btree` and whose names lie in the
/// local heap at `heap`, in the order of the tree: that of the names, unless it is broken.
pub(crate) fn for_each_entry(
    space: &Space,
    btree: Address,
    heap: Address,
    ks: GroupK,
    f: &mut dyn FnMut(&[u8], SymbolTableEntry) -> Result<()>,
) -> Result<()> {
    let heap = LocalHeap::load(space, heap)?;
    if space.tolerates_damage() {
        // Zeros over the end of the last name shorten it; what is free lies behind it.
        space.heed(heap.free_blocks())?;
    }
    let mut last = Vec::new();
    let mut tree = Tree::<GroupKey>::new(space, NodeShape { k: ks.internal, rank: 0 });
    // Every link has room of its own for its name: together they fit in the heap.
    let mut left = heap.len();
    tree.leaves(btree, &mut |tree, node| {
        for at in node.children {
            if space.heed(tree.visit(SymbolTableNode::NAME, at))?.is_none() {
                continue;
            }
            let mut visit = |entry: SymbolTableEntry| {
                let name = entry_name(space, &heap, at, &entry)?;
                if space.tolerates_damage() {
                    if name <= last.as_slice() {
                        let problem = "the names are not in order";
                        space.suspect(SymbolTableNode::NAME, "Link Name Offset", at, problem);
                    }
                    last = name.to_vec();
                }
                let size = wide(name.len()).saturating_add(1);
                left = left.checked_sub(size).ok_or_else(|| {
                    let problem = "the names overlap in the heap";
                    space.broken(SymbolTableNode::NAME, "Link Name Offset", at, problem)
                })?;
                f(name, entry)
            };
            if space.tolerates_damage() {
                let each = each_left(space, at, ks.leaf, &mut |entry| {
                    space.heed(entry.and_then(&mut visit)).map(drop)
                });
                space.heed(each)?;
            // What may have to be read again is looked at only once it is whole.
            } else if space.is_live() {
                load_symbols(space, at, ks.leaf)?.entries.into_iter().try_for_each(visit)?;
            } else {
                let bytes =
                    space.read(SymbolTableNode::NAME, at, symbols_read(space, at, ks.leaf)?)?;
                let mut d = space.decoder(SymbolTableNode::NAME, at, &bytes);
                SymbolTableNode::each(&mut d, ks.leaf, &mut visit)?;
            }
        }
        Ok(())
    })
}

/// Calls `f` with each entry of the symbol table node at `at`, whichever of them can be read.
pub(crate) fn each_left(
    space: &Space,
    at: Address,
    leaf_k: u16,
    f: &mut dyn FnMut(Result<SymbolTableEntry>) -> Result<()>,
) -> Result<()> {
    let name = SymbolTableNode::NAME;
    let bytes = space.read(name, at, symbols_read(space, at, leaf_k)?)?;
    let mut d = space.decoder(name, at, &bytes);
    let count = SymbolTableNode::decode_count(&mut d, leaf_k)?;
    if count == 0 {
        space.suspect(name, "Number of Symbols", at, "a node without entries");
    }
    let size = usize::try_from(SymbolTableEntry::size(space.sizes())).unwrap_or(usize::MAX);
    (0..count).try_for_each(|n| {
        let ahead = d.ahead("Group Entries", usize::from(n).saturating_mul(size));
        f(ahead.and_then(|mut d| SymbolTableEntry::decode(&mut d)))
    })
}

/// The links of a group, as of [`for_each_entry`], in the order of their names.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn group_entries(
    space: &Space,
    btree: Address,
    heap: Address,
    ks: GroupK,
) -> Result<Vec<(Vec<u8>, SymbolTableEntry)>> {
    let mut entries = Vec::new();
    for_each_entry(space, btree, heap, ks, &mut |name, entry| {
        entries.push((name.to_vec(), entry));
        Ok(())
    })?;
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries)
}

/// Adds the nodes of the group whose tree starts at `btree` to `extents`, those of symbols, too.
pub(crate) fn group_extents(
    space: &Space,
    btree: Address,
    ks: GroupK,
    extents: &mut Extents,
) -> Result<()> {
    let len = symbols_len(space, ks);
    let mut tree = Tree::<GroupKey>::new(space, NodeShape { k: ks.internal, rank: 0 });
    tree.extents(btree, extents, |extents, at| extents.metadata(at, len))
}

/// Bytes of a symbol table node on disk.
pub(crate) fn symbols_len(space: &Space, ks: GroupK) -> u64 {
    SymbolTableNode::size(space.sizes(), wide(usize::from(ks.leaf).saturating_mul(2)))
}

/// The link `name` of the group whose tree starts at `btree` and whose names are `names`. Reads one
/// node a level, unless it is among those kept.
pub(crate) fn find_group_entry(
    space: &Space,
    btree: Address,
    names: &StringsPlace,
    ks: GroupK,
    name: &[u8],
    kept: Option<&KeptSymbols>,
) -> Result<Option<SymbolTableEntry>> {
    if name.contains(&0) {
        return Ok(None);
    }
    if let Some(found) = find_where_it_lies(space, btree, names, ks, name, kept) {
        return Ok(found);
    }
    let tree = Tree::<GroupKey>::new(space, NodeShape { k: ks.internal, rank: 0 });
    let leaf = tree.descend(btree, kept.map(|kept| &kept.nodes), |node| {
        // Child i holds the names up to key i + 1.
        search(node.keys.get(1..).unwrap_or_default(), |key| names.compare(space, key.0, name))
            .map(|(at, _)| at)
    })?;
    let Some((_, at)) = leaf else { return Ok(None) };
    let mut node = load_symbols(space, at, ks.leaf)?;
    let (index, found) =
        search(&node.entries, |entry| names.compare(space, entry.name_offset, name))?;
    Ok(found.then(|| node.entries.swap_remove(index)))
}

/// As [`find_group_entry`], in the bytes of the nodes, where they are in memory and nobody changes
/// them. Gives nothing else where anything is wrong: who decodes the nodes says what it is.
#[expect(clippy::option_option, reason = "whether it was looked for, and whether there is one")]
fn find_where_it_lies(
    space: &Space,
    btree: Address,
    names: &StringsPlace,
    ks: GroupK,
    name: &[u8],
    kept: Option<&KeptSymbols>,
) -> Option<Option<SymbolTableEntry>> {
    let all = space.lent_from(Address(0))?;
    let rest = |at: Address| all.get(usize::try_from(at.0).ok()?..);
    let names = names.lent(space)?;
    let order = &mut |offset| names.compare(offset, name);
    let mut find = |at| {
        let mut d = space.decoder(SymbolTableNode::NAME, at, rest(at)?);
        SymbolTableNode::find(&mut d, ks.leaf, order).ok()
    };
    let leaf = kept.and_then(|kept| kept.leaf(space, btree, &names, ks, name));
    // That there is none is for the tree itself to say.
    if let Some(found) = leaf.and_then(&mut find).flatten() {
        return Some(Some(found));
    }
    let order = &mut |offset| names.compare(offset, name);
    let shape = NodeShape { k: ks.internal, rank: 0 };
    let (mut at, mut level) = (btree, None);
    // The level falls with every step.
    loop {
        let mut d = space.decoder(GroupNode::NAME, at, rest(at)?);
        let (found, child) = find_in_group_node(&mut d, &shape, order).ok()?;
        let deep = u64::from(found) > space.limits().tree_depth;
        if deep || level.is_some_and(|level| level != found) {
            return None;
        }
        let Some(child) = child else { return Some(None) };
        at = child;
        match found.checked_sub(1) {
            None => break,
            below => level = below,
        }
    }
    find(at)
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
pub(crate) fn search<T>(
    sorted: &[T],
    order: impl Fn(&T) -> Result<Order>,
) -> Result<(usize, bool)> {
    let mut rest = sorted;
    let mut start: usize = 0;
    let mut found = false;
    loop {
        let (low, high) = rest.split_at_checked(rest.len() >> 1).unwrap_or((rest, &[]));
        let Some((middle, high)) = high.split_first() else { return Ok((start, found)) };
        match order(middle)? {
            Order::Less => {
                start = start.saturating_add(low.len()).saturating_add(1);
                rest = high;
            }
            equal_or_greater => {
                found |= equal_or_greater == Order::Equal;
                rest = low;
            }
        }
    }
}

/// The symbol table node at `at`.
pub(crate) fn load_symbols(space: &Space, at: Address, leaf_k: u16) -> Result<SymbolTableNode> {
    space.load_in(at, symbols_read(space, at, leaf_k)?, &leaf_k)
}

/// Bytes to be read of the symbol table node at `at`.
fn symbols_read(space: &Space, at: Address, leaf_k: u16) -> Result<u64> {
    let sizes = space.sizes();
    let room = SymbolTableNode::size(sizes, u64::from(leaf_k).saturating_mul(2));
    if room <= AT_ONCE {
        return Ok(space.available(at, room).max(SymbolTableNode::PREFIX));
    }
    let bytes = space.read(SymbolTableNode::NAME, at, SymbolTableNode::PREFIX)?;
    let mut d = space.decoder(SymbolTableNode::NAME, at, &bytes);
    Ok(SymbolTableNode::size(sizes, SymbolTableNode::decode_count(&mut d, leaf_k)?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::btree1::{GroupKey, NodeShape};
    use crate::format::local_heap::LocalHeap as HeapHeader;
    use crate::format::symbol_table::EntryCache;
    use crate::infra::btree1::testing::{node, put, space};

    const KS: GroupK = GroupK { leaf: 2, internal: 2 };

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
        let place = StringsPlace::load(&space, heap).unwrap();
        let error = find_group_entry(&space, own, &place, KS, b"", None).unwrap_err();
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
        let place = StringsPlace::load(&space, heap).unwrap();
        let nodes = KeptSymbols::default();
        for kept in [None, Some(&nodes), Some(&nodes)] {
            let find = |name| find_group_entry(&space, root, &place, KS, name, kept).unwrap();
            for (name, entry) in &entries {
                assert_eq!(find(name).as_ref(), Some(entry));
            }
            for none in ["", "0", "b", "bbb", "y", "zz"] {
                assert_eq!(find(none.as_bytes()), None);
            }
        }
    }
}
