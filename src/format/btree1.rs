//! Version 1 B-tree nodes (specification III.A.1; `spec-notes/btree-v1.md`).
//!
//! ```text
//!   signature "TREE", node type, node level
//!   entries used (2)
//!   left sibling (O), right sibling (O)
//!   key, child (O), key, child, .., key; room for 2K children
//! ```

use std::cmp::Ordering;
use std::fmt::Debug;

use crate::codec::{Address, Decoder, Encoder, Sizes, StructureIn, wide};
use crate::error::Result;

/// What the bytes of a node do not say of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeShape {
    /// Half the children there is room for.
    pub(crate) k: u16,
    /// Dimensions of the dataset; of no meaning for groups.
    pub(crate) rank: usize,
}

/// What separates the children of a node.
pub(crate) trait Key: Sized + Debug + Clone + PartialEq {
    /// Field "Node Type".
    const NODE_TYPE: u8;

    /// Bytes of a key on disk.
    fn size(sizes: Sizes, shape: &NodeShape) -> u64;

    fn decode(d: &mut Decoder<'_>, shape: &NodeShape) -> Result<Self>;

    fn encode(&self, e: &mut Encoder, shape: &NodeShape) -> Result<()>;
}

/// Key of a group's tree: where a name lies in the group's local heap, in bytes.
///
/// The names below child `i` are greater than key `i` and not greater than key `i + 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupKey(pub(crate) u64);

impl Key for GroupKey {
    const NODE_TYPE: u8 = 0;

    fn size(sizes: Sizes, _: &NodeShape) -> u64 {
        sizes.l()
    }

    fn decode(d: &mut Decoder<'_>, _: &NodeShape) -> Result<Self> {
        d.length("Key").map(Self)
    }

    fn encode(&self, e: &mut Encoder, _: &NodeShape) -> Result<()> {
        e.length("Key", self.0)
    }
}

/// Key of a dataset's tree: the chunk that child `i` of a leaf is, or that the chunks below child
/// `i` start with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkKey {
    /// Bytes of the chunk as stored.
    pub(crate) stored_bytes: u32,
    /// Filters of the pipeline that were skipped for it: bit `i` is filter `i`.
    pub(crate) filter_mask: u32,
    /// Its first element's coordinates, and one more: 0, but in a tree's last key.
    pub(crate) offset: Vec<u64>,
}

impl Key for ChunkKey {
    const NODE_TYPE: u8 = 1;

    fn size(_: Sizes, shape: &NodeShape) -> u64 {
        wide(shape.rank).saturating_add(2).saturating_mul(8)
    }

    fn decode(d: &mut Decoder<'_>, shape: &NodeShape) -> Result<Self> {
        let mut key = Self { stored_bytes: 0, filter_mask: 0, offset: Vec::new() };
        key.decode_over(d, shape)?;
        Ok(key)
    }

    fn encode(&self, e: &mut Encoder, shape: &NodeShape) -> Result<()> {
        if self.offset.len() != shape.rank.saturating_add(1) {
            return Err(e.broken("Chunk Offset", "wrong number of coordinates"));
        }
        e.u32(self.stored_bytes);
        e.u32(self.filter_mask);
        self.offset.iter().for_each(|coordinate| e.u64(*coordinate));
        Ok(())
    }
}

impl ChunkKey {
    /// Becomes the key that is next.
    fn decode_over(&mut self, d: &mut Decoder<'_>, shape: &NodeShape) -> Result<()> {
        self.stored_bytes = d.u32("Size of Chunk in Bytes")?;
        self.filter_mask = d.u32("Filter Mask")?;
        self.offset.clear();
        for _ in 0..=shape.rank {
            self.offset.push(d.u64("Chunk Offset")?);
        }
        Ok(())
    }
}

/// What is done with each child of a leaf.
pub(crate) type VisitChunk<'a> = &'a mut dyn FnMut(&ChunkKey, Address) -> Result<()>;

/// Calls `visit` with the children of a leaf, each with the key before it: as decoding the node and
/// looking through it, without memory for each of them.
pub(crate) fn for_each_in_leaf(
    d: &mut Decoder<'_>,
    shape: &NodeShape,
    visit: VisitChunk<'_>,
) -> Result<()> {
    let before = d.clone();
    let (level, used) = ChunkNode::decode_prefix(d, shape)?;
    if level != 0 {
        return Err(
            before.broken("Node Level", format!("level {level} is not one below its parent's"))
        );
    }
    d.address("Address of Left Sibling")?;
    d.address("Address of Right Sibling")?;
    let mut key = ChunkKey { stored_bytes: 0, filter_mask: 0, offset: Vec::new() };
    for _ in 0..used {
        key.decode_over(d, shape)?;
        visit(&key, d.defined_address("Child Pointer")?)?;
    }
    if used > 0 { key.decode_over(d, shape) } else { Ok(()) }
}

/// How the chunks of a dataset are numbered, row by row: most trees hold all of them, or all of a part,
/// so that it can be guessed where in a node one stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChunkNumbers<'a> {
    /// Elements along each axis of a chunk.
    pub(crate) chunk: &'a [u64],
    /// Chunks between neighbours along each axis.
    pub(crate) strides: &'a [u64],
}

impl ChunkNumbers<'_> {
    /// The number of the chunk with these first coordinates.
    #[inline]
    fn of(&self, offset: impl Iterator<Item = u64>) -> u64 {
        let axes = offset.zip(self.chunk).zip(self.strides);
        axes.fold(0, |sum: u64, ((at, chunk), stride)| {
            sum.wrapping_add(at.checked_div(*chunk).unwrap_or(0).wrapping_mul(*stride))
        })
    }
}

/// A child of a chunk node, and what its key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkChild {
    pub(crate) address: Address,
    /// Bytes of the chunk as stored.
    pub(crate) stored_bytes: u32,
    /// Filters of the pipeline that were skipped for it.
    pub(crate) filter_mask: u32,
    /// Whether it starts at what was sought, and not before.
    pub(crate) is_there: bool,
    /// Steps down from it to a leaf, where it is a node.
    level: u8,
    /// The number of the chunk it starts with, and of that the next one starts with.
    numbers: (u64, u64),
}

/// The last child of a node that does not start behind `offset`, found in the bytes of the node:
/// `None` where all do. Gives the node's level, too. `above` is what led to the node, but for the root.
pub(crate) fn find_in_node(
    d: &mut Decoder<'_>,
    shape: &NodeShape,
    numbers: &ChunkNumbers<'_>,
    offset: &[u64],
    above: Option<&ChunkChild>,
) -> Result<(u8, Option<ChunkChild>)> {
    let size = ChunkKey::size(d.sizes(), shape).saturating_add(d.sizes().o());
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    // The size of the chunk and the filter mask come before its coordinates.
    let place = |index: u16| size.saturating_mul(index.into()).saturating_add(8);
    let wanted = numbers.of(offset.iter().copied());
    if let Some(above) = above.filter(|above| above.level == 0)
        && let Ok(index) = u16::try_from(wanted.wrapping_sub(above.numbers.0))
    {
        // Is on its way from memory while the node's first bytes are.
        let head = ChunkNode::PREFIX.saturating_add(d.sizes().o().saturating_mul(2));
        let ahead = place(index).saturating_add(usize::try_from(head).unwrap_or(usize::MAX));
        std::hint::black_box(d.peek(ahead, 8));
    }
    let (level, used) = ChunkNode::decode_prefix(d, shape)?;
    d.address("Address of Left Sibling")?;
    d.address("Address of Right Sibling")?;
    let number = |index: u16| {
        let axes = (0..shape.rank).map(|axis| place(index).saturating_add(axis.saturating_mul(8)));
        numbers.of(axes.map_while(|at| d.peek(at, 8)))
    };
    let order = |index: u16| compare(d, place(index), shape.rank, offset);

    // The steps of a bisection are cache misses one behind the other; a guess, where it is right, is one.
    let (first, end) = above.map_or_else(|| (number(0), number(used)), |above| above.numbers);
    let (ahead, all) = (wanted.wrapping_sub(first), end.wrapping_sub(first));
    let guess = match level {
        0 => ahead,
        _ => ahead.saturating_mul(used.into()).checked_div(all).unwrap_or(0),
    };
    let guess = u16::try_from(guess).unwrap_or(u16::MAX).min(used.saturating_sub(1));
    let (mut low, mut high) = (0, used);
    let mut is_there = false;
    // The guess, the key beside it, and the middle of what is left.
    let mut next = Some(guess);
    while low < high {
        let at = next.unwrap_or_else(|| low.midpoint(high));
        match order(at)? {
            Ordering::Greater => high = at,
            found => {
                low = at.saturating_add(1);
                if found.is_eq() {
                    is_there = true;
                    break;
                }
            }
        }
        let beside = if low > guess { low } else { high.saturating_sub(1) };
        next = next.filter(|at| *at == guess).map(|_| beside);
    }
    let Some(index) = low.checked_sub(1) else { return Ok((level, None)) };
    let mut at = d.ahead("Key", size.saturating_mul(index.into()))?;
    let stored_bytes = at.u32("Size of Chunk in Bytes")?;
    let filter_mask = at.u32("Filter Mask")?;
    let coordinates = shape.rank.saturating_add(1).saturating_mul(8);
    at.skip("Chunk Offset", coordinates)?;
    let address = at.defined_address("Child Pointer")?;
    let below = level.checked_sub(1);
    let numbers = below.map_or((0, 0), |_| (number(index), number(index.saturating_add(1))));
    let level_below = below.unwrap_or(0);
    let child =
        ChunkChild { address, stored_bytes, filter_mask, is_there, level: level_below, numbers };
    Ok((level, Some(child)))
}

/// How the coordinates that lie `place` bytes ahead compare with `offset`.
#[inline]
fn compare(d: &Decoder<'_>, place: usize, rank: usize, offset: &[u64]) -> Result<Ordering> {
    let mut place = place;
    for wanted in offset.iter().take(rank) {
        let found = match d.peek(place, 8) {
            Some(found) => found,
            None => d.ahead("Chunk Offset", place)?.u64("Chunk Offset")?,
        };
        if found != *wanted {
            return Ok(found.cmp(wanted));
        }
        place = place.saturating_add(8);
    }
    Ok(Ordering::Equal)
}

/// The first child of a group's node whose last name, by its place in the heap, `order` does not put
/// before what is sought, found by bisection in the bytes of the node: `None` where there is none.
/// Gives the node's level, too.
pub(crate) fn find_in_group_node(
    d: &mut Decoder<'_>,
    shape: &NodeShape,
    order: &mut impl FnMut(u64) -> Result<Ordering>,
) -> Result<(u8, Option<Address>)> {
    let (level, used) = GroupNode::decode_prefix(d, shape)?;
    d.address("Address of Left Sibling")?;
    d.address("Address of Right Sibling")?;
    let widths = d.sizes();
    let (key, child) = (usize::from(widths.lengths), usize::from(widths.offsets));
    let entry = |index: u16| usize::from(index).saturating_mul(key.saturating_add(child));
    let (mut low, mut high) = (0, used);
    while low < high {
        let middle = low.midpoint(high);
        // Child i holds the names up to key i + 1.
        let place = entry(middle.saturating_add(1));
        let name = match d.peek(place, widths.lengths) {
            Some(name) => name,
            None => d.ahead("Key", place)?.length("Key")?,
        };
        if order(name)?.is_lt() {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    if low == used {
        return Ok((level, None));
    }
    let mut at = d.ahead("Key", entry(low).saturating_add(key))?;
    Ok((level, Some(at.defined_address("Child Pointer")?)))
}

/// A node of a group's tree; the children of level 0 are symbol table nodes.
pub(crate) type GroupNode = Node<GroupKey>;
/// A node of a dataset's tree; the children of level 0 are chunks.
pub(crate) type ChunkNode = Node<ChunkKey>;

/// A node of a version 1 B-tree.
///
/// Decoding needs the entries used only; encoding writes the room for the others too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<K> {
    /// Steps down to a leaf: 0 in a leaf.
    pub(crate) level: u8,
    /// The node before it at its level.
    pub(crate) left: Option<Address>,
    /// The node after it at its level.
    pub(crate) right: Option<Address>,
    /// One more than there are children; none where there are no children.
    pub(crate) keys: Vec<K>,
    /// What lies below.
    pub(crate) children: Vec<Address>,
}

impl<K: Key> Node<K> {
    /// Bytes up to the number of entries used.
    pub(crate) const PREFIX: u64 = 8;

    /// Bytes of a node on disk that holds `children`.
    pub(crate) fn size(sizes: Sizes, shape: &NodeShape, children: u64) -> u64 {
        let key = K::size(sizes, shape);
        let entries = children.saturating_mul(key.saturating_add(sizes.o()));
        let siblings = sizes.o().saturating_mul(2);
        Self::PREFIX.saturating_add(siblings).saturating_add(entries).saturating_add(key)
    }

    /// The level and the number of children, read alone from the first [`PREFIX`](Self::PREFIX)
    /// bytes.
    pub(crate) fn decode_prefix(d: &mut Decoder<'_>, shape: &NodeShape) -> Result<(u8, u16)> {
        d.signature(b"TREE")?;
        d.u8_in("Node Type", K::NODE_TYPE..=K::NODE_TYPE)?;
        let level = d.u8("Node Level")?;
        let most = u32::from(shape.k).saturating_mul(2);
        let used = d.checked("Entries Used", Decoder::u16, |used| u32::from(used) <= most)?;
        Ok((level, used))
    }
}

impl<K: Key> StructureIn<NodeShape> for Node<K> {
    const NAME: &'static str = "Version 1 B-tree Node";

    fn decode_in(d: &mut Decoder<'_>, shape: &NodeShape) -> Result<Self> {
        let (level, used) = Self::decode_prefix(d, shape)?;
        let left = d.address("Address of Left Sibling")?;
        let right = d.address("Address of Right Sibling")?;
        let room = usize::from(used).saturating_add(1);
        let mut keys = Vec::with_capacity(room);
        let mut children = Vec::with_capacity(room);
        for _ in 0..used {
            keys.push(K::decode(d, shape)?);
            children.push(d.defined_address("Child Pointer")?);
        }
        if used > 0 {
            keys.push(K::decode(d, shape)?);
        }
        Ok(Self { level, left, right, keys, children })
    }

    fn encode_in(&self, e: &mut Encoder, shape: &NodeShape) -> Result<()> {
        let used = wide(self.children.len());
        let Some(unused) = u64::from(shape.k).saturating_mul(2).checked_sub(used) else {
            return Err(e.broken("Entries Used", "more than 2K"));
        };
        e.bytes(b"TREE");
        e.u8(K::NODE_TYPE);
        e.u8(self.level);
        e.u16(e.count("Entries Used", self.children.len())?);
        e.address("Address of Left Sibling", self.left)?;
        e.address("Address of Right Sibling", self.right)?;
        let mut keys = self.keys.iter();
        for child in &self.children {
            let key = keys.next().ok_or_else(|| e.broken("Key", "too few keys"))?;
            key.encode(e, shape)?;
            e.address("Child Pointer", Some(*child))?;
        }
        let key = K::size(e.sizes(), shape);
        let mut room = unused.saturating_mul(key.saturating_add(e.sizes().o()));
        match keys.next() {
            Some(last) => last.encode(e, shape)?,
            None if self.children.is_empty() => room = room.saturating_add(key),
            None => return Err(e.broken("Key", "too few keys")),
        }
        e.zeros(usize::try_from(room).map_err(|_| e.broken("Entries Used", "2K is too large"))?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{SIZES, check_round_trip_in};
    use crate::limits::Limits;

    fn nodes<K: Key>(
        key: impl Strategy<Value = K>,
        children: impl Into<prop::collection::SizeRange>,
    ) -> impl Strategy<Value = Node<K>> {
        let address = || (0..0xffff_u64).prop_map(Address);
        let sibling = || prop::option::of(address());
        let entries = prop::collection::vec((key, address()), children);
        (any::<u8>(), sibling(), sibling(), entries).prop_map(|(level, left, right, entries)| {
            let (mut keys, children): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
            keys.extend(keys.first().cloned());
            Node { level, left, right, keys, children }
        })
    }

    fn chunk_keys(rank: usize) -> impl Strategy<Value = ChunkKey> {
        let offset = prop::collection::vec(any::<u64>(), rank + 1);
        (any::<u32>(), any::<u32>(), offset).prop_map(|(stored_bytes, filter_mask, offset)| {
            ChunkKey { stored_bytes, filter_mask, offset }
        })
    }

    fn check_with_room<K: Key>(node: &Node<K>, shape: NodeShape) {
        for sizes in SIZES {
            let bytes = node.to_bytes_in(sizes, &shape).unwrap();
            let (k, used) = (u64::from(shape.k), node.children.len() as u64);
            assert_eq!(bytes.len() as u64, Node::<K>::size(sizes, &shape, 2 * k));
            let used = &bytes[..Node::<K>::size(sizes, &shape, used) as usize];
            let limits = &Limits::DEFAULT;
            assert_eq!(&Node::from_bytes_in(used, 0, sizes, limits, &shape).unwrap(), node);
        }
    }

    proptest! {
        #[test]
        fn full_group_nodes_round_trip(node in nodes((0..=0xffff_u64).prop_map(GroupKey), 4)) {
            check_round_trip_in(&node, &NodeShape { k: 2, rank: 0 });
        }

        #[test]
        fn full_chunk_nodes_round_trip(node in nodes(chunk_keys(2), 4)) {
            check_round_trip_in(&node, &NodeShape { k: 2, rank: 2 });
        }

        #[test]
        fn nodes_with_room_round_trip(
            group in nodes((0..=0xffff_u64).prop_map(GroupKey), 0..6),
            chunk in nodes(chunk_keys(1), 0..6),
        ) {
            check_with_room(&group, NodeShape { k: 3, rank: 0 });
            check_with_room(&chunk, NodeShape { k: 3, rank: 1 });
        }
    }
}
