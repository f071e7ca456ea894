//! Changes of old-style groups: a B-tree of symbol table nodes, and a local heap of names.
//!
//! The tree's keys are offsets of names: key *i* + 1 is the last name below child *i*. Nodes that
//! change go to new space, and names keep their room until nothing committed refers to them: the
//! one write of the tree's root switches from the old links to the new ones.

use std::cmp::Ordering;

use crate::codec::{Address, StructureIn};
use crate::error::{Error, ErrorKind, Result};
use crate::format::btree1::{GroupKey, GroupNode, NodeShape};
use crate::format::message::SymbolTable;
use crate::format::symbol_table::{EntryCache, SymbolTableEntry, SymbolTableNode};
use crate::infra::btree1::{
    Bounds, Change, Editor, GroupK, Path, Step, group_extents, load_symbols, search, symbols_len,
};
use crate::infra::local_heap::{self, LocalHeapEditor};
use crate::space::{Extents, Purpose, Rank, Space};

/// Room for names in a new group's heap, as libhdf5 has it: four short ones.
const NAMES: u64 = 64;

/// What a link leads to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    /// An object, by the address of its header.
    Hard { header: Address, cache: EntryCache },
    /// A path.
    Soft(&'a [u8]),
}

/// Makes a group without links.
pub(crate) fn create(space: &Space, k: GroupK) -> Result<SymbolTable> {
    let free_block = space.sizes().l().saturating_mul(2);
    let heap = LocalHeapEditor::create(space, free_block.saturating_add(NAMES).saturating_add(8))?;
    let tree = Editor::<GroupKey>::create(space, shape(k))?;
    Ok(SymbolTable { btree: tree.root(), heap: heap.address() })
}

/// Adds a link. An error where the group has one of this name.
pub(crate) fn insert(
    space: &Space,
    table: &SymbolTable,
    k: GroupK,
    name: &[u8],
    target: Target<'_>,
) -> Result<()> {
    if name.is_empty() || name.contains(&0) {
        return Err(Error::usage("the name of a link is empty or holds a NUL"));
    }
    let mut group = Group::open(space, table, k)?;
    let mut path = group.path(name)?;
    let Some(leaf) = path.last_mut() else { return Ok(()) };
    let Some(at) = leaf.node.children.get(leaf.index).copied() else {
        let entry = group.entry(name, target)?;
        let last = GroupKey(entry.name_offset);
        let at = space.allocate(Purpose::Metadata, group.node_len())?;
        group.save(at, vec![entry])?;
        leaf.node.children.push(at);
        // The empty string stands before every name.
        leaf.node.keys = vec![GroupKey(0), last];
        return group.tree.store(path);
    };
    let mut entries = load_symbols(space, at, k.leaf)?.entries;
    let (index, found) = group.place(&entries, name)?;
    if found {
        let name = String::from_utf8_lossy(name).into_owned();
        return Err(Error::new(ErrorKind::Exists(format!("link {name:?}"))));
    }
    let behind = leaf.node.keys.get(leaf.index.saturating_add(1)).copied();
    let behind = behind.ok_or_else(|| space.broken(SymbolTableNode::NAME, "Key", at, "too few"))?;
    let beyond = group.heap.compare(space, behind.0, name)? == Ordering::Less;
    let entry = group.entry(name, target)?;
    let last = beyond.then_some(GroupKey(entry.name_offset));
    entries.insert(index, entry);
    let change = group.divide(at, entries)?;
    if leaf.apply(change, Bounds { first: None, last }) {
        group.tree.store(path)?;
    }
    Ok(())
}

/// Removes a link; gives what it was. A soft link's path is gone with it.
pub(crate) fn remove(
    space: &Space,
    table: &SymbolTable,
    k: GroupK,
    name: &[u8],
) -> Result<Option<SymbolTableEntry>> {
    let group = Group::open(space, table, k)?;
    let mut path = group.path(name)?;
    let Some((at, mut entries, index)) = group.find(&path, name)? else { return Ok(None) };
    let Some(leaf) = path.last_mut() else { return Ok(None) };
    let removed = entries.remove(index);
    let behind = leaf.node.keys.get(leaf.index.saturating_add(1)).copied();
    let was_key = behind == Some(GroupKey(removed.name_offset));
    let changed = match entries.last().map(|last| GroupKey(last.name_offset)) {
        None => {
            space.free(Purpose::Metadata, at, group.node_len())?;
            leaf.apply(Change::Gone, Bounds::SAME)
        }
        Some(last) => {
            let change = group.put(at, entries)?;
            leaf.apply(change, Bounds { first: None, last: was_key.then_some(last) })
        }
    };
    if changed {
        group.tree.store(path)?;
    }
    group.forget(&removed)?;
    group.heap.remove(space, removed.name_offset)?;
    Ok(Some(removed))
}

/// Adds everything to `extents` that the group's links lie in.
pub(crate) fn extents(
    space: &Space,
    table: &SymbolTable,
    k: GroupK,
    extents: &mut Extents,
) -> Result<()> {
    group_extents(space, table.btree, k, extents)?;
    local_heap::extents(space, table.heap, extents)
}

/// Gives everything back that the group's links lie in.
pub(crate) fn free(space: &Space, table: &SymbolTable, k: GroupK) -> Result<()> {
    space.free_all(|found| extents(space, table, k, found))
}

/// A group open for changes.
struct Group<'a> {
    space: &'a Space,
    k: GroupK,
    tree: Editor<'a, GroupKey>,
    heap: LocalHeapEditor,
}

impl<'a> Group<'a> {
    fn open(space: &'a Space, table: &SymbolTable, k: GroupK) -> Result<Self> {
        let tree = Editor::new(space, shape(k), table.btree);
        Ok(Self { space, k, tree, heap: LocalHeapEditor::load(space, table.heap)? })
    }

    /// The way to where `name` is or would be.
    fn path(&self, name: &[u8]) -> Result<Path<GroupKey>> {
        self.tree.path(|node: &GroupNode| {
            // Child i holds the names up to key i + 1.
            let keys = node.keys.get(1..).unwrap_or_default();
            search(keys, |key| self.heap.compare(self.space, key.0, name)).map(|(at, _)| at)
        })
    }

    /// Where `name` is or would be among `entries`, and whether it is there.
    fn place(&self, entries: &[SymbolTableEntry], name: &[u8]) -> Result<(usize, bool)> {
        search(entries, |entry| self.heap.compare(self.space, entry.name_offset, name))
    }

    /// The node a path leads to, its entries, and which of them is `name`.
    fn find(
        &self,
        path: &Path<GroupKey>,
        name: &[u8],
    ) -> Result<Option<(Address, Vec<SymbolTableEntry>, usize)>> {
        let child = |step: &Step<GroupKey>| step.node.children.get(step.index).copied();
        let Some(at) = path.last().and_then(child) else { return Ok(None) };
        if name.contains(&0) {
            return Ok(None);
        }
        let entries = load_symbols(self.space, at, self.k.leaf)?.entries;
        let (index, found) = self.place(&entries, name)?;
        Ok(found.then_some((at, entries, index)))
    }

    /// A new entry; its name is put into the heap.
    fn entry(&mut self, name: &[u8], target: Target<'_>) -> Result<SymbolTableEntry> {
        let name_offset = self.heap.insert(self.space, name)?;
        self.entry_at(name_offset, target)
    }

    /// An entry for the name at `name_offset`.
    fn entry_at(&mut self, name_offset: u64, target: Target<'_>) -> Result<SymbolTableEntry> {
        let (header, cache) = match target {
            Target::Hard { header, cache } => (Some(header), cache),
            Target::Soft(path) => {
                let offset = u32::try_from(self.heap.insert(self.space, path)?);
                let offset =
                    offset.map_err(|_| Error::unsupported("a soft link behind 4 GiB of names"))?;
                (None, EntryCache::SoftLink { offset })
            }
        };
        Ok(SymbolTableEntry { name_offset, header, cache })
    }

    /// Gives back what the heap holds for an entry besides its name.
    fn forget(&self, entry: &SymbolTableEntry) -> Result<()> {
        match entry.cache {
            EntryCache::SoftLink { offset } => self.heap.remove(self.space, offset.into()),
            _ => Ok(()),
        }
    }

    /// Saves what the node at `at` holds now, as two where it is too much for one.
    fn divide(&self, at: Address, mut left: Vec<SymbolTableEntry>) -> Result<Change<GroupKey>> {
        if left.len() <= usize::from(self.k.leaf).saturating_mul(2) {
            return self.put(at, left);
        }
        let right = left.split_off(left.len() >> 1);
        let middle = left.last().map(|last| GroupKey(last.name_offset));
        let middle = middle.ok_or_else(|| {
            self.space.broken(SymbolTableNode::NAME, "Number of Symbols", at, "no room for one")
        })?;
        let left_at = self.space.shadow(Purpose::Metadata, at, self.node_len())?;
        let right_at = self.space.allocate(Purpose::Metadata, self.node_len())?;
        self.save(left_at, left)?;
        self.save(right_at, right)?;
        Ok(Change::Split { left: left_at, middle, right: right_at })
    }

    /// Saves what the node at `at` holds now, elsewhere if it is committed.
    fn put(&self, at: Address, entries: Vec<SymbolTableEntry>) -> Result<Change<GroupKey>> {
        let now = self.space.shadow(Purpose::Metadata, at, self.node_len())?;
        self.save(now, entries)?;
        Ok(Change::At(now))
    }

    fn save(&self, at: Address, entries: Vec<SymbolTableEntry>) -> Result<()> {
        let node = SymbolTableNode { entries };
        self.space.save_in(Rank::GroupNode, at, &node, &self.k.leaf, self.node_len())
    }

    fn node_len(&self) -> u64 {
        symbols_len(self.space, self.k)
    }
}

fn shape(k: GroupK) -> NodeShape {
    NodeShape { k: k.internal, rank: 0 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::Sizes;
    use crate::infra::btree1::testing::check_tree;
    use crate::infra::btree1::{find_group_entry, group_entries};
    use crate::infra::local_heap::{LocalHeap, StringsPlace};
    use crate::space::testing::{scratch, scratch_with};

    /// A link as the model has it: the address of a header, or a path.
    type Model = BTreeMap<Vec<u8>, Result<u64, Vec<u8>>>;

    fn target(link: &Result<u64, Vec<u8>>) -> Target<'_> {
        match link {
            Ok(header) => Target::Hard { header: Address(*header), cache: EntryCache::None },
            Err(path) => Target::Soft(path),
        }
    }

    /// The group has the links of the model, and its tree is as libhdf5 wants it.
    fn check(space: &Space, table: &SymbolTable, k: GroupK, model: &Model) {
        let heap = LocalHeap::load(space, table.heap).unwrap();
        let found = group_entries(space, table.btree, table.heap, k).unwrap();
        assert!(found.iter().map(|(name, _)| name).eq(model.keys()));
        for ((_, entry), link) in found.iter().zip(model.values()) {
            match (link, entry.cache) {
                (Ok(header), EntryCache::None) => assert_eq!(entry.header, Some(Address(*header))),
                (Err(path), EntryCache::SoftLink { offset }) => {
                    assert_eq!(heap.string(offset.into()).unwrap(), path);
                }
                other => panic!("{other:?}"),
            }
        }
        // Keys are names of links, or the empty string; strings and free blocks do not overlap.
        let mut strings = vec![(0, 8)];
        let len = |offset| (heap.string(offset).unwrap().len() as u64 + 8) / 8 * 8;
        for (_, entry) in &found {
            strings.push((entry.name_offset, len(entry.name_offset)));
            if let EntryCache::SoftLink { offset } = entry.cache {
                strings.push((offset.into(), len(offset.into())));
            }
        }
        strings.extend(heap.free_blocks().unwrap());
        strings.sort_unstable();
        assert!(strings.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "{strings:?}");
        let mut symbols = Vec::new();
        let name = |key: &GroupKey| heap.string(key.0).unwrap().to_vec();
        let mut leaves = Vec::new();
        check_tree::<GroupKey>(space, shape(k), table.btree, &mut |first, last, child| {
            let entries = load_symbols(space, child, k.leaf).unwrap().entries;
            assert!(!entries.is_empty());
            let names: Vec<_> =
                entries.iter().map(|e| heap.string(e.name_offset).unwrap().to_vec()).collect();
            assert!(name(first) < names[0], "{:?} {names:?}", name(first));
            assert_eq!(&name(last), names.last().unwrap());
            assert_eq!(last.0, entries.last().unwrap().name_offset);
            symbols.extend(names);
            leaves.push(child);
        });
        assert!(symbols.iter().eq(model.keys()));
    }

    fn name(n: u16) -> Vec<u8> {
        // Lengths differ, and some names start with others.
        format!("{n:x}").repeat(1 + usize::from(n) % 4).into_bytes()
    }

    fn run(steps: Vec<(u8, u16)>, k: GroupK, sizes: Sizes) {
        let space = scratch_with(sizes);
        space.commit(false).unwrap();
        let start = space.allocated();
        let table = create(&space, k).unwrap();
        let mut model = Model::new();
        for (step, n) in steps {
            let name = name(n);
            let link = if n % 5 == 0 { Err(name.repeat(2)) } else { Ok(u64::from(n) + 96) };
            match step {
                0..=5 => {
                    let done = insert(&space, &table, k, &name, target(&link));
                    assert_eq!(done.is_ok(), !model.contains_key(&name));
                    model.entry(name).or_insert(link);
                }
                6..=8 => {
                    // One that is there, if any is.
                    let name = model.range(name.clone()..).next().map_or(name, |(k, _)| k.clone());
                    let done = remove(&space, &table, k, &name).unwrap();
                    assert_eq!(done.is_some(), model.remove(&name).is_some());
                }
                _ => {
                    space.commit(false).unwrap();
                }
            }
            check(&space, &table, k, &model);
        }
        let place = StringsPlace::load(&space, table.heap).unwrap();
        for name in model.keys() {
            let found = find_group_entry(&space, table.btree, &place, k, name, None).unwrap();
            assert!(found.is_some());
        }
        let names: Vec<_> = model.keys().cloned().collect();
        for (n, name) in names.iter().enumerate().filter(|(n, _)| n % 3 != 0) {
            remove(&space, &table, k, name).unwrap().unwrap();
            model.remove(name);
            if n % 4 == 0 {
                check(&space, &table, k, &model);
            }
        }
        free(&space, &table, k).unwrap();
        assert_eq!(space.allocated(), start);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn holds_what_a_map_holds(
            steps in prop::collection::vec((0..11u8, 0..300u16), 1..150),
            k in prop::sample::select(vec![(1, 1), (2, 1), (1, 2), (4, 2), (4, 16)]),
            sizes in prop::sample::select(vec![(8, 8), (4, 4), (8, 4)]),
        ) {
            let k = GroupK { leaf: k.0, internal: k.1 };
            run(steps, k, Sizes { offsets: sizes.0, lengths: sizes.1 });
        }
    }

    #[test]
    fn thousands_of_links_in_and_out_of_order() {
        let k = GroupK { leaf: 4, internal: 16 };
        for order in [|n: u64| n, |n| 2999 - n, |n| n * 1009 % 3000] {
            let space = scratch();
            let start = space.allocated();
            let table = create(&space, k).unwrap();
            let mut model = Model::new();
            for n in 0..3000 {
                let name = format!("link {:05}", order(n)).into_bytes();
                insert(&space, &table, k, &name, target(&Ok(n + 96))).unwrap();
                model.insert(name, Ok(n + 96));
                if n % 500 == 0 {
                    space.commit(false).unwrap();
                }
            }
            check(&space, &table, k, &model);
            for n in 0..3000 {
                let name = format!("link {:05}", order(n * 7 % 3000)).into_bytes();
                remove(&space, &table, k, &name).unwrap().unwrap();
                model.remove(&name);
                if n % 500 == 0 {
                    check(&space, &table, k, &model);
                    space.commit(false).unwrap();
                }
            }
            check(&space, &table, k, &model);
            free(&space, &table, k).unwrap();
            assert_eq!(space.allocated(), start);
        }
    }
}
