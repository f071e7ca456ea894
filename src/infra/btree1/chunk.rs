//! The chunks of datasets.

use super::Tree;
use super::edit::{Bounds, Change, Editor, Step};
use crate::codec::Address;
use crate::error::{Error, Result};
use crate::format::btree1::{
    ChunkChild, ChunkKey, ChunkNode, ChunkNumbers, NodeShape, VisitChunk, find_in_node,
    for_each_in_leaf,
};
use crate::space::{Extents, Space};

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

/// Calls `f` with every chunk of the tree that starts at `root`, in the order of their coordinates.
///
/// `rank` is the dataset's number of dimensions, `chunk_k` the file's "Indexed Storage Internal
/// Node K".
pub(crate) fn for_each_chunk(
    space: &Space,
    root: Address,
    rank: usize,
    chunk_k: u16,
    f: VisitChunk<'_>,
) -> Result<()> {
    let mut tree = Tree::<ChunkKey>::new(space, NodeShape { k: chunk_k, rank });
    // To be entered, the next one last.
    let mut ahead = vec![(root, None)];
    while let Some((at, level)) = ahead.pop() {
        if space.heed(tree.visit(Tree::<ChunkKey>::NAME, at))?.is_none() {
            continue;
        }
        // What may have to be read again is looked at only once it is whole.
        if level == Some(0) && !space.is_live() && !space.tolerates_damage() {
            let bytes = tree.read(at)?;
            for_each_in_leaf(
                &mut space.decoder(Tree::<ChunkKey>::NAME, at, &bytes),
                &tree.shape,
                f,
            )?;
            continue;
        }
        let Some(node) = space.heed(tree.load(at, level))? else { continue };
        tree.suspect(at, level, &node);
        match node.level.checked_sub(1) {
            Some(below) => {
                ahead.extend(node.children.iter().rev().map(|child| (*child, Some(below))));
            }
            None => {
                for (key, at) in node.keys.iter().zip(node.children) {
                    space.heed(f(key, at))?;
                }
            }
        }
    }
    Ok(())
}

/// The chunk whose first element lies at `offset` of the dataset, in elements along each axis. Reads
/// one node a level.
///
/// `chunk_k` is the file's "Indexed Storage Internal Node K".
pub(crate) fn find_chunk(
    space: &Space,
    root: Address,
    numbers: &ChunkNumbers<'_>,
    chunk_k: u16,
    offset: &[u64],
) -> Result<Option<ChunkChild>> {
    let rank = numbers.chunk.len();
    let tree = Tree::<ChunkKey>::new(space, NodeShape { k: chunk_k, rank });
    let (mut at, mut below, mut above) = (root, None, None);
    // Ends: the level falls by one a step.
    loop {
        let (level, child) = space.settled(|| {
            let bytes = tree.read(at)?;
            let d = &mut space.decoder(Tree::<ChunkKey>::NAME, at, &bytes);
            find_in_node(d, &tree.shape, numbers, offset, above.as_ref())
        })?;
        tree.check_level(at, level, below)?;
        let Some(child) = child else { return Ok(None) };
        match level.checked_sub(1) {
            next @ Some(_) => (at, below, above) = (child.address, next, Some(child)),
            None => return Ok(Some(child).filter(|child| child.is_there)),
        }
    }
}

/// A dataset whose tree of chunks is changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChunkTree<'a> {
    /// The file's "Indexed Storage Internal Node K".
    pub(crate) k: u16,
    /// Elements along each axis of a chunk.
    pub(crate) chunk: &'a [u64],
    /// Bytes of an element.
    pub(crate) element_size: u64,
}

impl ChunkTree<'_> {
    fn shape(&self) -> NodeShape {
        NodeShape { k: self.k, rank: self.chunk.len() }
    }

    /// Lets the tree that starts at `root` lead to the chunk `record`; gives the root, which is
    /// made where there is none, and what the tree had for these coordinates before.
    pub(crate) fn set(
        &self,
        space: &Space,
        root: Option<Address>,
        record: &ChunkRecord,
    ) -> Result<(Address, Option<ChunkRecord>)> {
        self.check(&record.offset)?;
        let editor = match root {
            Some(root) => Editor::new(space, self.shape(), root),
            None => Editor::create(space, self.shape())?,
        };
        let mut offset = record.offset.clone();
        offset.push(0);
        let mut path = editor.path(|node| Ok(place(node, &offset).saturating_sub(1)))?;
        let Some(Step { node, .. }) = path.last_mut() else { return Ok((editor.root(), None)) };
        let after = place(node, &offset);
        let (stored_bytes, filter_mask) = (record.stored_bytes, record.filter_mask);
        let key = ChunkKey { stored_bytes, filter_mask, offset };
        let own = after.checked_sub(1).and_then(|at| {
            let (key, child) = (node.keys.get_mut(at)?, node.children.get_mut(at)?);
            (key.offset.get(..self.chunk.len()) == Some(record.offset.as_slice()))
                .then_some((key, child))
        });
        let before = match own {
            Some((own, child)) => {
                let key = std::mem::replace(own, key);
                let address = std::mem::replace(child, record.address);
                Some(self::record(key, address, self.chunk.len()))
            }
            None => {
                if node.keys.last().is_none_or(|last| last.offset <= key.offset) {
                    let end = self.end(&key)?;
                    match node.keys.last_mut() {
                        Some(last) => *last = end,
                        None => node.keys.push(end),
                    }
                }
                node.keys.insert(after, key);
                node.children.insert(after, record.address);
                None
            }
        };
        let root = editor.root();
        editor.store(path)?;
        Ok((root, before))
    }

    /// Lets the tree that starts at `root` forget the chunk at `offset`; gives what it had.
    pub(crate) fn remove(
        &self,
        space: &Space,
        root: Address,
        offset: &[u64],
    ) -> Result<Option<ChunkRecord>> {
        self.check(offset)?;
        let editor = Editor::<ChunkKey>::new(space, self.shape(), root);
        let mut place_of = offset.to_vec();
        place_of.push(0);
        let mut path = editor.path(|node| Ok(place(node, &place_of).saturating_sub(1)))?;
        let Some(leaf) = path.last_mut() else { return Ok(None) };
        let (Some(key), Some(address)) =
            (leaf.node.keys.get(leaf.index), leaf.node.children.get(leaf.index))
        else {
            return Ok(None);
        };
        if key.offset.get(..self.chunk.len()) != Some(offset) {
            return Ok(None);
        }
        let removed = record(key.clone(), *address, self.chunk.len());
        leaf.apply(Change::Gone, Bounds::SAME);
        editor.store(path)?;
        Ok(Some(removed))
    }

    /// Adds the nodes of the tree that starts at `root` to `extents`, not the chunks.
    pub(crate) fn extents(
        &self,
        space: &Space,
        root: Address,
        extents: &mut Extents,
    ) -> Result<()> {
        Tree::<ChunkKey>::new(space, self.shape()).extents(root, extents, |_, _| {})
    }

    /// The key behind all chunks, of which `last` is the last: a chunk on along every axis, that of
    /// the bytes of an element included.
    fn end(&self, last: &ChunkKey) -> Result<ChunkKey> {
        let steps = self.chunk.iter().chain([&self.element_size]);
        let offset: Option<_> =
            last.offset.iter().zip(steps).map(|(n, m)| n.checked_add(*m)).collect();
        let offset = offset.ok_or_else(|| Error::usage("the chunk ends behind 2^64 elements"))?;
        Ok(ChunkKey { stored_bytes: 0, filter_mask: 0, offset })
    }

    fn check(&self, offset: &[u64]) -> Result<()> {
        let whole = |(n, chunk): (&u64, &u64)| n.checked_rem(*chunk) == Some(0);
        if offset.len() == self.chunk.len() && offset.iter().zip(self.chunk).all(whole) {
            return Ok(());
        }
        Err(Error::usage(format!("no chunk starts at {offset:?}")))
    }
}

/// The number of children of `node` that do not start behind `offset`, which has the coordinate of
/// the bytes of an element too.
fn place(node: &ChunkNode, offset: &[u64]) -> usize {
    let keys = node.keys.get(..node.children.len()).unwrap_or_default();
    keys.partition_point(|key| key.offset.as_slice() <= offset)
}

fn record(key: ChunkKey, address: Address, rank: usize) -> ChunkRecord {
    let ChunkKey { stored_bytes, filter_mask, mut offset } = key;
    offset.truncate(rank);
    ChunkRecord { offset, address, stored_bytes, filter_mask }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::infra::btree1::testing::{check_tree, node, put, space};
    use crate::space::testing::scratch;

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
        for_each_chunk(&space, root, 1, 2, &mut |key, address| {
            found.push(key.offset[0]);
            assert_eq!(address.0, key.offset[0] * 10);
            Ok(())
        })
        .unwrap();
        assert_eq!(found, (0..14).map(|n| n * 10).collect::<Vec<u64>>());
        let numbers = ChunkNumbers { chunk: &[10], strides: &[1] };
        for n in 0..14 {
            let chunk = find_chunk(&space, root, &numbers, 2, &[n * 10]).unwrap().unwrap();
            assert_eq!((chunk.address, chunk.stored_bytes), (Address(n * 100), n as u32 * 10));
        }
        for none in [5, 140, u64::MAX] {
            assert_eq!(find_chunk(&space, root, &numbers, 2, &[none]).unwrap(), None);
        }
    }

    const CHUNK: [u64; 2] = [10, 3];

    fn check(space: &Space, tree: &ChunkTree<'_>, root: Address, model: &Model) {
        let mut found = Vec::new();
        for_each_chunk(space, root, 2, tree.k, &mut |key, address| {
            found.push(record(key.clone(), address, 2));
            Ok(())
        })
        .unwrap();
        assert!(found.iter().eq(model.values()));
        let mut keys = Vec::new();
        let mut end = None;
        check_tree::<ChunkKey>(space, tree.shape(), root, &mut |first, last, child| {
            keys.push((first.clone(), child));
            end = Some(last.clone());
        });
        assert!(keys.is_sorted_by(|a, b| a.0.offset < b.0.offset));
        for ((key, child), chunk) in keys.iter().zip(model.values()) {
            assert_eq!(key.offset[2], 0);
            assert_eq!(&record(key.clone(), *child, 2), chunk);
        }
        if let Some(end) = end {
            assert_eq!((end.stored_bytes, end.filter_mask, end.offset[2]), (0, 0, 7));
            assert!(end.offset > keys.last().unwrap().0.offset);
        }
    }

    type Model = BTreeMap<Vec<u64>, ChunkRecord>;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn holds_what_a_map_holds(
            steps in prop::collection::vec((0..9u8, 0..12u64, 0..12u64, 1..u32::MAX), 1..200),
            k in prop::sample::select(vec![1, 2, 4, 32]),
            order in 0..3u8,
        ) {
            let space = scratch();
            space.commit(false).unwrap();
            let start = space.allocated();
            let tree = ChunkTree { k, chunk: &CHUNK, element_size: 7 };
            let mut model = Model::new();
            let mut root = None;
            for (n, (step, i, j, size)) in steps.into_iter().enumerate() {
                // At random, or as a dataset is written forwards or backwards.
                let n = n as u64;
                let offset = match order {
                    0 => vec![i * 10, j * 3],
                    1 => vec![n / 12 * 10, n % 12 * 3],
                    _ => vec![(20 - n / 12) * 10, (12 - n % 12) * 3],
                };
                match step {
                    0..=4 => {
                        let (address, filter_mask) = (Address(u64::from(size)), size & 3);
                        let stored_bytes = size;
                        let record = ChunkRecord { offset: offset.clone(), address, stored_bytes, filter_mask };
                        let (at, before) = tree.set(&space, root, &record).unwrap();
                        prop_assert!(root.is_none_or(|root| root == at));
                        root = Some(at);
                        prop_assert_eq!(before, model.insert(offset, record));
                    }
                    5..=7 => {
                        let Some(root) = root else { continue };
                        let next = model.range(offset.clone()..).next();
                        let offset = next.map_or(offset, |(offset, _)| offset.clone());
                        let removed = tree.remove(&space, root, &offset).unwrap();
                        prop_assert_eq!(removed, model.remove(&offset));
                    }
                    _ => {
                        space.commit(false).unwrap();
                    }
                }
                if let Some(root) = root {
                    check(&space, &tree, root, &model);
                }
            }
            for (offset, chunk) in &model {
                // However the chunks are numbered, they are found.
                for strides in [[1, 0], [8, 1], [0, 0], [u64::MAX, 3]] {
                    let numbers = ChunkNumbers { chunk: &CHUNK, strides: &strides };
                    let found = find_chunk(&space, root.unwrap(), &numbers, k, offset).unwrap();
                    let found = found.map(|at| (at.address, at.stored_bytes, at.filter_mask));
                    let wanted = (chunk.address, chunk.stored_bytes, chunk.filter_mask);
                    prop_assert_eq!(found, Some(wanted));
                    let none = [offset[0], offset[1] + 1];
                    prop_assert_eq!(find_chunk(&space, root.unwrap(), &numbers, k, &none).unwrap(), None);
                }
            }
            if let Some(root) = root {
                let offsets: Vec<_> = model.keys().cloned().collect();
                for offset in offsets.iter().filter(|offset| offset[1] % 2 == 0) {
                    tree.remove(&space, root, offset).unwrap().unwrap();
                    model.remove(offset);
                }
                check(&space, &tree, root, &model);
                space.free_all(|extents| tree.extents(&space, root, extents)).unwrap();
            }
            prop_assert_eq!(space.allocated(), start);
        }
    }

    #[test]
    fn chunks_that_are_none_are_refused() {
        let space = scratch();
        let tree = ChunkTree { k: 2, chunk: &CHUNK, element_size: 7 };
        let record = |offset: &[u64]| ChunkRecord {
            offset: offset.to_vec(),
            address: Address(96),
            stored_bytes: 1,
            filter_mask: 0,
        };
        let last = u64::MAX / 10 * 10;
        for offset in [&[1, 0][..], &[0], &[0, 0, 0], &[last, 0]] {
            assert!(tree.set(&space, None, &record(offset)).unwrap_err().is_usage());
        }
    }
}
