//! Internal and leaf nodes of version 2 B-trees.

use super::Record;
use crate::codec::{Address, Decoder, Encoder, StructureIn};
use crate::error::Result;

const INTERNAL: [u8; 4] = *b"BTIN";
const LEAF: [u8; 4] = *b"BTLF";

/// What stands elsewhere of a node: the parent knows how many records it holds, the header how
/// wide its fields are.
#[derive(Debug, Clone)]
pub(crate) struct NodeContext<C> {
    /// Records in the node.
    pub(crate) records: u16,
    /// Bytes of "Number of Records for Child Node".
    pub(crate) child_records_width: u8,
    /// Bytes of "Total Number of Records in Child Node"; `None` above leaves.
    pub(crate) child_total_width: Option<u8>,
    /// What the records need.
    pub(crate) record: C,
}

/// An internal node: `n` records between `n + 1` children.
///
/// Its encoding ends with the checksum, directly behind the last pointer; the rest of the node's
/// space holds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InternalNode<R> {
    pub(crate) records: Vec<R>,
    pub(crate) children: Vec<ChildPointer>,
}

/// Where an internal node's child is, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChildPointer {
    pub(crate) address: Address,
    /// Records in the child itself.
    pub(crate) records: u16,
    /// Records in the child and below it; `None` where the child is a leaf.
    pub(crate) total: Option<u64>,
}

impl ChildPointer {
    /// Records in the child and below it.
    pub(crate) fn all_records(&self) -> u64 {
        self.total.unwrap_or(u64::from(self.records))
    }
}

impl<R: Record> StructureIn<NodeContext<R::Context>> for InternalNode<R> {
    const NAME: &'static str = "Version 2 B-tree Internal Node";

    fn decode_in(d: &mut Decoder<'_>, context: &NodeContext<R::Context>) -> Result<Self> {
        let records = decode_records::<R>(d, INTERNAL, context)?;
        let mut children = Vec::with_capacity(records.len().saturating_add(1));
        for _ in 0..=records.len() {
            children.push(decode_child(d, context)?);
        }
        d.checksum()?;
        Ok(Self { records, children })
    }

    fn encode_in(&self, e: &mut Encoder, context: &NodeContext<R::Context>) -> Result<()> {
        if self.children.len() != self.records.len().saturating_add(1) {
            return Err(e.broken("Child Node Pointer", "not one child more than records"));
        }
        encode_records(e, INTERNAL, &self.records, context)?;
        for child in &self.children {
            e.address("Child Node Pointer", Some(child.address))?;
            let width = context.child_records_width;
            e.uint("Number of Records for Child Node", u64::from(child.records), width)?;
            if let Some(width) = context.child_total_width {
                e.uint("Total Number of Records in Child Node", child.all_records(), width)?;
            }
        }
        e.checksum();
        Ok(())
    }
}

/// A leaf node: records.
///
/// Its encoding ends with the checksum, directly behind the last record; the rest of the node's
/// space holds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeafNode<R> {
    pub(crate) records: Vec<R>,
}

impl<R: Record> StructureIn<NodeContext<R::Context>> for LeafNode<R> {
    const NAME: &'static str = "Version 2 B-tree Leaf Node";

    fn decode_in(d: &mut Decoder<'_>, context: &NodeContext<R::Context>) -> Result<Self> {
        let records = decode_records(d, LEAF, context)?;
        d.checksum()?;
        Ok(Self { records })
    }

    fn encode_in(&self, e: &mut Encoder, context: &NodeContext<R::Context>) -> Result<()> {
        encode_records(e, LEAF, &self.records, context)?;
        e.checksum();
        Ok(())
    }
}

fn decode_child<C>(d: &mut Decoder<'_>, context: &NodeContext<C>) -> Result<ChildPointer> {
    let address = d.defined_address("Child Node Pointer")?;
    let width = context.child_records_width;
    let records = d.checked(
        "Number of Records for Child Node",
        |d, field| d.uint(field, width),
        |records| u16::try_from(records).is_ok(),
    )?;
    let total = context
        .child_total_width
        .map(|width| d.uint("Total Number of Records in Child Node", width))
        .transpose()?;
    Ok(ChildPointer { address, records: u16::try_from(records).unwrap_or(u16::MAX), total })
}

fn decode_records<R: Record>(
    d: &mut Decoder<'_>,
    signature: [u8; 4],
    context: &NodeContext<R::Context>,
) -> Result<Vec<R>> {
    d.signature(&signature)?;
    d.u8_in("Version", 0..=0)?;
    d.u8_in("Type", R::TYPE..=R::TYPE)?;
    let mut records: Vec<R> = Vec::with_capacity(usize::from(context.records));
    for _ in 0..context.records {
        let place = d.location("Record");
        let read = |d: &mut Decoder<'_>| R::decode_in(d, &context.record);
        let record = d.embedded(R::NAME, "Record", read)?;
        if records.last().is_some_and(|previous| !record.may_follow(previous)) {
            return Err(crate::error::Error::broken(place, "the records are not in order"));
        }
        records.push(record);
    }
    Ok(records)
}

fn encode_records<R: Record>(
    e: &mut Encoder,
    signature: [u8; 4],
    records: &[R],
    context: &NodeContext<R::Context>,
) -> Result<()> {
    if records.len() != usize::from(context.records) {
        return Err(e.broken("Record", "not as many records as the parent says"));
    }
    e.bytes(&signature);
    e.u8(0);
    e.u8(R::TYPE);
    records.iter().try_for_each(|record| record.encode_in(e, &context.record))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::{cases, check_round_trip_in};
    use crate::format::btree2::LinkNameRecord;

    fn context(records: usize, child_total_width: Option<u8>) -> NodeContext<()> {
        let records = u16::try_from(records).unwrap();
        NodeContext { records, child_records_width: 1, child_total_width, record: () }
    }

    fn records(mut hashes: Vec<u32>) -> Vec<LinkNameRecord> {
        hashes.sort_unstable();
        hashes.into_iter().map(|hash| LinkNameRecord { hash, heap_id: [7; 7] }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases(64)))]

        #[test]
        fn leaves_round_trip(hashes in proptest::collection::vec(any::<u32>(), 0..5)) {
            let context = context(hashes.len(), None);
            check_round_trip_in(&LeafNode { records: records(hashes) }, &context);
        }

        #[test]
        fn internal_nodes_round_trip(
            hashes in proptest::collection::vec(any::<u32>(), 0..5),
            children in proptest::collection::vec((0..0xffff_u64, 0..=255_u16, any::<u16>()), 5),
            totals in any::<bool>(),
        ) {
            let context = context(hashes.len(), totals.then_some(2));
            let child = |(address, records, total)| {
                let total = totals.then_some(u64::from(total));
                ChildPointer { address: Address(address), records, total }
            };
            let children = children.into_iter().take(hashes.len() + 1).map(child).collect();
            check_round_trip_in(&InternalNode { records: records(hashes), children }, &context);
        }
    }

    #[test]
    fn records_out_of_order_are_refused() {
        let mut records = records(vec![1, 2]);
        records.reverse();
        let (context, sizes) = (context(2, None), crate::codec::testing::SIZES[0]);
        let bytes = LeafNode { records }.to_bytes_in(sizes, &context).unwrap();
        let limits = crate::limits::Limits::DEFAULT;
        let read = LeafNode::<LinkNameRecord>::from_bytes_in(&bytes, 0, sizes, &limits, &context);
        assert!(read.unwrap_err().to_string().contains("not in order"));
    }
}
